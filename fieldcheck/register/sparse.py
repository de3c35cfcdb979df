"""Sparse attention and non-commutativity: chapter ``sparse``."""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

from fieldcheck.claim import claim, ours, paper, poster
from fieldcheck.domains import (
    between,
    built,
    matrix,
    number,
    positive,
    real,
    real_matrix,
    root,
    vector,
)
from fieldcheck.fields import depth, masks
from fieldcheck.fields.exponential import exp_nilpotent, expm
from fieldcheck.relations import Equal, Force, Rate, Zero, at_most

SINGULAR = ("integers", "ties", "zero-row", "large", "ill-conditioned", "denormal", "zero")
"""Strata on which a matrix has no inverse, or none that doubles can find."""


# -- the gate ------------------------------------------------------------------------------------
def _ladder(xp, a, beta, b):
    """A diagonal with steps beta, B one step up: [A, B] = beta B."""
    n = b.shape[0] + 1
    A = xp.diag(xp.stack([a + (n - 1 - k) * beta for k in range(n)]))
    rows = [
        xp.concat([xp.zeros(k + 1), xp.stack([b[k]]), xp.zeros(n - k - 2)]) for k in range(n - 1)
    ]
    return A, xp.stack([*rows, xp.zeros(n)])


def _ladder_exp(xp, a, q, n):
    """exp of that A, with q = exp(beta)."""
    return xp.diag(xp.stack([xp.exp(a) * q ** (n - 1 - k) for k in range(n)]))


@claim(
    "bch-gate",
    title="If [A, B] = βB, the product of exponentials is one exponential with a gate",
    sources=[paper("Lemma 8")],
    chapter="sparse",
    equations=["eq-bch-gate", "eq-bch-conjugation"],
    given=dict(a=real(), beta=positive(), b=vector("n")),
    sizes=dict(n=[1, 2, 3]),
    tex=r"[A,B]=\beta B\ \Rightarrow\ e^Ae^B = \exp\bigl(A + G(\beta)B\bigr),\quad "
    r" G(\beta) = \frac{\beta}{1-e^{-\beta}}",
)
def gate(xp, a, beta, b):
    """For a ladder [A, B] = βB and β > 0: A + GB is the conjugate of A by exp(sB) with s = G/β, and
    the same conjugation of exp(A) is exp(A) exp(B).  So exp(A + GB) = exp(A) exp(B)."""
    q = xp.exp(beta)
    G = beta * q / (q - 1)
    A, B = _ladder(xp, a, beta, b)
    P, Q = exp_nilpotent(xp, -B * (G / beta)), exp_nilpotent(xp, B * (G / beta))
    E = _ladder_exp(xp, a, q, A.shape[0])
    return (
        Equal(P @ A @ Q, A + G * B),
        Equal(P @ E @ Q, E @ exp_nilpotent(xp, B)),
        Zero(A @ B - B @ A - beta * B),
        Equal(xp.diagonal(E), xp.exp(xp.diagonal(A))),
    )


@claim(
    "bch-gate-complex",
    title="The gate for complex β and in any basis",
    sources=[paper("Lemma 8")],
    chapter="sparse",
    needs=["bch-gate"],
    given=dict(
        a=number(),
        beta=number().without_strata("zero", "large", "denormal"),
        b=matrix("n").without_strata("large"),
        S=matrix("n+1", "n+1").without_strata(*SINGULAR),
    ),
    sizes=dict(n=[1, 2, 3]),
    tex=r"A = S\Lambda S^{-1},\ B = SRS^{-1},\ [\Lambda,R] = \beta R:\quad"
    r" \exp(A+G(\beta)B) = e^Ae^B\quad(\beta\in\CC\setminus2\pi\ii\mathbb Z)",
)
def gate_complex(xp, a, beta, b, S):
    """The same for a complex ladder that any invertible S has moved to another basis: the diagonal
    and the step of the ladder need not be seen."""
    q = xp.exp(beta)
    return _gate_in_basis(xp, a, beta, b, S, beta * q / (q - 1))


def _gate_in_basis(xp, a, beta, b, S, G):
    inside = lambda M: xp.star(xp.solve(xp.star(S), xp.star(S @ M)))
    ladder, step = _ladder(xp, a, beta, b)
    A, B = inside(ladder), inside(step)
    P, Q = exp_nilpotent(xp, -B * (G / beta)), exp_nilpotent(xp, B * (G / beta))
    exponential = _ladder_exp(xp, a, xp.exp(beta), b.shape[0] + 1)
    E = inside(exponential)
    return (
        Equal(P @ A @ Q, A + G * B),
        Equal(P @ E @ Q, E @ exp_nilpotent(xp, B)),
        Zero(A @ B - B @ A - beta * B),
        Equal(xp.diagonal(exponential), xp.exp(xp.diagonal(ladder))),
    )


