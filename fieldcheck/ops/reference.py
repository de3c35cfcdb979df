"""The plain forms: the same signatures as the fast ones, in the fewest lines of ordinary torch.

They are what the fast forms are tested against, and the conic ones also serve where no compiled
loop is at hand.  None of them is careful about memory.
"""

from __future__ import annotations

import functools
import math
from typing import Literal, get_args

import torch
from torch import Tensor

from . import _check
from ._heads import grouped
from ._layout import Groups, channel_last, layout
from ._results import FreeEnergy, GluPotential, Quartic
from ._steady import product
from .masks import Interval

Empty = Literal["error", "zero"]


def free_energy(
    q: Tensor,
    k: Tensor,
    *,
    scale: float | None = None,
    mask: Interval | Tensor | None = None,
    empty: Empty = "error",
    key_force: bool = False,
    key_mask: Tensor | None = None,
    enable_gqa: bool = False,
) -> FreeEnergy:
    """:func:`fieldcheck.ops.free_energy` with the N x N scores written out."""
    if enable_gqa:
        q, k, mask, back = grouped("free_energy", q, k, mask)
        return back(
            free_energy(q, k, scale=scale, mask=mask, key_mask=key_mask, empty=empty,
                        key_force=key_force)
        )  # fmt: skip
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    dtype = q.dtype
    if key_mask is not None:
        lead = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
        k = k.expand(*lead, *k.shape[-2:]).masked_fill(~key_rows(key_mask, len(lead)).mT, 0)
    q, k = _wide(q), _wide(k)  # the energy of half-precision tokens is float32
    s = scale * (product(q, k.mH).real if q.is_complex() else product(q, k.mT))
    if isinstance(mask, Tensor) and mask.dtype != torch.bool:
        s = s + mask.to(s.dtype)
    elif mask is not None:
        s = s.masked_fill(~allowed(mask, s.shape[-2], s.shape[-1], s.device), -torch.inf)
    if key_mask is not None:
        s = s.masked_fill(~key_rows(key_mask, s.ndim - 2), -torch.inf)
    if empty == "zero":
        none = (s == -torch.inf).all(-1, keepdim=True)
        s = s.masked_fill(none, 0)
        p = torch.softmax(s, -1).masked_fill(none, 0)
        energy = torch.logsumexp(s, -1).masked_fill(none.squeeze(-1), -torch.inf) / scale
    else:
        p = torch.softmax(s, -1)
        energy = torch.logsumexp(s, -1) / scale
    p = p.to(k.dtype)
    lead = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    received = product(p.mT, q.expand(*lead, *q.shape[-2:])).to(dtype) if key_force else None
    return FreeEnergy(energy, product(p, k).to(dtype), received)


def key_rows(key_mask: Tensor, axes: int) -> Tensor:
    """(..., M), whose axes are the first of ``axes`` leading ones, as a table of one row each."""
    fill = (1,) * (axes + 1 - key_mask.ndim)
    return key_mask.reshape(*key_mask.shape[:-1], *fill, 1, key_mask.shape[-1])


def allowed(mask: Interval | Tensor, n: int, m: int, device: torch.device | None = None) -> Tensor:
    """The mask as a bool table (N, M), pair by pair from its definition."""
    if isinstance(mask, Tensor):
        return mask
    i, j = torch.arange(n)[:, None], torch.arange(m)[None, :]
    kind = str(mask).partition(":")[0]
    if kind == "causal":
        table = j <= i
    elif kind == "blocks":
        table = i // mask.size == j // mask.size  # type: ignore[union-attr]
    else:
        table = (i - j).abs() <= mask.width  # type: ignore[union-attr]
        if kind == "causal-band":
            table = table & (j <= i)
    return table.to(device)


# -------------------------------------------------------------------------------- conic activations

Form = Literal["hard", "soft", "firm", "silu", "sqrt", "log"]
Negative = Literal["kept", "rectified"]


def colu(
    x: Tensor,
    size: int | None = None,
    *,
    groups: int | None = None,
    dim: int = -1,
    planar: bool = False,
    shared: bool = False,
    form: Form = "hard",
    negative: Negative = "kept",
    eps: float = 0.0,
) -> Tensor:
    """:func:`fieldcheck.ops.colu` in ordinary torch."""
    last = channel_last("colu", x, dim)
    cut = layout("colu", last.shape[-1], size, groups, planar, shared)
    check_colu("colu", form, negative, eps)
    return colu_last(last, cut, form, negative, eps).movedim(-1, dim)


