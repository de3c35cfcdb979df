"""The one decision table.

refuted    a certified witness exists
holds      every part of the statement is confirmed by a method strong enough for the relation of
           that part, whatever its other parts are, and no method that applies stayed silent
undecided  otherwise, with the reason
invalid    the body broke, or the run would mean nothing
"""

from __future__ import annotations

from collections.abc import Sequence

from fieldcheck.verdict import CONFIRMS, GRADES, REFUTES, SILENT, Evidence, Verdict, weakest

STRONG_ENOUGH = {
    "Equal": ("exact", "ladder"),
    "Zero": ("exact", "ladder"),
    "Force": ("exact", "ladder"),
    "Gradient": ("exact", "ladder"),
    "AtMost": ("exact", "enclosed", "sampled"),
    "Rate": ("rate",),
    "Rank": ("exact",),
    "Law": ("law",),
    "Solutions": ("exact",),
}
"""Grades that may confirm a relation.  A float search never confirms an equality."""

ALSO_SAMPLED = ("Equal", "Zero", "Force", "Gradient", "AtMost")
"""Relations that must also have survived the search over all shapes and strata."""


def decide(relations: Sequence[str], evidence: Sequence[Evidence]) -> Verdict:
    """The verdict on one form from the names of its relations and all its evidence."""
    for e in evidence:
        if e.error:
            return Verdict("invalid", None, e.error)
    for e in evidence:
        if e.outcome == REFUTES:
            if e.witness is None:
                return Verdict("undecided", None, f"{e.method} refutes without a witness")
            return Verdict("refuted", e.grade, None, e.witness)
    for e in evidence:
        if e.vacuous:
            return Verdict("invalid", None, e.reason)
    for e in evidence:
        if e.outcome == SILENT and e.applies:
            return Verdict("undecided", None, f"{e.method}: {e.reason}")
    grades: list[str | None] = []
    for part, relation in enumerate(relations):
        allowed = STRONG_ENOUGH[relation]
        found = [
            e.grade
            for e in evidence
            if e.outcome == CONFIRMS and part in e.parts and e.grade in allowed
        ]
        if not found:
            why = "; ".join(f"{e.method}: {e.reason}" for e in evidence if not e.applies)
            return Verdict(
                "undecided", None, f"nothing confirms part {part + 1} ({relation}); {why}"
            )
        grades.append(min(found, key=lambda g: GRADES.index(g or "sampled")))
        if relation in ALSO_SAMPLED and not any(
            e.method == "sampled" and e.outcome == CONFIRMS and part in e.parts for e in evidence
        ):
            return Verdict("undecided", None, "the search over shapes and strata did not run")
    return Verdict("holds", weakest(grades))
