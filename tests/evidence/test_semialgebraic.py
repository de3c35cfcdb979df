"""Strict inequalities: signs of factors, elimination, and the simplest point of an interval."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp

from fieldcheck.evidence import semialgebraic
from fieldcheck.evidence.semialgebraic import a_point

x, y = sp.symbols("x y", real=True)
HALF = sp.Rational(1, 2)


@pytest.mark.parametrize(
    ("bottom", "top", "expected"),
    [
        (None, None, 0),
        (0, None, 1),
        (None, 0, -1),
        (1, None, 2),
        (None, -1, -2),
        (0, 1, HALF),
        (-1, 0, -HALF),
        (2, None, 3),
        (7 * HALF, None, 4),
        (None, -5 * HALF, -4),
        (None, -2, -3),
        (HALF, 1, sp.Rational(3, 4)),
        (3, 4, 7 * HALF),
    ],
)
def test_the_simplest_point_between_two_ends(bottom, top, expected):
    ends = [None if e is None else sp.Rational(e) for e in (bottom, top)]
    assert semialgebraic._simplest(*ends) == expected


@pytest.mark.parametrize(
    "positive",
    [
        [x**2],  # everywhere but at 0, which is the simplest point
        [x**2 * y, -x],
        [(x - 1) ** 2 * x, 2 - x],
        [x**3, -(x - 2)],
        [x**2 * y**2, x + y],
        [-x * y, -x],
        [3 - 2 * x, 2 * x - 2],
        [-3 * x - 6, 2 * x + 6, x + y, 1 - y + x * 0 + 4],
        [5 * x - 4, 9 - 10 * x],
        [x - 3 * y, 4 * y - x, x - 20],
    ],
)
def test_a_point_with_all_positive(positive):
    point = a_point([], positive, [x, y])
    assert point is not None
    assert all(p.subs(point) > 0 for p in positive)


@pytest.mark.parametrize(
    "positive",
    [
        [-(x**2)],
        [x**2 * y, -y],
        [x - 3 * y, 3 * y - x],
        [2 * x - 3, 2 - 2 * x],
        [x + y, x - y, -x],
        [sp.Integer(0) * x],
    ],
)
def test_no_point_with_all_positive(positive):
    assert a_point([], positive, [x, y]) is None


def test_signs_of_factors_cover_the_set_and_no_more():
    """Each way fixes the sign of every irreducible factor; on it the product is positive."""
    p = x * (y - 1) ** 2 * (x + y)
    ways = list(semialgebraic._factored([p]))
    assert len(ways) == 2 * 2  # two ways to share the sign of the odd factors, two for the square
    points = [{x: a, y: b} for a, b in itertools.product((-3, -1, 1, 3), (-2, 0, 1, 2))]
    for at in points:
        inside = [all(f.subs(at) > 0 for f in way) for way in ways]
        assert sum(inside) == bool(p.subs(at) > 0)
