"""The first-order action, whose transform is singular."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import matrix, positive, real, real_invertible, vector
from fieldcheck.fields.actions import phase_space_lagrangian
from fieldcheck.fields.duality import inverse_kinetic, kinetic
from fieldcheck.fields.potentials import quadratic
from fieldcheck.fields.symplectic import pairing
from fieldcheck.relations import AtMost, Equal, Zero, at_most

DEF2 = paper("Definition 2")


@claim(
    "legendre-singular",
    expect="proved",
    title="The first-order action has a singular Legendre transform",
    sources=[DEF2],
    equations=["eq-singular-line", "eq-singular-hessian"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("N", "C"),
        D=matrix("N", "C"),
        W=matrix("C", "C"),
        s=real(),
    ),
    tex=r"\operatorname{Re}\operatorname{Tr}(\dot X\Pi^*)-L(X,\dot X)=V(X)+s\|\Pi+iX\|^2"
    r"\quad\text{at }\dot X=s(\Pi+iX)",
)
def singular(xp, X, U, D, W, s):
    """L = Tr (i/2)(X'X* − XX'*) − V(X) is linear in X': its second derivative in X' vanishes. For
    a momentum Π = −iX + D the velocity sD gives ⟨Π, X'⟩ − L = V + s‖D‖²: the supremum is +∞ unless
    Π = −iX, and there it is V for every velocity."""
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = lambda U: phase_space_lagrangian(xp, X, U, V)
    value = lambda P, U: xp.real(pairing(xp, U, P)) - L(U)
    return (
        Equal(value(-xp.i * X + D, s * D), V(X) + s * xp.norm2(D)),
        Equal(value(-xp.i * X, U), V(X)),
        Zero(xp.push(lambda Z: xp.push(L, Z, D), U, U)),
    )


@singular.reading(
    "the Legendre transform is V for every momentum", tex=r"L^*(\Pi)=V\quad\text{for all }\Pi"
)
def _(xp, X, U, D, W):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = phase_space_lagrangian(xp, X, U, V)
    return Equal(xp.real(pairing(xp, U, -xp.i * X + D)) - L, V(X))


@singular.neighbour("finite everywhere: bounded by V + ½‖Π + iX‖²", key="finite-everywhere")
def _(xp, X, U, D, W):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = phase_space_lagrangian(xp, X, U, V)
    value = xp.real(pairing(xp, U, -xp.i * X + D) - L)
    return AtMost(value, V(X) + xp.norm2(D) / 2)


@singular.neighbour("the constraint Π = +iX", key="sign")
def _(xp, X, U, W):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = phase_space_lagrangian(xp, X, U, V)
    return Equal(xp.real(pairing(xp, U, xp.i * X)) - L, V(X))


@claim(
    "legendre-singular-recovered",
    expect="proved",
    title="A small kinetic term makes it regular, with the constraint as its limit",
    sources=[ours()],
    equations=["eq-singular-regularized"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("N", "C"),
        P=matrix("N", "C"),
        W=matrix("C", "C"),
        m=positive(),
    ),
    needs=["legendre-singular"],
)
def singular_recovered(xp, X, U, P, W, m):
    """With ½m‖X'‖² added, m > 0, the supremum over velocities is V + ‖Π + iX‖²/(2m), attained at
    X' = (Π + iX)/m.  As m goes to 0 this goes to V on Π = −iX and to +∞ elsewhere."""
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    D = P + xp.i * X
    value = lambda U: (
        xp.real(pairing(xp, U, P)) - phase_space_lagrangian(xp, X, U, V) - m * xp.norm2(U) / 2
    )
    best = V(X) + xp.norm2(D) / (2 * m)
    return (
        *at_most(xp.real(value(U)), best, room=m * xp.norm2(U - D / m) / 2, sharp=True),
        Equal(value(D / m), best),
    )


@singular_recovered.neighbour("the half is lost", key="half")
def _(xp, X, P, W, m):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    D = P + xp.i * X
    U = D / m
    L = phase_space_lagrangian(xp, X, U, V) + m * xp.norm2(U) / 2
    return Equal(xp.real(pairing(xp, U, P)) - L, V(X) + xp.norm2(D) / m)


@claim(
    "legendre-singular-eliminated",
    expect="proved up to C = 3",
    title="Eliminating the momenta inside X recovers a Legendre transform: that of V",
    sources=[
        DEF2,
        talk("Why Is iX' = ∂V/∂X* Canonical?"),
        ours("the strongest reading of “recovers”"),
    ],
    equations=["eq-singular-eliminated"],
    given=dict(
        A=real_invertible("C"), q=vector("C"), p=vector("C"), v=vector("C"), w=vector("C"), u=real()
    ),
    sizes=dict(C=[1, 2, 3]),
    needs=["legendre-definition", "legendre-singular"],
    tex=r"X=\tfrac{q+ip}{\sqrt2},\ V=\tfrac12\langle p,M^{-1}p\rangle+U(q):\quad"
    r"\sup_p\bigl(L(X,\dot X)+\tfrac12\tfrac{d}{dt}\langle p,q\rangle\bigr)"
    r"=\tfrac12\langle\dot q,M\dot q\rangle-U(q)",
    differs="otherwise",
)
def singular_eliminated(xp, A, q, p, v, w, u):
    """For one token X = (q + ip)/√2 with velocity (v + iw)/√2 the first-order Lagrangian is
    ⟨p, v⟩ − V(q, p) up to the total derivative −½⟨p, q⟩'. If V is convex in p, its supremum over p
    is the ordinary Lagrangian, ½⟨v, Mv⟩ − U for V = ½⟨p, M⁻¹p⟩ + U, attained at p = Mv."""
    return _eliminated(xp, A, q, p, v, w, u, inverse_kinetic(xp, A, p))


def _eliminated(xp, A, q, p, v, w, u, energy):
    """The first-order Lagrangian with V = energy + u, and its supremum over the momenta."""
    state, velocity = (q + xp.i * p)[None, :], (v + xp.i * w)[None, :]
    kinetic_part = phase_space_lagrangian(xp, state, velocity, lambda X: xp.norm2(X) * 0) / 2
    total = xp.sum(w * q) + xp.sum(p * v)
    value = xp.sum(p * v) - energy - u
    best = kinetic(xp, A, v) - u
    square = xp.norm2(xp.solve(A, p) - A.T @ v) / 2
    return (
        Equal(kinetic_part + total / 2, xp.sum(p * v)),
        *at_most(value, best, room=square, sharp=True),
        Equal(xp.sum((A @ (A.T @ v)) * v) - inverse_kinetic(xp, A, A @ (A.T @ v)) - u, best),
    )


@singular_eliminated.neighbour("V concave in p: no supremum", key="concave")
def _(xp, A, q, p, v, w, u):
    return _eliminated(xp, A, q, p, v, w, u, -inverse_kinetic(xp, A, p))


@singular_eliminated.neighbour("the mass for its inverse", key="mass-not-inverted")
def _(xp, A, q, p, v, w, u):
    return _eliminated(xp, A, q, p, v, w, u, kinetic(xp, A, p))
