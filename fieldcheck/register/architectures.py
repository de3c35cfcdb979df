"""GPT, residual and diffusion blocks as fields: chapter ``architectures``."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, poster, talk
from fieldcheck.domains import (
    matrix,
    positive,
    real,
    real_matrix,
    root,
    stacked,
    symmetric,
    unit_vector,
    vector,
)
from fieldcheck.fields import architectures as arch
from fieldcheck.fields import layers
from fieldcheck.fields.integrability import euclidean_pairing
from fieldcheck.relations import AtMost, Equal, Force, Gradient, at_most

UNIFIES = poster("Takeaway")
HEADS = dict(Q=real_matrix("H", "C", "r"), K=real_matrix("H", "C", "r"))
VALUES = dict(V=real_matrix("H", "C", "r"), O=real_matrix("H", "C", "r"))
MLP = dict(U=real_matrix("C", "m"), b=vector("m"))
TOKENS = dict(X=real_matrix("N", "C"))
PROBES = dict(D=real_matrix("N", "C"), E=real_matrix("N", "C"))
SMALL = dict(N=[1, 2, 3], C=[1, 2, 3], H=[1, 2], r=[1, 2], m=[1, 2])
CHANNELS = dict(x=vector("C"), h=vector("C"), k=vector("C"))


def _symmetric(xp, F, x, h, k):
    """The Jacobian of F at x is symmetric along h and k."""
    return Equal(euclidean_pairing(xp, F, x, h, k), euclidean_pairing(xp, F, x, k, h))


def _two_terms(xp, X, Q, K, root_r, causal=False):
    """Both gradient terms of all heads: what queries read, and what keys are told."""
    P = arch.weights(xp, X, Q, K, root_r, causal)
    return xp.sum(P @ X @ K @ Q.T + P.T @ X @ Q @ K.T, axis=0)


# -- GPT -------------------------------------------------------------------------------------------
@claim(
    "gpt-block-as-field",
    expect="proved up to N, C = 3; H, r, m = 2",
    title="A tied parallel block with two attention terms is a field",
    sources=[UNIFIES, ours("after Energy Transformer, Hoover et al. 2023")],
    equations=["eq-arch-block"],
    needs=["softmax-real-two-terms", "tied-mlp-gradient"],
    given=dict(**TOKENS, **HEADS, **MLP, root_r=root("r")),
    sizes=SMALL,
)
def gpt_block(xp, X, Q, K, U, b, root_r):
    """For all real Q, K, U, b: softmax heads, each with its second term and with values tied to
    the keys, beside a ReLU layer with U and U transposed, are the gradient of one potential. (Both
    summands are checked by themselves; a gradient is additive.)"""
    return (
        Gradient(
            lambda X: arch.free_energy(xp, X, Q, K, root_r), X, _two_terms(xp, X, Q, K, root_r)
        ),
        Gradient(lambda X: arch.mlp_energy(xp, X, U, b), X, xp.relu(X @ U + b) @ U.T),
    )


@gpt_block.reading(
    "the block as it is built has a potential",
    tex=r"F(X)=\sum_hP_hXV_hO_h^\top+(XU+b)_+W^\top:\quad DF=DF^\top",
    given=dict(**VALUES, W=real_matrix("C", "m"), **PROBES),
)
def _(xp, X, Q, K, V, O, U, b, W, D, E, root_r):
    F = lambda X: arch.attention(xp, X, Q, K, V, O, root_r) + xp.relu(X @ U + b) @ W.T
    return _symmetric(xp, F, X, D, E)


@gpt_block.neighbour("untied values", key="untied-values", given=VALUES)
def _(xp, X, Q, K, V, O, U, b, root_r):
    energy = lambda X: arch.block_energy(xp, X, Q, K, U, b, root_r)
    F = arch.attention(xp, X, Q, K, V, O, root_r) + xp.relu(X @ U + b) @ U.T
    return Gradient(energy, X, F)


@gpt_block.neighbour("tied values, one of the two terms", key="one-term")
def _(xp, X, Q, K, U, b, root_r):
    V = lambda X: arch.block_energy(xp, X, Q, K, U, b, root_r)
    F = arch.attention(xp, X, Q, K, K, Q, root_r) + xp.relu(X @ U + b) @ U.T
    return Gradient(V, X, F)


@gpt_block.neighbour(
    "output weights of the MLP are free", key="untied-mlp", given=dict(W=real_matrix("C", "m"))
)
def _(xp, X, Q, K, U, b, W, root_r):
    V = lambda X: arch.block_energy(xp, X, Q, K, U, b, root_r)
    return Gradient(V, X, _two_terms(xp, X, Q, K, root_r) + xp.relu(X @ U + b) @ W.T)


@claim(
    "gpt-block-as-field-masked",
    expect="proved up to N = 3; C, r = 2; H = 1",
    title="The masked free energy: its gradient carries the causal mask and its transpose",
    sources=[ours()],
    equations=["eq-arch-masked"],
    needs=["softmax-real-two-terms", "masked-free-energy"],
    given=dict(**TOKENS, **HEADS, root_r=root("r")),
    sizes=dict(N=[1, 2, 3], C=[1, 2], H=[1], r=[1, 2]),
)
def masked(xp, X, Q, K, root_r, *, mask=True):
    """The gradient of the causal free energy reads from the past (P) and also writes to it (the
    transpose of P): the force on a token depends on later tokens."""
    V = lambda X: arch.free_energy(xp, X, Q, K, root_r, causal=True)
    return Gradient(V, X, _two_terms(xp, X, Q, K, root_r, causal=mask))


@masked.neighbour("only the causal half", key="causal-half")
def _(xp, X, Q, K, root_r):
    V = lambda X: arch.free_energy(xp, X, Q, K, root_r, causal=True)
    return Gradient(V, X, arch.attention(xp, X, Q, K, K, Q, root_r, causal=True))


masked.vary("weights without the mask", key="no-mask", mask=False)


def _norms(xp, F, X):
    """Squared norms of the Jacobian of F at X: its blocks between different tokens, the
    antisymmetric parts of those of one token, and its antisymmetric part."""
    J = xp.jacobian(F, X)
    n, c = X.shape
    block = lambda i, j: J[i * c : (i + 1) * c, j * c : (j + 1) * c]
    between = [xp.norm2(block(i, j)) for i in range(n) for j in range(n) if i != j]
    inside = [xp.norm2(block(i, i) - block(i, i).T) / 4 for i in range(n)]
    return layers.total(between), layers.total(inside), xp.norm2(J - J.T) / 4


@claim(
    "gpt-block-as-field-causal",
    expect="proved up to N = 3; C = 2; H, r = 1",
    title="Causal attention: half of the squared coupling between tokens is no gradient",
    sources=[ours("what a causal mask does to any potential")],
    equations=["eq-arch-causal"],
    given=dict(**TOKENS, **HEADS, **VALUES, root_r=root("r")),
    sizes=dict(N=[2, 3], C=[1, 2], H=[1], r=[1]),
)
def causal(xp, X, Q, K, V, O, root_r):
    """For causal attention with any weights, the antisymmetric part of the Jacobian has at least
    half of the squared norm of its blocks between different tokens.  The proof uses only that no
    token depends on later ones: a causal force with a potential has no interaction at all."""
    F = lambda X: arch.attention(xp, X, Q, K, V, O, root_r, causal=True)
    between, inside, antisymmetric = _norms(xp, F, X)
    return at_most(between / 2, antisymmetric, room=inside, sharp=True)


@causal.neighbour("attention that looks both ways", key="no-mask")
def _(xp, X, Q, K, V, O, root_r):
    F = lambda X: arch.attention(xp, X, Q, K, V, O, root_r)
    between, _, antisymmetric = _norms(xp, F, X)
    return AtMost(between / 2, antisymmetric)


@causal.neighbour("all of the coupling", key="all-of-it")
def _(xp, X, Q, K, V, O, root_r):
    F = lambda X: arch.attention(xp, X, Q, K, V, O, root_r, causal=True)
    between, _, antisymmetric = _norms(xp, F, X)
    return AtMost(between, antisymmetric)


@claim(
    "gpt-block-as-field-gelu",
    expect="proved",
    title="A tied MLP with GELU has a potential",
    sources=[ours("the approximation by tanh that GPT-2 uses")],
    equations=["eq-arch-gelu"],
    given=dict(**CHANNELS, **MLP, s=real(), c=real()),
    sizes=dict(C=[1, 2, 3], m=[1, 2]),
    tex=r"F(x)=U\lambda(U^\top x+b),\ \lambda(t)=\tfrac t2\bigl(1+\tanh s(t+ct^3)\bigr):"
    r"\quad DF=DF^\top",
    differs="less",
)
def gelu(xp, x, h, k, U, b, s, c):
    """For every s and c, GPT-2's among them, an MLP with weights U and its transpose has a
    symmetric Jacobian: any activation of single entries is the derivative of its integral."""
    return _symmetric(xp, lambda x: U @ arch.tanh_gelu(xp, x @ U + b, s, c), x, h, k)


@gelu.neighbour("free output weights", key="untied", given=dict(W=real_matrix("C", "m")))
def _(xp, x, h, k, U, b, W, s, c):
    return _symmetric(xp, lambda x: W @ arch.tanh_gelu(xp, x @ U + b, s, c), x, h, k)


@claim(
    "gpt-block-as-field-sequential",
    title="Do two sublayers with potentials, one after the other, have a potential?",
    sources=[ours("a GPT block applies attention first, then the MLP")],
    expect="refuted",
    equations=["eq-arch-sequential"],
    given=dict(**CHANNELS, A=symmetric("C"), U=real_matrix("C", "m")),
    sizes=dict(C=[1, 2, 3], m=[1, 2]),
)
def sequential(xp, x, h, k, A, U):
    """A residual linear layer with symmetric weights followed by a tied residual ReLU layer has a
    symmetric Jacobian (it does not: a product of symmetric matrices need not be symmetric)."""

    def F(x):
        y = x + A @ x
        return y + U @ xp.relu(y @ U)

    return _symmetric(xp, F, x, h, k)


@sequential.neighbour("side by side, the parallel block", key="parallel")
def _(xp, x, h, k, A, U):
    return _symmetric(xp, lambda x: x + A @ x + U @ xp.relu(x @ U), x, h, k)


@sequential.neighbour(
    "a first layer that scales all channels alike", key="scalar", given=dict(c=real())
)
def _(xp, x, h, k, c, U):
    return _symmetric(xp, lambda x: (1 + c) * x + U @ xp.relu((1 + c) * (x @ U)), x, h, k)


# -- residual blocks -------------------------------------------------------------------------------
@claim(
    "resnet-block-as-field",
    expect="proved",
    title="A residual block with tied weights and a minus sign is a gradient flow",
    sources=[UNIFIES, ours("after Ruthotto and Haber 2018")],
    equations=["eq-arch-resnet"],
    given=dict(x=vector("n"), K=real_matrix("m", "n"), b=vector("m")),
    sizes=dict(n=[1, 2, 3, 4], m=[1, 2, 3]),
)
def resnet(xp, x, K, b, *, sign=-1, L=None):
    """For all K and b the force −Kᵀ(Kx + b)₊ is minus the gradient of ½‖(Kx + b)₊‖²."""
    V = lambda x: xp.sum(xp.relu(K @ x + b) ** 2) / 2
    back = K.T if L is None else L
    return Gradient(lambda x: -V(x), x, sign * (back @ xp.relu(K @ x + b)))


@resnet.neighbour(
    "a residual block with two free weights has some potential",
    key="as-built",
    tex=r"F(x)=L\,(Kx+b)_+:\quad DF=DF^\top",
    given=dict(L=real_matrix("n", "m"), h=vector("n"), k=vector("n")),
)
def _(xp, x, K, b, L, h, k):
    return _symmetric(xp, lambda x: L @ xp.relu(K @ x + b), x, h, k)


resnet.vary("untied", key="untied", given=dict(L=real_matrix("n", "m")))
resnet.vary("the block adds in place of subtracting", key="sign", sign=1)


@claim(
    "resnet-block-as-field-hamiltonian",
    expect="proved",
    title="A Hamiltonian ResNet is the talk's equation with two half squares",
    sources=[UNIFIES, ours("the network of Ruthotto and Haber 2018")],
    equations=["eq-arch-hamiltonian", "eq-arch-hamiltonian-field"],
    needs=["resnet-block-as-field"],
    given=dict(X=matrix("n"), K=real_matrix("m", "n"), b=vector("m")),
    sizes=dict(n=[1, 2, 3], m=[1, 2, 3]),
    tex=r"\begin{gathered}y'=K^\top(Kz+b)_+,\ z'=-K^\top(Ky+b)_+,\ X=\tfrac{y+\ii z}{\sqrt2}:\\"
    r"\ii X'=\frac{\partial}{\partial X^*}\Bigl(\tfrac12\norm{(Ky+b)_+}^2"
    r"+\tfrac12\norm{(Kz+b)_+}^2\Bigr)\end{gathered}",
)
def hamiltonian_resnet(xp, X, K, b, *, sign=-1, L=None):
    """With y = √2 Re X, z = √2 Im X and both parts activated, iX' = ∂V/∂X* is the pair of tied
    residual layers, each driven by the other. (K stands for √2 K in the code, which spares the
    roots.)"""
    layer = lambda x: (K if L is None else L).T @ xp.relu(K @ x + b)
    half = lambda x: xp.sum(xp.relu(K @ x + b) ** 2) / 2
    V = lambda X: half(xp.real(X)) + half(xp.imag(X))
    X_dot = (layer(xp.imag(X)) + sign * xp.i * layer(xp.real(X))) / 2
    return Force(V, X, xp.i * X_dot)


hamiltonian_resnet.vary("both parts with the same sign", key="sign", sign=1)
hamiltonian_resnet.vary("untied", key="untied", given=dict(L=real_matrix("m", "n")))


CONVOLUTION = dict(x=real_matrix("c", "n"), k=real_matrix("o", "c", 3), b=vector("o"))
SIGNALS = dict(c=[1, 2], o=[1, 2], n=[1, 2, 3, 4])


@claim(
    "resnet-block-as-field-convolution",
    expect="proved up to c, o = 2; n = 4",
    title="The same with a convolution: the second one is transposed, not repeated",
    sources=[ours("after Ruthotto and Haber 2018")],
    equations=["eq-arch-convolution"],
    needs=["resnet-block-as-field"],
    given=CONVOLUTION,
    sizes=SIGNALS,
)
def convolution(xp, x, k, b, *, l=None):
    """For zero-padded convolutions with kernels of width 3, the gradient applies the transposed
    convolution: channels exchanged and the kernel reversed."""
    V = lambda x: xp.sum(xp.relu(arch.convolve(xp, x, k) + b[:, None]) ** 2) / 2
    inner = xp.relu(arch.convolve(xp, x, k) + b[:, None])
    return Gradient(V, x, arch.convolve_back(xp, inner, k if l is None else l))


@convolution.neighbour(
    "channels exchanged, the kernel not reversed", key="not-reversed", sizes=dict(n=[2, 3, 4])
)
def _(xp, x, k, b):
    V = lambda x: xp.sum(xp.relu(arch.convolve(xp, x, k) + b[:, None]) ** 2) / 2
    inner = xp.relu(arch.convolve(xp, x, k) + b[:, None])
    same = xp.stack([k[:, :, d].T for d in range(3)], axis=2)
    return Gradient(V, x, arch.convolve(xp, inner, same))


convolution.vary("a second kernel of its own", key="untied", given=dict(l=CONVOLUTION["k"]))


@claim(
    "resnet-block-as-field-contraction",
    expect="proved up to n, m = 3",
    title="Tied residual flows bring no two inputs apart",
    sources=[ours("stability, Ruthotto and Haber 2018")],
    equations=["eq-arch-contraction"],
    needs=["resnet-block-as-field"],
    given=dict(x=vector("n"), y=vector("n"), K=real_matrix("m", "n"), b=vector("m")),
    sizes=dict(n=[1, 2, 3], m=[1, 2, 3]),
)
def contraction(xp, x, y, K, b):
    """Two solutions of ẋ = −Kᵀ(Kx + b)₊ never move apart: with u = Kx + b and v = Ky + b the rate
    is −‖u₊ − v₊‖² − ⟨u₊, v₋⟩ − ⟨u₋, v₊⟩."""
    F = lambda z: -(K.T @ xp.relu(K @ z + b))
    u, v = K @ x + b, K @ y + b
    return at_most(
        xp.sum((x - y) * (F(x) - F(y))),
        0,
        room=xp.norm2(xp.relu(u) - xp.relu(v))
        + xp.sum(xp.relu(u) * xp.relu(-v))
        + xp.sum(xp.relu(-u) * xp.relu(v)),
        sharp=True,
    )


@contraction.neighbour("the block adds in place of subtracting", key="sign")
def _(xp, x, y, K, b):
    F = lambda z: K.T @ xp.relu(K @ z + b)
    return AtMost(xp.sum((x - y) * (F(x) - F(y))), 0)


@contraction.neighbour("untied", key="untied", given=dict(L=real_matrix("n", "m")))
def _(xp, x, y, K, b, L):
    F = lambda z: -(L @ xp.relu(K @ z + b))
    return AtMost(xp.sum((x - y) * (F(x) - F(y))), 0)


@claim(
    "resnet-block-as-field-projected",
    expect="proved up to n = 3; m = 2",
    title="A block that ends in its activation is a projected gradient step",
    sources=[talk("Transformers"), ours("which blocks the word applies to")],
    equations=["eq-arch-projected"],
    needs=["resnet-block-as-field", "relu-orthant-projection"],
    given=dict(x=vector("n"), w=vector("n"), K=real_matrix("m", "n"), b=vector("m")),
    sizes=dict(n=[1, 2, 3], m=[1, 2]),
)
def projected(xp, x, w, K, b):
    """The output y is the point of the orthant that is nearest to the gradient step a: the
    variational inequality holds for every z = w² (entry by entry) in the orthant."""
    a = x - K.T @ xp.relu(K @ x + b)
    y = xp.relu(a)
    V = lambda x: xp.sum(xp.relu(K @ x + b) ** 2) / 2
    return (
        Gradient(V, x, x - a),
        *at_most(
            0,
            xp.sum((w * w - y) * (y - a)),
            room=xp.sum(xp.abs2(w) * xp.relu(-a)),
            sharp=True,
        ),
    )


@projected.neighbour("the last activation before the addition", key="activation-inside")
def _(xp, x, w, K, b):
    a = x - K.T @ xp.relu(K @ x + b)
    y = x + xp.relu(-(K.T @ xp.relu(K @ x + b)))
    return AtMost(0, xp.sum((w * w - y) * (y - a)))


@projected.neighbour("the input is projected, the step is not", key="input-projected")
def _(xp, x, w, K, b):
    a = x - K.T @ xp.relu(K @ x + b)
    y = xp.relu(x) - K.T @ xp.relu(K @ x + b)
    return AtMost(0, xp.sum((w * w - y) * (y - a)))


# -- diffusion -------------------------------------------------------------------------------------
DATA = dict(x=vector("d"), Y=real_matrix("M", "d"), v=positive())
SAMPLES = dict(M=[1, 2, 3], d=[1, 2, 3])


def _mean(xp, x, Y, v):
    """The posterior mean, with all densities over the first: the quotient does not see it."""
    squares = xp.sum((x[None, :] - Y) ** 2, axis=1)
    odds = xp.exp((squares[0] - squares) / (2 * v))
    return odds @ Y / xp.sum(odds)


@claim(
    "diffusion-block-as-field",
    expect="proved",
    title="The ideal denoiser of a finite data set is softmax attention and a gradient",
    sources=[UNIFIES, ours("empirical Bayes: Miyasawa 1961, Robbins 1956")],
    equations=["eq-arch-denoiser", "eq-arch-denoiser-energy"],
    needs=["lse-gradient-softmax", "diffusion-block-as-field-scores"],
    given=DATA,
    sizes=SAMPLES,
    tex=r"\begin{gathered}\frac{\sum_iy_i\,\ee^{-\norm{x-y_i}^2/2\sigma^2}}"
    r"{\sum_i\ee^{-\norm{x-y_i}^2/2\sigma^2}}"
    r"=\softmax\Bigl(\frac{\inner{y_i}{x}}{\sigma^2}-\frac{\norm{y_i}^2}{2\sigma^2}\Bigr)Y\\"
    r"=\nabla\,\sigma^2\log\sum_i\ee^{\inner{y_i}{x}/\sigma^2-\norm{y_i}^2/2\sigma^2}"
    r"\end{gathered}",
)
def denoiser(xp, x, Y, v):
    """For any points Y and any variance v = σ² > 0, the mean of the data given a noisy x is
    attention over the data, with keys and values Y and a key bias, and the gradient of σ² times a
    log-sum-exp."""
    scores = lambda x: (Y @ x - xp.sum(Y * Y, axis=1) / 2) / v
    return (
        Equal(_mean(xp, x, Y, v), xp.softmax(scores(x) - scores(x)[0]) @ Y),
        Gradient(lambda x: v * xp.logsumexp(scores(x)), x, xp.softmax(scores(x)) @ Y),
    )


@denoiser.neighbour("the key bias is left out", key="bias-left-out")
def _(xp, x, Y, v):
    return Equal(arch.posterior_mean(xp, x, Y, v), xp.softmax(Y @ x / v) @ Y)


@denoiser.neighbour("wrong variance: scores divided by σ", key="wrong-variance")
def _(xp, x, Y, v):
    bias = -xp.sum(Y * Y, axis=1) / 2
    mean = arch.posterior_mean(xp, x, Y, v * v)
    return Equal(mean, xp.softmax((Y @ x + bias) / v) @ Y)


@denoiser.neighbour("wrong variance: the bias is not divided by it", key="bias-not-scaled")
def _(xp, x, Y, v):
    mean = arch.posterior_mean(xp, x, Y, v)
    return Equal(mean, xp.softmax(Y @ x / v - xp.sum(Y * Y, axis=1) / 2) @ Y)


@denoiser.neighbour("the energy without its factor σ²", key="energy-scale")
def _(xp, x, Y, v):
    bias = -xp.sum(Y * Y, axis=1) / 2
    energy = lambda x: xp.logsumexp((Y @ x + bias) / v)
    return Gradient(energy, x, xp.softmax((Y @ x + bias) / v) @ Y)


@claim(
    "diffusion-block-as-field-tweedie",
    expect="proved",
    title="The ideal denoiser is a gradient: Tweedie's formula",
    sources=[ours("empirical Bayes: Robbins 1956, Miyasawa 1961")],
    equations=["eq-arch-tweedie"],
    given=DATA,
    sizes=SAMPLES,
)
def tweedie(xp, x, Y, v, *, scaled=True):
    """The mean of the data given a noisy x is the gradient of ½‖x‖² + σ² log p_σ(x), with p_σ the
    data smoothed by the noise."""
    log_p = lambda x: xp.log(xp.sum(xp.exp(-xp.sum((x[None, :] - Y) ** 2, axis=1) / (2 * v))))
    V = lambda x: xp.sum(x * x) / 2 + (v if scaled else 1) * log_p(x)
    return Gradient(V, x, arch.posterior_mean(xp, x, Y, v))


tweedie.vary("the score without the noise's variance", key="wrong-variance", scaled=False)


@claim(
    "diffusion-block-as-field-scores",
    expect="proved",
    title="A Gaussian's exponent is a score with a key bias, up to a constant",
    sources=[ours()],
    equations=["eq-arch-scores"],
    given=dict(x=vector("d"), y=vector("d"), v=positive()),
    sizes=dict(d=[1, 2, 3, 4]),
)
def bias_identity(xp, x, y, v):
    """The exponent splits into score, key bias, and a term that is the same for all keys and
    cancels in the softmax."""
    left = -xp.sum((x - y) ** 2) / (2 * v)
    return Equal(left, (xp.sum(x * y) - xp.sum(y * y) / 2 - xp.sum(x * x) / 2) / v)


@bias_identity.neighbour("no key bias", key="bias-left-out")
def _(xp, x, y, v):
    return Equal(-xp.sum((x - y) ** 2) / (2 * v), (xp.sum(x * y) - xp.sum(x * x) / 2) / v)


UNIT_ROWS = stacked("M", unit_vector("d"), "unit vector for each point")


@claim(
    "diffusion-block-as-field-equal-norms",
    expect="proved up to d = 3; M = 4",
    title="For data of equal norms the key bias may be left out",
    sources=[ours()],
    equations=["eq-arch-equal-norms"],
    needs=["diffusion-block-as-field"],
    given=dict(x=vector("d"), U=UNIT_ROWS, c=real(), v=positive()),
    sizes=dict(M=[1, 2, 3, 4], d=[2, 3]),
)
def equal_norms(xp, x, U, c, v):
    """For points of the same norm (any, c) the bias is a common constant, and attention without
    it is the ideal denoiser."""
    return Equal(_mean(xp, x, c * U, v), _without_bias(xp, x, c * U, v))


def _without_bias(xp, x, Y, v):
    """Attention over the data by inner products alone."""
    return xp.softmax((Y @ x - Y[0] @ x) / v) @ Y


@equal_norms.neighbour("norms that differ", key="two-norms", given=dict(e=vector("M")))
def _(xp, x, U, e, v):
    return Equal(_mean(xp, x, e[:, None] * U, v), _without_bias(xp, x, e[:, None] * U, v))


@claim(
    "diffusion-block-as-field-score",
    expect="proved",
    title="The score of a Gaussian mixture is a gradient",
    sources=[UNIFIES, ours("the score as gradient of the log-density")],
    equations=["eq-arch-score"],
    given=dict(x=vector("d"), Y=real_matrix("M", "d"), v=positive("M"), w=positive("M")),
    sizes=SAMPLES,
)
def score(xp, x, Y, v, w, *, normalized=True, weighted=True):
    """For any centres, variances and positive weights (normalized or not) the score is the mean
    of (y_i − x)/v_i under the posterior over the components."""
    bumps = lambda x: xp.exp(-xp.sum((x[None, :] - Y) ** 2, axis=1) / (2 * v))
    odds = w * bumps(x) if weighted else bumps(x)
    p = odds / xp.sum(odds) if normalized else odds
    return Gradient(lambda x: xp.log(xp.sum(w * bumps(x))), x, (p / v) @ (Y - x[None, :]))


score.vary("the sum is not divided by the density", key="not-normalized", normalized=False)
score.vary("the mixture's weights are left out", key="weights-left-out", weighted=False)


@claim(
    "diffusion-block-as-field-covariance",
    expect="proved",
    title="The denoiser's Jacobian is the posterior covariance over σ²",
    sources=[ours("the second-order form of Tweedie's formula")],
    equations=["eq-arch-covariance"],
    needs=["lse-gradient-softmax"],
    given=dict(**DATA, h=vector("d")),
    sizes=SAMPLES,
)
def covariance(xp, x, Y, v, h):
    """The Jacobian is symmetric and positive semidefinite: the denoiser is monotone, and its
    energy convex."""
    D = lambda x: arch.data_attention(xp, x, Y, v)
    p = xp.softmax((Y @ x - xp.sum(Y * Y, axis=1) / 2) / v)
    g = Y @ h
    spread = xp.sum(p[:, None] * p[None, :] * (g[:, None] - g[None, :]) ** 2) / 2
    return (
        Equal(euclidean_pairing(xp, D, x, h, h), spread / v),
        *at_most(
            0,
            euclidean_pairing(xp, D, x, h, h),
            room=xp.sum(p[:, None] * p[None, :] * xp.abs2(g[:, None] - g[None, :])) / (2 * v),
            sharp=True,
        ),
    )


@covariance.neighbour("not divided by the noise's variance", key="not-divided")
def _(xp, x, Y, v, h):
    D = lambda x: arch.data_attention(xp, x, Y, v)
    p = xp.softmax((Y @ x - xp.sum(Y * Y, axis=1) / 2) / v)
    g = Y @ h
    spread = xp.sum(p[:, None] * p[None, :] * (g[:, None] - g[None, :]) ** 2) / 2
    return Equal(euclidean_pairing(xp, D, x, h, h), spread)


@covariance.neighbour("never larger than the identity", key="nonexpansive")
def _(xp, x, Y, v, h):
    D = lambda x: arch.data_attention(xp, x, Y, v)
    return AtMost(euclidean_pairing(xp, D, x, h, h), xp.sum(h * h))


@claim(
    "diffusion-block-as-field-conditioning",
    expect="proved",
    title="Time conditioning keeps the potential if the gate equals the scale",
    sources=[UNIFIES, ours("the conditioning of Peebles and Xie 2022")],
    equations=["eq-arch-conditioning"],
    needs=["tied-mlp-gradient"],
    given=dict(x=vector("C"), **MLP, scale=vector("C"), shift=vector("C")),
    sizes=dict(C=[1, 2, 3], m=[1, 2]),
)
def conditioning(xp, x, U, b, scale, shift, *, gate=None):
    """With V = ½‖(Uᵀx + b)₊‖²: a layer that reads γ ⊙ x + β and is gated by the same γ is the
    gradient of V(γ ⊙ x + β), for any scale γ and shift β, hence at each time. (By the chain rule
    so is one with any other V.)"""
    V = lambda x: xp.sum(xp.relu((scale * x + shift) @ U + b) ** 2) / 2
    gate = scale if gate is None else gate
    return Gradient(V, x, gate * (U @ xp.relu((scale * x + shift) @ U + b)))


@conditioning.neighbour(
    "the layer as it is built, with a gate of its own, has some potential",
    key="as-built",
    tex=r"F_t(x)=\alpha\odot U\bigl(U^\top(\gamma\odot x+\beta)+b\bigr)_+:\quad DF_t=DF_t^\top",
    given=dict(gate=vector("C"), h=vector("C"), k=vector("C")),
)
def _(xp, x, U, b, scale, shift, gate, h, k):
    F = lambda x: gate * (U @ xp.relu((scale * x + shift) @ U + b))
    return _symmetric(xp, F, x, h, k)


conditioning.vary("no gate", key="no-gate", gate=1)
conditioning.vary("a gate of its own", key="free-gate", given=dict(gate=vector("C")))
