"""Witnesses: points certified in exact or ball arithmetic, and their records.

A point refutes an equality if, rebuilt from its exact raw parameters, both sides differ as
rationals, or their difference is a finite ball that excludes zero; it refutes left <= right if
left - right is certified positive, or if a stated gap differs from right - left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.draws import Raw, wrap_raw
from fieldcheck.evidence.statement import Statement
from fieldcheck.verdict import Witness

SIDES, GAP = "sides", "gap"
"""What fails: the two sides, or the stated gap against right minus left."""


@dataclass(frozen=True)
class Found:
    """Where a statement fails at a point: part, entry, both sides, and who certifies it."""

    part: int
    index: tuple[int, ...]
    left: Any
    right: Any
    by: str  # rational | ball
    digits: int
    of_gap: bool = False  # the sides are right - left and the gap that is stated for it


def certified(
    statement: Statement, sizes: dict[str, int], raw: Raw, digits: int = 60
) -> Found | None:
    """Where the statement certainly fails at this point, or None.

    The point must meet every hypothesis: a point outside a domain refutes nothing.
    """
    if not statement.admits(raw):
        return None
    return _rational(statement, raw) or _balls(statement, raw, digits)


def is_finite(statement: Statement, raw: Raw, part: int, digits: int = 60) -> bool:
    """Can rationals or balls look at one part here, where floats overflow?"""
    with working_digits(digits):
        for xp in (Rational(), Ball()):
            try:
                sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
            except (Unsupported, ZeroDivisionError):
                continue
            if xp.name == "rational":
                return True
            return all(x.is_finite() for x in (sides.left - sides.right).data.ravel())
    return False


def _rational(statement: Statement, raw: Raw) -> Found | None:
    try:
        return _first_failure(statement, Rational(), raw, 0)
    except (Unsupported, ZeroDivisionError):
        return None


def _balls(statement: Statement, raw: Raw, digits: int) -> Found | None:
    with working_digits(digits):
        try:
            return _first_failure(statement, Ball(), raw, digits)
        except (Unsupported, ZeroDivisionError):
            return None


def _first_failure(statement: Statement, xp, raw: Raw, digits: int) -> Found | None:
    for k, sides in zip(statement.pointwise, statement.sides(xp, wrap_raw(xp, raw)), strict=True):
        left = sides.left + sides.right * 0
        right = sides.right + sides.left * 0
        shape = left.shape
        for index in np.ndindex(*shape):
            a, b = _entry(xp, left, index), _entry(xp, right, index)
            if _fails(xp, a, b, sides.order):
                return Found(k, index, a, b, xp.name, digits)
        if sides.gap is not None and statement.fault is None:  # a fault leaves the gap as it was
            wide, stated = right - left + sides.gap * 0, sides.gap + left * 0
            for index in np.ndindex(*wide.shape):
                a, b = _entry(xp, wide, index), _entry(xp, stated, index)
                if _fails(xp, a, b, False):
                    return Found(k, index, a, b, xp.name, digits, of_gap=True)
    return None


def _entry(xp, value, index):
    if xp.name == "rational":
        return tuple(value.data[(slice(None), *index)])
    return value.data[index]


def _fails(xp, a, b, order: bool) -> bool:
    if xp.name == "rational":
        if order:
            if a[1] != 0 or b[1] != 0:
                raise TypeError("an order between complex values; take xp.real first")
            return a[0] > b[0]
        return a != b
    gap = a - b
    if not gap.is_finite():
        return False
    if order:
        if isinstance(gap, acb):
            raise TypeError("an order between complex values; take xp.real first")
        return bool(gap > 0)
    return not gap.contains(arb(0) if isinstance(gap, arb) else acb(0))


# -- records --------------------------------------------------------------------------------------
def witness_at(statement: Statement, sizes: dict[str, int], raw: Raw, digits: int = 60) -> Witness:
    """The record of a certified failure at this point."""
    found = certified(statement, sizes, raw, digits)
    if found is None:
        raise AssertionError(f"{statement.key}: the point does not refute at {digits} digits")
    return Witness(
        relation=statement.probe(sizes)[found.part].name,
        sizes=dict(sizes),
        raw={k: strings(v) for k, v in raw.items()},
        inputs=shown_inputs(statement, raw, digits),
        part=found.part,
        index=found.index,
        side=GAP if found.of_gap else SIDES,
        lhs=shown(found.left),
        rhs=shown(found.right),
        certified_by=found.by,
        digits=found.digits,
    )


def strings(v: np.ndarray) -> Any:
    v = np.asarray(v, dtype=object)
    return str(v[()]) if v.ndim == 0 else [strings(row) for row in v]


def worst_at(
    what: str, log10: float, sizes: dict[str, int], stratum: str, raw: Raw, **more: int
) -> dict[str, Any]:
    """The record of the worst case of a method: what was measured and how large it was, and the
    point (the seed, of a law) that it can be rebuilt from."""
    size = f"{round(log10, 1) + 0.0:.1f}" if math.isfinite(log10) else str(log10)
    point = {name: _short(v) for name, v in raw.items()}
    where = {"sizes": dict(sizes), "stratum": stratum, "point": point, **more}
    return {"what": what, "log10": size, "raw": where}


def no_worst(why: str) -> dict[str, Any]:
    """The record of a method whose cases cannot be told apart by how bad they are."""
    return {"what": f"none: {why}", "log10": None, "raw": None}


NO_SIZE = "an identity modulo a prime holds or fails, and is not off by some size"


def _short(v: Any) -> Any:
    """Exact strings; long dyadic fractions as hexadecimal floats, of which they came."""
    v = np.asarray(v, dtype=object)
    if v.ndim:
        return [_short(row) for row in v]
    q = v[()]
    text = str(q)
    return text if len(text) <= 12 or Fraction(float(q)) != q else float(q).hex()


def raw_from_record(raw: dict[str, Any]) -> Raw:
    """Raw parameters read back from a ledger."""

    def fractions(x: Any) -> Any:
        if isinstance(x, list):
            return [fractions(y) for y in x]
        return Fraction(float.fromhex(x)) if "x" in x else Fraction(x)

    def as_array(x: Any) -> np.ndarray:
        nested = fractions(x)
        shape: list[int] = []
        probe = x
        while isinstance(probe, list):
            shape.append(len(probe))
            probe = probe[0] if probe else ""
        out = np.empty(tuple(shape), dtype=object)
        for index in np.ndindex(*shape):
            item = nested
            for i in index:
                item = item[i]
            out[index] = item
        return out

    return {k: as_array(v) for k, v in raw.items()}


def shown(x: Any, digits: int = 18) -> str:
    """A number as a reader wants it: exact if rational, else decimal digits that are certain."""
    if isinstance(x, tuple):
        re, im = x
        if im == 0:
            return str(re)
        sign = "+" if im > 0 else "-"
        size = "" if abs(im) == 1 else f"{abs(im)}"
        tail = f"{size}i"
        return f"{re} {sign} {tail}" if re != 0 else ("-" if im < 0 else "") + tail
    if isinstance(x, acb):
        if x.imag.contains(0):
            return shown(x.real, digits)
        if x.real.contains(0):
            im = shown(x.imag, digits)
            return f"{im}i"
        im = shown(x.imag, digits)
        sign = "-" if im.startswith("-") else "+"
        return f"{shown(x.real, digits)} {sign} {im.lstrip('-')}i"
    if x.contains(0) and abs(x).upper() < arb(10) ** -(digits - 2):
        return "0"
    return _trimmed(x.str(digits, radius=False))


def _trimmed(text: str) -> str:
    mantissa, e, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + e + exponent


def shown_inputs(statement: Statement, raw: Raw, digits: int) -> dict[str, Any]:
    """The structured inputs at a point, exact where the build is rational."""
    for xp in (Rational(), Ball()):
        with working_digits(digits):
            try:
                values = statement.inputs(xp, wrap_raw(xp, raw))
                return {name: _table(xp, v) for name, v in values.items()}
            except (Unsupported, ZeroDivisionError):
                continue
    return {}


def _table(xp, value) -> Any:
    if isinstance(value, tuple):
        return [_table(xp, v) for v in value]
    if isinstance(value, dict):
        return {k: _table(xp, v) for k, v in value.items()}
    if not value.shape:
        return shown(_entry(xp, value, ()))
    return [_table(xp, value[k]) for k in range(value.shape[0])]
