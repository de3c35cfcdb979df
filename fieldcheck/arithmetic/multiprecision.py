"""Multiprecision floating point (mpmath): an independent second opinion at small sizes."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.objects import Objects, boxed, each

MOST = 1 << 14
"""Terms of a sum to infinity, at most."""


def _real_only(name: str, f):
    def checked(*xs: Any):
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

    def from_raw(self, values: np.ndarray):
        return self.wrap(each(lambda q: mpmath.mpf(q.numerator) / q.denominator, values))

    def _scalar(self, n):
        return mpmath.mpf(n)

    def _imaginary_unit(self):
        return boxed(mpmath.mpc(0, 1))

    def _pi(self):
        return boxed(+mpmath.pi)

    def _pivot(self, x):
        return abs(x)

    def _conj(self, d):
        return each(mpmath.conj, d)

    def _real(self, d):
        return each(mpmath.re, d)

    def _imag(self, d):
        return each(mpmath.im, d)

    def _real_only(self, data):
        return not any(mpmath.im(x) for x in data.flat)

    def _exp(self, d):
        return each(mpmath.exp, d)

    def _log(self, d):
        return each(mpmath.log, d)

    def _sqrt(self, d):
        return each(mpmath.sqrt, d)

    def _sin(self, d):
        return each(mpmath.sin, d)

    def _cos(self, d):
        return each(mpmath.cos, d)

    def _tanh(self, d):
        return each(mpmath.tanh, d)

    def _sinh(self, d):
        return each(mpmath.sinh, d)

    def _cosh(self, d):
        return each(mpmath.cosh, d)

    def _arctan(self, d):
        return each(_real_only("arctan", mpmath.atan), d)

    def _erf(self, d):
        return each(_real_only("erf", mpmath.erf), d)

    def _det(self, a):
        return boxed(mpmath.det(mpmath.matrix(a.tolist())))

    def _sum_to_infinity(self, first, ratio):
        terms, total = first, first * 0
        small = mpmath.mpf(2) ** -mpmath.mp.prec
        enough = lambda s, t, r: abs(r) < 1 and abs(t) <= small * abs(s) * (1 - abs(r))
        for k in range(1, MOST):
            step = ratio(self.one / k)
            total, terms = total + terms, terms * step
            if each(enough, total.data, terms.data, (step + terms * 0).data).all():
                return total
        raise Unsupported("a sum to infinity that takes too many terms")

    def _eigvalsh(self, a):
        return _vector(mpmath.eighe(_hermitian(a), eigvals_only=True))

    def _svdvals(self, a):
        tall = a if a.shape[0] >= a.shape[1] else a.T
        return _vector(mpmath.svd_c(mpmath.matrix(tall.tolist()), compute_uv=False))

    def _expm(self, a):
        return _table(mpmath.expm(mpmath.matrix(a.tolist())))

    def _logm(self, a):
        w, q = mpmath.eighe(_hermitian(a))
        if any(x <= 0 for x in w):
            return each(lambda _: mpmath.nan, a)
        return _table(q * mpmath.diag([mpmath.log(x) for x in w]) * q.H)

    def _relu(self, d):
        return each(_real_only("relu", lambda x: max(x, mpmath.mpf(0))), d)

    def _step(self, d):
        return each(_real_only("relu", lambda x: mpmath.mpf(1 if x > 0 else 0)), d)

    def _abs(self, d):
        return each(abs, d)

    def _sgn(self, d):
        return each(mpmath.sign, d)

    def _maximum(self, a, b):
        return each(_real_only("maximum", max), a, b)

    def _minimum(self, a, b):
        return each(_real_only("minimum", min), a, b)

    def _scale_or_one(self, d):
        return each(lambda x: x if x else mpmath.mpf(1), d)

    def _unit(self, d, axis):
        norm = self.norm(self.wrap(d), axis=axis).data
        return each(lambda x, n: x / n if n else x, d, np.expand_dims(norm, axis))
