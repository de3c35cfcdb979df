"""Maps over runs of rows."""

from __future__ import annotations

import pytest
import torch

from fieldcheck.ops import _rows, masks, reference

GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def summed(rows, shared, span):
    (x,), (y,) = rows, shared
    keys = y[..., span.c : span.d, :]
    s = x @ keys.mT
    if span.allowed is not None:
        s = s.masked_fill(~span.allowed, 0)
    out = torch.zeros_like(y)
    out[..., span.c : span.d, :] = s.mT @ x
    return [s.sum(-1, keepdim=True)], [out]


@pytest.mark.parametrize("chunk", [1, 2, 5, 6, 100])
@pytest.mark.parametrize("mask", [None, masks.Causal(), masks.Band(1)], ids=str)
def test_a_map_over_rows_does_not_depend_on_their_runs(mask, chunk):
    x, y = draw(2, 1, 6, 3), draw(2, 1, 5, 3)
    row_map = _rows.RowMap(summed, 6, 5, mask, chunk, None, 1, 1)
    s = x @ y.mT
    if mask is not None:
        s = s * reference.allowed(mask, 6, 5)
    for apply in (row_map, row_map.run):
        sums, products = apply((x,), (y,))
        torch.testing.assert_close(sums, s.sum(-1, keepdim=True))
        torch.testing.assert_close(products, s.mT @ x)
    empty = _rows.RowMap(summed, 0, 5, mask, chunk, None, 1, 1).run((x[..., :0, :],), (y,))
    assert [tuple(e.shape) for e in empty] == [(2, 1, 0, 1), (2, 1, 5, 3)]


def test_defaults_of_a_map():
    plain = _rows.RowMap(summed, 6, 5, None, 2)
    assert (plain.table, plain.row_outputs, plain.shared_outputs) == (None, 1, 0)
    step = plain.derivative(3, 2)
    assert (step.row_outputs, step.shared_outputs, step.chunk) == (3, 2, 2)
