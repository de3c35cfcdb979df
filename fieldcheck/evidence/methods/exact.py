"""Exact: polynomial and rational identities over random prime fields.

At a random point of a random prime field an identity that is false is seen but for a published
chance (:mod:`fieldcheck.evidence.chances`); primes and points come from fresh system entropy, so no
body could be written with them in mind.  Independent trials multiply; there are as many as the
profile's bound asks for.  A false statement fails at some shape and part, and passes only if it
passes there: the largest of all bounds is published.

Where the indices of the residual can be counted (:mod:`fieldcheck.evidence.every_size`), the shapes
that decide all sizes are visited; else the listed ones, and the scope says so.

Square roots: at one point all choices of signs are tried, and the identity must hold for each.
The product of its values over the signs that belong to the field of the true roots is a rational
function of the point, not zero where the identity is false, of 2^R times the degree; a point where
all R radicands have roots is found at least once in about 2^R.

An inequality is proved here when its ``gap`` is an identity and is nonnegative by its form, by its
range or as a sum of squares; where no gap is stated, right - left is it.  A gap
that no prime field can decide is held to balls at a few points: it may be refuted there; else it
counts for nothing, and the reason says so.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.branches import following
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.informed import Informed
from fieldcheck.arithmetic.multiplicative import Multiplicative
from fieldcheck.arithmetic.prime import NO_ROOT, Prime, Rootless, Unlucky, random_prime
from fieldcheck.arithmetic.ranges import Ranges, span_of
from fieldcheck.arithmetic.sign import Exceptional, Known, Sign, known_of, told
from fieldcheck.evidence import every_size, squares
from fieldcheck.evidence.chances import RETRIES, WORTHLESS, missed
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import GENERIC, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.watching import watching
from fieldcheck.evidence.witness import GAP, NO_SIZE, certified, no_worst
from fieldcheck.relations import Sides
from fieldcheck.verdict import ALL, Evidence, Report, Scope, Why

ROOTS = 6
"""Square roots of one identity, all of whose signs are tried."""

STEPS = 4
"""Steps of one identity that are 0 and 1 in turn; of more the cells take care."""

SYMBOLS = str(Why.SYMBOLS)
TOO_HIGH = str(Why.DEGREE)
SQUARED = "a sum of squares at each size"

RARE = 4
"""So many divisors in a row that vanish at random points vanish identically: one does so by
accident with a chance below 2^-40."""

Shape = dict[str, int]
Signs = Mapping[Any, Mapping[Any, Any]]


class Disproved(Exception):
    """A field says no, without a free symbol: the shape at which it does."""

    def __init__(self, sizes: Shape) -> None:
        self.sizes = sizes


@dataclass
class Trials:
    """The trials of one part: primes, bounds and what they met."""

    statement: Statement
    part: int
    rng: random.Random
    bound: float
    primes: list[int]
    drawn: frozenset[int] = frozenset()
    noting: bool = False
    cases: int = 0
    worst: float = -math.inf
    exceptions: list[Exceptional] = field(default_factory=list)
    empty: list[Shape] = field(default_factory=list)
    ruled: bool = True
    bits: bool = False
    field: type[Prime] = Prime
    rules: tuple[bool, ...] = ()
    _steps: bool = False
    _splits: bool = False

    def __post_init__(self) -> None:
        """What is known of signs, once: residues need it only under functions that depend on it."""
        xp, sizes = Sign(), self.statement.grid()[-1]
        with suppress(Unsupported):
            raws = self.statement.signs(xp, self.statement.raw_shapes(sizes))
            self.statement.sides(xp, raws, self.part)
            self.ruled = xp.ruled
        self.exceptions = xp.exceptions

    def holds(self, sizes: Shape) -> list[np.ndarray]:
        """Passes the identity at one shape, and returns which symbols coincide; else raises
        Disproved, or Unsupported where nothing can be said.

        Where free symbols are not enough, more is demanded of them.
        """
        for way in self._ways():
            self.bits, self.field = way
            try:
                return self._passed(sizes)
            except Unsupported as gap:
                failed = gap
                if gap.primitive != SYMBOLS:
                    break
        raise failed

    def _ways(self) -> Iterator[tuple[bool, type[Prime]]]:
        """How symbols are drawn: free; with steps that are 0 and 1 in turn; with an exponential
        that turns sums into products, and a logarithm and a root of products, which decide no sizes
        but those visited."""
        yield False, Prime
        if self._steps:
            yield True, Prime
        if self._splits and not self.noting:
            yield False, Multiplicative

    def _passed(self, sizes: Shape) -> list[np.ndarray]:
        sites: list[np.ndarray] = []
        measure = measured(self.statement, sizes, self.part)
        for signs in self.statement.sign_patterns(sizes):
            bound, k = 0.0, 0
            while bound > self.bound:
                while k >= len(self.primes):
                    self.primes.append(random_prime(self.rng))
                try:
                    run, roots, true = self._one(sizes, k, signs)
                except Unlucky:
                    self.empty.append(sizes)
                    return []
                self.cases, k = self.cases + 1, k + 1
                if not true:
                    if run.symbols:
                        raise Unsupported(SYMBOLS)
                    raise Disproved(sizes)
                one = missed(*measure, roots, run.raised)
                if one > WORTHLESS:
                    raise Unsupported(TOO_HIGH)
                bound += one
                sites = run.sites
            self.worst = max(self.worst, bound)
        return sites

    def _one(self, sizes: Shape, k: int, signs: Signs) -> tuple[Prime, int, bool]:
        """A point modulo a prime, all signs of the roots: (the last run, roots taken, all vanish).

        What has no root at two points does not depend on the point: another prime is taken.
        """
        shapes = self.statement.raw_shapes(sizes)
        divided, rootless = 0, set[int]()
        for _ in range(RETRIES):
            first = self.field(self.primes[k], self.rng)
            where = {k: self._residues(first, k, s, signs) for k, s in shapes.items()}
            prefix: tuple[bool, ...] | None = ()
            roots = 0
            try:
                while prefix is not None:
                    run = first.again(prefix)
                    run.noting, run.bits = self.noting, self.bits
                    residual = self._residual(run, where)
                    roots = max(roots, len(run.choices))
                    if roots > (STEPS if self.bits else ROOTS):
                        raise Unsupported(f"more than {ROOTS} square roots or steps")
                    if residual.any():
                        self._steps = bool(run._step_of)
                        self._splits = run.splits
                        return run, roots, False
                    prefix = following(run.choices)
            except Unlucky as reason:
                if not isinstance(reason, Rootless):
                    divided += 1
                    if divided == RARE:
                        raise
                    continue
                divided = 0
                if reason.radicand in rootless:
                    self.primes[k], rootless = random_prime(self.rng), set()
                rootless.add(reason.radicand)
                continue
            return run, roots, True
        raise Unsupported(NO_ROOT)

    def _residues(self, xp: Prime, name: str, shape: tuple[int, ...], signs: Signs) -> np.ndarray:
        out = xp.residues(shape)
        if name in self.statement.sign_raws:
            for k in np.ndindex(*shape):
                out[k] = int(signs[name, k][None]) % xp.p
        return out

    def _residual(self, first: Prime, where: Mapping[str, np.ndarray]) -> np.ndarray:
        plain = {k: first.from_raw(v) for k, v in where.items()}
        if not self.ruled and not self.drawn:
            residues: np.ndarray = difference(self.statement.sides(first, plain, self.part)[0]).data
            return residues
        xp, apart = Informed(first, self.drawn), self.statement.nonzero_raws
        raws = {
            k: xp.informed(v.data, Known(v.shape, True, nonzero=k in apart))
            for k, v in plain.items()
        }
        residual: np.ndarray = difference(self.statement.sides(xp, raws, self.part)[0]).data[0]
        self.rules = tuple(xp.rules)
        return residual


def difference(sides: Sides) -> Any:
    if sides.order:
        return (sides.right - sides.left) - sides.room
    return sides.left - sides.right


def measured(statement: Statement, sizes: Shape, part: int) -> tuple[Bound, int]:
    """Degree and height of the identity, and the degrees of coincidences among its symbols."""
    xp = Degree()
    raws = {k: xp.variable(s) for k, s in statement.raw_shapes(sizes).items()}
    return difference(statement.sides(xp, raws, part)[0]).data, xp.coincidences


def provable(statement: Statement) -> list[int]:
    """The parts an identity can decide: equalities, and orders whose sign is stated or seen."""
    relations = statement.probe(statement.smallest)
    return [
        k
        for k in statement.parts("Equal", "Zero", "Force", "Gradient", "AtMost")
        if relations[k].name != "AtMost"
        or relations[k].gap is not None
        or visible_sign(statement, k)
    ]


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("exact")
    parts = provable(statement)
    for part, sizes in statement.__dict__.get("_open", {}).items():
        raw = squares.against(statement, part, sizes) if statement.fault is None else None
        if raw is not None and certified(statement, sizes, raw):
            witness = smallest(statement, sizes, raw, statement.fresh("exact"))
            return report.refutes(witness, "exact", detail="a form with a negative direction")
    if not parts:
        return report.not_concerned()
    if seen := watching(statement):
        return report.silent(Why.OTHER, f"nothing is proved of a body that looks: {seen}")
    rng = statement.fresh("exact")
    primes: list[int] = []
    worst, scopes, proofs = -math.inf, {}, []
    why: tuple[Why | None, str] = (None, "")
    for part in parts:
        trials = Trials(statement, part, rng, profile.bound, primes)
        try:
            scope, proof = _proved(statement, trials)
            if visible_sign(statement, part):
                scopes[part] = scope
                proofs.append(proof)
                worst = max(worst, trials.worst)
            else:
                why = Why.GAP_SIGN, ""
        except Disproved as shape:
            report.cases += trials.cases
            return _refuted(report, statement, shape.sizes, part, rng)
        except Unsupported as gap:
            why = _silence(gap)
            if statement.probe(statement.smallest)[part].name == "AtMost":
                wrong = _wrong_gap(report, statement, part, rng)
                if wrong is not None:
                    return wrong
                why = Why.GAP_OPEN, gap.primitive
        report.cases += trials.cases
    if not scopes:
        return report.silent(why[0] or Why.OTHER, why[1])
    report.strata = {GENERIC: report.cases}
    report.shapes = max(p["shapes"] for p in proofs)
    ended = [p["ended"] for p in proofs] + ([": ".join(filter(None, why))] if why[0] else [])
    return report.proves(
        scopes,
        "exact",
        log2_bound=worst,
        worst=no_worst(NO_SIZE),
        proof={"kind": "identity", "primes": [str(p) for p in primes], "parts": proofs},
        detail="; ".join(dict.fromkeys(filter(None, ended))),
    )


def _silence(gap: Unsupported) -> tuple[Why, str]:
    known = {SYMBOLS: Why.SYMBOLS, TOO_HIGH: Why.DEGREE}.get(gap.primitive)
    return (known, "") if known else (Why.UNSUPPORTED, gap.primitive)


def _proved(statement: Statement, trials: Trials) -> tuple[Scope, dict[str, Any]]:
    """How far the identity of one part is proved, and the record of it."""
    plan = every_size.plan(statement, trials.part) if statement.size_names else every_size.Plan()
    by_size = (
        SQUARED if squares_of(statement, trials.part) else "a gap whose sign depends on the size"
    )
    ended = plan.ended if plan.visible else by_size
    if statement.size_names and not ended:
        grid, ended = _every_size(statement, trials, plan)
        if grid:
            sizes = dict.fromkeys(statement.size_names, ALL)
            trials.exceptions = list(plan.exceptions)
            scope = _scope(statement, trials, sizes)
            return scope, _proof(trials, grid, plan, "")
    ranges = statement.visited()
    trials.drawn, trials.noting = frozenset(), False
    shapes = statement.product(ranges)
    for visited in shapes:
        trials.holds(visited)
    if all(visited in trials.empty for visited in shapes):
        raise Unsupported("a divisor that vanishes identically")
    return _scope(statement, trials, ranges), _proof(trials, ranges, None, ended)


def _every_size(
    statement: Statement, trials: Trials, plan: every_size.Plan
) -> tuple[dict[str, list[int]], str]:
    """The grid that decides all sizes, passed; or why there is none."""
    trials.drawn, trials.noting = plan.drawn, plan.nonlocal_
    passed: dict[tuple[int, ...], list[np.ndarray]] = {}
    why = ""
    for cut in range(every_size.CUTOFFS):
        grid = every_size.grid(statement, plan, cut)
        shapes = statement.product(grid)
        if len(shapes) > every_size.MOST or any(
            v[-1] > every_size.LARGEST_SIZE for v in grid.values()
        ):
            return {}, f"{len(shapes)} shapes would decide every size"
        for sizes in shapes:
            key = tuple(sizes.values())
            if key not in passed:
                try:
                    passed[key] = trials.holds(sizes)
                    if any(r and not at_all for r, at_all in zip_rules(trials.rules, plan.rules)):
                        return {}, "a sign that is known at some sizes only"
                except Disproved:
                    if every_size.allowed(statement, sizes):
                        raise
                    return {}, f"it fails at {sizes}, which it does not speak of"
                except Unsupported as gap:
                    if every_size.allowed(statement, sizes) and _false_at(trials, sizes):
                        raise Disproved(sizes) from None
                    return {}, gap.primitive
        here = {tuple(sizes.values()): passed[tuple(sizes.values())] for sizes in shapes}
        if any(sizes in trials.empty for sizes in shapes):
            why = "sizes without a value"  # the statement does not speak of them
        elif not plan.nonlocal_ or every_size.steady(plan, here, grid):
            return grid, ""
        else:
            why = "symbols coincide at small sizes that are apart at larger ones"
    return {}, why


def zip_rules(here: tuple[bool, ...], everywhere: tuple[bool, ...]) -> list[tuple[bool, bool]]:
    """The rules used at one size, beside those that hold at every size."""
    return list(itertools.zip_longest(here, everywhere, fillvalue=False)) if here else []


def _false_at(trials: Trials, sizes: Shape) -> bool:
    """Do balls see at a generic point what free symbols cannot: that the statement fails?"""
    raw = point(trials.statement, sizes, trials.rng, bits=3)
    return certified(trials.statement, sizes, raw) is not None


def _scope(statement: Statement, trials: Trials, sizes: Mapping[str, Any]) -> Scope:
    order = statement.probe(statement.smallest)[trials.part].name == "AtMost"
    conditions, out = told(trials.exceptions, order)
    out += [", ".join(f"{n} = {v}" for n, v in s.items()) for s in trials.empty]
    return statement.scope(sizes, conditions=tuple(conditions), left_out=tuple(out))


def _proof(
    trials: Trials, grid: Mapping[str, Any], plan: every_size.Plan | None, ended: str
) -> dict[str, Any]:
    return {
        "part": trials.part + 1,
        "grid": {name: list(values) for name, values in grid.items()},
        "indices": {name: plan.indices.get(name, 0) for name in grid} if plan else None,
        "drawn": sorted(plan.drawn) if plan else [],
        "log2_bound": f"{trials.worst:.1f}",
        "shapes": math.prod(len(v) for v in grid.values()),
        "ended": ended,
        **shown_by(trials.statement, trials.part),
    }


def visible_sign(statement: Statement, part: int) -> bool:
    """Is an order's gap seen to be nonnegative?  An equality needs no sign."""
    return squares_of(statement, part) is not None


