"""Random directions at a point with their Jacobian products, shared by all that ask for them."""

from __future__ import annotations

import torch
from torch import Tensor

from ..subject import Subject

Pair = tuple[Tensor, Tensor]


def count(s: Subject) -> int:
    return 8


def pushes(s: Subject, z: Tensor) -> list[Pair]:
    """[(h, J h)] for Gaussian h, on real states."""
    if id(z) not in s._pushed:
        p = s.products(z)
        like = s.real(z).double()
        hs = [s.normal(100 + k, like=like) for k in range(count(s))]
        s._pushed[id(z)] = [(h, p.push(h)) for h in hs]
    return s._pushed[id(z)]


def skewness(pairs: list[Pair], turn=lambda u: u) -> tuple[float, dict[str, float]]:
    """How far ⟨u, T J v⟩ is from ⟨v, T J u⟩ over all pairs of directions: root of a ratio of squares.

    ``turn`` is T.  For Gaussian directions and T = 1 the square's mean is ‖(J - Jᵀ)/2‖²/‖J‖².
    """
    turned = [turn(w) for _, w in pairs]
    off, whole, worst = 0.0, 0.0, (0.0, {})
    for i in range(len(pairs)):
        for j in range(i):
            a, b = float((pairs[i][0] * turned[j]).sum()), float((pairs[j][0] * turned[i]).sum())
            off, whole = off + (a - b) ** 2, whole + 2 * (a * a + b * b)
            if abs(a - b) > worst[0]:
                worst = abs(a - b), {"⟨u, Jv⟩": a, "⟨v, Ju⟩": b, "u": 100 + i, "v": 100 + j}
    # ⟨u, J v⟩ can be far below |J v|: what is small beside |u| |J v| is no fault.
    floor = sum(float(w.norm()) ** 2 for w in turned) * (len(pairs) - 1) * 1e-6
    return (off / max(2 * whole / 2, floor)) ** 0.5 if whole or floor else 0.0, worst[1]


def stacked(pairs: list[Pair]) -> Pair:
    return torch.stack([h for h, _ in pairs]), torch.stack([w for _, w in pairs])
