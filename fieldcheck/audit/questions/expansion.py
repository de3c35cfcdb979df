"""Idempotent, nonexpansive, firmly nonexpansive, monotone; and what follows, projection and prox.

Each is a bound over all pairs of states, and is searched: the derivative is asked for its worst
direction in a Krylov space, at states of several sizes, and pairs of states at several distances
are tried beside, which see jumps.  A no comes with two states that show it; a yes says that the
search found none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..answer import NO, NOT_ASKED, UNDECIDED, YES, Answer, Answers, judged, not_asked
from ..errors import AuditError
from ..subject import Subject, relative

NEAR = (1.0, 0.1, 0.03, 0.01)
LARGE = 1 << 14
"""Entries of a state, for more than which the search of a direction is a shorter one."""


def idempotent(s: Subject, _: Answers) -> Answer:
    """F(F(x)) = F(x)."""
    worst, witness = 0.0, None
    for name, z in _states(s):
        f = s.at(z)
        if name != "x" and not torch.isfinite(s.real(f)).all():
            continue
        try:
            defect = relative(s.fresh(f), f)
        except AuditError as fault:
            return not_asked(str(fault))
        if not defect <= worst:
            worst, witness = defect, {"point": name}
    return judged(worst, s.tol, witness)


# ------------------------------------------------------------------------------------- the search


def _states(s: Subject) -> list[tuple[str, Tensor]]:
    x = s.x
    if s.lean:
        return [("x", x)]
    tied = x.mean(-1, keepdim=True) * torch.ones_like(x) + 1e-3 * s.size * s.normal(41)
    named = [("x", x), ("3 x", 3 * x), ("x/10", x / 10), ("x/1000", x / 1000), ("-x", -x)]
    return [*named, ("channels nearly equal", tied), ("drawn", s.points(2)[-1])]


Tried = tuple[str, Tensor | None, Tensor, Tensor]
"""A name, the state of a derivative (None of a pair), x - y, F(x) - F(y): real, in float64."""


def _pairs(s: Subject) -> list[Tried]:
    """Pairs of states near and far."""
    found: list[Tried] = []
    for name, z in _states(s):
        for k, near in enumerate(NEAR if not s.lean else NEAR[1:2]):
            for extra in range(1 if s.lean else 2):
                size = float(z.abs().square().mean().sqrt()) or 1.0
                apart = near * size * s.normal(50 + k + 10 * extra)
                pair = _pair(s, z, apart)
                if pair is not None:
                    found.append((f"{name}, and {near} of its size away", None, *pair))
    return found


def _pair(s: Subject, z: Tensor, apart: Tensor) -> tuple[Tensor, Tensor] | None:
    """(y - z, F(y) - F(z)) for y = z + apart, where both are finite."""
    y = z + apart
    try:
        a, b = s.real(s.at(z)).double(), s.real(s.fresh(y)).double()
    except AuditError:
        return None
    finite = bool(torch.isfinite(a).all() and torch.isfinite(b).all())
    return (s.real(y - z).double(), b - a) if finite else None


def _climb(s: Subject, form: str, step: Callable[[Any, Tensor], Tensor], start: int) -> list[Tried]:
    """(name, state, direction h, J h), h where the symmetric ``step`` is largest, at each state."""
    found: list[Tried] = []
    for k, (name, z) in enumerate(_states(s)):
        if start > 60 and name in ("x/10", "-x"):
            continue
        try:
            p = s.products(z)
        except ValueError:
            continue
        if p.note:
            continue
        h = s.normal(start + k, like=s.real(z).double())
        steps = 3 if s.lean else 8 if h.numel() > LARGE else 24
        top = _largest(functools.partial(step, p), h, steps)
        if top is not None:
            found.append((f"{name}, along its {form} direction", z, top, p.push(top)))
    return found


def _largest(apply: Callable[[Tensor], Tensor], h: Tensor, steps: int) -> Tensor | None:
    """The direction where a symmetric map is largest, from its Krylov space (C. Lanczos 1950)."""
    basis: list[Tensor] = []
    images: list[Tensor] = []
    for _ in range(min(steps, h.numel())):
        for _ in range(2):  # twice is enough
            h = h - sum((float((b * h).sum()) * b for b in basis), torch.zeros_like(h))
        size = float(h.norm())
        if not size > 1e-10 * (float(images[-1].norm()) if images else 0.0):
            break
        basis.append(h / size)
        images.append(apply(basis[-1]))
        if not torch.isfinite(images[-1]).all():
            return None
        h = images[-1]
    if not basis:
        return None
    q, w = (torch.stack([t.flatten() for t in rows]) for rows in (basis, images))
    small = q @ w.T
    best = torch.linalg.eigh((small + small.T) / 2).eigenvectors[:, -1]
    found = (best @ q).reshape(h.shape)
    return found / float(found.norm())


def _search(s: Subject) -> list[Tried]:
    """Differences (x - y, F(x) - F(y)) and their limits (h, J h), where the bounds are worst."""
    if not s.searched:
        grow = lambda p, h: p.pull(p.push(h))
        found = _pairs(s) + _climb(s, "longest", grow, 60)
        if not s.lean:
            lower = lambda p, h: -p.push(h) - p.pull(h)
            firm = lambda p, h: _reflect(p.pull, _reflect(p.push, h))
            found += _climb(s, "lowest", lower, 80) + _climb(s, "most reflected", firm, 90)
        s.searched.extend(found)
    return s.searched


def _longest(found: list[Tried]) -> float:
    quotients = (float(w.norm() / h.norm()) for _, _, h, w in found if float(h.norm()))
    return max(quotients, default=1.0)


def _reflect(apply: Callable[[Tensor], Tensor], h: Tensor) -> Tensor:
    return 2 * apply(h) - h


Score = Callable[[Tensor, Tensor], float]


def _bounded(s: Subject, score: Score, bound: float) -> Answer:
    """The worst score of the search against its bound; a no is shown by two states if it can be."""
    worst, which = -float("inf"), None
    for tried in _search(s):
        if float(tried[2].norm()) and (found := score(tried[2], tried[3])) > worst:
            worst, which = found, tried
    if which is None:
        return Answer(UNDECIDED, note="no pair of states could be asked")
    limit = bound + 10 * s.tol
    if worst <= limit:
        return Answer(YES, worst, limit)
    name, z, h, w = which
    shown = z is None
    for step in (1e-2, 1e-4):
        if z is None:
            break
        size = step * max(float(z.abs().norm()), 1e-300) / float(h.norm())
        pair = _pair(s, z, s.back((size * h).to(s.real(z))))
        if pair is not None and float(pair[0].norm()) and score(*pair) > limit:
            (h, w), shown = pair, True
            break
    witness = {
        "pair": name, "|x - y|": float(h.norm()), "|F(x) - F(y)|": float(w.norm()),
        "⟨x - y, F(x) - F(y)⟩": float((h * w).sum()), "certain": shown,
    }  # fmt: skip
    return Answer(NO, worst, limit, "" if shown else "by its derivative alone", witness)


# ---------------------------------------------------------------------------------- the questions


def nonexpansive(s: Subject, _: Answers) -> Answer:
    """|F(x) - F(y)| ≤ |x - y|; the number is the largest quotient found."""
    return _bounded(s, lambda h, w: float(w.norm() / h.norm()), 1.0)


def firm(s: Subject, _: Answers) -> Answer:
    """⟨F(x) - F(y), x - y⟩ ≥ |F(x) - F(y)|²; the number is the reflection's largest quotient."""
    return _bounded(s, lambda h, w: float((2 * w - h).norm() / h.norm()), 1.0)


