"""The free energy of attention, and its printed force."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper
from fieldcheck.domains import hermitian, matrix, real_matrix, root, symmetric
from fieldcheck.fields import free_energy as attention
from fieldcheck.fields.integrability import antilinear_jacobian, wirtinger_pairing
from fieldcheck.register.softmax.shared import ALL, SMALL, WHY_SOFTMAX
from fieldcheck.relations import Equal, Force

TOKENS = SMALL | dict(N=[2, 3])
"""One token alone shows that a factor is missing, and no transposition."""


@claim(
    "softmax-free-energy",
    expect="proved",
    title="Summed over queries, a free energy has softmax attention for its force",
    sources=[WHY_SOFTMAX, paper("Lemma 7")],
    equations=["eq-free-energy-force"],
    tex=r"\frac{\partial}{\partial X^*}\,\frac i2\sqrt r\sum_k\log\sum_j"
    r"\exp\bigl[\tfrac1{\sqrt r}XWX^*\bigr]_{jk}"
    r"=\frac i2\operatorname{Softmax}\bigl((\tfrac1{\sqrt r}XWX^*)^\top\bigr)XW",
    differs="otherwise",
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
)
def free_energy(xp, X, W, root_r, *, transposed=True, scaled=True):
    """The log-sum-exp of the scores S = XWX*/√r, taken over queries, summed over keys and
    multiplied by √r, has the force Softmax(Sᵀ) X W: attention with normalized rows. Row k of its
    weights is column k of exp S, divided by its sum. The i/2 of the slide stands on both sides, and
    is left out where the machine checks."""
    S = X @ W @ xp.star(X) / root_r
    V = lambda X: (root_r if scaled else 1) * attention.over_queries(xp, X, W, root_r)
    return Force(V, X, xp.softmax(S.T if transposed else S, axis=-1) @ X @ W)


@free_energy.printed(
    "the talk: sum over keys inside, prefactor i/2, no √r",
    sizes=TOKENS,
    tex=r"\frac{\partial}{\partial X^*}\,\frac i2\sum_j\log\sum_k"
    r"\exp\bigl[\tfrac1{\sqrt r}XWX^*\bigr]_{jk}"
    r"=\frac i2\operatorname{Softmax}\bigl(\tfrac1{\sqrt r}XWX^*\bigr)XW",
)
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    V = lambda X: xp.i / 2 * attention.over_keys(xp, X, W, root_r)
    return Equal(xp.wirtinger(V, X), xp.i / 2 * xp.softmax(S, axis=-1) @ X @ W)


@free_energy.printed(
    "the paper: sum over keys inside, with the factor √r",
    key="printed-paper",
    sizes=SMALL,
    tex=r"\frac{\partial}{\partial X^*}\,\sqrt r\sum_j\log\sum_k \ee^{S_{jk}}"
    r" = \operatorname{Softmax}(S)XW,\qquad S=\tfrac1{\sqrt r}XWX^*",
)
def _(xp, X, W, root_r):
    S = X @ W @ xp.star(X) / root_r
    V = lambda X: root_r * attention.over_keys(xp, X, W, root_r)
    return Equal(xp.wirtinger(V, X), xp.softmax(S, axis=-1) @ X @ W)


@free_energy.neighbour(
    "the paper's form for Hermitian W and real tokens, where nothing is complex",
    key="real-symmetric",
    given=dict(X=real_matrix("N", "C"), W=symmetric("C")),
    sizes=SMALL,
    tex=r"W=W^\top,\ X\text{ real}:\quad "
    r"\frac{\partial}{\partial X^*}\sqrt r\sum_j\log\sum_k \ee^{S_{jk}}"
    r"=\operatorname{Softmax}(S)XW",
)
def _(xp, X, W, root_r):
    S = X @ W @ X.T / root_r
    V = lambda X: root_r * attention.over_keys(xp, X, W, root_r)
    return Equal(xp.wirtinger(V, X), xp.softmax(S, axis=-1) @ X @ W)


free_energy.vary("P for its transpose: Softmax(S)XW", key="p-for-p-transposed", transposed=False)
free_energy.vary("the factor √r left out", key="missing-root-r", scaled=False)
free_energy.vary(
    "Hermitian W and the conjugate of the scores dropped",
    key="conjugate-dropped",
    given=dict(W=hermitian("C")),
    transposed=False,
)


@claim(
    "softmax-free-energy-heads",
    expect="proved up to H = 3",
    title="Over several heads the free energies add, and so do their forces",
    sources=[WHY_SOFTMAX],
    given=dict(X=matrix("N", "C"), W=matrix("H", "C", "C"), root_r=root("r")),
    sizes=dict(N=[1, 2, 3], C=[1, 2], H=[1, 2, 3]),
    needs=["softmax-free-energy"],
    tex=r"\frac{\partial}{\partial X^*}\,\sqrt r\sum_i\sum_k\log\sum_j\ee^{[XW_iX^*/\sqrt r]_{jk}}"
    r"=\sum_i\operatorname{Softmax}\bigl((XW_iX^*/\sqrt r)^\top\bigr)XW_i",
)
def free_energy_of_heads(xp, X, W, root_r, *, transposed=True, scaled=True):
    """The talk's sum over heads, with the log-sum-exp over queries and the factor √r."""
    heads = range(W.shape[0])
    V = lambda X: sum(attention.over_queries(xp, X, W[i], root_r) for i in heads)
    S = [X @ W[i] @ xp.star(X) / root_r for i in heads]
    F = sum(xp.softmax(S[i].T if transposed else S[i], axis=-1) @ X @ W[i] for i in heads)
    return Force(lambda X: (root_r if scaled else 1) * V(X), X, F)


