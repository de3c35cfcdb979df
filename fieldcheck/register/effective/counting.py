"""Counting the invariant quartics."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import built, hermitian, matrix, real_matrix
from fieldcheck.fields import invariants
from fieldcheck.fields.potentials import quartic
from fieldcheck.register.effective.shared import LEMMA_4, WHY_EFFECTIVE, probes
from fieldcheck.relations import AtMost, Rank, at_most


def _tensors(what, *dims):
    """Any real tensor, without strata: generic ones are asked for."""
    return built(f"tensor of {what}", dims, {"x": dims}, lambda xp, raw: raw["x"], covers="all")


@claim(
    "invariant-count",
    expect="proved up to N, C = 4",
    title="The U(N)-invariant quartics: C²(C²+1)/2 of them, and single traces span",
    sources=[LEMMA_4, ours("the count")],
    equations=["eq-ef-count"],
    given=dict(X=probes("9*C*C-3")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2, 3, 4]),
)
def count(xp, X, *, off=0):
    """The products of two entries of M = X*X, which are the traces Tr(XE_abX*XE_cdX*), span a space
    of dimension C²(C²+1)/2 for N >= 2, and (C(C+1)/2)² for N = 1: what Cauchy's formula counts."""
    columns = invariants.pair_products(invariants.gram_entries(xp, X))
    N, C = X.shape[1:]
    return Rank(invariants.stack_columns(xp, columns), invariants.unitary_count(N, C) + off)


count.vary("off by one", key="off-by-one", off=-1)


