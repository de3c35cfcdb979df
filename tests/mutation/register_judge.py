"""What becomes of a mutant, by the project's own machine.

    refuted     a certified witness, read back from its record, refutes the mutant again, while the
                true form holds at the same point (fieldcheck.evidence.kill)
    equivalent  the mutant says the same as the form, and the machine can tell why (below)
    survived    the mutant holds, and no machine can tell that it says the same
    undecided   neither; also where it means nothing (a side that never moves)
    stillborn   the mutant raises, or has no value anywhere: shapes that do not fit, a primitive of
                another arithmetic, the root of a negative number. A crash is no kill

A mutant that breaks at some sizes is tried again where it may run, at sizes from two up and at
squares of two: only a witness counts from there.

Three reasons for equivalence are recognized, after a mutant was not refuted, at points of several
shapes, in balls, to within 1e-40 in every entry:

    same        both sides are what they were
    scaled      both sides are what they were times one number (for an inequality a positive one),
                perhaps transposed or conjugated, or, for an equality, times a number for each entry
    relabelled  both sides are what they were (or scaled) at another point, by a map of the free
                parameters onto themselves: one input negated, conjugated, transposed, two
                exchanged, ... Of statements about all inputs the two say the same

A statement that something is zero shows nothing of itself at a point. So a part counts only if
some side differs from zero; ``Zero`` of a sum is read term by term, of a product factor by factor,
of the derivative of f along h as f and h. What then shows nothing is left to a reader.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Array, Unsupported, Value
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.claim import Form
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.draws import Raw, wrap_raw
from fieldcheck.evidence.gather import gather
from fieldcheck.evidence.kill import check_kill
from fieldcheck.evidence.methods import cells, enclose, exact, ladder, sample
from fieldcheck.evidence.points import point
from fieldcheck.evidence.profiles import PROFILES, Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import witness_at
from fieldcheck.relations import Law, Piece, Rank, Rate, Solutions, Zero, parts_of
from fieldcheck.verdict import Evidence, Verdict, Witness
from tests.mutation.register_operators import Mutant, form_of, text_of

REFUTED, EQUIVALENT, SURVIVED = "refuted", "equivalent", "survived"
UNDECIDED, STILLBORN = "undecided", "stillborn"
OUTCOMES = (REFUTED, EQUIVALENT, SURVIVED, UNDECIDED, STILLBORN)

DIGITS = 70
SHAPES = 8
LARGEST = 3
"""How many shapes, and how large their sizes, at which a mutant is held against its form."""
POINTS = 3
CLOSE = -40
"""log10 of how near two entries must be, in balls that hold no more, to count as one."""

SECONDS = 20
"""Time limit of one method in the second try, where quick leaves a mutant undecided."""

PATIENCE = 8
"""Seconds to look for a reason of equivalence."""

CHEAP = ("exact", "cells", "rank", "solutions", "ladder", "series", "rate", "law")
KINKED = {
    "relu",
    "abs",
    "maximum",
    "minimum",
    "clip",
    "unit",
    "step",
    "norm",
    "colu",
    "lorentz",
    "orthant",
    "psd",
    "gaps",
    "layers",
}
"""Words of a body that may bring in a function with cases."""

FACTORS = sorted(
    {Fraction(s * a, b) for a in range(1, 13) for b in range(1, 13) for s in (1, -1)},
    key=lambda q: (q != 1, q != -1, abs(q.numerator) + q.denominator, q < 0),
)


@dataclass(frozen=True)
class Result:
    """What became of a mutant, and why."""

    outcome: str
    reason: str = ""
    grade: str | None = None

    def record(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "reason": self.reason, "grade": self.grade}


def try_mutant(mutant: Mutant, seed: int = 0) -> Result:
    """Judge a mutant: the quick profile, then reasons for equivalence, then the standard one."""
    try:
        form = form_of(mutant)
    except SyntaxError as fault:
        return Result(STILLBORN, f"SyntaxError: {fault}")
    smooth = not KINKED & set(re.findall(r"\w+", text_of(mutant.form).source()))
    # Without kinks two formulas that agree at generic points agree: the search can be spared.
    first = _judged(mutant.form, form, PROFILES["quick"], seed, CHEAP if smooth else None)
    if first.outcome == REFUTED:
        return first
    if first.outcome == STILLBORN:
        return _where_it_runs(mutant.form, form, seed) or first
    why = equivalent(mutant)
    if why:
        return Result(EQUIVALENT, why, first.grade)
    if smooth:
        first = _judged(mutant.form, form, PROFILES["quick"], seed)
        if first.outcome == REFUTED:
            return first
        if first.outcome == STILLBORN:
            return _where_it_runs(mutant.form, form, seed) or first
    if first.outcome == SURVIVED:
        return first
    if _has_no_value(form):
        return Result(STILLBORN, "no finite value at any point")
    standard = replace(PROFILES["standard"], seconds=SECONDS)
    second = _judged(mutant.form, form, standard, seed)
    return first if second.outcome == STILLBORN else second


def _judged(
    true: Form, form: Form, profile: Profile, seed: int, only: Sequence[str] | None = None
) -> Result:
    with _any_witness():
        relations, evidence = gather(Statement(form), profile, seed, only)
    verdict = decide(relations, evidence)
    if verdict.verdict == REFUTED:
        reason = _unsound(true, form, verdict)
        return Result(UNDECIDED, reason) if reason else Result(REFUTED, "", verdict.grade)
    if verdict.holds:
        return Result(SURVIVED, "", verdict.grade)
    if verdict.verdict == "invalid" and not _vacuous(evidence):
        return Result(STILLBORN, _one_line(verdict.because))
    return Result(UNDECIDED, _one_line(verdict.because))


@contextmanager
def _any_witness() -> Iterator[None]:
    """Witnesses as they are found: nobody reads a mutant's, so none is made small."""
    before = {module: module.smallest for module in _FINDERS}
    for module in _FINDERS:
        module.smallest = as_it_is
    try:
        yield
    finally:
        for module, function in before.items():
            module.smallest = function


