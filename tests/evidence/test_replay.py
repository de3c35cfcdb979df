"""Replay: a stored witness of any relation is rebuilt; one of another form is refused in words."""

from __future__ import annotations

import json

import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import matrix, positive, real, vector
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.run import examine
from fieldcheck.ledger import machine
from fieldcheck.ledger.errors import UserError
from fieldcheck.relations import AtMost, Equal, Force, Law, Piece, Rank, Rate, Solutions, Zero

REFUTED = {
    "Equal": (lambda xp, A: Equal(A, A.T), dict(A=matrix("n", "n"))),
    "Equal, transcendental": (lambda xp, x: Equal(xp.sin(x), x), dict(x=real())),
    "Zero": (lambda xp, x: Zero(xp.relu(x)), dict(x=real())),
    "Force": (lambda xp, X: Force(lambda Y: xp.norm2(Y), X, 2 * X), dict(X=matrix("N", "C"))),
    "AtMost": (lambda xp, x: AtMost(x, x * x), dict(x=real())),
    "a second part": (lambda xp, x: (Equal(x, x + 0), AtMost(x, x - 1)), dict(x=real())),
    "Rate": (lambda xp, x: Rate(lambda n: x / n, 2), dict(x=positive())),
    "Rank, more": (lambda xp, A: Rank(A, 0), dict(A=matrix("N", "C"))),
    "Rank, fewer": (
        lambda xp, x: Rank(x[:, None] @ x[None, :], min(2, x.shape[0])), dict(x=vector("n"))),
    "Law": (lambda xp, x: Law(lambda rng, n: rng.random(n), mean=1), dict(x=real())),
    "Solutions": (lambda xp, a: Solutions(Piece(zero=(a * a - a,)), (Piece(zero=(a,)),)),
                  dict(a=real())),
}  # fmt: skip


@pytest.mark.parametrize("digits", [15, 60, 300])
@pytest.mark.parametrize("name", REFUTED)
def test_a_stored_witness_refutes_again(name, digits):
    body, given = REFUTED[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == ("fails" if name in ("Law", "Rate") else "refuted"), verdict
    form = Form("example/claim", "claim", "example", body, given, {}, HOLDS)
    record = json.loads(json.dumps(verdict.witness.record()))
    found = replay(form, record, digits)
    assert found["certified"], found
    assert found["lhs"] != found["rhs"]


@pytest.mark.parametrize("name", REFUTED)
def test_a_witness_of_a_form_that_has_changed_is_refused(name):
    """An input renamed, or of another shape: one sentence that says what to do."""
    body, given = REFUTED[name]
    record = examine(body, **given)[0].witness.record()
    if not record["raw"]:
        return  # a law has no parameters
    renamed = {f"other.{part}": v for part, v in record["raw"].items()}
    deeper = {part: [v, v] for part, v in record["raw"].items()}
    form = Form("example/claim", "claim", "example", body, given, {}, HOLDS)
    for raw in (renamed, deeper):
        with pytest.raises(UserError, match="does not fit the statement as it is now"):
            machine.replay(form, {**record, "raw": raw}, 60)
