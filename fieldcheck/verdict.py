"""Small frozen records: what a method found, how far it reaches, and what follows from it."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


class Word(enum.StrEnum):
    """What is said of a statement.  The first four are *certain*; see :func:`certain`."""

    PROVED = "proved"  # for every input of the domain as named and every size
    UP_TO = "proved up to"  # the same, for the sizes printed
    ON = "proved on"  # the same, on the box printed
    REFUTED = "refuted"  # false, with a certified point
    STANDS = "stands"  # nothing tried spoke against it
    FAILS = "fails"  # numerical evidence against it, no certificate
    UNDECIDED = "undecided"  # neither
    INVALID = "invalid"  # the body broke, or the run would mean nothing


PROVED, UP_TO, ON, REFUTED = Word.PROVED, Word.UP_TO, Word.ON, Word.REFUTED
STANDS, FAILS, UNDECIDED, INVALID = Word.STANDS, Word.FAILS, Word.UNDECIDED, Word.INVALID

STOPPED = "stopped:"
"""How a reason begins that speaks of a limit, and not of the statement: it is no verdict, and what
it left is not kept."""

LATE = "of processor time"
"""Words of a reason that a limit gave; see :func:`fieldcheck.evidence.clock.limited`."""

HOLDING = (PROVED, UP_TO, ON, STANDS)
"""What whoever does not care how sure it is calls *holds*."""

STRENGTH: dict[str, int] = {PROVED: 3, UP_TO: 2, ON: 2, STANDS: 1}
"""How much a holding word says; a word that says less is weaker."""


def certain(word: str) -> bool:
    """Proved (wherever) or refuted: no further run can say otherwise."""
    return word in (PROVED, UP_TO, ON, REFUTED)


def bound_text(log2: float | None) -> str | None:
    """A bound's logarithm in one decimal, rounded up: it may be weakened, not strengthened."""
    if log2 is None or math.isinf(log2):  # -inf: nothing was left to chance
        return None if log2 is None else str(log2)
    return f"{math.ceil(log2 * 10) / 10:.1f}"


GRADES = ("exact", "enclosed", "series", "ladder", "rate", "law", "sampled")
"""How something is known, from strongest to weakest; never summed."""

ALL = "all"
"""Every size from the least that the statement allows."""

Sizes = Mapping[str, Any]
"""For each size ``ALL`` or the tuple of values that were visited, in every combination."""


@dataclass(frozen=True)
class Scope:
    """How far a proof or a search reaches.

    sizes:      for each size "all", or the values visited (all combinations of them)
    inputs:     for each input what of its domain is covered: "all", "dense", or the part
    box:        the box of raw parameters an enclosure covered, if it was not the whole domain
    conditions: what was not discharged: while one remains, nothing is proved
    left_out:   where a side has no value: points of which the statement does not speak
    stated:     the sizes are all that the statement speaks of
    """

    sizes: Sizes = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    box: str | None = None
    conditions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    stated: bool = False

    @property
    def every_size(self) -> bool:
        """Every size that the statement speaks of?"""
        return self.stated or all(values == ALL for values in self.sizes.values())

    def covers(self, sizes: Mapping[str, int]) -> bool:
        """Is this shape among those visited?"""
        return self.every_size or all(
            self.sizes.get(name, ALL) == ALL or n in self.sizes[name] for name, n in sizes.items()
        )

    def meet(self, other: Scope) -> Scope:
        """What both cover."""
        sizes = {}
        for name in {**self.sizes, **other.sizes}:
            a, b = self.sizes.get(name, ALL), other.sizes.get(name, ALL)
            sizes[name] = b if a == ALL else a if b == ALL else tuple(v for v in a if v in b)
        boxes = list(dict.fromkeys(b for b in (self.box, other.box) if b))
        return Scope(
            sizes,
            {**self.inputs, **other.inputs},
            "; ".join(boxes) or None,
            tuple(dict.fromkeys(self.conditions + other.conditions)),
            tuple(dict.fromkeys(self.left_out + other.left_out)),
            self.stated and other.stated,
        )

    def record(self) -> dict[str, Any]:
        return {
            "sizes": {k: v if v == ALL else list(v) for k, v in self.sizes.items()},
            "inputs": dict(self.inputs),
            "box": self.box,
            "conditions": list(self.conditions),
            "left_out": list(self.left_out),
            "stated": self.stated,
        }


