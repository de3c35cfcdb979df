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
from fieldcheck.arithmetic.sign import Sign
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import GENERIC, Statement, point, stream
from fieldcheck.evidence.witness import GAP, NO_SIZE, certified, no_worst
from fieldcheck.relations import Sides
from fieldcheck.verdict import CONFIRMS, REFUTES, SILENT, Evidence

LOG2_PRIMES = 52
"""log2 of a lower bound on the number of primes 1 mod 4 between 2^59 and 2^60: by the prime number
theorem there are about 2^59/(41.2 * 2), more than 2^52."""

WORTHLESS = -8.0
"""log2 of an error per trial above which no number of trials is worth its time."""

RETRIES = 400


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


def missed(both: Bound, coincidences: int, roots: int) -> float:
    """log2 of the chance to miss an expression that is not zero, bounded like this.

    Coefficients may be Gaussian integers, whose norms have twice the height.
    """
    schwartz_zippel = (2 * max(1, both.top + both.bottom) * 2.0**roots + coincidences) / 2.0**59
    bad_primes = max(1.0, 2 * both.height * 2.0**roots / 59) / 2.0**LOG2_PRIMES
    return min(0.0, math.log2((schwartz_zippel + bad_primes) * 2.0**roots))


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
    parts = provable(statement)
    if not parts:
        return Evidence("exact", SILENT, "no polynomial identity here", applies=False)
    rng = stream(statement.key, "exact", seed)
    grid = statement.grid(profile.largest)
    worst_bound, cases, proved = -math.inf, 0, []
    why = ""
    for part in parts:
        try:
            shape_bounds: list[float] = []
            for sizes in grid:
                bound, size = 0.0, measured(statement, sizes, part)
                while bound > profile.bound:
                    holds, used, roots = _trial(statement, sizes, part, rng)
                    cases += 1
                    if not holds:
                        if used:
                            raise Unsupported("a relation between free symbols")
                        return _refuted(statement, sizes, part, rng, cases)
                    one = missed(*size, roots)
                    if one > WORTHLESS:
                        raise Unsupported("a degree too high for primes below 2^60")
                    bound += one
                shape_bounds.append(bound)
            if _visible_sign(statement, grid, part):
                proved.append(part)
                worst_bound = max(worst_bound, *shape_bounds)
            else:
                why = "the gap is not nonnegative by its form"
        except Unsupported as gap:
            why = f"not polynomial: {gap.primitive}"
            if statement.probe(grid[0])[part].name == "AtMost" and statement.fault is None:
                wrong = _wrong_gap(statement, grid, part, rng, cases)
                if wrong is not None:
                    return wrong
                why = f"the given gap is not confirmed as an identity ({why})"
    if not proved:
        return Evidence("exact", SILENT, why, cases, applies=False)
    return Evidence(
        "exact",
        CONFIRMS,
        why,
        cases,
        len(grid),
        {GENERIC: cases},
        log2_bound=f"{worst_bound:.1f}",
        worst=no_worst(NO_SIZE),
        grade="exact",
        parts=tuple(proved),
    )


def _visible_sign(statement: Statement, grid, part: int) -> bool:
    if statement.probe(grid[0])[part].name != "AtMost":
        return True
    for sizes in grid:
        xp = Sign()
        raws = {k: xp.variable(s) for k, s in statement.raw_shapes(sizes).items()}
        gap = statement.sides(xp, raws, part)[0].gap
        if gap is None or gap.data.sign not in ("+", "0+"):
            return False
    return True


def _wrong_gap(statement: Statement, grid, part: int, rng: random.Random, cases: int):
    """A refutation by balls at a generic point of a small or large shape, or None."""
    for sizes in (grid[0], grid[-1]):
        raw = point(statement, sizes, rng, bits=3)
        if certified(statement, sizes, raw):
            witness = smallest(statement, sizes, raw, rng)
            why = "the given gap is not the difference of the sides" if GAP in witness.entry else ""
            by = "exact" if witness.certified_by == "rational" else "enclosed"
            return Evidence(
                "exact", REFUTES, why, cases, 1, witness=witness, grade=by, parts=(part,)
            )
    return None


def _refuted(statement: Statement, sizes, part: int, rng: random.Random, cases: int) -> Evidence:
    """The field says no: a generic rational point must say so too, or nothing is said."""
    for _ in range(20):
        raw = point(statement, sizes, rng, bits=3)
        if certified(statement, sizes, raw):
            witness = smallest(statement, sizes, raw, rng)
            return Evidence(
                "exact", REFUTES, "", cases, 1, witness=witness, grade="exact", parts=(part,)
            )
    return Evidence(
        "exact", SILENT, "the prime field disagrees, no rational point confirms it", cases, 1
    )
