"""Tests from printed numbers, against direct computation; counts of the real networks."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fieldcheck.audit import published as p
from fieldcheck.audit.errors import StudyError

TABLE = p.read(Path("book/data/published.csv"))


def printed(value, spread):
    return p.Printed("", "", "", "", "", "", "", value, spread, None, 4)


def test_the_table_reads():
    assert {row.source for row in TABLE} == {"talk", "CoLU paper", "earlier poster"}
    one = TABLE[0]
    assert (one.value, one.spread, one.n, one.digits) == (92.7282, 0.357, None, 4)
    assert all(row.seen == "yes" for row in TABLE if row.source == "talk")


def test_a_broken_table_is_said(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("source,value\ntalk,one\n")
    with pytest.raises(StudyError, match="no table"):
        p.read(file)


@pytest.mark.parametrize("n", [2, 5, 30])
def test_welch_is_scipys(n):
    a, b = printed(1.0, 0.3), printed(1.2, 0.1)
    t = stats.ttest_ind_from_stats(1.0, 0.3, n, 1.2, 0.1, n, equal_var=False)
    pvalue, half = p.welch(a, b, n)
    assert pvalue == pytest.approx(t.pvalue)
    assert (0.2 - half > 0) == (pvalue < 0.05)


def test_fewest_runs():
    n = p.fewest(printed(0, 1), printed(1, 1))
    assert p.welch(printed(0, 1), printed(1, 1), n)[0] < 0.05
    assert p.welch(printed(0, 1), printed(1, 1), n - 1)[0] >= 0.05
    assert p.fewest(printed(0, 1), printed(0, 1), most=50) is None


def test_grim_by_trying_all_counts():
    for n in (1, 2, 3, 7):
        means = {round(100 * k / (20 * n), 2) for k in range(20 * n + 1)}
        for mean in np.round(np.arange(0, 100, 0.37), 2):
            assert p.grim(mean, 2, n, 20) == (float(mean) in means), (mean, n)


def test_the_spread_that_one_run_each_would_need():
    sigma = p.loss_spread_needed(0.2, 0.1)
    assert 2 * stats.norm.sf(0.1 / (sigma * 2**0.5)) == pytest.approx(0.05)


def test_counts_of_real_networks():
    net = p.resnet()
    assert sum(w.numel() for w in net.parameters()) == 853_018
    assert p.products(net, (1, 3, 32, 32)) == 2 * 125_485_696
    assert p.activations(net, (1, 3, 32, 32)) == 532_480
    assert p.products(p.gpt2_mlp(), (1, 768)) == 12 * 16 * 768**2
    assert p.activations(p.gpt2_mlp(), (1, 768)) == 12 * 4 * 768
