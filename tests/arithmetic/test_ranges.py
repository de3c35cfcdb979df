"""Ranges: what is read off an expression holds at every point, and is tight where it should be."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from fieldcheck import domains
from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.ranges import Ranges, span_of
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.draws import small_entries

ONE = ("exp", "log", "sqrt", "tanh", "sin", "cos", "logistic", "softplus", "relu", "step", "abs")
TWO = ("add", "sub", "mul", "div", "maximum", "minimum")
BUDGET = 1e-9


def grown(rng: random.Random, leaves: int):
    """A random formula of two reals: a function of (xp, x, y)."""
    if leaves == 0:
        k = rng.randint(-3, 3)
        return rng.choice([lambda xp, x, y: x, lambda xp, x, y: y, lambda xp, x, y: xp.lift(k)])
    if rng.random() < 0.5:
        inner, name = grown(rng, leaves - 1), rng.choice([*ONE, "square", "cube"])
        if name in ("square", "cube"):
            return lambda xp, x, y: inner(xp, x, y) ** (2 if name == "square" else 3)
        return lambda xp, x, y: getattr(xp, name)(inner(xp, x, y))
    left, right, name = grown(rng, leaves // 2), grown(rng, leaves // 2), rng.choice(TWO)
    return lambda xp, x, y: getattr(xp, name)(left(xp, x, y), right(xp, x, y))


def inside(value, low, high) -> bool:
    value = float(value)
    room = BUDGET * (1 + abs(value))
    return low - room <= value <= high + room


@pytest.mark.parametrize("seed", range(40))
def test_a_value_lies_in_its_range(seed):
    rng, xp = random.Random(seed), Multiprecision()
    ranges = Ranges()
    x, y = ranges.variable(()), ranges.within(ranges.variable(()), Fraction(0), math.inf)
    seen = 0
    for _ in range(25):
        formula = grown(rng, rng.randint(1, 4))
        span = span_of(formula(ranges, x, y))
        if not span.real:
            continue
        for _ in range(6):
            scale = rng.choice([0.1, 1, 5])
            point = [
                Fraction(round(v * 64), 64) for v in (rng.gauss(0, scale), rng.random() * scale)
            ]
            values = [xp.from_raw(np.array(q, dtype=object)) for q in point]
            try:
                value = formula(xp, *values).data[()]
            except (Unsupported, ZeroDivisionError, ValueError, OverflowError):
                continue
            if mpmath.isfinite(value) and not mpmath.im(value):
                seen += 1
                assert inside(mpmath.re(value), span.low, span.high), (seed, span, point, value)
    assert seen > 20


OF_ANY = (*ONE, "sinh", "cosh", "arctan", "real", "imag", "conj", "abs2", "real", "imag")


def mixed(rng: random.Random, leaves: int):
    """A random formula of a real and a complex number: a function of (xp, x, z)."""
    if leaves == 0:
        k = rng.randint(-3, 3)
        leaf = rng.choice(["x", "z", "i", "number", "nothing", "one"])
        return {
            "x": lambda xp, x, z: x,
            "z": lambda xp, x, z: z,
            "i": lambda xp, x, z: xp.i,
            "number": lambda xp, x, z: xp.lift(k),
            "nothing": lambda xp, x, z: 0 * z,
            "one": lambda xp, x, z: z**0,
        }[leaf]
    if rng.random() < 0.6:
        inner, name = mixed(rng, leaves - 1), rng.choice(OF_ANY)
        return lambda xp, x, z: getattr(xp, name)(inner(xp, x, z))
    left, right = mixed(rng, leaves // 2), mixed(rng, leaves // 2)
    name = rng.choice([*TWO, "mul", "mul"])
    return lambda xp, x, z: getattr(xp, name)(left(xp, x, z), right(xp, x, z))


@pytest.mark.parametrize("seed", range(60))
def test_what_is_called_real_is_real_and_in_its_range(seed):
    """Of what is not real nothing is known, and what is made of it is not called real again."""
    rng, xp, ranges = random.Random(seed), Multiprecision(), Ranges()
    x = ranges.variable(())
    z = x + ranges.i * ranges.variable(())
    for _ in range(40):
        formula = mixed(rng, rng.randint(1, 5))
        try:
            span = span_of(formula(ranges, x, z))
        except Unsupported:
            continue
        assert span.real or (span.low, span.high) == (-math.inf, math.inf)
        for _ in range(5 * span.real):
            a, b, c = (
                xp.from_raw(np.array(Fraction(round(rng.gauss(0, 64)), 64), dtype=object))
                for _ in range(3)
            )
            try:
                value = formula(xp, a, b + xp.i * c).data[()]
            except (Unsupported, ZeroDivisionError, ValueError, OverflowError, TypeError):
                continue
            if mpmath.isfinite(value):
                assert abs(mpmath.im(value)) <= BUDGET * (1 + abs(value)), (seed, span, value)
                assert inside(mpmath.re(value), span.low, span.high), (seed, span, value)


TIGHT = {
    "exp(x²)": (lambda xp, x: xp.exp(x * x), 1, math.inf),
    "exp(-x·x)": (lambda xp, x: xp.exp(-x * x), 0, 1),
    "log(1 + x²)": (lambda xp, x: xp.log(1 + x**2), 0, math.inf),
    "1 - tanh²": (lambda xp, x: 1 - xp.tanh(x) ** 2, 0, 1),
    "(2x)(-3x)": (lambda xp, x: (2 * x) * (-3 * x), -math.inf, 0),
    "1/(1 + x²)": (lambda xp, x: 1 / (1 + x * x), 0, 1),
    "x - x, of which it is not seen": (lambda xp, x: x - x, -math.inf, math.inf),
    "sqrt(4 + x²)": (lambda xp, x: xp.sqrt(4 + x * x), 2, math.inf),
}


@pytest.mark.parametrize("name", TIGHT)
def test_a_range_is_as_narrow_as_the_form_says(name):
    formula, low, high = TIGHT[name]
    xp = Ranges()
    span = span_of(formula(xp, xp.variable(())))
    assert (span.low, span.high) == (low, high)


def test_a_logarithm_of_what_may_be_negative_is_not_known_to_be_real():
    xp = Ranges()
    assert not span_of(xp.log(xp.variable(()))).real
    assert not span_of(xp.sqrt(xp.variable(()) - 1)).real


SPANNED = {
    "positive": domains.positive("n"),
    "nonnegative": domains.nonnegative("n"),
    "root": domains.root("n"),
    "between": domains.between(Fraction(-1, 3), 2, "n"),
    "simplex": domains.simplex("n"),
    "unit vector": domains.unit_vector("n"),
}


@pytest.mark.parametrize("name", SPANNED)
def test_the_values_of_a_domain_lie_in_its_span(name):
    domain, rng, xp = SPANNED[name], random.Random(0), Rational()
    low, high = domain.span
    near = []
    for n in (1, 2, 5):
        for _ in range(40):
            raw = {
                part: small_entries(rng, shape, signs=part in domain.signs)
                for part, shape in domain.raw_shapes({"n": n}).items()
            }
            if not domain.admits(raw):
                continue
            values = {part: xp.from_raw(v) for part, v in raw.items()}
            for value in np.ravel(domain.build(xp, values).data[0]):
                value = Fraction(int(value.p), int(value.q))
                assert low <= value <= high
                near.append(value)
    assert min(near) < low + Fraction(1, 10)
    assert max(near) > min(high, 2) - Fraction(1, 10)
