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
from itertools import combinations
from typing import Any

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
    """What a body holds: ``z`` and its conjugate ``w``, one object where it is its own conjugate."""

    __slots__ = ("w", "xp", "z")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _forbidden  # type: ignore[assignment]
    __bool__ = __float__ = __int__ = __index__ = __complex__ = __abs__ = _forbidden

    def __init__(self, xp: Road, z: Half, w: Half | None = None):
        self.xp, self.z, self.w = xp, z, z if w is None else w

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
    shape = property(lambda a: a.xp.shape_of(next(iter(a.z.values()))))
    ndim = property(lambda a: len(a.shape))
    T = property(lambda a: a.xp.transpose(a))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a number has no length")
        return self.shape[0]


class Coefficients:
    """What a subclass supplies; arrays of numbers by default, moved about by numpy.

    number, plus, minus, times: the ring; function(name, c): an elementwise function, with "gauge"
    the reciprocal that is 0 at 0; contract: the matrix product; total: the sum over one axis.
    """

    def structure(self, f: Callable[..., Any], *cs: Any) -> Any:
        """A map of arrays that only moves entries."""
        raise NotImplementedError

    def number(self, q: Fraction) -> Any:
        raise NotImplementedError

    shape_of: Any
    plus: Any
    minus: Any
    times: Any
    function: Any
    contract: Any
    total: Any
    imaginary: Any
    linear_solve: Any
    vanishes: Any

    pick = lambda xp, c, index: xp.structure(lambda a: a[index], c)
    swapped = lambda xp, c: xp.structure(lambda a: a.swapaxes(-1, -2), c)
    shaped = lambda xp, c, shape: xp.structure(lambda a: a.reshape(tuple(shape)), c)
    spread = lambda xp, c, shape: xp.structure(lambda a: np.broadcast_to(a, shape), c)
    slanted = lambda xp, c: xp.structure(lambda a: a.diagonal(axis1=-2, axis2=-1), c)
    filled = lambda xp, shape, n: xp.spread(xp.number(Fraction(n)), tuple(shape))
    nil = lambda xp, c: xp.times(c, xp.number(Fraction(0)))
    known_real = lambda xp, half: half
    off_kink = lambda xp, c: c

    def joined(self, cs: Sequence[Any], axis: int, new: bool) -> Any:
        join: Any = np.stack if new else np.concatenate
        return self.structure(lambda *arrays: join(arrays, axis=axis), *cs)

    def identity(self, n: int) -> Any:
        rows = [self.joined([self.number(Fraction(r == c)) for c in range(n)], 0, True)
                for r in range(n)]
        return self.joined(rows, 0, True) if rows else self.filled((0, 0), 0)