def as_it_is(
    statement: Statement, sizes: dict[str, int], raw: Raw, rng: random.Random, digits: int = 60
) -> Witness:
    """What stands in for ``smallest``, and takes what that takes."""
    return witness_at(statement, sizes, raw, digits)


_FINDERS: tuple[Any, ...] = (cells, enclose, exact, ladder, sample)


def _has_no_value(form: Form) -> bool:
    """Whether some part is without a finite value at all of several points: the root of a
    negative number, a division by zero."""
    statement = Statement(form)
    places = _places(statement, random.Random(f"values/{form.key}"))[-POINTS:]
    try:
        with limited(SECONDS), working_digits(DIGITS):
            said = [_said(form, raw) for _, raw in places]
            parts = zip(*said, strict=True)
            return any(not any(_is_finite(part) for part in same) for same in parts)
    except Exception:
        return False


def _is_finite(part: Part) -> bool:
    """Whether a part has a value: all its sides, remainders and constants."""
    return all(x.is_finite() for value in part.values for x in value.data.reshape(-1))


def _vacuous(evidence: list[Evidence]) -> bool:
    return not any(e.error for e in evidence)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())[:240]


def _unsound(true: Form, form: Form, verdict: Verdict) -> str:
    """Why a refutation does not count, or an empty string."""
    truth: Any = SimpleNamespace(id=true.claim_id, forms={f"{true.claim_id}/claim": true})
    try:
        return check_kill(truth, form, verdict)
    except Exception as fault:  # the witness lies where the true form has no value
        return f"the true form cannot be evaluated there: {type(fault).__name__}: {fault}"


