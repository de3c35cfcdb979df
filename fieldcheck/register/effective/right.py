"""The right symmetry: what commutes with the weights."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import hermitian, matrix, unitary, vector
from fieldcheck.fields import invariants
from fieldcheck.fields.potentials import quadratic, quartic
from fieldcheck.register.effective.shared import LEMMA_4, WHY_EFFECTIVE
from fieldcheck.relations import Equal, Rank

RIGHT = dict(
    X=matrix("N", "p*m"), A=matrix("p", "p"), B=matrix("p", "p"), T=unitary("p*m"), u=unitary("m")
)

RIGHT_SIZES = dict(N=[1, 2], p=[1, 2], m=[1, 2])


def _blocks(xp, T, A, inner):
    """T (A ⊗ inner) T*."""
    return T @ xp.kron(A, inner) @ xp.star(T)


def _potential(xp, X, A, B):
    return quadratic(xp, X, A) + quartic(xp, X, A, B)


@claim(
    "right-symmetry",
    expect="proved up to N, m, p = 2",
    title="A unitary that commutes with all weights is a symmetry",
    sources=[WHY_EFFECTIVE, LEMMA_4],
    equations=["eq-ef-right"],
    given=RIGHT,
    sizes=RIGHT_SIZES,
)
def right(xp, X, A, B, T, u):
    """With weights T(A⊗1)T* and Q = T(1⊗u)T*, u unitary, which commutes with all of them,
    V(XQ*) = V(X) for the quadratic and the quartic."""
    one, p = xp.eye(u.shape[0]), A.shape[0]
    wA, wB, Q = _blocks(xp, T, A, one), _blocks(xp, T, B, one), _blocks(xp, T, xp.eye(p), u)
    return Equal(_potential(xp, X @ xp.star(Q), wA, wB), _potential(xp, X, wA, wB))


@right.printed(
    "Q commutes with one of the weights",
    sizes=dict(p=[2], m=[1]),
    given=dict(a=vector(2)),
    tex=r"\forall i:\ V(XQ^*) = V(X)\ \forall Q \text{ with } [Q,W_i]=0",
)
def _(xp, X, A, a):
    first = xp.diag(a)
    Q = xp.diag(xp.stack([xp.one, xp.i]))
    return Equal(_potential(xp, X @ xp.star(Q), first, A), _potential(xp, X, first, A))


@right.neighbour("a unitary that commutes with none", key="not-commuting")
def _(xp, X, A, B, T, u):
    one = xp.eye(u.shape[0])
    wA, wB = _blocks(xp, T, A, one), _blocks(xp, T, B, one)
    return Equal(_potential(xp, X @ xp.star(T), wA, wB), _potential(xp, X, wA, wB))


@right.neighbour("commuting but not unitary", key="not-unitary", given=dict(v=matrix("m", "m")))
def _(xp, X, A, B, T, v):
    one, p = xp.eye(v.shape[0]), A.shape[0]
    wA, wB, Q = _blocks(xp, T, A, one), _blocks(xp, T, B, one), _blocks(xp, T, xp.eye(p), v)
    return Equal(_potential(xp, X @ xp.star(Q), wA, wB), _potential(xp, X, wA, wB))


@claim(
    "right-symmetry-generic",
    expect="proved up to C = 5; k = 2",
    title="A generic weight of rank k leaves phases and U(C − 2k)",
    sources=[ours("what the axiom allows")],
    equations=["eq-ef-commutant"],
    given=dict(Q=matrix("C", "k"), K=matrix("C", "k")),
    sizes=dict(C=[1, 2, 3, 4, 5], k=[1, 2]),
    tex=r"\dim\{Q: [Q,W]=[Q,W^*]=0\} = 1+\max(C-2k,0)^2",
    differs="more",
)
def commutant(xp, Q, K, *, spaces=2, off=0):
    """The matrices that commute with W = QK* of rank k and with W* have dimension
    1 + max(C − 2k, 0)²: for full rank only the multiples of 1. It is also the real dimension of the
    group of unitaries that commute with W."""
    C, W = Q.shape[0], Q @ xp.star(K)
    conditions = invariants.commuting_conditions(xp, [W, xp.star(W)])
    return Rank(conditions, C**2 - 1 - max(C - spaces * Q.shape[1], 0) ** 2 + off)


commutant.vary("off by one", key="off-by-one", sizes=dict(C=[3, 4], k=[1]), off=1)
commutant.vary(
    "U(C − k), as if rows and columns of W were one space",
    key="one-space",
    sizes=dict(C=[2, 3, 4], k=[1]),
    spaces=1,
)


@claim(
    "right-symmetry-several",
    expect="proved up to C = 9; k = 2; n = 3",
    title="Several generic weights of rank k leave 1 + max(C − 2nk, 0)²",
    sources=[ours("what the axiom allows")],
    needs=["right-symmetry-generic"],
    given=dict(Q=matrix("n", "C", "k"), K=matrix("n", "C", "k")),
    sizes=dict(n=[2, 3], C=[3, 5, 7, 9], k=[1, 2]),
    tex=r"\dim = 1+\max(C-2nk,0)^2",
)
def several(xp, Q, K):
    """Two or three generic weights of rank one or two leave matrices of dimension
    1 + max(C − 2nk, 0)²: n of them and their adjoints act irreducibly on the span of their
    ranges."""
    n, C, k = Q.shape
    return Rank(_commuting(xp, Q, K), C**2 - 1 - max(C - 2 * n * k, 0) ** 2)


def _commuting(xp, Q, K):
    """Commuting with each QK* and its adjoint."""
    W = [q @ xp.star(k) for q, k in zip(Q, K, strict=True)]
    return invariants.commuting_conditions(xp, W + [xp.star(w) for w in W])


@several.neighbour("as for one of them", key="as-for-one", sizes=dict(n=[2], C=[3, 5], k=[1]))
def _(xp, Q, K):
    C, k = Q.shape[1:]
    return Rank(_commuting(xp, Q, K), C**2 - 1 - max(C - 2 * k, 0) ** 2)


@several.neighbour(
    "weights of rank two counted as rank one",
    key="rank-forgotten",
    sizes=dict(n=[2], C=[5, 6], k=[2]),
)
def _(xp, Q, K):
    n, C = Q.shape[:2]
    return Rank(_commuting(xp, Q, K), C**2 - 1 - max(C - 2 * n, 0) ** 2)


@claim(
    "right-symmetry-hermitian",
    expect="proved up to C = 5; k = 2",
    title="A Hermitian weight of rank k leaves k phases and U(C − k)",
    sources=[ours("what the axiom allows")],
    given=dict(Q=matrix("C", "k"), H=hermitian("k")),
    sizes=dict(C=[2, 3, 4, 5], k=[1, 2]),
    tex=r"\dim = k+(C-k)^2",
)
def hermitian_commutant(xp, Q, H, *, off=0):
    """The matrices that commute with W = QHQ*, Hermitian of rank k, and with W* have dimension
    k + (C − k)². Any W of this form with H not Hermitian has the count of a generic weight."""
    C, k = Q.shape
    return Rank(_commuting_with(xp, Q @ H @ xp.star(Q)), C**2 - k - (C - k) ** 2 + off)


def _commuting_with(xp, W):
    return invariants.commuting_conditions(xp, [W, xp.star(W)])


hermitian_commutant.vary("off by one", key="off-by-one", off=-1)


@hermitian_commutant.neighbour("the count of a generic weight", key="generic-count")
def _(xp, Q, H):
    C, k = Q.shape
    return Rank(_commuting_with(xp, Q @ H @ xp.star(Q)), C**2 - 1 - max(C - 2 * k, 0) ** 2)
