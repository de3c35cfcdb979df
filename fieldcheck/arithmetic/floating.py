"""Double precision on torch tensors: fast, batched, and never a verdict.

Real values are float64, complex ones complex128.  A body sees one instance; :func:`batched`
lifts it over thousands with ``torch.vmap``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from fieldcheck.arithmetic.array import Array, Value
from fieldcheck.arithmetic.base import Arithmetic

_REAL, _COMPLEX = torch.float64, torch.complex128


def _common(*tensors: torch.Tensor) -> Sequence[torch.Tensor]:
    if any(t.is_complex() for t in tensors) and not all(t.is_complex() for t in tensors):
        return [t if t.is_complex() else t.to(_COMPLEX) for t in tensors]
    return tensors


def _need_real(name: str, *tensors: torch.Tensor) -> None:
    if any(t.is_complex() for t in tensors):
        raise TypeError(f"xp.{name} needs a real value; take xp.real first")


def _from_above(d: torch.Tensor) -> torch.Tensor:
    """A cut is approached from above, as the exact arithmetics do: there is no negative zero."""
    return d + 0 if d.is_complex() else d


SMALL = 1e-100
"""Entries of a matrix that are smaller than this beside its largest one: LAPACK would stumble."""

CLOSE = 1e-6
"""Eigenvalues that are so close are one, for the slope of a logarithm (an error of its square)."""


MANY, ROUNDING = 64, 2.0**-52
"""Terms of a sum to infinity, and what may be left of it after them."""

FAR = 1e4
"""Entries from here on are left to balls: their exponentials overflow, or take long."""


def _tame(a: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A matrix whose largest entry is 1, and its scale; zero for one that is not finite."""
    a = torch.where(torch.isfinite(a).all(), a, torch.zeros_like(a))
    scale = a.abs().amax().detach() if a.numel() else torch.ones((), dtype=_REAL)
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    a = a / scale
    return torch.where(a.abs() < SMALL, torch.zeros_like(a), a), scale


def _hermitian(a: torch.Tensor) -> torch.Tensor:
    return a / 2 + a.mH / 2


