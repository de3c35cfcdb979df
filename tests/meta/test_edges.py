"""What is false only closer to the edge of a hypothesis than floats tell: 5 < x < 5 + 10^-30 where
x > 5.  Beside each kind stand true statements that look alike.

All false ones but one stood before the search went to the edges of hypotheses in more digits.
"""

from __future__ import annotations

from typing import Any

import pytest

from fieldcheck.domains import real, real_matrix
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal

DISC = ("x**2 + y**2 < 1",)
ONE = dict(x=real())
TWO = dict(x=real(), y=real())


def tiny(xp, places):
    return xp.one / 10**places


FALSE: dict[str, tuple[Any, dict[str, Any], tuple[str, ...]]] = {
    "an order beside 5": (lambda xp, x: AtMost(5 + tiny(xp, 30), x), ONE, ("x > 5",)),
    "a side of a kink beside 5": (
        lambda xp, x: Equal(xp.sin(x) + xp.relu(5 + tiny(xp, 30) - x), xp.sin(x)),
        ONE, ("x > 5",)),
    "between two distances": (
        lambda xp, x: Equal(
            xp.cos(x) + xp.relu(x - 3 - tiny(xp, 31)) * xp.relu(3 + tiny(xp, 30) - x), xp.cos(x)),
        ONE, ("x > 3",)),
    "an edge that is no fraction": (
        lambda xp, x: AtMost(2 + tiny(xp, 35), x * x), ONE, ("x**2 > 2", "x > 0")),
    "an edge of an exponential": (
        lambda xp, x: AtMost(3 + tiny(xp, 40), xp.exp(x)), ONE, ("xp.exp(x) > 3",)),
    "both sides of what is left out": (
        lambda xp, x: AtMost(tiny(xp, 60), (x - 5) ** 2), ONE, ("x != 5",)),
    "all along a circle": (
        lambda xp, x, y: AtMost(x * x + y * y, 1 - tiny(xp, 30)), TWO, DISC),
    "at one point of a circle": (
        lambda xp, x, y: AtMost(x, 1 - tiny(xp, 24)), TWO, DISC),
    "at a point of a circle that is no fraction": (
        lambda xp, x, y: AtMost(2 * x + y, xp.sqrt(xp.lift(5)) - tiny(xp, 26)), TWO, DISC),
    "behind a sine": (
        lambda xp, x, y: AtMost(xp.sin(x * x + y * y), xp.sin(xp.one) - tiny(xp, 22)), TWO, DISC),
    "where two edges meet": (
        lambda xp, x, y: AtMost(5 + tiny(xp, 28), x + y), TWO, ("x > 2", "y > 3")),
    "where two inputs nearly agree": (
        lambda xp, x, y: AtMost(xp.exp(y) + tiny(xp, 26), xp.exp(x)), TWO, ("x > y",)),
    "in a corner of a vector's edges": (
        lambda xp, x: AtMost(x.shape[0] + tiny(xp, 30), xp.sum(x)), dict(x=real_matrix("n")),
        ("x > 1",)),
}  # fmt: skip

TRUE: dict[str, tuple[Any, dict[str, Any], tuple[str, ...]]] = {
    "an order beside 5": (lambda xp, x: AtMost(5, x), ONE, ("x > 5",)),
    "a kink beyond 5": (
        lambda xp, x: Equal(xp.sin(x) + xp.relu(5 - tiny(xp, 30) - x), xp.sin(x)),
        ONE, ("x > 5",)),
    "all along a circle": (lambda xp, x, y: AtMost(x * x + y * y, 1), TWO, DISC),
    "at one point of a circle": (lambda xp, x, y: AtMost(x, 1 + tiny(xp, 24)), TWO, DISC),
    "at a point of a circle that is no fraction": (
        lambda xp, x, y: AtMost(2 * x + y, xp.sqrt(xp.lift(5))), TWO, DISC),
    "where two edges meet": (
        lambda xp, x, y: AtMost(5, x + y), TWO, ("x > 2", "y > 3")),
    "where two inputs nearly agree": (
        lambda xp, x, y: AtMost(xp.exp(y), xp.exp(x)), TWO, ("x > y",)),
    "what is left out alone": (
        lambda xp, x: AtMost(0, (x - 5) ** 2), ONE, ("x != 5",)),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_beside_an_edge_is_found(name):
    body, given, where = FALSE[name]
    verdict, evidence = examine(body, profile="standard", where=where, **given)
    assert verdict.verdict == "refuted", {k: e.reason for k, e in evidence.items()}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_up_to_an_edge_is_left_alone(name):
    body, given, where = TRUE[name]
    verdict, evidence = examine(body, profile="standard", where=where, **given)
    assert verdict.verdict in ("stands", "proved"), {k: e.reason for k, e in evidence.items()}
