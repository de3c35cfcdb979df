"""The supremum, and the table of pairs."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import (
    matrix,
    nonnegative,
    positive,
    real,
    real_invertible,
    simplex,
    symmetric,
    vector,
)
from fieldcheck.fields.duality import (
    binary_entropy,
    chance,
    kinetic,
    negative_entropy,
)
from fieldcheck.register.legendre.shared import TALK
from fieldcheck.relations import AtMost, Equal, Rate, Zero, at_most


@claim(
    "legendre-definition",
    expect="proved up to n = 4",
    title="The conjugate of a kinetic energy is the kinetic energy of the inverse mass",
    sources=[TALK],
    equations=["eq-legendre-quadratic", "eq-legendre-quadratic-gap"],
    given=dict(A=real_invertible("n"), v=vector("n"), p=vector("n")),
    sizes=dict(n=[1, 2, 3, 4]),
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
    expect="proved",
    title="For L = exp at p = 0 the supremum is not attained",
    sources=[TALK],
    equations=["eq-legendre-not-attained"],
    given=dict(q=real()),
    tex=r"0\cdot q-e^q<0=\sup_{q'}\,(0\cdot q'-e^{q'})\quad\text{for every } q",
    differs="otherwise",
)
def definition_attained(xp, q):
    """At p = 0 the conjugate of exp is 0. Every q falls short of it by e^q, and a shortfall with
    the reciprocal e^−q is not zero: no q reaches the supremum, so the talk's maximum does not
    exist."""
    shortfall = 0 - (0 * q - xp.exp(q))
    return Zero(shortfall * xp.exp(-q) - 1)


@definition_attained.reading(
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
    equations=["eq-legendre-approached"],
    given=dict(c=positive()),
    needs=["legendre-definition-attained"],
)
def definition_approached(xp, c):
    """Along q_n = log(c/n) the shortfall at p = 0 is c/n: the supremum of 0·q − e^q is 0."""
    return Rate(lambda n: xp.exp(xp.log(c / n)), 1, constant=c)


@definition_approached.neighbour("it is approached at order 2", key="order")
def _(xp, c):
    return Rate(lambda n: xp.exp(xp.log(c / n)), 2)


@claim(
    "legendre-definition-powers",
    expect="proved",
    title="Powers are conjugate when 1/a + 1/b = 1",
    sources=[TALK],
    equations=["eq-legendre-powers"],
    given=dict(x=positive(), p=positive(), c=positive()),
    tex=r"px\le\frac{x^a}{a}+\frac{p^b}{b},\qquad \frac1a+\frac1b=1",
    differs="less",
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
    equations=["eq-legendre-powers-attained"],
    given=dict(p=real(), c=positive()),
    needs=["legendre-definition-powers"],
)
def definition_powers_attained(xp, p, c, *, exponent=lambda a, b: b):
    """For every real p, x = |p|^(b-2) p gives p x − |x|^a/a = |p|^b/b."""
    a = 1 + c
    b = a / (a - 1)
    best = p * xp.abs(p) ** (exponent(a, b) - 2)
    return Equal(p * best - xp.abs(best) ** a / a, xp.abs(p) ** b / b)


definition_powers_attained.vary("at |p|^(a-2) p", key="exponent", exponent=lambda a, b: a)


@claim(
    "legendre-definition-integer-powers",
    expect="proved",
    title="Young's inequality for integer powers, as a square times a positive sum",
    sources=[ours()],
    equations=["eq-legendre-young-gap"],
    given=dict(x=nonnegative(), y=nonnegative()),
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
    expect="proved",
    title="The conjugate of exp is p log p − p",
    sources=[TALK],
    equations=["eq-legendre-exp"],
    given=dict(q=real(), p=positive()),
    tex=r"\sup_q\,(pq-e^q)=p\log p-p\qquad(p>0)",
    differs="otherwise",
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
    expect="proved",
    title="The conjugate of log-sum-exp is the negative entropy on the simplex",
    sources=[TALK],
    equations=["eq-legendre-lse"],
    given=dict(x=vector("n"), p=simplex("n")),
    tex=r"\sup_x\bigl(\langle p,x\rangle-\operatorname{lse}(x)\bigr)=\sum_kp_k\log p_k"
    r"\qquad(p\in\Delta^{n-1})",
    differs="otherwise",
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
    equations=["eq-legendre-lse-domain"],
    given=dict(x=vector("n"), p=vector("n"), s=real()),
    needs=["legendre-definition-lse"],
)
def definition_lse_domain(xp, x, p, s, *, total=1):
    """Adding s to every x_k changes ⟨p, x⟩ − lse(x) by s(Σp − 1): a line without a bound unless the
    entries of p sum to 1."""
    value = lambda x: xp.sum(p * x) - xp.logsumexp(x)
    return Equal(value(x + s), value(x) + s * (xp.sum(p) - total))


definition_lse_domain.vary("it changes by sΣp: finite for Σp = 0", key="constant", total=0)


@claim(
    "legendre-definition-lse-negative",
    title="With a negative entry the conjugate of log-sum-exp is infinite",
    sources=[ours()],
    equations=["eq-legendre-lse-negative"],
    given=dict(p=vector("m+1"), s=nonnegative()),
    needs=["legendre-definition-lse"],
)
def definition_lse_negative(xp, p, s):
    """Where x_k = −s ≤ 0 and the n − 1 = m other entries are 0, ⟨p, x⟩ − lse(x) is at least
    −s p_k − log n: without a bound if p_k < 0."""
    n, small, large = p.shape[0], xp.exp(-s), xp.exp(s)
    others = n - 1 + small  # log(n/others) >= (n - others)/n = e^(-s) (e^s - 1)/n
    growth = s + xp.relative_entropy(1, large)
    gap = (xp.relative_entropy(n * xp.one, others) + small * growth) / n
    left, right = _beside_zeros(xp, p, s, n)
    return AtMost(left, right, gap=gap)


def _beside_zeros(xp, p, s, n):
    """The two sides, for k = 1."""
    value = -s * p[0] - xp.log(p.shape[0] - 1 + xp.exp(-s))
    return -s * p[0] - xp.log(n * xp.one), value


@definition_lse_negative.neighbour("−log(n − 1) for −log n", key="one-less")
def _(xp, p, s):
    return AtMost(*_beside_zeros(xp, p, s, p.shape[0] - 1))


@claim(
    "legendre-definition-softplus",
    expect="proved",
    title="The conjugate of softplus is the binary entropy",
    sources=[TALK],
    equations=["eq-legendre-softplus"],
    given=dict(x=real(), p=simplex(2)),
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
    equations=["eq-legendre-softplus-attained"],
    given=dict(p=chance()),
    needs=["legendre-definition-softplus"],
)
def definition_softplus_attained(xp, p, *, sign=1):
    """For 0 < p < 1 the log-odds x = log p − log(1 − p) give p x − log(1 + e^x) = p log p +
    (1 − p) log(1 − p)."""
    odds = xp.log(p) - xp.log(1 - p)
    return Equal(p * odds - xp.log(1 + xp.exp(odds)), sign * binary_entropy(xp, p))


definition_softplus_attained.vary("the sign of the entropy", key="entropy-sign", sign=-1)


@claim(
    "legendre-definition-cone",
    expect="proved",
    title="The conjugate of a cone's indicator is finite, and 0, on the polar cone",
    sources=[TALK],
    equations=["eq-legendre-cone"],
    given=dict(x=nonnegative("n"), y=nonnegative("n"), A=matrix("n", "n"), B=matrix("n", "n")),
    tex=r"\sup_{x\in K}\langle y,x\rangle=0\quad\text{for } y\in K^\circ",
    differs="otherwise",
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
    expect="proved",
    title="Off the polar cone the conjugate of the indicator is infinite",
    sources=[ours()],
    equations=["eq-legendre-cone-domain"],
    given=dict(Y=matrix("n", "n"), v=matrix("n"), s=nonnegative()),
    needs=["legendre-definition-cone"],
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
    expect="proved",
    title="For p < 0 the conjugate of exp is infinite",
    sources=[ours()],
    equations=["eq-legendre-exp-domain"],
    given=dict(c=positive(), s=nonnegative()),
    needs=["legendre-definition-exp"],
)
def definition_exp_domain(xp, c, s):
    """For p = −c < 0 and q = −s ≤ 0, p q − e^q is at least c s − 1: it grows without bound."""
    grown = xp.exp(s)
    room = (s + xp.relative_entropy(1, grown)) / grown
    return at_most(c * s - 1, -c * -s - xp.exp(-s), room=room, sharp=True)


@definition_exp_domain.neighbour("it stays bounded, by p log|p| - p", key="finite")
def _(xp, c, s):
    return AtMost(-c * -s - xp.exp(-s), c - c * xp.log(c))
