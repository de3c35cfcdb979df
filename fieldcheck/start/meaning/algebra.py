"""Sums, products, powers, transposes and inverses, with the shapes worked out."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from fieldcheck.start.meaning.forms import is_entry_letter, large
from fieldcheck.start.meaning.symbols import Symbols
from fieldcheck.start.meaning.values import ADD, ATOM, COMPLEX, MUL, POWER, Length, Value
from fieldcheck.start.signs import Node, Unread, symbols


class Algebra(Symbols):
    """Values of sums, products and powers."""

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

    def _total(self, a: Node, b: Node) -> Value:
        """The sum of the entries of one times those of the other, of which the first is conjugated
        if they are complex."""
        x, y = self.value(a), self.value(b)
        self._same(x, y, "an inner product")
        names = {*symbols(a), *symbols(b)}
        first = f"xp.conj({x.code})" if any(map(self._is_complex, names)) else x.at(MUL)
        code = f"{first} * {y.at(POWER)}"
        return Value(f"xp.sum({code})" if x.shape else code, ATOM if x.shape else MUL)

    def _contract(self, a: Node, b: Node) -> Value:
        """``A : B``, the inner product of two matrices."""
        if not self.value(a).shape:
            raise Unread("a colon between numbers")
        return self._inner(a, b)

    def _kron(self, a: Node, b: Node) -> Value:
        x, y = self.value(a), self.value(b)
        if len(x.shape) != 2 or len(y.shape) != 2 or x.axes or y.axes:
            raise Unread("a Kronecker product of other things than matrices")
        return Value(f"xp.kron({x.code}, {y.code})", ATOM, (), (Length(), Length()))

    def _pow(self, base: Node, exponent: Node) -> Value:
        whole = exponent.args[0] if exponent.op == "num" else None
        if base.op == "norm" and whole == 2:
            return self._norm(base.args[0], base.args[1], squared=True)
        if base.op == "abs" and whole == 2 and len(self.value(base.args[0]).shape) == 1:
            self.note("bars around a vector are its Euclidean norm")
            return self._norm(base.args[0], "", squared=True)
        if base.op == "inv":
            raise Unread("a power of an inverse")
        made = self.value(base)
        if made.shape and whole is None and (entries := self._diagonal(base)) is not None:
            return self._diagonal_of(Node("pow", (Node("index", (entries, ("at_",))), exponent)))
        if made.shape:
            if len(made.shape) == 2 and whole is not None and whole.denominator == 1:
                made.shape[0].unify(made.shape[1], "a power of a matrix")
                if 1 <= whole <= 4:
                    code = " @ ".join([made.at(POWER)] * int(whole))
                    return Value(code, MUL, (), made.shape)
            if len(made.shape) == 2 and (half := _halves(exponent)) and not made.axes:
                return self._root(base, made, half)
            if len(made.shape) == 2 and exponent.op == "sym" and not made.axes:
                return self._repeated(made, exponent)
            raise Unread(f"a power of {made.describe()}")
        if whole is not None and whole.denominator == 1:
            return replace(made, code=f"{made.at(ATOM)}**{whole}", level=POWER)
        negative = exponent.args[0] if exponent.op == "neg" else None
        if negative is not None and negative.op == "num" and negative.args[0].denominator == 1:
            one = Value("1", plain=True)
            return self.over(one, self._pow(base, negative))
        if exponent == Node("div", (Node("num", (Fraction(1),)), Node("num", (Fraction(2),)))):
            return self.read(Node("call", ("sqrt", (base,))))
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

    def _root(self, base: Node, made: Value, halves: int) -> Value:
        """The square root of a positive definite matrix, to some power."""
        made.shape[0].unify(made.shape[1], "a root of a matrix")
        if not self.is_definite(base):
            raise Unread("a root of a matrix of which is not said that it is positive definite")
        factor = "" if halves == 2 else f" * {halves}" if halves > 0 else f" * ({halves})"
        code = f"xp.expm(xp.logm({made.code}){factor} / 2)"
        return Value(code, ATOM, (), made.shape)

    def is_definite(self, node: Node) -> bool:
        """Is it seen that a matrix is positive definite, but on a thin set?"""
        if node.op == "sym" and node.args[0] in self.by_name:
            return self.is_definite(self.by_name[node.args[0]].body)
        if node.op == "sym":
            return bool(self.hypotheses.get(node.args[0], set()) & {"spd", "psd"})
        if node.op == "eye":
            return True
        if node.op == "mul":
            matrices = [each for each in node.args if self.value(each).shape]
            numbers = [each for each in node.args if each not in matrices]
            signs = all(map(self.is_positive, numbers))
            if len(matrices) == 2:
                a, b = matrices
                return signs and (a == Node("T", (b,)) or b == Node("T", (a,)))
            return signs and len(matrices) == 1 and self.is_definite(matrices[0])
        return node.op in ("add", "inv") and all(map(self.is_definite, node.args))

    def is_positive(self, node: Node) -> bool:
        """Is it seen that a number is positive? In the layer of extremes."""
        raise NotImplementedError

    def _diagonal(self, node: Node) -> Node | None:
        """The vector on the diagonal of a matrix, where a formula says that it is one."""
        for _ in self.definitions:
            if node.op == "sym" and node.args[0] in self.by_name:
                node = self.by_name[node.args[0]].body
        is_one = node.op == "call" and node.args[0] == "diag"
        return node.args[1][0] if is_one and len(self.value(node.args[1][0]).shape) == 1 else None

    def _diagonal_of(self, entry: Node) -> Value:
        """The diagonal matrix with these entries."""
        if self.looped:
            raise Unread("a power of a diagonal matrix in a loop")
        length = Length()
        self.indices.append({"at_": length})
        try:
            made = self.value(entry)
        finally:
            self.indices.pop()
        return Value(f"xp.diag({made.code})", ATOM, (), (length, length))

    def _repeated(self, made: Value, exponent: Node) -> Value:
        """A power of a matrix with an integer for its exponent."""
        raise Unread(f"a power of {made.describe()}")

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
            if node.op in ("sym", "call"):
                raise Unread("a star or dagger on what is not declared complex")
            return self._T(node)
        made = self.value(node)
        if len(made.shape) == 1:
            return replace(made, code=f"xp.conj({made.code})", level=ATOM, row=not made.row)
        if not made.shape:
            return replace(made, code=f"xp.conj({made.code})", level=ATOM)
        if made.axes:
            raise Unread("a star of an indexed matrix")
        return Value(f"xp.star({made.code})", ATOM, (), made.shape[::-1])

    def _adjoint(self, node: Node) -> Value:
        """The conjugate transpose, which is the transpose of what is real."""
        names = list(symbols(node))
        is_complex = any(
            "complex" in self.hypotheses.get(n, ()) or self._is_complex(n) for n in names
        )
        return self._star(node) if is_complex else self._T(node)

    def _conj(self, node: Node) -> Value:
        made = self.value(node)
        return replace(made, code=f"xp.conj({made.code})", level=ATOM, plain=False)

    def _is_complex(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        if name in self.by_name and name not in seen:
            body, seen = self.by_name[name].body, seen | {name}
            inner = any(self._is_complex(n, seen) for n in set(symbols(body)))
            return inner or "imaginary" in str(body)
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

    def _pinv(self, node: Node) -> Value:
        """The pseudoinverse, of a matrix whose rank is known but on a thin set."""
        made = self.value(node)
        if len(made.shape) != 2 or made.axes:
            raise Unread(f"the pseudoinverse of {made.describe()}")
        ranks = sorted(self._ranks(node))
        rank = ranks[0] if len(ranks) == 1 else f"min({', '.join(ranks)})"
        self.tools.add("pseudoinverse")
        self.note(f"a pseudoinverse is one of rank {self._shown(ranks)}")
        return Value(f"pseudoinverse(xp, {made.code}, {rank})", ATOM, (), made.shape[::-1])

    @staticmethod
    def _shown(ranks: list[str]) -> str:
        text = ranks[0] if len(ranks) == 1 else f"min({', '.join(ranks)})"
        return re.sub("⟦(\\d+)⟧", lambda m: str(Length.marked[int(m[1])].root), text)

    def _ranks(self, node: Node) -> set[str]:
        """The numbers of which the least is the rank of a matrix, but on a thin set."""
        if node.op == "sym" and node.args[0] in self.laplacians:
            self.note(
                f"the graph is connected: the rank of {node.args[0]} is one less than its size"
            )
            return {f"{self.value(node).shape[0].mark} - 1"}
        if node.op == "sym" and node.args[0] in self.by_name:
            return self._ranks(self.by_name[node.args[0]].body)
        if node.op in ("T", "pinv", "star"):
            return self._ranks(node.args[0])
        if node.op == "mul":
            matrices = [each for each in node.args if len(self.value(each).shape) == 2]
            return set().union(*map(self._ranks, matrices))
        is_input = node.op == "sym" and not self.hypotheses.get(node.args[0], set()) - {
            "complex", "symmetric", "spd", "psd", "invertible", "orthogonal", "positive"
        }  # fmt: skip
        made = self.value(node)
        is_diagonal = node.op == "call" and node.args[0] == "diag"
        if not (is_input or is_diagonal) or len(made.shape) != 2:
            raise Unread("the pseudoinverse of a matrix of which the rank is not known")
        return {each.root.mark for each in made.shape}

    def entries_of(self, base: Node, names: tuple[str, ...]) -> Node:
        """``p_{ij}`` of a matrix P: what an undeclared small letter with two indices stands for."""
        is_letter = base.op == "sym" and base.args[0] not in self.by_name
        if not is_letter or len(names) != 2 or not is_entry_letter(base.args[0], self.declared):
            return base
        self.note(f"{base.args[0]} with two indices is taken for the entries of {large(base)}")
        return Node("sym", (large(base),))

    def _norm(self, node: Node, kind: str, squared: bool = False) -> Value:
        made = self.value(node)
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
        is_spectral = (
            kind == "op"
            or (kind == "2" and self.spectral)
            or (kind == "" and self.spectral == "alone")
        )
        if is_spectral and len(made.shape) == 2:
            code = f"xp.spectral_norm({made.code})"
            return Value(f"{code}**2" if squared else code, POWER if squared else ATOM)
        if kind == "nuclear" and len(made.shape) == 2:
            code = f"xp.sum(xp.svdvals({made.code}))"
            return Value(f"{code}**2" if squared else code, POWER if squared else ATOM)
        if kind not in ("", "2", "F") or (kind == "2" and len(made.shape) == 2):
            raise Unread(f"the norm with the subscript {kind}")
        if len(made.shape) == 2 and kind == "":
            raise Unread("the norm of a matrix without a subscript: of Frobenius, or the largest "
                         "singular value?")  # fmt: skip
        return Value(f"xp.{'norm2' if squared else 'norm'}({made.code})")

    def _abs(self, node: Node) -> Value:
        made = self.value(node)
        if len(made.shape) == 1:
            self.note("bars around a vector are its Euclidean norm")
            return self._norm(node, "")
        if made.shape:
            raise Unread(f"an absolute value of {made.describe()}")
        return replace(made, code=f"xp.abs({made.code})", level=ATOM, plain=False)

    def _inner(self, a: Node, b: Node) -> Value:
        x, y = self.value(a), self.value(b)
        if any(map(self._is_complex, (*symbols(a), *symbols(b)))):
            if self.conjugated not in ("first", "second"):
                raise Unread("an inner product of complex vectors, of which one is conjugated")
            if x.axes or y.axes:
                raise Unread("an inner product of indexed complex vectors")
            self._same(x, y, "an inner product")
            first, second = (x, y) if self.conjugated == "first" else (y, x)
            self.note(f"inner products are conjugate linear in the {self.conjugated} argument")
            return Value(f"xp.sum(xp.conj({first.code}) * {second.at(POWER)})")
        if (x.axes or y.axes) and len(x.shape) == len(y.shape) == 1 and not (x.row or y.row):
            return self.times(replace(x, row=True), y)
        if x.axes or y.axes:
            raise Unread("an inner product of indexed matrices")
        self._same(x, y, "an inner product")
        if not x.shape and "label" in (a.op, b.op):
            raise Unread("an inner product of what is not said to be vectors")
        return Value(f"xp.sum({x.at(MUL)} * {y.at(POWER)})")


def _halves(exponent: Node) -> int:
    """How many halves an exponent is, if it is an odd number of them."""
    node, sign = (exponent.args[0], -1) if exponent.op == "neg" else (exponent, 1)
    if node.op == "num" and node.args[0].denominator == 2:
        return sign * int(node.args[0].numerator)
    parts = node.args if node.op == "div" else ()
    is_half = len(parts) == 2 and all(p.op == "num" for p in parts) and parts[1].args[0] == 2
    return sign * int(parts[0].args[0]) if is_half and parts[0].args[0] % 2 == 1 else 0
