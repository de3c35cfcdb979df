"""What stands between an operation and torch's transforms.

Whether tensors are inside a function transform, which registered operators cannot see through.

``torch.func`` (vmap, grad, jvp, jacrev, ...) and forward-mode derivatives need every step to be an
ordinary torch function.  There the plain forms serve, at their plain cost.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

try:
    from torch._C._functorch import is_functorch_wrapped_tensor as _is_wrapped
except ImportError:
    # A torch that names it otherwise: transforms then meet the operators' own refusal.

    def _is_wrapped(tensor: Tensor) -> bool:
        return False


try:
    from torch._C._functorch import get_dynamic_layer_stack_depth as _depth
except ImportError:

    def _depth() -> int:
        return 0


def transformed(*tensors: Tensor) -> bool:
    """True if any tensor is wrapped by a transform of ``torch.func`` or carries a tangent.

    A compiler cannot tell whose tensors are wrapped; there it is enough to be within a transform.
    """
    if torch.compiler.is_compiling():
        return _depth() > 0
    return any(_is_wrapped(x) or forward_ad.unpack_dual(x).tangent is not None for x in tensors)


def fresh(f: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with code of its own.

    Dynamo counts compilations by code object: what is compiled for many settings would soon be
    refused, and run uncompiled without a word.
    """
    assert isinstance(f, types.FunctionType)
    copy = types.FunctionType(
        f.__code__.replace(), f.__globals__, f.__name__, f.__defaults__, f.__closure__
    )
    copy.__kwdefaults__ = f.__kwdefaults__
    return copy
