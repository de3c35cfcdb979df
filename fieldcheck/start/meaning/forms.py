"""What is seen of a formula's tree before it is read."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fieldcheck.start.formulas import Declared
from fieldcheck.start.meaning.values import ENTRYWISE, POSITIVE, Condition
from fieldcheck.start.signs import MEANS, Node, Unread


def pairs_of(sides: Condition) -> Iterator[tuple[Node, str, Node]]:
    """The comparisons of a chain from the lesser to the greater side; one with the least or the
    greatest of some numbers is one with each of them."""
    for (_, a), (sign, b) in itertools.pairwise(sides):
        if sign in (">", ">="):
            a, b, sign = b, a, sign.replace(">", "<")
        lower = a.args[1] if a.op == "call" and a.args[0] == "maximum" else (a,)
        upper = b.args[1] if b.op == "call" and b.args[0] == "minimum" else (b,)
        for one, other in itertools.product(lower, upper):
            if "call" in (one.op, other.op):
                raise Unread("of the least or the greatest of some sizes")
            yield one, sign, other


def is_mean(name: str) -> bool:
    return name.partition("_")[0] in MEANS.values()


def numbered(node: Any, name: str) -> bool:
    """Is an index used as a number in a formula, and not below a letter?"""
    if isinstance(node, tuple):
        return any(numbered(each, name) for each in node)
    if not isinstance(node, Node):
        return False
    if node.op in ("sum", "prod", "max", "min", "corners") and node.args[0] == name:
        return False
    return node == Node("sym", (name,)) or numbered(node.args, name)


def may_fail(node: Any) -> bool:
    """Is there a division, a root or a logarithm in a formula?"""
    if not isinstance(node, Node):
        return isinstance(node, tuple) and any(map(may_fail, node))
    if node.op in ("inv", "norm", "pow") or (node.op == "div" and node.args[1].op != "num"):
        return node.op != "pow" or node.args[1].op != "num" or may_fail(node.args[0])
    if node.op == "call" and node.args[0] == "log" and node.args[1][0].op == "call":
        return node.args[1][0].args[0] != "cosh" or any(map(may_fail, node.args[1][0].args))
    is_safe = node.op != "call" or node.args[0] in ENTRYWISE - POSITIVE
    return not is_safe or any(map(may_fail, node.args))


def assumed(said: Declared) -> bool:
    """Is something said of single rows or columns?"""
    return bool(said.hypotheses - {"complex", "nonzero"})


def free_indices(node: Any, sizes: Collection[str] = ()) -> set[str]:
    """The indices of a formula over which nothing in it runs; a size below a letter is none."""
    if isinstance(node, tuple):
        return set().union(*(free_indices(each, sizes) for each in node))
    if not isinstance(node, Node):
        return set()
    if node.op == "index":
        return free_indices(node.args[0], sizes) | (set(node.args[1]).difference(sizes))
    if node.op in ("label", "delta"):
        return set(node.args[1:] if node.op == "label" else node.args)
    if node.op == "component":
        return free_indices(node.args[0], sizes) | {node.args[1]}
    if node.op in ("sum", "prod", "max", "min"):
        return free_indices(node.args[3], sizes) - {node.args[0]}
    if node.op == "apart":
        return free_indices(node.args[4], sizes)
    if node.op == "pairs":
        return free_indices(node.args[4], sizes) - set(node.args[:2])
    return free_indices(node.args, sizes)


def large(node: Node) -> str:
    return str(node.args[0]).upper()


def is_entry_letter(name: str, declared: Mapping[str, Declared]) -> bool:
    """A small letter that nothing is said of, where its capital is a matrix."""
    matrix = declared.get(name.upper())
    is_small = len(name) == 1 and name.islower()
    return is_small and name not in declared and matrix is not None and matrix.rank == 2
