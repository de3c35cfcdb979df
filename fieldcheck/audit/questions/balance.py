"""Energy along the flow x' = F(x): the work along it and along a detour.  And does it keep |x|²?"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from ..answer import Answer, Answers, judged, not_asked
from ..subject import Subject
from .line import work


def balance(s: Subject, _: Answers) -> Answer:
    """Work along steps x + τF(x), and along two straight pieces by way of a random state.

    They are equal if there is an energy.  The chord would not do: some flows are straight.
    """
    path = [s.real(s.x)]
    for _step in range(2 if s.lean else 4):
        z = path[-1]
        f = s.real(s.fresh(s.back(z)))
        size = float(f.norm())
        if not size:
            return not_asked("the force is zero at the example")
        if size != size or size == float("inf"):
            return not_asked("the force is not finite along the flow")
        path.append(z + f * (0.5 * float(z.norm() or 1.0) / size))
    n = 3 if s.lean else 10
    ends = path[0], path[-1]
    aside = s.normal(45, like=ends[0])
    aside = aside * (0.3 * float((ends[1] - ends[0]).norm()) / float(aside.norm()))
    detour = [ends[0], (ends[0] + ends[1]) / 2 + aside, ends[1]]
    flow, other = ([_path(s, p, k) for k in (n, n - 1)] for p in (path, detour))
    size = abs(flow[0]) + abs(other[0])
    if not size:
        return not_asked("no work is done")
    doubt = (abs(flow[0] - flow[1]) + abs(other[0] - other[1])) / size
    witness = {"work along the flow": flow[0], "work along the detour": other[0]}
    return judged(abs(flow[0] - other[0]) / size, max(s.tol * 10, 10 * doubt), witness)


def _path(s: Subject, path: list[Tensor], count: int) -> float:
    return sum(work(s, a, b, count) for a, b in itertools.pairwise(path))


def norm(s: Subject, _: Answers) -> Answer:
    """⟨x, F(x)⟩ over |x| |F|: zero if the flow keeps |x|²."""
    worst, witness, asked = 0.0, None, False
    for k, z in enumerate(s.points()):
        x, f = s.real(z).double(), s.real(s.at(z)).double()
        size = float(x.norm() * f.norm())
        defect = abs(float((x * f).sum())) / size if size else 0.0
        if not torch.isfinite(f).all():
            continue
        asked = True
        if defect > worst:
            worst, witness = defect, {"point": k, "⟨x, F⟩": float((x * f).sum())}
    if not asked:
        return not_asked("the force is finite at no state")
    return judged(worst, s.tol, witness)
