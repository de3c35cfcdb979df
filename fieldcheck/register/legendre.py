"""Legendre transform and convex duality: chapter ``legendre``."""

from __future__ import annotations

from fractions import Fraction

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import (
    between,
    matrix,
    nonnegative,
    positive,
    real,
    real_invertible,
    simplex,
    symmetric,
    vector,
)
from fieldcheck.fields.actions import euler_lagrange, phase_space_lagrangian
from fieldcheck.fields.duality import (
    binary_entropy,
    bregman,
    chance,
    double_well,
    double_well_hull,
    inverse_kinetic,
    kinetic,
    largest,
    negative_entropy,
    quartic_oscillator,
    scaled_softplus,
)
from fieldcheck.fields.mechanics import (
    KEPLER,
    PENDULUM,
    QUARTIC,
    apart,
    hamilton,
)
from fieldcheck.fields.potentials import quadratic
from fieldcheck.fields.symplectic import pairing
from fieldcheck.relations import AtMost, Equal, Rate, Zero, at_most

TALK = talk("Legendre Transform")
TEXTBOOK = ours("the textbook's rule for that transform, its conditions left off")
DEF2 = paper("Definition 2")


# == legendre-definition: the supremum, and the table of pairs =====================================
@claim(
    "legendre-definition",
    title="The conjugate of a kinetic energy is the kinetic energy of the inverse mass",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-quadratic", "eq-legendre-quadratic-gap"],
    given=dict(A=real_invertible("n"), v=vector("n"), p=vector("n")),
    sizes=dict(n=(1, 2, 3, 4)),
    tex=r"\sup_{\dot q}\bigl(\langle p,\dot q\rangle-\tfrac12\langle\dot q,M\dot q\rangle\bigr)"
    r"=\tfrac12\langle p,M^{-1}p\rangle",
)
def definition(xp, A, v, p):
    """For a symmetric positive definite mass matrix M = A Aᵀ no velocity v gives ⟨p, v⟩ − ½⟨v, M
    v⟩ more than ½⟨p, M⁻¹ p⟩, and v = M⁻¹ p gives exactly that: the supremum is a maximum."""
    M = A @ A.T
    best = xp.solve(M, p)
    conjugate = xp.sum(p * best) / 2
    return (
        *at_most(
            xp.sum(p * v) - kinetic(xp, A, v),
            conjugate,
            room=xp.norm2(A.T @ (v - best)) / 2,
            sharp=True,
        ),
        Equal(xp.sum(p * best) - kinetic(xp, A, best), conjugate),
    )


@definition.neighbour("the half is lost: L* = p M⁻¹ p", key="half")
def _(xp, A, v, p):
    best = xp.solve(A @ A.T, p)
    conjugate = xp.sum(p * best)
    return (
        AtMost(xp.sum(p * v) - kinetic(xp, A, v), conjugate),
        Equal(xp.sum(p * best) - kinetic(xp, A, best), conjugate),
    )


@definition.neighbour(
    "an indefinite mass: any symmetric M", key="indefinite-mass", given=dict(M=symmetric("n"))
)
def _(xp, M, v, p):
    return AtMost(xp.sum(p * v) - xp.sum(v * (M @ v)) / 2, xp.sum(p * xp.solve(M, p)) / 2)


@definition.neighbour("the mass itself in place of its inverse", key="mass-not-inverted")
def _(xp, A, v, p):
    best = A @ (A.T @ p)
    conjugate = xp.sum(p * best) / 2
    return (
        AtMost(xp.sum(p * v) - kinetic(xp, A, v), conjugate),
        Equal(xp.sum(p * best) - kinetic(xp, A, best), conjugate),
    )


@claim(
    "legendre-definition-attained",
    title="For L = exp at p = 0 the supremum is not attained",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-not-attained"],
    given=dict(q=real()),
    tex=r"0\cdot q-e^q<0=\sup_{q'}\,(0\cdot q'-e^{q'})\quad\text{for every } q",
)
def definition_attained(xp, q):
    """At p = 0 the conjugate of exp is 0. Every q falls short of it by e^q, and a shortfall with
    the reciprocal e^−q is not zero: no q reaches the supremum, so the talk's maximum does not
    exist."""
    shortfall = 0 - (0 * q - xp.exp(q))
    return Zero(shortfall * xp.exp(-q) - 1)


@definition_attained.printed(
    "a maximum: q reaches the supremum at p = 0 (tried for every q)",
    tex=r"L^*(0)=\max_{q}\,(0\cdot q-e^{q})=0",
)
def _(xp, q):
    return Zero(0 - (0 * q - xp.exp(q)))


@definition_attained.neighbour("nor for q²/2, which reaches 0 at q = 0", key="superlinear")
def _(xp, q):
    shortfall = 0 - (0 * q - q * q / 2)
    return Zero(shortfall * xp.exp(-q) - 1)


@claim(
    "legendre-definition-approached",
    title="The supremum that is not attained is approached",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-approached"],
    given=dict(c=positive()),
    needs=["legendre-definition-attained"],
    tex=r"0-\bigl(0\cdot q_n-e^{q_n}\bigr)=c/n\quad\text{at } q_n=\log(c/n)",
)
def definition_approached(xp, c):
    """Along q_n = log(c/n) the shortfall at p = 0 is c/n: the supremum of 0·q − e^q is 0."""
    return Rate(lambda n: xp.exp(xp.log(c / n)), 1, constant=c)


@definition_approached.neighbour("it is approached at order 2", key="order")
def _(xp, c):
    return Rate(lambda n: xp.exp(xp.log(c / n)), 2)


@claim(
    "legendre-definition-powers",
    title="Powers are conjugate when 1/a + 1/b = 1",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-powers"],
    given=dict(x=positive(), p=positive(), c=positive()),
    tex=r"px\le\frac{x^a}{a}+\frac{p^b}{b},\qquad \frac1a+\frac1b=1",
)
def definition_powers(xp, x, p, c):
    """For a = 1 + c > 1, 1/a + 1/b = 1 and x, p > 0: p x − x^a/a is at most p^b/b (Young's
    inequality).  The gap is a sum of relative entropies; other signs of x and p only lower p x."""
    a = 1 + c
    b = a / c
    return at_most(
        p * x - x**a / a,
        p**b / b,
        room=p * xp.relative_entropy(x, x**a, 1, p) / a
        + x * xp.relative_entropy(p, p**b, 1, x) / b,
        sharp=True,
    )


@definition_powers.neighbour("the wrong conjugate exponent, b = a", key="exponent")
def _(xp, x, p, c):
    a = 1 + c
    return AtMost(p * x - x**a / a, p**a / a)


@definition_powers.neighbour("b = a/(a + 1), that is 1/b − 1/a = 1", key="exponent-sign")
def _(xp, x, p, c):
    a = 1 + c
    b = a / (a + 1)
    return AtMost(p * x - x**a / a, p**b / b)


