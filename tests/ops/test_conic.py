# ruff: noqa: E501  (tables of cases read best one a line)
"""Conic activations: the compiled loops, the plain forms, and the definition written out by hand."""

import itertools
import math

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from fieldcheck import ops
from fieldcheck.ops import conic, native, reference

KINDS = {
    "colu": lambda x, s: ops.colu(x, s),
    "rcolu": lambda x, s: ops.rcolu(x, s),
    "colu rectified": lambda x, s: ops.colu(x, s, negative="rectified"),
    "rcolu rectified": lambda x, s: ops.rcolu(x, s, negative="rectified"),
    "soc": lambda x, s: ops.soc_projection(x, s),
    "soc-narrow": lambda x, s: ops.soc_projection(x, s, half_angle=0.3),
    "soc-wide": lambda x, s: ops.soc_projection(x, s, half_angle=1.3),
}
#: In lanes of a vector, in whole vectors, and neither.
SIZES = [1, 2, 3, 4, 5, 8, 16, 24, 32, 48]


@pytest.fixture(params=["native", "plain"])
def road(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr(native, "available", lambda dtype: False)
    elif not native.available(torch.float32):
        pytest.skip(f"no compiled loop: {native.status()[1]}")
    return request.param


def by_hand(x: list[float], kind: str) -> list[float]:
    """One group, from the definition, in Python numbers."""
    kind, _, rectified = kind.partition(" ")
    if rectified and (x[0] if kind == "colu" else math.fsum(x)) <= 0:
        return [0.0] * len(x)
    if kind == "rcolu":
        mean = math.fsum(x) / len(x)
        body = [a - mean for a in x]
        r, t = math.hypot(*body), mean * math.sqrt(len(x))
        c = 0.0 if t <= 0 else 1.0 if t >= r else t / r
        return [mean + c * b for b in body]
    t, body = x[0], x[1:]
    r = math.hypot(*body)
    if kind == "colu":
        c = 0.0 if t <= 0 else 1.0 if t >= r else t / r
        return [t, *(c * b for b in body)]
    a = math.tan({"soc": math.pi / 4, "soc-narrow": 0.3, "soc-wide": 1.3}[kind])
    if r <= a * t:
        return x
    s = (t + a * r) / (1 + a * a)
    return [s, *(a * s * b / r for b in body)] if s > 0 else [0.0] * len(x)


def groups(size: int, dtype=torch.float64) -> torch.Tensor:
    """Rows of groups from every region and stratum: inside, polar, between, surface, axis, zero."""
    generator = torch.Generator().manual_seed(size)
    x = torch.randn(40, size, generator=generator, dtype=torch.float64)
    x[:10, 0] += 3
    x[10:20, 0] -= 3
    x[20] = 0
    x[21] = 0
    x[21, 0] = 2
    x[22] = 0
    x[22, 0] = -2
    x[23, 0] = 0
    if size > 1:
        x[24] = 0
        x[24, :2] = torch.tensor([3.0, 3.0])  # on the surface
    x[25] = 7  # the axis of the rotated form
    x[26] = -7
    return x.to(dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_values_are_the_definition(kind, size, dtype, road):
    x = groups(size, dtype)
    got = KINDS[kind](x.reshape(5, -1), size)
    assert got.shape == (5, 8 * size)
    assert got.dtype == dtype
    right = torch.tensor([by_hand(row, kind) for row in x.tolist()], dtype=torch.float64)
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(got.double().reshape(40, size), right, rtol=8 * eps, atol=32 * eps)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_both_roads_have_one_derivative(kind, size):
    """Compiled derivative, closed form and autograd of the plain form, strata included."""
    if not native.available(torch.float64):
        pytest.skip(f"no compiled loop: {native.status()[1]}")
    x = groups(size).reshape(5, -1).requires_grad_()
    g = torch.randn(x.shape, generator=torch.Generator().manual_seed(1), dtype=x.dtype)
    (got,) = torch.autograd.grad(KINDS[kind](x, size), x, g)
    name, a = slope(kind)
    torch.testing.assert_close(got, reference.conic_vjp(x.detach(), g, name, size, a))
    torch.testing.assert_close(got, conic.plain_vjp(x.detach(), g, name, size, a))
    assert torch.isfinite(got).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 3, 4, 8])
