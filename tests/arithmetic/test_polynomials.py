"""Expanded rational functions have, at every point, the value that the formula has."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import fmpq

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.polynomials import Polynomials, entries
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.draws import small_entries

SHAPES = {"A.re": (2, 2), "A.im": (2, 2), "x.x": (2,), "y.x": ()}

FORMULAS = {
    "a product of matrices": lambda xp, A, x, y: xp.star(A) @ A @ x,
    "complex quotients": lambda xp, A, x, y: (A + 1) / (A * y + 2 * xp.i),
    "quotients of quotients": lambda xp, A, x, y: (x / y + 1 / (1 + x * x)) / (1 / y - x) ** 2,
    "a determinant": lambda xp, A, x, y: xp.det(A) * xp.conj(xp.det(A)) / xp.sum(x) ** 3,
    "parts": lambda xp, A, x, y: xp.real(A @ A) * xp.imag(A) + xp.abs2(A),
    "a derivative": lambda xp, A, x, y: xp.push(lambda t: y / t + t**3, x, x * y),
    "joined": lambda xp, A, x, y: xp.concat([x, xp.stack([y, 1 / y]), xp.diagonal(A)]),
    "an empty sum": lambda xp, A, x, y: xp.sum(A[:0], axis=0) + y,
    "an empty product": lambda xp, A, x, y: (A[:, :0] @ A[:0, :] + 1) * x,
    "constants": lambda xp, A, x, y: xp.eye(2) / 3 + xp.ones(2, 2) - xp.kron(x[:, None], x[None]),
}


def at(ratio, point):
    value = [ratio.top, ratio.below]
    top, below = (
        sum((c * monomial(m, point) for m, c in p.to_dict().items()), fmpq(0)) for p in value
    )
    return top / below


def monomial(powers, point):
    out = fmpq(1)
    for n, x in zip(powers, point, strict=True):
        out *= x**n
    return out


@pytest.mark.parametrize("name", FORMULAS)
def test_an_expansion_has_the_value_of_its_formula(name):
    formula, rng = FORMULAS[name], random.Random(0)
    xp, numbers = Polynomials(SHAPES), Rational()

    def value(of, raws):
        return formula(of, raws["A.re"] + of.i * raws["A.im"], raws["x.x"], raws["y.x"])

    expanded = entries(value(xp, {raw: xp.variable(raw) for raw in SHAPES}))
    for _ in range(3):
        raw = {name: small_entries(rng, shape, bits=3) for name, shape in SHAPES.items()}
        point = [fmpq(q.numerator, q.denominator) for v in raw.values() for q in np.ravel(v)]
        exact = value(numbers, {k: numbers.from_raw(v) for k, v in raw.items()}).data
        assert [at(re, point) for re, _ in expanded] == list(np.ravel(exact[0]))
        assert [at(im, point) for _, im in expanded] == list(np.ravel(exact[1]))


def test_quotients_are_in_lowest_terms():
    xp = Polynomials({"x.x": ()})
    x = xp.variable("x.x")
    ((re, _),) = entries((x**3 - x) / (2 * x**2 + 2 * x))
    assert (str(re.top), str(re.below)) == ("1/2*v0 - 1/2", "1")


UNSUPPORTED = {
    "a root": lambda xp, x: xp.sqrt(x * x),
    "an exponential": lambda xp, x: xp.exp(x),
    "a kink": lambda xp, x: xp.relu(x),
    "a modulus": lambda xp, x: xp.abs(x),
    "a choice": lambda xp, x: xp.maximum(x, 1),
    "a scale": lambda xp, x: xp.scale_or_one(x),
    "a unit vector": lambda xp, x: xp.unit(xp.stack([x, x])),
    "a divisor that is 0": lambda xp, x: 1 / (x * x - x**2),
    "too high a power": lambda xp, x: x**1000,
    "too high a degree": lambda xp, x: (x**150) ** 2,
    "a long divisor": lambda xp, x: 1 / (1 + x) ** 150,
    "a number of the circle": lambda xp, x: x * xp.pi,
    "a system": lambda xp, x: xp.solve(xp.stack([xp.stack([x])]), xp.stack([x])),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_no_small_polynomial_is_unsupported(name):
    xp = Polynomials({"x.x": ()})
    with pytest.raises(Unsupported):
        UNSUPPORTED[name](xp, xp.variable("x.x"))


def test_too_many_variables_or_terms():
    with pytest.raises(Unsupported):
        Polynomials({"x.x": (13, 13)})
    xp = Polynomials({"x.x": (40,)})
    with pytest.raises(Unsupported):
        xp.sum(xp.variable("x.x")) ** 4
