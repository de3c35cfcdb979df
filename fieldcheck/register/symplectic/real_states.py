"""Real states, and why their weights are symmetric."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, talk
from fieldcheck.domains import real_matrix
from fieldcheck.fields.integrability import euclidean_pairing
from fieldcheck.relations import Equal, Gradient


@claim(
    "real-field-symmetric",
    expect="proved",
    title="A real quadratic potential gives symmetric weights",
    sources=[talk("In-Context Learning")],
    equations=["eq-real-field"],
    given=dict(X=real_matrix("N", "C"), W=real_matrix("C", "C")),
)
def real_field(xp, X, W):
    """For real X the gradient of ½ Tr(XWXᵀ) is X(W + Wᵀ)/2: the antisymmetric part of W is lost."""
    return Gradient(lambda Y: xp.trace(Y @ W @ Y.T) / 2, X, X @ (W + W.T) / 2)


@real_field.neighbour("XW for generic W", key="generic-weights")
def _(xp, X, W):
    return Gradient(lambda Y: xp.trace(Y @ W @ Y.T) / 2, X, X @ W)


@claim(
    "real-field-symmetric-only",
    expect="proved",
    title="No real linear field X ↦ XU but the symmetric ones is a gradient",
    sources=[ours()],
    equations=["eq-real-asymmetry"],
    given=dict(
        X=real_matrix("N", "C"),
        U=real_matrix("C", "C"),
        H=real_matrix("N", "C"),
        K=real_matrix("N", "C"),
    ),
)
def real_only(xp, X, U, H, K):
    """The asymmetry of the derivative of X ↦ XU, in the directions H and K, is ⟨K, H(U − Uᵀ)⟩.
    A gradient has none, so XU is one only if U = Uᵀ."""
    pairing = lambda P, Q: euclidean_pairing(xp, lambda Y: Y @ U, X, P, Q)
    return Equal(pairing(H, K) - pairing(K, H), xp.sum(K * (H @ (U - U.T))))


@real_only.neighbour("symmetric derivative for generic U", key="generic-accepted")
def _(xp, X, U, H, K):
    pairing = lambda P, Q: euclidean_pairing(xp, lambda Y: Y @ U, X, P, Q)
    return Equal(pairing(H, K), pairing(K, H))
