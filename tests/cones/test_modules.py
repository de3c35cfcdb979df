# ruff: noqa: E501  (tables of cases read best one a line)
"""The torch layers against the formulas in xp, on both devices, and misuse."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from fieldcheck import cones, ops
from fieldcheck.arithmetic.floating import Float
from fieldcheck.cones import colu, lorentz, psd

xp = Float()


def draw(*shape, dtype=torch.float64, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def formula(f, x):
    """A formula in xp on every group, x of shape (n, S)."""
    return torch.stack([f(xp, xp.wrap(row)).data for row in x])


EVEN = torch.full((5,), 5**-0.5, dtype=torch.float64)
FORMULAS = {
    "hard": (cones.CoLU(5), colu.hard),
    "rectified": (cones.CoLU(5, negative="rectified"), colu.rectified),
    "soft": (cones.CoLU(5, form="soft"), colu.soft),
    "firm": (cones.CoLU(5, form="firm"), colu.firm),
    "rotated": (cones.RCoLU(5), lambda xp, x: colu.rotated(xp, x, xp.wrap(EVEN))),
    "rotated, rectified": (
        cones.RCoLU(5, negative="rectified"),
        lambda xp, x: colu.rotated_rectified(xp, x, xp.wrap(EVEN)),
    ),
    "cone": (
        cones.SecondOrderCone(5, half_angle=math.atan(0.6)),
        lambda xp, x: lorentz.project(xp, x, xp.wrap(torch.tensor(0.6, dtype=torch.float64))),
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_layers_are_the_formulas(name):
    layer, f = FORMULAS[name]
    x = draw(24, 5)
    x[:8, 0] += 3
    x[8:16, 0] -= 3
    torch.testing.assert_close(layer(x), formula(f, x))


def test_shared_axis_is_the_formula():
    x = draw(13)
    x[0] = 1.2
    axis, bodies = xp.wrap(x[0]), xp.wrap(x[1:].reshape(4, 3))
    right = torch.cat((x[:1], colu.shared(xp, axis, bodies).data.flatten()))
    torch.testing.assert_close(cones.CoLU(4, shared=True)(x), right)


def test_images_and_groups():
    x = draw(2, 12, 3, 3)
    last = x.movedim(1, -1)
    for layer, flat in (
        (cones.CoLU(4, dim=1), cones.CoLU(4)),
        (cones.RCoLU(groups=2, dim=1), cones.RCoLU(6)),
        (cones.SecondOrderCone(3, dim=1), cones.SecondOrderCone(3)),
    ):
        torch.testing.assert_close(layer(x), flat(last).movedim(-1, 1))


@pytest.mark.parametrize(
    "layer",
    [cones.CoLU(4), cones.RCoLU(4), cones.RCoLU(4, negative="rectified"), cones.SecondOrderCone(4)],
    ids=repr,
)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_dtypes_empty_and_zero(layer, dtype):
    assert layer(torch.zeros(0, 8, dtype=dtype)).shape == (0, 8)
    x = torch.zeros(3, 8, dtype=dtype, requires_grad=True)
    y = layer(x)
    assert y.dtype == dtype
    y.sum().backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_positive_semidefinite(dtype):
    layer = cones.PositiveSemidefinite()
    a = draw(3, 4, 4, dtype=dtype)
    y = layer(a)
    hermitian = (a + a.mH) / 2
    torch.testing.assert_close(y, ops.reference.psd_projection(a))
    assert float(torch.linalg.eigvalsh(y).min()) > -1e-12
    # Moreau: what was taken away is negative semidefinite and orthogonal to the rest.
    taken = hermitian - y
    assert float(torch.linalg.eigvalsh(taken).max()) < 1e-12
    assert float((taken.conj() * y).sum((-2, -1)).abs().max()) < 1e-12
    values, vectors = torch.linalg.eigh(hermitian[0])
    right = psd.project(xp, xp.wrap(vectors), xp.wrap(values)).data
    torch.testing.assert_close(y[0], right)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_positive_semidefinite_derivative_stays_finite_where_eigenvalues_meet(dtype):
    layer = cones.PositiveSemidefinite()
    assert gradcheck(layer, draw(2, 3, 3, dtype=dtype).requires_grad_())
    meeting = torch.diag(torch.tensor([2.0, 2.0, -1.0, -1.0], dtype=torch.float64))
    assert gradcheck(layer, meeting.to(dtype).requires_grad_())
    zero = torch.zeros(2, 3, 3, requires_grad=True)
    layer(zero).sum().backward()
    assert torch.isfinite(zero.grad).all()
    assert layer(torch.zeros(0, 3, 3)).shape == (0, 3, 3)
    assert layer(torch.zeros(2, 0, 0)).shape == (2, 0, 0)
    assert layer(torch.eye(2).half()).dtype == torch.float16


LAYERS = [
    cones.CoLU(), cones.CoLU(groups=3, planar=True), cones.CoLU(4, shared=True),
    cones.CoLU(form="soft"), cones.CoLU(form="firm"), cones.CoLU(negative="rectified"),
    cones.CoLU(eps=0.1), cones.RCoLU(), cones.RCoLU(form="soft"),
    cones.RCoLU(negative="rectified"), cones.SecondOrderCone(half_angle=0.6),
    cones.SecondOrderCone(planar=True),
]  # fmt: skip


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is present")
@pytest.mark.parametrize("layer", [*LAYERS, cones.PositiveSemidefinite()], ids=repr)
def test_cuda_agrees_with_the_cpu(layer):
    if isinstance(layer, cones.PositiveSemidefinite):
        x = draw(7, 5, 5)
    else:
        x = draw(64, 13 if getattr(layer, "shared", False) else 12)
    y = x.cuda()
    x.requires_grad_()
    y.requires_grad_()
    torch.testing.assert_close(layer(y).cpu(), layer(x))
    for z in (x, y):
        layer(z).square().sum().backward()
    torch.testing.assert_close(y.grad.cpu(), x.grad)


def test_repr_tells_the_options():
    assert repr(cones.CoLU(8, planar=True, form="soft")) == "CoLU(size=8, dim=-1, planar, soft)"
    assert repr(cones.RCoLU(groups=3, dim=1)) == "RCoLU(groups=3, dim=1)"
    assert repr(cones.RCoLU(negative="rectified")) == "RCoLU(size=4, dim=-1, rectified)"
    assert repr(cones.SecondOrderCone()) == "SecondOrderCone(size=4, dim=-1, half_angle=0.7854)"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cones.CoLU(5)(torch.zeros(2, 12)), "a group size of 5 does not divide 12 channels"),
        (lambda: cones.CoLU(form="loose"), "CoLU: form must be one of"),
        (lambda: cones.CoLU(8, groups=3), "CoLU: give size or groups, one of the two"),
        (lambda: cones.CoLU(0), "CoLU: size must be a whole number of at least 1, not 0"),
        (lambda: cones.SecondOrderCone(2.5), "SecondOrderCone: size must be a whole number"),
        (lambda: cones.RCoLU(groups=0), "RCoLU: groups must be a whole number of at least 1"),
        (lambda: cones.RCoLU(negative="lost"), "RCoLU: negative must be one of"),
        (lambda: cones.SecondOrderCone(half_angle=0), "half_angle must lie between 0 and pi/2"),
        (lambda: cones.PositiveSemidefinite()(torch.zeros(2, 3)), r"a has shape \(2, 3\); its axis -1"),
    ],
)  # fmt: skip
def test_misuse_names_the_thing(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_package_loads_its_formulas_without_torch():
    import subprocess
    import sys

    code = "import fieldcheck.cones.colu, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="has no attribute 'ReLU'"):
        _ = cones.ReLU
