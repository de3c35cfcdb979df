"""Intervals of statistics, written out; and iterations at the edge of settling."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fieldcheck.fields import draws, implicit

SHARE = 0.6826894921370859
"""Of a normal law within one standard deviation: from a table."""


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_interval_of_a_variance():
    samples = np.array([1.0, 2.0, 6.0, 7.0])
    square = (samples - 4) ** 2  # 9, 4, 4, 9
    value, low, high = draws._of_variance(samples, 6.0)
    assert value == square.mean() == 6.5
    assert (low, high) == pytest.approx((6 - 6 * 2.5 / 2, 6 + 6 * 2.5 / 2))


@pytest.mark.parametrize("rows", [100, 400])
@pytest.mark.parametrize("kind", ["gaussian", "heavy", "massive"])
def test_the_interval_of_a_share(kind, rows):
    value, low, high = draws.norm_spread(rng(), kind, channels=16, rows=rows)
    error = math.sqrt(SHARE * (1 - SHARE) / rows)
    assert (low, high) == pytest.approx((SHARE - 6 * error, SHARE + 6 * error))
    assert value * rows == pytest.approx(round(value * rows))


def test_rows_have_variance_one_whatever_their_kind():
    """The share of one channel, |x²/1 - ...|: recomputed from the same draws."""
    for kind in ("gaussian", "heavy", "massive"):
        g, channels, rows = rng(3), 64, 500
        if kind == "gaussian":
            x = g.standard_normal((rows, channels))
        elif kind == "heavy":
            x = g.standard_t(3, (rows, channels)) / 3**0.5
        else:
            x = g.standard_normal((rows, channels)) / 2**0.5
            x[:, 0] = g.standard_normal(rows) * (channels / 2) ** 0.5
        lengths = (x**2).sum(1) ** 0.5 / channels**0.5
        expected = np.mean(abs(lengths - 1) <= (2 * channels) ** -0.5)
        assert draws.norm_spread(rng(3), kind, channels, rows)[0] == expected


@pytest.mark.parametrize("tied", [True, False])
def test_projected_products_have_the_moments_of_wicks_theorem(tied):
    """Mean <x, y> if tied, else 0; variance (‖x‖²‖y‖² + <x, y>² if tied)/r."""
    samples, inner, norms = draws.projected_products(rng(1), 6, 3, tied, draws=60_000)
    assert samples.shape == (60_000,)
    assert 0 < abs(inner) < norms**0.5 < 1.5
    spread = math.sqrt((norms + tied * inner**2) / 3)
    assert samples.mean() == pytest.approx(tied * inner, abs=5 * spread / 60_000**0.5)
    assert samples.std() == pytest.approx(spread, rel=0.03)


def test_the_mean_of_products_is_told_with_its_own_error():
    samples, inner, _ = draws.projected_products(rng(2), 12, 5, True)
    value, low, high = draws.projected_mean(rng(2), True, channels=12, r=5)
    error = samples.std() / math.sqrt(20_000)
    assert value == samples.mean()
    assert (low, high) == pytest.approx((inner - 6 * error, inner + 6 * error))


@pytest.mark.parametrize(("scale_by", "right"), [("r", 1.0), ("C", 5 / 12)])
def test_scores_have_variance_r(scale_by, right):
    value, low, high = draws.score_variance(rng(4), scale_by, channels=12, r=5, draws=50_000)
    assert value == pytest.approx(right, rel=0.04)
    assert (low + high) / 2 == pytest.approx(1)
    assert 0 < high - low < 0.3


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
