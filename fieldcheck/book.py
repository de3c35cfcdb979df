"""A live check in a chapter's cell: the formula above it, in balls, at generic points.

    from fieldcheck.book import check

    def body(xp, X, W):
        return Equal(xp.trace(X @ W @ xp.star(X)), ...)

    check("eq-quadratic", body, X=matrix("N", "C"), W=matrix("C", "C"))

The body is written as for a claim. The check fails, and with it the page, unless every residual is
a ball that holds zero and is narrow, and unless the same statement with a relative fault of 1e-9
planted in it is refuted. It is a check of three points, no proof; what a chapter rests on is a
claim with neighbours, in the register.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from flint import arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.claim import HOLDS, Form, _lint
from fieldcheck.domains import Domain
from fieldcheck.evidence.draws import Raw, stream, wrap_raw
from fieldcheck.evidence.points import point
from fieldcheck.evidence.statement import Statement

POINTS = 3
DIGITS = 60
NARROW = -30
"""log10 of the relative width below which a residual that holds zero counts as zero."""
FAULT = 9
"""The planted fault is 10^-9 of the size of the sides."""
LARGEST = 3
"""Sizes beyond this are looked at only where there is no smaller one."""
POINTWISE = ("Equal", "Zero", "Force", "Gradient", "AtMost")


class CheckError(AssertionError):
    """The formula does not hold at the points tried, or the check could not have told."""


@dataclass(frozen=True)
class Checked:
    """A check that passed; shows itself as one line."""

    label: str
    points: int

    def __repr__(self) -> str:
        return (
            f"{self.label}: checked in ball arithmetic at {self.points} generic points; "
            f"a relative fault of 1e-{FAULT} would show"
        )

    def _repr_html_(self) -> str:
        text = (
            f"<code>{escape(self.label)}</code> checked in ball arithmetic at {self.points} "
            f"generic points; a relative fault of 10<sup>−{FAULT}</sup> would show"
        )
        return f'<p class="fc-check">{text}</p>'


def check(
    label: str,
    body: Callable[..., Any],
    *,
    sizes: Mapping[str, Sequence[int]] | None = None,
    **given: Domain,
) -> Checked:
    """Check the displayed equation ``label`` at three generic points of growing size.

    Args:
        label: the equation's label, which begins with ``eq-``.
        body: ``body(xp, ...)`` returning Equal, Zero, Force, Gradient or AtMost, or several.
        sizes: allowed values of a size, where not 1 to 3.
        given: what the body's inputs are, by name.

    Raises:
        CheckError: a side differs, a ball is too wide to tell, or a planted fault goes unseen.
        ClaimError: a float literal in the body.
        TypeError, ValueError: the label or the inputs do not fit.
    """
    _fits(label, body, given)
    form = Form(f"{label}/check", "claim", label, body, given, sizes or {}, HOLDS)
    _lint(body, label)
    statement = Statement(form)
    relations = statement.probe(statement.smallest)
    for relation in relations:
        if relation.name not in POINTWISE:
            raise TypeError(
                f"{label}: check compares two sides at a point; for {relation.name} write a claim"
            )
    rng = stream(form.key, "book", 0)
    points = [(shape, point(statement, shape, rng)) for shape in _shapes(statement)]
    for shape, raw in points:
        for part in range(len(relations)):
            apart = _difference(statement, raw, part)
            if apart:
                raise CheckError(f"{label} fails at a generic point{_at(shape)}: {apart}")
            if not _fault_is_seen(statement, raw, part):
                raise CheckError(
                    f"{label}: a relative fault of 1e-{FAULT} planted in this formula goes unseen "
                    f"at a generic point{_at(shape)}, so the check says nothing"
                )
    return Checked(label, len(points))


def _fits(label: str, body: Callable[..., Any], given: Mapping[str, Domain]) -> None:
    if not label.startswith("eq-"):
        raise ValueError(f"{label!r} is no equation's label: it must begin with eq-")
    wanted = list(inspect.signature(body).parameters)[1:]
    if sorted(wanted) != sorted(given):
        raise TypeError(f"{label}: the body takes {wanted} after xp, but given are {list(given)}")


def _shapes(statement: Statement) -> list[dict[str, int]]:
    """Three shapes, the smallest and the largest among them (of one shape, three points)."""
    ranges = {name: statement.range_of(name) for name in statement.size_names}
    small = {name: [n for n in ns if n <= LARGEST] or ns[:1] for name, ns in ranges.items()}
    grid = statement.product(small)
    last = len(grid) - 1
    return [grid[round(k * last / (POINTS - 1))] for k in range(POINTS)]


def _at(shape: Mapping[str, int]) -> str:
    return f" with {', '.join(f'{name} = {n}' for name, n in shape.items())}" if shape else ""


def _entries(statement: Statement, raw: Raw, part: int) -> tuple[list[tuple[Any, ...]], bool]:
    """(index, left, right) of every entry of one part, in balls; and whether it is an order."""
    with working_digits(DIGITS):
        xp = Ball()
        try:
            sides = statement.sides(xp, wrap_raw(xp, raw), part)[0]
        except Unsupported as gap:
            raise CheckError(f"{statement.key}: balls do not have {gap.primitive}") from None
        left = sides.left + sides.right * 0
        right = sides.right + sides.left * 0
        found = [(i, left.data[i], right.data[i]) for i in np.ndindex(*left.shape)]
        return found, sides.order


def _difference(statement: Statement, raw: Raw, part: int) -> str:
    """Where the sides break their relation at this point, or an empty string."""
    entries, order = _entries(statement, raw, part)
    for index, left, right in entries:
        apart = _apart(left, right, order)
        if apart:
            return f"{apart}, at entry {list(index)}" if index else apart
    return ""


def _fault_is_seen(statement: Statement, raw: Raw, part: int) -> bool:
    """Whether the relation breaks once the right side is off by 1e-9 of the sides' size.

    An inequality may have room to spare; there the question is whether the balls are narrow enough
    to see such a fault where it is sharp.
    """
    entries, order = _entries(statement, raw, part)
    if order:
        return all(_width(left, right) < -FAULT for _, left, right in entries)
    return bool(_difference(statement.faulty(FAULT, part), raw, part))


def _apart(left: Any, right: Any, order: bool) -> str:
    """How two entries break the relation; empty if they keep it."""
    with working_digits(DIGITS):
        gap = left - right
        sides = f"left side {_shown(left)}, right side {_shown(right)}"
        if not gap.is_finite():
            return f"{sides}: not a finite number"
        if order and bool(gap < 0):
            return ""
        if not gap.contains(0):
            return sides
        width = _width(left, right)
        return f"{sides}: the balls agree only to 1e{width:.0f}" if width > NARROW else ""


def _width(left: Any, right: Any) -> float:
    """log10 of the radius of the difference, relative to the sides where they are large."""
    with working_digits(DIGITS):
        gap = left - right
        if not gap.is_finite():
            return math.inf
        radius = max(arb(gap.real.rad()), arb(gap.imag.rad()))
        size = max(abs(left).mid(), abs(right).mid(), arb(1))
        relative = float(radius / size)
        return math.log10(relative) if relative > 0 else -math.inf


def _shown(ball: Any) -> str:
    return str(ball.str(12, radius=False))
