"""Inequalities with a stated gap: proved if the gap is an identity and nonnegative by its form."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.domains import positive, real
from fieldcheck.evidence.emptiness import _small, is_empty
from fieldcheck.evidence.methods import cells, exact
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.witness import certified
from fieldcheck.relations import AtMost, Zero
from fieldcheck.verdict import Report, Why
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]
HIDDEN = ("silent", Why.GAP_SIGN)


def test_a_polynomial_gap():
    good = statement(lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x - 1) ** 2), x=real())
    assert exact.run(good, QUICK, 0).outcome == "confirms"
    wrong = statement(lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x + 1) ** 2), x=real())
    assert exact.run(wrong, QUICK, 0).outcome != "confirms"
    y = lambda xp, x: xp.exp(x)
    body = lambda xp, x: AtMost(
        2 * y(xp, x), y(xp, x) ** 2 + 1, gap=y(xp, x) ** 2 - 2 * y(xp, x) + 1
    )
    found = exact.run(statement(body, x=real()), QUICK, 0)
    assert (found.outcome, found.why) == HIDDEN


def test_a_gap_with_branches():
    good = statement(lambda xp, x: AtMost(-xp.relu(x), xp.zeros(), gap=xp.relu(x)), x=real())
    assert cells.run(good, QUICK, 0).outcome == "confirms"
    body = lambda xp, x: AtMost(-xp.relu(x), xp.zeros(), gap=xp.relu(x) + x - x)
    found = cells.run(statement(body, x=real()), QUICK, 0)
    assert (found.outcome, found.why) == HIDDEN
    wrong = statement(lambda xp, x: AtMost(-xp.relu(x), xp.zeros(), gap=xp.relu(-x)), x=real())
    assert cells.run(wrong, QUICK, 0).outcome != "confirms"


def logs(more):
    """-log a - log b <= 0 for a, b > 1; no prime field knows the gap log(1 + exp log(ab - 1))."""

    def body(xp, x):
        a, b = 1 + x * x, 2 + x * x
        gap = lambda: xp.log(1 + xp.exp(xp.log(a * b - 1))) + more(xp, x)
        return AtMost(-xp.log(a) - xp.log(b), x - x, gap=more and gap())

    return body


WRONG = {
    "polynomial": lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x + 1) ** 2),
    "free symbols": lambda xp, x: AtMost(-xp.exp(x), 0 * x, gap=2 * xp.exp(x)),
    "transcendental": logs(lambda xp, x: x * x),
    "off by little": logs(lambda xp, x: xp.one / 10**40),
    "one of two entries": lambda xp, x: AtMost(
        xp.stack([-xp.exp(x), -xp.exp(x)]), xp.zeros(2), gap=xp.stack([xp.exp(x), xp.exp(2 * x)])),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gap_refutes_though_the_order_is_right(name):
    body = WRONG[name]
    verdict, evidence = examine(body, x=real())
    assert verdict.verdict == "refuted"
    assert verdict.witness.side == "gap"
    subject = statement(body, x=real())
    assert replay(subject.form, verdict.witness.record())["certified"]
    if name in ("free symbols", "transcendental"):
        assert evidence["exact"].reason == "the given gap is not the difference of the sides"
        assert verdict.grade == "enclosed"


def test_a_gap_that_is_off_by_less_than_sixty_digits_is_seen():
    verdict, _ = examine(logs(lambda xp, x: xp.one / 10**200), x=real())
    assert (verdict.verdict, verdict.grade, verdict.witness.side) == ("refuted", "enclosed", "gap")


def test_a_gap_that_nothing_confirms_counts_for_nothing_and_says_so():
    """No better than without it: and without it a search is all there is."""
    with_gap, evidence = examine(logs(lambda xp, x: 0 * x), x=real())
    without, _ = examine(logs(None), x=real())
    assert (with_gap.verdict, with_gap.grade) == (without.verdict, without.grade)
    assert (without.verdict, without.grade) == ("stands", "sampled")
    assert evidence["exact"].outcome == "silent"
    assert "the given gap is not confirmed as an identity" in evidence["exact"].reason


def test_a_planted_fault_leaves_the_gap_alone():
    """It is the order that has to notice, as it would where no gap is given."""
    subject = statement(logs(lambda xp, x: 0 * x), x=real())
    raw = {"x.x": np.array(Fraction(1, 3), dtype=object)}
    assert certified(subject, {}, raw) is None
    assert certified(subject.faulty(20, 0), {}, raw) is None


def written(subject):
    found = cells.Cells(subject, 0, QUICK, random.Random(0), Report("cells")).written({})
    (root,) = found.residuals
    return found.graph, root


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (lambda xp, x: xp.relu(x - 1) * xp.relu(-x), dict(x=real())),
        (
            lambda xp, a, b, x: xp.relu(a * x - b) * xp.relu(-x),
            dict(a=positive(), b=positive(), x=real()),
        ),
        (lambda xp, x, y: xp.relu(x - xp.sqrt(x * x + y * y + 1)), dict(x=real(), y=real())),
    ],
    ids=["a constant", "positive factors", "a root"],
)
def test_branches_that_no_point_takes_are_certified(body, given):
    subject = statement(lambda xp, **inputs: Zero(body(xp, **inputs)), **given)
    graph, root = written(subject)
    rng = random.Random(0)
    _, _, failing = cells._entry(graph, root, QUICK, rng)
    assert failing
    assert all(is_empty(graph, root, choices, rng) for choices in failing)


def test_a_branch_that_a_point_takes_is_not():
    subject = statement(lambda xp, x: Zero(xp.relu(x - 1) * xp.relu(x)), x=real())
    graph, root = written(subject)
    rng = random.Random(0)
    _, _, failing = cells._entry(graph, root, QUICK, rng)
    assert len(failing) == 1
    assert not is_empty(graph, root, failing[0], rng)


@pytest.mark.parametrize(("top", "bottom"), [(0, 1), (1, 1), (-3, 7), (4000, 4001), (-1, 4096)])
def test_small_fractions_are_read_from_their_residues(top, bottom):
    p = 2**59 + 21
    found = _small(top * pow(bottom, -1, p) % p, p)
    assert (found.numerator, found.denominator) == (top, bottom)
    assert _small(pow(99991, -1, p), p) is None
