"""Traps that a prototype of this machine fell into, each kept as a statement."""

from __future__ import annotations

import flint
import mpmath
import numpy as np
import pytest
import torch
from flint import arb

from fieldcheck.arithmetic.ball import Ball
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.domains import cone_vector, real, vector
from fieldcheck.evidence.draws import numpy_stream
from fieldcheck.evidence.methods.search import run as search
from fieldcheck.evidence.points import cloud
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import AtMost, Equal, Zero


def ball(middle, radius):
    return Ball().wrap(np.array(arb(middle, radius), dtype=object).reshape(()))


def test_a_maximum_of_overlapping_balls_holds_both_branches():
    xp = Ball()
    for left, right in (
        (ball(0, 1), ball(0, 1)),
        (ball(0, 2), ball(1, 1)),
        (ball(-1, 1), ball(0, 1)),
    ):
        high, low = xp.maximum(left, right).data[()], xp.minimum(left, right).data[()]
        for x in np.linspace(-1, 1, 5):
            for y in np.linspace(-1, 1, 5):
                a = left.data[()].mid() + x * left.data[()].rad()
                b = right.data[()].mid() + y * right.data[()].rad()
                assert high.contains(a.max(b))
                assert low.contains(a.min(b))


def test_relu_of_a_ball_across_the_kink_holds_both_branches():
    y = Ball().relu(ball(0, 1)).data[()]
    assert y.contains(0)
    assert y.contains(1)
    step = Ball().step(ball(0, 1)).data[()]
    assert step.contains(0)
    assert step.contains(1)


def test_a_comparison_of_overlapping_balls_is_refused_not_guessed():
    """x < y and x >= y are both false for balls that overlap, and bool(ball) is true."""
    a, b = arb(0, 1), arb(0, 1)
    assert not a < b
    assert not a >= b
    with pytest.raises(TypeError, match="may not compare"):
        bool(ball(0, 1) < ball(0, 1))
    with pytest.raises(TypeError, match="may not compare"):
        bool(ball(0, 1))


@pytest.mark.parametrize("xp", [Ball(), Multiprecision(), Rational()], ids=lambda xp: xp.kind)
@pytest.mark.parametrize("number", [0.1, 1.0, 1j, True, np.float64(0.5), arb(1), mpmath.mpf(1)])
def test_no_arithmetic_takes_a_float(xp, number):
    """mpf and balls would accept 0.1 * x silently."""
    for use in (lambda: xp.one * number, lambda: number * xp.one, lambda: xp.one + number):
        with pytest.raises(TypeError):
            use()


@pytest.mark.parametrize(
    "body",
    [
        lambda xp, x: Equal(x * 0.1, x / 10),
        lambda xp, x: Equal(np.multiply(x, 0.1), x / 10),
        lambda xp, x: Equal(np.minimum(x, 1), x),
        lambda xp, x: Equal(max(x, 0), x),
        lambda xp, x: Equal(sorted([x, -x])[0], x),
        lambda xp, x: Equal(abs(x) if x >= 0 else x, x),
    ],
)
def test_what_would_choose_a_branch_is_invalid(body):
    verdict, _ = examine(body, x=real())
    assert verdict.verdict == "invalid", verdict


def test_not_a_number_in_balls_alone_confirms_nothing():
    """A NaN ball 'contains' zero.  The quotient is 0/0 in balls and finite in floats."""

    def body(xp, x):
        hole = xp.zeros() / xp.zeros() if xp.one.xp.kind in ("ball", "mpf") else xp.zeros()
        return Equal(xp.sin(x) + hole, xp.sin(x) + hole)

    verdict, evidence = examine(body, x=real())
    assert not verdict.holds
    assert evidence["ladder"].outcome == "silent"


def printed_colu(xp, x):
    """The conic unit as printed: the body times max(0, min(x_1/‖body‖, 1))."""
    ratio = x[0] / xp.norm(x[1:])
    return xp.concat([x[:1], xp.maximum(xp.minimum(ratio, 1), 0) * x[1:]])


def test_the_printed_conic_unit_is_0_over_0_on_its_own_image():
    """For x_1 < 0 the body is sent to zero, and a second application divides by its length: floats
    go through infinity and agree, balls do not.  It counts neither as equal nor as different."""
    twice = lambda xp, x: Equal(printed_colu(xp, printed_colu(xp, x)), printed_colu(xp, x))
    below = cone_vector("S").without_strata("zero", "zero-row", "axis")
    verdict, evidence = examine(
        lambda xp, x: twice(xp, xp.concat([-x[:1] * x[:1] - 1, x[1:]])),
        sizes={"S": [2, 3]},
        x=below,
    )
    assert verdict.verdict == "undecided", verdict
    assert evidence["ladder"].outcome == "silent"


def test_the_boundary_of_a_cone_is_visited():
    """True off the boundary ‖w‖ = ±t; no generic point lies on it."""
    body = lambda xp, x: Zero(xp.norm2(xp.unit(xp.stack([x[0] ** 2 - xp.norm2(x[1:])]))) - 1)
    sizes = {"S": [2, 3, 4]}
    assert examine(body, sizes=sizes, x=cone_vector("S"))[0].verdict == "refuted"
    inside = Statement(_form(body, cone_vector("S")))
    points = cloud(inside, {"S": 3}, 64, numpy_stream("x", "y", 0))
    on = points.raws["x.x"][np.array(points.strata) == "boundary"]
    assert (on[:, 0] ** 2 == (on[:, 1:] ** 2).sum(axis=1)).all()


def _form(body, domain, sizes=None):
    from fieldcheck.claim import HOLDS, Form

    return Form("example/claim", "claim", "example", body, {"x": domain}, sizes or {}, HOLDS)


def test_a_needle_is_found_by_the_search_and_by_no_sample():
    """A violation in a ball of radius 1/2 in 24 dimensions, away from where samples live."""
    body = lambda xp, x: AtMost(xp.one / 4, xp.norm2(x - 2))
    needle = Statement(_form(body, vector("n").without_strata(*vector("n").strata), {"n": [24]}))
    found = search(needle, PROFILES["quick"], 0)
    assert found.outcome == "refutes"
    samples = torch.Generator().manual_seed(0)
    for _ in range(10):  # ten million, far more than the search looked at
        x = torch.randn(1_000_000, 24, generator=samples)
        assert float((x - 2).square().sum(dim=1).min()) > 0.25
    assert found.cases < 100_000


def test_the_precision_of_balls_is_restored():
    before = flint.ctx.prec
    examine(lambda xp, x: Equal(xp.sin(x), xp.sin(x) + 0), x=real())
    assert flint.ctx.prec == before


@pytest.mark.parametrize("swap", [False, True])
def test_a_needle_in_one_part_is_not_hidden_by_the_noise_of_another(swap):
    """Each part is climbed by itself: one that is all rounding does not lead the search astray."""

    def body(xp, x):
        noise = AtMost((10**30 + xp.norm2(x)) - 10**30, xp.norm2(x))
        needle = AtMost(xp.one / 4, xp.norm2(x - 2))
        return (needle, noise) if swap else (noise, needle)

    domain = vector("n").without_strata(*vector("n").strata)
    verdict, _ = examine(body, sizes={"n": [24]}, x=domain)
    assert verdict.verdict == "refuted"
