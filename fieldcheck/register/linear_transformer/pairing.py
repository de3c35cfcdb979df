"""Which linear Transformers have a potential."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import matrix, real_matrix
from fieldcheck.fields import integrability, layers
from fieldcheck.register.linear_transformer.shared import heads
from fieldcheck.relations import Equal, Force, Gradient, Rank, Zero

PAIRS = dict(X=matrix("N", "C"), **heads("Q", "K", "V", "O", count="m"))


def _paired_potential(xp, Q, K, V, O):
    """Σᵢ Tr(X Aᵢ X*X Bᵢ* X*) with Aᵢ = QᵢKᵢ* and Bᵢ* = VᵢOᵢ*."""
    A, B = Q @ xp.star(K), V @ xp.star(O)
    return lambda X: xp.sum((X @ A @ xp.star(X)) * (X @ B @ xp.star(X)).T)


@claim(
    "head-pairing",
    expect="proved",
    title="Heads tied in pairs are the force of a quartic potential",
    sources=[talk("In-Context Learning"), paper("Lemma 3")],
    equations=["eq-lt-head-pairing"],
    given=PAIRS,
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3], m=[1, 2], r=[1, 2]),
    needs=["quartic-gives-attention"],
)
def head_pairing(xp, X, Q, K, V, O):
    """If each of n/2 heads has a partner whose QK* is its VO* and whose VO* is its QK*, the n heads
    of linear attention are the force of a sum of n/2 quartic potentials."""
    heads = layers.linear_head(xp, X, Q, K, V, O) + layers.linear_head(xp, X, V, O, Q, K)
    return Force(_paired_potential(xp, Q, K, V, O), X, xp.sum(heads, axis=0))


@head_pairing.neighbour(
    "the partner tied one way only", key="tied-one-way", given=heads("V2", "O2", count="m")
)
def _(xp, X, Q, K, V, O, V2, O2):
    heads = layers.linear_head(xp, X, Q, K, V, O) + layers.linear_head(xp, X, V, O, V2, O2)
    return Force(_paired_potential(xp, Q, K, V, O), X, xp.sum(heads, axis=0))


@head_pairing.neighbour("the partner's factors in the wrong order, OV* for VO*", key="ov-for-vo")
def _(xp, X, Q, K, V, O):
    heads = layers.linear_head(xp, X, Q, K, V, O) + layers.linear_head(xp, X, O, V, Q, K)
    return Force(_paired_potential(xp, Q, K, V, O), X, xp.sum(heads, axis=0))


FREE = dict(
    X=matrix("N", "C"),
    A=matrix("n", "C", "C"),
    B=matrix("n", "C", "C"),
    H=matrix("N", "C"),
    K=matrix("N", "C"),
)

FREE_SIZES = dict(N=[2, 3], C=[1, 2, 3], n=[1, 2, 3])


def _attention(xp, A, B):
    """Linear attention Σᵢ X Aᵢ X* X Bᵢ as a field."""
    return lambda X: xp.sum(X @ A @ xp.star(X) @ X @ B, axis=0)


def _both_pairings(xp, field, X, H, K):
    """The field's antilinear derivative along H paired with K, and with H and K exchanged."""
    return (
        integrability.wirtinger_pairing(xp, field, X, H, K),
        integrability.wirtinger_pairing(xp, field, X, K, H),
    )


@claim(
    "head-pairing-no-potential",
    title="Does multi-head linear attention with free heads have a potential?",
    sources=[talk("In-Context Learning")],
    equations=["eq-lt-symmetric-derivative"],
    given=FREE,
    sizes=FREE_SIZES,
    expect="refuted",
    needs=["head-pairing-criterion"],
)
def head_pairing_no_potential(xp, X, A, B, H, K):
    """A field has a potential only if its antilinear derivative is symmetric. For heads with
    unrelated weights it is not, so no V, of any degree, has multi-head linear attention as its
    force."""
    return Equal(*_both_pairings(xp, _attention(xp, A, B), X, H, K))


@head_pairing_no_potential.neighbour(
    "heads tied to themselves, A = B, any number of them", key="self-tied-heads"
)
def _(xp, X, A, H, K):
    return Equal(*_both_pairings(xp, _attention(xp, A, A), X, H, K))


