"""Double traces, and when they are sums of single ones."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, talk
from fieldcheck.domains import hermitian, matrix, number
from fieldcheck.fields import invariants
from fieldcheck.fields.potentials import double_trace, quadratic, quartic
from fieldcheck.register.effective.shared import LEMMA_4, probes
from fieldcheck.relations import Equal, Rank


@claim(
    "double-trace",
    expect="proved",
    title="A double trace is a sum of single traces, if the algebra of weights is full",
    sources=[LEMMA_4, talk("Why Is V “Effective”?"), ours("the condition")],
    equations=["eq-ef-double-trace"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("C", "p"),
        V=matrix("C", "p"),
        R=matrix("C", "q"),
        S=matrix("C", "q"),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3], p=[1, 2], q=[1, 2]),
)
def double(xp, X, U, V, R, S):
    """With A = Σ u_i v_i* of rank p and B = Σ r_j s_j* of rank q, the double trace is a sum of pq
    single traces, whose weights are u_i s_j* and r_j v_i*."""
    left = U.T[:, None, :, None] * xp.conj(S.T)[:, None, :]  # for each i and j
    right = R.T[:, :, None] * xp.conj(V.T)[:, None, None, :]
    total = xp.sum((X @ left @ xp.star(X)) * (X @ right @ xp.star(X)).T)
    return Equal(double_trace(xp, X, U @ xp.star(V), R @ xp.star(S)), total)


@double.neighbour(
    "the vectors not exchanged: one single trace of the same weights", key="one-single-trace"
)
def _(xp, X, U, V, R, S):
    A, B = U @ xp.star(V), R @ xp.star(S)
    return Equal(double_trace(xp, X, A, B), quartic(xp, X, A, xp.star(B)))


def _both(xp, X, algebra, single=True, twice=True):
    """Single and double traces with weights of a family, at all points (a list of states)."""
    rows = []
    for x in X:
        M = xp.star(x) @ x
        moved = [M @ A for A in algebra]
        size = range(len(algebra))
        row = []
        if single:
            row += [xp.sum(moved[a] * moved[b].T) for a in size for b in size if a <= b]
        if twice:
            traces = [xp.trace(m) for m in moved]
            row += [traces[a] * traces[b] for a in size for b in size if a <= b]
        rows.append(xp.stack(row))
    return xp.stack(rows)


@claim(
    "double-trace-independent",
    expect="proved up to N, C = 4",
    title="For W = 1 only, two quartics: Tr M² and (Tr M)²",
    sources=[LEMMA_4, ours("the counterexample")],
    equations=["eq-ef-identity-algebra"],
    given=dict(X=matrix(4, "N", "C")),
    sizes=dict(N=[2, 3, 4], C=[2, 3, 4]),
)
def independent(xp, X, *, rank=2):
    """If the only weight is the identity, the double trace (Tr XX*)² is no multiple of the single
    trace Tr XX*XX*, for N, C >= 2. It satisfies all axioms: a term more."""
    return Rank(_both(xp, X, [xp.eye(X.shape[2])]), rank)


independent.vary(
    "no more terms: only the single trace",
    role="reading",
    tex=r"\dim\operatorname{span}\{\Tr M^2,(\Tr M)^2\} = 1",
    rank=1,
)
independent.vary("one token: they are the same", key="one-token", sizes=dict(N=[1]))


@claim(
    "double-trace-algebra",
    expect="proved up to N, C = 4",
    title="Diagonal weights: C² quartics, of which single traces are C(C+1)/2",
    sources=[LEMMA_4, ours("the general algebra")],
    needs=["double-trace-independent"],
    equations=["eq-ef-diagonal-algebra"],
    given=dict(X=matrix("C*C+2", "N", "C")),
    sizes=dict(N=[2, 3, 4], C=[1, 2, 3, 4]),
    tex=r"\mathcal A=\text{diagonal}:\quad \dim(\text{single}+\text{double}) = C^2",
    differs="less",
)
def diagonal(xp, X):
    """With diagonal weights and N >= 2 the single traces are |M_ab|², the double traces M_aa M_bb.
    Together they span C² quartics; they share only the C squares M_aa²."""
    return Rank(_both(xp, X, _units(xp, X.shape[2])), X.shape[2] ** 2)


def _units(xp, C):
    """The matrices E_aa."""
    return xp.basis((C, C))[:: C + 1]


@diagonal.neighbour("no more terms: the single traces alone", key="single-traces-alone")
def _(xp, X):
    return Rank(_both(xp, X, _units(xp, X.shape[2]), twice=False), X.shape[2] ** 2)


@claim(
    "double-trace-full",
    expect="proved up to N, C = 4",
    title="With the full algebra the double traces add nothing, for any number of tokens",
    sources=[talk("Why Is V “Effective”?"), ours("the theorem that is true")],
    needs=["double-trace", "invariant-count"],
    equations=["eq-ef-no-more-terms"],
    given=dict(X=probes("9*C*C-3"), W=matrix("C*C", "C", "C")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2, 3, 4]),
)
def full(xp, X, W):
    """Let C² generic weights span M_C. Single and double traces of them together have the dimension
    of all U(N)-invariant quartics, and so have the single traces: no more terms."""
    N, C = X.shape[1:]
    dimension = invariants.unitary_count(N, C)
    single, twice = invariants.single_and_double_traces(xp, X, list(W))
    return (Rank(xp.concat([single, twice], axis=1), dimension), Rank(single, dimension))


@full.neighbour(
    "one weight fewer than the dimension of the algebra",
    key="one-weight-fewer",
    sizes=dict(N=[2, 3], C=[2]),
)
def _(xp, X, W):
    N, C = X.shape[1:]
    weights = [W[k] for k in range(C * C - 1)]
    single, _ = invariants.single_and_double_traces(xp, X, weights)
    return Rank(single, invariants.unitary_count(N, C))


@claim(
    "double-trace-lemma-4",
    expect="proved up to N, C = 4",
    title="Lemma 4 lacks the identity: Tr XX* is no function of XWX*",
    sources=[LEMMA_4],
    equations=["eq-ef-lemma-4"],
    given=dict(X=matrix(4, "N", "C"), W=matrix("C", "C")),
    sizes=dict(N=[1, 2, 3, 4], C=[2, 3, 4]),
)
def lemma_4(xp, X, W, *, rank=2):
    """At degree two Tr f(XWX*) is a multiple of Tr XWX*. For W no multiple of 1, Tr XX* is not one;
    it satisfies every axiom, whatever W is."""
    rows = [xp.stack([xp.norm2(x), quadratic(xp, x, W)]) for x in X]
    return Rank(xp.stack(rows), rank)


lemma_4.vary("Tr XX* = Tr f(XWX*)", role="printed", tex=r"\Tr XX^* = c\,\Tr XWX^*", rank=1)


@lemma_4.neighbour("W a multiple of the identity", key="scalar-weight", given=dict(w=number()))
def _(xp, X, w):
    C = X.shape[2]
    rows = [xp.stack([xp.norm2(x), quadratic(xp, x, w * xp.eye(C))]) for x in X]
    return Rank(xp.stack(rows), 2)


@claim(
    "double-trace-generated",
    expect="proved up to C = 3",
    title="One generic weight and its adjoint generate all matrices",
    sources=[ours("repair of Lemma 4")],
    needs=["double-trace-lemma-4"],
    given=dict(W=matrix("C", "C")),
    sizes=dict(C=[1, 2, 3]),
    tex=r"\dim\operatorname{span}\{1,W,W^*,WW,WW^*,\dots\} = C^2",
)
def generated(xp, W, *, adjoint=True):
    """The words of length up to four in W and W*, with the empty one, span all C x C matrices for
    generic W, C <= 3: the *-algebra in which a repaired Lemma 4 has its weights."""
    letters = [W, xp.star(W)] if adjoint else [W]
    rows = [xp.flatten(w) for w in invariants.words(xp, letters, 4)]
    return Rank(xp.stack(rows), W.shape[0] ** 2)


generated.vary("powers of W alone", key="powers-alone", sizes=dict(C=[2, 3]), adjoint=False)


@generated.neighbour(
    "a Hermitian weight", key="hermitian", given=dict(H=hermitian("C")), sizes=dict(C=[2, 3])
)
def _(xp, H):
    rows = [xp.flatten(w) for w in invariants.words(xp, [H, xp.star(H)], 4)]
    return Rank(xp.stack(rows), H.shape[0] ** 2)
