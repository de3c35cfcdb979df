# ruff: noqa: E501  (tables of cases read best one a line)
"""The free energy: values, forces and derivatives over shapes, masks, roads and hard regimes."""

import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from fieldcheck import ops
from fieldcheck.bench import memory
from fieldcheck.ops import _attend, _fused, _roads, reference

MASKS = [None, ops.Causal(), ops.Band(2), ops.Band(1, causal=True), ops.Blocks(3), "table"]
ROADS = ["fused", "chunked"]


@pytest.fixture(params=ROADS)
def road(request):
    if request.param == "fused" and _roads._probe_flash(torch.float64):
        pytest.skip(_roads._probe_flash(torch.float64))
    with ops.attention_road(request.param):
        yield request.param


@pytest.fixture(params=MASKS, ids=str)
def mask(request):
    return request.param


@pytest.fixture
def small_runs(monkeypatch):
    """So few rows a run that several runs are needed."""
    monkeypatch.setattr(_fused, "RUN", 3)
    monkeypatch.setattr(_attend, "chunk_rows", lambda q, k: 3)


def tokens(*shape, dtype=torch.float64, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=dtype)


def table(lead, n, m, seed=0):
    generator = torch.Generator().manual_seed(seed)
    allowed = torch.rand(*lead, n, m, generator=generator) < 0.6
    allowed[..., 0] = True
    return allowed


def resolved(mask, lead, n, m):
    return table(lead, n, m) if isinstance(mask, str) else mask


def close(got, right, factor=64.0):
    """Every part agrees to a few units in the last place of its own scale."""
    names = ("energy", "force", "key_force")[: len(got)]
    for name, a, b in zip(names, got, right, strict=True):
        assert a.shape == b.shape, name
        eps = torch.finfo(a.dtype).eps
        finite = b[torch.isfinite(b)].abs()
        size = float(finite.detach().max()) if finite.numel() else 1.0
        b = b.to(a.dtype)
        torch.testing.assert_close(
            a, b, rtol=factor * eps, atol=factor * eps * max(size, 1.0), msg=name
        )


@pytest.mark.parametrize(
    ("q_shape", "k_shape"),
    [((5, 4), (5, 4)), ((3, 7, 2), (3, 9, 2)), ((2, 3, 8, 4), (8, 4)), ((2, 1, 3, 6, 3), (4, 1, 6, 3)),
     ((1, 1), (1, 1)), ((1, 5), (6, 5))],
)  # fmt: skip
def test_agrees_with_the_reference_on_any_batch_shape(q_shape, k_shape, mask, road, small_runs):
    q, k = tokens(*q_shape), tokens(*k_shape, seed=1)
    lead = torch.broadcast_shapes(q_shape[:-2], k_shape[:-2])
    options = {"mask": resolved(mask, lead, q_shape[-2], k_shape[-2]), "empty": "zero"}
    got = ops.free_energy(q, k, key_force=True, **options)
    close(got, reference.free_energy(q, k, key_force=True, **options))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("mask", [None, ops.Causal(), ops.Band(5)], ids=str)
def test_low_precision_stays_near_float64(dtype, mask):
    q, k = tokens(2, 33, 16, dtype=dtype), tokens(2, 33, 16, dtype=dtype, seed=1)
    got = ops.free_energy(q, k, mask=mask, key_force=True)
    assert got.force.dtype == got.key_force.dtype == dtype
    assert got.energy.dtype == torch.float32
    right = reference.free_energy(q.double(), k.double(), mask=mask, key_force=True)
    eps = torch.finfo(dtype).eps
    for a, b in zip(got, right, strict=True):
        torch.testing.assert_close(a.double(), b, rtol=16 * eps, atol=16 * eps)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("mask", [None, ops.Causal(), ops.Band(5)], ids=str)
