"""Layers as the engineering literature writes them: real tokens, heads, softmax, ReLU.

Shapes: X is N x C; a head's W_in, W_out, Q, K, V, O are C x r.  Heads come stacked, H x C x r, and
what is made of one head is then made of each.
Source: A. Vaswani et al., "Attention Is All You Need" (2017); the formulas of the talk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def relu_mlp(xp, X, W_in, W_out) -> Any:
    """(X W_in)_+ W_out^T."""
    return xp.relu(X @ W_in) @ W_out.T


def smooth_mlp(xp, X, W_in, W_out) -> Any:
    """tanh(X W_in) W_out^T, an analytic stand-in where the order of a method needs derivatives."""
    return xp.tanh(X @ W_in) @ W_out.T


def softmax_head(xp, X, Q, K, V, O, root_r) -> Any:
    """Softmax(X Q K^T X^T / sqrt(r)) X V O^T."""
    return xp.softmax(X @ Q @ K.T @ X.T / root_r, axis=-1) @ X @ V @ O.T


def side_by_side(xp, heads: Any) -> Any:
    """Stacked heads H x C x r as one wide matrix C x (H r)."""
    count, channels, r = heads.shape
    return xp.reshape(heads.T, (count * r, channels)).T


def apart(xp, wide: Any, count: int, r: int) -> Any:
    """The heads of a wide matrix, stacked again: C x (H r) to H x C x r."""
    return xp.reshape(wide.T, (count, r, wide.shape[0])).T


def total(terms: Sequence[Any]) -> Any:
    """A sum of values (at least one)."""
    out = terms[0]
    for term in terms[1:]:
        out = out + term
    return out


def talk_field(xp, X, W_in, W_out, Q, K, V, O, root_r) -> Any:
    """The right side of the talk's equation: a sum over heads of MLPs and attentions."""
    mlps, attentions = relu_mlp(xp, X, W_in, W_out), softmax_head(xp, X, Q, K, V, O, root_r)
    return xp.sum(mlps + attentions, axis=0)


def linear_head(xp, X, Q, K, V, O) -> Any:
    """X Q K* X* X V O*: one head of complex linear attention, without the scale."""
    return X @ Q @ xp.star(K) @ xp.star(X) @ X @ V @ xp.star(O)
