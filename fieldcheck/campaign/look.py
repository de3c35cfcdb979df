"""One task: so many points of one form, drawn from a stream that has the task's number in its name.

Floats propose, as in :mod:`fieldcheck.evidence.methods.sample`, a batch at a time.  Rationals or
balls look at the worst point of each part, and at one that looks surely false, if there is one; the
strata take turns at that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
import torch

from fieldcheck.campaign.records import METHOD, Found, Refutation, Worst
from fieldcheck.claim import FALSE, Claim, Form
from fieldcheck.evidence import digits
from fieldcheck.evidence.draws import numpy_stream, stream
from fieldcheck.evidence.floats import NOISE, STEADY, floor_of, residuals, unsteadiness
from fieldcheck.evidence.kill import counted
from fieldcheck.evidence.methods.sample import ENTRIES, FLOAT, distant
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import FAR, Cloud, cloud
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import worst_at
from fieldcheck.ledger.records import Witness
from fieldcheck.verdict import REFUTED, Verdict

BATCH = 12_500
"""Points of a batch: many enough that what a batch costs in Python is little, few enough that its
numbers stay in the processor's cache."""

Sizes = dict[str, int]


@dataclass
class Tally:
    """What the batches of a task add up to."""

    kinds: list[str]
    cases: int = 0
    undefined: int = 0
    suspects: int = 0
    steady: int = 0
    strata: dict[str, int] = field(default_factory=dict)
    worst: dict[int, tuple[float, Cloud, int]] = field(default_factory=dict)
    doubtful: list[tuple[Cloud, np.ndarray, np.ndarray]] = field(default_factory=list)

    def add(self, points: Cloud, values: np.ndarray) -> None:
        """Count a batch; values: a row for each point, a column for each part."""
        whole = np.asarray((values > -math.inf).all(axis=1))
        self.cases += int(whole.sum())
        self.undefined += int((~whole).sum())
        near = np.ones(len(whole), dtype=bool)
        for name, (start, stop) in _blocks(points.strata):
            self.strata[name] = self.strata.get(name, 0) + int(whole[start:stop].sum())
            near[start:stop] = name != FAR
        self.suspects += int((values > [floor_of(kind) for kind in self.kinds]).any(axis=1).sum())
        rows = np.flatnonzero((values > NOISE).any(axis=1))
        if len(rows):
            self.doubtful.append((points, rows, values[rows]))
        for part, column in enumerate(np.where(near[:, None], values, -math.inf).T):
            row = int(column.argmax())
            if column[row] > self.worst.get(part, (-math.inf,))[0]:
                self.worst[part] = float(column[row]), points, row


