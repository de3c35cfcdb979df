"""How false a statement looks in double precision, over a batch of points.

Floats propose: nothing here is a verdict.  What looks false may be rounding, so whatever is to be
certified is first run again with every operation slightly wrong: a violation that moves is noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.array import Value
from fieldcheck.arithmetic.floating import Float, batched
from fieldcheck.evidence.statement import Statement
from fieldcheck.hypotheses import NONZERO, POSITIVE

NOISE = 1e-11
"""Normalized residuals above this look false."""

STEADY = 1e-2
"""Share of itself by which a violation may move when every operation is slightly wrong."""

TINY = 1e-300
SMALLEST = 1e-290
"""Results below this have lost digits, or all of them."""


def floor_of(relation: str) -> float:
    """The residual above which floats call a relation broken; an order has no rounding to spare."""
    return 0.0 if relation == "AtMost" else NOISE


def residuals(
    statement: Statement, raws: dict[str, torch.Tensor], xp: Float | None = None
) -> torch.Tensor:
    """Normalized residual of every point and pointwise part, positive where the statement looks
    false (minus infinity where it is not finite).

    Equality: largest |l - r| over the entries, relative to the largest side.  Order: largest
    l - r, relative likewise (negative where it holds).
    """
    rows: torch.Tensor = batched(
        lambda xp, values: torch.stack(ratios(statement, xp, values)), raws, xp
    )
    return rows


def ratios(statement: Statement, xp: Float, values: dict[str, Any]) -> list[torch.Tensor]:
    """The normalized residual of every pointwise part at one point."""
    return [ratio for ratio, _ in violations(statement, xp, values)]


def violations(
    statement: Statement, xp: Float, values: dict[str, Any]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """By how much every pointwise part is violated at one point, relative to its sides and as it
    stands; minus infinity where a side is not finite."""
    out = []
    inside = within(statement, xp, values)
    for sides in statement.sides(xp, values):
        gap = sides.left - sides.right
        if sides.order and gap.data.is_complex():
            raise TypeError("an order between complex values; take xp.real first")
        size = torch.maximum(sides.left.data.abs().amax(), sides.right.data.abs().amax())
        if sides.exempt:
            size = torch.clamp(size, min=1.0)
        worst = gap.data.amax() if sides.order else gap.data.abs().amax()
        finite = torch.isfinite(worst) & torch.isfinite(size) & inside
        ratio = worst / torch.where(size == 0, torch.ones_like(size), size)
        nothing = torch.full_like(ratio, -torch.inf)
        out.append((torch.where(finite, ratio, nothing), torch.where(finite, worst, nothing)))
    return out


def within(statement: Statement, xp: Float, values: dict[str, Any]) -> torch.Tensor:
    """Does a point meet the hypotheses beside the domains, as floats see it?"""
    met = torch.ones((), dtype=torch.bool)
    if not getattr(statement.form, "where", ()):
        return met
    for kind, value in statement.within(xp, values):
        d = value.data
        if kind != NONZERO and d.is_complex():
            raise TypeError("where: an order between complex values; take xp.real first")
        test = d != 0 if kind == NONZERO else d > 0 if kind == POSITIVE else d >= 0
        met = met & test.all()
    return met


def inside(statement: Statement, raws: dict[str, np.ndarray]) -> np.ndarray:
    """Which points of a batch meet them."""
    tensors = {k: torch.from_numpy(v) for k, v in raws.items()}
    with torch.no_grad():
        met: torch.Tensor = batched(lambda xp, values: within(statement, xp, values), tensors)
    return np.asarray(met.numpy())


def distance(
    statement: Statement, all_of_them: bool = False
) -> Callable[[dict[str, torch.Tensor]], torch.Tensor]:
    """How far inside the orders among the hypotheses a point is, by the one that it is closest to
    breaking; or, of all of them, minus the squares by which they are broken."""

    def body(xp: Float, values: dict[str, Value]) -> torch.Tensor:
        said = [v.data.real for kind, v in statement.within(xp, values) if kind != NONZERO]
        room = torch.cat([d.reshape(-1) for d in said] or [torch.ones(1, dtype=torch.float64)])
        return -(torch.relu(-room) ** 2).sum() if all_of_them else room.amin()

    return lambda raws: batched(body, raws)


def unsteadiness(statement: Statement, raws: dict[str, np.ndarray]) -> np.ndarray:
    """By how much of itself the difference of the sides moves, for every point and part, when every
    operation is slightly wrong and none may lose its digits to the smallest numbers."""

    def body(xp: Float, values: dict[str, Value]) -> torch.Tensor:
        plain = [(s.left - s.right).data for s in statement.sides(xp, values)]
        other = Shaken()
        wrong: dict[str, Value] = {k: other.wrap(v.data) for k, v in values.items()}
        shaken = [(s.left - s.right).data for s in statement.sides(other, wrong)]
        moved = [
            (a - b).abs().amax() / torch.clamp(a.abs().amax(), min=TINY)
            for a, b in zip(plain, shaken, strict=True)
        ]
        return torch.nan_to_num(torch.stack(moved), torch.inf, torch.inf, torch.inf)

    with torch.no_grad():
        tensors = {k: torch.from_numpy(v) for k, v in raws.items()}
        moved: torch.Tensor = batched(body, tensors)
        return moved.numpy()


class Shaken(Float):
    """Double precision with errors of a few units in the last place more in every operation; a
    result that has lost its digits to the smallest numbers is not a number."""

    def __init__(self) -> None:
        self.turn = 0

    def _shake(self, d: torch.Tensor) -> torch.Tensor:
        """Every entry times 1 + e, with |e| <= 2^-50 different from entry to entry."""
        self.turn += 1
        count = torch.arange(1, max(d.shape[-1], 1) + 1 if d.dim() else 2, dtype=torch.float64)
        wave = torch.sin(count * (12.9898 + self.turn)) * 2.0**-50
        return d * (1 + (wave if d.dim() else wave[0]))


def _shaken(name: str) -> Callable[..., Any]:
    """An operation whose operands are shaken, and which refuses to underflow."""

    def operation(self: Shaken, *operands: Any) -> torch.Tensor:
        shaken = [self._shake(d) if isinstance(d, torch.Tensor) else d for d in operands]
        result: torch.Tensor = getattr(Float, name)(self, *shaken)
        if name in ("_mul", "_div", "_exp"):
            nonzero = torch.ones((), dtype=torch.bool)
            for d in shaken if name != "_exp" else ():
                nonzero = nonzero & (d != 0)
            lost = nonzero & (result.abs() < SMALLEST)
            return torch.where(lost, torch.full_like(result, torch.nan), result)
        return result

    return operation


for _name in ("_add", "_mul", "_div", "_matmul", "_sum", "_exp", "_log", "_sin", "_cos", "_solve"):
    setattr(Shaken, _name, _shaken(_name))