def test_derivatives_in_lower_precision(dtype, mask, road):
    """Of the energies, of both forces, and a second derivative, against float64 throughout."""
    weights = tokens(2, 33, 16, seed=2), tokens(2, 33, 16, seed=3)

    def derivatives(q, k, free_energy):
        q, k = q.detach().requires_grad_(), k.detach().requires_grad_()
        got = free_energy(q, k, mask=mask, key_force=True)
        a, b = (w.to(q.dtype) for w in weights)
        firsts = [torch.autograd.grad(y.sum(), (q, k), create_graph=True)
                  for y in (got.energy, got.force * a, got.key_force * b)]  # fmt: skip
        second = torch.autograd.grad((firsts[1][0] * b).sum(), (q, k))
        return [y.detach() for pair in (*firsts, second) for y in pair]

    q, k = tokens(2, 33, 16, dtype=dtype), tokens(2, 33, 16, dtype=dtype, seed=1)
    got = derivatives(q, k, ops.free_energy)
    right = derivatives(q.double(), k.double(), reference.free_energy)
    eps = torch.finfo(dtype).eps
    for a, b in zip(got, right, strict=True):
        assert a.dtype == dtype
        size = float(b.abs().max())
        torch.testing.assert_close(a.double(), b, rtol=16 * eps, atol=16 * eps * max(1.0, size))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_mean_over_many_rows_keeps_its_small_weights(dtype):
    """A cotangent of the energies that is subnormal in the half types: all rows would err alike."""
    q = tokens(1, 20000, 16, dtype=dtype) + 1
    k = tokens(1, 8, 16, dtype=dtype, seed=1).requires_grad_()
    (got,) = torch.autograd.grad(ops.free_energy(q, k).energy.sum() / 3e6, k)
    z = k.detach().double().requires_grad_()
    (right,) = torch.autograd.grad(reference.free_energy(q.double(), z).energy.sum() / 3e6, z)
    error = (got.double() - right).norm() / right.norm()
    assert error < 2 * torch.finfo(dtype).eps
    # beside a cotangent of the force the same holds
    out = ops.free_energy(q, k)
    (got,) = torch.autograd.grad(out.energy.sum() / 3e6 + 0 * out.force.sum(), k)
    assert (got.double() - right).norm() / right.norm() < 2 * torch.finfo(dtype).eps


@pytest.mark.parametrize("logit", [1.0, 30.0, 1e3, 1e5])
def test_logits_of_any_size(logit, road):
    """Far past the range of exp.  Tokens are whole numbers, so that scores are exact in float32, and
    what is left is the rounding of the softmax; in the second pass that of the log-sum-exp."""
    whole = lambda seed: (
        (tokens(40, 8, seed=seed) * 2).round() * max(1, round(math.sqrt(logit) / 4))
    )
    q, k = whole(0).float(), whole(1).float()
    scores = q.double() @ k.double().T
    assert scores.abs().max() < 2**24
    assert scores.abs().max() > logit / 2
    got = ops.free_energy(q, k, scale=1.0, key_force=True)
    right = reference.free_energy(q.double(), k.double(), scale=1.0, key_force=True)
    close(got[:2], right[:2])
    error = (got.key_force.double() - right.key_force).abs().max() / right.key_force.abs().max()
    assert error < 2 * torch.finfo(torch.float32).eps * max(32.0, float(scores.abs().max()))


def test_equal_logits_average_the_keys(road):
    k = tokens(2, 6, 3)
    got = ops.free_energy(torch.zeros(2, 4, 3, dtype=k.dtype), k, scale=0.5)
    torch.testing.assert_close(got.force, k.mean(-2, keepdim=True).expand(2, 4, 3))
    torch.testing.assert_close(got.energy, torch.full((2, 4), 2 * math.log(6), dtype=k.dtype))


def test_one_key_gives_its_own_score_and_itself(road):
    q, k = tokens(3, 5), tokens(1, 5, seed=1)
    got = ops.free_energy(q, k, scale=2.0)
    torch.testing.assert_close(got.energy, (q @ k.T)[:, 0])
    torch.testing.assert_close(got.force, k.expand(3, 5))


