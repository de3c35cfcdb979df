"""Shapes beyond those that are listed, and which of them a search can afford.

A statement without a list of its own speaks of every size; what is false from some size on is true
of the small ones.  The work is counted in operations and entries, not in time, so that the same
shapes are visited everywhere; time is a last resort.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.floating import Float
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.statement import Statement

LARGER = (8, 16, 32, 64)
CLIMBED = (24, 16, 8)
"""Sizes at which an order is climbed, the first that is affordable: most that fail from some size
on, or at one and its like, do so by there."""
NEXT = (*range(7, 25), *LARGER[2:], 101)
"""Of a statement with one size more of them: it may fail at one, as cos(2πn/23) <= 98/100."""

ENTRIES, WORK, EACH = 2**14, 2**20, 64
"""Entries of an input, and of all that is computed of one point, where a call counts as so many."""

STEEP = 2**16
"""The most that is computed of a point from which a search climbs."""

SECONDS = 5
"""Processor time after which a body is given up that works without this arithmetic."""


def affordable(statement: Statement) -> Iterator[dict[str, int]]:
    """The larger shapes of which one point can be evaluated with little work; what is larger than
    one that takes too much is not tried."""
    dear: list[dict[str, int]] = []
    for sizes in _larger(statement):
        if any(all(sizes[n] >= least for n, least in less.items()) for less in dear):
            continue
        try:
            with limited(SECONDS):
                runs = _evaluates(statement, sizes, WORK)
        except (_TooMuch, TooSlow):
            dear.append(sizes)
        else:
            if runs:
                yield sizes


def highest(statement: Statement) -> dict[str, int] | None:
    """A larger shape, of all sizes without a list, at which a search may be done."""
    free = _free(statement)
    for n in CLIMBED if free else ():
        sizes = {name: n if name in free else statement.range_of(name)[-1]
                 for name in statement.size_names}  # fmt: skip
        with suppress(_TooMuch, TooSlow), limited(SECONDS):
            if _evaluates(statement, sizes, STEEP):
                return sizes
    return None


def _free(statement: Statement) -> list[str]:
    """The sizes without a list of the author's."""
    return [name for name in statement.size_names if name not in statement.form.sizes]


def _larger(statement: Statement) -> Iterator[dict[str, int]]:
    """All sizes without a list as large as each of some; then each of several by itself."""
    free = _free(statement)
    least = {
        name: statement.range_of(name)[-1 if name not in free else 0]
        for name in statement.size_names
    }
    if free:
        some = LARGER if len(statement.size_names) > 1 else NEXT
        yield from ({**least, **dict.fromkeys(free, n)} for n in some if n >= least[free[0]])
    if len(free) > 1:
        low = {**least, **dict.fromkeys(free, 2)}
        yield from ({**low, name: LARGER[-1]} for name in free)


class _TooMuch(Exception):
    """A body has computed more than a look is worth."""


class _Counted(Float):
    """Floats that give up when a body has computed too much."""

    def __init__(self, most: int) -> None:
        self.most, self.work = most, 0

    def wrap(self, data: Any) -> Any:
        self.work += EACH + data.numel()
        if self.work > self.most:
            raise _TooMuch
        return super().wrap(data)


def _evaluates(statement: Statement, sizes: dict[str, int], most: int) -> bool:
    """Does the body run at one point?  Raises _TooMuch or TooSlow where it does not come to an end;
    else, whatever it does where nobody has tried it, that is no shape of the statement's."""
    xp = _Counted(most)
    try:
        shapes = statement.raw_shapes(sizes)
        if any(math.prod(s) > ENTRIES for s in shapes.values()):
            raise _TooMuch
        ones = {k: torch.from_numpy(np.ones(s)) for k, s in shapes.items()}
        with torch.no_grad():
            statement.sides(xp, {k: xp.wrap(v) for k, v in ones.items()})
    except _TooMuch:
        raise
    except Exception:
        return False
    return True
