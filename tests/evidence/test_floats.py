"""Residuals of batches, and which of them are no rounding."""

from __future__ import annotations

import math

import numpy as np
import torch

from fieldcheck.domains import real, vector
from fieldcheck.evidence.floats import (
    NOISE,
    STEADY,
    Shaken,
    floor_of,
    residuals,
    unsteadiness,
)
from fieldcheck.relations import AtMost, Equal, Zero
from tests.evidence.statements import statement


def ratios(subject, values):
    (name,) = subject.raw_shapes({})
    return residuals(subject, {name: torch.tensor(values, dtype=torch.float64)})


def test_residuals_are_relative_to_the_larger_side():
    body = lambda xp, x: (Equal(4 * x, 3 * x), Equal(3 * x, 4 * x), AtMost(4 * x, 3 * x), Zero(x))
    ratio = ratios(statement(body, x=real()), [2.0, -2.0, 0.25, 0.0, math.inf])
    quarter = [0.25, 0.25]
    assert ratio[0].tolist() == [*quarter, 0.25, 1.0]
    assert ratio[1].tolist() == [*quarter, -0.25, 1.0]
    assert ratio[2].tolist() == [*quarter, 0.25, 0.25]  # a side that is exempt counts one at least
    assert ratio[3].tolist() == [0.0] * 4
    assert ratio[4].tolist() == [-math.inf] * 4


def test_an_order_has_no_rounding_to_spare():
    assert (floor_of("AtMost"), floor_of("Equal")) == (0.0, NOISE)


def moved(body, **values):
    subject = statement(body, **{k: real() for k in values})
    raws = {f"{k}.x": np.array(v, dtype=float) for k, v in values.items()}
    return unsteadiness(subject, raws)[:, 0]


def test_what_rounding_makes_moves_and_what_is_false_stays():
    absorbed = lambda xp, x, y: Equal((x + y) - x, y)
    assert (moved(absorbed, x=[1e30, 1e8], y=[1.0, 0.3]) > STEADY).all()
    false = lambda xp, x, y: Equal(x + y, x + 2 * y)
    assert (moved(false, x=[1e3, 0.1], y=[1.0, 0.3]) <= STEADY).all()
    squares = lambda xp, x, y: Equal((x - y) * (x + y), x * x - y * y)
    assert (moved(squares, x=[1e9 + 0.1], y=[1e9 + 0.3]) > STEADY).all()


def test_sides_that_are_nothing_but_rounding_are_no_violation():
    """Both are zero; relative to themselves they are off by all."""
    body = lambda xp, x, y: Equal((x + y) * (x + y) - x * x - 2 * x * y - y * y, 0 * x)
    assert (moved(body, x=[0.1, 1.7], y=[0.7, 0.3]) > STEADY).all()


def test_a_number_that_underflows_is_none():
    xp = Shaken()
    tiny = xp.wrap(torch.tensor([1e-200, 1.0], dtype=torch.float64))
    product = (tiny * tiny).data
    assert torch.isnan(product[0])
    assert abs(float(product[1]) - 1) < 1e-13
    zero = xp.wrap(torch.zeros(2, dtype=torch.float64))
    assert (zero * tiny).data.tolist() == [0, 0]
    lost = lambda xp, x, y: Equal(x * y * 10**300, x * (y * 10**300))
    assert moved(lost, x=[1e-200], y=[1e-200])[0] == math.inf


def test_a_thin_violation_looks_like_rounding():
    """That is why doubtful points are certified, too."""
    on = lambda xp, t: xp.norm2(xp.unit(xp.stack([t])))
    body = lambda xp, x: Equal(1 + on(xp, 3 * x - 1), xp.lift(2))
    assert moved(body, x=[1 / 3])[0] > STEADY


def test_rounding_of_long_sums_is_seen():
    body = lambda xp, x: Equal(xp.sum(x), xp.ones(400) @ x)
    subject = statement(body, {"n": [400]}, x=vector("n"))
    (name,) = subject.raw_shapes({"n": 400})
    rows = {name: np.random.default_rng(0).standard_normal((3, 400)) * 1e3}
    assert (unsteadiness(subject, rows) > STEADY).all()
