"""Gibbs distributions where digits, infinities and axes make trouble."""

import importlib
import math

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import reference

# The package has a function of this name in front of the module.
_gibbs = importlib.import_module("fieldcheck.ops.gibbs")
GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def wide(x) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("temperature", [0.3, 1.0, 0.7, 2.0, 1e-3, 2.0**-12, 5e-324])
@pytest.mark.parametrize("base", [0.0, 1e6, -1e6, 6e4])
def test_a_common_part_costs_no_digits(temperature, base):
    e = torch.tensor([base, base + 0.25, base + 0.5])
    weight = [math.exp(-d / temperature) for d in (0.0, 0.25, 0.5)]
    right = torch.tensor([w / sum(weight) for w in weight])
    torch.testing.assert_close(ops.gibbs(e, temperature), right, rtol=2e-6, atol=1e-7)
    warm = torch.tensor(temperature)
    if warm > 0:
        torch.testing.assert_close(ops.gibbs(e, warm), right, rtol=2e-6, atol=1e-7)
    free = base - temperature * math.log(sum(weight))
    torch.testing.assert_close(ops.gibbs_free_energy(e, temperature), torch.tensor(free))


def test_the_case_that_was_wrong():
    found = ops.gibbs(torch.tensor([1e6, 1e6 + 0.25, 1e6 + 0.5]), 0.3)
    assert [round(p, 4) for p in found.tolist()] == [0.6160, 0.2677, 0.1163]


CASES = [
    # energies, free energy as tau -> -tau log 2 or a number, its gradient
    ([INF, 0.0], 0.0, [0.0, 1.0]),
    ([INF, INF], INF, [NAN, NAN]),
    ([INF], INF, [NAN]),
    ([-INF, 0.0], -INF, [NAN, 0.0]),
    ([-INF, INF], -INF, [NAN, 0.0]),
    ([-INF, -INF], -INF, [NAN, NAN]),
    ([NAN, 0.0], NAN, [NAN, NAN]),
    ([NAN, INF], NAN, [NAN, NAN]),
    ([NAN, -INF], NAN, [NAN, NAN]),
    ([3e38, -3e38], -3e38, [0.0, 1.0]),
]


@pytest.mark.parametrize(("energies", "free", "slope"), CASES)
@pytest.mark.parametrize("temperature", [1.0, 0.3, 1e-4, torch.tensor(0.3)])
def test_infinite_energies_are_as_documented(energies, free, slope, temperature):
    e = torch.tensor(energies, requires_grad=True)
    found = ops.gibbs_free_energy(e, temperature)
    torch.testing.assert_close(found, torch.tensor(free), equal_nan=True)
    found.backward()
    torch.testing.assert_close(e.grad, torch.tensor(slope), equal_nan=True)
    p = ops.gibbs(e, temperature)
    lost = torch.full_like(p, NAN) if math.isnan(math.fsum(slope)) else torch.tensor(slope)
    torch.testing.assert_close(p, lost, equal_nan=True)


@pytest.mark.parametrize("dim", [(0, 1), (1, 2), (-1, 0), [2, 0, 1], (1,)])
@pytest.mark.parametrize("temperature", [0.7, "tensor"])
def test_states_may_fill_several_axes(dim, temperature):
    e = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    warm = temperature
    if temperature == "tensor":
        kept = [1 if k in [d % 3 for d in dim] else n for k, n in enumerate(e.shape)]
        warm = torch.linspace(0.5, 2, math.prod(kept), dtype=e.dtype).view(kept)
    weight = torch.exp(-e / warm)
    total = weight.sum(tuple(dim), keepdim=True)
    torch.testing.assert_close(ops.gibbs(e, warm, dim=dim), weight / total)
    free = (-warm * total.log()).squeeze(tuple(dim))
    torch.testing.assert_close(ops.gibbs_free_energy(e, warm, dim=dim), free)


def test_a_temperature_may_vary_along_the_axes_of_the_states():
    e, warm = torch.rand(2, 2, 3, 4, generator=torch.Generator().manual_seed(0)).add(0.5)
    weight = torch.exp(-e / warm)
    right = weight / weight.sum((0, 2), keepdim=True)
    torch.testing.assert_close(ops.gibbs(e, warm, dim=(0, 2)), right)
    with pytest.raises(ValueError, match="one temperature for all states"):
        ops.gibbs_free_energy(e, warm, dim=(0, 2))


def test_a_number_is_one_state():
    e = torch.tensor(3.0, requires_grad=True)
    for dim in (-1, 0):
        assert ops.gibbs(e, 0.3, dim=dim).item() == 1
        assert ops.gibbs_free_energy(e, 0.3, dim=dim).item() == 3
    assert torch.autograd.grad(ops.gibbs_free_energy(e), e)[0] == 1
    assert ops.gibbs_free_energy(e, torch.tensor(0.5)).item() == 3


@pytest.mark.parametrize(("dim", "words"), [
    ((0, 0), "one axis or several different ones"), ((0, -2), "several different ones"),
    ((), "one axis or several"), ((0, 2), "so dim=2 names no axis"), (5, "so dim=5 names no axis"),
])  # fmt: skip
def test_axes_that_are_none(dim, words):
    for op in (ops.gibbs, ops.gibbs_free_energy):
        with pytest.raises(ValueError, match=words):
            op(torch.zeros(2, 3), dim=dim)


def test_a_number_at_a_temperature_that_is_a_tensor():
    """It has one axis, of length 1, as torch's own functions have it."""
    energy, temperature = torch.tensor(2.0), torch.tensor(0.5)
    assert ops.gibbs(energy, temperature=temperature) == 1
    assert ops.gibbs_free_energy(energy, temperature=temperature) == 2


