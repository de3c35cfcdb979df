"""Bodies that remember: what they can reach is compared, and what they say, before and after."""

from __future__ import annotations

import gc
import inspect
import random
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.array import Value
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import small_entries
from fieldcheck.evidence.holding import attributes, entries, kinds, shared
from fieldcheck.evidence.plain import FIXED
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.watching import MOST, bodies, reached

TAKES = {"potential": "at", "remainder": "start"}
"""The functions of a relation, and which field of it each is asked at."""

PATIENCE = 5
"""Seconds for one look at a body."""


# -- what it says ----------------------------------------------------------------------------------
def glimpse(statement: Statement) -> list[str] | None:
    """What the statement says at one point: the same whenever it is asked, if it is one.  None if a
    limit cut it short, which says nothing of the statement."""
    xp, rng, sizes = Multiprecision(), random.Random(0), statement.smallest
    raws = {
        k: xp.from_raw(small_entries(rng, shape, signs=k in statement.sign_raws))
        for k, shape in statement.raw_shapes(sizes).items()
    }
    try:
        with limited(PATIENCE):
            return [str(v.data) for r in statement.relations(xp, raws) for v in _values(r)]
    except TooSlow:
        return None
    except Exception:  # whatever keeps it from saying anything there
        return []


def _values(said: Any) -> Iterator[Any]:
    """The values that a relation holds, or that its functions give."""
    if isinstance(said, Value):
        yield said
    elif isinstance(said, tuple):
        for one in said:
            yield from _values(one)
    elif is_dataclass(said):
        for part in fields(said):
            held = getattr(said, part.name)
            if part.name in TAKES:
                held = held(getattr(said, TAKES[part.name]))
            yield from _values(held)


# -- what it can reach -----------------------------------------------------------------------------
def reachable(statement: Statement) -> dict[str, Any]:
    """What the bodies of a statement can reach and might change, as it is now."""
    return {
        name: _seen(value)
        for body in bodies(statement)
        for _, near in reached(body)
        for name, value in near
    }


def _seen(value: Any) -> Any:
    try:
        return _state(value, {})
    except RecursionError:  # objects within objects without end: nothing is proved with them
        return None


class Kept(dict[str, Any]):
    """What a cache holds: it may gain entries, and none may become another."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and all(
            self[key] == other[key] for key in self.keys() & other.keys()
        )

    __hash__ = None


def _state(value: Any, seen: dict[int, Any]) -> Any:
    """The plain data in a value; anything else is itself as long as it is the same object."""
    if type(value) in FIXED:
        return value
    if id(value) in seen or len(seen) >= MOST:
        return None
    seen[id(value)] = value  # kept, so that nothing else gets its number
    if isinstance(value, np.generic) or (
        isinstance(value, np.ndarray) and not value.dtype.hasobject
    ):
        return value.tobytes()
    if isinstance(value, torch.Tensor):
        return str(value.tolist())
    if isinstance(value, CACHED):
        return Kept({str(k): _state(v, dict(seen)) for k, v in _cached(value)})
    if inspect.getattr_static(type(value), "__next__", None) is not None:
        with suppress(Exception):  # one that cannot say where it is
            return repr(value.__reduce__()[1:])
    held = _entries(value)
    owner = getattr(value, "__self__", None) if inspect.isroutine(value) else None
    more = [] if owner is None or inspect.ismodule(owner) else [owner]
    more += attributes(value)
    more += [one for kind in kinds(value) for one in shared(kind)]
    name = type(value).__name__ if held else id(value)  # a collection is what it holds
    return [name, *(_state(one, seen) for one in (*held, *more))]


def _entries(value: Any) -> list[Any]:
    held = entries(value)
    if held is None and isinstance(value, Collection) and not isinstance(value, type):
        with suppress(Exception):  # one that cannot be gone through
            held = list(value)
    return held or []


CACHED = type(cache(int))


def _cached(function: Any) -> Iterator[tuple[Any, Any]]:
    """What a cached function (of functools) has given so far: (arguments, result).

    A cache without bounds refers to a dictionary of them; one with bounds to each, with a mark
    behind it.
    """
    found = gc.get_referents(function)
    for k, one in enumerate(found):
        if isinstance(one, dict) and one is not vars(function):
            yield from ((key, value) for key, value in one.items() if not _is_link(type(value)))
        elif _is_link(one) and k > 1:
            yield found[k - 2], found[k - 1]


def _is_link(kind: Any) -> bool:
    return isinstance(kind, type) and kind.__name__ == "_lru_list_elem"
