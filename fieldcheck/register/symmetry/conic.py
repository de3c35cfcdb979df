"""The conic linear unit: its definition and its axioms."""

from __future__ import annotations

from fieldcheck.claim import claim, colu_paper, ours, talk
from fieldcheck.cones import colu, gaps
from fieldcheck.domains import (
    between,
    built,
    cone_vector,
    nonnegative,
    orthogonal,
    positive,
    real,
    unit_vector,
    vector,
)
from fieldcheck.relations import AtMost, Equal, Rate, Zero, at_most

UNDEFINED = ("zero", "zero-row", "axis")
"""Strata on which a quotient by the length of the body is 0/0."""
CONE = dict(S=[2, 3, 4])
"""Sizes of one conic group."""


def off_axis(size):
    """A point (h, n²u) with n ≠ 0 and u a unit vector: anywhere but on the axis."""
    direction, rest = unit_vector(f"{size}-1"), {"h": (), "n": ()}

    def build(xp, raw):
        body = raw["n"] ** 2 * direction.build(xp, {k: raw[k] for k in direction.raw})
        return xp.concat([xp.stack([raw["h"]]), body])

    return built(
        "point off the axis",
        (size,),
        {**direction.raw, **rest},
        build,
        covers="all",
        nonzero=("n",),
        signs=direction.signs,
        within=direction.within,
    )


# == the conic linear unit: definition ==
@claim(
    "colu-definition",
    title="CoLU: the axis is kept, the body is clipped",
    sources=[colu_paper("Definition of CoLU"), talk("Conic Activation Functions")],
    equations=["eq-colu"],
    given=dict(x=off_axis("S")),
    sizes=dict(S=[3, 4]),
)
def colu_definition(xp, x, *, activation=colu.hard, clip=lambda xp, r: xp.clip(r, 0, 1)):
    """The library's CoLU of one group, defined for every x, equals the printed quotient wherever
    the body is not zero. A negative axis is kept."""
    body = x[1:]
    ratio = clip(xp, x[0] / xp.norm(body))
    return Equal(activation(xp, x), xp.concat([x[:1], ratio * body]))


colu_definition.vary("rectified axis", key="rectified-axis", activation=colu.rectified)
colu_definition.vary(
    "maximum and minimum swapped",
    key="max-min-swapped",
    clip=lambda xp, r: xp.maximum(xp.minimum(r, 0), 1),
)


@claim(
    "colu-definition-slice",
    expect="proved up to S = 4",
    title="With its axis held, CoLU goes to the nearest point of the slice",
    sources=[colu_paper("Lorentz cone"), ours()],
    equations=["eq-colu-slice"],
    given=dict(x=cone_vector("S"), v=vector("S-1")),
    sizes=CONE,
    needs=["colu-definition"],
)
def colu_slice(xp, x, v):
    """With its axis held fixed, a point goes to the nearest point of the disc that the cone cuts
    out at that height: CoLU is a projection within the slice. Below the apex, where the cone cuts
    out nothing, it goes to the axis."""
    radius, n, u = xp.relu(x[0]), xp.norm(x[1:]), xp.unit(x[1:])
    y = colu.hard(xp, x)[1:]
    z = radius * gaps.ball_point(xp, v)
    length = xp.minimum(radius, n)
    return (
        *at_most(
            xp.sum((x[1:] - y) * (z - y)),
            xp.zeros(),
            room=xp.relu(n - radius) * radius * gaps.obtuse(xp, u, v),
            sharp=True,
        ),
        *at_most(xp.norm2(y), radius**2, room=xp.relu(radius - n) * (radius + length), sharp=True),
    )


@colu_slice.reading(
    "what it projects onto is the cone",
    given=dict(x=cone_vector("S")),
    tex=r"\norm{\colu(x)_{2..S}}\le\colu(x)_1",
)
def _(xp, x):
    y = colu.hard(xp, x)
    return AtMost(xp.norm(y[1:]), y[0])


@colu_slice.neighbour("with an opening twice as wide", key="twice-as-wide")
def _(xp, x, v):
    radius, n, u = xp.relu(x[0]), xp.norm(x[1:]), xp.unit(x[1:])
    y = xp.minimum(2 * radius, n) * u
    z = radius * gaps.ball_point(xp, v)
    return (
        AtMost(xp.sum((x[1:] - y) * (z - y)), xp.zeros()),
        AtMost(xp.norm2(y), radius**2),
    )


