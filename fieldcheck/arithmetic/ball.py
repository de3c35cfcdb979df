"""Complex ball arithmetic (Arb, through python-flint): rigorous enclosures at any precision.

Source: F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic",
IEEE Trans. Computers 66 (2017).  Real values are ``arb``, complex ones ``acb``.  The piecewise
functions use the ball's own minimum and maximum, so an argument that straddles a kink gives a
ball that holds both branches.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import Any

import flint
import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.objects import Objects, boxed, each


@contextmanager
def working_digits(digits: int):
    """Set the working precision (decimal digits) for the calls inside."""
    before = flint.ctx.prec
    flint.ctx.prec = max(53, int(digits * 3.3219281) + 8)
    try:
        yield
    finally:
        flint.ctx.prec = before


def _need_real(name: str, *xs: Any) -> None:
    if any(isinstance(x, acb) for x in xs):
        raise TypeError(f"xp.{name} needs a real value; take xp.real first")


def _relu(x):
    _need_real("relu", x)
    return x.max(arb(0))


def _step(x):
    _need_real("relu", x)
    if x > 0:
        return arb(1)
    return arb(0) if x < 0 else arb(0).union(arb(1))


def _abs(x):
    return abs(x)


def _sgn(x):
    if isinstance(x, acb):
        return x / abs(x)
    if x > 0:
        return arb(1)
    return arb(-1) if x < 0 else arb(-1).union(arb(1))


def _maximum(a, b):
    _need_real("maximum", a, b)
    return a.max(b)


def _minimum(a, b):
    _need_real("minimum", a, b)
    return a.min(b)


def _highest(d: np.ndarray) -> arb:
    """The largest midpoint of a real part, 0 where none is finite: any shift is exact, and an
    indeterminate entry (a quotient over a cell that holds zero) makes its own result one."""
    middles = (float(x.real.mid() if isinstance(x, acb) else x.mid()) for x in d.flat)
    return arb(max((m for m in middles if math.isfinite(m)), default=0.0))


def _sqrt(x):
    # A ball of a sum of squares may reach below zero by rounding; its square root reaches zero.
    if isinstance(x, arb) and not x < 0 and not x >= 0:
        top = (abs(x).upper()).sqrt()
        return arb(0).union(top)
    return x.sqrt()


class Ball(Objects):
    """Real and complex balls; precision is the context's (see :func:`working_digits`)."""

    name = "ball"

    def from_raw(self, values: np.ndarray):
        """Exact rationals as (the tightest) balls."""
        return self.wrap(each(lambda q: arb(flint.fmpq(q.numerator, q.denominator)), values))

    def from_balls(self, values: np.ndarray):
        """Balls as they stand (an enclosure over a box)."""
        return self.wrap(values)

    def _scalar(self, n):
        return arb(n)

    def _imaginary_unit(self):
        return boxed(acb(0, 1))

    def _pi(self):
        return boxed(arb.pi())

    def _pivot(self, x):
        return float(abs(x).lower()) if x.is_finite() else -1.0

    def _conj(self, d):
        return each(lambda x: acb(x.real, -x.imag) if isinstance(x, acb) else x, d)

    def _real(self, d):
        return each(lambda x: x.real if isinstance(x, acb) else x, d)

    def _imag(self, d):
        return each(lambda x: x.imag if isinstance(x, acb) else arb(0), d)

    def _exp(self, d):
        return each(lambda x: x.exp(), d)

    def _log(self, d):
        return each(lambda x: x.log(), d)

    def _sqrt(self, d):
        return each(_sqrt, d)

    def _sin(self, d):
        return each(lambda x: x.sin(), d)

    def _cos(self, d):
        return each(lambda x: x.cos(), d)

    def _tanh(self, d):
        return each(lambda x: x.tanh(), d)

    def _relu(self, d):
        return each(_relu, d)

    def _step(self, d):
        return each(_step, d)

    def _abs(self, d):
        return each(_abs, d)

    def _sgn(self, d):
        return each(_sgn, d)

    def _maximum(self, a, b):
        return each(_maximum, a, b)

    def _minimum(self, a, b):
        return each(_minimum, a, b)

    def _softmax(self, d, axis):
        """Shifted by the midpoint of the largest real part, so that huge scores stay finite."""
        shift = _highest(d)
        e = each(lambda x: (x - shift).exp(), d)
        total = np.expand_dims(boxed(e.sum(axis=axis)), axis)
        return boxed(e / total)

    def _logsumexp(self, d, axis):
        shift = _highest(d)
        e = each(lambda x: (x - shift).exp(), d)
        return boxed(each(lambda x: x.log(), boxed(e.sum(axis=axis))) + shift)

    def _scale_or_one(self, d):
        return each(lambda x: x if x > 0 else arb(1) if x.contains(0) else x, d)

    def _unit(self, d, axis):
        norm = self.norm(self.wrap(d), axis=axis).data
        bottom = np.expand_dims(norm, axis)

        def quotient(x, n):
            if n > 0:
                return x / n
            if n == 0:
                return x
            raise Unsupported("unit of a ball that holds zero")

        return each(quotient, d, bottom)
