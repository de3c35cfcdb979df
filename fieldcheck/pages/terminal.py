"""Rows of the ledger in a terminal."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fieldcheck import sources
from fieldcheck.claim import SAID
from fieldcheck.ledger.records import ClaimRow, FormRow, Run
from fieldcheck.pages import numbers, words
from fieldcheck.pages.coverage import HEADER, Report
from fieldcheck.pages.words import MARK, THRESHOLD_ANY
from fieldcheck.verdict import Word

if TYPE_CHECKING:
    from fieldcheck.ledger.pool import Done
    from fieldcheck.ledger.run import Outcome

STYLE = {"holds": "green", "refuted": "red", "undecided": "yellow", "invalid": "bold magenta"}
_QUIET_SECONDS = 1.0


def verdict_text(word: str | None, said: str | None = None) -> Text:
    """``● proved for every N`` in the verdict's colour; the mark and the words, since colour may be
    absent: a filled mark is certain, an open one numerical."""
    if word is None:
        return Text("-", style="dim")
    return Text(f"{MARK[Word(word)]} {said or word}", style=STYLE[words.tone(word)])


def _headline(form: FormRow) -> Text:
    return verdict_text(form.verdict, words.headline(form))


# --- progress -------------------------------------------------------------------------------------


class Watch:
    """Shows a run: a bar in a terminal; in a log, one line a claim once the run is a second old."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.busy: list[str] = []
        self.done = self.todo = 0
        self.begun = time.monotonic()
        self.held: list[str] = []
        self.bar = Progress(
            TextColumn("verifying"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[busy]}"),
            console=console,
            transient=True,
        )
        self.task: Any = None

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        if self.task is not None:
            self.bar.stop()

    def planned(self, reused: int, todo: int) -> None:
        self.todo = todo
        if todo and self.console.is_terminal:
            self.bar.start()
            self.task = self.bar.add_task("", total=todo, busy="")

    def started(self, claim_id: str) -> None:
        self.busy.append(claim_id)
        self._show()

    def finished(self, done: Done) -> None:
        self.done += 1
        if done.claim_id in self.busy:
            self.busy.remove(done.claim_id)
        self._show()
        if self.task is not None or self.console.is_terminal:
            return
        verdict = _headline(done.row.main).plain if done.row else f"no row ({done.fault})"
        self.held.append(f"{self.done}/{self.todo} {done.claim_id}: {verdict}")
        if time.monotonic() - self.begun > _QUIET_SECONDS:
            self.console.print("\n".join(self.held), markup=False, soft_wrap=True)
            self.held.clear()

    def _show(self) -> None:
        if self.task is not None:
            self.bar.update(self.task, completed=self.done, busy=", ".join(self.busy))


@contextlib.contextmanager
def waiting(console: Console, what: str) -> Iterator[None]:
    """A spinner for a wait whose length is not known."""
    if not console.is_terminal:
        yield
        return
    with console.status(Text(what)):
        yield


# --- list -----------------------------------------------------------------------------------------


def claims_table(console: Console, entries: Sequence[dict[str, Any]], run: Run | None) -> None:
    """All claims, a line each."""
    lines = [[Text(name, style="bold") for name in _LIST]]
    for entry in entries:
        verdict = verdict_text(entry["verdict"], entry["headline"])
        if run is None:
            verdict = Text(f"expected: {entry['expected']}", style="dim")
        elif entry["verdict"] is None:
            verdict = Text("not verified", style="dim")
        elif entry["stale"]:
            verdict.append(" (stale)", style="dim")
        elif not entry["as_expected"]:
            verdict.append(" (not as expected)", style="bold")
        printed = verdict_text(entry["printed"]) if entry["printed"] else Text()
        cells = (entry["id"], entry["chapter"], verdict, entry["grade"] or "", printed)
        lines.append([*(Text(c) if isinstance(c, str) else c for c in cells), Text(entry["title"])])
    console.print(_columns(lines, console.width if console.is_terminal else None), soft_wrap=True)
    if run is None:
        console.print("No ledger yet: `fieldcheck verify` fills in the verdicts.", markup=False)
        return
    state = "complete" if run.complete else "incomplete"
    found = words.counts(entry["verdict"] for entry in entries if entry["verdict"])
    line = (
        f"{words.count(len(entries), 'claim')}: {found or 'none verified'}; {state} {run.profile} "
    )
    console.print(f"{line}run, seed {run.seed}", markup=False)
    console.print(_KEY, markup=False, style="dim")


