"""Series: the rate of a remainder from its expansion in 1/n, compared as an identity.

The body runs in truncated power series in h = 1/n whose coefficients are residues at a random point
of a random prime field, with known signs and degrees beside them.  A rate of order p is proved if,
at every choice of square roots, all coefficients below p vanish, the one of order p is the stated
constant (if one is), and does not vanish identically.  Then
n^p · remainder tends to it for every input.  What may go wrong where a leading coefficient vanishes
is a side condition, which stays in the scope unless the sign or a constant excludes it.

One run tests some coefficients, each of which may vanish by accident; runs at fresh primes that all
show the same multiply, and the chance counts all tests of a run.

A rate is refuted at a point, by balls: a coefficient of lower order is not zero there, or the one
of order p is not the constant, while the leading coefficients on the way are not zero.
It is refuted for all points at once if the coefficient of order p vanishes identically as well.
Residues with free symbols never refute.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

import numpy as np
from flint import acb

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.ball import working_digits
from fieldcheck.arithmetic.branches import following
from fieldcheck.arithmetic.coefficients import Coefficients, Elsewhere, Strayed, follower
from fieldcheck.arithmetic.prime import NO_ROOT, Prime, Unlucky, prime_of
from fieldcheck.arithmetic.series import Series, Short, Terms
from fieldcheck.arithmetic.sign import Known, Sign
from fieldcheck.evidence.chances import LEAST, WORTHLESS, missed, moduli
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import Raw, modulo, numpy_stream, stream, wrap_raw
from fieldcheck.evidence.kinks import PLAIN, POINT, off
from fieldcheck.evidence.leading import Leading, points
from fieldcheck.evidence.methods import rate
from fieldcheck.evidence.points import GENERIC, point
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.watching import watching
from fieldcheck.evidence.witness import NO_SIZE, SIDES, no_worst, shown, shown_inputs, strings
from fieldcheck.relations import Rate
from fieldcheck.verdict import Evidence, Report, Why, Witness

ROOTS = 6
"""Square roots of one remainder, all of whose signs are tried."""

BOUND = -101.0
"""log2 of the chance that a rate which is refuted again because all vanishes is not wrong."""

RARE = 4
"""So many vanishing divisors in a row are no accident."""

MOST = 48
"""Terms of a series that are kept at most."""

DIGITS = (60, 120, 240)
SCALES = (1, 1, 3, 10, 30, 100, 1000, Fraction(1, 10), Fraction(1, 100))
"""Sizes of the points at which balls look for a refutation, or for a constant that is not zero."""

SUSPECTS = 4
"""Points known in floats alone that are looked at."""

Signs = Mapping[Any, Mapping[Any, Any]]
"""Raw parameters that are signs: {(name, index): {None: 1 or -1}}."""

Shapes = Mapping[str, tuple[int, ...]]
Found = TypeVar("Found")

NO_SERIES = "no series in 1/n"
FREE = "free symbols of which nothing more is known"
VANISH = "the coefficient of n^-{} and all before it vanish identically"


@dataclass(frozen=True)
class Plan:
    """How many terms are kept, whether leading coefficients are taken to be nonzero, and whether
    kinks are made of roots."""

    kept: int
    bold: bool
    rooted: bool = False

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
        base: Coefficients = self.xp.base
        return base

    @property
    def conditions(self) -> list[str]:
        return [*self.xp.conditions, *map(str, self.base.exceptions)]

    @property
    def chance(self) -> float:
        """log2 of the chance that one of the tests of the run deceived."""
        field, base = self.base.field, self.base
        one = missed(base.size(), base.degrees.coincidences, len(field.choices))
        return math.log2(2**one * max(1, base.tests) + field.compared / LEAST)

    @property
    def nonzero(self) -> bool:
        both = [c for c in (self.value, self.stated) if c is not None]
        return not self.base.field.symbols or any(self.base.known(c).nonzero for c in both)

    def ball(self, of_stated: bool = False) -> Any:
        value = self.stated if of_stated else self.value
        assert value is not None
        return value.data[2].data[()]


# -- one expansion -------------------------------------------------------------------------------
def _run(statement: Statement, part: int, base: Any, plan: Plan, raws: Raw) -> Run:
    """The body in series over a base, from values of it."""
    xp = Series(base, plan.kept, plan.bold)
    values = {k: xp.constant_of(v) for k, v in raws.items()}
    relation = statement.relations(xp, values)[part]
    d, p = _scalar(xp, _remainder(xp, relation)), relation.order
    stated = _stated(statement, xp, relation)
    d = xp.stripped(d)
    if base.field.choices and base.field.contradicts_itself():
        raise Elsewhere
    if d.low < p:
        if d.low not in d.terms:  # nothing kept is known not to vanish
            raise Short
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


def _values(statement: Statement, base: Any, at: Raw) -> Raw:
    """Residues of the raw parameters, with their signs."""
    residues = getattr(base, "residues", base)
    return {
        k: residues.informed(
            residues.field.from_raw(v).data,
            Known(np.shape(v), True, nonzero=k in statement.nonzero_raws),
        )
        for k, v in at.items()
    }


def _columns(statement: Statement, base: Coefficients, at: Raw, raw: Raw | None) -> Raw:
    """The raw parameters in each of the base's arithmetics, as values of the base."""
    columns = [
        _values(statement, base, at),
        {k: base.degrees.variable(np.shape(v)) for k, v in at.items()},
        *([] if raw is None else [wrap_raw(base.xps[2], raw)]),
    ]
    return {k: base.together(column[k] for column in columns) for k in at}


