"""Which implementation serves an operation on this machine, and why: probed once, then kept.

A fast road may rest on something that is not promised: a private kernel of torch, a compiler.  So
each is tried on a small case against plain arithmetic before it is trusted, and there is always a
plain road.
``fieldcheck bench --explain`` prints what :func:`explain` returns.
"""

from __future__ import annotations

import functools
import os
from contextlib import contextmanager
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from . import _check

ASKED = "asked for by name"
"""Why a road is taken that somebody has named."""

Attention = Literal["fused", "flex", "chunked"]
ROADS = get_args(Attention)

#: The road that was asked for.  Not a context variable: backward passes run in threads of torch's.
_forced: str | None = None


class Choice(NamedTuple):
    """One line of ``fieldcheck bench --explain``."""

    operation: str
    device: str
    road: str
    reason: str


@contextmanager
def attention_road(road: Attention | None):
    """Within this block attention takes the named road; for tests and comparisons."""
    if road is not None:
        _check.choice("attention_road", "road", road, ROADS)
    global _forced
    before, _forced = _forced, road
    try:
        yield
    finally:
        _forced = before


def flash_cpu(q: Tensor, k: Tensor, v: Tensor, **options) -> tuple[Tensor, Tensor]:
    """Torch's fused attention on the CPU, a private operator: it returns the log-sum-exp too."""
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, **options)


def flash_cpu_backward(*tensors, **options) -> tuple[Tensor, Tensor, Tensor]:
    """The reverse derivative that belongs to :func:`flash_cpu` (gradients of its first output)."""
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(*tensors, **options)


#: What a private operator may raise that is gone, or has other arguments.
GONE = (RuntimeError, TypeError, AttributeError)


