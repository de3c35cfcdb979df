"""The softmax free energy of queries among keys, with its forces."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from . import _attend, _check, reference
from ._heads import grouped
from ._results import FreeEnergy
from ._steady import steady
from ._transforms import transformed
from .masks import Causal, Interval


@steady
def free_energy(
    q: Tensor,
    k: Tensor,
    *,
    scale: float | None = None,
    mask: Interval | Tensor | None = None,
    empty: reference.Empty = "error",
    key_force: bool = False,
    key_mask: Tensor | None = None,
    enable_gqa: bool = False,
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
            or a tensor that broadcasts to (..., N, M): bool, True where the pair is allowed, or
            real numbers b that are added, :math:`E_n = \tfrac1s\log\sum_m \exp(s\langle q_n,
            k_m\rangle + b_{nm})`, -inf where it is not.
        key_mask: bool (..., M), False for padding; its axes are the first of the leading axes, so
            that (B, M) serves tokens (B, H, N, d).  Given with a mask, both hold.
        enable_gqa: ``q`` (..., H, N, d) and ``k`` (..., K, M, d), K a divisor of H; every H/K
            heads of queries share one of keys.
        empty: a query that sees no key has no free energy.  "error" refuses it; "zero" gives it
            energy -inf (the logarithm of an empty sum) and a force of exactly zero.
        key_force: also return the gradient in the keys.

    Complex tokens meet through the real part of their inner product.  Their forces are complex,
    real part and imaginary part being the gradients in real and imaginary part, as torch's are.
    The energies of half-precision tokens are float32.  A NaN in a query makes NaN of its row, one
    in a key of all rows that see it, and may of rows from which ``mask`` hides it; an infinity
    makes NaN of their forces, and of their energies either NaN or an infinity.

    All outputs are differentiable in ``q`` and ``k``, to any order in reverse mode.  Within
    transforms of
    ``torch.func``, for forward-mode derivatives and for an added mask that requires a gradient, of
    N x M entries itself, the plain form serves, N x M scores and all.
    It cannot look into a transformed table: a row without keys is not refused there, and with
    ``empty="error"`` its force is NaN.

    Raises
        TypeError, ValueError: naming the shape, dtype or device that does not fit.

    Sources: Ramsauer et al., Hopfield Networks is All You Need (2020), for the force in the query;
    Hoover et al., Energy Transformer (2023), for both terms.
    """
    op = "free_energy"
    if enable_gqa:
        q, k, mask, back = grouped(op, q, k, mask)
        return back(
            free_energy(q, k, scale=scale, mask=mask, key_mask=key_mask, empty=empty,
                        key_force=key_force)
        )  # fmt: skip
    q, k, scale = _prepare(op, q, k, scale)
    tables = [x for x in (mask, key_mask) if isinstance(x, Tensor)]
    learned = torch.is_grad_enabled() and any(x.requires_grad for x in tables)
    if learned or transformed(q, k, *tables):
        # The operators below are opaque to torch.func: there the plain form serves.
        lead = _check.broadcast(op, q=q, k=k)
        _mask(op, mask, lead, q.shape[-2], k.shape[-2], q.device, empty, key_mask)
        return reference.free_energy(
            q, k, scale=scale, mask=mask, key_mask=key_mask, empty=empty, key_force=key_force
        )
    complex_tokens = q.is_complex()
    if complex_tokens:
        q, k = _real(q), _real(k)
    lead = _check.broadcast(op, q=q, k=k)
    n, m, d = q.shape[-2], k.shape[-2], q.shape[-1]
    wide = torch.float64 if q.dtype == torch.float64 else torch.float32
    name, table = _mask(op, mask, lead, n, m, q.device, empty, key_mask, wide)
    q4, k4 = _four(q, lead), _four(k, lead)
    # A number that an operator is given is part of the graph that calls it.  The scale may anneal,
    # so a compiler is made to apply it before.
    apart = torch.compiler.is_compiling()
    q4, unit = (q4 * scale, 1.0) if apart else (q4, scale)
    if key_mask is not None:  # what stands in a padding's place must not matter, not even a NaN
        k4 = k4.masked_fill(~_four(reference.key_rows(key_mask, len(lead)).mT, lead), 0)
    force, lse = _attend.attend(q4, k4, table, name, unit, empty == "error")
    received = None
    if key_force:
        weight = torch.ones_like(lse) / scale if apart else torch.ones_like(lse)
        received = _attend.scatter(q4, k4, lse, weight, table, name, unit)
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
    key_mask: Tensor | None = None,
    wide: torch.dtype = torch.float32,
) -> tuple[str, Tensor | None]:
    """The mask's name for the operator, and its table if it has one, bool or ``wide``."""
    _check.choice(op, "empty", empty, ("error", "zero"))
    keys = None if key_mask is None else _keys(op, key_mask, lead, m, device)
    if isinstance(mask, Tensor):
        given = _table(op, mask, (*lead, n, m), device, wide)
        if keys is None:
            return "all", _folded(given, lead)
        if given.dtype == torch.bool:
            return "all", _folded(given & keys, lead)
        return "all", _folded(given.masked_fill(~keys, -torch.inf), lead)
    table = None if keys is None else _folded(keys, lead)
    if mask is None:
        if empty == "error" and m == 0 and n > 0:
            raise ValueError(
                f"{op}: k has no rows, so the {n} queries see no key; see empty='zero'"
            )
        return "all", table
    if not isinstance(mask, Interval):
        raise TypeError(
            f"{op}: mask must be Causal, Band, Blocks or a bool tensor, or one of numbers to be "
            f"added, not {_named(mask)}"
        )
    # Under a named mask the last query is the first to be left without keys.
    if empty == "error" and n > 0 and mask.keys_of_last(n, m) == 0:
        raise ValueError(
            f"{op}: with mask {mask} query {n - 1} of {n} sees none of {m} keys; see empty='zero'"
        )
    return str(mask), table


