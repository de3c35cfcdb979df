"""The arithmetics without numbers, operation by operation: every pair of signs, every bound."""

from __future__ import annotations

import cmath
import itertools
import math

import pytest

from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.sign import Known, Sign

# -- signs ---------------------------------------------------------------------------------------
STATES = {
    "+": (True, True, True),
    "0+": (True, True, False),
    "real, not zero": (True, False, True),
    "real": (True, False, False),
    "not zero": (False, False, True),
    "any": (False, False, False),
}
MEMBERS = {
    "+": (1, 2),
    "0+": (0, 1, 2),
    "real, not zero": (-2, -1, 1, 3),
    "real": (-2, -1, 0, 1, 3),
    "not zero": (1, -1, 1j, 1 + 1j, -1j),
    "any": (0, 1, -1, 1j, 1 + 1j, -1j),
}
"""Numbers that stand for all of a state: what holds of them in every pairing holds of the state."""


def true_of(values) -> tuple[bool, bool, bool]:
    """What is true of all of some numbers."""
    numbers = [complex(v) for v in values]
    real = all(v.imag == 0 for v in numbers)
    return real, real and all(v.real >= 0 for v in numbers), all(v != 0 for v in numbers)


def known(state: str, shape=()) -> Known:
    return Known(shape, *STATES[state])


def said(found: Known) -> tuple[bool, bool, bool]:
    return found.real, found.nonneg, found.nonzero


def implied(said_of: tuple[bool, ...], true: tuple[bool, ...]) -> bool:
    return all(t or not s for s, t in zip(said_of, true, strict=True))


PAIRS = list(itertools.product(STATES, STATES))
OF_TWO = {
    "_add": lambda a, b: a + b,
    "_sub": lambda a, b: a - b,
    "_mul": lambda a, b: a * b,
}
REALS = ("+", "0+", "real, not zero", "real")
OF_TWO_REALS = {"_maximum": max, "_minimum": min}


@pytest.mark.parametrize("name", OF_TWO)
def test_what_is_said_of_two_is_true(name):
    for a, b in PAIRS:
        true = true_of(OF_TWO[name](x, y) for x in MEMBERS[a] for y in MEMBERS[b])
        assert implied(said(getattr(Sign(), name)(known(a), known(b))), true), (a, b)


def test_of_sums_and_products_of_reals_all_is_said_that_is_true():
    for a, b in itertools.product(("+", "0+", "real"), repeat=2):
        for name in ("_add", "_mul"):
            true = true_of(OF_TWO[name](x, y) for x in MEMBERS[a] for y in MEMBERS[b])
            assert said(getattr(Sign(), name)(known(a), known(b))) == true, (name, a, b)


@pytest.mark.parametrize("name", OF_TWO_REALS)
def test_the_larger_and_the_smaller_of_reals(name):
    for a, b in itertools.product(REALS, REALS):
        true = true_of(OF_TWO_REALS[name](x, y) for x in MEMBERS[a] for y in MEMBERS[b])
        assert said(getattr(Sign(), name)(known(a), known(b))) == true, (a, b)


def test_a_quotient_where_it_is_finite_and_the_exception_where_it_is_not():
    for a, b in PAIRS:
        xp = Sign()
        found = xp._div(known(a), known(b))
        assert implied(said(found), true_of(x / y for x in MEMBERS[a] for y in MEMBERS[b] if y))
        assert bool(xp.exceptions) == (0 in MEMBERS[b])


OF_ONE = {
    "_neg": lambda x: -x,
    "_conj": lambda x: complex(x).conjugate(),
    "_real": lambda x: complex(x).real,
    "_imag": lambda x: complex(x).imag,
    "_exp": cmath.exp,
    "_logistic": lambda x: 1 / (1 + cmath.exp(-x)),
    "_softplus": lambda x: cmath.log(1 + cmath.exp(x)),
    "_sin": cmath.sin,
    "_cos": cmath.cos,
    "_tanh": cmath.tanh,
    "_sqrt": cmath.sqrt,
    "_log": lambda x: cmath.log(x) if x else 1,
    "_abs": abs,
}


