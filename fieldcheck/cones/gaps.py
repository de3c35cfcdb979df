"""Pieces of proofs: why an inequality about a projection holds, written with visible signs.

The unit ball is parametrized by b = 2v/(1 + ‖v‖²), for which 1 - ‖b‖² is a square.
"""

from __future__ import annotations


def ball_point(xp, v):
    """A point b of the closed unit ball, b = 2v/(1 + ‖v‖²). Any shape; |v| = 1 on the sphere."""
    return 2 * v / (1 + xp.norm2(v))


def ball_room(xp, v):
    """1 - ‖b‖² for b = ball_point(v): the square of (1 - ‖v‖²)/(1 + ‖v‖²)."""
    return ((1 - xp.norm2(v)) / (1 + xp.norm2(v))) ** 2


def obtuse(xp, u, v):
    """1 - ⟨u, b⟩ >= 0 for a unit vector u and b in the ball: ½(‖u - b‖² + 1 - ‖b‖²)."""
    return (xp.norm2(u - ball_point(xp, v)) + ball_room(xp, v)) / 2


def step(xp, v):
    """1 where a number v is positive, 0 where it is negative: the derivative of ReLU at v."""
    return xp.push(xp.relu, v, xp.one)
