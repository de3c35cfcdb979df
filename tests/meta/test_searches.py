"""Statements that only a search can tell apart: false far away, at one number, on one side, beside
true ones that look alike.

Every false one of ``FALSE`` was accepted by the judge before this one.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import factorial
from typing import Any

import pytest

from fieldcheck.domains import (
    between,
    nonnegative,
    number,
    orthogonal,
    positive,
    real,
    real_matrix,
    simplex,
    spd,
    symmetric,
    unit_vector,
    unitary,
    vector,
)
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Zero

NONZERO = number().without_strata("zero")
HOLDING = ("proved", "proved up to", "stands")


def on(xp, t):
    """1 where t is not zero, 0 where it is."""
    return xp.norm2(xp.unit(xp.stack([t])))


def clustered(xp, x):
    """Positive where the first half of the entries nearly agree, and the second half, and the two
    halves differ."""
    size = xp.norm2(x)
    apart = (x[0] - x[3]) ** 2 - size / 10
    return xp.minimum(apart, size / 1000 - xp.norm2(x[:3] - x[0]) - xp.norm2(x[3:] - x[3]))


# name -> (body, inputs, words allowed)
FALSE: dict[str, tuple[Any, dict[str, Any], tuple[str, ...]]] = {
    # -- a domain is what its name says ------------------------------------------------------------
    "small positive numbers": (
        lambda xp, x: Zero(xp.relu(xp.one / 9 - x)), dict(x=positive()), ("refuted",)),
    "small eigenvalues": (
        lambda xp, A: AtMost(xp.one / 2, xp.trace(A)), dict(A=spd("n")), ("refuted",)),
    "reflections": (
        lambda xp, x, Q: Equal(x * xp.det(Q), x), dict(x=real(), Q=orthogonal(2)), ("refuted",)),
    "half a turn": (
        lambda xp, x, Q: Equal(x * on(xp, xp.det(Q + xp.eye(1))), x),
        dict(x=real(), Q=unitary(1)), ("refuted",)),
    "the other pole": (
        lambda xp, x, u: Equal(x * on(xp, u[0] + 1), x), dict(x=real(), u=unit_vector(2)),
        ("refuted",)),
    "small chances": (
        lambda xp, p: AtMost(xp.one / 10**9, p), dict(p=simplex(3)), ("refuted",)),
    # -- far away --------------------------------------------------------------------------------
    "beyond a million": (
        lambda xp, x: Equal(xp.cos(xp.clip(x, -(10**6), 10**6)), xp.cos(x)), dict(x=real()),
        ("refuted",)),
    "beyond 10^90": (
        lambda xp, x, t: Equal(xp.sin(x + xp.relu(t - 10**90)), xp.sin(x)),
        dict(x=real(), t=real()), ("refuted",)),
    "within 10^-30": (
        lambda xp, x, t: Equal(xp.sin(x), xp.sin(x * xp.clip(t * 10**30, 0, 1))),
        dict(x=real(), t=positive()), ("refuted",)),
    "beyond floats": (
        lambda xp, x: AtMost(x**3, 10**200 * (1 + x * x)), dict(x=real()), ("refuted",)),
    # -- at one number, or where entries meet ------------------------------------------------------
    "at one number": (
        lambda xp, x: Equal(xp.sin(x) * on(xp, x - 12), xp.sin(x)), dict(x=real()), ("refuted",)),
    "at a ratio of two": (
        lambda xp, x: Equal(x * on(xp, 7 * x - 3), x), dict(x=real()), ("refuted",)),
    "at a square": (
        lambda xp, x, t: Equal(xp.exp(x) * on(xp, t * t - 49), xp.exp(x)),
        dict(x=real(), t=real()), ("refuted",)),
    "where a determinant is 17": (
        lambda xp, x, M: Equal(xp.exp(x) * on(xp, xp.det(M) - 17), xp.exp(x)),
        dict(x=real(), M=real_matrix(2, 2)), ("refuted",)),
    "at a line of matrices": (
        lambda xp, x, A: Equal(
            xp.exp(x) * xp.norm2(xp.unit(xp.stack([A[0, 0] - A[1, 1] - 1, A[0, 1] - 2]))),
            xp.exp(x)),
        dict(x=real(), A=symmetric(2)), ("refuted",)),
    "where a product is three": (
        lambda xp, x, y: Equal(xp.exp(x) * on(xp, x * y - 3), xp.exp(x)),
        dict(x=real(), y=real()), ("refuted", "undecided")),
    "where two inputs agree": (
        lambda xp, x, y: Equal(xp.sin(x) * xp.norm2(xp.unit(x[None] - y[None])), xp.sin(x)),
        dict(x=real(), y=real()), ("refuted",)),
    "at a number that is no fraction": (
        lambda xp, x: Equal(xp.cos(x) * on(xp, xp.exp(x) - 3), xp.cos(x)), dict(x=real()),
        ("refuted", "undecided")),
    "on the cut": (
        lambda xp, z: Equal(xp.log(xp.conj(z)), xp.conj(xp.log(z))), dict(z=NONZERO),
        ("refuted",)),
    "on the cut of a product": (
        lambda xp, z, w: Equal(xp.log(xp.conj(z * w)), xp.conj(xp.log(z * w))),
        dict(z=NONZERO, w=NONZERO), ("refuted",)),
    # -- on one side of a kink ---------------------------------------------------------------------
    "a needle": (
        lambda xp, x: Equal(xp.sin(x) + xp.relu(xp.one / 1000 - (x - 23) ** 2) ** 2, xp.sin(x)),
        dict(x=real()), ("refuted",)),
    "a needle beside what is large": (
        lambda xp, x: Equal(
            xp.exp(x) + xp.sin(xp.relu(xp.one / 1000 - (x - 23) ** 2)), xp.exp(x)),
        dict(x=real()), ("refuted",)),
    "a needle at no number of the body": (
        lambda xp, x, y: Equal(
            xp.sin(x + xp.relu(xp.one / 10**12 - (y * y + y - 3) ** 2)), xp.sin(x)),
        dict(x=real(), y=real()), ("refuted",)),
    "a needle in many dimensions": (
        lambda xp, x, v: Equal(xp.sin(x) + xp.maximum(xp.one / 100 - xp.norm2(v - 5), 0),
                               xp.sin(x)),
        dict(x=real(), v=vector(6)), ("refuted",)),
    "a thin triangle": (
        lambda xp, x, y: Equal(
            xp.sin(x + xp.relu(xp.minimum(xp.minimum(x - 3, y - 5), 8 + xp.one / 10**9 - x - y))),
            xp.sin(x)),
        dict(x=real(), y=real()), ("refuted",)),
    "two clusters": (
        lambda xp, x, y: Equal(xp.sin(y + xp.relu(clustered(xp, x))), xp.sin(y)),
        dict(x=vector(6), y=real()), ("refuted",)),
    # -- at points without simple coordinates ------------------------------------------------------
    "a logarithm on its cut at pi": (
        lambda xp, x: Equal(xp.conj(xp.log(xp.exp(xp.i * x) / 3)),
                            xp.log(xp.conj(xp.exp(xp.i * x) / 3))),
        dict(x=real()), ("undecided",)),
    "a root on its cut at pi": (
        lambda xp, x: Equal(xp.conj(xp.sqrt(xp.exp(xp.i * x))), xp.sqrt(xp.exp(-xp.i * x))),
        dict(x=real()), ("undecided",)),
    "a softplus on its cut": (
        lambda xp, z: Equal(xp.conj(xp.softplus(z)), xp.softplus(xp.conj(z))),
        dict(z=number()), ("undecided",)),
    "a logarithm on its cut at an end": (
        lambda xp, x: Equal(xp.log(xp.exp(xp.i * xp.pi * x)), xp.i * xp.pi * x),
        dict(x=between(-1, 1)), ("undecided",)),
    "a logarithm on its cut, which matters little": (
        lambda xp, x, y: Equal(y + xp.log(xp.exp(xp.i * xp.pi * x)) / 10**4,
                               y + xp.i * xp.pi * x / 10**4),
        dict(x=between(-1, 1), y=real()), ("undecided",)),
    "a logarithm on its cut beside what is large": (
        lambda xp, x: Equal(10**8 + xp.log(xp.exp(xp.i * xp.pi * x)), 10**8 + xp.i * xp.pi * x),
        dict(x=between(-1, 1)), ("undecided",)),
    "a small logarithm on its cut": (
        lambda xp, x: Equal(xp.log(xp.exp(xp.i * xp.pi * x)) / 10**6, xp.i * xp.pi * x / 10**6),
        dict(x=between(-1, 1)), ("undecided",)),
    "a logarithm on its cut at a corner": (
        lambda xp, x, y: Equal(xp.log(xp.exp(xp.i * xp.pi * x * y)), xp.i * xp.pi * x * y),
        dict(x=between(-1, 1), y=between(-1, 1)), ("undecided",)),
    "a root on its cut, which matters little": (
        lambda xp, x: Equal(1000 + xp.sqrt(xp.exp(xp.i * xp.pi * x)) / 10,
                            1000 + xp.exp(xp.i * xp.pi * x / 2) / 10),
        dict(x=between(-1, 1)), ("undecided",)),
    "a needle that underflows": (
        lambda xp, x: Equal(xp.maximum(xp.exp(-10**6 * (x - xp.pi) ** 2), xp.one / 2), xp.one / 2),
        dict(x=real()), ("refuted",)),
    "a saturated side": (
        lambda xp, x: AtMost(xp.tanh(x), 1 - xp.one / 10**50), dict(x=real()), ("refuted",)),
    # -- from some size on -------------------------------------------------------------------------
    "a norm from n = 17": (
        lambda xp, u: AtMost(xp.sum(xp.abs(u)), 4 * xp.norm(u)), dict(u=vector("n")),
        ("refuted",)),
    "a purity from n = 11": (
        lambda xp, p: AtMost(xp.one / 10, xp.sum(p * p)), dict(p=simplex("n")), ("refuted",)),
    "a number of entries from n = 41": (
        lambda xp, x, y: Equal(xp.relu(xp.one * (x.shape[0] - 40)) * xp.exp(y), xp.zeros()),
        dict(x=vector("n"), y=real()), ("refuted",)),
    "a chain of seven from n = 7": (
        lambda xp, x: Zero((lambda r: xp.sum(r @ r @ r @ r @ r @ r))(
            xp.relu(x[:, None] - x[None, :]))), dict(x=vector("n")), ("refuted",)),
}  # fmt: skip

TRUE: dict[str, tuple[Any, dict[str, Any]]] = {
    "positive numbers are": (lambda xp, x: Zero(xp.relu(-x)), dict(x=positive())),
    "orthogonal matrices are": (
        lambda xp, Q: Equal(xp.det(Q) ** 2, xp.one), dict(Q=orthogonal(2))),
    "a bound that is met at the end alone": (
        lambda xp, x: AtMost(x, 5), dict(x=between(-2, 5))),
    "no kink on either side": (
        lambda xp, x: Equal(xp.cos(x) + xp.relu(-xp.one / 100 - (x - 7) ** 2), xp.cos(x)),
        dict(x=real())),
    "a vector that does not vanish": (
        lambda xp, x, y: Equal(xp.sin(2 * x) * on(xp, y * y + y + 1),
                               2 * xp.sin(x) * xp.cos(x)), dict(x=real(), y=real())),
    "a quotient that is not defined everywhere": (
        lambda xp, x: Equal(x / x + xp.exp(x) * xp.exp(-x), xp.lift(2)), dict(x=real())),
    "a constant": (
        lambda xp, x: Equal(xp.sin(x) ** 2 + xp.cos(x) ** 2, xp.one), dict(x=real())),
    "a side that hardly moves": (
        lambda xp, x, y: Equal(xp.tanh(200 + x * x) * y, -y * xp.tanh(-200 - x * x)),
        dict(x=real(), y=real())),
    "sides of size 10^250": (
        lambda xp, x: Equal(10**250 * xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x) * 10**250),
        dict(x=real())),
    "a sharp bound at all scales": (
        lambda xp, x: AtMost(xp.sum(x) ** 2, x.shape[0] * xp.sum(x * x)), dict(x=vector("n"))),
    "absorbed by rounding": (
        lambda xp, x, y: Equal((x + y) - x, y), dict(x=real(), y=real())),
    "the real cut": (
        lambda xp, x: Equal(xp.log(x * x), 2 * xp.log(x)), dict(x=positive())),
    "roots of squares": (
        lambda xp, x: Equal(xp.sqrt(x * x), x), dict(x=nonnegative())),
    "a softplus beside its cut": (
        lambda xp, z: Equal(xp.exp(xp.softplus(z)) * xp.cos(z), xp.cos(z) + xp.exp(z) * xp.cos(z)),
        dict(z=number())),
    "a logarithm that meets no cut": (
        lambda xp, x: Equal(xp.conj(xp.log(xp.exp(xp.i * x) + 2)), xp.log(xp.exp(-xp.i * x) + 2)),
        dict(x=real())),
    "a logarithm up to the end that is on its cut": (
        lambda xp, x: Equal(xp.log(xp.exp(xp.i * xp.pi * x)), xp.i * xp.pi * x),
        dict(x=between(Fraction(-9, 10), 1))),
    "a small logarithm up to the end that is on its cut": (
        lambda xp, x, y: Equal(y + xp.log(xp.exp(xp.i * xp.pi * x)) / 10**6,
                               y + xp.i * xp.pi * x / 10**6),
        dict(x=between(Fraction(-9, 10), 1), y=real())),
    "small roots on one cut": (
        lambda xp, x, y: Equal(xp.cos(y) + xp.sqrt(9 * xp.exp(xp.i * x)) / 10**5,
                               xp.cos(y) + 3 * xp.sqrt(xp.exp(xp.i * x)) / 10**5),
        dict(x=real(), y=real())),
    "large logarithms on one cut": (
        lambda xp, z, y: Equal(xp.cos(y) + 10**5 * xp.log(xp.sin(z) * 4),
                               xp.cos(y) + 10**5 * (xp.log(xp.lift(4)) + xp.log(xp.sin(z)))),
        dict(z=number(), y=real())),
    "differences of logarithms on one cut": (
        lambda xp, z, y: Equal(xp.sin(2 * y) + (xp.log(5 * xp.exp(z)) - xp.log(xp.exp(z))),
                               2 * xp.sin(y) * xp.cos(y) + xp.log(xp.lift(5))),
        dict(z=number(), y=real())),
    "both sides on one cut": (
        lambda xp, x: Equal(xp.log(xp.exp(xp.i * x) * 4),
                            2 * xp.log(xp.lift(2)) + xp.log(xp.exp(xp.i * x))),
        dict(x=real())),
    "an argument that is the same everywhere": (
        lambda xp, x: Equal(xp.sin(x) * xp.relu(x - x + 1), xp.sin(x)), dict(x=real())),
    "a bound that grows with the size": (
        lambda xp, u: AtMost(xp.sum(xp.abs(u)) ** 2, u.shape[0] * xp.norm2(u)),
        dict(u=vector("n"))),
    "a sum over permutations, of which there are many": (
        lambda xp, x: Equal(xp.cos(sum((x[p[0]] for p in permutations(range(x.shape[0]))),
                                       xp.zeros())),
                            xp.cos(xp.sum(x) * factorial(x.shape[0] - 1))), dict(x=vector("n"))),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_somewhere_is_found(name):
    body, given, words = FALSE[name]
    verdict, evidence = examine(body, profile="standard", **given)
    assert verdict.verdict in words, (verdict, {k: e.reason for k, e in evidence.items()})


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_left_alone(name):
    body, given = TRUE[name]
    verdict, evidence = examine(body, profile="standard", **given)
    assert verdict.verdict in HOLDING, (verdict, {k: e.reason for k, e in evidence.items()})


def test_a_side_that_no_search_reaches_keeps_a_statement_from_standing():
    """exp(x) > 0, which its argument's form does not say: relu is never seen left of -1."""
    body = lambda xp, x: Equal(xp.sin(x) + xp.relu(-1 - xp.exp(x) * xp.cos(x - x)), xp.sin(x))
    verdict, evidence = examine(body, x=real())
    assert verdict.verdict == "undecided"
    assert "the argument of relu in line" in evidence["sampled"].reason
    assert "was never positive" in evidence["sampled"].reason


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_every_size_that_an_author_lists_is_visited(profile):
    late = lambda xp, x: Equal(xp.exp(x[0]), xp.exp(x[0]) + max(0, x.shape[0] - 9) * x[-1])
    sizes = {"n": range(1, 12)}
    assert examine(late, profile=profile, sizes=sizes, x=vector("n"))[0].verdict == "refuted"
    equal = lambda xp, X, Y: Equal(
        xp.exp(X[0, 0]), xp.exp(X[0, 0]) * (2 if X.shape[0] == X.shape[1] == Y.shape[1] else 1)
    )
    given = dict(X=real_matrix("N", "C"), Y=real_matrix("C", "M"))
    assert examine(equal, profile=profile, **given)[0].verdict == "refuted"
