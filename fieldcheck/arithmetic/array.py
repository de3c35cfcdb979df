"""Arrays that a claim's body computes with, and jets over them.

A body never touches torch, numpy or flint.  It holds an :class:`Array`, whose only operations
are those of the protocol; everything that silently goes wrong on some number system
(comparison of balls, float literals, ``np.clip`` on objects, truth of an enclosure) is
refused here, once, for every arithmetic.

Derivatives are jets: ``v + t e`` with ``e*e = 0``.  A jet's parts are arrays or jets again, so
derivatives nest; each ``push`` gets a fresh tag, and an operation acts on the newest tag among
its operands and treats all others as constants (this keeps nested derivatives apart).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldcheck.arithmetic.base import Arithmetic

_tags = itertools.count(1)


class Unsupported(Exception):
    """The arithmetic has no such primitive: the method does not apply (never a verdict)."""

    def __init__(self, primitive: str) -> None:
        super().__init__(primitive)
        self.primitive = primitive


class Value:
    """What arrays and jets share: operators, indexing and the refusals."""

    __slots__ = ()
    __array_ufunc__ = None  # numpy must not broadcast over us
    __hash__ = None  # type: ignore[assignment]

    data: Any  # arrays only; a jet has parts instead

    @property
    def xp(self) -> Arithmetic:
        """The arithmetic this value belongs to."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        raise NotImplementedError

    def __add__(self, other: Any) -> Value:
        return self.xp.add(self, other)

    def __radd__(self, other: Any) -> Value:
        return self.xp.add(other, self)

    def __sub__(self, other: Any) -> Value:
        return self.xp.sub(self, other)

    def __rsub__(self, other: Any) -> Value:
        return self.xp.sub(other, self)

    def __mul__(self, other: Any) -> Value:
        return self.xp.mul(self, other)

    def __rmul__(self, other: Any) -> Value:
        return self.xp.mul(other, self)

    def __truediv__(self, other: Any) -> Value:
        return self.xp.div(self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self.xp.div(other, self)

    def __matmul__(self, other: Any) -> Value:
        return self.xp.matmul(self, other)

    def __neg__(self) -> Value:
        return self.xp.neg(self)

    def __pos__(self) -> Value:
        return self

    def __pow__(self, n: Any) -> Value:
        return self.xp.power(self, n)

    def __getitem__(self, index: Any) -> Value:
        return self.xp.getitem(self, index)

    def __iter__(self) -> Iterator[Value]:
        if not self.shape:
            raise TypeError("a scalar cannot be iterated over")
        return (self[k] for k in range(self.shape[0]))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a scalar has no length")
        return self.shape[0]

    @property
    def T(self) -> Value:
        """The plain transpose (no conjugation); a vector is its own transpose."""
        return self.xp.transpose(self)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def _refuse(self, *_: Any) -> Any:
        raise TypeError(
            "a body may not compare, branch on or convert a value: it must mean the same in "
            "every arithmetic (use minimum, maximum, clip, relu or abs)"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __float__ = __int__ = __complex__ = __index__ = _refuse
    __array__ = __abs__ = __floordiv__ = __mod__ = _refuse


class Array(Value):
    """A number or array of numbers of one arithmetic; ``data`` is that arithmetic's own."""

    __slots__ = ("_xp", "data")

    def __init__(self, xp: Arithmetic, data: Any) -> None:
        self._xp = xp
        self.data = data

    @property
    def xp(self) -> Arithmetic:
        return self._xp

    @property
    def shape(self) -> tuple[int, ...]:
        return self.xp.shape_of(self.data)

    def __repr__(self) -> str:
        return f"Array({self.xp.kind}, shape={self.shape})"


class Jet(Value):
    """``v + t e``; ``t`` is ``None`` where the derivative vanishes identically.

    Along a real direction the conjugate of a jet is the conjugate of its parts.  For a Wirtinger
    derivative X and X* move independently, and ``mirror`` makes the conjugate: the same expression
    in the conjugated operands, built only when a body asks for it.
    """

    __slots__ = ("mirror", "t", "tag", "v")

    def __init__(
        self,
        tag: int,
        v: Value,
        t: Value | None,
        mirror: Callable[[], Value] | None = None,
    ) -> None:
        self.tag, self.v, self.t, self.mirror = tag, v, t, mirror

    @property
    def xp(self) -> Arithmetic:
        return self.v.xp

    @property
    def shape(self) -> tuple[int, ...]:
        return self.v.shape

    def __repr__(self) -> str:
        return f"Jet({self.tag}, {self.v!r})"


class Ramp(Jet):
    """relu of a jet, whose slope is made where it is asked for only: the powers of a ramp from the
    second on have one at the kink as well, which takes no step."""

    __slots__ = ("of",)

    def __init__(self, of: Jet, v: Value, mirror: Callable[[], Value] | None) -> None:
        self.tag, self.v, self.of, self.mirror = of.tag, v, of, mirror

    @property
    def t(self) -> Value | None:  # type: ignore[override]
        return None if self.of.t is None else self.xp.step(self.of.v) * self.of.t


def ramp_squared(a: Any, b: Any) -> Ramp | None:
    """The ramp that is squared in the product of two values: x_+ x_+, or x_+ x."""
    for r, x in ((a, b), (b, a)):
        if isinstance(r, Ramp) and (x is r.of or (isinstance(x, Ramp) and x.of is r.of)):
            return r
    return None


def newest(*values: Any) -> int:
    """The newest tag among the operands, 0 where none is a jet."""
    tag = 0
    for v in values:
        if isinstance(v, Jet) and v.tag > tag:
            tag = v.tag
    return tag


def parts(value: Value, tag: int) -> tuple[Value, Value | None]:
    """Value and derivative of an operand with respect to one tag."""
    if isinstance(value, Jet) and value.tag == tag:
        return value.v, value.t
    return value, None


def same_shape(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Are two shapes the same?  Lengths with names are compared by name, as no body may."""
    return [getattr(n, "atoms", n) for n in a] == [getattr(n, "atoms", n) for n in b]


def plus(a: Value | None, b: Value | None) -> Value | None:
    """Sum of two derivatives, either of which may vanish identically (``None``)."""
    if a is None:
        return b
    return a if b is None else a + b


def push(f: Callable[[Any], Any], x: Value, h: Value) -> Value:
    """The real-linear directional derivative d/ds f(x + s h) at s = 0.

    ``f`` may use values of any outer ``push``: tags keep the two derivatives apart.  For complex
    ``x`` the derivative is along the real line through ``h``, so ``push(f, x, i*h)`` differs from
    ``i*push(f, x, h)`` wherever f is not holomorphic.
    """
    tag = next(_tags)
    return _derivative(f(Jet(tag, x, h)), tag)


def pull_star(f: Callable[[Any], Any], x: Value, h: Value) -> Value:
    """The derivative of f along H* in X*, with X held fixed: Tr(H* ∂f/∂X*) for a scalar f.

    Equal to ½(push(H) + i push(iH)), in one pass instead of two.
    """
    tag, xp = next(_tags), x.xp
    moving = Jet(tag, xp.conj(x), xp.conj(h), lambda: fixed)
    fixed = Jet(tag, x, None, lambda: moving)
    return _derivative(f(fixed), tag)


def _derivative(y: Value, tag: int) -> Value:
    v, t = parts(y, tag)
    return v * 0 if t is None else t
