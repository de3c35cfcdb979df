"""The parts of each module, and the whole, at random weights: which have a potential, which none.

A part is a force on the state, without the residual connection; so is a whole block.  ``potential``
is what the register's claims say; the measurement in :mod:`fieldcheck.audit.nongradient` is the
test of it.
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
    """One part of a module: the module, its name, whether it has a potential, and its force."""

    module: str
    name: str
    potential: bool
    force: Callable[[Tensor], Tensor]
    at: Tensor


def field_force(energy: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The gradient of a potential, by automatic differentiation."""
    return torch.func.grad(energy)


Force = Callable[[Tensor], Tensor]


def _tokens() -> Tensor:
    return torch.randn(TOKENS, CHANNELS, dtype=torch.float64)


def _causal() -> Tensor:
    return nn.Transformer.generate_square_subsequent_mask(TOKENS, dtype=torch.float64)


def _attend(layer: nn.MultiheadAttention, mask: Tensor | None = None) -> Force:
    def force(x: Tensor) -> Tensor:
        y = x[None]
        return layer(y, y, y, attn_mask=mask, need_weights=False)[0][0]

    return force


def _whole(layer: nn.Module, mask: Tensor | None = None) -> Force:
    """A whole Transformer layer, less the identity of its residual connections."""
    return lambda x: layer(x[None], src_mask=mask)[0] - x


def _mlp(layer: nn.TransformerEncoderLayer, act: Force) -> tuple[Force, Force]:
    """The MLP of a Transformer layer as built, and with its second matrix the first transposed."""
    first, second = layer.linear1, layer.linear2
    return lambda x: second(act(first(x))), lambda x: act(first(x)) @ first.weight


def parts(seed: int = 0) -> list[Part]:
    """All parts, with the weights of the seed (float64); state and weights of unit scale."""
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    try:
        return _attention() + _encoder() + _gpt() + _gated() + _residual() + _diffusion()
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


def _attention() -> list[Part]:
    """torch.nn.functional.scaled_dot_product_attention, and what it lacks."""
    x, name = _tokens(), "attention"
    xp, r = Float(), CHANNELS // HEADS
    root = torch.tensor(r, dtype=torch.float64).sqrt()
    Q, K, V, O = (
        torch.randn(HEADS, CHANNELS, r, dtype=torch.float64) / CHANNELS**0.5 for _ in range(4)
    )

    def free_energy(causal: bool) -> Force:
        def total(x: Tensor) -> Tensor:
            each = [
                arch.free_energy(
                    xp, xp.wrap(x), xp.wrap(Q[h]), xp.wrap(K[h]), xp.wrap(root), causal
                ).data
                for h in range(HEADS)
            ]
            return torch.stack(each).sum()

        return total

    def heads(V: Tensor, O: Tensor, causal: bool = False, keys: Tensor | None = None) -> Force:
        def force(x: Tensor) -> Tensor:
            y = x if keys is None else keys
            read = F.scaled_dot_product_attention(x @ Q, y @ K, y @ V, is_causal=causal)
            return (read @ O.mT).sum(0)

        return force

    return [
        Part(name, "as built", False, heads(V, O), x),
        Part(name, "as built, causal", False, heads(V, O, causal=True), x),
        Part(name, "values tied, one term", False, heads(K, Q), x),
        Part(name, "values tied, both terms", True, field_force(free_energy(False)), x),
        Part(name, "values tied, both terms, causal", True, field_force(free_energy(True)), x),
        Part(name, "to frozen keys, values tied", True, heads(K, Q, keys=x.clone()), x),
    ]


def _encoder() -> list[Part]:
    """torch.nn.TransformerEncoderLayer: norms behind, ReLU."""
    x, name = _tokens(), "encoder layer"
    layer = nn.TransformerEncoderLayer(CHANNELS, HEADS, HIDDEN, dropout=0.0, batch_first=True)
    _drawn(layer)
    built, tied = _mlp(layer, F.relu)
    plain = nn.LayerNorm(CHANNELS, elementwise_affine=False)
    return [
        Part(name, "attention with biases", False, _attend(layer.self_attn), x),
        Part(name, "MLP with ReLU", False, built, x),
        Part(name, "MLP with ReLU, tied", True, tied, x),
        Part(name, "layer norm with its gain", False, layer.norm1, x),
        Part(name, "layer norm without gain", True, plain, x),
        Part(name, "the whole layer", False, _whole(layer), x),
    ]


