"""Rank: the generic rank of a matrix, over prime fields, the rationals and balls.

The rank at any point, rational or modulo a prime, never exceeds the generic rank; at a random point
of a random prime field it equals it but for the Schwartz-Zippel error of one maximal minor.

A square root has two values modulo a prime, and one of all choices is the true one.  Choices that
contradict what is known of signs are left out; if the others do not agree on the rank, nothing is
said of it.  Where raw parameters are signs, the rank must be the claimed one for each choice.
Where exponentials and the like are free symbols, that they are no more can only lower the rank: it
is no larger than with the symbols, and a point in balls must show that it is no smaller.

A rank above the claimed one is certified at a point: a minor that does not vanish there, exactly or
in balls.  A rank below it cannot be certified by one point, since special points exist for any
matrix: it rests on the primes, whose error is published.

In every stratum a point is looked at, too: there the rank may be smaller, and never larger.

How well the rank is seen without primes is told by floats: at a generic point of every shape, the
smallest singular value that the rank counts over the largest.  Rounding lies near 10^-16.
"""

from __future__ import annotations

import math
import random
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from flint import fmpq_mat

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.branches import following
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.floating import Float
from fieldcheck.arithmetic.informed import Informed
from fieldcheck.arithmetic.multiplicative import Multiplicative
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.arithmetic.sign import Known, Sign
from fieldcheck.evidence.chances import LEAST, WORTHLESS, missed, moduli
from fieldcheck.evidence.draws import Raw, modulo, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.points import GENERIC, moved_into, point, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.vanishing import Pins
from fieldcheck.evidence.witness import SIDES, no_worst, shown_inputs, strings, worst_at
from fieldcheck.relations import Rank
from fieldcheck.verdict import Evidence, Report, Why, Witness

ROOTS = 6
"""Square roots of one matrix, all of whose signs are tried."""

DIGITS = 120
"""Of balls, at points where roots are irrational."""

TRIES = 8
"""Points of a shape at which a larger rank is looked for: beside a kink it may be smaller."""