@claim(
    "colu-definition-rotated",
    title="RCoLU is CoLU in rotated axes",
    sources=[colu_paper("RCoLU")],
    equations=["eq-rcolu"],
    given=dict(x=cone_vector("S"), Q=orthogonal("S")),
    sizes=dict(S=[2, 3]),
    needs=["colu-definition"],
)
def rcolu(xp, x, Q):
    """The rotated form, repaired, is CoLU with its axis turned to e = Qe_1."""
    return Equal(colu.rotated(xp, Q @ x, Q[:, 0]), Q @ colu.hard(xp, x))


@rcolu.printed(
    "the rotated form as printed",
    tex=r"x_e + \max\bigl(\min(\lVert x_e\rVert/\lVert x_r\rVert, 0), 1\bigr)\, x_r",
)
def _(xp, x, Q):
    return Equal(colu.rotated_as_printed(xp, Q @ x, Q[:, 0]), Q @ colu.hard(xp, x))


@rcolu.neighbour(
    "the absolute value of the axis part in the ratio",
    key="absolute-axis",
)
def _(xp, x, Q):
    y, e = Q @ x, Q[:, 0]
    along = xp.sum(y * e)
    rest = y - along * e
    ratio = xp.clip(xp.abs(along) / xp.norm(rest), 0, 1)
    return Equal(along * e + ratio * rest, Q @ colu.hard(xp, x))


@claim(
    "colu-definition-printed-rcolu",
    expect="proved up to S = 4",
    title="The printed RCoLU does nothing",
    sources=[colu_paper("RCoLU")],
    given=dict(x=cone_vector("S").without_strata(*UNDEFINED), e=unit_vector("S")),
    sizes=CONE,
    tex=r"x_e + \max\bigl(\min(\lVert x_e\rVert/\lVert x_r\rVert, 0), 1\bigr)\, x_r = x",
)
def printed_rcolu(xp, x, e):
    """The formula as printed takes the minimum with 0 first and then the maximum with 1, so its
    factor is 1 and the map is the identity."""
    return Equal(colu.rotated_as_printed(xp, x, e), x)


@printed_rcolu.neighbour("the repaired formula does nothing", key="repaired")
def _(xp, x, e):
    return Equal(colu.rotated(xp, x, e), x)


@claim(
    "colu-definition-firm",
    expect="proved up to S = 4",
    title="The firm form touches the hard one at ratio one half",
    sources=[colu_paper("soft and firm scaling")],
    given=dict(w=vector("S-1").without_strata(*UNDEFINED)),
    sizes=CONE,
    tex=r"\sigma(4r-2) = r \text{ and } \tfrac{d}{dr}\sigma(4r-2) = 1 \text{ at } r = \tfrac12",
)
def colu_firm(xp, w, *, form=colu.firm):
    """Where the axis is half as long as the body, the firm form has the value and the derivative
    along the axis of the hard form."""
    x = xp.concat([xp.stack([xp.norm(w) / 2]), w])
    up = xp.concat([xp.ones(1), w * 0])
    return (
        Equal(form(xp, x), colu.hard(xp, x)),
        Equal(xp.push(lambda y: form(xp, y), x, up), xp.push(lambda y: colu.hard(xp, y), x, up)),
    )


colu_firm.vary("the soft form does, too", key="soft-form", form=colu.soft)


# == the conic linear unit: axioms ==
@claim(
    "colu-axioms",
    title="CoLU is idempotent and positively homogeneous",
    sources=[colu_paper("axioms"), talk("What About Activation Functions?")],
    equations=["eq-colu-idempotent"],
    given=dict(x=cone_vector("S"), t=positive()),
    sizes=CONE,
)
def colu_axioms(xp, x, t, *, form=colu.hard):
    """The hard form is idempotent and positively homogeneous."""
    y = form(xp, x)
    return Equal(form(xp, y), y), Equal(form(xp, t * x), t * y)


colu_axioms.vary("the soft form is idempotent", key="soft-form-idempotent", form=colu.soft)
colu_axioms.vary("the firm form is idempotent", key="firm-form-idempotent", form=colu.firm)


@colu_axioms.neighbour(
    "the form guarded by epsilon is idempotent",
    key="epsilon-idempotent",
    given=dict(epsilon=positive()),
)
def _(xp, x, epsilon):
    y = colu.guarded(xp, x, epsilon)
    return Equal(colu.guarded(xp, y, epsilon), y)


@colu_axioms.neighbour(
    "the form guarded by epsilon is homogeneous",
    key="epsilon-homogeneous",
    given=dict(epsilon=positive()),
)
def _(xp, x, t, epsilon):
    return Equal(colu.guarded(xp, t * x, epsilon), t * colu.guarded(xp, x, epsilon))


