"""Orders, exact invariants, and the refusal of a step that is too long."""

import cmath
import math

import numpy as np
import pytest

from fieldcheck.fields.implicit import gauss4, implicit_midpoint


def _oscillator(x):
    return -1j * x


@pytest.mark.parametrize(("step", "order"), [(implicit_midpoint, 2), (gauss4, 4)])
def test_order(step, order):
    errors = []
    for n in (16, 32):
        x = 1 + 0j
        for _ in range(n):
            x = step(_oscillator, x, 1 / n)
        errors.append(abs(x - cmath.exp(-1j)))
    assert abs(math.log2(errors[0] / errors[1]) - order) < 0.05


@pytest.mark.parametrize("step", [implicit_midpoint, gauss4])
def test_quadratic_invariant_of_a_nonlinear_field(step):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4, 2)) + 1j * rng.standard_normal((4, 2))
    A = rng.standard_normal((2, 2))
    A = A + A.T
    field = lambda Y: -0.1j * Y @ (A @ (Y.conj().T @ Y) + (Y.conj().T @ Y) @ A)
    before = X @ X.conj().T
    for _ in range(50):
        X = step(field, X, 0.05)
    assert np.abs(X @ X.conj().T - before).max() < 1e-13


@pytest.mark.parametrize("step", [implicit_midpoint, gauss4])
def test_too_long_a_step_is_refused(step):
    with pytest.raises(ArithmeticError, match="no solution found with step 40"):
        step(_oscillator, 1 + 0j, 40)
