"""The algebra of the fast operations: what a pass of attention returns, and what two of them give.

Shapes: queries q are N x d, keys k are M x d, the scale s is a number.
"""

from __future__ import annotations

from typing import Any


def free_energy(xp, q, k, s) -> Any:
    """(1/s) Σ_n log Σ_m exp(s q_n·k_m), a number, for real q and k."""
    return xp.sum(xp.logsumexp(s * (q @ k.T), axis=-1)) / s


def null_weight(xp, scores) -> Any:
    """The weight that softmax gives to one more key of score 0. Shape (M,) to a number."""
    return xp.softmax(xp.concat([scores, xp.stack([scores[0] * 0])]))[-1]


def second_pass(xp, q, k, s, sign=1, unscaled=False) -> Any:
    """Attention of [k, 1] over [q, −ℓ/s]: its weights (M, N), and its log-sum-exp (M,).

    sign 1 is the identity's own shift; −1, 0 and unscaled are its mistakes.
    """
    lse = xp.logsumexp(s * (q @ k.T), axis=-1)
    shift = -sign * lse if unscaled else -sign * lse / s
    keys = xp.concat([k, xp.one + 0 * k[:, :1]], axis=1)
    queries = xp.concat([q, shift[:, None]], axis=1)
    scores = s * (keys @ queries.T)
    return xp.softmax(scores, axis=-1), xp.logsumexp(scores, axis=-1)


def middle(xp, M, q, k, v, o) -> Any:
    """G = q(k*Mv)o* + v(o*Mq)k*, C x C, the small products first."""
    return q @ (xp.star(k) @ M @ v) @ xp.star(o) + v @ (xp.star(o) @ M @ q) @ xp.star(k)
