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
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from types import SimpleNamespace
from typing import Any

from fieldcheck.ledger import usage
from fieldcheck.ledger.errors import UserError
from fieldcheck.verdict import LATE

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
LOOK = 0.25
"""Seconds between two looks at the workers."""


@dataclass(frozen=True)
class Limits:
    """What a worker may take for one form, or one task that has none."""

    seconds: float = 600.0
    """Of processor time."""
    asleep: float = 60.0
    """In a row without using the processor, while nobody stopped it."""
    memory: int = 4 << 30
    """Bytes."""


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
            for worker in busy:
                answer = worker.heard() if worker.pipe in ready else worker.looked_at(limits)
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
        self.process = context.Process(target=_live, args=(theirs, *home, os.getpid()), daemon=True)
        with _one_thread_each(), no_interrupts():
            self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.alive = True
        self.form: str | None = None
        self.began: float | None = None
        self.last = self.idle = 0.0

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
            said = self.pipe.recv()
        except (EOFError, OSError):
            usage.end(self.process.pid)  # and what it started
            self.process.join()
            return self._ended(f"the worker died ({_end(self.process.exitcode)})")
        except Exception as unfit:  # what it sent is not what a worker sends
            return self._ended(f"the worker's answer cannot be read ({type(unfit).__name__})")
        if isinstance(said, str):
            self._begin(said)
            return None
        task, self.task = self.task, None
        value, fault, spent = said
        self.alive = not spent
        assert task is not None
        return Answer(task, value, fault)

    def looked_at(self, limits: Limits) -> Answer | Task | None:
        """Is it within its limits?  If not it is ended."""
        used = usage.of(self.process.pid)
        if used is None:  # it is gone: the pipe will say so
            return None
        self.idle = 0.0 if used.seconds > self.last or not used.asleep else self.idle + LOOK
        self.last = used.seconds
        self.began = used.seconds if self.began is None else self.began
        if used.seconds - self.began > limits.seconds:
            return self._ended(f"no answer within {limits.seconds:g} s {LATE}")
        if self.idle > limits.asleep:
            return self._ended(f"it slept for {limits.asleep:g} s")
        if used.memory > limits.memory:
            return self._ended(f"it took more than {limits.memory / 2**30:.3g} GiB of memory")
        return None

    def _begin(self, form: str | None) -> None:
        """The limits are counted anew."""
        self.form = form
        self.began = None
        self.last = self.idle = 0.0

    def _ended(self, why: str) -> Answer | Task:
        """The task to be taken up by another worker, which passes by the form that this one was at;
        or, where it was at none, the fault."""
        self.alive = False
        task, self.task = self.task, None
        assert task is not None
        if self.form is None or self.form in task.stops:
            return Answer(task, None, why)
        return replace(task, stops={**task.stops, self.form: why})

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.pipe.close()
        if self.process.exitcode is None:  # else its number may be another's by now
            usage.end(self.process.pid)
        self.process.join()
        self.process.close()


class _one_thread_each:
    """Set the thread variables while a child starts: it reads them before it imports anything."""

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
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
    engine, claims, broken = None, {}, None
    try:
        engine = importlib.import_module(machine)
        engine.start_worker()
        claims = engine.load(files)
    except BaseException as wrong:
        broken = f"the worker could not start: {type(wrong).__name__}: {wrong}"
    while True:
        try:
            task: Task = pipe.recv()
            threads = threading.active_count()
            value, fault = (None, broken) if broken else _done(engine, claims, task, pipe)
            spent = threading.active_count() > threads  # a body left a thread behind
            try:
                pipe.send((value, fault, spent))
            except OSError:
                raise
            except Exception as unfit:
                pipe.send((None, f"its answer cannot be sent: {unfit}", spent))
        except (EOFError, OSError):
            os._exit(0)  # without waiting for threads that a body left
        if spent:
            os._exit(0)


def _done(
    engine: Any, claims: dict[str, Any], task: Task, pipe: connection.Connection
) -> tuple[Any, str | None]:
    try:
        return TASKS[task.call](engine, claims, task, pipe.send), None
    except UserError as fault:
        return None, str(fault)
    except BaseException as fault:  # a body may raise anything, SystemExit too
        return None, engine.describe(fault)


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
    if seconds is not None:
        check.SECONDS = seconds
    forms = claims[task.name].forms
    return [
        (key, verdict, [SimpleNamespace(severity=f.severity, kind=f.kind, sentence=f.sentence)
                        for f in found if f.severity != check.SPOT])
        for key, verdict, found in check.recheck([row], forms, keys)
    ]  # fmt: skip


TASKS: dict[str, Callable[[Any, Any, Task, Any], Any]] = {
    "verify": _verify,
    "replay": _replay,
    "contest": _contest,
    "recheck": _recheck,
}
