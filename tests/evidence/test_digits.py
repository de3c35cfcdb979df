"""One point, with as many digits as it takes: when an entry fails, and when a look is over."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import acb, arb, fmpq

from fieldcheck.arithmetic.ball import Scaled, working_digits
from fieldcheck.domains import real, vector
from fieldcheck.evidence import digits
from fieldcheck.evidence.digits import Entry, entries, fails, look, open_width, room, stuck
from fieldcheck.relations import AtMost, Equal
from tests.evidence.statements import statement

NOTHING = arb(1) / arb(0, 1)


def at(value):
    return {"x.x": np.array(Fraction(value), dtype=object)}


@pytest.mark.parametrize(
    ("a", "b", "order", "differs"),
    [
        ((1, 0), (1, 0), False, False),
        ((1, 0), (2, 0), False, True),
        ((1, 1), (1, 0), False, True),
        ((1, 0), (1, 0), True, False),
        ((2, 0), (1, 0), True, True),
        ((1, 0), (2, 0), True, False),
    ],
)
def test_when_a_rational_fails(a, b, order, differs):
    pair = lambda z: tuple(map(fmpq, z))
    assert digits._differs_exactly(Entry(0, (), pair(a), pair(b), order)) is differs


def test_an_order_of_complex_rationals_is_an_error_of_the_body():
    for a, b in (((1, 1), (1, 0)), ((1, 0), (1, -1))):
        with pytest.raises(TypeError, match="complex"):
            digits._differs_exactly(Entry(0, (), tuple(map(fmpq, a)), tuple(map(fmpq, b)), True))


@pytest.mark.parametrize(
    ("left", "right", "order", "failing", "decided"),
    [
        (arb(2), arb(1), True, True, False),
        (arb(1), arb(1), True, False, True),
        (arb(1), arb(2), True, False, True),
        (arb(0, 1), arb(0), True, False, False),
        (acb(2), acb(1), True, True, False),
        (acb(1), acb(2), True, False, True),
        (acb(1, 1), acb(1), True, True, False),  # no number that is not real is at most another
        (acb(1, arb(0, 1)), acb(2), True, False, False),
        (arb(1), arb(2), False, True, False),
        (arb(0, 1), arb(0), False, False, False),
        (acb(0, 1), acb(0), False, True, False),
        (acb(0, 0), acb(0), False, False, True),
        (NOTHING, arb(0), False, False, False),
        (NOTHING, arb(0), True, False, False),
        (arb("-inf"), arb(0), True, False, False),
    ],
)
def test_when_a_ball_fails_and_when_it_is_decided(left, right, order, failing, decided):
    with working_digits(20):
        entry = Entry(0, (), left, right, order)
        assert fails(entry) is failing
        assert (open_width(entry) == -math.inf) is decided


def test_how_narrow_a_residual_must_be():
    """Narrower than the third power of the least magnitude, relative to the sides."""
    xp = Scaled()
    xp.low, xp.high = -20.0, 5.0
    width, most, need = room(xp, [Entry(0, (), arb(10) ** 5, arb(10) ** 5, False)])
    assert (width, most) == (-math.inf, pytest.approx(5 - 3 * 25 - digits.MARGIN))
    assert need == math.ceil(5 - most) + digits.GUARD
    _, seen, _ = room(xp, [Entry(0, (), arb(10) ** 5, arb(10) ** 5, False)], 1e-9)
    assert seen == pytest.approx(5 - 9 - digits.SEEN)
    _, none, _ = room(xp, [Entry(0, (), arb(0), arb(0), False)])
    assert none == pytest.approx(-20 - 3 * 25 - digits.MARGIN)


def test_a_look_is_stuck_only_where_digits_should_have_helped():
    assert stuck([(60, 0.0), (120, 0.0)], 50)
    assert not stuck([(60, 0.0), (120, 0.0)], 80)
    assert not stuck([(60, -50.0), (120, -110.0)], 50)
    assert not stuck([(60, math.inf), (120, 0.0)], 50)
    assert not stuck([(60, 0.0)], 50)


def test_rationals_decide_alone_where_they_can(monkeypatch):
    subject = statement(lambda xp, x: Equal(x * x, x), x=real())
    monkeypatch.setattr(digits, "_in_balls", None)
    assert look(subject, at(1)) == digits.Look()
    found = look(subject, at("1/2")).found
    assert (found.by, found.digits) == ("rational", 0)


def test_what_a_float_saw_ends_a_look_early(monkeypatch):
    """Without it the look goes on until nothing can be hidden."""
    subject = statement(lambda xp, x: Equal(xp.tanh(300 + x) * xp.exp(x), xp.exp(x)), x=real())
    assert look(subject, at(1), seen=1e-9) == digits.Look()
    assert look(subject, at(1)).found.digits > 260


@pytest.mark.parametrize(
    ("body", "undefined", "infinite"),
    [
        (lambda xp, x: Equal(1 / (xp.exp(x) - xp.exp(x)), x), True, True),
        (lambda xp, x: Equal(xp.push(xp.relu, x, xp.one) ** 2, xp.exp(x) ** 0 / 2), True, False),
        (lambda xp, x: Equal(xp.exp(x) + xp.exp(-(10**5)), xp.exp(x)), False, False),
    ],
    ids=["a pole", "a kink", "beyond the cap"],
)
def test_why_a_point_stays_undecided(body, undefined, infinite):
    seen = look(statement(body, x=real()), at(0))
    assert seen.found is None
    assert seen.undecided
    assert (seen.undefined, seen.infinite) == (undefined, infinite)


def test_a_point_outside_the_domain_says_nothing():
    from dataclasses import replace

    subject = statement(
        lambda xp, x: Equal(x, x + 1), x=replace(real(), within=lambda raw: raw["x"][()] > 0)
    )
    assert look(subject, at(1)).found is not None
    assert look(subject, at(-1)) == digits.Look(undefined=True)


def test_a_point_at_which_some_side_has_no_value_says_nothing():
    """Neither of another part, nor of another entry; elsewhere both are looked at."""
    parts = lambda xp, x: (Equal(1 / (xp.exp(x) - xp.exp(-x)), x), AtMost(xp.exp(x), 2))
    entries = lambda xp, x: Equal(xp.stack([xp.log(x) - xp.log(x), x]), xp.stack([0 * x, 1 / x]))
    for body, point, part in ((parts, 0, None), (parts, 1, 0), (entries, 0, None), (entries, 3, 0)):
        seen = look(statement(body, x=real()), at(point))
        assert (seen.found and seen.found.part) == part
        assert seen.undefined == (part is None)


def test_entries_of_a_stated_gap_come_after_those_of_the_sides():
    body = lambda xp, x: AtMost(x, x * x + 1, gap=x * x - x)
    subject = statement(body, {"n": [2]}, x=vector("n"))
    raw = {"x.x": np.array([Fraction(1), Fraction(2)], dtype=object)}
    with working_digits(30):
        found = list(entries(subject, Scaled(), raw))
    assert [(e.index, e.order, e.of_gap) for e in found] == [
        ((0,), True, False), ((1,), True, False), ((0,), False, True), ((1,), False, True)
    ]  # fmt: skip
    assert look(subject, raw).found.of_gap
    planted = list(entries(subject.faulty(3, 0), Scaled(), raw))
    assert not any(e.of_gap for e in planted)
