"""Tasks on a Dask cluster: handed out a few at a time, and again where they are lost.

Dask gives the tasks of a worker that dies to another; a connection that breaks is made anew.  What
came back is the caller's, and what did not is asked for again.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import queue
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from typing import Any

from fieldcheck.campaign import worker
from fieldcheck.campaign.records import Order
from fieldcheck.ledger.errors import UserError
from fieldcheck.ledger.pool import no_interrupts

ANSWER = 10.0
"""Seconds within which a scheduler answers, and has a worker."""

PATIENCE = 60.0
"""Seconds for which a scheduler that is gone is waited for, and the start of one here."""

CLOSING = 5.0
"""Seconds for which a cluster that is not needed any more is waited for."""

TRIES = 3
"""Times that a task may end the workers that it is given to (each time several of them)."""

EMPTY = 200
"""Empty tasks by which the engine is measured."""

AHEAD = 4
"""Tasks a worker that are handed out and not yet done."""

Task = tuple[Order, int]


class Cluster:
    """A local cluster of ``jobs`` processes, or the scheduler at ``address``.

    Use it as a context manager.

    Raises:
        UserError: Dask is absent, nothing answers, there is no worker, or a worker has other
            sources or versions.
    """

    def __init__(self, orders: Sequence[Order], jobs: int, address: str | None = None) -> None:
        self.orders, self.jobs, self.address = list(orders), jobs, address
        self.dask = _dask()
        self.client: Any = None
        self.rounding = ""
        self.slots = jobs
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Cluster:
        try:
            self._connect(PATIENCE if self.address is None else ANSWER)
            self._agree()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with _quiet():
            if self.client is not None:
                with contextlib.suppress(Exception):
                    self.client.close(timeout=CLOSING)
            self._open.close()

    # -- connecting --------------------------------------------------------------------------------
    def _connect(self, patience: float) -> None:
        with _quiet():
            if self.address is None:
                self._open_here()
            self.client = self._client(self.address, patience)
        try:
            self.client.wait_for_workers(1, timeout=patience)
        except self.dask.TimeoutError:
            raise UserError(f"the scheduler at {self.address} has no worker") from None

    def _open_here(self) -> None:
        resource_tracker.ensure_running()  # else the first worker starts it, and hears Ctrl-C again
        with no_interrupts():  # the thread that starts workers is deaf to it, and so are they
            # In dask's own folder of temporary files it removes what killed workers left there.
            here = self.dask.LocalCluster(
                n_workers=self.jobs,
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
        self._open.callback(_closed, here)
        self.address = here.scheduler_address

    def _client(self, address: str | None, patience: float) -> Any:
        until = time.monotonic() + patience
        while True:
            try:
                return self.dask.Client(address, timeout=ANSWER, set_as_default=False)
            except (OSError, self.dask.TimeoutError):
                if time.monotonic() > until:
                    raise UserError(f"nothing answers at {address}") from None
                time.sleep(0.5)
            except (ValueError, TypeError, RuntimeError) as fault:
                said = str(fault).partition("\n")[0]
                raise UserError(f"no Dask scheduler at {address}: {said}") from None

    def _agree(self) -> None:
        """All have the same versions, and round alike."""
        theirs = self.client.get_versions()["scheduler"]["packages"]["distributed"]
        if theirs != self.dask.__version__:
            raise UserError(
                f"the scheduler at {self.address} runs distributed {theirs}, this command "
                f"{self.dask.__version__}: give both the same"
            )
        found = self.client.run(worker.prepare, self.orders, on_error="return")
        for address, said in found.items():
            if isinstance(said, Exception):
                raise UserError(_sentence(said, f"the worker at {address}"))
        kinds = sorted(set(found.values()))
        if len(kinds) > 1:
            raise UserError(
                f"the workers' processors may round differently ({', '.join(kinds)}): set "
                "ATEN_CPU_CAPABILITY alike on all"
            )
        self.rounding = kinds[0]
        self.slots = len(found)

    # -- working -----------------------------------------------------------------------------------
    def each(self, tasks: Iterator[Task], heard: Callable[[], None]) -> Iterator[bytes]:
        """What the tasks return, in the order in which they end; ``heard`` is called often."""
        waiting: dict[Any, Task] = {}
        again: deque[Task] = deque()
        tries: Counter[Task] = Counter()
        done: queue.SimpleQueue = queue.SimpleQueue()
        while True:
            while len(waiting) < AHEAD * self.slots:
                task = again.popleft() if again else next(tasks, None)
                if task is None:
                    break
                future = self.client.submit(worker.task, *task, self.rounding, pure=False)
                waiting[future] = task
                future.add_done_callback(done.put)
            if not waiting:
                return
            heard()
            try:
                future = done.get(timeout=0.5)
            except queue.Empty:
                again += self._lost(waiting)
                continue
            if future not in waiting:
                continue
            task = waiting.pop(future)
            if future.status == "finished":
                yield future.result()
            elif future.status == "error":
                again.append(self._once_more(task, future.exception(), tries))
            else:
                again.append(task)

    def price(self) -> float:
        """Seconds of this process's processor for an empty task."""
        begun = time.process_time()
        self.client.gather([self.client.submit(int, k, pure=False) for k in range(EMPTY)])
        return (time.process_time() - begun) / EMPTY

    def _lost(self, waiting: dict[Any, Task]) -> list[Task]:
        """The tasks that are lost with the scheduler, if it is gone and another has come."""
        if self.client.status == "running":
            return []
        lost = list(waiting.values())
        waiting.clear()
        with _quiet(), contextlib.suppress(Exception):
            self.client.close(timeout=CLOSING)
        try:
            self._connect(PATIENCE)
            self._agree()
        except UserError as fault:
            raise UserError(
                f"the scheduler is gone ({fault}); what was finished is kept, and the same command "
                "goes on from there"
            ) from None
        return lost

    def _once_more(self, task: Task, fault: Exception, tries: Counter[Task]) -> Task:
        """The task, if it may be tried again."""
        tries[task] += 1
        if not isinstance(fault, self.dask.KilledWorker):
            raise UserError(_sentence(fault, f"task {task[1]} of {task[0].key}"))
        if tries[task] >= TRIES:
            raise UserError(
                f"task {task[1]} of {task[0].key} ends each worker that takes it up (memory? time?)"
            )
        return task


def _sentence(fault: Exception, who: str) -> str:
    if isinstance(fault, UserError):
        return f"{who}: {fault}"
    said = str(fault).partition("\n")[0]
    return f"{who} cannot do this: {type(fault).__name__}: {said}"


def _closed(here: Any) -> None:
    """End the cluster here.  Where it takes long, on a busy machine, its workers end with this
    process: what they did is kept already."""
    with contextlib.suppress(Exception):
        here.close(timeout=CLOSING)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Dask says much of what ends as a sentence here."""
    log = logging.getLogger("distributed")
    log.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _dask() -> Any:
    """The module ``distributed``."""
    try:
        dask, distributed = map(importlib.import_module, ("dask", "distributed"))
    except ImportError as fault:
        raise UserError(
            f"a campaign needs Dask ({fault.name} is absent): pip install 'fieldcheck[campaign]'"
        ) from None
    dask.config.set({"distributed.comm.timeouts.connect": f"{ANSWER:g}s"})
    return distributed
