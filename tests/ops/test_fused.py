"""The fused kernel's operands."""

from __future__ import annotations

import torch

from fieldcheck.ops import _fused

GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def test_the_fused_kernel_gets_rows_without_gaps():
    x = draw(3, 5)
    assert _fused._unit_stride(x) is x
    assert _fused._unit_stride(x[:, 1:4]).data_ptr() == x[:, 1:4].data_ptr()
    for gaps in (x.mT, x[:, ::2]):
        made = _fused._unit_stride(gaps)
        assert made.stride(-1) == 1
        assert torch.equal(made, gaps)
