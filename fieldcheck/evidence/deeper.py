"""Where floats cannot tell: the point in more digits.

An order that is false by a part in 10^20 is violated only within 10^-10 of where its sides meet, by
less than a float can tell from nothing; and of a hypothesis x > 5 the points within 10^-20 of 5 are
floats' 5, which does not meet it.  Newton's method, in many digits, goes to where the sides are
closest, on the edges of some hypotheses or on none; from an edge one goes back to the allowed side,
by distances of all orders.  What is found is certified like any other point.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.evidence import fits
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.statement import Statement
from fieldcheck.hypotheses import NONZERO

TOUCHING = 1e-9
"""The least difference of the sides, relative to their size, at which no closer look is taken."""

DIGITS, STEP, BITS = 100, -25, 300
"""Working digits, the power of ten by which differences are taken, and bits of what is found."""

ENTRIES, ROUNDS, BENT = 6, 6, 2
"""Raw entries of the largest point that is moved, steps, and those that ask anew how all bends: by
then a point is so close that it bends the same, and each step wins as many digits as the last."""

FARTHEST, CLOSEST = 1, 60
"""How close to an edge points are taken, as negative powers of ten."""

TOGETHER, EDGES = 3, 12
"""Hypotheses to whose edges a point goes at once, and how many such choices are tried."""

ARRIVED = 70
"""Decimal places to which what a hypothesis speaks of must vanish at its edge."""

Place = tuple[str, tuple[int, ...]]
Edges = tuple[int, ...]
Vector = list[Any]


BROKEN = (Unsupported, ArithmeticError, ValueError, TypeError)


def closest(statement: Statement, raw: Raw, part: int) -> Raw | None:
    """A point near this one at which the sides of an order are closest, or None."""
    with suppress(*BROKEN), _precisely():
        room = _Room(statement, raw, part)
        return room.point(_newton(room, ()))
    return None


def beside_edges(statement: Statement, raw: Raw, part: int | None) -> Iterator[Raw]:
    """Points beside the edges of hypotheses near this point, at all distances: where the sides of
    a part, if it is an order and one is named, are closest on the edge."""
    choices: list[Edges] = []
    with suppress(*BROKEN), _precisely():
        room = _Room(statement, raw, part)
        choices = list(room.choices())
    for edges in choices:
        found: list[Raw] = []
        with suppress(*BROKEN), _precisely():
            found = [room.point(v) for v in _inwards(room, edges)]
        yield from found


@contextmanager
def _precisely() -> Iterator[None]:
    with mpmath.workdps(DIGITS), working_digits(DIGITS):
        yield


class _Room:
    """What the entries of a point move: right minus left of one entry, the one where that is least
    at first, and what the hypotheses speak of."""

    def __init__(self, statement: Statement, raw: Raw, part: int | None) -> None:
        self.statement, self.part, self.raw, self.xp = statement, part, raw, Ball()
        self.places: list[Place] = [
            (name, index)
            for name, v in raw.items()
            if name not in statement.sign_raws
            for index in np.ndindex(*np.shape(v))
        ]
        if not 0 < len(self.places) <= ENTRIES:
            raise Unsupported("a point of so many entries")
        self.tables = {
            k: self.xp.from_raw(np.asarray(q, dtype=object)).data for k, q in raw.items()
        }
        self.start = [fits.mpf(self.tables[name][index]) for name, index in self.places]
        self.entry = 0
        if part is not None:
            self.entry = int(np.argmin([float(x) for x in self._gaps(self._raws(self.start))]))

    def __call__(self, v: Vector, edges: Edges) -> Vector:
        """The gap (0 where no part is named), then what vanishes at some edges."""
        raws = self._raws(v)
        gap = mpmath.mpf(0) if self.part is None else self._gaps(raws)[self.entry]
        met = [value for _, value in self._met(raws)] if edges else []
        return [gap, *(met[k] for k in edges)]

    def choices(self) -> Iterator[Edges]:
        """Edges to go to: each of the closest, then some of them at once."""
        met = [abs(value) for _, value in self._met(self._raws(self.start))]
        near = sorted(range(len(met)), key=lambda k: met[k])[:ENTRIES]
        most = min(TOGETHER, len(self.places), len(near))
        several = (c for n in range(1, most + 1) for c in itertools.combinations(near, n))
        yield from itertools.islice(several, EDGES)

    def sides(self, edges: Edges) -> Iterator[tuple[int, ...]]:
        """The allowed sides of some edges."""
        kinds = [kind for kind, _ in self._met(self._raws(self.start))]
        yield from itertools.product(*((1, -1) if kinds[k] == NONZERO else (1,) for k in edges))

    def point(self, v: Vector) -> Raw:
        out = {k: np.array(q, dtype=object) for k, q in self.raw.items()}
        for (name, index), x in zip(self.places, v, strict=True):
            out[name][index] = Fraction(int(mpmath.nint(x * 2**BITS)), 2**BITS)
        return out

    def _raws(self, v: Vector) -> dict[str, Any]:
        tables = {k: t.copy() for k, t in self.tables.items()}
        for (name, index), x in zip(self.places, v, strict=True):
            tables[name][index] = arb(x)
        return {k: self.xp.wrap(t) for k, t in tables.items()}

    def _gaps(self, raws: dict[str, Any]) -> Vector:
        sides = self.statement.sides(self.xp, raws, self.part)[0]
        return _middles(sides.right - sides.left)

    def _met(self, raws: dict[str, Any]) -> list[tuple[str, Any]]:
        found = self.statement.within(self.xp, raws)
        return [(kind, x) for kind, value in found for x in _middles(value)]


def _middles(value: Value) -> Vector:
    """The real parts: what is computed in balls, whose radii nobody asks for here, takes a quarter
    of the time of multiprecision numbers."""
    return [fits.mpf(x.real if isinstance(x, acb) else x) for x in np.ravel(value.data)]


def _inwards(room: _Room, edges: Edges) -> Iterator[Vector]:
    """From where some edges meet to the allowed side of each, by distances of all orders."""
    v = _newton(room, edges)
    here = _Local.at(room, v, edges)
    if any(abs(x) > mpmath.mpf(10) ** -ARRIVED for x in here.values[1:]):
        return
    for side in room.sides(edges):
        along = here.least(side)
        for k in range(FARTHEST, CLOSEST + 1):
            yield [x + d / mpmath.mpf(10) ** k for x, d in zip(v, along, strict=True)]


def _newton(room: _Room, edges: Edges) -> Vector:
    """To where the gap has no slope along the edges; a direction without curvature is left alone,
    and so are all of them where no part is named."""
    v = room.start
    bends = room.part is not None and len(edges) < len(v)
    before: _Local | None = None
    for k in range(ROUNDS):
        here = _Local.at(room, v, edges, bends and k < BENT)
        if before is not None and not here.bends:
            here.bends, here.axes = before.bends, before.axes
        before = here
        step = here.least([-x for x in here.values[1:]])
        if bends:
            step = step + here.along(step)
        v = [x + d for x, d in zip(v, step, strict=True)]
        if all(abs(d) < mpmath.mpf(10) ** -ARRIVED for d in step):
            break
    return v


@dataclass
class _Local:
    """The gap and what vanishes at the edges: values, slopes and, if asked for, how they bend."""

    values: Vector
    slopes: Any
    bends: list[Any]
    axes: Any = None
    """Of no edges: eigenvalues and eigenvectors of how the gap bends, once known."""

    @classmethod
    def at(cls, room: _Room, v: Vector, edges: Edges, bends: bool = False) -> _Local:
        n, h, known = len(v), mpmath.mpf(10) ** STEP, range(1 + len(edges))

        def moved(*by: tuple[int, int]) -> Vector:
            at = list(v)
            for k, sign in by:
                at[k] = at[k] + sign * h
            return room(at, edges)

        here = room(v, edges)
        pairs = [(moved((k, 1)), moved((k, -1))) for k in range(n)]
        slopes = [[(up[e] - down[e]) / (2 * h) for up, down in pairs] for e in known]
        bend = [mpmath.matrix(n, n) for _ in known] if bends else []
        for i in range(n if bends else 0):
            for e in known:
                bend[e][i, i] = (pairs[i][0][e] + pairs[i][1][e] - 2 * here[e]) / h**2
            for j in range(i):
                signs = [(1, 1), (-1, -1), (1, -1), (-1, 1)]
                a, b, c, d = (moved((i, p), (j, q)) for p, q in signs)
                for e in known:
                    mixed = (a[e] + b[e] - c[e] - d[e]) / (4 * h**2)
                    bend[e][i, j] = bend[e][j, i] = mixed
        return cls(here, mpmath.matrix(slopes), bend)

    def least(self, wanted: Sequence[Any]) -> Any:
        """The least step by which what vanishes at the edges rises as is wanted."""
        if not wanted:
            return mpmath.zeros(self.slopes.cols, 1)
        rise = self.slopes[1:, :]
        return rise.T * mpmath.lu_solve(rise * rise.T, mpmath.matrix(wanted))

    def along(self, step: Any) -> Any:
        """A step along the edges, after one to them, to where the gap has no slope, as far as it
        bends there: without what the edges' own bends add to it."""
        slope, bend, free = self.slopes[0, :].T, self.bends[0], mpmath.eye(self.slopes.cols)
        if len(self.values) > 1:
            rise = self.slopes[1:, :]
            for share, own in zip(
                mpmath.lu_solve(rise * rise.T, rise * slope), self.bends[1:], strict=True
            ):
                bend = bend - share * own
            turned, _ = mpmath.qr(rise.T)
            free = turned[:, rise.rows :]
            values, vectors = mpmath.eigsy(free.T * bend * free)
        else:
            values, vectors = self.axes = self.axes or mpmath.eigsy(bend)
        size, total = max(map(abs, values)), mpmath.zeros(len(slope), 1)
        pull = free.T * (slope + bend * step)
        for k in range(len(values)):
            if abs(values[k]) > size * mpmath.mpf(10) ** (STEP / 2):
                own = vectors[:, k]
                total -= free * own * ((own.T * pull)[0] / values[k])
        return total
