"""Start the measuring processes, gather what they say, and judge it.  Loads no torch."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .growth import exponent
from .records import EVERYONE, Growth, LeftOut, Row, Run, Size
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
    budget: float = 8.0
    all_memory: bool = False
    #: Contests that need no measurement, as [op, mode, size].
    known: list[list[Any]] = field(default_factory=list)


def _events(request: Request, part: str) -> Iterator[dict[str, Any]]:
    """Start one measuring process and yield what it says; ``died`` is the last if it is cut off."""
    environment = dict(os.environ)
    if part == "sweeps":
        environment |= KEEP_MEMORY
    # A file and no pipe: a pipe that nobody reads stops the process once it is full.
    with tempfile.TemporaryFile("w+", errors="replace") as trouble:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "fieldcheck.bench.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=trouble, text=True,
            env=environment,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        ended = False
        try:
            with contextlib.suppress(BrokenPipeError):
                said = {**vars(request), "part": part, "parent": os.getpid()}
                process.stdin.write(json.dumps(said) + "\n")
                process.stdin.close()
            for line in process.stdout:
                if not line.startswith("{"):
                    continue  # a peer that prints
                event = json.loads(line)
                ended = event["event"] == "end"
                yield event
        finally:
            if not ended:
                process.kill()
            process.stdout.close()
            process.wait()
        if not ended:
            trouble.seek(0)
            said = trouble.read().strip().splitlines()[-1:]
            reason = said[0] if said else f"exit code {process.returncode}"
            yield {"event": "died", "reason": f"the measuring process stopped: {reason}"}


#: Parts of a run.  Sweeps are weighed before they are timed, so that a timed row is whole.
PARTS = ("time", "memory", "sweeps")
#: How many processes take a part.  A sweep over memory depends on the pages that its process was
#: given, as much as by half, and no number of rounds in one process shows that.
PROCESSES = {"sweeps": 3}


class _Gathering:
    """What the measuring processes have said so far."""

    def __init__(self, request: Request, earlier: Run | None) -> None:
        self.request, self.earlier = request, earlier
        self.before = contests(earlier.rows) if earlier else {}
        calm = [rows[0] for rows in self.before.values() if all(r.calm for r in rows)]
        self.known: list[list[Any]] = [[r.op, r.mode, r.size] for r in calm]
        self.environment: dict[str, Any] = {}
        self.rows: list[Row] = []
        self.left_out: list[LeftOut] = []
        self.ceilings: dict[str, list[float]] = {"copy_bytes_per_s": [], "matmul_ops_per_s": []}
        self.peaks: dict[tuple[Any, ...], int | None] = {}
        #: Of the contests of a part, how many processes are still to come.
        self.open: dict[Contest, int] = {}

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "rounds": self.request.rounds, "budget_s": self.request.budget,
            "toy": self.request.toy, "peers": self.request.peers,
            "processes": 1 if self.request.toy else PROCESSES["sweeps"],
            "allocator": "the system's default; for activations and gibbs one that keeps memory",
        }  # fmt: skip

    def measure(
        self, part: str, progress: Progress, done: Callable[[], None], left: int = 0
    ) -> None:
        """One part, to its end.  A contest that brings the process down is left out, and the others
        go on in a new one.

        left: processes that are to take this part after this one.
        """
        skip = list(self.known)
        while True:
            contest: list[Any] = []
            for event in _events(replace(self.request, known=skip), part):
                kind = event.pop("event")
                if kind == "contest":
                    contest = [event["op"], event["mode"], event["size"]]
                    self.open[_named(contest)] = left + 1
                    progress(event["done"], event["of"], f"{part}: {event['op']}, {event['mode']}")
                elif kind == "done":
                    skip.append(contest)
                    self.open[_named(contest)] = left
                    contest = []
                    done()
                elif kind == "end":
                    return
                elif kind == "died":
                    if not contest:
                        raise BenchError(event["reason"])
                    op, mode, size = contest
                    gone = _named(contest)
                    self.open[gone] = 0
                    self.rows = [row for row in self.rows if _contest(row) != gone]
                    self.left_out.append(LeftOut(op, mode, EVERYONE, size, event["reason"]))
                    self.known.append(contest)  # nor again in another process
                    skip.append(contest)
                    done()
                else:
                    self.take(kind, event)

    def take(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "row":
            row = Row(**event)
            if row.peak_bytes is None:
                row = replace(row, peak_bytes=self.peaks.get(_place(row)))
            self.rows.append(row)
        elif kind == "left_out":
            self.left_out.append(LeftOut(**event))
        elif kind == "ceiling":
            self.ceilings[event["name"]].append(event["value"])
        elif kind == "peak":
            peak = event.pop("bytes")
            self.peaks[event["op"], event["mode"], event["implementation"],
                       tuple(event["size"].items())] = peak  # fmt: skip
        elif kind == "environment":
            if self.earlier:
                same_run(self.earlier, event, self.settings)
            self.environment = event

    def run(self, complete: bool) -> Run:
        """All that is known now, judged.  What is not measured by all its processes is not known:
        whoever goes on from it would take it for whole."""
        rows = together(row for row in self.rows if complete or not self.open.get(_contest(row)))
        left_out = [o for i, o in enumerate(self.left_out) if o not in self.left_out[:i]]
        ceilings = {name: list(values) for name, values in self.ceilings.items()}
        if self.earlier:
            rows = calmer(self.before, contests(rows))
            # a contest that was tried again has spoken for itself
            tried = {_contest(r) for r in self.rows} | {_contest(o) for o in left_out}
            left_out += [o for o in self.earlier.left_out if _contest(o) not in tried]
            for name, value in self.earlier.ceilings.items():
                ceilings[name] += [value] if value else []
        best = {name: max(values) if values else None for name, values in ceilings.items()}
        return Run(self.environment, self.settings, best, rows, growths(rows), judge(rows),
                   left_out, complete)  # fmt: skip


def measure(
    request: Request,
    progress: Progress | None = None,
    earlier: Run | None = None,
    keep: Callable[[Run], None] | None = None,
) -> Run:
    """Measure times and peak memory.  After each contest ``keep`` gets what is known so far.

    With an ``earlier`` run under the same conditions, contests without a disturbed row are not
    repeated, and of a repeated one the calmer version is kept.
    """
    gathering = _Gathering(request, earlier)

    def done() -> None:
        if keep and (known := gathering.run(complete=False)).rows:
            keep(known)

    for part in PARTS:
        for left in reversed(range(1 if request.toy else PROCESSES.get(part, 1))):
            gathering.measure(part, progress or (lambda done, of, text: None), done, left)
    return gathering.run(complete=True)


#: What must agree for two runs to be one.
CONDITIONS = ("device", "memory_bytes", "python", "packages", "commit", "compiler")


def same_run(earlier: Run, environment: dict[str, Any], settings: dict[str, Any]) -> None:
    """Refuse to go on with a run that was made under other conditions, naming them."""
    was = {name: earlier.environment[name] for name in CONDITIONS}
    now = {name: environment[name] for name in CONDITIONS}
    for conditions, source in ((was, earlier.settings), (now, settings)):
        conditions |= conditions.pop("packages")
        conditions |= {name: source[name] for name in ("peers", "toy")}
    other = [
        f"{n} was {was.get(n)}, is {now.get(n)}" for n in now | was if was.get(n) != now.get(n)
    ]
    if other:
        raise BenchError(f"the earlier run was made under other conditions: {'; '.join(other)}")


def _place(row: Row) -> tuple[Any, ...]:
    return row.op, row.mode, row.implementation, tuple(row.size.items())


Contest = tuple[str, str, tuple[tuple[str, int], ...]]


def _contest(row: Row | LeftOut) -> Contest:
    return row.op, row.mode, tuple(row.size.items())


def _named(contest: list[Any]) -> Contest:
    """The same of what a measuring process calls it."""
    op, mode, size = contest
    return op, mode, tuple(size.items())


def contests(rows: Iterable[Row]) -> dict[Contest, list[Row]]:
    """The rows by contest: one operation in one mode at one size."""
    found: dict[Contest, list[Row]] = {}
    for row in rows:
        found.setdefault(_contest(row), []).append(row)
    return found


def together(rows: Iterable[Row]) -> list[Row]:
    """One row for each implementation in a contest: the medians over the processes that measured
    it, calm ones before others.  The spread is that of the processes, if it is the larger."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(_place(row), []).append(row)
    return [_median(same) for same in found.values()]