@pytest.mark.parametrize(
    ("q_shape", "k_shape"),
    [((0, 4), (3, 4)), ((0, 5, 4), (0, 5, 4)), ((2, 0, 5, 4), (5, 4)), ((3, 0, 4), (3, 5, 4))],
)
def test_empty_batches(q_shape, k_shape, mask, road):
    q, k = tokens(*q_shape).requires_grad_(), tokens(*k_shape).requires_grad_()
    mask = resolved(mask, (), q_shape[-2], k_shape[-2])
    got = ops.free_energy(q, k, key_force=True, mask=mask)
    lead = torch.broadcast_shapes(q_shape[:-2], k_shape[:-2])
    assert got.energy.shape == (*lead, q_shape[-2])
    assert got.force.shape == (*lead, *q_shape[-2:])
    assert got.key_force.shape == (*lead, *k_shape[-2:])
    (got.energy.sum() + got.force.sum() + got.key_force.sum()).backward()
    assert (q.grad == 0).all()
    assert (k.grad == 0).all()


def test_no_keys_at_all():
    q, k = tokens(2, 3, 4), tokens(2, 0, 4)
    with pytest.raises(ValueError, match=r"k has no rows, so the 3 queries see no key"):
        ops.free_energy(q, k)
    nothing = torch.ones(3, 0, dtype=torch.bool)
    with pytest.raises(ValueError, match="mask leaves query 0 of 3 without a key"):
        ops.free_energy(q, k, mask=nothing)
    for mask in (None, ops.Causal(), nothing, nothing.expand(2, 3, 0)):
        got = ops.free_energy(q, k, empty="zero", key_force=True, mask=mask)
        assert (got.energy == -torch.inf).all()
        assert (got.force == 0).all()
        assert got.key_force.shape == (2, 0, 4)


# ---------------------------------------------------------------------------------- rows without keys


@pytest.mark.parametrize("mask", [ops.Band(1), ops.Blocks(2), "table"], ids=str)
def test_queries_without_keys_are_refused_or_have_no_force(mask, road):
    q, k = tokens(2, 6, 3).requires_grad_(), tokens(2, 4, 3).requires_grad_()
    if mask == "table":
        mask = torch.ones(6, 4, dtype=torch.bool)
        mask[5] = False
    with pytest.raises(ValueError, match=r"query 5 of 6 .*see empty='zero'"):
        ops.free_energy(q, k, mask=mask)
    got = ops.free_energy(q, k, mask=mask, empty="zero", key_force=True)
    assert (got.energy[..., 5] == -torch.inf).all()
    assert (got.force[..., 5, :] == 0).all()
    # The lone query neither pulls nor is pulled, and nothing turns into NaN.
    loss = got.energy[..., :4].sum() + got.force.square().sum() + got.key_force.square().sum()
    loss.backward()
    assert torch.isfinite(q.grad).all()
    assert torch.isfinite(k.grad).all()
    assert (q.grad[..., 5, :] == 0).all()


def test_a_large_negative_bias_is_no_mask():
    """The wrong way to mask, for contrast: -1e9 on all keys gives a row without keys a force."""
    q, k = tokens(1, 3), tokens(4, 3)
    wrong = torch.softmax(q @ k.T - 1e9, -1) @ k
    got = ops.free_energy(q, k, mask=torch.zeros(1, 4, dtype=torch.bool), empty="zero")
    assert (got.force == 0).all()
    assert float(wrong.abs().max()) > 0.1


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("m", [1, 3, 5, 9])
def test_bounds_are_the_masks_and_transpose(n, m):
    for mask in (ops.Causal(), ops.Band(0), ops.Band(2), ops.Band(3, causal=True), ops.Blocks(3)):
        table = reference.allowed(mask, n, m)
        keys = torch.arange(m)
        lo, hi = mask.bounds(n, m)
        assert ((keys >= lo[:, None]) & (keys < hi[:, None])).equal(table), mask
        lo, hi = mask.bounds(n, m).transposed(m)
        rows = torch.arange(n)
        assert ((rows >= lo[:, None]) & (rows < hi[:, None])).equal(table.T), mask
        assert mask.keys_of_last(n, m) == int(table[-1].sum()), mask


