"""When a mutant says the same as its form, as far as the machine can tell why.

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

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.ball import working_digits
from fieldcheck.claim import Form
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.statement import Statement
from tests.mutation.register_moves import moves_of
from tests.mutation.register_operators import Mutant, form_of
from tests.mutation.register_said import DIGITS, Part, Trace, places_of, said_at, said_once

CLOSE = -40
"""log10 of how near two entries must be, in balls that hold no more, to count as one."""

PATIENCE = 8
"""Seconds to look for a reason of equivalence."""

FACTORS = sorted(
    {Fraction(s * a, b) for a in range(1, 13) for b in range(1, 13) for s in (1, -1)},
    key=lambda q: (q != 1, q != -1, abs(q.numerator) + q.denominator, q < 0),
)


def equivalent(mutant: Mutant) -> str:
    """Why the machine takes a mutant to say the same as its form, or an empty string."""
    places = places_of(Statement(mutant.form), random.Random(f"equivalence/{mutant.form.key}"))
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
    said = [said_at(mutant, raw) for _, raw in places]
    scale = _by_one_number(form, said, places, lambda sizes, raw: raw)
    if scale is not None:
        return "same" if scale == "1" else f"scaled: {scale}"
    for name, move in moves_of(form):
        scale = _by_one_number(form, said, places, move)
        if scale is not None:
            return f"relabelled: {name}" + ("" if scale == "1" else f", scaled: {scale}")
    return ""


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
        there = said_once(form, moved)
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