def test_first_and_second_derivatives(kind, size, road):
    # Away from the surface and from t = 0, where the maps have kinks.
    x = groups(size)[[0, 10, 30, 31]].reshape(2, -1).requires_grad_()
    f = lambda x: KINDS[kind](x, size)
    assert gradcheck(f, x)
    assert gradgradcheck(f, x)


def slope(kind):
    """The kind's name without its angle, and the slope of the cone's side."""
    name, _, angle = kind.partition("-")
    return name, {"": 1.0, "narrow": math.tan(0.3), "wide": math.tan(1.3)}[angle]


def smooth(x: torch.Tensor, kind: str) -> torch.Tensor:
    """Which groups lie off the kinks, so that rounding cannot move them across."""
    name, a = slope(kind)
    if name.startswith("rcolu"):
        t = x.mean(-1, keepdim=True) * math.sqrt(x.shape[-1])
        r = (x - x.mean(-1, keepdim=True)).norm(dim=-1, keepdim=True)
    else:
        t, r = x[..., :1], x[..., 1:].norm(dim=-1, keepdim=True)
    edges = (t, t - r) if name != "soc" else (r - a * t, t + a * r)
    whole = x.norm(dim=-1, keepdim=True)
    off = torch.stack([edge.abs() > 0.02 * whole for edge in edges]).all(0)
    return (off | (whole == 0)).expand_as(x)


#: Exponents of two: subnormal, squares that vanish, squares that are subnormal, those that overflow,
#: and sums that do.
MAGNITUDES = {
    torch.float32: (-146, -140, -120, -80, -66, -45, 70, 100, 125),
    torch.float64: (-1070, -1060, -900, -600, -515, -450, 600, 800, 1021),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [2, 3, 4, 8, 16, 32, 48])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_groups_of_any_magnitude(kind, size, dtype, road):
    """The maps are homogeneous, their derivatives do not know the magnitude, in vectors and in what
    is left over."""
    name, a = slope(kind)
    plain = groups(size)[:39]  # more or less than whole vectors
    plain = plain * (7 / plain.norm(dim=1, keepdim=True)).clamp(max=1)
    g = torch.randn(plain.shape, generator=torch.Generator().manual_seed(1), dtype=dtype)
    eps, step = torch.finfo(dtype).eps, torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
    for power in MAGNITUDES[dtype]:
        half = power // 2
        down = lambda x: x.double() * 2.0**-half * 2.0 ** (half - power)  # noqa: B023
        x = (plain * 2.0**half * 2.0 ** (power - half)).to(dtype).requires_grad_()
        z = down(x.detach())  # subnormal tokens were rounded
        right = torch.tensor([by_hand(row, kind) for row in z.tolist()], dtype=torch.float64)
        y = KINDS[kind](x, size)
        atol = 32 * eps + 2 * down(torch.tensor(step, dtype=dtype)).item()
        torch.testing.assert_close(down(y.detach()), right, rtol=32 * eps, atol=atol)
        (d,) = torch.autograd.grad(y, x, g)
        assert d.isfinite().all()
        exact = reference.conic_vjp(z, g.double(), name, size, a)
        there = smooth(z, kind)
        torch.testing.assert_close(d.double()[there], exact[there], rtol=256 * eps, atol=256 * eps)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [3, 4, 32])
