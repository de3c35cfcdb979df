"""Why the field is said to be effective: chapter ``effective``.

Order of the file: the analytic axiom and truncation; token symmetry; counting the invariant
quartics; heads and double traces; orderings; the right symmetry; what softmax and positions do.
"""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, poster, talk
from fieldcheck.domains import (
    built,
    hermitian,
    matrix,
    number,
    positive,
    real,
    real_matrix,
    root,
    symmetric,
    unitary,
    vector,
)
from fieldcheck.fields import invariants
from fieldcheck.fields.actions import newton_action, phase_space_action
from fieldcheck.fields.potentials import double_trace, quadratic, quartic, softmax_energy
from fieldcheck.relations import AtMost, Equal, Force, Rank, Rate, Zero, at_most

AXIOM_1 = talk("Axiom 1: Real Analyticity")
AXIOM_2 = talk("Axiom 2: Left Permutation Symmetry")
AXIOM_3 = talk("Axiom 3: Right Learnable U(1) Symmetry")
LEMMA_4 = paper("Lemma 4 and Theorem 5")


def _probes(K):
    """K states at once."""
    return built(
        "tensor of states",
        (K, "N", "C"),
        {"re": (K, "N", "C"), "im": (K, "N", "C")},
        lambda xp, raw: raw["re"] + xp.i * raw["im"],
        covers="all",
    )


def _real_probes(K):
    dims = (K, "N", "C")
    return built("tensor of states", dims, {"x": dims}, lambda xp, raw: raw["x"], covers="all")


def _swapped(xp, X):
    """The first two tokens change places."""
    return xp.stack([X[1], X[0], *(X[k] for k in range(2, X.shape[0]))])


def _circle(xp, t):
    """A complex number of modulus one, rational in t."""
    return (1 - t * t + 2 * xp.i * t) / (1 + t * t)


# -- the analytic axiom ---------------------------------------------------------------------------
@claim(
    "axiom-analytic",
    title="A term with p factors of X and q of its conjugate turns with the phase p − q",
    sources=[AXIOM_1, AXIOM_3],
    chapter="effective",
    equations=["eq-ef-phase"],
    given=dict(X=matrix("N", "C"), a=matrix("N", "C"), b=matrix("N", "C"), t=real()),
    tex=r"V_{p,q}(zX) = z^{p-q}\,V_{p,q}(X)\quad(|z|=1)",
)
def analytic(xp, X, a, b, t):
    """A term with p factors of X and q of X* is multiplied by z^(p−q) under X → zX, |z| = 1. So an
    invariant one has p = q: no odd terms, and no (3,1) or (4,0) among the quartics either."""
    z = _circle(xp, t)
    u = lambda X: xp.sum(a * X)
    w = lambda X: xp.sum(b * xp.conj(X))
    terms = lambda X: xp.stack(
        [u(X) ** 2 * w(X), u(X) ** 3 * w(X), u(X) ** 3 * w(X) ** 2, u(X) ** 2 * w(X) ** 2]
    )
    return Equal(terms(z * X), terms(X) * xp.stack([z, z * z, z, xp.one]))


@analytic.neighbour("a cubic term allowed", key="cubic-allowed")
def _(xp, X, a, b, t):
    V = lambda X: xp.sum(a * X) ** 2 * xp.sum(b * xp.conj(X))
    return Equal(V(_circle(xp, t) * X), V(X))


@analytic.neighbour("a quartic with three factors of X and one conjugate", key="three-one-allowed")
def _(xp, X, a, b, t):
    V = lambda X: xp.sum(a * X) ** 3 * xp.sum(b * xp.conj(X))
    return Equal(V(_circle(xp, t) * X), V(X))


@claim(
    "axiom-analytic-parity",
    title="The sign alone removes the odd degrees",
    sources=[AXIOM_1],
    chapter="effective",
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
    title="Small tokens: the truncated force errs at fifth order",
    sources=[AXIOM_1, poster("Renormalization: NO HIGHER TERMS")],
    chapter="effective",
    equations=["eq-ef-truncation"],
    given=TRUNCATION,
    sizes=TRUNCATION_SIZES,
    tex=r"\lVert F(\varepsilon X) - F_2(\varepsilon X) - F_4(\varepsilon X)\rVert"
    r" \sim \varepsilon^5\,\lVert F_6(X)\rVert",
)
def truncation(xp, X, W):
    """For V = −log det(1 − W X*X), analytic and invariant under U(N), the force without its terms
    beyond V4 is wrong by ε⁵‖XWMWMW‖ to leading order at tokens of size ε."""
    M = xp.star(X) @ X
    gap = lambda n: xp.norm(_log_det_force(xp, X / n, W) - _truncated(xp, X / n, W))
    return Rate(gap, 5, xp.norm(X @ W @ M @ W @ M @ W), start=512)


@truncation.neighbour("order 3", key="order-3")
def _(xp, X, W):
    gap = lambda n: xp.norm(_log_det_force(xp, X / n, W) - _truncated(xp, X / n, W))
    return Rate(gap, 3, start=512)


@truncation.neighbour("order 6, that of the potential", key="order-6")
def _(xp, X, W):
    gap = lambda n: xp.norm(_log_det_force(xp, X / n, W) - _truncated(xp, X / n, W))
    return Rate(gap, 6, start=512)


@truncation.neighbour("the interaction left out as well", key="quadratic-only")
def _(xp, X, W):
    return Rate(lambda n: xp.norm(_log_det_force(xp, X / n, W) - X @ W / n), 5, start=512)


@claim(
    "rescaling-truncation-relative",
    title="Relative to the free force the error is of fourth order, to the interaction of second",
    sources=[AXIOM_1, ours()],
    chapter="effective",
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
    title="Through a network of fixed depth the truncation error stays of fifth order",
    sources=[AXIOM_1, ours()],
    chapter="effective",
    needs=["rescaling-truncation"],
    given=TRUNCATION,
    sizes=dict(N=[1, 2], C=[1, 2]),
    tex=r"\lVert X^{\mathrm{full}}_3-X^{\mathrm{trunc}}_3\rVert \sim \varepsilon^5"
    r"\,\bigl\lVert\tfrac13\textstyle\sum_{k<3}F_6(XL^k)L^{2-k}\bigr\rVert,"
    r"\qquad L = 1-\tfrac{\ii}3W",
)
def trajectory(xp, X, W):
    """Three conservative layers X − iF(X)/3, with the full and with the truncated force, started at
    the same tokens of size ε, end O(ε⁵) apart. The constant: what each layer leaves out, carried on
    by the linear part L = 1 − iW/3 of the others."""
    L = xp.eye(W.shape[0]) - xp.i * W / 3
    here, total = X, X * 0
    for _ in range(3):
        M = xp.star(here) @ here
        total = total @ L + here @ W @ M @ W @ M @ W / 3
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


@trajectory.neighbour("the errors of the layers added as they are", key="not-carried")
def _(xp, X, W):
    L = xp.eye(W.shape[0]) - xp.i * W / 3
    here, total = X, X * 0
    for _ in range(3):
        M = xp.star(here) @ here
        total = total + here @ W @ M @ W @ M @ W / 3
        here = here @ L
    return Rate(lambda n: _apart(xp, X / n, W), 5, xp.norm(total), start=512)


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
    title="In the first-order action all couplings scale alike: none is irrelevant",
    sources=[poster("Renormalization: NO HIGHER TERMS"), paper("irrelevant at low energy scales")],
    chapter="effective",
    equations=["eq-ef-first-order-scaling"],
    given=COUPLINGS,
    sizes=dict(K=[1, 2], C=[1, 2]),
    tex=r"t\to bt:\quad (g_2,g_4,g_6)\to(b\,g_2,\;b\,g_4,\;b\,g_6)",
)
def marginal(xp, path, h, b, g2, g4, g6):
    """The kinetic term of the first-order action has no scale of time. Stretching time by b, with X
    left alone so that the kinetic term stays, multiplies every coupling by b."""
    stretched = phase_space_action(xp, path, b * h, _couplings(xp, g2, g4, g6))
    return Equal(stretched, phase_space_action(xp, path, h, _couplings(xp, b * g2, b * g4, b * g6)))


@marginal.printed(
    "read as: the sextic loses a factor b against the quartic",
    tex=r"t\to bt:\quad g_6/g_4\to b^{-1}\,g_6/g_4",
)
def _(xp, path, h, b, g2, g4, g6):
    stretched = phase_space_action(xp, path, b * h, _couplings(xp, g2, g4, g6))
    return Equal(stretched, phase_space_action(xp, path, h, _couplings(xp, b * g2, b * g4, g6)))


