"""Leaving a hypothesis out: the four outcomes, and none for a claim that fails with it."""

from __future__ import annotations

import pytest

from fieldcheck import claim as claims
from fieldcheck.domains import (
    between,
    built,
    cone_vector,
    hermitian,
    matrix,
    number,
    positive,
    real,
    real_matrix,
    unitary,
    vector,
)
from fieldcheck.evidence.rows import verify_claim
from fieldcheck.relations import AtMost, Equal, Piece, Rate, Solutions, Zero
from fieldcheck.verdict import HOLDING


@pytest.fixture
def register():
    """Claims of this test alone."""
    before = dict(claims.registered())
    yield
    claims.registered().clear()
    claims.registered().update(before)


def examined(body, given, expect="holds", neighbour=None, **more):
    """The row of a claim with this body."""
    body.__doc__ = "A statement."
    made = claims.claim(
        "example-dropping", title="An example", sources=[claims.ours()], chapter="evidence",
        given=given, expect=expect, **more,
    )(body)  # fmt: skip
    made.neighbour("another statement", given=given)(neighbour or body)
    made.finish()
    return verify_claim("example-dropping", "quick", 0)


def outcomes(*args, **more):
    """What each hypothesis left out of such a claim showed."""
    row = examined(*args, **more)
    forms = [form for form in row["forms"] if form["role"] == "dropped"]
    assert bool(forms) == (row["none_dropped_because"] is None)
    return {form["key"].rpartition("/")[2]: form for form in forms}


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
    found = outcomes(lambda xp, t: AtMost(1 + t, xp.exp(t)), dict(t=positive()))
    assert found["drop-t"]["outcome"] == "not shown necessary"
    assert found["drop-t"]["verdict"] in HOLDING


def test_meaningless_without_it(register):
    found = outcomes(
        lambda xp, t: Rate(lambda n: xp.sqrt(t) / n, 1, xp.sqrt(t)), dict(t=positive())
    )
    assert found["drop-t"]["outcome"] == "meaningless without it"
    assert found["drop-t"]["verdict"] == "invalid"


def test_a_claim_that_fails_has_nothing_to_drop(register):
    """What fails for Hermitian matrices fails for all: that shows no hypothesis to be needed."""
    false = lambda xp, A, x: Equal(A @ x, x)
    true = lambda xp, A, x: Equal(A @ x + x, x + A @ x)
    given = dict(A=hermitian("n"), x=vector("n"))
    assert outcomes(false, given, "refuted", true) == {}


def test_real_inputs_become_complex_where_nothing_else_is_assumed(register):
    """All at once: the transpose is the adjoint of real matrices only."""
    body = lambda xp, A, B: Equal(A.T @ B, xp.star(A) @ B)
    found = outcomes(body, dict(A=real_matrix("n", "n"), B=matrix("n", "n")))
    assert set(found) == {"drop-real"}
    assert found["drop-real"]["outcome"] == "necessary"
    assert found["drop-real"]["hypothesis"] == "A: real"
    assert "i" in str(found["drop-real"]["witness"]["inputs"]["A"])


def test_real_inputs_stay_real_where_more_is_assumed(register):
    body = lambda xp, t, x: Equal(t * (x + x), 2 * t * x)
    assert set(outcomes(body, dict(t=positive(), x=vector("n")))) == {"drop-t"}


def test_what_a_real_identity_keeps_in_the_complex(register):
    found = outcomes(lambda xp, x: Equal(x * (x + 1), x * x + x), dict(x=real()))
    assert found["drop-real"]["outcome"] == "superfluous"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (lambda xp, x: AtMost(2 * x, x * x + 1), "an order between complex values"),
        (lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x - 1) ** 2), "an order between complex"),
        (lambda xp, x: Equal(xp.relu(x) - xp.relu(-x), x), "needs a real value"),
        (lambda xp, x: Solutions(Piece(zero=(x,)), (Piece(zero=(2 * x,)),)), "must be real"),
        (
            lambda xp, x: Rate(lambda n: (1 + xp.abs(x)) / n, 1, 1 + xp.abs(x) + x - xp.real(x)),
            "constant",
        ),
    ],
    ids=["order", "order with a gap", "relu", "solutions", "rate"],
)
def test_what_complex_inputs_make_no_sense_of_says_so(body, why, register):
    """Meaningless by the statement's own words, and by no crash of ours."""
    found = outcomes(body, dict(x=real()))["drop-real"]
    assert found["outcome"] == "meaningless without it"
    assert why in found["because"]


def test_strata_left_out_stay_out_where_inputs_become_complex():
    assert "zero" in vector("n").extended.strata
    assert "zero" not in vector("n").without_strata("zero").extended.strata


def test_a_box_is_one_of_real_inputs(register):
    """Its ranges name parameters that complex inputs do not have."""
    body = lambda xp, x: AtMost(xp.abs(x) - 1, xp.abs(x))
    found = outcomes(body, dict(x=real()), box=dict(raw={"x.x": (-1, 1)}))["drop-real"]
    assert found["verdict"] in HOLDING
    assert "enclosed" not in [entry["method"] for entry in found["evidence"]]


def test_a_box_is_one_of_the_values_of_its_domain(register):
    """[-1, 1] is all of a bounded domain, and hardly any of the real numbers without the bound."""
    body = lambda xp, x: AtMost(x, xp.exp(x))
    found = outcomes(body, dict(x=between(2, 3)), box=dict(raw={"x.x": (-1, 1)}))["drop-x"]
    assert found["verdict"] in HOLDING
    assert found["grade"] == "sampled"


OWN = built("odd thing", ("n",), {"x": ("n",)}, lambda xp, raw: raw["x"] * 3)


@pytest.mark.parametrize(
    ("given", "expect", "why"),
    [
        (dict(x=matrix("n")), "holds", "nothing is assumed of the inputs"),
        (dict(x=number()), "holds", "nothing is assumed of the inputs"),
        (dict(x=OWN), "holds", "no relaxation is declared for: odd thing"),
        (dict(x=hermitian("n")), "refuted", "what fails with a hypothesis fails without it"),
    ],
    ids=["matrix", "number", "own", "refuted"],
)
def test_nothing_left_out_is_said_with_its_reason(given, expect, why, register):
    true = lambda xp, x: Equal(x + x, 2 * x)
    false = lambda xp, x: Equal(x + x, 3 * x)
    body, other = (true, false) if expect == "holds" else (false, true)
    assert examined(body, given, expect, other)["none_dropped_because"] == why


def test_cone_vectors_are_any_real_vectors():
    assert cone_vector("n").extended == matrix("n")
