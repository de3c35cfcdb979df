"""Points of CoLU's cells and the linear conditions on its symmetries."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.cones import colu, commutant, lorentz

xp = Float()
RNG = np.random.default_rng(0)
POINTS, GROUPS, BODY = 9, 2, 2


def value(x):
    return xp.wrap(torch.as_tensor(np.asarray(x)))


RAW = {
    "length": RNG.standard_normal((POINTS, GROUPS)),
    "height": RNG.standard_normal((POINTS, GROUPS)),
    "body": RNG.standard_normal((POINTS, GROUPS, BODY)),
}


def cells():
    return commutant.cell_points(xp, {k: value(v) for k, v in RAW.items()})


@pytest.mark.parametrize("g", range(GROUPS))
@pytest.mark.parametrize("k", range(POINTS))
def test_a_point_of_each_cell_with_value_and_derivative(k, g):
    point, image, derivative = (np.asarray(v.data) for v in cells()[k][g])
    t, w = point[0], point[1:]
    length, other = RAW["length"][k, g] ** 2 + 1 / 8, RAW["height"][k, g] ** 2
    assert np.linalg.norm(w) == pytest.approx(length)
    s = RAW["body"][k, g]
    direction = np.concatenate([[1 - s @ s], 2 * s]) / (1 + s @ s)
    np.testing.assert_allclose(w / length, direction)
    kind = (k // 3**g) % 3
    expected = (length * (1 + other), length / (1 + other), -other - 1 / 8)[kind]
    assert t == pytest.approx(expected)
    np.testing.assert_allclose(np.asarray(colu.hard(xp, value(point)).data), image, atol=1e-12)
    x = torch.tensor(point, requires_grad=True)
    flow = torch.autograd.functional.jacobian(lambda y: colu.hard(xp, xp.wrap(y)).data, x)
    np.testing.assert_allclose(derivative, flow, atol=1e-12)


def test_the_cells_of_the_nearest_point_map():
    raw = {k: value(v) for k, v in RAW.items()}
    project = lambda y: lorentz.project(xp, xp.wrap(y), xp.one).data
    for groups in commutant.cell_points(xp, raw, nearest=True):
        for point, image, derivative in groups:
            np.testing.assert_allclose(project(point.data), image.data, atol=1e-12)
            flow = torch.autograd.functional.jacobian(project, point.data)
            np.testing.assert_allclose(derivative.data, flow, atol=1e-12)


def test_every_pair_of_cells_occurs():
    kinds = {tuple((k // 3**g) % 3 for g in range(GROUPS)) for k in range(POINTS)}
    assert len(kinds) == 9
    assert [len(groups) for groups in cells()] == [GROUPS] * POINTS


def test_block_diagonal():
    blocks = [RNG.standard_normal((n, n)) for n in (2, 1, 3)]
    found = commutant.block_diagonal(xp, [value(b) for b in blocks])
    np.testing.assert_allclose(found.data, scipy.linalg.block_diag(*blocks))
    np.testing.assert_allclose(commutant.block_diagonal(xp, [value(blocks[0])]).data, blocks[0])


def test_the_conditions_say_that_the_flow_commutes():
    conditions = np.asarray(commutant.commuting(xp, cells()[:4]).data)
    n = GROUPS * (BODY + 2)
    assert conditions.shape == (4 * n, n * n)
    A = RNG.standard_normal((n, n))
    rows = (conditions @ A.reshape(-1)).reshape(4, n)
    for groups, row in zip(cells()[:4], rows, strict=True):
        x, y = (np.concatenate([np.asarray(p[i].data) for p in groups]) for i in (0, 1))
        D = scipy.linalg.block_diag(*(np.asarray(p[2].data) for p in groups))
        np.testing.assert_allclose(row, D @ A @ x - A @ y)


def test_skewness():
    rows = np.asarray(commutant.skewness(xp, 3).data, dtype=float)
    assert rows.shape == (6, 9)
    A = RNG.standard_normal((3, 3))
    sums = A + A.T
    sums[np.diag_indices(3)] /= 2
    np.testing.assert_allclose(rows @ A.reshape(-1), sums[np.triu_indices(3)])
