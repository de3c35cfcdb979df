"""Kinetic minus potential energy."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, poster
from fieldcheck.domains import between, real_matrix
from fieldcheck.fields.actions import euler_lagrange, newton_lagrangian
from fieldcheck.relations import Equal, Rate, Zero

NEWTON = dict(
    X=real_matrix("N", "C"),
    X_dot=real_matrix("N", "C"),
    X_ddot=real_matrix("N", "C"),
    H=real_matrix("N", "C"),
    W=real_matrix("C", "C"),
    A=real_matrix("C", "C"),
    B=real_matrix("C", "C"),
)


def _real_potential(xp, X, W, A, B):
    """½ Tr(XWXᵀ) + ½ Tr(XAXᵀXBᵀXᵀ) for real X."""
    M = X.T @ X
    return xp.trace(W @ M + A @ M @ B.T @ M) / 2


def _real_gradient(xp, X, W, A, B):
    """Its gradient, term by term."""
    M = X.T @ X
    return X @ (W + W.T + A @ M @ B.T + B.T @ M @ A + B @ M @ A.T + A.T @ M @ B) / 2


@claim(
    "kinetic-minus-potential",
    expect="proved",
    title="Kinetic minus potential energy gives a second-order equation",
    sources=[poster("Result")],
    equations=["eq-newton"],
    given=NEWTON,
)
def newton(xp, X, X_dot, X_ddot, H, W, A, B, *, order=2, sign=1):
    """For real X and the action ∫ (½‖X'‖² − V), V a real quadratic plus quartic, the first
    variation is −∫⟨H, X'' + ∇V⟩: the equation is X'' = −∇V, of second order in depth."""
    L = lambda Y, U: newton_lagrangian(xp, Y, U, lambda Z: _real_potential(xp, Z, W, A, B))
    left = euler_lagrange(xp, L, X, X_dot, X_ddot, H)
    change = X_ddot if order == 2 else X_dot
    return Equal(left, -xp.sum(H * (change + sign * _real_gradient(xp, X, W, A, B))))


@newton.printed(
    "stationary along a first-order flow X' = −∇V",
    tex=r"S=\int(\text{Kinetic}-\text{Potential})\,dt\ \Rightarrow\ "
    r"\dot X=\text{MLP}(X)+\text{Attention}(X)",
)
def _(xp, X, H, W, A, B):
    f = lambda Y: -_real_gradient(xp, Y, W, A, B)
    L = lambda Y, U: newton_lagrangian(xp, Y, U, lambda Z: _real_potential(xp, Z, W, A, B))
    return Zero(euler_lagrange(xp, L, X, f(X), xp.push(f, X, f(X)), H))


newton.vary("X' in the place of X''", key="first-order", order=1)
newton.vary("X'' = +∇V", key="sign", sign=-1)


@claim(
    "kinetic-minus-potential-overdamped",
    title="With friction, a light particle on a parabola follows the first-order flow, at rate m",
    sources=[ours()],
    equations=["eq-overdamped"],
    given=dict(k=between(1, 2), x=between(1, 2), v=between(1, 2), t=between(3, 4)),
    needs=["kinetic-minus-potential"],
)
def overdamped(xp, k, x, v, t, *, velocity=1):
    """For k, x, v from 1 to 2 and t from 3 to 4: the solution of mx'' + x' = −kx with x(0) = x,
    x'(0) = v differs from the solution exp(−kt)x of x' = −kx by m exp(−kt)(v + kx − k²tx) to
    leading order as m = 1/n goes to 0."""
    limit = xp.exp(-k * t) * x
    constant = xp.exp(-k * t) * xp.abs(velocity * v + k * x - k**2 * t * x)
    return Rate(lambda n: xp.abs(_damped(xp, n, k, x, v, t) - limit), 1, constant, start=32)


def _damped(xp, n, k, x, v, t):
    """x(t) for x''/n + x' = −kx, x(0) = x, x'(0) = v; overdamped for n > 4k."""
    root = xp.sqrt(1 - 4 * k / n)
    slow, fast = n * (root - 1) / 2, -n * (root + 1) / 2
    weight = (v - fast * x) / (slow - fast)
    return weight * xp.exp(slow * t) + (x - weight) * xp.exp(fast * t)


@overdamped.neighbour("second order in the mass", key="second-order")
def _(xp, k, x, v, t):
    limit = xp.exp(-k * t) * x
    return Rate(lambda n: xp.abs(_damped(xp, n, k, x, v, t) - limit), 2, start=32)


overdamped.vary("the starting velocity left out of the constant", key="no-velocity", velocity=0)


@overdamped.neighbour("the mass held at 1/32", key="fixed-mass")
def _(xp, k, x, v, t):
    limit = xp.exp(-k * t) * x
    return Rate(lambda n: xp.abs(_damped(xp, 32, k, x, v, t) - limit), 1, start=32)
