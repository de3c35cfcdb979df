"""Series: the rate of a remainder from its expansion in 1/n, compared as an identity.

The body runs in truncated power series in h = 1/n whose coefficients are residues at a random point
of a random prime field, with known signs and degrees beside them.  A rate of order p is proved if,
at every choice of square roots, all coefficients below p vanish, the one of order p is the stated
constant (if one is), is not negative on the domain, and does not vanish identically.  Then
n^p · remainder tends to it for every input.  What may go wrong where a leading coefficient vanishes
is a side condition, which stays in the scope unless the sign or a constant excludes it.

One run tests some coefficients, each of which may vanish by accident; runs at fresh primes that all
show the same multiply, and the chance counts all tests of a run.

A rate is refuted at a point, by balls: a coefficient of lower order is not zero there, or the one
of order p is negative or not the constant, while the leading coefficients on the way are not zero.
It is refuted for all points at once if the coefficient of order p vanishes identically as well.
Residues with free symbols never refute.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from flint import acb

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.beside import Beside
from fieldcheck.arithmetic.branches import following
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.prime import Prime, Unlucky, random_prime
from fieldcheck.arithmetic.series import Series, Short, Terms
from fieldcheck.arithmetic.sign import Known, Sign, known_of
from fieldcheck.evidence.chances import RETRIES, WORTHLESS, missed
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import Raw, stream, wrap_raw
from fieldcheck.evidence.points import GENERIC, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.residues import components, residues
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import NO_SIZE, SIDES, no_worst, shown, shown_inputs, strings
from fieldcheck.relations import Rate
from fieldcheck.verdict import Evidence, Report, Why, Witness

ROOTS = 6
"""Square roots of one remainder, all of whose signs are tried."""

MOST = 48
"""Terms of a series that are kept at most."""

DIGITS = (60, 120, 240)
POINTS = 3
"""Points at which balls look for a refutation, or for the sign of a constant."""

FREE = "free symbols of which nothing more is known"
NEGATIVE = "where the leading constant is negative"


class Elsewhere(Exception):
    """Balls at a point do not agree with the residues: other roots, or a special point."""


class Signs(Sign):
    """Divisors are the series' own to watch: it knows which of them depend on n."""

    def _except(self, where):
        if not where.startswith(("where a divisor", "where a matrix")):
            super()._except(where)


def _zero(value: Value) -> np.ndarray:
    """Which entries are zero as residues."""
    return np.asarray((value.data == 0).all(axis=0))


class Coefficients(Beside):
    """Residues, signs and degrees in step; at a point, balls as well."""

    def __init__(self, field: Prime, at_a_point: bool = False):
        self.field, self.signs, self.degrees = field, Signs(), Degree()
        parts: list[Arithmetic] = [field, self.signs, self.degrees]
        super().__init__(*parts, *([Ball()] if at_a_point else []))
        self.tests, self.largest, self.highest = 0, 0, 0.0
        self.answers: list[Any] = []

    def _told(self, answer: Any) -> Any:
        self.answers.append(answer)
        return answer

    def vanishes(self, value: Value) -> np.ndarray:
        zero = _zero(value.data[0])
        bound = value.data[2].data
        self.tests += zero.size
        self.largest = max(self.largest, bound.top + bound.bottom)
        self.highest = max(self.highest, bound.height)
        if len(self.xps) > 3:
            self._agree(zero, value.data[3].data)
        return self._told(zero)

    @staticmethod
    def _agree(zero: np.ndarray, balls: np.ndarray) -> None:
        """At the point, too, what vanishes does and nothing else: else a root has another sign."""
        for index in np.ndindex(*zero.shape):
            if not balls[index].is_finite() or balls[index].contains(0) != zero[index]:
                raise Elsewhere

    def known(self, value: Value) -> Known:
        known = known_of(value.data[1])
        if not known.nonzero and self._constant(value):
            known = replace(known, nonzero=not _zero(value.data[0]).any())
        return self._told(known)

    @staticmethod
    def _constant(value: Value) -> bool:
        bound = value.data[2].data
        return bound.top == bound.bottom == 0

    def regular(self, value: Value) -> bool:
        number = value.shape == (1, 1) and known_of(value.data[1]).nonzero
        return self._told(number or self._constant(value))  # regular modulo a prime is regular

    def log(self, x):
        self._off_the_cut(self.lift(x))
        return super().log(x)

    def sqrt(self, x):
        self._off_the_cut(self.lift(x))
        return super().sqrt(x)

    def _off_the_cut(self, x: Value) -> None:
        for ball in x.data[3].data.reshape(-1) if len(self.xps) > 3 else ():
            if not (ball.real > 0 or not ball.imag.contains(0)):
                raise Elsewhere

    def chance(self) -> float:
        """log2 of the chance that one of the tests deceived."""
        bound = Bound((), top=self.largest, height=self.highest)
        one = missed(bound, self.degrees.coincidences, len(self.field.choices))
        return one + math.log2(max(1, self.tests))


