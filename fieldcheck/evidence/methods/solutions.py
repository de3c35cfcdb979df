"""Solutions: the inputs that satisfy a system are exactly the claimed ones.

The body is written down once, its relus are opened into the cases positive, zero and negative, and
in every case both inclusions become questions about polynomials, decided by elimination.  A point
that solves the system and is not claimed, or is claimed and does not solve it, refutes; it is
checked again in rational arithmetic before it counts.

The elimination is held to points, too: at small ones and in every stratum, rational arithmetic
asks whether they solve the system and whether they are claimed.  The nearest miss among the generic
and the small ones, a point that is not claimed and violates the system least, is the worst case.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.graph import Graph, Node, nodes
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.draws import Raw, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.points import GENERIC, cloud, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import (
    no_worst,
    raw_from_record,
    shown_inputs,
    strings,
    worst_at,
)
from fieldcheck.relations import Piece, Solutions
from fieldcheck.verdict import Evidence, Report, Why, Witness

if TYPE_CHECKING:  # slow to import, and seldom needed
    import sympy as sp

    from fieldcheck.evidence.semialgebraic import Family, Solved

MISSED, TOO_MANY = "a solution that is not claimed", "claimed, but not a solution"

SMALL = "small numbers"
"""The stratum of points whose entries are 0, 1, -1, 2, -2, 1/2 or -1/2: solutions lie there."""

ROWS = 48
"""Small points of each shape; as many of the other strata together."""

MISS = "smallest violation of the system at a point not claimed, relative to the largest entry"


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("solutions")
    parts = statement.parts("Solutions")
    if not parts:
        return report.not_concerned()
    from fieldcheck.evidence.semialgebraic import Unknown

    ranges = statement.visited()
    grid = statement.product(ranges)
    report.shapes = len(grid)
    for part in parts:
        with suppress(Unsupported, ZeroDivisionError):  # conditions that are not real are an error
            somewhere = point(statement, grid[-1], stream(statement.key, "solutions/real", seed))
            membership(statement, somewhere, part)
        for sizes in grid:
            problem = Problem(statement, sizes, part)
            try:
                for kind, raw in problem.differences():
                    report.cases += 1
                    if raw is not None:
                        if statement.fault is None and not statement.admits(raw):
                            raise Unknown  # of the domain the elimination knows signs and zeros
                        witness = _witness(statement, sizes, part, raw)
                        return report.refutes(witness, "exact", detail=kind)
            except Unknown:
                if statement.fault is None:
                    looked = Looked(statement, grid, parts, seed)
                    if looked.witness is not None:
                        detail = "a point at which the two differ"
                        return report.refutes(looked.witness, "exact", detail=detail)
                return report.silent(Why.ELIMINATION)
    report.strata, worst = {"all points": report.cases}, None
    if statement.fault is None:
        looked = Looked(statement, grid, parts, seed)
        report.strata |= looked.strata
        if looked.witness is not None:
            detail = "a point shows what the elimination missed"
            return report.refutes(looked.witness, "exact", detail=detail)
        worst = looked.worst()
    scope = statement.scope(ranges)
    detail = "every case is decided"
    grid_record = {name: list(values) for name, values in ranges.items()}
    return report.proves(
        dict.fromkeys(parts, scope),
        "exact",
        detail=detail,
        worst=worst,
        proof={"kind": "systems", "parts": [k + 1 for k in parts], "grid": grid_record},
    )


class Problem:
    """One system and its claimed solutions as polynomials, case by case."""

    def __init__(self, statement: Statement, sizes: dict[str, int], part: int) -> None:
        self.graph, self.statement = Graph(), statement
        self.shapes = statement.raw_shapes(sizes)
        raws: dict[str, Value] = {k: self.graph.raw(k, s) for k, s in self.shapes.items()}
        relation = statement.relations(self.graph, raws)[part]
        assert isinstance(relation, Solutions)
        self.system = self._piece(relation.system)
        self.claimed = [self._piece(p) for p in relation.claimed]
        if statement.fault is not None and statement.fault.part == part:
            shift = self.graph.over(self.graph.const(1), self.graph.const(10**statement.fault.k))
            self.claimed = [{**p, "zero": [n + shift for n in p["zero"]]} for p in self.claimed]
        self.symbols: dict[int, Any] = {}

    def _piece(self, piece: Piece) -> dict[str, list[Node]]:
        """Conditions as lists of nodes."""
        return {
            kind: [n for v in values for n in nodes(self.graph.lift(v).data[0])]
            for kind, values in piece.conditions()
        }

    # -- differences of the two sets -------------------------------------------------------------
    def differences(self) -> Iterator[tuple[str, Raw | None]]:
        """(kind, a raw point or None) of all basic sets that make up the two differences."""
        for case in self._cases():
            outside = [_none_of(case, p) for p in self.claimed]
            for raw in self._points(case, _all_of(case, self.system), outside):
                yield MISSED, raw
            for piece in self.claimed:
                inside = _all_of(case, piece)
                for raw in self._points(case, inside, [_none_of(case, self.system)]):
                    yield TOO_MANY, raw

    def _points(
        self, case: Case, inside: list[Basic], outside: list[list[Basic]]
    ) -> Iterator[Raw | None]:
        """Points of each basic set of inside ∩ outside: the equations of inside are solved first,
        and what then becomes constant settles most of the rest."""
        from fieldcheck.evidence.semialgebraic import families

        for zero, positive in inside:
            for family in families(case.zero + zero):
                solved = family[0]
                fixed = _substituted([([], case.positive + positive)], solved)
                yield None
                if fixed:
                    for z, p in _meet([fixed, *(_substituted(u, solved) for u in outside)]):
                        yield self.solve(family, z, p)

    def _cases(self) -> Iterator[Case]:
        """All assignments of signs to the arguments of relus."""
        roots = [n for p in (self.system, *self.claimed) for kind in p.values() for n in kind]
        order: list[Node] = list(dict.fromkeys(n for root in roots for n in self.graph.order(root)))
        start = Case()
        for node in order:
            if node.op == "raw":
                self._within(start, node)
        yield from self._extended(order, 0, start)

    def _within(self, case: Case, node: Node) -> None:
        """What the domain says of one raw parameter: it is a sign, or not zero."""
        x = self._expression(node, case)
        if node.args[0] in self.statement.sign_raws:
            case.zero.append(x**2 - 1)
        elif node.args[0] in self.statement.nonzero_raws:
            case.positive.append(x**2)

    def _extended(self, order: list[Node], k: int, case: Case) -> Iterator[Case]:
        import sympy as sp

        while k < len(order):
            node = order[k]
            if node.op == "relu":
                q = case.value[node.args[0].id]
                if q.is_number:
                    case.value[node.id] = sp.Max(q, 0)
                else:
                    known = case.signs.get(q, -case.signs[-q] if -q in case.signs else None)
                    for sign in (1, 0, -1) if known is None else (known,):
                        branch = case.decided(node, q, sign)
                        if known is not None or self._possible(branch):
                            yield from self._extended(order, k + 1, branch)
                    return
            else:
                case.value[node.id] = self._expression(node, case)
            k += 1
        yield case

    def _possible(self, case: Case) -> bool:
        """Is there a point with these signs, as far as the elimination can tell?"""
        from fieldcheck.evidence.semialgebraic import Unknown, a_point

        try:
            return a_point(case.zero, case.positive, list(self.symbols.values())) is not None
        except Unknown:
            return True

    def _expression(self, node: Node, case: Case) -> sp.Expr:
        import sympy as sp

        a = node.args
        below = [case.value[x.id] for x in a if isinstance(x, Node)]
        match node.op:
            case "raw":
                symbol = self.symbols.get(node.id)
                if symbol is None:
                    symbol = self.symbols[node.id] = sp.Symbol(f"{a[0]}{list(a[1])}", real=True)
                return symbol
            case "const":
                return sp.Rational(a[0].numerator, a[0].denominator)
            case "add":
                return sp.expand(below[0] + below[1])
            case "mul":
                return sp.expand(below[0] * below[1])
        raise Unsupported(f"{node.op} in a system")

    def solve(self, family: Family, zero: list[sp.Expr], positive: list[sp.Expr]) -> Raw | None:
        """Raw parameters at a point of a basic set, or None if it is empty."""
        from fieldcheck.evidence.semialgebraic import a_point_among, extended, fraction

        found = list(extended(zero, family))
        point = a_point_among(found, positive, list(self.symbols.values()))
        if point is None:
            return None
        fill = {k: Fraction(k in self.statement.nonzero_raws) for k in self.shapes}
        raw = {k: np.full(s, fill[k], dtype=object) for k, s in self.shapes.items()}
        for node in self.graph.all("raw"):
            symbol = self.symbols.get(node.id)
            if symbol is not None:
                raw[node.args[0]][node.args[1]] = fraction(point[symbol])
        return raw


class Case:
    """Signs of the arguments of relus, and every node's polynomial under them."""

    def __init__(self) -> None:
        self.value: dict[int, Any] = {}
        self.signs: dict[Any, int] = {}
        self.zero: list[sp.Expr] = []
        self.positive: list[sp.Expr] = []

    def decided(self, node: Node, q: sp.Expr, sign: int) -> Case:
        new = Case()
        new.value, new.signs = dict(self.value), {**self.signs, q: sign}
        new.zero = self.zero + ([q] if sign == 0 else [])
        new.positive = self.positive + ([sign * q] if sign else [])
        new.value[node.id] = q if sign > 0 else q * 0
        return new


