"""What commutes with ReLU and with CoLU."""

from __future__ import annotations

from fieldcheck.claim import claim, colu_paper, ours, talk
from fieldcheck.cones import colu, commutant, orthant
from fieldcheck.domains import (
    built,
    orthogonal,
    positive,
    real,
    real_matrix,
    rotation,
    stacked,
    vector,
)
from fieldcheck.relations import Equal, Piece, Rank, Solutions


# == symmetries ==
def isometries(groups, size):
    """An orthogonal matrix for each group, of either determinant."""
    return stacked(groups, orthogonal(size), "orthogonal matrix for each group")


def moved(xp, x, Q, t):
    """Each group's body turned, each group scaled, and each group moved to the next place."""
    G = x.shape[0]
    moved = [t[g] * xp.concat([x[g, :1], Q[g] @ x[g, 1:]]) for g in range(G)]
    return xp.stack([moved[(g + 1) % G] for g in range(G)])


@claim(
    "colu-symmetry",
    title="CoLU commutes with rotations and scalings of each group, and with permutations",
    sources=[colu_paper("Theorem 4.7"), talk("What About Activation Functions?")],
    equations=["eq-colu-symmetry"],
    given=dict(x=real_matrix("G", "S"), Q=isometries("G", "S-1"), t=positive("G")),
    sizes=dict(G=[1, 2, 3], S=[2, 3, 4]),
)
def colu_symmetry(xp, x, Q, t):
    """CoLU on G groups commutes with an independent rotation or reflection of each body, an
    independent positive scaling of each group, and the cyclic permutation of the groups. (With
    `colu-symmetry-exchange` all permutations.)"""
    return Equal(colu.grouped(xp, moved(xp, x, Q, t)), moved(xp, colu.grouped(xp, x), Q, t))


@colu_symmetry.neighbour(
    "a rotation that mixes the axis", key="rotation-mixing-axis", given=dict(R=rotation("S"))
)
def _(xp, x, R):
    return Equal(colu.grouped(xp, x @ R), colu.grouped(xp, x) @ R)


@colu_symmetry.neighbour(
    "all of O(C)",
    key="orthogonal-group",
    given=dict(R=orthogonal("G*S")),
    sizes=dict(G=[2], S=[2, 3]),
)
def _(xp, x, R):
    turned = xp.reshape(R @ xp.flatten(x), x.shape)
    return Equal(colu.grouped(xp, turned), xp.reshape(R @ xp.flatten(colu.grouped(xp, x)), x.shape))


colu_symmetry.vary("negative scalings", key="negative-scaling", given=dict(t=vector("G")))


@claim(
    "colu-symmetry-exchange",
    expect="proved up to G, S = 3",
    title="CoLU commutes with the exchange of two groups",
    sources=[colu_paper("Theorem 4.7"), talk("What About Activation Functions?")],
    given=dict(x=real_matrix("G", "S")),
    sizes=dict(G=[2, 3], S=[2, 3]),
    tex=r"\lambda(x_2, x_1, x_3, \dots) = (\lambda(x)_2, \lambda(x)_1, \lambda(x)_3, \dots)",
)
def colu_exchange(xp, x, *, axis=True):
    """The exchange of the first two groups and the cyclic permutation generate all of S_G."""

    def exchanged(x):
        first, second = x[0], x[1]
        if not axis:
            first, second = _with_axis(xp, first, second), _with_axis(xp, second, first)
        pair = xp.stack([second, first])
        return xp.concat([pair, x[2:]]) if x.shape[0] > 2 else pair

    return Equal(colu.grouped(xp, exchanged(x)), exchanged(colu.grouped(xp, x)))


def _with_axis(xp, group, other):
    """A group with the axis of another."""
    return xp.concat([other[:1], group[1:]])


colu_exchange.vary("the bodies change places, the axes stay", key="bodies-only", axis=False)


SAMPLES = built(
    "points of all cells",
    ("K", "G", "S"),
    {"body": ("K", "G", "S-2"), "length": ("K", "G"), "height": ("K", "G")},
    lambda xp, raw: raw,
    covers="all",
)
SHARED_SAMPLES = built(
    "points of the cells of a shared axis",
    ("K", "G", "S"),
    {"body": ("K", "G", "S-2"), "length": ("K", "G"), "axis": ("K",)},
    lambda xp, raw: raw,
    covers="all",
)
ALGEBRA_SIZES = dict(K=[36], G=[1, 2], S=[2, 3, 4])


def _groups(points):
    return len(points[0]), points[0][0][0].shape[0]