def _small_case(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Queries, keys, a bias that hides some keys, and the causal one.

    A head of 8 and one column more, as the second pass of the free energy has it.
    """
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 1, 2, 5, 9, generator=generator, dtype=torch.float64).to(dtype)
    hidden = torch.tensor([0, 1, 0, 0, 1], dtype=torch.bool).expand(5, 5)
    bias = q.new_zeros(5, 5).masked_fill(hidden, -torch.inf)
    causal = q.new_zeros(5, 5).masked_fill(torch.ones(5, 5).triu(1).bool(), -torch.inf)
    return q, k, bias, causal


def _near(got: Tensor, right: Tensor, dtype: torch.dtype) -> bool:
    tolerance = 64 * torch.finfo(dtype).eps
    return got.shape == right.shape and torch.allclose(
        got.double(), right, atol=tolerance, rtol=tolerance
    )


@functools.cache
def _probe_flash(dtype: torch.dtype) -> str:
    """Empty if the private kernel agrees with plain arithmetic for ``dtype``, else the reason."""
    if not hasattr(torch.ops.aten, "_scaled_dot_product_flash_attention_for_cpu"):
        return "this torch has no fused attention operator that returns the log-sum-exp"
    q, k, bias, causal = _small_case(dtype)
    for hidden, options in (
        (torch.zeros_like(bias), {}),
        (causal, {"is_causal": True}),
        (bias, {"attn_mask": bias[None, None].expand(1, 2, 5, 5)}),
    ):
        try:
            out, lse = flash_cpu(q, k, k, scale=0.5, **options)
        except GONE as error:
            return f"the fused operator refuses {dtype}: {str(error).splitlines()[0]}"
        s = 0.5 * q.double() @ k.double().mT + hidden.double()
        right = torch.softmax(s, -1) @ k.double()
        if not (_near(out, right, dtype) and _near(lse, torch.logsumexp(s, -1), dtype)):
            return "the fused operator does not return what its name says"
    return ""


@functools.cache
def probe_flash_backward(dtype: torch.dtype) -> str:
    """Empty if the kernel's own reverse derivative is right for ``dtype``, else the reason."""
    q, k, _, causal = _small_case(dtype)
    g = k.flip(-1)
    for hidden, is_causal in ((torch.zeros_like(causal), False), (causal, True)):
        try:
            out, lse = flash_cpu(q, k, k, scale=0.5, is_causal=is_causal)
            got = flash_cpu_backward(g, q, k, k, out, lse, 0.0, is_causal, scale=0.5)
        except GONE as error:
            return f"the fused derivative refuses {dtype}: {str(error).splitlines()[0]}"
        wide_q, wide_k, wide_g = q.double(), k.double(), g.double()
        p = torch.softmax(0.5 * wide_q @ wide_k.mT + hidden.double(), -1)
        along = wide_g @ wide_k.mT
        ds = 0.5 * p * (along - (p * along).sum(-1, keepdim=True))
        right = (ds @ wide_k, ds.mT @ wide_q, p.mT @ wide_g)
        if not all(_near(a, b, dtype) for a, b in zip(got, right, strict=True)):
            return "the fused derivative is not that of the fused operator"
    return ""


@functools.cache
def _probe_flex(device: torch.device, dtype: torch.dtype) -> str:
    """Empty if flex attention compiles on the device and agrees with plain arithmetic, else the
    reason."""
    try:
        from torch.nn.attention.flex_attention import AuxRequest, flex_attention  # noqa: F401
    except ImportError:
        return "this torch has no flex attention that returns the log-sum-exp"
    from . import _flex
    from .masks import Causal

    q, k, _, causal = _small_case(dtype)
    try:
        out, lse = _flex.attention(q.to(device), k.to(device), k.to(device), Causal(), None, 0.5)
    except Exception as error:  # no Triton, no compiler, a head or dtype that is refused
        return f"compiled flex attention fails: {(str(error).splitlines() or [repr(error)])[0]}"
    s = 0.5 * q.double() @ k.double().mT + causal.double()
    # its products may be those of TensorFloat32
    near = lambda a, b: (
        a.shape == b.shape and torch.allclose(a.cpu().double(), b, atol=2e-2, rtol=2e-2)
    )
    if not (near(out, torch.softmax(s, -1) @ k.double()) and near(lse, torch.logsumexp(s, -1))):
        return "compiled flex attention does not return what its name says"
    return ""


def attention(device: torch.device, dtype: torch.dtype) -> tuple[Attention, str]:
    """The road that attention takes for tensors of this device and dtype, and the reason."""
    forced = _forced or os.environ.get("FIELDCHECK_ATTENTION")
    if forced:
        _check.choice("attention", "FIELDCHECK_ATTENTION", forced, ROADS)
        return forced, ASKED  # type: ignore[return-value]
    if device.type == "cpu":
        trouble = _probe_flash(dtype)
        if trouble:
            return "chunked", trouble
        reason = "torch's own fused kernel, checked against plain arithmetic on this machine"
        if trouble := probe_flash_backward(dtype):
            reason += f"; derivatives of the force run chunked: {trouble}"
        return "fused", reason
    if device.type == "cuda":
        if dtype == torch.float64:
            return "chunked", "compiled flex attention has no float64"
        if trouble := _probe_flex(device, dtype):
            return "chunked", trouble
        return "flex", (
            "compiled flex attention with its log-sum-exp; derivatives of the forces run chunked"
        )
    return "chunked", f"no fused road is known for {device.type}"


def explain() -> list[Choice]:
    """What each operation runs on here, and why.  Compiles the loops if need be."""
    from . import native

    rows = [
        Choice("free_energy", "cpu", *attention(torch.device("cpu"), dtype))._replace(
            operation=f"free_energy ({str(dtype).removeprefix('torch.')})"
        )
        for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.float16)
    ]
    if torch.cuda.is_available():
        rows.append(Choice("free_energy", "cuda", *attention(torch.device("cuda"), torch.float32)))
    else:
        rows.append(Choice("free_energy", "cuda", "none", "no CUDA device is present"))
    rows.append(Choice("colu, rcolu, soc_projection", "cpu", *native.status()))
    rows.append(
        Choice("colu, rcolu, soc_projection", "cuda", "compiled", "torch.compile of the plain form")
        if torch.cuda.is_available()
        else Choice("colu, rcolu, soc_projection", "cuda", "none", "no CUDA device is present")
    )
    rows.append(
        Choice(
            "quartic", "any", "matrix products", "down to C x C and back up: N x N never appears"
        )
    )
    rows.append(Choice("gibbs", "any", "torch.softmax", "one pass over a scaled copy"))
    rows.append(
        Choice("glu_potential", "any", "matrix products", "two, with the factors side by side")
    )
    return rows
