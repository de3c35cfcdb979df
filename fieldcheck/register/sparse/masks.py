"""Masks, and the symmetries that they leave."""

from __future__ import annotations

from functools import cache
from itertools import permutations

from fieldcheck.claim import claim, ours, poster
from fieldcheck.domains import built, matrix, real, real_matrix, vector
from fieldcheck.fields import masks
from fieldcheck.relations import Equal, at_most


@claim(
    "sparse-noncommutative",
    expect="proved",
    title="A mask is a sum of diagonal matrices to the left and right of the scores",
    sources=[poster("From Theory to Practice"), ours("our reading of the words")],
    equations=["eq-mask-diagonals"],
    given=dict(
        X=matrix("N", "C"), W=matrix("C", "C"), U=real_matrix("N", "R"), Y=real_matrix("N", "R")
    ),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2], R=[1, 2]),
)
def diagonals(xp, X, W, U, Y, *, two_sided=True):
    """Multiplying scores by a mask of rank R inserts R pairs of diagonal matrices; a pair that does
    not commute with a permutation breaks the symmetry under it.  That this is what is meant by
    'non-commutative corrections' is our reading."""
    S = X @ W @ xp.star(X)
    D = lambda U: U.T[:, :, None] * xp.eye(U.shape[0])  # a diagonal matrix for each column
    terms = D(U) @ S @ D(Y) if two_sided else D(U) @ D(Y) @ S
    return Equal((U @ Y.T) * S, xp.sum(terms, axis=0))


diagonals.vary("both diagonals on the left", key="one-side", two_sided=False)


def _masked(xp, mask, X, W):
    """(M ⊙ XWX*) X, linear attention under a mask."""
    return (xp.constant([list(row) for row in mask]) * (X @ W @ xp.star(X))) @ X


def _reordered(xp, X, order):
    return xp.stack([X[j] for j in order])


def _symmetry(xp, mask, group, X, W, t):
    """The masked field commutes with every reordering of the group, and every other reordering
    changes at least one entry of the mask."""
    generators, changed = _enumerated(mask, tuple(group))
    field = _masked(xp, mask, X, W)
    moved = xp.stack([_masked(xp, mask, _reordered(xp, X, g), W) for g in generators])
    same = Equal(moved, xp.stack([_reordered(xp, field, g) for g in generators]))
    if not changed:
        return same
    # Integers written out, so that the sign of the gap can be seen.
    gap = t * t * xp.constant([d - 1 for d in changed])
    return same, *at_most(t * t * xp.ones(len(changed)), t * t * xp.constant(changed), room=gap)


@cache
def _enumerated(mask, group):
    """Reorderings that generate the group, and the numbers of entries that the others change."""
    inside = set(group)
    others = {masks.defect(mask, g) for g in permutations(range(len(mask))) if g not in inside}
    reached, generators = {tuple(range(len(mask)))}, []
    for g in group:
        if g not in reached:
            generators.append(g)
            reached = _generated(generators)
    return generators or list(group), sorted(others)


def _generated(generators):
    """All products of these reorderings."""
    reached = fresh = {tuple(range(len(generators[0])))}
    while fresh:
        fresh = {tuple(g[j] for j in h) for g in generators for h in fresh} - reached
        reached = reached | fresh
    return reached


def _rows_to_one(xp, raw):
    A = raw["x"]
    return A + (1 - xp.sum(A, axis=1))[:, None] / A.shape[1]


ROWS_TO_ONE = built(
    "matrix whose rows sum to one",
    ("N", "N"),
    {"x": ("N", "N")},
    _rows_to_one,
    relaxed=real_matrix("N", "N"),
    covers="all",
)


@claim(
    "sparse-noncommutative-criterion",
    expect="proved",
    title="A reordering is a symmetry of the masked field only if it keeps the mask",
    sources=[ours("the converse")],
    equations=["eq-mask-symmetry"],
    given=dict(M=real_matrix("N", "N"), P=ROWS_TO_ONE),
    tex=r"X = 1,\ W = \mathbf 1\mathbf 1^{\mathsf T}:\quad F(\Pi X) - \Pi F(X) = M\Pi - \Pi M",
    differs="less",
)
def criterion(xp, M, P, *, ones=True):
    """With C = N, X = 1 and W all ones, a matrix Π whose rows sum to one, as those of a reordering
    do, fails to commute with the masked field by exactly MΠ − ΠM, whatever the mask M is."""
    one = xp.eye(M.shape[0])
    W = xp.ones(M.shape[0], M.shape[0]) if ones else one
    F = lambda X: (M * (X @ W @ xp.star(X))) @ X
    return Equal(F(P @ one) - P @ F(one), M @ P - P @ M)


criterion.vary("W = 1, where scores are the Gram matrix", key="gram", ones=False)


TOKENS = dict(X=matrix("N", "C"), W=matrix("C", "C"), t=real())
FIVE = dict(N=[3, 4, 5], C=[1, 2])


def _identity(n):
    return [tuple(range(n))]


def _reversal(n):
    return [tuple(range(n)), tuple(reversed(range(n)))]


def _shifts(n):
    return [tuple((j + s) % n for j in range(n)) for s in range(n)]


def _dihedral(n):
    return sorted({*_shifts(n), *(tuple((s - j) % n for j in range(n)) for s in range(n))})


