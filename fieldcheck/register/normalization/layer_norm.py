"""Layer norm has a potential, and pre-norm an energy."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import positive, real, real_matrix, vector
from fieldcheck.fields import architectures as arch
from fieldcheck.fields.integrability import euclidean_pairing
from fieldcheck.relations import AtMost, Equal, Gradient, at_most

MLP = dict(U=real_matrix("C", "m"), b=vector("m"))
CHANNELS = dict(x=vector("C"), h=vector("C"), k=vector("C"))


def _symmetric(xp, F, x, h, k):
    """The Jacobian of F at x is symmetric along h and k."""
    return Equal(euclidean_pairing(xp, F, x, h, k), euclidean_pairing(xp, F, x, k, h))


@claim(
    "gpt-block-as-field-layer-norm",
    expect="proved",
    title="Layer norm without its gain is the gradient of a norm",
    sources=[ours()],
    equations=["eq-arch-layer-norm"],
    given=dict(x=vector("C"), eps=positive()),
    sizes=dict(C=[1, 2, 3, 4]),
)
def layer_norm(xp, x, eps, *, g=1, width=True):
    """For every ε > 0 the standardization of a token is the gradient of C times its regularized
    standard deviation, a convex function."""
    C = x.shape[0]
    y = x - xp.sum(x) / C
    deviation = lambda x: xp.sqrt(xp.sum((x - xp.sum(x) / C) ** 2) / C + eps)
    V = lambda x: C * deviation(x) if width else deviation(x)
    return Gradient(V, x, g * y / xp.sqrt(xp.sum(y * y) / C + eps))


layer_norm.vary("a gain for each channel", key="gain", given=dict(g=vector("C")))
layer_norm.vary("the potential without the factor C", key="no-width", width=False)


@claim(
    "gpt-block-as-field-gain",
    title="Does layer norm with its gain have a potential?",
    sources=[ours("what a field with normalization would need")],
    expect="refuted",
    equations=["eq-arch-gain"],
    given=dict(**CHANNELS, g=vector("C"), eps=positive()),
    sizes=dict(C=[1, 2, 3]),
)
def gain(xp, x, h, k, g, eps):
    """For every gain g the Jacobian of g ⊙ LN is symmetric (it is not)."""
    return _symmetric(xp, lambda x: g * arch.layer_norm(xp, x, eps), x, h, k)


@gain.neighbour("one gain for all channels", key="common-gain", given=dict(c=real()))
def _(xp, x, h, k, c, eps):
    return _symmetric(xp, lambda x: c * arch.layer_norm(xp, x, eps), x, h, k)


@claim(
    "gpt-block-as-field-pre-norm",
    title="Does a tied MLP that reads normalized tokens have a potential?",
    sources=[ours("the order of operations in GPT-2")],
    expect="refuted",
    equations=["eq-arch-pre-norm"],
    given=dict(**CHANNELS, **MLP, eps=positive()),
    sizes=dict(C=[2, 3], m=[1, 2]),
)
def pre_norm(xp, x, h, k, U, b, eps):
    """For all U and b the tied ReLU layer after a layer norm has a symmetric Jacobian (it does
    not, though each of the two has one)."""
    F = lambda x: U @ xp.relu(arch.layer_norm(xp, x, eps) @ U + b)
    return _symmetric(xp, F, x, h, k)


@pre_norm.neighbour("the force of V after the norm: the norm's Jacobian too", key="chain-rule")
def _(xp, x, h, k, U, b, eps):
    def F(x):
        y = arch.centre(xp, x)
        scale = xp.sqrt(xp.sum(y * y) / x.shape[0] + eps)
        f = arch.centre(xp, U @ xp.relu(y / scale @ U + b))
        return f / scale - y * xp.sum(y * f) / (x.shape[0] * scale * scale * scale)

    return _symmetric(xp, F, x, h, k)


@pre_norm.neighbour("without the norm", key="no-norm")
def _(xp, x, h, k, U, b, eps):
    return _symmetric(xp, lambda x: U @ xp.relu(x @ U + b) + 0 * eps, x, h, k)


PRE_NORM = dict(
    x=vector("C"),
    f=vector("C"),
    U=real_matrix("C", "m"),
    b=vector("m"),
    g=vector("C"),
    a=vector("C"),
)


def _normed(xp, x, g, a, eps):
    """A norm with a gain and a shift."""
    return g * arch.layer_norm(xp, x, eps) + a


@claim(
    "gpt-block-as-field-pre-norm-energy",
    title="Pre-norm climbs an energy: a tied sublayer's, of the normalized tokens",
    sources=[ours("the order of operations in GPT-2, and a gate equal to the scale, as in DiT")],
    equations=["eq-arch-pre-norm-rate", "eq-arch-pre-norm-energy"],
    needs=["gpt-block-as-field-layer-norm"],
    given=dict(**PRE_NORM, eps=positive()),
    sizes=dict(C=[1, 2, 3, 4], m=[1, 2]),
    tex=r"\begin{gathered}z=g\odot\mathrm{LN}(x)+a,\ \dot x=g\odot\nabla V(z):\\"
    r"\dot V(z)=\inner{\dot x}{D\mathrm{LN}(x)\,\dot x}\ \ge\ 0\end{gathered}",
)
def pre_norm_energy(xp, x, f, U, b, g, a, eps):
    """Layer norm is the gradient of a convex function: for every f, ⟨f, DLN(x)f⟩ ≥ 0. So along
    x' = g ⊙ ∇V(z) with z = g ⊙ LN(x) + a (g = 1, a = 0 for the plain norm) V(z) rises at the rate
    ⟨x', DLN(x)x'⟩, by the chain rule for any V; here for a tied ReLU layer."""
    V = lambda x: arch.mlp_energy(xp, _normed(xp, x, g, a, eps)[None, :], U, b)
    speed = g * (U @ xp.relu(_normed(xp, x, g, a, eps) @ U + b))
    along = lambda f: xp.sum(f * xp.push(lambda x: arch.layer_norm(xp, x, eps), x, f))
    return *at_most(0, along(f), room=_spread(xp, x, f, eps)), Equal(
        xp.push(V, x, speed), along(speed)
    )


def _spread(xp, x, f, eps):
    """⟨f, DLN(x)f⟩ by Lagrange's identity, for the centred x and f."""
    y, f = arch.centre(xp, x), arch.centre(xp, f)
    scale = xp.sqrt(xp.sum(y * y) / x.shape[0] + eps)
    wedge = y[:, None] * f[None, :] - f[:, None] * y[None, :]
    return (eps * xp.norm2(f) + xp.norm2(wedge) / (2 * x.shape[0])) / scale**3


@pre_norm_energy.neighbour("the energy of the tokens themselves climbs", key="without-the-norm")
def _(xp, x, U, b, eps):
    speed = U @ xp.relu(arch.layer_norm(xp, x, eps) @ U + b)
    return AtMost(0, xp.push(lambda x: arch.mlp_energy(xp, x[None, :], U, b), x, speed))


@pre_norm_energy.neighbour(
    "a gate that is not the scale", key="other-gate", given=dict(e=vector("C"))
)
def _(xp, x, U, b, g, a, e, eps):
    V = lambda x: arch.mlp_energy(xp, _normed(xp, x, g, a, eps)[None, :], U, b)
    return AtMost(0, xp.push(V, x, e * (U @ xp.relu(_normed(xp, x, g, a, eps) @ U + b))))
