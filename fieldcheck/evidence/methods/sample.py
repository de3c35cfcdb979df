"""Sampled: batches of double-precision points over all shapes and strata.

Float proposes, ball or exact disposes: points are rebuilt from their raw parameters and refute only
if certified.  Every part proposes its worst point in every stratum, and several where the floats
look false, so that the rounding of one part, or of one stratum, does not hide another.  Without a
certified point the method has failed to refute; it prints the worst residual it saw, which is then
rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.draws import numpy_stream, stream, wrap_raw
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import GENERIC, Cloud, cloud, point, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import certified, is_finite, worst_at
from fieldcheck.verdict import Evidence, Report, Why

NOISE = 1e-11
"""Normalized residuals above this look false: several points are proposed, not one."""


FLOAT = "largest float residual"
"""What a float search measures of its worst point; its violations were certified elsewhere."""

BEYOND = 4
"""Points that rationals and balls look at where every float overflows."""

QUIET = 3
"""Largest size of the points proposed where the floats see nothing."""


def _moving(prints: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Which sides (part, left/right) take more than one value over the finite points."""
    rows = prints[finite]
    if len(rows) < 2:
        return np.zeros(prints.shape[1:], dtype=bool)
    usable = np.isfinite(rows)  # a sum of huge entries may overflow where the entries do not
    high = np.max(rows, axis=0, where=usable, initial=-np.inf)
    low = np.min(rows, axis=0, where=usable, initial=np.inf)
    return high - low > 1e-9 * np.maximum(np.abs(high), np.abs(low))


