"""The judge of rates, on remainders whose order and constant are known."""

from __future__ import annotations

import random

import pytest

from fieldcheck.domains import real
from fieldcheck.evidence import rate
from fieldcheck.evidence.statement import point
from fieldcheck.relations import Rate
from tests.evidence.statements import statement


def judged(remainder, order, constant=None, fault=None, doublings=3):
    """(outcome, reason) of a remainder in xp and n."""

    def body(xp, x):
        stated = None if constant is None else xp.lift(constant[0]) / constant[1]
        return Rate(lambda n: xp.one * 0 + remainder(xp, n), order, stated)

    subject = statement(body, x=real())
    subject = subject if fault is None else subject.faulty(fault, 0)
    found = rate.judge(subject, point(subject, {}, random.Random(0)), 0, doublings)
    return found.outcome, found.reason


def square(xp, n):
    return 3 * xp.one / n**2 + xp.one / n**3


def test_the_order_and_the_leading_constant():
    assert judged(square, 2) == ("confirms", "")
    assert judged(square, 2, constant=(3, 1)) == ("confirms", "")
    assert judged(square, 2, constant=(3_000_001, 1_000_000))[0] == "refutes"
    assert judged(square, 2, constant=(2_999_999, 1_000_000))[0] == "refutes"
    assert judged(square, 2, constant=(0, 1))[0] == "refutes"
    assert judged(square, 2, constant=(-3, 1))[0] == "refutes"
    assert judged(square, 3)[0] == "refutes"
    assert judged(square, 1)[0] == "refutes"


def test_one_range_of_n_refutes_nothing():
    """Two ranges, of which one is twice the other, must agree."""
    outcome, reason = judged(square, 3, doublings=0)
    assert outcome == "silent"
    assert "at one range of n alone" in reason


def test_slopes_that_have_not_settled_decide_nothing():
    """The order is 2 up to n = 40 and 1 beyond: no order can be read off."""
    bent = lambda xp, n: xp.one / n**2 if n < 40 else 2 * xp.one / (40 * n)
    outcome, reason = judged(bent, 2, doublings=0)
    assert outcome == "silent"
    assert "has not settled" in reason


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_planted_fault_shifts_the_order_and_small_ones_are_missed(order):
    exact = lambda xp, n: xp.one / n**order
    assert judged(exact, order, fault=0)[1] == f"slope {order - 1}.000000, not {order}"
    assert judged(exact, order, fault=12)[0] == "refutes"
    assert judged(exact, order, fault=30)[0] == "confirms"


def test_a_planted_fault_shifts_a_stated_constant():
    exact = lambda xp, n: xp.one / n
    assert "leading constant" in judged(exact, 1, constant=(1, 1), fault=3)[1]
    assert judged(exact, 1, constant=(1, 1), fault=30)[0] == "confirms"


def test_no_remainder_no_rate():
    assert judged(lambda xp, n: xp.zeros(), 1)[0] == "refutes"
    assert judged(lambda xp, n: xp.zeros() if n < 20 else xp.one / n, 1)[0] == "silent"
    assert judged(lambda xp, n: xp.log(xp.zeros()), 1)[0] == "silent"


def test_remainders_are_kept_for_the_detection_threshold():
    calls = []

    def body(xp, x):
        return Rate(lambda n: calls.append(n) or xp.one / n**2, 2)

    subject = statement(body, x=real())
    raw, other = (point(subject, {}, random.Random(k)) for k in (0, 1))
    rate.judge(subject, raw, 0, 3)
    first = len(calls)
    assert first == rate.POINTS
    rate.judge(subject.faulty(30, 0), raw, 0, 3)
    assert len(calls) == first
    rate.judge(subject, other, 0, 3)
    assert len(calls) == 2 * first


# -- remainders that oscillate ---------------------------------------------------------------------
def test_a_remainder_that_oscillates_and_does_not_fall_is_far_from_its_rate():
    outcome, reason = judged(lambda xp, n: 2 + xp.cos(xp.lift(n)), 1)
    assert outcome == "refutes"
    assert "no settled slope" in reason
    assert judged(lambda xp, n: (2 + xp.cos(xp.lift(n))) / n**3, 1)[0] == "refutes"


def test_a_remainder_that_oscillates_around_its_rate_is_left_open():
    outcome, reason = judged(lambda xp, n: (2 + xp.cos(xp.lift(n))) / n, 1)
    assert outcome == "silent"
    assert "not settled" in reason


@pytest.mark.parametrize("size", [10**3, 10**4, 10**5])
def test_a_remainder_that_rises_before_it_falls_is_not_refuted(size):
    """With 10**6 it rises at all n that are looked at, and no run could tell."""
    assert judged(lambda xp, n: xp.lift(n) / (n * n + size), 1)[0] != "refutes"
