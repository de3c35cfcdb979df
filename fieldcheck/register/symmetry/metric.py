"""CoLU is no metric projection: it stretches, and is no gradient."""

from __future__ import annotations

from fieldcheck.claim import claim, colu_paper, ours, poster, talk
from fieldcheck.cones import colu, commutant, gaps, lorentz, orthant
from fieldcheck.domains import (
    built,
    cone_vector,
    nonnegative,
    positive,
    real,
    real_matrix,
    vector,
)
from fieldcheck.relations import AtMost, Equal, Rank, Zero, at_most

UNDEFINED = ("zero", "zero-row", "axis")
"""Strata on which a quotient by the length of the body is 0/0."""
CONE = dict(S=[2, 3, 4])
"""Sizes of one conic group."""
CELL_POINTS = built(
    "points of all cells",
    ("K", "G", "S"),
    {"body": ("K", "G", "S-2"), "length": ("K", "G"), "height": ("K", "G")},
    lambda xp, raw: raw,
    covers="all",
)


# == CoLU is not a metric projection ==
def places(xp, a, n):
    """Indicators of the three cells: below the apex, between, inside the cone."""
    up, out = gaps.step(xp, a), gaps.step(xp, n - a)
    return gaps.step(xp, -a), up * out, up * gaps.step(xp, a - n)


def split(xp, w, h):
    """Radial part ⟨u, h⟩ and tangential part of a direction h at the body w."""
    u = xp.unit(w)
    radial = xp.sum(u * h)
    return radial, h - radial * u


@claim(
    "colu-not-metric",
    expect="proved up to S = 4",
    title="CoLU stretches by up to √2",
    sources=[poster("From Theory to Practice"), colu_paper("Lorentz cone")],
    equations=["eq-colu-lipschitz"],
    given=dict(x=cone_vector("S").without_strata(*UNDEFINED), h=vector("S")),
    sizes=CONE,
)
def colu_lipschitz(xp, x, h):
    """The derivative of CoLU stretches no direction by more than √2, so √2 is a Lipschitz constant:
    CoLU is continuous and piecewise smooth on a convex set. That it is attained, see
    `colu-not-metric-sharp`."""
    n = xp.norm(x[1:])
    below, middle, inside = places(xp, x[0], n)
    radial, tangent = split(xp, x[1:], h[1:])
    pushed = xp.push(lambda y: colu.hard(xp, y), x, h)
    ratio = xp.clip(x[0], 0, n) / n
    short = xp.relu(n - xp.relu(x[0])) / n
    return at_most(
        xp.sum(pushed * pushed),
        2 * xp.sum(h * h),
        room=(below + inside) * h[0] ** 2
        + (1 + below + middle) * radial**2
        + (1 + short * (1 + ratio)) * xp.norm2(tangent),
        sharp=True,
    )


@colu_lipschitz.neighbour(
    "CoLU is the metric projection onto its cone",
    key="nearest-point",
    tex=r"\langle x - \lambda(x),\, z - \lambda(x)\rangle \le 0 \text{ for } z \text{ in the cone}",
    given=dict(s=nonnegative(), v=vector("S-1")),
)
def _(xp, x, s, v):
    y = colu.hard(xp, x)
    z = s * xp.concat([xp.ones(1), gaps.ball_point(xp, v)])
    return AtMost(xp.sum((x - y) * (z - y)), xp.zeros())


@colu_lipschitz.neighbour(
    "Lipschitz constant 1", key="lipschitz-one", given=dict(y=cone_vector("S"))
)
def _(xp, x, y):
    d = colu.hard(xp, x) - colu.hard(xp, y)
    return AtMost(xp.sum(d * d), xp.sum((x - y) * (x - y)))


@colu_lipschitz.neighbour("Lipschitz constant 1 for the derivative", key="derivative-one")
def _(xp, x, h):
    pushed = xp.push(lambda y: colu.hard(xp, y), x, h)
    return AtMost(xp.sum(pushed * pushed), xp.sum(h * h))


