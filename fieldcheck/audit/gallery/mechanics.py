"""Hamiltonian fields and maps, and complex modules."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .exhibit import (
    CHANNELS,
    CONTRACTS,
    FINE,
    LINEAR,
    SIGNS,
    TOKENWISE,
    Exhibit,
    frame,
    normed,
    symmetric,
)

STEP = 0.5


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., :2], x[..., 2:]


def omega(x: Tensor) -> Tensor:
    q, p = halves(x)
    return torch.cat([p, -q], -1)


def rotation(x: Tensor) -> Tensor:
    return math.cos(0.3) * x + math.sin(0.3) * omega(x)


def pendulums(x: Tensor, friction: float = 0.0) -> Tensor:
    q, p = halves(x)
    return torch.cat([p, -torch.sin(q) - friction * p], -1)


def leapfrog(x: Tensor) -> Tensor:
    q, p = halves(x)
    p = p - STEP / 2 * torch.sin(q)
    q = q + STEP * p
    return torch.cat([q, p - STEP / 2 * torch.sin(q)], -1)


HERMITIAN = symmetric([-0.9, -0.3, 0.5, 0.9], seed=41, complex=True)
# Its numerical range has both signs: half turns beside small ones.
GENERAL = (
    1.5
    * frame(4, seed=42, complex=True)
    @ torch.diag(torch.tensor([1.0, 1.0j, -1.0, 1.0])).to(torch.complex128)
    @ frame(4, seed=42, complex=True).mH
)
UNITARY = torch.linalg.matrix_exp(0.5j * normed(HERMITIAN, 1.0))


def saturated(z: Tensor) -> Tensor:
    r = z.abs()
    return z * torch.tanh(r) / r.clamp(min=1e-30)


def split_relu(z: Tensor) -> Tensor:
    return torch.complex(torch.relu(z.real), torch.relu(z.imag))


ODD = "phase token_phases"


def _real(name, f, yes, degree=None, orders=(1, 3)):
    return Exhibit(name, "mechanics", lambda: f, f"{FINE} {TOKENWISE} {ODD} {yes}", degree, orders)


def _complex(name, f, yes, degree=None, orders=(1,), pattern="none"):
    return Exhibit(name, "complex", lambda: f, f"{FINE} {TOKENWISE} {yes}", degree, orders, pattern,
                   complex=True)  # fmt: skip


EXHIBITS = [
    _real("harmonic oscillators", omega,
          "U_N groups norm hamiltonian symplectic nonexpansive monotone", 1, (1,)),
    _real("rotation in phase space", rotation, "U_N groups symplectic nonexpansive monotone",
          1, (1,)),
    _real("pendulums", pendulums, "hamiltonian nonexpansive"),
    _real("pendulums with friction", lambda x: pendulums(x, 0.5), ""),
    # Entries of the symmetric part: at least 0.875 on the diagonal, at most 0.52 beside it.
    _real("pendulums, one leapfrog step", leapfrog, "symplectic monotone"),
    _complex("complex linear", lambda z: z @ GENERAL, LINEAR, 1),
    _complex("complex linear, Hermitian", lambda z: z @ HERMITIAN,
             f"{LINEAR} gradient nonexpansive", 1),
    _complex("Schrödinger's field", lambda z: 1j * z @ HERMITIAN,
             f"{LINEAR} norm hamiltonian nonexpansive monotone", 1),
    _complex("complex linear, unitary", lambda z: z @ UNITARY,
             f"{LINEAR} symplectic nonexpansive monotone", 1),
    _complex("modulus, saturated", saturated, f"{CHANNELS} {SIGNS} gradient {CONTRACTS}",
             None, (1, 3)),
    _complex("ReLU of both parts", split_relu, f"{CHANNELS} gradient idempotent {CONTRACTS}",
             1, None),
    _complex("complex quartic field", lambda z: z @ z.mH @ z,
             f"{CHANNELS} U_N U_C {SIGNS} gradient monotone", 3, (3,), "all"),
]  # fmt: skip
