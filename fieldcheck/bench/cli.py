"""``fieldcheck bench``.  Loads no torch: measuring happens in processes of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from fieldcheck.printable import Printer, say_error

from . import records
from .run import BenchError, Request, measure
from .targets import ROUGH

OPERATIONS = ("free_energy", "quartic", "colu", "rcolu", "soc_projection", "gibbs", "glu_potential")
console = Printer()


def _fail(message: str) -> typer.Exit:
    say_error(message)
    return typer.Exit(2)


def _sizes(texts: list[str]) -> dict[str, list[int]]:
    sizes: dict[str, list[int]] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name or not value.isdecimal():
            raise _fail(f"--size takes NAME=NUMBER, such as N=4096, not {text!r}")
        sizes.setdefault(name, []).append(int(value))
    return sizes


def bench(
    op: Annotated[
        list[str] | None, typer.Option(help="Only this operation; may be given again.")
    ] = None,
    size: Annotated[
        list[str] | None, typer.Option(help="Only this size, as N=4096; may be given again.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    peers: Annotated[
        bool, typer.Option("--peers", help="With other people's implementations.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="Write the results to this file, as they come.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Keep what --json holds and nothing disturbed; do the rest. Refused if the "
            "packages, the code or --peers changed.",
        ),
    ] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each contest.")] = 15,
    budget: Annotated[
        float, typer.Option(min=0, help="Seconds after which a contest begins no new round.")
    ] = 8.0,
    toy: Annotated[
        bool, typer.Option("--toy", help="Tiny sizes: does everything run, not how fast.")
    ] = False,
    all_memory: Annotated[
        bool, typer.Option("--all-memory", help="Allow calls that need over half of the memory.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Only tell which road each operation takes, and why.")
    ] = False,
) -> None:
    """Time the core operations against their peers and against what the machine can do.

    Implementations take turns in one process; medians and ratios are kept. Times are no test:
    nothing fails for being slow.
    """
    for name in op or ():
        if name not in OPERATIONS:
            raise _fail(f"no operation is called {name!r}; there are {', '.join(OPERATIONS)}")
    if device not in ("cpu", "cuda"):
        raise _fail(f"--device is cpu or cuda, not {device!r}")
    if json is not None and not json.parent.is_dir():
        raise _fail(f"the folder {json.parent} does not exist")
    wanted = _sizes(size or [])
    if explain:
        _explain()
        return
    if device == "cuda" and not _has_cuda():
        raise _fail("no CUDA device is present")
    earlier = _earlier(json) if resume else None
    keep = (lambda run: records.save(run, json)) if json is not None else None
    request = Request(tuple(op or ()), wanted, device, peers, toy, rounds, budget, all_memory)
    try:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("measuring")
            run = measure(
                request,
                lambda done, of, text: bar.update(task, completed=done, total=of, description=text),
                earlier,
                keep,
            )
    except BenchError as error:
        raise _fail(str(error)) from None
    if not run.rows and not run.left_out:
        raise _fail("no case has such a size")
    show(run)
    if json is not None:
        records.save(run, json)
        console.print(f"written to {json}", markup=False)


def _earlier(path: Path | None) -> records.Run | None:
    if path is None:
        raise _fail("--resume needs --json, the file to go on with")
    if not path.exists():
        return None
    try:
        return records.load(path)
    except (ValueError, KeyError, TypeError) as error:
        raise _fail(f"{path} cannot be read: {error}") from None


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def _explain() -> None:
    from fieldcheck import ops

    table = Table("operation", "device", "road", "why", box=None)
    for row in ops.explain():
        table.add_row(*row)
    console.print(table)


def _open(target: records.Judged) -> str:
    return f" (nothing calm at {'; '.join(target.missing)})" if target.missing else ""


def show(run: records.Run) -> None:
    """The rows by contest, the growth, and the targets."""
    line = lambda text: console.print(text, highlight=False)
    line(f"[bold]{run.device}[/bold]")
    contests: dict[tuple[str, str, str], list[records.Row]] = {}
    for row in run.rows:
        key = (row.op, row.mode, records.size_text(row.size))
        contests.setdefault(key, []).append(row)
    for title, rows in contests.items():
        line(f"\n[bold]{title[0]}[/bold], {title[1]}: {title[2]}")
        table = Table("", "median", "±", "disturbed", "peak memory", "time over ours", box=None)
        for row in rows:
            table.add_row(
                row.implementation,
                f"{row.median_s * 1e3:.3g} ms",
                "-" if row.spread is None else f"{row.spread:.0%}",
                "" if row.calm else f"{row.disturbed:.0%}",
                "" if row.peak_bytes is None else f"{row.peak_bytes / 2**20:.4g} MiB",
                f"{row.ratios['fieldcheck']:.3g}" if "fieldcheck" in row.ratios else "",
            )
        console.print(table)
    line("")
    for law in run.growth:
        if law.implementation == "fieldcheck":
            power = f"{law.variable}^{law.exponent:.2f} ({law.low:.2f} to {law.high:.2f})"
            line(f"{law.op}, {law.mode}: {law.quantity} grows as {power}")
    line("")
    verdicts = {True: "[green]met[/green]", False: "[red]missed[/red]", None: "undecided"}
    table = Table("target", "bound", "measured", "", box=None)
    for target in run.targets:
        rough = lambda m: "~" if m["where"].endswith(ROUGH) else ""
        values = ", ".join(f"{rough(m)}{m['value']:.3g}" for m in target.measured)
        table.add_row(
            f"{target.op}, {target.mode}: {target.text}",
            f"{target.sense} {target.bound:g}",
            values,
            (verdicts[target.met] + _open(target)) if target.measured else "",
        )
    console.print(table)
    for out in run.left_out:
        where = f"{out.op}, {out.mode}, {records.size_text(out.size)}"
        line(f"left out: {out.implementation} ({where}): {out.reason}")
