"""Finite depth: which flows end."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import matrix, nonnegative, positive, real
from fieldcheck.fields import potentials
from fieldcheck.register.linear_transformer.shared import UP_TO_3
from fieldcheck.relations import AtMost, Equal, Zero, at_most

QUARTIC = dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C"))


@claim(
    "quartic-blow-up",
    expect="proved",
    title="Where a real quartic potential is positive, the paper's flow has a finite depth",
    sources=[ours("consequence of the paper's Definition 2")],
    equations=["eq-lt-blow-up-rates", "eq-lt-blow-up-bound"],
    given=QUARTIC,
    sizes=dict(N=[1, 2], C=[1, 2]),
    needs=["quartic-gives-attention"],
    tex=r"\dot y = 4V,\quad y\,\ddot y \ge 2\,\dot y^2 \qquad (y = \norm{X}^2)",
)
def quartic_blow_up(xp, X, A, B):
    """Along X' = ∂V/∂X* with V the real part of Tr(XAX*XB*X*), y = ‖X‖² obeys y' = 4V and
    y y'' ≥ 2 y'². So 1/y is concave and, if V(X₀) > 0, reaches zero no later than
    t* = ‖X₀‖²/(4V(X₀)): the state blows up."""
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    force = lambda X: potentials.real_force(xp, X, A * 0, A, B)
    first, second = 4 * V(X), 4 * xp.push(V, X, force(X))
    x, f = xp.flatten(X), xp.flatten(force(X))
    wedge = x[:, None] * f[None, :] - f[:, None] * x[None, :]
    room = 4 * xp.sum(xp.abs2(wedge))
    return (
        Equal(xp.push(xp.norm2, X, force(X)), first),
        *at_most(2 * first * first, xp.norm2(X) * second, room=room, sharp=True),
    )


@quartic_blow_up.neighbour("the conservative flow iX' blowing up", key="conservative-flow")
def _(xp, X, A, B):
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    force = lambda X: -xp.i * potentials.real_force(xp, X, A * 0, A, B)
    return Equal(xp.push(xp.norm2, X, force(X)), 4 * V(X))


@quartic_blow_up.neighbour("the constant 2 for 4", key="constant-2")
def _(xp, X, A, B):
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    return Equal(xp.push(xp.norm2, X, potentials.real_force(xp, X, A * 0, A, B)), 2 * V(X))


@quartic_blow_up.neighbour("a faster law, y y'' ≥ 3 y'²", key="faster-law")
def _(xp, X, A, B):
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    force = potentials.real_force(xp, X, A * 0, A, B)
    first, second = 4 * V(X), 4 * xp.push(V, X, force)
    return AtMost(3 * first * first, xp.norm2(X) * second)


@claim(
    "quartic-blow-up-scalar",
    expect="proved",
    title="One number blows up exactly at the bound; with V negative it lives for ever",
    sources=[ours("sharpness of the bound")],
    equations=["eq-lt-blow-up-scalar"],
    given=dict(a=positive(), y0=positive(), t=real(), s=nonnegative()),
    needs=["quartic-blow-up"],
)
def quartic_blow_up_scalar(xp, a, y0, t, s):
    """For one token with one channel and V = a|x|⁴, y = |x|² solves y' = 4ay² by
    y = y₀/(1 − t/t*), with t* = ‖x₀‖²/(4V(x₀)): the bound is attained. For V = −a|x|⁴ the solution
    y₀/(1 + s/t*) exists, and falls, for all s ≥ 0."""
    last = y0 / (4 * a * y0 * y0)
    y = lambda t: y0 / (1 - t / last)
    return (
        Equal(xp.push(y, t, xp.one), 4 * a * y(t) ** 2),
        Equal(y(0 * t), y0),
        Equal(xp.push(lambda s: y(-s), s, xp.one), -4 * a * y(-s) ** 2),
        *at_most(y(-s), y0, room=4 * a * y0**2 * s / (1 + 4 * a * y0 * s)),
    )


@quartic_blow_up_scalar.neighbour("V = −a|x|⁴ blows up as well", key="negative")
def _(xp, a, y0, s):
    y = lambda s: y0 / (1 - 4 * a * y0 * s)
    return Equal(xp.push(y, s, xp.one), -4 * a * y(s) ** 2)


@quartic_blow_up_scalar.neighbour("the constant 2 for 4", key="constant-2")
def _(xp, a, y0, t):
    last = y0 / (2 * a * y0 * y0)
    y = lambda t: y0 / (1 - t / last)
    return Equal(xp.push(y, t, xp.one), 4 * a * y(t) ** 2)


@claim(
    "quartic-blow-up-conservative",
    expect="proved",
    title="The conservative flow keeps the norm, so it never blows up",
    sources=[ours("consequence of the talk's equation")],
    equations=["eq-lt-norm-kept"],
    given=QUARTIC,
    sizes=UP_TO_3,
)
def quartic_conservative(xp, X, A, B):
    """Along iX' = ∂V/∂X* with the same real V the norm of X is constant: the flow stays in a ball
    and exists for all time."""
    force = potentials.real_force(xp, X, A * 0, A, B)
    return Zero(xp.push(xp.norm2, X, -xp.i * force))


@quartic_conservative.neighbour("the same for X' without the i", key="without-the-i")
def _(xp, X, A, B):
    return Zero(xp.push(xp.norm2, X, potentials.real_force(xp, X, A * 0, A, B)))


@quartic_conservative.neighbour("a potential that is not real", key="complex-potential")
def _(xp, X, A, B):
    return Zero(xp.push(xp.norm2, X, -xp.i * potentials.quartic_force(xp, X, A, B)))
