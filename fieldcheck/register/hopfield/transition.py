"""The phase transition of two opposite patterns."""

from __future__ import annotations

from fractions import Fraction

from fieldcheck.claim import claim, ours, talk
from fieldcheck.domains import (
    between,
    nonnegative,
    positive,
    real,
    real_matrix,
    unit_vector,
    vector,
)
from fieldcheck.fields import hopfield
from fieldcheck.register.hopfield.shared import PATTERNS, pairs, second_derivative
from fieldcheck.relations import AtMost, Equal, Gradient, Rate, at_most


def _two_patterns(xp, k, beta):
    """The energy of the patterns k and -k as a function of the state."""
    return lambda x: hopfield.energy(xp, x, xp.stack([k, -k]), beta)


@claim(
    "lse-phase-transition",
    expect="proved",
    title="Two opposite unit patterns: the origin stops being a minimum at β = 1",
    sources=[talk("Why Is V “Effective”?"), ours("our reading")],
    equations=["eq-tanh-force", "eq-origin-curvature"],
    given=dict(x=vector("d"), h=vector("d"), k=vector("d"), beta=positive()),
    sizes=dict(d=[1, 2, 3, 4]),
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
        Equal(second_derivative(xp, E, x * 0, h, h), xp.sum(h * h) - beta * along * along),
    )


@phase_transition.neighbour("curvature that changes sign at β = 2", key="critical-beta-two")
def _(xp, x, h, k, beta):
    E = _two_patterns(xp, k, beta)
    along = xp.sum(k * h)
    return Equal(second_derivative(xp, E, x * 0, h, h), xp.sum(h * h) - beta / 2 * along * along)


@phase_transition.neighbour("the logistic function in place of tanh", key="logistic")
def _(xp, x, h, k, beta):
    E = _two_patterns(xp, k, beta)
    return Gradient(E, x, x - xp.logistic(beta * xp.sum(k * x)) * k)


@claim(
    "lse-phase-transition-hot",
    expect="proved",
    title="Up to β = 1 the energy of two opposite patterns is convex: one minimum",
    sources=[ours()],
    equations=["eq-hot-convex"],
    given=dict(x=vector("d"), h=vector("d"), k=unit_vector("d"), a=nonnegative()),
    sizes=dict(d=[1, 2, 3]),
    needs=["lse-phase-transition"],
)
def hot_convex(xp, x, h, k, a):
    """For β = 1/(1 + a), a ≥ 0, the second derivative along any h is
    ‖h − ⟨k,h⟩k‖² + ⟨k,h⟩²(a + tanh²)/(1 + a), a sum of squares."""
    E = _two_patterns(xp, k, 1 / (1 + a))
    along, t = xp.sum(k * h), xp.tanh(xp.sum(k * x) / (1 + a))
    return at_most(
        0,
        second_derivative(xp, E, x, h, h),
        room=xp.norm2(h - along * k) + xp.abs2(along) * (a + xp.abs2(t)) / (1 + a),
        sharp=True,
    )


@hot_convex.neighbour("also for β = 1 + a", key="cold")
def _(xp, x, h, k, a):
    return AtMost(0, second_derivative(xp, _two_patterns(xp, k, 1 + a), x, h, h))


AWAY_FROM_ZERO = between(Fraction(1, 8), 9)
"""At u = 0 both sides of each inequality agree: a box that is to be proved must leave it out."""


