"""Bodies that could tell which arithmetic runs them, or how long an axis is.

Such a body may state one thing to the primes and another to the balls: nothing is proved of it.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator
from typing import Any

from fieldcheck.evidence.statement import Statement

TRACES = frozenset(
    [
        "kind",
        "isinstance",
        "issubclass",
        "type",
        "hasattr",
        "getattr",
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
    ]
)
"""Names that let a body find out."""

TELLING = ("IS_OP", "MATCH_CLASS", "MATCH_KEYS", "MATCH_MAPPING", "MATCH_SEQUENCE")
"""Instructions that do (``is None`` is harmless)."""


def watching(statement: Statement) -> str:
    """Why a statement could be another in another arithmetic, or at another size; or nothing."""
    given = statement.form.given.values()
    bodies = (statement.form.body, *(domain.build for domain in given))
    return next(filter(None, map(watches, bodies)), "")


def watches(body: Any) -> str:
    """Why a body could tell what runs it, or an empty string."""
    for code in _codes(body):
        where = f"(line {code.co_firstlineno})"
        if code.co_exceptiontable:
            return f"{code.co_name} catches exceptions {where}"
        seen = [n for n in code.co_names if n in TRACES or (n.startswith("__") and n[-2:] == "__")]
        if seen:
            return f"{code.co_name} asks for {seen[0]!r} {where}"
        before = None
        for step in dis.get_instructions(code):
            if step.opname in TELLING and not (before and before.argval is None):
                return f"{code.co_name} asks what something is {where}"
            before = step
    return ""


def _codes(body: Any) -> Iterator[Any]:
    """The code of a body, of the functions in it and of those beside it that it calls."""
    todo, seen = [inspect.unwrap(getattr(body, "func", body))], set()
    while todo:
        function = todo.pop()
        code = getattr(function, "__code__", function if inspect.iscode(function) else None)
        if code is None or code in seen:
            continue
        seen.add(code)
        yield code
        todo += [c for c in code.co_consts if inspect.iscode(c)]
        scope = getattr(function, "__globals__", {})
        cells = getattr(function, "__closure__", None) or ()
        near = [scope.get(name) for name in code.co_names]
        near += getattr(function, "__defaults__", None) or ()
        near += (getattr(function, "__kwdefaults__", None) or {}).values()  # choices
        for cell in cells:
            try:
                near.append(cell.cell_contents)
            except ValueError:  # a name that is not bound yet
                continue
        todo += [f for f in near if inspect.isfunction(f) and not _library(f)]


def _library(function: Any) -> bool:
    return str(function.__module__).startswith(("fieldcheck.arithmetic", "fieldcheck.relations"))
