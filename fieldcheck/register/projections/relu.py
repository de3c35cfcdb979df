"""ReLU: the projection onto the orthant, and its axioms."""

from __future__ import annotations

from fieldcheck.claim import claim, colu_paper, ours, talk
from fieldcheck.cones import orthant
from fieldcheck.domains import nonnegative, positive, real, vector
from fieldcheck.relations import AtMost, Equal, Gradient, Piece, Solutions, Zero, at_most


# == ReLU is the projection onto the orthant ==
@claim(
    "relu-orthant-projection",
    expect="proved",
    title="ReLU is the projection onto the orthant",
    sources=[talk("What About Activation Functions?"), colu_paper("Introduction")],
    equations=["eq-orthant-vi"],
    given=dict(x=vector("n"), z=nonnegative("n")),
    tex=r"\langle x - x_+,\, z - x_+\rangle \le 0 \quad\text{for all } z \ge 0",
    differs="less",
)
def orthant_projection(xp, x, z):
    """ReLU maps every vector to the nearest point of the nonnegative orthant: its value lies in
    the orthant, and it satisfies the variational inequality of the nearest point."""
    p = orthant.project(xp, x)
    return (
        *at_most(xp.sum((x - p) * (z - p)), xp.zeros(), room=xp.sum(xp.relu(-x) * z), sharp=True),
        *at_most(-p, xp.zeros(), room=p),
    )


@orthant_projection.neighbour("leaky ReLU is the projection", key="leaky-relu")
def _(xp, x, z):
    p = orthant.leaky(xp, x)
    return AtMost(xp.sum((x - p) * (z - p)), xp.zeros()), AtMost(-p, xp.zeros())


@orthant_projection.neighbour("the absolute value is the projection", key="abs")
def _(xp, x, z):
    p = xp.abs(x)
    return AtMost(xp.sum((x - p) * (z - p)), xp.zeros()), AtMost(-p, xp.zeros())


@claim(
    "relu-orthant-projection-moreau",
    expect="proved",
    title="Moreau's decomposition by ReLU",
    sources=[talk("What About Activation Functions?")],
    equations=["eq-orthant-moreau"],
    given=dict(x=vector("n")),
)
def orthant_moreau(xp, x, *, project=orthant.project):
    """A vector is the sum of its projections onto the orthant and onto the polar orthant, and the
    two are orthogonal."""
    p, q = project(xp, x), project(xp, -x)
    return Equal(p - q, x), Zero(xp.sum(p * q))


orthant_moreau.vary("with leaky ReLU", key="leaky-relu", project=orthant.leaky)
orthant_moreau.vary("with the absolute value", key="abs", project=lambda xp, x: xp.abs(x))


@claim(
    "relu-orthant-projection-firm",
    expect="proved",
    title="ReLU is firmly nonexpansive",
    sources=[ours()],
    given=dict(x=vector("n"), y=vector("n")),
    sizes=dict(n=[1, 2, 3]),
    needs=["relu-orthant-projection"],
    tex=r"\lVert x_+ - y_+\rVert^2 \le \langle x_+ - y_+,\, x - y\rangle",
)
def orthant_firm(xp, x, y):
    """ReLU is firmly nonexpansive, as every metric projection onto a convex set is; so it is
    monotone and has Lipschitz constant 1."""
    p, q = orthant.project(xp, x), orthant.project(xp, y)
    return at_most(
        xp.sum((p - q) * (p - q)),
        xp.sum((p - q) * (x - y)),
        room=xp.sum(p * xp.relu(-y) + q * xp.relu(-x)),
        sharp=True,
    )


@orthant_firm.neighbour("the absolute value is firmly nonexpansive", key="abs")
def _(xp, x, y):
    p, q = xp.abs(x), xp.abs(y)
    return AtMost(xp.sum((p - q) * (p - q)), xp.sum((p - q) * (x - y)))


@orthant_firm.neighbour("with the constant one half", key="half")
def _(xp, x, y):
    p, q = orthant.project(xp, x), orthant.project(xp, y)
    return AtMost(xp.sum((p - q) * (p - q)), xp.sum((p - q) * (x - y)) / 2)


