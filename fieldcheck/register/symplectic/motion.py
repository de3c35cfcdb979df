"""The equation of motion, from the action."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, poster, talk
from fieldcheck.domains import hermitian, matrix, number, real, skew_hermitian
from fieldcheck.fields.actions import euler_lagrange, phase_space_lagrangian
from fieldcheck.fields.potentials import quadratic, quartic, quartic_force, real_potential
from fieldcheck.register.symplectic.shared import force_of_real
from fieldcheck.relations import Equal, Force, Zero

MOTION = dict(
    X=matrix("N", "C"),
    X_dot=matrix("N", "C"),
    X_ddot=matrix("N", "C"),
    H=matrix("N", "C"),
    W=matrix("C", "C"),
    A=matrix("C", "C"),
    B=matrix("C", "C"),
)


@claim(
    "euler-lagrange-schroedinger",
    expect="proved",
    title="The phase-space action of a real V is stationary iff iX' = ∂V/∂X*",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?"), talk("In-Context Learning")],
    equations=["eq-first-variation"],
    given=MOTION,
    needs=["phase-space-kinetic-cyclic"],
)
def schroedinger(xp, X, X_dot, X_ddot, H, W, A, B, *, sign=1, factor=1):
    """For real V (here the real part of any quadratic plus quartic of the theory) the first
    variation of the action along H, ends held, is the integral of 2 Re Tr H*(iX' − ∂V/∂X*): so
    it vanishes for all H exactly on solutions of iX' = ∂V/∂X*."""
    V = lambda Y: real_potential(xp, Y, W, A, B)
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    defect = sign * xp.i * X_dot - factor * force_of_real(xp, X, W, A, B)
    left = euler_lagrange(xp, L, X, X_dot, X_ddot, H)
    return Equal(left, 2 * xp.real(xp.trace(xp.star(H) @ defect)))


@schroedinger.printed(
    "the talk's own V, with weights as they come: its action is stationary along its flow",
    tex=r"V=\tfrac i2\operatorname{Tr}(XWX^*)+\tfrac i2\operatorname{Tr}(XAX^*XB^*X^*)",
)
def _(xp, X, X_ddot, H, W, A, B):
    V = lambda Y: xp.i * (quadratic(xp, Y, W) + quartic(xp, Y, A, B)) / 2
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M = xp.star(X) @ X
    X_dot = X @ (W + A @ M @ xp.star(B) + xp.star(B) @ M @ A) / 2
    return Zero(euler_lagrange(xp, L, X, X_dot, X_ddot, H))


schroedinger.vary("−iX' for iX'", key="sign", sign=-1)
schroedinger.vary("V doubled", key="doubled", factor=2)


@schroedinger.neighbour(
    "generic W taken as consistent: V = (i/2) Tr(XWX*) with X' = ½ XW", key="generic-weights"
)
def _(xp, X, X_ddot, H, W):
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, lambda Z: xp.i * quadratic(xp, Z, W) / 2)
    return Zero(euler_lagrange(xp, L, X, X @ W / 2, X_ddot, H))


@claim(
    "euler-lagrange-schroedinger-complex",
    expect="proved",
    title="A complex V gives two equations, X' = ½XW and X' = −½XW*",
    sources=[talk("In-Context Learning"), ours()],
    equations=["eq-two-equations"],
    given=dict(
        X=matrix("N", "C"),
        X_dot=matrix("N", "C"),
        X_ddot=matrix("N", "C"),
        H=matrix("N", "C"),
        W=matrix("C", "C"),
    ),
)
def two_equations(xp, X, X_dot, X_ddot, H, W, *, other=lambda xp, X, W: -X @ xp.star(W) / 2):
    """With the talk's V = (i/2) Tr(XWX*), the part of the first variation antilinear in H demands
    X' = ½XW and the part linear in H demands X' = −½XW*. Both can hold only if X(W + W*) = 0."""
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, lambda Z: xp.i * quadratic(xp, Z, W) / 2)
    first = xp.i * xp.trace(xp.star(H) @ (X_dot - X @ W / 2))
    second = -xp.i * xp.trace(xp.star(X_dot - other(xp, X, W)) @ H)
    return Equal(euler_lagrange(xp, L, X, X_dot, X_ddot, H), first + second)


two_equations.vary(
    "the second equation X' = −½XW, without the star",
    key="no-star",
    other=lambda xp, X, W: -X @ W / 2,
)
two_equations.vary(
    "both parts ask for X' = ½XW", key="consistent", other=lambda xp, X, W: X @ W / 2
)