@pytest.mark.parametrize("name", OF_ONE)
def test_what_is_said_of_one_is_true(name):
    for a in STATES:
        found = getattr(Sign(), name)(known(a, (2, 3)))
        assert found.shape == (2, 3)
        assert implied(said(found), true_of(OF_ONE[name](x) for x in MEMBERS[a])), a


def test_the_strongest_of_one():
    assert said(Sign()._exp(known("real"))) == (True, True, True)
    assert said(Sign()._sqrt(known("0+"))) == (True, True, False)
    assert said(Sign()._relu(known("real"))) == (True, True, False)
    assert said(Sign()._relu(known("+"))) == (True, True, True)
    assert said(Sign()._abs(known("not zero"))) == (True, True, True)


@pytest.mark.parametrize(
    ("name", "without"),
    [("_log", "+"), ("_sqrt", "0+"), ("_sqrt", "+")],
)
def test_a_rule_with_an_exception_notes_it_unless_it_is_excluded(name, without):
    for state in STATES:
        xp = Sign()
        getattr(xp, name)(known(state))
        stronger = {"+": ("+",), "0+": ("+", "0+")}["0+" if name == "_sqrt" else without]
        assert bool(xp.exceptions) == (state not in stronger)
        assert xp.ruled


def test_a_unit_vector_that_may_vanish_is_noted():
    xp = Sign()
    xp._unit(known("real", (3,)), -1)
    assert xp.exceptions
    xp = Sign()
    xp._unit(known("real, not zero", (3,)), -1)
    assert not xp.exceptions


def test_of_whole_arrays():
    xp = Sign()
    plus, some = known("+", (2, 3)), known("real", (4, 3))
    assert [said(xp._integer(n)) for n in (-1, 0, 2)] == [
        (True, False, True),
        (True, True, False),
        (True, True, True),
    ]
    assert said(xp._eye(3)) == (True, True, False)
    assert said(xp._imaginary_unit()) == (False, False, True)
    assert xp._concat([plus, some], -2).shape == (6, 3)
    assert said(xp._concat([plus, some], -2)) == (True, False, False)
    # A product of matrices may be empty: a sum of none is zero.
    assert said(xp._matmul(plus, known("+", (3, 4)))) == (True, True, True)
    assert said(xp._matmul(known("+", (2, 0)), known("+", (0, 4)))) == (True, True, False)
    assert said(xp._sum(plus, -1)) == (True, True, True)
    assert said(xp._sum(known("+", (2, 0)), -1)) == (True, True, False)
    assert xp._diagonal(known("real", (5, 2, 3))).shape == (5, 2)


def test_even_powers_and_products_with_itself():
    xp = Sign()
    for state in REALS:
        v = xp.wrap(known(state, (2,)))
        for square in (xp.power(v, 2), xp.power(v, 4), xp.mul(v, v), xp.abs2(v)):
            assert said(square.data) == (True, True, STATES[state][2])
    v = xp.wrap(known("any", (2,)))
    assert not xp.mul(v, v).data.nonneg
    assert xp.abs2(v).data.nonneg