@marginal.neighbour("the quartic alone is marginal", key="quartic-marginal")
def _(xp, path, h, b, g2, g4, g6):
    stretched = phase_space_action(xp, path, b * h, _couplings(xp, g2, g4, g6))
    return Equal(stretched, phase_space_action(xp, path, h, _couplings(xp, b * g2, g4, b * g6)))


@claim(
    "rescaling-truncation-relevant",
    title="In the second-order action higher powers are more relevant",
    sources=[poster("Renormalization: NO HIGHER TERMS"), ours("power counting")],
    chapter="effective",
    equations=["eq-ef-second-order-scaling"],
    given=dict(
        path=real_matrix("K+1", "C"), h=positive(), c=positive(), g2=real(), g4=real(), g6=real()
    ),
    sizes=dict(K=[1, 2], C=[1, 2]),
    tex=r"t\to c^2t,\ X\to cX:\quad (g_2,g_4,g_6)\to(c^4g_2,\;c^6g_4,\;c^8g_6)",
)
def relevant(xp, path, h, c, g2, g4, g6):
    """With kinetic energy ½‖X'‖², stretching time by c² goes with X → cX. The coupling of power 2k
    is multiplied by c^(2k+2): at long times the higher powers grow faster."""
    stretched = newton_action(xp, c * path, c**2 * h, _couplings(xp, g2, g4, g6))
    return Equal(
        stretched, newton_action(xp, path, h, _couplings(xp, c**4 * g2, c**6 * g4, c**8 * g6))
    )


@relevant.neighbour("higher powers grow less", key="higher-powers-irrelevant")
def _(xp, path, h, c, g2, g4, g6):
    stretched = newton_action(xp, c * path, c**2 * h, _couplings(xp, g2, g4, g6))
    return Equal(stretched, newton_action(xp, path, h, _couplings(xp, c**4 * g2, c**2 * g4, g6)))


@relevant.neighbour("all alike, as in the first-order action", key="all-alike")
def _(xp, path, h, c, g2, g4, g6):
    stretched = newton_action(xp, c * path, c**2 * h, _couplings(xp, g2, g4, g6))
    return Equal(
        stretched, newton_action(xp, path, h, _couplings(xp, c**4 * g2, c**4 * g4, c**4 * g6))
    )


# -- token symmetry -------------------------------------------------------------------------------
@claim(
    "permutation-vs-unitary",
    title="Permutation symmetry forces dependence on X*X",
    sources=[AXIOM_2],
    chapter="effective",
    expect="refuted",
    equations=["eq-ef-counterexample"],
    given=dict(X=matrix("N", "C"), U=unitary("N")),
    tex=r"V(UX) = V(X),\qquad V(X) = \textstyle\sum_n\lVert x_n\rVert^4",
)
def onsite(xp, X, U):
    """Σ‖x_n‖⁴ is invariant under token permutations. If that made it a function of X*X, it would be
    invariant under all unitary U, which leave X*X alone (it is not)."""
    V = lambda X: xp.sum(xp.norm2(X, axis=1) ** 2)
    return Equal(V(U @ X), V(X))


@onsite.neighbour("a permutation in the place of U", key="permutation", sizes=dict(N=[2, 3, 4]))
def _(xp, X):
    V = lambda X: xp.sum(xp.norm2(X, axis=1) ** 2)
    return Equal(V(_swapped(xp, X)), V(X))


@onsite.neighbour(
    "Tr XAX*XB*X*", key="trace-quartic", given=dict(A=matrix("C", "C"), B=matrix("C", "C"))
)
def _(xp, X, U, A, B):
    return Equal(quartic(xp, U @ X, A, B), quartic(xp, X, A, B))


@claim(
    "permutation-vs-unitary-mean-field",
    title="Under permutations alone tokens interact already at degree two",
    sources=[talk("This is the Minimal Interactive Polynomial Field!"), AXIOM_2],
    chapter="effective",
    equations=["eq-ef-mean-field"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C")),
    sizes=dict(N=[2, 3, 4], C=[1, 2, 3]),
    tex=r"V(\Pi X)=V(X),\qquad V(X) = \mathbf 1^*XAX^*\mathbf 1",
)
def mean_field(xp, X, A):
    """1*XAX*1, a sum over all pairs of tokens, does not change when two tokens change places."""
    V = lambda X: xp.sum((xp.sum(X, axis=0) @ A) * xp.conj(xp.sum(X, axis=0)))
    return Equal(V(_swapped(xp, X)), V(X))


@mean_field.neighbour("any unitary of the tokens", key="unitary", given=dict(U=unitary("N")))
def _(xp, X, A, U):
    V = lambda X: xp.sum((xp.sum(X, axis=0) @ A) * xp.conj(xp.sum(X, axis=0)))
    return Equal(V(U @ X), V(X))


@claim(
    "permutation-vs-unitary-minimal",
    title="A permutation-invariant quadratic lets no tokens interact",
    sources=[talk("This is the Minimal Interactive Polynomial Field!")],
    chapter="effective",
    expect="refuted",
    given=dict(X=matrix("N", "C"), h=matrix("C"), A=matrix("C", "C")),
    sizes=dict(N=[2, 3], C=[1, 2]),
    tex=r"\frac{\partial}{\partial x_1}\frac{\partial V}{\partial x_2^*} = 0,"
    r"\qquad V = \mathbf 1^*XAX^*\mathbf 1",
)
def minimal(xp, X, h, A):
    """For V = 1*XAX*1 the force on all other tokens does not notice a move of the first (it does:
    the quartic is not the minimal interacting field under axiom 2 as printed)."""
    V = lambda X: xp.sum((xp.sum(X, axis=0) @ A) * xp.conj(xp.sum(X, axis=0)))
    F = lambda X: xp.ones(X.shape[0], 1) * (xp.sum(X, axis=0) @ A)[None, :]
    only_first = xp.concat([h[None, :], X[1:] * 0])
    return Force(V, X, F(X)), Zero(xp.push(F, X, only_first)[1:])


@minimal.neighbour("Tr XAX*, the U(N)-invariant quadratic", key="trace")
def _(xp, X, h, A):
    only_first = xp.concat([h[None, :], X[1:] * 0])
    F = lambda X: X @ A
    return Force(lambda X: quadratic(xp, X, A), X, F(X)), Zero(xp.push(F, X, only_first)[1:])


# -- counting -------------------------------------------------------------------------------------
@claim(
    "invariant-count",
    title="The U(N)-invariant quartics: C²(C²+1)/2 of them, and single traces span",
    sources=[LEMMA_4, ours("the count")],
    chapter="effective",
    equations=["eq-ef-count"],
    given=dict(X=_probes("9*C*C-3")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2, 3, 4]),
    every_size=True,
    tex=r"\dim = \binom{C+1}{2}^2 + [N\ge2]\binom{C}{2}^2"
    r" = \tfrac12C^2(C^2+1)\ \ (N\ge2)",
)
def count(xp, X):
    """The products of two entries of M = X*X, which are the traces Tr(XE_abX*XE_cdX*), span a space
    of dimension C²(C²+1)/2 for N >= 2, and (C(C+1)/2)² for N = 1: what Cauchy's formula counts."""
    columns = invariants.pair_products(invariants.gram_entries(xp, X))
    N, C = X.shape[1:]
    return Rank(invariants.stack_columns(xp, columns), invariants.unitary_count(N, C))


@count.neighbour("off by one", key="off-by-one")
def _(xp, X):
    columns = invariants.pair_products(invariants.gram_entries(xp, X))
    N, C = X.shape[1:]
    return Rank(invariants.stack_columns(xp, columns), invariants.unitary_count(N, C) - 1)


