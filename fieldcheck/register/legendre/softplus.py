"""Softplus smooths ReLU."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import nonnegative, positive, real
from fieldcheck.fields.duality import scaled_softplus
from fieldcheck.relations import AtMost, Equal, Rate, at_most


@claim(
    "softplus-smooths-relu",
    expect="proved",
    title="Softplus at temperature τ is within τ log 2 of ReLU, attained at 0",
    sources=[ours("link between chapters")],
    equations=["eq-softplus-error", "eq-softplus-bound"],
    given=dict(u=nonnegative(), tau=positive()),
    tex=r"0<\tau\log(1+e^{x/\tau})-x_+\le\tau\log2,\quad\text{equality on the right at } x=0",
)
def softplus_relu(xp, u, tau):
    """With ReLU(u) = u and ReLU(−u) = 0 for u ≥ 0: τ log(1 + e^(x/τ)) − ReLU(x) is between 0 and
    τ log 2 on both half-lines, and equal to τ log 2 at x = 0."""
    right = tau * xp.log(1 + xp.exp(u / tau)) - u
    left = tau * xp.log(1 + xp.exp(-(u / tau)))
    E = xp.exp(u / tau)
    growth = u / tau + xp.relative_entropy(1, E)  # E - 1
    return (
        *at_most(0, left, room=tau * xp.softplus(-(u / tau))),
        *at_most(
            left,
            tau * xp.log(2),
            room=tau * (xp.relative_entropy(1, 1 + 1 / E, 1, 2) + growth / (2 * E)),
            sharp=True,
        ),
        *at_most(
            right,
            tau * xp.log(2),
            room=tau * (xp.relative_entropy(E, 1 + E, 1, 2) / E + growth / (2 * E)),
            sharp=True,
        ),
        Equal(tau * xp.log(1 + xp.exp(0 * tau)), tau * xp.log(2)),
    )


@softplus_relu.neighbour("the constant log 3", key="log-3")
def _(xp, u, tau):
    return (
        AtMost(tau * xp.log(1 + xp.exp(-(u / tau))), tau * xp.log(3)),
        Equal(tau * xp.log(1 + xp.exp(0 * tau)), tau * xp.log(3)),
    )


@softplus_relu.neighbour("a constant below log 2: 2/3", key="below-log-2")
def _(xp, u, tau):
    return AtMost(tau * xp.log(1 + xp.exp(-(u / tau))), 2 * tau / 3)


@claim(
    "softplus-smooths-relu-error",
    title="The error of softplus is symmetric",
    sources=[ours("link between chapters")],
    equations=["eq-softplus-symmetric"],
    given=dict(x=real(), tau=positive()),
)
def softplus_error(xp, x, tau):
    """For real x the difference of softplus and ReLU is τ log(1 + e^(−|x|/τ))."""
    return Equal(
        scaled_softplus(xp, x, tau) - xp.relu(x),
        tau * xp.log(1 + xp.exp(-(xp.abs(x) / tau))),
    )


@softplus_error.neighbour("x in place of |x|", key="one-sided")
def _(xp, x, tau):
    return Equal(scaled_softplus(xp, x, tau) - xp.relu(x), tau * xp.log(1 + xp.exp(-(x / tau))))


@claim(
    "softplus-smooths-relu-tail",
    expect="proved",
    title="Away from 0 the error of softplus is exponentially small",
    sources=[ours("link between chapters")],
    equations=["eq-softplus-tail"],
    given=dict(u=nonnegative(), tau=positive()),
    needs=["softplus-smooths-relu-error"],
)
def softplus_tail(xp, u, tau):
    """At the distance u = |x| from the kink the error is at most τ e^(−u/τ), and at least that over
    1 + e^(−u/τ): it is never zero."""
    small = xp.exp(-(u / tau))
    error = tau * xp.log(1 + small)
    below = tau * xp.relative_entropy(1, 1, 1, 1 + small)
    return (
        *at_most(error, tau * small, room=tau * xp.relative_entropy(1, 1 + small)),
        *at_most(tau * small / (1 + small), error, room=below),
    )


@softplus_tail.neighbour("at least τ e^(−u/τ)", key="from-below")
def _(xp, u, tau):
    small = xp.exp(-(u / tau))
    return AtMost(tau * small, tau * xp.log(1 + small))


@softplus_tail.neighbour("falling like e^(−2u/τ)", key="twice-the-rate")
def _(xp, u, tau):
    small = xp.exp(-(u / tau))
    return AtMost(tau * xp.log(1 + small), tau * small**2)


@claim(
    "softplus-smooths-relu-rate",
    expect="proved",
    title="The largest error of softplus is of first order in τ, with constant log 2",
    sources=[ours("link between chapters")],
    equations=["eq-softplus-rate"],
    given=dict(c=positive()),
    needs=["softplus-smooths-relu"],
)
def softplus_rate(xp, c):
    """At τ = c/n the largest error, the one at x = 0, is c log(2)/n."""
    return Rate(lambda n: scaled_softplus(xp, 0 * c, c / n), 1, constant=c * xp.log(2))


@softplus_rate.neighbour("the rate τ²", key="rate-2")
def _(xp, c):
    return Rate(lambda n: scaled_softplus(xp, 0 * c, c / n), 2)


@softplus_rate.neighbour("the constant log 3", key="log-3")
def _(xp, c):
    return Rate(lambda n: scaled_softplus(xp, 0 * c, c / n), 1, constant=c * xp.log(3))
