"""Logarithms and roots of products: split where all factors are positive, and nowhere else."""

from __future__ import annotations

import pytest

from fieldcheck.domains import nonnegative, number, positive, real, simplex, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal

P, R, Z = positive(), real(), number()

TRUE = {
    "a product": (lambda xp, x, y: Equal(xp.log(x * y), xp.log(x) + xp.log(y)), P, P),
    "powers": (
        lambda xp, x, y: Equal(xp.log(x**3 / y**2), 3 * xp.log(x) - 2 * xp.log(y)),
        P,
        P,
    ),
    "an inverse": (lambda xp, x, y: Equal(xp.log(y / x), -xp.log(x) + xp.log(y)), P, P),
    "constants": (
        lambda xp, x, y: Equal(xp.log(12 * x * y), xp.log(4 * x) + xp.log(3 * y)),
        P,
        P,
    ),
    "a sum with a common factor": (
        lambda xp, x, y: Equal(xp.log(1 + xp.exp(x)) + y, x + xp.log(1 + xp.exp(-x)) + y),
        R,
        R,
    ),
    "a root": (lambda xp, x, y: Equal(xp.sqrt(x) * xp.sqrt(y), xp.sqrt(x * y)), P, P),
    "a root of powers": (
        lambda xp, x, y: Equal(xp.sqrt(x**3 * y**2), x * y * xp.sqrt(x)),
        P,
        nonnegative(),
    ),
    "a mean": (
        lambda xp, x, y: AtMost(
            xp.sqrt(x * y), (x + y) / 2, gap=(xp.sqrt(x) - xp.sqrt(y)) ** 2 / 2
        ),
        P,
        P,
    ),
}

FALSE = {
    "real numbers": (lambda xp, x, y: Equal(xp.log(x * y), xp.log(x) + xp.log(y)), R, R),
    "complex numbers": (lambda xp, x, y: Equal(xp.sqrt(x * y), xp.sqrt(x) * xp.sqrt(y)), Z, Z),
    "a square": (lambda xp, x, y: Equal(xp.log(x * x * y), 2 * xp.log(x) + xp.log(y)), R, P),
    "the root of a square": (lambda xp, x, y: Equal(xp.sqrt(x * x * y), x * xp.sqrt(y)), R, P),
    "a factor that has signs": (
        lambda xp, x, y: Equal(xp.log(x * (x - y)), xp.log(x) + xp.log(x - y)),
        R,
        P,
    ),
    "a sum": (lambda xp, x, y: Equal(xp.log(x + y), xp.log(x) + xp.log(1 + x / y)), P, P),
    "one power less": (lambda xp, x, y: Equal(xp.log(x**5 * y), 4 * xp.log(x) + xp.log(y)), P, P),
}


@pytest.mark.parametrize("name", TRUE)
def test_positive_factors_are_split(name):
    body, x, y = TRUE[name]
    assert examine(body, profile="quick", x=x, y=y)[0].verdict == "proved"


@pytest.mark.parametrize("name", FALSE)
def test_others_are_not(name):
    body, x, y = FALSE[name]
    assert examine(body, profile="quick", x=x, y=y)[0].verdict == "refuted"


def test_entries_of_vectors_are_split_at_the_sizes_visited():
    body = lambda xp, x, p: Equal(xp.log(xp.softmax(x) * p), x - xp.logsumexp(x) + xp.log(p))
    verdict, _ = examine(body, profile="quick", x=vector("n"), p=simplex("n"))
    assert verdict.verdict == "proved up to"
