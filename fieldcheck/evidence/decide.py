"""The one decision table.

invalid       the body broke, or the run would mean nothing
refuted       a certified witness exists
proved        every part is proved, for every size and input, and no side condition remains
proved on     the same, on a box
proved up to  the same, for the sizes that the scope lists
fails         numerical evidence against a part that is not proved
undecided     a method that applies has a suspicion that nothing settles, or nothing confirms a part
stands        otherwise: every part is confirmed by a method strong enough for its relation, and
              those that compare two values have survived the search
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fieldcheck.relations import Relation
from fieldcheck.verdict import (
    CONFIRMS,
    DOUBTS,
    FAILS,
    GRADES,
    INVALID,
    ON,
    PROVED,
    REFUTED,
    REFUTES,
    SILENT,
    STANDS,
    UNDECIDED,
    UP_TO,
    Evidence,
    Scope,
    Verdict,
    Word,
    weakest,
)


def decide(relations: Sequence[Relation | type[Relation]], evidence: Sequence[Evidence]) -> Verdict:
    """The verdict on one form from its relations and all its evidence."""
    for e in evidence:
        if e.error:
            return Verdict(INVALID, because=e.error)
    for e in evidence:
        if e.outcome == REFUTES:
            if e.witness is None:
                return Verdict(UNDECIDED, because=f"{e.method} refutes without a witness")
            return Verdict(REFUTED, e.grade, None, e.witness)
    for e in evidence:
        if e.vacuous:
            return Verdict(INVALID, because=e.reason)
    proofs = [_best_proof(part, evidence) for part in range(len(relations))]
    whole = [scope for scope, _ in proofs if scope is not None and not scope.conditions]
    if whole and len(whole) == len(relations):
        return _proved(whole, [grade for _, grade in proofs], evidence)
    for e in evidence:
        if e.outcome == DOUBTS:
            return Verdict(FAILS, e.grade, f"{e.method}: {e.reason}", e.witness)
    for e in evidence:
        if e.outcome == SILENT and e.why is not None and e.why.blocks:
            return Verdict(UNDECIDED, because=f"{e.method}: {e.reason}")
    grades: list[str | None] = []
    for part, relation in enumerate(relations):
        if whole and proofs[part][0] in whole:
            grades.append(proofs[part][1])
            continue
        grade = _confirmed(part, relation, evidence)
        if grade is None:
            return Verdict(UNDECIDED, because=_nothing(part, relation, evidence))
        grades.append(grade)
    return Verdict(STANDS, weakest(grades), _why_not_proved(proofs, evidence), scope=_tried(proofs))


def dropping_showed(role: str, verdict: Word) -> str | None:
    """What dropping a hypothesis showed; null for the other roles.

    A claim that holds holds wherever the hypothesis does, so a witness against the dropped form
    violates it.  A claim expected refuted has no dropped forms.
    """
    if role != "dropped":
        return None
    if verdict == REFUTED:
        return "necessary"
    if verdict == INVALID:
        return "meaningless without it"
    if verdict in (PROVED, UP_TO):
        return "superfluous"
    return "not shown necessary"


def _strength(scope: Scope) -> tuple[bool, bool, bool, int]:
    listed = [len(values) for values in scope.sizes.values() if values != "all"]
    return not scope.conditions, not scope.box, not listed, math.prod(listed)


def _best_proof(part: int, evidence: Sequence[Evidence]) -> tuple[Scope | None, str | None]:
    found = [(e.proves[part], e.grade) for e in evidence if part in e.proves]
    return max(found, key=lambda f: _strength(f[0]), default=(None, None))


def _proved(scopes: list[Scope], grades: list[str | None], evidence: Sequence[Evidence]) -> Verdict:
    scope = scopes[0]
    for other in scopes[1:]:
        scope = scope.meet(other)
    word = ON if scope.box else PROVED if scope.every_size else UP_TO
    bounds = [e.log2_bound for e in evidence if e.proves and e.log2_bound is not None]
    return Verdict(
        word, weakest(grades), None, scope=scope, log2_bound=max(bounds) if bounds else None
    )


def _confirmed(
    part: int, relation: Relation | type[Relation], evidence: Sequence[Evidence]
) -> str | None:
    """The best grade of what confirms a part, or None."""
    found = [
        e.grade
        for e in evidence
        if e.outcome == CONFIRMS and part in e.agrees and e.grade in relation.confirmed_by
    ]
    searched = not relation.pointwise or any(
        e.method == "sampled" and e.outcome == CONFIRMS and part in e.agrees for e in evidence
    )
    return min(found, key=lambda g: GRADES.index(g or "sampled")) if found and searched else None


def _nothing(part: int, relation: Relation | type[Relation], evidence: Sequence[Evidence]) -> str:
    silent = [e for e in evidence if e.outcome == SILENT and e.applies]
    why = "; ".join(f"{e.method}: {e.reason}" for e in silent or evidence if e.reason)
    return f"nothing confirms part {part + 1} ({relation.name}); {why}"


def _why_not_proved(
    proofs: list[tuple[Scope | None, str | None]], evidence: Sequence[Evidence]
) -> str:
    """What kept a statement that stands from being proved."""
    conditions = [c for scope, _ in proofs if scope is not None for c in scope.conditions]
    if conditions:
        return "not shown: " + "; ".join(dict.fromkeys(conditions))
    able = [e for e in evidence if not e.proves and e.method not in ("sampled", "search")]
    said = dict.fromkeys(f"{e.method}: {e.reason}" for e in able if e.reason)
    return f"not proved ({'; '.join(said)})" if said else "what confirms it can prove nothing"


def _tried(proofs: list[tuple[Scope | None, str | None]]) -> Scope:
    """The conditions that remain of what was nearly proved; what was tried is in the evidence."""
    scopes = [scope for scope, _ in proofs if scope is not None]
    conditions = [c for scope in scopes for c in scope.conditions]
    left_out = [c for scope in scopes for c in scope.left_out]
    return Scope(
        conditions=tuple(dict.fromkeys(conditions)), left_out=tuple(dict.fromkeys(left_out))
    )
