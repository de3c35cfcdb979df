"""Counts of invariants against the values of a table worked out by hand, and against each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import invariants


@pytest.mark.parametrize(
    ("C", "counts"), [(1, (1, 5, 8, 9)), (2, (9, 52, 86, 95)), (3, (36, 225, 378, 414))]
)
def test_permutation_count_and_spanning_set(C, counts):
    assert tuple(invariants.permutation_count(N, C) for N in (1, 2, 3, 4)) == counts
    assert len(invariants.blockings(C, 2, 2)) == counts[-1]


@pytest.mark.parametrize("C", [1, 2, 3, 4])
def test_unitary_count(C):
    assert invariants.unitary_count(1, C) == (C * (C + 1) // 2) ** 2
    assert invariants.unitary_count(2, C) == C**2 * (C**2 + 1) // 2


@pytest.mark.parametrize("C", [1, 2, 3])
def test_orthogonal_count(C):
    D = C * (C + 1) // 2
    assert invariants.orthogonal_count(2, C) == D * (D + 1) // 2


def test_quadratics_under_permutations():
    assert [invariants.permutation_count(3, C, 1, 1) for C in (1, 2, 3)] == [2, 8, 18]


def test_necklaces():
    assert invariants.necklaces(3, 3) == 11
    assert invariants.necklaces(2, 4) == 6
    assert invariants.necklaces(2, 6) == 14


def test_single_and_double_traces_are_the_traces_of_products():
    xp, rng = Float(), np.random.default_rng(0)
    draw = lambda *shape: rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    X, weights = draw(5, 2, 3), draw(4, 3, 3)
    wrap = lambda a: xp.wrap(torch.from_numpy(a))
    single, double = invariants.single_and_double_traces(xp, wrap(X), [wrap(w) for w in weights])
    pairs = list(itertools.combinations_with_replacement(weights, 2))
    for point, state in enumerate(X):
        M = state.conj().T @ state
        expected = [(np.trace(M @ A @ M @ B), np.trace(M @ A) * np.trace(M @ B)) for A, B in pairs]
        np.testing.assert_allclose(single.data[point], [one for one, _ in expected])
        np.testing.assert_allclose(double.data[point], [two for _, two in expected])
