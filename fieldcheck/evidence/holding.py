"""What a value holds, seen without running anything of its author's.

Entries, attributes, and what its classes share: a function in a list, a counter in an instance or
in its class are reached by whoever reaches the value.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, cached_property, partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

import numpy as np

LIBRARY = tuple(f"fieldcheck.{m}" for m in ("arithmetic", "relations", "domains", "claim"))

METHODS = (FunctionType, BuiltinFunctionType, MemberDescriptorType, GetSetDescriptorType,
           property, classmethod, staticmethod, cached_property)  # fmt: skip
MANY: tuple[Any, ...] = (tuple, list, set, frozenset, deque)


@cache
def known(module: Any) -> bool:
    """Is it a module of this library or of Python's, whose parts do what their names say?"""
    name = str(module)
    return name.startswith(LIBRARY) or name.split(".")[0] in sys.stdlib_module_names - {"__main__"}


def entries(value: Any) -> list[Any] | None:
    """What a collection or a call that waits holds; None if it is neither."""
    for kind in MANY:
        if isinstance(value, kind):
            return list(kind.__iter__(value))  # whatever its author's way to go through it
    if isinstance(value, dict):
        kept: Any = (
            OrderedDict if isinstance(value, OrderedDict) else dict
        )  # has an order of its own
        return [*kept.keys(value), *kept.values(value)]
    if isinstance(value, MappingProxyType):
        return [*value.keys(), *value.values()]
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        return list(value.flat)
    return None


def kinds(value: Any) -> tuple[type, ...]:
    """The classes whose methods may run when a value is used, of those that somebody wrote."""
    made: Any = type(value)
    above = _written(made)
    own: tuple[Any, ...] = (value,) if isinstance(value, type) else ()
    return tuple(dict.fromkeys((*(k for one in own for k in _written(one)), *above)))


@cache
def _written(kind: Any) -> tuple[type, ...]:
    mro: tuple[type, ...] = type.__dict__["__mro__"].__get__(kind)
    away = ("numpy", "torch")
    return tuple(
        k for k in mro if not known(k.__module__) and k.__module__.split(".")[0] not in away
    )


def shared(kind: type) -> list[Any]:
    """What the objects of a class share, beside its methods."""
    named = [v for name, v in vars(kind).items() if not _is_special(name)]
    return [v for v in named if not isinstance(v, METHODS)]


def attributes(value: Any) -> Iterator[Any]:
    """What an object holds by name."""
    if isinstance(value, type | ModuleType) or type(value).__module__.startswith(LIBRARY):
        return
    try:
        named = dict(object.__getattribute__(value, "__dict__"))
    except AttributeError:
        named = {}
    yield from (one for name, one in named.items() if not _is_special(name))
    for slot in (one for kind in kinds(value) for one in vars(kind).values()):
        if isinstance(slot, MemberDescriptorType):
            with suppress(AttributeError):  # nothing has been put there yet
                yield slot.__get__(value)


def _is_special(name: str) -> bool:
    return name.startswith("__") and name != "__wrapped__"
