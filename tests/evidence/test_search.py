"""The gradient-guided search: it climbs, keeps the best it saw, and goes to every kink."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fieldcheck.domains import nonnegative, number, orthogonal, positive, real, real_matrix, vector
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.methods import search
from fieldcheck.evidence.points import GENERIC, REGIMES, strata_of
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]
TRUE = statement(lambda xp, x: Equal(2 * x, x + x), x=vector("n"))

# 1/4 <= |x - 2|² is false in a ball of radius 1/2 around (2, ..., 2) alone.
NEEDLE = statement(lambda xp, x: AtMost(xp.one / 4, xp.norm2(x - 2)), {"n": [3]}, x=vector("n"))
PART = torch.zeros(40, dtype=torch.long)
"""Every start climbs the only part."""


def relative(raws):
    return residuals(NEEDLE, {k: torch.from_numpy(v) for k, v in raws.items()})[:, 0].numpy()


def starts():
    (name,) = NEEDLE.raw_shapes({"n": 3})
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal((40, 3))}, name


def test_what_is_climbed():
    body = lambda xp, x: (AtMost(4 * x, 3 * x), Equal(4 * x, 3 * x))
    x = torch.tensor([2.0, -2.0], dtype=torch.float64)
    found = search.objective(statement(body, x=real()), {"x.x": x})
    np.testing.assert_allclose(found, [[2 / 9, (2 / 9) ** 2], [-2 / 9, (2 / 9) ** 2]])
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert search._own(values, torch.tensor([1, 0])).tolist() == [2.0, 3.0]


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
    raws = {"x.x": np.array([[0.0], [0.25]])}
    search._polish(root, raws, PART[:2], 5)
    assert raws["x.x"][0, 0] == 0
    assert raws["x.x"][1, 0] != 0.25


def test_a_flat_equality_is_left_after_two_steps():
    raws = lambda: {"x.x": np.ones((3, 2))}
    part = torch.zeros(3, dtype=torch.long)
    assert search._climb(TRUE, raws(), part, 20, order=False) == 2
    assert search._climb(TRUE, raws(), part, 1, order=False) == 1
    constant = statement(lambda xp, x: AtMost(xp.zeros(2), xp.ones(2)), x=vector("n"))
    assert search._climb(constant, raws(), part, 20, order=True) == 1
    lost = {"x.x": np.full((3, 2), np.nan)}
    assert search._climb(TRUE, lost, part, 20, order=False) == 0


def test_signs_are_not_climbed():
    subject = statement(
        lambda xp, Q, v: AtMost(xp.sum(Q @ v), xp.norm2(v) + 1), Q=orthogonal("n"), v=vector("n")
    )
    rng = np.random.default_rng(0)
    raws = {k: rng.standard_normal((40, *s)) for k, s in subject.raw_shapes({"n": 2}).items()}
    raws["Q.s"] = np.sign(raws["Q.s"])
    old = {k: v.copy() for k, v in raws.items()}
    search._climb(subject, raws, PART, 5, order=True)
    search._polish(subject, raws, PART, 5)
    assert (raws["Q.s"] == old["Q.s"]).all()
    assert (raws["v.x"] != old["v.x"]).any()


def test_three_shapes_or_fewer():
    assert [s["n"] for s in search.shapes_for(TRUE)] == [1, 4, 6]
    assert search.shapes_for(statement(lambda xp, x: Equal(x, x), x=real())) == [{}]
    two = statement(lambda xp, x: Equal(x, x), {"n": [2, 3]}, x=vector("n"))
    assert [s["n"] for s in search.shapes_for(two)] == [2, 3]


def test_every_stratum_and_regime_is_climbed_from():
    true = statement(lambda xp, x, y: Equal(x + y, y + x), x=real(), y=nonnegative("n"))
    evidence = search.run(true, QUICK, 0)
    assert evidence.outcome == "confirms"
    assert set(evidence.strata) == {*strata_of(true), *REGIMES}
    assert min(evidence.strata.values()) > 0
    assert evidence.strata[GENERIC] == QUICK.starts // 4 * evidence.shapes


@pytest.mark.parametrize(
    "body",
    [
        # beside the kink of an argument that no number of the body gives away
        lambda xp, x, y: Equal(
            xp.sin(x) + xp.relu(x * x * y - 3) * xp.relu(3 + xp.one / 10**4 - x * x * y), xp.sin(x)
        ),
        # at a pole that is hidden behind a bounded function
        lambda xp, x, y: Equal(
            xp.sin(x) + xp.relu(xp.abs(xp.tanh(1 / (x - y * y * y - 1) / 10**9)) - xp.one / 2),
            xp.sin(x),
        ),
    ],
)
def test_points_beside_kinks_and_poles(body):
    evidence = search.run(statement(body, x=real(), y=real()), PROFILES["standard"], 0)
    assert evidence.outcome == "refutes"


def test_points_on_a_cut():
    body = lambda xp, z, w: Equal(xp.log(xp.conj(z * w)), xp.conj(xp.log(z * w)))
    evidence = search.run(statement(body, z=number(), w=number()), QUICK, 0)
    assert evidence.outcome == "refutes"


TOUCHING = {
    "2√2 x <= x² + 2": (
        lambda xp, less, x: AtMost(2 * x * xp.sqrt(xp.lift(2)), x * x + 2 - less), {"x": real()}),
    "sin x <= 1": (lambda xp, less, x: AtMost(xp.sin(x), 1 - less), {"x": real()}),
    "sin x + cos x <= √2": (
        lambda xp, less, x: AtMost(xp.sin(x) + xp.cos(x), xp.sqrt(xp.lift(2)) - less),
        {"x": real()}),
    "x y <= e^x + y log y - y": (
        lambda xp, less, x, y: AtMost(x * y, xp.exp(x) + y * xp.log(y) - y - less),
        {"x": real(), "y": positive()}),
}  # fmt: skip


@pytest.mark.parametrize("name", TOUCHING)
@pytest.mark.parametrize("digits", [None, 20, 30])
def test_sides_that_touch_are_told_from_sides_that_cross(name, digits):
    body, given = TOUCHING[name]

    def of(xp, *inputs):
        return body(xp, 0 if digits is None else xp.one / 10**digits, *inputs)

    ours = (lambda xp, x: of(xp, x)) if len(given) == 1 else (lambda xp, x, y: of(xp, x, y))
    verdict, _ = examine(ours, **given)
    assert verdict.verdict in (("stands", "proved") if digits is None else ("refuted",))


TINY = 10**30
MEETINGS = {
    "at four places": lambda xp, x, y: (x * x - 2) ** 2 * (x * x - 3) ** 2,
    "at an irrational point": lambda xp, x, y: (x**3 - x - 1) ** 2,
    "in a corner of two": lambda xp, x, y: (x * x - 2) ** 2 + (y * y - 3) ** 2,
    "on a circle": lambda xp, x, y: (x * x + y * y - 7) ** 2,
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", MEETINGS)
def test_sides_that_cross_by_less_than_floats_tell(name, seed):
    """A square meets zero; one part in 10^30 less crosses it, and only within 10^-15 of there."""
    square = MEETINGS[name]
    false = lambda xp, x, y: AtMost(0, square(xp, x, y) - xp.one / TINY)
    assert examine(false, seed=seed, x=real(), y=real())[0].verdict == "refuted"
    true = lambda xp, x, y: AtMost(0, square(xp, x, y))
    assert examine(true, seed=seed, x=real(), y=real())[0].verdict == "proved"


@pytest.mark.parametrize("last", [7, 13, 40])
def test_what_is_false_of_multiples_of_the_identity_alone_and_of_large_ones(last):
    """tr(A)² <= n |A|² is sharp at them, so that a bound with a fixed number fails from there on;
    the point that shows it at n = 64 has too many entries to be made small one by one."""
    body = lambda xp, A: AtMost(2 * xp.trace(A) ** 2, (2 * last + 1) * xp.sum(A * A))
    verdict, _ = examine(body, A=real_matrix("n", "n"))
    assert verdict.verdict == "refuted"
    assert verdict.witness.sizes["n"] > last
