"""The CPU road: torch's fused attention kernel, run by run where a mask cuts the keys."""

from __future__ import annotations

import torch
from torch import Tensor

from . import _roads
from ._rows import with_table
from .masks import Blocks, Bounds, Causal, Interval, spans

#: Rows of one run where a mask cuts the keys.
RUN = 512


def _unit_stride(x: Tensor) -> Tensor:
    return x if x.stride(-1) == 1 else x.contiguous()


def _is_plain_causal(mask: Interval | None, table: Tensor | None, n: int, m: int) -> bool:
    """The kernel's own causal flag means ours where queries and keys are as many."""
    return isinstance(mask, Causal) and table is None and n == m


def attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Interval | None, table: Tensor | None, scale: float
) -> tuple[Tensor, Tensor]:
    """``softmax(scale q k^T) v`` and the log-sum-exp; ``v`` has the head size of ``k``."""
    n, m = q.shape[-2], k.shape[-2]
    q, k, v = map(_unit_stride, (q, k, v))
    if mask is None and table is None:
        return _roads.flash_cpu(q, k, v, scale=scale)
    if _is_plain_causal(mask, table, n, m):
        return _roads.flash_cpu(q, k, v, scale=scale, is_causal=True)
    if isinstance(mask, Blocks) and table is None and n == m and n % mask.size == 0:
        return _blocks(q, k, v, mask.size, scale)
    return _runs(q, k, v, None if mask is None else mask.bounds(n, m), table, scale)


def _blocks(q: Tensor, k: Tensor, v: Tensor, size: int, scale: float) -> tuple[Tensor, Tensor]:
    """Every block is a batch entry of its own: one call, no mask."""
    a, b, n, _ = q.shape
    cut = lambda x: x.unflatten(-2, (n // size, size)).flatten(0, 1)  # (A B, blocks, size, d)
    out, lse = _roads.flash_cpu(cut(q), cut(k), cut(v), scale=scale)
    return out.reshape(a, b, n, -1), lse.reshape(a, b, n)


def _runs(
    q: Tensor, k: Tensor, v: Tensor, bounds: Bounds | None, table: Tensor | None, scale: float
) -> tuple[Tensor, Tensor]:
    n, m = q.shape[-2], k.shape[-2]
    wide = torch.float32 if q.dtype in (torch.float16, torch.bfloat16) else q.dtype
    out = q.new_zeros((*q.shape[:-1], v.shape[-1]))
    lse = q.new_full(q.shape[:-1], -torch.inf, dtype=wide)
    for plain_span in spans(bounds, n, m, RUN, q.device):
        a, b, c, d, allowed = with_table(plain_span, table)
        if d <= c:
            continue
        bias = None
        if allowed is not None:
            if allowed.dtype == torch.bool:
                bias = q.new_zeros(allowed.shape).masked_fill(~allowed, -torch.inf)
            else:
                bias, allowed = allowed.to(q.dtype), allowed != -torch.inf
            bias = bias[(None,) * (4 - bias.ndim)].expand(-1, -1, b - a, d - c)
        o, l = _roads.flash_cpu(
            q[..., a:b, :], k[..., c:d, :], v[..., c:d, :], attn_mask=bias, scale=scale
        )
        if allowed is not None:
            # For a row whose keys are all masked the kernel answers 0, not -inf.
            empty = ~allowed.any(-1).expand(l.shape)
            o, l = o.masked_fill(empty[..., None], 0), l.masked_fill(empty, -torch.inf)
        out[..., a:b, :] = o
        lse[..., a:b] = l
    return out, lse


def scatter(
    q: Tensor,
    k: Tensor,
    lse: Tensor,
    w: Tensor,
    mask: Interval | None,
    table: Tensor | None,
    scale: float,
) -> Tensor:
    """``exp(scale q k^T - lse)^T (w q)``: queries ``[k, 1]`` attend to keys ``[q, -lse/scale]``."""
    n, m = q.shape[-2], k.shape[-2]
    # Queries without keys have lse = -inf; the mask keeps them out, so any finite shift will do.
    shift = lse.masked_fill(lse == -torch.inf, 0) / -scale
    rows = torch.cat((k, k.new_ones(()).expand(*k.shape[:-1], 1)), -1)
    keys = torch.cat((q, shift[..., None]), -1)
    values = torch.cat((w[..., None] * q, q.new_zeros(()).expand(*q.shape[:-1], 1)), -1)
    if _is_plain_causal(mask, table, n, m):
        # Key m hears from queries n >= m: causal again, once both orders are reversed.
        flip = lambda x: x.flip(-2)
        out, total = _roads.flash_cpu(
            flip(rows), flip(keys), flip(values), scale=scale, is_causal=True
        )
        out, total = flip(out), total.flip(-1)
    elif isinstance(mask, Blocks) and table is None and n == m and n % mask.size == 0:
        out, total = _blocks(rows, keys, values, mask.size, scale)
    elif mask is None and table is None:
        out, total = _roads.flash_cpu(rows, keys, values, scale=scale)
    else:
        bounds = None if mask is None else mask.bounds(n, m).transposed(m)
        out, total = _runs(rows, keys, values, bounds, None if table is None else table.mT, scale)
    return out[..., :-1] * torch.exp(total)[..., None]


def has_backward(q: Tensor, k: Tensor, mask: Interval | None, table: Tensor | None) -> bool:
    """Whether the kernel's own backward pass covers this case, and can be trusted here."""
    n, m = q.shape[-2], k.shape[-2]
    covered = table is None and (mask is None or _is_plain_causal(mask, table, n, m))
    return covered and not _roads.probe_flash_backward(q.dtype)


def backward(
    q: Tensor, k: Tensor, out: Tensor, lse: Tensor, g: Tensor, mask: Interval | None, scale: float
) -> tuple[Tensor, Tensor]:
    """Gradients of ``<g, attention(q, k, k)>`` in ``q`` and ``k``."""
    q, k, out, g = map(_unit_stride, (q, k, out, g))
    dq, dk, dv = _roads.flash_cpu_backward(
        g, q, k, k, out, lse, 0.0, isinstance(mask, Causal), scale=scale
    )
    return dq, dk + dv
