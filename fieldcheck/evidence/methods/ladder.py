"""Ladder: an analytic identity at generic points, at rising precision.

At every rung the residual is a ball.  An identity confirms if the ball holds zero at every rung and
shrinks with the working precision; a ball that excludes zero refutes.  mpmath, an independent
implementation, gives a second opinion at a small size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import mpmath
import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.draws import Raw, stream, wrap_raw
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import GENERIC, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified, worst_at
from fieldcheck.verdict import Evidence, Report, Why

LOSS = 3
"""Digits by which a step up the ladder may fall short: the ball must shrink with the precision."""

FINEST = -20
"""log10 of the relative width the last rung must reach."""

WIDEST = "widest residual ball, relative to the sides"

GUARD = 10
"""Digits beyond a rung's own with which a ball that excludes zero is certified."""

OPINIONS = (50, 110)
"""Decimal digits at which mpmath is asked; its residual must shrink likewise."""


def _width(x) -> float:
    """log10 of the radius of a residual ball; inf where it is not finite."""
    if not x.is_finite():
        return math.inf
    radius = abs(x).upper()  # the ball holds zero: its largest modulus bounds the radius
    return float(radius.log() / arb(10).log()) if radius > 0 else -math.inf


def rung(statement: Statement, raw: Raw, digits: int, part: int) -> tuple[float, float, bool]:
    """log10 of the widest residual and of the sides' size, and: some residual excludes zero."""
    with working_digits(digits):
        xp = Ball()
        sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
        residual = sides.left - sides.right
        worst, excluded = -math.inf, False
        size = 0.0
        for side in (sides.left, sides.right):
            for x in side.data.ravel():
                size = max(size, float(abs(x).mid())) if x.is_finite() else size
        for x in residual.data.ravel():
            zero = acb(0) if isinstance(x, acb) else arb(0)
            if x.is_finite() and not x.contains(zero):
                excluded = True
            worst = max(worst, _width(x))
        return worst, math.log10(max(size, 1.0)), excluded


def _shrinks(rungs: Sequence[int], widths: Sequence[float]) -> bool:
    """Does every finite step up the ladder buy its digits?"""
    steps = zip(pairwise(rungs), pairwise(widths), strict=True)
    return all(
        below == -math.inf or above == math.inf or above - below >= (high - low) - LOSS
        for (low, high), (above, below) in steps
    )


def shapes_for(statement: Statement, profile: Profile) -> list[dict[str, int]]:
    """The shape of each generic point: the smallest, some in between and a large one."""
    grid = statement.grid()
    picks = np.linspace(0, len(grid) - 1, profile.points).round().astype(int)
    return [grid[k] for k in picks.tolist()]


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("ladder")
    parts = statement.parts("Equal", "Zero", "Force", "Gradient")
    if not parts:
        return report.not_concerned()
    rng = stream(statement.key, "ladder", seed)
    shapes, widest = shapes_for(statement, profile), -math.inf
    report.shapes = len(shapes)
    confirmed = []
    unsupported = doubtful = ""
    where: tuple[dict[str, int], Raw] | None = None
    for part in parts:
        good = True
        for sizes in shapes:
            raw = point(statement, sizes, rng)
            try:
                widths: list[float] = []
                for digits in profile.rungs:
                    width, size, excluded = rung(statement, raw, digits, part)
                    widths.append(width)
                    report.cases += 1
                    if excluded and certified(statement, sizes, raw, max(60, digits + GUARD)):
                        witness = smallest(statement, sizes, raw, rng, max(60, digits + GUARD))
                        return report.refutes(witness, "enclosed")
                    if excluded:
                        good = False
                        doubtful = f"a ball of {digits} digits excludes zero, a finer one not"
                if not _shrinks(profile.rungs, widths) or not width - size < FINEST:
                    good = False
                    doubtful = "10^" + ", 10^".join(f"{w:.0f}" for w in widths)
                if width - size >= widest:
                    widest, where = width - size, (sizes, raw)
            except Unsupported as gap:
                good, unsupported = False, f"no balls: {gap.primitive}"
                break
        if good and not _second_opinion(statement, shapes[0], part, rng):
            good, doubtful = False, "mpmath disagrees with the balls"
        if good:
            confirmed.append(part)
    report.strata = {GENERIC: report.cases}
    if doubtful:
        return report.silent(Why.WIDE, doubtful, agrees=tuple(confirmed))
    if not confirmed:
        return report.silent(Why.UNSUPPORTED, unsupported)
    worst = worst_at(WIDEST, widest, where[0], GENERIC, where[1]) if where else None
    return report.confirms(
        confirmed, "ladder", detail=unsupported, digits=max(profile.rungs), worst=worst
    )


def _second_opinion(statement: Statement, sizes: dict[str, int], part: int, rng) -> bool:
    """Does mpmath's residual at one point shrink with its precision, too?"""
    raw = point(statement, sizes, rng)
    low, high = OPINIONS
    try:
        coarse, fine = (_mpmath_residual(statement, raw, part, digits) for digits in OPINIONS)
    except Unsupported:
        return True  # the balls have spoken; mpmath has no such primitive
    return fine <= max(coarse * mpmath.mpf(10) ** (low - high + 10), mpmath.mpf(10) ** (10 - high))


def _mpmath_residual(statement: Statement, raw: Raw, part: int, digits: int):
    with mpmath.workdps(digits):
        xp = Multiprecision()
        sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
        both = [abs(x) for s in (sides.left, sides.right) for x in s.data.ravel()]
        residual = [abs(x) for x in (sides.left - sides.right).data.ravel()]
        return max(residual) / max([mpmath.mpf(1), *both])
