"""Cells: a piecewise statement, taken apart into its branches and proved on each.

A body made of polynomials, quotients, square roots and relus (maximum, minimum, clip, abs) is, on
each of finitely many cells, one algebraic formula.  The body is written down once; every decision
of a relu is taken both ways, and each branch is tested as an identity in random prime fields, with
the error bound of the exact method times the number of branches.  A branch on which the identity
fails must be settled: by a rational point that refutes the statement, or by a certificate that no
real point takes the branch.  Otherwise the method is silent.

Points on the walls between cells follow by continuity: the primitives are continuous.  (Derivatives
jump there; a statement about derivatives is decided off the walls.)
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.branches import Field, Walk, following
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.graph import Graph, Node, nodes
from fieldcheck.arithmetic.informed import Informed
from fieldcheck.arithmetic.prime import Unlucky, prime_of, random_prime
from fieldcheck.arithmetic.sign import Exceptional, Known, Where, told
from fieldcheck.evidence import every_size, vanishing
from fieldcheck.evidence.chances import WORTHLESS, missed, moduli
from fieldcheck.evidence.emptiness import is_empty
from fieldcheck.evidence.methods.exact import (
    difference,
    provable,
    shown_by,
    visible_sign,
)
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import GENERIC, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.watching import watching
from fieldcheck.evidence.witness import NO_SIZE, certified, no_worst
from fieldcheck.verdict import ALL, Evidence, Report, Scope, Why, Witness

POINTS = 60
"""Rational points tried to refute a statement that fails on a branch."""

DECISIONS = ("relu", "step")

SHAPES, LARGEST_SIZE = 40, 7
"""Shapes, and values of one size, beyond which the branches are too many to decide all sizes."""

Choices = tuple[bool, ...]


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("cells")
    parts = provable(statement)
    if watching(statement):
        return report.not_concerned()
    rng = statement.fresh("cells")
    scopes: dict[int, Scope] = {}
    records: list[dict[str, Any]] = []
    bounds, why = [-math.inf], (Why.NOT_CONCERNED, "")
    for part in parts:
        work = Cells(statement, part, profile, rng, report)
        try:
            if not work.written(statement.smallest).graph.has(*DECISIONS, "sqrt"):
                continue
            scope = work.proved()
            if visible_sign(statement, part):
                scopes[part] = scope
                bounds.append(work.worst)
                records.append(
                    {
                        "part": part + 1,
                        "grid": work.grid,
                        "indices": work.indices,
                        **shown_by(statement, part),
                    }
                )
            else:
                why = Why.GAP_SIGN, ""
        except Refuted as at:
            return report.refutes(at.witness, "exact", cells=report.cases)
        except Open as branches:
            return report.silent(branches.why, str(branches), cells=report.cases)
        except Unsupported as gap:
            why = Why.UNSUPPORTED, gap.primitive
        except ZeroDivisionError:  # of every input of a shape
            why = Why.UNSUPPORTED, "a quotient by zero"
    if not scopes:
        return report.silent(*why)
    report.strata = {GENERIC: report.cases}
    proof = {"kind": "cells", "parts": records}
    return report.proves(
        scopes,
        "exact",
        log2_bound=max(bounds),
        cells=report.cases,
        worst=no_worst(NO_SIZE),
        proof=proof,
    )


class Refuted(Exception):
    """A rational point refutes the statement."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness


class Open(Exception):
    """A branch on which the identity fails, neither refuted nor shown to be empty."""

    def __init__(self, why: Why, words: str) -> None:
        super().__init__(words)
        self.why = why


@dataclass
class Written:
    """One part at one shape: its graph, the entries that must vanish, what is brought to unit
    length, and where rules have exceptions."""

    graph: Graph
    residuals: list[Node]
    units: list[list[Node]]
    exceptions: list[Exceptional]


