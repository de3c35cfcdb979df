"""Law: a pre-stated test of a distributional statement.

Seeds and sizes are fixed before the run (they come from the form's key and the run's seed), and the
relation states its false-alarm rate: the chance that a true claim is refuted by one run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fieldcheck.evidence.draws import numpy_stream
from fieldcheck.evidence.points import GENERIC
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import SIDES, worst_at
from fieldcheck.verdict import Evidence, Report, Witness

WAY = "nearest draw to the edge of its interval, as a share of the way from the middle"


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("law")
    parts = statement.parts("Law")
    if not parts:
        return report.not_concerned()
    sizes = statement.smallest
    found: list[Draw] = []
    report.shapes = 1
    for part in parts:
        draw = drawn(statement, part, seed)
        found.append(draw)
        report.cases += 1
        if not draw.finite:
            return report.broken(f"{draw.words}: not a number says nothing")
        if draw.outside:
            detail = f"{draw.words}, false-alarm rate {draw.false_alarm:g}"
            return report.doubts(detail, "law", witness=_witness(sizes, part, seed, draw))
    report.strata = {GENERIC: len(parts)}
    nearest = max(range(len(found)), key=lambda k: found[k].way)
    way = math.log10(found[nearest].way) if found[nearest].way else -math.inf
    return report.confirms(
        parts,
        "law",
        detail=f"{'; '.join(d.words for d in found)}; "
        f"false-alarm rate {sum(d.false_alarm for d in found):g}",
        worst=worst_at(WAY, way, sizes, GENERIC, {}, part=parts[nearest] + 1, seed=seed),
    )


@dataclass(frozen=True)
class Draw:
    """One run of a law's test."""

    value: float
    low: float
    high: float
    false_alarm: float

    @property
    def finite(self) -> bool:
        return all(map(math.isfinite, (self.value, self.low, self.high)))

    @property
    def way(self) -> float:
        """How far from the middle of the interval the value lies, its edge being 1."""
        half = (self.high - self.low) / 2
        return abs(self.value - (self.low + self.high) / 2) / half if half else 1.0

    @property
    def outside(self) -> bool:
        return self.finite and not self.low <= self.value <= self.high

    @property
    def words(self) -> str:
        where = "outside" if self.outside else "in"
        return f"{self.value:.4g} {where} [{self.low:.4g}, {self.high:.4g}]"


def drawn(statement: Statement, part: int, seed: int) -> Draw:
    """The test of one part with the draws that belong to a seed: the same ones each time."""
    law = statement.probe(statement.smallest)[part]
    value, low, high = law.statistic(numpy_stream(statement.key, f"law{part}", seed))
    if statement.fault is not None:
        value += 10.0**-statement.fault.k * max(abs(low), abs(high))
    return Draw(float(value), float(low), float(high), law.false_alarm)


def _witness(sizes: dict[str, int], part: int, seed: int, draw: Draw) -> Witness:
    return Witness(
        relation="Law",
        sizes=dict(sizes),
        raw={},
        inputs={},
        part=part,
        index=(),
        side=SIDES,
        lhs=f"{draw.value:.6g}",
        rhs=f"[{draw.low:.6g}, {draw.high:.6g}]",
        certified_by="law",
        digits=0,
        seed=seed,
    )
