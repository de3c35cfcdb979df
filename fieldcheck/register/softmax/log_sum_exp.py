"""Log-sum-exp: its gradient and its curvature."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import vector
from fieldcheck.register.softmax.shared import WHY_SOFTMAX, pairs, second_derivative
from fieldcheck.relations import AtMost, Equal, Gradient, at_most


@claim(
    "lse-gradient-softmax",
    expect="proved",
    title="Softmax is the gradient of log-sum-exp",
    sources=[WHY_SOFTMAX],
    equations=["eq-lse-gradient"],
    given=dict(x=vector("n")),
)
def lse_gradient(xp, x):
    """The gradient of log-sum-exp is softmax."""
    return Gradient(lambda x: xp.logsumexp(x), x, xp.exp(x) / xp.sum(xp.exp(x)))


@lse_gradient.neighbour("one exponential too many in the normalization", key="normalization")
def _(xp, x):
    return Gradient(lambda x: xp.logsumexp(x), x, xp.exp(x) / (xp.sum(xp.exp(x)) + 1))


@claim(
    "lse-gradient-softmax-hessian",
    expect="proved",
    title="The Hessian of log-sum-exp is diag(p) − ppᵀ",
    sources=[WHY_SOFTMAX],
    equations=["eq-lse-hessian"],
    needs=["lse-gradient-softmax"],
    given=dict(x=vector("n"), h=vector("n"), k=vector("n")),
)
def lse_hessian(xp, x, h, k, *, outer=-1):
    """Along any two directions the second derivative of log-sum-exp is that of
    diag(p) − ppᵀ, the covariance of h and k under p."""
    p = xp.exp(x) / xp.sum(xp.exp(x))
    covariance = xp.sum(p * h * k) + outer * xp.sum(p * h) * xp.sum(p * k)
    return Equal(second_derivative(xp, xp.logsumexp, x, h, k), covariance)


lse_hessian.vary("diag(p) + ppᵀ", key="plus-ppt", outer=1)
lse_hessian.vary("diag(p) alone", key="diagonal-alone", outer=0)


@claim(
    "lse-gradient-softmax-convex",
    expect="proved",
    title="Log-sum-exp is convex: its Hessian is a variance",
    sources=[ours()],
    equations=["eq-lse-convex"],
    needs=["lse-gradient-softmax-hessian"],
    given=dict(x=vector("n"), h=vector("n")),
)
def lse_convex(xp, x, h):
    """The second derivative along h is the variance of h under p, a sum of squares."""
    p = xp.softmax(x)
    spread = p[:, None] * p[None, :] * xp.abs2(h[:, None] - h[None, :])
    return at_most(0, second_derivative(xp, xp.logsumexp, x, h, h), room=xp.sum(spread) / 2)


@lse_convex.neighbour("strongly convex with modulus 1/100", key="strongly-convex")
def _(xp, x, h):
    return AtMost(xp.sum(h * h) / 100, second_derivative(xp, xp.logsumexp, x, h, h))


@claim(
    "lse-gradient-softmax-norm",
    expect="proved",
    title="The Hessian of log-sum-exp has norm at most ½",
    sources=[ours()],
    equations=["eq-lse-norm"],
    needs=["lse-gradient-softmax-hessian"],
    given=dict(x=vector("n"), h=vector("n")),
)
def lse_norm(xp, x, h):
    """Softmax is Lipschitz with constant ½: the gap is a sum of squares, half of
    Σ hₐ²(1 − 2pₐ)² plus Σ pₐp_b(hₐ + h_b)² over a ≠ b.  Equality at p = (½, ½), h = (1, −1)."""
    p = xp.softmax(x)
    single = xp.abs2(h * (1 - 2 * p))
    double = pairs(xp, x.shape[0]) * p[:, None] * p[None, :] * xp.abs2(h[:, None] + h[None, :])
    return at_most(
        second_derivative(xp, xp.logsumexp, x, h, h),
        xp.sum(h * h) / 2,
        room=(xp.sum(single) + xp.sum(double)) / 2,
        sharp=True,
    )


@lse_norm.neighbour("the bound ¼", key="norm-quarter")
def _(xp, x, h):
    return AtMost(second_derivative(xp, xp.logsumexp, x, h, h), xp.sum(h * h) / 4)


@lse_norm.neighbour("the bound 49/100, just below the constant", key="norm-just-below")
def _(xp, x, h):
    return AtMost(second_derivative(xp, xp.logsumexp, x, h, h), 49 * xp.sum(h * h) / 100)
