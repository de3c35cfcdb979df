"""Worker processes in which bodies run, one task after another, within limits.

The parent never imports torch: it hands out tasks over a pipe and gets results back.  It looks at
its workers from outside and ends one that takes too much processor time or memory, or that sleeps
without end: no body can talk its way out of that.  A worker that is ended, or that dies (a crash in
compiled code), costs the form it was at, not the run; another takes its place, and passes that form
by.  Workers die with their parent, however it dies.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import multiprocessing
import os
import pickle
import secrets
import signal
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from multiprocessing import connection, resource_tracker
from types import ModuleType, SimpleNamespace
from typing import Any

from fieldcheck.ledger import untouched, usage
from fieldcheck.ledger.errors import UserError
from fieldcheck.verdict import LATE

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
MARK = "FIELDCHECK_WORKER"
LOOK = 0.25
"""Seconds between two looks at the workers."""


@dataclass(frozen=True)
class Limits:
    """What a worker may take for one form, or one task that has none."""

    seconds: float = 600.0
    """Of processor time, with that of what it started."""
    asleep: float = 60.0
    """Without using the processor, while nobody stopped it."""
    memory: int = 4 << 30
    """Bytes, with those of what it started."""
    processes: int = 256


READING = Limits(90)
"""For a claims file: more than it allows itself."""

PATIENCE = 10
"""Seconds that may be slept for each of processor time; and how many times longer than asleep a
worker may be stopped."""

DYING = 10
"""Seconds that a worker which ends may take to give its memory back, on a busy machine."""

LARGEST = 1 << 30
"""Bytes of an answer."""

STUCK = 20
"""Seconds within which a message that has begun goes on."""

OF_PROFILE = {"quick": Limits(60), "standard": Limits(240), "deep": Limits(3600, memory=8 << 30)}
"""Several times what any form of the register takes."""


@dataclass(frozen=True)
class Done:
    """One claim's outcome: a row with its seconds, or the sentence that says why there is none."""

    claim_id: str
    row: Any  # as the machine makes it, or None
    seconds: dict[str, str]
    fault: str | None = None


@dataclass
class Task:
    """Something that the machine does in a worker: which of :data:`TASKS`, and with what."""

    name: str
    call: str
    args: tuple[Any, ...] = ()
    stops: dict[str, str] = field(default_factory=dict)
    """Forms that were stopped from outside, and why."""


@dataclass(frozen=True)
class Answer:
    """What came of a task: a value, or a fault in one sentence."""

    task: Task
    value: Any = None
    fault: str | None = None
    ended: bool = False
    """Is the fault that the worker was ended, or died?"""


def verify_all(
    claim_ids: Sequence[str],
    *,
    machine: str,
    files: Sequence[str],
    profile: str,
    seed: int,
    jobs: int,
    limits: Limits | None = None,
    on_start: Callable[[str], None] = lambda claim_id: None,
) -> Iterator[Done]:
    """Verify claims in ``jobs`` processes; yield each as it is done, in no fixed order.

    Closing the generator, or an exception in the caller's loop (Ctrl-C too), ends the workers.

    Args:
        claim_ids: what to verify, the longest first if that is known.
        machine: dotted name of the module that loads and verifies (:mod:`.machine`).
        files: claims files instead of the register, or nothing.
        profile, seed, jobs: of the run.
        limits: of one form; the profile's own if not given.
        on_start: called with the id when a worker takes a claim.
    """
    tasks = [Task(name, "verify", (profile, seed)) for name in claim_ids]
    limits = limits or OF_PROFILE.get(profile, Limits())
    answers = work(tasks, machine=machine, files=files, jobs=jobs, limits=limits, on_start=on_start)
    with contextlib.closing(answers):
        for answer in answers:
            row, seconds = (None, {}) if answer.fault else answer.value
            yield Done(answer.task.name, row, seconds, answer.fault)


