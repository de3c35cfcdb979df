"""Normalizations."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from .exhibit import CHANNELS, CONTRACTS, FINE, SIGNS, TOKENWISE, Exhibit

NORM = f"{TOKENWISE} {CHANNELS} gradient phase token_phases add_channels monotone"


def _trained(module: Any) -> nn.Module:
    """Gains from one half to one, biases and statistics of unit size."""
    with torch.no_grad():
        module.weight.copy_(torch.linspace(0.5, 1, len(module.weight)))
        module.bias.copy_(torch.linspace(-1, 0.7, len(module.bias)))
        if hasattr(module, "running_var"):
            module.running_mean.copy_(torch.linspace(-0.5, 1, len(module.weight)))
            module.running_var.fill_(2.0)
    return module


EXHIBITS = [
    Exhibit("layer norm", "norm", lambda: nn.LayerNorm(4, elementwise_affine=False),
            f"{FINE} modes {NORM}", None, (1, 3)),
    Exhibit("layer norm with gain", "norm", lambda: _trained(nn.LayerNorm(4)),
            f"{FINE} modes {TOKENWISE} diagonal add_channels", None, (0, 1, 3)),
    Exhibit("layer norm, eps = 0", "norm", lambda: lambda x: F.layer_norm(x, (4,), eps=0.0),
            f"huge {NORM} idempotent", 0, silent="taylor"),
    Exhibit("RMS norm", "norm", lambda: nn.RMSNorm(4, eps=1e-5, elementwise_affine=False),
            f"{FINE} modes {TOKENWISE} {CHANNELS} U_C {SIGNS} gradient monotone", None, (1, 3)),
    Exhibit("batch norm in eval mode", "norm", lambda: _trained(nn.BatchNorm1d(4)),
            f"{FINE} {TOKENWISE} gradient {CONTRACTS}", None, (0, 1)),
    Exhibit("group norm", "norm", lambda: nn.GroupNorm(2, 8, affine=False),
            f"{FINE} modes {TOKENWISE} gradient groups phase token_phases add_channels monotone",
            None, (1, 3), shape=(6, 8)),
]  # fmt: skip
