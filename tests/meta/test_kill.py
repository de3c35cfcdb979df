"""Kills: a witness counts only if, read back, it refutes again at a point where the claim holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fieldcheck.claim import FALSE, HOLDS, ClaimError, Form
from fieldcheck.domains import hermitian, matrix, positive, real, vector
from fieldcheck.evidence import again
from fieldcheck.evidence.gather import judge
from fieldcheck.evidence.kill import NOT_FINITE, NOT_SHARP, OUTSIDE, check_kill
from fieldcheck.evidence.methods import law
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.rows import verify_form
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import AtMost, Equal, Law, Rank, Rate, Zero


class Claim:
    """What a kill needs of a claim: its id and its forms."""

    id = "example"

    def __init__(self, body, **given):
        self.forms = {"example/claim": _form("claim", body, given)}


def _form(role, body, given):
    expect = HOLDS if role == "claim" else FALSE
    return Form(f"example/{role}", role, role, body, given, {}, expect)


def neighbour(body, **given):
    form = _form("neighbour", body, given)
    verdict, _, _ = judge(form, PROFILES["quick"], 0)
    assert form.expect.met(verdict, Statement(form).probe(Statement(form).smallest)), verdict
    return form, verdict


POSITIVE = positive()
SQUARE = lambda xp, x: Equal((x + 1) ** 2, x * x + 2 * x + 1)
OFF = lambda xp, x: Equal((x + 1) ** 2, x * x + x + 1)


def test_a_kill_that_counts():
    assert check_kill(Claim(SQUARE, x=vector("n")), *neighbour(OFF, x=vector("n"))) == ""


def test_a_wrong_witness_does_not_count():
    form, verdict = neighbour(OFF, x=vector("n"))
    zero = replace(verdict.witness, raw={"x.x": ["0"] * verdict.witness.sizes["n"]})
    reason = check_kill(Claim(SQUARE, x=vector("n")), form, replace(verdict, witness=zero))
    assert "does not refute again" in reason


def test_a_witness_of_other_parameters_does_not_count():
    form, verdict = neighbour(OFF, x=vector("n"))
    other = replace(verdict.witness, raw={"y.x": ["1"]})
    with pytest.raises(ClaimError, match="does not fit the statement as it is now"):
        check_kill(Claim(SQUARE, x=vector("n")), form, replace(verdict, witness=other))


def test_a_claim_that_fails_there_too_kills_nothing():
    reason = check_kill(Claim(OFF, x=vector("n")), *neighbour(OFF, x=vector("n")))
    assert "the true claim fails" in reason


def test_a_claim_that_is_not_finite_there_kills_nothing():
    claim = Claim(lambda xp, x: AtMost(1 / (xp.exp(x) - xp.exp(x)), x * x), x=real())
    reason = check_kill(claim, *neighbour(lambda xp, x: AtMost(x, x - 1), x=real()))
    assert reason == NOT_FINITE


@pytest.mark.parametrize("size", [-150, 0, 60, 150])
def test_a_claim_is_as_sharp_as_it_takes_whatever_its_size(size):
    """Sides of size 10^150, or known to few digits at first: more digits, and it holds."""
    big = lambda xp, x: (xp.exp(x) + xp.lift(10) ** size) * xp.lift(10) ** size
    square = lambda xp, x: big(xp, x) ** 2
    apart = lambda xp, x: (big(xp, x) - 1) * (big(xp, x) + 1) + 1
    claim = Claim(lambda xp, x: Equal(square(xp, x), apart(xp, x)), x=real())
    off = lambda xp, x: Equal(square(xp, x), apart(xp, x) + square(xp, x) / 10**40)
    assert check_kill(claim, *neighbour(off, x=real())) == ""
    worse = Claim(off, x=real())
    assert "the true claim fails" in check_kill(worse, *neighbour(off, x=real()))


def test_a_witness_outside_the_domain_does_not_count():
    away = replace(real(), within=lambda raw: raw["x"][()] > 0)
    rank = lambda r: lambda xp, x: Rank(xp.stack([xp.stack([x])]), r)
    form, verdict = neighbour(rank(0), x=away)
    assert check_kill(Claim(rank(1), x=away), form, verdict) == ""
    outside = replace(verdict, witness=replace(verdict.witness, raw={"x.x": "-1"}))
    assert check_kill(Claim(rank(1), x=away), form, outside) == OUTSIDE
    thin = lambda xp, x: Equal(xp.relu(-x), -x)
    form, verdict = neighbour(thin, x=away)
    outside = replace(verdict, witness=replace(verdict.witness, raw={"x.x": "-1"}))
    assert "does not refute again" in check_kill(Claim(SQUARE, x=away), form, outside)


def slope(xp, x):
    """0 or 1; at the kink a ball that holds both."""
    return xp.push(xp.relu, x, xp.ones())


ZERO_OR_ONE = lambda xp, x: Equal(slope(xp, x) ** 2, slope(xp, x))
NEAR_ZERO = lambda xp, x: AtMost(3 - x * x, 2 + x * x)


def test_a_witness_on_a_kink_of_the_claim_is_stepped_off():
    form, verdict = neighbour(NEAR_ZERO, x=real())
    claim = Claim(ZERO_OR_ONE, x=real())
    assert verdict.witness.raw == {"x.x": "0"}
    assert check_kill(claim, form, verdict) == NOT_SHARP
    row = verify_form(claim, form, PROFILES["quick"], 0)
    assert row["verdict"] == "refuted", row["because"]
    assert row["witness"]["raw"] == {"x.x": "1/2"}
    assert replay(form, row["witness"])["certified"]


def test_a_violation_on_the_kink_alone_stays_without_a_kill():
    form, _ = neighbour(lambda xp, x: AtMost(1 - 128 * xp.abs(x), 0 * x), x=real())
    row = verify_form(Claim(ZERO_OR_ONE, x=real()), form, PROFILES["quick"], 0)
    assert (row["verdict"], row["because"]) == ("invalid", NOT_SHARP)
    assert again._form(form, row) == row  # its witness is not kept, and its verdict follows


def test_a_claim_that_breaks_there_makes_the_neighbour_invalid():
    def broken(xp, x):
        if xp.one.xp.kind == "rational":
            raise RuntimeError("the claim broke")
        return Zero(x - x)

    form, _ = neighbour(OFF, x=vector("n"))
    row = verify_form(Claim(broken, x=vector("n")), form, PROFILES["quick"], 0)
    assert row["verdict"] == "invalid"
    assert "the claim broke" in row["because"]
    assert again._form(form, row) == row


def test_a_neighbour_of_fewer_inputs_is_compared_with_the_claim():
    false = Claim(lambda xp, x, y: Equal(x + y, x + 2 * y), x=real(), y=real())
    assert "the true claim fails" in check_kill(false, *neighbour(OFF, x=real()))


def test_a_neighbour_of_other_inputs_is_not():
    claim = Claim(lambda xp, A: Equal(A, xp.star(A)), A=hermitian("n"))
    assert (
        check_kill(claim, *neighbour(lambda xp, A: Equal(A, xp.star(A)), A=matrix("n", "n"))) == ""
    )


@pytest.mark.parametrize("order", [1, 3])
def test_rates_are_rebuilt(order):
    rate = lambda p: lambda xp, x: Rate(lambda n: x / n**2, p)
    form, verdict = neighbour(rate(order), x=POSITIVE)
    assert check_kill(Claim(rate(2), x=POSITIVE), form, verdict) == ""
    assert "the true claim fails" in check_kill(Claim(rate(order), x=POSITIVE), form, verdict)
    true = _form("neighbour", rate(2), {"x": POSITIVE})
    assert "does not refute again" in check_kill(Claim(rate(2), x=POSITIVE), true, verdict)


def test_a_true_rate_may_fall_faster_at_the_special_point_of_a_witness():
    given = {"x": real().without_strata("zero")}
    falling = lambda p: lambda xp, x: Rate(lambda n: xp.abs(x - 1) / n**2 + xp.one / n**3, p)
    form, verdict = neighbour(falling(1), **given)
    special = replace(verdict, witness=replace(verdict.witness, raw={"x.x": "1"}))
    assert check_kill(Claim(falling(2), **given), form, special) == ""
    assert "the true claim fails" in check_kill(Claim(falling(1), **given), form, special)


def product(rank):
    return lambda xp, A, B: Rank(A @ B, rank(A.shape))


GIVEN = {"A": matrix("N", "r"), "B": matrix("r", "N")}


def test_a_rank_above_the_claimed_is_seen_at_a_rational_point():
    form, verdict = neighbour(product(lambda s: min(s) - (s[0] > 1)), **GIVEN)
    assert verdict.witness.certified_by == "rational"
    assert check_kill(Claim(product(min), **GIVEN), form, verdict) == ""


def test_a_rank_below_the_claimed_rests_on_primes_and_says_so():
    form, verdict = neighbour(product(lambda s: min(s) + (s[0] > 1)), **GIVEN)
    assert verdict.witness.certified_by == "prime fields"
    assert check_kill(Claim(product(min), **GIVEN), form, verdict) == ""
    assert "error below 2^-1" in replay(form, verdict.witness.record())["residual"]
    wrong = Claim(product(lambda s: min(s) + (s[0] > 1)), **GIVEN)
    assert check_kill(wrong, form, verdict) == "the true claim fails at the same sizes"


def test_a_special_point_does_not_lower_a_rank():
    """At A = 0 the rank is 0 and the generic rank is not: such a witness must not count."""
    _, verdict = neighbour(product(lambda s: min(s) + (s[0] > 1)), **GIVEN)
    true = _form("neighbour", product(min), GIVEN)
    zero = {k: np.zeros_like(np.array(v), dtype=object).astype(str).tolist()
            for k, v in verdict.witness.raw.items()}  # fmt: skip
    special = replace(verdict, witness=replace(verdict.witness, raw=zero))
    assert "does not refute again" in check_kill(Claim(product(min), **GIVEN), true, special)


def test_laws_are_drawn_again():
    mean = lambda m: lambda xp, x: Law(lambda rng, n: rng.random(n), mean=m)
    form, verdict = neighbour(mean(0.503), x=real())
    assert (verdict.verdict, verdict.witness.table[0][0] > law.STAGES[0]) == ("fails", True)
    assert check_kill(Claim(mean(0.5), x=real()), form, verdict) == ""
    assert "with the same seed" in check_kill(Claim(mean(0.504), x=real()), form, verdict)


@pytest.mark.parametrize(
    "body",
    [
        lambda xp, x: Equal(1 / (x - x), x),
        lambda xp, x: 1 / 0,
        lambda xp, x: Law(lambda rng, n: np.full(n, np.nan), mean=0),
        lambda xp, x: Equal(x, x),
    ],
    ids=["nan", "crash", "nan law", "true"],
)
def test_a_neighbour_that_is_not_refuted_is_not_killed(body):
    form = _form("neighbour", body, {"x": real()})
    row = verify_form(Claim(SQUARE, x=real()), form, PROFILES["quick"], 0)
    assert row["verdict"] != "refuted"
