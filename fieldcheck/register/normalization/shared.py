"""What several rooms of the chapter use."""

from __future__ import annotations

from dataclasses import replace

from fieldcheck.domains import built, vector


def nonzero(n):
    """Any real vector but zero."""
    free = vector(n).without_strata("zero", "zero-row")
    return replace(free, name="nonzero real vector", within=lambda raw: bool((raw["x"] != 0).any()))


WIDTH = built("head width", ("r",), {"x": ("r",)}, lambda xp, raw: raw["x"] * 0 + 1, covers="all")
"""A head width, carried by the shape of a vector of ones."""
