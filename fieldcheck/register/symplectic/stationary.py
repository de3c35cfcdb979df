"""Stationary, not least."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, poster
from fieldcheck.domains import matrix, positive, real, real_matrix, vector
from fieldcheck.fields.actions import newton_action, phase_space_action, pinned
from fieldcheck.fields.symplectic import form_matrix
from fieldcheck.relations import AtMost, Equal, Rank, at_most


@claim(
    "geodesic-minimal",
    title="Does the stationary path make the action least?",
    sources=[poster("The Approach")],
    equations=["eq-saddle"],
    given=dict(start=matrix("C"), A=matrix("C", "C"), H=matrix("K", "C"), h=positive()),
    sizes=dict(K=[2, 3], C=[1, 2]),
    expect="refuted",
)
def geodesic(xp, start, A, H, h):
    """Denied: along a path on which the phase-space action is stationary, it is least among the
    paths with the same ends. The potential is V = −‖xA‖², the sign that raises the action most;
    the path is the midpoint rule's, for which the discrete action is stationary."""
    W = -A @ xp.star(A)
    one, half = xp.eye(W.shape[0]), xp.i * h * W / 2
    path = [start]
    for _ in range(H.shape[0] + 1):
        path.append(xp.solve((one + half).T, xp.stack([path[-1] @ (one - half)]).T)[:, 0])
    X = xp.stack(path)
    S = lambda Z: phase_space_action(xp, Z, h, lambda x: xp.sum((x @ W) * xp.conj(x)))
    return AtMost(S(X), S(X + pinned(xp, H)))


@geodesic.neighbour(
    "kinetic minus potential energy, where a Jacobi field has no zero",
    key="before-the-first-conjugate-point",
    given=dict(s=positive("m+2"), xi=vector("m")),
    sizes=dict(m=[1, 2, 3, 4, 5, 6]),
)
def _(xp, s, xi):
    k = (2 * s[1:-1] - s[:-2] - s[2:]) / s[1:-1]
    path = pinned(xp, xi)
    second = xp.sum((path[1:] - path[:-1]) ** 2) - xp.sum(k * xi**2)
    ratio = s[1:] / s[:-1]
    return at_most(0, second, room=xp.sum((path[1:] - ratio * path[:-1]) ** 2 / ratio))


@geodesic.neighbour(
    "the free particle of kinetic minus potential energy",
    key="free-particle",
    given=dict(a=vector("n"), b=vector("n"), z=real_matrix("K", "n"), h=positive()),
)
def _(xp, a, b, z, h):
    K = z.shape[0] + 1
    line = xp.stack([a + k * (b - a) / K for k in range(K + 1)])
    S = lambda Z: newton_action(xp, Z, h, lambda x: xp.sum(x) * 0)
    d = pinned(xp, z)
    return at_most(S(line), S(line + d), room=xp.norm2(d[1:] - d[:-1]) / (2 * h))


@claim(
    "geodesic-minimal-signature",
    expect="proved up to C, K = 6",
    title="The phase-space kinetic action has as many rising as falling directions",
    sources=[ours()],
    equations=["eq-signature"],
    given=dict(H=matrix("K", "C")),
)
def signature(xp, H, *, sign=-1):
    """Conjugating a variation turns the sign of the kinetic part of the second variation: its
    Hessian has equally many positive and negative eigenvalues."""
    Q = lambda Z: phase_space_action(xp, pinned(xp, Z), xp.one * 0, lambda x: xp.sum(x) * 0)
    return Equal(Q(xp.conj(H)), sign * Q(H))


signature.vary("conjugation leaves it alone", key="sign", sign=1)


