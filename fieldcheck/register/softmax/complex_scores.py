"""Complex scores: poles, and what their real part gives."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import built, hermitian, matrix, real, root
from fieldcheck.fields import free_energy as attention
from fieldcheck.register.softmax.shared import WHY_SOFTMAX
from fieldcheck.relations import AtMost, Equal, Force, Rate, Zero

AT_LEAST_ONE = built(
    "number at least 1",
    (),
    {"x": ()},
    lambda xp, raw: raw["x"] * raw["x"] + 1,
    relaxed=real(),
    covers="all",
    holds=lambda re, im: bool(re >= 1),
)


@claim(
    "complex-softmax",
    expect="proved",
    title="With complex scores the rows sum to one",
    sources=[WHY_SOFTMAX],
    equations=["eq-complex-rows"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
)
def complex_softmax(xp, X, W):
    """Where it is defined, each row of the complex softmax sums to one."""
    return Zero(xp.sum(xp.softmax(X @ W @ xp.star(X), axis=-1), axis=-1) - 1)


@complex_softmax.neighbour("its entries are nonnegative: probabilities", key="positivity")
def _(xp, X, W):
    P = xp.softmax(X @ W @ xp.star(X), axis=-1)
    return AtMost(0, xp.real(P))


@complex_softmax.neighbour(
    "its entries are real for Hermitian W", key="reality", given=dict(W=hermitian("C"))
)
def _(xp, X, W):
    return Zero(xp.imag(xp.softmax(X @ W @ xp.star(X), axis=-1)))


@complex_softmax.neighbour("its entries are at most one in modulus", key="bounded")
def _(xp, X, W):
    return AtMost(xp.abs2(xp.softmax(X @ W @ xp.star(X), axis=-1)), 1)


@claim(
    "complex-softmax-pole",
    title="The complex partition sum vanishes at finite tokens",
    sources=[ours()],
    equations=["eq-complex-pole"],
    given=dict(a=AT_LEAST_ONE),
)
def complex_pole(xp, a):
    """For two tokens a and a − iπ/a, one channel and W = 1, the first row's partition sum is
    exp(a²) + exp(a² + iπ) = 0: softmax is undefined there."""
    X = xp.stack([a, a - xp.i * xp.pi / a])[:, None]
    S = X @ xp.star(X)
    scores = xp.stack([a * a, a * a + xp.i * xp.pi])
    return Equal(S[0], scores), Zero(xp.sum(xp.exp(S), axis=1)[0])


@complex_pole.neighbour("the second row's sum vanishes too", key="second-row")
def _(xp, a):
    X = xp.stack([a, a - xp.i * xp.pi / a])[:, None]
    return Zero(xp.sum(xp.exp(X @ xp.star(X)), axis=1))


@complex_pole.neighbour("a phase of 2π in place of π", key="full-turn")
def _(xp, a):
    X = xp.stack([a, a - 2 * xp.i * xp.pi / a])[:, None]
    return Zero(xp.sum(xp.exp(X @ xp.star(X)), axis=1)[0])


@claim(
    "complex-softmax-pole-rate",
    title="Near the pole the attention weight grows like one over the distance",
    sources=[ours()],
    equations=["eq-complex-pole-rate"],
    needs=["complex-softmax-pole"],
    given=dict(a=AT_LEAST_ONE),
)
def complex_pole_rate(xp, a, *, order=1):
    """Moving the second token by ε off the pole leaves a weight of modulus 1/(aε)."""

    def inverse_weight(n):
        X = xp.stack([a, a - xp.i * xp.pi / a + xp.one / n])[:, None]
        return 1 / xp.abs(xp.softmax(X @ xp.star(X), axis=-1)[0, 1])

    return Rate(inverse_weight, order=order, constant=a if order == 1 else None, start=64)


complex_pole_rate.vary("a double pole", key="double-pole", order=2)


@claim(
    "complex-softmax-diagonal",
    expect="proved",
    title="Hermitian weights make only the diagonal scores real",
    sources=[ours()],
    equations=["eq-hermitian-diagonal"],
    given=dict(X=matrix("N", "C"), W=hermitian("C")),
)
def complex_diagonal(xp, X, W):
    """For Hermitian W the score of a token with itself is real."""
    return Zero(xp.imag(xp.diagonal(X @ W @ xp.star(X))))


@complex_diagonal.neighbour("all scores are real", key="all-scores")
def _(xp, X, W):
    return Zero(xp.imag(X @ W @ xp.star(X)))


@claim(
    "complex-softmax-real-part",
    expect="proved",
    title="With the real part of the scores: a real potential, probabilities, two terms",
    sources=[ours()],
    equations=["eq-real-part-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
)
def complex_real_part(xp, X, W, root_r, *, adjoint=True):
    """Real parts of the scores give a real free energy without poles, row-stochastic weights, and
    a force of two attention terms, for any W."""
    P = xp.softmax(xp.real(X @ W @ xp.star(X)) / root_r, axis=-1)
    V = lambda X: (
        root_r * xp.sum(xp.logsumexp(xp.real(attention.scores(xp, X, W, root_r)), axis=-1))
    )
    return Force(V, X, (P @ X @ (xp.star(W) if adjoint else W) + P.T @ X @ W) / 2)


@complex_real_part.neighbour("one term, W Hermitian", key="one-term", given=dict(W=hermitian("C")))
def _(xp, X, W, root_r):
    P = xp.softmax(xp.real(X @ W @ xp.star(X)) / root_r, axis=-1)
    V = lambda X: (
        root_r * xp.sum(xp.logsumexp(xp.real(attention.scores(xp, X, W, root_r)), axis=-1))
    )
    return Force(V, X, P @ X @ W)


complex_real_part.vary("W for its adjoint in the first term", key="adjoint-dropped", adjoint=False)
