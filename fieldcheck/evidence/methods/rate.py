"""Rate: the order and the constant of a remainder, from its values in balls at growing n.

No table of values certifies a limit, either way: a rate is confirmed, doubted or left open here,
and proved or refuted elsewhere.  A fit (:mod:`fieldcheck.evidence.fits`) is
only believed if fits at larger n bear it out.  One that confirms must come nearer much faster than
n grows, or not drift; one that speaks against must stay where it is, to a hundredth of what it is
off.  What creeps, as with 1/log n or 1/√n, or has not
turned yet, as n/(n² + 10⁷) at n = 100, is left open.  Where the body is a formula in n, and no loop
of n steps, n goes beyond 10¹², which settles most of that; what is confirmed there must hold beyond
10³⁰⁰ as well, to a hundred digits, unless balls cannot follow.

All those n share a factor, so the step from the last of them to the next integer must keep to the
order as well; what alternates with n by less than such a step is not seen.

The generic points must all show the rate.  At special ones (ties, whole numbers, zero rows) the
leading coefficient may vanish: a remainder that falls faster there is counted and speaks against
nothing, unless the stated constant is not zero at the point; one that falls slower speaks against.
Huge and tiny inputs are left out: n would have to be as large before a remainder shows its order.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
from flint import arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import working_digits
from fieldcheck.arithmetic.sign import Known, Sign
from fieldcheck.evidence import fits
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import Raw, numpy_stream, stream
from fieldcheck.evidence.fits import (
    BEYOND,
    DIGITS,
    FALLS,
    FAR,
    NEAR,
    POINTS,
    SAFETY,
    SETTLED,
    Reach,
    Reading,
)
from fieldcheck.evidence.points import EQUAL, GENERIC, all_equal, moved_into, point, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.remainders import Remainders
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import SIDES, shown, shown_inputs, strings, worst_at
from fieldcheck.verdict import CONFIRMS, DOUBTS, SILENT, Evidence, Report, Why, Witness

Table = list[tuple[int, arb]]
"""Remainders as balls, by n."""

DOUBLINGS = {"quick": 4, "standard": 4, "deep": 5}
"""How often n may be doubled for a fit that has not settled."""


FEW, HALVES = 3, 6
"""Few entries, and points that are looked at then: a rate may hold on a half line alone."""

DRAWS, ELSEWHERE = 16, 4
"""Points drawn until the stated constant is not zero at one; points of other sizes that are looked
at where a remainder fell faster than stated at all others."""


EXTREME = ("small", "nearly singular", "half-turn")
"""Strata without a rate to be seen."""

ZERO = "zero"
"""Visited wherever there is one: a root or a divisor degenerates there first."""

ASIDE = 12
"""Steps aside are of this decimal: much longer than the rounding of a float."""

ENDS = 4
"""Points of each stratum that are visited where points have few entries: an interval has two ends,
and a point of its own.
"""

SPECIAL = {"quick": 2, "standard": 4, "deep": 8}
"""Most strata that are visited for each part, at one shape."""

NO_RATE = "the remainder is exactly zero: there is no rate"
TURNS = "the remainder changes its sign"
UNSETTLED = "largest error of a fitted order or constant"

STRIDE, LARGEST = 8, 2**44
CHEAP, OFF = 0.1, 0.5
"""Steps of n and their end, beyond those of a fit; seconds that a remainder may take there; and how
far its logarithm may be from where the fit leads."""

DEEPEST, BETWEEN = 6, 3
"""Powers of two that a prediction is made from, and n beyond each at which it is compared."""

SHOWN = 6
"""Decimals of an order that are printed, if known."""


@dataclass(frozen=True)
class Finding:
    """What a table of remainders says, and the order it shows with its error.

    faster: without an order it falls faster than stated
    """

    outcome: str
    reason: str = ""
    order: Any = None
    error: Any = None
    table: tuple[tuple[int, Any], ...] = ()
    digits: int = DIGITS[0]
    faster: bool = False

    @property
    def against(self) -> bool:
        return self.outcome == DOUBTS

    @property
    def agrees(self) -> bool:
        return self.outcome == CONFIRMS

    @property
    def printed(self) -> str | None:
        """The order, to as many decimals as are known."""
        if self.order is None:
            return None
        known = int(-mpmath.log10(self.error)) if self.error else SHOWN
        return f"{float(self.order):.{max(1, min(SHOWN, known))}f}"


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("rate")
    parts = statement.parts("Rate")
    if not parts:
        return report.not_concerned()
    grid = statement.grid()
    rng = stream(statement.key, "rate", seed)
    places = [grid[k] for k in _shapes(grid)[: profile.points]]
    report.shapes = len(places)
    good = []
    faster: list[str] = []
    why, order, furthest = "", None, None
    for part in parts:
        fine, shown = True, None
        try:
            for look in _looks(statement, part, profile, places, rng):
                found, last = look.found, look
                report.cases += len(found.table)
                order = found.printed or order
                if look.faster:
                    faster.append(GENERIC)
                    continue
                if found.against:
                    break
                shown = look
                if not found.agrees:
                    fine, why = False, found.reason
                elif furthest is None or found.error > furthest.found.error:
                    furthest = look
        except Unsupported as gap:
            return report.silent(Why.UNSUPPORTED, f"no balls: {gap.primitive}")
        if last.found.against and (not last.faster or (shown is None and last.open)):
            witness = _witness(statement, last.sizes, last.raw, part, last.found)
            return report.doubts(last.found.reason, "rate", order=order, witness=witness)
        if shown is None:
            fine, why = False, "the stated constant is zero at every point that was tried"
        elif fine and not _formula(statement, shown.raw, part):
            found = _between(statement, shown.raw, part, shown.found)
            if found.agrees:
                found = _farther(statement, shown.raw, part, found)
            fine, why = found.agrees, found.reason
        if fine:
            good.append(part)
    report.strata = {GENERIC: report.cases}
    if len(good) == len(parts) and statement.fault is None:
        for part, name, raw in _special(statement, places[-1], parts, profile, seed):
            found = judge(statement, raw, part, DOUBLINGS[profile.name])
            vanishes = falls_faster(statement, raw, part, found)
            if found.against and not vanishes:
                witness = _witness(statement, places[-1], raw, part, found)
                detail = f"{found.reason} (stratum {name!r})"
                return report.doubts(detail, "rate", order=found.printed or order, witness=witness)
            if vanishes:
                faster.append(name)
            if vanishes or found.agrees:
                report.strata[name] = report.strata.get(name, 0) + len(found.table)
                report.cases += len(found.table)
    if len(good) < len(parts) or furthest is None:
        return report.silent(Why.UNSETTLED, why, order=order, agrees=tuple(good))
    return report.confirms(
        good,
        "rate",
        detail=f"faster at a point of: {', '.join(dict.fromkeys(faster))}" if faster else "",
        order=order,
        worst=worst_at(
            UNSETTLED,
            float(mpmath.log10(furthest.found.error)),
            furthest.sizes,
            GENERIC,
            furthest.raw,
        ),
    )


@dataclass(frozen=True)
class Look:
    """What a generic point says.

    faster: the remainder falls faster than stated, which the stated constant allows there
    open:   no constant is stated
    """

    found: Finding
    sizes: dict[str, int]
    raw: Raw
    faster: bool
    open: bool


def _looks(
    statement: Statement,
    part: int,
    profile: Profile,
    places: list[dict[str, int]],
    rng: random.Random,
) -> Iterator[Look]:
    """Generic points, more of them where they have few entries; and some of other sizes, where the
    remainder falls faster at all of those."""
    entries = max(sum(map(math.prod, statement.raw_shapes(s).values())) for s in places)
    count = max(profile.points, HALVES if entries <= FEW else 0)
    shows = False
    for k in range(count + ELSEWHERE):
        if k >= count and shows:
            return
        sizes = places[min(k, len(places) - 1)]
        raw, constant = _telling(statement, sizes, part, rng, scaled=k >= count)
        found = judge(statement, raw, part, DOUBLINGS[profile.name])
        faster = falls_faster(statement, raw, part, found)
        shows = shows or not faster
        yield Look(found, sizes, raw, faster, constant is None)


def _telling(
    statement: Statement, sizes: dict[str, int], part: int, rng: random.Random, scaled: bool
) -> tuple[Raw, arb | None]:
    """A generic point, scaled or as it is, and the stated constant there: one at which that is not
    zero, if one is soon met."""
    for _ in range(DRAWS):
        raw = point(statement, sizes, rng)
        if scaled:
            size = Fraction(2) ** rng.randint(-3, 6)
            larger = {k: v if k in statement.sign_raws else size * v for k, v in raw.items()}
            raw = larger if statement.admits(larger) else raw
        constant = None
        with suppress(TypeError):  # it is said where it is asked for
            constant = Remainders(statement, raw, part, DIGITS[0]).constant()
        if constant is None or not constant.contains(0):
            break
    return raw, constant


def _special(
    statement: Statement, sizes: dict[str, int], parts: list[int], profile: Profile, seed: int
) -> Iterator[tuple[int, str, Raw]]:
    """(part, stratum, a point of it) for a few strata of each part, others for other forms."""
    rng, moves = (
        stream(statement.key, "rate/strata", seed),
        numpy_stream(statement.key, "rate", seed),
    )
    names = [name for name in strata_of(statement)[1:] if name not in EXTREME]
    few = sum(map(math.prod, statement.raw_shapes(sizes).values())) <= FEW
    for part in parts:
        others = [name for name in names if name != ZERO]
        some = rng.sample(others, min(len(others), SPECIAL[profile.name]))
        seen: list[dict[str, Any]] = []
        for name in [ZERO] * (ZERO in names) + some * (ENDS if few else 1):
            raw = moved_into(statement, name, point(statement, sizes, rng), moves)
            if (values := {k: v.tolist() for k, v in raw.items()}) not in seen:
                seen.append(values)
                yield part, name, raw
        if few and len(statement.raw_shapes(sizes)) > 1:
            raw = point(statement, sizes, rng)
            free = {k: v for k, v in raw.items() if k not in statement.sign_raws}
            yield part, EQUAL, raw | all_equal(free, 1)


def doubts_at(statement: Statement, sizes: dict[str, int], raw: Raw, part: int) -> Witness | None:
    """A point that speaks against a rate: not by falling faster, where the constant allows it."""
    found = judge(statement, raw, part, DOUBLINGS["standard"])
    if not found.against or falls_faster(statement, raw, part, found):
        return None
    return _witness(statement, sizes, raw, part, found)


def suspect(statement: Statement, sizes: dict[str, int], raw: Raw, part: int, seed: int) -> str:
    """What small n say against a rate at a point, if they do not say it of generic ones.

    Beside a point at which the rate breaks down, it does so up to some n only.
    """

    def said(raw: Raw) -> str:
        found = _followed_to(statement, raw, part, NEAR, DIGITS[0])[0]
        faster = not found.against or falls_faster(statement, raw, part, found)
        return "" if faster else found.reason

    here = said(raw)
    if not here or not _has_constant(statement, raw, part):
        return ""
    usual = point(statement, sizes, stream(statement.key, "rate/suspect", seed))
    return here if not said(usual) else ""


def _has_constant(statement: Statement, raw: Raw, part: int) -> bool:
    """Is the stated constant, if there is one, about the same a little beside a point?  If not it
    has no value at the zero that the point stands for, and the rate does not speak of it."""
    rng, values = stream(statement.key, "rate/aside", part), []
    aside: Callable[[Fraction], Fraction] = lambda v: (
        v + Fraction(rng.randint(-9, 9), 10**ASIDE) * (1 + abs(v))
    )
    for moves in (False, True, True, True):
        moved = {
            k: np.asarray(np.frompyfunc(aside, 1, 1)(v), dtype=object)
            if moves and k not in statement.sign_raws
            else v
            for k, v in raw.items()
        }
        values.append(Remainders(statement, moved, part, DIGITS[0]).constant())
    first, *others = values
    if first is None:
        return True
    near = abs(first) / 1000
    return all(
        c is not None and c.is_finite() and abs(c - first) <= near + near.rad() for c in others
    )


def falls_faster(statement: Statement, raw: Raw, part: int, found: Finding) -> bool:
    """Does the remainder fall faster than stated, where the stated constant allows it?"""
    remainders = Remainders(statement, raw, part, found.digits)
    order = found.order
    clearly = order is not None and order - remainders.relation().order > found.error
    clearly = clearly or found.reason == NO_RATE
    if not (clearly or found.faster):
        return False
    constant = remainders.constant()
    return clearly if constant is None else bool(constant.contains(0))


def _shapes(grid: list[dict[str, int]]) -> list[int]:
    """Which shapes to visit: of unequal sizes if there are such (at a square a transpose may go
    unnoticed), a large one first, then a small one: at the least sizes a slip in an index may be
    the only thing to see."""
    varied = max(len(set(sizes.values())) for sizes in grid)
    fit = [k for k, sizes in enumerate(grid) if len(set(sizes.values())) == varied]
    return list(dict.fromkeys([fit[-1], fit[0], fit[len(fit) // 2], len(grid) - 1, 0]))


# -- judging -------------------------------------------------------------------------------------
def judge(
    statement: Statement, raw: Raw, part: int, doublings: int, digits: int = DIGITS[0]
) -> Finding:
    """What the remainders of one part say at one point, if the stated constant has a value there:
    where it has none the statement says nothing."""
    constant = Remainders(statement, raw, part, digits).constant()
    if constant is not None and not constant.is_finite():
        return Finding(SILENT, "the stated constant has no value", digits=digits)
    if not _formula(statement, raw, part):
        near = Reach(tuple(range(doublings + 1)), FAR.known, DIGITS)
        return _followed_to(statement, raw, part, near, digits)[0]
    found, _ = _followed_to(statement, raw, part, FAR, digits)
    if found.agrees:
        beyond, known = _followed_to(statement, raw, part, BEYOND, digits)
        return beyond if known else found
    return found


def _followed_to(
    statement: Statement, raw: Raw, part: int, reach: Reach, digits: int
) -> tuple[Finding, bool]:
    """What the remainders say as far as this, and whether balls know them so far."""
    relation = Remainders(statement, raw, part, DIGITS[0]).relation()
    readings: list[Reading] = []
    found = Finding(SILENT)
    for power in reach.powers:
        ns = [relation.start * 2**power * k for k in range(1, POINTS + 1)]
        remainders, table = _table(statement, raw, part, ns, digits, reach)
        found = _no_fit(remainders, table, ns, reach) or Finding(SILENT)
        if found.reason:
            return found, reach.sharp(table[-1][1])
        if turns := sum((a > 0) != (b > 0) for (_, a), (_, b) in pairwise(table)):
            found = Finding(SILENT, TURNS, table=tuple(table), digits=remainders.digits)
            if turns > 1:  # once may be a smaller term that was larger
                break
            continue
        earlier = range(reach.powers[0], power) if reach is not BEYOND else ()
        before = [(n, remainders.at(n)) for n in (relation.start * 2**k for k in earlier)]
        before = [(n, e) for n, e in before if (e > 0) == (table[-1][1] > 0)]
        readings.append(_reading(statement, remainders, table, before, reach))
        found = _concluded(readings, relation.order, remainders, table, reach)
        if found.outcome != SILENT:
            break
    return found, True


def _formula(statement: Statement, raw: Raw, part: int) -> bool:
    """Is the remainder a formula in n, which takes a value for it as well as an integer?"""
    xp = Sign()
    shapes = {k: np.shape(v) for k, v in raw.items()}
    try:
        relation = statement.relations(xp, statement.signs(xp, shapes))[part]
        relation.remainder(xp.wrap(Known((), real=True, nonneg=True, nonzero=True)))
    except Exception:  # whatever it is that wants an integer
        return False
    return True


def _table(
    statement: Statement, raw: Raw, part: int, ns: list[int], digits: int, reach: Reach
) -> tuple[Remainders, Table]:
    """The remainders at some n, to as many digits as they need, up to one that stays unknown."""
    first = max(digits, reach.digits[0])
    for working in (first, *(d for d in reach.digits if d > first)):
        remainders, table = Remainders(statement, raw, part, working), []
        for n in ns:
            table.append((n, remainders.at(n)))
            if not reach.sharp(table[-1][1]):
                break
        else:
            break
    return remainders, table


def _no_fit(remainders: Remainders, table: Table, ns: list[int], reach: Reach) -> Finding | None:
    """What is said of remainders that are not known."""

    def finding(outcome: str, reason: str) -> Finding:
        return Finding(outcome, reason, table=tuple(table), digits=remainders.digits)

    n, e = table[-1]
    if not reach.sharp(e):
        if all(remainders.at(n) == 0 or remainders.vanishes(n) for n in ns[:3]):
            return finding(DOUBTS, NO_RATE)
        what = f"a ball around {shown(e, 3)}" if e.is_finite() else "no finite ball"
        return finding(SILENT, f"the remainder at n = {n} is {what} at {remainders.digits} digits")
    return None


def _reading(
    statement: Statement, remainders: Remainders, table: Table, before: Table, reach: Reach
) -> Reading:
    """Fit a table, and compare with the stated order and constant; ``before`` are smaller n."""
    with working_digits(remainders.digits), mpmath.workdps(remainders.digits):
        stated, constant = remainders.relation().order, remainders.constant()
        fault = mpmath.mpf(0)
        if statement.fault is not None:
            fault = mpmath.mpf(10) ** -statement.fault.k
        values = {}
        for n, e in [*before, *table]:
            planted = fault * (mpmath.log(n) if constant is None else 1)
            values[n] = mpmath.log(abs(fits.mpf(e))) + planted
        order, error = fits.fit(values, None, reach)
        off, errors = [order - stated], [error]
        if constant is not None and reach.sharp(constant) and constant != 0:
            level, error = fits.fit(values, stated, reach)
            sign = 1 if table[-1][1] > 0 else -1
            off.append(sign * mpmath.exp(level) / fits.mpf(constant) - 1)
            errors.append(error)
        away = fits.away(values, stated, reach)
        mean = fits.stays_off(values, stated) if errors[0] > SETTLED else None
        return Reading(order, tuple(off), tuple(errors), away, mean)


def _concluded(
    readings: list[Reading], stated: int, remainders: Remainders, table: Table, reach: Reach
) -> Finding:
    """What the fits at growing n say together."""
    last = readings[-1]

    def finding(outcome: str, reason: str) -> Finding:
        error = max(last.errors)
        return Finding(outcome, reason, last.order, error, tuple(table), remainders.digits)

    with working_digits(remainders.digits), mpmath.workdps(remainders.digits):
        constant = remainders.constant()
        if len(readings) > 1 and last.away:
            return replace(finding(DOUBTS, last.away), faster=last.away == FALLS)
        if last.mean is not None and len(readings) > 1:
            slope = f"no settled slope, {last.mean:.1f} on the average, not {stated}"
            return replace(finding(DOUBTS, slope), faster=last.mean > stated)
        if fits.settled(readings, reach):
            if constant is not None and len(last.off) < 2:
                if constant == 0:
                    return finding(DOUBTS, "the leading constant is stated to be zero")
                return finding(SILENT, "the stated constant is not known")
            return _followed(finding(CONFIRMS, ""), remainders, reach)
        for k in fits.stays(readings):
            if k == 0:
                return finding(DOUBTS, f"slope {finding(SILENT, '').printed}, not {stated}")
            assert constant is not None  # or there was nothing to be off
            digits = max(3, int(-mpmath.log10(last.errors[1])) if last.errors[1] else 12)
            lead, wanted = fits.mpf(constant) * (1 + last.off[1]), fits.mpf(constant)
            text = f"leading constant {_nstr(lead, digits)}, not {_nstr(wanted, digits)}"
            return finding(DOUBTS, text)
    what = "slope" if not abs(last.off[0]) <= last.errors[0] <= SETTLED else "leading constant"
    return finding(SILENT, f"the {what} has not settled: {finding(SILENT, '').printed}")


def _followed(found: Finding, remainders: Remainders, reach: Reach) -> Finding:
    """A finding, if the remainder keeps to its order from the last n to the next one, too.

    All other n share a factor: what alternates with n would look steady at them.
    """
    n, last = found.table[-1]
    following = remainders.at(n + 1)
    reason = f"from n = {n} to {n + 1} the remainder does not keep to its order"
    if not reach.sharp(following) or (following > 0) != (last > 0):
        return replace(found, outcome=SILENT, reason=reason)
    with working_digits(remainders.digits), mpmath.workdps(remainders.digits):
        fall = mpmath.log(fits.mpf(last) / fits.mpf(following)) / mpmath.log1p(mpmath.mpf(1) / n)
        kept = abs(fall - found.order) < 1  # it would be another order, else
    return found if kept else replace(found, outcome=SILENT, reason=reason)


def _between(statement: Statement, raw: Raw, part: int, found: Finding) -> Finding:
    """A finding, if the n that no fit was made of keep to it: what depends on the digits of n, or
    on its divisors, may look steady at 2^k.

    By how much they are off must fall with n, or be within the error of the fit.
    """
    remainders = Remainders(statement, raw, part, found.digits)
    last, sign = found.table[-1]
    with working_digits(found.digits), mpmath.workdps(found.digits):
        powers = [last >> k for k in reversed(range(DEEPEST)) if last % (1 << k) == 0]
        values = {n: mpmath.log(abs(fits.mpf(remainders.at(n)))) for n in powers}
        off = []
        for n in (last // 4, last):
            for j in range(1, BETWEEN + 1):
                e = remainders.at(n + j)
                if not e * sign > 0:
                    return replace(found, outcome=SILENT, reason=TURNS)
                best, other = (fits.predicted(values, ns, n + j) for ns in (powers, powers[1:]))
                error = SAFETY * abs(best - other) + FAR.floor
                off.append(max(abs(mpmath.log(abs(fits.mpf(e))) - best) - error, mpmath.mpf(0)))
        early, late = max(off[:BETWEEN]), max(off[BETWEEN:])
    if late and late > early / 2:
        reason = f"from n = {last} to {last + BETWEEN} the remainder does not keep to one constant"
        return replace(found, outcome=SILENT, reason=reason)
    return found


def _nstr(x: Any, digits: int) -> str:
    text: str = mpmath.nstr(x, min(digits, 12))
    return text


def _farther(statement: Statement, raw: Raw, part: int, found: Finding) -> Finding:
    """A finding, if n far beyond those of the fit keep to it, as long as they cost hardly anything:
    a body that needs the integer, and makes no steps, may be another from n = 10⁶ on.

    What takes long is not asked, so that what is true has one verdict on every machine.
    """
    remainders = Remainders(statement, raw, part, found.digits)
    last, e = found.table[-1]
    n, before = last + BETWEEN + 1, -math.inf
    with working_digits(found.digits), mpmath.workdps(found.digits):
        begin = mpmath.log(abs(fits.mpf(e))) + found.order * mpmath.log(last)
        while n < LARGEST and before < CHEAP / STRIDE:
            started = time.process_time()
            try:
                with limited(1):
                    here = remainders.at(n)
            except (TooSlow, MemoryError, OverflowError):
                break
            before = time.process_time() - started
            if not FAR.sharp(here):
                break
            off = mpmath.log(abs(fits.mpf(here))) + found.order * mpmath.log(n) - begin
            if abs(off) > OFF or (here > 0) != (e > 0):
                reason = f"at n = {n} the remainder does not keep to its order and constant"
                return replace(found, outcome=SILENT, reason=reason)
            n *= STRIDE
    return found


def _witness(
    statement: Statement, sizes: dict[str, int], raw: Raw, part: int, found: Finding
) -> Witness:
    with working_digits(found.digits):
        relation = Remainders(statement, raw, part, found.digits).relation()
        return Witness(
            relation="Rate",
            sizes=dict(sizes),
            raw={k: strings(v) for k, v in raw.items()},
            inputs=shown_inputs(statement, raw, found.digits),
            part=part,
            index=(),
            side=SIDES,
            lhs=found.reason,
            rhs=f"order {relation.order}",
            certified_by="ball",
            digits=found.digits,
            table=tuple((n, shown(e, 6)) for n, e in found.table[::2]),
        )