def squares_of(statement: Statement, part: int) -> list[dict[str, Any]] | None:
    """The sums of squares that an order's gap takes to be seen to be nonnegative, by shape: none
    where its form or its range says so.  None: it is not seen."""
    known: dict[int, list[dict[str, Any]] | None] = statement.__dict__.setdefault("_squares", {})
    if part not in known:
        known[part] = _squares(statement, part)
    return known[part]


def shown_by(statement: Statement, part: int) -> dict[str, Any]:
    """What a record says of an order's sign, where neither form nor range shows it."""
    found = squares_of(statement, part)
    return {"squares": found} if found else {}


def _squares(statement: Statement, part: int) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = []
    if statement.probe(statement.smallest)[part].name != "AtMost":
        return found
    for sizes in statement.product(statement.visited()):  # a factor 7 - n has another at each
        if any(_shown(way, statement, sizes, part) for way in (_nonnegative, _above_zero)):
            continue
        record = squares.seen(statement, part, sizes)
        if record is None:
            statement.__dict__.setdefault("_open", {})[part] = sizes
            return None
        found.append(record)
    return found if len(json.dumps(found)) <= squares.LONGEST else None


def _shown(way: Callable[..., bool], *where: Any) -> bool:
    try:
        return way(*where)
    except Unsupported:
        return False


