"""What a process takes, seen from outside; and its end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """Processor time in seconds, resident memory in bytes, and whether it sleeps (as opposed to
    running, waiting for a processor, or being stopped by somebody)."""

    seconds: float
    memory: int
    asleep: bool


def of(pid: int | None) -> Usage | None:
    """What a process has taken so far; None if there is no such process."""
    if pid is None:
        return None
    if Path("/proc/self/stat").exists():
        return _of_proc(pid)
    return _of_ps(pid)  # pragma: no cover - not Linux


def _of_proc(pid: int) -> Usage | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    ticks = int(fields[11]) + int(fields[12])
    return Usage(
        ticks / os.sysconf("SC_CLK_TCK"),
        int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
        fields[0] == "S",
    )


def _of_ps(pid: int) -> Usage | None:  # pragma: no cover - not Linux
    words = ["ps", "-o", "time=,rss=,state=", "-p", str(pid)]
    try:
        time, memory, state = subprocess.run(words, capture_output=True, text=True).stdout.split()
        parts = [float(part) for part in time.replace("-", ":").split(":")]
    except (OSError, ValueError):
        return None
    seconds = sum(part * 60**k for k, part in enumerate(reversed(parts)))
    return Usage(seconds, int(memory) << 10, state[:1] in "SI")


def end(pid: int | None) -> None:
    """End a process, and what it started, in whatever group or session, at once."""
    if pid is None:
        return
    held: set[int] = set()
    while new := {pid, *_below(pid)} - held:  # stopped, so that none starts another meanwhile
        held |= new
        for one in new:
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGSTOP)
    with contextlib.suppress(OSError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    for one in held:
        with contextlib.suppress(OSError):
            os.kill(one, signal.SIGKILL)


def _below(pid: int) -> set[int]:
    """The processes that one started, and that these started, where the system can tell."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    found, todo = set[int](), [pid]
    while todo:
        new = set(parents.get(todo.pop(), ())) - found
        found |= new
        todo += new
    return found


def keep_below() -> None:
    """What this process starts stays below it, also where what started it has ended."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


@contextlib.contextmanager
def ended_with_us(pids: Callable[[], Iterable[int | None]]) -> Iterator[None]:
    """Whoever asks this process to end ends these as well, and all that they started."""

    def leave(number: int, frame: object) -> None:
        for pid in pids():
            end(pid)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    mine = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")] if mine else []
    plain = [n for n in numbers if n is not None and signal.getsignal(n) is signal.SIG_DFL]
    for number in plain:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in plain:
            signal.signal(number, signal.SIG_DFL)


def end_with(parent: int) -> None:
    """End this process, at once, when its parent has ended, however that was."""
    try:
        deadly = ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0) == 0  # PR_SET_PDEATHSIG
    except (OSError, AttributeError):  # pragma: no cover - not Linux
        deadly = False
    if not deadly:  # pragma: no cover - not Linux
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before that
        os._exit(1)


def _follow(parent: int) -> None:  # pragma: no cover - not Linux
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