@claim(
    "legendre-definition-powers-attained",
    title="The supremum for a power is attained at |p|^(b-2) p",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-powers-attained"],
    given=dict(p=real(), c=positive()),
    needs=["legendre-definition-powers"],
    tex=r"p\hat x-\frac{|\hat x|^a}{a}=\frac{|p|^b}{b},\qquad\hat x=|p|^{b-2}p",
)
def definition_powers_attained(xp, p, c):
    """For every real p, x = |p|^(b-2) p gives p x − |x|^a/a = |p|^b/b."""
    a = 1 + c
    b = a / (a - 1)
    best = p * xp.abs(p) ** (b - 2)
    return Equal(p * best - xp.abs(best) ** a / a, xp.abs(p) ** b / b)


@definition_powers_attained.neighbour("at |p|^(a-2) p", key="exponent")
def _(xp, p, c):
    a = 1 + c
    b = a / (a - 1)
    best = p * xp.abs(p) ** (a - 2)
    return Equal(p * best - xp.abs(best) ** a / a, xp.abs(p) ** b / b)


@claim(
    "legendre-definition-integer-powers",
    title="Young's inequality for integer powers, as a square times a positive sum",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-young-gap"],
    given=dict(x=nonnegative(), y=nonnegative()),
    tex=r"\frac{x^a}{a}+\frac{p^b}{b}-px=\frac{(x-y)^2}{a}\sum_{j=0}^{a-2}(j+1)\,y^jx^{a-2-j},"
    r"\quad p=y^{a-1}",
)
def definition_integer_powers(xp, x, y):
    """For a = 2, …, 6, x ≥ 0 and p = y^(a-1) (so |p|^b/b = (1 − 1/a) y^a): the gap in Young's
    inequality is (x − y)² times a sum of nonnegative terms."""
    return tuple(
        part
        for a in range(2, 7)
        for part in at_most(
            y ** (a - 1) * x - x**a / a,
            y**a * (a - 1) / a,
            room=(x - y) ** 2 * sum((j + 1) * y**j * x ** (a - 2 - j) for j in range(a - 1)) / a,
            sharp=True,
        )
    )


@definition_integer_powers.neighbour("the conjugate with the same exponent", key="exponent")
def _(xp, x, y):
    return tuple(
        AtMost(y ** (a - 1) * x - x**a / a, y ** (a * (a - 1)) * (a - 1) / a) for a in range(2, 7)
    )


@claim(
    "legendre-definition-exp",
    title="The conjugate of exp is p log p − p",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-exp"],
    given=dict(q=real(), p=positive()),
    tex=r"\sup_q\,(pq-e^q)=p\log p-p\qquad(p>0)",
)
def definition_exp(xp, q, p):
    """For p > 0, p q − e^q is at most p log p − p, and equal to it at q = log p."""
    conjugate = p * xp.log(p) - p
    return (
        *at_most(p * q - xp.exp(q), conjugate, room=xp.relative_entropy(p, xp.exp(q)), sharp=True),
        Equal(p * xp.log(p) - xp.exp(xp.log(p)), conjugate),
    )


@definition_exp.neighbour("the sign of the entropy", key="entropy-sign")
def _(xp, q, p):
    return AtMost(p * q - xp.exp(q), -p * xp.log(p) - p)


@definition_exp.neighbour("the linear term is lost: L* = p log p", key="linear-term")
def _(xp, q, p):
    conjugate = p * xp.log(p)
    return (
        AtMost(p * q - xp.exp(q), conjugate),
        Equal(p * xp.log(p) - xp.exp(xp.log(p)), conjugate),
    )


@claim(
    "legendre-definition-lse",
    title="The conjugate of log-sum-exp is the negative entropy on the simplex",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-lse"],
    given=dict(x=vector("n"), p=simplex("n")),
    tex=r"\sup_x\bigl(\langle p,x\rangle-\operatorname{lse}(x)\bigr)=\sum_kp_k\log p_k"
    r"\qquad(p\in\Delta^{n-1})",
)
def definition_lse(xp, x, p):
    """For a probability vector p, ⟨p, x⟩ − log Σ exp(x_k) is at most Σ p_k log p_k, and equal to it
    at x = log p."""
    conjugate = negative_entropy(xp, p)
    return (
        *at_most(
            xp.sum(p * x) - xp.logsumexp(x),
            conjugate,
            room=xp.sum(xp.relative_entropy(p, xp.exp(x), 1, xp.sum(xp.exp(x)))),
            sharp=True,
        ),
        Equal(xp.sum(p * xp.log(p)) - xp.logsumexp(xp.log(p)), conjugate),
    )


@definition_lse.neighbour("the sign of the entropy", key="entropy-sign")
def _(xp, x, p):
    conjugate = -negative_entropy(xp, p)
    return (
        AtMost(xp.sum(p * x) - xp.logsumexp(x), conjugate),
        Equal(xp.sum(p * xp.log(p)) - xp.logsumexp(xp.log(p)), conjugate),
    )


@definition_lse.neighbour(
    "the domain of p left off: any positive vector", key="domain", given=dict(p=positive("n"))
)
def _(xp, x, p):
    return AtMost(xp.sum(p * x) - xp.logsumexp(x), negative_entropy(xp, p))


@claim(
    "legendre-definition-lse-domain",
    title="Off the hyperplane Σp = 1 the conjugate of log-sum-exp is infinite",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-lse-domain"],
    given=dict(x=vector("n"), p=vector("n"), s=real()),
    needs=["legendre-definition-lse"],
    tex=r"\langle p,x+s\mathbf 1\rangle-\operatorname{lse}(x+s\mathbf 1)"
    r"=\langle p,x\rangle-\operatorname{lse}(x)+s\Bigl(\sum_kp_k-1\Bigr)",
)
def definition_lse_domain(xp, x, p, s):
    """Adding s to every x_k changes ⟨p, x⟩ − lse(x) by s(Σp − 1): a line without a bound unless the
    entries of p sum to 1."""
    value = lambda x: xp.sum(p * x) - xp.logsumexp(x)
    return Equal(value(x + s), value(x) + s * (xp.sum(p) - 1))


@definition_lse_domain.neighbour("it changes by sΣp: finite for Σp = 0", key="constant")
def _(xp, x, p, s):
    value = lambda x: xp.sum(p * x) - xp.logsumexp(x)
    return Equal(value(x + s), value(x) + s * xp.sum(p))


@claim(
    "legendre-definition-softplus",
    title="The conjugate of softplus is the binary entropy",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-softplus"],
    given=dict(x=real(), p=simplex(2)),
    tex=r"px-\log(1+e^x)\le p\log p+(1-p)\log(1-p)\qquad(0<p<1)",
)
def definition_softplus(xp, x, p):
    """For the two chances p and 1 − p of a coin, p x − log(1 + e^x) is at most
    p log p + (1 − p) log(1 − p); the gap is the relative entropy of two coins."""
    p, rest = p[0], p[1]
    total = 1 + xp.exp(x)
    return at_most(
        p * x - xp.log(1 + xp.exp(x)),
        p * xp.log(p) + rest * xp.log(rest),
        room=xp.relative_entropy(p, xp.exp(x), 1, total) + xp.relative_entropy(rest, 1, 1, total),
        sharp=True,
    )