def _nonnegative(statement: Statement, sizes: Shape, part: int) -> bool:
    xp = Sign()
    raws = statement.signs(xp, statement.raw_shapes(sizes))
    return known_of(statement.sides(xp, raws, part)[0].room).nonneg


def _above_zero(statement: Statement, sizes: Shape, part: int) -> bool:
    xp = Ranges()
    shapes = statement.raw_shapes(sizes).items()
    raws: dict[str, Value] = {name: xp.variable(shape) for name, shape in shapes}
    return span_of(statement.sides(xp, raws, part)[0].room).nonneg


def _wrong_gap(
    report: Report, statement: Statement, part: int, rng: random.Random
) -> Evidence | None:
    """A refutation by balls at a generic point of a small or large shape, or None."""
    if statement.fault is not None:
        return None
    grid = statement.grid()
    for sizes in (grid[0], grid[-1]):
        raw = point(statement, sizes, rng, bits=3)
        if certified(statement, sizes, raw):
            witness = smallest(statement, sizes, raw, rng)
            why = "the given gap is not the difference of the sides" if witness.side == GAP else ""
            by = "exact" if witness.certified_by == "rational" else "enclosed"
            return report.refutes(witness, by, detail=why)
    return None


def _refuted(
    report: Report, statement: Statement, sizes: Shape, part: int, rng: random.Random
) -> Evidence:
    """The field says no: a generic rational point must say so too, or nothing is said."""
    for _ in range(20):
        raw = point(statement, sizes, rng, bits=3)
        if certified(statement, sizes, raw):
            return report.refutes(smallest(statement, sizes, raw, rng), "exact")
    return report.silent(Why.UNCONFIRMED)
