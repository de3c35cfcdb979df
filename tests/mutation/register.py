"""Mutation of the register: does the evidence notice a slip in a claim's formula?

    python -m tests.mutation.register --help

Every form that is expected to hold is changed at one place at a time
(:mod:`tests.mutation.register_operators`), and each mutant is judged by the machine that judges the
claims (:mod:`tests.mutation.register_judge`). What survives is either a claim with too little
evidence behind it, to be mended in the register, or another true statement, listed with the reason
in ``equivalent_register.toml``. The figures stand in ``register.json``.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fieldcheck.claim import Claim, Form
from tests.mutation.figures import wilson
from tests.mutation.trees import trees

HERE = Path(__file__).parent
RESULTS = HERE / "register.json"
LISTED = HERE / "equivalent_register.toml"
JOURNAL = HERE.parents[1] / "_build" / "mutation" / "register.jsonl"
MACHINE = "tests.mutation.register"

SCHEMA = 1
FILES = ("claim.py", "domains.py", "relations.py", "verdict.py")
TESTED = [
    f"fieldcheck/{name}"
    for name in ("register", "arithmetic", "evidence", "fields", "cones", *FILES)
]
"""What the results depend on: named in them by content."""

JUDGE = 2
"""Raised when the judging of mutants changes, so that no result of the old way is reused."""

RECOGNIZES = 8
"""Raised when more reasons for equivalence are recognized: what was left over is tried again."""

OPEN, BAD_USAGE = 1, 2


# -- what is mutated -----------------------------------------------------------------------------
def expected_to_hold(claims: Mapping[str, Claim]) -> dict[str, Form]:
    """The forms to mutate: a mutant of a false form would prove nothing by being false."""
    return {
        key: form
        for claim in claims.values()
        for key, form in claim.forms.items()
        if form.expect is not None and form.expect.holds and form.role != "dropped"
    }


def digest(claim: Claim, form: Form, seed: int) -> str:
    """All that the results for a form depend on: its text, its inputs, and the library."""
    from fieldcheck.evidence.fingerprint import library_digest
    from tests.mutation.register_operators import registration, text_of

    main = claim.forms[f"{claim.id}/claim"]
    parts = [library_digest(), str(JUDGE), str(seed), form.key, text_of(form).source()]
    parts += [_frame(form.body.__code__.co_filename), registration(main), registration(form)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _frame(filename: str) -> str:
    """A file of the register without its forms: imports, constants, helpers."""
    tree = ast.parse(Path(filename).read_text(encoding="utf-8"))
    kept = [n for n in tree.body if not (isinstance(n, ast.FunctionDef) and n.decorator_list)]
    return "\n".join(ast.unparse(node) for node in kept)


# -- workers: the functions that fieldcheck.ledger.pool asks of a machine --------------------------
_claims: dict[str, Claim] = {}
_known: dict[tuple[str, str], dict[str, Any]] = {}


def start_worker() -> None:
    import torch

    torch.set_num_threads(1)


def load(files: Sequence[str]) -> None:
    """The register, and the results in the journal (its path, if any, is the one file named)."""
    from fieldcheck import register

    _claims.update(register.load())
    for name in files:
        _known.update(read_journal(Path(name)))


def _load_claims() -> dict[str, Claim]:
    load(())
    return _claims


def verify(key: str, profile: str, seed: int) -> tuple[dict[str, Any], dict[str, str]]:
    """The results for all mutants of one form, those from the journal among them."""
    claim = _claims[key.partition("/")[0]]
    form = claim.forms[key]
    mark = digest(claim, form, seed)
    return {"form": key, "digest": mark, "mutants": tried(form, seed, mark, _known)}, {}


def describe(fault: Exception) -> str:
    from fieldcheck.ledger.machine import describe as one_line

    return one_line(fault)


def tried(
    form: Form,
    seed: int,
    mark: str = "",
    known: Mapping[tuple[str, str], dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """What became of each mutant of a form: key, operator, outcome, reason and, unless it was
    refuted, the lines that changed."""
    from tests.mutation.register_judge import REFUTED, SURVIVED, UNDECIDED, try_mutant
    from tests.mutation.register_operators import diff, mutants_of

    rows = []
    for mutant in mutants_of(form):
        row = (known or {}).get((mark, mutant.key))
        if row is None or (
            row["outcome"] in (SURVIVED, UNDECIDED) and row.get("recognizes") != RECOGNIZES
        ):
            start = time.perf_counter()
            result = try_mutant(mutant, seed)
            row = {"key": mutant.key, "operator": mutant.operator, **result.record()}
            row["seconds"] = f"{time.perf_counter() - start:.2f}"
            if result.outcome != REFUTED:
                row["diff"] = diff(mutant)
            if result.outcome in (SURVIVED, UNDECIDED):
                row["recognizes"] = RECOGNIZES
        rows.append(row)
    return rows


def read_journal(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Results of earlier runs by (digest, key); a line cut short by a crash is passed over."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    if not path.exists():
        return known
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        for mutant in row["mutants"]:
            known[row["digest"], mutant["key"]] = mutant
    return known


# -- what was looked at --------------------------------------------------------------------------
@dataclass(frozen=True)
class Looked:
    """What a reader found about mutants that were not refuted, key -> why.

    equivalent: true as well, so nothing can refute them
    undecided:  not true, or not everywhere, but no method refutes them. They would fail a run of
                the register as undecided, and count against the share of the refuted
    """

    equivalent: dict[str, str] = field(default_factory=dict)
    undecided: dict[str, str] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self.equivalent or key in self.undecided

    def within(self, forms: Collection[str]) -> Looked:
        """The entries for some forms."""
        mine = lambda some: {k: why for k, why in some.items() if k.split(" | ")[0] in forms}
        return Looked(mine(self.equivalent), mine(self.undecided))


def read_looked(path: Path = LISTED) -> Looked:
    """The list kept by hand.

    Raises:
        ValueError: a key stands there twice, or a reason is empty.
    """
    looked = Looked()
    if not path.exists():
        return looked
    groups = tomllib.loads(path.read_text(encoding="utf-8"))
    for kind, known in (("equivalent", looked.equivalent), ("undecided", looked.undecided)):
        for group in groups.pop(kind, []):
            why = group["why"].strip()
            if not why:
                raise ValueError(f"a reason is empty (at {group['mutants'][:1]})")
            for key in group["mutants"]:
                if key in looked:
                    raise ValueError(f"{key!r} is listed twice")
                known[key] = why
    if groups:
        raise ValueError(f"unknown tables {sorted(groups)}; there are equivalent and undecided")
    return looked


def problems(rows: Iterable[Mapping[str, Any]], looked: Looked) -> list[str]:
    """What is wrong with the list: entries that match no mutant, or one that needs no entry."""
    outcome = {row["key"]: row["outcome"] for row in rows}
    out = []
    for kind, keys, fit in (
        ("equivalent", looked.equivalent, ("survived", "undecided")),
        ("undecided", looked.undecided, ("undecided",)),
    ):
        for key in keys:
            if key not in outcome:
                out.append(f"listed, but no mutant has this key: {key}")
            elif outcome[key] not in fit:
                out.append(f"listed as {kind}, but it is {outcome[key]}: {key}")
    return out


# -- figures -------------------------------------------------------------------------------------
def tally(rows: Iterable[Mapping[str, Any]], looked: Looked) -> dict[str, Any]:
    """Counts of one operator or of all; the share counts what is neither equivalent nor
    stillborn."""
    n: Counter[str] = Counter()
    for row in rows:
        n["mutants"] += 1
        outcome = row["outcome"]
        if row["key"] in looked.equivalent and outcome in ("survived", "undecided"):
            n["listed"] += 1
        elif outcome == "equivalent":
            n[row["reason"].partition(":")[0]] += 1
        else:
            n[outcome] += 1
    same = {kind: n[kind] for kind in ("same", "scaled", "relabelled", "listed")}
    counted = n["mutants"] - sum(same.values()) - n["stillborn"]
    low, high = wilson(n["refuted"], counted)
    return {
        "mutants": n["mutants"],
        "refuted": n["refuted"],
        "equivalent": same,
        "stillborn": n["stillborn"],
        "survived": n["survived"],
        "undecided": n["undecided"],
        "counted": counted,
        "share": f"{n['refuted'] / counted:.4f}" if counted else None,
        "wilson95": [f"{low:.4f}", f"{high:.4f}"],
    }


def report(forms: Sequence[Mapping[str, Any]], of: int, looked: Looked, seed: int) -> dict:
    """The whole result, as it is written down."""
    from tests.mutation.register_operators import OPERATORS

    rows = [row for form in forms for row in form["mutants"]]
    left = [row for row in rows if row["outcome"] in ("survived", "undecided")]
    return {
        "schema": SCHEMA,
        "judged_by": "quick profile; standard where quick leaves a mutant undecided",
        "tested": trees(HERE.parents[1], TESTED),
        "seed": seed,
        "forms": {"tried": len(forms), "of": of},
        "all": tally(rows, looked),
        "operators": {
            op: tally([r for r in rows if r["operator"] == op], looked) for op in OPERATORS
        },
        "open": [_shown(row) for row in left if row["key"] not in looked],
        "undecided": [_shown(row) for row in left if row["key"] in looked.undecided],
        "listed": [_shown(row) for row in left if row["key"] in looked.equivalent],
        "by_form": {form["form"]: _short(form["mutants"], looked) for form in forms},
    }


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: row[k] for k in ("key", "outcome", "reason", "grade", "diff") if row.get(k)}


def _short(rows: Sequence[Mapping[str, Any]], looked: Looked) -> str:
    """One form in one line: 41 mutants: 30 refuted, 7 equivalent, 4 stillborn."""
    counts = tally(rows, looked)
    same = sum(counts["equivalent"].values())
    parts = [f"{counts['refuted']} refuted", f"{same} equivalent" if same else ""]
    parts += [f"{counts[k]} {k}" if counts[k] else "" for k in ("stillborn", "survived")]
    parts += [f"{counts['undecided']} undecided" if counts["undecided"] else ""]
    return f"{counts['mutants']} mutants: " + ", ".join(part for part in parts if part)


# -- a run ---------------------------------------------------------------------------------------
@dataclass
class Run:
    """What is asked, and what has come of it so far."""

    seed: int
    jobs: int
    journal: Path
    forms: dict[str, Form]
    done: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def recall(self) -> None:
        """Take from the journal the forms that were tried as they stand."""
        from tests.mutation.register_operators import mutants_of

        known = read_journal(self.journal)
        claims = _claims or _load_claims()
        for key, form in self.forms.items():
            mark = digest(claims[form.claim_id], form, self.seed)
            rows = [known.get((mark, mutant.key)) for mutant in mutants_of(form)]
            if all(row is not None for row in rows):
                self.done.append({"form": key, "digest": mark, "mutants": rows})

    def go(self, on_start: Callable[[str], None], on_done: Callable[[dict], None]) -> None:
        """Try all mutants; every form's results are in the journal before the next is shown."""
        from fieldcheck.ledger.pool import verify_all

        self.journal.parent.mkdir(parents=True, exist_ok=True)
        results = verify_all(
            list(self.forms),
            machine=MACHINE,
            files=(str(self.journal),),
            profile="quick",
            seed=self.seed,
            jobs=self.jobs,
            on_start=on_start,
        )
        with closing(results), self.journal.open("a", encoding="utf-8") as journal:
            for outcome in results:
                if outcome.row is None:
                    self.faults.append(f"{outcome.claim_id}: {outcome.fault}")
                    continue
                journal.write(json.dumps(outcome.row, ensure_ascii=False) + "\n")
                journal.flush()
                self.done.append(outcome.row)
                on_done(outcome.row)
        order = {key: k for k, key in enumerate(self.forms)}
        self.done.sort(key=lambda row: order[row["form"]])


