"""``fieldcheck replicate``: train what the protocol names, and say what came of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fieldcheck import ordinary
from fieldcheck.printable import Printer, say_error

from .errors import ReplicationError


def replicate(
    json: Annotated[Path, typer.Option(help="Write the results to this file.")] = Path(
        "_build/replication.json"
    ),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the journal of a run that was stopped.")
    ] = False,
    pilot: Annotated[
        bool, typer.Option("--pilot", help="The pilot: every rate, the pilot's seeds, no test.")
    ] = False,
    after: Annotated[
        bool, typer.Option("--after", help="The controls that were thought of afterwards, no test.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Train nothing: report the results in --json.")
    ] = False,
) -> None:
    """Train CoLU against other activations as the protocol says, and test the differences.

    An hour or more on one core. Each run is kept in FILE.journal as soon as it is done; --resume
    goes on from there. Refused unless the protocol is committed; nothing is reported if it changed.
    """
    try:
        if not report:
            _train(json, resume, pilot, after)
        if pilot:
            _rates(json)
        elif not after:
            _say(json)
    except ReplicationError as fault:
        say_error(fault)
        raise typer.Exit(2) from None


def _train(file: Path, resume: bool, pilot: bool, after: bool) -> None:
    from . import protocol as paper
    from . import study
    from .journal import Journal

    if not file.parent.is_dir():
        raise ReplicationError(f"the folder {file.parent} does not exist")
    protocol = paper.load()
    choose = study.pilot_runs if pilot else study.after_runs if after else study.main_runs
    runs = choose(protocol)
    minutes = float("inf") if pilot or after else protocol.stop.minutes
    head = study.head("" if pilot else paper.commit())
    journal = Journal(file.with_name(file.name + ".journal"), head, resume)
    with _bar() as bar:
        task = bar.add_task("", total=len(runs), completed=len(journal.rows), left="")
        begun, before = time.monotonic(), len(journal.rows)

        def progress(done: int, total: int, seconds: float) -> None:
            mean = (time.monotonic() - begun) / (done - before)
            left = (total - done) * mean / 60
            last = journal.rows[-1]
            said = f"seed {last['seed']}, {last['task']}, {last['activation']}"
            bar.update(task, completed=done, description=said, left=f"{left:.0f} min left")
            if not bar.console.is_terminal:
                bar.console.print(f"{done}/{total}  {said}  {seconds:.0f} s  {left:.0f} min left")

        study.go(protocol, runs, journal, progress, minutes)
    study.write(file, study.record(journal))


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn(), TextColumn("{task.fields[left]}"))  # fmt: skip
    return Progress(*columns, console=Printer(stderr=True), transient=True)


def _rates(file: Path) -> None:
    """The rates that the pilot's results choose, as the protocol writes them."""

    from . import protocol as paper
    from .study import best_rates

    rows = ordinary.read_json(file)["runs"]
    for task, rates in best_rates(paper.load(), rows).items():
        inside = ", ".join(f'"{arm}" = {rate:g}' for arm, rate in rates.items())
        typer.echo(f"[{task}]  rates = {{ {inside} }}")


def _say(file: Path) -> None:
    from . import report

    say: Any = lambda line: Printer(highlight=False, soft_wrap=True).print(line)
    protocol, record = report.read(file)
    seeds = len(report.complete(protocol, record))
    say(f"{seeds} seeds, protocol of commit {record['commit'][:12]}")
    for c in report.family(protocol, record):
        say(f"[bold]{c.task}, {protocol.test.reference} less {c.other}[/bold]: {c.verdict}")
        if c.difference and c.adjusted is not None:
            d = c.difference
            say(f"  {c.metric} {d.mean:+.4g} ± {d.half:.2g}; p {d.p:.2g}, after Holm "
                f"{c.adjusted:.2g}; would have seen {c.least:.2g}")  # fmt: skip