@definition_softplus.neighbour("the entropy of one side only, (1 − p) log(1 − p)", key="one-sided")
def _(xp, x, p):
    rest = p[1]
    return AtMost(p[0] * x - xp.log(1 + xp.exp(x)), 2 * rest * xp.log(rest))


@claim(
    "legendre-definition-softplus-attained",
    title="The supremum for softplus is attained at the log-odds",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-softplus-attained"],
    given=dict(p=chance()),
    needs=["legendre-definition-softplus"],
    tex=r"p\,\ell-\log(1+e^{\ell})=p\log p+(1-p)\log(1-p),\qquad\ell=\log p-\log(1-p)",
)
def definition_softplus_attained(xp, p):
    """For 0 < p < 1 the log-odds x = log p − log(1 − p) give p x − log(1 + e^x) = p log p +
    (1 − p) log(1 − p)."""
    odds = xp.log(p) - xp.log(1 - p)
    return Equal(p * odds - xp.log(1 + xp.exp(odds)), binary_entropy(xp, p))


@definition_softplus_attained.neighbour("the sign of the entropy", key="entropy-sign")
def _(xp, p):
    odds = xp.log(p) - xp.log(1 - p)
    return Equal(p * odds - xp.log(1 + xp.exp(odds)), -binary_entropy(xp, p))


@claim(
    "legendre-definition-cone",
    title="The conjugate of a cone's indicator is finite, and 0, on the polar cone",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-legendre-cone"],
    given=dict(x=nonnegative("n"), y=nonnegative("n"), A=matrix("n", "n"), B=matrix("n", "n")),
    tex=r"\sup_{x\in K}\langle y,x\rangle=0\quad\text{for } y\in K^\circ",
)
def definition_cone(xp, x, y, A, B):
    """⟨x, y⟩ ≤ 0, with equality at x = 0, for x in the cone and y in its polar: for the orthant
    with polar its negative, and for the positive semidefinite matrices AA* with polar the −BB*."""
    inner = lambda X, Y: xp.real(xp.trace(xp.star(X) @ Y))
    return (
        *at_most(xp.sum(x * -y), 0, room=xp.sum(x * y), sharp=True),
        *at_most(
            inner(A @ xp.star(A), -(B @ xp.star(B))),
            0,
            room=xp.sum(xp.abs2(xp.star(A) @ B)),
            sharp=True,
        ),
    )


@definition_cone.neighbour("the cone itself in place of its polar", key="polar")
def _(xp, x, y, A, B):
    return AtMost(xp.sum(x * y), 0)


@claim(
    "legendre-definition-cone-domain",
    title="Off the polar cone the conjugate of the indicator is infinite",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-cone-domain"],
    given=dict(Y=matrix("n", "n"), v=matrix("n"), s=nonnegative()),
    needs=["legendre-definition-cone"],
    tex=r"\langle Y,\,s\,vv^*\rangle=s\,v^*Yv\quad\text{(unbounded in } s\text{ if } v^*Yv>0)",
)
def definition_cone_domain(xp, Y, v, s):
    """For Hermitian H = Y + Y* the positive semidefinite s vv* gives ⟨H, s vv*⟩ = s v*Hv: unbounded
    as soon as one v has v*Hv > 0, that is, as soon as −H is not positive semidefinite."""
    H = Y + xp.star(Y)
    square = v[:, None] @ xp.star(v[:, None])
    return Equal(xp.trace(H @ (s * square)), s * xp.sum(xp.conj(v) * (H @ v)))


@definition_cone_domain.neighbour("the plain transpose: vvᵀ in place of vv*", key="transpose")
def _(xp, Y, v, s):
    H = Y + xp.star(Y)
    return Equal(xp.trace(H @ (s * v[:, None] @ v[:, None].T)), s * xp.sum(xp.conj(v) * (H @ v)))


@claim(
    "legendre-definition-exp-domain",
    title="For p < 0 the conjugate of exp is infinite",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-exp-domain"],
    given=dict(c=positive(), s=nonnegative()),
    needs=["legendre-definition-exp"],
    tex=r"pq-e^q\ge|p|\,s-1\quad\text{at }q=-s\quad(p<0,\ s\ge0)",
)
def definition_exp_domain(xp, c, s):
    """For p = −c < 0 and q = −s ≤ 0, p q − e^q is at least c s − 1: it grows without bound."""
    grown = xp.exp(s)
    room = (s + xp.relative_entropy(1, grown)) / grown
    return at_most(c * s - 1, -c * -s - xp.exp(-s), room=room, sharp=True)


@definition_exp_domain.neighbour("it stays bounded, by p log|p| - p", key="finite")
def _(xp, c, s):
    return AtMost(-c * -s - xp.exp(-s), c - c * xp.log(c))


# == legendre-involution ===========================================================================
@claim(
    "legendre-involution",
    title="Conjugating twice gives back a convex quartic",
    sources=[TEXTBOOK],
    chapter="legendre",
    equations=["eq-legendre-biconjugate", "eq-legendre-quartic-gap"],
    given=dict(a=nonnegative(), b=nonnegative(), q=real(), r=real()),
    needs=["legendre-definition"],
    tex=r"L^{**}(q)=\sup_r\bigl(L(r)+L'(r)(q-r)\bigr)=L(q)",
)
def involution(xp, a, b, q, r):
    """For L(q) = a q²/2 + b q⁴/4 with a, b ≥ 0 every tangent lies below L, the tangent at r being
    q p − L*(p) for p = L'(r). L** is the supremum of these tangents and each touches L at r = q,
    so L** = L."""
    L = lambda q: a * q**2 / 2 + b * q**4 / 4
    slope = a * r + b * r**3
    lift = (q + r) ** 2 + 2 * r**2
    return at_most(
        L(r) + slope * (q - r),
        L(q),
        room=a * (q - r) ** 2 / 2 + b * (q - r) ** 2 * lift / 4,
        sharp=True,
    )


@involution.neighbour(
    "convexity dropped: a double well, a < 0 allowed", key="drop-convexity", given=dict(a=real())
)
def _(xp, a, b, q, r):
    L = lambda q: a * q**2 / 2 + b * q**4 / 4
    return AtMost(L(r) + (a * r + b * r**3) * (q - r), L(q))