@count.neighbour(
    "C²(C²+1)/2 for a single token too", key="single-token", sizes=dict(N=[1], C=[2, 3])
)
def _(xp, X):
    columns = invariants.pair_products(invariants.gram_entries(xp, X))
    C = X.shape[2]
    return Rank(invariants.stack_columns(xp, columns), C**2 * (C**2 + 1) // 2)


@count.neighbour(
    "squares of the diagonal entries only", key="diagonal-only", sizes=dict(N=[2], C=[2, 3])
)
def _(xp, X):
    C = X.shape[2]
    columns = invariants.pair_products(invariants.gram_entries(xp, X)[:: C + 1])
    return Rank(invariants.stack_columns(xp, columns), invariants.unitary_count(2, C))


@claim(
    "invariant-count-kernel",
    expect="proved up to N, C = 2",
    title="No other quartic is killed by the generators of U(N)",
    sources=[LEMMA_4, ours("a second count")],
    needs=["invariant-count"],
    given=dict(
        X=probes("99*N*C-98"),
        G=_tensors("generators", "99*N*C-98", "N", "N"),
    ),
    sizes=dict(N=[1, 2], C=[1, 2]),
    tex=r"\dim\ker = \binom{NC+1}{2}^2 - \operatorname{rank}",
)
def kernel(xp, X, G, *, off=0):
    """The polynomials of bidegree (2, 2) that no generator changes have the same dimension: the
    rank of their change along random generators at random points is the number of monomials,
    binom(NC+1, 2)², less the count of invariants. So the products of two entries of M are all."""
    N, C = X.shape[1:]
    rows = (N * C) * (N * C + 1) // 2
    return Rank(_changes(xp, X, G), rows * rows - invariants.unitary_count(N, C) + off)


def _changes(xp, X, G):
    """Monomials x x y y with y for the conjugate, moved by x → Gx, y → −Gᵀy: gl(N) acting."""
    x, dx, y, dy = _moved(xp, X, G)
    pairs = [(a, b) for a in range(len(x)) for b in range(a, len(x))]
    xx, yy = [x[a] * x[b] for a, b in pairs], [y[a] * y[b] for a, b in pairs]
    dxx = [dx[a] * x[b] + x[a] * dx[b] for a, b in pairs]
    dyy = [dy[a] * y[b] + y[a] * dy[b] for a, b in pairs]
    return xp.stack(
        [
            u * dv + du * v
            for u, du in zip(xx, dxx, strict=True)
            for v, dv in zip(yy, dyy, strict=True)
        ],
        axis=1,
    )


@claim(
    "invariant-count-quadratics",
    expect="proved up to N, C = 3",
    title="Under U(N) no quadratic interacts: Tr(XAX*) are all there are",
    sources=[WHY_EFFECTIVE, ours("the theorem that is true")],
    needs=["permutation-vs-unitary-field"],
    given=dict(
        X=probes("N*N*C*C+2"),
        G=_tensors("generators", "N*N*C*C+2", "N", "N"),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    tex=r"\dim_{(1,1)}^{U(N)}=(NC)^2-\operatorname{rank}=C^2",
)
def unitary_quadratics(xp, X, G, *, off=0):
    """The polynomials of bidegree (1, 1) that no generator changes have dimension C²: they are the
    Tr(XAX*), whose force moves each token by itself. So under U(N) the quartic is the minimal
    interacting field."""
    N, C = X.shape[1:]
    x, dx, y, dy = _moved(xp, X, G)
    changes = [
        u * dv + du * v for u, du in zip(x, dx, strict=True) for v, dv in zip(y, dy, strict=True)
    ]
    return Rank(xp.stack(changes, axis=1), (N * C) ** 2 - C**2 + off)


unitary_quadratics.vary("one invariant more", key="off-by-one", sizes=dict(N=[2]), off=-1)


def _row(xp, a, b):
    return xp.sum(a * b, axis=1)


def _moved(xp, X, G):
    """The entries of X, their changes under x → Gx, their conjugates y, and under y → −Gᵀy."""
    entries = [(n, c) for n in range(X.shape[1]) for c in range(X.shape[2])]
    x = [X[:, n, c] for n, c in entries]
    dx = [_row(xp, G[:, n, :], X[:, :, c]) for n, c in entries]
    dy = [-_row(xp, G[:, :, n], xp.conj(X)[:, :, c]) for n, c in entries]
    return x, dx, [xp.conj(v) for v in x], dy


kernel.vary("one invariant more", key="off-by-one", sizes=dict(N=[2]), off=-1)


@claim(
    "invariant-count-permutations",
    expect="proved up to N = 4; C = 2",
    title="Under permutations alone there are many more quartics",
    sources=[WHY_EFFECTIVE, ours("the count")],
    equations=["eq-ef-burnside"],
    given=dict(X=probes("88*C-76")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2]),
)
def permutations_count(xp, X, *, count=invariants.permutation_count, off=0):
    """The S_N-invariants of bidegree (2, 2), spanned by products of sums over tokens, have the
    dimension that Molien's average over the N! permutations counts."""
    N, C = X.shape[1:]
    columns = invariants.power_sum_products(xp, X)
    return Rank(invariants.stack_columns(xp, columns), count(N, C) + off)


permutations_count.vary(
    "the count of U(N)",
    key="unitary-count",
    sizes=dict(N=[2, 3], C=[1, 2]),
    count=invariants.unitary_count,
)
permutations_count.vary("off by one", key="off-by-one", off=1)


@claim(
    "invariant-count-three-channels",
    expect="proved",
    title="Three channels: 36, 225, 378 and 414 quartics under permutations",
    sources=[WHY_EFFECTIVE, ours("the count")],
    needs=["invariant-count-permutations"],
    given=dict(X=probes("243*N-18*N*N-187")),  # 38, 227, 380 and 497: more than the counts
    sizes=dict(N=[1, 2, 3, 4], C=[3]),
    listed=True,
    tex=r"C=3:\quad \dim = 36,\,225,\,378,\,414\quad(N=1,2,3,4)",
)
def three_channels(xp, X, *, count=invariants.permutation_count):
    """Molien's count of the S_N-invariant quartics again, for C = 3 and N = 1, 2, 3, 4."""
    N, C = X.shape[1:]
    columns = invariants.power_sum_products(xp, X)
    return Rank(invariants.stack_columns(xp, columns), count(N, C))


three_channels.vary(
    "U(N) in the place of S_N",
    key="unitary-count",
    given=dict(X=probes(46)),
    sizes=dict(N=[2]),
    count=invariants.unitary_count,
)


@claim(
    "invariant-count-permutation-quadratics",
    expect="proved up to N, C = 4",
    title="2C² quadratics under permutations, C² under U(N)",
    sources=[WHY_EFFECTIVE, ours("the count")],
    given=dict(X=probes("2*C*C+2")),
    sizes=dict(N=[2, 3, 4], C=[1, 2, 3, 4]),
    tex=r"\dim_{(1,1)} = 2C^2\quad(N\ge2)",
)
def quadratics(xp, X):
    """For N >= 2 the S_N-invariants of bidegree (1, 1) are Σ_n x̄_na x_nb and (Σ_n x̄_na)(Σ_n x_nb),
    2C² in all."""
    return Rank(_quadratics(xp, X), 2 * X.shape[2] ** 2)


def _quadratics(xp, X):
    C, total = X.shape[2], xp.sum(X, axis=1)
    pairs = [xp.conj(total[:, a]) * total[:, b] for a in range(C) for b in range(C)]
    return invariants.stack_columns(xp, invariants.gram_entries(xp, X) + pairs)


@quadratics.neighbour("C², as for U(N)", key="unitary-count")
def _(xp, X):
    return Rank(_quadratics(xp, X), X.shape[2] ** 2)


quadratics.vary("one token", key="one-token", sizes=dict(N=[1]))


@claim(
    "invariant-count-orthogonal",
    expect="proved up to N, C = 4",
    title="Real O(N)-invariant quartics: D(D+1)/2 with D = C(C+1)/2",
    sources=[ours("the real case")],
    given=dict(X=_tensors("states", "10*C*C-6", "N", "C")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2, 3, 4]),
    tex=r"\dim = \binom{C+3}{4} + [N\ge2]\,\tfrac1{12}C^2(C^2-1)",
)
def orthogonal_quartics(xp, X, *, count=invariants.orthogonal_count, off=0):
    """Over the reals the products of two entries of XᵀX span D(D+1)/2 quartics for N >= 2, with
    D = C(C+1)/2; for N = 1 all binom(C+3, 4) quartics of one token."""
    N, C = X.shape[1:]
    return Rank(_real_products(xp, X), count(N, C) + off)


