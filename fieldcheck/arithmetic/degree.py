"""Degrees and heights: how large a polynomial identity a body can be.

A value stands for a rational function of the raw parameters and is bounded by the degrees of its
numerator and denominator and by log2 of the l1 norms of their integer coefficients.  The bounds
feed the Schwartz-Zippel error of the exact method.

Free symbols (exp, log) count as new variables, of degree one; ``coincidences`` bounds the degrees
of all differences and sums of two arguments, since a point at which two arguments meet makes one
symbol of two.  A square root of P/Q counts as z/Q with z² = PQ: with half the degree of PQ, so that
the product over both signs of z has the degree that this weight says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Array
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.shapes import dummy


@dataclass(frozen=True)
class Bound:
    """Bounds common to all entries of an array."""

    shape: tuple[int, ...]
    top: int = 0
    bottom: int = 0
    height: float = 0.0  # of the numerator
    below: float = 0.0  # of the denominator


def _with(shape: Iterable[int], b: Bound) -> Bound:
    return Bound(tuple(shape), b.top, b.bottom, b.height, b.below)


def _terms(b: Bound, n: int) -> Bound:
    """The sum of n entries, each with its own denominator."""
    if n <= 1:
        return b
    return Bound(
        b.shape,
        b.top + (n - 1) * b.bottom,
        n * b.bottom,
        b.height + (n - 1) * b.below + math.log2(n),
        n * b.below,
    )


class Degree(Arithmetic):
    """The arithmetic of degrees."""

    kind = "degree"

    def __init__(self) -> None:
        self.symbols = 0
        self.widest = 1

    @property
    def coincidences(self) -> int:
        return 2 * self.symbols**2 * self.widest

    def shape_of(self, data: Bound) -> tuple[int, ...]:
        return data.shape

    def variable(self, shape: Sequence[int]) -> Array:
        return self.wrap(Bound(tuple(shape), top=1))

    def _integer(self, n: int) -> Bound:
        return Bound((), height=math.log2(max(1, abs(n))))

    def _imaginary_unit(self) -> Bound:
        return Bound(())

    def _pi(self) -> Bound:
        return self._symbol(Bound(()))

    def _add(self, a: Bound, b: Bound) -> Bound:
        return Bound(
            np.broadcast_shapes(a.shape, b.shape),
            max(a.top + b.bottom, b.top + a.bottom),
            a.bottom + b.bottom,
            max(a.height + b.below, b.height + a.below) + 1,
            a.below + b.below,
        )

    _sub = _add

    @staticmethod
    def _times(shape: tuple[int, ...], a: Bound, b: Bound) -> Bound:
        return Bound(
            shape, a.top + b.top, a.bottom + b.bottom, a.height + b.height, a.below + b.below
        )

    def _mul(self, a: Bound, b: Bound) -> Bound:
        return self._times(np.broadcast_shapes(a.shape, b.shape), a, b)

    def _div(self, a: Bound, b: Bound) -> Bound:
        upside_down = Bound(b.shape, b.bottom, b.top, b.below, b.height)
        return self._times(np.broadcast_shapes(a.shape, b.shape), a, upside_down)

    def _neg(self, a: Bound) -> Bound:
        return a

    def _matmul(self, a: Bound, b: Bound) -> Bound:
        shape = (dummy(a.shape) @ dummy(b.shape)).shape
        return _terms(self._times(shape, a, b), a.shape[-1])

    def _getitem(self, d: Bound, index: Any) -> Bound:
        return _with(dummy(d.shape)[index].shape, d)

    def _transpose(self, d: Bound) -> Bound:
        return _with((*d.shape[:-2], d.shape[-1], d.shape[-2]), d)

    def _permute(self, d: Bound, axes: tuple[int, ...]) -> Bound:
        return _with([d.shape[k] for k in axes], d)

    def _reshape(self, d: Bound, shape: tuple[int, ...]) -> Bound:
        return _with(dummy(d.shape).reshape(shape).shape, d)

    def _sum(self, d: Bound, axis: int) -> Bound:
        shape = list(d.shape)
        n = shape.pop(axis)
        return _terms(_with(shape, d), n)

    def _diagonal(self, d: Bound) -> Bound:
        return _with((*d.shape[:-2], min(d.shape[-2:])), d)

    @staticmethod
    def _worst(shape: Sequence[int], items: Sequence[Bound]) -> Bound:
        return Bound(
            tuple(shape),
            max(b.top for b in items),
            max(b.bottom for b in items),
            max(b.height for b in items),
            max(b.below for b in items),
        )

    def _concat(self, items: Sequence[Bound], axis: int) -> Bound:
        return self._worst(np.concatenate([dummy(b.shape) for b in items], axis=axis).shape, items)

    def _stack(self, items: Sequence[Bound], axis: int) -> Bound:
        return self._worst(np.stack([dummy(b.shape) for b in items], axis=axis).shape, items)

    def _eye(self, n: int) -> Bound:
        return Bound((n, n))

    def _full(self, shape: Sequence[int], n: int) -> Bound:
        return Bound(tuple(shape), height=math.log2(max(1, abs(n))))

    def _conj(self, d: Bound) -> Bound:
        return d

    def _real(self, d: Bound) -> Bound:
        return Bound(d.shape, d.top + d.bottom, 2 * d.bottom, d.height + d.below + 1, 2 * d.below)

    _imag = _real

    def _solve(self, a: Bound, b: Bound) -> Bound:
        # Clear each row's denominators, then Cramer: numerator and determinant are n-fold products.
        n = a.shape[0]
        row = max(a.top, b.top) + (n - 1) * a.bottom + b.bottom
        height = max(a.height, b.height) + (n - 1) * a.below + b.below
        whole = n * height + math.log2(math.factorial(n))
        return Bound(b.shape, n * row, n * row, whole, whole)

    def _det(self, a: Bound) -> Bound:
        """An n-fold product, the denominators of each row cleared."""
        n = a.shape[0]
        height = n * (a.height + (n - 1) * a.below) + math.log2(math.factorial(n))
        top, bottom = n * (a.top + (n - 1) * a.bottom), n * n * a.bottom
        return Bound((), top, bottom, height, n * n * a.below)

    def _symbol(self, d: Bound) -> Bound:
        self.symbols += max(1, math.prod(d.shape))
        self.widest = max(self.widest, d.top + d.bottom)
        return Bound(d.shape, top=1)

    def _exp(self, d: Bound) -> Bound:
        return self._symbol(d)

    def _log(self, d: Bound) -> Bound:
        return self._symbol(d)

    def _sqrt(self, d: Bound) -> Bound:
        self._symbol(d)
        top = max(1, (d.top + d.bottom + 1) // 2)
        return Bound(d.shape, top, d.bottom, (d.height + d.below) / 2 + 1, d.below)

    _step = _exp

    def _relu(self, d: Bound) -> Bound:
        """The argument times its step."""
        return self._mul(d, self._symbol(d))

    def _abs(self, d: Bound) -> Bound:
        return self._add(self._relu(d), d)

    _sgn = _step

    def _maximum(self, a: Bound, b: Bound) -> Bound:
        return self._add(b, self._relu(self._sub(a, b)))

    _minimum = _maximum

    def _circular(self, d: Bound) -> Bound:
        one = self._symbol(d)
        return Bound(one.shape, 2, 1, 2.0, 1.0)

    _sin = _cos = _sinh = _cosh = _circular
    _arctan = _erf = _exp

    def _tanh(self, d: Bound) -> Bound:
        return Bound(self._symbol(d).shape, 2, 2, 1.0, 1.0)
