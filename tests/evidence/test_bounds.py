"""The error bounds that are printed beside exact verdicts, worked out by hand for small bodies."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from fieldcheck.domains import nonnegative, real, real_matrix, vector
from fieldcheck.evidence.methods import cells, exact, rank
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.relations import AtMost, Equal, Rank, Zero
from fieldcheck.verdict import Report
from tests.evidence.statements import statement

QUICK = PROFILES["quick"]
PRIMES = 2.0**119


def log2_of(schwartz_zippel, primes=1.0):
    return math.log2(schwartz_zippel / 2.0**127 + primes / PRIMES)


def per_trial(subject, sizes, roots=0):
    return exact.missed(*exact.measured(subject, sizes, 0), roots)


def reached(per, start=0.0):
    """The bound after as many trials as the profile asks for."""
    return start + math.ceil((QUICK.bound - start) / per) * per


@pytest.mark.parametrize(
    ("body", "degree"),
    [
        (lambda xp, x: Equal(x + x, 2 * x), 1),
        (lambda xp, x: Equal(x * x - 1, (x - 1) * (x + 1)), 2),
        (lambda xp, x: Equal(x**4, (x * x) ** 2), 4),
        (lambda xp, x: AtMost(2 * x, x * x + 1, gap=(x - 1) ** 2), 2),
    ],
)
def test_one_trial_of_a_polynomial_identity(body, degree):
    subject = statement(body, x=real())
    assert per_trial(subject, {}) == pytest.approx(log2_of(2 * degree), abs=1e-12)


def test_a_root_costs_two_bits_and_many_roots_leave_nothing():
    one = statement(lambda xp, x: Equal(xp.sqrt(x) ** 2, x), x=nonnegative("n"))
    # x is the square of its raw parameter, its root has half the degree and is one free symbol,
    # whose argument of degree 2 may meet itself or its opposite. Both signs: twice the degree;
    # the radicand is a square at half of the points: twice the chance.
    per = per_trial(one, {"n": 1}, roots=1)
    assert per == pytest.approx(log2_of((2 * 2 * 2 + 2 * 2) * 2, primes=2), abs=1e-12)
    assert per_trial(one, {"n": 1}, roots=70) == 0


def test_trials_of_a_shape_multiply_and_the_worst_shape_is_printed():
    subject = statement(lambda xp, x: Equal(x * x - 1, (x - 1) * (x + 1)), x=vector("n"))
    evidence = exact.run(subject, QUICK, 0)
    # One index runs over n, so that two sizes are enough for all.
    worst = max(reached(per_trial(subject, {"n": n})) for n in (1, 2))
    assert evidence.log2_bound == pytest.approx(worst, abs=1e-9)
    assert worst <= -100
    assert evidence.cases == 2  # one trial each


def test_the_bound_of_a_rank():
    subject = statement(
        lambda xp, A: Rank(A @ A.T, A.shape[0]), {"n": [2]}, A=real_matrix("n", "n")
    )
    evidence = rank.run(subject, QUICK, 0)
    assert evidence.outcome == "confirms"
    # A minor of two rows of degree 2 each; its height stays below 127 bits.
    assert evidence.log2_bound == pytest.approx(reached(log2_of(2 * 4)), abs=1e-9)


def test_a_rank_of_complex_numbers_and_of_a_point_that_divides_by_zero():
    assert rank._rational_rank(np.array([[[1, 0], [0, 0]], [[0, 1], [1, 0]]], dtype=object)) == 2
    assert rank._rational_rank(np.array([[[1, 0], [0, 1]], [[0, 0], [0, 0]]], dtype=object)) == 2
    # (1, i; -i, 1) has rank one.
    assert rank._rational_rank(np.array([[[1, 0], [0, 1]], [[0, 1], [-1, 0]]], dtype=object)) == 1
    # Points with entries 0, 1, -1 are tried first: most of them divide by zero here.
    body = lambda xp, x: Rank(xp.eye(3) / ((x[0] - 1) * (x[0] + 1) * x[0]), 2)
    evidence = rank.run(statement(body, {"n": [1]}, x=vector("n")), QUICK, 0)
    assert (evidence.outcome, evidence.reason) == ("refutes", "rank 3, not 2")
    assert evidence.witness is not None
    assert (evidence.witness.lhs, evidence.witness.rhs) == ("3", "2")


def entry(body, **given):
    return written(statement(body, **given))


def written(subject):
    work = cells.Cells(subject, 0, QUICK, random.Random(0), Report("cells"))
    found = work.written({})
    (root,) = found.residuals
    return found.graph, root


def test_the_bound_of_a_branch():
    graph, root = entry(lambda xp, x: Zero(xp.relu(x) * xp.relu(-x)), x=real())
    assert cells._error(graph, root) == pytest.approx(log2_of(2 * 2), abs=0.01)
    graph, root = entry(lambda xp, x: Zero(xp.relu(x) ** 3 * xp.relu(-x)), x=real())
    assert cells._error(graph, root) == pytest.approx(log2_of(2 * 4), abs=0.01)
    # A coefficient of 1270 bits may vanish modulo ten of the primes, a Gaussian one modulo twenty.
    graph, root = entry(lambda xp, x: Zero(xp.relu(x) * xp.relu(-x) * 2**1270), x=real())
    assert cells._error(graph, root) == pytest.approx(log2_of(2 * 2, 2 * 1270 / 127), abs=0.05)


def test_the_bound_of_all_branches_together():
    true = statement(lambda xp, x: Equal(xp.relu(x) - xp.relu(-x), x), x=real())
    evidence = cells.run(true, QUICK, 0)
    assert (evidence.outcome, evidence.cells) == ("confirms", 2)
    graph, root = written(true)
    expected = reached(cells._error(graph, root), math.log2(2))
    assert evidence.log2_bound == pytest.approx(expected, abs=1e-9)


def test_independent_terms_are_told_apart():
    body = lambda xp, x, y: Zero(xp.relu(x) - 3 * (xp.relu(-x) + 2 * xp.abs(y)) - x)
    graph, root = entry(body, x=real(), y=real())
    pieces = cells._independent(graph, root)
    names = [{n.args[0] for n in graph.order(p) if n.op == "raw"} for p in pieces]
    assert sorted(map(len, names)) == [1, 1]
    rng = random.Random(0)
    # On no branch of y does 6 |y| vanish; x's own terms fail on one branch of two.
    failing = {
        min(n): len(cells._branches(graph, p, 100, rng)[1])
        for n, p in zip(names, pieces, strict=True)
    }
    assert sorted(failing.values()) == [1, 2]
