"""Leaving a hypothesis out: the four outcomes, and none for a claim that fails with it."""

from __future__ import annotations

import pytest

from fieldcheck import claim as claims
from fieldcheck.domains import hermitian, matrix, positive, unitary, vector
from fieldcheck.evidence.run import verify_claim
from fieldcheck.relations import AtMost, Equal, Zero


@pytest.fixture
def register():
    """Claims of this test alone."""
    before = dict(claims.registered())
    yield
    claims.registered().clear()
    claims.registered().update(before)


def outcomes(body, given, expect="holds", neighbour=None):
    body.__doc__ = "A statement."
    made = claims.claim(
        "example-dropping", title="An example", sources=[claims.ours()], chapter="evidence",
        given=given, expect=expect,
    )(body)  # fmt: skip
    made.neighbour("another statement", given=given)(neighbour or body)
    made.finish()
    rows = verify_claim("example-dropping", "quick", 0)["forms"]
    return {row["key"].rpartition("/")[2]: row for row in rows if row["role"] == "dropped"}


def test_necessary(register):
    found = outcomes(
        lambda xp, A: Zero(xp.imag(xp.trace(A))), dict(A=hermitian("n"))
    )  # fmt: skip
    row = found["drop-A"]
    assert (row["outcome"], row["verdict"]) == ("necessary", "refuted")
    assert row["witness"]["inputs"]["A"] == [["i"]]  # not Hermitian


def test_superfluous(register):
    found = outcomes(
        lambda xp, U, B: Equal(xp.trace(U @ B), xp.trace(B @ U)),
        dict(U=unitary("n"), B=matrix("n", "n")),
    )
    assert found["drop-U"]["outcome"] == "superfluous"
    assert found["drop-U"]["threshold"]["log10"] == "any"
    assert set(found) == {"drop-U"}  # nothing to drop from any matrix


def test_not_shown_necessary(register):
    found = outcomes(
        lambda xp, t: Equal(xp.sin(2 * t), 2 * xp.sin(t) * xp.cos(t)), dict(t=positive())
    )
    assert found["drop-t"]["outcome"] == "not shown necessary"
    assert found["drop-t"]["verdict"] == "holds"


def test_meaningless_without_it(register):
    found = outcomes(lambda xp, t: AtMost(xp.log(t) - xp.log(t), t * t), dict(t=positive()))
    assert found["drop-t"]["outcome"] == "meaningless without it"
    assert found["drop-t"]["verdict"] == "invalid"


def test_a_claim_that_fails_has_nothing_to_drop(register):
    """What fails for Hermitian matrices fails for all: that shows no hypothesis to be needed."""
    false = lambda xp, A, x: Equal(A @ x, x)
    true = lambda xp, A, x: Equal(A @ x + x, x + A @ x)
    given = dict(A=hermitian("n"), x=vector("n"))
    assert outcomes(false, given, "refuted", true) == {}
