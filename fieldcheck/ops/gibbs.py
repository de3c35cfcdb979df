"""The Gibbs distribution of a table of energies, and the free energy it attains."""

from __future__ import annotations

import torch
from torch import Tensor

from . import _check
from .reference import _wide

#: Temperatures below this are divided by only after the lowest energy is taken off, which costs a
#: sweep.  Above, energies up to this share of the largest number cannot overflow.
COLD = 2.0**-10


def _checked(op: str, energies: Tensor, temperature: float | Tensor, dim: int) -> float | Tensor:
    """The temperature, once it and the energies are as they must be."""
    _check.tensor(op, "energies", energies, ndim=1)
    if not -energies.ndim <= dim < energies.ndim:
        raise ValueError(
            f"{op}: energies has shape {_check.shape(energies)}, so dim={dim} names no axis"
        )
    if energies.shape[dim] == 0:
        raise ValueError(
            f"{op}: energies has shape {_check.shape(energies)}; axis {dim} has no state"
        )
    if not isinstance(temperature, Tensor):
        return _check.positive(op, "temperature", temperature)
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
    return temperature


def _over(energies: Tensor, temperature: float | Tensor) -> Tensor:
    """``-energies / temperature``.  A number may be too small for the dtype, a tensor is in it."""
    if isinstance(temperature, Tensor):
        return energies / -temperature
    return energies / -max(temperature, torch.finfo(energies.dtype).tiny)


def gibbs(energies: Tensor, temperature: float | Tensor = 1.0, *, dim: int = -1) -> Tensor:
    r"""Probabilities :math:`p_i \propto e^{-E_i/\tau}` along ``dim``.

    They minimize :math:`\langle E\rangle_p + \tau\langle\log p\rangle_p` over the simplex.
    Half-precision energies are computed in float32.

    Shapes
        ``energies`` of any shape; the result has the same.  A tensor ``temperature`` broadcasts to
        it (its values are not checked: they must be above zero).

    Raises
        TypeError, ValueError: naming the shape, dtype or temperature that does not fit.
    """
    tau = _checked("gibbs", energies, temperature, dim)
    e = _wide(energies)
    if isinstance(tau, float) and tau >= COLD:
        return torch.softmax(e * (-1 / tau), dim).to(energies.dtype)
    tau = _wide(tau) if isinstance(tau, Tensor) else tau
    lowest = e.detach().amin(dim, keepdim=True)
    return torch.softmax(_over(e - lowest, tau), dim).to(energies.dtype)


def gibbs_free_energy(
    energies: Tensor, temperature: float | Tensor = 1.0, *, dim: int = -1
) -> Tensor:
    r"""The minimum that :func:`gibbs` attains, :math:`F = -\tau\log\sum_i e^{-E_i/\tau}`; ``dim``
    is gone.

    Its gradient in the energies is ``gibbs(energies, temperature)``.  A tensor ``temperature``
    must have length 1 along ``dim``.  Shapes and errors otherwise as :func:`gibbs`.
    """
    op = "gibbs_free_energy"
    tau = _checked(op, energies, temperature, dim)
    e = _wide(energies)
    lowest = e.detach().amin(dim, keepdim=True)
    outer: float | Tensor = tau
    if isinstance(tau, Tensor):
        tau = _wide(tau)
        full = tau[(None,) * (energies.ndim - tau.ndim)]
        _check.axis_size(op, "temperature", full, dim, 1, "one temperature for all states")
        outer = full.squeeze(dim)
    # An identity for any constant in place of the lowest energy, so its derivative is not needed.
    above = -outer * torch.logsumexp(_over(e - lowest, tau), dim)
    return (lowest.squeeze(dim) + above).to(energies.dtype)
