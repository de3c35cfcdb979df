"""Points beyond the range of floats, or where they lose all digits: a look in balls, without one.

A logarithm brings 10^1000 down to 2303, and log(cosh x + sinh x) is x to the left as well, though
no float sees that at -1000.  All inputs at once, or one of them at a generic point, are
made so large or so small, or one is put so close beside another or beside a number that the
statement is written with; and looked at with few digits and with many.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import numpy as np

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.evidence.constants import constants
from fieldcheck.evidence.digits import glance
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.points import point
from fieldcheck.evidence.statement import Statement
from fieldcheck.hypotheses import numbers

SIZES = tuple(Fraction(q) for q in ("30", "300", "2000", "1e600", "1e3000", "1e-600", "1e-3000"))
"""Where cancellation takes hundreds of digits, and far beyond what floats hold."""

APART = tuple(Fraction(q) for q in ("1e-90", "1e-600", "1e-2000"))
"""How far from another input, where floats see the same number."""

NUMBERS = 4
"""The most numbers of a statement beside which an input is put."""

DIGITS = (60, 2500)
"""Of a look: where floats end sixty are enough, where they cancel many are needed."""

ENTRIES = 16
"""The most entries of a point that is looked at."""


def falsified(
    statement: Statement, sizes: dict[str, int], rng: random.Random
) -> tuple[Raw, int] | None:
    """A point far out at which the statement certainly fails, if one is met, and the digits that
    show it."""
    shapes = statement.raw_shapes(sizes)
    if not shapes or sum(map(math.prod, shapes.values())) > ENTRIES:
        return None
    for raw in chain(_far(statement, sizes, rng), _beside(statement, sizes, rng)):
        for digits in DIGITS:
            try:
                fails = glance(statement, raw, digits)
                if fails:
                    return raw, digits
                if fails is not None:
                    break
            except (Unsupported, ZeroDivisionError, OverflowError, ValueError):
                return None
    return None


def _far(statement: Statement, sizes: dict[str, int], rng: random.Random) -> Iterator[Raw]:
    start = point(statement, sizes, rng)
    free = [k for k in start if k not in statement.sign_raws]
    for size in SIZES:
        for moved in [free, *([k] for k in free if len(free) > 1)]:
            large = {k: _multiples(start[k], size, rng) for k in moved}
            for sign in (1, -1):
                yield {k: sign * large[k] if k in moved else v for k, v in start.items()}


def _beside(statement: Statement, sizes: dict[str, int], rng: random.Random) -> Iterator[Raw]:
    start = point(statement, sizes, rng)
    free = [k for k in start if k not in statement.sign_raws]
    written = [*numbers(statement.form.where), *constants(statement.form.body)][:NUMBERS]
    for apart in APART:
        for k in free:
            others = [v for j, v in start.items() if j != k and v.shape == start[k].shape]
            for other in (*others, *(np.full(start[k].shape, q, dtype=object) for q in written)):
                step = _multiples(other, apart, rng)
                yield from ({**start, k: other + sign * step} for sign in (1, -1))


def _multiples(like: np.ndarray, size: Fraction, rng: random.Random) -> np.ndarray:
    """The number, and in an array small multiples of it."""
    out = np.empty(like.shape, dtype=object)
    for k in np.ndindex(*like.shape):
        out[k] = size * (rng.choice((-2, -1, 1, 2, 3)) if like.ndim else 1)
    return out
