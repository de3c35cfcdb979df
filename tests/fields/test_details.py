"""Small things that the larger tests of the fields pass by: axes, defaults, first counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import actions, architectures, exponential, implicit, invariants

xp = Float()
RNG = np.random.default_rng(0)


def value(x):
    return xp.wrap(torch.as_tensor(np.asarray(x)))


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_norms_are_taken_along_the_last_axis(shape):
    x = RNG.standard_normal(shape)
    centred = x - x.mean(-1, keepdims=True)
    np.testing.assert_allclose(architectures.centre(xp, value(x)).data, centred)
    expected = centred / np.sqrt(x.var(-1, keepdims=True) + 0.3)
    np.testing.assert_allclose(architectures.layer_norm(xp, value(x), value(0.3)).data, expected)


def test_one_token_has_one_orthogonal_invariant_for_each_quartic_monomial():
    assert [invariants.orthogonal_count(1, C) for C in (1, 2, 3, 4)] == [1, 5, 15, 35]
    assert [invariants.unitary_count(1, C) for C in (1, 2, 3)] == [1, 9, 36]


def test_half_a_unit_in_the_last_place():
    assert np.finfo(float).eps / 2 == implicit.ROUNDING


def test_actions_of_paths_with_more_slices_than_channels():
    path, step = RNG.standard_normal((6, 2)) + 1j * RNG.standard_normal((6, 2)), 0.3
    d, m = path[1:] - path[:-1], (path[1:] + path[:-1]) / 2
    kinetic = -np.imag(np.sum(d * m.conj()))
    found = actions.phase_space_action(xp, value(path), value(step), lambda x: xp.norm2(x))
    assert float(found.data) == pytest.approx(kinetic - step * np.sum(np.abs(m) ** 2))
    path = path.real
    d = path[1:] - path[:-1]
    found = actions.newton_action(xp, value(path), value(step), lambda x: xp.norm2(x))
    expected = np.sum(d * d) / (2 * step) - step * np.sum(path[:-1] ** 2)
    assert float(found.data) == pytest.approx(expected)


def test_the_exponential_of_a_matrix_with_zeros():
    turn = exponential.expm(xp, value([[0.0, -1.0], [1.0, 0.0]])).data
    expected = [[math.cos(1), -math.sin(1)], [math.sin(1), math.cos(1)]]
    np.testing.assert_allclose(turn, expected, rtol=1e-12)
    np.testing.assert_allclose(exponential.expm(xp, value(np.zeros((2, 2)))).data, np.eye(2))