def test_gradients_that_overflow_with_the_tokens(kind, size, road):
    """Products of tokens and cotangents are beyond the largest number; the derivative is not."""
    name, a = slope(kind)
    x = (groups(size)[:39] * 1e18).float().requires_grad_()
    g = 1e22 * torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    (d,) = torch.autograd.grad(KINDS[kind](x, size), x, g)
    assert d.isfinite().all()
    z = x.detach().double()
    exact, there = reference.conic_vjp(z, g.double(), name, size, a), smooth(z, kind)
    torch.testing.assert_close(d.double()[there], exact[there], rtol=1e-5, atol=1e-5 * 1e22)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_derivatives_in_lower_precision(kind, size, dtype, road):
    name, a = slope(kind)
    x = groups(size, dtype)[:39].requires_grad_()
    g = torch.randn(x.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    (d,) = torch.autograd.grad(KINDS[kind](x, size), x, g)
    assert d.dtype == dtype
    z = x.detach().double()
    exact, there = reference.conic_vjp(z, g.double(), name, size, a), smooth(z, kind)
    tolerance = (
        64 * torch.finfo(dtype).eps if dtype == torch.float32 else 2 * torch.finfo(dtype).eps
    )
    torch.testing.assert_close(d.double()[there], exact[there], rtol=tolerance, atol=tolerance)


OPTIONS = [
    {"size": 4}, {"groups": 2, "planar": True}, {"size": 4, "negative": "rectified"},
    {"size": 4, "form": "soft"}, {"size": 4, "form": "firm"}, {"size": 4, "eps": 1e-30},
    {"groups": 7, "shared": True},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("tiny", [1e-20, 1e-30, 1e-40, 0.0])
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_plain_forms_have_finite_gradients_beside_tiny_bodies(options, tiny):
    x = torch.tensor([1.0, tiny, 0, -tiny, -1, tiny, tiny, 0], requires_grad=True)
    (d,) = torch.autograd.grad(ops.colu(x, **options).sum(), x)
    assert d.isfinite().all()
    for f in (
        lambda x: ops.colu(x, 4),
        lambda x: ops.rcolu(x, 4),
        lambda x: ops.soc_projection(x, 4),
    ):
        d = torch.func.grad(lambda x: f(x).sum())(x.detach())  # noqa: B023
        (right,) = torch.autograd.grad(f(x).sum(), x)
        torch.testing.assert_close(d, right)
        tangent = torch.func.jvp(f, (x.detach(),), (torch.ones_like(x),))[1]
        assert tangent.isfinite().all()
        (second,) = torch.autograd.grad(
            torch.autograd.grad(f(x).sum(), x, create_graph=True)[0].sum(), x
        )
        assert second.isfinite().all()


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
def test_a_nan_stays_in_its_group(kind, road):
    x = groups(4, torch.float32).reshape(10, 16)
    clean = KINDS[kind](x, 4)
    x = x.clone()
    x[3, 6] = torch.nan
    got = KINDS[kind](x, 4)
    touched = torch.zeros_like(x, dtype=torch.bool)
    touched[3, 4:8] = True
    torch.testing.assert_close(got[~touched], clean[~touched])
    assert torch.isnan(got[3, 5:8]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [2, 3, 4, 16, 48])
def test_a_nan_reaches_all_that_depends_on_it(kind, size, road):
    """The group but for colu's axis, which is x[0] or its positive part; and the whole derivative."""
    x = torch.ones(2 * size, size)
    x[:size].fill_diagonal_(torch.nan)  # one in each place, before and after numbers and zeros
    x[size:].fill_diagonal_(torch.nan)
    x[size:] = torch.where(x[size:] == 1, 0, x[size:])
    leaf = x.clone().requires_grad_()
    y = KINDS[kind](leaf, size)
    (d,) = torch.autograd.grad(y, leaf, torch.ones_like(x))
    lost = torch.ones_like(x, dtype=torch.bool)
    if kind.startswith("colu"):
        lost[1:size, 0] = lost[size + 1 :, 0] = False
    assert y.isnan().equal(lost)
    assert d.isnan().all()
    name, a = slope(kind)
    assert reference.conic(x, name, size, a).isnan().equal(lost)
    assert conic.plain_vjp(x, torch.ones_like(x), name, size, a).isnan().all()
    assert torch.func.grad(lambda x: KINDS[kind](x, size).sum())(x).isnan().all()


SPECIAL = [torch.nan, torch.inf, -torch.inf, 0.0, -0.0, 1.0, -1.0, 1e-40, 3e38]


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc", "colu rectified", "rcolu rectified"])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_special_numbers_are_the_same_on_both_roads(kind, size):
    if not native.available(torch.float32):
        pytest.skip(f"no compiled loop: {native.status()[1]}")
    x = torch.tensor(list(itertools.product(SPECIAL, repeat=size)))
    g = torch.ones_like(x)
    for got, right in (
        (conic.conic(x, kind, size, 1.0), reference.conic(x, kind, size, 1.0)),
        (conic.conic_vjp(x, g, kind, size, 1.0), reference.conic_vjp(x, g, kind, size, 1.0)),
    ):
        torch.testing.assert_close(got, right, rtol=1e-5, atol=1e-6, equal_nan=True)


#: A kink, and the derivative along ones that stands there: from inside the cone, and from below.
KINKS = [
    ("colu", [0.0, 0, 0, 0], [1.0, 0, 0, 0]),
    ("colu", [0.0, 2, 0, 0], [1.0, 0, 0, 0]),
    ("colu", [2.0, 2, 0, 0], [1.0, 1, 1, 1]),
    ("colu", [2.0, 0, 0, 0], [1.0, 1, 1, 1]),
    ("colu rectified", [0.0, 0, 0, 0], [0.0, 0, 0, 0]),
    ("colu rectified", [0.0, 2, 0, 0], [0.0, 0, 0, 0]),
    ("colu rectified", [2.0, 2, 0, 0], [1.0, 1, 1, 1]),
    ("rcolu", [0.0, 0, 0, 0], [1.0, 1, 1, 1]),
    ("rcolu", [1.0, -1, 0, 0], [1.0, 1, 1, 1]),
    ("rcolu", [2.0, 2, 2, 2], [1.0, 1, 1, 1]),
    ("rcolu rectified", [0.0, 0, 0, 0], [0.0, 0, 0, 0]),
    ("rcolu rectified", [1.0, -1, 0, 0], [0.0, 0, 0, 0]),
    ("rcolu rectified", [2.0, 2, 2, 2], [1.0, 1, 1, 1]),
    ("soc", [0.0, 0, 0, 0], [1.0, 1, 1, 1]),
    ("soc", [2.0, 2, 0, 0], [1.0, 1, 1, 1]),
    ("soc", [2.0, 0, 0, 0], [1.0, 1, 1, 1]),
    ("soc", [-2.0, 2, 0, 0], [0.0, 0, 0, 0]),
]


@pytest.mark.parametrize(("kind", "x", "right"), KINKS)
def test_a_kink_has_one_derivative_on_every_road(kind, x, right, road):
    x, right = torch.tensor(x), torch.tensor(right)
    f = lambda x: KINDS[kind](x, 4)
    leaf = x.repeat(9).requires_grad_()  # in a vector and in what is left over
    (d,) = torch.autograd.grad(f(leaf).sum(), leaf)
    torch.testing.assert_close(d, right.repeat(9))
    torch.testing.assert_close(reference.conic_vjp(x, torch.ones(4), kind, 4, 1.0), right)
    torch.testing.assert_close(conic.plain_vjp(x, torch.ones(4), kind, 4, 1.0), right)
    torch.testing.assert_close(torch.func.grad(lambda x: f(x).sum())(x), right)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_the_right_angled_cone_has_its_surface_in_double_precision(road):
    """The double nearest to pi/4 has a tangent below 1, and |w| = t would be outside."""
    x = torch.tensor([5.0, 3, 4, 0], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian
    for module in (ops, reference):
        f = lambda x: module.soc_projection(x, 4)  # noqa: B023
        assert (f(x) == x).all()
        assert (jacobian(f, x) == torch.eye(4)).all()
        assert (torch.func.jacfwd(f)(x) == torch.eye(4)).all()


@pytest.mark.parametrize("kind", ["colu", "rcolu"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [1, 3, 4, 16, 48])
def test_rectified_groups_are_exactly_zero(kind, dtype, size, road):
    x = 1e3 * torch.randn(64, size, generator=torch.Generator().manual_seed(0))
    x = x.to(dtype)
    t = x[:, :1] if kind == "colu" else x.double().sum(-1, keepdim=True)
    clear = (t < -1e-2 * x.double().norm(dim=-1, keepdim=True)).squeeze(-1)
    y = KINDS[f"{kind} rectified"](x, size)
    assert clear.any()
    assert (y[clear] == 0).all()
    torch.testing.assert_close(y[(t > 0).squeeze(-1)], KINDS[kind](x, size)[(t > 0).squeeze(-1)])


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
@pytest.mark.parametrize("shape", [(0, 8), (3, 0), (0,), (2, 0, 4)])
def test_empty_tensors(kind, shape, road):
    x = torch.zeros(shape, requires_grad=True)
    y = KINDS[kind](x, 4)
    assert y.shape == shape
    y.sum().backward()
    assert x.grad.shape == shape


def test_many_threads_and_odd_lengths(road):
    """Long enough for several threads and pieces, and no multiple of a vector; derivatives too."""
    draw = torch.Generator().manual_seed(0)
    for size, width in ((4, 12), (3, 12), (32, 96)):
        x = torch.randn(4973, width, generator=draw).requires_grad_()
        g = torch.randn(x.shape, generator=draw)
        for kind, f in KINDS.items():
            y = f(x, size)
            (d,) = torch.autograd.grad(y, x, g)
            z = x.detach().double()
            name, a = slope(kind)
            exact = reference.conic(z, name, size, a)
            torch.testing.assert_close(y.double(), exact, rtol=1e-5, atol=1e-5)
            exact = reference.conic_vjp(z, g.double(), name, size, a)
            torch.testing.assert_close(d.double(), exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
@pytest.mark.parametrize("size", [4, 32])
def test_large_results_are_those_of_their_parts(kind, size):
    """From 16 MiB on results are stored past the caches: bit for bit the same, in pieces that need
    the scalar form too."""
    if not native.available(torch.float32):
        pytest.skip(f"no compiled loop: {native.status()[1]}")
    x = torch.randn((1 << 22) + 96, generator=torch.Generator().manual_seed(0))
    x[5000], x[40_000:40_032], x[90_000:90_032] = torch.nan, 0, 1e-30
    g = x.flip(0).nan_to_num()

    def both(x, g):
        leaf = x.clone().requires_grad_()
        y = KINDS[kind](leaf, size)
        return [y.detach(), torch.autograd.grad(y, leaf, g)[0]]

    whole = both(x, g)
    parts = [both(a, b) for a, b in zip(x.split(1 << 20), g.split(1 << 20), strict=True)]
    for got, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        torch.testing.assert_close(got, torch.cat(pieces), rtol=0, atol=0, equal_nan=True)


def test_layouts_are_permutations_of_each_other():
    x = groups(4)[:20].reshape(4, 20)
    axes_first = torch.cat((x.view(4, 5, 4)[..., 0], x.view(4, 5, 4)[..., 1:].flatten(1)), 1)

    def undo(y):
        return torch.cat((y[:, :5, None], y[:, 5:].unflatten(1, (5, 3))), 2).flatten(1)

    for f in (ops.colu, ops.soc_projection):
        torch.testing.assert_close(undo(f(axes_first, 4, planar=True)), f(x, 4))
        torch.testing.assert_close(f(x, groups=5), f(x, 4))
    moved = x.view(2, 2, 20).movedim(-1, 1)
    torch.testing.assert_close(
        ops.colu(moved, 4, dim=1).movedim(1, -1).reshape(4, 20), ops.colu(x, 4)
    )


@pytest.mark.parametrize("planar", [False, True])
def test_shared_axis(planar):
    """One axis and three bodies of two channels: each body is shortened by the one axis."""
    x = torch.tensor([2.0, 3, 4, 1, 0, 0, 0])
    got = ops.colu(x, 3, shared=True, planar=planar)
    torch.testing.assert_close(got, torch.tensor([2.0, 1.2, 1.6, 1, 0, 0, 0]))
    torch.testing.assert_close(ops.colu(x, groups=3, shared=True), got)


def test_soft_firm_rectified_and_eps():
    x = torch.tensor([[2.0, 3.0, 4.0], [-2.0, 3.0, 4.0], [2.0, 0.0, 0.0]], dtype=torch.float64)
    logistic = lambda z: 1 / (1 + math.exp(-z))
    for form, inner in (("soft", lambda q: q - 0.5), ("firm", lambda q: 4 * q - 2)):
        got = ops.colu(x, 3, form=form)
        c = [logistic(inner(0.4)), logistic(inner(-0.4))]
        right = [[2, 3 * c[0], 4 * c[0]], [-2, 3 * c[1], 4 * c[1]], [2, 0, 0]]
        torch.testing.assert_close(got, torch.tensor(right, dtype=x.dtype))
    rectified = ops.colu(x, 3, negative="rectified")
    assert rectified[:, 0].tolist() == [2.0, 0.0, 2.0]
    torch.testing.assert_close(
        ops.colu(x, 3, eps=5.0)[0], torch.tensor([2.0, 0.6, 0.8], dtype=x.dtype)
    )
    for options in (
        {"form": "soft"},
        {"form": "firm"},
        {"negative": "rectified"},
        {"shared": True},
    ):
        z = torch.randn(2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        f = lambda z: ops.colu(z, 4, **options)  # noqa: B023
        assert gradcheck(f, z.requires_grad_())
        zero = torch.zeros(2, 4, requires_grad=True)
        f(zero).sum().backward()
        assert torch.isfinite(zero.grad).all()


def test_projection_is_nearest_and_firm():
    """Variational inequality against many points of the cone, and the Moreau decomposition."""
    x = groups(4)
    y = ops.soc_projection(x, 4)
    cone = torch.randn(500, 4, dtype=x.dtype, generator=torch.Generator().manual_seed(3))
    cone[:, 0] = cone[:, 1:].norm(dim=1) + cone[:, 0].abs()
    assert float(((x - y) @ cone.T).max()) < 1e-12
    polar = -ops.soc_projection(-x, 4)  # the cone of half angle 45 degrees is its own dual
    torch.testing.assert_close(y + polar, x)


@pytest.mark.parametrize("kind", KINDS)
def test_compiles_whole_exports_and_maps(kind):
    torch._dynamo.reset()
    f = lambda x: KINDS[kind](x, 4)
    x = groups(4)[:12].reshape(3, 16).requires_grad_()
    compiled = torch.compile(f, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), f(x))
    g = torch.ones_like(x)
    (a,), (b,) = torch.autograd.grad(compiled(x), x, g), torch.autograd.grad(f(x), x, g)
    torch.testing.assert_close(a, b)

    class Layer(torch.nn.Module):
        def forward(self, x):
            return f(x)

    program = torch.export.export(Layer(), (x.detach(),))
    torch.testing.assert_close(program.module()(x), f(x))
    torch.testing.assert_close(torch.vmap(f, in_dims=0)(x), f(x))
    torch.testing.assert_close(
        torch.func.jacrev(f)(x[0]), torch.autograd.functional.jacobian(f, x[0])
    )


TRANSFORMS = {
    "vmap": torch.vmap,
    "grad": lambda f: torch.func.grad(lambda x: f(x).square().sum()),
    "vmap of grad": lambda f: torch.vmap(torch.func.grad(lambda x: f(x).square().sum())),
    "jacrev": torch.func.jacrev,
    "jvp": lambda f: lambda x: torch.func.jvp(f, (x,), (x,))[1],
}


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
def test_transforms_compile_to_what_they_are(kind, transform):
    torch._dynamo.reset()
    x = groups(4)[:12].reshape(3, 16)
    f = TRANSFORMS[transform](lambda x: KINDS[kind](x, 4))
    compiled = torch.compile(f, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), f(x))


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
def test_gradients_come_in_batches(kind):
    """Without torch's fallback, which takes one after another."""
    x = groups(4)[:8].reshape(2, 16).requires_grad_()
    y, many = KINDS[kind](x, 4), torch.eye(32, dtype=x.dtype).view(32, 2, 16)
    torch._C._functorch._set_vmap_fallback_enabled(False)
    try:
        (batched,) = torch.autograd.grad(y, x, many, is_grads_batched=True, retain_graph=True)
        z = x.detach()[None].expand(3, 2, 16)
        both = torch.vmap(lambda z, g: conic.conic_vjp(z, g, kind, 4, 1.0), (1, 0), 1)
        swapped = both(z, many[:2, :1].expand(2, 3, 16))
        value = torch.vmap(lambda z: conic.conic(z, kind, 4, 1.0), 1)(z)
    finally:
        torch._C._functorch._set_vmap_fallback_enabled(True)
    for got, g in zip(batched, many, strict=True):
        torch.testing.assert_close(got, torch.autograd.grad(y, x, g, retain_graph=True)[0])
    torch.testing.assert_close(value, conic.conic(z, kind, 4, 1.0).transpose(0, 1))
    for row in range(2):
        g = many[row, :1].expand(3, 16)
        right = conic.conic_vjp(z[:, row], g, kind, 4, 1.0)
        torch.testing.assert_close(swapped[:, row], right)


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
def test_operators_pass_torchs_own_checks(kind):
    x = groups(4)[:8].reshape(2, 16).requires_grad_()
    torch.library.opcheck(conic.conic, (x, kind, 4, 1.0))
    torch.library.opcheck(conic.conic_vjp, (x, torch.ones_like(x), kind, 4, 1.0))


x12 = torch.zeros(3, 12)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.colu(x12, 5), ValueError, "colu: a group size of 5 does not divide 12 channels"),
        (lambda: ops.colu(x12, groups=5), ValueError, "colu: 5 groups do not divide 12 channels"),
        (lambda: ops.colu(x12), ValueError, "colu: give size or groups, one of the two"),
        (lambda: ops.colu(x12, 4, groups=3), ValueError, "give size or groups"),
        (lambda: ops.colu(x12, 0), ValueError, "size must be a whole number of at least 1, not 0"),
        (lambda: ops.colu(x12, 4.0), ValueError, "size must be a whole number of at least 1, not 4.0"),
        (lambda: ops.colu(x12, 4, dim=2), ValueError, r"x has shape \(3, 12\), so dim=2 names no axis"),
        (lambda: ops.colu(x12.int(), 4), TypeError, "colu: x has dtype torch.int32"),
        (lambda: ops.colu(x12.to(torch.complex64), 4), TypeError, "x has dtype torch.complex64"),
        (lambda: ops.colu(torch.tensor(1.0), 1), ValueError, "at least 1 axes are needed"),
        (lambda: ops.colu(x12, 4, form="hardest"), ValueError, "form must be one of"),
        (lambda: ops.colu(x12, 4, negative="lost"), ValueError, "negative must be one of"),
        (lambda: ops.colu(x12, 4, eps=-1.0), ValueError, "eps must be finite and not negative, not -1.0"),
        (lambda: ops.colu(x12, 3, shared=True), ValueError, "with a shared axis a group size of 3 does not divide 12"),
        (lambda: ops.rcolu(x12, 7), ValueError, "rcolu: a group size of 7 does not divide 12 channels"),
        (lambda: ops.soc_projection(x12, 4, half_angle=2.0), ValueError, "half_angle must lie between 0 and pi/2, not 2.0"),
    ],
)  # fmt: skip
def test_misuse_names_the_thing(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is present")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [4, 8, 32])
def test_cuda_agrees_with_the_cpu(kind, size):
    x = groups(size, torch.float32).requires_grad_()
    y = x.detach().cuda().requires_grad_()
    torch.testing.assert_close(KINDS[kind](y, size).cpu(), KINDS[kind](x, size))
    for z in (x, y):
        KINDS[kind](z, size).square().sum().backward()
    torch.testing.assert_close(y.grad.cpu(), x.grad)


def test_the_loop_is_asked_for_on_a_processor_only(monkeypatch):
    asked = []
    monkeypatch.setattr(native, "available", lambda dtype: asked.append(dtype) or False)
    x, g = torch.randn(2, 2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = torch.ops.fieldcheck.conic_vjp(x, g, "colu", 4, 1.0)
    assert asked == [torch.float64]
    assert torch.allclose(found, reference.conic_vjp(x, g, "colu", 4, 1.0))
