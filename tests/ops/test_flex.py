"""The CUDA roads as far as a processor can tell: flex attention uncompiled, the tiles of its masks,
and what is compiled for which settings."""

import functools
import itertools

import pytest
import torch
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from fieldcheck import ops
from fieldcheck.ops import _flex, _roads, conic, masks, reference
from fieldcheck.ops._transforms import fresh

CPU = torch.device("cpu")

MASKS = [None, ops.Causal(), ops.Band(3), ops.Band(2, causal=True), ops.Blocks(7), "table"]

pytestmark = pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")


@pytest.fixture
def flex(monkeypatch):
    monkeypatch.setattr(_flex, "_compiled", lambda *key: flex_attention)
    with ops.attention_road("flex"):
        yield


def draw(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.mark.parametrize("mask", MASKS, ids=str)
@pytest.mark.parametrize(("lead", "n", "m", "d"), [((2,), 300, 270, 4), ((2, 3), 40, 33, 16)])
def test_agrees_with_the_reference(flex, mask, lead, n, m, d):
    """Heads below the kernel's least, several tiles, queries without keys."""
    q, k = draw(*lead, n, d), draw(*lead, m, d, seed=1)
    if mask == "table":
        mask = draw(n, m, seed=2) < 0
        mask[3] = False
    options = {"mask": mask, "empty": "zero", "key_force": True}
    got, right = ops.free_energy(q, k, **options), reference.free_energy(q, k, **options)
    for a, b in zip(got, right, strict=True):
        assert a.is_contiguous()
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mask", [None, ops.Causal(), "table"], ids=str)
def test_gradients_agree_with_the_reference(flex, mask):
    def gradients(f):
        q, k = draw(2, 20, 4).requires_grad_(), draw(2, 20, 4, seed=1).requires_grad_()
        allowed = torch.ones(20, 20, dtype=torch.bool).tril(3) if mask == "table" else mask
        got = f(q, k, mask=allowed, key_force=True)
        loss = got.energy.sum() + got.force.square().sum() + got.key_force.square().sum()
        return torch.autograd.grad(loss, (q, k))

    for a, b in zip(gradients(ops.free_energy), gradients(reference.free_energy), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_small_weights_survive_half_precision(flex):
    q, k = draw(1, 200, 16, dtype=torch.float16) + 1, draw(1, 8, 16, seed=1, dtype=torch.float16)
    k.requires_grad_()
    (got,) = torch.autograd.grad(ops.free_energy(q, k).energy.sum() * 2e-5, k)
    z = k.detach().double().requires_grad_()
    (right,) = torch.autograd.grad(reference.free_energy(q.double(), z).energy.sum() * 2e-5, z)
    assert (got.double() - right).norm() / right.norm() < 4 * 2**-11


@pytest.mark.parametrize("mask", MASKS[1:5], ids=str)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (128, 128), (300, 270), (129, 700), (700, 129)])
@pytest.mark.parametrize("transposed", [False, True])
def test_tiles_from_bounds_are_those_of_the_rule(mask, n, m, transposed):
    got = _flex._interval_block_mask(mask, n, m, torch.device("cpu"), transposed)
    right = create_block_mask(_flex._rule(mask, transposed), None, None, n, m, device="cpu")
    assert got.shape[-2:] == (n, m)
    assert got.to_dense().equal(right.to_dense())
    # A tile is called full, and then not looked into, only where every pair of it is allowed.
    table = reference.allowed(mask, m, n).T if transposed else reference.allowed(mask, n, m)
    counts, order = got.full_kv_num_blocks[0, 0], got.full_kv_indices[0, 0]
    for row, count in enumerate(counts.tolist()):
        for column in order[row, :count].tolist():
            tile = table[row * 128 : (row + 1) * 128, column * 128 : (column + 1) * 128]
            assert tile.shape[1] == 128
            assert tile.all()


def test_a_mask_of_many_tokens_needs_no_table_of_pairs():
    from fieldcheck.bench import memory

    if memory.peak_bytes(lambda: None, False) is None:
        pytest.skip("this system does not tell peak memory")
    build = lambda: _flex._interval_block_mask(
        ops.Band(64), 1 << 16, 1 << 16, torch.device("cpu"), False
    )
    assert memory.peak_bytes(build, False) < 2**32 / 16


