"""What a body may reach and still be one statement wherever and whenever it is read.

A list of what is harmless, not of what is not: whatever else is reached by a name (a generator of
random numbers, a queue, a file, a module of the system) may be another the next time, in another
process or on another machine, and nothing is proved of a body that reaches it.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import sys
from abc import ABCMeta
from enum import EnumMeta
from fractions import Fraction
from functools import lru_cache, partial
from types import FunctionType
from typing import Any, Generic, Protocol

import numpy as np

from fieldcheck.evidence.holding import entries

MODULES = frozenset((
    "abc", "builtins", "cmath", "collections", "dataclasses", "enum", "fractions", "functools",
    "itertools", "math", "numbers", "numpy", "operator", "types", "typing",
))  # fmt: skip
"""Modules whose functions and classes always do the same."""

MILD = frozenset((
    "bisect", "contextlib", "copy", "decimal", "heapq", "inspect", "json", "re", "statistics",
    "string", "sys", "textwrap", "warnings",
))  # fmt: skip
"""Those of the standard library of which most does, though not all."""

RAW = {
    "numpy": frozenset((
        "array2string", "array_repr", "array_str", "empty", "empty_like", "frombuffer", "fromfile",
        "genfromtxt", "get_printoptions", "getbufsize", "geterr", "load", "loadtxt", "memmap",
        "ndarray", "random", "show_config",
    )),
    "operator": frozenset(("attrgetter", "is_", "is_not", "methodcaller", "mod", "imod")),
    "dataclasses": frozenset(("asdict", "astuple", "fields", "replace")),
}  # fmt: skip
"""Names in modules of what is in memory, in a file, left to chance or set elsewhere; or that ask
what something is, by a name that is a string or as text."""

FUNCTIONS = frozenset((
    "abs", "all", "any", "bool", "classmethod", "complex", "dict", "divmod", "enumerate",
    "filter", "float", "frozenset", "int", "iter", "len", "list", "map", "max", "min", "next",
    "pow", "print", "property", "range", "reversed", "round", "set", "slice", "sorted",
    "staticmethod", "sum", "super", "tuple", "zip", "NotImplemented", "Ellipsis",
))  # fmt: skip
"""Builtins that do the same for the same arguments; an exception's name does no harm either."""

TENSOR = ("torch", "Tensor")
"""Compared like an array, and known by its name: judging imports no torch for it."""

FIXED = (bool, int, float, complex, str, bytes, type(None), type(...), range, slice, Fraction)
HOLDING = (tuple, list, dict, set, frozenset, np.ndarray, np.generic)
"""Data that stay as they are, and such as are compared before and after."""

Near = list[tuple[str, Any]]
"""What a function can reach by a name."""

MADE_BY = (type, ABCMeta, type(Protocol), EnumMeta)
BASES = (object, Generic, Protocol, *FIXED, *HOLDING)

NAMED = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_FAST")
SETS = ("set", "frozenset")
VIEWS = ("keys", "items")
"""What a dictionary has of itself; ``&``, ``|``, ``^`` and ``-`` make sets of these."""
SET = "has sets and strings, whose order there each process draws (dict.fromkeys keeps it)"


@lru_cache(maxsize=4096)
def steps(code: Any) -> tuple[dis.Instruction, ...]:
    """The instructions of a function, which every method asks for again."""
    return tuple(dis.get_instructions(code))


def telling(module: str) -> bool:
    """Does a module of the standard library tell of chance, the clock, the process, the machine?"""
    top = module.split(".")[0]
    known = sys.stdlib_module_names - MODULES - MILD - {"__main__"}
    return module.startswith("numpy.random") or (top in known and top.lstrip("_") not in MODULES)


def reaches(code: Any, near: Near, home: str) -> str:
    """What a function reaches that may be another elsewhere or the next time, or an empty string.

    home: the package whose modules are the author's own.
    """
    known = {name for name, _ in near}
    before = None
    for step in steps(code):
        name = step.argval
        if step.opname == "IMPORT_NAME" and not _module(name, home):
            return f"reaches {name!r}"
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and name not in known and _system(name):
            return f"reaches {name!r}"
        if before is not None and name in RAW.get(_top(before.argval, near), ()):
            return f"reaches {name!r}"
        before = step
    return next((f"reaches {name!r}" for name, value in near if not harmless(value, home)), "")


