"""Counts of invariants against the values of a table worked out by hand, and against each other."""

from __future__ import annotations

import pytest

from fieldcheck.fields import invariants


@pytest.mark.parametrize(("C", "counts"), [(1, (1, 5, 8, 9)), (2, (9, 52, 86, 95)),
                                              (3, (36, 225, 378, 414))])
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
