"""Rates and ranks at special points: what may be smaller there, and what may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import positive, real_matrix, vector
from fieldcheck.evidence.methods import rank, rate
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Rank, Rate
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]
DEEP = replace(QUICK, name="deep")
"""Of the quick run's size, but with a point of every stratum."""


def spread(xp, A):
    """Zero where all rows of a matrix of two rows are equal."""
    return xp.norm2(A[0] - A[1])


TWO_ROWS = dict(sizes={"n": (2,)}, A=real_matrix("n", "n"))


def fitted(body, profile=DEEP, **given):
    """What the fit says, which is asked only where no series proves a rate."""
    sizes = given.pop("sizes", None)
    return rate.run(statement(body, sizes, **given), profile, 0)


def rated(remainder, order, constant=None):
    return lambda xp, A: Rate(lambda n: remainder(xp, A, n), order, constant and constant(xp, A))


def test_a_rate_is_seen_at_special_points():
    body = rated(lambda xp, A, n: (1 + xp.norm2(A)) / n, 1)
    found = fitted(body, **TWO_ROWS)
    special = {"integers", "ties", "zero", "zero-row", "repeated-eigenvalues"}
    assert set(found.strata) == {"generic", *special}
    assert not found.reason


@pytest.mark.parametrize(
    "remainder",
    [
        lambda xp, A, n: spread(xp, A) / n + xp.one / n**2,
        lambda xp, A, n: spread(xp, A) / n,
    ],
    ids=["another order", "exactly zero"],
)
def test_a_remainder_may_fall_faster_at_special_points(remainder):
    found = fitted(rated(remainder, 1), **TWO_ROWS)
    assert found.outcome == "confirms", found
    assert found.reason == "faster at a point of: zero, ties"
    assert found.strata["ties"] > 0


def test_a_constant_that_vanishes_there_allows_it():
    body = rated(lambda xp, A, n: spread(xp, A) / n + xp.one / n**2, 1, spread)
    assert fitted(body, **TWO_ROWS).outcome == "confirms"


@pytest.mark.parametrize(
    "body",
    [
        # of order 2 but for ties, where it is of order 1
        rated(lambda xp, A, n: (1 + xp.one / n) / n**2
              + (1 - xp.norm2(xp.unit(A[0] - A[1]))) / n, 2),
        # of order 1 everywhere, with another constant on ties
        rated(lambda xp, A, n: (2 - xp.norm2(xp.unit(A[0] - A[1]))) / n, 1, lambda xp, A: xp.one),
        # faster on ties, where a constant is stated that is not zero
        rated(lambda xp, A, n: xp.norm2(xp.unit(A[0] - A[1])) / n + xp.one / n**2, 1,
              lambda xp, A: xp.one),
    ],
    ids=["slower", "another constant", "faster against the constant"],
)  # fmt: skip
def test_what_is_false_on_ties_alone_fails(body):
    """The zero matrix has ties, too."""
    verdict, evidence = examine(body, profile=DEEP, **TWO_ROWS)
    assert verdict.verdict == "fails", verdict.because
    assert "stratum 'zero'" in evidence["rate"].reason
    form = Form("e/claim", "claim", "e", body, {"A": TWO_ROWS["A"]}, TWO_ROWS["sizes"], HOLDS)
    assert replay(form, verdict.witness.record())["certified"]


def test_huge_inputs_tell_no_order():
    """At n below 10³ this seems to grow where x is near 4000; so no such point is looked at."""
    body = lambda xp, t: Rate(lambda n: xp.lift(n) / (n * n + t * t), 1)
    found = fitted(body, t=positive())
    assert found.outcome == "confirms"
    assert set(found.strata) == {"generic"}
    assert set(positive().strata) <= set(rate.EXTREME)


def test_a_quick_run_visits_few_strata():
    body = rated(lambda xp, A, n: (1 + xp.norm2(A)) / n, 1)
    assert len(fitted(body, QUICK, **TWO_ROWS).strata) == 2 + rate.SPECIAL["quick"]


def test_ranks_fall_at_special_points_and_say_where():
    verdict, evidence = examine(lambda xp, A: Rank(A, A.shape[0]), A=real_matrix("n", "n"))
    assert verdict.verdict == "proved up to"
    found = evidence["rank"]
    assert set(found.strata) == {"generic", *real_matrix("n", "n").strata}
    assert found.reason == "smaller at a point of: ties, zero, zero-row"


def test_a_rank_that_a_stratum_exceeds_is_refuted(monkeypatch):
    """Generic points that see too little are found out by the strata."""
    blind = lambda statement, sizes, part, rng, bound: (sizes["n"] - 1, sizes["n"] - 1, -200.0, 2)
    monkeypatch.setattr(rank, "generic", blind)
    body = lambda xp, A: Rank(A, A.shape[0] - 1)
    verdict, evidence = examine(body, A=real_matrix("n", "n"))
    assert verdict.verdict == "refuted"
    assert "in a stratum" in evidence["rank"].reason
    assert verdict.witness.certified_by == "rational"
    assert int(verdict.witness.lhs) == int(verdict.witness.rhs) + 1


def test_a_stratum_on_which_the_matrix_has_no_value_is_left_out():
    body = lambda xp, x: Rank(xp.stack([x / xp.sum(x), x]), 1)
    _, evidence = examine(body, x=vector("n"))
    assert "zero" not in evidence["rank"].strata
    assert "ties" in evidence["rank"].strata
