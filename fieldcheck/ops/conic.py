"""Conic activations: CoLU, its rotated form, and the projection on second-order cones.

The hard forms on grouped channels run through one compiled loop over memory where one is at hand
(see :mod:`fieldcheck.ops.native`); everything else runs through the plain forms of
:mod:`fieldcheck.ops.reference`; so do second derivatives, and transforms of ``torch.func``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from . import native, reference
from ._layout import channel_last, layout
from ._room import room
from ._steady import steady
from ._transforms import fresh, transformed


@steady
def colu(
    x: Tensor,
    size: int | None = None,
    *,
    groups: int | None = None,
    dim: int = -1,
    planar: bool = False,
    shared: bool = False,
    form: reference.Form = "hard",
    negative: reference.Negative = "kept",
    eps: float = 0.0,
) -> Tensor:
    r"""Conic linear unit: in each group of channels the body is shortened until it fits the cone.

    With axis entry :math:`t` and body :math:`w` of a group, :math:`y = (t, c\,w)` where
    :math:`c = \mathrm{clip}(t / \lVert w\rVert, 0, 1)` (hard),
    :math:`\sigma(t/\lVert w\rVert - \tfrac12)` (soft) or :math:`\sigma(4t/\lVert w\rVert - 2)`
    (firm).  The authors' current package has three more: the soft form with
    :math:`\mathrm{silu}(t)` in the place of :math:`t`, on the axis too (silu), and, with
    :math:`q = \max(t, 0)/\lVert w\rVert`, :math:`c = \sqrt q` and :math:`c = \log(1 + q)` (sqrt,
    log), which are not bounded by 1.

    On the cone's surface and at :math:`t = 0` the derivative is the one from inside the cone and
    from below, as ReLU's at 0; so at 0 that of a kept axis is 1, and that of a rectified one 0.
    Gradients are finite everywhere, but for sqrt's beside a vanishing axis or body.  A NaN
    makes NaN of all the group's derivatives and of its body; of its axis if it stands there.

    Shapes
        ``x`` of any shape, C channels along ``dim``; the result has the same shape and dtype.

    Parameters
        size, groups: channels a group, or number of groups; give one.
        dim: the channel axis.
        planar: all axes first, then all bodies; else each group's axis stands before its body.
        shared: one axis for all groups, C = 1 + G (S - 1).
        form: "hard", "soft", "firm", "silu", "sqrt" or "log".
        negative: a negative axis is "kept", as the paper has it, or "rectified" to 0.
        eps: added to the body's length in the quotient; 0 as in the definition.

    Linear isometries it commutes with: O(S - 1) on each body and permutations of the groups.

    Raises
        TypeError, ValueError: naming the shape, dtype, or group size that does not fit.

    Source: Fu and Cohen, Conic Activation Functions, PMLR 285 (2024).
    """
    op = "colu"
    last = channel_last(op, x, dim)
    cut = layout(op, last.shape[-1], size, groups, planar, shared)
    reference.check_colu(op, form, negative, eps)
    hard = form == "hard" and eps == 0 and not shared
    if hard and (not planar or cut.groups == 1) and not transformed(x):
        kind = "colu" if negative == "kept" else "colu rectified"
        return conic(last, kind, cut.size, 1.0).movedim(-1, dim)
    return reference.colu_last(last, cut, form, negative, eps).movedim(-1, dim)


@steady
def rcolu(
    x: Tensor,
    size: int | None = None,
    *,
    groups: int | None = None,
    dim: int = -1,
    form: reference.Form = "hard",
    negative: reference.Negative = "kept",
    eps: float = 0.0,
) -> Tensor:
    r"""CoLU with the axis :math:`e = (1, \dots, 1)/\sqrt S` in each group of S channels.

    With :math:`t = \langle x, e\rangle` and :math:`w = x - t e`, :math:`y = t e + c\,w`, and
    :math:`c` as in :func:`colu`.  (The source prints absolute value, maximum and minimum in
    places that make its formula the identity; this is the form that its text describes.)

    Shapes, parameters, kinks, errors: as :func:`colu`; a negative axis is the part t e with t < 0.
    Groups are always contiguous: no channel is special. Linear isometries it commutes with: those
    of each group that fix its axis, permutations of a group's channels among them, and
    permutations of the groups.

    Source: Fu and Cohen, Conic Activation Functions, PMLR 285 (2024), rotated form.
    """
    op = "rcolu"
    last = channel_last(op, x, dim)
    cut = layout(op, last.shape[-1], size, groups, False, False)
    reference.check_colu(op, form, negative, eps)
    if form == "hard" and eps == 0 and not transformed(x):
        kind = "rcolu" if negative == "kept" else "rcolu rectified"
        y = conic(last, kind, cut.size, 1.0)
    else:
        y = reference.rcolu_last(last, cut, form, negative, eps)
    return y.movedim(-1, dim)


@steady
def soc_projection(
    x: Tensor,
    size: int | None = None,
    *,
    groups: int | None = None,
    dim: int = -1,
    planar: bool = False,
    half_angle: float = math.pi / 4,
) -> Tensor:
    r"""Nearest point of the cone :math:`\lVert w\rVert \le a\,t`, :math:`a = \tan` of the half
    angle, group by group.

    :math:`y = x` inside; :math:`y = 0` where :math:`a\lVert w\rVert \le -t`; else
    :math:`y = s\,(1, a\,w/\lVert w\rVert)` with :math:`s = (t + a\lVert w\rVert)/(1 + a^2)`.
    The derivative is symmetric: the map is the gradient of half the squared distance to the polar
    cone.  On the cone's surface it is the one from inside, on that of the polar cone 0.  A NaN
    makes NaN of its group and of all the group's derivatives.

    Shapes, parameters, errors: as :func:`colu`; ``half_angle`` in radians, between 0 and pi/2.
    Linear isometries it commutes with: O(S - 1) on each body and permutations of the groups.

    Sources: Moreau (1962); Boyd and Vandenberghe, Convex Optimization, section 8.1;
    Li et al. (2023) for its use as an activation.
    """
    op = "soc_projection"
    last = channel_last(op, x, dim)
    cut = layout(op, last.shape[-1], size, groups, planar, False)
    opening = reference.opening(op, half_angle)
    if (not planar or cut.groups == 1) and not transformed(x):
        if torch.compiler.is_compiling():  # one graph for all angles, which may anneal
            a = opening * torch.ones((), dtype=torch.float64)
            return soc(last, a, cut.size).movedim(-1, dim)
        return conic(last, "soc", cut.size, opening).movedim(-1, dim)
    return reference.soc_last(last, cut, opening).movedim(-1, dim)


# ------------------------------------------------------------------------------------ the operators


def plain_vjp(x: Tensor, g: Tensor, kind: str, size: int, opening: float) -> Tensor:
    """The reverse derivative of the plain form along ``g``, by torch's own function transform."""
    pull = torch.func.vjp(lambda x: reference.conic(x, kind, size, opening), x)[1]
    return pull(g)[0]