@claim(
    "colu-axioms-fixed",
    expect="proved up to S = 4",
    title="CoLU fixes its cone and the negative axis",
    sources=[colu_paper("axioms")],
    given=dict(w=vector("S-1"), s=nonnegative()),
    sizes=CONE,
    tex=r"\lambda(\lVert w\rVert + s,\, w) = (\lVert w\rVert + s,\, w),\qquad "
    r"\lambda(-s, 0) = (-s, 0),\quad s \ge 0",
)
def colu_fixed(xp, w, s):
    """The identity on the cone, and on the negative axis."""
    inside = xp.concat([xp.stack([xp.norm(w) + s]), w])
    axis = xp.concat([xp.stack([-s]), w * 0])
    return Equal(colu.hard(xp, inside), inside), Zero(colu.hard(xp, axis) - axis)


@colu_fixed.neighbour("it fixes all points below the apex", key="half-space")
def _(xp, w, s):
    below = xp.concat([xp.stack([-s]), w])
    return Equal(colu.hard(xp, below), below)


@claim(
    "colu-axioms-boundary",
    expect="proved up to S = 4",
    title="CoLU has the talk's boundary axiom, too",
    sources=[talk("What About Activation Functions?"), ours()],
    given=dict(x=cone_vector("S")),
    sizes=CONE,
    needs=["colu-axioms-fixed"],
    tex=r"\lVert\lambda(x)_\perp\rVert=\min\bigl((x_1)_+,\,\lVert x_\perp\rVert\bigr)",
)
def colu_boundary(xp, x):
    """Ω, the fixed set, is the cone and the negative axis. Outside it a body is shortened to the
    length of the axis, or to nothing below the apex: to the cone's surface, or to the negative
    axis, which is its own boundary. As directions are kept, all of both is reached."""
    body = colu.hard(xp, x)[1:]
    return Equal(xp.norm2(body), xp.minimum(xp.relu(x[0]), xp.norm(x[1:])) ** 2)


@colu_boundary.neighbour("every body goes to the surface", key="all-to-the-surface")
def _(xp, x):
    return Equal(xp.norm2(colu.hard(xp, x)[1:]), xp.relu(x[0]) ** 2)


@colu_boundary.neighbour("the nearest point of the cone instead", key="nearest")
def _(xp, x):
    n = xp.norm(x[1:])
    length = xp.minimum(xp.relu(x[0] + n) / 2, n)
    return Equal(xp.norm2(colu.hard(xp, x)[1:]), length**2)


def guarded_defect(xp, h, n, epsilon):
    """Length of the second step of the guarded CoLU from axis h >= 0 and body length n."""
    m = xp.relu(n + epsilon - h)
    return h * n * epsilon * m / ((n + epsilon) * (h * n + epsilon * (n + epsilon)))


@claim(
    "colu-axioms-epsilon",
    expect="proved up to S = 4",
    title="A guard ε in the quotient moves the second application by less than ε",
    sources=[ours()],
    equations=["eq-colu-epsilon"],
    given=dict(x=cone_vector("S"), epsilon=positive()),
    sizes=CONE,
    tex=r"\lambda_\varepsilon\lambda_\varepsilon x - \lambda_\varepsilon x = -\delta u,\quad "
    r"0 \le \delta \le \varepsilon",
    differs="less",
)
def colu_epsilon(xp, x, epsilon):
    r"""With $x_1/(\lVert x_\perp\rVert + \varepsilon)$ in place of the quotient, the second
    application shortens the body by $\delta = hn\varepsilon m/((n+\varepsilon)(hn+\varepsilon
    (n+\varepsilon)))$, where $h = (x_1)_+$, $n = \lVert x_\perp\rVert$, $m = (n+\varepsilon-h)_+$;
    and $\delta \le \varepsilon$."""
    h, n = xp.relu(x[0]), xp.norm(x[1:])
    delta = guarded_defect(xp, h, n, epsilon)
    y = colu.guarded(xp, x, epsilon)
    moved = (colu.guarded(xp, y, epsilon) - y)[1:]
    bottom = (n + epsilon) * (h * n + epsilon * (n + epsilon))
    room = xp.minimum(h, n + epsilon) * h * n + epsilon * (n + epsilon) ** 2
    return (
        Equal(moved, -delta * xp.unit(x[1:])),
        *at_most(delta, epsilon, room=epsilon * room / bottom),
    )


@colu_epsilon.neighbour("by less than half of ε", key="half-epsilon")
def _(xp, x, epsilon):
    h, n = xp.relu(x[0]), xp.norm(x[1:])
    return AtMost(guarded_defect(xp, h, n, epsilon), epsilon / 2)


