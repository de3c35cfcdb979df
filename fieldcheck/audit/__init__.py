"""Measurements on real modules: which fields they are, how far their force is from a gradient."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import AuditError
    from .inquiry import Report, report
    from .nongradient import NonGradient, nongradient_fraction

_HOMES = {
    "AuditError": "errors", "NonGradient": "nongradient", "Report": "inquiry",
    "nongradient_fraction": "nongradient", "report": "inquiry",
}  # fmt: skip

__all__ = ["AuditError", "NonGradient", "Report", "nongradient_fraction", "report"]


def __getattr__(name: str) -> Any:
    """On first use: the measurement needs torch, reading the register must not."""
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
