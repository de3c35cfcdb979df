"""Rank: the generic rank of a matrix of polynomials, over prime fields and the rationals.

The rank at any point, rational or modulo a prime, never exceeds the generic rank; at a random point
of a random prime field it equals it but for the Schwartz-Zippel error of one maximal minor.  A rank
above the claimed one is certified by a rational point: a minor that does not vanish there.  A rank
below it cannot be certified by one point, since special points exist for any matrix: it rests on
the primes, whose error is published, and a rational point shows it.

In every stratum a point is looked at, too: there the rank may be smaller, and never larger.

How well the rank is seen without primes is told by floats: at a generic point of every shape, the
smallest singular value that the rank counts over the largest.  Rounding lies near 10^-16.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from flint import fmpq_mat

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.floating import Float
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.chances import RETRIES, WORTHLESS, missed
from fieldcheck.evidence.draws import Raw, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.points import GENERIC, moved_into, point, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import SIDES, no_worst, shown_inputs, strings, worst_at
from fieldcheck.relations import Rank
from fieldcheck.verdict import Evidence, Report, Why, Witness

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
                return report.silent(Why.UNSUPPORTED, f"not polynomial: {gap.primitive}")
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
    scopes = dict.fromkeys(parts, statement.scope(ranges))
    return report.proves(scopes, "exact", detail=fallen, log2_bound=worst, worst=shown)


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
            xp = Prime(random_prime(rng), rng)
            residues = {k: _modulo(v, xp.p) for k, v in raw.items()}
            try:
                relation, matrix = _matrix(statement, xp, residues, part)
            except Unlucky:
                continue
            visited[name] = visited.get(name, 0) + 1
            here = xp.rank(matrix)
            if here > relation.rank:
                here, claimed = rank_at(statement, raw, part)
                return visited, "", _record(statement, sizes, raw, part, here, claimed)
            if here < relation.rank:
                fallen.append(name)
    words = ", ".join(dict.fromkeys(fallen))
    return visited, f"smaller at a point of: {words}" if words else "", None


def _modulo(v: np.ndarray, p: int) -> np.ndarray:
    """Exact fractions as residues."""
    return np.frompyfunc(lambda q: q.numerator * pow(q.denominator, -1, p) % p, 1, 1)(v)


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
    """(generic rank, claimed rank, log2 of the chance that it is higher, primes drawn)."""
    one = _error(statement, sizes, part)
    if one > WORTHLESS:
        raise Unsupported("a degree too high for primes below 2^60")
    rank, bound, trials = 0, 0.0, 0
    while bound > wanted:
        here, claimed = _trial(statement, sizes, part, rng)
        rank, bound, trials = max(rank, here), bound + one, trials + 1
    return rank, claimed, bound, trials


def _fault(statement: Statement) -> int:
    return 0 if statement.fault is None else 1


def _trial(statement, sizes, part, rng) -> tuple[int, int]:
    shapes = statement.raw_shapes(sizes)
    for _ in range(RETRIES):
        xp = Prime(random_prime(rng), rng)
        point = {k: xp.residues(s) for k, s in shapes.items()}
        try:
            relation, matrix = _matrix(statement, xp, point, part)
            # Other parts may use symbols; the matrix must not: then new ones leave it as it is.
            again = _matrix(statement, xp.again(()), point, part)[1] if xp.symbols else matrix
        except Unlucky:
            continue
        if (matrix != again).any():
            raise Unsupported("free symbols in a rank")
        return xp.rank(matrix), relation.rank
    raise Unsupported("square roots at every point tried")


def _matrix(statement: Statement, xp: Prime, point: Raw, part: int) -> tuple[Rank, np.ndarray]:
    """The relation at a point of a prime field, and the residues of its matrix."""
    relation = statement.relations(xp, {k: xp.from_raw(v) for k, v in point.items()})[part]
    assert isinstance(relation, Rank)
    return relation, xp.lift(relation.matrix).data


def _error(statement: Statement, sizes: dict[str, int], part: int) -> float:
    """log2 of the chance that one prime and point show too low a rank."""
    xp = Degree()
    raws = {k: xp.variable(s) for k, s in statement.raw_shapes(sizes).items()}
    entry = xp.lift(statement.relations(xp, raws)[part].matrix).data
    return missed(minor(entry), xp.coincidences, 0)


def minor(entry: Bound) -> Bound:
    """A maximal minor of a matrix with such entries, the denominators of its rows cleared."""
    size = min(entry.shape)
    top = size * (entry.top + size * entry.bottom)
    height = size * (entry.height + size * entry.below) + math.log2(math.factorial(max(1, size)))
    return Bound((), top, 0, height)


def rank_at(statement: Statement, raw: Raw, part: int) -> tuple[int, int]:
    """(rank, claimed rank) at a rational point."""
    xp = Rational()
    relation = statement.relations(xp, wrap_raw(xp, raw))[part]
    return _rational_rank(xp.lift(relation.matrix).data), relation.rank


def _witness(statement, sizes, part, rank, claimed, rng) -> Witness | None:
    """A small rational point whose rank shows the difference."""
    for bits in (0, 0, 0, 1, 2, 4, 8):
        raw = point(statement, sizes, rng, bits) if bits else _signs(statement, sizes, rng)
        try:
            here, _ = rank_at(statement, raw, part)
        except (Unsupported, ZeroDivisionError):
            continue
        if here == rank:
            return _record(statement, sizes, raw, part, here, claimed)
    return None


def _record(statement, sizes, raw, part, here, claimed) -> Witness:
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


def _signs(statement, sizes, rng) -> Raw:
    """A point with entries 0, 1 and -1."""
    raw = {}
    for name, shape in statement.raw_shapes(sizes).items():
        raw[name] = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            raw[name][index] = Fraction(rng.choice((0, 1, -1)))
    return raw


def _rational_rank(data: np.ndarray) -> int:
    """Rank over the Gaussian rationals: half the rank of the real block form."""
    re, im = data
    block = np.block([[re, -im], [im, re]])
    return fmpq_mat(block.shape[0], block.shape[1], list(block.reshape(-1))).rank() // 2
