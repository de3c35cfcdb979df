"""A campaign: which forms, which tasks are left, and the totals."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fieldcheck.campaign import worker
from fieldcheck.campaign.cluster import Cluster
from fieldcheck.campaign.journal import Journal
from fieldcheck.campaign.records import (
    PER,
    Found,
    Order,
    Total,
    fold,
    head_of,
    tasks_of,
)
from fieldcheck.ledger.errors import LedgerError, UserError, unknown
from fieldcheck.ledger.records import FormRow, Ledger
from fieldcheck.verdict import HOLDING, STANDS


class Progress(Protocol):
    """What a campaign tells whoever watches it."""

    def planned(self, done: int, cases: int) -> None: ...
    def working(self, done: int) -> None: ...


class Workers(Protocol):
    """Whoever does the tasks."""

    rounding: str
    slots: int

    def each(
        self, tasks: Iterator[tuple[Order, int]], heard: Callable[[], None]
    ) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Request:
    """cases: of each form, in whole tasks of ``per``.  address: of a scheduler; None: a cluster of
    ``jobs`` processes here."""

    cases: int
    journal: Path
    seed: int = 0
    jobs: int = 1
    address: str | None = None
    per: int = PER


@dataclass
class Measured:
    """What this session did, on so many slots.

    wall, busy: seconds of the clock, of the whole and within tasks
    cpu:        seconds of the processors within tasks
    engine:     seconds of this process's processor to hand out an empty task and to get it back
                (it is the scheduler, too, if the cluster is here)
    """

    tasks: int = 0
    cases: int = 0
    slots: int = 0
    wall: float = 0.0
    busy: float = 0.0
    cpu: float = 0.0
    engine: float = 0.0
    machine: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """With the rate of a core and what the engine takes for each task."""
        if not self.tasks:
            return {"tasks": 0}
        return {
            "tasks": self.tasks,
            "cases": self.cases,
            "slots": self.slots,
            "wall_seconds": round(self.wall, 3),
            "busy_seconds": round(self.busy, 3),
            "cpu_seconds": round(self.cpu, 3),
            "cases_per_core_second": round(self.cases / self.cpu, 1) if self.cpu else None,
            "engine_cpu_seconds_per_task": round(self.engine, 6) or None,
            "machine": self.machine,
        }


# -- which forms -----------------------------------------------------------------------------------
def chosen(
    claims: Mapping[str, Any], ledger: Ledger, keys: Sequence[str], stale: Callable[[Any], bool]
) -> list[str]:
    """The keys of the forms to try: those named; of a claim, or of all, those that stand.

    Raises:
        UserError: a form is unknown, has no row or an old one, is refuted, or has no two sides that
            could be compared at a point.
    """
    found: list[str] = []
    for name in keys or list(claims):
        claim_id, slash, _ = name.partition("/")
        if claim_id not in claims:
            raise unknown("claim", claim_id, claims)
        claim, row = claims[claim_id], ledger.rows.get(claim_id)
        if slash and name not in claim.forms:
            raise unknown("form", name, claim.forms)
        if row is None or stale(claim):
            if not keys:
                continue
            raise LedgerError(
                f"the ledger has no row of {claim_id} as it is now: run `fieldcheck verify "
                f"{claim_id}` first"
            )
        forms = {form.key: form for form in row.forms}
        if slash:
            found.append(_fit(forms[name], claim.forms[name]))
            continue
        own = [
            key
            for key, form in forms.items()
            if form.verdict == STANDS and at_points(form, claim.forms[key])
        ]
        if keys and not own:
            raise UserError(
                f"no form of {claim_id} stands on points that were tried: name one of "
                f"{', '.join(forms)}"
            )
        found += own
    if not found:
        raise UserError("nothing stands on points that were tried: name a form")
    return list(dict.fromkeys(found))


def _fit(form: FormRow, registered: Any) -> str:
    if form.verdict not in HOLDING:
        raise UserError(f"{form.key} is {form.verdict}: a campaign tries what holds")
    if not at_points(form, registered):
        kinds = " and ".join(dict.fromkeys(form.parts))
        raise UserError(f"{form.key} ({kinds}) does not compare two sides at a point")
    return form.key


def at_points(form: FormRow, registered: Any) -> bool:
    """Has a form inputs, and two sides that floats have compared?"""
    compared = any(e.method == "sampled" and e.cases for e in form.evidence)
    return compared and bool(registered.given)


def orders_of(
    claims: Mapping[str, Any], keys: Sequence[str], files: Sequence[str], seed: int, per: int
) -> dict[str, Order]:
    """What workers need of each form."""
    named = tuple(str(Path(name).resolve()) if name.endswith(".py") else name for name in files)
    prints = {k: worker.fingerprint(claims[k.partition("/")[0]], seed) for k in keys}
    return {k: Order(key=k, files=named, seed=seed, per=per, fingerprint=prints[k]) for k in keys}


# -- the run ---------------------------------------------------------------------------------------
def run(
    request: Request, orders: Mapping[str, Order], progress: Progress
) -> tuple[dict[str, Total], Measured, Journal]:
    """The totals by form, what this session measured, and the journal, which is closed and kept.

    Raises:
        UserError: bad input, or the cluster is lost; KeyboardInterrupt, also for SIGTERM.  What was
            finished is in the journal then.
    """
    with _ended_politely(), Cluster(list(orders.values()), request.jobs, request.address) as here:
        totals, measured, journal = kept(request, orders, here, progress)
        if measured.tasks:
            with contextlib.suppress(Exception):  # the totals do not hang on it
                measured.engine = here.price()
    return totals, measured, journal


def kept(
    request: Request, orders: Mapping[str, Order], here: Workers, progress: Progress
) -> tuple[dict[str, Total], Measured, Journal]:
    """The same with whoever works: a task that is in the journal is not done again."""
    with Journal(request.journal, head_of(orders, here.rounding)) as journal:
        measured = _work(request, orders, journal, here, progress)
    count = tasks_of(request.cases, request.per)
    totals = {}
    for key in orders:
        own = [one for (form, k), one in journal.found.items() if form == key and k < count]
        totals[key] = fold(key, own)
    return totals, measured, journal


def _work(
    request: Request,
    orders: Mapping[str, Order],
    journal: Journal,
    here: Workers,
    progress: Progress,
) -> Measured:
    count = tasks_of(request.cases, request.per)
    last = dict.fromkeys(orders, count)  # tasks of a form from this number on are not needed
    for one in journal.found.values():
        _refuted(last, one)
    left = lambda: (
        (orders[key], k)
        for k in range(count)
        for key in orders
        if k < last[key] and (key, k) not in journal.found
    )
    held = sum(key in last and k < last[key] for key, k in journal.found)
    progress.planned(held * request.per, sum(last.values()) * request.per)
    measured = Measured(slots=here.slots)
    begun = time.perf_counter()
    for line in here.each(left(), lambda: progress.working((held + measured.tasks) * request.per)):
        one = journal.append(line)
        _refuted(last, one)
        measured.tasks += 1
        measured.cases += one.cases + one.undefined
        measured.busy += float(one.busy)
        measured.cpu += float(one.cpu)
    measured.wall = time.perf_counter() - begun
    measured.machine = _machine()
    return measured


def _refuted(last: dict[str, int], one: Found) -> None:
    if one.refutation is not None and one.form in last:
        last[one.form] = min(last[one.form], one.task + 1)


def alone(orders: Mapping[str, Order], cases: int) -> dict[str, Total]:
    """The same totals, task by task in this process: what a campaign must come to."""
    from fieldcheck.campaign import journal

    kind = worker.prepare(list(orders.values()))
    totals = {}
    for key, order in orders.items():
        numbers = range(tasks_of(cases, order.per))
        totals[key] = fold(key, (journal.read(worker.task(order, k, kind)) for k in numbers))
    return totals


@contextlib.contextmanager
def _ended_politely() -> Iterator[None]:
    """SIGTERM ends a campaign as Ctrl-C does: its workers with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _machine() -> dict[str, Any]:
    """What the rates were measured on."""
    import importlib.metadata

    names = ("numpy", "torch", "distributed")
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in names},
    }
