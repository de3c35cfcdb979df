"""Multiprecision floating point (mpmath): an independent second opinion at small sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from fieldcheck.arithmetic.array import Array, Unsupported, Value
from fieldcheck.arithmetic.objects import Objects, boxed, each

MOST = 1 << 14
"""Terms of a sum to infinity, at most."""


def _real_only(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*xs: Any) -> Any:
        if any(mpmath.im(x) for x in xs):  # of this point; see the balls
            raise Unsupported(f"xp.{name} needs a real value; take xp.real first")
        return f(*map(mpmath.re, xs))

    return checked


def _hermitian(a: np.ndarray) -> Any:
    h = mpmath.matrix(a.tolist())
    return (h + h.H) / 2


def _table(made: Any) -> np.ndarray:
    out = np.empty((made.rows, made.cols), dtype=object)
    for k in np.ndindex(*out.shape):
        out[k] = made[k]
    return out


def _vector(made: Any) -> np.ndarray:
    out = np.empty(len(made), dtype=object)
    out[:] = [mpmath.re(x) for x in made]
    return out


class Multiprecision(Objects):
    """mpmath at the context's working precision."""

    kind = "mpf"

    def from_raw(self, values: np.ndarray) -> Array:
        return self.wrap(each(lambda q: mpmath.mpf(q.numerator) / q.denominator, values))

    def _scalar(self, n: int) -> Any:
        return mpmath.mpf(n)

    def _imaginary_unit(self) -> np.ndarray:
        return boxed(mpmath.mpc(0, 1))

    def _pi(self) -> np.ndarray:
        return boxed(+mpmath.pi)

    def _pivot(self, x: Any) -> Any:
        return abs(x)

    def _conj(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.conj, d)

    def _real(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.re, d)

    def _imag(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.im, d)

    def _real_only(self, data: np.ndarray) -> bool:
        return not any(mpmath.im(x) for x in data.flat)

    def _exp(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.exp, d)

    def _log(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.log, d)

    def _sqrt(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.sqrt, d)

    def _sin(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.sin, d)

    def _cos(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.cos, d)

    def _tanh(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.tanh, d)

    def _sinh(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.sinh, d)

    def _cosh(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.cosh, d)

    def _arctan(self, d: np.ndarray) -> np.ndarray:
        return each(_real_only("arctan", mpmath.atan), d)

    def _erf(self, d: np.ndarray) -> np.ndarray:
        return each(_real_only("erf", mpmath.erf), d)

    def _det(self, a: np.ndarray) -> np.ndarray:
        return boxed(mpmath.det(mpmath.matrix(a.tolist())))

    def _sum_to_infinity(self, first: Value, ratio: Callable[[Value], Value]) -> Value:
        terms, total = first, first * 0
        small = mpmath.mpf(2) ** -mpmath.mp.prec
        enough = lambda s, t, r: abs(r) < 1 and abs(t) <= small * abs(s) * (1 - abs(r))
        for k in range(1, MOST):
            step = ratio(self.one / k)
            total, terms = total + terms, terms * step
            if each(enough, total.data, terms.data, (step + terms * 0).data).all():
                return total
        raise Unsupported("a sum to infinity that takes too many terms")

    def _eigvalsh(self, a: np.ndarray) -> np.ndarray:
        return _vector(mpmath.eighe(_hermitian(a), eigvals_only=True))

    def _svdvals(self, a: np.ndarray) -> np.ndarray:
        tall = a if a.shape[0] >= a.shape[1] else a.T
        return _vector(mpmath.svd_c(mpmath.matrix(tall.tolist()), compute_uv=False))

    def _expm(self, a: np.ndarray) -> np.ndarray:
        return _table(mpmath.expm(mpmath.matrix(a.tolist())))

    def _logm(self, a: np.ndarray) -> np.ndarray:
        w, q = mpmath.eighe(_hermitian(a))
        if any(x <= 0 for x in w):
            return each(lambda _: mpmath.nan, a)
        return _table(q * mpmath.diag([mpmath.log(x) for x in w]) * q.H)

    def _relu(self, d: np.ndarray) -> np.ndarray:
        return each(_real_only("relu", lambda x: max(x, mpmath.mpf(0))), d)

    def _step(self, d: np.ndarray) -> np.ndarray:
        return each(_real_only("relu", lambda x: mpmath.mpf(1 if x > 0 else 0)), d)

    def _abs(self, d: np.ndarray) -> np.ndarray:
        return each(abs, d)

    def _sgn(self, d: np.ndarray) -> np.ndarray:
        return each(mpmath.sign, d)

    def _maximum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return each(_real_only("maximum", max), a, b)

    def _minimum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return each(_real_only("minimum", min), a, b)

    def _scale_or_one(self, d: np.ndarray) -> np.ndarray:
        return each(lambda x: x if x else mpmath.mpf(1), d)

    def _unit(self, d: np.ndarray, axis: int) -> np.ndarray:
        norm = self.norm(self.wrap(d), axis=axis).data
        return each(lambda x, n: x / n if n else x, d, np.expand_dims(norm, axis))
