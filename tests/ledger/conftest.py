"""Fixtures: the fake machine in place of the real one, and a ledger it made."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from fieldcheck.ledger import records, store, usage
from fieldcheck.ledger import run as runs

HERE = Path(__file__).parent


class Silent:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.reused = self.todo = -1
        self.seen: list[str] = []

    def planned(self, reused: int, todo: int) -> None:
        self.reused, self.todo = reused, todo

    def started(self, claim_id: str) -> None:
        pass

    def finished(self, done) -> None:
        self.seen.append(done.claim_id)


def gone(pids: list[int], within: float = 10) -> bool:
    """Have all these processes ended by then?  If not, they are ended here."""
    deadline = time.monotonic() + within
    while any(map(usage.of, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [pid for pid in pids if usage.of(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return not left


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch):
    """The fake machine's module; workers find it by the same name."""
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])
    for name in ("FAKE_ODD", "FAKE_EMPTY", "FAKE_DELAY", "FAKE_LOG", "FAKE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    module = importlib.import_module("fake_machine")
    monkeypatch.setattr("fieldcheck.cli.MACHINE", "fake_machine")
    return module


@pytest.fixture
def ledger(fake) -> records.Ledger:
    """A complete ledger of the fake register, made without workers."""
    rows = store.rested(
        {name: records.sealed(fake.row(made)) for name, made in fake.CLAIMS.items()}
    )
    return records.Ledger(
        run=runs.run_record("quick", 0, True),
        claims=tuple(rows.values()),
        timings={form.key: "0.012" for row in rows.values() for form in row.forms},
    )


@pytest.fixture
def watch() -> Silent:
    return Silent()
