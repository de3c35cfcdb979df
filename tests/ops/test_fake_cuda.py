"""CUDA without a GPU: traced over tensors that have shape, dtype and device alone.

A torch that was built without CUDA does not index such tensors, nor walk back through a graph of
them: what indexes is left to a device, and derivatives are asked for by their operators.
"""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from fieldcheck import ops

CALLS = {
    "colu": ([(3, 16)], lambda x: ops.colu(x, 4)),
    "colu rectified": ([(3, 16)], lambda x: ops.colu(x, 4, negative="rectified")),
    "rcolu": ([(3, 16)], lambda x: ops.rcolu(x, 4)),
    "soc_projection": ([(3, 16)], lambda x: ops.soc_projection(x, 4, half_angle=0.5)),
    "gibbs": ([(3, 5)], lambda e: ops.gibbs(e, 0.3)),
    "gibbs_free_energy": ([(3, 5)], lambda e: ops.gibbs_free_energy(e, 0.3, dim=(0, 1))),
    "free_energy": ([(2, 3, 5, 8), (2, 3, 7, 8)], lambda q, k: ops.free_energy(q, k)),
    "free_energy, both": (
        [(2, 3, 5, 8), (2, 3, 7, 8)], lambda q, k: ops.free_energy(q, k, key_force=True),
    ),
    "free_energy, causal": (
        [(2, 3, 5, 8), (2, 3, 7, 8)], lambda q, k: ops.free_energy(q, k, mask=ops.Causal()),
    ),
    "free_energy, groups": (
        [(2, 4, 5, 8), (2, 2, 7, 8)], lambda q, k: ops.free_energy(q, k, enable_gqa=True),
    ),
    "glu_potential": ([(2, 5, 4), *[(4, 3)] * 3], ops.glu_potential),
}  # fmt: skip


def listed(found):
    parts = (found,) if isinstance(found, torch.Tensor) else found
    return [y for y in parts if y is not None]


def same(found, right):
    for y, z in zip(listed(found), listed(right), strict=True):
        assert (y.shape, y.dtype, y.device.type) == (z.shape, z.dtype, "cuda")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_operation(name, dtype):
    shapes, f = CALLS[name]
    draw = torch.Generator().manual_seed(0)
    right = f(*(torch.randn(s, generator=draw).to(dtype) for s in shapes))
    with FakeTensorMode():
        same(f(*(torch.empty(s, dtype=dtype, device="cuda") for s in shapes)), right)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_operators_of_derivatives(dtype):
    """Asked for by name: torch's engine does not walk back on a device that is not there."""

    def run(device):
        q, k = (torch.zeros(2, 3, n, 8, dtype=dtype, device=device) for n in (5, 7))
        lse = torch.zeros(2, 3, 5, device=device)
        x = torch.zeros(3, 16, dtype=dtype, device=device)
        given = (None, "causal", 0.5)
        op = torch.ops.fieldcheck
        return [
            *op.attend(q, k, *given, True),
            op.scatter(q, k, lse, lse, *given),
            *op.attend_vjp(q, k, q, lse, q, lse, *given),
            *op.scatter_vjp(q, k, lse, lse, k, *given),
            op.conic(x, "rcolu rectified", 4, 1.0),
            op.conic_vjp(x, x, "soc", 4, 0.5),
            op.soc(x, torch.ones(()), 4),
            op.soc_vjp(x, x, torch.ones(()), 4),
        ]

    with FakeTensorMode():
        found = run("cuda")
    same(found, run("cpu"))
