"""The share of the Jacobian that is no gradient: known cases, errors, and the estimate's error."""

import re

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from fieldcheck.audit import nongradient_fraction

POINT = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4)


def random(seed, n=12):
    return torch.randn(n, n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def linear(A):
    return lambda x: (A @ x.reshape(-1)).reshape(x.shape)


def test_a_gradient_has_none():
    A = random(0)
    assert nongradient_fraction(linear(A + A.T), POINT).fraction < 1e-28
    assert nongradient_fraction(lambda x: torch.tanh(x), POINT).fraction == 0


def test_a_rotation_has_nothing_else():
    A = random(1)
    assert nongradient_fraction(linear(A - A.T), POINT).fraction == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_is_near_the_truth(seed):
    A = random(seed) + random(seed + 100).triu()
    truth = float(((A - A.T) ** 2).sum() / 4 / (A**2).sum())
    found = nongradient_fraction(linear(A), POINT, probes=256, seed=seed)
    assert abs(found.fraction - truth) < 4 * found.standard_error
    assert found.standard_error < 0.05


def test_the_same_seed_gives_the_same_number():
    A = random(3)
    one, two, other = (nongradient_fraction(linear(A), POINT, seed=s) for s in (7, 7, 8))
    assert one == two != other


def test_a_constant_is_a_gradient():
    assert nongradient_fraction(lambda x: 0 * x + 1, POINT).fraction == 0


WEIGHT = random(11, 4)


def attention(x):
    return torch.softmax(x @ x.T, -1) @ x @ WEIGHT


def energy(x):
    return torch.logsumexp(x @ x.T, -1).sum()


def exact(force, x):
    J = torch.autograd.functional.jacobian(force, x).reshape(x.numel(), x.numel())
    return float(((J - J.T) ** 2).sum() / 4 / (J**2).sum())


def closed_gradient(x):
    return torch.autograd.grad(energy(x), x)[0] @ WEIGHT


def own_leaf(x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(energy(x), x)[0] @ WEIGHT


def without_graph(x):
    with torch.no_grad():
        return attention(x)


def inferred(x):
    with torch.inference_mode():
        return attention(x)


open_gradient = lambda x: torch.func.grad(energy)(x) @ WEIGHT

CUT_OFF = {
    "gradient without create_graph": (closed_gradient, open_gradient),
    "gradient of a detached copy": (own_leaf, open_gradient),
    "no_grad": (without_graph, attention),
    "inference_mode": (inferred, attention),
    "detached": (lambda x: attention(x.detach()), attention),
    "weights detached": (lambda x: torch.softmax((x @ x.T).detach(), -1) @ x @ WEIGHT, attention),
    "through numpy": (lambda x: torch.from_numpy(attention(x).detach().numpy()), attention),
    "reentrant checkpoint": (lambda x: checkpoint(attention, x, use_reentrant=True), attention),
}


@pytest.mark.parametrize("name", CUT_OFF)
def test_a_force_cut_off_from_autograd_is_measured_by_differences(name):
    force, honest = CUT_OFF[name]
    truth = exact(honest, POINT)
    found = nongradient_fraction(force, POINT, probes=128)
    assert truth > 0.2
    assert abs(found.fraction - truth) < 4 * found.standard_error
    assert "finite differences" in str(found)


def test_differences_find_a_gradient_to_be_one():
    found = nongradient_fraction(lambda x: torch.tanh(x.detach()), POINT)
    assert found.note
    assert found.fraction < 1e-8


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_callers_mode_does_not_matter(mode):
    with mode():
        point = POINT.clone()
        found = nongradient_fraction(attention, point)
    assert found == nongradient_fraction(attention, POINT)
    assert not found.note


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("factor", [1e-5, 1, 100])
@pytest.mark.parametrize("early", [False, True])
def test_small_and_large_forces_in_low_precision(dtype, factor, early):
    W = random(5, 4).to(dtype)
    force = (lambda x: (x * factor) @ W) if early else (lambda x: factor * (x @ W))
    truth = float(((W - W.T).double() ** 2).sum() / 4 / (W.double() ** 2).sum())
    found = nongradient_fraction(force, POINT.to(dtype), probes=256)
    assert not found.note
    assert abs(found.fraction - truth) < 4 * found.standard_error + 0.005


@pytest.mark.parametrize("factor", [1e-200, 1e-30, 1e30, 1e200])
def test_the_size_of_a_force_does_not_matter(factor):
    one, other = (nongradient_fraction(lambda x, f=f: f * attention(x), POINT) for f in (1, factor))
    assert other.fraction == pytest.approx(one.fraction)
    assert other.standard_error == pytest.approx(one.standard_error)


def test_a_half_module_is_differenced_in_double():
    layer = nn.Sequential(nn.Linear(4, 4), nn.Tanh()).half().requires_grad_(False)
    hidden = type("Hidden", (nn.Module,), {"forward": lambda self, x: self.inner(x.detach())})()
    hidden.inner = layer
    plain = nongradient_fraction(layer, POINT.half(), probes=64)
    found = nongradient_fraction(hidden, POINT.half(), probes=64)
    assert found.note
    assert found.fraction == pytest.approx(plain.fraction, abs=3 * found.standard_error + 1e-3)


@pytest.mark.parametrize("probes", [8, 16])
def test_twice_the_standard_error_covers_the_truth(probes):
    A = random(9)
    truth = float(((A - A.T) ** 2).sum() / 4 / (A**2).sum())
    found = [nongradient_fraction(linear(A), POINT, probes, seed) for seed in range(400)]
    inside = sum(abs(f.fraction - truth) < 2 * f.standard_error for f in found)
    assert inside >= 362  # without Student's factor some 350 at eight probes


def test_a_kink_at_the_point_is_no_disagreement():
    net = lambda x: torch.relu(x @ WEIGHT) @ WEIGHT.T
    assert not nongradient_fraction(net, 0 * POINT).note


def test_derivatives_that_ask_for_them_inside():
    def force(x):
        x.requires_grad_()
        return torch.autograd.grad(energy(x), x, create_graph=True)[0]

    assert nongradient_fraction(force, POINT).fraction < 1e-20
    again = lambda x: checkpoint(attention, x, use_reentrant=False)
    assert nongradient_fraction(again, POINT) == nongradient_fraction(attention, POINT)


def test_a_force_may_write_into_its_argument():
    point = POINT.clone()
    assert nongradient_fraction(lambda x: x.mul_(2) @ WEIGHT, point).fraction > 0.1
    assert torch.equal(point, POINT)


NORM = nn.BatchNorm1d(4).double()


@pytest.mark.parametrize(
    ("module", "x", "probes", "words"),
    [
        (lambda x: x[:2], POINT, 8, "shape"),
        (lambda x: x, POINT, 7, "eight probes"),
        (lambda x: x, torch.arange(3), 8, "floating point"),
        (lambda x: x, [1.0], 8, "floating point, not list"),
        (torch.sqrt, 0 * POINT, 8, "not finite"),
        (lambda x: 1 / x, 0 * POINT, 8, "not finite"),
        (lambda x: (x, x), POINT, 8, "gives a tuple: wrap it, lambda x: module(x)[0]"),
        (lambda x: {"out": x}, POINT, 8, "module(x)['out']"),
        (lambda x: None, POINT, 8, "real tensor, not NoneType"),
        (lambda x: x + 0j, POINT, 8, "real tensor, not torch.complex128"),
        (NORM, POINT, 8, "batch norm is in training mode"),
        (lambda x: NORM(x), POINT, 8, "batch norm is in training mode"),
        (nn.Dropout(), POINT, 8, "call eval()"),
        (lambda x: x.detach().sqrt(), 0 * POINT, 8, "differentiably"),
    ],
)
def test_errors(module, x, probes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        nongradient_fraction(module, x, probes)


def test_a_refused_batch_norm_has_not_changed():
    before = NORM.running_mean.clone()
    with pytest.raises(ValueError, match="batch norm"):
        nongradient_fraction(NORM, POINT)
    assert torch.equal(NORM.running_mean, before)
