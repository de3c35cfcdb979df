"""Token symmetry: permutations against unitaries."""

from __future__ import annotations

from fieldcheck.claim import claim, talk
from fieldcheck.domains import matrix, unitary
from fieldcheck.fields.potentials import quadratic, quartic
from fieldcheck.register.effective.shared import WHY_EFFECTIVE, swapped
from fieldcheck.relations import Equal, Force, Zero


@claim(
    "permutation-vs-unitary",
    title="Does permutation symmetry force dependence on X*X?",
    sources=[WHY_EFFECTIVE],
    expect="refuted",
    equations=["eq-ef-counterexample"],
    given=dict(X=matrix("N", "C"), U=unitary("N")),
    tex=r"V(UX) = V(X),\qquad V(X) = \textstyle\sum_n\lVert x_n\rVert^4",
    differs="more",
)
def onsite(xp, X, U):
    """Σ‖x_n‖⁴ is invariant under token permutations. If that made it a function of X*X, it would be
    invariant under all unitary U, which leave X*X alone (it is not)."""
    V = lambda X: xp.sum(xp.norm2(X, axis=1) ** 2)
    return Equal(V(U @ X), V(X))


@onsite.neighbour("a permutation in the place of U", key="permutation", sizes=dict(N=[2, 3, 4]))
def _(xp, X):
    V = lambda X: xp.sum(xp.norm2(X, axis=1) ** 2)
    return Equal(V(swapped(xp, X)), V(X))


@onsite.neighbour(
    "Tr XAX*XB*X*", key="trace-quartic", given=dict(A=matrix("C", "C"), B=matrix("C", "C"))
)
def _(xp, X, U, A, B):
    return Equal(quartic(xp, U @ X, A, B), quartic(xp, X, A, B))


@claim(
    "permutation-vs-unitary-field",
    expect="proved up to N, C = 6",
    title="The talk's field does not change when tokens are permuted, or turned",
    sources=[WHY_EFFECTIVE],
    given=dict(
        X=matrix("N", "C"),
        U=unitary("N"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    tex=r"V(UX)=V(X)\quad\text{for every unitary }U,\text{ so }V(PX)=V(X)"
    r"\text{ for }P\in S_N",
)
def field(xp, X, U, W, A, B):
    """The quadratic and the quartic see the tokens through X*X alone."""
    return (
        Equal(quadratic(xp, U @ X, W), quadratic(xp, X, W)),
        Equal(quartic(xp, U @ X, A, B), quartic(xp, X, A, B)),
    )


@field.neighbour("any mixing of the tokens", key="any-matrix", given=dict(U=matrix("N", "N")))
def _(xp, X, U, W):
    return Equal(quadratic(xp, U @ X, W), quadratic(xp, X, W))


@field.neighbour("the channels turned", key="channels", given=dict(U=unitary("C")))
def _(xp, X, U, W):
    return Equal(quadratic(xp, X @ U, W), quadratic(xp, X, W))


@claim(
    "permutation-vs-unitary-mean-field",
    expect="proved",
    title="Under permutations alone tokens interact already at degree two",
    sources=[WHY_EFFECTIVE],
    equations=["eq-ef-mean-field"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C")),
    sizes=dict(N=[2, 3, 4], C=[1, 2, 3]),
    tex=r"V(\Pi X)=V(X),\qquad V(X) = \mathbf 1^*XAX^*\mathbf 1",
    differs="more",
)
def mean_field(xp, X, A):
    """1*XAX*1, a sum over all pairs of tokens, does not change when two tokens change places."""
    V = lambda X: xp.sum((xp.sum(X, axis=0) @ A) * xp.conj(xp.sum(X, axis=0)))
    return Equal(V(swapped(xp, X)), V(X))


@mean_field.neighbour("any unitary of the tokens", key="unitary", given=dict(U=unitary("N")))
def _(xp, X, A, U):
    V = lambda X: xp.sum((xp.sum(X, axis=0) @ A) * xp.conj(xp.sum(X, axis=0)))
    return Equal(V(U @ X), V(X))


@claim(
    "permutation-vs-unitary-minimal",
    title="Are permutation-invariant quadratics free of interaction?",
    sources=[talk("Why Is V “Effective”?")],
    expect="refuted",
    given=dict(X=matrix("N", "C"), h=matrix("C"), A=matrix("C", "C")),
    sizes=dict(N=[2, 3], C=[1, 2]),
    tex=r"\frac{\partial}{\partial x_1}\frac{\partial V}{\partial x_2^*} = 0,"
    r"\qquad V = \mathbf 1^*XAX^*\mathbf 1",
)
def minimal(xp, X, h, A):
    """For V = 1*XAX*1 the force on all other tokens does not notice a move of the first (it does:
    the quartic is not the minimal interacting field under axiom 2 as printed)."""
    V = lambda X: xp.sum((xp.sum(X, axis=0) @ A) * xp.conj(xp.sum(X, axis=0)))
    F = lambda X: xp.ones(X.shape[0], 1) * (xp.sum(X, axis=0) @ A)[None, :]
    only_first = xp.concat([h[None, :], X[1:] * 0])
    return Force(V, X, F(X)), Zero(xp.push(F, X, only_first)[1:])


@minimal.neighbour("Tr XAX*, the U(N)-invariant quadratic", key="trace")
def _(xp, X, h, A):
    only_first = xp.concat([h[None, :], X[1:] * 0])
    F = lambda X: X @ A
    return Force(lambda X: quadratic(xp, X, A), X, F(X)), Zero(xp.push(F, X, only_first)[1:])