Basic = tuple[list[Any], list[Any]]


def _all_of(case: Case, piece: dict[str, list[Node]]) -> list[Basic]:
    """The set where all conditions hold, as a union of basic sets."""
    sets: list[Basic] = [([], [])]
    for kind, conditions in piece.items():
        for node in conditions:
            sets = [(z + dz, p + dp) for z, p in sets for dz, dp in _condition(kind, case, node)]
    return sets


def _condition(kind: str, case: Case, node: Node) -> list[Basic]:
    f = case.value[node.id]
    return {
        "zero": [([f], [])],
        "nonzero": [([], [f]), ([], [-f])],
        "positive": [([], [f])],
        "nonnegative": [([], [f]), ([f], [])],
    }[kind]


def _none_of(case: Case, piece: dict[str, list[Node]]) -> list[Basic]:
    """The set where some condition fails."""
    opposite: dict[str, Callable[[sp.Expr], list[Basic]]] = {
        "zero": lambda f: [([], [f]), ([], [-f])],
        "nonzero": lambda f: [([f], [])],
        "positive": lambda f: [([f], []), ([], [-f])],
        "nonnegative": lambda f: [([], [-f])],
    }
    return [
        basic
        for kind, conditions in piece.items()
        for node in conditions
        for basic in opposite[kind](case.value[node.id])
    ]


