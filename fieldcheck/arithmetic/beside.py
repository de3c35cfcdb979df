"""Several arithmetics side by side: one run of a body in each, in step.

Residues say whether a value vanishes identically, and know no sign; signs that can be read off an
expression are known beside them; degrees bound the chance that a residue deceives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fieldcheck.arithmetic.array import Unsupported, Value
from fieldcheck.arithmetic.base import Arithmetic


def _of(k: int, argument: Any) -> Any:
    """An argument as the k-th arithmetic sees it."""
    if isinstance(argument, Value):
        return argument.data[k]
    return [_of(k, a) for a in argument] if isinstance(argument, list) else argument


class Beside(Arithmetic):
    """The same operations on a tuple of values, one of each arithmetic.

    It stands below jets: its values are never jets.
    """

    kind = "beside"

    def __init__(self, *xps: Arithmetic) -> None:
        self.xps = xps

    def shape_of(self, data: tuple[Value, ...]) -> tuple[int, ...]:
        return data[0].shape

    def together(self, values: Any) -> Value:
        """Values of the arithmetics, in their order, as one."""
        return self.wrap(tuple(values))

    def _all(self, do: Callable[[int, Arithmetic], Value]) -> Value:
        return self.together(do(k, xp) for k, xp in enumerate(self.xps))

    def lift(self, value: Any) -> Value:
        return value if isinstance(value, Value) else self._all(lambda k, xp: xp.lift(value))

    @property
    def i(self) -> Value:
        return self._all(lambda k, xp: xp.i)

    @property
    def pi(self) -> Value:
        return self._all(lambda k, xp: xp.pi)

    def abs(self, x: Any) -> Value:
        """Where an arithmetic has no absolute value, the root of the squared modulus."""

        def one(k: int, xp: Arithmetic) -> Value:
            try:
                return xp.abs(x.data[k])
            except Unsupported:
                return xp.sqrt(xp.abs2(x.data[k]))

        return self._all(one)


def _each(name: str) -> Callable[..., Value]:
    def operation(self: Beside, *arguments: Any, **options: Any) -> Value:
        lifted = [self.lift(a) if type(a) is int and name in _OPERANDS else a for a in arguments]
        return self._all(lambda k, xp: getattr(xp, name)(*(_of(k, a) for a in lifted), **options))

    return operation


_OPERANDS = ("add", "sub", "mul", "div", "matmul", "maximum", "minimum")
for _name in (
    *_OPERANDS,
    *("neg", "power", "getitem", "transpose", "reshape", "sum", "diagonal", "concat", "stack"),
    *("eye", "zeros", "ones", "conj", "real", "imag", "solve", "abs2", "norm2", "norm", "unit"),
    *("exp", "log", "sqrt", "sin", "cos", "tanh", "logistic", "softplus", "logsumexp", "softmax"),
    *("step", "relu", "permute", "sinh", "cosh", "arctan", "erf"),
):
    setattr(Beside, _name, _each(_name))
