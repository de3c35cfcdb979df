"""Every form of every claim: one test a form.

    pytest tests/test_register.py -k softmax                    a few claims
    pytest "tests/test_register.py::test_form[softmax-free-energy/printed]"

The rows are those of the ledger that the book is built from. What it lacks, or holds of other
sources, is gathered first, just the claims that are asked for, and kept there. But the file is not
trusted: from each row the verdict is decided again, its witness is rebuilt and must refute again,
and its proof is rechecked at fresh points of a few shapes, other ones in every run; all of them are
for `fieldcheck recheck`, which goes through the same ledger before a book is built strictly.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from rich.console import Console

from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.statement import Statement
from fieldcheck.ledger import machine, records, store
from fieldcheck.ledger import run as runs
from fieldcheck.ledger.records import ClaimRow, FormRow
from fieldcheck.pages.terminal import Watch
from fieldcheck.register import load
from fieldcheck.verdict import REFUTED, Evidence, Scope, Verdict, Word, bound_text

PROFILE, SEED = "standard", 0
SHAPES = 4  # of a proof: the ends, a corner and a random one
CLAIMS = load()
FORMS = [key for claim in CLAIMS.values() for key in claim.forms]
OUTCOMES = {"necessary", "superfluous", "not shown necessary", "meaningless without it"}


# --- the rows -------------------------------------------------------------------------------------


def gathered(path: Path, ids: Iterable[str], profile: str = PROFILE) -> dict[str, ClaimRow]:
    """Rows of these claims from a ledger; what it lacks is gathered and kept."""
    path.parent.mkdir(exist_ok=True)
    request = runs.Request(
        profile=profile,
        seed=SEED,
        jobs=runs.default_jobs(),
        ids=tuple(ids),
        path=runs.apart(path, profile, SEED),
        patient=True,  # another test process may be gathering
    )
    with Watch(Console(stderr=True)) as watch:
        outcome = runs.run(request, watch)
    assert not outcome.faults
    return {row.id: row for row in outcome.rows}


@pytest.fixture(scope="session")
def rows(request: pytest.FixtureRequest) -> dict[str, ClaimRow]:
    """The rows of all claims of which a form is to be tested in this run."""
    keys = [item.callspec.params.get("key") for item in request.session.items
            if hasattr(item, "callspec")]  # fmt: skip
    path = store.default_path(Path(__file__).parent)
    assert path is not None
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return gathered(path, {key.partition("/")[0] for key in keys if key in FORMS})


# --- what a row must stand ------------------------------------------------------------------------


def decided_again(form: Any, row: FormRow) -> tuple[Verdict, bool]:
    """The verdict that follows from the recorded evidence, and whether it meets what the register
    expects: neither the file's word nor its expectation is used."""
    statement = Statement(form)
    relations = statement.probe(statement.smallest)
    verdict = decide(relations, [_evidence(e, row) for e in row.evidence])
    return verdict, form.expect is None or form.expect.met(verdict, relations)


def _evidence(e: records.Evidence, row: FormRow) -> Evidence:
    speaks = e.outcome in ("refutes", "doubts")
    return Evidence(
        method=e.method,
        outcome=e.outcome,
        why=e.why,
        detail=e.detail,
        log2_bound=None if e.log2_bound is None else float(e.log2_bound),
        witness=row.witness if speaks else None,  # type: ignore[arg-type]
        grade=e.grade,
        proves={int(part) - 1: Scope(**structs.asdict(s)) for part, s in e.proves.items()},
        agrees=e.agrees,
        vacuous=e.vacuous,
        error=e.error,
    )


def check(form: Any, row: FormRow) -> None:
    """Everything that can be asked of a row without gathering its evidence anew."""
    verdict, met = decided_again(form, row)
    assert (row.verdict, row.grade) == (verdict.verdict, verdict.grade), why(row)
    assert row.met == met
    assert met, why(row)
    assert row.log2_bound == bound_text(verdict.log2_bound)
    scope = (verdict.scope or Scope()).record() if verdict.holds else None
    assert json.loads(json.dumps(scope)) == records.plain(row.scope), why(row)
    if form.role == "dropped":  # must say what leaving the hypothesis out showed
        assert row.outcome in OUTCOMES, why(row)
    if row.verdict == REFUTED:
        assert row.witness is not None, why(row)
    if row.witness is not None:
        assert machine.replay(form, row.witness, 60)["certified"], why(row)
    if row.holds:
        assert_complete(row)
    # What a record is too poor for is named by `fieldcheck recheck`; here nothing may be wrong.
    wrong = [found for found in rechecked(form, row) if found.severity == "does not recheck"]
    assert wrong == [], why(row)


def rechecked(form: Any, row: FormRow) -> list[Any]:
    """What a second road, with fresh primes and intervals, says against a proof or a witness."""
    if find_spec("fieldcheck.recheck") is None:
        return []
    check = importlib.import_module("fieldcheck.recheck.check")
    found = check.recheck_form(form, records.plain(row), SHAPES)
    return [said for said in found if said.severity != check.SPOT]


def why(form: FormRow) -> str:
    """What a reader of a failing test needs."""
    lines = [f"{form.key}: expected {form.expected}, found {form.verdict}", f"  {form.title}"]
    lines += [f"  because {form.because}"] if form.because else []
    lines += [f"  {e.method} {e.outcome}: {e.reason}" for e in form.evidence]
    if form.witness:
        witness = form.witness
        lines.append(f"  at {witness.sizes} {witness.inputs}")
        lines.append(f"  {witness.part}, {witness.index}: {witness.lhs} against {witness.rhs}")
    return "\n".join(lines)


