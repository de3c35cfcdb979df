"""Rechecking a ledger's rows: every proof's record and every witness, kind by kind.

What vanishes is looked at in residues (:mod:`field`), what contradicts a row is certified by
intervals (:mod:`intervals`), what a formula's bounds are is read off it (:mod:`reading`).
"""

from __future__ import annotations

import heapq
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from fieldcheck.claim import Form
from fieldcheck.recheck.case import Case, Point, at
from fieldcheck.recheck.field import Residues, fresh_prime
from fieldcheck.recheck.intervals import Intervals, digits, is_complex, zero_in
from fieldcheck.recheck.reading import Dim, Reading, indices, largest, summed
from fieldcheck.recheck.road import Open, Undefined, Value
from fieldcheck.relations import Rank, Rate, Solutions
from fieldcheck.verdict import ON, PROVED, REFUTED, UP_TO

WRONG, OPEN, SPOT = "does not recheck", "not rechecked", "spot check"

SHAPES = 12  # of a grid: all, or its corners and a random choice of the rest
TRIES = 30  # points until one has a value
SPECIALS = 6  # points with entries 0, 1, -1, 2 and -1/2, at the smallest shapes
BRANCHES = 24  # points of a piecewise identity
SLACK = 8.0  # bits per prime by which a published bound may be better than the count here
SECONDS = 4.0  # after which a form's largest shapes are left out, and the finding says so
CELLS = 4000  # of an enclosure


@dataclass(frozen=True)
class Finding:
    """severity: WRONG (the run fails), OPEN (nothing is proved by it), SPOT (a remark)."""

    severity: str
    kind: str
    sentence: str


@dataclass
class Proof:
    """A record that is rechecked: the form, what its evidence says, and what has been found."""

    form: Form
    record: Mapping[str, Any]
    scopes: Mapping[str, Any]
    bound: str | None
    rng: random.Random
    found: list[Finding] = field(default_factory=list)

    def say(self, severity: str, sentence: str) -> None:
        self.found.append(Finding(severity, self.record.get("kind", "?"), sentence))

    def need(self, name: str) -> Any:
        if self.record.get(name) is None:
            raise Open(f"the record has no {name}")
        return self.record[name]

    @property
    def parts(self) -> list[int]:
        return [part - 1 for part in self.need("parts")]

    @property
    def primes(self) -> list[int]:
        """A fresh one, then the recorded ones."""
        return [fresh_prime(self.rng), *map(int, self.record.get("primes", ()))]

    def shapes(self) -> list[dict[str, int]]:
        """The recorded grid: all of it, or its corners and a random choice, smallest first."""
        grid = {name: sorted(set(self.need("grid")[name])) for name in self.form.size_names()}
        every = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        ends = [s for s in every if all(s[n] in (grid[n][0], grid[n][-1]) for n in grid)]
        if len(every) > SHAPES:
            some = self.rng.sample(every, SHAPES)
            every = [s for s in every if s in (ends + some)[:SHAPES]]
        return sorted(every, key=lambda s: math.prod(s.values()))


# -- values at a point ---------------------------------------------------------------------------------
def residuals(case: Case, xp: Any, point: Point, parts: Iterable[int]) -> Iterator[tuple]:
    """(part, sides, what is to vanish) of the parts that compare two values."""
    entry = at(xp, point)
    relations = case.relations(xp, entry)
    for k in parts:
        sides = case.sides(xp, relations[k], k, entry)
        rest = sides.left - sides.right
        if sides.order and sides.gap is None:
            raise Open(f"part {k + 1} is an inequality without a gap")
        yield k, sides, rest + sides.gap if sides.order else rest


def contradicted(case: Case, point: Point, part: int, precisions: Sequence[int] = (30, 90)) -> bool:
    """Is a part certainly false at this point?  Intervals say so."""
    for n in precisions:
        with digits(n):
            try:
                xp = Intervals()
                sides = case.sides(xp, case.relations(xp, at(xp, point))[part], part, at(xp, point))
                rest = entries(sides.left - sides.right)
                if sides.order:
                    if any(is_complex(x) for x in rest):
                        raise Open("an order between complex values")
                    gap = [] if sides.gap is None else entries(sides.right - sides.left - sides.gap)
                    if any(x.a > 0 for x in rest) or any(not zero_in(x) for x in gap):
                        return True
                elif any(not zero_in(x) for x in rest):
                    return True
            except (Undefined, ZeroDivisionError):
                continue
    return False


