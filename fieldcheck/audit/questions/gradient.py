"""Is F a gradient field?  Where not: how much of it, and in which tokens and channels."""

from __future__ import annotations

from typing import Any

import torch
from scipy import stats
from torch import Tensor

from ..answer import NO, UNDECIDED, YES, Answer, Answers
from ..subject import Subject
from . import line
from .jumps import by_works, jumps
from .probes import pushes


def gradient(s: Subject, _: Answers) -> Answer:
    """The antisymmetric share of the Jacobian (Euclidean; Wirtinger's for complex states)."""
    found, limit, error, notes = [], 0.0, 0.0, []
    for k, z in enumerate(s.points(2)):
        try:
            share, wide, place = _share(s, z, first=k == 0)
        except ValueError as fault:
            return Answer(UNDECIDED, note=str(fault))
        found.append((share**0.5, k))
        limit, error = max(limit, s.limit(z)), max(error, wide)
        if k == 0:
            where = place
        if s.products(z).note:
            notes = [f"by finite differences: {s.products(z).note}"]
    defect, k = max(found)
    note = "; ".join(notes)
    if defect <= limit and jumps(s):
        return by_works(s)
    if defect <= limit:
        return Answer(YES, defect, limit, note, None, {"share": found[0][0] ** 2})
    detail = {"share": found[0][0] ** 2, "error": error, **where}
    return Answer(NO, defect, limit, note, _loop(s, s.points(2)[k]), detail)


def _share(s: Subject, z: Tensor, first: bool) -> tuple[float, float, dict[str, Any]]:
    """‖A‖²/‖J‖² with its standard error, and its places by token and by channel."""
    p, pairs = s.products(z), pushes(s, z)
    if p.note:
        # Without Jᵀ: over all pairs of directions the skew products stand for ‖A‖².
        h, w = (torch.stack(t).flatten(1) for t in zip(*pairs, strict=True))
        m = h @ w.T
        off = ~torch.eye(len(h), dtype=torch.bool)
        whole = float((m[off] ** 2).mean())
        share = float(((m - m.T)[off] ** 2).mean()) / 4 / whole if whole else 0.0
        return min(1.0, share), 0.0, {}
    pairs = pairs if first or not s.lean else pairs[:2]
    rows = [(h, w, p.pull(h)) for h, w in pairs]
    if not all(bool(torch.isfinite(t).all()) for row in rows for t in row):
        raise ValueError("a derivative is not finite at this point")
    top = max(float(w.abs().max()) for _, w, _ in rows) or 1.0
    anti = torch.stack([((w - v) / (2 * top)) ** 2 for _, w, v in rows])
    both = torch.stack([((w / top) ** 2 + (v / top) ** 2) / 2 for _, w, v in rows])
    a, b = anti.flatten(1).sum(1), both.flatten(1).sum(1)
    share = float(a.sum() / b.sum()) if float(b.sum()) else 0.0
    n = len(rows)
    wide = float((a - share * b).std() / b.mean() / n**0.5) if n > 1 and float(b.mean()) else 0.0
    wide *= float(stats.t.ppf(0.975, n - 1) / stats.norm.ppf(0.975)) if n > 1 else 1.0
    return share, wide, _place(anti, float(a.sum()))


def _place(anti: Tensor, whole: float) -> dict[str, Any]:
    """What part of ‖A‖² moves each token, and each channel."""
    if not whole:
        return {}
    t = anti.sum(0)
    t = t.sum(-1) if t.ndim == 4 else t
    part = lambda v: [float(f"{x:.4g}") for x in (v / whole).tolist()]
    return {"by_token": part(t.sum((0, 2))), "by_channel": part(t.sum((0, 1)))}


def _loop(s: Subject, z: Tensor) -> dict[str, Any]:
    """The work around a small rectangle, of values alone, in the plane that A turns most."""
    p = s.products(z)
    u = s.normal(100, like=s.real(z).double())
    v = p.push(u) - p.pull(u) if not p.note else s.normal(101, like=s.real(z).double())
    r, side = s.real(z), 0.1 * s.size
    unit = lambda t: (side * t / max(float(t.square().mean().sqrt()), 1e-300)).to(r)
    u, v = unit(u), unit(v)
    corners = [r, r + u, r + u + v, r + v, r]
    few, many = (line.closed(s, corners, nodes) for nodes in ((2, 3) if s.lean else (3, 6)))
    doubt = abs(few[0] - many[0]) + 1e3 * s.eps * many[1]
    return {
        "point": "the example", "loop": "a rectangle of side 0.1 of the state's size",
        "work around it": many[0], "its doubt": doubt, "work of its sides": many[1],
        "certain": bool(abs(many[0]) > 10 * doubt),
    }  # fmt: skip
