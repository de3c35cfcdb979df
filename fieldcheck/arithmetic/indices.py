"""Counting indices: how many sizes decide a statement for all of them.

A body is run on names instead of lengths.  Every value is a sum of terms, each a sum over indices
of a product of inputs; what is kept of it are its axes and, for each size, the largest number of
summation indices that run over it in any term.  If a number made of such values vanishes
identically at one more size than it has indices (in every combination of sizes), it vanishes at
all sizes: the theorem, with its proof, is in the evidence chapter.

A value is a numerator over divisors.  Divisors are cleared, entry by entry, and cost their
indices; a divisor that depends on an index which is summed over cannot be, and is drawn at random
instead, as a *symbol*, like exp, log and relu.  Where a rule gives the argument of a symbol back
(log exp x = x, relu(x) - relu(-x) = x), its indices are counted, too.

An axis is made of atoms: a length, or a size less some first and some last places (x[0], x[1:] and
x[-1] split an axis; what is counted is what all of them leave).  A size may be used as a number;
it may not be compared with another, nor turned into an integer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.base import Arithmetic

Atom = int | tuple[str, int, int]
Axis = tuple[Atom, ...]
"""The atoms of one axis; () is an axis of length one."""

Counts = Mapping[str, float]
HELD = 1000
"""Places from here on are those of the direction of a weak form: its axes are as good as free."""


def named(axis: Axis) -> list[str]:
    """The sizes that an axis runs over, each as often as it does."""
    return [atom[0] for atom in axis if isinstance(atom, tuple)]


def plus(a: Counts, b: Counts, times: float = 1) -> dict[str, float]:
    return {s: a.get(s, 0) + times * b.get(s, 0) for s in {**a, **b}}


def most(a: Counts, b: Counts) -> dict[str, float]:
    return {s: max(a.get(s, 0), b.get(s, 0)) for s in {**a, **b}}


class Size:
    """The length of an axis, as a body sees it: a name, or a product of names and integers."""

    __slots__ = ("atoms", "xp")
    __array_ufunc__ = None

    def __init__(self, xp: Indices, atoms: Axis) -> None:
        self.xp, self.atoms = xp, atoms

    def _number(self) -> Value:
        return self.xp.outer.lift(self)

    def _shifted(self, by: Any) -> Any:
        if isinstance(by, int) and len(self.atoms) == 1 and isinstance(self.atoms[0], tuple):
            name, start, end = self.atoms[0]
            return Size(self.xp, ((name, start - by, end),))
        return None

    def __add__(self, other: Any) -> Any:
        moved = self._shifted(other)
        return self._number() + _plain(other) if moved is None else moved

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        moved = self._shifted(-other) if isinstance(other, int) else None
        return self._number() - _plain(other) if moved is None else moved

    def __rsub__(self, other: Any) -> Any:
        return _plain(other) - self._number()

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Size):
            return Size(self.xp, self.atoms + other.atoms)
        if isinstance(other, int) and not isinstance(other, bool) and other > 0:
            return Size(self.xp, (*self.atoms, other)) if other > 1 else self
        return NotImplemented if isinstance(other, Value) else self._number() * other

    def __rmul__(self, other: Any) -> Any:
        if isinstance(other, int) and not isinstance(other, bool) and other > 0:
            return Size(self.xp, (other, *self.atoms)) if other > 1 else self
        return other * self._number()

    def __truediv__(self, other: Any) -> Any:
        return self._number() / _plain(other)

    def __rtruediv__(self, other: Any) -> Any:
        return _plain(other) / self._number()

    def __pow__(self, n: Any) -> Any:
        return self._number() ** n

    def __neg__(self) -> Any:
        return -self._number()

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, Size) and other.atoms == self.atoms:
            return True
        raise Unsupported("a size is compared with another, or with a number")

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def _refuse(self, *_: Any) -> Any:
        raise Unsupported("a size is used as an integer")

    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __index__ = __int__ = __float__ = __hash__ = __str__ = __repr__ = _refuse
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __format__ = _refuse


def _plain(other: Any) -> Any:
    return other._number() if isinstance(other, Size) else other


@dataclass(frozen=True)
class Divisor:
    """What is divided by: its structure, the places of its axes among those of the value that is
    divided (or of the direction), and what its clearing costs."""

    key: Any
    places: tuple[int, ...]
    top: tuple[tuple[str, float], ...]
    call: int


@dataclass(frozen=True)
class Count:
    """A value: its structure (equal ones are equal at every size), axes, indices and divisors.

    top:     for each size the largest number of summation indices of any term of the numerator
    inner:   the indices that a rule may give back from below a symbol
    under:   divisors with their powers
    touched: for each axis, does every term have an input that bears it?
    held:    axis of the direction -> its place here, where the value is linear in the direction
    idle:    does a term have an index, or a size, that touches no input?
    """

    key: Any
    axes: tuple[Axis, ...]
    top: Counts
    inner: Counts
    under: Mapping[Divisor, int]
    touched: tuple[bool, ...]
    held: Mapping[int, int] | None = None
    idle: bool = False


Move = Callable[[int], int | None]


class Indices(Arithmetic):
    """The arithmetic of index counts.

    blocked:   calls of a division that cannot be cleared: to be drawn in another run
    nonlocal_: a symbol whose argument has indices, so that what it is may depend on the size
    sites:     the axes of each symbol, in the order in which they were made
    compared:  the indices of the difference of two arguments of symbols
    split:     how many first and last places of a size stand apart
    doubtful:  some divisor may vanish identically at some size
    """

    def __init__(self) -> None:
        self.outer: Arithmetic = self
        self.blocked: set[int] = set()
        self.nonlocal_ = False
        self.sites: list[tuple[Axis, ...]] = []
        self.compared: Counts = {}
        self.split: dict[str, tuple[int, int]] = {}
        self.doubtful = False
        self._fresh = 0
        self._calls = 0
        self._keys: dict[Any, int] = {}

    @property
    def kind(self) -> str:  # type: ignore[override]
        raise Unsupported("the body asks which arithmetic runs it")

    def _key(self, *what: Any) -> int:
        return self._keys.setdefault(what, len(self._keys))

    # -- inputs ----------------------------------------------------------------------------------
    def variable(self, name: str, axes: Sequence[Axis], held: bool = False) -> Value:
        """An input; ``held`` of the direction of a weak form."""
        places = {k: k - len(axes) for k in range(len(axes))} if held else None
        made = Count(self._key("input", name), tuple(axes), {}, {}, {}, (True,) * len(axes), places)
        return self.wrap(made)

    def number(self, atoms: Axis) -> Value:
        counts: dict[str, float] = {}
        for size in named(atoms):
            counts[size] = counts.get(size, 0) + 1
        return self.wrap(Count(self._key("size", atoms), (), counts, {}, {}, (), idle=True))

    def lift(self, value: Any) -> Value:
        return self.number(value.atoms) if isinstance(value, Size) else super().lift(value)

    def shape_of(self, data: Count) -> tuple[Any, ...]:
        return tuple(self._length(axis) for axis in data.axes)

    def _length(self, axis: Axis) -> Any:
        return Size(self, axis) if named(axis) else math.prod(a for a in axis if isinstance(a, int))

    def _axis(self, length: Any) -> Axis:
        if isinstance(length, Size):
            return length.atoms
        if isinstance(length, Value):
            raise Unsupported("an axis whose length is no product of sizes")
        return () if length == 1 else (int(length),)

    def _constant(self, what: Any, axes: Sequence[Axis] = ()) -> Count:
        return Count(self._key(what, tuple(axes)), tuple(axes), {}, {}, {}, (False,) * len(axes))

    def _integer(self, n: int) -> Count:
        return self._constant(n)

    def _imaginary_unit(self) -> Count:
        return self._constant("i")

    def _pi(self) -> Count:
        return self._constant("pi")

    def _eye(self, n: Any) -> Count:
        return self._constant("eye", (self._axis(n), self._axis(n)))

    def _full(self, shape: Sequence[Any], n: int) -> Count:
        return self._constant(("full", n), [self._axis(m) for m in shape])

    # -- sums and products -----------------------------------------------------------------------
    @staticmethod
    def _broadcast(a: tuple[Axis, ...], b: tuple[Axis, ...]) -> tuple[Axis, ...]:
        rank = max(len(a), len(b))
        out: list[Axis] = []
        for x, y in zip(((),) * (rank - len(a)) + a, ((),) * (rank - len(b)) + b, strict=True):
            if x and y and x != y:
                raise Unsupported("axes of different names meet")
            out.append(x or y)
        return tuple(out)

    @staticmethod
    def _touches(c: Count, axes: tuple[Axis, ...]) -> list[bool]:
        """Which of the axes after broadcasting the terms of a value touch."""
        pad = len(axes) - len(c.axes)
        own = [False] * pad + [t and bool(a) for t, a in zip(c.touched, c.axes, strict=True)]
        return [t or not axis for t, axis in zip(own, axes, strict=True)]

    @staticmethod
    def _raised(c: Count, to: Mapping[Divisor, int]) -> dict[str, float]:
        """The indices of a numerator over more divisors than its own."""
        top: Counts = c.top
        for d, power in to.items():
            top = plus(top, dict(d.top), power - c.under.get(d, 0))
        return dict(top)

    def _sum_of(self, what: str, a: Count, b: Count) -> Count:
        axes = self._broadcast(a.axes, b.axes)
        under = {d: max(a.under.get(d, 0), b.under.get(d, 0)) for d in {**a.under, **b.under}}
        touched = zip(self._touches(a, axes), self._touches(b, axes), strict=True)
        return Count(
            self._key(what, a.key, b.key),
            axes,
            most(self._raised(a, under), self._raised(b, under)),
            most(a.inner, b.inner),
            under,
            tuple(x and y for x, y in touched),
            a.held if a.held == b.held else None,
            a.idle or b.idle,
        )

    def _add(self, a: Count, b: Count) -> Count:
        return self._sum_of("+", a, b)

    def _sub(self, a: Count, b: Count) -> Count:
        return self._sum_of("-", a, b)

    def _times(self, key: Any, a: Count, b: Count, axes: tuple[Axis, ...]) -> Count:
        under = {d: a.under.get(d, 0) + b.under.get(d, 0) for d in {**a.under, **b.under}}
        for x, y in ((a, b), (b, a)):
            if divisor := self._divisor_of(x, y):  # (P/A) A = P
                under[divisor] -= 1
                return replace(
                    x,
                    key=key,
                    axes=axes,
                    inner=most(x.inner, y.inner),
                    under={d: n for d, n in under.items() if n},
                    touched=tuple(self._touches(x, axes)),
                )
        touched = zip(self._touches(a, axes), self._touches(b, axes), strict=True)
        held = a.held if b.held is None else b.held if a.held is None else None
        return Count(
            key,
            axes,
            plus(a.top, b.top),
            most(a.inner, b.inner),
            under,
            tuple(x or y for x, y in touched),
            held,
            a.idle or b.idle,
        )

    @staticmethod
    def _divisor_of(a: Count, b: Count) -> Divisor | None:
        """The divisor of a that b is, entry by entry."""
        places = tuple(k - len(b.axes) for k, axis in enumerate(b.axes) if axis)
        mine = (d for d in a.under if (d.key, d.places) == (b.key, places))
        return None if b.under else next(mine, None)

    def _mul(self, a: Count, b: Count) -> Count:
        return self._times(self._key("*", a.key, b.key), a, b, self._broadcast(a.axes, b.axes))

    def _neg(self, a: Count) -> Count:
        return replace(a, key=self._key("neg", a.key))

    def divided_by_symbol(self, a: Count, b: Count) -> Count:
        """A quotient whose divisor is drawn."""
        self._calls += 1
        drawn = self._symbol("reciprocal", b, b.inner)
        return self._times(self._key("/", a.key, b.key), a, drawn, self._broadcast(a.axes, b.axes))

    def note_divisor(self, b: Count, nonzero: bool) -> None:
        """A divisor with an idle index may vanish identically at some size, unless its form or its
        being a size forbids it."""
        if b.idle and not nonzero:
            self.doubtful = True

    def _div(self, a: Count, b: Count) -> Count:
        self._calls += 1
        axes = self._broadcast(a.axes, b.axes)
        key = self._key("/", a.key, b.key)
        numerator = replace(b, under={})
        places = tuple(k - len(b.axes) for k, axis in enumerate(b.axes) if axis)
        divisor = Divisor(b.key, places, tuple(sorted(b.top.items())), self._calls)
        known = next((d for d in a.under if (d.key, d.places) == (b.key, places)), divisor)
        over = self._times(key, replace(a, under={}), numerator, axes)
        # (P/A) / (Q/B) = P B / (A Q): what both share cancels.
        top = self._raised(replace(a, under={}), {})
        for d, power in b.under.items():
            top = plus(top, dict(d.top), max(0, power - a.under.get(d, 0)))
        under = {d: p - b.under.get(d, 0) for d, p in a.under.items() if p > b.under.get(d, 0)}
        under[known] = under.get(known, 0) + 1
        return replace(over, top=top, under=under, held=a.held)

    def _matmul(self, a: Count, b: Count) -> Count:
        left, right = len(a.axes) == 1, len(b.axes) == 1
        x = self._expanded(a, 0) if left else a
        y = self._expanded(b, 1) if right else b
        x = self._moved(x, lambda k: k - 1, (*x.axes, ()), (*x.touched, False), "pad")
        rank = len(y.axes)
        axes = (*y.axes[: rank - 2], (), *y.axes[rank - 2 :])
        touched = (*y.touched[: rank - 2], False, *y.touched[rank - 2 :])
        y = self._moved(y, lambda k: k if k >= -2 else k - 1, axes, touched, "pad")
        out = self._sum(self._mul(x, y), -2)
        out = replace(out, key=self._key("@", a.key, b.key))
        if right:
            out = self._getitem(out, (Ellipsis, 0))
        return (
            self._getitem(out, (Ellipsis, 0) + (() if right else (slice(None),))) if left else out
        )

    def _sum(self, c: Count, axis: int) -> Count:
        """Contract one axis (counted from the end)."""
        run = c.axes[axis]
        counts: dict[str, float] = {}
        for size in named(run):
            counts[size] = counts.get(size, 0) + 1
        held = next((h for h, place in (c.held or {}).items() if place == axis), None)
        length = math.prod(a for a in run if isinstance(a, int))
        under: dict[Divisor, int] = {}
        top = plus(c.top, counts)
        for d, power in c.under.items():
            if axis not in d.places:
                under[d] = power
            elif held is not None:
                places = tuple(HELD + held if k == axis else k for k in d.places)
                under[replace(d, places=places)] = power
            elif not counts:  # an axis of fixed length: a product of so many divisors
                once = replace(
                    d, key=(d.key, "all"), places=tuple(k for k in d.places if k != axis)
                )
                under[once] = power * length
                top = plus(top, dict(d.top), power * (length - 1))
            elif any(n for _, n in d.top):
                self.blocked.add(d.call)
            # else it has no index of its own: it may be evaluated truly at every size
        rest = replace(c, top=top, under=under)
        untouched = counts and not c.touched[axis]
        made = self._without(rest, axis, self._key("sum", c.key, axis))
        return replace(made, idle=made.idle or bool(untouched))

    def _without(self, c: Count, axis: int, key: Any) -> Count:
        """An axis is gone: the places left of it move up."""
        k = len(c.axes) + axis

        def move(place: int) -> int | None:
            return place if place > axis or place >= HELD else place + 1

        axes, touched = (*c.axes[:k], *c.axes[k + 1 :]), (*c.touched[:k], *c.touched[k + 1 :])
        held = None if c.held is None else {h: p for h, p in c.held.items() if p != axis}
        return self._moved(replace(c, held=held), move, axes, touched, key)

    def _moved(
        self, c: Count, move: Move, axes: Sequence[Axis], touched: Sequence[bool], what: Any
    ) -> Count:
        """The same numbers in other places."""
        under: dict[Divisor, int] = {}
        for d, power in c.under.items():
            places = tuple(p if p >= HELD else move(p) for p in d.places)
            if any(p is None for p in places):
                self.blocked.add(d.call)
                continue
            moved = replace(d, places=tuple(p for p in places if p is not None))
            under[moved] = under.get(moved, 0) + power
        held = None
        if c.held is not None:
            there = {h: move(p) for h, p in c.held.items()}
            held = {h: p for h, p in there.items() if p is not None}
        key = self._key(what, c.key)
        return replace(c, key=key, axes=tuple(axes), under=under, touched=tuple(touched), held=held)

    # -- shape -----------------------------------------------------------------------------------
    def _transpose(self, c: Count) -> Count:
        swapped = {-1: -2, -2: -1}
        axes = (*c.axes[:-2], c.axes[-1], c.axes[-2])
        touched = (*c.touched[:-2], c.touched[-1], c.touched[-2])
        return self._moved(c, lambda k: swapped.get(k, k), axes, touched, "T")

    def _permute(self, c: Count, order: Sequence[int]) -> Count:
        rank = len(order)
        goes = {k - rank: order.index(k) - rank for k in range(rank)}
        axes, touched = [c.axes[k] for k in order], [c.touched[k] for k in order]
        return self._moved(c, lambda k: goes[k], axes, touched, ("permuted", tuple(order)))

    def _diagonal(self, c: Count) -> Count:
        if c.axes[-1] != c.axes[-2]:
            raise Unsupported("the diagonal of a matrix that is not square by name")
        touched = (*c.touched[:-2], c.touched[-1] or c.touched[-2])
        return self._moved(c, lambda k: min(k + 1, -1), c.axes[:-1], touched, "diagonal")

    def _expanded(self, c: Count, at: int) -> Count:
        index: list[Any] = [slice(None)] * (len(c.axes) + 1)
        index[at] = None
        return self._getitem(c, tuple(index))

    def _getitem(self, c: Count, index: Any) -> Count:
        entries = list(index) if isinstance(index, tuple) else [index]
        if Ellipsis in [e for e in entries if e is Ellipsis]:
            k = next(j for j, e in enumerate(entries) if e is Ellipsis)
            used = sum(e is not None and e is not Ellipsis for e in entries)
            entries[k : k + 1] = [slice(None)] * (len(c.axes) - used)
        used = sum(e is not None for e in entries)
        entries += [slice(None)] * (len(c.axes) - used)
        axes: list[Axis] = []
        touched: list[bool] = []
        goes: dict[int, int | None] = {}
        at = 0
        for entry in entries:
            if entry is None:
                axes.append(())
                touched.append(False)
                continue
            axis = self._indexed(c.axes[at], entry)
            goes[at - len(c.axes)] = len(axes) if axis is not None else None
            if axis is not None:
                axes.append(axis)
                touched.append(c.touched[at])
            at += 1
        rank = len(axes)
        # A divisor at one place of an axis of fixed length is one of its own.
        apart = [p for p, to in goes.items() if to is None]
        fixed = {d: n for d, n in c.under.items() if any(p in apart for p in d.places)}
        c = replace(c, under={d: n for d, n in c.under.items() if d not in fixed})
        shown = self._shown(entries)

        def move(place: int) -> int | None:
            to = goes[place]
            return None if to is None else to - rank

        out = self._moved(c, move, axes, touched, ("at", shown))
        under = dict(out.under)
        for d, n in fixed.items():
            places = tuple(
                p if p >= HELD else goes[p] - rank  # type: ignore[operator]
                for p in d.places
                if p not in apart
            )
            under[replace(d, key=(d.key, shown), places=places)] = n
        return replace(out, under=under)

    def _shown(self, entries: Sequence[Any]) -> tuple[Any, ...]:
        return tuple((e.start, e.stop, e.step) if isinstance(e, slice) else e for e in entries)

    def _indexed(self, axis: Axis, entry: Any) -> Axis | None:
        """The axis that is left of one by an index or a slice; None if it is gone."""
        names = named(axis)
        if not names:
            length = math.prod(a for a in axis if isinstance(a, int))
            if isinstance(entry, int):
                if not -length <= entry < length:
                    raise IndexError(f"index {entry} is beyond an axis of length {length}")
                return None
            left = len(range(*entry.indices(length)))
            return () if left == 1 else (left,)
        if isinstance(entry, slice) and entry == slice(None):
            return axis
        if len(axis) > 1 or not isinstance(axis[0], tuple):
            raise Unsupported("an index into a product of sizes")
        name, start, end = axis[0]
        if isinstance(entry, int):
            self._apart(name, *((start + entry + 1, 0) if entry >= 0 else (0, end - entry)))
            return None
        first, last = entry.start or 0, entry.stop
        if entry.step not in (None, 1) or not isinstance(first, int):
            raise Unsupported("a slice with steps along a size")
        if first < 0:
            raise Unsupported("a slice that begins at the end of a size")
        if last is None or (isinstance(last, int) and last < 0):
            gone = 0 if last is None else -last
            self._apart(name, start + first, end + gone)
            return ((name, start + first, end + gone),)
        if not isinstance(last, int):
            raise Unsupported("a slice that ends at a size")
        self._apart(name, start + last, 0)
        return self._axis(max(0, last - first))

    def _apart(self, name: str, first: int, last: int) -> None:
        """So many first and last places of a size stand apart."""
        before, after = self.split.get(name, (0, 0))
        self.split[name] = max(before, first), max(after, last)

    def _reshape(self, c: Count, shape: Sequence[Any]) -> Count:
        axes = tuple(self._axis(n) for n in shape)
        if _atoms(axes) != _atoms(c.axes):
            raise Unsupported("a reshape that is no product of the same sizes")
        ends = {}
        before: list[Atom] = []
        stops = []
        for axis in axes:
            before += axis
            stops.append(len(_atoms([tuple(before)])))
        before = []
        for k, axis in enumerate(c.axes):
            start = len(_atoms([tuple(before)]))
            before += axis
            stop = len(_atoms([tuple(before)]))
            inside = [
                j for j, s in enumerate(stops) if s >= stop and start >= (stops[j - 1] if j else 0)
            ]
            ends[k - len(c.axes)] = inside[0] - len(axes) if inside else None
        return self._moved(c, lambda k: ends[k], axes, (all(c.touched),) * len(axes), "reshape")

    def _concat(self, items: Sequence[Count], axis: int) -> Count:
        rank = len(items[0].axes)
        k = axis % rank
        joined: Axis = items[0].axes[k]
        for c in items[1:]:
            joined = self._after(joined, c.axes[k])
        return self._together(items, lambda c: (*c.axes[:k], joined, *c.axes[k + 1 :]), "concat")

    def _after(self, first: Axis, second: Axis) -> Axis:
        if not named(first) and not named(second):
            n, m = (math.prod(a for a in x if isinstance(a, int)) for x in (first, second))
            return (n + m,)
        for one, other, at in ((first, second, 0), (second, first, 1)):
            if not named(one) and len(other) == 1 and isinstance(other[0], tuple):
                n = math.prod(a for a in one if isinstance(a, int))
                name, *cut = other[0]
                self._apart(name, *cut)
                cut[at] -= n
                return ((name, cut[0], cut[1]),)
        raise Unsupported("axes of different sizes are joined")

    def _stack(self, items: Sequence[Count], axis: int) -> Count:
        rank = len(items[0].axes) + 1
        grown = [self._expanded(c, axis % rank) for c in items]
        return self._concat(grown, axis % rank)

    def _together(
        self, items: Sequence[Count], axes_of: Callable[[Count], tuple[Axis, ...]], what: str
    ) -> Count:
        out = items[0]
        axes = axes_of(out)
        for c in items[1:]:
            if axes_of(c) != axes:
                raise Unsupported("axes of different names are joined")
            out = self._sum_of(what, replace(out, axes=axes), replace(c, axes=axes))
        key = self._key(what, *(c.key for c in items))
        return replace(out, key=key, axes=axes, touched=(False,) * len(axes))

    # -- complex numbers -------------------------------------------------------------------------
    def _conj(self, c: Count) -> Count:
        return replace(c, key=self._key("conj", c.key), under=self._again(c, "conj"))

    def _again(self, c: Count, what: str) -> dict[Divisor, int]:
        return {replace(d, key=(d.key, what)): n for d, n in c.under.items()}

    def _real(self, c: Count) -> Count:
        """Half of a value and its conjugate: over both divisors."""
        both = self._sum_of("real", c, self._conj(c))
        return replace(both, held=c.held)

    _imag = _real

    # -- symbols ---------------------------------------------------------------------------------
    def _symbol(self, what: str, c: Count, given_back: Counts = {}) -> Count:  # noqa: B006
        """A fresh input with the axes of its argument."""
        below = most(most(c.top, c.inner), {})
        for d, power in c.under.items():
            below = plus(below, dict(d.top), power)
        if any(below.values()):
            self.nonlocal_ = True
        self.sites.append(c.axes)
        own: dict[str, float] = {}
        for size in (s for axis in c.axes for s in named(axis)):
            own[size] = own.get(size, 0) + 2  # two entries are compared
        self.compared = most(self.compared, plus(below, own))
        key = self._key(what, c.key)
        return Count(key, c.axes, dict(given_back), below, {}, c.touched)

    def _exp(self, c: Count) -> Count:
        return self._symbol("exp", c, c.inner)

    def _log(self, c: Count) -> Count:
        return self._symbol("log", c, c.inner)

    def _step(self, c: Count) -> Count:
        return self._symbol("step", c)

    def _relu(self, c: Count) -> Count:
        made = self._symbol("relu", c)
        return replace(made, top=made.inner)

    def _abs(self, c: Count) -> Count:
        return replace(self._relu(c), key=self._key("abs", c.key))

    _sgn = _step

    def _arctan(self, c: Count) -> Count:
        """No rule gives its argument back."""
        return self._symbol("arctan", c)

    def _erf(self, c: Count) -> Count:
        return self._symbol("erf", c)

    def _sqrt(self, c: Count) -> Count:
        """Its square is its argument: it has half the indices."""
        made = self._symbol("sqrt", c)
        top = {s: n / 2 for s, n in made.inner.items()}
        return replace(made, top=top)

    def _circular(self, c: Count) -> Count:
        """Made of exp(ix) and its inverse."""
        return self._symbol("circular", c, c.inner)

    _sin = _cos = _tanh = _circular

    def _maximum(self, a: Count, b: Count) -> Count:
        return self._add(b, self._relu(self._sub(a, b)))

    def _minimum(self, a: Count, b: Count) -> Count:
        return self._sub(a, self._relu(self._sub(a, b)))

    _log_apart, _sqrt_apart = _log, _sqrt

    def _solve(self, a: Count, b: Count) -> Count:
        """Cramer's rule, where the matrix has a fixed size."""
        if named(a.axes[-1]) or a.under or b.under:
            raise Unsupported("a matrix with a named size or with divisors is divided by")
        n = math.prod(x for x in a.axes[-1] if isinstance(x, int))
        det = Divisor(self._key("det", a.key), (), tuple((s, n * k) for s, k in a.top.items()), 0)
        top = plus(b.top, a.top, n - 1)
        key = self._key("solve", a.key, b.key)
        idle = a.idle or b.idle
        self.doubtful |= a.idle
        return Count(key, b.axes, top, most(a.inner, b.inner), {det: 1}, b.touched, None, idle)

    def _det(self, a: Count) -> Count:
        """A sum of products of as many entries as there are rows, a fixed number."""
        if named(a.axes[-1]) or a.under:
            raise Unsupported("a determinant with a named size or with divisors")
        n = math.prod(x for x in a.axes[-1] if isinstance(x, int))
        key = self._key("det", a.key)
        return Count(key, (), plus({}, a.top, n), a.inner, {}, (), None, a.idle)

    # -- all partial derivatives at once ---------------------------------------------------------
    def direction(self, x: Count) -> Count:
        """A fresh direction laid out like a value."""
        self._fresh += 1
        places = {k: k - len(x.axes) for k in range(len(x.axes))}
        touched = (True,) * len(x.axes)
        return Count(self._key("direction", self._fresh), x.axes, {}, {}, {}, touched, places)

    def everywhere(self, y: Count, x: Count) -> Count:
        """What a value that is linear in a direction has as its coefficients: axes of the value,
        then those of the direction."""
        n = len(x.axes)
        under = {
            replace(d, places=tuple(p - HELD - n if p >= HELD else p - n for p in d.places)): power
            for d, power in y.under.items()
        }
        axes = y.axes + x.axes
        key = self._key("coefficients", y.key)
        return Count(key, axes, y.top, y.inner, under, (False,) * len(axes), None, y.idle)

    # -- the count -------------------------------------------------------------------------------
    @staticmethod
    def of(c: Count) -> dict[str, int]:
        """For each size the number of indices of a residual, contracted with fresh inputs."""
        counts = dict(c.top)
        for axis in c.axes:
            for size in named(axis):
                counts[size] = counts.get(size, 0) + 1
        return {size: math.ceil(n) for size, n in counts.items()}


def _atoms(axes: Iterable[Axis]) -> list[Atom]:
    """All atoms in order, neighbouring lengths multiplied."""
    out: list[Atom] = []
    for axis in axes:
        for atom in axis:
            if isinstance(atom, int) and out and isinstance(out[-1], int):
                out[-1] *= atom
            else:
                out.append(atom)
    return out
