"""The Gibbs distribution of a table of energies, and the free energy it attains."""

from __future__ import annotations

import torch
from torch import Tensor

from . import _check


def _scaled(op: str, energies: Tensor, temperature: float | Tensor, dim: int) -> tuple[Tensor, int]:
    """``-energies / temperature``, checked."""
    _check.tensor(op, "energies", energies, ndim=1)
    if not -energies.ndim <= dim < energies.ndim:
        raise ValueError(
            f"{op}: energies has shape {_check.shape(energies)}, so dim={dim} names no axis"
        )
    if energies.shape[dim] == 0:
        raise ValueError(
            f"{op}: energies has shape {_check.shape(energies)}; axis {dim} has no state"
        )
    if isinstance(temperature, Tensor):
        _check.alike(op, energies=energies, temperature=temperature)
        try:
            fits = torch.broadcast_shapes(temperature.shape, energies.shape) == energies.shape
        except RuntimeError:
            fits = False
        if not fits:
            raise ValueError(
                f"{op}: temperature has shape {_check.shape(temperature)}, which does not "
                f"broadcast to {_check.shape(energies)}"
            )
        return energies / -temperature, dim
    return energies * (-1 / _check.positive(op, "temperature", temperature)), dim


def gibbs(energies: Tensor, temperature: float | Tensor = 1.0, *, dim: int = -1) -> Tensor:
    r"""Probabilities :math:`p_i \propto e^{-E_i/\tau}` along ``dim``.

    They minimize :math:`\langle E\rangle_p + \tau\langle\log p\rangle_p` over the simplex.

    Shapes
        ``energies`` of any shape; the result has the same.  A tensor ``temperature`` broadcasts to
        it (its values are not checked: they must be above zero).

    Raises
        TypeError, ValueError: naming the shape, dtype or temperature that does not fit.
    """
    scaled, dim = _scaled("gibbs", energies, temperature, dim)
    return torch.softmax(scaled, dim)


def gibbs_free_energy(
    energies: Tensor, temperature: float | Tensor = 1.0, *, dim: int = -1
) -> Tensor:
    r"""The minimum that :func:`gibbs` attains, :math:`F = -\tau\log\sum_i e^{-E_i/\tau}`; ``dim``
    is gone.

    Its gradient in the energies is ``gibbs(energies, temperature)``.  A tensor ``temperature``
    must have length 1 along ``dim``.  Shapes and errors otherwise as :func:`gibbs`.
    """
    op = "gibbs_free_energy"
    scaled, dim = _scaled(op, energies, temperature, dim)
    if isinstance(temperature, Tensor):
        full = temperature[(None,) * (energies.ndim - temperature.ndim)]
        _check.axis_size(op, "temperature", full, dim, 1, "one temperature for all states")
        temperature = full.squeeze(dim)
    return -temperature * torch.logsumexp(scaled, dim)
