"""What is learned: text that ships with Python, and caps of a sphere with a rotated copy.

The caps are those of the public script of the activation's author (see the protocol).
"""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

import torch
from torch import Tensor

from .errors import ReplicationError


class Text(NamedTuple):
    """Characters as numbers below ``size``: what is trained on, and what is held back."""

    train: Tensor
    test: Tensor
    size: int


def topics() -> dict[str, str]:
    """The pages that ``help()`` shows on Python's keywords and topics, by name."""
    from pydoc_data.topics import topics as pages

    return {name: pages[name] for name in sorted(pages)}


def digest(pages: dict[str, str]) -> str:
    return hashlib.sha256("\0".join(f"{k}\0{v}" for k, v in pages.items()).encode()).hexdigest()


def text(every: int, expected: str | None) -> Text:
    """Python's topics, every ``every``-th one held back.

    Raises ReplicationError if they are not those of the digest (``None``: whatever is here).
    """
    pages = topics()
    if expected is not None and digest(pages) != expected:
        raise ReplicationError(
            "the topics of this Python are not those of the protocol: "
            f"SHA-256 {digest(pages)[:12]}…, not {expected[:12]}…"
        )
    signs = {c: i for i, c in enumerate(sorted(set("".join(pages.values()))))}
    code = lambda parts: torch.tensor([signs[c] for c in "\n".join(parts)])
    kept = [page for i, page in enumerate(pages.values()) if i % every]
    held = [page for i, page in enumerate(pages.values()) if i % every == 0]
    return Text(code(kept), code(held), len(signs))


def rotation(axis: list[float], degrees: float) -> Tensor:
    """The 3 x 3 rotation about ``axis``."""
    x, y, z = (torch.tensor(axis, dtype=torch.float64) / math.hypot(*axis)).tolist()
    generator = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
    return torch.linalg.matrix_exp(math.radians(degrees) * generator)


def sphere(z: Tensor, phi: Tensor) -> Tensor:
    """Points of the unit sphere by height and longitude, (..., 3)."""
    r = (1 - z * z).clamp(min=0).sqrt()
    return torch.stack([r * phi.cos(), r * phi.sin(), z], -1)


def cap(count: int, degrees: float) -> Tensor:
    """``count`` points, evenly drawn by torch's generator from the cap of that half angle."""
    low = math.cos(math.radians(degrees))
    z = low + (1 - low) * torch.rand(count, dtype=torch.float64)
    return sphere(z, 2 * math.pi * torch.rand(count, dtype=torch.float64))


def grid(low: float, high: float, rows: int, columns: int) -> Tensor:
    """Points on ``rows`` circles of latitude from ``low`` to ``high`` degrees off the pole."""
    z = torch.linspace(math.radians(low), math.radians(high), rows, dtype=torch.float64).cos()
    phi = torch.arange(columns, dtype=torch.float64) * (2 * math.pi / columns)
    return sphere(*torch.meshgrid(z, phi, indexing="ij")).reshape(-1, 3)
