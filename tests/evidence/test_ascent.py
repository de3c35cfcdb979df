"""Climbing: any distance, narrow tops, and what may not move."""

from __future__ import annotations

import numpy as np
import torch

from fieldcheck.evidence.ascent import ascend, columns, table, uncolumned


def climbed(height, start, steps=80, **more):
    return ascend(height, {"x": np.array(start, dtype=float)}, steps, **more)["x"]


def test_a_far_and_narrow_top_is_reached():
    top = lambda raws: -((raws["x"] - 1e6) ** 2)
    assert np.abs(climbed(top, [0.0, -3.0]) - 1e6).max() < 1e-2
    narrow = lambda raws: torch.exp(-((raws["x"] - 7) ** 2))
    assert np.abs(climbed(narrow, [4.0, 12.0]) - 7).max() < 1e-6


def test_no_row_gets_worse_and_one_without_a_slope_stays():
    rough = lambda raws: torch.sin(5 * raws["x"]) - raws["x"] ** 2 / 50
    start = np.linspace(-9, 9, 40)
    end = climbed(rough, start)
    at = lambda x: rough({"x": torch.from_numpy(x)})
    assert (at(end) >= at(start)).all()
    flat = lambda raws: torch.relu(raws["x"] - 3)
    assert climbed(flat, [0.0, 4.0])[0] == 0.0
    infinite = lambda raws: torch.sqrt(raws["x"])
    assert climbed(infinite, [0.0], steps=3)[0] == 0.0


def test_what_is_fixed_does_not_move():
    both = lambda raws: (raws["x"] * raws["s"]).sum(dim=1)
    start = {"x": np.ones((2, 3)), "s": np.array([[1.0, -1.0, 1.0]] * 2)}
    end = ascend(both, start, 5, fixed={"s"})
    assert (end["s"] == start["s"]).all()
    assert (end["x"] * end["s"]).sum() > 10
    assert ascend(both, start, 5, fixed={"s", "x"})["x"].tolist() == start["x"].tolist()


def test_a_table_and_back():
    raws = {"x": np.arange(6.0).reshape(2, 3), "y": np.array([7.0, 8.0])}
    flat = columns(raws)
    assert flat.tolist() == [[0, 1, 2, 7], [3, 4, 5, 8]]
    again = table(torch.from_numpy(flat), raws)
    assert all((again[k].numpy() == raws[k]).all() for k in raws)
    assert all((uncolumned(flat, raws)[k] == raws[k]).all() for k in raws)