def test_probabilities_by_hand():
    e = wide([[0.0, math.log(2)], [math.log(3), 0.0]])
    for op in (ops.gibbs, reference.gibbs):
        torch.testing.assert_close(op(e), wide([[2 / 3, 1 / 3], [0.25, 0.75]]))
        torch.testing.assert_close(op(e, 0.5), wide([[0.8, 0.2], [0.1, 0.9]]))
        torch.testing.assert_close(op(e, dim=0), wide([[0.75, 1 / 3], [0.25, 2 / 3]]))
        tau = wide([[1.0], [0.5]])
        torch.testing.assert_close(op(e, tau), wide([[2 / 3, 1 / 3], [0.1, 0.9]]))
    for op in (ops.gibbs_free_energy, reference.gibbs_free_energy):
        torch.testing.assert_close(op(e), -torch.log(wide([1.5, 4 / 3])))
        torch.testing.assert_close(op(e, 0.5), -0.5 * torch.log(wide([1.25, 10 / 9])))
        torch.testing.assert_close(op(e, dim=0), -torch.log(wide([4 / 3, 1.5])))
    tau = wide([[1.0], [0.5]])
    expected = -wide([1, 0.5]) * torch.log(wide([1.5, 10 / 9]))
    torch.testing.assert_close(ops.gibbs_free_energy(e, tau), expected)


@pytest.mark.parametrize("tau", [_gibbs.WARM, _gibbs.WARM / 2, 1e-310])
def test_cold_probabilities(tau):
    e = wide([1e300, 1e300, 1e300 * (1 + 1e-10)]) if tau < 1e-300 else wide([3.0, 3.0, 4.0])
    weight = math.exp(-1 / tau) if tau > 1e-300 else 0.0
    expected = wide([1, 1, weight]) / (2 + weight)
    torch.testing.assert_close(ops.gibbs(e, tau), expected)


def test_which_temperatures_and_axes_are_refused():
    e = draw(2, 3)
    for dim in (-2, 1):
        ops.gibbs(e, dim=dim)
    for dim in (-3, 2):
        with pytest.raises(ValueError, match=f"dim={dim} names no axis"):
            ops.gibbs(e, dim=dim)
    with pytest.raises(ValueError, match="axis 1 has no state"):
        ops.gibbs(e[:, :0], dim=1)
    with pytest.raises(ValueError, match="does not broadcast"):
        ops.gibbs(e, draw(2))
    with pytest.raises(ValueError, match="does not broadcast"):
        ops.gibbs(e, draw(1, 2, 3))
    with pytest.raises(ValueError, match="one temperature for all states"):
        ops.gibbs_free_energy(e, draw(2, 3))


@pytest.mark.parametrize("temperature", [0.5, 2.0**-10, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_energies_near_the_ends_of_a_type_have_a_law(dtype, temperature):
    low = -0.9 * torch.finfo(dtype).max
    for pair in ([low, low], [-low, -low]):
        shares = ops.gibbs(torch.tensor(pair, dtype=dtype), temperature)
        assert shares.tolist() == [0.5, 0.5]


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
@pytest.mark.parametrize("op", ["gibbs", "gibbs_free_energy"])
def test_a_state_at_infinity_is_as_if_it_were_not_in_the_temperature_too(op):
    tau = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    results = []
    for energies in ([0.0, 1.0], [0.0, 1.0, INF]):
        e = torch.tensor(energies, dtype=torch.float64, requires_grad=True)
        y = getattr(ops, op)(e, tau).flatten()[0]
        of_e, of_tau = torch.autograd.grad(y, (e, tau), create_graph=True)
        again = torch.autograd.grad(of_tau + of_e[0], (e, tau))
        along = torch.func.jvp(lambda t: getattr(ops, op)(e.detach(), t), (tau.detach(),), (tau,))  # noqa: B023
        results.append([of_e[:2], of_tau, again[0][:2], again[1], along[1].flatten()[:1]])
        assert (of_e[2:] == 0).all()
        assert (again[0][2:] == 0).all()
    for alone, beside in zip(*results, strict=True):
        torch.testing.assert_close(beside, alone)


def test_states_of_their_own_temperatures_at_infinity():
    e = torch.tensor([0.0, 1.0, INF], dtype=torch.float64)
    tau = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64, requires_grad=True)
    slope = torch.autograd.grad(ops.gibbs(e, tau)[0], tau)[0]
    alone = torch.autograd.grad(ops.gibbs(e[:2], tau[:2])[0], tau)[0]
    torch.testing.assert_close(slope, alone)


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_energies_further_apart_than_the_largest_number(dtype, as_tensor):
    top = torch.finfo(dtype).max
    tau = top / 4
    e = torch.tensor([-0.75 * top, 0.75 * top, 0.0], dtype=dtype, requires_grad=True)
    given = torch.tensor(tau, dtype=dtype) if as_tensor else tau
    weight = torch.tensor([1.0, math.exp(-6), math.exp(-3)], dtype=dtype)
    right = weight / weight.sum()
    torch.testing.assert_close(ops.gibbs(e, given), right)
    free = ops.gibbs_free_energy(e, given)
    torch.testing.assert_close(free / top, -0.75 - weight.sum().log() / 4)
    torch.testing.assert_close(torch.autograd.grad(free, e)[0], right)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_temperature_below_the_smallest_number_has_the_slope_of_the_lowest_state(dtype):
    e = torch.tensor([1.0, 0.0, 2.0], dtype=dtype, requires_grad=True)
    free = ops.gibbs_free_energy(e, 5e-324)
    assert torch.autograd.grad(free, e)[0].tolist() == [0.0, 1.0, 0.0]
