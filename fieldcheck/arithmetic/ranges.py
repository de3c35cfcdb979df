"""Ranges that can be read off an expression: between which numbers the real entries of an array
lie, whatever the inputs are.

Ends are exact or infinite, and are attained or not: e^(x²) is at least 1 because x² is at least 0.
Where a bound is no rational number a rational one beside it is taken.  All entries of an array
share one range; of a complex array none is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Array, Jet, Value
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.shapes import dummy

INFINITY = math.inf
FINE = 10**12
"""Denominator of a bound that is no rational number."""

LARGE = 64
"""Exponents up to which a bound of an exponential is a number."""

End = Fraction | float


@dataclass(frozen=True)
class Span:
    """A shape, and the ends between which every entry lies; ``real``: it is known to be real, and
    else has no ends; ``of``: the array that it is a multiple of, and the factor."""

    shape: tuple[int, ...]
    low: End = -INFINITY
    high: End = INFINITY
    real: bool = True
    of: tuple[Any, Fraction] | None = None

    def __post_init__(self) -> None:
        if not self.real:
            object.__setattr__(self, "low", -INFINITY)
            object.__setattr__(self, "high", INFINITY)

    @property
    def multiple(self) -> tuple[Any, Fraction]:
        return self.of or (self, Fraction(1))

    def scaled(self, factor: Fraction) -> Span:
        """The same entries times a number."""
        whole, before = self.multiple
        low, high = sorted(_times(end, factor) for end in (self.low, self.high))
        return Span(self.shape, low, high, self.real, (whole, before * factor))

    @property
    def nonneg(self) -> bool:
        return self.real and self.low >= 0


def _plus(a: End, b: End) -> End:
    """A sum; Python's own takes a fraction beside a float for one, however large it is."""
    infinite = [end for end in (a, b) if isinstance(end, float)]
    return infinite[0] if infinite else a + b


def _times(a: End, b: End) -> End:
    if a == 0 or b == 0:
        return Fraction(0)
    if isinstance(a, float) or isinstance(b, float):
        return INFINITY if (a > 0) == (b > 0) else -INFINITY
    return a * b


def _over(a: End) -> End:
    return Fraction(0) if a in (INFINITY, -INFINITY) else 1 / a


