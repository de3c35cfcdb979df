"""What a campaign may change in the ledger: the cases of what stands, and a refutation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from fieldcheck.campaign import rows
from fieldcheck.campaign.look import look_at
from fieldcheck.campaign.records import Total, fold
from fieldcheck.ledger import again, machine, records, store
from fieldcheck.ledger import run as runs
from fieldcheck.ledger.errors import LedgerError
from fieldcheck.recheck import check
from tests.campaign.conftest import CLAIMS


def total(claims: dict[str, Any], name: str, cases: int = 25_000) -> Total:
    form = claims[name].forms[f"{name}/claim"]
    return fold(form.key, (look_at(claims[name], form, 0, k, cases) for k in range(4)))


def enter(path: Path, claims: dict[str, Any], *totals: Total) -> list[records.FormRow]:
    return rows.enter(path, claims, machine, (CLAIMS,), list(totals))


def bare(form: records.FormRow) -> records.FormRow:
    return structs.replace(
        form, evidence=tuple(e for e in form.evidence if e.method != rows.METHOD)
    )


def test_cases_are_added_and_the_word_stays(ledger: Path, claims: dict[str, Any]) -> None:
    before = store.read(ledger)
    found = total(claims, "firm", 1000)
    (form,) = enter(ledger, claims, found)
    after = runs.vouched(store.read(ledger), claims, machine, ledger)
    assert after.row("firm").main == form
    assert form.verdict == "stands"
    assert bare(form) == before.row("firm").main
    (entry,) = [e for e in form.evidence if e.method == rows.METHOD]
    assert entry.cases == found.cases
    assert not entry.agrees
    assert after.row("rare") == before.row("rare")
    assert not ledger.with_name(ledger.name + store.JOURNAL).exists()


def test_of_two_campaigns_the_longer_is_kept(ledger: Path, claims: dict[str, Any]) -> None:
    longer, shorter = total(claims, "firm", 1000), total(claims, "firm", 100)
    enter(ledger, claims, longer)
    (form,) = enter(ledger, claims, shorter)
    assert form.evidence[-1].cases == longer.cases
    assert sum(e.method == rows.METHOD for e in form.evidence) == 1


def test_a_refutation_goes_in_with_its_witness(ledger: Path, claims: dict[str, Any]) -> None:
    found = total(claims, "rare")
    assert found.refutation is not None
    (form,) = enter(ledger, claims, found)
    assert (form.verdict, form.met, form.grade) == ("refuted", False, "enclosed")
    assert form.witness == found.refutation.witness
    after = runs.vouched(store.read(ledger), claims, machine, ledger)
    row = after.row("rare")
    assert (row.verdict, row.as_expected) == ("refuted", False)
    said = check.recheck([records.plain(row)], claims["rare"].forms, [])
    assert [f for *_, found in said for f in found if f.severity == check.WRONG] == []
    # What a shorter search does not find again is no fault of the row.
    stood = store.read(ledger).row("rare").main
    assert again._difference(stood, structs.replace(stood, verdict="stands", evidence=())) == ""
    assert again._difference(
        structs.replace(stood, evidence=stood.evidence[:-1]),
        structs.replace(stood, verdict="stands"),
    )
    # Nor is a witness that was drawn as a rational here and as a ball there; a proof's grade is.
    assert again._difference(form, structs.replace(form, grade="exact")) == ""
    proved = structs.replace(stood, verdict="proved", grade="exact")
    assert again._difference(proved, structs.replace(proved, grade="enclosed"))


def test_verify_keeps_what_a_campaign_added(ledger: Path, claims: dict[str, Any]) -> None:
    from tests.campaign.conftest import Unwatched

    enter(ledger, claims, total(claims, "firm", 500))
    text = ledger.read_bytes()
    request = runs.Request(profile="quick", files=(CLAIMS,), path=ledger)
    outcome = runs.run(request, Unwatched())
    assert outcome.reused == 2
    assert ledger.read_bytes() == text


def test_no_word_is_made_stronger(ledger: Path, claims: dict[str, Any]) -> None:
    """Not even by evidence that says more than a campaign may."""
    row = store.read(ledger).row("firm")
    made = records.plain(row)
    form = made["forms"][0]
    form["evidence"] = [
        e for e in form["evidence"] if e["method"] not in ("sampled", "search", "ladder")
    ]
    rows._add(form, total(claims, "firm", 500))
    assert machine.in_words_of(claims["firm"], records.sealed(made)) is None
    proved = {**records.plain(row)["forms"][0], "verdict": "proved"}
    before = msgspec.json.encode(proved)
    rows._add(proved, total(claims, "firm", 500))
    assert msgspec.json.encode(proved) == before


def test_a_row_that_changed_is_refused(ledger: Path, claims: dict[str, Any]) -> None:
    old = store.read(ledger)
    other = records.sealed(structs.replace(old.row("firm"), hash="0" * 64))
    store.write(ledger, structs.replace(old, claims=(old.row("rare"), other)))
    text = ledger.read_bytes()
    with pytest.raises(LedgerError, match="changed under the campaign"):
        enter(ledger, claims, total(claims, "firm", 100))
    assert ledger.read_bytes() == text
