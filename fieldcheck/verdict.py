"""Small frozen records: what a method found, and what follows from it.  JSON in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

GRADES = ("exact", "enclosed", "rate", "ladder", "law", "sampled")
"""From strongest to weakest; never summed."""

CONFIRMS, REFUTES, SILENT = "confirms", "refutes", "silent"


@dataclass(frozen=True)
class Witness:
    """A point that refutes a statement; ``raw`` and ``sizes`` suffice to rebuild it."""

    relation: str
    sizes: dict[str, int]
    raw: dict[str, Any]
    inputs: dict[str, Any]
    entry: str
    lhs: str
    rhs: str
    certified_by: str
    digits: int

    def record(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Evidence:
    """What one method did and found on one form."""

    method: str
    outcome: str  # confirms | refutes | silent
    reason: str = ""
    cases: int = 0
    shapes: int = 0
    strata: dict[str, int] = field(default_factory=dict)
    log2_bound: str | None = None
    order: str | None = None
    box: str | None = None
    cells: int | None = None
    worst: dict[str, Any] | None = None
    witness: Witness | None = None
    grade: str | None = None  # the grade a confirmation earns
    parts: tuple[int, ...] = ()  # the parts of the statement it confirmed
    applies: bool = True  # False: the method cannot speak of this form (Unsupported)
    slack: Mapping[int, float] = field(default_factory=dict)  # least relative room of each order
    vacuous: bool = False  # the run would mean nothing
    error: str = ""  # a body that broke: the form is invalid

    def record(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "outcome": self.outcome,
            "reason": self.reason,
            "cases": self.cases,
            "shapes": self.shapes,
            "strata": self.strata,
            "log2_bound": self.log2_bound,
            "order": self.order,
            "box": self.box,
            "cells": self.cells,
            "worst": self.worst,
        }


@dataclass(frozen=True)
class Verdict:
    """What follows from the evidence on one form."""

    verdict: str  # holds | refuted | undecided | invalid
    grade: str | None
    because: str | None = None
    witness: Witness | None = None


def weakest(grades: list[str | None]) -> str | None:
    """The weakest grade of a chain; None (nothing shown) is weaker than any."""
    if any(g is None for g in grades):
        return None
    return max(grades, key=lambda g: GRADES.index(g)) if grades else None
