"""The command line: ``fieldcheck list``, ``show``, ``verify``, ``replay``, ``recheck`` and others.

This module must start quickly: it imports neither torch nor anything that does. Verifying happens
in worker processes.

Exit codes: 0, all as expected; 1, a verdict differs from the expected one; 2, bad usage, or the
output could not be written; 130, interrupted.  A reader of the output who goes away (``| head``)
changes none of them.
"""

from __future__ import annotations

import enum
import os
import shlex
import sys
import threading
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from fieldcheck import ordinary, sources
from fieldcheck.audit.cli import audit, weights
from fieldcheck.bench.cli import bench
from fieldcheck.ledger import again, pool, records, store
from fieldcheck.ledger import run as runs
from fieldcheck.ledger.errors import LedgerError, UserError, unknown
from fieldcheck.ledger.records import ClaimRow, Ledger
from fieldcheck.pages import terminal, words
from fieldcheck.printable import Printer, printable, say_error
from fieldcheck.printable import as_json as json_text
from fieldcheck.replication.cli import replicate
from fieldcheck.start.cli import new
from fieldcheck.verdict import FAILS, INVALID, ON, PROVED, REFUTED, STANDS, UNDECIDED, UP_TO

MACHINE = runs.MACHINE
RECHECK = "fieldcheck.recheck.check"
DIFFERS, BAD_USAGE, INTERRUPTED = 1, 2, 130
BadWords: Any = typer.BadParameter.mro()[2]
"""What typer raises where a command is not made of its words; it brings its own copy of click, or
takes the one that is there."""


class Profile(enum.StrEnum):
    """How much evidence to gather."""

    quick = "quick"
    standard = "standard"
    deep = "deep"


class Commands(TyperGroup):
    """Commands whose faults end in one sentence and an exit code, never in a traceback."""

    def make_context(self, *words: Any, **more: Any) -> Any:
        try:
            return super().make_context(*words, **more)
        except BadWords as fault:
            fault.message = printable(fault.message)
            raise

    def invoke(self, ctx: Any) -> Any:
        try:
            if sys.flags.optimize > 1:
                raise UserError("statements are read from docstrings, which -OO removes: use -O")
            return super().invoke(ctx)
        except BadWords as fault:
            fault.message = printable(fault.message)
            raise
        except UserError as fault:
            say_error(str(fault))
        except KeyboardInterrupt:
            say_error("interrupted; the same command goes on from here", label="stopped")
            raise typer.Exit(INTERRUPTED) from None
        except OSError as fault:
            say_error(_of_system(fault))
        except Exception as fault:
            if isinstance(fault, typer.Exit | typer.Abort):
                raise
            say_error(f"fieldcheck itself is at fault: {_where(fault)}")
        raise typer.Exit(BAD_USAGE) from None


def _of_system(fault: OSError) -> str:
    try:
        os.getcwd()
    except OSError:
        return "the folder that this runs in is gone"
    named = f": {fault.filename}" if isinstance(fault.filename, str) else ""
    return f"{fault.strerror or fault}{named}"


def _where(fault: BaseException) -> str:
    """A fault of ours in one line, for whoever reports it."""
    frames = traceback.extract_tb(fault.__traceback__)
    at = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(fault).__name__}: {fault}{at}"


app = typer.Typer(
    cls=Commands,
    name="fieldcheck",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Exit codes: 0, all as expected; 1, some verdict differs from the expected one; "
        "2, bad usage, or the output could not be written; 130, interrupted."
    ),
)


def _examples(*pairs: tuple[str, str]) -> str:
    """The end of a help text: commands to copy, each with what it does.

    The \\b keeps Rich from joining the lines.
    """
    lines = [f"  [cyan]{command}[/cyan]\n      {what}" for command, what in pairs]
    return "\n\n\b\n[bold]Examples[/bold]\n" + "\n".join(lines)


