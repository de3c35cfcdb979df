"""A statement put to the test, with the second road's word on the row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fieldcheck.claim import HOLDS, Form
from fieldcheck.evidence.gather import judge
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.recheck.check import SPOT, Finding, recheck_form
from fieldcheck.verdict import Verdict, bound_text

SMALL = replace(
    PROFILES["quick"], name="small", proposals=2, batch=24, starts=24, steps=4, seconds=60
)


def judged(body: Any, given: dict, sizes=None, where=(), profile=SMALL) -> tuple[Verdict, list]:
    """The verdict, and what the second road finds against it."""
    form = Form(
        *("example/claim", "claim", "example", body, given, sizes or {}, HOLDS), where=tuple(where)
    )
    return rechecked(form, profile)


def rechecked(form: Form, profile=SMALL) -> tuple[Verdict, list[Finding]]:
    verdict, evidence, _ = judge(form, profile, 0)
    row = {
        "verdict": str(verdict.verdict),
        "evidence": [e.record() for e in evidence],
        "witness": verdict.witness.record() if verdict.witness else None,
        "log2_bound": bound_text(verdict.log2_bound),
    }
    return verdict, [f for f in recheck_form(form, row) if f.severity != SPOT]
