"""Fair timing: implementations take turns, round after round, and only medians are kept.

On a shared machine the load drifts.  Taking turns lets the drift fall on all alike, the order
rotates so that none always runs behind the same neighbour, and a ratio is formed within each round.

Worse than drift is waiting: a thread that is ready and gets no processor.  Linux counts that time,
so a measurement knows how much it was disturbed.  A disturbed one is tried again while the budget
lasts, and calm ones have precedence in medians and ratios.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from . import memory
from .records import CALM

#: A shorter call is repeated until it fills this many seconds.
SHORTEST = 2e-3
#: Attempts at a measurement that keeps being disturbed, and seconds that they may take together.
ATTEMPTS, PATIENCE = 12, 0.25
#: Seconds from which the first call counts as a round.
LONG = 1.0
#: Seconds of rest before a new attempt: the system then runs the rested threads first.
REST = 4e-3

Call = Callable[[], object]


@dataclass
class Timing:
    """The seconds of one implementation by round, and the share of them spent waiting."""

    seconds: dict[int, float]
    waited: dict[int, float] = field(default_factory=dict)
    #: Peak memory of the first call, where it was asked for and can be told.
    peak: int | None = None

    @property
    def calm(self) -> list[int]:
        """The rounds that nothing disturbed."""
        return [r for r in self.seconds if self.waited.get(r, 0.0) <= CALM]

    @property
    def counted(self) -> list[float]:
        """Seconds of the calm rounds; of all, where none was calm."""
        return [self.seconds[r] for r in self.calm or self.seconds]

    @property
    def median(self) -> float:
        return statistics.median(self.counted)

    @property
    def spread(self) -> float | None:
        """Half the interquartile range over the median; fewer than three rounds tell none."""
        if len(self.counted) < 3:
            return None
        low, _, high = statistics.quantiles(self.counted, n=4, method="inclusive")
        return (high - low) / 2 / self.median

    @property
    def disturbed(self) -> float:
        """Median share of the counted time that was spent waiting."""
        return statistics.median(self.waited.get(r, 0.0) for r in self.calm or self.seconds)

    def over(self, other: Timing) -> float:
        """Median over common rounds of this time over the other's.

        Over calm rounds, if three are common.  Where both were calm, but seldom in the same round,
        the medians are divided.  Where one was never calm, all rounds count: load falls on all
        alike, in the long run, and the row says that it was disturbed.
        """
        common = set(self.calm) & set(other.calm)
        if len(common) < 3:
            if self.calm and other.calm:
                return self.median / other.median
            common = self.seconds.keys() & other.seconds.keys()
        if not common:
            return self.median / other.median
        return statistics.median(self.seconds[r] / other.seconds[r] for r in common)


def waiting() -> float:
    """Seconds that this process's threads were ready to run and had no processor; 0 if unknown."""
    total = 0
    try:
        for task in os.listdir("/proc/self/task"):
            total += int(Path(f"/proc/self/task/{task}/schedstat").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return total / 1e9


def once(calls: Sequence[Call], repeats: int, cuda: bool, start: int = 0) -> tuple[float, float]:
    """Seconds of one call, over ``repeats`` that rotate the inputs; and the share spent waiting."""
    if cuda:
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda.synchronize()
        begin.record()
        for i in range(repeats):
            calls[(start + i) % len(calls)]()
        end.record()
        torch.cuda.synchronize()
        return begin.elapsed_time(end) / 1e3 / repeats, 0.0
    waited = waiting()
    begun = time.perf_counter()
    for i in range(repeats):
        calls[(start + i) % len(calls)]()
    seconds = time.perf_counter() - begun
    return seconds / repeats, max(0.0, waiting() - waited) / seconds


def interleaved(
    calls: Mapping[str, Sequence[Call]],
    rounds: int,
    budget: float,
    cuda: bool = False,
    weigh: bool = False,
) -> tuple[dict[str, Timing], dict[str, str]]:
    """Time implementations in turns; and the reasons of those whose first call failed.

    calls: for each name, the same call on one or more sets of inputs.  With more than one, a
        device's cache cannot hold them.
    rounds: rounds wanted; 3 for a call that takes over a second, 1 for one over ten.
    budget: seconds after which no new round begins, and no disturbed measurement is tried again.
    weigh: whether to measure the peak memory of each first call.
    """
    timings: dict[str, Timing] = {}
    failed: dict[str, str] = {}
    repeats: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for name, sets in calls.items():
        first: list[tuple[float, float]] = []
        begin = lambda sets=sets, first=first: first.append(once(sets, 1, cuda))
        try:
            peak = None
            if weigh:
                peak = memory.peak_bytes(begin, cuda)
            if not first:
                begin()
            # A short first call pays for caches and compilation; beside a long one they vanish.
            seconds, waited = first[0] if first[0][0] > LONG else once(sets, 3 if cuda else 1, cuda)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
            continue
        wanted[name] = 1 if seconds > 10 * LONG else min(3, rounds) if seconds > LONG else rounds
        repeats[name] = max(1, min(200, round(SHORTEST / max(seconds, 1e-7))))
        timings[name] = Timing({-1: seconds}, {-1: waited}) if seconds > LONG else Timing({})
        timings[name].peak = peak
    names = list(timings)
    end = time.perf_counter() + budget
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds if names else 0):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                timing = timings[name]
                if len(timing.seconds) >= wanted[name]:
                    continue
                seconds, waited = once(calls[name], repeats[name], cuda, number)
                patience = min(end, time.perf_counter() + PATIENCE)
                for _ in range(ATTEMPTS):
                    if waited <= CALM or time.perf_counter() > patience:
                        break
                    time.sleep(REST)
                    again, less = once(calls[name], repeats[name], cuda, number)
                    if less < waited:
                        seconds, waited = again, less
                timing.seconds[number], timing.waited[number] = seconds, waited
            if time.perf_counter() > end:
                break
    finally:
        gc.enable()
    return timings, failed
