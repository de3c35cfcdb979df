"""The Bregman divergence of x log x: its value, its sign by form, and its logarithms apart."""

import random
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.arithmetic.ball import Ball
from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.arithmetic.sign import Known, Sign


def _ball(*numbers):
    return Ball().from_raw(np.array([Fraction(n) for n in numbers], dtype=object))


def test_against_the_definition():
    value = Ball().relative_entropy(_ball(2), _ball(3), 5, 4).data[0]
    a, b = 2 / 5, 3 / 4
    assert abs(float(value.mid()) - (a * np.log(a / b) - a + b)) < 1e-15


def test_zero_where_the_arguments_agree():
    assert Ball().relative_entropy(_ball(2), _ball(4), 3, 6).data[0].contains(0)


@pytest.mark.parametrize(("signs", "expected"), [("+", True), ("0", False), ("r", False)])
def test_sign_needs_positive_arguments(signs, expected):
    xp = Sign()
    p = xp.wrap(Known((3,), True, signs != "r", signs == "+"))
    one = xp.wrap(Known((3,), True, True, True))
    assert xp.relative_entropy(p, one).data.nonneg is expected


def test_gibbs_inequality_is_an_identity_of_free_symbols():
    rng = random.Random(1)
    xp = Prime(random_prime(rng), rng)
    E = xp.draw((4,))
    w, Z = xp.exp(E), xp.sum(xp.exp(E))
    p = xp.draw((4,))
    p = p / xp.sum(p)
    kl = xp.sum(p * xp.log(p)) - xp.sum(p * E) + xp.log(Z)
    assert not (kl - xp.sum(xp.relative_entropy(p, w, 1, Z))).data.any()
    assert (kl - xp.sum(xp.relative_entropy(p, w, 1, Z + 1))).data.any()
