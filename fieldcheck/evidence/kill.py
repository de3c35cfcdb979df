"""What counts as killing a neighbour.

A neighbour expected refuted counts only if its witness survives the trip through JSON, refutes
again in rationals or balls, and, where the domains agree, the true claim holds at the same point.
"""

from __future__ import annotations

import json

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.claim import Claim, Form
from fieldcheck.evidence.statement import Statement, wrap_raw
from fieldcheck.evidence.witness import certified, raw_from_record
from fieldcheck.verdict import Verdict

DIGITS = 80
WIDTH = -40  # log10 of the width within which the true claim must hold zero


def check_kill(claim: Claim, form: Form, verdict: Verdict) -> str:
    """Why the kill does not count, or an empty string."""
    assert verdict.witness is not None
    record = json.loads(json.dumps(verdict.witness.record()))
    if record["relation"] == "Solutions":
        return _solutions(claim, form, record)
    if record["relation"] not in ("Equal", "Zero", "Force", "Gradient", "AtMost"):
        return ""
    raw = raw_from_record(record["raw"])
    if certified(Statement(form), record["sizes"], raw, DIGITS) is None:
        return "the witness does not refute again when rebuilt from the record"
    main = claim.forms[f"{claim.id}/claim"]
    if dict(main.given) != dict(form.given):
        return ""
    truth = Statement(main)
    if any(record["sizes"][n] not in allowed for n, allowed in main.sizes.items()):
        return ""  # the neighbour speaks of sizes that the claim leaves out
    if set(truth.raw_shapes(record["sizes"])) != set(raw):
        return ""
    if certified(truth, record["sizes"], raw, DIGITS) is not None:
        return "the true claim fails at the same point"
    if record["relation"] == "AtMost":
        return ""
    with working_digits(DIGITS):
        try:
            xp = Ball()
            for sides in truth.sides(xp, wrap_raw(xp, raw)):
                if sides.order:
                    continue
                for x in (sides.left - sides.right).data.reshape(-1):
                    if not x.is_finite() or abs(x).upper() > type(abs(x))(10) ** WIDTH:
                        return "the true claim is not sharp at the same point"
        except (Unsupported, ZeroDivisionError):
            return ""
    return ""


def _solutions(claim: Claim, form: Form, record: dict) -> str:
    """A point in one of the two sets only, on which the true claim agrees with itself."""
    from fieldcheck.evidence.solutions import disagrees

    if not disagrees(Statement(form), record):
        return "the witness does not refute again when rebuilt from the record"
    main = claim.forms[f"{claim.id}/claim"]
    relations = [r.name for r in Statement(main).probe(record["sizes"])]
    if dict(main.given) != dict(form.given) or "Solutions" not in relations:
        return ""
    if disagrees(Statement(main), record):
        return "the true claim fails at the same point"
    return ""
