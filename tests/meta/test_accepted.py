"""Statements that are false in ways a careless method overlooks: none of them may hold.

Each was accepted once by a method that drew a conclusion it had no right to.
"""

from __future__ import annotations

import random

import pytest

from fieldcheck.arithmetic.prime import Unlucky
from fieldcheck.domains import number, real, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Force, Rate, Zero


def _square_of_a_complex_number(xp, x, y):
    """Re z² is negative where |Re z| < |Im z|: here in a strip of width 10^-6 around x = 1/3."""
    z = 10**6 * (3 * x - 1) + xp.i * y
    return Equal(xp.relu(xp.real(z * z)), xp.real(z * z))


def _part_drowned_in_noise(xp, x, y):
    """The first part is true and pure noise in floats; the second fails at x = 0."""
    return (
        Equal((y * 10**30 + x[0]) - y * 10**30, x[0]),
        Zero((xp.norm2(xp.unit(x)) - 1) / 1000),
    )


def _point_drowned_in_noise(xp, x, y):
    """True and pure noise for generic input; false by a part in a thousand where x = 0."""
    noise = (y * 10**30 + x[0]) - y * 10**30 - x[0]
    return Zero(noise + (xp.norm2(xp.unit(x)) - 1) / 1000)


def _nearly_true_on_a_thin_set(xp, x):
    """Off by 10^-14, and only at x = 0."""
    return Equal(xp.sum(x) + 1 + xp.norm2(xp.unit(x)) / 10**14, xp.sum(x) + 1 + xp.one / 10**14)


def _part_at_larger_sizes(xp, x):
    first = Equal(x * x - 1, (x - 1) * (x + 1))
    if x.shape[0] == 1:
        return first
    return first, Equal(xp.sum(x) * (10**12 + 1) / 10**12, xp.sum(x))


def _e(xp):
    return xp.exp(xp.one)


def _euler(xp):
    return lambda n: xp.abs((1 + xp.one / n) ** n - _e(xp))


FALSE = {
    "a complex square is not positive": (_square_of_a_complex_number, dict(x=real(), y=real())),
    "a complex exponential is not positive": (
        lambda xp, y: Equal(xp.relu(xp.real(xp.exp(xp.i * y))), xp.real(xp.exp(xp.i * y))),
        dict(y=real()),
    ),
    "one root of a square": (
        lambda xp, x: Equal(1 + xp.sqrt(x * x) / 10**17, 1 + x / 10**17),
        dict(x=real()),
    ),
    "one root of a square, shared": (
        lambda xp, x, y: Equal(
            1 + xp.sqrt(x * x * y * y) / 10**17, 1 + xp.sqrt(x * x) * y / 10**17
        ),
        dict(x=real(), y=real()),
    ),
    "a gap that is a root": (
        lambda xp, x: AtMost(0, x / 10**17 + 0 * x, gap=xp.sqrt(x * x) / 10**17),
        dict(x=real()),
    ),
    "log undoes exp for complex numbers": (
        lambda xp, z: Equal(1 + xp.log(xp.exp(8 * z)) / 10**17, 1 + 8 * z / 10**17),
        dict(z=number()),
    ),
    "a part drowned in the noise of another": (
        _part_drowned_in_noise,
        dict(x=vector("n"), y=real()),
    ),
    "a thin set drowned in noise": (_point_drowned_in_noise, dict(x=vector("n"), y=real())),
    "nearly true on a thin set": (_nearly_true_on_a_thin_set, dict(x=vector("n"))),
    "never finite at small sizes": (
        lambda xp, x: AtMost(xp.log(xp.lift(x.shape[0] - 3)) - 10, xp.sum(x * x)),
        dict(x=vector("n")),
    ),
    "a part that appears at larger sizes": (_part_at_larger_sizes, dict(x=vector("n"))),
    "a force of another shape": (
        lambda xp, X: Force(lambda Y: xp.norm2(Y), X, xp.stack([X / 2, X / 2])),
        dict(X=vector("n")),
    ),
    "order 1.95 as order 2": (
        lambda xp, x: Rate(lambda n: xp.exp(-xp.log(xp.lift(n)) * 39 / 20), 2),
        dict(x=real()),
    ),
    "order 1.999 as order 2": (
        lambda xp, x: Rate(lambda n: xp.exp(-xp.log(xp.lift(n)) * 1999 / 1000), 2),
        dict(x=real()),
    ),
    "a constant off by a thousandth": (
        lambda xp, x: Rate(_euler(xp), 1, constant=xp.lift(136) / 100),
        dict(x=real()),
    ),
    "a constant off by a hundredth": (
        lambda xp, x: Rate(_euler(xp), 1, constant=_e(xp) * 101 / 200),
        dict(x=real()),
    ),
    "a constant off by a part in 10^5": (
        lambda xp, x: Rate(_euler(xp), 1, constant=_e(xp) * 100001 / 200000),
        dict(x=real()),
    ),
    "a logarithm beside a power": (
        lambda xp, x: Rate(lambda n: xp.log(xp.lift(n)) / n, 1),
        dict(x=real()),
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", FALSE)
def test_false_statements_never_hold(name, seed):
    body, given = FALSE[name]
    verdict, evidence = examine(body, seed=seed, **given)
    assert not verdict.holds, evidence


@pytest.mark.parametrize("k", [60, 80, 100, 112, 117, 119, 120, 121])
def test_a_ball_that_excludes_zero_is_never_passed_over(k):
    """Off by 10^-k: refuted as long as the last rung resolves it, and never held where it does."""
    verdict, _ = examine(
        lambda xp, x: Equal(xp.sin(x) * (10**k + 1) / 10**k, xp.sin(x)),
        profile="standard",
        x=real(),
    )
    assert verdict.verdict == "refuted", verdict
    assert verdict.witness is not None


def test_an_order_broken_below_the_noise_of_equalities_is_proposed():
    """Broken by a part in 10^13 at every generic point, where no equality would be looked at."""
    body = lambda xp, x: AtMost(1 + x * x, 1 + x * x - (1 + x * x) / 10**13)
    assert examine(body, x=real().without_strata("zero"))[0].verdict == "refuted"


def test_the_root_of_a_complex_number_has_no_sign():
    """relu(√(4z)) of a complex z must not pass for √(4z), the root being twice another one."""
    from fieldcheck.arithmetic.branches import Field, Walk
    from fieldcheck.arithmetic.graph import Graph, nodes

    graph = Graph()
    double = 2 * graph.raw("x", ())  # written first, so that the ratio of the roots is known
    z = graph.raw("x", ()) + graph.i * graph.raw("y", ())
    once, twice = (graph.sqrt(k * z) for k in (1, 4))
    (root,), (once,), (twice,) = (nodes(v.data[0]) for v in (double + once + twice, once, twice))
    for seed in range(20):
        walk = Walk(graph, Field.random(random.Random(seed)))
        try:
            walk.run(root)
        except Unlucky:
            continue
        signed = {n for n in graph.order(root) if walk.sign.get(walk.residue[n.id])}
        assert not signed & {once, twice}
        return
    raise AssertionError("no point with roots")