def _console(error: bool = False) -> Console:
    """Rich's console; where no terminal says how wide it is, lines are long rather than cut."""
    console = Printer(stderr=error, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Printer(stderr=error, highlight=False, width=140)
    return console


def _load(files: tuple[str, ...] = (), *, judging: bool = True) -> dict[str, Any]:
    return runs.known(MACHINE, files, judging=judging)


LedgerOption = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="FILE", help="Ledger to read (default: _build/ledger.json)."),
]
FromOption = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="FILE.py",
        help="Read claims from this file, not from the register; or from a module, or from what an "
        "installed package offers under this name.",
    ),
]


def _ledger_path(given: Path | None, files: tuple[str, ...]) -> Path | None:
    """Where to look for the ledger: as given, or the project's own."""
    if given is not None:
        return given
    default = store.default_path()
    if files and default is not None:
        return default.with_name(f"ledger-{Path(files[0]).stem}.json")
    if files and (Path(files[0]).parent / "_toc.yml").is_file():  # a project of the user's own
        return Path(files[0]).parent / "_build" / "ledger.json"
    return default


def _find_ledger(
    given: Path | None, files: tuple[str, ...], claims: dict[str, Any]
) -> Ledger | None:
    """The ledger if there is one; only a ledger that was asked for by name must exist."""
    path = _ledger_path(given, files)
    if path is None or (given is None and not path.exists()):
        return None
    return _read(path, claims)


def _needed_ledger(given: Path | None, files: tuple[str, ...], claims: dict[str, Any]) -> Ledger:
    path = _ledger_path(given, files)
    if path is None:
        raise LedgerError("no ledger here: name one with --ledger FILE")
    return _read(path, claims)


def _read(path: Path, claims: dict[str, Any]) -> Ledger:
    """A ledger whose words are the register's, and whose verdicts follow from its evidence."""
    import importlib

    return runs.vouched(store.read(path), claims, importlib.import_module(MACHINE), path)


def _options(files: tuple[str, ...], ledger: Path | None) -> str:
    """What a command needs besides, to find the same claims and ledger."""
    said = [f" --from {shlex.quote(name)}" for name in files]
    if ledger is not None and ledger != _ledger_path(None, files):
        said.append(f" --ledger {shlex.quote(str(ledger))}")
    return "".join(said)


_WORST_FIRST = (INVALID, UNDECIDED, REFUTED, FAILS, STANDS, ON, UP_TO, PROVED)


def _printed(row: ClaimRow | None) -> str | None:
    """The verdict on the statement as the source prints it: its worst, if it has several forms."""
    if row is None:
        return None
    found = [form.verdict for form in row.of("printed")]
    found += [row.verdict] if sources.is_printed(row.id) else []
    return min(found, key=_WORST_FIRST.index, default=None)


def _is_stale(claim: Any, row: ClaimRow, ledger: Ledger) -> bool:
    import importlib

    engine = importlib.import_module(MACHINE)
    return row.hash != engine.claim_hash(claim, ledger.run.profile, ledger.run.seed)


# --- list -----------------------------------------------------------------------------------------


