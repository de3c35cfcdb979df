"""Free energies of softmax attention: log-sum-exp of the scores, summed over the other index.

Shapes: X is N x C (tokens by channels), W is C x C, scores are N x N, a free energy is a number.
With S = X W X*/sqrt(r), S_jk is what query j gives to key k.
Sources: C. Fu, "Transformers Are Optimal Effective Fields" (2025), Lemma 7; B. Hoover et al.,
"Energy Transformer" (2023), for the real case.
"""

from __future__ import annotations

from typing import Any


def scores(xp, X, W, root_r) -> Any:
    """X W X*/sqrt(r), N x N; complex in general."""
    return X @ W @ xp.star(X) / root_r


def over_keys(xp, X, W, root_r) -> Any:
    """Σ_j log Σ_k exp S_jk, as the talk and the paper print it (without their prefactors)."""
    return xp.sum(xp.logsumexp(scores(xp, X, W, root_r), axis=-1))


def over_queries(xp, X, W, root_r) -> Any:
    """Σ_k log Σ_j exp S_jk: its force in X* is attention with normalized rows."""
    return xp.sum(xp.logsumexp(scores(xp, X, W, root_r), axis=-2))


def unnormalized(xp, X, W) -> Any:
    """½ Σ_ij exp⟨x_i W, x_j⟩ for real X: the energy of attention in the token-weighted metric.

    Source: B. Geshkovski et al., "A Mathematical Perspective on Transformers" (2023).
    """
    return xp.sum(xp.exp(X @ W @ X.T)) / 2


def weighted_inner(xp, X, W, H, F) -> Any:
    """Σ_i Z_i ⟨h_i, f_i⟩ with Z_i = Σ_j exp⟨x_i W, x_j⟩: the metric in which attention ascends."""
    Z = xp.sum(xp.exp(X @ W @ X.T), axis=1)
    return xp.sum(H * (Z[:, None] * F))
