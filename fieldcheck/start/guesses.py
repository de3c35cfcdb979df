"""What symbols may be of which an article says nothing."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

from fieldcheck.start.formulas import Declared
from fieldcheck.start.meaning.forms import is_entry_letter
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.signs import FUNCTIONS, MEAN_CALLS, SPECTRA, Node, called
from fieldcheck.start.trees import has_two_indices

KNOWN = {*FUNCTIONS.values(), *MEAN_CALLS, *SPECTRA.values(), "commutator"}
"""Functions that need no definition."""


def guesses_of(
    whole: Node,
    declared: Mapping[str, Declared],
    definitions: Sequence[Definition],
    sizes: Collection[str],
) -> Iterator[dict[str, int]]:
    """What the undeclared symbols of a formula may be, the most usual first."""
    by_name = {d.name: d for d in definitions}
    names: dict[str, None] = {}

    def collect(node: object, bound: frozenset[str]) -> None:
        for name in called(node):
            if name in by_name and name not in bound:
                inner = by_name[name]
                collect(inner.body, bound | {name} | set(inner.params))
            elif name not in bound and name not in KNOWN:
                names.setdefault(name)

    collect(whole, frozenset())
    if "rate(" in str(whole):  # what moves, moves by what its formula speaks of
        for each in definitions:
            if each.pattern.op == "rate":
                collect(each.body, frozenset())
    patterns = {d.pattern.args[0].args[0] for d in definitions if d.pattern.op == "pow"}
    unknown = [
        name
        for name in names
        if not (is_entry_letter(name, declared) and has_two_indices(whole, name))
        and not (name in declared and declared[name].rank is not None)
        and name not in {*sizes, *patterns, "pi", "sqrt", "maximum", "minimum", "t_"}
        and name not in by_name
    ]
    orders = [usual(name) for name in unknown]
    choices = itertools.product(range(3), repeat=len(unknown))
    for choice in sorted(choices, key=sum) if len(unknown) <= 6 else choices:
        yield {n: order[k] for n, order, k in zip(unknown, orders, choice, strict=True)}


def usual(name: str) -> tuple[int, int, int]:
    """What a symbol usually is, by its letter."""
    letter = name.partition("_")[0]
    if letter[:1].isupper():
        return (2, 1, 0)
    if letter in ("u", "v", "w", "x", "y", "z"):
        return (1, 0, 2)
    return (0, 1, 2)
