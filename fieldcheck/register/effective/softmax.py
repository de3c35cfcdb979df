"""What softmax and ReLU do to the axioms."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, poster, talk
from fieldcheck.domains import matrix, positive, real, real_matrix, root, unitary
from fieldcheck.fields.potentials import quartic, softmax_energy
from fieldcheck.register.effective.shared import swapped
from fieldcheck.relations import Equal, Rate


@claim(
    "softmax-breaks-isometry",
    title="Does softmax attention keep the isometry axiom?",
    sources=[paper("softmax attention satisfies Lemma 4"), poster("Axioms")],
    expect="refuted",
    equations=["eq-ef-softmax-isometry"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), U=unitary("N"), s=root("r")),
    sizes=dict(N=[2, 3], C=[1, 2], r=[1, 2]),
    tex=r"V(UX) = V(X),\qquad V = \sqrt r\textstyle\sum_j\log\sum_k\exp\operatorname{Re}S_{jk}",
    differs="denied",
)
def softmax_isometry(xp, X, W, U, s):
    """The free energy of attention is invariant under all unitary maps of tokens (it is not)."""
    return Equal(softmax_energy(xp, U @ X, W, s), softmax_energy(xp, X, W, s))


@softmax_isometry.neighbour("two tokens change places", key="permutation")
def _(xp, X, W, s):
    return Equal(softmax_energy(xp, swapped(xp, X), W, s), softmax_energy(xp, X, W, s))


@softmax_isometry.neighbour("the quartic field", key="quartic", given=dict(B=matrix("C", "C")))
def _(xp, X, W, B, U):
    return Equal(quartic(xp, U @ X, W, B), quartic(xp, X, W, B))


@claim(
    "softmax-breaks-isometry-relu",
    title="Do ReLU and gated units keep the isometry axiom?",
    sources=[poster("Axioms"), ours()],
    expect="refuted",
    given=dict(X=real_matrix("2", "C"), W=real_matrix("C", "m"), t=real()),
    sizes=dict(C=[1, 2], m=[1, 2]),
    tex=r"V(OX) = V(X),\quad V=\tfrac12\lVert(XW)_+\rVert^2\ \text{or}\ \tfrac13\sum(XW)^3",
)
def relu_isometry(xp, X, W, t):
    """Half the squared positive part and the cubic of a gated unit are invariant under rotations of
    two tokens (they are not)."""
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    Y = xp.stack([c * X[0] - s * X[1], s * X[0] + c * X[1]])
    V = lambda X: xp.stack([xp.sum(xp.relu(X @ W) ** 2) / 2, xp.sum((X @ W) ** 3) / 3])
    return Equal(V(Y), V(X))


@relu_isometry.neighbour("without the positive part", key="linear")
def _(xp, X, W, t):
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    Y = xp.stack([c * X[0] - s * X[1], s * X[0] + c * X[1]])
    return Equal(xp.norm2(Y @ W), xp.norm2(X @ W))


TAYLOR = dict(X=real_matrix("N", "C"), W=real_matrix("C", "C"))
TAYLOR_SIZES = dict(N=[3, 4], C=[1, 2])


def _scores(xp, X, W):
    return X @ W @ X.T


def _remainder(xp, S, n, half_square):
    """The log-sum-exp of S/n less N log N, the mean-field term and a quadratic term."""
    N = S.shape[0]
    exact = xp.sum(xp.logsumexp(S / n, axis=-1)) - N * xp.log(xp.one * N)
    return xp.abs(exact - xp.sum(S) / (N * n) - half_square / (n * n))


def _variance(xp, S):
    """Half the sum of the row variances."""
    N = S.shape[0]
    return (xp.sum(S * S) / N - xp.sum((xp.sum(S, axis=1) / N) ** 2)) / 2


@claim(
    "taylor-of-softmax",
    expect="proved up to N = 4; C = 2",
    title="Small scores: a mean field, then half the row variance, then third order",
    sources=[talk("Transformers")],
    equations=["eq-ef-taylor"],
    given=TAYLOR,
    sizes=TAYLOR_SIZES,
)
def taylor(xp, X, W):
    """With real tokens and N >= 3, the remainder after half the row variances is of third order;
    its constant is a sixth of the sum of the rows' third cumulants."""
    S = _scores(xp, X, W)
    N = S.shape[0]
    centred = S - (xp.sum(S, axis=1) / N)[:, None]
    third = xp.abs(xp.sum(centred**3)) / (6 * N)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 3, third, start=512)


