"""The ledger's rows: a claim with all its forms, judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fieldcheck.claim import FALSE, Claim, Form, registered
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.decide import decide, dropping_showed
from fieldcheck.evidence.fingerprint import claim_hash
from fieldcheck.evidence.gather import BROKEN, blame, gather
from fieldcheck.evidence.kill import counted
from fieldcheck.evidence.profiles import PROFILES, Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.threshold import threshold
from fieldcheck.relations import Relation
from fieldcheck.verdict import (
    INVALID,
    REFUTED,
    STOPPED,
    UNDECIDED,
    Evidence,
    Scope,
    Verdict,
    bound_text,
)

KILL = "the check of its witness"


def verify_form(claim: Claim, form: Form, profile: Profile, seed: int) -> dict[str, Any]:
    """One element of ``forms`` of the ledger."""
    statement = Statement(form)
    relations, evidence = gather(statement, profile, seed)
    verdict = decide(relations, evidence)
    refuted = form.expect == FALSE and verdict.verdict == REFUTED
    if refuted and form.role == "neighbour":
        try:
            with limited(profile.seconds):
                verdict = counted(claim, form, verdict)
        except TooSlow as slow:
            verdict = Verdict(UNDECIDED, because=f"{STOPPED} {KILL}: {slow}")
        except BROKEN as error:  # the true claim's body may break where the neighbour's ran
            main = Statement(claim.forms[f"{claim.id}/claim"])
            reason = f"the true claim cannot be evaluated there: {blame(main, error)}"
            verdict = Verdict(INVALID, because=reason)
    measured = _threshold(form, relations, evidence, profile, seed) if verdict.holds else None
    grid = statement.grid()
    return {
        **form.words(),
        "parts": [relation.name for relation in relations],
        "met": form.expect is None or form.expect.met(verdict, relations),
        "verdict": str(verdict.verdict),
        "grade": verdict.grade,
        "scope": (verdict.scope or Scope()).record() if verdict.holds else None,
        "visited": {n: sorted({sizes[n] for sizes in grid}) for n in statement.size_names},
        "log2_bound": bound_text(verdict.log2_bound),
        "entropy": statement.entropy,
        "outcome": dropping_showed(form.role, verdict.verdict),
        "because": verdict.because,
        "threshold": measured,
        "evidence": [e.record() for e in evidence],
        "witness": verdict.witness.record() if verdict.witness else None,
    }


def _threshold(
    form: Form,
    relations: Sequence[Relation],
    evidence: Sequence[Evidence],
    profile: Profile,
    seed: int,
) -> dict[str, Any] | None:
    try:
        return threshold(form, relations, evidence, profile, seed)
    except TooSlow as slow:
        return {"log10": None, "tried": 0, "perturbed": f"{STOPPED} {slow}"}


def stopped(form: Form, why: str) -> dict[str, Any]:
    """The element of ``forms`` for a form that was stopped from outside: undecided, and why."""
    return {
        **form.words(),
        "parts": [],
        "met": form.expect is None,
        "verdict": str(UNDECIDED),
        "grade": None,
        "scope": None,
        "visited": {},
        "log2_bound": None,
        "entropy": None,
        "outcome": dropping_showed(form.role, UNDECIDED),
        "because": f"{STOPPED} {why}",
        "threshold": None,
        "evidence": [],
        "witness": None,
    }


def verify_claim(
    claim_id: str,
    profile: str,
    seed: int,
    roles: Sequence[str] | None = None,
    stops: Mapping[str, str] | None = None,
    begun: Callable[[str], None] = lambda key: None,
) -> dict[str, Any]:
    """One element of ``claims`` of the ledger (its own verdict; what it rests on is
    the ledger's to say, which sees all).

    ``seconds`` holds the time of each form and is moved to ``timings`` by the ledger.

    Args:
        roles: only forms of these roles.
        stops: forms that were stopped from outside before, and why: they are not run again.
        begun: called with the key of each form as its turn comes.
    """
    claim = registered()[claim_id]  # the caller has loaded the register, which stands above us
    budget = PROFILES[profile]
    forms, seconds = [], {}
    for key, form in claim.forms.items():
        if roles is not None and form.role not in roles:
            continue
        begun(key)
        start = time.perf_counter()
        why = (stops or {}).get(key)
        forms.append(verify_form(claim, form, budget, seed) if why is None else stopped(form, why))
        seconds[key] = round(time.perf_counter() - start, 3)
    own = forms[0]
    return {
        **claim.words(),
        "hash": claim_hash(claim, profile, seed),
        "expected": own["expected"],
        "verdict": own["verdict"],
        "grade": own["grade"],
        "scope": own["scope"],
        "rests_on": own["verdict"],
        "weakest": None,
        "forms": forms,
        "seconds": seconds,
    }