class Outcome(enum.StrEnum):
    """What a method says of a statement."""

    CONFIRMS = "confirms"
    REFUTES = "refutes"  # with a certified witness
    DOUBTS = "doubts"  # numerical evidence against it, which nothing certifies
    SILENT = "silent"


CONFIRMS, REFUTES, DOUBTS, SILENT = (
    Outcome.CONFIRMS,
    Outcome.REFUTES,
    Outcome.DOUBTS,
    Outcome.SILENT,
)


class Why(enum.StrEnum):
    """Why a method is silent: the value is the message, ``Evidence.detail`` the particulars."""

    NOT_CONCERNED = "made for other relations"
    UNSUPPORTED = "the arithmetic has no such primitive"
    TOO_SLOW = "no answer within its time"
    SYMBOLS = "a relation between free symbols"
    DEGREE_60 = "a degree too high for primes below 2^60"  # of earlier ledgers
    DEGREE = "a degree too high for primes below 2^128"
    GAP_SIGN = "the gap is not nonnegative by its form"
    GAP_OPEN = "the given gap is not confirmed as an identity"
    BRANCH_OPEN = "a branch is neither refuted nor shown to be empty"
    UNCONFIRMED = "the prime field disagrees, and no rational point confirms it"
    INDETERMINATE = "no digits decide"
    WIDE = "the residual's ball does not shrink with the precision"
    UNSEEN = "a branch of a primitive was never visited"
    UNSETTLED = "the rate has not settled"
    CELLS = "the cells of the box are not all decided"
    ELIMINATION = "the elimination does not decide a case"
    NO_INSTANCE = "no instance could be evaluated"
    HEAVY = "tails too heavy for so many samples"
    OTHER = "see the detail"

    @property
    def blocks(self) -> bool:
        """Is this silence a suspicion, so that the statement cannot be said to stand?"""
        return self in _SUSPICIOUS


_SUSPICIOUS = (
    Why.TOO_SLOW,
    Why.BRANCH_OPEN,
    Why.UNCONFIRMED,
    Why.INDETERMINATE,
    Why.WIDE,
    Why.UNSEEN,
    Why.UNSETTLED,
    Why.CELLS,
    Why.ELIMINATION,
    Why.NO_INSTANCE,
    Why.HEAVY,
)


@dataclass(frozen=True)
class Witness:
    """A point that refutes a statement; ``raw`` and ``sizes`` suffice to rebuild it.

    part, index, side: where it fails: the part of the statement, the entry, and "sides" or "gap"
    lhs, rhs:          both values there, as exact or decimal strings
    """

    relation: str
    sizes: dict[str, int]
    raw: dict[str, Any]
    inputs: dict[str, Any]
    part: int
    index: tuple[int, ...]
    side: str
    lhs: str
    rhs: str
    certified_by: str
    digits: int
    table: tuple[tuple[int, str], ...] = ()  # of a rate: n and the remainder there
    seed: int | None = None  # of a law

    def record(self) -> dict[str, Any]:
        kept = asdict(self)
        kept["index"] = list(self.index)
        kept["table"] = [list(row) for row in self.table]
        return kept


