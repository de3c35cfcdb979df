"""Maps of the line and pieces of proofs, at numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.cones import gaps, orthant

xp = Float()


def value(*x):
    return xp.wrap(torch.tensor(x, dtype=torch.float64))


def test_maps_of_the_line():
    assert orthant.project(xp, value(-8, 0, 2)).data.tolist() == [0, 0, 2]
    assert orthant.leaky(xp, value(-8, 0, 2)).data.tolist() == [-1, 0, 2]
    assert orthant.fold(xp, value(3), value(5), value(-2, 2)).data.tolist() == [10, 6]
    assert orthant.reverse(xp, value(1, 2, 3)).data.tolist() == [3, 2, 1]
    assert float(gaps.step(xp, value(2)[0]).data) == 1
    assert float(gaps.step(xp, value(-2)[0]).data) == 0


def test_points_of_the_ball_and_their_room():
    v, u = value(1, 2), value(0.6, 0.8)
    point = gaps.ball_point(xp, v).data.numpy()
    np.testing.assert_allclose(point, np.array([2, 4]) / 6)
    assert float(gaps.ball_room(xp, v).data) == pytest.approx(1 - point @ point)
    assert float(gaps.obtuse(xp, u, v).data) == pytest.approx(1 - point @ [0.6, 0.8])