@head_pairing_no_potential.neighbour("heads tied in pairs", key="paired-heads")
def _(xp, X, A, B, H, K):
    a, b = xp.concat([A, B]), xp.concat([B, A])
    return Equal(*_both_pairings(xp, _attention(xp, a, b), X, H, K))


@claim(
    "head-pairing-criterion",
    expect="proved",
    title="A potential exists if and only if Σ A ⊗ B is symmetric",
    sources=[ours("sharpening of the paper's Lemma 3")],
    equations=["eq-lt-criterion"],
    given=FREE,
    sizes=FREE_SIZES,
)
def head_pairing_criterion(xp, X, A, B, H, K, *, part=lambda T, swapped: T - swapped):
    """The asymmetry of the antilinear derivative of Σ X Aᵢ X*X Bᵢ depends on the weights only
    through T − Tᵀ, T = Σ Aᵢ ⊗ Bᵢ. For two tokens or more (N ≥ 2) it vanishes for all X, H, K
    exactly if T is symmetric, and then V = ½ Σ Tr(X Aᵢ X*X Bᵢ X*) is a potential."""
    one, other = _both_pairings(xp, _attention(xp, A, B), X, H, K)
    T = xp.sum(A[:, :, :, None, None] * B[:, None, None, :, :], axis=0)
    swapped = xp.sum(B[:, :, :, None, None] * A[:, None, None, :, :], axis=0)
    P, R = xp.star(H) @ X, xp.star(K) @ X
    weight = R.T[:, None, None, :] * P[None, :, :, None]
    return Equal(one - other, xp.sum(weight * part(T, swapped)))


head_pairing_criterion.vary(
    "the symmetric part, which would refuse a head tied to itself",
    key="self-tied-refused",
    part=lambda T, swapped: (T + swapped) / 2,
)


@head_pairing_criterion.neighbour("no asymmetry: generic heads accepted", key="generic-accepted")
def _(xp, X, A, B, H, K):
    one, other = _both_pairings(xp, _attention(xp, A, B), X, H, K)
    return Zero(one - other)


@claim(
    "head-pairing-self-tied",
    expect="proved",
    title="One head suffices, if it is tied to itself",
    sources=[ours("the number of heads need not be even")],
    equations=["eq-lt-self-tied"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C")),
)
def head_pairing_self_tied(xp, X, A, *, adjoint=False):
    """A single head with VO* = QK* = A is the force of ½Tr(XAX*XAX*)."""
    B = xp.star(A) if adjoint else A
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ B @ xp.star(X)) / 2
    return Force(V, X, X @ A @ xp.star(X) @ X @ B)


head_pairing_self_tied.vary("a head tied to its adjoint, VO* = (QK*)*", key="adjoint", adjoint=True)


