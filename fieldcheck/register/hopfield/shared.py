"""What several rooms of the chapter use."""

from __future__ import annotations

PATTERNS = dict(M=[1, 2, 3, 4], d=[1, 2, 3])
"""Numbers of patterns and of entries of the state."""


def second_derivative(xp, f, x, h, k):
    """The second derivative of f at x along h and k."""
    return xp.push(lambda y: xp.push(f, y, k), x, h)


def pairs(xp, n):
    """The n x n matrix of ones with zeros on its diagonal, squared so that its sign is seen."""
    return xp.abs2(xp.ones(n, n) - xp.eye(n))
