"""Steps and splittings on linear fields, where the answer is a polynomial or an exponential."""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from fieldcheck.arithmetic.rational import Rational
from fieldcheck.fields import depth
from tests.fields.generic import STEP, v, x


@pytest.mark.parametrize(("step", "terms"), [(depth.euler, 1), (depth.midpoint, 2), (depth.rk4, 4)])
def test_a_step_is_the_series_of_the_exponential(step, terms):
    series, power = 0.0, 1.0
    for k in range(terms + 1):
        series += power
        power *= 0.3 / (k + 1)
    assert step(lambda x: x, 1.0, 0.3) == pytest.approx(series, rel=1e-15)


@pytest.mark.parametrize(("layout", "order"), [(depth.one_after_the_other, 1), (depth.strang, 2)])
def test_order_of_a_splitting(layout, order):
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((2, 3, 3)) / 2
    x = rng.standard_normal(3)
    flow = lambda f, x, h: expm(h * (A if f == "A" else B)) @ x
    errors = [
        np.linalg.norm(
            depth.march(lambda x, n=n: layout(flow, "A", "B", x, 1 / n), x, n) - expm(A + B) @ x
        )
        for n in (64, 128)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.05)


def test_march_takes_no_step_for_zero():
    assert depth.march(lambda x: x + 1, 5, 0) == 5


def test_bracket_of_linear_fields_is_the_commutator():
    xp = Rational()
    A, B = xp.constant([[1, 2], [0, 1]]), xp.constant([[0, 1], [3, 0]])
    x = xp.constant([2, -1])
    found = depth.bracket(xp, lambda x: A @ x, lambda x: B @ x, x)
    assert not (found - (A @ B - B @ A) @ x).data.any()


def test_the_classical_method_of_runge_and_kutta():
    """On x' = x it is the series of the exponential to the fourth order, with one more field."""
    found = depth.rk4(lambda s: s, v(1.0), v(STEP)).data.item()
    assert found == pytest.approx(sum(STEP**k / math.factorial(k) for k in range(5)), rel=1e-14)
    f = lambda s: s * s
    k1 = f(x)
    k2 = f(x + STEP / 2 * k1)
    k3 = f(x + STEP / 2 * k2)
    k4 = f(x + STEP * k3)
    expected = x + STEP * (k1 + 2 * k2 + 2 * k3 + k4) / 6
    np.testing.assert_allclose(depth.rk4(f, v(x), v(STEP)).data, expected)
