"""The numbers that a body is written with: special points often have them as coordinates.

They are the integers in its code, in the functions it calls and in what it closes over, their
ratios and reciprocals, and of all these the square roots that are rational.
"""

from __future__ import annotations

import itertools
import math
import types
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

FEW = 12
"""Integers of one body that are looked at."""

MOST = 64
"""Numbers made of them."""

DEPTH = 4
"""Calls that are followed."""

LONGEST = 1100
"""Bits of a power that is written out."""

ALWAYS = tuple(Fraction(x) for x in ("0", "1", "-1", "2", "-2", "1/2", "-1/2"))

OURS = ("fieldcheck.arithmetic", "fieldcheck.evidence", "fieldcheck.domains", "fieldcheck.claim")
"""Modules whose own numbers mean nothing for a statement."""


@lru_cache(maxsize=512)
def constants(body: Callable[..., Any]) -> tuple[Fraction, ...]:
    """Numbers near which a body may do something special, those of any body first."""
    written = list(dict.fromkeys(abs(n) for n in _integers(body, DEPTH, set())))[:FEW]
    found = [Fraction(n) for n in written] + [Fraction(1, n) for n in written if n]
    for a, b in itertools.permutations(written, 2):
        if b:
            found.append(Fraction(a, b))
        if a in (2, 10) and b < LONGEST and 128 < b * math.log2(a) < LONGEST:  # kept as a power
            found += [Fraction(a**b), Fraction(1, a**b)]
    found += [root for q in found if (root := _root(q)) is not None]
    found += [Fraction(a, b * c) for a, b, c in itertools.permutations(written, 3) if b * c]
    pool = dict.fromkeys([*ALWAYS, *(s * q for q in found for s in (1, -1))])
    return tuple(pool)[: MOST + len(ALWAYS)]


def _root(q: Fraction) -> Fraction | None:
    top, bottom = math.isqrt(q.numerator), math.isqrt(q.denominator)
    exact = top * top == q.numerator and bottom * bottom == q.denominator
    return Fraction(top, bottom) if exact else None


def _integers(thing: Any, depth: int, seen: set[int]) -> Iterator[int]:
    """Integers in a function's code, in what it closes over and in the functions that it names."""
    if isinstance(thing, bool) or id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, int):
        yield thing
    elif isinstance(thing, (tuple, list, frozenset)):
        for item in thing:
            yield from _integers(item, depth, seen)
    elif isinstance(thing, types.CodeType):
        for item in thing.co_consts:
            yield from _integers(item, depth, seen)
    elif isinstance(thing, types.FunctionType) and not thing.__module__.startswith(OURS):
        held = [cell.cell_contents for cell in thing.__closure__ or () if _filled(cell)]
        values = [*held, *(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()]
        yield from _integers(thing.__code__, depth, seen)
        for item in [*values, *(_named(thing) if depth else ())]:
            yield from _integers(item, depth - 1, seen)


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _named(function: types.FunctionType) -> Iterator[Any]:
    """What a function and those inside it mean by their global names, and by names in modules."""
    codes = [function.__code__]
    for code in codes:
        codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
        for name in code.co_names:
            thing = function.__globals__.get(name)
            if isinstance(thing, types.ModuleType):
                yield from (vars(thing).get(other) for other in code.co_names)
            else:
                yield thing
