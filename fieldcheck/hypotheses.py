"""Hypotheses beside the domains: "x > y", "n != 0", "0 <= a < b", in any arithmetic.

Each compares two expressions in the inputs and primitives (``xp.det(A) > 0``), entry by entry: all
entries must meet it.  An equality is none of them: it leaves no open set to draw from, and is
written into the inputs instead.  What a body is not allowed (floats, names of its own) is not
allowed here.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from functools import cache
from typing import Any

POSITIVE, NONNEGATIVE, NONZERO = "positive", "nonnegative", "nonzero"

_MEANS: dict[type, tuple[str, int]] = {
    ast.Gt: (POSITIVE, 1),
    ast.Lt: (POSITIVE, -1),
    ast.GtE: (NONNEGATIVE, 1),
    ast.LtE: (NONNEGATIVE, -1),
    ast.NotEq: (NONZERO, 1),
}

_OPERATIONS = (
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult),
    *(ast.UnaryOp, ast.USub, ast.UAdd, ast.Load, ast.Tuple, ast.Slice, ast.Subscript),
)

Condition = tuple[str, Any]
"""What a value must be, and the value."""


@cache
def _read(text: str) -> tuple[tuple[str, Any, Any], ...]:
    """(what the first side less the second must be, both sides as code)."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(f"where: {text!r} does not read") from None
    if not isinstance(tree, ast.Compare):
        raise ValueError(f"where: {text!r} is no comparison")
    for node in ast.walk(tree):
        if reason := _refused(node, tree):
            raise ValueError(f"where: {text!r} has {reason}")
    sides = [tree.left, *tree.comparators]
    found = []
    for a, op, b in zip(sides, tree.ops, sides[1:], strict=False):
        if type(op) not in _MEANS:
            raise ValueError(f"where: {text!r} compares otherwise than by <, <=, >, >= and !=")
        kind, sign = _MEANS[type(op)]
        first, second = (a, b) if sign > 0 else (b, a)
        found.append((kind, _code(first), _code(second)))
    return tuple(found)


def _code(side: ast.expr) -> Any:
    exact = _Exact().visit(copy.deepcopy(side))
    return compile(ast.fix_missing_locations(ast.Expression(exact)), "<where>", "eval")


class _Exact(ast.NodeTransformer):
    """What is divided or raised to a power is a number of the arithmetic: of two integers Python
    would make a float."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.BinOp:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div | ast.Pow) and _is_integer(node.left):
            node.left = ast.BinOp(_ONE, ast.Mult(), node.left)
        return node


_ONE = ast.parse("xp.one", mode="eval").body


def _is_integer(node: ast.expr) -> bool:
    """Is it made of integers alone?"""
    inner = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)
    return all(isinstance(part, inner) for part in ast.walk(node))


def _refused(node: ast.AST, whole: ast.Compare) -> str:
    """What is not allowed of a node, in words."""
    if node is whole or isinstance(node, (*_OPERATIONS, ast.Name, ast.cmpop, ast.keyword)):
        return ""
    if isinstance(node, ast.Constant):
        fine = isinstance(node.value, int) and not isinstance(node.value, bool)
        return (
            "" if fine else f"{node.value!r}: only integers are exact (write 1 / 2 as xp.one / 2)"
        )
    if isinstance(node, ast.Attribute):
        of_xp = isinstance(node.value, ast.Name) and node.value.id == "xp"
        plain = of_xp and not node.attr.startswith("_")
        return "" if plain or node.attr == "T" else f"the attribute {node.attr!r}"
    if isinstance(node, ast.Call):
        return "" if isinstance(node.func, ast.Attribute) else "a call that is no primitive's"
    return f"what is no expression in the inputs ({type(node).__name__})"


def names(text: str) -> set[str]:
    """The inputs that a hypothesis speaks of.

    Raises:
        ValueError: it does not read; the message says why.
    """
    _read(text)
    found = (n.id for n in ast.walk(ast.parse(text.strip())) if isinstance(n, ast.Name))
    return set(found) - {"xp"}


@cache
def numbers(texts: tuple[str, ...]) -> tuple[Fraction, ...]:
    """The numbers that hypotheses are written with, ``1 + xp.one / 10`` among them."""
    found = []
    for text in texts:
        for node in ast.walk(ast.parse(text.strip())):
            if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Constant):
                with suppress(NameError, AttributeError, ArithmeticError, TypeError):
                    value = eval(_code(node), {"__builtins__": {}, "xp": _One})
                    found.append(Fraction(value))
    return tuple(dict.fromkeys(found))


class _One:
    """Of the primitives what a number is written with."""

    one = Fraction(1)


def conditions(texts: tuple[str, ...], xp: Any, inputs: Mapping[str, Any]) -> Iterator[Condition]:
    """What the inputs must meet, as values of an arithmetic."""
    known = {"__builtins__": {}, "xp": xp, **inputs}
    for text in texts:
        for kind, first, second in _read(text):
            a, b = (eval(side, dict(known)) for side in (first, second))
            yield kind, xp.sub(a, b)
