"""Large results have room of their own, and are what they would be elsewhere."""

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops._room import ALIGNED, LARGE, room


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64])
@pytest.mark.parametrize("rows", [0, 3, LARGE // 32])
def test_room_is_an_empty_tensor(rows, dtype):
    got = room((rows, 8), dtype)
    assert (got.shape, got.dtype, got.storage_offset()) == ((rows, 8), dtype, 0)
    assert got.is_contiguous()
    assert got.data_ptr() % ALIGNED == 0
    got.fill_(2)
    assert got.sum() == 16 * rows
    assert got.untyped_storage().nbytes() == got.numel() * got.element_size()


def draw(*shape, seed=0):
    return torch.randn(shape, dtype=torch.complex64, generator=torch.Generator().manual_seed(seed))


def test_a_large_quartic_force_with_and_without_derivatives():
    """More than LARGE bytes, in one batch and two, recorded, transformed and neither."""
    x, parts = draw(2, LARGE // 64, 8), [draw(2, 8, 2, seed=i) / 8 for i in range(1, 5)]
    free = ops.quartic(x, *parts).force
    assert not free.requires_grad
    leaf = x.clone().requires_grad_()
    recorded = ops.quartic(leaf, *parts).force
    torch.testing.assert_close(recorded.detach(), free, rtol=0, atol=0)
    (slope,) = torch.autograd.grad(recorded, leaf, free)
    assert slope.isfinite().all()
    with torch.no_grad():
        torch.testing.assert_close(ops.quartic(leaf, *parts).force, free, rtol=0, atol=0)
    mapped = torch.vmap(lambda x: ops.quartic(x, *parts).force)(x)
    torch.testing.assert_close(mapped, free)
    factor = parts[0].clone().requires_grad_()
    assert ops.quartic(x, factor, *parts[1:]).force.requires_grad
