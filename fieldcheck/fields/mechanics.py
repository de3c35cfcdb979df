"""Classical systems as a Lagrangian and a Hamiltonian, and a scheme for Newton's form.

Shapes: positions q, velocities v and momenta p are real of shape (n,).  The Hamiltonians are
written out, not computed from the Lagrangians: that one is the transform of the other is a claim.
Sources: V. I. Arnold, Mathematical Methods of Classical Mechanics (1989), section 15;
E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), chapter I.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fieldcheck.fields.depth import march, rk4


@dataclass(frozen=True)
class System:
    """lagrangian(xp, q, v), hamiltonian(xp, q, p), and acceleration(xp, q) for unit mass."""

    lagrangian: Callable[[Any, Any, Any], Any]
    hamiltonian: Callable[[Any, Any, Any], Any]
    acceleration: Callable[[Any, Any], Any]


PENDULUM = System(
    lambda xp, q, v: xp.sum(v * v / 2 + xp.cos(q)),
    lambda xp, q, p: xp.sum(p * p / 2 - xp.cos(q)),
    lambda xp, q: -xp.sin(q),
)
KEPLER = System(
    lambda xp, q, v: xp.sum(v * v) / 2 + 1 / xp.norm(q),
    lambda xp, q, p: xp.sum(p * p) / 2 - 1 / xp.norm(q),
    lambda xp, q: -q / xp.norm(q) ** 3,
)
QUARTIC = System(
    lambda xp, q, v: xp.sum(v * v) / 2 - xp.sum(q * q) ** 2 / 4,
    lambda xp, q, p: xp.sum(p * p) / 2 + xp.sum(q * q) ** 2 / 4,
    lambda xp, q: -xp.sum(q * q) * q,
)


def hamilton(xp, hamiltonian: Callable[[Any, Any], Any], q, p) -> tuple[Any, Any]:
    """(q', p') = (∂H/∂p, -∂H/∂q)."""
    velocity = xp.gradient(lambda y: hamiltonian(q, y), p)
    return velocity, -xp.gradient(lambda y: hamiltonian(y, p), q)


def stormer(acceleration: Callable[[Any], Any], q, v, h, n: int) -> Any:
    """Positions only: q_(k+1) - 2 q_k + q_(k-1) = h² a(q_k), from q and velocity v; n >= 1 steps.

    This is Newton's equation, the Euler-Lagrange equation of ½v² - V, discretized; order 2.
    """
    before, here = q, q + h * v + h * h * acceleration(q) / 2
    for _ in range(n - 1):
        before, here = here, 2 * here - before + h * h * acceleration(here)
    return here


def apart(xp, system: System, q, p, sign: int = 1) -> Callable[[int], Any]:
    """How far two schemes end up from each other at time 1 after n steps, as a function of n.

    One is :func:`stormer`; the other the Runge-Kutta method of order 4 for q' = p, p' = sign times
    the acceleration, which is Hamilton's form for unit mass if ``sign`` is 1.
    """
    acceleration = lambda y: system.acceleration(xp, y)

    def distance(n: int) -> Any:
        field = lambda z: xp.stack([z[1], sign * acceleration(z[0])])
        z = march(lambda z: rk4(field, z, xp.one / n), xp.stack([q, p]), n)
        return xp.norm(stormer(acceleration, q, p, xp.one / n, n) - z[0])

    return distance
