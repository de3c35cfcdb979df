"""What a run of the bench leaves behind: rows, growth, targets; to JSON and back.  Loads no
torch."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from fieldcheck import ordinary

SCHEMA = "fieldcheck-bench/1"
#: A row whose threads waited for a processor for a larger share of its time is disturbed.
CALM = 0.05
Size = dict[str, int]
#: Stands for the implementation where a whole contest is left out.
EVERYONE = "all"


@dataclass(frozen=True)
class Row:
    """One measurement: an implementation of an operation in a mode, at one size."""

    op: str
    mode: str
    implementation: str
    size: Size
    dtype: str
    device: str
    median_s: float
    spread: float | None
    rounds: int
    disturbed: float = 0.0
    peak_bytes: int | None = None
    operations: float | None = None
    bytes: float | None = None
    ratios: dict[str, float] = field(default_factory=dict)

    @property
    def calm(self) -> bool:
        """Whether the time can be relied on."""
        return self.disturbed <= CALM


@dataclass(frozen=True)
class LeftOut:
    """Something that was not run, and the reason."""

    op: str
    mode: str
    implementation: str
    size: Size
    reason: str


@dataclass(frozen=True)
class Growth:
    """A fitted power: ``quantity`` grows as ``variable`` to the ``exponent``, in [low, high] (95
    %)."""

    op: str
    mode: str
    implementation: str
    quantity: str
    variable: str
    fixed: Size
    values: list[int]
    exponent: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """A target and what was measured.

    ``missing`` names the sizes it speaks of that no undisturbed row covers; while there is one,
    ``met`` is False or None, never True.
    """

    text: str
    op: str
    mode: str
    bound: float
    sense: str
    measured: list[dict[str, Any]]
    missing: list[str]
    met: bool | None


@dataclass(frozen=True)
class Run:
    """A whole run."""

    environment: dict[str, Any]
    settings: dict[str, Any]
    ceilings: dict[str, float | None]
    rows: list[Row]
    growth: list[Growth]
    targets: list[Judged]
    left_out: list[LeftOut]
    #: Whether every contest that was asked for has been tried.
    complete: bool = True

    @property
    def device(self) -> str:
        return self.environment["device"]

    def select(
        self,
        op: str | None = None,
        mode: str | None = None,
        implementation: str | None = None,
        **size: int,
    ) -> list[Row]:
        """The rows that match, in the order of measurement."""
        return [
            row
            for row in self.rows
            if op in (None, row.op)
            and mode in (None, row.mode)
            and implementation in (None, row.implementation)
            and all(row.size.get(k) == v for k, v in size.items())
        ]  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **_rounded(dataclasses.asdict(self))}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Run:
        found = data.get("schema") if isinstance(data, dict) else None
        if found != SCHEMA:
            raise ValueError(f"this is no bench result: schema is {found!r}")
        return cls(
            data["environment"], data["settings"], data["ceilings"],
            [Row(**row) for row in data["rows"]],
            [Growth(**row) for row in data["growth"]],
            [Judged(**row) for row in data["targets"]],
            [LeftOut(**row) for row in data["left_out"]],
            data["complete"],
        )  # fmt: skip


def _rounded(value: Any) -> Any:
    """Floats to four significant digits: what lies beyond is noise, and would fill the history."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return value


def schema() -> dict[str, Any]:
    """The published JSON schema."""
    return json.loads((resources.files(__package__) / "schema.json").read_text())


def save(run: Run, path: Path) -> None:
    """Write a run, whole or not at all."""
    ordinary.write_text(path, json.dumps(run.to_json(), indent=1) + "\n")


def load(path: Path) -> Run:
    """Read a run."""
    return Run.from_json(ordinary.read_json(path))


def committed(folder: Path, kind: str) -> list[Run]:
    """The runs in a folder made on a kind of device, ``cpu`` or ``cuda``; one file a device."""
    runs = (load(path) for path in sorted(folder.glob("bench-*.json")))
    return [run for run in runs if run.environment["kind"] == kind]


def size_text(size: Size) -> str:
    """``N 4096, C 64``."""
    return ", ".join(f"{k} {v}" for k, v in size.items())


def unique(rows: Iterable[Row], key: str) -> list[Any]:
    """The values of a field in the order in which they first appear."""
    return list(dict.fromkeys(getattr(row, key) for row in rows))
