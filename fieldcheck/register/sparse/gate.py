"""The gate of two exponentials."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper
from fieldcheck.domains import matrix, number, positive, real, vector
from fieldcheck.fields.exponential import exp_nilpotent
from fieldcheck.register.sparse.shared import gate_value
from fieldcheck.relations import Equal, Rate, Zero

SINGULAR = ("integers", "ties", "zero-row", "zero")
"""Strata on which a matrix has no inverse, or none that doubles can find."""


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
    expect="proved up to n = 3",
    title="If [A, B] = βB, the product of exponentials is one exponential with a gate",
    sources=[paper("Lemma 8")],
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
    expect="proved up to n = 3",
    title="The gate for complex β and in any basis",
    sources=[paper("Lemma 8")],
    needs=["bch-gate"],
    given=dict(
        a=number(),
        beta=number().without_strata("zero"),
        b=matrix("n"),
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


@claim(
    "bch-gate-series",
    expect="proved",
    title="The gate's power series: minus at the fourth power",
    sources=[paper("Lemma 8")],
    equations=["eq-gate-series"],
    given=dict(t=positive()),
)
def gate_series(xp, t, *, first=1, fourth=-1, known=True):
    """The error of the first four terms is β^6/30240 to leading order (Bernoulli numbers)."""

    def remainder(n):
        beta = t / n
        series = 1 + first * beta / 2 + beta**2 / 12 + fourth * beta**4 / 720
        return xp.abs(gate_value(xp, beta) - series)

    return Rate(remainder, 6, constant=t**6 / 30240 if known else None)


gate_series.vary(
    "plus at the fourth power",
    role="printed",
    tex=r"G(\beta) = 1 + \tfrac{\beta}{2} + \tfrac{\beta^2}{12} + \tfrac{\beta^4}{720} + \cdots",
    fourth=1,
    known=False,
)
gate_series.vary("+1/720", key="plus-720", fourth=1)
gate_series.vary("the series of β/(e^β - 1)", key="other-order", first=-1, known=False)


@claim(
    "bch-gate-pole",
    title="At β = 2πi no gate exists",
    sources=[paper("Lemma 8"), ours("the case the formula leaves out")],
    equations=["eq-gate-pole"],
    given=dict(g=real(), b=real()),
)
def gate_pole(xp, g, b, *, half_turns=2):
    """For β = 2πi the exponential of A + gB is the identity for every g, while e^A e^B is I + B."""
    turn = half_turns * xp.pi * xp.i
    B = xp.stack([xp.stack([b * 0, b]), xp.zeros(2)])
    P, Q = exp_nilpotent(xp, -B * (g / turn)), exp_nilpotent(xp, B * (g / turn))
    return Zero(P @ xp.diag(xp.stack([xp.exp(turn), xp.one])) @ Q - xp.eye(2))


gate_pole.vary("at β = πi", key="half-turn", half_turns=1)


@claim(
    "gate-limit",
    title="For strongly negative β the gate closes like |β| e^β",
    sources=[paper("after Lemma 8")],
    equations=["eq-gate-limit"],
    given=dict(t=positive()),
)
def gate_limit(xp, t, *, rate=1):
    """With e^(-s) = 1/n the ratio of G(-s) to s e^(-s) misses one by 1/n, to leading order."""

    def remainder(n):
        s = xp.log(n * xp.one)
        return xp.abs(gate_value(xp, -s) / (s * xp.exp(-rate * s)) - 1)

    return Rate(remainder, 1, constant=xp.one)


gate_limit.vary("like e^(-2|β|)", key="twice-the-rate", rate=2)
