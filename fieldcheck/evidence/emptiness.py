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
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from fieldcheck.arithmetic import prime
from fieldcheck.arithmetic.branches import Field, Walk
from fieldcheck.arithmetic.graph import Graph, Node
from fieldcheck.arithmetic.prime import Unlucky

LARGEST = 1 << 12
"""Numerators and denominators of a certificate's coefficients stay below this."""

TRIES = 4000
"""Random points tried for the rows of a relation: with k roots one in 2^k has residues for all, and
a certificate missed by chance leaves a true statement undecided."""


Label = tuple[Any, ...]
"""An expression that is positive on a branch: ("1",), (node, sign), (node,), or a pair of these."""


def is_empty(graph: Graph, root: Node, choices: tuple[bool, ...], rng: random.Random) -> bool:
    """Is it certain that no open set of real points takes this branch?

    Certificates are remembered with their root: a neighbouring branch is often empty for the same
    reason, which a few points confirm.
    """
    known = _certificates.setdefault(root, [])
    for relation in known:
        if _holds(graph, root, choices, rng, relation):
            return True
    for degree in (1, 2):
        found = _relation(graph, root, choices, rng, degree)
        if found and _holds(graph, root, choices, rng, found):
            known.append(found)
            return True
    return False


_certificates: WeakKeyDictionary[Node, list[dict[Label, Fraction]]] = WeakKeyDictionary()


def _points(graph: Graph, root: Node, choices: tuple[bool, ...], field: Field) -> Iterator[Walk]:
    """Walks along the branch at random points, modulo one prime."""
    for _ in range(TRIES):
        walk = Walk(graph, Field.random(field.rng, field.p), choices)
        try:
            walk.run(root)
        except Unlucky:
            continue
        if tuple(walk.choices) == choices:
            yield walk


def _positives(graph: Graph, root: Node, walk: Walk, degree: int) -> dict[Label, int]:
    """The expressions that are positive on the branch of a walk, with their residues."""
    p = walk.p
    found: dict[Label, int] = {("1",): 1}
    for node, sign in walk.atoms:
        found[node, sign] = sign * walk.residue[node.id] % p
    for node in _bases(graph, root):
        value = walk.residue[node.id]
        if walk.sign.get(value) == 1:
            found[(node,)] = value
    if degree == 2:
        for (x, a), (y, b) in itertools.combinations_with_replacement(list(found.items())[1:], 2):
            found[x, y] = a * b % p
    return found


def _bases(graph: Graph, root: Node) -> list[Node]:
    """Expressions whose sign may be known from their form: roots, what something is multiplied or
    divided by, and squares."""
    order = graph.order(root)
    operands = {a.id for n in order if n.op in ("mul", "div", "quotient") for a in n.args}
    roots = [n for n in order if n.op == "sqrt"]
    factors = [n for n in order if n.fixed and n.op == "add" and n.id in operands]
    squares = [n for n in order if n.fixed and n.op == "mul" and n.args[0] is n.args[1]]
    used = [n for n in squares if n.id in operands]
    return list(dict.fromkeys([*roots[:4], *factors[:6], *squares[-4:], *used[:4]]))


def _relation(
    graph: Graph, root: Node, choices: tuple[bool, ...], rng: random.Random, degree: int
) -> dict[Label, Fraction] | None:
    """Positive coefficients of a combination that vanishes on the branch, or None."""
    rows: list[dict[Label, int]] = []
    field = Field.random(rng)
    for walk in _points(graph, root, choices, field):
        rows.append(_positives(graph, root, walk, degree))
        if len(rows) >= len(rows[0]) + 6:
            break
    else:
        return None
    labels = [x for x in rows[0] if all(x in row for row in rows)]
    matrix = np.array([[row[x] for x in labels] for row in rows], dtype=object)
    kernel = _kernel(matrix, field.p)
    if not kernel:
        return None
    from scipy.optimize import linprog  # slow to import, and seldom needed

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
    support = [k for k, c in enumerate(basis @ plan.x) if c > 1e-9]
    exact = _kernel(matrix[:, support], field.p)
    if len(exact) != 1:
        return None
    sign = 1 if exact[0][0] > 0 else -1
    values = [sign * c for c in exact[0]]
    if any(c <= 0 for c in values):
        return None
    return {labels[k]: c for k, c in zip(support, values, strict=True)}


def _holds(
    graph: Graph,
    root: Node,
    choices: tuple[bool, ...],
    rng: random.Random,
    relation: dict[Label, Fraction],
) -> bool:
    """Does the combination vanish, all its terms being positive, at fresh points of the branch?"""
    degree = 2 if any(isinstance(x[0], tuple) for x in relation) else 1
    field, confirmed = Field.random(rng), False
    for walk in itertools.islice(_points(graph, root, choices, field), 3):
        row = _positives(graph, root, walk, degree)
        if any(row.get(x, 0) == 0 for x in relation):
            return False
        total = sum(
            c.numerator * field.inverse(c.denominator) * row[x] for x, c in relation.items()
        )
        if total % field.p:
            return False
        confirmed = True
    return confirmed


def _kernel(matrix: np.ndarray, p: int) -> list[list[Fraction]]:
    """A basis of the relations between columns, with small rational coefficients."""
    reduced, rank = prime.matrix(matrix, p).rref()
    columns = matrix.shape[1]
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
