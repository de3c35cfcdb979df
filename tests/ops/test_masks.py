# ruff: noqa: E501  (tables of cases read best one a line)
"""What free_energy is told of its pairs: masks that are added, padding, queries that share keys."""

import itertools

import numpy as np
import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import _flex, masks, reference

CPU = torch.device("cpu")

B, H, N, M, D = 2, 4, 6, 9, 8
ROADS = ["fused", "chunked", "flex"]


def tokens(dtype=torch.float64, keys=H):
    draw = torch.Generator().manual_seed(0)
    make = lambda *shape: torch.randn(*shape, D, generator=draw, dtype=torch.float64).to(dtype)
    return make(B, H, N).requires_grad_(), make(B, keys, M).requires_grad_()


def padding():
    there = torch.ones(B, M, dtype=torch.bool)
    there[1, 7:] = False
    return there


def alibi():
    slopes = 2.0 ** -torch.arange(1, H + 1)[:, None, None]
    bias = -slopes * (torch.arange(N)[:, None] - torch.arange(M)).abs()
    bias[..., 3] = -torch.inf
    return bias


PAIRS = {
    "added": lambda: dict(mask=alibi()),
    "padding": lambda: dict(key_mask=padding()),
    "added and padding": lambda: dict(mask=alibi(), key_mask=padding()),
    "causal and padding": lambda: dict(mask=ops.Causal(), key_mask=padding()),
    "band and padding": lambda: dict(mask=ops.Band(3), key_mask=padding()),
    "blocks and padding": lambda: dict(mask=ops.Blocks(3), key_mask=padding()),
    "table and padding": lambda: dict(
        mask=(torch.arange(N)[:, None] + torch.arange(M)) % 3 > 0, key_mask=padding()
    ),
}


