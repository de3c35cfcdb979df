"""Ladder: an analytic identity at generic points, at rising precision.

At every rung the residual is a ball.  An identity confirms if the ball holds zero at every rung,
shrinks with the working precision, and is in the end narrower than anything that occurs in the
computation; a ball that excludes zero refutes.  mpmath, an independent implementation, gives a
second opinion at a small size.

An order is looked at here as well, also in every stratum: digits are raised until its sign is
decided, or both sides are one and the same.  That refutes, or at a generic point stays undecided,
and confirms nothing: between points anything may lie.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Scaled, working_digits
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.digits import (
    CAP,
    PATIENCE,
    entries,
    fails,
    look,
    room,
)
from fieldcheck.evidence.draws import Raw, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import GENERIC, cloud, moved_into, point, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import worst_at
from fieldcheck.verdict import Evidence, Report, Why

LOSS = 3
"""Digits by which a step up the ladder may fall short: the ball must shrink with the precision."""

WIDEST = "widest residual ball, relative to the largest number that occurs"

OPINIONS = (50, 110)
"""Decimal digits at which mpmath is asked; its residual must shrink likewise."""

ROUND = Fraction(315, 256)
"""What the entries of a point are multiples of: a third, a fifth, a seventh or a ninth of them is
exact in balls, so that what is real, zero or equal by its form is so in balls, too."""

TRIES = 8
"""Points tried until all sides have a value."""


@dataclass(frozen=True)
class Rung:
    """A residual at one precision: how wide it is, how wide it may be and how large what occurs,
    as powers of ten; how many digits it takes to be so narrow, and whether it excludes zero."""

    digits: int
    width: float
    most: float
    need: int
    high: float
    excluded: bool

    @property
    def narrow(self) -> bool:
        return self.width <= self.most


def rung(statement: Statement, raw: Raw, digits: int, part: int) -> Rung:
    with working_digits(digits):
        xp = Scaled()
        found = list(entries(statement, xp, raw, part))
        return Rung(digits, *room(xp, found), xp.high, any(map(fails, found)))


def climb(statement: Statement, raw: Raw, part: int, rungs: Sequence[int]) -> list[Rung]:
    """The profile's rungs, and as many more as the point asks for."""
    steps = [rung(statement, raw, digits, part) for digits in rungs]
    while not (steps[-1].narrow or any(step.excluded for step in steps)):
        last = steps[-1]
        digits = max(2 * last.digits, last.need)
        if digits > (PATIENCE if last.width == math.inf else CAP):
            break
        steps.append(rung(statement, raw, digits, part))
    return steps


def _shrinks(steps: Sequence[Rung]) -> bool:
    """Does every finite step up the ladder buy its digits?"""
    return all(
        b.width == -math.inf
        or a.width == math.inf
        or a.width - b.width >= (b.digits - a.digits) - LOSS
        for a, b in pairwise(steps)
    )


def shapes_for(statement: Statement, profile: Profile) -> list[dict[str, int]]:
    """The shape of each generic point: the smallest, some in between and a large one."""
    grid = statement.grid()
    picks = np.linspace(0, len(grid) - 1, profile.points).round().astype(int)
    return [grid[k] for k in picks.tolist()]


def round_point(statement: Statement, sizes: dict[str, int], rng: random.Random) -> Raw:
    """A generic point of round multiples, where it meets the hypotheses."""
    raw = point(statement, sizes, rng)
    rounded = {k: v if k in statement.sign_raws else v * ROUND for k, v in raw.items()}
    return rounded if statement.admits(rounded) else raw


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("ladder")
    equalities = statement.parts("Equal", "Zero", "Force", "Gradient")
    orders = statement.parts("AtMost")
    if not equalities and not orders:
        return report.not_concerned()
    rng = stream(statement.key, "ladder", seed)
    shapes = shapes_for(statement, profile)
    report.shapes = len(shapes)
    ended = _orders(report, statement, shapes, rng, seed) if orders else None
    if ended is not None:
        return ended
    if not equalities:
        return report.confirms((), "ladder", detail="the sign is decided at every point")
    return _equalities(report, statement, equalities, shapes, rng, profile)


