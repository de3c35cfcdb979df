"""Dissipative and conservative parts of a field."""

from __future__ import annotations

from fieldcheck.claim import claim, paper, talk
from fieldcheck.domains import matrix
from fieldcheck.fields.potentials import real_potential
from fieldcheck.register.symplectic.shared import FIELD, force_of_real
from fieldcheck.relations import Equal, Force, Zero


@claim(
    "complex-splits",
    expect="proved",
    title="Under X' = ∂V/∂X*, a real V climbs and an imaginary V is conserved",
    sources=[paper("Definition 2"), talk("In-Context Learning")],
    equations=["eq-ascent"],
    given=FIELD,
)
def splits(xp, X, W, A, B):
    """In the paper's convention: along the flow of a real R, R rises at the rate 2‖∂R/∂X*‖²; along
    the flow of iR, R stays. So Re V is the dissipative part and Im V the conservative one."""
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = force_of_real(xp, X, W, A, B)
    return (
        Equal(xp.push(R, X, F), 2 * xp.real(xp.trace(xp.star(F) @ F))),
        Zero(xp.push(R, X, xp.i * F)),
    )


@splits.neighbour("the factor 2 missing", key="factor-two")
def _(xp, X, W, A, B):
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = force_of_real(xp, X, W, A, B)
    return Equal(xp.push(R, X, F), xp.real(xp.trace(xp.star(F) @ F)))


@splits.neighbour("a real potential conserved", key="conserved-for-real")
def _(xp, X, W, A, B):
    return Zero(xp.push(lambda Y: real_potential(xp, Y, W, A, B), X, force_of_real(xp, X, W, A, B)))


@splits.neighbour("descent in place of ascent", key="descent")
def _(xp, X, W, A, B):
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = force_of_real(xp, X, W, A, B)
    return Equal(xp.push(R, X, F), -2 * xp.real(xp.trace(xp.star(F) @ F)))


@claim(
    "complex-splits-talk",
    expect="proved",
    title="Under iX' = ∂V/∂X*, the roles of Re V and Im V are exchanged",
    sources=[talk("In-Context Learning")],
    equations=["eq-talk-roles"],
    given=FIELD,
)
def splits_talk(xp, X, W, A, B):
    """In the talk's convention: along iX' = ∂R/∂X* with R real, R stays; along
    iX' = ∂(iR)/∂X*, R rises at the rate 2‖∂R/∂X*‖²."""
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = force_of_real(xp, X, W, A, B)
    along = lambda V_force: xp.push(R, X, -xp.i * V_force)
    return (Zero(along(F)), Equal(along(xp.i * F), 2 * xp.real(xp.trace(xp.star(F) @ F))))


@splits_talk.neighbour("the paper's roles in the talk's equation", key="paper-roles")
def _(xp, X, W, A, B):
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = force_of_real(xp, X, W, A, B)
    along = lambda V_force: xp.push(R, X, -xp.i * V_force)
    return (Equal(along(F), 2 * xp.real(xp.trace(xp.star(F) @ F))), Zero(along(xp.i * F)))


@claim(
    "complex-splits-weights",
    expect="proved",
    title="Re V takes the Hermitian part of W, Im V the skew-Hermitian part",
    sources=[paper("Definition 2")],
    equations=["eq-weight-split"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
)
def weight_split(xp, X, W, *, sign=1):
    """For V = Tr(XWX*) the force of Re V is X(W + W*)/2 and the force of i Im V is X(W − W*)/2."""
    V = lambda Y: xp.trace(Y @ W @ xp.star(Y))
    return (
        Force(lambda Y: xp.real(V(Y)), X, X @ (W + sign * xp.star(W)) / 2),
        Force(lambda Y: xp.i * xp.imag(V(Y)), X, X @ (W - sign * xp.star(W)) / 2),
    )


weight_split.vary("Hermitian and skew-Hermitian part swapped", key="swapped", sign=-1)


@weight_split.neighbour("the star without conjugation", key="transpose")
def _(xp, X, W):
    return Force(lambda Y: xp.real(xp.trace(Y @ W @ xp.star(Y))), X, X @ (W + W.T) / 2)
