"""Enclosed: an inequality over a whole box, by adaptive subdivision in balls.

The claim names a box of raw parameters (``box=dict(sizes=..., raw={"x.x": (-2, 2)})``); where every
input has a bounded range that gives all its values, that range is tried without being asked for.  A
cell is done when the ball of right - left is finite and positive; else it is split along the raw
parameter that the gap depends on most.  Strict inequalities are proved this way.  A non-strict one
cannot be where both sides are equal: its domain or box must leave out a stated neighbourhood of
that set.  Equality is never called proved by a ball.

A box that gives all values of all inputs, at the only sizes of which the statement speaks, proves
it on its domain; any other proves it on the box.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, real_part_of_real, working_digits
from fieldcheck.domains import Domain
from fieldcheck.evidence.digits import look
from fieldcheck.evidence.draws import Raw, stream
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import worst_at
from fieldcheck.verdict import Evidence, Report, Scope, Why

DIGITS = 20

OWN = 2000
"""Cells for a box that nobody asked for, and raw parameters that it may have at most."""
FEW = 3

BOX = "the box"
LEAST = "least difference of the sides that a cell guarantees"

Coordinate = tuple[str, tuple[int, ...]]
Cell = tuple[tuple[Fraction, Fraction], ...]
Ranges = Mapping[str, Sequence[Any]]


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("enclosed")
    parts = statement.parts("AtMost")
    asked = statement.form.box
    box = asked or (_own(statement) if parts else None)
    if not box or not parts:
        return report.not_concerned()
    sizes = {**statement.smallest, **box.get("sizes", {})}
    whole = covers(statement, sizes, box["raw"])
    shown = shown_box(statement, sizes, box["raw"])
    scope = statement.scope({k: (v,) for k, v in sizes.items()}, box=None if whole else shown)
    report.known["box"] = shown
    report.shapes = 1
    proved: dict[int, Scope] = {}
    tightest: tuple[float, Raw] = math.inf, {}
    for part in parts:
        search = Subdivision(statement, sizes, part, box["raw"])
        with working_digits(DIGITS):
            found = search.run(profile.cells if asked else OWN)
        report.cases += search.cells
        if found is not None:
            rng = stream(statement.key, "enclosed", seed)
            witness = smallest(statement, sizes, found, rng)
            return report.refutes(witness, "enclosed", cells=report.cases)
        if search.decided:
            proved[part] = scope
            tightest = min(tightest, (search.least, search.tightest), key=lambda t: t[0])
    report.strata = {BOX: report.cases}
    report.known["proof"] = {
        "kind": "enclosure",
        "parts": [k + 1 for k in proved],
        "grid": {name: [n] for name, n in sizes.items()},
    }
    if len(proved) < len(parts):
        why = Why.CELLS if asked else Why.OTHER
        detail = f"undecided after {report.cases} cells"
        return report.silent(why, detail, cells=report.cases, proves=proved)
    room, point = tightest
    return report.proves(
        proved,
        "enclosed",
        detail="" if whole else "beyond the box the statement is sampled",
        cells=report.cases,
        worst=worst_at(LEAST, math.log10(room) if room else -math.inf, sizes, BOX, point),
    )


# -- the box --------------------------------------------------------------------------------------
def _own(statement: Statement) -> dict[str, Any] | None:
    """The ranges that give all values, if there are a few and one shape."""
    ranges: dict[str, tuple[int, int]] = {}
    for name, domain in statement.form.given.items():
        if domain.reach is None:
            return None
        ranges |= dict.fromkeys((f"{name}.{part}" for part in domain.raw), domain.reach)
    shapes = statement.raw_shapes(statement.smallest)
    many = sum(math.prod(shapes[name]) for name in ranges) > FEW
    return (
        None
        if many or not ranges or _other_sizes(statement, statement.smallest)
        else {"raw": ranges}
    )


def _other_sizes(statement: Statement, sizes: Mapping[str, int]) -> bool:
    """Does the statement speak of sizes besides these?"""
    return any(statement.range_of(name) != [n] for name, n in sizes.items())


def covers(statement: Statement, sizes: Mapping[str, int], ranges: Ranges) -> bool:
    """Does the box give every value of every input, at every size?"""
    if _other_sizes(statement, sizes):
        return False
    for name, domain in statement.form.given.items():
        for part in domain.raw:
            if f"{name}.{part}" not in ranges:
                return False
            low, high = (Fraction(v) for v in ranges[f"{name}.{part}"])
            if part in domain.signs:
                continue  # both signs are visited, whatever the range
            if domain.reach is None or low > domain.reach[0] or high < domain.reach[1]:
                return False
    return True


def shown_box(statement: Statement, sizes: Mapping[str, int], ranges: Ranges) -> str:
    """The box as a reader names it: an input that is its own parameter by its name."""
    said = [f"{name} = {n}" for name, n in sizes.items()]
    for name, domain in statement.form.given.items():
        for part in domain.raw:
            if f"{name}.{part}" in ranges:
                low, high = ranges[f"{name}.{part}"]
                said.append(f"{_called(name, domain, part)} in [{low}, {high}]")
    return ", ".join(said)


def _called(name: str, domain: Domain, part: str) -> str:
    if domain.extended is not None:  # any real value: the parameter is the value
        return name
    if domain.arbitrary:
        return f"{'Re' if part == 're' else 'Im'} {name}"
    return f"parameter {part} of {name}"


# -- subdivision ----------------------------------------------------------------------------------
@dataclass
class Subdivision:
    """The cells of a box on which one part is looked at, the widest first.

    decided:  the gap is positive on every cell
    least:    the least gap that a cell guarantees, and ``tightest``, the middle of that cell
    """

    statement: Statement
    sizes: dict[str, int]
    part: int
    ranges: Ranges
    cells: int = 0
    decided: bool = False
    least: float = math.inf

    def __post_init__(self) -> None:
        self.shapes = self.statement.raw_shapes(self.sizes)
        self.coordinates: list[Coordinate] = [
            (name, at) for name, shape in self.shapes.items() for at in np.ndindex(*shape)
        ]
        self.tightest: Raw = {}

    def run(self, limit: int) -> Raw | None:
        """A point that refutes, or None."""
        counter = itertools.count()
        queue = [(0.0, next(counter), cell) for cell in self.first_cells()]
        while queue:
            _, _, cell = heapq.heappop(queue)
            self.cells += 1
            if self.cells > limit:
                return None
            gap = self.gap(cell)
            if all(g.is_finite() and g > 0 for g in gap):
                self._keep(gap, cell)
                continue
            middle = self.middle(cell)
            if self.cells % 8 == 1 or any(g < 0 for g in gap):
                here = self.gap([(x, x) for x in self._values(middle)])
                if any(not g > 0 for g in here) and look(self.statement, middle).found:
                    return middle
            if all(low == high for low, high in cell):
                return None  # a point, at which balls of these digits do not tell
            axis = self.axis(cell)
            low, high = cell[axis]
            half = (low + high) / 2
            for piece in ((low, half), (half, high)):
                child = (*cell[:axis], piece, *cell[axis + 1 :])
                width = max(float(b - a) for a, b in child)
                heapq.heappush(queue, (-width, next(counter), child))
        self.decided = True
        return None

    def first_cells(self) -> list[Cell]:
        """The box; of a sign both values, of a direction (which no order uses) none but zero."""
        choices: list[list[tuple[Fraction, Fraction]]] = []
        for name, _ in self.coordinates:
            if name in self.statement.sign_raws:
                choices.append([(Fraction(s), Fraction(s)) for s in (-1, 1)])
            elif name.split(".")[0] not in self.statement.form.given:
                choices.append([(Fraction(0), Fraction(0))])
            elif name in self.ranges:
                low, high = (Fraction(v) for v in self.ranges[name])
                choices.append([(low, high)])
            else:
                raise ValueError(
                    f"the box of {self.statement.key} gives no range for {name!r}; it has "
                    f"{sorted(self.ranges)}"
                )
        return list(itertools.product(*choices))

    def _keep(self, gap: list[arb], cell: Cell) -> None:
        room = min((float(g.lower()) for g in gap), default=math.inf)
        if room < self.least or not self.tightest:
            self.least, self.tightest = room, self.middle(cell)

    def gap(self, cell: Sequence[tuple[Fraction, Fraction]]) -> list[arb]:
        """Balls of right - left over a cell; one that is not finite where there is no such ball."""
        xp = Ball()
        balls = self._raw([_ball(low, high) for low, high in cell])
        raws = {name: xp.from_balls(v) for name, v in balls.items()}
        try:
            sides = self.statement.sides(xp, raws, self.part)[0]
        except Unsupported:
            if all(low == high for low, high in cell):
                raise
            return [arb("nan")]
        gaps = (real_part_of_real(g) for g in (sides.right - sides.left).data.ravel())
        return [arb("nan") if g is None else g for g in gaps]

    def middle(self, cell: Cell) -> Raw:
        return self._raw([(low + high) / 2 for low, high in cell])

    def _raw(self, values: Sequence[Any]) -> Raw:
        raw = {name: np.empty(shape, dtype=object) for name, shape in self.shapes.items()}
        for (name, at), value in zip(self.coordinates, values, strict=True):
            raw[name][at] = value
        return raw

    def _values(self, raw: Raw) -> list[Fraction]:
        return [raw[name][at] for name, at in self.coordinates]

    def axis(self, cell: Cell) -> int:
        """The raw parameter along which the gap's ball shrinks most when it is halved."""
        widths = [b - a for a, b in cell]
        wide = [axis for axis, width in enumerate(widths) if width > 0]
        if len(wide) == 1:
            return wide[0]

        def left_over(axis: int) -> tuple[float, Fraction]:
            low, high = cell[axis]
            half = ((low + high) / 2,) * 2
            gap = self.gap((*cell[:axis], half, *cell[axis + 1 :]))
            radius = max(float(g.rad()) if g.is_finite() else math.inf for g in gap)
            return radius, -widths[axis]

        return min(wide, key=left_over)


def _ball(low: Fraction, high: Fraction) -> arb:
    middle, radius = (low + high) / 2, (high - low) / 2
    return arb(fmpq(middle.numerator, middle.denominator)) + arb(
        0, arb(fmpq(radius.numerator, radius.denominator)).upper()
    )
