"""MLPs, gated units, convolutions, cones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fieldcheck.ops import reference

from .attention import gradient
from .exhibit import CHANNELS, CONTRACTS, FINE, TOKENWISE, Exhibit, draw, normed, turning

UP, GATE = draw(4, 8, seed=31), draw(4, 8, seed=32)
DOWN = draw(8, 4, seed=33)
# At zero the Jacobian is UP DOWN: turned so that its norm is 2 and its symmetric part indefinite.
BACK = torch.linalg.pinv(UP) @ turning(2.0)
TIED = normed(UP, 1.0)
BIAS = torch.linspace(-0.8, 0.9, 8, dtype=torch.float64)


def _is(name, f, yes="", degree=None, orders=None, family="MLP"):
    return Exhibit(name, family, lambda: f, f"{FINE} {TOKENWISE} {yes}", degree, orders)


def pair(x: Tensor) -> Tensor:
    """A potential of gated units: the gate's output times the unit's input."""
    return (F.silu(x @ GATE) * (x @ UP)).sum()


KERNEL = draw(4, 4, 3, seed=34)


def ring(x: Tensor, weight: Tensor = KERNEL) -> Tensor:
    return F.conv1d(F.pad(x[None], (1, 1), "circular"), weight)[0]


def ring_energy(x: Tensor) -> Tensor:
    return (torch.relu(ring(x)) ** 2).sum() / 2


def line(x: Tensor) -> Tensor:
    return F.conv1d(x[None], KERNEL, padding=1)[0]


def line_back(x: Tensor) -> Tensor:
    return F.conv_transpose1d(torch.tanh(line(x))[None], KERNEL, padding=1)[0]


def _conv(name, f, yes, degree=None, orders=None, pattern="some", shape=(4, 6), channels=0):
    return Exhibit(name, "convolution", lambda: f, f"{FINE} {yes}", degree, orders, pattern,
                   shape=shape, channels=channels)  # fmt: skip


EXHIBITS = [
    _is("MLP", lambda x: torch.tanh(x @ UP) @ BACK, "phase token_phases", None, (1, 3)),
    _is("MLP, tied", lambda x: torch.tanh(x @ TIED) @ TIED.T,
        f"phase token_phases gradient {CONTRACTS}", None, (1, 3)),
    _is("MLP, tied, downhill", lambda x: -torch.relu(x @ TIED + BIAS) @ TIED.T,
        "gradient nonexpansive", None, (0, 1)),
    _is("SwiGLU", lambda x: (F.silu(x @ GATE) * (x @ UP)) @ DOWN, "", None, (2, 3), "gated"),
    _is("GLU, bilinear", lambda x: ((x @ GATE) * (x @ UP)) @ DOWN, "", 2, (2,), "gated"),
    _is("GLU of a potential", gradient(pair), "gradient", None, (1, 2, 4), "gated"),
    _conv("convolution on a ring", ring, "shift phase", 1, (1,)),
    _conv("convolution on a ring, tied", gradient(ring_energy), "shift gradient monotone", 1),
    _conv("convolution with zeros around", line, "phase", 1, (1,), "local"),
    _conv("convolution with zeros around, tied", line_back, "phase gradient monotone", None, (1, 3),
          "local"),
    Exhibit("average pooling", "convolution", lambda: nn.AvgPool2d(3, 1, 1),
            f"{FINE} modes U_C {CHANNELS} phase channel_phases gradient nonexpansive", 1, (1,),
            "some", shape=(1, 4, 4, 4), channels=1),
    Exhibit("CoLU", "cone", lambda: lambda x: reference.colu(x, 4),
            f"{FINE} {TOKENWISE} groups idempotent", 1, shape=(6, 8)),
    Exhibit("nearest point of cones", "cone", lambda: lambda x: reference.soc_projection(x, 4),
            f"{FINE} {TOKENWISE} groups gradient idempotent {CONTRACTS}", 1, shape=(6, 8)),
]  # fmt: skip
