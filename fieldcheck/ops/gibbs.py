"""The Gibbs distribution of a table of energies, and the free energy it attains."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from . import _check
from ._steady import steady
from .reference import _wide

#: Temperatures that are powers of two from here on scale without rounding and without overflow:
#: there the lowest energy need not be taken off, which costs a sweep.
WARM = 1.0

Dim = int | Sequence[int]


def _checked(op: str, energies: Tensor, temperature: float | Tensor, dim: Dim) -> list[int]:
    """The axes of the states, counted from the front, once all arguments are as they must be."""
    _check.tensor(op, "energies", energies)
    given = list(dim) if isinstance(dim, Sequence) else [dim]
    axes = [_check.axis(op, "energies", energies, d) for d in given]
    if not axes or len(set(axes)) < len(axes):
        raise ValueError(f"{op}: dim must name one axis or several different ones, not {dim!r}")
    for axis, name in zip(axes, given, strict=True):
        if energies.ndim and energies.shape[axis] == 0:
            raise ValueError(
                f"{op}: energies has shape {_check.shape(energies)}; axis {name} has no state"
            )
    if not isinstance(temperature, Tensor):
        _check.positive(op, "temperature", temperature)
        return axes
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
    return axes


def _above(energies: Tensor, lowest: Tensor) -> Tensor:
    """Half of what the energies are above the lowest one: the whole may overflow.  One sweep."""
    return torch.add(lowest / -2, energies, alpha=0.5)


def _over(half: Tensor, temperature: float | Tensor, anchored: Tensor) -> Tensor:
    """``-2 half / temperature``, in the place of ``half``, which is nobody else's, if it can be.

    A number may be too small for the dtype, a tensor is in it.  A state at inf beside finite ones,
    where ``anchored``, is not divided: its derivative in the temperature is 0, not inf times 0.
    """
    if not isinstance(temperature, Tensor):
        return half.mul_(-2 / _least(temperature, half))
    gone = (half == torch.inf) & anchored
    ratio = torch.where(gone, 0, half) / (_wide(temperature) / -2)
    return torch.where(gone, -torch.inf, ratio)


def _least(temperature: float, energies: Tensor) -> float:
    """The temperature, or the lowest that has an inverse in the energies' dtype."""
    return max(temperature, torch.finfo(energies.dtype).tiny)


def _together(
    energies: Tensor, temperature: float | Tensor, axes: list[int]
) -> tuple[Tensor, float | Tensor]:
    """The energies with several axes made one, the last, and the temperature likewise."""
    one = lambda x: x.movedim(axes, list(range(-len(axes), 0))).flatten(-len(axes))
    if not isinstance(temperature, Tensor):
        return one(energies), temperature
    full = temperature[(None,) * (energies.ndim - temperature.ndim)]
    if any(full.shape[a] != 1 for a in axes):
        full = full.expand(energies.shape)
    return one(energies), one(full)


def _varies(temperature: Tensor, energies: Tensor, axis: int) -> bool:
    """Whether states along the axis have temperatures of their own: then no energy may be taken off
    them all."""
    at = axis - max(1, energies.ndim)  # a number has one axis
    return temperature.ndim >= -at and temperature.shape[at] != 1


def _exact(temperature: float | Tensor) -> bool:
    """Whether dividing by the temperature rounds nothing.  A compiler is not asked: it fuses the
    sweeps, and may hold the temperature open."""
    if torch.compiler.is_compiling() or isinstance(temperature, Tensor):
        return False
    return temperature >= WARM and math.frexp(temperature)[0] == 0.5


@steady
def gibbs(energies: Tensor, temperature: float | Tensor = 1.0, *, dim: Dim = -1) -> Tensor:
    r"""Probabilities :math:`p_i \propto e^{-E_i/\tau}` along ``dim``.

    They minimize :math:`\langle E\rangle_p + \tau\langle\log p\rangle_p` over the simplex.
    Half-precision energies are computed in float32.  The lowest energy is taken off before
    anything is scaled, so that a large common part costs no digits.

    Infinite energies
        A state at inf has probability 0.  Where all states are at inf, or one is at -inf, no
        distribution is the minimum, and all probabilities are NaN, as torch.softmax has it.  A NaN
        makes NaN of all states along ``dim``.

    Shapes
        ``energies`` of any shape; the result has the same; a number is one state.  ``dim`` is an
        axis, or several, whose states are taken together.  A tensor ``temperature`` broadcasts to
        the energies (its values are not checked: they must be above zero).

    Raises
        TypeError, ValueError: naming the shape, dtype or temperature that does not fit.
    """
    axes = _checked("gibbs", energies, temperature, dim)
    if len(axes) > 1:
        last, warm = _together(energies, temperature, axes)
        apart = gibbs(last, warm).unflatten(-1, [energies.shape[a] for a in axes])
        return apart.movedim(list(range(-len(axes), 0)), axes)
    e, axis = _wide(energies), axes[0]
    if _exact(temperature):
        return torch.softmax(e * (-1 / temperature), axis).to(energies.dtype)
    if isinstance(temperature, Tensor) and _varies(temperature, energies, axis):
        some = (e < torch.inf).any(axis, keepdim=True)
        return torch.softmax(_over(e / 2, temperature, some), axis).to(energies.dtype)
    lowest = e.detach().amin(axis, keepdim=True)
    ratio = _over(_above(e, lowest), temperature, lowest.isfinite())
    return torch.softmax(ratio, axis).to(energies.dtype)


@steady
def gibbs_free_energy(
    energies: Tensor, temperature: float | Tensor = 1.0, *, dim: Dim = -1
) -> Tensor:
    r"""The minimum that :func:`gibbs` attains, :math:`F = -\tau\log\sum_i e^{-E_i/\tau}`; ``dim``
    is gone.

    Its gradient in the energies is ``gibbs(energies, temperature)``.  A tensor ``temperature``
    must have length 1 along ``dim``.  Shapes and errors otherwise as :func:`gibbs`.

    Infinite energies, as logsumexp has them:

    ==============================  ======  =========================================
    energies                        F       gradient
    ==============================  ======  =========================================
    some at inf, the others finite  finite  0 at inf, elsewhere as if those were not
    all at inf                      inf     NaN
    some at -inf, none a NaN        -inf    NaN at -inf, elsewhere 0
    some a NaN                      NaN     NaN
    ==============================  ======  =========================================
    """
    op = "gibbs_free_energy"
    axes = _checked(op, energies, temperature, dim)
    if isinstance(temperature, Tensor):
        full = temperature[(None,) * (energies.ndim - temperature.ndim)]
        for name in dim if isinstance(dim, Sequence) else [dim]:
            if energies.ndim:
                _check.axis_size(op, "temperature", full, name, 1, "one temperature for all states")
    if len(axes) > 1:
        return gibbs_free_energy(*_together(energies, temperature, axes))
    e, axis = _wide(energies), axes[0]
    outer: float | Tensor
    if isinstance(temperature, Tensor):
        outer = _wide(full).squeeze(axis)
    else:
        outer = _least(temperature, e)
    # An identity for any number in place of the lowest energy, so its derivative is not needed.
    # From an infinite one nothing is to be taken: inf - inf is no number.
    lowest = e.detach().amin(axis, keepdim=True)
    finite = lowest.isfinite()
    lowest = torch.where(finite, lowest, 0)
    above = -outer * torch.logsumexp(_over(_above(e, lowest), temperature, finite), axis)
    return (lowest.squeeze(axis) + above).to(energies.dtype)