# ----------------------------------------------------------------------------------------- derivatives

PARTS = {
    "energy": lambda q, k, **o: ops.free_energy(q, k, **o).energy,
    "force": lambda q, k, **o: ops.free_energy(q, k, **o).force,
    "key_force": lambda q, k, **o: ops.free_energy(q, k, key_force=True, **o).key_force,
}


@pytest.mark.parametrize("part", PARTS)
def test_first_and_second_derivatives(part, mask, road, small_runs):
    q, k = tokens(2, 4, 2).requires_grad_(), tokens(4, 2, seed=1).requires_grad_()
    options = {"mask": resolved(mask, (2,), 4, 4), "scale": 0.7}
    f = lambda q, k: PARTS[part](q, k, **options)
    assert gradcheck(f, (q, k))
    assert gradgradcheck(f, (q, k))


def test_third_derivative():
    q, k = tokens(2, 2).requires_grad_(), tokens(3, 2, seed=1).requires_grad_()

    def slope(q, k):
        energy = ops.free_energy(q, k, scale=0.9).energy.sum()
        g_q, g_k = torch.autograd.grad(energy, (q, k), create_graph=True)
        return torch.autograd.grad(g_q.square().sum() + g_k.pow(3).sum(), (q, k), create_graph=True)

    assert gradcheck(slope, (q, k))


def test_hessian_vector_product_is_the_hessian_of_the_reference():
    q, k, u = tokens(4, 3).requires_grad_(), tokens(6, 3, seed=1), tokens(4, 3, seed=2)
    force = ops.free_energy(q, k).force
    (got,) = torch.autograd.grad(force, q, u)
    energy = lambda q: reference.free_energy(q, k).energy.sum()
    right = torch.autograd.functional.hvp(energy, q, u)[1]
    torch.testing.assert_close(got, right)


def test_force_is_the_gradient_of_the_energy(mask, road):
    q, k = tokens(2, 6, 3).requires_grad_(), tokens(2, 6, 3, seed=1).requires_grad_()
    got = ops.free_energy(q, k, mask=resolved(mask, (2,), 6, 6), key_force=True)
    g_q, g_k = torch.autograd.grad(got.energy.sum(), (q, k))
    torch.testing.assert_close(got.force, g_q)
    torch.testing.assert_close(got.key_force, g_k)


def test_complex_tokens():
    q = tokens(2, 5, 3, dtype=torch.complex128).requires_grad_()
    k = tokens(2, 4, 3, dtype=torch.complex128, seed=1).requires_grad_()
    got = ops.free_energy(q, k, key_force=True)
    assert not got.energy.is_complex()
    close(got, reference.free_energy(q, k, key_force=True))
    g_q, g_k = torch.autograd.grad(got.energy.sum(), (q, k))
    torch.testing.assert_close(got.force, g_q)
    torch.testing.assert_close(got.key_force, g_k)
    assert gradcheck(lambda q, k: ops.free_energy(q, k).force, (q, k))


def test_memory_stays_linear(monkeypatch):
    """No N x N tensor in any derivative, inside the operators neither: resident memory tells."""
    if memory.peak_bytes(lambda: None, False) is None:
        pytest.skip("this system does not tell peak memory")
    square = lambda n: 4 * n * n

    def peak(road, mask, n):
        q = tokens(n, 4, dtype=torch.float32).requires_grad_()

        def all_orders():
            with ops.attention_road(road):
                got = ops.free_energy(q, q, key_force=True, mask=mask)
                total = got.energy.sum() + got.force.square().sum() + got.key_force.square().sum()
                (g,) = torch.autograd.grad(total, q, create_graph=True)
                torch.autograd.grad(g.square().sum(), q)

        return memory.peak_bytes(all_orders, False)

    monkeypatch.setattr(_attend, "SCORES", 1 << 16)
    for road in ROADS:
        for mask in (None, ops.Causal(), ops.Band(64)):
            peak(road, mask, 64)  # what is loaded once does not count
            assert peak(road, mask, 3072) < square(3072) / 2, (road, mask)
    monkeypatch.setattr(_attend, "SCORES", 1 << 40)  # all rows at once: it must show
    assert peak("chunked", None, 1024) > square(1024)