KEPT = "smallest singular value kept, over the largest, in floats"


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("rank")
    parts = statement.parts("Rank")
    if not parts:
        return report.not_concerned()
    ranges = statement.visited()
    grid = statement.product(ranges)
    rng = statement.fresh("rank")
    worst = -math.inf
    report.shapes = len(grid)
    for part in parts:
        for sizes in grid:
            try:
                rank, claimed, bound, trials = generic(statement, sizes, part, rng, profile.bound)
            except Unsupported as gap:
                witness = _larger(statement, grid, part, rng) if not _fault(statement) else None
                if witness is None:
                    return report.silent(Why.UNSUPPORTED, f"not polynomial: {gap.primitive}")
                detail = f"rank {witness.lhs} at a point, not {witness.rhs}"
                return report.refutes(witness, "enclosed", detail=detail)
            report.cases += trials
            if rank != claimed + _fault(statement):
                witness = _witness(statement, sizes, part, rank, claimed, rng)
                detail = f"rank {rank}, not {claimed}"
                below = bound if rank < claimed else None
                return report.refutes(witness, "exact", detail=detail, log2_bound=below)
            worst = max(worst, bound)
    report.strata, fallen, shown = {GENERIC: report.cases}, "", None
    if statement.fault is None:
        visited, fallen, witness = _in_strata(statement, grid[len(grid) // 2], parts, seed)
        report.strata |= visited
        if witness is not None:
            detail = f"rank {witness.lhs} in a stratum, not {witness.rhs}"
            return report.refutes(witness, "exact", detail=detail)
        shown = _worst_conditioned(statement, grid, parts, seed)
    return report.proves(
        dict.fromkeys(parts, statement.scope(ranges)),
        "exact",
        detail=fallen,
        log2_bound=worst,
        worst=shown,
        proof={"kind": "rank", "parts": [k + 1 for k in parts], "grid": ranges},
    )


def _larger(
    statement: Statement, grid: list[dict[str, int]], part: int, rng: random.Random
) -> Witness | None:
    """A point of one of a few shapes at which the rank is surely larger than claimed: a generic
    rank is no smaller, whatever kind of entries the matrix has."""
    shapes = dict.fromkeys((0, len(grid) // 4, len(grid) // 2, len(grid) - 1))
    for k in [k for k in shapes for _ in range(TRIES)]:
        raw = point(statement, grid[k], rng, bits=3)
        with suppress(Unsupported, ZeroDivisionError):
            here, claimed = rank_at(statement, raw, part)
            if here > claimed:
                return _record(statement, grid[k], raw, part, here, claimed)
    return None


def _in_strata(
    statement: Statement, sizes: dict[str, int], parts: list[int], seed: int
) -> tuple[dict[str, int], str, Witness | None]:
    """(points seen by stratum; in which the rank is smaller, in words; a point where it is larger).

    Modulo a prime the rank is at most what it is over the rationals: a larger one is no accident.
    """
    rng, moves = (
        stream(statement.key, "rank/strata", seed),
        numpy_stream(statement.key, "rank", seed),
    )
    visited: dict[str, int] = {}
    fallen = []
    for part in parts:
        for name in strata_of(statement)[1:]:
            raw = moved_into(statement, name, point(statement, sizes, rng), moves)
            if not statement.admits(raw):
                continue
            try:
                here, claimed, sure = _at_special(statement, raw, part, rng)
            except (Unlucky, Unsupported):
                continue
            visited[name] = visited.get(name, 0) + 1
            if here > claimed:
                return visited, "", _record(statement, sizes, raw, part, here, claimed)
            if here < claimed and sure:
                fallen.append(name)
    words = ", ".join(dict.fromkeys(fallen))
    return visited, f"smaller at a point of: {words}" if words else "", None


def _at_special(
    statement: Statement, raw: Raw, part: int, rng: random.Random
) -> tuple[int, int, bool]:
    """(rank, claimed rank, whether the rank is no larger) at an exact point.

    Modulo a prime it is at most what it is over the rationals; with roots it may be any.
    """
    field = Prime(random_prime(rng), rng)
    relation, matrix = _matrix(statement, field, modulo(raw, field.p), part)
    here = field.rank(matrix)
    if field.symbols or here > relation.rank:
        return (*rank_at(statement, raw, part), not field.symbols)
    return here, relation.rank, True


def _worst_conditioned(
    statement: Statement, grid: list[dict[str, int]], parts: list[int], seed: int
) -> dict[str, Any]:
    """The shape and point at which floats would find it hardest to see the rank."""
    rng = stream(statement.key, "rank/floats", seed)
    found = []
    for part in parts:
        for sizes in grid:
            raw = point(statement, sizes, rng)
            ratio = conditioned(statement, raw, part)
            if ratio is not None:
                found.append((ratio, sizes, raw, part))
    if not found:
        return no_worst("a matrix of rank zero has no singular value to keep")
    ratio, sizes, raw, part = min(found, key=lambda f: f[0])
    size = math.log10(ratio) if ratio > 0 else -math.inf
    return worst_at(KEPT, size, sizes, GENERIC, raw, part=part + 1)


def conditioned(statement: Statement, raw: Raw, part: int) -> float | None:
    """The smallest of the claimed number of singular values over the largest, in floats."""
    xp = Float()
    raws = {k: xp.from_raw(torch.from_numpy(np.asarray(v, dtype=float))) for k, v in raw.items()}
    relation = statement.relations(xp, raws)[part]
    values = torch.linalg.svdvals(xp.lift(relation.matrix).data)
    if not relation.rank:
        return None
    return float(values[relation.rank - 1] / values[0])


def generic(
    statement: Statement, sizes: dict[str, int], part: int, rng: random.Random, wanted: float
) -> tuple[int, int, float, int]:
    """(generic rank, claimed rank, log2 of the chance that it is higher, points taken).

    Of raw parameters that are signs all choices are looked at; the first rank that is not the
    claimed one is returned.
    """
    try:
        return _generic(statement, sizes, part, rng, wanted, Prime)
    except Unsupported as gap:  # an exponential of a sum, a root of a product
        with suppress(Unsupported):
            return _generic(statement, sizes, part, rng, wanted, Multiplicative)
        raise gap


def _generic(
    statement: Statement,
    sizes: dict[str, int],
    part: int,
    rng: random.Random,
    wanted: float,
    kind: type[Prime],
) -> tuple[int, int, float, int]:
    worst, points = -math.inf, 0
    for signs in statement.sign_patterns(sizes):
        low, high, bound = 0, 0, 0.0
        while bound > wanted:
            found = _trial(statement, sizes, part, signs, rng, kind)
            one = _error(statement, sizes, part, found)
            if one > WORTHLESS:
                raise Unsupported(str(Why.DEGREE))
            low, high = max(low, min(found.ranks)), max(high, max(found.ranks))
            claimed, free = found.claimed, found.free
            bound, points = bound + one, points + 1
            if free and high > claimed:
                raise Unsupported("free symbols in a rank")
        if low != high:
            raise Unsupported("a rank that depends on the signs of square roots")
        if free and high == claimed and not _reached(statement, sizes, part, signs, rng):
            raise Unsupported("free symbols in a rank")
        worst = max(worst, bound)
        if high != claimed:
            break
    return high, claimed, worst, points


def _fault(statement: Statement) -> int:
    return 0 if statement.fault is None else 1


def _reached(
    statement: Statement, sizes: dict[str, int], part: int, signs: Pins, rng: random.Random
) -> bool:
    """Is the rank surely as large as claimed at some point?"""
    for _ in range(TRIES):
        raw = point(statement, sizes, rng, bits=3)
        for (name, index), value in signs.items():
            raw[name][index] = Fraction(int(value[None]))
        with suppress(Unsupported, ZeroDivisionError):
            here, claimed = rank_at(statement, raw, part)
            if here >= claimed:
                return True
    return False


@dataclass
class Trial:
    """The rank at one random point.

    ranks:    for all choices of roots that do not contradict themselves
    claimed:  what the statement says
    roots:    how many were taken
    compared: pairs of values that were compared
    free:     are symbols in the matrix?
    raised:   of how many powers a symbol may be made
    """

    claimed: int
    ranks: set[int] = field(default_factory=set)
    roots: int = 0
    compared: int = 0
    free: bool = False
    raised: int = 1


def _trial(
    statement: Statement,
    sizes: dict[str, int],
    part: int,
    signs: Pins,
    rng: random.Random,
    kind: type[Prime],
) -> Trial:
    """The rank at a random point that is not unlucky."""
    shapes = statement.raw_shapes(sizes)
    for p in moduli(rng):
        first = kind(p, rng)
        at = {k: first.residues(s) for k, s in shapes.items()}
        for (name, index), value in signs.items():
            at[name][index] = int(value[None]) % first.p
        try:
            found = _for_all_roots(statement, first, at, part)
        except Unlucky:
            continue
        if found.ranks:
            return found
    raise Unsupported("square roots at every point tried")


def _for_all_roots(statement: Statement, first: Prime, at: Raw, part: int) -> Trial:
    trial = Trial(0)
    prefix: tuple[bool, ...] | None = ()
    while prefix is not None:
        run = first.again(prefix)
        relation, matrix = _matrix(statement, run, at, part)
        if run.symbols:  # perhaps of other parts: then new ones leave the matrix as it is
            again = _matrix(statement, first.again(tuple(run.choices), afresh=True), at, part)[1]
            trial.free = trial.free or bool((matrix != again).any())
        trial.claimed = relation.rank
        trial.roots = max(trial.roots, len(run.choices))
        trial.raised = max(trial.raised, run.raised)
        if trial.roots > ROOTS:
            raise Unsupported(f"more than {ROOTS} square roots")
        if not run.contradicts_itself():
            trial.ranks.add(run.rank(matrix))
        trial.compared += run.compared if trial.roots else 0
        prefix = following(run.choices)
    return trial


def _matrix(statement: Statement, field: Prime, at: Raw, part: int) -> tuple[Rank, np.ndarray]:
    """The relation at a point of a prime field, and the residues of its matrix."""
    plain = {k: field.from_raw(v) for k, v in at.items()}
    if not _depends_on_signs(statement):
        relation = statement.relations(field, plain)[part]
        return relation, field.lift(relation.matrix).data
    xp, apart = Informed(field), statement.nonzero_raws
    raws = {
        k: xp.informed(v.data, Known(v.shape, True, nonzero=k in apart)) for k, v in plain.items()
    }
    relation = statement.relations(xp, raws)[part]
    return relation, xp.lift(relation.matrix).data[0]


def _depends_on_signs(statement: Statement) -> bool:
    """Does the body use a function whose rules depend on a sign?"""
    known = statement.form.__dict__
    if "_ruled" not in known:
        xp = Sign()
        with suppress(Unsupported):
            statement.relations(xp, statement.signs(xp, statement.raw_shapes(statement.smallest)))
            known["_ruled"] = xp.ruled
    ruled: bool = known.get("_ruled", True)
    return ruled


def _error(statement: Statement, sizes: dict[str, int], part: int, trial: Trial) -> float:
    """log2 of the chance that one prime and point show too low a rank, or that a choice of roots
    was left out by accident."""
    xp = Degree()
    raws = {k: xp.variable(s) for k, s in statement.raw_shapes(sizes).items()}
    entry = xp.lift(statement.relations(xp, raws)[part].matrix).data
    one = missed(minor(entry), xp.coincidences, trial.roots, trial.raised)
    return math.log2(2**one + trial.compared / LEAST)


def minor(entry: Bound) -> Bound:
    """A maximal minor of a matrix with such entries, the denominators of its rows cleared."""
    size = min(entry.shape)
    top = size * (entry.top + size * entry.bottom)
    height = size * (entry.height + size * entry.below) + math.log2(math.factorial(max(1, size)))
    return Bound((), top, 0, height)


def rank_at(statement: Statement, raw: Raw, part: int) -> tuple[int, int]:
    """(rank, claimed rank) at an exact point; where roots are irrational, as balls are sure of."""
    try:
        xp = Rational()
        relation = statement.relations(xp, wrap_raw(xp, raw))[part]
        return _rational_rank(xp.lift(relation.matrix).data), relation.rank
    except (Unsupported, ZeroDivisionError):
        pass
    with working_digits(DIGITS):
        balls = Ball()
        relation = statement.relations(balls, wrap_raw(balls, raw))[part]
        return _sure_rank(balls.lift(relation.matrix).data), relation.rank


def _sure_rank(matrix: np.ndarray) -> int:
    """How many pivots an elimination finds that are certainly not zero."""
    m, rank = matrix.copy(), 0
    while m.size:
        sizes = [(_sure(x), k) for k, x in np.ndenumerate(m)]
        best, (r, c) = max(sizes)
        if best <= 0:
            break
        rank += 1
        rest = m - m[:, c : c + 1] * (m[r : r + 1] / m[r, c])
        m = np.delete(np.delete(rest, r, axis=0), c, axis=1)
    return rank


def _sure(x: Any) -> float:
    """The least that the modulus of a ball can be."""
    return float(abs(x).lower()) if x.is_finite() else 0.0


def _witness(
    statement: Statement,
    sizes: dict[str, int],
    part: int,
    rank: int,
    claimed: int,
    rng: random.Random,
) -> Witness | None:
    """A small point whose rank shows the difference; of one that is smaller everywhere, any."""
    for bits in (0, 0, 0, 1, 2, 4, 8):
        raw = point(statement, sizes, rng, bits) if bits else _small(statement, sizes, rng)
        if not statement.admits(raw):
            continue
        try:
            here, _ = rank_at(statement, raw, part)
        except (Unsupported, ZeroDivisionError):
            continue
        if here == rank or (rank > claimed and here > claimed):
            return _record(statement, sizes, raw, part, here, claimed)
    return _record(statement, sizes, raw, part, rank, claimed) if rank < claimed else None


def _record(
    statement: Statement, sizes: dict[str, int], raw: Raw, part: int, here: int, claimed: int
) -> Witness:
    return Witness(
        relation="Rank",
        sizes=dict(sizes),
        raw={k: strings(v) for k, v in raw.items()},
        inputs=shown_inputs(statement, raw, 60),
        part=part,
        index=(),
        side=SIDES,
        lhs=str(here),
        rhs=str(claimed),
        certified_by="rational" if here > claimed else "prime fields",
        digits=0,
    )


def _small(statement: Statement, sizes: dict[str, int], rng: random.Random) -> Raw:
    """A point with entries 0, 1 and -1."""
    raw = {}
    for name, shape in statement.raw_shapes(sizes).items():
        raw[name] = np.empty(shape, dtype=object)
        choice = (1, -1) if name in statement.nonzero_raws else (0, 1, -1)
        for index in np.ndindex(*shape):
            raw[name][index] = Fraction(rng.choice(choice))
    return raw


def _rational_rank(data: np.ndarray) -> int:
    """Rank over the Gaussian rationals: half the rank of the real block form."""
    re, im = data
    block = np.block([[re, -im], [im, re]])
    return fmpq_mat(block.shape[0], block.shape[1], list(block.reshape(-1))).rank() // 2
