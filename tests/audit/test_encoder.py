"""Layers of the trained encoder, rebuilt as PyTorch's own, compute what the study's forces do."""

import pytest
import torch

from fieldcheck.audit import AuditError
from fieldcheck.audit.checkpoint import load
from fieldcheck.audit.encoder import layer
from fieldcheck.audit.transformer import Transformer


def test_a_layer_is_the_studys(bert_folder):
    model = load(bert_folder)
    x = torch.randn(7, model.channels, dtype=torch.float64)
    for number, each in enumerate(model.layers):
        theirs = layer(number, str(bert_folder))(x[None])[0].detach()
        ours = Transformer(model, compiled=False).layer(each, x)
        assert float((theirs - ours).abs().max()) < 1e-12


def test_refusals(bert_folder, gpt2_folder):
    with pytest.raises(AuditError, match="has no layer 2"):
        layer(2, str(bert_folder))
    with pytest.raises(AuditError, match="gpt2"):
        layer(0, str(gpt2_folder))
