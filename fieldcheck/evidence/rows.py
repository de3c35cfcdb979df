"""The ledger's rows: a claim with all its forms, judged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from fieldcheck.claim import FALSE, Claim, Form, registered
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.fingerprint import claim_hash
from fieldcheck.evidence.gather import blame, gather
from fieldcheck.evidence.kill import counted
from fieldcheck.evidence.profiles import PROFILES, Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.threshold import threshold
from fieldcheck.verdict import INVALID, PROVED, REFUTED, UP_TO, Scope, Verdict, bound_text


def verify_form(claim: Claim, form: Form, profile: Profile, seed: int) -> dict[str, Any]:
    """One element of ``forms`` of the ledger."""
    statement = Statement(form)
    relations, evidence = gather(statement, profile, seed)
    verdict = decide(relations, evidence)
    refuted = form.expect == FALSE and verdict.verdict == REFUTED
    if refuted and form.role == "neighbour":
        try:
            verdict = counted(claim, form, verdict)
        except Exception as error:  # the true claim's body may break where the neighbour's ran
            main = Statement(claim.forms[f"{claim.id}/claim"])
            reason = f"the true claim cannot be evaluated there: {blame(main, error)}"
            verdict = Verdict(INVALID, because=reason)
    measured = None
    if verdict.holds:
        measured = threshold(form, relations, evidence, profile, seed)
    grid = statement.grid()
    return {
        "key": form.key,
        "role": form.role,
        "title": form.title,
        "tex": form.tex,
        "hypothesis": form.hypothesis,
        "parts": [relation.name for relation in relations],
        "expected": form.expect.record() if form.expect else None,
        "met": form.expect is None or form.expect.met(verdict, relations),
        "verdict": str(verdict.verdict),
        "grade": verdict.grade,
        "scope": (verdict.scope or Scope()).record() if verdict.holds else None,
        "visited": {n: sorted({sizes[n] for sizes in grid}) for n in statement.size_names},
        "log2_bound": bound_text(verdict.log2_bound),
        "entropy": statement.entropy,
        "outcome": _outcome(form, verdict),
        "because": verdict.because,
        "threshold": measured,
        "evidence": [e.record() for e in evidence],
        "witness": verdict.witness.record() if verdict.witness else None,
    }


def _outcome(form: Form, verdict: Verdict) -> str | None:
    """What dropping a hypothesis showed; null for the other roles.

    A claim that holds holds wherever the hypothesis does, so a witness against the dropped form
    violates it.  A claim expected refuted has no dropped forms.
    """
    if form.role != "dropped":
        return None
    if verdict.verdict == REFUTED:
        return "necessary"
    if verdict.verdict == INVALID:
        return "meaningless without it"
    if verdict.verdict in (PROVED, UP_TO):
        return "superfluous"
    return "not shown necessary"


def verify_claim(
    claim_id: str, profile: str, seed: int, roles: Sequence[str] | None = None
) -> dict[str, Any]:
    """One element of ``claims`` of the ledger (its own verdict; what it rests on is
    the ledger's to say, which sees all).

    ``seconds`` holds the time of each form and is moved to ``timings`` by the ledger.
    """
    claim = registered()[claim_id]  # the caller has loaded the register, which stands above us
    budget = PROFILES[profile]
    forms, seconds = [], {}
    for key, form in claim.forms.items():
        if roles is not None and form.role not in roles:
            continue
        start = time.perf_counter()
        forms.append(verify_form(claim, form, budget, seed))
        seconds[key] = round(time.perf_counter() - start, 3)
    own = forms[0]
    return {
        "id": claim.id,
        "title": claim.title,
        "chapter": claim.chapter,
        "sources": [{"work": s.work, "place": s.place} for s in claim.sources],
        "equations": list(claim.equations),
        "needs": list(claim.needs),
        "hash": claim_hash(claim, profile, seed),
        "expected": own["expected"],
        "verdict": own["verdict"],
        "grade": own["grade"],
        "scope": own["scope"],
        "rests_on": own["verdict"],
        "weakest": None,
        "none_dropped_because": claim.none_dropped_because(),
        "forms": forms,
        "seconds": seconds,
    }
