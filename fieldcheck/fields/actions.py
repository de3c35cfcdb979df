"""Lagrangians, their Euler-Lagrange expressions, and actions on a grid of times.

Shapes: X, its velocity, its acceleration and a variation H are laid out alike (N x C); a discrete
path has a leading axis of times.  Nothing here knows which sign or factor is right: that is for the
claims.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fieldcheck.fields.symplectic import pairing


def phase_space_lagrangian(xp, X, velocity, potential: Callable[[Any], Any]) -> Any:
    """Tr (i/2)(X' X* - X X*') - V(X), the talk's; linear in the velocity."""
    kinetic = xp.i * (pairing(xp, velocity, X) - pairing(xp, X, velocity)) / 2
    return kinetic - potential(X)


def newton_lagrangian(xp, X, velocity, potential: Callable[[Any], Any]) -> Any:
    """½‖X'‖² - V(X), kinetic minus potential energy; quadratic in the velocity."""
    return xp.norm2(velocity) / 2 - potential(X)


def euler_lagrange(xp, lagrangian: Callable[[Any, Any], Any], X, velocity, acceleration, H) -> Any:
    """∂L/∂X·H - d/dt(∂L/∂X'·H) along a path through X with this velocity and acceleration.

    It is the first variation of the action along H, end terms left out, as a density in time; real-
    linear in H.  A path is stationary iff it vanishes for all H at all times.
    """
    force = xp.push(lambda Y: lagrangian(Y, velocity), X, H)

    def momentum(t):
        here = X + t * velocity
        return xp.push(lambda U: lagrangian(here, U), velocity + t * acceleration, H)

    return force - xp.push(momentum, xp.one * 0, xp.one)


def phase_space_action(xp, path, step, potential: Callable[[Any], Any]) -> Any:
    """The talk's action of a discrete path, (K+1) x ..., by midpoints; a real number.

    Each slice gives Re i Tr(d m*) - step V(m), with d the difference of its ends and m their mean.
    """
    m, d = (path[1:] + path[:-1]) / 2, path[1:] - path[:-1]
    kinetic = -xp.imag(pairing(xp, d, m))
    total = None
    for k in range(m.shape[0]):
        here = potential(m[k])
        total = here if total is None else total + here
    return kinetic - step * xp.real(total)


def newton_action(xp, path, step, potential: Callable[[Any], Any]) -> Any:
    """½ Σ |d|²/step - step Σ V at the left end of each slice, for a real path (K+1) x n."""
    d = path[1:] - path[:-1]
    total = None
    for k in range(d.shape[0]):
        here = potential(path[k])
        total = here if total is None else total + here
    return xp.norm2(d) / (2 * step) - step * total


def pinned(xp, inner) -> Any:
    """A variation with both ends held: zero first and last, ``inner`` between."""
    zero = inner[:1] * 0
    return xp.concat([zero, inner, zero])