def ask(task: Task, *, machine: str, files: Sequence[str], limits: Limits) -> Any:
    """The value of one task.

    Raises:
        UserError: with the fault, if there is one.
    """
    answers = work([task], machine=machine, files=files, jobs=1, limits=limits)
    with contextlib.closing(answers):
        (answer,) = answers
    if answer.fault:
        raise UserError(answer.fault)
    return answer.value


def read(files: Sequence[str], *, machine: str, limits: Limits | None = None) -> dict[str, Any]:
    """The claims of files as the machine tells them, without their code: that is read in a worker,
    and whatever it does as it is read is done there.

    Raises:
        UserError: a file breaks a rule for claims, takes too much, or ends the worker.
    """
    task = Task(", ".join(files), "read")
    answers = work([task], machine=machine, files=files, jobs=1, limits=limits or READING)
    with contextlib.closing(answers):
        (answer,) = answers
    if answer.fault:
        raise UserError(f"{task.name}: " * answer.ended + answer.fault)
    return answer.value


def work(
    tasks: Sequence[Task],
    *,
    machine: str,
    files: Sequence[str],
    jobs: int,
    limits: Limits,
    on_start: Callable[[str], None] = lambda name: None,
) -> Generator[Answer, None, None]:
    """Do the tasks in ``jobs`` processes; yield each answer as it comes."""
    queue = deque(tasks)
    home = (machine, tuple(files))
    workers: list[_Worker] = []
    with usage.ended_with_us(lambda: [worker.process.pid for worker in workers]):
        yield from _worked(queue, home, workers, jobs, limits, on_start)


def _worked(
    queue: deque[Task],
    home: tuple[str, tuple[str, ...]],
    workers: list[_Worker],
    jobs: int,
    limits: Limits,
    on_start: Callable[[str], None],
) -> Generator[Answer, None, None]:
    looked = 0.0
    try:
        while queue or any(worker.task for worker in workers):
            busy = [worker for worker in workers if worker.task]
            while len(workers) < min(jobs, len(queue) + len(busy)):
                workers.append(_Worker(home))
            for worker in workers:
                if queue and worker.task is None:
                    task = queue.popleft()
                    if not task.stops:
                        on_start(task.name)
                    worker.take(task)
            busy = [worker for worker in workers if worker.task]
            ready = connection.wait([worker.pipe for worker in busy], timeout=LOOK)
            due = time.monotonic() - looked >= LOOK
            everyone = usage.everyone() if due else {}
            looked = time.monotonic() if due else looked
            for worker in busy:
                answer = worker.looked_at(limits, everyone) if due else None
                if worker.task and worker.pipe in ready:
                    answer = worker.heard()
                if not worker.alive:
                    worker.stop()
                    workers.remove(worker)
                if isinstance(answer, Task):
                    queue.appendleft(answer)
                elif answer is not None:
                    yield answer
    finally:
        while workers:
            workers.pop().stop()


