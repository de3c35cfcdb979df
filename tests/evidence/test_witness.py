"""Witnesses: numbers as a reader sees them, records there and back, points that certify."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from flint import acb, arb, fmpq

from fieldcheck.arithmetic.ball import working_digits
from fieldcheck.domains import matrix, real
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
