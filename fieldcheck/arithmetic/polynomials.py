"""Rational functions of the raw parameters, expanded, with exact coefficients.

Every entry is a quotient of two polynomials in lowest terms; where a side has a value, no divisor
is zero, nor is the lower polynomial, which divides their product.  Whatever is no quotient of
polynomials is Unsupported, and so is one with too many variables or terms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import Ordering, fmpq_mpoly_ctx

from fieldcheck.arithmetic.array import Array, Unsupported
from fieldcheck.arithmetic.paired import Gaussian, pair

VARIABLES = 150
"""Raw parameters at one shape."""

TERMS = 2000
"""Terms of one polynomial; a multiplication of two takes at most a hundred times as many steps."""

BELOW = 100
"""Terms of a divisor, and of what it divides five times as many."""

HIGHEST = 200
"""A power, and the degree of a polynomial."""


def _times(a: Any, b: Any) -> Any:
    if len(a) * len(b) > 100 * TERMS or a.total_degree() + b.total_degree() > HIGHEST:
        raise Unsupported(
            f"a polynomial of more than {TERMS} terms, or of a degree above {HIGHEST}"
        )
    return _small(a * b)


def _small(a: Any) -> Any:
    if len(a) > TERMS:
        raise Unsupported(f"a polynomial of more than {TERMS} terms")
    return a


class Ratio:
    """top / below, without a common divisor."""

    __slots__ = ("below", "top")

    def __init__(self, top: Any, below: Any) -> None:
        self.top, self.below = top, below

    @property
    def zero(self) -> bool:
        return bool(self.top.is_zero())

    def __eq__(self, other: object) -> bool:
        """With another, or with the number 0."""
        return (self - other).zero if isinstance(other, Ratio) else self.zero and other == 0

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> Ratio:
        return Ratio(-self.top, self.below)

    def __add__(self, other: Ratio) -> Ratio:
        if self.below == other.below:
            return _lowest(_small(self.top + other.top), self.below)
        top = _small(_times(self.top, other.below) + _times(other.top, self.below))
        return _lowest(top, _times(self.below, other.below))

    def __sub__(self, other: Ratio) -> Ratio:
        return self + -other

    def __mul__(self, other: Any) -> Ratio:
        if not isinstance(other, Ratio):  # numpy's 0, to clear an array
            return Ratio(self.top * other, self.top.context().constant(1))
        return _lowest(_times(self.top, other.top), _times(self.below, other.below))

    def __truediv__(self, other: Ratio) -> Ratio:
        if other.zero:
            raise Unsupported("a divisor that vanishes identically")
        return _lowest(_times(self.top, other.below), _times(self.below, other.top))


def _lowest(top: Any, below: Any) -> Ratio:
    """A common divisor is taken out, and a number below is brought above."""
    if not below.is_constant():
        if len(below) > BELOW or len(top) > 5 * BELOW:
            raise Unsupported(f"a divisor of more than {BELOW} terms")
        common = top.gcd(below)
        if not common.is_one():
            top, below = top / common, below / common
    if below.is_constant() and not below.is_one():
        number = below.leading_coefficient()
        top, below = top / number, below / number
    return Ratio(top, below)


class Polynomials(Gaussian):
    """Numbers a + bi with rational functions a and b of the raw parameters of one shape."""

    kind = "polynomials"

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.names = [(raw, k) for raw, shape in shapes.items() for k in np.ndindex(*shape)]
        if len(self.names) > VARIABLES:
            raise Unsupported(f"more than {VARIABLES} raw parameters")
        names = [f"v{k}" for k in range(len(self.names))]
        self.ring = fmpq_mpoly_ctx.get(names, Ordering.degrevlex)
        self._one = self.ring.constant(1)
        ends = np.cumsum([0, *map(math.prod, shapes.values())]).tolist()
        self._own = {
            raw: (shape, self.ring.gens()[start:end])
            for (raw, shape), start, end in zip(shapes.items(), ends[:-1], ends[1:], strict=True)
        }

    def variable(self, raw: str) -> Array:
        """A raw parameter, its entries variables of their own."""
        shape, entries = self._own[raw]
        values = np.empty(len(entries), dtype=object)
        values[:] = [Ratio(x, self._one) for x in entries]
        values = values.reshape(shape)
        return self.wrap(pair(values, values * 0))

    def power(self, a: Any, n: Any) -> Any:
        if isinstance(n, int) and abs(n) > HIGHEST:
            raise Unsupported("a power this high")
        return super().power(a, n)

    def _integer(self, n: int) -> np.ndarray:
        out = np.empty(2, dtype=object)
        out[:] = [Ratio(self.ring.constant(m), self._one) for m in (n, 0)]
        return out

    def _imaginary_unit(self) -> np.ndarray:
        return self._integer(1)[::-1].copy()

    def _matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if not a.shape[-1]:  # numpy's empty sum is no number of this arithmetic
            return self._full((np.zeros(a.shape[1:]) @ np.zeros(b.shape[1:])).shape, 0)
        return super()._matmul(a, b)

    def _div(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if not self._real_only(b):
            a, size = self._mul(a, self._conj(b)), b[0] * b[0] + b[1] * b[1]
        else:
            size = b[0]
        a, below = self._aligned(a, pair(size, size))
        quotient: np.ndarray = a / below
        return quotient


def entries(value: Any) -> list[tuple[Ratio, Ratio]]:
    """Real and imaginary parts of the entries of a value of this arithmetic, in order."""
    if not isinstance(value, Array):
        raise Unsupported("a derivative that is left open")
    re, im = value.data
    return list(zip(np.ravel(re), np.ravel(im), strict=True))