class _Worker:
    """A process and this end of its pipe."""

    def __init__(self, home: tuple[str, tuple[str, ...]]) -> None:
        # spawn, not fork: the parent may be a threaded program (pytest, a notebook).
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        _patient(self.pipe)
        self.machine = home[0]
        self.process = context.Process(target=_live, args=(theirs, *home, os.getpid()), daemon=True)
        self.mark = secrets.token_hex(8)
        with _surrounded(self.mark), no_interrupts(), _no_main():
            self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.alive = True
        self.below: dict[int, int] = {}
        self.form: str | None = None
        self.began: float | None = None
        self.last = self.idle = self.stopped = 0.0

    def take(self, task: Task) -> None:
        self.task = task
        self._begin(None)
        try:
            self.pipe.send(task)
        except OSError:  # it died before its first task: heard() finds that out
            self.alive = False

    def heard(self) -> Answer | Task | None:
        """What it says: the form that it begins (nothing to pass on), or an answer."""
        try:
            said = _Data(io.BytesIO(self.pipe.recv_bytes(LARGEST)), self.machine).load()
        except (EOFError, ConnectionError):
            return self._gone()
        except Exception as unfit:  # what it sent is not what a worker sends
            return self._ended(f"the worker's answer cannot be read ({type(unfit).__name__})")
        if isinstance(said, str):
            self._begin(said)
            return None
        if not isinstance(said, Said):
            return self._ended("the worker's answer is none")
        task, self.task = self.task, None
        self.alive = not said.spent
        assert task is not None
        return Answer(task, said.value, said.fault)

    def _gone(self) -> Answer | Task:
        """It has ended, or closed its pipe: so does what it started."""
        last = time.monotonic() + DYING
        while usage.is_ending(self.process.pid) and time.monotonic() < last:
            time.sleep(0.01)
        used = usage.of(self.process.pid)
        usage.end(self.process.pid)
        usage.end_all({**self.below, **usage.marked(MARK, self.mark)})
        self.process.join()
        if used is not None and not used.ended:
            return self._ended("the worker closed its pipe")
        return self._ended(f"the worker died ({_end(self.process.exitcode)})")

    def looked_at(
        self, limits: Limits, everyone: dict[int, usage.Process] | None = None
    ) -> Answer | Task | None:
        """Is it within its limits?  If not it is ended."""
        everyone = usage.everyone() if everyone is None else everyone
        used = usage.of(self.process.pid, everyone)
        if used is None:  # it is gone: the pipe will say so
            return None
        assert self.process.pid is not None
        self.below |= {pid: everyone[pid].began for pid in usage.below(self.process.pid, everyone)}
        if used.ended and not self.pipe.poll():  # others may hold its end of the pipe
            return self._gone()
        self.began = used.seconds if self.began is None else self.began
        worked = max(0.0, used.seconds - max(self.last, self.began))
        self.idle = max(0.0, self.idle + LOOK * used.asleep - PATIENCE * worked)
        self.stopped = self.stopped + LOOK if used.stopped else 0.0
        self.last = used.seconds
        return next((self._ended(why) for why in self._beyond(limits, used)), None)

    def _beyond(self, limits: Limits, used: usage.Usage) -> Iterator[str]:
        """Why it is ended."""
        if used.seconds - (self.began or 0.0) > limits.seconds:
            yield f"no answer within {limits.seconds:g} s {LATE}"
        if self.idle > limits.asleep:
            yield f"it slept for {limits.asleep:g} s"
        if self.stopped > PATIENCE * limits.asleep:
            yield f"it stood still for {PATIENCE * limits.asleep:g} s"
        if used.memory > limits.memory and self._holds(used) > limits.memory:
            yield f"it took more than {limits.memory / 2**30:.3g} GiB of memory"
        if used.processes > limits.processes:
            yield f"it started more than {limits.processes} processes"

    def _holds(self, used: usage.Usage) -> int:
        """Bytes; what it has forked shares with it what it held."""
        alone = used.processes == 1
        return used.memory if alone else usage.shared_out(self.process.pid) or used.memory

    def _begin(self, form: str | None) -> None:
        """The limits are counted anew."""
        self.form = form
        self.began = None
        self.last = self.idle = self.stopped = 0.0

    def _ended(self, why: str) -> Answer | Task:
        """The task to be taken up by another worker, which passes by the form that this one was at;
        or, where it was at none, the fault."""
        self.alive = False
        task, self.task = self.task, None
        assert task is not None
        if self.form is None or self.form in task.stops:
            return Answer(task, None, why, ended=True)
        return replace(task, stops={**task.stops, self.form: why})

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.pipe.close()
        if self.process.exitcode is None:  # else its number may be another's by now
            usage.end(self.process.pid)
        usage.end_all(self.below)
        self.process.join()
        self.process.close()


