"""Derivatives of every primitive against torch, real and complex, first and second."""

from __future__ import annotations

import pytest
import torch

from fieldcheck.arithmetic.floating import Float

xp = Float()
GENERATOR = torch.Generator().manual_seed(0)


def draw(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def along(f, x, h):
    """The directional derivative of f at x along h, by torch."""
    return torch.autograd.functional.jvp(f, x, h, create_graph=True)[1]


X, Y, H = draw(3, 3) / 2, draw(3, 3), draw(3, 3)

PRIMITIVES = {
    "sum of two shapes": (lambda x, y: x + y[0], lambda x, y: x + y[0]),
    "a number and a matrix": (lambda x, y: x[0, 0] - y, lambda x, y: x[0, 0] - y),
    "quotient": (lambda x, y: x / (1 + x * x), lambda x, y: x / (1 + x * x)),
    "quotient of a constant": (lambda x, y: y / (2 + x * x), lambda x, y: y / (2 + x * x)),
    "divided by a constant": (lambda x, y: x / (2 + y * y), lambda x, y: x / (2 + y * y)),
    "powers": (lambda x, y: x**5 + x**-2 + x**0, lambda x, y: x**5 + x**-2 + x**0),
    "power of a value": (
        lambda x, y: (1 + x * x) ** (xp.one / 3), lambda x, y: (1 + x * x) ** (1 / 3),
    ),
    "matrix product": (lambda x, y: x @ y @ x.T, lambda x, y: x @ y @ x.T),
    "exp, log, sqrt": (
        lambda x, y: xp.exp(x) + xp.log(1 + x * x) + xp.sqrt(2 + x * x),
        lambda x, y: torch.exp(x) + torch.log(1 + x * x) + torch.sqrt(2 + x * x),
    ),
    "sin, cos, tanh": (
        lambda x, y: xp.sin(x) * xp.cos(2 * x) + xp.tanh(x),
        lambda x, y: torch.sin(x) * torch.cos(2 * x) + torch.tanh(x),
    ),
    "logistic, softplus": (
        lambda x, y: xp.logistic(x) + xp.softplus(3 * x),
        lambda x, y: torch.sigmoid(x) + torch.nn.functional.softplus(3 * x),
    ),
    "softmax": (lambda x, y: xp.softmax(x, axis=0), lambda x, y: torch.softmax(x, 0)),
    "logsumexp": (lambda x, y: xp.logsumexp(x, axis=1), lambda x, y: torch.logsumexp(x, 1)),
    "unit": (lambda x, y: xp.unit(x, axis=-1), lambda x, y: x / x.norm(dim=-1, keepdim=True)),
    "norms": (lambda x, y: xp.norm(x, axis=0) * xp.norm(x), lambda x, y: x.norm(dim=0) * x.norm()),
    "solve": (lambda x, y: xp.solve(x, y), lambda x, y: torch.linalg.solve(x, y)),
    "solve for a vector": (
        lambda x, y: xp.solve(x, x[0]), lambda x, y: torch.linalg.solve(x, x[0]),
    ),
    "inverse": (lambda x, y: xp.inv(x), lambda x, y: torch.linalg.inv(x)),
    "determinant": (lambda x, y: xp.det(x), lambda x, y: torch.linalg.det(x)),
    "kron": (lambda x, y: xp.kron(x, y), lambda x, y: torch.kron(x, y)),
    "joins": (
        lambda x, y: xp.concat([x, y, x * x], axis=1), lambda x, y: torch.cat([x, y, x * x], 1),
    ),
    "stacks": (
        lambda x, y: xp.stack([y, x], axis=1), lambda x, y: torch.stack([y, x], 1),
    ),
    "trace and diagonals": (
        lambda x, y: xp.trace(x @ x) * xp.diag(x[0]),
        lambda x, y: torch.trace(x @ x) * torch.diag(x[0]),
    ),
    "entropy": (
        lambda x, y: xp.relative_entropy(xp.exp(x), xp.exp(y), xp.sum(xp.exp(x)), xp.one * 3),
        lambda x, y: (
            (p := torch.exp(x) / torch.exp(x).sum()) * torch.log(p / (torch.exp(y) / 3))
            - p + torch.exp(y) / 3
        ),
    ),
    "entropy of weights as they are": (
        lambda x, y: xp.relative_entropy(xp.exp(x), xp.exp(y)),
        lambda x, y: torch.exp(x) * (x - y) - torch.exp(x) + torch.exp(y),
    ),
}  # fmt: skip
KINKED = {
    "relu": (lambda x, y: xp.relu(x) * x, lambda x, y: torch.relu(x) * x),
    "abs": (lambda x, y: xp.abs(x) * y, lambda x, y: torch.abs(x) * y),
    "maximum": (lambda x, y: xp.maximum(x, y) * x, lambda x, y: torch.maximum(x, y) * x),
    "minimum": (lambda x, y: xp.minimum(x, y) * x, lambda x, y: torch.minimum(x, y) * x),
    "clip": (lambda x, y: xp.clip(x, y * 0, 1) * x, lambda x, y: torch.clip(x, 0, 1) * x),
}


@pytest.mark.parametrize("name", [*PRIMITIVES, *KINKED])
def test_value_and_directional_derivative(name):
    ours, theirs = (PRIMITIVES | KINKED)[name]
    x, y, h = (xp.wrap(t) for t in (X, Y, H))
    torch.testing.assert_close(ours(x, y).data, theirs(X, Y))
    slope = along(lambda t: theirs(t, Y), X, H)
    torch.testing.assert_close(xp.push(lambda t: ours(t, y), x, h).data, slope)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_second_derivative(name):
    ours, theirs = PRIMITIVES[name]
    x, y, h, k = (xp.wrap(t) for t in (X, Y, H, Y.T.contiguous()))
    expected = along(lambda t: along(lambda s: theirs(s, Y), t, H), X, Y.T.contiguous())
    found = xp.push(lambda t: xp.push(lambda s: ours(s, y), t, h), x, k)
    torch.testing.assert_close(found.data, expected)


COMPLEX = {
    "product with the conjugate": lambda z, f: f.real(f.conj(z) * z * z),
    "imaginary part": lambda z, f: f.imag(z * z),
    "imaginary part of a conjugate": lambda z, f: f.imag(f.conj(z) * (1 + 2j)),
    "modulus": lambda z, f: f.abs(z),
    "quotient": lambda z, f: f.real(z / (3 + f.conj(z))),
}


class Torch:
    """The few primitives above, as torch has them."""

    real, imag, conj, abs = torch.real, torch.imag, torch.conj, torch.abs


class Ours:
    """And as this library has them; (1 + 2j) is written out."""

    real, imag, conj, abs = xp.real, xp.imag, xp.conj, xp.abs


@pytest.mark.parametrize("name", COMPLEX)
def test_derivatives_of_complex_values(name):
    z, dz = torch.complex(draw(4), draw(4)), torch.complex(draw(4), draw(4))
    body = COMPLEX[name]
    if "1 + 2j" in name or name == "imaginary part of a conjugate":
        ours = lambda v: xp.imag(xp.conj(v) * (1 + 2 * xp.i))
    else:
        ours = lambda v: body(v, Ours)
    torch.testing.assert_close(ours(xp.wrap(z)).data, body(z, Torch))
    parts = lambda t: body(torch.complex(*t), Torch)
    slope = along(parts, torch.stack([z.real, z.imag]), torch.stack([dz.real, dz.imag]))
    torch.testing.assert_close(xp.push(ours, xp.wrap(z), xp.wrap(dz)).data, slope)
    double = xp.push(lambda v: xp.conj(xp.conj(v) * v * xp.i), xp.wrap(z), xp.wrap(dz)).data
    torch.testing.assert_close(double, -1j * (z.conj() * dz + dz.conj() * z))


def test_jacobian_gradient_and_the_standard_basis():
    x = xp.wrap(X[0])
    torch.testing.assert_close(
        xp.jacobian(lambda t: xp.sin(t) * t[0], x).data,
        torch.autograd.functional.jacobian(lambda t: torch.sin(t) * t[0], X[0]),
    )
    torch.testing.assert_close(xp.gradient(lambda t: xp.sum(t**3), xp.wrap(X)).data, 3 * X**2)
    basis = xp.basis((2, 3))
    assert len(basis) == 6
    assert [int(b.data.reshape(-1).argmax()) for b in basis] == list(range(6))
    assert all(b.shape == (2, 3) for b in basis)
    with pytest.raises(TypeError, match="exponent"):
        xp.wrap(X) ** True
