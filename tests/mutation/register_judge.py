"""What becomes of a mutant, by the project's own machine.

    refuted     a certified witness, read back from its record, refutes the mutant again, while the
                true form holds at the same point (fieldcheck.evidence.kill)
    equivalent  the mutant says the same as the form, and the machine can tell why
                (:mod:`tests.mutation.register_equivalence`)
    survived    the mutant holds, and no machine can tell that it says the same
    undecided   neither; also where it means nothing (a side that never moves)
    stillborn   the mutant raises, or has no value anywhere: shapes that do not fit, a primitive of
                another arithmetic, the root of a negative number. A crash is no kill

A mutant that breaks at some sizes is tried again where it may run, at sizes from two up and at
squares of two: only a witness counts from there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from fieldcheck.arithmetic.ball import working_digits
from fieldcheck.claim import Form
from fieldcheck.evidence.clock import limited
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.gather import gather
from fieldcheck.evidence.kill import check_kill
from fieldcheck.evidence.methods import cells, enclose, exact, ladder, sample
from fieldcheck.evidence.profiles import PROFILES, Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import witness_at
from fieldcheck.verdict import Evidence, Verdict, Witness
from tests.mutation.register_equivalence import equivalent
from tests.mutation.register_operators import Mutant, form_of, text_of
from tests.mutation.register_said import DIGITS, POINTS, Part, places_of, said_at

REFUTED, EQUIVALENT, SURVIVED = "refuted", "equivalent", "survived"
UNDECIDED, STILLBORN = "undecided", "stillborn"
OUTCOMES = (REFUTED, EQUIVALENT, SURVIVED, UNDECIDED, STILLBORN)

SECONDS = 20
"""Time limit of one method in the second try, where quick leaves a mutant undecided."""

CHEAP = ("exact", "cells", "rank", "solutions", "ladder", "series", "rate", "law")
KINKED = {
    "relu",
    "abs",
    "maximum",
    "minimum",
    "clip",
    "unit",
    "step",
    "norm",
    "colu",
    "lorentz",
    "orthant",
    "psd",
    "gaps",
    "layers",
}
"""Words of a body that may bring in a function with cases."""


@dataclass(frozen=True)
class Result:
    """What became of a mutant, and why."""

    outcome: str
    reason: str = ""
    grade: str | None = None

    def record(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "reason": self.reason, "grade": self.grade}


def try_mutant(mutant: Mutant, seed: int = 0) -> Result:
    """Judge a mutant: the quick profile, then reasons for equivalence, then the standard one."""
    try:
        form = form_of(mutant)
    except SyntaxError as fault:
        return Result(STILLBORN, f"SyntaxError: {fault}")
    smooth = not KINKED & set(re.findall(r"\w+", text_of(mutant.form).source()))
    # Without kinks two formulas that agree at generic points agree: the search can be spared.
    first = _judged(mutant.form, form, PROFILES["quick"], seed, CHEAP if smooth else None)
    if first.outcome == REFUTED:
        return first
    if first.outcome == STILLBORN:
        return _where_it_runs(mutant.form, form, seed) or first
    why = equivalent(mutant)
    if why:
        return Result(EQUIVALENT, why, first.grade)
    if smooth:
        first = _judged(mutant.form, form, PROFILES["quick"], seed)
        if first.outcome == REFUTED:
            return first
        if first.outcome == STILLBORN:
            return _where_it_runs(mutant.form, form, seed) or first
    if first.outcome == SURVIVED:
        return first
    if _has_no_value(form):
        return Result(STILLBORN, "no finite value at any point")
    standard = replace(PROFILES["standard"], seconds=SECONDS)
    second = _judged(mutant.form, form, standard, seed)
    return first if second.outcome == STILLBORN else second


def _judged(
    true: Form, form: Form, profile: Profile, seed: int, only: Sequence[str] | None = None
) -> Result:
    with _any_witness():
        relations, evidence = gather(Statement(form), profile, seed, only)
    verdict = decide(relations, evidence)
    if verdict.verdict == REFUTED:
        reason = _unsound(true, form, verdict)
        return Result(UNDECIDED, reason) if reason else Result(REFUTED, "", verdict.grade)
    if verdict.holds:
        return Result(SURVIVED, "", verdict.grade)
    if verdict.verdict == "invalid" and not _vacuous(evidence):
        return Result(STILLBORN, _one_line(verdict.because))
    return Result(UNDECIDED, _one_line(verdict.because))


@contextmanager
def _any_witness() -> Iterator[None]:
    """Witnesses as they are found: nobody reads a mutant's, so none is made small."""
    before = {module: module.smallest for module in _FINDERS}
    for module in _FINDERS:
        module.smallest = as_it_is
    try:
        yield
    finally:
        for module, function in before.items():
            module.smallest = function


def as_it_is(
    statement: Statement, sizes: dict[str, int], raw: Raw, rng: random.Random, digits: int = 60
) -> Witness:
    """What stands in for ``smallest``, and takes what that takes."""
    return witness_at(statement, sizes, raw, digits)


_FINDERS: tuple[Any, ...] = (cells, enclose, exact, ladder, sample)


def _has_no_value(form: Form) -> bool:
    """Whether some part is without a finite value at all of several points: the root of a
    negative number, a division by zero."""
    statement = Statement(form)
    places = places_of(statement, random.Random(f"values/{form.key}"))[-POINTS:]
    try:
        with limited(SECONDS), working_digits(DIGITS):
            said = [said_at(form, raw) for _, raw in places]
            parts = zip(*said, strict=True)
            return any(not any(_is_finite(part) for part in same) for same in parts)
    except Exception:
        return False


def _is_finite(part: Part) -> bool:
    """Whether a part has a value: all its sides, remainders and constants."""
    return all(x.is_finite() for value in part.values for x in value.data.reshape(-1))


def _vacuous(evidence: list[Evidence]) -> bool:
    return not any(e.error for e in evidence)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())[:240]


def _unsound(true: Form, form: Form, verdict: Verdict) -> str:
    """Why a refutation does not count, or an empty string."""
    truth: Any = SimpleNamespace(id=true.claim_id, forms={f"{true.claim_id}/claim": true})
    try:
        return check_kill(truth, form, verdict)
    except Exception as fault:  # the witness lies where the true form has no value
        return f"the true form cannot be evaluated there: {type(fault).__name__}: {fault}"


def _where_it_runs(true: Form, form: Form, seed: int) -> Result | None:
    """A refutation at sizes at which a mutant runs that breaks elsewhere."""
    names = form.size_names()
    allowed = {n: list(form.sizes.get(n, range(1, 7))) for n in names}
    larger = {n: [v for v in values if v >= 2] for n, values in allowed.items()}
    squares = {n: [2] for n in names if 2 in allowed[n]}
    for sizes in (larger, squares):
        if not names or any(not sizes.get(n) for n in names):
            continue
        if {n: list(v) for n, v in sizes.items()} == allowed:
            continue
        result = _judged(true, replace(form, sizes=sizes), PROFILES["quick"], seed)
        if result.outcome == REFUTED:
            return result
    return None
