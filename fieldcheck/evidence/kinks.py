"""Where a body bends, jumps or is cut: relu and its kin, unit vectors, roots, logs, quotients.

A search must have been on both sides of every kink and at every exceptional point, or it has not
looked.  The arguments of these functions are watched while a batch runs; what was not visited is
looked for, uphill along the argument or by Newton's method, which also gives points beside and
exactly at its zeros.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.floating import Float, batched
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.arithmetic.ranges import Ranges
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.arithmetic.sign import Sign
from fieldcheck.evidence.ascent import ascend, columns, table, uncolumned
from fieldcheck.evidence.draws import Raw, modulo, stream, wrap_raw
from fieldcheck.evidence.floats import ratios, violations
from fieldcheck.evidence.points import Cloud, point, within
from fieldcheck.evidence.statement import Statement

SIDES, POINT, CUT, POLE, TAIL = "sides", "point", "cut", "pole", "tail"
"""A function with two sides; one with an exceptional point (unit at 0); a cut; a pole; one that is
nothing beside 1 as long as its argument is negative and large."""

UNFELT = 30
"""So large: exp(-10^12 (7 x - y² - 1)²) has no slope that floats see but beside a curve."""

ABOVE, BELOW, ZERO = "positive", "negative", "zero"
"""What the argument at a site may be."""

WIDEST = 8
"""Entries of a vector that Newton's method brings to zero."""

TOGETHER, MEETINGS = 3, 6
"""Exceptional points that are gone to at once, and choices of them."""

STEPS = 20
CLOSE, NEAR = 1e-9, 1e-3
"""What is left of an argument at a zero, and near one."""

LANDED, BOUNDED = 1e-13, 1e6
"""What is left of an argument at a point that is taken for a zero, and how far that may lie."""

TRIES = 3
"""Points of a batch that are asked whether an argument is exactly zero there."""

DIGITS = 60

RARE = 0.05
"""Share of a batch up to which the points on a side are few."""


DENOMINATORS = (1, 2, 12, 360, 2000)
SIMPLE_ROWS = 24
"""Rows at a zero of which the coordinates are made simple."""


@dataclass(frozen=True)
class Site:
    """One call of a function with a kink, told from others by the way that led there."""

    kind: str
    name: str
    place: tuple[tuple[int, int], ...]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Goal:
    """A side of a site, or its exceptional point, that nobody has visited."""

    site: Site
    side: str

    def __str__(self) -> str:
        return f"the argument of {self.site.name} in line {self.site.line} was never {self.side}"


def _site(kind: str, name: str) -> Site:
    """The site of the call that is going on: frames of the body and of what it calls."""
    place, line = [], 0
    frame: Any = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == "fieldcheck.evidence.statement":
            break
        if not module.startswith(
            ("fieldcheck.arithmetic", "fieldcheck.evidence", "fieldcheck.relations")
        ):
            place.append((id(frame.f_code), frame.f_lasti))
            line = line or frame.f_lineno
        frame = frame.f_back
    return Site(kind, name, tuple(place), line)


