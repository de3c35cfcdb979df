"""The ladder's rungs, and why it stays silent."""

from __future__ import annotations

import random

import pytest

from fieldcheck.domains import real, vector
from fieldcheck.evidence import ladder
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.statement import point
from fieldcheck.relations import Equal
from tests.evidence.statements import statement

TRUE = statement(lambda xp, x: Equal(xp.exp(2 * x), xp.exp(x) ** 2), x=vector("n"))
FALSE = statement(lambda xp, x: Equal(xp.exp(2 * x), xp.exp(x) ** 3), x=vector("n"))


@pytest.mark.parametrize("digits", [15, 30, 60])
def test_a_rung_tells_width_size_and_whether_zero_is_left_out(digits):
    raw = point(TRUE, {"n": 2}, random.Random(0))
    width, size, excluded = ladder.rung(TRUE, raw, digits, 0)
    assert -digits - 6 < width < -digits + 6
    assert 0 <= size < 3
    assert excluded is False
    assert ladder.rung(FALSE, raw, digits, 0)[2] is True


def test_every_step_must_buy_its_digits():
    inf = float("inf")
    assert ladder._shrinks((15, 30, 60), (-14, -29, -59))
    assert ladder._shrinks((15, 30, 60), (inf, -29, -56))
    assert ladder._shrinks((15, 30), (-14, -inf))
    assert not ladder._shrinks((15, 30, 60), (-14, -25, -55))
    assert not ladder._shrinks((15, 30, 60), (-14, -29, -55))


def test_balls_that_stay_wide_confirm_nothing_and_the_widths_are_told(monkeypatch):
    monkeypatch.setattr(ladder, "FINEST", -1000)
    evidence = ladder.run(TRUE, PROFILES["quick"], 0)
    assert evidence.outcome == "silent"
    assert evidence.reason.startswith("the residual's ball does not shrink with the precision: 10^")
    assert evidence.reason.count("10^") == len(PROFILES["quick"].rungs)


def test_mpmath_is_asked_at_two_precisions_and_may_disagree(monkeypatch):
    profile = PROFILES["quick"]
    assert ladder.run(TRUE, profile, 0).outcome == "confirms"
    monkeypatch.setattr(ladder, "_mpmath_residual", lambda *a: ladder.mpmath.mpf(10) ** -20)
    assert ladder.run(TRUE, profile, 0).reason == "mpmath disagrees with the balls"


def test_the_second_opinion_is_relative_to_the_largest_side():
    big = statement(lambda xp, x: Equal(10**30 + xp.sin(x), 10**30 + 2 * xp.sin(x)), x=real())
    raw = point(big, {}, random.Random(0))
    gap = ladder._mpmath_residual(big, raw, 0, 50)
    assert 0 < gap < ladder.mpmath.mpf(10) ** -29
    wide = statement(lambda xp, x: Equal(x[None, :], 2 * x[None, :]), x=vector("n"))
    raw = point(wide, {"n": 3}, random.Random(0))
    assert ladder._mpmath_residual(wide, raw, 0, 50) > 0
