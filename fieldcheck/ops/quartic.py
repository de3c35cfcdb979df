"""The quartic potential of linear attention and its force, in the order that costs O(N C^2)."""

from __future__ import annotations

import torch
from torch import Tensor

from . import _check
from ._results import Quartic
from ._room import LARGE, room
from ._steady import product, steady
from ._transforms import transformed


@steady
def quartic(x: Tensor, q: Tensor, k: Tensor, v: Tensor, o: Tensor) -> Quartic:
    r"""The potential :math:`V = \sum_h \mathrm{Tr}(X A_h X^* X B_h X^*)` and its force, from
    low-rank factors.

    :math:`A_h = q_h k_h^*` and :math:`B_h = v_h o_h^*` are C x C of rank r.  With :math:`M = X^*X`,

    - :math:`V = \sum_h \mathrm{Tr}\big((k_h^* M v_h)(o_h^* M q_h)\big)`, a complex number in
    general;
    - :math:`G = \sum_h A_h M B_h + B_h M A_h`, of size C x C, from the factors of all heads side
    by side;
    - complex tokens: ``force`` is :math:`XG = \partial V/\partial X^*`, the Wirtinger derivative.
      Torch's gradient of Re V is :math:`X(G + G^*)`, that of Im V is :math:`-iX(G - G^*)`;
    - real tokens: ``force`` is the gradient :math:`X(G + G^\mathsf{T})`, which has four terms.

    Nothing of size N x N is formed.  Time is O(N C^2 + H r C^2), and 16 N C^2 + O(C^2) real
    operations for complex tokens: a product down to C x C, one back up, and small ones between.

    Shapes
        ``x`` (..., N, C), any leading axes, N may be 0; each factor (H, C, r), or (C, r) for one
        head.

    Differentiable in all arguments to any order.  Half-precision tokens are computed in float32.

    Raises
        TypeError, ValueError: naming the shape, dtype or device that does not fit.
    """
    op = "quartic"
    _check.tensor(op, "x", x, ndim=2, dtypes=_check.FLOATING + _check.COMPLEX)
    factors = {"q": q, "k": k, "v": v, "o": o}
    for name, factor in factors.items():
        _check.tensor(op, name, factor, ndim=2, dtypes=_check.FLOATING + _check.COMPLEX)
        if factor.ndim > 3:
            raise ValueError(
                f"{op}: {name} has shape {_check.shape(factor)}; it must be (H, C, r) or (C, r)"
            )
        _check.axis_size(op, name, factor, -2, x.shape[-1], "the channels of x", x)
    _check.alike(op, x=x, **factors)
    _check.same_shape(op, **factors)
    if x.dtype in (torch.float16, torch.bfloat16):
        energy, force = quartic(x.float(), *(f.float() for f in factors.values()))
        return Quartic(energy, force.to(x.dtype))
    q, k, v, o = (f if f.ndim == 3 else f[None] for f in factors.values())
    energy, g = _middle(product(x.mH, x), q, k, v, o)
    return Quartic(energy, _product(x, g if x.is_complex() else g + g.mT))


def _product(x: Tensor, g: Tensor) -> Tensor:
    """``x @ g``, into room of its own where it is large and nobody asks for derivatives."""
    size = x.numel() * x.element_size()
    if torch.compiler.is_compiling() or size < LARGE or x.device.type != "cpu":
        return product(x, g)
    recorded = torch.is_grad_enabled() and (x.requires_grad or g.requires_grad)
    if recorded or type(x) is not Tensor or transformed(x, g):
        return product(x, g)
    return torch.matmul(x, g, out=room(x.shape, x.dtype))


def _middle(m: Tensor, q: Tensor, k: Tensor, v: Tensor, o: Tensor) -> tuple[Tensor, Tensor]:
    """V and G from M = X*X: (..., C, C) and factors (H, C, r)."""
    heads, _, r = q.shape
    if not heads:
        return m.new_zeros(m.shape[:-2]), torch.zeros_like(m)
    # Both terms of G have the form a (b^* M d) e^*: 2 H of them, (a, b, d, e) = (q, k, v, o) or
    # (v, o, q, k).
    first, second = torch.cat((q, v)), torch.cat((k, o))
    side_by_side = lambda *parts: torch.cat([m for part in parts for m in part.unbind()], -1)
    middle = product(m, side_by_side(v, q)).unflatten(-1, (2 * heads, r)).movedim(-2, -3)
    inner = product(second.mH, middle)
    energy = (inner[..., :heads, :, :] * inner[..., heads:, :, :].mT).sum((-3, -2, -1))
    back = product(first, inner).movedim(-3, -2).flatten(-2)  # (..., 2H, C, r) to (..., C, 2H r)
    return energy, product(back, side_by_side(o, k).mH)
