"""The process that measures.  It reads one request from standard input and writes events, a line
each.

A process of its own, because how memory is handed out decides what is measured: with the system's
defaults a large result is fresh pages each time.  That is part of what an N x N tensor costs; in a
sweep over memory it hides everything.  For sweeps the parent starts this process with an allocator
that keeps its memory; for all else, and for peak memory, with the default one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import torch

from . import memory
from .cases import CASES, COPY, MATMUL, Case, Contest
from .environment import device_name, environment
from .records import LeftOut, Row, Size
from .rounds import Timing, interleaved

#: A GPU's inputs are rotated until together they exceed this: twice the largest cache in use.
ROTATE = 128 << 20


def emit(event: str, **data: Any) -> None:
    """One line to the parent."""
    print(json.dumps({"event": event, **data}), flush=True)


def chosen(request: dict[str, Any]) -> Iterator[tuple[Case, Size]]:
    """The cases and sizes that a request names."""
    for case in CASES:
        if request["ops"] and case.op not in request["ops"]:
            continue
        if request["part"] != "memory" and case.keeps_memory != (request["part"] == "sweeps"):
            continue
        for size in case.toy if request["toy"] else case.sizes:
            if [case.op, case.mode, size] in request["known"]:
                continue
            if all(size.get(name) in values for name, values in request["sizes"].items()):
                yield case, size


def refuse_large(contest: Contest, device: torch.device, all_memory: bool) -> dict[str, str]:
    """Take out the calls that would use more than half of the free memory; the reasons by name."""
    if all_memory:
        return {}
    free = memory.free_bytes(device)
    reasons = {}
    for name, need in contest.needs.items():
        if name in contest.calls and need > free / 2:
            del contest.calls[name]
            reasons[name] = (
                f"needs about {need / 2**30:.1f} GiB, more than half of the "
                f"{free / 2**30:.1f} GiB that are free"
            )
    return reasons


def ratios(name: str, timings: dict[str, Timing], contest: Contest) -> dict[str, float]:
    """Time over time; for the matrix-product peak, over its time for as many operations."""
    result = {}
    for other, timing in timings.items():
        if other == name:
            continue
        ratio = timings[name].over(timing)
        if other == MATMUL and contest.operations and contest.ceiling_operations:
            ratio *= contest.ceiling_operations / contest.operations
        result[other] = ratio
    return result


def time_case(case: Case, size: Size, request: dict[str, Any], device: torch.device) -> None:
    """Measure one contest and emit its rows."""
    contest = case.build(size, device, request["peers"])
    for name, reason in contest.absent.items():
        emit("left_out", **vars(LeftOut(case.op, case.mode, name, size, reason)))
    for name, reason in refuse_large(contest, device, request["all_memory"]).items():
        emit("left_out", **vars(LeftOut(case.op, case.mode, name, size, reason)))
    sets = [contest]
    if device.type == "cuda" and contest.bytes:
        copies = min(8, 1 + int(ROTATE // max(1, contest.bytes)))
        sets += [case.build(size, device, False) for _ in range(copies - 1)]
    calls = {name: [s.calls[name] for s in sets if name in s.calls] for name in contest.calls}
    timings = interleaved(calls, request["rounds"], request["budget"], device.type == "cuda")
    for name, timing in timings.items():
        ceiling = name == MATMUL
        row = Row(
            case.op, case.mode, name, size, "float32" if ceiling else case.dtype,
            device_name(device), timing.median, timing.spread, len(timing.counted),
            timing.disturbed, None,
            contest.ceiling_operations if ceiling else contest.operations,
            None if ceiling else contest.bytes,
            {} if ceiling else ratios(name, timings, contest),
        )  # fmt: skip
        emit("row", **vars(row))
        if name == COPY and contest.bytes and timing.calm:
            emit("ceiling", name="copy_bytes_per_s", value=contest.bytes / timing.median)
        if ceiling and contest.ceiling_operations and timing.calm:
            rate = contest.ceiling_operations / timing.median
            emit("ceiling", name="matmul_ops_per_s", value=rate)


def weigh_case(case: Case, size: Size, request: dict[str, Any], device: torch.device) -> None:
    """Measure the peak memory of those that ask for it."""
    contest = case.build(size, device, False)
    refuse_large(contest, device, request["all_memory"])
    for name in contest.weigh:
        if name in contest.calls:
            peak = memory.peak_bytes(contest.calls[name], device.type == "cuda")
            emit("peak", op=case.op, mode=case.mode, implementation=name, size=size, bytes=peak)


def main() -> None:
    request = json.loads(sys.stdin.readline())
    device = torch.device(request["device"])
    emit("environment", **environment(device))
    work = list(chosen(request))
    warm: set[tuple[str, str]] = set()
    for number, (case, size) in enumerate(work):
        emit("progress", done=number, of=len(work), text=f"{case.op}, {case.mode}")
        if request["part"] != "memory":
            time_case(case, size, request, device)
            continue
        if (case.op, case.mode) not in warm:  # libraries load their scratch space on first use
            for call in case.build(case.toy[0], device, False).calls.values():
                call()
            warm.add((case.op, case.mode))
        weigh_case(case, size, request, device)
    emit("end")


if __name__ == "__main__":
    main()
