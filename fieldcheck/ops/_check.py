"""Checks of arguments: one clear sentence that names the operation and the offending thing.

Every message carries the shape, dtype or device that was given, so that the line at fault can be
found without a debugger.  Nothing here reads the values of a tensor: no device is made to wait.
"""

from __future__ import annotations

import math
import operator

import torch
from torch import Tensor

FLOATING = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
COMPLEX = (torch.complex64, torch.complex128)


def shape(x: Tensor) -> str:
    """``(2, 3)`` for a tensor of that shape."""
    return "(" + ", ".join(map(str, x.shape)) + ("," if x.ndim == 1 else "") + ")"


def tensor(op: str, name: str, x: object, *, ndim: int = 0, dtypes=FLOATING) -> Tensor:
    """``x`` itself, if it is a tensor with an allowed dtype and at least ``ndim`` axes."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{op}: {name} must be a tensor, not {type(x).__name__}")
    if x.layout != torch.strided:
        raise TypeError(f"{op}: {name} is {x.layout}, not a dense tensor; see Tensor.to_dense")
    if x.dtype not in dtypes:
        allowed = ", ".join(str(d).removeprefix("torch.") for d in dtypes)
        raise TypeError(f"{op}: {name} has dtype {x.dtype}; allowed are {allowed}")
    if x.ndim < ndim:
        raise ValueError(f"{op}: {name} has shape {shape(x)}; at least {ndim} axes are needed")
    return x


def alike(op: str, **tensors: Tensor) -> None:
    """All tensors share one dtype and one device."""
    (first_name, first), *others = tensors.items()
    for name, x in others:
        if x.dtype != first.dtype:
            raise TypeError(
                f"{op}: {first_name} has dtype {first.dtype} and {name} has {x.dtype}; "
                "convert one of them"
            )
        if x.device != first.device:
            raise ValueError(
                f"{op}: {first_name} is on {first.device} and {name} on {x.device}; "
                "move one of them"
            )


def same_shape(op: str, **tensors: Tensor) -> None:
    """All tensors share one shape."""
    (first_name, first), *others = tensors.items()
    for name, x in others:
        if x.shape != first.shape:
            raise ValueError(
                f"{op}: {first_name} has shape {shape(first)} and {name} {shape(x)}; "
                "they must be equal"
            )


def axis_size(
    op: str, name: str, x: Tensor, axis: int, size: int, why: str, of: Tensor | None = None
) -> None:
    """Axis ``axis`` of ``x`` has length ``size``: that of ``why``, a word on the tensor ``of``."""
    if x.shape[axis] != size:
        # Written only now: while torch compiles for any size, a size is no number to be printed.
        why = why if of is None else f"{why} {shape(of)}"
        raise ValueError(
            f"{op}: {name} has shape {shape(x)}; its axis {axis} must be {size}, {why}"
        )


def broadcast(op: str, **tensors: Tensor) -> torch.Size:
    """The common leading shape of tensors whose last two axes are matrices."""
    try:
        return torch.broadcast_shapes(*(x.shape[:-2] for x in tensors.values()))
    except RuntimeError:
        given = " and ".join(f"{name} {shape(x)}" for name, x in tensors.items())
        raise ValueError(f"{op}: the leading axes do not broadcast: {given}") from None


def number(op: str, name: str, value: object) -> float:
    """A real number, of Python's or of another library's; text is none."""
    if isinstance(value, float | torch.SymFloat):  # a compiler's stand-in must stay one
        return value  # type: ignore[return-value]
    if isinstance(value, Tensor):
        raise TypeError(
            f"{op}: {name} must be a number, not a tensor, whose gradient would be lost"
        )
    if not hasattr(type(value), "__float__") and not hasattr(type(value), "__index__"):
        raise TypeError(f"{op}: {name} must be a number, not {value!r}")
    return float(value)  # type: ignore[arg-type]


def positive(op: str, name: str, value: object) -> float:
    """A finite number above zero."""
    x = number(op, name, value)
    if not 0 < x < math.inf:  # no function of math's: compilers see through comparisons only
        raise ValueError(f"{op}: {name} must be finite and above zero, not {x!r}")
    return x


def whole(op: str, name: str, value: object) -> int:
    """A whole number, of Python's or of another library's."""
    if isinstance(value, int | torch.SymInt):
        return value  # type: ignore[return-value]
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{op}: {name} must be a whole number, not {value!r}") from None


def axis(op: str, name: str, x: Tensor, dim: object) -> int:
    """The axis that ``dim`` names, counted from the front.  A number has one, of length 1, as
    torch's own functions have it."""
    where, axes = whole(op, "dim", dim), max(1, x.ndim)
    if not -axes <= where < axes:
        raise ValueError(f"{op}: {name} has shape {shape(x)}, so dim={dim} names no axis")
    return where % axes


def choice(op: str, name: str, value: object, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in allowed:
        words = ", ".join(repr(a) for a in allowed)
        raise ValueError(f"{op}: {name} must be one of {words}, not {value!r}")
    return str(value)
