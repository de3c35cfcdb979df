"""Gaussian rationals: exact evaluation at a point, branches and all.

Square roots exist only where they are rational; anything else is Unsupported at that point, and
balls decide.  So is what has no definite value: a derivative at a kink.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import fmpq, fmpz

from fieldcheck.arithmetic.array import Array, Unsupported, Value
from fieldcheck.arithmetic.paired import Gaussian, entrywise, pair


def _square_root(x: fmpq) -> fmpq:
    if x < 0:
        raise Unsupported("square root of a negative rational")
    top, bottom = fmpz(x.p).isqrt(), fmpz(x.q).isqrt()
    if top * top != x.p or bottom * bottom != x.q:
        raise Unsupported("irrational square root")
    return fmpq(top, bottom)


HIGHEST = 4096
"""Powers beyond this have too many digits to be written down."""


class Rational(Gaussian):
    """Numbers a + bi with rational a, b."""

    kind = "rational"

    def from_raw(self, values: np.ndarray) -> Array:
        re = entrywise(lambda q: fmpq(q.numerator, q.denominator), values)
        return self.wrap(pair(re, entrywise(lambda q: fmpq(0), values)))

    def power(self, a: Any, n: Any) -> Value:
        if isinstance(n, int) and abs(n) > HIGHEST:
            raise Unsupported("a power this high")
        return super().power(a, n)

    def _integer(self, n: int) -> np.ndarray:
        out = np.empty(2, dtype=object)
        out[:] = [fmpq(n), fmpq(0)]
        return out

    def _imaginary_unit(self) -> np.ndarray:
        out = np.empty(2, dtype=object)
        out[:] = [fmpq(0), fmpq(1)]
        return out

    def _div(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        size = np.asarray(b[0] * b[0] + b[1] * b[1], dtype=object)
        if np.any(size == 0):
            raise ZeroDivisionError("division by zero in a body")
        top = self._mul(a, pair(b[0], -b[1]))
        _, size2 = self._aligned(top, pair(size, size))
        quotient: np.ndarray = top / size2
        return quotient

    def _solve(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        n = a.shape[1]
        rows = np.concatenate([a, b], axis=2)
        for c in range(n):
            p = next((r for r in range(c, n) if rows[0, r, c] != 0 or rows[1, r, c] != 0), None)
            if p is None:
                raise ZeroDivisionError("singular matrix in a body")
            rows[:, [c, p]] = rows[:, [p, c]]
            rows[:, c] = self._div(rows[:, c], rows[:, c, c][:, None])
            for r in range(n):
                if r != c:
                    rows[:, r] = rows[:, r] - self._mul(rows[:, c], rows[:, r, c][:, None])
        return rows[:, :, n:]

    def certainly(self, kind: str, value: Value) -> bool:
        """Is every entry positive, nonnegative or nonzero?"""
        re, im = value.data
        if kind == "nonzero":
            return bool(np.all((re != 0) | (im != 0)))
        return bool(np.all(im == 0) and np.all(re > 0 if kind == "positive" else re >= 0))

    def _sqrt(self, d: np.ndarray) -> np.ndarray:
        if np.any(d[1] != 0):
            raise Unsupported("square root of a complex rational")
        return pair(entrywise(_square_root, d[0]), d[1])

    @staticmethod
    def _need_real(name: str, *ds: np.ndarray) -> None:
        if any(np.any(d[1] != 0) for d in ds):
            raise TypeError(f"xp.{name} needs a real value; take xp.real first")

    def _relu(self, d: np.ndarray) -> np.ndarray:
        self._need_real("relu", d)
        return pair(entrywise(lambda x: x if x > 0 else x * 0, d[0]), d[1])

    def _step(self, d: np.ndarray) -> np.ndarray:
        self._need_real("step", d)
        if np.any(d[0] == 0):
            raise Unsupported("derivative of relu at its kink")
        return pair(entrywise(lambda x: fmpq(1 if x > 0 else 0), d[0]), d[1])

    def _abs(self, d: np.ndarray) -> np.ndarray:
        if np.any(d[1] != 0):
            square = np.asarray(d[0] * d[0] + d[1] * d[1], dtype=object)
            return pair(entrywise(_square_root, square), d[1] * 0)
        return pair(entrywise(abs, d[0]), d[1])

    def _sgn(self, d: np.ndarray) -> np.ndarray:
        self._need_real("abs (derivative)", d)
        if np.any(d[0] == 0):
            raise Unsupported("derivative of abs at its kink")
        return pair(entrywise(lambda x: fmpq((x > 0) - (x < 0)), d[0]), d[1])

    def _choose(
        self, name: str, f: Callable[[fmpq, fmpq], fmpq], a: np.ndarray, b: np.ndarray
    ) -> np.ndarray:
        a, b = self._aligned(a, b)
        self._need_real(name, a, b)
        v = entrywise(f, a[0], b[0])
        return pair(v, entrywise(lambda x: x * 0, v))

    def _maximum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._choose("maximum", lambda x, y: x if x >= y else y, a, b)

    def _minimum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._choose("minimum", lambda x, y: x if x <= y else y, a, b)

    def _exp(self, d: np.ndarray) -> np.ndarray:
        if np.any(d[0] != 0) or np.any(d[1] != 0):
            raise Unsupported("exp of a nonzero rational")
        return self._full(d.shape[1:], 1)

    def _of_zero(self, d: np.ndarray) -> np.ndarray:
        """An odd function that is rational at zero alone."""
        if np.any(d != 0):
            raise Unsupported("a transcendental function of a nonzero rational")
        return d

    _arctan = _erf = _of_zero

    def _det(self, a: np.ndarray) -> np.ndarray:
        """Elimination over the Gaussian rationals."""
        rows, total, n = a.copy(), self._integer(1), a.shape[1]
        for c in range(n):
            p = next((r for r in range(c, n) if np.any(rows[:, r, c] != 0)), None)
            if p is None:
                return self._integer(0)
            if p != c:
                rows[:, [c, p]], total = rows[:, [p, c]], -total
            total = self._mul(total, rows[:, c, c])
            row = self._div(rows[:, c], rows[:, c, c][:, None])
            for r in range(c + 1, n):
                rows[:, r] = rows[:, r] - self._mul(row, rows[:, r, c][:, None])
        return total

    def _scale_or_one(self, d: np.ndarray) -> np.ndarray:
        v = entrywise(lambda x: x if x != 0 else fmpq(1), d[0])
        return pair(v, d[1])

    def _unit(self, d: np.ndarray, axis: int) -> np.ndarray:
        norm = self.norm(self.wrap(d), axis=axis).data
        n = np.expand_dims(norm[0], axis)
        quotient = entrywise(lambda x, m: x / m if m != 0 else x, d[0], n)
        return pair(quotient, entrywise(lambda x, m: x / m if m != 0 else x, d[1], n))