def test_a_table_for_the_whole_batch_is_not_copied_for_each():
    if memory.peak_bytes(lambda: None, False) is None:
        pytest.skip("this system does not tell peak memory")
    q = tokens(16, 3072, 8, dtype=torch.float32)
    allowed = torch.ones(3072, 3072, dtype=torch.bool).tril()
    ops.free_energy(q[:1, :8], q[:1, :8])  # loads what is loaded once
    per_head = 3072 * 3072 * 16
    assert memory.peak_bytes(lambda: ops.free_energy(q, q, mask=allowed), False) < per_head


# ---------------------------------------------------------------------------------- the private kernel


@pytest.fixture
def forget():
    def clear():
        _roads._probe_flash.cache_clear()
        _roads.probe_flash_backward.cache_clear()

    clear()
    yield clear
    clear()


def gone(*args, **options):
    raise AttributeError("no such operator")


def without_mask(q, k, v, **options):
    options.pop("attn_mask", None)
    return REAL(q, k, v, **options)


def without_causal(q, k, v, **options):
    options.pop("is_causal", None)
    return REAL(q, k, v, **options)


REAL, REAL_BACKWARD = _roads.flash_cpu, _roads.flash_cpu_backward


@pytest.mark.parametrize(
    "kernel",
    [
        gone,
        without_mask,
        without_causal,
        lambda q, k, v, **o: (q * 0, q[..., 0] * 0),
        lambda q, k, v, **o: (REAL(q, k, v, **o)[0], REAL(q, k, v, **o)[1][..., None]),
    ],
    ids=["gone", "no mask", "no causal flag", "zeros", "another shape"],
)
def test_a_kernel_that_is_gone_or_errs_is_not_used(monkeypatch, forget, kernel):
    monkeypatch.setattr(_roads, "flash_cpu", kernel)
    road, reason = _roads.attention(torch.device("cpu"), torch.float32)
    assert road == "chunked"
    assert "fused operator" in reason
    q, k = tokens(2, 5, 3).requires_grad_(), tokens(2, 5, 3, seed=1).requires_grad_()
    got = ops.free_energy(q, k, mask=ops.Causal(), key_force=True)
    close(got, reference.free_energy(q, k, mask=ops.Causal(), key_force=True))


@pytest.mark.parametrize(
    "kernel",
    [gone, lambda *a, **o: tuple(-x for x in REAL_BACKWARD(*a, **o)),
     lambda g, q, k, v, out, lse, drop, causal, **o: REAL_BACKWARD(g, q, k, v, out, lse, drop, False, **o)],
    ids=["gone", "sign", "no causal flag"],
)  # fmt: skip
def test_a_derivative_that_is_gone_or_errs_is_not_used(monkeypatch, forget, kernel):
    if _roads._probe_flash(torch.float64):
        pytest.skip(_roads._probe_flash(torch.float64))
    monkeypatch.setattr(_roads, "flash_cpu_backward", kernel)
    road, reason = _roads.attention(torch.device("cpu"), torch.float64)
    assert road == "fused"
    assert "derivatives of the force run chunked" in reason
    q, k = tokens(2, 5, 3).requires_grad_(), tokens(2, 5, 3, seed=1).requires_grad_()
    for mask in (None, ops.Causal()):
        assert gradcheck(lambda q, k: ops.free_energy(q, k, mask=mask).force, (q, k))  # noqa: B023


# -------------------------------------------------------------------------------- compile, export, vmap


@pytest.mark.parametrize("mask", [None, ops.Causal(), ops.Band(2)], ids=str)
def test_compiles_whole_with_gradients(mask):
    torch._dynamo.reset()

    def loss(q, k):
        got = ops.free_energy(q, k, mask=mask, key_force=True)
        return got.energy.sum() + (got.force * got.key_force).sum()

    q, k = tokens(2, 6, 3).requires_grad_(), tokens(2, 6, 3, seed=1).requires_grad_()
    right = torch.autograd.grad(loss(q, k), (q, k))
    got = torch.autograd.grad(
        torch.compile(loss, fullgraph=True, backend="aot_eager")(q, k), (q, k)
    )
    for a, b in zip(got, right, strict=True):
        torch.testing.assert_close(a, b)


