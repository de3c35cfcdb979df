"""Where a statement has no value: nowhere, at some sizes, in some strata; and constant sides.

It speaks of the points at which all its sides are defined.  If there are none, it says nothing.
"""

from __future__ import annotations

import pytest

from fieldcheck.domains import positive, real, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Zero

WHOLE = {"n": [1, 2, 3]}


def spike(name, where):
    """A real number that is ``where`` in one stratum."""
    return real().with_strata(**{name: lambda raw, rng: {k: v * 0 + where for k, v in raw.items()}})


NOWHERE = {
    "the logarithm of zero": lambda xp, x: Equal(xp.log(x - x), x),
    "nothing over nothing, an order": lambda xp, x: AtMost((0 * x) / (0 * x), x),
    "one part": lambda xp, x: (Equal(2 * x, x + x), AtMost(xp.log(x - x), x)),
    "an empty branch": lambda xp, x: Equal(x / xp.relu(-1 - x * x), x),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_what_has_a_value_nowhere_says_nothing(name):
    verdict, _ = examine(NOWHERE[name], x=real())
    assert verdict.verdict in ("invalid", "undecided"), verdict


SOMEWHERE = {
    "not at one shape": (
        lambda xp, x: AtMost(xp.log(xp.lift(x.shape[0] - 1)) - 10, xp.sum(x * x)),
        dict(x=vector("n")), "n = 1"),
    "not at one shape, an equality": (
        lambda xp, x: Equal(xp.sum(x) / (x.shape[0] - 1), -xp.sum(-x) / (x.shape[0] - 1)),
        dict(x=vector("n")), "n = 1"),
    "not in a stratum": (
        lambda xp, x: AtMost(xp.log(x * x) - 100, x * x), dict(x=real()), "zero"),
    "one part not in a stratum": (
        lambda xp, x: (Equal(2 * x, x + x), AtMost(xp.log(x * x) - 100, x * x)), dict(x=real()),
        "zero"),
    "one part not at one shape": (
        lambda xp, x: (Equal(2 * x, x + x),
                       AtMost(xp.log(xp.lift(x.shape[0] - 1)) - 10, xp.sum(x * x))),
        dict(x=vector("n")), "n = 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOMEWHERE)
def test_where_there_is_no_value_is_said(name):
    body, given, where = SOMEWHERE[name]
    verdict, evidence = examine(body, sizes=WHOLE if "shape" in name else None, **given)
    assert verdict.holds, verdict
    assert f"no value at: {where}" in evidence["sampled"].reason


STILL = {
    "both sides of an equality": (
        lambda xp, x: Equal(0 * x + 1, xp.exp(0 * x)), lambda xp, x: Equal(0 * x + 1, 2 + 0 * x)),
    "one side of an equality": (
        lambda xp, x: Equal(x / x, xp.one), lambda xp, x: Equal(x / x, 1 + xp.relu(x - 7))),
    "both sides of an order": (
        lambda xp, x: AtMost(0 * x, 0 * x + 1), lambda xp, x: AtMost(0 * x + 1, 0 * x)),
    "zero": (lambda xp, x: Zero(x - x), lambda xp, x: Zero(x - x + 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", STILL)
def test_sides_that_stand_still_are_judged_like_others(name):
    true, false = STILL[name]
    assert examine(true, x=real())[0].holds
    assert examine(false, x=real())[0].verdict == "refuted"


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
    assert examine(true, x=far)[0].holds


def test_a_statement_about_zero_may_stand_still():
    assert examine(lambda xp, t: Zero(t - t), t=positive())[0].holds


def test_a_statement_without_inputs_is_one_about_numbers():
    e = lambda xp, x: xp.exp(xp.lift(x))
    true = lambda xp: (Equal(e(xp, 1) * e(xp, 2), e(xp, 3)), AtMost(e(xp, 1), xp.lift(3)))
    assert examine(true)[0].holds
    assert examine(lambda xp: Equal(e(xp, 1), xp.lift(3)))[0].verdict == "refuted"
    assert examine(lambda xp: AtMost(e(xp, 1), xp.lift(2)))[0].verdict == "refuted"


def test_inputs_may_have_no_entries_at_some_size():
    body = lambda xp, x: AtMost(-xp.sum(x * x) - 1, xp.relu(xp.sin(xp.sum(x))))
    verdict, evidence = examine(body, x=vector("n-1"))
    assert verdict.holds, verdict
    assert evidence["sampled"].shapes == 4  # of six: it is proved, and a few are looked at
