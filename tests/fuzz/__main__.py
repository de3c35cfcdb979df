"""Inputs of every kind for every public function and command.

    python -m tests.fuzz --inputs 100000 --seed 0        or: make fuzz N=100000

What comes of an input is a documented exception, a one-line error with its exit code, or the right
answer; never a traceback, a hang over its limit, or a wrong number.  A run that finds none of these
writes how many inputs it tried to ``tests/fuzz/figures.json``; the first fault ends it, at its
smallest.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded

from tests.fuzz import commands, language, numbers, texts
from tests.fuzz.target import Target, within

FIGURES = Path(__file__).with_name("figures.json")
TARGETS = [*numbers.TARGETS, *language.TARGETS, *texts.TARGETS, *commands.TARGETS]
SLICE = 500
"""Inputs of one Hypothesis run: it remembers them all."""


def tried(target: Target, count: int, seed: int) -> int:
    """Try so many inputs; how many it were."""
    done = 0

    @seeded(seed)
    @settings(
        max_examples=count, deadline=None, database=None, derandomize=False,
        verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    @given(target.inputs)
    def once(example) -> None:
        nonlocal done
        done += 1
        with within(target):
            target.attempt(example)

    once()
    return done


def shares(count: int, names: list[str]) -> list[tuple[Target, int]]:
    """Every target with its part of the inputs, at least one."""
    chosen = [t for t in TARGETS if any(name in t.name for name in names)] if names else TARGETS
    whole = sum(t.share for t in chosen)
    return [(t, max(1, round(count * t.share / whole))) for t in chosen]


def figures() -> dict[str, dict[str, int]]:
    """Of each seed, the inputs that every target was given."""
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}


def keep(seed: int, tally: dict[str, int]) -> None:
    """Add a run without faults, in the place of an earlier one of its seed."""
    runs = {**figures(), str(seed): tally}
    FIGURES.write_text(json.dumps(runs, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def sentence() -> str:
    """What the README says."""
    runs = figures()
    inputs = sum(sum(tally.values()) for tally in runs.values())
    targets = len(set().union(*runs.values()))
    return f"{inputs:,} inputs over {len(runs)} seeds, {targets} functions and commands: no fault"


def main() -> None:
    """Fuzz until it is enough, or until something gives way."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--inputs", type=int, default=100_000)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument(
        "--only", action="append", default=[], help="targets with this in their name"
    )
    said = words.parse_args()
    tally = {}
    for target, wanted in shares(said.inputs, said.only):
        began, done = time.process_time(), 0
        for number, start in enumerate(range(0, wanted, SLICE)):
            done += tried(target, min(SLICE, wanted - start), said.seed + number)
        tally[target.name] = done
        print(f"{done:7} {target.name}, {time.process_time() - began:.0f} s", flush=True)
    total = sum(tally.values())
    print(f"{total} inputs, and none without its answer")
    if not said.only:
        keep(said.seed, tally)


if __name__ == "__main__":
    main()
