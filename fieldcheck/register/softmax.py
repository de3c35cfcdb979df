"""Softmax attention from log-sum-exp: chapter ``softmax``.

Order of the file: the Gibbs principle; log-sum-exp; the free energy of attention and its printed
force; the real case; what is and what is not a gradient; complex scores; Hopfield; the transition.
"""

from __future__ import annotations

from fractions import Fraction

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import (
    between,
    built,
    hermitian,
    matrix,
    nonnegative,
    positive,
    real,
    real_matrix,
    root,
    simplex,
    spd,
    symmetric,
    unit_vector,
    vector,
)
from fieldcheck.fields import free_energy as attention
from fieldcheck.fields import gibbs, hopfield
from fieldcheck.fields.integrability import (
    antilinear_jacobian,
    euclidean_pairing,
    wirtinger_pairing,
)
from fieldcheck.relations import AtMost, Equal, Force, Gradient, Rate, Zero, at_most

WHY_SOFTMAX = talk("Why Softmax = LogSumExp Potential?")
SMALL = {"N": (1, 2, 3), "C": (1, 2)}
"""Shapes for statements that display a whole Jacobian: a witness should be readable."""


# -- the Gibbs principle --------------------------------------------------------------------------
@claim(
    "gibbs-variational",
    title="Softmax minimizes energy plus temperature times negative entropy",
    sources=[talk("Energy + Entropic Regularization")],
    chapter="softmax",
    equations=["eq-gibbs-minimum"],
    given=dict(p=simplex("n"), E=vector("n"), tau=positive()),
    tex=r"\min_{p\in\Delta^{n-1}} \EE_p[E]+\tau\,\EE_p[\log p]"
    r"=-\tau\log\sum_k \ee^{-E_k/\tau},\quad\text{attained at } p=\softmax(-E/\tau)",
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
    title="The excess free energy is τ times the divergence from softmax",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-gibbs-excess"],
    given=dict(p=simplex("n"), E=vector("n"), tau=positive()),
    tex=r"\EE_p[E]+\tau\,\EE_p[\log p]+\tau\log\sum_k \ee^{-E_k/\tau}"
    r"=\tau\,\mathrm{KL}\bigl(p\,\|\,\softmax(-E/\tau)\bigr)",
)
def gibbs_excess(xp, p, E, tau):
    """The free energy of p exceeds its minimum by exactly τ KL(p ‖ softmax(−E/τ))."""
    log_q = -E / tau - xp.logsumexp(-E / tau)
    excess = gibbs.free_energy(xp, p, xp.log(p), E, tau) + tau * xp.logsumexp(-E / tau)
    return Equal(excess, tau * xp.sum(p * (xp.log(p) - log_q)))


@gibbs_excess.neighbour("the divergence taken the other way round", key="divergence-reversed")
def _(xp, p, E, tau):
    q, log_q = xp.softmax(-E / tau), -E / tau - xp.logsumexp(-E / tau)
    excess = gibbs.free_energy(xp, p, xp.log(p), E, tau) + tau * xp.logsumexp(-E / tau)
    return Equal(excess, tau * xp.sum(q * (log_q - xp.log(p))))


@gibbs_excess.neighbour("the divergence without its factor τ", key="divergence-without-tau")
def _(xp, p, E, tau):
    log_q = -E / tau - xp.logsumexp(-E / tau)
    excess = gibbs.free_energy(xp, p, xp.log(p), E, tau) + tau * xp.logsumexp(-E / tau)
    return Equal(excess, xp.sum(p * (xp.log(p) - log_q)))


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
    chapter="softmax",
    equations=["eq-gibbs-cold"],
    needs=["gibbs-variational"],
    given=LEVELS,
    sizes={"m": (1, 2, 3), "k": (1, 2)},
    tex=r"\tfrac1m-\softmax(-E/\tau)_1"
    r"=\tfrac k{m^2}\,\ee^{-g/\tau}(1+o(1))\quad(\tau\to0)",
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
    sizes={"m": (2, 3), "k": (1, 2)},
)
def _(xp, e, g, tied, above):
    E = _levels(xp, e, g, tied, above)
    return Rate(lambda n: 1 - xp.softmax(-E * xp.log(xp.lift(n)) / g)[0], order=1, start=64)


@gibbs_cold.neighbour("the next level counted once", key="counted-once", sizes={"k": (2,)})
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
    chapter="softmax",
    equations=["eq-gibbs-cold-minimum"],
    needs=["gibbs-variational"],
    given=LEVELS,
    sizes={"m": (2, 3), "k": (1, 2)},
    tex=r"\min_k E_k+\tau\log\sum_k \ee^{-E_k/\tau}=\tau\log m\,(1+o(1))"
    r"\quad\text{for } m \text{ tied minima}",
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
    title="Hot softmax is uniform but for a term in 1/τ, the energy's deviation from its mean",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-gibbs-hot"],
    given=dict(E=vector("n")),
    sizes={"n": (3, 4, 5, 6)},
    tex=r"\softmax(-E/\tau)=\frac1n-\frac{E-\bar E}{n\tau}+O(\tau^{-2})",
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


# -- log-sum-exp ----------------------------------------------------------------------------------
@claim(
    "lse-gradient-softmax",
    title="Softmax is the gradient of log-sum-exp",
    sources=[WHY_SOFTMAX],
    chapter="softmax",
    equations=["eq-lse-gradient"],
    given=dict(x=vector("n")),
    tex=r"\nabla \log\sum_k \ee^{x_k} = \softmax(x)",
)
def lse_gradient(xp, x):
    """The gradient of log-sum-exp is softmax."""
    return Gradient(lambda x: xp.logsumexp(x), x, xp.exp(x) / xp.sum(xp.exp(x)))


@lse_gradient.neighbour("one exponential too many in the normalization", key="normalization")
def _(xp, x):
    return Gradient(lambda x: xp.logsumexp(x), x, xp.exp(x) / (xp.sum(xp.exp(x)) + 1))


def _curvature(xp, f, x, h, k):
    """The second derivative of f at x along h and k."""
    return xp.push(lambda y: xp.push(f, y, k), x, h)


def _pairs(xp, n):
    """The n x n matrix of ones with zeros on its diagonal."""
    return xp.constant([[int(a != b) for b in range(n)] for a in range(n)])


@claim(
    "lse-gradient-softmax-hessian",
    title="The Hessian of log-sum-exp is diag(p) − ppᵀ",
    sources=[WHY_SOFTMAX],
    chapter="softmax",
    equations=["eq-lse-hessian"],
    needs=["lse-gradient-softmax"],
    given=dict(x=vector("n"), h=vector("n"), k=vector("n")),
    tex=r"\nabla^2\lse(x)=\diag(p)-pp^\top,\qquad "
    r" p=\softmax(x)",
)
def lse_hessian(xp, x, h, k):
    """Along any two directions the second derivative of log-sum-exp is that of
    diag(p) − ppᵀ, the covariance of h and k under p."""
    p = xp.exp(x) / xp.sum(xp.exp(x))
    return Equal(
        _curvature(xp, xp.logsumexp, x, h, k), xp.sum(p * h * k) - xp.sum(p * h) * xp.sum(p * k)
    )


