"""What several rooms of the chapter use."""

from __future__ import annotations

from dataclasses import replace

from fieldcheck.domains import built, matrix, vector
from fieldcheck.fields import layers


def heads(*names, count="n"):
    """Stacked complex heads, n x C x r each."""
    return {name: matrix(count, "C", "r") for name in names}


def mlp_and_attention(xp, W_in, W_out, A, B):
    """A smooth MLP and softmax attention, as two fields."""
    mlp = lambda X: layers.smooth_mlp(xp, X, W_in, W_out)
    attention = lambda X: xp.softmax(X @ A @ X.T, axis=-1) @ X @ B
    return mlp, attention


def nonzero(n):
    """Any real vector but zero."""
    free = vector(n).without_strata("zero", "zero-row")
    return replace(free, name="nonzero real vector", within=lambda raw: bool((raw["x"] != 0).any()))


UP_TO_3 = dict(N=[1, 2, 3], C=[1, 2, 3])

WIDTH = built("head width", ("r",), {"x": ("r",)}, lambda xp, raw: raw["x"] * 0 + 1, covers="all")
"""A head width, carried by the shape of a vector of ones."""