def entries(x: Value) -> list[Any]:
    return list(x.z[0, 0].flat)


def nonzero_residue(case: Case, point: Point, part: int, p: int, rng: random.Random) -> bool:
    """Does an equality fail at a point modulo a prime, with no symbol and no guess?"""
    xp = Residues(p, rng)
    for _, _, rest in residuals(case, xp, point, [part]):
        return not (xp.vanishes(rest.z[0, 0]) or xp.symbols or xp.guesses)
    return False


# -- identities ---------------------------------------------------------------------------------------
def vanishing(proof: Proof, case: Case, p: int, special: bool = False) -> tuple[int, ...] | None:
    """One point: the branch it lies on, or None where some side has no value."""
    point, xp = case.point(proof.rng, special), Residues(p, proof.rng)
    try:
        for k, _, rest in residuals(case, xp, point, proof.parts):
            if all(xp.vanishes(c) for c in rest.z.values()):
                continue
            where = f"part {k + 1} at {case.sizes}"
            if contradicted(case, point, k):
                proof.say(WRONG, f"{where} is false at a {'special' if special else 'random'} point")
            else:
                proof.say(OPEN, f"{where}: a relation between symbols or roots, modulo a prime")
    except Undefined:
        return None
    return tuple(xp.branch)


def identity(proof: Proof) -> None:
    shapes, primes, start = proof.shapes(), proof.primes, time.perf_counter()
    counted(proof, shapes[-1])
    bounded(proof, shapes[-1])
    for k, sizes in enumerate(shapes):
        case = Case(proof.form, sizes)
        if time.perf_counter() - start > SECONDS:
            proof.say(SPOT, f"{k} of {len(shapes)} shapes, within {SECONDS:g} seconds")
            break
        tries = (vanishing(proof, case, primes[k % len(primes)]) for _ in range(TRIES))
        if next((branch for branch in tries if branch is not None), None) is None:
            proof.say(OPEN, f"no point with a value at {sizes}")
        for _ in range(SPECIALS if k < 2 else 0):
            vanishing(proof, case, primes[0], special=True)
        if any(f.severity != SPOT for f in proof.found):
            break
    visible_sign(proof, shapes)


def visible_sign(proof: Proof, shapes: list[dict[str, int]]) -> None:
    """Every gap is nonnegative by its form."""
    for sizes in shapes:
        for k, sides, _ in read(proof, sizes)[1]:
            if sides.order and not {"real", "nonneg"} <= sides.gap.z[0, 0].facts:
                return proof.say(OPEN, f"the gap of part {k + 1} is not seen to be nonnegative")


def read(proof: Proof, sizes: Mapping[str, Any]) -> tuple[Reading, list[tuple]]:
    """The parts as counts, at sizes that are numbers or names."""
    case, xp = Case(proof.form, dict(sizes)), Reading()
    apart = {f"{n}.{part}" for n, d in proof.form.given.items() for part in (*d.nonzero, *d.signs)}
    entry = lambda name, shape: xp.raw(name, shape, name in apart)
    relations = case.relations(xp, entry)
    made = []
    for k in proof.parts:
        sides = case.sides(xp, relations[k], k, entry)
        rest = sides.left - sides.right
        made.append((k, sides, rest if sides.gap is None else rest + sides.gap))
    return xp, made


def counted(proof: Proof, largest_shape: Mapping[str, int]) -> None:
    """Is the grid long enough for what the scope says of every size?"""
    said = {
        name: indices_of
        for name, indices_of in (proof.record.get("indices") or {}).items()
        if indices_of is not None
    }
    grid = {name: sorted(set(values)) for name, values in proof.need("grid").items()}
    for part, scope in proof.scopes.items():
        for name, values in scope["sizes"].items():
            if values == "all" and name not in said and not proof.form.every_size:
                proof.say(WRONG, f"part {part} claims every {name} without a count of indices")
            if values != "all" and not set(values) <= set(grid[name]):
                proof.say(WRONG, f"part {part} claims sizes {name} that its grid lacks")
    for name, b in said.items():
        if len(grid[name]) < b + 1:
            proof.say(WRONG, f"{b} indices over {name} need {b + 1} sizes, not {len(grid[name])}")
    if not said:
        return
    try:
        xp, made = read(proof, {**largest_shape, **{n: Dim({(n,): 1}) for n in said}})
    except (Open, TypeError, ValueError) as why:
        return proof.say(OPEN, f"the indices cannot be counted again: {why}")
    axes = lambda c: summed(indices(n) for n in c.dims)
    here = largest(summed([c.top, axes(c)]) for _, _, rest in made for c in rest.z.values())
    for name in said:
        b = math.ceil(max(here[name], xp.lemmas[name]))
        if len(grid[name]) < b + 1:
            proof.say(OPEN, f"{b} indices over {name} are counted here, {said[name]} recorded")