@lse_hessian.neighbour("diag(p) + ppᵀ", key="plus-ppt")
def _(xp, x, h, k):
    p = xp.exp(x) / xp.sum(xp.exp(x))
    return Equal(
        _curvature(xp, xp.logsumexp, x, h, k), xp.sum(p * h * k) + xp.sum(p * h) * xp.sum(p * k)
    )


@lse_hessian.neighbour("diag(p) alone", key="diagonal-alone")
def _(xp, x, h, k):
    p = xp.exp(x) / xp.sum(xp.exp(x))
    return Equal(_curvature(xp, xp.logsumexp, x, h, k), xp.sum(p * h * k))


@claim(
    "lse-gradient-softmax-convex",
    title="Log-sum-exp is convex: its Hessian is a variance",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-lse-convex"],
    needs=["lse-gradient-softmax-hessian"],
    given=dict(x=vector("n"), h=vector("n")),
    tex=r"h^\top\nabla^2\lse(x)\,h"
    r"=\tfrac12\sum_{a,b}p_ap_b(h_a-h_b)^2\ \ge\ 0",
)
def lse_convex(xp, x, h):
    """The second derivative along h is the variance of h under p, a sum of squares."""
    p = xp.softmax(x)
    spread = p[:, None] * p[None, :] * xp.abs2(h[:, None] - h[None, :])
    return at_most(0, _curvature(xp, xp.logsumexp, x, h, h), room=xp.sum(spread) / 2)


@lse_convex.neighbour("strongly convex with modulus 1/100", key="strongly-convex")
def _(xp, x, h):
    return AtMost(xp.sum(h * h) / 100, _curvature(xp, xp.logsumexp, x, h, h))


@claim(
    "lse-gradient-softmax-norm",
    title="The Hessian of log-sum-exp has norm at most ½",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-lse-norm"],
    needs=["lse-gradient-softmax-hessian"],
    given=dict(x=vector("n"), h=vector("n")),
    tex=r"h^\top\nabla^2\lse(x)\,h\ \le\ \tfrac12\norm{h}^2",
)
def lse_norm(xp, x, h):
    """Softmax is Lipschitz with constant ½: the gap is a sum of squares, half of
    Σ hₐ²(1 − 2pₐ)² plus Σ pₐp_b(hₐ + h_b)² over a ≠ b.  Equality at p = (½, ½), h = (1, −1)."""
    p = xp.softmax(x)
    single = xp.abs2(h * (1 - 2 * p))
    double = _pairs(xp, x.shape[0]) * p[:, None] * p[None, :] * xp.abs2(h[:, None] + h[None, :])
    return at_most(
        _curvature(xp, xp.logsumexp, x, h, h),
        xp.sum(h * h) / 2,
        room=(xp.sum(single) + xp.sum(double)) / 2,
        sharp=True,
    )


@lse_norm.neighbour("the bound ¼", key="norm-quarter")
def _(xp, x, h):
    return AtMost(_curvature(xp, xp.logsumexp, x, h, h), xp.sum(h * h) / 4)


@lse_norm.neighbour("the bound 49/100, just below the constant", key="norm-just-below")
def _(xp, x, h):
    return AtMost(_curvature(xp, xp.logsumexp, x, h, h), 49 * xp.sum(h * h) / 100)


