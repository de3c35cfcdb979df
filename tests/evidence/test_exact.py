"""The error bound of the exact methods, and what feeds it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import sympy as sp

from fieldcheck.arithmetic.degree import Degree
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.domains import matrix, number, real, spd, unitary, vector
from fieldcheck.evidence.methods import exact
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.register import load
from fieldcheck.relations import AtMost, Equal, Gradient, Rank

ALGEBRA = {
    "product of sums": lambda f, x, y: (x + y) * (x - 3 * y) * (2 * x + 1),
    "a power": lambda f, x, y: (x + 2 * y) ** 7 - y,
    "a quotient": lambda f, x, y: (x * y + 1) / (x - y) + x / (y + 2),
    "quotients in quotients": lambda f, x, y: (1 / (x / (y + 1) + y / (x + 1)) - x) / (x * y + 5),
    "halves and thirds": lambda f, x, y: (x / 2 + y / 3) ** 3 / 5 - x / 7,
    "a telescope": lambda f, x, y: f(lambda a, k: a + x / (y + k), range(4)),
}


def _folded(step, steps):
    total = 0
    for k in steps:
        total = step(total, k)
    return total


@pytest.mark.parametrize("name", ALGEBRA)
def test_degree_and_height_bound_the_true_ones(name):
    formula = ALGEBRA[name]
    x, y = sp.symbols("x y")
    top, bottom = sp.fraction(sp.together(sp.sympify(formula(_folded, x, y))))
    xp = Degree()
    bound = formula(_folded, xp.variable(()), xp.variable(())).data
    for part, degree, height in (
        (top, bound.top, bound.height),
        (bottom, bound.bottom, bound.below),
    ):
        poly = sp.Poly(sp.expand(part), x, y)
        assert poly.total_degree() <= degree
        assert sum(abs(c) for c in poly.coeffs()) <= 2**height * (1 + 1e-9)


def test_the_solution_of_a_system_is_bounded():
    names = sp.symbols("a:9 b:3")
    A, b = sp.Matrix(3, 3, names[:9]), sp.Matrix(3, 1, names[9:])
    top, bottom = sp.fraction(sp.cancel(A.LUsolve(b)[0]))
    xp = Degree()
    bound = xp.solve(xp.variable((3, 3)), xp.variable((3,))).data
    assert sp.Poly(top, *names).total_degree() <= bound.top
    assert sp.Poly(bottom, *names).total_degree() <= bound.bottom


SHAPES = {"n": [1, 2, 3, 4, 5, 6], "N": [1, 3, 6], "C": [1, 3, 6]}
PROVED = {
    "cubes": (lambda xp, x: Equal(x**3 - 1, (x - 1) * (x * x + x + 1)), dict(x=vector("n"))),
    "degree 200": (lambda xp, x: Equal((x + 1) ** 200, ((x + 1) ** 2) ** 100), dict(x=real())),
    "unitary": (
        lambda xp, U, X: Equal(xp.norm2(U @ X), xp.norm2(X)),
        dict(U=unitary("N"), X=matrix("N", "C")),
    ),
    "inverse": (lambda xp, A, b: Equal(A @ xp.solve(A, b), b), dict(A=spd("n"), b=vector("n"))),
    "a norm's gradient": (
        lambda xp, x: Gradient(lambda y: xp.norm(y) ** 3 / 3, x, xp.norm(x) * x),
        dict(x=vector("n").without_strata("zero", "zero-row", "integers")),
    ),
    "symbols": (
        lambda xp, x: Gradient(lambda y: xp.logsumexp(y), x, xp.softmax(x)),
        dict(x=vector("n")),
    ),
    "branches": (
        lambda xp, x: Equal(xp.abs(x) * xp.maximum(x, -x), x * x),
        dict(x=vector("n")),
    ),
    "a rank": (
        lambda xp, A, B: Rank(A @ B, min(A.shape)),
        dict(A=matrix("N", "C"), B=matrix("C", "N")),
    ),
}


UP_TO_THESE = ("unitary", "inverse", "a rank")
"""A linear system, and a rank: their indices cannot be counted."""


@pytest.mark.parametrize("profile", ["quick", "standard"])
@pytest.mark.parametrize("name", PROVED)
def test_what_is_proved_is_proved_to_a_hundred_bits(name, profile):
    body, given = PROVED[name]
    verdict, evidence = examine(body, sizes=SHAPES, profile=profile, **given)
    word = "proved up to" if name in UP_TO_THESE else "proved"
    assert (verdict.verdict, verdict.grade) == (word, "exact")
    bounds = [e.log2_bound for e in evidence.values() if e.log2_bound]
    assert bounds
    assert max(bounds) < -100


def test_the_bound_asks_for_as_many_primes_as_it_takes():
    """For a deep bound the largest degrees of the register need three primes, and get them."""
    form = load()["legendre-hamiltonian-systems"].forms["legendre-hamiltonian-systems/claim"]
    found = exact.run(Statement(form), replace(PROFILES["standard"], bound=-250.0), 0)
    assert found.outcome == "confirms"
    assert found.log2_bound < -250
    assert found.cases > 2 * found.shapes * len(found.proves)


def test_constants_have_roots_modulo_some_primes_alone():
    """Three roots: modulo one prime in eight. Of one prime alone mostly nothing would be said."""
    root = lambda xp: xp.sqrt(xp.one * 2) * xp.sqrt(xp.one * 3) * xp.sqrt(xp.one * 5)
    body = lambda xp, x: Equal(xp.relu(root(xp) * x) ** 2, 30 * xp.relu(x) ** 2)
    for seed in range(4):
        verdict, _ = examine(body, seed=seed, x=real())
        assert verdict.verdict == "proved", verdict.because


def test_a_root_of_a_constant_is_proved_whatever_prime_comes_first():
    """An order beside a sine, which no cells decide instead: it was proved every other time."""
    body = lambda xp, x: AtMost(xp.sin(x) + xp.sin(xp.sqrt(xp.one * 2) * x), 2)
    for seed in range(8):
        verdict, _ = examine(body, seed=seed, x=real())
        assert verdict.verdict == "proved", verdict.because


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    "body",
    [
        lambda xp, x, y: Equal(xp.sqrt(x * x), x),
        lambda xp, x, y: Equal(xp.sqrt(x * x * y * y), xp.sqrt(x * x) * y),
        lambda xp, x, y: Equal(xp.sqrt(xp.sqrt(x * x * x * x)), x),
        lambda xp, x, y: AtMost(0, x, gap=xp.sqrt(x * x)),
        lambda xp, x, y: Equal(xp.norm(xp.stack([x, y]) * x), x * xp.norm(xp.stack([x, y]))),
    ],
)
def test_neither_root_is_the_positive_one(body, seed):
    """Each holds for one choice of signs at every point: no seed may find that enough."""
    _, evidence = examine(body, seed=seed, x=real(), y=real())
    assert evidence["exact"].outcome != "confirms"


def test_a_polynomial_of_roots_is_tested_for_all_signs():
    rng = random.Random(0)
    seen = set()
    for prefix in ((True, True), (True, False), (False, True), (False, False)):
        field = Prime(random_prime(rng), rng)
        while True:  # a prime in which both are squares
            xp = field.again(prefix)
            try:
                a, b = (int(xp.sqrt(xp.lift(n)).data[0]) for n in (2, 3))
                break
            except Unlucky:
                field = Prime(random_prime(rng), rng)
        seen.add((a < xp.p - a, b < xp.p - b))
    assert len(seen) == 4


def test_too_many_roots_are_left_to_other_methods():
    body = lambda xp, x: Equal(xp.sum(xp.sqrt(x * x + 1) ** 2), xp.sum(x * x + 1))
    _, evidence = examine(body, sizes={"n": [8]}, x=vector("n"))
    # Too many, or by chance not one point at which all of them have residues.
    assert "square root" in evidence["exact"].reason


@pytest.mark.parametrize("seed", range(6))
def test_log_undoes_exp_for_real_arguments_only(seed):
    _, evidence = examine(lambda xp, z: Equal(xp.log(xp.exp(z)), z), seed=seed, z=number())
    assert evidence["exact"].outcome != "confirms"
    verdict, _ = examine(lambda xp, x: Equal(xp.log(xp.exp(x)), x), seed=seed, x=real())
    assert (verdict.verdict, verdict.grade) == ("proved", "exact")


@pytest.mark.parametrize("name", ["legendre-hamiltonian-systems", "colu-not-metric-no-potential"])
def test_the_weakest_bounds_of_the_register_in_standard(name):
    """Degree arithmetic alone: some number of primes reaches the bound at the largest shapes."""
    for form in load()[name].forms.values():
        statement = Statement(form)
        for part in exact.provable(statement):
            size = exact.measured(statement, statement.grid()[-1], part)
            assert exact.missed(*size, 1) < exact.WORTHLESS
