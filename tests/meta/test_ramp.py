"""Powers of relu: from the second on they have a slope at the kink as well."""

from __future__ import annotations

import pytest

from fieldcheck.domains import matrix, real, vector
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Equal

KINK = ("where there is a kink and a slope is asked for",)

POTENTIALS = {  # V(xp, y), its gradient, and what is left out
    "half of the square": (
        lambda xp, y: xp.sum(xp.relu(y) ** 2) / 2, lambda xp, x: xp.relu(x), ()),
    "half of the squared norm": (
        lambda xp, y: xp.norm2(xp.relu(y)) / 2, lambda xp, x: xp.relu(x), ()),
    "a product with what is cut": (
        lambda xp, y: xp.sum(y * xp.relu(y)) / 2, lambda xp, x: xp.relu(x), ()),
    "a cube": (
        lambda xp, y: xp.sum(xp.relu(y) ** 3) / 3, lambda xp, x: xp.relu(x) ** 2, ()),
    "of what is affine": (
        lambda xp, y: xp.sum(xp.relu(3 * y + 1) ** 2) / 2,
        lambda xp, x: 3 * xp.relu(3 * x + 1), ()),
    "the first power": (
        lambda xp, y: xp.sum(xp.relu(y)), lambda xp, x: xp.step(x), KINK),
    "a product with something else": (
        lambda xp, y: xp.sum(xp.relu(y) * (y + 1)),
        lambda xp, x: xp.step(x) * (x + 1) + xp.relu(x), KINK),
    "a second derivative": (
        lambda xp, y: xp.sum(xp.gradient(lambda z: xp.sum(xp.relu(z) ** 2), y)),
        lambda xp, x: 2 * xp.step(x), KINK),
    "a second derivative of a cube": (
        lambda xp, y: xp.sum(xp.gradient(lambda z: xp.sum(xp.relu(z) ** 3), y)),
        lambda xp, x: 6 * xp.relu(x), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", POTENTIALS)
def test_the_slope_of_a_power(name):
    V, gradient, left_out = POTENTIALS[name]
    body = lambda factor: (
        lambda xp, x: Equal(xp.gradient(lambda y: V(xp, y), x), factor * gradient(xp, x))
    )
    found, _ = examine(body(1), x=vector(3))
    assert found.verdict == "proved"
    assert found.scope.left_out == left_out
    assert examine(body(2), x=vector(3))[0].verdict == "refuted"


def test_a_wirtinger_derivative():
    V = lambda xp, z: xp.sum(xp.relu(xp.real(z)) ** 2)
    body = lambda xp, z: Equal(xp.wirtinger(lambda y: V(xp, y), z), xp.relu(xp.real(z)))
    found, _ = examine(body, z=matrix(2, 2))
    assert found.verdict == "proved"


def test_a_ramp_is_a_number_of_its_own_arithmetic():
    body = lambda xp, x: Equal(
        xp.gradient(lambda y: xp.relu(y) ** 2 / xp.relu(y + 1), x),
        2 * xp.relu(x) / (x + 1) - xp.relu(x) ** 2 / (x + 1) ** 2,
    )
    assert examine(body, x=real())[0].verdict != "refuted"
