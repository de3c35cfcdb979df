r"""From a formula's tree to the body of a claim, with the shapes worked out.

A value has a shape of at most two axes, and before them one axis for each index that is free in it:
``x_i`` is the array x with the axis i, and a sum over i is a sum over that axis.  Lengths are
unified as the formula is read; what does not fit raises :class:`Unread` with both lengths.  That
reads little of vectors with an index. There the formula is read in loops: an index is a number of
Python's, ``x_i`` is ``x[i]``, and a sum over i is one of Python's, for one size at a time.  Code is
text with marks for lengths, which are replaced when all of them are known.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from fieldcheck.start.meaning.extremes import Extremes
from fieldcheck.start.meaning.forms import free_indices, pairs_of
from fieldcheck.start.meaning.values import ADD, LARGEST, ZERO, Condition, Reading, Value, marked
from fieldcheck.start.signs import Node, Unread, symbols


class Reader(Extremes):
    """Reads one formula, for one guess of what its undeclared symbols are."""

    # -- statements -------------------------------------------------------------------------------
    def statements(self, chains: Sequence[Sequence[tuple[str, Node]]]) -> Reading:
        """The claim that chains of relations make together."""
        relations = []
        for sides in chains:
            if len(sides) < 2:
                raise Unread("no relation: nothing is claimed")
            sides = self.reached(sides)
            self.indices = [{}]
            self.outside = free_indices(tuple(side for _, side in sides), self.sizes)
            for (_, left), (sign, right) in itertools.pairwise(sides):
                relations += self.relations(left, sign, right)
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
        for name, (rows, columns) in self.thin.items():
            tall, few = rows.root.name, columns.root.name
            if not isinstance(tall, str) or not isinstance(few, str):
                raise Unread(f"the number of columns of {name}")
            if tall == few:
                continue
            self._allow(few, range(1, LARGEST // 2 + 1))
            self._allow(tall, range(LARGEST // 2, LARGEST + 1))
            if id(columns.root) not in inside:
                inside.add(id(columns.root))
                self.inputs[f"of_{few}"] = Value(f"of_{few}", shape=(columns.root,))
                self.note(f"of_{few} is there for its size alone")
        if inside:  # a size of its own beside theirs is meant to be one of them
            return
        for root in marked(code):
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
                    if self._is_length(sides):
                        continue
                    if not self._of_sizes(sides):
                        found.append(self._compared(sides))
                except Unread as reason:
                    raise Unread(f"what is assumed: {tex} ({reason})") from None
        self.looped = looped
        return found

    def _is_length(self, sides: Condition) -> bool:
        """Does a condition only say that a root, a norm, or a vector made of others is not zero? It
        is needed just there."""
        if len(sides) != 2 or sides[1][0] not in (">", ">=", "!=") or sides[1][1] != ZERO:
            return False
        node = sides[0][1]
        for _ in self.definitions:
            if node.op == "call" and node.args[0] in self.by_name:
                node = self.by_name[node.args[0]].body
        if sides[1][0] == "!=" and node.op != "sym" and self.value(node).shape:
            self.note(f"{sides[0][1]} is not zero, where that is needed")
            return True
        is_root = node.op in ("norm", "abs") or (node.op == "call" and node.args[0] == "sqrt")
        if is_root:
            self.note(f"{sides[0][1].args[0]} is not zero, where that is needed")
        return is_root

    def _of_sizes(self, sides: Condition) -> bool:
        """Is a condition one between sizes and numbers? Then it leaves some numbers of them."""
        if not all(self._is_count(side) for _, side in sides):
            return False
        present = {n.root.name for v in self.inputs.values() for n in v.shape}
        for a, sign, b in pairs_of(sides):
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

    def relations(self, left: Node, sign: str, right: Node) -> list[tuple[str, str, str]]:
        if "extreme" in (left.op, right.op):
            return self.extremes(left, sign, right)
        if sign in (r"\preceq", r"\succeq"):
            return self.ordered(*((left, right) if sign == r"\preceq" else (right, left)))
        return [self.relation(left, sign, right)]

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