def test_a_device_whose_kernel_fails_takes_the_chunked_road(monkeypatch):
    def broken(*key):
        def run(*args, **options):
            raise RuntimeError("Cannot find a working triton installation")

        return run

    cpu = torch.device("cpu")
    _roads._probe_flex.cache_clear()
    monkeypatch.setattr(_flex, "_compiled", broken)
    assert "Cannot find a working triton" in _roads._probe_flex(cpu, torch.float32)
    _roads._probe_flex.cache_clear()
    monkeypatch.setattr(_flex, "_compiled", lambda *key: flex_attention)
    assert _roads._probe_flex(cpu, torch.float32) == ""
    _roads._probe_flex.cache_clear()
    lies = lambda *key: lambda q, k, v, **o: (q, flex_attention(q, k, v, **o)[1])
    monkeypatch.setattr(_flex, "_compiled", lies)
    assert _roads._probe_flex(cpu, torch.float32).endswith("what its name says")
    _roads._probe_flex.cache_clear()


def test_a_forced_road_reaches_the_threads_of_a_backward_pass():
    import threading

    seen = []
    look = lambda: seen.append(_roads.attention(torch.device("cpu"), torch.float32)[0])
    with ops.attention_road("chunked"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == ["chunked"]


@pytest.fixture
def strict_dynamo():
    """Running uncompiled after too many compilations is an error, and two are too many."""
    torch._dynamo.reset()
    with torch._dynamo.config.patch(fail_on_recompile_limit_hit=True, recompile_limit=2):
        yield
    torch._dynamo.reset()


def test_every_setting_is_compiled_for_itself(strict_dynamo, monkeypatch):
    conic._compiled.cache_clear()
    kept = torch.compile
    monkeypatch.setattr(torch, "compile", functools.partial(kept, backend="eager"))
    settings = itertools.product(
        (torch.float32, torch.bfloat16), ("colu", "soc"), ((2, 1.0), (4, 0.5))
    )  # more than one function is compiled for before it gives up
    for dtype, kind, (size, opening) in settings:
        x = draw(2, 96, dtype=dtype)
        fast = conic._compiled(reference.conic, dtype, 2, kind, size, opening)
        torch.testing.assert_close(
            fast(x, kind, size, opening), reference.conic(x, kind, size, opening)
        )
    conic._compiled.cache_clear()


def test_one_compiled_function_for_all_would_give_up(strict_dynamo):
    """The reason for the one above: a false neighbour of the way it is done."""
    one = torch.compile(reference.conic, dynamic=True, backend="eager")
    settings = itertools.product((torch.float32, torch.float64), ("colu", "rcolu", "soc"), (2, 4))
    run = lambda: [one(draw(2, 96, dtype=dtype), kind, size, 1.0) for dtype, kind, size in settings]
    with pytest.raises(torch._dynamo.exc.FailOnRecompileLimitHit):
        run()
    assert fresh(reference.conic).__code__ is not reference.conic.__code__


def test_a_device_that_cannot_compile_runs_the_plain_form(monkeypatch, caplog):
    def broken(f, **options):
        def run(*args):
            raise RuntimeError("Cannot find a working triton installation")

        return run

    conic._compiled.cache_clear()
    monkeypatch.setattr(torch, "compile", broken)
    x = draw(2, 8)
    for _ in range(2):
        fast = conic._compiled(reference.conic, x.dtype, 2, "colu", 4, 1.0)
        assert fast(x, "colu", 4, 1.0).equal(reference.conic(x, "colu", 4, 1.0))
    assert caplog.text.count("do not compile for the device") == 1
    conic._compiled.cache_clear()


@pytest.mark.parametrize(
    "mask", [masks.Causal(), masks.Band(100), masks.Band(200, True), masks.Blocks(128),
             masks.Blocks(64), masks.Blocks(200)], ids=str,
)  # fmt: skip
@pytest.mark.parametrize(("n", "m"), [(1, 1), (300, 300), (300, 150), (128, 384), (257, 128)])
@pytest.mark.parametrize("turned", [False, True])
def test_tiles_are_full_partial_or_left_out(mask, n, m, turned):
    table = reference.allowed(mask, m, n).mT if turned else reference.allowed(mask, n, m)
    found = _flex._interval_block_mask(mask, n, m, CPU, turned)
    listed = lambda counts, order: {
        (row, int(order[0, 0, row, k]))
        for row in range(counts.shape[-1])
        for k in range(int(counts[0, 0, row]))
    }
    full = listed(found.full_kv_num_blocks, found.full_kv_indices)
    part = listed(found.kv_num_blocks, found.kv_indices)
    tile = _flex.TILE
    assert not full & part
    for a in range(-(-n // tile)):
        for b in range(-(-m // tile)):
            here = table[a * tile : (a + 1) * tile, b * tile : (b + 1) * tile]
            if (a, b) in full:
                assert here.all()
                assert here.shape[1] == tile
            elif (a, b) not in part:
                assert not here.any()
    assert found.seq_lengths == (n, m)
