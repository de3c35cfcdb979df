"""Stationary phase: the leading term and its error."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import between, positive, spd, symmetric
from fieldcheck.register.path_integral.shared import PRINTED, product_of
from fieldcheck.relations import Rate


def _gaussian(xp, u, v, a, b, n):
    """∫ exp(−½(Σ a x² + Σ b y²) + (in/2)(Σ u x² − Σ v y²)), one factor √(2π/(a − inu)) each."""
    up = product_of(xp.sqrt(2 * xp.pi / (a - xp.i * n * u)))
    return up * product_of(xp.sqrt(2 * xp.pi / (b + xp.i * n * v)))


def _fresnel(xp, u, v, n, quarter_turns):
    """√(2π/n)^d |det|^(−½) exp(iπ quarter_turns/4)."""
    size = product_of(xp.sqrt(2 * xp.pi / (n * u))) * product_of(xp.sqrt(2 * xp.pi / (n * v)))
    return size * xp.exp(xp.i * xp.pi * quarter_turns / 4)


SADDLE = dict(u=positive("p"), v=positive("m"), a=positive("p"), b=positive("m"))
SIGNS = dict(p=[1, 2, 3], m=[1, 2])


@claim(
    "stationary-phase",
    title="A quadratic phase: Fresnel's determinant, e^(iπ/4) a sign, relative error O(ħ)",
    sources=[PRINTED, ours("stationary points dominate: with order and constant")],
    equations=["eq-pi-stationary-phase"],
    given=SADDLE,
    sizes=SIGNS,
    tex=r"\int e^{-\frac12(a\cdot x^2+b\cdot y^2)+\frac\ii{2\hbar}(u\cdot x^2-v\cdot y^2)}"
    r"=\frac{(2\pi\hbar)^{d/2}e^{\ii\pi(p-m)/4}}{\sqrt{\prod u\prod v}}\,\bigl(1+O(\hbar)\bigr)",
    differs="less",
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
    lead = lambda n: (2 * xp.pi * xp.i / n) ** d / product_of(xp.diagonal(A))
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
