"""What a formula means: lengths, values, definitions, readings."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from typing import ClassVar

from fieldcheck.start.signs import Node, Unread

ADD, MUL, POWER, ATOM = 1, 2, 3, 4

RANKS = {"number": 0, "vector": 1, "matrix": 2}

ENTRYWISE = frozenset(("exp", "log", "sin", "cos", "tanh", "logistic", "softplus", "relu", "sqrt",
                       "sinh", "cosh", "arctan", "erf"))  # fmt: skip

FREELY = frozenset(("positive", "nonzero", "invertible"))
"""What may be assumed of a state that moves in any direction."""

COMPLEX = frozenset(("complex", "unitary", "hermitian", "antihermitian"))

LAWS = frozenset(("simplex", "joint", "stochastic"))
"""What a distribution is here."""

LARGEST = 6
"""The largest size that is tried."""

SQUARE = frozenset(("symmetric", "spd", "invertible", "orthogonal", "hermitian", "unitary", "skew",
                    "psd", "hollow", "antihermitian"))  # fmt: skip

COUNTS = ("value", "least", "integer", "unread", "where", "positive", "nonnegative", "nonzero")
"""What may be said of a size."""

POSITIVE = frozenset(("log", "sqrt"))

ZERO = Node("num", (Fraction(0),))

ONE, TWO = Node("num", (Fraction(1),)), Node("num", (Fraction(2),))


def of(name: str, x: Node) -> Node:
    return Node("call", (name, (x,)))


def logarithm(x: Node, sign: int) -> Node:
    """The logarithm of x + sqrt(x² ± 1)."""
    one = ONE if sign > 0 else Node("neg", (ONE,))
    root = of("sqrt", Node("add", (Node("pow", (x, TWO)), one)))
    return of("log", Node("add", (x, root)))


ELEMENTARY: dict[str, Callable[[Node], Node]] = {
    "tan": lambda x: Node("div", (of("sin", x), of("cos", x))),
    "cot": lambda x: Node("div", (of("cos", x), of("sin", x))),
    "sec": lambda x: Node("div", (ONE, of("cos", x))),
    "csc": lambda x: Node("div", (ONE, of("sin", x))),
    "coth": lambda x: Node("div", (of("cosh", x), of("sinh", x))),
    "sech": lambda x: Node("div", (ONE, of("cosh", x))),
    "csch": lambda x: Node("div", (ONE, of("sinh", x))),
    "arsinh": lambda x: logarithm(x, 1),
    "arcosh": lambda x: logarithm(x, -1),
    "artanh": lambda x: Node("div", (of("log", Node("div", (
        Node("add", (ONE, x)), Node("add", (ONE, Node("neg", (x,))))))), TWO)),
}  # fmt: skip
"""Functions by others, of a number."""


class Length:
    """A length of an axis: known by name, by number, or only by what it equals."""

    _numbers = count(1)
    marked: ClassVar[dict[int, Length]] = {}

    def __init__(self, name: str | int | None = None) -> None:
        self.name = name
        self.number = next(self._numbers)
        self._same: Length | None = None

    @property
    def root(self) -> Length:
        return self if self._same is None else self._same.root

    @property
    def mark(self) -> str:
        """What stands for the length in code until it is known."""
        self.marked[self.number] = self
        return f"⟦{self.number}⟧"

    def __str__(self) -> str:
        return str(self.root.name or "?")

    def unify(self, other: Length, what: str) -> None:
        a, b = self.root, other.root
        if a is b:
            return
        if a.name is not None and b.name is not None and a.name != b.name:
            apart = f"a length is {a.name} on one side and {b.name} on the other"
            raise Unread(f"{what} does not fit: {apart}")
        keep, drop = (a, b) if a.name is not None else (b, a)
        drop._same = keep


@dataclass(frozen=True)
class Value:
    """What a part of a formula is: free indices, shape, and the code that computes it."""

    code: str
    level: int = ATOM
    axes: tuple[str, ...] = ()
    shape: tuple[Length, ...] = ()
    row: bool = False
    plain: bool = False  # a Python number
    several: bool = False  # vectors or matrices, one for each number along the first axis

    def at(self, level: int) -> str:
        return self.code if self.level >= level else f"({self.code})"

    def describe(self) -> str:
        if not self.shape:
            return "a number"
        lengths = " x ".join(map(str, self.shape))
        return f"a {'row ' if self.row else ''}{'vector' if len(self.shape) == 1 else 'matrix'} ({lengths})"  # noqa: E501


@dataclass
class Definition:
    """What the article defines: a name or a function, with the formula for it."""

    name: str
    params: tuple[str, ...]
    body: Node
    label: str
    line: int
    pattern: Node
    indices: tuple[str, ...] = ()
    place: tuple[int, int] = (0, 0)
    printed: str = ""
    when: frozenset[str] = frozenset()
    """The symbols of which a formula must speak for it to hold there; none: it holds anyway."""
    ends: int = sys.maxsize
    """The sentence from which on it no longer holds."""
    excluded: frozenset[int] = frozenset()
    """The sentences in which it does not hold, since they say more of it."""
    only: frozenset[tuple[int, int]] = frozenset()
    """The displays for which alone it holds; none: it holds for all."""
    bare: bool = False
    """Does its name alone stand for its value, as after ``p = p(z) = …``?"""


@dataclass
class Helper:
    """A definition as a function of the claims file."""

    definition: Definition
    arguments: tuple[str, ...]
    code: str
    inputs: dict[str, Value]


@dataclass
class Reading:
    """A formula as a claim: inputs in order, the statement, and what was assumed to read it."""

    inputs: dict[str, Value]
    left: Value
    relations: list[tuple[str, str, str]]
    helpers: dict[str, Helper]
    notes: list[str]
    hypotheses: dict[str, set[str]]
    tools: set[str] = field(default_factory=set)
    where: list[str] = field(default_factory=list)
    allowed: dict[str, list[int]] = field(default_factory=dict)


def marked(code: str) -> list[Length]:
    """The lengths that code speaks of."""
    return [Length.marked[int(number)].root for number in re.findall("⟦(\\d+)⟧", code)]


Condition = Sequence[tuple[str, Node]]
"""A comparison: its sides, with the relation before each."""


def unreadable(tex: str) -> Condition:
    raise Unread(f"the condition {tex}")
