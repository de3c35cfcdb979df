"""The runs of the study or of its pilot, in their order, each kept as soon as it is done."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from fieldcheck import ordinary

from . import protocol as paper
from .journal import Journal, Key, Row
from .protocol import Protocol
from .train import run

Progress = Callable[[int, int, float], None]
"""Called with (runs done, runs in all, seconds that one took)."""

HERE = Path(__file__).parent
CODE = [HERE / name for name in ("data.py", "models.py", "train.py")] + [
    HERE.parent / name for name in ("cones/modules.py", "ops/conic.py", "ops/free_energy.py")
]
"""What the numbers of a run depend on: a journal is not continued under another."""


def head(commit: str) -> Row:
    code = hashlib.sha256(b"\0".join(file.read_bytes() for file in CODE)).hexdigest()
    return {
        "protocol": paper.digest(), "commit": commit, "code": code,
        "python": platform.python_version(), "torch": torch.__version__,
        "machine": platform.machine(),
    }  # fmt: skip


def main_runs(protocol: Protocol) -> list[Key]:
    """Every run of the study, seed by seed: whenever it ends, what is complete is balanced."""
    return [
        (seed, task, arm, protocol.tasks[task].rates[arm]) for seed, task, arm in protocol.order()
    ]


def pilot_runs(protocol: Protocol) -> list[Key]:
    """Every rate of the grid for every activation, with the pilot's seeds."""
    return [
        (seed, name, arm, rate)
        for seed in protocol.pilot_seeds
        for name, task in protocol.tasks.items()
        for arm in protocol.arms(name)
        for rate in task.rate_grid
    ]


AFTER = {"text": ["ReLU, axes linear"], "caps": ["ReLU, axes linear", "none"]}
"""What was asked when the results were known: controls in no protocol, with ReLU's rates."""


def after_runs(protocol: Protocol) -> list[Key]:
    return [
        (seed, name, arm, protocol.tasks[name].rates["ReLU"])
        for seed in protocol.seeds
        for name, arms in AFTER.items()
        for arm in arms
    ]


def go(
    protocol: Protocol, runs: list[Key], journal: Journal, progress: Progress,
    minutes: float = math.inf,
) -> None:  # fmt: skip
    """Do the runs that the journal lacks.

    No new seed is begun once ``minutes`` of training are used up.
    """
    for n, (seed, task, arm, rate) in enumerate(runs):
        if (seed, task, arm, rate) in journal.done:
            continue
        if n and runs[n - 1][0] != seed and spent(journal.rows) > 60 * minutes:
            return
        start = time.monotonic()
        numbers = run(protocol, task, arm, seed, rate)
        seconds = time.monotonic() - start
        journal.add({
            "seed": seed, "task": task, "activation": arm, "rate": rate,
            "seconds": round(seconds, 2), **{k: finite(v) for k, v in numbers.items()},
        })  # fmt: skip
        progress(len(journal.rows), len(runs), seconds)


def spent(rows: Iterable[Row]) -> float:
    return math.fsum(row["seconds"] for row in rows)


def finite(value: float) -> float | int | None:
    """Seven digits; None for what is not finite."""
    if isinstance(value, int):
        return value
    return float(f"{value:.7g}") if math.isfinite(value) else None


def best_rates(protocol: Protocol, rows: list[Row]) -> dict[str, dict[str, float]]:
    """For each task and activation the rate with the least mean metric over the pilot's seeds."""
    found: dict[str, dict[str, float]] = {}
    for name, task in protocol.tasks.items():
        found[name] = {}
        for arm in protocol.arms(name):
            means = {
                rate: math.fsum(
                    math.inf if row[task.metric] is None else row[task.metric]
                    for row in rows
                    if (row["task"], row["activation"], row["rate"]) == (name, arm, rate)
                )
                for rate in task.rate_grid
            }
            found[name][arm] = min(means, key=lambda rate: means[rate])
    return found


def record(journal: Journal) -> dict[str, Any]:
    return {"schema": 1, **journal.head, "runs": journal.rows}


def write(path: Path, record: dict[str, Any]) -> None:
    """One line a run, so that a change of one is seen as that."""
    head = {k: v for k, v in record.items() if k != "runs"}
    runs = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in record["runs"])
    start = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    ordinary.write_text(path, f'{start},\n "runs": [\n{runs}\n ]\n}}\n')