@gate_complex.neighbour("the gate of the complex conjugate, β̄/(1 − e^(−β̄))", key="conjugate")
def _(xp, a, beta, b, S):
    bar = xp.conj(beta)
    return _gate_in_basis(xp, a, beta, b, S, bar / (1 - xp.exp(-bar)))


@gate_complex.neighbour("the gate of the other order, β/(e^β − 1)", key="other-order")
def _(xp, a, beta, b, S):
    return _gate_in_basis(xp, a, beta, b, S, beta / (xp.exp(beta) - 1))


@gate.neighbour("the gate of the other order, β/(e^β - 1)", key="other-order")
def _(xp, a, beta, b):
    q = xp.exp(beta)
    G = beta / (q - 1)
    A, B = _ladder(xp, a, beta, b)
    P, Q = exp_nilpotent(xp, -B * (G / beta)), exp_nilpotent(xp, B * (G / beta))
    E = _ladder_exp(xp, a, q, A.shape[0])
    return Equal(P @ A @ Q, A + G * B), Equal(P @ E @ Q, E @ exp_nilpotent(xp, B))


@gate.neighbour("no gate at all", key="no-gate")
def _(xp, a, beta, b):
    q = xp.exp(beta)
    A, B = _ladder(xp, a, beta, b)
    P, Q = exp_nilpotent(xp, -B / beta), exp_nilpotent(xp, B / beta)
    E = _ladder_exp(xp, a, q, A.shape[0])
    return Equal(P @ A @ Q, A + B), Equal(P @ E @ Q, E @ exp_nilpotent(xp, B))


def _gate_value(xp, beta):
    return beta / (1 - xp.exp(-beta))


@claim(
    "bch-gate-series",
    title="The gate's power series: minus at the fourth power",
    sources=[paper("Lemma 8, the series")],
    chapter="sparse",
    equations=["eq-gate-series"],
    given=dict(t=positive()),
    tex=r"G(\beta) = 1 + \tfrac{\beta}{2} + \tfrac{\beta^2}{12} - \tfrac{\beta^4}{720}"
    r" + \tfrac{\beta^6}{30240} + \cdots",
)
def gate_series(xp, t):
    """The error of the first four terms is β^6/30240 to leading order (Bernoulli numbers)."""

    def remainder(n):
        beta = t / n
        series = 1 + beta / 2 + beta**2 / 12 - beta**4 / 720
        return xp.abs(_gate_value(xp, beta) - series)

    return Rate(remainder, 6, constant=t**6 / 30240)


@gate_series.printed(
    "plus at the fourth power",
    tex=r"G(\beta) = 1 + \tfrac{\beta}{2} + \tfrac{\beta^2}{12} + \tfrac{\beta^4}{720} + \cdots",
)
def _(xp, t):
    def remainder(n):
        beta = t / n
        return xp.abs(_gate_value(xp, beta) - (1 + beta / 2 + beta**2 / 12 + beta**4 / 720))

    return Rate(remainder, 6)


@gate_series.neighbour("+1/720", key="plus-720")
def _(xp, t):
    def remainder(n):
        beta = t / n
        return xp.abs(_gate_value(xp, beta) - (1 + beta / 2 + beta**2 / 12 + beta**4 / 720))

    return Rate(remainder, 6, constant=t**6 / 30240)


@gate_series.neighbour("the series of β/(e^β - 1)", key="other-order")
def _(xp, t):
    def remainder(n):
        beta = t / n
        return xp.abs(_gate_value(xp, beta) - (1 - beta / 2 + beta**2 / 12 - beta**4 / 720))

    return Rate(remainder, 6)


@claim(
    "bch-gate-pole",
    title="At β = 2πi no gate exists",
    sources=[paper("Lemma 8"), ours("the case the formula leaves out")],
    chapter="sparse",
    equations=["eq-gate-pole"],
    given=dict(g=real(), b=real()),
    tex=r"A=\operatorname{diag}(2\pi\ii,0),\ B=bE_{12}:\quad \exp(A+gB)=I\ne I+B=e^Ae^B"
    r"\quad\text{for every } g",
)
def gate_pole(xp, g, b):
    """For β = 2πi the exponential of A + gB is the identity for every g, while e^A e^B is I + B."""
    turn = 2 * xp.pi * xp.i
    B = xp.stack([xp.stack([b * 0, b]), xp.zeros(2)])
    P, Q = exp_nilpotent(xp, -B * (g / turn)), exp_nilpotent(xp, B * (g / turn))
    return Zero(P @ xp.diag(xp.stack([xp.exp(turn), xp.one])) @ Q - xp.eye(2))


