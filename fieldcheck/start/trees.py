"""Walks over the trees of formulas: what they are derived in, rest on, and speak of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.signs import Node, Unread, called

SLOPES = ("partial", "gradient")
"""Derivatives of first order in what a formula names."""
DERIVATIVES = (*SLOPES, "hessian", "laplacian", "divergence", "along", "prime", "rate")


def variables_of(node: object) -> set[str]:
    """The symbols in which a formula is derived."""
    if not isinstance(node, Node):
        return set().union(*map(variables_of, node)) if isinstance(node, tuple) else set()
    found = variables_of(node.args)
    if node.op in ("gradient", "hessian", "partial", "divergence", "laplacian"):
        wrt = node.args[1]
        if wrt is None and node.args[0].op == "call" and len(node.args[0].args[1]) == 1:
            (wrt,) = node.args[0].args[1]
        if wrt is not None and wrt.op == "index":
            wrt = wrt.args[0]
        if wrt is not None and wrt.op == "sym":
            found.add(wrt.args[0])
    return found


def solved(left: Node, right: Node) -> tuple[Node, Node]:
    r"""``i \dot X = F`` as ``\dot X = F / i``: how something moves, without a factor before it."""
    factors = left.args if left.op == "mul" else (left.args[0],) if left.op == "neg" else ()
    if left.op == "neg" and left.args[0].op == "mul":
        factors = left.args[0].args
    rates = [f for f in factors if "rate" in (f.op, f.args[0].op if f.op == "index" else "")]
    rest = [f for f in factors if f not in rates]
    if len(rates) != 1 or any(f.op not in ("imaginary", "num") for f in rest):
        return left, right
    right = Node("neg", (right,)) if left.op == "neg" else right
    for each in rest:
        right = Node("div", (right, each))
    return rates[0], right


def reached(whole: Node, definitions: Sequence[Definition]) -> set[str]:
    """The names in a formula, and in what it rests on."""
    by_name = {d.name: d for d in definitions}
    names, found = list(called(whole)), set()
    while names:
        name = names.pop()
        if name not in found and name in by_name:
            own = set(by_name[name].params)
            names += [n for n in called(by_name[name].body) if n not in own]
        found.add(name)
    return found


def derived(node: object, name: str, above: tuple[Node, ...] = ()) -> Iterator[tuple[Node, ...]]:
    """The derivatives that each occurrence of a symbol or a function in a tree stands under."""
    if isinstance(node, tuple):
        for each in node:
            yield from derived(each, name, above)
    elif isinstance(node, Node):
        if node.op in ("sym", "call") and node.args[0] == name:
            yield above
        yield from derived(node.args, name, (*above, node) if node.op in DERIVATIVES else above)


def has_two_indices(node: object, name: str) -> bool:
    """Is a symbol seen with two indices in a tree?"""
    if not isinstance(node, Node):
        return isinstance(node, tuple) and any(has_two_indices(each, name) for each in node)
    if node.op == "index" and node.args[0] == Node("sym", (name,)) and len(node.args[1]) == 2:
        return True
    return any(has_two_indices(each, name) for each in node.args)


def at_points(body: Node, definitions: Sequence[Definition]) -> tuple[tuple[str, ...], Node]:
    """``V = V_2 + V_4``, of functions, as what V is at their argument."""
    by_name = {d.name: d for d in definitions if d.params}
    inside = [by_name[n] for n in called(body) if n in by_name]
    if not inside or len({len(d.params) for d in inside}) > 1:
        raise Unread("a function that is made of others")
    params = inside[0].params
    arguments = tuple(Node("sym", (each,)) for each in params)

    def applied(node: object) -> object:
        if isinstance(node, tuple):
            return tuple(map(applied, node))
        if not isinstance(node, Node) or node.op == "call":
            return node
        if node.op == "sym" and node.args[0] in by_name:
            return Node("call", (node.args[0], arguments))
        return Node(node.op, tuple(map(applied, node.args)))

    made = applied(body)
    assert isinstance(made, Node)
    return params, made
