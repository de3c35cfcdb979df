"""Rank: the generic rank of a matrix of polynomials, over prime fields and the rationals.

The rank at a random point of a random prime field never exceeds the generic rank and equals it but
for the Schwartz-Zippel error of one maximal minor.  A difference is certified by a rational point:
more than claimed by a nonzero minor there; fewer by the ranks at independent primes agreeing.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from flint import fmpq_mat

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.degree import Degree
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.exact import LOG2_PRIMES, RETRIES
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Raw, Statement, point, stream, wrap_raw
from fieldcheck.evidence.witness import _strings, shown_inputs
from fieldcheck.verdict import CONFIRMS, REFUTES, SILENT, Evidence, Witness


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    grid = statement.grid(profile.largest)
    parts = [k for k, r in enumerate(statement.probe(grid[0])) if r.name == "Rank"]
    if not parts:
        return Evidence("rank", SILENT, "no rank here", applies=False)
    rng = stream(statement.key, "rank", seed)
    worst, cases = -math.inf, 0
    for part in parts:
        for sizes in grid:
            ranks, claimed, bound = set(), 0, 0.0
            for _ in range(profile.trials):
                try:
                    rank, claimed, one = _trial(statement, sizes, part, rng)
                except Unsupported as gap:
                    return Evidence(
                        "rank", SILENT, f"not polynomial: {gap.primitive}", cases, applies=False
                    )
                ranks.add(rank)
                bound += one
                cases += 1
            if max(ranks) != claimed + _fault(statement):
                witness = _witness(statement, sizes, part, max(ranks), claimed, rng)
                return Evidence(
                    "rank",
                    REFUTES,
                    f"rank {max(ranks)}, not {claimed}",
                    cases,
                    len(grid),
                    witness=witness,
                    grade="exact",
                    parts=(part,),
                )
            worst = max(worst, bound)
    return Evidence(
        "rank",
        CONFIRMS,
        "",
        cases,
        len(grid),
        log2_bound=f"{worst:.1f}",
        grade="exact",
        parts=tuple(parts),
    )


def _fault(statement: Statement) -> int:
    return 0 if statement.fault is None else 1


def _trial(statement, sizes, part, rng) -> tuple[int, int, float]:
    shapes = statement.raw_shapes(sizes)
    for _ in range(RETRIES):
        xp = Prime(random_prime(rng), rng)
        try:
            relation = statement.relations(xp, {k: xp.draw(s) for k, s in shapes.items()})[part]
            rank = xp.rank(xp.lift(relation.matrix).data)
        except Unlucky:
            continue
        if xp.symbols:
            raise Unsupported("free symbols in a rank")
        degrees = Degree()
        raws = {k: degrees.variable(s) for k, s in shapes.items()}
        entry = degrees.lift(statement.relations(degrees, raws)[part].matrix).data
        size = min(entry.shape)
        degree = max(1, size * (entry.top + size * entry.bottom))
        height = size * entry.height + math.log2(math.factorial(max(1, size)))
        bound = math.log2(2 * degree / 2.0**59 + max(1.0, height / 59) / 2.0**LOG2_PRIMES)
        return rank, relation.rank, min(0.0, bound)
    raise Unsupported("square roots at every point tried")


def _witness(statement, sizes, part, rank, claimed, rng) -> Witness | None:
    """A small rational point whose rank shows the difference."""
    for bits in (0, 0, 0, 1, 2, 4, 8):
        raw = point(statement, sizes, rng, bits) if bits else _signs(statement, sizes, rng)
        xp = Rational()
        try:
            matrix = xp.lift(statement.relations(xp, wrap_raw(xp, raw))[part].matrix).data
        except (Unsupported, ZeroDivisionError):
            continue
        here = _rational_rank(matrix)
        if here == rank:
            return Witness(
                relation="Rank",
                sizes=dict(sizes),
                raw={k: _strings(v) for k, v in raw.items()},
                inputs=shown_inputs(statement, raw, 60),
                entry="rank",
                lhs=str(here),
                rhs=str(claimed),
                certified_by="rational",
                digits=0,
            )
    return None


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