def by_hand(q, k, mask=None, key_mask=None):
    """Pair by pair, in Python loops, from the definition."""
    energy, force, received = torch.zeros(B, H, N), torch.zeros(B, H, N, D), torch.zeros(B, H, M, D)
    table = (
        reference.allowed(mask, N, M) if mask is not None and not torch.is_tensor(mask) else mask
    )
    for b in range(B):
        for h in range(H):
            for n in range(N):
                keys = k[b, h * k.shape[1] // H]
                s = keys @ q[b, h, n] / D**0.5
                for m in range(M):
                    entry = None if table is None else table.expand(B, H, N, M)[b, h, n, m]
                    if entry is not None and entry.dtype != torch.bool:
                        s[m] = s[m] + entry
                    elif entry is not None and not entry:
                        s[m] = -torch.inf
                    if key_mask is not None and not key_mask[b, m]:
                        s[m] = -torch.inf
                p = torch.softmax(s, -1)
                energy[b, h, n] = torch.logsumexp(s, -1) * D**0.5
                force[b, h, n] = p @ keys
                received[b, h] += p[:, None] * q[b, h, n]
    return energy, force, received.unflatten(1, (k.shape[1], -1)).sum(2)


@pytest.fixture(params=ROADS)
def road(request, monkeypatch):
    from torch.nn.attention.flex_attention import flex_attention

    monkeypatch.setattr(_flex, "_compiled", lambda *key: flex_attention)
    with ops.attention_road(request.param):
        yield request.param


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("pairs", PAIRS)
@pytest.mark.parametrize("keys", [H, 2, 1])
def test_every_road_is_the_definition(pairs, keys, road):
    options = PAIRS[pairs]() | {"enable_gqa": keys < H}
    dtype = torch.float32 if road == "flex" else torch.float64
    q, k = tokens(dtype, keys)
    found = ops.free_energy(q, k, **options, key_force=True)
    options.pop("enable_gqa")
    with torch.no_grad():
        right = by_hand(q.double(), k.double(), **options)
    for got, exact in zip(found, right, strict=True):
        torch.testing.assert_close(got.double(), exact.double(), rtol=1e-5, atol=1e-5)
    plain = reference.free_energy(q, k, **options, enable_gqa=keys < H, key_force=True)
    grads = [torch.autograd.grad(sum(y.square().sum() for y in z), (q, k)) for z in (found, plain)]
    for got, exact in zip(*grads, strict=True):
        torch.testing.assert_close(got, exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pairs", ["added", "causal and padding"])
@pytest.mark.parametrize("enable_gqa", [False, True])
def test_half_types_do_not_round_the_mask(pairs, enable_gqa):
    options = PAIRS[pairs]() | {"enable_gqa": enable_gqa, "key_force": True}
    q, k = tokens(torch.bfloat16, 2 if enable_gqa else H)
    if pairs == "added":
        options["mask"] = options["mask"] + 1000.5  # a bfloat16 there is a multiple of 4
    exact = ops.free_energy(q.double(), k.double(), **options)
    found = ops.free_energy(q, k, **options)
    assert found.energy.dtype == torch.float32
    torch.testing.assert_close(found.energy.double(), exact.energy, rtol=1e-3, atol=1e-1)
    torch.testing.assert_close(found.force.double(), exact.force, rtol=2e-2, atol=2e-2)


def test_a_mask_may_be_learned():
    q, k = tokens()
    bias = torch.randn(H, N, M, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    f = lambda q, k, bias: ops.free_energy(q, k, mask=bias, key_mask=padding()).energy
    assert torch.autograd.gradcheck(f, (q, k, bias.requires_grad_()), fast_mode=True)
    (found,) = torch.autograd.grad(f(q, k, bias).sum(), bias)
    s = q.detach() @ k.detach().mT / D**0.5 + bias.detach()
    p = torch.softmax(s.masked_fill(~padding()[:, None, None], -torch.inf), -1)
    torch.testing.assert_close(found, p.sum(0) * D**0.5)


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_what_stands_in_the_place_of_padding_does_not_matter(road):
    q, k = (x.detach().float() for x in tokens())
    right = ops.free_energy(q, k, key_mask=padding(), key_force=True)
    k[1, :, 7:] = torch.nan
    for found in (
        ops.free_energy(q, k, key_mask=padding(), key_force=True),
        reference.free_energy(q, k, key_mask=padding(), key_force=True),
    ):
        for got, exact in zip(found, right, strict=True):
            torch.testing.assert_close(got, exact)
    assert (right.key_force[1, :, 7:] == 0).all()


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("which", ["query", "key"])
@pytest.mark.parametrize(("n", "m"), [(3, 6), (70, 90)])
def test_a_nan_is_not_swallowed(which, n, m, road):
    draw = torch.Generator().manual_seed(0)
    q, k = torch.randn(1, n, 4, generator=draw), torch.randn(1, m, 4, generator=draw)
    (q if which == "query" else k)[0, 1, 2] = torch.nan
    found = ops.free_energy(q, k, key_force=True)
    lost = torch.ones(n, dtype=torch.bool) if which == "key" else torch.arange(n) == 1
    assert found.energy[0].isnan().equal(lost)
    assert found.force[0].isnan().all(-1).equal(lost)
    assert found.force[0, ~lost].isfinite().all()
    assert found.key_force.isnan().all()
    q.requires_grad_()
    for part in range(2):
        (slope,) = torch.autograd.grad(ops.free_energy(q, k)[part].sum(), q)
        assert slope[0].isnan().any(-1).equal(lost)


def test_a_query_without_keys_is_refused_whatever_takes_them_away():
    q, k = tokens()
    none = padding()
    none[1, :2] = False
    words = "mask leaves query 0 of 6 without a key"
    for mask in (ops.Causal(), ops.Band(1), ops.Blocks(2)):
        with pytest.raises(ValueError, match=words):
            ops.free_energy(q, k, mask=mask, key_mask=none)
        found = ops.free_energy(q, k, mask=mask, key_mask=none, empty="zero")
        plain = reference.free_energy(q, k, mask=mask, key_mask=none, empty="zero")
        torch.testing.assert_close(found.energy, plain.energy)
        torch.testing.assert_close(found.force, plain.force)
        assert (found.energy[1, :, 0] == -torch.inf).all()
    with pytest.raises(ValueError, match=words):
        ops.free_energy(q, k, key_mask=torch.zeros(B, M, dtype=torch.bool))
    with pytest.raises(ValueError, match=words):
        ops.free_energy(q, k, mask=torch.full((N, M), -torch.inf))


x = torch.zeros(B, H, N, D)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.free_energy(x, x, mask=ops.Causal), TypeError, r"not the class Causal: write Causal\(\)"),
        (lambda: ops.free_energy(x, x, mask=ops.Band), TypeError, r"not the class Band: write Band\(\.\.\.\)"),
        (lambda: ops.free_energy(x, x, mask="causal"), TypeError, "mask must be Causal"),
        (lambda: ops.free_energy(x, x, mask=torch.zeros(N, N).int()), TypeError, "mask must be bool, True where"),
        (lambda: ops.free_energy(x, x, mask=torch.zeros(3, N, N)), ValueError, r"mask has shape \(3, 6, 6\), which does not"),
        (lambda: ops.free_energy(x, x, key_mask=torch.ones(B, 5) > 0), ValueError, r"key_mask has shape \(2, 5\); it must be \(2, 6\)"),
        (lambda: ops.free_energy(x, x, key_mask=torch.ones(B, N)), TypeError, "key_mask has dtype torch.float32; allowed are bool"),
        (lambda: ops.free_energy(x, x[:, :3], enable_gqa=True), ValueError, "4 heads of queries cannot share 3 heads of keys"),
        (lambda: ops.free_energy(x, x, enable_gqa=True, mask=torch.zeros(3, N, N)), ValueError, "its axis -3 must be 1 or 4"),
        (lambda: ops.free_energy(x[0, 0], x[0, 0], enable_gqa=True), ValueError, "at least 3 axes are needed"),
        (lambda: ops.free_energy(x, x, scale="half"), TypeError, "scale must be a number, not 'half'"),
        (lambda: ops.free_energy(x.to_sparse(), x), TypeError, "q is torch.sparse_coo, not a dense tensor"),
    ],
)  # fmt: skip
def test_misuse_names_the_thing(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_numbers_of_other_libraries_are_numbers():
    q = torch.randn(1, 4, 8, generator=torch.Generator().manual_seed(0))
    eight, half = np.int64(8), np.float32(0.5)
    for found, right in (
        (ops.colu(q, np.int64(4)), ops.colu(q, 4)),
        (ops.colu(q, groups=np.int32(2), dim=np.int64(-1)), ops.colu(q, groups=2)),
        (ops.rcolu(q, eight, eps=half), ops.rcolu(q, 8, eps=0.5)),
        (ops.soc_projection(q, eight, half_angle=half), ops.soc_projection(q, 8, half_angle=0.5)),
        (ops.gibbs(q, half, dim=np.int64(1)), ops.gibbs(q, 0.5, dim=1)),
        (ops.free_energy(q, q, scale=half)[0], ops.free_energy(q, q, scale=0.5)[0]),
        (ops.free_energy(q, q, mask=ops.Band(np.int64(1)))[0],
         ops.free_energy(q, q, mask=ops.Band(1))[0]),
    ):  # fmt: skip
        assert found.equal(right)
    for call, words in (
        (lambda: ops.colu(q, 4, dim=1.0), "dim must be a whole number, not 1.0"),
        (lambda: ops.colu(q, 4, eps="a"), "eps must be a number, not 'a'"),
        (lambda: ops.colu(q, 4, eps=torch.tensor(0.1)), "eps must be a number, not a tensor"),
        (lambda: ops.soc_projection(q, 4, half_angle=None), "half_angle must be a number"),
        (lambda: ops.gibbs(q, "hot"), "temperature must be a number, not 'hot'"),
        (lambda: ops.gibbs(q, dim=None), "dim must be a whole number, not None"),
        (lambda: ops.gibbs(q, 1j), "temperature must be a number, not 1j"),
    ):
        with pytest.raises(TypeError, match=words):
            call()


def test_masks_by_name_and_what_is_no_mask():
    assert masks.parse("all") is None
    for mask in (masks.Causal(), masks.Band(0), masks.Band(3, True), masks.Blocks(1)):
        assert masks.parse(str(mask)) == mask
    names = [str(m) for m in (masks.Causal(), masks.Band(2), masks.Band(2, True), masks.Blocks(5))]
    assert names == ["causal", "band:2", "causal-band:2", "blocks:5"]
    with pytest.raises(ValueError, match="'stripes'"):
        masks.parse("stripes")
    for make, wrong, words in (
        (masks.Band, -1, "must not be negative, but is -1"),
        (masks.Blocks, 0, "at least 1, but is 0"),
    ):
        with pytest.raises(ValueError, match=words):
            make(wrong)
    for make in (masks.Band, masks.Blocks):
        with pytest.raises(TypeError, match="whole number"):
            make(1.5)
    assert masks.Band(2) == masks.Band(2, False)


KEPT = {
    masks.Causal(): lambda i, j: j <= i,
    masks.Band(0): lambda i, j: i == j,
    masks.Band(2): lambda i, j: abs(i - j) <= 2,
    masks.Band(1, True): lambda i, j: 0 <= i - j <= 1,
    masks.Blocks(1): lambda i, j: i == j,
    masks.Blocks(3): lambda i, j: i // 3 == j // 3,
}


@pytest.mark.parametrize("mask", KEPT, ids=str)
def test_masks_pair_by_pair(mask):
    for n, m in itertools.product(range(1, 8), range(8)):
        table = [[KEPT[mask](i, j) for j in range(m)] for i in range(n)]
        assert reference.allowed(mask, n, m).tolist() == table
        lo, hi = mask.bounds(n, m)
        assert [[bool(lo[i] <= j < hi[i]) for j in range(m)] for i in range(n)] == table
        assert mask.bounds(n, m).empty.tolist() == [not any(row) for row in table]
        assert mask.keys_of_last(n, m) == sum(table[-1])
        lo, hi = mask.bounds(n, m).transposed(m)
        assert [[bool(lo[j] <= i < hi[j]) for j in range(m)] for i in range(n)] == table


def test_runs_of_rows_and_the_keys_they_need():
    run = lambda mask, n, m, rows: [
        (a, b, c, d, None if t is None else t.int().tolist())
        for a, b, c, d, t in masks.spans(mask and mask.bounds(n, m), n, m, rows, CPU)
    ]
    assert run(None, 5, 3, 2) == [(0, 2, 0, 3, None), (2, 4, 0, 3, None), (4, 5, 0, 3, None)]
    assert run(masks.Causal(), 2, 9, 1) == [(0, 1, 0, 1, None), (1, 2, 0, 2, None)]
    assert run(masks.Causal(), 2, 9, 5) == [(0, 2, 0, 2, [[1, 0], [1, 1]])]
    assert run(masks.Blocks(2), 4, 4, 2) == [(0, 2, 0, 2, None), (2, 4, 2, 4, None)]
    assert run(masks.Band(0), 3, 1, 1) == [
        (0, 1, 0, 1, None), (1, 2, 0, 0, None), (2, 3, 0, 0, None),
    ]  # fmt: skip
    assert run(None, 0, 3, 2) == []