# -- the free energy of attention -----------------------------------------------------------------
@claim(
    "softmax-free-energy",
    title="Softmax attention is the force of a free energy",
    sources=[WHY_SOFTMAX, paper("Lemma 7")],
    chapter="softmax",
    equations=["eq-free-energy-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
    tex=r"\frac{\partial}{\partial X^*}\,\sqrt r\sum_k\log\sum_j \ee^{S_{jk}}"
    r" = \operatorname{Softmax}(S^\top)XW,\qquad S=\tfrac1{\sqrt r}XWX^*",
)
def free_energy(xp, X, W, root_r):
    """The log-sum-exp of the scores S = XWX*/√r, taken over queries, summed over keys and
    multiplied by √r, has the force Softmax(Sᵀ) X W: attention with normalized rows, in which
    token k asks, token j answers, and the score is that which j would give to k."""
    S = X @ W @ xp.star(X) / root_r
    return Force(
        lambda X: root_r * attention.over_queries(xp, X, W, root_r),
        X,
        xp.softmax(S.T, axis=-1) @ X @ W,
    )


@free_energy.printed(
    "the talk: sum over keys inside, prefactor i/2, no √r",
    key="printed",
    sizes=SMALL,
    tex=r"\frac{\partial}{\partial X^*}\,\frac i2\sum_j\log\sum_k"
    r"\exp\bigl[\tfrac1{\sqrt r}XWX^*\bigr]_{jk}"
    r"=\frac i2\operatorname{Softmax}\bigl(\tfrac1{\sqrt r}XWX^*\bigr)XW",
)
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    V = lambda X: xp.i / 2 * attention.over_keys(xp, X, W, root_r)
    return Equal(xp.wirtinger(V, X), xp.i / 2 * xp.softmax(S, axis=-1) @ X @ W)


@free_energy.printed(
    "the paper: sum over keys inside, with the factor √r",
    key="printed-paper",
    sizes=SMALL,
    tex=r"\frac{\partial}{\partial X^*}\,\sqrt r\sum_j\log\sum_k \ee^{S_{jk}}"
    r" = \operatorname{Softmax}(S)XW,\qquad S=\tfrac1{\sqrt r}XWX^*",
)
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    V = lambda X: root_r * attention.over_keys(xp, X, W, root_r)
    return Equal(xp.wirtinger(V, X), xp.softmax(S, axis=-1) @ X @ W)


@free_energy.printed(
    "the paper's form for Hermitian W and real tokens, where nothing is complex",
    key="printed-hermitian",
    given=dict(X=real_matrix("N", "C"), W=symmetric("C")),
    sizes=SMALL,
    tex=r"W=W^\top,\ X\text{ real}:\quad "
    r"\frac{\partial}{\partial X^*}\sqrt r\sum_j\log\sum_k \ee^{S_{jk}}"
    r"=\operatorname{Softmax}(S)XW",
)
def _(xp, X, W, root_r):
    S = X @ W @ X.T / root_r
    V = lambda X: root_r * attention.over_keys(xp, X, W, root_r)
    return Equal(xp.wirtinger(V, X), xp.softmax(S, axis=-1) @ X @ W)


@free_energy.neighbour("P for its transpose: Softmax(S)XW", key="p-for-p-transposed")
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    return Force(
        lambda X: root_r * attention.over_queries(xp, X, W, root_r),
        X,
        xp.softmax(S, axis=-1) @ X @ W,
    )


@free_energy.neighbour("the factor √r left out", key="missing-root-r")
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    return Force(
        lambda X: attention.over_queries(xp, X, W, root_r), X, xp.softmax(S.T, axis=-1) @ X @ W
    )


@free_energy.neighbour(
    "Hermitian W and the conjugate of the scores dropped",
    key="conjugate-dropped",
    given=dict(W=hermitian("C")),
)
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    return Force(
        lambda X: root_r * attention.over_queries(xp, X, W, root_r),
        X,
        xp.softmax(S, axis=-1) @ X @ W,
    )


@claim(
    "softmax-free-energy-printed-potential",
    title="What the printed potential gives: columns, not rows",
    sources=[WHY_SOFTMAX, paper("Lemma 7")],
    chapter="softmax",
    equations=["eq-printed-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
    tex=r"\frac{\partial}{\partial X^*}\sum_j\log\sum_k \ee^{S_{jk}}"
    r" = \frac1{\sqrt r}P^\top XW,\qquad P=\operatorname{Softmax}(S)",
)
def printed_potential(xp, X, W, root_r):
    """The printed log-sum-exp over keys has the force Pᵀ X W / √r: the row-softmax is
    transposed, so that token k sums what every query j gave to it."""
    P = xp.softmax(X @ W @ xp.star(X) / root_r, axis=-1)
    return Force(lambda X: attention.over_keys(xp, X, W, root_r), X, P.T @ X @ W / root_r)


@printed_potential.neighbour("P instead of Pᵀ", key="untransposed")
def _(xp, X, W, root_r):
    P = xp.softmax(X @ W @ xp.star(X) / root_r, axis=-1)
    return Force(lambda X: attention.over_keys(xp, X, W, root_r), X, P @ X @ W / root_r)


@printed_potential.neighbour("without 1/√r", key="scale")
def _(xp, X, W, root_r):
    P = xp.softmax(X @ W @ xp.star(X) / root_r, axis=-1)
    return Force(lambda X: attention.over_keys(xp, X, W, root_r), X, P.T @ X @ W)


@claim(
    "softmax-free-energy-conjugate",
    title="The scores of the free energy's attention are conjugated",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-conjugate-scores"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["softmax-free-energy"],
    tex=r"\operatorname{Softmax}(S^\top)XW"
    r"=\operatorname{Softmax}\bigl(\overline{XW^*X^*}/\sqrt r\bigr)XW",
)
def conjugate_scores(xp, X, W, root_r):
    """The transposed scores are the conjugates of X W* X*/√r: even for Hermitian W the free
    energy's attention weighs with the conjugate of S, not with S."""
    S = X @ W @ xp.star(X) / root_r
    return Equal(
        xp.softmax(S.T, axis=-1) @ X @ W,
        xp.softmax(xp.conj(X @ xp.star(W) @ xp.star(X)) / root_r, axis=-1) @ X @ W,
    )


@conjugate_scores.neighbour("the conjugation dropped", key="conjugate-dropped")
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    return Equal(
        xp.softmax(S.T, axis=-1) @ X @ W,
        xp.softmax(X @ xp.star(W) @ xp.star(X) / root_r, axis=-1) @ X @ W,
    )


@conjugate_scores.neighbour(
    "Hermitian W: the scores themselves", key="hermitian-scores", given=dict(W=hermitian("C"))
)
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    return Equal(xp.softmax(S.T, axis=-1) @ X @ W, xp.softmax(S, axis=-1) @ X @ W)


@claim(
    "softmax-free-energy-no-potential",
    title="The printed force is the force of some potential",
    sources=[WHY_SOFTMAX, paper("Lemma 7")],
    chapter="softmax",
    expect="refuted",
    equations=["eq-antilinear-symmetry"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
    sizes=SMALL,
    tex=r"F=\operatorname{Softmax}(XWX^*)XW:\quad "
    r"\frac{\partial F_a}{\partial X^*_b}=\frac{\partial F_b}{\partial X^*_a}",
)
def no_wirtinger_potential(xp, X, W):
    """If Softmax(XWX*)XW were ∂V/∂X* for some V, its derivative in X* would be symmetric."""
    J = antilinear_jacobian(xp, lambda Y: xp.softmax(Y @ W @ xp.star(Y), axis=-1) @ Y @ W, X)
    return Equal(J, J.T)


@no_wirtinger_potential.printed("values tied to the adjoint: Softmax(S)XW*", key="tied-adjoint")
def _(xp, X, W):
    J = antilinear_jacobian(
        xp, lambda Y: xp.softmax(Y @ W @ xp.star(Y), axis=-1) @ Y @ xp.star(W), X
    )
    return Equal(J, J.T)


@no_wirtinger_potential.printed("Hermitian W", key="tied-hermitian", given=dict(W=hermitian("C")))
def _(xp, X, W):
    J = antilinear_jacobian(xp, lambda Y: xp.softmax(Y @ W @ xp.star(Y), axis=-1) @ Y @ W, X)
    return Equal(J, J.T)


@no_wirtinger_potential.printed("values not transformed: Softmax(S)X", key="tied-identity")
def _(xp, X, W):
    J = antilinear_jacobian(xp, lambda Y: xp.softmax(Y @ W @ xp.star(Y), axis=-1) @ Y, X)
    return Equal(J, J.T)


TWO_DIRECTIONS = dict(H=matrix("N", "C"), K=matrix("N", "C"))
ALL = {"N": (1, 2, 3, 4, 5, 6), "C": (1, 2, 3, 4, 5, 6)}


@no_wirtinger_potential.neighbour(
    "scores transposed: the force of the repaired free energy",
    key="transposed-scores",
    given=TWO_DIRECTIONS,
    sizes=ALL,
)
def _(xp, X, W, H, K):
    F = lambda Y: xp.softmax((Y @ W @ xp.star(Y)).T, axis=-1) @ Y @ W
    return Equal(wirtinger_pairing(xp, F, X, H, K), wirtinger_pairing(xp, F, X, K, H))


@no_wirtinger_potential.neighbour(
    "a single token",
    key="one-token",
    given=TWO_DIRECTIONS,
    sizes={"N": (1,), "C": (1, 2, 3, 4, 5, 6)},
)
def _(xp, X, W, H, K):
    F = lambda Y: xp.softmax(Y @ W @ xp.star(Y), axis=-1) @ Y @ W
    return Equal(
        wirtinger_pairing(xp, F, X, H, K) + xp.sum(X), wirtinger_pairing(xp, F, X, K, H) + xp.sum(X)
    )


# -- real tokens ----------------------------------------------------------------------------------
@claim(
    "softmax-real-two-terms",
    title="Over the reals the free energy gives two attention terms",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-two-terms"],
    given=dict(X=real_matrix("N", "C"), W=real_matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
    tex=r"\nabla\sum_j\log\sum_k \ee^{S_{jk}}"
    r"=\frac1{\sqrt r}\bigl(PXW^\top+P^\top XW\bigr)",
)
def real_two_terms(xp, X, W, root_r):
    """For real X and W the gradient of the summed log-sum-exp of S = XWXᵀ/√r has two terms:
    P X Wᵀ, in which a token listens, and Pᵀ X W, in which it is listened to."""
    P = xp.softmax(X @ W @ X.T / root_r, axis=-1)
    return Gradient(
        lambda X: attention.over_keys(xp, X, W, root_r), X, (P @ X @ W.T + P.T @ X @ W) / root_r
    )


@real_two_terms.neighbour("the listening term alone", key="one-term")
def _(xp, X, W, root_r):
    P = xp.softmax(X @ W @ X.T / root_r, axis=-1)
    return Gradient(lambda X: attention.over_keys(xp, X, W, root_r), X, P @ X @ W.T / root_r)


@real_two_terms.neighbour("the transposed term alone", key="one-term-transposed")
def _(xp, X, W, root_r):
    P = xp.softmax(X @ W @ X.T / root_r, axis=-1)
    return Gradient(lambda X: attention.over_keys(xp, X, W, root_r), X, P.T @ X @ W / root_r)


@real_two_terms.neighbour(
    "the listening term doubled, W symmetric", key="doubled-term", given=dict(W=symmetric("C"))
)
def _(xp, X, W, root_r):
    P = xp.softmax(X @ W @ X.T / root_r, axis=-1)
    return Gradient(lambda X: attention.over_keys(xp, X, W, root_r), X, 2 * P @ X @ W / root_r)


@claim(
    "softmax-query-only",
    title="With the keys frozen, attention is a gradient in the queries",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-query-only"],
    given=dict(
        Q=real_matrix("N", "C"), K=real_matrix("M", "C"), A=real_matrix("C", "C"), root_r=root("r")
    ),
    needs=["lse-gradient-softmax"],
    tex=r"\nabla_Q\,\sqrt r\sum_j\log\sum_k \ee^{(QAK^\top/\sqrt r)_{jk}}"
    r"=\operatorname{Softmax}(QAK^\top/\sqrt r)\,KA^\top",
)
def query_only(xp, Q, K, A, root_r):
    """Frozen keys K, scores QAKᵀ/√r, values K Aᵀ: softmax attention is then the gradient
    in Q of √r times the summed log-sum-exp (the modern Hopfield network)."""
    V = lambda Q: root_r * xp.sum(xp.logsumexp(Q @ A @ K.T / root_r, axis=-1))
    return Gradient(V, Q, xp.softmax(Q @ A @ K.T / root_r, axis=-1) @ K @ A.T)


@query_only.neighbour(
    "values untied from the keys", key="values-untied", given=dict(U=real_matrix("M", "C"))
)
def _(xp, Q, K, A, U, root_r):
    V = lambda Q: root_r * xp.sum(xp.logsumexp(Q @ A @ K.T / root_r, axis=-1))
    return Gradient(V, Q, xp.softmax(Q @ A @ K.T / root_r, axis=-1) @ U)


@query_only.neighbour("values tied with A in place of its transpose", key="values-tied-wrongly")
def _(xp, Q, K, A, root_r):
    V = lambda Q: root_r * xp.sum(xp.logsumexp(Q @ A @ K.T / root_r, axis=-1))
    return Gradient(V, Q, xp.softmax(Q @ A @ K.T / root_r, axis=-1) @ K @ A)


@query_only.neighbour(
    "the keys move with the queries",
    key="keys-not-frozen",
    given=dict(X=real_matrix("N", "C"), A=symmetric("C")),
)
def _(xp, X, A, root_r):
    V = lambda X: root_r * xp.sum(xp.logsumexp(X @ A @ X.T / root_r, axis=-1))
    return Gradient(V, X, xp.softmax(X @ A @ X.T / root_r, axis=-1) @ X @ A)


@claim(
    "softmax-query-only-untied",
    title="With untied values the query's force has a potential",
    sources=[ours()],
    chapter="softmax",
    expect="refuted",
    equations=["eq-untied-jacobian"],
    given=dict(q=vector("C"), K=real_matrix("M", "C"), U=real_matrix("M", "C")),
    sizes={"M": (1, 2, 3), "C": (1, 2)},
    tex=r"F(q)=U^\top\softmax(Kq):\quad DF=DF^\top",
)
def query_only_untied(xp, q, K, U):
    """If softmax(Kq)U, with values U independent of the keys K, were a gradient in q, its
    Jacobian Uᵀ(diag p − ppᵀ)K would be symmetric."""
    J = xp.jacobian(lambda q: xp.softmax(K @ q) @ U, q)
    return Equal(J, J.T)


@query_only_untied.neighbour(
    "values a multiple of the keys, all shifted alike",
    key="values-affine-in-keys",
    given=dict(b=vector("C"), c=real(), h=vector("C"), k=vector("C")),
    sizes={"C": ALL["C"]},
)
def _(xp, q, K, b, c, h, k):
    F = lambda q: xp.softmax(K @ q) @ (c * K + b[None, :])
    return Equal(euclidean_pairing(xp, F, q, h, k), euclidean_pairing(xp, F, q, k, h))


REAL_DIRECTIONS = dict(H=real_matrix("N", "C"), D=real_matrix("N", "C"))


def _symmetric(xp, F, X, H, D):
    """The Jacobian of F at X is symmetric along H and D."""
    return Equal(euclidean_pairing(xp, F, X, H, D), euclidean_pairing(xp, F, X, D, H))


@claim(
    "softmax-no-potential",
    title="Self-attention with symmetric weights is a gradient",
    sources=[WHY_SOFTMAX, ours()],
    chapter="softmax",
    expect="refuted",
    equations=["eq-no-potential"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C")),
    sizes=SMALL,
    tex=r"F(X)=\operatorname{Softmax}(XWX^\top)XW,\ W=W^\top:\quad "
    r" DF(X)=DF(X)^\top",
)
def no_potential(xp, X, W):
    """If Softmax(XWXᵀ)XW with symmetric W were the Euclidean gradient of a potential, its
    Jacobian, NC x NC, would be symmetric."""
    J = xp.jacobian(lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1) @ Y @ W, X)
    return Equal(J, J.T)


@no_potential.neighbour(
    "both terms of the free energy", key="both-terms", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, W, H, D):
    P = lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1)
    return _symmetric(xp, lambda Y: P(Y) @ Y @ W + P(Y).T @ Y @ W, X, H, D)


@no_potential.neighbour(
    "the normalization left out: exp(S)XW", key="unnormalized", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, W, H, D):
    return _symmetric(xp, lambda Y: xp.exp(Y @ W @ Y.T) @ Y @ W, X, H, D)


@no_potential.neighbour(
    "linear attention in place of softmax", key="linear-attention", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, W, H, D):
    return _symmetric(xp, lambda Y: Y @ W @ Y.T @ Y @ W, X, H, D)


@no_potential.neighbour(
    "keys and values frozen",
    key="frozen-keys",
    given=dict(K=real_matrix("N", "C"), **REAL_DIRECTIONS),
    sizes=ALL,
)
def _(xp, X, W, K, H, D):
    return _symmetric(xp, lambda Y: xp.softmax(Y @ W @ K.T, axis=-1) @ K @ W, X, H, D)


@claim(
    "softmax-no-potential-identity",
    title="Attention without weights is a gradient",
    sources=[ours()],
    chapter="softmax",
    expect="refuted",
    given=dict(X=real_matrix("N", "C")),
    sizes=SMALL,
    tex=r"F(X)=\operatorname{Softmax}(XX^\top)X:\quad DF(X)=DF(X)^\top",
)
def no_potential_identity(xp, X):
    """If Softmax(XXᵀ)X were a Euclidean gradient, its Jacobian would be symmetric."""
    J = xp.jacobian(lambda Y: xp.softmax(Y @ Y.T, axis=-1) @ Y, X)
    return Equal(J, J.T)


@no_potential_identity.neighbour(
    "both terms of the free energy", key="both-terms", given=REAL_DIRECTIONS, sizes=ALL
)
def _(xp, X, H, D):
    P = lambda Y: xp.softmax(Y @ Y.T, axis=-1)
    return _symmetric(xp, lambda Y: P(Y) @ Y + P(Y).T @ Y, X, H, D)


@claim(
    "softmax-no-potential-leading",
    title="The asymmetry is that of the normalization, of second order in the tokens",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-leading-asymmetry"],
    needs=["softmax-no-potential"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), **REAL_DIRECTIONS),
    sizes={"N": (3, 4), "C": (2, 3)},
    tex=r"\begin{gathered}DF(\varepsilon X)-DF(\varepsilon X)^\top=\varepsilon^2"
    r"\bigl(DG(X)-DG(X)^\top\bigr)+O(\varepsilon^4),\\"
    r" G(X)=-\tfrac1{N^2}XWX^\top\mathbf 1\mathbf 1^\top XW\end{gathered}",
)
def no_potential_leading(xp, X, W, H, D):
    """For small tokens the antisymmetric part of the Jacobian is of second order, and it is that
    of −XWXᵀ 11ᵀ XW/N², the term by which softmax centres the scores of a row. What is left is
    of fourth order."""
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 1), order=4, start=64)