def monotone(s: Subject, _: Answers) -> Answer:
    """⟨F(x) - F(y), x - y⟩ ≥ 0; the number is the cosine's least value found, with a minus."""
    # Beside the longest quotient found, a tiny one is rounding.
    least = max(1e-4, 30 * s.eps**0.4) * _longest(_search(s))

    def score(h: Tensor, w: Tensor) -> float:
        size = float(h.norm() * max(float(w.norm()), least * float(h.norm())))
        return -float((h * w).sum()) / size if size else 0.0

    return _bounded(s, score, 0.0)


def _both(so_far: Answers, keys: tuple[str, ...]) -> Answer:
    """Yes if all are; no if one is not, with its witness."""
    parts = [so_far[k] for k in keys]
    for key, part in zip(keys, parts, strict=True):
        if part.verdict == NO:
            return Answer(NO, part.measured, part.limit, f"not {key}", part.witness)
    for part in parts:
        if part.verdict in (UNDECIDED, NOT_ASKED):
            return Answer(UNDECIDED, note=part.note)
    worst = max(parts, key=lambda p: p.measured or 0.0)
    return Answer(YES, worst.measured, worst.limit)


def projection(s: Subject, so_far: Answers) -> Answer:
    """Onto a closed convex set: idempotent and firmly nonexpansive, and nothing else."""
    return _both(so_far, ("idempotent", "firm"))


def prox(s: Subject, so_far: Answers) -> Answer:
    """Of a convex function: a gradient and firmly nonexpansive (J. J. Moreau 1965)."""
    return _both(so_far, ("gradient", "firm"))