@claim(
    "legendre-involution-double-well",
    title="The biconjugate of a double well is its convex hull",
    sources=[TEXTBOOK],
    chapter="legendre",
    equations=["eq-legendre-well-tangent", "eq-legendre-well-flat"],
    given=dict(q=real(), s=nonnegative(), d=real()),
    needs=["legendre-involution"],
    tex=r"L=\tfrac14(q^2-1)^2:\qquad L^{**}(q)=\tfrac14(q^2-1)_+^2",
)
def involution_double_well(xp, q, s, d):
    """The tangent of L = (q² − 1)²/4 at r lies below L for r = 1 + s ≥ 1 (and, mirrored, for r ≤
    -1), so L** ≥ L outside the wells; between them, at c in (-1, 1], all these tangents are at
    most 0, which the two at r = ±1 attain."""
    r = 1 + s
    tangent = lambda q: double_well(xp, r) + r * (r**2 - 1) * (q - r)
    drop = 2 * d**2 / (1 + d**2)
    c = 1 - drop
    return (
        *at_most(
            tangent(q),
            double_well(xp, q),
            room=(q - r) ** 2 * ((q + r) ** 2 + 2 * s * (2 + s)) / 4,
            sharp=True,
        ),
        *at_most(
            tangent(c),
            0,
            room=s * (2 + s) * (2 * s + 3 * s**2 + 4 * drop + 4 * s * drop) / 4,
            sharp=True,
        ),
    )


@involution_double_well.printed(
    "L** = L for the double well as well", tex=r"L^{**}=L", key="printed"
)
def _(xp, q):
    return Equal(double_well_hull(xp, q), double_well(xp, q))


@involution_double_well.neighbour("tangents between the wells support it too", key="inner-tangents")
def _(xp, q, d):
    r = d / (1 + d**2)
    return AtMost(double_well(xp, r) + r * (r**2 - 1) * (q - r), double_well(xp, q))


@claim(
    "legendre-involution-hull",
    title="The filled-in double well lies below every chord of the double well",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-hull"],
    given=dict(u=real(), v=real(), w=simplex(2)),
    needs=["legendre-involution-double-well"],
    tex=r"\tfrac14\bigl((wu+(1-w)v)^2-1\bigr)_+^2\le wL(u)+(1-w)L(v)",
)
def involution_hull(xp, u, v, w):
    """(q² − 1)₊²/4 at a mean of u and v is at most the same mean of the double well's values: it
    is a convex function below L; with the chord between ±1 and L itself outside it is the
    largest."""
    mean = w[0] * u + w[1] * v
    above = lambda q: xp.relu(q * q - 1)
    below = lambda q: xp.relu(1 - q * q)

    def tangent_gap(q):
        square = (above(q) - above(mean)) ** 2 + 2 * above(mean) * below(q)
        return (square + 2 * above(mean) * (q - mean) ** 2 + below(q) ** 2) / 4

    return at_most(
        double_well_hull(xp, mean),
        w[0] * double_well(xp, u) + w[1] * double_well(xp, v),
        room=w[0] * tangent_gap(u) + w[1] * tangent_gap(v),
        sharp=True,
    )


@involution_hull.neighbour("the double well itself lies below its chords", key="not-filled-in")
def _(xp, u, v, w):
    return AtMost(
        double_well(xp, w[0] * u + w[1] * v),
        w[0] * double_well(xp, u) + w[1] * double_well(xp, v),
    )


@claim(
    "legendre-involution-closed",
    title="Every conjugate is convex, so L** = L only for convex L",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-conjugate-convex"],
    given=dict(q=vector("n"), L=vector("n"), p=real(), r=real(), w=simplex(2)),
    sizes=dict(n=(2, 3, 4, 5, 6)),
    tex=r"L^*(w_1p+w_2r)\le w_1L^*(p)+w_2L^*(r),\qquad L^*(p)=\max_k(pq_k-L_k)",
)
def involution_closed(xp, q, L, p, r, w):
    """For any L known at n points q_k, convex or not: at a mean of p and r each line p q_k − L_k
    (the first, say) is at most the same mean of the maxima L*(p) and L*(r). So is the largest
    line, L*: it is convex. L** is a conjugate too, so L** = L forces L to be convex."""
    line = lambda p: p * q - L
    others = lambda p: largest(xp, line(p)[1:])
    conjugate = lambda p: xp.maximum(line(p)[0], others(p))
    mean = w[0] * p + w[1] * r
    slack = lambda p: xp.relu(others(p) - line(p)[0])
    return at_most(
        line(mean)[0],
        w[0] * conjugate(p) + w[1] * conjugate(r),
        room=w[0] * slack(p) + w[1] * slack(r),
        sharp=True,
    )


@involution_closed.neighbour("the minimum in place of the maximum", key="minimum")
def _(xp, q, L, p, r, w):
    line = lambda p: p * q - L
    conjugate = lambda p: -largest(xp, -line(p))
    return AtMost(line(w[0] * p + w[1] * r)[0], w[0] * conjugate(p) + w[1] * conjugate(r))


@claim(
    "legendre-involution-not-closed",
    title="A convex function that jumps up at its edge does not come back",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-legendre-not-closed"],
    given=dict(a=real(), b=real(), t=nonnegative()),
    tex=r"a+b\le\max_{q\in\{0,1-h\}}(a+bq)+h\,b_+\qquad(0\le h\le1)",
)
def not_closed(xp, a, b, t):
    """A line a + bq is at 1 at most h b₊ above what it reaches at 0 and at 1 − h. As h goes to 0: a
    line below 0 on [0, 1) is at most 0 at 1. So for L = 0 there, with L(1) = 1, L**(1) is 0."""
    h = t / (1 + t)
    last = a + b * (1 - h)
    room = xp.relu(a - last) + h * xp.relu(-b)
    return at_most(a + b, xp.maximum(a, last) + h * xp.relu(b), room=room, sharp=True)


@not_closed.neighbour("half the step", key="half-the-step")
def _(xp, a, b, t):
    h = t / (1 + t)
    return AtMost(a + b, xp.maximum(a, a + b * (1 - h)) + h * xp.relu(b) / 2)


# == legendre-fenchel-young ========================================================================
@claim(
    "legendre-fenchel-young",
    title="Fenchel-Young: L(q) + L*(p) ≥ p q, with equality only at p = ∇L(q)",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-fenchel-young", "eq-fenchel-young-gap"],
    given=dict(A=real_invertible("n"), b=nonnegative(), q=vector("n"), r=vector("n")),
    tex=r"\langle p,q\rangle\le L(q)+L^*(p),\qquad "
    r" L(q)+L^*(p)-\langle p,q\rangle\ge\tfrac12\|A^{\mathsf T}(q-r)\|^2,\quad p=\nabla L(r)",
)
def fenchel_young(xp, A, b, q, r):
    """For L(q) = ½⟨q, Mq⟩ + (b/4)‖q‖⁴ with M = AAᵀ positive definite, b ≥ 0 and p = ∇L(r) (every
    p is one), L*(p) = ⟨p, r⟩ − L(r). Then L(q) + L*(p) − ⟨p, q⟩ is a sum of squares, and at least
    ½‖Aᵀ(q − r)‖²: it vanishes only for q = r, that is p = ∇L(q)."""
    L = lambda q: quartic_oscillator(xp, A, b, q)
    p = A @ (A.T @ r) + b * xp.sum(r * r) * r
    conjugate = xp.sum(p * r) - L(r)
    square = xp.norm2(A.T @ (q - r)) / 2
    rest = b * ((xp.norm2(q) - xp.norm2(r)) ** 2 + 2 * xp.norm2(r) * xp.norm2(q - r)) / 4
    return (
        *at_most(xp.sum(p * q), L(q) + conjugate, room=square + rest, sharp=True),
        *at_most(square, L(q) + conjugate - xp.sum(p * q), room=rest, sharp=True),
    )