class Road(Coefficients):
    """The primitives."""

    name = "recheck"
    highest = 0  # the last power of h that a series keeps
    lost = 0  # powers of h that divisions have made unknown

    def __init__(self) -> None:
        self.depth = 0
        self.alone = 0  # bits of the nilpotents with which X* (or X) moves alone

    # -- halves --------------------------------------------------------------------------------------
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
            whole = self.shape_of(self.plus(next(iter(a.values())), next(iter(b.values()))))
            out = {key: self.spread(c, whole) for key, c in out.items()}
        return out

    def product(self, op: Callable[[Any, Any], Any], a: Half, b: Half) -> Half:
        out: Half = {}
        for (bits, p), c in a.items():
            for (more, q), d in b.items():
                if not bits & more and p + q <= self.highest:
                    key, term = (bits | more, p + q), op(c, d)
                    out[key] = self.plus(out[key], term) if key in out else term
        if self.highest:
            self.lost -= min(0, *(p for half in (a, b) for _, p in half))
        return out or {UNIT: self.nil(op(next(iter(a.values())), next(iter(b.values()))))}

    def series(self, name: str, x: Half) -> Half:
        """The Taylor series of a function in all that is small, about what is not."""
        power, x = self.leading(name, x) if self.highest else (0, x)
        small = {key: c for key, c in x.items() if key != UNIT}
        here = x[UNIT] if UNIT in x else self.nil(next(iter(x.values())))
        value = self.function(name, here)
        out, so_far = {UNIT: value}, small
        for term in self.taylor(name, here, value) if small else ():
            out = self.summed(out, self.product(self.times, {UNIT: term}, so_far))
            so_far = self.product(self.times, so_far, small)
            if UNIT in so_far:  # nothing is left
                break
        shift = {"reciprocal": -power, "gauge": -power, "sqrt": power // 2, "relu": power,
                 "abs": power}.get(name, 0)
        return {(bits, p + shift): c for (bits, p), c in out.items()}

    def leading(self, name: str, x: Half) -> tuple[int, Half]:
        """The leading power of h in a series, and the series divided by it."""
        known = [p for (bits, p), c in x.items() if not bits and not self.vanishes(c)]
        power = min(known, default=0)
        if power >= 0 and name in ("exp", "sin", "cos"):
            return 0, x
        if name in ("exp", "sin", "cos", "log") and power or name == "sqrt" and power % 2:
            raise Open(f"{name} of a series that begins with h^{power}")
        if any(p < power for _, p in x):
            raise Open("a derivative of lower order in h than its value")
        self.lost += abs(power) * 2
        return power, {(bits, p - power): c for (bits, p), c in x.items()}

    def taylor(self, name: str, here: Any, value: Any) -> Iterator[Any]:
        """The coefficients of the first, second, ... power of what is small."""
        by = lambda c, q: self.times(c, self.number(Fraction(q)))
        if name == "exp":
            yield from (by(value, Fraction(1, math.factorial(k))) for k in range(1, TERMS))
        elif name in ("sin", "cos"):
            other = self.function("cos" if name == "sin" else "sin", here)
            signs = (1, -1, -1, 1) if name == "sin" else (-1, -1, 1, 1)
            for k in range(1, TERMS):
                yield by(other if k % 2 else value, Fraction(signs[(k - 1) % 4], math.factorial(k)))
        elif name in ("reciprocal", "gauge", "sqrt", "log"):
            over = self.function("reciprocal", here)
            exponent = {"sqrt": Fraction(1, 2), "log": Fraction(0)}.get(name, Fraction(-1))
            term = over if name == "log" else by(self.times(value, over), exponent)
            for k in range(2, TERMS):
                yield term
                rest = Fraction(1 - k, k) if name == "log" else (exponent - k + 1) / k
                term = by(self.times(term, over), rest)
        else:  # a step is constant off its kink, where a relu has no slope
            slope = {"relu": "step", "abs": "sign"}.get(name)
            here = self.off_kink(here)
            yield self.function(slope, here) if slope else self.nil(here)

    # -- arithmetic ----------------------------------------------------------------------------------
    def lift(self, x: Any) -> Value:
        if isinstance(x, Value):
            return x
        if isinstance(x, bool) or not isinstance(x, int):
            raise TypeError(f"{type(x).__name__} {x!r} in a body")
        return Value(self, {UNIT: self.number(Fraction(x))})

    one = property(lambda xp: xp.lift(1))
    i = property(lambda xp: Value(xp, *({UNIT: c} for c in xp.imaginary())))
    pi = property(lambda xp: Value(xp, {UNIT: xp.function("pi", xp.number(Fraction(0)))}))

    add = lambda xp, a, b: xp.each(xp.summed, xp.lift(a), xp.lift(b))
    neg = lambda xp, a: xp.map(xp.minus, xp.lift(a))
    sub = lambda xp, a, b: xp.add(a, xp.neg(b))
    mul = lambda xp, a, b: xp.each(
        lambda x, y: xp.product(xp.times, x, y), xp.lift(a), xp.lift(b)
    )
    matmul = lambda xp, a, b: xp.each(
        lambda x, y: xp.product(xp.contract, x, y), xp.lift(a), xp.lift(b)
    )
    div = lambda xp, a, b: xp.mul(a, xp.elementwise("reciprocal", b))

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

    exp = lambda xp, x: xp.elementwise("exp", x)
    log = lambda xp, x: xp.elementwise("log", x)
    sqrt = lambda xp, x: xp.elementwise("sqrt", x)
    sin = lambda xp, x: xp.elementwise("sin", x)
    cos = lambda xp, x: xp.elementwise("cos", x)
    relu = lambda xp, x: xp.elementwise("relu", x)
    step = lambda xp, x: xp.elementwise("step", x)
    tanh = lambda xp, x: 1 - 2 / (xp.exp(2 * xp.lift(x)) + 1)
    logistic = lambda xp, x: 1 / (1 + xp.exp(-xp.lift(x)))
    softplus = lambda xp, x: xp.log(1 + xp.exp(x))
    logsumexp = lambda xp, x, axis=-1: xp.log(xp.sum(xp.exp(x), axis))

    def softmax(self, x: Value, axis: int = -1) -> Value:
        e = self.exp(x)
        return e / self.expand(self.sum(e, axis), axis)

    def relative_entropy(self, p: Any, q: Any, p_total: Any = 1, q_total: Any = 1) -> Value:
        logs = self.log(p) - self.log(p_total) - self.log(q) + self.log(q_total)
        return self.div(p, p_total) * (logs - 1) + self.div(q, q_total)

    # -- conjugates, sizes and kinks -------------------------------------------------------------------
    conj = lambda xp, x: Value(xp, xp.lift(x).w, xp.lift(x).z)
    star = lambda xp, x: xp.transpose(xp.conj(x))
    own = lambda xp, x: Value(xp, xp.known_real(x.z))
    is_own = lambda xp, x: x.w is x.z
    dot = lambda xp, a, b: xp.sum(xp.conj(a) * b)
    norm2 = lambda xp, x, axis=None: xp.sum(xp.abs2(x), axis)
    norm = lambda xp, x, axis=None: xp.sqrt(xp.norm2(x, axis))
    unit = lambda xp, x, axis=-1: x * xp.elementwise("gauge", xp.expand(xp.norm(x, axis), axis))
    maximum = lambda xp, a, b: b + xp.relu(xp.sub(a, b))
    minimum = lambda xp, a, b: xp.sub(a, xp.relu(xp.sub(a, b)))
    clip = lambda xp, x, low, high: xp.minimum(xp.maximum(x, low), high)

    def real(self, x: Any) -> Value:
        x = self.lift(x)
        return x if self.is_own(x) else self.own((x + self.conj(x)) / 2)

    def imag(self, x: Any) -> Value:
        x = self.lift(x)
        return x * 0 if self.is_own(x) else self.own((x - self.conj(x)) / (2 * self.i))

    def abs2(self, x: Any) -> Value:
        x = self.lift(x)
        return x * x if self.is_own(x) else self.own(x * self.conj(x))

    def abs(self, x: Any) -> Value:
        x = self.lift(x)
        return self.elementwise("abs", x) if self.is_own(x) else self.sqrt(self.abs2(x))

    # -- shapes ------------------------------------------------------------------------------------------
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

    def join(self, values: Sequence[Any], axis: int, new: bool) -> Value:
        def joined(*halves: Half) -> Half:
            nils = [self.nil(next(iter(half.values()))) for half in halves]
            return {
                key: self.joined([h.get(key, nil) for h, nil in zip(halves, nils)], axis, new)
                for key in dict.fromkeys(key for half in halves for key in half)
            }

        return self.each(joined, *(self.lift(v) for v in values))

    def constant(self, table: Any) -> Value:
        rows = isinstance(table, (list, tuple))
        return self.stack([self.constant(row) for row in table]) if rows else self.lift(table)

    def kron(self, a: Value, b: Value) -> Value:
        (m, n), (p, q) = a.shape, b.shape
        return self.reshape(a[:, None, :, None] * b[None, :, None, :], (m * p, n * q))

    # -- linear algebra ------------------------------------------------------------------------------------
    inv = lambda xp, a: xp.solve(a, xp.eye(a.shape[0]))

    def solve(self, a: Any, b: Any) -> Value:
        """Neumann's series in all that is small: (A + S)^-1 B = Σ (-A^-1 S)^k A^-1 B."""
        a, b = self.lift(a), self.lift(b)
        if b.ndim == 1:
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

        return self.each(solved, a, b)

    def det(self, a: Value) -> Value:
        """Laplace's expansion, each minor of the last rows once."""
        n = len(a)
        minors: dict[tuple[int, ...], Value] = {(): self.one}
        for size in range(1, n + 1):
            row, smaller, minors = a[n - size], minors, {}
            for columns in combinations(range(n), size):
                terms = [
                    row[c] * smaller[columns[:k] + columns[k + 1 :]] * (-1) ** k
                    for k, c in enumerate(columns)
                ]
                minors[columns] = self.sum(self.stack(terms))
        return minors[tuple(range(n))]

    # -- derivatives -----------------------------------------------------------------------------------------
    def along(self, f: Callable, x: Value, h: Any, z: bool, w: bool) -> Value:
        """The coefficient of a new nilpotent along h, which moves the first half, the second, or
        both."""
        h, bit = self.lift(h), 1 << self.depth
        small = {(bit, 0): self.number(Fraction(1))}
        moved = lambda half, d: self.summed(half, self.product(self.times, small, d))
        first = moved(x.z, h.z) if z else x.z
        same = z and w and x.w is x.z and h.w is h.z
        second = first if same else moved(x.w, h.w) if w else x.w
        self.depth += 1
        self.alone |= bit if z != w else 0
        try:
            y = self.lift(f(Value(self, first, second)))
        finally:
            self.depth -= 1
            self.alone &= ~bit

        def part(half: Half) -> Half:
            found = {(b ^ bit, p): c for (b, p), c in half.items() if b & bit}
            return found or {UNIT: self.nil(next(iter(half.values())))}

        return self.each(part, y)

    push = lambda xp, f, x, h: xp.along(f, x, h, True, True)

    def pull_star(self, f: Callable, x: Value, h: Any) -> Value:
        """X* moves along H* alone; the conjugate is where X moves along H alone."""
        star, plain = self.along(f, x, h, False, True), self.along(f, x, h, True, False)
        return Value(self, star.z, plain.w)

    def basis(self, shape: Sequence[int]) -> list[Value]:
        rows = self.eye(math.prod(shape))
        return [self.reshape(row, shape) for row in rows]

    def gradient(self, f: Callable, x: Value, push: Callable | None = None) -> Value:
        """The derivatives of a number along all basis vectors, laid out like x."""
        push = push or self.push
        entries = [push(f, x, e) for e in (self.basis(x.shape) if x.ndim else [self.one])]
        return self.reshape(self.stack(entries), x.shape)

    wirtinger = lambda xp, f, x: xp.gradient(f, x, xp.pull_star)
    jacobian = lambda xp, f, x: xp.stack(
        [xp.flatten(xp.push(f, x, h)) for h in xp.basis(x.shape)], axis=1
    )
