"""Branches that no real point takes: a certificate, by linear algebra.

On a branch certain expressions are positive: the decided ones with their signs, square roots, and
products of two such.  If a combination of them with positive coefficients vanishes identically, no
point of an open set takes the branch.  The combination is found among the linear relations of their
residues at many points of the branch, and confirmed at a fresh prime.

Source: the alternative of Gordan (1873) for linear inequalities; with products it is the simplest
case of the certificates of Krivine and Stengle.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import flint
import numpy as np
from scipy.optimize import linprog

from fieldcheck.arithmetic.branches import Field, Walk
from fieldcheck.arithmetic.graph import Graph, Node
from fieldcheck.arithmetic.prime import Unlucky

LARGEST = 1 << 12
"""Numerators and denominators of a certificate's coefficients stay below this."""

TRIES = 200


def is_empty(graph: Graph, root: Node, choices: tuple[bool, ...], rng) -> bool:
    """Is it certain that no open set of real points takes this branch?"""
    for degree in (1, 2):
        found = _relation(graph, root, choices, rng, degree)
        if found is None:
            continue
        table = _positives(graph, root, choices, Field.random(rng), 3, degree)
        if table is not None and _vanishes(table, found):
            return True
    return False


def _positives(graph, root, choices, field, rows, degree):
    """Rows of residues of the positive expressions at points of the branch, all modulo one prime."""
    table = []
    for _ in range(TRIES):
        walk = Walk(graph, Field.random(field.rng, field.p), choices)
        try:
            walk.run(root)
        except Unlucky:
            continue
        if tuple(walk.choices) != choices:
            continue
        decided = [s * walk.residue[n.id] % field.p for n, s in walk.atoms]
        bases = [walk.residue[n.id] for n in _bases(graph, root)]
        signs = [walk.sign.get(r) for r in bases]
        known = [r if s == 1 else 0 for r, s in zip(bases, signs, strict=True)]
        row = decided + known
        if degree == 2:
            row = row + [
                a * b % field.p for a, b in itertools.combinations_with_replacement(row, 2)
            ]
        table.append((field.p, row))
        if len(table) == (rows or len(row) + 8):
            return table
    return None


def _bases(graph: Graph, root: Node) -> list[Node]:
    """Roots and sums of squares in the graph: candidates for expressions known to be positive."""
    order = graph.order(root)
    return [n for n in order if n.op == "sqrt" or (n.op == "add" and n.fixed)][:8]


def _relation(graph, root, choices, rng, degree) -> dict[int, Fraction] | None:
    """Positive coefficients of a vanishing combination, by position, or None."""
    table = _positives(graph, root, choices, Field.random(rng), 0, degree)
    if table is None:
        return None
    p = table[0][0]
    matrix = np.array([row for _, row in table], dtype=object)
    columns = [k for k in range(matrix.shape[1]) if matrix[:, k].all()]
    kernel = _kernel(matrix[:, columns], p)
    if not kernel:
        return None
    basis = np.array([[float(x) for x in v] for v in kernel]).T
    n = basis.shape[1]
    plan = linprog(
        np.zeros(n),
        A_ub=-basis,
        b_ub=np.zeros(len(basis)),
        A_eq=basis.sum(axis=0, keepdims=True),
        b_eq=[1],
        bounds=[(None, None)] * n,
    )
    if plan.status != 0:
        return None
    support = [k for k, c in zip(columns, basis @ plan.x, strict=True) if c > 1e-9]
    exact = _kernel(matrix[:, support], p)
    if len(exact) != 1:
        return None
    sign = 1 if exact[0][0] > 0 else -1
    values = [sign * c for c in exact[0]]
    return dict(zip(support, values, strict=True)) if all(c > 0 for c in values) else None


def _kernel(matrix: np.ndarray, p: int) -> list[list[Fraction]]:
    """A basis of the relations between columns, with small rational coefficients."""
    m = flint.nmod_mat(*matrix.shape, [int(x) for x in matrix.reshape(-1)], p)
    reduced, rank = m.rref()
    rows, columns = matrix.shape
    pivots, r = [], 0
    for c in range(columns):
        if r < rank and int(reduced[r, c]) == 1:
            pivots.append(c)
            r += 1
    basis = []
    for free in (c for c in range(columns) if c not in pivots):
        vector = [Fraction(0)] * columns
        vector[free] = Fraction(1)
        for r, c in enumerate(pivots):
            small = _small(-int(reduced[r, free]) % p, p)
            if small is None:
                break
            vector[c] = small
        else:
            basis.append(vector)
    return basis


def _small(x: int, p: int) -> Fraction | None:
    """The fraction with small numerator and denominator that a residue stands for."""
    a, b, u, v = p, x, 0, 1
    while b > LARGEST:
        q = a // b
        a, b, u, v = b, a - q * b, v, u - q * v
    return Fraction(b, v) if v and abs(v) <= LARGEST else None


def _vanishes(table, relation: dict[int, Fraction]) -> bool:
    for p, row in table:
        total = 0
        for k, c in relation.items():
            if row[k] == 0:
                return False
            total += c.numerator * pow(c.denominator, -1, p) * row[k]
        if total % p:
            return False
    return True