@fenchel_young.neighbour("the sign reversed: L + L* ≤ p q", key="reversed")
def _(xp, A, b, q, r):
    L = lambda q: quartic_oscillator(xp, A, b, q)
    p = A @ (A.T @ r) + b * xp.sum(r * r) * r
    return AtMost(L(q) + xp.sum(p * r) - L(r), xp.sum(p * q))


@fenchel_young.neighbour("equality elsewhere: at p = ∇L(−q) as well", key="equality-elsewhere")
def _(xp, A, b, q):
    L = lambda q: quartic_oscillator(xp, A, b, q)
    r = -q
    p = A @ (A.T @ r) + b * xp.sum(r * r) * r
    return Equal(L(q) + xp.sum(p * r) - L(r), xp.sum(p * q))


@claim(
    "legendre-fenchel-young-bregman",
    title="The Fenchel-Young gap is a Bregman divergence, from either side",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-fenchel-young-bregman"],
    given=dict(q=real(), t=positive()),
    needs=["legendre-definition-exp"],
    tex=r"L(q)+L^*(p)-pq=D_L(q,\nabla L^*(p))=D_{L^*}(p,\nabla L(q))",
)
def fenchel_young_bregman(xp, q, t):
    """For L = exp and L*(t) = t log t − t the gap at (q, t) is L's Bregman divergence from log t
    to q, and L*'s from e^q to t."""
    Ls = lambda t: t * xp.log(t) - t
    gap = xp.exp(q) + t * xp.log(t) - t - t * q
    return (
        Equal(gap, bregman(xp, xp.exp, q, xp.log(t))),
        Equal(gap, bregman(xp, Ls, t, xp.exp(q))),
    )


@fenchel_young_bregman.neighbour("the two arguments swapped", key="swapped")
def _(xp, q, t):
    gap = xp.exp(q) + t * xp.log(t) - t - t * q
    return Equal(gap, bregman(xp, xp.exp, xp.log(t), q))


@claim(
    "legendre-fenchel-young-lse",
    title="For log-sum-exp the Fenchel-Young gap is the Kullback-Leibler divergence",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-fenchel-young-lse"],
    given=dict(x=vector("n"), p=simplex("n")),
    needs=["legendre-definition-lse"],
    tex=r"\operatorname{lse}(x)+\sum_kp_k\log p_k-\langle p,x\rangle"
    r"=\operatorname{KL}(p\,\|\operatorname{softmax}(x))",
)
def fenchel_young_lse(xp, x, p):
    """log-sum-exp plus negative entropy minus ⟨p, x⟩ is Σ p log(p/s) with s = softmax(x), and that
    is the entropy's Bregman divergence from s to p."""
    gap = xp.logsumexp(x) + xp.sum(p * xp.log(p)) - xp.sum(p * x)
    s = xp.exp(x) / xp.sum(xp.exp(x))
    return (
        Equal(gap, xp.sum(p * xp.log(p / s))),
        Equal(gap, bregman(xp, lambda p: negative_entropy(xp, p), p, s)),
    )


@fenchel_young_lse.neighbour("the divergence the other way, from p to softmax(x)", key="swapped")
def _(xp, x, p):
    gap = xp.logsumexp(x) + xp.sum(p * xp.log(p)) - xp.sum(p * x)
    s = xp.exp(x) / xp.sum(xp.exp(x))
    return Equal(gap, xp.sum(s * xp.log(s / p)))


@claim(
    "legendre-fenchel-young-box",
    title="Fenchel-Young for exp, enclosed on a box that leaves out the curve of equality",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-fenchel-young-exp"],
    given=dict(q=between(-Fraction(1, 2), Fraction(1, 2)), s=between(Fraction(1, 2), 1)),
    needs=["legendre-definition-exp"],
    tex=r"pq<e^q+p\log p-p\quad\text{for } p=e^{q\pm s},\; |q|\le\tfrac12,\; \tfrac12\le s\le1",
    box=dict(raw={"q.x": (-1, 1), "s.x": (-1, 1)}),
)
def fenchel_young_box(xp, q, s):
    """p q ≤ e^q + p log p − p for p = e^(q+s) and p = e^(q-s), over the box |q| ≤ 1/2, 1/2 ≤ s ≤ 1:
    there the strict inequality is proved in balls. Equality holds on the curve s = 0."""
    p = lambda s: xp.exp(q + s)
    bound = lambda s: xp.exp(q) + p(s) * (q + s - 1)  # log p = q + s
    return (
        AtMost(p(s) * q, bound(s)),
        AtMost(p(-s) * q, bound(-s)),
        Equal(p(0 * s) * q, bound(0 * s)),
    )


@fenchel_young_box.neighbour("the sign reversed", key="reversed")
def _(xp, q, s):
    p = xp.exp(q + s)
    return AtMost(xp.exp(q) + p * (q + s) - p, p * q)


@fenchel_young_box.neighbour("equality elsewhere: on s = 1 as well", key="equality-elsewhere")
def _(xp, q):
    p = xp.exp(q + 1)
    return Equal(p * q, xp.exp(q) + p * (q + 1) - p)


# == legendre-gradients-inverse ====================================================================
@claim(
    "legendre-gradients-inverse",
    title="∇L* is the inverse of ∇L: the mass matrix and its inverse",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-gradients-inverse", "eq-hessians-inverse"],
    given=dict(A=real_invertible("n"), v=vector("n"), p=vector("n")),
    needs=["legendre-definition"],
    sizes=dict(n=(1, 2, 3, 4)),
    tex=r"\nabla L^*(\nabla L(v))=v,\qquad\nabla L(\nabla L^*(p))=p,\qquad "
    r"\nabla^2L^*\,\nabla^2L=I",
)
def gradients_inverse(xp, A, v, p):
    """For L(v) = ½⟨v, Mv⟩ with M positive definite: the gradients of L and L* undo each other, in
    both orders, and the second derivative of L* (at p) undoes that of L (at v) on every vector,
    here p."""
    L = lambda v: kinetic(xp, A, v)
    Ls = lambda p: inverse_kinetic(xp, A, p)
    grad = lambda f, x: xp.gradient(f, x)
    push_momentum = xp.push(lambda y: grad(L, y), v, p)
    return (
        Equal(grad(Ls, grad(L, v)), v),
        Equal(grad(L, grad(Ls, p)), p),
        Equal(xp.push(lambda y: grad(Ls, y), p, push_momentum), p),
    )


