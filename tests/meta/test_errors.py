"""A slip in a body is told with its operands, its sizes and what was meant."""

from __future__ import annotations

import numpy as np
import pytest

from fieldcheck.arithmetic.base import misfit
from fieldcheck.domains import matrix, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal

AB = dict(A=matrix("N", "C"), B=matrix("N", "C"))
AX = dict(A=matrix("N", "C"), x=matrix("C"))

SLIPS = {
    "a product": (lambda xp, A, B: Equal(A @ B, A), AB,
                  ["a @ b with a: 1 x 2, b: 1 x 2", "inner lengths 2 and 1 differ", "b.T would fit",
                   "at N = 1, C = 2", "A @ B"]),
    "a product with a number": (lambda xp, A, B: Equal(A @ 2, B), AB,
                                ["b: a number", "write a * b"]),
    "a sum": (lambda xp, A, B: Equal(A + B.T, A), AB,
              ["a + b with a: 2 x 3, b: 3 x 2: the lengths 3 and 2 differ", "at N = 2, C = 3"]),
    "an entrywise product": (lambda xp, A, B: Equal(A * B.T, A), AB,
                             ["a * b with", "it acts entry by entry, as ** does", "a @ b"]),
    "a quotient": (lambda xp, A, B: Equal(A / B.T, A), AB, ["a / b with a: 2 x 3"]),
    "the sides": (lambda xp, A, x: Equal(A @ x, x), AX,
                  ["the left side is 2 and the right side 3", "at N = 2, C = 3"]),
    "the sides of an order": (
        lambda xp, A, x: AtMost(xp.abs2(A @ x), xp.abs2(x)), AX, ["the left side is 2"]),
    "joined values": (lambda xp, A, B: Equal(xp.concat([A, B.T]), 0 * xp.concat([A, A])), AB,
                      ["values of shapes 1 x 2, 2 x 1 cannot be joined"]),
    "a primitive that is nearly one": (lambda xp, A, B: Equal(xp.sofmax(A), B), AB,
                                       ["xp has no 'sofmax' (did you mean 'softmax'?)"]),
    "a primitive of numpy": (lambda xp, A, B: Equal(xp.vstack([A]), B), AB,
                             ["xp has no 'vstack' (did you mean 'stack'?)"]),
    "none at all": (lambda xp, A, B: Equal(xp.qqqq(A), B), AB, ["xp has no 'qqqq': a body may"]),
    "half a power": (lambda xp, A, B: Equal(A ** (1 / 2), B), AB,
                     ["exponent 0.5 must be an integer", "acts entry by entry"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_with_what_was_meant(name):
    body, given, said = SLIPS[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == "invalid"
    for words in said:
        assert words in verdict.because


@pytest.mark.parametrize("op", ["_add", "_mul", "_matmul"])
@pytest.mark.parametrize("a", [(), (1,), (2,), (3,), (2, 3), (3, 2), (1, 3), (4, 2, 3)])
@pytest.mark.parametrize("b", [(), (1,), (3,), (3, 2), (2, 3), (1, 1)])
def test_shapes_misfit_exactly_where_numpy_refuses_them(op, a, b):
    take = {"_add": np.add, "_mul": np.multiply, "_matmul": np.matmul}[op]
    try:
        take(np.ones(a), np.ones(b))
    except ValueError:
        assert misfit(op, a, b)
    else:
        assert not misfit(op, a, b)


def test_a_square_is_entrywise_and_the_product_is_not():
    x = dict(A=matrix("n", "n"))
    assert examine(lambda xp, A: Equal(A**2, A * A), **x)[0].holds
    assert examine(lambda xp, A: Equal(A**2, A @ A), **x)[0].verdict == "refuted"


def test_sides_that_are_broadcast_are_no_slip():
    assert examine(lambda xp, x: Equal(x - x, 0), x=vector("n"))[0].verdict != "invalid"
    column = lambda xp, x: Equal(x[:, None] * x[None, :] - x[None, :] * x[:, None], 0 * x[None, :])
    assert examine(column, x=vector("n"))[0].verdict != "invalid"