@app.command(
    "list",
    help="List the claims, with their verdicts if there is a ledger."
    + _examples(
        ("fieldcheck list", "all claims"),
        ("fieldcheck list --chapter softmax", "those of one chapter"),
        ("fieldcheck list --json | jq '.[].id'", "for a program"),
    ),
)
def list_claims(
    chapter: Annotated[
        str | None, typer.Option(help="Only the claims of this chapter.", metavar="C")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ledger: LedgerOption = None,
    files: FromOption = None,
) -> None:
    names = tuple(files or ())
    claims = _load(names, judging=False)
    ids = runs.choose(claims, (), chapter)
    found = _find_ledger(ledger, names, claims)
    entries = []
    for name in ids:
        claim = claims[name]
        row = found.rows.get(name) if found else None
        entries.append(
            {
                "id": name,
                "chapter": claim.chapter,
                "title": claim.title,
                "expected": str(claim.expect),
                "verdict": row.verdict if row else None,
                "headline": words.headline(row.main) if row else None,
                "scope": words.scope_line(row.main) if row else None,
                "grade": row.grade if row else None,
                "rests_on": row.rests_on if row else None,
                "weakest": row.weakest if row else None,
                "printed": _printed(row),
                "as_expected": row.as_expected if row else None,
                "stale": _is_stale(claim, row, found) if row and found else None,
                "forms": [form.key for form in claim.forms.values()],
            }
        )
    if as_json:
        typer.echo(json_text(entries))
        return
    terminal.claims_table(_console(), entries, found.run if found else None)


# --- show -----------------------------------------------------------------------------------------


@app.command(
    help="Show one claim: statement, sources, verdict, evidence, witness."
    + _examples(
        ("fieldcheck show softmax-free-energy", "the claim and all its forms"),
        ("fieldcheck show softmax-free-energy/printed", "one form, with all its evidence"),
    ),
)
def show(
    claim_id: Annotated[str, typer.Argument(metavar="ID", help="A claim's id, or a form's key.")],
    ledger: LedgerOption = None,
    files: FromOption = None,
) -> None:
    names = tuple(files or ())
    claims = _load(names, judging=False)
    claim, key = _claim_of(claims, claim_id)
    found = _find_ledger(ledger, names, claims)
    row = found.rows.get(claim.id) if found else None
    stale = bool(row and found and _is_stale(claim, row, found))
    terminal.claim_page(
        _console(),
        claim,
        row,
        only=key,
        stale=stale,
        run=found.run if found else None,
        options=_options(names, ledger),
    )


def _claim_of(claims: dict[str, Any], name: str) -> tuple[Any, str | None]:
    """The claim that an id or a form key names, and the key if it was one."""
    claim_id, slash, _ = name.partition("/")
    if claim_id not in claims:
        raise unknown("claim", claim_id, claims)
    claim = claims[claim_id]
    keys = [form.key for form in claim.forms.values()]
    if slash and name not in keys:
        raise unknown("form", name, keys)
    return claim, name if slash else None


# --- verify ---------------------------------------------------------------------------------------


@app.command(
    help="Verify claims, write the ledger, say what differs from the expected verdicts.\n\n"
    "Rows whose sources did not change are reused. A run that was stopped goes on where it was."
    + _examples(
        ("fieldcheck verify", "everything that changed"),
        ("fieldcheck verify softmax-free-energy", "one claim with its printed form and neighbours"),
        ("fieldcheck verify --chapter softmax --profile quick", "a chapter, in seconds"),
        ("fieldcheck verify mine.py --json mine.json", "your own claims"),
    ),
)
def verify(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID...|FILE.py", help="Claims (default: all), and files to read them from."
        ),
    ] = None,
    chapter: Annotated[
        str | None, typer.Option(help="Only the claims of this chapter.", metavar="C")
    ] = None,
    profile: Annotated[
        Profile, typer.Option(help="How much evidence: seconds, minutes, or longer.")
    ] = Profile.standard,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Seed of everything that is drawn.")
    ] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Worker processes (default: one a core).")
    ] = None,
    path: Annotated[
        Path | None,
        typer.Option(
            "--json", "--ledger", metavar="FILE", help="Ledger (default: _build/ledger.json)."
        ),
    ] = None,
    files: FromOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Reuse no row.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a ledger of another profile or seed.")
    ] = False,
) -> None:
    names = (*(files or ()), *(name for name in ids or () if name.endswith(".py")))
    ids = [name for name in ids or () if not name.endswith(".py")]
    console, errors = _console(), _console(error=True)
    for key in ids or ():
        if "/" in key:
            _claim_of(_load(names), key)  # a form that there is not is a slip
    path, note = _target(path, names, keep=not replace, profile=profile, seed=seed)
    request = runs.Request(
        profile=profile.value,
        seed=seed,
        jobs=jobs or runs.default_jobs(),
        ids=tuple(ids),
        chapter=chapter,
        files=names,
        fresh=fresh,
        path=path,
        replace=replace,
    )
    with terminal.Watch(errors) as watch:
        outcome = runs.run(request, watch, MACHINE)
    terminal.summary(console, outcome, _options(names, path))
    if note:
        console.print(note, markup=False, soft_wrap=True)
    if not outcome.as_expected:
        raise typer.Exit(DIFFERS)


