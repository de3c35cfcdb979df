"""Degrees and heights: how large a polynomial identity a body can be.

A value stands for a rational function of the raw parameters and is bounded by the degrees of its
numerator and denominator and by log2 of the l1 norm of its integer coefficients.  The bounds feed
the Schwartz-Zippel error of the exact method.  Free symbols (exp, log) count as new variables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fieldcheck.arithmetic.base import Arithmetic


@dataclass(frozen=True)
class Bound:
    """Bounds common to all entries of an array."""

    shape: tuple[int, ...]
    top: int = 0
    bottom: int = 0
    height: float = 0.0


def _with(shape, b: Bound) -> Bound:
    return Bound(tuple(shape), b.top, b.bottom, b.height)


def _dummy(shape) -> np.ndarray:
    return np.broadcast_to(np.int8(0), shape)


def _terms(b: Bound, n: int) -> Bound:
    """The sum of n entries, each with its own denominator."""
    if n <= 1:
        return b
    height = b.height + math.log2(n) if not b.bottom else n * b.height + math.log2(n)
    return Bound(b.shape, b.top + (n - 1) * b.bottom, n * b.bottom, height)


class Degree(Arithmetic):
    """The arithmetic of degrees."""

    name = "degree"

    def __init__(self):
        self.symbols = 0
        self.roots = 0

    def shape_of(self, data):
        return data.shape

    def variable(self, shape):
        return self.wrap(Bound(tuple(shape), top=1))

    def _integer(self, n):
        return Bound((), height=math.log2(max(1, abs(n))))

    def _imaginary_unit(self):
        return Bound(())

    def _pi(self):
        return self._symbol(Bound(()))

    def _add(self, a, b):
        shape = np.broadcast_shapes(a.shape, b.shape)
        if not a.bottom and not b.bottom:
            return Bound(shape, max(a.top, b.top), 0, max(a.height, b.height) + 1)
        return Bound(
            shape,
            max(a.top + b.bottom, b.top + a.bottom),
            a.bottom + b.bottom,
            a.height + b.height + 1,
        )

    _sub = _add

    def _mul(self, a, b):
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Bound(shape, a.top + b.top, a.bottom + b.bottom, a.height + b.height)

    def _div(self, a, b):
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Bound(shape, a.top + b.bottom, a.bottom + b.top, a.height + b.height)

    def _neg(self, a):
        return a

    def _matmul(self, a, b):
        shape = (_dummy(a.shape) @ _dummy(b.shape)).shape
        one = Bound(shape, a.top + b.top, a.bottom + b.bottom, a.height + b.height)
        return _terms(one, a.shape[-1])

    def _getitem(self, d, index):
        return _with(_dummy(d.shape)[index].shape, d)

    def _transpose(self, d):
        return _with((*d.shape[:-2], d.shape[-1], d.shape[-2]), d)

    def _reshape(self, d, shape):
        return _with(_dummy(d.shape).reshape(shape).shape, d)

    def _sum(self, d, axis):
        shape = list(d.shape)
        n = shape.pop(axis)
        return _terms(_with(shape, d), n)

    def _diagonal(self, d):
        return _with((*d.shape[:-2], min(d.shape[-2:])), d)

    @staticmethod
    def _worst(shape, items):
        return Bound(
            tuple(shape),
            max(b.top for b in items),
            max(b.bottom for b in items),
            max(b.height for b in items),
        )

    def _concat(self, items, axis):
        return self._worst(np.concatenate([_dummy(b.shape) for b in items], axis=axis).shape, items)

    def _stack(self, items, axis):
        return self._worst(np.stack([_dummy(b.shape) for b in items], axis=axis).shape, items)

    def _eye(self, n):
        return Bound((n, n))

    def _full(self, shape, n):
        return Bound(tuple(shape), height=math.log2(max(1, abs(n))))

    def _conj(self, d):
        return d

    def _real(self, d):
        return Bound(d.shape, d.top + d.bottom, 2 * d.bottom, 2 * d.height + 1)

    _imag = _real

    def _solve(self, a, b):
        # Clear each row's denominators, then Cramer: numerator and determinant are n-fold products.
        n = a.shape[0]
        row = max(a.top, b.top) + (n - 1) * a.bottom + b.bottom
        height = n * max(a.height, b.height) + b.height
        top = n * row
        return Bound(b.shape, top, top, n * height + math.log2(math.factorial(n)))

    def _symbol(self, d):
        self.symbols += max(1, math.prod(d.shape))
        return Bound(d.shape, top=1)

    def _exp(self, d):
        return self._symbol(d)

    def _log(self, d):
        return self._symbol(d)

    def _sqrt(self, d):
        self.roots += max(1, math.prod(d.shape))
        return self._symbol(d)

    _relu = _step = _exp

    def _maximum(self, a, b):
        return self._add(b, self._relu(self._sub(a, b)))

    _minimum = _maximum

    def _circular(self, d):
        one = self._symbol(d)
        return Bound(one.shape, 2, 1, 2.0)

    _sin = _cos = _circular

    def _tanh(self, d):
        return Bound(self._symbol(d).shape, 2, 2, 2.0)