@claim(
    "relu-orthant-projection-gradient",
    expect="proved",
    title="ReLU is the gradient of half the squared positive part",
    sources=[ours()],
    equations=["eq-orthant-gradient"],
    given=dict(x=vector("n")),
)
def orthant_gradient(xp, x):
    """The projection onto the orthant is the gradient of ½‖x₊‖² (Moreau: projections onto cones
    are gradients)."""
    return Gradient(lambda y: xp.sum(xp.relu(y) * xp.relu(y)) / 2, x, orthant.project(xp, x))


@orthant_gradient.neighbour("its gradient is leaky ReLU", key="leaky-relu")
def _(xp, x):
    return Gradient(lambda y: xp.sum(xp.relu(y) * xp.relu(y)) / 2, x, orthant.leaky(xp, x))


@orthant_gradient.neighbour("its gradient is the absolute value", key="abs")
def _(xp, x):
    return Gradient(lambda y: xp.sum(xp.relu(y) * xp.relu(y)) / 2, x, xp.abs(x))


# == the axioms of ReLU ==
@claim(
    "relu-axioms-rows",
    expect="proved",
    title="ReLU has every row of the talk's table",
    sources=[talk("What About Activation Functions?")],
    given=dict(x=vector("n"), z=nonnegative("n"), t=positive(), s=positive()),
    needs=["relu-orthant-projection"],
    tex=r"\begin{gathered}\lambda\pi_i=\pi_i\lambda,\quad\lambda(tx)=t\lambda(x),\quad\lambda\lambda=\lambda,"
    r"\\ \lambda|_\Omega=\mathrm{id},\quad\lambda(\Omega^c)=\partial\Omega,\qquad"
    r"\Omega=\{x\ge0\}\end{gathered}",
)
def relu_rows(xp, x, z, t, s, *, λ=orthant.project):
    """With Ω the orthant and π_i the projection onto an axis. A point outside Ω has a negative
    entry, here −s in front, and is sent to a point whose entry there is 0: to the boundary. All
    of the boundary is reached, from (−s, z) the point (0, z)."""
    axes = xp.eye(x.shape[0])
    front = lambda first, rest: xp.concat([xp.stack([first]), rest])
    return (
        Equal(λ(xp, axes * x[None, :]), axes * λ(xp, x)[None, :]),
        Equal(λ(xp, t * x), t * λ(xp, x)),
        Equal(λ(xp, λ(xp, x)), λ(xp, x)),
        Equal(λ(xp, z), z),
        Equal(λ(xp, front(-s, x)), front(0 * s, λ(xp, x))),
        Equal(λ(xp, front(-s, z)), front(0 * s, z)),
    )


relu_rows.vary("leaky ReLU has them", key="leaky-relu", λ=orthant.leaky)
relu_rows.vary("the absolute value has them", key="abs", λ=lambda xp, x: xp.abs(x))


@claim(
    "relu-axioms-rows-components",
    expect="proved",
    title="λπ = πλ leaves each axis a function of its own",
    sources=[talk("What About Activation Functions?")],
    given=dict(a=vector("n"), c=vector("n"), x=vector("n")),
    tex=r"\lambda(x)_i=\lambda_i(x_i),\ \lambda_i(0)=0:\quad\lambda\pi_i=\pi_i\lambda",
)
def relu_rows_components(xp, a, c, x, *, shift=0):
    """For component-wise maps with a homogeneous function on each axis, whatever these are, the
    property of the first row holds. Its formulation, one λ for all entries, asks for more."""
    λ = lambda x: orthant.fold(xp, a, c, x) + shift
    axes = xp.eye(x.shape[0])
    return Equal(λ(axes * x[None, :]), axes * λ(x)[None, :])


@relu_rows_components.reading(
    "the property is the formulation: one function for all entries",
    given=dict(y=real()),
    sizes=dict(n=[2, 3]),
    tex=r"\forall i:\ \lambda\pi_i=\pi_i\lambda\iff\lambda(x_i)=\lambda(x)_i",
)
def _(xp, a, c, y):
    return Equal(orthant.fold(xp, a[0], c[0], y), orthant.fold(xp, a[1], c[1], y))


relu_rows_components.vary(
    "functions that do not fix 0", key="shifted", shift=1, sizes=dict(n=[2, 3])
)


