# ruff: noqa: E501  (tables of cases read best one a line)
"""The quartic potential, Gibbs distributions and the gated unit: values, forces, derivatives."""

import inspect

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from fieldcheck import ops
from fieldcheck.ops import reference

REAL, COMPLEX = torch.float64, torch.complex128


def draw(*shape, dtype=REAL, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def factors(heads, c, r, dtype=REAL):
    shape = (c, r) if heads is None else (heads, c, r)
    return [draw(*shape, dtype=dtype, seed=10 + i) for i in range(4)]


# --------------------------------------------------------------------------------------------- quartic


@pytest.mark.parametrize("dtype", [REAL, COMPLEX])
@pytest.mark.parametrize("lead", [(), (3,), (2, 0), (2, 1)])
@pytest.mark.parametrize(
    ("n", "c", "heads", "r"), [(7, 5, 2, 3), (1, 4, 3, 1), (0, 3, 2, 2), (6, 2, None, 2)]
)
def test_quartic_is_the_reference(dtype, lead, n, c, heads, r):
    x = draw(*lead, n, c, dtype=dtype)
    parts = factors(heads, c, r, dtype)
    for got, right in zip(ops.quartic(x, *parts), reference.quartic(x, *parts), strict=True):
        torch.testing.assert_close(got, right)


def test_quartic_by_hand():
    """One token, one channel: V = q k v o x^4 over the reals, and its derivative."""
    x, parts = torch.tensor([[2.0]]), [torch.tensor([[a]]) for a in (1.0, 2.0, 3.0, 0.5)]
    got = ops.quartic(x, *parts)
    assert got.energy == 48.0
    assert got.force == 96.0


# torch's forward mode loads decompositions through its own deprecated jit
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_quartic_force_and_torchs_conventions():
    """XG is the Wirtinger derivative; torch's gradient of Re V is X(G + G*), of Im V -iX(G - G*)."""
    x = draw(4, 3, dtype=COMPLEX).requires_grad_()
    parts = factors(2, 3, 2, COMPLEX)
    energy, force = ops.quartic(x, *parts)
    g = torch.linalg.lstsq(x, force).solution  # x has full column rank
    (re,) = torch.autograd.grad(energy.real, x, retain_graph=True)
    (im,) = torch.autograd.grad(energy.imag, x, retain_graph=True)
    torch.testing.assert_close(re, x @ (g + g.mH))
    torch.testing.assert_close(im, -1j * x @ (g - g.mH))
    # d/dX* in the direction H alone: half of the derivative along H plus i times that along iH.
    direction = draw(4, 3, dtype=COMPLEX, seed=5)
    along = lambda h: torch.func.jvp(lambda z: ops.quartic(z, *parts).energy, (x,), (h,))[1]
    weak = 0.5 * (along(direction) + 1j * along(1j * direction))
    torch.testing.assert_close((direction.conj() * force).sum(), weak)


def test_quartic_real_force_is_the_gradient():
    x = draw(2, 4, 3).requires_grad_()
    energy, force = ops.quartic(x, *factors(2, 3, 2))
    torch.testing.assert_close(force, torch.autograd.grad(energy.sum(), x)[0])


@pytest.mark.parametrize("dtype", [REAL, COMPLEX])
def test_quartic_derivatives(dtype):
    inputs = [t.requires_grad_() for t in (draw(3, 2, dtype=dtype), *factors(2, 2, 1, dtype))]
    for part in (lambda *a: ops.quartic(*a).force, lambda *a: ops.quartic(*a).energy):
        assert gradcheck(part, inputs)
        assert gradgradcheck(part, inputs)


@pytest.mark.parametrize("pair", [(torch.float32, REAL), (torch.complex64, COMPLEX)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_quartic_in_single_precision(pair, size):
    narrow, wide = pair
    x, parts = (size * draw(40, 8, dtype=narrow)).requires_grad_(), factors(2, 8, 3, narrow)
    got = ops.quartic(x, *parts)
    z = x.detach().to(wide).requires_grad_()
    right = reference.quartic(z, *(f.to(wide) for f in parts))
    slopes = [torch.autograd.grad(e.real, y)[0] for e, y in ((got.energy, x), (right.energy, z))]
    for a, b in (*zip(got, right, strict=True), slopes):
        assert a.dtype == narrow
        error = (a.to(wide) - b).abs().max() / b.abs().max()
        assert error < 64 * torch.finfo(narrow).eps


def test_quartic_of_zero_rows():
    x, parts = torch.zeros(4, 3, dtype=REAL, requires_grad=True), factors(2, 3, 2)
    got = ops.quartic(x, *parts)
    got.energy.backward()
    assert got.energy == 0
    assert (got.force == 0).all()
    assert (x.grad == 0).all()


def test_quartic_half_precision():
    x, parts = draw(5, 4).bfloat16(), [f.bfloat16() for f in factors(2, 4, 2)]
    got = ops.quartic(x, *parts)
    right = ops.quartic(x.double(), *(f.double() for f in parts))
    assert got.force.dtype == torch.bfloat16
    assert got.energy.dtype == torch.float32
    torch.testing.assert_close(got.force.double(), right.force, rtol=1e-2, atol=1e-1)


# ----------------------------------------------------------------------------------------------- gibbs


@pytest.mark.parametrize("tau", [1e-3, 0.5, 1.0, 40.0, "tensor"])
@pytest.mark.parametrize("dim", [-1, 0])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e4])
def test_gibbs(tau, dim, size):
    e = size * draw(3, 5)
    tau = torch.tensor(0.7, dtype=REAL) if tau == "tensor" else tau
    p, f = ops.gibbs(e, tau, dim=dim), ops.gibbs_free_energy(e, tau, dim=dim)
    torch.testing.assert_close(p, reference.gibbs(e, tau, dim=dim))
    torch.testing.assert_close(f, reference.gibbs_free_energy(e, tau, dim=dim))


def test_gibbs_derivatives():
    e, tau = draw(3, 4).requires_grad_(), torch.tensor(0.7, dtype=REAL, requires_grad=True)
    assert gradcheck(ops.gibbs, (e, tau))
    assert gradgradcheck(ops.gibbs, (e, tau))
    assert gradcheck(ops.gibbs_free_energy, (e, tau))
    assert gradgradcheck(ops.gibbs_free_energy, (e, tau))
    for cold in (0.7, 2.0**-11):  # on both sides of where the lowest energy is taken off first
        f = lambda e: ops.gibbs(e * 1e-3, cold)  # noqa: B023
        assert gradcheck(f, e)
        assert gradgradcheck(f, e)
    (slope,) = torch.autograd.grad(ops.gibbs_free_energy(e, 0.7).sum(), e)
    torch.testing.assert_close(slope, ops.gibbs(e, 0.7))


def test_gibbs_strata():
    assert ops.gibbs(torch.zeros(0, 3)).shape == (0, 3)
    assert ops.gibbs(torch.tensor([7.0])).tolist() == [1.0]
    assert ops.gibbs(torch.full((4,), 1e30)).tolist() == [0.25] * 4


@pytest.mark.parametrize(
    ("energy", "tau", "dtype"),
    [
        (1e4, 0.1, torch.float16),
        (6e4, 1e-6, torch.float16),
        (1e30, 1e-9, torch.float32),
        (-1e30, 1e-9, torch.bfloat16),
        (1e35, 2.0**-10, torch.float32),
        (1e300, 1e-100, torch.float64),
        (0.0, 1e-310, torch.float32),
        (0.0, 1e-310, torch.float64),
    ],
)
@pytest.mark.parametrize("as_tensor", [False, True])
def test_gibbs_of_huge_equal_energies_is_uniform(energy, tau, dtype, as_tensor):
    """What overflows is the energy over the temperature, and only differences of it count."""
    e = torch.full((3, 4), energy, dtype=dtype)
    e[1, 0] = -torch.inf if energy < 0 else 0 if energy else 1
    temperature = torch.tensor(tau, dtype=dtype) if as_tensor else tau
    if as_tensor and temperature == 0:
        pytest.skip("this temperature is 0 in this dtype")
    p = ops.gibbs(e[[0, 2]], temperature)
    assert p.dtype == dtype
    assert p.tolist() == [[0.25] * 4] * 2
    free = ops.gibbs_free_energy(e[[0, 2]], temperature)
    torch.testing.assert_close(free, e[[0, 2], 0], rtol=1e-3, atol=1e-3)
    if energy >= 0:  # one low state, or one high
        right = [1.0, 0, 0, 0] if energy else [0.0] + [1 / 3] * 3
        assert ops.gibbs(e[1], temperature).tolist() == pytest.approx(right, abs=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("tau", [1e-4, 0.3, 2.0, "tensor"])
def test_gibbs_in_lower_precision(dtype, tau):
    tau = torch.tensor(0.75, dtype=dtype) if tau == "tensor" else tau
    e, g = draw(5, 7).to(dtype).requires_grad_(), draw(5, 7, seed=1).to(dtype)
    z = e.detach().double().requires_grad_()
    wide = tau.double() if isinstance(tau, torch.Tensor) else tau
    eps = torch.finfo(dtype).eps
    for op in ("gibbs", "gibbs_free_energy"):
        got, right = getattr(ops, op)(e, tau), getattr(reference, op)(z, wide)
        assert got.dtype == dtype
        torch.testing.assert_close(got.double(), right, rtol=8 * eps, atol=8 * eps)
        along = g if op == "gibbs" else g[:, 0]
        (a,) = torch.autograd.grad(got, e, along)
        if op == "gibbs":
            (b,) = torch.autograd.grad(right, z, along.double())
        else:  # its gradient is known, and the entropy's own is not a number where p is 0
            b = reference.gibbs(z, wide).detach() * along.double()[:, None]
        torch.testing.assert_close(
            a.double(), b, rtol=16 * eps, atol=16 * eps * max(1.0, float(b.abs().max()))
        )


# ------------------------------------------------------------------------------------------------- glu


@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (0,)])
def test_glu_is_the_reference(lead):
    x, weights = draw(*lead, 3), [draw(3, 5, seed=i) for i in (1, 2, 3)]
    for got, right in zip(
        ops.glu_potential(x, *weights), reference.glu_potential(x, *weights), strict=True
    ):
        torch.testing.assert_close(got, right)


