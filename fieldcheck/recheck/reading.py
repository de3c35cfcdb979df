"""What can be read off a formula: degrees and heights, summation indices, and signs, in one count.

A coefficient is a bound common to all entries of an array.  ``top`` weighs the largest term of its
numerator: its degree, the logarithm of its coefficients, and for each size how many summation
indices run over it.  Weights add in a product and meet in a sum; a sum over an axis of n entries
adds log2 n to the height, or, where n is only a name, one index.  Denominators are kept apart, each
with its power and the axes that it depends on, so that a sum of fractions needs each of them once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from fieldcheck.recheck.road import Half, Open, Road, Value

Weights = Counter[str]
REAL, NONNEG, NONZERO = "real", "nonneg", "nonzero"
POSITIVE = {REAL, NONNEG, NONZERO}


def _refused(*_: Any) -> Any:
    raise Open("a size used otherwise than as a length or a number")


class Dim:
    """A length that is only a name: a polynomial in the names of sizes."""

    __slots__ = ("terms",)
    __hash__ = None  # type: ignore[assignment]
    __lt__ = __le__ = __gt__ = __ge__ = _refused
    __bool__ = __index__ = __int__ = __float__ = __str__ = __repr__ = __format__ = _refused
    __truediv__ = __floordiv__ = __mod__ = __pow__ = __rtruediv__ = __rfloordiv__ = _refused

    def __init__(self, terms: dict[tuple[str, ...], int]):
        self.terms = {names: n for names, n in terms.items() if n}

    def __eq__(self, other: Any) -> bool:
        return (isinstance(other, Dim) and self.terms == other.terms) or _refused()

    @classmethod
    def of(cls, n: Any) -> dict[tuple[str, ...], int]:
        return n.terms if isinstance(n, Dim) else {(): n}

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        total = Counter(self.terms)
        for names, n in Dim.of(other).items():
            total[names] += n
        return settled(total)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        total: Counter[tuple[str, ...]] = Counter()
        for a, m in self.terms.items():
            for b, n in Dim.of(other).items():
                total[tuple(sorted(a + b))] += m * n
        return settled(total)

    __radd__, __rmul__ = __add__, __mul__
    __neg__ = lambda n: n * -1
    __sub__ = lambda a, b: a + -b
    __rsub__ = lambda a, b: -a + b

    def indices(self) -> Weights:
        """How many indices an index over this length stands for, name by name."""
        out: Weights = Counter()
        for names in self.terms:
            out |= Counter(names)
        return out


def settled(terms: dict[tuple[str, ...], int]) -> Any:
    """A polynomial, or the number that it is."""
    terms = {names: n for names, n in terms.items() if n}
    return terms.get((), 0) if set(terms) <= {()} else Dim(terms)


def same(a: Any, b: Any) -> bool:
    return Dim.of(a) == Dim.of(b)


def indices(n: Any) -> Weights:
    return n.indices() if isinstance(n, Dim) else Counter()


@dataclass(frozen=True)
class Bound:
    """dims: lengths; under: (name, axes) of a denominator -> (power, its weights); key: what the
    value is, equal for what is equal by construction."""

    dims: tuple[Any, ...] = ()
    top: Weights = field(default_factory=Counter)
    under: dict[Any, tuple[int, Weights]] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()
    key: Any = None

    def below(self) -> Weights:
        """The product of all denominators."""
        return summed(times(w, power) for power, w in self.under.values())


def times(w: Weights, n: float) -> Weights:
    return Counter({name: x * n for name, x in w.items()})  # type: ignore[misc]


def summed(ws: Any) -> Weights:
    out: Weights = Counter()
    for w in ws:
        out.update(w)
    return out


def largest(ws: Any) -> Weights:
    out: Weights = Counter()
    for w in ws:
        out |= w
    return out


class Reading(Road):
    """``symbols`` and ``widest`` count free symbols and the degrees of their arguments; ``lemmas``
    the indices of a difference of two arguments, for symbols whose arguments sum over a size."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols, self.widest = 0, 1
        self.lemmas: Weights = Counter()
        self.undone: dict[Any, Bound] = {}

    def raw(self, name: str, dims: tuple[Any, ...], nonzero: bool = False) -> Bound:
        facts = frozenset({REAL, NONZERO} if nonzero else {REAL})
        return Bound(dims, Counter(degree=1), {}, facts, hash(("raw", name)))

    def lift(self, x: Any) -> Value:
        if isinstance(x, Dim):
            size = Bound((), x.indices(), {}, frozenset({REAL}), hash(tuple(sorted(x.terms))))
            return Value(self, {(0, 0): size})
        return super().lift(x)

    def number(self, q: Fraction) -> Bound:
        facts = {REAL} | ({NONNEG} if q >= 0 else set()) | ({NONZERO} if q else set())
        height = lambda n: Counter(height=math.log2(max(1, abs(n))))  # type: ignore[arg-type]
        n, d = q.as_integer_ratio()
        under = {(("number", d), frozenset()): (1, height(d))} if d > 1 else {}
        return Bound((), height(n), under, frozenset(facts), q)

    shape_of = lambda xp, c: c.dims
    minus = lambda xp, c: replace(c, facts=c.facts - {NONNEG}, key=hash(("-", c.key)))
    imaginary = lambda xp: tuple(Bound((), key=k, facts=frozenset({NONZERO})) for k in ("i", "-i"))
    vanishes = lambda xp, c: c.key == 0
    filled = lambda xp, shape, n: replace(xp.number(Fraction(n)), dims=tuple(shape))

    def identity(self, n: Any) -> Bound:
        return Bound((n, n), facts=frozenset({REAL, NONNEG}), key="identity")

    # -- where entries go -----------------------------------------------------------------------------
    def moved(self, c: Bound, how: Any, dims: Sequence[Any], origin: Sequence[set[int]]) -> Bound:
        """New axes, each with the old ones that it runs along."""
        under: dict[Any, tuple[int, Weights]] = {}
        for (name, axes), found in c.under.items():
            under[name, frozenset(k for k, old in enumerate(origin) if old & axes)] = found
        key = c.key if isinstance(c.key, Fraction) else hash((how, c.key))
        return replace(c, dims=tuple(dims), under=under, key=key)

    def spread(self, c: Bound, shape: tuple[Any, ...]) -> Bound:
        gap = len(shape) - len(c.dims)
        return self.moved(c, "spread", shape, [{k - gap} for k in range(len(shape))])

    def swapped(self, c: Bound) -> Bound:
        order = [*range(c_n := len(c.dims))][:-2] + [c_n - 1, c_n - 2]
        return self.moved(c, "swapped", [c.dims[k] for k in order], [{k} for k in order])

    def slanted(self, c: Bound) -> Bound:
        n = len(c.dims) - 2
        return self.moved(c, "slanted", c.dims[:-1], [*({k} for k in range(n)), {n, n + 1}])

    def pick(self, c: Bound, index: Any) -> Bound:
        index = list(index) if isinstance(index, tuple) else [index]
        if Ellipsis in [k for k in index if k is Ellipsis]:
            where = next(k for k, entry in enumerate(index) if entry is Ellipsis)
            wide = len(c.dims) - sum(e is not None for e in index) + 1
            index[where : where + 1] = [slice(None)] * wide
        dims, origin, axis = [], [], 0
        for entry in index:
            if entry is None:
                dims, origin = [*dims, 1], [*origin, set[int]()]
                continue
            if isinstance(entry, slice):
                dims, origin = [*dims, cut(c.dims[axis], entry)], [*origin, {axis}]
            elif isinstance(entry, (int, Dim)) is False:
                raise Open("an index that is a list")
            axis += 1
        rest = range(axis, len(c.dims))
        how = ("pick", tuple(e if isinstance(e, int) or e is None else "slice" for e in index))
        dims, origin = [*dims, *(c.dims[k] for k in rest)], [*origin, *({k} for k in rest)]
        plain = all(e is None or e == slice(None) for e in index)
        return self.moved(c, how if plain else (how, object()), dims, origin)

    def shaped(self, c: Bound, shape: Sequence[Any]) -> Bound:
        """Neighbouring axes joined or taken apart; an axis of a denominator must stay in one."""
        pieces, origin, start = list(range(len(c.dims))), [], 0
        for n in shape:
            taken: set[int] = set()
            size: Any = 1
            while start < len(pieces) and not same(size, n):
                taken.add(pieces[start])
                size, start = size * c.dims[pieces[start]], start + 1
            if not same(size, n):
                origin = [set(pieces)] * len(shape)  # taken apart: each may run along all
                break
            origin.append(taken)
        return self.moved(c, "shaped", shape, origin)

    def together(self, cs: Sequence[Bound], extra: float, key: Any, dims: tuple[Any, ...]) -> Bound:
        """A sum, or arrays joined: each denominator as often as the term that has it most."""
        under: dict[Any, tuple[int, Weights]] = {}
        for c in cs:
            for name, (power, w) in c.under.items():
                under[name] = max(power, under.get(name, (0, w))[0]), w
        lacking = lambda c, name: under[name][0] - c.under.get(name, (0,))[0]
        tops = [
            summed([c.top, *(times(under[n][1], lacking(c, n)) for n in under)])
            for c in cs
        ]
        top = largest(tops)
        top["height"] += extra  # type: ignore[assignment]
        facts = frozenset.intersection(*(c.facts for c in cs))
        return Bound(dims, top, under, facts, key)

    def joined(self, cs: Sequence[Bound], axis: int, new: bool) -> Bound:
        n = len(cs[0].dims)
        axis = axis % (n + new)
        before, after = cs[0].dims[:axis], cs[0].dims[axis + (not new) :]
        length = len(cs) if new else sum(c.dims[axis] for c in cs)
        places = [{k} for k in range(n)]
        places = places[:axis] + [set()] * new + places[axis:]
        dims = (*before, length, *after)
        rows = [self.moved(c, "row", dims, places) for c in cs]
        return self.together(rows, 0, hash(("joined", axis, *(c.key for c in cs))), dims)

    # -- sums and products ------------------------------------------------------------------------------
    def aligned(self, a: Bound, b: Bound) -> tuple[Bound, Bound, tuple[Any, ...]]:
        n = max(len(a.dims), len(b.dims))
        left, right = ((1,) * (n - len(c.dims)) + c.dims for c in (a, b))
        dims = []
        for k, m in zip(left, right, strict=True):
            if not (same(k, m) or same(k, 1) or same(m, 1)):
                raise Open("lengths that are not known to be equal")
            dims.append(m if same(k, 1) else k)
        return self.spread(a, tuple(left)), self.spread(b, tuple(right)), tuple(dims)

    def plus(self, a: Bound, b: Bound) -> Bound:
        x, y, dims = self.aligned(a, b)
        if a.key == 0 or b.key == 0:
            return replace(y if a.key == 0 else x, dims=dims, key=(b if a.key == 0 else a).key)
        out = self.together([x, y], 1, hash(("+", frozenset(((a.key, 1), (b.key, 2))))), dims)
        one = NONZERO in a.facts | b.facts and NONNEG in out.facts
        return replace(out, facts=(out.facts - {NONZERO}) | ({NONZERO} if one else set()))

    def times(self, a: Bound, b: Bound) -> Bound:
        x, y, dims = self.aligned(a, b)
        if a.key == 0 or b.key == 0:
            return replace(self.number(Fraction(0)), dims=dims)
        under = dict(x.under)
        for name, (power, w) in y.under.items():
            under[name] = under.get(name, (0, w))[0] + power, w
        facts = x.facts & y.facts
        if REAL in facts and a.key == b.key:
            facts |= {NONNEG}
        return Bound(dims, summed([x.top, y.top]), under, facts, hash(("*", a.key, b.key)))

    def contract(self, a: Bound, b: Bound) -> Bound:
        left = self.pick(a, (Ellipsis, None)) if len(b.dims) > 1 else a
        right = self.pick(b, (Ellipsis, None, slice(None), slice(None))) if len(a.dims) > 1 < len(
            b.dims
        ) else b
        product = self.times(left, right)
        return self.total(product, len(product.dims) - (2 if len(b.dims) > 1 else 1))

    def total(self, c: Bound, axis: int) -> Bound:
        n = c.dims[axis]
        top, under = [c.top, indices(n)], {}
        for (name, axes), (power, w) in c.under.items():
            if axis in axes and isinstance(n, Dim):
                self.note(replace(c, top=w, under={}))  # drawn as a symbol of its own
                continue
            if axis in axes:
                top.append(times(w, power * (n - 1)))
            under[name, axes] = power * (n if axis in axes else 1), w
        if not isinstance(n, Dim):
            top.append(Counter(height=math.log2(max(n, 1))))  # type: ignore[arg-type]
        facts = c.facts if NONNEG in c.facts and (isinstance(n, Dim) or n) else c.facts - {NONZERO}
        rest = [k for k in range(len(c.dims)) if k != axis]
        whole = replace(c, top=summed(top), under=under, facts=facts)
        return self.moved(whole, ("total", axis), [c.dims[k] for k in rest], [{k} for k in rest])

    def linear_solve(self, a: Bound, b: Bound) -> Bound:
        """Cramer's rule, the denominators of every row cleared."""
        n = a.dims[0]
        if isinstance(n, Dim):
            raise Open("a linear system of a size that is only a name")
        row = summed([largest([a.top, b.top]), times(a.below(), n - 1), b.below()])
        whole = summed([times(row, n), Counter(height=math.log2(math.factorial(n)))])
        under = {(("det", a.key), frozenset[int]()): (1, whole)}
        return Bound(b.dims, whole, under, a.facts & b.facts & {REAL}, hash(("solve", a.key, b.key)))

    # -- functions ----------------------------------------------------------------------------------------
    def note(self, c: Bound) -> None:
        """A symbol whose argument sums over a size: two of them are told apart by a lemma."""
        axes = summed(indices(n) for n in c.dims)
        for name, w in summed([c.top, c.below()]).items():
            if w and name not in ("degree", "height"):
                self.lemmas[name] = max(self.lemmas[name], w + 2 * axes[name])

    def function(self, name: str, c: Bound) -> Bound:
        key, real, positive = hash((name, c.key)), c.facts & {REAL}, c.facts >= POSITIVE
        if name in ("reciprocal", "gauge"):
            axes = frozenset(k for k, n in enumerate(c.dims) if not same(n, 1))
            under = {(("over", c.key), axes): (1, c.top)}
            return Bound(c.dims, c.below(), under, c.facts | {NONZERO}, key)
        if name == "log" and c.key in self.undone:
            return self.undone[c.key]
        self.symbols += math.prod(n for n in c.dims if not isinstance(n, Dim))
        both = summed([c.top, c.below()])
        self.widest = max(self.widest, math.ceil(both["degree"]))
        self.note(c)
        one: Weights = Counter(degree=2 if name in ("sin", "cos") else 1)
        facts: set[str] | frozenset[str] = {
            "exp": POSITIVE if real else {NONZERO},
            "pi": POSITIVE,
            "log": {REAL} if positive else set(),
            "sqrt": c.facts if NONNEG in c.facts else set(),
            "relu": (c.facts if positive else set()) | {REAL, NONNEG},
            "abs": (c.facts & {NONZERO}) | {REAL, NONNEG},
            "step": {REAL, NONNEG},
        }.get(name, real)
        made = Bound(c.dims, one, {}, frozenset(facts), key)
        if name == "exp" and real:
            self.undone[key] = c
        if name == "sqrt":  # two of them make the radicand
            half = summed([times(both, 0.5), Counter(height=1)])
            return replace(made, top=largest([one, half]), under=c.under)
        if name in ("relu", "abs"):  # two of them make the argument
            return replace(made, top=largest([one, c.top]), under=c.under)
        return made

    def known_real(self, half: Half) -> Half:
        known = lambda key, c: c if key[0] & self.alone else replace(c, facts=c.facts | {REAL})
        return {key: known(key, c) for key, c in half.items()}

    def abs2(self, x: Any) -> Value:
        square = super().abs2(x)
        half = {
            key: replace(c, facts=c.facts | {REAL, NONNEG}) if key == (0, 0) else c
            for key, c in square.z.items()
        }
        return Value(self, half)

    def maximum(self, a: Any, b: Any) -> Value:
        """Nonnegative if either is."""
        out, facts = super().maximum(a, b), [next(iter(self.lift(v).z.values())).facts for v in (a, b)]
        return self._known(out, facts[0] | facts[1])

    def minimum(self, a: Any, b: Any) -> Value:
        out, facts = super().minimum(a, b), [next(iter(self.lift(v).z.values())).facts for v in (a, b)]
        return self._known(out, facts[0] & facts[1])

    def relative_entropy(self, p: Any, q: Any, p_total: Any = 1, q_total: Any = 1) -> Value:
        """Nonnegative, since log u <= u - 1, where all arguments are positive."""
        out = super().relative_entropy(p, q, p_total, q_total)
        given = [self.lift(v).z[0, 0].facts for v in (p, q, p_total, q_total)]
        return self._known(out, frozenset.intersection(*given) if all(f >= POSITIVE for f in given) else frozenset())

    def _known(self, x: Value, facts: frozenset[str]) -> Value:
        add = lambda key, c: replace(c, facts=c.facts | facts & {REAL, NONNEG}) if key == (0, 0) else c
        return Value(self, {key: add(key, c) for key, c in x.z.items()})

    # -- derivatives along every basis vector at once -------------------------------------------------------
    def gradient(self, f: Callable, x: Value, push: Callable | None = None) -> Value:
        return self._laid_out((push or self.push)(f, x, self._direction(x)), x, ())

    def jacobian(self, f: Callable, x: Value) -> Value:
        y = self.flatten(self.push(f, x, self._direction(x)))
        return self._laid_out(y, self.flatten(x), y.shape)

    def _direction(self, x: Value) -> Value:
        return Value(self, {(0, 0): Bound(x.shape, Counter(), {}, frozenset({REAL}), object())})

    def _laid_out(self, y: Value, x: Value, dims: tuple[Any, ...]) -> Value:
        """The direction's indices, which a derivative sums over, run free now."""
        axes = summed(indices(n) for n in x.shape)
        free = lambda c: replace(c, dims=dims + x.shape, top=c.top - axes, key=object())
        return self.map(free, y)


def cut(n: Any, s: slice) -> Any:
    """The length of a slice."""
    if s.step is not None:
        raise Open("a slice with a step")
    if isinstance(n, int) and all(e is None or isinstance(e, int) for e in (s.start, s.stop)):
        return len(range(n)[s])
    end = lambda e, default: default if e is None else n + e if isinstance(e, int) and e < 0 else e
    return end(s.stop, n) - end(s.start, 0)
