"""Attention masks as tables of zeros and ones, and the permutations that keep them.

A mask is a nested tuple M with M[j][k] = 1 where token j may look at token k.  It is plain Python:
a mask is part of a statement, not a value in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

Mask = tuple[tuple[int, ...], ...]


def causal(n: int) -> Mask:
    """Every token sees itself and its past."""
    return tuple(tuple(int(k <= j) for k in range(n)) for j in range(n))


def band(n: int, width: int) -> Mask:
    """Every token sees its neighbours up to ``width`` places away."""
    return tuple(tuple(int(abs(j - k) <= width) for k in range(n)) for j in range(n))


def blocks(n: int, size: int) -> Mask:
    """Tokens see those of their own block of ``size``."""
    return tuple(tuple(int(j // size == k // size) for k in range(n)) for j in range(n))


def circulant(n: int, offsets: tuple[int, ...]) -> Mask:
    """Token j sees the tokens j + offset, modulo n."""
    return tuple(
        tuple(int((k - j) % n in {o % n for o in offsets}) for k in range(n)) for j in range(n)
    )


def full(n: int) -> Mask:
    """No mask."""
    return tuple((1,) * n for _ in range(n))


def defect(mask: Mask, order: tuple[int, ...]) -> int:
    """How many entries of the mask change when its tokens are reordered."""
    n = len(mask)
    return sum(mask[order[j]][order[k]] != mask[j][k] for j in range(n) for k in range(n))


def automorphisms(mask: Mask) -> Iterator[tuple[int, ...]]:
    """The reorderings that leave the mask as it is, by trying all of them."""
    return (order for order in permutations(range(len(mask))) if not defect(mask, order))
