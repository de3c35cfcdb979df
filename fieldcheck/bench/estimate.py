"""Roofline estimates from published figures: for a device not at hand, and never a measurement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """What a data sheet promises: operations a second by number format, bytes a second."""

    name: str
    operations: dict[str, float]
    bytes: float
    source: str


H100 = Device(
    "NVIDIA H100 SXM",
    {"bfloat16 matrix products": 989e12, "float32": 67e12},
    3.35e12,
    "NVIDIA H100 data sheet, dense rates",
)


@dataclass(frozen=True)
class Work:
    """An operation's need: what it computes, in which format, and what must move."""

    text: str
    format: str
    operations: float
    bytes: float


def floor(work: Work, device: Device) -> tuple[float, str]:
    """Seconds below which the device cannot do this work, and which ceiling says so."""
    by_operations = work.operations / device.operations[work.format]
    by_bytes = work.bytes / device.bytes
    if by_operations >= by_bytes:
        return by_operations, "operations"
    return by_bytes, "bytes"


def examples(n: int = 65536) -> list[Work]:
    """The core operations at N = 64k."""
    h, d = 4, 64
    attention, tokens = 4.0 * h * n * n * d, 2.0 * n * h * d
    rows = [
        Work("free energy with force", "bfloat16 matrix products", attention, 3 * tokens),
        Work("free energy with both forces", "bfloat16 matrix products", 2 * attention, 6 * tokens),
    ]
    for c in (64, 256):
        rows.append(Work(f"quartic force, C = {c}", "float32", 16.0 * n * c * c, 24.0 * n * c))
    channels = 1024
    rows += [
        Work("CoLU forward, 1024 channels", "float32", 6.0 * n * channels, 4.0 * n * channels),
        Work("CoLU forward and backward", "float32", 16.0 * n * channels, 10.0 * n * channels),
    ]
    return rows
