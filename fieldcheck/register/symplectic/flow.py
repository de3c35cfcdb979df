"""The flow keeps the form, and which steps keep it, too."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import hermitian, matrix, real
from fieldcheck.fields.potentials import real_force, real_potential
from fieldcheck.fields.symplectic import omega, symplectic_defect
from fieldcheck.relations import Equal, Force, Rate, Zero


@claim(
    "flow-symplectic",
    expect="proved",
    title="The flow of iX' = ∂V/∂X*, V real, keeps the form and the norm",
    sources=[ours()],
    equations=["eq-flow-form", "eq-flow-norm"],
    given=dict(
        X=matrix("N", "C"),
        H=matrix("N", "C"),
        K=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    needs=["symplectic-form", "euler-lagrange-schroedinger"],
    tex=r"\tfrac{d}{dt}\omega(H,K)=0,\quad\tfrac{d}{dt}\lVert X\rVert^2=0",
)
def flow(xp, X, H, K, W, A, B):
    """Tangent vectors carried along iX' = ∂V/∂X* with V real (here the real part of any quadratic
    plus quartic) keep ω(H, K), so JᵀΩJ = Ω; and V(exp(ia)X) = V(X) makes ‖X‖² constant."""
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    return Zero(symplectic_defect(xp, f, X, H, K)), Zero(xp.push(xp.norm2, X, f(X)))


@flow.neighbour("an explicit Euler step of size one", key="explicit-euler")
def _(xp, X, H, K, W, A, B):
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    step = lambda U: U + xp.push(f, X, U)
    return Equal(omega(xp, step(H), step(K)), omega(xp, H, K))


@flow.neighbour("the dissipative flow X' = ∂V/∂X*", key="dissipative")
def _(xp, X, H, K, W, A, B):
    return Zero(symplectic_defect(xp, lambda Y: real_force(xp, Y, W, A, B), X, H, K))


@flow.neighbour("the norm without the phase symmetry: V = Re Tr(XGXᵀ)", key="no-phase-symmetry")
def _(xp, X, W):
    V = lambda Y: xp.real(xp.trace(Y @ W @ Y.T))
    field = -xp.i * xp.conj(X @ (W + W.T)) / 2
    return Force(V, X, xp.i * field), Zero(xp.push(xp.norm2, X, field))


@claim(
    "flow-symplectic-midpoint",
    expect="proved",
    title="Implicit midpoint keeps the form and the norm exactly",
    sources=[ours()],
    equations=["eq-midpoint"],
    given=dict(
        m=matrix("N", "C"),
        H=matrix("N", "C"),
        K=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
        h=real(),
    ),
    needs=["flow-symplectic"],
)
def midpoint(xp, m, H, K, W, A, B, h):
    """A step of the implicit midpoint rule of any size h, written by its midpoint m: it takes
    m − ½h f(m) to m + ½h f(m), and tangent vectors likewise. It keeps ω and ‖X‖ exactly."""
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    ends = lambda Y, slope: (Y - h * slope / 2, Y + h * slope / 2)
    start, end = ends(m, f(m))
    H0, H1 = ends(H, xp.push(f, m, H))
    K0, K1 = ends(K, xp.push(f, m, K))
    return (
        Equal(omega(xp, H1, K1), omega(xp, H0, K0)),
        Equal(xp.norm2(end), xp.norm2(start)),
        Equal(end - start, h * f((start + end) / 2)),
        Equal(H1 - H0, h * xp.push(f, m, (H0 + H1) / 2)),
    )


@midpoint.neighbour("explicit Euler", key="explicit-euler")
def _(xp, m, H, K, W, A, B, h):
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    at = lambda U: U + h * xp.push(f, m, U)
    return Equal(omega(xp, at(H), at(K)), omega(xp, H, K))


@midpoint.neighbour("the energy kept exactly as well", key="energy")
def _(xp, m, W, A, B, h):
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    V = lambda Y: real_potential(xp, Y, W, A, B)
    return Equal(V(m + h * f(m) / 2), V(m - h * f(m) / 2))


@claim(
    "flow-symplectic-gauss",
    expect="proved up to N, C = 3",
    title="The fourth-order Gauss-Legendre step is unitary on a linear field",
    sources=[ours()],
    equations=["eq-gauss"],
    given=dict(X=matrix("N", "C"), W=hermitian("C"), h=real()),
    needs=["flow-symplectic"],
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
)
def gauss(xp, X, W, h):
    """One step of size h of the two-stage Gauss-Legendre method for iX' = XW, W Hermitian, keeps
    every inner product of rows; hence ω and the norm."""
    Z, one = xp.i * h * W, xp.eye(W.shape[0])
    bottom, top = one + Z / 2 + Z @ Z / 12, one - Z / 2 + Z @ Z / 12
    X1 = xp.solve(bottom.T, (X @ top).T).T
    return Equal(X1 @ xp.star(X1), X @ xp.star(X))


@gauss.neighbour("the classical Runge-Kutta step", key="rk4")
def _(xp, X, W, h):
    Z, one = -xp.i * h * W, xp.eye(W.shape[0])
    X1 = X @ (one + Z + Z @ Z / 2 + Z @ Z @ Z / 6 + Z @ Z @ Z @ Z / 24)
    return Equal(X1 @ xp.star(X1), X @ xp.star(X))


@gauss.neighbour("explicit Euler", key="explicit-euler")
def _(xp, X, W, h):
    X1 = X - xp.i * h * X @ W
    return Equal(X1 @ xp.star(X1), X @ xp.star(X))


@claim(
    "flow-symplectic-cooper",
    expect="proved",
    title="A Gauss-Legendre step keeps the inner products that its slopes keep, on any field",
    sources=[ours("Cooper's theorem, for this product")],
    equations=["eq-cooper"],
    given=dict(X=matrix("N", "C"), K=matrix(2, "N", "C"), h=real(), s=real()),
    sizes=dict(N=[1, 2, 3], C=[1, 2]),
    needs=["flow-symplectic-gauss"],
)
def cooper(xp, X, K, h, s):
    """Two stages with weights ½, a₁₁ = a₂₂ = ¼, a₁₂ = ¼ − s and a₂₁ = ¼ + s (Gauss-Legendre for
    s = √3/6) satisfy b_i a_ij + b_j a_ji = b_i b_j. So whatever the slopes K_i are, XX* changes by
    what they would change at the stages Y_i: by nothing, where d/dt XX* = 0."""
    quarter = xp.one / 4
    return Equal(*_inner_products(xp, X, K, h, [[quarter, quarter - s], [quarter + s, quarter]]))


def _inner_products(xp, X, K, h, a):
    """The change of XX* in a step with weights ½, and the sum over its stages."""
    end = X + h * (K[0] + K[1]) / 2
    stages = [X + h * (row[0] * K[0] + row[1] * K[1]) for row in a]
    rates = [k @ xp.star(y) + y @ xp.star(k) for k, y in zip(K, stages, strict=True)]
    return end @ xp.star(end) - X @ xp.star(X), h * (rates[0] + rates[1]) / 2


@cooper.neighbour("Heun's explicit step, with the same weights", key="heun")
def _(xp, X, K, h):
    return Equal(*_inner_products(xp, X, K, h, [[0, 0], [1, 0]]))


@claim(
    "flow-symplectic-rk4",
    expect="proved",
    title="A classical Runge-Kutta step loses the norm at sixth order",
    sources=[ours()],
    equations=["eq-rk4-loss"],
    given=dict(w=real()),
)
def rk4_loss(xp, w, *, order=6):
    """One step of size h of the classical Runge-Kutta method for ix' = wx loses (wh)⁶/72 of |x|²,
    to leading order: over a fixed depth the drift is of fifth order and always downwards."""

    def loss(n):
        z = -xp.i * w / n
        return 1 - xp.abs2(1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24)

    return Rate(loss, order, w**6 / 72 if order == 6 else None)


rk4_loss.vary(
    "fifth order, as the local error of a fourth-order method would suggest",
    key="fifth-order",
    order=5,
)


@rk4_loss.neighbour("explicit Euler as good", key="explicit-euler")
def _(xp, w):
    return Rate(lambda n: xp.abs2(1 - xp.i * w / n) - 1, 6)


@rk4_loss.neighbour("nothing lost: implicit midpoint has no rate", key="midpoint")
def _(xp, w):
    half = xp.i * w / 2
    return Rate(lambda n: 1 - xp.abs2((1 - half / n) / (1 + half / n)), 6)