class Strayed(Exception):
    """At another prime other coefficients vanish: one of the two runs was deceived."""


class Follower(Prime):
    """Residues at a further prime: what is known of signs and degrees is known already."""

    def __init__(self, field: Prime, answers: list[Any]):
        super().__init__(field.p, field.rng, field._i, field.prefix)
        self.answers = iter(answers)

    def _abs(self, d):
        return self.sqrt(self.abs2(self.wrap(d))).data

    def known(self, value: Value) -> Known:
        return next(self.answers)

    def regular(self, value: Value) -> bool:
        return next(self.answers)

    def vanishes(self, value: Value) -> np.ndarray:
        zero = _zero(value)
        if not np.array_equal(zero, next(self.answers)):
            raise Strayed
        return zero


@dataclass(frozen=True)
class Plan:
    """How many terms are kept, and whether leading coefficients are taken to be nonzero."""

    kept: int
    bold: bool

    @staticmethod
    def all(order: int, first: Plan | None) -> Iterator[Plan]:
        if first is not None:
            yield first
        kept = max(order, 0) + 2
        while kept <= MOST:
            yield Plan(kept, False)
            yield Plan(kept, True)
            kept *= 2


GOOD, LOWER, OTHER, ZERO, STRAYED = "good", "lower", "other", "zero", "strayed"
"""What the coefficients say: as stated; one of lower order; another constant; they vanish; others
vanish than at the first prime."""


@dataclass(frozen=True)
class Run:
    """One expansion: what it says, at which order, and the coefficient and constant there."""

    says: str
    order: int
    xp: Series
    value: Value
    stated: Value | None

    @property
    def base(self) -> Coefficients:
        return self.xp.base

    @property
    def conditions(self) -> list[str]:
        return [*self.xp.conditions, *self.base.signs.exceptions]

    @property
    def positive(self) -> bool:
        """Is the constant known not to be negative?"""
        both = [c for c in (self.value, self.stated) if c is not None]
        return any(self.base.known(c).nonneg for c in both)

    @property
    def nonzero(self) -> bool:
        both = [c for c in (self.value, self.stated) if c is not None]
        return not self.base.field.symbols or any(self.base.known(c).nonzero for c in both)

    def ball(self, of_stated: bool = False) -> Any:
        value = self.stated if of_stated else self.value
        assert value is not None
        return value.data[3].data[()]


# -- one expansion -------------------------------------------------------------------------------
def _run(statement: Statement, part: int, base: Any, plan: Plan, raws: Raw) -> Run:
    """The body in series over a base, from values of it."""
    xp = Series(base, plan.kept, plan.bold)
    values = {k: xp.constant_of(v) for k, v in raws.items()}
    relation = statement.relations(xp, values)[part]
    d, p = _scalar(xp, _remainder(xp, relation)), relation.order
    stated = _stated(statement, xp, relation)
    d = xp.stripped(d)
    if d.low < p:
        return Run(LOWER, d.low, xp, d.terms[d.low], stated)
    if d.end <= p:
        raise Short
    c = d.terms.get(p, base.lift(0))
    if xp.stripped(xp._sub(d, xp._conj(d))).terms:
        raise Unsupported("a remainder that is not real")
    says = ZERO if base.vanishes(c) else GOOD
    if stated is not None and not _same(base, c, stated):
        says = OTHER
    return Run(says, p, xp, c, stated)


