"""Expression graphs: a body run once and written down, so that it can be taken apart.

A value is an array of nodes.  Equal expressions are one node, constants are folded, and a maximum
is recorded as ``b + relu(a - b)``, so that relu is the only decision in a graph (with ``step``, its
derivative).  Complex values are pairs (value, conjugate), as in the prime field.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.arithmetic.array import Array, Jet, Unsupported, Value
from fieldcheck.arithmetic.paired import Paired, entrywise

Entry = tuple[str, tuple[int, ...]]
Combination = Mapping[Entry | None, int | Fraction]
"""Coefficients of entries, and of 1."""


class Node:
    """One operation; ``args`` are nodes, except the name of a raw parameter or a constant's value.

    op:     raw, const, i, add, mul, div, relu, step, sqrt, exp, quotient (0 where the divisor is 0)
    fixed:  no decision and no root below: its residue is the same on every branch
    square: known to be nonnegative because it was made as z times conj(z)
    """

    __slots__ = ("__weakref__", "args", "fixed", "graph", "id", "op", "square")
    fixed: bool

    def __init__(self, graph: Graph, op: str, args: tuple[Any, ...], id: int) -> None:
        self.graph, self.op, self.args, self.id = graph, op, args, id
        self.square = False
        below = [a for a in args if isinstance(a, Node)]
        self.fixed = op not in ("relu", "step", "sqrt", "quotient", "exp") and all(
            a.fixed for a in below
        )

    def __add__(self, other: Node) -> Node:
        return self.graph.plus(self, other)

    def __sub__(self, other: Node) -> Node:
        return self.graph.plus(self, self.graph.times(self.graph.const(-1), other))

    def __mul__(self, other: Node) -> Node:
        return self.graph.times(self, other)

    def __truediv__(self, other: Node) -> Node:
        return self.graph.over(self, other)

    def __neg__(self) -> Node:
        return self.graph.times(self.graph.const(-1), self)

    @property
    def value(self) -> Fraction | None:
        """The number itself, if the node is a constant."""
        return self.args[0] if self.op == "const" else None

    def __repr__(self) -> str:
        return f"Node({self.op}, {self.args})"


def nodes(data: np.ndarray) -> list[Node]:
    """The nodes of half a value (numpy gives a single one without its array)."""
    return [data] if isinstance(data, Node) else list(data.ravel())


class Graph(Paired):
    """The arithmetic that writes a body down."""

    kind = "graph"

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self._orders: dict[int, list[Node]] = {}
        self._self_conjugate: set[int] = set()
        self._known_real: dict[int, bool] = {}
        self.units: list[list[Node]] = []

    # -- nodes -----------------------------------------------------------------------------------
    def node(self, op: str, *args: Any) -> Node:
        key = (op, *(a.id if isinstance(a, Node) else a for a in args))
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(self, op, args, len(self._nodes))
        return found

    def has(self, *ops: str) -> bool:
        """Has one of these operations been written down anywhere?"""
        return any(n.op in ops for n in self._nodes.values())

    # -- real values -----------------------------------------------------------------------------
    def is_real(self, node: Node) -> bool:
        """Is a node real at every real point, as far as its making shows?

        Only a real value has a sign: the square of a complex one need not be positive.
        """
        for n in self.order(node):
            if n.id not in self._known_real:
                below = (self._known_real[a.id] for a in n.args if isinstance(a, Node))
                made_real = n.id in self._self_conjugate
                self._known_real[n.id] = made_real or (n.op != "i" and all(below))
        return self._known_real[node.id]

    def _note_real(self, data: np.ndarray) -> None:
        """Entries whose conjugate is the same expression are real."""
        for x, y in zip(nodes(data[0]), nodes(data[1]), strict=True):
            if x is y:
                self._self_conjugate.add(x.id)
                self._known_real[x.id] = True

    def _need_real(self, name: str, data: np.ndarray) -> None:
        self._note_real(data)
        for x in (*nodes(data[0]), *nodes(data[1])):
            if not self.is_real(x):
                raise Unsupported(f"{name} of a value that is not written as a real one")

    def all(self, op: str) -> list[Node]:
        """All nodes of one kind, in order of writing."""
        return [n for n in self._nodes.values() if n.op == op]

    def const(self, value: int | Fraction) -> Node:
        return self.node("const", Fraction(value))

    def plus(self, a: Node, b: Node) -> Node:
        if a.value is not None and b.value is not None:
            return self.const(a.value + b.value)
        if a.value == 0:
            return b
        if b.value == 0:
            return a
        (c, x), (d, y) = self._scaled(a), self._scaled(b)
        if x is y:
            return self.times(self.const(c + d), x)
        return self.node("add", *sorted((a, b), key=lambda n: n.id))

    @staticmethod
    def _scaled(a: Node) -> tuple[Fraction, Node]:
        """A node as constant times node."""
        if a.op == "mul" and a.args[0].op == "const":
            return a.args[0].args[0], a.args[1]
        return Fraction(1), a

    def times(self, a: Node, b: Node) -> Node:
        if b.value is not None:
            a, b = b, a
        c = a.value
        if c is not None:
            if b.value is not None:
                return self.const(c * b.value)
            if c == 0:
                return self.const(0)
            d, y = self._scaled(b)
            return y if c * d == 1 else self.node("mul", self.const(c * d), y)
        (c, x), (d, y) = self._scaled(a), self._scaled(b)
        product = self.node("mul", *sorted((x, y), key=lambda n: n.id))
        return product if c * d == 1 else self.node("mul", self.const(c * d), product)

    def over(self, a: Node, b: Node) -> Node:
        if b.value is not None:
            if b.value == 0:
                raise ZeroDivisionError("division by zero in a body")
            return self.times(self.const(1 / b.value), a)
        return self.node("div", a, b)

    def order(self, root: Node) -> list[Node]:
        """All nodes below a node and itself, arguments first."""
        found = self._orders.get(root.id)
        if found is None:
            seen, found, stack = set(), [], [(root, False)]
            while stack:
                node, ready = stack.pop()
                if ready:
                    found.append(node)
                elif node.id not in seen:
                    seen.add(node.id)
                    stack.append((node, True))
                    stack += [(a, False) for a in reversed(node.args) if isinstance(a, Node)]
            self._orders[root.id] = found
        return found

    # -- values ----------------------------------------------------------------------------------
    def raw(
        self, name: str, shape: tuple[int, ...], pins: Mapping[Entry, Combination] = {}
    ) -> Array:
        """A real raw parameter: value and conjugate are the same nodes.  Pinned entries are
        combinations of others: {(name, index): {(name, index) or None: coefficient}}."""
        nodes = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            nodes[index] = self._entry(name, index, pins)
        return self.wrap(np.stack([nodes, nodes]))

    def _entry(self, name: str, index: tuple[int, ...], pins: Mapping[Entry, Combination]) -> Node:
        if (name, index) not in pins:
            return self.node("raw", name, index)
        total = self.const(0)
        for key, c in pins[name, index].items():
            term = self.const(c)
            if key is not None:
                term = self.times(term, self.node("raw", *key))
            total = self.plus(total, term)
        return total

    def _integer(self, n: int) -> np.ndarray:
        out = np.empty(2, dtype=object)
        out[:] = [self.const(n), self.const(n)]
        return out

    def _imaginary_unit(self) -> np.ndarray:
        out = np.empty(2, dtype=object)
        i = self.node("i")
        out[:] = [i, -i]
        return out

    def _mul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        return np.asarray(a * b, dtype=object)

    def _matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b, undo = self._as_matrices(a, b)
        return np.asarray(undo(np.matmul(a, b)), dtype=object)

    def _div(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        return np.asarray(a / b, dtype=object)

    def _conj(self, d: np.ndarray) -> np.ndarray:
        return d[::-1]

    def _real(self, d: np.ndarray) -> np.ndarray:
        half = self.const(Fraction(1, 2))
        v = entrywise(lambda x, y: (x + y) * half, d[0], d[1])
        out = np.stack([v, v])
        self._note_real(out)
        return out

    def _imag(self, d: np.ndarray) -> np.ndarray:
        scale = self.over(self.const(Fraction(1, 2)), self.node("i"))
        v = entrywise(lambda x, y: (x - y) * scale, d[0], d[1])
        out = np.stack([v, v])
        self._note_real(out)
        return out

    def _solve(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.stack([self._eliminate(a[k], b[k]) for k in (0, 1)])

    @staticmethod
    def _eliminate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        n = a.shape[0]
        rows = np.concatenate([a, b], axis=1)
        for c in range(n):
            p = next((r for r in range(c, n) if rows[r, c].value != 0), None)
            if p is None:
                raise ZeroDivisionError("singular matrix in a body")
            rows[[c, p]] = rows[[p, c]]
            rows[c] = rows[c] / rows[c, c]
            for r in range(n):
                if r != c:
                    rows[r] = rows[r] - rows[c] * rows[r, c]
        return rows[:, n:]

    # -- decisions and roots ---------------------------------------------------------------------
    def _relu_one(self, x: Node) -> Node:
        if x.value is not None:
            return self.const(max(x.value, Fraction(0)))
        return self.node("relu", x)

    def _step_one(self, x: Node) -> Node:
        if x.value:
            return self.const(1 if x.value > 0 else 0)
        return self.node("step", x)

    def _relu(self, d: np.ndarray) -> np.ndarray:
        self._need_real("relu", d)
        return entrywise(self._relu_one, d)

    def _step(self, d: np.ndarray) -> np.ndarray:
        self._need_real("relu", d)
        return entrywise(self._step_one, d)

    def _abs(self, d: np.ndarray) -> np.ndarray:
        self._note_real(d)
        if all(x is y for x, y in zip(nodes(d[0]), nodes(d[1]), strict=True)):
            return entrywise(lambda x: self._relu_one(x) + self._relu_one(-x), d)
        size: np.ndarray = self.sqrt(self.abs2(self.wrap(d))).data
        return size

    def _sgn(self, d: np.ndarray) -> np.ndarray:
        return entrywise(lambda x: self._step_one(x) - self._step_one(-x), d)

    def _maximum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        self._need_real("maximum", a)
        self._need_real("maximum", b)
        return entrywise(lambda x, y: y + self._relu_one(x - y), a, b)

    def _minimum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        self._need_real("minimum", a)
        self._need_real("minimum", b)
        return entrywise(lambda x, y: x - self._relu_one(x - y), a, b)

    def _sqrt_one(self, x: Node) -> Node:
        return x if x.value in (0, 1) else self.node("sqrt", x)

    def _sqrt(self, d: np.ndarray) -> np.ndarray:
        self._note_real(d)
        return entrywise(self._sqrt_one, d)

    def _exp(self, d: np.ndarray) -> np.ndarray:
        self._note_real(d)
        return entrywise(lambda x: self.const(1) if x.value == 0 else self.node("exp", x), d)

    def _unit(self, d: np.ndarray, axis: int) -> np.ndarray:
        norm = np.expand_dims(self.norm(self.wrap(d), axis=axis).data, axis)
        return entrywise(self._quotient, d, norm)

    def note_unit(self, d: np.ndarray, axis: int) -> None:
        """A vector that is brought to unit length and may vanish."""
        rows = np.moveaxis(d, axis, -1)
        rows = rows.reshape(2, math.prod(rows.shape[1:-1]), rows.shape[-1])  # of no entries, too
        self.units += [[*rows[0, k], *rows[1, k]] for k in range(rows.shape[1])]

    def _quotient(self, x: Node, n: Node) -> Node:
        """x / n, and 0 where n is 0."""
        if x.value == 0:
            return x
        return self.node("quotient", x, n)

    def abs2(self, x: Any) -> Value:
        y = super().abs2(x)
        core = y
        while isinstance(core, Jet):
            core = core.v
        self.note_square(core.data)
        return y

    def note_square(self, data: np.ndarray) -> None:
        """A squared modulus is real and not negative."""
        self._note_real(data)
        for node in nodes(data[0]):
            node.square = True

    def _sqrt_apart(self, d: np.ndarray) -> np.ndarray:
        """The root of what is not known to be nonnegative by its sign; it may be by its factors."""
        self._note_real(d)
        if not all(self._even(node) for node in nodes(d[0])):
            raise Unsupported("the square root of what may be negative")
        return self._sqrt(d)

    def _even(self, node: Node) -> bool:
        """Is a node a positive number times real factors, each an even number of times?"""
        factors: Counter[int] = Counter()
        todo = [node]
        while todo:
            one = todo.pop()
            if one.op == "mul":
                todo += one.args
            elif one.value is not None:
                if one.value < 0:
                    return False
            elif not self.is_real(one):
                return False
            else:
                factors[one.id] += 1
        return all(n % 2 == 0 for n in factors.values())

    def _scale_or_one(self, d: np.ndarray) -> np.ndarray:
        return self._full(d.shape[1:], 1)
