"""What hangs in the gallery: a module with the answers that mathematics gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

N, C = 6, 4
"""Tokens and channels, where nothing else is said."""

FINE = "zero huge degenerate"
TOKENWISE = "S_N shift"
CHANNELS = "S_C groups"
SIGNS = "phase token_phases channel_phases"
SILENT = "silent"
LINEAR = "U_N S_N shift phase token_phases"
"""What every linear map of the channels commutes with."""
CONTRACTS = "nonexpansive monotone firm"


@dataclass(frozen=True)
class Exhibit:
    """A module, a state for it, and the answers: keys of questions that it answers with yes.

    All others are no, except ``silent``, which cannot be answered and must not be.  What follows
    by a theorem is not listed: a gradient is one in any finer metric, has a potential, and balances
    its flow; a map commutes with scalings if its degree is 1; projections are idempotent and firm,
    proximal maps gradients and firm.  ``degree``, ``orders`` and ``pattern`` are the details of the
    other answers.
    """

    name: str
    family: str
    make: Callable[[], Callable[[Tensor], Any]]
    yes: str
    degree: float | None = None
    orders: tuple[int, ...] | None = None
    pattern: str = "none"
    silent: str = ""
    shape: tuple[int, ...] = (N, C)
    complex: bool = False
    channels: int = -1

    def example(self) -> Tensor:
        kind = torch.complex128 if self.complex else torch.float64
        return torch.randn(self.shape, generator=generator(1), dtype=kind)

    def module(self) -> Callable[[Tensor], Any]:
        """The module with its weights, the same in every run."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            made = self.make()
        return made.double() if isinstance(made, torch.nn.Module) else made

    def truth(self) -> dict[str, str]:
        """The right verdict by question."""
        from ..questions import QUESTIONS

        yes = set(self.yes.split()) | {"deterministic"}
        silent = set(self.silent.split())
        if "gradient" in yes:  # in particular
            yes |= {"diagonal", "token", "balance"}
        if {"gradient", "diagonal"} & yes:
            yes |= {"potential"}
        else:
            silent |= {"potential"}
        if {"idempotent", "firm"} <= yes:
            yes |= {"projection"}
        if {"gradient", "firm"} <= yes:
            yes |= {"prox"}
        yes |= {key for key, holds in (
            ("homogeneous", self.degree is not None), ("scaling", self.degree == 1),
            ("taylor", self.orders is not None), ("interaction", self.pattern != "none"),
        ) if holds}  # fmt: skip
        if not isinstance(self.module(), torch.nn.Module):  # a function has no modes
            silent |= {"modes"}
        if self.complex:
            silent |= {"token"}
        word = lambda key: SILENT if key in silent else "yes" if key in yes else "no"
        return {q.key: word(q.key) for q in QUESTIONS}


# ----------------------------------------------------------------------------------------- matrices


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*sizes: int, seed: int = 2, complex: bool = False) -> Tensor:
    kind = torch.complex128 if complex else torch.float64
    return torch.randn(*sizes, generator=generator(seed), dtype=kind)


def frame(n: int, seed: int = 3, complex: bool = False) -> Tensor:
    """A random orthogonal, or unitary, matrix."""
    return torch.linalg.qr(draw(n, n, seed=seed, complex=complex)).Q


def symmetric(values: list[float], seed: int = 3, complex: bool = False) -> Tensor:
    """A symmetric, or Hermitian, matrix with these eigenvalues in a random frame."""
    q = frame(len(values), seed, complex)
    return (q * torch.tensor(values, dtype=torch.float64)) @ q.mH


def turning(size: float, seed: int = 4) -> Tensor:
    """4 x 4: turns by 120 and by 30 degrees in random planes, times size.

    So its norm is ``size``, and its symmetric part has eigenvalues of both signs.
    """
    angles = torch.tensor([2.0944, 0.5236], dtype=torch.float64)
    c, s = angles.cos(), angles.sin()
    blocks = [
        torch.stack([torch.stack([a, -b]), torch.stack([b, a])]) for a, b in zip(c, s, strict=True)
    ]
    q = frame(4, seed)
    return size * q @ torch.block_diag(*blocks) @ q.T


def antisymmetric(size: float, seed: int = 5) -> Tensor:
    a = draw(C, C, seed=seed)
    a = a - a.T
    return size * a / torch.linalg.matrix_norm(a, 2)


def normed(a: Tensor, size: float) -> Tensor:
    """The matrix scaled to this spectral norm."""
    return size * a / torch.linalg.matrix_norm(a, 2)