def _wreath(n, size):
    """Permutations that map blocks to blocks."""
    return [
        g
        for g in permutations(range(n))
        if all(
            (g[j] // size == g[k] // size) == (j // size == k // size)
            for j in range(n)
            for k in range(n)
        )
    ]


@claim(
    "sparse-noncommutative-causal",
    expect="proved",
    title="A causal mask leaves no symmetry under reordering",
    sources=[
        poster("From Theory to Practice"),
        ours("by trying all reorderings"),
    ],
    equations=["eq-mask-symmetry"],
    given=TOKENS,
    sizes=FIVE,
    listed=True,
    tex=r"\operatorname{Aut}(\text{causal}) = \{1\}\quad(N=3,4,5)",
    differs="less",
)
def causal(xp, X, W, t, *, group=_identity):
    """Only the identity commutes with causally masked linear attention. (For every N: a reordering
    that keeps the mask keeps its row sums 1, …, N, which are distinct.)"""
    n = X.shape[0]
    return _symmetry(xp, masks.causal(n), group(n), X, W, t)


causal.vary(
    "the full symmetric group", key="symmetric-group", group=lambda n: permutations(range(n))
)
causal.vary("reversal as well", key="reversal", group=_reversal)


@claim(
    "sparse-noncommutative-band",
    expect="proved",
    title="A band mask leaves the reversal",
    sources=[
        poster("From Theory to Practice"),
        ours("by trying all reorderings"),
    ],
    given=TOKENS,
    sizes=FIVE,
    listed=True,
    tex=r"\operatorname{Aut}(\text{band of half-width }1) = \{1,\ \text{reversal}\}\quad (N=3,4,5)",
)
def band(xp, X, W, t, *, group=_reversal):
    """For N = 3, 4, 5 only the reversal keeps a band of half-width w = 1. (For every N >= 3: it is
    a path, whose ends have the smallest row sums; where the first end goes decides the rest.)"""
    n = X.shape[0]
    return _symmetry(xp, masks.band(n, 1), group(n), X, W, t)


band.vary("shifts, as if the band closed on itself", key="shifts", group=_shifts)


@claim(
    "sparse-noncommutative-band-wide",
    expect="proved",
    title="A band of half-width 2 leaves the reversal, from five tokens on",
    sources=[ours("by trying all reorderings")],
    needs=["sparse-noncommutative-band"],
    given=TOKENS,
    sizes=dict(N=[5, 6], C=[1]),
    listed=True,
    tex=r"\operatorname{Aut}(\text{band of half-width }2) = \{1,\ \text{reversal}\}\quad (N=5,6)",
)
def wide_band(xp, X, W, t):
    """For N = 5 = 2w + 1 and N = 6 only the reversal keeps a band of half-width w = 2."""
    n = X.shape[0]
    return _symmetry(xp, masks.band(n, 2), _reversal(n), X, W, t)


wide_band.vary("four tokens: two of them see everybody", key="too-wide", sizes=dict(N=[4]))


@claim(
    "sparse-noncommutative-blocks",
    expect="proved",
    title="A block mask leaves a wreath product",
    sources=[
        poster("From Theory to Practice"),
        ours("by trying all reorderings"),
    ],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), t=vector("s")),
    sizes=dict(N=[6], s=[2, 3], C=[1]),
    listed=True,
    tex=r"\operatorname{Aut}(b\text{ blocks of }s) = S_s\wr S_b,\qquad s!^{\,b}\,b!\text{ of them}",
)
def block(xp, X, W, t):
    """Six tokens in blocks of s = 2 or 3: within blocks freely, and the blocks among themselves."""
    n, s = X.shape[0], t.shape[0]
    return _symmetry(xp, masks.blocks(n, s), _wreath(n, s), X, W, t[0])


@block.neighbour("the blocks may not be exchanged", key="direct-product", sizes=dict(N=[4], s=[2]))
def _(xp, X, W, t):
    n, s = X.shape[0], t.shape[0]
    inside = [g for g in _wreath(n, s) if all(g[j] // s == j // s for j in range(n))]
    return _symmetry(xp, masks.blocks(n, s), inside, X, W, t[0])


@claim(
    "sparse-noncommutative-circulant",
    expect="proved",
    title="A ring with both neighbours leaves the dihedral group",
    sources=[
        poster("From Theory to Practice"),
        ours("by trying all reorderings"),
    ],
    given=TOKENS,
    sizes=dict(N=[4, 5], C=[1, 2]),
    listed=True,
    tex=r"\operatorname{Aut}(j\leftrightarrow j\pm1) = D_N\quad(N=4,5)",
)
def circulant(xp, X, W, t, *, seen=(0, 1, -1), group=_dihedral):
    """A ring of tokens that see both neighbours has the 2N symmetries of the regular polygon."""
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, seen), group(n), X, W, t)


circulant.vary("shifts only", key="shifts-only", group=_shifts)
circulant.vary(
    "any symmetric circulant mask: six tokens that see themselves and the opposite one",
    key="any-circulant",
    sizes=dict(N=[6], C=[1]),
    seen=(0, 3),
)
circulant.vary("the dihedral group for a directed ring", key="directed-dihedral", seen=(0, 1))


@claim(
    "sparse-noncommutative-directed",
    expect="proved",
    title="A ring with one neighbour leaves the shifts",
    sources=[
        poster("From Theory to Practice"),
        ours("by trying all reorderings"),
    ],
    given=TOKENS,
    sizes=FIVE,
    listed=True,
    tex=r"\operatorname{Aut}(j\to j+1) = \mathbb Z_N\quad(N=3,4,5)",
)
def directed(xp, X, W, t, *, seen=(0, 1), group=_shifts):
    """Tokens on a ring that see themselves and their successor: only the shifts remain."""
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, seen), group(n), X, W, t)


directed.vary(
    "any directed circulant mask: six tokens that see themselves, the next and the fourth",
    key="any-circulant",
    sizes=dict(N=[6], C=[1]),
    seen=(0, 1, 4),
)
directed.vary("no symmetry at all", key="trivial", group=_identity)
