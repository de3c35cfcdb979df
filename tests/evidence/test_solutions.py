"""Parts of the method for systems: unions of basic sets, cases of signs, membership at a point."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from fieldcheck.domains import orthogonal, positive, real, real_invertible
from fieldcheck.evidence.methods import solutions
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Piece, Solutions
from tests.evidence.statements import statement

x, y = sp.symbols("x y", real=True)


def test_the_intersection_of_unions():
    unions = [[([x], []), ([], [x])], [([], [y]), ([y], [])], [([x], [y])]]
    met = list(solutions._meet(unions))
    assert len(met) == 4
    assert met[0] == ([x], [y])
    assert met[3] == ([y, x], [x, y])
    assert list(solutions._meet([])) == [([], [])]
    assert list(solutions._meet([[([x], [])], []])) == []


def test_a_case_keeps_what_it_has_decided():
    class Node:
        id = 7

    for sign in (1, 0, -1):
        case = solutions.Case().decided(Node, x, sign)
        assert case.signs == {x: sign}
        assert case.zero == ([x] if sign == 0 else [])
        assert case.positive == ([sign * x] if sign else [])
        assert case.value[7] == (x if sign > 0 else 0)


def square(claimed):
    """x² = 1, with some claimed solutions."""
    body = lambda xp, x: Solutions(
        Piece(zero=(x * x - 1,)), tuple(Piece(zero=(x - c,)) for c in claimed)
    )
    return statement(body, x=real())


@pytest.mark.parametrize(
    ("claimed", "outcome", "side"),
    [
        ((1, -1), "confirms", None),
        ((1,), "refutes", solutions.MISSED),
        ((1, -1, 3), "refutes", solutions.TOO_MANY),
    ],
)
def test_both_inclusions(claimed, outcome, side):
    subject = square(claimed)
    evidence = solutions.run(subject, PROFILES["quick"], 0)
    assert evidence.outcome == outcome
    if side is None:
        assert evidence.witness is None
    else:
        assert (evidence.witness.part, evidence.witness.side) == (0, side)
        record = evidence.witness.record()
        assert solutions.disagrees(subject, record)
        assert not solutions.disagrees(square((1, -1)), record)


def test_membership_and_disagreement_either_way():
    subject = square((1, 3))
    (name,) = subject.raw_shapes({})
    found = {
        at: solutions.membership(subject, {name: np.array(at, dtype=object)}, 0)
        for at in (1, -1, 3, 5)
    }
    assert found == {1: (True, True), -1: (True, False), 3: (False, True), 5: (False, False)}
    for at, (solves, claimed) in found.items():
        record = {"raw": {name: str(at)}, "part": 0}
        assert solutions.disagrees(subject, record) is (solves != claimed)


def test_a_planted_fault_is_seen():
    assert solutions.run(square((1, -1)).faulty(30, 0), PROFILES["quick"], 0).outcome == "refutes"


@pytest.mark.parametrize(
    "second",
    [lambda xp, x: xp.relu(x * x - 1), lambda xp, x: xp.relu(1 - x * x)],
    ids=["the same argument", "its negative"],
)
def test_a_sign_is_decided_once(second):
    """(x + 1)(x - 1) and x² - 1 are two expressions and one polynomial: three cases, not nine."""
    body = lambda xp, x: Solutions(
        Piece(zero=(xp.relu((x + 1) * (x - 1)) - second(xp, x), x)), (Piece(zero=(x,)),)
    )
    problem = solutions.Problem(statement(body, x=real()), {}, 0)
    cases = list(problem._cases())
    assert len(cases) == 3
    assert sorted(next(iter(c.signs.values())) for c in cases) == [-1, 0, 1]


def _pieces(*zero):
    return Piece(zero=tuple(zero))


DOMAINS = {
    "a root outside": (
        lambda xp, x: Solutions(_pieces(x * x - x), (_pieces(x - 1),)), dict(x=positive()),
        ("proved",)),
    "both roots inside": (
        lambda xp, x: Solutions(_pieces((x - 1) * (x - 4)), (_pieces(x - 1),)), dict(x=positive()),
        ("refuted",)),
    "a factor that never vanishes": (
        lambda xp, x, y: Solutions(_pieces(x * y), (_pieces(y),)), dict(x=positive(), y=real()),
        ("proved",)),
    "an edge outside": (
        lambda xp, x: Solutions(Piece(nonnegative=(x,)), (Piece(positive=(x,)),)),
        dict(x=positive()), ("proved",)),
    "a determinant that never vanishes": (
        lambda xp, A: Solutions(_pieces(xp.det(A)), ()), dict(A=real_invertible(2)),
        ("proved", "undecided")),
    "a determinant that may be one": (
        lambda xp, A: Solutions(_pieces(xp.det(A) - 1), ()), dict(A=real_invertible(2)),
        ("refuted",)),
    "signs": (
        lambda xp, Q: Solutions(_pieces(Q[0, 0] ** 2 - 1), (Piece(),)), dict(Q=orthogonal(1)),
        ("proved",)),
    "a circle of no radius": (
        lambda xp, x, y: Solutions(_pieces(x * x + x * y + y * y), (_pieces(x, y),)),
        dict(x=real(), y=real()), ("proved",)),
    "a cone": (
        lambda xp, x, y: Solutions(_pieces(x * x + x * y - 6 * y * y), (_pieces(x, y),)),
        dict(x=real(), y=real()), ("refuted",)),
    "a curve": (
        lambda xp, x, y: Solutions(_pieces(x**4 + y**2 + 1), ()), dict(x=real(), y=real()),
        ("proved",)),
}  # fmt: skip


@pytest.mark.parametrize("name", DOMAINS)
def test_no_point_outside_the_domain_counts(name):
    body, given, words = DOMAINS[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict in words
