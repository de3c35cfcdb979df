"""The plain forms: their scales, factors, guards and slopes, also where a length vanishes."""

from __future__ import annotations

import math

import pytest
import torch

from fieldcheck import ops
from fieldcheck.ops import reference

GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def wide(x) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


@pytest.mark.parametrize("kind", ["soc", "colu"])
@pytest.mark.parametrize("t", [-2.0, 2.0])
def test_derivatives_of_the_pulled_back_vector_at_a_vanishing_body(kind, t):
    x = torch.tensor([t, 0.0, 0.0], dtype=torch.float64)
    g = torch.tensor([0.5, 1.0, -2.0], dtype=torch.float64)
    pull = lambda x, g: reference.conic_vjp(x, g, kind, 3, 1.0)
    in_x = torch.autograd.functional.jacobian(lambda y: pull(y, g), x)
    assert torch.equal(in_x, torch.zeros_like(in_x))
    in_g = torch.autograd.functional.jacobian(lambda y: pull(x, y), g)
    kept = [1.0, 1.0, 1.0] if t > 0 else [0.0 if kind == "soc" else 1.0, 0.0, 0.0]
    torch.testing.assert_close(in_g, torch.diag(torch.tensor(kept).double()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_range_of_a_group(dtype):
    low, high, power = reference.RANGE[dtype]
    finfo = torch.finfo(dtype)
    assert math.log2(power) == round(math.log2(power))
    one = lambda v: reference.scaling(torch.tensor([[v, 0.0]], dtype=dtype)).item()
    assert one(low / 2) == power
    assert one(high * 2) == 1 / power
    assert [one(v) for v in (low * 2, 1.0, high / 2)] == [1, 1, 1]
    assert low**2 < finfo.tiny / finfo.eps < (low * power) ** 2
    assert (high / power) ** 2 < finfo.max
    two = reference.scaling(torch.ones(1, 1, dtype=dtype) * 0, torch.ones(1, 2, dtype=dtype))
    assert two.item() == 1


@pytest.mark.parametrize(
    ("t", "r", "form", "c"),
    [
        (1.0, 2.0, "hard", 0.5),
        (2.0, 2.0, "hard", 1.0),
        (3.0, 2.0, "hard", 1.0),
        (0.0, 2.0, "hard", 0.0),
        (-1.0, 2.0, "hard", 0.0),
        (0.0, 0.0, "hard", 0.0),
        (1.0, 0.0, "hard", 1.0),
        (1.0, 2.0, "soft", 0.5),
        (0.0, 2.0, "soft", 1 / (1 + math.exp(0.5))),
        (1.0, 2.0, "firm", 0.5),
        (0.0, 2.0, "firm", 1 / (1 + math.exp(2.0))),
        (2.0, 2.0, "firm", 1 / (1 + math.exp(-2.0))),
        (1.0, 0.0, "firm", 1.0),
        (-1.0, 0.0, "soft", 0.0),
        (1999.0, 2.0, "soft", 1 / (1 + math.exp(-999.0))),
    ],
)
def test_the_factor_of_the_body(t, r, form, c):
    at = [wide([v]).requires_grad_() for v in (t, r)]
    found = reference.shortening(*at, form)
    assert found.item() == pytest.approx(c, rel=1e-14)
    if found.requires_grad:
        slopes = torch.autograd.grad(found.sum(), at, allow_unused=True)
        assert all(g is None or g.isfinite().all() for g in slopes)
    for wrong in ((math.nan, r), (t, math.nan)):
        assert reference.shortening(*(wide([v]) for v in wrong), form).isnan().item()


@pytest.mark.parametrize("eps", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("form", ["hard", "soft"])
@pytest.mark.parametrize("negative", ["kept", "rectified"])
def test_a_guard_of_any_size_is_that_of_the_plain_form(form, negative, eps):
    x = draw(5, 8)
    options = dict(form=form, negative=negative, eps=eps)
    for name in ("colu", "rcolu"):
        found, plain = (getattr(where, name)(x, 4, **options) for where in (ops, reference))
        torch.testing.assert_close(found, plain)
    t, w = x[:, :1], x[:, 1:4]
    ratio = t / (w.norm(dim=1, keepdim=True) + eps)
    c = ratio.clip(0, 1) if form == "hard" else torch.sigmoid(ratio - 0.5)
    torch.testing.assert_close(ops.colu(x, 4, **options)[:, 1:4], c * w)


@pytest.mark.parametrize("size", [1e-260, 1.0, 1e260])
def test_a_guard_is_scaled_with_its_group(size):
    x = size * wide([[1, 3, -4, 2, 0, 5]])
    for op in (ops.colu, reference.colu):
        found = op(x, 3, eps=size) / size
        torch.testing.assert_close(found, wide([[1, 3 / 6, -4 / 6, 2, 0, 5 / 3]]))
    mean, rest = 2.0, wide([-1, 1, 0])
    ratio = mean * 3**0.5 / (2**0.5 + 10)
    for op in (ops.rcolu, reference.rcolu):
        found = op(size * wide([[1, 3, 2]]), 3, eps=10 * size) / size
        torch.testing.assert_close(found[0], mean + ratio * rest)


FAST = [
    ("colu", {}, True),
    ("colu", dict(planar=True), False),
    ("colu", dict(planar=True, groups=1), True),
    ("colu", dict(form="soft"), False),
    ("colu", dict(negative="rectified"), True),
    ("colu", dict(eps=1.0), False),
    ("colu", dict(shared=True, groups=7), False),
    ("rcolu", {}, True),
    ("rcolu", dict(negative="rectified"), True),
    ("rcolu", dict(eps=1.0), False),
    ("rcolu", dict(form="firm"), False),
    ("soc_projection", {}, True),
    ("soc_projection", dict(planar=True), False),
    ("soc_projection", dict(planar=True, groups=1), True),
]


@pytest.mark.parametrize(("name", "options", "fast"), FAST)
def test_which_maps_go_through_the_operator(monkeypatch, name, options, fast):
    from fieldcheck.ops import conic

    asked = []
    operator = conic.conic

    def spy(x, kind, size, opening):
        asked.append((kind, size, opening))
        return operator(x, kind, size, opening)

    monkeypatch.setattr(conic, "conic", spy)
    x = draw(2, 3, 8)
    options = {"groups": 2} | options
    torch.testing.assert_close(
        getattr(ops, name)(x, **options), getattr(reference, name)(x, **options)
    )
    kind = {"soc_projection": "soc"}.get(name, name)
    kind += " rectified" if options.get("negative") == "rectified" else ""
    assert asked == ([(kind, 8 // options["groups"], pytest.approx(1.0))] if fast else [])
    torch.func.vmap(lambda y: getattr(ops, name)(y, **options))(x)
    assert len(asked) == fast  # a transform cannot look into the operator


@pytest.mark.parametrize("angle", [0.0, math.pi / 2, -1.0, 2.0])
def test_an_opening_lies_between_nothing_and_a_half_space(angle):
    with pytest.raises(ValueError, match="op: half_angle must lie between 0 and pi/2"):
        reference.opening("op", angle)
    for inside in (1e-3, 0.6, 1.5):
        assert reference.opening("op", inside) == math.tan(inside)
    assert reference.opening("op", math.pi / 4) == 1.0


@pytest.mark.parametrize("kind", ["colu", "rcolu", "soc"])
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("a", [1.0, 0.6])
def test_the_closed_derivative_is_that_of_the_plain_form(kind, size, a):
    from fieldcheck.ops import conic

    x = draw(12, 2 * size) * 2
    x[:2, 0] += 4
    x[2:4, 0] -= 4
    x[4:6] *= 0.01
    if kind != "rcolu":  # on the walls between the pieces
        x[6, 0], x[7, 1:size], x[8, :size] = 0, 0, 0
        x[9, 0], x[10, 0] = (x[k, 1:size].norm() / a for k in (9, 10))
        x[10, 0] *= -a * a
    g = draw(12, 2 * size)
    found = reference.conic_vjp(x, g, kind, size, a)
    torch.testing.assert_close(found, conic.plain_vjp(x, g, kind, size, a))
