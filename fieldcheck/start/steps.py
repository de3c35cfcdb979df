r"""Iterations, ``x_{k+1} = F(x_k)``: what moves from step to step, and its names at each.

A letter that a formula gives at ``k + 1`` moves. It stands there for one of three things, each with
a name of its own: for its value now, at the next step, or at the one before; ``x_0`` is where it
begins. All letters with the counter below them in such a formula are numbers of that step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fieldcheck.start.article import Article, formulas_of
from fieldcheck.start.formulas import Declared, loose_letters
from fieldcheck.start.signs import (
    FONTS,
    GREEK,
    OPERATORS,
    RELATIONS,
    Node,
    Token,
    Unread,
    called,
    is_index,
    named,
    normal,
    spelled,
)

NAMES = {1: "next", 0: "now", -1: "before"}
FIRST = "first"


@dataclass
class Steps:
    """What moves, each with its counter."""

    counters: dict[str, str] = field(default_factory=dict)
    beside: set[str] = field(default_factory=set)
    """Other letters with a counter below them, where something moves."""

    def at(self, name: str) -> str:
        """Of what a name is one of the values."""
        base, _, step = name.rpartition("_")
        is_one = base in self.counters.keys() | self.beside and step in (*NAMES.values(), FIRST)
        return base if is_one else ""

    def written(
        self, tokens: tuple[Token, ...], order: Callable[[str], int] = lambda base: 0
    ) -> tuple[Token, ...]:
        """A formula in which each value has its name; by the steps over which a letter's formula
        reaches, as far as one is known.

        Raises:
            Unread: it speaks of steps that are too far from each other, or runs over them.
        """
        run = normal(tokens)
        seen = list(_seen(run, self.counters.keys() | self.beside))
        counter = next((self.counters[n] for n, _ in seen if n in self.counters), "")
        steps = [s for _, text in seen if (s := _step(text, counter)) is not None]
        begins = any(n in self.counters and text == "0" for n, text in seen)
        if not counter or not (steps or begins):
            return tokens
        if any(n in self.counters and text.isdecimal() and text != "0" for n, text in seen):
            raise Unread("a step with a number of its own")
        if _runs_over(run, counter):
            raise Unread(f"an operator over the steps {counter}")
        high, low = max(steps, default=0), min(steps, default=0)
        left = _left(run)
        defines = len(left) == 3 and _step(spelled(left[2]).replace(" ", ""), counter) == 1
        orders = [order(n) for n, _ in seen if n in self.counters]
        reach = max(high - low, 1) if defines or not any(orders) else max(orders)
        shift = 1 - high if high - low == reach else min(-high, 0)
        if high - low > reach or high + shift > 1 or (shift and counter in loose_letters(run)):
            raise Unread(f"the steps from {low} to {high}")
        return tuple(self._named(run, counter, shift))

    def _named(self, run: Sequence[Token], counter: str, shift: int) -> Iterator[Token]:
        for at, token in enumerate(run):
            if isinstance(token, tuple):
                own = run[at - 1] == "_" and at > 1 and _letter(run[at - 2])
                step = self._step_name(own or "", token, counter, shift)
                yield step or tuple(self._named(normal(token), counter, shift))
            elif at > 1 and run[at - 1] == "_" and (own := _letter(run[at - 2])):
                yield self._step_name(own, token, counter, shift) or token
            else:
                yield token

    def _step_name(self, base: str, below: Token, counter: str, shift: int) -> Token | None:
        if base not in self.counters.keys() | self.beside:
            return None
        text = spelled(below).replace(" ", "")
        if text == "0" and base in self.counters:
            return (r"\mathrm", tuple(FIRST))
        step = _step(text, counter)
        return None if step is None else (r"\mathrm", tuple(NAMES[step + shift]))

    def known(self, said: Mapping[str, Declared]) -> dict[str, Declared]:
        """What is said of symbols, with what it says of their values; a counter is an integer."""
        found = dict(said)
        for base in self.counters.keys() | self.beside:
            one = next((said[n] for n in (f"{base}_0", base) if n in said and _is_told(said[n])),
                       None)  # fmt: skip
            several = said.get(f"{base}_all")
            if several is not None and (one is None or one.rank is None):
                rank = several.rank - 1 if several.rank else None
                one = replace(several, rank=rank, dims=several.dims[1:], several=False, of="")
            if one is None:
                continue
            for step in (*NAMES.values(), FIRST):
                found[f"{base}_{step}"] = replace(one, name=f"{base}_{step}")
        for counter in self.counters.values():
            old = found.get(counter)
            if old is None or old.rank in (None, 0):
                whole = Declared(counter, 0, (), frozenset(("integer",)))
                found[counter] = old.merged(whole) if old else whole
        return found

    def moved(self, body: Node) -> set[str]:
        """The letters of which a formula has values at some step."""
        return {base for name in called(body) if (base := self.at(name))}


def _is_told(said: Declared) -> bool:
    return said.rank is not None or bool(said.hypotheses)


def _left(run: Sequence[Token]) -> list[Token]:
    """What stands before the first equality sign, without its font."""
    at = next((k for k, t in enumerate(run) if t in RELATIONS), 0)
    return [t for t in run[:at] if t not in FONTS] if at and RELATIONS[run[at]] == "=" else []


def _letter(token: Token) -> str:
    """The letter that a script belongs to."""
    is_name = isinstance(token, tuple) or is_index(token) or token in GREEK
    return named(token) if is_name else ""


def _step(text: str, counter: str) -> int | None:
    """How far from the counter a script is: ``k``, ``k+1``, ``k-1``."""
    marks = {counter: 0, f"{counter}+1": 1, f"{counter}-1": -1, f"1+{counter}": 1}
    return marks.get(text.replace("\\", ""))


def _seen(run: Sequence[Token], bases: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each letter that moves with what stands below it."""
    for at, token in enumerate(run):
        if at > 1 and run[at - 1] == "_" and (base := _letter(run[at - 2])) in bases and base:
            yield base, spelled(token).replace(" ", "").replace("\\", "")
        elif isinstance(token, tuple):
            yield from _seen(normal(token), bases)


