"""Distributional statements: true, nearly true, and not a number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fieldcheck.claim import Form
from fieldcheck.domains import real
from fieldcheck.evidence.run import examine, replay
from fieldcheck.relations import Law

DRAWS = 40_000
SPREAD = 5 / math.sqrt(4 * DRAWS)
"""Five standard deviations of the mean of fair coins: the false-alarm rate is below 10^-6."""


def coin(p):
    """The share of heads of a coin that shows them with probability p, called fair."""

    def statistic(rng):
        return float(np.mean(rng.random(DRAWS) < p)), 0.5 - SPREAD, 0.5 + SPREAD

    return lambda xp, x: Law(statistic, 1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_fair_coin_is_fair(seed):
    verdict, evidence = examine(coin(0.5), seed=seed, x=real())
    assert (verdict.verdict, verdict.grade) == ("holds", "law")
    assert "false-alarm rate 1e-06" in evidence["law"].reason


@pytest.mark.parametrize("p", [0.45, 0.53, 0.97])
def test_a_biased_coin_is_not(p):
    verdict, _ = examine(coin(p), x=real())
    assert verdict.verdict == "refuted"


def test_a_bias_below_the_spread_is_not_seen():
    """The honest limit: a bias of a fifth of the interval is accepted."""
    assert examine(coin(0.5 + SPREAD / 5), x=real())[0].verdict == "holds"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_not_a_number_refutes_nothing(value):
    verdict, _ = examine(lambda xp, x: Law(lambda rng: (value, 0.0, 1.0), 1e-6), x=real())
    assert verdict.verdict == "invalid"
    assert "not a number" in (verdict.because or "")


@pytest.mark.parametrize("seed", [0, 7])
def test_a_refuted_law_is_drawn_again_from_its_seed(seed):
    verdict, _ = examine(coin(0.45), seed=seed, x=real())
    form = Form("example/claim", "claim", "example", coin(0.45), {"x": real()}, {}, "holds")
    record = verdict.witness.record()
    again = replay(form, record)
    assert again["certified"]
    assert again["lhs"] == record["lhs"]
    fair = Form("example/claim", "claim", "example", coin(0.5), {"x": real()}, {}, "holds")
    assert not replay(fair, record)["certified"]
