"""Functions of one entry, of the entries of a token, and what is projected there."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .exhibit import CHANNELS, CONTRACTS, FINE, LINEAR, SIGNS, TOKENWISE, Exhibit, draw

EACH = f"{FINE} {TOKENWISE} {CHANNELS} gradient"
ROTATED = f"{EACH} U_C {SIGNS}"


def _module(name, make, yes="", degree=None, orders=None, silent=""):
    return Exhibit(name, "activation", make, f"{EACH} modes {yes}", degree, orders, silent=silent)


def _function(name, f, yes="", degree=None, orders=None, base=EACH, **rest):
    return Exhibit(name, "activation", lambda: f, f"{base} {yes}", degree, orders, **rest)


def sparsemax(x: Tensor) -> Tensor:
    """The nearest point of the simplex, token by token."""
    z, _ = x.sort(-1, descending=True)
    total = z.cumsum(-1) - 1
    k = torch.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    size = (z * k > total).sum(-1, keepdim=True).clamp(min=1)
    return torch.relu(x - total.gather(-1, size - 1) / size)


def ball(x: Tensor) -> Tensor:
    return x / x.norm(dim=-1, keepdim=True).clamp(min=1)


def shrink_together(x: Tensor) -> Tensor:
    return x * torch.relu(1 - 0.5 / x.norm(dim=-1, keepdim=True).clamp(min=1e-30))


def naive_softmax(x: Tensor) -> Tensor:
    return x.exp() / x.exp().sum(-1, keepdim=True)


ALL = (0, 1, 2, 3, 4)
ODD = (1, 3)
IDENTITY = f"{LINEAR} U_C {SIGNS} symplectic add_channels add_tokens idempotent {CONTRACTS}"

EXHIBITS = [
    _module("identity", nn.Identity, IDENTITY, 1, (1,)),
    Exhibit("dropout in eval mode", "activation", nn.Dropout, f"{EACH} {IDENTITY}", 1, (1,)),
    _module("ReLU", nn.ReLU, f"idempotent {CONTRACTS}", 1),
    _module("leaky ReLU", lambda: nn.LeakyReLU(0.1), CONTRACTS, 1),
    _module("ELU", nn.ELU, CONTRACTS),
    _module("SELU", nn.SELU, "monotone"),
    _module("GELU", nn.GELU, "", None, (1, 2, 4)),
    _module("SiLU", nn.SiLU, "", None, (1, 2, 4)),
    _module("tanh", nn.Tanh, f"{SIGNS} {CONTRACTS}", None, ODD),
    _module("sigmoid", nn.Sigmoid, CONTRACTS, None, (0, 1, 3)),
    _module("softplus", nn.Softplus, CONTRACTS, None, (0, 1, 2, 4)),
    _module("softsign", nn.Softsign, f"{SIGNS} {CONTRACTS}"),
    _module("hardtanh", nn.Hardtanh, f"{SIGNS} idempotent {CONTRACTS}", None, (1,)),
    _module("softshrink", nn.Softshrink, f"{SIGNS} {CONTRACTS}", None, ()),
    # It jumps: its potential is there, and no line integral finds it well.
    _module("hardshrink", nn.Hardshrink, f"{SIGNS} idempotent monotone", None, (),
            silent="potential"),
    _function("square", lambda x: x * x, "", 2, (2,)),
    _function("cube", lambda x: x**3, f"{SIGNS} monotone", 3, (3,)),
    _function("sine", torch.sin, f"{SIGNS} nonexpansive", None, ODD),
    _function("exponential", torch.exp, "monotone", None, ALL, EACH.replace("huge", "")),
    _function("absolute value", torch.abs, "idempotent nonexpansive", 1),
    Exhibit("constant", "activation", lambda: lambda x: 0 * x + draw(6, 4, seed=9),
            f"{FINE} gradient hamiltonian add_channels add_tokens idempotent {CONTRACTS}", 0, (0,)),
    _module("softmax", lambda: nn.Softmax(-1), f"add_channels {CONTRACTS}", None, ALL),
    _function("softmax, not guarded", naive_softmax, f"add_channels {CONTRACTS}", None, ALL,
              EACH.replace("huge", "")),
    _module("log-softmax", lambda: nn.LogSoftmax(-1), "add_channels idempotent", None, ALL),
    _function("sparsemax", sparsemax, f"add_channels idempotent {CONTRACTS}", None, (0, 1)),
    _function("nearest point of the ball", ball, f"U_C {SIGNS} idempotent {CONTRACTS}", None, (1,)),
    _function("tokens shrunk", shrink_together, f"U_C {SIGNS} {CONTRACTS}", None, ()),
    _function("tokens normalized", lambda x: F.normalize(x, dim=-1),
              f"U_C {SIGNS} idempotent monotone", 0),
    _function("tokens normalized, not guarded", lambda x: x / x.norm(dim=-1, keepdim=True),
              f"U_C {SIGNS} idempotent monotone", 0, None,
              EACH.replace("zero", "").replace("degenerate", ""), silent="taylor"),
]  # fmt: skip


def _without_gradient(exhibit: Exhibit) -> Exhibit:
    from dataclasses import replace

    return replace(exhibit, yes=exhibit.yes.replace("gradient", ""))


EXHIBITS = [_without_gradient(e) if e.name == "log-softmax" else e for e in EXHIBITS]
