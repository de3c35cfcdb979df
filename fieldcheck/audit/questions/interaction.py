"""Which tokens move when one token is changed?"""

from __future__ import annotations

from typing import Any

import torch

from ..answer import NO, YES, Answer, Answers, not_asked
from ..subject import Subject

NONE, CAUSAL, ANTICAUSAL, LOCAL, ALL, SOME = "none", "causal", "anticausal", "local", "all", "some"


def interaction(s: Subject, _: Answers) -> Answer:
    """One token at a time is drawn anew; the pattern is read from whose output changes.

    The verdict is yes if tokens interact at all; the number is the largest change elsewhere.
    """
    n = s.tokens
    if n < 2:
        return not_asked("there is one token")
    most = 4 if s.lean else 8
    some = list(range(n)) if n <= most else _spread(n, most)
    moved: dict[int, set[int]] = {}
    z, f = s.x, s.at(s.x)
    fresh = s.size * s.normal(31)
    largest, limit = 0.0, 1e3 * s.eps
    for j in some:
        y = z.clone()
        y[:, j] = fresh[:, j]
        change = (s.fresh(y) - f).abs().double().amax(dim=(0, 2))
        change = change / (float(f.abs().max()) or 1.0)
        moved[j] = set(torch.nonzero(change > limit).flatten().tolist())
        change[j] = 0
        largest = max(largest, float(change.max()))
    pattern, reach = _pattern(moved, n)
    detail: dict[str, Any] = {
        "pattern": pattern,
        "moved": {str(j): sorted(i)[:64] for j, i in moved.items()},
    }
    if reach:
        detail["reach"] = reach
    note = "no other token" if pattern == NONE else pattern
    note += f", reach {reach}" if reach else ""
    if len(some) < n:
        note += f" (asked of {len(some)} tokens)"
    if pattern == NONE:
        return Answer(NO, largest, limit, note, None, detail)
    pair = next((i, j) for j in some for i in sorted(moved[j]) if i != j)
    return Answer(YES, largest, limit, note, {"token moved": pair[0], "by token": pair[1]}, detail)


def _spread(n: int, most: int) -> list[int]:
    return sorted({round(k * (n - 1) / (most - 1)) for k in range(most)})


def _pattern(moved: dict[int, set[int]], n: int) -> tuple[str, int]:
    others = {j: {i for i in seen if i != j} for j, seen in moved.items()}
    if not any(others.values()):
        return NONE, 0
    if all(seen == set(range(n)) - {j} for j, seen in others.items()):
        return ALL, 0
    if all(seen == set(range(j + 1, n)) for j, seen in others.items()):
        return CAUSAL, 0
    if all(seen == set(range(j)) for j, seen in others.items()):
        return ANTICAUSAL, 0
    reach = max(abs(i - j) for j, seen in others.items() for i in seen)
    if all(seen == {i for i in range(n) if 0 < abs(i - j) <= reach} for j, seen in others.items()):
        return LOCAL, reach
    return SOME, 0