def _remainder(xp: Series, relation: Rate) -> Any:
    try:
        return relation.remainder(xp.n)  # type: ignore[arg-type]
    except (Unsupported, Unlucky, Short, TooSlow, Elsewhere):
        raise
    except Exception as error:  # a value, where the body needs an integer
        raise Unsupported("n as a plain integer") from error


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
    value: Value = d.terms.get(0, xp.base.lift(0))
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


def _roots(first: Prime, one: Callable[[Prime], Found]) -> Iterator[Found]:
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


def _some(runs: list[Found]) -> list[Found]:
    if not runs:  # every choice of roots was left out
        raise Unlucky(NO_ROOT)
    return runs


def _drawn(
    shapes: Shapes,
    signs: Signs,
    rng: random.Random,
    runs: Callable[[Prime, Raw], Found],
    p: int | None = None,
) -> Found:
    """What ``runs`` gives at a random prime (or this one) and point that is not unlucky."""
    divided = 0
    for modulus in moduli(rng, p):
        field = Prime(modulus, rng)
        at = {k: field.residues(s) for k, s in shapes.items()}
        for (name, index), value in signs.items():
            at[name][index] = int(value[None]) % field.p
        try:
            return runs(field, at)
        except Unlucky as reason:
            divided = 0 if str(reason) == NO_ROOT else divided + 1
            if divided == RARE:
                raise Unsupported("a divisor that vanishes identically") from None
    raise Unsupported("square roots at every point tried")


def _expanded(
    statement: Statement, part: int, shapes: Shapes, signs: Signs, rng: random.Random, plan: Plan
) -> list[Run]:
    """The expansions at a random point, one for every choice of roots."""

    def runs(first: Prime, at: Raw) -> list[Run]:
        def one(field: Prime) -> Run:
            base = Coefficients(field, plan.rooted)
            return _run(statement, part, base, plan, _columns(statement, base, at, None))

        return _some(list(_roots(first, one)))

    return _drawn(shapes, signs, rng, runs)


def _again(
    statement: Statement,
    part: int,
    shapes: Shapes,
    signs: Signs,
    rng: random.Random,
    plan: Plan,
    known: list[Run],
) -> set[str]:
    """What the expansions say at a further point, where the same coefficients vanish."""

    def one(field: Prime, at: Raw) -> str:
        for before in known:  # which of them this choice of roots is like cannot be told beforehand
            again = field.again(field.prefix)
            field.choices = again.choices
            base = follower(again, plan.rooted, before.base.answers)
            with suppress(Strayed):
                return _run(statement, part, base, plan, _values(statement, base, at)).says
        return STRAYED

    def runs(first: Prime, at: Raw) -> set[str]:
        return set(_some(list(_roots(first, lambda field: one(field, at)))))

    return _drawn(shapes, signs, rng, runs)


