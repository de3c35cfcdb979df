"""What several rooms of the chapter use."""

from __future__ import annotations

from dataclasses import replace

from fieldcheck.domains import built, matrix
from fieldcheck.fields import layers


def heads(*names, count="n"):
    """Stacked complex heads, n x C x r each."""
    return {name: matrix(count, "C", "r") for name in names}


def mlp_and_attention(xp, W_in, W_out, A, B):
    """A smooth MLP and softmax attention, as two fields."""
    mlp = lambda X: layers.smooth_mlp(xp, X, W_in, W_out)
    attention = lambda X: xp.softmax(X @ A @ X.T, axis=-1) @ X @ B
    return mlp, attention


def generic(domain, name):
    """A domain without the strata in which its values degenerate to zero or to rank one."""
    keep = {k: v for k, v in domain.strata.items() if k in ("integers", "large")}
    return replace(domain, name=name, strata=keep)


UP_TO_3 = dict(N=[1, 2, 3], C=[1, 2, 3])

WIDTH = built("head width", ("r",), {"x": ("r",)}, lambda xp, raw: raw["x"] * 0 + 1)
"""A head width, carried by the shape of a vector of ones."""
