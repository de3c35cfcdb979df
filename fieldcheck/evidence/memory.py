"""Bodies that remember: what they can reach is compared, and what they say, before and after."""

from __future__ import annotations

import gc
import inspect
import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from fieldcheck.arithmetic.array import Value
from fieldcheck.arithmetic.multiprecision import Multiprecision
from fieldcheck.evidence.clock import TooSlow, limited
from fieldcheck.evidence.draws import small_entries
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.watching import LIBRARY, bodies, reached

MOST = 10_000
"""Values that are compared before and after."""

TAKES = {"potential": "at", "remainder": "start"}
"""The functions of a relation, and which field of it each is asked at."""

PATIENCE = 5
"""Seconds for one look at a body."""


# -- what it says ----------------------------------------------------------------------------------
def glimpse(statement: Statement) -> list[str]:
    """What the statement says at one point: the same whenever it is asked, if it is one."""
    xp, rng, sizes = Multiprecision(), random.Random(0), statement.smallest
    raws = {
        k: xp.from_raw(small_entries(rng, shape, signs=k in statement.sign_raws))
        for k, shape in statement.raw_shapes(sizes).items()
    }
    try:
        with limited(PATIENCE):
            return [str(v.data) for r in statement.relations(xp, raws) for v in _values(r)]
    except (Exception, TooSlow):  # whatever keeps it from saying anything there
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
        return _state(value, [MOST])
    except RecursionError:  # objects within objects without end: nothing is proved with them
        return None


class Kept(dict[str, Any]):
    """What a cache holds: it may gain entries, and none may become another."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and all(
            self[key] == other[key] for key in self.keys() & other.keys()
        )

    __hash__ = None


def _state(value: Any, left: list[int]) -> Any:
    """The plain data in a value; anything else is itself as long as it is the same object."""
    left[0] -= 1
    if left[0] < 0:
        return None
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return value
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, torch.Tensor):
        return str(value.tolist())
    if isinstance(value, Mapping):
        return [(_state(k, left), _state(v, left)) for k, v in value.items()]
    if isinstance(value, Collection) and not isinstance(value, type):
        with suppress(Exception):  # one that cannot be gone through
            return [type(value).__name__, *(_state(v, left) for v in value)]
    if isinstance(value, partial):
        return _state((value.func, value.args, value.keywords), left)
    if hasattr(value, "cache_info"):
        return Kept({str(k): _state(v, left) for k, v in _cached(value)})
    if hasattr(value, "__next__") and not isinstance(value, type):
        with suppress(Exception):  # one that cannot say where it is
            return repr(value.__reduce__()[1:])
    owner = getattr(value, "__self__", None)
    if inspect.isroutine(value) and owner is not None and not inspect.ismodule(owner):
        return _state(owner, left)
    if isinstance(slots := getattr(type(value), "__slots__", None), Collection) and slots:
        return [id(value), *(_state(getattr(value, str(k), None), left) for k in slots)]
    module = str(getattr(value, "__module__", ""))
    if inspect.ismodule(value) or module.startswith(LIBRARY) or not hasattr(value, "__dict__"):
        return id(value)
    own = [v for k, v in vars(value).items() if not k.startswith("__") and not callable(v)]
    return [id(value), *(_state(v, left) for v in own)]


def _cached(function: Any) -> Iterator[tuple[Any, Any]]:
    """What a cached function (of functools) has given so far: (arguments, result)."""
    for found in gc.get_referents(function):
        if isinstance(found, dict):
            for key, value in found.items():
                link = type(value).__name__ == "_lru_list_elem"
                yield key, tuple(gc.get_referents(value)) if link else value
