"""The preset for the authors' package, against its formulas written out in numpy."""

import numpy as np
import pytest
import torch

from fieldcheck.cones import CoLU, RCoLU, SecondOrderCone

SCALINGS = ["hard", "soft", "sqrt", "log"]


def axis(t, scaling):
    return t / (1 + np.exp(-t)) if scaling == "soft" else np.maximum(t, 0)


def factor(q, scaling):
    return {
        "hard": lambda: np.clip(q, 0, 1),
        "soft": lambda: 1 / (1 + np.exp(-(q - 0.5))),
        "sqrt": lambda: np.sqrt(np.maximum(q, 0)),
        "log": lambda: np.log1p(np.maximum(q, 0)),
    }[scaling]()


def tokens(channels):
    return torch.randn(7, channels, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("shared", [False, True])
def test_colu_is_the_packages(scaling, shared):
    groups, axes = (4, 1) if shared else (3, 3)
    x = tokens(13 if shared else 12)
    t, w = x.numpy()[:, :axes, None], x.numpy()[:, axes:].reshape(7, groups, 3)
    t = axis(t, scaling)
    body = factor(t / (np.linalg.norm(w, axis=-1, keepdims=True) + 1e-7), scaling) * w
    right = np.concatenate([t.reshape(7, -1), body.reshape(7, -1)], 1)
    for layer in (
        CoLU.jax_colu(4, scaling=scaling, shared=shared),
        CoLU.jax_colu(groups=groups, scaling=scaling, shared=shared),
    ):
        np.testing.assert_allclose(layer(x).numpy(), right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_rcolu_is_the_packages(scaling):
    x = tokens(12)
    z = x.numpy().reshape(7, 3, 4)
    t = z.sum(-1, keepdims=True) / 2
    w = z - t / 2
    t = axis(t, scaling)
    c = factor(t / (np.linalg.norm(w, axis=-1, keepdims=True) + 1e-7), scaling)
    got = RCoLU.jax_colu(4, scaling=scaling)(x).numpy()
    np.testing.assert_allclose(got, (t / 2 + c * w).reshape(7, 12), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [CoLU.jax_colu, RCoLU.jax_colu])
@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_its_derivatives(make, scaling):
    layer = make(4, scaling=scaling)
    assert torch.autograd.gradcheck(layer, tokens(8)[:2].requires_grad_())
    for x in (torch.zeros(8), torch.full((8,), 1e-30), torch.full((8,), 1e20)):
        assert torch.func.grad(lambda x: layer(x).sum())(x).isfinite().all()
    assert layer(tokens(8).half()).dtype == torch.float16


def test_it_says_what_it_is():
    assert str(CoLU.jax_colu(4, scaling="soft")) == "CoLU(size=4, dim=-1, planar, silu, eps=1e-07)"
    with pytest.raises(ValueError, match=r"CoLU\.jax_colu: scaling must be one of 'hard', 'soft'"):
        CoLU.jax_colu(4, scaling="silu")


def test_sizes_of_other_libraries():
    for layer in (CoLU(np.int64(4)), RCoLU(np.int64(4)), SecondOrderCone(np.int64(4))):
        assert type(layer.size) is int
    with pytest.raises(
        ValueError, match=r"CoLU: size must be a whole number of at least 1, not 4\.0"
    ):
        CoLU(4.0)


@pytest.mark.parametrize(
    ("layer", "name", "values"),
    [
        (CoLU(4, eps=0.1), "eps", [0.1 * k for k in range(1, 14)]),
        (CoLU(4, form="soft", eps=0.1), "eps", [0.1 * k for k in range(1, 14)]),
        (RCoLU(4, eps=0.1), "eps", [0.1 * k for k in range(1, 14)]),
        (SecondOrderCone(4), "half_angle", [0.1 * k for k in range(1, 14)]),
        (SecondOrderCone(4, planar=True), "half_angle", [0.1 * k for k in range(1, 14)]),
        (CoLU(4), "training", [True]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*should not be instantiated")
def test_layers_compile_whole_and_anneal(layer, name, values):
    """Many more values than a compiler would make graphs for."""
    torch._dynamo.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    fast = torch.compile(layer, fullgraph=True, dynamic=True, backend=backend)
    for value in values:
        setattr(layer, name, value)
        x = tokens(8)[:3].requires_grad_()
        torch.testing.assert_close(fast(x), layer(x))
        got, right = (torch.autograd.grad(g(x).sum(), x)[0] for g in (fast, layer))
        torch.testing.assert_close(got, right)
    assert len(graphs) <= 2
