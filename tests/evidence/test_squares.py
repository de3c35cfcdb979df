"""Sums of squares: true inequalities that are written first are proved, and false ones are not."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest
from flint import fmpq

from fieldcheck.claim import Form
from fieldcheck.domains import (
    hermitian,
    matrix,
    nonnegative,
    number,
    positive,
    real,
    real_matrix,
    simplex,
    vector,
)
from fieldcheck.evidence.methods import exact
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.squares import positive_semidefinite
from fieldcheck.evidence.statement import Statement
from fieldcheck.recheck.check import recheck_form
from fieldcheck.relations import AtMost

QUICK = PROFILES["quick"]
TWO = dict(x=real(), y=real())
PAIR = dict(x=positive(), y=positive())
VECTORS = dict(x=vector("n"), y=vector("n"))

TRUE: dict[str, tuple[Any, dict[str, Any]]] = {
    "2xy <= x² + y²": (lambda xp, x, y: AtMost(2 * x * y, x * x + y * y), TWO),
    "entry by entry": (lambda xp, x, y: AtMost(2 * x * y, x * x + y * y), VECTORS),
    "x²y² <= x⁴ + y⁴": (lambda xp, x, y: AtMost(x**2 * y**2, x**4 + y**4), TWO),
    "(x - 1)⁴, expanded": (
        lambda xp, x: AtMost(4 * x**3 + 4 * x, x**4 + 6 * x * x + 1), dict(x=real())),
    "the same and a tenth": (
        lambda xp, x: AtMost(4 * x**3 + 4 * x, x**4 + 6 * x * x + xp.one * 11 / 10),
        dict(x=real())),
    "a product that is squared": (
        lambda xp, x, y: AtMost(2 * x * y**3, x**4 + x**2 * y**2 + y**4), TWO),
    "a complex coefficient": (
        lambda xp, z, w: AtMost(2 * xp.real(xp.i * xp.conj(z) * w), xp.abs2(z) + xp.abs2(w)),
        dict(z=number(), w=number())),
    "a gap that hides its sign": (
        lambda xp, x: AtMost(2 * x, x * x + 1, gap=x * x - 2 * x + 1), dict(x=real())),
    "tr AA*": (
        lambda xp, A: AtMost(0, xp.real(xp.trace(A @ xp.star(A)))), dict(A=matrix("N", "C"))),
    "tr A² of a Hermitian A": (
        lambda xp, A: AtMost(0, xp.real(xp.trace(A @ A))), dict(A=hermitian("n"))),
    "|tr A|² <= n tr AA*": (
        lambda xp, A: AtMost(xp.abs2(xp.trace(A)), A.shape[0] * xp.norm2(A)),
        dict(A=matrix("n", "n"))),
    "Re tr A² <= tr AA*": (
        lambda xp, A: AtMost(xp.real(xp.trace(A @ A)), xp.norm2(A)), dict(A=matrix("n", "n"))),
    "Cauchy and Schwarz": (
        lambda xp, x, y: AtMost(xp.sum(x * y) ** 2, xp.sum(x * x) * xp.sum(y * y)), VECTORS),
    "the same, complex": (
        lambda xp, x, y: AtMost(xp.abs2(xp.dot(x, y)), xp.norm2(x) * xp.norm2(y)),
        dict(x=matrix("n"), y=matrix("n"))),
    "(Σx)² <= n Σx²": (
        lambda xp, x: AtMost(xp.sum(x) ** 2, x.shape[0] * xp.sum(x * x)), dict(x=vector("n"))),
    "(Σx²)² <= n Σx⁴": (
        lambda xp, x: AtMost(xp.sum(x * x) ** 2, x.shape[0] * xp.sum(x**4)), dict(x=vector("n"))),
    "a variance": (
        lambda xp, p, x: AtMost(xp.sum(p * x) ** 2, xp.sum(p * x * x)),
        dict(p=simplex(3), x=vector(3))),
    "2 Re zw <= |z|² + |w|²": (
        lambda xp, z, w: AtMost(2 * xp.real(z * w), xp.abs2(z) + xp.abs2(w)),
        dict(z=number(), w=number())),
    "means of two": (lambda xp, x, y: AtMost(4 * x * y, (x + y) ** 2), PAIR),
    "harmonic means": (lambda xp, x, y: AtMost(4 / (x + y), 1 / x + 1 / y), PAIR),
    "the same, squared": (
        lambda xp, x, y: AtMost(2 * x * y / (x + y), (x + y) / 2), PAIR),
    "means of three": (
        lambda xp, x, y, z: AtMost(3 * x * y * z, x**3 + y**3 + z**3),
        dict(x=nonnegative(), y=nonnegative(), z=nonnegative())),
    "a quotient by a sum": (
        lambda xp, a, b, x, y: AtMost((a + b) ** 2 / (x + y), a * a / x + b * b / y),
        dict(a=real(), b=real(), **PAIR)),
}  # fmt: skip

TINY = 10**20

FALSE: dict[str, tuple[Any, dict[str, Any]]] = {
    "off by little": (
        lambda xp, x, y: AtMost(2 * x * y, x * x + y * y - xp.one / TINY), TWO),
    "a factor": (
        lambda xp, x, y: AtMost(2 * x * y * (TINY + 1) / TINY, x * x + y * y), TWO),
    "3x²y² <= x⁴ + y⁴": (lambda xp, x, y: AtMost(3 * x**2 * y**2, x**4 + y**4), TWO),
    "a cube": (lambda xp, x: AtMost(0, x**3), dict(x=real())),
    "a linear term": (lambda xp, x: AtMost(x / TINY, x * x), dict(x=real())),
    "the sign turned": (lambda xp, x, y: AtMost(x * x + y * y, 2 * x * y), TWO),
    "one of two entries": (
        lambda xp, x, y: AtMost(xp.zeros(2), xp.stack([(x - y) ** 2, x * x - y * y])), TWO),
    "one of two parts": (
        lambda xp, x, y: (AtMost(2 * x * y, x * x + y * y), AtMost(2 * x * y, x * x)), TWO),
    "an imaginary part": (lambda xp, x: AtMost(0, x * x + xp.i * x), dict(x=real())),
    "negative divisors": (lambda xp, x, y: AtMost(4 / (x + y), 1 / x + 1 / y), TWO),
    "a quotient": (lambda xp, x, y: AtMost(5 / (x + y), 1 / x + 1 / y), PAIR),
    "a real square of a complex number": (
        lambda xp, z: AtMost(0, xp.real(z * z)), dict(z=number())),
    "n from 4 on": (
        lambda xp, x: AtMost(xp.sum(x) ** 2, 3 * xp.sum(x * x)), dict(x=vector("n"))),
    "a square that is not Hermitian": (
        lambda xp, A: AtMost(xp.abs2(xp.trace(A)), xp.real(xp.trace(A @ A)) * A.shape[0]),
        dict(A=matrix("n", "n"))),
    "two factors that are negative between": (
        lambda xp, x, y: AtMost(0, (x - 2) * (x - 3) * (1 + y * y)), TWO),
}  # fmt: skip

BEYOND: dict[str, tuple[Any, dict[str, Any]]] = {
    "Motzkin's polynomial, which is no sum of squares": (
        lambda xp, x, y: AtMost(3 * x * x * y * y, x**4 * y * y + x * x * y**4 + 1), TWO),
    "a root": (lambda xp, x: AtMost(2 * xp.sqrt(x * x), x * x + 1), dict(x=real())),
    "a kink": (lambda xp, x: AtMost(2 * xp.abs(x), x * x + 1), dict(x=real())),
}  # fmt: skip


def statement(body, given) -> Statement:
    return Statement(Form("made/claim", "claim", "made", body, given, {}, None))


def row(subject: Statement) -> dict[str, Any]:
    evidence = exact.run(subject, QUICK, 0)
    word = "proved up to" if subject.size_names else "proved"
    return {"verdict": word, "evidence": [evidence.record()], "witness": None}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_a_sum_of_squares_is_proved(name):
    """And the second road finds it so."""
    subject = statement(*TRUE[name])
    evidence = exact.run(subject, QUICK, 0)
    assert set(evidence.proves) == {0}
    assert evidence.proof["parts"][0]["squares"]
    scope = evidence.proves[0]
    assert scope.sizes == {n: tuple(range(1, 7)) for n in subject.size_names}
    found = recheck_form(subject.form, row(subject))
    assert [f for f in found if f.severity != "spot check"] == []


@pytest.mark.parametrize("name", FALSE | BEYOND)
def test_what_is_none_is_not_proved(name):
    subject = statement(*(FALSE | BEYOND)[name])
    assert exact.squares_of(subject, len(subject.kinds()) - 1) is None


WORDS = {
    "2xy <= x² + y²": "proved",
    "Cauchy and Schwarz": "proved up to",
    "harmonic means": "proved",
    "off by little": "refuted",
    "3x²y² <= x⁴ + y⁴": "refuted",
    "negative divisors": "refuted",
    "n from 4 on": "refuted",
    "Motzkin's polynomial, which is no sum of squares": "stands",
}


@pytest.mark.parametrize("name", WORDS)
def test_the_verdict(name):
    body, given = (TRUE | FALSE | BEYOND)[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == WORDS[name]


@pytest.mark.parametrize("name", ["2xy <= x² + y²", "tr AA*", "harmonic means"])
def test_a_planted_fault_is_no_sum_of_squares(name):
    subject = statement(*TRUE[name])
    assert exact.squares_of(subject, 0) is not None
    for k in (1, 20):
        assert exact.squares_of(subject.faulty(k, 0), 0) is None


def test_nothing_is_recorded_where_the_form_says_it():
    subject = statement(lambda xp, x: AtMost(0, x * x), dict(x=vector("n")))
    assert exact.squares_of(subject, 0) == []
    assert "squares" not in exact.run(subject, QUICK, 0).proof["parts"][0]


def test_a_record_that_is_too_long_is_not_kept(monkeypatch):
    subject = statement(*TRUE["tr AA*"])
    monkeypatch.setattr(exact.squares, "LONGEST", 1000)
    assert exact.squares_of(subject, 0) is None


def test_limits_end_the_search_early():
    body = lambda xp, A, B: AtMost(xp.norm2(A @ B), xp.norm2(A) * xp.norm2(B))
    subject = statement(body, dict(A=real_matrix(6, 6), B=real_matrix(6, 6)))
    assert exact.squares_of(subject, 0) is None


def test_semidefinite_matrices_of_rank_one_and_their_neighbours():
    vectors = [(1, 0), (0, 1), (2, -1), (0, 0), (-1, 3)]
    for n in (2, 3):
        for v in itertools.islice(itertools.product(vectors, repeat=n), 100):
            gram = {}
            for i, (a, b) in enumerate(v):  # conj(v_i) v_j
                for j, (c, d) in enumerate(v):
                    gram[i, j] = fmpq(a * c + b * d), fmpq(a * d - b * c)
            assert positive_semidefinite(gram, n)
            less = {**gram, (0, 0): (gram[0, 0][0] - fmpq(1, TINY), fmpq(0))}
            assert not positive_semidefinite(less, n) or not any(any(x) for x in v[1:])
    assert not positive_semidefinite({(0, 1): (fmpq(1), fmpq(0)), (1, 0): (fmpq(1), fmpq(0))}, 2)


def test_real_matrices_against_their_principal_minors():
    """All symmetric 3 x 3 matrices with a few entries."""
    for a, b, c, d, e, f in itertools.product(
        (0, 1, 2), (0, 1), (0, 2), (-1, 0, 1), (0, 1), (1, -1)
    ):
        m = [[a, d, e], [d, b, f], [e, f, c]]
        gram = {(i, j): (fmpq(m[i][j]), fmpq(0)) for i in range(3) for j in range(3)}
        assert positive_semidefinite(gram, 3) == all(
            minor(m, rows) >= 0 for k in (1, 2, 3) for rows in itertools.combinations(range(3), k)
        )


def minor(m, rows):
    total = 0
    for columns in itertools.permutations(rows):
        inversions = sum(x > y for x, y in itertools.combinations(columns, 2))
        product = (-1) ** inversions
        for i, j in zip(rows, columns, strict=True):
            product *= m[i][j]
        total += product
    return total


# -- a negative direction --------------------------------------------------------------------------
SPECK = Fraction(1, TINY)

HARD = {
    "one pivot, barely": [
        [12, -6, -18],
        [-6, Fraction(14, 3), 9],
        [-18, 9, 27 - SPECK],
    ],
    "no diagonal": [[0, 1, 0], [1, 0, 0], [0, 0, 5]],
    "the last one": [[1, 1, 1], [1, 1, 1], [1, 1, 1 - SPECK]],
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("over", [0, 1])
def test_a_form_that_is_barely_negative_is_refuted(name, over):
    """No search meets the direction; the elimination that fails has it."""
    rows = [[Fraction(c) for c in row] for row in HARD[name]]

    def body(xp, x):
        terms = (
            x[i] * x[j] * c.numerator / c.denominator
            for i, row in enumerate(rows) for j, c in enumerate(row)
        )  # fmt: skip
        return AtMost(0 * x[0], sum(terms, 0 * x[0]) / (1 + (x @ x) * over))

    verdict, _ = examine(body, x=real_matrix(3))
    assert verdict.verdict == "refuted"


@pytest.mark.parametrize(
    ("polynomial", "words"),
    [
        (lambda x, y: x * x + y * y - 6 * x + 9 - (0 * y + 1) / TINY, ("refuted",)),
        (lambda x, y: x * x + y * y - 6 * x + 9, ("proved",)),
        (lambda x, y: x * x + 10**9 + y, ("refuted",)),  # only far away
        (lambda x, y: (x - y) ** 2 - x * y / TINY, ("refuted",)),
    ],
)
def test_a_polynomial_of_degree_two(polynomial, words):
    verdict, _ = examine(lambda xp, x, y: AtMost(0, polynomial(x, y)), x=real(), y=real())
    assert verdict.verdict in words
