"""The one-pass Wirtinger derivative against its definition ½(push(H) + i push(iH))."""

from __future__ import annotations

import random

import pytest

from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.evidence.draws import small_entries as small_point

FUNCTIONS = {
    "quartic": lambda xp, X: xp.trace(X @ xp.star(X) @ X @ X.T @ xp.conj(X) @ xp.star(X)),
    "real part of a trace": lambda xp, X: xp.real(xp.trace(X @ X.T)),
    "imaginary part": lambda xp, X: xp.imag(xp.sum(X * X * xp.conj(X))),
    "norm": lambda xp, X: xp.norm(X),
    "sum of moduli": lambda xp, X: xp.sum(xp.abs(X)),
    "unit rows": lambda xp, X: xp.sum(xp.unit(X) * xp.unit(X)),
    "log-sum-exp": lambda xp, X: xp.sum(xp.logsumexp(X @ xp.star(X), axis=-2)),
    "softmax": lambda xp, X: xp.sum(xp.softmax(X @ xp.star(X)) @ X),
    "quotient": lambda xp, X: xp.sum(X / (1 + xp.abs2(X))),
    "quotient of a constant": lambda xp, X: xp.sum(1 / (2 + xp.conj(X) * X)),
    "solve": lambda xp, X: xp.trace(
        xp.solve(X @ xp.star(X) + xp.eye(X.shape[0]), X @ xp.conj(X).T)
    ),
    "joined": lambda xp, X: xp.sum(xp.conj(xp.concat([X, xp.conj(X) * X])) * 3),
    "conjugate of a composite": lambda xp, X: xp.sum(xp.conj(xp.exp(xp.i * X) * xp.conj(X))),
    "holomorphic": lambda xp, X: xp.sum(X * X * X),
    "relu of an energy": lambda xp, X: xp.relu(xp.norm2(X) - 1) * xp.trace(xp.conj(X)),
    "a nested derivative": lambda xp, X: xp.pull_star(
        lambda Y: xp.norm2(Y @ xp.star(Y)) * xp.trace(X), X, X @ X
    ),
    "a nested real derivative": lambda xp, X: xp.push(
        lambda Y: xp.trace(Y @ xp.star(X) @ Y), X, xp.conj(X)
    ),
    "real parts of real parts": lambda xp, X: xp.real(xp.i * xp.real(X[0, 0]) * X[1, 0]) * X[0, 1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_pass_agrees_with_the_definition(name):
    rng = random.Random(name)
    with working_digits(40):
        xp = Ball()
        re, im, hre, him = (xp.from_raw(small_point(rng, (2, 2))) for _ in range(4))
        X, H = re + xp.i * im, hre + xp.i * him
        f = lambda Y: FUNCTIONS[name](xp, Y)
        definition = (xp.push(f, X, H) + xp.i * xp.push(f, X, xp.i * H)) / 2
        gap = (xp.pull_star(f, X, H) - definition).data[()]
        assert gap.contains(0)
        assert abs(gap).upper() < 1e-25
        moved = (xp.pull_star(f, X, 2 * H) - definition).data[()]
        assert name == "holomorphic" or not moved.contains(0)