# -- command line --------------------------------------------------------------------------------
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

EXAMPLES = """

\b
[bold]Examples[/bold]
  [cyan]make mutation-register[/cyan]
      every form, on all cores; writes tests/mutation/register.json
  [cyan]python -m tests.mutation.register --claim softmax-free-energy[/cyan]
      one claim with its forms, while you write it: seconds
  [cyan]python -m tests.mutation.register --claim lax-pair --list[/cyan]
      the mutants, not judged
  [cyan]python -m tests.mutation.register --chapter glu --limit 5[/cyan]
      the first five forms of a chapter

\b
[bold]A mutant has survived. What now?[/bold]
  Read its diff as a referee: is the changed formula true as well?
  - If it is false, the claim's evidence is too weak: widen a domain or the sizes, state the claim
    more sharply, or add a part that the mutant breaks.
  - If it is true (a variable changed its name, a weaker inequality that holds too), copy its key
    into tests/mutation/equivalent_register.toml, under the reason in one sentence.
  - If it is false and undecided (a run of the register would fail, yet nothing refutes it), it
    may stand there under [[undecided]]; it still counts against the share.

Exit codes: 0, every mutant is refuted or known to be equivalent; 1, some are open; 2, bad usage.
"""


@app.command(
    help="Change every formula of the register at one place at a time (sign, transpose, star, "
    "index, factor) and see whether the evidence refutes it.\n\n"
    "Results are kept in a journal: a run that was stopped goes on where it was, and a form whose "
    "text did not change is not tried again." + EXAMPLES
)
def main(
    claim: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this claim (may be repeated).")
    ] = None,
    chapter: Annotated[
        str | None, typer.Option(metavar="C", help="Only the claims of this chapter.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N forms.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything that is drawn.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Worker processes (default: one a core).")
    ] = None,
    show: Annotated[
        bool, typer.Option("--list", help="List the mutants, judge none of them.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Reuse no earlier result.")] = False,
    only_report: Annotated[
        bool,
        typer.Option("--report", help="Judge nothing: report what the journal holds so far."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every mutant that was not refuted.")
    ] = False,
    path: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Write the results there (default: tests/mutation/register.json, if all forms "
            "were tried).",
        ),
    ] = None,
) -> None:
    console = Console(highlight=False)
    forms = _chosen(claim or [], chapter, limit)
    if show:
        _list(console, forms)
        return
    try:
        looked = read_looked()
    except (ValueError, KeyError) as fault:
        _stop(f"{LISTED.name}: {fault}")
    if fresh and JOURNAL.exists():
        JOURNAL.unlink()
    run = Run(seed, jobs or os.cpu_count() or 1, JOURNAL, forms)
    if only_report:
        run.recall()
    else:
        try:
            _watched(run)
        except KeyboardInterrupt:
            _stop("stopped; the same command goes on from here")
    rows = [row for form in run.done for row in form["mutants"]]
    whole = not (claim or chapter or limit) and len(run.done) == len(forms)
    wrong = problems(rows, looked if whole else looked.within(forms))
    result = report(run.done, len(forms), looked, seed)
    target = path or (RESULTS if whole else None)
    if target:
        target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _summary(console, result, rows if verbose else [])
    for line in [*run.faults, *wrong]:
        console.print(f"[bold red]error:[/bold red] {_plain(line)}", soft_wrap=True)
    if run.faults or wrong or result["open"]:
        raise typer.Exit(OPEN)


