"""Every cell of the table of what the operations bear, tried."""

import functools
from typing import NamedTuple

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import _check
from fieldcheck.ops.support import SUPPORT, TRANSFORMS, table

REFUSED = (torch.int64, torch.bool, torch.complex64)


class Example(NamedTuple):
    """Shapes of an operation's tensors, and further options; N stands for a size that may vary."""

    shapes: tuple[tuple[int | str, ...], ...]
    options: dict
    annealed: tuple[float, ...] = ()


EXAMPLES = {
    "colu": Example((("N", 8),), {"size": 4}, (0.1, 0.2, 0.3)),
    "rcolu": Example((("N", 8),), {"size": 4, "negative": "rectified"}, (0.1, 0.2, 0.3)),
    "soc_projection": Example((("N", 8),), {"size": 4}, (0.5, 0.6, 0.7)),
    "psd_projection": Example((("N", 3, 3),), {}),
    "gibbs": Example((("N", 5),), {}, (0.3, 0.5, 0.7)),
    "gibbs_free_energy": Example((("N", 5),), {}, (0.3, 0.5, 0.7)),
    "free_energy": Example((("N", 4), (6, 4)), {"key_force": True}, (0.3, 0.5, 0.7)),
    "quartic": Example((("N", 4), *[(2, 4, 2)] * 4), {}),
    "glu_potential": Example((("N", 4), *[(4, 3)] * 3), {}),
}
pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated"),
    pytest.mark.filterwarnings("ignore:.*should not be instantiated"),  # dynamo's own doing
]
OPS = pytest.mark.parametrize("name", SUPPORT)


def tensors(name, dtype=torch.float64, n=3):
    draw = torch.Generator().manual_seed(len(name))
    made = []
    for shape in EXAMPLES[name].shapes:
        size = [n if s == "N" else s for s in shape]
        part = lambda: torch.randn(size, generator=draw, dtype=torch.float64)  # noqa: B023
        made.append((torch.complex(part(), part()) if dtype.is_complex else part()).to(dtype))
    return made


def call(name, *args, **more):
    """All results of the operation, in a tuple."""
    found = getattr(ops, name)(*args, **EXAMPLES[name].options, **more)
    return (found,) if isinstance(found, torch.Tensor) else tuple(found)


def total(name, *args):
    """A number that all results enter."""
    return sum((y * y.conj()).real.sum() + y.real.sum() for y in call(name, *args))


def near(got, right, tolerance=1e-9):
    for a, b in zip(got, right, strict=True):
        assert a.dtype == b.dtype
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def test_each_operation_has_a_row_and_an_example():
    functions = {n for n in ops.__all__ if n.islower()} - {"explain", "attention_road"}
    assert set(SUPPORT) == set(EXAMPLES) == functions
    head, rows = table()
    assert [row[0].strip("`") for row in rows] == list(SUPPORT)
    assert all(len(row) == len(head) and all(row) for row in rows)


@OPS
def test_dtypes(name):
    for dtype in (*_check.FLOATING, *_check.COMPLEX, torch.int64, torch.bool):
        args = tensors(name, dtype)
        if dtype not in SUPPORT[name].dtypes:
            with pytest.raises(TypeError, match=f"{name}: .* has dtype {dtype}"):
                call(name, *args)
            continue
        exact = call(name, *(x.to(torch.complex128 if dtype.is_complex else torch.float64)
                             for x in args))  # fmt: skip
        for k, (y, z) in enumerate(zip(call(name, *args), exact, strict=True)):
            half = dtype in (torch.float16, torch.bfloat16)
            energy = k == 0 and SUPPORT[name].energy
            assert y.dtype == (torch.float32 if half and energy else y.dtype)
            if not energy:
                assert y.dtype == dtype
            tolerance = 64 * torch.finfo(dtype).eps
            torch.testing.assert_close(y.to(z.dtype), z, rtol=tolerance, atol=tolerance)


@OPS
def test_autocast(name):
    """Values and derivatives are those outside; tensors of several dtypes meet in the widest."""
    args = [x.requires_grad_() for x in tensors(name, torch.float32)]
    right = call(name, *args)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = call(name, *args)
        mixed = call(name, args[0].detach().bfloat16(), *args[1:])
    near(got, right, 0)
    near(torch.autograd.grad(sum(y.sum() for y in got), args),
         torch.autograd.grad(sum(y.sum() for y in right), args), 1e-6)  # fmt: skip
    widest = torch.bfloat16 if len(args) == 1 else torch.float32
    assert mixed[-1].dtype == widest


@OPS
def test_derivatives_within_autocast(name):
    """A force taken as the gradient of an energy, and a penalty on it, both within the block."""
    results = []
    for on in (False, True):
        args = [x.requires_grad_() for x in tensors(name, torch.float32)]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=on):
            first = torch.autograd.grad(total(name, *args), args, create_graph=True)
            second = torch.autograd.grad(sum(g.square().sum() for g in first), args)
            along = lambda x: total(name, x, *(y.detach() for y in args[1:]))  # noqa: B023
            pulled = torch.func.grad(along)(args[0].detach())
            pushed = torch.func.jvp(torch.func.grad(along), *[(args[0].detach(),)] * 2)[1]
        results.append([*first, *second, pulled, pushed])
    for got, right in zip(*results[::-1], strict=True):
        scale = right.abs().max().clamp_min(1)
        torch.testing.assert_close(got / scale, right / scale, rtol=0, atol=1e-5)


