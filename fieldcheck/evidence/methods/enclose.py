"""Enclosed: an inequality over a whole box, by adaptive subdivision in balls.

The claim names a box of raw parameters (``box=dict(sizes=..., raw={"x.x": (-2, 2)})``).  A cell is
done when the ball of right - left is positive; else it is split along the raw parameter the gap
depends on most.  Strict inequalities are proved this way.  A non-strict one cannot be where both
sides are equal: its domain or box must leave out a stated neighbourhood of that set.
Equality is never called proved by a ball.
"""

from __future__ import annotations

import heapq
import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
from flint import acb, arb, fmpq

from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.evidence.draws import stream
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified, worst_at
from fieldcheck.verdict import CONFIRMS, REFUTES, SILENT, Evidence, Report, Why

DIGITS = 20

BOX = "the box"
LEAST = "least difference of the sides that a cell guarantees"

Coordinate = tuple[str, tuple[int, ...]]
Cell = tuple[tuple[Fraction, Fraction], ...]


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("enclosed")
    box = statement.form.box
    parts = statement.parts("AtMost")
    if not box or not parts:
        return report.not_concerned()
    sizes = {**statement.smallest, **box.get("sizes", {})}
    coordinates, first = _first_cell(statement, sizes, box["raw"])
    report.known["box"] = shown = _shown(sizes, box["raw"])
    report.shapes = 1
    whole = _covers(statement, box["raw"])
    reach = statement.scope({k: (v,) for k, v in sizes.items()}, box=None if whole else shown)
    tightest: tuple[float, Any] = math.inf, {}
    with working_digits(DIGITS):
        for part in parts:
            outcome, cells, point, room = _subdivide(
                statement, sizes, part, coordinates, first, profile.cells
            )
            report.cases += cells
            if outcome == REFUTES:
                rng = stream(statement.key, "enclosed", seed)
                witness = smallest(statement, sizes, point, rng)
                return report.refutes(witness, "enclosed", cells=report.cases)
            if outcome == SILENT:
                detail = f"undecided after {cells} cells"
                return report.silent(Why.CELLS, detail, cells=report.cases)
            tightest = min(tightest, (room, point), key=lambda found: found[0])
    room, point = tightest
    report.strata = {BOX: report.cases}
    return report.proves(
        dict.fromkeys(parts, reach),
        "enclosed",
        detail="" if whole else "beyond the box the statement is sampled",
        cells=report.cases,
        worst=worst_at(LEAST, math.log10(room), sizes, BOX, point),
    )


def _covers(statement: Statement, ranges: Any) -> bool:
    """Does the box reach every value of every input?"""
    for name, domain in statement.form.given.items():
        for part in domain.raw:
            low, high = (Fraction(v) for v in ranges[f"{name}.{part}"])
            if domain.reach is None or low > domain.reach[0] or high < domain.reach[1]:
                return False
    return True


def _shown(sizes: dict[str, int], raw: Any) -> str:
    names = [f"{k} in [{low}, {high}]" for k, (low, high) in raw.items()]
    return ", ".join([f"{k} = {v}" for k, v in sizes.items()] + names)


def _first_cell(
    statement: Statement, sizes: dict[str, int], ranges: Any
) -> tuple[list[Coordinate], Cell]:
    coordinates: list[Coordinate] = []
    cell = []
    for name, shape in statement.raw_shapes(sizes).items():
        if name not in ranges:
            raise ValueError(
                f"the box of {statement.key} gives no range for {name!r}; it has {sorted(ranges)}"
            )
        low, high = (Fraction(v) for v in ranges[name])
        for index in np.ndindex(*shape):
            coordinates.append((name, index))
            cell.append((low, high))
    return coordinates, tuple(cell)


def _subdivide(statement, sizes, part, coordinates, first: Cell, limit: int):
    """(outcome, cells looked at, refuting point or middle of the tightest cell, the least gap that
    a cell guarantees); the widest cells go first."""
    counter = itertools.count()
    queue = [(0.0, next(counter), first)]
    cells, least, tightest = 0, math.inf, first
    while queue:
        _, _, cell = heapq.heappop(queue)
        cells += 1
        if cells > limit:
            return SILENT, cells, None, least
        gap = _gap(statement, sizes, part, coordinates, cell)
        if all(g > 0 for g in gap):
            room = min(float(g.lower()) for g in gap)
            if room < least:
                least, tightest = room, cell
            continue
        middle = _middle(statement, sizes, coordinates, cell)
        suspicious = cells % 8 == 1 or any(g < 0 for g in gap)
        if suspicious and certified(statement, sizes, middle):
            return REFUTES, cells, middle, least
        axis = _axis(statement, sizes, part, coordinates, cell)
        low, high = cell[axis]
        half = (low + high) / 2
        for piece in ((low, half), (half, high)):
            child = (*cell[:axis], piece, *cell[axis + 1 :])
            width = max(float(b - a) for a, b in child)
            heapq.heappush(queue, (-width, next(counter), child))
    return CONFIRMS, cells, _middle(statement, sizes, coordinates, tightest), least


def _middle(statement, sizes, coordinates, cell: Cell) -> dict[str, np.ndarray]:
    return _raw(statement, sizes, coordinates, [(a + b) / 2 for a, b in cell])


def _raw(statement, sizes, coordinates, values) -> dict[str, np.ndarray]:
    raw = {k: np.empty(s, dtype=object) for k, s in statement.raw_shapes(sizes).items()}
    for (name, index), v in zip(coordinates, values, strict=True):
        raw[name][index] = v
    return raw


def _ball(low: Fraction, high: Fraction) -> arb:
    middle, radius = (low + high) / 2, (high - low) / 2
    return arb(fmpq(middle.numerator, middle.denominator)) + arb(
        0, arb(fmpq(radius.numerator, radius.denominator)).upper()
    )


def _values(statement, sizes, coordinates, balls):
    xp = Ball()
    return xp, {k: xp.from_balls(v) for k, v in _raw(statement, sizes, coordinates, balls).items()}


def _gap(statement, sizes, part, coordinates, cell: Cell) -> list[arb]:
    xp, raws = _values(statement, sizes, coordinates, [_ball(a, b) for a, b in cell])
    sides = statement.sides(xp, raws, part)[0]
    gap = (sides.right - sides.left).data.ravel()
    if any(isinstance(g, acb) for g in gap):
        raise TypeError("an order between complex values; take xp.real first")
    return list(gap)


def _axis(statement, sizes, part, coordinates, cell: Cell) -> int:
    """The raw parameter along which the gap's ball shrinks most when it is halved."""
    widths = [b - a for a, b in cell]
    if len(cell) == 1:
        return 0
    best, score = 0, None
    for axis in range(len(cell)):
        if widths[axis] == 0:
            continue
        low, high = cell[axis]
        middle = (low + high) / 2
        trial = (*cell[:axis], (middle, middle), *cell[axis + 1 :])
        gap = _gap(statement, sizes, part, coordinates, trial)
        wide = max(float(g.rad()) if g.is_finite() else float("inf") for g in gap)
        if score is None or wide < score or (wide == score and widths[axis] > widths[best]):
            best, score = axis, wide
    return best