@gradients_inverse.neighbour("half: L* without its ½", key="half")
def _(xp, A, v, p):
    L = lambda v: kinetic(xp, A, v)
    Ls = lambda p: 2 * inverse_kinetic(xp, A, p)
    return Equal(xp.gradient(Ls, xp.gradient(L, v)), v)


@gradients_inverse.neighbour("∇L* is the inverse of L, not of ∇L", key="value-not-gradient")
def _(xp, A, v, p):
    L = lambda v: kinetic(xp, A, v)
    return Equal(inverse_kinetic(xp, A, xp.gradient(L, v)), xp.sum(v))


@claim(
    "legendre-gradients-inverse-type",
    title="Gradients of the pairs of Legendre type undo each other",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-gradients-inverse-exp", "eq-gradients-inverse-softplus"],
    given=dict(q=real(), t=positive(), x=real(), p=chance()),
    needs=["legendre-definition-exp", "legendre-definition-softplus"],
    tex=r"\log(e^q)=q,\quad e^{\log t}=t,\quad \operatorname{logit}(\sigma(x))=x,"
    r"\quad\sigma(\operatorname{logit}(p))=p",
)
def gradients_inverse_type(xp, q, t, x, p):
    """For exp and t log t − t, and for softplus and the binary entropy: the derivative of one
    undoes the derivative of the other, in both orders."""
    ts = lambda t: t * xp.log(t) - t
    soft = lambda x: xp.log(1 + xp.exp(x))
    coin = lambda p: binary_entropy(xp, p)
    slope = lambda f, x: xp.gradient(f, x)
    return (
        Equal(slope(ts, slope(xp.exp, q)), q),
        Equal(slope(xp.exp, slope(ts, t)), t),
        Equal(slope(coin, slope(soft, x)), x),
        Equal(slope(soft, slope(coin, p)), p),
    )


@gradients_inverse_type.neighbour("the sign of the entropy", key="entropy-sign")
def _(xp, q, t, x, p):
    soft = lambda x: xp.log(1 + xp.exp(x))
    return Equal(xp.gradient(lambda p: -binary_entropy(xp, p), xp.gradient(soft, x)), x)


@gradients_inverse_type.neighbour("half the log-odds", key="half")
def _(xp, q, t, x, p):
    soft = lambda x: xp.log(1 + xp.exp(x))
    return Equal(xp.gradient(lambda p: binary_entropy(xp, p), xp.gradient(soft, x)) / 2, x)


@claim(
    "legendre-gradients-inverse-lse",
    title="For log-sum-exp the gradients undo each other in one order only",
    sources=[TEXTBOOK],
    chapter="legendre",
    equations=["eq-gradients-inverse-lse"],
    given=dict(x=vector("n"), p=simplex("n")),
    needs=["legendre-definition-lse"],
    tex=r"\nabla L(\nabla L^*(p))=p,\qquad "
    r"\nabla L^*(\nabla L(x))=x+(1-\operatorname{lse}(x))\mathbf 1",
    sizes=dict(n=(1, 2, 3, 4)),
)
def gradients_inverse_lse(xp, x, p):
    """With L = lse and L* the negative entropy: softmax undoes ∇L* on the simplex, but ∇L* after
    softmax gives x back only up to a constant on all entries, 1 − lse(x)."""
    L = lambda x: xp.logsumexp(x)
    Ls = lambda p: negative_entropy(xp, p)
    back = xp.gradient(Ls, xp.gradient(L, x))
    return (
        Equal(xp.gradient(L, xp.gradient(Ls, p)), p),
        Equal(back, x + 1 - L(x)),
    )


@gradients_inverse_lse.printed(
    "the inverse, also for log-sum-exp", key="holds-for-lse", tex=r"\nabla L^*=(\nabla L)^{-1}"
)
def _(xp, x):
    L = lambda x: xp.logsumexp(x)
    return Equal(xp.gradient(lambda p: negative_entropy(xp, p), xp.gradient(L, x)), x)


@gradients_inverse_lse.neighbour("the constant is lse(x), not 1 − lse(x)", key="constant")
def _(xp, x):
    L = lambda x: xp.logsumexp(x)
    return Equal(xp.gradient(lambda p: negative_entropy(xp, p), xp.gradient(L, x)), x - L(x))


@claim(
    "legendre-gradients-inverse-cone",
    title="For a cone the pairs (x, y) with equality are those of Moreau, and no function",
    sources=[TEXTBOOK],
    chapter="legendre",
    equations=["eq-moreau-pairs"],
    given=dict(z=vector("n"), s=nonnegative()),
    needs=["legendre-definition-cone"],
    tex=r"\langle s\,z_+,\,-(-z)_+\rangle=0\quad\text{for all } s\ge0",
)
def gradients_inverse_cone(xp, z, s):
    """z = x + y with x = z₊ in the orthant, y = −(−z)₊ in its polar and ⟨x, y⟩ = 0: equality in
    Fenchel-Young.  It holds for s x too, with the same y and every s ≥ 0: y does not fix x."""
    x, y = xp.relu(z), -xp.relu(-z)
    return (Equal(x + y, z), Zero(xp.sum(s * x * y)))


@gradients_inverse_cone.printed(
    "y fixes x: the gradient of one indicator inverts the other's",
    tex=r"\nabla L^*=(\nabla L)^{-1}",
)
def _(xp, z, s):
    x = xp.relu(z)
    return Equal(s * x, x)


@gradients_inverse_cone.neighbour("y in the cone itself", key="polar")
def _(xp, z, s):
    return Zero(xp.sum(s * xp.relu(z) * xp.relu(z)))


# == legendre-hamiltonian ==========================================================================
@claim(
    "legendre-hamiltonian",
    title="Hamilton's equations for H = p q' − L are the Euler-Lagrange equation",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-hamiltonian", "eq-hamilton", "eq-hamilton-euler-lagrange"],
    given=dict(A=real_invertible("n"), b=real(), q=vector("n"), p=vector("n"), h=vector("n")),
    needs=["legendre-gradients-inverse"],
    sizes=dict(n=(1, 2, 3)),
    tex=r"H=\langle p,\dot q\rangle-L:\quad \dot q=\frac{\partial H}{\partial p},\;"
    r"\dot p=-\frac{\partial H}{\partial q}\;\Longrightarrow\;"
    r"\frac{\mathrm d}{\mathrm dt}\frac{\partial L}{\partial\dot q}=\frac{\partial L}{\partial q}",
)
def hamiltonian(xp, A, b, q, p, h):
    """L(q, v) = ½(1 + ‖q‖²)⟨v, Mv⟩ − (b/4)‖q‖⁴, M = AAᵀ: a mass that depends on position.  With
    H(q, p) = ½⟨p, M⁻¹ p⟩/(1 + ‖q‖²) + (b/4)‖q‖⁴: at v = ∂H/∂p, p = ∂L/∂v and H = ⟨p, v⟩ − L; and
    along Hamilton's equations the Euler-Lagrange expression vanishes in every direction h."""
    mass = lambda q: 1 + xp.sum(q * q)
    L = lambda q, v: mass(q) * kinetic(xp, A, v) - b * xp.sum(q * q) ** 2 / 4
    H = lambda q, p: inverse_kinetic(xp, A, p) / mass(q) + b * xp.sum(q * q) ** 2 / 4
    v, force = hamilton(xp, H, q, p)
    along = lambda t: xp.gradient(lambda y: H(q + t * v, y), p + t * force)
    acceleration = xp.push(along, xp.one * 0, xp.one)
    return (
        Equal(xp.gradient(lambda u: L(q, u), v), p),
        Equal(xp.sum(p * v) - L(q, v), H(q, p)),
        Zero(euler_lagrange(xp, L, q, v, acceleration, h)),
    )


