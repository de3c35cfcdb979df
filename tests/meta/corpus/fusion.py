"""Statements joined and transformed so that their truth is known by construction.

Joining is the *semantic fusion* of Winterer, Zhang and Su (PLDI 2020): two statements share an
input through an invertible substitution, and both stay what they were.
"""

from __future__ import annotations

import random
from collections.abc import Callable

# Families are counted in the order in which they are made.
# isort: off
from tests.meta.corpus import points, magnitudes, branches, rates, others  # noqa: F401
from tests.meta.corpus import rewriting, sizes, true  # noqa: F401

# isort: on
from tests.meta.corpus.case import FAMILIES, Draft, Part, family
from tests.meta.corpus.points import coin

POINTWISE = ("Equal", "Zero", "AtMost")
SEEDS_OF_FUSION = (
    "thin",
    "thin-factor",
    "needle",
    "far",
    "far-order",
    "tiny",
    "scale",
    "saturation",
    "branch",
    "cut",
    "root-sign",
    "late-identity",
    "late-entries",
    "curve",
    "behind-a-symbol",
    "complex-input",
    "gap",
    "coincidence",
)


def pointwise(rng: random.Random, truth: bool | None = None) -> Draft:
    """A member of another family that compares values at a point."""
    while True:
        draft = FAMILIES[rng.choice(SEEDS_OF_FUSION)](rng)
        if truth is None or draft.truth == truth:
            return draft


def apart(draft: Draft, suffix: str) -> Draft:
    """The same statement with inputs and sizes of its own."""
    names = {name: f"{name}{suffix}" for name in draft.given}
    sizes = {name: f"{name}{suffix.upper()}" for name in ("N", "C", "M", "n", "m", "k", "q")}
    return draft.renamed(names).resized(sizes)


def substituted(draft: Draft, name: str, by: str, given: dict[str, str]) -> Draft:
    """The statement with an input replaced by a formula in others."""
    change = lambda text: f"(lambda {name}: {text})({by})"
    left = {k: v for k, v in draft.given.items() if k != name}
    return draft.but(
        parts=tuple(part.over(change) for part in draft.parts), given={**left, **given}
    )


INVERTIBLE: dict[str, list[str]] = {
    "real()": ["3*{x} - 2", "-{x}", "{x}/7 + 1", "{x}**3 + {x}", "{x} + xp.relu({x})"],
    "positive()": ["3*{x}", "xp.one/{x}", "{x}*{x}", "{x}/5"],
    "number()": ["xp.conj({x})", "xp.i*{x} + 1", "2*{x}"],
    'vector("n")': ["2*{x} + 1", "-{x}", "{x} + xp.sum({x})", "{x} + {x}**3"],
    'real_matrix("n", "n")': ["{x}.T", "2*{x}", "{x} - xp.trace({x})*xp.eye({x}.shape[0])*2"],
    'matrix("n", "n")': ["{x}.T", "xp.star({x})", "xp.i*{x}"],
    'real_matrix("N", "C")': ["-{x}", "{x}*3"],
    'symmetric("n")': ["-{x}", "2*{x}"],
}
"""Bijections of a domain onto itself."""


def changed_input(rng: random.Random, draft: Draft) -> Draft:
    """The same statement after a bijective change of one input."""
    options = [name for name, domain in draft.given.items() if domain in INVERTIBLE]
    if not options:
        return draft
    name = rng.choice(options)
    by = rng.choice(INVERTIBLE[draft.given[name]]).replace("{x}", name)
    return substituted(draft, name, by, {name: draft.given[name]})


def times_a_factor(rng: random.Random, draft: Draft) -> Draft:
    """Every comparison times a positive number."""
    names = [name for name, domain in draft.given.items() if domain == "real()"]
    more = {} if names else {"w": "real()"}
    name = rng.choice(names) if names else "w"
    factor = rng.choice((f"(1 + {name}*{name})", f"({name}*{name} + xp.one/3)", "xp.lift(7)/3"))
    if "w" in draft.given and more:
        return draft
    parts = [part.over(lambda text: f"({text})*{factor}") for part in draft.parts]
    return draft.but(parts=tuple(parts), given={**draft.given, **more})