def _substituted(union: list[Basic], solved: Solved) -> list[Basic]:
    """A union of basic sets with some variables replaced; what is visibly empty is left out."""
    import sympy as sp

    from fieldcheck.evidence.semialgebraic import Unknown

    out = []
    for zero, positive in union:
        if any(f.subs(solved).has(sp.nan, sp.zoo) for f in zero + positive):
            raise Unknown  # a solution divides by what is zero here
        z = [sp.fraction(sp.together(f.subs(solved)))[0].expand() for f in zero]
        p = [sp.together(f.subs(solved)).expand() for f in positive]
        if all(f == 0 or not f.is_number for f in z) and all(not f.is_number or f > 0 for f in p):
            basic = ([f for f in z if f != 0], [f for f in p if not f.is_number])
            if basic not in out:
                out.append(basic)
    return out


def _meet(unions: list[list[Basic]]) -> Iterator[Basic]:
    """The intersection of unions of basic sets."""
    if not unions:
        yield [], []
        return
    for zero, positive in unions[0]:
        for z, p in _meet(unions[1:]):
            yield list(dict.fromkeys(zero + z)), list(dict.fromkeys(positive + p))


# -- membership at a point ----------------------------------------------------------------------
def membership(statement: Statement, raw: Raw, part: int) -> tuple[bool, bool]:
    """(solves the system, is claimed), in rational arithmetic."""
    solves, claimed, _ = weighed(statement, raw, part)
    return solves, claimed


