"""What hangs in a worker ends it: Dask calls from a thread, in which no signal is answered."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, threading
from fieldcheck.campaign import worker
from fieldcheck.campaign.records import Order
from fieldcheck.ledger import machine
from fieldcheck.ledger.pool import Limits

machine.start_worker()
machine.load()
worker.READING = Limits(float(sys.argv[2]))
order = Order(key="a/claim", files=(sys.argv[1],), seed=0, per=1, fingerprint="0")
one = threading.Thread(target=worker.prepare, args=([order],))
one.start()
one.join()
"""


@pytest.mark.parametrize(
    ("seconds", "read", "end"),
    [
        (2, "while True: pass", -signal.SIGPROF),
        (2, "10 ** 10 ** 9", -signal.SIGPROF),
        (1, "import time; time.sleep(1000)", -signal.SIGALRM),
        (60, "pass", 0),
    ],
)
def test_a_file_that_hangs_ends_the_worker(
    seconds: float, read: str, end: int, tmp_path: Path
) -> None:
    file = tmp_path / "claims.py"
    file.write_text(read, encoding="utf-8")
    words = [sys.executable, "-c", PROGRAM, str(file), str(seconds)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=90)
    assert done.returncode == end, done.stderr