def _real_products(xp, X):
    columns = invariants.pair_products(invariants.gram_entries(xp, X))
    return invariants.stack_columns(xp, columns)


orthogonal_quartics.vary(
    "the complex count",
    key="complex-count",
    sizes=dict(N=[2, 3], C=[2, 3]),
    count=invariants.unitary_count,
)
orthogonal_quartics.vary("off by one", key="off-by-one", off=-1)


@claim(
    "invariant-count-positive-pairs",
    title="Do self-tied Hermitian heads with positive coefficients span all real quartics?",
    sources=[ours("how far a restricted family reaches")],
    expect="refuted",
    given=dict(X=matrix("N", "C"), A=hermitian("C"), B=hermitian("C")),
    sizes=dict(N=[1, 2], C=[1, 2]),
    tex=r"0\le\operatorname{Re}\Tr(XAX^*XBX^*)",
)
def positive_pairs(xp, X, A, B):
    """Tr(XAX*)² = ‖XAX*‖² >= 0 for Hermitian A, so if sums of such terms with positive coefficients
    were all real quartics, no pair of Hermitian heads could be negative (some are, so these sums
    fill a cone and not a space)."""
    return AtMost(0, xp.real(quartic(xp, X, A, B)))


@positive_pairs.neighbour("one self-tied head", key="squared-norm")
def _(xp, X, A):
    square = xp.norm2(X @ A @ xp.star(X))
    return at_most(0, xp.real(quartic(xp, X, A, A)), room=square)


@claim(
    "invariant-count-hermitian-pairs",
    expect="proved up to C = 3; K = 48",
    title="Pairs of Hermitian heads do span all real quartics, with positive coefficients, too",
    sources=[ours("how far a restricted family reaches")],
    needs=["invariant-count"],
    given=dict(A=matrix("K", "C", "C"), B=matrix("K", "C", "C")),
    sizes=dict(C=[1, 2, 3], K=[48]),
    tex=r"\dim_{\RR}\operatorname{span}\{\Tr(MAMB): A=A^*,\ B=B^*\} = \tfrac12C^2(C^2+1)",
)
def hermitian_pairs(xp, A, B):
    """The forms A⊗B + B⊗A of Hermitian pairs span the real dimension C²(C²+1)/2 of all real
    invariant quartics (N >= 2). The pair (−A, B) turns the sign, so sums with positive coefficients
    reach as far."""
    return Rank(_hermitian_forms(xp, A, B), _symmetric_forms(A.shape[1] ** 2))


def _symmetric_forms(D):
    """Symmetric bilinear forms in D dimensions."""
    return D * (D + 1) // 2


def _hermitian_forms(xp, A, B):
    """The coefficients of A⊗B + B⊗A in a real basis, for pairs of Hermitian matrices."""
    C, rows = A.shape[1], []
    for a, b in zip(A, B, strict=True):
        a, b = _real_coordinates(xp, a), _real_coordinates(xp, b)
        rows.append(
            xp.stack([a[k] * b[m] + a[m] * b[k] for k in range(C * C) for m in range(k, C * C)])
        )
    return xp.stack(rows)


def _real_coordinates(xp, a):
    """Of the Hermitian a + a*: the real parts on and above the diagonal, the imaginary parts."""
    h, C = a + xp.star(a), a.shape[0]
    above = [(j, k) for j in range(C) for k in range(j + 1, C)]
    return xp.stack(
        [xp.real(h[j, j]) for j in range(C)]
        + [xp.real(h[j, k]) for j, k in above]
        + [xp.imag(h[j, k]) for j, k in above]
    )


@hermitian_pairs.neighbour("off by one", key="off-by-one")
def _(xp, A, B):
    return Rank(_hermitian_forms(xp, A, B), _symmetric_forms(A.shape[1] ** 2) - 1)


hermitian_pairs.vary(
    "real symmetric pairs",
    key="real-symmetric",
    sizes=dict(C=[2, 3]),
    given=dict(A=real_matrix("K", "C", "C"), B=real_matrix("K", "C", "C")),
)
