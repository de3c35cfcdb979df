"""What the operations return: energies and their forces, by name."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class FreeEnergy(NamedTuple):
    """What :func:`fieldcheck.ops.free_energy` returns.

    ``energy``: (..., N), one number a query.  ``force``: (..., N, d), the gradient of the summed
    energy in the queries.  ``key_force``: (..., M, d), its gradient in the keys, or None if not
    asked for.
    """

    energy: Tensor
    force: Tensor
    key_force: Tensor | None = None


class Quartic(NamedTuple):
    """What :func:`fieldcheck.ops.quartic` returns.

    ``energy``: (...), the trace.  ``force``: (..., N, C), its derivative in the tokens.
    """

    energy: Tensor
    force: Tensor


class GluPotential(NamedTuple):
    """What :func:`fieldcheck.ops.glu_potential` returns.

    ``energy``: (...), one number a token.  ``force``: (..., C), the gradient of the summed energy.
    """

    energy: Tensor
    force: Tensor
