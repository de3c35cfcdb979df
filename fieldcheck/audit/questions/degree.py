"""The degree of homogeneity, and the orders that a Taylor expansion at zero has."""

from __future__ import annotations

import math

import numpy as np
import torch

from ..answer import NO, UNDECIDED, YES, Answer, Answers, not_asked
from ..subject import Subject, relative

ORDERS = 4
PRESENT = 1e-7


def homogeneous(s: Subject, _: Answers) -> Answer:
    """F(λx) = λ^d F(x) for positive λ; the number is d where it holds, else the defect."""
    worst, degrees, witness = 0.0, [], None
    wide = lambda t: t.to(torch.complex128 if t.is_complex() else torch.float64)
    for z in s.points(2):
        f = wide(s.at(z))
        size = float(f.norm())
        if not size:
            continue
        for scale in (2.0, 0.5, 3.0, *_far(s)):
            g = wide(s.fresh(scale * z))
            along = abs(complex(torch.sum(f.conj() * g))) / size**2
            if scale in _far(s) and not math.isfinite(along):
                continue  # out of the format's range
            if not along or not math.isfinite(along):
                return Answer(NO, 1.0, s.tol, "", {"scale": scale})
            degree = round(math.log(along) / math.log(scale) * 2) / 2
            degrees.append(degree)
            defect = relative(g, scale**degree * f)
            if defect > worst or len(set(degrees)) > 1:
                worst, witness = max(worst, defect), {"scale": scale, "degree there": degree}
    if not degrees:
        return Answer(UNDECIDED, note="the force is zero wherever it was asked")
    if worst <= s.tol and len(set(degrees)) == 1:
        return Answer(YES, worst, s.tol, f"degree {degrees[0]:g}", None, {"degree": degrees[0]})
    return Answer(NO, worst, s.tol, "", witness)


def _far(s: Subject) -> tuple[float, ...]:
    """Factors so large and small that a ball, a threshold, a guard is inside or out of them."""
    if s.eps > 1e-6 or s.lean:
        return ()
    far = 2.0 ** (20 if s.eps < 1e-12 else 8)
    return far, 1 / far


def taylor(s: Subject, so_far: Answers) -> Answer:
    """Orders 0 to 4 of t ↦ F(tx) at zero, by interpolation at Chebyshev's points of an interval.

    The interval shrinks until interpolation converges; where it does not, F is not analytic at 0
    along x.  The number is the interpolation's defect.
    """
    if so_far["zero"].verdict != YES:
        return not_asked("it is not finite at zero")
    top = float(s.x.abs().max()) or 1.0
    defect = 1.0
    for size in (0.25, 0.02, 2e-3) if not s.lean else (0.25, 0.02):
        r, count = size / top, 9 if s.lean else 17
        nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
        values = torch.stack([s.real(s.fresh(float(t) * r * s.x)).flatten() for t in nodes])
        y = values.double().cpu().numpy()
        if not np.isfinite(y).all():
            continue
        cheb = np.polynomial.chebyshev.chebvander(nodes, count - 1).T @ y * (2 / count)
        cheb[0] /= 2
        sizes = np.linalg.norm(cheb, axis=1)
        whole = float(sizes.max()) or 1.0
        defect = float(sizes[-4:].max()) / whole
        # A kink at zero leaves even or odd orders that fall like a power only.
        if defect <= max(1e-9 if not s.lean else 1e-7, 100 * s.eps):
            return _orders(cheb, whole, defect, s.eps)
    return Answer(NO, defect, 1e-9, "not analytic at zero", {"order": "none converges"})


def _orders(cheb: np.ndarray, whole: float, defect: float, eps: float) -> Answer:
    power = [np.linalg.norm(row) for row in _powers(cheb)]
    present = [k for k in range(ORDERS + 1) if power[k] > max(PRESENT, 1e4 * eps) * whole]
    note = "orders " + ", ".join(map(str, present)) if present else f"none up to {ORDERS}"
    return Answer(YES, defect, None, note, None, {"orders": present})


def _powers(cheb: np.ndarray) -> np.ndarray:
    """Coefficients of powers from those of Chebyshev's polynomials, the first few."""
    turn = np.zeros((ORDERS + 1, len(cheb)))
    for k in range(len(cheb)):
        poly = np.polynomial.chebyshev.cheb2poly([0] * k + [1])
        turn[: min(len(poly), ORDERS + 1), k] = poly[: ORDERS + 1]
    return turn @ cheb