@gate_pole.neighbour("at β = πi", key="half-turn")
def _(xp, g, b):
    turn = xp.pi * xp.i
    B = xp.stack([xp.stack([b * 0, b]), xp.zeros(2)])
    P, Q = exp_nilpotent(xp, -B * (g / turn)), exp_nilpotent(xp, B * (g / turn))
    return Zero(P @ xp.diag(xp.stack([xp.exp(turn), xp.one])) @ Q - xp.eye(2))


@claim(
    "gate-limit",
    title="For strongly negative β the gate closes like |β| e^β",
    sources=[paper("after Lemma 8: the gate suppresses attention")],
    chapter="sparse",
    equations=["eq-gate-limit"],
    given=dict(t=positive()),
    tex=r"\frac{G(-s)}{s\,e^{-s}} = \frac1{1-e^{-s}} \to 1\qquad (s\to\infty)",
)
def gate_limit(xp, t):
    """With e^(-s) = 1/n the ratio of G(-s) to s e^(-s) misses one by 1/n, to leading order."""

    def remainder(n):
        s = xp.log(n * xp.one)
        return xp.abs(_gate_value(xp, -s) / (s * xp.exp(-s)) - 1)

    return Rate(remainder, 1, constant=xp.one)


@gate_limit.neighbour("like e^(-2|β|)", key="twice-the-rate")
def _(xp, t):
    def remainder(n):
        s = xp.log(n * xp.one)
        return xp.abs(_gate_value(xp, -s) / (s * xp.exp(-2 * s)) - 1)

    return Rate(remainder, 1, constant=xp.one)


# -- when does the hypothesis hold? --------------------------------------------------------------
def _head(xp, A, B):
    return lambda X: X @ A @ xp.star(X) @ X @ B


def _bracket(xp, f, g, X):
    """Df g - Dg f, the bracket of vector fields."""
    return xp.push(f, X, g(X)) - xp.push(g, X, f(X))


