"""Hamilton's equations from L."""

from __future__ import annotations

from fieldcheck.claim import claim
from fieldcheck.domains import real, real_invertible, vector
from fieldcheck.fields.actions import euler_lagrange
from fieldcheck.fields.duality import inverse_kinetic, kinetic
from fieldcheck.fields.mechanics import KEPLER, PENDULUM, QUARTIC, apart, hamilton
from fieldcheck.register.legendre.shared import TALK
from fieldcheck.relations import Equal, Rate, Zero


def _with_varying_mass(xp, A, b):
    """The L and H of ½(1 + ‖q‖²)⟨v, Mv⟩ − (b/4)‖q‖⁴, M = AAᵀ."""
    mass = lambda q: 1 + xp.sum(q * q)
    L = lambda q, v: mass(q) * kinetic(xp, A, v) - b * xp.sum(q * q) ** 2 / 4
    H = lambda q, p: inverse_kinetic(xp, A, p) / mass(q) + b * xp.sum(q * q) ** 2 / 4
    return L, H


@claim(
    "legendre-hamiltonian",
    expect="proved up to n = 3",
    title="Hamilton's equations for H = p q' − L are the Euler-Lagrange equation",
    sources=[TALK],
    equations=["eq-hamiltonian", "eq-hamilton", "eq-hamilton-euler-lagrange"],
    given=dict(A=real_invertible("n"), b=real(), q=vector("n"), p=vector("n"), h=vector("n")),
    needs=["legendre-gradients-inverse"],
    sizes=dict(n=[1, 2, 3]),
    tex=r"H=\langle p,\dot q\rangle-L:\quad \dot q=\frac{\partial H}{\partial p},\;"
    r"\dot p=-\frac{\partial H}{\partial q}\;\Longrightarrow\;"
    r"\frac{\mathrm d}{\mathrm dt}\frac{\partial L}{\partial\dot q}=\frac{\partial L}{\partial q}",
)
def hamiltonian(xp, A, b, q, p, h):
    """L(q, v) = ½(1 + ‖q‖²)⟨v, Mv⟩ − (b/4)‖q‖⁴, M = AAᵀ: a mass that depends on position.  With
    H(q, p) = ½⟨p, M⁻¹ p⟩/(1 + ‖q‖²) + (b/4)‖q‖⁴: at v = ∂H/∂p, p = ∂L/∂v and H = ⟨p, v⟩ − L; and
    along Hamilton's equations the Euler-Lagrange expression vanishes in every direction h."""
    L, H = _with_varying_mass(xp, A, b)
    v, force = hamilton(xp, H, q, p)
    along = lambda t: xp.gradient(lambda y: H(q + t * v, y), p + t * force)
    acceleration = xp.push(along, xp.one * 0, xp.one)
    return (
        Equal(xp.gradient(lambda u: L(q, u), v), p),
        Equal(xp.sum(p * v) - L(q, v), H(q, p)),
        Zero(euler_lagrange(xp, L, q, v, acceleration, h)),
    )


@hamiltonian.neighbour("the sign of p': p' = +∂H/∂q", key="sign-of-momentum")
def _(xp, A, b, q, p, h):
    L, H = _with_varying_mass(xp, A, b)
    v, force = hamilton(xp, H, q, p)
    along = lambda t: xp.gradient(lambda y: H(q + t * v, y), p - t * force)
    acceleration = xp.push(along, xp.one * 0, xp.one)
    return Zero(euler_lagrange(xp, L, q, v, acceleration, h))


@hamiltonian.neighbour("H = L with v eliminated: ½⟨p, q'⟩ − V", key="kinetic-minus-potential")
def _(xp, A, b, q, p):
    mass = 1 + xp.sum(q * q)
    v = xp.solve(A @ A.T, p) / mass
    potential = b * xp.sum(q * q) ** 2 / 4
    L = mass * kinetic(xp, A, v) - potential
    return Equal(xp.sum(p * v) - L, inverse_kinetic(xp, A, p) / mass - potential)


@claim(
    "legendre-hamiltonian-systems",
    expect="proved",
    title="Pendulum, Kepler's problem and the quartic oscillator, both ways",
    sources=[TALK],
    equations=["eq-three-systems"],
    given=dict(q=vector(2), p=vector(2), h=vector(2)),
    needs=["legendre-hamiltonian"],
)
def hamiltonian_systems(xp, q, p, h):
    """For two pendulums, Kepler's problem in the plane and the quartic oscillator: along
    Hamilton's equations p' is the acceleration written out, and the Euler-Lagrange expression of L
    vanishes."""
    out: list[Equal | Zero] = []
    for system in (PENDULUM, KEPLER, QUARTIC):
        L = lambda q, v, system=system: system.lagrangian(xp, q, v)
        H = lambda q, p, system=system: system.hamiltonian(xp, q, p)
        v, force = hamilton(xp, H, q, p)
        out.append(Equal(force, system.acceleration(xp, q)))
        out.append(Zero(euler_lagrange(xp, L, q, v, force, h)))
    return tuple(out)


@hamiltonian_systems.neighbour("the sign of p'", key="sign-of-momentum")
def _(xp, q, p, h):
    L = lambda q, v: QUARTIC.lagrangian(xp, q, v)
    v, force = hamilton(xp, lambda q, p: QUARTIC.hamiltonian(xp, q, p), q, p)
    return Zero(euler_lagrange(xp, L, q, v, -force, h))


@claim(
    "legendre-hamiltonian-trajectories",
    title="Trajectories of the two descriptions agree, at the order of the scheme",
    sources=[TALK],
    equations=["eq-stormer"],
    given=dict(q=vector(2), p=vector(2)),
    needs=["legendre-hamiltonian-systems"],
    tex=r"q_{k+1}-2q_k+q_{k-1}=h^2\ddot q(q_k):\qquad\|q_n-q_n^{\mathrm{Ham}}\|=O(h^2)"
    r"\quad\text{from near }q=(1,1),\ p=0",
    differs="more",
)
def hamiltonian_trajectories(xp, q, p):
    """From the same start to time 1 in n steps: Störmer's scheme for the Euler-Lagrange equation,
    and the classical Runge-Kutta method (order 4) for Hamilton's, q' = p and p' = −∂H/∂q. Their
    distance falls as 1/n², Störmer's order, for the pendulum, Kepler's problem and the quartic
    oscillator, started near q = (1, 1), p = 0."""
    return tuple(
        Rate(apart(xp, system, 1 + q / 8, p / 8), 2, start=4)
        for system in (PENDULUM, KEPLER, QUARTIC)
    )


@hamiltonian_trajectories.neighbour("the sign of p'", key="sign-of-momentum")
def _(xp, q, p):
    return Rate(apart(xp, QUARTIC, 1 + q / 8, p / 8, sign=-1), 2, start=4)