def test_exports():
    class Layer(torch.nn.Module):
        def forward(self, q, k):
            return ops.free_energy(q, k, mask=ops.Causal()).force

    q, k = tokens(2, 6, 3), tokens(2, 6, 3, seed=1)
    program = torch.export.export(Layer(), (q, k))
    torch.testing.assert_close(program.module()(q, k), Layer()(q, k))
    assert "fieldcheck.attend" in str(program.graph)


# torch's forward mode loads decompositions through its own deprecated jit
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_function_transforms_and_forward_mode():
    q, k = tokens(3, 5, 2), tokens(3, 4, 2, seed=1)
    energy = lambda q, k: ops.free_energy(q, k).energy.sum()
    right = torch.stack([ops.free_energy(a, b).force for a, b in zip(q, k, strict=True)])
    torch.testing.assert_close(torch.vmap(torch.func.grad(energy))(q, k), right)
    u = tokens(5, 2, seed=2)
    _, along = torch.func.jvp(lambda q: energy(q, k[0]), (q[0],), (u,))
    torch.testing.assert_close(along, (right[0] * u).sum())
    hessian = torch.func.hessian(lambda q: energy(q, k[0]))(q[0])
    torch.testing.assert_close(
        hessian, torch.autograd.functional.hessian(lambda q: energy(q, k[0]), q[0])
    )


# inductor loads parts of torch that are deprecated
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiles_for_any_number_of_tokens():
    """Dynamic sizes, a mask by table, complex tokens, and code that is really generated."""
    torch._dynamo.reset()

    def loss(q, k, allowed=None):
        got = ops.free_energy(q, k, mask=allowed, key_force=True)
        return got.energy.sum() + (got.force * got.key_force).abs().sum()

    for backend in ("aot_eager", "inductor"):
        fast = torch.compile(loss, fullgraph=True, backend=backend, dynamic=True)
        for n in (5, 7):
            q = tokens(2, n, 3).requires_grad_()
            k = tokens(2, n, 3, seed=1).requires_grad_()
            for allowed in (None, table((2,), n, n)):
                right = torch.autograd.grad(loss(q, k, allowed), (q, k))
                got = torch.autograd.grad(fast(q, k, allowed), (q, k))
                for a, b in zip(got, right, strict=True):
                    torch.testing.assert_close(a, b)
    z = tokens(4, 3, dtype=torch.complex128)
    fast = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(fast(z, z), loss(z, z))


def test_exports_with_a_free_number_of_tokens():
    class Layer(torch.nn.Module):
        def forward(self, q, k):
            return ops.free_energy(q, k).force

    n = torch.export.Dim("n", min=2)
    shapes = {"q": {1: n}, "k": {1: n}}
    program = torch.export.export(
        Layer(), (tokens(2, 6, 3), tokens(2, 6, 3)), dynamic_shapes=shapes
    )
    q, k = tokens(2, 9, 3), tokens(2, 9, 3, seed=1)
    torch.testing.assert_close(program.module()(q, k), Layer()(q, k))


def test_transforms_keep_the_dtypes_and_may_map_the_mask_alone():
    h = tokens(2, 3, 4, dtype=torch.float16)
    mapped = torch.vmap(lambda q: ops.free_energy(q, q, key_force=True))
    for size in (1, 300):  # at 300 scores leave the range of the half type
        got, right = mapped(size * h), ops.free_energy(size * h, size * h, key_force=True)
        for a, b in zip(got, right, strict=True):
            assert a.dtype == b.dtype
            torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-2)
    q, k, masks = tokens(3, 3), tokens(4, 3, seed=1), table((2,), 3, 4)
    got = torch.vmap(lambda mask: ops.free_energy(q, k, mask=mask).energy)(masks)
    right = torch.stack([ops.free_energy(q, k, mask=mask).energy for mask in masks])
    torch.testing.assert_close(got, right)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("mask", [ops.Causal(), ops.Band(2), "table"], ids=str)