@claim(
    "bch-homogeneous",
    title="A scalar MLP and linear attention satisfy the hypothesis, with β = -2c",
    sources=[paper("Lemma 8, its hypothesis"), ours("by Euler's identity")],
    chapter="sparse",
    equations=["eq-bracket-homogeneous"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C"), c=real()),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    tex=r"\{cX, F\} = -2c\,F\quad\text{for } F(X) = XAX^*XB,\qquad \{f,g\} = Df\,g - Dg\,f",
)
def homogeneous(xp, X, A, B, c):
    """The bracket of the field cX with an attention field, which has degree three, is -2c times the
    attention field: attention first and then the MLP has the gate G(-2c) = 2c/(e^(2c) - 1)."""
    F = lambda X: X @ A @ xp.star(X) @ X @ B
    f = lambda X: c * X
    return Equal(_bracket(xp, f, F, X), -2 * c * F(X))


@homogeneous.neighbour("β = 3c: the degree forgotten to be compared", key="three-c")
def _(xp, X, A, B, c):
    F = lambda X: X @ A @ xp.star(X) @ X @ B
    f = lambda X: c * X
    return Equal(_bracket(xp, f, F, X), 3 * c * F(X))


@homogeneous.neighbour("β = c - c³: composition instead of the bracket", key="composition")
def _(xp, X, A, B, c):
    F = lambda X: X @ A @ xp.star(X) @ X @ B
    f = lambda X: c * X
    return Equal(_bracket(xp, f, F, X), (c - c**3) * F(X))


@homogeneous.neighbour("the sign of the other order", key="other-order")
def _(xp, X, A, B, c):
    F = lambda X: X @ A @ xp.star(X) @ X @ B
    f = lambda X: c * X
    return Equal(_bracket(xp, f, F, X), 2 * c * F(X))


@claim(
    "bch-homogeneous-flow",
    title="One channel, one token: the gate in closed form",
    sources=[ours("the scalar case, solved")],
    chapter="sparse",
    equations=["eq-gate-scalar"],
    needs=["bch-homogeneous"],
    given=dict(u=positive(), a=real(), c=positive()),
    tex=r"u = x^{-2}:\quad e^{-2c}(u-2a) = e^{-2c}u - \frac{g\,a}{c}\bigl(1-e^{-2c}\bigr),"
    r"\quad g = \frac{2c}{e^{2c}-1}",
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
    title="All tokens and channels: the gate as a change of time",
    sources=[ours("the general case, solved")],
    chapter="sparse",
    equations=["eq-gate-time"],
    needs=["bch-homogeneous"],
    given=dict(
        Z=matrix("N", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
        c=real().without_strata("zero", "denormal"),
        s=real(),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    tex=r"\dot Z = F(Z),\ X(s) = e^{cs}Z(\tau),\ \tau(s) = \frac{g(e^{2cs}-1)}{2c}"
    r"\ \Rightarrow\ X' = cX + gF(X),\quad\tau(1)=1\iff g = G(-2c)",
)
def flow_all(xp, Z, A, B, c, s):
    """If Z runs along the attention field, X(s) = e^(cs) Z(τ(s)) with τ' = g e^(2cs) runs along the
    MLP cX and g times attention. At s = 1 it has seen all of attention, τ = 1, and then the whole
    MLP e^c, if and only if g = 2c/(e^(2c) − 1)."""
    return _time_change(xp, Z, A, B, c, s, 2, 2 * c / (xp.exp(2 * c) - 1))


def _time_change(xp, Z, A, B, c, s, power, g):
    """The derivative of e^(cs) Z(τ(s)) with τ' = g e^(power c s), and τ(1)."""
    F, grown = _head(xp, A, B), xp.exp(c * s)
    moved = c * grown * Z + grown * F(Z) * (g * grown**power)
    return (
        Equal(moved, c * (grown * Z) + g * F(grown * Z)),
        Equal(g * (xp.exp(power * c) - 1), power * c),
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
    title="A diagonal MLP and an elementary head satisfy it, too",
    sources=[ours("a wider class than scalar MLPs")],
    chapter="sparse",
    equations=["eq-bracket-diagonal"],
    given=dict(X=matrix("N", "C"), d=vector("C")),
    sizes=dict(N=[1, 2, 3], C=[2, 3]),
    tex=r"\{XD,\ XE_{ab}X^*XE_{ce}\} = (d_e - d_a - d_b - d_c)\,XE_{ab}X^*XE_{ce}",
)
def diagonal(xp, X, d):
    """For real diagonal D and a head of two matrix units the bracket is a multiple of the head."""
    n = X.shape[1]
    left, right = [], []
    for a, b, c, e in ELEMENTARY:
        F = _head(xp, _unit_matrix(xp, n, a, b), _unit_matrix(xp, n, c, e))
        left.append(_bracket(xp, lambda X: X * d, F, X))
        beta = d[e % n] - d[a % n] - d[b % n] - d[c % n]
        right.append(beta * F(X))
    return Equal(xp.stack(left), xp.stack(right))


@diagonal.neighbour("the value for a scalar MLP", key="scalar-value")
def _(xp, X, d):
    n = X.shape[1]
    left, right = [], []
    for a, b, c, e in ELEMENTARY:
        F = _head(xp, _unit_matrix(xp, n, a, b), _unit_matrix(xp, n, c, e))
        left.append(_bracket(xp, lambda X: X * d, F, X))
        right.append(-2 * d[0] * F(X))
    return Equal(xp.stack(left), xp.stack(right))


@claim(
    "bch-homogeneous-tokens",
    title="An MLP that grows every token at its own rate gates attention key by key",
    sources=[paper("the gate as a pairwise mask"), ours("where that reading is right")],
    chapter="sparse",
    equations=["eq-bracket-tokens"],
    needs=["bch-homogeneous"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C"), c=vector("N")),
    sizes=dict(N=[1, 2, 3], C=[1, 2]),
    tex=r"\{D_cX,\ F^{(m)}\} = -2c_m\,F^{(m)},\qquad F^{(m)}_n = (x_nAx_m^*)\,x_mB",
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
    title="Every MLP satisfies the hypothesis of the gate",
    sources=[paper("Lemma 8, its hypothesis")],
    chapter="sparse",
    expect="refuted",
    equations=["eq-bracket-parallel"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=dict(N=[1, 2], C=[2, 3]),
    tex=r"\{XW, F\}_{ij}\,F_{kl} = \{XW, F\}_{kl}\,F_{ij}\quad\text{for all } i,j,k,l",
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
    chapter="sparse",
    equations=["eq-modewise"],
    given=dict(a=vector("n"), B=real_matrix("n", "n")),
    sizes=dict(n=[2, 3]),
    tex=r"e^{A}e^{\varepsilon B} ="
    r" \exp\Bigl(A + \varepsilon\sum_{jk} G(a_j-a_k)\,B_{jk}E_{jk}\Bigr)"
    r" + O(\varepsilon^2),\qquad A = \operatorname{diag}(a)",
)
def modewise(xp, a, B):
    """For a diagonal A and any B, gating each entry of B by its own β = a_j - a_k leaves an error
    of second order in the size of B."""
    n = B.shape[0]
    gated = xp.stack(
        [
            xp.stack([B[j, k] * (_gate_value(xp, a[j] - a[k]) if j != k else 1) for k in range(n)])
            for j in range(n)
        ]
    )
    E = xp.diag(xp.exp(a))

    def remainder(m):
        return xp.norm(E @ expm(xp, B / m, 30, 4) - expm(xp, xp.diag(a) + gated / m))

    return Rate(remainder, 2)


@modewise.neighbour("third order", key="order-three")
def _(xp, a, B):
    n = B.shape[0]
    gated = xp.stack(
        [
            xp.stack([B[j, k] * (_gate_value(xp, a[j] - a[k]) if j != k else 1) for k in range(n)])
            for j in range(n)
        ]
    )
    E = xp.diag(xp.exp(a))
    return Rate(lambda m: xp.norm(E @ expm(xp, B / m, 30, 4) - expm(xp, xp.diag(a) + gated / m)), 3)


@modewise.neighbour("no gates", key="no-gate")
def _(xp, a, B):
    E = xp.diag(xp.exp(a))
    return Rate(lambda m: xp.norm(E @ expm(xp, B / m, 30, 4) - expm(xp, xp.diag(a) + B / m)), 2)


def _gated(xp, A, B, d, gate_of, s):
    """X ↦ the head XAX*XB in the frame that the MLP XD moves, each mode behind its gate.

    The mode X E_ab X* X E_ce has the weight A_ab B_ce; in the moving frame it is multiplied by
    e^(−sβ) with β = d_e − d_a − d_b − d_c.
    """
    C = range(len(d))

    def entry(M, a, e):
        betas = [[d[e] - d[a] - d[b] - d[c] for c in C] for b in C]
        modes = [[gate_of(beta) * xp.exp(-s * beta) for beta in row] for row in betas]
        return A[a] @ (M * xp.stack([xp.stack(row) for row in modes])) @ B[:, e]

    def field(X):
        M = xp.star(X) @ X
        return X @ xp.stack([xp.stack([entry(M, a, e) for e in C]) for a in C])

    return field


STEPS = 8


def _flow_gap(xp, X, A, B, d, gate_of):
    """n ↦ the distance of attention/n and then the MLP from the MLP with the gated attention/n.

    Both are carried back along the MLP, and their Runge-Kutta steps err far below 1/n².
    """

    def gap(n):
        head, h = (lambda Y: _head(xp, A, B)(Y) / n), xp.one / STEPS
        first = depth.march(lambda Y: depth.rk4(head, Y, xp.one / 2), X, 2)
        both = X
        for k in range(STEPS):
            at = [_gated(xp, A, B, d, gate_of, h * (2 * k + j) / 2) for j in range(3)]
            k1 = at[0](both) / n
            k2 = at[1](both + k1 * h / 2) / n
            k3 = at[1](both + k2 * h / 2) / n
            k4 = at[2](both + k3 * h) / n
            both = both + (k1 + 2 * k2 + 2 * k3 + k4) * h / 6
        return xp.norm((first - both) @ xp.diag(xp.exp(d)))

    return gap


@claim(
    "bch-modewise-heads",
    title="A head under a diagonal MLP: every mode of attention has its own gate",
    sources=[ours("the gate without its hypothesis, for the layers themselves")],
    chapter="sparse",
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
    tex=r"\phi_{XD}\circ\phi_{\varepsilon F} = \phi_{XD+\varepsilon F_G} + O(\varepsilon^2),\quad"
    r" F_G = \sum_{abce}G(d_e-d_a-d_b-d_c)\,A_{ab}B_{ce}\,XE_{ab}X^*XE_{ce}",
)
def modewise_heads(xp, X, A, B, d, s):
    """For any head F = XAX*XB and a diagonal MLP XD, the flow of attention εF and then of the MLP
    is the flow of XD + ε F_G up to second order in ε, where F_G has a gate on each of its modes.
    The flows are compared in the frame that the MLP moves, where F_G is F_G(Xe^(sD))e^(−sD)."""
    gate_of = lambda beta: _gate_value(xp, beta)
    gated = lambda s: _gated(xp, A, B, d, gate_of, s)
    moved = gated(0 * s)(X * xp.exp(s * d)[None, :]) * xp.exp(-s * d)[None, :]
    return Rate(_flow_gap(xp, X, A, B, d, gate_of), 2, start=256), Equal(gated(s)(X), moved)


@modewise_heads.neighbour("third order", key="order-three")
def _(xp, X, A, B, d):
    return Rate(_flow_gap(xp, X, A, B, d, lambda beta: _gate_value(xp, beta)), 3, start=256)


@modewise_heads.neighbour("no gates", key="no-gate")
def _(xp, X, A, B, d):
    return Rate(_flow_gap(xp, X, A, B, d, lambda beta: xp.one), 2, start=256)


@modewise_heads.neighbour("the gates of the other order", key="other-order")
def _(xp, X, A, B, d):
    return Rate(_flow_gap(xp, X, A, B, d, lambda beta: _gate_value(xp, -beta)), 2, start=256)


# -- masks ---------------------------------------------------------------------------------------
@claim(
    "sparse-noncommutative",
    title="A mask is a sum of diagonal matrices to the left and right of the scores",
    sources=[poster("Sparse Attn → non-commutative corrections"), ours("our reading of the words")],
    chapter="sparse",
    equations=["eq-mask-diagonals"],
    given=dict(
        X=matrix("N", "C"), W=matrix("C", "C"), U=real_matrix("N", "R"), Y=real_matrix("N", "R")
    ),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2], R=[1, 2]),
    tex=r"M\odot(XWX^*) = \sum_a D_{u_a}\,XWX^*\,D_{v_a}"
    r"\quad\text{for } M = \sum_a u_av_a^{\mathsf T}",
)
def diagonals(xp, X, W, U, Y):
    """Multiplying scores by a mask of rank R inserts R pairs of diagonal matrices; a pair that does
    not commute with a permutation breaks the symmetry under it.  That this is what is meant by
    'non-commutative corrections' is our reading."""
    S = X @ W @ xp.star(X)
    terms = [xp.diag(U[:, a]) @ S @ xp.diag(Y[:, a]) for a in range(U.shape[1])]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return Equal((U @ Y.T) * S, total)


@diagonals.neighbour("both diagonals on the left", key="one-side")
def _(xp, X, W, U, Y):
    S = X @ W @ xp.star(X)
    terms = [xp.diag(U[:, a]) @ xp.diag(Y[:, a]) @ S for a in range(U.shape[1])]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return Equal((U @ Y.T) * S, total)


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


@claim(
    "sparse-noncommutative-criterion",
    title="A reordering is a symmetry of the masked field only if it keeps the mask",
    sources=[ours("the converse")],
    chapter="sparse",
    equations=["eq-mask-symmetry"],
    given=dict(M=real_matrix("N", "N")),
    sizes=dict(N=[2, 3, 4]),
    every_size=True,
    tex=r"X = 1,\ W = \mathbf 1\mathbf 1^{\mathsf T}:\quad F(\Pi X) - \Pi F(X) = M\Pi - \Pi M",
)
def criterion(xp, M):
    """With C = N, X = 1 and W all ones, every reordering Π fails to commute with the masked field
    by exactly MΠ − ΠM, whatever the mask M is."""
    n = M.shape[0]
    return Equal(*_failures(xp, M, xp.ones(n, n)))


def _failures(xp, M, W):
    """F(Π) − ΠF(1) and MΠ − ΠM for all reorderings."""
    n = M.shape[0]
    F = lambda X: (M * (X @ W @ xp.star(X))) @ X
    orders = [_reordered(xp, xp.eye(n), g) for g in permutations(range(n))]
    return (
        xp.stack([F(P) - P @ F(xp.eye(n)) for P in orders]),
        xp.stack([M @ P - P @ M for P in orders]),
    )


@criterion.neighbour("W = 1, where scores are the Gram matrix", key="gram")
def _(xp, M):
    return Equal(*_failures(xp, M, xp.eye(M.shape[0])))


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
    title="A causal mask leaves no symmetry under reordering",
    sources=[
        poster("Sparse Attn → non-commutative corrections"),
        ours("by trying all reorderings"),
    ],
    chapter="sparse",
    equations=["eq-mask-symmetry"],
    given=TOKENS,
    sizes=FIVE,
    every_size=True,
    tex=r"\operatorname{Aut}(\text{causal}) = \{1\}",
)
def causal(xp, X, W, t):
    """Only the identity commutes with causally masked linear attention."""
    n = X.shape[0]
    return _symmetry(xp, masks.causal(n), _identity(n), X, W, t)


@causal.neighbour("the full symmetric group", key="symmetric-group")
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.causal(n), permutations(range(n)), X, W, t)


@causal.neighbour("reversal as well", key="reversal")
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.causal(n), _reversal(n), X, W, t)


