"""Exact moments over random signs and Gaussians, by rules with few nodes.

A polynomial of degree at most 3 in each variable has the same mean over independent signs as over
standard Gaussians; one of degree at most 5, the same over the three nodes 0, ±sqrt 3 with weights
2/3, 1/6, 1/6 (Gauss and Hermite).  So moments of low-degree polynomials are finite sums, and a
statement about them is an identity.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

Moments = tuple[Any, Any]


def _array(xp, entries: Sequence[int], shape: Sequence[int]) -> Any:
    return xp.reshape(xp.constant(list(entries)), tuple(shape))


def sign_moments(xp, f: Callable[[Any], Any], *shape: int) -> Moments:
    """The mean of f and of f² over all arrays of signs of a shape."""
    mean = square = xp.one * 0
    for signs in itertools.product((1, -1), repeat=math.prod(shape)):
        value = f(_array(xp, signs, shape))
        mean, square = mean + value, square + value * value
    count = 2 ** math.prod(shape)
    return mean / count, square / count


def gaussian_moments(xp, f: Callable[[Any], Any], *shape: int) -> Moments:
    """The mean of f and of f² over standard Gaussian arrays, for f homogeneous of degree two.

    The nodes are 0, ±1 for 0, ±sqrt 3; homogeneity gives the factors 3 and 9.
    """
    size = math.prod(shape)
    mean = square = xp.one * 0
    for nodes in itertools.product((0, 1, -1), repeat=size):
        weight = 4 ** nodes.count(0)
        value = f(_array(xp, nodes, shape))
        mean, square = mean + value * weight, square + value * value * weight
    return mean * 3 / 6**size, square * 9 / 6**size
