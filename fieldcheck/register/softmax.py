"""Softmax attention from log-sum-exp: chapter ``softmax``."""

from __future__ import annotations

from fieldcheck.claim import claim, paper, talk
from fieldcheck.domains import matrix, root, vector
from fieldcheck.relations import Equal, Force, Gradient


@claim(
    "lse-gradient-softmax",
    title="Softmax is the gradient of log-sum-exp",
    sources=[talk("Why Softmax = LogSumExp Potential?")],
    chapter="softmax",
    equations=["eq-lse-gradient"],
    given=dict(x=vector("n")),
    tex=r"\nabla \log\sum_k e^{x_k} = \operatorname{softmax}(x)",
)
def lse_gradient(xp, x):
    """The gradient of log-sum-exp is softmax."""
    return Gradient(lambda x: xp.logsumexp(x), x, xp.exp(x) / xp.sum(xp.exp(x)))


@lse_gradient.neighbour("one exponential left out of the normalization", key="normalization")
def _(xp, x):
    return Gradient(lambda x: xp.logsumexp(x), x, xp.exp(x) / (xp.sum(xp.exp(x)) + 1))


@claim(
    "softmax-free-energy",
    title="Softmax attention is the force of a free energy",
    sources=[talk("Why Softmax = LogSumExp Potential?"), paper("Lemma 7")],
    chapter="softmax",
    equations=["eq-free-energy-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
    tex=r"\frac{\partial}{\partial X^*}\sqrt r\sum_k\log\sum_j e^{S_{jk}}"
        r" = \operatorname{Softmax}(S^{\mathsf T})XW",
)
def free_energy(xp, X, W, root_r):
    """The log-sum-exp over queries, differentiated in X*, is attention normalized over keys."""
    S = lambda X: X @ W @ xp.star(X) / root_r
    V = lambda X: root_r * xp.sum(xp.logsumexp(S(X), axis=-2))
    return Force(V, X, xp.softmax(S(X), axis=-2).T @ X @ W)


@free_energy.printed("the sum runs over keys, and the scale is missing")
def _(xp, X, W, root_r):
    S = lambda X: X @ W @ xp.star(X) / root_r
    V = lambda X: xp.sum(xp.logsumexp(S(X), axis=-1))
    return Force(V, X, xp.softmax(S(X), axis=-1) @ X @ W)


@free_energy.neighbour("one factor root_r too many", key="scale")
def _(xp, X, W, root_r):
    S = lambda X: X @ W @ xp.star(X) / root_r
    V = lambda X: xp.sum(xp.logsumexp(S(X), axis=-2))
    return Force(V, X, xp.softmax(S(X), axis=-2).T @ X @ W)
