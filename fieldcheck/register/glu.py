"""Gated units and the triple-trace potential: chapter ``glu``."""

from __future__ import annotations

from itertools import permutations

from fieldcheck.claim import claim, ours, paper, poster
from fieldcheck.domains import built, matrix, real, real_matrix, unitary, vector
from fieldcheck.fields.integrability import euclidean_pairing
from fieldcheck.fields.layers import total
from fieldcheck.relations import Equal, Gradient, Rank, Zero

WEIGHTS = dict(G=real_matrix("C", "m"), I=real_matrix("C", "m"), O=real_matrix("C", "m"))
SIZES = dict(N=[1, 2, 3], C=[1, 2, 3, 4], m=[1, 2, 3])


# G, I and O are gate, input and output weights, as in the source.


# -- the gradient is three units -----------------------------------------------------------------
@claim(
    "glu-triple-trace",
    expect="proved",
    title="The triple-trace potential gives three gated units, each with weight one third",
    sources=[poster("From Theory to Practice"), paper("GLU potential")],
    equations=["eq-glu-three-units"],
    given=dict(X=real_matrix("N", "C"), **WEIGHTS),
    sizes=SIZES,
)
def three_units(xp, X, G, I, O, *, terms=3, divisor=3):
    """For all real weights the gradient is a third of three gated units, roles permuted."""
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    units = [((X @ G) * (X @ I)) @ O.T, ((X @ I) * (X @ O)) @ G.T, ((X @ O) * (X @ G)) @ I.T]
    return Gradient(V, X, total(units[:terms]) / divisor)


three_units.vary(
    "one gated unit",
    role="printed",
    tex=r"\nabla\,\tfrac13\sum_{jk}(XW_g\odot XW_i\odot XW_o)_{jk}"
    r" = (XW_g\odot XW_i)W_o^{\mathsf T}",
    terms=1,
    divisor=1,
)
three_units.vary("one of the three terms, with its third", key="one-term", terms=1)
three_units.vary("the third is missing", key="missing-third", divisor=1)


@three_units.neighbour("the output weights are not exchanged", key="outputs-not-exchanged")
def _(xp, X, G, I, O):
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    terms = (X @ G) * (X @ I) + (X @ I) * (X @ O) + (X @ O) * (X @ G)
    return Gradient(V, X, (terms @ O.T) / 3)


@claim(
    "glu-triple-trace-parallel",
    expect="proved",
    title="With parallel weight columns the printed gradient is right",
    sources=[paper("GLU potential"), ours("the condition under which it holds")],
    equations=["eq-glu-parallel"],
    needs=["glu-triple-trace"],
    given=dict(
        X=real_matrix("N", "C"),
        W=real_matrix("C", "m"),
        g=vector("m"),
        i=vector("m"),
        o=vector("m"),
    ),
    sizes=SIZES,
)
def parallel(xp, X, W, g, i, o):
    """If gate, input and output weights of each unit are parallel, one gated unit is a gradient."""
    G, I, O = W * g, W * i, W * o
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    return Gradient(V, X, ((X @ G) * (X @ I)) @ O.T)


@parallel.neighbour(
    "only gate and input are parallel",
    key="output-free",
    given=dict(O=real_matrix("C", "m")),
)
def _(xp, X, W, g, i, O):
    G, I = W * g, W * i
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    return Gradient(V, X, ((X @ G) * (X @ I)) @ O.T)


@parallel.neighbour(
    "only gate and output are parallel",
    key="input-free",
    given=dict(I=real_matrix("C", "m")),
)
def _(xp, X, W, g, I, o):
    G, O = W * g, W * o
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    return Gradient(V, X, ((X @ G) * (X @ I)) @ O.T)


@claim(
    "glu-triple-trace-tied",
    expect="proved",
    title="With all three weights equal the unit is a tied square",
    sources=[ours("special case of parallel columns")],
    needs=["glu-triple-trace-parallel"],
    given=dict(X=real_matrix("N", "C"), W=real_matrix("C", "m")),
    sizes=SIZES,
    tex=r"\nabla\,\tfrac13\sum (XW)^{\odot 3} = (XW)^{\odot 2}W^{\mathsf T}",
)
def tied(xp, X, W, *, transposed=True):
    """The gradient of a third of the sum of cubes of XW is (XW)² W^T."""
    V = lambda X: xp.sum((X @ W) ** 3) / 3
    return Gradient(V, X, (X @ W) ** 2 @ (W.T if transposed else W))


tied.vary(
    "the weight is not transposed back but used as it is",
    key="square-weight",
    given=dict(W=real_matrix("C", "C")),
    transposed=False,
)