@dataclass(frozen=True)
class Said:
    """What a worker answers: the value of its task or a fault, and whether it ends now."""

    value: Any
    fault: str | None
    spent: bool


class _Data(pickle.Unpickler):
    """What a worker sends is data: a body that gets hold of the pipe makes nothing run here."""

    KINDS = ("fieldcheck.ledger.records", "fieldcheck.ledger.told", "fieldcheck.claim",
             "fieldcheck.domains", "fieldcheck.verdict")  # fmt: skip
    PLAIN = (SimpleNamespace, Fraction, Said, set, frozenset, complex, range)

    def __init__(self, stream: io.BytesIO, machine: str) -> None:
        super().__init__(stream)
        self.homes = (*self.KINDS, machine)

    def find_class(self, module: str, name: str) -> Any:
        """As pickle has it, of classes alone, and of few."""
        plain = {(one.__module__, one.__qualname__): one for one in self.PLAIN}
        if (module, name) in plain:
            return plain[module, name]
        found = super().find_class(module, name) if module in self.homes else None
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is not data")
        return found


def _patient(pipe: connection.Connection) -> None:
    """A message that has begun goes on, or is none: what waits for its rest does not wait for ever.

    Not where a pipe is no socket, as on Windows.
    """
    if hasattr(socket, "SO_RCVTIMEO"):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(pipe.fileno())) as end:
            wait = struct.pack("ll", STUCK, 0)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)


@contextlib.contextmanager
def _no_main() -> Iterator[None]:
    """A child that starts here does not read the program that asks once more: it needs nothing of
    it, and a script without a guard would begin again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _surrounded(mark: str) -> Iterator[None]:
    """Set the thread variables while a child starts, which reads them before it imports anything,
    and a mark that it hands on to what it starts."""
    resource_tracker.ensure_running()  # the first child would start it, and it would be marked too
    own = {**dict.fromkeys(THREAD_VARIABLES, "1"), MARK: mark}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def no_interrupts() -> Iterator[None]:
    """A child that starts here is deaf to Ctrl-C, which is the parent's to handle."""
    if not hasattr(signal, "pthread_sigmask"):  # pragma: no cover - Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


# --- in the worker --------------------------------------------------------------------------------


def _live(pipe: connection.Connection, machine: str, files: tuple[str, ...], parent: int) -> None:
    """The worker's life: take a task, send back what came of it, until the pipe closes."""
    _alone(parent)
    mine = os.getpid()
    home: _Home | None = None
    while True:
        try:
            task: Task = pipe.recv()
            threads = threading.active_count()
            if task.call == "read":
                value, fault = _read(machine, files)
            else:
                home = home or _started(machine, files, task)
                value, fault = (None, home.broken) if home.broken else _done(home, task, pipe)
            if os.getpid() != mine:  # a body has forked, and what it made came back here
                os._exit(0)
            spent = threading.active_count() > threads  # a body left a thread behind
            if home and not home.broken and (other := untouched.changed(home.library)):
                value, fault, spent = None, f"its code changes the library ({other})", True
            try:
                pipe.send(Said(value, fault, spent))
            except OSError:
                raise
            except Exception as unfit:
                pipe.send(Said(None, f"its answer cannot be sent: {unfit}", spent))
        except (EOFError, OSError):
            os._exit(0)  # without waiting for threads that a body left
        if spent:
            os._exit(0)


def _read(machine: str, files: tuple[str, ...]) -> tuple[Any, str | None]:
    try:
        return importlib.import_module(machine).told(files), None
    except UserError as fault:
        return None, str(fault)
    except BaseException as wrong:
        return None, f"{', '.join(files)}: {type(wrong).__name__}: {wrong}"


@dataclass(frozen=True)
class _Home:
    """What a worker has once it has started, or why it could not."""

    engine: Any = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    library: untouched.Held = field(default_factory=dict)
    """As it was before the code of others ran."""
    broken: str | None = None