_KEY = "● ■ certain, by proof or counterexample; ○ □ numerical; ? undecided"
_LIST = ("claim", "chapter", "verdict", "grade", "as printed", "statement")


def _columns(lines: Sequence[Sequence[Text]], width: int | None) -> Text:
    """Columns of one text; the last is cut to the terminal's width.

    Rich's own table measures and wraps each cell: for hundreds of lines that alone takes longer
    than all the rest of the command.
    """
    widths = [max(cell.cell_len for cell in column) for column in zip(*lines, strict=True)][:-1]
    room = None if width is None else max(12, width - sum(widths) - 2 * len(widths))
    page = Text()
    for number, (*cells, last) in enumerate(lines):
        if number:
            page.append("\n")
        for cell, size in zip(cells, widths, strict=True):
            page.append_text(cell).append(" " * (size - cell.cell_len + 2))
        if room is not None and last.cell_len > room:
            last.truncate(room, overflow="ellipsis")
        page.append_text(last)
    return page


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column)
    return table


# --- show -----------------------------------------------------------------------------------------


def claim_page(
    console: Console,
    claim: Any,
    row: ClaimRow | None,
    *,
    only: str | None,
    stale: bool,
    run: Run | None,
    options: str = "",
) -> None:
    """Everything that is known of one claim; with ``only``, of one form in full.

    ``options`` are those that a command shown needs to find the same claim and ledger.
    """
    console.print(Text(claim.title, style="bold"))
    console.print(Text(claim.id, style="cyan"))
    console.print(Padding(Text(claim.statement), (1, 0), expand=False))
    facts = Table.grid(padding=(0, 2))
    sources = "; ".join(f"{source.work}, {source.place}" for source in claim.sources)
    for name, value in (
        ("sources", sources),
        ("chapter", claim.chapter),
        ("equations", ", ".join(claim.equations)),
        ("rests on", ", ".join(claim.needs)),
        ("given", ", ".join(f"{name}: {kind}" for name, kind in _given(claim.given))),
        ("where", ", ".join(claim.where)),
    ):
        if value:
            facts.add_row(Text(name, style="dim"), Text(value))
    if row is None:
        why = "no ledger yet" if run is None else "not in the ledger yet"
        facts.add_row(
            Text("verdict", style="dim"),
            Text(f"{why}: run `fieldcheck verify {claim.id}` (expected: {claim.expect})"),
        )
    else:
        facts.add_row(Text("verdict", style="dim"), _verdict_line(row, stale))
        if row.none_dropped_because:
            line = words.none_dropped(row.none_dropped_because)
            facts.add_row(Text("hypotheses", style="dim"), Text(line))
    console.print(facts)
    stored = {form.key: form for form in row.forms} if row else {}
    for form in claim.forms.values():
        if only is None or form.key == only:
            console.print(_form(form, stored.get(form.key), full=only is not None))
    if row:
        _hints(console, row, only, options)


def _given(given: Any) -> list[tuple[str, str]]:
    return [(name, domain.title) for name, domain in given.items()]


def _verdict_line(row: ClaimRow, stale: bool) -> Text:
    line = _headline(row.main)
    if row.grade:
        line.append(f", {row.grade}", style="default")
    if row.weakest:
        line.append(f"; {words.ground(row)}", style="default")
    if not row.main.met:
        line.append(f"; expected: {row.expected}", style="bold")
    if stale:
        line.append("; stale: the sources changed since", style="yellow")
    return line