@claim(
    "sparse-noncommutative-band",
    title="A band mask leaves the reversal",
    sources=[
        poster("Sparse Attn → non-commutative corrections"),
        ours("by trying all reorderings"),
    ],
    chapter="sparse",
    given=TOKENS,
    sizes=FIVE,
    every_size=True,
    tex=r"\operatorname{Aut}(\text{band of half-width }1) = \{1,\ \text{reversal}\}\quad (N\ge 3)",
)
def band(xp, X, W, t):
    """For N >= 3 = 2w + 1 only the reversal keeps a band of half-width w = 1."""
    n = X.shape[0]
    return _symmetry(xp, masks.band(n, 1), _reversal(n), X, W, t)


@band.neighbour("shifts, as if the band closed on itself", key="shifts")
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.band(n, 1), _shifts(n), X, W, t)


@claim(
    "sparse-noncommutative-band-wide",
    title="A band of half-width 2 leaves the reversal, from five tokens on",
    sources=[ours("by trying all reorderings")],
    chapter="sparse",
    needs=["sparse-noncommutative-band"],
    given=TOKENS,
    sizes=dict(N=[5, 6], C=[1]),
    every_size=True,
    tex=r"\operatorname{Aut}(\text{band of half-width }2) = \{1,\ \text{reversal}\}\quad (N\ge 5)",
)
def wide_band(xp, X, W, t):
    """For N >= 5 = 2w + 1 only the reversal keeps a band of half-width w = 2."""
    n = X.shape[0]
    return _symmetry(xp, masks.band(n, 2), _reversal(n), X, W, t)