def _unexplained(xp, X, W, H, D, n, factor):
    """The antisymmetric part of the Jacobian at X/n along H and D, less that of factor · G."""

    def antisymmetric(F, Y):
        return euclidean_pairing(xp, F, Y, H, D) - euclidean_pairing(xp, F, Y, D, H)

    size = X.shape[0]
    F = lambda Y: xp.softmax(Y @ W @ Y.T, axis=-1) @ Y @ W
    G = lambda Y: -(Y @ W @ Y.T) @ xp.ones(size, size) @ Y @ W / size**2
    return xp.abs(antisymmetric(F, X / n) - factor * antisymmetric(G, X) / n**2)


@no_potential_leading.neighbour("no term of second order", key="no-second-order")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 0), order=4, start=64)


@no_potential_leading.neighbour("with its sign turned", key="sign")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, -1), order=4, start=64)


@no_potential_leading.neighbour("1/N in place of 1/N squared", key="one-over-n")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, X.shape[0]), order=4, start=64)


@claim(
    "softmax-no-potential-leading-two",
    title="For two tokens what is left is of sixth order",
    sources=[ours()],
    chapter="softmax",
    needs=["softmax-no-potential-leading"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), **REAL_DIRECTIONS),
    sizes={"N": (2,), "C": (1, 2, 3)},
    tex=r"N=2:\quad DF(\varepsilon X)-DF(\varepsilon X)^\top=\varepsilon^2"
    r"\bigl(DG(X)-DG(X)^\top\bigr)+O(\varepsilon^6)",
)
def no_potential_leading_two(xp, X, W, H, D):
    """The same leading term; the next is missing, because the softmax of two numbers is ½ plus an
    odd function of their difference."""
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 1), order=6, start=64)


