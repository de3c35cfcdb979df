"""relu as a free symbol of the prime field: what it knows, and what it must not know."""

import random

import pytest

from fieldcheck.arithmetic.prime import Prime, random_prime


@pytest.fixture
def xp():
    rng = random.Random(7)
    return Prime(random_prime(rng), rng)


def vanishes(value) -> bool:
    return not value.data.any()


def test_odd_part(xp):
    x = xp.draw((4,))
    assert vanishes(xp.relu(x) - xp.relu(-x) - x)
    assert vanishes(xp.relu(xp.zeros(2)))


def test_maximum_and_minimum(xp):
    x, y = xp.draw((4,)), xp.draw((4,))
    assert vanishes(xp.maximum(x, y) - xp.maximum(y, x))
    assert vanishes(xp.maximum(x, y) + xp.minimum(x, y) - x - y)


def test_derivative_of_the_odd_part(xp):
    x, h = xp.draw((4,)), xp.draw((4,))
    assert vanishes(xp.push(lambda v: xp.relu(v) - xp.relu(-v), x, h) - h)


def test_is_neither_linear_nor_the_identity(xp):
    x, y = xp.draw((4,)), xp.draw((4,))
    assert not vanishes(xp.relu(x) - x)
    assert not vanishes(xp.relu(x + y) - xp.relu(x) - xp.relu(y))


def test_a_run_with_it_may_not_refute(xp):
    xp.relu(xp.draw((1,)))
    assert xp.symbols > 0
