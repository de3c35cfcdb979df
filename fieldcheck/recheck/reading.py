"""What can be read off a formula: degrees and heights, summation indices, and signs, in one count.

A coefficient is a bound common to all entries of an array.  ``top`` weighs the largest term of its
numerator: its degree, the logarithm of its coefficients, and for each size how many summation
indices run over it.  Weights add in a product and meet in a sum; a sum over an axis of n entries
adds log2 n to the height, or, where n is only a name, one index.  Denominators and square roots are
kept apart, each with its power (a root is a denominator's -1/2) and the axes that it depends on, so
that a sum of fractions needs each of them once.

A length that is only a name is a number too large to be one, a prime of its own; the body sees an
object that it can but multiply and add to.  Where entries go, numpy says of an array without any.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, reduce
from itertools import chain
from typing import Any

import numpy as np
from sympy import nextprime

from fieldcheck.recheck.road import UNIT, Half, Open, Road, Value, first

Weights = Any  # a Counter, of floats
REAL, NONNEG, NONZERO = "real", "nonneg", "nonzero"
SIGN, POSITIVE = frozenset({REAL, NONNEG}), frozenset({REAL, NONNEG, NONZERO})
LONE = "an entry alone"
LARGEST = 200  # a length from here on is a name's
CELL = np.zeros(1, dtype=np.int8)


scaled = lambda w, n: Counter({name: x * n for name, x in w.items()})
added: Any = lambda ws: sum(ws, Counter())
height = lambda bits: Counter({"height": bits})
most: Any = lambda ws: reduce(operator.or_, ws, Counter())


# -- lengths -------------------------------------------------------------------------------------
def _refused(*_: Any) -> Any:
    raise Open("a size is used otherwise than as a length or a number")


class Dim:
    """A length that is only a name."""

    __slots__ = ("code",)
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __index__ = __int__ = __float__ = _refused
    __str__ = __repr__ = __format__ = __hash__ = __neg__ = _refused
    __floordiv__ = __mod__ = __pow__ = __rfloordiv__ = _refused

    def __init__(self, code: int):
        self.code = code

    def __eq__(self, other: Any) -> bool:
        return code(other) == self.code or _refused()

    def _with(self, other: Any, op: Callable[[int, int], int]) -> Any:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        return length(op(self.code, code(other)))

    __add__ = __radd__ = lambda a, b: a._with(b, operator.add)
    __mul__ = __rmul__ = lambda a, b: a._with(b, operator.mul)
    __sub__ = lambda a, b: a._with(b, operator.sub)


code = lambda n: n.code if isinstance(n, Dim) else n
length = lambda n: Dim(n) if n >= LARGEST else n
NAMES: dict[str, int] = {}


def named(name: str) -> Dim:
    return Dim(NAMES.setdefault(name, nextprime(int(600 * 1.3 ** len(NAMES)))))


def factors(n: int) -> Weights:
    """The names in a product of lengths; none if it is no such product."""
    found: Weights = Counter()
    for name, p in NAMES.items():
        while n % p == 0:
            n, found[name] = n // p, found[name] + 1
    return found if n < LARGEST else Counter()


@cache
def indices(n: int) -> Weights:
    """How many indices an index over a length stands for, name by name."""
    if n < LARGEST:
        return Counter()
    read = {offset: factors(n - offset) for offset in range(-12, 13)}
    found = [read[0]] if read[0] else [w for w in read.values() if w]
    if len(found) == 1:
        return found[0]
    shorter = [(name, n - p) for name, p in NAMES.items() if n - p >= LARGEST]
    if found or not shorter:
        raise Open("a length that is no polynomial in the names of sizes")
    return Counter({shorter[0][0]: 1}) | indices(shorter[0][1])


def moved(f: Callable[..., Any], dims: tuple[int, ...], axes: tuple[int, ...]) -> tuple[Any, int]:
    """An array that only says where it would read: a stride a byte wide for each of the axes."""
    strides = [
        sum(1 << 8 * i for i, k in enumerate(axes) if k == axis) for axis in range(len(dims))
    ]
    out = f(np.lib.stride_tricks.as_strided(CELL, dims, strides, writeable=False))
    return out, out.__array_interface__["data"][0] - CELL.__array_interface__["data"][0]


# -- bounds --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Bound:
    """under: (name, axes) of a denominator -> (power, its weights); key: equal for what is equal by
    construction."""

    dims: tuple[int, ...] = ()
    top: Weights = field(default_factory=Counter)
    under: dict[Any, tuple[float, Weights]] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()
    key: Any = None

    def renamed(self, f: Callable[..., Any]) -> Bound:
        """New names and axes of the denominators."""
        return replace(self, under={f(*which): found for which, found in self.under.items()})

    def powers(self, sign: int) -> Weights:
        """The product of the denominators (1), or of the roots above the line (-1)."""
        return added(scaled(w, max(0, sign * p)) for p, w in self.under.values())

    def above(self) -> Weights:
        return self.top + self.powers(-1)

    def whole(self) -> Weights:
        """Numerator and denominators together."""
        return self.above() + self.powers(1)

    def axes(self) -> Weights:
        """The indices that run free."""
        return added(map(indices, self.dims))


class Reading(Road):
    """``symbols`` and ``widest`` count free symbols and the degrees of their arguments; ``lemmas``
    the indices of a difference of two arguments, for symbols whose arguments sum over a size."""

    def __init__(self) -> None:
        self.symbols, self.widest = 0, 1.0
        self.lemmas: Weights = Counter()
        self.undone: dict[Any, Bound] = {}

    def raw(self, name: str, shape: tuple[Any, ...], nonzero: bool = False) -> Bound:
        facts = frozenset({REAL, NONZERO} if nonzero else {REAL})
        return Bound(tuple(map(code, shape)), Counter(degree=1), {}, facts, hash(("raw", name)))

    def lift(self, x: Any) -> Value:
        if isinstance(x, Dim):
            return Value(self, {UNIT: Bound((), indices(x.code), {}, SIGN, x.code)})
        return super().lift(x)

    def number(self, q: Fraction) -> Bound:
        facts = {REAL} | ({NONNEG} if q >= 0 else set()) | ({NONZERO} if q else set())
        n, d = (height(math.log2(max(1, abs(k)))) for k in q.as_integer_ratio())
        under = {(("number", q.denominator), ()): (1.0, d)} if q.denominator > 1 else {}
        return Bound((), n, under, frozenset(facts), q)

    shape_of = lambda xp, c: tuple(map(length, c.dims))
    minus = lambda xp, c: xp.times(xp.number(Fraction(-1)), c)
    imaginary = lambda xp: tuple(Bound(key=k, facts=frozenset({NONZERO})) for k in ("i", "-i"))
    vanishes = lambda xp, c: c.key == 0
    identity = lambda xp, n: Bound((code(n),) * 2, facts=SIGN, key="identity")

    # -- where entries go ------------------------------------------------------------------------
    def structure(self, f: Callable[..., Any], *cs: Any) -> Bound:
        """What becomes of the strides of an array that is never read says where its axes go."""
        (c,) = cs

        def own(name: Any, axes: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
            out, start = moved(f, c.dims, axes)
            runs: list[list[int]] = [
                [j for j, s in enumerate(out.strides) if abs(s) >> 8 * i & 255][:1]
                for i in range(len(axes))
            ]
            whole = all(j and out.shape[j[0]] == c.dims[k] for j, k in zip(runs, axes, strict=True))
            same = whole and not start  # else these are the denominators of other entries
            return name if same else (name, start, out.shape, out.strides), (*chain(*runs),)

        c = c.renamed(own)
        out, start = moved(f, c.dims, tuple(range(len(c.dims))))
        view = (out.shape, out.strides, start)
        plain = c.dims, tuple(1 << 8 * k for k in range(len(c.dims))), 0
        same = view == plain or isinstance(c.key, Fraction)
        return replace(c, dims=out.shape, key=c.key if same else hash((c.key, view)))

    def pick(self, c: Bound, index: Any) -> Bound:
        whole = index if isinstance(index, tuple) else (index,)
        ends = lambda e: slice(*map(code, (e.start, e.stop, e.step)))
        whole = tuple(ends(e) if isinstance(e, slice) else e for e in whole)
        if all(e is None or e is ... or isinstance(e, (int, slice)) for e in whole):
            return super().pick(c, whole if ... in whole else (*whole, ...))  # never an entry
        if max(c.dims) >= LARGEST:
            raise Open("an index that is neither a number nor a slice")
        return self.loose(c, np.empty(c.dims, dtype=np.int8)[whole].shape)

    def loose(self, c: Bound, dims: tuple[int, ...]) -> Bound:
        """New axes of which nothing is known: a denominator may depend on all of them."""
        key, every = object(), tuple(range(len(dims)))
        made = c.renamed(lambda name, axes: ((name, key), axes and every))
        return replace(made, dims=dims, key=key)

    def spread(self, c: Bound, shape: Sequence[Any]) -> Bound:
        return super().spread(c, tuple(map(code, shape)))

    def shaped(self, c: Bound, shape: Sequence[Any]) -> Bound:
        dims = tuple(map(code, shape))
        return c if dims == c.dims else self.loose(c, dims)

    def joined(self, cs: Sequence[Bound], axis: int, new: bool) -> Bound:
        if new:
            axis = axis % (len(cs[0].dims) + 1)
            cs = [self.pick(c, (slice(None),) * axis + (None,)) for c in cs]
        axis = axis % len(cs[0].dims)
        dims = list(cs[0].dims)
        dims[axis] = sum(c.dims[axis] for c in cs)
        key = ("joined", axis, *(c.key for c in cs))
        rows = [
            c.renamed(lambda name, axes, k=k: ((name, key, k) if axis in axes else name, axes))
            for k, c in enumerate(cs)
        ]
        return self.together(rows, 0, key, tuple(dims))

    # -- sums and products -----------------------------------------------------------------------
    def together(self, cs: Sequence[Bound], extra: float, key: Any, dims: Any) -> Bound:
        """A sum, or arrays joined: each denominator as often as the term that has it most."""
        under: dict[Any, tuple[float, Weights]] = {}
        for c in cs:
            for name, (power, w) in c.under.items():
                if LONE not in w or all(name in other.under for other in cs):
                    under[name] = max(power, under.get(name, (0.0,))[0]), w
        lacking = lambda c, name: under[name][0] - c.under.get(name, (0,))[0]
        top = most(
            c.top + added(scaled(w, lacking(c, name)) for name, (_, w) in under.items()) for c in cs
        )
        facts = frozenset.intersection(*(c.facts for c in cs))
        return Bound(dims, top + height(extra), under, facts, hash(key))

    def aligned(self, *cs: Bound) -> list[Bound]:
        n = max(len(c.dims) for c in cs)
        return [super(Reading, self).pick(c, (None,) * (n - len(c.dims)) + (...,)) for c in cs]

    def plus(self, a: Bound, b: Bound) -> Bound:
        dims = np.broadcast_shapes(a.dims, b.dims)
        if a.key == 0 or b.key == 0:
            return self.spread(b if a.key == 0 else a, dims)
        out = self.together(self.aligned(a, b), 1, ("+", a.key, b.key), dims)
        positive = NONNEG in out.facts and NONZERO in a.facts | b.facts
        return replace(out, facts=out.facts & SIGN | ({NONZERO} if positive else set()))

    def times(self, a: Bound, b: Bound) -> Bound:
        dims = np.broadcast_shapes(a.dims, b.dims)
        if a.key == 0 or b.key == 0:
            return self.filled(dims, 0)
        x, y = self.aligned(a, b)
        if (left := self.cancelled(x, y) or self.cancelled(y, x)) is not None:
            return replace(left, dims=dims, facts=x.facts & y.facts, key=hash((a.key, b.key)))
        under = dict(x.under)
        for name, (power, w) in y.under.items():
            under[name] = under.get(name, (0,))[0] + power, w
        facts = x.facts & y.facts
        square = {NONNEG} if REAL in facts and a.key == b.key else set()
        return Bound(dims, x.top + y.top, under, facts | square, hash((a.key, b.key)))

    def cancelled(self, a: Bound, b: Bound) -> Bound | None:
        """a b, where b is a number that a is divided by: (P / b) b is P."""
        over = ("over", b.key), ()
        if b.under or max(b.dims, default=1) > 1 or a.under.get(over, (0.0,))[0] < 1:
            return None
        power, weights = a.under[over]
        rest = {which: found for which, found in a.under.items() if which != over}
        return replace(a, under=rest | ({over: (power - 1, weights)} if power > 1 else {}))

    def contract(self, a: Bound, b: Bound) -> Bound:
        wide = len(b.dims) > 1
        if wide and len(a.dims) > 1:
            b = super().pick(b, (..., None, slice(None), slice(None)))
        product = self.times(super().pick(a, (..., None)) if wide else a, b)
        return self.total(product, len(product.dims) - 1 - wide)

    def total(self, c: Bound, axis: int) -> Bound:
        n, under = c.dims[axis], {}
        if not n:
            return self.filled(c.dims[:axis] + c.dims[axis + 1 :], 0)
        at = {which: found for which, found in c.under.items() if axis in which[1]}
        lone = any(LONE in w for _, w in at.values())
        tops = [c.top, Counter() if lone else indices(n) or height(math.log2(n))]
        for which, (power, w) in c.under.items():
            if which not in at or LONE in w:
                under[which] = power, w
            elif power < 0:  # a sum of roots
                tops.append(scaled(w, -power))
            elif n < LARGEST:
                tops.append(scaled(w, power * (n - 1)))
                under[which] = power * n, w
            elif any(name in NAMES for name in w):
                raise Open("a sum of fractions whose denominators sum over a size")
        facts = c.facts if NONNEG in c.facts else c.facts & SIGN
        whole = replace(c, top=added(tops), under=under, facts=facts, key=hash(("sum", c.key)))
        return super().pick(whole, (slice(None),) * axis + (0, ...))

    def linear_solve(self, a: Bound, b: Bound) -> Bound:
        """Cramer's rule, the denominators of every row cleared."""
        n = a.dims[0]
        if n >= LARGEST:
            raise Open("a linear system of a size that is only a name")
        row = (a.above() | b.above()) + scaled(a.powers(1), n - 1) + b.powers(1)
        whole = scaled(row, n) + height(math.log2(math.factorial(n)))
        under = {(("det", a.key), ()): (1.0, whole)}
        return Bound(
            b.dims, whole, under, a.facts & b.facts & {REAL}, hash((a.key, b.key, "solve"))
        )

    # -- functions -------------------------------------------------------------------------------
    def note(self, c: Bound) -> None:
        """A symbol whose argument sums over a size: two of them are told apart by a lemma."""
        axes = c.axes()
        self.lemmas |= {s: w + 2 * axes[s] for s, w in c.whole().items() if s in NAMES}

    def function(self, name: str, c: Bound) -> Bound:
        key, real, whole = hash((name, c.key)), c.facts & {REAL}, c.whole()
        axes = tuple(k for k, n in enumerate(c.dims) if n != 1)
        exponent = {"reciprocal": 1.0, "gauge": 1.0, "sqrt": -0.5}.get(name)
        if exponent and not (self.drawn and axes and exponent > 0):
            under = {which: (-exponent * power, w) for which, (power, w) in c.under.items()}
            which = ("over", c.key), axes
            under[which] = exponent + under.get(which, (0,))[0], c.top
            if exponent > 0:
                return Bound(c.dims, Counter(), under, c.facts | {NONZERO}, key)
        if name == "log" and c.key in self.undone:
            return self.undone[c.key]
        self.symbols += math.prod(n for n in c.dims if n < LARGEST)
        self.widest = max(self.widest, whole["degree"])
        self.note(c)
        facts: Any = {
            "exp": POSITIVE if real else {NONZERO},
            "pi": POSITIVE,
            "log": {REAL} if c.facts >= POSITIVE else (),
            "sqrt": c.facts if NONNEG in c.facts else (),
            "relu": SIGN | (c.facts if NONNEG in c.facts else frozenset()),
            "abs": SIGN | c.facts,
            "step": SIGN,
            "arctan": c.facts,
            "erf": c.facts,
            "reciprocal": c.facts | {NONZERO},
            "gauge": c.facts,
        }.get(name, real)
        made = Bound(c.dims, Counter(degree=1), {}, frozenset(facts), key)
        if name == "exp" and real:
            self.undone[key] = c
        if name == "sqrt":
            return replace(made, top=Counter(), under=under)
        if name in ("relu", "abs"):  # two of them make the argument
            return replace(made, top=made.top | c.top, under=c.under)
        return made

    def known_real(self, half: Half) -> Half:
        known = lambda key, c: c if key[0] & self.alone else replace(c, facts=c.facts | {REAL})
        return {key: known(key, c) for key, c in half.items()}

    def known(self, x: Value, facts: Any) -> Any:
        if not facts >= SIGN:
            return x
        return Value(self, {**x.z, UNIT: replace(x.z[UNIT], facts=x.z[UNIT].facts | SIGN)})

    facts_of = lambda xp, x: xp.lift(x).z[UNIT].facts
    abs2: Any = lambda xp, x: xp.known(Road.abs2(xp, x), SIGN)
    softplus: Any = lambda xp, x: xp.known(Road.softplus(xp, x), xp.facts_of(xp.exp(x)))
    maximum: Any = lambda xp, a, b: xp.known(
        Road.maximum(xp, a, b), max(xp.facts_of(a), xp.facts_of(b), key=lambda f: f >= SIGN)
    )
    minimum: Any = lambda xp, a, b: xp.known(
        Road.minimum(xp, a, b), xp.facts_of(a) & xp.facts_of(b)
    )

    def relative_entropy(self, p: Any, q: Any, p_total: Any = 1, q_total: Any = 1) -> Value:
        """Nonnegative, since log u <= u - 1, where all arguments are positive."""
        positive = all(self.facts_of(v) >= POSITIVE for v in (p, q, p_total, q_total))
        out = super().relative_entropy(p, q, p_total, q_total)
        return self.known(out, SIGN if positive else frozenset())

    # -- derivatives along every basis vector at once --------------------------------------------
    def gradient(self, f: Callable, x: Value, push: Callable | None = None) -> Value:
        return self.laid_out((push or self.push)(f, x, self.direction(x)), x, ())

    def jacobian(self, f: Callable, x: Value) -> Value:
        y = self.flatten(self.push(f, x, self.direction(x)))
        return self.laid_out(y, self.flatten(x), first(y.z).dims)

    def direction(self, x: Value) -> Value:
        """Of a basis vector one entry is 1: a sum over its index is no sum."""
        dims = first(x.z).dims
        lone = {("direction", tuple(range(len(dims)))): (1.0, Counter({LONE: 1}))}
        return Value(self, {UNIT: Bound(dims, Counter(), lone, frozenset({REAL}), object())})

    def laid_out(self, y: Value, x: Value, dims: tuple[int, ...]) -> Value:
        whole = lambda c: replace(c, dims=dims + first(x.z).dims, key=object())
        return self.map(whole, y)