def test_glu_force_is_the_gradient():
    inputs = [
        draw(4, 3).requires_grad_(),
        *(draw(3, 5, seed=i).requires_grad_() for i in (1, 2, 3)),
    ]
    energy, force = ops.glu_potential(*inputs)
    torch.testing.assert_close(force, torch.autograd.grad(energy.sum(), inputs[0])[0])
    for part in (lambda *a: ops.glu_potential(*a).force, lambda *a: ops.glu_potential(*a).energy):
        assert gradcheck(part, inputs)
        assert gradgradcheck(part, inputs)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_glu_in_lower_precision(dtype):
    x, weights = draw(6, 4).to(dtype), [draw(4, 5, seed=i).to(dtype) for i in (1, 2, 3)]
    right = reference.glu_potential(x.double(), *(w.double() for w in weights))
    found = ops.glu_potential(x, *weights)
    half = dtype in (torch.float16, torch.bfloat16)
    assert found.energy.dtype == (torch.float32 if half else dtype)
    assert found.force.dtype == dtype
    for a, b in zip(found, right, strict=True):
        error = (a.double() - b).abs().max() / b.abs().max()
        assert error < 16 * torch.finfo(dtype).eps


# ------------------------------------------------------------------------------------ cone of matrices


@pytest.mark.parametrize("dtype", [REAL, COMPLEX])
def test_psd_derivatives(dtype):
    a = draw(2, 3, 3, dtype=dtype).requires_grad_()  # eigenvalues apart, of both signs
    assert gradcheck(ops.psd_projection, a)
    assert gradgradcheck(ops.psd_projection, a)


