"""The signs that are read off an expression are those it has."""

from __future__ import annotations

import random

import numpy as np
import pytest

from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.sign import Sign
from fieldcheck.evidence.draws import small_entries as small_point

UNARY = {
    "square": lambda xp, a: a * a,
    "cube": lambda xp, a: a * a * a,
    "abs2": lambda xp, a: xp.abs2(a),
    "relu": lambda xp, a: xp.relu(a),
    "abs": lambda xp, a: xp.abs(a),
    "minus": lambda xp, a: -a,
    "exp": lambda xp, a: xp.exp(a / 8),
    "plus one": lambda xp, a: a + 1,
    "minus one": lambda xp, a: a - 1,
    "times i, real part": lambda xp, a: xp.real(xp.i * a),
    "imaginary part": lambda xp, a: xp.imag((1 + xp.i) * a),
    "zero times": lambda xp, a: 0 * a,
}
BINARY = {
    "sum": lambda xp, a, b: a + b,
    "difference": lambda xp, a, b: a - b,
    "product": lambda xp, a, b: a * b,
    "quotient": lambda xp, a, b: a / (b * b + 1),
    "maximum": lambda xp, a, b: xp.maximum(a, b),
    "minimum": lambda xp, a, b: xp.minimum(a, b),
    "matrix": lambda xp, a, b: xp.sum(xp.stack([a, b]) * xp.stack([b, a])),
}


def expression(rng, depth):
    """A random expression in x and y, as a function of the arithmetic."""
    if not depth:
        return rng.choice([lambda xp, x, y: x, lambda xp, x, y: y, lambda xp, x, y: xp.one])
    if rng.random() < 0.5:
        f, a = rng.choice(list(UNARY.values())), expression(rng, depth - 1)
        return lambda xp, x, y: f(xp, a(xp, x, y))
    g = rng.choice(list(BINARY.values()))
    a, b = expression(rng, depth - 1), expression(rng, depth - 1)
    return lambda xp, x, y: g(xp, a(xp, x, y), b(xp, x, y))


@pytest.mark.parametrize("seed", range(200))
def test_a_known_sign_is_the_true_one(seed):
    rng = random.Random(seed)
    body = expression(rng, 4)
    signs = Sign()
    known = body(signs, signs.variable(()), signs.variable(())).data.sign
    xp = Multiprecision()
    points = [small_point(rng, (2,), bits=3) for _ in range(40)]
    points.append(np.array([p * 0 for p in points[0]], dtype=object))
    for a, b in points:
        x, y = (xp.from_raw(np.array(q, dtype=object).reshape(())) for q in (a, b))
        value = body(xp, x, y).data[()]
        assert known == "?" or getattr(value, "imag", 0) == 0
        if known == "+":
            assert value > 0
        if known == "0+":
            assert value >= 0


@pytest.mark.parametrize(
    ("formula", "sign"),
    [
        (lambda xp, x: x * x, "0+"),
        (lambda xp, x: x * x + 1, "+"),
        (lambda xp, x: xp.exp(x), "+"),
        (lambda xp, x: x * x * x, "r"),
        (lambda xp, x: xp.i * x, "?"),
        (lambda xp, x: (xp.i * x) * (xp.i * x), "?"),
        (lambda xp, x: xp.sqrt(xp.i * x), "?"),
        (lambda xp, x: xp.exp(xp.i * x), "?"),
        (lambda xp, x: xp.relu(x) * xp.relu(-x), "0+"),
    ],
)
def test_what_is_known_and_what_is_not(formula, sign):
    xp = Sign()
    assert formula(xp, xp.variable(())).data.sign == sign