def _chosen(ids: Sequence[str], chapter: str | None, limit: int | None) -> dict[str, Form]:
    import difflib

    from fieldcheck import register

    claims = register.load()
    for name in ids:
        if name not in claims:
            near = difflib.get_close_matches(name, claims, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            _stop(f"no claim {name!r}{hint}")
    if ids:
        claims = {name: claims[name] for name in ids}
    if chapter is not None:
        known = sorted({claim.chapter for claim in claims.values()})
        if chapter not in known:
            _stop(f"no chapter {chapter!r}; there are: {', '.join(known)}")
        claims = {k: c for k, c in claims.items() if c.chapter == chapter}
    forms = expected_to_hold(claims)
    return dict(list(forms.items())[:limit])


def _stop(message: str) -> Any:
    Console(stderr=True, highlight=False).print(
        f"[bold red]error:[/bold red] {_plain(message)}", soft_wrap=True
    )
    raise typer.Exit(BAD_USAGE)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _list(console: Console, forms: Mapping[str, Form]) -> None:
    from tests.mutation.register_operators import mutants_of

    count = 0
    for form in forms.values():
        for mutant in mutants_of(form):
            console.print(mutant.key, markup=False, soft_wrap=True)
            count += 1
    console.print(f"{count} mutants of {len(forms)} forms")


def _watched(run: Run) -> None:
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
    ]
    n: Counter[str] = Counter()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("forms", total=len(run.forms), now="")

        def started(key: str) -> None:
            progress.update(bar, now=f"{n['refuted']} refuted, {n['left']} left over; {key}")

        def done(row: dict) -> None:
            for mutant in row["mutants"]:
                n["refuted"] += mutant["outcome"] == "refuted"
                n["left"] += mutant["outcome"] in ("survived", "undecided")
            progress.advance(bar)

        run.go(started, done)


