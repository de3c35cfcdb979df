"""Low rank: heads as random projections."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import matrix, real_matrix, vector
from fieldcheck.fields import draws, moments
from fieldcheck.register.normalization.shared import WIDTH
from fieldcheck.relations import Equal, Law, Rank, Zero


@claim(
    "low-rank-heads",
    expect="proved up to r = 3",
    title="QK* has rank at most the head width",
    sources=[talk("Transformers"), paper("Lemma 6")],
    equations=["eq-lt-low-rank"],
    given=dict(Q=matrix("r+1", "r"), K=matrix("r+1", "r")),
    sizes=dict(r=[1, 2, 3]),
)
def low_rank(xp, Q, K):
    """Every (r+1) x (r+1) minor of QK* vanishes for Q, K with r columns: its rank is at most r."""
    return Zero(xp.det(Q @ xp.star(K)))


low_rank.vary(
    "one column more",
    key="one-column-more",
    given=dict(Q=matrix("r+1", "r+1"), K=matrix("r+1", "r+1")),
)


@claim(
    "low-rank-heads-generic",
    expect="proved up to C = 4; r = 3",
    title="The rank of QK* is generically min(r, C)",
    sources=[talk("Transformers")],
    given=dict(Q=real_matrix("C", "r"), K=real_matrix("C", "r")),
    sizes=dict(C=[1, 2, 3, 4], r=[1, 2, 3]),
    needs=["low-rank-heads"],
)
def low_rank_generic(xp, Q, K):
    """For almost all Q and K the rank of QKᵀ is min(r, C)."""
    return Rank(Q @ K.T, min(Q.shape))


@low_rank_generic.neighbour("full rank", key="full-rank")
def _(xp, Q, K):
    return Rank(Q @ K.T, Q.shape[0])


PROJECTED = dict(x=vector("C"), y=vector("C"), width=WIDTH)


def _mean_and_variance(rule, xp, product, columns, *shape):
    """Mean and variance of product(G)/columns over random G, by a rule for its moments."""
    mean, square = rule(xp, product, *shape)
    return mean / columns, (square - mean * mean) / columns**2


@claim(
    "low-rank-heads-projection",
    expect="proved up to C, r = 2",
    title="With K = Q, a random head is a random projection",
    sources=[talk("Transformers"), ours("moments")],
    equations=["eq-lt-projection-mean", "eq-lt-projection-variance"],
    given=PROJECTED,
    sizes=dict(C=[1, 2], r=[1, 2]),
    tex=r"\EE\,x^\top QQ^\top y = \inner{x}{y},\quad \operatorname{Var} = \frac{\norm{x}^2"
    r"\norm{y}^2 + \inner{x}{y}^2}{r}",
)
def low_rank_projection(xp, x, y, width):
    """For Q with independent Gaussian entries of variance 1/r, xᵀ QQᵀ y has mean ⟨x, y⟩ and
    variance (‖x‖²‖y‖² + ⟨x, y⟩²)/r. The Gaussian means are finite sums (three nodes an entry),
    exact for these degrees."""
    r = width.shape[0]
    product = lambda G: xp.sum((x @ G) * (y @ G))
    mean, variance = _mean_and_variance(moments.gaussian_moments, xp, product, r, x.shape[0], r)
    inner, norms = xp.sum(x * y), xp.sum(x * x) * xp.sum(y * y)
    return Equal(mean, inner), Equal(variance, (norms + inner * inner) / r)


@low_rank_projection.neighbour("variance over r²", key="variance-over-r-squared")
def _(xp, x, y, width):
    r = width.shape[0]
    product = lambda G: xp.sum((x @ G) * (y @ G))
    _, variance = _mean_and_variance(moments.gaussian_moments, xp, product, r, x.shape[0], r)
    inner, norms = xp.sum(x * y), xp.sum(x * x) * xp.sum(y * y)
    return Equal(variance, (norms + inner * inner) / r**2)


@low_rank_projection.neighbour(
    "the inner product left out of the variance", key="inner-product-left-out"
)
def _(xp, x, y, width):
    r = width.shape[0]
    product = lambda G: xp.sum((x @ G) * (y @ G))
    _, variance = _mean_and_variance(moments.gaussian_moments, xp, product, r, x.shape[0], r)
    return Equal(variance, xp.sum(x * x) * xp.sum(y * y) / r)


@claim(
    "low-rank-heads-independent",
    expect="proved up to C, r = 2",
    title="With independent Q and K it is not: the mean is zero",
    sources=[ours("the case of a Transformer at initialization")],
    equations=["eq-lt-independent-heads"],
    given=PROJECTED,
    sizes=dict(C=[1, 2], r=[1, 2]),
)
def low_rank_independent(xp, x, y, width):
    """For independent Q and K with entries of variance 1/r, xᵀ QKᵀ y has mean 0 and variance
    ‖x‖²‖y‖²/r. (Signs have the moments that enter.)"""
    mean, variance = _untied(xp, x, y, width.shape[0])
    return Zero(mean), Equal(variance, xp.sum(x * x) * xp.sum(y * y) / width.shape[0])


def _untied(xp, x, y, r):
    """Mean and variance of xᵀ QKᵀ y for independent Q and K of r columns."""
    product = lambda G: xp.sum((x @ G[0]) * (y @ G[1]))
    return _mean_and_variance(moments.sign_moments, xp, product, r, 2, x.shape[0], r)


@low_rank_independent.neighbour("variance over r²", key="variance-over-r-squared")
def _(xp, x, y, width):
    _, variance = _untied(xp, x, y, width.shape[0])
    return Equal(variance, xp.sum(x * x) * xp.sum(y * y) / width.shape[0] ** 2)


@low_rank_independent.neighbour("mean ⟨x, y⟩, as if K were Q", key="mean-inner-product")
def _(xp, x, y, width):
    mean, _ = _untied(xp, x, y, width.shape[0])
    return Zero(mean - xp.sum(x * y))


@low_rank_independent.neighbour("the variance of the tied case", key="variance-of-the-tied-case")
def _(xp, x, y, width):
    _, variance = _untied(xp, x, y, width.shape[0])
    inner, norms = xp.sum(x * y), xp.sum(x * x) * xp.sum(y * y)
    return Equal(variance, (norms + inner * inner) / width.shape[0])


@claim(
    "low-rank-heads-law",
    title="A random projection of width 16 in 64 channels, drawn",
    sources=[ours("check by sampling")],
    given={},
    needs=["low-rank-heads-projection"],
)
def low_rank_law(xp):
    """For two fixed vectors of C = 64 channels and r = 16 random columns, xᵀ QQᵀ y has mean ⟨x, y⟩
    and variance (‖x‖²‖y‖² + ⟨x, y⟩²)/r."""
    mean, variance = draws.projected_moments(tied=True)
    sample = lambda rng, n: draws.projected_products(rng, n, tied=True)
    return Law(sample, mean=mean, variance=variance)


@low_rank_law.neighbour("independent Q and K with mean ⟨x, y⟩", key="independent")
def _(xp):
    mean, _ = draws.projected_moments(tied=True)
    return Law(lambda rng, n: draws.projected_products(rng, n, tied=False), mean=mean)
