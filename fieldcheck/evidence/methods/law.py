"""Law: a distributional statement against samples drawn for it.

How many samples there are and how far they may come out is fixed before the run: stages of growing
size, the same in every profile, which only says how many of them are run; each stage and each thing
that is stated has its share of the false-alarm rate.

mean      |Σ (x - m)| <= t (Σ (x - m)²)^½, with t² = 2 log(2/rate): self-normalized, no variance is
          needed.  For a symmetric law the rate is exact at every n (B. Efron, JASA 64, 1969); for
          others the tail is the normal one, which is smaller by t √(2π), times at most exp(t³ L/3)
          with L = Σ |x - m|³ / (Σ (x - m)²)^3/2 (Q.-M. Shao, J. Theor. Probab. 12, 1999): where L,
          or what bounds it, makes that the larger one, nothing is said against a law.
variance  the same of the squared distances to the mean, of which half of the rate tells how far
          from the samples' own it may be.
share     n KL(share, p) <= log(2/rate), Chernoff's bound, at every n.
cdf       n sup |F_n - F|² <= log(2/rate)/2 (P. Massart, Ann. Probab. 18, 1990), on a grid.

Numbers are no certificates: a law that fails is not refuted.  Where one sample makes up much of the
sum of squares that a statistic is measured by, these tails are too heavy for so many samples, and
nothing is said; nor against a law all of whose samples are the same, since what is rarer than one
in all of them may count for any mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fieldcheck.evidence.draws import numpy_stream
from fieldcheck.evidence.points import GENERIC
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import SIDES, worst_at
from fieldcheck.relations import Law
from fieldcheck.verdict import Evidence, Report, Why, Witness

WAY = "nearest draw to the edge of its interval, as a share of the way from the middle"

CHUNK = 2**14
"""Samples that are drawn at once."""

STAGES = tuple(2**17 * 4**k for k in range(6))
"""How many samples have been drawn when a stage is judged."""

RUN = {"quick": 3, "standard": 5, "deep": 6}
"""Stages of a profile: 2 million samples, 33 million, 134 million."""

LUMP = 0.1
"""Share of a sum of squares above which its largest term says that there are too few samples."""

POWERS = 8
"""Powers of the samples that are summed: the fourth of the squares."""

GRID = 512
"""Points at which distribution functions are compared."""


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("law")
    parts = statement.parts("Law")
    if not parts:
        return report.not_concerned()
    report.shapes = 1
    laws = statement.probe(statement.smallest)

    def rate(of: list[int]) -> str:
        return f"false-alarm rate {sum(laws[part].false_alarm for part in of):g}"

    found: list[tuple[int, Draw]] = []
    for part in parts:
        draws = drawn(statement, part, seed, RUN[profile.name])
        report.cases += draws[0].n
        for draw in sorted(draws, key=lambda draw: -draw.way):
            found.append((part, draw))
            if draw.outside:
                witness = _witness(statement, part, seed, draw)
                return report.doubts(f"{draw}, {rate([part])}", "law", witness=witness)
    if skew := [draw for _, draw in found if draw.away and draw.heavy]:
        return report.silent(Why.HEAVY, f"{skew[0]}, which says nothing")
    lump = max(draw.lump for _, draw in found)
    if lump > LUMP:
        return report.silent(Why.HEAVY, f"one is {lump:.0%} of a sum of squares")
    report.strata = {GENERIC: report.cases}
    part, nearest = max(found, key=lambda f: f[1].way)
    way = math.log10(nearest.way) if nearest.way else -math.inf
    where = dict(part=part + 1, seed=seed)
    return report.confirms(
        parts,
        "law",
        detail="; ".join(str(d) for _, d in found) + f"; {rate(parts)}",
        worst=worst_at(WAY, way, statement.smallest, GENERIC, {}, **where),
    )


@dataclass(frozen=True)
class Draw:
    """One statistic of n samples, and the interval that it leaves with the false-alarm rate."""

    what: str
    n: int
    value: float
    low: float
    high: float
    rate: float
    lump: float = 0.0  # the largest square's share of the sum by which it is measured
    heavy: bool = False  # the tail of the statistic may be heavier than the interval allows for

    @property
    def way(self) -> float:
        """How far from the middle of the interval the value lies, its edge being 1."""
        half = (self.high - self.low) / 2
        return abs(self.value - (self.low + self.high) / 2) / half if half else 1.0

    @property
    def away(self) -> bool:
        return not self.low <= self.value <= self.high

    @property
    def outside(self) -> bool:
        return self.away and not self.heavy

    @property
    def interval(self) -> str:
        return f"[{self.low:.6g}, {self.high:.6g}]"

    def __str__(self) -> str:
        where = "outside" if self.away else "in"
        return f"{self.what} {self.value:.6g} {where} {self.interval} ({self.n} samples)"


def drawn(statement: Statement, part: int, seed: int, stages: int) -> list[Draw]:
    """What is stated of one part against the samples that belong to a seed, at the first stage that
    speaks against it, or the last."""
    kept = statement.form.__dict__.setdefault("_samples", {})
    law = statement.probe(statement.smallest)[part]
    if (part, seed) not in kept:
        kept[part, seed] = Samples(law, numpy_stream(statement.key, f"law{part}", seed))
    samples = kept[part, seed]
    fault = 0.0 if statement.fault is None else 10.0**-statement.fault.k
    stated = law.stated()
    rate = law.false_alarm / (len(STAGES) * len(stated))
    found: list[Draw] = []
    for stage in range(stages):
        sums = samples.until(stage)
        found = [TESTS[kind](sums, value, fault, rate) for kind, value in stated.items()]
        if any(draw.outside for draw in found):
            break
    return found


def again(statement: Statement, part: int, witness: Mapping[str, Any]) -> Draw:
    """The draw of a part that is farthest from its middle, with the samples of a stored witness."""
    stages = STAGES.index(witness["table"][0][0]) + 1
    return max(drawn(statement, part, witness["seed"], stages), key=lambda draw: draw.way)


# -- samples --------------------------------------------------------------------------------------
@dataclass
class Sums:
    """What is kept of the samples: how many, sums of powers of their distance from a centre, in a
    unit of their own size, and how many lie below each point of a grid (with which no sample is
    likely to coincide)."""

    centre: float
    unit: float
    start: float
    step: float
    n: int = 0
    most: float = 0.0  # the largest distance from the centre
    powers: np.ndarray = field(default_factory=lambda: np.zeros(POWERS + 1))
    cells: np.ndarray = field(default_factory=lambda: np.zeros(GRID + 1))

    @classmethod
    def around(cls, first: np.ndarray) -> Sums:
        low, high = np.quantile(first, (0.01, 0.99))
        step = (high - low or 1.0) * math.pi / (3 * GRID)
        return cls(
            float(first.mean()), float(first.std()) or 1.0, float(low - step / math.e), float(step)
        )

    @property
    def grid(self) -> np.ndarray:
        return self.start + self.step * np.arange(GRID)

    def add(self, x: np.ndarray, of_cdf: bool) -> None:
        z = (x - self.centre) / self.unit
        self.n += x.size
        self.most = max(self.most, float(np.abs(z).max()))
        # Sums, not products of vectors: for those BLAS may start threads.
        power = np.ones_like(z)
        for k in range(POWERS + 1):
            self.powers[k] += power.sum()
            power = power * z
        if of_cdf:
            cell = np.clip(np.floor((x - self.start) / self.step) + 1, 0, GRID).astype(int)
            self.cells += np.bincount(cell, minlength=GRID + 1)

    @property
    def mean(self) -> float:
        return float(self.powers[1] / self.n)

    def moment(self, power: int, about: float) -> float:
        """Σ (z - about)^power of the distances z."""
        terms = (math.comb(power, k) * (-about) ** (power - k) for k in range(power + 1))
        return float(sum(t * s for t, s in zip(terms, self.powers, strict=False)))


class Samples:
    """The samples of one law and seed, drawn once, stage by stage."""

    def __init__(self, law: Law, rng: np.random.Generator) -> None:
        self.law, self.rng = law, rng
        first = self._chunk()
        self.sums = Sums.around(first)
        self.sums.add(first, law.cdf is not None)
        self.stages: list[Sums] = []

    def _chunk(self) -> np.ndarray:
        x = np.asarray(self.law.draw(self.rng, CHUNK))
        if x.shape != (CHUNK,):
            raise TypeError(
                f"draw(rng, {CHUNK}) must return that many samples, not shape {x.shape}"
            )
        x = x.astype(float)
        if not np.isfinite(x).all():
            raise ValueError("a sample is not a number, which says nothing")
        return x

    def until(self, stage: int) -> Sums:
        while len(self.stages) <= stage:
            while self.sums.n < STAGES[len(self.stages)]:
                self.sums.add(self._chunk(), self.law.cdf is not None)
            self.stages.append(deepcopy(self.sums))
        return self.stages[stage]


# -- tests: each takes what is stated off by a relative fault --------------------------------------
def _mean(sums: Sums, stated: Any, fault: float, rate: float) -> Draw:
    m = (float(stated) - sums.centre) / sums.unit
    m += fault * math.sqrt(sums.moment(2, m) / sums.n)
    t, squares = _quantile(rate), sums.moment(2, m)
    half = t * math.sqrt(squares) / sums.n
    lump = sums.most**2 / squares if squares else 0.0
    heavy = not sums.most or _is_heavy(t, squares, sums.moment(4, m))
    seen, low, high = (sums.centre + sums.unit * z for z in (sums.mean, m - half, m + half))
    return Draw("mean", sums.n, seen, low, high, rate, lump, heavy)


def _variance(sums: Sums, stated: Any, fault: float, rate: float) -> Draw:
    v, n, t = float(stated) / sums.unit / sums.unit * (1 + fault), sums.n, _quantile(rate / 2)
    second, fourth = sums.moment(2, sums.mean), sums.moment(4, sums.mean)
    off = t * math.sqrt(second / (n * (n - t * t)))  # of the samples' mean
    about = [sums.mean + k * off for k in (-1, 0, 1)]
    squares = max(_of_squares(sums, 2, m, v) for m in about)  # Σ ((x - mean)² - v)²
    half = t * math.sqrt(max(squares, 0.0)) / n
    values = (second / n, v - half - off * off, v + half)
    seen, low, high = (square * sums.unit * sums.unit for square in values)
    lump = sums.most**4 / fourth if fourth else 0.0
    heavy = not sums.most or _is_heavy(t, squares, max(_of_squares(sums, 4, m, v) for m in about))
    return Draw("variance", n, seen, low, high, rate, lump, heavy)


def _quantile(rate: float) -> float:
    return math.sqrt(2 * math.log(2 / rate))


def _is_heavy(t: float, squares: float, fourths: float) -> bool:
    """May the tail of a self-normalized sum be heavier than exp(-t²/2)?  The sum of the cubes is at
    most the geometric mean of those of the squares and of the fourth powers."""
    if squares <= 0:
        return False
    skew = math.sqrt(max(fourths, 0.0)) / squares
    return t**3 * skew / 3 > math.log(t * math.sqrt(2 * math.pi))


def _of_squares(sums: Sums, power: int, mean: float, v: float) -> float:
    """Σ ((z - mean)² - v)^power."""
    terms = (math.comb(power, k) * (-v) ** (power - k) * sums.moment(2 * k, mean)
             for k in range(power + 1))  # fmt: skip
    return sum(terms)


def _share(sums: Sums, stated: Any, fault: float, rate: float) -> Draw:
    p, n = float(stated) * (1 - fault), sums.n
    seen = sums.centre + sums.unit * sums.mean
    most = math.log(2 / rate) / n
    low, high = (_edge(lambda q: _divergence(q, p) <= most, p, end) for end in (0.0, 1.0))
    return Draw("share", n, float(seen), low, high, rate)


def _divergence(q: float, p: float) -> float:
    """The relative entropy of two coins."""
    terms = ((q, p), (1 - q, 1 - p))
    return sum(a * math.log(a / b) if b else math.inf for a, b in terms if a)


def _edge(inside: Callable[[float], bool], start: float, end: float) -> float:
    """The last point from start to end that is inside."""
    if inside(end):
        return end
    for _ in range(60):
        middle = (start + end) / 2
        start, end = (middle, end) if inside(middle) else (start, middle)
    return start


def _cdf(sums: Sums, stated: Any, fault: float, rate: float) -> Draw:
    seen = np.cumsum(sums.cells)[:GRID] / sums.n
    off = float(np.abs(seen - np.asarray(stated(sums.grid), dtype=float)).max()) + fault
    return Draw("distance", sums.n, off, 0.0, math.sqrt(math.log(2 / rate) / (2 * sums.n)), rate)


TESTS: dict[str, Callable[[Sums, Any, float, float], Draw]] = {
    "mean": _mean,
    "variance": _variance,
    "share": _share,
    "cdf": _cdf,
}


def _witness(statement: Statement, part: int, seed: int, draw: Draw) -> Witness:
    return Witness(
        relation="Law",
        sizes=dict(statement.smallest),
        raw={},
        inputs={},
        part=part,
        index=(),
        side=SIDES,
        lhs=f"{draw.what} {draw.value:.6g}",
        rhs=draw.interval,
        certified_by="law",
        digits=0,
        seed=seed,
        table=((draw.n, f"{draw.value:.6g}"),),
    )
