"""Which keys a query may see: masks that are two numbers a row, never an N x N tensor.

In each mask here query ``n`` sees the keys ``lo[n] <= m < hi[n]``, and both bounds grow with ``n``.
Hence the transposed mask has the same form, and one algorithm serves forward and backward passes.
And the last query is the first to be left without keys: ``keys_of_last`` counts what it sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from . import _check


class Bounds(NamedTuple):
    """First key and one past the last key of every row, as int64 tensors of shape (N,), on the
    CPU."""

    lo: Tensor
    hi: Tensor

    def transposed(self, keys: int) -> Bounds:
        """The rows that see each of ``keys`` keys, as bounds again."""
        m = torch.arange(keys)
        return Bounds(
            torch.searchsorted(self.hi, m, right=True),
            torch.searchsorted(self.lo, m, right=True),
        )

    @property
    def empty(self) -> Tensor:
        """Rows that see no key: bool, shape (N,)."""
        return self.lo >= self.hi


@dataclass(frozen=True)
class Causal:
    """Query ``n`` sees keys ``m <= n``."""

    def bounds(self, n: int, m: int) -> Bounds:
        rows = torch.arange(n)
        return Bounds(torch.zeros_like(rows), (rows + 1).clamp(max=m))

    def keys_of_last(self, n: int, m: int) -> int:
        return min(n, m)

    def __str__(self) -> str:
        return "causal"


@dataclass(frozen=True)
class Band:
    """Query ``n`` sees keys with ``|n - m| <= width``; only ``m <= n`` of them if ``causal``."""

    width: int
    causal: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", _check.whole("Band", "width", self.width))
        if self.width < 0:
            raise ValueError(f"Band: width must not be negative, but is {self.width}")

    def bounds(self, n: int, m: int) -> Bounds:
        rows = torch.arange(n)
        reach = 0 if self.causal else self.width
        return Bounds((rows - self.width).clamp(0, m), (rows + reach + 1).clamp(0, m))

    def keys_of_last(self, n: int, m: int) -> int:
        return max(0, min(m, n if self.causal else n + self.width) - max(0, n - 1 - self.width))

    def __str__(self) -> str:
        return f"{'causal-' if self.causal else ''}band:{int(self.width)}"  # compilers too know one


@dataclass(frozen=True)
class Blocks:
    """Queries and keys are cut into blocks of ``size``; each query sees the block of its own
    index."""

    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _check.whole("Blocks", "size", self.size))
        if self.size < 1:
            raise ValueError(f"Blocks: size must be at least 1, but is {self.size}")

    def bounds(self, n: int, m: int) -> Bounds:
        start = torch.arange(n) // self.size * self.size
        return Bounds(start.clamp(max=m), (start + self.size).clamp(max=m))

    def keys_of_last(self, n: int, m: int) -> int:
        start = (n - 1) // self.size * self.size
        return max(0, min(m, start + self.size) - start)

    def __str__(self) -> str:
        return f"blocks:{int(self.size)}"


Interval = Causal | Band | Blocks


def parse(text: str) -> Interval | None:
    """The mask whose ``str`` is ``text``; ``"all"`` stands for no mask.

    Operators registered with torch take strings, not Python objects: this is the way back.
    """
    kind, _, number = text.partition(":")
    match kind:
        case "all":
            return None
        case "causal":
            return Causal()
        case "band" | "causal-band":
            return Band(int(number), causal=kind == "causal-band")
        case "blocks":
            return Blocks(int(number))
    raise ValueError(f"no mask is called {text!r}")


class Span(NamedTuple):
    """Rows ``a:b`` see keys inside ``c:d``; ``allowed`` (b-a, d-c) is bool, or a number that is
    added to the scores, -inf where a key is not seen; None if all are seen."""

    a: int
    b: int
    c: int
    d: int
    allowed: Tensor | None


def spans(bounds: Bounds | None, n: int, m: int, rows: int, device: torch.device) -> Iterator[Span]:
    """Cut ``n`` rows into runs of at most ``rows``, each with the keys that any row sees."""
    for a in range(0, n, rows):
        b = min(n, a + rows)
        if bounds is None:
            yield Span(a, b, 0, m, None)
            continue
        lo, hi = bounds.lo[a:b], bounds.hi[a:b]
        c, d = int(lo.min()), int(hi.max())
        if d <= c:
            yield Span(a, b, 0, 0, None)
        elif int(lo.max()) == c and int(hi.min()) == d:
            yield Span(a, b, c, d, None)
        else:
            keys = torch.arange(c, d)
            allowed = (keys >= lo[:, None]) & (keys < hi[:, None])
            yield Span(a, b, c, d, allowed.to(device))
