"""Generic ranks: polynomial ones, those of square roots, and where nothing can be said."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.claim import Form
from fieldcheck.domains import built, matrix, positive, real, real_matrix, vector
from fieldcheck.evidence.methods import rank
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Rank
from tests.evidence.statements import statement

TWO = {"n": (2,)}


def outer(x):
    return x[:, None] * x[None, :]


def length(x):
    return x.shape[0]


POSITIVE = {
    "√(x_i x_j)": (lambda xp, x: xp.sqrt(outer(x)), 1),
    "√(x_i² x_j²)": (lambda xp, x: xp.sqrt(outer(x) ** 2), 1),
    "√(x_i/x_j)": (lambda xp, x: xp.sqrt(x[:, None] / x[None, :]), 1),
    "√x_i √x_j": (lambda xp, x: outer(xp.sqrt(x)), 1),
    "√x_i + √x_j": (lambda xp, x: xp.sqrt(x)[:, None] + xp.sqrt(x)[None, :], 2),
    "√(x_i x_j) - √x_i √x_j": (lambda xp, x: xp.sqrt(outer(x)) - outer(xp.sqrt(x)), 0),
    "√(x_i + x_j)": (lambda xp, x: xp.sqrt(x[:, None] + x[None, :]), 2),
    "|x_i - x_j|": (lambda xp, x: xp.sqrt((x[:, None] - x[None, :]) ** 2), 2),
}
"""Matrices of two positive numbers, with their ranks."""


@pytest.mark.parametrize("name", POSITIVE)
def test_ranks_of_roots_take_the_positive_ones(name):
    make, right = POSITIVE[name]
    for claimed in range(3):
        body = lambda xp, x, claimed=claimed: Rank(make(xp, x), claimed)
        verdict, _ = examine(body, sizes=TWO, x=positive("n"))
        assert verdict.verdict == ("proved up to" if claimed == right else "refuted"), claimed
        if claimed != right:
            given = {"x": positive("n")}
            form = Form("example/claim", "claim", "example", body, given, TWO, "holds")
            record = json.loads(json.dumps(verdict.witness.record()))
            assert replay(form, record)["certified"]


def test_a_root_whose_sign_is_open_is_not_taken_for_the_positive_one():
    """Of any real x the root of x_i x_j is defined where that is not negative: choices of signs
    give other ranks, and none is known to be the true one."""
    verdict, evidence = examine(
        lambda xp, x: Rank(xp.sqrt(outer(x)), 2), sizes=TWO, x=real_matrix("n")
    )
    assert verdict.verdict in ("undecided", "refuted")
    assert "signs of square roots" in evidence["rank"].reason


POLYNOMIAL = {
    "a product of width r": (
        lambda xp, A, B, off: Rank(A @ B, min(A.shape) + off),
        dict(A=matrix("N", "r"), B=matrix("r", "N")),
    ),
    "x_i + x_j": (
        lambda xp, x, off: Rank(x[:, None] + x[None, :], min(length(x), 2) + off),
        dict(x=vector("n")),
    ),
    "skew": (
        lambda xp, A, off: Rank(A - A.T, length(A) - length(A) % 2 + off),
        dict(A=real_matrix("n", "n")),
    ),
    "A A* - A* A": (
        lambda xp, A, off: Rank(
            A @ xp.star(A) - xp.star(A) @ A, (0 if length(A) == 1 else length(A)) + off
        ),
        dict(A=matrix("n", "n")),
    ),
    "Cayley and Hamilton": (
        lambda xp, A, off: Rank(
            xp.stack([xp.flatten(m) for m in (xp.eye(3), A, A @ A, A @ A @ A)]), 3 + off
        ),
        dict(A=matrix(3, 3)),
    ),
    "over a divisor": (
        lambda xp, x, off: Rank(1 / (1 + outer(x)), length(x) + off),
        dict(x=vector("n")),
    ),
}


@pytest.mark.parametrize("off", [-1, 0, 1])
@pytest.mark.parametrize("name", POLYNOMIAL)
def test_ranks_of_polynomials(name, off):
    body, given = POLYNOMIAL[name]
    verdict, _ = examine(partial(body, off=off), **given)
    assert verdict.verdict in (("refuted",) if off else ("proved", "proved up to")), verdict


SYMBOLS = {  # a matrix of exponentials, logarithms and roots, and its rank
    "exp(x_i + x_j)": (lambda xp, x: xp.exp(x[:, None] + x[None, :]), 1),
    "exp x_i exp x_j": (lambda xp, x: outer(xp.exp(x)), 1),
    "exp(x_i - x_j) + 1": (lambda xp, x: xp.exp(x[:, None] - x[None, :]) + 1, 2),
    "cos(x_i - x_j)": (lambda xp, x: xp.cos(x[:, None] - x[None, :]), 2),
    "log(e^x_i e^x_j)": (lambda xp, x: xp.log(outer(xp.exp(x))), 2),
    "√(e^x_i (1 + x_j²))": (lambda xp, x: xp.sqrt(xp.exp(x)[:, None] * (1 + x**2)[None, :]), 1),
    "diag p - p p^T": (lambda xp, x: xp.diag(xp.softmax(x)) - outer(xp.softmax(x)), 2),
    "exp(x_i x_j)": (lambda xp, x: xp.exp(outer(x)), 3),
}


@pytest.mark.parametrize("name", SYMBOLS)
def test_ranks_of_what_is_a_symbol_modulo_a_prime(name):
    matrix, right = SYMBOLS[name]
    for r in range(4):
        verdict, _ = examine(lambda xp, x, r=r: Rank(matrix(xp, x), r), x=vector(3))
        assert verdict.verdict == ("proved" if r == right else "refuted"), r


def test_free_symbols_that_are_related_prove_nothing():
    """log(1 + x²) is 2 log|1 + ix|: two free symbols, of which one is the other's double."""
    body = lambda xp, x: Rank(xp.stack([xp.stack([xp.log(1 + x**2) - 2 * xp.log(xp.abs(
        xp.one + xp.i * x))])]), 0)  # fmt: skip
    assert examine(body, x=real())[0].verdict != "refuted"