def idempotent(xp, a, c):
    """f(f(1)) - f(1) and f(f(-1)) - f(-1) for the homogeneous f with f(1) = a, f(-1) = c.

    By homogeneity these two values decide f(f(x)) = f(x) for all x.
    """
    return (orthant.fold(xp, a, c, a) - a, orthant.fold(xp, a, c, c) - c)


def boundary(a, c):
    """What the axiom λ(Ω^c) = ∂Ω says of f on a line, Ω being the set of fixed points.

    If 1 is not fixed, Ω lies in the closed negative half-line or is {0}; its boundary is {0}, so
    f(1) = 0: hence (a - 1) a = 0. Likewise (c + 1) c = 0 from -1.
    """
    return ((a - 1) * a, (c + 1) * c)


def fold(a, c):
    """Those that keep x >= 0."""
    return Piece(zero=(a - 1,), nonnegative=(c,))


def mirrored(a, c):
    """Those that keep x <= 0."""
    return Piece(zero=(c + 1,), nonnegative=(-a,))


@claim(
    "relu-axioms",
    expect="proved",
    title="All positively homogeneous, idempotent functions of one number",
    sources=[talk("What About Activation Functions?"), colu_paper("characterization of ReLU")],
    equations=["eq-axioms-solutions"],
    given=dict(a=real(), c=real()),
)
def relu_axioms(xp, a, c, *, fold=fold, mirrored=mirrored):
    r"""A positively homogeneous function of one number is given by $a = \lambda(1)$ and
    $c = \lambda(-1)$. It is idempotent exactly in these cases: the identity $(1, -1)$; zero
    $(0, 0)$; the folds, which keep $x \ge 0$ and send $x < 0$ to $c|x|$ with $c \ge 0$ (ReLU at
    $c = 0$, the absolute value at $c = 1$); and their mirror images, which keep $x \le 0$ and send
    $x > 0$ to $ax$ with $a \le 0$ ($\min(x, 0)$ at $a = 0$)."""
    return Solutions(
        Piece(zero=idempotent(xp, a, c)),
        (Piece(zero=(a - 1, c + 1)), Piece(zero=(a, c)), fold(a, c), mirrored(a, c)),
    )


@relu_axioms.printed(
    "the first three axioms characterize ReLU",
    tex=r"\lambda(tx) = t\lambda(x),\ \lambda\lambda = \lambda,\ \text{component-wise}"
    r"\iff \lambda = \operatorname{ReLU}",
)
def _(xp, a, c):
    return Solutions(Piece(zero=idempotent(xp, a, c)), (Piece(zero=(a - 1, c)),))


relu_axioms.vary(
    "the mirror family missed",
    key="mirror-family-missed",
    mirrored=lambda a, c: Piece(zero=(a, c + 1)),
)
relu_axioms.vary(
    "ReLU rejected: folds with c > 0 only",
    key="relu-rejected",
    fold=lambda a, c: Piece(zero=(a - 1,), positive=(c,)),
)


FOUR = ((1, -1), (0, 0), (0, -1), (1, 0))
"""(λ(1), λ(−1)) of the identity, zero, min(x, 0) and ReLU."""


@claim(
    "relu-axioms-boundary",
    expect="proved",
    title="The full list of axioms leaves four functions",
    sources=[talk("What About Activation Functions?")],
    equations=["eq-axioms-boundary"],
    given=dict(a=real(), c=real()),
    needs=["relu-axioms"],
)
def relu_axioms_boundary(xp, a, c, *, values=FOUR):
    r"""With $\Omega$ the set of fixed points, the boundary axiom $\lambda(\Omega^c) =
    \partial\Omega$ removes the folds and their mirror images, but not the identity, zero and
    $\min(x, 0)$."""
    return Solutions(
        Piece(zero=(*idempotent(xp, a, c), *boundary(a, c))),
        tuple(Piece(zero=(a - p, c - q)) for p, q in values),
    )


relu_axioms_boundary.vary(
    "with Ω the fixed set ReLU is left alone", key="relu-alone", values=((1, 0),)
)
relu_axioms_boundary.vary(
    "abs accepted by the full list", key="abs-accepted", values=(*FOUR, (1, 1))
)
relu_axioms_boundary.vary("ReLU rejected", key="relu-rejected", values=FOUR[:3])


