"""Eigenvalues and functions of interval matrices, by another road than the first.

The eigenvalues of Hermitian A and B lie, in order, no further apart than ‖A - B‖ (Weyl), and those
of Q diag(w) Q* differ from w by factors within ‖Q*Q - I‖ of 1 (Ostrowski): so w, nearly right, is
held to A - Q diag(w) Q*.  The exponential is its power series, scaled and squared; a logarithm is
held to its own exponential.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from mpmath import iv, mp

from fieldcheck.recheck.road import Open

TERMS = 8
"""Terms that a power series has at least."""


def eigenvalues(a: np.ndarray) -> np.ndarray:
    """Those of the Hermitian part, in ascending order."""
    h = (a + star(a)) / 2
    w, q = _diagonalized(h)
    apart = _norm(h - (q * w) @ star(q)) if len(h) else iv.mpf(0)
    skew = _norm(star(q) @ q - identity(len(h)))
    if not skew.b < 1:
        raise Open("eigenvectors that are not seen to be orthogonal")
    factor = 1 + iv.mpf([-1, 1]) * skew
    return np.array([x * factor + iv.mpf([-1, 1]) * apart for x in w] + [None], dtype=object)[:-1]


def singular_values(a: np.ndarray) -> np.ndarray:
    m, n = a.shape
    whole = np.full((m + n, m + n), iv.mpf(0), dtype=object)
    whole[:m, m:], whole[m:, :m] = a, star(a)
    found = eigenvalues(whole)[::-1][: min(m, n)]
    return np.frompyfunc(lambda x: iv.mpf([max(x.a, 0), max(x.b, 0)]), 1, 1)(found)


def exponential(a: np.ndarray) -> np.ndarray:
    norm = _norm(a)
    if not norm.b < 1e6:
        raise Open("the exponential of a huge matrix")
    halvings = max(0, int(mp.ceil(mp.log(mp.mpf(norm.b) + 1, 2))) + 3)
    small, norm = a / iv.mpf(2) ** halvings, norm / iv.mpf(2) ** halvings
    term = total = identity(len(a))
    k = 0
    while k < TERMS or (norm**k / math.factorial(k)).b > mp.mpf(2) ** -iv.prec:
        k += 1
        term = term @ small / k
        total = total + term
    rest = norm ** (k + 1) / math.factorial(k + 1) * 2  # norm <= 1/2
    total = _blurred(total, rest, a)
    for _ in range(halvings):
        total = total @ total
    return total


def logarithm(a: np.ndarray) -> np.ndarray:
    """Of the Hermitian part, where that is positive definite."""
    h = (a + star(a)) / 2
    w, q = _diagonalized(h)
    if not all(x.a > 0 for x in w):
        raise Open("a logarithm of what is not seen to be positive definite")
    near = (q * np.array([iv.log(x) for x in w] + [None], dtype=object)[:-1]) @ star(q)
    near = (near + star(near)) / 2
    return _blurred(near, _off(h, near), a)


def _off(h: np.ndarray, near: np.ndarray) -> Any:
    """A bound on ‖log A - X‖: with B = exp X and ‖A - B‖ = e, both at least b > e,
    it is at most e/(b - e), for the logarithm is operator monotone."""
    made = exponential(near)
    e = _norm(h - made)
    b = eigenvalues(h)[0] - e
    if not (b - e).a > 0:
        raise Open("a logarithm that is not enclosed")
    return e / (b - e)


# -- interval matrices -----------------------------------------------------------------------------
conjugate = np.frompyfunc(lambda x: iv.mpc(x.real, -x.imag) if isinstance(x, iv.mpc) else x, 1, 1)
star = lambda a: np.asarray(conjugate(a.T), dtype=object).reshape(a.T.shape)


def identity(n: int) -> np.ndarray:
    out = np.full((n, n), iv.mpf(0), dtype=object)
    for k in range(n):
        out[k, k] = iv.mpf(1)
    return out


def _norm(a: np.ndarray) -> Any:
    """At least the Frobenius norm, as an interval from 0."""
    total = iv.mpf(0)
    for x in a.flat:
        total += abs(x) ** 2
    return iv.mpf([0, iv.sqrt(iv.mpf([0, total.b])).b])


def _blurred(a: np.ndarray, by: Any, like: np.ndarray) -> np.ndarray:
    """Every entry up to so much off; real where the argument is."""
    off = iv.mpf([-1, 1]) * by
    real = not any(isinstance(x, iv.mpc) for x in like.flat)
    blur = lambda x: (x.real if isinstance(x, iv.mpc) else x) + off
    both = lambda x: blur(x) if real else x + iv.mpc(off, off)
    return np.asarray(np.frompyfunc(both, 1, 1)(a), dtype=object)


def _diagonalized(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of the midpoint, nearly, as thin intervals."""
    n = len(h)
    w, q = np.empty(n, dtype=object), np.empty((n, n), dtype=object)
    with mp.workprec(iv.prec + 20):
        middle = mp.matrix(n, n)
        for i, j in np.ndindex(n, n):
            x = h[i, j]
            parts = (x.real, x.imag) if isinstance(x, iv.mpc) else (x, iv.mpf(0))
            middle[i, j] = mp.mpc(*(_middle(part) for part in parts))
        if not all(mp.isfinite(middle[i, j]) for i, j in np.ndindex(n, n)):
            raise Open("a matrix that is not finite")
        values, vectors = mp.eighe(middle)
        for i, j in np.ndindex(n, n):
            q[i, j] = iv.mpc(iv.mpf(mp.re(vectors[i, j])), iv.mpf(mp.im(vectors[i, j])))
        w[:] = [iv.mpf(mp.re(x)) for x in values]
    return w, q


def _middle(x: Any) -> Any:
    return (mp.mpf(x.a) + mp.mpf(x.b)) / 2