class Watching:
    """The part that keeps the arguments of whatever has a kink, in ``records``."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.records: list[tuple[Site, Any]] = []


def _watching(base: type) -> type:
    """An arithmetic that notes them there."""

    def noted(name: str, kind: str) -> Callable[..., Any]:
        own = getattr(base, name, None)

        def operation(self: Any, *args: Any) -> Any:
            self.records.append((_site(kind, name[1:]), args))
            if own is None:
                raise Unsupported(name[1:])
            return own(self, *args)

        return operation

    notes = {name: noted(name, kind) for name, kind in KINDS.items()}
    return type(f"Watched{base.__name__}", (Watching, base), notes)


KINDS = {
    **dict.fromkeys(("_relu", "_step", "_abs", "_sgn", "_maximum", "_minimum"), SIDES),
    "_unit": POINT,
    "_log": CUT,
    "_sqrt": CUT,
    "_div": POLE,
    "_exp": TAIL,
}


class Composed(Float):
    """Floats in which a function of complex numbers that takes a logarithm is made of it."""

    def _softplus(self, d: torch.Tensor) -> Any:
        return Arithmetic._softplus(self, d) if d.is_complex() else super()._softplus(d)

    def _logsumexp(self, d: torch.Tensor, axis: int) -> Any:
        return (
            Arithmetic._logsumexp(self, d, axis) if d.is_complex() else super()._logsumexp(d, axis)
        )


WatchedFloat = _watching(Composed)
WatchedPrime = _watching(Prime)
WatchedRanges = _watching(Ranges)
WatchedSign = _watching(Sign)
WatchedRational = _watching(Rational)
WatchedBall = _watching(Ball)


def _groups(site: Site, args: tuple[Any, ...]) -> torch.Tensor | None:
    """What a site bends at the zeros of, as real vectors, one in each row; None if at none."""
    d: torch.Tensor = _argument(torch.sub, site, args, -UNFELT)
    if site.kind == POINT:
        d = d.movedim(args[1], -1)
        d = torch.cat([d.real, d.imag], dim=-1) if d.is_complex() else d
        return d.reshape(math.prod(d.shape[:-1]), d.shape[-1])  # of no entries, too
    if d.is_complex():
        if site.kind in (SIDES, TAIL):
            return None
        if site.kind == CUT:  # on the cut, and away from its end as far as the argument's size
            away = torch.clamp(d.abs().detach() / 2, max=1)
            return torch.stack([d.imag, torch.relu(d.real + away)], dim=-1).reshape(-1, 2)
        return torch.stack([d.real, d.imag], dim=-1).reshape(-1, 2)
    return d.reshape(-1, 1)


def watched(
    statement: Statement, raws: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, list[Site], list[torch.Tensor]]:
    """The normalized residuals of a batch, the sites that the body passes, and what each site bends
    at the zeros of: vectors, after axes for the point and for the vector's number."""
    xp = WatchedFloat()
    sites: list[Site] = []

    def body(xp: Any, values: dict[str, Any]) -> tuple[torch.Tensor, ...]:
        xp.records.clear()
        sites.clear()
        out = torch.stack(ratios(statement, xp, values))
        found = []
        for site, args in xp.records:
            groups = _groups(site, args)
            if groups is not None and groups.numel():
                sites.append(site)
                found.append(groups)
        return (out, *found)

    ratio, *groups = batched(body, raws, xp)
    return ratio, sites, groups


@dataclass
class Seen:
    """What the searches have seen of one site; ``ends``: the first and the last shape with it;
    ``moves``: its argument is not the same at all inputs."""

    ends: list[dict[str, int]]
    below: bool = False
    above: bool = False
    least: float = np.inf
    most: float = -np.inf
    moves: bool = False


