"""ReLU as the projection onto the nonnegative orthant, and what resembles it."""

from __future__ import annotations


def project(xp, x):
    """The nearest point with nonnegative entries: max(x, 0), entry by entry. Any shape."""
    return xp.relu(x)


def leaky(xp, x):
    """ReLU that lets an eighth of the negative part through. Any shape."""
    return xp.relu(x) - xp.relu(-x) / 8


def fold(xp, above, below, x):
    """The positively homogeneous function of a number with f(1) = above and f(-1) = below.

    Every positively homogeneous function of one real number has this form: f(x) = x f(1) for
    x > 0, f(x) = -x f(-1) for x < 0, and f(0) = t f(0) for all t > 0 gives f(0) = 0.
    Broadcasts, so vectors of ``above`` and ``below`` give a component-wise map.
    """
    return above * xp.relu(x) + below * xp.relu(-x)


def reverse(xp, x):
    """The entries of a vector in reverse order."""
    return xp.stack([x[k] for k in reversed(range(x.shape[0]))])
