"""Bodies that could tell which arithmetic runs them, or how long an axis is, or that change.

Such a body may state one thing to the primes and another to the balls: nothing is proved of one
that asks what it is handed, or that a memory may make another the next time.  One that chance or
the clock makes another, or that has changed what it can reach (a list, a counter) when all is done,
is no statement at all.
"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from functools import partial
from typing import Any

from fieldcheck.evidence.holding import attributes, entries, kinds, known, shared
from fieldcheck.evidence.plain import FIXED, SET, Near, orders, own, reaches, steps, telling
from fieldcheck.evidence.statement import Statement

TRACES = frozenset(
    [
        "kind",
        "isinstance",
        "issubclass",
        "type",
        "hasattr",
        "getattr",
        "setattr",
        "vars",
        "dir",
        "id",
        "data",
        "globals",
        "locals",
        "eval",
        "exec",
        "sys",
        "inspect",
        "repr",
        "str",
        "format",
        "callable",
        "cache_info",
        "cache_parameters",
        "cache_clear",
        "format_map",
        "attrgetter",
        "methodcaller",
    ]
)
"""Names that let a body find out."""

DRAWS = frozenset(["random", "rand", "randn", "randint"])
"""Names by which it draws, in a module of numbers."""

TELLING = ("IS_OP", "MATCH_CLASS", "MATCH_KEYS", "MATCH_MAPPING", "MATCH_SEQUENCE")
"""Instructions that do (``is None`` is harmless)."""

WRITING = ("FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC", "CONVERT_VALUE")
"""Instructions by which something becomes text, which says what it is."""

KEEPING = ("STORE_GLOBAL", "STORE_ATTR", "DELETE_GLOBAL", "DELETE_ATTR")
"""Instructions by which it remembers."""

GLOBAL, OUTSIDE = ("LOAD_GLOBAL", "LOAD_NAME"), frozenset(["id", "hash", "open", "input"])
"""What tells where something lies in memory, what a process drew for its strings, or what is in a
file today."""

WRITERS = ("abc", "collections", "dataclasses", "enum", "functools", "typing")
"""Modules that write methods into classes of others."""

IMPORTING = dis.opmap["IMPORT_NAME"]

MOST = 10_000
"""Values that are looked into."""

MAKING = ("__init__", "__setstate__", "__set_name__")
"""Methods that make an object; all others may run whenever it is used."""


def watching(statement: Statement) -> str:
    """Why a statement could be another in another arithmetic, at another size, or the next time."""
    return next(filter(None, map(watches, bodies(statement))), "")


def left_to_chance(statement: Statement) -> str:
    """Why a statement is another each time it is read, or an empty string."""
    for body in bodies(statement):
        parts = list(reached(body))
        for code, near in parts:
            why = _chance(code, near) or next(filter(None, map(_source, near)), "")
            if why:
                return f"{code.co_name} {why} (line {code.co_firstlineno})"
        if orders(parts):
            return f"{body.__name__} {SET}"
    return ""


def watches(body: Any) -> str:
    """Why a body could be another the next time it runs, or an empty string."""
    home = _home(body)
    for code, near in reached(body):
        why = (
            _traces(code)
            or _steps(code, near)
            or _chance(code, near)
            or next(filter(None, map(_source, near)), "")
            or reaches(code, near, home)
        )
        if why:
            return f"{code.co_name} {why} (line {code.co_firstlineno})"
    return ""


def _traces(code: Any) -> str:
    if code.co_exceptiontable:
        return "catches exceptions"
    seen = [n for n in code.co_names if n in TRACES or (n.startswith("__") and n[-2:] == "__")]
    return f"asks for {seen[0]!r}" if seen else ""


def _steps(code: Any, near: Near) -> str:
    before = None
    for k, step in enumerate(steps(code)):
        if step.opname in TELLING and not (before and before.argval is None):
            return "asks what something is"
        writes = step.opname in WRITING or (step.argrepr[:1] == "%" and _has_form(code, near))
        if writes and not _complains(steps(code)[k:]):
            return "writes what something is"
        if step.opname in KEEPING:
            return f"keeps {step.argval!r}"
        before = step
    return ""


def _complains(rest: Sequence[Any]) -> bool:
    """Is the next thing that these steps do to raise an error?"""
    goes = (
        s.opname for s in rest if s.opname.startswith(("RAISE", "RETURN", "STORE", "POP", "JUMP"))
    )
    return next(goes, "").startswith("RAISE")


def _has_form(code: Any, near: Near) -> bool:
    """Is there a string that ``%`` could fill in?"""
    held = [*code.co_consts, *(value for _, value in near)]
    return any(isinstance(value, str | bytes) and "%" in str(value) for value in held)


def _chance(code: Any, near: Near) -> str:
    """A module of chance that it imports, or a draw from a module of numbers."""
    modules = {name for name, value in near if inspect.ismodule(value)}
    own = {name for name, _ in near}
    before = None
    for k, step in enumerate(steps(code)):
        if step.opname == "IMPORT_NAME" and telling(step.argval):
            return f"is left to {step.argval!r}"
        if step.argval in ("rvs", "__hash__"):
            return f"is left to {step.argval!r}"
        seeded = _is_seeded(steps(code)[k + 1 : k + 3])
        if step.argval in DRAWS and before is not None and before.argval in modules and not seeded:
            return f"is left to '{before.argval}.{step.argval}'"
        if step.opname in GLOBAL and step.argval in OUTSIDE and step.argval not in own:
            return f"is left to {step.argval!r}"
        before = step
    return ""


def _is_seeded(after: Sequence[Any]) -> bool:
    """Is it ``default_rng(0)``, which draws the same each time?"""
    said = [step.argval for step in after if step.opname.startswith("LOAD")]
    return said[:1] == ["default_rng"] and type(said[-1]) is int


def _source(named: tuple[str, Any]) -> str:
    """Something that gives another value each time."""
    name, value = named
    if isinstance(value, partial):
        held = (value.func, *value.args, *value.keywords.values())
        return next(filter(None, (_source((name, one)) for one in held)), "")
    owner = getattr(value, "__self__", None)
    if any(hasattr(one, "__next__") and not isinstance(one, type) for one in (value, owner)):
        return f"draws from {name!r}"
    made_in = [value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", "")]
    made_in += [type(value).__module__, type(owner).__module__]
    chance = any(telling(str(m)) for m in made_in)
    return f"is left to {name!r}" if chance else ""


# -- what a body reaches -------------------------------------------------------------------------
def bodies(statement: Statement) -> list[Any]:
    return [statement.form.body, *(d.build for d in statement.form.given.values())]


def reached(body: Any) -> Iterator[tuple[Any, Near]]:
    """The code of a body, of the functions in it and of those beside it that it calls, with what
    each can reach."""
    todo: list[tuple[Any, dict[str, Any]]] = [(getattr(body, "func", body), {})]
    seen = set()
    while todo:
        function, scope = todo.pop()
        wrapped = getattr(function, "__wrapped__", None)
        todo += [(wrapped, {})] if wrapped is not None else []
        code = getattr(function, "__code__", function if inspect.iscode(function) else None)
        if code is None or code in seen:
            continue
        seen.add(code)
        scope = getattr(function, "__globals__", scope)  # a function within sees what its own does
        near = _near(function, code, scope)
        yield code, near
        todo += [(c, scope) for c in code.co_consts if inspect.iscode(c)]
        todo += [(f, {}) for _, value in near for f in _called(value)]


def _home(body: Any) -> str:
    """The package that a body is of."""
    return str(getattr(body, "__module__", "")).split(".")[0]


def _near(function: Any, code: Any, scope: dict[str, Any]) -> Near:
    near = [(name, scope[name]) for name in code.co_names if name in scope]
    if IMPORTING in code.co_code[::2]:
        late = [step.argval for step in steps(code) if step.opname == "IMPORT_NAME"]
        near += [(name, sys.modules[name]) for name in late if name in sys.modules]
    modules = _modules(near, function)
    for module in modules:  # and those within them, as they are found
        inside = [(n, getattr(module, n)) for n in code.co_names if hasattr(module, n)]
        modules += [one for one in _modules(inside, function) if one not in modules]
        near += inside
    defaults = getattr(function, "__defaults__", None) or ()
    near += zip(code.co_varnames[code.co_argcount - len(defaults) :], defaults, strict=False)
    near += (getattr(function, "__kwdefaults__", None) or {}).items()  # choices
    cells = getattr(function, "__closure__", None) or ()
    for name, cell in zip(code.co_freevars, cells, strict=False):
        try:
            near.append((name, cell.cell_contents))
        except ValueError:  # a name that is not bound yet
            continue
    return near


def _modules(near: Near, function: Any) -> list[Any]:
    """Those that are the author's own."""
    return [v for _, v in near if inspect.ismodule(v) and own(v.__name__, _home(function))]


