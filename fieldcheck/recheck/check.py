"""Rechecking a ledger's rows: every proof's record and every witness, kind by kind.

What vanishes is looked at in residues (:mod:`field`), what contradicts a row is certified by
intervals (:mod:`intervals`), how large a formula is is read off it (:mod:`reading`).
"""

from __future__ import annotations

import heapq
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from mpmath import iv
from sympy import isprime

from fieldcheck.claim import Form
from fieldcheck.recheck import squares
from fieldcheck.recheck.case import Case, Point
from fieldcheck.recheck.field import NEAR, Residues, fresh_prime
from fieldcheck.recheck.intervals import (
    ALL,
    Everywhere,
    Intervals,
    digits,
    holds_zero,
    is_complex,
)
from fieldcheck.recheck.reading import SIGN, Reading, most, named
from fieldcheck.recheck.road import UNIT, Open, Undefined, Value
from fieldcheck.verdict import ALL as EVERY
from fieldcheck.verdict import ON, PROVED, REFUTED, UP_TO

WRONG, OPEN, SPOT = "does not recheck", "not rechecked", "spot check"

SHAPES = 12  # of a grid: all, or its corners and a random choice of the rest
TRIES = 30  # points until one has a value
SPECIALS = 6  # points with entries 0, 1, -1, 2 and -1/2, at the first three shapes
BRANCHES = 24  # points of a piecewise identity
BITS = 128  # of the primes of a record that lists none
SLACK = 8.0  # bits per prime by which a published bound may be better than the count here
SECONDS = 4.0  # after which the rest of a proof's shapes are left out, and a finding says so
CELLS = 4000  # of an enclosure
POINTS = 200  # of a system, at each shape
ORDERS, HIGHEST = 4, 40  # powers of h by which a series is made longer, and at most
SYMBOLS = "a relation between symbols or roots, modulo a prime"


@dataclass(frozen=True)
class Finding:
    """severity: WRONG (the run fails), OPEN (nothing is proved by it) or SPOT (a remark)."""

    severity: str
    kind: str
    sentence: str


