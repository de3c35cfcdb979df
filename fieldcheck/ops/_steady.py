"""One rule for autocast: it lowers no precision here.

Under ``torch.autocast`` an operation computes in the dtype of its tensors, in float32 where these
are half, as it does outside.  Layers before it leave tensors of several dtypes; where these meet,
all are taken to the widest.  The rule holds for the derivatives of registered operators and of the
semidefinite projection too; those of plain matrix products are torch's, and are lowered if they are
taken within the block, which torch advises against.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from ._check import FLOATING

F = TypeVar("F", bound=Callable[..., Any])


def without_autocast(device: str) -> Any:
    """A block in which autocast is off for the device."""
    return torch.autocast(device, enabled=False)


def steady(f: F) -> F:
    """The operation ``f`` under the rule above."""

    @functools.wraps(f)
    def run(*args: Any, **options: Any) -> Any:
        first = args[0] if args else next(iter(options.values()), None)
        if not isinstance(first, Tensor) or not torch.is_autocast_enabled(first.device.type):
            return f(*args, **options)  # without a tensor it is refused there
        args, options = _alike(args, options)
        with without_autocast(first.device.type):
            return f(*args, **options)

    return run  # type: ignore[return-value]


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
