"""Cones and the activations that project onto them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .modules import CoLU, PositiveSemidefinite, RCoLU, SecondOrderCone

__all__ = ["CoLU", "PositiveSemidefinite", "RCoLU", "SecondOrderCone"]


def __getattr__(name: str) -> Any:
    """The torch layers, on first use: the formulas beside them must load without torch."""
    if name in __all__:
        from . import modules

        return getattr(modules, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