@functools.cache
def _compiled(f: Callable[..., Tensor], *settings: object) -> Callable[..., Tensor]:
    """``f`` compiled for these settings alone; the plain ``f`` if it does not compile here."""
    fast = torch.compile(fresh(f), dynamic=True, fullgraph=True)
    usable: list[bool] = []

    def run(*args: Any) -> Tensor:
        if not usable:  # the first call compiles
            try:
                out = fast(*args)
            except Exception as error:  # no Triton, no compiler
                native.log.warning("the conic kernels do not compile for the device: %s", error)
                usable.append(False)
            else:
                usable.append(True)
                return out
        return fast(*args) if usable[0] else f(*args)

    return run


@torch.library.custom_op("fieldcheck::conic", mutates_args=())
def conic(x: Tensor, kind: str, size: int, opening: float) -> Tensor:
    """The hard map on groups of ``size`` consecutive channels of the last axis."""
    if x.device.type == "cuda":
        fast = _compiled(reference.conic, x.dtype, x.ndim, kind, size, opening)
        return fast(x, kind, size, opening).contiguous()
    if x.device.type == "cpu":
        wide = x if x.dtype in (torch.float32, torch.float64) else x.float()
        if native.available(wide.dtype):
            wide = wide.contiguous()
            out = room(wide.shape, wide.dtype)
            return native.conic(kind, wide, None, size, opening, out).to(x.dtype)
    return reference.conic(x, kind, size, opening).contiguous()


