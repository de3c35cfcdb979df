"""One body, every arithmetic: all number systems say the same where they can all speak.

Hypothesis draws the shape, the body and the point; each example compares five implementations.
"""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.floating import Float
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.draws import small_entries as small_point

ALGEBRAIC = {
    "product": lambda xp, A, B: A @ B @ xp.star(A),
    "solve": lambda xp, A, B: xp.solve(A @ xp.star(A) + 3 * xp.eye(A.shape[0]), A @ B),
    "entrywise": lambda xp, A, B: (A * xp.conj(A) - 2) / (4 + xp.abs2(A)),
    "shapes": lambda xp, A, B: xp.concat([A.T, xp.stack([A[0], A[-1]]).T], axis=1),
    "trace of a power": lambda xp, A, B: xp.trace((A @ xp.star(A)) @ (A @ xp.star(A))) ** 3,
    "kronecker": lambda xp, A, B: xp.kron(A, B) @ xp.kron(xp.star(A), xp.star(B)),
    "determinant": lambda xp, A, B: xp.det(A @ xp.star(A) + xp.eye(A.shape[0])),
    "diagonal": lambda xp, A, B: xp.diag(xp.diagonal(A @ xp.star(A))) - xp.eye(A.shape[0]),
    "derivative": lambda xp, A, B: xp.push(lambda Y: Y @ xp.star(Y) @ Y, A, A @ B),
    "wirtinger": lambda xp, A, B: xp.wirtinger(lambda Y: xp.norm2(Y @ B) ** 2, A),
    "piecewise": lambda xp, A, B: xp.maximum(xp.real(A), 1) - xp.relu(xp.imag(A)),
    "means": lambda xp, A, B: xp.mean(A) + xp.mean(A, axis=0) - xp.mean(B, axis=-1),
    "products": lambda xp, A, B: xp.prod(A) + xp.prod(A, axis=-1)[0],
    "extremes": lambda xp, A, B: xp.max(xp.real(A)) + xp.min(xp.imag(A), axis=1),
    "einsum": lambda xp, A, B: xp.einsum("ij,jk,lk->il", A, B, xp.conj(A)) + xp.einsum("ii", B),
    "einsum of few": lambda xp, A, B: xp.einsum("ij,ij->j", A, A) + xp.einsum("jj->j", B),
    "einsum of many": lambda xp, A, B: xp.einsum("ij,kl->lijk", A, B),
    "triangles": lambda xp, A, B: xp.tril(A) @ xp.triu(B, 1) + xp.tril(A, -1),
    "axes": lambda xp, A, B: xp.permute(A[:, None, :] * A[None], (2, 0, 1)),
    "large determinant": lambda xp, A, B: xp.det(xp.kron(B, B)[:7, :7] + 0 * A[0, 0]),
    "its derivative": lambda xp, A, B: xp.push(lambda Y: xp.det(xp.kron(Y, Y)[:7, :7]), B, B @ B),
    "clip": lambda xp, A, B: xp.clip(xp.real(A), -1, 1) + xp.abs(xp.imag(A)),
}
ANALYTIC = {
    "softmax": lambda xp, A, B: xp.softmax(A @ B @ xp.star(A)) @ A,
    "logsumexp": lambda xp, A, B: xp.logsumexp(xp.real(A), axis=0),
    "circular": lambda xp, A, B: xp.sin(A) * xp.cos(B[0]) + xp.tanh(xp.real(A)),
    "logistic": lambda xp, A, B: xp.logistic(xp.real(A)) - xp.softplus(xp.imag(A)),
    "hyperbolic": lambda xp, A, B: xp.sinh(A) * xp.cosh(B[0]),
    "odd": lambda xp, A, B: xp.arctan(xp.real(A)) * xp.erf(xp.imag(A)),
    "their derivatives": lambda xp, A, B: xp.push(_odd(xp), A, A @ B),
    "norms": lambda xp, A, B: xp.norm(A, axis=-1) * xp.norm(B) + xp.sum(xp.unit(A)),
    "powers": lambda xp, A, B: xp.abs2(A) ** (xp.one / 3 + 1) + xp.pi,
    "logarithm": lambda xp, A, B: xp.log(1 + xp.exp(xp.i * A)),
    "derivative": lambda xp, A, B: xp.push(lambda Y: xp.softmax(Y @ B), A, A @ B),
}


def _odd(xp):
    return lambda Y: xp.arctan(xp.real(Y)) + xp.erf(xp.imag(Y)) + xp.sinh(Y) * xp.cosh(Y)


def _values(xp, raw):
    lift = (
        (lambda v: xp.wrap(torch.tensor(np.vectorize(float, otypes=[float])(v))))
        if xp.kind == "float"
        else xp.from_raw
    )
    A = lift(raw[0]) + xp.i * lift(raw[1])
    B = lift(raw[2]) + xp.i * lift(raw[3])
    return A, B


def _complexes(xp, value) -> list[complex]:
    if xp.kind == "float":
        return [complex(x) for x in value.data.reshape(-1).tolist()]
    if xp.kind == "rational":
        re, im = value.data.reshape(2, -1)
        return [complex(_float(a), _float(b)) for a, b in zip(re, im, strict=True)]
    if xp.kind == "ball":
        return [complex(x) for x in value.data.reshape(-1)]
    return [complex(x) for x in value.data.reshape(-1)]


def _float(q) -> float:
    return float(Fraction(int(q.p), int(q.q)))


def _agree(body, seed: int, N: int, C: int, systems) -> None:
    rng = random.Random(seed)
    raw = [small_point(rng, s, bits=6) for s in ((N, C), (N, C), (C, C), (C, C))]
    with working_digits(30):
        answers = {}
        for xp in systems:
            value = body(xp, *_values(xp, raw))
            answers[xp.kind] = (value.shape, _complexes(xp, value))
    shape, reference = answers["ball"]
    for name, (other_shape, values) in answers.items():
        assert other_shape == shape, name
        scale = max(1.0, *map(abs, reference))
        assert np.allclose(values, reference, rtol=0, atol=1e-8 * scale), name


SIZES = st.integers(1, 4)


@pytest.mark.parametrize("name", ALGEBRAIC)
@given(seed=st.integers(0, 2**32), N=SIZES, C=SIZES)
def test_algebraic_bodies_agree(name, seed, N, C):
    _agree(ALGEBRAIC[name], seed, N, C, [Ball(), Float(), Multiprecision(), Rational()])


@pytest.mark.parametrize("name", ANALYTIC)
@given(seed=st.integers(0, 2**32), N=SIZES, C=SIZES)
def test_analytic_bodies_agree(name, seed, N, C):
    _agree(ANALYTIC[name], seed, N, C, [Ball(), Float(), Multiprecision()])