@wide_band.neighbour("four tokens: two of them see everybody", key="too-wide", sizes=dict(N=[4]))
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.band(n, 2), _reversal(n), X, W, t)


@claim(
    "sparse-noncommutative-blocks",
    title="A block mask leaves a wreath product",
    sources=[
        poster("Sparse Attn → non-commutative corrections"),
        ours("by trying all reorderings"),
    ],
    chapter="sparse",
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), t=vector("s")),
    sizes=dict(N=[6], s=[2, 3], C=[1]),
    every_size=True,
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
    title="A ring with both neighbours leaves the dihedral group",
    sources=[
        poster("Sparse Attn → non-commutative corrections"),
        ours("by trying all reorderings"),
    ],
    chapter="sparse",
    given=TOKENS,
    sizes=dict(N=[4, 5], C=[1, 2]),
    every_size=True,
    tex=r"\operatorname{Aut}(j\leftrightarrow j\pm1) = D_N",
)
def circulant(xp, X, W, t):
    """A ring of tokens that see both neighbours has the 2N symmetries of the regular polygon."""
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, (0, 1, -1)), _dihedral(n), X, W, t)


@circulant.neighbour("shifts only", key="shifts-only")
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, (0, 1, -1)), _shifts(n), X, W, t)


@circulant.neighbour(
    "any symmetric circulant mask: six tokens that see themselves and the opposite one",
    key="any-circulant",
    sizes=dict(N=[6], C=[1]),
)
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, (0, 3)), _dihedral(n), X, W, t)


