"""The ladder's rungs, and why it stays silent."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.domains import real, vector
from fieldcheck.evidence.methods import ladder
from fieldcheck.evidence.methods.ladder import Rung
from fieldcheck.evidence.points import point
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.relations import AtMost, Equal
from fieldcheck.verdict import Why
from tests.evidence.statements import statement

TRUE = statement(lambda xp, x: Equal(xp.exp(2 * x), xp.exp(x) ** 2), x=vector("n"))
FALSE = statement(lambda xp, x: Equal(xp.exp(2 * x), xp.exp(x) ** 3), x=vector("n"))


@pytest.mark.parametrize("digits", [15, 30, 60])
def test_a_rung_tells_width_size_and_whether_zero_is_left_out(digits):
    raw = point(TRUE, {"n": 2}, random.Random(0))
    found = ladder.rung(TRUE, raw, digits, 0)
    assert -digits - 6 < found.width < -digits + 6
    assert -1 <= found.size < 3
    assert found.excluded is False
    assert ladder.rung(FALSE, raw, digits, 0).excluded is True


def steps(*widths):
    """Rungs of 15, 30 and 60 digits that are so wide."""
    return [Rung(d, w, -20, 40, 1, 1, False) for d, w in zip((15, 30, 60), widths, strict=False)]


def test_every_step_must_buy_its_digits():
    inf = float("inf")
    assert ladder._shrinks(steps(-14, -29, -59))
    assert ladder._shrinks(steps(inf, -29, -56))
    assert ladder._shrinks(steps(2, -29, -56))  # wider than the sides, it says nothing yet
    assert ladder._shrinks(steps(-14, -inf))
    assert not ladder._shrinks(steps(-14, -25, -55))
    assert not ladder._shrinks(steps(-14, -29, -55))


def test_balls_that_stay_wide_confirm_nothing_and_the_widths_are_told(monkeypatch):
    monkeypatch.setattr(ladder, "LOSS", -3)
    evidence = ladder.run(TRUE, PROFILES["quick"], 0)
    assert evidence.outcome == "silent"
    assert evidence.reason.startswith("the residual's ball does not shrink with the precision: 10^")
    assert evidence.reason.count("10^") == len(PROFILES["quick"].rungs)


def test_more_than_the_cap_may_hide_something_and_is_said(monkeypatch):
    monkeypatch.setattr(ladder, "CAP", 61)
    beyond = lambda xp, x: 1 - 2 / (xp.exp(200 + 2 * x) + 1)
    hidden = statement(lambda xp, x: Equal(xp.tanh(100 + x), beyond(xp, x)), x=real())
    evidence = ladder.run(hidden, PROFILES["quick"], 0)
    assert evidence.why is Why.INDETERMINATE
    assert not evidence.agrees
    monkeypatch.undo()
    assert ladder.run(hidden, PROFILES["quick"], 0).outcome == "confirms"


def test_a_point_that_does_not_decide_is_drawn_again(monkeypatch):
    """Where 1/(x - x0) has a pole nothing is decided, and the next point does."""
    drawn = iter([Fraction(1), Fraction(3, 2), Fraction(5, 4), Fraction(7, 4)])
    pole = statement(lambda xp, x: Equal(xp.exp(1 / (x - 1)) ** 2, xp.exp(2 / (x - 1))), x=real())
    at = lambda *_: {"x.x": np.array(next(drawn), dtype=object)}
    monkeypatch.setattr(ladder, "round_point", at)
    assert ladder.run(pole, PROFILES["quick"], 0).outcome == "confirms"
    assert next(drawn) == Fraction(7, 4)


def test_mpmath_is_asked_at_two_precisions_and_may_disagree(monkeypatch):
    profile = PROFILES["quick"]
    assert ladder.run(TRUE, profile, 0).outcome == "confirms"
    monkeypatch.setattr(ladder, "_mpmath_residual", lambda *a: ladder.mpmath.mpf(10) ** -20)
    assert ladder.run(TRUE, profile, 0).reason.endswith("mpmath disagrees with the balls")


@pytest.mark.parametrize("power", [-300, 0, 300])
def test_the_second_opinion_is_relative_to_what_occurs(power):
    scale = lambda xp: xp.lift(10) ** power
    true = lambda xp, x: Equal(scale(xp) * xp.sin(2 * x), 2 * scale(xp) * xp.sin(x) * xp.cos(x))
    raw = point(TRUE, {"n": 2}, random.Random(0))
    assert ladder._second_opinion(statement(true, x=vector("n")), 0, raw, power)
    false = lambda xp, x: Equal(
        scale(xp) * xp.sin(x), scale(xp) * xp.sin(x) * (1 + xp.one / 10**40)
    )
    assert not ladder._second_opinion(statement(false, x=vector("n")), 0, raw, power)


def test_the_residual_is_that_of_the_worst_entry():
    wide = statement(lambda xp, x: Equal(x[None, :], 2 * x[None, :]), x=vector("n"))
    raw = point(wide, {"n": 3}, random.Random(0))
    assert ladder._mpmath_residual(wide, raw, 0, 50) > 0


def test_what_has_no_value_anywhere_is_said():
    pole = lambda xp, x: 1 / (xp.exp(x) - xp.exp(x))
    equal = ladder.run(
        statement(lambda xp, x: Equal(pole(xp, x), x), x=real()), PROFILES["quick"], 0
    )
    assert (equal.outcome, equal.detail) == ("silent", "no finite value at a generic point")
    order = ladder.run(
        statement(lambda xp, x: AtMost(pole(xp, x), x), x=real()), PROFILES["quick"], 0
    )
    assert order.outcome == "silent"
    assert not order.agrees


def test_orders_are_looked_at_in_every_stratum():
    subject = statement(lambda xp, x: AtMost(x, 1 + x * x), x=vector("n"))
    evidence = ladder.run(subject, PROFILES["quick"], 0)
    assert set(evidence.strata) == {"generic", ladder.EQUAL, *vector("n").strata}
    meet = lambda xp, x, y: AtMost(2 * x * y * (10**34 + 1) / 10**34, x * x + y * y)
    found = ladder.run(statement(meet, x=real(), y=real()), PROFILES["quick"], 0)
    assert found.outcome == "refutes"
    # At a tie the right side is 0, and floats take the left one for 0 as well.
    apart = lambda xp, x: AtMost(xp.exp(-1000 * xp.one), (x[0] - x[1]) ** 2)
    found = ladder.run(statement(apart, {"n": [2]}, x=vector("n")), PROFILES["quick"], 0)
    assert found.outcome == "refutes"


def test_the_shapes_of_the_ladder_reach_from_the_smallest_to_the_largest():
    shapes = lambda n: ladder.shapes_for(TRUE, replace(PROFILES["quick"], points=n))
    sizes = [[s["n"] for s in shapes(n)] for n in (2, 4, 6)]
    assert sizes == [[1, 6], [1, 3, 4, 6], [1, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize(("fine", "agrees"), [(-51, True), (-49, False), (-100, True)])
def test_the_second_opinion_must_gain_fifty_of_sixty_digits(monkeypatch, fine, agrees):
    answers = {50: ladder.mpmath.mpf(1), 110: ladder.mpmath.mpf(10) ** fine}
    monkeypatch.setattr(ladder, "_mpmath_residual", lambda s, raw, part, digits: answers[digits])
    assert ladder._second_opinion(TRUE, 0, {}, 0.0) is agrees
    answers[50] = ladder.mpmath.mpf(0)
    assert ladder._second_opinion(TRUE, 0, {}, 0.0) is (fine <= -100)
