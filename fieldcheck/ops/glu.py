"""The triple-trace potential of gated units and its force."""

from __future__ import annotations

import torch
from torch import Tensor

from . import _check
from ._results import GluPotential
from ._steady import product, steady


@steady
def glu_potential(x: Tensor, gate: Tensor, up: Tensor, out: Tensor) -> GluPotential:
    r"""The potential :math:`V = \tfrac13\sum_k g_k i_k o_k` with :math:`g = xW_g,\ i = xW_i,\ o =
    xW_o`, and its gradient.

    The gradient is a third of three gated units,
    :math:`\tfrac13\big[(i\odot o)W_g^\mathsf{T} + (g\odot o)W_i^\mathsf{T} + (g\odot
    i)W_o^\mathsf{T}\big]`. The three weights stand side by side, so one matrix product goes up and
    one comes down.

    Shapes
        ``x`` (..., C); ``gate``, ``up``, ``out`` (C, m), all three in this orientation.

    Differentiable in all arguments to any order.  Half-precision tokens are computed in float32,
    and their energy stays in it.

    Raises
        TypeError, ValueError: naming the shape, dtype or device that does not fit.
    """
    op = "glu_potential"
    _check.tensor(op, "x", x, ndim=1)
    weights = {"gate": gate, "up": up, "out": out}
    for name, weight in weights.items():
        _check.tensor(op, name, weight, ndim=2)
        if weight.ndim != 2:
            raise ValueError(f"{op}: {name} has shape {_check.shape(weight)}; it must be (C, m)")
        _check.axis_size(op, name, weight, 0, x.shape[-1], "the channels of x", x)
    _check.alike(op, x=x, **weights)
    _check.same_shape(op, **weights)
    if x.dtype in (torch.float16, torch.bfloat16):
        energy, force = glu_potential(x.float(), *(w.float() for w in weights.values()))
        return GluPotential(energy, force.to(x.dtype))
    side_by_side = torch.cat((gate, up, out), 1)
    g, i, o = product(x, side_by_side).chunk(3, -1)
    pair = g * i
    energy = (pair * o).sum(-1) / 3
    products = torch.cat((i * o, g * o, pair), -1)
    return GluPotential(energy, product(products, side_by_side.mT) / 3)
