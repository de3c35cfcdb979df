"""The partition function on a lattice."""

from __future__ import annotations

from itertools import permutations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import between, hermitian, matrix, number, positive, real
from fieldcheck.fields.potentials import quadratic, quartic
from fieldcheck.fields.slices import cyclic_shift, midpoint, normal_ordered
from fieldcheck.register.path_integral.shared import PRINTED, product_of
from fieldcheck.relations import AtMost, Equal, Rate, Zero


def _angles(xp, w, damping, T):
    """θ = (w - i damping/8) T for every channel."""
    return (w - xp.i * damping / 8) * T


def _normal(xp, theta, n):
    """Π 1/(1 - (1 - iθ/n)^n): the normal-ordered integral over n equal slices."""
    return 1 / product_of(1 - (1 - xp.i * theta / n) ** n)


def _symmetric(xp, theta, n):
    """Π 1/((1 + iθ/2n)^n - (1 - iθ/2n)^n): the same with midpoints."""
    e = xp.i * theta / (2 * n)
    return 1 / product_of((1 + e) ** n - (1 - e) ** n)


def _trace(xp, theta):
    """Π 1/(1 - e^(-iθ))."""
    return 1 / product_of(1 - xp.exp(-xp.i * theta))


def _trace_with_zero_point(xp, theta):
    """Π 1/(2i sin(θ/2))."""
    return 1 / product_of(2 * xp.i * xp.sin(theta / 2))


MODES = dict(w=between(1, 2, "C"), damping=between(0, 1, "C"), T=between(1, 2))
FEW = dict(C=[1, 2, 3])


@claim(
    "lattice-path-integral",
    title="In normal order the lattice integral tends to Π 1/(1 − e^(−iwT)), at order 1",
    sources=[PRINTED, ours("the limit, its order and its constant")],
    equations=["eq-pi-normal-limit"],
    given=MODES,
    sizes=FEW,
    needs=["lattice-path-integral-determinant"],
    tex=r"Z_n=\prod_j\frac1{1-(1-\ii\theta_j/n)^n}"
    r"=\prod_j\frac1{1-e^{-\ii\theta_j}}\Bigl(1+O\bigl(\tfrac1n\bigr)\Bigr),\quad \theta_j=w_jT",
    differs="more",
)
def lattice(xp, w, damping, T, *, limit=_trace, order=1, known=True):
    """For V2 = Tr(XHX*) with the frequencies w − i·damping/8 as eigenvalues of H, one token and n
    equal slices in normal order: the error falls like 1/n, and to leading order its size is that
    of Z Σ θ²e^(−iθ) / (2n(1 − e^(−iθ)))."""
    theta = _angles(xp, w, damping, T)
    q, Z = xp.exp(-xp.i * theta), limit(xp, theta)
    constant = xp.abs(Z * xp.sum(theta**2 * q / (1 - q)) / 2) if known else None
    return Rate(lambda n: xp.abs(_normal(xp, theta, n) - Z), order, constant, start=32)


@lattice.reading(
    "the formula alone fixes the value: both slicings have one limit",
    tex=r"Z=\int\exp(\ii S(X))\,\mathcal DX",
)
def _(xp, w, damping, T):
    theta = _angles(xp, w, damping, T)
    return Equal(_trace(xp, theta), _trace_with_zero_point(xp, theta))


lattice.vary(
    "the fermionic sign",
    key="fermionic",
    limit=lambda xp, theta: 1 / product_of(1 + xp.exp(-xp.i * theta)),
    known=False,
)
lattice.vary("second order in the width", key="wrong-order", order=2, known=False)
lattice.vary(
    "the limits swapped: the limit of midpoints",
    key="swapped",
    limit=_trace_with_zero_point,
    known=False,
)


@lattice.neighbour("the constant without 1/(1 − e^(−iθ))", key="constant")
def _(xp, w, damping, T):
    theta = _angles(xp, w, damping, T)
    Z = _trace(xp, theta)
    constant = xp.abs(Z * xp.sum(theta**2 * xp.exp(-xp.i * theta)) / 2)
    return Rate(lambda n: xp.abs(_normal(xp, theta, n) - Z), 1, constant, start=32)


