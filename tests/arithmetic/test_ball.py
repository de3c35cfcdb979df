"""Balls that say nothing, that are huge, that straddle a cut; and the magnitudes that occur."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, Scaled, log10_most, log10_of, working_digits

NOTHING = arb(1) / arb(0, 1)  # a quotient over a ball that holds zero


@pytest.mark.parametrize("entries", [[NOTHING], [arb(1), NOTHING], [NOTHING, arb(1)]])
@pytest.mark.parametrize("name", ["logsumexp", "softmax"])
def test_an_indeterminate_entry_stays_indeterminate(name, entries):
    assert not NOTHING.is_finite()
    xp = Ball()
    with np.errstate(all="raise"):  # what a strict caller sees: comparing NaN sets a flag
        out = getattr(xp, name)(xp.from_balls(np.array(entries, dtype=object)))
    assert not any(x.is_finite() for x in np.atleast_1d(out.data).flat)


def test_huge_scores_stay_finite():
    xp = Ball()
    scores = xp.from_balls(np.array([arb(10) ** 8, arb(10) ** 8 - 1], dtype=object))
    assert (xp.logsumexp(scores).data[()] - arb(10) ** 8 - (1 + (-arb(1)).exp()).log()).contains(0)
    first = xp.softmax(scores).data[0]
    assert first.is_finite()
    assert first.overlaps(1 / (1 + (-arb(1)).exp()))


# -- cuts -----------------------------------------------------------------------------------------
def balls(*values):
    data = np.empty(len(values), dtype=object)
    data[:] = values
    return Ball().from_balls(data)


AROUND = arb(0, 1)  # a ball on both sides of zero


def test_negative_numbers_have_the_principal_logarithm_and_root():
    xp = Ball()
    for value in (arb(-4), acb(-4)):
        (log,), (root,) = xp.log(balls(value)).data, xp.sqrt(balls(value)).data
        assert log.real.contains(arb(4).log())
        assert log.imag.contains(arb.pi())
        assert log.imag.rad() < 1e-10
        assert (root.real, root.imag) == (0, 2)


@pytest.mark.parametrize("height", [1, "1e-30"])
def test_an_argument_on_both_sides_of_the_cut_gives_both_values(height):
    xp = Ball()
    across = balls(acb(-4, arb(0, height)))
    (log,), (root,) = xp.log(across).data, xp.sqrt(across).data
    assert log.imag.contains(-arb.pi())
    assert log.imag.contains(arb.pi())
    assert root.imag.contains(-2)
    assert root.imag.contains(2)


def test_a_root_of_what_may_be_negative_is_real_or_imaginary():
    (root,) = Ball().sqrt(balls(AROUND)).data
    assert all(root.contains(z) for z in (acb(1), acb(0), acb(0, 1), acb("0.5")))
    (nothing,) = Ball().log(balls(AROUND)).data
    assert not nothing.is_finite()


def test_squares_moduli_and_norms_are_not_negative():
    xp, x, z = Ball(), balls(AROUND, AROUND), balls(acb(AROUND, AROUND))
    for square in (*(x * x).data, *(x**2).data, *xp.abs2(x).data, *xp.abs2(z).data):
        assert square > -1e-8  # the radius of a ball is rounded up
        assert square.contains(0)
        assert square.contains(1)
    norm = xp.norm(x).data[()]
    assert isinstance(norm, arb)
    assert norm.contains(arb(2).sqrt())
    assert norm.contains(0)
    assert xp.norm(balls(arb(0), arb(0))).data[()] == 0
    assert (x * balls(AROUND, AROUND)).data[0].contains(-1)  # another number may have another sign


def test_what_is_real_by_its_value_may_be_compared():
    xp = Ball()
    assert xp.relu(balls(acb(-1), acb(2, 0))).data.tolist() == [0, 2]
    with pytest.raises(Unsupported, match="needs a real value"):
        xp.relu(balls(acb(1, AROUND)))


# -- magnitudes -----------------------------------------------------------------------------------
@pytest.mark.parametrize("power", [-100_000, -301, -1, 0, 3, 400, 100_000])
def test_the_decimal_exponent_of_a_number_however_large(power):
    with working_digits(30):
        assert log10_of(arb(10) ** power) == pytest.approx(power, abs=1e-9)
        assert log10_of(acb(0, -3 * arb(10) ** power)) == pytest.approx(
            power + math.log10(3), abs=1e-9
        )
        assert log10_most(arb(0, arb(10) ** power)) == pytest.approx(power, abs=1e-6)


def test_no_magnitude_where_a_ball_holds_zero_or_nothing():
    assert log10_of(AROUND) == log10_of(arb(0)) == log10_most(arb(0)) == -math.inf
    assert log10_of(NOTHING) == log10_most(NOTHING) == math.inf


@pytest.mark.parametrize(
    ("body", "low", "high"),
    [
        (lambda xp, x: xp.exp(x), 86.9, 86.9),
        (lambda xp, x: xp.exp(-x) + 1, -86.9, 2.3),
        (lambda xp, x: 1 - xp.tanh(x), -173.7, 2.3),
        (lambda xp, x: xp.logistic(x), -86.9, 2.3),
        (lambda xp, x: x * 10**50, 2.3, 52.3),
        (lambda xp, x: 1 + x / 10**50, -47.7, 50),
        (lambda xp, x: xp.softmax(xp.stack([x, -x])), -173.7, 2.3),
        (lambda xp, x: xp.logsumexp(xp.stack([x, -x])), -173.7, 2.3),
    ],
)
def test_the_least_and_the_largest_that_occur_are_kept(body, low, high):
    with working_digits(60):
        xp = Scaled()
        body(xp, xp.from_raw(np.array(Fraction(200), dtype=object)))
        assert xp.low == pytest.approx(min(low, 0) if low < 0 else 0, abs=2.4)
        assert xp.high == pytest.approx(high, abs=0.5)


def test_balls_with_magnitudes_are_the_same_balls():
    with working_digits(30):
        raw = np.array([Fraction(1, 3), Fraction(-7, 5)], dtype=object)
        for name in ("exp", "tanh", "softmax", "logsumexp", "sin", "softplus"):
            one, other = (getattr(xp, name)(xp.from_raw(raw)).data for xp in (Ball(), Scaled()))
            assert [x.str() for x in one.flat] == [x.str() for x in other.flat]