# -- bounds --------------------------------------------------------------------------------------
L = Bound((2, 3), 5, 2, 7.0, 3.0)
R = Bound((3,), 4, 1, 6.0, 2.0)
SUM = Bound((2, 3), max(5 + 1, 4 + 2), 3, max(7 + 2, 6 + 3) + 1.0, 5.0)
OPERATIONS = {
    "sum": (lambda xp: xp._add(L, R), SUM),
    "difference": (lambda xp: xp._sub(L, R), SUM),
    "sum, one side larger": (
        lambda xp: xp._add(Bound((), 9, 1, 2.0, 1.0), Bound((), 1, 3, 1.0, 8.0)),
        Bound((), 12, 4, 11.0, 9.0),
    ),
    "sum, the other side larger": (
        lambda xp: xp._add(Bound((), 1, 3, 1.0, 8.0), Bound((), 9, 1, 2.0, 1.0)),
        Bound((), 12, 4, 11.0, 9.0),
    ),
    "product": (lambda xp: xp._mul(L, R), Bound((2, 3), 9, 3, 13.0, 5.0)),
    "quotient": (lambda xp: xp._div(L, R), Bound((2, 3), 6, 6, 9.0, 9.0)),
    # Three terms over their own denominators, of a product.
    "matrix product": (
        lambda xp: xp._matmul(L, R),
        Bound((2,), 9 + 2 * 3, 3 * 3, 13.0 + 2 * 5.0 + math.log2(3), 3 * 5.0),
    ),
    "sum along an axis": (
        lambda xp: xp._sum(L, -2), Bound((3,), 5 + 2, 4, 7.0 + 3.0 + 1.0, 6.0),
    ),
    "sum of one": (
        lambda xp: xp._sum(Bound((1, 3), 5, 2, 7.0, 3.0), 0), Bound((3,), 5, 2, 7.0, 3.0),
    ),
    "entry": (lambda xp: xp._getitem(L, 0), Bound((3,), 5, 2, 7.0, 3.0)),
    "diagonal": (lambda xp: xp._diagonal(L), Bound((2,), 5, 2, 7.0, 3.0)),
    "transpose": (lambda xp: xp._transpose(L), Bound((3, 2), 5, 2, 7.0, 3.0)),
    "reshaped": (lambda xp: xp._reshape(L, (6,)), Bound((6,), 5, 2, 7.0, 3.0)),
    "negative": (lambda xp: xp._neg(L), L),
    "conjugate": (lambda xp: xp._conj(L), L),
    "real part": (lambda xp: xp._real(L), Bound((2, 3), 7, 4, 11.0, 6.0)),
    "imaginary part": (lambda xp: xp._imag(L), Bound((2, 3), 7, 4, 11.0, 6.0)),
    "joined": (
        lambda xp: xp._concat([L, Bound((4, 3), 1, 6, 9.0, 1.0)], 0), Bound((6, 3), 5, 6, 9.0, 3.0),
    ),
    "stacked": (
        lambda xp: xp._stack([R, Bound((3,), 1, 6, 9.0, 1.0)], -1), Bound((3, 2), 4, 6, 9.0, 2.0),
    ),
    "a whole number": (lambda xp: xp._integer(-8), Bound((), height=3.0)),
    "zero": (lambda xp: xp._integer(0), Bound(())),
    "full": (lambda xp: xp._full((2,), 5), Bound((2,), height=math.log2(5))),
    "full of zeros": (lambda xp: xp._full((2,), 0), Bound((2,))),
    "identity": (lambda xp: xp._eye(4), Bound((4, 4))),
    "i": (lambda xp: xp._imaginary_unit(), Bound(())),
    "exp": (lambda xp: xp._exp(L), Bound((2, 3), top=1)),
    "root": (lambda xp: xp._sqrt(L), Bound((2, 3), 4, 2, 6.0, 3.0)),
    "root of a number": (lambda xp: xp._sqrt(Bound((), 0, 0, 4.0)), Bound((), 1, 0, 3.0)),
    "solved": (
        lambda xp: xp._solve(Bound((3, 3), 2, 1, 3.0, 0.5), Bound((3, 2), 4, 2, 1.0, 1.5)),
        Bound((3, 2), 24, 24, 3 * 5.5 + math.log2(6), 3 * 5.5 + math.log2(6)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_bound_of_an_operation(name):
    operation, expected = OPERATIONS[name]
    found = operation(Degree())
    assert (found.shape, found.top, found.bottom) == (expected.shape, expected.top, expected.bottom)
    assert (found.height, found.below) == pytest.approx((expected.height, expected.below))


@pytest.mark.parametrize(
    ("operation", "symbols", "widest"),
    [
        (lambda xp: xp._pi(), 1, 1),
        (lambda xp: xp._exp(L), 6, 7),
        (lambda xp: xp._log(R), 3, 5),
        (lambda xp: xp._maximum(R, R), 3, 7),  # of the difference, which has degree 5 over 2
        (lambda xp: xp._sin(Bound((0,), 1)), 1, 1),
    ],
)
def test_symbols_and_the_widest_of_their_arguments(operation, symbols, widest):
    xp = Degree()
    operation(xp)
    assert (xp.symbols, xp.widest) == (symbols, widest)
    assert xp.coincidences == 2 * symbols**2 * xp.widest
