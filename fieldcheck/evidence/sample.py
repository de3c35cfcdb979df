"""Sampled: batches of double-precision points over all shapes and strata.

Float proposes, ball or exact disposes: the worst points are rebuilt from their raw parameters and
refute only if certified.  Without a certified point the method has failed to refute; it prints the
worst residual it saw, which is then rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import mpmath
import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.floats import residuals
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import (
    Raw,
    Statement,
    numpy_stream,
    point,
    stream,
    wrap_raw,
)
from fieldcheck.evidence.witness import certified
from fieldcheck.verdict import CONFIRMS, REFUTES, SILENT, Evidence

CANDIDATES = 6
NOISE = 1e-11
"""Equalities: normalized residuals below this are not proposed (a matter of cost, not of verdict:
nearly false equalities are the ladder's, which has no such floor)."""


@dataclass
class Cloud:
    """A batch of points of one shape: raw arrays with a leading axis, and each row's stratum."""

    sizes: dict[str, int]
    raws: dict[str, np.ndarray]
    strata: list[str]

    def row(self, k: int) -> Raw:
        return {name: _fractions(v[k]) for name, v in self.raws.items()}


def _fractions(v) -> np.ndarray:
    v = np.asarray(v)
    out = np.empty(v.shape, dtype=object)
    for index in np.ndindex(*v.shape):
        out[index] = Fraction(float(v[index]))
    return out


def strata_of(statement: Statement) -> list[str]:
    names = {s for d in statement.form.given.values() for s in d.strata}
    return ["generic", *sorted(names)]


def cloud(
    statement: Statement, sizes: dict[str, int], rows: int, rng: np.random.Generator
) -> Cloud:
    """``rows`` points of one shape: half generic, the rest shared among the strata."""
    names = strata_of(statement)
    per = max(2, rows // (2 * max(1, len(names) - 1)))
    counts = {"generic": max(2, rows // 2), **dict.fromkeys(names[1:], per)}
    shapes = statement.raw_shapes(sizes)
    blocks: dict[str, list[np.ndarray]] = {k: [] for k in shapes}
    labels: list[str] = []
    for stratum, n in counts.items():
        raws = {k: rng.standard_normal((n, *s)) for k, s in shapes.items()}
        for name, domain in statement.form.given.items():
            if stratum in domain.strata:
                own = {part: raws[f"{name}.{part}"] for part in domain.raw}
                moved = domain.strata[stratum](own, rng)
                mask = rng.random(n) < 0.75  # some rows keep this parameter generic
                for part, v in moved.items():
                    pick = mask.reshape((n,) + (1,) * (v.ndim - 1))
                    raws[f"{name}.{part}"] = np.where(pick, v, own[part])
        for k, v in raws.items():
            blocks[k].append(v)
        labels += [stratum] * n
    return Cloud(sizes, {k: np.concatenate(v) for k, v in blocks.items()}, labels)


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
            values = (sides.right if side else sides.left).data.reshape(-1)
            seen.add(tuple(mpmath.nstr(x, 30) for x in values))
        return len(seen) > 1


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    relations = statement.probe(statement.grid(1)[0])
    kinds = {r.name for r in relations}
    if not kinds <= {"Equal", "Zero", "Force", "Gradient", "AtMost"}:
        return Evidence("sampled", SILENT, "not a pointwise relation", applies=False)
    rng = numpy_stream(statement.key, "sampled", seed)
    grid = statement.grid(6)
    visited = dict.fromkeys(strata_of(statement), 0)
    finite_cases, worst = 0, []
    moving = np.zeros((len(relations), 2), dtype=bool)
    defined = np.zeros(len(relations), dtype=bool)
    for sizes in grid:
        points = cloud(statement, sizes, profile.batch, rng)
        try:
            ratio, prints = residuals(
                statement, {k: torch.from_numpy(v) for k, v in points.raws.items()}
            )
        except Unsupported as gap:
            return Evidence("sampled", SILENT, f"no float: {gap.primitive}", applies=False)
        r = ratio.numpy()
        finite = r > -math.inf
        moving = moving | _moving(prints.numpy(), finite)
        defined |= np.isfinite(prints.numpy()).all(axis=2).any(axis=0)
        finite_cases += int(finite.sum())
        for name in visited:
            here = np.array([s == name for s in points.strata]) & finite
            visited[name] += int(here.sum())
            if here.any():
                k = int(np.argmax(np.where(here, r, -math.inf)))
                worst.append((float(r[k]), sizes, points, k))
    if not finite_cases:
        return Evidence(
            "sampled", SILENT, "vacuous: no finite instance", 0, len(grid), visited, vacuous=True
        )
    if not defined.all():
        lost = f"vacuous: no finite instance of part {int(np.argmin(defined)) + 1}"
        return Evidence("sampled", SILENT, lost, 0, len(grid), visited, vacuous=True)
    worst.sort(key=lambda w: -w[0])
    floor = 0.0 if "AtMost" in kinds else NOISE
    picker = stream(statement.key, "sampled/witness", seed)
    for value, sizes, points, k in worst[:CANDIDATES]:
        if value <= floor:
            break
        raw = points.row(k)
        if certified(statement, sizes, raw):
            witness = smallest(statement, sizes, raw, picker)
            return Evidence(
                "sampled",
                REFUTES,
                "",
                finite_cases,
                len(grid),
                visited,
                witness=witness,
                grade="enclosed",
            )
    for part, side in np.argwhere(~moving):
        moving[part, side] = _moves_exactly(statement, grid, int(part), int(side), picker)
    still = _vacuous(relations, moving, visited, finite_cases)
    if still:
        return Evidence("sampled", SILENT, still, finite_cases, len(grid), visited, vacuous=True)
    top, sizes, points, k = worst[0]
    record = {
        "log10": "-inf" if top <= 0 else f"{math.log10(top):.1f}",
        "raw": {"sizes": sizes, "stratum": points.strata[k]},
    }
    return Evidence(
        "sampled",
        CONFIRMS,
        "failed to refute",
        finite_cases,
        len(grid),
        visited,
        worst=record,
        grade="sampled",
        parts=tuple(range(16)),
        slack=-top if kinds == {"AtMost"} else None,
    )


def _vacuous(relations, moving: np.ndarray, visited: dict[str, int], cases: int) -> str:
    """Why a run means nothing: one instance, an unvisited stratum, a side that never moves."""
    if cases < 2:
        return "vacuous: only one finite instance"
    for name, n in visited.items():
        if not n:
            return f"vacuous: no finite instance in the stratum {name!r}"
    for k, relation in enumerate(relations):
        sides = moving[k]
        if relation.name in ("Equal", "Force", "Gradient") and not sides.all():
            side = "left" if not sides[0] else "right"
            return (
                f"vacuous: the {side} side of part {k + 1} takes one value over all cases "
                "(a constant belongs in Zero)"
            )
        if relation.name == "AtMost" and not sides.any():
            return f"vacuous: neither side of part {k + 1} ever changes"
    return ""