@count.neighbour(
    "C²(C²+1)/2 for a single token too", key="single-token", sizes=dict(N=[1], C=[2, 3])
)
def _(xp, X):
    columns = invariants.pair_products(invariants.gram_entries(xp, X))
    C = X.shape[2]
    return Rank(invariants.stack_columns(xp, columns), C**2 * (C**2 + 1) // 2)


@count.neighbour(
    "squares of the diagonal entries only", key="diagonal-only", sizes=dict(N=[2], C=[2, 3])
)
def _(xp, X):
    C = X.shape[2]
    columns = invariants.pair_products(invariants.gram_entries(xp, X)[:: C + 1])
    return Rank(invariants.stack_columns(xp, columns), invariants.unitary_count(2, C))


@claim(
    "invariant-count-kernel",
    title="No other quartic is killed by the generators of U(N)",
    sources=[LEMMA_4, ours("a second count")],
    chapter="effective",
    needs=["invariant-count"],
    given=dict(
        X=_probes("99*N*C-98"),
        G=built(
            "tensor of generators",
            ("99*N*C-98", "N", "N"),
            {"x": ("99*N*C-98", "N", "N")},
            lambda xp, raw: raw["x"],
            covers="all",
        ),
    ),
    sizes=dict(N=[1, 2], C=[1, 2]),
    tex=r"\dim\ker = \binom{NC+1}{2}^2 - \operatorname{rank}",
)
def kernel(xp, X, G):
    """The polynomials of bidegree (2, 2) that no generator changes have the same dimension: the
    rank of their change along random generators at random points is the number of monomials,
    binom(NC+1, 2)², less the count of invariants. So the products of two entries of M are all."""
    N, C = X.shape[1:]
    rows = (N * C) * (N * C + 1) // 2
    return Rank(_changes(xp, X, G), rows * rows - invariants.unitary_count(N, C))


def _changes(xp, X, G):
    """Monomials x x y y with y for the conjugate, moved by x → Gx, y → −Gᵀy: gl(N) acting."""
    N, C = X.shape[1:]
    x = [X[:, n, c] for n in range(N) for c in range(C)]
    y = [xp.conj(v) for v in x]
    dx = [_row(xp, G[:, n, :], X[:, :, c]) for n in range(N) for c in range(C)]
    dy = [-_row(xp, G[:, :, n], xp.conj(X)[:, :, c]) for n in range(N) for c in range(C)]
    pairs = [(a, b) for a in range(N * C) for b in range(a, N * C)]
    xx, yy = [x[a] * x[b] for a, b in pairs], [y[a] * y[b] for a, b in pairs]
    dxx = [dx[a] * x[b] + x[a] * dx[b] for a, b in pairs]
    dyy = [dy[a] * y[b] + y[a] * dy[b] for a, b in pairs]
    return xp.stack(
        [
            u * dv + du * v
            for u, du in zip(xx, dxx, strict=True)
            for v, dv in zip(yy, dyy, strict=True)
        ],
        axis=1,
    )


def _row(xp, a, b):
    return xp.sum(a * b, axis=1)


@kernel.neighbour("one invariant more", key="off-by-one", sizes=dict(N=[2]))
def _(xp, X, G):
    N, C = X.shape[1:]
    rows = (N * C) * (N * C + 1) // 2
    return Rank(_changes(xp, X, G), rows * rows - invariants.unitary_count(N, C) - 1)


@claim(
    "invariant-count-permutations",
    title="Under permutations alone there are many more quartics",
    sources=[AXIOM_2, ours("the count")],
    chapter="effective",
    equations=["eq-ef-burnside"],
    given=dict(X=_probes("88*C-76")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2]),
    every_size=True,
    tex=r"\dim = \frac1{N!}\sum_{\Pi\in S_N}\chi_2(\Pi)^2,\qquad "
    r"\chi_2 = [z^2]\prod_{\text{cycles }\ell}(1-z^\ell)^{-C}",
)
def permutations_count(xp, X):
    """The S_N-invariants of bidegree (2, 2), spanned by products of sums over tokens, have the
    dimension that Molien's average over the N! permutations counts."""
    N, C = X.shape[1:]
    columns = invariants.power_sum_products(xp, X)
    return Rank(invariants.stack_columns(xp, columns), invariants.permutation_count(N, C))


@permutations_count.neighbour(
    "the count of U(N)", key="unitary-count", sizes=dict(N=[2, 3], C=[1, 2])
)
def _(xp, X):
    N, C = X.shape[1:]
    columns = invariants.power_sum_products(xp, X)
    return Rank(invariants.stack_columns(xp, columns), invariants.unitary_count(N, C))


@permutations_count.neighbour("off by one", key="off-by-one")
def _(xp, X):
    N, C = X.shape[1:]
    columns = invariants.power_sum_products(xp, X)
    return Rank(invariants.stack_columns(xp, columns), invariants.permutation_count(N, C) + 1)


@claim(
    "invariant-count-three-channels",
    title="Three channels: 36, 225, 378 and 414 quartics under permutations",
    sources=[AXIOM_2, ours("the count")],
    chapter="effective",
    needs=["invariant-count-permutations"],
    given=dict(X=_probes("243*N-18*N*N-187")),  # 38, 227, 380 and 497: more than the counts
    sizes=dict(N=[1, 2, 3, 4], C=[3]),
    every_size=True,
    tex=r"C=3:\quad \dim = 36,\,225,\,378,\,414\quad(N=1,2,3,4)",
)
def three_channels(xp, X):
    """Molien's count of the S_N-invariant quartics again, for C = 3 and N = 1, 2, 3, 4."""
    N, C = X.shape[1:]
    columns = invariants.power_sum_products(xp, X)
    return Rank(invariants.stack_columns(xp, columns), invariants.permutation_count(N, C))


@three_channels.neighbour(
    "U(N) in the place of S_N", key="unitary-count", given=dict(X=_probes(46)), sizes=dict(N=[2])
)
def _(xp, X):
    N, C = X.shape[1:]
    columns = invariants.power_sum_products(xp, X)
    return Rank(invariants.stack_columns(xp, columns), invariants.unitary_count(N, C))


@claim(
    "invariant-count-permutation-quadratics",
    title="2C² quadratics under permutations, C² under U(N)",
    sources=[AXIOM_2, ours("the count")],
    chapter="effective",
    given=dict(X=_probes("2*C*C+2")),
    sizes=dict(N=[2, 3, 4], C=[1, 2, 3, 4]),
    every_size=True,
    tex=r"\dim_{(1,1)} = 2C^2\quad(N\ge2)",
)
def quadratics(xp, X):
    """For N >= 2 the S_N-invariants of bidegree (1, 1) are Σ_n x̄_na x_nb and (Σ_n x̄_na)(Σ_n x_nb),
    2C² in all."""
    return Rank(_quadratics(xp, X), 2 * X.shape[2] ** 2)


def _quadratics(xp, X):
    C, total = X.shape[2], xp.sum(X, axis=1)
    pairs = [xp.conj(total[:, a]) * total[:, b] for a in range(C) for b in range(C)]
    return invariants.stack_columns(xp, invariants.gram_entries(xp, X) + pairs)


@quadratics.neighbour("C², as for U(N)", key="unitary-count")
def _(xp, X):
    return Rank(_quadratics(xp, X), X.shape[2] ** 2)


@quadratics.neighbour("one token", key="one-token", sizes=dict(N=[1]))
def _(xp, X):
    return Rank(_quadratics(xp, X), 2 * X.shape[2] ** 2)


@claim(
    "invariant-count-orthogonal",
    title="Real O(N)-invariant quartics: D(D+1)/2 with D = C(C+1)/2",
    sources=[ours("the real case")],
    chapter="effective",
    given=dict(X=_real_probes("10*C*C-6")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2, 3, 4]),
    every_size=True,
    tex=r"\dim = \binom{C+3}{4} + [N\ge2]\,\tfrac1{12}C^2(C^2-1)",
)
def orthogonal_quartics(xp, X):
    """Over the reals the products of two entries of XᵀX span D(D+1)/2 quartics for N >= 2, with
    D = C(C+1)/2; for N = 1 all binom(C+3, 4) quartics of one token."""
    N, C = X.shape[1:]
    return Rank(_real_products(xp, X), invariants.orthogonal_count(N, C))


def _real_products(xp, X):
    columns = invariants.pair_products(invariants.gram_entries(xp, X))
    return invariants.stack_columns(xp, columns)


@orthogonal_quartics.neighbour(
    "the complex count", key="complex-count", sizes=dict(N=[2, 3], C=[2, 3])
)
def _(xp, X):
    N, C = X.shape[1:]
    return Rank(_real_products(xp, X), invariants.unitary_count(N, C))


@orthogonal_quartics.neighbour("off by one", key="off-by-one")
def _(xp, X):
    N, C = X.shape[1:]
    return Rank(_real_products(xp, X), invariants.orthogonal_count(N, C) - 1)