def _where_it_runs(true: Form, form: Form, seed: int) -> Result | None:
    """A refutation at sizes at which a mutant runs that breaks elsewhere."""
    names = form.size_names()
    allowed = {n: list(form.sizes.get(n, range(1, 7))) for n in names}
    larger = {n: [v for v in values if v >= 2] for n, values in allowed.items()}
    squares = {n: [2] for n in names if 2 in allowed[n]}
    for sizes in (larger, squares):
        if not names or any(not sizes.get(n) for n in names):
            continue
        if {n: list(v) for n, v in sizes.items()} == allowed:
            continue
        result = _judged(true, replace(form, sizes=sizes), PROFILES["quick"], seed)
        if result.outcome == REFUTED:
            return result
    return None


# -- equivalence -----------------------------------------------------------------------------------
def equivalent(mutant: Mutant) -> str:
    """Why the machine takes a mutant to say the same as its form, or an empty string."""
    places = _places(Statement(mutant.form), random.Random(f"equivalence/{mutant.form.key}"))
    try:
        with limited(PATIENCE):
            return _equivalent(mutant.form, form_of(mutant), places)
    except (Unsupported, TooSlow):
        return ""
    except Exception:  # the mutant breaks at a shape that its judges did not visit
        return ""


def _equivalent(form: Form, mutant: Form, places: list[tuple[dict[str, int], Raw]]) -> str:
    with working_digits(DIGITS):
        return _reason(form, mutant, places)


def _reason(form: Form, mutant: Form, places: list[tuple[dict[str, int], Raw]]) -> str:
    said = [_said(mutant, raw) for _, raw in places]
    scale = _by_one_number(form, said, places, lambda sizes, raw: raw)
    if scale is not None:
        return "same" if scale == "1" else f"scaled: {scale}"
    for name, move in _moves(form):
        scale = _by_one_number(form, said, places, move)
        if scale is not None:
            return f"relabelled: {name}" + ("" if scale == "1" else f", scaled: {scale}")
    return ""


def _places(statement: Statement, rng: random.Random) -> list[tuple[dict[str, int], Raw]]:
    """Generic points of several shapes, large and unequal ones first."""
    grid = [s for s in statement.grid() if max(s.values(), default=0) <= LARGEST]
    grid = grid or [statement.smallest]
    grid = sorted(grid, key=lambda s: (-len(set(s.values())), -sum(s.values()), str(s)))[:SHAPES]
    while len(grid) < POINTS:
        grid.append(grid[0])
    return [(sizes, point(statement, sizes, rng)) for sizes in grid]


@dataclass(frozen=True)
class Part:
    """What one relation says at a point: what must agree literally, and values."""

    kind: str
    literal: str
    values: list[Value]
    xp: Trace


def _said(form: Form, raw: Raw) -> list[Part]:
    """All that a form says at a point."""
    statement, xp = Statement(form), Trace()
    out: list[Part] = []
    raws = wrap_raw(xp, raw)
    inputs = statement.inputs(xp, raws)
    xp.free = [inputs[name] for name, d in form.given.items() if d.name.startswith(FREE)]
    for k, relation in enumerate(parts_of(form.body(xp, **inputs))):
        values: list[Any] = []
        literal = ""
        if isinstance(relation, Rate):
            literal = str(relation.order)
            ns = (relation.start, relation.start + 1, 2 * relation.start)
            values = [relation.remainder(n) for n in ns]
            if relation.constant is not None:
                values.append(relation.constant)
        elif isinstance(relation, Rank):
            literal, values = str(relation.rank), [relation.matrix]
        elif isinstance(relation, Solutions):
            literal, values = _system(relation.system, *relation.claimed)
        elif isinstance(relation, Law):
            numbers = [relation.draw(np.random.default_rng(s), 8) for s in (1, 2)]
            literal = json.dumps([[float(x) for x in row] for row in numbers])
            stated = {k: v(numbers[0]) if callable(v) else v for k, v in relation.stated().items()}
            literal += f"{stated} {relation.false_alarm}"
        elif isinstance(relation, Zero):
            values = [relation.value]
        else:
            direction = None
            if f"direction{k}.re" in raws:
                direction = raws[f"direction{k}.re"]
                if f"direction{k}.im" in raws:
                    direction = direction + xp.i * raws[f"direction{k}.im"]
            sides = relation.sides(xp, direction)
            both = sides.left * 0 + sides.right * 0
            values = [sides.left + both, sides.right + both]
        out.append(Part(relation.name, literal, [xp.lift(v) for v in values], xp))
    return out


