"""Is the library in a worker what it was before the code of others ran?

A claims file or a body that changes it changes what is found, of other claims too.  Whoever means
to hide that can: this sees slips, and changes that nobody hides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

LIBRARY = "fieldcheck"
BELOW = ("builtins", "cmath", "flint", "fractions", "functools", "itertools", "math", "mpmath",
         "numpy", "operator", "torch")  # fmt: skip
"""What it computes with: what these offer by name."""

FIXED = (int, float, str, bytes, tuple, frozenset)
"""Constants of the library that nothing changes from within."""

Held = dict[str, tuple[Any, ...]]


def held() -> Held:
    """Everything by which the library works as it is now, by name."""
    found: Held = {}
    for name, module in list(sys.modules.items()):
        if name in BELOW or name.partition(".")[0] == LIBRARY:
            found.update(_of_module(name, module))
    return found


def changed(before: Held) -> str | None:
    """The name of something that is not what it was."""
    now = held()
    return next((name for name, was in before.items() if not _same(was, now.get(name))), None)


def _of_module(name: str, module: ModuleType) -> Iterator[tuple[str, tuple[Any, ...]]]:
    own = name not in BELOW
    for key, value in list(vars(module).items()):
        if callable(value) or (own and key.isupper() and isinstance(value, FIXED)):
            yield f"{name}.{key}", _parts(value)
        if own and isinstance(value, type) and value.__module__ == name:
            for inner, part in list(vars(value).items()):
                if callable(part) or isinstance(part, property | classmethod | staticmethod):
                    yield f"{name}.{key}.{inner}", _parts(part)


def _parts(value: Any) -> tuple[Any, ...]:
    """What is compared: a function's code and defaults may be changed in place."""
    if isinstance(value, FunctionType):
        return value, value.__code__, value.__defaults__
    return (value,)


def _same(was: tuple[Any, ...], now: tuple[Any, ...] | None) -> bool:
    return now is not None and all(a is b for a, b in zip(was, now, strict=False))