@claim(
    "lse-phase-transition-cold",
    expect="proved",
    title="Above β = 1 there are two further minima",
    sources=[ours()],
    equations=["eq-cold-branch"],
    given=dict(u=AWAY_FROM_ZERO),
    needs=["lse-phase-transition"],
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
    curvature = second_derivative(xp, E, xp.stack([x]), xp.ones(1), xp.ones(1))
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
    return AtMost(0, second_derivative(xp, E, xp.zeros(1), xp.ones(1), xp.ones(1)))


@claim(
    "lse-phase-transition-exponent",
    expect="proved",
    title="The minima leave the origin as the square root of β − 1",
    sources=[ours()],
    equations=["eq-exponent"],
    given={},
    needs=["lse-phase-transition-cold"],
)
def exponent(xp, *, order=2, third=3, critical=1):
    """For unit patterns the stationary state y has β = artanh(y)/y, so β − 1 is y²/3 to leading
    order: exponent ½, amplitude √3. Here y = 1/n."""
    beta = lambda y: xp.log((1 + y) / (1 - y)) / (2 * y)
    sign = 1 if critical == 1 else -1
    return Rate(lambda n: sign * (beta(xp.one / n) - critical), order, constant=xp.one / third)


exponent.vary("the exponent 1/3", key="exponent-third", order=3)
exponent.vary("the amplitude sqrt 2", key="amplitude", third=2)
exponent.vary("the critical point β = 2", key="critical-beta-two", critical=2)


@claim(
    "lse-phase-transition-bound",
    expect="proved",
    title="Any patterns: one minimum while β‖K‖² is at most 2",
    sources=[ours()],
    equations=["eq-pattern-bound"],
    given=dict(x=vector("d"), h=vector("d"), K=real_matrix("M", "d"), beta=positive()),
    sizes=PATTERNS,
    needs=["lse-gradient-softmax-norm"],
)
def pattern_bound(xp, x, h, K, beta):
    """The curvature along h is at least ‖h‖² − (β/2)‖Kh‖²: while β times the squared
    spectral norm of K stays below 2 the energy is strictly convex.  Two opposite unit patterns
    have squared norm 2 and reach the bound at β = 1."""
    p, g = xp.softmax(beta * (K @ x)), K @ h
    single = xp.abs2(g * (1 - 2 * p))
    double = pairs(xp, p.shape[0]) * p[:, None] * p[None, :] * xp.abs2(g[:, None] + g[None, :])
    E = lambda x: hopfield.energy(xp, x, K, beta)
    return at_most(
        xp.sum(h * h) - beta / 2 * xp.sum(g * g),
        second_derivative(xp, E, x, h, h),
        room=beta / 2 * (xp.sum(single) + xp.sum(double)),
        sharp=True,
    )


@pattern_bound.neighbour("β/4 in place of β/2", key="quarter")
def _(xp, x, h, K, beta):
    g = K @ h
    E = lambda x: hopfield.energy(xp, x, K, beta)
    return AtMost(xp.sum(h * h) - beta / 4 * xp.sum(g * g), second_derivative(xp, E, x, h, h))


@claim(
    "lse-phase-transition-diameter",
    title="Any patterns: one minimum while β is below 4 over the squared diameter",
    sources=[ours("after Popoviciu's inequality for variances")],
    equations=["eq-pattern-diameter"],
    given=dict(y=vector("M"), u=vector("M"), m=real(), w=real(), beta=positive()),
    sizes=dict(M=[1, 2, 3, 4]),
    needs=["lse-phase-transition-bound"],
    tex=r"|\langle k_i,h\rangle-m|\le w\text{ for all }i:\quad h^\top\nabla^2E(x)\,h\ \ge\ "
    r"\norm{h}^2-\beta w^2",
    differs="otherwise",
)
def pattern_diameter(xp, y, u, m, w, beta):
    """The curvature along h is ‖h‖² less β times the variance of the ⟨k_i, h⟩ under the attention
    weights, here at any scores y. These numbers lie within w = ½ max ⟨k_i − k_j, h⟩ of their
    middle m, as m + wv with v = 2u/(1 + u²) in [−1, 1]; so the variance is at most w². With the
    patterns' diameter D the energy is strictly convex for β < 4/D²."""
    v, p = 2 * u / (1 + u * u), xp.softmax(beta * y)
    inside = xp.sum(p * xp.abs2((1 - u * u) / (1 + u * u)))
    return at_most(
        _lse_curvature(xp, y, m + w * v, beta),
        beta * xp.abs2(w),
        room=beta * xp.abs2(w) * (inside + xp.abs2(xp.sum(p * v))),
        sharp=True,
    )


def _lse_curvature(xp, y, g, beta):
    """The second derivative of log-sum-exp(βy)/β along g."""
    return second_derivative(xp, lambda y: xp.logsumexp(beta * y) / beta, y, g, g)


@pattern_diameter.neighbour("half of that", key="half")
def _(xp, y, u, m, w, beta):
    g = m + w * 2 * u / (1 + u * u)
    return AtMost(_lse_curvature(xp, y, g, beta), beta * xp.abs2(w) / 2)
