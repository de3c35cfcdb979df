"""Mutation of the library: is a small change in it noticed by the tests?

    make mutation-library             the whole sample; go on where an earlier run was interrupted
    python -m tests.mutation.library --minutes 20      as far as twenty minutes go
    python -m tests.mutation.library --report          only the report, from what is known
    python -m tests.mutation.library --seed 3 --json other.json
                                      other mutants, to whose survivors no test has been fitted yet

A seeded sample of changes is drawn from five folders (see ``sites``), each change is made in a
private copy of the tree and put to the tests that reach its line (see ``trial``): those of the
mirrored file first, then of the folder and of files of the same name elsewhere, the quickest first,
as many as fit into a minute of their own time.  So a survivor is a mutant that a minute of tests
lets pass, be it that no test looks or that one beyond the minute would have.  In the end the tests
that killed are run on the unchanged tree: the kills of one that fails there are taken back.

What became of each mutant is kept in a session of cosmic-ray, ``_build/mutation/library.sqlite``
(``cr-report`` reads it), and is used again as long as the mutant is the same and, if it was killed,
the test that killed it is there, or, if it survived, the tests that it met are the same.
The report is ``library.json`` beside this file.  Equivalent mutants, which no test could kill, are
listed with a reason in ``equivalent_library.toml``; an entry that matches no survivor is an error.
"""

from __future__ import annotations

import argparse
import ast
import functools
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.mutation import figures, trial
from tests.mutation.sites import Mutant, sample
from tests.mutation.trees import trees

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGE = "fieldcheck"
FOLDERS = ("fields", "cones", "ops", "arithmetic", "evidence")
SEED = 2
EACH = 84
ASKED = ("arithmetic", "audit", "cones", "evidence", "fields", "meta", "ops", "test_register.py")
"""The tests that a mutant meets: of these folders, of the machine as a whole and of the claims.

Those of the ledger, the command line, the bench and the book start many processes and say little
of the five folders, and the properties go the ways of the register again; without them the rate
can only be lower.
"""
TESTED = (PACKAGE, "tests/conftest.py", *(f"tests/{name}" for name in ASKED))
BUDGET = 60.0
"""Seconds of tests, by their own time, that a mutant meets at most."""


def digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


# -- which tests reach a place -------------------------------------------------------------------
_parsed = functools.cache(ast.parse)


def statement_lines(source: str, line: int) -> set[int] | None:
    """The lines that run where this one does; None for all of the file, outside of functions."""
    tree = _parsed(source)
    inside: ast.stmt | None = None
    function: ast.stmt | None = None
    for node in ast.walk(tree):  # breadth first: the last that fits is the innermost
        first = (
            min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            if isinstance(node, ast.stmt)
            else 0
        )
        if isinstance(node, ast.stmt) and first <= line <= (node.end_lineno or 0):
            if isinstance(node, ast.FunctionDef):
                function = node
            inside = node
    if inside is None or function is None or isinstance(inside, ast.ClassDef):
        return None
    last = inside.end_lineno or inside.lineno
    if isinstance(inside, ast.Match):
        return {inside.lineno, line}
    if inside is not function and (body := getattr(inside, "body", None)):
        last = max(line, body[0].lineno - 1)
    return set(range(inside.lineno, last + 1))


