"""The pytest plugin: a register of claims is collected like a file of tests, one test a form.

    pytest --fieldcheck my_claims.py
    pytest --fieldcheck my_claims.py -k softmax

With the flag, a file named on the command line that is no file of tests by its name is a register.
A project may name its registers once instead (``fieldcheck_registers = ["claims.py"]``); they are
then collected in every run that reaches them.  Rows are kept in pytest's cache and gathered anew
where their sources changed.

pytest loads this module wherever the library is installed, so it imports little until it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fieldcheck.ledger.records import ClaimRow, FormRow
    from fieldcheck.ledger.run import Outcome

PROFILES = ("quick", "standard", "deep")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fieldcheck", "claims of fieldcheck")
    group.addoption(
        "--fieldcheck",
        action="store_true",
        help="files named on the command line are registers of claims, if they are no test files",
    )
    group.addoption(
        "--fieldcheck-profile",
        choices=PROFILES,
        default="standard",
        help="how much evidence to gather for a claim",
    )
    parser.addini("fieldcheck_registers", "registers of claims to collect", "paths", default=[])


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, Any, Any]:
    # Python's own collector would import a file that is named, and register its claims twice.
    found = yield
    if _is_register(file_path, parent):
        return [ClaimsFile.from_parent(parent, path=file_path)]
    return found


def _is_register(path: Path, parent: pytest.Collector) -> bool:
    config = parent.config
    if path.suffix != ".py":
        return False
    if path in config.getini("fieldcheck_registers"):
        return True
    asked = config.getoption("--fieldcheck") and parent.session.isinitpath(path)
    return asked and not any(fnmatch(path.name, each) for each in config.getini("python_files"))


class ClaimsFile(pytest.File):
    """A register; its rows are gathered when the first of its tests is set up."""

    _outcome: Outcome | None = None

    def collect(self) -> Iterable[pytest.Item]:
        from fieldcheck.ledger import run as runs
        from fieldcheck.ledger.errors import UserError
        from fieldcheck.printable import printable

        try:
            claims = runs.known(runs.MACHINE, [str(self.path)])
        except UserError as fault:
            raise self.CollectError(printable(str(fault))) from None
        for claim in claims.values():
            for key in claim.forms:
                yield FormItem.from_parent(self, name=key)

    def row(self, claim_id: str) -> ClaimRow:
        """The row of a claim, gathered with those of all of which a form is tested in this run.

        Raises:
            ClaimFailed: it has none.
        """
        if self._outcome is None:
            items = [item for item in self.session.items if isinstance(item, FormItem)]
            ids = {item.claim_id for item in items if item.parent is self}
            self._outcome = self._gathered(ids)
        if claim_id in self._outcome.faults:
            raise ClaimFailed(f"{claim_id}: {self._outcome.faults[claim_id]}")
        (row,) = [row for row in self._outcome.rows if row.id == claim_id]
        return row

    def _gathered(self, ids: Iterable[str]) -> Outcome:
        from fieldcheck.ledger import run as runs

        request = runs.Request(
            profile=self.config.getoption("--fieldcheck-profile"),
            jobs=runs.default_jobs(),
            ids=tuple(sorted(ids)),
            files=(str(self.path),),
            patient=True,  # another test process may be gathering
            path=self._ledger(),
        )
        return runs.run(request, _Silent())

    def _ledger(self) -> Path | None:
        """Where rows are kept from run to run: each register has a place of its own, if pytest has
        a cache."""
        cache = getattr(self.config, "cache", None)
        if cache is None:
            return None
        profile = self.config.getoption("--fieldcheck-profile")
        name = hashlib.sha256(str(self.path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return Path(cache.mkdir("fieldcheck")) / f"{name}-{profile}.json"

    @staticmethod
    def said(row: FormRow) -> str:
        """What a reader of a failing test needs."""
        expected = str(row.expected.word) if row.expected else "nothing"
        lines = [f"{row.key}: expected {expected}, found {row.verdict}", f"  {row.title}"]
        lines += [f"  because {row.because}"] if row.because else []
        lines += [f"  {e.method} {e.outcome}: {e.reason}" for e in row.evidence if e.reason]
        if row.witness:
            lines.append(f"  at {row.witness.sizes} {row.witness.inputs}")
            lines.append(f"  left {row.witness.lhs}, right {row.witness.rhs}")
        return "\n".join(lines)


class FormItem(pytest.Item):
    """One form of a claim: its verdict is as the register expects."""

    parent: ClaimsFile

    @property
    def claim_id(self) -> str:
        return self.name.partition("/")[0]

    def runtest(self) -> None:
        row = self.parent.row(self.claim_id)
        (form,) = [form for form in row.forms if form.key == self.name]
        if not form.met:
            raise ClaimFailed(self.parent.said(form))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        from fieldcheck.ledger.errors import UserError
        from fieldcheck.printable import printable

        if isinstance(excinfo.value, ClaimFailed | UserError):
            return printable(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


class ClaimFailed(Exception):
    """A verdict is not the expected one; the message says all that is known."""


class _Silent:
    """pytest has its own progress."""

    def planned(self, reused: int, todo: int) -> None: ...
    def started(self, claim_id: str) -> None: ...
    def finished(self, done: Any) -> None: ...
