"""Line integrals of a force, by Gauss and Legendre's nodes: the work along straight pieces."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor

from ..subject import Subject, evaluating


def nodes(count: int) -> tuple[list[float], list[float]]:
    t, w = np.polynomial.legendre.leggauss(count)
    return ((t + 1) / 2).tolist(), (w / 2).tolist()


def work(s: Subject, a: Tensor, b: Tensor, count: int) -> float:
    """∫⟨F, dx⟩ from a to b (real states) along the straight line."""
    step = (b - a).double()
    total = 0.0
    for t, w in zip(*nodes(count), strict=True):
        total += w * float((s.real(s.fresh(s.back(a + t * (b - a)))).double() * step).sum())
    return total


def closed(s: Subject, corners: list[Tensor], count: int) -> tuple[float, float]:
    """(the work along a path of corners, the sum of the pieces' sizes)."""
    parts = [work(s, a, b, count) for a, b in itertools.pairwise(corners)]
    return sum(parts), sum(abs(p) for p in parts)


class Potential:
    """S(x) = ∫ ⟨F(x₀ + t(x - x₀)), x - x₀⟩ dt: where F is a gradient, ∇S = F.

    Takes a state as the module does and gives a number, differentiably.  For complex states the
    gradient is Wirtinger's, ∂S/∂x̄ = F.  ``weights``, one a channel, is the diagonal metric:
    the gradient is then ``weights`` times F.
    """

    def __init__(self, s: Subject, base: Tensor, count: int, weights: Tensor | None = None) -> None:
        self._subject, self.base, self.count, self.weights = s, base, count, weights

    def __call__(self, x: Tensor) -> Tensor:
        if not x.requires_grad:  # a force may itself be a derivative
            return self(x.detach().clone().requires_grad_()).detach()
        s = self._subject
        z = s.canonical(x.to(s.x.dtype))
        step = s.real(z - self.base)
        if self.weights is not None:
            step = step * (self.weights if step.ndim == 3 else self.weights[:, None])
        total: Tensor = torch.zeros((), dtype=step.dtype, device=step.device)
        with evaluating(s.module):
            for t, w in zip(*nodes(self.count), strict=True):
                total = total + w * (s.real(s.force(self.base + t * (z - self.base))) * step).sum()
        return 2 * total if s.complex else total
