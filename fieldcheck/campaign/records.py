"""What is asked of a task, what it found, and the fold of all that was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fieldcheck.ledger.errors import UserError
from fieldcheck.ledger.records import Count, Numbers, Record, Seconds, Text, Witness

METHOD = "campaign"
PER = 250_000
"""Cases of a task: a cheap claim takes a fraction of a second for them."""

MOST = 10**15
"""Cases of a form that may be asked for."""


class Order(msgspec.Struct, kw_only=True, frozen=True):
    """What a worker needs: a form, where its claim is registered, and what both sides must agree on
    (see :func:`fieldcheck.campaign.worker.fingerprint`)."""

    key: str
    files: tuple[str, ...]
    seed: int
    per: int
    fingerprint: str


class Worst(Record):
    """The largest float residual of a part: its exact value, and its point as the ledger has it."""

    value: str
    at: dict[str, Numbers]

    @property
    def size(self) -> float:
        return float.fromhex(self.value)


class Refutation(Record):
    """A certified point; ``invalid`` says why it does not count against a neighbour, if so."""

    witness: Witness
    invalid: str | None


class Found(Record):
    """What one task saw.

    cases:      points at which every part has a value; strata: the same, by stratum
    undefined:  points at which some part has none
    suspects:   points at which floats call a part false
    steady:     those at which that does not move when every operation is slightly wrong
    looked:     points that rationals or balls looked at; undecided: those they left open
    worst:      of each pointwise part, the points at the ends of the range of floats left aside
    busy, cpu:  seconds, of the clock and of the processor
    """

    form: Text
    task: Count
    cases: Count
    undefined: Count
    suspects: Count
    steady: Count
    looked: Count
    undecided: Count
    strata: dict[str, Count]
    worst: tuple[Worst | None, ...]
    refutation: Refutation | None
    busy: Seconds
    cpu: Seconds


class Total(Record):
    """The fold of the tasks of one form, up to the first that refutes it."""

    form: str
    tasks: int = 0
    cases: int = 0
    undefined: int = 0
    suspects: int = 0
    steady: int = 0
    looked: int = 0
    undecided: int = 0
    strata: dict[str, int] = msgspec.field(default_factory=dict)
    worst: tuple[Worst | None, ...] = ()
    refutation: Refutation | None = None


SUMMED = ("cases", "undefined", "suspects", "steady", "looked", "undecided")


def fold(form: str, found: Iterable[Found]) -> Total:
    """The total of some tasks, in whatever order they came."""
    total = Total(form=form)
    for one in sorted(found, key=lambda f: f.task):
        total = _added(total, one)
        if one.refutation is not None:
            break
    return total


def _added(total: Total, one: Found) -> Total:
    sums = {name: getattr(total, name) + getattr(one, name) for name in SUMMED}
    names = dict.fromkeys([*total.strata, *one.strata])
    strata = {name: total.strata.get(name, 0) + one.strata.get(name, 0) for name in names}
    before = total.worst or (None,) * len(one.worst)
    worst = tuple(_larger(a, b) for a, b in zip(before, one.worst, strict=True))
    return Total(
        form=total.form,
        tasks=total.tasks + 1,
        strata=strata,
        worst=worst,
        refutation=one.refutation,
        **sums,
    )


def _larger(a: Worst | None, b: Worst | None) -> Worst | None:
    """The larger of two; of equal ones the earlier."""
    if a is None or b is None:
        return a or b
    return b if b.size > a.size else a


def tasks_of(cases: int, per: int) -> int:
    """How many tasks so many cases take."""
    return -(-cases // per)


def number_of_cases(text: str) -> int:
    """``1e8`` as a whole number.

    Raises:
        UserError: it is none, or not between 1 and 10^15.
    """
    try:
        number = float(text.replace("_", ""))
        cases = int(number)
    except (ValueError, OverflowError):
        raise UserError(f"--cases {text!r} is no number: write 1e8 or 100000000") from None
    if cases != number or not 1 <= cases <= MOST:
        raise UserError(f"--cases {text} must be a whole number from 1 to 1e15")
    return cases


class Head(Record):
    """The first line of a journal: which campaign it is of.

    forms:    the fingerprint of each form
    rounding: the kind of processor, which may round otherwise than another
    """

    schema: str
    seed: Count
    per: Count
    forms: dict[str, str]
    rounding: str


SCHEMA = "fieldcheck-campaign/1"


def written(record: Any) -> bytes:
    """A record as JSON on one line."""
    return msgspec.json.encode(record)


def head_of(orders: Mapping[str, Order], rounding: str) -> Head:
    """The head of a campaign's journal."""
    some = next(iter(orders.values()))
    forms = {key: order.fingerprint for key, order in orders.items()}
    return Head(schema=SCHEMA, seed=some.seed, per=some.per, forms=forms, rounding=rounding)


def plain(head: Head, totals: Mapping[str, Total], measured: Any) -> dict[str, Any]:
    """A campaign as the dicts, lists and strings of its JSON; ``totals`` depend on nothing but the
    head and the number of cases."""
    return {
        "campaign": msgspec.to_builtins(head),
        "totals": {key: msgspec.to_builtins(total) for key, total in totals.items()},
        "measured": measured.as_dict(),
    }
