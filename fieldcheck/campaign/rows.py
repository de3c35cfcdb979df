"""Totals into the ledger, through its journal.

A campaign may add to a form that stands how many cases were tried, and to any form a certified
refutation; it never makes a word stronger.  Its evidence agrees with no part, so that the verdict
is decided from the rest as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fieldcheck.campaign.records import METHOD, Total
from fieldcheck.ledger import records, store
from fieldcheck.ledger import run as runs
from fieldcheck.ledger.errors import LedgerError
from fieldcheck.ledger.records import ClaimRow, FormRow
from fieldcheck.verdict import INVALID, REFUTED, STANDS, Report


class _Unwatched:
    """Nothing is verified, so there is nothing to watch."""

    def planned(self, reused: int, todo: int) -> None: ...
    def started(self, claim_id: str) -> None: ...
    def finished(self, done: Any) -> None: ...


def enter(
    path: Path, claims: Mapping[str, Any], engine: Any, files: Sequence[str], totals: list[Total]
) -> list[FormRow]:
    """Put totals into the ledger at ``path``; the rows of their forms as they are now.

    Raises:
        LedgerError: the ledger is broken, or a row is not what the campaign started from.
    """
    by_claim: dict[str, list[Total]] = {}
    for total in totals:
        by_claim.setdefault(total.form.partition("/")[0], []).append(total)
    with store.Journal(path, patient=True) as journal:
        ledger = store.read(path)
        run = ledger.run
        for claim_id, own in by_claim.items():
            claim, wanted = claims[claim_id], engine.claim_hash(
                claims[claim_id], run.profile, run.seed
            )  # fmt: skip
            kept = (journal.rows.get(claim_id), ledger.rows.get(claim_id))
            row = next((r for r in kept if r is not None and r.hash == wanted), None)
            if row is None:
                raise LedgerError(f"the row of {claim_id} in {path} changed under the campaign")
            journal.append(_with(row, own, claim, engine), {})
    # The journal's rows are folded into the ledger by a run that has nothing to verify.
    request = runs.Request(
        profile=run.profile, seed=run.seed, ids=list(by_claim), files=files, path=path, patient=True
    )
    outcome = runs.run(request, _Unwatched(), engine.__name__)
    forms = {form.key: form for row in outcome.rows for form in row.forms}
    return [forms[total.form] for total in totals]


def _with(row: ClaimRow, totals: list[Total], claim: Any, engine: Any) -> ClaimRow:
    """The row with its totals, sealed; its verdicts follow from its evidence."""
    made = records.plain(row)
    for total in totals:
        form = next(form for form in made["forms"] if form["key"] == total.form)
        _add(form, total)
    own = made["forms"][0]
    made.update({name: own[name] for name in ("verdict", "grade", "scope")})
    said = engine.in_words_of(claim, records.sealed(made))
    if said is None:
        raise LedgerError(f"the campaign's evidence does not fit the row of {row.id}")
    return said


def _add(form: dict[str, Any], total: Total) -> None:
    before = [e for e in form["evidence"] if e["method"] == METHOD]
    others = [e for e in form["evidence"] if e["method"] != METHOD]
    refutation = total.refutation
    if refutation is None:
        more = all(e["cases"] < total.cases and e["outcome"] == "confirms" for e in before)
        if form["verdict"] == STANDS and more:  # of two campaigns the longer one is kept
            form["evidence"] = [*others, _evidence(total)]
        return
    form.update(
        evidence=[*others, _evidence(total)],
        verdict=str(INVALID if refutation.invalid else REFUTED),
        grade=None if refutation.invalid else "enclosed",
        because=refutation.invalid,
        scope=None,
        log2_bound=None,
        threshold=None,
        witness=records.plain(refutation.witness),
    )


def _evidence(total: Total) -> dict[str, Any]:
    """What the ledger keeps of a total."""
    report = Report(METHOD)
    report.cases, report.strata = total.cases, total.strata
    if total.refutation is not None:
        return {**report.refutes(None, "enclosed").record(), "worst": None}
    some = [w for w in total.worst if w is not None]
    top = max(some, key=lambda w: w.size, default=None)
    return report.confirms((), "sampled", worst=top and top.at).record()
