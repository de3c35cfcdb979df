"""The nearest positive semidefinite matrix, and its first two derivatives in closed form.

With A = U diag(x) U* and f = ReLU the projection is U diag(f(x)) U*.  Its derivatives are those of
Daleckii and Krein: divided differences of f between the eigenvalues, entry by entry in their basis.
Those of ReLU have no small denominators.  Eigenvalues of one sign never meet in one; those of
different signs, the positive and the rest, meet only as sums of their sizes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from . import _check
from ._steady import steady, without_autocast
from ._transforms import transformed


@steady
def psd_projection(a: Tensor) -> Tensor:
    r"""Nearest positive semidefinite matrix in the Frobenius norm: ReLU of the eigenvalues of the
    Hermitian part.

    With :math:`(A + A^*)/2 = U \Lambda U^*` the result is :math:`U \Lambda_+ U^*`.  The derivative
    is the one of Loewner, :math:`H \mapsto U (K \circ U^* H U) U^*` with the divided differences
    :math:`K_{ij} = (\lambda_i^+ - \lambda_j^+)/(\lambda_i - \lambda_j)`; at an eigenvalue 0 it is
    the one from below, as ReLU's.  First and second derivatives, forward and reverse, are finite
    where eigenvalues meet; third ones need distinct eigenvalues.  Half-precision matrices are
    computed in float32.  A matrix with a NaN or an infinity is refused by torch's decomposition;
    one of 2 x 2 gives NaN, and of one number the ReLU is taken (NaN, if it is complex).

    Shapes
        ``a`` (..., n, n), real or complex; the result has the same shape and dtype.

    Equivariance: conjugation by unitary (orthogonal) matrices.

    Raises
        TypeError, ValueError: naming the shape or dtype that does not fit.

    Sources: Higham, Linear Algebra Appl. 103 (1988) 103; Moreau (1962); Bhatia, Matrix Analysis
    (1997), section V.3, for the derivatives.
    """
    op = "psd_projection"
    _check.tensor(op, "a", a, ndim=2, dtypes=_check.FLOATING + _check.COMPLEX)
    _check.axis_size(op, "a", a, -1, a.shape[-2], "the matrices being square")
    if a.numel() == 0:
        return a.clone()
    half = a.dtype in (torch.float16, torch.bfloat16)
    wide = a.float() if half else a
    out = _project(wide / 2 + wide.mH / 2)  # the sum may overflow
    return out.to(a.dtype) if half else out


class Spectrum(NamedTuple):
    """Eigenvalues (..., n), eigenvectors (..., n, n), and which eigenvalues are positive."""

    values: Tensor
    vectors: Tensor
    positive: Tensor

    def inner(self, h: Tensor) -> Tensor:
        """The Hermitian part of ``h`` in the basis of the eigenvectors."""
        return self.vectors.mH @ ((h + h.mH) / 2) @ self.vectors

    def outer(self, h: Tensor) -> Tensor:
        return self.vectors @ h @ self.vectors.mH

    @property
    def across(self) -> Tensor:
        """1/(|x_i| + |x_j|) for eigenvalues of different signs, else 0."""
        sizes = self.values.abs()
        apart = self.positive[..., :, None] != self.positive[..., None, :]
        return apart / torch.where(apart, sizes[..., :, None] + sizes[..., None, :], 1)


def spectrum(a: Tensor) -> Spectrum:
    values, vectors = torch.linalg.eigh(a)
    return Spectrum(values, vectors, values > 0)


def divided_differences(values: Tensor) -> Tensor:
    """(relu(x_i) - relu(x_j)) / (x_i - x_j), with the one-sided slope 0 or 1 where they meet."""
    x, y = values[..., :, None], values[..., None, :]
    apart = x != y
    slope = (torch.relu(x) - torch.relu(y)) / torch.where(apart, x - y, 1)
    return torch.where(apart, slope, (x > 0).to(values.dtype))


def first(a: Tensor, h: Tensor) -> Tensor:
    """The derivative of the projection at ``a`` along ``h``; symmetric in <g, first(a, h)>."""
    s = spectrum(a)
    return s.outer(divided_differences(s.values) * s.inner(h))


def second(a: Tensor, h: Tensor, g: Tensor) -> Tensor:
    """The second derivative at ``a`` along ``h`` and ``g``.

    In the eigenvectors' basis it is sum_k f[x_i, x_k, x_j] (h_ik g_kj + g_ik h_kj).  Of three
    eigenvalues of one sign the divided difference is 0; if one, c, differs in sign from the others,
    a and b, it is |c| / ((|a| + |c|) (|b| + |c|)).  So the sum is made of products of matrices.
    """
    s = spectrum(a)
    across, size = s.across, s.values.abs()
    same = (across == 0).to(size.dtype)
    left, right = size[..., :, None], size[..., None, :]

    def half(h: Tensor, g: Tensor) -> Tensor:
        over_h, over_g = across * h, across * g
        alone_in_the_middle = over_h @ (left * over_g)
        alone_at_an_end = ((same * h) @ over_g) * right + left * (over_h @ (same * g))
        return same * alone_in_the_middle + across * alone_at_an_end

    h, g = s.inner(h), s.inner(g)
    return s.outer(half(h, g) + half(g, h))


def _project(a: Tensor) -> Tensor:
    if not torch.compiler.is_compiling():
        return _Forward.apply(a)
    # A compiler refuses functions with forward derivatives of their own, and within a transform
    # all that have any: there torch's derivative of the decomposition serves.
    return _values(spectrum(a)) if transformed(a) else _Psd.apply(a)


def _values(s: Spectrum) -> Tensor:
    return (s.vectors * torch.relu(s.values)[..., None, :]) @ s.vectors.mH


class _Psd(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return _values(spectrum(a))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        with without_autocast(a.device.type):
            return _Loewner.apply(a, g)


class _Loewner(torch.autograd.Function):
    """:func:`first`, with its own derivatives."""

    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor, h: Tensor) -> Tensor:
        return first(a, h)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        a, h = ctx.saved_tensors
        with without_autocast(a.device.type):
            return second(a, h, g), _Loewner.apply(a, g)


class _Forward(_Psd):
    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        with without_autocast(a.device.type):
            return _ForwardLoewner.apply(a, g)

    @staticmethod
    def jvp(ctx: Any, d: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return _ForwardLoewner.apply(a, d)


class _ForwardLoewner(_Loewner):
    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        a, h = ctx.saved_tensors
        with without_autocast(a.device.type):
            return second(a, h, g), _ForwardLoewner.apply(a, g)

    @staticmethod
    def jvp(ctx: Any, d: Tensor | None, e: Tensor | None) -> Tensor:
        a, h = ctx.saved_tensors
        parts = [] if d is None else [second(a, h, d)]
        return sum(parts + ([] if e is None else [_ForwardLoewner.apply(a, e)]))  # type: ignore[return-value]
