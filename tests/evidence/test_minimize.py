"""Small witnesses: what a point costs, which one is kept, and what it is tried from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from fieldcheck.domains import real, vector
from fieldcheck.evidence import minimize
from fieldcheck.relations import Zero
from tests.evidence.statements import statement

VANISHES = statement(lambda xp, x: Zero(x), x=real())


def rows(*values):
    return {"x.re": np.array(values, dtype=float)}


def test_the_price_of_an_entry():
    """0 is free, an integer costs 1 and its size, a half 3 more than its size, others 40 more."""
    prices = minimize._cost(rows(0, 1, -2, 0.5, -2.5, 0.25))
    assert prices.tolist() == [0, 2, 3, 3.5, 5.5, 40.25]
    both = {"x": np.array([[[0.0, 1.0], [2.0, 0.5]]]), "y": np.array([3.0])}
    assert minimize._cost(both).tolist() == [0 + 2 + 3 + 3.5 + 4]


def test_the_cheapest_violation_is_kept_and_nothing_dearer():
    name = next(iter(VANISHES.raw_shapes({})))
    stock = {name: np.array([0.25, 2.0, 0.0, 1.0, 3.0])}
    found = minimize._cheapest(VANISHES, {}, stock)
    assert found is not None
    assert found[name][()] == 1
    assert minimize._cheapest(VANISHES, {}, stock, below=2.0) is None
    cheaper = minimize._cheapest(VANISHES, {}, stock, below=2.5)
    assert cheaper is not None
    assert cheaper[name][()] == Fraction(1)


def test_small_points_come_from_growing_stocks():
    many = statement(lambda xp, x: Zero(x), x=vector("n"))
    drawn = minimize._small_rows(many, {"n": 30}, np.random.default_rng(0))
    (values,) = drawn.values()
    assert len(values) == minimize.ROWS
    per = minimize.ROWS // 4
    stocks = [set(values[k * per : (k + 1) * per].reshape(-1).tolist()) for k in range(4)]
    assert stocks[0] == {0, 1}
    assert stocks[1] == {0, 1, -1}
    assert stocks[2] == {0, 1, -1, 2, -2}
    assert stocks[3] == {0, 1, -1, 2, -2, 0.5, -0.5, 3}
    zeros = [float(np.mean(values[k * per : (k + 1) * per] == 0)) for k in range(4)]
    expected = [0.5 + 0.5 / 2, 0.3 + 0.7 / 3, 0.2 + 0.8 / 5, 1 / 8]
    assert np.allclose(zeros, expected, atol=0.05)