def _planned(
    statement: Statement,
    part: int,
    shapes: Shapes,
    signs: Signs,
    rng: random.Random,
    last: Plan | None,
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
    seen = watching(statement)
    if seen:  # it could answer otherwise to an integer
        return report.silent(Why.UNSUPPORTED, f"{NO_SERIES}: {seen}")
    rng = statement.fresh("series")
    shown: list[Shown] = []
    why = Why.OTHER, ""
    for part in parts:
        try:
            with limited(profile.seconds / 2):
                found = _judged(report, statement, part, rng, profile.bound, seed)
        except Unsupported as gap:
            why = Why.UNSUPPORTED, f"{NO_SERIES}: {gap.primitive}"
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
    for s in shown:
        _takes_an_integer(statement, s.part)
    return _proved(report, statement, shown, why[1])


def _takes_an_integer(statement: Statement, part: int) -> None:
    """Runs a remainder at an integer: an expansion says nothing of a body that breaks there."""
    xp = Sign()
    raws = statement.signs(xp, statement.raw_shapes(statement.smallest))
    with suppress(Unsupported):
        relation = statement.relations(xp, raws)[part]
        relation.remainder(relation.start)


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
        proof={"kind": "series", "parts": [s.part + 1 for s in shown], "grid": ranges},
    )


def _judged(
    report: Report, statement: Statement, part: int, rng: random.Random, wanted: float, seed: int
) -> Shown | Evidence | str:
    """A part: what is shown of it, a refutation, or why nothing can be said."""
    shown = Shown(part)
    plan: Plan | None = None
    open_: dict[str, tuple[dict[str, int], Plan, list[Run]]] = {}
    for sizes in statement.product(statement.visited()):
        shapes = statement.raw_shapes(sizes)
        for signs in statement.sign_patterns(sizes):
            plan, runs, kinds, bound = _trials(statement, part, shapes, signs, rng, wanted, plan)
            if kinds not in ({GOOD}, {ZERO}) and any(r.base.field.steps for r in runs):
                with suppress(Unsupported):
                    last = replace(plan, rooted=True)
                    tried = _trials(statement, part, shapes, signs, rng, wanted, last)
                    plan, runs, kinds, bound = tried
            report.cases += len(runs)
            if kinds != {GOOD} or statement.fault is not None:
                said = _against(report, statement, sizes, part, kinds, runs, bound, seed)
                if isinstance(said, str) and statement.fault is None:
                    return _elsewhere(report, statement, sizes, part, plan, runs, seed) or said
                return said
            shown.add(runs, *_sized(statement, sizes, part, runs, seed))
            shown.bound = max(shown.bound, bound)
        if shown.conditions and plan is not None:
            open_["last"] = sizes, plan, runs
            open_.setdefault("first", open_["last"])
    for at, kept, ran in {id(o): o for o in open_.values()}.values():
        found = _elsewhere(report, statement, at, part, kept, ran, seed)
        if found is not None:
            return found
    return shown


def _elsewhere(
    report: Report,
    statement: Statement,
    sizes: dict[str, int],
    part: int,
    plan: Plan,
    runs: list[Run],
    seed: int,
) -> Evidence | None:
    """What speaks against the rate where a leading coefficient is not what it is elsewhere: a
    certified refutation, a fit, or a suspicion where such a point is known in floats alone."""
    rng = numpy_stream(statement.key, "series/leading", seed)
    suspect, asked = "", 0
    for one in runs:
        leading = Leading(statement, partial(_coefficient, statement, part, plan), one.base.answers)
        for raw, site in points(leading, sizes, rng):
            if not statement.admits(raw):
                continue
            if site is None:
                reason, digits = refutes_at(statement, raw, part, itself=True)
                if reason:
                    witness = _witness(statement, sizes, raw, part, reason, "ball", digits)
                    return report.refutes(witness, "series", detail=reason)
                if at_point(statement, raw, part, itself=True) is None:  # another kind of rate
                    fitted = rate.doubts_at(statement, sizes, raw, part)
                    if fitted is not None:
                        return report.doubts(fitted.lhs, "rate", witness=fitted)
                    continue
            asked += 1
            if not suspect and asked <= SUSPECTS:
                unit = site is not None and site.kind == POINT
                suspect = _suspect(statement, leading if unit else None, sizes, raw, part, seed)
    if suspect:
        return report.silent(Why.UNSETTLED, f"where something vanishes: {suspect}")
    return None


