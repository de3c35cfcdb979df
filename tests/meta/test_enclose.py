"""Enclosures over boxes: strict inequalities proved, false ones refuted, the rest undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import between, real, vector
from fieldcheck.evidence.methods import enclose
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import AtMost, Equal

LINE = {"raw": {"x.x": (-2, 2)}}
SQUARE = {"sizes": {"n": 2}, "raw": {"x.x": (-1, 1)}}


def enclosed(body, box, profile="quick", **given):
    sizes = {"n": [2]} if "sizes" in box else None
    verdict, evidence = examine(body, box=box, sizes=sizes, profile=profile, **given)
    return verdict, evidence.get("enclosed")


def one(xp):
    """A 1 that makes no polynomial of what it multiplies: else a sum of squares would show it."""
    return xp.exp(xp.lift(0))


TRUE = {
    "a parabola above its tangent": (
        lambda xp, x: AtMost(2 * x * one(xp), x * x + 1 + xp.one / 100), LINE, real()),
    "exp is convex": (lambda xp, x: AtMost(1 + x, xp.exp(x) + xp.one / 1000), LINE, real()),
    "in the plane": (
        lambda xp, x: AtMost(2 * x[0] * x[1] * one(xp), x[0] ** 2 + x[1] ** 2 + xp.one / 10),
        SQUARE, vector("n")),
    "with a kink": (lambda xp, x: AtMost(xp.relu(x), xp.abs(x) + xp.one / 100), LINE, real()),
}  # fmt: skip

FALSE = {
    "by a thousandth at one point": (
        lambda xp, x: AtMost(2 * x + xp.one / 1000, x * x + 1), LINE, real()),
    "beyond the kink": (lambda xp, x: AtMost(x * x, xp.relu(x) + 1), LINE, real()),
    "in one corner": (lambda xp, x: AtMost(x[0] + x[1], xp.one * 199 / 100), SQUARE, vector("n")),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_strict_inequalities_are_proved(name):
    body, box, domain = TRUE[name]
    verdict, evidence = enclosed(body, box, x=domain)
    assert (verdict.verdict, verdict.grade) == ("proved on", "enclosed"), verdict.because
    assert evidence.cells > 1
    assert verdict.scope.box == evidence.box
    assert "x in [" in evidence.box


@pytest.mark.parametrize("name", FALSE)
def test_false_inequalities_are_refuted_by_a_point(name):
    body, box, domain = FALSE[name]
    found = examine(body, box=box, sizes={"n": [2]} if "sizes" in box else None, x=domain)[0]
    assert found.verdict == "refuted"
    assert found.witness is not None


def test_the_enclosure_refutes_what_the_search_does_not_see():
    """A dip of width 10^-4 between the samples: subdivision finds it, by itself."""
    body = lambda xp, x: AtMost(xp.one, 10**8 * (x - xp.one / 3) ** 2 + xp.one / 2)
    form = Form("example/claim", "claim", "e", body, {"x": real()}, {}, HOLDS, box=LINE)
    found = enclose.run(Statement(form), PROFILES["standard"], 0)
    assert found.outcome == "refutes"


def test_a_non_strict_inequality_stays_undecided():
    """Where both sides meet no ball is positive, however small the cell."""
    hurried = replace(PROFILES["quick"], cells=300)
    body = lambda xp, x: AtMost(2 * x * one(xp), x * x + 1)
    verdict, evidence = enclosed(body, LINE, hurried, x=real())
    assert verdict.verdict == "undecided"
    assert "undecided after" in evidence.reason


def test_leaving_out_where_the_sides_meet_decides_it():
    box = {"raw": {"x.x": ("-2", "7/8")}}
    verdict, evidence = enclosed(lambda xp, x: AtMost(2 * x * one(xp), x * x + 1), box, x=real())
    assert evidence.outcome == "confirms"
    assert (verdict.verdict, verdict.scope.box) == ("proved on", "x in [-2, 7/8]")


def test_not_a_number_proves_nothing():
    """Left of zero a logarithm is complex, which no order allows; at a pole nothing is said."""
    hurried = replace(PROFILES["quick"], cells=200)
    body = lambda xp, x: AtMost(xp.log(x), xp.one * 1000)
    assert enclosed(body, LINE, hurried, x=real())[0].verdict == "refuted"
    pole = lambda xp, x: AtMost(-1000, xp.abs(1 / x) - x * xp.sin(x) / (1 + x * x))
    assert enclosed(pole, LINE, hurried, x=real())[1].outcome == "silent"


def test_a_box_that_leaves_something_out_says_so():
    body = lambda xp, x: AtMost(x * x, x - x + xp.one * 5 * one(xp))
    box = {"raw": {"x.x": (-1, 1)}}
    verdict, evidence = enclosed(body, box, x=between(-2, 2))
    assert (evidence.outcome, evidence.reason) == ("confirms", "")
    assert (verdict.verdict, verdict.scope.box) == ("proved", None)
    _, evidence = enclosed(body, {"raw": {"x.x": (0, 1)}}, x=between(-2, 2))
    assert "beyond the box" in evidence.reason
    _, evidence = enclosed(lambda xp, x: AtMost(xp.sin(x) + x - x, xp.lift(2)), box, x=real())
    assert "beyond the box" in evidence.reason


def test_an_equality_is_never_proved_by_a_box():
    _, evidence = enclosed(lambda xp, x: Equal(x + x, 2 * x), LINE, x=real())
    assert evidence is None


def test_a_box_that_forgets_a_parameter_is_an_error():
    body = lambda xp, x, y: AtMost((x + y) * one(xp), x * x + y * y + 1)
    verdict, _ = enclosed(body, LINE, x=real(), y=real())
    assert verdict.verdict == "invalid"
    assert "no range for 'y.x'" in verdict.because


WITHOUT_A_BOX = {
    "a parabola": (lambda xp, x: AtMost(x * x, xp.one * 5), True),
    "by a hundredth": (lambda xp, x: AtMost(xp.sin(x), xp.one * 101 / 100), True),
    "too much by a hundredth": (lambda xp, x: AtMost(xp.sin(x), xp.one * 99 / 100), False),
    "with a slope": (
        lambda xp, x: AtMost(xp.push(xp.relu, x, xp.one), xp.one * 11 / 10), True),
    "saturated": (lambda xp, x: AtMost(xp.tanh(x), xp.one * 97 / 100), True),
    "not saturated enough": (lambda xp, x: AtMost(xp.tanh(x), xp.one * 96 / 100), False),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_A_BOX)
def test_a_bounded_domain_is_enclosed_without_being_asked_for(name):
    body, true = WITHOUT_A_BOX[name]
    verdict, _ = examine(body, x=between(-2, 2))
    assert verdict.verdict == ("proved" if true else "refuted"), verdict


def test_that_nobody_asked_for_an_enclosure_is_no_suspicion():
    """Equality is attained: the enclosure stays open, and the statement stands all the same."""
    verdict, evidence = examine(lambda xp, x: AtMost(2 * x * one(xp), x * x + 1), x=between(-2, 2))
    assert "undecided after" in evidence["enclosed"].reason
    assert verdict.verdict == "stands"


def test_sizes_beside_those_of_the_box_are_not_proved():
    """True for n = 2, at which the box is; at n = 4 it is false, and found to be."""
    body = lambda xp, x: AtMost(xp.sum(x * x), xp.one * 3)
    box = {"sizes": {"n": 2}, "raw": {"x.x": (-1, 1)}}
    given = dict(x=between(-1, 1, "n"))
    verdict, _ = examine(body, box=box, sizes={"n": [2]}, **given)
    assert (verdict.verdict, verdict.scope.sizes) == ("proved up to", {"n": (2,)})
    assert examine(body, box=box, sizes={"n": [2, 4]}, **given)[0].verdict == "refuted"
    true = lambda xp, x: AtMost(xp.sum(x * x) * one(xp) + x[0] - x[0], xp.one * 3 / 2 * x.shape[0])
    verdict, _ = examine(true, box=box, sizes={"n": [2, 4]}, **given)
    assert (verdict.verdict, verdict.scope.box) == (
        "proved on",
        "n = 2, parameter x of x in [-1, 1]",
    )
