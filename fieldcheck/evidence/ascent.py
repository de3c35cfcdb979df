"""Climbing from many points at once, each with a step of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import torch

Raws = dict[str, np.ndarray]
Height = Callable[[dict[str, torch.Tensor]], torch.Tensor]

NEGLIGIBLE = 1e-18
"""Steps so much smaller than a point change nothing."""

PATIENCE = 30
"""Steps without a rise of any row after which there is none to come."""

WIDEST = 24
"""The most entries of a point for which its curvature is estimated."""

FARTHEST, LOST, TINY = 100.0, 1e-4, 1e-300
"""How far an estimate may lead, in sizes of the point; the part of its step below which it is given
up; the least that is divided by."""


def columns(raws: Mapping[str, np.ndarray]) -> np.ndarray:
    """A batch of points as a table: a row for each point, a column for each raw entry."""
    rows = len(next(iter(raws.values()), ()))
    flat = [v.reshape(rows, v[0].size if rows else 0) for v in raws.values()]
    return np.concatenate([np.zeros((rows, 0)), *flat], axis=1)


def table(values: torch.Tensor, like: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """A table of tensors as raw parameters again."""
    parts = torch.split(values, [v[0].size for v in like.values()], dim=1)
    return {
        k: part.reshape((len(values), *v.shape[1:]))
        for (k, v), part in zip(like.items(), parts, strict=True)
    }


def uncolumned(values: np.ndarray, like: Mapping[str, np.ndarray], one: bool = False) -> Any:
    """A table as raw parameters again; of one point without the leading axis."""
    cuts = np.cumsum([v[0].size for v in like.values()])[:-1]
    parts = np.split(values, cuts, axis=1)
    shaped = {
        k: part.reshape((len(values), *v.shape[1:]))
        for (k, v), part in zip(like.items(), parts, strict=True)
    }
    return {k: v[0] for k, v in shaped.items()} if one else shaped


def ascend(
    height: Height,
    raws: Raws,
    steps: int,
    fixed: Collection[str] = (),
) -> Raws:
    """Every row moved uphill, along its gradient until its way bends, and then as far as the bends
    seen so far say (:class:`Bends`), as far as there is room for them: a gradient alone does not
    follow a curved ridge.

    A step that climbs is taken and the next one is twice as long, one that does not is cut to a
    third: so a row crosses any distance, and still lands on a narrow top.
    """
    here = torch.from_numpy(columns(raws))
    value, slope = _sloped(height, here, raws, fixed)
    step = _size(here) / 10
    bends = Bends(slope) if slope.shape[1] <= WIDEST else None
    before = value
    for k in range(steps):
        least = _size(here)
        if not slope.any() or (step < least * NEGLIGIBLE).all():
            break
        if k % PATIENCE == PATIENCE - 1:
            if torch.equal(value, before):
                break
            before = value
        move = step[:, None] * _unit(slope)
        if bends is not None:
            move = bends.bent(move, slope, least)
        trial = here + move
        reached, other = _sloped(height, trial, raws, fixed)
        better = reached > value
        if bends is not None:
            bends.learn(move, slope - other, better)
            step = torch.where(bends.known, move.abs().amax(dim=1), step)
        step = torch.where(better, step * 2, step / 3)
        here = torch.where(better[:, None], trial, here)
        slope = torch.where(better[:, None], other, slope)
        value = torch.where(better, reached, value)
    found: Raws = uncolumned(here.numpy(), raws)
    return found


class Bends:
    """An estimate of every row's inverse curvature, from the steps that climbed.

    Source: the update of Broyden, Fletcher, Goldfarb and Shanno (1970), for a maximum.
    """

    def __init__(self, slope: torch.Tensor) -> None:
        rows, wide = slope.shape
        self.one = torch.eye(wide, dtype=slope.dtype)
        self.inverse = self.one.repeat(rows, 1, 1)
        self.known = torch.zeros(rows, dtype=torch.bool)
        self.part = torch.ones(rows, dtype=slope.dtype)
        """Of the step to where the slope would vanish: cut to a third where that did not climb."""

    def bent(self, move: torch.Tensor, slope: torch.Tensor, least: torch.Tensor) -> torch.Tensor:
        """The moves, where something is known of the curvature."""
        there = torch.einsum("rij,rj->ri", self.inverse, slope) * self.part[:, None]
        farthest = FARTHEST * least / there.abs().amax(dim=1).clamp(min=TINY)
        there = there * farthest.clamp(max=1)[:, None]
        usable = self.known & torch.isfinite(there).all(dim=1)
        return torch.where(usable[:, None], there, move)

    def learn(self, move: torch.Tensor, fell: torch.Tensor, better: torch.Tensor) -> None:
        """From moves, and by how much the slope fell along them."""
        along = (move * fell).sum(dim=1)
        bent = better & (along > 0) & torch.isfinite(along)
        first = (along / (fell * fell).sum(dim=1).clamp(min=TINY))[:, None, None] * self.one
        start = torch.where(self.known[:, None, None], self.inverse, first)
        over = torch.where(bent, 1 / along, 0.0)[:, None, None]
        side = self.one - over * move[:, :, None] * fell[:, None, :]
        new = side @ start @ side.transpose(1, 2) + over * move[:, :, None] * move[:, None, :]
        good = bent & torch.isfinite(new).flatten(1).all(dim=1)
        self.inverse = torch.where(good[:, None, None], new, self.inverse)
        self.known = self.known | good
        self.part = torch.where(better, torch.where(good, 1.0, self.part * 2), self.part / 3)
        lost = self.part < LOST  # the estimate leads nowhere: along the slope again
        self.known = self.known & ~lost
        self.part = torch.where(lost, 1.0, self.part)


def _sloped(
    height: Height, here: torch.Tensor, like: Raws, fixed: Collection[str]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The height of every row, and its gradient: zero for what is fixed or has none."""
    leaves = {k: v.clone().requires_grad_(k not in fixed) for k, v in table(here, like).items()}
    moving = [k for k in leaves if k not in fixed]
    value = height(leaves)
    if not value.requires_grad or not moving:
        return value.detach(), torch.zeros_like(here)
    usable = torch.where(torch.isfinite(value.detach()), value, 0).sum()
    grads = torch.autograd.grad(usable, [leaves[k] for k in moving], allow_unused=True)
    of = dict(zip(moving, grads, strict=True))
    flat = [
        torch.zeros_like(v) if of.get(k) is None else torch.nan_to_num(of[k], 0.0, 0.0, 0.0)
        for k, v in leaves.items()
    ]
    return value.detach(), torch.cat([g.detach().reshape(len(here), -1) for g in flat], dim=1)


def _size(here: torch.Tensor) -> torch.Tensor:
    """One more than the largest entry of every row."""
    return 1 + here.abs().amax(dim=1) if here.shape[1] else here.new_ones(len(here))


def _unit(slope: torch.Tensor) -> torch.Tensor:
    """Directions whose largest entry is one."""
    most = slope.abs().amax(dim=1, keepdim=True) if slope.shape[1] else slope
    return torch.nan_to_num(slope / torch.where(most > 0, most, torch.inf))
