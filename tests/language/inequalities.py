"""Inequalities of matrix analysis, each with a neighbour that is false."""

from fieldcheck.claim import claim, ours
from fieldcheck.domains import hermitian, matrix, positive, spd, symmetric
from fieldcheck.relations import AtMost

SIZES = {"n": [2, 4]}


@claim(
    "von-neumann-trace",
    title="|tr AB| is at most the sum of the products of singular values",
    sources=[ours()],
    given=dict(A=matrix("n", "n"), B=matrix("n", "n")),
    sizes=SIZES,
)
def von_neumann(xp, A, B, *, order=1):
    """J. von Neumann, 1937: with the singular values of both in descending order."""
    return AtMost(xp.abs(xp.trace(A @ B)), xp.sum(xp.svdvals(A) * xp.svdvals(B)[::order]))


von_neumann.vary("the largest with the least", order=-1)


@claim(
    "golden-thompson",
    title="tr exp(A + B) <= tr exp(A) exp(B)",
    sources=[ours()],
    given=dict(A=hermitian("n"), B=hermitian("n")),
    sizes=SIZES,
)
def golden_thompson(xp, A, B):
    """S. Golden and C. J. Thompson, 1965."""
    return AtMost(xp.real(xp.trace(xp.expm(A + B))), xp.real(xp.trace(xp.expm(A) @ xp.expm(B))))


@golden_thompson.neighbour("three matrices", given=dict(C=hermitian("n")))
def _(xp, A, B, C):
    product = xp.expm(A) @ xp.expm(B) @ xp.expm(C)
    return AtMost(xp.real(xp.trace(xp.expm(A + B + C))), xp.real(xp.trace(product)))


@claim(
    "ky-fan",
    title="The sum of the two largest eigenvalues is subadditive",
    sources=[ours()],
    given=dict(A=hermitian("n"), B=hermitian("n")),
    sizes=SIZES,
)
def ky_fan(xp, A, B, *, top=slice(-2, None)):
    """Ky Fan, 1949."""
    largest = lambda X: xp.sum(xp.eigvalsh(X)[top])
    return AtMost(largest(A + B), largest(A) + largest(B))


ky_fan.vary("the second alone", top=slice(-2, -1))


@claim(
    "lieb-concavity",
    title="A -> tr exp(H + log A) is concave",
    sources=[ours()],
    given=dict(H=symmetric("n"), A=spd("n"), B=spd("n")),
    sizes=SIZES,
)
def lieb(xp, H, A, B, *, times=1):
    """E. H. Lieb, 1973, at the middle of a segment."""
    f = lambda X: xp.real(xp.trace(xp.expm(H + times * xp.logm(X))))
    return AtMost(f(A) + f(B), 2 * f((A + B) / 2))


lieb.vary("the logarithm twice", times=2)


@claim(
    "weyl",
    title="Adding B raises each eigenvalue by no less than the least one of B",
    sources=[ours()],
    given=dict(A=hermitian("n"), B=hermitian("n")),
    sizes=SIZES,
)
def weyl(xp, A, B):
    """H. Weyl, 1912."""
    return AtMost(xp.eigvalsh(A) + xp.eigvalsh(B)[0], xp.eigvalsh(A + B))


@weyl.neighbour("by no less than the eigenvalue of B in its place")
def _(xp, A, B):
    return AtMost(xp.eigvalsh(A) + xp.eigvalsh(B), xp.eigvalsh(A + B))


def distance(xp, x, y):
    """Hilbert's projective distance."""
    ratio = xp.log(x / y)
    return xp.max(ratio) - xp.min(ratio)


@claim(
    "sinkhorn-contraction",
    title="A positive matrix contracts Hilbert's distance by tanh(diameter / 4)",
    sources=[ours()],
    given=dict(A=positive("n", "n"), x=positive("n"), y=positive("n")),
    sizes=SIZES,
)
def sinkhorn(xp, A, x, y, *, part=4):
    """G. Birkhoff, 1957: half a step of Sinkhorn's iteration."""
    log = xp.log(A)
    cross = log[:, None, :, None] + log[None, :, None, :]
    diameter = xp.max(cross - log[None, :, :, None] - log[:, None, None, :])
    return AtMost(distance(xp, A @ x, A @ y), xp.tanh(diameter / part) * distance(xp, x, y))


sinkhorn.vary("an eighth of the diameter", part=8)
