"""The primitives of a body a second time: one class, over polynomials in what is small.

A value has two halves, itself and its conjugate, which ``conj`` swaps.  A half is a sum of
coefficients, each behind a key (bits, power): a product of nilpotents, one bit each, and a power of
the step h of a series.  A derivative is the coefficient of a nilpotent; where X* moves alone, the
nilpotent stands in the second half only.  A function of a half is its Taylor series in all that is
small, so no primitive has a derivative rule of its own.  What a coefficient is, a subclass says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

Half = dict[tuple[int, int], Any]
UNIT = (0, 0)
TERMS = 64  # of a Taylor series: more than any derivative or series here asks for


class Open(Exception):
    """This road cannot tell; never a verdict."""


class Undefined(Exception):
    """A side has no value at this point."""


def _forbidden(*_: Any) -> Any:
    raise TypeError("a body may not compare, branch on or convert a value")


class Value:
    """What a body holds: ``z`` and its conjugate ``w``, one object where it is its own."""

    __slots__ = ("w", "xp", "z")
    __array_ufunc__ = None
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _forbidden
    __hash__ = None  # type: ignore[assignment]
    __bool__ = __float__ = __int__ = __index__ = __complex__ = __abs__ = _forbidden

    def __init__(self, xp: Any, z: Half, w: Half | None = None):
        self.xp, self.z, self.w = xp, z, z if w is None else w

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a number has no length")
        return self.shape[0]

    __add__ = __radd__ = lambda a, b: a.xp.add(a, b)
    __sub__ = lambda a, b: a.xp.sub(a, b)
    __rsub__ = lambda a, b: a.xp.sub(b, a)
    __mul__ = __rmul__ = lambda a, b: a.xp.mul(a, b)
    __truediv__ = lambda a, b: a.xp.div(a, b)
    __rtruediv__ = lambda a, b: a.xp.div(b, a)
    __matmul__ = lambda a, b: a.xp.matmul(a, b)
    __pow__ = lambda a, n: a.xp.power(a, n)
    __neg__ = lambda a: a.xp.neg(a)
    __pos__ = lambda a: a
    __getitem__ = lambda a, index: a.xp.map(lambda c: a.xp.pick(c, index), a)
    __iter__ = lambda a: (a[k] for k in range(len(a)))
    shape = property(lambda a: a.xp.shape_of(first(a.z)))
    ndim = property(lambda a: len(a.shape))
    T = property(lambda a: a.xp.transpose(a))


def first(half: Half) -> Any:
    return next(iter(half.values()))


class Road:
    """The primitives.  A subclass supplies what coefficients do: the ring (number, plus, minus,
    times), contract (the matrix product), total (the sum over an axis), imaginary (i and -i),
    linear_solve, vanishes, shape_of, function(name, c) entry by entry ("gauge" is the reciprocal
    that is 0 at 0), and structure(f, *cs), a map of arrays that only moves entries."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    name = "recheck"
    highest = 0  # the last power of h that a series keeps
    drawn = False  # are reciprocals of arrays free symbols?
    depth = 0  # nilpotents in use
    alone = 0  # the bits of those with which X* (or X) moves alone

    pick = lambda xp, c, index: xp.structure(lambda a: a[index], c)
    swapped = lambda xp, c: xp.structure(lambda a: a.swapaxes(-1, -2), c)
    shaped = lambda xp, c, shape: xp.structure(lambda a: a.reshape(tuple(shape)), c)
    spread = lambda xp, c, shape: xp.structure(lambda a: np.broadcast_to(a, tuple(shape)), c)
    turned = lambda xp, c, axes: xp.structure(lambda a: a.transpose(tuple(axes)), c)
    slanted = lambda xp, c: xp.structure(lambda a: a.diagonal(axis1=-2, axis2=-1), c)
    filled = lambda xp, shape, n: xp.spread(xp.number(Fraction(n)), shape)
    nil = lambda xp, c: xp.times(c, xp.number(Fraction(0)))
    known_real = lambda xp, half: half
    may_be_real = lambda xp, x: True
    off_kink = lambda xp, c: c

    def joined(self, cs: Sequence[Any], axis: int, new: bool) -> Any:
        join: Any = np.stack if new else np.concatenate
        return self.structure(lambda *arrays: join(arrays, axis=axis), *cs)

    def identity(self, n: int) -> Any:
        """The rows 1, 0, ..., 0 and one 0 more, n times over, cut into rows of n."""
        row = self.joined([self.filled((1,), 1), self.filled((n,), 0)], 0, False)
        flat = self.joined([row] * max(n, 1), 0, False)
        return self.shaped(self.pick(flat, slice(n * n)), (n, n))

    # -- halves ----------------------------------------------------------------------------------
    def each(self, f: Callable[..., Half], *values: Value) -> Value:
        z = f(*(v.z for v in values))
        own = all(v.w is v.z for v in values)
        return Value(self, z, z if own else f(*(v.w for v in values)))

    map = lambda xp, f, x: xp.each(lambda half: {k: f(c) for k, c in half.items()}, x)
    elementwise = lambda xp, name, x: xp.each(lambda h: xp.series(name, h), xp.lift(x))

    def summed(self, a: Half, b: Half) -> Half:
        out = dict(a)
        for key, c in b.items():
            out[key] = self.plus(out[key], c) if key in out else c
        if len(out) > 1:
            whole = self.shape_of(self.plus(first(a), first(b)))
            out = {key: self.spread(c, whole) for key, c in out.items()}
        return out

    def product(self, op: Callable[[Any, Any], Any], a: Half, b: Half) -> Half:
        out: Half = {}
        for (bits, p), c in a.items():
            for (more, q), d in b.items():
                if not bits & more and p + q <= self.highest:
                    key, term = (bits | more, p + q), op(c, d)
                    out[key] = self.plus(out[key], term) if key in out else term
        return out or {UNIT: self.nil(op(first(a), first(b)))}

    def series(self, name: str, x: Half) -> Half:
        """The Taylor series of a function in all that is small, about what is not."""
        power, x = self.leading(name, x) if self.highest else (0, x)
        small = {key: c for key, c in x.items() if key != UNIT}
        here = x[UNIT] if UNIT in x else self.nil(first(x))
        value = self.function(name, here)
        out, so_far = {UNIT: value}, small
        for term in self.taylor(name, here, value) if small else ():
            out = self.summed(out, self.product(self.times, {UNIT: term}, so_far))
            so_far = self.product(self.times, so_far, small)
            if UNIT in so_far:  # nothing is left
                break
        scale = {"reciprocal": -2, "gauge": -2, "sqrt": 1, "relu": 2, "abs": 2}.get(name, 0)
        shift = power * scale // 2
        return {(bits, p + shift): c for (bits, p), c in out.items()}

    def leading(self, name: str, x: Half) -> tuple[int, Half]:
        """The leading power of h in a series, and the series divided by it."""
        seen = {key: c for key, c in x.items() if key[0] or not self.vanishes(c)}
        power = min((p for bits, p in seen if not bits), default=0)
        if power >= 0 and name == "exp":
            return 0, seen or {UNIT: self.nil(first(x))}
        x = seen
        if not x:
            raise Undefined(f"{name} of what is zero, or begins later")
        if (name in ("exp", "log") and power) or (name == "sqrt" and power % 2):
            raise Open(f"{name} of a series that begins with h^{power}")
        if any(p < power for _, p in x):
            raise Open("a derivative of lower order in h than its value")
        return power, {(bits, p - power): c for (bits, p), c in x.items()}

    def taylor(self, name: str, here: Any, value: Any) -> Iterator[Any]:
        """The coefficients of the first, second, ... power of what is small."""
        by = lambda c, q: self.times(c, self.number(Fraction(q)))
        if name == "exp":
            yield from (by(value, Fraction(1, math.factorial(k))) for k in range(1, TERMS))
        elif name in ("arctan", "erf"):
            yield from self.odd_series(name, here)
        elif name in ("reciprocal", "gauge", "sqrt", "log"):
            over = self.function("reciprocal", here)
            exponent = {"sqrt": Fraction(1, 2), "log": Fraction(0)}.get(name, Fraction(-1))
            term: Any = over if name == "log" else by(self.times(value, over), exponent)
            for k in range(2, TERMS):
                yield term
                term = by(self.times(term, over), (exponent - k + 1) / k)
        else:  # a step is constant off its kink, where a relu has no slope
            slope = {"relu": "step", "abs": "sign"}.get(name)
            here = self.off_kink(here)
            yield self.function(slope, here) if slope else self.nil(here)

    def odd_series(self, name: str, x: Any) -> Iterator[Any]:
        """By recurrences of the coefficients of the derivative: of arctan
        (1 + x²) u_k = -2x u_{k-1} - u_{k-2}, of erf k u_k = -2x u_{k-1} - 2 u_{k-2}."""
        by = lambda c, q: self.times(c, self.number(Fraction(q)))
        one, square = self.number(Fraction(1)), self.times(x, x)
        if name == "arctan":
            over = self.function("reciprocal", self.plus(one, square))
            before, u = self.nil(x), over
        else:
            pi = self.function("pi", self.number(Fraction(0)))
            root = self.function("reciprocal", self.function("sqrt", pi))
            bell = self.times(self.function("exp", self.minus(square)), root)
            before, u = self.nil(x), by(bell, 2)
        for k in range(1, TERMS):
            yield by(u, Fraction(1, k))
            if name == "arctan":
                step = self.minus(self.plus(by(self.times(x, u), 2), before))
                before, u = u, self.times(over, step)
            else:
                step = self.minus(self.plus(by(self.times(x, u), 2), by(before, 2)))
                before, u = u, by(step, Fraction(1, k))

    # -- arithmetic ------------------------------------------------------------------------------
    def lift(self, x: Any) -> Value:
        if isinstance(x, Value):
            return x
        if isinstance(x, bool) or not isinstance(x, int):
            raise TypeError(f"{type(x).__name__} {x!r} in a body")
        return Value(self, {UNIT: self.number(Fraction(x))})

    def power(self, a: Any, n: Any) -> Value:
        if isinstance(n, Value):
            return self.exp(n * self.log(a))
        if isinstance(n, bool) or not isinstance(n, int):
            raise TypeError(f"exponent {n!r}")
        if n < 0:
            return 1 / self.power(a, -n)
        if n < 2:
            return self.lift(a) if n else self.lift(a) * 0 + 1
        half = self.power(a, n // 2)
        return half * half * a if n % 2 else half * half

    one = property(lambda xp: xp.lift(1))
    i = property(lambda xp: Value(xp, *({UNIT: c} for c in xp.imaginary())))
    pi = property(lambda xp: Value(xp, {UNIT: xp.function("pi", xp.number(Fraction(0)))}))
    add = lambda xp, a, b: xp.each(xp.summed, xp.lift(a), xp.lift(b))
    neg = lambda xp, a: xp.map(xp.minus, xp.lift(a))
    sub = lambda xp, a, b: xp.add(a, xp.neg(b))
    bilinear = lambda xp, op, a, b: xp.each(
        lambda x, y: xp.product(op, x, y), xp.lift(a), xp.lift(b)
    )
    mul = lambda xp, a, b: xp.bilinear(xp.times, a, b)
    matmul = lambda xp, a, b: xp.bilinear(xp.contract, a, b)
    div = lambda xp, a, b: xp.mul(a, xp.elementwise("reciprocal", b))
    exp = lambda xp, x: xp.elementwise("exp", x)
    log = lambda xp, x: xp.elementwise("log", x)
    sqrt = lambda xp, x: xp.elementwise("sqrt", x)
    relu = lambda xp, x: xp.elementwise("relu", x)
    step = lambda xp, x: xp.elementwise("step", x)
    turn = lambda xp, x, sign: (e := xp.exp(xp.i * x)) + sign / e
    cos = lambda xp, x: xp.like(xp.turn(x, 1) / 2, x)
    sin = lambda xp, x: xp.like(xp.turn(x, -1) / (2 * xp.i), x)
    tanh = lambda xp, x: 1 - 2 / (xp.exp(x) ** 2 + 1)
    sinh = lambda xp, x: xp.like((e := xp.exp(x)) / 2 - 1 / (2 * e), x)
    cosh = lambda xp, x: xp.like((e := xp.exp(x)) / 2 + 1 / (2 * e), x)
    arctan = lambda xp, x: xp.elementwise("arctan", xp.seen_real(x))
    erf = lambda xp, x: xp.elementwise("erf", xp.seen_real(x))
    logistic = lambda xp, x: 1 / (1 + xp.exp(xp.neg(x)))
    softplus = lambda xp, x: xp.log(1 + xp.exp(x))
    logsumexp = lambda xp, x, axis=-1: xp.log(xp.sum(xp.exp(x), axis))
    softmax = lambda xp, x, axis=-1: (e := xp.exp(x)) / xp.expand(xp.sum(e, axis), axis)

    def relative_entropy(self, p: Any, q: Any, p_total: Any = 1, q_total: Any = 1) -> Value:
        logs = self.log(p) - self.log(p_total) - self.log(q) + self.log(q_total)
        return self.div(p, p_total) * (logs - 1) + self.div(q, q_total)

    # -- conjugates, sizes and kinks -------------------------------------------------------------
    own = lambda xp, x: Value(xp, xp.known_real(x.z))
    like = lambda xp, y, x: xp.own(y) if isinstance(x, int) or x.w is x.z else y
    conj = lambda xp, x: Value(xp, xp.lift(x).w, xp.lift(x).z)
    star = lambda xp, x: xp.transpose(xp.conj(x))
    dot = lambda xp, a, b: xp.sum(xp.conj(a) * b)
    norm2 = lambda xp, x, axis=None: xp.sum(xp.abs2(x), axis)
    norm = lambda xp, x, axis=None: xp.sqrt(xp.norm2(x, axis))
    unit = lambda xp, x, axis=-1: x * xp.elementwise("gauge", xp.expand(xp.norm(x, axis), axis))
    maximum = lambda xp, a, b: xp.add(b, xp.relu(xp.sub(a, b)))
    minimum = lambda xp, a, b: xp.sub(a, xp.relu(xp.sub(a, b)))
    clip = lambda xp, x, low, high: xp.minimum(xp.maximum(x, low), high)

    def seen_real(self, x: Any) -> Value:
        """A value that is its own conjugate: another one has no arctan here."""
        x = self.lift(x)
        if x.w is not x.z:
            raise Open("a real function of what is not seen to be real")
        return x

    def real(self, x: Any) -> Value:
        x = self.lift(x)
        return x if x.w is x.z else self.own((x + self.conj(x)) / 2)

    def imag(self, x: Any) -> Value:
        x = self.lift(x)
        return x * 0 if x.w is x.z else self.own((x - self.conj(x)) / (2 * self.i))

    def abs2(self, x: Any) -> Value:
        x = self.lift(x)
        return x * x if x.w is x.z else self.own(x * self.conj(x))

    def abs(self, x: Any) -> Value:
        x = self.lift(x)
        return self.elementwise("abs", x) if x.w is x.z else self.sqrt(self.abs2(x))

    # -- shapes ----------------------------------------------------------------------------------
    transpose = lambda xp, x: x if x.ndim < 2 else xp.map(xp.swapped, x)
    reshape = lambda xp, x, shape: xp.map(lambda c: xp.shaped(c, shape), x)
    flatten = lambda xp, x: xp.reshape(x, (math.prod(x.shape),))
    diagonal = lambda xp, x: xp.map(xp.slanted, x)
    trace = lambda xp, x: xp.sum(xp.diagonal(x), -1)
    diag = lambda xp, x: x[:, None] * xp.eye(x.shape[0])
    concat = lambda xp, values, axis=0: xp.join(values, axis, False)
    stack = lambda xp, values, axis=0: xp.join(values, axis, True)
    eye = lambda xp, n: Value(xp, {UNIT: xp.identity(n)})
    zeros = lambda xp, *shape: Value(xp, {UNIT: xp.filled(shape, 0)})
    ones = lambda xp, *shape: Value(xp, {UNIT: xp.filled(shape, 1)})

    def sum(self, x: Value, axis: int | None = None) -> Value:
        if axis is not None:
            return self.map(lambda c: self.total(c, axis % x.ndim), x)
        return self.sum(self.sum(x, -1)) if x.ndim else x

    def expand(self, x: Value, axis: int) -> Value:
        index: list[Any] = [slice(None)] * (x.ndim + 1)
        index[axis] = None
        return x[tuple(index)]

    # -- reductions, triangles and sums over indices ---------------------------------------------
    prod = lambda xp, x, axis=None: xp.folded(xp.mul, x, axis, 1)
    max = lambda xp, x, axis=None: xp.folded(xp.maximum, x, axis)
    min = lambda xp, x, axis=None: xp.folded(xp.minimum, x, axis)
    tril = lambda xp, x, k=0: x * xp.triangle(x.shape, lambda i, j: j - i <= k)
    triu = lambda xp, x, k=0: x * xp.triangle(x.shape, lambda i, j: j - i >= k)
    permute = lambda xp, x, axes: xp.map(lambda c: xp.turned(c, axes), x)

    def mean(self, x: Any, axis: int | None = None) -> Value:
        x, axis = (self.flatten(self.lift(x)), 0) if axis is None else (x, axis)
        return self.sum(x, axis) / x.shape[axis]

    def folded(self, op: Callable, x: Any, axis: int | None, none: int | None = None) -> Value:
        x, axis = (self.flatten(self.lift(x)), 0) if axis is None else (x, axis % x.ndim)
        rows = [x[(slice(None),) * axis + (k,)] for k in range(x.shape[axis])]
        if not rows and none is not None:
            return self.ones(*x.shape[:axis], *x.shape[axis + 1 :])
        return reduce(op, rows)

    def triangle(self, shape: Sequence[int], keeps: Callable[[int, int], bool]) -> Value:
        rows = [[int(keeps(i, j)) for j in range(shape[-1])] for i in range(shape[-2])]
        return self.constant(rows) if rows and rows[0] else self.zeros(*shape[-2:])

    def einsum(self, spec: str, *arrays: Any) -> Value:
        """All arrays side by side, an axis for each label in turn; then the sums."""
        left, arrow, out = spec.replace(" ", "").partition("->")
        labels = left.split(",")
        every = sorted(set(left) - {","})
        if not arrow:
            out = "".join(s for s in every if left.count(s) == 1)
        whole = self.one
        for own, array in zip(labels, arrays, strict=True):
            x = self.lift(array)
            while len(set(own)) < len(own):  # a label twice: its diagonal
                label = next(s for s in own if own.count(s) > 1)
                a, b = own.index(label), own.rindex(label)
                rest = [k for k in range(len(own)) if k not in (a, b)]
                x = self.diagonal(self.permute(x, (*rest, a, b)))
                own = "".join(own[k] for k in rest) + label
            x = self.permute(x, tuple(own.index(s) for s in every if s in own))
            whole = whole * x[tuple(slice(None) if s in own else None for s in every)]
        for label in [s for s in every if s not in out]:
            whole = self.sum(whole, every.index(label))
            every.remove(label)
        return self.permute(whole, tuple(every.index(s) for s in out))

    def join(self, values: Sequence[Any], axis: int, new: bool) -> Value:
        def joined(*halves: Half) -> Half:
            rows = [(half, self.nil(first(half))) for half in halves]
            return {
                key: self.joined([half.get(key, nil) for half, nil in rows], axis, new)
                for key in dict.fromkeys(key for half in halves for key in half)
            }

        return self.each(joined, *(self.lift(v) for v in values))

    def constant(self, table: Any) -> Value:
        rows = isinstance(table, (list, tuple))
        return self.stack([self.constant(row) for row in table]) if rows else self.lift(table)

    def kron(self, a: Value, b: Value) -> Value:
        (m, n), (p, q) = a.shape, b.shape
        return self.reshape(a[:, None, :, None] * b[None, :, None, :], (m * p, n * q))

    # -- linear algebra --------------------------------------------------------------------------
    inv = lambda xp, a: xp.solve(a, xp.eye(a.shape[0]))

    def solve(self, a: Any, b: Any) -> Value:
        """Neumann's series in all that is small: (A + S)^-1 B = Σ (-A^-1 S)^k A^-1 B."""
        if self.lift(b).ndim == 1:
            return self.solve(a, b[:, None])[:, 0]

        def solved(x: Half, y: Half) -> Half:
            small = {key: self.minus(c) for key, c in x.items() if key != UNIT}
            if UNIT not in x or any(p < 0 for _, p in small):
                raise Open("a linear system that is singular at h = 0")
            inverse = lambda half: {k: self.linear_solve(x[UNIT], c) for k, c in half.items()}
            out = term = inverse(y)
            for _ in range(TERMS if small else 0):
                term = inverse(self.product(self.contract, small, term))
                out = self.summed(out, term)
                if UNIT in term:
                    break
            return out

        return self.each(solved, self.lift(a), self.lift(b))

    eigvalsh = lambda xp, a: xp.spectral("eigenvalues", a)
    svdvals = lambda xp, a: xp.spectral("singular_values", a)
    spectral_norm = lambda xp, a: xp.svdvals(a)[0]
    expm = lambda xp, a: xp.spectral("exponential", a)
    logm = lambda xp, a: xp.spectral("logarithm", a)

    def spectral(self, name: str, a: Value) -> Value:
        """A function of a whole matrix, where the coefficients know one and nothing moves."""
        known = self.of_matrix(name)
        if known is None or any(key != UNIT for key in a.z):
            raise Open(f"no {name.replace('_', ' ')} of a matrix here")
        made = self.map(known, a)
        return self.own(made) if name.endswith("values") else made

    def sum_to_infinity(self, first: Any, ratio: Callable) -> Value:
        """Where the coefficients can bound what is left of it."""
        raise Open("no sum to infinity here")

    def of_matrix(self, name: str) -> Callable | None:
        return None

    def det(self, a: Value) -> Value:
        """Laplace's expansion, each minor of the last rows once."""
        n = len(a)
        minors: dict[tuple[int, ...], Value] = {(): self.one}
        for size in range(1, n + 1):
            row, smaller, minors = a[n - size], minors, {}
            for columns in combinations(range(n), size):
                rest = [smaller[columns[:k] + columns[k + 1 :]] for k in range(size)]
                terms = [row[c] * rest[k] * (-1) ** k for k, c in enumerate(columns)]
                minors[columns] = self.sum(self.stack(terms))
        return minors[tuple(range(n))]

    # -- derivatives -----------------------------------------------------------------------------
    def along(self, f: Callable, x: Value, h: Any, z: bool, w: bool) -> Value:
        """The coefficient of a nilpotent along h that moves the first half, the second or both."""
        h, bit = self.lift(h), 1 << self.depth
        small = {(bit, 0): self.number(Fraction(1))}
        moved = lambda half, d: self.summed(half, self.product(self.times, small, d))
        here = moved(x.z, h.z) if z else x.z
        same = z and w and x.w is x.z and h.w is h.z
        there = here if same else moved(x.w, h.w) if w else x.w
        self.depth, self.alone = self.depth + 1, self.alone | (bit if z != w else 0)
        try:
            y = self.lift(f(Value(self, here, there)))
        finally:
            self.depth, self.alone = self.depth - 1, self.alone & ~bit

        def part(half: Half) -> Half:
            found = {(b ^ bit, p): c for (b, p), c in half.items() if b & bit}
            return found or {UNIT: self.nil(first(half))}

        return self.each(part, y)

    push = lambda xp, f, x, h: xp.along(f, x, h, True, True)
    # X* moves along H* alone; in the conjugate, X along H alone
    pull_star = lambda xp, f, x, h: Value(
        xp, xp.along(f, x, h, False, True).z, xp.along(f, x, h, True, False).w
    )

    def basis(self, shape: Sequence[int]) -> list[Value]:
        return [self.reshape(row, shape) for row in self.eye(math.prod(shape))]

    def gradient(self, f: Callable, x: Value, push: Callable | None = None) -> Value:
        """The derivatives of a number along all basis vectors, laid out like x."""
        along = self.basis(x.shape) if x.ndim else [self.one]
        return self.reshape(self.stack([(push or self.push)(f, x, e) for e in along]), x.shape)

    wirtinger = lambda xp, f, x: xp.gradient(f, x, xp.pull_star)
    jacobian = lambda xp, f, x: xp.stack(
        [xp.flatten(xp.push(f, x, h)) for h in xp.basis(x.shape)], axis=1
    )
