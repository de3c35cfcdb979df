"""Leading coefficients of a rate in floats, and points at which they are not what they are
elsewhere.

An expansion in 1/n is one at most inputs and another where a coefficient vanishes that it divides
by, or puts under a root or a logarithm.  Which coefficients vanish identically is known from a run
in primes; so the same expansion runs in floats, over batches, as the statement "the coefficient of
n^-p is the stated constant" (or "is not negative"), which can be searched like any other: for
points where the two differ, and by Newton's method for zeros of all that is divided by or bends.

What is found is a proposal, of which the caller makes a refutation or nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.floats import NOISE
from fieldcheck.evidence.kinks import SIDES, ZERO, Goal, Site, Sites, land, reach, watched
from fieldcheck.evidence.points import Cloud, cloud
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import Sides

ROWS = 128
"""Points of a batch; as many go to the zeros."""

STEPS = 20
"""Steps uphill, to the other side of a kink."""

Found = tuple[Raw, Site | None]
"""A point; where it is a zero but for rounding, of what."""

MOST, EACH = 8, 3
"""Points of each kind that are proposed, and of these at one zero."""


class Following:
    """An arithmetic in which what is known of coefficients is what a run in primes has answered."""

    def __init__(self, xp: Any, answers: list[Any]) -> None:
        self._xp, self._answers = xp, iter(answers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, name)

    def _next(self, value: Any) -> Any:
        answer = next(self._answers, None)
        if answer is None:  # here the expansion went another way
            raise Unsupported("an expansion that differs from its first run")
        return answer

    vanishes = known = regular = _next


@dataclass(frozen=True)
class Leading:
    """The coefficient of n^-p beside its constant, as the two sides of a statement.

    expanded: the coefficient and the stated constant (or None) over an arithmetic that answers as
              the run in primes did
    answers:  what that run answered, in order
    """

    statement: Statement
    expanded: Callable[[Any, dict[str, Any]], tuple[Any, Any]]
    answers: list[Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.statement, name)

    def sides(self, xp: Any, raws: dict[str, Any]) -> list[Sides]:
        value, stated = self.expanded(Following(xp, self.answers), raws)
        if stated is None:
            return [Sides(xp.zeros(), xp.real(value), order=True)]
        return [Sides(xp.real(value), xp.real(stated))]


def points(leading: Leading, sizes: dict[str, int], rng: np.random.Generator) -> Iterator[Found]:
    """Points at which the coefficient may not be the constant, or at which something vanishes that
    the expansion divides by; none where floats cannot follow it."""
    try:
        yield from _different(_found(leading, sizes, rng))
    except (Unsupported, NotImplementedError, TypeError):  # no batch, no derivative, no order
        return


def _found(leading: Any, sizes: dict[str, int], rng: np.random.Generator) -> Iterator[Found]:
    seen = Sites(leading)
    start = cloud(leading, sizes, ROWS, rng, far=False)
    yield from _loud(leading, start, seen)
    hidden = [g for g in seen.unseen() if g.side != ZERO]
    if hidden:
        moved = reach(leading, hidden, start.raws, STEPS)
        yield from _loud(leading, Cloud.of(sizes, moved, "beside"), seen)
    nowhere = seen.excluded()
    sites = [s for s in seen.seen if Goal(s, ZERO) not in nowhere]
    for some in ([s for s in sites if s.kind != SIDES], [s for s in sites if s.kind == SIDES]):
        landing = land(leading, start.raws, some, rng) if some else None
        if landing is not None:
            at = landing.at or {}
            yield from ((raw, None) for raw, _ in _some(sizes, at, landing.landed))
            yield from _some(sizes, landing.close, landing.missed)


def _some(sizes: dict[str, int], raws: dict[str, np.ndarray], met: list[Site]) -> Iterator[Found]:
    """A few points at the zeros of every site."""
    times = Counter[Site]()
    for row, site in enumerate(met):
        times[site] += 1
        if times[site] <= EACH and times.total() <= MOST:
            yield Cloud.of(sizes, raws, "at").row(row), site


def _loud(leading: Any, batch: Cloud, seen: Sites) -> Iterator[Found]:
    """The points of a batch at which the sides differ most."""
    with torch.no_grad():
        tensors = {k: torch.from_numpy(v) for k, v in batch.raws.items()}
        ratio, sites, groups = watched(leading, tensors)
    seen.note(batch, sites, groups)
    worst = np.nan_to_num(ratio[:, 0].numpy(), nan=-np.inf)
    order = np.argsort(-worst, kind="stable")
    yield from ((batch.row(int(row)), None) for row in order[:MOST] if worst[row] > NOISE)


def _different(found: Iterator[Found]) -> Iterator[Found]:
    known: set[str] = set()
    for raw, site in found:
        key = str({k: v.tolist() for k, v in raw.items()})
        if key not in known:
            known.add(key)
            yield raw, site
