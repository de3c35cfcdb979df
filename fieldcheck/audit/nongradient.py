"""The share of a module's Jacobian that no potential can give.

A force is a gradient near x only if its Jacobian J is symmetric.  J splits into a symmetric part
and the antisymmetric A = (J - J^T)/2, orthogonal to each other, so ‖A‖²/‖J‖² lies between 0 (a
gradient, to first order at x) and 1 (a rotation).  A square matrix of independent entries has
about one half.  For a Gaussian probe h the mean of ‖Ah‖² is ‖A‖²; J^T h is a backward derivative,
and J h the backward derivative of that, so J is never formed.
Source: M. Hutchinson, "A Stochastic Estimator of the Trace of the Influence Matrix" (1990).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel


@dataclass(frozen=True)
class NonGradient:
    """‖A‖²/‖J‖² at a point, its standard error over the probes, and their number."""

    fraction: float
    standard_error: float
    probes: int

    def __str__(self) -> str:
        return f"{self.fraction:.3f} ± {self.standard_error:.3f}"


def nongradient_fraction(
    module: Callable[[Tensor], Tensor], x: Tensor, probes: int = 64, seed: int = 0
) -> NonGradient:
    """Estimate ‖(J - J^T)/2‖² / ‖J‖² for the Jacobian J of ``module`` at ``x``.

    ``module`` maps a real tensor of any shape to one of the same shape, without chance (call
    ``eval()`` first).  Leave a residual connection out: the identity is a gradient and would
    dilute the measurement.  A constant module has fraction 0.  The same seed gives the same probes.

    Raises ValueError if shapes differ, if x is not floating point, if there are fewer than two
    probes, or if a derivative is not finite.
    """
    if not x.is_floating_point():
        raise ValueError(f"x must be real floating point, not {x.dtype}")
    if probes < 2:
        raise ValueError(f"at least two probes are needed, not {probes}")
    x = x.detach()
    # Only the plain attention kernel can be differentiated twice.
    with sdpa_kernel(SDPBackend.MATH):
        y, back, *_ = torch.func.vjp(module, x)
        if y.shape != x.shape:
            raise ValueError(
                f"a force has the shape of its state: {tuple(x.shape)} became {tuple(y.shape)}"
            )
        # J^T u is linear in u, and the transpose of u -> J^T u is J.
        _, push, *_ = torch.func.vjp(lambda u: back(u)[0], torch.zeros_like(y))
        generator = torch.Generator().manual_seed(seed)
        anti, whole = [], []
        for _ in range(probes):
            h = torch.randn(x.shape, generator=generator, dtype=torch.float64).to(x)
            forward = push(h)[0].detach()
            backward = back(h)[0].detach()
            anti.append(((forward - backward) ** 2).sum().double() / 4)
            whole.append((forward**2 + backward**2).sum().double() / 2)
    a, w = torch.stack(anti), torch.stack(whole)
    if not (torch.isfinite(a).all() and torch.isfinite(w).all()):
        raise ValueError("a derivative is not finite at this point")
    if float(w.sum()) == 0:
        return NonGradient(0.0, 0.0, probes)
    fraction = a.sum() / w.sum()
    error = (a - fraction * w).std() / w.mean() / probes**0.5
    return NonGradient(float(fraction), float(error), probes)