class Reach:
    """Which units of tests run which lines, and for how long: measured once and kept."""

    def __init__(self, root: Path, log: Path) -> None:
        self.root, self.log = root, log
        asked = [root / "tests" / name for name in ASKED]
        files = [f for a in asked for f in ([a] if a.is_file() else sorted(a.rglob("test_*.py")))]
        self.files = [f.relative_to(root).as_posix() for f in files]
        library = [
            f.read_text(encoding="utf8")
            for folder in FOLDERS
            for f in sorted((root / PACKAGE / folder).rglob("*.py"))
        ]
        shared = [f.read_text(encoding="utf8") for f in sorted(root.glob("tests/conftest.py"))]
        common = digest(*library, *shared)
        self.state = {f: digest(common, (root / f).read_text(encoding="utf8")) for f in self.files}
        self.rows: dict[str, dict[str, Any]] = {}

    def read(self) -> None:
        """The rows that still hold: neither the library nor the test file has changed since."""
        rows = (
            [json.loads(line) for line in self.log.read_text().splitlines()]
            if self.log.exists()
            else []
        )
        current = {
            row["unit"]: row
            for row in rows
            if self.state.get(trial.file_of(row["unit"])) == row.get("state")
        }
        self.rows = current
        self.whole = {
            f
            for f in self.files
            if digest("all of", self.state[f]) in {row.get("state") for row in rows}
        }

    def measure(self, cache: Path, workers: int = 1) -> None:
        """Run what has changed or is not known yet, unit by unit, on the unchanged library."""
        self.read()
        # The files of which the last run had most to say go first, so that no worker is left alone
        # with a long one in the end.
        files = sorted((f for f in self.files if f not in self.whole), key=self._size, reverse=True)
        running = [
            trial.fork(lambda k=k: self._measure(files[k::workers], cache))  # type: ignore[misc]
            for k in range(min(workers, len(files)))
        ]
        try:
            while running:
                _, status = os.waitpid(running[0], 0)
                del running[0]
                if status:
                    raise RuntimeError("the lines that the tests reach could not be measured")
        finally:
            for number in running:  # softly, so that each can take its copy away
                os.kill(number, signal.SIGTERM)
                os.waitpid(number, 0)
        self.read()

    def _size(self, file: str) -> tuple[int, str]:
        return (self.root / file).stat().st_size, file

    def _measure(self, files: Sequence[str], cache: Path) -> None:
        copy = trial.Copy(self.root, PACKAGE)
        try:
            for file in files:
                print(f"measuring {file}", flush=True)
                known = frozenset(u for u in self.rows if trial.file_of(u) == file)
                trial.measure(copy, file, cache, self.log, self.state[file], known)
                end = {"unit": f"{file}@all of it", "state": digest("all of", self.state[file])}
                trial.append(self.log, end)
        finally:
            copy.close()

    def index(self) -> None:
        self.by_line: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for name, row in self.rows.items():
            if not row.get("failed"):
                for file, lines in row["lines"].items():
                    for line in lines:
                        self.by_line[file][line].add(name)
        self.seconds = {name: row["seconds"] for name, row in self.rows.items()}

    def units(self, path: str, line: int) -> list[str]:
        """The units that run the line: the module's own, its folder's or those of the same name in
        another one, the rest; quick first."""
        lines = statement_lines((self.root / path).read_text(encoding="utf8"), line)
        reached = self.by_line.get(path, {})
        names = set().union(*(reached[n] for n in reached if lines is None or n in lines))
        name = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2].strip("_")
        folder = f"tests/{path.split('/')[1]}/"
        far = lambda u: 2 - u.startswith(folder) - trial.file_of(u).endswith(f"/test_{name}.py")
        return sorted(names, key=lambda u: (far(u), self.seconds[u], u))

    def within(self, path: str, line: int, budget: float) -> list[str]:
        """As many of them as fit into the budget, and always one."""
        chosen: list[str] = []
        spent = 0.0
        for name in self.units(path, line):
            spent += self.seconds[name]
            if chosen and spent > budget:
                break
            chosen.append(name)
        return chosen

    def met(self, order: Sequence[str]) -> str:
        """Changes with the tests that a mutant meets, be it their choice or their text."""
        return digest(*order, *sorted({self.state[trial.file_of(unit)] for unit in order}))


# -- the session ---------------------------------------------------------------------------------
class Session:
    """What is known of each mutant, in a database of cosmic-ray."""

    def __init__(self, path: Path) -> None:
        from cosmic_ray.work_db import WorkDB

        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = WorkDB(path, WorkDB.Mode.create)
        self.known: dict[str, dict[str, Any]] = {
            job: json.loads(result.output) for job, result in self.db.results if result.output
        }
        self.items = {item.job_id for item in self.db.work_items}

    def add(self, mutants: Sequence[Mutant]) -> None:
        from cosmic_ray.work_item import MutationSpec, WorkItem

        for m in mutants:
            if m.key not in self.items:
                c = m.candidate
                start, end = (c.line, c.column), (c.line, c.column + 1)
                spec = MutationSpec(c.path, c.operator, c.occurrence, start, end, {}, c.definition)
                self.db.add_work_item(WorkItem.single(m.key, spec))
                self.items.add(m.key)

    def keep(self, m: Mutant, row: dict[str, Any]) -> None:
        from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

        outcome = {
            "survived": TestOutcome.SURVIVED, "incompetent": TestOutcome.INCOMPETENT
        }.get(row["outcome"], TestOutcome.KILLED)  # fmt: skip
        output, change = json.dumps(row), f"-{m.before}\n+{m.after}"
        self.db.set_result(m.key, WorkResult(WorkerOutcome.NORMAL, output, outcome, change))
        self.known[m.key] = row

    def forget(self, m: Mutant) -> None:
        from cosmic_ray.work_item import WorkerOutcome, WorkResult

        self.db.set_result(m.key, WorkResult(WorkerOutcome.NO_TEST))
        self.known.pop(m.key, None)


