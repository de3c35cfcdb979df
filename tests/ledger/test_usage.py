"""What a body starts ends with its worker, wherever it hides, and with whoever asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fieldcheck.ledger import usage
from tests.ledger.conftest import gone

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

STARTS = {
    "a child": "subprocess.Popen(['sleep', '600'])",
    "a session of its own": "subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "a child of one that has ended": "subprocess.run(['sh', '-c', 'setsid sleep 600 & :'])",
    "a fork that spins": "os.fork() or exec('while True: pass')",
}
BEGUN = """
import os, pathlib, subprocess, time
from fieldcheck.ledger import usage
usage.keep_below()
{start}
while not usage.below(os.getpid()):
    time.sleep(0.01)
time.sleep(0.2)
print(*usage.below(os.getpid()), flush=True)
time.sleep(600)
"""
MACHINE = """
import os, pathlib, subprocess, time
from fieldcheck.ledger import usage

start_worker = lambda: None
load = lambda files=(): {{}}
describe = repr

def verify(claim_id, profile, seed, stops=None, begun=lambda key: None):
    {start}
    while not usage.below(os.getpid()):
        time.sleep(0.01)
    time.sleep(0.2)
    pathlib.Path(os.environ["SAID"]).write_text(" ".join(map(str, usage.below(os.getpid()))))
    while True:
        pass
"""
ASKING = """
from fieldcheck.ledger import pool
if __name__ == "__main__":
    list(pool.verify_all(["any"], machine="leaver", files=(), profile="quick", seed=0, jobs=1))
"""


@pytest.mark.parametrize("name", STARTS)
def test_the_end_of_a_process_is_that_of_all_it_started(name):
    words = [sys.executable, "-c", BEGUN.format(start=STARTS[name])]
    begun = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    started = [int(pid) for pid in begun.stdout.readline().split()]
    usage.end(begun.pid)
    begun.wait(10)
    begun.stdout.close()
    assert started
    assert gone(started)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("name", ["a session of its own", "a fork that spins"])
def test_whoever_is_asked_to_end_ends_what_bodies_started(tmp_path, number, name):
    (tmp_path / "leaver.py").write_text(MACHINE.format(start=STARTS[name]))
    (tmp_path / "asking.py").write_text(ASKING)
    said = tmp_path / "said"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    asking = subprocess.Popen(
        [sys.executable, str(tmp_path / "asking.py")],
        env={**os.environ, "PYTHONPATH": path, "SAID": str(said)},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 30
    while not (said.exists() and said.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    started = [int(pid) for pid in said.read_text().split()]
    asking.send_signal(number)
    assert asking.wait(20) == -number
    assert started
    assert gone(started)
