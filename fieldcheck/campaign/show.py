"""A campaign in a terminal: progress while it runs, and a line for each form at the end."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from fieldcheck.campaign.records import Total
from fieldcheck.campaign.run import Measured

LOG = 10.0
"""Seconds between two lines of a log."""


class Watch:
    """A bar with the rate and the time left; in a log, a line every ten seconds."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.cases = self.held = 0
        self.begun = self.said = time.monotonic()
        room = max(1, min(30, console.width - 46))
        columns = (BarColumn(bar_width=room), TextColumn("{task.fields[said]}"))
        self.bar = Progress(*columns, console=console, transient=True)
        self.task: Any = None

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        if self.task is not None:
            self.bar.stop()

    def planned(self, done: int, cases: int) -> None:
        self.cases, self.held, self.begun = cases, done, time.monotonic()
        if self.console.is_terminal and done < cases:
            self.bar.start()
            self.task = self.bar.add_task("", total=cases, said="")
        self.working(done)

    def working(self, done: int) -> None:
        now = time.monotonic()
        if self.task is not None:
            self.bar.update(self.task, completed=done, said=self.line(done, now))
        elif now - self.said > LOG:
            self.said = now
            self.console.print(self.line(done, now), markup=False, soft_wrap=True)

    def line(self, done: int, now: float) -> str:
        """``12 %  2.1e+06 cases/s  4 min left``"""
        share = f"{100 * done / max(1, self.cases):.0f} %"
        rate = (done - self.held) / max(now - self.begun, 1e-9)
        if done <= self.held:
            return share
        return f"{share}  {rate:.2g} cases/s  {_left((self.cases - done) / rate)} left"


def _left(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def summary(console: Console, totals: dict[str, Total], measured: Measured) -> None:
    """A line for each form, and how fast it went."""
    for key, total in totals.items():
        said = [f"{_spaced(total.cases)} cases"]
        if total.undefined:
            said.append(f"{_spaced(total.undefined)} without a value left out")
        said.append(f"{_spaced(total.looked)} looked at exactly")
        if total.undecided:
            said.append(f"{_spaced(total.undecided)} of them left open")
        refuted = total.refutation
        if refuted is None:
            word = "no counterexample"
        elif refuted.invalid:
            word = f"a counterexample that does not count: {refuted.invalid}"
        else:
            word = f"refuted in task {total.tasks - 1}"
        console.print(f"{key}: {word}; {', '.join(said)}", markup=False, soft_wrap=True)
    if measured.engine and measured.cpu:
        found = measured.as_dict()
        console.print(
            f"{found['cases_per_core_second']:.2g} cases a second and core, "
            f"{1e3 * found['engine_cpu_seconds_per_task']:.2g} ms a task to hand it out",
            markup=False,
            soft_wrap=True,
        )


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