@hamiltonian.neighbour("the sign of p': p' = +∂H/∂q", key="sign-of-momentum")
def _(xp, A, b, q, p, h):
    mass = lambda q: 1 + xp.sum(q * q)
    L = lambda q, v: mass(q) * kinetic(xp, A, v) - b * xp.sum(q * q) ** 2 / 4
    H = lambda q, p: inverse_kinetic(xp, A, p) / mass(q) + b * xp.sum(q * q) ** 2 / 4
    v, force = hamilton(xp, H, q, p)
    along = lambda t: xp.gradient(lambda y: H(q + t * v, y), p - t * force)
    acceleration = xp.push(along, xp.one * 0, xp.one)
    return Zero(euler_lagrange(xp, L, q, v, acceleration, h))


@hamiltonian.neighbour("H = L with v eliminated: ½⟨p, q'⟩ − V", key="kinetic-minus-potential")
def _(xp, A, b, q, p):
    mass = 1 + xp.sum(q * q)
    v = xp.solve(A @ A.T, p) / mass
    potential = b * xp.sum(q * q) ** 2 / 4
    L = mass * kinetic(xp, A, v) - potential
    return Equal(xp.sum(p * v) - L, inverse_kinetic(xp, A, p) / mass - potential)


@claim(
    "legendre-hamiltonian-systems",
    title="Pendulum, Kepler's problem and the quartic oscillator, both ways",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-three-systems"],
    given=dict(q=vector(2), p=vector(2), h=vector(2)),
    needs=["legendre-hamiltonian"],
    tex=r"\ddot q=-\sin q,\qquad\ddot q=-q/\|q\|^3,\qquad\ddot q=-\|q\|^2q",
)
def hamiltonian_systems(xp, q, p, h):
    """For two pendulums, Kepler's problem in the plane and the quartic oscillator: along
    Hamilton's equations p' is the acceleration written out, and the Euler-Lagrange expression of L
    vanishes."""
    out: list[Equal | Zero] = []
    for system in (PENDULUM, KEPLER, QUARTIC):
        L = lambda q, v, system=system: system.lagrangian(xp, q, v)
        H = lambda q, p, system=system: system.hamiltonian(xp, q, p)
        v, force = hamilton(xp, H, q, p)
        out.append(Equal(force, system.acceleration(xp, q)))
        out.append(Zero(euler_lagrange(xp, L, q, v, force, h)))
    return tuple(out)


@hamiltonian_systems.neighbour("the sign of p'", key="sign-of-momentum")
def _(xp, q, p, h):
    L = lambda q, v: QUARTIC.lagrangian(xp, q, v)
    v, force = hamilton(xp, lambda q, p: QUARTIC.hamiltonian(xp, q, p), q, p)
    return Zero(euler_lagrange(xp, L, q, v, -force, h))


@claim(
    "legendre-hamiltonian-trajectories",
    title="Trajectories of the two descriptions agree, at the order of the scheme",
    sources=[TALK],
    chapter="legendre",
    equations=["eq-stormer"],
    given=dict(q=vector(2), p=vector(2)),
    needs=["legendre-hamiltonian-systems"],
    tex=r"q_{k+1}-2q_k+q_{k-1}=h^2\ddot q(q_k):\qquad\|q_n-q_n^{\mathrm{Ham}}\|=O(h^2)",
)
def hamiltonian_trajectories(xp, q, p):
    """From the same start to time 1 in n steps: Störmer's scheme for the Euler-Lagrange equation,
    and the classical Runge-Kutta method (order 4) for Hamilton's, q' = p and p' = −∂H/∂q. Their
    distance falls as 1/n², Störmer's order, for the pendulum, Kepler's problem and the quartic
    oscillator, started near q = (1, 1), p = 0."""
    return tuple(
        Rate(apart(xp, system, 1 + q / 8, p / 8), 2, start=4)
        for system in (PENDULUM, KEPLER, QUARTIC)
    )


@hamiltonian_trajectories.neighbour("the sign of p'", key="sign-of-momentum")
def _(xp, q, p):
    return Rate(apart(xp, QUARTIC, 1 + q / 8, p / 8, sign=-1), 2, start=4)


# == legendre-singular =============================================================================
@claim(
    "legendre-singular",
    title="The first-order action has a singular Legendre transform",
    sources=[DEF2],
    chapter="legendre",
    equations=["eq-singular-line", "eq-singular-hessian"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("N", "C"),
        D=matrix("N", "C"),
        W=matrix("C", "C"),
        s=real(),
    ),
    tex=r"\operatorname{Re}\operatorname{Tr}(\dot X\Pi^*)-L(X,\dot X)=V(X)+s\|\Pi+iX\|^2"
    r"\quad\text{at }\dot X=s(\Pi+iX)",
)
def singular(xp, X, U, D, W, s):
    """L = Tr (i/2)(X'X* − XX'*) − V(X) is linear in X': its second derivative in X' vanishes. For
    a momentum Π = −iX + D the velocity sD gives ⟨Π, X'⟩ − L = V + s‖D‖²: the supremum is +∞ unless
    Π = −iX, and there it is V for every velocity."""
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = lambda U: phase_space_lagrangian(xp, X, U, V)
    value = lambda P, U: xp.real(pairing(xp, U, P)) - L(U)
    return (
        Equal(value(-xp.i * X + D, s * D), V(X) + s * xp.norm2(D)),
        Equal(value(-xp.i * X, U), V(X)),
        Zero(xp.push(lambda Z: xp.push(L, Z, D), U, U)),
    )


@singular.printed(
    "the Legendre transform is V for every momentum", tex=r"L^*(\Pi)=V\quad\text{for all }\Pi"
)
def _(xp, X, U, D, W):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = phase_space_lagrangian(xp, X, U, V)
    return Equal(xp.real(pairing(xp, U, -xp.i * X + D)) - L, V(X))


@singular.neighbour("finite everywhere: bounded by V + ½‖Π + iX‖²", key="finite-everywhere")
def _(xp, X, U, D, W):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = phase_space_lagrangian(xp, X, U, V)
    value = xp.real(pairing(xp, U, -xp.i * X + D) - L)
    return AtMost(value, V(X) + xp.norm2(D) / 2)


@singular.neighbour("the constraint Π = +iX", key="sign")
def _(xp, X, U, W):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    L = phase_space_lagrangian(xp, X, U, V)
    return Equal(xp.real(pairing(xp, U, xp.i * X)) - L, V(X))


