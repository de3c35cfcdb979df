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
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, Scaled, log10_most, working_digits
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.digits import (
    CAP,
    PATIENCE,
    Found,
    Look,
    entries,
    fails,
    look,
    room,
)
from fieldcheck.evidence.draws import Raw, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import (
    EQUAL,
    GENERIC,
    all_equal,
    cloud,
    moved_into,
    point,
    strata_of,
)
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

TRIES = 6
"""Points tried until all sides have a value there and no more digits than the cap can hide."""


NOWHERE_FINITE = Why.WIDE, "no finite value at a generic point"


@dataclass(frozen=True)
class Rung:
    """A residual at one precision: how wide it is and may be, as powers of ten; how many digits
    make it so narrow; how large a side may be, and all that occurs; and whether it excludes zero.
    """

    digits: int
    width: float
    most: float
    need: int
    size: float
    high: float
    excluded: bool

    @property
    def narrow(self) -> bool:
        return self.width <= self.most


def rung(statement: Statement, raw: Raw, digits: int, part: int, last: bool = True) -> Rung:
    """One look at one part; what may be hidden is asked for on the last rungs alone."""
    with working_digits(digits):
        xp = Scaled() if last else Ball()
        found = list(entries(statement, xp, raw, part))
        high = xp.high if isinstance(xp, Scaled) else math.inf
        size = max((log10_most(x) for e in found for x in (e.left, e.right)), default=-math.inf)
        return Rung(digits, *room(xp, found), size, high, any(map(fails, found)))


def climb(statement: Statement, raw: Raw, part: int, rungs: Sequence[int]) -> list[Rung]:
    """The profile's rungs, and as many more as the point asks for."""
    steps = [rung(statement, raw, digits, part, digits == rungs[-1]) for digits in rungs]
    while not (steps[-1].narrow or any(step.excluded for step in steps)):
        last = steps[-1]
        digits = max(2 * last.digits, last.need)
        if digits > (PATIENCE if last.width == math.inf else CAP):
            break
        steps.append(rung(statement, raw, digits, part))
    return steps


