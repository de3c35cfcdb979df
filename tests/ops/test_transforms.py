"""Function transforms are seen, so that the plain forms serve inside of them."""

from __future__ import annotations

import importlib
import math

import pytest
import torch
from torch.autograd import forward_ad

from fieldcheck import ops
from fieldcheck.ops import _transforms
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


GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def test_fresh_code_is_the_same_function():
    def f(a, b=2, *, c=3):
        return a + b * c

    copy = _transforms.fresh(f)
    assert copy.__code__ is not f.__code__
    assert (copy(1), copy(1, 5, c=7), copy.__name__) == (7, 36, "f")
    with pytest.raises(AssertionError):
        _transforms.fresh(math.sin)


def test_a_mask_inside_a_transform_is_held_to_queries_and_keys():
    q, k = draw(3, 2), draw(4, 2)
    table = torch.tensor([[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1]], dtype=torch.bool)
    energy = lambda q: ops.free_energy(q, k, mask=table).energy.sum()
    plain = q.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(energy(plain), plain)
    assert torch.allclose(torch.func.grad(energy)(q), wanted)
    wrong = lambda q: ops.free_energy(q, k, mask=table[:2]).energy.sum()
    with pytest.raises(ValueError, match="mask"):
        torch.func.grad(wrong)(q)


@pytest.mark.parametrize("name", ["is_functorch_wrapped_tensor", "get_dynamic_layer_stack_depth"])
def test_a_torch_without_the_private_names_has_no_transforms_to_see(monkeypatch, name):
    monkeypatch.delattr(torch._C._functorch, name)
    file = importlib.util.find_spec("fieldcheck.ops._transforms")
    module = importlib.util.module_from_spec(file)
    file.loader.exec_module(module)
    if name == "get_dynamic_layer_stack_depth":
        assert module._depth() == 0
    else:
        assert module._is_wrapped(draw(1)) is False
