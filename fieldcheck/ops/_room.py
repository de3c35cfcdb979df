"""Room for large results in the processor's memory.

A fresh page costs more to be handed out than to be filled by a sweep: a ReLU of 32 MiB spends nine
tenths of its time so, and the force of 65536 tokens a third.  Numpy asks the system for huge pages
where an array is large, which torch does only if its environment says so; so large results are laid
into an array of numpy's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy
import torch
from torch import Tensor

#: Bytes from which numpy asks for huge pages.
LARGE = 1 << 22
#: What the widest vector store wants an address to be a multiple of; torch's own are so.
ALIGNED = 64


def room(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """A contiguous tensor on the CPU of this shape and dtype, with nothing in it yet."""
    size = math.prod(shape) * dtype.itemsize
    if size < LARGE:
        return torch.empty(shape, dtype=dtype)
    raw = numpy.empty(size + ALIGNED, numpy.uint8)
    skip = -raw.ctypes.data % ALIGNED
    return torch.from_numpy(raw[skip : skip + size]).view(dtype).view(shape)