@dataclass
class Cells:
    """The branches of one part, shape by shape."""

    statement: Statement
    part: int
    profile: Profile
    rng: random.Random
    report: Report
    worst: float = -math.inf
    exceptions: list[Exceptional] = field(default_factory=list)
    grid: dict[str, list[int]] = field(default_factory=dict)
    indices: dict[str, int] | None = None

    def proved(self) -> Scope:
        """How far every branch vanishes: for all sizes where the indices can be counted and every
        decision depends on the entries at its own indices alone, else for the listed ones."""
        statement = self.statement
        if statement.size_names:
            plan = every_size.plan(statement, self.part)
            if (
                not plan.ended
                and plan.visible
                and not plan.nonlocal_
                and not self.written(statement.smallest).units
            ):
                grid = every_size.grid(statement, plan, 0)
                shapes = statement.product(grid)
                if len(shapes) <= SHAPES and max(v[-1] for v in grid.values()) <= LARGEST_SIZE:
                    for sizes in shapes:
                        self.all_branches(sizes)
                    self.grid = grid
                    self.indices = {name: plan.indices.get(name, 0) for name in grid}
                    return self._scope(dict.fromkeys(statement.size_names, ALL))
        ranges = statement.visited()
        for sizes in statement.product(ranges):
            self.all_branches(sizes)
        self.grid = {name: list(values) for name, values in ranges.items()}
        return self._scope(ranges)

    def _scope(self, sizes: Mapping[str, Any]) -> Scope:
        order = self.statement.probe(self.statement.smallest)[self.part].name == "AtMost"
        conditions, left = told(self.exceptions, order)
        return self.statement.scope(sizes, conditions=tuple(conditions), left_out=tuple(left))

    def all_branches(self, sizes: dict[str, int]) -> None:
        """Every branch at one shape, and on the sets where something brought to unit length is
        zero.  Raises Refuted, Open or Unsupported."""
        for signs in self.statement.sign_patterns(sizes):
            written = self.written(sizes, signs)
            self._vanish(sizes, written)
            exceptions = list(written.exceptions)
            if (unit := Exceptional(Where.UNIT)) in exceptions:
                try:
                    for pins in vanishing.sets(written.graph, written.units):
                        with suppress(ZeroDivisionError):  # there a side has no value
                            self._vanish(sizes, self.written(sizes, signs | pins))
                    exceptions.remove(unit)
                except vanishing.TooMany:
                    pass
            self.exceptions += [e for e in exceptions if e not in self.exceptions]

    def _vanish(self, sizes: dict[str, int], written: Written) -> None:
        graph = written.graph
        for root in written.residuals:
            cells, bound, failing = _entry(graph, root, self.profile, self.rng)
            self.report.cases += cells
            self.worst = max(self.worst, bound)
            if failing:
                found = _settled(self.statement, sizes, graph, root, failing, self.rng)
                if found is not None:
                    raise Refuted(found)
                reason = _open(graph, root, failing, self.rng)
                if reason:  # roots alone leave the ladder
                    # that a hypothesis excludes a branch is nothing that is shown here
                    decided = graph.has(*DECISIONS) and not self.statement.form.where
                    raise Open(Why.BRANCH_OPEN if decided else Why.UNSUPPORTED, reason)

    def written(self, sizes: dict[str, int], pins: vanishing.Pins | None = None) -> Written:
        """One part written down at one shape, some raw parameters pinned."""
        statement, graph = self.statement, Graph()
        xp = Informed(graph)
        apart = statement.nonzero_raws
        raws = {
            k: xp.informed(graph.raw(k, s, pins or {}).data, Known(s, True, nonzero=k in apart))
            for k, s in statement.raw_shapes(sizes).items()
        }
        residual = difference(statement.sides(xp, raws, self.part)[0]).data[0]
        entries = dict.fromkeys(n for half in residual for n in nodes(half) if n.value != 0)
        return Written(graph, list(entries), graph.units, list(xp.exceptions))


# -- branches of one entry ----------------------------------------------------------------------
def _entry(
    graph: Graph, root: Node, profile: Profile, rng: random.Random
) -> tuple[int, float, list[Choices]]:
    """(branches, log2 of the error bound, branches on which the entry does not vanish)."""
    pieces = _independent(graph, root)
    if len(pieces) > 1:
        results = [_whole(graph, piece, profile, rng) for piece in pieces]
        if not any(failing for _, _, failing in results):
            return (
                sum(c for c, _, _ in results),
                max(b for _, b, _ in results) + math.log2(len(pieces)),
                [],
            )
    return _whole(graph, root, profile, rng)


def _whole(
    graph: Graph, root: Node, profile: Profile, rng: random.Random
) -> tuple[int, float, list[Choices]]:
    per_trial = _error(graph, root)
    if per_trial > WORTHLESS:
        raise Unsupported(str(Why.DEGREE))
    cells, bound, failing = 0, 0.0, {}
    p = prime_of(rng)
    while bound + math.log2(max(1, cells)) > profile.bound:
        cells, more = _branches(graph, root, profile.cells, rng, p)
        p = random_prime(rng) if per_trial > profile.bound else p
        bound += per_trial
        failing.update(dict.fromkeys(more))
    return cells, bound + math.log2(max(1, cells)), list(failing)


