"""Complex ball arithmetic (Arb, through python-flint): rigorous enclosures at any precision.

Source: F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic",
IEEE Trans. Computers 66 (2017).  Real values are ``arb``, complex ones ``acb``.  The piecewise
functions use the ball's own minimum and maximum, so an argument that straddles a kink gives a
ball that holds both branches.

Logarithm and square root are the principal ones: those of a negative number are complex, with a
positive imaginary part.  An argument that straddles the cut gives a ball that holds both of its
sides, and decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import flint
import numpy as np
from flint import acb, acb_mat, arb, arb_mat

from fieldcheck.arithmetic import spectral
from fieldcheck.arithmetic.array import Array, Jet, Unsupported, Value
from fieldcheck.arithmetic.objects import Objects, boxed, each

Number = arb | acb
Kind = TypeVar("Kind", arb, acb)


@contextmanager
def working_digits(digits: int) -> Iterator[None]:
    """Set the working precision (decimal digits) for the calls inside."""
    before = flint.ctx.prec
    flint.ctx.prec = max(53, int(digits * 3.3219281) + 8)
    try:
        yield
    finally:
        flint.ctx.prec = before


def real_part_of_real(x: Any) -> arb | None:
    """A number that is certainly real, as such; None where it may be complex."""
    if isinstance(x, arb):
        return x
    return x.real if x.imag.is_zero() else None


def _need_real(name: str, x: Any) -> arb:
    """A real argument.  At another point of the same statement it may be real: that this one is
    not breaks no body (whether a body takes complex values throughout is for floats to say)."""
    real = real_part_of_real(x)
    if real is None:
        raise Unsupported(f"xp.{name} needs a real value; take xp.real first")
    return real


def _relu(x: Number) -> arb:
    return _need_real("relu", x).max(arb(0))


def _step(x: Number) -> arb:
    x = _need_real("relu", x)
    if x > 0:
        return arb(1)
    return arb(0) if x < 0 else arb(0).union(arb(1))


def _abs(x: Number) -> arb:
    return abs(x)


def _sgn(x: Number) -> Number:
    if isinstance(x, acb):
        return x / abs(x)
    if x > 0:
        return arb(1)
    return arb(-1) if x < 0 else arb(-1).union(arb(1))


def _widened(x: Number, by: arb) -> Number:
    disc = arb(0, by) if by.is_finite() else by
    return x + (acb(disc, disc) if isinstance(x, acb) else disc)


def _maximum(a: Number, b: Number) -> arb:
    return _need_real("maximum", a).max(_need_real("maximum", b))


def _minimum(a: Number, b: Number) -> arb:
    return _need_real("minimum", a).min(_need_real("minimum", b))


def _highest(d: np.ndarray) -> arb:
    """The largest midpoint of a real part, 0 where none is finite: any shift is exact, and an
    indeterminate entry (a quotient over a cell that holds zero) makes its own result one."""
    middles = (float(x.real if isinstance(x, acb) else x) for x in d.flat)
    return arb(max((m for m in middles if math.isfinite(m)), default=0.0))


def _sqrt(x: Number) -> Number:
    if isinstance(x, acb) or x >= 0:
        return x.sqrt()
    if x < 0:
        return acb(0, (-x).sqrt())
    most = arb(0).union(abs(x).upper().sqrt())  # neither: real or imaginary
    return acb(most, most) if x.is_finite() else x


def _root_of_nonnegative(x: arb) -> arb:
    """The root of what is not negative, though its ball may reach below zero by rounding."""
    return x.sqrt() if x > 0 or not x.is_finite() else arb(0).union(abs(x).upper().sqrt())


def _exp(x: Number) -> Number:
    return x.exp()


def _log(x: Number) -> Number:
    if isinstance(x, arb) and x < 0:
        return acb((-x).log(), arb.pi())
    return x.log()


def _square(x: Kind) -> Kind:
    y = x * x
    return y.max(arb(0)) if isinstance(x, arb) and y.contains(0) else y


def _square_of_modulus(x: Number) -> arb:
    return _square(x.real) + _square(x.imag) if isinstance(x, acb) else _square(x)


MOST, OPEN = 1 << 14, 1 << 10
"""Terms of a sum to infinity, at most, and while nothing bounds what is left of it."""

MANY = 8
"""Factors of a power up to which it is a product like any other."""


class Ball(Objects):
    """Real and complex balls; precision is the context's (see :func:`working_digits`)."""

    kind = "ball"

    def from_raw(self, values: np.ndarray) -> Array:
        """Exact rationals as (the tightest) balls."""
        return self.wrap(each(lambda q: arb(flint.fmpq(q.numerator, q.denominator)), values))

    def from_balls(self, values: np.ndarray) -> Array:
        """Balls as they stand (an enclosure over a box)."""
        return self.wrap(values)

    def _scalar(self, n: int) -> arb:
        return arb(n)

    def _imaginary_unit(self) -> np.ndarray:
        return boxed(acb(0, 1))

    def _pi(self) -> np.ndarray:
        return boxed(arb.pi())

    def _pivot(self, x: Number) -> float:
        return float(abs(x).lower()) if x.is_finite() else -1.0

    def _conj(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: acb(x.real, -x.imag) if isinstance(x, acb) else x, d)

    def _real(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x.real if isinstance(x, acb) else x, d)

    def _imag(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x.imag if isinstance(x, acb) else arb(0), d)

    def mul(self, a: Any, b: Any) -> Value:
        if a is b and isinstance(a, Array):
            return self.wrap(each(_square, a.data))
        return super().mul(a, b)

    def power(self, a: Any, n: Any) -> Value:
        """Of many factors in one go, where no ball holds zero (there Arb knows no power)."""
        if isinstance(n, int) and n > MANY and isinstance(a, Array):
            made = each(lambda x: x if x.contains(0) else x**n, a.data)
            if not any(x.contains(0) or not x.is_finite() for x in made.flat):
                return self.wrap(made)
        return super().power(a, n)

    def abs2(self, x: Any) -> Value:
        if isinstance(x, Jet):
            return super().abs2(x)
        return self.wrap(each(_square_of_modulus, x.data))

    def norm(self, x: Value, axis: int | None = None) -> Value:
        if isinstance(x, Jet):
            return super().norm(x, axis=axis)
        return self.wrap(each(_root_of_nonnegative, self.norm2(x, axis=axis).data))

    def _real_only(self, data: np.ndarray) -> bool:
        return all(real_part_of_real(x) is not None for x in data.flat)

    def _sum_to_infinity(self, first: Value, ratio: Any) -> Value:
        """Terms until what is left is below the working precision; where that takes too many, or
        the ratio is not seen to stay below 1, the sum has no value."""
        terms, total, n, look = first, first * 0, 0, 8
        small = arb(2) ** -flint.ctx.prec
        while True:
            for k in range(n + 1, look + 1):
                total, terms = total + terms, terms * ratio(self.one / k)
            n, left = look, self._left(terms, ratio, look)
            done = each(lambda s, r: bool(r <= small * abs(s)), total.data, left)
            open_ = any(not r.is_finite() for r in left.flat)
            if done.all() or n >= MOST or (open_ and n >= OPEN):
                pick = lambda s, r, fine: _widened(s, r) if fine else arb("nan")
                return self.wrap(each(pick, total.data, left, done))
            look *= 2

    def _left(self, terms: Value, ratio: Any, n: int) -> np.ndarray:
        """A bound on the sum of these terms and all that follow: not finite where there is none."""
        half = arb(1) / (2 * n)
        every = ratio(self.wrap(boxed(arb(half.mid(), half.upper()))))  # 0 <= 1/k <= 1/n
        over = each(lambda r: 1 - abs(r).upper(), (every + terms * 0).data)
        bound = lambda t, o: (abs(t).upper() / o).upper() if o > 0 else arb("nan")
        return each(bound, terms.data, over)

    def certainly(self, kind: str, value: Value) -> bool:
        """Is every entry positive, nonnegative or nonzero, as its ball shows?"""
        real = [real_part_of_real(x) for x in value.data.flat]
        if kind == "nonzero":
            return all(x.is_finite() and not x.contains(0) for x in value.data.flat)
        return all(
            x is not None and bool(x > 0 or (kind == "nonnegative" and x >= 0)) for x in real
        )

    def _exp(self, d: np.ndarray) -> np.ndarray:
        return each(_exp, d)

    def _log(self, d: np.ndarray) -> np.ndarray:
        return each(_log, d)

    def _sqrt(self, d: np.ndarray) -> np.ndarray:
        return each(_sqrt, d)

    def _sin(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x.sin(), d)

    def _cos(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x.cos(), d)

    def _tanh(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x.tanh(), d)

    def _sinh(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x.sinh(), d)

    def _cosh(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x.cosh(), d)

    def _arctan(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: _need_real("arctan", x).atan(), d)

    def _erf(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: _need_real("erf", x).erf(), d)

    def _det(self, a: np.ndarray) -> np.ndarray:
        made = acb_mat if any(isinstance(x, acb) for x in a.flat) else arb_mat
        return boxed(made(a.tolist()).det())

    def _eigvalsh(self, a: np.ndarray) -> np.ndarray:
        return spectral.eigenvalues(a)

    def _svdvals(self, a: np.ndarray) -> np.ndarray:
        return spectral.singular_values(a)

    def _expm(self, a: np.ndarray) -> np.ndarray:
        return spectral.exponential(a)

    def _logm(self, a: np.ndarray) -> np.ndarray:
        return spectral.logarithm(a)

    def _relu(self, d: np.ndarray) -> np.ndarray:
        return each(_relu, d)

    def _step(self, d: np.ndarray) -> np.ndarray:
        return each(_step, d)

    def _abs(self, d: np.ndarray) -> np.ndarray:
        return each(_abs, d)

    def _sgn(self, d: np.ndarray) -> np.ndarray:
        return each(_sgn, d)

    def _maximum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return each(_maximum, a, b)

    def _minimum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return each(_minimum, a, b)

    def _softmax(self, d: np.ndarray, axis: int) -> np.ndarray:
        """Shifted by the midpoint of the largest real part, so that huge scores stay finite."""
        e = each(_exp, d - boxed(_highest(d)))
        return boxed(e / e.sum(axis=axis, keepdims=True))

    def _logsumexp(self, d: np.ndarray, axis: int) -> np.ndarray:
        shift = _highest(d)
        total = each(_exp, d - boxed(shift)).sum(axis=axis)
        return boxed(each(lambda x: x.log(), boxed(total)) + shift)

    def _scale_or_one(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x if x > 0 else arb(1) if x.contains(0) else x, d)

    def _unit(self, d: np.ndarray, axis: int) -> np.ndarray:
        norm = self.norm(self.wrap(d), axis=axis).data
        bottom = np.expand_dims(norm, axis)

        def quotient(x: Number, n: arb) -> Number:
            if n > 0:
                return x / n
            if n == 0:
                return x
            disc = arb(0, 1)  # whatever it is, its modulus is at most one
            return acb(disc, disc) if isinstance(x, acb) else disc

        return each(quotient, d, bottom)