def _blocks(labels: list[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Every run of equal labels, and where it begins and ends."""
    start = 0
    for name, run in groupby(labels):
        stop = start + sum(1 for _ in run)
        yield name, (start, stop)
        start = stop


@np.errstate(all="ignore")  # as the methods do: values are looked at, not flags
def look_at(claim: Claim, form: Form, seed: int, number: int, cases: int) -> Found:
    """Look at ``cases`` points of a form; those of another ``number`` are others."""
    clock, processor = time.perf_counter(), time.thread_time()
    statement = Statement(form, entropy="")  # nothing is proved by it
    kinds = [statement.kinds()[part] for part in statement.pointwise]
    tally = Tally(kinds)
    for points in batches(statement, seed, number, cases):
        tally.add(points, seen(statement, points))
    looked = undecided = 0
    refutation = None
    for value, points, row in _to_look_at(statement, tally, number):
        found = digits.look(statement, points.row(row), seen=value if value > NOISE else None)
        looked += 1
        undecided += bool(found.undecided)
        if found.found is not None:
            refutation = _refutation(claim, form, points, row, seed, number)
            break
    return Found(
        form=form.key,
        task=number,
        cases=tally.cases,
        undefined=tally.undefined,
        suspects=tally.suspects,
        steady=tally.steady,
        looked=looked,
        undecided=undecided,
        strata=tally.strata,
        worst=tuple(_worst(tally.worst.get(part)) for part in range(len(kinds))),
        refutation=refutation,
        busy=f"{time.perf_counter() - clock:.6f}",
        cpu=f"{time.thread_time() - processor:.6f}",
    )


def seen(statement: Statement, points: Cloud) -> np.ndarray:
    """The normalized residuals of a batch: a row for each point, a column for each part."""
    with torch.no_grad():
        ratio: Any = residuals(statement, {k: torch.from_numpy(v) for k, v in points.raws.items()})
    return ratio.numpy()


def batches(statement: Statement, seed: int, number: int, cases: int) -> Iterator[Cloud]:
    """So many points in batches, each of the next shape of the grid."""
    rng = numpy_stream(statement.key, f"{METHOD}/{number}", seed)
    grid = [sizes for sizes in statement.grid() if statement.raw_shapes(sizes)]
    far, turn = distant(statement), number * _batches_of(cases)
    while cases > 0:
        sizes = grid[turn % len(grid)]
        turn += 1
        points = cloud(statement, sizes, _rows(statement, sizes), rng, far=sizes in far)
        if len(points.strata) > cases:
            points = _cut(points, cases)
        cases -= len(points.strata)
        yield points


def _batches_of(cases: int) -> int:
    """Batches of a task, about: the next task begins with another shape."""
    return max(1, cases // BATCH)


def _rows(statement: Statement, sizes: Sizes) -> int:
    entries = sum(math.prod(shape) for shape in statement.raw_shapes(sizes).values())
    return max(1, min(BATCH, ENTRIES // max(1, entries)))


def _cut(points: Cloud, rows: int) -> Cloud:
    raws = {name: values[:rows] for name, values in points.raws.items()}
    return Cloud(points.sizes, raws, points.strata[:rows], points.moved[:rows])


def _to_look_at(
    statement: Statement, tally: Tally, number: int
) -> Iterator[tuple[float, Cloud, int]]:
    """A point that looks surely false, of the stratum whose turn it is; the worst of each part."""
    surely = _surely_false(statement, tally)
    if surely:
        names = list(surely)
        yield surely[names[number % len(names)]]
    worst = {(id(p), row): (v, p, row) for v, p, row in tally.worst.values() if v > 0}
    yield from worst.values()


def _surely_false(statement: Statement, tally: Tally) -> dict[str, tuple[float, Cloud, int]]:
    """Of each stratum the worst point whose violation does not move when every operation is
    slightly wrong.  The points of one shape are run again at once."""
    by_shape: dict[tuple, list[tuple[Cloud, np.ndarray, np.ndarray]]] = {}
    for entry in tally.doubtful:
        by_shape.setdefault(tuple(entry[0].sizes.items()), []).append(entry)
    worst: dict[str, tuple[float, Cloud, int]] = {}
    for entries in by_shape.values():
        raws = {
            name: np.concatenate([points.raws[name][rows] for points, rows, _ in entries])
            for name in entries[0][0].raws
        }
        values = np.concatenate([value for _, _, value in entries])
        still = (unsteadiness(statement, raws) <= STEADY) & (values > NOISE)
        tally.steady += int(still.any(axis=1).sum())
        where = [(points, int(row)) for points, rows, _ in entries for row in rows]
        for k in np.flatnonzero(still.any(axis=1)):
            points, row = where[k]
            name, value = points.strata[row], float(values[k][still[k]].max())
            if name not in worst or value > worst[name][0]:
                worst[name] = value, points, row
    return worst


def _worst(found: tuple[float, Cloud, int] | None) -> Worst | None:
    if found is None:
        return None
    value, points, row = found
    size = math.log10(value) if value > 0 else -math.inf
    at = worst_at(FLOAT, size, points.sizes, points.strata[row], points.row(row))
    return Worst(value=value.hex(), at=at)


def _refutation(
    claim: Claim, form: Form, points: Cloud, row: int, seed: int, number: int
) -> Refutation:
    """The certified point made small, and held against the true claim if it is a neighbour's: as
    ``verify`` does it."""
    statement, rng = Statement(form), stream(form.key, f"{METHOD}/{number}/witness", seed)
    witness = smallest(statement, points.sizes, points.row(row), rng)
    verdict = Verdict(REFUTED, "enclosed", None, witness)
    if form.role == "neighbour" and form.expect == FALSE:
        verdict = counted(claim, form, verdict)
    kept = verdict.witness or witness
    return Refutation(
        witness=msgspec.convert(kept.record(), Witness),
        invalid=verdict.because if verdict.witness is None else None,
    )