def _branches(
    graph: Graph, root: Node, most: int, rng: random.Random, p: int | None = None
) -> tuple[int, list[Choices]]:
    """Walk all branches at one random point of one random prime field, or of this one."""
    for modulus in moduli(rng, p):
        where = Field.random(rng, modulus)
        prefix: Choices | None = ()
        cells, failing = 0, []
        try:
            while prefix is not None:
                walk = Walk(graph, where, prefix)
                if walk.run(root):
                    failing.append(tuple(walk.choices))
                cells += 1
                if cells > most:
                    raise Unsupported(f"more than {most} branches")
                prefix = following(walk.choices)
        except Unlucky:
            continue
        return cells, failing
    raise Unsupported("square roots or divisions by zero at every point tried")


def _independent(graph: Graph, root: Node) -> list[Node]:
    """The terms of a sum, gathered into groups that share no raw parameter."""
    terms, stack = [], [(root, graph.const(1))]
    while stack:
        node, factor = stack.pop()
        if node.op == "add":
            stack += [(a, factor) for a in node.args]
        elif node.op == "mul" and node.args[0].value is not None and node.args[1].op == "add":
            stack.append((node.args[1], graph.times(factor, node.args[0])))
        else:
            terms.append(graph.times(factor, node))
    groups: list[tuple[set[int], Node]] = []
    for term in terms:
        names = {n.id for n in graph.order(term) if n.op == "raw"}
        apart = []
        for other, node in groups:
            if other & names:
                names, term = names | other, graph.plus(node, term)
            else:
                apart.append((other, node))
        groups = [*apart, (names, term)]
    return [node for _, node in groups if node.value != 0]


# -- error bound --------------------------------------------------------------------------------
def _error(graph: Graph, root: Node) -> float:
    """log2 of the chance that one trial misses an identity that fails on a given branch."""
    d = Degree()
    of: dict[int, Bound] = {}
    for node in graph.order(root):
        below = [of[a.id] for a in node.args if isinstance(a, Node)]
        match node.op:
            case "add":
                of[node.id] = d._add(*below)
            case "mul":
                of[node.id] = d._mul(*below)
            case "div" | "quotient":
                of[node.id] = d._div(*below)
            case "relu":
                of[node.id] = below[0]
            case "sqrt":
                of[node.id] = d._sqrt(below[0])
            case "exp":
                of[node.id] = d._exp(below[0])
            case "const":
                top, bottom = abs(node.args[0].numerator), node.args[0].denominator
                of[node.id] = Bound((), height=math.log2(max(1, top)), below=math.log2(bottom))
            case "raw":
                of[node.id] = Bound((), top=1)
            case _:
                of[node.id] = Bound(())
    roots = sum(node.op == "sqrt" for node in graph.order(root))
    return missed(of[root.id], d.coincidences, min(roots, 100))


# -- failing branches ---------------------------------------------------------------------------
def _settled(
    statement: Statement,
    sizes: dict[str, int],
    graph: Graph,
    root: Node,
    failing: list[Choices],
    rng: random.Random,
) -> Witness | None:
    """A witness, if some rational point refutes the statement."""
    if all(is_empty(graph, root, choices, rng) for choices in failing[:2]) and len(failing) <= 2:
        return None
    for attempt in range(POINTS):
        raw = point(statement, sizes, rng, bits=(1, 2, 3, 6)[attempt % 4])
        if attempt % 3 == 2:  # mixed magnitudes reach narrow cells
            raw = {
                k: np.frompyfunc(lambda q: q * rng.choice((1, 8)) / rng.choice((1, 8)), 1, 1)(v)
                if v.ndim
                else v
                for k, v in raw.items()
            }
        if certified(statement, sizes, raw):
            return smallest(statement, sizes, raw, rng)
    return None


def _open(graph: Graph, root: Node, failing: list[Choices], rng: random.Random) -> str:
    """Why a failing branch is not settled, or an empty string when none of them can be taken."""
    for choices in failing:
        if not is_empty(graph, root, choices, rng):
            return (
                f"on {len(failing)} branches the identity fails; neither a point of them nor a "
                "proof that they are empty was found"
            )
    return ""
