"""The two networks: a small GPT over characters, and one hidden layer on points.

Nothing in them depends on the activation but the activation, which has no parameters: with one seed
all of them start from the same weights.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from fieldcheck import ops
from fieldcheck.cones import CoLU, RCoLU, SecondOrderCone

ACTIVATIONS: dict[str, Callable[[int], nn.Module]] = {
    "CoLU": lambda size: CoLU(size),
    "ReLU": lambda size: nn.ReLU(),
    "SiLU": lambda size: nn.SiLU(),
    "RCoLU": lambda size: RCoLU(size),
    "projection": lambda size: SecondOrderCone(size),
    # As in the author's package of 2026, which sets a negative axis to zero.
    "CoLU, package": lambda size: CoLU(size, planar=True, negative="rectified"),
    "RCoLU, package": lambda size: RCoLU(size, negative="rectified"),
}
"""By name, for cones of a given size."""


class Attention(nn.Module):
    """Causal self-attention with heads; (B, N, C) to the same.

    The read-out is a force of the library's free energy: each key carries its value in further
    channels, for which no query asks.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.read, self.write = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.read(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        r = q.shape[-1]
        found = ops.free_energy(
            torch.cat([q, torch.zeros_like(q)], -1), torch.cat([k, v], -1),
            scale=r**-0.5, mask=ops.Causal(),
        )  # fmt: skip
        return self.write(found.force[..., r:].transpose(1, 2).flatten(-2))


class Block(nn.Module):
    """Attention and MLP, each behind a norm and beside the identity."""

    def __init__(self, channels: int, heads: int, activation: nn.Module) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = Attention(channels, heads)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 4 * channels), activation, nn.Linear(4 * channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Scores of the next character, (B, N) to (B, N, size)."""

    def __init__(
        self, size: int, channels: int, layers: int, heads: int, context: int,
        activation: Callable[[], nn.Module],
    ) -> None:  # fmt: skip
        super().__init__()
        self.signs, self.places = nn.Embedding(size, channels), nn.Embedding(context, channels)
        self.blocks = nn.Sequential(*(Block(channels, heads, activation()) for _ in range(layers)))
        self.norm, self.out = nn.LayerNorm(channels), nn.Linear(channels, size)
        for table in (self.signs, self.places):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, t: Tensor) -> Tensor:
        return self.out(self.norm(self.blocks(self.signs(t) + self.places.weight[: t.shape[-1]])))


def layer(width: int, activation: nn.Module, bias: float = 0.0) -> nn.Sequential:
    """3 → width → 3, weights with He's deviation; ``bias`` is that of the first quarter's units."""
    first, last = nn.Linear(3, width), nn.Linear(width, 3)
    for part in (first, last):
        nn.init.normal_(part.weight, std=(2 / part.in_features) ** 0.5)
        nn.init.zeros_(part.bias)
    nn.init.constant_(first.bias[: width // 4], bias)
    return nn.Sequential(first, activation, last)
