"""Symbols of a formula as values: declared, defined, bound, or free inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from fieldcheck.start.formulas import Declared, is_open
from fieldcheck.start.meaning.forms import assumed
from fieldcheck.start.meaning.values import (
    ATOM,
    COUNTS,
    LARGEST,
    LAWS,
    MUL,
    POWER,
    SQUARE,
    Condition,
    Definition,
    Helper,
    Length,
    Value,
    marked,
    unreadable,
)
from fieldcheck.start.signs import Node, Unread


class Symbols:
    """Values of symbols."""

    def __init__(
        self,
        declared: Mapping[str, Declared],
        definitions: Sequence[Definition],
        sizes: Iterable[str],
        guess: Mapping[str, int],
        looped: bool = False,
        entered: Collection[str] = (),
        condition: Callable[[str], Condition] = unreadable,
        curves: Collection[str] = (),
        spectral: str = "",
        laplacians: Collection[str] = (),
        conjugated: str = "",
        random: Mapping[str, tuple[Node, Node | None]] | None = None,
    ) -> None:
        self.random = random or {}  # random vectors: the mean, and the covariance
        self.laplacians = laplacians  # of connected graphs
        self.conjugated = conjugated  # which argument of an inner product is conjugated
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
        self.thin: dict[str, tuple[Length, ...]] = {}  # those with orthonormal columns
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
        elif kind == "value":
            self._allow(name, [int(said)] if said.isdecimal() else [])
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
        for each in sorted(said.hypotheses) if said else ():
            if each == "unread distribution" and said and said.hypotheses & LAWS:
                continue
            if each.startswith("unread "):
                raise Unread(f"what is said of {name}: {each[7:]}")
            if each.startswith("value "):
                if rank or (rank is None and self.guess.get(name)):
                    raise Unread(f"what is said of {name}: it is {each[6:]}")
                self.note(f"{name} is {each[6:]}")
                return Value(f"xp.one * {each[6:]}", MUL)
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
        apart = [n.root.name for n in shape if isinstance(n.root.name, str)]
        if "orthogonal" in assumed and len(set(apart)) > 1:  # U^T U = I, of a tall one
            assumed = assumed - {"orthogonal"} | {"orthonormal"}
        if rank == 2 and not (said and said.several) and assumed & SQUARE:
            shape[0].unify(shape[1], name)
        if "permutation" in assumed:
            return self._permutation(name, shape)
        if "orthonormal" in assumed:
            return self._thin(name, shape)
        self.hypotheses.setdefault(name, set()).update(assumed)
        if "integer" in " ".join(assumed):
            self.note(f"{name} is an integer: a few are tried")
        is_several = bool(said and said.several)
        plain = any(h.startswith("integer") for h in assumed)
        self.inputs[name] = Value(name, shape=shape, several=is_several, plain=plain)
        return self._taken(name, self.inputs[name], -1)

    def _thin(self, name: str, shape: tuple[Length, ...]) -> Value:
        """A matrix with orthonormal columns: the first columns of an orthogonal one."""
        if len(shape) != 2:
            raise Unread(f"{name} has orthonormal columns, and is no matrix")
        whole = f"{name}_whole"
        if whole not in self.inputs:
            self.inputs[whole] = Value(whole, shape=(shape[0], shape[0]))
            self.hypotheses[whole] = {"orthogonal"}
            self.thin[name] = shape
            self.note(f"{name} is made of columns of {whole}")
        rows, columns = self.thin[name]
        made = self._taken(whole, self.inputs[whole], -1)
        return Value(f"{made.code}[:, :{columns.mark}]", shape=(rows, columns))

    def _permutation(self, name: str, shape: tuple[Length, ...]) -> Value:
        """A permutation matrix, by the number of its permutation."""
        if len(shape) != 2 or self.captured:
            raise Unread(f"{name} is a permutation, inside of a function")
        shape[0].unify(shape[1], name)
        number = re.sub("[^A-Za-z]", "", name) + "number"
        if number not in self.inputs:
            self.inputs[number] = Value(number, plain=True)
            self.hypotheses[number] = {"integer"}
            self.tools.add("permuted")
            self.note(f"{name} is a permutation matrix: a few are tried")
        return Value(f"permuted(xp, {number}, {shape[0].mark})", shape=shape)

    def _numbered_entry(self, name: str, said: Declared | None) -> Value | None:
        """``x_1`` of a vector, or of several, of which alone the text speaks."""
        letter, _, number = name.partition("_")
        if (said and said.hypotheses) or not number.isdecimal() or number == "0":
            return None
        known = self.declared.get(letter)
        several = self.declared.get(f"{letter}_all")
        if letter in self.by_name or (known and known.rank == 1) or several:
            return self.read(Node("entry", (Node("sym", (letter,)), int(number) - 1)))
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
        several = said if said and said.of and not assumed(said) else None
        holder = next((d for d in self.declared.values() if d.of == name and assumed(d)), None)
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
        if definition.printed.startswith(f"{name} is any "):  # what stands for it
            self.note(definition.printed)
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
        name = self._kept(name, helper)
        shown = ", ".join(
            ["xp", *(a.code for a in arguments), *(v.code for v in captured.values())]
        )
        made = f"{name}({shown})"
        return Value(made, shape=body.shape, row=body.row, several=body.several)

    def _kept(self, name: str, helper: Helper) -> str:
        """The name under which a function is kept: one of its own, where the same definition makes
        another of it, as where one of its symbols is a variable."""
        own, count = name, 1
        while (old := self.helpers.setdefault(own, helper)) is not helper:
            if (old.arguments, old.code) == (helper.arguments, helper.code):
                break
            count += 1
            own = f"{name}_at{count}"
            helper = replace(helper, definition=replace(helper.definition, name=own))
        return own

    def _is_constant(self, body: Value, captured: Mapping[str, Value]) -> bool:
        """Does a definition speak of a size that nothing in it has? It is written out, then; and a
        size of which it does not say what it is, is the one of which it speaks."""
        inside = {id(n.root) for v in captured.values() for n in v.shape}
        loose = {id(root): root for root in marked(body.code) if id(root) not in inside}
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
        made = self.read(node)
        if made.several:
            raise Unread("several vectors without an index")
        return made

    def read(self, node: Node) -> Value:
        """By the method of its name, here or in a layer above."""
        method = getattr(self, f"_{node.op}", None)
        if method is None:
            raise Unread(f"{node.op} has no reading")
        made: Value = method(*node.args)
        return made

    def named(self, node: Node) -> Value:
        """What a definition names."""
        return self.read(node) if node.op == "call" else self.argument(node)

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

    def _imaginary(self) -> Value:
        return Value("xp.i")

    def _eye(self, size: str = "") -> Value:
        n = self.length(size) if size.split("*")[-1] in self.sizes else Length()
        return Value(f"xp.eye({n.mark})", shape=(n, n))

    def _ones(self, size: str = "") -> Value:
        if size.isdigit():
            n = Length(int(size))
        else:
            n = self.length(size) if size in self.sizes else Length()
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

    @staticmethod
    def _lifted(v: Value) -> str:
        return f"xp.one * {v.at(POWER)}" if v.plain else v.code

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