def _columns(statement: Statement, base: Coefficients, at: Raw, raw: Raw | None) -> Raw:
    """The raw parameters in each of the base's arithmetics, as values of the base."""
    shapes = {k: np.shape(v) for k, v in at.items()}
    columns = [
        {k: base.field.from_raw(v) for k, v in at.items()},
        statement.signs(base.signs, shapes),
        {k: base.degrees.variable(s) for k, s in shapes.items()},
        *([] if raw is None else [wrap_raw(base.xps[3], raw)]),
    ]
    return {k: base.together(column[k] for column in columns) for k in shapes}


def _remainder(xp: Series, relation: Rate) -> Any:
    try:
        return relation.remainder(xp.n)  # type: ignore[arg-type]
    except (Unsupported, Unlucky, Short, TooSlow, Elsewhere):
        raise
    except Exception as error:  # a value where the body needs an integer
        raise Unsupported(f"n as a plain integer ({error})") from None


def _scalar(xp: Series, value: Any) -> Terms:
    data = getattr(xp.lift(value), "data", None)
    if not isinstance(data, Terms) or data.shape:
        raise Unsupported("a remainder that is not one number")
    return data


def _stated(statement: Statement, xp: Series, relation: Rate) -> Value | None:
    """The stated constant; a planted fault shifts it."""
    if relation.constant is None:
        return None
    d = _scalar(xp, relation.constant)
    if not d.plain:
        raise Unsupported("a constant that depends on n")
    value = d.terms.get(0, xp.base.lift(0))
    if not xp.base.vanishes(value - xp.base.conj(value)):
        raise Unsupported("a constant that is not real")
    shift = 0 if statement.fault is None else value / 10**statement.fault.k
    return value + shift


def _same(base: Coefficients, a: Value, b: Value) -> bool:
    """Equal as they stand; or both known to be nonnegative, with equal squares."""
    if base.vanishes(a - b):
        return True
    known = base.known(a).nonneg and base.known(b).nonneg
    return known and bool(base.vanishes(a * a - b * b))


def _roots(first: Prime, one: Callable[[Prime], Any]) -> Iterator[Any]:
    """The expansion at one point for every choice of square roots.

    Choices that are not those of a point are passed over.
    """
    prefix: tuple[bool, ...] | None = ()
    while prefix is not None:
        field = first.again(prefix)
        with suppress(Elsewhere):
            yield one(field)
        if len(field.choices) > ROOTS:
            raise Unsupported(f"more than {ROOTS} square roots")
        prefix = following(field.choices)


def _drawn(shapes, signs: Raw, rng: random.Random, runs: Callable[[Prime, Raw], Any]) -> Any:
    """What ``runs`` gives at a random prime and point that is not unlucky."""
    for _ in range(RETRIES):
        field = Prime(random_prime(rng), rng)
        try:
            return runs(field, residues(field, shapes, signs))
        except Unlucky:
            continue
    raise Unsupported("square roots at every point tried")


def _expanded(statement: Statement, part: int, shapes, signs: Raw, rng, plan: Plan) -> list[Run]:
    """The expansions at a random point, one for every choice of roots."""

    def runs(first: Prime, at: Raw) -> list[Run]:
        def one(field: Prime) -> Run:
            base = Coefficients(field)
            return _run(statement, part, base, plan, _columns(statement, base, at, None))

        return list(_roots(first, one))

    return _drawn(shapes, signs, rng, runs)


def _again(
    statement: Statement, part: int, shapes, signs: Raw, rng, plan: Plan, known: list[Run]
) -> set[str]:
    """What the expansions say at a further point, where the same coefficients vanish."""

    def one(field: Prime, at: Raw) -> str:
        for before in known:  # which of them this choice of roots is like cannot be told beforehand
            base = Follower(field, before.base.answers)
            field.choices = base.choices
            values = {k: base.from_raw(v) for k, v in at.items()}
            with suppress(Strayed):
                return _run(statement, part, base, plan, values).says
        return STRAYED

    def runs(first: Prime, at: Raw) -> set[str]:
        return set(_roots(first, lambda field: one(field, at)))

    return _drawn(shapes, signs, rng, runs)


