"""What counts as killing a neighbour.

A neighbour expected refuted counts only if its witness survives the trip through JSON, refutes
again when rebuilt from the record (in rationals or balls; a rate from its remainders, a rank from
fresh primes, a law from its seed) and, where the domains agree, the true claim holds at the same
point: exactly, or to as many digits as anything can be hidden in.  A point on a kink, where the
true claim has no sharp value, is stepped off first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.claim import Claim, Form
from fieldcheck.evidence.digits import look
from fieldcheck.evidence.draws import Raw, stream
from fieldcheck.evidence.methods import law, rank, rate, series
from fieldcheck.evidence.methods.solutions import disagrees
from fieldcheck.evidence.points import point
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified, raw_from_record, witness_at
from fieldcheck.verdict import INVALID, Verdict

DIGITS = 80
"""Decimal digits with which a witness is rebuilt, at least."""

NOT_AGAIN = "the witness does not refute again when rebuilt from the record"
OUTSIDE = "the witness does not meet the hypotheses"
TRUTH_FAILS = "the true claim fails at the same point"
NOT_SHARP = "the true claim is not sharp at the same point"
NOT_FINITE = "the true claim is not finite at the same point"

STEPS = tuple(Fraction(n, d) for n, d in ((1, 2), (-1, 2), (1, 1), (-1, 1), (1, 64), (-1, 64)))
"""By how much one entry of a witness is moved, to step off a kink."""


def counted(claim: Claim, form: Form, verdict: Verdict) -> Verdict:
    """The refutation if it counts as a kill, else invalid with the reason.

    Where only the sharpness of the true claim is missing, points beside the witness are tried: a
    certified violation is open, a kink is thin.  The witness is then the point that was taken.
    """
    reason = check_kill(claim, form, verdict)
    if reason == NOT_SHARP:
        for beside in _beside(form, verdict):
            if not check_kill(claim, form, beside):
                return beside
    return Verdict(INVALID, because=reason) if reason else verdict


def _beside(form: Form, verdict: Verdict) -> Iterator[Verdict]:
    """The refutation at points that differ in one entry, where it is certified as well."""
    assert verdict.witness is not None
    statement, sizes = Statement(form), dict(verdict.witness.sizes)
    raw = raw_from_record(verdict.witness.record()["raw"])
    for step in STEPS:
        for name, values in raw.items():
            for index in np.ndindex(*values.shape):
                moved = values.copy()
                moved[index] += step
                near = {**raw, name: moved}
                if certified(statement, sizes, near) is not None:
                    yield replace(verdict, witness=witness_at(statement, sizes, near))


def check_kill(claim: Claim, form: Form, verdict: Verdict) -> str:
    """Why the kill does not count, or an empty string."""
    assert verdict.witness is not None
    record = json.loads(json.dumps(verdict.witness.record()))
    if not replay(form, record, DIGITS)["certified"]:
        return NOT_AGAIN
    raw = raw_from_record(record["raw"])
    if raw and not Statement(form).admits(raw):
        return OUTSIDE
    main = claim.forms[f"{claim.id}/claim"]
    truth = Statement(main)
    if any(main.given[name] != domain for name, domain in form.given.items() if name in main.given):
        return ""  # the neighbour speaks of other inputs
    if not set(form.given) <= set(main.given):
        return ""
    if any(record["sizes"].get(n, allowed[0]) not in allowed for n, allowed in main.sizes.items()):
        return ""  # the neighbour speaks of sizes that the claim leaves out
    check = {"Solutions": _solutions, "Rate": _rate, "Rank": _rank, "Law": _law}
    return check.get(record["relation"], _point)(truth, record)


def _point(truth: Statement, record: dict[str, Any]) -> str:
    """The true claim at the point, with what the neighbour does not have set to one."""
    sizes = {name: record["sizes"].get(name, 1) for name in truth.size_names}
    stored = raw_from_record(record["raw"])
    raw: Raw = {}
    for name, shape in truth.raw_shapes(sizes).items():
        given = stored.get(name)
        one = np.full(shape, 1, dtype=object)
        raw[name] = given if given is not None and np.shape(given) == shape else one
    seen = look(truth, raw, DIGITS)
    if seen.found is not None:
        return TRUTH_FAILS
    if not truth.admits(raw) or not seen.undecided:
        return ""  # a point of which the claim does not speak, or where it holds
    return NOT_FINITE if seen.infinite else NOT_SHARP


def _rate(truth: Statement, record: dict[str, Any]) -> str:
    raw = raw_from_record(record["raw"])
    parts = truth.parts("Rate")
    if truth.raw_shapes(record["sizes"]).keys() != raw.keys():
        return ""
    for part in parts:
        if series.refutes_at(truth, raw, part)[0]:
            return TRUTH_FAILS
        if series.holds_at(truth, raw, part):
            continue
        found = rate.judge(truth, raw, part, rate.DOUBLINGS["quick"])
        if found.against and rate.falls_faster(truth, raw, part, found):
            # At a special point it may, which speaks against nothing; at a generic one it must not.
            near = point(truth, record["sizes"], stream(truth.key, "kill", 0))
            found = rate.judge(truth, near, part, rate.DOUBLINGS["quick"])
        if found.against:
            return TRUTH_FAILS
    return ""


def _rank(truth: Statement, record: dict[str, Any]) -> str:
    rng = stream(truth.key, "kill", 0)
    for part in truth.parts("Rank"):
        bound = PROFILES["quick"].bound
        found, claimed, _, _ = rank.generic(truth, record["sizes"], part, rng, bound)
        if found != claimed:
            return "the true claim fails at the same sizes"
    return ""


def _law(truth: Statement, record: dict[str, Any]) -> str:
    draws = [law.again(truth, part, record) for part in truth.parts("Law")]
    return "the true claim fails with the same seed" if any(d.outside for d in draws) else ""


def _solutions(truth: Statement, record: dict[str, Any]) -> str:
    """A point in one of the two sets only, on which the true claim agrees with itself."""
    if not truth.parts("Solutions") or disagrees(truth, record):
        return TRUTH_FAILS if truth.parts("Solutions") else ""
    return ""