@claim(
    "glu-triple-trace-exact",
    expect="proved",
    title="The printed gradient is right exactly when the unit has a potential at all",
    sources=[paper("GLU potential"), ours("the condition under which it holds")],
    equations=["eq-glu-exact"],
    needs=["glu-triple-trace", "glu-no-potential-defect"],
    given=dict(x=vector("C"), **WEIGHTS, h=vector("C")),
    sizes=dict(C=[1, 2, 3, 4], m=[1, 2, 3]),
)
def exact(xp, x, G, I, O, h):
    """The unit differs from the gradient of the triple trace by S(x,x,h) - S(x,h,x), a third of it.
    This vanishes for all x and h if and only if S is symmetric in all places, that is, if and only
    if the unit has a potential; T itself need not be symmetric."""
    F = lambda x: ((x @ G) * (x @ I)) @ O.T
    V = lambda x: xp.sum((x @ G) * (x @ I) * (x @ O)) / 3
    T = lambda a, b, c: xp.sum((a @ G) * (b @ I) * (c @ O))
    S = lambda a, b, c: T(a, b, c) + T(b, a, c)
    return Equal(3 * (xp.sum(h * F(x)) - xp.push(V, x, h)), S(x, x, h) - S(x, h, x))


@exact.neighbour("the tensor is not symmetrized in gate and input", key="not-symmetrized")
def _(xp, x, G, I, O, h):
    F = lambda x: ((x @ G) * (x @ I)) @ O.T
    V = lambda x: xp.sum((x @ G) * (x @ I) * (x @ O)) / 3
    T = lambda a, b, c: xp.sum((a @ G) * (b @ I) * (c @ O))
    return Equal(3 * (xp.sum(h * F(x)) - xp.push(V, x, h)), 3 * (T(x, x, h) - T(x, h, x)))


@claim(
    "glu-triple-trace-cancelling",
    expect="proved",
    title="Two units whose tensor is not symmetric, and whose printed gradient is right",
    sources=[ours("against: if and only if the tensor T is symmetric")],
    equations=["eq-glu-cancelling"],
    needs=["glu-triple-trace-exact"],
    given=dict(X=real_matrix("N", "C"), g=vector("C"), i=vector("C"), o=vector("C")),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3, 4]),
    tex=r"W_g=(g,-i),\ W_i=(i,g),\ W_o=(o,o):\quad "
    r"\nabla\,\tfrac13\sum(XW_g\odot XW_i\odot XW_o) = (XW_g\odot XW_i)W_o^{\mathsf T}",
    differs="more",
)
def cancelling(xp, X, g, i, o, *, sign=-1):
    """The second unit exchanges gate and input of the first and turns the sign: potential and unit
    both vanish, whatever g, i and o are."""
    G, I, O = xp.stack([g, sign * i], axis=1), xp.stack([i, g], axis=1), xp.stack([o, o], axis=1)
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3 + xp.sum(X)
    return Gradient(V, X, ((X @ G) * (X @ I)) @ O.T + 1)


cancelling.vary("the sign is not turned", key="same-sign", sign=1)


@claim(
    "glu-triple-trace-complex",
    expect="proved up to N, m = 3; C = 4",
    title="For complex tokens the printed potential exerts no force",
    sources=[poster("From Theory to Practice"), paper("GLU potential"), ours()],
    equations=["eq-glu-complex"],
    given=dict(X=matrix("N", "C"), G=matrix("C", "m"), I=matrix("C", "m"), O=matrix("C", "m")),
    sizes=SIZES,
)
def complex_tokens(xp, X, G, I, O):
    """The triple trace contains X and not X*: in the theory's own equation, where the force is the
    derivative in X*, it is silent. The other statements of this chapter are about real tokens."""
    return Zero(xp.wirtinger(lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3, X))


@complex_tokens.neighbour("its real part", key="real-part")
def _(xp, X, G, I, O):
    return Zero(xp.wirtinger(lambda X: xp.sum(xp.real((X @ G) * (X @ I) * (X @ O))) / 3, X))


# -- no potential ---------------------------------------------------------------------------------
@claim(
    "glu-no-potential",
    title="Does a gated unit with free weights have a potential?",
    sources=[ours("what the printed gradient would imply")],
    expect="refuted",
    equations=["eq-glu-symmetric-jacobian"],
    given=dict(
        X=real_matrix("N", "C"), **WEIGHTS, H=real_matrix("N", "C"), K=real_matrix("N", "C")
    ),
    sizes=SIZES,
)
def no_potential(xp, X, G, I, O, H, K):
    """The Jacobian of a gated unit is symmetric for all weights (it is not)."""
    F = lambda X: ((X @ G) * (X @ I)) @ O.T
    return Equal(euclidean_pairing(xp, F, X, H, K), euclidean_pairing(xp, F, X, K, H))