@claim(
    "invariant-count-positive-pairs",
    title="Self-tied Hermitian heads with positive coefficients span all real quartics",
    sources=[ours("how far a restricted family reaches")],
    chapter="effective",
    expect="refuted",
    given=dict(X=matrix("N", "C"), A=hermitian("C"), B=hermitian("C")),
    sizes=dict(N=[1, 2], C=[1, 2]),
    tex=r"0\le\operatorname{Re}\Tr(XAX^*XBX^*)",
)
def positive_pairs(xp, X, A, B):
    """Tr(XAX*)² = ‖XAX*‖² >= 0 for Hermitian A, so if sums of such terms with positive coefficients
    were all real quartics, no pair of Hermitian heads could be negative (some are, so these sums
    fill a cone and not a space)."""
    return AtMost(0, xp.real(quartic(xp, X, A, B)))


@positive_pairs.neighbour("one self-tied head", key="squared-norm")
def _(xp, X, A):
    square = xp.norm2(X @ A @ xp.star(X))
    return at_most(0, xp.real(quartic(xp, X, A, A)), room=square)


@claim(
    "invariant-count-hermitian-pairs",
    title="Pairs of Hermitian heads do span all real quartics, with positive coefficients, too",
    sources=[ours("how far a restricted family reaches")],
    chapter="effective",
    needs=["invariant-count"],
    given=dict(A=matrix("K", "C", "C"), B=matrix("K", "C", "C")),
    sizes=dict(C=[1, 2, 3], K=[48]),
    tex=r"\dim_{\RR}\operatorname{span}\{\Tr(MAMB): A=A^*,\ B=B^*\} = \tfrac12C^2(C^2+1)",
)
def hermitian_pairs(xp, A, B):
    """The forms A⊗B + B⊗A of Hermitian pairs span the real dimension C²(C²+1)/2 of all real
    invariant quartics (N >= 2). The pair (−A, B) turns the sign, so sums with positive coefficients
    reach as far."""
    return Rank(_hermitian_forms(xp, A, B), _symmetric_forms(A.shape[1] ** 2))


def _symmetric_forms(D):
    """Symmetric bilinear forms in D dimensions."""
    return D * (D + 1) // 2


def _hermitian_forms(xp, A, B):
    """The coefficients of A⊗B + B⊗A in a real basis, for pairs of Hermitian matrices."""
    C, rows = A.shape[1], []
    for a, b in zip(A, B, strict=True):
        a, b = _real_coordinates(xp, a), _real_coordinates(xp, b)
        rows.append(
            xp.stack([a[k] * b[m] + a[m] * b[k] for k in range(C * C) for m in range(k, C * C)])
        )
    return xp.stack(rows)


def _real_coordinates(xp, a):
    """Of the Hermitian a + a*: the real parts on and above the diagonal, the imaginary parts."""
    h, C = a + xp.star(a), a.shape[0]
    above = [(j, k) for j in range(C) for k in range(j + 1, C)]
    return xp.stack(
        [xp.real(h[j, j]) for j in range(C)]
        + [xp.real(h[j, k]) for j, k in above]
        + [xp.imag(h[j, k]) for j, k in above]
    )


@hermitian_pairs.neighbour("off by one", key="off-by-one")
def _(xp, A, B):
    return Rank(_hermitian_forms(xp, A, B), _symmetric_forms(A.shape[1] ** 2) - 1)


@hermitian_pairs.neighbour(
    "real symmetric pairs",
    key="real-symmetric",
    sizes=dict(C=[2, 3]),
    given=dict(A=real_matrix("K", "C", "C"), B=real_matrix("K", "C", "C")),
)
def _(xp, A, B):
    return Rank(_hermitian_forms(xp, A, B), _symmetric_forms(A.shape[1] ** 2))


# -- heads ----------------------------------------------------------------------------------------
@claim(
    "heads-needed",
    title="The squared norm (Tr XX*)² has a coefficient tensor of rank C²",
    sources=[ours("how many heads")],
    chapter="effective",
    equations=["eq-ef-heads-rank"],
    given=dict(A=matrix("C*C", "C", "C"), B=matrix("C*C", "C", "C")),
    sizes=dict(C=[1, 2, 3, 4]),
    every_size=True,
    tex=r"\operatorname{rank}\,T\bigl[(\Tr M)^2\bigr] = C^2",
)
def heads(xp, A, B):
    """Write a quartic as Σ T_ab,cd Tr(XE_abX*XE_cdX*) with T symmetric, which fixes T for N >= 2. A
    self-tied head adds 1 to the rank of T, a pair at most 2. The quartic (Tr XX*)² has rank C², so
    it needs ⌈C²/2⌉ pairs, or C² self-tied heads."""
    C = A.shape[1]
    T = invariants.quartic_coefficients(xp, lambda M: xp.trace(M) ** 2, C)
    return Rank(T, C**2)


def _tied(xp, A, count):
    """The coefficient tensor of a sum of self-tied heads."""
    rows = xp.stack([xp.flatten(A[k]) for k in range(count)])
    return rows.T @ rows


def _paired(xp, A, B, count):
    """The coefficient tensor of a sum of pairs."""
    a = xp.stack([xp.flatten(A[k]) for k in range(count)])
    b = xp.stack([xp.flatten(B[k]) for k in range(count)])
    return (a.T @ b + b.T @ a) / 2


@heads.neighbour("C pairs of heads, for C >= 3", key="c-pairs", sizes=dict(C=[3]))
def _(xp, A, B):
    C = A.shape[1]
    return Rank(_paired(xp, A, B, C), C**2)


@heads.neighbour("C² − 1 self-tied heads", key="one-self-tied-fewer", sizes=dict(C=[2, 3]))
def _(xp, A):
    C = A.shape[1]
    return Rank(_tied(xp, A, C**2 - 1), C**2)


