"""Sampled: batches of double-precision points over all shapes, strata and scales.

Float proposes, ball or exact disposes: points are rebuilt from their raw parameters and refute only
if certified.  Every part proposes its worst points in every stratum and regime, so that rounding of
one part, or at one scale, does not hide another; where it is loud, what does not move when every
operation is slightly wrong comes first.  Without a certified point the method has failed to refute;
it prints the worst residual it saw, which is then rounding.

Where a branch of some primitive was never visited it has not looked, and is silent.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.ascent import columns
from fieldcheck.evidence.beyond import affordable
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.digits import look
from fieldcheck.evidence.draws import Raw, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.farther import falsified
from fieldcheck.evidence.floats import NOISE, STEADY, floor_of, unsteadiness
from fieldcheck.evidence.kinks import (
    CUT,
    POINT,
    ZERO,
    Goal,
    Landing,
    Site,
    Sites,
    jumps,
    land,
    reach,
    watched,
)
from fieldcheck.evidence.minimize import smallest
from fieldcheck.evidence.points import FAR, Cloud, cloud, point, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import is_finite, worst_at
from fieldcheck.verdict import Evidence, Report, Why

FLOAT = "largest float residual"
"""What a float search measures of its worst point; its violations were certified elsewhere."""

BEYOND = 6
"""Points that rationals and balls look at where every float overflows."""

QUIET = 3
"""Largest size of the points proposed where the floats see nothing."""

SHAPES = 32
"""Shapes among which so many batches are shared: of fewer shapes each gets more points."""

ENTRIES = 1 << 18
"""Raw entries beyond which a batch has no more rows than the profile says."""

DISTANT = 4
"""Shapes at which the whole range of floats is visited, and to which a search returns."""

LOOK = 16
"""Points of a shape larger than all that are listed."""

CLEAR = 1e-6
"""A violation above this speaks against the statement even where nothing can certify it."""

EXCEPTIONAL = {POINT: "zero", CUT: "on its cut"}
"""The kinds of sites that are an exception on a thin set, and the words for it."""

BESIDE, AT = "beside a kink", "at a kink"


@dataclass(frozen=True)
class Proposal:
    """A point that looks false, or is the closest to it, for one part."""

    value: float
    points: Cloud
    row: int
    part: int

    @property
    def stratum(self) -> str:
        return self.points.strata[self.row]

    @property
    def raw(self) -> Raw:
        return self.points.row(self.row)

    @property
    def small(self) -> bool:
        return max(self.points.sizes.values(), default=1) <= QUIET

    def record(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        size = math.log10(self.value) if self.value > 0 else -math.inf
        return worst_at(FLOAT, size, self.points.sizes, self.stratum, self.raw)


class Refuted(Exception):
    """A proposal was certified."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self.proposal = proposal