def _target(
    given: Path | None, files: tuple[str, ...], *, keep: bool, profile: str, seed: int
) -> tuple[Path | None, str | None]:
    """Where a run's ledger goes, and what to tell the user about it.

    By default into the project's ledger. A run of another profile or seed than that ledger's would
    mix the two, or lose the old, so it gets a file of its own.
    """
    path = _ledger_path(given, files)
    if given is not None:
        return path, None
    if path is None:
        return None, "Nothing is kept outside a project: name a file with --json to keep the rows."
    path.parent.mkdir(exist_ok=True)
    own = runs.apart(path, profile, seed) if keep else path
    note = f"The project's ledger is of another profile or seed; this went to {own}"
    return own, note if own != path else None


# --- replay ---------------------------------------------------------------------------------------


@app.command(
    help="Rebuild a stored witness from its parameters, in raised precision; print both sides.\n\n"
    "Or judge a point of your own, from a file: does the statement fail there?"
    + _examples(
        ("fieldcheck replay softmax-free-energy/printed", "60 digits"),
        ("fieldcheck replay softmax-free-energy/printed --digits 200", "more of them"),
        ("fieldcheck replay point.toml", "your own point: claim, form, sizes, inputs"),
    ),
)
def replay(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY|FILE", help="A form's key, as `show` prints it; or a .toml or .json file."
        ),
    ],
    digits: Annotated[
        int, typer.Option(min=15, max=10000, help="Decimal digits to work with.")
    ] = 60,
    ledger: LedgerOption = None,
    files: FromOption = None,
) -> None:
    names = tuple(files or ())
    claims = _load(names)
    if Path(key).suffix in (".toml", ".json"):
        with terminal.waiting(_console(error=True), f"judging {key} at {digits} digits"):
            ruling = _ask(pool.Task(key, "contest", (Path(key), digits)), names, digits)
        if not terminal.ruled(_console(), ruling, digits):
            raise typer.Exit(DIFFERS)
        return
    claim, form_key = _claim_of(claims, key)
    found = _needed_ledger(ledger, names, claims)
    path = _ledger_path(ledger, names)
    row = found.row(claim.id)
    form_key = form_key or _only_witness(row)
    stored = next((form for form in row.forms if form.key == form_key), None)
    if stored is None:
        raise LedgerError(f"the ledger {path} has no row for {form_key}: run `fieldcheck verify`")
    if stored.witness is None:
        raise UserError(f"{form_key} has no witness to replay: its verdict is {stored.verdict}")
    form = next((form for form in claim.forms.values() if form.key == form_key), None)
    if form is None:
        raise LedgerError(f"{form_key} stands in {path} and no longer in the register")
    if _is_stale(claim, row, found):
        say_error(f"the sources changed since {path} was written", label="note")
    with terminal.waiting(_console(error=True), f"rebuilding {form_key} at {digits} digits"):
        task = pool.Task(form.key, "replay", (stored.witness, digits))
        result = _ask(task, names, digits)
    terminal.replayed(_console(), stored, result, digits)
    if not result["certified"]:
        raise typer.Exit(DIFFERS)


def _ask(task: pool.Task, files: tuple[str, ...], digits: int) -> Any:
    """What a worker finds, within limits that grow with the digits."""
    limits = pool.Limits(seconds=60 + digits / 5)
    return pool.ask(task, machine=MACHINE, files=files, limits=limits)


def _only_witness(row: ClaimRow) -> str:
    """For a bare claim id: the one form with a witness, or an error that lists them."""
    keys = [form.key for form in row.forms if form.witness]
    if len(keys) == 1:
        return keys[0]
    if not keys:
        raise UserError(f"no form of {row.id} has a witness")
    raise UserError(f"{row.id} has several witnesses: name one of {', '.join(keys)}")


