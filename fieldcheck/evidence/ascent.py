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


def columns(raws: Mapping[str, np.ndarray]) -> np.ndarray:
    """A batch of points as a table: a row for each point, a column for each raw entry."""
    rows = len(next(iter(raws.values())))
    return np.concatenate([v.reshape(rows, -1) for v in raws.values()], axis=1)


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
    """Every row moved uphill along its gradient.

    A step that climbs is taken and the next one is twice as long, one that does not is cut to a
    third: so a row crosses any distance, and still lands on a narrow top.
    """
    now = {k: torch.from_numpy(v.copy()) for k, v in raws.items()}
    value, slopes = _sloped(height, now, fixed)
    sizes = [v.reshape(len(value), -1).abs().amax(dim=1) for v in now.values() if v[0].numel()]
    least = 1 + torch.stack(sizes).amax(dim=0) if sizes else torch.ones_like(value)
    step = least / 10
    for _ in range(steps):
        if not slopes or (step < least * NEGLIGIBLE).all():
            break
        trial = {k: v + _each(step, v) * slopes[k] if k in slopes else v for k, v in now.items()}
        reached, others = _sloped(height, trial, fixed)
        better = reached > value
        now = {k: torch.where(_each(better, v), trial[k], v) for k, v in now.items()}
        slopes = {k: torch.where(_each(better, v), others.get(k, v), v) for k, v in slopes.items()}
        value = torch.where(better, reached, value)
        step = torch.where(better, step * 2, step / 3)
    return {k: v.numpy() for k, v in now.items()}


def _sloped(
    height: Height, raws: dict[str, torch.Tensor], fixed: Collection[str]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The height of every row, and the direction in which it grows fastest."""
    leaves = {k: v.clone().requires_grad_(k not in fixed) for k, v in raws.items()}
    moving = [k for k in leaves if k not in fixed]
    value = height(leaves)
    if not value.requires_grad or not moving:
        return value.detach(), {}
    usable = torch.where(torch.isfinite(value.detach()), value, 0).sum()
    grads = torch.autograd.grad(usable, [leaves[k] for k in moving], allow_unused=True)
    found = {
        k: torch.nan_to_num(g, 0.0, 0.0, 0.0)
        for k, g in zip(moving, grads, strict=True)
        if g is not None
    }
    most = [g.reshape(len(value), -1).abs().amax(dim=1) for g in found.values() if g[0].numel()]
    if not most:
        return value.detach(), {}
    scale = torch.stack(most).amax(dim=0)
    unit = torch.where(scale > 0, 1 / scale, 0.0)
    return value.detach(), {k: torch.nan_to_num(_each(unit, g) * g) for k, g in found.items()}


def _each(of_row: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """One number for each row, shaped so that it meets every entry of the row."""
    return of_row.reshape((-1,) + (1,) * (like.ndim - 1))