@dataclass(frozen=True)
class Evidence:
    """What one method did and found on one form.

    proves:  the parts it proves, each with its scope
    agrees:  the parts that it tried and found nothing against (those it proves among them)
    """

    method: str
    outcome: Outcome
    why: Why | None = None
    detail: str = ""
    cases: int = 0
    shapes: int = 0
    strata: dict[str, int] = field(default_factory=dict)
    digits: int | None = None
    log2_bound: float | None = None
    order: str | None = None
    box: str | None = None
    cells: int | None = None
    worst: dict[str, Any] | None = None
    witness: Witness | None = None
    grade: str | None = None
    proves: Mapping[int, Scope] = field(default_factory=dict)
    agrees: tuple[int, ...] = ()
    proof: dict[str, Any] | None = None  # what an independent checker needs
    slack: Mapping[int, float] = field(default_factory=dict)  # least relative room of each order
    vacuous: bool = False
    error: str = ""  # a body that broke: the form is invalid

    @property
    def applies(self) -> bool:
        """Can the method speak of this form at all?"""
        return self.why not in (Why.NOT_CONCERNED, Why.UNSUPPORTED)

    @property
    def reason(self) -> str:
        """Why it is silent, or what it has to add, as a sentence."""
        if self.why is None or self.why is Why.OTHER:
            return self.detail
        return f"{self.why}: {self.detail}" if self.detail else str(self.why)

    def record(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "outcome": str(self.outcome),
            "why": None if self.why is None else str(self.why),
            "detail": self.detail,
            "grade": self.grade,
            "agrees": list(self.agrees),
            "vacuous": self.vacuous,
            "error": self.error,
            "cases": self.cases,
            "shapes": self.shapes,
            "strata": self.strata,
            "digits": self.digits,
            "log2_bound": bound_text(self.log2_bound),
            "order": self.order,
            "box": self.box,
            "cells": self.cells,
            "worst": self.worst,
            "proves": {str(part + 1): scope.record() for part, scope in self.proves.items()},
            "proof": self.proof,
        }


class Report:
    """Evidence in the making: counts are kept here, and one call ends it.

    report = Report("exact")
    report.cases += 1
    return report.refutes(witness, grade="exact")
    """

    def __init__(self, method: str, **known: Any):
        self.method = method
        self.cases = self.shapes = 0
        self.strata: dict[str, int] = {}
        self.known = known

    def _made(self, outcome: Outcome, **more: Any) -> Evidence:
        counted = {"cases": self.cases, "shapes": self.shapes, "strata": self.strata}
        return Evidence(self.method, outcome, **{**counted, **self.known, **more})

    def confirms(self, agrees: Iterable[int], grade: str, **more: Any) -> Evidence:
        return self._made(CONFIRMS, agrees=tuple(agrees), grade=grade, **more)

    def proves(self, scopes: Mapping[int, Scope], grade: str, **more: Any) -> Evidence:
        """These parts are proved, each as far as its scope says."""
        return self._made(CONFIRMS, proves=scopes, agrees=tuple(scopes), grade=grade, **more)

    def refutes(self, witness: Witness | None, grade: str, **more: Any) -> Evidence:
        return self._made(REFUTES, witness=witness, grade=grade, **more)

    def doubts(self, detail: str, grade: str, **more: Any) -> Evidence:
        """Numerical evidence against the statement, without a certificate."""
        return self._made(DOUBTS, detail=detail, grade=grade, **more)

    def silent(self, why: Why, detail: str = "", **more: Any) -> Evidence:
        return self._made(SILENT, why=why, detail=detail, **more)

    def not_concerned(self) -> Evidence:
        return self._made(SILENT, why=Why.NOT_CONCERNED)

    def vacuous(self, detail: str, **more: Any) -> Evidence:
        """The run would mean nothing: no instance could be evaluated."""
        return self._made(SILENT, why=Why.NO_INSTANCE, detail=detail, vacuous=True, **more)

    def broken(self, error: str) -> Evidence:
        return self._made(SILENT, error=error)


@dataclass(frozen=True)
class Verdict:
    """What follows from the evidence on one form."""

    verdict: Word
    grade: str | None = None
    because: str | None = None
    witness: Witness | None = None
    scope: Scope | None = None
    log2_bound: float | None = None

    @property
    def holds(self) -> bool:
        return self.verdict in HOLDING

    def with_scope(self, **changes: Any) -> Verdict:
        return replace(self, scope=replace(self.scope or Scope(), **changes))


def weakest(grades: list[str | None]) -> str | None:
    """The weakest grade of a chain; None (nothing shown) is weaker than any."""
    if any(g is None for g in grades):
        return None
    return max(grades, key=lambda g: GRADES.index(g)) if grades else None
