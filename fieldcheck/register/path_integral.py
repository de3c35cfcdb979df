"""The path integral on a lattice: chapter ``path_integral``."""

from __future__ import annotations

from itertools import permutations

from fieldcheck.claim import claim, ours, talk
from fieldcheck.domains import between, hermitian, matrix, number, positive, real, spd, symmetric
from fieldcheck.fields.potentials import quadratic, quartic
from fieldcheck.fields.slices import join, midpoint, normal_ordered, sliced_kernel
from fieldcheck.relations import Equal, Rate, Zero

PRINTED = talk("Why Is the Equation Canonical? Feynman Path Integral")


def _product(values):
    """The product of the entries of a vector."""
    total = values[0]
    for value in values[1:]:
        total = total * value
    return total


# -- the partition function ----------------------------------------------------------------------
def _angles(xp, w, damping, T):
    """θ = (w - i damping/8) T for every channel."""
    return (w - xp.i * damping / 8) * T


def _normal(xp, theta, n):
    """Π 1/(1 - (1 - iθ/n)^n): the normal-ordered integral over n equal slices."""
    return 1 / _product(1 - (1 - xp.i * theta / n) ** n)


def _symmetric(xp, theta, n):
    """Π 1/((1 + iθ/2n)^n - (1 - iθ/2n)^n): the same with midpoints."""
    e = xp.i * theta / (2 * n)
    return 1 / _product((1 + e) ** n - (1 - e) ** n)


def _trace(xp, theta):
    """Π 1/(1 - e^(-iθ))."""
    return 1 / _product(1 - xp.exp(-xp.i * theta))


def _trace_with_zero_point(xp, theta):
    """Π 1/(2i sin(θ/2))."""
    return 1 / _product(2 * xp.i * xp.sin(theta / 2))


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
)
def lattice(xp, w, damping, T, *, limit=_trace, order=1, known=True):
    """For V2 = Tr(XHX*) with the frequencies w − i·damping/8 as eigenvalues of H, one token and n
    equal slices in normal order: the error falls like 1/n, and to leading order its size is that
    of Z Σ θ²e^(−iθ) / (2n(1 − e^(−iθ)))."""
    theta = _angles(xp, w, damping, T)
    q, Z = xp.exp(-xp.i * theta), limit(xp, theta)
    constant = xp.abs(Z * xp.sum(theta**2 * q / (1 - q)) / 2) if known else None
    return Rate(lambda n: xp.abs(_normal(xp, theta, n) - Z), order, constant, start=32)


@lattice.printed(
    "the formula alone fixes the value: both slicings have one limit",
    tex=r"Z=\int\exp(\ii S(X))\,\mathcal DX",
)
def _(xp, w, damping, T):
    theta = _angles(xp, w, damping, T)
    return Equal(_trace(xp, theta), _trace_with_zero_point(xp, theta))


lattice.vary(
    "the fermionic sign",
    key="fermionic",
    limit=lambda xp, theta: 1 / _product(1 + xp.exp(-xp.i * theta)),
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
)
def midpoint_limit(xp, w, damping, T, *, limit=_trace_with_zero_point, order=1, known=True):
    """The talk's symmetric kinetic term with midpoints in the potential (the free constant 2^(1−n)
    taken off): the error falls like 1/n, with the leading size of Z Σθ²/(8n)."""
    theta = _angles(xp, w, damping, T)
    Z = limit(xp, theta)
    constant = xp.abs(Z * xp.sum(theta**2)) / 8 if known else None
    return Rate(lambda n: xp.abs(_symmetric(xp, theta, n) - Z), order, constant, start=32)