@no_potential_leading_two.neighbour("with its sign turned", key="sign")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, -1), order=6, start=64)


@no_potential_leading_two.neighbour("of fourth order, as for more tokens", key="fourth-order")
def _(xp, X, W, H, D):
    return Rate(lambda n: _unexplained(xp, X, W, H, D, n, 1), order=4, start=64)


# -- another metric -------------------------------------------------------------------------------
@claim(
    "softmax-other-metric",
    title="In a metric that weighs the tokens, self-attention is a gradient",
    sources=[ours("after Geshkovski et al. 2023")],
    chapter="softmax",
    equations=["eq-other-metric"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), H=real_matrix("N", "C")),
    tex=r"\begin{gathered}\mathcal E=\tfrac12\sum_{ij}\ee^{\inner{x_iW}{x_j}}:\quad "
    r" D\mathcal E(X)[H]=\sum_iZ_i\inner{h_i}{F_i},\\"
    r" F=\operatorname{Softmax}(XWX^\top)XW,\quad Z_i=\sum_j\ee^{\inner{x_iW}{x_j}}\end{gathered}",
)
def other_metric(xp, X, W, H):
    """With symmetric W and values tied to keys, softmax attention is the gradient of half the sum
    of exponentials in the metric that weighs token i by its partition sum."""
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    return Equal(
        xp.push(lambda X: attention.unnormalized(xp, X, W), X, H),
        attention.weighted_inner(xp, X, W, H, F),
    )


@other_metric.neighbour("the Euclidean metric", key="euclidean-metric")
def _(xp, X, W, H):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    return Equal(xp.push(lambda X: attention.unnormalized(xp, X, W), X, H), xp.sum(H * F))


@other_metric.neighbour("the energy without its factor ½", key="half-missing")
def _(xp, X, W, H):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    return Equal(
        xp.push(lambda X: 2 * attention.unnormalized(xp, X, W), X, H),
        attention.weighted_inner(xp, X, W, H, F),
    )


