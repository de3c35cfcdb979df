"""Inequalities with a stated gap: proved if the gap is an identity and nonnegative by its form."""

from __future__ import annotations

import random

import pytest

from fieldcheck.domains import positive, real
from fieldcheck.evidence import cells, exact
from fieldcheck.evidence.emptiness import _small, is_empty
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.relations import AtMost, Zero
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]
HIDDEN = "the gap is not nonnegative by its form"


def test_a_polynomial_gap():
    good = statement(lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x - 1) ** 2), x=real())
    assert exact.run(good, QUICK, 0).outcome == "confirms"
    wrong = statement(lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x + 1) ** 2), x=real())
    assert exact.run(wrong, QUICK, 0).outcome != "confirms"
    body = lambda xp, x: AtMost(2 * x, x * x + 1, gap=x * x - 2 * x + 1)
    found = exact.run(statement(body, x=real()), QUICK, 0)
    assert (found.outcome, found.applies, found.reason) == ("silent", False, HIDDEN)


def test_a_gap_with_branches():
    good = statement(lambda xp, x: AtMost(-xp.relu(x), xp.zeros(), gap=xp.relu(x)), x=real())
    assert cells.run(good, QUICK, 0).outcome == "confirms"
    body = lambda xp, x: AtMost(-xp.relu(x), xp.zeros(), gap=xp.relu(x) + 0 * x)
    found = cells.run(statement(body, x=real()), QUICK, 0)
    assert (found.outcome, found.applies, found.reason) == ("silent", False, HIDDEN)
    wrong = statement(lambda xp, x: AtMost(-xp.relu(x), xp.zeros(), gap=xp.relu(-x)), x=real())
    assert cells.run(wrong, QUICK, 0).outcome != "confirms"


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
    graph, (root,) = cells.written_down(subject, {}, 0)
    rng = random.Random(0)
    _, _, failing = cells._entry(graph, root, QUICK, rng)
    assert failing
    assert all(is_empty(graph, root, choices, rng) for choices in failing)


def test_a_branch_that_a_point_takes_is_not():
    subject = statement(lambda xp, x: Zero(xp.relu(x - 1) * xp.relu(x)), x=real())
    graph, (root,) = cells.written_down(subject, {}, 0)
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
