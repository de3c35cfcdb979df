"""Attention and its relatives, Hopfield memories, energy-based blocks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .exhibit import (
    CHANNELS,
    CONTRACTS,
    FINE,
    SIGNS,
    TOKENWISE,
    Exhibit,
    draw,
    normed,
    symmetric,
    turning,
)

A, B = turning(1.2, seed=21), turning(1.5, seed=22)
W = symmetric([-1.2, -0.4, 0.8, 1.5])
MEMORY = normed(draw(5, 4, seed=23), 1.0)
# At zero its Jacobian is 16 times the memories' covariance, whose norm is above 1/16.
FAR = normed(draw(5, 4, seed=24), 4.0)

CAUSAL = torch.ones(6, 6, dtype=torch.bool).tril()
BAND = (torch.arange(6)[:, None] - torch.arange(6)).abs() <= 1


def softmax(x: Tensor, mask: Tensor | None = None, a: Tensor = A, b: Tensor = B) -> Tensor:
    s = x @ a @ x.mT
    return torch.softmax(s if mask is None else s.masked_fill(~mask, -torch.inf), -1) @ x @ b


def gradient(energy):
    """The gradient of an energy, as one writes it in a module."""

    def force(x: Tensor) -> Tensor:
        return torch.autograd.grad(energy(x), x, create_graph=True)[0]

    return force


def free_energy(x: Tensor) -> Tensor:
    return torch.logsumexp(x @ W @ x.mT, -1).sum()


def energy_transformer(x: Tensor) -> Tensor:
    return free_energy(x) + (torch.relu(x @ FAR.T) ** 2).sum() / 2


def oscillators(x: Tensor) -> Tensor:
    return torch.sin(x[None] - x[:, None]).sum(1)


class Attend(nn.Module):
    """torch's own attention with biases, as a field."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        with torch.no_grad():
            for p in self.parameters():
                p.copy_(torch.randn_like(p))

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x[None], x[None], x[None], need_weights=False)[0][0]


def _encoder_layer() -> nn.Module:
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.1, activation="gelu", batch_first=True)
    with torch.no_grad():
        for p in layer.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return layer


def _is(name, f, yes, degree=None, orders=(1, 3), pattern="all", family="attention"):
    return Exhibit(name, family, lambda: f, f"{FINE} {yes}", degree, orders, pattern)


SETS = TOKENWISE

EXHIBITS = [
    _is("attention", softmax, f"{SETS} phase"),
    _is("attention, causal", lambda x: softmax(x, CAUSAL), "phase", pattern="causal"),
    _is("attention in a window", lambda x: softmax(x, BAND), "phase", pattern="local"),
    _is("attention, symmetric, values tied", lambda x: softmax(x, None, W, W),
        f"{SETS} phase token"),
    _is("attention of a free energy", gradient(free_energy), f"{SETS} phase gradient"),
    _is("attention by sigmoids", lambda x: torch.sigmoid(x @ A @ x.mT) @ x @ B, f"{SETS} phase"),
    _is("linear attention", lambda x: x @ A @ x.mT @ x @ B, f"{SETS} U_N phase token_phases",
        3, (3,)),
    _is("quartic field", lambda x: x @ x.mT @ x,
        f"{SETS} {CHANNELS} U_N U_C {SIGNS} gradient monotone", 3, (3,)),
    Exhibit("multi-head attention", "attention", Attend, f"{FINE} modes {SETS}", None,
            (0, 1, 2, 3, 4), "all"),
    Exhibit("encoder layer", "attention", _encoder_layer, f"{FINE} {SETS}", None,
            (0, 1, 2, 3, 4), "all", shape=(1, 6, 4)),
    _is("Hopfield retrieval, warm", lambda x: torch.softmax(x @ MEMORY.T, -1) @ MEMORY,
        f"{SETS} gradient {CONTRACTS}", None, (0, 1, 2, 3, 4), "none", "Hopfield"),
    _is("Hopfield retrieval, cold", lambda x: torch.softmax(x @ FAR.T, -1) @ FAR,
        f"{SETS} gradient monotone", None, (0, 1, 2, 3, 4), "none", "Hopfield"),
    _is("Hopfield, classical", lambda x: torch.tanh(x @ W), f"{SETS} phase token_phases",
        None, (1, 3), "none", "Hopfield"),
    _is("Energy Transformer", gradient(energy_transformer), f"{SETS} gradient", None, None,
        family="energy"),
    _is("coupled oscillators", oscillators,
        f"{SETS} {CHANNELS} phase channel_phases gradient add_tokens", family="energy"),
]  # fmt: skip
