"""How nearly linear normalization is."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper
from fieldcheck.domains import positive, vector
from fieldcheck.fields import draws
from fieldcheck.register.normalization.shared import nonzero
from fieldcheck.relations import Equal, Law, Rate, Zero


def _mean_norm(xp, sigma, n):
    """E‖x‖/√C for C = 2n independent entries of standard deviation sigma: the Gamma quotient
    √2 Γ(C/2 + ½)/Γ(C/2) by its recursion in steps of two."""
    mean = sigma * xp.sqrt(xp.pi / 2)
    for k in range(1, n):
        mean = mean * (2 * k + 1) / (2 * k)
    return mean / xp.sqrt(2 * n * xp.one)


@claim(
    "norm-almost-linear",
    title="Gaussian rows have almost the same norm: spread 1/√(2C)",
    sources=[paper("omission of normalization")],
    equations=["eq-lt-norm-spread"],
    given=dict(sigma=positive()),
)
def norm_spread(xp, sigma):
    """For C = 2n independent Gaussian channels the variance of ‖x‖/√C is σ²/(2C) to leading order:
    a standard deviation of about 1/√(2C) of its size."""
    return Rate(
        lambda n: sigma * sigma - _mean_norm(xp, sigma, n) ** 2, order=1, constant=sigma * sigma / 4
    )


@norm_spread.neighbour("a standard deviation of 1/C", key="standard-deviation-1-over-c")
def _(xp, sigma):
    return Rate(lambda n: sigma * sigma - _mean_norm(xp, sigma, n) ** 2, order=2)


@claim(
    "norm-almost-linear-bias",
    title="The mean norm of Gaussian rows falls short by 1/(4C)",
    sources=[paper("omission of normalization")],
    equations=["eq-lt-norm-bias"],
    given=dict(sigma=positive()),
)
def norm_bias(xp, sigma):
    """For C = 2n Gaussian channels the mean of ‖x‖/√C is σ(1 − 1/(4C)) to leading order."""
    return Rate(lambda n: sigma - _mean_norm(xp, sigma, n), order=1, constant=sigma / 8)


@norm_bias.neighbour("a shortfall of 1/(2C)", key="shortfall-1-over-2c")
def _(xp, sigma):
    return Rate(lambda n: sigma - _mean_norm(xp, sigma, n), order=1, constant=sigma / 4)


@claim(
    "norm-almost-linear-law",
    title="Gaussian rows of 512 channels, drawn",
    sources=[ours("check by sampling")],
    given={},
    needs=["norm-almost-linear"],
)
def norm_law(xp):
    """Of Gaussian rows with C = 512 those whose ‖x‖/√C is within 1/√(2C) of 1 are 68.26 %, by the
    chi-squared distribution (68.27 % for a normal law with that standard deviation)."""
    return _near_one("gaussian")


def _near_one(kind, channels=512):
    sample = lambda rng, n: draws.near_one(rng, n, kind, channels)
    return Law(sample, share=draws.share_near_one(channels))


@norm_law.reading(
    "high dimension alone taken to suffice: one Gaussian channel holds half of the mean square",
    tex=r"\text{normalization is approximately linear in high dimension}",
)
def _(xp):
    return _near_one("massive")


@norm_law.neighbour(
    "heavy tails: Student's t with three degrees of freedom, in 64 channels", key="heavy-tails"
)
def _(xp):
    return _near_one("heavy", channels=64)


@claim(
    "norm-almost-linear-constant",
    title="A constant channel with half of the mean square halves the spread",
    sources=[ours("the massive channels of trained models are largely constant")],
    given={},
    needs=["norm-almost-linear"],
)
def norm_constant(xp, *, constant=True):
    """With C = 512, C − 1 Gaussian channels of variance σ² and one channel √(C − 1) σ, the same for
    all tokens, ‖x‖²/(2(C − 1)σ²) has mean 1 and variance 1/(2(C − 1)): a quarter of the 2/C of
    Gaussian rows, and half of their standard deviation."""
    sample = lambda rng, n: draws.square_with_channel(rng, n, constant, 512)
    return Law(sample, mean=1, variance=1 / (2 * 511))


norm_constant.vary("the channel Gaussian, too", key="gaussian-channel", constant=False)


@claim(
    "norm-almost-linear-radial",
    title="Normalization forgets the radial direction",
    sources=[ours("the exact derivative")],
    equations=["eq-lt-norm-derivative"],
    given=dict(x=nonzero("C"), h=vector("C")),
)
def norm_radial(xp, x, h):
    """For N(x) = x/‖x‖ (times √C) and x ≠ 0 the derivative projects off the radial direction, so
    DN(x)[x] = 0: N is constant on rays. The derivative of a linear map L along x is Lx instead."""
    norm = lambda x: xp.sqrt(xp.sum(x * x))
    N = lambda x: x / norm(x)
    along = xp.sum(x * h) / xp.sum(x * x)
    return Equal(xp.push(N, x, h), (h - x * along) / norm(x)), Zero(xp.push(N, x, x))


@norm_radial.neighbour(
    "the identity divided by the norm, the projection left out", key="projection-left-out"
)
def _(xp, x, h):
    norm = lambda x: xp.sqrt(xp.sum(x * x))
    return Equal(xp.push(lambda x: x / norm(x), x, h), h / norm(x))


@norm_radial.neighbour("linear: the derivative along x is N(x)", key="linear")
def _(xp, x, h):
    N = lambda x: x / xp.sqrt(xp.sum(x * x))
    return Equal(xp.push(N, x, x), N(x))


@claim(
    "norm-almost-linear-rays",
    expect="proved up to C = 6",
    title="Normalization is 0-homogeneous, and has no value at zero",
    sources=[ours("the exact map")],
    equations=["eq-lt-norm-rays"],
    given=dict(x=nonzero("C"), s=positive()),
)
def norm_rays(xp, x, s):
    """N(sx) = N(x) and N(−sx) = −N(x) for s > 0 and x ≠ 0. As s → 0 the two stay 2N(x) apart, so N
    extends to no continuous, let alone analytic, function at 0."""
    N = lambda x: x / xp.sqrt(xp.sum(x * x))
    return Zero(N(s * x) - N(x)), Zero(N(-s * x) + N(x))


@norm_rays.neighbour("the same on both sides of zero", key="both-sides")
def _(xp, x, s):
    N = lambda x: x / xp.sqrt(xp.sum(x * x))
    return Zero(N(-s * x) - N(x))


@norm_rays.neighbour("homogeneous of degree one, as a linear map is", key="degree-one")
def _(xp, x, s):
    N = lambda x: x / xp.sqrt(xp.sum(x * x))
    return Zero(N(s * x) - s * N(x))
