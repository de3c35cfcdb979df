"""The protocol ``xp``: what a claim's body may do, in every arithmetic.

A subclass supplies the operations on its own data (names with a leading underscore).  This class
adds what does not depend on the number system: the lifting of integers, the rules for jets, and
the functions that are compositions of others.  Whatever a subclass leaves out raises
:class:`Unsupported`, the only exception that means "this method does not apply".
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fieldcheck.arithmetic.array import (
    Array,
    Jet,
    Ramp,
    Unsupported,
    Value,
    newest,
    parts,
    plus,
    pull_star,
    push,
    ramp_squared,
    same_shape,
)
from fieldcheck.arithmetic.compositions import Compositions

_SYMBOLS = {"_add": "+", "_sub": "-", "_mul": "*", "_div": "/", "_matmul": "@"}


def misfit(op: str, a: tuple[int, ...], b: tuple[int, ...]) -> str:
    """Why an operation cannot take operands of these shapes; empty if it can."""
    left, right = (" x ".join(map(str, shape)) or "a number" for shape in (a, b))
    symbol = _SYMBOLS.get(op, op.strip("_"))
    said = f"a {symbol} b with a: {left}, b: {right}: "
    if op == "_matmul":
        if not a or not b:
            return f"{said}a product of matrices needs two matrices or vectors; write a * b"
        if a[-1] == b[-2:][0]:
            return ""
        hint = " (b.T would fit)" if len(b) == 2 and a[-1] == b[1] else ""
        return f"{said}the inner lengths {a[-1]} and {b[-2:][0]} differ{hint}"
    apart = [(m, n) for m, n in zip(a[::-1], b[::-1], strict=False) if m != n and 1 not in (m, n)]
    if not apart:
        return ""
    hint = " (it acts entry by entry, as ** does; the matrix product is a @ b)"
    return f"{said}the lengths {apart[0][0]} and {apart[0][1]} differ{hint}"


def _square(a: Value, name: str) -> Value:
    """A square matrix; anything else is a slip."""
    shape = a.shape
    if len(shape) != 2 or not same_shape(shape[:1], shape[1:]):
        raise ValueError(f"xp.{name} needs a square matrix, not an array of shape {shape}")
    return a


class NoPrimitive(AttributeError):
    """A name that is no primitive.  Often asked for in vain: the text is made when it is read."""

    def __str__(self) -> str:
        attribute = self.args[0]
        known = [name for name in dir(Arithmetic) if not name.startswith("_")]
        near = difflib.get_close_matches(attribute, known, 1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        return (
            f"xp has no {attribute!r}{meant}: a body may use only the primitives of "
            "fieldcheck.arithmetic.base.Arithmetic"
        )


class Primitives:
    """What a body is handed: the primitives of some arithmetic, and no way to tell of which."""

    __slots__ = ("__of",)

    def __init__(self, of: Arithmetic) -> None:
        self.__of = of

    def __getattr__(self, primitive: str) -> Any:
        if primitive.startswith("_") or primitive == "kind":
            raise AttributeError(f"xp has no {primitive!r}: a body may use only the primitives")
        return getattr(self.__of, primitive)

    def __repr__(self) -> str:
        return "xp"


class Arithmetic(Compositions):
    """One number system behind the primitives a body may use."""

    kind = "abstract"

    # -- what a subclass supplies -------------------------------------------------------------
    def shape_of(self, data: Any) -> tuple[int, ...]:
        raise NotImplementedError

    def _integer(self, n: int) -> Any:
        raise NotImplementedError

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_") and not attribute.startswith("__"):
            raise Unsupported(attribute[1:])
        raise NoPrimitive(attribute)

    if TYPE_CHECKING:  # where there are such sums

        def _sum_to_infinity(self, first: Value, ratio: Callable[[Value], Value]) -> Value: ...

    # -- lifting -------------------------------------------------------------------------------
    def wrap(self, data: Any) -> Array:
        return Array(self, data)

    def lift(self, value: Any) -> Value:
        """An operand as a value: values pass, Python integers are embedded, the rest is refused."""
        if isinstance(value, Value):
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(
                f"{type(value).__name__} {value!r} in a body: only integers are exact in every "
                "arithmetic (write xp.one / 2 for a half)"
            )
        return Array(self, self._integer(value))

    def may_be_real(self, x: Value) -> bool:
        """False where an array is seen to be complex.  For relations, not for bodies."""
        return self._real_only(x.data)

    def _real_only(self, data: Any) -> bool:
        return True

    @property
    def one(self) -> Value:
        return self.lift(1)

    @property
    def i(self) -> Value:
        """The imaginary unit."""
        return Array(self, self._imaginary_unit())

    @property
    def pi(self) -> Value:
        return Array(self, self._pi())

    # -- rules for jets ------------------------------------------------------------------------
    def _jet(self, tag: int, v: Value, t: Any, again: Callable[..., Value], *operands: Any) -> Jet:
        """A result; ``again`` redoes the operation, for the mirror of a Wirtinger jet.

        Every operation here commutes with conjugation: f(conj z) = conj f(z).
        """
        if any(isinstance(o, Jet) and o.mirror is not None for o in operands):
            return Jet(tag, v, t, lambda: again(*(self.conj(o) for o in operands)))
        return Jet(tag, v, t)

    def _linear(self, op: Callable[[Any], Any], x: Value) -> Value:
        """A real-linear map acts on value and derivative alike."""
        if isinstance(x, Jet):
            t = None if x.t is None else self._linear(op, x.t)
            return self._jet(x.tag, self._linear(op, x.v), t, lambda y: self._linear(op, y), x)
        return Array(self, op(x.data))

    def _smooth(
        self, x: Any, op: Callable[[Any], Any], rule: Callable[[Value, Value], Value]
    ) -> Value:
        """An elementwise function; ``rule(v, y)`` is its derivative, given argument and value."""
        x = self.lift(x)
        if isinstance(x, Jet):
            y = self._smooth(x.v, op, rule)
            t = None if x.t is None else rule(x.v, y) * x.t
            return self._jet(x.tag, y, t, lambda z: self._smooth(z, op, rule), x)
        return Array(self, op(x.data))

    def _sum_like(self, op: Callable[[Any, Any], Any], a: Any, b: Any, sign: int) -> Value:
        if type(a) is Array and type(b) is Array:  # the usual case, first
            return self._applied(op, a, b)
        a, b = self.lift(a), self.lift(b)
        tag = newest(a, b)
        if tag:
            (av, at), (bv, bt) = parts(a, tag), parts(b, tag)
            v = self._sum_like(op, av, bv, sign)
            t = plus(at, bt if sign > 0 or bt is None else -bt)
            if t is not None and not same_shape(t.shape, v.shape):  # one side was broadcast
                t = t + v * 0
            return self._jet(tag, v, t, lambda p, q: self._sum_like(op, p, q, sign), a, b)
        return self._applied(op, a, b)

    def _applied(self, op: Callable[[Any, Any], Any], a: Value, b: Value) -> Array:
        try:
            return Array(self, op(a.data, b.data))
        except (ValueError, RuntimeError) as error:
            wrong = misfit(op.__name__, a.shape, b.shape)
            if wrong:
                raise ValueError(wrong) from error
            raise

    def _product(self, op: Callable[[Any, Any], Any], a: Any, b: Any) -> Value:
        if type(a) is Array and type(b) is Array:
            return self._applied(op, a, b)
        a, b = self.lift(a), self.lift(b)
        tag = newest(a, b)
        if tag:
            (av, at), (bv, bt) = parts(a, tag), parts(b, tag)
            left = None if at is None else self._product(op, at, bv)
            right = None if bt is None else self._product(op, av, bt)
            v = self._product(op, av, bv)
            return self._jet(tag, v, plus(left, right), lambda p, q: self._product(op, p, q), a, b)
        return self._applied(op, a, b)

    # -- arithmetic ----------------------------------------------------------------------------
    def add(self, a: Any, b: Any) -> Value:
        return self._sum_like(self._add, a, b, 1)

    def sub(self, a: Any, b: Any) -> Value:
        return self._sum_like(self._sub, a, b, -1)

    def mul(self, a: Any, b: Any) -> Value:
        if (r := ramp_squared(a, b)) is not None:
            return self._ramp_power(r, 2)
        return self._product(self._mul, a, b)

    def matmul(self, a: Any, b: Any) -> Value:
        return self._product(self._matmul, a, b)

    def neg(self, a: Value) -> Value:
        return self._linear(self._neg, a)

    def div(self, a: Any, b: Any) -> Value:
        a, b = self.lift(a), self.lift(b)
        tag = newest(a, b)
        if not tag:
            return self._applied(self._div, a, b)
        (av, at), (bv, bt) = parts(a, tag), parts(b, tag)
        q = self.div(av, bv)
        top = plus(at, None if bt is None else -(q * bt))
        return self._jet(tag, q, None if top is None else self.div(top, bv), self.div, a, b)

    def power(self, a: Any, n: Any) -> Value:
        """``a**n`` for an integer n by products; for a value n (a > 0 real) by exp(n log a).

        Entry by entry, of a matrix too: the matrix product is ``A @ A``.
        """
        if isinstance(n, Value):
            return self.exp(n * self.log(a))
        x = self.lift(a)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(
                f"exponent {n!r} must be an integer or a value (and acts entry by entry)"
            )
        if n < 0:
            return self.one / self.power(x, -n)
        if isinstance(x, Ramp) and n > 1:
            return self._ramp_power(x, n)
        result: Value | None = None
        square = x
        while n:
            if n & 1:
                result = square if result is None else result * square
            n >>= 1
            if n:
                square = square * square
        return x * 0 + 1 if result is None else result

    def _ramp_power(self, r: Ramp, n: int) -> Jet:
        t = None if r.of.t is None else n * self.power(r.v, n - 1) * r.of.t
        return self._jet(r.tag, self.power(r.v, n), t, lambda y: self.power(y, n), r)

    # -- shape ---------------------------------------------------------------------------------
    def getitem(self, x: Value, index: Any) -> Value:
        return self._linear(lambda d: self._getitem(d, index), x)

    def transpose(self, x: Value) -> Value:
        return x if x.ndim < 2 else self._linear(self._transpose, x)

    def reshape(self, x: Value, shape: Sequence[int]) -> Value:
        return self._linear(lambda d: self._reshape(d, tuple(shape)), x)

    def flatten(self, x: Value) -> Value:
        size = 1
        for n in x.shape:
            size *= n
        return self.reshape(x, (size,))

    def sum(self, x: Value, axis: int | None = None) -> Value:
        """Sum over all entries, or over one axis."""
        if axis is None:
            return self.sum(self.flatten(x), axis=0) if x.ndim else x
        axis = axis if axis < 0 else axis - x.ndim
        return self._linear(lambda d: self._sum(d, axis), x)

    def trace(self, x: Value) -> Value:
        return self.sum(self.diagonal(x), axis=0)

    def diagonal(self, x: Value) -> Value:
        return self._linear(self._diagonal, x)

    def diag(self, x: Value) -> Value:
        """The diagonal matrix of a vector."""
        return x[:, None] * self.eye(x.shape[0])

    def expand(self, x: Value, axis: int) -> Value:
        """A new axis of length one."""
        index: list[Any] = [slice(None)] * (x.ndim + 1)
        index[axis] = None
        return x[tuple(index)]

    def concat(self, values: Sequence[Any], axis: int = 0) -> Value:
        return self._join(self._concat, values, axis)

    def stack(self, values: Sequence[Any], axis: int = 0) -> Value:
        return self._join(self._stack, values, axis)

    def _join(self, op: Callable[[list[Any], int], Any], values: Sequence[Any], axis: int) -> Value:
        values = [self.lift(v) for v in values]
        if not values:
            raise ValueError("nothing to join")
        tag = newest(*values)
        if tag:
            pairs = [parts(v, tag) for v in values]
            tangents = [v * 0 if t is None else t for v, t in pairs]
            value = self._join(op, [v for v, _ in pairs], axis)
            t = self._join(op, tangents, axis)
            return self._jet(tag, value, t, lambda *vs: self._join(op, vs, axis), *values)
        try:
            return Array(self, op([v.data for v in values], axis))
        except (ValueError, RuntimeError) as error:
            shapes = ", ".join(" x ".join(map(str, v.shape)) or "a number" for v in values)
            raise ValueError(f"values of shapes {shapes} cannot be joined: {error}") from error

    def eye(self, n: int) -> Value:
        return Array(self, self._eye(n))

    def zeros(self, *shape: int) -> Value:
        return Array(self, self._full(shape, 0))

    def ones(self, *shape: int) -> Value:
        return Array(self, self._full(shape, 1))

    def constant(self, table: int | Sequence[Any]) -> Value:
        """An array of integer constants from nested lists."""
        if isinstance(table, (list, tuple)):
            return self.stack([self.constant(row) for row in table])
        return self.lift(table)

    # -- linear algebra ------------------------------------------------------------------------
    def star(self, x: Value) -> Value:
        """Conjugate transpose; of a vector or number, the conjugate."""
        return self.conj(self.transpose(x))

    def conj(self, x: Any) -> Value:
        x = self.lift(x)
        if isinstance(x, Jet):
            if x.mirror is not None:
                return x.mirror()
            if isinstance(x, Ramp):
                return x
            return Jet(x.tag, self.conj(x.v), None if x.t is None else self.conj(x.t))
        return Array(self, self._conj(x.data))

    def real(self, x: Any) -> Value:
        return self._half(self._real, self.real, x, 1)

    def imag(self, x: Any) -> Value:
        return self._half(self._imag, self.imag, x, -1)

    def _half(
        self, op: Callable[[Any], Any], again: Callable[[Value], Value], x: Any, sign: int
    ) -> Value:
        """Real (sign 1) or imaginary part (sign -1): half of x and its conjugate."""
        x = self.lift(x)
        if not isinstance(x, Jet):
            return Array(self, op(x.data))
        if isinstance(x, Ramp) and x.mirror is None and sign > 0:
            return x
        v = again(x.v)
        if x.mirror is None:
            return Jet(x.tag, v, None if x.t is None else again(x.t))
        _, s = parts(x.mirror(), x.tag)
        t = plus(x.t, s if sign > 0 or s is None else -s)
        scale = self.lift(2) if sign > 0 else 2 * self.i
        part = Jet(x.tag, v, None if t is None else t / scale, lambda: part)
        return part

    def kron(self, a: Value, b: Value) -> Value:
        product = a[:, None, :, None] * b[None, :, None, :]
        (m, n), (p, q) = a.shape, b.shape
        return self.reshape(product, (m * p, n * q))

    def solve(self, a: Any, b: Any) -> Value:
        """The solution Y of A Y = B; the derivative is solve(A, B' - A' Y)."""
        a, b = self.lift(a), self.lift(b)
        tag = newest(a, b)
        if not tag:
            if b.ndim == 1:
                return self.solve(a, b[:, None])[:, 0]
            return Array(self, self._solve(a.data, b.data))
        (av, at), (bv, bt) = parts(a, tag), parts(b, tag)
        y = self.solve(av, bv)
        right = plus(bt, None if at is None else -(at @ y))
        return self._jet(tag, y, None if right is None else self.solve(av, right), self.solve, a, b)

    def inv(self, a: Value) -> Value:
        return self.solve(a, self.eye(a.shape[0]))

    def _eliminated(self, a: Value) -> Value | None:
        """The determinant by elimination, or None where the arithmetic has none.  Its derivative is
        the sum of those with one row replaced by its derivative."""
        if not hasattr(type(self), "_det"):
            return None
        if not isinstance(a, Jet):
            return Array(self, self._det(a.data))
        total, n = None, a.shape[0]
        for k in range(n if a.t is not None else 0):
            swapped = self.concat([a.v[:k], a.t[k : k + 1], a.v[k + 1 :]])  # type: ignore[index]
            total = plus(total, self.det(swapped))
        return self._jet(a.tag, self.det(a.v), total, self.det, a)

    def eigvalsh(self, a: Value) -> Value:
        """The eigenvalues, in ascending order, of the Hermitian part (A + A*)/2 of a square matrix:
        of a Hermitian one its own.  They have no derivative here."""
        return self._spectral(self._eigvalsh, _square(a, "eigvalsh"))

    def svdvals(self, a: Value) -> Value:
        """The singular values of a matrix, in descending order."""
        return self._spectral(self._svdvals, a)

    def spectral_norm(self, a: Value) -> Value:
        """The largest singular value of a matrix."""
        return self.svdvals(a)[0]

    def expm(self, a: Value) -> Value:
        """The exponential of a square matrix; its derivative along H is the upper right block of
        the exponential of [[A, H], [0, A]]."""
        if not isinstance(a, Jet):
            return Array(self, self._expm(_square(a, "expm").data))
        t = None
        if a.t is not None:
            n = a.shape[0]
            rows = [self.concat([a.v, a.t], axis=1), self.concat([a.v * 0, a.v], axis=1)]
            t = self.expm(self.concat(rows))[:n, n:]
        return self._jet(a.tag, self.expm(a.v), t, self.expm, a)

    def logm(self, a: Value) -> Value:
        """The logarithm of the Hermitian part of a square matrix, where that is positive definite;
        elsewhere it has no value."""
        return self._spectral(self._logm, _square(a, "logm"))

    def _spectral(self, op: Callable[[Any], Any], a: Value) -> Value:
        if isinstance(a, Jet):
            raise Unsupported("a derivative of eigenvalues, or of a matrix logarithm")
        return Array(self, op(a.data))

    def dot(self, a: Value, b: Value) -> Value:
        """Sum of conj(a) b over all entries."""
        return self.sum(self.conj(a) * b)

    def abs2(self, x: Value) -> Value:
        """Squared modulus, entry by entry, as a real value."""
        return self.real(x * self.conj(x))

    def norm2(self, x: Value, axis: int | None = None) -> Value:
        return self.sum(self.abs2(x), axis=axis)

    def sum_to_infinity(self, first: Any, ratio: Callable[[Value], Any]) -> Value:
        """The sum of t_1, t_2, ... with t_1 = first and t_{k+1} = t_k ratio(1/k), entry by entry.

        ``ratio`` is a function of h = 1/k, so that one look at h in [0, 1/K] bounds it for every k
        from K on: with |ratio| <= q < 1 there, what is left after K terms is at most
        |t_{K+1}| / (1 - q).  Nobody states that bound: it is made, and where there is none (the
        ratio tends to 1, or is larger) the sum has no value.  It has no derivative here.
        """
        if isinstance(first := self.lift(first), Jet):
            raise Unsupported("a derivative of a sum to infinity")

        def step(h: Value) -> Value:
            if isinstance(r := self.lift(ratio(h)), Jet):
                raise Unsupported("a derivative of a sum to infinity")
            return r

        return self._sum_to_infinity(first + 0 * step(self.one), step)

    # -- analytic functions ----------------------------------------------------------------------
    def exp(self, x: Any) -> Value:
        return self._smooth(x, self._exp, lambda v, y: y)

    def log(self, x: Any) -> Value:
        return self._smooth(x, self._log, lambda v, y: self.one / v)

    def sqrt(self, x: Any) -> Value:
        return self._smooth(x, self._sqrt, lambda v, y: self.one / (2 * y))

    def sin(self, x: Any) -> Value:
        return self._smooth(x, self._sin, lambda v, y: self.cos(v))

    def cos(self, x: Any) -> Value:
        return self._smooth(x, self._cos, lambda v, y: -self.sin(v))

    def tanh(self, x: Any) -> Value:
        return self._smooth(x, self._tanh, lambda v, y: 1 - y * y)

    def sinh(self, x: Any) -> Value:
        return self._smooth(x, self._sinh, lambda v, y: self.cosh(v))

    def cosh(self, x: Any) -> Value:
        return self._smooth(x, self._cosh, lambda v, y: self.sinh(v))

    def arctan(self, x: Any) -> Value:
        """Of a real value; so there is no cut."""
        return self._smooth(x, self._arctan, lambda v, y: self.one / (1 + v * v))

    def erf(self, x: Any) -> Value:
        """2/√π times the integral of exp(-t²) from 0 to a real x."""
        return self._smooth(x, self._erf, lambda v, y: self._bell(v))

    def _bell(self, x: Any) -> Value:
        """The derivative of erf."""
        return 2 * self.exp(-(x * x)) / self.sqrt(self.pi)

    def _sinh(self, d: Any) -> Any:
        x = Array(self, d)
        return ((self.exp(x) - self.exp(-x)) / 2).data

    def _cosh(self, d: Any) -> Any:
        x = Array(self, d)
        return ((self.exp(x) + self.exp(-x)) / 2).data

    def logistic(self, x: Any) -> Value:
        """1 / (1 + exp(-x))."""
        return self._smooth(x, self._logistic, lambda v, y: y * (1 - y))

    def softplus(self, x: Any) -> Value:
        """log(1 + exp(x))."""
        return self._smooth(x, self._softplus, lambda v, y: self.logistic(v))

    def _logistic(self, d: Any) -> Any:
        x = Array(self, d)
        return (self.one / (1 + self.exp(-x))).data

    def _softplus(self, d: Any) -> Any:
        return self.log(1 + self.exp(Array(self, d))).data

    def logsumexp(self, x: Value, axis: int = -1) -> Value:
        """log of the sum of exponentials along an axis (complex entries: principal log)."""
        if isinstance(x, Jet):
            value, t = self.logsumexp(x.v, axis), None
            if x.t is not None:
                t = self.sum(self.softmax(x.v, axis) * x.t, axis=axis)
            return self._jet(x.tag, value, t, lambda y: self.logsumexp(y, axis), x)
        return Array(self, self._logsumexp(x.data, axis))

    def _logsumexp(self, d: Any, axis: int) -> Any:
        return self.log(self.sum(self.exp(Array(self, d)), axis=axis)).data

    def softmax(self, x: Value, axis: int = -1) -> Value:
        """exp(x) divided by its sum along an axis."""
        if isinstance(x, Jet):
            p, t = self.softmax(x.v, axis), None
            if x.t is not None:
                t = p * (x.t - self.expand(self.sum(p * x.t, axis=axis), axis))
            return self._jet(x.tag, p, t, lambda y: self.softmax(y, axis), x)
        return Array(self, self._softmax(x.data, axis))

    def _softmax(self, d: Any, axis: int) -> Any:
        e = self.exp(Array(self, d))
        return (e / self.expand(self.sum(e, axis=axis), axis)).data

    def relative_entropy(self, p: Any, q: Any, p_total: Any = 1, q_total: Any = 1) -> Value:
        """a log(a/b) - a + b, entry by entry, for a = p/p_total and b = q/q_total (all positive).

        The Bregman divergence of x log x, hence nonnegative, and zero only where a = b: the one
        inequality behind the entropy, log u <= u - 1.  Summed over two probability vectors it is
        the Kullback-Leibler divergence.  Weights and totals come apart so that their logarithms do.
        """
        a, b = self.div(p, p_total), self.div(q, q_total)
        log_ratio = self.log(p) - self.log(p_total) - self.log(q) + self.log(q_total)
        return a * log_ratio - a + b

    # -- norms and continuous piecewise functions -------------------------------------------------
    def norm(self, x: Value, axis: int | None = None) -> Value:
        """Euclidean norm over all entries or along an axis."""
        return self.sqrt(self.norm2(x, axis=axis))

    def unit(self, x: Value, axis: int = -1) -> Value:
        """x / ‖x‖ along an axis, and 0 at 0 (total, so a body need not branch)."""
        if not x.ndim:
            raise TypeError("xp.unit needs an axis; of a number, x / xp.abs(x) is its sign")
        axis = axis if axis < 0 else axis - x.ndim
        if isinstance(x, Jet):
            if x.mirror is not None:
                return x / self.expand(self.norm(x, axis=axis), axis)
            u = self.unit(x.v, axis)
            if x.t is None:
                return Jet(x.tag, u, None)
            along = self.expand(self.sum(self.real(self.conj(u) * x.t), axis=axis), axis)
            n = self.expand(self.norm(x.v, axis=axis), axis)
            return Jet(x.tag, u, (x.t - u * along) / n)
        return Array(self, self._unit(x.data, axis))

    def _unit(self, d: Any, axis: int) -> Any:
        x = Array(self, d)
        return (x / self.expand(self.norm(x, axis=axis), axis)).data

    def step(self, x: Any) -> Value:
        """The derivative of relu: 0 left of zero, 1 right of it.  At zero there is none: such
        points are left out of a statement, and its scope says so (a ball says [0, 1])."""
        x = self.lift(x)
        while isinstance(x, Jet):
            x = x.v
        return Array(self, self._step(x.data))

    def relu(self, x: Any) -> Value:
        x = self.lift(x)
        if not isinstance(x, Jet):
            return Array(self, self._relu(x.data))
        mirror = None if x.mirror is None else lambda: self.relu(self.conj(x))
        return Ramp(x, self.relu(x.v), mirror)

    def abs(self, x: Any) -> Value:
        """Absolute value of a real, modulus of a complex value (not differentiable at 0)."""
        x = self.lift(x)
        if isinstance(x, Jet):
            if x.mirror is not None:
                return self.sqrt(self.abs2(x))
            y = self.abs(x.v)
            if x.t is None:
                return Jet(x.tag, y, None)
            sign = x.v / y if isinstance(x.v, Jet) else Array(self, self._sgn(x.v.data))
            return Jet(x.tag, y, self.real(self.conj(sign) * x.t))
        return Array(self, self._abs(x.data))

    def maximum(self, a: Any, b: Any) -> Value:
        x, y = self.lift(a), self.lift(b)
        if newest(x, y):
            return y + self.relu(x - y)
        return Array(self, self._maximum(x.data, y.data))

    def minimum(self, a: Any, b: Any) -> Value:
        x, y = self.lift(a), self.lift(b)
        if newest(x, y):
            return x - self.relu(x - y)
        return Array(self, self._minimum(x.data, y.data))

    def clip(self, x: Any, low: Any, high: Any) -> Value:
        return self.minimum(self.maximum(x, low), high)

    # -- derivatives -------------------------------------------------------------------------------
    def push(self, f: Callable[[Any], Any], x: Value, h: Value) -> Value:
        """Directional derivative of f at x along h (real-linear in h)."""
        return push(f, x, h)

    def pull_star(self, f: Callable[[Any], Any], x: Value, h: Value) -> Value:
        """Tr(H* ∂f/∂X*) for a scalar f: the part of the derivative that is antilinear in H.

        X and X* count as independent (Wirtinger).
        """
        return pull_star(f, x, h)

    def wirtinger(self, f: Callable[[Any], Any], x: Value) -> Value:
        """∂f/∂X* of a scalar f, laid out like X (so df = Tr(dX* ∂f/∂X*) + the dX part)."""
        return self._basis(lambda h: self.pull_star(f, x, h), x)

    def gradient(self, f: Callable[[Any], Any], x: Value) -> Value:
        """The Euclidean gradient of a scalar f of a real array, laid out like x."""
        return self._basis(lambda h: push(f, x, h), x)

    def jacobian(self, f: Callable[[Any], Any], x: Value) -> Value:
        """The matrix of d f / d x for real x: rows are entries of f, columns entries of x."""
        columns = [self.flatten(push(f, x, h)) for h in self.basis(x.shape)]
        return self.stack(columns, axis=1)

    def basis(self, shape: Sequence[int]) -> list[Value]:
        """The standard basis of arrays of a shape, as values."""
        size = 1
        for n in shape:
            size *= n
        rows = self.eye(size)
        return [self.reshape(rows[k], shape) for k in range(size)]

    def _basis(self, derivative: Callable[[Value], Value], x: Value) -> Value:
        if not x.ndim:
            return derivative(self.one)
        return self.reshape(self.stack([derivative(e) for e in self.basis(x.shape)]), x.shape)

    def scale_or_one(self, x: Value) -> Value:
        """x where it is not exactly zero, 1 there: the scale of a planted relative fault."""
        return Array(self, self._scale_or_one(x.data))