@claim(
    "geodesic-minimal-rank",
    expect="proved up to K = 6",
    title="The phase-space kinetic Hessian has rank 2·2⌊K/2⌋ for K inner points",
    sources=[ours()],
    equations=["eq-kinetic-rank"],
    given=dict(H=matrix("K")),
    needs=["geodesic-minimal-signature"],
)
def kinetic_rank(xp, H, *, rank=lambda K: 4 * (K // 2)):
    """With K inner points of one complex coordinate, the Hessian of the kinetic action has 2K real
    dimensions and rank 4⌊K/2⌋; with the equal numbers of both signs, 2⌊K/2⌋ directions go up and
    2⌊K/2⌋ go down."""
    Q = lambda Z: phase_space_action(xp, pinned(xp, Z), xp.one * 0, lambda x: x * 0)
    hessian = lambda U, V: xp.push(lambda Y: xp.push(Q, Y, U), H, V)
    return Rank(form_matrix(xp, hessian, H.shape), rank(H.shape[0]))


kinetic_rank.vary("full rank at every K", key="full-rank", rank=lambda K: 2 * K)


@claim(
    "geodesic-minimal-jacobi",
    expect="proved up to m = 6",
    title="No conjugate point, no falling direction",
    sources=[ours()],
    equations=["eq-picone"],
    given=dict(s=positive("m+2"), xi=vector("m")),
)
def jacobi(xp, s, xi):
    """Let k be the curvatures of a potential along a path, times the squared step, and s a positive
    solution of the Jacobi equation: k(j) s(j) = 2 s(j) − s(j−1) − s(j+1). Then the second variation
    of kinetic minus potential energy is a sum of squares. The path is a weak local minimum, against
    small variations; it is least only if V is quadratic."""
    k = (2 * s[1:-1] - s[:-2] - s[2:]) / s[1:-1]
    path = pinned(xp, xi)
    second = xp.sum((path[1:] - path[:-1]) ** 2) - xp.sum(k * xi**2)
    ratio = s[1:] / s[:-1]
    return at_most(0, second, room=xp.sum((path[1:] - ratio * path[:-1]) ** 2 / ratio))


@jacobi.neighbour(
    "minimal for all T: any curvature", key="any-curvature", given=dict(k=vector("m"))
)
def _(xp, k, xi):
    path = pinned(xp, xi)
    return AtMost(0, xp.sum((path[1:] - path[:-1]) ** 2) - xp.sum(k * xi**2))


@claim(
    "geodesic-minimal-local",
    title="A quartic without conjugate points has paths of any negative action",
    sources=[ours()],
    equations=["eq-quartic-action"],
    given=dict(A=real(), T=positive()),
)
def local(xp, A, T, *, power=9):
    """For V = ¼q⁴ the path q = 0 has no conjugate point at any T, as V''(0) = 0. Yet the action of
    q = A t(T − t) is unbounded below: no conjugate point means least among near paths only."""
    return Equal(_quartic_action(xp, A, T), A**2 * T**3 / 6 - A**4 * T**power / 2520)


def _quartic_action(xp, A, T):
    """∫ ½q'² − ¼q⁴ over [0, T] for q = A t(T − t), power by power of t."""
    integral = lambda *c: xp.sum(xp.stack([a * T ** (k + 1) / (k + 1) for k, a in enumerate(c)]))
    zero = xp.one * 0
    slopes = integral(T**2, -4 * T, 4 * xp.one)
    fourth = integral(zero, zero, zero, zero, T**4, -4 * T**3, 6 * T**2, -4 * T, xp.one)
    return A**2 * slopes / 2 - A**4 * fourth / 4


local.vary("the quartic part like T⁵, as for V = ½q²", key="power-five", power=5)


@local.neighbour("the path q = 0 is least: no action is negative", key="least")
def _(xp, A, T):
    return AtMost(0, _quartic_action(xp, A, T))


@claim(
    "geodesic-minimal-index",
    title="The oscillator's index goes up by one at each multiple of π/w",
    sources=[ours()],
    equations=["eq-index"],
    given=dict(a=vector("m"), w=real(), T=positive()),
    needs=["geodesic-minimal-jacobi"],
)
def index(xp, a, w, T):
    """The second variation of ∫ ½(x'² − w²x²), doubled, is diagonal on sines: mode k turns negative
    when T passes kπ/w. The integral is taken by the trapezoidal rule with m + 1 panels, which is
    exact for these trigonometric polynomials."""
    return Equal(_oscillator_variation(xp, a, w, T), T * xp.sum(_modes(xp, a, w, T, 0)) / 2)


def _oscillator_variation(xp, a, w, T):
    """∫ ξ'² − w²ξ² over [0, T] for ξ = Σ a_k sin(kπt/T), by trapezoids, exactly."""
    m = a.shape[0]
    panels, total = m + 1, None
    for j in range(panels + 1):
        turn = [xp.pi * k * j / panels for k in range(1, m + 1)]
        xi = xp.sum(xp.stack([xp.sin(x) for x in turn]) * a)
        rate = xp.stack([k * xp.cos(x) for k, x in enumerate(turn, 1)])
        value = (xp.pi * xp.sum(rate * a) / T) ** 2 - w**2 * xi**2
        value = value / 2 if j in (0, panels) else value
        total = value if total is None else total + value
    return total * T / panels


def _modes(xp, a, w, T, shift):
    """a_k² ((k + shift)²π²/T² − w²), mode by mode."""
    rates = xp.constant([k + shift for k in range(1, a.shape[0] + 1)]) * xp.pi / T
    return a**2 * (rates**2 - w**2)


@index.neighbour("the index off by one: mode k turns at (k + 1)π/w", key="off-by-one")
def _(xp, a, w, T):
    return Equal(_oscillator_variation(xp, a, w, T), T * xp.sum(_modes(xp, a, w, T, 1)) / 2)


@index.neighbour("minimal for all T, already on the variation ξ = t(T − t)", key="minimal-for-all")
def _(xp, w, T):
    return AtMost(0, T**3 / 3 - w**2 * T**5 / 30)
