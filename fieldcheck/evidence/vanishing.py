"""Where a vector that is brought to unit length vanishes: the exceptional sets of ``unit``.

There unit is 0, while everywhere else it has length one, so an identity that uses its length must
be looked at again on each such set.  Where the vector is affine in the raw parameters, with
constant coefficients, the set is found by elimination and the statement is run on it, the
eliminated parameters replaced by what they must be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from fieldcheck.arithmetic.graph import Entry, Graph, Node

Affine = dict[int | None, tuple[Fraction, Fraction]]
"""Gaussian coefficients by the id of a raw parameter; that of None stands alone."""

Pins = dict[Entry, dict[Entry | None, Fraction]]
"""Eliminated raw parameters (name, index), each a combination of free ones and a constant."""

MOST = 64
"""Exceptional sets of one shape that are visited; beyond them the condition remains."""

ZERO, ONE = Fraction(0), Fraction(1)


class TooMany(Exception):
    """More exceptional sets than are visited, or one that is not affine."""


def sets(graph: Graph, slices: Sequence[Sequence[Node]]) -> Iterator[Pins]:
    """All sets on which some of the vectors vanish, those that do not exist left out."""
    apart = list(dict.fromkeys(tuple(sorted(nodes, key=lambda n: n.id)) for nodes in slices))
    if 2 ** len(apart) > MOST:
        raise TooMany
    for k in range(1, len(apart) + 1):
        for chosen in itertools.combinations(apart, k):
            rows = [affine(node) for nodes in chosen for node in nodes]
            solved = eliminated([part for row in rows for part in _parts(row)])
            if solved is not None:
                yield _named(graph, solved)


def affine(node: Node) -> Affine:
    """A node as an affine form; TooMany where it is none."""
    match node.op:
        case "raw":
            return {node.id: (ONE, ZERO)}
        case "const":
            return {None: (node.args[0], ZERO)}
        case "i":
            return {None: (ZERO, ONE)}
        case "add":
            out = affine(node.args[0])
            for key, (re, im) in affine(node.args[1]).items():
                a, b = out.get(key, (ZERO, ZERO))
                out[key] = a + re, b + im
            return out
        case "mul":
            left, right = (affine(a) for a in node.args)
            if set(right) <= {None}:
                left, right = right, left
            if set(left) <= {None}:
                a, b = left.get(None, (ZERO, ZERO))
                return {k: (a * x - b * y, a * y + b * x) for k, (x, y) in right.items()}
    raise TooMany


def _parts(row: Affine) -> list[dict[int | None, Fraction]]:
    """Real and imaginary part: raw parameters are real."""
    return [{k: pair[half] for k, pair in row.items() if pair[half]} for half in (0, 1)]


def eliminated(
    rows: list[dict[int | None, Fraction]],
) -> dict[int, dict[int | None, Fraction]] | None:
    """Some unknowns in terms of the others, or None where the rows contradict each other."""
    solved: dict[int, dict[int | None, Fraction]] = {}
    for row in rows:
        row = _put(row, solved)
        pivot = next((k for k, c in row.items() if k is not None and c), None)
        if pivot is None:
            if row.get(None):
                return None
            continue
        lead = row.pop(pivot)
        value = {k: -c / lead for k, c in row.items() if c}
        solved = {k: _put(v, {pivot: value}) for k, v in solved.items()}
        solved[pivot] = value
    return solved


def _put(
    row: dict[int | None, Fraction], solved: Mapping[Any, dict[int | None, Fraction]]
) -> dict[int | None, Fraction]:
    out: dict[int | None, Fraction] = {}
    for key, c in row.items():
        for k, v in solved.get(key, {key: ONE}).items():
            out[k] = out.get(k, ZERO) + c * v
    return {k: c for k, c in out.items() if c}


def _named(graph: Graph, solved: dict[int, dict[int | None, Fraction]]) -> Pins:
    raws = {node.id: node.args for node in graph.all("raw")}
    return {
        raws[pivot]: {None if k is None else raws[k]: c for k, c in value.items()}
        for pivot, value in solved.items()
    }
