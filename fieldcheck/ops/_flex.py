"""The CUDA road: compiled flex attention, which returns its log-sum-exp by a public option.

Written against torch's documented interface; it runs only where a CUDA device is present.
The shift of the second pass needs no extra column here: flex attention takes it as a change of
score.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .masks import Band, Blocks, Causal, Interval


@functools.cache
def _compiled() -> Callable[..., Any]:
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention, dynamic=True)


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
    """Which tiles a named mask leaves, kept between calls: it depends on sizes alone."""
    from torch.nn.attention.flex_attention import create_block_mask

    return create_block_mask(_rule(mask, transposed), None, None, n, m, device=device)


def _block_mask(
    q: Tensor, k: Tensor, mask: Interval | None, table: Tensor | None, transposed: bool
) -> Any:
    from torch.nn.attention.flex_attention import create_block_mask

    n, m = q.shape[-2], k.shape[-2]
    if table is None:
        return None if mask is None else _interval_block_mask(mask, n, m, q.device, transposed)
    a, b = q.shape[:2]
    full = table[(None,) * (4 - table.ndim)].expand(a, b, n, m)
    rule = None if mask is None else _rule(mask, transposed)

    def seen(i_a: Tensor, i_b: Tensor, i: Tensor, j: Tensor) -> Tensor:
        in_table = full[i_a, i_b, i, j]
        return in_table if rule is None else in_table & rule(i_a, i_b, i, j)

    return create_block_mask(seen, a, b, n, m, device=q.device)


def _run(q: Tensor, k: Tensor, v: Tensor, scale: float, **options: Any) -> tuple[Tensor, Tensor]:
    from torch.nn.attention.flex_attention import AuxRequest

    out, aux = _compiled()(q, k, v, scale=scale, return_aux=AuxRequest(lse=True), **options)
    return out, aux.lse


def attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Interval | None, table: Tensor | None, scale: float
) -> tuple[Tensor, Tensor]:
    """``softmax(scale q k^T) v`` and the log-sum-exp of each row."""
    return _run(q, k, v, scale, block_mask=_block_mask(q, k, mask, table, False))


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
    values = w[..., None].to(q.dtype) * q
    out, total = _run(k, q, values, scale, score_mod=score, block_mask=block_mask)
    return (out * torch.exp(total)[..., None]).to(q.dtype)
