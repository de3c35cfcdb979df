"""The parts of each architecture, at random weights: which have a potential, which have none.

A part is a force on the state, without the residual connection.  ``potential`` is what the
register's claims say; the measurement in :mod:`fieldcheck.audit.nongradient` is the test of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldcheck.arithmetic.floating import Float
from fieldcheck.audit.blocks import DiTBlock, TiedResidual2d, tie
from fieldcheck.fields import architectures as arch

TOKENS, CHANNELS, HEADS, HIDDEN = 8, 16, 2, 64


@dataclass(frozen=True)
class Part:
    """One part of a block: its family, its name, whether it has a potential, and its force."""

    family: str
    name: str
    potential: bool
    force: Callable[[Tensor], Tensor]
    at: Tensor


def field_force(energy: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The gradient of a potential, by automatic differentiation."""
    return torch.func.grad(energy)


def _attend(layer: nn.MultiheadAttention, mask: Tensor | None = None) -> Callable:
    def force(x: Tensor) -> Tensor:
        y = x[None]
        return layer(y, y, y, attn_mask=mask, need_weights=False)[0][0]

    return force


def parts(seed: int = 0) -> list[Part]:
    """All parts, with the weights of the seed (float64); state and weights of unit scale."""
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    try:
        return _transformer() + _residual() + _diffusion()
    finally:
        torch.random.set_rng_state(state)


def _drawn(module: nn.Module) -> nn.Module:
    """Matrices with entries of variance 1/fan-in, biases and gains around their usual values."""
    module = module.double().eval()
    with torch.no_grad():
        for p in module.parameters():
            if p.ndim > 1:
                p.copy_(torch.randn_like(p) * (p[0].numel()) ** -0.5)
            else:
                p.add_(0.3 * torch.randn_like(p))
    return module


def _transformer() -> list[Part]:
    x = torch.randn(TOKENS, CHANNELS, dtype=torch.float64)
    attention = nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True)
    first, second = nn.Linear(CHANNELS, HIDDEN), nn.Linear(HIDDEN, CHANNELS)
    norm = nn.LayerNorm(CHANNELS)
    plain = nn.LayerNorm(CHANNELS, elementwise_affine=False)
    for module in (attention, first, second, norm):
        _drawn(module)
    mask = nn.Transformer.generate_square_subsequent_mask(TOKENS, dtype=torch.float64)
    xp, r = Float(), CHANNELS // HEADS
    root = torch.tensor(r, dtype=torch.float64).sqrt()
    Q, K = (torch.randn(HEADS, CHANNELS, r, dtype=torch.float64) / CHANNELS**0.5 for _ in range(2))

    def free_energy(causal: bool) -> Callable[[Tensor], Tensor]:
        def total(x: Tensor) -> Tensor:
            each = [
                arch.free_energy(
                    xp, xp.wrap(x), xp.wrap(Q[h]), xp.wrap(K[h]), xp.wrap(root), causal
                ).data
                for h in range(HEADS)
            ]
            return torch.stack(each).sum()

        return total

    keys = x.clone()
    frozen = lambda x: F.scaled_dot_product_attention(x @ Q[0], keys @ K[0], keys @ K[0]) @ Q[0].T
    one_term = lambda x: torch.stack(
        [
            torch.softmax(x @ Q[h] @ K[h].T @ x.T / root, dim=-1) @ x @ K[h] @ Q[h].T
            for h in range(HEADS)
        ]
    ).sum(0)
    untied = lambda act: lambda x: second(act(first(x)))
    tied = lambda act: lambda x: act(first(x)) @ first.weight
    gpt = "GPT"
    return [
        Part(gpt, "attention as built", False, _attend(attention), x),
        Part(gpt, "causal attention as built", False, _attend(attention, mask), x),
        Part(gpt, "attention, values tied, one term", False, one_term, x),
        Part(gpt, "attention, values tied, both terms", True, field_force(free_energy(False)), x),
        Part(gpt, "the same with a causal mask", True, field_force(free_energy(True)), x),
        Part(gpt, "attention to frozen keys, values tied", True, frozen, x),
        Part(gpt, "MLP with GELU as built", False, untied(F.gelu), x),
        Part(gpt, "MLP with ReLU as built", False, untied(F.relu), x),
        Part(gpt, "MLP with GELU, tied", True, tied(F.gelu), x),
        Part(gpt, "MLP with ReLU, tied", True, tied(F.relu), x),
        Part(gpt, "layer norm without gain", True, plain, x),
        Part(gpt, "layer norm with gain", False, norm, x),
        Part(gpt, "tied MLP after a layer norm", False, lambda x: tied(F.relu)(plain(x)), x),
    ]


def _residual() -> list[Part]:
    x = torch.randn(1, 3, 6, 6, dtype=torch.float64)
    block = TiedResidual2d(3, 8)
    back = nn.Conv2d(8, 3, 3, padding=1)
    again = nn.Conv2d(3, 3, 3, padding=1)
    for module in (block, back, again):
        _drawn(module)
    norm = nn.BatchNorm2d(3).double().eval()
    _drawn(norm)
    name = "ResNet"
    ends = lambda x: F.relu(x + block.force(x)) - x
    return [
        Part(name, "two convolutions as built", False, lambda x: back(F.relu(block.inner(x))), x),
        Part(name, "convolution and its transpose", True, block.force, x),
        Part(name, "the same kernel twice, not transposed", False,
             lambda x: again(F.relu(again(x))), x),
        Part(name, "tied block that ends in its ReLU", False, ends, x),
        Part(name, "batch norm with stored statistics", True, norm, x),
    ]  # fmt: skip


def _diffusion() -> list[Part]:
    x = torch.randn(TOKENS, CHANNELS, dtype=torch.float64)
    block = DiTBlock(CHANNELS, HEADS, HIDDEN)
    _drawn(block)
    data = torch.randn(10, CHANNELS, dtype=torch.float64)
    shift, scale, gate, *_ = (
        m.detach() for m in block.modulate(torch.randn(CHANNELS, dtype=torch.float64))
    )
    tied = DiTBlock(CHANNELS, HEADS, HIDDEN)
    _drawn(tied)
    tie(tied.first, tied.second)
    read = lambda x: x * (1 + scale) + shift
    mlp = lambda x: F.relu(tied.first(x)) @ tied.first.weight
    scores = lambda x: (x @ data.T - (data**2).sum(1) / 2) / CHANNELS
    name = "diffusion"
    return [
        Part(name, "ideal denoiser of ten points", True,
             lambda x: torch.softmax(scores(x), dim=-1) @ data, x),
        Part(name, "attention, scaled, shifted and gated", False,
             lambda x: gate * block.attend(read(block.norm(x))), x),
        Part(name, "MLP, scaled, shifted and gated", False,
             lambda x: gate * block.mlp(read(block.norm(x))), x),
        Part(name, "tied MLP, gate equal to the scale, no norm", True,
             lambda x: (1 + scale) * mlp(read(x)), x),
        Part(name, "tied MLP, a gate of its own, no norm", False,
             lambda x: gate * mlp(read(x)), x),
    ]  # fmt: skip
