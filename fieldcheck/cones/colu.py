"""The conic linear unit: one channel is an axis, the others a body that is scaled to the cone.

Source: C. Fu and L. D. Cohen, "Conic Activation Functions", PMLR 285 (2024) 296-309.
One group is a vector (x_1, x_perp) of S numbers; its cone is ‖x_perp‖ <= x_1.
"""

from __future__ import annotations


def hard(xp, x):
    """CoLU of one group, shape (S,): the axis kept, the body scaled by clip(x_1/‖x_perp‖, 0, 1).

    Written as clip(x_1, 0, ‖x_perp‖) times the body's direction, which is the same wherever the
    ratio is defined and is 0 for a zero body. A negative axis is kept, as in the paper.
    """
    body = x[1:]
    return xp.concat([x[:1], xp.clip(x[0], 0, xp.norm(body)) * xp.unit(body)])


def rectified(xp, x):
    """The variant that also rectifies the axis: max(x_1, 0) in front. Shape (S,)."""
    body = x[1:]
    return xp.concat([xp.relu(x[:1]), xp.clip(x[0], 0, xp.norm(body)) * xp.unit(body)])


def guarded(xp, x, epsilon):
    """CoLU with the ratio x_1/(‖x_perp‖ + epsilon), as an implementation guards it. Shape (S,)."""
    body = x[1:]
    return xp.concat([x[:1], xp.clip(x[0] / (xp.norm(body) + epsilon), 0, 1) * body])


def soft(xp, x):
    """The soft form: the body scaled by the logistic function of ratio - 1/2. Shape (S,)."""
    body = x[1:]
    return xp.concat([x[:1], xp.logistic(x[0] / xp.norm(body) - xp.one / 2) * body])


def firm(xp, x):
    """The firm form: the body scaled by the logistic function of 4 ratio - 2. Shape (S,)."""
    body = x[1:]
    return xp.concat([x[:1], xp.logistic(4 * x[0] / xp.norm(body) - 2) * body])


def grouped(xp, x, activation=hard):
    """The activation on every row of x, shape (G, S): G groups of S channels."""
    return xp.stack([activation(xp, x[g]) for g in range(x.shape[0])])


def shared(xp, axis, bodies):
    """CoLU with one axis for all groups: axis (a number), bodies (G, S-1).

    Returns the bodies; the axis is kept as it is.
    """
    return xp.stack(
        [xp.clip(axis, 0, xp.norm(bodies[g])) * xp.unit(bodies[g]) for g in range(bodies.shape[0])]
    )


def rotated(xp, x, e):
    """RCoLU, repaired: the axis is the unit vector e. With x_e = ⟨x, e⟩e and x_r = x - x_e the
    result is x_e + clip(⟨x, e⟩/‖x_r‖, 0, 1) x_r. Shapes (S,), (S,)."""
    along = xp.sum(x * e)
    rest = x - along * e
    return along * e + xp.clip(along, 0, xp.norm(rest)) * xp.unit(rest)


def rotated_rectified(xp, x, e):
    """RCoLU that also rectifies the axis: ⟨x, e⟩_+ e in front. Shapes (S,), (S,)."""
    return rotated(xp, x, e) + xp.relu(-xp.sum(x * e)) * e


def rotated_as_printed(xp, x, e):
    """RCoLU as printed: x_e + max(min(‖x_e‖/‖x_r‖, 0), 1) x_r. Shapes (S,), (S,)."""
    along = xp.sum(x * e)
    rest = x - along * e
    ratio = xp.abs(along) / xp.norm(rest)
    return along * e + xp.maximum(xp.minimum(ratio, 0), 1) * rest