def assert_complete(form: FormRow) -> None:
    """Nothing that its methods can measure is missing from the row of a form that holds."""
    confirming = [e for e in form.evidence if e.outcome == "confirms"]
    assert form.threshold is not None
    assert form.threshold.log10 is not None, "no fault of any size was seen"
    proved = form.verdict.startswith("proved")
    assert proved or any(e.worst and e.worst.log10 is not None for e in confirming), "no worst case"
    for entry in confirming:
        left_out = [name for name, n in entry.strata.items() if not n]
        if entry.method == "sampled":  # a stratum without a value is named
            assert all(name in entry.detail for name in left_out), left_out
        assert entry.strata, entry.method
        if entry.method in ("exact", "cells", "rank"):
            assert float(entry.log2_bound or 0) < -100, entry.method
        if entry.worst is None:  # an order confirms nothing by its ladder
            assert entry.method in ("ladder", "sampled"), entry.method
        elif entry.worst.log10 is None:
            assert entry.worst.what.startswith("none: "), entry.method
        elif entry.method != "law":  # which is drawn again from its seed
            assert entry.worst.raw is not None
            assert entry.worst.raw["point"], entry.method
        if entry.method == "rate":
            assert entry.order is not None
        if entry.method == "enclosed":
            assert entry.box
            assert entry.cells


@pytest.mark.parametrize("key", FORMS)
def test_form(key: str, rows: dict[str, ClaimRow]) -> None:
    claim_id = key.partition("/")[0]
    (row,) = [form for form in rows[claim_id].forms if form.key == key]
    check(CLAIMS[claim_id].forms[key], row)


def test_the_register_is_not_empty() -> None:
    assert CLAIMS


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_every_claim_has_what_a_reader_needs(claim_id: str) -> None:
    claim = CLAIMS[claim_id]
    roles = [form.role for form in claim.forms.values()]
    assert roles[0] == "claim"
    assert "neighbour" in roles
    for part in (claim.title, claim.statement, claim.sources, claim.chapter):
        assert part
    assert set(claim.needs) <= set(CLAIMS)
    titles = [form.title for form in claim.forms.values() if form.role != "claim"]
    assert len(set(titles)) == len(titles), "two forms with one title cannot be told apart"


# --- the file is shared, and not trusted ----------------------------------------------------------

QUICK = "glu-symmetry"  # a claim of a second or so


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ClaimRow]:
    """A ledger that was made from nothing for one claim, and its row."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.json"
    (row,) = gathered(path, [QUICK], "quick").values()
    return path, row


def test_from_nothing_just_what_is_asked_for_is_gathered_and_kept(one) -> None:
    path, row = one
    assert list(store.read(path).rows) == [QUICK]
    assert not store.read(path).run.complete
    before = path.stat().st_mtime_ns
    assert gathered(path, [QUICK], "quick") == {QUICK: row}  # read, not gathered again
    assert path.stat().st_mtime_ns == before


def test_a_ledger_of_another_profile_is_left_alone(one) -> None:
    path, _ = one
    assert runs.apart(path, "quick", SEED) == path
    assert runs.apart(path, "standard", SEED) == path.with_name("ledger-standard-0.json")


def _claimed_for_every_size(form: FormRow) -> None:
    form.verdict = Word.PROVED


def _bound_improved(form: FormRow) -> None:
    form.log2_bound = "-500.0"


def _scope_widened(form: FormRow) -> None:
    assert form.scope is not None
    form.scope = structs.replace(form.scope, sizes=dict.fromkeys(form.scope.sizes, "all"))


def _proof_left_out(form: FormRow) -> None:
    form.evidence = tuple(e for e in form.evidence if not e.proves)


def _method_made_to_agree(form: FormRow) -> None:
    last = structs.replace(form.evidence[-1], outcome="refutes", grade="exact")
    form.evidence = (*form.evidence[:-1], last)


def _threshold_left_out(form: FormRow) -> None:
    form.threshold = None


@pytest.mark.parametrize(
    "forge",
    [_claimed_for_every_size, _bound_improved, _scope_widened, _proof_left_out,
     _method_made_to_agree, _threshold_left_out],
)  # fmt: skip
def test_a_forged_proof_is_noticed_behind_its_seal(one, forge) -> None:
    main = records.sealed(records.plain(one[1])).main
    check(CLAIMS[QUICK].forms[main.key], main)
    forge(main)
    with pytest.raises(AssertionError):
        check(CLAIMS[QUICK].forms[main.key], main)


def _point_moved(form: FormRow) -> None:
    assert form.witness is not None
    form.witness.raw = {k: json.loads(json.dumps(v).replace("1", "0")) for k, v in
                        form.witness.raw.items()}  # fmt: skip


def _called_true(form: FormRow) -> None:
    form.verdict = Word.PROVED


def _witness_left_out(form: FormRow) -> None:
    form.witness = None


@pytest.mark.parametrize("forge", [_point_moved, _called_true, _witness_left_out])
def test_a_forged_refutation_is_noticed_behind_its_seal(one, forge) -> None:
    (form, *_) = records.sealed(records.plain(one[1])).of("neighbour")
    check(CLAIMS[QUICK].forms[form.key], form)
    forge(form)
    with pytest.raises(AssertionError):
        check(CLAIMS[QUICK].forms[form.key], form)