@taylor.neighbour("the variance without its centring", key="not-centred")
def _(xp, X, W):
    S = _scores(xp, X, W)
    N = S.shape[0]
    return Rate(lambda n: _remainder(xp, S, n, xp.sum(S * S) / (2 * N)), 3, start=512)


@taylor.neighbour("the 1/N left out, as in the printed linear attention", key="no-one-over-n")
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, xp.sum(S * S) / 2), 3, start=512)


@taylor.neighbour("order 2", key="order-2")
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 2, start=512)


@claim(
    "taylor-of-softmax-two",
    expect="proved up to N, C = 2",
    title="For two tokens the third order vanishes",
    sources=[ours("the smallest case")],
    needs=["taylor-of-softmax"],
    equations=["eq-ef-taylor-two"],
    given=TAYLOR,
    sizes=dict(N=[2], C=[1, 2]),
)
def taylor_two(xp, X, W):
    """The third cumulant of two equally likely values is zero: with two tokens the remainder after
    half the row variances is of fourth order, a 192nd of the sum of (S_j1 − S_j2)⁴."""
    S = _scores(xp, X, W)
    fourth = xp.sum((S[:, 0] - S[:, 1]) ** 4) / 192
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 4, fourth, start=512)


@taylor_two.neighbour("order 3, as for more tokens", key="order-3")
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 3, start=512)


@taylor_two.neighbour("three tokens", key="three-tokens", sizes=dict(N=[3]))
def _(xp, X, W):
    S = _scores(xp, X, W)
    return Rate(lambda n: _remainder(xp, S, n, _variance(xp, S)), 4, start=512)


@claim(
    "taylor-of-softmax-complex",
    title="Is the complex expansion's quadratic term the field's quartic?",
    sources=[talk("Transformers")],
    expect="refuted",
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), U=unitary("N")),
    sizes=dict(N=[2, 3], C=[1, 2]),
    tex=r"\Tr SS^{\mathsf T}\ \text{is invariant under } X\to UX",
)
def complex_taylor(xp, X, W, U):
    """Expanding exp of complex scores gives Σ S_jk² = Tr SSᵀ, invariant under U(N) (it is not)."""
    V = lambda X: xp.sum((X @ W @ xp.star(X)) ** 2)
    return Equal(V(U @ X), V(X))


@complex_taylor.neighbour("Σ |S_jk|², the field's quartic", key="modulus")
def _(xp, X, W, U):
    V = lambda X: xp.norm2(X @ W @ xp.star(X))
    return Equal(V(U @ X), V(X))


@claim(
    "taylor-of-softmax-relu",
    expect="proved",
    title="ReLU has no linear limit: it looks the same at every scale",
    sources=[talk("Transformers")],
    equations=["eq-ef-relu-scale"],
    given=dict(X=real_matrix("N", "C"), e=positive()),
)
def relu_scale(xp, X, e):
    """(εX)_+ = εX_+ for every ε > 0: making the tokens small does not make ReLU more linear, and
    its energy ½‖X_+‖² is not analytic at 0."""
    return Equal(xp.relu(e * X), e * xp.relu(X))


@relu_scale.reading("linear without loss of generality", tex=r"(\varepsilon X)_+ = \varepsilon X")
def _(xp, X, e):
    return Equal(xp.relu(e * X), e * X)


@relu_scale.neighbour("half the identity, its even-handed linear part", key="half-identity")
def _(xp, X, e):
    return Equal(xp.relu(e * X), e * X / 2)
