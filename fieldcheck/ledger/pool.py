"""Worker processes that each verify one claim after another.

The parent never imports torch: it hands out claim ids over a pipe and gets rows back. A worker
that dies (out of memory, a crash in compiled code) costs the claim it was at, not the run; another
worker takes its place.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Done:
    """One claim's outcome: a row with its seconds, or the sentence that says why there is none."""

    claim_id: str
    row: Any  # as the machine makes it, or None
    seconds: dict[str, str]
    fault: str | None = None


def verify_all(
    claim_ids: Sequence[str],
    *,
    machine: str,
    files: Sequence[str],
    profile: str,
    seed: int,
    jobs: int,
    on_start: Callable[[str], None] = lambda claim_id: None,
) -> Iterator[Done]:
    """Verify claims in ``jobs`` processes; yield each as it is done, in no fixed order.

    Closing the generator, or an exception in the caller's loop (Ctrl-C too), ends the workers.

    Args:
        claim_ids: what to verify, the longest first if that is known.
        machine: dotted name of the module that loads and verifies (:mod:`.machine`).
        files: claims files instead of the register, or nothing.
        profile, seed, jobs: of the run.
        on_start: called with the id when a worker takes a claim.
    """
    queue = deque(claim_ids)
    job = (machine, tuple(files), profile, seed)
    workers: list[_Worker] = []
    try:
        for _ in range(min(jobs, len(queue))):
            workers.append(_Worker(job))
        while queue or any(worker.claim_id for worker in workers):
            for worker in workers:
                if queue and worker.claim_id is None:
                    on_start(worker.take(queue.popleft()))
            busy = [worker for worker in workers if worker.claim_id]
            ready = connection.wait([worker.pipe for worker in busy])
            for worker in busy:
                if worker.pipe not in ready:
                    continue
                done = worker.result()
                if not worker.alive:
                    worker.stop()
                    workers.remove(worker)
                    if queue:
                        workers.append(_Worker(job))
                yield done
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """A process and this end of its pipe."""

    def __init__(self, job: tuple[str, tuple[str, ...], str, int]) -> None:
        # spawn, not fork: the parent may be a threaded program (pytest, a notebook).
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, *job), daemon=True)
        with _one_thread_each():
            self.process.start()
        theirs.close()
        self.claim_id: str | None = None
        self.alive = True

    def take(self, claim_id: str) -> str:
        self.claim_id = claim_id
        try:
            self.pipe.send(claim_id)
        except OSError:  # it died before its first claim: result() finds that out
            self.alive = False
        return claim_id

    def result(self) -> Done:
        claim_id, self.claim_id = self.claim_id or "?", None
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            self.alive = False
            self.process.join(5)
            return Done(claim_id, None, {}, f"the worker died ({_end(self.process.exitcode)})")

    def stop(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join(2)
        if self.process.is_alive():
            self.process.kill()
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


def _end(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


def _work(
    pipe: connection.Connection, machine: str, files: tuple[str, ...], profile: str, seed: int
) -> None:
    """The worker's life: take an id, send back what was found, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    engine: Any = None
    broken: str | None = None
    try:
        engine = importlib.import_module(machine)
        engine.start_worker()
        engine.load(files)
    except Exception as fault:
        broken = f"the worker could not start: {type(fault).__name__}: {fault}"
    while True:
        try:
            claim_id = pipe.recv()
        except (EOFError, OSError):
            return
        if broken:
            pipe.send(Done(claim_id, None, {}, broken))
            continue
        try:
            row, seconds = engine.verify(claim_id, profile, seed)
            done = Done(claim_id, row, seconds)
        except Exception as fault:
            done = Done(claim_id, None, {}, engine.describe(fault))
        try:
            pipe.send(done)
        except (EOFError, OSError):
            return