@claim(
    "colu-symmetry-algebra",
    expect="proved up to G = 2; K = 36; S = 4",
    title="No other continuous symmetries: the dimension of the commuting algebra",
    sources=[colu_paper("Theorem 4.7")],
    equations=["eq-colu-algebra"],
    given=dict(points=SAMPLES),
    sizes=ALGEBRA_SIZES,
    needs=["colu-symmetry"],
)
def colu_algebra(xp, points, *, dimension=lambda G, S: G * (1 + (S - 1) * (S - 2) // 2)):
    r"""The matrices $A$ whose flow $e^{sA}$ commutes with CoLU form an algebra of dimension
    $G(1 + (S-1)(S-2)/2)$: one scaling and the rotations of the body for each group, and
    nothing else. (So the commuting group has no further continuous part.)"""
    points = commutant.cell_points(xp, points)
    G, S = _groups(points)
    return Rank(commutant.commuting(xp, points), (G * S) ** 2 - dimension(G, S))


colu_algebra.vary(
    "one scaling for all groups",
    key="one-scaling",
    sizes=dict(G=[2]),
    dimension=lambda G, S: 1 + G * (S - 1) * (S - 2) // 2,
)
colu_algebra.vary(
    "rotations that mix the axis counted",
    key="axis-mixed",
    dimension=lambda G, S: G * (1 + S * (S - 1) // 2),
)


@claim(
    "colu-symmetry-nearest",
    title="The nearest-point map has CoLU's continuous symmetries for S ≥ 3, and more for S = 2",
    sources=[ours()],
    equations=["eq-nearest-algebra"],
    given=dict(points=SAMPLES),
    sizes=ALGEBRA_SIZES,
    needs=["colu-symmetry-algebra"],
)
def nearest_algebra(xp, points, *, flat=2):
    r"""The commuting algebra of the nearest-point map has CoLU's dimension for $S \ge 3$. For
    $S = 2$ the cone is an orthant turned by 45°: the map is a turned ReLU, with a scaling for each
    of its two channels."""
    points = commutant.cell_points(xp, points, nearest=True)
    G, S = _groups(points)
    own = flat if S == 2 else 1 + (S - 1) * (S - 2) // 2
    return Rank(commutant.commuting(xp, points), (G * S) ** 2 - G * own)


nearest_algebra.vary("CoLU's dimension for S = 2", key="flat", sizes=dict(S=[2]), flat=1)


@claim(
    "colu-symmetry-isometries",
    expect="proved up to G = 2; K = 36; S = 4",
    title="The isometries: an independent rotation in each group",
    sources=[colu_paper("Theorem 4.7")],
    given=dict(points=SAMPLES),
    sizes=ALGEBRA_SIZES,
    needs=["colu-symmetry-algebra"],
    tex=r"\dim\{A = -A^{\mathsf T} : D\lambda(x)Ax = A\lambda(x)\} = G\tfrac{(S-1)(S-2)}{2}",
)
def colu_isometries(xp, points, *, dimension=lambda G, S: G * (S - 1) * (S - 2) // 2):
    r"""Among the isometries the group is $O(S-1) \wr S_G$, of dimension $G(S-1)(S-2)/2$: every
    group turns by its own rotation."""
    points = commutant.cell_points(xp, points)
    G, S = _groups(points)
    conditions = xp.concat([commutant.commuting(xp, points), commutant.skewness(xp, G * S)])
    return Rank(conditions, (G * S) ** 2 - dimension(G, S))


colu_isometries.vary(
    "one rotation for all groups",
    key="direct-product",
    sizes=dict(G=[2]),
    dimension=lambda G, S: (S - 1) * (S - 2) // 2,
)
colu_isometries.vary(
    "O(S) in each group", key="axis-mixed", dimension=lambda G, S: G * S * (S - 1) // 2
)


def clipped(xp, axis, body):
    """The body of CoLU in a group of two channels, a number: clip(w, -(x_1)_+, (x_1)_+)."""
    radius = xp.relu(axis)
    return xp.clip(body, -radius, radius)


def flipped_apart(xp, q):
    """λT - Tλ for two groups of two channels and T = diag(1, q_1, 1, q_2), at the body 2 beside an
    axis of 1, and q_k² - 1: if T commutes with CoLU and is an isometry, all vanish."""
    out = []
    for k in range(2):
        body = xp.lift(2)
        out.append(clipped(xp, xp.one, q[k] * body) - q[k] * clipped(xp, xp.one, body))
        out.append(q[k] ** 2 - 1)
    return tuple(out)


@claim(
    "colu-symmetry-two-groups",
    expect="proved",
    title="The printed group is too small: two groups of two channels",
    sources=[colu_paper("Theorem 4.7"), talk("What About Activation Functions?")],
    given=dict(q=vector(2)),
    needs=["colu-symmetry-isometries"],
    tex=r"\operatorname{diag}(1, q_1, 1, q_2) \text{ commutes and is an isometry}"
    r" \iff q_1 = \pm1,\ q_2 = \pm1",
)
def colu_two_groups(xp, q, *, signs=((1, 1), (1, -1), (-1, 1), (-1, -1))):
    r"""In the smallest case, $S = 2$ and $G = 2$, the bodies are numbers and $O(S-1) = \{\pm1\}$.
    Each of the two signs may be chosen by itself: the group of isometries is $O(1) \wr S_2$."""
    return Solutions(
        Piece(zero=flipped_apart(xp, q)),
        tuple(Piece(zero=(q[0] - a, q[1] - b)) for a, b in signs),
    )


colu_two_groups.vary(
    "the direct product, one rotation for all groups",
    role="printed",
    tex=r"\lambda T = T\lambda \iff T \in S(G) \times O(S-1)",
    signs=((1, 1), (-1, -1)),
)


@colu_two_groups.neighbour("any factors", key="any-factors")
def _(xp, q):
    return Solutions(Piece(zero=flipped_apart(xp, q)), (Piece(nonzero=(q[0], q[1])),))


def shared_moved(xp, a, bodies, Q, scales, common):
    """Shared axis scaled by ``common``; bodies rotated and scaled, groups reversed."""
    order = reversed(range(bodies.shape[0]))
    return common * a, xp.stack([scales[g] * (Q[g] @ bodies[g]) for g in order])


@claim(
    "colu-symmetry-shared",
    title="With a shared axis a common scaling survives",
    sources=[colu_paper("axis sharing")],
    given=dict(
        a=real(),
        bodies=real_matrix("G", "d"),
        Q=isometries("G", "d"),
        t=positive(),
    ),
    sizes=dict(G=[2, 3], d=[1, 2, 3]),
    tex=r"\lambda(ta, tQ_g w_g) = (ta, tQ_g\lambda(a, w)_g)",
)
def colu_shared(xp, a, bodies, Q, t, *, s=None):
    """With one axis for all groups, CoLU commutes with an orthogonal map of each body, permutations
    of the groups, and one scaling common to the axis and all bodies."""
    scales = t * xp.ones(bodies.shape[0]) if s is None else s
    axis, turned = shared_moved(xp, a, bodies, Q, scales, t)
    _, expected = shared_moved(xp, a, colu.shared(xp, a, bodies), Q, scales, t)
    return Equal(colu.shared(xp, axis, turned), expected)


colu_shared.vary(
    "independent scalings with a shared axis",
    key="independent-scalings",
    given=dict(s=positive("G")),
)


def _shared(xp, raw):
    """Points of the cells of a shared axis; the numbers of channels, of groups, and the size of a
    group."""
    _, G, size = raw["body"].shape
    return commutant.shared_cell_points(xp, raw), 1 + G * (size + 1), G, size + 2


@claim(
    "colu-symmetry-shared-algebra",
    expect="proved up to G = 2; K = 36; S = 4",
    title="With a shared axis no other continuous symmetry survives",
    sources=[colu_paper("axis sharing"), ours("the dimension")],
    equations=["eq-colu-shared-algebra"],
    given=dict(points=SHARED_SAMPLES),
    sizes=ALGEBRA_SIZES,
    needs=["colu-symmetry-shared"],
)
def colu_shared_algebra(xp, points, *, dimension=lambda G, S: 1 + G * (S - 1) * (S - 2) // 2):
    r"""With one axis for $G$ bodies the commuting algebra has dimension $1 + G(S-1)(S-2)/2$: one
    scaling for all, and the rotations of each body."""
    points, n, G, S = _shared(xp, points)
    return Rank(commutant.commuting(xp, points), n * n - dimension(G, S))


colu_shared_algebra.vary(
    "a scaling for each body besides",
    key="independent-scalings",
    sizes=dict(G=[2]),
    dimension=lambda G, S: 1 + G + G * (S - 1) * (S - 2) // 2,
)
colu_shared_algebra.vary(
    "one rotation for all bodies",
    key="one-rotation",
    sizes=dict(G=[2]),
    dimension=lambda G, S: 1 + (S - 1) * (S - 2) // 2,
)


@claim(
    "colu-symmetry-relu",
    expect="proved up to n = 4",
    title="ReLU commutes with permutations and positive scalings of the channels",
    sources=[talk("Conic Activation Functions")],
    given=dict(x=vector("n"), t=positive("n")),
    sizes=dict(n=[2, 3, 4]),
    tex=r"(DPx)_+ = DP\,x_+,\quad D > 0 \text{ diagonal}",
)
def relu_symmetry(xp, x, t):
    """ReLU commutes with a permutation of the channels (here their reversal) followed by positive
    scalings of each."""
    return Equal(xp.relu(t * orthant.reverse(xp, x)), t * orthant.reverse(xp, xp.relu(x)))


@relu_symmetry.neighbour("rotations", key="orthogonal-group", given=dict(R=rotation("n")))
def _(xp, x, R):
    return Equal(xp.relu(R @ x), R @ xp.relu(x))


relu_symmetry.vary("negative scalings", key="negative-scaling", given=dict(t=vector("n")))


# == embeddings and rotations ==
def quarter_turn(xp, x):
    """A quarter turn of the first two coordinates of a vector in space."""
    return xp.stack([-x[1], x[0], x[2]])


def neuron(xp, v, w, x):
    """One hidden unit: v (⟨w, x⟩)_+."""
    return v * xp.relu(xp.sum(w * x))


def turned_apart(xp, v, w):
    """f(Jx) - J f(x) at the six unit points, for one hidden unit and the quarter turn J."""
    out = []
    for k in range(3):
        for sign in (1, -1):
            x = sign * xp.eye(3)[k]
            difference = neuron(xp, v, w, quarter_turn(xp, x)) - quarter_turn(
                xp, neuron(xp, v, w, x)
            )
            out += [difference[0], difference[1], difference[2]]
    return tuple(out)


@claim(
    "colu-embedding-symmetry",
    expect="proved",
    title="When one hidden ReLU unit is rotation-equivariant in three dimensions",
    sources=[colu_paper("Lemma 4.8"), talk("Conic Activation Functions")],
    equations=["eq-neuron-equivariant"],
    given=dict(v=vector(3), w=vector(3)),
)
def embedding_symmetry(xp, v, w):
    r"""One hidden unit $x \mapsto w'(w^{\mathsf T}x)_+$ with input and output in space commutes
    with the quarter turn of the first two coordinates exactly if $w' = 0$, or $w = 0$, or both lie
    on the third axis; and in those cases it commutes with every rotation of the plane. (In the
    code $w'$ is `v`.)"""
    return Solutions(
        Piece(zero=turned_apart(xp, v, w)),
        (
            Piece(zero=tuple(v)),
            Piece(zero=tuple(w)),
            Piece(zero=(v[0], v[1], w[0], w[1])),
        ),
    )


@embedding_symmetry.printed(
    "with nonzero weights it is never equivariant",
    tex=r"w, w' \ne 0 \implies \text{not } O(2)\text{-equivariant}",
)
def _(xp, v, w):
    return Solutions(
        Piece(zero=turned_apart(xp, v, w)), (Piece(zero=tuple(v)), Piece(zero=tuple(w)))
    )


@embedding_symmetry.neighbour("the output alone needs to lie on the axis", key="output-on-axis")
def _(xp, v, w):
    return Solutions(
        Piece(zero=turned_apart(xp, v, w)),
        (Piece(zero=tuple(v)), Piece(zero=tuple(w)), Piece(zero=(v[0], v[1]))),
    )


@claim(
    "colu-embedding-symmetry-identity",
    expect="proved up to n = 3",
    title="A component-wise network that commutes with all rotations",
    sources=[ours("against Lemma 4.8 of the CoLU paper")],
    equations=["eq-relu-identity"],
    given=dict(x=vector("n"), R=orthogonal("n")),
    sizes=dict(n=[2, 3]),
)
def embedding_identity(xp, x, R):
    """The network with input weights $(I; -I)$ and output weights $(I, -I)$, all its units active
    in turn, commutes with every rotation (it is the identity)."""
    f = lambda y: xp.relu(y) - xp.relu(-y)
    return Equal(f(R @ x), R @ f(x)), Equal(f(x), x)


@embedding_identity.neighbour("with output weights (I, I)", key="absolute-value")
def _(xp, x, R):
    f = lambda y: xp.relu(y) + xp.relu(-y)
    return Equal(f(R @ x), R @ f(x))


def equivariant(xp, p, x):
    """The only candidate for f(x) if f is homogeneous, commutes with rotations of the plane and
    has f(e_1) = p: the length of x times p turned by the angle of x."""
    u = xp.unit(x)
    return xp.norm(x) * xp.stack([u[0] * p[0] - u[1] * p[1], u[1] * p[0] + u[0] * p[1]])


@claim(
    "colu-embedding-symmetry-linear",
    title="On a rotated plane equivariance makes a homogeneous map linear",
    sources=[ours("repaired from Lemma 4.8 of the CoLU paper")],
    equations=["eq-equivariant-linear"],
    given=dict(p=vector(2), x=vector(2), y=vector(2)),
)
def embedding_linear(xp, p, x, y):
    """A positively homogeneous map of the plane into itself that commutes with rotations is fixed
    by $f(e_1)$, and is additive."""
    f = lambda z: equivariant(xp, p, z)
    turn = lambda z: xp.stack([-z[1], z[0]])
    return (
        Equal(f(x + y), f(x) + f(y)),
        Equal(f(turn(x)), turn(f(x))),
        Equal(f(xp.norm(x) * xp.eye(2)[0]), xp.norm(x) * p),
    )


@embedding_linear.neighbour("without homogeneity", key="homogeneity-left-out")
def _(xp, p, x, y):
    f = lambda z: xp.norm(z) * equivariant(xp, p, z)
    return Equal(f(x + y), f(x) + f(y))


@embedding_linear.neighbour(
    "for a conic unit in space", key="conic-unit", given=dict(a=real(), b=real())
)
def _(xp, x, y, a, b):
    f = lambda s, z: colu.hard(xp, xp.concat([xp.stack([s]), z]))
    return Equal(f(a + b, x + y), f(a, x) + f(b, y))


def turned(xp, w, t):
    """A vector of space turned about e_3, with cos θ = (1 - t²)/(1 + t²); and (cos θ, sin θ)."""
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    return xp.stack([c * w[0] - s * w[1], s * w[0] + c * w[1], w[2]]), c, s


@claim(
    "colu-embedding-symmetry-kinks",
    expect="proved",
    title="A rotation keeps no kink but those across its axis",
    sources=[ours("repaired from Lemma 4.8 of the CoLU paper")],
    equations=["eq-kept-kinks"],
    given=dict(w=vector(3), t=real()),
)
def kept_kinks(xp, w, t):
    r"""The plane $\{x : w\cdot x = b\}$ of a kink goes over into a parallel plane under a rotation
    about $e_3$ by $\theta$ only if $w \times R_\theta w = 0$, and the third component of that is
    $(w_1^2 + w_2^2)\sin\theta$: unless $\sin\theta = 0$, $w$ lies on the axis."""
    v, _, sine = turned(xp, w, t)
    return (
        Equal(w[0] * v[1] - w[1] * v[0], (w[0] ** 2 + w[1] ** 2) * sine),
        Equal(xp.sum(v * v), xp.sum(w * w)),
    )


@kept_kinks.neighbour("every kink is turned away: |w|² in place", key="whole-length")
def _(xp, w, t):
    v, _, sine = turned(xp, w, t)
    return Equal(w[0] * v[1] - w[1] * v[0], xp.norm2(w) * sine)


@kept_kinks.neighbour("the half turn moves it, too: 1 - cos θ", key="half-turn")
def _(xp, w, t):
    v, cosine, _ = turned(xp, w, t)
    return Equal(w[0] * v[1] - w[1] * v[0], (w[0] ** 2 + w[1] ** 2) * (1 - cosine))


@claim(
    "colu-embedding-symmetry-conic",
    title="A conic unit commutes with the rotations of its plane",
    sources=[colu_paper("Lemma 4.8"), talk("Conic Activation Functions")],
    given=dict(a=real(), w=vector(2), R=orthogonal(2)),
    tex=r"\operatorname{CoLU}(a, Rw) = (a, R\operatorname{CoLU}(a, w)_\perp)",
)
def embedding_conic(xp, a, w, R):
    """In three dimensions CoLU commutes with every rotation of the plane across its axis, without
    being linear there."""
    f = lambda z: colu.hard(xp, xp.concat([xp.stack([a]), z]))[1:]
    return Equal(f(R @ w), R @ f(w))


@embedding_conic.neighbour("ReLU in its place", key="relu")
def _(xp, a, w, R):
    return Equal(xp.relu(R @ w), R @ xp.relu(w))
