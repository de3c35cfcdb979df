"""Witnesses: numbers as a reader sees them, records there and back, points that certify."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from flint import acb, arb, fmpq

from fieldcheck.arithmetic.ball import working_digits
from fieldcheck.domains import matrix, nonnegative, number, real
from fieldcheck.evidence import witness
from fieldcheck.relations import AtMost, Equal
from tests.evidence.statements import statement


@pytest.mark.parametrize(
    ("re", "im", "text"),
    [
        (0, 0, "0"),
        (3, 0, "3"),
        (0, 1, "i"),
        (0, -1, "-i"),
        (0, 5, "5i"),
        (0, -5, "-5i"),
        (2, 1, "2 + i"),
        (2, -1, "2 - i"),
        (-2, 7, "-2 + 7i"),
        (fmpq(1, 2), fmpq(-3, 4), "1/2 - 3/4i"),
    ],
)
def test_exact_numbers(re, im, text):
    assert witness.shown((fmpq(re), fmpq(im))) == text


def test_balls_are_shown_by_the_digits_that_are_certain():
    with working_digits(30):
        third = arb(1) / 3
        assert witness.shown(third, 5) == "0.33333"
        assert witness.shown(arb(5) / 2) == "2.5"
        assert witness.shown(arb(0)) == "0"
        assert witness.shown(acb(1, -2)) == "1 - 2i"
        assert witness.shown(acb(1, 2)) == "1 + 2i"
        assert witness.shown(acb(0, -2)) == "-2i"
        assert witness.shown(acb(3, 0)) == "3"
        assert witness.shown(arb(10) ** 40) == "1e+40"


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 0), (1, 1)])
def test_raw_parameters_survive_their_record(shape):
    v = np.empty(shape, dtype=object)
    for k, index in enumerate(np.ndindex(*shape)):
        v[index] = Fraction(k - 2, 3)
    back = witness.raw_from_record({"x": witness.strings(v)})["x"]
    assert back.shape == shape
    assert back.tolist() == v.tolist()


def test_an_inequality_fails_by_however_little():
    less = statement(lambda xp, x: AtMost(xp.exp(x), xp.one), x=real())
    (name,) = less.raw_shapes({})
    at = lambda v: {name: np.array(Fraction(v), dtype=object)}
    assert witness.certified(less, {}, at("1/1000000000")) is not None
    assert witness.certified(less, {}, at("-1/1000000000")) is None
    found = witness.certified(less, {}, at(2))
    assert (found.part, found.index, found.by, found.digits) == (0, (), "ball", 60)
    with pytest.raises(FrozenInstanceError):
        found.part = 1


def test_the_entry_that_fails_is_named():
    subject = statement(
        lambda xp, X: (Equal(X, X), Equal(X.T, X)), {"N": [2], "C": [2]}, X=matrix("N", "C")
    )
    shapes = subject.raw_shapes({"N": 2, "C": 2})
    raw = {k: np.full(s, Fraction(0), dtype=object) for k, s in shapes.items()}
    first = sorted(raw)[0]
    raw[first][0, 1] = Fraction(1, 2)
    record = witness.witness_at(subject, {"N": 2, "C": 2}, raw)
    assert (record.part, record.index, record.side) == (1, (0, 1), "sides")
    assert {record.lhs, record.rhs} <= {"0", "1/2", "1/2i", "i"}
    assert record.lhs != record.rhs
    assert record.certified_by == "rational"


def exactly(*values):
    out = np.empty(len(values), dtype=object)
    out[:] = [Fraction(v) for v in values]
    return out


def test_who_can_look_at_a_point():
    root = statement(lambda xp, x: Equal(xp.sqrt(x), xp.log(x)), x=real())
    at = lambda v: {"x.x": np.array(Fraction(v), dtype=object)}
    assert witness.is_finite(root, at(2), 0)
    assert witness.is_finite(root, at(-2), 0)
    assert not witness.is_finite(root, at(0), 0)
    over = statement(lambda xp, x: Equal(1 / x, x), x=real())
    assert not witness.is_finite(over, {"x.x": np.array(Fraction(0), dtype=object)}, 0)
    assert witness.is_finite(over, {"x.x": np.array(Fraction(10**400), dtype=object)}, 0)


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [("1.500", "1.5"), ("2.000", "2"), ("100", "100"), ("1.20e+10", "1.2e+10"), ("3e-5", "3e-5")],
)
def test_zeros_at_the_end_are_trimmed(text, trimmed):
    assert witness._trimmed(text) == trimmed


def test_a_ball_around_zero_is_shown_as_zero_if_it_is_small():
    with working_digits(30):
        assert witness.shown(arb(0, "1e-17"), 18) == "0"
        assert witness.shown(arb(0, "1e-15"), 18) != "0"
        assert witness.shown(acb(0, arb(0, "1e-17"))) == "0"


def test_records_of_worst_cases():
    point = {"x": exactly("1/3", "0.1", 7)}
    record = witness.worst_at("largest residual", -3.14159, {"n": 2}, "zero", point)
    assert record == {
        "what": "largest residual",
        "log10": "-3.1",
        "raw": {"sizes": {"n": 2}, "stratum": "zero", "point": {"x": ["1/3", "1/10", "7"]}},
    }
    assert witness.worst_at("", math.inf, {}, "", {})["log10"] == "inf"
    assert witness.worst_at("", -0.01, {}, "", {})["log10"] == "0.0"
    long = Fraction(0.1)  # fifty-five bits: shown as the float it came from
    assert witness._short(np.array(long, dtype=object)) == (0.1).hex()
    third = Fraction(10**12 + 1, 3 * 10**12)  # no float
    assert witness._short(np.array(third, dtype=object)) == str(third)
    assert witness._short(np.array(Fraction(10**11), dtype=object)) == "1" + "0" * 11
    back = witness.raw_from_record({"x": [[(0.1).hex(), "1/3"]]})["x"]
    assert back.tolist() == [[long, Fraction(1, 3)]]


def test_the_inputs_of_a_witness_are_told_as_a_reader_wants_them():
    two = statement(lambda xp, z, x: Equal(z, z), z=number(), x=nonnegative("n"))
    shapes = two.raw_shapes({"n": 2})
    raw = {k: np.full(s, Fraction(1, 2), dtype=object) for k, s in shapes.items()}
    told = witness.shown_inputs(two, raw, 60)
    assert told["z"] == "1/2 + 1/2i"
    assert told["x"] == ["1/4", "1/4"]


def test_sides_that_agree_in_all_digits_shown_are_told_apart():
    with working_digits(60):
        one = arb(10) ** -40 + 1
        assert witness.shown_apart(arb(1), one) == ("1", "1 + 1e-40")
        assert witness.shown_apart(one, arb(1)) == ("1", "1 - 1e-40")
        assert witness.shown_apart(arb(1), arb(2)) == ("1", "2")
        assert witness.shown_apart((fmpq(1), fmpq(0)), (fmpq(1), fmpq(0))) == ("1", "1")
