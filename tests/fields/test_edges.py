"""Iterations at the edge of settling."""

from __future__ import annotations

import numpy as np
import pytest

from fieldcheck.fields import implicit


def test_the_middle_and_the_stages_of_one_step():
    """On x' = x, where both methods are Padé approximants of the exponential."""
    h = 0.4
    for step, expected in (
        (implicit.implicit_midpoint, (1 + h / 2) / (1 - h / 2)),
        (implicit.gauss4, (1 + h / 2 + h * h / 12) / (1 - h / 2 + h * h / 12)),
    ):
        assert step(lambda s: s, 3.0, h) == pytest.approx(3 * expected, rel=1e-14)
        found = step(lambda s: s, np.array([3.0, -1.0]), h)
        np.testing.assert_allclose(found, [3 * expected, -expected], rtol=1e-14)
        with pytest.raises(ArithmeticError, match="step 5"):
            step(lambda s: s * s, 1.0, 5)


def test_a_nonlinear_step_solves_its_equation():
    f, x, h = (lambda s: np.sin(s) + s**2), 0.7, 0.1
    y = implicit.implicit_midpoint(f, x, h)
    assert y == pytest.approx(x + h * f((x + y) / 2), rel=1e-14)
    assert abs(y - implicit.gauss4(f, x, h)) < 0.002


@pytest.mark.parametrize(
    ("change", "x", "settled"),
    [
        (2.0**-53, 1.0, True),
        (2.0**-52, 1.0, False),
        (-(2.0**-52), 1.0, False),
        (2.0**-52, -2.0, True),
        (0.0, 0.0, True),
        (1e-300, 0.0, False),
        (np.array([0.0, 2.0**-53]), np.array([1.0, 0.0]), True),
        (np.array([0.0, -(2.0**-52)]), np.array([1.0, 0.5]), False),
        (np.array([2.0**-51, 0.0]), np.array([0.0, -4.0]), True),
    ],
)
def test_a_change_below_the_rounding_of_the_state_is_none(change, x, settled):
    assert implicit._settled(change, x) is settled
