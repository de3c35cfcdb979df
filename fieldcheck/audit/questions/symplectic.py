"""Symplectic, as a map or as a field?  Channels are places and momenta: halves, or neighbours."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..answer import UNDECIDED, Answer, Answers, judged, not_asked
from ..subject import Subject
from .jumps import doubted
from .probes import pushes, skewness

Turn = Callable[[Tensor], Tensor]


def turns(s: Subject) -> dict[str, Turn]:
    """Ω as a map, for each way to pair channels: (q, p) to (p, -q)."""
    if s.complex:
        return {"real and imaginary part": lambda r: torch.stack([r[..., 1], -r[..., 0]], -1)}
    c = s.channels
    if c % 2:
        return {}
    halves = lambda r: torch.cat([r[..., c // 2 :], -r[..., : c // 2]], -1)
    pairs = lambda r: torch.stack([r[..., 1::2], -r[..., ::2]], -1).flatten(-2)
    return {"halves": halves, "neighbours": pairs}


def hamiltonian(s: Subject, so_far: Answers) -> Answer:
    """F = Ω∇H for some H: ΩJ is symmetric."""
    return _best(s, so_far, skewness)


def symplectic(s: Subject, so_far: Answers) -> Answer:
    """⟨Ju, ΩJv⟩ = ⟨u, Ωv⟩ for all pairs of directions."""

    def defect(pairs: list[tuple[Tensor, Tensor]], turn: Turn) -> float:
        off, whole = 0.0, 0.0
        for i in range(len(pairs)):
            for j in range(i):
                (u, ju), (v, jv) = pairs[i], pairs[j]
                after, before = float((ju * turn(jv)).sum()), float((u * turn(v)).sum())
                off, whole = off + (after - before) ** 2, whole + after**2 + before**2
        return (off / whole) ** 0.5 if whole else 0.0

    return _best(s, so_far, defect)


def _best(
    s: Subject, so_far: Answers, defect: Callable[[list[tuple[Tensor, Tensor]], Turn], float]
) -> Answer:
    if so_far["gradient"].verdict == UNDECIDED:
        return not_asked(so_far["gradient"].note)
    ways = turns(s)
    if not ways:
        return not_asked("the number of channels is odd")
    points = s.points(2)
    found = {name: max(defect(pushes(s, z), turn) for z in points) for name, turn in ways.items()}
    name = min(found, key=found.__getitem__)
    limit = 3 * max(s.limit(z) for z in points)
    answer = judged(found[name], limit, {"pairs of channels": name}, "", layout=name)
    return doubted(answer, so_far)
