"""Linear and affine maps, of channels and of tokens; graphs."""

from __future__ import annotations

import torch
from torch import Tensor

from .exhibit import (
    CHANNELS,
    CONTRACTS,
    FINE,
    LINEAR,
    Exhibit,
    antisymmetric,
    draw,
    normed,
    symmetric,
    turning,
)

INDEFINITE = symmetric([-0.9, -0.3, 0.5, 0.9])
SEMIDEFINITE = symmetric([0.0, 0.3, 0.5, 0.8])
PLANE = symmetric([0, 0, 1, 1])
GAINS = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64)
MIXER = f"{FINE} U_C {CHANNELS} phase channel_phases"
"""What mixes tokens only, linearly, commutes with."""

EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (1, 4), (1, 3)]
ADJACENCY = torch.zeros(6, 6, dtype=torch.float64)
for _i, _j in EDGES:
    ADJACENCY[_i, _j] = ADJACENCY[_j, _i] = 1
DEGREES = ADJACENCY.sum(1)
# Eigenvalues of the symmetric form lie in [-1, 1], both signs: the trace is zero.
GRAPH = ADJACENCY / (DEGREES[:, None] * DEGREES).sqrt()
WALK = ADJACENCY / DEGREES[:, None]
DIRECTED = torch.tril(ADJACENCY) + 3 * torch.triu(ADJACENCY) * draw(6, 6, seed=8)


def _channels(name: str, w: Tensor, yes: str) -> Exhibit:
    return Exhibit(name, "linear", lambda: lambda x: x @ w, f"{FINE} {LINEAR} {yes}", 1, (1,))


def _tokens(
    name: str, a: Tensor, yes: str, pattern: str = "some", family: str = "graph"
) -> Exhibit:
    return Exhibit(name, family, lambda: lambda x: a @ x, f"{MIXER} {yes}", 1, (1,), pattern)


MEAN = torch.full((6, 6), 1 / 6, dtype=torch.float64)
ONES = torch.ones(6, 6, dtype=torch.float64)
RING = torch.roll(torch.eye(6, dtype=torch.float64), 1, 0)
TIED = normed(draw(4, 5, seed=12), 1.0)

EXHIBITS = [
    _channels("linear", turning(1.5), ""),
    _channels("linear, symmetric", INDEFINITE, "gradient nonexpansive"),
    _channels("linear, antisymmetric", antisymmetric(0.9), "norm nonexpansive monotone"),
    _channels("linear, a projection", PLANE, f"gradient idempotent {CONTRACTS}"),
    _channels("linear, symmetric times gains", 2 * INDEFINITE * GAINS, "diagonal"),
    Exhibit("affine, symmetric", "linear",
            lambda: lambda x: x @ SEMIDEFINITE + torch.linspace(-1, 0.7, 4, dtype=torch.float64),
            f"{FINE} S_N shift gradient {CONTRACTS}", None, (0, 1)),
    _tokens("mean of the tokens", MEAN, f"S_N shift gradient add_tokens idempotent {CONTRACTS}",
            "all", "tokens"),
    _tokens("tokens less their mean", torch.eye(6, dtype=torch.float64) - MEAN,
            f"S_N shift gradient add_tokens idempotent {CONTRACTS}", "all", "tokens"),
    _tokens("running sum", ONES.tril(), "monotone", "causal", "tokens"),
    _tokens("running sum, from behind", ONES.triu(), "monotone", "anticausal", "tokens"),
    _tokens("diffusion on a ring", RING + RING.T - 2 * torch.eye(6, dtype=torch.float64),
            "shift gradient add_tokens", family="tokens"),
    # A ⊗ Ω with both antisymmetric is symmetric: so transport is Hamiltonian.
    _tokens("transport on a ring", (RING - RING.T) / 2,
            "shift norm hamiltonian add_tokens nonexpansive monotone", family="tokens"),
    _tokens("graph, symmetric", GRAPH, "gradient nonexpansive"),
    # Rows sum to one: a constant is kept, so what is added to all tokens comes out as it is.
    _tokens("graph, random walk", WALK, "token add_tokens"),
    _tokens("graph, directed", DIRECTED, ""),
    Exhibit("graph convolution", "graph", lambda: lambda x: torch.relu(GRAPH @ x @ turning(2.0)),
            FINE, 1, None, "some"),
    Exhibit("graph convolution, tied", "graph",
            lambda: lambda x: GRAPH.T @ torch.tanh(GRAPH @ x @ TIED) @ TIED.T,
            f"{FINE} gradient phase {CONTRACTS}", None, (1, 3), "some"),
]  # fmt: skip
