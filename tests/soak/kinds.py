"""What is ended: four commands, what each must keep, and what it comes to.

A kind lives in a folder of its own.  ``kept`` tells what is known so far, which may only grow;
``result`` what a run that came to its end has found, None before that.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from fieldcheck.bench import records as bench_records
from fieldcheck.ledger import store
from fieldcheck.replication import journal as training
from fieldcheck.replication import protocol

TESTS = Path(__file__).parents[1]
OF_THE_LIBRARY = re.compile(rb'"(commit|version|lock|finished|started)": [^\n]*')
"""Lines of a ledger that tell the state of the library, which may change meanwhile."""


class Broken(AssertionError):
    """A run left something behind, or lost something."""


class Kind:
    """A command in a folder."""

    words: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    """Files that are removed before it begins anew."""
    share = 1
    """How often it has its turn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}
        self.prepare()

    @property
    def name(self) -> str:
        return type(self).__name__.lower()

    def prepare(self) -> None:
        """What must be there before the first run."""

    def kept(self) -> set[Hashable]:
        """What is known so far; Broken where something is there twice, or half."""
        raise NotImplementedError

    def result(self) -> Any:
        """What a whole run found, but for times; None if there is none yet."""
        raise NotImplementedError

    def forget(self) -> None:
        for name in self.results:
            (self.folder / name).unlink(missing_ok=True)


class Verify(Kind):
    words = ("verify", "--profile", "quick", "--jobs", "2", "--json", "ledger.json")
    results = ("ledger.json",)
    share = 2

    def kept(self) -> set[Hashable]:
        path = self.folder / "ledger.json"
        known: set[Hashable] = set(store.read(path).rows) if path.exists() else set()
        journal = store.Journal(path)
        if not journal.path.exists():
            return known
        lines = journal.path.read_bytes().split(b"\n")
        with journal:
            known |= set(journal.rows)
            if journal.broken_lines > sum(not line.endswith(b"}}") for line in lines if line):
                raise Broken("a whole line of the journal is no row")
        return known

    def result(self) -> Any:
        path = self.folder / "ledger.json"
        return OF_THE_LIBRARY.sub(b"", path.read_bytes()) if path.exists() else None


class Bench(Kind):
    words = (
        "bench", "--toy", "--op", "glu_potential", "--op", "gibbs", "--rounds", "1",
        "--budget", "0", "--json", "bench.json", "--resume",
    )  # fmt: skip
    results = ("bench.json",)

    def kept(self) -> set[Hashable]:
        return set(self._rows())

    def result(self) -> Any:
        rows = self._rows()
        return sorted(rows) if rows and self._run().complete else None

    def _run(self) -> bench_records.Run:
        return bench_records.load(self.folder / "bench.json")

    def _rows(self) -> list[Hashable]:
        if not (self.folder / "bench.json").exists():
            return []
        run = self._run()
        rows = [(r.op, r.mode, r.implementation, repr(r.size)) for r in (*run.rows, *run.left_out)]
        return once_each(rows)


class Campaign(Kind):
    words = (
        "campaign", "firm", "--from", "claims.py", "--ledger", "ledger.json", "--cases", "1e6",
        "--jobs", "1", "--json", "campaign.json",
    )  # fmt: skip
    results = ("campaign.json", "ledger.json")

    def prepare(self) -> None:
        claims = (TESTS / "campaign" / "claims.py").read_bytes()
        (self.folder / "claims.py").write_bytes(claims)
        (self.folder / "apart").mkdir()
        self.gathered = self.folder / "apart" / "ledger.json"

    def forget(self) -> None:
        super().forget()
        (self.folder / "ledger.json").write_bytes(self.gathered.read_bytes())

    def kept(self) -> set[Hashable]:
        if self.result() is not None:
            return set(range(40))
        journal = self.folder / "ledger.campaign"
        if not journal.exists():
            return set()
        whole = journal.read_bytes().split(b"\n")[1:-1]
        found: list[Hashable] = []
        for line in whole:
            try:
                found.append(json.loads(line)["task"])
            except ValueError:  # what a kill cut off; the next run ends the line and does it again
                continue
        return set(once_each(found))

    def result(self) -> Any:
        path, journal = self.folder / "campaign.json", self.folder / "ledger.campaign"
        store.read(self.folder / "ledger.json")
        totals = json.loads(path.read_text())["totals"] if path.exists() else None
        if totals is None or journal.exists():
            return None
        ledger = (self.folder / "ledger.json").read_bytes()
        return totals, OF_THE_LIBRARY.sub(b"", ledger)


class Replicate(Kind):
    words = ("replicate", "--json", "results.json", "--resume")
    results = ("results.json", "results.json.journal")

    def prepare(self) -> None:
        text = protocol.FILE.read_text(encoding="utf-8")
        for was, becomes in (
            (r"^seeds = \[.*\]", "seeds = [7, 8]"), (r"^seeds = \d+", "seeds = 2"),
            (r"^least = .*", "least = 2"), (r"^held_back = .*", "held_back = 79"),
            (r"^steps = .*", "steps = 2"), (r"^sha256 = .*", 'sha256 = ""'),
        ):  # fmt: skip
            text = re.sub(was, becomes, text, flags=re.M)
        apart = self.folder / "apart"
        apart.mkdir()
        (apart / "protocol.toml").write_text(text, encoding="utf-8")
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "protocol")):
            subprocess.run(["git", *words], cwd=apart, check=True)
        self.env["SOAK_PROTOCOL"] = str(apart / "protocol.toml")

    def kept(self) -> set[Hashable]:
        path = self.folder / "results.json.journal"
        if not path.exists() or b"\n" not in path.read_bytes():
            return set()
        return set(once_each([training.key(row) for row in training.read(path)[1]]))

    def result(self) -> Any:
        path = self.folder / "results.json"
        if not path.exists():
            return None
        runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
        return [{k: v for k, v in run.items() if k != "seconds"} for run in runs]


KINDS = {kind.__name__.lower(): kind for kind in (Verify, Bench, Campaign, Replicate)}


def once_each(found: list[Any]) -> list[Any]:
    """The same, if nothing is there twice."""
    if twice := [one for one, count in Counter(found).items() if count > 1]:
        raise Broken(f"there twice: {twice}")
    return found