class Sites:
    """All sites that a search has passed, and what it has seen of each."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.seen: dict[Site, Seen] = {}
        self.near: set[Site] = set()
        self.landed: set[Site] = set()
        self.rare: dict[Goal, tuple[Cloud, int]] = {}
        self.tried: set[Site] = set()  # by Newton's method

    def note(self, points: Cloud, sites: list[Site], groups: list[torch.Tensor]) -> None:
        for site, group in zip(sites, groups, strict=True):
            values = group[..., 0] if group.shape[-1] == 1 else group.norm(dim=-1)
            finite = values[torch.isfinite(values)]
            if not len(finite):
                continue
            low, high = float(finite.min()), float(finite.max())
            here = self.seen.setdefault(site, Seen([]))
            here.ends = [*here.ends[:1], points.sizes]
            here.below |= low < 0
            here.above |= high > 0
            here.least, here.most = min(here.least, low), max(here.most, high)
            here.moves = here.moves or bool((values != values[:1]).any())
            if site.kind == SIDES:
                self._note_rare(points, site, values)
            if site.kind == POINT and site not in self.landed:
                for row in (values == 0).any(dim=1).nonzero()[:TRIES, 0].tolist():
                    if self.land(site, points.row(row)):
                        self.rare.setdefault(Goal(site, ZERO), (points, row))

    def _note_rare(self, points: Cloud, site: Site, values: torch.Tensor) -> None:
        """The first point on a side on which there are few: a violation may be small there."""
        for side, height in ((ABOVE, values), (BELOW, -values)):
            rows = (height > 0).any(dim=1)
            if 0 < int(rows.sum()) <= RARE * len(rows):
                self.rare.setdefault(Goal(site, side), (points, int(rows.nonzero()[0, 0])))

    def land(self, site: Site, raw: Raw) -> bool:
        """Is the argument of a site exactly zero at a point?"""
        if site not in self.landed:
            self.landed |= zeros(self.statement, raw)
        return site in self.landed

    def unseen(self) -> list[Goal]:
        """What was not visited and is not excluded by form.

        An argument that is the same everywhere has no other side; one that stays away from zero,
        though Newton's method was on its way there, has no zero that floats could tell.
        """
        goals = []
        for site, here in self.seen.items():
            if here.least == here.most and not moves(self.statement, site, here.ends[0]):
                continue
            if site.kind == SIDES:
                goals += [Goal(site, BELOW)] * (not here.below)
            if site.kind in (SIDES, TAIL):
                goals += [Goal(site, ABOVE)] * (not here.above)
            away = site in self.tried and site not in self.near
            if site.kind == POINT and site not in self.landed and not away:
                goals.append(Goal(site, ZERO))
        excluded = self.excluded() if goals else set()
        return [goal for goal in goals if goal not in excluded]

    def excluded(self) -> set[Goal]:
        """What the forms of the arguments exclude, at the ends of what was visited."""
        shapes = {tuple(s.items()): s for here in self.seen.values() for s in here.ends}
        return _excluded(self.statement, shapes.values(), _by_sign) | _excluded(
            self.statement, shapes.values(), _by_range
        )


def _excluded(
    statement: Statement,
    shapes: Iterable[dict[str, int]],
    said: Callable[..., Iterable[tuple[Site, Iterable[str]]]],
) -> set[Goal]:
    """What is allowed nowhere, of all that ``said`` speaks of (site, what its argument may be)."""
    excluded: set[Goal] = set()
    allowed: set[Goal] = set()
    for sizes in shapes:
        try:
            found = list(said(statement, sizes))
        except Unsupported:
            return set()
        for site, may in found:
            excluded |= {Goal(site, side) for side in (BELOW, ABOVE, ZERO)}
            allowed |= {Goal(site, side) for side in may}
    return excluded - allowed


def _argument(minus: Callable[..., Any], site: Site, args: tuple[Any, ...], edge: Any) -> Any:
    """What a site bends at the zeros of; a tail ends at the given edge."""
    if site.name in ("maximum", "minimum"):
        return minus(args[0], args[1])
    if site.kind == TAIL:
        return minus(args[0], edge)
    return args[1] if site.kind == POLE else args[0]


def _by_sign(statement: Statement, sizes: dict[str, int]) -> Iterator[tuple[Site, list[str]]]:
    xp = WatchedSign()
    statement.sides(xp, statement.signs(xp, statement.raw_shapes(sizes)))
    for site, args in xp.records:
        known = _argument(xp._sub, site, args, xp._integer(-UNFELT))
        off_the_cut = known.real or site.kind != CUT  # a cut is met by what is not zero, too
        may = [BELOW] * (not known.nonneg) + [ABOVE] * (not known.nonpos)
        yield site, may + [ZERO] * (not (known.nonzero and off_the_cut))


def _by_range(statement: Statement, sizes: dict[str, int]) -> Iterator[tuple[Site, list[str]]]:
    xp = WatchedRanges()
    shapes = statement.raw_shapes(sizes)
    statement.sides(xp, {name: xp.variable(shape) for name, shape in shapes.items()})
    for site, args in xp.records:
        d = _argument(xp._sub, site, args, xp._integer(-UNFELT))
        if not d.real:
            yield site, [BELOW, ABOVE, ZERO]
        else:
            may = [BELOW] * (d.low < 0) + [ABOVE] * (d.high > 0)
            yield site, may + [ZERO] * (d.low <= 0 <= d.high)


def moves(statement: Statement, site: Site, sizes: dict[str, int]) -> bool:
    """Does the argument of a site depend on the inputs, though floats saw but one value of it?  Its
    residues at two points say so, where what moves it is too small for floats."""
    rng = stream(statement.key, "kinks/moves", 0)
    prime, salt, values = random_prime(rng), rng.getrandbits(64), []
    for _ in range(2):
        xp = WatchedPrime(prime, rng, salt=salt)
        with suppress(Unsupported, Unlucky, ZeroDivisionError, TypeError):
            statement.sides(xp, wrap_raw(xp, modulo(point(statement, sizes, rng), prime)))
        found = next((args for s, args in xp.records if s == site), None)
        if found is None:
            return False
        values.append(found)
    return any(np.any(a != b) for a, b in zip(*values, strict=True) if isinstance(a, np.ndarray))


def zeros(statement: Statement, raw: Raw) -> set[Site]:
    """The sites with an exceptional point that are exactly there, where rationals can evaluate the
    whole body, or in balls."""
    with working_digits(DIGITS):
        exact, balls = WatchedRational(), WatchedBall()
        with suppress(Unsupported, ZeroDivisionError, TypeError):
            statement.sides(exact, wrap_raw(exact, raw))
            return _vanishing(exact)
        with suppress(Unsupported, ZeroDivisionError, TypeError):
            statement.sides(balls, wrap_raw(balls, raw))
        return _vanishing(balls)


def _vanishing(xp: Any) -> set[Site]:
    found: set[Site] = set()
    for site, args in xp.records:
        if site.kind == POINT:
            vanish = np.vectorize(lambda x: bool(x == 0), otypes=[bool])(args[0])
            vanish = vanish.all(axis=0) if xp.kind == "rational" else vanish
            found |= {site} if vanish.all(axis=args[1]).any() else set()
    return found


class There(Composed):
    """Floats in which what lies on an exceptional set but for rounding lies on it: a vector is
    zero, and brought to unit length stays so; a number is on the cut of a root or a logarithm."""

    def _unit(self, d: torch.Tensor, axis: int) -> torch.Tensor:
        gone = torch.linalg.vector_norm(d, dim=axis, keepdim=True) <= CLOSE
        unit: torch.Tensor = super()._unit(d, axis)
        return torch.where(gone, torch.zeros_like(unit), unit)

    def _log(self, d: torch.Tensor) -> torch.Tensor:
        return super()._log(_on_the_cut(d))

    def _sqrt(self, d: torch.Tensor) -> torch.Tensor:
        return super()._sqrt(_on_the_cut(d))


def _on_the_cut(d: torch.Tensor) -> torch.Tensor:
    if not d.is_complex():
        return d
    there = (d.real < 0) & (d.imag.abs() <= CLOSE * d.abs())
    return torch.where(there, torch.complex(d.real, torch.zeros_like(d.imag)), d)


PLAIN, FAINT = 1e-3, 1e-9
"""What a statement is off by at such a point if it is no matter of rounding; and on a cut, if it is
less by the first factor beside it."""


def off(statement: Any, raws: dict[str, np.ndarray], xp: Float | None = None) -> np.ndarray:
    """By how much the statement is off at points that are taken for points of an exceptional set
    (or in floats as they are): of each the most, relative to the sides and as it stands, whichever
    is less."""
    body = lambda xp, values: torch.stack(
        [torch.minimum(*pair) for pair in violations(statement, xp, values)]
    )
    with torch.no_grad():
        tensors = {k: torch.from_numpy(v) for k, v in raws.items()}
        least: torch.Tensor = batched(body, tensors, xp or There())
    least = torch.nan_to_num(least, -1.0, -1.0, -1.0)
    return least.amax(dim=1).numpy() if least.numel() else np.zeros(1)


def jumps(statement: Any, raws: dict[str, np.ndarray], kind: str) -> bool:
    """Is the statement off on an exceptional set, at one of some points that are taken for points
    of it?  On a cut it may be off by little, and only what is right beside it counts: elsewhere
    floats see rounding."""
    there = off(statement, raws)
    if kind != CUT:
        return bool((there > PLAIN).any())
    beside = off(statement, raws, Composed())
    return bool(((there > FAINT) & (beside <= PLAIN * there)).any())


# -- going where nobody was ------------------------------------------------------------------------
def reach(
    statement: Statement, goals: list[Goal], raws: dict[str, np.ndarray], steps: int
) -> dict[str, np.ndarray]:
    """A batch moved uphill to the sides of sites that nobody has seen, each row to one of them."""
    rows = len(next(iter(raws.values())))
    turn = torch.arange(rows) % len(goals)

    def height(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
        _, sites, groups = watched(statement, tensors)
        value = torch.full((rows,), -torch.inf, dtype=torch.float64)
        for k, goal in enumerate(goals):
            own = [g[..., 0] for s, g in zip(sites, groups, strict=True) if s == goal.site]
            signed = [g if goal.side == ABOVE else -g for g in own]
            if own:
                here = torch.cat(signed, dim=1).amax(dim=1)
                value = torch.where(turn == k, here, value)
        return value

    return ascend(height, raws, steps, fixed=statement.sign_raws)


@dataclass
class Landing:
    """Where Newton's method came to.

    beside: points beside the zeros of arguments
    at:     points with simple coordinates at which one is zero, if any
    tried:  the sites that were tried
    near:   those of which an argument came near to zero
    landed: the site of each of these points
    close:  points at which one is zero but for rounding; those that have simple coordinates, too,
            where only balls could tell that they are on a cut
    missed: the site of each of these
    """

    beside: dict[str, np.ndarray]
    at: dict[str, np.ndarray] | None
    tried: set[Site]
    near: set[Site]
    landed: list[Site]
    close: dict[str, np.ndarray]
    missed: list[Site]


def land(
    statement: Statement,
    raws: dict[str, np.ndarray],
    only: Iterable[Site],
    rng: np.random.Generator,
) -> Landing | None:
    """Newton's method towards the zeros of the arguments at some sites, each row for one argument.

    A row moves as few coordinates as there are equations, or all; from simple numbers in the
    others it often comes to simple numbers in these.
    """
    tensors = {k: torch.from_numpy(v) for k, v in raws.items()}
    _, sites, groups = watched(statement, tensors)
    wanted = set(only)
    targets = [
        k
        for k, (site, g) in enumerate(zip(sites, groups, strict=True))
        if site in wanted and site.kind != TAIL and g.shape[-1] <= WIDEST
    ]
    chase = Chase.of(statement, raws, _together(targets, sites, groups, rng), groups, rng)
    if chase is None:
        return None
    left = chase.run()
    first = [sites[chase.targets[k][0]] for k in chase.which]
    at, hit = chase.simple(np.flatnonzero(left <= CLOSE)[:SIMPLE_ROWS])
    close = np.flatnonzero((left <= LANDED) & (np.abs(chase.now).max(axis=1) < BOUNDED))
    decided = [row for row in hit if first[row].kind == POINT]
    close = np.setdiff1d(close, decided)[:SIMPLE_ROWS]
    step = 2.0 ** -rng.integers(1, 45, (len(left), 1)) * rng.standard_normal(chase.now.shape)
    return Landing(
        within(statement, uncolumned(chase.now + chase.free * step, raws)),
        uncolumned(at, raws) if len(at) else None,
        {sites[k] for k in targets},
        {sites[k] for which in chase.which[left <= NEAR] for k in chase.targets[which]},
        [first[row] for row in hit],
        uncolumned(chase.now[close], raws),
        [first[row] for row in close],
    )


def _together(
    targets: list[int], sites: list[Site], groups: list[torch.Tensor], rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Every target by itself, and some choices of exceptional points that are gone to at once."""
    points = [k for k in targets if sites[k].kind == POINT]
    several = [
        some
        for n in range(2, TOGETHER + 1)
        for some in itertools.combinations(points, n)
        if sum(groups[k].shape[-1] for k in some) <= WIDEST
    ]
    picks = sorted(rng.permutation(len(several))[: max(MEETINGS, len(targets))].tolist())
    return [*((k,) for k in targets), *(several[k] for k in picks)]


