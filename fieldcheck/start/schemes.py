r"""What an article defines of any functions: ``\{f, g\}``, ``f^*(y)``, a proximal point.

Such a definition is no function of the claims file. Where one is used, its formula stands in its
place, with other functions and other numbers in it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from fieldcheck.start.article import Article, formulas_of
from fieldcheck.start.formulas import Declared, is_symbol
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.prose import Place
from fieldcheck.start.sides import left_side
from fieldcheck.start.signs import FONTS, Node, Unread, named, normal, spelled, unfonted

BRACES, CONJUGATE, SCALED = "braces", "conjugate", "scaled"


@dataclass
class Schemes:
    """The definitions of an article that speak of any functions."""

    names: set[str] = field(default_factory=set)
    count: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    bodies: dict[str, tuple[tuple[Node, ...], Node]] = field(default_factory=dict)

    def expanded(self, node: Any) -> Any:
        """A tree in which each use is written out."""
        if isinstance(node, tuple):
            return tuple(map(self.expanded, node))
        if not isinstance(node, Node):
            return node
        if (
            node.op in ("gradient", "hessian", "laplacian")
            and node.args[1] is None
            and (node.args[0].op == "scheme" and node.args[0].args[1].op == "sym")
        ):  # in the variable that is typed
            node = Node(node.op, (node.args[0], node.args[0].args[1]))
        if node.op != "scheme":
            return Node(node.op, self.expanded(node.args))
        name, *arguments = node.args
        if name not in self.bodies:
            raise Unread(f"{name} is defined by what was not read")
        params, body = self.bodies[name]
        values, functions = {}, {}
        times: Node | None = None  # of a function that is typed with a number before it
        for param, argument in zip(params, arguments, strict=True):
            if param.op == "num":
                times = self.expanded(argument) if argument != param else None
            elif param.op == "function":
                scaled = Node("function", (SCALED, times, argument))
                functions[param.args[0]] = argument if times is None else scaled
            else:
                values[param.args[0]] = self.expanded(argument)
        return self.expanded(self._put(body, values, functions))

    def _put(self, node: Any, values: Mapping[str, Node], functions: Mapping[str, Node]) -> Any:
        """A formula with other symbols and functions; what runs over a set gets a new name."""
        if isinstance(node, tuple):
            return tuple(self._put(each, values, functions) for each in node)
        if not isinstance(node, Node):
            return node
        if node.op == "extreme":
            kind, name, space, body, at = node.args
            own = f"{name}_{next(self.count)}"
            inside = {**values, name: Node("sym", (own,))}
            return Node("extreme", (kind, own, space, self._put(body, inside, functions), at))
        if node.op in ("sum", "prod", "max", "min"):  # its index is none of what is put in
            own = f"{node.args[0]}{next(self.count)}"
            node = Node(node.op, (own, *_renumbered(node.args[1:], node.args[0], own)))
            return Node(node.op, (own, *self._put(node.args[1:], values, functions)))
        if node.op == "partial" and node.args[0].op == "sym" and node.args[0].args[0] in values:
            return Node("slot", self._put(node.args, values, functions))
        if node.op == "sym" and node.args[0] in values:
            return values[node.args[0]]
        if node.op == "sym" and node.args[0] in functions:
            return Node("sym", (_plain(functions[node.args[0]]),))
        if node.op == "call" and node.args[0] in functions:
            return _applied(functions[node.args[0]], self._put(node.args[1], values, functions))
        if node.op == "function" and node.args[0] in functions:
            return functions[node.args[0]]
        return Node(node.op, self._put(node.args, values, functions))


def _renumbered(node: Any, old: str, new: str) -> Any:
    """A formula in which an index has another name."""
    if node == old:
        return new
    if isinstance(node, tuple):
        return tuple(_renumbered(each, old, new) for each in node)
    if not isinstance(node, Node):
        return node
    if node.op in ("index", "delta", "label", "component"):
        return Node(node.op, _renumbered(node.args, old, new))
    if node.op == "sym":
        return Node("sym", (new,)) if node.args[0] == old else node
    return Node(node.op, tuple(
        _renumbered(each, old, new) if isinstance(each, Node | tuple) else each
        for each in node.args
    ))  # fmt: skip


def any_functions(
    article: Article, scheme: tuple[tuple[Node, ...], Node], known: Collection[str], place: Place
) -> tuple[list[Definition], dict[str, Declared]]:
    r"""The letters in braces of which an article says no more than that they are functions: a
    polynomial of the variables in which the braces derive stands for each."""
    params, body = scheme
    variables = sorted(set(_derived_in(body)))
    letters = {p.args[0] for p in params if p.op == "sym"}
    for run in formulas_of(article, "="):
        for at, token in enumerate(run):
            if token == r"\{":
                inside = list(itertools.takewhile(lambda t: t not in (r"\}", "="), run[at + 1 :]))
                letters |= {named(t) for t in inside if is_symbol([t])}
    made: list[Definition] = []
    parts: dict[str, Declared] = {}
    for name in sorted(letters - set(variables) - set(known)):
        terms: list[Node] = []
        for variable in variables:
            slope = f"{name}_slope_{variable}"
            parts[slope] = Declared(slope, 1, ("",))
            terms.append(Node("inner", (Node("sym", (slope,)), Node("sym", (variable,)))))
        total = Node("add", tuple(terms)) if len(terms) > 1 else terms[0]
        square = Node(
            "mul", (Node("num", (Fraction(2),)), Node("pow", (total, Node("num", (Fraction(3),)))))
        )
        bend = [Node("inner", (Node("sym", (variables[0],)), Node("sym", (v,)))) for v in variables]
        size = f"{name}_size"
        parts[size] = Declared(size, 0)
        twist = Node("mul", (Node("sym", (size,)), bend[-1]))
        made.append(Definition(
            name, (), Node("add", (total, square, twist)), "", 0,
            Node("sym", (name,)), place=place,
            printed=f"{name} is any smooth function of {', '.join(variables)}: "
                    "here a polynomial of degree three",
        ))  # fmt: skip
    return made, parts


def _derived_in(node: Any) -> Iterator[str]:
    if isinstance(node, tuple):
        for each in node:
            yield from _derived_in(each)
    elif isinstance(node, Node):
        if node.op in ("partial", "gradient") and isinstance(node.args[1], Node):
            wrt = node.args[1].args[0] if node.args[1].op == "index" else node.args[1]
            yield str(wrt.args[0])
        yield from _derived_in(node.args)


def _applied(function: Node, arguments: tuple[Node, ...]) -> Node:
    if function.args[0] == SCALED:
        return Node("mul", (function.args[1], _applied(function.args[2], arguments)))
    if function.args[0] == CONJUGATE:
        return Node("scheme", (CONJUGATE, *arguments, function.args[1]))
    return Node("call", (function.args[0], arguments))


def _plain(function: Node) -> str:
    if function.args[0] in (CONJUGATE, SCALED):
        raise Unread("a conjugate without an argument")
    return str(function.args[0])


def schemes_of(article: Article, functions: Collection[str]) -> Schemes:
    """The names of what an article defines so."""
    found = Schemes()
    words = " ".join(str(w) for s in article.sentences for kind, w in s.pieces if kind == "text")
    speaks = re.search(r"\bconjugates?\b", words) and not re.search(r"\bconjugate transpose", words)
    for run in formulas_of(article, "="):
        left = left_side(tuple(run))
        plain = unfonted(left)
        if len(plain) == 5 and plain[0] == r"\{" and plain[2] == "," and plain[4] == r"\}":
            found.names.add(BRACES)
        marked = [spelled(t) for t in plain[1:3]]
        if speaks and marked in (["^", "*"], ["^", r"\ast"], ["^", r"\star"]) and (
            plain[3:4] == ["("] and named(plain[0]) in functions
        ):  # fmt: skip
            found.names.add(CONJUGATE)
        base = left[:2] if left[:1] and left[0] in FONTS else left[:1]
        rest = left[len(base) :]
        if rest[:1] == ["_"] and rest[2:3] == ["("] and is_symbol(base):
            script = rest[1] if isinstance(rest[1], tuple) else (rest[1],)
            inside = [named(t) for t in unfonted(normal(script)) if is_symbol([t])]
            if inside and inside[-1] in functions and len(inside) < 3:
                found.names.add(named(base[-1]))
    return found
