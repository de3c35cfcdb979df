"""Nearest points of cones: the second-order cone, and positive semidefinite matrices."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, talk
from fieldcheck.cones import colu, gaps, lorentz, psd
from fieldcheck.domains import (
    cone_vector,
    matrix,
    nonnegative,
    positive,
    unit_vector,
    unitary,
    vector,
)
from fieldcheck.relations import AtMost, Equal, Zero, at_most

CONE = dict(S=[2, 3, 4])
"""Sizes of one conic group."""


# == the second-order-cone projection ==
@claim(
    "soc-projection",
    expect="proved up to S = 4",
    title="The second-order-cone projection, any opening angle",
    sources=[talk("Transformers"), ours("formula: Fukushima, Luo, Tseng 2002")],
    equations=["eq-soc-projection"],
    given=dict(x=cone_vector("S"), a=positive(), s=nonnegative(), v=vector("S-1")),
    sizes=CONE,
)
def soc_projection(xp, x, a, s, v):
    r"""With $u = x_\perp/\lVert x_\perp\rVert$ and $x = \alpha(1, au) + \delta(-a, u)$, the point
    $\alpha_+(1, au) + (-\delta)_+(a, -u)$ lies in the cone $K_a = \{(t, w) : \lVert w\rVert \le
    at\}$ and is the point of $K_a$ nearest to $x$."""
    p = lorentz.project(xp, x, a)
    alpha, delta, u = lorentz.coefficients(xp, x, a)
    z = s * xp.concat([xp.ones(1), a * gaps.ball_point(xp, v)])
    return (
        *at_most(
            xp.sum((x - p) * (z - p)),
            xp.zeros(),
            room=xp.relu(delta - a * xp.relu(-alpha)) * a * s * gaps.obtuse(xp, u, v)
            + (1 + a * a) * xp.relu(-alpha) * s,
            sharp=True,
        ),
        *at_most(xp.norm(p[1:]), a * p[0], room=(1 + a * a) * xp.relu(-delta), sharp=True),
    )


@soc_projection.neighbour("half-angle swapped", key="half-angle-swapped")
def _(xp, x, a, s, v):
    p = lorentz.project(xp, x, 1 / a)
    z = s * xp.concat([xp.ones(1), a * gaps.ball_point(xp, v)])
    return AtMost(xp.sum((x - p) * (z - p)), xp.zeros()), AtMost(xp.norm(p[1:]), a * p[0])


@soc_projection.neighbour("CoLU in its place, at a right angle", key="colu")
def _(xp, x, s, v):
    p = colu.hard(xp, x)
    z = s * xp.concat([xp.ones(1), gaps.ball_point(xp, v)])
    return AtMost(xp.sum((x - p) * (z - p)), xp.zeros()), AtMost(xp.norm(p[1:]), p[0])


@claim(
    "soc-projection-moreau",
    expect="proved up to S = 4",
    title="Moreau's decomposition by a cone and its polar",
    sources=[ours("Moreau 1962")],
    equations=["eq-soc-moreau"],
    given=dict(x=cone_vector("S"), a=positive()),
    sizes=CONE,
)
def soc_moreau(xp, x, a):
    r"""The polar of $K_a$ is $-K_{1/a}$; the projections onto the two add up to $x$ and are
    orthogonal."""
    p, q = lorentz.project(xp, x, a), lorentz.project_polar(xp, x, a)
    return Equal(p + q, x), Zero(xp.sum(p * q))


@soc_moreau.neighbour("half-angle swapped in the polar cone", key="half-angle-swapped")
def _(xp, x, a):
    p, q = lorentz.project(xp, x, a), -lorentz.project(xp, -x, a)
    return Equal(p + q, x), Zero(xp.sum(p * q))


def closeness(xp, x, y, a):
    """-⟨x - Πx, Πy⟩ >= 0, written out."""
    alpha, delta, u = lorentz.coefficients(xp, x, a)
    along, across, v = lorentz.coefficients(xp, y, a)
    along, inside = xp.relu(along), xp.relu(-across)
    length = xp.relu(a * along - inside)
    obtuse = length * xp.norm2(u - v) / 2 + (1 + a * a) * inside
    return xp.relu(delta - a * xp.relu(-alpha)) * obtuse + (1 + a * a) * xp.relu(-alpha) * (
        along + a * inside
    )


@claim(
    "soc-projection-firm",
    expect="proved up to S = 3",
    title="The second-order-cone projection is firmly nonexpansive",
    sources=[ours()],
    given=dict(x=cone_vector("S"), y=cone_vector("S")),
    sizes=dict(S=[2, 3]),
    needs=["soc-projection"],
    tex=r"\lVert\Pi x - \Pi y\rVert^2 \le \langle\Pi x - \Pi y,\, x - y\rangle",
)
def soc_firm(xp, x, y):
    """The projection onto the right-angled cone is firmly nonexpansive, so its Lipschitz constant
    is 1, where CoLU has √2. (For any opening it follows from `soc-projection`: add its inequality
    at Πx for z = Πy to the one at Πy for z = Πx.)"""
    p, q = lorentz.project(xp, x, xp.one), lorentz.project(xp, y, xp.one)
    return at_most(
        xp.sum((p - q) * (p - q)),
        xp.sum((p - q) * (x - y)),
        room=closeness(xp, x, y, xp.one) + closeness(xp, y, x, xp.one),
        sharp=True,
    )


@soc_firm.neighbour("CoLU is firmly nonexpansive", key="colu")
def _(xp, x, y):
    p, q = colu.hard(xp, x), colu.hard(xp, y)
    return AtMost(xp.sum((p - q) * (p - q)), xp.sum((p - q) * (x - y)))


@claim(
    "soc-projection-formula",
    title="The formula of the middle case at a right angle",
    sources=[ours("Fukushima, Luo, Tseng 2002; Li et al. 2023")],
    equations=["eq-soc-formula"],
    given=dict(u=unit_vector("d"), p=positive(), q=positive()),
    sizes=dict(d=[2, 3, 4]),
)
def soc_formula(xp, u, p, q):
    r"""Between the cone and its polar ($t = p - q$, $\lVert w\rVert = p + q$ with $p, q > 0$) the
    projection is $\frac12(1 + t/\lVert w\rVert)(\lVert w\rVert, w)$."""
    x = xp.concat([xp.stack([p - q]), (p + q) * u])
    return Equal(lorentz.project(xp, x, xp.one), lorentz.project_right_angle(xp, x))


@soc_formula.neighbour("with 1 - t/‖w‖", key="sign")
def _(xp, u, p, q):
    x = xp.concat([xp.stack([p - q]), (p + q) * u])
    y = xp.concat([xp.stack([q - p]), (p + q) * u])
    return Equal(lorentz.project(xp, x, xp.one), lorentz.project_right_angle(xp, y))


# == positive semidefinite matrices ==
@claim(
    "psd-cone",
    expect="proved up to n = 3",
    title="The projection onto positive semidefinite matrices is ReLU of the eigenvalues",
    sources=[talk("What About Activation Functions?")],
    equations=["eq-psd"],
    given=dict(U=unitary("n"), e=vector("n"), B=matrix("n", "n")),
    sizes=dict(n=[1, 2, 3]),
)
def psd_projection(xp, U, e, B):
    r"""For $A = U\,\mathrm{diag}(e)\,U^*$ the matrix $U\,\mathrm{diag}(e_+)\,U^*$ is the nearest
    positive semidefinite one in the Frobenius norm."""
    A, P, Z = psd.compose(xp, U, e), psd.project(xp, U, e), B @ xp.star(B)
    return at_most(
        psd.pairing(xp, A - P, Z - P),
        xp.zeros(),
        room=xp.sum(xp.relu(-e) * xp.sum(xp.abs2(xp.star(B) @ U), axis=0)),
        sharp=True,
    )


@psd_projection.neighbour("absolute eigenvalues", key="absolute-eigenvalues")
def _(xp, U, e, B):
    A, P, Z = psd.compose(xp, U, e), psd.compose(xp, U, xp.abs(e)), B @ xp.star(B)
    return AtMost(psd.pairing(xp, A - P, Z - P), xp.zeros())


@claim(
    "psd-cone-moreau",
    expect="proved up to n = 3",
    title="Moreau's decomposition by eigenvalues",
    sources=[talk("What About Activation Functions?")],
    given=dict(U=unitary("n"), e=vector("n")),
    sizes=dict(n=[1, 2, 3]),
    tex=r"A = P(A) - P(-A),\quad \operatorname{Tr}P(A)P(-A) = 0",
)
def psd_moreau(xp, U, e, *, project=psd.project):
    """A Hermitian matrix is the difference of two positive semidefinite ones that are orthogonal:
    its projection and that of its negative."""
    p, q = project(xp, U, e), project(xp, U, -e)
    return Equal(p - q, psd.compose(xp, U, e)), Zero(p @ q)


psd_moreau.vary(
    "with absolute eigenvalues",
    key="absolute-eigenvalues",
    project=lambda xp, U, e: psd.compose(xp, U, xp.abs(e)),
)


@claim(
    "psd-cone-equivariance",
    expect="proved up to n = 2",
    title="The projection commutes with unitary conjugation",
    sources=[talk("What About Activation Functions?"), ours()],
    given=dict(U=unitary("n"), V=unitary("n"), e=vector("n"), B=matrix("n", "n")),
    sizes=dict(n=[1, 2]),
    needs=["psd-cone"],
    tex=r"P(VAV^*) = VP(A)V^*,\quad V \text{ unitary}",
)
def psd_equivariance(xp, U, V, e, B):
    r"""For unitary $V$ the matrix $V P(A) V^*$ satisfies the variational inequality of the nearest
    point to $V A V^*$: the projection is equivariant under $U(n)$."""
    A, P = psd.compose(xp, U, e), psd.project(xp, U, e)
    A, P, Z = V @ A @ xp.star(V), V @ P @ xp.star(V), B @ xp.star(B)
    return at_most(
        psd.pairing(xp, A - P, Z - P),
        xp.zeros(),
        room=xp.sum(xp.relu(-e) * xp.sum(xp.abs2(xp.star(B) @ V @ U), axis=0)),
        sharp=True,
    )


@psd_equivariance.neighbour(
    "for any V", key="any-matrix", given=dict(V=matrix("n", "n")), sizes=dict(n=[2, 3])
)
def _(xp, U, V, e, B):
    A, P = psd.compose(xp, U, e), psd.project(xp, U, e)
    A, P, Z = V @ A @ xp.star(V), V @ P @ xp.star(V), B @ xp.star(B)
    return AtMost(psd.pairing(xp, A - P, Z - P), xp.zeros())
