"""What a sentence does on its way through the layers: Jacobians, energies, inner products.

Each number is one sentence's at one layer; :mod:`fieldcheck.audit.study` adds them up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .checkpoint import Checkpoint, Layer
from .jacobian import best_share, share
from .transformer import Transformer

PROBES = 8


class Passage:
    """Runs sentences through a checkpoint and measures.

    States and energies in float64; Jacobians, of which a share is asked, in float32.
    """

    def __init__(self, model: Checkpoint) -> None:
        self.net = Transformer(model, compiled=False)
        self.rough = Transformer(model, compiled=False, dtype=torch.float32)

    def __call__(self, sentence: str, seed: int) -> list[dict[str, Any]]:
        """All numbers of one sentence: one row a layer."""
        g = torch.Generator().manual_seed(seed)
        states = self.net.states(self.net.embed(sentence))
        return [
            jacobians(self.rough, self.rough.model.layers[i], states[i].float(), g)
            | energies(self.net, layer, states[i], states[i + 1])
            | motion(self.net, layer, states[i], states[i + 1], states[0])
            for i, layer in enumerate(self.net.model.layers)
        ]


def jacobians(net: Transformer, layer: Layer, x: Tensor, g: torch.Generator) -> dict[str, Any]:
    """Non-gradient shares of each head, of the attention, the MLP, a norm, the whole layer."""
    at = net.attended(layer, x)
    middle = net.after_attention(layer, x)
    read = net.norm(layer.norm2, middle) if net.model.pre_norm else middle
    before = x if net.model.pre_norm else x + net.attention(layer, x)
    whole = lambda y: net.layer(layer, y) - y
    head = lambda one: lambda y: net.heads(one, y)[0]
    return {
        "heads": [share(head(one), at, PROBES, g) for one in _single(layer)],
        "attention": share(lambda y: net.attention(layer, y), at, PROBES, g),
        "attention_best": best_share(lambda y: net.attention(layer, y), at, 1, g),
        "mlp": share(lambda y: net.mlp(layer, y), read, PROBES, g),
        "norm": share(lambda y: net.norm(layer.norm1, y), before, PROBES, g),
        "layer": share(whole, x, PROBES, g),
    }


def _single(layer: Layer) -> list[Layer]:
    """The layer with one head at a time."""
    pick = lambda w, h: w[h : h + 1]
    return [
        replace(layer, Q=pick(layer.Q, h), K=pick(layer.K, h), V=pick(layer.V, h),
                O=pick(layer.O, h))
        for h in range(layer.Q.shape[0])
    ]  # fmt: skip


def energies(net: Transformer, layer: Layer, x: Tensor, y: Tensor) -> dict[str, Any]:
    """How the layer's free energies change, a token, and how its steps lie to their gradients.

    ``pair`` has queries and keys move together, and two terms; ``query`` holds the keys.  Both are
    followed along the attention's own step; ``own`` leaves out what the step has in common for all
    tokens, biases among it, and so do the cosines.  ``normed`` is the pair's energy of what the
    norms make of the tokens, before the layer (x) and behind it (y).
    """
    at = net.attended(layer, x)
    step = net.attention(layer, at)
    pair, query = lambda t: net.energy(layer, t).sum(), lambda t: net.energy(layer, t, at).sum()
    change = lambda energy, t: float(energy(t) - energy(at)) / len(x)
    heads = zip(net.heads(layer, at), net.query_forces(layer, at), strict=True)
    return {
        "cosine_pair": _cosine(torch.func.grad(pair)(at), step),
        "cosine_query": _cosine(torch.func.grad(query)(at), step),
        "cosine_query_heads": [_cosine(force, out) for out, force in heads],
        "change_pair": change(pair, at + step),
        "change_query": change(query, at + step),
        "change_pair_own": change(pair, at + _centred(step)),
        "change_query_own": change(query, at + _centred(step)),
        "change_normed": change(pair, net.attended(layer, y)),
    }


def motion(net: Transformer, layer: Layer, x: Tensor, y: Tensor, first: Tensor) -> dict[str, Any]:
    """How much tokens and their inner products move in the layer, from x to y.

    ``symmetric`` is the share of Δ Xᵀ, to first order in the step Δ, that changes inner products:
    0 where they are frozen, 1 for a flow that only stretches, and 1/2 for a step without aim.
    """
    gram = lambda t: t @ t.T
    step = net.attention(layer, net.attended(layer, x))
    return {
        "moved": _change(x, y),
        "gram_moved": _change(gram(x), gram(y)),
        "gram_moved_since_start": _change(gram(first), gram(y)),
        "symmetric": _symmetric((y - x) @ x.T),
        "symmetric_attention": _symmetric(step @ x.T),
        "token_cosine": _token_cosine(y),
    }


def _centred(x: Tensor) -> Tensor:
    """Without what all tokens share, biases among it."""
    return x - x.mean(0)


def _change(x: Tensor, y: Tensor) -> float:
    return float((y - x).norm() / x.norm())


def _cosine(a: Tensor, b: Tensor) -> float:
    a, b = _centred(a), _centred(b)
    return float((a * b).sum() / (a.norm() * b.norm()))


def _symmetric(m: Tensor) -> float:
    return float(((m + m.T) ** 2).sum() / (4 * (m**2).sum()))


def _token_cosine(x: Tensor) -> float:
    """The mean cosine of two different tokens."""
    u = torch.nn.functional.normalize(x, dim=-1)
    n = len(x)
    return float(((u @ u.T).sum() - n) / (n * (n - 1))) if n > 1 else 1.0
