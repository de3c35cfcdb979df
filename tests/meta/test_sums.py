"""Sums to infinity whose terms are others from far out on, beside a hypothesis: it excludes no side
of what does not depend on the inputs.

The false ones stood before; that they are false no digits tell, and so they are undecided.
"""

from __future__ import annotations

import pytest

from fieldcheck.domains import real
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Equal

FALSE = {
    "a ratio of more than a half from n = 1000": (
        lambda xp, x: Equal(
            xp.sum_to_infinity(x, lambda h: xp.one / 2 + xp.relu(xp.one / 1000 - h)), 2 * x),
        "x > 1"),
    "a ratio of up to a half from n = 3000": (
        lambda xp, x: Equal(
            xp.sum_to_infinity(x, lambda h: xp.maximum(xp.one / 3, xp.one / 2 - 500 * h)),
            3 * x / 2),
        "x > 1"),
    "an exponential series with another tail": (
        lambda xp, x: Equal(
            xp.sum_to_infinity(xp.one, lambda h: x * h + xp.relu(xp.one / 1000 - h)), xp.exp(x)),
        "0 < x < 1"),
}  # fmt: skip

TRUE = {
    "an exponential series": (
        lambda xp, x: Equal(xp.sum_to_infinity(xp.one, lambda h: x * h), xp.exp(x)), "0 < x < 1"),
    "a ratio that is a half": (
        lambda xp, x: Equal(
            xp.sum_to_infinity(x, lambda h: xp.one / 2 + xp.relu(-h)), 2 * x), "x > 1"),
    "a side that the hypothesis excludes": (
        lambda xp, x: Equal(xp.exp(x) + xp.relu(-xp.sqrt(x)), xp.exp(x)), "x > 0"),
    "a side that the hypothesis excludes, of a logarithm": (
        lambda xp, x: Equal(xp.exp(x) + xp.relu(-xp.log(x)), xp.exp(x)), "x > 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_a_far_tail_that_nobody_has_seen_keeps_a_statement_from_standing(name):
    body, where = FALSE[name]
    verdict, _ = examine(body, x=real(), where=(where,))
    assert verdict.verdict == "refuted" or "was never" in verdict.because


@pytest.mark.parametrize("name", TRUE)
def test_what_a_hypothesis_excludes_is_left_alone(name):
    body, where = TRUE[name]
    assert examine(body, x=real(), where=(where,))[0].verdict == "stands"
