"""Real tokens: two terms, and what is and what is not a gradient."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import real, real_matrix, root, symmetric, vector
from fieldcheck.fields import free_energy as attention
from fieldcheck.fields.integrability import euclidean_pairing
from fieldcheck.register.softmax.shared import ALL, SMALL, WHY_SOFTMAX
from fieldcheck.relations import Equal, Gradient, Rate


@claim(
    "softmax-real-two-terms",
    expect="proved",
    title="Over the reals the free energy gives two attention terms",
    sources=[ours()],
    equations=["eq-two-terms"],
    given=dict(X=real_matrix("N", "C"), W=real_matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
)
def real_two_terms(xp, X, W, root_r, *, listening=1, heard=1):
    """For real X and W the gradient of the summed log-sum-exp of S = XWXᵀ/√r has two terms:
    P X Wᵀ with the rows of P as weights, and Pᵀ X W with its columns."""
    P = xp.softmax(X @ W @ X.T / root_r, axis=-1)
    F = (listening * P @ X @ W.T + heard * P.T @ X @ W) / root_r
    return Gradient(lambda X: attention.over_keys(xp, X, W, root_r), X, F)


real_two_terms.vary("the listening term alone", key="one-term", heard=0)
real_two_terms.vary("the transposed term alone", key="one-term-transposed", listening=0)
real_two_terms.vary(
    "the listening term doubled, W symmetric",
    key="doubled-term",
    given=dict(W=symmetric("C")),
    listening=2,
    heard=0,
)


@claim(
    "softmax-query-only",
    expect="proved",
    title="With the keys frozen, attention is a gradient in the queries",
    sources=[ours()],
    equations=["eq-query-only"],
    given=dict(
        Q=real_matrix("N", "C"), K=real_matrix("M", "C"), A=real_matrix("C", "C"), root_r=root("r")
    ),
    needs=["lse-gradient-softmax"],
)
def query_only(xp, Q, K, A, root_r, *, transposed=True, U=None):
    """Frozen keys K, scores QAKᵀ/√r, values K Aᵀ: softmax attention is then the gradient
    in Q of √r times the summed log-sum-exp (the modern Hopfield network)."""
    V = lambda Q: root_r * xp.sum(xp.logsumexp(Q @ A @ K.T / root_r, axis=-1))
    values = K @ (A.T if transposed else A) if U is None else U
    return Gradient(V, Q, xp.softmax(Q @ A @ K.T / root_r, axis=-1) @ values)


query_only.vary(
    "values untied from the keys", key="values-untied", given=dict(U=real_matrix("M", "C"))
)
query_only.vary(
    "values tied with A in place of its transpose", key="values-tied-wrongly", transposed=False
)


@query_only.neighbour(
    "the keys move with the queries",
    key="keys-not-frozen",
    given=dict(X=real_matrix("N", "C"), A=symmetric("C")),
)
def _(xp, X, A, root_r):
    V = lambda X: root_r * xp.sum(xp.logsumexp(X @ A @ X.T / root_r, axis=-1))
    return Gradient(V, X, xp.softmax(X @ A @ X.T / root_r, axis=-1) @ X @ A)


@claim(
    "softmax-query-only-untied",
    title="With untied values, does the query's force have a potential?",
    sources=[ours()],
    expect="refuted",
    equations=["eq-untied-jacobian"],
    given=dict(q=vector("C"), K=real_matrix("M", "C"), U=real_matrix("M", "C")),
    sizes=dict(M=[1, 2, 3], C=[1, 2]),
    tex=r"F(q)=U^\top\softmax(Kq):\quad DF=DF^\top",
    differs="denied",
)
def query_only_untied(xp, q, K, U):
    """If softmax(Kq)U, with values U independent of the keys K, were a gradient in q, its
    Jacobian Uᵀ(diag p − ppᵀ)K would be symmetric."""
    J = xp.jacobian(lambda q: xp.softmax(K @ q) @ U, q)
    return Equal(J, J.T)


@query_only_untied.neighbour(
    "values a multiple of the keys, all shifted alike",
    key="values-affine-in-keys",
    given=dict(b=vector("C"), c=real(), h=vector("C"), k=vector("C")),
    sizes=dict(C=ALL["C"]),
)
def _(xp, q, K, b, c, h, k):
    F = lambda q: xp.softmax(K @ q) @ (c * K + b[None, :])
    return Equal(euclidean_pairing(xp, F, q, h, k), euclidean_pairing(xp, F, q, k, h))


REAL_DIRECTIONS = dict(H=real_matrix("N", "C"), D=real_matrix("N", "C"))


def _symmetric(xp, F, X, H, D):
    """The Jacobian of F at X is symmetric along H and D."""
    return Equal(euclidean_pairing(xp, F, X, H, D), euclidean_pairing(xp, F, X, D, H))


@claim(
    "softmax-no-potential",
    title="Is self-attention with symmetric weights a gradient?",
    sources=[WHY_SOFTMAX, ours()],
    expect="refuted",
    equations=["eq-no-potential"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C")),
    sizes=SMALL,
)
def no_potential(xp, X, W):
    """If Softmax(XWXᵀ)XW with symmetric W were the Euclidean gradient of a potential, its
    Jacobian, NC x NC, would be symmetric."""
    J = xp.jacobian(lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1) @ Y @ W, X)
    return Equal(J, J.T)


@no_potential.neighbour(
    "both terms of the free energy", key="both-terms", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, W, H, D):
    P = lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1)
    return _symmetric(xp, lambda Y: P(Y) @ Y @ W + P(Y).T @ Y @ W, X, H, D)


@no_potential.neighbour(
    "the normalization left out: exp(S)XW", key="unnormalized", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, W, H, D):
    return _symmetric(xp, lambda Y: xp.exp(Y @ W @ Y.T) @ Y @ W, X, H, D)


@no_potential.neighbour(
    "linear attention in place of softmax", key="linear-attention", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, W, H, D):
    return _symmetric(xp, lambda Y: Y @ W @ Y.T @ Y @ W, X, H, D)


@no_potential.neighbour(
    "keys and values frozen",
    key="frozen-keys",
    given=dict(K=real_matrix("N", "C"), **REAL_DIRECTIONS),
    sizes=ALL,
)
def _(xp, X, W, K, H, D):
    return _symmetric(xp, lambda Y: xp.softmax(Y @ W @ K.T, axis=-1) @ K @ W, X, H, D)


@claim(
    "softmax-no-potential-identity",
    title="Is at least attention without weights, Softmax(XXᵀ)X, a gradient?",
    sources=[ours()],
    expect="refuted",
    given=dict(X=real_matrix("N", "C")),
    sizes=SMALL,
    tex=r"F(X)=\operatorname{Softmax}(XX^\top)X:\quad DF(X)=DF(X)^\top",
)
def no_potential_identity(xp, X):
    """If Softmax(XXᵀ)X were a Euclidean gradient, its Jacobian would be symmetric."""
    J = xp.jacobian(lambda Y: xp.softmax(Y @ Y.T, axis=-1) @ Y, X)
    return Equal(J, J.T)


@no_potential_identity.neighbour(
    "both terms of the free energy", key="both-terms", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, H, D):
    P = lambda Y: xp.softmax(Y @ Y.T, axis=-1)
    return _symmetric(xp, lambda Y: P(Y) @ Y + P(Y).T @ Y, X, H, D)


@claim(
    "softmax-no-potential-leading",
    expect="proved up to N = 4; C = 3",
    title="The asymmetry is that of the normalization, of second order in the tokens",
    sources=[ours()],
    equations=["eq-leading-asymmetry"],
    needs=["softmax-no-potential"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), **REAL_DIRECTIONS),
    sizes=dict(N=[3, 4], C=[2, 3]),
)
def no_potential_leading(xp, X, W, H, D):
    """For small tokens the antisymmetric part of the Jacobian is of second order, and it is that
    of −XWXᵀ 11ᵀ XW/N², the term by which softmax centres the scores of a row. What is left is
    of fourth order."""
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 1), order=4, start=64)


def _unexplained(xp, X, W, H, D, n, factor):
    """The antisymmetric part of the Jacobian at X/n along H and D, less that of factor · G."""

    def antisymmetric(F, Y):
        return euclidean_pairing(xp, F, Y, H, D) - euclidean_pairing(xp, F, Y, D, H)

    size = X.shape[0]
    F = lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1) @ Y @ W
    G = lambda Y: -(Y @ W @ Y.T) @ xp.ones(size, size) @ Y @ W / size**2
    return xp.abs(antisymmetric(F, X / n) - factor * antisymmetric(G, X) / n**2)


@no_potential_leading.neighbour("no term of second order", key="no-second-order")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 0), order=4, start=64)


@no_potential_leading.neighbour("with its sign turned", key="sign")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, -1), order=4, start=64)


@no_potential_leading.neighbour("1/N in place of 1/N squared", key="one-over-n")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, X.shape[0]), order=4, start=64)


ANY_VALUES = dict(
    x=vector("C"), h=vector("C"), d=vector("C"), W=real_matrix("C", "C"), B=real_matrix("C", "C")
)


def _cubic(xp, X, W, B):
    """The part of third order of Softmax(XWX*)XB."""
    S, size = X @ W @ xp.star(X), X.shape[0]
    return (S - S @ xp.ones(size, size) / size) @ X @ B / size


def _first(xp, rows, others):
    """These tokens, and zeros after them, as many as ``others`` has rows; none if it is None."""
    tokens = xp.stack(rows)
    return tokens if others is None else xp.concat([tokens, others * 0])


def _cubic_asymmetry(xp, x, h, d, W, B, others=None):
    """Of its Jacobian, with x the first token, that token moved along d and the second along h."""
    X, D, H = (_first(xp, pair, others) for pair in ([x, x * 0], [d, d * 0], [d * 0, h]))
    F = lambda Y: _cubic(xp, Y, W, B)
    return euclidean_pairing(xp, F, X, H, D) - euclidean_pairing(xp, F, X, D, H)


@claim(
    "softmax-no-potential-whole",
    expect="proved",
    title="From two tokens on Softmax(XWXᵀ)XB is a gradient only for B = 0, or W = 0 and B = Bᵀ",
    sources=[WHY_SOFTMAX, ours("the whole no-go, for one term")],
    equations=["eq-no-go-first", "eq-no-go"],
    needs=["softmax-no-potential-order"],
    given=ANY_VALUES | dict(others=real_matrix("K", "C")),
    tex=r"\begin{gathered}\inner{D}{DF(0)H}-\inner{H}{DF(0)D}=\tfrac1N\,h(B-B^\top)d^\top,\\"
    r"\inner{D}{DT(X)H}-\inner{H}{DT(X)D}"
    r"=-\tfrac1{N^2}\bigl[(xWh^\top)(xBd^\top)+(xWx^\top)(hBd^\top)\bigr],\ \ N=2+K\end{gathered}",
)
def no_go(xp, x, h, d, W, B, others, *, both=True):
    """Let F = Softmax(XWXᵀ)XB have a symmetric Jacobian, N ≥ 2. At X = 0 it forces B = Bᵀ. With T
    the part of third order, X the token x and zeros, and H, D moving the second token along h and
    the first along d, it forces (xWh)(xBd) + (xWx)(hBd) = 0 for all x, h, d: for h = x, xWx ≠ 0
    gives xB = 0, so B = 0 or W is antisymmetric, and then (xWh)(xBd) = 0 gives W = 0 or B = 0.
    Conversely F = 11ᵀXB/N is a gradient for W = 0 and B = Bᵀ. Two tokens, or K more."""
    return (
        *_no_go(xp, x, h, d, W, B, None, both),
        *_no_go(xp, x, h, d, W, B, others, both),
    )


def _no_go(xp, x, h, d, W, B, others, both):
    """The two asymmetries, and the converse."""
    X, D, H = (_first(xp, pair, others) for pair in ([x, h], [d, d * 0], [d * 0, h]))
    size = X.shape[0]
    mean = lambda Y, B: xp.ones(size, size) @ Y @ B / size
    softmax = lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1) @ Y @ B
    # Of two tokens it is taken itself, of more its first order, which the claim below gives.
    F = softmax if others is None else lambda Y: mean(Y, B)
    first = euclidean_pairing(xp, F, X * 0, H, D) - euclidean_pairing(xp, F, X * 0, D, H)
    third = _cubic_asymmetry(xp, x, h, d, W, B, others)
    rest = (x @ W @ x) * (h @ B @ d) if both else 0
    return (
        Equal(first * size, h @ (B - B.T) @ d),
        Equal(third * size**2, -((x @ W @ h) * (x @ B @ d)) - rest),
        _symmetric(xp, lambda Y: mean(Y, B + B.T), X, H, D),
    )


no_go.vary("the second term left out", key="one-term", both=False)


@no_go.neighbour("symmetric B is enough", key="symmetric-values", given=dict(B=symmetric("C")))
def _(xp, x, h, d, W, B, others):
    return Equal(_cubic_asymmetry(xp, x, h, d, W, B), 0 * xp.one)


@claim(
    "softmax-no-potential-order",
    title="Softmax attention of small tokens, up to fifth order",
    sources=[ours()],
    given=dict(
        X=real_matrix("N", "C"),
        W=real_matrix("C", "C"),
        B=real_matrix("C", "C"),
        H=real_matrix("N", "C"),
    ),
    sizes=dict(N=[3, 4], C=[1, 2, 3]),
    tex=r"F(\varepsilon X)=\tfrac\varepsilon N\mathbf 1\mathbf 1^\top XB+\varepsilon^3T(X)"
    r"+O(\varepsilon^5),"
    r"\quad T(X)=\tfrac1N\,XWX^\top\bigl(1-\tfrac1N\mathbf 1\mathbf 1^\top\bigr)XB",
)
def no_go_order(xp, X, W, B, H, *, cubic=1):
    """The terms of first and third order of F = Softmax(XWXᵀ)XB, tested along H. (For two tokens
    the next is of seventh order.)"""
    size = X.shape[0]
    F = lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1) @ Y @ B
    known = lambda Y: xp.ones(size, size) @ Y @ B / size + cubic * _cubic(xp, Y, W, B)
    return Rate(lambda n: xp.abs(xp.sum(H * (F(X / n) - known(X / n)))), order=5, start=64)


no_go_order.vary("without the term of third order", key="no-third-order", cubic=0)
no_go_order.vary("with its sign turned", key="sign", cubic=-1)


@claim(
    "softmax-no-potential-leading-two",
    expect="proved up to N = 2; C = 3",
    title="For two tokens what is left is of sixth order",
    sources=[ours()],
    needs=["softmax-no-potential-leading"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), **REAL_DIRECTIONS),
    sizes=dict(N=[2], C=[1, 2, 3]),
    tex=r"N=2:\quad DF(\varepsilon X)-DF(\varepsilon X)^\top=\varepsilon^2"
    r"\bigl(DG(X)-DG(X)^\top\bigr)+O(\varepsilon^6)",
)
def no_potential_leading_two(xp, X, W, H, D):
    """The same leading term; the next is missing, because the softmax of two numbers is ½ plus an
    odd function of their difference."""
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 1), order=6, start=64)


@no_potential_leading_two.neighbour("with its sign turned", key="sign")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, -1), order=6, start=64)


@no_potential_leading_two.neighbour("of fourth order, as for more tokens", key="fourth-order")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 1), order=4, start=64)
