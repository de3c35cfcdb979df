"""When a force has a potential: the symmetry of its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def wirtinger_pairing(xp, force: Callable[[Any], Any], X, H, K):
    """Tr(K* ∂F/∂X* [H*]): the antilinear derivative of F along H, paired with K.

    F = ∂V/∂X* for some V on a ball, with X held fixed, if and only if this pairing is symmetric in
    H and K for all X, H, K (Poincaré's lemma in X*).  Shapes: X, H, K are N x C; F maps to N x C.
    """
    return xp.pull_star(lambda Y: xp.sum(xp.conj(K) * force(Y)), X, H)


def euclidean_pairing(xp, force: Callable[[Any], Any], x, h, k):
    """⟨k, DF(x) h⟩ for a real force; F is a Euclidean gradient iff it is symmetric in h and k."""
    return xp.sum(k * xp.push(force, x, h))


def antilinear_jacobian(xp, force: Callable[[Any], Any], X):
    """The NC x NC matrix of ∂F_a/∂X*_b (rows: entries of F, columns: entries of X*).

    F = ∂V/∂X* on a ball, with X held fixed, if and only if this matrix is symmetric everywhere.
    """
    columns = [
        (xp.push(force, X, h) + xp.i * xp.push(force, X, xp.i * h)) / 2 for h in xp.basis(X.shape)
    ]
    return xp.stack([xp.flatten(c) for c in columns], axis=1)
