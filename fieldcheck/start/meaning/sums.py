"""Sums, products and extremes over an index."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from fieldcheck.start.meaning.forms import free_indices, may_fail, numbered
from fieldcheck.start.meaning.functions import Functions
from fieldcheck.start.meaning.values import ADD, ATOM, LARGEST, ONE, Length, Value
from fieldcheck.start.signs import Node, Unread


class Sums(Functions):
    """Values of sums and products over an index."""

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
        if may_fail(body):
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
        made = self._over((first, second), length, last, body)
        if set(made.axes) != {first, second} or made.shape:
            raise Unread("a sum over pairs of indices of which one does not appear")
        return Value(f"xp.sum(xp.triu({self.aligned(made, (first, second), ADD)}, 1))")

    def _apart(self, fold: str, first: str, second: str, last: Node | None, body: Node) -> Value:
        """The greatest or the least over the one index that differs from another."""
        over = [name for name in (first, second) if not self._is_bound(name)]
        if not self.looped or len(over) != 1:
            raise Unread("an extreme over some indices, by another")
        length = self.index_length((first, second)[over[0] == first])
        made = self._over(over, length, last, body)
        if isinstance(length.root.name, str):
            self._allow(length.root.name, range(2, LARGEST + 1))
        return self._looped_fold(fold, made, f"for {over[0]} in range({length.mark}) "
                                             f"if {first} != {second}")  # fmt: skip

    def _over(self, names: Sequence[str], length: Length, last: Node | None, body: Node) -> Value:
        """A formula whose indices of these names run over one length, which ends so."""
        self.indices.append(dict.fromkeys(names, length))
        try:
            made = self.value(body)
        finally:
            self.indices.pop()
        if last is not None:
            self._ends(length, None, last)
        return made

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
