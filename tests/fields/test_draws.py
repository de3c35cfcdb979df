"""Samples have the law that is stated of them: against drawing whole matrices and rows."""

import math

import numpy as np
import pytest

from fieldcheck.fields import draws

N = 60_000


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("tied", [True, False])
def test_projected_products_have_the_law_of_a_drawn_matrix(tied):
    """The shortcut by regression, against Q and K themselves: moments up to the third."""
    x, y = draws.pair()
    matrices = rng(1).standard_normal((2, 6000, x.size, draws.WIDTH)) / math.sqrt(draws.WIDTH)
    q, k = matrices[0], matrices[0 if tied else 1]
    drawn = ((x @ q) * (y @ k)).sum(axis=1)
    samples = draws.projected_products(rng(2), N, tied)
    assert samples.shape == (N,)
    mean, variance = draws.projected_moments(tied)
    for found in (samples, drawn):
        spread = math.sqrt(variance)
        assert abs(found.mean() - mean) < 5 * spread / math.sqrt(found.size)
        assert found.var() == pytest.approx(variance, rel=0.1)
    third = [float(((f - f.mean()) ** 3).mean()) / variance**1.5 for f in (samples, drawn)]
    assert third[0] == pytest.approx(third[1], abs=0.3)


@pytest.mark.parametrize(("scale_by", "variance"), [("r", 1.0), ("C", 1 / 4)])
def test_scores_have_the_law_of_drawn_weights(scale_by, variance):
    c, r = draws.CHANNELS, draws.WIDTH
    x, y = rng(3).standard_normal((2, 2000, c))
    q, k = rng(4).standard_normal((2, 2000, c, r)) / math.sqrt(c)
    scores = np.einsum("nc,ncr,nd,ndr->n", x, q, y, k, optimize=True)
    drawn = scores / math.sqrt({"r": r, "C": c}[scale_by])
    samples = draws.scores(rng(5), N, scale_by)
    for found, slack in ((samples, 0.05), (drawn, 0.25)):
        assert abs(found.mean()) < 5 * math.sqrt(variance / found.size)
        assert found.var() == pytest.approx(variance, rel=slack)


@pytest.mark.parametrize("channels", [4, 64])
def test_gaussian_and_massive_rows_against_rows_drawn_entry_by_entry(channels):
    edge = math.sqrt(0.5 / channels)
    for kind in ("gaussian", "massive"):
        x = rng(6).standard_normal((N, channels))
        if kind == "massive":
            x /= math.sqrt(2)
            x[:, 0] = rng(7).standard_normal(N) * math.sqrt(channels / 2)
        drawn = np.abs(np.linalg.norm(x, axis=1) / math.sqrt(channels) - 1) <= edge
        share = float(draws.near_one(rng(8), N, kind, channels).mean())
        assert share == pytest.approx(float(drawn.mean()), abs=6 * math.sqrt(0.5 / N))
        if kind == "gaussian":
            assert share == pytest.approx(draws.share_near_one(channels), abs=6 * 0.5 / N**0.5)


def test_heavy_rows_have_variance_one_and_another_share():
    seen = draws.near_one(rng(9), 20_000, "heavy", 64)
    assert seen.dtype == bool
    assert seen.mean() < draws.share_near_one(64) - 0.2


def test_of_many_channels_the_share_is_that_of_a_normal_law():
    normal = math.erf(math.sqrt(0.5))
    off = [abs(draws.share_near_one(c) - normal) for c in (8, 64, 512)]
    assert off[0] > off[1] > off[2] > 0
    assert off[2] < 1e-4


def test_unknown_rows_are_named():
    with pytest.raises(ValueError, match="'cauchy'"):
        draws.near_one(rng(), 10, "cauchy", 4)


@pytest.mark.parametrize("constant", [True, False])
def test_rows_with_one_large_channel_have_the_moments_of_a_chi_squared_number(constant):
    square = draws.square_with_channel(np.random.default_rng(9), N, constant, 64)
    variance = 1 / (2 * 63) + (0 if constant else 1 / 2)
    assert square.mean() == pytest.approx(1, abs=6 * (variance / N) ** 0.5)
    assert square.var() == pytest.approx(variance, rel=0.1)
