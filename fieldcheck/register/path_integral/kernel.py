"""The oscillator's kernel."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import between, positive, real
from fieldcheck.fields.slices import join, sliced_kernel
from fieldcheck.relations import Equal, Rate


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
    differs="more",
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
    differs="more",
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
    expect="proved up to n = 4",
    title="n slices are an oscillator exactly, at another frequency and mass",
    sources=[ours()],
    equations=["eq-pi-slices-exact"],
    given=dict(u=positive(), r=positive("n")),
    sizes=dict(n=[1, 2, 3, 4]),
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
    expect="proved",
    title="Mehler's kernel solves the Schrödinger equation",
    sources=[ours("the classical check")],
    equations=["eq-pi-schroedinger"],
    given=dict(w=between(1, 2), x=real(), y=real(), leg=between(1, 2)),
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