@claim(
    "lattice-path-integral-midpoint",
    title="With midpoints it tends to Π 1/(2i sin(wT/2)): a zero-point factor more",
    sources=[PRINTED, ours("the limit, its order and its constant")],
    equations=["eq-pi-midpoint-limit"],
    given=MODES,
    sizes=FEW,
    needs=["lattice-path-integral-midpoint-determinant"],
    tex=r"Z_n^{\rm mid}=\prod_j\frac1{(1+\frac{\ii\theta_j}{2n})^n-(1-\frac{\ii\theta_j}{2n})^n}"
    r"=\prod_j\frac1{2\ii\sin(\theta_j/2)}\Bigl(1+O\bigl(\tfrac1n\bigr)\Bigr)",
    differs="more",
)
def midpoint_limit(xp, w, damping, T, *, limit=_trace_with_zero_point, order=1, known=True):
    """The talk's symmetric kinetic term with midpoints in the potential (the free constant 2^(1−n)
    taken off), for odd n, where it exists: the error falls like 1/n, with the leading size of
    Z Σθ²/(8n)."""
    theta = _angles(xp, w, damping, T)
    Z = limit(xp, theta)
    constant = xp.abs(Z * xp.sum(theta**2)) / 16 if known else None
    odd = lambda m: 2 * m + 1
    return Rate(lambda m: xp.abs(_symmetric(xp, theta, odd(m)) - Z), order, constant, start=32)


midpoint_limit.vary(
    "the limits swapped: the limit of normal order", key="swapped", limit=_trace, known=False
)
midpoint_limit.vary(
    "second order, as midpoints might suggest", key="wrong-order", order=2, known=False
)
midpoint_limit.vary(
    "a cosine: the fermionic sign",
    key="fermionic",
    limit=lambda xp, theta: 1 / product_of(2 * xp.cos(theta / 2)),
    known=False,
)


@claim(
    "lattice-path-integral-midpoint-normalized",
    title="Each slice normalized, midpoints converge at order 2",
    sources=[ours()],
    equations=["eq-pi-cayley"],
    given=MODES,
    sizes=FEW,
    needs=["lattice-path-integral-midpoint"],
)
def normalized(xp, w, damping, T):
    """The whole first-order error of midpoints is a factor √(1 + θ²/4n²) a slice, which does not
    depend on the path. With it in the measure the error is of order 2, and to leading order that
    of Z Σ θ³cot(θ/2)/(24n²)."""
    theta = _angles(xp, w, damping, T)
    Z = _trace_with_zero_point(xp, theta)

    def remainder(n):
        factor = product_of((1 + theta**2 / (4 * n**2)) ** n)
        return xp.abs(xp.sqrt(factor) * _symmetric(xp, theta, n) - Z)

    cotangent = xp.cos(theta / 2) / xp.sin(theta / 2)
    return Rate(remainder, 2, xp.abs(Z * xp.sum(theta**3 * cotangent)) / 24, start=32)


@normalized.neighbour("the factor's square", key="square")
def _(xp, w, damping, T):
    theta = _angles(xp, w, damping, T)
    Z = _trace_with_zero_point(xp, theta)
    factor = lambda n: product_of((1 + theta**2 / (4 * n**2)) ** n)
    return Rate(lambda n: xp.abs(factor(n) * _symmetric(xp, theta, n) - Z), 2, start=32)


@claim(
    "lattice-path-integral-determinant",
    expect="proved up to C = 2; n = 3",
    title="The normal-ordered determinant, for any widths",
    sources=[ours()],
    equations=["eq-pi-determinant"],
    given=dict(H=hermitian("C"), h=positive("n")),
    sizes=dict(n=[1, 2, 3], C=[1, 2]),
)
def determinant(xp, H, h, *, matrix=normal_ordered, sign=-1):
    """One token, C channels, Hermitian H, n slices of any widths h on a closed path: the nC x nC
    matrix of the normal-ordered exponent has the determinant of I − Π(I − ihH)."""
    one = xp.eye(H.shape[0])
    steps = one
    for width in h:
        steps = steps @ (one - xp.i * width * H)
    return Equal(xp.det(matrix(xp, H, h)), xp.det(one + sign * steps))


