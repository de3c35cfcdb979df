"""The potential of a gradient field, by line integral, and whether it gives the field back."""

from __future__ import annotations

import torch
from torch import Tensor

from ..answer import NOT_ASKED, UNDECIDED, YES, Answer, Answers, judged, not_asked
from ..products import _differentiable
from ..subject import Subject, relative
from .line import Potential, work

TIMES = 10.0
"""A defect counts only beyond so many times the quadrature's own doubt."""
CRUDE = 1e-3
"""With more doubt than this nothing is decided."""


def base_of(s: Subject) -> Tensor:
    """Where potentials begin: zero, where the force is finite around it; else the example."""
    zero = torch.zeros_like(s.x)
    try:
        finite = torch.isfinite(s.real(s.fresh(zero + 1e-3 * s.x))).all()
    except ValueError:
        finite = torch.tensor(False)
    return zero if finite else s.x.clone()


def potential(s: Subject, so_far: Answers) -> Answer:
    """∇S against F, and the works along two paths, where F is found to be a gradient."""
    metric = _weights(so_far)
    if so_far["gradient"].verdict != YES and metric is None:
        return not_asked("no gradient in the Euclidean metric nor in one of the channels")
    weights = None if so_far["gradient"].verdict == YES else metric
    found = Potential(s, base_of(s), 8 if s.lean else 24, weights)
    ends = [s.real(z).double() for z in s.points(2)]
    defect, doubt = _agreement(s, found, ends[-1])
    if doubt > CRUDE:
        return Answer(UNDECIDED, defect, note="its line integrals do not converge: F jumps")
    if not s.lean:
        unsure = _gradient_doubt(s, found, s.points(2)[-1])
        if unsure <= CRUDE:  # at kinks of F the derivative's quadrature is poor, the works' is not
            defect, doubt = max(defect, _gradient_defect(s, found, s.points(2)[-1])), doubt + unsure
    answer = judged(defect, max(1e3 * s.tol, TIMES * doubt, 1e-7), {"path": "the triangle"})
    answer.detail["callable"] = found
    return answer


def _weights(so_far: Answers) -> Tensor | None:
    answer = so_far["diagonal"]
    if answer.verdict in (YES, NOT_ASKED) and "weights" in answer.detail:
        return torch.tensor(answer.detail["weights"], dtype=torch.float64)
    return None


def _agreement(s: Subject, found: Potential, b: Tensor) -> tuple[float, float]:
    """S(b) - S(a) against the work from a to b, over the works' sizes; what to doubt of it."""
    a, factor = s.real(s.x), 2.0 if s.complex else 1.0
    scaled = lambda t: t
    if found.weights is not None:
        return 0.0, 0.0  # the gradient itself is compared
    b = scaled(b).to(a)
    value = lambda r, n: float(Potential(s, found.base, n)(s.native(s.back(r))).detach())
    n = found.count
    with _differentiable():
        direct = [factor * work(s, a, b, k) for k in (n, n - 2)]
        ends = [[value(r, k) for k in (n, n - 2)] for r in (a, b)]
    size = abs(direct[0]) + abs(ends[0][0]) + abs(ends[1][0])
    if not size:
        return 0.0, 0.0
    doubt = sum(abs(p - q) for p, q in (direct, *ends)) / size
    return abs(ends[1][0] - ends[0][0] - direct[0]) / size, doubt


def _slope(s: Subject, found: Potential, z: Tensor) -> Tensor:
    with _differentiable():
        leaf = s.native(z).clone().requires_grad_()
        value = found(leaf)
        if not value.requires_grad:
            return torch.zeros_like(z)
        (g,) = torch.autograd.grad(value, leaf)
    return s.canonical(g) / (2 if s.complex else 1)


def _gradient_defect(s: Subject, found: Potential, z: Tensor) -> float:
    f = s.at(z)
    try:
        slope = _slope(s, found, z)
    except RuntimeError:
        return 0.0
    if s.products(z).note:
        return 0.0
    return relative(slope, f if found.weights is None else f * found.weights.to(f))


def _gradient_doubt(s: Subject, found: Potential, z: Tensor) -> float:
    fewer = Potential(s, found.base, found.count - 2, found.weights)
    try:
        return relative(_slope(s, found, z), _slope(s, fewer, z))
    except RuntimeError:
        return 0.0
