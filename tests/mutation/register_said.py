"""What a form says at a point: values that remember what they were made of."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Array, Unsupported, Value
from fieldcheck.arithmetic.ball import Ball
from fieldcheck.claim import Form
from fieldcheck.evidence.draws import Raw, wrap_raw
from fieldcheck.evidence.points import point
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import Law, Piece, Rank, Rate, Solutions, Zero, parts_of

DIGITS = 70
SHAPES = 8
LARGEST = 3
"""How many shapes, and how large their sizes, at which a mutant is held against its form."""
POINTS = 3


def places_of(statement: Statement, rng: random.Random) -> list[tuple[dict[str, int], Raw]]:
    """Generic points of several shapes, large and unequal ones first."""
    grid = [s for s in statement.grid() if max(s.values(), default=0) <= LARGEST]
    grid = grid or [statement.smallest]
    grid = sorted(grid, key=lambda s: (-len(set(s.values())), -sum(s.values()), str(s)))[:SHAPES]
    while len(grid) < POINTS:
        grid.append(grid[0])
    return [(sizes, point(statement, sizes, rng)) for sizes in grid]


@dataclass(frozen=True)
class Part:
    """What one relation says at a point: what must agree literally, and values."""

    kind: str
    literal: str
    values: list[Value]
    xp: Trace


def said_at(form: Form, raw: Raw) -> list[Part]:
    """All that a form says at a point."""
    statement, xp = Statement(form), Trace()
    out: list[Part] = []
    raws = wrap_raw(xp, raw)
    inputs = statement.inputs(xp, raws)
    xp.free = [inputs[name] for name, d in form.given.items() if d.name.startswith(FREE)]
    for k, relation in enumerate(parts_of(form.body(xp, **inputs))):
        values: list[Any] = []
        literal = ""
        if isinstance(relation, Rate):
            literal = str(relation.order)
            ns = (relation.start, relation.start + 1, 2 * relation.start)
            values = [relation.remainder(n) for n in ns]
            if relation.constant is not None:
                values.append(relation.constant)
        elif isinstance(relation, Rank):
            literal, values = str(relation.rank), [relation.matrix]
        elif isinstance(relation, Solutions):
            literal, values = _system(relation.system, *relation.claimed)
        elif isinstance(relation, Law):
            numbers = [relation.draw(np.random.default_rng(s), 8) for s in (1, 2)]
            literal = json.dumps([[float(x) for x in row] for row in numbers])
            stated = {k: v(numbers[0]) if callable(v) else v for k, v in relation.stated().items()}
            literal += f"{stated} {relation.false_alarm}"
        elif isinstance(relation, Zero):
            values = [relation.value]
        else:
            direction = None
            if f"direction{k}.re" in raws:
                direction = raws[f"direction{k}.re"]
                if f"direction{k}.im" in raws:
                    direction = direction + xp.i * raws[f"direction{k}.im"]
            sides = relation.sides(xp, direction)
            both = sides.left * 0 + sides.right * 0
            values = [sides.left + both, sides.right + both]
        out.append(Part(relation.name, literal, [xp.lift(v) for v in values], xp))
    return out


_remembered: dict[str, Any] = {}
"""What the last form says at the points asked for: all its mutants are held against the same."""


def said_once(form: Form, raw: Raw) -> list[Part]:
    if _remembered.get("form") is not form:
        _remembered.clear()
        _remembered["form"] = form
    key = str(sorted((name, v.tolist()) for name, v in raw.items()))
    if key not in _remembered:
        try:
            _remembered[key] = said_at(form, raw)
        except (Unsupported, ZeroDivisionError, ArithmeticError) as fault:
            _remembered[key] = fault
    found = _remembered[key]
    if isinstance(found, Exception):
        raise found
    return found


FREE = (
    "complex matrix",
    "complex vector",
    "complex number",
    "complex tensor",
    "real tensor",
    "tensor",
    "real matrix",
    "real vector",
    "real number",
    "nonzero real vector",
    "positive number",
    "positive vector",
    "nonnegative",
    "number in [",
    "square root of",
)
"""Domains that fill an open part of their space."""


class Trace(Ball):
    """Balls that remember what a value was made of, so that a zero can be taken apart.

    A sum is scaled as its terms are; a product as its factors are; a linear map as its argument;
    the derivative of f along h at a free input x as f(x) and h are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.free: list[Value] = []
        self.made: dict[int, tuple[Value, str, Callable[[], tuple[Any, ...]]]] = {}

    def note(self, value: Value, kind: str, *of: Any) -> Value:
        return self.note_later(value, kind, lambda: of)

    def note_later(self, value: Value, kind: str, of: Callable[[], tuple[Any, ...]]) -> Value:
        if isinstance(value, Array):
            self.made[id(value)] = (value, kind, of)  # the value is kept, so that its id stays its
        return value

    def _sum_like(self, op, a, b, sign):
        value = super()._sum_like(op, a, b, sign)
        return self.note(value, "sum" if sign > 0 else "difference", a, b)

    def _product(self, op, a, b):
        return self.note(super()._product(op, a, b), "product", a, b)

    def _linear(self, op, x):
        return self.note(super()._linear(op, x), "linear", x)

    def neg(self, a):
        return self.note(super().neg(a), "times", a, -1)

    def mul(self, a, b):
        value = super().mul(a, b)
        for x, n in ((a, b), (b, a)):
            if isinstance(n, int) and n:
                return self.note(value, "times", x, n)
        return value

    def div(self, a, b):
        return self.note(super().div(a, b), "quotient", a, b)

    def _join(self, op, values, axis):
        values = list(values)
        return self.note(super()._join(op, values, axis), "entries", *values)

    def _half(self, op, again, x, sign):
        return self.note(super()._half(op, again, x, sign), "entries", x)

    def conj(self, x):
        return self.note(super().conj(x), "entries", x)

    def bare(self, value: Value) -> tuple[Value, Fraction]:
        """A value without the integers it was multiplied by, and their product."""
        c = Fraction(1)
        while id(value) in self.made and self.made[id(value)][1] == "times":
            value, n = self.made[id(value)][2]()
            c *= n
        return value, c

    def push(self, f, x, h):
        value = super().push(f, x, h)
        if any(x is free for free in self.free):
            return self.note_later(value, "derivative", lambda: (f(x), h))
        return value

    def pull_star(self, f, x, h):
        value = super().pull_star(f, x, h)
        if any(x is free for free in self.free):
            return self.note_later(value, "derivative", lambda: (f(x), h))
        return value


def _system(*pieces: Piece) -> tuple[str, list[Any]]:
    """The kind of every condition (a slash after each piece), and the values."""
    kinds, values = [], []
    for piece in pieces:
        for kind, several in piece.conditions():
            kinds += [kind] * len(several)
            values += several
        kinds.append("/")
    return " ".join(kinds), values