@claim(
    "euler-lagrange-schroedinger-residue",
    expect="proved",
    title="The action of a complex V fails to be stationary by the force of Im V",
    sources=[ours()],
    equations=["eq-residue"],
    given=dict(
        X=matrix("N", "C"),
        X_ddot=matrix("N", "C"),
        H=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    needs=["euler-lagrange-schroedinger"],
)
def residue(xp, X, X_ddot, H, W, A, B, *, conjugated=True):
    """Along iX' = ∂V/∂X* with any complex quadratic plus quartic V, the first variation is
    −2i times the conjugate of Tr H* ∂(Im V)/∂X*: it vanishes for all H iff Im V exerts no force."""
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M, Ws, As, Bs = xp.star(X) @ X, xp.star(W), xp.star(A), xp.star(B)
    X_dot = -xp.i * X @ (W + A @ M @ Bs + Bs @ M @ A)
    G = -xp.i * X @ (W - Ws + A @ M @ Bs + Bs @ M @ A - B @ M @ As - As @ M @ B) / 2
    left = euler_lagrange(xp, L, X, X_dot, X_ddot, H)
    overlap = xp.trace(xp.star(H) @ G)
    return Equal(left, -2 * xp.i * (xp.conj(overlap) if conjugated else overlap))


@residue.neighbour("no residue: stationary for every V", key="no-residue")
def _(xp, X, X_ddot, H, W, A, B):
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M, Bs = xp.star(X) @ X, xp.star(B)
    X_dot = -xp.i * X @ (W + A @ M @ Bs + Bs @ M @ A)
    return Zero(euler_lagrange(xp, L, X, X_dot, X_ddot, H))


residue.vary("the residue not conjugated", key="conjugate", conjugated=False)


@claim(
    "euler-lagrange-schroedinger-skew",
    expect="proved",
    title="The talk's action is consistent for weights that make its V real",
    sources=[talk("In-Context Learning"), ours()],
    equations=["eq-skew-weights"],
    given=dict(
        X=matrix("N", "C"),
        X_ddot=matrix("N", "C"),
        H=matrix("N", "C"),
        W=skew_hermitian("C"),
        A=hermitian("C"),
        B=skew_hermitian("C"),
    ),
    needs=["euler-lagrange-schroedinger-residue"],
)
def skew_weights(xp, X, X_ddot, H, W, A, B):
    """The talk's V = (i/2)(Tr XWX* + Tr XAX*XB*X*) is real for skew-Hermitian W, Hermitian A and
    skew-Hermitian B; then its action is stationary along its flow."""
    V = lambda Y: xp.i * (quadratic(xp, Y, W) + quartic(xp, Y, A, B)) / 2
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M = xp.star(X) @ X
    X_dot = X @ (W + A @ M @ xp.star(B) + xp.star(B) @ M @ A) / 2
    return Zero(euler_lagrange(xp, L, X, X_dot, X_ddot, H))


@skew_weights.neighbour("Hermitian W", key="hermitian", given=dict(W=hermitian("C")))
def _(xp, X, X_ddot, H, W):
    V = lambda Y: xp.i * quadratic(xp, Y, W) / 2
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    return Zero(euler_lagrange(xp, L, X, X @ W / 2, X_ddot, H))


@claim(
    "euler-lagrange-schroedinger-nonlinear",
    title="With a quartic in V, is the equation a linear Schrödinger equation?",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?"), ours()],
    expect="refuted",
    given=dict(X=matrix("N", "C"), Y=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=dict(N=[1, 2], C=[1, 2]),
    needs=["quartic-gives-attention"],
    tex=r"\ii\dot X=F(X),\ F=\frac{\partial V_4}{\partial X^*}:\quad F(X+Y)=F(X)+F(Y)",
)
def superposition(xp, X, Y, A, B):
    """If it were, the sum of two solutions would be one. It is not: attention is cubic, and the
    talk's equation with it a nonlinear Schrödinger equation."""
    F = lambda X: quartic_force(xp, X, A, B)
    return Force(lambda X: quartic(xp, X, A, B), X, F(X)), Equal(F(X + Y), F(X) + F(Y))


@superposition.neighbour(
    "with the quadratic alone", key="quadratic", given=dict(W=matrix("C", "C"))
)
def _(xp, X, Y, W):
    F = lambda X: X @ W
    return Force(lambda X: quadratic(xp, X, W), X, F(X)), Equal(F(X + Y), F(X) + F(Y))


@claim(
    "euler-lagrange-schroedinger-ends",
    title="Are any two ends joined by a stationary path?",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?"), poster("The Approach")],
    equations=["eq-ends"],
    given=dict(a=number(), b=number(), w=real(), t=real()),
    expect="refuted",
)
def ends(xp, a, b, w, t):
    """Denied: for one token, one channel and V = w|x|², the solution x of ix' = wx that starts at a
    ends at b, whatever b is. A first-order equation takes one end, not two."""
    path = lambda s: xp.exp(-xp.i * w * s) * a
    return (
        Zero(xp.i * xp.push(path, t, xp.one) - w * path(t)),
        Zero(path(xp.one * 0) - a),
        Zero(path(xp.one) - b),
    )


@ends.neighbour("the far end moved by the flow itself", key="joined-by-the-flow")
def _(xp, a, w, t):
    path = lambda s: xp.exp(-xp.i * w * s) * a
    return (
        Zero(xp.i * xp.push(path, t, xp.one) - w * path(t)),
        Zero(path(xp.one * 0) - a),
        Zero(path(xp.one) - (xp.cos(w) - xp.i * xp.sin(w)) * a),
    )