@no_potential.neighbour("all three weights equal", key="tied", given=dict(W=real_matrix("C", "m")))
def _(xp, X, W, H, K):
    F = lambda X: ((X @ W) * (X @ W)) @ W.T
    return Equal(euclidean_pairing(xp, F, X, H, K), euclidean_pairing(xp, F, X, K, H))


no_potential.vary("one token, one channel", key="one-channel", sizes=dict(N=[1], C=[1]))


@claim(
    "glu-no-potential-defect",
    expect="proved",
    title="The asymmetry of a gated unit is that of its coefficient tensor",
    sources=[ours("the exact condition for a potential")],
    equations=["eq-glu-defect"],
    given=dict(x=vector("C"), **WEIGHTS, h=vector("C"), k=vector("C")),
    sizes=dict(C=[1, 2, 3, 4], m=[1, 2, 3]),
)
def defect(xp, x, G, I, O, h, k, *, symmetrized=True):
    """With T = Σ g⊗i⊗o and S its symmetrization in gate and input, the Jacobian's asymmetry at x is
    S(x,h,k) - S(x,k,h).  So a potential exists if and only if S is fully symmetric."""
    F = lambda x: ((x @ G) * (x @ I)) @ O.T
    T = lambda a, b, c: xp.sum((a @ G) * (b @ I) * (c @ O))
    S = lambda a, b, c: T(a, b, c) + T(b, a, c) if symmetrized else T(a, b, c)
    left = euclidean_pairing(xp, F, x, h, k) - euclidean_pairing(xp, F, x, k, h)
    return Equal(left, S(x, h, k) - S(x, k, h))


defect.vary(
    "the tensor is not symmetrized in gate and input", key="not-symmetrized", symmetrized=False
)


# -- symmetry -------------------------------------------------------------------------------------
@claim(
    "glu-symmetry",
    expect="proved up to N = 4; C = 3; m = 2",
    title="A gated unit treats all tokens alike",
    sources=[paper("the minimal nonlinear permutation-invariant field")],
    equations=["eq-glu-permutation"],
    given=dict(X=real_matrix("N", "C"), **WEIGHTS),
    sizes=dict(N=[1, 2, 3, 4], C=[1, 2, 3], m=[1, 2]),
)
def permutation(xp, X, G, I, O):
    """The triple-trace potential is invariant under all N! permutations of the tokens."""
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    moved = [xp.stack([X[j] for j in order]) for order in permutations(range(X.shape[0]))]
    return Equal(xp.stack([V(Y) for Y in moved]), V(X) * xp.ones(len(moved)))


@permutation.neighbour(
    "a rotation of the tokens, not a permutation",
    key="unitary-invariance",
    given=dict(t=real()),
    sizes=dict(N=[2, 3]),
)
def _(xp, X, t, G, I, O):
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    turned = xp.concat([xp.stack([c * X[0] - s * X[1], s * X[0] + c * X[1]]), X[2:]])
    return Equal(V(turned), V(X))


@permutation.neighbour("a sign for every token: even parity", key="phase-invariance")
def _(xp, X, G, I, O):
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    return Equal(V(-X), V(X))


@claim(
    "glu-symmetry-phase",
    expect="proved",
    title="Under a common phase the triple trace turns three times as fast",
    sources=[paper("the minimal nonlinear permutation-invariant field"), ours("phase counting")],
    equations=["eq-glu-phase"],
    given=dict(
        X=matrix("N", "C"), G=matrix("C", "m"), I=matrix("C", "m"), O=matrix("C", "m"), t=real()
    ),
    sizes=dict(N=[1, 2], C=[1, 2, 3], m=[1, 2]),
)
def phase(xp, X, G, I, O, t):
    """A common phase turns the cubic potential by three times as much: the degree is odd."""
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    z = (1 - t * t + 2 * xp.i * t) / (1 + t * t)
    return Equal(V(z * X), z * z * z * V(X)), Zero(xp.abs2(z) - 1)


@phase.neighbour("phase invariance", key="invariant")
def _(xp, X, G, I, O, t):
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    z = (1 - t * t + 2 * xp.i * t) / (1 + t * t)
    return Equal(V(z * X), V(X))


@phase.neighbour("unitary invariance", key="unitary", given=dict(U=unitary("N")))
def _(xp, X, G, I, O, U):
    V = lambda X: xp.sum((X @ G) * (X @ I) * (X @ O)) / 3
    return Equal(V(U @ X), V(X))


