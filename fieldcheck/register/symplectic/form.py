"""The symplectic form."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import matrix, real_matrix
from fieldcheck.fields.symplectic import (
    exterior,
    exterior_of_two_form,
    form_matrix,
    omega,
    phase,
    theta,
)
from fieldcheck.relations import Equal, Rank, Zero

TANGENTS = dict(X=matrix("N", "C"), H=matrix("N", "C"), K=matrix("N", "C"))


@claim(
    "symplectic-form",
    expect="proved",
    title="i dX∧dX* is minus the derivative of the talk's one-form, and dq∧dp",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?")],
    equations=["eq-symplectic-form"],
    given=dict(
        q=real_matrix("N", "C"),
        p=real_matrix("N", "C"),
        h_q=real_matrix("N", "C"),
        h_p=real_matrix("N", "C"),
        k_q=real_matrix("N", "C"),
        k_p=real_matrix("N", "C"),
    ),
)
def symplectic_form(xp, q, p, h_q, h_p, k_q, k_p):
    """With d(f a) = df ∧ a, the one-form θ = (i/2) Tr(dX X* − X dX*) satisfies
    −dθ = i Tr dX∧dX* = Σ dq∧dp, applied to two tangent vectors H and K."""
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    wedge = xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))
    return Equal(minus, xp.i * wedge), Equal(minus, xp.sum(h_q * k_p - k_q * h_p))


@symplectic_form.printed(
    "the derivative without the minus sign (the usual d)",
    tex=r"\omega=\tfrac{i}{2}((dX)X^*-X\,dX^*),\quad d\omega=i\,dX\wedge dX^*",
)
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    plus = exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(plus, xp.i * (xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))))


@symplectic_form.neighbour("−dθ = dp∧dq, the sign of the pair turned", key="sign")
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(minus, xp.sum(h_p * k_q - k_p * h_q))


@symplectic_form.neighbour("a factor 2: X = q + ip without the root", key="factor-two")
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = q + xp.i * p, h_q + xp.i * h_p, k_q + xp.i * k_p
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(minus, xp.sum(h_q * k_p - k_q * h_p))


@symplectic_form.neighbour("the factor i missing", key="missing-i")
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(minus, xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H)))


@claim(
    "symplectic-form-one-form",
    expect="proved",
    title="The talk's ω is the one-form ½ Σ (p dq − q dp)",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?")],
    equations=["eq-one-form"],
    given=dict(
        q=real_matrix("N", "C"),
        p=real_matrix("N", "C"),
        h_q=real_matrix("N", "C"),
        h_p=real_matrix("N", "C"),
    ),
)
def one_form(xp, q, p, h_q, h_p):
    """What the talk calls ω is a one-form, θ = ½ Σ (p dq − q dp): it differs from Σ p dq by the
    differential of ½ Σ p q."""
    X, H = phase(xp, q, p), phase(xp, h_q, h_p)
    left = xp.i * xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2
    return Equal(left, xp.sum(p * h_q - q * h_p) / 2)


@one_form.neighbour("p dq, the differential forgotten", key="p-dq")
def _(xp, q, p, h_q, h_p):
    X, H = phase(xp, q, p), phase(xp, h_q, h_p)
    left = xp.i * xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2
    return Equal(left, xp.sum(p * h_q))


@one_form.neighbour("the paper's one-form, without the i", key="missing-i")
def _(xp, q, p, h_q, h_p):
    X, H = phase(xp, q, p), phase(xp, h_q, h_p)
    return Equal(xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2, xp.sum(p * h_q - q * h_p) / 2)


@claim(
    "symplectic-form-paper",
    expect="proved",
    title="The paper's one-form is imaginary and its derivative is −dX∧dX*",
    sources=[paper("Definition 2")],
    equations=["eq-paper-one-form"],
    given=TANGENTS,
)
def paper_form(xp, X, H, K):
    """The paper's α = ½ Tr(dX X* − X dX*) takes imaginary values, and dα = −Tr dX∧dX*. Multiplied
    by i it is the talk's one-form."""
    alpha = lambda Y, U: xp.trace(U @ xp.star(Y) - Y @ xp.star(U)) / 2
    wedge = xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))
    return (
        Equal(exterior(xp, alpha, X, H, K), -wedge),
        Zero(xp.real(alpha(X, H))),
        Equal(xp.i * alpha(X, H), theta(xp, X, H)),
    )


