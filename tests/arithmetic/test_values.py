"""Every arithmetic at small whole numbers, where numpy says what must come out, and in what shape.

Shapes have unequal sides, and every axis is named from both ends, so that no axis passes for
another one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.ball import Ball
from fieldcheck.arithmetic.degree import Degree
from fieldcheck.arithmetic.floating import Float
from fieldcheck.arithmetic.graph import Graph
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.arithmetic.sign import Sign

A = np.array([[3, -1, 2], [5, 4, -7]])
B = np.array([[2, 1, -3], [-4, 6, 5], [1, 0, 2]])
C = np.arange(24).reshape(2, 3, 4) - 7
V = np.array([4, -2, 3])
SQUARE = np.array([[0, 2, 1], [3, 0, -1], [1, 4, 2]])  # a pivot must be looked for
ONE = np.array([[7]])

Body = Callable[..., Any]
BODIES: dict[str, tuple[Body, Any]] = {
    "sum of a matrix": (lambda xp, w: xp.sum(w(A)), A.sum()),
    "sum of a number": (lambda xp, w: xp.sum(w(A)[0, 1]), A[0, 1]),
    "sums": (lambda xp, w: xp.sum(w(C), axis=1), C.sum(1)),
    "trace": (lambda xp, w: xp.trace(w(B)), np.trace(B)),
    "diagonal": (lambda xp, w: xp.diagonal(w(A)), A.diagonal()),
    "diagonal matrix": (lambda xp, w: xp.diag(w(V)), np.diag(V)),
    "identity": (lambda xp, w: xp.eye(3), np.eye(3)),
    "a one by one identity": (lambda xp, w: xp.eye(1), np.eye(1)),
    "zeros": (lambda xp, w: xp.zeros(2, 3), np.zeros((2, 3))),
    "ones": (lambda xp, w: xp.ones(3, 2), np.ones((3, 2))),
    "a constant table": (lambda xp, w: xp.constant([[1, 2], [-3, 0]]), [[1, 2], [-3, 0]]),
    "transpose": (lambda xp, w: w(A).T, A.T),
    "transpose of a vector": (lambda xp, w: w(V).T, V),
    "transposes of many": (lambda xp, w: w(C).T, C.swapaxes(-1, -2)),
    "reshaped": (lambda xp, w: xp.reshape(w(A), (3, 2)), A.reshape(3, 2)),
    "flat": (lambda xp, w: xp.flatten(w(C)), C.reshape(-1)),
    "kronecker": (lambda xp, w: xp.kron(w(A), w(B)), np.kron(A, B)),
    "two shapes": (lambda xp, w: w(C) + w(C)[0] - w(C)[1, 2], C + C[0] - C[1, 2]),
    "two shapes, turned": (lambda xp, w: w(V) - w(A) * w(V), V - A * V),
    "matrix and matrix": (lambda xp, w: w(A) @ w(B), A @ B),
    "matrix and vector": (lambda xp, w: w(A) @ w(V), A @ V),
    "vector and matrix": (lambda xp, w: w(V) @ w(B), V @ B),
    "vector and vector": (lambda xp, w: w(V) @ w(V), V @ V),
    "a whole quotient": (lambda xp, w: (w(A) * w(V)) / w(V), A),
    "one over": (lambda xp, w: 60 / w(V), 60 / V),
    "powers": (lambda xp, w: w(V) ** 3 + w(V) ** 2 + w(V) ** 1 + w(V) ** 0, V**3 + V**2 + V + 1),
    "a sixth power": (lambda xp, w: w(V) ** 6, V**6),
    "a negative power": (lambda xp, w: 144 * w(V) ** -2, 144 / V**2),
    "signs": (lambda xp, w: -w(V) + (+w(V)) * 3 - 2 * w(V) + (1 - w(V)), 1 - V),
    "solved": (lambda xp, w: xp.solve(w(SQUARE), w(SQUARE @ B)), B),
    "solved for a vector": (lambda xp, w: xp.solve(w(SQUARE), w(SQUARE @ V)), V),
    "inverse": (lambda xp, w: xp.inv(w(SQUARE)) @ w(SQUARE), np.eye(3)),
    "determinant": (lambda xp, w: xp.det(w(SQUARE)), np.linalg.det(SQUARE).round()),
    "determinant of one": (lambda xp, w: xp.det(w(ONE)), 7),
    "dot": (lambda xp, w: xp.dot(w(V) + xp.i * w(V), 2 * w(V)) * (1 + xp.i), 4 * (V @ V)),
    "star": (lambda xp, w: xp.star(w(A) + xp.i) + xp.i, A.T),
    "complex product": (lambda xp, w: (w(V) + 2 * xp.i) * (w(V) - 2 * xp.i), V * V + 4),
    "complex quotient": (lambda xp, w: (w(V) * w(V) + 4) / (w(V) + 2 * xp.i) + 2 * xp.i, V),
    "complex matrix product": (
        lambda xp, w: (w(A) + xp.i * w(A)) @ (w(B) - xp.i * w(B)), 2 * A @ B,
    ),
    "real part": (lambda xp, w: xp.real((w(V) + 3 * xp.i) ** 2), V * V - 9),
    "imaginary part": (lambda xp, w: xp.imag((w(V) + 3 * xp.i) ** 2), 6 * V),
    "parts of a real": (lambda xp, w: xp.real(w(V)) + xp.imag(w(V)), V),
    "squared moduli": (lambda xp, w: xp.abs2(w(A) + 2 * xp.i), A * A + 4),
    "squared norm": (lambda xp, w: xp.norm2(w(A)), (A * A).sum()),
    "squared norms": (lambda xp, w: xp.norm2(w(C), axis=1), (C * C).sum(1)),
    "elements": (lambda xp, w: xp.stack(list(w(A)), axis=1), A.T),
    "gradient": (lambda xp, w: xp.gradient(lambda y: xp.sum(y**3), w(A)), 3 * A**2),
    "gradient at a number": (lambda xp, w: xp.gradient(lambda y: y**3, w(A)[0, 0]), 27),
    "jacobian": (lambda xp, w: xp.jacobian(lambda y: w(A) @ y * y[0], w(V)),
                 A * V[0] + np.outer(A @ V, [1, 0, 0])),
    "wirtinger": (lambda xp, w: xp.wirtinger(xp.norm2, w(A) + xp.i * w(A)) / (1 + xp.i), A),
    "a constant's slope": (lambda xp, w: xp.push(lambda y: w(A), w(V), w(V)), A * 0),
    "bracket of two slopes": (
        lambda xp, w: xp.push(lambda y: y[0] * xp.push(lambda z: z[1] * y, y, w(V)), w(V), w(V)),
        V[0] * V[1] * V * 2,
    ),
}  # fmt: skip
INDICES = [0, -1, (1, 2), (slice(None), 1), (slice(1, None), None), (Ellipsis, 0), (None, 1)]
BODIES |= {f"entry {k}": (lambda xp, w, k=k: w(C)[k], C[k]) for k in INDICES}
for axis in (-3, -2, -1, 0, 1, 2):
    BODIES |= {
        f"sum, axis {axis}": (lambda xp, w, a=axis: xp.sum(w(C), axis=a), C.sum(axis)),
        f"joined, axis {axis}": (
            lambda xp, w, a=axis: xp.concat([w(C), w(C) * 2, w(C)], axis=a),
            np.concatenate([C, 2 * C, C], axis),
        ),
        f"expanded, axis {axis}": (
            lambda xp, w, a=axis: xp.expand(w(C), a), np.expand_dims(C, axis),
        ),
    }  # fmt: skip
for axis in (-4, -1, 0, 1, 3):
    BODIES[f"stacked, axis {axis}"] = (
        lambda xp, w, a=axis: xp.stack([w(C), 3 - w(C)], axis=a), np.stack([C, 3 - C], axis),
    )  # fmt: skip
ORDERED: dict[str, tuple[Body, Any]] = {
    "relu": (lambda xp, w: xp.relu(w(A)), np.maximum(A, 0)),
    "abs": (lambda xp, w: xp.abs(w(A)), abs(A)),
    "maximum": (lambda xp, w: xp.maximum(w(A), w(V)), np.maximum(A, V)),
    "maximum, turned": (lambda xp, w: xp.maximum(w(V), w(A)), np.maximum(A, V)),
    "minimum": (lambda xp, w: xp.minimum(w(A), w(V)), np.minimum(A, V)),
    "clip": (lambda xp, w: xp.clip(w(A), -2, 3), np.clip(A, -2, 3)),
    "slope of relu": (lambda xp, w: xp.push(xp.relu, w(A), w(A)), np.maximum(A, 0)),
    "slope of abs": (lambda xp, w: xp.push(xp.abs, w(A), w(A) * 2), 2 * abs(A)),
    "slope of a maximum": (
        lambda xp, w: xp.push(lambda y: xp.maximum(y, w(B)), w(B) + 1 - 2 * xp.eye(3), w(B)),
        B * (1 - np.eye(3)),
    ),
    "slope of a minimum": (
        lambda xp, w: xp.push(lambda y: xp.minimum(y, w(B)), w(B) + 1 - 2 * xp.eye(3), w(B)),
        B * np.eye(3),
    ),
    "unit": (lambda xp, w: 5 * xp.unit(w(np.array([[3, 4], [0, 0], [-4, 3]]))),
             [[3, 4], [0, 0], [-4, 3]]),
    "unit, axis 0": (lambda xp, w: 5 * xp.unit(w(np.array([[3, 0], [-4, 5]])), axis=0),
                     [[3, 0], [-4, 5]]),
    "unit of complex numbers": (
        lambda xp, w: xp.unit(xp.stack([3 * xp.i, xp.one * 4])) * 5 + (1 - xp.i) * w(V)[0] * 0,
        [3j, 4],
    ),
    "norm": (lambda xp, w: xp.norm(w(np.array([2, 3, 6]))), 7),
    "norms": (lambda xp, w: xp.norm(w(np.array([[3, 5], [4, 12]])), axis=0), [5, 13]),
    "moduli": (lambda xp, w: xp.abs(xp.stack([3 + 4 * xp.i, 5 - 12 * xp.i])), [5, 13]),
    "root": (lambda xp, w: xp.sqrt(w(np.array([0, 1, 9]))), [0, 1, 3]),
    "exp of zero": (lambda xp, w: xp.exp(w(V) * 0), [1, 1, 1]),
    "scale": (lambda xp, w: xp.scale_or_one(w(np.array([0, -3, 2]))), [1, -3, 2]),
}  # fmt: skip


def exact(values: np.ndarray) -> np.ndarray:
    return np.vectorize(Fraction, otypes=[object])(np.asarray(values))


def from_float(xp: Float, values: np.ndarray) -> Any:
    return xp.wrap(torch.as_tensor(np.asarray(values, dtype=float)))


def numbers(xp: Any, value: Any) -> np.ndarray:
    """The entries as complex numbers."""
    if xp.kind == "float":
        return np.asarray(value.data.to(torch.complex128))
    if xp.kind == "rational":
        one = lambda q: int(q.p) / int(q.q)
        re, im = (np.vectorize(one, otypes=[float])(part) for part in value.data)
        return re + 1j * im
    return np.vectorize(complex, otypes=[complex])(value.data)


@pytest.mark.parametrize("name", [*BODIES, *ORDERED])
def test_numbers_and_their_shape(name):
    body, expected = (BODIES | ORDERED)[name]
    for xp in (Float(), Multiprecision(), Ball(), Rational()):
        wrap = lambda v, xp=xp: from_float(xp, v) if xp.kind == "float" else xp.from_raw(exact(v))
        found = body(xp, wrap)
        assert found.shape == np.shape(expected), xp.kind
        np.testing.assert_allclose(numbers(xp, found), expected, atol=1e-9, err_msg=xp.kind)


def residues(xp: Prime, values: Any) -> Any:
    return xp.from_raw(np.vectorize(lambda n: int(n) % xp.p, otypes=[object])(np.asarray(values)))


def test_residues():
    """Whole numbers and those that a quotient leads back to are what they are modulo any prime."""
    rng = random.Random(3)
    for name, (body, expected) in BODIES.items():
        xp = Prime(random_prime(rng), rng)
        found = body(xp, lambda v, xp=xp: residues(xp, v))
        assert found.shape == np.shape(expected), name
        modulo = lambda v, xp=xp: round(float(v)) % xp.p
        whole = np.vectorize(modulo, otypes=[object])(np.asarray(expected))
        assert np.array_equal(found.data[0], whole), name
        assert np.array_equal(found.data[1], whole), name
        assert xp.symbols == 0, name


@pytest.mark.parametrize("make", [Degree, Sign, Graph])
def test_shapes_of_what_has_no_numbers(make):
    xp = make()
    variable = (lambda shape: xp.raw("x", shape)) if make is Graph else xp.variable
    for name, (body, expected) in BODIES.items():
        if "inverse" not in name and "solved" not in name:  # of what is solved for, the form counts
            assert body(xp, lambda v: variable(np.shape(v))).shape == np.shape(expected), name


def test_a_number_has_no_length_and_a_list_has_its_own():
    for xp in (Float(), Rational(), Ball()):
        table = xp.constant([[1, 2, 3], [4, 5, 6]])
        assert len(table) == 2
        assert len(list(table)) == 2
        assert (table.ndim, xp.one.ndim) == (2, 0)
        with pytest.raises(TypeError, match="no length"):
            len(xp.one)
        with pytest.raises(TypeError, match="iterated"):
            iter(xp.one)
        with pytest.raises(ValueError, match="nothing to join"):
            xp.stack([])
