"""The registered operators behind :func:`fieldcheck.ops.free_energy`.

Tensors here are real and four-dimensional, ``(A, B, N, d)`` with one dtype.  With the scores
``s = scale q k^T`` and ``p = softmax(s)`` over the allowed keys,

- ``attend(q, k)`` gives ``p k`` and the log-sum-exp of each row of ``s``, in one fused pass;
- ``scatter(q, k, lse, w)`` gives ``exp(s - lse)^T (w q)``, the other half of the gradient.

The second is a forward pass of attention too, with the roles exchanged.  Write ``t_mn = s_nm -
lse_n``; its softmax over ``n`` is ``p^T`` up to a factor for each row, and that factor is the
exponential of the row's own log-sum-exp.  The shift by ``-lse_n`` rides in an extra column of the
head: queries ``[k, 1]`` meet keys ``[q, -lse / scale]``.

``attend_vjp`` and ``scatter_vjp`` are their reverse derivatives.  Derivatives beyond these run
through :mod:`fieldcheck.ops._rows`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from . import _flex, _fused, _roads
from ._rows import Body, RowMap
from .masks import Interval, Span, parse

#: Elements of one run of scores, where scores are formed at all.
SCORES = 1 << 22


def chunk_rows(q: Tensor, k: Tensor) -> int:
    """Rows a run may have, so that its scores stay near :data:`SCORES` elements."""
    return max(16, SCORES // max(1, q.shape[0] * q.shape[1] * k.shape[-2]))


# ------------------------------------------------------------------------------------- plain bodies


def _scores(q: Tensor, k: Tensor, span: Span, scale: float) -> Tensor:
    s = (scale * q) @ k[..., span.c : span.d, :].mT
    if span.allowed is None:
        return s
    if span.allowed.dtype == torch.bool:
        return s.masked_fill(~span.allowed, -torch.inf)
    return s + span.allowed


def _softmax(s: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax and log-sum-exp of the last axis; zero and -inf for rows that are all -inf."""
    if s.shape[-1] == 0:
        return s, s.new_full((*s.shape[:-1], 1), -torch.inf)
    top = s.detach().amax(-1, keepdim=True)
    top = top.masked_fill(top == -torch.inf, 0)
    e = torch.exp(s - top)
    total = e.sum(-1, keepdim=True)
    empty = total == 0
    p = e / total.masked_fill(empty, 1)
    return p, torch.log(total.masked_fill(empty, 1)).masked_fill(empty, -torch.inf) + top


def _onto(part: Tensor, span: Span, keys: int) -> Tensor:
    """Rows for the keys ``c:d`` of a span, set among zeros for all keys."""
    return F.pad(part, (0, 0, span.c, keys - span.d))


def _attend_body(scale: float) -> Body:
    """rows (q,), shared (k,) -> rows (p k, lse)."""

    def body(rows: Sequence[Tensor], shared: Sequence[Tensor], span: Span):
        (q,), (k,) = rows, shared
        p, lse = _softmax(_scores(q, k, span, scale))
        return [p @ k[..., span.c : span.d, :], lse], []

    return body


def _attend_vjp_body(scale: float) -> Body:
    """rows (q, g_out, g_lse), shared (k,) -> rows (dq,), shared (dk,)."""

    def body(rows: Sequence[Tensor], shared: Sequence[Tensor], span: Span):
        (q, g, g_lse), (k,) = rows, shared
        seen = k[..., span.c : span.d, :]
        p, _ = _softmax(_scores(q, k, span, scale))
        along = g @ seen.mT
        ds = p * (along - (p * along).sum(-1, keepdim=True) + g_lse)
        return [scale * (ds @ seen)], [_onto(scale * (ds.mT @ q) + p.mT @ g, span, k.shape[-2])]

    return body


def _scatter_weights(q: Tensor, k: Tensor, lse: Tensor, span: Span, scale: float) -> Tensor:
    # A row without keys has lse = -inf and only scores of -inf: exp(-inf - 0) = 0 is meant.
    return torch.exp(_scores(q, k, span, scale) - lse.masked_fill(lse == -torch.inf, 0))


def _scatter_body(scale: float) -> Body:
    """rows (q, lse, w), shared (k,) -> shared (exp(s - lse)^T (w q),)."""

    def body(rows: Sequence[Tensor], shared: Sequence[Tensor], span: Span):
        (q, lse, w), (k,) = rows, shared
        p = _scatter_weights(q, k, lse, span, scale)
        return [], [_onto(p.mT @ (w * q), span, k.shape[-2])]

    return body