free_energy_of_heads.vary("P for its transpose", key="p-for-p-transposed", transposed=False)
free_energy_of_heads.vary("the factor √r left out", key="missing-root-r", scaled=False)


@free_energy_of_heads.neighbour("one partition sum for all heads", key="shared-partition")
def _(xp, X, W, root_r):
    V = lambda X: root_r * attention.over_queries(xp, X, xp.sum(W, axis=0), root_r)
    F = sum(
        xp.softmax((X @ W[i] @ xp.star(X) / root_r).T, axis=-1) @ X @ W[i]
        for i in range(W.shape[0])
    )
    return Force(V, X, F)


@claim(
    "softmax-free-energy-printed-potential",
    expect="proved",
    title="What the printed potential gives: columns, not rows",
    sources=[WHY_SOFTMAX, paper("Lemma 7")],
    equations=["eq-printed-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["lse-gradient-softmax"],
)
def printed_potential(xp, X, W, root_r, *, transposed=True, scaled=True):
    """The printed log-sum-exp over keys has the force Pᵀ X W / √r: the row-softmax is
    transposed, so that token k sums what every query j gave to it."""
    P = xp.softmax(X @ W @ xp.star(X) / root_r, axis=-1)
    F = (P.T if transposed else P) @ X @ W / (root_r if scaled else 1)
    return Force(lambda X: attention.over_keys(xp, X, W, root_r), X, F)


printed_potential.vary("P instead of Pᵀ", key="untransposed", transposed=False)
printed_potential.vary("without 1/√r", key="scale", scaled=False)


@claim(
    "softmax-free-energy-conjugate",
    expect="proved",
    title="The scores of the free energy's attention are conjugated",
    sources=[ours()],
    equations=["eq-conjugate-scores"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), root_r=root("r")),
    needs=["softmax-free-energy"],
)
def conjugate_scores(xp, X, W, root_r, *, conjugated=True):
    """The transposed scores are the conjugates of X W* X*/√r: even for Hermitian W the free
    energy's attention weighs with the conjugate of S, not with S."""
    S, other = X @ W @ xp.star(X) / root_r, X @ xp.star(W) @ xp.star(X) / root_r
    return Equal(
        xp.softmax(S.T, axis=-1) @ X @ W,
        xp.softmax(xp.conj(other) if conjugated else other, axis=-1) @ X @ W,
    )


conjugate_scores.vary("the conjugation dropped", key="conjugate-dropped", conjugated=False)
conjugate_scores.vary(
    "Hermitian W: the scores themselves",
    key="hermitian-scores",
    given=dict(W=hermitian("C")),
    conjugated=False,
)