def settled(row: dict[str, Any] | None, reach: Reach, met: str) -> bool:
    """Does what is known of a mutant still hold?"""
    if row is None:
        return False
    if row["outcome"] == "survived":
        return row["met"] == met
    return row["unit"] in {*reach.rows, "import", "collection"}


# -- the run -------------------------------------------------------------------------------------
def _work(root: Path, reach: Reach, folder: Path, queue: Any, results: Any) -> None:
    copy = trial.Copy(root, PACKAGE)
    limits = trial.Limits(usual=reach.seconds)
    trial.preload()
    try:
        while (task := queue.get()) is not None:
            key, path, text, order = task
            # A changed builder of compiled loops must not leave one that others would load.
            cache = copy.base / "cache" if "/native/" in path else folder / "cache"
            results.put((key, trial.trial(copy, path, text, order, limits, cache)))
    finally:
        copy.close()


def run(
    root: Path, pending: Sequence[tuple[Mutant, list[str]]], reach: Reach, folder: Path,
    workers: int, deadline: float,
) -> Iterator[tuple[str, trial.Result]]:  # fmt: skip
    """The mutants' results as they come; none is begun after the deadline."""
    context = multiprocessing.get_context("fork")
    queue, results = context.SimpleQueue(), context.SimpleQueue()
    processes = [
        context.Process(target=_work, args=(root, reach, folder, queue, results))
        for _ in range(min(workers, len(pending)))
    ]
    for process in processes:
        process.start()
    todo = iter(pending)
    busy = 0
    try:
        for mutant, order in [x for _, x in zip(processes, todo, strict=False)]:
            queue.put((mutant.key, mutant.candidate.path, mutant.text, order))
            busy += 1
        while busy:
            yield results.get()
            busy -= 1
            following = next(todo, None) if time.monotonic() < deadline else None
            if following is not None:
                mutant, order = following
                queue.put((mutant.key, mutant.candidate.path, mutant.text, order))
                busy += 1
        for _ in processes:
            queue.put(None)
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.terminate()


def row_of(mutant: Mutant, known: dict[str, Any] | None) -> dict[str, Any]:
    c = mutant.candidate
    return {
        "key": mutant.key,
        "path": c.path,
        "line": c.line,
        "definition": c.definition,
        "operator": c.operator.removeprefix("core/"),
        "before": mutant.before,
        "after": mutant.after,
        **(known or {"outcome": "pending", "by": "", "detail": "", "seconds": 0.0, "tests": 0}),
    }


def report(
    rows: Sequence[dict[str, Any]], sites: dict[str, int], seed: int, tested: dict[str, str],
    entries: Sequence[dict[str, str]], left_out: dict[str, str], budget: float,
) -> dict[str, Any]:  # fmt: skip
    """The document of ``library.json``."""
    excuse = {figures.identity(e): e["reason"] for e in entries}
    shown = ("path", "line", "definition", "operator", "before", "after", "tests")
    groups = {
        folder: figures.summary([r for r in rows if r["path"].split("/")[1] == folder], entries)
        for folder in sites
    }
    return {
        "tested": tested,
        "seed": seed,
        "sites": sites,
        "budget_seconds": budget,
        "total": figures.summary(rows, entries),
        "folders": groups,
        "operators": {
            name: figures.summary([r for r in rows if r["operator"].startswith(name)], entries)
            for name in sorted({r["operator"].partition("_")[0] for r in rows})
        },
        "survivors": [
            {k: row[k] for k in shown} | {"equivalent": excuse.get(figures.identity(row))}
            for row in rows
            if row["outcome"] == "survived"
        ],
        "not_survived": [
            {k: row[k] for k in ("path", "line", "operator", "outcome", "by")}
            for row in rows
            if row["outcome"] != "survived"
        ],
        "tests_left_out": left_out,
    }