@pytest.mark.parametrize(
    "pair", [(torch.float32, REAL), (torch.complex64, COMPLEX), (torch.bfloat16, REAL)]
)
def test_psd_in_lower_precision(pair):
    narrow, wide = pair
    a = draw(4, 5, 5, dtype=wide).to(narrow).requires_grad_()
    z = a.detach().to(wide).requires_grad_()
    got, right = ops.psd_projection(a), reference.psd_projection(z)
    g = draw(4, 5, 5, dtype=wide, seed=1).to(narrow)
    slopes = [
        torch.autograd.grad(y, x, h)[0]
        for y, x, h in ((got, a, g), (ops.psd_projection(z), z, g.to(wide)))
    ]
    for x, y in ((got, right), slopes):
        assert x.dtype == narrow
        torch.testing.assert_close(
            x.to(wide), y, rtol=64 * torch.finfo(narrow).eps, atol=64 * torch.finfo(narrow).eps
        )


@pytest.mark.parametrize("n", [0, 1, 3])
def test_psd_strata(n):
    for a in (torch.zeros(n, n), torch.eye(n), -torch.eye(n), torch.zeros(0, n, n)):
        got = ops.psd_projection(a)
        torch.testing.assert_close(got, a.clamp(min=0))


# ----------------------------------------------------------------------------------------- all of them

