"""The softmax free energy of queries among keys, with its forces."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from . import _attend, _check, reference
from ._results import FreeEnergy
from ._transforms import transformed
from .masks import Interval


def free_energy(
    q: Tensor,
    k: Tensor,
    *,
    scale: float | None = None,
    mask: Interval | Tensor | None = None,
    empty: reference.Empty = "error",
    key_force: bool = False,
) -> FreeEnergy:
    r"""The free energy :math:`E_n = \tfrac1s \log\sum_m \exp(s\,\mathrm{Re}\langle q_n,
    k_m\rangle)` and its forces.

    With :math:`P` the row-wise softmax of the scores, ``force`` is :math:`\partial\sum_n
    E_n/\partial q = Pk`: attention whose values are its keys.  It comes from the same fused pass
    as the energy.
    ``key_force`` is :math:`\partial\sum_n E_n/\partial k = P^\mathsf{T} q`; asking for it costs a
    second pass. Time is O(N M d), memory O((N + M) d): no N x M tensor is formed, not by the
    derivatives either.

    Shapes
        ``q`` (..., N, d) and ``k`` (..., M, d); leading axes broadcast; N, M and the batch may be
        0.

    Parameters
        scale: s above; 1/sqrt(d) if None.
        mask: :class:`~fieldcheck.ops.Causal`, :class:`~fieldcheck.ops.Band` or
            :class:`~fieldcheck.ops.Blocks`,
            or a bool tensor that broadcasts to (..., N, M), True where the pair is allowed.
        empty: a query that sees no key has no free energy.  "error" refuses it; "zero" gives it
            energy -inf (the logarithm of an empty sum) and a force of exactly zero.
        key_force: also return the gradient in the keys.

    Complex tokens meet through the real part of their inner product.  Their forces are complex,
    real part and imaginary part being the gradients in real and imaginary part, as torch's are.
    The energies of half-precision tokens are float32.

    All outputs are differentiable in ``q`` and ``k``, to any order in reverse mode.  Within
    transforms of
    ``torch.func`` and for forward-mode derivatives the plain form serves, N x M scores and all.
    It cannot look into a transformed table: a row without keys is not refused there, and with
    ``empty="error"`` its force is NaN.

    Raises
        TypeError, ValueError: naming the shape, dtype or device that does not fit.

    Sources: Ramsauer et al., Hopfield Networks is All You Need (2020), for the force in the query;
    Hoover et al., Energy Transformer (2023), for both terms.
    """
    op = "free_energy"
    q, k, scale = _prepare(op, q, k, scale)
    if transformed(q, k, *([mask] if isinstance(mask, Tensor) else [])):
        # The operators below are opaque to torch.func: there the plain form serves.
        lead = _check.broadcast(op, q=q, k=k)
        _mask(op, mask, lead, q.shape[-2], k.shape[-2], q.device, empty)
        return reference.free_energy(q, k, scale=scale, mask=mask, empty=empty, key_force=key_force)
    complex_tokens = q.is_complex()
    if complex_tokens:
        q, k = _real(q), _real(k)
    lead = _check.broadcast(op, q=q, k=k)
    n, m, d = q.shape[-2], k.shape[-2], q.shape[-1]
    name, table = _mask(op, mask, lead, n, m, q.device, empty)
    q4, k4 = _four(q, lead), _four(k, lead)
    force, lse = _attend.attend(q4, k4, table, name, scale, empty == "error")
    received = None
    if key_force:
        weight = torch.ones_like(lse)
        received = _attend.scatter(q4, k4, lse, weight, table, name, scale)
        received = received.reshape(*lead, m, d)
    result = FreeEnergy((lse / scale).reshape(*lead, n), force.reshape(*lead, n, d), received)
    if complex_tokens:
        return FreeEnergy(result.energy, _complex(result.force),
                          None if received is None else _complex(received))  # fmt: skip
    return result


def _prepare(op: str, q: Tensor, k: Tensor, scale: float | None) -> tuple[Tensor, Tensor, float]:
    """The arguments, checked, and the scale."""
    allowed = _check.FLOATING + _check.COMPLEX
    _check.tensor(op, "q", q, ndim=2, dtypes=allowed)
    _check.tensor(op, "k", k, ndim=2, dtypes=allowed)
    _check.alike(op, q=q, k=k)
    _check.axis_size(op, "k", k, -1, q.shape[-1], "the head size of q", q)
    if q.shape[-1] == 0:
        raise ValueError(f"{op}: q has shape {_check.shape(q)}; the head size must not be 0")
    # A head size is one number to torch's compilers too, whatever the number of tokens.
    scale = int(q.shape[-1]) ** -0.5 if scale is None else _check.positive(op, "scale", scale)
    return q, k, scale


def _real(x: Tensor) -> Tensor:
    """(..., N, r) complex as (..., N, 2r) real: q . k is the real part of the inner product."""
    return torch.view_as_real(x.resolve_conj()).flatten(-2)


def _complex(x: Tensor) -> Tensor:
    return torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())


def _four(x: Tensor, lead: torch.Size) -> Tensor:
    """``x`` with the common leading axes, folded into two."""
    x = x.expand(*lead, *x.shape[-2:])
    if len(lead) == 2:
        return x
    return x.reshape(1, math.prod(lead), *x.shape[-2:])


def _mask(
    op: str,
    mask: Interval | Tensor | None,
    lead: torch.Size,
    n: int,
    m: int,
    device: torch.device,
    empty: str,
) -> tuple[str, Tensor | None]:
    """The mask's name for the operator, and its table if it is a tensor."""
    _check.choice(op, "empty", empty, ("error", "zero"))
    if isinstance(mask, Tensor):
        if mask.dtype != torch.bool:
            raise TypeError(f"{op}: mask has dtype {mask.dtype}; a tensor mask must be bool")
        if mask.device != device:
            raise ValueError(f"{op}: mask is on {mask.device} and q on {device}; move one of them")
        try:
            fits = torch.broadcast_shapes(mask.shape, (*lead, n, m)) == (*lead, n, m)
        except RuntimeError:
            fits = False
        if not fits:
            raise ValueError(
                f"{op}: mask has shape {_check.shape(mask)}, which does not broadcast to "
                f"{(*lead, n, m)}"
            )
        table = mask[(None,) * (len(lead) + 2 - mask.ndim)]
        rows = table.shape[-2:]
        if math.prod(table.shape[:-2]) == 1:  # one table for the whole batch stays one
            return "all", table.reshape(1, 1, *rows)
        if len(lead) != 2:
            table = table.expand(*lead, *rows).reshape(1, math.prod(lead), *rows)
        return "all", table
    if mask is None:
        if empty == "error" and m == 0 and n > 0:
            raise ValueError(
                f"{op}: k has no rows, so the {n} queries see no key; see empty='zero'"
            )
        return "all", None
    if not hasattr(mask, "bounds"):
        raise TypeError(f"{op}: mask must be Causal, Band, Blocks or a bool tensor, not {mask!r}")
    # Under a named mask the last query is the first to be left without keys.
    if empty == "error" and n > 0 and mask.keys_of_last(n, m) == 0:
        raise ValueError(
            f"{op}: with mask {mask} query {n - 1} of {n} sees none of {m} keys; see empty='zero'"
        )
    return str(mask), None
