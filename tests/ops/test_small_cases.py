"""Attention on a grid of small shapes and masks against the plain form, gradient by gradient."""

from __future__ import annotations

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import masks
from fieldcheck.ops._roads import attention_road

GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


TABLE = torch.tensor([[True, False, True, True], [False, True, False, False], [True] * 4])
MASKS = {
    "all": None,
    "causal": masks.Causal(),
    "band": masks.Band(1),
    "causal band": masks.Band(2, causal=True),
    "blocks": masks.Blocks(2),
    "table": TABLE,
    "a table of one row": TABLE[:1],
    "a table of one column": torch.tensor([[True], [True], [False]]),
}
LEADS = [(), (2,), (2, 3), (2, 1, 3)]


def both(q, k, **options):
    options = {"empty": "zero", "scale": 0.7, "key_force": True} | options
    return ops.free_energy(q, k, **options), ops.reference.free_energy(q, k, **options)


@pytest.mark.parametrize("road", ["fused", "chunked"])
@pytest.mark.parametrize("lead", LEADS, ids=str)
@pytest.mark.parametrize("name", MASKS)
def test_energy_and_forces(name, lead, road):
    q, k = draw(*lead, 3, 2), draw(*lead, 4, 2)
    with attention_road(road):
        found, plain = both(q, k, mask=MASKS[name])
    for a, b in zip(found, plain, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("road", ["fused", "chunked"])
@pytest.mark.parametrize("output", [0, 1, 2])
@pytest.mark.parametrize("wanted", ["q", "k", "both"])
@pytest.mark.parametrize("name", ["all", "causal", "table"])
def test_gradients_of_each_output_in_each_input(name, wanted, output, road):
    grads = []
    q, k = draw(2, 3, 2), draw(2, 4, 2)
    weight = draw(2, 4, 2)
    for plain in (False, True):
        a, b = q.clone(), k.clone()
        inputs = {"q": [a], "k": [b], "both": [a, b]}[wanted]
        for x in inputs:
            x.requires_grad_()
        with attention_road(road):
            result = both(a, b, mask=MASKS[name])[plain][output]
        part = weight[..., : result.shape[-2], :] if output else weight[..., :3, 0]
        grads.append(torch.autograd.grad((result * part).nan_to_num(0, 0, 0).sum(), inputs))
    for x, y in zip(*grads, strict=True):
        torch.testing.assert_close(x, y)


def test_a_query_without_keys_is_refused_and_named():
    q, k = draw(5, 2), draw(3, 2)
    with pytest.raises(ValueError, match="query 4 of 5 sees none of 3 keys"):
        ops.free_energy(q, k, mask=masks.Band(1))
    assert ops.free_energy(q[:0], k, mask=masks.Band(1)).energy.shape == (0,)
    assert ops.free_energy(q, k, mask=masks.Band(1), empty="zero").force[4].tolist() == [0, 0]
    with pytest.raises(ValueError, match="the 5 queries see no key"):
        ops.free_energy(q, k[:0])
    table = torch.ones(5, 3, dtype=torch.bool)
    table[2] = False
    with pytest.raises(ValueError, match="2"):
        ops.free_energy(q, k, mask=table)


@pytest.mark.parametrize(
    "mask", [masks.Causal(), masks.Band(1), masks.Band(3, True), masks.Blocks(3)]
)
@pytest.mark.parametrize("rows", [1, 2, 3, 100])
@pytest.mark.parametrize(("n", "m"), [(7, 5), (4, 9), (6, 6), (9, 2)])
def test_spans_cover_what_each_row_sees(mask, rows, n, m):
    bounds = mask.bounds(n, m)
    seen = torch.zeros(n, m, dtype=torch.bool)
    starts = []
    for a, b, c, d, allowed in masks.spans(bounds, n, m, rows, torch.device("cpu")):
        starts += range(a, b)
        assert b - a <= rows
        assert 0 <= c <= d <= m
        seen[a:b, c:d] = True if allowed is None else allowed
    assert starts == list(range(n))
    j = torch.arange(m)
    expected = (bounds.lo[:, None] <= j) & (j < bounds.hi[:, None])
    assert torch.equal(seen, expected)
    assert int(expected[-1].sum()) == mask.keys_of_last(n, m)
    turned = bounds.transposed(m)
    i = torch.arange(n)
    assert torch.equal((turned.lo[:, None] <= i) & (i < turned.hi[:, None]), expected.T)
    assert masks.parse(str(mask)) == mask


@pytest.mark.parametrize(
    ("dtype", "size"), [(torch.float32, 1e7), (torch.float32, 1e10), (torch.float64, 1e16)], ids=str
)
def test_weights_sum_to_one_where_scores_are_large(dtype, size):
    """Two passes that round scores apart would give a row the weight e, or 1/e."""
    q = draw(5, 3).to(dtype)
    for _ in range(8):
        k = (draw(6, 3).to(dtype) * size).requires_grad_()
        got = ops.free_energy(q, k, key_force=True)
        (slope,) = torch.autograd.grad(got.energy.sum(), k)
        for shares in (got.key_force, slope):
            torch.testing.assert_close(shares.sum(0), q.sum(0), rtol=1e-5, atol=1e-5)