@conic.register_fake
def _(x, kind, size, opening):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


@torch.library.custom_op("fieldcheck::conic_vjp", mutates_args=())
def conic_vjp(x: Tensor, g: Tensor, kind: str, size: int, opening: float) -> Tensor:
    """The reverse derivative of ``conic`` along ``g``."""
    if x.device.type == "cuda":
        fast = _compiled(reference.conic_vjp, x.dtype, x.ndim, kind, size, opening)
        return fast(x, g, kind, size, opening).contiguous()
    if x.device.type == "cpu":
        wide = x if x.dtype in (torch.float32, torch.float64) else x.float()
        if native.available(wide.dtype):
            wide, g_wide = wide.contiguous(), g.to(wide.dtype).contiguous()
            out = room(wide.shape, wide.dtype)
            return native.conic(kind, wide, g_wide, size, opening, out).to(x.dtype)
    return reference.conic_vjp(x, g, kind, size, opening).contiguous()


@conic_vjp.register_fake
def _(x, g, kind, size, opening):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


# Gradients may come in batches where the forward pass did not.  The maps know the last axis alone.


@conic.register_vmap
def _(info, in_dims, x, kind, size, opening):
    return conic(x.movedim(in_dims[0], 0), kind, size, opening), 0


@conic_vjp.register_vmap
def _(info, in_dims, x, g, kind, size, opening):
    x, g = (
        t.expand(info.batch_size, *t.shape) if dim is None else t.movedim(dim, 0)
        for t, dim in zip((x, g), in_dims, strict=False)
    )
    return conic_vjp(x, g, kind, size, opening), 0


def _save(ctx, inputs, output) -> None:
    x, ctx.kind, ctx.size, ctx.opening = inputs
    ctx.save_for_backward(x)


def _backward(ctx, g: Tensor):
    (x,) = ctx.saved_tensors
    pull = plain_vjp if transformed(g) else conic_vjp  # a cotangent may carry a tangent
    return pull(x, g, ctx.kind, ctx.size, ctx.opening), None, None, None


conic.register_autograd(_backward, setup_context=_save)


def _vjp_save(ctx, inputs, output) -> None:
    x, g, ctx.kind, ctx.size, ctx.opening = inputs
    ctx.save_for_backward(x, g)


def _vjp_backward(ctx, h: Tensor):
    x, g = ctx.saved_tensors
    step = lambda x, g: plain_vjp(x, g, ctx.kind, ctx.size, ctx.opening)
    pull = torch.func.vjp(step, x, g)[1]
    return (*pull(h), None, None, None)


conic_vjp.register_autograd(_vjp_backward, setup_context=_vjp_save)


# A number that an operator is given is part of the graph that calls it.  The cone's opening may
# anneal, so a compiler is given it as a tensor.


@torch.library.custom_op("fieldcheck::soc", mutates_args=())
def soc(x: Tensor, opening: Tensor, size: int) -> Tensor:
    """``conic`` of kind "soc", with its opening in a tensor on the CPU."""
    return conic(x, "soc", size, opening.item())


@torch.library.custom_op("fieldcheck::soc_vjp", mutates_args=())
def soc_vjp(x: Tensor, g: Tensor, opening: Tensor, size: int) -> Tensor:
    """The reverse derivative of ``soc`` along ``g``."""
    return conic_vjp(x, g, "soc", size, opening.item())


@soc.register_fake
def _(x, opening, size):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


@soc_vjp.register_fake
def _(x, g, opening, size):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


def _soc_save(ctx, inputs, output) -> None:
    x, opening, ctx.size = inputs
    ctx.save_for_backward(x, opening)


def _soc_backward(ctx, g: Tensor):
    x, opening = ctx.saved_tensors
    return soc_vjp(x, g, opening, ctx.size), None, None


soc.register_autograd(_soc_backward, setup_context=_soc_save)
