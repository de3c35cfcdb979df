"""Residues along one branch: an expression graph evaluated in a prime field, decisions and all.

On a branch every relu is either its argument or zero, so what is left is a rational function of the
raw parameters.  Which of the two it is cannot be read off a residue: it is *decided*, and the
decisions of a run are its branch.  A decision is remembered by the residue of its argument, so that
equal arguments agree and opposite ones disagree, and it is not taken where the sign is known:

- squares, square roots and exponentials of real values, sums and products of what is known;
- products and quotients: their factors are decided instead;
- an argument that is a known multiple of one decided before.

Only real values have signs; a decision on one that is not known to be real is not supported.

Square roots: a root that some node already has as its residue, up to sign, is that node's absolute
value (so the root of a square is the absolute value), and a root that is a node times another root
is that node's absolute value times it.  Otherwise both roots are taken in turn, as a decision of
its own kind; an identity must hold for both.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.graph import Graph, Node
from fieldcheck.arithmetic.prime import Unlucky, _root_of_minus_one, random_prime, root

SMALL = 16


@dataclass
class Field:
    """A random prime and a random point: residues of the raw parameters, drawn on demand."""

    p: int
    rng: random.Random
    i: int
    raws: dict[tuple[Any, ...], int] = field(default_factory=dict)
    fixed: dict[int, int] = field(default_factory=dict)
    exps: dict[int, int] = field(default_factory=lambda: {0: 1})

    @classmethod
    def random(cls, rng: random.Random, p: int | None = None) -> Field:
        p = p or random_prime(rng)
        return cls(p, rng, _root_of_minus_one(p, rng))

    def raw(self, key: tuple[Any, ...]) -> int:
        value = self.raws.get(key)
        if value is None:
            value = self.raws[key] = self.rng.randrange(1, self.p)
        return value

    def exp(self, x: int) -> int:
        """A free symbol with exp(0) = 1 and exp(-x) = 1/exp(x): what holds for it holds for exp."""
        if x not in self.exps:
            self.exps[x] = self.rng.randrange(1, self.p)
            self.exps[self.p - x] = self.inverse(self.exps[x])
        return self.exps[x]

    def inverse(self, x: int) -> int:
        if x == 0:
            raise Unlucky("division by zero")
        return pow(x, -1, self.p)


class Walk:
    """One run through a graph; ``prefix`` holds the first choices, the rest are taken positive.

    choices: all decisions taken, in order (True: positive, or the smaller root)
    atoms:   (node, sign) of each decision on a sign
    roots:   residues of the square roots taken
    """

    def __init__(self, graph: Graph, where: Field, prefix: tuple[bool, ...] = ()) -> None:
        self.graph, self.field, self.p, self.prefix = graph, where, where.p, prefix
        self.choices: list[bool] = []
        self.atoms: list[tuple[Node, int]] = []
        self.roots: list[int] = []
        self.residue: dict[int, int] = {}
        self.sign: dict[int, int] = {0: 0}
        self.seen: dict[int, Node] = {}
        for n in range(1, SMALL + 1):
            self._learn(n, 1)

    def run(self, root: Node) -> int:
        """The residue of a node on this branch."""
        for node in self.graph.order(root):
            if node.id in self.residue:
                continue
            if node.fixed:
                value = self.field.fixed.get(node.id)
                if value is None:
                    value = self.field.fixed[node.id] = self._value(node)
            else:
                value = self._value(node)
            self.residue[node.id] = value
            if value:
                self.seen.setdefault(value, node)
                if value not in self.sign:
                    known = self._infer(node)
                    if known:
                        self._learn(value, known)
        return self.residue[root.id]

    # -- values ----------------------------------------------------------------------------------
    def _value(self, node: Node) -> int:
        p, r, a = self.p, self.residue, node.args
        match node.op:
            case "add":
                return (r[a[0].id] + r[a[1].id]) % p
            case "mul":
                return r[a[0].id] * r[a[1].id] % p
            case "const":
                c: Fraction = a[0]
                return c.numerator * self.field.inverse(c.denominator % p) % p
            case "raw":
                return self.field.raw(a)
            case "relu":
                return r[a[0].id] if self.decide(a[0]) > 0 else 0
            case "div":
                return r[a[0].id] * self.field.inverse(r[a[1].id]) % p
            case "quotient":
                bottom = r[a[1].id]
                return r[a[0].id] * self.field.inverse(bottom) % p if bottom else 0
            case "step":
                sign = self.decide(a[0])
                if sign == 0:  # no derivative there: any value, so nothing may depend on it
                    return self.field.rng.randrange(1, p)
                return 1 if sign > 0 else 0
            case "sqrt":
                return self._root(a[0])
            case "exp":
                return self.field.exp(r[a[0].id])
            case "i":
                return self.field.i
        raise Unsupported(node.op)

    def _root(self, arg: Node) -> int:
        x = self.residue[arg.id]
        if x == 0:
            return 0
        if pow(x, (self.p - 1) // 2, self.p) != 1:
            raise Unlucky("no square root")
        y = root(x, self.p)
        node = self.seen.get(y) or self.seen.get(self.p - y)
        if node is not None:
            same = self.residue[node.id] == y
            return y if same == (self.decide(node) > 0) else self.p - y
        for other in self.roots:  # a root of t² q beside one of q: the factor's absolute value
            ratio = y * pow(other, -1, self.p) % self.p
            for r in (ratio, self.p - ratio, pow(ratio, -1, self.p), pow(-ratio, -1, self.p)):
                node = self.seen.get(r)
                if node is not None:
                    same = r == ratio or r * ratio % self.p == 1
                    y = y if same == (self.decide(node) > 0) else self.p - y
                    return self._taken(arg, y)
        small, large = min(y, self.p - y), max(y, self.p - y)
        return self._taken(arg, small if self._choose() else large)

    def _taken(self, arg: Node, y: int) -> int:
        """Remember a root; that of a real value is positive."""
        if self.graph.is_real(arg):
            self._learn(y, 1)
        self.roots.append(y)
        return y

    # -- signs -----------------------------------------------------------------------------------
    def _learn(self, residue: int, sign: int) -> None:
        self.sign[residue] = sign
        self.sign[self.p - residue] = -sign

    def _infer(self, node: Node, deep: dict[int, int | None] | None = None) -> int | None:
        """The sign, if it follows from the node's form and what is decided.

        ``deep`` remembers the nodes visited; without it only the arguments' known signs count.
        """
        value = self.residue[node.id]
        known = self.sign.get(value)
        if known is not None:
            return known
        if deep is not None and node.id in deep:
            return deep[node.id]

        def of(x: Node) -> int | None:
            if deep is None:
                return self.sign.get(self.residue[x.id])
            return self._infer(x, deep)

        a = node.args
        if node.square or node.op in ("relu", "step"):
            known = 1
        elif node.op == "const":
            known = 1 if a[0] > 0 else -1
        elif node.op in ("sqrt", "exp") or (node.op == "mul" and a[0] is a[1]):
            known = 1 if self.graph.is_real(a[0]) else None
        elif node.op in ("mul", "div", "quotient"):
            left, right = of(a[0]), of(a[1])
            known = left * right if left is not None and right is not None else None
        elif node.op == "add":
            left = of(a[0])
            known = left if left is not None and left == of(a[1]) else None
        if known:
            self._learn(value, known)
        if deep is not None:
            deep[node.id] = known
        return known

    def decide(self, node: Node) -> int:
        """The sign of a node on this branch: 1, -1, or 0 where it vanishes on all of it."""
        value = self.residue[node.id]
        known = self._infer(node, {})
        if known is not None:
            return known
        if not self.graph.is_real(node):
            raise Unsupported("the sign of a value that is not known to be real")
        apart = node.op in ("mul", "div", "quotient") and all(map(self.graph.is_real, node.args))
        if apart:
            left, right = node.args
            sign = self.decide(left) * self.decide(right)
        else:
            sign = self._multiple(value) or self._decided(node)
        self._learn(value, sign)
        return sign

    def _multiple(self, value: int) -> int | None:
        for node, sign in self.atoms:
            ratio = value * pow(self.residue[node.id], -1, self.p) % self.p
            for r in (ratio, pow(ratio, -1, self.p)):
                if r in self.sign:
                    return self.sign[r] * sign
        return None

    def _decided(self, node: Node) -> int:
        sign = 1 if self._choose() else -1
        self.atoms.append((node, sign))
        return sign

    def _choose(self) -> bool:
        k = len(self.choices)
        choice = self.prefix[k] if k < len(self.prefix) else True
        self.choices.append(choice)
        return choice


def following(choices: list[bool]) -> tuple[bool, ...] | None:
    """The first choices of the next branch in order, or None after the last."""
    last = len(choices) - 1
    while last >= 0 and not choices[last]:
        last -= 1
    return None if last < 0 else (*choices[:last], False)
