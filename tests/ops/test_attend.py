"""Attention in runs of rows, and the derivatives of its maps."""

from __future__ import annotations

import math

import pytest
import torch

from fieldcheck.ops import _attend, _roads, masks, reference

GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def wide(x) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


def test_runs_hold_so_many_scores():
    shapes = lambda a, b, m: _attend.chunk_rows(torch.empty(a, b, 1, 1), torch.empty(1, 1, m, 1))
    assert shapes(2, 2, 1 << 10) == _attend.SCORES // (1 << 12)
    assert shapes(1, 1, _attend.SCORES) == 16
    assert shapes(1, 1, 0) == shapes(0, 1, 1) == _attend.SCORES


def test_softmax_and_its_norm_in_rows_of_nothing():
    s = wide([[0, math.log(3)], [-math.inf, -math.inf], [-math.inf, 800.0]])
    p, lse = _attend._softmax(s)
    torch.testing.assert_close(p, wide([[0.25, 0.75], [0, 0], [0, 1]]))
    torch.testing.assert_close(lse, wide([[math.log(4)], [-math.inf], [800.0]]))
    p, lse = _attend._softmax(s[:, :0])
    assert p.shape == (3, 0)
    assert lse.tolist() == [[-math.inf]] * 3


def test_rows_are_set_among_zeros_for_all_keys():
    span = masks.Span(0, 1, 1, 3, None)
    assert _attend._onto(wide([[1], [2]]), span, 4).tolist() == [[0], [1], [2], [0]]


@pytest.mark.parametrize(
    ("shape_q", "shape_k", "idle"),
    [((1, 1, 2, 3), (1, 1, 2, 3), False), ((1, 1, 0, 3), (1, 1, 2, 3), True),
     ((1, 1, 2, 3), (1, 1, 0, 3), True), ((1, 1, 1, 1), (1, 1, 1, 1), False)],
)  # fmt: skip
def test_kernels_are_not_asked_for_nothing(shape_q, shape_k, idle):
    assert _attend._idle(torch.empty(shape_q), torch.empty(shape_k)) is idle


def test_half_types_are_summed_in_single():
    kinds = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    found = [x.dtype for x in _attend._wide(*(torch.ones(1, dtype=d) for d in kinds))]
    assert found == [torch.float32, torch.float32, torch.float32, torch.float64]
    assert [reference._wide(torch.ones(1, dtype=d)).dtype for d in kinds] == found


def test_the_first_row_of_a_table_without_keys_is_named():
    table = torch.ones(1, 2, 4, 3, dtype=torch.bool)
    _attend._refuse_empty_rows(table, 4)
    table[0, 1, 2] = False
    table[0, 0, 3, 1:] = False
    with pytest.raises(ValueError, match="leaves query 2 of 4 without a key"):
        _attend._refuse_empty_rows(table, 4)


@pytest.mark.parametrize("road", ["fused", "chunked"])
def test_what_every_key_receives(road):
    """exp(s q k^T - lse)^T (w q), with a row of no weight that has no keys."""
    q, k, w = draw(1, 2, 3, 2), draw(1, 2, 4, 2), draw(1, 2, 3)
    lse = torch.logsumexp(0.6 * q @ k.mT, -1) + 0.3
    expected = torch.exp(0.6 * q @ k.mT - lse[..., None]).mT @ (w[..., None] * q)
    with _roads.attention_road(road):
        found = _attend.scatter(q, k, lse, w, None, "all", 0.6)
    torch.testing.assert_close(found, expected)
    assert found.is_contiguous()


SCALE = 0.7
MAPS = {
    "attend": (2, 3, lambda q, k: ([q], [k])),
    "attend_vjp": (2, 3, lambda q, k: ([q, draw(2, 2), draw(2, 1)], [k])),
    "scatter": (2, 3, lambda q, k: ([q, draw(2, 1), draw(2, 1)], [k])),
    "scatter_vjp": (2, 3, lambda q, k: ([q, draw(2, 1), draw(2, 1)], [k, draw(3, 2)])),
}


@pytest.mark.parametrize("name", MAPS)
def test_every_map_over_rows_has_its_derivative(name):
    n, m, arguments = MAPS[name]
    rows, shared = arguments(draw(n, 2), draw(m, 2))
    setting = _attend.Setting(None, None, SCALE)
    over = getattr(setting, name)(rows[0], shared[0])
    count = len(rows)
    leaves = [x.requires_grad_() for x in (*rows, *shared)]
    call = lambda *x: over(x[:count], x[count:])
    assert torch.autograd.gradcheck(call, leaves, raise_exception=True)


def test_the_derivative_of_a_scatter_is_autograds():
    q, k, g, lse, w = draw(3, 2), draw(4, 2), draw(4, 2), draw(3), draw(3)
    leaves = [x.requires_grad_() for x in (q, lse, w, k)]
    weights = torch.exp(SCALE * q @ k.mT - lse[:, None])
    wanted = torch.autograd.grad((g * (weights.mT @ (w[:, None] * q))).sum(), leaves)
    over = _attend.Setting(None, None, SCALE).scatter_vjp(q, k)
    found = over.run((q, lse[:, None], w[:, None]), (k, g))
    for name, a, b in zip(("q", "lse", "w", "k"), found, wanted, strict=True):
        assert torch.allclose(a.reshape(b.shape), b), name


def test_no_rows_at_all_give_their_shapes():
    k, table = draw(4, 2), torch.ones(0, 4, dtype=torch.bool)
    for given in (None, table):
        over = _attend.Setting(None, given, SCALE)
        out, lse = over.attend(draw(0, 2), k).run((draw(0, 2),), (k,))
        assert (out.shape, lse.shape) == ((0, 2), (0, 1))
        (received,) = over.scatter(draw(0, 2), k).run((draw(0, 2), draw(0, 1), draw(0, 1)), (k,))
        assert torch.equal(received, torch.zeros(4, 2, dtype=torch.float64))