@claim(
    "colu-not-metric-sharp",
    expect="proved up to S = 4",
    title="√2 is attained, between two points at the same body",
    sources=[ours()],
    equations=["eq-colu-sharp"],
    given=dict(w=vector("S-1"), p=real(), q=real()),
    sizes=CONE,
    needs=["colu-not-metric"],
)
def colu_sharp(xp, w, p, q, *, factor=2):
    """Between the cone and the horizontal plane, moving along the axis moves the body by as much:
    two such points with the same body are √2 times as far apart after CoLU."""
    n = xp.norm(w)
    a, b = n / (1 + p * p), n / (1 + q * q)
    image = lambda s: colu.hard(xp, xp.concat([xp.stack([s]), w]))
    d = image(a) - image(b)
    return Equal(xp.sum(d * d), factor * (a - b) ** 2)


colu_sharp.vary("they keep their distance", key="isometric", factor=1)


@claim(
    "colu-not-metric-shared",
    expect="proved up to G = 3; d = 2",
    title="With a shared axis CoLU stretches by up to √(1+G)",
    sources=[ours()],
    given=dict(
        a=real(),
        w=real_matrix("G", "d").without_strata(*UNDEFINED),
        h=real(),
        k=real_matrix("G", "d"),
    ),
    sizes=dict(G=[2, 3], d=[1, 2]),
    tex=r"\lVert D\lambda\,(h,k)\rVert^2 \le (1+G)\,\lVert (h,k)\rVert^2",
)
def colu_lipschitz_shared(xp, a, w, h, k):
    """With one axis for G groups, the derivative stretches by at most √(1+G)."""
    pushed, gap = _shared_stretch(xp, a, w, h, k)
    G = w.shape[0]
    return at_most(h * h + xp.norm2(pushed), (1 + G) * (h * h + xp.norm2(k)), room=gap, sharp=True)


def _shared_stretch(xp, a, w, h, k):
    """The derivative of the bodies, and (1+G)‖(h,k)‖² less its square and h², visibly positive."""
    G, total, pushed = w.shape[0], 0, []
    for g in range(G):
        n = xp.norm(w[g])
        below, middle, inside = places(xp, a, n)
        radial, tangent = split(xp, w[g], k[g])
        body = lambda x: xp.clip(x[0], 0, xp.norm(x[1:])) * xp.unit(x[1:])
        point = xp.concat([xp.stack([a]), w[g]])
        pushed.append(xp.push(body, point, xp.concat([xp.stack([h]), k[g]])))
        ratio, short = xp.clip(a, 0, n) / n, xp.relu(n - xp.relu(a)) / n
        total = total + (below + inside) * h**2 + (G + below + middle) * radial**2
        total = total + (G + short * (1 + ratio)) * xp.norm2(tangent)
    return xp.stack(pushed), total


@colu_lipschitz_shared.neighbour("√2 as without sharing", key="root-two")
def _(xp, a, w, h, k):
    pushed, _ = _shared_stretch(xp, a, w, h, k)
    return AtMost(h * h + xp.norm2(pushed), 2 * (h * h + xp.norm2(k)))


@claim(
    "colu-not-metric-shared-sharp",
    expect="proved up to d = 3; G = 4",
    title="√(1+G) is attained: the axis moves all bodies at once",
    sources=[ours()],
    given=dict(w=vector("d"), z=vector("G"), p=real(), q=real()),
    sizes=dict(G=[1, 2, 3, 4], d=[1, 2, 3]),
    needs=["colu-not-metric-shared"],
    tex=r"\lVert\lambda(a,w) - \lambda(b,w)\rVert^2 = (1+G)(a-b)^2,\quad "
    r"0 < a, b < \lVert w_1\rVert = \dots = \lVert w_G\rVert",
)
def colu_sharp_shared(xp, w, z, p, q, *, factor=lambda G: 1 + G):
    """Two points with the same bodies, longer than both axis values, are √(1+G) times as far apart
    after CoLU. (In the code all bodies are one and the same; z only counts them.)"""
    n, bodies = xp.norm(w), xp.stack([w] * z.shape[0])
    a, b = n / (1 + p * p), n / (1 + q * q)
    d = colu.shared(xp, a, bodies) - colu.shared(xp, b, bodies)
    return Equal((a - b) ** 2 + xp.norm2(d), factor(z.shape[0]) * (a - b) ** 2)


colu_sharp_shared.vary(
    "√2 as without sharing", key="root-two", sizes=dict(G=[2, 3, 4]), factor=lambda G: 2
)


def asymmetry(xp, f, x, h, k):
    """⟨k, Df(x)h⟩ - ⟨h, Df(x)k⟩."""
    return xp.sum(k * xp.push(f, x, h)) - xp.sum(h * xp.push(f, x, k))


