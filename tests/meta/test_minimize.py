"""Witnesses are small: dimension first, then few entries, then small numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fieldcheck.domains import matrix, positive, real, vector
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.witness import raw_from_record
from fieldcheck.relations import AtMost, Equal, Zero


def witness(body, **given):
    verdict, _ = examine(body, **given)
    assert verdict.verdict == "refuted"
    return verdict.witness


def numbers(found):
    return [x for v in raw_from_record(found.raw).values() for x in v.reshape(-1)]


def test_the_smallest_dimension_comes_first():
    found = witness(lambda xp, A, B: Equal(A @ B, B @ A), A=matrix("n", "n"), B=matrix("n", "n"))
    assert found.sizes == {"n": 2}  # numbers commute
    assert set(numbers(found)) <= {Fraction(k) for k in (-1, 0, 1)}


def test_few_entries_are_not_zero():
    found = witness(lambda xp, x: Zero(x[0] * x[-1] * (x.shape[0] // 5)), x=vector("n"))
    assert found.sizes == {"n": 5}
    assert sum(x != 0 for x in numbers(found)) == 2


def test_whole_numbers_where_they_suffice():
    found = witness(lambda xp, x, y: AtMost(x * y, x * x), x=real(), y=real())
    assert all(x.denominator == 1 and abs(x) <= 3 for x in numbers(found))


@pytest.mark.parametrize("scale", [1, 10**6])
def test_a_narrow_violation_keeps_its_point(scale):
    """Violated only where 0 < x < 1/scale: no whole number will do."""
    found = witness(lambda xp, x: Zero(xp.relu(x) * xp.relu(1 - scale * x)), x=real())
    (x,) = numbers(found)
    assert 0 < x < Fraction(1, scale)


def test_the_record_is_exact():
    found = witness(lambda xp, t: Equal(t, t + xp.one / 3), t=positive())
    assert found.certified_by == "rational"
    assert Fraction(found.rhs) - Fraction(found.lhs) == Fraction(1, 3)