def _suspect(
    statement: Statement,
    jumps: Leading | None,
    sizes: dict[str, int],
    raw: Raw,
    part: int,
    seed: int,
) -> str:
    """What speaks against a rate at a point that is as good as a zero of something: ``jumps``, if
    a unit vector is 0 there."""
    here = {k: np.asarray(v, dtype=float)[None] for k, v in raw.items()}
    if jumps is not None and off(jumps, here).max() > PLAIN:
        return "the constant is another"
    return rate.suspect(statement, sizes, raw, part, seed)


def _coefficient(
    statement: Statement, part: int, plan: Plan, base: Any, raws: Raw
) -> tuple[Value, Value | None]:
    """The coefficient of the stated order, and the constant, over a base that knows its answers."""
    xp = Series(base, plan.kept, plan.bold)
    values = {k: xp.constant_of(v) for k, v in raws.items()}
    relation = statement.relations(xp, values)[part]
    d, stated = _scalar(xp, _remainder(xp, relation)), _stated(statement, xp, relation)
    return xp.stripped(d).terms.get(relation.order, base.lift(0)), stated


def _trials(
    statement: Statement,
    part: int,
    shapes: Shapes,
    signs: Signs,
    rng: random.Random,
    wanted: float,
    last: Plan | None,
) -> tuple[Plan, list[Run], set[str], float]:
    """The plan that shows the order, the first runs with it, all that is said, and log2 of the
    chance that it is not so."""
    plan, runs = _planned(statement, part, shapes, signs, rng, last)
    bound = one = max(r.chance for r in runs)
    kinds = {r.says for r in runs}
    while bound > wanted and kinds in ({GOOD}, {ZERO}):
        if one > WORTHLESS:
            raise Unsupported(str(Why.DEGREE))
        kinds |= _again(statement, part, shapes, signs, rng, plan, runs)
        bound += one
    return plan, runs, kinds, bound


def _sized(
    statement: Statement, sizes: dict[str, int], part: int, runs: list[Run], seed: int
) -> list[str]:
    """What is not known of the constant: that it is somewhere not zero."""
    if all(r.nonzero for r in runs):
        return []
    for raw in _points(statement, sizes, seed):
        at = at_point(statement, raw, part)
        if at is not None and not at.ball().contains(0):
            return []
    return ["whether the leading constant is not zero everywhere"]


def _against(
    report: Report,
    statement: Statement,
    sizes: dict[str, int],
    part: int,
    kinds: set[str],
    runs: list[Run],
    bound: float,
    seed: int,
) -> Evidence | str:
    """The coefficients are not as stated: a refutation if a point or an identity gives one."""
    found = _refuted(report, statement, sizes, part, seed)
    if found is not None:
        return found
    if kinds == {ZERO} and not any(r.conditions for r in runs):
        raw = point(statement, sizes, stream(statement.key, "series", seed), bits=3)
        reason = VANISH.format(runs[0].order)
        witness = _witness(statement, sizes, raw, part, reason, "prime fields", 0)
        return report.refutes(witness, "series", detail=reason, log2_bound=bound)
    if any(r.base.field.symbols for r in runs):
        return FREE
    return "the coefficients are not as stated, and no point shows it"


def _refuted(
    report: Report, statement: Statement, sizes: dict[str, int], part: int, seed: int
) -> Evidence | None:
    """A refutation at one of a few points."""
    for raw in _points(statement, sizes, seed):
        reason, digits = refutes_at(statement, raw, part)
        if reason:
            witness = _witness(statement, sizes, raw, part, reason, "ball", digits)
            return report.refutes(witness, "series", detail=reason)
    return None


def _points(statement: Statement, sizes: dict[str, int], seed: int) -> Iterator[Raw]:
    """A few exact points of the domain, of several sizes."""
    rng = stream(statement.key, "series", seed)
    for scale in SCALES:
        drawn = point(statement, sizes, rng, bits=3)
        raw = {k: v if k in statement.sign_raws else v * scale for k, v in drawn.items()}
        if statement.admits(raw):
            yield raw