@claim(
    "heads-needed-pairs",
    title="Two self-tied heads are one pair, over the complex numbers",
    sources=[ours("how many heads")],
    chapter="effective",
    equations=["eq-ef-pair"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    tex=r"\Tr(MAMA)+\Tr(MBMB) = \Tr\bigl(M(A+\ii B)M(A-\ii B)\bigr)",
)
def pairs(xp, X, A, B):
    """x² + y² = (x + iy)(x − iy), for heads: so the C² self-tied heads into which a symmetric
    tensor is diagonalized make ⌈C²/2⌉ pairs."""
    M = xp.star(X) @ X
    left = xp.trace(M @ A @ M @ A) + xp.trace(M @ B @ M @ B)
    return Equal(left, xp.trace(M @ (A + xp.i * B) @ M @ (A - xp.i * B)))


@pairs.neighbour("real weights: (A + B) and (A − B)", key="real")
def _(xp, X, A, B):
    M = xp.star(X) @ X
    left = xp.trace(M @ A @ M @ A) + xp.trace(M @ B @ M @ B)
    return Equal(left, xp.trace(M @ (A + B) @ M @ (A - B)))


@claim(
    "heads-needed-generic",
    title="⌈C²/2⌉ generic pairs reach full rank",
    sources=[ours("how many heads")],
    chapter="effective",
    needs=["heads-needed"],
    given=dict(A=matrix("C*C", "C", "C"), B=matrix("C*C", "C", "C")),
    sizes=dict(C=[1, 2, 3, 4]),
    every_size=True,
    tex=r"\operatorname{rank}\textstyle\sum_{i\le p}A_i\otimes B_i+B_i\otimes A_i = C^2,"
    r"\quad p=\lceil C^2/2\rceil",
)
def generic_pairs(xp, A, B):
    """A generic sum of ⌈C²/2⌉ pairs has a coefficient tensor of full rank C²."""
    C = A.shape[1]
    return Rank(_paired(xp, A, B, (C**2 + 1) // 2), C**2)


@generic_pairs.neighbour("one pair fewer", key="one-pair-fewer", sizes=dict(C=[2, 3]))
def _(xp, A, B):
    C = A.shape[1]
    return Rank(_paired(xp, A, B, (C**2 + 1) // 2 - 1), C**2)


# -- double traces --------------------------------------------------------------------------------
@claim(
    "double-trace",
    title="A double trace is a sum of single traces, if the algebra of weights is full",
    sources=[LEMMA_4, talk("NO MORE TERMS"), ours("the condition")],
    chapter="effective",
    equations=["eq-ef-double-trace"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("C", "p"),
        V=matrix("C", "p"),
        R=matrix("C", "q"),
        S=matrix("C", "q"),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3], p=[1, 2], q=[1, 2]),
    tex=r"\Tr(XAX^*)\Tr(XBX^*) = \sum_{i\le p,\,j\le q}\Tr(X\,u_is_j^*X^*X\,r_jv_i^*X^*)",
)
def double(xp, X, U, V, R, S):
    """With A = Σ u_i v_i* of rank p and B = Σ r_j s_j* of rank q, the double trace is a sum of pq
    single traces, whose weights are u_i s_j* and r_j v_i*."""
    total = xp.one * 0
    for i in range(U.shape[1]):
        for j in range(R.shape[1]):
            left = U[:, i][:, None] * xp.conj(S[:, j])[None, :]
            right = R[:, j][:, None] * xp.conj(V[:, i])[None, :]
            total = total + quartic(xp, X, left, xp.star(right))
    return Equal(double_trace(xp, X, U @ xp.star(V), R @ xp.star(S)), total)


@double.neighbour(
    "the vectors not exchanged: one single trace of the same weights", key="one-single-trace"
)
def _(xp, X, U, V, R, S):
    A, B = U @ xp.star(V), R @ xp.star(S)
    return Equal(double_trace(xp, X, A, B), quartic(xp, X, A, xp.star(B)))


def _both(xp, X, algebra, single=True, twice=True):
    """Single and double traces with weights of a family, at all points (a list of states)."""
    rows = []
    for x in X:
        M = xp.star(x) @ x
        moved = [M @ A for A in algebra]
        size = range(len(algebra))
        row = []
        if single:
            row += [xp.sum(moved[a] * moved[b].T) for a in size for b in size if a <= b]
        if twice:
            traces = [xp.trace(m) for m in moved]
            row += [traces[a] * traces[b] for a in size for b in size if a <= b]
        rows.append(xp.stack(row))
    return xp.stack(rows)


@claim(
    "double-trace-independent",
    title="For W = 1 only, two quartics: Tr M² and (Tr M)²",
    sources=[LEMMA_4, ours("the counterexample")],
    chapter="effective",
    equations=["eq-ef-identity-algebra"],
    given=dict(X=matrix(4, "N", "C")),
    sizes=dict(N=[2, 3, 4], C=[2, 3, 4]),
    every_size=True,
    tex=r"W=1,\ N,C\ge2:\quad \dim\operatorname{span}\{\Tr M^2,(\Tr M)^2\} = 2",
)
def independent(xp, X):
    """If the only weight is the identity, the double trace (Tr XX*)² is no multiple of the single
    trace Tr XX*XX*, for N, C >= 2. It satisfies all axioms: a term more."""
    return Rank(_both(xp, X, [xp.eye(X.shape[2])]), 2)


@independent.printed(
    "no more terms: only the single trace", tex=r"\dim\operatorname{span}\{\Tr M^2,(\Tr M)^2\} = 1"
)
def _(xp, X):
    return Rank(_both(xp, X, [xp.eye(X.shape[2])]), 1)


@independent.neighbour("one token: they are the same", key="one-token", sizes=dict(N=[1]))
def _(xp, X):
    return Rank(_both(xp, X, [xp.eye(X.shape[2])]), 2)


@claim(
    "double-trace-algebra",
    title="Diagonal weights: C² quartics, of which single traces are C(C+1)/2",
    sources=[LEMMA_4, ours("the general algebra")],
    chapter="effective",
    needs=["double-trace-independent"],
    equations=["eq-ef-diagonal-algebra"],
    given=dict(X=matrix("C*C+2", "N", "C")),
    sizes=dict(N=[2, 3, 4], C=[1, 2, 3, 4]),
    every_size=True,
    tex=r"\mathcal A=\text{diagonal}:\quad \dim(\text{single}+\text{double}) = C^2",
)
def diagonal(xp, X):
    """With diagonal weights and N >= 2 the single traces are |M_ab|², the double traces M_aa M_bb.
    Together they span C² quartics; they share only the C squares M_aa²."""
    return Rank(_both(xp, X, _units(xp, X.shape[2])), X.shape[2] ** 2)


def _units(xp, C):
    """The matrices E_aa."""
    return xp.basis((C, C))[:: C + 1]


@diagonal.neighbour("no more terms: the single traces alone", key="single-traces-alone")
def _(xp, X):
    return Rank(_both(xp, X, _units(xp, X.shape[2]), twice=False), X.shape[2] ** 2)


@claim(
    "double-trace-full",
    title="With the full algebra the double traces add nothing, for any number of tokens",
    sources=[talk("NO MORE TERMS"), ours("the theorem that is true")],
    chapter="effective",
    needs=["double-trace", "invariant-count"],
    equations=["eq-ef-no-more-terms"],
    given=dict(X=_probes("9*C*C-3"), W=matrix("C*C", "C", "C")),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2, 3, 4]),
    every_size=True,
    tex=r"\mathcal A = M_C:\quad \dim(\text{single}+\text{double}) = \dim(\text{single})"
    r" = \dim V_4^{U(N)}",
)
def full(xp, X, W):
    """Let C² generic weights span M_C. Single and double traces of them together have the dimension
    of all U(N)-invariant quartics, and so have the single traces: no more terms."""
    N, C = X.shape[1:]
    dimension = invariants.unitary_count(N, C)
    single, twice = invariants.single_and_double_traces(xp, X, list(W))
    return (Rank(xp.concat([single, twice], axis=1), dimension), Rank(single, dimension))


@full.neighbour(
    "one weight fewer than the dimension of the algebra",
    key="one-weight-fewer",
    sizes=dict(N=[2, 3], C=[2]),
)
def _(xp, X, W):
    N, C = X.shape[1:]
    weights = [W[k] for k in range(C * C - 1)]
    single, _ = invariants.single_and_double_traces(xp, X, weights)
    return Rank(single, invariants.unitary_count(N, C))


@claim(
    "double-trace-lemma-4",
    title="Lemma 4 lacks the identity: Tr XX* is no function of XWX*",
    sources=[LEMMA_4],
    chapter="effective",
    equations=["eq-ef-lemma-4"],
    given=dict(X=matrix(4, "N", "C"), W=matrix("C", "C")),
    sizes=dict(N=[1, 2, 3, 4], C=[2, 3, 4]),
    every_size=True,
    tex=r"\dim\operatorname{span}\{\Tr XX^*,\ \Tr XWX^*\} = 2\qquad(W\notin\CC\,1)",
)
def lemma_4(xp, X, W):
    """At degree two Tr f(XWX*) is a multiple of Tr XWX*. For W no multiple of 1, Tr XX* is not one;
    it satisfies every axiom, whatever W is."""
    rows = [xp.stack([xp.norm2(x), quadratic(xp, x, W)]) for x in X]
    return Rank(xp.stack(rows), 2)


@lemma_4.printed("Tr XX* = Tr f(XWX*)", tex=r"\Tr XX^* = c\,\Tr XWX^*")
def _(xp, X, W):
    rows = [xp.stack([xp.norm2(x), quadratic(xp, x, W)]) for x in X]
    return Rank(xp.stack(rows), 1)


@lemma_4.neighbour("W a multiple of the identity", key="scalar-weight", given=dict(w=number()))
def _(xp, X, w):
    C = X.shape[2]
    rows = [xp.stack([xp.norm2(x), quadratic(xp, x, w * xp.eye(C))]) for x in X]
    return Rank(xp.stack(rows), 2)


@claim(
    "double-trace-generated",
    title="One generic weight and its adjoint generate all matrices",
    sources=[ours("repair of Lemma 4")],
    chapter="effective",
    needs=["double-trace-lemma-4"],
    given=dict(W=matrix("C", "C")),
    sizes=dict(C=[1, 2, 3]),
    tex=r"\dim\operatorname{span}\{1,W,W^*,WW,WW^*,\dots\} = C^2",
)
def generated(xp, W):
    """The words of length up to four in W and W*, with the empty one, span all C x C matrices for
    generic W, C <= 3: the *-algebra in which a repaired Lemma 4 has its weights."""
    letters = [W, xp.star(W)]
    rows = [xp.flatten(w) for w in invariants.words(xp, letters, 4)]
    return Rank(xp.stack(rows), W.shape[0] ** 2)


@generated.neighbour("powers of W alone", key="powers-alone", sizes=dict(C=[2, 3]))
def _(xp, W):
    rows = [xp.flatten(w) for w in invariants.words(xp, [W], 4)]
    return Rank(xp.stack(rows), W.shape[0] ** 2)


@generated.neighbour(
    "a Hermitian weight", key="hermitian", given=dict(H=hermitian("C")), sizes=dict(C=[2, 3])
)
def _(xp, H):
    rows = [xp.flatten(w) for w in invariants.words(xp, [H, xp.star(H)], 4)]
    return Rank(xp.stack(rows), H.shape[0] ** 2)


# -- orderings ------------------------------------------------------------------------------------
ORDER = dict(X=matrix("N", "C"), U=matrix("C", "C"), V=matrix("C", "C"), W=matrix("C", "C"))
ORDER_SIZES = dict(N=[1, 2, 3], C=[1, 2, 3])


def _arguments(xp, X, *weights):
    """X W X* for each weight."""
    return [X @ W @ xp.star(X) for W in weights]


@claim(
    "ordering-ambiguity",
    title="A function of commuting variables decides the third order",
    sources=[LEMMA_4, AXIOM_3],
    chapter="effective",
    expect="refuted",
    equations=["eq-ef-third-order"],
    given=ORDER,
    sizes=ORDER_SIZES,
    tex=r"\Tr ABC = \Tr ACB,\qquad A=XW_1X^*,\ B=XW_2X^*,\ C=XW_3X^*",
)
def third(xp, X, U, V, W):
    """Tr ABC = Tr ACB for A, B, C of the form XWX* (false: a sextic Tr f needs an order)."""
    A, B, C = _arguments(xp, X, U, V, W)
    return Equal(xp.trace(A @ B @ C), xp.trace(A @ C @ B))


@third.neighbour("second order: Tr AB = Tr BA", key="second-order")
def _(xp, X, U, V):
    A, B = _arguments(xp, X, U, V)
    return Equal(xp.trace(A @ B), xp.trace(B @ A))


@third.neighbour("a rotation of the word: Tr ABC = Tr BCA", key="rotation")
def _(xp, X, U, V, W):
    A, B, C = _arguments(xp, X, U, V, W)
    return Equal(xp.trace(A @ B @ C), xp.trace(B @ C @ A))


@third.neighbour(
    "real tokens and symmetric weights",
    key="symmetric",
    given=dict(X=real_matrix("N", "C"), U=symmetric("C"), V=symmetric("C"), W=symmetric("C")),
)
def _(xp, X, U, V, W):
    A, B, C = _arguments(xp, X, U, V, W)
    return Equal(xp.trace(A @ B @ C), xp.trace(A @ C @ B))


@third.neighbour(
    "Hermitian weights, real parts",
    key="hermitian-real-part",
    given=dict(U=hermitian("C"), V=hermitian("C"), W=hermitian("C")),
)
def _(xp, X, U, V, W):
    A, B, C = _arguments(xp, X, U, V, W)
    return Equal(xp.real(xp.trace(A @ B @ C)), xp.real(xp.trace(A @ C @ B)))


@claim(
    "ordering-ambiguity-fourth",
    title="At fourth order symmetric weights remove the ambiguity",
    sources=[LEMMA_4],
    chapter="effective",
    expect="refuted",
    given=dict(X=real_matrix("N", "C"), U=symmetric("C"), V=symmetric("C")),
    sizes=ORDER_SIZES,
    tex=r"\Tr AABB = \Tr ABAB",
)
def fourth(xp, X, U, V):
    """Tr AABB = Tr ABAB for real tokens and symmetric weights (it is false)."""
    A, B = _arguments(xp, X, U, V)
    return Equal(xp.trace(A @ A @ B @ B), xp.trace(A @ B @ A @ B))


@fourth.neighbour("a rotation: Tr AABB = Tr ABBA", key="rotation")
def _(xp, X, U, V):
    A, B = _arguments(xp, X, U, V)
    return Equal(xp.trace(A @ A @ B @ B), xp.trace(A @ B @ B @ A))


def _traces_of_words(xp, X, weights, words):
    """Tr of each word at each point."""
    rows = []
    for x in X:
        letters = _arguments(xp, x, *weights)
        row = []
        for word in words:
            value = letters[word[0]]
            for k in word[1:]:
                value = value @ letters[k]
            row.append(xp.trace(value))
        rows.append(xp.stack(row))
    return xp.stack(rows)


THIRD_ORDER = [(a, b, c) for a in range(3) for b in range(3) for c in range(3)]
FOURTH_ORDER = [(a, b, c, d) for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)]


@claim(
    "ordering-ambiguity-necklaces",
    title="Words up to rotation: 11 cubics in three arguments, 6 quartics in two",
    sources=[ours("repair of Lemma 4")],
    chapter="effective",
    needs=["ordering-ambiguity"],
    equations=["eq-ef-necklaces"],
    given=dict(X=matrix(12, "N", "C"), W=matrix(3, "C", "C")),
    sizes=dict(N=[4], C=[3, 4]),
    tex=r"\dim\operatorname{span}\{\Tr A_{i_1}\cdots A_{i_d}\}"
    r" = \frac1d\sum_{s<d}n^{\gcd(s,d)}\qquad(N\ge d)",
)
def necklace(xp, X, W):
    """For generic weights the traces of words of length d in n arguments XW_iX* span a space whose
    dimension is the number of necklaces: 11 for n = d = 3, and 6 for n = 2, d = 4."""
    return (
        Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), invariants.necklaces(3, 3)),
        Rank(_traces_of_words(xp, X, list(W), FOURTH_ORDER), invariants.necklaces(2, 4)),
    )


