"""Truncated power series in h = 1/n, as n grows, over any arithmetic of coefficients.

A value is sum over k < end of c_k h^k + o(h^(end-1)), at every point of the inputs at which it is
defined; orders may be negative, and a value without a remainder is exact.  Each c_k is a value of
the base arithmetic, so what was an input or a free symbol there is one here.

What is divided by, or put under a logarithm or a root, is developed around its leading coefficient.
The base says which coefficients vanish identically, and what is known of the others:

- a leading coefficient that is divided by has to be nonzero on the whole domain, or the expansion
  is another where it vanishes: ``conditions`` collects where that is not known.  A divisor that is
  one power of n alone leaves points out instead (``left_out``): there nothing has a value at any n;
- |s|, relu(s) and the root of s >= 0 are continuous: their leading terms need no such thing.  They
  are cut to it (``cut``) unless more is known, or ``bold`` is set, which adds the condition.

``n`` itself is a value of order -1.  It is no integer: what counts with it (a range, a branch, an
exponent) is not supported, and neither is a logarithm or a broken power of n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from fieldcheck.arithmetic.array import Array, Jet, Unsupported, Value
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.shapes import dummy
from fieldcheck.arithmetic.sign import Known

EXACT = 10**9
"""The ``end`` of a value without a remainder."""


Step = Callable[[dict[int, Value], dict[int, Value], int], list[Value]]
"""The terms of k y_k from y, u and k (see :meth:`Series._developed`)."""


class Short(Exception):
    """More terms have to be kept."""


class Coefficients(Protocol):
    """What a base has to say of its values, beside being an arithmetic."""

    def vanishes(self, value: Value) -> np.ndarray:
        """Which entries are identically zero."""

    def known(self, value: Value) -> Known:
        """What is known of all entries on the whole domain."""

    def regular(self, value: Value) -> bool:
        """Is a matrix known to be regular on the whole domain?"""


@dataclass(frozen=True)
class Terms:
    """A shape, the coefficients by order (those missing are zero), and where they end."""

    shape: tuple[int, ...]
    terms: Mapping[int, Value]
    end: int = EXACT

    @property
    def low(self) -> int:
        return min(self.terms, default=self.end)

    @property
    def alone(self) -> bool:
        """One power of n and nothing else?"""
        return self.end == EXACT and len(self.terms) == 1

    @property
    def plain(self) -> bool:
        """Free of n?"""
        return self.end == EXACT and set(self.terms) <= {0}

    def shifted(self, by: int) -> Terms:
        end = self.end if self.end == EXACT else self.end + by
        return Terms(self.shape, {k + by: c for k, c in self.terms.items()}, end)


def _refuse(*_: Any) -> Any:
    raise Unsupported("n as a plain integer")


class Count(Array):
    """n as a body sees it: a value that is refused wherever an integer is asked for."""

    __slots__ = ()
    __index__ = __int__ = __float__ = __complex__ = __bool__ = _refuse
    __hash__ = _refuse  # type: ignore[assignment]
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __mod__ = __floordiv__ = __rfloordiv__ = __rmod__ = __divmod__ = __rpow__ = _refuse
    __str__ = __repr__ = __format__ = _refuse


class Series(Arithmetic):
    """Power series in 1/n with ``kept`` terms over a base (see :class:`Coefficients`)."""

    kind = "series"

    def __init__(self, base: Any, kept: int, bold: bool = False) -> None:
        self.base, self.kept, self.bold = base, kept, bold
        self.cut = False
        self.conditions: list[str] = []
        self.left_out: list[str] = []

    @property
    def n(self) -> Count:
        return Count(self, Terms((), {-1: self.base.one}))

    def constant_of(self, value: Value) -> Value:
        """A value of the base as one that is free of n."""
        return self.wrap(Terms(value.shape, {0: value}))

    def shape_of(self, data: Terms) -> tuple[int, ...]:
        return data.shape

    # -- what is known of a leading coefficient --------------------------------------------------
    def _need(self, fine: bool, where: str, left_out: bool = False) -> None:
        found = self.left_out if left_out else self.conditions
        if not fine and where not in found:
            found.append(where)

    def stripped(self, d: Terms) -> Terms:
        """Without the leading terms that vanish identically."""
        kept = dict(d.terms)
        while kept and self.base.vanishes(kept[min(kept)]).all():
            del kept[min(kept)]
        return Terms(d.shape, kept, d.end)

    def _mixed(self, d: Terms) -> bool:
        """Has it entries whose leading order is higher than that of others?"""
        return bool(d.shape) and bool(self.base.vanishes(d.terms[d.low]).any())

    def _by_entry(self, f: Callable[[Terms], Terms], d: Terms) -> Terms:
        entries = [f(self._getitem(d, index)) for index in np.ndindex(*d.shape)]
        return self._reshape(self._stack(entries, 0), d.shape)

    def _analytic(self, d: Terms) -> Terms:
        """An argument that has a limit: what grows is refused."""
        d = self.stripped(d)
        if d.low < 0:
            raise Unsupported("a function of what grows with n")
        if d.end <= 0:
            raise Short
        return d

    # -- ring operations -------------------------------------------------------------------------
    def _settled(self, shape: tuple[int, ...], terms: dict[int, Value], end: int) -> Terms:
        """At most ``kept`` terms; all of one shape."""
        low = min(terms, default=0)
        if terms and max(terms) - low >= self.kept:
            end = min(end, low + self.kept)
        wide = {k: self._widened(c, shape) for k, c in sorted(terms.items()) if k < end}
        return Terms(tuple(shape), wide, end)

    def _widened(self, c: Value, shape: tuple[int, ...]) -> Value:
        return c if c.shape == tuple(shape) else c * self.base.ones(*shape)

    def _each(self, f: Callable[[Any], Any], d: Terms) -> Terms:
        """A linear map that keeps orders; ``f`` is also put to a dummy, for the shape."""
        if d.terms:
            made = {k: f(c) for k, c in d.terms.items()}
            return Terms(next(iter(made.values())).shape, made, d.end)
        return Terms(f(self.base.zeros(*d.shape)).shape, {}, d.end)

    def _integer(self, n: int) -> Terms:
        return Terms((), {0: self.base.lift(n)} if n else {})

    def _imaginary_unit(self) -> Terms:
        return Terms((), {0: self.base.i})

    def _pi(self) -> Terms:
        return Terms((), {0: self.base.pi})

    def _plus(self, a: Terms, b: Terms, sub: bool) -> Terms:
        terms = dict(a.terms)
        for k, c in b.terms.items():
            if k in terms:
                terms[k] = terms[k] - c if sub else terms[k] + c
            else:
                terms[k] = -c if sub else c
        return self._settled(np.broadcast_shapes(a.shape, b.shape), terms, min(a.end, b.end))

    def _add(self, a: Terms, b: Terms) -> Terms:
        return self._plus(a, b, sub=False)

    def _sub(self, a: Terms, b: Terms) -> Terms:
        return self._plus(a, b, sub=True)

    def _convolved(
        self, op: Callable[[Value, Value], Value], shape: tuple[int, ...], a: Terms, b: Terms
    ) -> Terms:
        low = a.low + b.low
        if EXACT in (a.low, b.low):
            return Terms(tuple(shape), {})
        end = min([EXACT, *(c.low + d.end for c, d in ((a, b), (b, a)) if d.end < EXACT)])
        if end < EXACT or max(a.terms) + max(b.terms) - low >= self.kept:
            end = min(end, low + self.kept)
        terms: dict[int, Value] = {}
        for j, x in a.terms.items():
            for k, y in b.terms.items():
                if j + k < end:
                    product = op(x, y)
                    terms[j + k] = terms[j + k] + product if j + k in terms else product
        return self._settled(shape, terms, end)

    def _mul(self, a: Terms, b: Terms) -> Terms:
        if a is b:  # the base sees that the leading term of a square is one
            a = b = self.stripped(a)
        return self._convolved(self.base.mul, np.broadcast_shapes(a.shape, b.shape), a, b)

    def _matmul(self, a: Terms, b: Terms) -> Terms:
        shape = (dummy(a.shape) @ dummy(b.shape)).shape
        return self._convolved(self.base.matmul, shape, a, b)

    def _div(self, a: Terms, b: Terms) -> Terms:
        if b.alone:
            ((l, c),) = b.terms.items()
            self._need(self.base.known(c).nonzero, "where a divisor vanishes", left_out=True)
            shape = np.broadcast_shapes(a.shape, b.shape)
            return self._settled(shape, {k: x / c for k, x in a.terms.items()}, a.end).shifted(-l)
        return self._mul(a, self._inverse(b))

    def _inverse(self, b: Terms) -> Terms:
        b = self._headed(b)
        if self._mixed(b):
            return self._by_entry(self._inverse, b)
        l, c = b.low, b.terms[b.low]
        where = "where the leading coefficient of a divisor vanishes"
        self._need(self.base.known(c).nonzero, where)
        first = 1 / c
        rest, orders, end = self._rest(b.shifted(-l))
        y = {0: first}
        for k in orders:
            terms = [u * y[k - j] for j, u in rest.items() if k - j in y]
            self._append(y, k, terms, lambda s: -(s * first))
        return Terms(b.shape, y, end).shifted(-l)

    def _headed(self, d: Terms) -> Terms:
        """What is divided by, from its leading coefficient on."""
        d = self.stripped(d)
        if not d.terms and d.end == EXACT:
            raise Unsupported("division by zero")
        if not d.terms:
            raise Short
        return d

    def _rest(self, d: Terms) -> tuple[dict[int, Value], range, int]:
        """The terms that vanish with h; the orders that a function of d has after the first, and
        where they end (nowhere, if d is free of n)."""
        rest = {k: c for k, c in d.terms.items() if k > 0}
        end = min(d.end, self.kept) if rest else d.end
        return rest, range(1, end if rest else 1), end

    @staticmethod
    def _append(
        y: dict[int, Value], k: int, terms: list[Value], then: Callable[[Value], Value]
    ) -> None:
        """y_k from the sum of some terms, if there are any."""
        if terms:
            y[k] = then(sum(terms[1:], terms[0]))

    # -- shape -----------------------------------------------------------------------------------
    def _getitem(self, d: Terms, index: Any) -> Terms:
        return self._each(lambda c: c[index], d)

    def _reshape(self, d: Terms, shape: tuple[int, ...]) -> Terms:
        return self._each(lambda c: self.base.reshape(c, shape), d)

    def _permute(self, d: Terms, axes: tuple[int, ...]) -> Terms:
        return self._each(lambda c: self.base.permute(c, axes), d)

    def _sum(self, d: Terms, axis: int) -> Terms:
        return self._each(lambda c: self.base.sum(c, axis), d)

    def _joined(
        self, join: Callable[[list[Value], int], Value], items: Sequence[Terms], axis: int
    ) -> Terms:
        def at(k: int) -> Value:
            parts = [d.terms[k] if k in d.terms else self.base.zeros(*d.shape) for d in items]
            return join(parts, axis)

        orders = sorted({k for d in items for k in d.terms} or {0})
        shape = at(orders[0]).shape
        terms = {k: at(k) for k in orders} if any(d.terms for d in items) else {}
        return self._settled(shape, terms, min(d.end for d in items))

    def _concat(self, items: Sequence[Terms], axis: int) -> Terms:
        return self._joined(self.base.concat, items, axis)

    def _stack(self, items: Sequence[Terms], axis: int) -> Terms:
        return self._joined(self.base.stack, items, axis)

    def _eye(self, n: int) -> Terms:
        return Terms((n, n), {0: self.base.eye(n)})

    def _full(self, shape: tuple[int, ...], n: int) -> Terms:
        return Terms(tuple(shape), {0: self.base.ones(*shape) * n} if n else {})

    # -- systems ---------------------------------------------------------------------------------
    def _solve(self, a: Terms, b: Terms) -> Terms:
        a = self._headed(a)
        l, matrix = a.low, a.terms[a.low]
        where = "where a matrix that is divided by is singular"
        self._need(self.base.regular(matrix), where, left_out=a.alone)
        rest, _, end = self._rest(a.shifted(-l))
        low, last = b.low, max(b.terms, default=0)
        end = min(b.end, end + low) if end < EXACT and low < EXACT else b.end
        x: dict[int, Value] = {}
        for k in range(low, min(end, low + self.kept) if rest else last + 1):
            terms = [-(c @ x[k - j]) for j, c in rest.items() if k - j in x]
            terms += [b.terms[k]] if k in b.terms else []
            self._append(x, k, terms, lambda s: self.base.solve(matrix, s))
        return self._settled(b.shape, x, end).shifted(-l)

    # -- analytic functions ----------------------------------------------------------------------
    def _developed(
        self, d: Terms, first: Callable[[Value], Value], step: Step, at_zero: int
    ) -> Terms:
        """f(d_0 + u) from y_0 = f(d_0); ``step(y, u, k)`` gives the terms of k y_k.

        ``at_zero`` is f(0), where d has no term of order zero.
        """
        d = self._analytic(d)
        y = dict(self._full(d.shape, at_zero).terms)
        if 0 in d.terms:
            y = {0: first(d.terms[0])}
        rest, orders, end = self._rest(d)
        for k in orders:

            def share(s: Value, k: int = k) -> Value:
                return s / k

            self._append(y, k, step(y, rest, k), share)
        return Terms(d.shape, y, end)

    @staticmethod
    def _slopes(u: Mapping[int, Value], y: Mapping[int, Value], k: int) -> list[Value]:
        """The terms of order k - 1 of u'(h) y(h)."""
        return [c * j * y[k - j] for j, c in u.items() if k - j in y]

    def _exp(self, d: Terms) -> Terms:
        return self._developed(d, self.base.exp, lambda y, u, k: self._slopes(u, y, k), 1)

    def _tanh(self, d: Terms) -> Terms:
        slope: dict[int, Value] = {}  # 1 - y²

        def step(y: dict[int, Value], u: dict[int, Value], k: int) -> list[Value]:
            squares = [-(y[i] * y[k - 1 - i]) for i in range(k) if i in y and k - 1 - i in y]
            squares += [self.base.ones(*d.shape)] if k == 1 else []
            self._append(slope, k - 1, squares, lambda s: s)
            return self._slopes(u, slope, k)

        return self._developed(d, self.base.tanh, step, 0)

    def _circular(self, d: Terms) -> tuple[Terms, Terms]:
        """Sine and cosine, each from the other."""
        d = self._analytic(d)
        cosine = dict(self._full(d.shape, 1).terms)
        if 0 in d.terms:
            cosine = {0: self.base.cos(d.terms[0])}

        def step(y: dict[int, Value], u: dict[int, Value], k: int) -> list[Value]:
            self._append(cosine, k, self._slopes(u, y, k), lambda s: -s / k)
            return self._slopes(u, cosine, k)

        sine = self._developed(d, self.base.sin, step, 0)
        return sine, Terms(d.shape, cosine, sine.end)

    def _sin(self, d: Terms) -> Terms:
        return self._circular(d)[0]

    def _cos(self, d: Terms) -> Terms:
        return self._circular(d)[1]

    def _integrated(self, d: Terms, first: Callable[[Value], Value], slope: Value) -> Terms:
        """An odd function whose derivative is a known one."""
        known = slope.data.terms
        return self._developed(d, first, lambda y, u, k: self._slopes(u, known, k), 0)

    def _arctan(self, d: Terms) -> Terms:
        x = self.wrap(self._analytic(d))
        return self._integrated(x.data, self.base.arctan, 1 / (1 + x * x))

    def _erf(self, d: Terms) -> Terms:
        x = self.wrap(self._analytic(d))
        return self._integrated(x.data, self.base.erf, self._bell(x))

    def _log(self, d: Terms) -> Terms:
        d = self.stripped(d)
        if d.low != 0:
            raise Unsupported("a logarithm of n")
        if self._mixed(d):
            return self._by_entry(self._log, d)
        c = d.terms[0]
        rest, orders, end = self._rest(d)
        self._need(d.plain or self.base.known(c).positive, "on the cut of a logarithm")
        y = {0: self.base.log(c)}
        for k in orders:
            terms = [-(y[j] * j * rest[k - j]) / k for j in y if j > 0 and k - j in rest]
            self._append(y, k, terms + ([rest[k]] if k in rest else []), lambda s: s / c)
        return Terms(d.shape, y, end)

    def power(self, a: Any, n: Any) -> Value:
        if isinstance(n, Value) and not isinstance(n, Jet):
            self._analytic(n.data)
        return super().power(a, n)

    # -- roots and piecewise functions -----------------------------------------------------------
    def _leading(self, d: Terms, f: Callable[[Value], Value], order: int) -> Terms:
        """A continuous function's leading term: all there is, of one power; else a cut."""
        if d.alone:
            return Terms(d.shape, {order: f(d.terms[d.low])})
        self.cut = True
        return Terms(d.shape, {order: f(d.terms[d.low])}, order + 1)

    def _sqrt(self, d: Terms) -> Terms:
        d = self.stripped(d)
        if not d.terms:
            return d if d.end == EXACT else Terms(d.shape, {}, (d.end + 1) // 2)
        if self._mixed(d) and not d.alone:
            return self._by_entry(self._sqrt, d)
        l, c = d.low, d.terms[d.low]
        if l % 2:
            raise Unsupported("a broken power of n")
        known = self.base.known(c)
        self._need(d.alone or known.nonneg, "on the cut of a square root")
        if d.alone or not (known.nonzero or self.bold):
            return self._leading(d, self.base.sqrt, l // 2)
        self._need(known.nonzero, "where the leading coefficient under a root vanishes")
        rest, orders, end = self._rest(d.shifted(-l))
        y = {0: self.base.sqrt(c)}
        for k in orders:
            terms = [-(y[j] * y[k - j]) for j in range(1, k) if j in y and k - j in y]
            self._append(y, k, terms + ([rest[k]] if k in rest else []), lambda s: s / (2 * y[0]))
        return Terms(d.shape, y, end).shifted(l // 2)

    def norm(self, x: Value, axis: int | None = None) -> Value:
        """The leading power is taken out first: squares would need twice as many terms."""
        if isinstance(x, Jet):
            return super().norm(x, axis)
        d = self.stripped(x.data)
        if not d.terms:
            return self.wrap(self._each(lambda c: self.base.norm2(c, axis=axis), d))
        root = self._sqrt(self.norm2(self.wrap(d.shifted(-d.low)), axis=axis).data)
        return self.wrap(root.shifted(d.low))

    def abs2(self, x: Any) -> Value:
        if isinstance(x, Jet):
            return super().abs2(x)
        d = self.stripped(x.data)
        made = self._real(self._mul(d, self._conj(d)))
        if not d.terms:
            return self.wrap(made)
        square = self.base.abs2(d.terms[d.low])  # the base sees that this one has a sign
        return self.wrap(Terms(d.shape, {**made.terms, 2 * d.low: square}, made.end))

    def _signed(
        self, d: Terms, f: Callable[[Value], Value], turned: Callable[[Value, Terms], Terms]
    ) -> Terms:
        """relu or abs; ``turned`` gives it where the leading coefficient has a sign."""
        d = self.stripped(d)
        if not d.terms:
            return d
        if self._mixed(d) and not d.alone:
            return self._by_entry(lambda e: self._signed(e, f, turned), d)
        c = d.terms[d.low]
        known = self.base.known(c)
        if known.positive and self._real_throughout(d):
            return d
        if d.alone or not self.bold:
            return self._leading(d, f, d.low)
        self._need(known.nonzero, "where a leading coefficient at a kink vanishes")
        return turned(c, d)

    def _real_throughout(self, d: Terms) -> bool:
        return all(self.base.known(c).real for c in d.terms.values())

    def _relu(self, d: Terms) -> Terms:
        return self._signed(
            d, self.base.relu, lambda c, d: self._each(lambda x: x * self.base.step(c), d)
        )

    def _abs(self, d: Terms) -> Terms:
        def turned(c: Value, d: Terms) -> Terms:
            if self._real_throughout(d):
                return self._each(lambda x: x * (c / self.base.abs(c)), d)
            return self._sqrt(self.abs2(self.wrap(d)).data)

        return self._signed(d, self.base.abs, turned)

    def _jump(self, d: Terms, f: Callable[[Value], Value]) -> Terms:
        d = self.stripped(d)
        if not d.terms:
            raise Unsupported("a derivative at a kink")
        if self._mixed(d):
            return self._by_entry(lambda e: self._jump(e, f), d)
        c = d.terms[d.low]
        known = self.base.known(c)
        if known.positive:
            return self._full(d.shape, 1)
        self._need(known.nonzero, "at a kink", left_out=d.plain)
        return Terms(d.shape, {0: f(c)})

    def _step(self, d: Terms) -> Terms:
        return self._jump(d, self.base.step)

    def _sgn(self, d: Terms) -> Terms:
        return self._jump(d, lambda c: c / self.base.abs(c))

    def _maximum(self, a: Terms, b: Terms) -> Terms:
        return self._add(b, self._relu(self._sub(a, b)))

    def _minimum(self, a: Terms, b: Terms) -> Terms:
        return self._sub(a, self._relu(self._sub(a, b)))

    def _unit(self, d: Terms, axis: int) -> Terms:
        norm = self.norm(self.wrap(d), axis=axis)
        head = self._headed(norm.data)
        where = "where a vector that is brought to unit length vanishes"
        self._need(self.base.known(head.terms[head.low]).nonzero, where)
        return self._div(d, self.expand(norm, axis).data)


def _linear(name: str) -> Callable[..., Any]:
    return lambda self, d: self._each(getattr(self.base, name), d)


def _whole(name: str) -> Callable[..., Any]:
    """What is free of n is left to the base, which knows more of its sign."""
    composed: Callable[..., Terms] = getattr(Series, f"_{name}")

    def operation(self: Series, *operands: Any) -> Terms:
        at = [d for d in operands if isinstance(d, Terms)]
        if not all(d.plain for d in at):
            return composed(self, *operands)
        values = [d.terms.get(0, self.base.zeros(*d.shape)) for d in at]
        value = getattr(self.base, name)(*values, *operands[len(at) :])
        return Terms(value.shape, {0: value})

    return operation


for _name in ("neg", "transpose", "diagonal", "conj", "real", "imag"):
    setattr(Series, f"_{_name}", _linear(_name))
for _name in (
    *("logistic", "softplus", "softmax", "logsumexp", "unit", "maximum", "minimum"),
    *("sinh", "cosh"),
):
    setattr(Series, f"_{_name}", _whole(_name))
