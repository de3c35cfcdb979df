"""Both roads enclose eigenvalues, functions of matrices and sums to infinity, also where
eigenvalues meet, vanish or all but do: mpmath at more digits is inside, and balls are narrow."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import acb, arb
from mpmath import iv

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, Scaled, working_digits
from fieldcheck.arithmetic.indices import Indices
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.recheck.intervals import Intervals, digits
from fieldcheck.recheck.road import UNIT, Value

DIGITS, WIDEST = 30, 1e-22
FUNCTIONS = {
    "eigvalsh": lambda xp, A: xp.eigvalsh(A),
    "svdvals": lambda xp, A: xp.svdvals(A[:-1]),
    "expm": lambda xp, A: xp.expm(A),
    "logm": lambda xp, A: xp.logm(A @ xp.star(A) + xp.eye(A.shape[0]) / 1000),
    "arctan": lambda xp, A: xp.arctan(xp.real(A)),
    "erf": lambda xp, A: xp.erf(xp.real(A)),
    "sinh": lambda xp, A: xp.sinh(A) + xp.cosh(A),
    "det": lambda xp, A: xp.det(xp.kron(A, A)),
    "sum": lambda xp, A: xp.sum_to_infinity(A / 8, lambda h: A / 8 / (1 + h)),
}


def _matrix(kind: str, real: bool) -> tuple[np.ndarray, np.ndarray]:
    """Exact real and imaginary parts of a 3 x 3 matrix."""
    rng = random.Random(kind)
    draw = lambda: np.array([[Fraction(rng.randrange(-9, 10), 4) for _ in "123"] for _ in "123"])
    a, b = draw(), draw() * (0 if real else 1)
    tiny = Fraction(1, 10**20)
    eye = np.array([[Fraction(int(i == j)) for j in range(3)] for i in range(3)])
    match kind:
        case "hermitian":
            return a + a.T, b - b.T
        case "scalar":
            return 2 * eye, 0 * eye
        case "nearly scalar":
            return 2 * eye + tiny * (a + a.T), tiny * (b - b.T)
        case "zero":
            return 0 * eye, 0 * eye
        case "rank one":
            v = a[:1] + 0 * b[:1]
            return v.T @ v, 0 * eye
        case "not hermitian":
            return a, b
    raise ValueError(kind)


KINDS = ("hermitian", "scalar", "nearly scalar", "zero", "rank one", "not hermitian")


def _truth(f, parts):
    with mpmath.workdps(4 * DIGITS):
        xp = Multiprecision()
        re, im = (xp.from_raw(p) for p in parts)
        return f(xp, re + xp.i * im).data.ravel().tolist()


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_roads_enclose(name, kind, real):
    f, parts = FUNCTIONS[name], _matrix(kind, real)
    truth = _truth(f, parts)
    largest = 1 + max(map(abs, truth))
    with working_digits(DIGITS):
        xp = Ball()
        re, im = (xp.from_raw(p) for p in parts)
        balls = f(xp, re if real else re + xp.i * im).data
    with digits(DIGITS):
        road = Intervals()
        re, im = (Value(road, {UNIT: road.of(p)}) for p in parts)
        found = f(road, re if real else re + road.i * im).z[UNIT]
    with mpmath.workdps(4 * DIGITS), digits(4 * DIGITS), working_digits(4 * DIGITS):
        for ball, interval, x in zip(balls.flat, found.flat, truth, strict=True):
            for part, y in zip(_halves(ball), (mpmath.re(x), mpmath.im(x)), strict=True):
                off = abs(part.mid() - arb(mpmath.nstr(y, 4 * DIGITS)))
                assert off <= part.rad() * (1 + arb(10) ** -5) + arb(10) ** -(DIGITS + 20)
                assert float(part.rad()) < WIDEST * largest
            for part, y in zip(_halves(interval), (mpmath.re(x), mpmath.im(x)), strict=True):
                slack = mpmath.mpf(10) ** -(DIGITS + 20)
                assert part.a - slack <= y <= part.b + slack
                assert part.delta < WIDEST * largest


def _halves(x):
    """Real and imaginary part."""
    if isinstance(x, (acb, iv.mpc)):
        return x.real, x.imag
    return (x, arb(0)) if isinstance(x, arb) else (x, iv.mpf(0))


def test_a_box_of_matrices_is_enclosed():
    """Balls that are not points: every matrix in the box has its eigenvalues inside."""
    with working_digits(DIGITS):
        xp, width = Ball(), arb(1) / 64
        box = np.array(
            [[arb(x, width) for x in row] for row in ((2, 1), (1, -1))],
            dtype=object,
        )
        found = xp.eigvalsh(xp.from_balls(box)).data
        logs = xp.logm(xp.from_balls(box @ box)).data
        rng = random.Random(0)
        for _ in range(20):
            b = rng.uniform(-1, 1) / 64
            m = mpmath.matrix([[2 + b, 1 - b], [1 - b, -1 + b]])
            values = mpmath.eigsy(m, eigvals_only=True)
            for ball, x in zip(found, values, strict=True):
                assert abs(ball.mid() - arb(float(x))) <= ball.rad() + arb(10) ** -12
            inner = mpmath.eigsy(m * m)
            log = inner[1] * mpmath.diag([mpmath.log(x) for x in inner[0]]) * inner[1].T
            for k in np.ndindex(2, 2):
                assert abs(logs[k].mid() - arb(float(log[k]))) <= logs[k].rad() + arb(10) ** -12


def test_what_has_no_logarithm_has_no_value():
    with working_digits(DIGITS):
        xp = Ball()
        for row in ([-1, 1], [0, 1]):
            assert not any(x.is_finite() for x in xp.logm(xp.diag(xp.constant(row))).data.flat)


@pytest.mark.parametrize("ratio", [lambda h: 1 / (1 + h), lambda h: 1 + h, lambda h: -2 + h])
def test_a_sum_without_a_bound_has_no_value(ratio):
    with working_digits(DIGITS):
        assert not Scaled().sum_to_infinity(1, ratio).data[()].is_finite()


@pytest.mark.parametrize("name", ["eigvalsh", "svdvals", "expm", "logm", "sum"])
def test_what_an_arithmetic_cannot_carry_is_unsupported(name):
    rng = random.Random(0)
    field = Prime(random_prime(rng), rng)
    indices = Indices()
    values = [field.draw((3, 3)), Rational().eye(3) * 2, indices.eye(3)]
    for value in values:
        with pytest.raises(Unsupported):
            FUNCTIONS[name](value.xp, value)


@pytest.mark.parametrize("name", ["prod", "max", "min"])
def test_an_index_count_has_no_reduction_along_a_named_size(name):
    xp = Indices()
    with pytest.raises(Unsupported):
        getattr(xp, name)(xp.variable("x", ((("n", 0, 0),),)))


@pytest.mark.parametrize("name", ["tril", "triu", "det"])
def test_nor_has_it_a_triangle_or_a_determinant(name):
    xp = Indices()
    with pytest.raises(Unsupported):
        getattr(xp, name)(xp.variable("A", ((("n", 0, 0),),) * 2))


def test_entries_beside_the_diagonal_widen_eigenvalues():
    with working_digits(DIGITS):
        xp, off = Ball(), arb(0, arb(1) / 4)
        found = xp.eigvalsh(xp.from_balls(np.array([[arb(0), off], [off, arb(0)]]))).data
        assert all(x.contains(arb(1) / 4) and x.contains(-arb(1) / 4) for x in found)


def test_what_is_left_of_a_sum_is_bounded_by_its_ratio():
    with working_digits(DIGITS):
        xp = Ball()
        (left,) = xp._left(xp.ones(1), lambda h: xp.one / 2 + h, 4)
        assert left >= 4  # 1 / (1 - 3/4)


def test_a_large_determinant_has_the_indices_of_all_its_factors():
    xp = Indices()
    x = xp.variable("x", ((7,), (("n", 0, 0),)))
    assert xp.of(xp.det(x @ x.T).data) == {"n": 7}