def _planned(
    statement: Statement, part: int, shapes, signs: Raw, rng, last: Plan | None
) -> tuple[Plan, list[Run]]:
    """The first plan that keeps enough terms, and a trial with it."""
    order = statement.probe(statement.smallest)[part].order
    for plan in Plan.all(order, last):
        try:
            return plan, _expanded(statement, part, shapes, signs, rng, plan)
        except Short:
            continue
    raise Unsupported(f"a remainder of which {MOST} terms do not show the order")


# -- judging -------------------------------------------------------------------------------------
@dataclass
class Shown:
    """What has been shown of one part so far."""

    part: int
    bound: float = -math.inf
    conditions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    proof: dict[str, Any] | None = None

    def add(self, runs: list[Run], *more: str) -> None:
        conditions = [*self.conditions, *(c for r in runs for c in r.conditions), *more]
        self.conditions = tuple(dict.fromkeys(conditions))
        left_out = [*self.left_out, *(c for r in runs for c in r.xp.left_out)]
        self.left_out = tuple(dict.fromkeys(left_out))


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    report = Report("series")
    parts = statement.parts("Rate")
    if not parts:
        return report.not_concerned()
    rng = statement.fresh("series")
    shown: list[Shown] = []
    why = Why.OTHER, ""
    for part in parts:
        try:
            with limited(profile.seconds / 2):
                found = _judged(report, statement, part, rng, profile.bound, seed)
        except Unsupported as gap:
            why = Why.UNSUPPORTED, f"no series in 1/n: {gap.primitive}"
            continue
        except TooSlow as slow:
            why = Why.OTHER, str(slow)
            continue
        if isinstance(found, Evidence):
            return found
        if isinstance(found, str):
            why = Why.OTHER, found
        else:
            shown.append(found)
    if not shown:
        return report.silent(*why)
    return _proved(report, statement, shown, why[1])


def _proved(report: Report, statement: Statement, shown: list[Shown], detail: str) -> Evidence:
    report.strata = {GENERIC: report.cases}
    ranges = statement.visited()
    report.shapes = len(statement.product(ranges))
    scopes = {
        s.part: statement.scope(ranges, conditions=s.conditions, left_out=s.left_out) for s in shown
    }
    orders = [statement.probe(statement.smallest)[s.part].order for s in shown]
    return report.proves(
        scopes,
        "series",
        detail=detail,
        log2_bound=max(s.bound for s in shown),
        order=", ".join(map(str, dict.fromkeys(orders))),
        worst=no_worst(NO_SIZE),
        proof={str(s.part + 1): s.proof for s in shown},
    )


def _judged(
    report: Report, statement: Statement, part: int, rng: random.Random, wanted: float, seed: int
) -> Shown | Evidence | str:
    """A part: what is shown of it, a refutation, or why nothing can be said."""
    shown, plan = Shown(part), None
    for sizes in statement.product(statement.visited()):
        shapes = statement.raw_shapes(sizes)
        for signs in components(statement, shapes):
            plan, runs = _planned(statement, part, shapes, signs, rng, plan)
            one, kinds = max(r.base.chance() for r in runs), {r.says for r in runs}
            bound = one
            if one > WORTHLESS:
                raise Unsupported("a degree too high for primes below 2^60")
            while bound > wanted and kinds in ({GOOD}, {ZERO}):
                kinds |= _again(statement, part, shapes, signs, rng, plan, runs)
                bound, report.cases = bound + one, report.cases + len(runs)
            if kinds != {GOOD} or statement.fault is not None:
                return _against(report, statement, sizes, part, kinds, runs, bound, seed)
            shown.add(runs, *_sized(statement, sizes, part, runs, seed))
            shown.bound = max(shown.bound, bound)
            shown.proof = {"kept": plan.kept, "bold": plan.bold, "primes": "fresh"}
            if NEGATIVE in shown.conditions:
                found = _refuted(report, statement, sizes, part, seed)
                if found is not None:
                    return found
    return shown


def _sized(statement: Statement, sizes, part: int, runs: list[Run], seed: int) -> list[str]:
    """What is not known of the constant: that it is nowhere negative, somewhere not zero."""
    open_ = [] if all(r.positive for r in runs) else [NEGATIVE]
    if not all(r.nonzero for r in runs):
        rng = stream(statement.key, "series", seed)
        for _ in range(POINTS):
            at = at_point(statement, point(statement, sizes, rng, bits=3), part)
            if at is not None and not at.ball().contains(0):
                return open_
        open_.append("whether the leading constant is not zero everywhere")
    return open_


