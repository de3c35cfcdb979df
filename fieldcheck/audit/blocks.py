"""Small blocks of the three families, as torch modules, for comparison and measurement."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TiedResidual2d(nn.Module):
    """x - K^T (K x + b)_+ with K a convolution: a step down ½‖(K x + b)_+‖².

    x: B x c x h x w.  Source: L. Ruthotto and E. Haber (2018).
    """

    def __init__(self, channels: int, hidden: int, width: int = 3) -> None:
        super().__init__()
        self.padding = width // 2
        self.inner = nn.Conv2d(channels, hidden, width, padding=self.padding)

    def force(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.inner(x))
        return -F.conv_transpose2d(hidden, self.inner.weight, padding=self.padding)

    def energy(self, x: Tensor) -> Tensor:
        return (F.relu(self.inner(x)) ** 2).sum() / 2

    def forward(self, x: Tensor) -> Tensor:
        return x + self.force(x)


class DiTBlock(nn.Module):
    """Attention and MLP, each between a scale and shift and a gate that depend on a condition.

    x: N x C (one image's tokens), condition: C entries.
    Source: W. Peebles and S. Xie, "Scalable Diffusion Models with Transformers" (2022).
    """

    def __init__(self, channels: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, elementwise_affine=False, eps=1e-6)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.first = nn.Linear(channels, hidden)
        self.second = nn.Linear(hidden, channels)
        self.modulation = nn.Linear(channels, 6 * channels)

    def modulate(self, condition: Tensor) -> tuple[Tensor, ...]:
        """Shift, scale and gate of the attention, then of the MLP; C entries each."""
        return self.modulation(F.silu(condition)).chunk(6)

    def attend(self, x: Tensor) -> Tensor:
        return self.attention(x[None], x[None], x[None], need_weights=False)[0][0]

    def mlp(self, x: Tensor) -> Tensor:
        return self.second(F.gelu(self.first(x), approximate="tanh"))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift, scale, gate, shift2, scale2, gate2 = self.modulate(condition)
        x = x + gate * self.attend(self.norm(x) * (1 + scale) + shift)
        return x + gate2 * self.mlp(self.norm(x) * (1 + scale2) + shift2)


def tie(first: nn.Linear, second: nn.Linear) -> None:
    """Make the second layer of an MLP the transpose of the first."""
    with torch.no_grad():
        second.weight.copy_(first.weight.T)