class Survey:
    """What batches of points have shown, and what of it was certified.

    clear violations are certified at once; doubtful ones, one point of every quiet stratum, and
    points that only balls can evaluate are kept until all was visited.
    """

    def __init__(self, statement: Statement, most: int) -> None:
        self.statement, self.most = statement, most
        self.kinds = statement.kinds()
        self.parts = [part for part in statement.pointwise if statement.watches(part)]
        self.columns = {part: k for k, part in enumerate(statement.pointwise)}
        self.cases = 0
        self.empty: list[dict[str, int]] = []
        self.beyond: list[dict[str, int]] = []  # shapes larger than all that are listed
        self.sites = Sites(statement)
        self.visits: dict[tuple[int, str], int] = defaultdict(int)
        self.worst: dict[int, Proposal] = {}
        self.quiet: dict[tuple[int, str], Proposal] = {}
        self.doubtful: dict[tuple[int, str], list[Proposal]] = defaultdict(list)
        self.lost: dict[tuple[int, str], list[Proposal]] = defaultdict(list)
        self.tried: dict[tuple[int, str], int] = defaultdict(int)
        self.vague = ""  # why balls do not decide what floats surely saw
        self.apart = ""  # where the sides differ at a point that has no exact coordinates
        self.open: Proposal | None = None  # a clear violation that nothing can evaluate exactly

    def visit(self, points: Cloud) -> None:
        """Look at a batch."""
        raws = {k: torch.from_numpy(v) for k, v in points.raws.items()}
        with torch.no_grad():
            ratio, sites, groups = watched(self.statement, raws)
        self.sites.note(points, sites, groups)
        values = ratio.numpy()
        finite = values > -math.inf
        self.cases += int(finite.all(axis=1).sum())
        if not finite.any(axis=0).all():
            self._note_empty(points)
        labels = np.array(points.strata)
        loud = [
            proposal
            for name in dict.fromkeys(points.strata)
            for part in self.parts
            for proposal in self._loud(
                points, values[:, self.columns[part]], np.flatnonzero(labels == name), part, name
            )
        ]
        for proposal in self._clear(loud):
            self.certify(proposal, sure=True)

    def _note_empty(self, points: Cloud) -> None:
        """A shape at which floats see no value of some part, and balls none either."""
        raws = [points.row(k) for k in range(min(BEYOND, len(points.strata)))]
        for part in self.parts:
            if not any(is_finite(self.statement, raw, part) for raw in raws):
                self.empty.append(points.sizes)
                return

    def _loud(
        self, points: Cloud, value: np.ndarray, rows: np.ndarray, part: int, name: str
    ) -> list[Proposal]:
        """What looks violated of one part among the rows of one stratum, the worst first."""
        at: Callable[[Any], Proposal] = lambda row: Proposal(
            float(value[row]), points, int(row), part
        )
        finite = rows[value[rows] > -math.inf]
        self.visits[part, name] += len(finite)
        if len(finite) < len(rows) and len(self.lost[part, name]) < BEYOND:
            self.lost[part, name] += map(at, _of_all_sizes(points, np.setdiff1d(rows, finite)))
        if not len(finite):
            return []
        floor = floor_of(self.kinds[part])
        worst = at(finite[np.argmax(value[finite])])
        if part not in self.worst or worst.value > self.worst[part].value:
            self.worst[part] = worst
        if worst.value <= floor:
            self._keep_quiet(worst, name)
            return []
        finite = finite[value[finite] > floor]
        order = finite[np.argsort(-value[finite], kind="stable")]
        return [at(row) for row in _different(order, points.moved)[: self.most]]

    def _clear(self, loud: list[Proposal]) -> list[Proposal]:
        """The violations that are surely no rounding, the worst first; the others are kept."""
        if not loud:
            return []
        rows = list(dict.fromkeys(p.row for p in loud))
        raws = {k: v[rows] for k, v in loud[0].points.raws.items()}
        moved = unsteadiness(self.statement, raws)
        clear: list[Proposal] = []
        for p in loud:
            still = moved[rows.index(p.row), self.columns[p.part]] <= STEADY
            sure = p.value > NOISE and still
            (clear if sure else self.doubtful[p.part, p.stratum]).append(p)
        return _best(clear, len(clear))

    def _keep_quiet(self, top: Proposal, name: str) -> None:
        """One small point of a stratum in which nothing looks false, for what floats cannot see;
        the methods before this one have looked at generic points, and closer.  In the regimes of a
        search there is something to see where floats find two sides of an order the same."""
        same = top.value == 0 and self.kinds[top.part] == "AtMost"
        if same or name in self.statement_strata:
            kept = self.quiet.get((top.part, name), top)
            self.quiet[top.part, name] = max(kept, top, key=lambda p: (p.small, p.value))

    @property
    def statement_strata(self) -> list[str]:
        return strata_of(self.statement)[1:]

    def certify(self, proposal: Proposal, sure: bool = False) -> None:
        """Raise Refuted if the point refutes; every part has so many tries in each stratum.  What
        is surely no rounding must be decided."""
        key = proposal.part, proposal.stratum
        if self.tried[key] >= self.most:
            return
        self.tried[key] += 1
        self._dispose(proposal, sure)

    def _dispose(self, proposal: Proposal, sure: bool = False) -> None:
        raw = proposal.raw
        loud = proposal.value if proposal.value > NOISE else None
        seen = look(self.statement, raw, seen=loud)
        if seen.found is not None:
            raise Refuted(proposal)
        if sure and seen.undecided and not seen.undefined:
            self.vague = seen.undecided
        if sure and proposal.value > CLEAR and not self._exact(proposal.points.sizes):
            self.open = proposal

    def _exact(self, sizes: dict[str, int]) -> bool:
        """Can rationals or balls evaluate the body at all?"""
        raw = point(self.statement, sizes, stream(self.statement.key, "sampled/exact", 0))
        return _runs(self.statement, raw)

    def suspect(self, landing: Landing) -> None:
        """Look at points without simple coordinates that are on a cut, or zeros of what is brought
        to unit length: what is false there alone cannot be certified."""
        met = any(site.kind in EXCEPTIONAL for site in landing.missed)
        if not met or self.apart or self.statement.fault is not None:
            return
        nowhere = self.sites.excluded()
        for kind, where in EXCEPTIONAL.items():
            rows = [
                k
                for k, site in enumerate(landing.missed)
                if site.kind == kind and Goal(site, ZERO) not in nowhere
            ]
            close = {k: v[rows] for k, v in landing.close.items()}
            if rows and jumps(self.statement, close, kind):
                site = landing.missed[rows[0]]
                argument = f"the argument of {site.name} in line {site.line}"
                self.apart = f"the sides differ where {argument} is {where}"
                return

    def forget(self) -> None:
        """What was kept has been looked at, and is not looked at again."""
        for kept in (self.quiet, self.doubtful, self.lost, self.tried, self.sites.rare):
            kept.clear()

    def finish(self) -> None:
        """Certify what was kept: of doubtful points the worst and one of the smallest shape, since
        what is false on a thin set alone looks like rounding; of those that only balls can evaluate
        the first."""
        for loud in self.doubtful.values():
            smallest_shape = loud[0]
            for proposal in (max(loud, key=lambda p: p.value), smallest_shape):
                self.certify(proposal)
        for proposal in self.quiet.values():
            self.certify(proposal)
        for points, row in list(self.sites.rare.values())[: self.most]:
            self._dispose(Proposal(0.0, points, row, self.parts[0]))
        for key, lost in self.lost.items():
            seen = self.visits[key] > 0
            for proposal in lost[: 1 if seen and key[1] != FAR else BEYOND]:
                self.certify(proposal)
                if not seen:
                    raw, part = proposal.raw, proposal.part
                    self.visits[key] += is_finite(self.statement, raw, part)

    def visited(self) -> dict[str, int]:
        """Points at which every part has a value, by stratum."""
        names = dict.fromkeys(name for _, name in self.visits)
        return {n: min(self.visits[part, n] for part in self.parts) for n in names}


