"""Exact numbers at points where a branch, a root or a division matters."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import acb, arb, fmpq

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.rational import Rational

xp = Rational()


def real(*values):
    data = np.empty(len(values), dtype=object)
    data[:] = [Fraction(v) for v in values]
    return xp.from_raw(data)


def shown(value):
    re, im = value.data
    return [(str(a), str(b)) for a, b in zip(re.reshape(-1), im.reshape(-1), strict=True)]


def test_absolute_values_of_complex_numbers():
    z = real(3, -5, 0) + xp.i * real(4, 12, -2)
    assert shown(xp.abs(z)) == [("5", "0"), ("13", "0"), ("2", "0")]
    assert shown(xp.abs(real(-3, 2))) == [("3", "0"), ("2", "0")]
    with pytest.raises(Unsupported, match="irrational"):
        xp.abs(real(1) + xp.i)


def test_products_and_quotients_of_complex_numbers():
    a, b = real(2) + xp.i * real(3), real(5) - xp.i * real(7)
    assert shown(a * b) == [("31", "1")]
    assert shown(a / b * b) == shown(a)
    assert shown(real(1) / (xp.i * real(1))) == [("0", "-1")]
    assert shown(real(3) / real(1)) == [("3", "0")]
    with pytest.raises(ZeroDivisionError):
        a / real(0)


def test_kinks_have_no_derivative():
    step = lambda *v: xp.wrap(xp._step(real(*v).data))
    assert shown(step(-1, 2, -3)) == [("0", "0"), ("1", "0"), ("0", "0")]
    with pytest.raises(Unsupported, match="kink"):
        step(1, 0)
    with pytest.raises(Unsupported, match="kink"):
        xp._sgn(real(0).data)
    assert [str(v) for v in xp._sgn(real(-2, 5).data)[0]] == ["-1", "1"]


def test_larger_smaller_and_the_scale_of_a_value():
    a, b = real(1, 5, 3), real(2, 4, 3)
    assert shown(xp.maximum(a, b)) == shown(real(2, 5, 3))
    assert shown(xp.minimum(a, b)) == shown(real(1, 4, 3))
    scale = xp._scale_or_one(real(0, Fraction(1, 3), -2).data)
    assert list(scale[0]) == [fmpq(1), fmpq(1, 3), fmpq(-2)]


def test_what_is_not_rational_or_has_no_definite_value_is_left_to_balls():
    with pytest.raises(Unsupported, match="complex rational"):
        xp.sqrt(real(3) + xp.i * real(4))
    with pytest.raises(Unsupported, match="negative"):
        xp.sqrt(real(-4))
    assert shown(xp.sqrt(real(4, Fraction(1, 9), 0))) == [("2", "0"), ("1/3", "0"), ("0", "0")]


def test_exp_of_zero_alone_is_rational():
    assert shown(xp.exp(real(0, 0))) == [("1", "0"), ("1", "0")]
    with pytest.raises(Unsupported):
        xp.exp(real(0, 1))
    with pytest.raises(Unsupported):
        xp.exp(xp.i * real(1))


# -- balls at the same kinks ---------------------------------------------------------------------
def balls(*values):
    data = np.empty(len(values), dtype=object)
    data[:] = values
    return Ball(), data


def test_balls_around_a_kink_cover_both_sides():
    with working_digits(20):
        around = arb(0, 1)
        ball, data = balls(arb(2), arb(-2), around, arb(0))
        step = ball._step(data)
        assert (step[0], step[1]) == (1, 0)
        assert all(s.contains(0) and s.contains(1) for s in step[2:])
        sgn = ball._sgn(data)
        assert (sgn[0], sgn[1]) == (1, -1)
        assert all(s.contains(-1) and s.contains(1) for s in sgn[2:])


def test_roots_of_balls_that_reach_below_zero():
    with working_digits(20):
        ball, data = balls(arb("0.005", "0.01"), arb(4), arb(-1), arb("0.5", "0.01"))
        root = ball._sqrt(data)
        assert root[0].is_finite()  # real or imaginary
        assert all(root[0].contains(z) for z in (0, arb("0.015").sqrt(), acb(0, "0.07")))
        assert root[1] == 2
        assert root[2] == acb(0, 1)
        assert not root[3].contains(0)
        assert root[3].rad() < 0.02


def test_the_scale_of_a_ball_is_one_where_it_may_vanish():
    with working_digits(20):
        ball, data = balls(arb(3), arb(0), arb(0, "1e-30"), arb(-3))
        assert [float(s.mid()) for s in ball._scale_or_one(data)] == [3, 1, 1, -3]