@paper_form.printed("dα = dX∧dX* (the paper prints X* for dX*)", tex=r"d\alpha=dX\wedge X^*")
def _(xp, X, H, K):
    alpha = lambda Y, U: xp.trace(U @ xp.star(Y) - Y @ xp.star(U)) / 2
    wedge = xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))
    return Equal(exterior(xp, alpha, X, H, K), wedge)


@paper_form.neighbour("α real", key="real")
def _(xp, X, H, K):
    return Zero(xp.imag(xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2))


SMALL = dict(N=[1, 2], C=[1, 2])


@claim(
    "symplectic-nondegenerate",
    expect="proved up to N, C = 2",
    title="The two-form is nondegenerate",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?")],
    equations=["eq-nondegenerate"],
    given=dict(X=matrix("N", "C")),
    needs=["symplectic-form"],
    sizes=SMALL,
)
def nondegenerate(xp, X):
    """−dθ has full rank 2NC on the real space of complex N x C states: no direction is invisible
    to it, so a real potential determines its flow."""
    form = lambda H, K: -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    N, C = X.shape
    return Rank(form_matrix(xp, form, X.shape), 2 * N * C)


@nondegenerate.neighbour(
    "a one-form that sees a single mixture of channels",
    key="rank-deficient",
    given=dict(v=matrix("C")),
)
def _(xp, X, v):
    form = lambda H, K: omega(xp, H @ v, K @ v)
    N, C = X.shape
    return Rank(form_matrix(xp, form, X.shape), 2 * N * C)


@claim(
    "symplectic-nondegenerate-compatible",
    expect="proved",
    title="On H and iH the two-form is twice the squared norm",
    sources=[ours()],
    equations=["eq-compatible"],
    given=dict(X=matrix("N", "C"), H=matrix("N", "C")),
    needs=["symplectic-form"],
)
def compatible(xp, X, H, *, sign=1):
    """With ω = −dθ, ω(H, iH) = 2‖H‖² at every size: so no H but zero is invisible to ω."""
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, sign * xp.i * H)
    return Equal(minus, 2 * xp.real(xp.trace(H @ xp.star(H))))


compatible.vary("−iH for iH", key="sign", sign=-1)


@claim(
    "symplectic-nondegenerate-closed",
    expect="proved",
    title="The two-form is closed",
    sources=[talk("Why Is iX' = ∂V/∂X* Canonical?")],
    equations=["eq-closed"],
    given=dict(**TANGENTS, L=matrix("N", "C")),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
)
def closed(xp, X, H, K, L):
    """The exterior derivative of −dθ vanishes on any three tangent vectors."""
    form = lambda Y, U, V: -exterior(xp, lambda Z, T: theta(xp, Z, T), Y, U, V)
    return Zero(exterior_of_two_form(xp, form, X, H, K, L))


@closed.neighbour("the same form scaled by ‖X‖²", key="rescaled")
def _(xp, X, H, K, L):
    form = lambda Y, U, V: xp.norm2(Y) * omega(xp, U, V)
    return Zero(exterior_of_two_form(xp, form, X, H, K, L))


@claim(
    "symplectic-nondegenerate-real-states",
    expect="proved",
    title="Real states carry no symplectic form",
    sources=[ours()],
    equations=["eq-real-lagrangian"],
    given=dict(h=real_matrix("N", "C"), k=real_matrix("N", "C")),
)
def real_states(xp, h, k):
    """On two real tangent vectors the form is zero: the real states are a Lagrangian subspace, all
    position and no momentum."""
    return Zero(xp.i * (xp.trace(h @ xp.star(k)) - xp.trace(k @ xp.star(h))))


real_states.vary(
    "complex tangent vectors", key="complex", given=dict(h=matrix("N", "C"), k=matrix("N", "C"))
)
