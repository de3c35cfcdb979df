"""One rule for autocast: it lowers no precision here.

Under ``torch.autocast`` an operation computes in the dtype of its tensors, in float32 where these
are half, as it does outside.  Layers before it leave tensors of several dtypes; where these meet,
all are taken to the widest.  The rule holds for derivatives too, of every order, taken within the
block or after it; a force is often the gradient of an energy, taken where the energy is.  Only a
compiler has its own rule for the derivatives of matrix products.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch import Tensor

from ._check import FLOATING

F = TypeVar("F", bound=Callable[..., Any])


class _Within(threading.local):
    """Whether this thread computes an operation that was called under autocast."""

    autocast = False


_within = _Within()


def lowers(device: str) -> bool:
    """Whether autocast is on for the device.  Some have none, such as meta."""
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def without_autocast(device: str) -> Any:
    """A block in which autocast is off for the device."""
    return torch.autocast(device, enabled=False) if lowers(device) else contextlib.nullcontext()


def steady(f: F) -> F:
    """The operation ``f`` under the rule above."""

    @functools.wraps(f)
    def run(*args: Any, **options: Any) -> Any:
        first = args[0] if args else next(iter(options.values()), None)
        if not isinstance(first, Tensor) or not lowers(first.device.type):
            return f(*args, **options)  # without a tensor it is refused there
        args, options = _alike(args, options)
        with without_autocast(first.device.type), _guarded():
            return f(*args, **options)

    return run  # type: ignore[return-value]


def _guarded() -> Any:
    """A block in which :func:`product` keeps its derivatives from autocast."""
    return contextlib.nullcontext() if torch.compiler.is_compiling() else _marked()


@contextlib.contextmanager
def _marked() -> Iterator[None]:
    before, _within.autocast = _within.autocast, True
    try:
        yield
    finally:
        _within.autocast = before


def product(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b``, whose derivatives autocast does not lower either."""
    if torch.compiler.is_compiling() or not _within.autocast:
        return a @ b
    return _Product.apply(a, b) if a.ndim > 1 else _Product.apply(a[None], b)[0]


class _Product(torch.autograd.Function):
    """The product of matrices, and of batches that broadcast."""

    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor, b: Tensor) -> Tensor:
        return a @ b

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
        a, b = ctx.saved_tensors
        first, second = ctx.needs_input_grad
        with without_autocast(a.device.type):
            return (
                _Product.apply(g, b.mH).sum_to_size(a.shape) if first else None,
                _Product.apply(a.mH, g).sum_to_size(b.shape) if second else None,
            )

    @staticmethod
    def jvp(ctx: Any, d: Tensor | None, e: Tensor | None) -> Tensor:
        a, b = ctx.saved_tensors  # autocast is off: this runs in the operation, or in backward
        parts = [] if d is None else [_Product.apply(d, b)]
        return sum(parts + ([] if e is None else [_Product.apply(a, e)]))


def _alike(args: tuple, options: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """The arguments, with all real tensors of the widest of their dtypes; a mask has its own."""
    real = lambda x: isinstance(x, Tensor) and x.dtype in FLOATING
    numbers = [x for name, x in options.items() if name != "mask"]
    dtypes = [x.dtype for x in (*args, *numbers) if real(x)]
    if len(set(dtypes)) < 2:
        return args, options
    widest = functools.reduce(torch.promote_types, dtypes)
    to = lambda x: x.to(widest) if real(x) else x
    return tuple(map(to, args)), {
        name: x if name == "mask" else to(x) for name, x in options.items()
    }