def _shrinks(steps: Sequence[Rung]) -> bool:
    """Does every step up the ladder buy its digits, once a ball is narrower than the sides?"""
    return all(
        b.width == -math.inf
        or a.width >= a.size
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
    climber = Climber(statement, profile, seed, report)
    refuted = climber.orders(seed) if orders else None
    for part in equalities:
        refuted = refuted or climber.equality(part)
    return refuted or climber.report_on(equalities)


class Climber:
    """The looks at one statement, and what came of them."""

    def __init__(self, statement: Statement, profile: Profile, seed: int, report: Report) -> None:
        self.statement, self.profile, self.report = statement, profile, report
        self.rng = stream(statement.key, "ladder", seed)
        self.shapes = shapes_for(statement, profile)
        self.confirmed: list[int] = []
        self.doubt: tuple[Why, str] | None = None
        self.unsupported = ""
        self.worst: tuple[float, dict[str, int], Raw] = -math.inf, {}, {}
        report.shapes = len(self.shapes)

    def report_on(self, equalities: list[int]) -> Evidence:
        if self.doubt is not None:
            return self.report.silent(*self.doubt, agrees=tuple(self.confirmed))
        if equalities and not self.confirmed:
            return self.report.silent(Why.UNSUPPORTED, self.unsupported)
        said = self.unsupported or ("" if equalities else "the sign is decided at every point")
        width, sizes, raw = self.worst
        worst = worst_at(WIDEST, width, sizes, GENERIC, raw) if equalities else None
        digits = max(self.profile.rungs)
        return self.report.confirms(
            self.confirmed, "ladder", detail=said, digits=digits, worst=worst
        )

    def _refuted(self, sizes: dict[str, int], raw: Raw, found: Found) -> Evidence:
        witness = smallest(self.statement, sizes, raw, self.rng, found.digits)
        return self.report.refutes(witness, "enclosed")

    def _count(self, stratum: str, looks: int) -> None:
        self.report.cases += looks
        self.report.strata[stratum] = self.report.strata.get(stratum, 0) + looks

    # -- equalities -------------------------------------------------------------------------------
    def equality(self, part: int) -> Evidence | None:
        """A refutation; else the part is confirmed, or a doubt is kept."""
        before = self.doubt
        first: tuple[Raw, float] | None = None
        for sizes in self.shapes:
            try:
                raw, steps = self._climbed(sizes, part)
            except Unsupported as gap:
                self.unsupported = f"no balls: {gap.primitive}"
                return None
            self._count(GENERIC, len(steps))
            if any(step.excluded for step in steps):
                found = look(self.statement, raw).found
                if found is not None:
                    return self._refuted(sizes, raw, found)
            if steps[-1].width == math.inf and not _has_value(self.statement, raw, part):
                continue  # a shape of which the statement does not speak
            self.doubt = self.doubt or _doubt(steps)
            first = first or (raw, steps[-1].high)
            width = steps[-1].width - steps[-1].high
            if width >= self.worst[0]:  # the first point, too, where every ball is exactly zero
                self.worst = width, sizes, raw
        if first is None:
            self.doubt = self.doubt or NOWHERE_FINITE
        elif self.doubt is before and not _second_opinion(self.statement, part, *first):
            self.doubt = self.doubt or (Why.WIDE, "mpmath disagrees with the balls")
        if self.doubt is before:
            self.confirmed.append(part)
        return None

    def _climbed(self, sizes: dict[str, int], part: int) -> tuple[Raw, list[Rung]]:
        """A point that decides, if there is one, and its rungs."""
        for _ in range(TRIES):
            raw = round_point(self.statement, sizes, self.rng)
            steps = climb(self.statement, raw, part, self.profile.rungs)
            if steps[-1].narrow or any(step.excluded for step in steps):
                break
        return raw, steps

    # -- orders -----------------------------------------------------------------------------------
    def orders(self, seed: int) -> Evidence | None:
        """A refutation; else a doubt is kept where no generic point of a shape decides."""
        _refuse_complex(self.statement, seed)
        somewhere = False
        for sizes in self.shapes:
            looks: list[Look] = []
            while len(looks) < TRIES and (not looks or looks[-1].undecided):
                raw = round_point(self.statement, sizes, self.rng)
                looks.append(look(self.statement, raw))
                if looks[-1].found is not None:
                    return self._refuted(sizes, raw, looks[-1].found)
            self._count(GENERIC, len(looks))
            if looks[-1].undecided and not looks[-1].undefined:
                self.doubt = Why.INDETERMINATE, looks[-1].undecided
            somewhere = somewhere or not looks[-1].undefined
        if not somewhere:  # nothing was compared anywhere
            self.doubt = Why.INDETERMINATE, looks[-1].undecided
        return self._orders_in_strata(numpy_stream(self.statement.key, "ladder/strata", seed))

    def _orders_in_strata(self, numbers: np.random.Generator) -> Evidence | None:
        for sizes in (self.shapes[0], self.shapes[len(self.shapes) // 2]):
            generic = point(self.statement, sizes, self.rng)
            places = [(EQUAL, all_equal(generic, sign)) for sign in (1, -1)]
            for stratum in strata_of(self.statement)[1:]:
                places.append((stratum, moved_into(self.statement, stratum, generic, numbers)))
            for stratum, raw in places:
                found = look(self.statement, raw).found
                self._count(stratum, 1)
                if found is not None:
                    return self._refuted(sizes, raw, found)
        return None


def _has_value(statement: Statement, raw: Raw, part: int) -> bool:
    """Do floats see a value of both sides?"""
    raws = {k: torch.from_numpy(np.asarray(v, dtype=float))[None] for k, v in raw.items()}
    try:
        seen = residuals(statement, raws)[0, statement.pointwise.index(part)]
    except Unsupported:
        return True  # nobody has looked
    return bool(seen > -math.inf)


def _doubt(steps: Sequence[Rung]) -> tuple[Why, str] | None:
    """What keeps a point's rungs from confirming."""
    if any(step.excluded for step in steps):
        return Why.WIDE, "a ball excludes zero where a side has no definite value"
    if steps[-1].width == math.inf:
        return NOWHERE_FINITE
    if not steps[-1].narrow:
        return Why.INDETERMINATE, f"more than {CAP} digits may hide something"
    if not _shrinks(steps):
        return Why.WIDE, "10^" + ", 10^".join(f"{step.width:.0f}" for step in steps)
    return None


def _refuse_complex(statement: Statement, seed: int) -> None:
    """Floats have types: an order of values that are complex throughout is an error of the body."""
    few = cloud(statement, statement.smallest, 2, numpy_stream(statement.key, "ladder", seed)).raws
    if few:
        with suppress(Unsupported):
            residuals(statement, {k: torch.from_numpy(v) for k, v in few.items()})


# -- mpmath ---------------------------------------------------------------------------------------
def _second_opinion(statement: Statement, part: int, raw: Raw, high: float) -> bool:
    """Does mpmath's residual at one point, where 10^high occurs, shrink with its precision, too?"""
    ten, (few, many) = mpmath.mpf(10), OPINIONS
    try:
        coarse, fine = (_mpmath_residual(statement, raw, part, digits) for digits in OPINIONS)
    except Unsupported:
        return True  # the balls have spoken; mpmath has no such primitive
    shrinks: bool = fine <= max(coarse * ten ** (few - many + 10), ten ** (high + 10 - many))
    return shrinks


def _mpmath_residual(statement: Statement, raw: Raw, part: int, digits: int) -> Any:
    with mpmath.workdps(digits):
        xp = Multiprecision()
        sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
        return max(abs(x) for x in (sides.left - sides.right).data.ravel())