def _called(value: Any) -> Iterator[Any]:
    """The functions that may run when a value, or what it holds, is used, of those that are not the
    library's."""
    todo, seen = [value], dict[int, Any]()
    while todo and len(seen) < MOST:
        one = todo.pop()
        if type(one) in FIXED or inspect.ismodule(one) or id(one) in seen:
            continue
        seen[id(one)] = one  # kept, so that nothing else gets its number
        if inspect.isfunction(one):
            if not known(one.__module__):
                yield one
        elif inspect.ismethod(one):
            todo += [one.__func__, one.__self__]
        else:
            own = kinds(one)
            yield from (function for kind in own for function in _methods(kind))
            yield from _making(one)
            todo += [*(entries(one) or ()), *attributes(one), *(v for k in own for v in shared(k))]


def _making(value: Any) -> Iterator[Any]:
    """What a class of somebody's makes its objects with; a dataclass has that from Python."""
    kind = value if isinstance(value, type) else type(value)
    init = vars(kind).get("__init__")
    if inspect.isfunction(init) and not is_dataclass(kind) and not known(kind.__module__):
        yield init


def _methods(kind: type) -> Iterator[Any]:
    for name, held in vars(kind).items():
        inner = (getattr(held, n, None) for n in ("fget", "__func__", "func"))
        function = next((f for f in inner if inspect.isfunction(f)), held)
        if inspect.isfunction(function) and name not in MAKING and not _generated(kind, function):
            yield function


def _generated(kind: type, function: Any) -> bool:
    """Did the standard library write this method, of a dataclass, an enumeration, a named tuple?"""
    home = function.__globals__.get("__name__", "").split(".")[0]
    written = home in WRITERS or home.startswith("namedtuple_")
    return written or (is_dataclass(kind) and function.__code__.co_filename == "<string>")
