"""Looking at one point, with as many digits as it takes.

A ball that holds zero shows nothing by itself: it may be too wide to see what is there.  So digits
are raised until every residual either excludes zero or is narrower than anything that occurs in the
computation, in itself and against the sides (or, where floats saw a violation, than what they saw).
Between the largest and the least magnitude lie the digits that can hide something: so many are
taken.  A point for which they are too many stays undecided, and whoever asked must say so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import (
    Ball,
    Scaled,
    log10_most,
    log10_of,
    real_part_of_real,
    working_digits,
)
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.draws import Raw, wrap_raw
from fieldcheck.evidence.statement import Statement

START = 60
CAP = 8000
"""Decimal digits of the first look and of the last."""

GUARD = 15
"""Digits beyond those, which rounding may take."""

MARGIN = 10
"""Decimal places by which a residual must be narrower than anything that occurs."""

POWERS = 3
"""The powers of the ratio of the least to the largest magnitude that must show."""

SEEN = 3
"""Decimal places by which it must be narrower than what a float saw."""

PATIENCE = 240
"""Digits up to which a side that is not finite is given a chance."""


@dataclass(frozen=True)
class Found:
    """Where a statement fails at a point: part, entry, both sides, and who certifies it."""

    part: int
    index: tuple[int, ...]
    left: Any
    right: Any
    by: str  # rational | ball
    digits: int
    of_gap: bool = False  # the sides are right - left and the gap that is stated for it


@dataclass(frozen=True)
class Look:
    """What one point shows.

    found:     the statement certainly fails there
    undecided: why digits do not decide, or empty
    undefined: a side has no definite value there, so that the point says nothing
    infinite:  as at a pole, where no ball is finite
    """

    found: Found | None = None
    undecided: str = ""
    undefined: bool = False
    infinite: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry of both sides of one part (or of the stated gap against right - left)."""

    part: int
    index: tuple[int, ...]
    left: Any
    right: Any
    order: bool
    of_gap: bool = False

    def found(self, by: str, digits: int) -> Found:
        return Found(self.part, self.index, self.left, self.right, by, digits, self.of_gap)


def look(statement: Statement, raw: Raw, digits: int = START, seen: float | None = None) -> Look:
    """What an exact point says of all pointwise parts of a statement.

    The point must meet every hypothesis: one outside a domain refutes nothing.  ``seen`` is the
    violation that a float saw there, relative to the sides of its part.
    """
    if not statement.admits(raw):
        return Look(undefined=True)
    try:
        for entry in entries(statement, Rational(), raw):
            if _differs_exactly(entry):
                return Look(entry.found("rational", 0))
        return Look()
    except (Unsupported, ZeroDivisionError):
        return _in_balls(statement, raw, digits, seen)


def entries(statement: Statement, xp: Any, raw: Raw, part: int | None = None) -> Iterator[Entry]:
    """Every entry of the pointwise parts (or of one) in an arithmetic."""
    parts = statement.pointwise if part is None else [part]
    for k, sides in zip(parts, statement.sides(xp, wrap_raw(xp, raw), part), strict=True):
        left, right = sides.left + sides.right * 0, sides.right + sides.left * 0
        yield from _entries_of(xp, k, left, right, sides.order)
        if sides.gap is not None and statement.fault is None:  # a fault leaves the gap as it was
            wide, stated = right - left + sides.gap * 0, sides.gap + left * 0
            yield from _entries_of(xp, k, wide, stated, False, of_gap=True)


def _entries_of(
    xp: Any, part: int, left: Any, right: Any, order: bool, of_gap: bool = False
) -> Iterator[Entry]:
    for at in np.ndindex(*left.shape):
        yield Entry(part, at, entry_of(xp, left, at), entry_of(xp, right, at), order, of_gap)


def entry_of(xp: Any, value: Any, index: tuple[int, ...]) -> Any:
    if xp.kind == "rational":
        return tuple(value.data[(slice(None), *index)])
    return value.data[index]


def _differs_exactly(entry: Entry) -> bool:
    (a, b), (c, d) = entry.left, entry.right
    if not entry.order:
        apart: bool = entry.left != entry.right
        return apart
    if b != 0 or d != 0:
        raise TypeError("an order between complex values; take xp.real first")
    above: bool = a > c
    return above


def glance(statement: Statement, raw: Raw, digits: int) -> bool | None:
    """Does the statement certainly fail at this point, as seen with so many digits and no more?
    None where they do not decide it."""
    if not statement.admits(raw):
        return False
    with working_digits(digits):
        try:
            here = list(entries(statement, Ball(), raw))
        except (Unsupported, ZeroDivisionError):
            return None
        if _refuting(statement, raw, here, digits):
            return True
        return False if all(open_width(e) == -math.inf for e in here) else None