# --- recheck --------------------------------------------------------------------------------------


@app.command(
    help="Look again at proofs and witnesses of the ledger, by a second road that shares no code "
    "with the first."
    + _examples(
        ("fieldcheck recheck", "all of them"),
        ("fieldcheck recheck softmax-free-energy", "those of one claim"),
        ("fieldcheck recheck --anew 12", "is this ledger what a run would find?"),
    ),
)
def recheck(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="KEY...", help="Claims or forms (default: all).")
    ] = None,
    anew: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Look briefly, and gather anew what that leaves open, what stands or fails by "
            "numbers alone, and N claims of the rest.",
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Worker processes (default: one a core).")
    ] = None,
    ledger: LedgerOption = None,
    files: FromOption = None,
) -> None:
    names = tuple(files or ())
    claims = _load(names)
    wanted = [
        form_key or claim.id for claim, form_key in (_claim_of(claims, k) for k in keys or ())
    ]
    found = _needed_ledger(ledger, names, claims)
    request = again.Request(found, wanted, names, jobs or runs.default_jobs(), anew)
    with terminal.Rechecks(_console(), _console(error=True)) as report:
        for key, verdict, findings in again.look(request, claims, MACHINE, RECHECK):
            report.add(key, verdict, findings)
    if not report.agrees:
        raise typer.Exit(DIFFERS)


# --- campaign -------------------------------------------------------------------------------------


@app.command(
    help="Try many more cases of what stands, on a Dask cluster: here, or one that is running.\n\n"
    "The totals depend on the seed alone. A campaign that was stopped goes on where it was. Cases "
    "and counterexamples go into the ledger."
    + _examples(
        ("fieldcheck campaign --cases 1e7", "every form that stands on points that were tried"),
        ("fieldcheck campaign lse-from-null-key --cases 1e8", "one claim, on the cores here"),
        ("fieldcheck campaign --on tcp://host:8786", "on the workers of a Dask scheduler"),
    ),
)
def campaign(
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY...", help="Claims or forms (default: all that stand)."),
    ] = None,
    cases: Annotated[
        str, typer.Option(metavar="N", help="Cases of each form, as 1e8; in tasks of 250 000.")
    ] = "1e6",
    on: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A running scheduler (default: a cluster here)."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Seed of everything that is drawn.")
    ] = 0,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Worker processes here (default: one a core)."),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep finished tasks here, also when all is done."),
    ] = None,
    path: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write totals and rates to FILE.")
    ] = None,
    ledger: LedgerOption = None,
    files: FromOption = None,
) -> None:
    import importlib

    from fieldcheck.campaign import rows, run, show
    from fieldcheck.campaign.records import PER, number_of_cases, plain

    count, names = number_of_cases(cases), tuple(files or ())
    claims = _load(names)
    found, kept = _needed_ledger(ledger, names, claims), _ledger_path(ledger, names)
    assert kept is not None
    for file in (path, journal):
        if file is not None:
            store.check_writable(file)
    wanted = run.chosen(
        claims, found, keys or (), lambda claim: _is_stale(claim, found.row(claim.id), found)
    )
    request = run.Request(
        cases=count,
        journal=journal or kept.with_name(f"{kept.stem}.campaign"),
        seed=seed,
        jobs=jobs or runs.default_jobs(),
        address=on,
        per=PER,
    )
    orders = run.orders_of(claims, wanted, names, seed, PER)
    with show.Watch(_console(error=True)) as watch:
        totals, measured, finished = run.run(request, orders, watch)
    forms = rows.enter(kept, claims, importlib.import_module(MACHINE), names, [*totals.values()])
    if path is not None:
        ordinary.write_text(path, json_text(plain(finished.head, totals, measured)) + "\n")
    if journal is None:
        finished.remove()
    show.summary(_console(), totals, measured)
    if not all(form.met for form in forms):
        raise typer.Exit(DIFFERS)