@claim(
    "softmax-other-metric-values",
    title="A wider tying for which a weighted metric works",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-other-metric-values"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), A=spd("C"), H=real_matrix("N", "C")),
    tex=r"F=\operatorname{Softmax}(XWX^\top)X\,WA,\ A\succ0:\quad "
    r" D\mathcal E(X)[H]=\sum_iZ_i\,\inner{h_iA^{-1}}{F_i}",
)
def other_metric_values(xp, X, W, A, H):
    """With symmetric W and a value map VOᵀ = WA, A symmetric positive definite, attention is the
    gradient of the same energy in the metric that weighs token i by its partition
    sum and uses A⁻¹ between channels, not A.
    The identity needs A symmetric and invertible only; positivity makes it a metric."""
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W @ A
    return Equal(
        xp.push(lambda X: attention.unnormalized(xp, X, W), X, H),
        attention.weighted_inner(xp, X, W, xp.solve(A, H.T).T, F),
    )


@other_metric_values.neighbour("A itself in the metric, not its inverse", key="not-inverted")
def _(xp, X, W, A, H):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W @ A
    return Equal(
        xp.push(lambda X: attention.unnormalized(xp, X, W), X, H),
        attention.weighted_inner(xp, X, W, H @ A, F),
    )


@other_metric_values.neighbour("the metric of tied values", key="tied-metric")
def _(xp, X, W, A, H):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W @ A
    return Equal(
        xp.push(lambda X: attention.unnormalized(xp, X, W), X, H),
        attention.weighted_inner(xp, X, W, H, F),
    )