@claim(
    "softmax-free-energy-no-potential",
    title="Is the printed force the force of some potential?",
    sources=[WHY_SOFTMAX, paper("Lemma 7")],
    expect="refuted",
    equations=["eq-antilinear-symmetry"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
    sizes=SMALL,
)
def no_wirtinger_potential(xp, X, W, *, values=lambda xp, Y, W: Y @ W):
    """If Softmax(XWX*)XW were ∂V/∂X* for some V, its derivative in X* would be symmetric."""
    F = lambda Y: xp.softmax(Y @ W @ xp.star(Y), axis=-1) @ values(xp, Y, W)
    J = antilinear_jacobian(xp, F, X)
    return Equal(J, J.T)


no_wirtinger_potential.vary(
    "values tied to the adjoint: Softmax(S)XW*",
    role="reading",
    key="tied-adjoint",
    values=lambda xp, Y, W: Y @ xp.star(W),
)
no_wirtinger_potential.vary(
    "Hermitian W", role="reading", key="tied-hermitian", given=dict(W=hermitian("C"))
)
no_wirtinger_potential.vary(
    "values not transformed: Softmax(S)X",
    role="reading",
    key="tied-identity",
    values=lambda xp, Y, W: Y,
)


def _one_and_two(xp, x, y, size):
    """The token x, zeros, and the same with y as the second token."""
    rows = [x * 0] * (size - 2)
    return xp.stack([x, x * 0, *rows]), xp.stack([x * 0, y, *rows])


@claim(
    "softmax-free-energy-no-potential-whole",
    title="For complex tokens Softmax(XWX*)XB is a force only for W = 0 or B = 0",
    sources=[WHY_SOFTMAX, ours("the whole no-go, for one term")],
    equations=["eq-no-go-complex"],
    needs=["softmax-free-energy-no-potential"],
    given=dict(x=matrix("C"), h=matrix("C"), d=matrix("C"), W=matrix("C", "C"), B=matrix("C", "C")),
)
def no_go_complex(xp, x, h, d, W, B, *, square=1):
    """T = (1/N) XWX*(1 − 11ᵀ/N)XB is the part of third order of F. With the token x and zeros, D
    moving the first token along d and H the second along h, the asymmetry of its derivative in X*
    is −(xWh*)(xBd*)/N²: it vanishes for all x, h, d only if W = 0 or B = 0. Conversely, for W = 0
    F = 11ᵀXB/N is the force of Tr(11ᵀXBX*)/N."""

    def apart(size):
        one = xp.ones(size, size) / size
        T = lambda X: (X @ W @ xp.star(X)) @ (X - one @ X) @ B / size
        (X, H), (D, _) = _one_and_two(xp, x, h, size), _one_and_two(xp, d, h, size)
        return wirtinger_pairing(xp, T, X, H, D) - wirtinger_pairing(xp, T, X, D, H)

    right = -xp.sum((x @ W) * xp.conj(h)) * xp.sum((x @ B) * xp.conj(d))
    return tuple(Equal(apart(size) * size**2, square * right) for size in (2, 3, 4))


no_go_complex.vary("twice that", key="twice", square=2)


@no_go_complex.neighbour("no asymmetry for two tokens", key="none")
def _(xp, x, h, d, W, B):
    return Equal(xp.sum((x @ W) * xp.conj(h)) * xp.sum((x @ B) * xp.conj(d)), 0 * xp.one)


TWO_DIRECTIONS = dict(H=matrix("N", "C"), K=matrix("N", "C"))


@no_wirtinger_potential.neighbour(
    "scores transposed: the force of the repaired free energy",
    key="transposed-scores",
    given=TWO_DIRECTIONS,
    sizes=ALL,
)
def _(xp, X, W, H, K):
    F = lambda Y: xp.softmax((Y @ W @ xp.star(Y)).T, axis=-1) @ Y @ W
    return Equal(wirtinger_pairing(xp, F, X, H, K), wirtinger_pairing(xp, F, X, K, H))


@no_wirtinger_potential.neighbour(
    "a single token",
    key="one-token",
    given=TWO_DIRECTIONS,
    sizes=dict(N=[1], C=[1, 2, 3, 4, 5, 6]),
)
def _(xp, X, W, H, K):
    F = lambda Y: xp.softmax(Y @ W @ xp.star(Y), axis=-1) @ Y @ W
    return Equal(
        wirtinger_pairing(xp, F, X, H, K) + xp.sum(X), wirtinger_pairing(xp, F, X, K, H) + xp.sum(X)
    )
