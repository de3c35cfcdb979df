"""What runs in a worker: load the register once, then one task after another.

One at a time: claims may share what they compute with, and torch takes one core each.  What takes
too long ends the worker, of whom Dask starts another; one that takes too much memory is ended by
Dask.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import io
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fieldcheck.campaign.records import METHOD, Order, written
from fieldcheck.evidence.clock import CLOCKS
from fieldcheck.ledger import machine
from fieldcheck.ledger.errors import UserError
from fieldcheck.ledger.pool import READING, Limits

_one_at_a_time = threading.Lock()
_loaded: dict[tuple[str, ...], dict[str, Any]] = {}
_checked: set[tuple[str, str]] = set()

PACKAGES = ("numpy", "torch")
"""Packages whose version may change a float."""


def fingerprint(claim: Any, seed: int) -> str:
    """What a worker must share with whoever asks: all that a row of the claim depends on, the code
    of a task, and the packages that compute it."""
    from fieldcheck.evidence.fingerprint import code_digest

    own = code_digest(Path(__file__).with_name("look.py")).hex()
    versions = [importlib.metadata.version(name) for name in PACKAGES]
    said = [machine.claim_hash(claim, METHOD, seed), own, *versions]
    return hashlib.sha256("/".join(said).encode()).hexdigest()[:32]


def prepare(orders: Sequence[Order]) -> str:
    """Load what the orders need; the kind of processor, by which floats may round otherwise.

    Raises:
        UserError: this worker has other sources or packages than whoever asks.
    """
    with _one_at_a_time, within(READING.seconds):
        for order in orders:
            _form(order)
        return _rounding()


def task(order: Order, number: int, rounding: str) -> bytes:
    """One task, as the journal keeps it.

    Raises:
        UserError: as :func:`prepare`; or the body breaks.
    """
    from fieldcheck.campaign.look import look_at
    from fieldcheck.evidence.gather import BROKEN, blame
    from fieldcheck.evidence.statement import Statement

    within_limits = within(Limits().seconds)
    with _one_at_a_time, within_limits, contextlib.redirect_stdout(io.StringIO()):
        claim, form = _form(order)
        if _rounding() != rounding:
            raise UserError(
                f"a worker's processor ({_rounding()}) may round otherwise than the others' "
                f"({rounding}): set ATEN_CPU_CAPABILITY alike on all"
            )
        try:
            return written(look_at(claim, form, order.seed, number, order.per))
        except BROKEN as fault:
            raise UserError(f"{order.key}: {blame(Statement(form), fault)}") from None


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """The system ends this process where the block takes so much processor time, or sleeps.

    Dask calls from a thread, in which no signal could be answered: that is why none is.
    """
    for _, timer, share in CLOCKS:
        signal.setitimer(timer, seconds * share)
    try:
        yield
    finally:
        for _, timer, _ in CLOCKS:
            signal.setitimer(timer, 0)


def _form(order: Order) -> tuple[Any, Any]:
    """The claim and the form of an order, as this worker has them."""
    if order.files not in _loaded:
        with contextlib.redirect_stdout(io.StringIO()):
            machine.start_worker()
            _loaded.clear()  # loading forgets what other files had registered
            _loaded[order.files] = machine.load(order.files)
    claim = _loaded[order.files].get(order.key.partition("/")[0])
    form = None if claim is None else claim.forms.get(order.key)
    seen = (order.key, order.fingerprint)
    if form is None or (seen not in _checked and fingerprint(claim, order.seed) != seen[1]):
        raise UserError(
            f"a worker has other sources of {order.key} than this command, or another Python, "
            "torch or numpy: give both the same"
        )
    _checked.add(seen)
    return claim, form


def _rounding() -> str:
    import platform

    import torch

    return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
