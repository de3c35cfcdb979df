"""Weights carried between PyTorch's modules and the library's formulas, both ways.

The formulas have no biases in attention: a channel that is always one carries them.  So Q, K, V are
H x (C+1) x r, their last row the bias, and O is H x C x r.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

Heads = tuple[Tensor, Tensor, Tensor, Tensor]


def with_ones(X: Tensor) -> Tensor:
    """Tokens N x C with a channel of ones: N x (C+1)."""
    return torch.cat([X, X.new_ones(X.shape[0], 1)], dim=1)


def split(weight: Tensor, bias: Tensor, heads: int) -> Tensor:
    """A map of row vectors, C x (H r) with its bias, as heads: H x (C+1) x r."""
    wide = torch.cat([weight, bias[None]], dim=0)
    return wide.reshape(wide.shape[0], heads, -1).transpose(0, 1).contiguous()


def join(heads: Tensor) -> tuple[Tensor, Tensor]:
    """The inverse of :func:`split`."""
    wide = heads.transpose(0, 1).reshape(heads.shape[1], -1)
    return wide[:-1], wide[-1]


def heads_of(attention: nn.MultiheadAttention) -> tuple[Heads, Tensor]:
    """(Q, K, V, O) of a PyTorch attention with biases, and its output bias."""
    h, c = attention.num_heads, attention.embed_dim
    weight, bias = attention.in_proj_weight.detach(), attention.in_proj_bias.detach()
    q, k, v = (split(weight[i * c : (i + 1) * c].T, bias[i * c : (i + 1) * c], h) for i in range(3))
    o = attention.out_proj.weight.detach().reshape(c, h, -1).transpose(0, 1).contiguous()
    return (q, k, v, o), attention.out_proj.bias.detach().clone()


def put_heads(attention: nn.MultiheadAttention, heads: Heads, bias: Tensor) -> None:
    """Write (Q, K, V, O) and the output bias into a PyTorch attention."""
    q, k, v, o = heads
    with torch.no_grad():
        joined = [join(part) for part in (q, k, v)]
        attention.in_proj_weight.copy_(torch.cat([w.T for w, _ in joined]))
        attention.in_proj_bias.copy_(torch.cat([b for _, b in joined]))
        attention.out_proj.weight.copy_(o.transpose(0, 1).reshape(o.shape[1], -1))
        attention.out_proj.bias.copy_(bias)


def gpt2_heads_of(attention: Any) -> tuple[Heads, Tensor]:
    """(Q, K, V, O) of a Hugging Face GPT-2 attention with biases, and its output bias."""
    h, c = attention.num_heads, attention.embed_dim
    weight, bias = attention.c_attn.weight.detach(), attention.c_attn.bias.detach()
    q, k, v = (
        split(weight[:, i * c : (i + 1) * c], bias[i * c : (i + 1) * c], h) for i in range(3)
    )
    o = attention.c_proj.weight.detach().T.reshape(c, h, -1).transpose(0, 1).contiguous()
    return (q, k, v, o), attention.c_proj.bias.detach().clone()


def put_gpt2_heads(attention: Any, heads: Heads, bias: Tensor) -> None:
    """Write (Q, K, V, O) and the output bias into a Hugging Face GPT-2 attention."""
    q, k, v, o = heads
    with torch.no_grad():
        joined = [join(part) for part in (q, k, v)]
        attention.c_attn.weight.copy_(torch.cat([w for w, _ in joined], dim=1))
        attention.c_attn.bias.copy_(torch.cat([b for _, b in joined]))
        attention.c_proj.weight.copy_(o.transpose(0, 1).reshape(o.shape[1], -1).T)
        attention.c_proj.bias.copy_(bias)