def _moves_exactly(statement: Statement, grid, part: int, side: int, rng) -> bool:
    """A side that stood still in floats may have drowned in rounding: ask at high precision."""
    with mpmath.workdps(80):
        xp = Multiprecision()
        seen = set()
        for _ in range(3):
            raw = point(statement, grid[len(grid) // 2], rng)
            sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
            values = (sides.right if side else sides.left).data.ravel()
            seen.add(tuple(mpmath.nstr(x, 30) for x in values))
        return len(seen) > 1


@dataclass(frozen=True)
class Proposal:
    """A point that looks false, or is the closest to it, for one part."""

    value: float
    points: Cloud
    row: int

    @property
    def stratum(self) -> str:
        return self.points.strata[self.row]

    def record(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        size = math.log10(self.value) if self.value > 0 else -math.inf
        return worst_at(FLOAT, size, self.points.sizes, self.stratum, self.points.row(self.row))


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("sampled")
    parts = statement.pointwise
    if not parts:
        return report.not_concerned()
    kinds = statement.kinds()
    rng = numpy_stream(statement.key, "sampled", seed)
    grid = statement.grid()
    names = strata_of(statement)
    visits = np.zeros((len(names), len(parts)), dtype=int)
    cases = 0
    moving = np.zeros((len(parts), 2), dtype=bool)
    found: dict[tuple[int, str], list[Proposal]] = {}
    overflown: dict[tuple[int, str], list[Proposal]] = {}
    empty: dict[str, int] | None = None
    for sizes in grid:
        points = cloud(statement, sizes, profile.batch, rng)
        try:
            ratio, prints = residuals(
                statement, {k: torch.from_numpy(v) for k, v in points.raws.items()}
            )
        except Unsupported as gap:
            return report.silent(Why.UNSUPPORTED, f"no float: {gap.primitive}")
        r = ratio.numpy()
        finite = r > -math.inf
        moving |= _moving(prints.numpy(), np.asarray(finite.all(axis=1)))
        cases += int(finite.all(axis=1).sum())
        for column in np.flatnonzero(~finite.any(axis=0)).tolist():
            part = parts[column]
            if not any(is_finite(statement, points.row(k), part) for k in range(BEYOND)):
                empty = empty or sizes
        labels = np.array(points.strata)
        for k, name in enumerate(names):
            here = labels == name
            visits[k] += finite[here].sum(axis=0)
            for column, part in enumerate(parts):
                rows = np.flatnonzero(here & finite[:, column])
                found.setdefault((part, name), []).extend(
                    Proposal(float(r[row, column]), points, int(row))
                    for row in _spread(rows[np.argsort(-r[rows, column])], points.moved)
                )
                if not len(rows):
                    lost = Proposal(-math.inf, points, int(np.flatnonzero(here)[0]))
                    overflown.setdefault((part, name), []).append(lost)
    for k, name in enumerate(names):
        for column in np.flatnonzero(visits[k] == 0).tolist():  # floats overflow; balls may not
            part = parts[column]
            proposals = overflown[part, name][:BEYOND]
            seen = [p for p in proposals if is_finite(statement, p.points.row(p.row), part)]
            visits[k, column] = len(seen)
            found[part, name] = seen[:1]
    visited = {name: int(n) for name, n in zip(names, visits.min(axis=1), strict=True)}
    picker = stream(statement.key, "sampled/witness", seed)
    counted = dict(cases=cases, shapes=len(grid), strata=visited)
    for proposal in _chosen(statement, found, profile):
        raw = proposal.points.row(proposal.row)
        if certified(statement, proposal.points.sizes, raw):
            witness = smallest(statement, proposal.points.sizes, raw, picker)
            return report.refutes(witness, "enclosed", **counted)
    if not cases:
        never = np.flatnonzero(visits.sum(axis=0) == 0)
        of_part = f" of part {parts[never[0]] + 1}" if len(kinds) > 1 and len(never) else ""
        return report.vacuous(f"no finite instance{of_part}", **counted)
    for column, side in np.argwhere(~moving):
        moving[column, side] = _moves_exactly(statement, grid, parts[column], int(side), picker)
    still = _vacuous({k: kinds[k] for k in parts}, moving, visited, cases, empty)
    if still:
        return report.vacuous(still, **counted)
    top = max((p for ps in found.values() for p in ps), key=lambda p: p.value)
    room = {
        part: -max(p.value for (of, _), ps in found.items() if of == part for p in ps)
        for part in parts
        if kinds[part] == "AtMost"
    }
    return report.confirms(
        parts, "sampled", detail="failed to refute", worst=top.record(), slack=room, **counted
    )


def _spread(rows: np.ndarray, moved: np.ndarray) -> list[int]:
    """The worst row of each set of inputs that lie in the stratum, worst first."""
    first: dict[int, int] = {}
    for row in rows:
        first.setdefault(int(moved[row]), int(row))
    return list(first.values())


def _chosen(
    statement: Statement, found: dict[tuple[int, str], list[Proposal]], profile: Profile
) -> list[Proposal]:
    """What goes to certification: the worst points of every part and stratum, the worst first."""
    kinds = statement.kinds()
    chosen: dict[tuple[int, int], Proposal] = {}
    for (part, name), proposals in found.items():
        if not statement.watches(part):
            continue
        loud = [p for p in proposals if p.value > floor_of(kinds[part])]
        if loud:
            picks = _different(sorted(loud, key=lambda p: -p.value), profile.proposals)
        elif name == GENERIC:
            continue  # the methods before this one have looked at generic points, and closer
        else:  # nothing looks false: one small point, for what floats cannot see
            small = [p for p in proposals if max(p.points.sizes.values(), default=1) <= QUIET]
            picks = sorted(small or proposals, key=lambda p: -p.value)[:1]
        for p in picks:
            chosen[id(p.points), p.row] = p
    return sorted(chosen.values(), key=lambda p: -p.value)


def floor_of(relation: str) -> float:
    """The residual above which floats call a relation broken; an order has no rounding to spare."""
    return 0.0 if relation == "AtMost" else NOISE


def _different(proposals: list[Proposal], most: int) -> list[Proposal]:
    """The worst proposals, those with other inputs in the stratum before more of the same."""
    picks: list[Proposal] = []
    seen: set[int] = set()
    for p in proposals:
        inputs = int(p.points.moved[p.row])
        if inputs not in seen:
            seen.add(inputs)
            picks.append(p)
    picks += [p for p in proposals if p not in picks]
    return picks[:most]


def _vacuous(
    kinds: dict[int, str],
    moving: np.ndarray,
    visited: dict[str, int],
    cases: int,
    empty: dict | None,
) -> str:
    """Why a run means nothing: one instance, an unvisited shape or stratum, a side that never
    moves."""
    if cases < 2:
        return "only one finite instance"
    if empty is not None:
        where = ", ".join(f"{name} = {n}" for name, n in empty.items())
        return f"no finite instance at {where}"
    for name, n in visited.items():
        if not n:
            return f"no finite instance in the stratum {name!r}"
    for (k, relation), sides in zip(kinds.items(), moving, strict=True):
        if relation in ("Equal", "Force", "Gradient") and not sides.all():
            side = "left" if not sides[0] else "right"
            return (
                f"the {side} side of part {k + 1} takes one value over all cases "
                "(a constant belongs in Zero)"
            )
        if relation == "AtMost" and not sides.any():
            return f"neither side of part {k + 1} ever changes"
    return ""