_remembered: dict[str, Any] = {}
"""What the last form says at the points asked for: all its mutants are held against the same."""


def _said_once(form: Form, raw: Raw) -> list[Part]:
    if _remembered.get("form") is not form:
        _remembered.clear()
        _remembered["form"] = form
    key = str(sorted((name, v.tolist()) for name, v in raw.items()))
    if key not in _remembered:
        try:
            _remembered[key] = _said(form, raw)
        except (Unsupported, ZeroDivisionError, ArithmeticError) as fault:
            _remembered[key] = fault
    found = _remembered[key]
    if isinstance(found, Exception):
        raise found
    return found


FREE = (
    "complex matrix",
    "complex vector",
    "complex number",
    "complex tensor",
    "real tensor",
    "tensor",
    "real matrix",
    "real vector",
    "real number",
    "nonzero real vector",
    "positive number",
    "positive vector",
    "nonnegative",
    "number in [",
    "square root of",
)
"""Domains that fill an open part of their space."""


class Trace(Ball):
    """Balls that remember what a value was made of, so that a zero can be taken apart.

    A sum is scaled as its terms are; a product as its factors are; a linear map as its argument;
    the derivative of f along h at a free input x as f(x) and h are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.free: list[Value] = []
        self.made: dict[int, tuple[Value, str, Callable[[], tuple[Any, ...]]]] = {}

    def note(self, value: Value, kind: str, *of: Any) -> Value:
        return self.note_later(value, kind, lambda: of)

    def note_later(self, value: Value, kind: str, of: Callable[[], tuple[Any, ...]]) -> Value:
        if isinstance(value, Array):
            self.made[id(value)] = (value, kind, of)  # the value is kept, so that its id stays its
        return value

    def _sum_like(self, op, a, b, sign):
        value = super()._sum_like(op, a, b, sign)
        return self.note(value, "sum" if sign > 0 else "difference", a, b)

    def _product(self, op, a, b):
        return self.note(super()._product(op, a, b), "product", a, b)

    def _linear(self, op, x):
        return self.note(super()._linear(op, x), "linear", x)

    def neg(self, a):
        return self.note(super().neg(a), "times", a, -1)

    def mul(self, a, b):
        value = super().mul(a, b)
        for x, n in ((a, b), (b, a)):
            if isinstance(n, int) and n:
                return self.note(value, "times", x, n)
        return value

    def div(self, a, b):
        return self.note(super().div(a, b), "quotient", a, b)

    def _join(self, op, values, axis):
        values = list(values)
        return self.note(super()._join(op, values, axis), "entries", *values)

    def _half(self, op, again, x, sign):
        return self.note(super()._half(op, again, x, sign), "entries", x)

    def conj(self, x):
        return self.note(super().conj(x), "entries", x)

    def bare(self, value: Value) -> tuple[Value, Fraction]:
        """A value without the integers it was multiplied by, and their product."""
        c = Fraction(1)
        while id(value) in self.made and self.made[id(value)][1] == "times":
            value, n = self.made[id(value)][2]()
            c *= n
        return value, c

    def push(self, f, x, h):
        value = super().push(f, x, h)
        if any(x is free for free in self.free):
            return self.note_later(value, "derivative", lambda: (f(x), h))
        return value

    def pull_star(self, f, x, h):
        value = super().pull_star(f, x, h)
        if any(x is free for free in self.free):
            return self.note_later(value, "derivative", lambda: (f(x), h))
        return value


def _taken_apart(new: Value, old: Value, xp_new: Trace, xp_old: Trace) -> set[Fraction] | None:
    """The factors by which a value is scaled; where it vanishes, from those of its parts."""
    if new.shape != old.shape:
        return None
    pair = (new.data, old.data)
    if _shows(old) or _shows(new):
        return _common([pair], True)
    new, c = xp_new.bare(new)
    old, c_ = xp_old.bare(old)
    found = _below(new, old, xp_new, xp_old)
    return found and {q * c / c_ for q in found}


def _below(new: Value, old: Value, xp_new: Trace, xp_old: Trace) -> set[Fraction] | None:
    if new.shape != old.shape or id(new) not in xp_new.made or id(old) not in xp_old.made:
        return None
    _, kind, of_new = xp_new.made[id(new)]
    _, kind_, of_old = xp_old.made[id(old)]
    below_new, below_old = of_new(), of_old()
    if kind != kind_ or len(below_new) != len(below_old):
        return None
    sets = []
    for n, o in zip(below_new, below_old, strict=True):
        found = _taken_apart(xp_new.lift(n), xp_old.lift(o), xp_new, xp_old)
        if found is None:
            return None
        sets.append(found)
    if kind == "entries":
        return set().union(*sets)
    if kind == "derivative" and len(sets[1]) == 1:
        return {q * d for q in sets[0] for d in sets[1]}
    if any(len(s) != 1 for s in sets):
        return None
    numbers = [next(iter(s)) for s in sets]
    if kind in ("sum", "difference", "linear"):
        return sets[0] if len(set(numbers)) == 1 else None
    if 0 in numbers:
        return None
    return {numbers[0] * numbers[1] if kind == "product" else numbers[0] / numbers[1]}


def _shows(value: Value) -> bool:
    """Whether some entry certainly is not zero."""
    return any(abs(x) > 0 for x in value.data.reshape(-1))


def _system(*pieces: Piece) -> tuple[str, list[Any]]:
    """The kind of every condition (a slash after each piece), and the values."""
    kinds, values = [], []
    for piece in pieces:
        for kind, several in piece.conditions():
            kinds += [kind] * len(several)
            values += several
        kinds.append("/")
    return " ".join(kinds), values


def _by_one_number(
    form: Form,
    said: list[list[Part]],
    places: list[tuple[dict[str, int], Raw]],
    move: Callable[[dict[str, int], Raw], Raw | None],
) -> str | None:
    """The numbers by which all parts are scaled, as text, where the form moved says the same."""
    found: set[str] = set()
    shown: set[int] = set()
    for here, (sizes, raw) in zip(said, places, strict=True):
        moved = move(sizes, raw)
        if moved is None:
            return None
        # An operation on an array of no dimensions leaves a bare number.
        moved = {k: np.asarray(v, dtype=object) for k, v in moved.items()}
        there = _said_once(form, moved)
        if len(here) != len(there):
            return None
        for k, (new, old) in enumerate(zip(here, there, strict=True)):
            scale = _scale(new, old)
            if scale is None:
                return None
            if scale:
                shown.add(k)
                found.add(scale)
    if len(shown) < len(said[0]):
        return None
    return "1" if found <= {"1"} else "; ".join(sorted(found))


def _scale(new: Part, old: Part) -> str | None:
    """By what number all is scaled that must be scaled by one, as text; empty if all is zero."""
    if (new.kind, new.literal, len(new.values)) != (old.kind, old.literal, len(old.values)):
        return None
    if new.kind == "Law":
        return "1"
    if new.kind == "Zero":
        return _text(_taken_apart(new.values[0], old.values[0], new.xp, old.xp))
    if new.kind == "Solutions":
        return _condition_scales(new, old)
    if new.kind == "Rank":
        return _lines(new.values[0].data, old.values[0].data)
    if not any(_shows(v) for v in old.values):
        return None if any(_shows(v) for v in new.values) else ""
    for name, turn in _TURNS.items():
        pairs = [(n.data, turn(o.data)) for n, o in zip(new.values, old.values, strict=True)]
        if any(a.shape != b.shape for a, b in pairs):
            continue
        factors = _common(pairs, new.kind in ("Equal", "Force", "Gradient"))
        if factors is None or (min(factors) < 0 and new.kind in ("AtMost", "Rate")):
            continue
        number = _text(factors)
        if number is not None:
            return number + (f" {name}" if name else "")
    return None


def _lines(new: np.ndarray, old: np.ndarray) -> str | None:
    """A rank stays when rows, or columns, are scaled one by one."""
    if new.shape != old.shape:
        return None
    for axis in (0, 1):
        rows = [
            _common([(a, b)], False)
            for a, b in zip(np.swapaxes(new, 0, axis), np.swapaxes(old, 0, axis), strict=True)
        ]
        if all(rows) and not any(0 in row for row in rows if row):
            return _text(set().union(*(row for row in rows if row)))
    return None


def _condition_scales(new: Part, old: Part) -> str | None:
    """Conditions may each be scaled, those of an order by positive numbers."""
    out: set[Fraction] = set()
    for kind, n, o in zip(
        new.literal.replace("/", "").split(), new.values, old.values, strict=True
    ):
        factors = _common([(n.data, o.data)], True) if n.shape == o.shape else None
        if factors is None or not _shows(o):
            return None
        if min(factors) < 0 and kind in ("positive", "nonnegative"):
            return None
        out |= factors
    return _text(out)


def _text(factors: set[Fraction] | None) -> str | None:
    if not factors or 0 in factors:
        return None
    return str(*factors) if len(factors) == 1 else "entry by entry"


Pair = tuple[np.ndarray, np.ndarray]


def _common(pairs: list[Pair], by_entry: bool) -> set[Fraction] | None:
    """The factor common to all pairs of arrays; or, entry by entry, that of each entry."""
    c = _factor(pairs)
    if c is not None and all(_near(x, y, c) for a, b in pairs for x, y in _entries(a, b)):
        return {c}
    if not by_entry or len({a.shape for a, _ in pairs}) != 1:
        return None
    out: set[Fraction] = set()
    for index in np.ndindex(*pairs[0][0].shape):
        here = [(np.array(a[index]), np.array(b[index])) for a, b in pairs]
        found = _common(here, False)
        if found is None:
            return None
        out |= found
    return out


def _entries(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[Any, Any]]:
    return zip(a.reshape(-1), b.reshape(-1), strict=True)


def _conj(a: np.ndarray) -> np.ndarray:
    out = np.empty(a.shape, dtype=object)
    for index in np.ndindex(*a.shape):
        x = a[index]
        out[index] = acb(x.real, -x.imag) if isinstance(x, acb) else x
    return out


def _transposed(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2) if a.ndim >= 2 else a


_TURNS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "": lambda a: a,
    "transposed": _transposed,
    "conjugated": _conj,
    "starred": lambda a: _conj(_transposed(a)),
}


def _factor(pairs: list[Pair]) -> Fraction | None:
    """The ratio at the largest entry, if it is a small rational."""
    entries = [entry for a, b in pairs for entry in _entries(a, b)]
    if not entries or any(not x.is_finite() or not y.is_finite() for x, y in entries):
        return None
    x, y = max(entries, key=lambda p: float(abs(p[1]).mid()))
    if not abs(y) > 0:
        return Fraction(1)
    ratio = x / y
    for q in FACTORS:
        if (ratio - arb(q.numerator) / q.denominator).contains(0):
            return q
    return None


def _near(x: Any, y: Any, c: Fraction) -> bool:
    gap = abs(x - y * c.numerator / c.denominator)
    return bool(gap.upper() < arb(10) ** CLOSE * (1 + abs(y).upper()))


# -- maps of the free parameters onto themselves ---------------------------------------------------
Move = Callable[[dict[str, int], Raw], "Raw | None"]


def _moves(form: Form) -> Iterator[tuple[str, Move]]:
    names = list(form.given)
    for name in names:
        for verb, change in _CHANGES.items():
            yield f"{name} {verb}", _on(name, change)
    if len(names) > 1:
        yield "all inputs negated", _on_all(names)
    for a, b in itertools.combinations(names, 2):
        yield f"{a} and {b} exchanged", _exchanged(a, b)
        yield f"{a} and {b} negated", _both(a, b)


def _parts(raw: Raw, name: str) -> list[str]:
    return [k for k in raw if k.split(".")[0] == name]


def _on(name: str, change: Callable[[dict[str, np.ndarray]], dict | None]) -> Move:
    def move(sizes: dict[str, int], raw: Raw) -> Raw | None:
        own = {k: raw[k] for k in _parts(raw, name)}
        new = change(own)
        if new is None or any(np.shape(new[k]) != own[k].shape for k in own):
            return None
        return {**raw, **new}

    return move


def _on_all(names: list[str]) -> Move:
    return lambda sizes, raw: {k: (-v if k.split(".")[0] in names else v) for k, v in raw.items()}


def _both(a: str, b: str) -> Move:
    return lambda sizes, raw: {k: (-v if k.split(".")[0] in (a, b) else v) for k, v in raw.items()}


def _exchanged(a: str, b: str) -> Move:
    def move(sizes: dict[str, int], raw: Raw) -> Raw | None:
        own = {k.split(".", 1)[1]: raw[k] for k in _parts(raw, a)}
        other = {k.split(".", 1)[1]: raw[k] for k in _parts(raw, b)}
        if set(own) != set(other) or any(own[k].shape != other[k].shape for k in own):
            return None
        swapped = {f"{b}.{k}": v for k, v in own.items()}
        return {**raw, **swapped, **{f"{a}.{k}": v for k, v in other.items()}}

    return move


def _im(own: dict[str, np.ndarray]) -> str | None:
    return next((k for k in own if k.endswith(".im")), None)


def _turned(own: dict[str, np.ndarray]) -> dict | None:
    """Times i, for a complex input."""
    im = _im(own)
    if im is None:
        return None
    re = im[:-3] + ".re"
    return {**own, re: -own[im], im: own[re]} if re in own else None


def _conjugated(own: dict[str, np.ndarray]) -> dict | None:
    im = _im(own)
    return None if im is None else {**own, im: -own[im]}


def _swapped(own: dict[str, np.ndarray]) -> dict | None:
    """Transposed; only a square is, onto itself."""
    if any(v.ndim < 2 for v in own.values()):
        return None
    return {k: np.swapaxes(v, -1, -2) for k, v in own.items()}


def _starred(own: dict[str, np.ndarray]) -> dict | None:
    new = _conjugated(own)
    return None if new is None else _swapped(new)


def _rolled(axis: int, by: int) -> Callable[[dict[str, np.ndarray]], dict | None]:
    def change(own: dict[str, np.ndarray]) -> dict | None:
        if any(v.ndim < -axis for v in own.values()):
            return None
        return {k: np.roll(v, by, axis=axis) for k, v in own.items()}

    return change


def _times(q: Fraction) -> Callable[[dict[str, np.ndarray]], dict | None]:
    return lambda own: {k: v * q for k, v in own.items()}


_CHANGES: dict[str, Callable[[dict[str, np.ndarray]], dict | None]] = {
    "negated": _times(Fraction(-1)),
    "doubled": _times(Fraction(2)),
    "halved": _times(Fraction(1, 2)),
    "conjugated": _conjugated,
    "times i": _turned,
    "transposed": _swapped,
    "starred": _starred,
    "rolled by rows": _rolled(-2, 1),
    "rolled back by rows": _rolled(-2, -1),
    "rolled by columns": _rolled(-1, 1),
    "rolled back by columns": _rolled(-1, -1),
}
