"""What the evidence itself rests on: chapter ``evidence``."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import matrix, vector
from fieldcheck.relations import Equal


@claim(
    "wirtinger-one-pass",
    expect="proved",
    title="The Wirtinger derivative is the antilinear part of the real one",
    sources=[ours("the weak form that every force is tested in")],
    equations=["eq-wirtinger-two-pushes"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), H=matrix("N", "C")),
    tex=r"V=\Tr(XWX^*XX^*)+\Tr(XWX^{\mathsf T}):\quad\Tr H^*\frac{\partial V}{\partial X^*}"
    r" = \tfrac12\bigl(V'(X)[H] + \ii\,V'(X)[\ii H]\bigr)",
    differs="less",
)
def one_pass(xp, X, W, H, *, sign=1):
    """Moving X* alone along H* equals half the derivative along H plus i/2 times that along iH;
    here for a V with unequal numbers of X and X*."""
    V = lambda X: xp.trace(X @ W @ xp.star(X) @ X @ xp.star(X)) + xp.trace(X @ W @ X.T)
    return Equal(
        xp.pull_star(V, X, H),
        (xp.push(V, X, H) + sign * xp.i * xp.push(V, X, xp.i * H)) / 2,
    )


one_pass.vary("minus i instead of i: the holomorphic part", key="holomorphic-part", sign=-1)


@one_pass.neighbour("the real derivative alone", key="real-derivative")
def _(xp, X, W, H):
    V = lambda X: xp.trace(X @ W @ xp.star(X) @ X @ xp.star(X)) + xp.trace(X @ W @ X.T)
    return Equal(xp.pull_star(V, X, H), xp.push(V, X, H))


@claim(
    "jets-nest",
    expect="proved",
    title="Derivatives of derivatives stay apart",
    sources=[ours("the one derivative primitive")],
    equations=["eq-jets-nest"],
    given=dict(x=vector("n"), h=vector("n"), k=vector("n")),
)
def jets_nest(xp, x, h, k):
    """Two nested directional derivatives of a sum of cubes give its second derivative."""
    cubes = lambda z: xp.sum(z * z * z)
    return Equal(
        xp.push(lambda y: xp.push(cubes, y, h), x, k),
        6 * xp.sum(x * h * k),
    )


@jets_nest.neighbour("both directions taken for one", key="confused-directions")
def _(xp, x, h, k):
    cubes = lambda z: xp.sum(z * z * z)
    return Equal(
        xp.push(lambda y: xp.push(cubes, y, h), x, k),
        6 * xp.sum(x * h * h),
    )
