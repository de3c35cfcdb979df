"""What the isometry axiom freezes."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import hermitian, matrix, real, real_matrix, root, vector
from fieldcheck.fields.potentials import (
    double_trace_force,
    field_matrix,
    linear_attention,
    quartic,
    real_force,
    real_potential,
    softmax_attention,
    softmax_force,
)
from fieldcheck.register.symplectic.shared import FIELD, force_of_real
from fieldcheck.relations import Equal, Force, Zero


@claim(
    "gram-frozen",
    expect="proved",
    title="Token inner products are frozen along iX' = ∂V/∂X*",
    sources=[ours("consequence of the isometry axiom")],
    equations=["eq-gram-frozen"],
    given=dict(
        X=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
        D=hermitian("C"),
        E=hermitian("C"),
    ),
    needs=["euler-lagrange-schroedinger"],
)
def gram(xp, X, W, A, B, D, E):
    """For every real V of degree at most four that depends on X only through X*X (a quadratic, a
    single-trace and a double-trace quartic, and by linearity all their sums), iX' = ∂V/∂X* gives
    d/dt XX* = 0: each inner product of two tokens is constant in depth."""
    F = force_of_real(xp, X, W, A, B) + double_trace_force(xp, X, D, E)
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, -xp.i * F))


@gram.neighbour(
    "the real softmax field, only permutation-invariant",
    key="softmax-field",
    given=dict(W=hermitian("C"), root_r=root("r")),
)
def _(xp, X, W, root_r):
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, -xp.i * softmax_force(xp, X, W, root_r)))


@gram.neighbour(
    "softmax attention as practised", key="softmax-attention", given=dict(root_r=root("r"))
)
def _(xp, X, W, root_r):
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, softmax_attention(xp, X, W, root_r)))


@gram.neighbour("the dissipative flow X' = ∂V/∂X*", key="dissipative")
def _(xp, X, W, A, B):
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, force_of_real(xp, X, W, A, B)))


@gram.neighbour(
    "a quartic that is invariant under permutations only: Σ‖x_n‖⁴", key="permutation-only"
)
def _(xp, X):
    F = 2 * xp.expand(xp.norm2(X, axis=-1), -1) * X
    V = lambda Y: xp.sum(xp.norm2(Y, axis=-1) ** 2)
    return Force(V, X, F), Zero(xp.push(lambda Y: Y @ xp.star(Y), X, -xp.i * F))


@claim(
    "gram-frozen-noether",
    expect="proved",
    title="Noether: a token inner product moves as V does under the token rotation",
    sources=[ours()],
    equations=["eq-noether"],
    given=dict(
        X=matrix("N", "C"),
        Y=hermitian("N"),
        L=matrix("N", "N"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    needs=["euler-lagrange-schroedinger"],
)
def noether(xp, X, Y, L, W, A, B):
    """For real V, invariant or not (here with a token mixer L that breaks the symmetry), along
    iX' = ∂V/∂X* the quantity Tr(Y XX*) changes at the rate at which V changes along iYX. If V is
    invariant under all token rotations, all of XX* is constant."""
    V = lambda Z: xp.real(xp.trace(L @ Z @ W @ xp.star(Z))) + xp.real(quartic(xp, Z, A, B))
    Ls, Ws = xp.star(L), xp.star(W)
    M, As, Bs = xp.star(X) @ X, xp.star(A), xp.star(B)
    F = (L @ X @ W + Ls @ X @ Ws + X @ (A @ M @ Bs + Bs @ M @ A + B @ M @ As + As @ M @ B)) / 2
    left = xp.push(lambda Z: xp.real(xp.trace(Y @ Z @ xp.star(Z))), X, -xp.i * F)
    return Equal(left, xp.push(V, X, xp.i * Y @ X))


@noether.neighbour("the sign of the generator", key="sign")
def _(xp, X, Y, L, W):
    V = lambda Z: xp.real(xp.trace(L @ Z @ W @ xp.star(Z)))
    F = (L @ X @ W + xp.star(L) @ X @ xp.star(W)) / 2
    left = xp.push(lambda Z: xp.real(xp.trace(Y @ Z @ xp.star(Z))), X, -xp.i * F)
    return Equal(left, -xp.push(V, X, xp.i * Y @ X))


@noether.neighbour("conserved even where a token mixer breaks the symmetry", key="broken-symmetry")
def _(xp, X, Y, L, W):
    F = (L @ X @ W + xp.star(L) @ X @ xp.star(W)) / 2
    return Zero(xp.push(lambda Z: xp.real(xp.trace(Y @ Z @ xp.star(Z))), X, -xp.i * F))


@claim(
    "gram-frozen-midpoint",
    expect="proved",
    title="Implicit midpoint freezes the inner products at every discrete depth",
    sources=[ours()],
    equations=["eq-gram-midpoint"],
    given=dict(
        m=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C"), h=real()
    ),
    needs=["gram-frozen"],
)
def gram_midpoint(xp, m, W, A, B, h):
    """A step of the implicit midpoint rule of any size h, from m − ½h f(m) to m + ½h f(m), leaves
    XX* as it was: a layered network of such steps freezes the inner products too."""
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    end = lambda sign: m + sign * h * f(m) / 2
    return (
        Equal(end(1) @ xp.star(end(1)), end(-1) @ xp.star(end(-1))),
        Equal(end(1) - end(-1), h * f((end(1) + end(-1)) / 2)),
    )


@gram_midpoint.neighbour("a residual layer X + h f(X)", key="residual-layer")
def _(xp, m, W, A, B, h):
    end = m - xp.i * h * real_force(xp, m, W, A, B)
    return Equal(end @ xp.star(end), m @ xp.star(m))


TWO_LAYERS = dict(Y=matrix("k", "C"), a=matrix("k"), layers=matrix(6, "C", "C"))


def _two_layers(xp, X, layers, attention, mlp):
    """Two residual layers with weights of their own: X + mlp(X)W_k + attention(X, A_k, B_k)."""
    for k in (0, 1):
        W, A, B = layers[3 * k], layers[3 * k + 1], layers[3 * k + 2]
        X = X + mlp(xp, X) @ W + attention(xp, X, A, B)
    return X


@claim(
    "orbit-theorem",
    expect="proved",
    title="Linear layers freeze every linear relation between tokens",
    sources=[ours()],
    equations=["eq-orbit-layers"],
    given=TWO_LAYERS,
    sizes=dict(k=[1, 2, 3], C=[1, 2, 3]),
    needs=["orbit-theorem-form"],
)
def orbit(xp, Y, a, layers, *, attention=linear_attention, mlp=lambda xp, Z: Z):
    """If the last token is a linear combination of the others, it is the same combination
    after two residual layers of linear MLP plus linear attention with untied weights, different in
    each layer; by repetition at every depth."""
    X = xp.concat([Y, xp.stack([a @ Y])])
    out = _two_layers(xp, X, layers, attention, mlp)
    return Equal(out[-1], a @ out[:-1])


orbit.vary(
    "softmax attention",
    key="softmax",
    attention=lambda xp, Z, A, B: xp.softmax(Z @ A @ xp.star(Z)) @ Z @ B,
)
orbit.vary(
    "a ReLU in the MLP, real tokens",
    key="relu",
    given=dict(Y=real_matrix("k", "C"), a=vector("k"), layers=real_matrix(6, "C", "C")),
    mlp=lambda xp, Z: xp.relu(Z),
)
orbit.vary(
    "each token normalized before the MLP",
    key="layer-norm",
    given=dict(Y=real_matrix("k", "C"), a=vector("k"), layers=real_matrix(6, "C", "C")),
    mlp=lambda xp, Z: xp.unit(Z),
)


@claim(
    "orbit-theorem-form",
    expect="proved",
    title="Linear MLP plus linear attention is X G(X*X), with untied weights",
    sources=[ours()],
    equations=["eq-orbit-form"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("C", "C"),
        V=matrix("C", "C"),
        Q=matrix("C", "r"),
        K=matrix("C", "r"),
        P=matrix("C", "r"),
        O=matrix("C", "r"),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3], r=[1, 2]),
)
def orbit_form(xp, X, U, V, Q, K, P, O, *, conjugated=True):
    """A linear MLP with matrices U, V and a linear attention head computed from queries XQ, keys XK
    and values XP equals X times a C x C matrix that depends on X only through M = X*X. So
    X(t) = X(0) g(t)."""
    heads = ((X @ Q) @ xp.star(X @ K)) @ (X @ P) @ xp.star(O)
    M = (xp.star(X) if conjugated else X.T) @ X
    G = U @ xp.star(V) + Q @ xp.star(K) @ M @ P @ xp.star(O)
    return Equal((X @ U) @ xp.star(V) + heads, X @ G)


@orbit_form.neighbour(
    "g unitary in general: inner products frozen with untied weights", key="unitary"
)
def _(xp, X, U, V, Q, K, P, O):
    field = (X @ U) @ xp.star(V) + ((X @ Q) @ xp.star(X @ K)) @ (X @ P) @ xp.star(O)
    return Zero(xp.push(lambda Z: Z @ xp.star(Z), X, field))


orbit_form.vary("M = XᵀX, without conjugation", key="transpose", conjugated=False)


@claim(
    "lax-pair",
    expect="proved",
    title="X*X obeys a Lax equation: its spectrum is constant while it moves",
    sources=[ours()],
    equations=["eq-lax", "eq-lax-powers"],
    given=FIELD,
    needs=["euler-lagrange-schroedinger"],
    tex=r"i\dot M=[M,F(M)],\quad M=X^*X,\quad\tfrac{d}{dt}\operatorname{Tr}M^k=0",
)
def lax(xp, X, W, A, B):
    """The real quadratic and quartic V have the force X F(M), and along iX' = X F(M) the channels'
    Gram matrix M = X*X obeys iM' = [M, F]: the traces of M, M² and M³ are constant, as they are for
    every power."""
    M = xp.star(X) @ X
    F = field_matrix(xp, M, W, A, B)
    along = lambda f: xp.push(f, X, -xp.i * X @ F)
    return (
        Force(lambda Z: real_potential(xp, Z, W, A, B), X, X @ F),
        Equal(xp.i * along(lambda Z: xp.star(Z) @ Z), M @ F - F @ M),
        Zero(along(lambda Z: _powers(xp, Z))),
    )


def _powers(xp, Z):
    """Traces of the first three powers of Z*Z."""
    M1 = xp.star(Z) @ Z
    M2 = M1 @ M1
    return xp.real(xp.stack([xp.trace(M1), xp.trace(M2), xp.sum(M2 * M1.T)]))


@lax.neighbour(
    "the real softmax field, only permutation-invariant",
    key="softmax",
    given=dict(W=hermitian("C"), root_r=root("r")),
)
def _(xp, X, W, root_r):
    return Zero(xp.push(lambda Z: _powers(xp, Z), X, -xp.i * softmax_force(xp, X, W, root_r)))


@lax.neighbour("the dissipative flow", key="dissipative")
def _(xp, X, W, A, B):
    M = xp.star(X) @ X
    F = field_matrix(xp, M, W, A, B)
    M_dot = xp.push(lambda Z: xp.star(Z) @ Z, X, X @ F)
    return Equal(xp.i * M_dot, M @ F - F @ M)


@lax.neighbour("M itself constant", key="constant")
def _(xp, X, W, A, B):
    F = field_matrix(xp, xp.star(X) @ X, W, A, B)
    return Zero(xp.push(lambda Z: xp.star(Z) @ Z, X, -xp.i * X @ F))


@lax.neighbour("the commutator the other way round", key="sign")
def _(xp, X, W, A, B):
    M = xp.star(X) @ X
    F = field_matrix(xp, M, W, A, B)
    M_dot = xp.push(lambda Z: xp.star(Z) @ Z, X, -xp.i * X @ F)
    return Equal(xp.i * M_dot, F @ M - M @ F)