@dataclass
class Proof:
    """A record to be rechecked: the form, what its evidence says, and what has been found."""

    form: Form
    record: Mapping[str, Any]
    scopes: Mapping[str, Any]
    bound: str | None
    rng: random.Random
    found: list[Finding]
    many: int = SHAPES  # looked at of its grid
    drawn: bool = False  # are reciprocals of arrays taken for symbols?

    def check(self) -> None:
        """Adds to ``found`` what is wrong, or open."""
        if self.need("kind") not in KINDS:
            raise Open(f"no rechecker for {self.need('kind')}")
        self.scoped()
        KINDS[self.need("kind")](self)

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
    def grid(self) -> dict[str, list[int]]:
        return {name: sorted(set(self.need("grid")[name])) for name in self.form.size_names()}

    @property
    def counts(self) -> dict[str, int]:
        """The recorded counts of indices; a size without one is only listed."""
        counts = self.record.get("indices") or {}
        return {name: n for name, n in counts.items() if n is not None}

    def scoped(self) -> None:
        """Does the scope claim no more sizes than were visited, or counted?"""
        for part, scope in self.scopes.items():
            for name, values in scope["sizes"].items():
                if values == EVERY and name not in self.counts:
                    self.say(WRONG, f"part {part} claims every {name} without a count of indices")
                if values != EVERY and not set(values) <= set(self.grid[name]):
                    self.say(WRONG, f"part {part} claims sizes {name} that its grid lacks")

    def shapes(self) -> list[dict[str, int]]:
        """The recorded grid, smallest first: all of it, or its ends, some corners and a random
        choice."""
        grid = self.grid
        every = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        if len(every) > self.many:
            corners = [
                s for s in every if all(n in (grid[k][0], grid[k][-1]) for k, n in s.items())
            ]
            some = self.rng.sample(corners, min(len(corners), self.many // 3))
            some = [every[0], every[-1], *some, *self.rng.sample(every, self.many)][: self.many]
            every = [s for s in every if s in some]
        return sorted(every, key=lambda s: math.prod(s.values()))

    def each_shape(self) -> Iterator[tuple[int, dict[str, int]]]:
        """The largest first, then from the smallest on, until it is late or something is found."""
        *shapes, last = self.shapes()
        start, before = time.perf_counter(), len(self.found)
        for k, sizes in enumerate([last, *shapes]):
            if len(self.found) > before:
                return None
            if time.perf_counter() - start > SECONDS:
                return self.say(SPOT, f"{k} of {len(shapes) + 1} shapes, in {SECONDS:g} seconds")
            yield k, sizes
        return None


# -- values at a point ---------------------------------------------------------------------------
def rest(sides: Any) -> Value:
    """What is to vanish."""
    return sides.right - sides.left - (sides.room if sides.order else 0)


def enclosed(case: Case, parts: Iterable[int], point: Point, n: int) -> Iterator[tuple]:
    """Of each part: whether it is an order, right - left, and what is to vanish, in intervals.  An
    order of what is not real is false."""

    def below(x: Any) -> Any:  # what is not real, or is negative
        if not is_complex(x):
            return x
        return ALL if 0 in x.imag and not x.real.b < 0 else iv.mpf(-1)

    entries = lambda x: list(x.z[UNIT].flat)
    with digits(n):
        xp = Intervals()
        for _, sides in case.sides(xp, point.entry(xp), parts):
            room = [below(x) for x in entries(sides.right - sides.left)]
            yield sides.order, room, entries(rest(sides))


def contradicted(case: Case, point: Point, part: int, *precisions: int) -> bool:
    """Is a part certainly false at this point?"""
    return any(
        (order and any(x.b < 0 for x in room)) or not all(map(holds_zero, off))
        for n in precisions or (30, 90)
        for order, room, off in enclosed(case, [part], point, n)
    )


def valued(case: Case, point: Point, n: int) -> bool:
    """Has every side of what compares two values a value at this point?"""

    def finite(x: Any) -> bool:
        ends = (x.real.a, x.real.b, x.imag.a, x.imag.b) if is_complex(x) else (x.a, x.b)
        return all(-math.inf < end < math.inf for end in ends)

    with digits(n):
        xp = Intervals()
        entry = point.entry(xp)
        parts = [k for k, r in enumerate(case.relations(xp, entry)) if r.pointwise]
        found = (z for _, s in case.sides(xp, entry, parts) for z in (s.left, s.right))
        return all(finite(x) for z in found for x in z.z[UNIT].flat)


# -- identities ----------------------------------------------------------------------------------
def vanishing(proof: Proof, case: Case, p: int, special: bool = False) -> tuple[int, ...] | None:
    """At one point: the branch it lies on, or None where some side has no value."""
    point, xp = case.point(proof.rng, special), Residues(p, proof.rng)
    xp.drawn = proof.drawn and not special
    try:
        for k, sides in case.sides(xp, point.entry(xp), proof.parts):
            zero = all(map(xp.vanishes, rest(sides).z.values()))
            room = (sides.right - sides.left).z[UNIT].s.real
            if zero and not (sides.order and np.any(room < -NEAR)):
                continue
            if contradicted(case, point, k):
                what = "special" if special else "random"
                proof.say(WRONG, f"part {k + 1} is false at a {what} point of {case.sizes}")
            elif not (zero or special):
                proof.say(OPEN, f"part {k + 1} at {case.sizes}: {SYMBOLS}")
    except Undefined:
        return None
    return tuple(xp.branch)


def identity(proof: Proof) -> None:
    """At a fresh prime and the recorded ones in turn; then at special points."""
    largest = proof.shapes()[-1]
    recorded = proof.need("primes") if proof.record["kind"] != "cells" else ()
    primes = [fresh_prime(proof.rng), *map(int, recorded)]
    if not all(isprime(p) and p > 2**50 for p in primes):
        proof.say(WRONG, "a recorded prime is none, or small")
    proof.drawn = counted(proof, largest)
    bounded(proof, largest)
    orders = True  # until a shape shows that no part is one
    for k, sizes in proof.each_shape():
        case = Case(proof.form, sizes)
        tries = (vanishing(proof, case, primes[k % len(primes)]) for _ in range(TRIES))
        if next((branch for branch in tries if branch is not None), None) is None:
            proof.say(OPEN, f"no point with a value at {sizes}")
        for _ in range(SPECIALS if k < 3 else 0):
            vanishing(proof, case, primes[0], special=True)
        if not orders:
            continue
        gaps = [(part, sides) for part, sides in read(proof, sizes)[1] if sides.order]
        orders = bool(gaps)
        for part, sides in gaps:
            if squared(proof, case, part):
                continue
            if not (sides.room.z[UNIT].facts >= SIGN or never_negative(case, part)):
                proof.say(OPEN, f"the gap of part {part + 1} is not seen to be nonnegative")


def squared(proof: Proof, case: Case, part: int) -> bool:
    """Has the record sums of squares for this shape?  What is wrong with them is said."""
    recorded = proof.record.get("squares") or ()
    found = next((at["entries"] for at in recorded if at["sizes"] == case.sizes), None)
    if found is None:
        return False
    make = lambda: Residues(fresh_prime(proof.rng), proof.rng)
    if said := squares.wrong(case, part, found, make, proof.rng):
        proof.say(WRONG, f"part {part + 1} at {case.sizes}: {said}")
    return True


def never_negative(case: Case, part: int) -> bool:
    """Is the gap of a part nonnegative, entry by entry, by intervals over all inputs at once?"""
    xp = Everywhere()
    try:
        (_, sides), *_ = case.sides(xp, lambda name, shape: xp.any(shape), [part])
        return all(not is_complex(x) and x.a >= 0 for x in sides.room.z[UNIT].flat)
    except (Open, Undefined, ZeroDivisionError, ValueError):
        return False


def read(
    proof: Proof, sizes: Mapping[str, Any], drawn: bool = False
) -> tuple[Reading, list[tuple]]:
    """The parts as counts, at sizes that are numbers or names."""
    case, xp = Case(proof.form, sizes), Reading()
    xp.drawn = drawn
    apart = {*case.raws("nonzero"), *case.raws("signs")}
    entry = lambda name, shape: xp.raw(name, shape, name in apart)
    return xp, case.sides(xp, entry, proof.parts)


def counted(proof: Proof, largest: Mapping[str, int]) -> bool:
    """Is the grid long enough for what the scope says of every size?  The count may clear all
    denominators, or take the reciprocals of arrays for symbols: then they are drawn (True)."""
    grid, said = proof.grid, proof.counts
    for name, n in said.items():
        if len(grid[name]) < n + 1:
            proof.say(WRONG, f"{n} indices over {name} need {n + 1} sizes, not {len(grid[name])}")
    why = ""
    for drawn in (False, True):
        if not said:
            return False
        try:
            xp, made = read(proof, {**largest, **{name: named(name) for name in said}}, drawn)
        except (Open, TypeError, ValueError) as refused:
            why = why or f"the indices cannot be counted again: {refused}"
            continue
        here = xp.lemmas | most(c.above() + c.axes() for _, m in made for c in rest(m).z.values())
        short = {s: n for s in said if len(grid[s]) <= (n := math.ceil(here[s]))}
        if not short:
            return drawn
        said_here = (
            f"{n} indices over {s} are counted here, {said[s]} recorded" for s, n in short.items()
        )
        why = why or "; ".join(said_here)
    proof.say(OPEN, why)
    return False


def bounded(proof: Proof, sizes: Mapping[str, int]) -> None:
    """Is the published bound one that a simple count of degrees and heights allows?"""
    if proof.bound is None or proof.record["kind"] == "cells":
        return
    xp, made = read(proof, sizes)
    whole = most(c.whole() for _, m in made for c in rest(m).z.values())
    degree = 2 * whole["degree"] + 2 * xp.symbols**2 * xp.widest + 1
    draws = proof.record.get("draws") or len(proof.need("primes"))
    bits = min((int(p).bit_length() for p in proof.record.get("primes", ())), default=BITS)
    missed = degree / 2 ** (bits - 1) + max(1, whole["height"] / (bits // 2)) / 2 ** (bits - 9)
    best = draws * (math.log2(missed) - SLACK)
    if float(proof.bound) < best:
        proof.say(WRONG, f"a bound of 2^{proof.bound}, where {draws} primes give 2^{best:.0f}")


def cells(proof: Proof) -> None:
    """A piecewise identity: points of many branches besides."""
    identity(proof)
    shapes, p, met = proof.shapes(), fresh_prime(proof.rng), set()
    for k in range(BRANCHES):
        case = Case(proof.form, shapes[k % -(-len(shapes) // 2)])
        met.add((str(case.sizes), vanishing(proof, case, p, special=k % 3 == 2)))
    n = sum(bool(branch) for _, branch in met)
    proof.say(SPOT, f"{n} branches met of {proof.record.get('cells', '?')} recorded")


# -- ranks, rates, systems and boxes -------------------------------------------------------------
def everywhere(
    look: Callable[[Case, int, random.Random], str], points: int = 1, remark: str = ""
) -> Callable[[Proof], None]:
    """A check that looks at every part and shape of a record for what is wrong there."""

    def check(proof: Proof) -> None:
        for _, sizes in proof.each_shape():
            for k in proof.parts * max(1, points // len(proof.shapes())):
                said = look(Case(proof.form, sizes), k, proof.rng)
                if said:
                    proof.say(WRONG, f"part {k + 1} at {sizes}: {said}")
        if remark:
            proof.say(SPOT, remark)

    return check


def relations_at(
    case: Case, rng: random.Random, point: Point | None = None, bits: int = 61
) -> tuple[Residues, tuple[Any, ...]]:
    """A road modulo a fresh prime, and the parts there: at a given point, or at a random one."""
    for _ in range(TRIES):
        xp = Residues(fresh_prime(rng, bits), rng)
        try:
            return xp, case.relations(xp, (point or case.point(rng)).entry(xp))
        except Undefined:
            continue
    raise Open(f"no point with a value at {case.sizes}")


def ranked(case: Case, part: int, rng: random.Random, point: Point | None = None) -> str:
    """What is wrong with a rank.  Modulo a fresh prime, at a random rational point: a minor that
    does not vanish there does not vanish, and one that is not zero vanishes there hardly ever."""
    xp, relations = relations_at(case, rng, point, bits=31)
    here, claimed = xp.rank(xp.lift(relations[part].matrix).z[UNIT]), relations[part].rank
    if here < claimed and point is not None:  # at a special point it may be lower
        return ranked(case, part, rng)
    if here > claimed and (xp.symbols or xp.guesses):  # they may be related
        raise Open(SYMBOLS)
    return "" if here == claimed else f"rank {here}, not {claimed}"


def expanded(case: Case, part: int, rng: random.Random, point: Point | None = None) -> str:
    """What is wrong with a rate at a point, by its series in h = 1/n."""
    xp, relations = relations_at(case, rng, point)
    relation = relations[part]
    n = Value(xp, {(0, -1): xp.number(Fraction(1))})
    before = None  # what a longer series repeats is not cut off
    for xp.highest in range(relation.order + ORDERS, HIGHEST, ORDERS):
        try:
            rest = xp.lift(relation.remainder(n)).z
        except TypeError as why:
            raise Open(f"no series in 1/n: {why}") from None
        except Undefined:  # perhaps of what begins later only
            continue
        low = [(p, c.r.tolist()) for (_, p), c in rest.items() if p <= relation.order]
        if sorted(low) == before:
            break
        before = sorted(low)
    else:
        raise Open("a series that does not settle")
    kept = {p: c for (_, p), c in rest.items() if not xp.vanishes(c)}
    lead, order = min(kept, default=xp.highest + 1), relation.order
    if lead < order or (relation.constant is None and lead > order):
        if lead < order and (xp.symbols or xp.guesses) and np.all(abs(kept[lead].s) < NEAR):
            raise Open(SYMBOLS)
        return f"order {lead}, not {order}"
    c = Value(xp, {UNIT: rest.get((0, order), xp.number(Fraction(0)))})
    if relation.constant is None or xp.vanishes((c - relation.constant).z[UNIT]):
        return ""
    if xp.symbols or xp.guesses:
        raise Open(SYMBOLS)
    return "another constant"


def enclosure(proof: Proof) -> None:
    """The form's box again, halved until intervals see left < right on every cell."""
    box = proof.form.box or {"raw": {}}
    case = Case(proof.form, {**smallest(proof.form), **box.get("sizes", {})})
    where = [(name, index) for name, s in case.shapes.items() for index in np.ndindex(*s)]
    whole = tuple(tuple(map(Fraction, box["raw"][name])) for name, _ in where)
    if any(scope.get("box") is None for scope in proof.scopes.values()):
        reach = {f"{n}.{part}": d.reach for n, d in proof.form.given.items() for part in d.raw}
        for (name, _), (low, high) in zip(where, whole, strict=True):
            if (ends := reach[name]) is None or low > ends[0] or high < ends[1]:
                return proof.say(WRONG, f"the box does not reach all values of {name}")
    heap: list[Any] = [(0, whole)]
    for _ in range(CELLS):
        cell = heapq.heappop(heap)[1]
        raw = {name: np.empty(shape, dtype=object) for name, shape in case.shapes.items()}
        for (name, index), ends in zip(where, cell, strict=True):
            raw[name][index] = ends
        room = [x for _, r, _ in enclosed(case, proof.parts, Point(raw), 20) for x in r]
        if any(x.b < 0 for x in room):
            return proof.say(WRONG, "a part is false on a cell of its box")
        if not all(x.a > 0 for x in room):
            axis = max(range(len(cell)), key=lambda k: cell[k][1] - cell[k][0])
            low, high = cell[axis]
            for half in ((low, (low + high) / 2), ((low + high) / 2, high)):
                child = (*cell[:axis], half, *cell[axis + 1 :])
                heapq.heappush(heap, (-max(b - a for a, b in child), child))
        if not heap:
            return None
    return proof.say(OPEN, f"{len(heap)} cells are left after {CELLS}")


def exhaustion(proof: Proof) -> None:
    """Every point, where all raw parameters are signs."""
    for sizes in proof.shapes():
        case, p = Case(proof.form, sizes), fresh_prime(proof.rng)
        for point in case.every_point():
            xp = Residues(p, proof.rng)
            for k, sides in case.sides(xp, point.entry(xp), proof.parts):
                if not xp.vanishes(rest(sides).z[UNIT]):
                    proof.say(WRONG, f"part {k + 1} fails at a point of {sizes}")


def members(case: Case, part: int, rng: random.Random) -> str:
    """Does a point with small entries solve the system and is not claimed, or the reverse?"""
    points = (case.point(rng, special=True) for _ in range(POINTS))
    differ = any(solves != said for solves, said in (member(case, part, x) for x in points))
    return "a point solves the system or is claimed, not both" if differ else ""


def member(case: Case, part: int, point: Point) -> tuple[bool, bool]:
    """(solves the system, is claimed): zeros modulo a fresh prime, signs by shadows."""
    xp, relations = relations_at(case, random.Random(), point)
    tests: dict[str, Callable[[int], bool]] = {
        "zero": lambda s: s == 0,
        "nonzero": lambda s: s != 0,
        "positive": lambda s: s > 0,
        "nonnegative": lambda s: s >= 0,
    }

    def within(piece: Any) -> bool:
        return all(
            tests[kind](xp.sign(r, s))
            for kind, values in piece.conditions()
            for v in values
            for r, s in zip(*(a.flat for a in xp.lift(v).z[UNIT]), strict=True)
        )

    return within(relations[part].system), any(map(within, relations[part].claimed))


KINDS: dict[str, Callable[[Proof], None]] = {
    "identity": identity,
    "sign": identity,
    "cells": cells,
    "rank": everywhere(ranked),
    "series": everywhere(expanded, points=6),
    "systems": everywhere(
        members, remark=f"membership at {POINTS} points with small entries a shape"
    ),
    "enclosure": enclosure,
    "exhaustion": exhaustion,
}


# -- witnesses -----------------------------------------------------------------------------------
def witness(form: Form, record: Mapping[str, Any], rng: random.Random) -> str:
    """What is wrong with a refutation."""
    case, part = Case(form, record["sizes"]), record["part"]
    point = Point({name: table(v) for name, v in record["raw"].items()})
    match record["relation"]:
        case "Law":
            raise Open("nothing here draws from a law")
        case _ if not case.admits(point):
            return "its point lies outside the hypotheses"
        case "Rank":
            return "" if ranked(case, part, rng, point) else "the rank is as claimed"
        case "Solutions":
            solves, said = member(case, part, point)
            return "its point solves the system as claimed" if solves == said else ""
        case "Rate":
            return "" if expanded(case, part, rng, point) else "the rate is as stated there"
    n = record["digits"]
    if not any(valued(case, point, m) for m in (n + 20, 4 * n + 60)):
        return "some side has no value at its point, of which the statement does not speak"
    if contradicted(case, point, part, n + 20, 4 * n + 60):
        return ""
    if record["relation"] != "AtMost":
        xp = Residues(fresh_prime(rng), rng)
        ((_, sides),) = case.sides(xp, point.entry(xp), [part])
        if not (xp.vanishes(rest(sides).z[UNIT]) or xp.symbols or xp.guesses):
            return ""
    return "its point does not refute"


def table(x: Any) -> np.ndarray:
    """Exact strings, nested, as an array of fractions."""
    if isinstance(x, list):
        return np.stack([table(row) for row in x]) if x else np.empty((0,), dtype=object)
    out = np.empty((), dtype=object)
    out[()] = Fraction(float.fromhex(x)) if "x" in x else Fraction(x)
    return out


def smallest(form: Form) -> dict[str, int]:
    return {name: form.sizes.get(name, (1,))[0] for name in form.size_names()}


# -- rows ----------------------------------------------------------------------------------------
def proofs(
    form: Form, row: Mapping[str, Any], rng: Any, found: list[Finding], shapes: int
) -> Iterator[Proof]:
    """The records of a row; parts with a record of their own are put together where it is equal."""
    for evidence in row["evidence"]:
        if not evidence["proves"]:
            continue
        whole: Mapping[str, Any] = evidence["proof"] or {}
        alike: dict[str, tuple[dict[str, Any], list[Any]]] = {}
        for part in whole.get("parts") or [None]:
            own = part if isinstance(part, dict) else {"part": part}
            same = {k: own[k] for k in ("grid", "indices", "log2_bound", "squares") if k in own}
            alike.setdefault(repr(same), (same, []))[1].append(own["part"])
        for same, parts in alike.values():
            scopes = {k: v for k, v in evidence["proves"].items() if int(k) in parts}
            bound = same.get("log2_bound", evidence["log2_bound"])
            record = {**whole, **same, "parts": parts if parts != [None] else None}
            yield Proof(form, record, scopes, bound, rng, found, shapes)


@np.errstate(all="ignore")  # of shadows, which are looked at instead
def recheck_form(form: Form, row: Mapping[str, Any], shapes: int = SHAPES) -> list[Finding]:
    """What a second road finds against a row, at so many shapes; nothing, if all is well."""
    rng = random.Random(random.SystemRandom().getrandbits(128))
    found: list[Finding] = []
    try:
        if row["verdict"] == REFUTED:
            wrong = witness(form, row["witness"], rng)
            return [Finding(WRONG, "witness", wrong)] if wrong else []
        if row["verdict"] in (PROVED, UP_TO, ON):
            shown = set()
            for proof in proofs(form, row, rng, found, shapes):
                shown |= set(proof.parts)
                proof.check()
            if shown != set(range(len(relations_at(Case(form, smallest(form)), rng)[1]))):
                raise Open(f"the parts {sorted(k + 1 for k in shown)} alone have a record")
    except Exception as why:  # a body may raise anything
        said = str(why) if isinstance(why, Open) else f"{type(why).__name__}: {why}"
        found.append(Finding(OPEN, "record", said))
    return list(dict.fromkeys(found))


def recheck(
    claims: Iterable[Mapping[str, Any]], forms: Mapping[str, Form], keys: Sequence[str] = ()
) -> Iterator[tuple[str, str, list[Finding]]]:
    """(key, verdict, findings) of the forms of some claims of a ledger: all, or those named, by
    their own keys or their claims'."""
    for claim in claims:
        for row in claim["forms"]:
            if not keys or row["key"] in keys or claim["id"] in keys:
                yield row["key"], row["verdict"], recheck_form(forms[row["key"]], row)
