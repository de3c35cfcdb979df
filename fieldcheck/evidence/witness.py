"""Witnesses: points certified in exact or ball arithmetic, and their records.

A point refutes an equality if, rebuilt from its exact raw parameters, both sides differ as
rationals, or their difference is a finite ball that excludes zero; it refutes left <= right if
left - right is certified positive, or if a stated gap differs from right - left.  Both sides must
have a definite value there.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.evidence.digits import START, Found, entry_of, look
from fieldcheck.evidence.draws import Raw, wrap_raw
from fieldcheck.evidence.statement import Statement
from fieldcheck.verdict import Witness

SIDES, GAP = "sides", "gap"
"""What fails: the two sides, or the stated gap against right minus left."""


def certified(
    statement: Statement,
    sizes: dict[str, int],
    raw: Raw,
    digits: int = START,
    seen: float | None = None,
) -> Found | None:
    """Where the statement certainly fails at this point, or None.

    ``seen`` is the violation that a float saw.  Whoever must know whether None means that it holds
    there asks for the whole :func:`look`.
    """
    return look(statement, raw, digits, seen).found


def is_finite(statement: Statement, raw: Raw, part: int, digits: int = START) -> bool:
    """Can rationals or balls look at one part here, where floats overflow?"""
    with working_digits(digits):
        for xp in (Rational(), Ball()):
            try:
                sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
            except (Unsupported, ZeroDivisionError):
                continue
            if xp.kind == "rational":
                return True
            return all(x.is_finite() for x in (sides.left - sides.right).data.ravel())
    return False


# -- records --------------------------------------------------------------------------------------
def witness_at(
    statement: Statement, sizes: dict[str, int], raw: Raw, digits: int = START
) -> Witness:
    """The record of a certified failure at this point."""
    found = certified(statement, sizes, raw, digits)
    if found is None:
        raise AssertionError(f"{statement.key}: the point does not refute at {digits} digits")
    lhs, rhs = shown_apart(found.left, found.right)
    return Witness(
        relation=statement.probe(sizes)[found.part].name,
        sizes=dict(sizes),
        raw={k: strings(v) for k, v in raw.items()},
        inputs=shown_inputs(statement, raw, digits),
        part=found.part,
        index=found.index,
        side=GAP if found.of_gap else SIDES,
        lhs=lhs,
        rhs=rhs,
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


def shown_apart(left: Any, right: Any, digits: int = 18) -> tuple[str, str]:
    """Both sides; where they agree in all the digits that are shown, the right one as the left one
    and what is added to it."""
    a, b = shown(left, digits), shown(right, digits)
    if a == b and not isinstance(left, tuple):
        gap = shown(right - left, digits)
        b = f"{a} - {gap[1:]}" if gap.startswith("-") else f"{a} + {gap}"
    return a, b


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


def _table(xp: Arithmetic, value: Any) -> Any:
    if isinstance(value, int):  # an integer parameter
        return str(value)
    if isinstance(value, tuple):
        return [_table(xp, v) for v in value]
    if isinstance(value, dict):
        return {k: _table(xp, v) for k, v in value.items()}
    if not value.shape:
        return shown(entry_of(xp, value, ()))
    return [_table(xp, value[k]) for k in range(value.shape[0])]