def _equalities(
    report: Report,
    statement: Statement,
    parts: list[int],
    shapes: list[dict[str, int]],
    rng: random.Random,
    profile: Profile,
) -> Evidence:
    confirmed: list[int] = []
    unsupported, doubt = "", None
    worst: tuple[float, dict[str, int], Raw] | None = None
    for part in parts:
        good, first = True, None
        for sizes in shapes:
            try:
                raw, steps = _climbed(statement, sizes, part, rng, profile)
            except Unsupported as gap:
                good, unsupported = False, f"no balls: {gap.primitive}"
                break
            report.cases += len(steps)
            first, last = first or raw, steps[-1]
            if any(step.excluded for step in steps):
                found = look(statement, raw).found
                if found is not None:
                    witness = smallest(statement, sizes, raw, rng, found.digits)
                    return report.refutes(witness, "enclosed")
                doubt = Why.WIDE, "a ball excludes zero where a side has no definite value"
            elif not last.narrow:
                doubt = Why.INDETERMINATE, f"more than {CAP} digits may hide something"
            elif not _shrinks(steps):
                doubt = Why.WIDE, "10^" + ", 10^".join(f"{s.width:.0f}" for s in steps)
            good = good and doubt is None
            if worst is None or last.width - last.high >= worst[0]:
                worst = last.width - last.high, sizes, raw
        if good and not _second_opinion(statement, first, part):
            good, doubt = False, (Why.WIDE, "mpmath disagrees with the balls")
        if good:
            confirmed.append(part)
    report.strata = {GENERIC: report.cases, **report.strata}
    if doubt is not None:
        return report.silent(*doubt, agrees=tuple(confirmed))
    if not confirmed:
        return report.silent(Why.UNSUPPORTED, unsupported)
    widest = worst_at(WIDEST, worst[0], worst[1], GENERIC, worst[2]) if worst else None
    digits = max(profile.rungs)
    return report.confirms(confirmed, "ladder", detail=unsupported, digits=digits, worst=widest)


def _climbed(
    statement: Statement, sizes: dict[str, int], part: int, rng: random.Random, profile: Profile
) -> tuple[Raw, list[Rung]]:
    """A point at which every side has a value, and its rungs."""
    for _ in range(TRIES):
        raw = round_point(statement, sizes, rng)
        steps = climb(statement, raw, part, profile.rungs)
        if steps[-1].width < math.inf:
            break
    return raw, steps


# -- orders ---------------------------------------------------------------------------------------
def _orders(
    report: Report,
    statement: Statement,
    shapes: list[dict[str, int]],
    rng: random.Random,
    seed: int,
) -> Evidence | None:
    """A refutation, a silence that says what stays undecided, or None."""
    _refuse_complex(statement, seed)
    undecided = ""
    for stratum, sizes, raw in _points(statement, shapes, rng, seed):
        seen = look(statement, raw)
        report.cases += 1
        report.strata[stratum] = report.strata.get(stratum, 0) + 1
        if seen.found is not None:
            witness = smallest(statement, sizes, raw, rng, seen.found.digits)
            return report.refutes(witness, "enclosed")
        if seen.undecided and not seen.undefined and stratum == GENERIC:
            undecided = seen.undecided
    return report.silent(Why.INDETERMINATE, undecided) if undecided else None


def _refuse_complex(statement: Statement, seed: int) -> None:
    """Floats have types: an order of values that are complex throughout is an error of the body."""
    few = cloud(statement, statement.smallest, 2, numpy_stream(statement.key, "ladder", seed)).raws
    if few:
        with suppress(Unsupported):
            residuals(statement, {k: torch.from_numpy(v) for k, v in few.items()})


def _points(
    statement: Statement, shapes: list[dict[str, int]], rng: random.Random, seed: int
) -> Iterator[tuple[str, dict[str, int], Raw]]:
    """Generic points and two of every stratum."""
    numbers = numpy_stream(statement.key, "ladder/strata", seed)
    for sizes in shapes:
        yield GENERIC, sizes, round_point(statement, sizes, rng)
    for stratum in strata_of(statement)[1:]:
        for sizes in (shapes[0], shapes[len(shapes) // 2]):
            raw = moved_into(statement, stratum, point(statement, sizes, rng), numbers)
            yield stratum, sizes, raw


# -- mpmath ---------------------------------------------------------------------------------------
def _second_opinion(statement: Statement, raw: Raw, part: int) -> bool:
    """Does mpmath's residual at one point shrink with its precision, too?"""
    low, high = OPINIONS
    try:
        coarse, fine = (_mpmath_residual(statement, raw, part, digits) for digits in OPINIONS)
    except Unsupported:
        return True  # the balls have spoken; mpmath has no such primitive
    size = mpmath.mpf(10) ** rung(statement, raw, low, part).high
    return fine <= max(
        coarse * mpmath.mpf(10) ** (low - high + 10), size * mpmath.mpf(10) ** (10 - high)
    )


def _mpmath_residual(statement: Statement, raw: Raw, part: int, digits: int):
    with mpmath.workdps(digits):
        xp = Multiprecision()
        sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
        return max(abs(x) for x in (sides.left - sides.right).data.ravel())