# -- balls ----------------------------------------------------------------------------------------
def fails(entry: Entry) -> bool:
    """Does a residual's ball exclude what the relation allows?"""
    gap = entry.left - entry.right
    if not gap.is_finite():
        return False
    if not entry.order:
        return not gap.contains(acb(0) if isinstance(gap, acb) else arb(0))
    real = real_part_of_real(gap)
    if real is None:  # a number that is not real is at most none, nor is a real one that is more
        return not gap.imag.contains(0) or bool(gap.real > 0)
    return bool(real > 0)


def open_width(entry: Entry) -> float:
    """log10 of how wide the ball of a residual is that decides nothing; -inf if it holds no more
    than what the relation allows."""
    gap = entry.left - entry.right
    if entry.order and gap.is_finite():
        real = real_part_of_real(gap)
        if real is not None and real <= 0:
            return -math.inf
    return log10_most(gap)


def _in_balls(statement: Statement, raw: Raw, digits: int, seen: float | None) -> Look:
    trail: list[tuple[int, float]] = []  # digits, and the width of the widest residual
    while True:
        found, width, need = _one_look(statement, raw, digits, seen)
        if found is not None:
            return Look(found)
        if width == -math.inf:
            return Look()
        trail.append((digits, width))
        if width == math.inf and digits >= PATIENCE:
            return Look(undecided="a side is not finite", undefined=True, infinite=True)
        if stuck(trail, need):
            return Look(undecided="a side has no definite value", undefined=True)
        if digits >= CAP or need > CAP:
            return Look(undecided=f"more than {CAP} digits may hide something")
        digits = min(max(2 * digits, need), CAP)


def _one_look(
    statement: Statement, raw: Raw, digits: int, seen: float | None
) -> tuple[Found | None, float, int]:
    """A certain failure, or log10 of the widest residual that is too wide (-inf: none is; inf: none
    but what is not finite), and how many digits it takes to see all that can be hidden."""
    with working_digits(digits):
        xp = Scaled()
        try:
            here = list(entries(statement, xp, raw))
        except (Unsupported, ZeroDivisionError):
            return None, math.inf, 0
        if entry := _refuting(statement, raw, here, digits):
            return entry.found("ball", digits), 0.0, 0
        finite = [e for e in here if open_width(e) < math.inf]
        widest, need = -math.inf if len(finite) == len(here) else math.inf, 0
        for part in dict.fromkeys(e.part for e in finite):
            width, most, more = room(xp, [e for e in finite if e.part == part], seen)
            if width > most:
                widest = width if widest == math.inf else max(widest, width)
                need = max(need, more)
        return None, widest, need


def _refuting(statement: Statement, raw: Raw, here: list[Entry], digits: int) -> Entry | None:
    """An entry that certainly fails.  A statement speaks of the points at which every side has a
    value (a stated gap is none)."""
    if any(open_width(e) == math.inf for e in here if not e.of_gap):
        return None
    return next((e for e in here if fails(e) and definite(statement, raw, e, digits)), None)


def room(xp: Ball, of_part: list[Entry], seen: float | None = None) -> tuple[float, float, int]:
    """How wide the residual of a part is and how wide it may be, as powers of ten, and how many
    digits make it so narrow.

    A sum hides what is as small as the least magnitude against the largest; a function of it hides
    powers: cos t hides t², and sin t - t is t³.
    """
    size = max((log10_of(x) for e in of_part for x in (e.left, e.right)), default=-math.inf)
    width = max(map(open_width, of_part), default=-math.inf)
    if not isinstance(xp, Scaled) or not xp.low <= xp.high or size == math.inf:
        return width, -math.inf, 0
    most = max(size, xp.low) - POWERS * (xp.high - xp.low) - MARGIN
    need = math.ceil(xp.high - most) + GUARD
    if seen is not None and seen > 0:
        most = max(most, size + math.log10(seen) - SEEN)
    return width, most, need


def stuck(trail: list[tuple[int, float]], need: int) -> bool:
    """Did the last raise of the digits, which were enough before, narrow nothing?"""
    return any(
        low >= need and below > above - (high - low) / 8
        for (low, above), (high, below) in pairwise(trail[-2:])
    )


def definite(statement: Statement, raw: Raw, entry: Entry, digits: int) -> bool:
    """Have both sides one value at this point?  At a kink, pole or cut a ball may hold several,
    however many digits are taken."""
    with working_digits(2 * digits):
        again = next(
            e
            for e in entries(statement, Ball(), raw, entry.part)
            if (e.index, e.of_gap) == (entry.index, entry.of_gap)
        )
        return fails(again) and all(
            _radius(fine) <= max(_radius(coarse) - digits / 8, -CAP)
            for coarse, fine in ((entry.left, again.left), (entry.right, again.right))
        )


def _radius(x: Any) -> float:
    return log10_most(acb(x.real.rad(), x.imag.rad()) if isinstance(x, acb) else x.rad())
