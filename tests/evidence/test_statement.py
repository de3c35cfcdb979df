"""Shapes and planted faults of a statement."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.domains import matrix, vector
from fieldcheck.evidence.draws import wrap_raw
from fieldcheck.relations import AtMost, Equal
from tests.evidence.statements import statement

POINT = {"x.re": np.array([Fraction(1, 2), Fraction(-3)], dtype=object)}


def sides(body, k):
    subject = statement(body, {"n": [2]}, x=vector("n"))
    (name,) = subject.raw_shapes({"n": 2})
    raw = {name: POINT["x.re"]}
    with working_digits(60):
        xp = Ball()
        planted = subject.faulty(k, 0).sides(xp, wrap_raw(xp, raw))[0]
        plain = subject.sides(xp, wrap_raw(xp, raw))[0]
    floats = lambda v: np.array([float(e.mid()) for e in np.ravel(v.data)])
    return [floats(v) for v in (plain.left, plain.right, planted.left, planted.right)]


@pytest.mark.parametrize("k", [0, 3, 8])
def test_the_fault_of_an_equality_has_the_size_of_the_sides(k):
    left, right, planted_left, planted_right = sides(lambda xp, x: Equal(2 * x, x + x), k)
    assert np.allclose(planted_left, left, rtol=1e-15)
    shift = np.abs(planted_right - right)
    assert np.allclose(shift, 10.0**-k * np.abs(right), rtol=1e-6)


@pytest.mark.parametrize("k", [0, 3, 8])
def test_the_fault_of_an_inequality_lowers_the_right_side(k):
    left, right, _, lowered = sides(lambda xp, x: AtMost(xp.sum(x), xp.sum(x * x)), k)
    size = max(abs(left[0]), abs(right[0]))
    assert np.isclose(right[0] - lowered[0], 10.0**-k * size, rtol=1e-6)


def test_exact_numbers_are_shifted_by_the_sign_pattern():
    subject = statement(lambda xp, x: Equal(x, 1 * x), {"n": [2]}, x=vector("n"))
    (name,) = subject.raw_shapes({"n": 2})
    xp = Rational()
    got = subject.faulty(2, 0).sides(xp, wrap_raw(xp, {name: POINT["x.re"]}))[0]
    shift = (got.right - got.left).data[0]
    assert [abs(Fraction(int(s.p), int(s.q))) for s in shift] == [
        Fraction(1, 200),
        Fraction(3, 100),
    ]


def test_few_shapes_are_all_visited_and_of_many_every_pair():
    two = statement(lambda xp, X: Equal(X, X), X=matrix("N", "C"))
    assert len(two.grid(6)) == 36
    many = statement(
        lambda xp, X, Y, Z: Equal(X @ Y @ Z, X @ Y @ Z),
        X=matrix("N", "C"), Y=matrix("C", "r"), Z=matrix("r", "k"),
    )  # fmt: skip
    names = many.size_names
    assert len(names) == 4
    rows = many.grid(6)
    assert rows == many.grid(6)
    assert 36 <= len(rows) <= 60  # 6⁴ = 1296 in all; 36 pairs of values at the least
    for a, b in itertools.combinations(names, 2):
        assert len({(row[a], row[b]) for row in rows}) == 36
