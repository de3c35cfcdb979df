"""What a reader sees of a counterexample is what its point gives."""

from __future__ import annotations

import json

import pytest

from fieldcheck import Equal, Rank, claim, matrix, ours, real
from fieldcheck.claim import registered
from fieldcheck.evidence.retold import told_otherwise
from fieldcheck.evidence.rows import verify_claim


@pytest.fixture(scope="module")
def refuted():
    """A form and its stored witness, of each kind that is drawn afresh."""

    @claim("retold-equal", title="A square", sources=[ours()], given=dict(x=real()))
    def equal(xp, x):
        """The square of a sum."""
        return Equal((x + 1) * (x + 1), x * x + 2 * x + 1)

    @equal.neighbour("once", key="wrong")
    def _(xp, x):
        return Equal((x + 1) * (x + 1), x * x + x + 1)

    @claim("retold-rank", title="A rank", sources=[ours()], given=dict(A=matrix(2, 2)))
    def rank(xp, A):
        """A matrix of two rows has rank two."""
        return Rank(A, 2)

    @rank.neighbour("one", key="wrong")
    def _(xp, A):
        return Rank(A, 1)

    found = {}
    for made in (equal, rank):
        made.finish()
        rows = verify_claim(made.id, "quick", 0)["forms"]
        row = next(row for row in rows if row["key"] == f"{made.id}/wrong")
        form = made.forms[row["key"]]
        found[made.id] = form, json.loads(json.dumps(row["witness"]))
    yield found
    for name in found:
        del registered()[name]


@pytest.mark.parametrize("name", ["retold-equal", "retold-rank"])
def test_a_witness_tells_what_its_point_gives(refuted, name):
    form, witness = refuted[name]
    assert told_otherwise(form, witness) == []
    assert told_otherwise(form, {**witness, "lhs": "17"}) == ["lhs"]
    assert {*told_otherwise(form, {**witness, "rhs": "17", "inputs": {}})} == {"rhs", "inputs"}