def bounded(proof: Proof, sizes: Mapping[str, int]) -> None:
    """Is the published bound one that a simple count allows?"""
    if proof.bound is None:
        return
    xp, made = read(proof, sizes)
    whole = largest(summed([c.top, c.below()]) for _, _, rest in made for c in rest.z.values())
    coincidences = 2 * xp.symbols**2 * xp.widest
    missed = (2 * whole["degree"] + coincidences + 1) / 2**59 + max(1, whole["height"] / 30) / 2**52
    draws = proof.record.get("draws") or len(proof.need("primes"))
    best = draws * (math.log2(missed) - SLACK)
    if float(proof.bound) < best:
        proof.say(WRONG, f"a bound of 2^{proof.bound}, where {draws} primes give 2^{best:.0f}")


# -- the other kinds -------------------------------------------------------------------------------------
def cells(proof: Proof) -> None:
    """A piecewise identity: points of many branches."""
    identity(proof)
    shapes, met = proof.shapes(), set()
    for k in range(BRANCHES):
        sizes = shapes[k % max(1, len(shapes) // 2)]
        branch = vanishing(proof, Case(proof.form, sizes), proof.primes[0], special=k % 3 == 2)
        if branch:
            met.add((tuple(sizes.values()), branch))
    proof.say(SPOT, f"{len(met)} branches met of {proof.record.get('cells', '?')} recorded")


def rank(proof: Proof) -> None:
    """The rank at a random rational point modulo a fresh prime: a minor that does not vanish there
    does not vanish, and one that is not zero vanishes there hardly ever."""
    for sizes in proof.shapes():
        for k in proof.parts:
            here, claimed = ranked(Case(proof.form, sizes), k, proof.rng)
            if here != claimed:
                proof.say(WRONG, f"part {k + 1} has rank {here}, not {claimed}, at {sizes}")


def ranked(case: Case, part: int, rng: random.Random, point: Point | None = None) -> tuple[int, int]:
    """(rank, claimed rank) at a point, modulo a fresh prime."""
    for _ in range(TRIES):
        xp = Residues(fresh_prime(rng), rng)
        try:
            relation = case.relations(xp, at(xp, point or case.point(rng)))[part]
            if not isinstance(relation, Rank):
                raise Open(f"part {part + 1} is no rank")
            return xp.rank(xp.lift(relation.matrix).z[0, 0]), relation.rank
        except Undefined:
            continue
    raise Open(f"no point with a value at {case.sizes}")


def series(proof: Proof) -> None:
    for sizes in proof.shapes():
        for k in proof.parts:
            said = expanded(Case(proof.form, sizes), k, proof.rng)
            if said:
                proof.say(WRONG, f"part {k + 1} at {sizes}: {said}")


def expanded(case: Case, part: int, rng: random.Random, point: Point | None = None) -> str:
    """What is wrong with a rate at a point, by its series in h = 1/n modulo a fresh prime."""
    more = 4
    for _ in range(TRIES):
        point = point or case.point(rng)
        xp = Residues(fresh_prime(rng), rng)
        relation = case.relations(xp, at(xp, point))[part]
        if not isinstance(relation, Rate):
            raise Open(f"part {part + 1} is no rate")
        xp.highest = relation.order + more
        try:
            rest = xp.lift(relation.remainder(Value(xp, {(0, -1): xp.number(Fraction(1))}))).z
        except (TypeError, Undefined) as why:
            raise Open(f"no series in 1/n: {why}") from None
        if xp.lost > more:
            more = xp.lost
            continue
        lower = [p for (_, p), c in rest.items() if p < relation.order and not xp.vanishes(c)]
        if lower:
            return f"order {min(lower)}, not {relation.order}"
        lead = Value(xp, {(0, 0): rest.get((0, relation.order), xp.number(Fraction(0)))})
        stated = None if relation.constant is None else xp.lift(relation.constant)
        off = lead if stated is None else lead - stated
        if xp.vanishes(off.z[0, 0]) == (stated is None):
            if xp.symbols or xp.guesses:
                raise Open("a relation between symbols or roots, modulo a prime")
            return "another constant" if stated else f"an order above {relation.order}"
        return ""
    raise Open("a series that loses all its terms")


def enclosure(proof: Proof) -> None:
    """The box of the form again, halved until intervals see left < right on every cell."""
    box = proof.form.box or {}
    first = {n: proof.form.sizes.get(n, (1,))[0] for n in proof.form.size_names()}
    case = Case(proof.form, {**first, **box.get("sizes", {})})
    shapes = {f"{n}.{part}": s for n, of in case.shapes.items() for part, s in of.items()}
    ranges = {name: box["raw"][name] for name in shapes}
    spots = [(name, index) for name, s in shapes.items() for index in np.ndindex(*s)]
    start = tuple(tuple(map(Fraction, ranges[name])) for name, _ in spots)
    for part in proof.parts:
        heap, seen = [(Fraction(-1), start)], 0
        while heap:
            seen += 1
            if seen > CELLS:
                return proof.say(OPEN, f"part {part + 1}: {len(heap)} cells open after {CELLS}")
            cell = heapq.heappop(heap)[1]
            if below(case, part, spots, shapes, cell):
                continue
            middle = filled(spots, shapes, [(a + b) / 2 for a, b in cell])
            if contradicted(case, middle, part, (30,)):
                return proof.say(WRONG, f"part {part + 1} is false at a point of its box")
            axis = max(range(len(cell)), key=lambda k: cell[k][1] - cell[k][0])
            low, high = cell[axis]
            for piece in ((low, (low + high) / 2), ((low + high) / 2, high)):
                child = (*cell[:axis], piece, *cell[axis + 1 :])
                heapq.heappush(heap, (-max(b - a for a, b in child), child))
    return None


def filled(spots: Any, shapes: Any, values: Sequence[Any]) -> Point:
    raw = {name: np.empty(shape, dtype=object) for name, shape in shapes.items()}
    for (name, index), v in zip(spots, values, strict=True):
        raw[name][index] = v
    return Point(raw, random.Random(0), fixed=True)


def below(case: Case, part: int, spots: Any, shapes: Any, cell: Any) -> bool:
    """Is left < right on a whole cell?"""
    with digits(20):
        xp = Intervals()
        try:
            entry = at(xp, filled(spots, shapes, cell))
            sides = case.sides(xp, case.relations(xp, entry)[part], part, entry)
            room = entries(sides.right - sides.left)
        except (Undefined, ZeroDivisionError):
            return False
        return all(not is_complex(x) and x.a > 0 for x in room)


def exhaustion(proof: Proof) -> None:
    """Every point, where all raw parameters are signs."""
    for sizes in proof.shapes():
        case, p = Case(proof.form, sizes), fresh_prime(proof.rng)
        for point in case.sign_points():
            xp = Residues(p, proof.rng)
            for k, sides, rest in residuals(case, xp, point, proof.parts):
                if sides.order or not xp.vanishes(rest.z[0, 0]):
                    proof.say(WRONG, f"part {k + 1} fails at a point of {sizes}")


def systems(proof: Proof) -> None:
    """Points with small entries: does one solve the system and is not claimed, or the reverse?"""
    seen = 0
    for sizes in proof.shapes():
        case = Case(proof.form, sizes)
        for _ in range(200):
            point = case.point(proof.rng, special=True)
            for k in proof.parts:
                solves, claimed = membership(case, k, point, proof.rng)
                seen += 1
                if solves != claimed:
                    return proof.say(WRONG, f"part {k + 1} fails at a point of {sizes}")
    return proof.say(SPOT, f"membership at {seen} points with small entries")


def membership(case: Case, part: int, point: Point, rng: random.Random) -> tuple[bool, bool]:
    """(solves the system, is claimed): zeros modulo a fresh prime, signs by shadows."""
    xp = Residues(fresh_prime(rng), rng)
    relation = case.relations(xp, at(xp, point))[part]
    if not isinstance(relation, Solutions):
        raise Open(f"part {part + 1} is no system")

    def within(piece: Any) -> bool:
        tests: dict[str, Callable[[int], bool]] = {
            "zero": lambda s: s == 0,
            "nonzero": lambda s: s != 0,
            "positive": lambda s: s > 0,
            "nonnegative": lambda s: s >= 0,
        }
        return all(
            tests[kind](xp.sign(r, s))
            for kind, values in piece.conditions()
            for v in values
            for r, s in zip(*(a.flat for a in xp.lift(v).z[0, 0]), strict=True)
        )

    return within(relation.system), any(within(piece) for piece in relation.claimed)


KINDS: dict[str, Callable[[Proof], None]] = {
    "identity": identity,
    "sign": identity,
    "cells": cells,
    "rank": rank,
    "series": series,
    "enclosure": enclosure,
    "exhaustion": exhaustion,
    "systems": systems,
}


# -- witnesses ---------------------------------------------------------------------------------------------
def witness(form: Form, record: Mapping[str, Any], rng: random.Random) -> str | None:
    """What is wrong with a refutation, or None."""
    case, part = Case(form, dict(record["sizes"])), record["part"]
    point = Point({k: table(v) for k, v in record["raw"].items()}, rng, fixed=True)
    if not case.admits(point):
        return "its point lies outside the hypotheses"
    match record["relation"]:
        case "Equal" | "Zero" | "Force" | "Gradient" | "AtMost":
            return pointwise(case, point, part, record, rng)
        case "Rank":
            here, claimed = ranked(case, part, rng, point)
            if here < claimed:  # at a special point it may be; at a random one it may not
                here, claimed = ranked(case, part, rng)
            return f"the rank is {here}, as claimed" if here == claimed else None
        case "Solutions":
            solves, claimed_ = membership(case, part, point, rng)
            return "its point solves the system as claimed" if solves == claimed_ else None
        case "Rate":
            return None if expanded(case, part, rng, point) else "the rate is as stated there"
    raise Open(f"nothing here recomputes a {record['relation']}")


def pointwise(case: Case, point: Point, part: int, record: Any, rng: random.Random) -> str | None:
    if contradicted(case, point, part, (record["digits"] + 20, 4 * record["digits"] + 60)):
        return None
    if record["relation"] != "AtMost":
        try:
            if nonzero_residue(case, point, part, fresh_prime(rng), rng):
                return None
        except Undefined:
            return "a side has no value at its point"
    return "its point does not refute"


def table(x: Any) -> np.ndarray:
    """Exact strings, nested, as an array of fractions."""
    if not isinstance(x, list):
        out = np.empty((), dtype=object)
        out[()] = Fraction(float.fromhex(x)) if "x" in x else Fraction(x)
        return out
    rows = [table(row) for row in x]
    return np.stack(rows) if rows else np.empty((0,), dtype=object)


# -- rows --------------------------------------------------------------------------------------------------
def recheck_form(form: Form, row: Mapping[str, Any]) -> list[Finding]:
    """What a second road finds against a row; nothing, if all is well."""
    rng = random.SystemRandom()
    seeded = random.Random(rng.getrandbits(128))
    if row["verdict"] == REFUTED:
        try:
            wrong = witness(form, row["witness"], seeded)
        except (Open, Undefined, TypeError, KeyError) as why:
            return [Finding(OPEN, "witness", str(why))]
        return [Finding(WRONG, "witness", wrong)] if wrong else []
    if row["verdict"] not in (PROVED, UP_TO, ON):
        return []
    found: list[Finding] = []
    for evidence in row["evidence"]:
        if not evidence["proves"]:
            continue
        record = evidence["proof"] or {}
        proof = Proof(form, record, evidence["proves"], evidence["log2_bound"], seeded)
        try:
            check = KINDS.get(proof.need("kind"))
            if check is None:
                raise Open(f"no rechecker for {record['kind']}")
            check(proof)
        except Open as why:
            proof.say(OPEN, str(why))
        found += proof.found
    return list(dict.fromkeys(found))


def recheck(
    claims: Iterable[Mapping[str, Any]], forms: Mapping[str, Form], keys: Sequence[str] = ()
) -> Iterator[tuple[str, str, list[Finding]]]:
    """(key, verdict, findings) of every form of some claims of a ledger, or of those named: by
    claim, or by form."""
    for claim in claims:
        for row in claim["forms"]:
            key = row["key"]
            if not keys or key in keys or claim["id"] in keys:
                yield key, row["verdict"], recheck_form(forms[key], row)
