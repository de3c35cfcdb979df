"""A ledger looked at again: is it what a run of these sources would find?

Every certain row is rechecked by the second road.  What that leaves open is gathered anew, and so
is what stands or fails by numbers alone, and some claims of the rest, which nobody can foretell:
their verdicts must come out the same.  A ledger that was edited with care, its seals made anew,
does not stand that.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from fieldcheck.ledger import pool, records
from fieldcheck.ledger.records import ClaimRow, Evidence, FormRow, Ledger, Witness, Worst
from fieldcheck.verdict import FAILS, REFUTED, REFUTES, SILENT, STANDS, Why

CAMPAIGN = "campaign"
BRIEF = 0.5
"""Seconds for one proof where what is left open is gathered anew."""
DIFFERS = "does not come out again"
NUMERICAL = (STANDS, FAILS)
"""Verdicts of which the second road has nothing to look at."""

Finding = tuple[str, str, Sequence[Any]]
"""A form's key, its verdict, and what speaks against it."""


@dataclass(frozen=True)
class Request:
    """keys: claims or forms, or all.  anew: gather what stays open, or stands or fails by numbers
    alone, and so many claims of the rest; None: gather nothing, and name what stays open."""

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
    open_ = {name for name, row in rows.items() if any(f.verdict in NUMERICAL for f in row.forms)}
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
    """The rows whose evidence, gathered anew, is another, each time that it is."""
    found: dict[str, list[Finding]] = {}
    for _ in range(DRAWS):
        found = dict(_gathered(rows, request, machine))
        rows = {name: rows[name] for name, said in found.items() if said}
        if not rows:
            break
    for said in found.values():
        yield from said


DRAWS = 3
"""How often primes are drawn before a row is said to differ: one may have a root that another has
not, and then another method is asked."""


def _gathered(
    rows: dict[str, ClaimRow], request: Request, machine: str
) -> Iterator[tuple[str, list[Finding]]]:
    """What is found of each claim's row by gathering it once."""
    run = request.ledger.run
    tasks = [pool.Task(name, "verify", (run.profile, run.seed)) for name in rows]
    for answer in _worked(tasks, request, machine):
        name = answer.task.name
        if answer.fault:
            yield name, [_other(rows[name].main, answer.fault)]
            continue
        forms = answer.value[0].forms
        made = {form.key: form for form in forms}
        said = [(form, _difference(form, made.get(form.key), forms)) for form in rows[name].forms]
        yield name, [_other(form, f"gathered anew, {why}") for form, why in said if why]


SAID = ("verdict", "grade", "scope", "parts", "met", "outcome", "visited")
"""What must come out the same.  Points, primes and so witnesses are drawn afresh, and a witness is
a rational or a ball as it was drawn: a refutation's grade is not held."""

SEEDED = ("sampled", "search", "ladder", "rate", "law")
"""Methods that go where the run's seed says; the others draw primes afresh, and whether one has a
root for all that is needed decides how far it comes, and who is asked besides."""

TOLD = ("why", "detail", "order", "box", "error", "agrees", "vacuous", "shapes", "digits", "cells")
"""What a method that comes to its outcome again tells again, word for word."""

FOUND_AGAIN = ("Rate", "Law", "Solutions")
"""Relations whose counterexamples the seed, or nothing, leads to; those of others are drawn afresh,
and each is held against its own point (:func:`.pool._recheck`)."""

ROOM = 2
"""How many times more may be told of than is tried anew: floats, which differ between machines,
steer a search."""
DECADES = 1.0
"""So for the smallest fault seen, and for the worst case."""
NEAR = 0.05
"""So for a number within a sentence, relatively."""


def _difference(form: FormRow, made: FormRow | None, beside: Sequence[FormRow] = ()) -> str:
    """Why a form's row is not what was gathered anew, ``beside`` the other forms' rows."""
    if made is None:
        return "it is absent"
    if made.verdict != form.verdict and _by_campaign(form):
        return ""  # a longer search found it; its witness has been looked at by the second road
    if made.verdict != form.verdict:
        return f"it is {made.verdict}" + (f": {made.because}" if made.because else "")
    same = [name for name in SAID if name != "grade" or form.verdict != REFUTED]
    names = [name for name in same if getattr(made, name) != getattr(form, name)]
    names += [] if _by_campaign(form) else _more_than(form, made, [made, *beside])
    return f"it has another {' and '.join(names)}" if names else ""


