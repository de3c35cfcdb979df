"""The lines of the library that ask which device there is, and which of them were run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME = Path(__file__).parents[3] / "fieldcheck"
PARTS = ("ops", "bench", "cones", "fields")
Lines = dict[str, set[int]]


def lines() -> Lines:
    """By file: where a device's kind is asked for, ``torch.cuda`` is used, or "cuda" is said; and
    where an ``if`` about it leads on a GPU."""
    found: Lines = {}
    for part in PARTS:
        for path in sorted((HOME / part).rglob("*.py")):
            if own := of(ast.parse(path.read_text(encoding="utf-8"))):
                found[str(path)] = own
    return found


def of(tree: ast.AST) -> set[int]:
    found = {node.lineno for node in ast.walk(tree) if speaks(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp):
            found |= {part.lineno for part in ast.walk(node.test) if on_a_gpu(part)}
        if isinstance(node, ast.If) and any(map(on_a_gpu, ast.walk(node.test))):
            found.add(node.body[0].lineno)
    return found


def speaks(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="type", value=ast.Attribute(attr="device") | ast.Name(id="device")):
            return True
        case ast.Attribute(attr="cuda", value=ast.Name(id="torch")):
            return True
        case ast.Attribute(attr="is_cuda"):
            return True
    return isinstance(node, ast.Constant) and node.value == "cuda"


def on_a_gpu(node: ast.AST) -> bool:
    """Does a test hold there, as far as it can be told from this part of it?"""
    match node:
        case ast.Compare(ops=[ast.NotEq()], comparators=[ast.Constant(value="cpu")]):
            return True
        case ast.Compare(ops=[ast.Eq()], comparators=[ast.Constant(value="cuda")]):
            return True
        case ast.Name(id="cuda") | ast.Attribute(attr="is_cuda"):
            return True
        case ast.Attribute(attr="is_available", value=ast.Attribute(attr="cuda")):
            return True
    return False


@contextmanager
def seen(wanted: Lines) -> Iterator[Lines]:
    """The lines of these files that are run meanwhile, in this thread."""
    found: Lines = {file: set() for file in wanted}

    def line(frame, event, _):
        found[frame.f_code.co_filename].add(frame.f_lineno)
        return line

    def call(frame, event, _):
        return line if frame.f_code.co_filename in found else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield found
    finally:
        sys.settrace(before)
