"""The closed forms against a convex solver that does not know them, to 1e-8."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.cones import PositiveSemidefinite, lorentz, oracle, orthant, psd

ACCURACY = 1e-8
DEGENERATE = 1e-6
"""On a wall the multiplier vanishes with the slack, and an interior-point method stops earlier."""
xp = Float()


def value(array):
    return xp.wrap(torch.as_tensor(array, dtype=torch.float64))


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_orthant(size):
    rng = np.random.default_rng(size)
    for x in rng.normal(size=(20, size)):
        formula = orthant.project(xp, value(x)).data.numpy()
        assert np.abs(oracle.orthant(x) - formula).max() < ACCURACY


@pytest.mark.parametrize("degrees", [10, 30, 45, 60, 80])
@pytest.mark.parametrize("size", [2, 3, 6])
def test_second_order_cone(size, degrees):
    a = math.tan(math.radians(degrees))
    rng = np.random.default_rng(1000 * size + degrees)
    for x in rng.normal(size=(20, size)):
        formula = lorentz.project(xp, value(x), value(a)).data.numpy()
        assert np.abs(oracle.second_order(x, a) - formula).max() < ACCURACY


@pytest.mark.parametrize(
    ("place", "accuracy"),
    [("inside", ACCURACY), ("polar", ACCURACY), ("wall", DEGENERATE), ("apex", DEGENERATE)],
)
def test_second_order_cone_in_its_corners(place, accuracy):
    a = math.tan(math.radians(25))
    x = {
        "inside": [3.0, 0.5, 0.1],
        "polar": [-3.0, 0.5, 0.1],
        "wall": [1.0, a * 0.6, a * 0.8],
        "apex": [0.0, 0.0, 0.0],
    }[place]
    formula = lorentz.project(xp, value(x), value(a)).data.numpy()
    assert np.abs(oracle.second_order(np.array(x), a) - formula).max() < accuracy


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_semidefinite_cone(size):
    rng = np.random.default_rng(size)
    for _ in range(10):
        matrix = rng.normal(size=(size, size))
        matrix = matrix + matrix.T
        eigenvalues, frame = np.linalg.eigh(matrix)
        formula = psd.project(xp, value(frame), value(eigenvalues)).data.numpy()
        assert np.abs(oracle.semidefinite(matrix) - formula).max() < ACCURACY


@pytest.mark.parametrize("size", [1, 2, 3])
def test_hermitian_matrices(size):
    """A complex matrix as a real one of twice the size, which is projected alike."""
    real = lambda a: np.block([[a.real, -a.imag], [a.imag, a.real]])
    rng = np.random.default_rng(size)
    for _ in range(5):
        matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
        matrix = matrix + matrix.conj().T
        near = PositiveSemidefinite()(torch.tensor(matrix)).numpy()
        assert np.abs(oracle.semidefinite(real(matrix)) - real(near)).max() < ACCURACY


def test_the_oracle_would_notice_a_swapped_half_angle():
    """At 30° the projection onto the cone of 60° is far from what the solver says."""
    a = math.tan(math.radians(30))
    x = np.array([0.3, 1.0, -0.2])
    swapped = lorentz.project(xp, value(x), value(1 / a)).data.numpy()
    assert np.abs(oracle.second_order(x, a) - swapped).max() > 0.1
