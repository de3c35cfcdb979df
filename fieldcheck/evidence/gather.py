"""Gathering: every method that applies looks at a statement, up to a certified refutation."""

from __future__ import annotations

import ast
import inspect
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.claim import Form
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.memory import glimpse, reachable
from fieldcheck.evidence.methods import (
    cells,
    enclose,
    exact,
    ladder,
    law,
    rank,
    rate,
    sample,
    search,
    series,
    solutions,
)
from fieldcheck.evidence.points import nowhere
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.watching import left_to_chance
from fieldcheck.relations import Relation
from fieldcheck.verdict import CONFIRMS, REFUTES, Evidence, Report, Scope, Verdict, Why

Method = Callable[[Statement, Profile, int], Evidence]

METHODS: tuple[tuple[str, Method], ...] = (
    ("exact", exact.run),
    ("cells", cells.run),
    ("rank", rank.run),
    ("solutions", solutions.run),
    ("ladder", ladder.run),
    ("series", series.run),
    ("rate", rate.run),
    ("law", law.run),
    ("sampled", sample.run),
    ("search", search.run),
    ("enclosed", enclose.run),
)
"""Cheap ones first: a certified refutation ends the run."""

BROKEN = (Exception, SystemExit, GeneratorExit)
"""What a body may raise: it is the body that has ended, not the run."""

MOOT_ONCE_PROVED = {"cells": "", "enclosed": "", "rate": "Rate"}
"""Methods that can add nothing where every part is proved (of one relation, if it is named)."""

AFTER_PROOF = (*MOOT_ONCE_PROVED, "search")
"""Methods that a proof may have kept from looking: a search goes where nothing is proved."""


def _proved(relations: Sequence[Relation], found: Sequence[Evidence], name: str) -> bool:
    """Is every part (of one relation, if it is named) proved, under no condition?"""
    shown = {
        part
        for e in found
        if e.outcome == CONFIRMS
        for part, scope in e.proves.items()
        if not scope.conditions
    }
    return shown.issuperset(k for k, r in enumerate(relations) if name in ("", r.name))


def _shown(
    relations: Sequence[Relation], found: Sequence[Evidence]
) -> tuple[tuple[Scope, ...], ...]:
    """What is proved of each part of the whole domain, under no condition."""
    scopes = [
        (part, scope) for e in found if e.outcome == CONFIRMS for part, scope in e.proves.items()
    ]
    return tuple(
        tuple(s for part, s in scopes if part == k and not s.conditions and not s.box)
        for k in range(len(relations))
    )


@np.errstate(all="ignore")  # flags of the processor, which differ; values are looked at instead
def gather(
    statement: Statement, profile: Profile, seed: int, only: Sequence[str] | None = None
) -> tuple[Sequence[Relation], list[Evidence]]:
    """The relations, and the evidence of every method that applies, up to a refutation."""
    try:
        with limited(profile.seconds):
            relations = statement.probe(statement.smallest)
            other = statement.changed()
            unmet = "" if other else nowhere(statement)
    except TooSlow as slow:
        return [], [Report("probe").silent(Why.TOO_SLOW, str(slow))]
    except BROKEN as error:
        return [], [Report("probe").broken(blame(statement, error))]
    if other:  # every method looks at the parts of the smallest sizes alone
        return relations, [Report("probe").broken(other)]
    if unmet:
        return relations, [Report("probe").silent(Why.NO_INSTANCE, unmet)]
    if statement.form.where and not all(r.pointwise for r in relations):
        said = "where= goes with relations between two values at a point; write others by domains"
        return relations, [Report("probe").broken(said)]
    if chance := left_to_chance(statement):
        return relations, [Report("probe").broken(f"{chance}, so that it is not one statement")]
    first, before = glimpse(statement), reachable(statement)
    found = list(_asked(statement, relations, profile, seed, only))
    still, last, after = reachable(statement), glimpse(statement), reachable(statement)
    if last != first and first is not None and last is not None:
        said = "the body says another thing at the end than it said at first"
        return relations, [Report("probe").broken(f"{said}, so that it is not one statement")]
    states = [(name, before[name], still.get(name), after.get(name)) for name in before]
    if changed := [name for name, *seen in states if any(x != seen[0] for x in seen)]:
        said = f"the body changes {changed[0]!r} as it runs, so that it is not one statement"
        return relations, [Report("probe").broken(f"{said} (functools.cache is harmless)")]
    return relations, found


def _asked(
    statement: Statement,
    relations: Sequence[Relation],
    profile: Profile,
    seed: int,
    only: Sequence[str] | None,
) -> Iterator[Evidence]:
    """What the methods say, up to a refutation, or to where the body breaks."""
    found: list[Evidence] = []
    brief = profile.name != "deep"  # what can add nothing is left to deep runs
    for name, method in METHODS:
        if only is not None and name not in only:
            continue
        moot = MOOT_ONCE_PROVED.get(name)
        if moot is not None and brief and _proved(relations, found, moot):
            continue
        if brief and (shown := _shown(relations, found)) != statement.shown:
            statement = replace(statement, shown=shown)
        try:
            with limited(profile.seconds):
                evidence = method(statement, profile, seed)
        except TooSlow as slow:
            evidence = Report(name).silent(Why.TOO_SLOW, str(slow))
        except Unsupported as gap:
            evidence = Report(name).silent(Why.UNSUPPORTED, gap.primitive)
        except BROKEN as error:
            yield Report(name).broken(blame(statement, error))
            return
        if evidence.why is not Why.NOT_CONCERNED:
            found.append(evidence)
            yield evidence
        if evidence.outcome == REFUTES:
            return


def blame(statement: Statement, error: BaseException) -> str:
    """One sentence: what broke, and the code of the body where it did.

    Not the line's number: a comment further up would change it, and with it a row of the same code.
    """
    frames = traceback.extract_tb(error.__traceback__)
    source = inspect.getsourcefile(statement.form.body)
    here = [f for f in frames if f.filename == source]
    place = f" (in: {_code(here[-1].line or '')})" if here else ""
    where = "".join(getattr(error, "__notes__", ()))
    return f"the body raised {type(error).__name__}: {error}{where}{place}"


def _code(line: str) -> str:
    """A line without its comment."""
    try:
        return ast.unparse(ast.parse(line.strip()))
    except SyntaxError:
        return line.strip()


def judge(
    form: Form, profile: Profile, seed: int
) -> tuple[Verdict, list[Evidence], Sequence[Relation]]:
    """The verdict on a form, its evidence and its relations."""
    relations, evidence = gather(Statement(form), profile, seed)
    return decide(relations, evidence), evidence, relations
