"""A claims file is read in a worker: whatever it does there is one sentence here, or nothing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from fieldcheck.ledger import machine, pool, usage
from tests.cli.commands import BAD, HEAD, NEIGHBOUR, OK, call, fails, home  # noqa: F401

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

GOOD = HEAD + NEIGHBOUR
TIGHT = pool.Limits(seconds=4, asleep=1, memory=600 << 20, processes=40)

ENDED = {
    "it ends the process": ("import os; os._exit(3)", "mine.py, line 1: SystemExit: 3"),
    "it ends it below": (
        "import ctypes; ctypes.CDLL(None)._exit(3)",
        "the worker died (exit code 3",
    ),
    "it is killed": ("import os; os.kill(os.getpid(), 9)", "the worker died (signal SIGKILL)"),
    "it exits": ("import sys; sys.exit(0)", "mine.py, line 1: SystemExit: 0"),
    "it asks": ("input()", "mine.py, line 1: EOFError"),
    "it interrupts": ("raise KeyboardInterrupt", "mine.py: KeyboardInterrupt"),
    "a module of its own exits": ("import beside", "SystemExit: 5"),
    "it closes what is open": ("import os; os.closerange(3, 256)\n" + GOOD, "closed its pipe"),
    "it writes everywhere": (
        "import os\nfor n in range(3, 64):\n"
        "    try: os.write(n, b'x' * 100)\n    except OSError: pass\n" + GOOD,
        "answer cannot be read",
    ),
    "its title cannot be sent": (
        GOOD.replace('title="A square"', 'title=T("A square")').replace(
            "\n@claim", "\nclass T(str): pass\n@claim", 1
        ),
        "cannot be",
    ),
}
TAKING = {
    "it spins, deaf": (
        "import signal\nfor n in (14, 27): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
        "no answer within 4 s",
    ),
    "a power": ("x = 10**10**10", "no answer within 4 s"),
    "it sleeps": ("import time; time.sleep(10**6)", "it slept for 1 s"),
    "it naps": (
        "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: time.sleep(0.1)",
        "it slept for 1 s",
    ),
    "it stops": ("import os; os.kill(os.getpid(), 19)", "it stood still for 10 s"),
    "it eats": (
        "x = []\nwhile True: x.append(b'1' * (8 << 20))",
        "it took more than 0.586 GiB of memory",
    ),
    "others eat for it": (
        "import subprocess, sys\neats = \"import time; x = b'1' * (150 << 20); time.sleep(600)\"\n"
        "for _ in range(5): subprocess.Popen([sys.executable, '-c', eats])\n"
        "while True: pass",
        "it took more than 0.586 GiB of memory",
    ),
    "others spin for it": (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'while True: pass'], start_new_session=True)",
        "no answer within 4 s",
    ),
    "one after the other": (
        "import subprocess, sys\nwhile True:\n"
        "    subprocess.run([sys.executable, '-S', '-c', 'sum(range(10**6))'])",
        "no answer within 4 s",
    ),
    "it doubles": (
        "import os, time\nfor _ in range(7): os.fork()\ntime.sleep(600)",
        "it started more than 40 processes",
    ),
    "it doubles in sessions": (
        "import os, time\nfor _ in range(7): os.fork() or os.setsid()\ntime.sleep(600)",
        "it started more than 40 processes",
    ),
}
HARMLESS = {
    "handlers": "import signal\nfor n in (2, 14, 15, 27): signal.signal(n, signal.SIG_IGN)",
    "stdout closed": "import os, sys; sys.stdout.close(); os.close(1)",
    "stdout replaced": "import io, sys; sys.stdout = sys.stderr = io.StringIO()",
    "a thread": "import threading; threading.Thread(target=threading.Event().wait).start()",
    "recursion": "import sys; sys.setrecursionlimit(60)",
    "at exit": "import atexit, time; atexit.register(time.sleep, 600)",
    "elsewhere": "import os; os.chdir('/')",
    "surroundings": "import os; os.environ.clear()",
    "twice": "import os; os.fork()",
    "a hook": "import sys; sys.excepthook = sys.unraisablehook = None",
}


@pytest.mark.parametrize("name", ENDED)
def test_a_file_that_ends_its_reader(home, name):
    (home / "mine.py").write_text(ENDED[name][0])
    (home / "beside.py").write_text("raise SystemExit(5)")
    said = fails("list", "--from", "mine.py")
    assert said.startswith("error: mine.py")
    assert ENDED[name][1] in said


def test_a_file_that_cannot_be_read_leaves_a_ledger_as_it_is(home):
    (home / "mine.py").write_text(GOOD)
    words = ("verify", "mine.py", "--json", "mine.json", "--profile", "quick", "--jobs", "1")
    assert call(*words)[0] == OK
    before = (home / "mine.json").read_bytes()
    (home / "mine.py").write_text(GOOD + "import ctypes; ctypes.CDLL(None)._exit(0)")
    names = {each.name for each in home.iterdir()}
    own = ("--from", "mine.py", "--ledger", "mine.json")
    looks = [("recheck",), ("replay", "my-square/once"), ("show", "my-square")]
    for command in (words, *((*look, *own) for look in looks)):
        assert "mine.py: the worker died (exit code 0)" in fails(*command)
    assert (home / "mine.json").read_bytes() == before
    assert {each.name for each in home.iterdir()} == names


@pytest.mark.parametrize("name", TAKING)
def test_a_file_that_takes_too_much(home, monkeypatch, name):
    (home / "mine.py").write_text(TAKING[name][0])
    monkeypatch.setattr(pool, "READING", TIGHT)
    assert f"mine.py: {TAKING[name][1]}" in fails("list", "--from", "mine.py")
    assert not usage.below(os.getpid()) - _trackers()


def _trackers():
    """What multiprocessing itself keeps."""
    from multiprocessing import resource_tracker

    return {resource_tracker._resource_tracker._pid}


def test_what_a_file_changes_as_it_is_read_is_not_changed_here(home):
    """All of it in one file: one that is read."""
    (home / "mine.py").write_text("\n".join([GOOD, *HARMLESS.values()]))
    before = (
        os.getcwd(), dict(os.environ), sys.stdout, sys.getrecursionlimit(), sys.excepthook,
        threading.active_count(), [signal.getsignal(n) for n in (2, 14, 15, 27)],
    )  # fmt: skip
    code, out, errors = call("list", "--from", "mine.py")
    assert (code, errors) == (OK, "")
    assert out.count("my-square") == 1
    after = (
        os.getcwd(), dict(os.environ), sys.stdout, sys.getrecursionlimit(), sys.excepthook,
        threading.active_count(), [signal.getsignal(n) for n in (2, 14, 15, 27)],
    )  # fmt: skip
    assert after == before
    assert "my-square" not in machine.load()


def test_what_is_told_is_what_is_read(home):
    """Words, forms and hash, without the code."""
    (home / "mine.py").write_text("DEFINITIONS = ['eq-a']\n" + GOOD)
    told = pool.read(["mine.py"], machine="fieldcheck.ledger.machine")["my-square"]
    read = machine.load(["mine.py"])["my-square"]
    assert told.words() == read.words()
    assert [f.words() for f in told.forms.values()] == [f.words() for f in read.forms.values()]
    assert [f.size_names() for f in told.forms.values()] == [
        f.size_names() for f in read.forms.values()
    ]
    assert machine.claim_hash(told, "quick", 0) == machine.claim_hash(read, "quick", 0)
    assert told.definitions == ("eq-a",)
    assert "my-square/claim" in told.forms


SENDS = """
import os, pickle, struct
class Runs:
    def __reduce__(self):
        return os.system, ("touch ran",)
said = pickle.dumps(Runs())
for n in range(3, 64):
    try:
        os.write(n, struct.pack("!i", len(said)) + said)
    except OSError:
        pass
"""


def test_what_a_file_sends_here_does_not_run_here(home):
    (home / "mine.py").write_text(SENDS + GOOD)
    assert "answer cannot be read (UnpicklingError)" in fails("list", "--from", "mine.py")
    assert not (home / "ran").exists()
