"""The gradient-guided search: it climbs, keeps the best it saw, and counts what it visited."""

from __future__ import annotations

import numpy as np
import torch

from fieldcheck.domains import nonnegative, real, vector
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.methods import search
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.relations import AtMost, Equal
from tests.evidence.statements import statement

# 1/4 <= |x - 2|² is false in a ball of radius 1/2 around (2, ..., 2) alone.
NEEDLE = statement(lambda xp, x: AtMost(xp.one / 4, xp.norm2(x - 2)), {"n": [3]}, x=vector("n"))
PART = torch.zeros(40, dtype=torch.long)
"""Every start climbs the only part."""


def relative(raws):
    tensors = {k: torch.from_numpy(v) for k, v in raws.items()}
    return residuals(NEEDLE, tensors)[0][:, 0].numpy()


def starts():
    (name,) = NEEDLE.raw_shapes({"n": 3})
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal((40, 3))}, name


def test_climbing_reaches_the_needle_and_keeps_the_best_point():
    raws, name = starts()
    assert search._climb(NEEDLE, raws, PART, 60, order=True) == 60
    assert np.abs(raws[name] - 2).max() < 0.1
    short, _ = starts()
    before = relative(short)
    search._climb(NEEDLE, short, PART, 3, order=True)
    assert (relative(short) >= before).all()


def test_polishing_moves_the_best_rows_and_makes_none_of_them_worse():
    raws, name = starts()
    before, old = relative(raws), raws[name].copy()
    assert search._polish(NEEDLE, raws, PART, 40) == 40 * search.POLISHED
    after = relative(raws)
    best = np.argsort(-before)[: search.POLISHED]
    assert (after >= before).all()
    assert (after[best] > 0).mean() > 0.9
    left = np.setdiff1d(np.arange(40), best)
    assert (raws[name][left] == old[left]).all()


def test_a_row_with_an_infinite_slope_stays_put():
    """√x <= 1 + x at x = 0, whose slope is infinite: there is no step to take."""
    root = statement(lambda xp, x: AtMost(xp.sqrt(x), 1 + x), x=vector("n"))
    (name,) = root.raw_shapes({"n": 1})
    raws = {name: np.array([[0.0], [0.25]])}
    search._polish(root, raws, PART[:2], 5)
    assert raws[name][0, 0] == 0
    assert raws[name][1, 0] != 0.25


def test_every_stratum_is_visited_once_for_each_of_its_starts():
    true = statement(lambda xp, x, y: Equal(x + y, y + x), x=real(), y=nonnegative("n"))
    evidence = search.run(true, PROFILES["quick"], 0)
    assert evidence.outcome == "confirms"
    assert set(evidence.strata) == set(search.strata_of(true))
    assert min(evidence.strata.values()) > 0
    assert evidence.strata["generic"] == PROFILES["quick"].starts // 2 * evidence.shapes