@dataclass
class Chase:
    """Rows on their way to zeros: each has a target (arguments, and which of the vectors of each),
    and coordinates that it moves."""

    statement: Statement
    raws: dict[str, np.ndarray]
    targets: list[tuple[int, ...]]
    which: np.ndarray
    member: np.ndarray
    wide: int
    free: np.ndarray
    mask: np.ndarray
    now: np.ndarray

    @classmethod
    def of(
        cls,
        statement: Statement,
        raws: dict[str, np.ndarray],
        targets: list[tuple[int, ...]],
        groups: list[torch.Tensor],
        rng: np.random.Generator,
    ) -> Chase | None:
        free = np.concatenate(
            [np.full(v[0].size, k not in statement.sign_raws) for k, v in raws.items()]
        )
        if not targets or not free.any():
            return None
        start = columns(raws)
        rows = np.arange(len(start))
        which = rows % len(targets)
        wide = [sum(groups[k].shape[-1] for k in target) for target in targets]
        most = max(map(len, targets))
        member = np.zeros((len(rows), most), dtype=int)
        for row, target in enumerate(which):
            for j, k in enumerate(targets[target]):
                member[row, j] = rng.integers(groups[k].shape[1])
        few = np.stack([_few(free, wide[target], rng) for target in which])
        mask = np.where((rows // len(targets) % 3 == 2)[:, None], free, few)
        start = np.where((rows % 2 == 0)[:, None], start, np.round(2 * start) / 2)
        return cls(statement, raws, targets, which, member, max(wide), free, mask, start)

    def run(self) -> np.ndarray:
        """Take the steps, a quarter of those that lead away; how far is every row from a zero, as
        a share of where the rows with its target came from?"""
        rows, now = np.arange(len(self.now)), self.now
        value, slope = self.linearized(now, rows)
        size = first = _length(value)
        share = np.ones(len(now))
        for _ in range(STEPS):
            trial = now + share[:, None] * newton(value, slope * self.mask[:, None, :])
            there, steeper = self.linearized(trial, rows)
            better = _length(there) < size
            now = np.where(better[:, None], trial, now)
            value = np.where(better[:, None], there, value)
            slope = np.where(better[:, None, None], steeper, slope)
            size = _length(value)
            share = np.where(better, np.minimum(1.0, 4 * share), share / 4)
            if ((size == 0) | (share < 1e-12)).all():
                break
        self.now = now
        usual = {k: np.median(first[self.which == k]) for k in set(self.which.tolist())}
        far = np.array([usual[k] if np.isfinite(usual[k]) else 1.0 for k in self.which])
        return size / np.where(far > 0, far, 1.0)

    def size(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """How far the arguments of some rows are from zero at these points."""
        with torch.no_grad():
            return _length(self._values(torch.from_numpy(points), rows).numpy())

    def linearized(self, points: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The arguments of rows (vectors, padded by zeros) and their derivatives."""
        leaf = torch.from_numpy(points).requires_grad_()
        value = self._values(leaf, rows)
        if not value.requires_grad:  # constants, as far as anyone can tell
            return value.numpy(), np.zeros((len(points), self.wide, points.shape[1]))
        rates = []
        for j in range(self.wide):
            total = torch.where(torch.isfinite(value[:, j]), value[:, j], 0).sum()
            (g,) = torch.autograd.grad(total, leaf, retain_graph=True, allow_unused=True)
            rates.append(torch.zeros_like(leaf) if g is None else g)
        slopes = torch.nan_to_num(torch.stack(rates, dim=1), 0.0, 0.0, 0.0)
        return value.detach().numpy(), slopes.numpy()

    def _values(self, points: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        _, _, groups = watched(self.statement, table(points, self.raws))
        value = torch.zeros(len(points), self.wide, dtype=torch.float64)
        for target in set(self.which[rows].tolist()):
            mine = torch.from_numpy(np.flatnonzero(self.which[rows] == target))
            own = torch.from_numpy(self.member[rows])[mine]
            part = torch.cat(
                [groups[k][mine, own[:, j]] for j, k in enumerate(self.targets[target])], dim=1
            )
            value = value.index_put((mine[:, None], torch.arange(part.shape[1])[None]), part)
        return value

    def simple(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points with simple coordinates beside those found, at which the argument is zero, and
        their rows."""
        found, hit = [], []
        for bound in DENOMINATORS:
            if not len(rows):
                break
            simple = _rounded(np.nan_to_num(self.now[rows]), bound)
            points = np.where(self.mask[rows], simple, self.now[rows])
            zero = self.size(points, rows) <= LANDED
            found.append(points[zero])
            hit.append(rows[zero])
            rows = rows[~zero]
        if not found:
            return np.zeros((0, self.now.shape[1])), np.zeros(0, dtype=int)
        return np.concatenate(found), np.concatenate(hit)


def _rounded(values: np.ndarray, bound: int) -> np.ndarray:
    """The nearest fractions with denominators up to a bound."""
    one = lambda x: float(Fraction(x).limit_denominator(bound))
    rounded: np.ndarray = np.vectorize(one, otypes=[float])(values)
    return rounded


def _length(value: np.ndarray) -> np.ndarray:
    """The largest entry of every row's argument; infinite where there is none."""
    lengths: np.ndarray = np.nan_to_num(np.abs(value), nan=np.inf, posinf=np.inf).max(axis=1)
    return lengths


def _few(free: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """As many coordinates as there are equations."""
    mask = np.zeros(len(free), dtype=bool)
    mask[rng.permutation(np.flatnonzero(free))[:count]] = True
    return mask


def newton(value: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The least step to where the linearized arguments vanish."""
    value = np.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)
    with np.errstate(all="ignore"):
        gram = slope @ slope.transpose(0, 2, 1)
        scale = np.trace(gram, axis1=1, axis2=2)[:, None, None]
        scale = np.where(scale > 0, scale, 1.0)
        inverse = np.linalg.pinv(np.nan_to_num(gram / scale), rcond=1e-12, hermitian=True) / scale
        step = -np.einsum("rkm,rkj,rj->rm", slope, inverse, value)
    finite: np.ndarray = np.nan_to_num(step, nan=0.0, posinf=0.0, neginf=0.0)
    return finite