@circulant.neighbour("the dihedral group for a directed ring", key="directed-dihedral")
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, (0, 1)), _dihedral(n), X, W, t)


@claim(
    "sparse-noncommutative-directed",
    title="A ring with one neighbour leaves the shifts",
    sources=[
        poster("Sparse Attn → non-commutative corrections"),
        ours("by trying all reorderings"),
    ],
    chapter="sparse",
    given=TOKENS,
    sizes=FIVE,
    every_size=True,
    tex=r"\operatorname{Aut}(j\to j+1) = \mathbb Z_N",
)
def directed(xp, X, W, t):
    """Tokens on a ring that see themselves and their successor: only the shifts remain."""
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, (0, 1)), _shifts(n), X, W, t)


@directed.neighbour(
    "any directed circulant mask: six tokens that see themselves, the next and the fourth",
    key="any-circulant",
    sizes=dict(N=[6], C=[1]),
)
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, (0, 1, 4)), _shifts(n), X, W, t)


@directed.neighbour("no symmetry at all", key="trivial")
def _(xp, X, W, t):
    n = X.shape[0]
    return _symmetry(xp, masks.circulant(n, (0, 1)), _identity(n), X, W, t)


# -- the free energy under a mask ----------------------------------------------------------------
def _keeps_itself(xp, M):
    one = xp.eye(M.shape[0])
    return M * (1 - one) + one


