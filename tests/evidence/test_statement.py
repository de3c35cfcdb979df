"""Shapes and planted faults of a statement."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.domains import matrix, real, vector
from fieldcheck.evidence import statement as statements
from fieldcheck.evidence.draws import numpy_stream, small_entries, stream, wrap_raw
from fieldcheck.evidence.points import point
from fieldcheck.evidence.statement import LARGEST, PRODUCT, Fault, Statement
from fieldcheck.relations import AtMost, Equal, Gradient, Rank, Zero
from tests.evidence.statements import statement

TRUE = statement(lambda xp, x: Equal(2 * x, x + x), x=vector("n"))
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
    assert len(two.grid()) == 36
    many = statement(
        lambda xp, X, Y, Z: Equal(X @ Y @ Z, X @ Y @ Z),
        X=matrix("N", "C"), Y=matrix("C", "r"), Z=matrix("r", "k"),
    )  # fmt: skip
    names = many.size_names
    assert len(names) == 4
    rows = many.grid()
    assert rows == many.grid()
    assert 36 <= len(rows) <= 60  # 6⁴ = 1296 in all; 36 pairs of values at the least
    for a, b in itertools.combinations(names, 2):
        assert len({(row[a], row[b]) for row in rows}) == 36


def test_streams_hang_on_form_method_and_seed_and_on_nothing_else():
    for make, draw in ((stream, lambda r: r.random()), (numpy_stream, lambda r: r.random())):
        one = draw(make("a/b", "exact", 0))
        assert draw(make("a/b", "exact", 0)) == one
        assert len({one, *(draw(make(*other)) for other in (
            ("a/c", "exact", 0), ("a/b", "cells", 0), ("a/b", "exact", 1),
        ))}) == 4  # fmt: skip
    assert stream("a/b", "exact", 0).random() == random.Random("0/a/b/exact").random()


def test_small_entries_are_odd_over_a_power_of_two():
    for bits in (1, 3, 10):
        found = small_entries(random.Random(0), (40, 5), bits)
        assert found.shape == (40, 5)
        values = found.reshape(-1).tolist()
        assert {v.denominator for v in values} == {2 ** (bits + 1)}
        assert -2 < min(values) < -1.2
        assert 1.2 < max(values) < 2
        assert {v.numerator % 2 for v in values} == {1}
    assert len(set(small_entries(random.Random(0), (500,), 1).tolist())) == 8
    assert set(small_entries(random.Random(0), (50,), signs=True).tolist()) == {1, -1}
    shapes = {k: v.shape for k, v in point(TRUE, {"n": 2}, random.Random(0)).items()}
    assert shapes == TRUE.raw_shapes({"n": 2})


def test_a_fault_is_one_pattern_for_each_claim():
    signs = Fault(3, 0, 12345).signs((4, 50))
    assert set(signs.reshape(-1).tolist()) == {-1, 1}
    assert (Fault(9, 1, 12345).signs((4, 50)) == signs).all()
    assert (Fault(3, 0, 12346).signs((4, 50)) != signs).any()
    faulty = TRUE.faulty(4, 1)
    assert (faulty.fault.k, faulty.fault.part) == (4, 1)
    assert faulty.fault.pattern == TRUE.faulty(5, 0).fault.pattern
    assert [faulty.watches(k) for k in range(3)] == [False, True, False]
    assert TRUE.watches(7)


def test_parts_by_kind_and_of_a_fault_only_its_own():
    many = statement(lambda xp, x: (Zero(x - x), AtMost(x, x + 1), Equal(x, x), Rank(xp.eye(2), 2)),
                     x=real())  # fmt: skip
    assert many.kinds() == ["Zero", "AtMost", "Equal", "Rank"]
    assert many.parts("Equal", "Zero") == [0, 2]
    assert many.faulty(3, 2).parts("Equal", "Zero") == [2]
    assert many.faulty(3, 1).parts("Equal", "Zero") == []


def test_the_sizes_of_an_author_are_all_visited():
    form = replace(TRUE.form, sizes={"n": [2, 5, 19]})
    assert [s["n"] for s in Statement(form).grid()] == [2, 5, 19]
    assert Statement(form).visited() == {"n": (2, 5, 19)}
    assert Statement(form).smallest == {"n": 2}
    assert [s["n"] for s in TRUE.grid()] == list(range(1, LARGEST + 1))
    assert statement(lambda xp, x: Equal(x, x), x=real()).grid() == [{}]


def test_all_sizes_at_once_are_among_the_shapes():
    many = statement(
        lambda xp, X, Y, Z: Equal(X @ Y @ Z, X @ Y @ Z),
        X=matrix("N", "C"), Y=matrix("C", "r"), Z=matrix("r", "k"),
    )  # fmt: skip
    together = [s for s in many.grid() if len(set(s.values())) == 1]
    assert [s["N"] for s in together] == list(range(1, LARGEST + 1))
    product = np.prod([len(values) for values in many.visited().values()])
    assert 100 < product <= PRODUCT


def test_every_pair_of_values_is_covered_and_every_row_brings_a_new_one():
    names, ranges = ["a", "b", "c"], [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]]
    rows = list(statements._pairwise(names, ranges))
    for (i, a), (j, b) in itertools.combinations(enumerate(names), 2):
        seen = {(row[a], row[b]) for row in rows}
        assert seen == set(itertools.product(ranges[i], ranges[j]))
    assert 20 <= len(rows) <= 26
    covered: set = set()
    for row in rows:
        pairs = {(a, row[a], b, row[b]) for a, b in itertools.combinations(names, 2)}
        assert pairs - covered
        covered |= pairs


def test_directions_are_raw_parameters_too():
    slope = statement(lambda xp, X: Gradient(lambda Y: xp.sum(Y * Y), X, 2 * X), X=vector("n"))
    shapes = slope.raw_shapes({"n": 3})
    assert shapes["direction0.re"] == (3,)
    assert "direction0.im" not in shapes
    assert "direction0.re" not in TRUE.raw_shapes({"n": 3})


def replaced(subject, sizes):
    return Statement(replace(subject.form, sizes={"n": sizes}))


def test_where_the_parts_change_with_the_size():
    body = lambda xp, x: (Equal(x, x), Equal(x, x)) if x.shape[0] == 3 else Equal(x, x)
    changing = statement(body, x=vector("n"))
    assert replaced(changing, [1, 2]).changed() == ""
    assert changing.changed() == "the parts are Equal, but at n = 3 Equal, Equal"


def test_a_fault_is_planted_in_one_part_alone():
    two = statement(lambda xp, x: (Equal(x, x), Equal(3 * x, 3 * x)), {"n": [2]}, x=vector("n"))
    (name,) = two.raw_shapes({"n": 2})
    xp = Rational()
    raws = wrap_raw(xp, {name: np.array([Fraction(2), Fraction(-1)], dtype=object)})
    plain, shifted = two.faulty(1, 1).sides(xp, raws)
    gap = lambda s: [str(q) for q in (s.right - s.left).data[0]]
    assert gap(plain) == ["0", "0"]
    assert {abs(Fraction(q)) for q in gap(shifted)} == {Fraction(6, 10), Fraction(3, 10)}
    assert len(two.sides(xp, raws)) == 2
    (only,) = two.sides(xp, raws, part=1)
    assert [str(q) for q in only.left.data[0]] == ["6", "-3"]