# -- hypotheses ----------------------------------------------------------------------------------
def test_every_choice_of_signs_has_the_rank():
    """s² = 1: a determinant that vanishes for s = 1 alone, and one that does for both."""
    only_sign = replace(built("sign", (), {"s": ()}, lambda xp, raw: raw["s"]), signs=("s",))
    table = lambda xp, a, b: xp.stack([xp.stack([a, b]), xp.stack([xp.one, xp.one])])
    once = lambda xp, s: Rank(table(xp, s, xp.one), 1)
    both = lambda xp, s: Rank(table(xp, s * s, xp.one), 1)
    verdict, _ = examine(once, s=only_sign)
    assert verdict.verdict == "refuted"
    assert verdict.witness.raw["s.s"] == "-1"
    assert examine(both, s=only_sign)[0].verdict == "proved"


def test_witnesses_meet_the_hypotheses():
    apart = replace(
        built("small number", (), {"x": ()}, lambda xp, raw: raw["x"]),
        nonzero=("x",),
        within=lambda raw: abs(raw["x"][()]) < 1,
    )
    body = lambda xp, x: Rank(xp.stack([xp.stack([x, xp.one]), xp.stack([x * x, x + 1])]), 1)
    verdict, _ = examine(body, x=apart)
    assert verdict.verdict == "refuted"
    assert 0 < abs(Fraction(verdict.witness.raw["x.x"])) < 1


def test_a_stratum_outside_the_domain_is_not_looked_at():
    """At x = 0, which is not in the domain, nothing is smaller."""
    zero = lambda raw, rng: {"x": raw["x"] * 0}
    free = built("number", (), {"x": ()}, lambda xp, raw: raw["x"], strata={"zero": zero})
    inside = replace(free, within=lambda raw: raw["x"][()] > 0)
    body = lambda xp, x: Rank(xp.stack([xp.stack([x])]), 1)
    assert "zero" not in examine(body, x=inside)[1]["rank"].detail
    assert "smaller at a point of: zero" in examine(body, x=free)[1]["rank"].detail
    assert "zero" not in examine(body, x=replace(free, nonzero=("x",)))[1]["rank"].detail


# -- the pieces ----------------------------------------------------------------------------------
def test_balls_are_sure_of_a_rank_where_roots_are_irrational():
    subject = statement(lambda xp, x: Rank(xp.sqrt(x[:, None] + x[None, :]), 2), TWO, x=vector("n"))
    raw = {"x.x": np.array([Fraction(1), Fraction(3, 2)])}
    assert rank.rank_at(subject, raw, 0) == (2, 2)
    twin = statement(lambda xp, x: Rank(xp.sqrt(outer(x)), 1), TWO, x=vector("n"))
    assert rank.rank_at(twin, raw, 0) == (1, 1)


def test_a_pivot_that_may_be_zero_is_not_counted():
    with working_digits(30):
        xp = Ball()
        third = xp.one / 3
        table = xp.stack([xp.stack([third, third * third]), xp.stack([xp.one, third])])
        assert rank._sure_rank(table.data) == 1
        assert rank._sure_rank((table + xp.eye(2)).data) == 2
        assert rank._sure_rank(xp.zeros(2, 3).data) == 0


def test_a_choice_of_roots_that_contradicts_itself_is_seen():
    """√a √b = √(ab): of the choices for three roots, half are left out."""
    rng = random.Random(3)
    fields = []
    while not fields:
        field = Prime(random_prime(rng), rng)
        a, b = (pow(field.rng.randrange(field.p), 2, field.p) for _ in range(2))
        for prefix in ((x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)):
            run = field.again(tuple(map(bool, prefix)))
            roots = [run._root_one(x) for x in (a, b, a * b % run.p)]
            run.learn(np.array([roots, roots], dtype=object))
            fields.append((run, roots))
    kept = [roots for run, roots in fields if not run.contradicts_itself()]
    p = fields[0][0].p
    assert all(roots[0] * roots[1] % p == roots[2] for roots in kept)
    assert len(kept) == 4


def test_a_number_that_is_no_rank_of_its_size():
    verdict, _ = examine(lambda xp, x: Rank(xp.stack([xp.stack([x])]), 2), x=real())
    assert verdict.verdict == "refuted"


@pytest.mark.parametrize(
    "matrix_of",
    [
        lambda xp, u, v: xp.relu(u[:, None] - v[None, :]),
        lambda xp, u, v: xp.log(2 + (u[:, None] * v[None, :]) ** 2),
        lambda xp, u, v: xp.exp(u[:, None] * v[None, :]),
        lambda xp, u, v: xp.softmax(u[:, None] * v[None, :]),
    ],
)
def test_a_larger_rank_at_a_point_refutes_where_no_field_can_follow(matrix_of):
    given = dict(u=vector("n"), v=vector("n"))
    verdict, _ = examine(lambda xp, u, v: Rank(matrix_of(xp, u, v), min(2, u.shape[0])), **given)
    assert verdict.verdict == "refuted"
    assert int(verdict.witness.lhs) > 2