def _form(form: Any, row: FormRow | None, *, full: bool) -> RenderableType:
    """One form: its key and verdict; in full, or where it matters, its evidence and witness."""
    head = Text("\n")
    head.append(f"{form.role:<10}", style="dim")
    if row is None:
        head.append(f"expected: {form.expect}" if form.expect else "not yet tried", style="dim")
    else:
        head.append_text(_headline(row))
        if row.grade:
            head.append(f", {row.grade}")
        if not row.met:
            head.append(f" (expected: {row.expected})", style="bold")
        if row.outcome:
            head.append(f"; the hypothesis is {row.outcome}")
    head.append(f"  {form.key}", style="cyan")
    lines: list[RenderableType] = [head]
    if form.role != "claim":
        lines.append(_indent(Text(form.title)))
    lines += [_indent(said) for said in _said(form.key)]
    if form.tex and (full or form.role in {"claim", *SAID}):
        lines.append(_indent(Text(form.tex, style="dim")))
    if row is None:
        return Group(*lines)
    main = full or form.role == "claim"
    if main or not (row.met and row.witness):
        lines.append(_indent(Text(words.scope_line(row))))
    if main and row.visited:
        lines.append(_indent(Text(f"sizes visited: {words.listed(row.visited)}")))
    threshold = words.threshold_words(row.threshold)
    if threshold and main:
        lines.append(_indent(Text(threshold)))
    if main:
        lines += [_indent(evidence) for evidence in _evidence(row, full)]
    without = words.without_worst(row)
    if without and main:
        lines.append(_indent(Text(without)))
    if row.witness and (full or form.role in {"claim", *SAID}):
        lines.append(_indent(_witness(row)))
    return Group(*lines)


def _said(key: str) -> Iterator[Text]:
    """Where a form is printed, or said in words that it reads: the source's own words."""
    for work, place, said in sources.said_in(key):
        how = "as printed" if key.removesuffix("/claim") in said.printed else "our reading"
        yield Text(f"{how}: {work.work}, {work.what} {place.name}: ", style="dim").append(
            f"“{said.plain}”" if said.quote else f"(in our words) {said.plain}"
        )


def _indent(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 10), expand=False)


def _evidence(row: FormRow, full: bool) -> Iterator[Text]:
    for entry in row.evidence:
        if entry.outcome == "silent" and not full:
            continue
        said = "; ".join(words.found(entry, full=False))
        yield Text(f"{entry.method} {entry.outcome}" + (f": {said}" if said else ""))
        if full and entry.strata:
            visited = ", ".join(f"{name} {count}" for name, count in entry.strata.items())
            yield Text(f"  strata: {visited}", style="dim")
        if full and entry.worst:
            yield Text(f"  worst case: {words.worst(entry)}", style="dim")


def _witness(row: FormRow) -> RenderableType:
    """The counterexample: its inputs as small matrices, then the two sides."""
    witness = row.witness
    assert witness is not None
    sizes = ", ".join(f"{name} = {value}" for name, value in witness.sizes.items())
    rows: list[RenderableType] = [Text("counterexample" + (f" at {sizes}" if sizes else ""))]
    grid = Table.grid(padding=(0, 1))
    for name, value in witness.inputs.items():
        lines = numbers.matrix_text(value)
        for index, line in enumerate(lines):
            grid.add_row(Text(f"{name} =" if index == 0 else ""), Text(line))
    where = words.place(row, witness)
    grid.add_row(Text("left side"), Text(f"{numbers.short(witness.lhs)} {where}".rstrip()))
    grid.add_row(Text("right side"), Text(numbers.short(witness.rhs)))
    digits = f" at {witness.digits} digits" if witness.digits else ""
    grid.add_row(Text("certified by"), Text(f"{witness.certified_by}{digits}"))
    rows.append(Padding(grid, (0, 0, 0, 2), expand=False))
    return Group(*rows)


def _hints(console: Console, row: ClaimRow, only: str | None, options: str) -> None:
    witnesses = [form.key for form in row.forms if form.witness and only in (None, form.key)]
    if witnesses:
        console.print(
            Text("\nsee it yourself  ", style="dim").append(
                f"fieldcheck replay {witnesses[0]}{options}", style="cyan"
            ),
            soft_wrap=True,
        )


