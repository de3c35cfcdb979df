"""Statements of an adversary who had not seen the judge: faults where no sample comes by.

Before: those at the end of curved valleys and those beyond floats stood; where hypotheses hold on a
small set the statement was *invalid*; and beside a side without a value a true part was refuted.
"""

from __future__ import annotations

import pytest

from fieldcheck.domains import positive, real, simplex, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal

X, XY, XYZ = ({name: real() for name in names} for names in ("x", "xy", "xyz"))
P, V = dict(x=positive()), dict(x=vector("n"))
HELD = ("proved", "proved up to", "stands")


def _normed(xp, x):
    y = x - xp.mean(x)
    return y / xp.sqrt(xp.mean(y**2))


STATEMENTS = {
    # at the end of a curved valley
    "a parabola": (XY, lambda xp, x, y: AtMost(
        xp.one / 10, (x - 5) ** 2 + (y - x**2) ** 2), (), "refuted"),
    "a steep parabola": (XY, lambda xp, x, y: AtMost(
        xp.one / 10, (x - 2) ** 2 + 100 * (y - x**2) ** 2), (), "refuted"),
    "a cubic": (XY, lambda xp, x, y: AtMost(
        xp.one / 10, (x - 5) ** 2 + 100 * (y - x**3) ** 2), (), "refuted"),
    "a hyperbola": (XY, lambda xp, x, y: AtMost(
        xp.one / 100, (x - 7) ** 2 + 10**4 * (x * y - 1) ** 2), (), "refuted"),
    "two parabolas": (XYZ, lambda xp, x, y, z: AtMost(
        xp.one / 10, (x - 2) ** 2 + (y - x**2) ** 2 + (z - y**2) ** 2), (), "refuted"),
    "a steeper cubic": (XY, lambda xp, x, y: AtMost(
        xp.one / 10**12, (x**2 - 2) ** 2 + 10**6 * (y - x**3) ** 2), (), "refuted"),
    "an exponential": (XY, lambda xp, x, y: AtMost(
        xp.one / 10**10, (x - 3) ** 2 + 10**4 * (y - xp.exp(x)) ** 2), (), "refuted"),
    "an irrational zero": (XY, lambda xp, x, y: AtMost(
        xp.one / 10**10, (x**3 - 2 * y**3) ** 2 + (x * y - 5) ** 2), (), "refuted"),
    "a valley that is touched": (dict(x=real(), y=positive()), lambda xp, x, y: AtMost(
        x * y, xp.exp(x) + y * xp.log(y) - y), (), HELD),
    # beyond floats
    "a root of a logarithm": (P, lambda xp, x: AtMost(xp.sqrt(xp.log(1 + x)), 80), (), "refuted"),
    "a logarithm twice": (P, lambda xp, x: AtMost(
        xp.log(xp.log(xp.exp(1) + x)), 8), (), "refuted"),
    "a logarithm of little": (P, lambda xp, x: AtMost(-1000, xp.log(x)), (), "refuted"),
    "cancellation": (X, lambda xp, x: Equal(
        xp.log(xp.cosh(x) + xp.sinh(x)), x + xp.relu(-x - 900)), (), "refuted"),
    "cancellation, and true": (X, lambda xp, x: Equal(
        xp.log(xp.cosh(x) + xp.sinh(x)), x), (), HELD),
    "hardly more than one": (X, lambda xp, x: AtMost(
        1 + xp.one / 10**80, x), ("x > 1",), "refuted"),
    "two inputs closer than floats tell": (XY, lambda xp, x, y: AtMost(
        xp.one / 10**300, x - y), ("x > y",), "refuted"),
    # at a size that is not listed
    "the seventh": (V, lambda xp, x: AtMost(
        xp.cos(2 * xp.pi * x.shape[0] / 7), xp.one * 9 / 10), (), "refuted"),
    "the 23rd": (V, lambda xp, x: AtMost(
        xp.cos(2 * xp.pi * x.shape[0] / 23), xp.one * 98 / 100), (), "refuted"),
    "after the 100th": (V, lambda xp, x: AtMost(x.shape[0], 100), (), "refuted"),
    "neighbours' products from the ninth on": (V, lambda xp, x: AtMost(
        xp.sum(x[1:] * x[:-1]), xp.norm2(x) * 19 / 20), (), "refuted"),
    "neighbours' products": (V, lambda xp, x: AtMost(
        xp.sum(x[1:] * x[:-1]), xp.norm2(x)), (), HELD),
    "means of means from the eighth on": (dict(x=vector("n")), lambda xp, x: AtMost(
        sum(xp.mean(x[:k + 1]) ** 2 for k in range(x.shape[0])), xp.norm2(x) * 9 / 5), (),
        "refuted"),
    # a size without a value
    "of one entry there is no deviation": (dict(x=vector("n"), a=positive(), b=real()),
        lambda xp, x, a, b: Equal(_normed(xp, a * x + b), _normed(xp, x)), (), HELD),
    "nor has it a sign": (dict(x=vector("n"), a=real(), b=real()),
        lambda xp, x, a, b: Equal(_normed(xp, a * x + b), _normed(xp, x)), (), "refuted"),
    # where waves meet
    "two waves": (X, lambda xp, x: AtMost(
        xp.sin(x) + xp.sin(xp.sqrt(xp.one * 2) * x), 2 - xp.one / 10**3), (), "refuted"),
    "a wave ever faster": (X, lambda xp, x: AtMost(
        xp.sin(x**2) * xp.sin(x), 1 - xp.one / 10**4), (), "refuted"),
    "waves of two inputs": (XY, lambda xp, x, y: AtMost(
        xp.sin(5 * x) * xp.sin(7 * y) * xp.sin(x * y), 1 - xp.one / 10**3), (), "refuted"),
    "two waves that stay below": (X, lambda xp, x: AtMost(
        xp.sin(x) + xp.sin(xp.sqrt(xp.one * 2) * x), 2), (), "proved"),
    # where an exponential is felt
    "beside a curve": (XY, lambda xp, x, y: AtMost(
        xp.exp(-(10**12) * (7 * x - y**2 - 1) ** 2), xp.one / 2), (), "refuted"),
    "beside a root of a cubic": (X, lambda xp, x: AtMost(
        xp.exp(-(10**10) * (x**3 - x - 7) ** 2), xp.one / 3), (), "refuted"),
    "beside 17 pi": (X, lambda xp, x: Equal(
        xp.sin(x) + xp.exp(-(10**8) * (x - 17 * xp.pi) ** 2), xp.sin(x)), (), "refuted"),
    "nowhere": (P, lambda xp, x: AtMost(
        xp.exp(-1000 * x - 40), xp.one / 10**17), (), HELD),
    # where several jumps meet
    "three lines": (dict(x=simplex(4)), lambda xp, x: AtMost(1, sign(xp, x[0] - x[1]) ** 2
        + sign(xp, x[2] - x[3]) ** 2 + sign(xp, x[0] - 2 * x[2]) ** 2), (), "undecided"),
    # on a small set
    "a lens": (XY, lambda xp, x, y: AtMost(x + y, xp.one * 3 / 2),
        ("x + y >= 1 + xp.one * 41421 / 100000", "x * x + y * y <= 1"), HELD),
    "beside a root": (X, lambda xp, x: AtMost(x, 2),
        ("(x * x - 3) ** 2 <= xp.one / 10**8", "x > 0"), HELD),
    "beside a root, and false": (X, lambda xp, x: AtMost(x * x, 3),
        ("(x * x - 3) ** 2 <= xp.one / 10**8", "x > 0"), "refuted"),
    "beside pi": (X, lambda xp, x: AtMost(xp.abs(x - 22 * xp.one / 7), 1),
        ("xp.abs(x - xp.pi) < xp.one / 10**5",), HELD),
    "a small ball": (dict(x=vector(3)), lambda xp, x: AtMost(x[0], 5),
        ("(x[0] - 5) ** 2 + (x[1] + 17) ** 2 + (x[2] - 31) ** 2 < xp.one / 10000",), "refuted"),
    # beside what has no value
    "another entry": (X, lambda xp, x: Equal(
        xp.stack([x / x, sign(xp, x) ** 2]), xp.ones(2)), (), "proved"),
    "another part": (X, lambda xp, x: (
        Equal(x / x, 1), Equal(sign(xp, x) ** 2, 1)), (), "proved"),
    "an order beside it": (X, lambda xp, x: (
        Equal(1 / x * x, 1), AtMost(1, sign(xp, x) ** 2)), (), (*HELD, "undecided")),
    "another part, and false": (X, lambda xp, x: (
        Equal(x / x, 1), Equal(sign(xp, x) ** 2, x)), (), "refuted"),
}  # fmt: skip


