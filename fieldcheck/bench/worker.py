"""The process that measures.  It reads one request from standard input and writes events, a line
each.

A process of its own, because how memory is handed out decides what is measured: with the system's
defaults a large result is fresh pages each time.  That is part of what an N x N tensor costs; in a
sweep over memory it hides everything.  For sweeps the parent starts this process with an allocator
that keeps its memory; for all else with the default one.  Peak memory is that of the first call;
under the allocator that keeps its memory it cannot be told, so sweeps are weighed in a part of
their own.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from typing import Any

import torch

from fieldcheck.ledger import usage

from . import memory
from .cases import CASES, COPY, MATMUL, Case, Contest
from .environment import device_name, environment
from .records import EVERYONE, LeftOut, Row, Size
from .rounds import Timing, interleaved

#: A GPU's inputs are rotated until together they exceed this: twice the largest cache in use.
ROTATE, MOST_SETS = 128 << 20, 64


def emit(event: str, **data: Any) -> None:
    """One line to the parent."""
    print(json.dumps({"event": event, **data}), flush=True)


def chosen(request: dict[str, Any]) -> Iterator[tuple[Case, Size]]:
    """The cases and sizes that a request names."""
    for case in CASES:
        if request["ops"] and case.op not in request["ops"]:
            continue
        if case.keeps_memory != (request["part"] != "time"):
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
    """Time over time; over a ceiling's time for as many operations, or as many bytes."""
    result = {}
    for other, timing in timings.items():
        if other == name:
            continue
        ratio = timings[name].over(timing)
        if other == MATMUL and contest.operations and contest.ceiling_operations:
            ratio *= contest.ceiling_operations / contest.operations
        if other == COPY and contest.bytes and contest.ceiling_bytes:
            ratio *= contest.ceiling_bytes / contest.bytes
        result[other] = ratio
    return result


def build(case: Case, size: Size, request: dict[str, Any], device: torch.device) -> Contest:
    """The contest as it may run here; who is left out is said."""
    contest = case.build(size, device, request["peers"])
    reasons = contest.absent | refuse_large(contest, device, request["all_memory"])
    for name, reason in reasons.items():
        leave_out(case, size, name, reason)
    return contest


def leave_out(case: Case, size: Size, name: str, reason: str) -> None:
    emit("left_out", **vars(LeftOut(case.op, case.mode, name, size, reason)))


def time_case(case: Case, size: Size, request: dict[str, Any], device: torch.device) -> None:
    """Measure one contest and emit its rows."""
    cuda = device.type == "cuda"
    contest = build(case, size, request, device)
    sets = [contest]
    if cuda and contest.bytes:
        room = memory.free_bytes(device) / 4
        copies = min(MOST_SETS, min(ROTATE, room) // contest.bytes)
        sets += [case.build(size, device, request["peers"]) for _ in range(int(copies))]
    calls = {name: [s.calls[name] for s in sets if name in s.calls] for name in contest.calls}
    weigh = request["part"] == "time"  # where the allocator keeps memory, growth tells nothing
    timings, failed = interleaved(calls, request["rounds"], request["budget"], cuda, weigh)
    for name, reason in failed.items():
        leave_out(case, size, name, reason)
    for name, timing in timings.items():
        ceiling = name in (COPY, MATMUL)
        row = Row(
            case.op, case.mode, name, size, "float32" if ceiling else case.dtype,
            device_name(device), timing.median, timing.spread, len(timing.counted),
            timing.disturbed, None if ceiling else timing.peak,
            contest.ceiling_operations if ceiling else contest.operations,
            contest.ceiling_bytes if ceiling else contest.bytes,
            {} if ceiling else ratios(name, timings, contest),
        )  # fmt: skip
        emit("row", **vars(row))
        if name == COPY and contest.ceiling_bytes and timing.calm:
            rate = contest.ceiling_bytes / timing.median
            emit("ceiling", name="copy_bytes_per_s", value=rate)
        if name == MATMUL and contest.ceiling_operations and timing.calm:
            rate = contest.ceiling_operations / timing.median
            emit("ceiling", name="matmul_ops_per_s", value=rate)


def weigh_case(case: Case, size: Size, request: dict[str, Any], device: torch.device) -> None:
    """Measure the peak memory of those that are timed under another allocator."""
    contest = case.build(size, device, False)
    refuse_large(contest, device, request["all_memory"])
    for name, call in contest.calls.items():
        if name != COPY:
            peak = memory.peak_bytes(call, device.type == "cuda")
            emit("peak", op=case.op, mode=case.mode, implementation=name, size=size, bytes=peak)


def warm_up(case: Case, device: torch.device) -> None:
    """Libraries load their scratch space on first use, and the loops are compiled."""
    for call in case.build(case.toy[0], device, False).calls.values():
        call()


def main() -> None:
    request = json.loads(sys.stdin.readline())
    usage.end_with(request["parent"])
    device = torch.device(request["device"])
    emit("environment", **environment(device))
    work = list(chosen(request))
    warm: set[tuple[str, str]] = set()
    gc.freeze()  # the libraries' own objects stay: looking at all of them takes half a second
    for number, (case, size) in enumerate(work):
        emit("contest", op=case.op, mode=case.mode, size=size, done=number, of=len(work))
        try:
            if (case.op, case.mode) not in warm:
                warm_up(case, device)
                warm.add((case.op, case.mode))
            act = weigh_case if request["part"] == "memory" else time_case
            act(case, size, request, device)
        except Exception as error:
            first = next(iter(str(error).splitlines()), "")
            leave_out(case, size, EVERYONE, f"{type(error).__name__}: {first}")
        emit("done")
        gc.collect()
    emit("end")


if __name__ == "__main__":
    main()