def control(session: Session, mutants: Sequence[Mutant], reach: Reach, folder: Path) -> str:
    """Run the tests that killed on the unchanged tree.  The kills of one that fails are forgotten,
    and it is named."""
    rows = {m.key: session.known[m.key] for m in mutants if m.key in session.known}
    units = sorted({row["unit"] for row in rows.values() if row["outcome"] in figures.KILLED})
    order = [u for u in units if u in reach.rows]
    copy = trial.Copy(ROOT, PACKAGE)
    try:
        path = f"{PACKAGE}/__init__.py"
        text = (ROOT / path).read_text(encoding="utf8")
        limits = trial.Limits(usual=reach.seconds)
        found = trial.trial(copy, path, text, order, limits, folder / "cache")
    finally:
        copy.close()
    if found.outcome == "survived":
        return ""
    for m in mutants:
        if m.key in rows and rows[m.key]["unit"] == found.unit:
            session.forget(m)
    return f"{found.unit}: {found.detail}"


def options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--each", type=int, default=EACH, help="mutants of each folder")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no mutant after these")
    parser.add_argument(
        "--budget", type=float, default=BUDGET, help="seconds of tests that a mutant meets"
    )
    parser.add_argument("--json", default="library.json", help="name of the report, here beside")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="run nothing")
    parser.add_argument("--fresh", action="store_true", help="forget what is known")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    said = options(argv)
    folder = ROOT / "_build" / "mutation"
    database = folder / "library.sqlite"
    if said.fresh:
        database.unlink(missing_ok=True)
    # Ended from outside, this process ends what it has begun, as it does when it fails.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    deadline = time.monotonic() + 60 * said.minutes
    mutants, sites = sample(ROOT, [f"{PACKAGE}/{f}" for f in FOLDERS], said.seed, said.each)
    session = Session(database)
    session.add(mutants)
    reach = Reach(ROOT, folder / "reach.jsonl")
    if said.report:
        reach.read()
    else:
        trial.preload()
        reach.measure(folder / "cache", said.workers)
    reach.index()
    trouble = ""
    if not said.report:
        try_all(session, mutants, reach, folder, said, deadline)
        trouble = control(session, mutants, reach, folder)
    document, faults = written(session, mutants, sites, reach, said)
    show(document)
    faults += (
        [f"fails on the unchanged tree, its kills are taken back: {trouble}"] if trouble else []
    )
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def try_all(
    session: Session, mutants: Sequence[Mutant], reach: Reach, folder: Path,
    said: argparse.Namespace, deadline: float,
) -> None:  # fmt: skip
    """Try every mutant of which nothing is known that still holds."""
    orders = {m.key: reach.within(m.candidate.path, m.candidate.line, said.budget) for m in mutants}
    met = {key: reach.met(order) for key, order in orders.items()}
    pending = [
        (m, orders[m.key])
        for m in mutants
        if not settled(session.known.get(m.key), reach, met[m.key])
    ]
    # All folders advance together, so that an interrupted run is a smaller sample of the same kind.
    pending.sort(key=lambda p: digest(p[0].key))
    print(f"{len(mutants)} mutants, {len(pending)} to be tried", flush=True)
    by_key = {m.key: m for m in mutants}
    results = run(ROOT, pending, reach, folder, said.workers, deadline)
    for done, (key, result) in enumerate(results, 1):
        session.keep(by_key[key], {**vars(result), "met": met[key]})
        c = by_key[key].candidate
        print(
            f"{done}/{len(pending)} {result.outcome} in {result.seconds} s: {c.path}:{c.line} "
            f"{c.operator.removeprefix('core/')} {result.by}",
            flush=True,
        )


def written(
    session: Session, mutants: Sequence[Mutant], sites: dict[str, int], reach: Reach,
    said: argparse.Namespace,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """The report, which is written, and what is wrong with the list of equivalent mutants."""
    rows = [row_of(m, session.known.get(m.key)) for m in mutants]
    entries = figures.equivalents(HERE / "equivalent_library.toml")
    left_out = {u: row["failed"] for u, row in sorted(reach.rows.items()) if row.get("failed")}
    document = report(rows, sites, said.seed, trees(ROOT, TESTED), entries, left_out, said.budget)
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (HERE / said.json).write_text(text, encoding="utf8")
    whole = said.json == "library.json" and not document["total"]["pending"]
    faults = figures.unmatched(rows, entries) if whole else []
    return document, [f"equivalent_library.toml: {fault}" for fault in faults]


def show(document: dict[str, Any]) -> None:
    for row in document["survivors"]:
        if row["equivalent"] is None:
            print(f"\n{row['path']}:{row['line']} {row['operator']} ({row['tests']} tests)")
            print("  - " + row["before"].replace("\n", "\n  - "))
            print("  + " + row["after"].replace("\n", "\n  + "))
    print("\n" + figures.sentence(document))
    if pending := document["total"]["pending"]:
        print(f"{pending} mutants have not been tried yet: run this again to go on")


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