def _best(proposals: Iterable[Proposal], most: int) -> list[Proposal]:
    return sorted(proposals, key=lambda p: -p.value)[:most]


def _different(rows: np.ndarray, moved: np.ndarray) -> list[int]:
    """The first row of each set of inputs that lie in the stratum, then the others."""
    first = {int(moved[row]): int(row) for row in rows[::-1]}
    ahead = sorted(first.values(), key=rows.tolist().index)
    return ahead + [int(row) for row in rows if int(row) not in first.values()]


def _of_all_sizes(points: Cloud, rows: np.ndarray) -> list[int]:
    """A few rows: the largest entries of either sign first, then some down to the smallest."""
    table = columns({k: v[rows] for k, v in points.raws.items()})
    if not table.size:
        first: list[int] = rows[:1].tolist()
        return first
    where = np.abs(table).argmax(axis=1)
    value = table[np.arange(len(rows)), where]
    order = np.argsort(-np.abs(value), kind="stable")
    ends = {(where[k], value[k] > 0): k for k in order[::-1]}  # the largest of each kind is last
    largest = sorted(ends.values(), key=order.tolist().index)[: BEYOND // 2]
    spread = order[np.linspace(0, len(rows) - 1, BEYOND).round().astype(int)].tolist()
    return [int(rows[k]) for k in dict.fromkeys([*largest, *spread])][:BEYOND]


def _runs(statement: Statement, raw: Raw) -> bool:
    """Can rationals or balls evaluate the body at this point at all?"""
    with working_digits(60):
        for xp in (Rational(), Ball()):
            try:
                statement.sides(xp, wrap_raw(xp, raw))
            except (Unsupported, ZeroDivisionError):
                continue
            return True
    return False


def rows_of(statement: Statement, sizes: dict[str, int], profile: Profile) -> int:
    """Points of one shape: the profile's, and more where there are few shapes."""
    entries = sum(math.prod(s) for s in statement.raw_shapes(sizes).values())
    shared = profile.batch * max(1, SHAPES // len(statement.grid()))
    return max(profile.batch, min(shared, ENTRIES // max(1, entries)))


def distant(statement: Statement) -> list[dict[str, int]]:
    """A few shapes: the smallest, some in between and the largest."""
    grid = statement.grid()
    picks = np.linspace(0, len(grid) - 1, DISTANT).round().astype(int)
    return [grid[k] for k in dict.fromkeys(picks.tolist())]


# -- where nobody was ------------------------------------------------------------------------------
def explore(survey: Survey, profile: Profile, rng: np.random.Generator) -> list[str]:
    """Go where no point was: to the other sides of kinks, and to where unit is 0.  What stays
    unseen, in words."""
    goals = survey.sites.unseen()
    places = [sizes for goal in goals for sizes in survey.sites.seen[goal.site].ends]
    for k, sizes in enumerate(places):
        if sizes not in places[:k]:
            here = [g for g in survey.sites.unseen() if sizes in survey.sites.seen[g.site].ends]
            _go(survey, sizes, here, profile, rng)
    left = survey.sites.unseen()
    if survey.statement.form.where:  # which may exclude what moves with the inputs
        left = [goal for goal in left if not survey.sites.seen[goal.site].moves]
    return [str(goal) for goal in left]


def _go(
    survey: Survey,
    sizes: dict[str, int],
    goals: list[Goal],
    profile: Profile,
    rng: np.random.Generator,
) -> None:
    statement = survey.statement
    if not goals or not statement.raw_shapes(sizes):
        return
    start = cloud(statement, sizes, profile.batch, rng, far=False).raws
    if sides := [g for g in goals if g.side != ZERO]:
        survey.visit(Cloud.of(sizes, reach(statement, sides, start, 2 * profile.steps), BESIDE))
    if points := [g.site for g in goals if g.side == ZERO]:
        settle(survey, sizes, start, points, rng)


def settle(
    survey: Survey,
    sizes: dict[str, int],
    start: dict[str, np.ndarray],
    sites: Iterable[Site],
    rng: np.random.Generator,
) -> None:
    """Points beside and exactly at zeros of the arguments of some sites."""
    landing = land(survey.statement, start, sites, rng)
    if landing is None:
        return
    survey.sites.tried |= landing.tried
    survey.sites.near |= landing.near
    survey.visit(Cloud.of(sizes, landing.beside, BESIDE))
    survey.suspect(landing)
    if landing.at is not None:
        points = Cloud.of(sizes, landing.at, AT)
        for row, site in enumerate(landing.landed):
            survey.sites.land(site, points.row(row))
            survey.certify(Proposal(0.0, points, row, survey.parts[0]))


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("sampled")
    if not statement.pointwise:
        return report.not_concerned()
    rng = numpy_stream(statement.key, "sampled", seed)
    survey, grid, far = Survey(statement, profile.proposals), statement.grid(), distant(statement)
    try:
        for sizes in grid:
            is_shown = statement.is_shown(sizes)  # what is proved has little to be seen
            if not is_shown or sizes in far:
                rows = profile.batch if is_shown else rows_of(statement, sizes, profile)
                survey.visit(cloud(statement, sizes, rows, rng, far=sizes in far))
                report.shapes += 1
        survey.finish()
        look_beyond(survey, rng)
        if found := _farther(statement, seed):
            far_out = stream(statement.key, "sampled/far", seed)
            witness = smallest(statement, grid[0], found[0], far_out, found[1])
            return report.refutes(witness, "enclosed", cases=survey.cases, strata=survey.visited())
        unseen = explore(survey, profile, rng)
    except Unsupported as gap:
        return report.silent(Why.UNSUPPORTED, f"no float: {gap.primitive}")
    except Refuted as refuted:
        return refutation(report, survey, refuted, stream(statement.key, "sampled/witness", seed))
    return conclusion(report, survey, unseen)


FAR_OUT = 2
"""Processor time for points beyond floats: a sum of so large terms may take long."""


def _farther(statement: Statement, seed: int) -> tuple[Raw, int] | None:
    """A point beyond floats at which the statement fails, and the digits that show it."""
    if statement.is_shown(statement.grid()[0]) or statement.fault is not None:
        return None
    with suppress(TooSlow, Unsupported), limited(FAR_OUT):
        return falsified(statement, statement.grid()[0], stream(statement.key, "far", seed))
    return None


def look_beyond(survey: Survey, rng: np.random.Generator) -> None:
    """A few points of shapes larger than all that are listed: what is false from some size on may
    be true of the small ones.  A shape that is too much work, or none of the statement's, is left
    out without a word."""
    statement, empty = survey.statement, list(survey.empty)
    survey.forget()
    for sizes in [] if statement.is_shown() else affordable(statement):
        survey.visit(cloud(statement, sizes, LOOK, rng, far=False))
        survey.beyond.append(sizes)
    survey.forget()  # what floats are not sure of: balls of so many entries are not asked
    survey.empty = empty


def refutation(report: Report, survey: Survey, refuted: Refuted, rng: random.Random) -> Evidence:
    """The certified point, made small."""
    p = refuted.proposal
    witness = smallest(survey.statement, p.points.sizes, p.raw, rng)
    return report.refutes(witness, "enclosed", cases=survey.cases, strata=survey.visited())


def conclusion(report: Report, survey: Survey, unseen: list[str]) -> Evidence:
    """What a survey without a certified violation says."""
    report.cases, report.strata = survey.cases, survey.visited()
    never = [p for p in survey.parts if not any(survey.visits[p, n] for n in report.strata)]
    if never:
        of_part = f" of part {never[0] + 1}" if len(survey.kinds) > 1 else ""
        return report.vacuous(f"no finite instance{of_part}")
    if survey.open is not None:
        detail = f"off by {survey.open.value:.1e} of itself, where nothing exact can be evaluated"
        return report.doubts(detail, "sampled", worst=survey.open.record())
    if survey.vague:
        return report.silent(Why.INDETERMINATE, survey.vague)
    if unseen or survey.apart:
        return report.silent(Why.UNSEEN, "; ".join([*unseen, *[survey.apart] * bool(survey.apart)]))
    top = max(survey.worst.values(), key=lambda p: p.value, default=None)
    room = {part: -p.value for part, p in survey.worst.items() if survey.kinds[part] == "AtMost"}
    left_out = [name for name, n in report.strata.items() if not n]
    left_out += [", ".join(f"{k} = {n}" for k, n in sizes.items()) for sizes in survey.empty]
    nowhere = "; ".join(dict.fromkeys(left_out))
    said = "failed to refute" + (f"; no value at: {nowhere}" if nowhere else "")
    if survey.beyond:
        most = max(n for sizes in survey.beyond for n in sizes.values())
        said += f"; a few points of sizes up to {most}, too"
    return report.confirms(
        survey.statement.pointwise,
        "sampled",
        detail=said,
        worst=top and top.record(),
        slack=room,
    )