def rcolu(
    x: Tensor,
    size: int | None = None,
    *,
    groups: int | None = None,
    dim: int = -1,
    form: Form = "hard",
    negative: Negative = "kept",
    eps: float = 0.0,
) -> Tensor:
    """:func:`fieldcheck.ops.rcolu` in ordinary torch."""
    last = channel_last("rcolu", x, dim)
    cut = layout("rcolu", last.shape[-1], size, groups, False, False)
    check_colu("rcolu", form, negative, eps)
    return rcolu_last(last, cut, form, negative, eps).movedim(-1, dim)


def soc_projection(
    x: Tensor,
    size: int | None = None,
    *,
    groups: int | None = None,
    dim: int = -1,
    planar: bool = False,
    half_angle: float = math.pi / 4,
) -> Tensor:
    """:func:`fieldcheck.ops.soc_projection` in ordinary torch."""
    last = channel_last("soc_projection", x, dim)
    cut = layout("soc_projection", last.shape[-1], size, groups, planar, False)
    return soc_last(last, cut, opening("soc_projection", half_angle)).movedim(-1, dim)


def check_colu(op: str, form: str, negative: str, eps: float) -> None:
    """The options that colu and rcolu share."""
    _check.choice(op, "form", form, get_args(Form))
    _check.choice(op, "negative", negative, ("kept", "rectified"))
    if not 0 <= _check.number(op, "eps", eps) < math.inf:
        raise ValueError(f"{op}: eps must be finite and not negative, not {eps!r}")


def opening(op: str, half_angle: float) -> float:
    """The slope a of the cone's side, from its half angle."""
    if not 0 < _check.number(op, "half_angle", half_angle) < math.pi / 2:
        raise ValueError(f"{op}: half_angle must lie between 0 and pi/2, not {half_angle!r}")
    # The number nearest to pi/4 lies below it, and its tangent below 1: points with |w| = t would
    # lie outside the cone whose surface they are.
    return 1.0 if half_angle == math.pi / 4 else math.tan(half_angle)


def length(w: Tensor) -> Tensor:
    """Length along the last axis, kept; no overflow, no underflow, all derivatives 0 at 0.

    A subnormal body counts as 0: its inverse overflows.  It lies beside a far larger axis, or
    :func:`scaling` would have lifted it.
    """
    if w.shape[-1] == 0:
        return w.new_zeros((*w.shape[:-1], 1))
    top = w.detach().abs().amax(-1, keepdim=True)
    vanishing = top < torch.finfo(w.dtype).tiny
    top = torch.where(~vanishing & top.isfinite(), top, 1)
    squares = (torch.where(vanishing, 0, w) / top).square().sum(-1, keepdim=True)
    # The root's own derivative at 0 is infinite: it must not be asked for, not even times zero.
    some = squares > 0
    return torch.where(some, top * torch.sqrt(torch.where(some, squares, 1)), squares)


#: Groups whose largest entry lies beyond these are scaled first: the smallest numbers are coarse,
#: and sums of the largest overflow.
RANGE = {torch.float32: (1e-25, 1e25, 2.0**80), torch.float64: (1e-250, 1e250, 2.0**800)}


def scaling(*parts: Tensor) -> Tensor:
    """The power of two that brings each group into range; the hard maps are homogeneous."""
    low, high, power = RANGE[parts[0].dtype]
    tops = [part.detach().abs().amax(-1, keepdim=True) for part in parts if part.shape[-1]]
    top = functools.reduce(torch.maximum, tops)
    one = torch.ones_like(top)
    return torch.where(top < low, power, torch.where(top > high, 1 / power, one))


