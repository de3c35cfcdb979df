"""Start the measuring processes, gather what they say, and judge it.  Loads no torch."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .growth import exponent
from .records import Growth, LeftOut, Row, Run, Size
from .targets import judge

#: An allocator that keeps large blocks instead of returning them: glibc's own switches.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}

Progress = Callable[[int, int, str], None]


class BenchError(Exception):
    """A measurement could not be made; the message says why."""


@dataclass(frozen=True)
class Request:
    """What to measure."""

    ops: tuple[str, ...] = ()
    sizes: dict[str, list[int]] = field(default_factory=dict)
    device: str = "cpu"
    peers: bool = False
    toy: bool = False
    rounds: int = 15
    budget: float = 20.0
    all_memory: bool = False
    #: Contests that need no measurement, as [op, mode, size].
    known: list[list[Any]] = field(default_factory=list)


def _events(request: Request, part: str) -> Iterable[dict[str, Any]]:
    """Start one measuring process and yield what it says."""
    environment = dict(os.environ)
    if part == "sweeps":
        environment |= KEEP_MEMORY
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "fieldcheck.bench.worker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    ended = False
    try:
        process.stdin.write(json.dumps({**vars(request), "part": part}) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            if not line.startswith("{"):
                continue  # a peer that prints
            event = json.loads(line)
            ended = event["event"] == "end"
            yield event
    finally:
        if not ended:
            process.kill()
        _, trouble = process.communicate()
    if not ended:
        last = trouble.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        raise BenchError(f"the measuring process stopped: {last[0]}")


def measure(request: Request, progress: Progress | None = None, earlier: Run | None = None) -> Run:
    """Measure times, then peak memory, and put them together.

    With an ``earlier`` run on this device, contests without a disturbed row are not repeated, and
    of a repeated one the calmer version is kept.
    """
    before = contests(earlier.rows) if earlier else {}
    calm = [rows[0] for rows in before.values() if all(r.calm for r in rows)]
    request = replace(request, known=[[r.op, r.mode, r.size] for r in calm])
    environment: dict[str, Any] = {}
    ceilings: dict[str, list[float]] = {"copy_bytes_per_s": [], "matmul_ops_per_s": []}
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    peaks: dict[tuple[Any, ...], int | None] = {}
    for part in ("time", "sweeps", "memory"):
        for event in _events(request, part):
            kind = event.pop("event")
            if kind == "row":
                rows.append(Row(**event))
            elif kind == "left_out":
                left_out.append(LeftOut(**event))
            elif kind == "ceiling":
                ceilings[event["name"]].append(event["value"])
            elif kind == "peak":
                size = tuple(event["size"].items())
                peaks[event["op"], event["mode"], event["implementation"], size] = event["bytes"]
            elif kind == "environment":
                environment = event
            elif kind == "progress" and progress:
                progress(event["done"], event["of"], f"{part}: {event['text']}")
    rows = [
        replace(r, peak_bytes=peaks.get((r.op, r.mode, r.implementation, tuple(r.size.items()))))
        for r in rows
    ]
    if earlier:
        if earlier.device != environment["device"]:
            raise BenchError(
                f"the earlier run is of {earlier.device}, this machine is {environment['device']}"
            )
        rows = calmer(before, contests(rows))
        now = {_contest(o) for o in left_out}
        left_out += [o for o in earlier.left_out if _contest(o) not in now]
        for name, value in earlier.ceilings.items():
            ceilings[name] += [value] if value else []
    settings = {
        "rounds": request.rounds, "budget_s": request.budget, "toy": request.toy,
        "peers": request.peers,
        "allocator": "the system's default; for activations and gibbs one that keeps its memory",
    }  # fmt: skip
    best = {name: max(values) if values else None for name, values in ceilings.items()}
    return Run(environment, settings, best, rows, growths(rows), judge(rows), left_out)


Contest = tuple[str, str, tuple[tuple[str, int], ...]]


def _contest(row: Row | LeftOut) -> Contest:
    return row.op, row.mode, tuple(row.size.items())


def contests(rows: Iterable[Row]) -> dict[Contest, list[Row]]:
    """The rows by contest: one operation in one mode at one size."""
    found: dict[Contest, list[Row]] = {}
    for row in rows:
        found.setdefault(_contest(row), []).append(row)
    return found


def calmer(first: dict[Contest, list[Row]], second: dict[Contest, list[Row]]) -> list[Row]:
    """All contests of both, in order of name; of one that is in both the less disturbed version."""
    disturbed = lambda rows: statistics.fmean(r.disturbed for r in rows)
    together = first | second
    for key in first.keys() & second.keys():
        if disturbed(first[key]) < disturbed(second[key]):
            together[key] = first[key]
    return [row for key in sorted(together) for row in together[key]]


#: What is held while a variable grows; r follows C.
FOLLOWS = {"N": ("N",), "C": ("C", "r")}


def held(size: Size, variable: str) -> Size:
    """The sizes that stay when ``variable`` grows."""
    return {k: v for k, v in size.items() if k not in FOLLOWS[variable]}


def growths(rows: list[Row]) -> list[Growth]:
    """Every power law that at least three sizes allow to be fitted."""
    found = []
    for variable in FOLLOWS:
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            if variable in row.size:
                fixed = tuple(held(row.size, variable).items())
                groups.setdefault((row.op, row.mode, row.implementation, fixed), []).append(row)
        for (op, mode, implementation, fixed), group in groups.items():
            for quantity in ("time", "memory"):
                values = [r.median_s if quantity == "time" else r.peak_bytes for r in group]
                points = sorted(
                    (r.size[variable], v)
                    for r, v in zip(group, values, strict=True)
                    if v and (r.calm or quantity == "memory")
                )
                sizes = [x for x, _ in points]
                if len(set(sizes)) < 3:
                    continue
                power, low, high = exponent(sizes, [y for _, y in points])
                found.append(
                    Growth(op, mode, implementation, quantity, variable, dict(fixed), sizes,
                           power, low, high)
                )  # fmt: skip
    return found
