"""How likely an exact method is to miss a falsehood: bounds from degrees and heights.

An identity of degree d that fails over the rationals survives one random point of a random prime
field with probability at most d/p (Schwartz, Zippel), plus the chance that p divides all its
coefficients: a nonzero integer of height h has at most h/127 prime divisors above 2^127, among
more than 2^119 primes drawn from.  Both come from running the body in the degree arithmetic.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from fieldcheck.arithmetic.degree import Bound
from fieldcheck.arithmetic.prime import BITS, random_prime

LEAST = 2.0 ** (BITS - 1)
"""Below every prime that is drawn."""

LOG2_PRIMES = BITS - 9
"""log2 of a lower bound on the number of primes 1 mod 4 between 2^127 and 2^128: by the prime
number theorem there are about 2^127/(88.4 * 2), more than 2^119."""

WORTHLESS = -8.0
"""log2 of an error per trial above which no number of trials is worth its time."""

RETRIES, SAME = 400, 4
"""Points tried until one has no vanishing denominator and a root for every square root; so many
modulo the same prime, for a constant has its root modulo half of the primes."""


def moduli(rng: random.Random, p: int | None = None) -> Iterator[int]:
    """The prime of each point that is tried, this one first if it is given."""
    p = p or random_prime(rng)
    for k in range(RETRIES):
        p = random_prime(rng) if k % SAME == SAME - 1 else p
        yield p


def missed(both: Bound, coincidences: int, roots: int, power: int = 1) -> float:
    """log2 of the chance to miss an expression that is not zero, bounded like this.

    Coefficients may be Gaussian integers, whose norms have twice the height.  A symbol may stand
    for a product of so many powers of others (``power``).
    """
    degree = 2 * max(1, both.top + both.bottom) * power
    if max(degree, both.height, coincidences * power) > 2**LOG2_PRIMES:
        return 0.0
    schwartz_zippel = (degree * 2.0**roots + coincidences * power) / LEAST
    bad_primes = max(1.0, 2 * both.height * 2.0**roots / (BITS - 1)) / 2.0**LOG2_PRIMES
    return min(0.0, math.log2((schwartz_zippel + bad_primes) * 2.0**roots))