@OPS
def test_shapes_without_values(name):
    """Tensors on meta, which has no autocast: shapes and dtypes are those of values."""
    for dtype in (torch.float32, torch.float16):
        args = tensors(name, dtype)
        empty = [torch.empty_like(x, device="meta", requires_grad=True) for x in args]
        found = call(name, *empty)
        for got, right in zip(found, call(name, *args), strict=True):
            assert (got.device.type, got.shape, got.dtype) == ("meta", right.shape, right.dtype)
        sum(y.sum() for y in found).backward()
        assert all(x.grad.shape == x.shape for x in empty)


@OPS
def test_a_cotangent_may_carry_a_tangent(name):
    args = [x.requires_grad_() for x in tensors(name, n=2)]
    f = lambda *args: call(name, *args)
    assert torch.autograd.gradgradcheck(f, args, check_fwd_over_rev=True)


@OPS
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transforms(name, transform):
    assert transform in SUPPORT[name].transforms
    x, *rest = tensors(name)
    f = lambda x: total(name, x, *rest)
    many = lambda x: call(name, x, *rest)[-1]
    derivative = lambda x: torch.autograd.grad(f(x), x, create_graph=True)[0]
    leaf = x.clone().requires_grad_()
    if transform == "vmap":
        xs = torch.stack((x, 2 * x))
        apart = zip(*(call(name, x, *rest) for x in xs), strict=True)
        near(torch.vmap(lambda x: call(name, x, *rest))(xs), [torch.stack(ys) for ys in apart])
    elif transform == "grad":
        near([torch.func.grad(f)(x)], [derivative(leaf)])
    elif transform == "jvp":
        slope = torch.func.jvp(f, (x,), (x.flip(0),))[1]
        near([slope], [(derivative(leaf) * x.flip(0)).sum()])
    elif transform == "hessian":
        near([torch.func.hessian(f)(x)], [torch.autograd.functional.hessian(f, x)])
    else:
        near([getattr(torch.func, transform)(many)(x)],
             [torch.autograd.functional.jacobian(many, x)])  # fmt: skip


@OPS
def test_compile(name):
    """One graph for all sizes and for a number that anneals."""
    torch._dynamo.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    named, values = SUPPORT[name].anneals, EXAMPLES[name].annealed
    assert bool(named) == bool(values)

    def f(args, number):
        return call(name, *args, **({named: number} if named else {}))

    fast = torch.compile(f, fullgraph=True, dynamic=True, backend=backend)
    for n in (9, 10, 11):  # no other size, or they would be taken for one
        for number in values or (None,):
            args = [x.requires_grad_() for x in tensors(name, n=n)]
            got, right = fast(args, number), f(args, number)
            near(got, right)
            near(torch.autograd.grad(sum(y.sum() for y in got), args),
                 torch.autograd.grad(sum(y.sum() for y in right), args))  # fmt: skip
    assert len(graphs) == 1


@OPS
def test_export(name):
    class Layer(torch.nn.Module):
        def forward(self, *args):
            return call(name, *args)

    size = torch.export.Dim("N", min=2, max=64)
    shapes = tuple({0: size} if s[0] == "N" else None for s in EXAMPLES[name].shapes)
    program = torch.export.export(Layer(), tuple(tensors(name)), dynamic_shapes=(shapes,))
    for n in (3, 7):
        near(program.module()(*tensors(name, n=n)), call(name, *tensors(name, n=n)))


@OPS
def test_second_derivatives(name):
    args = [x.requires_grad_() for x in tensors(name, n=2)]
    f = functools.partial(call, name)
    assert torch.autograd.gradcheck(f, args, fast_mode=True)
    assert torch.autograd.gradgradcheck(f, args, fast_mode=True)
    if SUPPORT[name].second == "any order":
        third = lambda *x: torch.autograd.grad(total(name, *x), x, create_graph=True)
        assert torch.autograd.gradgradcheck(third, args, fast_mode=True)


@OPS
def test_special_numbers(name):
    """A NaN, wherever it stands, spoils all that depends on it and nothing else."""
    word = SUPPORT[name].special
    clean = tensors(name, torch.float32)
    right = call(name, *clean)
    for which in range(len(clean)):
        bad = [y.clone() for y in clean]
        bad[which].view(-1)[-1] = torch.nan  # in the last row
        if word == "refused; NaN at 2 x 2":
            with pytest.raises(RuntimeError):
                call(name, *bad)
            for size in (1, 2):
                small = torch.eye(size)
                small[-1, 0] = torch.nan
                assert not any(y.isfinite().any() for y in call(name, small))
            for end, relu in ((torch.inf, torch.inf), (-torch.inf, 0.0)):
                assert call(name, torch.tensor([[end]]))[0].item() == relu
                assert call(name, torch.diag(torch.tensor([end, 1.0])))[0].isnan().all()
            return
        got = call(name, *bad)
        if word == "NaN: all":
            assert all(y.isnan().all() for y in got)
        elif word == "NaN: its row" and which == 0:
            assert all(y[-1].isnan().all() for y in got)
            near([y[:-1] for y in got], [y[:-1] for y in right], 0)
        elif word == "NaN: its group":
            assert got[0][-1, 5:].isnan().all()
            near([got[0][:-1], got[0][-1, :4]], [right[0][:-1], right[0][-1, :4]], 0)
        elif word == "NaN: all rows that meet it" and which == 0:
            energy, force, received = got
            assert energy[-1].isnan()
            assert force[-1].isnan().all()
            assert received.isnan().all()
            near([energy[:-1], force[:-1]], [right[0][:-1], right[1][:-1]], 1e-6)
        else:
            assert got[0][-1].isnan().all()