@relu_axioms_boundary.reading(
    "idempotence and the boundary axiom are one",
    key="idempotence",
    tex=r"\lambda\lambda=\lambda\iff\lambda(\Omega^c)=\partial\Omega",
)
def _(xp, a, c):
    return Solutions(
        Piece(zero=idempotent(xp, a, c)), tuple(Piece(zero=(a - p, c - q)) for p, q in FOUR)
    )


@claim(
    "relu-axioms-unique",
    expect="proved",
    title="ReLU is unique once it is neither linear nor negative",
    sources=[ours("repaired from the talk's axioms")],
    equations=["eq-axioms-unique"],
    given=dict(a=real(), c=real()),
    needs=["relu-axioms-boundary"],
)
def relu_axioms_unique(xp, a, c, *, edge=True, nontrivial=True, oriented=True):
    r"""Add to the talk's list that $\lambda$ is not linear, $\lambda(-1) \ne -\lambda(1)$, and
    that it takes a positive value: then ReLU is the only function left."""
    return Solutions(
        Piece(
            zero=(*idempotent(xp, a, c), *(boundary(a, c) if edge else ())),
            nonzero=(a + c,) if nontrivial else (),
            positive=(xp.relu(a) + xp.relu(c),) if oriented else (),
        ),
        (Piece(zero=(a - 1, c)),),
    )


relu_axioms_unique.vary("without orientation", key="orientation-left-out", oriented=False)
relu_axioms_unique.vary("without nontriviality", key="nontriviality-left-out", nontrivial=False)
relu_axioms_unique.vary("without the boundary axiom", key="boundary-left-out", edge=False)


@claim(
    "relu-axioms-orthant",
    expect="proved",
    title="ReLU is unique once the orthant is given",
    sources=[ours("the strongest reading of the talk's axioms")],
    equations=["eq-axioms-orthant"],
    given=dict(a=vector(2), c=vector(2)),
)
def relu_axioms_orthant(xp, a, c, *, edge=True):
    r"""If $\Omega$ is named beforehand as the orthant, the list does characterize ReLU: a
    component-wise, positively homogeneous map that is the identity on the orthant and sends
    $(1, -1)$, $(-1, 1)$ and $(-1, -1)$ to its boundary is ReLU. (On the plane; the same argument
    serves any number of channels.)"""
    corners = ((a[0], c[1]), (c[0], a[1]), (c[0], c[1]))
    return Solutions(
        Piece(
            zero=(a[0] - 1, a[1] - 1, *(p * q for p, q in corners if edge)),
            nonnegative=tuple(v for corner in corners for v in corner),
        ),
        (Piece(zero=(a[0] - 1, a[1] - 1, c[0], c[1])),),
    )


relu_axioms_orthant.vary(
    "the outside need not reach the boundary", key="boundary-left-out", edge=False
)


@claim(
    "relu-axioms-components",
    expect="proved",
    title="Equal components need permutation equivariance",
    sources=[talk("What About Activation Functions?")],
    given=dict(a=vector(2), c=vector(2)),
    needs=["relu-axioms-boundary"],
    tex=r"\lambda\pi = \pi\lambda \implies \lambda_1 = \lambda_2",
)
def relu_axioms_components(xp, a, c, *, exchangeable=True):
    """Component-wise maps of the plane with the boundary axiom on each axis, and commuting with
    the exchange of the axes: the same one of the four functions on both axes."""
    symmetry = exchanged(xp, a, c) if exchangeable else ()
    return Solutions(
        Piece(zero=(*boundary(a[0], c[0]), *boundary(a[1], c[1]), *symmetry)),
        tuple(Piece(zero=(a[0] - p, a[1] - p, c[0] - q, c[1] - q)) for p, q in FOUR),
    )


def exchanged(xp, a, c):
    """λ(πx) - πλ(x) at (1, 0) and (-1, 0), π being the exchange of the two axes."""
    out = []
    for x in (xp.constant([1, 0]), xp.constant([-1, 0])):
        difference = orthant.fold(xp, a, c, orthant.reverse(xp, x)) - orthant.reverse(
            xp, orthant.fold(xp, a, c, x)
        )
        out += [difference[0], difference[1]]
    return tuple(out)


relu_axioms_components.vary("component-wise alone", key="permutation-left-out", exchangeable=False)
