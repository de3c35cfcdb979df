"""The potentials of MLP and attention."""

from __future__ import annotations

from fieldcheck.claim import claim, paper, talk
from fieldcheck.domains import matrix
from fieldcheck.relations import Force


@claim(
    "quadratic-gives-mlp",
    expect="proved",
    title="The quadratic potential gives a linear MLP",
    sources=[talk("In-Context Learning"), paper("Lemma 3")],
    equations=["eq-lt-quadratic-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
)
def quadratic_gives_mlp(xp, X, W):
    """The force of Tr(XWX*) is XW, for any complex weights."""
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, X @ W)


@quadratic_gives_mlp.neighbour("the conjugate transpose of W", key="w-star")
def _(xp, X, W):
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, X @ xp.star(W))


@quadratic_gives_mlp.neighbour("the transpose of W", key="w-transposed")
def _(xp, X, W):
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, X @ W.T)


@quadratic_gives_mlp.neighbour("a factor 2, as for a real gradient", key="factor-2")
def _(xp, X, W):
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, 2 * X @ W)


@claim(
    "quartic-gives-attention",
    expect="proved",
    title="The quartic potential gives two heads of linear attention",
    sources=[talk("In-Context Learning"), paper("Lemma 3")],
    equations=["eq-lt-quartic-force"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
)
def quartic_gives_attention(xp, X, A, B):
    """The force of Tr(XAX*XB*X*) is a sum of two heads: one with QK* = A and VO* = B*, and one in
    which A and B* have exchanged their roles."""
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ xp.star(B) + X @ xp.star(B) @ M @ A)


@quartic_gives_attention.printed(
    "the paper's appendix sets B = VO* where B* = VO* is needed",
    tex=r"W_A = QK^*,\; W_B = VO^*:\quad \frac{\partial V}{\partial X^*} = XQK^*X^*XVO^* +"
    r" XVO^*X^*XQK^*",
)
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ B + X @ B @ M @ A)


@quartic_gives_attention.printed(
    "the poster's potential has B for B*: the same family, with B* renamed",
    key="printed-poster",
    expect="holds",
    tex=r"\frac{\partial}{\partial X^*}\Tr(XAX^*XBX^*) = XAX^*XB + XBX^*XA",
)
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ B @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ B + X @ B @ M @ A)


@quartic_gives_attention.neighbour("one head only", key="one-head-only")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    return Force(V, X, X @ A @ xp.star(X) @ X @ xp.star(B))


@quartic_gives_attention.neighbour("the talk's B* with the poster's force", key="b-for-b-star")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ B + X @ xp.star(B) @ M @ A)


@quartic_gives_attention.neighbour("twice the same head, the swap missing", key="missing-swap")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    return Force(V, X, 2 * X @ A @ xp.star(X) @ X @ xp.star(B))
