"""The Gibbs principle: softmax minimizes energy plus temperature times negative entropy."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, talk
from fieldcheck.domains import positive, real, simplex, vector
from fieldcheck.fields import gibbs
from fieldcheck.relations import AtMost, Equal, Rate, at_most


@claim(
    "gibbs-variational",
    expect="proved",
    title="Softmax minimizes energy plus temperature times negative entropy",
    sources=[talk("What About Softmax?")],
    equations=["eq-gibbs-minimum"],
    given=dict(p=simplex("n"), E=vector("n"), tau=positive()),
)
def gibbs_variational(xp, p, E, tau):
    """For every τ > 0 and every energy E, no probability vector p has a smaller free energy
    than softmax(−E/τ), whose free energy is −τ log of the sum of exp(−E/τ).

    The gap between the two is τ times a sum of terms a log(a/b) − a + b, each nonnegative."""
    q, log_total = xp.softmax(-E / tau), xp.logsumexp(-E / tau)
    least = gibbs.free_energy(xp, q, -E / tau - log_total, E, tau)
    excess = xp.relative_entropy(p, xp.exp(-E / tau), 1, xp.sum(xp.exp(-E / tau)))
    other = gibbs.free_energy(xp, p, xp.log(p), E, tau)
    return Equal(least, -tau * log_total), *at_most(least, other, room=tau * xp.sum(excess))


@gibbs_variational.neighbour("the sign of the energy turned over", key="sign-of-energy")
def _(xp, p, E, tau):
    log_q = E / tau - xp.logsumexp(E / tau)
    q = xp.softmax(E / tau)
    return AtMost(
        gibbs.free_energy(xp, q, log_q, E, tau), gibbs.free_energy(xp, p, xp.log(p), E, tau)
    )


@gibbs_variational.neighbour("the temperature inverted: softmax(−τ E)", key="tau-inverted")
def _(xp, p, E, tau):
    log_q = -tau * E - xp.logsumexp(-tau * E)
    q = xp.softmax(-tau * E)
    return AtMost(
        gibbs.free_energy(xp, q, log_q, E, tau), gibbs.free_energy(xp, p, xp.log(p), E, tau)
    )


@gibbs_variational.neighbour("the minimum without its factor τ", key="minimum-without-tau")
def _(xp, p, E, tau):
    q, log_total = xp.softmax(-E / tau), xp.logsumexp(-E / tau)
    return Equal(gibbs.free_energy(xp, q, -E / tau - log_total, E, tau), -log_total)


@claim(
    "gibbs-variational-excess",
    expect="proved",
    title="The excess free energy is τ times the divergence from softmax",
    sources=[ours()],
    equations=["eq-gibbs-excess"],
    given=dict(p=simplex("n"), E=vector("n"), tau=positive()),
)
def gibbs_excess(xp, p, E, tau, *, scaled=True):
    """The free energy of p exceeds its minimum by exactly τ KL(p ‖ softmax(−E/τ))."""
    log_q = -E / tau - xp.logsumexp(-E / tau)
    excess = gibbs.free_energy(xp, p, xp.log(p), E, tau) + tau * xp.logsumexp(-E / tau)
    return Equal(excess, (tau if scaled else 1) * xp.sum(p * (xp.log(p) - log_q)))


@gibbs_excess.neighbour("the divergence taken the other way round", key="divergence-reversed")
def _(xp, p, E, tau):
    q, log_q = xp.softmax(-E / tau), -E / tau - xp.logsumexp(-E / tau)
    excess = gibbs.free_energy(xp, p, xp.log(p), E, tau) + tau * xp.logsumexp(-E / tau)
    return Equal(excess, tau * xp.sum(q * (log_q - xp.log(p))))


gibbs_excess.vary("the divergence without its factor τ", key="divergence-without-tau", scaled=False)


def _levels(xp, e, g, tied, above):
    """Energies: as many ties at e as ``tied`` has entries; then one level g above for each entry of
    ``above``, and as many further ones at least 2g above."""
    ties, next_ = xp.ones(tied.shape[0]), xp.ones(above.shape[0])
    return xp.concat([e * ties, (e + g) * next_, e + 2 * g + above])


LEVELS = dict(e=real(), g=positive(), tied=vector("m"), above=positive("k"))


@claim(
    "gibbs-variational-cold",
    title="Cold softmax is the argmin, and tied minima share it",
    sources=[ours()],
    equations=["eq-gibbs-cold"],
    needs=["gibbs-variational"],
    given=LEVELS,
    sizes=dict(m=[1, 2, 3], k=[1, 2]),
)
def gibbs_cold(xp, e, g, tied, above):
    """With m tied minima, k states at a gap g above them and the rest at least 2g above, each
    minimum gets 1/m and lacks only k exp(−g/τ)/m²; here exp(−g/τ) = 1/n. For m = 1 the one
    argmin takes all. (From which level energies are counted changes nothing.)"""
    E, m, k = _levels(xp, e, g, tied, above), tied.shape[0], above.shape[0]
    from_zero = _levels(xp, 0 * e, g, tied, above)

    def missing(n):
        return xp.one / m - xp.softmax(-E * xp.log(xp.lift(n)) / g)[0]

    return (
        Rate(missing, order=1, constant=k * xp.one / m**2, start=64),
        Equal(xp.softmax(-E), xp.softmax(-from_zero)),
    )


@gibbs_cold.neighbour(
    "the first of the tied minima takes all",
    key="first-takes-all",
    sizes=dict(m=[2, 3], k=[1, 2]),
)
def _(xp, e, g, tied, above):
    E = _levels(xp, e, g, tied, above)
    return Rate(lambda n: 1 - xp.softmax(-E * xp.log(xp.lift(n)) / g)[0], order=1, start=64)


@gibbs_cold.neighbour("the next level counted once", key="counted-once", sizes=dict(k=[2]))
def _(xp, e, g, tied, above):
    E, m = _levels(xp, e, g, tied, above), tied.shape[0]
    return Rate(
        lambda n: xp.one / m - xp.softmax(-E * xp.log(xp.lift(n)) / g)[0],
        order=1,
        constant=xp.one / m**2,
        start=64,
    )


@gibbs_cold.neighbour("the rate exp(−2g/τ)", key="twice-the-gap")
def _(xp, e, g, tied, above):
    E, m = _levels(xp, e, g, tied, above), tied.shape[0]
    return Rate(
        lambda n: xp.one / m - xp.softmax(-E * xp.log(xp.lift(n)) / g)[0], order=2, start=64
    )


@claim(
    "gibbs-variational-cold-minimum",
    title="The least free energy of m tied minima lies τ log m below them",
    sources=[ours()],
    equations=["eq-gibbs-cold-minimum"],
    needs=["gibbs-variational"],
    given=LEVELS,
    sizes=dict(m=[2, 3], k=[1, 2]),
)
def gibbs_cold_minimum(xp, e, g, tied, above):
    """With m tied minima e, the least free energy is e − τ log m up to exp(−g/τ). (It moves with
    the level from which energies are counted.)"""
    E, m = _levels(xp, e, g, tied, above), tied.shape[0]
    from_zero = _levels(xp, 0 * e, g, tied, above)
    return (
        Rate(
            lambda n: e + xp.logsumexp(-E * n) / n, order=1, constant=xp.log(xp.lift(m)), start=64
        ),
        Equal(e + xp.logsumexp(-E), xp.logsumexp(-from_zero)),
    )


@gibbs_cold_minimum.neighbour("ties ignored: error of order τ squared", key="ties-ignored")
def _(xp, e, g, tied, above):
    E = _levels(xp, e, g, tied, above)
    return Rate(lambda n: e + xp.logsumexp(-E * n) / n, order=2, start=64)


@gibbs_cold_minimum.neighbour("the next level counted as tied", key="next-counted")
def _(xp, e, g, tied, above):
    E, states = _levels(xp, e, g, tied, above), tied.shape[0] + above.shape[0]
    return Rate(
        lambda n: e + xp.logsumexp(-E * n) / n, order=1, constant=xp.log(xp.lift(states)), start=64
    )


@claim(
    "gibbs-variational-hot",
    expect="proved up to n = 6",
    title="Hot softmax is uniform but for a term in 1/τ, the energy's deviation from its mean",
    sources=[ours()],
    equations=["eq-gibbs-hot"],
    given=dict(E=vector("n")),
    sizes=dict(n=[3, 4, 5, 6]),
)
def gibbs_hot(xp, E):
    """As τ grows, what is left of softmax(−E/τ) after 1/n and −(E − mean E)/(nτ) is of second
    order: (c² − mean c²)/(2nτ²), with c = E − mean E. (For two states that vanishes.)"""
    square = _centred(xp, E) ** 2
    return Rate(
        lambda n: _hot_rest(xp, E, _centred(xp, E), n),
        order=2,
        constant=xp.norm(square - xp.sum(square) / E.shape[0]) / (2 * E.shape[0]),
        start=64,
    )


def _centred(xp, E):
    return E - xp.sum(E) / E.shape[0]


def _hot_rest(xp, E, slope, n):
    """‖softmax(−E/τ) − 1/n + slope/(nτ)‖ at the temperature τ = n of the rate."""
    size = E.shape[0]
    return xp.norm(xp.softmax(-E / n) - xp.one / size + slope / (size * n))


@gibbs_hot.neighbour("the mean energy not taken off", key="not-centred")
def _(xp, E):
    return Rate(lambda n: _hot_rest(xp, E, E, n), order=2, start=64)


@gibbs_hot.neighbour("towards the high energies", key="wrong-direction")
def _(xp, E):
    return Rate(lambda n: _hot_rest(xp, E, -_centred(xp, E), n), order=2, start=64)


@gibbs_hot.neighbour("without the term in 1/τ", key="second-order")
def _(xp, E):
    return Rate(lambda n: _hot_rest(xp, E, 0 * E, n), order=2, start=64)