def _started(machine: str, files: tuple[str, ...], task: Task) -> _Home:
    try:
        engine: Any = importlib.import_module(machine)
        engine.start_worker()
        if task.call == "recheck":
            importlib.import_module(task.args[0])
        library = untouched.held()
        claims = engine.load(files)
    except BaseException as wrong:
        return _Home(broken=f"the worker could not start: {type(wrong).__name__}: {wrong}")
    other = untouched.changed(library)
    broken = f"{', '.join(files)} changes the library ({other})" if other else None
    return _Home(engine, claims, library, broken)


def _done(home: _Home, task: Task, pipe: connection.Connection) -> tuple[Any, str | None]:
    try:
        return TASKS[task.call](home.engine, home.claims, task, pipe.send), None
    except UserError as fault:
        return None, str(fault)
    except BaseException as fault:  # a body may raise anything, SystemExit too
        return None, home.engine.describe(fault)


def _alone(parent: int) -> None:
    """A group of its own, that ends with the parent; nothing that bodies print is heard."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpgid(0, 0)
    usage.end_with(parent)
    usage.keep_below()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _verify(engine: Any, claims: Any, task: Task, say: Callable[[Any], None]) -> Any:
    begun = lambda key: None if key in task.stops else say(key)
    return engine.verify(task.name, *task.args, stops=task.stops, begun=begun)


def _form(claims: Any, key: str) -> Any:
    return claims[key.partition("/")[0]].forms[key]


def _replay(engine: Any, claims: Any, task: Task, say: Any) -> Any:
    return engine.replay(_form(claims, task.name), *task.args)


def _contest(engine: Any, claims: Any, task: Task, say: Any) -> Any:
    """A ruling, with what is shown of its form: bodies cannot be sent."""
    ruling = engine.contest(claims, *task.args)
    form = ruling.form
    expect = form.expect and SimpleNamespace(holds=form.expect.holds)
    shown = SimpleNamespace(key=form.key, title=form.title, expect=expect)
    return SimpleNamespace(**{**vars(ruling), "form": shown})


def _recheck(engine: Any, claims: Any, task: Task, say: Any) -> Any:
    """(key, verdict, findings) of some forms of a claim; of each proof at most ``seconds``."""
    road, row, keys, seconds = task.args
    check: Any = importlib.import_module(road)
    forms = claims[task.name].forms
    stored = {form["key"]: form["witness"] for form in row["forms"]}
    with _at_most(check, seconds):
        return [
            (key, verdict, [*_spoken(check, found), *_retold(engine, forms[key], stored[key])])
            for key, verdict, found in check.recheck([row], forms, keys)
        ]


@contextlib.contextmanager
def _at_most(check: Any, seconds: float | None) -> Iterator[None]:
    """One proof takes the second road so many seconds, or its own."""
    usual = check.SECONDS
    check.SECONDS = usual if seconds is None else seconds
    try:
        yield
    finally:
        check.SECONDS = usual


def _spoken(check: Any, found: Sequence[Any]) -> Iterator[SimpleNamespace]:
    for f in found:
        if f.severity != check.SPOT:
            yield SimpleNamespace(severity=f.severity, kind=f.kind, sentence=f.sentence)


def _retold(engine: Any, form: Any, witness: Any) -> Iterator[SimpleNamespace]:
    """What a reader is told of a counterexample and its point does not give."""
    try:
        names = engine.told_otherwise(form, witness) if witness else []
    except Exception as fault:  # a body may raise anything
        names = [f"point: {type(fault).__name__}"]
    if names:
        said = f"its point gives another {', '.join(names)}"
        yield SimpleNamespace(severity="does not recheck", kind="witness", sentence=said)


TASKS: dict[str, Callable[[Any, Any, Task, Any], Any]] = {
    "verify": _verify,
    "replay": _replay,
    "contest": _contest,
    "recheck": _recheck,
}
