"""The metric projection onto a second-order cone of any opening angle.

The cone K_a = {(t, w) : ‖w‖ <= a t} has the half-angle arctan a; its polar is -K_{1/a}.
With u = w/‖w‖ the point is alpha (1, a u) + delta (-a, u): along the nearest ray of the cone, and
across it. Projecting is a ReLU on each coefficient. At a = 1 these are the eigenvalues (t ± ‖w‖)/2
of the Jordan algebra of the cone.

Sources: M. Fukushima, Z.-Q. Luo, P. Tseng, SIAM J. Optim. 12 (2002) 436; as an activation, Li et
al., "Generalized Activation via Multivariate Projection" (2023).
"""

from __future__ import annotations


def coefficients(xp, x, a):
    """(alpha, delta, u) of x = alpha (1, a u) + delta (-a, u). Shape (S,); a > 0 a number."""
    t, n = x[0], xp.norm(x[1:])
    scale = 1 + a * a
    return (t + a * n) / scale, (n - a * t) / scale, xp.unit(x[1:])


def project(xp, x, a):
    """The nearest point of K_a. Shape (S,), S >= 2; a > 0 a number."""
    alpha, delta, u = coefficients(xp, x, a)
    along, inside = xp.relu(alpha), xp.relu(-delta)
    return xp.concat([xp.stack([along + a * inside]), (a * along - inside) * u])


def project_polar(xp, x, a):
    """The nearest point of the polar cone -K_{1/a}. Shape (S,), S >= 2; a > 0 a number."""
    return -project(xp, -x, 1 / a)


def project_right_angle(xp, x):
    """The formula usually printed for a = 1, 0 < |t| < ‖w‖: ½(1 + t/‖w‖)(‖w‖, w). Shape (S,)."""
    t, w = x[0], x[1:]
    n = xp.norm(w)
    return (1 + t / n) / 2 * xp.concat([xp.stack([n]), w])