# --- coverage -------------------------------------------------------------------------------------


@app.command(
    help="Say which displayed equations of the book are named by a claim or checked by a cell; or, "
    "of a LaTeX article, which are verified."
    + _examples(
        ("fieldcheck coverage", "the figure for each chapter, and what is missing"),
        ("fieldcheck coverage --json", "for a program"),
        ("fieldcheck coverage paper.tex", "by the claims.py beside it"),
    ),
)
def coverage(
    article: Annotated[
        Path | None, typer.Argument(metavar="[FILE.tex]", help="A LaTeX article.")
    ] = None,
    book: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The chapters (default: book/).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ledger: LedgerOption = None,
    files: FromOption = None,
) -> None:
    from fieldcheck.pages import coverage as equations

    if article is not None:
        _coverage_of(article, as_json, ledger, tuple(files or ()))
        return
    folder = book
    if folder is None:
        root = store.project_root()
        if root is None:
            raise UserError("no book here: run inside the project, or name it with --book FOLDER")
        folder = root / "book"
    report = equations.report(folder, _load())
    if as_json:
        typer.echo(json_text(report.as_dict()))
    else:
        terminal.coverage_table(_console(), report)
    if not report.complete:
        raise typer.Exit(DIFFERS)


def _coverage_of(path: Path, as_json: bool, ledger: Path | None, files: tuple[str, ...]) -> None:
    """The same of a LaTeX article and the register that was made of it."""
    from fieldcheck.start import article, covered

    read = article.read(path)
    names = files or (covered.register_of(path),)
    claims = _load(names)
    found = _find_ledger(ledger, names, claims)
    rows = found.rows if found else {}
    fresh = {
        name: row
        for name, row in rows.items()
        if found and name in claims and not _is_stale(claims[name], row, found)
    }
    lines = covered.lines(read, claims, fresh)
    if as_json:
        typer.echo(json_text([line.as_dict() for line in lines]))
    else:
        terminal.article_table(_console(), read.name, lines)
    if not all(line.settled for line in lines):
        raise typer.Exit(DIFFERS)


# --- schema ---------------------------------------------------------------------------------------


@app.command(
    help="Print the JSON Schema of a ledger."
    + _examples(("fieldcheck schema > ledger.schema.json", "for a program that reads ledgers")),
)
def schema() -> None:
    typer.echo(json_text(records.schema()))


# --- entry ----------------------------------------------------------------------------------------


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fieldcheck {runs.version()}")
        raise typer.Exit


@app.callback(
    help="An executable referee report: claims of a theory, each with evidence, verdict and, "
    "if refuted, a counterexample that you can replay."
    + _examples(
        ("fieldcheck list", "what is claimed"),
        ("fieldcheck show softmax-free-energy", "one claim, its verdict and why"),
        ("fieldcheck verify --profile quick", "check everything"),
        ("fieldcheck replay softmax-free-energy/printed", "see a counterexample"),
    )
)
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command()(bench)
app.command()(weights)
app.command()(audit)
app.command()(replicate)
app.command()(new)


class _Patient:
    """Standard output whose reader may go away: what nobody reads is not written, and the command
    ends as it would have."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._gone()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._gone()

    def _gone(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _open_streams() -> None:
    """Both streams, whatever the shell left of them; what they cannot encode is written out."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell: `>&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        getattr(sys, name).reconfigure(errors="backslashreplace")
        setattr(sys, name, _Patient(getattr(sys, name)))


def main() -> None:
    """Entry point of the ``fieldcheck`` command."""
    _open_streams()
    code: Any = 0
    try:
        app()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:  # before or after a command
        code = INTERRUPTED
    try:
        sys.stdout.flush()
    except OSError as fault:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python would try again, and complain
        say_error(f"the output cannot be written: {fault.strerror}")
        code = BAD_USAGE
    if threading.active_count() > 1:  # a claims file left a thread behind: do not wait for it
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else BAD_USAGE)
    raise SystemExit(code)