@claim(
    "glu-symmetry-no-interaction",
    expect="proved",
    title="A gated unit moves each token by itself",
    sources=[ours("what permutation invariance does not give")],
    equations=["eq-glu-no-interaction"],
    given=dict(X=real_matrix("N", "C"), h=vector("C"), **WEIGHTS),
    sizes=dict(N=[2, 3, 4], C=[1, 2, 3], m=[1, 2]),
)
def no_interaction(xp, X, h, G, I, O, *, shared_gate=False):
    """Moving one token does not change the force on another: gated units do not interact."""
    seen = lambda X: xp.sum(X, axis=0) if shared_gate else X
    F = lambda X: ((seen(X) @ G) * (X @ I)) @ O.T
    only_first = xp.concat([h[None, :], X[1:] * 0])
    return Zero(xp.push(F, X, only_first)[1:])


no_interaction.vary("the gate looks at the mean token", key="shared-gate", shared_gate=True)


def _probes(xp, xs, features):
    """The matrix of invariant functions (columns) at points (rows)."""
    return xp.stack([xp.stack(features(x)) for x in xs])


def _cubics(xp, X, blocks):
    """Products of channel sums over tokens, one for every way of blocking three factors."""
    C = X.shape[1]
    total = [xp.sum(X[:, a]) for a in range(C)]
    out = []
    for a in range(C):
        for b in range(a, C):
            for c in range(b, C):
                out.append(xp.sum(X[:, a] * X[:, b] * X[:, c]))
                if blocks:
                    out.append(total[a] * total[b] * total[c])
    if blocks:
        for a in range(C):
            for b in range(a, C):
                out += [xp.sum(X[:, a] * X[:, b]) * total[c] for c in range(C)]
    return out


POINTS = built(
    "tensor of probe points",
    (45, "N", "C"),
    {"x": (45, "N", "C")},
    lambda xp, raw: raw["x"],
    covers="all",
)


@claim(
    "glu-symmetry-cubics",
    expect="proved up to N = 4; C = 3",
    title="Gated units are a fraction of the permutation-invariant cubics",
    sources=[paper("the minimal nonlinear permutation-invariant field"), ours("the count")],
    equations=["eq-glu-count"],
    given=dict(X=POINTS),
    sizes=dict(N=[3, 4], C=[1, 2, 3]),
    tex=r"\dim = 2\binom{C+2}{3} + C\binom{C+1}{2}\qquad(N\ge 3)",
    differs="more",
)
def cubics(xp, X, *, blocks=True):
    """For N >= 3 the real S_N-invariant cubics have dimension 2 binom(C+2, 3) + C binom(C+1, 2)."""
    C = X.shape[2]
    matrix_ = _probes(xp, list(X), lambda x: _cubics(xp, x, blocks))
    return Rank(matrix_, 2 * (C * (C + 1) * (C + 2) // 6) + C * (C * (C + 1) // 2))


cubics.vary("one block only: what gated units span", key="one-block", blocks=False)
cubics.vary("two tokens", key="two-tokens", sizes=dict(N=[2]))


# -- squared ReLU ---------------------------------------------------------------------------------
@claim(
    "relu-squared",
    expect="proved",
    title="A tied squared ReLU is a gradient",
    sources=[paper("ReLU squared by tying and projecting")],
    equations=["eq-relu-squared"],
    given=dict(X=real_matrix("N", "C"), W=real_matrix("C", "m")),
    sizes=dict(N=[1, 2], C=[1, 2], m=[1, 2]),
)
def relu_squared(xp, X, W, *, divisor=3, power=2):
    """A third of the sum of cubes of the positive part has the gradient (XW)_+² W^T."""
    V = lambda X: xp.sum(xp.relu(X @ W) ** 3) / divisor
    return Gradient(V, X, xp.relu(X @ W) ** power @ W.T)


relu_squared.vary("the third is missing", key="factor", divisor=1)
relu_squared.vary("the first power", key="power", power=1)


@relu_squared.neighbour(
    "untied, and any potential",
    key="untied",
    given=dict(O=real_matrix("C", "m"), H=real_matrix("N", "C"), K=real_matrix("N", "C")),
    sizes=dict(N=[1, 2], C=[2, 3], m=[1, 2]),
    tex=r"F(X) = (XW)_+^2\,W_o^{\mathsf T}:\quad DF = DF^{\mathsf T}",
)
def _(xp, X, W, O, H, K):
    F = lambda X: xp.relu(X @ W) ** 2 @ O.T
    return Equal(euclidean_pairing(xp, F, X, H, K), euclidean_pairing(xp, F, X, K, H))