@claim(
    "colu-axioms-epsilon-limit",
    expect="proved",
    title="ε is the supremum of the defect, reached in a limit only",
    sources=[ours()],
    given=dict(epsilon=positive()),
    needs=["colu-axioms-epsilon"],
    tex=r"\varepsilon - \delta(h = k,\, n = k^2) = \frac{\varepsilon(1+\varepsilon)}{k} + \dots",
)
def colu_epsilon_limit(xp, epsilon, *, order=1):
    r"""Along $h = k$, $n = k^2$ the defect tends to $\varepsilon$ from below at the rate $1/k$."""
    return Rate(
        lambda k: epsilon - guarded_defect(xp, xp.lift(k), xp.lift(k * k), epsilon),
        order=order,
        constant=epsilon * (1 + epsilon) if order == 1 else None,
        start=256,
    )


colu_epsilon_limit.vary("at the rate 1/k²", key="second-order", order=2)


def soft_defect(xp, r):
    """How far the soft form moves its own value, relative to the body, at the ratio r."""
    first = xp.logistic(r - xp.one / 2)
    return first * (1 - xp.logistic(r / first - xp.one / 2))


def firm_defect(xp, r):
    """The same for the firm form."""
    first = xp.logistic(4 * r - 2)
    return first * (1 - xp.logistic(4 * r / first - 2))


@claim(
    "colu-axioms-second-step",
    expect="proved",
    title="How far the soft and firm forms move their own values",
    sources=[ours()],
    equations=["eq-colu-second-step"],
    given=dict(r=real()),
)
def colu_second_step(xp, r):
    """At the ratio r the first application scales the body by σ_1, which divides the ratio by σ_1,
    and the second scales what is left by σ_2. (For the firm form with 4r − 2 for r − ½.)"""
    return (
        _second_step(xp, colu.soft, r, soft_defect(xp, r)),
        _second_step(xp, colu.firm, r, firm_defect(xp, r)),
    )


def _second_step(xp, activation, r, defect):
    """The activation's own value at (r, 1) less what it makes of that is (0, defect)."""
    y = activation(xp, xp.stack([r, xp.one]))
    return Equal(y - activation(xp, y), xp.stack([xp.zeros(), defect]))


@colu_second_step.neighbour("the ratio stays what it was", key="same-ratio")
def _(xp, r):
    first = xp.logistic(r - xp.one / 2)
    return _second_step(xp, colu.soft, r, first * (1 - first))


@claim(
    "colu-axioms-soft",
    expect="proved",
    title="The soft form moves its own values by about a quarter of the body",
    sources=[ours()],
    given=dict(r=between(-3, 3)),
    box=dict(raw={"r.x": (-1, 1)}),
    tex=r"\sigma_1 (1-\sigma_2) < \tfrac{13}{50},\quad "
    r"\sigma_1 = \sigma(r - \tfrac12),\ \sigma_2 = \sigma(r/\sigma_1 - \tfrac12)",
)
def colu_soft_defect(xp, r):
    r"""The second application of the soft form moves the body by $\sigma_1(1-\sigma_2)$ times its
    length, which stays below 0.26 for ratios $r$ between -3 and 3 (and all the more beyond, where
    one of the two factors is small)."""
    x = xp.stack([r, xp.one])
    y = colu.soft(xp, x)
    return (
        AtMost(soft_defect(xp, r), xp.lift(13) / 50),
        Equal((y - colu.soft(xp, y))[1], soft_defect(xp, r)),
    )


@claim(
    "colu-axioms-firm",
    expect="proved",
    title="The firm form moves its own values by about a tenth of the body",
    sources=[ours()],
    given=dict(r=between(-1, 2)),
    box=dict(raw={"r.x": (-1, 1)}),
    tex=r"\sigma_1 (1-\sigma_2) < \tfrac{11}{100},\quad "
    r"\sigma_1 = \sigma(4r - 2),\ \sigma_2 = \sigma(4r/\sigma_1 - 2)",
)
def colu_firm_defect(xp, r):
    """The second application of the firm form moves the body by less than 0.11 of its length, for
    ratios r between -1 and 2 (beyond, one of the two factors is below 1/400)."""
    x = xp.stack([r, xp.one])
    y = colu.firm(xp, x)
    return (
        AtMost(firm_defect(xp, r), xp.lift(11) / 100),
        Equal((y - colu.firm(xp, y))[1], firm_defect(xp, r)),
    )


@colu_firm_defect.neighbour("by at most a tenth", key="a-tenth", box=dict(raw={"r.x": (-1, 1)}))
def _(xp, r):
    return AtMost(firm_defect(xp, r), xp.one / 10)


@colu_soft_defect.neighbour("by at most a quarter", key="a-quarter", box=dict(raw={"r.x": (-1, 1)}))
def _(xp, r):
    return AtMost(soft_defect(xp, r), xp.one / 4)
