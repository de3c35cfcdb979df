"""Signs that can be read off an expression: squares, exponentials, relus, sums and products.

Used to see that the ``gap`` of an inequality is nonnegative by its form alone, and that a rule with
an exception (the logarithm of a real number is real: if that is positive) is used where it holds.
Nothing is known of an entry but what follows from how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Array, Jet, Value
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.shapes import dummy


@dataclass(frozen=True)
class Known:
    """A shape and what is known of every entry.

    real:    it is real
    nonneg:  it is real and not negative
    nonzero: it is not zero
    smooth:  it is an analytic function of the raw parameters wherever it is defined
    thin:    it vanishes on no open set, unless it vanishes identically
    nonpos:  it is real and not positive
    """

    shape: tuple[int, ...]
    real: bool = False
    nonneg: bool = False
    nonzero: bool = False
    smooth: bool = True
    zeros_thin: bool = False
    nonpos: bool = False

    @property
    def thin(self) -> bool:
        return self.smooth or self.nonzero or self.zeros_thin

    @property
    def positive(self) -> bool:
        return self.nonneg and self.nonzero


def _at(shape: Iterable[int], d: Known) -> Known:
    return Known(tuple(shape), d.real, d.nonneg, d.nonzero, d.smooth, d.zeros_thin, d.nonpos)


def _real(shape: Iterable[int], *of: Known, **known: bool) -> Known:
    """A value that is real where all its arguments are."""
    return Known(tuple(shape), all(d.real for d in of), smooth=all(d.smooth for d in of), **known)


class Where(StrEnum):
    """Where a rule fails."""

    DIVISOR = "where a divisor vanishes"
    SINGULAR = "where a matrix that is divided by is singular"
    ZERO = "where the argument of a logarithm vanishes"
    LOG_CUT = "on the cut of a logarithm"
    ROOT_CUT = "on the cut of a square root"
    KINK = "where there is a kink and a slope is asked for"
    UNIT = "where a vector that is brought to unit length vanishes"

    @property
    def is_cut(self) -> bool:
        """Both sides have values there, those of another branch."""
        return self in (Where.LOG_CUT, Where.ROOT_CUT)


@dataclass(frozen=True)
class Exceptional:
    """Where a rule fails, which nothing known of its argument excludes; perhaps on an open set."""

    where: Where
    wide: bool = False

    def __str__(self) -> str:
        return f"{self.where}, perhaps on an open set" if self.wide else str(self.where)


def told(exceptions: Iterable[Exceptional], order: bool) -> tuple[list[str], list[str]]:
    """What remains to be shown, and the points that are left out, of an identity or an order.

    An order, unlike an identity, does not pass from a dense set to where a side has no value.
    """
    open_, out = [], []
    for each in exceptions:
        if each.where == Where.UNIT or (order and each.wide and each.where != Where.KINK):
            open_.append(str(each))
        elif not each.where.is_cut:
            out.append(str(each))
    return open_, out


class Sign(Arithmetic):
    """The arithmetic of known signs.

    ``exceptions`` collects where a rule was used that has exceptions which nothing known of its
    argument excludes: a divisor, say, that may vanish.  ``ruled`` says that a function
    was used whose rules depend on a sign.
    """

    kind = "sign"

    def __init__(self) -> None:
        self.exceptions: list[Exceptional] = []
        self.ruled = False

    def shape_of(self, data: Known) -> tuple[int, ...]:
        return data.shape

    def variable(self, shape: tuple[int, ...], nonzero: bool = False) -> Array:
        return self.wrap(Known(tuple(shape), real=True, nonzero=nonzero))

    def _except(self, where: Where, wide: bool = False) -> None:
        if (found := Exceptional(where, wide)) not in self.exceptions:
            self.exceptions.append(found)

    def _integer(self, n: int) -> Known:
        return Known((), True, n >= 0, n != 0, nonpos=n <= 0)

    def _imaginary_unit(self) -> Known:
        return Known((), nonzero=True)

    def _pi(self) -> Known:
        return Known((), True, True, True)

    def _add(self, a: Known, b: Known) -> Known:
        nonneg, nonpos = a.nonneg and b.nonneg, a.nonpos and b.nonpos
        nonzero = (nonneg or nonpos) and (a.nonzero or b.nonzero)
        shape = np.broadcast_shapes(a.shape, b.shape)
        return _real(shape, a, b, nonneg=nonneg, nonpos=nonpos, nonzero=nonzero)

    def _sub(self, a: Known, b: Known) -> Known:
        return self._add(a, self._neg(b))

    @staticmethod
    def _times(shape: tuple[int, ...], a: Known, b: Known) -> Known:
        return _real(
            shape,
            a,
            b,
            nonneg=(a.nonneg and b.nonneg) or (a.nonpos and b.nonpos),
            nonpos=(a.nonneg and b.nonpos) or (a.nonpos and b.nonneg),
            nonzero=a.nonzero and b.nonzero,
            zeros_thin=a.thin and b.thin,
        )

    def _mul(self, a: Known, b: Known) -> Known:
        return self._times(np.broadcast_shapes(a.shape, b.shape), a, b)

    def _div(self, a: Known, b: Known) -> Known:
        if not b.nonzero:
            self._except(Where.DIVISOR, not b.thin)
        # Where the quotient has a value at all, its divisor is not zero.
        return self._times(np.broadcast_shapes(a.shape, b.shape), a, b)

    def _neg(self, a: Known) -> Known:
        return _real(a.shape, a, nonneg=a.nonpos, nonpos=a.nonneg, nonzero=a.nonzero)

    def _matmul(self, a: Known, b: Known) -> Known:
        shape = (dummy(a.shape) @ dummy(b.shape)).shape
        product = self._times(shape, a, b)
        some = a.shape[-1] > 0
        return replace(product, nonzero=product.positive and some)

    def _getitem(self, d: Known, index: Any) -> Known:
        return _at(dummy(d.shape)[index].shape, d)

    def _transpose(self, d: Known) -> Known:
        return _at((*d.shape[:-2], d.shape[-1], d.shape[-2]), d)

    def _permute(self, d: Known, axes: tuple[int, ...]) -> Known:
        return _at([d.shape[k] for k in axes], d)

    def _reshape(self, d: Known, shape: tuple[int, ...]) -> Known:
        return _at(dummy(d.shape).reshape(shape).shape, d)

    def _sum(self, d: Known, axis: int) -> Known:
        shape = list(d.shape)
        n = shape.pop(axis)
        return replace(_at(shape, d), nonzero=d.positive and n > 0)

    def _diagonal(self, d: Known) -> Known:
        return _at((*d.shape[:-2], min(d.shape[-2:])), d)

    @staticmethod
    def _all(shape: Iterable[int], items: Sequence[Known]) -> Known:
        return Known(
            tuple(shape),
            all(b.real for b in items),
            all(b.nonneg for b in items),
            all(b.nonzero for b in items),
            all(b.smooth for b in items),
        )

    def _concat(self, items: Sequence[Known], axis: int) -> Known:
        return self._all(np.concatenate([dummy(b.shape) for b in items], axis=axis).shape, items)

    def _stack(self, items: Sequence[Known], axis: int) -> Known:
        return self._all(np.stack([dummy(b.shape) for b in items], axis=axis).shape, items)

    def _eye(self, n: int) -> Known:
        return Known((n, n), True, True, n == 1)

    def _full(self, shape: tuple[int, ...], n: int) -> Known:
        return _at(shape, self._integer(n))

    def _conj(self, d: Known) -> Known:
        return d

    def _real(self, d: Known) -> Known:
        return d if d.real else Known(d.shape, True, smooth=d.smooth)

    def _imag(self, d: Known) -> Known:
        return Known(d.shape, True, d.real, smooth=d.smooth)

    def _solve(self, a: Known, b: Known) -> Known:
        self._except(Where.SINGULAR)
        return _real(b.shape, a, b)

    def _det(self, a: Known) -> Known:
        return _real((), a)

    def _sum_to_infinity(self, first: Value, ratio: Callable[[Value], Value]) -> Value:
        step = ratio(self.wrap(Known((), True, True, True))).data
        nonneg = first.data.nonneg and step.nonneg
        return self.wrap(_real(first.shape, first.data, step, nonneg=nonneg))

    def _eigvalsh(self, a: Known) -> Known:
        return Known(a.shape[:1], True, smooth=False)

    def _svdvals(self, a: Known) -> Known:
        return Known((min(a.shape),), True, True, smooth=False)

    def _expm(self, a: Known) -> Known:
        return _real(a.shape, a)

    _logm = _expm

    # -- functions -------------------------------------------------------------------------------
    def _exp(self, d: Known) -> Known:
        return Known(d.shape, d.real, d.real, True, d.smooth)

    _logistic = _exp

    def _softplus(self, d: Known) -> Known:
        self.ruled = True
        return self._exp(d)

    def _softmax(self, d: Known, axis: int) -> Known:
        return self._exp(d)

    def _log(self, d: Known) -> Known:
        """Real only for a positive number: of a negative one it has an imaginary part."""
        self.ruled = True
        if not d.positive:
            self._except(Where.LOG_CUT)
        if not d.nonzero:
            self._except(Where.ZERO, not d.thin)
        return Known(d.shape, d.positive, smooth=d.smooth and d.positive)

    def _logsumexp(self, d: Known, axis: int) -> Known:
        self.ruled = True
        shape = list(d.shape)
        shape.pop(axis)
        return Known(tuple(shape), d.real, smooth=d.smooth and d.real)

    def _sin(self, d: Known) -> Known:
        return Known(d.shape, d.real, smooth=d.smooth)

    _cos = _sin

    def _tanh(self, d: Known) -> Known:
        return Known(d.shape, d.real, d.nonneg, d.real and d.nonzero, d.smooth)

    def _sinh(self, d: Known) -> Known:
        """Odd and increasing on the reals."""
        nonneg, nonpos = d.real and d.nonneg, d.real and d.nonpos
        return _real(d.shape, d, nonneg=nonneg, nonpos=nonpos, nonzero=d.real and d.nonzero)

    def _cosh(self, d: Known) -> Known:
        return _real(d.shape, d, nonneg=d.real, nonzero=d.real)

    def _arctan(self, d: Known) -> Known:
        """Like the hyperbolic sine, but real by what it takes."""
        return replace(self._sinh(replace(d, real=True)), zeros_thin=d.thin)

    _erf = _arctan

    def _sqrt(self, d: Known) -> Known:
        self.ruled = True
        if not d.nonneg:
            self._except(Where.ROOT_CUT)
        smooth = d.smooth and d.positive
        return Known(d.shape, d.nonneg, d.nonneg, d.nonzero, smooth, d.thin)

    def _relu(self, d: Known) -> Known:
        return Known(d.shape, True, True, d.positive, d.smooth and d.positive)

    def _step(self, d: Known) -> Known:
        self._kink(d)
        return Known(d.shape, True, True, d.positive, d.positive)

    def _kink(self, d: Known) -> None:
        """The slope of relu or abs is asked for, which at 0 they do not have."""
        if not d.nonzero:
            self._except(Where.KINK, not d.thin)

    def _abs(self, d: Known) -> Known:
        return Known(d.shape, True, True, d.nonzero, d.smooth and d.positive, d.thin)

    def _sgn(self, d: Known) -> Known:
        self._kink(d)
        return Known(d.shape, d.real, d.nonneg, d.nonzero, d.positive)

    def _maximum(self, a: Known, b: Known) -> Known:
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Known(
            shape, True, a.nonneg or b.nonneg, a.positive or b.positive or _both(a, b), smooth=False
        )

    def _minimum(self, a: Known, b: Known) -> Known:
        shape = np.broadcast_shapes(a.shape, b.shape)
        return Known(shape, True, a.nonneg and b.nonneg, _both(a, b), smooth=False)

    def _unit(self, d: Known, axis: int) -> Known:
        self.ruled = True
        if not d.nonzero:
            self._except(Where.UNIT)
        return Known(d.shape, d.real, d.nonneg, d.nonzero, d.smooth and d.nonzero)

    def _scale_or_one(self, d: Known) -> Known:
        return _at(d.shape, self._integer(1))

    # log u <= u - 1: nonnegative by its form, for positive arguments.
    def relative_entropy(self, p: Any, q: Any, p_total: Any = 1, q_total: Any = 1) -> Value:
        self.ruled = True
        values = [self.lift(v) for v in (p, q, p_total, q_total)]
        if any(isinstance(v, Jet) for v in values):
            return super().relative_entropy(p, q, p_total, q_total)
        if not all(v.data.positive for v in values):
            self._except(Where.LOG_CUT)
            return self.wrap(Known(np.broadcast_shapes(*(v.shape for v in values))))
        shape = np.broadcast_shapes(*(v.shape for v in values))
        return self.wrap(Known(shape, True, True, smooth=all(v.data.smooth for v in values)))

    # The squared modulus is nonnegative; so is an even power of a real value.
    def abs2(self, x: Any) -> Value:
        if isinstance(x, Jet):
            return super().abs2(x)
        d = x.data
        return self.wrap(Known(x.shape, True, True, d.nonzero, d.smooth))

    def power(self, a: Any, n: Any) -> Value:
        a = self.lift(a)
        if isinstance(a, Jet) or not isinstance(n, int):
            return super().power(a, n)
        d = a.data
        if n >= 0 and n % 2 == 0 and d.real:
            return self.wrap(replace(d, nonneg=True, nonpos=False, nonzero=d.nonzero or n == 0))
        return super().power(a, n)

    def mul(self, a: Any, b: Any) -> Value:
        if a is b and not isinstance(a, Jet) and self.lift(a).data.real:
            return self.power(a, 2)  # a product of a value with itself
        return super().mul(a, b)


def _both(a: Known, b: Known) -> bool:
    return a.nonzero and b.nonzero


def known_of(value: Any) -> Known:
    """What is known of a value of this arithmetic, a jet's value included."""
    while isinstance(value, Jet):
        value = value.v
    known: Known = value.data
    return known
