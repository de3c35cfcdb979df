"""Primitives that are made of others, the same in every arithmetic.

What can carry the others carries these: an index count takes a mean for a sum and a size as a
number, and refuses a product, a maximum or a triangle along a size, for which it has no rule.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from fieldcheck.arithmetic.array import Unsupported, Value, same_shape

LAPLACE = 6
"""Rows up to which a determinant is expanded by minors; beyond them an arithmetic may eliminate."""

MINORS = 12
"""Rows beyond which there are too many minors."""


class Compositions:
    """Reductions, products of several arrays, parts of matrices."""

    if TYPE_CHECKING:  # what an arithmetic has beside them

        @property
        def one(self) -> Value: ...
        def lift(self, value: Any) -> Value: ...
        def mul(self, a: Any, b: Any) -> Value: ...
        def maximum(self, a: Any, b: Any) -> Value: ...
        def minimum(self, a: Any, b: Any) -> Value: ...
        def flatten(self, x: Value) -> Value: ...
        def sum(self, x: Value, axis: int | None = None) -> Value: ...
        def ones(self, *shape: int) -> Value: ...
        def constant(self, table: int | Sequence[Any]) -> Value: ...
        def diagonal(self, x: Value) -> Value: ...
        def _linear(self, op: Callable[[Any], Any], x: Value) -> Value: ...
        def _permute(self, d: Any, axes: tuple[int, ...]) -> Any: ...
        def _eliminated(self, a: Value) -> Value | None: ...

    # -- reductions ------------------------------------------------------------------------------
    def mean(self, x: Any, axis: int | None = None) -> Value:
        """The sum over all entries, or over one axis, divided by their number."""
        whole = self._whole(x, axis)
        axis = 0 if axis is None else axis
        return self.sum(whole, axis=axis) / whole.shape[axis]

    def prod(self, x: Any, axis: int | None = None) -> Value:
        """The product of all entries, or along one axis; of none it is 1."""
        slices = self._slices(x, axis)
        return self._folded(self.mul, slices) if slices else self._empty(x, axis)

    def max(self, x: Any, axis: int | None = None) -> Value:
        """The largest of all entries (real), or along one axis."""
        return self._folded(self.maximum, self._slices(x, axis, "max"))

    def min(self, x: Any, axis: int | None = None) -> Value:
        """The least of all entries (real), or along one axis."""
        return self._folded(self.minimum, self._slices(x, axis, "min"))

    def _whole(self, x: Any, axis: int | None) -> Value:
        x = self.lift(x)
        return self.flatten(x) if axis is None else x

    def _empty(self, x: Any, axis: int | None) -> Value:
        return self.ones(*_without(self._whole(x, axis).shape, 0 if axis is None else axis))

    def _slices(self, x: Any, axis: int | None, needed: str = "") -> list[Value]:
        """The slices along an axis; an axis whose length is only a name has none."""
        x = self._whole(x, axis)
        axis = (0 if axis is None else axis) % x.ndim
        found = [x[(slice(None),) * axis + (k,)] for k in range(x.shape[axis])]
        if needed and not found:
            raise ValueError(f"xp.{needed} of no entries")
        return found

    @staticmethod
    def _folded(op: Callable[[Value, Value], Value], values: list[Value]) -> Value:
        """In pairs, so that nothing is nested deeper than it must be."""
        while len(values) > 1:
            pairs = [op(a, b) for a, b in zip(values[::2], values[1::2], strict=False)]
            values = pairs + values[2 * len(pairs) :]
        return values[0]

    # -- triangles -------------------------------------------------------------------------------
    def tril(self, x: Value, k: int = 0) -> Value:
        """The lower triangle of a matrix, up to its k-th diagonal; zero elsewhere."""
        return self._masked(x, lambda row, column: column - row <= k)

    def triu(self, x: Value, k: int = 0) -> Value:
        """The upper triangle of a matrix, from its k-th diagonal on; zero elsewhere."""
        return self._masked(x, lambda row, column: column - row >= k)

    def _masked(self, x: Value, keeps: Callable[[int, int], bool]) -> Value:
        if x.ndim < 2:
            raise ValueError("a triangle is taken of a matrix")
        rows, columns = (range(n) for n in x.shape[-2:])
        if not rows or not columns:
            return x
        return x * self.constant([[int(keeps(i, j)) for j in columns] for i in rows])

    # -- several arrays at once ------------------------------------------------------------------
    def permute(self, x: Value, axes: Sequence[int]) -> Value:
        """The axes of an array in another order, as numpy's ``transpose``."""
        axes = tuple(axes)
        if sorted(axes) != list(range(x.ndim)):
            raise ValueError(f"{axes} is no order of the {x.ndim} axes")
        if axes == tuple(range(x.ndim)):
            return x
        return self._linear(lambda d: self._permute(d, axes), x)

    def einsum(self, spec: str, *arrays: Any) -> Value:
        """Einstein's sum, "ij,jk->ik": products of entries, summed over each index that the result
        does not bear.  Without an arrow the result bears the indices that occur once, in order."""
        labels, out = _read(spec, [self.lift(a) for a in arrays])
        values = [self._slanted(*pair) for pair in zip(labels, map(self.lift, arrays), strict=True)]
        _lengths_fit(spec, values)
        have, so_far = values[0]
        for k, (labels_k, value) in enumerate(values[1:], 1):
            joined = have + "".join(s for s in labels_k if s not in have)
            so_far = self._spread(have, so_far, joined) * self._spread(labels_k, value, joined)
            later = out + "".join(s for s, _ in values[k + 1 :])
            have, so_far = self._summed_out(joined, so_far, later)
        have, so_far = self._summed_out(have, so_far, out)
        return self.permute(so_far, [have.index(s) for s in out])

    def _slanted(self, labels: str, x: Value) -> tuple[str, Value]:
        """An array each of whose labels occurs once: of those that occur twice, the diagonal."""
        for label, times in Counter(labels).items():
            for _ in range(times - 1):
                first, last = labels.index(label), labels.rindex(label)
                rest = [k for k in range(len(labels)) if k not in (first, last)]
                x = self.diagonal(self.permute(x, [*rest, first, last]))
                labels = "".join(labels[k] for k in rest) + label
        return labels, x

    def _spread(self, labels: str, x: Value, over: str) -> Value:
        """The axes in the order of ``over``, with new ones where a label is missing."""
        own = [s for s in over if s in labels]
        x = self.permute(x, [labels.index(s) for s in own])
        return x[tuple(slice(None) if s in labels else None for s in over)] if over else x

    def _summed_out(self, labels: str, x: Value, kept: str) -> tuple[str, Value]:
        for label in labels:
            if label not in kept:
                x = self.sum(x, axis=labels.index(label))
                labels = labels.replace(label, "")
        return labels, x

    # -- determinants ----------------------------------------------------------------------------
    def det(self, a: Value) -> Value:
        """The determinant: by minors along the first row, each of which is made once; of more than
        six rows by elimination, where the arithmetic has one."""
        rows, columns = a.shape[-2:]
        if rows is not columns and not same_shape((rows,), (columns,)):
            raise ValueError(f"the determinant of a {rows} x {columns} matrix")
        n = operator.index(rows)
        if n > LAPLACE and (found := self._eliminated(a)) is not None:
            return found
        if n > MINORS:
            raise Unsupported(f"a determinant of {n} rows")
        minors: dict[tuple[int, ...], Value] = {(): self.one}

        def minor(columns: tuple[int, ...]) -> Value:
            if columns not in minors:
                row = a[n - len(columns)]
                terms = [
                    row[c] if len(columns) == 1 else row[c] * minor(columns[:k] + columns[k + 1 :])
                    for k, c in enumerate(columns)
                ]
                minors[columns] = reduce(
                    operator.add, (-t if k % 2 else t for k, t in enumerate(terms))
                )
            return minors[columns]

        return minor(tuple(range(n)))


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :]


