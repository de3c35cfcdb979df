"""A run that is interrupted keeps what it has, and the next one goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tests.cli.commands import FAKE, OK, call, fake, home  # noqa: F401

DRIVER = """
import sys
sys.path[:0] = [{fake!r}]
from fieldcheck import cli
cli.MACHINE = "fake_machine"
if __name__ == "__main__":
    cli.main()
"""


def test_ctrl_c_keeps_the_journal_and_the_next_run_goes_on(fake, home, monkeypatch):
    driver = home / "driver.py"
    driver.write_text(DRIVER.format(fake=str(FAKE)))
    log = home / "log"
    env = {**os.environ, "FAKE_DELAY": "3", "FAKE_LOG": str(log)}
    words = [sys.executable, str(driver), "verify", "--jobs", "1"]
    process = subprocess.Popen(
        words, cwd=home, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # What runs in the background of a script is born deaf to the signal, and so its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    journal = home / "_build" / "ledger.json.journal"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_text().count("\n") >= 1:
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers as well
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "the same command goes on from here" in errors
    assert journal.exists()
    assert not (home / "_build" / "ledger.json").exists()
    kept = journal.read_text().count("\n")
    assert 1 <= kept < 4
    before = len(log.read_text().splitlines())
    monkeypatch.setenv("FAKE_LOG", str(log))
    code, out, _ = call("verify", "--jobs", "1")
    assert code == OK
    assert f"{kept} from an interrupted run" in out
    assert len(log.read_text().splitlines()) == before + 4 - kept
    assert not journal.exists()