@claim(
    "colu-not-metric-jacobian",
    expect="proved up to S = 4",
    title="The Jacobian of CoLU is not symmetric",
    sources=[poster("From Theory to Practice"), talk("Transformers")],
    equations=["eq-colu-asymmetry"],
    given=dict(x=cone_vector("S").without_strata("axis"), h=vector("S"), k=vector("S")),
    sizes=CONE,
)
def colu_jacobian(xp, x, h, k):
    """Between the cone and the horizontal plane the Jacobian of CoLU has an antisymmetric part that
    couples the axis to the radial direction; elsewhere it has none. So CoLU is no gradient, hence
    neither a metric projection nor a proximal map. For the layers, see `colu-not-metric-layer`."""
    _, middle, _ = places(xp, x[0], xp.norm(x[1:]))
    hr, _ = split(xp, x[1:], h[1:])
    kr, _ = split(xp, x[1:], k[1:])
    f = lambda y: colu.hard(xp, y)
    return Equal(asymmetry(xp, f, x, h, k), middle * (h[0] * kr - k[0] * hr))


@colu_jacobian.neighbour("symmetric Jacobian", key="symmetric-jacobian")
def _(xp, x, h, k):
    return Zero(asymmetry(xp, lambda y: colu.hard(xp, y), x, h, k))


@claim(
    "colu-not-metric-no-potential",
    title="Is CoLU the gradient of a potential?",
    sources=[poster("From Theory to Practice"), talk("Transformers")],
    given=dict(x=cone_vector("S").without_strata("axis"), h=vector("S"), k=vector("S")),
    sizes=CONE,
    expect="refuted",
    tex=r"\langle k, D\lambda h\rangle = \langle h, D\lambda k\rangle",
)
def colu_no_potential(xp, x, h, k):
    """The universal statement that the Jacobian of CoLU is symmetric, as the gradient of any
    potential has it. It is false; for the second-order-cone projection it is true."""
    return Zero(asymmetry(xp, lambda y: colu.hard(xp, y), x, h, k))


@colu_no_potential.neighbour(
    "the second-order-cone projection is", key="soc-projection", given=dict(a=positive())
)
def _(xp, x, h, k, a):
    return Zero(asymmetry(xp, lambda y: lorentz.project(xp, y, a), x, h, k))


@colu_no_potential.neighbour("ReLU is", key="relu")
def _(xp, x, h, k):
    return Zero(asymmetry(xp, lambda y: orthant.project(xp, y), x, h, k))


