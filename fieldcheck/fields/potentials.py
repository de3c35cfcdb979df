"""Potentials of the theory and their forces: quadratic, quartic, softmax.

Shapes: X is N x C (tokens by channels), weights are C x C, a potential is a number, a force is laid
out like X.  A force is the Wirtinger derivative ∂V/∂X*, so that dV = Tr(dX* F) + the dX part; along
a real direction a real V changes by 2 Re Tr(dX* F).
Source: C. Fu, "Transformers Are Optimal Effective Fields" (2025), and the talk of that year.
"""

from __future__ import annotations

from typing import Any


def quadratic(xp, X, W) -> Any:
    """Tr(X W X*), the potential of a linear MLP."""
    return xp.sum((X @ W) * xp.conj(X))


def quadratic_force(xp, X, W) -> Any:
    """X W."""
    return X @ W


def quartic(xp, X, A, B) -> Any:
    """Tr(X A X* X B* X*), the potential of two linear attention heads."""
    M = xp.star(X) @ X
    return xp.trace(A @ M @ xp.star(B) @ M)


def quartic_force(xp, X, A, B) -> Any:
    """X A M B* + X B* M A with M = X*X: two heads, the roles of the weights swapped."""
    M = xp.star(X) @ X
    return X @ A @ M @ xp.star(B) + X @ xp.star(B) @ M @ A


def double_trace(xp, X, A, B) -> Any:
    """Tr(X A X*) Tr(X B X*): the other quartic that is invariant under token rotations."""
    return quadratic(xp, X, A) * quadratic(xp, X, B)


def double_trace_force(xp, X, A, B) -> Any:
    """X A Tr(X B X*) + X B Tr(X A X*)."""
    return X @ A * quadratic(xp, X, B) + X @ B * quadratic(xp, X, A)


def real_potential(xp, X, W, A, B) -> Any:
    """Re(Tr(X W X*) + Tr(X A X* X B* X*)) for any weights: real, and invariant under X -> U X."""
    return xp.real(quadratic(xp, X, W) + quartic(xp, X, A, B))


def hermitian_part(xp, W) -> Any:
    """(W + W*)/2."""
    return (W + xp.star(W)) / 2


def field_matrix(xp, M, W, A, B) -> Any:
    """The Hermitian C x C matrix F(M) for which the force of :func:`real_potential` is X F(X*X)."""
    heads = A @ M @ xp.star(B) + xp.star(B) @ M @ A
    return hermitian_part(xp, W) + hermitian_part(xp, heads)


def real_force(xp, X, W, A, B) -> Any:
    """The force of :func:`real_potential`, X F(X*X)."""
    return X @ field_matrix(xp, xp.star(X) @ X, W, A, B)


def linear_attention(xp, X, A, B) -> Any:
    """X A X* X B, one head with A = QK*/sqrt(r) and B = VO*, untied."""
    return X @ A @ (xp.star(X) @ X) @ B


def softmax_energy(xp, X, W, root_r) -> Any:
    """sqrt(r) Σ_j log Σ_k exp Re S_jk with S = X W X*/sqrt(r): a real free energy, invariant under
    permutations of the tokens but not under their rotations."""
    S = xp.real(X @ W @ xp.star(X)) / root_r
    return root_r * xp.sum(xp.logsumexp(S, axis=-1))


def softmax_force(xp, X, W, root_r) -> Any:
    """The force of :func:`softmax_energy`, (P X W* + P^T X W)/2 with P the row-softmax of Re S."""
    P = xp.softmax(xp.real(X @ W @ xp.star(X)) / root_r, axis=-1)
    return (P @ X @ xp.star(W) + P.T @ X @ W) / 2


def softmax_attention(xp, X, W, root_r) -> Any:
    """Softmax(X W X*/sqrt(r)) X W, attention as practised with values tied to keys."""
    return xp.softmax(X @ W @ xp.star(X) / root_r, axis=-1) @ X @ W