def _named(mask: object) -> str:
    """What was given in place of a mask."""
    if isinstance(mask, type) and issubclass(mask, Interval):
        given = "()" if mask is Causal else "(...)"
        return f"the class {mask.__name__}: write {mask.__name__}{given}"
    return repr(mask) if isinstance(mask, str | int | float) else type(mask).__name__


def _table(
    op: str, mask: Tensor, shape: tuple[int, ...], device: torch.device, wide: torch.dtype
) -> Tensor:
    """A mask that is a tensor, with all axes of ``shape``, bool or ``wide``."""
    if mask.dtype != torch.bool and mask.dtype not in _check.FLOATING:
        raise TypeError(
            f"{op}: mask has dtype {mask.dtype}; a tensor mask must be bool, True where a pair is "
            "allowed, or real, added to the scores"
        )
    if mask.device != device:
        raise ValueError(f"{op}: mask is on {mask.device} and q on {device}; move one of them")
    try:
        fits = torch.broadcast_shapes(mask.shape, shape) == shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"{op}: mask has shape {_check.shape(mask)}, which does not broadcast to {shape}"
        )
    table = mask[(None,) * (len(shape) - mask.ndim)]
    return table if table.dtype == torch.bool else table.to(wide)


def _keys(op: str, key_mask: Tensor, lead: torch.Size, m: int, device: torch.device) -> Tensor:
    """The keys that are there, as a table of one row: (..., 1, M) with all leading axes."""
    _check.tensor(op, "key_mask", key_mask, ndim=1, dtypes=(torch.bool,))
    if key_mask.device != device:
        raise ValueError(
            f"{op}: key_mask is on {key_mask.device} and q on {device}; move one of them"
        )
    first = lead[: key_mask.ndim - 1]
    fits = key_mask.ndim <= len(lead) + 1 and key_mask.shape[-1] == m
    if not fits or any(a not in (1, b) for a, b in zip(key_mask.shape[:-1], first, strict=True)):
        raise ValueError(
            f"{op}: key_mask has shape {_check.shape(key_mask)}; it must be {(*first, m)}, the "
            "first leading axes and the keys"
        )
    return reference.key_rows(key_mask, len(lead))


def _folded(table: Tensor, lead: torch.Size) -> Tensor:
    """The table with its leading axes folded into two; one for the whole batch stays one."""
    rows = table.shape[-2:]
    if math.prod(table.shape[:-2]) == 1:
        return table.reshape(1, 1, *rows)
    if len(lead) != 2:
        return table.expand(*lead, *rows).reshape(1, math.prod(lead), *rows)
    return table
