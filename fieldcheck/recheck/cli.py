"""``fieldcheck recheck``: a ledger's proofs and witnesses, on a second road."""

from __future__ import annotations

import importlib
import json
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from fieldcheck.recheck.check import OPEN, SPOT, WRONG, Finding, recheck

Rows = list[tuple[str, str, list[Finding]]]
_forms: dict[str, Any] = {}


def _start(files: tuple[str, ...]) -> None:
    """Load the claims by name: whoever reads them must not bring the methods along."""
    claims = importlib.import_module("fieldcheck.ledger.machine").load(files)
    _forms.update({key: form for claim in claims.values() for key, form in claim.forms.items()})


def _one(claim: dict[str, Any], keys: tuple[str, ...]) -> Rows:
    return list(recheck([claim], _forms, keys))


def recheck_command(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="KEY...", help="Claims or forms (default: all).")
    ] = None,
    path: Annotated[Path, typer.Option("--ledger", metavar="FILE", help="Ledger to read.")] = Path(
        "_build/ledger.json"
    ),
    files: Annotated[
        list[str] | None, typer.Option("--from", metavar="FILE.py", help="Read claims from here.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes (default: one a core).")
    ] = None,
) -> None:
    """Recheck proofs and witnesses: exit 1 if one does not recheck, or cannot be rechecked."""
    wanted, console = tuple(keys or ()), Console(highlight=False)
    claims = json.loads(path.read_text(encoding="utf8"))["claims"]
    known = {c["id"] for c in claims} | {row["key"] for c in claims for row in c["forms"]}
    if set(wanted) - known:
        raise typer.BadParameter(f"{path} has no row {', '.join(sorted(set(wanted) - known))}")
    ids = {key.split("/")[0] for key in wanted}
    chosen = [claim for claim in claims if not ids or claim["id"] in ids]
    counts: Counter[tuple[str, str]] = Counter()
    workers = min(jobs or os.cpu_count() or 1, len(chosen) or 1)
    with (
        Progress(console=Console(stderr=True), transient=True) as progress,
        ProcessPoolExecutor(workers, initializer=_start, initargs=(tuple(files or ()),)) as pool,
    ):
        rechecked = pool.map(_one, chosen, [wanted] * len(chosen))
        for rows in progress.track(rechecked, total=len(chosen), description="recheck"):
            for key, verdict, findings in rows:
                counts[verdict, _worst(findings)] += 1
                for finding in findings:
                    said = f"{key}: {finding.severity}, {finding.kind}: {finding.sentence}"
                    console.print(said, markup=False, soft_wrap=True)
    _summary(console, counts)
    if any(worst in (WRONG, OPEN) for _, worst in counts):
        raise typer.Exit(1)


def _worst(findings: list[Finding]) -> str:
    said = {finding.severity for finding in findings}
    return next((severity for severity in (WRONG, OPEN, SPOT) if severity in said), "rechecks")


def _summary(console: Console, counts: Counter[tuple[str, str]]) -> None:
    columns = ("rechecks", SPOT, OPEN, WRONG)
    table = Table("verdict", *columns)
    for verdict in dict.fromkeys(verdict for verdict, _ in counts):
        table.add_row(verdict, *(str(counts[verdict, column] or "") for column in columns))
    console.print(table)
