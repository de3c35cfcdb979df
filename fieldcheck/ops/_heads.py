"""Grouped queries: several heads of queries that share a head of keys."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from . import _check
from ._results import FreeEnergy
from .masks import Interval


def grouped(
    op: str, q: Tensor, k: Tensor, mask: Interval | Tensor | None
) -> tuple[Tensor, Tensor, Interval | Tensor | None, Callable[[FreeEnergy], FreeEnergy]]:
    """Queries, keys and mask with heads that match, and the way back for the results.

    ``q`` (..., H, N, d) and ``k`` (..., K, M, d), K a divisor of H: head h meets keys h // (H / K),
    as in torch's attention.  Without a mask the heads of a group are rows of one, and no key is
    copied.
    """
    _check.tensor(op, "q", q, ndim=3, dtypes=_check.FLOATING + _check.COMPLEX)
    _check.tensor(op, "k", k, ndim=3, dtypes=_check.FLOATING + _check.COMPLEX)
    heads, shared = q.shape[-3], k.shape[-3]
    if shared == 0 or heads % shared:
        raise ValueError(
            f"{op}: q has shape {_check.shape(q)} and k {_check.shape(k)}; "
            f"{heads} heads of queries cannot share {shared} heads of keys"
        )
    group = heads // shared
    q = q.unflatten(-3, (shared, group))
    if mask is None:
        n = q.shape[-2]

        def apart(found: FreeEnergy) -> FreeEnergy:
            energy = found.energy.unflatten(-1, (group, n)).flatten(-3, -2)
            force = found.force.unflatten(-2, (group, n)).flatten(-4, -3)
            return FreeEnergy(energy, force, found.key_force)

        return q.flatten(-3, -2), k, None, apart
    if isinstance(mask, Tensor) and mask.ndim > 2:
        if mask.shape[-3] not in (1, heads):
            raise ValueError(
                f"{op}: mask has shape {_check.shape(mask)}; its axis -3 must be 1 or {heads}, "
                "the heads of queries"
            )
        split = (shared, group) if mask.shape[-3] == heads else (1, 1)
        mask = mask.unflatten(-3, split)

    def joined(found: FreeEnergy) -> FreeEnergy:
        received = found.key_force
        return FreeEnergy(
            found.energy.flatten(-3, -2),
            found.force.flatten(-4, -3),
            None if received is None else received.sum(-3),
        )

    return q, k.unsqueeze(-3), mask, joined
