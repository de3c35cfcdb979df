"""Indices, entries, labels and matrices in blocks."""

from __future__ import annotations

from fieldcheck.start.meaning.algebra import Algebra
from fieldcheck.start.meaning.values import ATOM, LARGEST, Length, Value
from fieldcheck.start.signs import Node, Unread


class Entries(Algebra):
    """Values of entries."""

    def _last(self, base: Node, names: tuple[str, ...]) -> Value | None:
        """``x_n``, where n is the size of x: its last entry."""
        (name,) = names if len(names) == 1 else ("",)
        is_size = name in self.sizes and not any(name in scope for scope in self.indices[1:])
        if not is_size or name in self.inputs or any(name in scope for scope in self.locals):
            return None
        made = self._indexed(base, names)
        if made.row or made.axes or not (len(made.shape) == 1 or made.several):
            raise Unread(f"the entry {name} of {made.describe()}")
        made.shape[0].unify(self.length(name), f"the entry {name}")
        return Value(f"{made.at(ATOM)}[{self.length(name).mark} - 1]", shape=made.shape[1:])

    def _index(self, base: Node, names: tuple[str, ...]) -> Value:
        if (last := self._last(base, names)) is not None:
            return last
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
