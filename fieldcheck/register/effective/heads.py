"""How many heads a quartic needs."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import matrix
from fieldcheck.fields import invariants
from fieldcheck.relations import Equal, Rank


@claim(
    "heads-needed",
    expect="proved up to C = 4",
    title="The squared norm (Tr XX*)² has a coefficient tensor of rank C²",
    sources=[ours("how many heads")],
    equations=["eq-ef-heads-rank"],
    given=dict(A=matrix("C*C", "C", "C"), B=matrix("C*C", "C", "C")),
    sizes=dict(C=[1, 2, 3, 4]),
)
def heads(xp, A, B):
    """Write a quartic as Σ T_ab,cd Tr(XE_abX*XE_cdX*) with T symmetric, which fixes T for N >= 2. A
    self-tied head adds 1 to the rank of T, a pair at most 2. For (Tr XX*)² T_ab,cd = δ_ad δ_bc, a
    permutation of the C² pairs, of rank C²; so it needs ⌈C²/2⌉ pairs, or C² self-tied heads."""
    C = A.shape[1]
    T = invariants.quartic_coefficients(xp, lambda M: xp.trace(M) ** 2, C)
    swap = [[int(k == C * (j % C) + j // C) for k in range(C**2)] for j in range(C**2)]
    return Rank(T, C**2), Equal(T, xp.constant(swap))


def _tied(xp, A, count):
    """The coefficient tensor of a sum of self-tied heads."""
    rows = xp.stack([xp.flatten(A[k]) for k in range(count)])
    return rows.T @ rows


def _paired(xp, A, B, count):
    """The coefficient tensor of a sum of pairs."""
    a = xp.stack([xp.flatten(A[k]) for k in range(count)])
    b = xp.stack([xp.flatten(B[k]) for k in range(count)])
    return (a.T @ b + b.T @ a) / 2


@heads.neighbour("C pairs of heads, for C >= 3", key="c-pairs", sizes=dict(C=[3]))
def _(xp, A, B):
    C = A.shape[1]
    return Rank(_paired(xp, A, B, C), C**2)


@heads.neighbour("C² − 1 self-tied heads", key="one-self-tied-fewer", sizes=dict(C=[2, 3]))
def _(xp, A):
    C = A.shape[1]
    return Rank(_tied(xp, A, C**2 - 1), C**2)


@claim(
    "heads-needed-pairs",
    expect="proved",
    title="Two self-tied heads are one pair, over the complex numbers",
    sources=[ours("how many heads")],
    equations=["eq-ef-pair"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
)
def pairs(xp, X, A, B, *, unit=lambda xp: xp.i):
    """x² + y² = (x + iy)(x − iy), for heads: so the C² self-tied heads into which a symmetric
    tensor is diagonalized make ⌈C²/2⌉ pairs."""
    M, i = xp.star(X) @ X, unit(xp)
    left = xp.trace(M @ A @ M @ A) + xp.trace(M @ B @ M @ B)
    return Equal(left, xp.trace(M @ (A + i * B) @ M @ (A - i * B)))


pairs.vary("real weights: (A + B) and (A − B)", key="real", unit=lambda xp: xp.one)


@claim(
    "heads-needed-generic",
    expect="proved up to C = 4",
    title="⌈C²/2⌉ generic pairs reach full rank",
    sources=[ours("how many heads")],
    needs=["heads-needed"],
    given=dict(A=matrix("C*C", "C", "C"), B=matrix("C*C", "C", "C")),
    sizes=dict(C=[1, 2, 3, 4]),
    tex=r"\operatorname{rank}\textstyle\sum_{i\le p}A_i\otimes B_i+B_i\otimes A_i = C^2,"
    r"\quad p=\lceil C^2/2\rceil",
)
def generic_pairs(xp, A, B, *, fewer=0):
    """A generic sum of ⌈C²/2⌉ pairs has a coefficient tensor of full rank C²."""
    C = A.shape[1]
    return Rank(_paired(xp, A, B, (C**2 + 1) // 2 - fewer), C**2)


generic_pairs.vary("one pair fewer", key="one-pair-fewer", sizes=dict(C=[2, 3]), fewer=1)