def _gpt() -> list[Part]:
    """A block of GPT-2: causal, norms in front, GELU (its form with the hyperbolic tangent)."""
    x, name = _tokens(), "GPT-2"
    gelu = lambda t: F.gelu(t, approximate="tanh")
    layer = nn.TransformerEncoderLayer(
        CHANNELS, HEADS, HIDDEN, dropout=0.0, activation=gelu, batch_first=True, norm_first=True
    )
    _drawn(layer)
    built, tied = _mlp(layer, gelu)
    plain = nn.LayerNorm(CHANNELS, elementwise_affine=False)
    return [
        Part(name, "causal attention", False, _attend(layer.self_attn, _causal()), x),
        Part(name, "MLP with GELU", False, built, x),
        Part(name, "MLP with GELU, tied", True, tied, x),
        Part(name, "tied MLP after a layer norm", False, lambda x: tied(plain(x)), x),
        Part(name, "the whole block", False, _whole(layer, _causal()), x),
    ]


def _gated() -> list[Part]:
    """A gated linear unit, with SiLU on the gate as in use, and without."""
    x, name = _tokens(), "gated unit"
    G, I, O = (torch.randn(CHANNELS, HIDDEN, dtype=torch.float64) / CHANNELS**0.5 for _ in range(3))
    trace = lambda x: ((x @ G) * (x @ I) * (x @ O)).sum() / 3
    return [
        Part(name, "with SiLU", False, lambda x: (F.silu(x @ G) * (x @ I)) @ O.T, x),
        Part(name, "with SiLU, tied", True, lambda x: (F.silu(x @ G) * (x @ G)) @ G.T, x),
        Part(name, "bilinear", False, lambda x: ((x @ G) * (x @ I)) @ O.T, x),
        Part(name, "bilinear, all three terms", True, field_force(trace), x),
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
    name = "residual block"
    inner, outer = nn.BatchNorm2d(8).double().eval(), nn.BatchNorm2d(3).double().eval()
    _drawn(inner)
    _drawn(outer)
    whole = lambda x: F.relu(x + outer(back(F.relu(inner(block.inner(x)))))) - x
    ends = lambda x: F.relu(x + block.force(x)) - x
    return [
        Part(name, "two convolutions as built", False, lambda x: back(F.relu(block.inner(x))), x),
        Part(name, "convolution and its transpose", True, block.force, x),
        Part(name, "the same kernel twice, not transposed", False,
             lambda x: again(F.relu(again(x))), x),
        Part(name, "tied block that ends in its ReLU", False, ends, x),
        Part(name, "batch norm with stored statistics", True, norm, x),
        Part(name, "the whole block, with batch norms", False, whole, x),
    ]  # fmt: skip


def _diffusion() -> list[Part]:
    x = torch.randn(TOKENS, CHANNELS, dtype=torch.float64)
    block = DiTBlock(CHANNELS, HEADS, HIDDEN)
    _drawn(block)
    data = torch.randn(10, CHANNELS, dtype=torch.float64)
    condition = torch.randn(CHANNELS, dtype=torch.float64)
    shift, scale, gate, *_ = (m.detach() for m in block.modulate(condition))
    tied = DiTBlock(CHANNELS, HEADS, HIDDEN)
    _drawn(tied)
    tie(tied.first, tied.second)
    read = lambda x: x * (1 + scale) + shift
    mlp = lambda x: F.relu(tied.first(x)) @ tied.first.weight
    scores = lambda x: (x @ data.T - (data**2).sum(1) / 2) / CHANNELS
    name = "diffusion block"
    return [
        Part(name, "ideal denoiser of ten points", True,
             lambda x: torch.softmax(scores(x), dim=-1) @ data, x),
        Part(name, "attention, scaled, shifted and gated", False,
             lambda x: gate * block.attend(read(block.norm(x))), x),
        Part(name, "MLP, scaled, shifted and gated", False,
             lambda x: gate * block.mlp(read(block.norm(x))), x),
        Part(name, "tied MLP, gate equal to the scale, no norm", True,
             lambda x: (1 + scale) * mlp(read(x)), x),
        Part(name, "tied MLP, gate equal to the scale, after its norm", False,
             lambda x: (1 + scale) * mlp(read(block.norm(x))), x),
        Part(name, "tied MLP, a gate of its own, no norm", False,
             lambda x: gate * mlp(read(x)), x),
        Part(name, "layer norm without gain", True, block.norm, x),
        Part(name, "the whole block", False, lambda x: block(x, condition) - x, x),
    ]  # fmt: skip
