"""The share of a module's Jacobian that no potential can give.

A force is a gradient near x only if its Jacobian J is symmetric.  J splits into a symmetric part
and the antisymmetric A = (J - J^T)/2, orthogonal to each other, so ‖A‖²/‖J‖² lies between 0 (a
gradient, to first order at x) and 1 (a rotation).  A square matrix of independent entries has
about one half.  For a Gaussian probe h the mean of ‖Ah‖² is ‖A‖²; J^T h is a backward derivative,
and J h the backward derivative of that, so J is never formed.  Where only J h is to be had,
‖A‖² = (‖J‖² - Tr J²)/2 and ⟨h, J J h⟩ has the mean Tr J².
Source: M. Hutchinson, "A Stochastic Estimator of the Trace of the Influence Matrix" (1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy import stats
from torch import Tensor

from .products import Force, Products

FEWEST = 8
"""With fewer probes the error bars cover the truth too seldom, Student's factor or not."""


@dataclass(frozen=True)
class NonGradient:
    """‖A‖²/‖J‖² at a point, its standard error over the probes, and their number.

    The error is widened as Student's law asks, so that twice it covers the truth about 95 times of
    a hundred, with few probes too.
    ``note`` says why differences were taken where autograd could not serve; else it is empty.
    """

    fraction: float
    standard_error: float
    probes: int
    note: str = ""

    def __str__(self) -> str:
        found = f"{self.fraction:.3f} ± {self.standard_error:.3f}"
        return f"{found} (by finite differences: {self.note})" if self.note else found


def nongradient_fraction(module: Force, x: Tensor, probes: int = 64, seed: int = 0) -> NonGradient:
    """Estimate ‖(J - J^T)/2‖² / ‖J‖² for the Jacobian J of ``module`` at ``x``.

    ``module`` maps a real tensor of any shape to one of the same shape, without chance (call
    ``eval()`` first).  Leave a residual connection out: the identity is a gradient and would
    dilute the measurement.  A constant module has fraction 0.  The same seed gives the same probes.
    A module that hides its derivatives from autograd is measured by finite differences, and the
    result says so.

    Raises ValueError if shapes differ, if x is not floating point, if there are fewer than eight
    probes, if the module does not depend differentiably on x, or if a derivative is not finite.
    """
    if probes < FEWEST:
        raise ValueError(f"at least eight probes are needed for an error bar, not {probes}")
    products = Products(module, x)
    generator = torch.Generator().manual_seed(seed)
    draw = lambda: torch.randn(x.shape, generator=generator, dtype=torch.float64).to(x.device)
    hs = [draw() for _ in range(probes)]
    # Squares of the smallest or largest numbers leave float64; the fraction has no scale.
    size = float(products.push(hs[0]).abs().amax()) if x.numel() else 0.0
    drawn = [_probe(products, h, size or 1.0) for h in hs]
    a, w = torch.tensor(drawn, dtype=torch.float64).T
    if not (torch.isfinite(a).all() and torch.isfinite(w).all()):
        raise ValueError("a derivative is not finite at this point")
    if float(w.sum()) == 0:
        return NonGradient(0.0, 0.0, probes, products.note)
    fraction = a.sum() / w.sum()
    error = (a - fraction * w).std() / w.mean() / probes**0.5
    error = error * stats.t.ppf(0.975, probes - 1) / stats.norm.ppf(0.975)
    return NonGradient(max(0.0, float(fraction)), float(error), probes, products.note)


def _probe(products: Products, h: Tensor, size: float) -> tuple[float, float]:
    """Estimates of ‖A‖² and ‖J‖² from one probe, in units of size²."""
    forward = products.push(h) / size
    if products.note:
        whole = float((forward**2).sum())
        return (whole - float((h * products.push(forward) / size).sum())) / 2, whole
    backward = products.pull(h) / size
    anti = float(((forward - backward) ** 2).sum()) / 4
    return anti, float((forward**2 + backward**2).sum()) / 2
