"""Fair timing: implementations take turns, round after round, and only medians are kept.

On a shared machine the load drifts.  Taking turns lets the drift fall on all alike, the order
rotates so that none always runs behind the same neighbour, and a ratio is formed within each round.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

#: A shorter call is repeated until it fills this many seconds.
SHORTEST = 2e-3

Call = Callable[[], object]


@dataclass
class Timing:
    """The seconds of one implementation, by round."""

    seconds: dict[int, float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds.values())

    @property
    def spread(self) -> float:
        """Half the interquartile range over the median; 0 for fewer than three rounds."""
        values = list(self.seconds.values())
        if len(values) < 3:
            return 0.0
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return (high - low) / 2 / self.median

    def over(self, other: Timing) -> float:
        """Median over common rounds of this time divided by the other's."""
        common = self.seconds.keys() & other.seconds.keys()
        if not common:
            return self.median / other.median
        return statistics.median(self.seconds[r] / other.seconds[r] for r in common)


def once(calls: Sequence[Call], repeats: int, cuda: bool, start: int = 0) -> float:
    """Seconds of one call, over ``repeats`` in a row that rotate through the input sets."""
    if cuda:
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda.synchronize()
        begin.record()
        for i in range(repeats):
            calls[(start + i) % len(calls)]()
        end.record()
        torch.cuda.synchronize()
        return begin.elapsed_time(end) / 1e3 / repeats
    begun = time.perf_counter()
    for i in range(repeats):
        calls[(start + i) % len(calls)]()
    return (time.perf_counter() - begun) / repeats


def interleaved(
    calls: Mapping[str, Sequence[Call]], rounds: int, budget: float, cuda: bool = False
) -> dict[str, Timing]:
    """Time implementations in turns.

    calls: for each name, the same call on one or more sets of inputs (more than one keeps a
        device's cache from holding them).
    rounds: rounds wanted; 3 for a call that takes over a second, 1 for one over ten.
    budget: seconds after which no new round begins (the first is always finished).
    """
    if cuda:
        for sets in calls.values():
            once(sets, 3, cuda)
    for sets in calls.values():  # the first call pays for caches and compilation
        once(sets, 1, cuda)
    warm = {name: once(sets, 1, cuda) for name, sets in calls.items()}
    wanted = {n: 1 if s > 10 else min(3, rounds) if s > 1 else rounds for n, s in warm.items()}
    repeats = {n: max(1, min(200, round(SHORTEST / max(s, 1e-7)))) for n, s in warm.items()}
    timings = {n: Timing({0: s} if wanted[n] == 1 else {}) for n, s in warm.items()}
    names = list(calls)
    begun = time.perf_counter()
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                if len(timings[name].seconds) < wanted[name]:
                    seconds = once(calls[name], repeats[name], cuda, number)
                    timings[name].seconds[number] = seconds
            if time.perf_counter() - begun > budget:
                break
    finally:
        gc.enable()
    return timings
