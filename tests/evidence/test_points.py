"""Where a batch of points lies: strata, scales, numbers of the body, coincidences, clusters."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.domains import nonnegative, orthogonal, positive, real, spd, vector
from fieldcheck.evidence.draws import simplest
from fieldcheck.evidence.points import (
    FAR,
    GENERIC,
    REGIMES,
    SCALES,
    cloud,
    moved_into,
    point,
    strata_of,
    within,
)
from fieldcheck.relations import Equal
from tests.evidence.statements import statement

TWO = statement(lambda xp, x, y: Equal(x + 7, y + 7), x=vector("n"), y=vector("n"))


def rows(subject, sizes, name, count=4096, far=True):
    """The raw parameters of one regime or stratum, each as a table."""
    points = cloud(subject, sizes, count, np.random.default_rng(2), far)
    here = np.array(points.strata) == name
    return [v[here].reshape(here.sum(), -1) for v in points.raws.values()]


def test_a_quarter_is_generic_a_quarter_in_strata_and_half_in_regimes():
    subject = statement(lambda xp, x, y: Equal(x, x), x=nonnegative("n"), y=real())
    points = cloud(subject, {"n": 3}, 640, np.random.default_rng(0))
    names = strata_of(subject)
    assert names == [GENERIC, *sorted(names[1:])]
    counts = {name: points.strata.count(name) for name in dict.fromkeys(points.strata)}
    assert list(counts) == [*names, *REGIMES, FAR]
    assert counts[GENERIC] == 160
    assert {counts[n] for n in names[1:]} == {640 // (4 * (len(names) - 1))}
    assert {counts[n] for n in (*REGIMES, FAR)} == {640 // (2 * (len(REGIMES) + 1))}
    assert all(len(v) == len(points.strata) for v in points.raws.values())
    near = cloud(subject, {"n": 3}, 1, np.random.default_rng(0), far=False)
    assert FAR not in near.strata
    assert min(near.strata.count(name) for name in (*names, *REGIMES)) == 2


def test_a_stratum_moves_some_inputs_of_each_row():
    points = cloud(TWO, {"n": 3}, 8000, np.random.default_rng(1))
    labels = np.array(points.strata)
    assert set(points.moved[labels == GENERIC].tolist()) == {0}
    zero = points.moved[labels == "zero"]
    assert set(zero.tolist()) == {1, 2, 3}  # at least one of the two, as bits
    assert 0.15 < (zero == 3).mean() < 0.55
    first, second = points.raws.values()
    inside = lambda v: ~v[labels == "zero"].any(axis=1)
    assert (inside(first) == (zero % 2 == 1)).all()
    assert (inside(second) == (zero >= 2)).all()


def test_a_point_can_be_rebuilt_and_means_the_fraction_that_it_is_near():
    points = cloud(TWO, {"n": 2}, 64, np.random.default_rng(0))
    row = points.row(5)
    assert all((np.vectorize(float)(row[k]) == points.raws[k][5]).all() for k in row)
    assert simplest(1 / 3)[()] == Fraction(1, 3)
    assert simplest([0.375, -2 / 7]).tolist() == [Fraction(3, 8), Fraction(-2, 7)]
    assert simplest(np.pi)[()] == Fraction(float(np.pi))
    assert simplest(1e300)[()] == int(1e300)


@pytest.mark.parametrize(("name", "low", "high"), [(SCALES, -5, 5), (FAR, -250, 250)])
def test_scales_reach_from_end_to_end_in_all_and_in_one(name, low, high):
    x, y = rows(TWO, {"n": 3}, name)
    sizes = np.log10(np.abs(np.concatenate([x, y], axis=1)))
    assert sizes.min() < low
    assert sizes.max() > high
    apart = (sizes.max(axis=1) - sizes.min(axis=1)) > (high - low) / 3
    assert 0.2 < apart.mean() < 0.98
    alone = (np.abs(sizes) > high / 3).sum(axis=1) == 1
    assert alone.any()


def test_numbers_of_the_body_are_visited_and_points_beside_them():
    x, y = rows(TWO, {"n": 2}, "numbers of the body")
    entries = np.concatenate([x, y], axis=1)
    for number in (7, -7, 0, 1, 1 / 7):
        assert (entries == number).any()
        beside = np.abs(entries - number)
        assert beside[beside > 0].min() < 1e-9
    assert ((entries == 7).sum(axis=1) == 1).any()
    assert (entries == 7).all(axis=1).any()


def test_entries_and_inputs_agree_or_nearly_agree():
    x, y = rows(TWO, {"n": 3}, "nearly equal entries")
    assert (x == y).all(axis=1).mean() > 0.01
    close = np.abs(x - y).max(axis=1)
    assert ((close > 0) & (close < 1e-6)).any()
    assert (x[:, 0] == x[:, 1]).any()
    assert (x[:, 0] == -x[:, 1]).any()
    assert (np.abs(x[:, 0] - x[:, 1] ** 2) < 1e-15).any()


def test_clusters_are_blocks_of_equal_entries():
    (x, y) = rows(TWO, {"n": 4}, "clusters")
    values = [len(set(row)) for row in np.concatenate([x, y], axis=1).tolist()]
    assert set(values) == {1, 2, 3}
    assert ((x[:, 0] == x[:, 1]) & (x[:, 2] == x[:, 3]) & (x[:, 1] != x[:, 2])).any()


def test_signs_are_signs_in_every_regime_and_what_may_not_vanish_does_not():
    subject = statement(
        lambda xp, Q, p: Equal(Q[0, 0] * p, p * Q[0, 0]), Q=orthogonal("n"), p=positive()
    )
    points = cloud(subject, {"n": 2}, 2000, np.random.default_rng(0))
    assert set(np.unique(points.raws["Q.s"])) == {-1.0, 1.0}
    assert (points.raws["p.x"] != 0).all()
    fixed = within(subject, {"Q.s": np.array([0.0, -3.0, 2.0]), "p.x": np.array([0.0, -2.0, 3.0])})
    assert fixed["Q.s"].tolist() == [1, -1, 1]
    assert fixed["p.x"].tolist() == [1, -2, 3]


def test_a_generic_point_meets_every_hypothesis():
    subject = statement(lambda xp, A, Q: Equal(A, A), A=spd("n"), Q=orthogonal("n"))
    raw = point(subject, {"n": 3}, random.Random(0))
    assert subject.admits(raw)
    assert {abs(q) for q in raw["Q.s"].ravel()} == {1}
    moved = moved_into(subject, "signs", raw, np.random.default_rng(0))
    assert (moved["Q.s"] == raw["Q.s"]).all()
    assert not moved["Q.x"].any()


def test_shapes_without_entries_have_points():
    subject = statement(lambda xp, x: Equal(xp.sum(x), xp.sum(x)), x=vector("n-1"))
    points = cloud(subject, {"n": 1}, 8, np.random.default_rng(0))
    assert {v.shape[1:] for v in points.raws.values()} == {(0,)}
