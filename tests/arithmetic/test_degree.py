"""Bounds of degrees and heights against rational functions that are written out."""

from __future__ import annotations

import math

import pytest
import sympy as sp

from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.sign import Known, Sign

x, y = sp.symbols("x y")


def bound(value) -> tuple[int, int]:
    return value.data.top, value.data.bottom


def true_degrees(expression) -> tuple[int, int]:
    top, bottom = sp.fraction(sp.together(expression))
    return tuple(sp.Poly(p, x, y).total_degree() if p != 0 else 0 for p in (top, bottom))


BODIES = {
    "sum of fractions": lambda x, y: 1 / x + 1 / y**3,
    "the other order": lambda x, y: 1 / y**3 + 1 / x,
    "fraction and polynomial": lambda x, y: x**4 + y / (x + 1),
    "polynomial and fraction": lambda x, y: y / (x + 1) + x**4,
    "product": lambda x, y: (x + y) ** 3 * (x - 1) / y,
    "quotient of quotients": lambda x, y: (1 / x) / (1 / y**2),
    "difference": lambda x, y: x**2 / y - y**2 / x**3,
}


@pytest.mark.parametrize("name", BODIES)
def test_degrees_bound_the_reduced_fraction(name):
    xp = Degree()
    found = bound(BODIES[name](xp.variable(()), xp.variable(())))
    exact = true_degrees(BODIES[name](x, y))
    assert all(f >= e for f, e in zip(found, exact, strict=True))
    # No factor is lost or counted twice in bodies whose denominators share none.
    assert found == exact


def test_heights_of_sums_and_products():
    xp = Degree()
    v = xp.variable(())
    assert (v + v).data.height == 1
    assert (4 * v).data.height == 2
    assert (4 * v * (v + v)).data.height == 3
    # a/b + c/d = (a d + c b)/(b d): crosswise the heights add, and one bit more.
    fraction = (4 * v) / (8 * v)
    assert (fraction.data.height, fraction.data.below) == (2, 3)
    assert ((fraction + fraction).data.height, (fraction + fraction).data.below) == (6, 6)
    assert xp.sum(xp.variable((8,))).data.height == 3


def test_a_sum_of_fractions_clears_each_denominator():
    xp = Degree()
    v = 1 / xp.variable((5,))
    assert bound(xp.sum(v)) == (4, 5)


def test_symbols_and_their_coincidences_are_counted():
    xp = Degree()
    assert (xp.symbols, xp.coincidences) == (0, 0)
    v = xp.variable((3,))
    xp.exp(v)
    assert (xp.symbols, xp.coincidences) == (3, 2 * 9)
    # A root has half the degree of its radicand; its argument, of degree 4, may meet another's.
    assert xp.sqrt(v**4).data == Bound((3,), 2, 0, 1.0)
    assert (xp.symbols, xp.coincidences) == (6, 2 * 36 * 4)
    sine = xp.sin(v)  # (z - 1/z)/2i with one free symbol z: degree 2 over degree 1
    assert sine.data == Bound((3,), 2, 1, 2.0, 1.0)
    assert xp.symbols == 9
    assert xp.tanh(v).data == Bound((3,), 2, 2, 1.0, 1.0)


def test_a_linear_system_is_bounded_by_cramers_rule():
    xp = Degree()
    solved = xp.solve(xp.variable((2, 2)), xp.variable((2,)))
    assert bound(solved) == (2, 2)
    assert solved.data.height == math.log2(2)


# -- signs ---------------------------------------------------------------------------------------
def sign(value) -> str:
    known = value.data
    if known.nonneg:
        return "+" if known.nonzero else "0+"
    return "r" if known.real else "?"


def test_signs_that_can_be_read_off():
    xp = Sign()
    v = xp.variable((4,))
    positive, nonnegative = xp.exp(v), v * v
    assert [sign(s) for s in (v, positive, nonnegative, xp.i * v)] == ["r", "+", "0+", "?"]
    assert sign(positive + nonnegative) == "+"
    assert sign(positive - nonnegative) == "r"
    assert sign(xp.sum(positive)) == "+"
    assert sign(xp.sum(xp.exp(xp.variable((0,))))) == "0+"
    assert sign(xp.sum(nonnegative)) == "0+"
    assert sign(xp.relu(v)) == "0+"
    assert sign(xp.sqrt(positive)) == "+"
    assert sign(v * (v + 0)) == "r"
    assert sign((xp.i * v) * v) == "?"
    square = xp.i * v
    assert sign(square * square) == "?"
    assert sign(v**3) == "r"
    assert sign(v**2) == "0+"
    assert sign(positive**2) == "+"
    assert v.data == Known((4,), real=True)


def test_a_relative_entropy_is_nonnegative_where_all_four_arguments_are_positive():
    xp = Sign()
    p, q = xp.exp(xp.variable((3,))), xp.exp(xp.variable((3,)))
    assert sign(xp.relative_entropy(p, q)) == "0+"
    assert sign(xp.relative_entropy(p, q, xp.sum(p), xp.sum(q))) == "0+"
    assert sign(xp.relative_entropy(p, xp.variable((3,)))) == "?"
    assert sign(xp.relative_entropy(p, q, xp.variable(()))) == "?"