def swapped(rng: random.Random, draft: Draft) -> Draft:
    """Sides of equations exchanged; an inequality with the signs of both sides turned."""
    return draft.but(parts=tuple(_swapped(part) for part in draft.parts))


def _swapped(part: Part) -> Part:
    if part.kind == "Equal":
        return Part("Equal", part.sides[::-1], part.more)
    if part.kind == "AtMost":
        left, right = part.sides
        return Part("AtMost", (f"-({right})", f"-({left})"), part.more)
    return part


def renamed_sizes(rng: random.Random, draft: Draft) -> Draft:
    """Other letters for the sizes."""
    return draft.resized({"n": "d", "N": "T", "C": "D", "M": "H", "m": "w"})


def one_more_part(rng: random.Random, draft: Draft) -> Draft:
    """A true part beside it, before or behind."""
    other, suffix = true.identity(rng, true.POLYNOMIAL + true.PIECES), "b"
    while any(f"{name}{suffix}" in draft.given for name in other.given):
        suffix += "b"  # there is one more part already
    return together(rng, draft, apart(other, suffix))


def moved(rng: random.Random, draft: Draft) -> Draft:
    """The same number added to both sides."""
    if any(part.kind not in ("Equal", "AtMost") for part in draft.parts):
        return draft
    value = rng.choice(("xp.one", "xp.lift(22)/7", "xp.exp(xp.one)"))
    parts = []
    for part in draft.parts:
        left, right = part.sides
        parts.append(Part(part.kind, (f"({left}) + {value}", f"{value} + ({right})"), part.more))
    return draft.but(parts=tuple(parts))


TRANSFORMATIONS: tuple[Callable[[random.Random, Draft], Draft], ...] = (
    changed_input,
    times_a_factor,
    swapped,
    renamed_sizes,
    one_more_part,
    moved,
)


def together(rng: random.Random, one: Draft, other: Draft) -> Draft:
    """Both statements at once: true if both are."""
    first, second = (one, other) if rng.random() < 0.5 else (other, one)
    false = [f"({d.false_at})" for d in (one, other) if not d.truth]
    return Draft(
        first.parts + second.parts,
        {**first.given, **second.given},
        {**first.sizes, **second.sizes},
        truth=one.truth and other.truth,
        provable=one.provable and other.provable,
        false_at=" or ".join(false) or "True",
    )


@family
def transformed(rng: random.Random) -> Draft:
    """A member of another family after one to three changes that keep its truth."""
    draft = pointwise(rng)
    for _ in range(rng.randint(1, 3)):
        draft = rng.choice(TRANSFORMATIONS)(rng, draft)
    return draft


@family
def joined(rng: random.Random) -> Draft:
    """Two statements that share an input through an invertible substitution."""
    truth = coin(rng)
    one = pointwise(rng, truth)
    other = apart(pointwise(rng, True), "b")
    mine = [name for name, domain in one.given.items() if domain == "real()"]
    theirs = [name for name, domain in other.given.items() if domain == "real()"]
    if mine and theirs:
        name = rng.choice(mine)
        by = rng.choice(INVERTIBLE["real()"]).replace("{x}", name)
        other = substituted(other, rng.choice(theirs), by, {name: "real()"})
    return together(rng, one, other)


@family
def summed(rng: random.Random) -> Draft:
    """Two equations added: a false one is not made true by a true one of other inputs."""
    truth = coin(rng)
    one, other = equation(rng, truth), apart(true.identity(rng, SCALAR), "b")
    first, second = one.parts[0].sides, other.parts[0].sides
    part = Part("Equal", (f"({first[0]}) + ({second[0]})", f"({second[1]}) + ({first[1]})"))
    both = together(rng, one, other)
    return both.but(parts=(part,))


def _is_scalar(template) -> bool:
    text = template[0] + template[1]
    return template[2] is true.AB and text.count("trace") == 2


SCALAR = [t for t in true.MATRICES + true.VECTORS if _is_scalar(t)] + true.VECTORS[:1]
"""Equations between numbers, which may be added to anything."""


def equation(rng: random.Random, truth: bool) -> Draft:
    """A member of another family that is one equation."""
    while True:
        draft = pointwise(rng, truth)
        if len(draft.parts) == 1 and draft.parts[0].kind == "Equal":
            return draft
