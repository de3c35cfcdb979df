"""Exact: polynomial and rational identities over random prime fields.

An identity of degree d that fails over the rationals survives one random point of a random prime
field with probability at most d/p (Schwartz, Zippel), plus the chance that p divides all its
coefficients: a nonzero integer of height h has at most h/59 prime divisors above 2^59, among more
than 2^52 primes drawn from.  Both bounds come from running the body in the degree arithmetic.
Independent trials multiply; there are as many as the profile's bound asks for.  A false statement
fails at some shape and part, and passes only if it passes there: the largest of all bounds is
published.

Square roots: at one point all choices of signs are tried, and the identity must hold for each.
The product of its values over the signs that belong to the field of the true roots is a rational
function of the point, not zero where the identity is false, of 2^R times the degree; a point where
all R radicands have roots is found at least once in about 2^R.

An inequality is proved here when its ``gap`` is an identity and is nonnegative by its form.  A gap
that no prime field can decide is held to balls at a few points: it may be refuted there; else it
counts for nothing, and the reason says so.
"""

from __future__ import annotations

import math
import random

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.branches import following
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.arithmetic.sign import Sign, known_of
from fieldcheck.evidence.chances import RETRIES, WORTHLESS, missed
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import GENERIC, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import GAP, NO_SIZE, certified, no_worst
from fieldcheck.relations import Sides
from fieldcheck.verdict import Evidence, Report, Why

ROOTS = 6
"""Square roots of one identity, all of whose signs are tried."""


def measured(statement: Statement, sizes: dict[str, int], part: int) -> tuple[Bound, int]:
    """Degree and height of the identity, and the degrees of coincidences among its symbols."""
    xp = Degree()
    raws = {k: xp.variable(s) for k, s in statement.raw_shapes(sizes).items()}
    sides = statement.sides(xp, raws, part)[0]
    other = sides.gap if sides.order and sides.gap is not None else sides.left
    both = (sides.right - sides.left - other if sides.order else sides.left - sides.right).data
    return both, xp.coincidences


def _residual(xp: Prime, sides: Sides):
    if sides.order:
        return (sides.right - sides.left) - sides.gap
    return sides.left - sides.right


def _trial(statement: Statement, sizes: dict[str, int], part: int, rng: random.Random):
    """One random prime and point: (identity holds, free symbols used, square roots taken)."""
    shapes = statement.raw_shapes(sizes)
    for _ in range(RETRIES):
        first = Prime(random_prime(rng), rng)
        point = {k: first.residues(s) for k, s in shapes.items()}
        prefix: tuple[bool, ...] | None = ()
        symbols, roots = 0, 0
        try:
            while prefix is not None:
                xp = first.again(prefix)
                raws = {k: xp.from_raw(v) for k, v in point.items()}
                residual = _residual(xp, statement.sides(xp, raws, part)[0])
                symbols, roots = max(symbols, xp.symbols), max(roots, len(xp.choices))
                if roots > ROOTS:
                    raise Unsupported(f"more than {ROOTS} square roots")
                if residual.data.any():
                    return False, symbols > 0, roots
                prefix = following(xp.choices)
        except Unlucky:
            continue
        return True, symbols > 0, roots
    raise Unsupported("square roots at every point tried")


def provable(statement: Statement) -> list[int]:
    """The parts an identity can decide: equalities, and orders that come with a gap."""
    relations = statement.probe(statement.smallest)
    return [
        k
        for k in statement.parts("Equal", "Zero", "Force", "Gradient", "AtMost")
        if relations[k].name != "AtMost" or relations[k].gap is not None
    ]


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("exact")
    parts = provable(statement)
    if not parts:
        return report.not_concerned()
    rng = statement.fresh("exact")
    ranges = statement.visited()
    grid = statement.product(ranges)
    report.shapes = len(grid)
    worst_bound, proved = -math.inf, []
    why: tuple[Why, str] = (Why.OTHER, "")
    for part in parts:
        try:
            shape_bounds: list[float] = []
            for sizes in grid:
                bound, size = 0.0, measured(statement, sizes, part)
                while bound > profile.bound:
                    holds, used, roots = _trial(statement, sizes, part, rng)
                    report.cases += 1
                    if not holds:
                        if used:
                            raise Unsupported("a relation between free symbols")
                        return _refuted(report, statement, sizes, part, rng)
                    one = missed(*size, roots)
                    if one > WORTHLESS:
                        raise Unsupported("a degree too high for primes below 2^60")
                    bound += one
                shape_bounds.append(bound)
            if visible_sign(statement, grid, part):
                proved.append(part)
                worst_bound = max(worst_bound, *shape_bounds)
            else:
                why = Why.GAP_SIGN, ""
        except Unsupported as gap:
            why = Why.UNSUPPORTED, f"not polynomial: {gap.primitive}"
            if statement.probe(grid[0])[part].name == "AtMost" and statement.fault is None:
                wrong = _wrong_gap(report, statement, grid, part, rng)
                if wrong is not None:
                    return wrong
                why = Why.GAP_OPEN, f"not polynomial: {gap.primitive}"
    if not proved:
        return report.silent(*why)
    report.strata = {GENERIC: report.cases}
    scopes = dict.fromkeys(proved, statement.scope(ranges))
    return report.proves(scopes, "exact", log2_bound=worst_bound, worst=no_worst(NO_SIZE))


def visible_sign(statement: Statement, grid, part: int) -> bool:
    """Is an order's gap nonnegative by its form?  An equality needs no sign."""
    if statement.probe(grid[0])[part].name != "AtMost":
        return True
    for sizes in grid:
        xp = Sign()
        gap = statement.sides(xp, statement.signs(xp, statement.raw_shapes(sizes)), part)[0].gap
        if gap is None or not known_of(gap).nonneg:
            return False
    return True


def _wrong_gap(report: Report, statement: Statement, grid, part: int, rng: random.Random):
    """A refutation by balls at a generic point of a small or large shape, or None."""
    for sizes in (grid[0], grid[-1]):
        raw = point(statement, sizes, rng, bits=3)
        if certified(statement, sizes, raw):
            witness = smallest(statement, sizes, raw, rng)
            why = "the given gap is not the difference of the sides" if witness.side == GAP else ""
            by = "exact" if witness.certified_by == "rational" else "enclosed"
            return report.refutes(witness, by, detail=why)
    return None


def _refuted(report: Report, statement: Statement, sizes, part: int, rng: random.Random):
    """The field says no: a generic rational point must say so too, or nothing is said."""
    for _ in range(20):
        raw = point(statement, sizes, rng, bits=3)
        if certified(statement, sizes, raw):
            return report.refutes(smallest(statement, sizes, raw, rng), "exact")
    return report.silent(Why.UNCONFIRMED)