def test_derivatives_where_queries_and_keys_differ_in_number(part, mask, road, small_runs):
    """More queries than keys and fewer, queries without keys; each of the two alone."""
    for n, m in ((5, 3), (3, 5)):
        q, k = tokens(n, 2).requires_grad_(), tokens(m, 2, seed=1).requires_grad_()
        options = {"mask": resolved(mask, (), n, m), "empty": "zero"}
        if part == "energy":  # that of a query without keys is -inf
            seen = reference.allowed(options["mask"], n, m).any(-1)
            f = lambda q, k: PARTS[part](q, k, **options)[seen]  # noqa: B023
        else:
            f = lambda q, k: PARTS[part](q, k, **options)  # noqa: B023
        assert gradcheck(f, (q, k))
        assert gradgradcheck(f, (q, k))
        assert gradgradcheck(lambda k: f(q.detach(), k), k)  # noqa: B023


def test_complex_tokens_under_masks_and_twice():
    q = tokens(2, 4, 2, dtype=torch.complex128).requires_grad_()
    k = tokens(2, 4, 2, dtype=torch.complex128, seed=1).requires_grad_()
    for mask in (ops.Causal(), table((2,), 4, 4)):
        options = {"mask": mask, "key_force": True}
        close(ops.free_energy(q, k, **options), reference.free_energy(q, k, **options))
        assert gradgradcheck(lambda q, k: ops.free_energy(q, k, mask=mask).energy, (q, k))  # noqa: B023


@pytest.mark.parametrize("name", ["attend", "scatter", "attend_vjp", "scatter_vjp"])
def test_operators_pass_torchs_own_checks(name):
    q, k = tokens(1, 2, 4, 3).requires_grad_(), tokens(1, 2, 5, 3, seed=1).requires_grad_()
    out, lse = _attend.attend(q.detach(), k.detach(), None, "all", 0.7, True)
    w, g = tokens(1, 2, 4, seed=2).requires_grad_(), tokens(1, 2, 5, 3, seed=3)
    args = {
        "attend": (q, k, None, "all", 0.7, True),
        "scatter": (q, k, lse.clone().requires_grad_(), w, None, "all", 0.7),
        "attend_vjp": (q, k, out, lse, torch.ones_like(out), None, None, "all", 0.7),
        "scatter_vjp": (q, k, lse.clone().requires_grad_(), w, g, None, "all", 0.7),
    }[name]
    torch.library.opcheck(getattr(_attend, name), args)


@pytest.mark.parametrize("mask", [ops.Band(1), ops.Band(1, causal=True), ops.Blocks(2)], ids=str)
def test_a_mask_compiles_whole_for_any_size(mask):
    f = lambda q, k: ops.free_energy(q, k, mask=mask, empty="zero")
    torch._dynamo.reset()
    compiled = torch.compile(f, fullgraph=True, dynamic=True, backend="eager")
    for n in (3, 5, 8):
        q, k = torch.randn(2, n, 4), torch.randn(2, n + 1, 4)
        for got, right in zip(compiled(q, k)[:2], f(q, k)[:2], strict=True):
            torch.testing.assert_close(got, right)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_the_energy_of_a_row_without_keys_has_the_derivative_zero():
    """On the plain road too, in every mode, and in an added table."""
    q, k = torch.randn(3, 4, dtype=torch.float64), torch.randn(5, 4, dtype=torch.float64)
    table = torch.zeros(3, 5, dtype=torch.float64)
    table[1] = -torch.inf
    energy = lambda q, k, b: ops.free_energy(q, k, mask=b, empty="zero").energy
    slope = torch.func.jvp(energy, (q, k, table), (q, k, torch.ones_like(table)))[1]
    assert slope[1] == 0
    assert slope.isfinite().all()
    table.requires_grad_()
    (of_table,) = torch.autograd.grad(energy(q, k, table).sum(), table)
    assert (of_table[1] == 0).all()
    torch.testing.assert_close(of_table[[0, 2]].sum(-1), torch.full((2,), 2.0).double())


