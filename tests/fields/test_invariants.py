"""Counts of invariants against the values of a table worked out by hand, and against each other."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.fields import invariants
from tests.fields.generic import A, B, M, N, P, tr, v, xp


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


def test_quartic_coefficients_give_the_form_back():
    """Q(M) = Σ T[ab, cd] Tr(M E_ab M E_cd), with T symmetric, at a matrix that is not a unit."""
    quadratic = lambda m: xp.trace(m @ v(A[:2, :2]) @ m @ v(B[:2, :2])) + xp.trace(m) * m[0, 1]
    table = np.asarray(invariants.quartic_coefficients(xp, quadratic, 2).data)
    np.testing.assert_allclose(table, table.T)
    m = M[:2, :2]
    units = [np.outer(a, b) for a, b in itertools.product(np.eye(2), np.eye(2))]
    total = sum(
        table[j, k] * tr(m @ e @ m @ f)
        for (j, e), (k, f) in itertools.product(enumerate(units), enumerate(units))
    )
    assert total == pytest.approx(complex(quadratic(v(m)).data))


def test_cycles_and_the_traces_of_permutations():
    assert invariants._cycles((1, 0, 2)) == [2, 1]
    assert invariants._cycles((1, 2, 0, 4, 3)) == [3, 2]
    assert invariants._cycles(()) == []
    # On linear forms a permutation of tokens has C times its number of fixed points as its trace.
    assert invariants._fixed([2, 1], 3, 1) == 3
    assert invariants._fixed([1, 1], 2, 2) == math.comb(5, 2)
    assert invariants._fixed([2], 1, 2) == 1
    assert invariants._fixed([2, 1], 1, 0) == 1


def test_blockings_of_one_channel():
    """Set partitions of two and two indistinguishable factors: nine multisets of blocks."""
    assert len(invariants.blockings(1, 2, 2)) == 9
    assert invariants.blockings(1, 1, 1) == [(((), (0,)), ((0,), ())), (((0,), (0,)),)]
    assert invariants.blockings(2, 1, 0) == [(((0,), ()),), (((1,), ()),)]


def test_products_of_power_sums():
    """Every product is a sum over tokens for each block: counted off at one point."""
    found = invariants.power_sum_products(xp, v(P[..., :2]))
    for value, blocks in zip(found, invariants.blockings(2, 2, 2), strict=True):
        expected = 1
        for conjugated, plain in blocks:
            bars = np.prod([P[..., a].conj() for a in conjugated], axis=0)
            factors = np.prod([P[..., a] for a in plain], axis=0)
            expected = expected * (bars * factors * np.ones((2, N))).sum(1)
        np.testing.assert_allclose(value.data, expected)
