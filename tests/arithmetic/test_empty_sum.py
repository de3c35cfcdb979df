"""The sum over an empty axis is a number of the arithmetic, not a Python integer."""

import random

import numpy as np
import pytest

from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.arithmetic.rational import Rational


def _prime():
    rng = random.Random(2)
    return Prime(random_prime(rng), rng)


@pytest.mark.parametrize("make", [_prime, Rational])
def test_empty_sum_is_zero_of_the_arithmetic(make):
    xp = make()
    empty = xp.from_raw(np.empty((0,), dtype=object))
    total = 1 - xp.sum(empty * empty)
    assert total.shape == ()
    assert type(total.data[0]) is type(xp.one.data[0])
    assert not (total - 1).data.any()


@pytest.mark.parametrize("make", [_prime, Rational])
def test_empty_axis_of_a_matrix(make):
    xp = make()
    empty = xp.from_raw(np.empty((3, 0), dtype=object))
    assert xp.sum(empty, axis=1).shape == (3,)
