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

import numpy as np

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.branches import Field, Walk, following
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.graph import Graph, Node, nodes
from fieldcheck.arithmetic.prime import Unlucky
from fieldcheck.evidence.chances import RETRIES, WORTHLESS, missed
from fieldcheck.evidence.emptiness import is_empty
from fieldcheck.evidence.methods.exact import provable, visible_sign
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import GENERIC, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import NO_SIZE, certified, no_worst
from fieldcheck.verdict import Evidence, Report, Why

POINTS = 60
"""Rational points tried to refute a statement that fails on a branch."""

DECISIONS = ("relu", "step")

Choices = tuple[bool, ...]


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("cells")
    parts = provable(statement)
    if not parts:
        return report.not_concerned()
    rng = statement.fresh("cells")
    ranges = statement.visited()
    grid = statement.product(ranges)
    report.shapes = len(grid)
    worst, proved, why = -math.inf, [], (Why.NOT_CONCERNED, "")
    for part in parts:
        try:
            if not written_down(statement, grid[-1], part)[0].has(*DECISIONS, "sqrt"):
                continue
            for sizes in grid:
                graph, residuals = written_down(statement, sizes, part)
                for root in residuals:
                    cells, bound, failing = _entry(graph, root, profile, rng)
                    report.cases += cells
                    worst = max(worst, bound)
                    if failing:
                        found = _settled(statement, sizes, graph, root, failing, rng)
                        if found is not None:
                            return report.refutes(found, "exact", cells=report.cases)
                        reason = _open(graph, root, failing, rng)
                        if reason:  # roots alone leave the ladder
                            open_ = Why.BRANCH_OPEN if graph.has(*DECISIONS) else Why.UNSUPPORTED
                            return report.silent(open_, reason, cells=report.cases)
            if visible_sign(statement, grid, part):
                proved.append(part)
            else:
                why = Why.GAP_SIGN, ""
        except Unsupported as gap:
            why = Why.UNSUPPORTED, gap.primitive
    if not proved:
        return report.silent(*why)
    report.strata = {GENERIC: report.cases}
    scopes = dict.fromkeys(proved, statement.scope(ranges))
    return report.proves(
        scopes, "exact", log2_bound=worst, cells=report.cases, worst=no_worst(NO_SIZE)
    )


def written_down(
    statement: Statement, sizes: dict[str, int], part: int
) -> tuple[Graph, list[Node]]:
    """The graph of one part, and the entries that must vanish."""
    graph = Graph()
    raws: dict[str, Value] = {k: graph.raw(k, s) for k, s in statement.raw_shapes(sizes).items()}
    sides = statement.sides(graph, raws, part)[0]
    residual = sides.left - sides.right
    if sides.order:
        residual = (sides.right - sides.left) - sides.gap
    entries = dict.fromkeys(n for n in nodes(residual.data[0]) if n.value != 0)
    entries.update(dict.fromkeys(n for n in nodes(residual.data[1]) if n.value != 0))
    return graph, list(entries)


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
        raise Unsupported("a degree too high for primes below 2^60")
    cells, bound, failing = 0, 0.0, {}
    while bound + math.log2(max(1, cells)) > profile.bound:
        cells, more = _branches(graph, root, profile.cells, rng)
        bound += per_trial
        failing.update(dict.fromkeys(more))
    return cells, bound + math.log2(max(1, cells)), list(failing)


def _branches(graph: Graph, root: Node, most: int, rng: random.Random) -> tuple[int, list[Choices]]:
    """Walk all branches at one random point of one random prime field."""
    for _ in range(RETRIES):
        where = Field.random(rng)
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
def _settled(statement, sizes, graph, root, failing, rng):
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


def _open(graph, root, failing, rng) -> str:
    """Why a failing branch is not settled, or an empty string when none of them can be taken."""
    for choices in failing:
        if not is_empty(graph, root, choices, rng):
            return (
                f"on {len(failing)} branches the identity fails; neither a point of them nor a "
                "proof that they are empty was found"
            )
    return ""
