"""When do two steps compose?"""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper
from fieldcheck.domains import invertible, matrix, number, positive, real, real_matrix, vector
from fieldcheck.fields import depth
from fieldcheck.fields.exponential import exp_nilpotent
from fieldcheck.relations import Equal, Rate, Zero


def _triangular_exp(xp, a, b, d):
    """exp of [[a, b], [0, d]] with a != d."""
    ea, ed = xp.exp(a), xp.exp(d)
    return xp.stack([xp.stack([ea, b * (ea - ed) / (a - d)]), xp.stack([0 * b, ed])])


def _power_series(xp, A, h, terms):
    """The first terms of exp(hA)."""
    total = power = xp.eye(A.shape[0]) + A * 0
    for k in range(1, terms + 1):
        power = power @ A * h / k
        total = total + power
    return total


@claim(
    "split-iff-commute",
    expect="proved",
    title="Splitting is exact for every step exactly when the parts commute",
    sources=[paper("Lemma 1")],
    equations=["eq-sparse-commute"],
    given=dict(A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=dict(C=[1, 2, 3]),
    needs=["split-iff-commute-if"],
)
def split_iff_commute(xp, A, B, *, bracket=lambda A, B: A @ B - B @ A):
    """The second derivative at h = 0 of exp(hA) exp(hB) − exp(h(A+B)) is the commutator AB − BA.
    So if the two agree for all small h, then A and B commute; that they agree if A and B commute
    is `split-iff-commute-if`."""
    gap = lambda h: (
        _power_series(xp, A, h, 2) @ _power_series(xp, B, h, 2) - _power_series(xp, A + B, h, 2)
    )
    slope = lambda h: xp.push(gap, h, xp.one)
    return Equal(xp.push(slope, 0 * xp.one, xp.one), bracket(A, B))


@split_iff_commute.printed(
    "agreement at the one step h = 1 taken for commuting",
    given=dict(b=number()),
    sizes=dict(C=[2]),
    tex=r"\ee^{A+B} = \ee^{A}\ee^{B} \iff [A, B] = 0,\quad A = \bigl(\begin{smallmatrix}0&0\\"
    r"0&2\pi\ii\end{smallmatrix}\bigr),\; B = "
    r"\bigl(\begin{smallmatrix}0&b\\0&2\pi\ii\end{smallmatrix}\bigr)",
)
def _(xp, b):
    turn = 2 * xp.pi * xp.i
    A = xp.stack([xp.stack([0 * b, 0 * b]), xp.stack([0 * b, turn])])
    B = xp.stack([xp.stack([0 * b, b]), xp.stack([0 * b, turn])])
    return Zero(A @ B - B @ A)


split_iff_commute.vary(
    "the anticommutator", key="anticommutator", bracket=lambda A, B: A @ B + B @ A
)
split_iff_commute.vary(
    "half the commutator", key="half-the-commutator", bracket=lambda A, B: (A @ B - B @ A) / 2
)


@claim(
    "split-iff-commute-if",
    expect="proved",
    title="Commuting parts may be split",
    sources=[paper("Lemma 1")],
    equations=["eq-sparse-commuting-flow"],
    given=dict(P=invertible(2), a=matrix(2), b=matrix(2), h=real()),
)
def split_if_commute(xp, P, a, b, h):
    """For A and B diagonal in one basis P, the product exp(hA) exp(hB) solves Y' = (A + B)Y;
    it is 1 at h = 0, so it is exp(h(A + B)), at every step h."""
    in_basis = lambda d: P @ xp.diag(d) @ xp.inv(P)
    product = lambda h: in_basis(xp.exp(h * a)) @ in_basis(xp.exp(h * b))
    return Equal(xp.push(product, h, xp.one), in_basis(a + b) @ product(h))


@split_if_commute.neighbour(
    "diagonal in two different bases", key="two-bases", given=dict(R=invertible(2))
)
def _(xp, P, R, a, b, h):
    A = lambda d: P @ xp.diag(d) @ xp.inv(P)
    B = lambda d: R @ xp.diag(d) @ xp.inv(R)
    product = lambda h: A(xp.exp(h * a)) @ B(xp.exp(h * b))
    return Equal(xp.push(product, h, xp.one), (A(a) + B(b)) @ product(h))


@claim(
    "split-iff-commute-jordan",
    expect="proved",
    title="Commuting parts that cannot be diagonalized may be split too",
    sources=[paper("Lemma 1")],
    needs=["split-iff-commute-if"],
    given=dict(
        P=invertible(3),
        a=matrix(3),
        b=matrix(3),
        h=real(),
    ),
    tex=r"A,B\in\CC[J],\ J^3=0:\quad"
    r" \frac{\dd}{\dd h}\,\ee^{hA}\ee^{hB} = (A + B)\,\ee^{hA}\ee^{hB}",
)
def split_jordan(xp, P, a, b, h):
    """The same for A and B two quadratic polynomials in one nilpotent matrix of order three, in any
    basis P: they commute and have no eigenbasis."""
    return _nilpotent_split(xp, P, a, b, h, lambda J: J)


def _nilpotent_split(xp, P, a, b, h, other):
    """A is a polynomial in J, B one in other(J); J moves each of three directions to the next."""
    J = xp.constant([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    polynomial = lambda c, J: c[0] * xp.eye(3) + c[1] * J + c[2] * J @ J
    exponential = lambda c, J, h: (
        xp.exp(h * c[0]) * exp_nilpotent(xp, h * (c[1] * J + c[2] * J @ J))
    )
    inside = lambda M: P @ M @ xp.inv(P)
    K = other(J)
    product = lambda h: inside(exponential(a, J, h) @ exponential(b, K, h))
    total = inside(polynomial(a, J) + polynomial(b, K))
    return Equal(xp.push(product, h, xp.one), total @ product(h))


@split_jordan.neighbour("the second one in the transpose of J", key="transpose")
def _(xp, P, a, b, h):
    return _nilpotent_split(xp, P, a, b, h, lambda J: J.T)


@claim(
    "split-iff-commute-one-step",
    title="Two matrices that do not commute, yet split exactly at h = 1",
    sources=[ours("counterexample to the paper's Lemma 1")],
    equations=["eq-sparse-one-step"],
    given=dict(b=number()),
)
def split_one_step(xp, b):
    """With A = diag(0, 2πi) and B = [[0, b], [0, 2πi]], exp(A) = exp(B) = exp(A + B) = 1, for every
    b; AB − BA has the entry −2πi b."""
    turn = 2 * xp.pi * xp.i
    left = _triangular_exp(xp, 0 * b, 0 * b, turn) @ _triangular_exp(xp, 0 * b, b, turn)
    right = _triangular_exp(xp, 0 * b, b, 2 * turn)
    return Zero(left - right), Zero(right - xp.eye(2))


@split_one_step.neighbour("the same pair at half the step", key="half-a-step")
def _(xp, b):
    turn = xp.pi * xp.i
    left = _triangular_exp(xp, 0 * b, 0 * b, turn) @ _triangular_exp(xp, 0 * b, b / 2, turn)
    right = _triangular_exp(xp, 0 * b, b / 2, 2 * turn)
    return Zero(left - right)


@claim(
    "split-iff-commute-gap",
    expect="proved",
    title="The gap of that pair at any step",
    sources=[ours("counterexample to the paper's Lemma 1")],
    equations=["eq-sparse-one-step-gap"],
    given=dict(b=number(), h=positive()),
    needs=["split-iff-commute-one-step"],
)
def split_gap(xp, b, h, *, power=2):
    """At step h the two products of that pair differ in one entry, by
    $b\\,(e^{2\\pi ih} - 1)^2/(4\\pi i)$."""
    turn = 2 * xp.pi * xp.i * h
    left = _triangular_exp(xp, 0 * b, 0 * b, turn) @ _triangular_exp(xp, 0 * b, b * h, turn)
    right = _triangular_exp(xp, 0 * b, b * h, 2 * turn)
    once = xp.exp(turn) - 1
    return Equal((right - left)[0, 1], b * once**power / (4 * xp.pi * xp.i))


split_gap.vary("a gap that is linear in sin(πh)", key="first-power", power=1)


PLANE_FIELDS = dict(x=vector("C"), P=real_matrix("C", "C"), R=real_matrix("C", "C"), c=vector("C"))


@claim(
    "split-iff-commute-bracket",
    expect="proved up to C = 3",
    title="For nonlinear fields the commutator is the Lie bracket",
    sources=[paper("Lemma 1"), ours("repair")],
    equations=["eq-sparse-lie-bracket"],
    given=PLANE_FIELDS,
    sizes=dict(C=[2, 3]),
)
def split_bracket(
    xp, x, P, R, c, *, bracket=lambda xp, f, g, x: xp.push(f, x, g(x)) - xp.push(g, x, f(x))
):
    """For vector fields f and g (here tanh(xP)R and x⟨c, x⟩), flowing along g then f differs from
    flowing along f then g by h²(Df g − Dg f) + O(h³). A Runge-Kutta step of order 4 stands for
    each flow."""
    f, g = lambda x: xp.tanh(x @ P) @ R, lambda x: x * xp.sum(c * x)
    second = bracket(xp, f, g, x)

    def gap(n):
        h = xp.one / (8 * n)
        one, two = (depth.one_after_the_other(depth.rk4, *pair, x, h) for pair in ((g, f), (f, g)))
        return xp.norm(one - two - second * h * h)

    return Rate(gap, order=3)


split_bracket.vary(
    "the bracket of composition, f∘g − g∘f",
    role="printed",
    tex=r"[f, g] = fg - gf",
    bracket=lambda xp, f, g, x: f(g(x)) - g(f(x)),
)
split_bracket.vary(
    "the bracket with the other sign",
    key="sign",
    bracket=lambda xp, f, g, x: xp.push(g, x, f(x)) - xp.push(f, x, g(x)),
)


def _decay(xp, x, s):
    """The flow of x' = −x."""
    return x * xp.exp(-s)


def _cubic_decay(xp, x, s):
    """The flow of x' = −x³."""
    return x / xp.sqrt(1 + 2 * s * x * x)


@claim(
    "split-iff-commute-cubic",
    title="x and x³ commute under composition: do their flows?",
    sources=[paper("Lemma 1")],
    equations=["eq-sparse-cubic-flows"],
    given=dict(x=real(), s=positive()),
    expect="refuted",
    tex=r"f\circ g = g\circ f \implies \phi^f\circ\phi^g = \phi^g\circ\phi^f",
    differs="otherwise",
)
def split_cubic(xp, x, s):
    """The fields −x and −x³ satisfy f(g(x)) = g(f(x)). If the bracket of composition decided, their
    flows would commute. They do not: the Lie bracket is Df g − Dg f = −2x³."""
    return Equal(_decay(xp, _cubic_decay(xp, x, s), s), _cubic_decay(xp, _decay(xp, x, s), s))


@split_cubic.neighbour("two multiples of one field", key="one-field")
def _(xp, x, s):
    flow = lambda s: _cubic_decay(xp, x, s)
    return (
        Equal(
            _cubic_decay(xp, _cubic_decay(xp, x, 2 * s), s),
            _cubic_decay(xp, _cubic_decay(xp, x, s), 2 * s),
        ),
        Equal(xp.push(flow, s, xp.one), -(flow(s) ** 3)),
    )


@split_cubic.neighbour("their composition, instead of their flows", key="composition")
def _(xp, x, s):
    f, g = lambda x: -x, lambda x: -(x * x * x)
    return Equal(f(g(x)), g(f(x)))
