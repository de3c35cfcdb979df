"""Small witnesses: what a point costs, which one is kept, and what it is tried from."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np

from fieldcheck.domains import matrix, orthogonal, positive, real, vector
from fieldcheck.evidence import minimize
from fieldcheck.relations import Equal, Zero
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


def exactly(*values):
    out = np.empty(len(values), dtype=object)
    out[:] = [Fraction(v) for v in values]
    return out


def test_smaller_shapes_come_by_their_total_size():
    two = statement(lambda xp, X: Equal(X, X), X=matrix("N", "C"))
    found = [(s["N"], s["C"]) for s in minimize._smaller_sizes(two, {"N": 2, "C": 3})]
    assert found == [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2)]
    assert list(minimize._smaller_sizes(two, {"N": 1, "C": 1})) == []


def test_simpler_variants_of_a_point():
    found = minimize._variants(VANISHES, {"x": np.array([0.3, 1.0])})
    rows = sorted(map(tuple, found["x"].tolist()))
    expected = [
        (0.0, 0.0), (0.0, 1.0), (0.5, 1.0), (307 / 1024, 1.0),  # the whole parameter
        (0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.3, 0.0), (0.3, -1.0),  # one entry
    ]  # fmt: skip
    assert rows == sorted(expected)
    assert minimize._variants(VANISHES, {"x": np.zeros(0)}) is None
    number = minimize._variants(VANISHES, {"x": np.array(0.0)})["x"]
    assert sorted(number.tolist()) == [-1.0, 1.0]


def test_a_witness_is_made_simpler_entry_by_entry():
    false = statement(lambda xp, x: Equal(x[0] * x[0], 0 * x[1]), {"n": [2]}, x=vector("n"))
    (name,) = false.raw_shapes({"n": 2})
    thin = minimize._thinned(false, {"n": 2}, {name: exactly("7/3", "-5/7")})
    assert thin[name].tolist() in ([1, 0], [-1, 0])
    record = minimize.smallest(false, {"n": 2}, {name: exactly("7/3", "-5/7")}, random.Random(0))
    assert record.raw[name] in (["1", "0"], ["-1", "0"])
    faulty = false.faulty(3, 0)
    kept = minimize.smallest(faulty, {"n": 2}, {name: exactly("7/3", "-5/7")}, random.Random(0))
    assert kept.raw[name] == ["7/3", "-5/7"]


def test_small_points_stay_in_their_domains():
    subject = statement(
        lambda xp, Q, p: Zero(Q[0, 0] * p), {"n": [2]}, Q=orthogonal("n"), p=positive()
    )
    drawn = minimize._small_rows(subject, {"n": 2}, np.random.default_rng(0))
    assert set(np.unique(drawn["Q.s"])) == {-1.0, 1.0}
    assert (drawn["p.x"] != 0).all()
    found = minimize._variants(subject, {"Q.s": np.array([1.0, -1.0]), "p.x": np.array(0.3)})
    assert (np.abs(found["Q.s"]) == 1).all()


def test_a_large_entry_becomes_a_power_of_ten():
    assert minimize._simpler(7.3e12) >= {1e12, 1e13, 1e6, 0.0, 1.0}
    assert minimize._simpler(-7.3e12) >= {-1e12, -1e13}
    assert minimize._simpler(0.5) == {0.0, 1.0, -1.0}
    far = statement(lambda xp, x: Zero(xp.relu(x - 10**11)), x=real())
    thin = minimize._thinned(far, {}, {"x.x": np.array(Fraction(7345678901234), dtype=object)})
    assert thin["x.x"][()] == 10**12


def test_a_simple_fraction_stays_one():
    third = statement(lambda xp, x: Zero(xp.relu(x) * xp.relu(1 - 3 * x) - x + x), x=real())
    kept = minimize._row({"x": np.array([1 / 3])}, 0)
    assert kept["x"][()] == Fraction(1, 3)
    assert third.grid() == [{}]
