"""The analytic axiom, and truncation."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, poster
from fieldcheck.domains import matrix, positive, real, real_matrix
from fieldcheck.fields.actions import newton_action, phase_space_action
from fieldcheck.register.effective.shared import WHY_EFFECTIVE, circle
from fieldcheck.relations import Equal, Rate, Zero


@claim(
    "axiom-analytic",
    expect="proved",
    title="A term with p factors of X and q of its conjugate turns with the phase p − q",
    sources=[WHY_EFFECTIVE],
    equations=["eq-ef-phase"],
    given=dict(X=matrix("N", "C"), a=matrix("N", "C"), b=matrix("N", "C"), t=real()),
)
def analytic(xp, X, a, b, t):
    """A term with p factors of X and q of X* is multiplied by z^(p−q) under X → zX, |z| = 1. So an
    invariant one has p = q: no odd terms, and no (3,1) or (4,0) among the quartics either."""
    z = circle(xp, t)
    u = lambda X: xp.sum(a * X)
    w = lambda X: xp.sum(b * xp.conj(X))
    terms = lambda X: xp.stack(
        [u(X) ** 2 * w(X), u(X) ** 3 * w(X), u(X) ** 3 * w(X) ** 2, u(X) ** 2 * w(X) ** 2]
    )
    return Equal(terms(z * X), terms(X) * xp.stack([z, z * z, z, xp.one]))


@analytic.neighbour("a cubic term allowed", key="cubic-allowed")
def _(xp, X, a, b, t):
    V = lambda X: xp.sum(a * X) ** 2 * xp.sum(b * xp.conj(X))
    return Equal(V(circle(xp, t) * X), V(X))


@analytic.neighbour("a quartic with three factors of X and one conjugate", key="three-one-allowed")
def _(xp, X, a, b, t):
    V = lambda X: xp.sum(a * X) ** 3 * xp.sum(b * xp.conj(X))
    return Equal(V(circle(xp, t) * X), V(X))


@claim(
    "axiom-analytic-parity",
    expect="proved",
    title="The sign alone removes the odd degrees",
    sources=[WHY_EFFECTIVE],
    given=dict(X=matrix("N", "C"), a=matrix("N", "C"), b=matrix("N", "C")),
    tex=r"V_{3}(X)+V_{3}(-X) = 0 = V_{5}(X)+V_{5}(-X)",
)
def parity(xp, X, a, b):
    """Averaged over X and −X, a real-analytic cubic or quintic is zero; an invariant one is its own
    average. The sum a·X + b·X̄ runs through all real-linear forms, and powers of these span."""
    form = lambda X: xp.sum(a * X) + xp.sum(b * xp.conj(X))
    return Zero(xp.stack([form(X) ** 3 + form(-X) ** 3, form(X) ** 5 + form(-X) ** 5]))


@parity.neighbour("a quartic too", key="quartic-removed")
def _(xp, X, a, b):
    form = lambda X: xp.sum(a * X) + xp.sum(b * xp.conj(X))
    return Zero(form(X) ** 4 + form(-X) ** 4)


def _log_det_force(xp, X, W):
    """The force of −log det(1 − W X*X): X (W + WMW + WMWMW + ...)."""
    M = xp.star(X) @ X
    return X @ xp.solve(xp.eye(W.shape[0]) - W @ M, W)


def _truncated(xp, X, W):
    """Its first two terms."""
    return X @ W + X @ W @ xp.star(X) @ X @ W


TRUNCATION = dict(X=matrix("N", "C"), W=matrix("C", "C"))
TRUNCATION_SIZES = dict(N=[1, 2, 3], C=[1, 2, 3])


@claim(
    "rescaling-truncation",
    expect="proved up to N, C = 3",
    title="Small tokens: the truncated force errs at fifth order",
    sources=[WHY_EFFECTIVE, poster("Result")],
    equations=["eq-ef-truncation"],
    given=TRUNCATION,
    sizes=TRUNCATION_SIZES,
)
def truncation(xp, X, W, *, order=5):
    """For V = −log det(1 − W X*X), analytic and invariant under U(N), the force without its terms
    beyond V4 is wrong by ε⁵‖XWMWMW‖ to leading order at tokens of size ε."""
    M = xp.star(X) @ X
    gap = lambda n: xp.norm(_log_det_force(xp, X / n, W) - _truncated(xp, X / n, W))
    constant = xp.norm(X @ W @ M @ W @ M @ W) if order == 5 else None
    return Rate(gap, order, constant, start=512)


truncation.vary("order 3", key="order-3", order=3)
truncation.vary("order 6, that of the potential", key="order-6", order=6)


@truncation.neighbour("the interaction left out as well", key="quadratic-only")
def _(xp, X, W):
    return Rate(lambda n: xp.norm(_log_det_force(xp, X / n, W) - X @ W / n), 5, start=512)


@claim(
    "rescaling-truncation-relative",
    title="Relative to the free force the error is of fourth order, to the interaction of second",
    sources=[WHY_EFFECTIVE, ours()],
    needs=["rescaling-truncation"],
    given=TRUNCATION,
    sizes=TRUNCATION_SIZES,
    tex=r"\frac{\lVert F-F_2-F_4\rVert}{\lVert F_2\rVert} = O(\varepsilon^4),\quad "
    r"\frac{\lVert F-F_2-F_4\rVert}{\lVert F_4\rVert} = O(\varepsilon^2)",
)
def relative(xp, X, W):
    """The error of the truncated force over the quadratic's force falls as ε⁴, over the quartic's
    as ε²."""

    def ratio(n, part):
        Y = X / n
        gap = xp.norm(_log_det_force(xp, Y, W) - _truncated(xp, Y, W))
        return gap / xp.norm(part(Y))

    M = xp.star(X) @ X
    sixth = xp.norm(X @ W @ M @ W @ M @ W)
    quadratic, quartic_ = lambda Y: Y @ W, lambda Y: Y @ W @ xp.star(Y) @ Y @ W
    return (
        Rate(lambda n: ratio(n, quadratic), 4, sixth / xp.norm(X @ W), start=512),
        Rate(lambda n: ratio(n, quartic_), 2, sixth / xp.norm(X @ W @ M @ W), start=512),
    )


@relative.neighbour("fourth order relative to the interaction", key="fourth-order")
def _(xp, X, W):
    def ratio(n):
        Y = X / n
        gap = xp.norm(_log_det_force(xp, Y, W) - _truncated(xp, Y, W))
        return gap / xp.norm(Y @ W @ xp.star(Y) @ Y @ W)

    return Rate(ratio, 4, start=512)


@claim(
    "rescaling-truncation-trajectory",
    expect="proved up to N, C = 2",
    title="Through a network of fixed depth the truncation error stays of fifth order",
    sources=[WHY_EFFECTIVE, ours()],
    needs=["rescaling-truncation"],
    given=TRUNCATION,
    sizes=dict(N=[1, 2], C=[1, 2]),
    tex=r"\lVert X^{\mathrm{full}}_3-X^{\mathrm{trunc}}_3\rVert \sim \varepsilon^5"
    r"\,\bigl\lVert\tfrac13\textstyle\sum_{k<3}F_6(XL^k)L^{2-k}\bigr\rVert,"
    r"\qquad L = 1-\tfrac{\ii}3W",
)
def trajectory(xp, X, W, *, carried=True):
    """Three conservative layers X − iF(X)/3, with the full and with the truncated force, started at
    the same tokens of size ε, end O(ε⁵) apart. The constant: what each layer leaves out, carried on
    by the linear part L = 1 − iW/3 of the others."""
    L = xp.eye(W.shape[0]) - xp.i * W / 3
    here, total = X, X * 0
    for _ in range(3):
        M = xp.star(here) @ here
        total = (total @ L if carried else total) + here @ W @ M @ W @ M @ W / 3
        here = here @ L
    return Rate(lambda n: _apart(xp, X / n, W), 5, xp.norm(total), start=512)


def _apart(xp, X, W):
    full = short = X
    for _ in range(3):
        full = full - xp.i * _log_det_force(xp, full, W) / 3
        short = short - xp.i * _truncated(xp, short, W) / 3
    return xp.norm(full - short)


@trajectory.neighbour("order 3", key="order-3")
def _(xp, X, W):
    return Rate(lambda n: _apart(xp, X / n, W), 3, start=512)


trajectory.vary("the errors of the layers added as they are", key="not-carried", carried=False)


@trajectory.neighbour("order 6", key="order-6")
def _(xp, X, W):
    return Rate(lambda n: _apart(xp, X / n, W), 6, start=512)


def _couplings(xp, g2, g4, g6):
    """g2‖x‖² + g4‖x‖⁴ + g6‖x‖⁶."""

    def V(x):
        y = xp.norm2(x)
        return g2 * y + g4 * y**2 + g6 * y**3

    return V


COUPLINGS = dict(
    path=matrix("K+1", "C"), h=positive(), b=positive(), g2=real(), g4=real(), g6=real()
)


@claim(
    "rescaling-truncation-marginal",
    expect="proved up to C, K = 2",
    title="In the first-order action all couplings scale alike: none is irrelevant",
    sources=[poster("Result"), paper("irrelevant at low energy scales")],
    equations=["eq-ef-first-order-scaling"],
    given=COUPLINGS,
    sizes=dict(K=[1, 2], C=[1, 2]),
)
def marginal(xp, path, h, b, g2, g4, g6, *, powers=(1, 1, 1)):
    """The kinetic term of the first-order action has no scale of time. Stretching time by b, with X
    left alone so that the kinetic term stays, multiplies every coupling by b."""
    scaled = [b**k * g for k, g in zip(powers, (g2, g4, g6), strict=True)]
    stretched = phase_space_action(xp, path, b * h, _couplings(xp, g2, g4, g6))
    return Equal(stretched, phase_space_action(xp, path, h, _couplings(xp, *scaled)))


marginal.vary(
    "the sextic loses a factor b against the quartic",
    role="reading",
    tex=r"t\to bt:\quad g_6/g_4\to b^{-1}\,g_6/g_4",
    powers=(1, 1, 0),
)
marginal.vary("the quartic alone is marginal", key="quartic-marginal", powers=(1, 0, 1))


@claim(
    "rescaling-truncation-hbar",
    title="With X in units of √ħ a term of degree 2k carries ħ^(k − 1)",
    sources=[WHY_EFFECTIVE, ours("the scale for which the order in ħ counts interactions")],
    equations=["eq-ef-hbar"],
    given=dict(
        path=matrix("K+1", "C"), h=positive(), r=positive(), g2=real(), g4=real(), g6=real()
    ),
    sizes=dict(K=[1, 2], C=[1, 2]),
)
def hbar(xp, path, h, r, g2, g4, g6, *, power=1):
    """The weight of a path is e^(iS/ħ). For X = √ħ Y the kinetic and the quadratic term lose ħ, and
    the term of degree 2k keeps ħ^(k−1): truncation is an expansion in ħ. Here r = √ħ."""
    units = phase_space_action(xp, r**power * path, h, _couplings(xp, g2, g4, g6)) / r**2
    scaled = _couplings(xp, g2, r**2 * g4, r**4 * g6)
    return Equal(units, phase_space_action(xp, path, h, scaled))


hbar.vary("X in units of ħ", role="printed", tex=r"X/\hbar\to X", power=2)
hbar.vary("X left alone", key="no-unit", power=0)


@claim(
    "rescaling-truncation-relevant",
    expect="proved up to C, K = 2",
    title="In the second-order action higher powers are more relevant",
    sources=[poster("Result"), ours("power counting")],
    equations=["eq-ef-second-order-scaling"],
    given=dict(
        path=real_matrix("K+1", "C"), h=positive(), c=positive(), g2=real(), g4=real(), g6=real()
    ),
    sizes=dict(K=[1, 2], C=[1, 2]),
)
def relevant(xp, path, h, c, g2, g4, g6, *, powers=(4, 6, 8)):
    """With kinetic energy ½‖X'‖², stretching time by c² goes with X → cX. The coupling of power 2k
    is multiplied by c^(2k+2): at long times the higher powers grow faster."""
    scaled = [c**k * g for k, g in zip(powers, (g2, g4, g6), strict=True)]
    stretched = newton_action(xp, c * path, c**2 * h, _couplings(xp, g2, g4, g6))
    return Equal(stretched, newton_action(xp, path, h, _couplings(xp, *scaled)))


relevant.vary("higher powers grow less", key="higher-powers-irrelevant", powers=(4, 2, 0))
relevant.vary("all alike, as in the first-order action", key="all-alike", powers=(4, 4, 4))