def sign(xp, x):
    return xp.unit(xp.stack([x]))[0]


@pytest.mark.parametrize("name", STATEMENTS)
def test_out_of_sight(name):
    given, body, where, word = STATEMENTS[name]
    verdict, _ = examine(body, profile="quick", where=where, **given)
    assert verdict.verdict in (word if isinstance(word, tuple) else (word,)), verdict.because


@pytest.mark.parametrize(
    "body",
    [
        lambda xp, x: Equal(xp.step(x) + xp.step(-x), 1),
        lambda xp, x: Equal(xp.step(x) ** 2, xp.step(x)),
        lambda xp, x: Equal(xp.push(xp.relu, x, xp.one) ** 2, xp.push(xp.relu, x, xp.one)),
        lambda xp, x: Equal(xp.push(xp.abs, x, xp.one) ** 2, 1),
        lambda xp, x: Equal(xp.exp(xp.log(x)), x),
        lambda xp, x: AtMost(1, xp.step(x) + xp.step(-x), gap=0 * x),
    ],
)
def test_a_point_without_a_value_is_said_to_be_left_out(body):
    """At a tie the slope of relu is nothing: that it is 1/2, and that it is its own square, were
    proved of every input, and nothing was left out."""
    verdict, _ = examine(body, profile="quick", x=real())
    assert verdict.verdict == "proved", verdict.because
    assert any("kink" in said or "logarithm" in said for said in verdict.scope.left_out)
