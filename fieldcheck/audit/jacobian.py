"""How far a force on tokens is from a gradient: in the Euclidean metric, and in the best per token.

A metric that weighs token i by z_i turns the blocks J_ij of the Jacobian, C x C, into
√(z_i/z_j) J_ij in its own orthonormal frame.  Tr J² does not change, so the antisymmetric share is
½ (1 - Tr J²/Σ (z_i/z_j) ‖J_ij‖²), and the best weights are those that balance the matrix of the
‖J_ij‖²: a convex problem in log z, solved row by row (E. Osborne 1960).

The weights may depend on the state.  Then their derivatives enter, F_i times whatever they are, and
a gradient is recognized on the directions at right angles to each token's own force: there, and
only there, the blocks must be symmetric.  Attention with W symmetric and values tied passes, with
z_i its partition sum (B. Geshkovski et al., "A Mathematical Perspective on Transformers", 2023).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]
Force = Callable[[Tensor], Tensor]

RANGE = 1e3
"""Largest ratio of two tokens' weights.  Without a limit, causal attention would be scaled away."""


def share(force: Force, x: Tensor, probes: int, generator: torch.Generator) -> float:
    """The antisymmetric share ‖(J - Jᵀ)/2‖²/‖J‖² at x, from ``probes`` Gaussian probes."""
    h = torch.randn(probes, *x.shape, generator=generator, dtype=torch.float64).to(x)
    forward, backward = _products(force, x, h)
    whole = float((forward**2 + backward**2).sum().double())
    return float(((forward - backward) ** 2).sum().double()) / (2 * whole) if whole else 0.0


def best_share(force: Force, x: Tensor, probes: int, generator: torch.Generator) -> float:
    """The share in the best per-token metric at x, N x C, from twice ``probes`` probes a token.

    The weights are fitted on one half of the probes and judged on the other, both ways.
    """
    halves = [blocks(force, x, probes, generator) for _ in range(2)]
    found = []
    for (a, _), (judge, cross) in (halves, halves[::-1]):
        z = balancing(a)
        whole = float((z[:, None] / z[None, :] * judge).sum())
        found.append((1 - cross / whole) / 2 if whole else 0.0)
    return float(np.mean(found))


def blocks(force: Force, x: Tensor, probes: int, generator: torch.Generator) -> tuple[Array, float]:
    """Estimates of ‖J_ij‖², N x N, and of Tr J², both at right angles to each token's force."""
    n, channels = x.shape
    along = torch.nn.functional.normalize(force(x).detach(), dim=-1)
    off = lambda t: t - (t * along).sum(-1, keepdim=True) * along
    h = torch.zeros(n, probes, n, channels, dtype=x.dtype)
    each = torch.randn(n, probes, channels, generator=generator, dtype=torch.float64).to(x)
    h[torch.arange(n), :, torch.arange(n)] = each
    forward, backward = (off(t) for t in _products(force, x, off(h.flatten(0, 1))))
    mean = lambda t: t.sum(-1).double().unflatten(0, (n, probes)).mean(1)
    down, across = mean(forward**2), mean(backward**2)  # by the token that is moved
    return ((down.T + across) / 2).numpy(), float(mean(forward * backward).sum())


def balancing(a: Array, limit: float = RANGE, sweeps: int = 1000) -> Array:
    """Weights z that minimize Σ (z_i/z_j) a_ij, with max z/min z at most ``limit``."""
    off = a * (1 - np.eye(len(a)))
    z, top = np.ones(len(a)), limit**0.5
    for _ in range(sweeps):
        before = z.copy()
        for i in range(len(a)):
            into, out = float(off[:, i] @ z), float(off[i] @ (1 / z))
            if into > 0 and out > 0:
                z[i] = np.clip((into / out) ** 0.5, 1 / top, top)
            else:
                z[i] = top if into > out else 1 / top
        if np.abs(np.log(z / before)).max() < 1e-12:
            break
    return z


def _products(force: Force, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """J h and Jᵀh for a batch of tensors h."""
    _, pull, *_ = torch.func.vjp(force, x)
    with warnings.catch_warnings():  # torch's own forward rules still go through torch.jit
        warnings.simplefilter("ignore", DeprecationWarning)
        forward = torch.vmap(lambda t: torch.func.jvp(force, (x,), (t,))[1])(h)
    return forward.detach(), torch.vmap(lambda u: pull(u)[0])(h).detach()
