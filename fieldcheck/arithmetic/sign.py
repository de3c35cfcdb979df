"""Signs that can be read off an expression: squares, exponentials, relus, sums and products.

Used to see that the ``gap`` of an inequality is nonnegative by its form alone.  What is known of
all entries of a value is one of four states, from strongest to weakest:
"+" positive, "0+" nonnegative, "r" real, "?" complex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldcheck.arithmetic.array import Jet
from fieldcheck.arithmetic.base import Arithmetic

ORDER = ("+", "0+", "r", "?")


@dataclass(frozen=True)
class Known:
    """A shape and what is known of every entry."""

    shape: tuple[int, ...]
    sign: str = "?"


def _dummy(shape) -> np.ndarray:
    return np.broadcast_to(np.int8(0), shape)


def _weaker(*signs: str) -> str:
    return max(signs, key=ORDER.index)


def _at_best(sign: str, best: str) -> str:
    return _weaker(sign, best)


class Sign(Arithmetic):
    """The arithmetic of known signs."""

    name = "sign"

    def shape_of(self, data):
        return data.shape

    def variable(self, shape):
        return self.wrap(Known(tuple(shape), "r"))

    def _integer(self, n):
        return Known((), "+" if n > 0 else "0+" if n == 0 else "r")

    def _imaginary_unit(self):
        return Known((), "?")

    def _pi(self):
        return Known((), "+")

    def _add(self, a, b):
        shape = np.broadcast_shapes(a.shape, b.shape)
        if {a.sign, b.sign} == {"+", "0+"}:
            return Known(shape, "+")
        return Known(shape, _weaker(a.sign, b.sign))

    def _sub(self, a, b):
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Known(shape, _at_best(_weaker(a.sign, b.sign), "r"))

    def _mul(self, a, b):
        return Known(np.broadcast_shapes(a.shape, b.shape), _weaker(a.sign, b.sign))

    def _div(self, a, b):
        shape = np.broadcast_shapes(a.shape, b.shape)
        if b.sign == "0+":  # where it is finite at all, the divisor is positive
            return Known(shape, a.sign)
        return Known(shape, _weaker(a.sign, b.sign))

    def _neg(self, a):
        return Known(a.shape, _at_best(a.sign, "r"))

    def _matmul(self, a, b):
        shape = (_dummy(a.shape) @ _dummy(b.shape)).shape
        return Known(shape, _at_best(_weaker(a.sign, b.sign), "0+"))

    def _getitem(self, d, index):
        return Known(_dummy(d.shape)[index].shape, d.sign)

    def _transpose(self, d):
        return Known((*d.shape[:-2], d.shape[-1], d.shape[-2]), d.sign)

    def _reshape(self, d, shape):
        return Known(_dummy(d.shape).reshape(shape).shape, d.sign)

    def _sum(self, d, axis):
        shape = list(d.shape)
        n = shape.pop(axis)
        return Known(tuple(shape), d.sign if n else _at_best(d.sign, "0+"))

    def _diagonal(self, d):
        return Known((*d.shape[:-2], min(d.shape[-2:])), d.sign)

    def _concat(self, items, axis):
        shape = np.concatenate([_dummy(b.shape) for b in items], axis=axis).shape
        return Known(shape, _weaker(*(b.sign for b in items)))

    def _stack(self, items, axis):
        shape = np.stack([_dummy(b.shape) for b in items], axis=axis).shape
        return Known(shape, _weaker(*(b.sign for b in items)))

    def _eye(self, n):
        return Known((n, n), "0+")

    def _full(self, shape, n):
        return Known(tuple(shape), self._integer(n).sign)

    def _conj(self, d):
        return d

    def _real(self, d):
        return Known(d.shape, min(d.sign, "r", key=ORDER.index))

    def _imag(self, d):
        return Known(d.shape, "r")

    def _solve(self, a, b):
        return Known(b.shape, _at_best(_weaker(a.sign, b.sign), "r"))

    def _exp(self, d):
        return Known(d.shape, "?" if d.sign == "?" else "+")

    _logistic = _softplus = _exp

    def _softmax(self, d, axis):
        return self._exp(d)

    def _log(self, d):
        return Known(d.shape, _at_best(d.sign, "r"))

    _sin = _cos = _tanh = _log

    def _sqrt(self, d):
        return Known(d.shape, d.sign if d.sign in ("+", "0+") else "?")

    def _relu(self, d):
        return Known(d.shape, "+" if d.sign == "+" else "0+")

    def _step(self, d):
        return Known(d.shape, "0+")

    def _abs(self, d):
        return Known(d.shape, "+" if d.sign == "+" else "0+")

    def _maximum(self, a, b):
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Known(shape, min(a.sign, b.sign, key=ORDER.index))

    def _minimum(self, a, b):
        return Known(np.broadcast_shapes(a.shape, b.shape), _weaker(a.sign, b.sign))

    def _unit(self, d, axis):
        return Known(d.shape, "0+" if d.sign == "+" else d.sign)

    # log u <= u - 1: nonnegative by its form, for positive arguments.
    def relative_entropy(self, p, q, p_total=1, q_total=1):
        values = [self.lift(v) for v in (p, q, p_total, q_total)]
        if any(isinstance(v, Jet) for v in values):
            return super().relative_entropy(p, q, p_total, q_total)
        shape = np.broadcast_shapes(*(v.shape for v in values))
        positive = all(v.data.sign == "+" for v in values)
        return self.wrap(Known(shape, "0+" if positive else "?"))

    # An even power of a real value is nonnegative, whatever the sign of the base.
    def abs2(self, x):
        if isinstance(x, Jet):
            return super().abs2(x)
        return self.wrap(Known(x.shape, "0+"))

    def power(self, a, n):
        a = self.lift(a)
        if isinstance(a, Jet):
            return super().power(a, n)
        if isinstance(n, int) and n >= 0 and n % 2 == 0 and a.data.sign != "?":
            return self.wrap(Known(a.shape, "+" if a.data.sign == "+" else "0+"))
        return super().power(a, n)

    def mul(self, a, b):
        if a is b and not isinstance(a, Jet) and self.lift(a).data.sign != "?":
            return self.power(a, 2)  # a product of a value with itself
        return super().mul(a, b)
