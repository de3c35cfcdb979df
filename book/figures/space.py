"""Fields of projections in space: one page-sized drawing with three sliders, without any library.

Every arrow is computed here, by the layers of `fieldcheck.cones`; the page only turns and projects
the points. In a chapter: `HTML(cones_in_space())`.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch

from fieldcheck.cones import CoLU, SecondOrderCone

FILE = Path(__file__).with_suffix(".js")
ANGLES = tuple(range(15, 76, 5))
POINTS = 36
SCALE = 100
"""Coordinates travel as whole hundredths."""

FIELDS = {
    "relu": "ReLU",
    "colu": "CoLU, with this opening",
    "near": "nearest point of the cone",
}


def sphere(n: int) -> torch.Tensor:
    """n points spread over the unit sphere, axis first."""
    k = torch.arange(n, dtype=torch.float64) + 0.5
    height, turn = 1 - 2 * k / n, torch.pi * (1 + 5**0.5) * k
    radius = (1 - height**2).sqrt()
    return torch.stack([height, radius * turn.cos(), radius * turn.sin()], dim=1)


def opened(x: torch.Tensor, a: float) -> torch.Tensor:
    """CoLU with the cone ‖w‖ <= a t: the axis stretched, the body taken, the axis as it was."""
    stretched = torch.cat([a * x[:, :1], x[:, 1:]], dim=1)
    return torch.cat([x[:, :1], CoLU(size=3)(stretched)[:, 1:]], dim=1)


def images(x: torch.Tensor, degrees: float) -> dict[str, torch.Tensor]:
    """Where each field sends the points, for one half-angle of the cone."""
    angle = math.radians(degrees)
    return {
        "relu": torch.relu(x),
        "colu": opened(x, math.tan(angle)),
        "near": SecondOrderCone(size=3, half_angle=angle)(x),
    }


def _whole(x: torch.Tensor) -> list:
    return (SCALE * x).round().int().tolist()


def data() -> dict:
    """All that the page needs: the points, and their images for every half-angle."""
    x = sphere(POINTS)
    each = [images(x, degrees) for degrees in ANGLES]
    fields = {name: [_whole(e[name]) for e in each] for name in FIELDS}
    fields["relu"] = fields["relu"][:1]
    return {"at": _whole(x), "angles": ANGLES, "to": fields}


def cones_in_space() -> str:
    """The drawing, as HTML."""
    panels = "".join(
        f'<figure style="flex:1 1 13rem;margin:0;max-width:24rem">'
        f'<svg viewBox="-135 -134 270 250" data-field="{name}" role="img" aria-label="{title}: '
        f'{POINTS} points of a sphere in space, each with an arrow to its image"></svg>'
        f'<figcaption style="text-align:center">{title}</figcaption></figure>'
        for name, title in FIELDS.items()
    )
    sliders = "".join(
        f'<label>{name}<input type="range" name="{key}" min="{low}" max="{high}" step="{step}" '
        f'value="{value}" aria-label="{name}, in degrees"><output></output></label>'
        for name, key, low, high, step, value in (
            ("half-angle of the cone", "open", ANGLES[0], ANGLES[-1], 5, 45),
            ("turn the view", "turn", -180, 180, 5, -25),
            ("tilt the view", "tilt", -30, 90, 5, 15),
        )
    )
    script = FILE.read_text(encoding="utf8")
    script = script.replace("DATA", json.dumps(data(), separators=(",", ":")))
    return (
        '<div class="fc-play" id="cones-in-space">'
        f'<div style="display:flex;flex-wrap:wrap;justify-content:center;gap:0.5rem">{panels}</div>'
        f"{sliders}</div>"
        f"<script>{script}</script>"
    )
