"""The statistics: inside their interval for what they speak of, outside for what they do not."""

import numpy as np
import pytest

from fieldcheck.fields import draws


def inside(result):
    value, low, high = result
    return low <= value <= high


@pytest.mark.parametrize("seed", range(4))
def test_projected_mean(seed):
    assert inside(draws.projected_mean(np.random.default_rng(seed), tied=True))
    assert not inside(draws.projected_mean(np.random.default_rng(seed), tied=False))


@pytest.mark.parametrize("seed", range(4))
def test_score_variance(seed):
    assert inside(draws.score_variance(np.random.default_rng(seed), "r"))
    assert not inside(draws.score_variance(np.random.default_rng(seed), "C"))


@pytest.mark.parametrize(
    ("kind", "expected"), [("gaussian", True), ("heavy", False), ("massive", False)]
)
def test_norm_spread(kind, expected):
    found = draws.norm_spread(np.random.default_rng(1), kind, channels=256, rows=4000)
    assert inside(found) is expected


def test_unknown_rows_are_named():
    with pytest.raises(ValueError, match="'cauchy'"):
        draws.norm_spread(np.random.default_rng(0), "cauchy")


def test_projection_draws_have_the_variance_of_a_drawn_matrix():
    """The shortcut through the joint law of Q^T x and Q^T y, against drawing Q itself."""
    samples, inner, norms = draws.projected_products(np.random.default_rng(3), 8, 4, True, 40_000)
    assert samples.var() == pytest.approx((norms + inner**2) / 4, rel=0.06)