@necklace.neighbour("off by one", key="off-by-one")
def _(xp, X, W):
    return Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), invariants.necklaces(3, 3) + 1)


@necklace.neighbour("10, the cubic monomials in three commuting variables", key="commuting")
def _(xp, X, W):
    return Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), 10)


@necklace.neighbour("one token, where all words commute", key="one-token", sizes=dict(N=[1]))
def _(xp, X, W):
    return Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), invariants.necklaces(3, 3))


# -- the right symmetry ---------------------------------------------------------------------------
RIGHT = dict(
    X=matrix("N", "p*m"), A=matrix("p", "p"), B=matrix("p", "p"), T=unitary("p*m"), u=unitary("m")
)
RIGHT_SIZES = dict(N=[1, 2], p=[1, 2], m=[1, 2])


def _blocks(xp, T, A, inner):
    """T (A ⊗ inner) T*."""
    return T @ xp.kron(A, inner) @ xp.star(T)


def _potential(xp, X, A, B):
    return quadratic(xp, X, A) + quartic(xp, X, A, B)


@claim(
    "right-symmetry",
    title="A unitary that commutes with all weights is a symmetry",
    sources=[AXIOM_3, LEMMA_4],
    chapter="effective",
    equations=["eq-ef-right"],
    given=RIGHT,
    sizes=RIGHT_SIZES,
    tex=r"V(XQ^*) = V(X)\quad\text{for } Q^*Q=1,\ [Q,W_i]=0\ \text{for all } i",
)
def right(xp, X, A, B, T, u):
    """With weights T(A⊗1)T* and Q = T(1⊗u)T*, u unitary, which commutes with all of them,
    V(XQ*) = V(X) for the quadratic and the quartic."""
    one, p = xp.eye(u.shape[0]), A.shape[0]
    wA, wB, Q = _blocks(xp, T, A, one), _blocks(xp, T, B, one), _blocks(xp, T, xp.eye(p), u)
    return Equal(_potential(xp, X @ xp.star(Q), wA, wB), _potential(xp, X, wA, wB))


@right.printed(
    "Q commutes with one of the weights",
    sizes=dict(p=[2], m=[1]),
    given=dict(a=vector(2)),
    tex=r"\forall i:\ V(XQ^*) = V(X)\ \forall Q \text{ with } [Q,W_i]=0",
)
def _(xp, X, A, a):
    first = xp.diag(a)
    Q = xp.diag(xp.stack([xp.one, xp.i]))
    return Equal(_potential(xp, X @ xp.star(Q), first, A), _potential(xp, X, first, A))


@right.neighbour("a unitary that commutes with none", key="not-commuting")
def _(xp, X, A, B, T, u):
    one = xp.eye(u.shape[0])
    wA, wB = _blocks(xp, T, A, one), _blocks(xp, T, B, one)
    return Equal(_potential(xp, X @ xp.star(T), wA, wB), _potential(xp, X, wA, wB))


@right.neighbour("commuting but not unitary", key="not-unitary", given=dict(v=matrix("m", "m")))
def _(xp, X, A, B, T, v):
    one, p = xp.eye(v.shape[0]), A.shape[0]
    wA, wB, Q = _blocks(xp, T, A, one), _blocks(xp, T, B, one), _blocks(xp, T, xp.eye(p), v)
    return Equal(_potential(xp, X @ xp.star(Q), wA, wB), _potential(xp, X, wA, wB))


