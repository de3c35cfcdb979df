"""Measurements on real modules: how far their force is from a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .nongradient import NonGradient, nongradient_fraction

__all__ = ["NonGradient", "nongradient_fraction"]


def __getattr__(name: str) -> Any:
    """On first use: the measurement needs torch, reading the register must not."""
    if name in __all__:
        from . import nongradient

        return getattr(nongradient, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