def orders(parts: list[tuple[Any, Near]]) -> bool:
    """Do functions that work together make sets, and have strings, whose order in a set a process
    draws?  To ask whether something is in one does no harm."""
    sets = strings = False
    for code, near in parts:
        held = {name for name, value in near if _is_set(value)}
        drawn = {name for name, value in near if _is_drawn(value)}
        views = any(name in VIEWS for name in code.co_names)
        every = steps(code)
        for k, (step, after) in enumerate(zip(every, [*every[1:], None], strict=True)):
            known = _is_set(step.argval) or (step.opname in NAMED and step.argval in held)
            if not (known and after is not None and after.opname == "CONTAINS_OP"):
                sets |= known or step.opname in ("BUILD_SET", "SET_ADD")
            sets |= step.opname in NAMED and step.argval in SETS
            sets |= (
                views and step.opname == "BINARY_OP" and step.argrepr[:1] in ("&", "|", "^", "-")
            )
            strings |= step.opname == "LOAD_CONST" and _has_string(step.argval)
            if step.opname == "BUILD_SET":
                strings |= any(s.argval in drawn for s in every[max(0, k - (step.arg or 0)) : k])
        strings |= any(_has_string(value) for _, value in near)
    return sets and strings


def _is_set(value: Any) -> bool:
    return isinstance(value, set | frozenset)


def _has_string(value: Any, depth: int = 8) -> bool:
    """Is it, or does it hold, what has a hash that each process draws?"""
    if isinstance(value, str | bytes):
        return True
    many = isinstance(value, tuple | list | set | frozenset | dict)
    if not many or depth == 0:
        return many
    return any(_has_string(one, depth - 1) or _is_drawn(one) for one in entries(value) or ())


def _is_drawn(value: Any) -> bool:
    """Is its hash the place where it lies in memory (a class, a function)?"""
    return getattr(type(value), "__hash__", None) is object.__hash__


def _system(name: Any) -> bool:
    """Is it a builtin that may tell of the process?"""
    held = getattr(builtins, str(name), None)
    if held is None or name in FUNCTIONS:
        return False
    return not (isinstance(held, type) and issubclass(held, BaseException))


def _top(name: Any, near: Near) -> str:
    """The outermost package of the module that a name stands for, or an empty string."""
    found = (v.__name__ for n, v in near if n == name and inspect.ismodule(v))
    return next(found, name if isinstance(name, str) else "").split(".")[0]


def _is_raw(value: Any) -> bool:
    home = str(getattr(value, "__module__", "")).split(".")[0].lstrip("_")
    return getattr(value, "__name__", "") in RAW.get(home, ())


def _module(name: str, home: str) -> bool:
    """May all of this module be reached?  What somebody wrote is looked at piece by piece."""
    if name.split(".")[0].lstrip("_") in MODULES:
        return not name.startswith("numpy.random")
    return own(name, home)


def own(name: str, home: str) -> bool:
    """Is it this library, or a module of the author's, and no other one that is installed?"""
    top = name.split(".")[0]
    if top in ("fieldcheck", "__main__", home):
        return True
    if top in sys.stdlib_module_names:
        return False
    file = str(getattr(sys.modules.get(name), "__file__", None) or "")
    return "site-packages" not in file and "dist-packages" not in file


def harmless(value: Any, home: str, depth: int = 8) -> bool:
    """Is a value data, or a function or class of which every part is looked at?"""
    if isinstance(value, type):
        return _class(value, home)
    if inspect.isfunction(value):
        return not _is_raw(value)  # its code is walked
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.hasobject is False
    if type(value) in FIXED or (type(value).__module__, type(value).__name__) == TENSOR:
        return True
    if inspect.ismodule(value):
        return _module(value.__name__, home)
    if isinstance(inspect.getattr_static(value, "__wrapped__", None), FunctionType):
        return True  # its code is walked
    held = entries(value)
    if held is not None:
        whole = isinstance(value, partial) or _class(type(value), home)
        return depth > 0 and whole and all(harmless(v, home, depth - 1) for v in held)
    if inspect.isroutine(value):
        return _routine(value, home, depth)
    return _class(type(value), home)


def _routine(value: Any, home: str, depth: int) -> bool:
    """A compiled function, or a method bound to something."""
    owner = getattr(value, "__self__", None)
    if owner is None or inspect.ismodule(owner):
        return _module(str(value.__module__ or "builtins"), home) and not _is_raw(value)
    fixed = type(owner) in FIXED or isinstance(owner, type) or inspect.ismethod(value)
    return depth > 0 and fixed and harmless(owner, home, depth - 1)


def _class(kind: type, home: str) -> bool:
    """A class of the author's, or one that always does the same, and so are all it is made of."""
    return type(kind) in MADE_BY and all(
        one in BASES or (_module(one.__module__, home) and not _is_raw(one)) for one in kind.__mro__
    )