# --------------------------------------------------------------------------------------------- misuse

q34, k54 = torch.zeros(3, 4), torch.zeros(5, 4)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.free_energy(q34, torch.zeros(5, 3)), ValueError, r"k has shape \(5, 3\); its axis -1 must be 4, the head size of q \(3, 4\)"),
        (lambda: ops.free_energy(q34, k54.double()), TypeError, r"q has dtype torch.float32 and k has torch.float64"),
        (lambda: ops.free_energy(q34.int(), k54), TypeError, r"q has dtype torch.int32"),
        (lambda: ops.free_energy(torch.zeros(4), k54), ValueError, r"q has shape \(4,\); at least 2 axes"),
        (lambda: ops.free_energy([[1.0]], k54), TypeError, r"q must be a tensor, not list"),
        (lambda: ops.free_energy(torch.zeros(2, 3, 4), torch.zeros(3, 5, 4)), ValueError, r"do not broadcast: q \(2, 3, 4\) and k \(3, 5, 4\)"),
        (lambda: ops.free_energy(q34, k54.to("meta")), ValueError, r"q is on cpu and k on meta"),
        (lambda: ops.free_energy(q34, k54, scale=0.0), ValueError, r"scale must be finite and above zero, not 0.0"),
        (lambda: ops.free_energy(q34, k54, scale=math.nan), ValueError, r"scale must be finite"),
        (lambda: ops.free_energy(q34, k54, mask=torch.zeros(3, 5).int()), TypeError, r"mask has dtype torch.int32; a tensor mask must be bool"),
        (lambda: ops.free_energy(q34, k54, mask=torch.ones(4, 5, dtype=torch.bool)), ValueError, r"mask has shape \(4, 5\), which does not broadcast to \(3, 5\)"),
        (lambda: ops.free_energy(q34, k54, mask="causal"), TypeError, r"mask must be Causal, Band, Blocks or a bool tensor"),
        (lambda: ops.free_energy(q34, k54, mask=np.zeros((3, 5))), TypeError, r"to be added, not ndarray$"),
        (lambda: ops.free_energy(q34, k54, empty="nan"), ValueError, r"empty must be one of 'error', 'zero', not 'nan'"),
        (lambda: ops.free_energy(torch.zeros(3, 0), torch.zeros(5, 0)), ValueError, r"the head size must not be 0"),
        (lambda: ops.free_energy(q34, k54, scale=torch.tensor(0.5)), TypeError, r"scale must be a number, not a tensor, whose gradient would be lost"),
        (lambda: ops.Band(2.5), TypeError, r"Band: width must be a whole number, not 2.5"),
        (lambda: ops.Blocks(2.0), TypeError, r"Blocks: size must be a whole number, not 2.0"),
        (lambda: ops.attention_road("fusde").__enter__(), ValueError, r"road must be one of 'fused', 'flex', 'chunked', not 'fusde'"),
        (lambda: ops.Band(-1), ValueError, r"width must not be negative"),
        (lambda: ops.Blocks(0), ValueError, r"size must be at least 1"),
    ],
)  # fmt: skip
def test_misuse_names_the_thing(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is present")
@pytest.mark.parametrize("mask", MASKS, ids=str)
def test_cuda_agrees_with_the_cpu(mask):
    q, k = tokens(2, 130, 64, dtype=torch.float32), tokens(2, 130, 64, dtype=torch.float32, seed=1)
    mask = resolved(mask, (2,), 130, 130)
    right = ops.free_energy(q, k, mask=mask, key_force=True)
    mask = mask.cuda() if isinstance(mask, torch.Tensor) else mask
    got = ops.free_energy(q.cuda(), k.cuda(), mask=mask, key_force=True)
    for a, b in zip(got, right, strict=True):
        torch.testing.assert_close(a.cpu(), b, rtol=2e-2, atol=2e-2)
