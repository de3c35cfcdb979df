r"""From a formula's tree to the body of a claim, with the shapes worked out.

A value has a shape of at most two axes, and before them one axis for each index that is free in it:
``x_i`` is the array x with the axis i, and a sum over i is a sum over that axis.  Lengths are
unified as the formula is read; what does not fit raises :class:`Unread` with both lengths.  That
reads little of vectors with an index. There the formula is read in loops: an index is a number of
Python's, ``x_i`` is ``x[i]``, and a sum over i is one of Python's, for one size at a time.  Code is
text with marks for lengths, which are replaced when all of them are known.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count
from typing import Any, ClassVar

from fieldcheck.start.grammar import MEAN_CALLS, MEANS, SPECTRA, Node, Unread, called, symbols
from fieldcheck.start.prose import Declared, is_open

ADD, MUL, POWER, ATOM = 1, 2, 3, 4
RANKS = {"number": 0, "vector": 1, "matrix": 2}
ENTRYWISE = frozenset(("exp", "log", "sin", "cos", "tanh", "logistic", "softplus", "relu", "sqrt",
                       "sinh", "cosh", "arctan", "erf"))  # fmt: skip
OPERATOR = frozenset(("op", "mathrmop", "textop", "operatornameop", "mathrm{op}"))
FREELY = frozenset(("positive", "nonzero", "invertible"))
"""What may be assumed of a state that moves in any direction."""
COMPLEX = frozenset(("complex", "unitary", "hermitian", "antihermitian"))
LARGEST = 6
"""The largest size that is tried."""
SQUARE = frozenset(("symmetric", "spd", "invertible", "orthogonal", "hermitian", "unitary", "skew",
                    "psd", "hollow", "antihermitian"))  # fmt: skip
COUNTS = ("least", "integer", "unread", "where", "positive", "nonnegative", "nonzero")
"""What may be said of a size."""
POSITIVE = frozenset(("log", "sqrt"))
ZERO = Node("num", (Fraction(0),))
ONE, TWO = Node("num", (Fraction(1),)), Node("num", (Fraction(2),))


def _of(name: str, x: Node) -> Node:
    return Node("call", (name, (x,)))


def _logarithm(x: Node, sign: int) -> Node:
    """The logarithm of x + sqrt(x² ± 1)."""
    one = ONE if sign > 0 else Node("neg", (ONE,))
    root = _of("sqrt", Node("add", (Node("pow", (x, TWO)), one)))
    return _of("log", Node("add", (x, root)))


ELEMENTARY: dict[str, Callable[[Node], Node]] = {
    "tan": lambda x: Node("div", (_of("sin", x), _of("cos", x))),
    "cot": lambda x: Node("div", (_of("cos", x), _of("sin", x))),
    "sec": lambda x: Node("div", (ONE, _of("cos", x))),
    "csc": lambda x: Node("div", (ONE, _of("sin", x))),
    "coth": lambda x: Node("div", (_of("cosh", x), _of("sinh", x))),
    "sech": lambda x: Node("div", (ONE, _of("cosh", x))),
    "csch": lambda x: Node("div", (ONE, _of("sinh", x))),
    "arsinh": lambda x: _logarithm(x, 1),
    "arcosh": lambda x: _logarithm(x, -1),
    "artanh": lambda x: Node("div", (_of("log", Node("div", (
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


def _marked(code: str) -> list[Length]:
    """The lengths that code speaks of."""
    return [Length.marked[int(number)].root for number in re.findall("⟦(\\d+)⟧", code)]


Condition = Sequence[tuple[str, Node]]
"""A comparison: its sides, with the relation before each."""


def _unreadable(tex: str) -> Condition:
    raise Unread(f"the condition {tex}")


class Reader:
    """Reads one formula, for one guess of what its undeclared symbols are."""

    def __init__(
        self,
        declared: Mapping[str, Declared],
        definitions: Sequence[Definition],
        sizes: Iterable[str],
        guess: Mapping[str, int],
        looped: bool = False,
        entered: Collection[str] = (),
        condition: Callable[[str], Condition] = _unreadable,
        curves: Collection[str] = (),
        spectral: bool = False,
    ) -> None:
        self.spectral = spectral  # does the article speak of such a norm?
        self.curves = curves  # states that move as they like
        self.condition = condition
        self.assumed: dict[str, None] = {}  # comparisons that the text assumes
        self.allowed: dict[str, list[int]] = {}  # the numbers that a size may be
        self.entered = entered  # of x_1, …, x_n and a vector x, the x of which x_i is an entry
        self.looped = looped
        self.declared, self.definitions, self.guess = declared, definitions, guess
        self.by_name = {d.name: d for d in definitions}
        self.sizes = set(sizes)
        self.lengths: dict[str, Length] = {}
        self.inputs: dict[str, Value] = {}
        self.locals: list[dict[str, Value]] = []
        self.indices: list[dict[str, Length]] = [{}]
        self.helpers: dict[str, Helper] = {}
        self.hypotheses: dict[str, set[str]] = {}
        self.notes: list[str] = []
        self.tools: set[str] = set()
        self.open: list[str] = []
        self.outside: set[str] = set()
        self.captured: list[tuple[int, dict[str, Value]]] = []

    # -- lengths and indices ----------------------------------------------------------------------
    def length(self, name: str | int) -> Length:
        if isinstance(name, int):
            return Length(name)
        if "*" in name:  # what is said of a size is said of its double
            self.length(name.split("*")[-1])
        for each in self.declared[name].hypotheses if name in self.declared else ():
            self._counted(name, each)
        return self.lengths.setdefault(name, Length(name))

    def _counted(self, name: str, hypothesis: str) -> None:
        """What is said of a size leaves some numbers of it."""
        kind, _, said = hypothesis.partition(" ")
        if kind == "least":
            self._allow(name, range(int(said), LARGEST + 1))
        elif kind == "where":
            self.assumed.setdefault(said)
        elif kind == "unread" and (only := re.fullmatch(r"\s*\w+\s*=\s*(\d+)\s*", said)):
            self._allow(name, [int(only[1])])
        elif kind == "unread" and "=" in said:
            raise Unread(f"what is said of {name}: {said}")

    def _allow(self, name: str, numbers: Iterable[int]) -> None:
        before = self.allowed.get(name, list(range(1, LARGEST + 1)))
        self.allowed[name] = [n for n in numbers if n in before]
        if not self.allowed[name]:
            raise Unread(f"what is said of {name}: no number up to {LARGEST} is one")

    def index_length(self, name: str) -> Length:
        for scope in reversed(self.indices):
            if name in scope:
                return scope[name]
        return self.indices[0].setdefault(name, Length())

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    # -- symbols ----------------------------------------------------------------------------------
    def symbol(self, name: str) -> Value:
        for depth in reversed(range(len(self.locals))):
            if name in self.locals[depth]:
                return self._taken(name, self.locals[depth][name], depth)
        if any(name in scope for scope in self.indices) or name in self.outside:
            raise Unread(f"the index {name} as a number")
        if name in self.by_name:
            definition = self.by_name[name]
            if definition.params and not definition.bare:
                self.note(f"{name} without its argument is taken at {', '.join(definition.params)}")
            return self.defined(definition, [self.symbol(p) for p in definition.params])
        if name in self.inputs:
            return self._taken(name, self.inputs[name], -1)
        said = self.declared.get(name)
        if (made := self._by_rows(name, said)) is not None:
            return made
        rank = said.rank if said else None
        counts = said and all(h.startswith(COUNTS) for h in said.hypotheses)
        if not rank and (rank is None or counts) and name in self.sizes and name not in self.guess:
            return Value(self.length(name).mark, plain=True)
        for each in said.hypotheses if said else ():
            if each.startswith("unread "):
                raise Unread(f"what is said of {name}: {each[7:]}")
            if each.startswith("where "):
                self.assumed.setdefault(each[6:])
        if name == "pi" and rank is None:
            return Value("xp.pi")
        if name == "e" and rank is None:
            return Value("xp.exp(xp.one)")
        if name == "i" and rank is None:
            raise Unread("the imaginary unit, or an index")
        if rank is None:
            if (entry := self._numbered_entry(name, said)) is not None:
                return entry
            self._is_free(name, said)
            rank = self.guess.get(name, 0)
        if said and said.dims:
            dims = said.dims
            of = self.declared.get(said.of)
            if of and len(of.dims) == 2:
                dims = of.dims[::-1] if said.columns else of.dims
            shape = tuple(self.length(d) if d else Length() for d in dims)
        else:
            shape = tuple(Length() for _ in range(rank))
        assumed = {h for h in said.hypotheses if not is_open(h)} if said else set()
        if rank == 2 and not (said and said.several) and assumed & SQUARE:
            shape[0].unify(shape[1], name)
        self.hypotheses.setdefault(name, set()).update(assumed)
        if "integer" in " ".join(assumed):
            self.note(f"{name} is an integer: a few are tried")
        is_several = bool(said and said.several)
        plain = any(h.startswith("integer") for h in assumed)
        self.inputs[name] = Value(name, shape=shape, several=is_several, plain=plain)
        return self._taken(name, self.inputs[name], -1)

    def _numbered_entry(self, name: str, said: Declared | None) -> Value | None:
        """``x_1`` of a vector, or of several, of which alone the text speaks."""
        letter, _, number = name.partition("_")
        if (said and said.hypotheses) or not number.isdigit() or number == "0":
            return None
        known = self.declared.get(letter)
        several = self.declared.get(f"{letter}_all")
        if letter in self.by_name or (known and known.rank == 1) or several:
            return self._entry(Node("sym", (letter,)), int(number) - 1)
        return None

    def _is_free(self, name: str, said: Declared | None) -> None:
        """A symbol of which nothing is said, and whose letter has a meaning, is no new input."""
        letter, mark, _ = name.partition("_")
        known = self.declared.get(letter)
        has_meaning = letter in self.by_name or (known is not None and known.rank is not None)
        if mark and has_meaning and not (said and said.hypotheses):
            raise Unread(f"{name} is not declared, and {letter} is")

    def _by_rows(self, name: str, said: Declared | None) -> Value | None:
        """Vectors that are the rows or columns of a matrix; or the matrix, where the text says more
        of them than of it."""
        several = said if said and said.of and not _assumed(said) else None
        holder = next((d for d in self.declared.values() if d.of == name and _assumed(d)), None)
        other = several.of if several else holder.name if holder else ""
        link = several or holder
        if not other or link is None:
            return None
        made = self.symbol(other)
        if len(made.shape) != 2:
            raise Unread(f"{other} has no rows and columns")
        if link.columns:
            made = replace(made, code=f"{made.code}.T", shape=made.shape[::-1])
        return replace(made, several=several is not None)

    def _taken(self, name: str, value: Value, depth: int) -> Value:
        """A value; functions whose bodies are read just now take it over, unless it is theirs."""
        for own, found in self.captured:
            if depth < own and depth >= 0 and value.code != name:
                raise Unread(f"the index {name} as a number")
            if depth < own:
                found.setdefault(name, value)
        return value

    def defined(self, definition: Definition, arguments: Sequence[Value]) -> Value:
        """A call of what the article defines, with its shape worked out for these arguments."""
        name = definition.name
        if name in self.open:
            raise Unread(f"{name} is defined by itself")
        if len(arguments) != len(definition.params):
            raise Unread(f"{name} takes {len(definition.params)} arguments")
        if any(a.axes for a in arguments):
            raise Unread(f"{name} of an entry")
        params = {
            p: Value(p, shape=a.shape, row=a.row, several=a.several)
            for p, a in zip(definition.params, arguments, strict=True)
        }
        # A size that the parameter was declared with is that of the argument, here.
        own_lengths = dict(self.lengths)
        for p, value in params.items():
            said = self.declared.get(p)
            for dim, length in zip(said.dims if said else (), value.shape, strict=False):
                if isinstance(dim, str):
                    own_lengths[dim] = length
        if any(a.plain for a in arguments):
            arguments = [replace(a, code=self._lifted(a), plain=False) for a in arguments]
        captured: dict[str, Value] = {}
        self.captured.append((len(self.locals), captured))
        self.locals.append(params)
        self.indices, indices = [{}], self.indices
        self.outside, outside = set(definition.indices), self.outside
        self.lengths, lengths_before = own_lengths, self.lengths
        self.open.append(name)
        try:
            body = self.value(definition.body)
            lengths = tuple(self.index_length(index) for index in definition.indices)
        finally:
            self.open.pop()
            self.locals.pop()
            self.captured.pop()
            inner, self.indices = self.indices[0], indices
            self.outside = outside
            self.lengths = {**self.lengths, **lengths_before}
        named = set(definition.indices)
        if (not self.looped and set(body.axes) != named) or inner.keys() - named:
            raise Unread(f"the free indices of the definition of {name}")
        if lengths and self.looped:
            if len(named) < len(lengths) or len(lengths) + len(body.shape) > 3:
                raise Unread(f"the indices of the definition of {name}")
            if body.row:
                raise Unread(f"{name}: a row for each index")
            code = body.code
            for index, length in reversed(list(zip(definition.indices, lengths, strict=True))):
                code = f"xp.stack([{code} for {index} in range({length.mark})])"
            shape = (*lengths, *body.shape)
            body = Value(code, ATOM, (), shape, several=bool(body.shape))
        elif lengths:  # F(X)_{ic}: the entries of what is defined
            code = self.aligned(body, definition.indices)
            shape = (*lengths, *body.shape)
            if body.row or len(shape) > 3:
                raise Unread(f"the indices of the definition of {name}")
            body = Value(code, ATOM, (), shape, several=bool(body.shape))
        captured = {n: captured[n] for n in sorted(captured)}
        if not definition.params and self._is_constant(body, captured):
            return body
        helper = Helper(definition, (*params, *captured), body.code, {**params, **captured})
        self.helpers.setdefault(name, helper)
        shown = ", ".join(
            ["xp", *(a.code for a in arguments), *(v.code for v in captured.values())]
        )
        made = f"{name}({shown})"
        return Value(made, shape=body.shape, row=body.row, several=body.several)

    def _is_constant(self, body: Value, captured: Mapping[str, Value]) -> bool:
        """Does a definition speak of a size that nothing in it has? It is written out, then; and a
        size of which it does not say what it is, is the one of which it speaks."""
        inside = {id(n.root) for v in captured.values() for n in v.shape}
        loose = {id(root): root for root in _marked(body.code) if id(root) not in inside}
        free = [root for root in loose.values() if root.name is None]
        known = [root for root in loose.values() if isinstance(root.name, str)]
        if len(known) == 1 and not captured:
            for each in free:
                each.unify(known[0], "a size")
        return bool(free or known)

    # -- values -----------------------------------------------------------------------------------
    def value(self, node: Node) -> Value:
        for definition in self.definitions:
            is_it = not definition.params and definition.pattern == node and node.op != "sym"
            if is_it and definition.name not in self.open:
                return self.defined(definition, ())
        read = getattr(self, f"_{node.op}", None)
        if read is None:
            raise Unread(f"{node.op} has no reading")
        made: Value = read(*node.args)
        if made.several:
            raise Unread("several vectors without an index")
        return made

    def named(self, node: Node) -> Value:
        """What a definition names."""
        return self._call(*node.args) if node.op == "call" else self.argument(node)

    def argument(self, node: Node) -> Value:
        """The same of what may be several vectors."""
        return self.symbol(node.args[0]) if node.op == "sym" else self.value(node)

    def number(self, node: Node, what: str) -> Value:
        made = self.value(node)
        if made.shape:
            raise Unread(f"{what} of {made.describe()}")
        return made

    def _num(self, value: Fraction) -> Value:
        if value.denominator == 1:
            return Value(str(value), plain=True)
        return Value(f"xp.one * {value.numerator} / {value.denominator}", MUL)

    def _sym(self, name: str) -> Value:
        return self.symbol(name)

    def _eye(self, size: str = "") -> Value:
        n = self.length(size) if size.split("*")[-1] in self.sizes else Length()
        return Value(f"xp.eye({n.mark})", shape=(n, n))

    def _ones(self) -> Value:
        n = Length()
        return Value(f"xp.ones({n.mark})", shape=(n,))

    # -- alignment of free indices ----------------------------------------------------------------
    def aligned(self, value: Value, axes: Sequence[str], level: int = ATOM, shaped: int = 0) -> str:
        """The code with one axis for each of these indices, in this order, before its shape; a
        number beside what has a shape gets as many axes behind."""
        own = value.axes
        behind = 0 if value.shape else shaped
        if not own or (tuple(own) == tuple(axes) and not behind):
            return value.at(level)
        if set(own) - set(axes):
            raise Unread("indices that stand on one side only")
        code = value.at(ATOM)
        order = [a for a in axes if a in own]
        if order != list(own):
            places = [own.index(a) for a in order] + [len(own) + k for k in range(len(value.shape))]
            code = f"{code}.T" if len(places) == 2 else f"xp.permute({code}, {tuple(places)})"
        if list(axes)[-len(order) :] == order and not behind:  # broadcasting does it
            return code
        marks = [":" if a in own else "None" for a in axes]
        marks += [":"] * len(value.shape) + ["None"] * behind
        return f"{code}[{', '.join(marks)}]"

    @staticmethod
    def union(*values: Value) -> tuple[str, ...]:
        """The indices of several values: the longest list leads, so that few need moving."""
        axes: list[str] = []
        for value in sorted(values, key=lambda v: -len(v.axes)):
            axes += [a for a in value.axes if a not in axes]
        return tuple(axes)

    def _same(self, a: Value, b: Value, what: str) -> None:
        if len(a.shape) != len(b.shape) or a.row != b.row:
            raise Unread(f"{what}: {a.describe()} and {b.describe()}")
        for m, n in zip(a.shape, b.shape, strict=True):
            m.unify(n, what)

    # -- sums and products ------------------------------------------------------------------------
    def _add(self, *terms: Node) -> Value:
        signs = [-1 if term.op == "neg" else 1 for term in terms]
        values = [self.value(t.args[0] if t.op == "neg" else t) for t in terms]
        shaped = [v for v in values if v.shape] or values
        for other in shaped[1:]:
            self._same(shaped[0], other, "a sum")
        if len(shaped) != len(values):
            raise Unread(f"a sum of a number and {shaped[0].describe()}")
        axes = self.union(*values)
        code = ""
        for sign, v in zip(signs, values, strict=True):
            text = self.aligned(v, axes, MUL if sign < 0 else ADD)
            code += f" {'-' if sign < 0 else '+'} {text}" if code else ("-" * (sign < 0) + text)
        plain = all(v.plain for v in values)
        return Value(code, ADD, axes, shaped[0].shape, shaped[0].row, plain)

    def _neg(self, node: Node) -> Value:
        made = self.value(node)
        return replace(made, code=f"-{made.at(MUL)}", level=ADD)

    def _mul(self, *factors: Node) -> Value:
        coefficient = Fraction(1)
        above: list[Value] = []
        below: list[Value] = []
        for factor in factors:
            top, bottom = factor.args if factor.op == "div" else (factor, None)
            for part, into in ((top, above), (bottom, below)):
                if part is None:
                    continue
                if part.op == "num":
                    value = part.args[0]
                    coefficient = coefficient * value if into is above else coefficient / value
                else:
                    into.append(self.value(part))
        scalars = [v for v in above if not v.shape]
        others = [v for v in above if v.shape]
        made: Value | None = None
        for v in others:
            made = v if made is None else self.times(made, v)
        for v in reversed(scalars):
            made = v if made is None else self.times(v, made)
        if made is None:
            made = Value("1", plain=True)
        if coefficient.numerator != 1 or (made.code == "1" and not below):
            made = self._scaled(coefficient.numerator, made)
        for v in below:
            made = self.over(made, v)
        if coefficient.denominator != 1:
            made = self.over(made, Value(str(coefficient.denominator), plain=True))
        return made

    @staticmethod
    def _scaled(n: int, v: Value) -> Value:
        if v.code == "1":
            return Value(str(n), plain=True)
        return replace(v, code=f"{n} * {v.at(MUL)}", level=MUL)

    def times(self, a: Value, b: Value) -> Value:
        """A product as it is meant: of matrices, of a row and a column, or with a number."""
        axes = self.union(a, b)
        if not a.shape or not b.shape:
            shaped = a if a.shape else b
            rank = len(shaped.shape)
            left, right = self.aligned(a, axes, MUL, rank), self.aligned(b, axes, POWER, rank)
            if b.level == MUL and "@" not in b.code and "/" not in b.code and not b.axes:
                right = b.code
            return Value(f"{left} * {right}", MUL, axes, shaped.shape, shaped.row,
                         a.plain and b.plain)  # fmt: skip
        if axes:
            return self._contracted(a, b, axes)
        if len(a.shape) == 1 and not a.row and len(b.shape) == 1 and b.row:
            return Value(f"{a.at(ATOM)}[:, None] * {b.at(ATOM)}[None, :]", MUL, (),
                         (*a.shape, *b.shape))  # fmt: skip
        if (len(a.shape) == 1 and not a.row) or (len(b.shape) == 1 and b.row):
            raise Unread(f"a product of {a.describe()} and {b.describe()}")
        a.shape[-1].unify(b.shape[0], "a product")
        shape = (*a.shape[:-1], *b.shape[1:])
        return Value(f"{a.at(MUL)} @ {b.at(POWER)}", MUL, (), shape, row=a.row and len(shape) == 1)

    @staticmethod
    def _contracted(a: Value, b: Value, axes: tuple[str, ...]) -> Value:
        """A product of vectors or matrices of which one has an index."""
        is_outer = len(a.shape) == 1 and not a.row and len(b.shape) == 1 and b.row
        if not is_outer and ((len(a.shape) == 1 and not a.row) or (len(b.shape) == 1 and b.row)):
            raise Unread(f"a product of {a.describe()} and {b.describe()}")
        letter = {axis: chr(ord("a") + k) for k, axis in enumerate(axes)}
        left, right = "xy"[-len(a.shape) :], "yz"[: len(b.shape)]
        shape = (*a.shape[:-1], *b.shape[1:])
        rest = left[:-1] + right[1:]
        if is_outer:
            left, right, rest, shape = "x", "z", "xz", (*a.shape, *b.shape)
        else:
            a.shape[-1].unify(b.shape[0], "a product")
        one, other = ("".join(letter[axis] for axis in v.axes) for v in (a, b))
        spec = f"{one}{left},{other}{right}->{''.join(letter.values())}{rest}"
        return Value(f'xp.einsum("{spec}", {a.code}, {b.code})', ATOM, axes, shape,
                     row=a.row and len(shape) == 1)  # fmt: skip

    def over(self, a: Value, b: Value) -> Value:
        if b.shape:
            raise Unread(f"a division by {b.describe()}")
        axes = self.union(a, b)
        top = self.aligned(a, axes, MUL)
        if a.plain:
            top = "xp.one" if a.code == "1" else f"xp.one * {a.at(POWER)}"
        bottom = self.aligned(b, axes, POWER, len(a.shape))
        return Value(f"{top} / {bottom}", MUL, axes, a.shape, a.row)

    def _dot(self, a: Node, b: Node) -> Value:
        """A product with a dot: of two vectors the inner one."""
        x, y = self.value(a), self.value(b)
        if len(x.shape) == len(y.shape) == 1 and not (x.row or y.row):
            return self._inner(a, b)
        factors = [*(a.args if a.op == "mul" else (a,)), *(b.args if b.op == "mul" else (b,))]
        return self._mul(*factors)

    def _circ(self, a: Node, b: Node) -> Value:
        if not self.value(a).shape:
            raise Unread("a composition (\\circ)")
        made = self._had(a, b)
        self.note("the product with a ring is taken entry by entry")
        return made

    def _div(self, a: Node, b: Node) -> Value:
        return self._mul(Node("div", (a, b)))

    def _had(self, a: Node, b: Node) -> Value:
        x, y = self.value(a), self.value(b)
        self._same(x, y, "a product entry by entry")
        axes = self.union(x, y)
        left, right = self.aligned(x, axes, MUL), self.aligned(y, axes, POWER)
        return Value(f"{left} * {right}", MUL, axes, x.shape, x.row)

    def _kron(self, a: Node, b: Node) -> Value:
        x, y = self.value(a), self.value(b)
        if len(x.shape) != 2 or len(y.shape) != 2 or x.axes or y.axes:
            raise Unread("a Kronecker product of other things than matrices")
        return Value(f"xp.kron({x.code}, {y.code})", ATOM, (), (Length(), Length()))

    def _pow(self, base: Node, exponent: Node) -> Value:
        whole = exponent.args[0] if exponent.op == "num" else None
        if base.op == "norm" and whole == 2:
            return self._norm(base.args[0], base.args[1], squared=True)
        if base.op == "inv":
            raise Unread("a power of an inverse")
        made = self.value(base)
        if made.shape:
            if len(made.shape) == 2 and whole is not None and whole.denominator == 1:
                made.shape[0].unify(made.shape[1], "a power of a matrix")
                if 1 <= whole <= 4:
                    code = " @ ".join([made.at(POWER)] * int(whole))
                    return Value(code, MUL, (), made.shape)
            raise Unread(f"a power of {made.describe()}")
        if whole is not None and whole.denominator == 1:
            return replace(made, code=f"{made.at(ATOM)}**{whole}", level=POWER)
        negative = exponent.args[0] if exponent.op == "neg" else None
        if negative is not None and negative.op == "num" and negative.args[0].denominator == 1:
            one = Value("1", plain=True)
            return self.over(one, self._pow(base, negative))
        if exponent == Node("div", (Node("num", (Fraction(1),)), Node("num", (Fraction(2),)))):
            return self._function("sqrt", base)
        power = self.number(exponent, "an exponent")
        if power.plain:
            below = f"(xp.one * {made.at(POWER)})" if made.plain else made.at(ATOM)
            return Value(f"{below}**{power.at(ATOM)}", POWER, made.axes)
        if made.plain:
            raise Unread("a power of a size with a number as its exponent")
        self.assume_positive(base)
        axes = self.union(made, power)
        left, right = self.aligned(made, axes, ATOM), self.aligned(power, axes, ATOM)
        return Value(f"{left}**{right}", POWER, axes)

    # -- matrices ---------------------------------------------------------------------------------
    def _T(self, node: Node) -> Value:
        made = self.value(node)
        if made.axes and len(made.shape) == 2:
            raise Unread("a transpose of an indexed matrix")
        if not made.shape and node.op == "sym":
            raise Unread(f"a transpose of the number {node.args[0]}")
        if not made.shape and node.op in ("index", "label"):
            raise Unread("a transpose of an entry")
        if not made.shape:
            return made
        if len(made.shape) == 1:
            return replace(made, row=not made.row)
        return Value(f"{made.at(ATOM)}.T", ATOM, (), made.shape[::-1])

    def _star(self, node: Node) -> Value:
        names = list(symbols(node))
        if not any("complex" in self.hypotheses.get(n, ()) or self._is_complex(n) for n in names):
            raise Unread("a star or dagger on what is not declared complex")
        made = self.value(node)
        if len(made.shape) == 1:
            return replace(made, code=f"xp.conj({made.code})", level=ATOM, row=not made.row)
        if not made.shape:
            return replace(made, code=f"xp.conj({made.code})", level=ATOM)
        if made.axes:
            raise Unread("a star of an indexed matrix")
        return Value(f"xp.star({made.code})", ATOM, (), made.shape[::-1])

    def _is_complex(self, name: str) -> bool:
        said = [self.declared[n] for n in (name, f"{name}_all") if n in self.declared]
        said += [self.declared[each.of] for each in said if each.of in self.declared]
        return any(each.hypotheses & COMPLEX for each in said)

    def _inv(self, node: Node) -> Value:
        made = self.value(node)
        if not made.shape:
            return self.over(Value("1", plain=True), made)
        if len(made.shape) == 1:
            raise Unread("the inverse of a vector")
        made.shape[0].unify(made.shape[1], "an inverse")
        inner = node.args[0] if node.op == "T" else node
        if inner.op == "sym" and inner.args[0] in self.inputs:
            name = inner.args[0]
            if not self.hypotheses[name] & {"invertible", "spd", "orthogonal", "unitary"}:
                self.hypotheses[name].add("invertible")
                self.note(f"{name} is invertible: its inverse is taken")
        return Value(f"xp.inv({made.code})", ATOM, (), made.shape)

    def entries_of(self, base: Node, names: tuple[str, ...]) -> Node:
        """``p_{ij}`` of a matrix P: what an undeclared small letter with two indices stands for."""
        is_letter = base.op == "sym" and base.args[0] not in self.by_name
        if not is_letter or len(names) != 2 or not is_entry_letter(base.args[0], self.declared):
            return base
        self.note(f"{base.args[0]} with two indices is taken for the entries of {large(base)}")
        return Node("sym", (large(base),))

    def _index(self, base: Node, names: tuple[str, ...]) -> Value:
        if self.looped:
            return self._picked(base, names)
        made = self._indexed(self.entries_of(base, names), names)
        if made.several and len(names) == 1 and not made.axes:
            made.shape[0].unify(self.index_length(names[0]), f"the index {names[0]}")
            return Value(made.code, made.level, names, made.shape[1:])
        if len(made.shape) != len(names):
            raise Unread(f"{len(names)} indices at {made.describe()}")
        if made.axes:
            raise Unread("an index at what has one already")
        lengths = [self.index_length(name) for name in names]
        for own, length in zip(made.shape, lengths, strict=True):
            own.unify(length, f"the index {', '.join(names)}")
        if len(set(names)) < len(names):
            return Value(f"xp.diagonal({made.code})", ATOM, (names[0],))
        return Value(made.code, made.level, names)

    def _are_several(self, base: Node) -> bool:
        """Does an index pick one vector of several, and not an entry of one?"""
        if base.op != "sym" or base.args[0] in self.entered:
            return False
        said = self.declared.get(f"{base.args[0]}_all")
        return said is not None and (said.rank or 0) > 1

    def _indexed(self, base: Node, names: tuple[str, ...]) -> Value:
        """What has an index: an array, or several vectors."""
        if self._are_several(base):
            base = Node("sym", (f"{base.args[0]}_all",))
            if self.declared[base.args[0]].of == "eye":
                n = self.index_length(names[0])
                return Value(f"xp.eye({n.mark})", shape=(n, n), several=True)
        return self.named(base) if base.op in ("sym", "call") else self.value(base)

    def _picked(self, base: Node, names: tuple[str, ...]) -> Value:
        """``x_i`` in a loop over i: an entry, or one vector of several."""
        made = self._indexed(self.entries_of(base, names), names)
        if made.row or (len(made.shape) != len(names) and not (made.several and len(names) == 1)):
            raise Unread(f"{len(names)} indices at {made.describe()}")
        for own, index in zip(made.shape, names, strict=False):
            own.unify(self.index_length(index), f"the index {', '.join(names)}")
        return Value(f"{made.at(ATOM)}[{', '.join(names)}]", shape=made.shape[len(names) :])

    def _label(self, name: str, index: str) -> Value:
        if f"{name}_all" not in self.declared:
            raise Unread(f"the label ({index}) at {name}")
        return self._index(Node("sym", (f"{name}_all",)), (index,))

    def _entry(self, base: Node, at: int) -> Value:
        """``x_1``: an entry by its number, or one vector of several."""
        name = base.args[0]
        several = self.declared.get(f"{name}_all")
        made = self.symbol(f"{name}_all" if several and (several.rank or 0) > 1 else name)
        if at < 0 or made.row or made.axes or not (len(made.shape) == 1 or made.several):
            raise Unread("an entry by its number")
        length = made.shape[0].root.name
        if isinstance(length, str):
            self._allow(length, range(at + 1, LARGEST + 1))
        elif length is None or length <= at:
            raise Unread("an entry by its number of what has no known length")
        return Value(f"{made.at(ATOM)}[{at}]", shape=made.shape[1:])

    def _delta(self, i: str, j: str) -> Value:
        a, b = self.index_length(i), self.index_length(j)
        a.unify(b, "a Kronecker delta")
        if self.looped:
            return Value(f"int({i} == {j})", plain=True)
        return Value(f"xp.eye({a.mark})", ATOM, (i, j))

    def _norm(self, node: Node, kind: str, squared: bool = False) -> Value:
        made = self.value(node)
        kind = kind.strip("{}\\")
        if made.axes:
            if len(made.shape) != 1 or kind not in ("", "2"):
                raise Unread("the norm of an indexed vector")
            code = f"xp.norm2({made.code}, axis={len(made.axes)})"
            return Value(code if squared else f"xp.sqrt({code})", ATOM, made.axes)
        if kind == "1" and len(made.shape) == 1:
            code = f"xp.sum(xp.abs({made.code}))"
            return Value(f"{code}**2" if squared else code, POWER if squared else ATOM)
        if kind == "infty" and len(made.shape) == 1:
            code = f"xp.max(xp.abs({made.code}))"
            return Value(f"{code}**2" if squared else code, POWER if squared else ATOM)
        if (kind in OPERATOR or (kind == "2" and self.spectral)) and len(made.shape) == 2:
            code = f"xp.spectral_norm({made.code})"
            return Value(f"{code}**2" if squared else code, POWER if squared else ATOM)
        if kind not in ("", "2", "F", "mathrmF", "textF") or (kind == "2" and len(made.shape) == 2):
            raise Unread(f"the norm with the subscript {kind}")
        if len(made.shape) == 2 and kind == "":
            raise Unread("the norm of a matrix without a subscript: of Frobenius, or the largest "
                         "singular value?")  # fmt: skip
        return Value(f"xp.{'norm2' if squared else 'norm'}({made.code})")

    def _abs(self, node: Node) -> Value:
        made = self.number(node, "an absolute value")
        return replace(made, code=f"xp.abs({made.code})", level=ATOM, plain=False)

    def _inner(self, a: Node, b: Node) -> Value:
        x, y = self.value(a), self.value(b)
        if (x.axes or y.axes) and len(x.shape) == len(y.shape) == 1 and not (x.row or y.row):
            return self.times(replace(x, row=True), y)
        if x.axes or y.axes:
            raise Unread("an inner product of indexed matrices")
        self._same(x, y, "an inner product")
        return Value(f"xp.sum({x.at(MUL)} * {y.at(POWER)})")

    def _blocks(self, cells: tuple[tuple[Node, ...], ...]) -> Value:
        if len({len(row) for row in cells}) != 1:
            raise Unread("a matrix with rows of several lengths")
        parts = [[self.value(cell) for cell in row] for row in cells]
        if any(len(v.shape) == 2 for row in parts for v in row):
            return self._in_blocks(parts)
        values = [[self.number(cell, "a matrix in blocks: an entry") for cell in row]
                  for row in cells]  # fmt: skip
        if any(v.axes for row in values for v in row):
            raise Unread("a matrix of indexed entries")
        rows = [f"xp.stack([{', '.join(self._lifted(v) for v in row)}])" for row in values]
        shape = (Length(len(cells)), Length(len(cells[0])))
        return Value(f"xp.stack([{', '.join(rows)}])", ATOM, (), shape)

    def _in_blocks(self, values: list[list[Value]]) -> Value:
        """A matrix made of matrices, with zeros of the size that fits."""
        heights = [Length() for _ in values]
        widths = [Length() for _ in values[0]]
        for height, row in zip(heights, values, strict=True):
            for width, v in zip(widths, row, strict=True):
                if v.axes or (len(v.shape) != 2 and v.code != "0"):
                    raise Unread(f"a matrix in blocks with {v.describe()} among them")
                if v.shape:
                    v.shape[0].unify(height, "a matrix in blocks")
                    v.shape[1].unify(width, "a matrix in blocks")
        rows = []
        for height, row in zip(heights, values, strict=True):
            codes = [v.code if v.shape else f"xp.zeros({height.mark}, {width.mark})"
                     for width, v in zip(widths, row, strict=True)]  # fmt: skip
            rows.append(f"xp.concat([{', '.join(codes)}], axis=1)")
        shape = (self._together(heights), self._together(widths))
        return Value(f"xp.concat([{', '.join(rows)}], axis=0)", ATOM, (), shape)

    def _together(self, lengths: list[Length]) -> Length:
        """The length of blocks side by side, if they are all of one named length."""
        names = {each.root.name for each in lengths}
        (name, *others) = names
        is_named = isinstance(name, str) and name.isalpha() and not others and len(lengths) > 1
        return self.length(f"{len(lengths)}*{name}") if is_named else Length()

    @staticmethod
    def _lifted(v: Value) -> str:
        return f"xp.one * {v.at(POWER)}" if v.plain else v.code

    # -- numbers of Python's ----------------------------------------------------------------------
    def _integer(self, node: Node, what: str) -> str:
        for name in symbols(node):
            is_known = name in self.inputs or name in self.by_name or name in self.sizes
            is_bound = any(name in scope for scope in self.locals)
            if not (is_known or is_bound or name in self.declared):
                self.inputs[name] = Value(name, plain=True)
                self.hypotheses[name] = {"integer"}
                self.note(f"{name} is an integer: a few are tried")
        made = self.value(node)
        if not made.plain:
            raise Unread(f"{what} of what is no integer")
        return made.code

    def _binom(self, n: Node, k: Node) -> Value:
        top, below = (self._integer(each, "a binomial coefficient") for each in (n, k))
        return Value(f"math.comb({top}, {below})", plain=True)

    def _factorial(self, n: Node) -> Value:
        return Value(f"math.factorial({self._integer(n, 'a factorial')})", plain=True)

    # -- means ------------------------------------------------------------------------------------
    def _entries(self, node: Node) -> Value:
        """What a mean is of, as the vector of its values: vectors stand for their entries in it."""
        with contextlib.suppress(Unread):
            made = self.argument(node)
            if len(made.shape) == 1 and not (made.axes or made.row or made.several):
                return made
        length = Length()
        self.indices.append({"at_": length})
        try:
            made = self.value(self._entrywise(node))
        finally:
            self.indices.pop()
        if self.looped:
            code = f"xp.stack([{self._lifted(made)} for at_ in range({length.mark})])"
        else:
            code = made.code
            if made.axes != ("at_",):
                raise Unread("a mean of what does not depend on what it is taken over")
        if made.shape:
            raise Unread(f"a mean of {made.describe()}")
        return Value(code, ATOM if self.looped else made.level, (), (length,))

    def _entrywise(self, node: Any) -> Any:
        """A formula with entries in the place of vectors."""
        if isinstance(node, tuple):
            return tuple(map(self._entrywise, node))
        if not isinstance(node, Node):
            return node
        if node.op == "sym" or (node.op == "call" and node.args[0] in self.by_name):
            if node.op == "call" and is_mean(node.args[0]):
                return node
            made = self.named(node)
            is_vector = len(made.shape) == 1 and not made.several and not made.row
            return Node("index", (node, ("at_",))) if is_vector else node
        if node.op == "call" and node.args[0] in ENTRYWISE:
            return Node("call", (node.args[0], self._entrywise(node.args[1])))
        if node.op in ("add", "neg", "mul", "div", "pow", "had", "inv", "epow", "abs"):
            return Node(node.op, self._entrywise(node.args))
        return node

    def _mean(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """An expectation, a variance or a covariance under a distribution that is said."""
        kind, _, said = name.partition("_")
        if said != "of":
            mean = next((m for m in ("expectation", "average") if m in self.by_name), "")
            if not mean or kind in ("expectation", "average"):
                raise Unread("an expectation")
            return self.value(self._moment(kind, mean, arguments))
        *bodies, under = arguments
        if kind in ("Var", "Cov"):
            usual = ("expectation_of", "average_of")
            mean = next((m for m in usual if m in self.by_name), usual[0])
            return self.value(self._moment(kind, mean, tuple(bodies), (under,)))
        is_named = under.op in ("sym", "call")
        p = self.named(under) if is_named else Value("")
        is_law = is_named and (
            under.args[0] in self.by_name or "simplex" in self.hypotheses.get(under.args[0], ())
        )
        if len(bodies) != 1 or not is_law or len(p.shape) != 1:
            raise Unread("an expectation")
        values = self._entries(bodies[0])
        values.shape[0].unify(p.shape[0], "a mean")
        return Value(f"xp.sum({p.at(MUL)} * {values.at(POWER)})")

    @staticmethod
    def _moment(
        kind: str, mean: str, bodies: tuple[Node, ...], under: tuple[Node, ...] = ()
    ) -> Node:
        """The mean of a product of deviations from means."""
        if len(bodies) != (1 if kind == "Var" else 2):
            raise Unread(f"{kind} of {len(bodies)} variables")
        away = [
            Node("add", (each, Node("neg", (Node("call", (mean, (each, *under))),))))
            for each in bodies
        ]
        return Node("call", (mean, (Node("mul", (away[0], away[-1])), *under)))

    def _spectrum(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """Eigenvalues of a symmetric matrix, the largest first."""
        made = self.value(arguments[0])
        if len(arguments) != 1 or len(made.shape) != 2 or made.axes:
            raise Unread("eigenvalues of what is no matrix")
        if not self._is_symmetric(arguments[0]):
            raise Unread("eigenvalues of a matrix that is not symmetric")
        made.shape[0].unify(made.shape[1], "eigenvalues")
        if name == "eigenvalues":
            self.note("the eigenvalues are numbered from the largest on")
            return Value(f"-xp.eigvalsh(-{made.at(POWER)})", ADD, (), made.shape[:1])
        return Value(f"xp.eigvalsh({made.code})[{-1 if name == 'top_eigenvalue' else 0}]")

    def _is_symmetric(self, node: Node) -> bool:
        """Is it seen that a matrix is symmetric?"""
        if node.op == "sym":
            said = self.hypotheses.get(node.args[0], set())
            return bool(said & {"symmetric", "spd", "psd", "hermitian", "hollow"})
        if node.op in ("add", "neg", "inv", "had"):
            return all(map(self._is_symmetric, node.args))
        if node.op == "mul":
            scalars = [each for each in node.args if not self.value(each).shape]
            rest = [each for each in node.args if each not in scalars]
            if len(rest) == 2:
                return rest[0] == Node("T", (rest[1],)) or rest[1] == Node("T", (rest[0],))
            return len(rest) == 1 and self._is_symmetric(rest[0])
        return node.op == "eye"

    # -- functions --------------------------------------------------------------------------------
    def _epow(self, node: Node) -> Value:
        """A power of e: of a matrix the exponential series."""
        made = self.value(node)
        if len(made.shape) != 2:
            return self._function("exp", node)
        if made.axes:
            raise Unread("exp of an indexed matrix")
        made.shape[0].unify(made.shape[1], "an exponential")
        self.note("a power of e whose exponent is a matrix is the exponential of the matrix")
        return Value(f"xp.expm({made.code})", ATOM, (), made.shape)

    def _choice(self, low: Node, high: Node, first: Node, second: Node) -> Value:
        """The first value where the one side is the lesser, the second one elsewhere."""
        a, b, one, other = (self.number(each, "cases") for each in (low, high, first, second))
        axes = self.union(a, b, one, other)
        there = f"xp.step({self.aligned(b, axes, ADD)} - {self.aligned(a, axes, MUL)})"
        x, y = (self.aligned(v, axes, MUL) for v in (one, other))
        return Value(f"({x} * {there} + {y} * (1 - {there}))", ATOM, axes)

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        if name in self.by_name and is_mean(name):
            count = len(arguments) - name.endswith("_of")
            values = [self._entries(a) for a in arguments[:count]]
            values += [self.argument(a) for a in arguments[count:]]
            return self.defined(self.by_name[name], values)
        if name in self.by_name:
            return self.defined(self.by_name[name], [self.argument(a) for a in arguments])
        if name in MEAN_CALLS:
            return self._mean(name, arguments)
        if name in SPECTRA.values():
            return self._spectrum(name, arguments)
        if name == "commutator":
            a, b = arguments
            return self.value(
                Node("add", (Node("mul", (a, b)), Node("neg", (Node("mul", (b, a)),))))
            )
        if name in ("maximum", "minimum"):
            values = [self.number(a, name) for a in arguments]
            axes = self.union(*values)
            return Value(
                f"xp.{name}({', '.join(self.aligned(v, axes) for v in values)})", ATOM, axes
            )
        if len(arguments) != 1:
            raise Unread(f"{name} of several arguments")
        return self._function(name, arguments[0])

    def _function(self, name: str, node: Node) -> Value:
        if name in ELEMENTARY:
            made = self.number(node, name)
            return self.value(ELEMENTARY[name](node))
        made = self.value(node)
        if name in ENTRYWISE:
            if len(made.shape) == 2:
                raise Unread(f"{name} of a matrix: entry by entry, or of the matrix?")
            if name in POSITIVE:
                self.assume_positive(node)
            if made.shape:
                self.note(f"{name} of a vector is taken entry by entry")
            return replace(made, code=f"xp.{name}({made.code})", level=ATOM, plain=False)
        if made.axes:
            raise Unread(f"{name} of an entry")
        if name in ("trace", "det"):
            if len(made.shape) != 2:
                raise Unread(f"{name} of {made.describe()}")
            made.shape[0].unify(made.shape[1], f"the {name}")
            return Value(f"xp.{name}({made.code})")
        if name == "diag":
            if not made.shape:
                raise Unread("diag of a number")
            if len(made.shape) == 1:
                return Value(f"xp.diag({made.code})", ATOM, (), (made.shape[0], made.shape[0]))
            made.shape[0].unify(made.shape[1], "a diagonal")
            return Value(f"xp.diagonal({made.code})", ATOM, (), made.shape[:1])
        if name == "softmax":
            if not made.shape:
                raise Unread("softmax of a number")
            if len(made.shape) == 2:
                self.note("softmax of a matrix is taken in each row")
            return Value(f"xp.softmax({made.code})", ATOM, (), made.shape, made.row)
        if name == "lse":
            if len(made.shape) != 1:
                raise Unread(f"log-sum-exp of {made.describe()}")
            return Value(f"xp.logsumexp({made.code})")
        if name == "vec":
            if len(made.shape) != 2:
                raise Unread(f"vec of {made.describe()}")
            self.note("vec stacks the columns")
            return Value(f"xp.flatten({made.at(ATOM)}.T)", ATOM, (), (Length(),))
        raise Unread(f"{name} has no reading")

    def assume_positive(self, node: Node) -> None:
        """The argument of a logarithm: an input itself, or entries of one, is then positive."""
        inner = node.args[0] if node.op == "index" else node
        if inner.op == "div":
            self.assume_positive(inner.args[0])
            self.assume_positive(inner.args[1])
            return
        if inner.op != "sym" or inner.args[0] not in self.inputs:
            return
        name = inner.args[0]
        if not self.hypotheses[name] & {"positive", "simplex", "joint"}:
            self.hypotheses[name] = {h for h in self.hypotheses[name] if h != "nonnegative"}
            self.hypotheses[name].add("positive")
            self.note(f"{name} is positive: its logarithm or root is taken")

    # -- operators over an index ------------------------------------------------------------------
    def _over_index(
        self, name: str, first: int | Node | None, last: Node | None, body: Node
    ) -> tuple[Value, Length]:
        length = Length()
        self.indices.append({name: length})
        counts = self.looped and first in (0, 1) and last is not None
        if counts:  # the number that the index is, beside its place
            self.locals.append({name: Value(f"({name} + 1)" if first else name, plain=True)})
        try:
            made = self.value(body)
        finally:
            self.indices.pop()
            if counts:
                self.locals.pop()
        if last is not None:
            self._ends(length, first, last)
        return made, length

    def _ends(self, length: Length, first: int | Node | None, last: Node) -> None:
        """Where the range of an index ends is its length."""
        end = last
        if first == 0:
            minus_one = Node("neg", (Node("num", (Fraction(1),)),))
            if end.op != "add" or end.args[1:] != (minus_one,):
                raise Unread("a sum from 0 whose end is no size less one")
            end = end.args[0]
        elif first not in (None, 1):
            raise Unread(f"a sum from {first if isinstance(first, int) else 'what is no number'}")
        if end.op == "num":
            length.unify(Length(int(end.args[0])), "the range of a sum")
        elif end.op == "sym" and end.args[0] not in self.inputs:
            self.sizes.add(end.args[0])
            length.unify(self.length(end.args[0]), "the range of a sum")
        else:
            raise Unread("a sum whose end is no size")

    def _by_numbers(
        self, name: str, first: int | Node | None, last: Node | None, body: Node
    ) -> tuple[Value, str]:
        """What stands behind an operator over a number that stands in it as a number, and the
        loop over it."""
        if last is None:
            raise Unread(f"a sum over {name} that does not end")
        negative = first.args[0] if isinstance(first, Node) and first.op == "neg" else None
        if isinstance(first, Node) and (negative is None or negative not in (last, ONE)):
            raise Unread("a sum that starts elsewhere than at a number")
        end = self._integer(last, "the end of a sum")
        low = self._integer(first, "the start of a sum") if isinstance(first, Node) else first
        self.locals.append({name: Value(name, plain=True)})
        try:
            made = self.value(body)
        finally:
            self.locals.pop()
        if made.axes:
            raise Unread("an indexed number in a sum over numbers")
        return made, f"for {name} in range({1 if low is None else low}, {end} + 1)"

    @staticmethod
    def _is_counted(name: str, first: int | Node | None, body: Node) -> bool:
        """Is an index a number, and not the place of an entry?"""
        is_place = name in free_indices(body)
        return not is_place and (numbered(body, name) or isinstance(first, Node))

    def _sum(self, name: str, first: int | Node | None, last: Node | None, body: Node) -> Value:
        if self._is_counted(name, first, body):
            made, loop = self._by_numbers(name, first, last, body)
            return self._looped_sum(made, loop, may_be_none=True)
        made, length = self._over_index(name, first, last, body)
        if self.looped:
            return self._looped_sum(made, f"for {name} in range({length.mark})")
        if name not in made.axes:
            return self.times(Value(length.mark, plain=True), made)
        at = made.axes.index(name)
        axes = tuple(a for a in made.axes if a != name)
        where = f", axis={at}" if axes or made.shape else ""
        return Value(f"xp.sum({made.code}{where})", ATOM, axes, made.shape, made.row)

    def _looped_sum(self, made: Value, loop: str, may_be_none: bool = False) -> Value:
        if made.row:
            raise Unread("a sum of rows")
        start = ""
        if made.shape or may_be_none:
            start = f", xp.zeros({', '.join(n.mark for n in made.shape)})"
        inner = f"({made.code} {loop}){start}" if start else f"{made.code} {loop}"
        return Value(f"sum({inner})", shape=made.shape)

    def _corners(self, name: str, low: int, size: Node | None, body: Node) -> Value:
        """A sum over two numbers, or over all vectors that are made of them."""
        length = Length()
        if size is not None:
            if size.op != "sym" or size.args[0] in self.inputs:
                raise Unread("a sum over vectors of no known size")
            self.sizes.add(size.args[0])
            length = self.length(size.args[0])
        if name in self.inputs:
            raise Unread(f"{name} is summed over and stands outside the sum")
        shape = (length,) if size is not None else ()
        self.locals.append({name: Value(name, shape=shape)})
        try:
            made = self.value(body)
        finally:
            self.locals.pop()
        if made.axes:
            raise Unread("an indexed number in a sum over vectors")
        if size is None:
            return self._looped_sum(made, f"for {name} in (xp.one * {low}, xp.one)")
        self.tools.add("corners")
        return self._looped_sum(made, f"for {name} in corners(xp, {low}, {length.mark})")

    def _pairs(self, first: str, second: str, sign: str, last: Node | None, body: Node) -> Value:
        """A sum over pairs of indices, the first the lesser one or another; over the first alone
        where the second is bound outside."""
        if self.looped:
            return self._looped_pairs(first, second, sign, last, body)
        if _may_fail(body):
            raise Unread("a sum over some of what need not exist for the others")
        over = [name for name in (first, second) if not self._is_bound(name)]
        if sign == "!=" and over:
            one, delta = Node("num", (Fraction(1),)), Node("delta", (first, second))
            apart = Node("mul", (Node("add", (one, Node("neg", (delta,)))), body))
            for name in over:
                apart = Node("sum", (name, None, last, apart))
            return self.value(apart)
        if len(over) < 2:
            raise Unread("a sum over some indices, by another")
        length = Length()
        self.indices.append({first: length, second: length})
        try:
            made = self.value(body)
        finally:
            self.indices.pop()
        if last is None or last.op != "sym" or last.args[0] in self.inputs:
            raise Unread("a sum over pairs whose end is no size")
        self.sizes.add(last.args[0])
        length.unify(self.length(last.args[0]), "the range of a sum")
        if set(made.axes) != {first, second} or made.shape:
            raise Unread("a sum over pairs of indices of which one does not appear")
        return Value(f"xp.sum(xp.triu({self.aligned(made, (first, second), ADD)}, 1))")

    def _is_bound(self, name: str) -> bool:
        return name in self.outside or any(name in scope for scope in self.indices[1:])

    def _looped_pairs(
        self, first: str, second: str, sign: str, last: Node | None, body: Node
    ) -> Value:
        over = [name for name in (first, second) if not self._is_bound(name)]
        length = Length()
        self.indices.append(dict.fromkeys(over, length))
        try:
            made = self.value(body)
        finally:
            self.indices.pop()
        for name in {first, second} - set(over):
            length.unify(self.index_length(name), "two indices of one range")
        if last is not None:
            self._ends(length, None, last)
        if not over:
            raise Unread("a sum over indices that are summed over outside it")
        loops = " ".join(f"for {name} in range({length.mark})" for name in over)
        return self._looped_sum(made, f"{loops} if {first} {sign} {second}", may_be_none=True)

    def _each(self, tool: str, made: Value, name: str) -> Value:
        if name not in made.axes or made.shape:
            raise Unread("an operator over an index that its argument does not have")
        code = made.code
        axes = tuple(a for a in made.axes if a != name)
        if made.axes.index(name):
            if len(made.axes) != 2:
                raise Unread("an operator over one of more than two indices")
            code = f"{made.at(ATOM)}.T"
        self.tools.add(tool)
        return Value(f"{tool}(xp, {code})", ATOM, axes)

    def _prod(self, name: str, first: int | Node | None, last: Node | None, body: Node) -> Value:
        if self._is_counted(name, first, body):
            made, loop = self._by_numbers(name, first, last, body)
            if made.shape:
                raise Unread(f"a product over an index of {made.describe()}")
            return Value(f"math.prod(({made.code} {loop}), start=xp.one)")
        made, length = self._over_index(name, first, last, body)
        if self.looped:
            return self._looped_fold("prod", made, f"for {name} in range({length.mark})")
        return self._each("product", made, name)

    def _max(self, name: str, first: int | Node | None, last: Node | None, body: Node) -> Value:
        made, length = self._over_index(name, first, last, body)
        if self.looped:
            return self._looped_fold("max", made, f"for {name} in range({length.mark})")
        return self._each("largest", made, name)

    def _min(self, name: str, first: int | Node | None, last: Node | None, body: Node) -> Value:
        made, length = self._over_index(name, first, last, body)
        if self.looped:
            return self._looped_fold("min", made, f"for {name} in range({length.mark})")
        return self._each("smallest", made, name)

    @staticmethod
    def _looped_fold(fold: str, made: Value, loop: str) -> Value:
        if made.shape:
            raise Unread(f"{fold} over an index of {made.describe()}")
        return Value(f"xp.{fold}(xp.stack([{made.code} {loop}]))")

    # -- derivatives ------------------------------------------------------------------------------
    def _the_vector(self, body: Node) -> Node:
        """The one vector of which a formula speaks: in which else is it derived?"""
        if body.op == "sym" and body.args[0] in self.by_name:
            params = self.by_name[body.args[0]].params
            if len(params) == 1:
                return Node("sym", params)
        found = set()
        for name in called(body):
            if name in self.by_name or name in MEAN_CALLS:
                continue
            said = self.declared.get(name)
            rank = said.rank if said and said.rank is not None else self.guess.get(name)
            if rank == 1:
                found.add(name)
        if len(found) != 1 or any(n in self.by_name for n in called(body)):
            raise Unread("a derivative that does not say in which variable")
        (name,) = found
        self.note(f"it is derived in {name}")
        return Node("sym", (name,))

    def _component(self, body: Node, index: str) -> Value:
        """The derivative in one entry of the vector of which a formula speaks."""
        inner = body
        while inner.op in ("component", "index"):
            inner = inner.args[0]
        at: tuple[Node, ...] = inner.args[1] if inner.op == "call" else ()
        is_at = len(at) == 1 and at[0].op == "sym" and at[0].args[0] not in self.by_name
        variable = at[0] if is_at else self._the_vector(inner)
        return self._partial(body, Node("index", (variable, (index,))))

    def _divergence(self, body: Node, wrt: Node | None) -> Value:
        """The trace of the derivative of a field."""
        inner = body
        while inner.op in ("neg", "gradient"):
            inner = inner.args[0]
        at: tuple[Node, ...] = inner.args[1] if inner.op == "call" else ()
        is_at = len(at) == 1 and at[0].op == "sym" and at[0].args[0] not in self.by_name
        name, variable = self.variable(wrt or (at[0] if is_at else self._the_vector(inner)), body)
        made = self.value(body)
        if len(made.shape) != 1 or made.row or made.axes or len(variable.shape) != 1:
            raise Unread(f"the divergence of {made.describe()}")
        made.shape[0].unify(variable.shape[0], "a divergence")
        return Value(f"xp.trace({self._derived('jacobian', name, made)})")

    def _laplacian(self, body: Node, wrt: Node | None) -> Value:
        return self._divergence(Node("gradient", (body, wrt)), wrt)

    def _speed(self, name: str) -> Value:
        """How a state moves that may move as it likes: an input of its own."""
        if name not in self.curves or any(d.pattern.op == "rate" for d in self.definitions):
            raise Unread(f"a time derivative of {name}, of which no flow is said")
        state, speed = self.symbol(name), f"{name}_dot"
        if state.several or self._is_complex(name) or self.hypotheses[name] - FREELY:
            raise Unread(f"a time derivative of {name}, which does not move freely")
        if speed not in self.inputs:
            self.inputs[speed] = Value(speed, shape=state.shape)
            self.hypotheses[speed] = set()
            self.note(f"{speed} is any derivative of {name}")
        return self.inputs[speed]

    def _rate(self, body: Node) -> Value:
        """The derivative along the flow that the article says its symbols have."""
        if body.op == "sym" and body.args[0] not in self.by_name:
            return self._speed(body.args[0])
        made = self.value(body)
        moved = []
        for name in sorted(set(self.curves) & self.inputs.keys()):
            if re.search(rf"\b{name}\b", made.code):
                speed = self._speed(name)
                moved.append(f"xp.push(lambda {name}: {made.code}, {name}, {speed.code})")
        for definition in self.definitions:
            if definition.pattern.op != "rate":
                continue
            name = definition.pattern.args[0].args[0]
            if re.search(rf"\b{name}\b", made.code) and name not in self.by_name:
                state, speed = self.symbol(name), self.value(definition.pattern)
                self._same(state, speed, "a state and its speed")
                moved.append(f"xp.push(lambda {name}: {made.code}, {name}, {speed.code})")
        if not moved:
            raise Unread("a time derivative of what no flow moves")
        return replace(made, code=" + ".join(moved), level=ADD, plain=False)

    def variable(self, node: Node | None, body: Node) -> tuple[str, Value]:
        """What a derivative is taken in: an input, or a parameter of the definition around it."""
        if node is None:
            if body.op == "call" and len(body.args[1]) == 1 and body.args[1][0].op == "sym":
                node = body.args[1][0]
            else:
                node = self._the_vector(body)
        if node.op != "sym":
            raise Unread("a derivative in what is no variable")
        name = node.args[0]
        if name in self.by_name:
            raise Unread(f"a derivative in {name}, which is defined by others")
        variable = self.symbol(name)
        if variable.plain:
            raise Unread(f"a derivative in the size {name}")
        if self._is_complex(name):
            raise Unread("a derivative in a complex variable")
        return name, variable

    @staticmethod
    def _derived(tool: str, name: str, made: Value) -> str:
        if not re.search(rf"\b{name}\b", made.code):
            raise Unread(f"a derivative in {name}, of which what is derived does not speak")
        return f"xp.{tool}(lambda {name}: {made.code}, {name})"

    def _gradient(self, body: Node, wrt: Node | None) -> Value:
        if wrt is not None and wrt.op in ("index", "label"):
            return self._partial(body, wrt)
        if wrt is None and body.op == "call" and len(body.args[1]) == 1:
            (at,) = body.args[1]
            if at.op != "sym" or at.args[0] in self.by_name:
                return self._gradient_at(body.args[0], self.value(at))
        name, variable = self.variable(wrt, body)
        made = self.number(body, "the gradient")
        if made.axes:
            raise Unread("the gradient of an entry")
        return Value(self._derived("gradient", name, made), ATOM, (), variable.shape)

    def _gradient_at(self, function: str, at: Value) -> Value:
        if at.axes or at.row or at.plain:
            raise Unread("a gradient at an entry")
        self.locals.append({"t_": Value("t_", shape=at.shape)})
        try:
            inner = self.number(Node("call", (function, (Node("sym", ("t_",)),))), "the gradient")
        finally:
            self.locals.pop()
        return Value(f"xp.gradient(lambda t_: {inner.code}, {at.code})", ATOM, (), at.shape)

    def _hessian(self, body: Node, wrt: Node | None) -> Value:
        name, variable = self.variable(wrt, body)
        if len(variable.shape) != 1:
            raise Unread(f"a second derivative in {variable.describe()}")
        first = self._gradient(body, wrt)
        shape = (variable.shape[0], variable.shape[0])
        return Value(self._derived("jacobian", name, first), ATOM, (), shape)

    def _of_several(self, letter: str) -> tuple[Node, str]:
        """What ``x_i`` is one of, to derive in it, and how the derivative is turned."""
        said = self.declared.get(f"{letter}_all")
        if said is None or said.of == "eye":
            raise Unread(f"a derivative in {letter} with an index")
        return Node("sym", (said.of or said.name,)), ".T" if said.of and said.columns else ""

    def _along(self, name: str, made: Value) -> Value:
        """The derivative of a vector or a matrix in a number."""
        self._derived("push", name, made)
        return replace(
            made, code=f"xp.push(lambda {name}: {made.code}, {name}, xp.one)", level=ATOM
        )

    def _partial_of_several(self, body: Node, wrt: Node) -> Value:
        """A derivative in one vector of several, for each of them at once."""
        letter, names = wrt.args if wrt.op == "label" else (wrt.args[0].args[0], wrt.args[1])
        names = (names,) if wrt.op == "label" else names
        base, turned = self._of_several(letter)
        name, variable = self.variable(base, body)
        made = self.number(body, "the gradient")
        shape = variable.shape[::-1] if turned else variable.shape
        if made.axes or len(names) != 1:
            raise Unread("the gradient of an entry")
        shape[0].unify(self.index_length(names[0]), "the index of a derivative")
        code = f"{self._derived('gradient', name, made)}{turned}"
        return Value(code, ATOM, names, shape[1:])

    def _looped_partial(self, body: Node, wrt: Node) -> Value:
        """A derivative in an entry, or in one vector of several."""
        if wrt.op == "label":
            wrt = Node("index", (Node("sym", (wrt.args[0],)), wrt.args[1:]))
        base, names = wrt.args if wrt.op == "index" else (wrt, ())
        base = self.entries_of(base, names)
        turned = ""
        if names and self._are_several(base):
            base, turned = self._of_several(base.args[0])
        name, variable = self.variable(base, body)
        shape = variable.shape[::-1] if turned else variable.shape
        is_entry = len(names) == len(shape) or (len(names) == 1 and (turned or variable.several
                                                or base.args[0] != wrt.args[0]))  # fmt: skip
        if names and not is_entry:
            raise Unread(f"{len(names)} indices at {variable.describe()}")
        for own, index in zip(shape, names, strict=False):
            own.unify(self.index_length(index), "the index of a derivative")
        made = self.value(body)
        picks = f"[{', '.join(names)}]" if names else ""
        if not made.shape:
            code = f"{self._derived('gradient', name, made)}{turned}{picks}"
            return Value(code, ATOM, (), shape[len(names) :])
        if not variable.shape and not names:
            return self._along(name, made)
        if len(made.shape) != 1 or made.row or len(variable.shape) != 1:
            raise Unread(f"the derivative of {made.describe()} in {variable.describe()}")
        code = self._derived("jacobian", name, made)
        if names:
            return Value(f"{code}[:, {names[0]}]", ATOM, (), made.shape)
        return Value(code, ATOM, (), (*made.shape, *variable.shape))

    def _partial(self, body: Node, wrt: Node) -> Value:
        if wrt.op == "T":
            raise Unread("a derivative in a transpose")
        if self.looped:
            return self._looped_partial(body, wrt)
        if wrt.op == "label" or (wrt.op == "index" and self._are_several(wrt.args[0])):
            return self._partial_of_several(body, wrt)
        base, names = wrt.args if wrt.op == "index" else (wrt, ())
        base = self.entries_of(base, names)
        name, variable = self.variable(base, body)
        if len(names) not in (0, len(variable.shape)):
            raise Unread(f"{len(names)} indices at {variable.describe()}")
        for own, index in zip(variable.shape, names, strict=False):
            own.unify(self.index_length(index), "the index of a derivative")
        made = self.value(body)
        if len(made.shape) == 1 and len(variable.shape) == 1 and not names and not made.axes:
            code = self._derived("jacobian", name, made)
            return Value(code, ATOM, (), (*made.shape, *variable.shape))
        if made.shape and not variable.shape and not names:
            return self._along(name, made)
        if made.shape:
            raise Unread(f"the derivative of {made.describe()}")
        if made.axes:
            if len(made.axes) != 1 or len(names) != 1:
                raise Unread("the derivative of an entry in a matrix")
            if made.axes == names:
                raise Unread("the derivative of an entry in the same entry")
            code = self._derived("jacobian", name, made)
            return Value(code, ATOM, (*made.axes, *names))
        code = self._derived("gradient", name, made)
        return Value(code, ATOM, names, () if names else variable.shape)

    def _prime(self, node: Node) -> Value:
        times = 1
        while node.op == "prime":
            (node,), times = node.args, times + 1
        if node.op != "call" or len(node.args[1]) != 1:
            raise Unread("a prime that is no derivative of a function of one number")
        argument = self.number(node.args[1][0], "a derivative")
        if argument.axes:
            raise Unread("a derivative at an entry")
        self.locals.append({"t_": Value("t_")})
        try:
            inner = self.number(
                Node("call", (node.args[0], (Node("sym", ("t_",)),))), "a derivative"
            )
        finally:
            self.locals.pop()
        code = inner.code
        for _ in range(times - 1):
            code = f"xp.gradient(lambda t_: {code}, t_)"
        return Value(f"xp.gradient(lambda t_: {code}, {argument.code})")

    # -- statements -------------------------------------------------------------------------------
    def statements(self, chains: Sequence[Sequence[tuple[str, Node]]]) -> Reading:
        """The claim that chains of relations make together."""
        relations = []
        for sides in chains:
            if len(sides) < 2:
                raise Unread("no relation: nothing is claimed")
            self.indices = [{}]
            self.outside = free_indices(tuple(side for _, side in sides))
            for (_, left), (sign, right) in itertools.pairwise(sides):
                relations.append(self.relation(left, sign, right))
        self._give_sizes("".join(code for _, *both in relations for code in both))
        if not self.inputs:
            raise Unread("it has no input")
        where = self.hypothesis()
        return Reading(
            self.inputs, Value(""), relations, self.helpers, self.notes, self.hypotheses,
            self.tools, where, self.allowed,
        )  # fmt: skip

    def _give_sizes(self, code: str) -> None:
        """An input for each size of which alone, and of numbers, a statement speaks."""
        inside = {id(n.root) for v in self.inputs.values() for n in v.shape}
        if inside:  # a size of its own beside theirs is meant to be one of them
            return
        for root in _marked(code):
            if isinstance(root.name, str) and id(root) not in inside:
                inside.add(id(root))
                name = f"of_{root.name}"
                self.inputs[name] = Value(name, shape=(root,))
                self.note(f"{name} is there for its size alone")

    # -- hypotheses -------------------------------------------------------------------------------
    def hypothesis(self) -> list[str]:
        """The comparisons that the text assumes of the inputs, as a claim's ``where`` has them;
        those of sizes leave some numbers of them."""
        found: list[str] = []
        done: set[str] = set()
        self.looped, looped = False, self.looped
        while left := self.assumed.keys() - done:  # its symbols may have hypotheses of their own
            for tex in sorted(left):
                done.add(tex)
                try:
                    sides = self.condition(tex)
                    if not self._of_sizes(sides):
                        found.append(self._compared(sides))
                except Unread as reason:
                    raise Unread(f"what is assumed: {tex} ({reason})") from None
        self.looped = looped
        return found

    def _of_sizes(self, sides: Condition) -> bool:
        """Is a condition one between sizes and numbers? Then it leaves some numbers of them."""
        if not all(self._is_count(side) for _, side in sides):
            return False
        present = {n.root.name for v in self.inputs.values() for n in v.shape}
        for a, sign, b in _pairs_of(sides):
            strict = int(sign == "<")
            if sign not in ("<", "<="):
                raise Unread("of sizes")
            if a.op == "num":
                self._allow(b.args[0], range(int(a.args[0]) + strict, LARGEST + 1))
            elif b.op == "num":
                self._allow(a.args[0], range(1, int(b.args[0]) - strict + 1))
            elif a.args[0] not in present:
                self._allow(b.args[0], range(1 + strict, LARGEST + 1))
            elif b.args[0] not in present:
                self._allow(a.args[0], range(1, LARGEST + 1 - strict))
            else:
                middle = LARGEST // 2
                self._allow(a.args[0], range(1, middle + 1))
                self._allow(b.args[0], range(middle + strict, LARGEST + 1))
        return True

    def _is_count(self, node: Node) -> bool:
        if node.op == "call" and node.args[0] in ("minimum", "maximum"):
            return all(map(self._is_count, node.args[1]))
        is_size = node.op == "sym" and node.args[0] in self.sizes - self.inputs.keys()
        return is_size or (node.op == "num" and node.args[0].denominator == 1)

    def _compared(self, sides: Condition) -> str:
        """A comparison of numbers as text."""
        self.indices, indices = [{}], self.indices
        values = [self.value(side) for _, side in sides]
        self.indices = indices
        if any(v.shape for v in values):
            raise Unread("an order between vectors or matrices")
        if any(v.axes for v in values):
            raise Unread("a condition for each index")
        codes = [v.at(ADD) for v in values]
        rest = (f" {sign} {code}" for (sign, _), code in zip(sides[1:], codes[1:], strict=True))
        return codes[0] + "".join(rest)

    def relation(self, left: Node, sign: str, right: Node) -> tuple[str, str, str]:
        a, b = self.value(left), self.value(right)
        if ZERO not in (left, right):
            if sign == "=" and left.op == "partial" and not a.row and b.row:
                raise Unread("a derivative laid out as a row")
            self._same(a, b, "the two sides")
        axes = self.union(a, b)
        if a.shape and axes and ZERO not in (left, right) and set(a.axes) != set(b.axes):
            raise Unread("indices that stand on one side only")
        code = self.aligned(a, axes, ADD), self.aligned(b, axes, ADD)
        if self.looped and self.indices[0]:
            code = self._for_each(code[0]), self._for_each(code[1])
        elif sign == "=" and (gradient := self._as_gradient(left, a, b, axes)):
            return gradient
        if sign == "=":
            return ("Equal", *code)
        if a.shape or b.shape:
            raise Unread("an order between vectors or matrices")
        if any("complex" in self.hypotheses.get(name, ()) or self._is_complex(name)
               for name in (*symbols(left), *symbols(right))):  # fmt: skip
            self.note("an order between complex numbers is read as one between their real parts")
            code = f"xp.real({code[0]})", f"xp.real({code[1]})"
        if sign in ("<", ">"):
            self.note("a strict inequality is read as one that allows equality")
        return ("AtMost", *(code if sign in ("<=", "<") else code[::-1]))

    def _for_each(self, code: str) -> str:
        """A side for every number of the indices that are free in the statement."""
        if code == "0":
            return code
        loops = " ".join(f"for {i} in range({n.mark})" for i, n in self.indices[0].items())
        return f"xp.stack([{code} {loops}])"

    def _as_gradient(
        self, left: Node, a: Value, b: Value, axes: tuple[str, ...]
    ) -> tuple[str, str, str] | None:
        """The relation that says of a whole gradient what it is, where the left side is one."""
        match = re.fullmatch(r"xp\.gradient\((lambda (\w+): .*), \2\)", a.code)
        if left.op not in ("gradient", "partial") or match is None or a.axes != b.axes or b.plain:
            return None
        return "Gradient", f"{match[1]}, {match[2]}", self.aligned(b, axes, ADD)


def _pairs_of(sides: Condition) -> Iterator[tuple[Node, str, Node]]:
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


def _may_fail(node: Any) -> bool:
    """Is there a division, a root or a logarithm in a formula?"""
    if not isinstance(node, Node):
        return isinstance(node, tuple) and any(map(_may_fail, node))
    if node.op in ("inv", "norm", "pow") or (node.op == "div" and node.args[1].op != "num"):
        return node.op != "pow" or node.args[1].op != "num" or _may_fail(node.args[0])
    if node.op == "call" and node.args[0] == "log" and node.args[1][0].op == "call":
        return node.args[1][0].args[0] != "cosh" or any(map(_may_fail, node.args[1][0].args))
    is_safe = node.op != "call" or node.args[0] in ENTRYWISE - POSITIVE
    return not is_safe or any(map(_may_fail, node.args))


def _assumed(said: Declared) -> bool:
    """Is something said of single rows or columns?"""
    return bool(said.hypotheses - {"complex", "nonzero"})


def free_indices(node: Any) -> set[str]:
    """The indices of a formula over which nothing in it runs."""
    if isinstance(node, tuple):
        return set().union(*map(free_indices, node))
    if not isinstance(node, Node):
        return set()
    if node.op == "index":
        return free_indices(node.args[0]) | set(node.args[1])
    if node.op in ("label", "delta"):
        return set(node.args[1:] if node.op == "label" else node.args)
    if node.op == "component":
        return free_indices(node.args[0]) | {node.args[1]}
    if node.op in ("sum", "prod", "max", "min"):
        return free_indices(node.args[3]) - {node.args[0]}
    if node.op == "pairs":
        return free_indices(node.args[4]) - set(node.args[:2])
    return free_indices(node.args)


def large(node: Node) -> str:
    return str(node.args[0]).upper()


def is_entry_letter(name: str, declared: Mapping[str, Declared]) -> bool:
    """A small letter that nothing is said of, where its capital is a matrix."""
    matrix = declared.get(name.upper())
    is_small = len(name) == 1 and name.islower()
    return is_small and name not in declared and matrix is not None and matrix.rank == 2