@claim(
    "head-pairing-two-self-tied",
    expect="proved",
    title="A pair of heads is two self-tied heads",
    sources=[ours("normal form")],
    equations=["eq-lt-two-self-tied"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
)
def head_pairing_two_self_tied(xp, X, A, B, *, sign=-1):
    """A pair with swapped roles equals two heads that are tied to themselves, with weights
    (A + B)/√2 and i(A − B)/√2. Tying a head to itself is thus the general case."""
    M = xp.star(X) @ X
    S, D = A + B, A - B
    return Equal(X @ A @ M @ B + X @ B @ M @ A, (X @ S @ M @ S + sign * X @ D @ M @ D) / 2)


head_pairing_two_self_tied.vary("both with a plus sign", key="plus-sign", sign=1)


@claim(
    "head-pairing-one-token",
    expect="proved",
    title="For one token the condition is weaker",
    sources=[ours("why N ≥ 2 is asked for")],
    equations=["eq-lt-one-token"],
    given=dict(
        X=matrix(1, "C"),
        u=matrix("C"),
        v=matrix("C"),
        w=matrix("C"),
        H=matrix(1, "C"),
        K=matrix(1, "C"),
    ),
    sizes=dict(C=[1, 2, 3]),
    needs=["head-pairing-criterion"],
    tex=r"N = 1:\quad A = uv^*,\; B = wv^*\text{ has a potential, although } A\otimes B \ne"
    r" B\otimes A",
    differs="otherwise",
)
def head_pairing_one_token(xp, X, u, v, w, H, K):
    """For a single token the head A = uv*, B = wv* has a symmetric antilinear derivative, for any
    u and w."""
    A, B = u[:, None] * xp.conj(v)[None, :], w[:, None] * xp.conj(v)[None, :]
    return Equal(*_both_pairings(xp, lambda X: X @ A @ xp.star(X) @ X @ B, X, H, K))


head_pairing_one_token.vary(
    "the same head on two tokens",
    key="two-tokens",
    given=dict(X=matrix(2, "C"), H=matrix(2, "C"), K=matrix(2, "C")),
)


def _coefficients(xp, pairs):
    """The coefficients Σ A ⊗ B of linear attention, as one vector."""
    terms = [xp.flatten(a[:, :, None, None] * b[None, None, :, :]) for a, b in pairs]
    return layers.total(terms)


@claim(
    "head-pairing-parameters",
    expect="proved up to C = 3",
    title="A tied pair has 2C² − 1 parameters",
    sources=[ours("count of parameters")],
    equations=["eq-lt-parameter-count"],
    given=dict(A=real_matrix("C", "C"), B=real_matrix("C", "C")),
    sizes=dict(C=[1, 2, 3]),
    needs=["head-pairing-criterion"],
)
def head_pairing_parameters(xp, A, B, *, lost=1):
    """The fields of one tied pair of heads form a family of dimension 2C² − 1: 2C² weights less the
    one rescaling (A, B) → (sA, B/s). Over the complex numbers the dimension is the same, counted in
    complex parameters."""
    C = A.shape[0]
    both = xp.stack([A, B])
    field = lambda W: _coefficients(xp, [(W[0], W[1]), (W[1], W[0])])
    return Rank(xp.jacobian(field, both), 2 * C * C - lost)


head_pairing_parameters.vary("as many as weights", key="as-many-as-weights", lost=0)


@claim(
    "head-pairing-parameters-free",
    expect="proved up to C = 3",
    title="Two free heads have 4C² − 4 parameters",
    sources=[ours("count of parameters")],
    equations=["eq-lt-parameter-count-free"],
    given={k: real_matrix("C", "C") for k in ("A1", "B1", "A2", "B2")},
    sizes=dict(C=[2, 3]),
)
def head_pairing_parameters_free(xp, A1, B1, A2, B2, *, lost=4):
    """The fields of two free heads form a family of dimension 4C² − 4 (C ≥ 2): the mixing of the
    two heads among themselves costs four. A tied pair has about half."""
    C = A1.shape[0]
    field = lambda W: _coefficients(xp, [(W[0], W[1]), (W[2], W[3])])
    return Rank(xp.jacobian(field, xp.stack([A1, B1, A2, B2])), 4 * C * C - lost)


head_pairing_parameters_free.vary("exactly twice a tied pair", key="twice-a-tied-pair", lost=2)


@claim(
    "real-quartic-four-terms",
    expect="proved",
    title="Over the reals the same potential has four gradient terms",
    sources=[ours("real networks")],
    equations=["eq-lt-real-quartic"],
    given=dict(X=real_matrix("N", "C"), A=real_matrix("C", "C"), B=real_matrix("C", "C")),
    needs=["quartic-gives-attention"],
)
def real_quartic(xp, X, A, B, *, terms=4, factor=1):
    """For real X the gradient of Tr(XAXᵀ X Bᵀ Xᵀ) is a sum of four heads: the complex two, and
    the same two with both weights transposed (M = Xᵀ X)."""
    V = lambda X: xp.trace(X @ A @ X.T @ X @ B.T @ X.T)
    M = X.T @ X
    heads = [A @ M @ B.T, B.T @ M @ A, A.T @ M @ B, B @ M @ A.T]
    return Gradient(V, X, factor * X @ layers.total(heads[:terms]))


real_quartic.vary("the two terms of the complex case", key="two-terms", terms=2)
real_quartic.vary(
    "twice the two terms of the complex case", key="two-terms-twice", terms=2, factor=2
)
