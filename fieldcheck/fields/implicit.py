"""Implicit one-step methods that keep quadratic invariants: midpoint, and Gauss-Legendre.

A step takes a field f (a function of the state), the state and the step size h, as in
``fieldcheck.fields.depth``; the state is a Python complex number or a numpy array.  The stages are
found by fixed-point iteration down to rounding, which needs h times the Lipschitz constant of f
well below 2.
Source: E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration" (2006), sections II.1,
IV.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Field = Callable[[Any], Any]

ROUNDING = 2.0**-53
LIMIT = 200


def implicit_midpoint(f: Field, x: Any, h: float) -> Any:
    """x + h f(m) with m the mean of x and the result.  Order 2.

    Raises:
        ArithmeticError: the iteration does not settle (the step is too long for this field).
    """
    k = f(x)
    for _ in range(LIMIT):
        k, before = f(x + 0.5 * h * k), k
        if _settled(h * (k - before), x):
            return x + h * k
    raise ArithmeticError(f"implicit midpoint: no solution found with step {h}")


_ROOT = math.sqrt(3) / 6


def gauss4(f: Field, x: Any, h: float) -> Any:
    """The two-stage Gauss-Legendre method.  Order 4.

    Raises:
        ArithmeticError: the iteration does not settle (the step is too long for this field).
    """
    k1 = k2 = f(x)
    for _ in range(LIMIT):
        before1, before2 = k1, k2
        k1 = f(x + h * (0.25 * k1 + (0.25 - _ROOT) * k2))
        k2 = f(x + h * ((0.25 + _ROOT) * k1 + 0.25 * k2))
        if _settled(h * (k1 - before1), x) and _settled(h * (k2 - before2), x):
            return x + 0.5 * h * (k1 + k2)
    raise ArithmeticError(f"Gauss-Legendre: no solution found with step {h}")


def _settled(change: Any, x: Any) -> bool:
    """Is the change of the increment below the rounding of the state?"""
    if isinstance(x, np.ndarray):
        return bool(np.abs(change).max() <= ROUNDING * np.abs(x).max())
    return abs(change) <= ROUNDING * abs(x)