# --- verify ---------------------------------------------------------------------------------------

_FEW = 12


def summary(console: Console, outcome: Outcome, options: str = "") -> None:
    """The end of a run: what was found, what differs, and how to look at it.

    ``options`` are those that the commands shown need to find the same claims and ledger.
    """
    rows = outcome.rows
    if 0 < len(rows) <= _FEW:
        table = _table("claim", "verdict", "grade", "forms as expected", "smallest fault seen")
        for row in rows:
            judged = [form for form in row.forms if form.expected]
            verdict = _headline(row.main)
            if row.weakest:
                verdict.append(f"; {words.ground(row)}", style="default")
            table.add_row(
                row.id,
                verdict,
                row.grade,
                f"{sum(form.met for form in judged)} of {len(judged)}",
                _fault_seen(row),
            )
        console.print(table)
    failures = [(row, form) for row in rows for form in row.surprises]
    if failures or outcome.faults:
        console.print(_failures([form for _, form in failures], outcome.faults))
    _counts(console, outcome)
    for row in [row for row in rows if not row.as_expected][:3]:
        console.print(f"  fieldcheck show {row.id}{options}", style="cyan", markup=False)
    for form in [form for _, form in failures if form.witness][:3]:
        console.print(f"  fieldcheck replay {form.key}{options}", style="cyan", markup=False)


def _fault_seen(row: ClaimRow) -> str:
    threshold = row.main.threshold
    if threshold is None or threshold.log10 is None:
        return ""
    return THRESHOLD_ANY if threshold.log10 == THRESHOLD_ANY else f"10^{threshold.log10}"


def _failures(failures: Sequence[FormRow], faults: dict[str, str]) -> RenderableType:
    table = _table("not as expected", "expected", "found", "why")
    for form in failures:
        table.add_row(
            Text(form.key, style="bold"), str(form.expected), _headline(form), Text(_why(form))
        )
    for claim_id, fault in faults.items():
        table.add_row(Text(claim_id, style="bold"), "a row", "none", Text(fault))
    return Padding(table, (1, 0), expand=False)


def _why(form: FormRow) -> str:
    if form.because:
        return form.because
    if form.verdict == Word.REFUTED:
        return "a counterexample was found and certified"
    return "no method refuted it" if form.holds else ""


def _counts(console: Console, outcome: Outcome) -> None:
    forms = sum(len(row.forms) for row in outcome.rows)
    counted = f"{words.count(len(outcome.rows), 'claim')}, {words.count(forms, 'form')}"
    found = words.counts(row.verdict for row in outcome.rows)
    line = Text(f"{counted}: {found or 'no row'}")
    if outcome.faults:
        line.append(f", {len(outcome.faults)} without a row")
    if outcome.reused:
        line.append(f"; {outcome.reused} rows reused", style="dim")
    if outcome.resumed:
        line.append(f" ({outcome.resumed} from an interrupted run)", style="dim")
    line.append("; ")
    if outcome.as_expected:
        line.append("all as expected", style="bold green")
    else:
        line.append("NOT all as expected", style="bold red")
    console.print(line)
    if outcome.path is not None:
        state = "" if outcome.ledger.run.complete else " (incomplete)"
        did = "ledger" if outcome.written else "ledger unchanged"
        console.print(f"{did}: {outcome.path}{state}", markup=False, soft_wrap=True, style="dim")


# --- replay ---------------------------------------------------------------------------------------


def replayed(console: Console, form: FormRow, result: dict[str, Any], digits: int) -> None:
    """Both sides of a rebuilt witness, with all their digits."""
    console.print(Text(form.title, style="bold"))
    console.print(Text(form.key, style="cyan"))
    grid = Table.grid(padding=(0, 2))
    for name, value in (result.get("inputs") or {}).items():
        for index, line in enumerate(numbers.matrix_text(value)):
            grid.add_row(Text(name if index == 0 else "", style="dim"), Text(line))
    where = words.place(form, form.witness) if form.witness else ""
    for label, value in (
        ("where", where),
        ("left side", result.get("lhs")),
        ("right side", result.get("rhs")),
        ("difference", result.get("residual")),
    ):
        if value not in (None, ""):
            grid.add_row(Text(label, style="dim"), Text(str(value), overflow="fold"))
    console.print(Padding(grid, (1, 0), expand=False))
    if not result["certified"]:
        console.print(
            f"[bold red]not certified at {digits} digits: this witness does not separate the "
            "two sides[/bold red]"
        )
    elif form.certain:
        console.print(f"[green]certified at {digits} digits: the two sides differ[/green]")
    else:
        console.print("[green]seen again: numerical evidence, which nothing certifies[/green]")