midpoint_limit.vary(
    "the limits swapped: the limit of normal order", key="swapped", limit=_trace, known=False
)
midpoint_limit.vary(
    "second order, as midpoints might suggest", key="wrong-order", order=2, known=False
)
midpoint_limit.vary(
    "a cosine: the fermionic sign",
    key="fermionic",
    limit=lambda xp, theta: 1 / _product(2 * xp.cos(theta / 2)),
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
    tex=r"\prod_j\Bigl(1+\tfrac{\theta_j^2}{4n^2}\Bigr)^{n/2}Z_n^{\rm mid}"
    r"=\prod_j\frac1{2\ii\sin(\theta_j/2)}\Bigl(1+O\bigl(\tfrac1{n^2}\bigr)\Bigr)",
)
def normalized(xp, w, damping, T):
    """The whole first-order error of midpoints is a factor √(1 + θ²/4n²) a slice, which does not
    depend on the path. With it in the measure the error is of order 2, and to leading order that
    of Z Σ θ³cot(θ/2)/(24n²)."""
    theta = _angles(xp, w, damping, T)
    Z = _trace_with_zero_point(xp, theta)

    def remainder(n):
        factor = _product((1 + theta**2 / (4 * n**2)) ** n)
        return xp.abs(xp.sqrt(factor) * _symmetric(xp, theta, n) - Z)

    cotangent = xp.cos(theta / 2) / xp.sin(theta / 2)
    return Rate(remainder, 2, xp.abs(Z * xp.sum(theta**3 * cotangent)) / 24, start=32)


@normalized.neighbour("the factor's square", key="square")
def _(xp, w, damping, T):
    theta = _angles(xp, w, damping, T)
    Z = _trace_with_zero_point(xp, theta)
    factor = lambda n: _product((1 + theta**2 / (4 * n**2)) ** n)
    return Rate(lambda n: xp.abs(factor(n) * _symmetric(xp, theta, n) - Z), 2, start=32)


