"""Detection threshold: how wrong a statement would have to be before its evidence noticed.

The verdict's own evidence (same methods, seeds and budget) is rerun on left against
right + 10^-k s D, with s the size of the sides at the point and D a fixed pattern of signs.  The
threshold is the smallest 10^-k still refuted, found by bisection and confirmed at k and k + 1.
Of a rate the constant is off by 10^-k, relatively, or the order by 10^-k where none is stated.
An inequality that is not declared sharp and has room everywhere is not tightened: what is printed
is the room it has.  The fault is planted in one part at a time, and the part that notices least is
the one that is printed.
It speaks of faults spread over all inputs; faults on thin sets are for strata and search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fieldcheck.claim import Form
from fieldcheck.evidence.clock import TooSlow
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.gather import AFTER_PROOF, gather
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import Relation
from fieldcheck.verdict import CONFIRMS, FAILS, REFUTED, Evidence, Why

DEEPEST = 40
PERTURBED = "right side, relative to its size"
SLACK = "an inequality with room: the least relative room that the search met"
OF_RELATION = {
    "Rank": "the rank: an integer is right, or wrong by one at least",
    "Law": "what is stated, relative to its size: a mean to the standard deviation, a cdf to one",
    "Rate": "the leading constant, relative to its size, or the order where none is stated",
}
WITHOUT_PRECISION = ("exact", "rank", "cells", "solutions", "series")

Figure = tuple[float, str, str]
"""What one part shows: how to order it, as it is printed, and what was perturbed."""


def threshold(
    form: Form,
    relations: Sequence[Relation],
    evidence: Sequence[Evidence],
    profile: Profile,
    seed: int,
) -> dict[str, Any] | None:
    """{log10 | "any", tried, perturbed} for a form that holds; of its parts the weakest."""
    tried: list[int] = []
    figures = [
        _of_part(form, part, relations, evidence, profile, seed, tried)
        for part in range(len(relations))
    ]
    _, log10, perturbed = max(figures, key=lambda f: f[0])
    return {"log10": log10 or None, "tried": len(tried), "perturbed": perturbed}


def _of_part(
    form: Form,
    part: int,
    relations: Sequence[Relation],
    evidence: Sequence[Evidence],
    profile: Profile,
    seed: int,
    tried: list[int],
) -> Figure:
    statement = Statement(form)
    room = [e.slack[part] for e in evidence if e.slack.get(part, 0) > 0]
    if room and not _sharp(statement, part):
        size = math.log10(min(room))
        return size, f"{size:.1f}", SLACK
    # What was left out once all was proved would have run on a statement that is not.
    confirming = {e.method for e in evidence if e.outcome == CONFIRMS} | {*AFTER_PROOF}
    perturbed = OF_RELATION.get(relations[part].name, PERTURBED)
    by = ""

    def seen(k: int) -> bool:
        nonlocal by
        tried.append(k)
        names, found = gather(statement.faulty(k, part), profile, seed, only=[*confirming])
        by = found[-1].method if found else ""
        for evidence in found:
            if evidence.why is Why.TOO_SLOW:
                raise TooSlow(evidence.detail)  # a fault that nobody had the time to see
        return decide(names, found).verdict in (REFUTED, FAILS)

    if seen(DEEPEST):
        # An exact method that refutes 10^-40 refutes every fault: it has no precision to run out.
        if by in WITHOUT_PRECISION:
            return -math.inf, "any", perturbed
        return -DEEPEST, str(-DEEPEST), perturbed
    if not seen(0):
        return math.inf, "", perturbed
    low, high = 0, DEEPEST  # seen at low, missed at high
    while high - low > 1:
        middle = (low + high) // 2
        if seen(middle):
            low = middle
        else:
            high = middle
    return -low, str(-low), perturbed


def _sharp(statement: Statement, part: int) -> bool:
    """Does the statement say that equality is attained?"""
    return getattr(statement.probe(statement.smallest)[part], "sharp", False)