@claim(
    "right-symmetry-generic",
    title="A generic weight of rank k leaves phases and U(C − 2k)",
    sources=[ours("what the axiom allows")],
    chapter="effective",
    equations=["eq-ef-commutant"],
    given=dict(Q=matrix("C", "k"), K=matrix("C", "k")),
    sizes=dict(C=[1, 2, 3, 4, 5], k=[1, 2]),
    every_size=True,
    tex=r"\dim\{Q: [Q,W]=[Q,W^*]=0\} = 1+\max(C-2k,0)^2",
)
def commutant(xp, Q, K):
    """The matrices that commute with W = QK* of rank k and with W* have dimension
    1 + max(C − 2k, 0)²: for full rank only the multiples of 1. It is also the real dimension of the
    group of unitaries that commute with W."""
    C, W = Q.shape[0], Q @ xp.star(K)
    conditions = invariants.commuting_conditions(xp, [W, xp.star(W)])
    return Rank(conditions, C**2 - 1 - max(C - 2 * Q.shape[1], 0) ** 2)


@commutant.neighbour("off by one", key="off-by-one", sizes=dict(C=[3, 4], k=[1]))
def _(xp, Q, K):
    C, W = Q.shape[0], Q @ xp.star(K)
    conditions = invariants.commuting_conditions(xp, [W, xp.star(W)])
    return Rank(conditions, C**2 - max(C - 2 * Q.shape[1], 0) ** 2)


@commutant.neighbour(
    "U(C − k), as if rows and columns of W were one space",
    key="one-space",
    sizes=dict(C=[2, 3, 4], k=[1]),
)
def _(xp, Q, K):
    C, W = Q.shape[0], Q @ xp.star(K)
    conditions = invariants.commuting_conditions(xp, [W, xp.star(W)])
    return Rank(conditions, C**2 - 1 - (C - Q.shape[1]) ** 2)


@claim(
    "right-symmetry-several",
    title="Several generic weights of rank k leave 1 + max(C − 2nk, 0)²",
    sources=[ours("what the axiom allows")],
    chapter="effective",
    needs=["right-symmetry-generic"],
    given=dict(Q=matrix("n", "C", "k"), K=matrix("n", "C", "k")),
    sizes=dict(n=[2, 3], C=[3, 5, 7, 9], k=[1, 2]),
    every_size=True,
    tex=r"\dim = 1+\max(C-2nk,0)^2",
)
def several(xp, Q, K):
    """Two or three generic weights of rank one or two leave matrices of dimension
    1 + max(C − 2nk, 0)²: n of them and their adjoints act irreducibly on the span of their
    ranges."""
    n, C, k = Q.shape
    return Rank(_commuting(xp, Q, K), C**2 - 1 - max(C - 2 * n * k, 0) ** 2)


def _commuting(xp, Q, K):
    """Commuting with each QK* and its adjoint."""
    W = [q @ xp.star(k) for q, k in zip(Q, K, strict=True)]
    return invariants.commuting_conditions(xp, W + [xp.star(w) for w in W])


@several.neighbour("as for one of them", key="as-for-one", sizes=dict(n=[2], C=[3, 5], k=[1]))
def _(xp, Q, K):
    C, k = Q.shape[1:]
    return Rank(_commuting(xp, Q, K), C**2 - 1 - max(C - 2 * k, 0) ** 2)


@several.neighbour(
    "weights of rank two counted as rank one",
    key="rank-forgotten",
    sizes=dict(n=[2], C=[5, 6], k=[2]),
)
def _(xp, Q, K):
    n, C = Q.shape[:2]
    return Rank(_commuting(xp, Q, K), C**2 - 1 - max(C - 2 * n, 0) ** 2)


@claim(
    "right-symmetry-hermitian",
    title="A Hermitian weight of rank k leaves k phases and U(C − k)",
    sources=[ours("what the axiom allows")],
    chapter="effective",
    given=dict(Q=matrix("C", "k"), H=hermitian("k")),
    sizes=dict(C=[2, 3, 4, 5], k=[1, 2]),
    every_size=True,
    tex=r"\dim = k+(C-k)^2",
)
def hermitian_commutant(xp, Q, H):
    """The matrices that commute with W = QHQ*, Hermitian of rank k, and with W* have dimension
    k + (C − k)². Any W of this form with H not Hermitian has the count of a generic weight."""
    C, k = Q.shape
    return Rank(_commuting_with(xp, Q @ H @ xp.star(Q)), C**2 - k - (C - k) ** 2)


def _commuting_with(xp, W):
    return invariants.commuting_conditions(xp, [W, xp.star(W)])


@hermitian_commutant.neighbour("off by one", key="off-by-one")
def _(xp, Q, H):
    C, k = Q.shape
    return Rank(_commuting_with(xp, Q @ H @ xp.star(Q)), C**2 - k - (C - k) ** 2 - 1)


@hermitian_commutant.neighbour("the count of a generic weight", key="generic-count")
def _(xp, Q, H):
    C, k = Q.shape
    return Rank(_commuting_with(xp, Q @ H @ xp.star(Q)), C**2 - 1 - max(C - 2 * k, 0) ** 2)


# -- softmax and ReLU -----------------------------------------------------------------------------
@claim(
    "softmax-breaks-isometry",
    title="Softmax attention keeps the isometry axiom",
    sources=[paper("softmax attention satisfies Lemma 4"), poster("Isometry Invariance")],
    chapter="effective",
    expect="refuted",
    equations=["eq-ef-softmax-isometry"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), U=unitary("N"), s=root("r")),
    sizes=dict(N=[2, 3], C=[1, 2], r=[1, 2]),
    tex=r"V(UX) = V(X),\qquad V = \sqrt r\textstyle\sum_j\log\sum_k\exp\operatorname{Re}S_{jk}",
)
def softmax_isometry(xp, X, W, U, s):
    """The free energy of attention is invariant under all unitary maps of tokens (it is not)."""
    return Equal(softmax_energy(xp, U @ X, W, s), softmax_energy(xp, X, W, s))


@softmax_isometry.neighbour("two tokens change places", key="permutation")
def _(xp, X, W, s):
    return Equal(softmax_energy(xp, _swapped(xp, X), W, s), softmax_energy(xp, X, W, s))


@softmax_isometry.neighbour("the quartic field", key="quartic", given=dict(B=matrix("C", "C")))
def _(xp, X, W, B, U):
    return Equal(quartic(xp, U @ X, W, B), quartic(xp, X, W, B))


@claim(
    "softmax-breaks-isometry-relu",
    title="ReLU and gated units keep the isometry axiom",
    sources=[poster("Isometry Invariance"), ours()],
    chapter="effective",
    expect="refuted",
    given=dict(X=real_matrix("2", "C"), W=real_matrix("C", "m"), t=real()),
    sizes=dict(C=[1, 2], m=[1, 2]),
    tex=r"V(OX) = V(X),\quad V=\tfrac12\lVert(XW)_+\rVert^2\ \text{or}\ \tfrac13\sum(XW)^3",
)
def relu_isometry(xp, X, W, t):
    """Half the squared positive part and the cubic of a gated unit are invariant under rotations of
    two tokens (they are not)."""
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    Y = xp.stack([c * X[0] - s * X[1], s * X[0] + c * X[1]])
    V = lambda X: xp.stack([xp.sum(xp.relu(X @ W) ** 2) / 2, xp.sum((X @ W) ** 3) / 3])
    return Equal(V(Y), V(X))


@relu_isometry.neighbour("without the positive part", key="linear")
def _(xp, X, W, t):
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    Y = xp.stack([c * X[0] - s * X[1], s * X[0] + c * X[1]])
    return Equal(xp.norm2(Y @ W), xp.norm2(X @ W))


TAYLOR = dict(X=real_matrix("N", "C"), W=real_matrix("C", "C"))
TAYLOR_SIZES = dict(N=[3, 4], C=[1, 2])


def _scores(xp, X, W):
    return X @ W @ X.T


def _remainder(xp, S, n, half_square):
    """The log-sum-exp of S/n less N log N, the mean-field term and a quadratic term."""
    N = S.shape[0]
    exact = xp.sum(xp.logsumexp(S / n, axis=-1)) - N * xp.log(xp.one * N)
    return xp.abs(exact - xp.sum(S) / (N * n) - half_square / (n * n))


def _variance(xp, S):
    """Half the sum of the row variances."""
    N = S.shape[0]
    return (xp.sum(S * S) / N - xp.sum((xp.sum(S, axis=1) / N) ** 2)) / 2


