"""Rate: the order and the constant of a remainder, from its values in balls at growing n.

For a remainder c n^-p (1 + a/n + b/n² + ...) the logarithm is linear in p, log c and the
coefficients of an expansion in 1/n.  As many values determine as many of them: this is repeated
Richardson extrapolation.  Fits of several depths are made, and the one that moves least when its
first or last value is left out is taken; that move is the estimate of its error.  So no tolerance
stands anywhere: an order or a constant that differs from the stated one by more than the error, at
two ranges of n of which one is twice the other, is refuted, and a fit that has not settled says
nothing.  Three outcomes: the expected slope, another slope (or constant), or a remainder that is
exactly zero or negative (there is no rate to speak of: a remainder is a size).

All those n share a factor, so the step from the last of them to the next integer must keep to the
order as well; what alternates with n by less than such a step is not seen.

The generic points must all show the rate.  At special ones (ties, whole numbers, zero rows) the
leading coefficient may vanish: a remainder that falls faster there is counted and speaks against
nothing, unless the stated constant is not zero at the point; one that falls slower refutes.  Huge
and tiny inputs are left out: n would have to be as large before a remainder shows its order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
from flint import acb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import Raw, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.points import GENERIC, moved_into, point, strata_of
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import SIDES, shown, shown_inputs, strings, worst_at
from fieldcheck.relations import Rate
from fieldcheck.verdict import CONFIRMS, REFUTES, SILENT, Evidence, Report, Why, Witness

DIGITS = (60, 120, 240, 480)
"""Working precision, raised while the balls know fewer than KNOWN digits of a remainder."""

KNOWN = 30
POINTS = 8
"""The deepest fit has so many values, at n, 2n, 3n, ...; the others have some of n, 2n, 4n, ...,
which oscillating corrections disturb less."""

DOUBLINGS = {"quick": 3, "standard": 3, "deep": 4}
"""How often n may be doubled for a fit that has not settled."""

SAFETY = 10
"""The error of a fit is taken to be so many times what its last value changes."""

SETTLED = 1e-2
"""The error that a fit must reach to say anything."""

FINE = 1e-3
"""The error below which no larger n is asked for."""

FEWEST = 5
"""Doublings of n over which a slope is averaged where there is no fit."""

EXTREME = ("large", "ill-conditioned", "denormal", "zero")
"""Strata without a rate to be seen: of a zero input, there is hardly ever one."""

SPECIAL = {"quick": 2, "standard": 4, "deep": 8}
"""Most strata that are visited for each part, at one shape."""

NO_RATE = "the remainder is exactly zero: there is no rate"
UNSETTLED = "largest error of a fitted order or constant"

SHOWN = 6
"""Decimals of an order that are printed, if known."""


@dataclass(frozen=True)
class Finding:
    """What a table of remainders says, and the order it shows with its error."""

    outcome: str
    reason: str = ""
    order: Any = None
    error: Any = None
    table: tuple[tuple[int, Any], ...] = ()
    digits: int = DIGITS[0]

    @property
    def against(self) -> bool:
        return self.outcome == REFUTES

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
    shapes = _shapes(grid)[: profile.points]
    report.shapes = len(shapes)
    shapes += shapes[-1:] * (profile.points - len(shapes))  # few shapes: several points of the last
    good = []
    why, order, furthest = "", None, None
    for part in parts:
        fine = True
        for which in shapes:
            sizes = grid[which]
            raw = point(statement, sizes, rng)
            try:
                found = judge(statement, raw, part, DOUBLINGS[profile.name])
            except Unsupported as gap:
                return report.silent(Why.UNSUPPORTED, f"no balls: {gap.primitive}")
            report.cases += len(found.table)
            order = found.printed or order
            if found.against:
                witness = _witness(statement, sizes, raw, part, found)
                return report.doubts(found.reason, "rate", order=order, witness=witness)
            if not found.agrees:
                fine, why = False, found.reason
            elif furthest is None or found.error > furthest[0]:
                furthest = found.error, sizes, raw
        if fine:
            good.append(part)
    report.strata = {GENERIC: report.cases}
    faster: list[str] = []
    if len(good) == len(parts) and statement.fault is None:
        sizes = grid[shapes[-1]]
        for part, name, raw in _special(statement, sizes, parts, profile, seed):
            found = judge(statement, raw, part, DOUBLINGS[profile.name])
            vanishes = falls_faster(statement, raw, part, found)
            if found.against and not vanishes:
                witness = _witness(statement, sizes, raw, part, found)
                detail = f"{found.reason} (stratum {name!r})"
                return report.doubts(detail, "rate", order=found.printed or order, witness=witness)
            if vanishes:
                faster.append(name)
            if vanishes or found.agrees:
                report.strata[name] = report.strata.get(name, 0) + len(found.table)
                report.cases += len(found.table)
    if len(good) < len(parts) or furthest is None:
        return report.silent(Why.UNSETTLED, why, order=order, agrees=tuple(good))
    error, sizes, raw = furthest
    return report.confirms(
        good,
        "rate",
        detail=f"faster at a point of: {', '.join(dict.fromkeys(faster))}" if faster else "",
        order=order,
        worst=worst_at(UNSETTLED, float(mpmath.log10(error)), sizes, GENERIC, raw),
    )


def _special(
    statement: Statement, sizes: dict[str, int], parts: list[int], profile: Profile, seed: int
) -> Iterator[tuple[int, str, Raw]]:
    """(part, stratum, a point of it) for a few strata of each part, others for other forms."""
    rng, moves = (
        stream(statement.key, "rate/strata", seed),
        numpy_stream(statement.key, "rate", seed),
    )
    names = [name for name in strata_of(statement)[1:] if name not in EXTREME]
    for part in parts:
        for name in rng.sample(names, min(len(names), SPECIAL[profile.name])):
            yield part, name, moved_into(statement, name, point(statement, sizes, rng), moves)


def falls_faster(statement: Statement, raw: Raw, part: int, found: Finding) -> bool:
    """Does the remainder fall faster than stated, where the stated constant allows it?"""
    remainders = Remainders(statement, raw, part, found.digits)
    stated, constant = remainders.relation().order, remainders.constant()
    if constant is not None and not constant.contains(0):
        return False
    zero = found.reason == NO_RATE
    return zero or (found.order is not None and found.order - stated > found.error)


def _shapes(grid: list[dict[str, int]]) -> list[int]:
    """Which shapes to visit: of unequal sizes if there are such (at a square a transpose may go
    unnoticed), a large one first, then a small one: at the least sizes a slip in an index may be
    the only thing to see."""
    varied = max(len(set(sizes.values())) for sizes in grid)
    fit = [k for k, sizes in enumerate(grid) if len(set(sizes.values())) == varied]
    return list(dict.fromkeys([fit[-1], fit[0], fit[len(fit) // 2], len(grid) - 1, 0]))


# -- remainders ----------------------------------------------------------------------------------
_known: dict[tuple, Any] = {}
"""Remainders at the last few points: a planted fault shifts them and does not change them, so the
detection threshold reads the same values again and again."""
REMEMBERED = 512


class Remainders:
    """The remainder of one part at one point, evaluated on demand."""

    def __init__(self, statement: Statement, raw, part: int, digits: int):
        self.statement, self.raw, self.part, self.digits = statement, raw, part, digits
        here = str(sorted((name, np.asarray(v).tolist()) for name, v in raw.items()))
        self.key = (id(statement.form), part, digits, here)

    def relation(self) -> Rate:
        xp = Ball()
        relation = self.statement.relations(xp, wrap_raw(xp, self.raw))[self.part]
        assert isinstance(relation, Rate)
        return relation

    def _remembered(self, what: Any, make) -> Any:
        key = (*self.key, what)
        if key not in _known:
            if len(_known) >= REMEMBERED:
                _known.clear()
            with working_digits(self.digits):
                # The form is kept with its values, so that no other can take its id.
                _known[key] = self.statement.form, make()
        return _known[key][1]

    def at(self, n: int):
        """The ball of the remainder at n."""

        def make():
            value = Ball().lift(self.relation().remainder(n)).data[()]
            if isinstance(value, acb):
                raise TypeError("a remainder must be real; take xp.norm or xp.abs")
            return value

        return self._remembered(n, make)

    def constant(self):
        """The ball of the stated constant, or None."""

        def make():
            constant = self.relation().constant
            value = None if constant is None else Ball().lift(constant).data[()]
            if isinstance(value, acb):
                raise TypeError("the constant of a rate must be real; take xp.real or xp.abs")
            return value

        return self._remembered("constant", make)

    def vanishes(self, n: int) -> bool:
        """Is the remainder at n exactly zero, in rational arithmetic?"""
        xp = Rational()
        try:
            with limited(PATIENCE):
                relation = self.statement.relations(xp, wrap_raw(xp, self.raw))[self.part]
                value = xp.lift(relation.remainder(n)).data
        except (Unsupported, ZeroDivisionError, TooSlow):
            return False
        return all(x == 0 for x in value.reshape(-1))


PATIENCE = 5
"""Seconds for a remainder in rational arithmetic, whose numbers may grow without end."""


def _sharp(e) -> bool:
    """Does a ball know its number to enough digits, and that it is not zero?"""
    return e.is_finite() and not e.contains(0) and e.rel_accuracy_bits() > KNOWN * math.log2(10)


# -- judging -------------------------------------------------------------------------------------
def judge(statement: Statement, raw, part: int, doublings: int, digits: int = DIGITS[0]) -> Finding:
    """What the remainders of one part say at one point."""
    start = Remainders(statement, raw, part, DIGITS[0]).relation().start
    found = Finding(SILENT)
    best: Finding | None = None
    refuted = False
    for doubling in range(doublings + 1):
        ns = [start * 2**doubling * k for k in range(1, POINTS + 1)]
        for working in (digits, *(d for d in DIGITS if d > digits)):
            remainders = Remainders(statement, raw, part, working)
            table = []
            for n in ns:
                table.append((n, remainders.at(n)))
                if not _sharp(table[-1][1]):
                    break
            else:
                break
        e = table[-1][1]
        if not _sharp(e):
            if all(remainders.at(n) == 0 or remainders.vanishes(n) for n in ns[:3]):
                return Finding(REFUTES, NO_RATE, table=tuple(table), digits=working)
            what = f"a ball around {shown(e, 3)}" if e.is_finite() else "no finite ball"
            reason = f"the remainder at n = {table[-1][0]} is {what} at {working} digits"
            return Finding(SILENT, reason, table=tuple(table), digits=working)
        if all(e < 0 for _, e in table):
            reason = "the remainder is negative at every n"
            return Finding(REFUTES, reason, table=tuple(table), digits=working)
        if not all(e > 0 for _, e in table):
            return Finding(SILENT, "a remainder is negative", table=tuple(table), digits=working)
        found = _followed(_fitted(statement, remainders, table, start), remainders)
        if found.outcome == REFUTES and refuted:
            return found
        refuted = found.outcome == REFUTES
        if found.outcome == CONFIRMS and (best is None or found.error < best.error):
            best = found
        if best is not None and best.error < FINE:
            return best
    if refuted:
        return replace(found, outcome=SILENT, reason=f"{found.reason}, at one range of n alone")
    return best or found


def _fitted(statement: Statement, remainders: Remainders, table, start: int) -> Finding:
    """Compare the fit of a table with the stated order and constant."""
    with working_digits(remainders.digits), mpmath.workdps(remainders.digits):
        stated, constant = remainders.relation().order, remainders.constant()
        fault = mpmath.mpf(0)
        if statement.fault is not None:
            fault = mpmath.mpf(10) ** -statement.fault.k
        values = {}
        far = [start * 2**k for k in range(20) if start * 2**k < table[0][0]]
        for n, e in [*((n, remainders.at(n)) for n in far), *table]:
            planted = fault * (mpmath.log(n) if constant is None else 1)
            values[n] = mpmath.log(_mpf(e)) + planted
        order, error = _fit(values, None)
        say = Finding(SILENT, "", order, error, tuple(table), remainders.digits)

        def finding(outcome: str, reason: str) -> Finding:
            return Finding(outcome, reason, order, error, say.table, say.digits)

        if stated > 0 and _runs_away(values):
            return finding(REFUTES, "the remainder grows with n, ever faster")
        if error > SETTLED and (mean := _stays_off(values, stated)) is not None:
            return finding(REFUTES, f"no settled slope, {mean:.1f} on the average, not {stated}")
        if abs(order - stated) > error:
            if error > SETTLED and abs(order - stated) < 1:
                return finding(SILENT, f"the slope has not settled: {say.printed}")
            return finding(REFUTES, f"slope {say.printed}, not {stated}")
        if error > SETTLED:
            return finding(SILENT, f"the slope has not settled: {say.printed}")
        if constant is not None:
            if constant == 0:  # certainly so: a ball around zero is not equal to it
                return finding(REFUTES, "the leading constant is stated to be zero, and is not")
            if not _sharp(constant):
                return finding(SILENT, "the stated constant is not a positive number")
            level, error = _fit(values, stated)
            lead, wanted = mpmath.exp(level), _mpf(constant)
            if abs(lead / wanted - 1) > error:
                if error > SETTLED and abs(lead / wanted - 1) < 1:
                    return finding(SILENT, "the leading constant has not settled")
                digits = max(3, int(-mpmath.log10(error)) if error else 12)
                text = f"leading constant {_nstr(lead, digits)}, not {_nstr(wanted, digits)}"
                return finding(REFUTES, text)
            if error > SETTLED:
                return finding(SILENT, "the leading constant has not settled")
        return finding(CONFIRMS, "")


def _followed(found: Finding, remainders: Remainders) -> Finding:
    """A finding, if the remainder keeps to its order from the last n to the next one, too.

    All other n share a factor: what alternates with n would look steady at them.
    """
    if found.outcome != CONFIRMS:
        return found
    n, last = found.table[-1]
    following = remainders.at(n + 1)
    reason = f"from n = {n} to {n + 1} the remainder does not keep to its order"
    if not _sharp(following) or not following > 0:
        return replace(found, outcome=SILENT, reason=reason)
    with working_digits(remainders.digits), mpmath.workdps(remainders.digits):
        fall = mpmath.log(_mpf(last) / _mpf(following)) / mpmath.log1p(mpmath.mpf(1) / n)
        kept = abs(fall - found.order) < 1  # it would be another order, else
    return found if kept else replace(found, outcome=SILENT, reason=reason)


def _runs_away(values: dict[int, Any]) -> bool:
    """Does a remainder grow, and faster with every doubling of n?

    Growth alone says little: n/(n² + 10⁶) grows for long before it falls.
    """
    doubled = [n for n in sorted(values) if 2 * n in values]
    growth = [values[2 * n] - values[n] for n in doubled]
    return growth[0] > 0 and all(a < b for a, b in pairwise(growth))


def _stays_off(values: dict[int, Any], stated: int) -> float | None:
    """The mean slope of a remainder that oscillates, if it and that of the later half are off by
    more than half an order to the same side: there is no fit, and yet it is far from the rate.

    Slopes that only come nearer are left alone: n/(n² + 10⁵) rises before it falls.  (With 10⁶ it
    rises at all n that are looked at, and its fit is that of n.)
    """
    doubled = [n for n in sorted(values) if 2 * n in values and _is_power(n // min(values))]
    slopes = [float((values[n] - values[2 * n]) / mpmath.log(2)) for n in doubled]
    off = [abs(slope - stated) for slope in slopes]
    if len(off) < FEWEST or all(b <= a for a, b in pairwise(off)):
        return None
    late = slopes[-(len(slopes) // 2) :]
    mean, later = sum(slopes) / len(slopes), sum(late) / len(late)
    far = all(abs(m - stated) > 0.5 for m in (mean, later))
    return mean if far and (mean > stated) == (later > stated) else None


def _mpf(e) -> Any:
    """The middle of a ball."""
    man, exp = e.mid().man_exp()
    return mpmath.ldexp(mpmath.mpf(int(man)), int(exp))


def _nstr(x: Any, digits: int) -> str:
    return mpmath.nstr(x, min(digits, 12))


def _fit(values: dict[int, Any], order: int | None) -> tuple[Any, Any]:
    """(the order, or the log of the constant if the order is given; its error).

    A fit may move little by accident: what the runner-up excludes widens its error.
    """
    last = max(values)
    powers = sorted(n for n in values if (last // n) * n == last and _is_power(last // n))
    evenly = sorted(n for n in values if n * POINTS >= last)
    choices = [evenly, *(powers[k:] for k in range(len(powers) - 3))]
    (best, error), (second, wider), *_ = sorted(
        (_moved(values, ns, order) for ns in choices), key=lambda found: found[1]
    )
    return best, max(error, abs(best - second) - wider)


def _is_power(n: int) -> bool:
    return n & (n - 1) == 0


def _moved(values: dict[int, Any], ns: list[int], order: int | None) -> tuple[Any, Any]:
    """What a fit says, and SAFETY times its largest move when an end is left out."""
    best = _solved(values, ns, order)
    moves = [abs(best - _solved(values, part, order)) for part in (ns[1:], ns[:-1], ns[1:-1])]
    return best, SAFETY * max(moves) + mpmath.mpf(10) ** -(KNOWN // 2)


def _solved(values: dict[int, Any], ns: list[int], order: int | None) -> Any:
    """The fit that meets all these values."""
    known = 0 if order is None else order
    weights = _weights(tuple(Fraction(n, ns[0]) for n in ns), order is None)
    pairs = zip(weights, ns, strict=True)
    return mpmath.fsum(w * (values[n] + known * mpmath.log(n)) for w, n in pairs)


@cache
def _weights(ratios: tuple[Fraction, ...], with_order: bool) -> list[Any]:
    """The answer of a fit is linear in the values: their coefficients, which depend on the ratios
    of the n alone."""
    with mpmath.workdps(2 * DIGITS[0]):
        rows = []
        for ratio in ratios:
            n = mpmath.mpf(ratio.numerator) / ratio.denominator
            head = [-mpmath.log(n), 1] if with_order else [1]
            rows.append([*head, *(n**-j for j in range(1, len(ratios) + 1 - len(head)))])
        first = mpmath.matrix([1] + [0] * (len(ratios) - 1))
        return list(mpmath.lu_solve(mpmath.matrix(rows).T, first))


def _witness(statement, sizes, raw, part: int, found: Finding) -> Witness:
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
