"""Invariant polynomials of the tokens: spanning sets, and their number counted in another way.

Probes are a K x N x C array, one state for each of K points; a column of :func:`stack_columns` is
one invariant at all K points, so the rank of the matrix is the dimension of what they span.
Counting needs no points: characters for U(N), averages over permutations for S_N.
Source: H. Weyl, The Classical Groups (1939), for the spanning sets; Burnside and Molien for counts.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement, permutations, product
from math import comb, factorial
from typing import Any


# -- spanning sets --------------------------------------------------------------------------------
def stack_columns(xp, columns) -> Any:
    """The K x D matrix of D invariants at K points."""
    return xp.stack(list(columns), axis=1)


def gram_entries(xp, X) -> list[Any]:
    """The C² entries of M = X*X at every point, each a vector of K values."""
    bars, C = xp.conj(X), X.shape[2]
    return [xp.sum(bars[:, :, a] * X[:, :, b], axis=1) for a in range(C) for b in range(C)]


def pair_products(values) -> list[Any]:
    """All products of two, unordered."""
    return [a * b for a, b in combinations_with_replacement(values, 2)]


def single_and_double_traces(xp, X, weights) -> tuple[Any, Any]:
    """Tr(XAX*XBX*) and Tr(XAX*) Tr(XBX*) for all unordered pairs of weights: two K x D matrices.

    With MA at each point, laid out as a row of C² entries, they are Σ_ij (MA)_ij (MB)_ji and
    Tr(MA) Tr(MB).
    """
    K, _, C = X.shape
    rows = xp.reshape(stack_columns(xp, gram_entries(xp, X)), (K * C, C))
    moved = [xp.reshape(rows @ A, (K, C * C)) for A in weights]
    turned = [
        stack_columns(xp, [m[:, b * C + a] for a in range(C) for b in range(C)]) for m in moved
    ]
    traces = [xp.sum(stack_columns(xp, [m[:, a * C + a] for a in range(C)]), axis=1) for m in moved]
    pairs = list(combinations_with_replacement(range(len(moved)), 2))
    products = xp.stack(moved, axis=1) @ xp.stack(turned, axis=2)
    return (
        stack_columns(xp, [products[:, a, b] for a, b in pairs]),
        stack_columns(xp, [traces[a] * traces[b] for a, b in pairs]),
    )


def power_sum_products(xp, X) -> list[Any]:
    """A basis of the S_N-invariants of bidegree (2, 2) for N >= 4, spanning for smaller N.

    Each is a product of sums over tokens of monomials, one for every way to split two conjugated
    and two plain factors into blocks.
    """
    bars, C, sums = xp.conj(X), X.shape[2], {}

    def power_sum(block):
        if block not in sums:
            conjugated, plain = block
            columns = [bars[:, :, a] for a in conjugated] + [X[:, :, a] for a in plain]
            term = columns[0]
            for column in columns[1:]:
                term = term * column
            sums[block] = xp.sum(term, axis=1)
        return sums[block]

    out = []
    for blocks in blockings(C, 2, 2):
        value = power_sum(blocks[0])
        for block in blocks[1:]:
            value = value * power_sum(block)
        out.append(value)
    return out


@cache
def blockings(C: int, p: int, q: int) -> list[tuple]:
    """Multisets of blocks ((conjugated channels), (plain channels)) with p and q factors in all."""
    found = set()
    for conjugated in combinations_with_replacement(range(C), p):
        for plain in combinations_with_replacement(range(C), q):
            letters = [(0, a) for a in conjugated] + [(1, a) for a in plain]
            for places in product(range(p + q), repeat=p + q):
                blocks: dict[int, tuple[list, list]] = {}
                for (side, channel), place in zip(letters, places, strict=True):
                    blocks.setdefault(place, ([], []))[side].append(channel)
                found.add(tuple(sorted((tuple(a), tuple(b)) for a, b in blocks.values())))
    return sorted(found)


def words(xp, letters, length: int) -> list[Any]:
    """The identity and all products of at most ``length`` of these C x C matrices."""
    level = [xp.eye(letters[0].shape[0])]
    out = list(level)
    for _ in range(length):
        level = [w @ letter for w in level for letter in letters]
        out += level
    return out


def commuting_conditions(xp, weights) -> Any:
    """The matrix of K -> (KW - WK for every W), on C x C matrices K laid out as vectors."""
    one = xp.eye(weights[0].shape[0])
    return xp.concat([xp.kron(one, W.T) - xp.kron(W, one) for W in weights])


def quartic_coefficients(xp, Q, C: int) -> Any:
    """T with Q(M) = Σ T[ab, cd] Tr(M E_ab M E_cd), symmetric, C² x C², for a quadratic form Q of M.

    Tr(M E_ab M E_cd) = M_da M_bc, so T is the polar form of Q at E_da and E_bc.
    """
    unit = xp.basis((C, C))
    alone = [Q(u) for u in unit]

    def entry(a, b, c, d):
        first, second = d * C + a, b * C + c
        return (Q(unit[first] + unit[second]) - alone[first] - alone[second]) / 2

    index = list(product(range(C), repeat=2))
    return xp.stack([xp.stack([entry(a, b, c, d) for c, d in index]) for a, b in index])


# -- counting -------------------------------------------------------------------------------------
def unitary_count(N: int, C: int) -> int:
    """Invariant quartics of U(N) on N x C: the squares of the dimensions of Sym² and Λ² of C^C, the
    second only where N >= 2 (Cauchy's formula)."""
    symmetric, alternating = comb(C + 1, 2), comb(C, 2)
    return symmetric**2 + (alternating**2 if N >= 2 else 0)


def orthogonal_count(N: int, C: int) -> int:
    """Real invariant quartics of O(N): Sym⁴ of R^C, and the (2, 2) part where N >= 2."""
    square = C * C * (C * C - 1) // 12
    return comb(C + 3, 4) + (square if N >= 2 else 0)


def permutation_count(N: int, C: int, p: int = 2, q: int = 2) -> int:
    """Invariants of S_N of bidegree (p, q), by Molien's average over all N! permutations."""
    total = sum(
        _fixed(_cycles(order), C, p) * _fixed(_cycles(order), C, q)
        for order in permutations(range(N))
    )
    return total // factorial(N)


def _cycles(order: tuple[int, ...]) -> list[int]:
    """Cycle lengths of a permutation."""
    seen: set[int] = set()
    lengths = []
    for start in range(len(order)):
        length, here = 0, start
        while here not in seen:
            seen.add(here)
            here, length = order[here], length + 1
        if length:
            lengths.append(length)
    return lengths


def _fixed(cycles: list[int], C: int, degree: int) -> int:
    """Trace on polynomials of this degree: the coefficient of z^degree in Π (1 - z^length)^-C."""
    series = [1] + [0] * degree
    for length in cycles:
        for _ in range(C):
            for k in range(length, degree + 1):
                series[k] += series[k - length]
    return series[degree]


def necklaces(letters: int, length: int) -> int:
    """Words up to rotation, by Burnside's average over the rotations."""
    kept = sum(
        letters ** len(_cycles(tuple((k + s) % length for k in range(length))))
        for s in range(length)
    )
    return kept // length
