"""The drawing of the cones in space: its arrows are the fields that it names."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import pytest
import torch

from fieldcheck.cones import CoLU, oracle

FILE = Path(__file__).resolve().parents[2] / "book" / "figures" / "space.py"


def drawing():
    spec = importlib.util.spec_from_file_location("space", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


space = drawing()


@pytest.mark.parametrize("degrees", space.ANGLES)
def test_nearest_points_are_those_of_a_solver(degrees: int) -> None:
    x = space.sphere(7)
    near = space.images(x, degrees)["near"]
    for point, image in zip(x.numpy(), near.numpy(), strict=True):
        assert abs(oracle.second_order(point, math.tan(math.radians(degrees))) - image).max() < 1e-8


@pytest.mark.parametrize("degrees", space.ANGLES)
def test_the_opened_unit_keeps_the_axis_and_enters_the_cone_sideways(degrees: int) -> None:
    x, a = space.sphere(space.POINTS), math.tan(math.radians(degrees))
    y = space.opened(x, a)
    assert torch.equal(y[:, 0], x[:, 0])
    assert bool((y[:, 1:].norm(dim=1) <= a * y[:, 0].relu() + 1e-12).all())
    assert torch.allclose(space.opened(y, a), y)
    fixed = x[:, 1:].norm(dim=1) <= a * x[:, 0]
    assert torch.allclose(y[fixed], x[fixed])


def test_at_a_right_angle_it_is_the_conic_linear_unit() -> None:
    x = space.sphere(space.POINTS)
    assert torch.allclose(space.images(x, 45)["colu"], CoLU(size=3)(x))


def test_the_page_gets_all_openings_and_asks_nobody_for_anything() -> None:
    data, html = space.data(), space.cones_in_space()
    assert {len(data["to"][name]) for name in ("colu", "near")} == {len(space.ANGLES)}
    assert "http" not in html
    assert "src=" not in html
    assert len(html) < 20_000
