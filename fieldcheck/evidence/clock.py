"""A limit on the processor time of one method on one form, so that a slow body cannot stall a run.

Processor time, not the wall clock's: a machine that slept, or that had other things to do, takes no
answer away.  A body that only waits uses none, and is given :data:`PATIENCE` times as long.  What
escapes this limit (compiled code, a body that disarms the timer) meets the one that the parent of a
worker enforces from outside (:mod:`fieldcheck.ledger.pool`).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fieldcheck.verdict import LATE

AGAIN = 1.0
"""Seconds after which it strikes again where a body went on regardless."""

PATIENCE = 10
"""How many seconds may pass for each of processor time."""

CLOCKS = ((signal.SIGPROF, signal.ITIMER_PROF, 1), (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE))


class TooSlow(BaseException):
    """The method did not finish within its time.  No Exception: a body that catches all of these
    does not catch it."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise :class:`TooSlow` inside the block after ``seconds`` of processor time.

    Needs the main thread of a process and a system with interval timers; elsewhere there is no
    limit.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable:
        yield
        return

    def stop(signum: int, frame: object) -> None:
        raise TooSlow(f"no answer within {seconds:g} s {LATE}")

    with ExitStack() as ends:
        for number, timer, share in CLOCKS:
            ends.callback(signal.signal, number, signal.signal(number, stop))
            outer = signal.setitimer(timer, seconds * share, AGAIN)[0]
            ends.callback(signal.setitimer, timer, outer, AGAIN if outer else 0)
        yield