@claim(
    "legendre-singular-recovered",
    title="A small kinetic term makes it regular, with the constraint as its limit",
    sources=[ours()],
    chapter="legendre",
    equations=["eq-singular-regularized"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("N", "C"),
        P=matrix("N", "C"),
        W=matrix("C", "C"),
        m=positive(),
    ),
    needs=["legendre-singular"],
    tex=r"\sup_{\dot X}\Bigl(\operatorname{Re}\operatorname{Tr}(\dot X\Pi^*)-L"
    r"-\tfrac m2\|\dot X\|^2\Bigr)=V(X)+\frac{\|\Pi+iX\|^2}{2m}",
)
def singular_recovered(xp, X, U, P, W, m):
    """With ½m‖X'‖² added, m > 0, the supremum over velocities is V + ‖Π + iX‖²/(2m), attained at
    X' = (Π + iX)/m.  As m goes to 0 this goes to V on Π = −iX and to +∞ elsewhere."""
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    D = P + xp.i * X
    value = lambda U: (
        xp.real(pairing(xp, U, P)) - phase_space_lagrangian(xp, X, U, V) - m * xp.norm2(U) / 2
    )
    best = V(X) + xp.norm2(D) / (2 * m)
    return (
        *at_most(xp.real(value(U)), best, room=m * xp.norm2(U - D / m) / 2, sharp=True),
        Equal(value(D / m), best),
    )


@singular_recovered.neighbour("the half is lost", key="half")
def _(xp, X, P, W, m):
    V = lambda Y: xp.real(quadratic(xp, Y, W)) + xp.norm2(Y) ** 2
    D = P + xp.i * X
    U = D / m
    L = phase_space_lagrangian(xp, X, U, V) + m * xp.norm2(U) / 2
    return Equal(xp.real(pairing(xp, U, P)) - L, V(X) + xp.norm2(D) / m)


@claim(
    "legendre-singular-eliminated",
    title="Eliminating the momenta inside X recovers a Legendre transform: that of V",
    sources=[DEF2, talk("½(X'X* − XX'*) = p q'"), ours("the strongest reading of “recovers”")],
    chapter="legendre",
    equations=["eq-singular-eliminated"],
    given=dict(
        A=real_invertible("C"), q=vector("C"), p=vector("C"), v=vector("C"), w=vector("C"), u=real()
    ),
    sizes=dict(C=(1, 2, 3)),
    needs=["legendre-definition", "legendre-singular"],
    tex=r"X=\tfrac{q+ip}{\sqrt2},\ V=\tfrac12\langle p,M^{-1}p\rangle+U(q):\quad"
    r"\sup_p\bigl(L(X,\dot X)+\tfrac12\tfrac{d}{dt}\langle p,q\rangle\bigr)"
    r"=\tfrac12\langle\dot q,M\dot q\rangle-U(q)",
)
def singular_eliminated(xp, A, q, p, v, w, u):
    """For one token X = (q + ip)/√2 with velocity (v + iw)/√2 the first-order Lagrangian is
    ⟨p, v⟩ − V(q, p) up to the total derivative −½⟨p, q⟩'. If V is convex in p, its supremum over p
    is the ordinary Lagrangian, ½⟨v, Mv⟩ − U for V = ½⟨p, M⁻¹p⟩ + U, attained at p = Mv."""
    return _eliminated(xp, A, q, p, v, w, u, inverse_kinetic(xp, A, p))


def _eliminated(xp, A, q, p, v, w, u, energy):
    """The first-order Lagrangian with V = energy + u, and its supremum over the momenta."""
    state, velocity = (q + xp.i * p)[None, :], (v + xp.i * w)[None, :]
    kinetic_part = phase_space_lagrangian(xp, state, velocity, lambda X: xp.norm2(X) * 0) / 2
    total = xp.sum(w * q) + xp.sum(p * v)
    value = xp.sum(p * v) - energy - u
    best = kinetic(xp, A, v) - u
    square = xp.norm2(xp.solve(A, p) - A.T @ v) / 2
    return (
        Equal(kinetic_part + total / 2, xp.sum(p * v)),
        *at_most(value, best, room=square, sharp=True),
        Equal(xp.sum((A @ (A.T @ v)) * v) - inverse_kinetic(xp, A, A @ (A.T @ v)) - u, best),
    )


@singular_eliminated.neighbour("V concave in p: no supremum", key="concave")
def _(xp, A, q, p, v, w, u):
    return _eliminated(xp, A, q, p, v, w, u, -inverse_kinetic(xp, A, p))


@singular_eliminated.neighbour("the mass for its inverse", key="mass-not-inverted")
def _(xp, A, q, p, v, w, u):
    return _eliminated(xp, A, q, p, v, w, u, kinetic(xp, A, p))


# == softplus-smooths-relu =========================================================================
@claim(
    "softplus-smooths-relu",
    title="Softplus at temperature τ is within τ log 2 of ReLU, attained at 0",
    sources=[ours("link between chapters")],
    chapter="legendre",
    equations=["eq-softplus-error", "eq-softplus-bound"],
    given=dict(u=nonnegative(), tau=positive()),
    tex=r"0\le\tau\log(1+e^{x/\tau})-x_+\le\tau\log2,\quad\text{equality on the right at } x=0",
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
    chapter="legendre",
    equations=["eq-softplus-symmetric"],
    given=dict(x=real(), tau=positive()),
    tex=r"\tau\log(1+e^{x/\tau})-x_+=\tau\log(1+e^{-|x|/\tau})",
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
    title="Away from 0 the error of softplus is exponentially small",
    sources=[ours("link between chapters")],
    chapter="legendre",
    equations=["eq-softplus-tail"],
    given=dict(u=nonnegative(), tau=positive()),
    needs=["softplus-smooths-relu-error"],
    tex=r"\tau\log(1+e^{-u/\tau})\le\tau e^{-u/\tau}\qquad(u=|x|)",
)
def softplus_tail(xp, u, tau):
    """At the distance u = |x| from the kink the error is at most τ e^(−u/τ)."""
    small = xp.exp(-(u / tau))
    room = tau * xp.relative_entropy(1, 1 + small)
    return at_most(tau * xp.log(1 + small), tau * small, room=room)


@softplus_tail.neighbour("falling like e^(−2u/τ)", key="twice-the-rate")
def _(xp, u, tau):
    small = xp.exp(-(u / tau))
    return AtMost(tau * xp.log(1 + small), tau * small**2)


@claim(
    "softplus-smooths-relu-rate",
    title="The largest error of softplus is of first order in τ, with constant log 2",
    sources=[ours("link between chapters")],
    chapter="legendre",
    equations=["eq-softplus-rate"],
    given=dict(c=positive()),
    needs=["softplus-smooths-relu"],
    tex=r"\max_x\bigl(\tau\log(1+e^{x/\tau})-x_+\bigr)=\tau\log2",
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
