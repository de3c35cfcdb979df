"""The statistics against scipy, hand values and chance itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fieldcheck.replication.statistics import detectable, holm, paired


def test_paired_against_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=20), rng.normal(0.3, size=20)
    found, known = paired(a, b), stats.ttest_rel(a, b)
    assert (found.t, found.p) == pytest.approx((known.statistic, known.pvalue))
    low, high = known.confidence_interval(0.95)
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert found.p_ranks == pytest.approx(stats.wilcoxon(a, b).pvalue)


def test_paired_by_hand():
    """Differences 1, 2, 3: mean 2, deviation 1, t = 2 sqrt(3); p = 1 - t/sqrt(t² + 2)."""
    found = paired([2, 4, 6], [1, 2, 3])
    assert (found.mean, found.deviation) == (2, 1)
    assert found.t == pytest.approx(12**0.5)
    assert found.p == pytest.approx(1 - (12 / 14) ** 0.5)


def test_pairing_takes_out_what_is_shared():
    rng = np.random.default_rng(1)
    shared = 100 * rng.normal(size=20)
    assert paired(shared + 1 + 0.1 * rng.normal(size=20), shared).p < 1e-6


def test_no_difference_at_all():
    assert paired([1, 2, 3], [1, 2, 3]).p == 1


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]


def test_detectable_is_seen_that_often():
    """Simulated: a true difference of that size is found with the power asked for."""
    rng = np.random.default_rng(2)
    shift = detectable(1.0, 12, 0.01, 0.8)
    draws = rng.normal(shift, 1.0, size=(20_000, 12))
    seen = (stats.ttest_1samp(draws, 0, axis=1).pvalue <= 0.01).mean()
    assert seen == pytest.approx(0.8, abs=0.01)
    assert detectable(3.0, 12, 0.01, 0.8) == pytest.approx(3 * shift)
