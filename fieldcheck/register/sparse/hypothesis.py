"""When does the gate's hypothesis hold?"""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper
from fieldcheck.domains import between, matrix, positive, real, real_matrix, vector
from fieldcheck.register.sparse.shared import gate_value
from fieldcheck.relations import Equal, Zero


def _head(xp, A, B):
    return lambda X: X @ A @ xp.star(X) @ X @ B


def _bracket(xp, f, g, X):
    """Df g - Dg f, the bracket of vector fields."""
    return xp.push(f, X, g(X)) - xp.push(g, X, f(X))


@claim(
    "bch-homogeneous",
    expect="proved",
    title="A scalar MLP and linear attention satisfy the hypothesis, with β = -2c",
    sources=[paper("Lemma 8"), ours("by Euler's identity")],
    equations=["eq-bracket-homogeneous"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C"), c=real()),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
)
def homogeneous(xp, X, A, B, c, *, beta=lambda c: -2 * c):
    """The bracket of the field cX with an attention field, which has degree three, is -2c times the
    attention field: attention first and then the MLP has the gate G(-2c) = 2c/(e^(2c) - 1)."""
    F = lambda X: X @ A @ xp.star(X) @ X @ B
    f = lambda X: c * X
    return Equal(_bracket(xp, f, F, X), beta(c) * F(X))


homogeneous.vary("β = 3c: the degree forgotten to be compared", key="three-c", beta=lambda c: 3 * c)
homogeneous.vary(
    "β = c - c³: composition instead of the bracket", key="composition", beta=lambda c: c - c**3
)
homogeneous.vary("the sign of the other order", key="other-order", beta=lambda c: 2 * c)


@claim(
    "bch-homogeneous-flow",
    expect="proved",
    title="One channel, one token: the gate in closed form",
    sources=[ours("the scalar case, solved")],
    equations=["eq-gate-scalar"],
    needs=["bch-homogeneous"],
    given=dict(u=positive(), a=real(), c=positive()),
)
def scalar_flow(xp, u, a, c):
    """For x' = ax³ the number u = 1/x² moves by -2a, for x' = cx it shrinks by e^(-2c).  Attention,
    then MLP, is the flow of x' = cx + g a x³ for one unit of time, with g = 2c/(e^(2c) - 1)."""
    w = xp.exp(-2 * c)
    g = 2 * c * w / (1 - w)
    flow = lambda t: xp.exp(-2 * c * t) * u - g * a * (1 - xp.exp(-2 * c * t)) / c
    speed = xp.push(flow, xp.one, xp.one)
    return (Equal(w * (u - 2 * a), flow(xp.one)), Equal(speed, -2 * c * flow(xp.one) - 2 * g * a))


@scalar_flow.neighbour("the gate of the other order", key="other-order")
def _(xp, u, a, c):
    w = xp.exp(-2 * c)
    g = 2 * c / (1 - w)
    return Equal(w * (u - 2 * a), w * u - g * a * (1 - w) / c)


@scalar_flow.neighbour("no gate", key="no-gate")
def _(xp, u, a, c):
    w = xp.exp(-2 * c)
    return Equal(w * (u - 2 * a), w * u - a * (1 - w) / c)


@claim(
    "bch-homogeneous-flow-all",
    expect="proved",
    title="All tokens and channels: the gate as a change of time",
    sources=[ours("the general case, solved")],
    equations=["eq-gate-time"],
    needs=["bch-homogeneous"],
    given=dict(
        Z=matrix("N", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
        c=real().without_strata("zero"),
        s=real(),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    tex=r"\dot Z = F(Z),\ X(s) = e^{cs}Z(\tau),\ \tau(s) = \frac{g(e^{2cs}-1)}{2c}"
    r"\ \Rightarrow\ X' = cX + gF(X),\quad\tau(1)=1\iff g = G(-2c)",
    differs="more",
)
def flow_all(xp, Z, A, B, c, s):
    """If Z runs along the attention field, X(s) = e^(cs) Z(τ(s)) runs along the
    MLP cX and g times attention. At s = 1 it has seen all of attention, τ = 1, and then the whole
    MLP e^c, if and only if g = 2c/(e^(2c) − 1)."""
    return _time_change(xp, Z, A, B, c, s, 2, 2 * c / (xp.exp(2 * c) - 1))


def _time_change(xp, Z, A, B, c, s, power, g):
    """The derivative of e^(cs) Z(τ(s)) at s, where Z(τ(s)) = Z, for the clock
    τ(s) = g(e^(power c s) − 1)/(power c); and τ(0), τ(1)."""
    F, grown = _head(xp, A, B), xp.exp(c * s)
    clock = lambda s: g * (xp.exp(c * s) ** power - 1) / (power * c)
    near = lambda t: xp.exp(c * t) * (Z + (clock(t) - clock(s)) * F(Z))
    return (
        Equal(xp.push(near, s, xp.one), c * (grown * Z) + g * F(grown * Z)),
        Zero(clock(0 * s)),
        Equal(clock(xp.one), xp.one),
    )


@flow_all.neighbour("no gate", key="no-gate")
def _(xp, Z, A, B, c, s):
    return _time_change(xp, Z, A, B, c, s, 2, xp.one)


@flow_all.neighbour("the clock of a field of degree two, τ' = g e^(cs)", key="degree-two")
def _(xp, Z, A, B, c, s):
    return _time_change(xp, Z, A, B, c, s, 1, c / (xp.exp(c) - 1))


ELEMENTARY = ((0, 1, 1, 0), (0, 0, 1, 1), (1, 0, 1, 1), (0, 1, 0, 1))
"""Index patterns (a, b, c, d) of heads X E_ab X* X E_cd."""


def _unit_matrix(xp, n, row, column):
    return xp.stack([xp.eye(n)[column % n] * int(j == row % n) for j in range(n)])


@claim(
    "bch-homogeneous-diagonal",
    expect="proved up to N, C = 3",
    title="A diagonal MLP and an elementary head satisfy it, too",
    sources=[ours("a wider class than scalar MLPs")],
    equations=["eq-bracket-diagonal"],
    given=dict(X=matrix("N", "C"), d=matrix("C")),
    sizes=dict(N=[1, 2, 3], C=[2, 3]),
)
def diagonal(xp, X, d, *, scalar=False, bar=True):
    """For diagonal D and a head of two matrix units the bracket is a multiple of the head."""
    n = X.shape[1]
    left, right = [], []
    for a, b, c, e in ELEMENTARY:
        F = _head(xp, _unit_matrix(xp, n, a, b), _unit_matrix(xp, n, c, e))
        left.append(_bracket(xp, lambda X: X * d, F, X))
        beta = d[e % n] - d[a % n] - (xp.conj(d[b % n]) if bar else d[b % n]) - d[c % n]
        right.append((-2 * d[0] if scalar else beta) * F(X))
    return Equal(xp.stack(left), xp.stack(right))


diagonal.vary("the value for a scalar MLP", key="scalar-value", scalar=True)
diagonal.vary("the conjugate left out: right for real rates only", key="no-conjugate", bar=False)


@claim(
    "bch-homogeneous-tokens",
    expect="proved up to N = 3; C = 2",
    title="An MLP that grows every token at its own rate gates attention key by key",
    sources=[paper("after Lemma 8"), ours("where that reading is right")],
    equations=["eq-bracket-tokens"],
    needs=["bch-homogeneous"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C"), c=vector("N")),
    sizes=dict(N=[1, 2, 3], C=[1, 2]),
)
def by_token(xp, X, A, B, c):
    """Let the MLP multiply token n by its own real rate c_n. What attention reads from the key m
    is a field of its own, whose bracket with the MLP is −2 c_m times itself: a gate for every
    key."""
    return Equal(*_key_by_key(xp, X, A, B, c, lambda m, n: c[m]))


def _key_by_key(xp, X, A, B, c, rate):
    """The brackets of all keys, and −2 rate(m, n) times what token n reads from the key m."""
    tokens, size = xp.eye(X.shape[0]), range(X.shape[0])
    left, right = [], []
    for m in size:
        part = lambda X, m=m: (X @ A @ xp.star(X)) @ xp.diag(tokens[m]) @ X @ B
        left.append(_bracket(xp, lambda X: c[:, None] * X, part, X))
        right.append(xp.stack([-2 * rate(m, n) * part(X)[n] for n in size]))
    return xp.stack(left), xp.stack(right)


@by_token.neighbour("the rate of the query", key="query", sizes=dict(N=[2, 3]))
def _(xp, X, A, B, c):
    return Equal(*_key_by_key(xp, X, A, B, c, lambda m, n: c[n]))


@by_token.neighbour("half from the key and half from the query", key="both", sizes=dict(N=[2, 3]))
def _(xp, X, A, B, c):
    return Equal(*_key_by_key(xp, X, A, B, c, lambda m, n: (c[m] + c[n]) / 2))


@claim(
    "bch-homogeneous-generic",
    title="Does every MLP satisfy the hypothesis of the gate?",
    sources=[paper("Lemma 8")],
    expect="refuted",
    equations=["eq-bracket-parallel"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=dict(N=[1, 2], C=[2, 3]),
)
def generic(xp, X, W, A, B):
    """The bracket of a linear MLP with an attention head is a multiple of the head (it is not)."""
    F = _head(xp, A, B)
    bracket, head = xp.flatten(_bracket(xp, lambda X: X @ W, F, X)), xp.flatten(F(X))
    return Equal(bracket[:-1] * head[1:], bracket[1:] * head[:-1])


@generic.neighbour("a scalar MLP", key="scalar", given=dict(c=real()))
def _(xp, X, c, A, B):
    F = _head(xp, A, B)
    bracket, head = xp.flatten(_bracket(xp, lambda X: c * X, F, X)), xp.flatten(F(X))
    return Equal(bracket[:-1] * head[1:], bracket[1:] * head[:-1])


@claim(
    "bch-modewise",
    title="To first order in attention, every mode has its own gate",
    sources=[ours("the gate without its hypothesis")],
    equations=["eq-modewise"],
    given=dict(a=vector("n"), B=real_matrix("n", "n")),
    sizes=dict(n=[2, 3]),
)
def modewise(xp, a, B, *, gate=lambda xp, beta: gate_value(xp, beta)):
    """For a diagonal A and any B, exp(A) exp(εB) and the exponential of A plus ε times the gated B,
    each entry behind the gate of its own β = a_j - a_k, agree to first order in ε. The derivative
    of exp at A multiplies the entry (j, k) by the divided difference of exp at a_j and a_k."""
    e, n = xp.exp(a), range(B.shape[0])
    slope = lambda j, k: (e[j] - e[k]) / (a[j] - a[k])
    entry = lambda j, k: B[j, k] * (e[j] if j == k else gate(xp, a[j] - a[k]) * slope(j, k))
    return Equal(e[:, None] * B, xp.stack([xp.stack([entry(j, k) for k in n]) for j in n]))


modewise.vary("the gate of half of β", key="half-gate", gate=lambda xp, b: gate_value(xp, b / 2))
modewise.vary("no gates", key="no-gate", gate=lambda xp, b: xp.one)


def _gated(xp, A, B, d, gate_of, fade):
    """X ↦ the head XAX*XB with each of its modes behind a gate and a factor.

    The mode X E_ab X* X E_ce has the weight A_ab B_ce and the rate β = d_e − d_a − d_b − d_c: in
    the frame that the MLP XD moves it fades by e^(−sβ).
    """
    C = range(d.shape[0])

    def entry(M, a, e):
        betas = [[d[e] - d[a] - d[b] - d[c] for c in C] for b in C]
        modes = [[gate_of(beta) * fade(beta) for beta in row] for row in betas]
        return A[a] @ (M * xp.stack([xp.stack(row) for row in modes])) @ B[:, e]

    def field(X):
        M = xp.star(X) @ X
        return X @ xp.stack([xp.stack([entry(M, a, e) for e in C]) for a in C])

    return field


@claim(
    "bch-modewise-heads",
    title="A head under a diagonal MLP: every mode of attention has its own gate",
    sources=[ours("the gate without its hypothesis, for the layers themselves")],
    equations=["eq-modewise-heads"],
    needs=["bch-modewise", "bch-homogeneous-diagonal"],
    given=dict(
        X=matrix("N", 2),
        A=matrix(2, 2),
        B=matrix(2, 2),
        d=vector(2),
        s=between(0, 1),
    ),
    sizes=dict(N=[1, 2]),
)
def modewise_heads(xp, X, A, B, d, s, *, gate=lambda xp, beta: gate_value(xp, beta)):
    """For any head F = XAX*XB and a diagonal MLP XD, the flow of attention εF and then of the MLP
    is the flow of XD + ε F_G up to second order in ε, where F_G has a gate on each of its modes.
    In the frame that the MLP moves F_G is F_G(Xe^(sD))e^(−sD), each mode faded by e^(−sβ), and to
    first order its flow adds it up over 0 ≤ s ≤ 1, where e^(−sβ) averages to (1 − e^(−β))/β."""
    faded = lambda fade: _gated(xp, A, B, d, lambda beta: gate(xp, beta), fade)
    still = faded(lambda beta: xp.one)
    moved = still(X * xp.exp(s * d)[None, :]) * xp.exp(-s * d)[None, :]
    return (
        Equal(_head(xp, A, B)(X), faded(lambda beta: (1 - xp.exp(-beta)) / beta)(X)),
        Equal(faded(lambda beta: xp.exp(-s * beta))(X), moved),
    )


modewise_heads.vary("no gates", key="no-gate", gate=lambda xp, beta: xp.one)
modewise_heads.vary(
    "the gates of the other order", key="other-order", gate=lambda xp, beta: gate_value(xp, -beta)
)