def _read(spec: str, values: Sequence[Value]) -> tuple[list[str], str]:
    """The labels of every array and of the result."""
    left, arrow, out = spec.replace(" ", "").partition("->")
    labels = left.split(",")
    if len(labels) != len(values) or not values:
        raise ValueError(f"einsum {spec!r} names {len(labels)} arrays, and is given {len(values)}")
    times = Counter("".join(labels))
    if not arrow:
        out = "".join(sorted(s for s, n in times.items() if n == 1))
    wrong = [s for s in {**times, **Counter(out)} if not (s.isascii() and s.isalpha())]
    if wrong or len(set(out)) < len(out) or not set(out) <= set(times):
        raise ValueError(f"einsum {spec!r}: labels are letters, and the result bears some of them")
    for own, value in zip(labels, values, strict=True):
        if len(own) != value.ndim:
            raise ValueError(f"einsum {spec!r}: {own!r} has not {value.ndim} indices, as its array")
    return labels, out


def _lengths_fit(spec: str, values: Sequence[tuple[str, Value]]) -> None:
    lengths: dict[str, Any] = {}
    for labels, value in values:
        for label, n in zip(labels, value.shape, strict=True):
            known = lengths.setdefault(label, n)
            if not same_shape((known,), (n,)):
                raise ValueError(f"einsum {spec!r}: {label!r} runs over {known} and over {n}")
