"""A stack of matrices is multiplied one by one, in every arithmetic: its axis is no other axis."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.ball import Ball
from fieldcheck.arithmetic.floating import Float
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.draws import small_entries

PRIME = Prime(random_prime(random.Random(1)), random.Random(2))


def drawn(xp, seed, *shape):
    if isinstance(xp, Prime):
        return xp.draw(shape)
    raw = small_entries(random.Random(seed), shape)
    if isinstance(xp, Float):
        return xp.from_raw(torch.tensor(raw.astype(float)))
    return xp.from_raw(raw)


def same(a, b):
    assert a.shape == b.shape
    flat = lambda v: np.asarray([str(z) for z in np.asarray(v.data, dtype=object).ravel()])
    assert (flat(a) == flat(b)).all()


# Two is the number that the pairs of some arithmetics would be taken for.
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    "xp", [Rational(), PRIME, Multiprecision(), Ball(), Float()], ids=lambda a: a.kind
)
def test_a_stack_is_multiplied_matrix_by_matrix(xp, count):
    X, x = drawn(xp, 1, 3, 4) + xp.i * drawn(xp, 5, 3, 4), drawn(xp, 4, 4)
    A, B = drawn(xp, 2, count, 4, 2), drawn(xp, 3, count, 2, 3)
    for k in range(count):
        same((X @ A)[k], X @ A[k])
        same((B @ X)[k], B[k] @ X)
        same((A @ B)[k], A[k] @ B[k])
        same((x @ A)[k], x @ A[k])
        same((A.T @ x)[k], A[k].T @ x)