@claim(
    "colu-not-metric-constant",
    title="CoLU is a gradient in no constant metric",
    sources=[ours()],
    equations=["eq-colu-constant-metric"],
    given=dict(points=CELL_POINTS),
    sizes=dict(K=[9, 18], G=[1, 2], S=[2, 3, 4]),
    needs=["colu-not-metric-jacobian"],
    tex=r"M=M^{\mathsf T},\ M\,D\lambda(y)=(M\,D\lambda(y))^{\mathsf T}\ \text{for } y"
    r"\text{ in all cells}\iff M\text{ couples axes to axes only}",
    differs="more",
)
def colu_constant_metric(xp, points, *, rank=lambda n, G: n * n - G * (G + 1) // 2):
    """A symmetric M for which M Dλ(y) is symmetric in all cells is zero but for its entries between
    axes, a space of G(G + 1)/2 dimensions: none is positive definite."""
    points = commutant.cell_points(xp, points)
    G, S = len(points[0]), points[0][0][0].shape[0]
    n = G * S
    entry = lambda i, j: xp.constant([int(k == i * n + j) for k in range(n * n)])
    rows = [entry(i, j) - entry(j, i) for i in range(n) for j in range(i)]
    turned = [[(x, y, D.T) for x, y, D in groups] for groups in points]
    return Rank(xp.concat([xp.stack(rows), layer_conditions(xp, turned)]), rank(n, G))


colu_constant_metric.vary(
    "the Euclidean metric is one", key="euclidean", rank=lambda n, G: n * n - G * (G + 1) // 2 - 1
)


def layer_conditions(xp, points):
    """The linear conditions on W that the Jacobian Dλ(y) W is symmetric, at points y of all cells
    of CoLU, row after row."""
    rows = []
    for groups in points:
        D = commutant.block_diagonal(xp, [group[2] for group in groups])
        n = D.shape[0]
        one = xp.eye(n)
        whole = xp.kron(D, one)
        for i in range(n):
            rows += [whole[i * n + j] - whole[j * n + i] for j in range(i)]
    return xp.stack(rows)


@claim(
    "colu-not-metric-layer",
    expect="proved up to G = 2; K = 18; S = 4",
    title="No layer CoLU(Wx + b) with invertible W has a potential",
    sources=[talk("Transformers"), ours("also with a weight and a bias")],
    equations=["eq-colu-layer"],
    given=dict(points=CELL_POINTS),
    sizes=dict(K=[9, 18], G=[1, 2], S=[2, 3, 4]),
    needs=["colu-not-metric-jacobian"],
)
def colu_layer(xp, points, *, rank=lambda n, G: n * n - G):
    r"""An invertible $W$ carries $x$ into every cell of CoLU. The Jacobian of $\mathrm{CoLU}(Wx+b)$
    is symmetric in all of them only if $W$ is zero on the axes and a number $c_g$ on each body: a
    $G$-dimensional space of matrices, none invertible."""
    points = commutant.cell_points(xp, points)
    G, S = len(points[0]), points[0][0][0].shape[0]
    return Rank(layer_conditions(xp, points), rank(G * S, G))


colu_layer.vary(
    "a symmetric W is enough, as inside the cone",
    key="symmetric-weight",
    rank=lambda n, G: n * (n - 1) // 2,
)
colu_layer.vary(
    "the axis may be kept: W = diag(a, cI)", key="axis-kept", rank=lambda n, G: n * n - 2 * G
)


@claim(
    "colu-not-metric-layer-kernel",
    expect="proved up to S = 4",
    title="With W = diag(0, cI) the Jacobian is symmetric in every cell",
    sources=[ours()],
    given=dict(x=vector("S"), h=vector("S"), k=vector("S"), c=real()),
    sizes=CONE,
    needs=["colu-not-metric-jacobian"],
    tex=r"\langle k, D\lambda(x)\,Wh\rangle = \langle h, D\lambda(x)\,Wk\rangle,\quad "
    r"W = \operatorname{diag}(0, cI)",
)
def colu_layer_kernel(xp, x, h, k, c):
    """The matrices that the conditions of `colu-not-metric-layer` leave do meet them, group by
    group."""
    W = lambda v: xp.concat([0 * v[:1], c * v[1:]])
    push = lambda v: xp.push(lambda y: colu.hard(xp, y), x, W(v))
    return Zero(xp.sum(k * push(h)) - xp.sum(h * push(k)))


@colu_layer_kernel.neighbour("W = cI, the axis kept", key="axis-kept")
def _(xp, x, h, k, c):
    return Zero(c * asymmetry(xp, lambda y: colu.hard(xp, y), x, h, k))


@claim(
    "colu-not-metric-degenerate",
    expect="proved up to S = 4",
    title="With a singular W a CoLU layer can be a metric projection",
    sources=[ours()],
    equations=["eq-colu-degenerate"],
    given=dict(x=vector("S"), r=positive(), v=vector("S-1")),
    sizes=CONE,
)
def colu_degenerate(xp, x, r, v):
    r"""With $W = \mathrm{diag}(0, I)$ and $b = (r, 0)$, $r > 0$, the layer keeps the axis at $r$
    and goes to the nearest point of the disc $K$: a metric projection, hence a step of projected
    gradient descent (for $f = 0$)."""
    y = colu.hard(xp, xp.concat([xp.stack([r]), x[1:]]))
    z = xp.concat([xp.stack([r]), r * gaps.ball_point(xp, v)])
    n, u = xp.norm(x[1:]), xp.unit(x[1:])
    return (
        *at_most(
            xp.sum((x - y) * (z - y)),
            xp.zeros(),
            room=xp.relu(n - r) * r * gaps.obtuse(xp, u, v),
            sharp=True,
        ),
        *at_most(xp.norm(y[1:]), r, room=xp.relu(r - n), sharp=True),
    )


@colu_degenerate.neighbour("with the identity for W", key="identity-weight")
def _(xp, x, r, v):
    y = colu.hard(xp, x + xp.concat([xp.stack([r]), x[1:] * 0]))
    z = xp.concat([xp.stack([r]), r * gaps.ball_point(xp, v)])
    return AtMost(xp.sum((x - y) * (z - y)), xp.zeros()), AtMost(xp.norm(y[1:]), r)