def _median(rows: list[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    taken = [row for row in rows if row.calm] or rows
    times = [row.median_s for row in taken]
    middle = statistics.median(times)
    inside = [row.spread for row in taken if row.spread is not None]
    between = (max(times) - min(times)) / 2 / middle
    ratios = {
        other: statistics.median(row.ratios[other] for row in taken if other in row.ratios)
        for other in dict.fromkeys(other for row in taken for other in row.ratios)
    }
    return replace(
        taken[0],
        median_s=middle,
        spread=max([between, *([statistics.median(inside)] if inside else [])]),
        rounds=sum(row.rounds for row in taken),
        disturbed=statistics.median(row.disturbed for row in taken),
        peak_bytes=next((row.peak_bytes for row in rows if row.peak_bytes is not None), None),
        ratios=ratios,
    )


def calmer(first: dict[Contest, list[Row]], second: dict[Contest, list[Row]]) -> list[Row]:
    """All contests of both, in order of name; of one that is in both the less disturbed version."""
    disturbed = lambda rows: statistics.fmean(r.disturbed for r in rows)
    together = first | second
    for key in first.keys() & second.keys():
        if disturbed(first[key]) < disturbed(second[key]):
            together[key] = first[key]
    return [row for key in sorted(together) for row in together[key]]


#: What is held while a variable grows; r follows C.
FOLLOWS = {"N": ("N",), "C": ("C", "r"), "d": ("d",)}


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