@determinant.neighbour("an open path: no step from the end to the start", key="open")
def _(xp, H, h):
    return Equal(xp.det(normal_ordered(xp, H, h)), xp.one)


determinant.vary("antiperiodic, as for fermions", key="fermionic", sign=1)
determinant.vary("the midpoints' matrix", key="swapped", matrix=midpoint)


@claim(
    "lattice-path-integral-converges",
    title="For real w the normal-ordered integral converges up to wT = n tan(π/n) only",
    sources=[ours()],
    equations=["eq-pi-converges"],
    given=dict(x=real(), t=real()),
    needs=["lattice-path-integral-determinant"],
)
def converges(xp, x, t):
    """The matrix of n equal slices is diagonal on the waves e^(−iφk), φ = 2πk/n. Its eigenvalue has
    a negative real part for 0 < tan(φ/2) < wT/n, and then the integral diverges: for k = 1 as soon
    as wT > n tan(π/n). Beyond, 1/det A is its analytic continuation."""
    return Equal(_falloff(xp, x, t), 2 * t * (t - x) / (1 + t**2))


def _falloff(xp, x, t):
    """Re(1 − (1 − ix)e^(iφ)) with tan(φ/2) = t."""
    return xp.real(1 - (1 - xp.i * x) * (1 + xp.i * t) ** 2 / (1 + t**2))


@converges.neighbour("it converges for every real w", key="always")
def _(xp, x, t):
    return AtMost(0, _falloff(xp, x, t))


@converges.neighbour("the wave runs the other way", key="other-way")
def _(xp, x, t):
    return Equal(_falloff(xp, x, t), 2 * t * (t + x) / (1 + t**2))


@claim(
    "lattice-path-integral-vertex",
    title="The determinant, if a part α of the vertex meets its own slice",
    sources=[ours()],
    equations=["eq-pi-vertex"],
    given=dict(H=hermitian("C"), h=positive("n"), alpha=real()),
    sizes=dict(n=[1, 2, 3], C=[1, 2]),
    needs=["lattice-path-integral-determinant"],
)
def vertex(xp, H, h, alpha, *, sign=-1):
    """The potential of slice k is αx_k*Hx_k + (1 − α)x_k*Hx_(k−1): normal order for α = 0."""
    one, start = xp.eye(H.shape[0]), xp.kron(xp.diag(h), H)
    left = right = one
    for width in h:
        left = left @ (one + xp.i * alpha * width * H)
        right = right @ (one - xp.i * (1 - alpha) * width * H)
    shift = xp.kron(cyclic_shift(xp, h.shape[0]), one)
    A = normal_ordered(xp, H, h) + xp.i * alpha * (start - start @ shift)
    return Equal(xp.det(A), xp.det(left + sign * right))


vertex.vary("antiperiodic, as for fermions", key="fermionic", sign=1)


