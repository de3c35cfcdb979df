"""An arithmetic whose values know their signs: residues, nodes or index counts, and what is known.

Some rules have exceptions: the logarithm of a real number is real if that is positive, a unit
vector has length one unless it is zero.  A residue does not know which it is.  Here every value is
a pair (the arithmetic's own, :class:`Known`), and a rule is used only where it holds; where it is
used and nothing excludes the exception, that is noted in ``exceptions``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fieldcheck.arithmetic.array import Array, Jet, Unsupported, Value
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.sign import Exceptional, Known, Sign

Pair = tuple[Any, Known]


class Informed(Arithmetic):
    """``first`` with known signs.

    drawn:      which calls of a division draw a symbol instead (see ``Prime.reciprocal``)
    exceptions: where a rule was used that has exceptions
    calls:      divisions made so far
    rules:      of each function whose rules depend on a sign: was the better one used?
    sizes:      lengths by name, where ``first`` has names for lengths
    """

    _relu: Callable[..., Any]  # made below, like all that runs both
    _step: Callable[..., Any]
    _maximum: Callable[..., Any]
    _minimum: Callable[..., Any]

    def __init__(
        self,
        first: Any,
        drawn: frozenset[int] = frozenset(),
        sizes: dict[str, int] | None = None,
    ) -> None:
        self.first, self.signs, self.drawn = first, Sign(), drawn
        self.sizes = sizes or {}
        self.calls = 0
        self.rules: list[bool] = []
        self.learns = getattr(first, "learn", None)
        first.outer = self

    @property
    def kind(self) -> str:  # type: ignore[override]
        kind: str = self.first.kind
        return kind

    @property
    def exceptions(self) -> list[Exceptional]:
        return self.signs.exceptions

    def shape_of(self, data: Pair) -> tuple[Any, ...]:
        shape: tuple[Any, ...] = self.first.shape_of(data[0])
        return shape

    def informed(self, data: Any, known: Known) -> Value:
        """A value of the first arithmetic, with what is known of it."""
        return self.wrap((data, known))

    def lift(self, value: Any) -> Value:
        if isinstance(value, (Value, int)):
            return super().lift(value)
        # A size is at least one; less some places, it may be anything.
        apart = sum(a[1] + a[2] for a in value.atoms if not isinstance(a, int))
        known = Known((), True, nonneg=apart <= 1, nonzero=apart <= 0)
        return self.wrap((self.first.lift(value).data, known))

    def _length(self, n: Any) -> int:
        if isinstance(n, int):
            return n
        atoms = (a if isinstance(a, int) else self.sizes[a[0]] - a[1] - a[2] for a in n.atoms)
        return math.prod(atoms)

    def _integer(self, n: int) -> Pair:
        return self.first._integer(n), self.signs._integer(n)

    def _imaginary_unit(self) -> Pair:
        return self.first._imaginary_unit(), self.signs._imaginary_unit()

    def _pi(self) -> Pair:
        return self.first._pi(), self.signs._pi()

    def _eye(self, n: Any) -> Pair:
        return self.first._eye(n), self.signs._eye(self._length(n))

    def _full(self, shape: Any, n: int) -> Pair:
        lengths = tuple(self._length(m) for m in shape)
        return self.first._full(tuple(shape), n), self.signs._full(lengths, n)

    def _reshape(self, d: Pair, shape: Any) -> Pair:
        lengths = tuple(self._length(n) for n in shape)
        return self.first._reshape(d[0], tuple(shape)), self.signs._reshape(d[1], lengths)

    def _concat(self, items: Any, axis: int) -> Pair:
        firsts, seconds = zip(*items, strict=True)
        return self.first._concat(list(firsts), axis), self.signs._concat(list(seconds), axis)

    def _stack(self, items: Any, axis: int) -> Pair:
        firsts, seconds = zip(*items, strict=True)
        return self.first._stack(list(firsts), axis), self.signs._stack(list(seconds), axis)

    def _learnt(self, pair: Pair) -> Pair:
        if self.learns is not None and pair[1].nonneg:
            self.learns(pair[0])
        return pair

    # -- where a rule has exceptions -------------------------------------------------------------
    def _div(self, a: Pair, b: Pair) -> Pair:
        self.calls += 1
        if self.calls in self.drawn:
            first = self.first.divided_by_symbol(a[0], b[0])
        else:
            first = self.first._div(a[0], b[0])
        note = getattr(self.first, "note_divisor", None)
        if note is not None:
            note(b[0], b[1].nonzero)
        return self._learnt((first, self.signs._div(a[1], b[1])))

    def _log(self, d: Pair) -> Pair:
        self.rules.append(d[1].positive)
        log = self.first._log if d[1].positive else self.first._log_apart
        return log(d[0]), self.signs._log(d[1])

    def _sqrt(self, d: Pair) -> Pair:
        self.rules.append(d[1].nonneg)
        sqrt = self.first._sqrt if d[1].nonneg else self.first._sqrt_apart
        return self._learnt((sqrt(d[0]), self.signs._sqrt(d[1])))

    def _unit(self, d: Pair, axis: int) -> Pair:
        known = self.signs._unit(d[1], axis)
        self.rules.append(d[1].nonzero)
        note = getattr(self.first, "note_unit", None)
        if note is not None and not d[1].nonzero:
            note(d[0], axis)
        if "_unit" in vars(type(self.first)):
            return self.first._unit(d[0], axis), known
        return super()._unit(d, axis)[0], known

    # -- compositions, of which the sign is known ------------------------------------------------
    def _softplus(self, d: Pair) -> Pair:
        return super()._softplus(d)[0], self.signs._softplus(d[1])

    def _logistic(self, d: Pair) -> Pair:
        return super()._logistic(d)[0], self.signs._logistic(d[1])

    def _sinh(self, d: Pair) -> Pair:
        return super()._sinh(d)[0], self.signs._sinh(d[1])

    def _cosh(self, d: Pair) -> Pair:
        return self._learnt((super()._cosh(d)[0], self.signs._cosh(d[1])))

    def _eliminated(self, a: Value) -> Value | None:
        return super()._eliminated(a) if hasattr(type(self.first), "_det") else None

    def power(self, a: Any, n: Any) -> Value:
        if isinstance(n, Array) and getattr(n.data[0], "idle", False):
            raise Unsupported("a power whose exponent holds a size")
        return super().power(a, n)

    def mul(self, a: Any, b: Any) -> Value:
        product = super().mul(a, b)
        if a is b and isinstance(a, Array) and a.data[1].real:
            return self._squared(product, a.data[1].nonzero)
        return product

    def abs2(self, x: Value) -> Value:
        core, y = x, super().abs2(x)
        while isinstance(core, Jet):
            core = core.v
        return self._squared(y, core.data[1].nonzero)

    def _squared(self, y: Value, nonzero: bool) -> Value:
        """Note that a value is a square, in place."""
        core = y
        while isinstance(core, Jet):
            core = core.v
        data, known = core.data
        note = getattr(self.first, "note_square", None)
        if note is not None:
            note(data)
        core.data = self._learnt(
            (data, replace(known, real=True, nonneg=True, nonpos=False, nonzero=nonzero))
        )
        return y

    # -- derivatives along a basis, where lengths have names -------------------------------------
    def _basis(self, derivative: Callable[[Value], Value], x: Value) -> Value:
        if not hasattr(self.first, "everywhere") or not x.ndim:
            return super()._basis(derivative, x)
        return self._coefficients(derivative, x)

    def jacobian(self, f: Callable[[Any], Any], x: Value) -> Value:
        if not hasattr(self.first, "everywhere"):
            return super().jacobian(f, x)
        y = self._coefficients(lambda h: self.push(f, x, h), x)
        rows, columns = y.shape[: y.ndim - x.ndim], y.shape[y.ndim - x.ndim :]
        return self.reshape(y, (math.prod(rows), math.prod(columns)))

    def _coefficients(self, derivative: Callable[[Value], Value], x: Value) -> Value:
        while isinstance(x, Jet):
            x = x.v
        shape = x.data[1].shape
        y = derivative(self.informed(self.first.direction(x.data[0]), Known(shape, real=True)))
        if isinstance(y, Jet):
            raise Unsupported("partial derivatives inside a derivative")
        first, known = y.data
        shape = known.shape + shape
        return self.informed(
            self.first.everywhere(first, x.data[0]), Known(shape, known.real, smooth=known.smooth)
        )

    def relative_entropy(self, p: Any, q: Any, p_total: Any = 1, q_total: Any = 1) -> Value:
        y = super().relative_entropy(p, q, p_total, q_total)
        values = [self.lift(v) for v in (p, q, p_total, q_total)]
        if any(isinstance(v, Jet) for v in values):
            return y
        known = self.signs.relative_entropy(*(self.signs.wrap(v.data[1]) for v in values)).data
        return self.wrap((y.data[0], known))

    def _scale_or_one(self, d: Pair) -> Pair:
        return self.first._scale_or_one(d[0]), self.signs._scale_or_one(d[1])


def _both(name: str) -> Any:
    """A primitive that acts on either half by itself."""

    def primitive(self: Informed, *args: Any) -> Pair:
        pairs = [
            a for a in args if isinstance(a, tuple) and len(a) == 2 and isinstance(a[1], Known)
        ]
        rest = args[len(pairs) :]
        first = getattr(self.first, name)(*(a[0] for a in pairs), *rest)
        known = getattr(self.signs, name)(*(a[1] for a in pairs), *rest)
        return self._learnt((first, known))

    return primitive


for _name in (
    *("_add", "_sub", "_mul", "_neg", "_matmul", "_getitem", "_transpose", "_sum", "_diagonal"),
    *("_conj", "_real", "_imag", "_solve", "_exp", "_sin", "_cos", "_tanh", "_relu", "_step"),
    *("_abs", "_sgn", "_maximum", "_minimum", "_permute", "_arctan", "_erf", "_det"),
):
    setattr(Informed, _name, _both(_name))