def _against(
    report: Report, statement: Statement, sizes, part: int, kinds: set[str], runs, bound, seed: int
) -> Evidence | str:
    """The coefficients are not as stated: a refutation if a point or an identity gives one."""
    found = _refuted(report, statement, sizes, part, seed)
    if found is not None:
        return found
    if kinds == {ZERO} and not any(r.conditions for r in runs):
        raw = point(statement, sizes, stream(statement.key, "series", seed), bits=3)
        reason = f"the coefficient of n^-{runs[0].order} and all before it vanish identically"
        witness = _witness(statement, sizes, raw, part, reason, "prime fields", 0)
        return report.refutes(witness, "series", detail=reason, log2_bound=bound)
    if any(r.base.field.symbols for r in runs):
        return FREE
    return "the coefficients are not as stated, and no point shows it"


def _refuted(report: Report, statement: Statement, sizes, part: int, seed: int) -> Evidence | None:
    """A refutation at one of a few points."""
    rng = stream(statement.key, "series", seed)
    for _ in range(POINTS):
        raw = point(statement, sizes, rng, bits=3)
        reason, digits = refutes_at(statement, raw, part)
        if reason:
            witness = _witness(statement, sizes, raw, part, reason, "ball", digits)
            return report.refutes(witness, "series", detail=reason)
    return None


# -- at a point ----------------------------------------------------------------------------------
def at_point(statement: Statement, raw: Raw, part: int, digits: int = DIGITS[0]) -> Run | None:
    """The expansion at an exact point, in balls, or None where they cannot tell."""
    shapes = {k: np.shape(v) for k, v in raw.items()}
    signs = {k: np.asarray(raw[k]) for k in statement.sign_raws}
    signs = {k: np.frompyfunc(int, 1, 1)(v) for k, v in signs.items()}
    rng = statement.fresh("series/point")

    def one(field: Prime, at: Raw, plan: Plan) -> Run:
        base = Coefficients(field, at_a_point=True)
        return _run(statement, part, base, plan, _columns(statement, base, at, raw))

    def runs(first: Prime, at: Raw, plan: Plan) -> Run | None:
        return next(_roots(first, lambda field: one(field, at, plan)), None)

    with working_digits(digits):
        for plan in Plan.all(statement.probe(statement.smallest)[part].order, None):
            with suppress(Short, Unsupported):
                return _drawn(shapes, signs, rng, partial(runs, plan=plan))
    return None


def refutes_at(statement: Statement, raw: Raw, part: int) -> tuple[str, int]:
    """(why the rate is certainly wrong at an exact point, or an empty string; digits used)."""
    if not statement.admits(raw):
        return "", 0
    for digits in DIGITS:
        found = at_point(statement, raw, part, digits)
        reason = "" if found is None else _wrong(statement, found)
        if reason:
            return reason, digits
    return "", 0


def _wrong(statement: Statement, found: Run) -> str:
    c, p = found.ball(), found.order
    if isinstance(c, acb):
        return ""
    if found.says == LOWER and not c.contains(0):
        return f"the coefficient of n^{-p} is {shown(c, 12)}, not 0"
    if c < 0:
        return f"the coefficient of n^{-p} is {shown(c, 12)}: a remainder is not negative"
    if found.says == OTHER:
        stated = found.ball(of_stated=True)
        if not (c - stated).contains(0):
            return f"the coefficient of n^{-p} is {shown(c, 12)}, not {shown(stated, 12)}"
    if statement.fault is not None and found.stated is None and c > 0:
        return f"the order is {p}, and not off by 10^-{statement.fault.k}"
    return ""


def _witness(
    statement: Statement, sizes, raw: Raw, part: int, reason: str, by: str, digits: int
) -> Witness:
    return Witness(
        relation="Rate",
        sizes=dict(sizes),
        raw={k: strings(v) for k, v in raw.items()},
        inputs=shown_inputs(statement, raw, max(digits, 30)),
        part=part,
        index=(),
        side=SIDES,
        lhs=reason,
        rhs=f"order {statement.probe(sizes)[part].order}",
        certified_by=by,
        digits=digits,
    )
