"""Random directions at a point with their Jacobian products, shared by all that ask for them."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..subject import Subject

Pair = tuple[Tensor, Tensor]
COUNT = 8


def pushes(s: Subject, z: Tensor) -> list[Pair]:
    """[(h, J h)] for Gaussian h, on real states."""
    if id(z) not in s.pushed:
        p = s.products(z)
        like = s.real(z).double()
        hs = [s.normal(100 + k, like=like) for k in range(COUNT)]
        s.pushed[id(z)] = [(h, p.push(h)) for h in hs]
    return s.pushed[id(z)]


def skewness(pairs: list[Pair], turn: Callable[[Tensor], Tensor]) -> float:
    """How far ⟨u, T J v⟩ is from ⟨v, T J u⟩, over all pairs of directions, root of mean square.

    ``turn`` is T.
    """
    turned = [turn(w) for _, w in pairs]
    off, whole = 0.0, 0.0
    for i in range(len(pairs)):
        for j in range(i):
            a, b = float((pairs[i][0] * turned[j]).sum()), float((pairs[j][0] * turned[i]).sum())
            off, whole = off + (a - b) ** 2, whole + 2 * (a * a + b * b)
    # ⟨u, J v⟩ can be far below |J v|: what is small beside |u| |J v| is no fault.
    floor = sum(float(w.norm()) ** 2 for w in turned) * (len(pairs) - 1) * 1e-6
    return (off / max(whole, floor)) ** 0.5 if whole or floor else 0.0
