"""Function transforms are seen, so that the plain forms serve inside of them."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import forward_ad

from fieldcheck import ops
from fieldcheck.ops._transforms import transformed


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, where it scripts rules
def test_transforms_are_seen():
    seen = []

    def look(x):
        seen.append(transformed(torch.ones(3), x))
        return x

    x = torch.ones(2, 3)
    torch.func.vmap(look)(x)
    torch.func.grad(lambda x: look(x).sum())(x)
    with forward_ad.dual_level():
        look(forward_ad.make_dual(x, x))
    assert seen == [True, True, True]
    look(x)
    assert seen[-1] is False


@pytest.mark.parametrize("transform", [torch.func.grad, torch.func.jacrev])
def test_transforms_of_the_free_energy_compile(transform):
    torch._dynamo.reset()
    x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    f = transform(lambda q: ops.free_energy(q, x).energy.square().sum())
    torch.testing.assert_close(torch.compile(f, fullgraph=True, backend="aot_eager")(x), f(x))
