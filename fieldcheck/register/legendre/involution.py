"""Conjugating twice."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import nonnegative, real, simplex, vector
from fieldcheck.fields.duality import double_well, double_well_hull, largest
from fieldcheck.register.legendre.shared import TEXTBOOK
from fieldcheck.relations import AtMost, Equal, at_most


@claim(
    "legendre-involution",
    expect="proved",
    title="Conjugating twice gives back a convex quartic",
    sources=[TEXTBOOK],
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
    expect="proved",
    title="The biconjugate of a double well is its convex hull",
    sources=[TEXTBOOK],
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


@involution_double_well.neighbour(
    "L** = L for the double well as well", tex=r"L^{**}=L", key="involution"
)
def _(xp, q):
    return Equal(double_well_hull(xp, q), double_well(xp, q))


@involution_double_well.neighbour("tangents between the wells support it too", key="inner-tangents")
def _(xp, q, d):
    r = d / (1 + d**2)
    return AtMost(double_well(xp, r) + r * (r**2 - 1) * (q - r), double_well(xp, q))


@claim(
    "legendre-involution-hull",
    expect="proved",
    title="The filled-in double well lies below every chord of the double well",
    sources=[ours()],
    equations=["eq-legendre-hull"],
    given=dict(u=real(), v=real(), w=simplex(2)),
    needs=["legendre-involution-double-well"],
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
    expect="proved up to n = 6",
    title="Every conjugate is convex, so L** = L only for convex L",
    sources=[ours()],
    equations=["eq-legendre-conjugate-convex"],
    given=dict(q=vector("n"), L=vector("n"), p=real(), r=real(), w=simplex(2)),
    sizes=dict(n=[2, 3, 4, 5, 6]),
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
    expect="proved",
    title="A convex function that jumps up at its edge does not come back",
    sources=[ours()],
    equations=["eq-legendre-not-closed"],
    given=dict(a=real(), b=real(), t=nonnegative()),
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
