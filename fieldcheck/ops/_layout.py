"""How channels are cut into groups of an axis and a body, in both layouts in use."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from . import _check


@dataclass(frozen=True)
class Groups:
    """``groups`` groups of ``size`` channels (one axis, ``size - 1`` body channels each).

    grouped: each group's axis stands before its own body.  planar: all axes first, then all bodies.
    shared: one axis serves all groups, and both layouts are then the same: the axis, then the
        bodies.
    """

    groups: int
    size: int
    planar: bool
    shared: bool

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(..., C) as axes (..., G or 1, 1) and bodies (..., G, S - 1)."""
        if self.shared or self.planar:
            axes = 1 if self.shared else self.groups
            body = x[..., axes:].unflatten(-1, (self.groups, self.size - 1))
            return x[..., :axes, None], body
        x = x.unflatten(-1, (self.groups, self.size))
        return x[..., :1], x[..., 1:]

    def join(self, axis: Tensor, body: Tensor) -> Tensor:
        """The inverse of :meth:`split`."""
        if self.shared or self.planar:
            return torch.cat((axis.flatten(-2), body.flatten(-2)), -1)
        return torch.cat((axis, body), -1).flatten(-2)


def layout(
    op: str, channels: int, size: int | None, groups: int | None, planar: bool, shared: bool
) -> Groups:
    """The layout for so many channels, from the group size or the number of groups."""
    if (size is None) == (groups is None):
        raise ValueError(f"{op}: give size or groups, one of the two; got {size=}, {groups=}")
    size, groups = part(op, "size", size), part(op, "groups", groups)
    if shared:
        return _shared(op, channels, size, groups, planar)
    if size is not None:
        if channels % size:
            raise ValueError(f"{op}: a group size of {size} does not divide {channels} channels")
        return Groups(channels // size, size, planar, False)
    assert groups is not None
    if channels % groups:
        raise ValueError(f"{op}: {groups} groups do not divide {channels} channels")
    if channels == 0:
        raise ValueError(f"{op}: {channels} channels cannot be cut into groups; give size")
    return Groups(groups, channels // groups, planar, False)


def part(op: str, name: str, value: object) -> int | None:
    """A size or number of groups, if it is given."""
    if value is None:
        return None
    try:
        number = _check.whole(op, name, value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{op}: {name} must be a whole number of at least 1, not {value!r}")
    return number


def _shared(op: str, channels: int, size: int | None, groups: int | None, planar: bool) -> Groups:
    if channels < 1:
        raise ValueError(f"{op}: a shared axis needs a channel, but there are {channels}")
    bodies = channels - 1
    cut = groups if size is None else size - 1
    assert cut is not None
    if cut == 0 or bodies % cut:
        what = f"{groups} groups" if size is None else f"a group size of {size}"
        raise ValueError(
            f"{op}: with a shared axis {what} does not divide {channels} channels: "
            f"{bodies} body channels are left for bodies of {cut if size else 'equal length'}"
        )
    if size is None:
        return Groups(cut, bodies // cut + 1, planar, True)
    return Groups(bodies // cut, size, planar, True)


def channel_last(op: str, x: Tensor, dim: int) -> Tensor:
    """``x`` with axis ``dim`` moved to the end."""
    _check.tensor(op, "x", x, ndim=1)
    return x.movedim(_check.axis(op, "x", x, dim), -1)
