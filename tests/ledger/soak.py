"""Runs of ``fieldcheck verify`` that are ended at random points, by every signal that ends one.

    python -m tests.ledger.soak --times 200 --seed 0        or: make soak TIMES=200

After each end: no process of the run is left; the ledger is the old one or the new one; of what was
in the journal nothing is lost.  A run that may go on to its end makes the same file as one that was
never disturbed, and leaves nothing beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from fieldcheck.ledger import store

HERE = Path(__file__).parent
FIGURES = HERE / "soak.json"
"""Of the last whole run: how often which signal ended one."""
SIGNALS = [
    getattr(signal, name)
    for name in (
        "SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2",
        "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL",
    )
]  # fmt: skip
DRIVER = """
from fieldcheck import cli
cli.MACHINE = "fake_machine"
if __name__ == "__main__":
    cli.main()
"""
GONE = 10.0
"""Seconds in which every process of a run must have ended."""


class Broken(AssertionError):
    """A run left something behind, or lost something."""


@dataclass
class Soak:
    """A folder in which runs begin and end."""

    folder: Path
    rng: random.Random
    delay: float = 0.1
    ends: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.driver = self.folder / "driver.py"
        self.driver.write_text(DRIVER)
        self.path = self.folder / "ledger.json"
        self.token = f"soak-{os.getpid()}-{self.rng.getrandbits(32)}"
        self.whole = self._undisturbed()

    def _undisturbed(self) -> bytes:
        process = self._begin(0.0)
        process.wait(120)
        made = self._content()
        self.path.unlink()
        return made

    def _content(self) -> bytes:
        """The ledger's bytes, but for the state of the library, which may change meanwhile."""
        return re.sub(rb'"(commit|version|lock)": [^\n]*', b"", self.path.read_bytes())

    def _begin(self, delay: float) -> subprocess.Popen[bytes]:
        words = [sys.executable, str(self.driver), "verify", "--profile", "quick", "--jobs", "2"]
        words += ["--json", str(self.path)]
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])]),
            "FAKE_DELAY": str(delay),
            "SOAK": self.token,
        }
        return subprocess.Popen(
            words, cwd=self.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=_plain,
        )  # fmt: skip

    def once(self, within: float) -> None:
        """One run, ended at a random point within so many seconds, unless it is over before."""
        before = self._known()
        process = self._begin(self.delay)
        number = self.rng.choice(SIGNALS)
        try:
            process.wait(self.rng.uniform(0.0, within))
            name = "over"
        except subprocess.TimeoutExpired:
            name = number.name
            whom = os.killpg if self.rng.random() < 0.3 else os.kill
            whom(process.pid, number)
            process.wait(GONE)
        self.ends[name] = self.ends.get(name, 0) + 1
        self._nothing_runs(name)
        after = self._known()
        if lost := before - after:
            raise Broken(f"after {name}: {sorted(lost)} are lost")
        if self.path.exists() and self._content() != self.whole:
            raise Broken(f"after {name}: the ledger is neither the old one nor the new one")
        if name == "over":
            self._at_the_end()

    def finish(self) -> None:
        """Let the last run go on to its end."""
        process = self._begin(0.0)
        if process.wait(120):
            raise Broken(f"the last run ended with {process.returncode}")
        self._nothing_runs("the last run")
        self._at_the_end()

    def _at_the_end(self) -> None:
        if self._content() != self.whole:
            raise Broken("the ledger is not that of an undisturbed run")
        left = {p.name for p in self.folder.iterdir()} - {"driver.py", "ledger.json"}
        if left:
            raise Broken(f"left behind: {sorted(left)}")
        self.path.unlink()

    def _known(self) -> set[str]:
        """The claims whose rows are kept, in the ledger or the journal.  Each line of the journal
        must be a row, but one that was cut off."""
        known = set(store.read(self.path).rows) if self.path.exists() else set()
        journal = store.Journal(self.path)
        if not journal.path.exists():
            return known
        lines = journal.path.read_bytes().split(b"\n")
        with journal:
            known |= set(journal.rows)
            if journal.broken_lines > sum(not line.endswith(b"}}") for line in lines if line):
                raise Broken("a whole line of the journal is no row")
        return known

    def _nothing_runs(self, name: str) -> None:
        deadline = time.monotonic() + GONE
        while left := _running(self.token):
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


def _running(token: str) -> list[int]:
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


def main() -> None:
    """Soak until it is enough, or until something breaks."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--times", type=int, default=200)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--within", type=float, default=3.0, help="seconds until a run is ended")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), random.Random(given.seed))
        for _ in range(given.times):
            soak.once(given.within)
        soak.finish()
        ended = ", ".join(f"{name} {count}" for name, count in sorted(soak.ends.items()))
        print(f"{given.times} runs, nothing lost, doubled or left running: {ended}")
        FIGURES.write_text(json.dumps({"seed": given.seed, "ends": soak.ends}, indent=1) + "\n")


if __name__ == "__main__":
    main()
