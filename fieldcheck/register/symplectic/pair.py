"""The paper's pair of equations."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import matrix, real
from fieldcheck.fields.actions import euler_lagrange
from fieldcheck.fields.potentials import quadratic, quartic, real_potential
from fieldcheck.register.symplectic.shared import force_of_real
from fieldcheck.relations import Equal, Zero


def _linear_part(xp, V, X, H):
    """Tr(∂V/∂X H): the part of dV that is linear in H."""
    return (xp.push(V, X, H) - xp.i * xp.push(V, X, xp.i * H)) / 2


PAIR = dict(
    X=matrix("N", "C"),
    H=matrix("N", "C"),
    W=matrix("C", "C"),
    A=matrix("C", "C"),
    B=matrix("C", "C"),
    c=real(),
)


@claim(
    "euler-lagrange-pair",
    expect="proved",
    title="X' = ∂V/∂X* and −X*' = ∂V/∂X are one equation for imaginary V",
    sources=[paper("Definition 2")],
    equations=["eq-pair"],
    given=PAIR,
)
def pair(xp, X, H, W, A, B, c, *, sign=-1):
    """For V = iR + c with R real (here any quadratic plus quartic) and c a constant, the paper's
    two equations are conjugates of each other: with X' = ∂V/∂X*, −X*' equals ∂V/∂X."""
    V = lambda Y: xp.i * real_potential(xp, Y, W, A, B) + c
    X_dot = xp.i * force_of_real(xp, X, W, A, B)
    return Equal(sign * xp.trace(xp.star(X_dot) @ H), _linear_part(xp, V, X, H))


@pair.printed(
    "equivalent for any potential",
    tex=r"\dot X=\frac{\partial V}{\partial X^*}"
    r"\ \text{or equivalently}\ -\dot X^*=\frac{\partial V}{\partial X}",
)
def _(xp, X, H, W, A, B):
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    M, Bs = xp.star(X) @ X, xp.star(B)
    X_dot = X @ (W + A @ M @ Bs + Bs @ M @ A)
    return Equal(-xp.trace(xp.star(X_dot) @ H), _linear_part(xp, V, X, H))


@pair.neighbour("a real potential", key="real-potential")
def _(xp, X, H, W, A, B):
    V = lambda Y: real_potential(xp, Y, W, A, B)
    X_dot = force_of_real(xp, X, W, A, B)
    return Equal(-xp.trace(xp.star(X_dot) @ H), _linear_part(xp, V, X, H))


pair.vary("without the minus sign", key="sign", sign=1)


@claim(
    "euler-lagrange-pair-defect",
    expect="proved",
    title="The paper's two equations differ by twice the force of Re V",
    sources=[paper("Definition 2"), ours()],
    equations=["eq-pair-defect"],
    given=dict(
        X=matrix("N", "C"),
        H=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
)
def pair_defect(xp, X, H, W, A, B, *, real=True, factor=2):
    """For any quadratic plus quartic V, ∂V/∂X + (∂V/∂X*)* is twice the conjugate force of Re V: the
    two equations agree exactly where that force vanishes, and everywhere iff Re V is constant."""
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    M, Bs = xp.star(X) @ X, xp.star(B)
    F = X @ (W + A @ M @ Bs + Bs @ M @ A)
    R = force_of_real(xp, X, W, A, B) if real else F
    both = _linear_part(xp, V, X, H) + xp.trace(xp.star(F) @ H)
    return Equal(both, factor * xp.trace(xp.star(R) @ H))


@claim(
    "euler-lagrange-pair-adjoint",
    title="With X and X* independent, any weights give a state and its adjoint",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?"), ours("a third reading")],
    equations=["eq-adjoint"],
    given=dict(X=matrix("N", "C"), Y=matrix("N", "C"), W=matrix("C", "C"), H=matrix(2, "N", "C")),
    tex=r"S=\int\operatorname{Tr}\bigl(\tfrac i2(\dot XY^{\mathsf T}-X\dot Y^{\mathsf T})"
    r"-\tfrac i2XWY^{\mathsf T}\bigr)dt:\quad\dot X=\tfrac12XW,\ \dot Y=-\tfrac12YW^{\mathsf T}",
    differs="more",
)
def adjoint(xp, X, Y, W, H, *, transposed=True, sign=-1):
    """Replace X* by an independent Yᵀ in the talk's action with its quadratic V. It is stationary
    along X' = ½XW, the talk's linear layer for free W, and Y' = −½YWᵀ, the equation of
    backpropagation through it: Tr(XYᵀ) is constant."""
    back = sign * Y @ (W.T if transposed else W) / 2
    state, speed = xp.stack([X, Y]), xp.stack([X @ W / 2, back])
    varied = euler_lagrange(xp, lambda Z, U: _doubled(xp, Z, U, W), state, speed, speed * 0, H)
    paired = xp.push(lambda Z: xp.sum(Z[0] * Z[1]), state, speed)
    return Zero(varied), Zero(paired)


def _doubled(xp, Z, U, W):
    """The talk's Lagrangian with the transpose of Z[1] for X*."""
    kinetic = xp.i * (xp.sum(U[0] * Z[1]) - xp.sum(Z[0] * U[1])) / 2
    return kinetic - xp.i * xp.sum((Z[0] @ W) * Z[1]) / 2


adjoint.vary("the adjoint runs with W", key="not-transposed", transposed=False)
adjoint.vary("it runs like the state", key="sign", sign=1)


pair_defect.vary("twice the force of V itself", key="whole-force", real=False)
pair_defect.vary("once the force of Re V", key="factor-two", factor=1)
