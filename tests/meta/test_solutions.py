"""The elimination behind `Solutions`, checked on systems whose solutions are known."""

from __future__ import annotations

import pytest
import sympy as sp

from fieldcheck.domains import real, real_matrix, vector
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.semialgebraic import Unknown, a_point
from fieldcheck.relations import Piece, Solutions

x, y, z = sp.symbols("x y z", real=True)

EMPTY = {
    "a square is not negative": ([], [-x * x]),
    "x > y > z > x": ([], [x - y, y - z, z - x]),
    "between two integers, twice": ([x * (x - 1)], [x - 2]),
    "no real root": ([x * x + 1], []),
    "a sum of products of signs": ([], [x * y, -x, y]),
    "a line that misses a strip": ([x + y - 3], [1 - x, 1 - y]),
    "contradicting equations": ([x - 1, x - 2], []),
    "substitution makes a constant": ([x * y - y, y - 1], [x - 2]),
}
INHABITED = {
    "all of space": ([], []),
    "an open wedge": ([], [x, y - 100 * x]),
    "a ray": ([x - 1], [y]),
    "one of two lines": ([(x - y) * (x + y - 2)], [x - 5, -y]),
    "a point of a product": ([x * y * z, x - 1, y - 2], []),
    "a thin strip": ([], [y - x, x + sp.Rational(1, 10**9) - y]),
}


@pytest.mark.parametrize("name", EMPTY)
def test_empty_sets(name):
    assert a_point(*EMPTY[name], [x, y, z]) is None


@pytest.mark.parametrize("name", INHABITED)
def test_inhabited_sets(name):
    zero, positive = INHABITED[name]
    point = a_point(zero, positive, [x, y, z])
    assert point is not None
    assert all(sp.sympify(e).subs(point) == 0 for e in zero)
    assert all(sp.sympify(p).subs(point) > 0 for p in positive)


@pytest.mark.parametrize(
    ("zero", "positive"),
    [
        ([x * x - 2], []),  # an irrational point: no rational witness
        ([x * x + y * y - 1], []),  # a curve
        ([], [1 - x * x - y * y]),  # a disc
    ],
)
def test_what_it_cannot_decide_is_unknown(zero, positive):
    with pytest.raises(Unknown):
        a_point(zero, positive, [x, y])


def idempotents(claimed):
    """Numbers with a² = a."""
    return lambda xp, a: Solutions(Piece(zero=(a * a - a,)), claimed(a))


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        (lambda a: (Piece(zero=(a,)), Piece(zero=(a - 1,))), "proved"),
        (lambda a: (Piece(zero=(a * (a - 1),)),), "proved"),
        (lambda a: (Piece(zero=(a,)),), "refuted"),
        (lambda a: (Piece(zero=(a,)), Piece(zero=(a - 1,)), Piece(zero=(a - 2,))), "refuted"),
        (lambda a: (Piece(zero=(a,)), Piece(zero=(a - 1,), positive=(-a,))), "refuted"),
        (lambda a: (Piece(nonnegative=(a,)),), "refuted"),
        (lambda a: (), "refuted"),
    ],
)
def test_claims_about_a_quadratic(claimed, verdict):
    found, evidence = examine(idempotents(claimed), a=real())
    assert found.verdict == verdict
    assert found.grade == "exact"
    if verdict == "refuted":
        assert evidence["solutions"].witness.certified_by == "rational"


def test_relus_are_opened_into_three_cases():
    def body(xp, v):  # |a| = b if and only if b >= 0 and a = b or a = -b
        a, b = v[0], v[1]
        return Solutions(
            Piece(zero=(xp.relu(a) + xp.relu(-a) - b,)),
            (Piece(zero=(a - b,), nonnegative=(b,)), Piece(zero=(a + b,), nonnegative=(b,))),
        )

    verdict, _ = examine(body, sizes={"n": (2,)}, v=vector("n"))
    assert (verdict.verdict, verdict.grade) == ("proved up to", "exact")


def test_a_single_point_left_out_is_found():
    def body(xp, v):  # the claimed set lacks the origin alone
        a, b = v[0], v[1]
        return Solutions(
            Piece(zero=(a * b,)), (Piece(zero=(a,), nonzero=(b,)), Piece(zero=(b,), nonzero=(a,)))
        )

    verdict, evidence = examine(body, sizes={"n": (2,)}, v=vector("n"))
    assert verdict.verdict == "refuted"
    assert evidence["solutions"].witness.raw == {"v.x": ["0", "0"]}


def test_an_undecided_case_is_silent():
    verdict, evidence = examine(lambda xp, a: Solutions(Piece(zero=(a * a - 2,)), ()), a=real())
    assert verdict.verdict == "undecided"
    assert evidence["solutions"].outcome == "silent"


def test_a_point_refutes_what_no_elimination_decides():
    """x² + xy + y² is zero at the origin alone, and not wherever x = y."""
    claim = lambda xp, x, y: Solutions(
        Piece(zero=(x * x + x * y + y * y,)), (Piece(zero=(x - y,)),)
    )
    verdict, _ = examine(claim, x=real(), y=real())
    assert verdict.verdict == "refuted"


def test_a_solution_that_divides_by_zero_decides_nothing():
    """A² = 0 exactly if trace and determinant vanish: a = -bc/d is none where d is 0."""

    def body(xp, A, times=1):
        square = A @ A
        zero = tuple(square[i, j] for i in range(2) for j in range(2))
        return Solutions(
            Piece(zero=zero), (Piece(zero=(xp.trace(A), times * xp.det(A) + (times - 1))),)
        )

    assert examine(body, A=real_matrix(2, 2))[0].verdict == "undecided"
    wrong = lambda xp, A: body(xp, A, times=2)
    assert examine(wrong, A=real_matrix(2, 2))[0].verdict == "refuted"