@claim(
    "lattice-path-integral-continuum",
    title="Its limit is Π e^(−iαwT)/(1 − e^(−iwT)): a value for each α",
    sources=[PRINTED, ours("the limit, its order and its constant")],
    equations=["eq-pi-continuum"],
    given=dict(w=between(1, 2), damping=between(0, 1), T=between(1, 2), alpha=between(0, 1)),
    needs=["lattice-path-integral-vertex"],
    tex=r"Z_n=\frac{e^{-\ii\alpha\theta}}{1-e^{-\ii\theta}}"
    r"\Bigl(1+O\bigl(\tfrac1n\bigr)\Bigr),\quad\theta=wT",
    differs="more",
)
def continuum(xp, w, damping, T, alpha, *, turned=True):
    """For one channel, n equal slices and 0 ≤ α ≤ 1: normal order at 0, the limit of midpoints at
    ½. To leading order the error is of the size of
    Z²θ²(α²e^(iαθ) − (1 − α)²e^(−i(1−α)θ))/(2n)."""
    theta, rest = _angles(xp, w, damping, T), 1 - alpha
    up, down = xp.exp(xp.i * alpha * theta), xp.exp(-xp.i * rest * theta)
    Z = 1 / (up - down) if turned else 1 / (1 - down / up)
    value = lambda n: 1 / ((1 + xp.i * alpha * theta / n) ** n - (1 - xp.i * rest * theta / n) ** n)
    constant = xp.abs(Z**2 * theta**2 * (alpha**2 * up - rest**2 * down)) / 2 if turned else None
    return Rate(lambda n: xp.abs(value(n) - Z), 1, constant, start=32)


continuum.vary("one limit for all α, that of normal order", key="one-limit", turned=False)


ODD = dict(n=[1, 3], C=[1, 2])


@claim(
    "lattice-path-integral-midpoint-determinant",
    expect="proved up to C = 2; n = 3",
    title="The midpoints' determinant, for an odd number of slices",
    sources=[ours()],
    equations=["eq-pi-midpoint-determinant"],
    given=dict(H=hermitian("C"), h=positive("n")),
    sizes=ODD,
    tex=r"\det A^{\rm mid}=2^{(1-n)C}\det\Bigl(\prod_k(I+\tfrac{\ii h_k}2H)"
    r"-\prod_k(I-\tfrac{\ii h_k}2H)\Bigr)\quad(n\text{ odd})",
    differs="less",
)
def midpoint_determinant(xp, H, h, *, sign=-1):
    """For an odd number of slices. The factor 2^(1−n) a channel does not depend on H and
    belongs to the measure."""
    left, right = _cayley(xp, H, h)
    n, C = h.shape[0], H.shape[0]
    return Equal(2 ** ((n - 1) * C) * xp.det(midpoint(xp, H, h)), xp.det(left + sign * right))


def _cayley(xp, H, h):
    """Π(I + ihH/2) and Π(I − ihH/2)."""
    one = xp.eye(H.shape[0])
    left = right = one
    for width in h:
        left = left @ (one + xp.i * width * H / 2)
        right = right @ (one - xp.i * width * H / 2)
    return left, right


midpoint_determinant.vary("for an even number, too", key="even", sizes=dict(n=[2], C=[1, 2]))
midpoint_determinant.vary("the sum of the products", key="fermionic", sign=1)


@claim(
    "lattice-path-integral-even",
    expect="proved up to C = 2; n = 4",
    title="With an even number of slices the midpoint integral does not exist",
    sources=[ours()],
    equations=["eq-pi-alternating"],
    given=dict(H=hermitian("C"), h=positive("n")),
    sizes=dict(n=[2, 4], C=[1, 2]),
    needs=["lattice-path-integral-midpoint-determinant"],
)
def even(xp, H, h, *, matrix=midpoint):
    """The path that jumps between v and −v has all midpoints at zero and no kinetic term: it is in
    the kernel of the midpoints' matrix, so the integral diverges."""
    jumps = xp.constant([[(-1) ** k] for k in range(h.shape[0])])
    return Zero(matrix(xp, H, h) @ xp.kron(jumps, xp.eye(H.shape[0])))


even.vary("with an odd number of slices, too", key="odd", sizes=dict(n=[1, 3], C=[1, 2]))
even.vary("in normal order, too", key="normal-order", matrix=normal_ordered)


@claim(
    "lattice-path-integral-zero-point",
    expect="proved",
    title="The two limits differ by the zero-point factor e^(−iwT/2)",
    sources=[ours()],
    equations=["eq-pi-zero-point"],
    given=dict(w=real(), T=positive()),
)
def zero_point(xp, w, T, *, halves=-1):
    """For every channel, 1/(2i sin(θ/2)) = e^(−iθ/2)/(1 − e^(−iθ)), written without the poles: the
    energies w(k + ½) in the place of wk."""
    q = xp.exp(-xp.i * w * T)
    return Equal(1 - q, xp.exp(halves * xp.i * w * T / 2) * 2 * xp.i * xp.sin(w * T / 2))