def _scatter_vjp_body(scale: float) -> Body:
    """rows (q, lse, w), shared (k, g) -> rows (dq, dlse, dw), shared (dk,)."""

    def body(rows: Sequence[Tensor], shared: Sequence[Tensor], span: Span):
        (q, lse, w), (k, g) = rows, shared
        seen, g_seen = k[..., span.c : span.d, :], g[..., span.c : span.d, :]
        p = _scatter_weights(q, k, lse, span, scale)
        ds = w * p * (q @ g_seen.mT)
        heard = p @ g_seen
        dw = (q * heard).sum(-1, keepdim=True)
        dk = _onto(scale * (ds.mT @ q), span, k.shape[-2])
        return [scale * (ds @ seen) + w * heard, -w * dw, dw], [dk]

    return body


@dataclass(frozen=True)
class Setting:
    """What a map over rows needs besides its tensors."""

    mask: Interval | None
    table: Tensor | None
    scale: float

    def map(self, body: Callable[[float], Body], q: Tensor, k: Tensor, outputs: tuple[int, int]):
        return RowMap(
            body(self.scale), q.shape[-2], k.shape[-2], self.mask, chunk_rows(q, k), self.table,
            *outputs,
        )  # fmt: skip

    def attend(self, q: Tensor, k: Tensor) -> RowMap:
        return self.map(_attend_body, q, k, (2, 0))

    def attend_vjp(self, q: Tensor, k: Tensor) -> RowMap:
        return self.map(_attend_vjp_body, q, k, (1, 1))

    def scatter(self, q: Tensor, k: Tensor) -> RowMap:
        return self.map(_scatter_body, q, k, (0, 1))

    def scatter_vjp(self, q: Tensor, k: Tensor) -> RowMap:
        return self.map(_scatter_vjp_body, q, k, (3, 1))


# ------------------------------------------------------------------------------------ the operators


