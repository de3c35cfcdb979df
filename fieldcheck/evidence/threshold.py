"""Detection threshold: how wrong a statement would have to be before its evidence noticed.

The verdict's own evidence (same methods, seeds and budget) is rerun on left against
right + 10^-k s D, with s the size of the sides at the point and D a fixed pattern of signs.  The
threshold is the smallest 10^-k still refuted, found by bisection and confirmed at k and k + 1.
Where an inequality is never attained, what is printed is the room it has.
It speaks of faults spread over all inputs; faults on thin sets are for strata and search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fieldcheck.claim import Form
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.verdict import Evidence

DEEPEST = 40
PERTURBED = "right side, relative to its size"
SLACK = "an inequality with room: the least relative room that the search met"
WITHOUT_PRECISION = ("exact", "rank", "cells", "solutions")


def threshold(
    form: Form, relations: Sequence[str], evidence: Sequence[Evidence], profile: Profile, seed: int
) -> dict[str, Any] | None:
    """{log10 | "any", tried, perturbed} for a form that holds."""
    from fieldcheck.evidence.run import gather

    confirming = [e.method for e in evidence if e.outcome == "confirms"]
    statement = Statement(form)
    tried: list[int] = []
    by = ""

    def seen(k: int) -> bool:
        nonlocal by
        tried.append(k)
        names, found = gather(statement.faulty(k), profile, seed, only=confirming)
        by = found[-1].method if found else ""
        return decide(names, found).verdict == "refuted"

    if seen(DEEPEST):
        # An exact method that refutes 10^-40 refutes every fault: it has no precision to run out.
        return {
            "log10": "any" if by in WITHOUT_PRECISION else str(-DEEPEST),
            "tried": len(tried),
            "perturbed": PERTURBED,
        }
    room = [e.slack for e in evidence if e.slack is not None and e.slack > 0]
    if room and set(relations) == {"AtMost"}:
        return {"log10": f"{math.log10(min(room)):.1f}", "tried": len(tried), "perturbed": SLACK}
    low, high = -1, DEEPEST  # seen at low (vacuously at -1), missed at high
    if not seen(0):
        return {"log10": None, "tried": len(tried), "perturbed": PERTURBED}
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        if seen(middle):
            low = middle
        else:
            high = middle
    return {"log10": str(-low), "tried": len(tried), "perturbed": PERTURBED}