def _product(shape: Any, a: Span, b: Span) -> Span:
    if not (a.real and b.real):
        return Span(tuple(shape), real=False)
    ends = [_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return Span(tuple(shape), min(ends), max(ends))


def _power(d: Span, n: int) -> Span:
    """An even power of real numbers is nonnegative."""
    ends: list[End] = [d.low**n, d.high**n]
    if n % 2 == 0:
        ends = [Fraction(0) if d.low <= 0 <= d.high else min(ends), max(ends)]
    return Span(d.shape, ends[0], ends[1])


def _hull(shape: Any, spans: list[Span]) -> Span:
    real = all(s.real for s in spans)
    return Span(tuple(shape), min(s.low for s in spans), max(s.high for s in spans), real)


def _laid(d: Span, shape: Any) -> Span:
    """Some of the entries, in another shape."""
    return Span(tuple(shape), d.low, d.high, d.real)


def _added(d: Span, n: int, shape: Any) -> Span:
    """The sum of so many entries."""
    count = Fraction(n)
    return Span(tuple(shape), _times(d.low, count), _times(d.high, count), d.real)


def _root(x: End, up: bool) -> End:
    """A bound of the square root, exact where it is rational."""
    if x == INFINITY:
        return x
    top, bottom = (math.isqrt(k) for k in Fraction(x).as_integer_ratio())
    if Fraction(top, bottom) ** 2 == x:
        return Fraction(top, bottom)
    return Fraction(math.isqrt(math.floor(x * FINE**2)) + up, FINE)


def _exponential(x: End, up: bool) -> End:
    """A bound from 1 + x <= e^x <= 1/(1 - x), and e < 2719/1000."""
    if x == 0:
        return Fraction(1)
    if not up:
        return 1 + x if x > 0 else Fraction(0)
    if x < 0:
        return _over(1 - x)
    return Fraction(2719, 1000) ** math.ceil(x) if x <= LARGE else INFINITY


def _increasing(low: Callable[[End], End], high: Callable[[End], End]) -> Callable[..., Span]:
    """A real function that increases, by bounds of it from below and from above."""

    def function(self: Ranges, d: Span) -> Span:
        return Span(d.shape, low(d.low), high(d.high)) if d.real else d

    return function


def _bounded(low: int, high: int, at_zero: Fraction) -> Callable[..., Span]:
    """An increasing function between two numbers, of which the value at 0 is known, too."""
    return _increasing(
        lambda x: at_zero if x >= 0 else Fraction(low),
        lambda x: at_zero if x <= 0 else Fraction(high),
    )


class Ranges(Arithmetic):
    """The arithmetic of ranges."""

    kind = "ranges"

    def shape_of(self, data: Span) -> tuple[int, ...]:
        return data.shape

    def variable(self, shape: tuple[int, ...]) -> Array:
        return self.wrap(Span(tuple(shape)))

    def within(self, x: Value, low: End, high: End) -> Value:
        """The same entries, of which it is known that they lie between two ends."""
        if isinstance(x, Jet):
            return x
        d = x.data
        return self.wrap(Span(d.shape, max(d.low, low), min(d.high, high), d.real))

    def _real_only(self, data: Span) -> bool:
        return data.real

    def _integer(self, n: int) -> Span:
        return Span((), Fraction(n), Fraction(n))

    def _imaginary_unit(self) -> Span:
        return Span((), real=False)

    def _pi(self) -> Span:
        return Span((), Fraction(333, 106), Fraction(355, 113))

    # -- arithmetic ------------------------------------------------------------------------------
    def _add(self, a: Span, b: Span) -> Span:
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Span(shape, _plus(a.low, b.low), _plus(a.high, b.high), a.real and b.real)

    def _sub(self, a: Span, b: Span) -> Span:
        return self._add(a, self._neg(b))

    def _neg(self, d: Span) -> Span:
        return d.scaled(Fraction(-1))

    def _mul(self, a: Span, b: Span) -> Span:
        """Two multiples of one real array make a multiple of its square."""
        for number, other in ((a, b), (b, a)):
            if number.low == number.high and not number.shape:
                return other.scaled(Fraction(number.low))
        (whole, factor), (same, other_factor) = a.multiple, b.multiple
        if whole is same and whole.real:
            return _power(whole, 2).scaled(factor * other_factor)
        return _product(np.broadcast_shapes(a.shape, b.shape), a, b)

    def _div(self, a: Span, b: Span) -> Span:
        """Where a quotient has a value, its divisor is not zero."""
        ends: tuple[End, End] = (-INFINITY, INFINITY)
        if b.low >= 0 and b.high > 0:
            ends = _over(b.high), _over(b.low) if b.low else INFINITY
        elif b.high <= 0 and b.low < 0:
            ends = (_over(b.high) if b.high else -INFINITY), _over(b.low)
        return self._mul(a, Span(b.shape, *ends, b.real))

    def _matmul(self, a: Span, b: Span) -> Span:
        shape = (dummy(a.shape) @ dummy(b.shape)).shape
        return _added(_product(shape, a, b), a.shape[-1], shape)

    def power(self, a: Any, n: Any) -> Value:
        a = self.lift(a)
        if isinstance(a, Jet) or not isinstance(n, int) or n <= 0 or not a.data.real:
            return super().power(a, n)
        return self.wrap(_power(a.data, n))

    def abs2(self, x: Any) -> Value:
        x = self.lift(x)
        if isinstance(x, Jet):
            return super().abs2(x)
        return self.wrap(_power(x.data, 2) if x.data.real else Span(x.shape, Fraction(0)))

    def _conj(self, d: Span) -> Span:
        return d

    def _real(self, d: Span) -> Span:
        return d if d.real else Span(d.shape)

    def _imag(self, d: Span) -> Span:
        return Span(d.shape, Fraction(0), Fraction(0)) if d.real else Span(d.shape)

    # -- where entries go ------------------------------------------------------------------------
    def _getitem(self, d: Span, index: Any) -> Span:
        return _laid(d, dummy(d.shape)[index].shape)

    def _transpose(self, d: Span) -> Span:
        return _laid(d, (*d.shape[:-2], d.shape[-1], d.shape[-2]))

    def _permute(self, d: Span, axes: Any) -> Span:
        return _laid(d, [d.shape[k] for k in axes])

    def _reshape(self, d: Span, shape: Any) -> Span:
        return _laid(d, dummy(d.shape).reshape(shape).shape)

    def _sum(self, d: Span, axis: int) -> Span:
        shape = list(d.shape)
        return _added(d, shape.pop(axis), shape)

    def _diagonal(self, d: Span) -> Span:
        return _laid(d, (*d.shape[:-2], min(d.shape[-2:])))

    def _concat(self, items: Any, axis: int) -> Span:
        shape = np.concatenate([dummy(d.shape) for d in items], axis=axis).shape
        return _hull(shape, list(items))

    def _stack(self, items: Any, axis: int) -> Span:
        return _hull(np.stack([dummy(d.shape) for d in items], axis=axis).shape, list(items))

    def _eye(self, n: int) -> Span:
        return Span((n, n), Fraction(int(n == 1)), Fraction(1))

    def _full(self, shape: Any, n: int) -> Span:
        return _laid(self._integer(n), shape)

    def _solve(self, a: Span, b: Span) -> Span:
        return Span(b.shape, real=a.real and b.real)

    # -- functions -------------------------------------------------------------------------------
    _exp = _increasing(lambda x: _exponential(x, False), lambda x: _exponential(x, True))
    _tanh = _bounded(-1, 1, Fraction(0))
    _erf = _bounded(-1, 1, Fraction(0))
    _arctan = _bounded(-2, 2, Fraction(0))
    _logistic = _bounded(0, 1, Fraction(1, 2))
    _softplus = _increasing(lambda x: max(x, Fraction(0)), lambda x: max(x, Fraction(0)) + 1)
    _sinh = _increasing(lambda x: x if x >= 0 else -INFINITY, lambda x: x if x <= 0 else INFINITY)

    def _cosh(self, d: Span) -> Span:
        return Span(d.shape, Fraction(1), real=d.real) if d.real else d

    def _sin(self, d: Span) -> Span:
        return Span(d.shape, Fraction(-1), Fraction(1)) if d.real else d

    _cos = _sin

    def _log(self, d: Span) -> Span:
        """By 1 - 1/x <= log x <= x - 1; it is real of a positive number only."""
        if not d.nonneg:
            return Span(d.shape, real=False)
        low = 1 - _over(d.low) if d.low > 0 else -INFINITY
        return Span(d.shape, low, d.high - 1)

    def _sqrt(self, d: Span) -> Span:
        if not d.nonneg:
            return Span(d.shape, real=False)
        return Span(d.shape, _root(d.low, False), _root(d.high, True))

    def _softmax(self, d: Span, axis: int) -> Span:
        return Span(d.shape, Fraction(0), Fraction(1), d.real)

    def _logsumexp(self, d: Span, axis: int) -> Span:
        """Between the largest entry and that plus log n <= n - 1."""
        shape = list(d.shape)
        n = shape.pop(axis)
        return Span(tuple(shape), d.low, d.high + n - 1, d.real)

    def _relu(self, d: Span) -> Span:
        zero = Fraction(0)
        return Span(d.shape, max(d.low, zero), max(d.high, zero), d.real)

    def _abs(self, d: Span) -> Span:
        if not d.real:
            return Span(d.shape, Fraction(0))
        zero, size = Fraction(0), max(-d.low, d.high)
        return Span(d.shape, max(zero, d.low, -d.high), size)

    def _step(self, d: Span) -> Span:
        return Span(d.shape, Fraction(int(d.low > 0)), Fraction(int(d.high > 0)), d.real)

    def _sgn(self, d: Span) -> Span:
        return Span(d.shape, Fraction(-1), Fraction(1), d.real)

    def _maximum(self, a: Span, b: Span) -> Span:
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Span(shape, max(a.low, b.low), max(a.high, b.high), a.real and b.real)

    def _minimum(self, a: Span, b: Span) -> Span:
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Span(shape, min(a.low, b.low), min(a.high, b.high), a.real and b.real)

    def _unit(self, d: Span, axis: int) -> Span:
        low = Fraction(0) if d.nonneg else Fraction(-1)
        return Span(d.shape, low, Fraction(1), d.real)

    def _scale_or_one(self, d: Span) -> Span:
        return d if d.low > 0 or d.high < 0 else _hull(d.shape, [d, self._integer(1)])


def span_of(value: Any) -> Span:
    """What is known of a value of this arithmetic, a jet's value included."""
    while isinstance(value, Jet):
        value = value.v
    span: Span = value.data
    return span