@claim(
    "softmax-other-metric-ascent",
    title="Attention climbs the interaction energy",
    sources=[ours("after Geshkovski et al. 2023")],
    chapter="softmax",
    equations=["eq-other-metric-ascent"],
    needs=["softmax-other-metric"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C")),
    tex=r"\dot X=F(X):\quad \dot{\mathcal E}=\sum_iZ_i\norm{F_i}^2\ \ge\ 0",
)
def other_metric_ascent(xp, X, W):
    """Along X' = Softmax(XWXᵀ)XW with symmetric W the energy never falls."""
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    Z = xp.sum(xp.exp(X @ W @ X.T), axis=1)
    speed = xp.push(lambda X: attention.unnormalized(xp, X, W), X, F)
    return at_most(0, speed, room=xp.sum(Z[:, None] * xp.abs2(F)))


@other_metric_ascent.neighbour("it never rises", key="descent")
def _(xp, X, W):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    return AtMost(xp.push(lambda X: attention.unnormalized(xp, X, W), X, F), 0)


@other_metric_ascent.neighbour(
    "values not tied to W", key="values-untied", given=dict(U=real_matrix("C", "C"))
)
def _(xp, X, W, U):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ U
    return AtMost(0, xp.push(lambda X: attention.unnormalized(xp, X, W), X, F))


AT_LEAST_ONE = built(
    "number at least 1",
    (),
    {"x": ()},
    lambda xp, raw: raw["x"] * raw["x"] + 1,
    relaxed=real(),
    covers="all",
)


# -- complex scores -------------------------------------------------------------------------------
@claim(
    "complex-softmax",
    title="With complex scores the rows sum to one",
    sources=[WHY_SOFTMAX],
    chapter="softmax",
    equations=["eq-complex-rows"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
    tex=r"P=\operatorname{Softmax}(XWX^*):\quad \sum_kP_{jk}=1",
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
    chapter="softmax",
    equations=["eq-complex-pole"],
    given=dict(a=AT_LEAST_ONE),
    tex=r"X=\begin{pmatrix}a\\a-\ii\pi/a\end{pmatrix},\ W=1:\quad \ee^{S_{11}}+\ee^{S_{12}}=0",
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
    chapter="softmax",
    equations=["eq-complex-pole-rate"],
    needs=["complex-softmax-pole"],
    given=dict(a=AT_LEAST_ONE),
    tex=r"x_2=a-\ii\pi/a+\varepsilon:\quad \frac1{|P_{12}|}=a\,\varepsilon\,(1+o(1))",
)
def complex_pole_rate(xp, a):
    """Moving the second token by ε off the pole leaves a weight of modulus 1/(aε)."""

    def inverse_weight(n):
        X = xp.stack([a, a - xp.i * xp.pi / a + xp.one / n])[:, None]
        return 1 / xp.abs(xp.softmax(X @ xp.star(X), axis=-1)[0, 1])

    return Rate(inverse_weight, order=1, constant=a, start=64)


@complex_pole_rate.neighbour("a double pole", key="double-pole")
def _(xp, a):
    def inverse_weight(n):
        X = xp.stack([a, a - xp.i * xp.pi / a + xp.one / n])[:, None]
        return 1 / xp.abs(xp.softmax(X @ xp.star(X), axis=-1)[0, 1])

    return Rate(inverse_weight, order=2, start=64)


@claim(
    "complex-softmax-diagonal",
    title="Hermitian weights make only the diagonal scores real",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-hermitian-diagonal"],
    given=dict(X=matrix("N", "C"), W=hermitian("C")),
    tex=r"W=W^*:\quad \operatorname{Im}S_{jj}=0",
)
def complex_diagonal(xp, X, W):
    """For Hermitian W the score of a token with itself is real."""
    return Zero(xp.imag(xp.diagonal(X @ W @ xp.star(X))))


@complex_diagonal.neighbour("all scores are real", key="all-scores")
def _(xp, X, W):
    return Zero(xp.imag(X @ W @ xp.star(X)))


@claim(
    "complex-softmax-real-part",
    title="With the real part of the scores: a real potential, probabilities, two terms",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-real-part-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
    tex=r"\frac{\partial}{\partial X^*}\sqrt r\sum_j\log\sum_k\ee^{\operatorname{Re}S_{jk}}"
    r"=\tfrac12\bigl(PXW^*+P^\top XW\bigr),"
    r"\quad P=\operatorname{Softmax}(\operatorname{Re}S)",
)
def complex_real_part(xp, X, W, root_r):
    """Real parts of the scores give a real free energy without poles, row-stochastic weights, and
    a force of two attention terms, for any W."""
    P = xp.softmax(xp.real(X @ W @ xp.star(X)) / root_r, axis=-1)
    V = lambda X: (
        root_r * xp.sum(xp.logsumexp(xp.real(attention.scores(xp, X, W, root_r)), axis=-1))
    )
    return Force(V, X, (P @ X @ xp.star(W) + P.T @ X @ W) / 2)


@complex_real_part.neighbour("one term, W Hermitian", key="one-term", given=dict(W=hermitian("C")))
def _(xp, X, W, root_r):
    P = xp.softmax(xp.real(X @ W @ xp.star(X)) / root_r, axis=-1)
    V = lambda X: (
        root_r * xp.sum(xp.logsumexp(xp.real(attention.scores(xp, X, W, root_r)), axis=-1))
    )
    return Force(V, X, P @ X @ W)


@complex_real_part.neighbour("W for its adjoint in the first term", key="adjoint-dropped")
def _(xp, X, W, root_r):
    P = xp.softmax(xp.real(X @ W @ xp.star(X)) / root_r, axis=-1)
    V = lambda X: (
        root_r * xp.sum(xp.logsumexp(xp.real(attention.scores(xp, X, W, root_r)), axis=-1))
    )
    return Force(V, X, (P @ X @ W + P.T @ X @ W) / 2)


PATTERNS = {"M": (1, 2, 3, 4), "d": (1, 2, 3)}
"""Numbers of patterns and of entries of the state."""


# -- Hopfield descent -----------------------------------------------------------------------------
def _divergence(xp, x, y, K, beta):
    """KL(softmax(β K x) ‖ softmax(β K y)), term by term."""
    a, b = xp.exp(beta * (K @ x)), xp.exp(beta * (K @ y))
    return xp.sum(xp.relative_entropy(a, b, xp.sum(a), xp.sum(b)))


@claim(
    "hopfield-descent",
    title="One attention step lowers the modern Hopfield energy, over-relaxed or not",
    sources=[ours("after Ramsauer et al. 2020")],
    chapter="softmax",
    equations=["eq-hopfield-descent"],
    given=dict(x=vector("d"), K=real_matrix("M", "d"), beta=positive(), b=nonnegative()),
    sizes=PATTERNS,
    needs=["softmax-query-only"],
    tex=r"x_s=x+s\,(K^\top\softmax(\beta Kx)-x),\ 0<s\le2:\quad "
    r" E(x_s)\ \le\ E(x)",
)
def hopfield_descent(xp, x, K, beta, b):
    """For every x, all patterns K and β > 0, a step of length s in (0, 2] towards
    softmax(β K x)K does not raise E(x) = ½‖x‖² − (1/β) log Σ exp(β⟨k, x⟩).

    With s = 2/(1 + b) the drop is (s(2 − s)/2)‖update − x‖² plus KL/β, both nonnegative."""
    s = 2 / (1 + b)
    y = hopfield.step(xp, x, K, beta, s)
    move = xp.norm2(hopfield.update(xp, x, K, beta) - x)
    return at_most(
        hopfield.energy(xp, y, K, beta),
        hopfield.energy(xp, x, K, beta),
        room=s * (b / (1 + b)) * move + _divergence(xp, x, y, K, beta) / beta,
        sharp=True,
    )


@hopfield_descent.neighbour("a step longer than twice the update", key="step-beyond-two")
def _(xp, x, K, beta, b):
    y = hopfield.step(xp, x, K, beta, 2 + b)
    return AtMost(hopfield.energy(xp, y, K, beta), hopfield.energy(xp, x, K, beta))


@hopfield_descent.neighbour("a step away from the update", key="step-backwards")
def _(xp, x, K, beta, b):
    y = hopfield.step(xp, x, K, beta, -b)
    return AtMost(hopfield.energy(xp, y, K, beta), hopfield.energy(xp, x, K, beta))


@claim(
    "hopfield-descent-amount",
    title="The drop is at least half the squared step",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-hopfield-amount"],
    given=dict(x=vector("d"), K=real_matrix("M", "d"), beta=positive()),
    sizes=PATTERNS,
    needs=["softmax-query-only"],
    tex=r"E(x)-E(x^+)=\tfrac12\norm{x^+-x}^2+\tfrac1\beta\mathrm{KL}(p\|p^+)"
    r"\ \ge\ \tfrac12\norm{x^+-x}^2",
)
def hopfield_amount(xp, x, K, beta):
    """The full update lowers the energy by half its squared length, plus KL(p ‖ p⁺)/β, where
    p and p⁺ are the attention weights before and after: so the steps are square-summable."""
    y = hopfield.update(xp, x, K, beta)
    drop = hopfield.energy(xp, x, K, beta) - hopfield.energy(xp, y, K, beta)
    room = _divergence(xp, x, y, K, beta) / beta
    return at_most(xp.norm2(y - x) / 2, drop, room=room, sharp=True)


@hopfield_amount.neighbour("at least the whole squared step", key="constant-one")
def _(xp, x, K, beta):
    y = hopfield.update(xp, x, K, beta)
    drop = hopfield.energy(xp, x, K, beta) - hopfield.energy(xp, y, K, beta)
    return AtMost(xp.norm2(y - x), drop)


# -- the transition -------------------------------------------------------------------------------
def _two_patterns(xp, k, beta):
    """The energy of the patterns k and -k as a function of the state."""
    return lambda x: hopfield.energy(xp, x, xp.stack([k, -k]), beta)


@claim(
    "lse-phase-transition",
    title="Two opposite unit patterns: the origin stops being a minimum at β = 1",
    sources=[talk("Axiom 1: RG / Phase Transition"), ours("our reading")],
    chapter="softmax",
    equations=["eq-tanh-force", "eq-origin-curvature"],
    given=dict(x=vector("d"), h=vector("d"), k=vector("d"), beta=positive()),
    sizes={"d": (1, 2, 3, 4)},
    needs=["lse-gradient-softmax"],
    tex=r"\begin{gathered}E(x)=\tfrac12\norm{x}^2"
    r"-\tfrac1\beta\log\bigl(\ee^{\beta\inner kx}+\ee^{-\beta\inner kx}\bigr):\\"
    r"\nabla E=x-\tanh(\beta\inner kx)\,k,\quad "
    r" h^\top\nabla^2E(0)\,h=\norm{h}^2-\beta\inner kh^2\end{gathered}",
)
def phase_transition(xp, x, h, k, beta):
    """For patterns k and −k the stationary states solve x = tanh(β⟨k,x⟩)k; the origin is one
    of them, with the curvature ‖h‖² − β⟨k,h⟩² along h.  Along a unit pattern that is 1 − β:
    the origin stops being a minimum at β = 1 (at β‖k‖² = 1 for patterns of any length)."""
    E = _two_patterns(xp, k, beta)
    along = xp.sum(k * h)
    return (
        Gradient(E, x, x - xp.tanh(beta * xp.sum(k * x)) * k),
        Equal(_curvature(xp, E, x * 0, h, h), xp.sum(h * h) - beta * along * along),
    )


@phase_transition.neighbour("curvature that changes sign at β = 2", key="critical-beta-two")
def _(xp, x, h, k, beta):
    E = _two_patterns(xp, k, beta)
    along = xp.sum(k * h)
    return Equal(_curvature(xp, E, x * 0, h, h), xp.sum(h * h) - beta / 2 * along * along)


@phase_transition.neighbour("the logistic function in place of tanh", key="logistic")
def _(xp, x, h, k, beta):
    E = _two_patterns(xp, k, beta)
    return Gradient(E, x, x - xp.logistic(beta * xp.sum(k * x)) * k)


@claim(
    "lse-phase-transition-hot",
    title="Up to β = 1 the energy of two opposite patterns is convex: one minimum",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-hot-convex"],
    given=dict(x=vector("d"), h=vector("d"), k=unit_vector("d"), a=nonnegative()),
    sizes={"d": (1, 2, 3)},
    needs=["lse-phase-transition"],
    tex=r"\beta=\tfrac1{1+a}\le1:\quad h^\top\nabla^2E(x)\,h\ \ge\ 0",
)
def hot_convex(xp, x, h, k, a):
    """For β = 1/(1 + a), a ≥ 0, the second derivative along any h is
    ‖h − ⟨k,h⟩k‖² + ⟨k,h⟩²(a + tanh²)/(1 + a), a sum of squares."""
    E = _two_patterns(xp, k, 1 / (1 + a))
    along, t = xp.sum(k * h), xp.tanh(xp.sum(k * x) / (1 + a))
    return at_most(
        0,
        _curvature(xp, E, x, h, h),
        room=xp.norm2(h - along * k) + xp.abs2(along) * (a + xp.abs2(t)) / (1 + a),
        sharp=True,
    )


@hot_convex.neighbour("also for β = 1 + a", key="cold")
def _(xp, x, h, k, a):
    return AtMost(0, _curvature(xp, _two_patterns(xp, k, 1 + a), x, h, h))


AWAY_FROM_ZERO = between(Fraction(1, 8), 9)
"""At u = 0 both sides of each inequality agree: a box that is to be proved must leave it out."""


@claim(
    "lse-phase-transition-cold",
    title="Above β = 1 there are two further minima",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-cold-branch"],
    given=dict(u=AWAY_FROM_ZERO),
    needs=["lse-phase-transition"],
    tex=r"\beta=u/\tanh u,\ x=\tanh u:\quad x=\tanh(\beta x),\quad \beta>1,\quad "
    r" E''(x)=1-\beta(1-x^2)>0",
    box=dict(raw={"u.x": (-1, 1)}),
)
def cold_branch(xp, u):
    """For u from 1/8 to 9 the state x = tanh u is stationary at β = u/tanh u, which exceeds 1, and
    there the energy is strictly convex, with E'' = 1 − 2u/sinh 2u: a minimum, and by symmetry
    another at −x. The inequalities are enclosed; nearer to 0 and beyond 9 they follow from
    tanh u < u and sinh 2u > 2u."""
    x = xp.tanh(u)
    beta = u / x
    E = _two_patterns(xp, xp.ones(1), beta)
    curvature = _curvature(xp, E, xp.stack([x]), xp.ones(1), xp.ones(1))
    return (
        Equal(xp.tanh(beta * x), x),
        AtMost(1, beta),
        AtMost(0, curvature),
        Equal(curvature, 1 - beta * (1 - x * x)),
    )


@cold_branch.neighbour("only from β = 2 on", key="from-two", box=dict(raw={"u.x": (-1, 1)}))
def _(xp, u):
    return AtMost(2, u / xp.tanh(u))


@cold_branch.neighbour(
    "the origin stays a minimum", key="origin-stays", box=dict(raw={"u.x": (-1, 1)})
)
def _(xp, u):
    E = _two_patterns(xp, xp.ones(1), u / xp.tanh(u))
    return AtMost(0, _curvature(xp, E, xp.zeros(1), xp.ones(1), xp.ones(1)))


@claim(
    "lse-phase-transition-exponent",
    title="The minima leave the origin as the square root of β − 1",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-exponent"],
    given=dict(a=positive()),
    needs=["lse-phase-transition-cold"],
    tex=r"x=\tanh(\beta x):\quad \beta-1=\tfrac13x^2(1+o(1)),\quad\text{so}\quad "
    r" x=\sqrt{3(\beta-1)}\,(1+o(1))",
)
def exponent(xp, a):
    """For patterns ±a the stationary state x = y·a has a²β = artanh(y)/y, so a²β − 1 is y²/3 to
    leading order: critical point a²β = 1, exponent ½, amplitude √3."""

    def excess(n):
        y = xp.one / n
        beta = xp.log((1 + y) / (1 - y)) / (2 * y * a * a)
        return a * a * beta - 1

    return Rate(excess, order=2, constant=xp.one / 3)


@exponent.neighbour("the exponent 1/3", key="exponent-third")
def _(xp, a):
    y = lambda n: xp.one / n
    return Rate(lambda n: xp.log((1 + y(n)) / (1 - y(n))) / (2 * y(n)) - 1 + a * 0, order=3)


@exponent.neighbour("the critical point β = 2", key="critical-beta-two")
def _(xp, a):
    y = lambda n: xp.one / n
    return Rate(lambda n: 2 - xp.log((1 + y(n)) / (1 - y(n))) / (2 * y(n)) + a * 0, order=2)


@exponent.neighbour("the amplitude sqrt 2", key="amplitude")
def _(xp, a):
    y = lambda n: xp.one / n
    return Rate(
        lambda n: xp.log((1 + y(n)) / (1 - y(n))) / (2 * y(n)) - 1 + a * 0,
        order=2,
        constant=xp.one / 2,
    )


@claim(
    "lse-phase-transition-bound",
    title="Any patterns: one minimum while β‖K‖² is at most 2",
    sources=[ours()],
    chapter="softmax",
    equations=["eq-pattern-bound"],
    given=dict(x=vector("d"), h=vector("d"), K=real_matrix("M", "d"), beta=positive()),
    sizes=PATTERNS,
    needs=["lse-gradient-softmax-norm"],
    tex=r"h^\top\nabla^2E(x)\,h\ \ge\ \norm{h}^2-\tfrac\beta2\norm{Kh}^2",
)
def pattern_bound(xp, x, h, K, beta):
    """The curvature along h is at least ‖h‖² − (β/2)‖Kh‖²: while β times the squared
    spectral norm of K stays below 2 the energy is strictly convex.  Two opposite unit patterns
    have squared norm 2 and reach the bound at β = 1."""
    p, g = xp.softmax(beta * (K @ x)), K @ h
    single = xp.abs2(g * (1 - 2 * p))
    double = _pairs(xp, p.shape[0]) * p[:, None] * p[None, :] * xp.abs2(g[:, None] + g[None, :])
    E = lambda x: hopfield.energy(xp, x, K, beta)
    return at_most(
        xp.sum(h * h) - beta / 2 * xp.sum(g * g),
        _curvature(xp, E, x, h, h),
        room=beta / 2 * (xp.sum(single) + xp.sum(double)),
        sharp=True,
    )


@pattern_bound.neighbour("β/4 in place of β/2", key="quarter")
def _(xp, x, h, K, beta):
    g = K @ h
    E = lambda x: hopfield.energy(xp, x, K, beta)
    return AtMost(xp.sum(h * h) - beta / 4 * xp.sum(g * g), _curvature(xp, E, x, h, h))
