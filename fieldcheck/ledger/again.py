"""A ledger looked at again: is it what a run of these sources would find?

Every certain row is rechecked by the second road.  What that leaves open is gathered anew, and so
are some claims of the rest, which nobody can foretell: their verdicts must come out the same.  A
ledger that was edited with care, its seals made anew, does not stand that.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from fieldcheck.ledger import pool, records
from fieldcheck.ledger.records import ClaimRow, FormRow, Ledger
from fieldcheck.verdict import REFUTED, REFUTES

CAMPAIGN = "campaign"
BRIEF = 0.5
"""Seconds for one proof where what is left open is gathered anew."""
DIFFERS = "does not come out again"

Finding = tuple[str, str, Sequence[Any]]
"""A form's key, its verdict, and what speaks against it."""


@dataclass(frozen=True)
class Request:
    """keys: claims or forms, or all.  anew: gather what stays open, and so many claims of the rest;
    None: gather nothing, and name what stays open."""

    ledger: Ledger
    keys: Sequence[str]
    files: Sequence[str]
    jobs: int
    anew: int | None = None


def look(request: Request, claims: dict[str, Any], machine: str, road: str) -> Iterator[Finding]:
    """What is found of every form, claim by claim; workers do it, within limits."""
    wanted = {key.partition("/")[0] for key in request.keys}
    rows = {
        name: row
        for name, row in request.ledger.rows.items()
        if name in claims and (not wanted or name in wanted)
    }
    brief = None if request.anew is None else BRIEF
    tasks = [
        pool.Task(name, "recheck", (road, records.plain(row), request.keys, brief))
        for name, row in rows.items()
    ]
    open_: set[str] = set()
    for answer in _worked(tasks, request, machine):
        name = answer.task.name
        if answer.fault:
            why = SimpleNamespace(severity="not rechecked", kind="record", sentence=answer.fault)
            found = [(name, rows[name].verdict, [why])]
        else:
            found = answer.value
        for key, verdict, said in found:
            left = [f for f in said if request.anew is None or f.severity != "not rechecked"]
            if len(left) < len(said):
                open_.add(name)
            yield key, verdict, left
    if request.anew is not None:
        rest = sorted(set(rows) - open_)
        some = random.SystemRandom().sample(rest, min(request.anew, len(rest)))
        yield from _anew({name: rows[name] for name in rows if name in open_ | {*some}}, request,
                         machine)  # fmt: skip


def _worked(tasks: list[pool.Task], request: Request, machine: str) -> Iterator[pool.Answer]:
    limits = pool.OF_PROFILE.get(request.ledger.run.profile, pool.Limits())
    yield from pool.work(
        tasks, machine=machine, files=request.files, jobs=request.jobs, limits=limits
    )


def _anew(rows: dict[str, ClaimRow], request: Request, machine: str) -> Iterator[Finding]:
    """The rows whose evidence, gathered anew, is another."""
    run = request.ledger.run
    tasks = [pool.Task(name, "verify", (run.profile, run.seed)) for name in rows]
    for answer in _worked(tasks, request, machine):
        row = rows[answer.task.name]
        if answer.fault:
            yield _other(row.main, answer.fault)
            continue
        made = {form.key: form for form in answer.value[0].forms}
        for form in row.forms:
            if why := _difference(form, made.get(form.key)):
                yield _other(form, f"gathered anew, {why}")


SAID = ("verdict", "grade", "scope", "parts", "met", "outcome", "visited")
"""What must come out the same.  Points, primes and so witnesses are drawn afresh, and a witness is
a rational or a ball as it was drawn: a refutation's grade is not held."""

SEEDED = ("sampled", "search", "ladder", "rate", "law")
"""Methods that go where the run's seed says; the others draw primes afresh, and whether one has a
root for all that is needed decides how far it comes, and who is asked besides."""

COUNTED = ("cases", "shapes", "digits", "cells")
ROOM = 2
"""How many times more may be told of than is tried anew: floats, which differ between machines,
steer a search."""
DECADES = 1.0
"""So for the smallest fault seen."""


def _difference(form: FormRow, made: FormRow | None) -> str:
    if made is None:
        return "it is absent"
    if made.verdict != form.verdict and _by_campaign(form):
        return ""  # a longer search found it; its witness has been looked at by the second road
    if made.verdict != form.verdict:
        return f"it is {made.verdict}" + (f": {made.because}" if made.because else "")
    same = [name for name in SAID if name != "grade" or form.verdict != REFUTED]
    names = [name for name in same if getattr(made, name) != getattr(form, name)]
    names += [] if _by_campaign(form) else _more_than(form, made)
    return f"it has another {' and '.join(names)}" if names else ""


def _more_than(form: FormRow, made: FormRow) -> list[str]:
    """What a row tells of the search, and of the point that it found, beyond what is found anew."""
    anew = {e.method: e for e in made.evidence}
    known = [e for e in form.evidence if e.method in SEEDED]
    both = [(e, anew[e.method]) for e in known if e.method in anew]
    names = [
        f"{name} ({e.method})"
        for e, a in both
        for name in COUNTED
        if (getattr(e, name) or 0) > ROOM * (getattr(a, name) or 0)
    ]
    names += [f"strata ({e.method})" for e, a in both if not e.strata.keys() <= a.strata.keys()]
    names += ["smallest fault seen"] if _decades(form) < _decades(made) - DECADES else []
    a, b = form.witness, made.witness
    alike = a is not None and b is not None and (a.raw, a.sizes) == (b.raw, b.sizes)
    return [*names, *(["witness"] if alike and a != b else [])]


def _decades(form: FormRow) -> float:
    said = form.threshold.log10 if form.threshold else None
    return math.inf if said is None else -math.inf if said == "any" else float(said)


def _by_campaign(form: FormRow) -> bool:
    return any(e.method == CAMPAIGN and e.outcome == REFUTES for e in form.evidence)


def _other(form: Any, why: str) -> Finding:
    return form.key, form.verdict, [SimpleNamespace(severity=DIFFERS, kind="row", sentence=why)]