def shortening(t: Tensor, r: Tensor, form: Form) -> Tensor:
    """The factor c of the body, from axis and length; total, with finite derivatives.

    No quotient is formed where it would not be used: its derivative can be infinite there, and
    infinity times the zero of an unused branch is no number.
    """
    if form == "hard":
        between = (t > 0) & (t < r)
        quotient = torch.where(between, t, 0) / torch.where(between, r, 1)
        c = torch.where(between, quotient, (t > 0).to(t.dtype))
    elif form in ("sqrt", "log"):
        up = (t > 0) & (r > 0)
        quotient = torch.where(up, t, 1) / torch.where(up, r, 1)
        c = torch.where(up, torch.sqrt(quotient) if form == "sqrt" else quotient.log1p(), 0)
    else:
        slope, shift = (4.0, 2.0) if form == "firm" else (1.0, 0.5)
        # Where the body vanishes against the axis the logistic has reached its limit in any dtype.
        deep = t.abs() >= 1e3 * r
        quotient = torch.where(deep, 0, t) / torch.where(deep, 1, r)
        c = torch.sigmoid(slope * quotient - shift)
        c = torch.where(deep, (t > 0).to(t.dtype), c)
    bad, none = unknown(t, r)
    return torch.where(bad, none, c)


def unknown(t: Tensor, r: Tensor) -> tuple[Tensor, Tensor]:
    """Where axis or length is a NaN, and the NaN that stands there, of which the derivatives are
    NaN too: in both, however they came to be compared before."""
    bad = (t != t) | (r != r)
    return bad, torch.where(bad, t + r, 0) * torch.nan


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def colu_last(x: Tensor, cut: Groups, form: Form, negative: Negative, eps: float) -> Tensor:
    """CoLU along the last axis of ``x``, cut into groups."""
    t, w = cut.split(_wide(x))
    if form == "silu":
        t = torch.nn.functional.silu(t)
    scale = scaling(t, w)
    r = length(w * scale)
    body = shortening(t * scale, r + eps * scale if eps else r, form) * w
    return cut.join(torch.relu(t) if negative == "rectified" else t, body).to(x.dtype)


def rcolu_last(x: Tensor, cut: Groups, form: Form, negative: Negative, eps: float) -> Tensor:
    """The rotated form along the last axis of ``x``."""
    z = _wide(x).unflatten(-1, (cut.groups, cut.size))
    scale = scaling(z)
    z = z * scale
    mean = z.mean(-1, keepdim=True)
    w = z - mean
    r = length(w)
    if form == "silu":
        root = math.sqrt(cut.size)
        mean = torch.nn.functional.silu(mean * root / scale) * (scale / root)
    c = shortening(mean * math.sqrt(cut.size), r + eps * scale if eps else r, form)
    axis = torch.relu(mean) if negative == "rectified" else mean
    return ((axis + c * w) / scale).flatten(-2).to(x.dtype)


def soc_last(x: Tensor, cut: Groups, a: float) -> Tensor:
    """Projection on the cones |w| <= a t along the last axis of ``x``."""
    t, w = cut.split(_wide(x))
    scale = scaling(t, w)
    r, height = length(w * scale), t * scale
    inside = r <= a * height
    s = torch.relu(height / (1 + a * a) + (a / (1 + a * a)) * r)
    bad, none = unknown(height, r)
    s = torch.where(bad, none, s)
    side = ~inside & (r > 0)
    body = torch.where(inside, 1, a * s / torch.where(side, r, 1)) * w
    return cut.join(torch.where(inside, t, s / scale), body).to(x.dtype)


def conic(x: Tensor, kind: str, size: int, a: float) -> Tensor:
    """A hard map on groups of consecutive channels; "colu rectified" is colu with that axis."""
    cut = layout(kind, x.shape[-1], size, None, False, False)
    name, _, rectified = kind.partition(" ")
    if name == "soc":
        return soc_last(x, cut, a)
    along = colu_last if name == "colu" else rcolu_last
    return along(x, cut, "hard", "rectified" if rectified else "kept", 0.0)


