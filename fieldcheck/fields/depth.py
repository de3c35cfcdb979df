"""Depth as time: one step of a method, n steps of it, and splittings of a field in two.

A step takes a field f (a function of the state), the state and the step size h.  A splitting takes
the steps of its two parts.  Orders of error are stated over a fixed horizon.
Source: E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration" (2006), chapter II.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Field = Callable[[Any], Any]
Step = Callable[[Field, Any, Any], Any]


def euler(f: Field, x: Any, h: Any) -> Any:
    """x + h f(x): one residual layer.  Order 1."""
    return x + f(x) * h


def midpoint(f: Field, x: Any, h: Any) -> Any:
    """The explicit midpoint rule.  Order 2."""
    return x + f(x + f(x) * h / 2) * h


def rk4(f: Field, x: Any, h: Any) -> Any:
    """The classical Runge-Kutta method.  Order 4 for smooth fields."""
    k1 = f(x)
    k2 = f(x + k1 * h / 2)
    k3 = f(x + k2 * h / 2)
    k4 = f(x + k3 * h)
    return x + (k1 + 2 * k2 + 2 * k3 + k4) * h / 6


def parallel(f: Field, g: Field) -> Field:
    """f + g: the MLP and the attention read the same state."""
    return lambda x: f(x) + g(x)


def one_after_the_other(step: Step, f: Field, g: Field, x: Any, h: Any) -> Any:
    """First a step of f, then a step of g (Lie and Trotter): a sequential block."""
    return step(g, step(f, x, h), h)


def strang(step: Step, f: Field, g: Field, x: Any, h: Any) -> Any:
    """Half a step of f, a step of g, half a step of f."""
    return step(f, step(g, step(f, x, h / 2), h), h / 2)


def march(step: Callable[[Any], Any], x: Any, n: int) -> Any:
    """n steps."""
    for _ in range(n):
        x = step(x)
    return x


def bracket(xp, f: Field, g: Field, x: Any) -> Any:
    """Df(x) g(x) - Dg(x) f(x), the bracket for which h² is the gap of flowing along g, then f,
    against f, then g."""
    return xp.push(f, x, g(x)) - xp.push(g, x, f(x))
