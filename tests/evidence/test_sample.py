"""What a batch of points is made of, and sides that never move."""

from __future__ import annotations

import numpy as np

from fieldcheck.domains import nonnegative, real, vector
from fieldcheck.evidence.methods import sample
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.relations import AtMost, Equal
from tests.evidence.statements import statement


def test_two_points_are_enough_to_see_a_side_move():
    prints = np.array([[[1.0, 2.0]], [[1.0, 3.0]], [[7.0, 9.0]]])
    both, one = np.array([True, True, False]), np.array([True, False, False])
    assert sample._moving(prints, both).tolist() == [[False, True]]
    assert sample._moving(prints, one).tolist() == [[False, False]]
    assert sample._moving(prints, np.array([True, True, True])).tolist() == [[True, True]]
    overflown = np.array([[[1.0, np.inf]], [[2.0, 3.0]]])
    assert sample._moving(overflown, np.array([True, True])).tolist() == [[True, False]]


def test_half_of_the_points_are_generic_and_most_of_a_stratum_lie_in_it():
    subject = statement(lambda xp, x, y: Equal(x, x), x=nonnegative("n"), y=real())
    rng = np.random.default_rng(0)
    points = sample.cloud(subject, {"n": 3}, 64, rng)
    names = sample.strata_of(subject)
    assert names[0] == "generic"
    assert names[1:] == sorted(names[1:])
    counts = {name: points.strata.count(name) for name in names}
    assert counts["generic"] == 32
    assert {counts[n] for n in names[1:]} == {max(2, 64 // (2 * (len(names) - 1)))}
    assert all(len(v) == len(points.strata) for v in points.raws.values())
    row = points.row(5)
    assert all((np.vectorize(float)(row[k]) == points.raws[k][5]).all() for k in row)


def test_the_room_of_an_inequality_and_the_worst_point_are_told():
    roomy = statement(lambda xp, x: AtMost(xp.sum(x * x) / 2, xp.sum(x * x)), x=vector("n"))
    evidence = sample.run(roomy, PROFILES["quick"], 0)
    assert evidence.outcome == "confirms"
    assert abs(evidence.slack[0] - 0.5) < 1e-9 or evidence.slack[0] == 0
    assert evidence.worst["log10"] == "-inf"
    equal = statement(lambda xp, x: Equal(xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x)), x=real())
    evidence = sample.run(equal, PROFILES["quick"], 0)
    assert evidence.slack == {}
    assert float(evidence.worst["log10"]) < -13
    assert evidence.worst["raw"]["stratum"] in sample.strata_of(equal)
