"""Real workers on the loopback: one is killed, a scheduler is stopped, and no total changes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from msgspec.structs import replace

from fieldcheck.campaign import cluster, run
from fieldcheck.ledger.errors import UserError
from tests.campaign.conftest import CLAIMS, Unwatched

pytest.importorskip("distributed")
PER, TASKS = 20_000, 24

SCHEDULER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    here = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None,
                        host="127.0.0.1", scheduler_port=int(sys.argv[1]), silence_logs=50)
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def orders(claims: dict[str, Any]) -> dict[str, Any]:
    return run.orders_of(claims, ["firm/claim"], (CLAIMS,), 0, PER)


@pytest.fixture(scope="module")
def undisturbed(orders: dict[str, Any]) -> dict[str, Any]:
    """Computed without a cluster."""
    return run.alone(orders, TASKS * PER)


@dataclass
class Once(Unwatched):
    """Does something once a share of the work is done."""

    do: Any
    after: int = 5
    done: list[int] = field(default_factory=list)

    def working(self, done: int) -> None:
        if done >= self.after * PER and not self.done:
            self.done.append(done)
            self.do()


def kill_a_worker() -> None:
    """The busiest process below this one, as the kernel would for want of memory."""
    below = psutil.Process().children(recursive=True)
    workers = [p for p in below if "spawn_main" in " ".join(p.cmdline())]
    os.kill(max(workers, key=lambda p: p.cpu_times().user).pid, signal.SIGKILL)


def test_a_killed_worker_changes_no_total(tmp_path: Path, orders, undisturbed) -> None:
    killed = Once(kill_a_worker)
    request = run.Request(cases=TASKS * PER, journal=tmp_path / "journal", jobs=2, per=PER)
    totals, measured, _ = run.run(request, orders, killed)
    assert killed.done
    assert measured.tasks == TASKS
    assert totals == undisturbed


@contextlib.contextmanager
def scheduler(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    script = folder / "scheduler.py"
    script.write_text(SCHEDULER, encoding="utf8")
    here = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(script), str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert here.stdout is not None
        assert here.stdout.readline() == "ready\n"
        yield here
    finally:
        end(here)


def end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        for below in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                below.kill()
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_stopped_scheduler_loses_nothing(
    tmp_path: Path, orders, undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed with its worker; the same command, given another, goes on."""
    monkeypatch.setattr(cluster, "PATIENCE", 0.0)
    port = free_port()
    request = run.Request(
        cases=TASKS * PER, journal=tmp_path / "journal", per=PER,
        address=f"tcp://127.0.0.1:{port}",
    )  # fmt: skip
    with scheduler(tmp_path, port) as first:
        stopped = Once(lambda: (end(first), monkeypatch.setattr(cluster, "ANSWER", 0.5)))
        with pytest.raises(UserError, match=r"the scheduler is gone .* the same command goes on"):
            run.run(request, orders, stopped)
    monkeypatch.undo()
    held = (tmp_path / "journal").read_bytes().count(b'"form"')
    assert 5 <= held < TASKS
    with scheduler(tmp_path, port):
        with pytest.raises(UserError, match=r"worker at .* other sources of firm/claim"):
            run.run(request, {k: replace(o, fingerprint="0") for k, o in orders.items()}, stopped)
        with monkeypatch.context() as other:
            other.setattr("distributed.__version__", "0.1")
            with pytest.raises(UserError, match="runs distributed"):
                run.run(request, orders, Unwatched())
        totals, measured, _ = run.run(request, orders, Unwatched())
    assert measured.tasks == TASKS - held
    assert totals == undisturbed


def test_an_interrupted_command_says_one_sentence(ledger: Path, tmp_path: Path) -> None:
    """Ctrl-C reaches all processes of the terminal; what was finished is kept, and nothing runs."""
    journal = tmp_path / "journal"
    words = ["campaign", "firm/claim", "--from", CLAIMS, "--ledger", str(ledger), "--jobs", "1",
             "--journal", str(journal), "--cases", "1e10"]  # fmt: skip
    here = subprocess.Popen(
        [sys.executable, "-m", "fieldcheck", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    while here.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 2):
        time.sleep(0.05)
    below = psutil.Process(here.pid).children(recursive=True)
    os.killpg(here.pid, signal.SIGINT)
    said, _ = here.communicate()
    assert (here.returncode, said.count("Traceback")) == (130, 0), said
    assert said.endswith("stopped: interrupted; the same command goes on from here\n")
    assert psutil.wait_procs(below, timeout=20)[1] == []
    assert journal.read_bytes().count(b'"task"') >= 2


def test_where_nothing_listens(tmp_path: Path, orders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    for address, said in (
        (f"tcp://127.0.0.1:{free_port()}", "nothing answers at tcp://127"),
        ("nowhere", "no Dask scheduler at nowhere: missing port"),
        ("abc://127.0.0.1:1", "no Dask scheduler at abc.*unknown address scheme"),
    ):
        request = run.Request(cases=1, journal=tmp_path / "journal", address=address)
        with pytest.raises(UserError, match=said):
            run.run(request, orders, Unwatched())
    assert not (tmp_path / "journal").exists()