zero_point.vary("a whole quantum, e^(−iwT)", key="whole", halves=-2)
zero_point.vary("the factor the other way round", key="sign", halves=1)


@claim(
    "lattice-path-integral-orders",
    expect="proved",
    title="Averaged over all orders, |x|⁴ is the normal-ordered one plus 2|x|² plus ½",
    sources=[ours("what a change of slicing does to the quartic")],
    equations=["eq-pi-orders"],
    given=dict(y=number(), c=matrix(4)),
)
def orders(xp, y, c, *, quadratics=2, constants=1):
    """With a† the multiplication by y and a the derivative, acting on any cubic f: the six products
    of two a† and two a have the average y² f'' + 2y f' + ½f."""
    f, first, second = _cubic(xp, c)
    return Equal(
        _average_order(xp, f, y),
        y**2 * second(y) + quadratics * y * first(y) + constants * f(y) / 2,
    )


def _cubic(xp, c):
    """A cubic with these coefficients, and its first two derivatives."""
    return (
        lambda y: c[0] + c[1] * y + c[2] * y**2 + c[3] * y**3,
        lambda y: c[1] + 2 * c[2] * y + 3 * c[3] * y**2,
        lambda y: 2 * c[2] + 6 * c[3] * y,
    )


def _average_order(xp, f, y):
    """The average of all products of two multiplications and two derivatives, on f, at y."""
    up = lambda f: lambda y: y * f(y)
    down = lambda f: lambda y: xp.push(f, y, y * 0 + 1)
    total = y * 0
    products = sorted(dict.fromkeys(permutations("++--")))
    for product in products:
        moved = f
        for step in reversed(product):
            moved = up(moved) if step == "+" else down(moved)
        total = total + moved(y)
    return total / len(products)


orders.vary("one |x|², as for the average of a†a and aa†", key="one-quadratic", quadratics=1)
orders.vary("no constant", key="no-constant", constants=0)


@claim(
    "lattice-path-integral-orders-attention",
    expect="proved up to N, C = 3",
    title="A change of slicing turns attention into attention plus a linear layer",
    sources=[ours("what a change of slicing does to the quartic")],
    equations=["eq-pi-orders-attention"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    needs=["lattice-path-integral-orders"],
)
def orders_attention(xp, X, A, B):
    """From normal order to the average over all orders is exp(½ Σ ∂²/∂X∂X̄), in units of ħ. Its
    first term turns the quartic of a pair of heads into the quadratic of a linear layer."""
    return Equal(_half_laplacian(xp, X, A, B), quadratic(xp, X, _added(xp, A, B, X.shape[0])))


def _half_laplacian(xp, X, A, B):
    """½ Σ ∂²/∂X_nc ∂X̄_nc = ⅛ Σ (∂²/∂(re)² + ∂²/∂(im)²) of Tr(XAX*XBX*)."""
    V = lambda X: quartic(xp, X, A, xp.star(B))
    total = xp.one * 0
    for unit in xp.basis(X.shape):
        for way in (unit, xp.i * unit):
            total = total + xp.push(lambda Y, way=way: xp.push(V, Y, way), X, way)
    return total / 8


def _added(xp, A, B, tokens):
    """The weight of the linear layer."""
    return (xp.trace(A) * B + xp.trace(B) * A + tokens * (A @ B + B @ A)) / 2


@orders_attention.neighbour("the number of tokens left out", key="no-tokens")
def _(xp, X, A, B):
    return Equal(_half_laplacian(xp, X, A, B), quadratic(xp, X, _added(xp, A, B, 1)))


@orders_attention.neighbour("no linear layer", key="no-layer")
def _(xp, X, A, B):
    return Zero(_half_laplacian(xp, X, A, B))
