"""Thresholds: a planted fault of the printed size is seen; of several parts the weakest counts."""

from __future__ import annotations

import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import matrix, positive, real, vector
from fieldcheck.evidence.gather import gather, judge
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.threshold import SLACK, threshold
from fieldcheck.relations import AtMost, Equal, Rank, Rate

QUICK = PROFILES["quick"]


def measured(body, **given):
    form = Form("example/claim", "claim", "example", body, given, {}, HOLDS)
    verdict, evidence, relations = judge(form, QUICK, 0)
    assert verdict.holds, verdict.because
    return threshold(form, relations, evidence, QUICK, 0)


POLYNOMIAL = lambda xp, x: Equal((x + 1) ** 2, x * x + 2 * x + 1)
ANALYTIC = lambda xp, x: Equal(xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x))
WITH_ROOM = lambda xp, x: AtMost(x, x * x + 1)
SHARP = lambda xp, x: AtMost(2 * xp.sin(x), xp.sin(x) ** 2 + 1, sharp=True)


def test_exact_methods_see_any_fault():
    assert measured(POLYNOMIAL, x=vector("n"))["log10"] == "any"


def test_balls_see_faults_of_their_precision():
    assert float(measured(ANALYTIC, x=vector("n"))["log10"]) <= -30


def test_an_inequality_with_room_prints_its_room():
    found = measured(WITH_ROOM, x=real())
    assert found["perturbed"] == SLACK
    assert -1 < float(found["log10"]) < 0


def test_a_sharp_inequality_is_tightened():
    found = measured(SHARP, x=real())
    assert found["perturbed"] != SLACK
    assert -40 <= float(found["log10"]) <= -9


def test_a_rate_is_known_to_many_digits():
    body = lambda xp, x: Rate(lambda n: xp.exp(x / n) - 1, 1, constant=x)
    assert float(measured(body, x=positive())["log10"]) <= -6


@pytest.mark.parametrize("swap", [False, True])
def test_of_several_parts_the_weakest_is_printed(swap):
    def body(xp, x):
        parts = (POLYNOMIAL(xp, x), WITH_ROOM(xp, x))
        return parts[::-1] if swap else parts

    assert measured(body, x=real()) == {**measured(WITH_ROOM, x=real()), "tried": 1}


def test_a_rank_says_why_any_fault_is_seen():
    body = lambda xp, A, B: Rank(A @ B, min(A.shape))
    found = measured(body, A=matrix("N", "r"), B=matrix("r", "N"))
    assert found["log10"] == "any"
    assert "integer" in found["perturbed"]


def _shifted(k):
    """The analytic identity with its right side off by a part in 10^k."""
    return lambda xp, x: Equal(
        xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x) * (10**k + 1) / 10**k
    )  # fmt: skip


@pytest.mark.parametrize("k", [1, 12, 30, 40])
def test_faults_written_by_hand_are_seen_like_planted_ones(k):
    assert examine(_shifted(k), x=real())[0].verdict == "refuted"
    form = Form("example/claim", "claim", "example", ANALYTIC, {"x": real()}, {}, HOLDS)
    _, found = gather(Statement(form).faulty(k, 0), QUICK, 0)
    assert found[-1].outcome == "refutes"


def test_a_fault_stays_in_its_part():
    body = lambda xp, x: (POLYNOMIAL(xp, x), ANALYTIC(xp, x))
    form = Form("example/claim", "claim", "example", body, {"x": real()}, {}, HOLDS)
    for part in (0, 1):
        assert Statement(form).faulty(5, part).parts("Equal") == [part]
