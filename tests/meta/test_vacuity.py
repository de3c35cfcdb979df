"""Statements that would be accepted because nothing was looked at."""

from __future__ import annotations

import pytest

from fieldcheck.domains import positive, real, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Zero

WHOLE = {"n": [1, 2, 3]}


def spike(name, where):
    """A real number that is ``where`` in one stratum."""
    return real().with_strata(**{name: lambda raw, rng: {k: v * 0 + where for k, v in raw.items()}})


VACUOUS = {
    "never finite": (
        lambda xp, x: Equal(xp.log(-1 - x * x), x), dict(x=real()), "no finite instance"),
    "not at one shape": (
        lambda xp, x: AtMost(xp.log(xp.lift(x.shape[0] - 1)) - 10, xp.sum(x * x)),
        dict(x=vector("n")), "no finite instance at n = 1"),
    "not in a stratum": (
        lambda xp, x: AtMost(xp.log(x * x) - 100, x * x), dict(x=real()),
        "no finite instance in the stratum 'zero'"),
    "one part not in a stratum": (
        lambda xp, x: (Equal(2 * x, x + x), AtMost(xp.log(x * x) - 100, x * x)), dict(x=real()),
        "no finite instance in the stratum 'zero'"),
    "one part not at one shape": (
        lambda xp, x: (Equal(2 * x, x + x),
                       AtMost(xp.log(xp.lift(x.shape[0] - 1)) - 10, xp.sum(x * x))),
        dict(x=vector("n")), "no finite instance at n = 1"),
    "a left side that stands still": (
        lambda xp, x: Equal(0 * x + 1, xp.exp(0 * x)), dict(x=real()), "takes one value"),
    "a right side that stands still": (
        lambda xp, x: AtMost(0 * x, 0 * x + 1), dict(x=real()), "neither side"),
}  # fmt: skip


@pytest.mark.parametrize("name", VACUOUS)
def test_what_was_never_looked_at_is_invalid(name):
    body, given, why = VACUOUS[name]
    verdict, _ = examine(body, sizes=WHOLE, **given)
    assert verdict.verdict == "invalid", verdict
    assert why in verdict.because


def test_where_floats_overflow_balls_have_looked():
    """exp of 4096 x is infinite in floats and a number in balls: the stratum counts as visited,
    and what is false there alone is found."""
    true = lambda xp, x: Equal(xp.exp(x) * xp.exp(-x + 1), xp.exp(xp.one) + 0 * x)
    body = lambda xp, x: Equal(xp.exp(x) * xp.exp(x), xp.exp(2 * x))
    far = spike("far", 2000.0).without_strata("large")
    verdict, evidence = examine(body, x=far)
    assert verdict.holds, verdict.because
    assert evidence["sampled"].strata["far"] > 0
    false = lambda xp, x: Equal(xp.exp(x) * (1 + xp.relu(x - 1999)), xp.exp(x))
    assert examine(false, x=far)[0].verdict == "refuted"
    assert examine(true, x=far)[0].verdict == "invalid"  # the right side is a constant


def test_a_statement_about_zero_may_stand_still():
    assert examine(lambda xp, t: Zero(t - t), t=positive())[0].holds