@claim(
    "taylor-of-softmax",
    title="Small scores: a mean field, then half the row variance, then third order",
    sources=[talk("linear Transformers without loss of generality"), AXIOM_1],
    chapter="effective",
    equations=["eq-ef-taylor"],
    given=TAYLOR,
    sizes=TAYLOR_SIZES,
    tex=r"\sum_j\log\sum_k e^{\varepsilon S_{jk}} = N\log N"
    r" + \tfrac\varepsilon N\sum_{jk}S_{jk}"
    r" + \tfrac{\varepsilon^2}2\sum_j\operatorname{Var}_kS_{jk} + O(\varepsilon^3)",
)
def taylor(xp, X, W):
    """With real tokens and N >= 3, the remainder after half the row variances is of third order;
    its constant is a sixth of the sum of the rows' third cumulants."""
    S = _scores(xp, X, W)
    N = S.shape[0]
    centred = S - (xp.sum(S, axis=1) / N)[:, None]
    third = xp.abs(xp.sum(centred**3)) / (6 * N)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 3, third, start=512)


@taylor.neighbour("the variance without its centring", key="not-centred")
def _(xp, X, W):
    S = _scores(xp, X, W)
    N = S.shape[0]
    return Rate(lambda n: _remainder(xp, S, n, xp.sum(S * S) / (2 * N)), 3, start=512)


@taylor.neighbour("the 1/N left out, as in the printed linear attention", key="no-one-over-n")
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, xp.sum(S * S) / 2), 3, start=512)


@taylor.neighbour("order 2", key="order-2")
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 2, start=512)


@claim(
    "taylor-of-softmax-two",
    title="For two tokens the third order vanishes",
    sources=[ours("the smallest case")],
    chapter="effective",
    needs=["taylor-of-softmax"],
    equations=["eq-ef-taylor-two"],
    given=TAYLOR,
    sizes=dict(N=[2], C=[1, 2]),
    tex=r"N=2:\quad \text{remainder} \sim -\frac{\varepsilon^4}{192}"
    r"\sum_j(S_{j1}-S_{j2})^4",
)
def taylor_two(xp, X, W):
    """The third cumulant of two equally likely values is zero: with two tokens the remainder after
    half the row variances is of fourth order, a 192nd of the sum of (S_j1 − S_j2)⁴."""
    S = _scores(xp, X, W)
    fourth = xp.sum((S[:, 0] - S[:, 1]) ** 4) / 192
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 4, fourth, start=512)


@taylor_two.neighbour("order 3, as for more tokens", key="order-3")
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 3, start=512)


@taylor_two.neighbour("three tokens", key="three-tokens", sizes=dict(N=[3]))
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 4, start=512)


@claim(
    "taylor-of-softmax-complex",
    title="The quadratic term of the complex expansion is the field's quartic",
    sources=[talk("linear Transformers without loss of generality")],
    chapter="effective",
    expect="refuted",
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), U=unitary("N")),
    sizes=dict(N=[2, 3], C=[1, 2]),
    tex=r"\Tr SS^{\mathsf T}\ \text{is invariant under } X\to UX",
)
def complex_taylor(xp, X, W, U):
    """Expanding exp of complex scores gives Σ S_jk² = Tr SSᵀ, invariant under U(N) (it is not)."""
    V = lambda X: xp.sum((X @ W @ xp.star(X)) ** 2)
    return Equal(V(U @ X), V(X))


@complex_taylor.neighbour("Σ |S_jk|², the field's quartic", key="modulus")
def _(xp, X, W, U):
    V = lambda X: xp.norm2(X @ W @ xp.star(X))
    return Equal(V(U @ X), V(X))


@claim(
    "taylor-of-softmax-relu",
    title="ReLU has no linear limit: it looks the same at every scale",
    sources=[talk("linear Transformers without loss of generality")],
    chapter="effective",
    equations=["eq-ef-relu-scale"],
    given=dict(X=real_matrix("N", "C"), e=positive()),
    tex=r"(\varepsilon X)_+ = \varepsilon\,X_+",
)
def relu_scale(xp, X, e):
    """(εX)_+ = εX_+ for every ε > 0: making the tokens small does not make ReLU more linear, and
    its energy ½‖X_+‖² is not analytic at 0."""
    return Equal(xp.relu(e * X), e * xp.relu(X))


@relu_scale.printed("linear without loss of generality", tex=r"(\varepsilon X)_+ = \varepsilon X")
def _(xp, X, e):
    return Equal(xp.relu(e * X), e * X)


@relu_scale.neighbour("half the identity, its even-handed linear part", key="half-identity")
def _(xp, X, e):
    return Equal(xp.relu(e * X), e * X / 2)


# -- positions ------------------------------------------------------------------------------------
def _turned(xp, Y, z, first):
    """Row n turned by z_c^(first + n) in channel c: a complex channel is a pair of real ones."""
    return xp.stack([Y[n] * z ** (first + n) for n in range(Y.shape[0])])


ROPE = dict(X=matrix("N", "C"), Q=matrix("C", "C"), K=matrix("C", "C"), t=vector("C"))
ROPE_SIZES = dict(N=[2, 3], C=[1, 2])


@claim(
    "rope-symmetry",
    title="RoPE scores depend on differences of positions only",
    sources=[talk("broken by RoPE"), paper("positional encodings do not violate symmetry")],
    chapter="effective",
    equations=["eq-ef-rope"],
    given=ROPE,
    sizes=ROPE_SIZES,
    tex=r"S_{mn}=\textstyle\sum_c z_c^{s+m}(XQ)_{mc}\,\overline{z_c^{s+n}(XK)_{nc}}"
    r"\ \text{does not depend on }s",
)
def rope(xp, X, Q, K, t):
    """Queries and keys of the token at position n are turned by z_c^n, |z_c| = 1, each channel with
    a frequency of its own. Moving all positions up by one changes no score."""
    z = _circle(xp, t)
    scores = lambda s: _turned(xp, X @ Q, z, s) @ xp.star(_turned(xp, X @ K, z, s))
    return Equal(scores(1), scores(0))


@rope.neighbour(
    "absolute positions, added to the tokens", key="absolute-position", given=dict(p=matrix("C"))
)
def _(xp, X, Q, K, p):
    place = lambda s: xp.stack([X[n] + (s + n) * p for n in range(X.shape[0])])
    scores = lambda s: place(s) @ Q @ xp.star(place(s) @ K)
    return Equal(scores(1), scores(0))


@rope.neighbour("only the queries turned", key="unturned-keys")
def _(xp, X, Q, K, t):
    z = _circle(xp, t)
    scores = lambda s: _turned(xp, X @ Q, z, s) @ xp.star(X @ K)
    return Equal(scores(1), scores(0))


@rope.neighbour(
    "the tokens turned before the projections mix their channels",
    key="before-mixing",
    sizes=dict(C=[2]),
)
def _(xp, X, Q, K, t):
    z = _circle(xp, t)
    scores = lambda s: _turned(xp, X, z, s) @ Q @ xp.star(_turned(xp, X, z, s) @ K)
    return Equal(scores(1), scores(0))


@claim(
    "rope-symmetry-slots",
    title="With RoPE by slot the tokens may still change places",
    sources=[paper("positional encodings do not violate symmetry")],
    chapter="effective",
    expect="refuted",
    given=dict(X=matrix("N", "C"), W=vector("C"), t=real()),
    sizes=dict(N=[3], C=[1, 2]),
    tex=r"V(\Pi X) = V(X),\quad V=\textstyle\sum_{mn}\operatorname{Re}S_{mn}",
)
def slots(xp, X, W, t):
    """If the position is the index of the slot, exchanging two tokens leaves the sum of the scores
    alone (it does not: RoPE breaks the exchange of words, as the talk says)."""
    z = _circle(xp, t)
    V = lambda X: xp.real(_total(xp, X, W, z, range(X.shape[0])))
    return Equal(V(_swapped(xp, X)), V(X))


def _total(xp, X, W, z, places):
    """The sum of all scores of tokens turned according to their places."""
    Y = xp.sum(xp.stack([X[n] * z**place for n, place in enumerate(places)]), axis=0)
    return xp.sum(W * Y * xp.conj(Y))


@slots.neighbour("the position carried inside the token", key="carried")
def _(xp, X, W, t):
    z, places = _circle(xp, t), list(range(X.shape[0]))
    moved = [places[1], places[0], *places[2:]]
    return Equal(
        xp.real(_total(xp, _swapped(xp, X), W, z, moved)), xp.real(_total(xp, X, W, z, places))
    )


@slots.neighbour("no encoding", key="no-encoding")
def _(xp, X, W):
    V = lambda X: xp.real(_total(xp, X, W, xp.one, range(X.shape[0])))
    return Equal(V(_swapped(xp, X)), V(X))
