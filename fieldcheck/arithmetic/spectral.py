"""Eigenvalues and functions of matrices of balls.

mpmath diagonalizes the midpoint; what that leaves is enclosed, however eigenvalues coincide:

- for any Q, λ_k(Q*AQ) = θ_k λ_k(A) with |θ_k - 1| <= ‖Q*Q - I‖ (Ostrowski), and the k-th eigenvalue
  of a Hermitian matrix differs from its k-th diagonal entry, in order, by no more than the norm of
  all others (Weyl);
- for a diagonal D with least entry d > 0 and ‖F‖ = f < d, ‖log(D + F) - log D‖ <= f/(d - f), from
  log(D + F) - log D = ∫ (D + t)^-1 F (D + F + t)^-1 dt over t >= 0.

Source: R. A. Horn and C. R. Johnson, Matrix Analysis, 2nd ed. (2013), Theorems 4.3.1 and 4.5.9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import mpmath
import numpy as np
from flint import acb, acb_mat, arb, arb_mat

NOTHING = arb("nan")
"""The ball of what has no value, or is not seen to have one."""


def eigenvalues(a: np.ndarray) -> np.ndarray:
    """Those of the Hermitian part of a square matrix, in ascending order."""
    n = len(a)
    out = np.full(n, NOTHING, dtype=object)
    if not n or not all(x.is_finite() for x in a.flat):
        return out
    h = _hermitian(a)
    q = _eigenvectors(h)
    turned, off_unit = _star(q) * h * q, _norm(_star(q) * q, minus=[arb(1)] * n)
    if not off_unit < 1:
        return out
    diagonal = sorted((turned[k, k].real for k in range(n)), key=_Middle)
    rest = _norm(turned, minus=[turned[k, k] for k in range(n)])
    widest = max((x.rad() for x in diagonal), key=_Middle)
    for k, x in enumerate(diagonal):
        out[k] = arb(x.mid(), (rest + widest).upper()) / arb(1, off_unit)
    return out


class _Middle:
    """Balls in the order of their midpoints, which are exact."""

    def __init__(self, x: arb) -> None:
        self.x = x.mid()

    def __lt__(self, other: _Middle) -> bool:
        return bool(self.x < other.x)


def singular_values(a: np.ndarray) -> np.ndarray:
    """In descending order: the largest eigenvalues of the matrix with a and a* beside zeros."""
    m, n = a.shape
    whole = np.full((m + n, m + n), arb(0), dtype=object)
    whole[:m, m:], whole[m:, :m] = a, _conjugate(a).T
    found = eigenvalues(whole)[::-1][: min(m, n)]
    out: np.ndarray = np.frompyfunc(lambda x: x.max(arb(0)), 1, 1)(found)
    return out


def exponential(a: np.ndarray) -> np.ndarray:
    return _table(_matrix(a).exp(), a) if len(a) else a


def logarithm(a: np.ndarray) -> np.ndarray:
    """Of the Hermitian part of a square matrix, where that is positive definite."""
    n = len(a)
    nothing = np.full((n, n), NOTHING, dtype=object)
    if not n or not all(x.is_finite() for x in a.flat):
        return nothing
    h = _hermitian(a)
    q = _eigenvectors(h)
    try:
        turned = acb_mat(q).solve(acb_mat(h * q))
    except ZeroDivisionError:
        return nothing
    diagonal = [turned[k, k].real.mid() for k in range(n)]
    f = _norm(turned, minus=diagonal)
    room = min(diagonal, key=_Middle) - f
    if not room > 0:
        return nothing
    spread = arb(0, (f / room).upper())
    middle = [[acb(spread, spread)] * n for _ in range(n)]
    for k, d in enumerate(diagonal):
        middle[k][k] = middle[k][k] + d.log()
    return _table(acb_mat(q) * acb_mat(middle) * acb_mat(q).inv(), a)


# -- matrices of balls ----------------------------------------------------------------------------
def _real(a: np.ndarray) -> bool:
    return not any(isinstance(x, acb) for x in a.flat)


def _matrix(a: np.ndarray) -> Any:
    return (arb_mat if _real(a) else acb_mat)(a.tolist())


def _conjugate(a: np.ndarray) -> np.ndarray:
    turned = lambda x: acb(x.real, -x.imag) if isinstance(x, acb) else x
    out: np.ndarray = np.frompyfunc(turned, 1, 1)(a)
    return out


def _hermitian(a: np.ndarray) -> Any:
    return _matrix((a + _conjugate(a).T) / 2)


def _star(q: Any) -> Any:
    return q.transpose().conjugate() if isinstance(q, acb_mat) else q.transpose()


def _table(made: Any, like: np.ndarray) -> np.ndarray:
    """Entries as an array; those of a function of a real matrix are real."""
    rows, real = made.tolist(), _real(like)
    out = np.empty((len(rows), len(rows)), dtype=object)
    for i, row in enumerate(rows):
        for j, x in enumerate(row):
            out[i, j] = x.real if real and isinstance(x, acb) else x
    return out


def _norm(a: Any, minus: list[Any]) -> arb:
    """An upper bound on the Frobenius norm of a matrix less a diagonal one."""
    total = arb(0)
    for i, row in enumerate(a.tolist()):
        for j, x in enumerate(row):
            total += abs(x - minus[i] if i == j else x).upper() ** 2
    return arb(total.upper()).sqrt().upper()


def _eigenvectors(h: Any) -> Any:
    """Of the midpoint of a Hermitian matrix, nearly, as exact numbers."""
    rows = h.tolist()
    with mpmath.workprec(flint.ctx.prec + 10):
        if isinstance(h, arb_mat):
            middle = mpmath.matrix([[_to_mpf(x) for x in row] for row in rows])
            q = mpmath.eigsy(middle)[1]
            return arb_mat([[_to_arb(q[i, j]) for j in range(q.cols)] for i in range(q.rows)])
        middle = mpmath.matrix(
            [[mpmath.mpc(_to_mpf(x.real), _to_mpf(x.imag)) for x in row] for row in rows]
        )
        q = mpmath.eighe(middle)[1]
        pair: Callable[[Any], acb] = lambda z: acb(_to_arb(mpmath.re(z)), _to_arb(mpmath.im(z)))
        return acb_mat([[pair(q[i, j]) for j in range(q.cols)] for i in range(q.rows)])


def _to_mpf(x: arb) -> Any:
    mantissa, exponent = x.mid().man_exp()
    return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


def _to_arb(x: Any) -> arb:
    sign, mantissa, exponent, _ = mpmath.mpf(x)._mpf_
    return arb((-int(mantissa) if sign else int(mantissa), int(exponent)))
