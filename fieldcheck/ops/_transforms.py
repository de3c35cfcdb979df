"""Whether tensors are inside a function transform, which registered operators cannot see through.

``torch.func`` (vmap, grad, jvp, jacrev, ...) and forward-mode derivatives need every step to be an
ordinary torch function.  There the plain forms serve, at their plain cost.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import forward_ad

try:
    from torch._C._functorch import is_functorch_wrapped_tensor as _is_wrapped
except ImportError:
    # A torch that names it otherwise: transforms then meet the operators' own refusal.

    def _is_wrapped(tensor: Tensor) -> bool:
        return False


def transformed(*tensors: Tensor) -> bool:
    """True if any tensor is wrapped by a transform of ``torch.func`` or carries a tangent."""
    if torch.compiler.is_compiling():
        return False
    return any(_is_wrapped(x) or forward_ad.unpack_dual(x).tangent is not None for x in tensors)
