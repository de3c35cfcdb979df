"""The rules for moments against moments that are known."""

import pytest

from fieldcheck.arithmetic.rational import Rational
from fieldcheck.fields import moments

xp = Rational()


def number(value):
    return value.data[0]


def test_gaussian_square_has_mean_one_and_second_moment_three():
    mean, square = moments.gaussian_moments(xp, lambda g: g[0] * g[0], 1)
    assert (number(mean), number(square)) == (1, 3)


def test_gaussian_product_of_two():
    mean, square = moments.gaussian_moments(xp, lambda g: g[0] * g[1], 2)
    assert (number(mean), number(square)) == (0, 1)


def test_gaussian_chi_squared():
    mean, square = moments.gaussian_moments(xp, lambda g: xp.sum(g * g), 2, 2)
    assert (number(mean), number(square - mean * mean)) == (4, 8)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_signs_sum(n):
    mean, square = moments.sign_moments(xp, xp.sum, n)
    assert (number(mean), number(square)) == (0, n)