@claim(
    "lattice-path-integral-determinant",
    title="The normal-ordered determinant, for any widths",
    sources=[ours()],
    equations=["eq-pi-determinant"],
    given=dict(H=hermitian("C"), h=positive("n")),
    sizes=dict(n=[1, 2, 3], C=[1, 2]),
    tex=r"\det A=\det\Bigl(I-\prod_k(I-\ii h_kH)\Bigr),\qquad \int e^{-x^*Ax}=1/\det A",
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


ODD = dict(n=[1, 3], C=[1, 2])


@claim(
    "lattice-path-integral-midpoint-determinant",
    title="The midpoints' determinant, for an odd number of slices",
    sources=[ours()],
    equations=["eq-pi-midpoint-determinant"],
    given=dict(H=hermitian("C"), h=positive("n")),
    sizes=ODD,
    tex=r"\det A^{\rm mid}=2^{(1-n)C}\det\Bigl(\prod_k(I+\tfrac{\ii h_k}2H)"
    r"-\prod_k(I-\tfrac{\ii h_k}2H)\Bigr)\quad(n\text{ odd})",
)
def midpoint_determinant(xp, H, h, *, sign=-1):
    """For an odd number of slices. The factor 2^(1−n) a channel is there for H = 0 as well and
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
    title="With an even number of slices the midpoint integral does not exist",
    sources=[ours()],
    equations=["eq-pi-alternating"],
    given=dict(H=hermitian("C"), h=positive("n")),
    sizes=dict(n=[2, 4], C=[1, 2]),
    needs=["lattice-path-integral-midpoint-determinant"],
    tex=r"A^{\rm mid}(v,-v,v,-v,\dots)=0\quad(n\text{ even})",
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
    title="The two limits differ by the zero-point factor e^(−iwT/2)",
    sources=[ours()],
    equations=["eq-pi-zero-point"],
    given=dict(w=real(), T=positive()),
    tex=r"1-e^{-\ii\theta}=e^{-\ii\theta/2}\,2\ii\sin(\theta/2)",
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
    title="Averaged over all orders, |x|⁴ is the normal-ordered one plus 2|x|² plus ½",
    sources=[ours("what a change of slicing does to the quartic")],
    equations=["eq-pi-orders"],
    given=dict(y=number(), c=matrix(4)),
    tex=r"\tfrac16\sum_{\text{orders}}a^\dagger a^\dagger aa"
    r" = a^{\dagger2}a^2 + 2\,a^\dagger a + \tfrac12,\qquad [a,a^\dagger]=1",
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
    products = sorted(set(permutations("++--")))
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
    title="A change of slicing turns attention into attention plus a linear layer",
    sources=[ours("what a change of slicing does to the quartic")],
    equations=["eq-pi-orders-attention"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    needs=["lattice-path-integral-orders"],
    tex=r"\tfrac12\sum_{nc}\frac{\partial^2}{\partial X_{nc}\,\partial\bar X_{nc}}\Tr(XAX^*XBX^*)"
    r" = \Tr(XW'X^*),\quad W' = \tfrac12\bigl(\Tr A\,B+\Tr B\,A+N(AB+BA)\bigr)",
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


# -- stationary phase ----------------------------------------------------------------------------
def _gaussian(xp, u, v, a, b, n):
    """∫ exp(−½(Σ a x² + Σ b y²) + (in/2)(Σ u x² − Σ v y²)), one factor √(2π/(a − inu)) each."""
    up = _product(xp.sqrt(2 * xp.pi / (a - xp.i * n * u)))
    return up * _product(xp.sqrt(2 * xp.pi / (b + xp.i * n * v)))


def _fresnel(xp, u, v, n, quarter_turns):
    """√(2π/n)^d |det|^(−½) exp(iπ quarter_turns/4)."""
    size = _product(xp.sqrt(2 * xp.pi / (n * u))) * _product(xp.sqrt(2 * xp.pi / (n * v)))
    return size * xp.exp(xp.i * xp.pi * quarter_turns / 4)


SADDLE = dict(u=positive("p"), v=positive("m"), a=positive("p"), b=positive("m"))
SIGNS = dict(p=[1, 2, 3], m=[1, 2])


@claim(
    "stationary-phase",
    title="At a saddle: Fresnel's determinant, a phase e^(iπ/4) a sign, relative error O(ħ)",
    sources=[PRINTED, ours("the classical path dominates: with order and constant")],
    equations=["eq-pi-stationary-phase"],
    given=SADDLE,
    sizes=SIGNS,
    tex=r"\int a\,e^{\ii\varphi/\hbar}=(2\pi\hbar)^{d/2}\,|\det\varphi''|^{-1/2}\,"
    r"e^{\ii\pi\sigma/4}\,\bigl(a+O(\hbar)\bigr)",
)
def saddle(xp, u, v, a, b, *, signature=lambda p, m: p - m, order=1, known=True):
    """For a quadratic phase with p rising directions u and m falling ones v, and a Gaussian
    amplitude with curvatures a and b, at ħ = 1/n: the ratio of the integral to the leading term
    with the signature σ = p − m misses one by ½|Σa/u − Σb/v| ħ."""
    turns = signature(u.shape[0], v.shape[0])
    ratio = lambda n: _gaussian(xp, u, v, a, b, n) / _fresnel(xp, u, v, n, turns)
    constant = xp.abs(xp.sum(a / u) - xp.sum(b / v)) / 2 if known else None
    return Rate(lambda n: xp.abs(ratio(n) - 1), order, constant, start=4096)


saddle.vary(
    "without the phase e^(iπσ/4)",
    key="no-signature",
    sizes=dict(p=[2, 3], m=[1]),
    signature=lambda p, m: 0,
    known=False,
)
saddle.vary(
    "the dimension in the place of the signature",
    key="dimension",
    signature=lambda p, m: p + m,
    known=False,
)


@saddle.neighbour("ħ in the place of √ħ for each direction", key="wrong-power")
def _(xp, u, v, a, b):
    d = u.shape[0] + v.shape[0]
    lead = lambda n: _fresnel(xp, u, v, n, u.shape[0] - v.shape[0]) / xp.sqrt(xp.one * n) ** d
    return Rate(lambda n: xp.abs(_gaussian(xp, u, v, a, b, n) / lead(n) - 1), 1, start=4096)


saddle.vary("relative error O(ħ²)", key="second-order", order=2, known=False)


@claim(
    "stationary-phase-determinant",
    title="Coupled directions: the determinant of the whole Hessian",
    sources=[ours()],
    equations=["eq-pi-fresnel-determinant"],
    given=dict(A=symmetric("d"), B=spd("d")),
    sizes=dict(d=[1, 2, 3]),
    needs=["stationary-phase"],
    tex=r"\Bigl(\int e^{-\frac12x^\top Bx+\frac{\ii}{2\hbar}x^\top Ax}\,dx\Bigr)^{\!2}"
    r"=\frac{(2\pi\hbar)^d\,\ii^{\,d}}{\det A}\bigl(1+O(\hbar)\bigr)",
)
def fresnel_determinant(xp, A, B):
    """For a symmetric Hessian A and a Gaussian amplitude with matrix B, both coupled: the square of
    the integral, (2π)^d/det(B − inA) at ħ = 1/n, over the leading term's square misses one by
    |Tr(A⁻¹B)| ħ. Squares have no branch to choose."""
    d = A.shape[0]
    square = lambda n: (2 * xp.pi) ** d / xp.det(B - xp.i * n * A)
    lead = lambda n: (2 * xp.pi * xp.i / n) ** d / xp.det(A)
    constant = xp.abs(xp.trace(xp.solve(A, B)))
    return Rate(lambda n: xp.abs(square(n) / lead(n) - 1), 1, constant, start=2**16)


@fresnel_determinant.neighbour("the product of the diagonal", key="diagonal", sizes=dict(d=[2, 3]))
def _(xp, A, B):
    d = A.shape[0]
    square = lambda n: (2 * xp.pi) ** d / xp.det(B - xp.i * n * A)
    lead = lambda n: (2 * xp.pi * xp.i / n) ** d / _product(xp.diagonal(A))
    return Rate(lambda n: xp.abs(square(n) / lead(n) - 1), 1, start=2**16)


@fresnel_determinant.neighbour("the modulus of the determinant, without its phase", key="no-phase")
def _(xp, A, B):
    d = A.shape[0]
    square = lambda n: (2 * xp.pi) ** d / xp.det(B - xp.i * n * A)
    lead = lambda n: (2 * xp.pi / n) ** d / xp.abs(xp.det(A))
    return Rate(lambda n: xp.abs(square(n) / lead(n) - 1), 1, start=2**16)


NODES = 3
"""Nodes of the trapezoidal rule per wave; with 64 more the rule's error is below 10^-20."""


def _circle(xp, s, n, k):
    """∫ ((1 + cos t)/2)^k exp(i n s cos t) dt by the trapezoidal rule (s at most 2)."""
    m = NODES * 2 * n + 64
    angles = xp.stack([2 * xp.pi * j / m for j in range(m // 2 + 1)])
    cosine = xp.cos(angles)
    value = ((1 + cosine) / 2) ** k * xp.exp(xp.i * n * s * cosine)
    return (2 * xp.sum(value) - value[0] - value[m // 2]) * 2 * xp.pi / m


@claim(
    "stationary-phase-curved",
    title="A phase that is not quadratic: exp(i cos t/ħ) on the circle",
    sources=[ours()],
    equations=["eq-pi-circle"],
    given=dict(s=between(1, 2)),
    needs=["stationary-phase"],
    tex=r"\int_{-\pi}^{\pi}\bigl(\tfrac{1+\cos t}2\bigr)^4e^{\ii z\cos t}\,dt"
    r"=\sqrt{\tfrac{2\pi}z}\,e^{\ii(z-\pi/4)}\bigl(1+\tfrac{7\ii}{8z}+O(z^{-2})\bigr)",
)
def curved(xp, s, *, quarter=-1, constant=lambda s: 7 / (8 * s)):
    """At t = 0 the phase cos t is largest; the amplitude vanishes to eighth order at the other end,
    t = ±π. With z = ns the leading term's relative error is 7/(8z). The trapezoidal rule is exact
    here up to less than 10⁻²⁰."""
    lead = lambda n: xp.sqrt(2 * xp.pi / (n * s)) * xp.exp(xp.i * (n * s + quarter * xp.pi / 4))
    return Rate(lambda n: xp.abs(_circle(xp, s, n, 4) / lead(n) - 1), 1, constant(s), start=8)


curved.vary("without the phase e^(−iπ/4)", key="no-signature", quarter=0, constant=lambda s: None)
curved.vary("the phase e^(+iπ/4), of a minimum", key="sign", quarter=1, constant=lambda s: None)


@curved.neighbour("ħ in the place of √ħ", key="wrong-power")
def _(xp, s):
    lead = lambda n: 2 * xp.pi / (n * s) * xp.exp(xp.i * (n * s - xp.pi / 4))
    return Rate(lambda n: xp.abs(_circle(xp, s, n, 4) / lead(n) - 1), 1)


curved.vary(
    "the amplitude's curvature alone in the constant",
    key="quadratic-phase",
    constant=lambda s: 1 / s,
)


def _segment(xp, n):
    """∫ exp(inx²/2) dx over [−1, 1], by its power series (n at most 256 at 60 digits)."""
    term, total = xp.one + 0 * xp.i, 0
    for k in range(4 * n + 60):
        total = total + term / (2 * k + 1)
        term = term * xp.i * n / (2 * (k + 1))
    return 2 * total


@claim(
    "stationary-phase-endpoints",
    title="If the amplitude does not vanish at the ends, the relative error is √ħ only",
    sources=[ours()],
    equations=["eq-pi-endpoints"],
    given=dict(c=positive()),
    needs=["stationary-phase"],
    tex=r"\int_{-1}^1e^{\ii x^2/2\hbar}\,dx=\sqrt{2\pi\hbar}\,e^{\ii\pi/4}"
    r"\Bigl(1+\varepsilon\Bigr),\quad|\varepsilon|\sim\sqrt{2\hbar/\pi}",
)
def endpoints(xp, c):
    """With the constant amplitude c on [−1, 1], the square of the relative error is 2ħ/π to leading
    order: the ends, where nothing is stationary, contribute 2ħ against √(2πħ)."""
    lead = lambda n: c * xp.sqrt(2 * xp.pi / n) * xp.exp(xp.i * xp.pi / 4)
    error = lambda n: c * _segment(xp, n) / lead(n) - 1
    return Rate(lambda n: xp.abs2(error(n)), 1, 2 / xp.pi, start=2)


@endpoints.neighbour("relative error O(ħ) all the same", key="order-one")
def _(xp, c):
    lead = lambda n: c * xp.sqrt(2 * xp.pi / n) * xp.exp(xp.i * xp.pi / 4)
    error = lambda n: c * _segment(xp, n) / lead(n) - 1
    return Rate(lambda n: xp.abs(error(n)), 1, start=2)


@endpoints.neighbour("one end only", key="one-end")
def _(xp, c):
    lead = lambda n: c * xp.sqrt(2 * xp.pi / n) * xp.exp(xp.i * xp.pi / 4)
    error = lambda n: c * _segment(xp, n) / lead(n) - 1
    return Rate(lambda n: xp.abs2(error(n)), 1, 1 / (2 * xp.pi), start=2)


def _vanishing(xp, n):
    """∫ (1 − x²)^(5/2) exp(inx²/2) dx over [−1, 1], with x = sin t by the trapezoidal rule."""
    m = NODES * n // 2 + 64
    cosine = xp.cos(xp.stack([xp.pi * j / m for j in range(m)]))
    return xp.sum(cosine**6 * xp.exp(xp.i * n * (1 - cosine**2) / 2)) * xp.pi / m


@claim(
    "stationary-phase-ends-vanish",
    title="If it vanishes there, the order is one again",
    sources=[ours()],
    equations=["eq-pi-ends-vanish"],
    given=dict(c=positive()),
    needs=["stationary-phase-endpoints"],
    tex=r"\int_{-1}^1(1-x^2)^{5/2}e^{\ii x^2/2\hbar}\,dx=\sqrt{2\pi\hbar}\,e^{\ii\pi/4}"
    r"\bigl(1-\tfrac52\ii\hbar+O(\hbar^2)\bigr)",
)
def ends_vanish(xp, c):
    """With the amplitude c(1 − x²)^(5/2) on [−1, 1] the relative error is 5ħ/2 to leading order:
    half the amplitude's curvature at the stationary point."""
    lead = lambda n: c * xp.sqrt(2 * xp.pi / n) * xp.exp(xp.i * xp.pi / 4)
    error = lambda n: c * _vanishing(xp, n) / lead(n) - 1
    return Rate(lambda n: xp.abs(error(n)), 1, 5 * xp.one / 2, start=16)


@ends_vanish.neighbour("the order √ħ", key="half-order")
def _(xp, c):
    lead = lambda n: c * xp.sqrt(2 * xp.pi / n) * xp.exp(xp.i * xp.pi / 4)
    error = lambda n: c * _vanishing(xp, n) / lead(n) - 1
    return Rate(lambda n: xp.abs2(error(n)), 1, start=16)


@ends_vanish.neighbour("without the phase e^(iπ/4)", key="no-signature")
def _(xp, c):
    lead = lambda n: c * xp.sqrt(2 * xp.pi / n)
    error = lambda n: c * _vanishing(xp, n) / lead(n) - 1
    return Rate(lambda n: xp.abs(error(n)), 1, start=16)


# -- the oscillator's kernel ---------------------------------------------------------------------
def _action(xp, w, T, x, y):
    """The oscillator's classical action from y to x in time T."""
    return w * ((x**2 + y**2) * xp.cos(w * T) - 2 * x * y) / (2 * xp.sin(w * T))


def _mehler(xp, w, T, x, y, caustics):
    """Mehler's kernel with a phase e^(−iπ/2) for each caustic passed."""
    size = xp.sqrt(w / (2 * xp.pi * xp.abs(xp.sin(w * T))))
    return size * xp.exp(xp.i * (_action(xp, w, T, x, y) - xp.pi * (1 + 2 * caustics) / 4))


def _mehler_constant(xp, w, T, x, y):
    """n² times the relative error of n slices, to leading order.

    They are Mehler's kernel at the frequency w(1 + w²h²/24) and the mass 1 − w²h²/6.
    """
    cos, sin = xp.cos(w * T), xp.sin(w * T)
    S = _action(xp, w, T, x, y)
    S_w = S / w + w * T * (2 * x * y * cos - x**2 - y**2) / (2 * sin**2)
    logarithm = (1 / w - T * cos / sin) / 2 + xp.i * S_w
    return xp.abs(logarithm * w**3 / 24 - w**2 * (xp.one / 2 + xp.i * S) / 6) * T**2


def _turns(*legs):
    """Inputs at a turn wT = leg: from y to x in the time T, at frequency w."""
    return dict(w=between(1, 2), x=between(0, 1), y=between(0, 1), leg=between(*legs))


def _apart(xp, w, T, x, y, caustics):
    """n -> relative distance of n slices from Mehler's kernel."""
    M = _mehler(xp, w, T, x, y, caustics)
    return lambda n: xp.abs(sliced_kernel(xp, w, T, n, x, y) / M - 1)


@claim(
    "propagator-harmonic",
    title="The oscillator's sliced kernel tends to Mehler's, at order 2",
    sources=[ours("the classical check")],
    equations=["eq-pi-mehler"],
    given=_turns(1, 3),
    needs=["propagator-harmonic-slices"],
    tex=r"K_n(x,y;T)\to\sqrt{\frac{w}{2\pi\ii\sin wT}}\,e^{\ii S},\quad "
    r"S=\frac{w\bigl((x^2+y^2)\cos wT-2xy\bigr)}{2\sin wT},\quad wT<\pi",
)
def propagator(xp, w, x, y, leg):
    """Before the first caustic (here 1 ≤ wT ≤ 3), ħ = mass = 1. The slices are put together by
    Fresnel integrals; the relative error is of order 2, with a known constant."""
    T = leg / w
    return Rate(_apart(xp, w, T, x, y, 0), 2, _mehler_constant(xp, w, T, x, y), start=16)


@propagator.neighbour("first order", key="first-order")
def _(xp, w, x, y, leg):
    return Rate(_apart(xp, w, leg / w, x, y, 0), 1, start=16)


@propagator.neighbour("the free particle's determinant", key="free-determinant")
def _(xp, w, x, y, leg):
    T = leg / w
    lead = xp.exp(xp.i * _action(xp, w, T, x, y)) / xp.sqrt(2 * xp.pi * xp.i * T)
    return Rate(lambda n: xp.abs(sliced_kernel(xp, w, T, n, x, y) / lead - 1), 2, start=16)


@propagator.neighbour("a caustic counted before it is met", key="early-caustic")
def _(xp, w, x, y, leg):
    return Rate(_apart(xp, w, leg / w, x, y, 1), 2, start=16)


@claim(
    "propagator-harmonic-maslov",
    title="Each caustic passed turns the kernel by e^(−iπ/2)",
    sources=[ours("the classical check")],
    equations=["eq-pi-maslov"],
    given=_turns(4, 5),
    needs=["propagator-harmonic"],
    tex=r"K_n\to e^{-\ii\pi(\frac14+\frac\mu2)}\sqrt{\frac{w}{2\pi|\sin wT|}}\,e^{\ii S},\quad "
    r"\mu=\lfloor wT/\pi\rfloor",
)
def maslov(xp, w, x, y, leg):
    """Between the first and the second caustic (4 ≤ wT ≤ 5) and between the second and the third
    (wT larger by π): the slices' own square roots turn the kernel by −90° for each caustic."""
    first, second = leg / w, (leg + xp.pi) / w
    return (
        Rate(_apart(xp, w, first, x, y, 1), 2, _mehler_constant(xp, w, first, x, y), start=64),
        Rate(_apart(xp, w, second, x, y, 2), 2, _mehler_constant(xp, w, second, x, y), start=64),
    )


@maslov.neighbour("the phase missing after T > π/w", key="no-maslov")
def _(xp, w, x, y, leg):
    return Rate(_apart(xp, w, leg / w, x, y, 0), 2, start=64)


@maslov.neighbour("the principal root of w/(2πi sin wT)", key="principal-root")
def _(xp, w, x, y, leg):
    T = leg / w
    root = xp.sqrt(w / (2 * xp.pi * xp.i * xp.sin(w * T)))
    lead = root * xp.exp(xp.i * _action(xp, w, T, x, y))
    return Rate(lambda n: xp.abs(sliced_kernel(xp, w, T, n, x, y) / lead - 1), 2, start=64)


@maslov.neighbour("two caustics counted for one", key="double-count")
def _(xp, w, x, y, leg):
    return Rate(_apart(xp, w, leg / w, x, y, 2), 2, start=64)


@claim(
    "propagator-harmonic-caustic",
    title="At a caustic the slices do not converge: they grow like n",
    sources=[ours()],
    equations=["eq-pi-caustic"],
    given=dict(w=between(1, 2), x=between(0, 1), y=between(0, 1)),
    needs=["propagator-harmonic-slices"],
    tex=r"wT=\pi:\quad |K_n|\sim n\,\sqrt{12w}/\pi^2",
)
def caustic(xp, w, x, y):
    """At T = π/w all classical paths from y meet in −y; the modulus of the sliced kernel grows like
    n √(12w)/π² at every pair of points, towards a delta function."""
    modulus = lambda n: xp.abs(sliced_kernel(xp, w, xp.pi / w, n, x, y))
    return Rate(lambda n: 1 / modulus(n), 1, xp.pi**2 / xp.sqrt(12 * w), start=16)


@caustic.neighbour("away from it, at wT = π/2", key="away")
def _(xp, w, x, y):
    modulus = lambda n: xp.abs(sliced_kernel(xp, w, xp.pi / (2 * w), n, x, y))
    return Rate(lambda n: 1 / modulus(n), 1, start=16)


@caustic.neighbour("like √n", key="root")
def _(xp, w, x, y):
    modulus = lambda n: xp.abs(sliced_kernel(xp, w, xp.pi / w, n, x, y))
    return Rate(lambda n: 1 / modulus(n) ** 2, 1, start=16)


@claim(
    "propagator-harmonic-slices",
    title="n slices are an oscillator exactly, at another frequency and mass",
    sources=[ours()],
    equations=["eq-pi-slices-exact"],
    given=dict(u=positive(), r=positive("n")),
    sizes=dict(n=[1, 2, 3, 4]),
    tex=r"2\sin\tfrac\phi2=wh:\quad a_n=c_n=\frac{\sin\phi\,\cos n\phi}{h\sin n\phi},\quad "
    r"b_n=\frac{\sin\phi}{h\sin n\phi}",
)
def slices(xp, u, r):
    """n slices of width h = Σr: the exponent (i/2)(a x² − 2b x y + c y²) has Mehler's form, with an
    angle φ a slice instead of wh. Here tan(φ/4) = u, so that all is rational."""
    h = xp.sum(r)
    a, b, c = _exponent(xp, 2 * (2 * u / (1 + u**2)) / h, h, r.shape[0])
    sin_n, cos_n, sin_1 = _multiple_angle(xp, u, r.shape[0])
    scale = h * sin_n
    return Equal(xp.stack([a, b, c]) * scale, xp.stack([sin_1 * cos_n, sin_1, sin_1 * cos_n]))


def _exponent(xp, w, h, n):
    """(a, b, c) of n slices, factors left aside."""
    one = total = (1 / h - h * w**2 / 2, 1 / h, 1 / h - h * w**2 / 2)
    for _ in range(n - 1):
        total = join(total, one)[1:]
    return total


def _multiple_angle(xp, u, n):
    """sin nφ, cos nφ and sin φ for tan(φ/4) = u."""
    half = (1 + xp.i * u) ** 2 / (1 + u**2)
    turn = (half**2) ** n
    return xp.imag(turn), xp.real(turn), xp.imag(half**2)


@slices.neighbour("the true frequency: φ = wh without the correction", key="uncorrected")
def _(xp, u, r):
    h = xp.sum(r)
    sin_n, cos_n, sin_1 = _multiple_angle(xp, u, r.shape[0])
    a, b, c = _exponent(xp, sin_1 / h, h, r.shape[0])
    scale = h * sin_n
    return Equal(xp.stack([a, b, c]) * scale, xp.stack([sin_1 * cos_n, sin_1, sin_1 * cos_n]))


@slices.neighbour("the mass left alone", key="mass")
def _(xp, u, r):
    h = xp.sum(r)
    step = 2 * (2 * u / (1 + u**2))
    a, b, c = _exponent(xp, step / h, h, r.shape[0])
    sin_n, cos_n, _ = _multiple_angle(xp, u, r.shape[0])
    scale = h * sin_n
    return Equal(xp.stack([a, b, c]) * scale, xp.stack([step * cos_n, step, step * cos_n]))


@claim(
    "propagator-harmonic-schroedinger",
    title="Mehler's kernel solves the Schrödinger equation",
    sources=[ours("the classical check")],
    equations=["eq-pi-schroedinger"],
    given=dict(w=between(1, 2), x=real(), y=real(), leg=between(1, 2)),
    tex=r"\ii\,\partial_TK=-\tfrac12\partial_x^2K+\tfrac12w^2x^2K",
)
def schroedinger(xp, w, x, y, leg):
    """For 0 < wT < π and ħ = mass = 1, divided by K: with K = exp(f), the equation reads
    i ∂f/∂T = −½(f'' + f'²) + ½w²x²."""
    return _wave_equation(xp, w, x, y, leg / w, xp.one)


def _wave_equation(xp, w, x, y, T, power):
    """The equation for f = −(power/2) log sin(wT) + iS."""
    f = lambda T, x: xp.i * _action(xp, w, T, x, y) - power * xp.log(xp.sin(w * T)) / 2
    slope = lambda z: xp.push(lambda q: f(T, q), z, xp.one)
    in_time = xp.push(lambda t: f(t, x), T, xp.one)
    bend = xp.push(slope, x, xp.one)
    return Equal(xp.i * in_time, -(bend + slope(x) ** 2) / 2 + w**2 * x**2 / 2)


@schroedinger.neighbour("the determinant without its root", key="no-root")
def _(xp, w, x, y, leg):
    return _wave_equation(xp, w, x, y, leg / w, 2 * xp.one)


@schroedinger.neighbour("the action alone, without a determinant", key="no-determinant")
def _(xp, w, x, y, leg):
    return _wave_equation(xp, w, x, y, leg / w, 0 * xp.one)


@claim(
    "propagator-harmonic-trace",
    title="The trace of Mehler's kernel is the midpoints' limit",
    sources=[ours()],
    equations=["eq-pi-mehler-trace"],
    given=dict(w=between(1, 2), leg=between(1, 2)),
    needs=["propagator-harmonic", "lattice-path-integral-midpoint"],
    tex=r"\int K(x,x;T)\,dx=\frac1{2\ii\sin(wT/2)}",
)
def kernel_trace(xp, w, leg):
    """For wT < π: on the diagonal S = −w tan(wT/2) x², and Fresnel's formula turns the integral
    over x into 1/(2i sin(wT/2))."""
    return _diagonal(xp, w, leg / w, 1 / (2 * xp.i * xp.sin(leg / 2)))


def _diagonal(xp, w, T, value):
    """√(w/(2πi sin wT)) √(2πi/s) = value, s/2 the coefficient of x² in S(x, x)."""
    s = 2 * _action(xp, w, T, xp.one, xp.one)
    root = xp.sqrt(w / (2 * xp.pi * xp.i * xp.sin(w * T)))
    return Equal(root * xp.sqrt(2 * xp.pi * xp.i / s), value)


@kernel_trace.neighbour("the limit of normal order", key="normal-order")
def _(xp, w, leg):
    return _diagonal(xp, w, leg / w, 1 / (1 - xp.exp(-xp.i * leg)))


@kernel_trace.neighbour("the opposite sign", key="opposite")
def _(xp, w, leg):
    return _diagonal(xp, w, leg / w, -1 / (2 * xp.i * xp.sin(leg / 2)))
