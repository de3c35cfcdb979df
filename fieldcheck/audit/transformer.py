"""A checkpoint as forces on the tokens, built from the library's operations.

The free energy of attention reads out any values: give each key its value as further channels that
no query asks for.  The scores do not change, and the force in those channels is Softmax(S) V.  So
attention with untied values is a derivative of the free energy too, but in a field that the
tokens do not have.

Shapes: tokens x are N x C; a force is laid out like x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor

from fieldcheck import ops
from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import architectures

from .checkpoint import ACTIVATIONS, Checkpoint, Layer, Norm
from .errors import StudyError
from .weights import with_ones

Force = Callable[[Tensor], Tensor]


class Transformer:
    """The forces of each layer of a checkpoint, and the states of a text on its way through."""

    def __init__(
        self, model: Checkpoint, compiled: bool = True, dtype: torch.dtype = torch.float64
    ) -> None:
        """``compiled``: the fused free energy; its plain form is quicker for few tokens."""
        self.model, self.xp = _cast(model, dtype), Float()
        self._free_energy = ops.free_energy if compiled else ops.reference.free_energy
        self.mask = ops.Causal() if model.causal else None
        self.act = ACTIVATIONS[model.activation]

    # --------------------------------------------------------------------------------------- parts

    def norm(self, norm: Norm, x: Tensor) -> Tensor:
        """Layer norm with its gain and bias."""
        plain = architectures.layer_norm(self.xp, self.xp.wrap(x), self.xp.wrap(
            torch.tensor(self.model.eps, dtype=x.dtype)))  # fmt: skip
        return plain.data * norm.gain + norm.bias

    def heads(self, layer: Layer, x: Tensor) -> Tensor:
        """What each head adds to the tokens, H x N x C, without the output's bias."""
        y = with_ones(x)
        q, k, v = y @ layer.Q, y @ layer.K, y @ layer.V
        silent = q.new_zeros(*q.shape[:-1], v.shape[-1])
        read = self._free_energy(
            torch.cat([q, silent], -1), torch.cat([k, v], -1),
            scale=layer.Q.shape[-1] ** -0.5, mask=self.mask,
        ).force[..., q.shape[-1] :]  # fmt: skip
        return read @ layer.O.mT

    def attention(self, layer: Layer, x: Tensor) -> Tensor:
        return self.heads(layer, x).sum(0) + layer.out_bias

    def mlp(self, layer: Layer, x: Tensor) -> Tensor:
        return self.act(x @ layer.up + layer.up_bias) @ layer.down + layer.down_bias

    def attended(self, layer: Layer, x: Tensor) -> Tensor:
        """What the attention reads: the tokens, normalized if the norm stands in front."""
        return self.norm(layer.norm1, x) if self.model.pre_norm else x

    def after_attention(self, layer: Layer, x: Tensor) -> Tensor:
        """x with the attention's step taken, and normalized where the norm comes behind."""
        y = x + self.attention(layer, self.attended(layer, x))
        return y if self.model.pre_norm else self.norm(layer.norm1, y)

    def layer(self, layer: Layer, x: Tensor) -> Tensor:
        """The whole layer, residual connections and norms included."""
        y = self.after_attention(layer, x)
        if self.model.pre_norm:
            return y + self.mlp(layer, self.norm(layer.norm2, y))
        return self.norm(layer.norm2, y + self.mlp(layer, y))

    # -------------------------------------------------------------------------------------- energy

    def query_forces(self, layer: Layer, x: Tensor) -> Tensor:
        """The gradient of each head's free energy in the query, keys held: H x N x C.

        Attention whose values are its keys: V Oᵀ = K Qᵀ = (Q Kᵀ)ᵀ.
        """
        y = with_ones(x)
        q, k = y @ layer.Q, y @ layer.K
        found = self._free_energy(q, k, scale=layer.Q.shape[-1] ** -0.5, mask=self.mask)
        return found.force @ layer.Q[:, :-1].mT

    def energy(self, layer: Layer, x: Tensor, keys: Tensor | None = None) -> Tensor:
        """The heads' free energies √r Σ_j log Σ_k exp(⟨q_j, k_k⟩/√r), one sum for each head.

        With ``keys`` these are given and stay as they are; else they are the tokens' own, and the
        gradient has two terms.
        """
        y = with_ones(x)
        q, k = y @ layer.Q, (y if keys is None else with_ones(keys)) @ layer.K
        scale = layer.Q.shape[-1] ** -0.5
        return self._free_energy(q, k, scale=scale, mask=self.mask).energy.sum(-1)

    # -------------------------------------------------------------------------------------- states

    def embed(self, text: str, limit: int = 48) -> Tensor:
        """A sentence as tokens, N x C, cut after ``limit`` of them."""
        if self.model.tokenize is None:
            raise StudyError("the folder has no tokenizer.json, so no sentence can be read")
        ids = self.model.tokenize(text)[: min(limit, self.model.places.shape[0])]
        if not ids or max(ids) >= self.model.words.shape[0]:
            raise StudyError("the tokenizer's words are not those of the weights")
        x = self.model.words[ids] + self.model.places[: len(ids)]
        return x if self.model.pre_norm else self.norm(self.model.norm, x)

    def states(self, x: Tensor) -> list[Tensor]:
        """The tokens before each layer and after the last."""
        out = [x]
        for layer in self.model.layers:
            out.append(self.layer(layer, out[-1]))
        return out


def _cast(value: Any, dtype: torch.dtype) -> Any:
    """A checkpoint, or a part of one, with its tensors in another precision."""
    if isinstance(value, Tensor):
        return value.to(dtype)
    if isinstance(value, tuple):
        return tuple(_cast(part, dtype) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: _cast(getattr(value, f.name), dtype) for f in fields(value)}
        return replace(value, **parts)
    return value