def weighed(statement: Statement, raw: Raw, part: int) -> tuple[bool, bool, Fraction]:
    """(solves the system, is claimed, the most by which a condition of the system fails)."""
    xp = Rational()
    relation = statement.relations(xp, wrap_raw(xp, raw))[part]
    assert isinstance(relation, Solutions)

    def values(piece: Piece) -> Iterator[tuple[str, Any]]:
        for kind, conditions in piece.conditions():
            for v in conditions:
                real, imaginary = xp.lift(v).data.reshape(2, -1)
                if imaginary.any():
                    raise TypeError("a condition must be real; take xp.real first")
                yield from ((kind, q) for q in real)

    def within(piece: Piece) -> bool:
        tests: dict[str, Callable[[Any], bool]] = {
            "zero": lambda q: q == 0,
            "nonzero": lambda q: q != 0,
            "positive": lambda q: q > 0,
            "nonnegative": lambda q: q >= 0,
        }
        return all(tests[kind](q) for kind, q in values(piece))

    off: dict[str, Callable[[Any], Any]] = {"zero": abs, "nonzero": lambda q: q * 0}
    beyond = (off.get(kind, lambda q: max(-q, q * 0))(q) for kind, q in values(relation.system))
    most = Fraction(str(max(beyond, default=0)))
    return within(relation.system), any(within(p) for p in relation.claimed), most


class Looked:
    """What rational arithmetic sees at points: by stratum how many, and a disagreement if any."""

    def __init__(
        self, statement: Statement, grid: list[dict[str, int]], parts: list[int], seed: int
    ) -> None:
        rng = numpy_stream(statement.key, "solutions/points", seed)
        picker = stream(statement.key, "solutions/small", seed)
        self.strata: dict[str, int] = {}
        self.witness: Witness | None = None
        self.nearest: tuple[float, dict[str, int], str, Raw, int] | None = None
        with suppress(Unsupported):  # other parts may be beyond rational arithmetic
            self._look_all(statement, grid, parts, rng, picker)

    def _look_all(
        self,
        statement: Statement,
        grid: list[dict[str, int]],
        parts: list[int],
        rng: np.random.Generator,
        picker: random.Random,
    ) -> None:
        for sizes in grid:
            points = cloud(statement, sizes, ROWS, rng)
            rows = [(name, points.row(k)) for k, name in enumerate(points.strata)]
            rows += [(SMALL, _small(statement, sizes, picker)) for _ in range(ROWS)]
            rows = [(name, raw) for name, raw in rows if statement.admits(raw)]
            for part in parts:
                for name, raw in rows:
                    self._look(statement, sizes, name, raw, part)

    def _look(
        self, statement: Statement, sizes: dict[str, int], name: str, raw: Raw, part: int
    ) -> None:
        solves, claimed, off = weighed(statement, raw, part)
        self.strata[name] = self.strata.get(name, 0) + 1
        if solves != claimed:
            self.witness = self.witness or _witness(statement, sizes, part, raw)
        if off > 0 and not claimed and name in (GENERIC, SMALL):
            largest = max(abs(q) for v in raw.values() for q in np.asarray(v).reshape(-1))
            miss = float(off / largest) if largest else float(off)
            if self.nearest is None or miss < self.nearest[0]:
                self.nearest = miss, sizes, name, raw, part

    def worst(self) -> dict[str, Any]:
        if self.nearest is None:
            if not self.strata:
                return no_worst("other parts of the statement are beyond rational arithmetic")
            return no_worst("at no point that is not claimed does a condition fail by some size")
        miss, sizes, name, raw, part = self.nearest
        return worst_at(MISS, math.log10(miss), sizes, name, raw, part=part + 1)


def _small(statement: Statement, sizes: dict[str, int], rng: random.Random) -> Raw:
    stock = [Fraction(n, d) for n, d in ((0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2))]
    raw = {}
    for name, shape in statement.raw_shapes(sizes).items():
        raw[name] = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            raw[name][index] = rng.choice(stock)
    return raw


def disagrees(statement: Statement, record: dict[str, Any]) -> bool:
    """Does a stored witness solve the system without being claimed, or the reverse?"""
    raw, part = raw_from_record(record["raw"]), record["part"]
    solves, claimed = membership(statement, raw, part)
    return solves != claimed


def _witness(statement: Statement, sizes: dict[str, int], part: int, raw: Raw) -> Witness | None:
    if statement.fault is not None:  # the planted point is checked by the elimination alone
        solves, claimed = True, False
    else:
        solves, claimed = membership(statement, raw, part)
        if solves == claimed:
            return None
    return Witness(
        relation="Solutions",
        sizes=dict(sizes),
        raw={k: strings(v) for k, v in raw.items()},
        inputs=shown_inputs(statement, raw, 60),
        part=part,
        index=(),
        side=MISSED if solves else TOO_MANY,
        lhs="solves the system" if solves else "does not solve the system",
        rhs="claimed" if claimed else "not claimed",
        certified_by="rational",
        digits=0,
    )
