"""Idempotent, nonexpansive, firmly nonexpansive, monotone; and what follows, projection and prox.

Each is a bound over all pairs of states, and is searched: the derivative is asked for its worst
direction by power iteration, at states of several sizes, and pairs of states at several distances
are tried beside, which see jumps.  A no comes with two states that show it; a yes says that the
search found none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..answer import NO, NOT_ASKED, UNDECIDED, YES, Answer, Answers, judged, not_asked
from ..errors import AuditError
from ..subject import Subject, relative

NEAR = (1.0, 0.1, 0.03, 0.01)


def idempotent(s: Subject, _: Answers) -> Answer:
    """F(F(x)) = F(x)."""
    worst, witness = 0.0, None
    for k, z in enumerate(s.points()):
        f = s.at(z)
        try:
            defect = relative(s.fresh(f), f)
        except AuditError as fault:
            return not_asked(str(fault))
        if not defect <= worst:
            worst, witness = defect, {"point": k}
    return judged(worst, s.tol, witness)


# ----------------------------------------------------------------------------------------- the search


def _states(s: Subject) -> list[tuple[str, Tensor]]:
    x = s.x
    if s.lean:
        return [("x", x)]
    tied = x.mean(-1, keepdim=True) * torch.ones_like(x) + 1e-3 * s.size * s.normal(41)
    named = [("x", x), ("3 x", 3 * x), ("x/10", x / 10), ("x/1000", x / 1000), ("-x", -x)]
    return [*named, ("channels nearly equal", tied), ("drawn", s.points(2)[-1])]


Extreme = tuple[float, dict[str, Any]]


def _pairs(s: Subject) -> list[tuple[str, Tensor, Tensor, Tensor, Tensor]]:
    """(name, x - y, F(x) - F(y)) of real states, pairs near and far; remembered."""
    if not hasattr(s, "_tried"):
        found = []
        real = lambda t: s.real(t).double()
        for name, z in _states(s):
            for k, near in enumerate(NEAR if not s.lean else NEAR[1:2]):
                for extra in range(1 if s.lean else 2):
                    size = float(z.abs().square().mean().sqrt()) or 1.0
                    y = z + near * size * s.normal(50 + k + 10 * extra)
                    try:
                        a, b = s.at(z), s.fresh(y)
                    except AuditError:
                        continue
                    if torch.isfinite(real(b)).all() and torch.isfinite(real(a)).all():
                        found.append((f"{name}, and {near} of it away", real(z - y), real(a - b)))
        s._tried = found  # type: ignore[attr-defined]
    return s._tried  # type: ignore[attr-defined, no-any-return]


def _climb(
    s: Subject, form: str, step: Callable[[Any, Tensor], Tensor], start: int
) -> list[tuple[str, Tensor, Tensor]]:
    """(state, direction h, J h) after some power iterations of ``step``, at each state."""
    found = []
    for k, (name, z) in enumerate(_states(s)):
        try:
            p = s.products(z)
        except ValueError:
            continue
        if p.note:
            continue
        h = s.normal(start + k, like=s.real(z).double())
        for _ in range(3 if s.lean else 12):
            h = h / max(float(h.norm()), 1e-300)
            h = step(p, h)
            if not torch.isfinite(h).all() or not float(h.norm()):
                break
        else:
            h = h / float(h.norm())
            found.append((f"{name}, along its {form} direction", h, p.push(h)))
    return found


def _search(s: Subject) -> list[tuple[str, Tensor, Tensor]]:
    """Differences (x - y, F(x) - F(y)) and their limits (h, J h), where the bounds are worst."""
    if not hasattr(s, "_searched"):
        grow = lambda p, h: p.pull(p.push(h))
        s._searched = _pairs(s) + _climb(s, "longest", grow, 60)  # type: ignore[attr-defined]
        top = max(
            (float(w.norm() / h.norm()) for _, h, w in s._searched if float(h.norm())),  # type: ignore[attr-defined]
            default=1.0,
        )
        if not s.lean:
            lower = lambda p, h: 2 * top * h - p.push(h) - p.pull(h)
            firm = lambda p, h: _reflect(p.pull, _reflect(p.push, h))
            s._searched += _climb(s, "lowest", lower, 80)  # type: ignore[attr-defined]
            s._searched += _climb(s, "most reflected", firm, 90)  # type: ignore[attr-defined]
    return s._searched  # type: ignore[attr-defined, no-any-return]


def _reflect(apply: Callable[[Tensor], Tensor], h: Tensor) -> Tensor:
    return 2 * apply(h) - h


def _worst(s: Subject, score: Callable[[Tensor, Tensor], float]) -> tuple[float, dict[str, Any]]:
    best: tuple[float, dict[str, Any]] = (-float("inf"), {})
    for name, h, w in _search(s):
        if float(h.norm()) and (found := score(h, w)) > best[0]:
            best = found, {"pair": name, "|x - y|": float(h.norm()), "|F(x) - F(y)|": float(w.norm()),
                           "⟨x - y, F(x) - F(y)⟩": float((h * w).sum())}  # fmt: skip
    return best


def _slack(s: Subject) -> float:
    return 10 * s.tol


# -------------------------------------------------------------------------------------- the questions


def nonexpansive(s: Subject, _: Answers) -> Answer:
    """|F(x) - F(y)| ≤ |x - y|; the number is the largest quotient found."""
    found, witness = _worst(s, lambda h, w: float(w.norm() / h.norm()))
    return _bound(s, found, 1.0, witness, {"lipschitz": found})


def firm(s: Subject, _: Answers) -> Answer:
    """⟨F(x) - F(y), x - y⟩ ≥ |F(x) - F(y)|²; the number is the reflection's largest quotient."""
    found, witness = _worst(s, lambda h, w: float((2 * w - h).norm() / h.norm()))
    return _bound(s, found, 1.0, witness, {})


def monotone(s: Subject, _: Answers) -> Answer:
    """⟨F(x) - F(y), x - y⟩ ≥ 0; the number is the cosine's least value found, with a minus."""

    longest = max((float(w.norm() / h.norm()) for _, h, w in _search(s) if float(h.norm())), default=0)

    def score(h: Tensor, w: Tensor) -> float:
        # Beside the longest quotient found, a tiny one is rounding.
        size = float(h.norm() * max(float(w.norm()), 1e-6 * longest * float(h.norm())))
        return -float((h * w).sum()) / size if size else 0.0

    found, witness = _worst(s, score)
    return _bound(s, found, 0.0, witness, {})


def _bound(
    s: Subject, found: float, bound: float, witness: dict[str, Any], detail: dict[str, Any]
) -> Answer:
    if found == -float("inf"):
        return Answer(UNDECIDED, note="no pair of states could be asked")
    return judged(found, bound + _slack(s), witness, "", **detail)


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
