"""The share of the Jacobian that is no gradient: known cases, errors, and the estimate's error."""

import pytest
import torch

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


@pytest.mark.parametrize(
    ("module", "x", "probes", "words"),
    [
        (lambda x: x[:2], POINT, 4, "shape"),
        (lambda x: x, POINT, 1, "two probes"),
        (lambda x: x, torch.arange(3), 4, "floating point"),
        (torch.sqrt, 0 * POINT, 4, "not finite"),
    ],
)
def test_errors(module, x, probes, words):
    with pytest.raises(ValueError, match=words):
        nongradient_fraction(module, x, probes)