def _wide(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors in the dtype in which sums are kept: float32 for the half types."""
    half = (torch.float16, torch.bfloat16)
    return tuple(x.float() if x.dtype in half else x for x in tensors)


def _idle(q: Tensor, k: Tensor) -> bool:
    """No query or no key: kernels need not be asked."""
    return q.numel() == 0 or k.numel() == 0


def _added(table: Tensor | None) -> bool:
    """Whether the table is one of numbers, added to the scores."""
    return table is not None and table.dtype != torch.bool


def _road(q: Tensor, k: Tensor, table: Tensor | None, scale: float) -> str:
    if _idle(q, k):
        return "chunked"
    road, reason = _roads.attention(q.device, q.dtype)
    if road == "fused" and reason != _roads.ASKED and _large(q, k, scale):
        return "chunked"
    return "chunked" if road == "flex" and _added(table) else road


LARGE = {torch.float32: 2.0**14, torch.float64: 2.0**30}
"""Scores whose rounding, about 1e-3 and 1e-7, a weight shows, by the type they are computed in."""


def _large(q: Tensor, k: Tensor, scale: float) -> bool:
    """Can scores be so large that the kernel's two passes, which round them differently, disagree
    on the weights?  A chunk computes them in one way."""
    if not q.numel() or not k.numel():
        return False
    wide = torch.promote_types(q.dtype, torch.float32)
    q_most, k_most = (float(torch.linalg.vector_norm(x, dim=-1, dtype=wide).amax()) for x in (q, k))
    return LARGE[wide] < abs(scale) * q_most * k_most < math.inf


def _refuse_empty_rows(table: Tensor, n: int, mask: Interval | None = None) -> None:
    allowed = table if table.dtype == torch.bool else table != -torch.inf
    if mask is None:
        seen = allowed.any(-1)
    else:  # one row of keys for all queries, of which each sees an interval
        m = allowed.shape[-1]
        lo, hi = (x.to(allowed.device) for x in mask.bounds(n, m))
        before = torch.nn.functional.pad(allowed.cumsum(-1), (1, 0)).squeeze(-2)
        seen = before[..., hi] > before[..., lo]
    if not bool(seen.all()):
        row = int((~seen).nonzero()[0, -1])
        raise ValueError(
            f"free_energy: mask leaves query {row} of {n} without a key; see empty='zero'"
        )


@torch.library.custom_op("fieldcheck::attend", mutates_args=())
def attend(
    q: Tensor, k: Tensor, table: Tensor | None, mask: str, scale: float, strict: bool
) -> tuple[Tensor, Tensor]:
    """``softmax(scale q k^T) k`` and the log-sum-exp of each row.

    A row that the table leaves without keys is refused if ``strict``; else it has force 0, energy
    -inf.
    """
    interval = parse(mask)
    if strict and table is not None and q.numel():
        _refuse_empty_rows(table if k.shape[-2] else table[..., :0], q.shape[-2], interval)
    if _added(table) and q.dtype in (torch.float16, torch.bfloat16):
        out, lse = attend(*_wide(q, k), table, mask, scale, False)  # a half type would round it
        return out.to(q.dtype), lse
    road = _road(q, k, table, scale)
    if road == "fused":
        out, lse = _fused.attention(q, k, k, interval, table, scale)
        # For a query with a NaN the kernel answers 0.
        lost = (q - q).sum(-1)
        if table is not None or interval is not None:
            lost = lost.masked_fill(lse == -torch.inf, 0)
        return out.add_(lost[..., None]).contiguous(), lse.add_(lost).contiguous()
    if road == "flex":
        out, lse = _flex.attention(q, k, k, interval, table, scale)
        if table is not None or interval is not None:  # the kernel's rows without keys are not ours
            out = out.masked_fill((lse == -torch.inf)[..., None], 0)
        return out.contiguous(), lse.contiguous()
    wide_q, wide_k = _wide(q, k)
    plain = Setting(interval, table, scale).attend(wide_q, wide_k)
    out, lse = plain.run((wide_q,), (wide_k,))
    return out.to(q.dtype), lse[..., 0].clone()


@attend.register_fake
def _(q, k, table, mask, scale, strict):
    return torch.empty_like(q, memory_format=torch.contiguous_format), _wide(q)[0].new_empty(
        q.shape[:-1]
    )


@torch.library.custom_op("fieldcheck::scatter", mutates_args=())
def scatter(
    q: Tensor, k: Tensor, lse: Tensor, w: Tensor, table: Tensor | None, mask: str, scale: float
) -> Tensor:
    """``exp(scale q k^T - lse)^T (w q)``: what every key receives from all queries."""
    interval = parse(mask)
    road = _road(q, k, table, scale)
    wide_q, wide_k, wide_w = _wide(q, k, w)
    if road == "fused":
        out = _fused.scatter(wide_q, wide_k, lse, wide_w, interval, table, scale)
        # For a key whose scores are NaN the kernel answers 0.
        shift = lse.masked_fill(lse == -torch.inf, 0)
        return out.add_((shift - shift).sum(-1)[..., None, None]).to(q.dtype)
    if road == "flex":
        return _flex.scatter(q, k, lse, w, interval, table, scale).contiguous()
    plain = Setting(interval, table, scale).scatter(wide_q, wide_k)
    (out,) = plain.run((wide_q, lse[..., None], wide_w[..., None]), (wide_k,))
    return out.to(q.dtype)


@scatter.register_fake
def _(q, k, lse, w, table, mask, scale):
    return torch.empty_like(k, memory_format=torch.contiguous_format)


@torch.library.custom_op("fieldcheck::attend_vjp", mutates_args=())
def attend_vjp(
    q: Tensor,
    k: Tensor,
    out: Tensor,
    lse: Tensor,
    g_out: Tensor,
    g_lse: Tensor | None,
    table: Tensor | None,
    mask: str,
    scale: float,
) -> tuple[Tensor, Tensor]:
    """The gradients of ``<g_out, out> + <g_lse, lse>`` in ``q`` and in ``k``."""
    interval = parse(mask)
    road = _road(q, k, table, scale)
    if road == "fused" and _fused.has_backward(q, k, interval, table):
        dq, dk = _fused.backward(q, k, out, lse, g_out, interval, scale)
        if g_lse is not None:
            (wide_dq, wide_out) = _wide(dq, out)
            dq = (wide_dq + (scale * g_lse)[..., None] * wide_out).to(q.dtype)
            dk = dk + scale * scatter(q, k, lse, g_lse, table, mask, scale)
        return dq.contiguous(), dk.contiguous()
    wide_q, wide_k, wide_g = _wide(q, k, g_out)
    plain = Setting(interval, table, scale).attend_vjp(wide_q, wide_k)
    g_l = torch.zeros_like(lse) if g_lse is None else g_lse
    dq, dk = plain.run((wide_q, wide_g, g_l[..., None]), (wide_k,))
    return dq.to(q.dtype), dk.to(k.dtype)


@attend_vjp.register_fake
def _(q, k, out, lse, g_out, g_lse, table, mask, scale):
    like = torch.contiguous_format
    return torch.empty_like(q, memory_format=like), torch.empty_like(k, memory_format=like)


@torch.library.custom_op("fieldcheck::scatter_vjp", mutates_args=())
def scatter_vjp(
    q: Tensor,
    k: Tensor,
    lse: Tensor,
    w: Tensor,
    g: Tensor,
    table: Tensor | None,
    mask: str,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gradients of ``<g, scatter(q, k, lse, w)>`` in ``q``, ``k``, ``lse`` and ``w``."""
    wide_q, wide_k, wide_w, wide_g = _wide(q, k, w, g)
    plain = Setting(parse(mask), table, scale).scatter_vjp(wide_q, wide_k)
    rows = (wide_q, lse[..., None], wide_w[..., None])
    dq, dlse, dw, dk = plain.run(rows, (wide_k, wide_g))
    # torch wants outputs that own their memory
    return dq.to(q.dtype), dk.to(k.dtype), dlse[..., 0].clone(), dw[..., 0].to(w.dtype, copy=True)


@scatter_vjp.register_fake
def _(q, k, lse, w, g, table, mask, scale):
    return tuple(torch.empty_like(x, memory_format=torch.contiguous_format) for x in (q, k, lse, w))


# -------------------------------------------------------------------------------------- derivatives


def _attend_save(ctx, inputs, output) -> None:
    q, k, table, ctx.mask, ctx.scale, _strict = inputs
    out, lse = output
    ctx.save_for_backward(q, k, table, out, lse)
    ctx.set_materialize_grads(False)


def _attend_backward(ctx, g_out: Tensor | None, g_lse: Tensor | None):
    q, k, table, out, lse = ctx.saved_tensors
    if g_out is None and g_lse is None:
        return None, None, None, None, None, None
    if g_out is None:
        # The energy alone: its gradient in q is the force, already at hand.  The weight stays in
        # the energy's dtype: rounded to a half type, the same error would fall on all rows.
        weight = ctx.scale * g_lse
        return (
            (weight[..., None] * _wide(out)[0]).to(q.dtype) if ctx.needs_input_grad[0] else None,
            scatter(q, k, lse, weight, table, ctx.mask, ctx.scale)
            if ctx.needs_input_grad[1]
            else None,
            None, None, None, None,
        )  # fmt: skip
    dq, dk = attend_vjp(q, k, out, lse, g_out, g_lse, table, ctx.mask, ctx.scale)
    return dq, dk, None, None, None, None


attend.register_autograd(_attend_backward, setup_context=_attend_save)


def _scatter_save(ctx, inputs, output) -> None:
    q, k, lse, w, table, ctx.mask, ctx.scale = inputs
    ctx.save_for_backward(q, k, lse, w, table)


def _scatter_backward(ctx, g: Tensor):
    q, k, lse, w, table = ctx.saved_tensors
    return (*scatter_vjp(q, k, lse, w, g, table, ctx.mask, ctx.scale), None, None, None)


scatter.register_autograd(_scatter_backward, setup_context=_scatter_save)


def _attend_vjp_save(ctx, inputs, output) -> None:
    q, k, _out, _lse, g_out, g_lse, table, ctx.mask, ctx.scale = inputs
    ctx.save_for_backward(q, k, g_out, g_lse, table)


def _attend_vjp_backward(ctx, d_dq: Tensor, d_dk: Tensor):
    q, k, g_out, g_lse, table = ctx.saved_tensors
    wide_q, wide_k, wide_g, d_dq, d_dk = _wide(q, k, g_out, d_dq, d_dk)
    g_l = torch.zeros_like(wide_q[..., 0]) if g_lse is None else g_lse
    first = Setting(parse(ctx.mask), table, ctx.scale).attend_vjp(wide_q, wide_k)
    rows = (wide_q, wide_g, g_l[..., None])
    dq, dg, dgl, dk = first.derivative(3, 1)((*rows, d_dq), (wide_k, d_dk))
    # out and lse entered as values already known from q and k: the whole derivative is in q and k.
    return (
        dq.to(q.dtype), dk.to(k.dtype), None, None, dg.to(g_out.dtype),
        None if g_lse is None else dgl[..., 0], None, None, None,
    )  # fmt: skip


attend_vjp.register_autograd(_attend_vjp_backward, setup_context=_attend_vjp_save)


def _scatter_vjp_save(ctx, inputs, output) -> None:
    q, k, lse, w, g, table, ctx.mask, ctx.scale = inputs
    ctx.save_for_backward(q, k, lse, w, g, table)


def _scatter_vjp_backward(ctx, d_dq: Tensor, d_dk: Tensor, d_dlse: Tensor, d_dw: Tensor):
    q, k, lse, w, g, table = ctx.saved_tensors
    wide_q, wide_k, wide_w, wide_g, d_dq, d_dk, d_dw = _wide(q, k, w, g, d_dq, d_dk, d_dw)
    first = Setting(parse(ctx.mask), table, ctx.scale).scatter_vjp(wide_q, wide_k)
    rows = (wide_q, lse[..., None], wide_w[..., None])
    dq, dlse, dw, dk, dg = first.derivative(3, 2)(
        (*rows, d_dq, d_dlse[..., None], d_dw[..., None]), (wide_k, wide_g, d_dk)
    )
    return (
        dq.to(q.dtype), dk.to(k.dtype), dlse[..., 0], dw[..., 0].to(w.dtype), dg.to(g.dtype),
        None, None, None,
    )  # fmt: skip


scatter_vjp.register_autograd(_scatter_vjp_backward, setup_context=_scatter_vjp_save)
