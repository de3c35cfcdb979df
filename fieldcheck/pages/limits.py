"""How far the claims of a ledger reach, and how wrong they could be: two tables, counted."""

from __future__ import annotations

from collections.abc import Iterable

from fieldcheck.ledger.records import ClaimRow
from fieldcheck.pages.words import THRESHOLD_ANY
from fieldcheck.verdict import ALL, HOLDING

Lines = list[list[str]]
"""A table of texts, its heading first."""

REACH = ["verdict", "claims", "every size", "the sizes listed", "no size", "a part only"]


def _holding(rows: Iterable[ClaimRow]) -> list[ClaimRow]:
    return [row for row in rows if row.verdict in HOLDING]


def thresholds(rows: Iterable[ClaimRow]) -> Lines:
    """For each grade, how many of the claims that hold would have shown which fault."""
    found: dict[str, list[str]] = {}
    for row in _holding(rows):
        seen = row.main.threshold
        if row.grade and seen is not None and seen.log10 is not None:
            found.setdefault(row.grade, []).append(seen.log10)
    powers = {grade: [v for v in each if v != THRESHOLD_ANY] for grade, each in found.items()}
    finest = min((v for each in powers.values() for v in each), key=float, default="0")
    lines = [["grade", "claims", "any fault", _power(finest), "coarser ones only", "the coarsest"]]
    for grade in sorted(found):
        coarser = [v for v in powers[grade] if v != finest]
        counts = [
            len(found[grade]),
            len(found[grade]) - len(powers[grade]),
            len(powers[grade]) - len(coarser),
            len(coarser),
        ]
        worst = _power(max(coarser, key=float)) if coarser else ""
        lines.append([grade, *map(str, counts), worst])
    return lines


def _power(log10: str) -> str:
    return f"10^{log10}".replace("-", "−") if float(log10) else "1"


def reach(rows: Iterable[ClaimRow]) -> Lines:
    """For each verdict, how many of the claims that hold speak of every size, and of all inputs."""
    groups: dict[str, list[ClaimRow]] = {}
    for row in _holding(rows):
        groups.setdefault(str(row.verdict), []).append(row)
    return [REACH] + [
        [
            word,
            str(len(group)),
            *(str(sum(_sizes(row) == kind for row in group)) for kind in ("all", "listed", "none")),
            str(sum(_part(row) for row in group)),
        ]
        for word, group in sorted(groups.items())
    ]


def _sizes(row: ClaimRow) -> str:
    """``none``, ``all`` or ``listed``: what sizes the verdict speaks of."""
    sizes = row.scope.sizes if row.scope else {}
    if not sizes and not row.main.visited:
        return "none"
    return "all" if sizes and all(values == ALL for values in sizes.values()) else "listed"


def _part(row: ClaimRow) -> bool:
    """Is one of its inputs drawn from a part of its domain, or is the verdict about a box?"""
    scope = row.scope
    return scope is not None and (
        scope.box is not None or any(v not in (ALL, "dense") for v in scope.inputs.values())
    )
