"""The derivatives of the projection on semidefinite matrices, where eigenvalues meet."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from fieldcheck import ops
from fieldcheck.ops import psd, reference
from fieldcheck.ops.psd import divided_differences, second


def wide(x) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


f = ops.psd_projection
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")


def draw(*shape, dtype=torch.float64, seed=0):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_first_and_second_derivatives_of_either_mode(dtype):
    a = draw(3, 3, dtype=dtype).requires_grad_()
    assert gradcheck(f, a, check_forward_ad=True, fast_mode=True)
    assert gradgradcheck(f, a, check_fwd_over_rev=True, check_rev_over_rev=True, fast_mode=True)


REPEATED = {
    "pairs": [2.0, 2.0, -1.0, -1.0],
    "identity": [1.0, 1.0, 1.0, 1.0],
    "minus identity": [-1.0, -1.0, -1.0, -1.0],
    "three and one": [1.0, 1.0, 1.0, -3.0],
}


@pytest.mark.parametrize("values", REPEATED)
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_the_second_derivative_where_eigenvalues_meet(values, dtype):
    """Against differences of the first, over rotated matrices, in every mode."""
    u = torch.linalg.qr(draw(4, 4, dtype=dtype))[0]
    a = u @ torch.diag(torch.tensor(REPEATED[values], dtype=torch.float64)).to(dtype) @ u.mH
    w, h = draw(2, 4, 4, dtype=dtype, seed=1)
    slope = torch.func.grad(lambda a: (f(a) * w).real.sum())
    right = (slope(a + 1e-5 * h) - slope(a - 1e-5 * h)) / 2e-5
    torch.testing.assert_close(torch.func.jvp(slope, (a,), (h,))[1], right, rtol=1e-7, atol=1e-7)
    leaf = a.clone().requires_grad_()
    (first,) = torch.autograd.grad((f(leaf) * w).real.sum(), leaf, create_graph=True)
    (found,) = torch.autograd.grad((first * h.conj()).real.sum(), leaf)
    assert found.isfinite().all()
    if dtype == torch.float64:  # symmetric: <h, D grad> = D grad h
        torch.testing.assert_close(found, right, rtol=1e-7, atol=1e-7)


def test_the_second_derivative_is_that_of_divided_differences():
    """Sum over k, term by term, with the differences of differences."""
    x = torch.tensor([3.0, 1.0, -0.5, -2.0, 0.25], dtype=torch.float64)
    h, g = (m + m.mT for m in draw(2, 5, 5))
    k = divided_differences(x)
    gap = x[:, None] - x
    gap.fill_diagonal_(1)
    right = torch.zeros(5, 5, dtype=x.dtype)
    for i in range(5):
        for j in range(5):
            for m in range(5):
                if i != j:
                    three = (k[i, m] - k[m, j]) / gap[i, j]
                elif m != i:
                    three = (k[i, m] - k[i, i]) / (x[m] - x[i])
                else:
                    three = 0
                right[i, j] += three * (h[i, m] * g[m, j] + g[i, m] * h[m, j])
    torch.testing.assert_close(second(torch.diag(x), h, g), right)


def test_zero_has_the_derivatives_from_below():
    zero = torch.zeros(3, 3)
    assert (torch.func.jacfwd(f)(zero) == 0).all()
    assert (torch.func.jacrev(f)(zero) == 0).all()
    hessian = torch.func.hessian(lambda a: f(a).square().sum())
    assert hessian(zero).isfinite().all()
    assert hessian(torch.diag(torch.tensor([1.0, 0.0, -1.0]))).isfinite().all()


def test_autocast_leaves_it_positive():
    a = draw(5, 8, 8, dtype=torch.float32).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = f(a)
        (inside,) = torch.autograd.grad(y.square().sum(), a, create_graph=True)
        (second_inside,) = torch.autograd.grad(inside.square().sum(), a)
    assert y.dtype == torch.float32
    assert torch.linalg.eigvalsh(y.detach()).min() > -1e-5
    (outside,) = torch.autograd.grad(f(a).square().sum(), a, create_graph=True)
    torch.testing.assert_close(inside, outside, rtol=0, atol=0)
    (second_outside,) = torch.autograd.grad(outside.square().sum(), a)
    torch.testing.assert_close(second_inside, second_outside, rtol=1e-5, atol=1e-4)


def test_divided_differences_of_relu():
    x = wide([2.0, -1.0, 0.0, 2.0, -3.0])
    slope = lambda a, b: (max(a, 0) - max(b, 0)) / (a - b) if a != b else float(a > 0)
    expected = [[slope(a, b) for b in x.tolist()] for a in x.tolist()]
    torch.testing.assert_close(psd.divided_differences(x), wide(expected))
    swap = wide([[0, 2], [2, 0]])
    for op in (ops.psd_projection, reference.psd_projection):
        torch.testing.assert_close(op(swap), wide([[1, 1], [1, 1]]))
        torch.testing.assert_close(op(wide([[0, 4], [0, 0]])), wide([[1, 1], [1, 1]]))
    assert ops.psd_projection(swap.bfloat16()).dtype == torch.bfloat16


def test_matrices_near_the_largest_number():
    """Twice an entry may overflow; half of it does not."""
    a = torch.diag(torch.tensor([1.5e308, -1.5e308, 1e308], dtype=torch.float64))
    assert (ops.psd_projection(a) == torch.relu(a)).all()
    assert (ops.psd_projection(a[:2, :2]) == torch.relu(a[:2, :2])).all()
