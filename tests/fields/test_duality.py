"""The functions of the table of conjugates against a brute-force supremum, and their domains."""

import math

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import duality as d
from tests.fields.generic import v

xp = Float()
GRID = np.linspace(-12, 12, 240_001)


def number(x):
    return xp.wrap(torch.tensor(float(x), dtype=torch.float64))


def vector(*x):
    return xp.wrap(torch.tensor(x, dtype=torch.float64))


def conjugate(values, p):
    """sup over the grid of p q - L(q), in numpy alone."""
    return float(np.max(p * GRID - values))


@pytest.mark.parametrize("p", [0.1, 0.37, 0.9])
def test_binary_entropy_is_the_conjugate_of_softplus(p):
    brute = conjugate(np.logaddexp(0, GRID), p)
    assert float(d.binary_entropy(xp, number(p)).data) == pytest.approx(brute, abs=1e-7)
    assert float(d.binary_entropy(xp, number(p + 0.02)).data) != pytest.approx(brute, abs=1e-7)


def test_negative_entropy_of_a_fair_die():
    assert float(d.negative_entropy(xp, vector(*[1 / 6] * 6)).data) == pytest.approx(-math.log(6))


@pytest.mark.parametrize("q", [-1.7, -1.0, -0.4, 0.0, 0.8, 1.0, 2.2])
def test_hull_is_the_biconjugate_of_the_double_well(q):
    wells = (GRID**2 - 1) ** 2 / 4
    slopes = np.linspace(-40, 40, 4001)
    twice = max(p * q - conjugate(wells, p) for p in slopes)
    assert float(d.double_well_hull(xp, number(q)).data) == pytest.approx(twice, abs=1e-3)


def test_bregman_of_a_square_is_half_the_squared_distance():
    f = lambda x: xp.sum(x * x) / 2
    x, y = vector(1.0, 2.0), vector(-0.5, 3.0)
    assert float(d.bregman(xp, f, x, y).data) == pytest.approx(((1.5) ** 2 + 1) / 2)


def test_kinetic_energies_are_conjugate():
    A, v = xp.wrap(torch.tensor([[1.0, 0.0], [2.0, 0.5]], dtype=torch.float64)), vector(0.3, -1.2)
    p = A @ (A.T @ v)
    sum_of_both = d.kinetic(xp, A, v) + d.inverse_kinetic(xp, A, p)
    assert float(sum_of_both.data) == pytest.approx(float(xp.sum(p * v).data))


def test_quartic_oscillator_without_a_quartic_term_is_kinetic():
    A, q = xp.eye(3), vector(1.0, -2.0, 0.5)
    assert float(d.quartic_oscillator(xp, A, number(0), q).data) == pytest.approx(
        float(d.kinetic(xp, A, q).data)
    )
    assert float(d.quartic_oscillator(xp, A, number(4), q).data) == pytest.approx(
        float(d.kinetic(xp, A, q).data) + 5.25**2
    )


def test_largest():
    assert float(d.largest(xp, vector(-3.0, 2.0, 1.0)).data) == 2


def test_chance_lies_strictly_between_0_and_1():
    for x, y in [(0.01, 5.0), (5.0, 0.01), (1.0, 1.0)]:
        assert 0 < float(d.chance().build(xp, {"x": number(x), "y": number(y)}).data) < 1


def test_domains_of_the_duality():
    chance = d.chance()
    found = chance.build(xp, {"x": v(0.5), "y": v(1.5)}).data.item()
    assert found == pytest.approx(0.25 / (0.25 + 2.25))
    rng = np.random.default_rng(0)
    assert chance.strata["ties"]({"x": 3.0, "y": 4.0}, rng) == {"x": 3.0, "y": 3.0}
    assert chance.relaxed.build(xp, {"x": v(0.5), "y": v(1.5)}).data.item() == 0.5
    assert chance.raw_shapes({}) == {"x": (), "y": ()}
