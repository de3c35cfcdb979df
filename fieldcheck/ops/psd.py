"""The nearest positive semidefinite matrix."""

from __future__ import annotations

import torch
from torch import Tensor

from . import _check


def psd_projection(a: Tensor) -> Tensor:
    r"""Nearest positive semidefinite matrix in the Frobenius norm: ReLU of the eigenvalues of the
    Hermitian part.

    With :math:`(A + A^*)/2 = U \Lambda U^*` the result is :math:`U \Lambda_+ U^*`.  The derivative
    is the one of Loewner, :math:`H \mapsto U (K \circ U^* H U) U^*` with the divided differences
    :math:`K_{ij} = (\lambda_i^+ - \lambda_j^+)/(\lambda_i - \lambda_j)`, which stays finite where
    eigenvalues meet.  Second derivatives need distinct eigenvalues.

    Shapes
        ``a`` (..., n, n), real or complex; the result has the same shape and dtype.

    Equivariance: conjugation by unitary (orthogonal) matrices.

    Raises
        TypeError, ValueError: naming the shape or dtype that does not fit.

    Sources: Higham, Linear Algebra Appl. 103 (1988) 103; Moreau (1962).
    """
    op = "psd_projection"
    _check.tensor(op, "a", a, ndim=2, dtypes=_check.FLOATING + _check.COMPLEX)
    _check.axis_size(op, "a", a, -1, a.shape[-2], "the matrices being square")
    if a.numel() == 0:
        return a.clone()
    if a.dtype in (torch.float16, torch.bfloat16):
        return _Psd.apply((a.float() + a.float().mH) / 2).to(a.dtype)
    return _Psd.apply((a + a.mH) / 2)


def divided_differences(values: Tensor) -> Tensor:
    """(relu(x_i) - relu(x_j)) / (x_i - x_j), with the one-sided slope 0 or 1 where they meet."""
    x, y = values[..., :, None], values[..., None, :]
    apart = x != y
    slope = (torch.relu(x) - torch.relu(y)) / torch.where(apart, x - y, 1)
    return torch.where(apart, slope, (x > 0).to(values.dtype))


class _Psd(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(a)
        return (vectors * torch.relu(values)[..., None, :]) @ vectors.mH

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        values, vectors = torch.linalg.eigh(a)
        inner = vectors.mH @ ((g + g.mH) / 2) @ vectors
        return vectors @ (divided_differences(values) * inner) @ vectors.mH
