"""Every form of every claim, verified anew: one test a form.

    pytest tests/test_register.py -k softmax                    a few claims
    pytest "tests/test_register.py::test_form[softmax-free-energy/printed]"

Nothing is read from a ledger. A claim is verified once in each test process and its forms share
that; with ``pytest -n 2 --dist loadgroup`` all forms of a claim go to one process.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from fieldcheck.ledger import store
from fieldcheck.register import load

CLAIMS = load()
FORMS = [
    pytest.param(key, id=key, marks=pytest.mark.xdist_group(claim.id))
    for claim in CLAIMS.values()
    for key in claim.forms
]
OUTCOMES = {"necessary", "superfluous", "not shown necessary", "meaningless without it"}


@cache
def verified(claim_id: str) -> dict[str, Any]:
    """The claim's row, from evidence gathered now."""
    import torch

    from fieldcheck.evidence.run import verify_claim

    torch.set_num_threads(1)
    row = dict(verify_claim(claim_id, "quick", 0))
    row.pop("seconds")
    return row


def why(form: dict[str, Any]) -> str:
    """What a reader of a failing test needs."""
    lines = [
        f"{form['key']}: expected {form['expected']}, found {form['verdict']}",
        f"  {form['title']}",
    ]
    if form["undecided_because"]:
        lines.append(f"  because {form['undecided_because']}")
    lines += [f"  {e['method']} {e['outcome']}: {e['reason']}" for e in form["evidence"]]
    if form["witness"]:
        witness = form["witness"]
        lines.append(f"  at {witness['sizes']} {witness['inputs']}")
        lines.append(f"  {witness['entry']}: {witness['lhs']} against {witness['rhs']}")
    return "\n".join(lines)


@pytest.mark.parametrize("key", FORMS)
def test_form(key: str) -> None:
    row = verified(key.partition("/")[0])
    form = next(form for form in row["forms"] if form["key"] == key)
    if form["role"] == "dropped":  # never fails a run, but must say what leaving it out showed
        assert form["outcome"] in OUTCOMES, why(form)
    else:
        assert form["expected"] in {"holds", "refuted"}
        assert form["verdict"] == form["expected"], why(form)
    if form["verdict"] == "refuted":
        assert form["witness"] is not None, why(form)
    if form["verdict"] == "holds":
        assert_complete(form)
    assert store.problem(form, "form") is None


def assert_complete(form: dict[str, Any]) -> None:
    """Nothing that its methods can measure is missing from the row of a form that holds."""
    confirming = [e for e in form["evidence"] if e["outcome"] == "confirms"]
    assert form["threshold"] is not None
    assert form["threshold"]["log10"] is not None, "no fault of any size was seen"
    assert any(e["worst"] and e["worst"]["log10"] is not None for e in confirming), "no worst case"
    for entry in confirming:
        assert all(entry["strata"].values()), f"{entry['method']} left out a stratum"
        assert entry["strata"], entry["method"]
        if entry["method"] in ("exact", "cells", "rank"):
            assert float(entry["log2_bound"]) < -100, entry["method"]
        if entry["worst"]["log10"] is None:
            assert entry["worst"]["what"].startswith("none: "), entry["method"]
        elif entry["method"] != "law":  # which is drawn again from its seed
            assert entry["worst"]["raw"]["point"], entry["method"]
        if entry["method"] == "rate":
            assert entry["order"] is not None
        if entry["method"] == "enclosed":
            assert entry["box"]
            assert entry["cells"]


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