def ruled(console: Console, ruling: Any, digits: int) -> bool:
    """What a reader's own point shows of a form; False if that is not what the book expects."""
    form = ruling.form
    console.print(Text(form.title, style="bold"))
    console.print(Text(form.key, style="cyan"))
    if ruling.open:
        console.print(f"\nundecided at this point: {ruling.open}", markup=False)
        return True
    if not ruling.refutes:
        console.print("\nno counterexample: the statement holds at this point", markup=False)
        return True
    for label, value in (("left side", ruling.lhs), ("right side", ruling.rhs)):
        console.print(f"  {label:<11}{value}", markup=False, soft_wrap=True)
    if ruling.index:
        entry = ", ".join(str(k + 1) for k in ruling.index)
        console.print(f"  in entry   {entry}", markup=False)
    how = f"certified at {digits} digits" if ruling.certain else "seen in numbers, not certified"
    console.print(f"{how}: this point refutes {form.key}", markup=False)
    expected = form.expect is not None and not form.expect.holds
    if not expected:
        console.print("[bold red]the book says otherwise: please send it, with the file[/bold red]")
    return expected


# --- recheck --------------------------------------------------------------------------------------


class Rechecks:
    """What a second road says against the rows, as it is found; their number at the end."""

    def __init__(self, console: Console, progress: Console) -> None:
        self.console = console
        self.seen = 0
        self.faults = 0
        self.status = progress.status("rechecking") if progress.is_terminal else None

    def __enter__(self) -> Rechecks:
        if self.status:
            self.status.start()
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        if self.status:
            self.status.stop()
        if kind is None:
            said = f"{words.count(self.faults, 'fault')}" if self.faults else "no fault"
            self.console.print(f"{words.count(self.seen, 'form')} looked at again: {said}")

    @property
    def agrees(self) -> bool:
        return not self.faults

    def add(self, key: str, verdict: str, findings: Sequence[Any]) -> None:
        self.seen += 1
        self.faults += len(findings)
        if self.status:
            self.status.update(f"rechecking: {self.seen} forms, {key}")
        for found in findings:
            line = verdict_text(verdict).append(f"  {key}  ", style="cyan")
            line.append(f"{found.severity} ({found.kind}): {found.sentence}", style="default")
            self.console.print(line, soft_wrap=True)


# --- coverage -------------------------------------------------------------------------------------


def coverage_table(console: Console, report: Report) -> None:
    """The figure for each chapter, then what is missing."""
    table = _table(*HEADER)
    for line in report.lines:
        table.add_row(*map(Text, line))
    if table.row_count:
        console.print(table)
    for complaint in report.complaints:
        console.print(f"  {complaint}", markup=False, soft_wrap=True)
    faults = "" if report.complete else f"; {words.count(len(report.complaints), 'fault')}"
    console.print(f"{report}{faults}")


def article_table(console: Console, name: str, lines: Sequence[Any]) -> None:
    """Each equation of an article with its state, then how many are settled."""
    table = _table("equation", "line", "state", "claim")
    for each in lines:
        is_verdict = each.state in set(Word)
        state = verdict_text(each.state) if is_verdict else Text(each.state)
        table.add_row(Text(each.label), str(each.line), state, ", ".join(each.claims))
    console.print(table)
    settled = sum(each.settled for each in lines)
    console.print(f"{settled} of {words.count(len(lines), 'equation')} of {name} are settled",
                  markup=False)  # fmt: skip