FARTHEST = 10**300
"""An exponent beyond this counts as this: it has to be a float."""


SMALLEST = 1e-300
"""Moduli between this and its inverse are floats, and looked at as such."""


def log10_of(x: Any) -> float:
    """The decimal exponent of a number, however large or small; -inf where it may be zero and inf
    where it is not finite."""
    if not x.is_finite():
        return math.inf
    if x.contains(0):
        return -math.inf
    near = abs(float(x)) if isinstance(x, arb) else 0.0
    return math.log10(near) if SMALLEST < near < 1 / SMALLEST else _log10(abs(x).mid())


def log10_most(x: Any) -> float:
    """The decimal exponent of the largest modulus that a ball holds."""
    return _log10(abs(x).upper()) if x.is_finite() else math.inf


def _log10(x: arb) -> float:
    if x.is_zero():
        return -math.inf
    mantissa, exponent = x.mid().man_exp()
    spare = max(0, mantissa.bit_length() - 53)  # floats hold the leading bits, not the exponent
    power = max(-FARTHEST, min(FARTHEST, int(exponent) + spare))
    return math.log10(2) * power + math.log10(abs(int(mantissa >> spare)))


class Scaled(Ball):
    """Balls that remember the least and the largest magnitude that occurred, as powers of ten.

    What is hidden in 1 + e^-300 is hidden below the 130th digit: the least magnitude is e^-300.
    Of a function that saturates, the distance to its limit counts as one that occurred.
    """

    def __init__(self) -> None:
        self.low, self.high = math.inf, -math.inf
        self.rests = False

    def _keep(self, d: np.ndarray) -> np.ndarray:
        for x in () if self.rests else d.flat:
            size = log10_of(x)
            if math.isfinite(size):
                self.low, self.high = min(self.low, size), max(self.high, size)
        return d

    def from_raw(self, values: np.ndarray) -> Array:
        value = super().from_raw(values)
        self._keep(value.data)
        return value

    def _tanh(self, d: np.ndarray) -> np.ndarray:
        gone = [float(2 * abs(x.real if isinstance(x, acb) else x).upper()) for x in d.flat]
        for far in filter(math.isfinite, gone):
            self.low = min(self.low, -far / math.log(10))
        return super()._tanh(d)

    def _arctan(self, d: np.ndarray) -> np.ndarray:
        """It comes as near to ±π/2 as its argument is far."""
        far = [log10_most(x) for x in d.flat]
        self.low = min([self.low, *(-size for size in far if 0 < size < math.inf)])
        return super()._arctan(d)

    def _erf(self, d: np.ndarray) -> np.ndarray:
        """It comes as near to ±1 as exp(-x²) is to zero."""
        self.exp(self.wrap(boxed(-each(_square_of_modulus, d))))
        return super()._erf(d)

    def _sum_to_infinity(self, first: Value, ratio: Callable[[Value], Value]) -> Value:
        """Its terms are as small as the precision, and hide nothing."""
        before, self.rests = (self.low, self.high, self.rests), True
        try:
            total = super()._sum_to_infinity(first, ratio)
        finally:
            self.low, self.high, self.rests = before
        self._keep(first.data)
        self._keep(total.data)
        return total

    def _logsumexp(self, d: np.ndarray, axis: int) -> np.ndarray:
        self._softmax(d, axis)
        return super()._logsumexp(d, axis)


def _kept(name: str) -> Callable[..., np.ndarray]:
    def operation(self: Scaled, *args: Any) -> np.ndarray:
        return self._keep(getattr(Ball, name)(self, *args))

    return operation


for _name in (
    *("_integer", "_mul", "_div", "_matmul", "_exp", "_softmax", "_solve", "_sin", "_cos"),
    *("_sinh", "_cosh", "_det", "_eigvalsh", "_svdvals", "_expm", "_logm"),
):
    setattr(Scaled, _name, _kept(_name))
