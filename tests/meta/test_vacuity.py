"""Statements that would be accepted because nothing was looked at, and true ones that only look so.

A statement speaks of the points at which its sides have a value.  Where that is nowhere it is
invalid; where a stratum or a shape has none, the evidence says so.
"""

from __future__ import annotations

import pytest

from fieldcheck.domains import positive, real, real_matrix, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Zero

WHOLE = {"n": [1, 2, 3]}
HOLDING = ("proved", "proved up to", "stands")


def spike(name, where):
    """A real number that is ``where`` in one stratum."""
    return real().with_strata(**{name: lambda raw, rng: {k: v * 0 + where for k, v in raw.items()}})


NOWHERE = {
    "never finite": (
        lambda xp, x: Equal(xp.log(x - x), x), dict(x=real()), "no finite instance"),
    "one part never finite": (
        lambda xp, x: (Equal(xp.sin(x), xp.sin(x)), AtMost(xp.log(x - x), xp.exp(x))),
        dict(x=real()), "no finite instance of part 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOWHERE)
def test_what_has_no_value_anywhere_is_invalid(name):
    body, given, why = NOWHERE[name]
    verdict, _ = examine(body, sizes=WHOLE, **given)
    assert verdict.verdict == "invalid", verdict
    assert why in verdict.because


LEFT_OUT = {
    "a shape": (
        lambda xp, x: Equal(xp.sin(xp.sum(x) / (x.shape[0] - 1)),
                            -xp.sin(xp.sum(x) / (1 - x.shape[0]))), dict(x=vector("n")),
        "n = 1"),
    "a stratum": (
        lambda xp, x: Equal(xp.sin(x) / x, xp.sin(-x) / (-x)), dict(x=real()), "zero"),
    "a stratum of one part": (
        lambda xp, x: (Equal(xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x)),
                       AtMost(1 / (x * x), 1 / (x * x) + xp.exp(x))),
        dict(x=real()), "zero"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_OUT)
def test_where_a_side_has_no_value_the_statement_says_nothing(name):
    body, given, where = LEFT_OUT[name]
    verdict, evidence = examine(body, sizes=WHOLE, **given)
    assert verdict.verdict in HOLDING, verdict
    assert evidence["sampled"].reason == f"failed to refute; no value at: {where}"


STILL = {
    "a constant": (lambda xp, x: Equal(xp.sin(x) ** 2 + xp.cos(x) ** 2, xp.one), dict(x=real())),
    "both sides": (lambda xp, x: Equal(0 * x + 1, xp.exp(0 * x)), dict(x=real())),
    "an order": (lambda xp, x: AtMost(0 * x, 0 * x + 1, gap=0 * x + 1), dict(x=real())),
    "zero": (lambda xp, A: Equal(xp.trace(A @ A - A @ A), 0 * xp.trace(A)),
             dict(A=real_matrix("n", "n"))),
    "by less than 1e-30": (
        lambda xp, x: Equal(10**40 + xp.sin(2 * x), 10**40 + 2 * xp.sin(x) * xp.cos(x)),
        dict(x=real())),
    "by less than 1e-200": (
        lambda xp, x, y: Equal(xp.tanh(300 + x * x) * y, -y * xp.tanh(-300 - x * x)),
        dict(x=real(), y=real())),
}  # fmt: skip


@pytest.mark.parametrize("name", STILL)
def test_a_side_that_stands_still_or_hardly_moves_is_a_side(name):
    body, given = STILL[name]
    verdict, _ = examine(body, sizes=WHOLE, **given)
    assert verdict.verdict in HOLDING, verdict


def test_where_floats_overflow_balls_have_looked():
    """exp of 2000 is infinite in floats and a number in balls: the stratum counts as visited, and
    what is false there alone is found."""
    body = lambda xp, x: Equal(xp.exp(x) * xp.exp(x), xp.exp(2 * x))
    far = spike("far", 2000.0)
    verdict, evidence = examine(body, x=far)
    assert verdict.verdict in HOLDING, verdict.because
    assert evidence["sampled"].strata["far"] > 0
    false = lambda xp, x: Equal(xp.exp(x) * (1 + xp.relu(x - 1999)), xp.exp(x))
    assert examine(false, x=far)[0].verdict == "refuted"


def test_a_statement_about_zero_may_stand_still():
    assert examine(lambda xp, t: Zero(t - t), t=positive())[0].verdict in HOLDING
