"""Runs of a command that are ended at random points, by every signal that ends one.

After each end: no process of the run is left; nothing that was known is lost, doubled or half
written.  A run that comes to its end finds what one that was never disturbed finds, and leaves
nothing beside it.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.soak.kinds import TESTS, Broken, Kind

HERE = Path(__file__).parent
SIGNALS = [
    getattr(signal, name)
    for name in (
        "SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2",
        "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL",
        "SIGTRAP", "SIGSYS", "SIGPOLL", "SIGPWR", "SIGRTMIN", "SIGRTMAX",
    )
    if hasattr(signal, name)
]  # fmt: skip
"""Those that end a program of Python's if it does nothing about them."""
GONE = 60.0
"""Seconds in which every process of a run must have ended, on a busy machine too."""
WHOLE = 600.0
"""Seconds in which a run comes to its end."""


class Soak:
    """A kind of run in its folder, with what an undisturbed one comes to."""

    def __init__(self, kind: Kind, seed: int, delay: float = 0.0) -> None:
        self.kind, self.seed, self.delay = kind, seed, delay
        self.token = f"soak-{os.getpid()}-{kind.name}-{seed}"
        self.scratch = kind.folder / "tmp"
        self.scratch.mkdir()
        self.errors = kind.folder / "errors"
        self.before()
        began = time.monotonic()
        self._to_its_end()
        self.within = time.monotonic() - began  # moved later, so that most are ended, not all
        self.whole, self.files = kind.result(), self._files()
        if self.whole is None:
            raise Broken("the undisturbed run has no result")
        kind.forget()

    def before(self) -> None:
        """A campaign needs rows to begin with."""
        if self.kind.name == "campaign":
            words = ("verify", "--from", "claims.py", "--profile", "quick", "--jobs", "1",
                     "--json", "apart/ledger.json")  # fmt: skip
            if self._begin(words).wait(WHOLE):
                raise Broken("its claims are not as expected")
            self.kind.forget()

    def once(self, number: int) -> str:
        """The run of this number, ended at its point; the signal, or "over" if it was too late."""
        rng = random.Random(f"{self.seed} {self.kind.name} {number}")
        order = random.Random(f"{self.seed} {self.kind.name}").sample(SIGNALS, len(SIGNALS))
        chosen = order[number % len(order)]
        known = self.kind.kept()
        process = self._begin(self.kind.words)
        try:
            code = process.wait(rng.uniform(0.0, self.within))
            name, self.within = "over", 0.8 * self.within
        except subprocess.TimeoutExpired:
            name, self.within = chosen.name, 1.05 * self.within
            whom = os.killpg if rng.random() < 0.3 else os.kill
            whom(process.pid, chosen)
            code = process.wait(GONE)
        self._nothing_runs(name)
        if name == "over" and code:
            raise Broken(f"a run that nobody ended came to {code}: {self._said()}")
        if lost := known - self.kind.kept():
            raise Broken(f"after {name}: {sorted(map(str, lost))} are lost")
        if (found := self.kind.result()) is not None:
            if found != self.whole:
                raise Broken(f"after {name}: the result is not that of an undisturbed run")
            if name == "over":
                self._at_the_end()
                self.kind.forget()
        return name

    def finish(self) -> None:
        """Let what was ended go on to its end."""
        self._to_its_end()
        self._at_the_end()

    def _begin(self, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            **self.kind.env,
            "PYTHONPATH": os.pathsep.join([str(TESTS / "ledger"), str(TESTS.parent)]),
            "TMPDIR": str(self.scratch),
            "FAKE_DELAY": str(self.delay),
            "SOAK": self.token,
        }
        with self.errors.open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, str(HERE / "driver.py"), self.kind.name, *words],
                cwd=self.kind.folder, env=env, stdout=subprocess.DEVNULL, stderr=errors,
                start_new_session=True, preexec_fn=_plain,
            )  # fmt: skip

    def _said(self) -> str:
        """The end of what the last run wrote to its error stream."""
        return self.errors.read_text(errors="replace").strip()[-300:]

    def _to_its_end(self) -> None:
        code = self._begin(self.kind.words).wait(WHOLE)
        if code:
            raise Broken(f"a run that nobody ended came to {code}: {self._said()}")
        self._nothing_runs("the end")

    def _at_the_end(self) -> None:
        if self.kind.result() != self.whole:
            raise Broken("the result is not that of an undisturbed run")
        if left := self._files() - self.files:
            raise Broken(f"left behind: {sorted(left)}")

    def _files(self) -> set[str]:
        """All names in its folder, git's own and Python's compiled files aside."""
        names = {str(path.relative_to(self.kind.folder)) for path in self.kind.folder.rglob("*")}
        return {n for n in names if ".git" not in n and "__pycache__" not in n}

    def _nothing_runs(self, name: str) -> None:
        deadline = time.monotonic() + GONE
        while left := running(self.token):
            if time.monotonic() > deadline:
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
                raise Broken(f"after {name}: {len(left)} processes still run")
            time.sleep(0.02)


def _plain() -> None:
    """Signals as a terminal's programs have them, and no core files."""
    for number in SIGNALS:
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def running(token: str) -> list[int]:
    """Processes that were started with this token, the dead but unburied left out."""
    wanted = f"SOAK={token}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found