def _summary(console: Console, result: Mapping[str, Any], rows: Sequence[Mapping]) -> None:
    for row in [r for r in rows if r["outcome"] != "refuted"] or result["open"]:
        console.print(f"[yellow]{row['outcome']}[/yellow] {_plain(row['key'])}", soft_wrap=True)
        if row.get("reason"):
            console.print(f"    {row['reason']}", markup=False, soft_wrap=True)
        for line in row.get("diff", []):
            console.print(f"    {line}", markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    heads = ("", "mutants", "refuted", "equivalent", "stillborn", "survived", "undecided", "share")
    for head in heads:
        table.add_column(head, justify="left" if not head else "right")
    for name, counts in [*result["operators"].items(), ("all", result["all"])]:
        table.add_row(*_cells(name, counts))
    console.print(table)
    console.print(
        "share: refuted among those neither equivalent nor stillborn, with Wilson's 95 % interval"
    )


def _cells(name: str, counts: Mapping[str, Any]) -> Iterator[str]:
    yield name
    yield str(counts["mutants"])
    yield str(counts["refuted"])
    yield str(sum(counts["equivalent"].values()))
    for key in ("stillborn", "survived", "undecided"):
        yield str(counts[key])
    low, high = counts["wilson95"]
    yield f"{counts['share']} [{low}, {high}]" if counts["share"] else "-"


if __name__ == "__main__":
    sys.exit(app())