def _runs_over(run: Sequence[Token], counter: str) -> bool:
    for at, token in enumerate(run):
        below = run[at + 2 : at + 3] if run[at + 1 : at + 2] == ["_"] else []
        if token in OPERATORS and below:
            inner = normal(below[0] if isinstance(below[0], tuple) else (below[0],))
            if inner and named(inner[0]) == counter:
                return True
        if isinstance(token, tuple) and _runs_over(normal(token), counter):
            return True
    return False


def steps_of(article: Article) -> Steps:
    """What moves in an article: letters that a formula gives at k + 1, by their values before."""
    found = Steps()
    formulas = list(formulas_of(article, "_"))
    for run in formulas:
        left = _left(run)
        if len(left) != 3 or left[1] != "_" or not _letter(left[0]):
            continue
        base, below = _letter(left[0]), spelled(left[2]).replace(" ", "").replace("\\", "")
        counter = below.removesuffix("+1")
        if len(counter) != 1 or not counter.isalpha():
            continue
        top = int(below != counter)
        at = next(k for k, t in enumerate(run) if t in RELATIONS)
        letters = {_letter(t) for part in _parts(run[at:]) for t in part} if top else {base}
        mine = [s for n, text in _seen(run[at:], letters - {""})
                if (s := _step(text, counter)) is not None]  # fmt: skip
        if base in found.counters or not mine or min(mine) >= top:
            continue
        found.counters[base] = counter
    for run in formulas:
        scripts = [(found.counters[n], text) for n, text in _seen(run, found.counters)]
        for counter in {c for c, text in scripts if _step(text, c) is not None}:
            letters = {_letter(t) for part in _parts(run) for t in part} - {""}
            near = {n for n, t in _seen(run, letters) if _step(t, counter) is not None}
            found.beside |= near - found.counters.keys()
    return found


def _parts(run: Sequence[Token]) -> Iterator[Sequence[Token]]:
    yield run
    for token in run:
        if isinstance(token, tuple):
            yield from _parts(normal(token))