def _finite(a: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
    """What was made of a finite matrix; of another one nothing."""
    return torch.where(torch.isfinite(a).all(), made, torch.full_like(made, torch.nan))


class _HermitianLog(torch.autograd.Function):
    """The logarithm of a Hermitian matrix, nan where that has none.

    Its derivative takes no eigenvectors apart, whose phases are arbitrary: along H it is
    Q (L * Q^H H Q) Q^H, with the divided differences L of the logarithms of the eigenvalues.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        w, q = torch.linalg.eigh(h)
        logs = torch.where(w > 0, torch.log(w), torch.nan)
        return (q * logs[..., None, :].to(q.dtype)) @ q.mH, w, q

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _, w, q = output
        ctx.mark_non_differentiable(w, q)
        ctx.save_for_backward(w, q)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor, *_: Any) -> torch.Tensor:
        w, q = ctx.saved_tensors
        a, b = w[..., :, None], w[..., None, :]
        near = (a - b).abs() <= CLOSE * (a + b).abs()
        apart = torch.where(near, torch.ones_like(a - b), a - b)
        slopes = torch.where(near, 2 / (a + b), (torch.log(a) - torch.log(b)) / apart)
        slope: torch.Tensor = q @ (slopes.to(q.dtype) * (q.mH @ grad @ q)) @ q.mH
        return slope


class Float(Arithmetic):
    """IEEE double precision (torch)."""

    kind = "float"

    def shape_of(self, data: torch.Tensor) -> tuple[int, ...]:
        return tuple(data.shape)

    def from_raw(self, data: torch.Tensor) -> Array:
        return self.wrap(data)

    def _integer(self, n: int) -> torch.Tensor:
        large = n.bit_length() > 1023  # beyond floats: balls may see what they cannot
        return torch.tensor(
            float(n) if not large else math.inf if n > 0 else -math.inf, dtype=_REAL
        )

    def _imaginary_unit(self) -> torch.Tensor:
        return torch.tensor(1j, dtype=_COMPLEX)

    def _pi(self) -> torch.Tensor:
        return torch.tensor(math.pi, dtype=_REAL)

    def _add(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b

    def _sub(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a - b

    def _mul(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a * b

    def _div(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a / b

    def _neg(self, a: torch.Tensor) -> torch.Tensor:
        return -a

    def _matmul(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.matmul(*_common(a, b))

    def _getitem(self, d: torch.Tensor, index: Any) -> torch.Tensor:
        return torch.Tensor.__getitem__(*_forwards(d, index))

    def _transpose(self, d: torch.Tensor) -> torch.Tensor:
        return d.transpose(-1, -2)

    def _permute(self, d: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
        return d.permute(axes)

    def _reshape(self, d: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        return d.reshape(shape)

    def _sum(self, d: torch.Tensor, axis: int) -> torch.Tensor:
        return d.sum(dim=axis)

    def _diagonal(self, d: torch.Tensor) -> torch.Tensor:
        return torch.diagonal(d, dim1=-2, dim2=-1)

    def _concat(self, items: Sequence[torch.Tensor], axis: int) -> torch.Tensor:
        return torch.cat(list(_common(*items)), dim=axis)

    def _stack(self, items: Sequence[torch.Tensor], axis: int) -> torch.Tensor:
        return torch.stack(list(_common(*items)), dim=axis)

    def _eye(self, n: int) -> torch.Tensor:
        return torch.eye(n, dtype=_REAL)

    def _full(self, shape: tuple[int, ...], n: int) -> torch.Tensor:
        return torch.full(shape, float(n), dtype=_REAL)

    def _conj(self, d: torch.Tensor) -> torch.Tensor:
        return torch.conj(d).resolve_conj() if d.is_complex() else d

    def _real(self, d: torch.Tensor) -> torch.Tensor:
        return d.real if d.is_complex() else d

    def _imag(self, d: torch.Tensor) -> torch.Tensor:
        if d.is_complex():
            return d.imag
        return torch.where(torch.isnan(d), d, torch.zeros_like(d))  # of a log below zero

    def _real_only(self, data: torch.Tensor) -> bool:
        return not data.is_complex()

    def _solve(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        solved: torch.Tensor = torch.linalg.solve_ex(*_common(a, b))[0]
        return solved

    def _det(self, a: torch.Tensor) -> torch.Tensor:
        determinant: torch.Tensor = torch.linalg.det(a)
        return determinant

    def _eigvalsh(self, a: torch.Tensor) -> torch.Tensor:
        h, scale = _tame(_hermitian(a))
        return _finite(a, torch.linalg.eigvalsh(h) * scale)

    def _svdvals(self, a: torch.Tensor) -> torch.Tensor:
        h, scale = _tame(a)
        return _finite(a, torch.linalg.svdvals(h) * scale)

    def _expm(self, a: torch.Tensor) -> torch.Tensor:
        near = a.abs().amax() < FAR if a.numel() else torch.ones((), dtype=torch.bool)
        made = torch.linalg.matrix_exp(torch.where(near, a, torch.zeros_like(a)))
        return torch.where(near, made, torch.full_like(made, torch.nan))

    def _logm(self, a: torch.Tensor) -> torch.Tensor:
        h, scale = _tame(_hermitian(a))
        eye = torch.eye(h.shape[-1], dtype=h.dtype)
        made: torch.Tensor = _HermitianLog.apply(h)[0]  # type: ignore[no-untyped-call]
        return _finite(a, made + torch.log(scale) * eye)

    def _sum_to_infinity(self, first: Value, ratio: Callable[[Value], Value]) -> Value:
        """So many terms; nothing where they are not enough."""
        terms, total = first, first * 0
        for k in range(1, MANY + 1):
            step = ratio(self.one / k)
            total, terms = total + terms, terms * step
        left = terms.data.abs() / (1 - step.data.abs())
        enough = (step.data.abs() < 1) & (left <= ROUNDING * total.data.abs())
        return self.wrap(torch.where(enough, total.data, torch.full_like(total.data, torch.nan)))

    def _exp(self, d: torch.Tensor) -> torch.Tensor:
        return torch.exp(d)

    def _log(self, d: torch.Tensor) -> torch.Tensor:
        return torch.log(_from_above(d))

    def _sqrt(self, d: torch.Tensor) -> torch.Tensor:
        return torch.sqrt(_from_above(d))

    def _sin(self, d: torch.Tensor) -> torch.Tensor:
        return torch.sin(d)

    def _cos(self, d: torch.Tensor) -> torch.Tensor:
        return torch.cos(d)

    def _tanh(self, d: torch.Tensor) -> torch.Tensor:
        return torch.tanh(d)

    def _sinh(self, d: torch.Tensor) -> torch.Tensor:
        return torch.sinh(d)

    def _cosh(self, d: torch.Tensor) -> torch.Tensor:
        return torch.cosh(d)

    def _arctan(self, d: torch.Tensor) -> torch.Tensor:
        _need_real("arctan", d)
        return torch.atan(d)

    def _erf(self, d: torch.Tensor) -> torch.Tensor:
        _need_real("erf", d)
        return torch.erf(d)

    def _logistic(self, d: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(d)

    def _softplus(self, d: torch.Tensor) -> torch.Tensor:
        return (
            torch.logaddexp(d, torch.zeros_like(d)) if not d.is_complex() else torch.log1p(d.exp())
        )

    def _logsumexp(self, d: torch.Tensor, axis: int) -> torch.Tensor:
        if not d.is_complex():
            return torch.logsumexp(d, dim=axis)
        top = d.real.amax(dim=axis, keepdim=True)
        return torch.log(torch.exp(d - top).sum(dim=axis)) + top.squeeze(axis)

    def _softmax(self, d: torch.Tensor, axis: int) -> torch.Tensor:
        top = (d.real if d.is_complex() else d).amax(dim=axis, keepdim=True)
        e = torch.exp(d - top)
        return e / e.sum(dim=axis, keepdim=True)

    def _unit(self, d: torch.Tensor, axis: int) -> torch.Tensor:
        n = torch.linalg.vector_norm(d, dim=axis, keepdim=True)
        return d / torch.where(n == 0, torch.ones_like(n), n)

    def _scale_or_one(self, d: torch.Tensor) -> torch.Tensor:
        return torch.where(d == 0, torch.ones_like(d), d)

    def _step(self, d: torch.Tensor) -> torch.Tensor:
        _need_real("relu", d)
        return (d > 0).to(_REAL)

    def _relu(self, d: torch.Tensor) -> torch.Tensor:
        _need_real("relu", d)
        return torch.clamp(d, min=0)

    def _abs(self, d: torch.Tensor) -> torch.Tensor:
        return torch.abs(d)

    def _sgn(self, d: torch.Tensor) -> torch.Tensor:
        return torch.sgn(d)

    def _maximum(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        _need_real("maximum", a, b)
        return torch.maximum(a, b)

    def _minimum(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        _need_real("minimum", a, b)
        return torch.minimum(a, b)


def _forwards(d: torch.Tensor, index: Any) -> tuple[torch.Tensor, Any]:
    """The same entries without a negative step, which torch does not take: flipped instead."""
    items = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(item, slice) and (item.step or 1) < 0 for item in items):
        return d, index
    missing = d.dim() - sum(item is not None and item is not Ellipsis for item in items)
    axis, ahead = 0, []
    for item in items:
        if isinstance(item, slice) and (item.step or 1) < 0:
            n = d.shape[axis]
            start, stop, step = item.indices(n)
            d, item = d.flip(axis), slice(n - 1 - start, n - 1 - stop, -step)
        axis += missing if item is Ellipsis else item is not None
        ahead.append(item)
    return d, tuple(ahead)


def batched(
    body: Callable[..., Any], raws: dict[str, torch.Tensor], xp: Float | None = None
) -> Any:
    """Run ``body(xp, raws)`` over the leading axis of every raw parameter.

    ``body`` gets a dictionary of values and returns a tuple of tensors, which come back with a
    leading batch axis.
    """
    xp = xp or Float()

    def one(items: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
        made: tuple[torch.Tensor, ...] = body(xp, {name: xp.wrap(d) for name, d in items.items()})
        return made

    if not raws:  # a statement without inputs: one instance
        out: Any = one({})
        return out[None] if isinstance(out, torch.Tensor) else tuple(t[None] for t in out)
    return torch.vmap(one)(raws)
