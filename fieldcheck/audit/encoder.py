"""Layers of a trained encoder as PyTorch's own, to be audited part by part."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from .checkpoint import ACTIVATIONS, Layer, load, minilm
from .errors import AuditError
from .weights import put_heads


def layer(number: int = 0, folder: str | None = None) -> nn.TransformerEncoderLayer:
    """Layer ``number`` of the BERT-like weights in ``folder``, or of the packaged encoder.

    In float64, in eval mode, on states 1 x N x C.
    Raises StudyError if the weights cannot be read, AuditError if they are of another kind.
    """
    model = minilm() if folder is None else load(Path(folder))
    if model.pre_norm or model.causal:
        raise AuditError(f"{model.name} is of type {model.kind!r}; bert has encoder layers")
    if not 0 <= number < len(model.layers):
        raise AuditError(f"{model.name} has no layer {number}: it has {len(model.layers)}")
    found = model.layers[number]
    activation = ACTIVATIONS[model.activation]
    built = nn.TransformerEncoderLayer(
        model.channels, model.heads, found.up.shape[1], dropout=0.0, batch_first=True,
        activation=activation, layer_norm_eps=model.eps,
    ).double().eval()  # fmt: skip
    _put(built, found)
    return built


def _put(built: nn.TransformerEncoderLayer, found: Layer) -> None:
    put_heads(built.self_attn, (found.Q, found.K, found.V, found.O), found.out_bias)
    pairs = [
        (built.linear1.weight, found.up.T), (built.linear1.bias, found.up_bias),
        (built.linear2.weight, found.down.T), (built.linear2.bias, found.down_bias),
        (built.norm1.weight, found.norm1.gain), (built.norm1.bias, found.norm1.bias),
        (built.norm2.weight, found.norm2.gain), (built.norm2.bias, found.norm2.bias),
    ]  # fmt: skip
    with torch.no_grad():
        for theirs, ours in pairs:
            theirs.copy_(ours)
