"""Where two sides of an order touch as far as floats can tell: the point in more digits.

An order that is false by a part in 10^20 is violated only within 10^-10 of where the sides meet, by
less than a float can tell from nothing.  Newton's method, in many digits, goes to where they are
closest; what is found there is certified like any other point.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.statement import Statement

TOUCHING = 1e-9
"""The least difference of the sides, relative to their size, at which no closer look is taken."""

DIGITS, STEP, BITS = 100, -25, 300
"""Working digits, the power of ten by which differences are taken, and bits of what is found."""

ENTRIES, ROUNDS = 6, 6
"""Raw entries of the largest point that is moved, and steps."""

Place = tuple[str, tuple[int, ...]]


def closest(statement: Statement, raw: Raw, part: int) -> Raw | None:
    """A point near this one at which the sides of an order are closest, or None."""
    places: list[Place] = [
        (name, index)
        for name, v in raw.items()
        if name not in statement.sign_raws
        for index in np.ndindex(*np.shape(v))
    ]
    if not 0 < len(places) <= ENTRIES:
        return None
    with mpmath.workdps(DIGITS):
        try:
            found = _newton(_Room(statement, raw, part, places))
        except (Unsupported, ArithmeticError, ValueError, TypeError):
            return None
        out = {k: np.array(v, dtype=object) for k, v in raw.items()}
        for (name, index), x in zip(places, found, strict=True):
            out[name][index] = Fraction(int(mpmath.nint(x * 2**BITS)), 2**BITS)
    return out


class _Room:
    """Right minus left of one entry, the one where that is least at first, as a function."""

    def __init__(self, statement: Statement, raw: Raw, part: int, places: list[Place]) -> None:
        self.statement, self.part, self.places, self.xp = statement, part, places, Multiprecision()
        self.tables = {
            k: self.xp.from_raw(np.asarray(q, dtype=object)).data for k, q in raw.items()
        }
        self.start = [self.tables[name][index] for name, index in places]
        self.entry = int(np.argmin([float(x) for x in self._entries(self.start)]))

    def _entries(self, v: list[Any]) -> list[Any]:
        tables = {k: t.copy() for k, t in self.tables.items()}
        for (name, index), x in zip(self.places, v, strict=True):
            tables[name][index] = x
        raws: dict[str, Any] = {k: self.xp.wrap(t) for k, t in tables.items()}
        sides = self.statement.sides(self.xp, raws, self.part)[0]
        return [mpmath.re(x) for x in np.ravel((sides.right - sides.left).data)]

    def __call__(self, v: list[Any]) -> Any:
        return self._entries(v)[self.entry]


def _newton(room: _Room) -> list[Any]:
    """To where the gradient vanishes; a direction without curvature is left alone."""
    v, h = room.start, mpmath.mpf(10) ** STEP
    n = len(v)

    def moved(*by: tuple[int, int]) -> Any:
        at = list(v)
        for k, sign in by:
            at[k] = at[k] + sign * h
        return room(at)

    for _ in range(ROUNDS):
        here = room(v)
        up = [moved((k, 1)) for k in range(n)]
        down = [moved((k, -1)) for k in range(n)]
        slope = mpmath.matrix([(a - b) / (2 * h) for a, b in zip(up, down, strict=True)])
        bend = mpmath.matrix(n, n)
        for i in range(n):
            bend[i, i] = (up[i] + down[i] - 2 * here) / h**2
            for j in range(i):
                both = moved((i, 1), (j, 1)) + moved((i, -1), (j, -1))
                cross = moved((i, 1), (j, -1)) + moved((i, -1), (j, 1))
                bend[i, j] = bend[j, i] = (both - cross) / (4 * h**2)
        values, vectors = mpmath.eigsy(bend)
        size = max(map(abs, values))
        for k in range(n):
            if abs(values[k]) > size * mpmath.mpf(10) ** (STEP / 2):
                along = vectors[:, k]
                step = (along.T * slope)[0] / values[k]
                v = [x - step * d for x, d in zip(v, along, strict=True)]
    return v