def conic_vjp(x: Tensor, g: Tensor, kind: str, size: int, a: float) -> Tensor:
    """The reverse derivative of :func:`conic`, in closed form."""
    kind, _, rectified = kind.partition(" ")
    shape, dtype = x.shape, x.dtype
    x, g = (_wide(y).unflatten(-1, (-1, size)) for y in (x, g))
    below = x[..., :1] <= 0  # before scaling, which may round a tiny axis to 0
    x = x * scaling(x)
    if kind == "rcolu":
        mean, g_mean = x.mean(-1, keepdim=True), g.mean(-1, keepdim=True)
        t, w, g_t, g_w = mean * math.sqrt(size), x - mean, g_mean * math.sqrt(size), g - g_mean
        below = t <= 0
    else:
        t, w, g_t, g_w = x[..., :1], x[..., 1:], g[..., :1], g[..., 1:]
    r = length(w)
    u = w / torch.where(r > 0, r, 1)
    along = (g_w * u).sum(-1, keepdim=True)
    if kind == "soc":
        inside = r <= a * t
        s = t / (1 + a * a) + (a / (1 + a * a)) * r
        k = torch.where(s <= 0, 0, (g_t + a * along) / (1 + a * a))
        c = torch.where(s <= 0, 0, a * s / torch.where(r > 0, r, 1))
        d_t = torch.where(inside, g_t, k)
        d_w = torch.where(inside, g_w, c * g_w + (a * k - c * along) * u)
    else:
        c = shortening(t, r, "hard")
        pulled = torch.where((t > 0) & (t < r), along, 0)
        on_axis = torch.where(below, 0, g_t) if rectified else g_t
        d_t, d_w = on_axis + pulled, c * g_w - c * pulled * u
    bad = (t != t) | (r != r)
    d_t, d_w = torch.where(bad, torch.nan, d_t), torch.where(bad, torch.nan, d_w)
    if kind == "rcolu":
        return (d_t / math.sqrt(size) + d_w).reshape(shape).to(dtype)
    return torch.cat((d_t, d_w), -1).reshape(shape).to(dtype)


def psd_projection(a: Tensor) -> Tensor:
    """:func:`fieldcheck.ops.psd_projection`: through the root of the square, (|A| + A) / 2."""
    a = (a + a.mH) / 2
    _, s, v = torch.linalg.svd(a)
    return ((v.mH * s[..., None, :]) @ v + a) / 2


# ------------------------------------------------------------------------------- polynomials, Gibbs


def quartic(x: Tensor, q: Tensor, k: Tensor, v: Tensor, o: Tensor) -> Quartic:
    """:func:`fieldcheck.ops.quartic` as attention is written: scores of size N x N first."""
    q, k, v, o = (f if f.ndim == 3 else f[None] for f in (q, k, v, o))
    energy, force = x.new_zeros(x.shape[:-2]), torch.zeros_like(x)
    for a, b in (
        (h_q @ h_k.mH, h_v @ h_o.mH) for h_q, h_k, h_v, h_o in zip(q, k, v, o, strict=True)
    ):
        first, second = x @ a @ x.mH, x @ b @ x.mH
        energy = energy + (first * second.mT).sum((-2, -1))
        force = force + first @ x @ b + second @ x @ a
        if not x.is_complex():  # over the reals both places of X* count too
            force = force + first.mT @ x @ b.mT + second.mT @ x @ a.mT
    return Quartic(energy, force)


def gibbs(
    energies: Tensor, temperature: float | Tensor = 1.0, *, dim: int | tuple[int, ...] = -1
) -> Tensor:
    """:func:`fieldcheck.ops.gibbs` from the definition, shifted so that no weight overflows."""
    ratio = energies / temperature
    weight = torch.exp(ratio.amin(dim, keepdim=True) - ratio)
    return weight / weight.sum(dim, keepdim=True)


def gibbs_free_energy(
    energies: Tensor, temperature: float | Tensor = 1.0, *, dim: int | tuple[int, ...] = -1
) -> Tensor:
    """:func:`fieldcheck.ops.gibbs_free_energy` as mean energy minus temperature times entropy."""
    p = gibbs(energies, temperature, dim=dim)
    entropy = -torch.special.xlogy(p, p)
    return (p * energies - temperature * entropy).sum(dim)


def glu_potential(x: Tensor, gate: Tensor, up: Tensor, out: Tensor) -> GluPotential:
    """:func:`fieldcheck.ops.glu_potential` product by product."""
    g, i, o = x @ gate, x @ up, x @ out
    force = (i * o) @ gate.mT + (g * o) @ up.mT + (g * i) @ out.mT
    return GluPotential((g * i * o).sum(-1) / 3, force / 3)
