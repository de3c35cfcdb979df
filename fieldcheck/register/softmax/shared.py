"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.claim import talk

WHY_SOFTMAX = talk("What About Softmax?")

SMALL = dict(N=[1, 2, 3], C=[1, 2])
"""Shapes for statements that display a whole Jacobian: a witness should be readable."""


def second_derivative(xp, f, x, h, k):
    """The second derivative of f at x along h and k."""
    return xp.push(lambda y: xp.push(f, y, k), x, h)


def pairs(xp, n):
    """The n x n matrix of ones with zeros on its diagonal, squared so that its sign is seen."""
    return xp.abs2(xp.ones(n, n) - xp.eye(n))


ALL = dict(N=[1, 2, 3, 4, 5, 6], C=[1, 2, 3, 4, 5, 6])
