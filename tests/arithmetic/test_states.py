"""The arithmetics without numbers, operation by operation: every pair of signs, every bound."""

from __future__ import annotations

import itertools
import math

import pytest

from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.sign import ORDER, Known, Sign

# -- signs ---------------------------------------------------------------------------------------
MEMBERS = {"+": (1, 2), "0+": (0, 1, 2), "r": (-2, -1, 0, 1, 3), "?": (1, -1, 1j, 1 + 1j)}
"""Numbers that stand for all of a state: what holds of them in every pairing holds of the state."""


def strongest(values) -> str:
    """The strongest state that all of the values have."""
    if any(complex(v).imag for v in values):
        return "?"
    low = min(v.real for v in map(complex, values))
    return "+" if low > 0 else "0+" if low == 0 else "r"


def known(state: str) -> Known:
    return Known((), state)


PAIRS = list(itertools.product(ORDER, ORDER))
OF_TWO = {
    "_add": lambda a, b: a + b,
    "_sub": lambda a, b: a - b,
    "_mul": lambda a, b: a * b,
}
OF_TWO_REALS = {"_maximum": max, "_minimum": min}


@pytest.mark.parametrize("name", OF_TWO)
def test_the_sign_of_two_is_the_strongest_that_is_true(name):
    for a, b in PAIRS:
        true = [OF_TWO[name](x, y) for x in MEMBERS[a] for y in MEMBERS[b]]
        found = getattr(Sign(), name)(known(a), known(b)).sign
        assert found == strongest(true), (a, b)


@pytest.mark.parametrize("name", OF_TWO_REALS)
def test_the_sign_of_the_larger_and_the_smaller(name):
    for a, b in itertools.product(ORDER[:3], ORDER[:3]):
        true = [OF_TWO_REALS[name](x, y) for x in MEMBERS[a] for y in MEMBERS[b]]
        assert getattr(Sign(), name)(known(a), known(b)).sign == strongest(true), (a, b)


def test_the_sign_of_a_quotient_where_it_is_finite():
    for a, b in itertools.product(ORDER, ("+", "0+", "r")):
        true = [x / y for x in MEMBERS[a] for y in MEMBERS[b] if y]
        if b == "r" and a == "+":
            true.append(0)  # no state says "real and not zero"
        assert Sign()._div(known(a), known(b)).sign == strongest(true), (a, b)
    assert Sign()._div(known("+"), known("?")).sign == "?"


OF_ONE = {
    "_neg": "rrr?",
    "_conj": ("+", "0+", "r", "?"),
    "_real": ("+", "0+", "r", "r"),
    "_imag": "rrrr",
    "_exp": "+++?",
    "_logistic": "+++?",
    "_softplus": "+++?",
    "_log": "rrr?",
    "_sin": "rrr?",
    "_cos": "rrr?",
    "_tanh": "rrr?",
    "_sqrt": ("+", "0+", "?", "?"),
    "_relu": ("+", "0+", "0+", "0+"),
    "_step": ("0+",) * 4,
    "_abs": ("+", "0+", "0+", "0+"),
}


@pytest.mark.parametrize("name", OF_ONE)
def test_the_sign_of_one(name):
    for a, expected in zip(ORDER, OF_ONE[name], strict=True):
        found = getattr(Sign(), name)(Known((2, 3), a))
        assert found == Known((2, 3), expected), a


def test_signs_of_whole_arrays():
    xp = Sign()
    plus, some = Known((2, 3), "+"), Known((4, 3), "r")
    assert [xp._integer(n).sign for n in (-1, 0, 1, 2)] == ["r", "0+", "+", "+"]
    assert [xp._full((5,), n) for n in (0, 3)] == [Known((5,), "0+"), Known((5,), "+")]
    assert xp._eye(3) == Known((3, 3), "0+")
    assert (xp._imaginary_unit().sign, xp._pi().sign) == ("?", "+")
    assert xp._concat([plus, some], -2) == Known((6, 3), "r")
    assert xp._stack([plus, plus], 0) == Known((2, 2, 3), "+")
    # A product of matrices may be empty: a sum of none is zero.
    assert xp._matmul(plus, Known((3, 4), "+")) == Known((2, 4), "0+")
    assert xp._matmul(Known((2, 4), "0+"), some) == Known((2, 3), "r")
    assert xp._sum(plus, -1) == Known((2,), "+")
    assert xp._sum(Known((2, 0), "+"), -1) == Known((2,), "0+")
    assert xp._diagonal(Known((5, 2, 3), "r")) == Known((5, 2), "r")
    assert xp._solve(plus, Known((2, 1), "+")) == Known((2, 1), "r")
    assert [xp._unit(Known((3,), s), -1).sign for s in ORDER] == ["0+", "0+", "r", "?"]
    assert xp._softmax(some, -1) == Known((4, 3), "+")


def test_even_powers_and_products_with_itself():
    xp = Sign()
    for state, square in zip(ORDER, ("+", "0+", "0+", "?"), strict=True):
        v = xp.wrap(Known((2,), state))
        assert [xp.power(v, n).data.sign for n in (2, 4)] == [square, square]
        assert xp.mul(v, v).data == Known((2,), square)
        assert xp.power(v, 3).data.sign == state
        assert xp.abs2(v).data == Known((2,), "0+")
    assert xp.power(xp.wrap(Known((2,), "r")), 0).data == Known((2,), "0+")


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