@claim(
    "masked-free-energy",
    title="The free energy over the allowed keys gives masked attention",
    sources=[ours("the free energy with a mask")],
    chapter="sparse",
    equations=["eq-masked-free-energy"],
    given=dict(
        X=matrix("N", "C"),
        W=matrix("C", "C"),
        root_r=root("r"),
        M=built(
            "nonnegative mask with ones on its diagonal",
            ("N", "N"),
            {"x": ("N", "N")},
            lambda xp, raw: _keeps_itself(xp, raw["x"] * raw["x"]),
            strata={
                "zeros and ones": lambda raw, rng: {"x": (raw["x"] > 0).astype(float)},
                "only itself": lambda raw, rng: {"x": raw["x"] * 0},
            },
            covers="all",
        ),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    tex=r"V = \sqrt r\sum_k\log\sum_j M_{jk}e^{S_{jk}}\ \Rightarrow\ "
    r"\frac{\partial V}{\partial X^*} = P_M^{\mathsf T}XW,\quad "
    r" (P_M)_{jk} = \frac{M_{jk}e^{S_{jk}}}{\sum_l M_{lk}e^{S_{lk}}}",
)
def masked(xp, X, W, root_r, M):
    """A weight M_jk >= 0 on every exponential gives attention weighted by M. Entries may be zero,
    as those of a mask are, as long as every row keeps a key: here, every token sees itself."""
    S = lambda X: X @ W @ xp.star(X) / root_r
    V = lambda X: root_r * xp.sum(xp.log(xp.sum(M * xp.exp(S(X)), axis=-2)))
    weights = M * xp.exp(S(X))
    P = weights / xp.sum(weights, axis=-2)
    return Force(V, X, P.T @ X @ W)


@masked.neighbour("the mask multiplies the weights after they are normalized", key="mask-after")
def _(xp, X, W, root_r, M):
    S = lambda X: X @ W @ xp.star(X) / root_r
    V = lambda X: root_r * xp.sum(xp.log(xp.sum(M * xp.exp(S(X)), axis=-2)))
    weights = xp.exp(S(X))
    P = M * (weights / xp.sum(weights, axis=-2))
    return Force(V, X, P.T @ X @ W)


@claim(
    "masked-free-energy-empty",
    title="A row without keys: a large negative number attends to what it should hide",
    sources=[ours("what a common implementation does")],
    chapter="sparse",
    equations=["eq-empty-row"],
    given=dict(s=vector("n"), L=positive()),
    sizes=dict(n=[1, 2, 3, 4]),
    tex=r"\operatorname{softmax}(s - L\mathbf 1) = \operatorname{softmax}(s)"
    r"\quad\text{for every }L",
)
def empty_row(xp, s, L):
    """Subtracting the same L from every score of a row changes nothing, however large L is: a row
    whose keys are all masked by subtraction attends to all of them."""
    shifted = xp.exp(s - L)
    plain = xp.exp(s)
    return Equal(shifted * xp.sum(plain), plain * xp.sum(shifted))


@empty_row.neighbour(
    "one key is left: its weight is unchanged", key="one-key-left", sizes=dict(n=[2, 3])
)
def _(xp, s, L):
    lowered = xp.exp(xp.concat([s[:1], s[1:] - L]))
    plain = xp.exp(s)
    return Equal(lowered * xp.sum(plain), plain * xp.sum(lowered))


@empty_row.neighbour("a mask of -10^9 hides every masked key, in every row", key="minus-1e9")
def _(xp, s, L):
    n = s.shape[0]
    leaks = []
    for kept in product((0, 1), repeat=n):
        weights = xp.exp(xp.stack([s[k] - (0 if kept[k] else 10**9) for k in range(n)]) + 10**9)
        hidden = xp.stack([weights[k] * (0 if kept[k] else 1) for k in range(n)])
        leaks.append(xp.sum(hidden) if not any(kept) else s[0] * 0)
    return Zero(xp.stack(leaks))