NAMES = (
    "free_energy", "colu", "rcolu", "soc_projection", "psd_projection", "quartic", "gibbs",
    "gibbs_free_energy", "glu_potential",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_plain_reference_of_the_same_signature(name):
    fast, plain = (inspect.signature(getattr(m, name)) for m in (ops, reference))
    described = lambda s: [(p.name, p.kind, p.default) for p in s.parameters.values()]
    assert described(fast) == described(plain)
    assert fast.return_annotation == plain.return_annotation


# ----------------------------------------------------------------------------------- compile and misuse

CALLS = {
    "quartic": (lambda x, *f: ops.quartic(x, *f).force, (draw(5, 3), *factors(2, 3, 2))),
    "gibbs": (lambda e: ops.gibbs(e, 0.5), (draw(3, 4),)),
    "gibbs_free_energy": (lambda e: ops.gibbs_free_energy(e, 0.5), (draw(3, 4),)),
    "glu": (
        lambda *a: ops.glu_potential(*a).force,
        (draw(4, 3), *(draw(3, 5, seed=i) for i in (1, 2, 3))),
    ),
    "quartic, complex": (
        lambda x, *f: ops.quartic(x, *f).force,
        (draw(5, 3, dtype=COMPLEX), *factors(2, 3, 2, COMPLEX)),
    ),
    "gibbs, cold": (lambda e: ops.gibbs(e, 1e-4), (draw(3, 4),)),
    "psd": (ops.psd_projection, (draw(2, 3, 3),)),
    "colu, soft": (lambda x: ops.colu(x, 4, form="soft"), (draw(3, 8),)),
    "rcolu, firm": (lambda x: ops.rcolu(x, 4, form="firm"), (draw(3, 8),)),
    "colu, shared": (lambda x: ops.colu(x, 3, shared=True), (draw(2, 7),)),
}


# dynamo itself makes an instance of the autograd function
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
@pytest.mark.parametrize("name", CALLS)
def test_compiles_whole_and_exports(name):
    torch._dynamo.reset()
    f, args = CALLS[name]
    torch.testing.assert_close(
        torch.compile(f, fullgraph=True, backend="aot_eager")(*args), f(*args)
    )

    class Layer(torch.nn.Module):
        def forward(self, *args):
            return f(*args)

    torch.testing.assert_close(torch.export.export(Layer(), args).module()(*args), f(*args))


x43, f32 = torch.zeros(4, 3), torch.zeros(2, 3, 2)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.quartic(x43, f32, f32, f32, torch.zeros(2, 4, 2)), ValueError, r"quartic: o has shape \(2, 4, 2\); its axis -2 must be 3, the channels of x \(4, 3\)"),
        (lambda: ops.quartic(x43, f32, f32, f32, torch.zeros(2, 3, 1)), ValueError, r"q has shape \(2, 3, 2\) and o \(2, 3, 1\); they must be equal"),
        (lambda: ops.quartic(x43, f32, f32, f32, f32.double()), TypeError, r"x has dtype torch.float32 and o has torch.float64"),
        (lambda: ops.quartic(x43, f32, f32, f32, f32.to("meta")), ValueError, r"x is on cpu and o on meta"),
        (lambda: ops.quartic(x43[0], f32, f32, f32, f32), ValueError, r"x has shape \(3,\); at least 2 axes"),
        (lambda: ops.quartic(x43, f32[None], f32, f32, f32), ValueError, r"q has shape \(1, 2, 3, 2\); it must be \(H, C, r\) or \(C, r\)"),
        (lambda: ops.gibbs(x43, 0.0), ValueError, "gibbs: temperature must be finite and above zero, not 0.0"),
        (lambda: ops.gibbs(x43, -1.0), ValueError, "temperature must be finite and above zero, not -1.0"),
        (lambda: ops.gibbs(x43, dim=2), ValueError, r"energies has shape \(4, 3\), so dim=2 names no axis"),
        (lambda: ops.gibbs(torch.zeros(3, 0)), ValueError, r"energies has shape \(3, 0\); axis -1 has no state"),
        (lambda: ops.gibbs(x43.int()), TypeError, "energies has dtype torch.int32"),
        (lambda: ops.gibbs(x43, torch.ones(5)), ValueError, r"temperature has shape \(5,\), which does not broadcast to \(4, 3\)"),
        (lambda: ops.gibbs_free_energy(x43, torch.ones(4, 3)), ValueError, r"temperature has shape \(4, 3\); its axis -1 must be 1"),
        (lambda: ops.glu_potential(x43, torch.zeros(3, 5), torch.zeros(3, 5), torch.zeros(5, 3)), ValueError, r"out has shape \(5, 3\); its axis 0 must be 3"),
        (lambda: ops.glu_potential(x43, torch.zeros(3, 5), torch.zeros(3, 5), torch.zeros(3, 4)), ValueError, r"gate has shape \(3, 5\) and out \(3, 4\)"),
        (lambda: ops.glu_potential(x43, *[torch.zeros(1, 3, 5)] * 3), ValueError, r"gate has shape \(1, 3, 5\); it must be \(C, m\)"),
    ],
)  # fmt: skip
def test_misuse_names_the_thing(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex128, torch.bfloat16], ids=str)
def test_no_heads_are_an_empty_sum(dtype):
    x = torch.ones(5, 4, dtype=dtype)
    energy, force = ops.quartic(x, *[torch.zeros(0, 4, 3, dtype=dtype)] * 4)
    assert not energy.any()
    assert force.shape == x.shape
    assert not force.any()
