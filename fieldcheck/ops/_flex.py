"""The CUDA road: compiled flex attention, which returns its log-sum-exp by a public option.

Written against torch's documented interface.  Compiled it runs only where a CUDA device is present;
uncompiled it runs anywhere, and so is tested.  The shift of the second pass needs no extra column
here: flex attention takes it as a change of score.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ._transforms import fresh
from .masks import Band, Blocks, Causal, Interval

#: Rows and keys of a tile, and the smallest head that the kernel takes.
TILE, HEAD = 128, 16


@functools.lru_cache(maxsize=64)
def _compiled(*key: object) -> Callable[..., Any]:
    """A compiled flex attention of its own for each key of things that never vary within it.

    One for all would be compiled again for each mask, dtype and head, and after a few times dynamo
    silently runs the uncompiled form, which holds N x M scores.
    """
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(fresh(flex_attention), dynamic=True, fullgraph=True)


def _rule(mask: Interval, transposed: bool) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """May query ``i`` see key ``j``, as flex attention asks it; transposed swaps the two."""
    match mask:
        case Causal():
            seen = lambda i, j: j <= i
        case Band(width, causal):
            seen = lambda i, j: (j >= i - width) & (j <= (i if causal else i + width))
        case Blocks(size):
            seen = lambda i, j: i // size == j // size
    if transposed:
        return lambda b, h, i, j: seen(j, i)
    return lambda b, h, i, j: seen(i, j)


@functools.lru_cache(maxsize=32)
def _interval_block_mask(mask: Interval, n: int, m: int, device: torch.device, transposed: bool):
    """Which tiles a named mask leaves, from its bounds: no pair of N x M is looked at."""
    from torch.nn.attention.flex_attention import BlockMask

    bounds = mask.bounds(m, n).transposed(n) if transposed else mask.bounds(n, m)
    tiles = -(-n // TILE)
    # Rows beyond the last repeat it; rows without keys ask for nothing, and hinder full tiles.
    rows = torch.arange(tiles * TILE).clamp(max=n - 1).view(tiles, TILE)
    lo, hi, none = bounds.lo[rows], bounds.hi[rows], bounds.empty[rows]
    first = lo.masked_fill(none, m).amin(-1, keepdim=True)
    last = hi.masked_fill(none, 0).amax(-1, keepdim=True)
    begin = torch.arange(0, m, TILE)
    end = (begin + TILE).clamp(max=m)
    touched = (first < end) & (last > begin)
    whole = (lo.amax(-1, keepdim=True) <= begin) & (hi.amin(-1, keepdim=True) >= begin + TILE)
    full, part = touched & whole, touched & ~whole

    def listed(table: Tensor) -> tuple[Tensor, Tensor]:
        order = torch.argsort(table.int(), dim=-1, descending=True, stable=True)
        counts = table.sum(-1)
        return tuple(x.to(torch.int32)[None, None].to(device) for x in (counts, order))  # type: ignore[return-value]

    return BlockMask.from_kv_blocks(
        *listed(part), *listed(full), BLOCK_SIZE=TILE, mask_mod=_rule(mask, transposed),
        seq_lengths=(n, m),
    )  # fmt: skip


def _block_mask(
    q: Tensor, k: Tensor, mask: Interval | None, table: Tensor | None, transposed: bool
) -> Any:
    """The tiles that flex attention must visit.  A table has its N x M entries already."""
    from torch.nn.attention.flex_attention import create_block_mask

    n, m = q.shape[-2], k.shape[-2]
    if table is None:
        return None if mask is None else _interval_block_mask(mask, n, m, q.device, transposed)
    table = table[(None,) * (4 - table.ndim)]
    full = table.expand(*q.shape[:2], n, m)
    rule = None if mask is None else _rule(mask, transposed)

    def seen(i_a: Tensor, i_b: Tensor, i: Tensor, j: Tensor) -> Tensor:
        in_table = full[i_a, i_b, i, j]
        return in_table if rule is None else in_table & rule(i_a, i_b, i, j)

    a, b = table.shape[:2]
    return create_block_mask(seen, a, b, n, m, device=q.device)


def _run(
    q: Tensor, k: Tensor, v: Tensor, scale: float, key: tuple[object, ...], **options: Any
) -> tuple[Tensor, Tensor]:
    from torch.nn.attention.flex_attention import AuxRequest

    d, least = v.shape[-1], max(0, HEAD - q.shape[-1])
    # The operators that call this have derivatives of their own: nothing here is to be recorded.
    q, k, v = (F.pad(x.detach(), (0, least)) if least else x.detach() for x in (q, k, v))
    run = _compiled(*key, q.dtype, q.shape[-1], scale)
    out, aux = run(q, k, v, scale=scale, return_aux=AuxRequest(lse=True), **options)
    return out[..., :d], aux.lse


def attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Interval | None, table: Tensor | None, scale: float
) -> tuple[Tensor, Tensor]:
    """``softmax(scale q k^T) v`` and the log-sum-exp of each row."""
    key = ("attention", mask, table is None)
    return _run(q, k, v, scale, key, block_mask=_block_mask(q, k, mask, table, False))


def scatter(
    q: Tensor,
    k: Tensor,
    lse: Tensor,
    w: Tensor,
    mask: Interval | None,
    table: Tensor | None,
    scale: float,
) -> Tensor:
    """``exp(scale q k^T - lse)^T (w q)``: attention of keys over queries, scores shifted."""
    shift = lse.masked_fill(lse == -torch.inf, 0)

    def score(s: Tensor, a: Tensor, b: Tensor, i: Tensor, j: Tensor) -> Tensor:
        return s - shift[a, b, j]

    turned = None if table is None else table.mT
    block_mask = _block_mask(k, q, mask, turned, True)
    # The kernel wants one dtype; weights that a half type cannot hold are scaled to it and back.
    wide = lse.dtype
    top = w.to(wide).abs().amax().clamp(min=torch.finfo(wide).tiny)
    values = ((w.to(wide) / top)[..., None] * q.to(wide)).to(q.dtype)
    key = ("scatter", mask, table is None)
    out, total = _run(k, q, values, scale, key, score_mod=score, block_mask=block_mask)
    return (out.to(wide) * (top * torch.exp(total.to(wide)))[..., None]).to(q.dtype)