# -- at a point ----------------------------------------------------------------------------------
def at_point(
    statement: Statement, raw: Raw, part: int, digits: int = DIGITS[0], itself: bool = False
) -> Run | None:
    """The expansion at an exact point, in balls, or None where they cannot tell.

    The coefficients that vanish are those that vanish at generic points; or, with ``itself``, at
    this one, which is then the point of the residues too.
    """
    shapes = {k: np.shape(v) for k, v in raw.items()}
    signs = {(k, i): {None: raw[k][i]} for k in statement.sign_raws for i in np.ndindex(*shapes[k])}
    rng = statement.fresh("series/point")
    rng = rng if itself else statement.__dict__.setdefault("_at_points", rng)
    p = prime_of(rng)

    def one(field: Prime, at: Raw, plan: Plan) -> Run:
        base = Coefficients(field, plan.rooted, at_a_point=True)
        at = modulo(raw, field.p) if itself else at
        return _run(statement, part, base, plan, _columns(statement, base, at, raw))

    def runs(first: Prime, at: Raw, plan: Plan) -> Run | None:
        return next(_roots(first, lambda field: one(field, at, plan)), None)

    with working_digits(digits):
        for plan in Plan.all(statement.probe(statement.smallest)[part].order, None):
            with suppress(Short, Unsupported):
                found = _drawn(shapes, signs, rng, partial(runs, plan=plan), p)
                rooted = replace(plan, rooted=True)
                return found or _drawn(shapes, signs, rng, partial(runs, plan=rooted), p)
    return None


def refutes_at(statement: Statement, raw: Raw, part: int, itself: bool = False) -> tuple[str, int]:
    """(why the rate is certainly wrong at an exact point, or an empty string; digits used);
    ``itself``: perhaps because something vanishes there that does not elsewhere."""
    if not statement.admits(raw):
        return "", 0
    for digits in DIGITS:
        found = at_point(statement, raw, part, digits)
        reason = "" if found is None else _wrong(statement, found)
        if reason:
            return reason, digits
    if not itself:
        return "", 0
    # twice: at one prime a coefficient may vanish by accident
    both = [at_point(statement, raw, part, itself=True) for _ in range(2)]
    first, second = ("" if found is None else _wrong(statement, found) for found in both)
    return (first, DIGITS[0]) if first and second else ("", 0)


def holds_at(statement: Statement, raw: Raw, part: int) -> bool:
    """Does the expansion at an exact point agree with the rate?"""
    found = at_point(statement, raw, part)
    return found is not None and found.says == GOOD


def again(statement: Statement, sizes: dict[str, int], raw: Raw, part: int) -> str:
    """Why a rate that was refuted at a point, or at all of them, is wrong; empty if it is not."""
    reason, _ = refutes_at(statement, raw, part, itself=True)
    if reason or not statement.admits(raw):
        return reason
    shapes, rng = statement.raw_shapes(sizes), statement.fresh("series/again")
    for signs in statement.sign_patterns(sizes):
        _, runs, kinds, _ = _trials(statement, part, shapes, signs, rng, BOUND, None)
        if kinds == {ZERO} and not any(r.conditions for r in runs):
            return VANISH.format(runs[0].order)
    return ""


def _wrong(statement: Statement, found: Run) -> str:
    c, p = found.ball(), found.order
    if isinstance(c, acb):
        return ""
    if found.says == LOWER and not c.contains(0):
        return f"the coefficient of n^{-p} is {shown(c, 12)}, not 0"
    if found.says == OTHER:
        stated = found.ball(of_stated=True)
        if not (c - stated).contains(0):
            return f"the coefficient of n^{-p} is {shown(c, 12)}, not {shown(stated, 12)}"
    if statement.fault is not None and found.stated is None and not c.contains(0):
        return f"the order is {p}, and not off by 10^-{statement.fault.k}"
    return ""


def _witness(
    statement: Statement,
    sizes: dict[str, int],
    raw: Raw,
    part: int,
    reason: str,
    by: str,
    digits: int,
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
