# ruff: noqa: E501  (tables of cases read best one a line)
"""The quartic potential, Gibbs distributions and the gated unit: values, forces, derivatives."""

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
    assert gradcheck(lambda *a: ops.quartic(*a).force, inputs)
    assert gradgradcheck(lambda *a: ops.quartic(*a).energy, inputs)


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
    assert gradgradcheck(ops.gibbs_free_energy, (e, tau))
    (slope,) = torch.autograd.grad(ops.gibbs_free_energy(e, 0.7).sum(), e)
    torch.testing.assert_close(slope, ops.gibbs(e, 0.7))


def test_gibbs_strata():
    assert ops.gibbs(torch.zeros(0, 3)).shape == (0, 3)
    assert ops.gibbs(torch.tensor([7.0])).tolist() == [1.0]
    assert ops.gibbs(torch.full((4,), 1e30)).tolist() == [0.25] * 4


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
    assert gradcheck(lambda *a: ops.glu_potential(*a).force, inputs)
    assert gradgradcheck(lambda *a: ops.glu_potential(*a).energy, inputs)


# ----------------------------------------------------------------------------------- compile and misuse

CALLS = {
    "quartic": (lambda x, *f: ops.quartic(x, *f).force, (draw(5, 3), *factors(2, 3, 2))),
    "gibbs": (lambda e: ops.gibbs(e, 0.5), (draw(3, 4),)),
    "gibbs_free_energy": (lambda e: ops.gibbs_free_energy(e, 0.5), (draw(3, 4),)),
    "glu": (
        lambda *a: ops.glu_potential(*a).force,
        (draw(4, 3), *(draw(3, 5, seed=i) for i in (1, 2, 3))),
    ),
}


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