def _more_than(form: FormRow, made: FormRow, all_made: Sequence[FormRow]) -> list[str]:
    """What a row tells of its evidence, and of the point that it found, beyond what is found
    anew."""
    names = [] if _alike(form.because, made.because) else ["because"]
    names += ["chance of error"] if _surer(form, made) else []
    anew = {e.method: e for e in made.evidence}
    texts = {e.detail for each in all_made for e in each.evidence} | {"", *map(str, Why)}
    for e in form.evidence:
        a = anew.get(e.method)
        if a is not None and a.outcome == e.outcome:
            names += [f"{name} ({e.method})" for name in _told_otherwise(e, a)]
        elif e.method != CAMPAIGN:  # another prime, another way: it tells nothing of its own
            names += [f"{name} ({e.method})" for name in _of_its_own(e, made, texts)]
    names += ["smallest fault seen"] if _decades(form) < _decades(made) - DECADES else []
    return [*names, *(["witness"] if _another(form.witness, made.witness) else [])]


def _told_otherwise(e: Evidence, a: Evidence) -> Iterator[str]:
    """What a method tells otherwise than it does anew."""
    for name in TOLD:
        said, found = getattr(e, name), getattr(a, name)
        floats = e.method in SEEDED and (said is None or isinstance(said, str))
        if said != found and not (floats and _alike(said, found)):
            yield name
    lucky = e.method not in SEEDED and e.outcome == REFUTES  # points until one refutes
    if not lucky and e.cases > ROOM * a.cases:
        yield "cases"
    if not e.strata.keys() <= a.strata.keys() or any(
        n > ROOM * a.strata[k] for k, n in e.strata.items() if not lucky
    ):
        yield "strata"
    if _surer(e, a):
        yield "chance of error"
    if not _as_bad(e.worst, a.worst):
        yield "worst case"


def _of_its_own(e: Evidence, made: FormRow, texts: set[str]) -> Iterator[str]:
    """What a method that comes to another outcome anew, or is not asked, tells that nobody else
    does.  Where it is silent nobody reads it: another has spoken."""
    if e.outcome == SILENT:
        return
    if e.detail not in texts or e.order or e.box or (e.worst and e.worst.log10):
        yield "detail"
    most = max((max(a.cases, a.cells or 0) for a in made.evidence), default=0)
    if max(e.cases, e.shapes, e.cells or 0) > MANY * max(most, 1):
        yield "cases"


MANY = 100
"""How many times more cases one method may need than another."""


def _alike(said: str | None, found: str | None) -> bool:
    """Is it the same sentence, its numbers nearly so?"""
    if said is None or found is None:
        return said == found
    words, numbers = NUMBER.split(said), NUMBER.findall(said)
    return words == NUMBER.split(found) and all(
        x == y or math.isclose(float(x), float(y), rel_tol=NEAR)
        for x, y in zip(numbers, NUMBER.findall(found), strict=True)
    )


NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _surer(form: FormRow | Evidence, made: FormRow | Evidence) -> bool:
    """Does it claim a smaller chance of error, by more than another prime could give?"""
    bits, found = (-float(f.log2_bound or 0) for f in (form, made))
    return bits > 1.25 * found + 8


def _as_bad(said: Worst | None, found: Worst | None) -> bool:
    """Is it the same worst case, its size nearly so?"""
    if said is None or found is None or said.log10 is None or found.log10 is None:
        return said == found
    one, other = float(said.log10), float(found.log10)
    return said.what == found.what and (one == other or abs(one - other) <= DECADES)


def _another(said: Witness | None, found: Witness | None) -> bool:
    if said is None or found is None or said == found:
        return False
    seeded = said.relation in FOUND_AGAIN and said.relation == found.relation
    return seeded or (said.raw, said.sizes) == (found.raw, found.sizes)


def _decades(form: FormRow) -> float:
    said = form.threshold.log10 if form.threshold else None
    return math.inf if said is None else -math.inf if said == "any" else float(said)


def _by_campaign(form: FormRow) -> bool:
    return any(e.method == CAMPAIGN and e.outcome == REFUTES for e in form.evidence)


def _other(form: Any, why: str) -> Finding:
    return form.key, form.verdict, [SimpleNamespace(severity=DIFFERS, kind="row", sentence=why)]
