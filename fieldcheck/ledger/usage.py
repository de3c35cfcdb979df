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

EXITING = 0x4
"""The flag of a process that has begun to end (Linux)."""


@dataclass(frozen=True)
class Process:
    """One process: who started it, its processor time in seconds (with that of those it started and
    that have ended), its resident memory in bytes, its state, a letter, and when it began: with its
    number that is it, and no other that got the number later."""

    parent: int
    seconds: float
    memory: int
    state: str
    began: int


@dataclass(frozen=True)
class Usage:
    """What a process and all that it started take: processor time in seconds, resident memory in
    bytes, how many they are, and whether they sleep (as opposed to running, or waiting for a
    processor), stand still because somebody stopped them, or have ended."""

    seconds: float
    memory: int
    processes: int
    asleep: bool
    stopped: bool
    ended: bool


def everyone() -> dict[int, Process]:
    """All processes, by number."""
    if not Path("/proc/self/stat").exists():
        return _of_ps()  # pragma: no cover - not Linux
    return dict(_of_proc())


def of(pid: int | None, among: dict[int, Process] | None = None) -> Usage | None:
    """What a process, and what it started, have taken so far; None if there is no such process."""
    among = everyone() if among is None else among
    if pid not in among:
        return None
    tree = [among[one] for one in (pid, *below(pid, among))]
    states = {one.state for one in tree} - {"Z"}
    return Usage(
        sum(one.seconds for one in tree),
        sum(one.memory for one in tree),
        len(tree),
        states <= {"S", "I"},
        "T" in states and states <= {"S", "I", "T"},
        among[pid].state == "Z",
    )


def is_ending(pid: int | None) -> bool:
    """Has a process begun to end, and not ended yet?  Its pipes are closed before it has."""
    try:
        fields = _stat(f"/proc/{pid}")
    except OSError:  # it has ended, or the system does not tell
        return False
    return fields[0] != b"Z" and bool(int(fields[6]) & EXITING)


def shared_out(pid: int | None) -> int | None:
    """The bytes that a process and what it started hold, what several of them share counted once;
    None where the system cannot tell.  It takes milliseconds a process."""
    held = 0
    for one in () if pid is None else (pid, *below(pid)):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
            held += int(text.partition("\nPss:")[2].split()[0]) << 10
    return held or None


def _stat(folder: str) -> list[bytes]:
    """What the system says of a process, from its state on."""
    with open(f"{folder}/stat", "rb") as stream:
        return stream.read().rpartition(b")")[2].split()  # the name before it may hold anything


def _of_proc() -> Iterator[tuple[int, Process]]:
    """In the order in which the system lists them, read as it goes: one that is started meanwhile
    has a higher number, and comes at the end."""
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    with os.scandir("/proc") as folders:
        for folder in folders:
            if not folder.name.isdecimal():
                continue
            try:
                fields = _stat(folder.path)
            except OSError:
                continue
            yield (
                int(folder.name),
                Process(
                    int(fields[1]),
                    sum(map(int, fields[11:15])) / ticks,
                    int(fields[21]) * page,
                    fields[0].decode(),
                    int(fields[19]),
                ),
            )


def _of_ps() -> dict[int, Process]:  # pragma: no cover - not Linux
    words = ["ps", "-axo", "pid=,ppid=,time=,rss=,state="]
    try:
        lines = subprocess.run(words, capture_output=True, text=True).stdout.splitlines()
    except OSError:
        return {}
    found = {}
    for pid, parent, used, memory, state in (line.split() for line in lines):
        parts = [float(part) for part in used.replace("-", ":").split(":")]
        seconds = sum(part * 60**k for k, part in enumerate(reversed(parts)))
        found[int(pid)] = Process(int(parent), seconds, int(memory) << 10, state[:1], 0)
    return found


def end(pid: int | None) -> None:
    """End a process, and what it started, in whatever group or session, at once."""
    if pid is None:
        return
    _tell(pid, signal.SIGSTOP)  # a group in one stroke, before it can grow
    held = {pid}
    while new := _stopped_below(held) - held:  # until none has started another meanwhile
        held |= new
    _tell(pid, signal.SIGKILL)
    for one in held:
        with contextlib.suppress(OSError):
            os.kill(one, signal.SIGKILL)


def end_all(pids: dict[int, int]) -> None:
    """End each of these that is still there, by number and when it began."""
    now = everyone()
    for pid, began in pids.items():
        if pid in now and now[pid].began == began:
            end(pid)


def marked(name: str, value: str) -> dict[int, int]:
    """The processes that began in surroundings with this in them, where the system can tell: number
    and when they began."""
    found, sign = {}, f"{name}={value}".encode()
    for pid, process in everyone().items():
        with contextlib.suppress(OSError):
            if sign in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found[pid] = process.began
    return found


def _tell(pid: int, number: int) -> None:
    """Signal a process, and its group if it leads one."""
    with contextlib.suppress(OSError):
        os.kill(pid, number)
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)


def _stopped_below(held: set[int]) -> set[int]:
    """What processes started, each stopped as it is found, where the system can tell."""
    found: set[int] = set()
    listed = _of_proc() if Path("/proc/self/stat").exists() else iter(_of_ps().items())
    for pid, process in listed:
        if process.parent in held or process.parent in found:
            found.add(pid)
            if pid not in held:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGSTOP)
    return found


def below(pid: int, among: dict[int, Process] | None = None) -> set[int]:
    """The processes that one started, and that these started, where the system can tell."""
    children: dict[int, list[int]] = {}
    for one, process in (everyone() if among is None else among).items():
        children.setdefault(process.parent, []).append(one)
    found, todo = set[int](), [pid]
    while todo:
        new = set(children.get(todo.pop(), ())) - found
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
