"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.domains import matrix
from fieldcheck.fields import layers


def heads(*names, count="n"):
    """Stacked complex heads, n x C x r each."""
    return {name: matrix(count, "C", "r") for name in names}


def mlp_and_attention(xp, W_in, W_out, A, B):
    """A smooth MLP and softmax attention, as two fields."""
    mlp = lambda X: layers.smooth_mlp(xp, X, W_in, W_out)
    attention = lambda X: xp.softmax(X @ A @ X.T, axis=-1) @ X @ B
    return mlp, attention


UP_TO_3 = dict(N=[1, 2, 3], C=[1, 2, 3])
