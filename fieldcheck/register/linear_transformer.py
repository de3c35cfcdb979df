"""The linear Transformer as a field: chapter ``linear_transformer``."""

from __future__ import annotations

from dataclasses import replace

from fieldcheck.claim import claim, ours, paper, poster, talk
from fieldcheck.domains import (
    built,
    hermitian,
    matrix,
    number,
    positive,
    real,
    real_matrix,
    root,
    vector,
)
from fieldcheck.fields import depth, draws, integrability, layers, moments, potentials
from fieldcheck.fields.exponential import exp_nilpotent
from fieldcheck.relations import (
    AtMost,
    Equal,
    Force,
    Gradient,
    Law,
    Rank,
    Rate,
    Zero,
    at_most,
)

CHAPTER = "linear_transformer"


def heads(*names, count="n"):
    """Stacked complex heads, n x C x r each."""
    return {name: matrix(count, "C", "r") for name in names}


def real_heads(*names):
    """Stacked real heads, n x C x r each."""
    return {name: real_matrix("n", "C", "r") for name in names}


FEW = {"N": (1, 2, 3), "C": (1, 2, 3), "n": (1, 2, 3), "r": (1, 2)}
TINY = {"N": (1, 2), "C": (2,)}

# -- depth as time -------------------------------------------------------------------------------
LAYER = dict(x=vector("C"), W_in=real_matrix("C", "r"), W_out=real_matrix("C", "r"))
SMALL_LAYER = {"C": (2,), "r": (1, 2)}


@claim(
    "layer-as-time",
    title="Layers of step 1/n tend to the flow at order 1",
    sources=[talk("Transformers: discrete and continuous")],
    chapter=CHAPTER,
    equations=["eq-lt-layer-ode"],
    given=LAYER,
    sizes=SMALL_LAYER,
    tex=r"X(t+h) = X(t) + h\,W'\lambda W X(t)\;\text{ has global error }O(h)",
)
def layer_as_time(xp, x, W_in, W_out):
    """Residual layers x + hλ(xW)W′ with a smooth λ (here tanh), n of them with step h = T/n,
    end within O(1/n) of where the Runge-Kutta method of order 4 ends: Euler's method, of
    first order."""
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda step, n: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(depth.euler, n) - end(depth.rk4, n)), order=1)


@layer_as_time.neighbour("Euler's method of order 2", key="euler-order-2")
def _(xp, x, W_in, W_out):
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda step, n: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(depth.euler, n) - end(depth.rk4, n)), order=2)


@layer_as_time.neighbour("twice as many layers at the same step", key="twice-the-depth")
def _(xp, x, W_in, W_out):
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda step, n: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, 2 * n)
    half = lambda step, n: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(depth.euler, n) - half(depth.rk4, n)), order=1)


@claim(
    "layer-as-time-midpoint",
    title="The midpoint rule has order 2",
    sources=[ours("comparison of methods")],
    chapter=CHAPTER,
    given=LAYER,
    sizes=SMALL_LAYER,
    needs=["layer-as-time"],
)
def layer_midpoint(xp, x, W_in, W_out):
    """The same flow by n midpoint steps: error O(1/n²), for a smooth activation."""
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda step, n: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(depth.midpoint, n) - end(depth.rk4, n)), order=2)


@layer_midpoint.neighbour("the slope read at a third of the step", key="slope-at-a-third")
def _(xp, x, W_in, W_out):
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    third = lambda f, x, h: x + f(x + f(x) * h / 3) * h
    end = lambda step, n: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(third, n) - end(depth.rk4, n)), order=2)


@claim(
    "layer-as-time-rk4",
    title="Runge-Kutta has order 4 for a smooth activation",
    sources=[ours("comparison of methods")],
    chapter=CHAPTER,
    given=LAYER,
    sizes=SMALL_LAYER,
    needs=["layer-as-time"],
)
def layer_rk4(xp, x, W_in, W_out):
    """The classical Runge-Kutta method with n and with 2n steps differs by O(1/n⁴), for a smooth
    activation."""
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda n: depth.march(lambda x: depth.rk4(f, x, xp.one / (4 * n)), x, n)
    # n + 1 is odd: in an even number of steps a sign lost in each would come back.
    return Rate(lambda n: xp.norm(end(n + 1) - end(2 * n + 2)), order=4)


@layer_rk4.neighbour("equal weights for the four slopes", key="equal-weights")
def _(xp, x, W_in, W_out):
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)

    def step(x, h):
        k1 = f(x)
        k2 = f(x + k1 * h / 2)
        k3 = f(x + k2 * h / 2)
        return x + (k1 + k2 + k3 + f(x + k3 * h)) * h / 4

    end = lambda n: depth.march(lambda x: step(x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(n) - end(2 * n)), order=4)


def _relu_end(xp, c, k, steps):
    """u(1) by Runge-Kutta for u' = c + k relu(u), u(0) = -c/2: a ReLU layer with a constant
    channel, which meets its kink at t = 1/2, in the middle of a step if steps is odd."""
    f = lambda x: xp.stack([xp.relu(x[1]) + k * xp.relu(x[0]), 0 * c])
    return depth.march(lambda x: depth.rk4(f, x, xp.one / steps), xp.stack([-c / 2, c]), steps)[0]


@claim(
    "layer-as-time-kink",
    title="A kink inside a step holds Runge-Kutta at order 2",
    sources=[ours("consequence of the talk's ReLU layers")],
    chapter=CHAPTER,
    equations=["eq-lt-kink"],
    given=dict(c=positive(), k=positive()),
    needs=["layer-as-time-rk4"],
    tex=r"\abs{u_n(1) - u(1)} \sim \tfrac{1}{96}\,c\,k\,\ee^{k/2}\,n^{-2}",
)
def layer_kink(xp, c, k):
    """u' = ReLU(c) + k ReLU(u) with u(0) = −c/2 crosses its kink at t = 1/2. In 2n+1 steps of the
    classical Runge-Kutta method the kink is met in mid-step, and the error at t = 1 is
    $c\\,k\\,e^{k/2}/(96n^2)$: order 2, not 4."""
    exact = (xp.exp(k / 2) - 1) * c / k
    return Rate(
        lambda n: xp.abs(_relu_end(xp, c, k, 2 * n + 1) - exact),
        order=2,
        constant=c * k * xp.exp(k / 2) / 96,
    )


@layer_kink.neighbour("order 4 with ReLU", key="order-4-with-relu")
def _(xp, c, k):
    exact = (xp.exp(k / 2) - 1) * c / k
    return Rate(lambda n: xp.abs(_relu_end(xp, c, k, 2 * n + 1) - exact), order=4)


@layer_kink.neighbour(
    "an even number of steps, which puts the kink between two steps", key="kink-between-steps"
)
def _(xp, c, k):
    exact = (xp.exp(k / 2) - 1) * c / k
    return Rate(lambda n: xp.abs(_relu_end(xp, c, k, 2 * n) - exact), order=2)


# -- the Transformer as an equation --------------------------------------------------------------
BLOCK = dict(
    X=real_matrix("N", "C"), **real_heads("W_in", "W_out", "Q", "K", "V", "O"), root_r=root("r")
)


def _parallel_block(xp, X, W_in, W_out, Q, K, V, O, root_r):
    """A standard block: wide projections, split into heads, scores, values, one output map."""
    count, _, r = Q.shape
    hidden = xp.relu(X @ layers.side_by_side(xp, W_in))
    q, k, v = (X @ layers.side_by_side(xp, w) for w in (Q, K, V))
    cut = layers.columns
    mixed = [
        xp.softmax(cut(q, h, r) @ cut(k, h, r).T / root_r, axis=-1) @ cut(v, h, r)
        for h in range(count)
    ]
    out = xp.concat(mixed, axis=1) @ layers.side_by_side(xp, O).T
    return hidden @ layers.side_by_side(xp, W_out).T + out


@claim(
    "transformer-ode",
    title="The talk's sum over heads is a standard parallel block",
    sources=[talk("Transformers: continuous")],
    chapter=CHAPTER,
    equations=["eq-lt-transformer-ode"],
    given=BLOCK,
    sizes=FEW,
    needs=["wide-mlp"],
    tex=r"\dot X = \sum_i (X W_{\mathrm{in},i})_+ W_{\mathrm{out},i}^\top + \sum_i"
    r" \softmax\bigl(r^{-1/2} X Q_i K_i^\top X^\top\bigr) X V_i O_i^\top",
)
def transformer_ode(xp, X, W_in, W_out, Q, K, V, O, root_r):
    """With X on the right, the talk's sum over heads is a parallel block as built in practice:
    wide matrices, split into heads, scores divided by the root of the head width, heads side by
    side through one output matrix, plus the MLP."""
    return Equal(
        layers.talk_field(xp, X, W_in, W_out, Q, K, V, O, root_r),
        _parallel_block(xp, X, W_in, W_out, Q, K, V, O, root_r),
    )


@transformer_ode.printed(
    "the velocity on the right, where the state is meant",
    tex=r"\dot X = \sum_i (\dot X W_{\mathrm{in},i})_+ W_{\mathrm{out},i}^\top + \sum_i"
    r" \softmax\bigl(r^{-1/2} \dot X Q_i K_i^\top \dot X^\top\bigr) \dot X V_i O_i^\top",
)
def _(xp, X, W_in, W_out, Q, K, V, O, root_r):
    velocity = _parallel_block(xp, X, W_in, W_out, Q, K, V, O, root_r)
    return Equal(velocity, layers.talk_field(xp, velocity, W_in, W_out, Q, K, V, O, root_r))


@transformer_ode.neighbour(
    "scores scaled by the number of channels",
    key="scores-scaled-by-c",
    given=dict(root_c=root("C")),
)
def _(xp, X, W_in, W_out, Q, K, V, O, root_r, root_c):
    return Equal(
        layers.talk_field(xp, X, W_in, W_out, Q, K, V, O, root_r),
        _parallel_block(xp, X, W_in, W_out, Q, K, V, O, root_c),
    )


@transformer_ode.neighbour("queries and keys exchanged", key="queries-and-keys-exchanged")
def _(xp, X, W_in, W_out, Q, K, V, O, root_r):
    return Equal(
        layers.talk_field(xp, X, W_in, W_out, Q, K, V, O, root_r),
        _parallel_block(xp, X, W_in, W_out, K, Q, V, O, root_r),
    )


@claim(
    "transformer-ode-rest",
    title="The equation as printed is solved by standing still",
    sources=[talk("Transformers: continuous")],
    chapter=CHAPTER,
    equations=["eq-lt-transformer-ode-printed"],
    given=BLOCK,
    sizes=FEW,
)
def transformer_ode_rest(xp, X, W_in, W_out, Q, K, V, O, root_r):
    """The printed equation relates the velocity to itself and does not contain X. Zero velocity
    solves it, whatever the weights: from any state, standing still obeys it."""
    return Zero(layers.talk_field(xp, X * 0, W_in, W_out, Q, K, V, O, root_r))


@transformer_ode_rest.neighbour("the state on the right: it moves", key="state-on-the-right")
def _(xp, X, W_in, W_out, Q, K, V, O, root_r):
    return Zero(layers.talk_field(xp, X, W_in, W_out, Q, K, V, O, root_r))


@claim(
    "wide-mlp",
    title="Many MLP heads are one wide MLP",
    sources=[talk("Simplification: MultiHeadMLP = Wide MLP")],
    chapter=CHAPTER,
    equations=["eq-lt-wide-mlp"],
    given=dict(X=real_matrix("N", "C"), **real_heads("W_in", "W_out")),
    sizes=FEW,
    tex=r"\sum_i (X W_{\mathrm{in},i})_+ W_{\mathrm{out},i}^\top = (X [W_{\mathrm{in},1}, \dots,"
    r" W_{\mathrm{in},n}])_+ [W_{\mathrm{out},1}, \dots, W_{\mathrm{out},n}]^\top",
)
def wide_mlp(xp, X, W_in, W_out):
    """A sum of ReLU MLPs is one ReLU MLP whose matrices are theirs side by side, in one order."""
    many = layers.total([xp.relu(X @ a) @ b.T for a, b in zip(W_in, W_out, strict=True)])
    wide_in = xp.concat([W_in[i] for i in range(len(W_in))], axis=1)
    wide_out = xp.concat([W_out[i] for i in range(len(W_out))], axis=1)
    return Equal(many, xp.relu(X @ wide_in) @ wide_out.T)


@wide_mlp.neighbour("the two matrices in opposite orders", key="concatenation-order")
def _(xp, X, W_in, W_out):
    many = layers.total([xp.relu(X @ a) @ b.T for a, b in zip(W_in, W_out, strict=True)])
    wide_in = xp.concat([W_in[i] for i in range(len(W_in))], axis=1)
    wide_out = xp.concat([W_out[i] for i in reversed(range(len(W_out)))], axis=1)
    return Equal(many, xp.relu(X @ wide_in) @ wide_out.T)


@wide_mlp.neighbour("the sum taken inside the ReLU", key="sum-inside")
def _(xp, X, W_in, W_out):
    many = layers.total([xp.relu(X @ a) @ b.T for a, b in zip(W_in, W_out, strict=True)])
    return Equal(many, xp.relu(X @ layers.total(list(W_in))) @ layers.total(list(W_out)).T)


# -- parallel against sequential -----------------------------------------------------------------
PAIR = dict(
    X=real_matrix("N", "C"),
    W_in=real_matrix("C", "C"),
    W_out=real_matrix("C", "C"),
    A=real_matrix("C", "C"),
    B=real_matrix("C", "C"),
)


def _mlp_and_attention(xp, W_in, W_out, A, B):
    """A smooth MLP and softmax attention, as two fields."""
    mlp = lambda X: layers.smooth_mlp(xp, X, W_in, W_out)
    attention = lambda X: xp.softmax(X @ A @ X.T, axis=-1) @ X @ B
    return mlp, attention


@claim(
    "parallel-vs-split",
    title="Parallel and sequential blocks agree as depth grows, at order 1",
    sources=[paper("equation 2, Lemmas 1 and 2")],
    chapter=CHAPTER,
    equations=["eq-lt-parallel-split"],
    given=PAIR,
    sizes=TINY,
    needs=["layer-as-time"],
    tex=r"\prod_{k=1}^{n}\bigl(\mathrm{id} + \tfrac1n\lambda_{\mathrm{Att}}\bigr)\circ\bigl("
    r"\mathrm{id} + \tfrac1n\lambda_{\mathrm{MLP}}\bigr) - \prod_{k=1}^{n}\bigl(\mathrm{id} +"
    r" \tfrac1n(\lambda_{\mathrm{MLP}} + \lambda_{\mathrm{Att}})\bigr) = O(1/n)",
)
def parallel_vs_split(xp, X, W_in, W_out, A, B):
    """n parallel blocks and n sequential ones, all with step 1/n (times a fixed horizon), end
    within O(1/n) of each other, for smooth fields and a horizon before any blow-up."""
    f, g = _mlp_and_attention(xp, W_in, W_out, A, B)

    def gap(n):
        m = n + 1  # an odd number: in an even one a sign lost in each block would come back
        h = xp.one / (4 * m)
        both = lambda X: depth.euler(depth.parallel(f, g), X, h)
        turns = lambda X: depth.one_after_the_other(depth.euler, f, g, X, h)
        return xp.norm(depth.march(both, X, m) - depth.march(turns, X, m))

    return Rate(gap, order=1)


@parallel_vs_split.printed(
    "Lemma 2 has no 1/T in its product: the logarithms of the two outcomes drift apart",
    given=dict(a=positive(), b=positive()),
    sizes={"N": (1,), "C": (1,)},
    tex=r"\prod_{k=1}^{T}\bigl(\mathrm{id} + \lambda_{\mathrm{Att}}\bigr)\bigl(\mathrm{id} +"
    r" \lambda_{\mathrm{MLP}}\bigr) \to \prod_{k=1}^{T}\bigl(\mathrm{id} +"
    r" \lambda_{\mathrm{MLP}} + \lambda_{\mathrm{Att}}\bigr)",
)
def _(xp, a, b):
    # One positive token with one channel: the MLP multiplies by a, attention by b.
    return Rate(lambda n: n * xp.log((1 + a) * (1 + b)) - n * xp.log(1 + a + b), order=1)


@parallel_vs_split.neighbour("order 2 for one after the other", key="trotter-order-2")
def _(xp, X, W_in, W_out, A, B):
    f, g = _mlp_and_attention(xp, W_in, W_out, A, B)

    def gap(n):
        h = xp.one / (4 * n)
        both = lambda X: depth.euler(depth.parallel(f, g), X, h)
        turns = lambda X: depth.one_after_the_other(depth.euler, f, g, X, h)
        return xp.norm(depth.march(both, X, n) - depth.march(turns, X, n))

    return Rate(gap, order=2)


@claim(
    "parallel-vs-split-constant",
    title="One token: with the 1/T the two products agree, and the constant is ab",
    sources=[paper("Lemma 2, repaired")],
    chapter=CHAPTER,
    equations=["eq-lt-split-constant"],
    given=dict(a=positive(), b=positive()),
    tex=r"\log\frac{(1 + a/n)^n(1 + b/n)^n}{(1 + (a+b)/n)^n} \sim \frac{ab}{n}",
)
def parallel_vs_split_constant(xp, a, b):
    """For one positive token with one channel, an MLP that multiplies by a and an attention that
    multiplies by b, the logarithms of the sequential and the parallel product of n layers of step
    1/n differ by ab/n to leading order."""
    return Rate(
        lambda n: n * xp.log((1 + a / n) * (1 + b / n)) - n * xp.log(1 + (a + b) / n),
        order=1,
        constant=a * b,
    )


@parallel_vs_split_constant.neighbour(
    "half the constant, as in the commutator series", key="half-the-constant"
)
def _(xp, a, b):
    return Rate(
        lambda n: n * xp.log((1 + a / n) * (1 + b / n)) - n * xp.log(1 + (a + b) / n),
        order=1,
        constant=a * b / 2,
    )


@claim(
    "parallel-vs-split-cross-term",
    title="The cross term is a derivative, not a product",
    sources=[paper("appendix to Lemma 1")],
    chapter=CHAPTER,
    equations=["eq-lt-cross-term"],
    given=PAIR,
    sizes=TINY,
    tex=r"(\mathrm{id} + hg)\circ(\mathrm{id} + hf) = \mathrm{id} + h(f + g) + h^2\,Dg[f] + O(h^3)",
)
def parallel_vs_split_cross_term(xp, X, W_in, W_out, A, B):
    """One MLP step after one attention step: the term of second order is D(MLP)[attention], the
    derivative of the later map along the earlier one."""
    mlp, attention = _mlp_and_attention(xp, W_in, W_out, A, B)
    first = mlp(X) + attention(X)
    cross = xp.push(mlp, X, attention(X))

    def gap(n):
        h = xp.one / n
        turns = depth.one_after_the_other(depth.euler, attention, mlp, X, h)
        return xp.norm(turns - X - first * h - cross * h * h)

    return Rate(gap, order=3)


@parallel_vs_split_cross_term.printed(
    "maps multiplied as if linear: the MLP of the attention",
    tex=r"\text{cross term } \lambda_{\mathrm{MLP}}("
    r"\lambda_{\mathrm{Att}}(X))",
)
def _(xp, X, W_in, W_out, A, B):
    mlp, attention = _mlp_and_attention(xp, W_in, W_out, A, B)
    first = mlp(X) + attention(X)
    cross = mlp(attention(X))

    def gap(n):
        h = xp.one / n
        turns = depth.one_after_the_other(depth.euler, attention, mlp, X, h)
        return xp.norm(turns - X - first * h - cross * h * h)

    return Rate(gap, order=3)


@parallel_vs_split_cross_term.neighbour("the derivative of the wrong map", key="wrong-map")
def _(xp, X, W_in, W_out, A, B):
    mlp, attention = _mlp_and_attention(xp, W_in, W_out, A, B)
    first = mlp(X) + attention(X)
    cross = xp.push(attention, X, mlp(X))

    def gap(n):
        h = xp.one / n
        turns = depth.one_after_the_other(depth.euler, attention, mlp, X, h)
        return xp.norm(turns - X - first * h - cross * h * h)

    return Rate(gap, order=3)


@claim(
    "parallel-vs-split-strang",
    title="Strang's splitting has order 2, given subflows of order 2",
    sources=[ours("repair of the paper's Lemmas 1 and 2")],
    chapter=CHAPTER,
    equations=["eq-lt-strang"],
    given=PAIR,
    sizes=TINY,
    needs=["parallel-vs-split"],
    tex=r"\phi^{f}_{h/2}\circ\phi^{g}_{h}\circ\phi^{f}_{h/2} = \phi^{f+g}_h + O(h^3)",
)
def parallel_vs_split_strang(xp, X, W_in, W_out, A, B):
    """Half a step of the MLP, one of attention, half a step of the MLP, each by the midpoint
    rule: error O(1/n²) against the parallel flow."""
    f, g = _mlp_and_attention(xp, W_in, W_out, A, B)

    def gap(n):
        m = n + 1  # an odd number of blocks, as above
        h = xp.one / (4 * m)
        both = lambda X: depth.rk4(depth.parallel(f, g), X, h)
        turns = lambda X: depth.strang(depth.midpoint, f, g, X, h)
        return xp.norm(depth.march(both, X, m) - depth.march(turns, X, m))

    return Rate(gap, order=2)


@parallel_vs_split_strang.neighbour(
    "the subflows by Euler steps, as layers are", key="euler-subflows"
)
def _(xp, X, W_in, W_out, A, B):
    f, g = _mlp_and_attention(xp, W_in, W_out, A, B)

    def gap(n):
        h = xp.one / (4 * n)
        both = lambda X: depth.rk4(depth.parallel(f, g), X, h)
        turns = lambda X: depth.strang(depth.euler, f, g, X, h)
        return xp.norm(depth.march(both, X, n) - depth.march(turns, X, n))

    return Rate(gap, order=2)


@parallel_vs_split_strang.neighbour(
    "one after the other with exact enough subflows", key="trotter-with-midpoint-subflows"
)
def _(xp, X, W_in, W_out, A, B):
    f, g = _mlp_and_attention(xp, W_in, W_out, A, B)

    def gap(n):
        h = xp.one / (4 * n)
        both = lambda X: depth.rk4(depth.parallel(f, g), X, h)
        turns = lambda X: depth.one_after_the_other(depth.midpoint, f, g, X, h)
        return xp.norm(depth.march(both, X, n) - depth.march(turns, X, n))

    return Rate(gap, order=2)


# -- when do two steps compose -------------------------------------------------------------------
def _triangular_exp(xp, a, b, d):
    """exp of [[a, b], [0, d]] with a != d."""
    ea, ed = xp.exp(a), xp.exp(d)
    return xp.stack([xp.stack([ea, b * (ea - ed) / (a - d)]), xp.stack([0 * b, ed])])


def _power_series(xp, A, h, terms):
    """The first terms of exp(hA)."""
    total = power = xp.eye(A.shape[0]) + A * 0
    for k in range(1, terms + 1):
        power = power @ A * h / k
        total = total + power
    return total


def _generic(domain, name):
    """A domain without the strata in which its values degenerate to zero or to rank one."""
    keep = {k: v for k, v in domain.strata.items() if k in ("integers", "large")}
    return replace(domain, name=name, strata=keep)


def _invertible(n):
    """Complex matrices; the strata are those in which some are invertible."""
    return _generic(matrix(n, n), "invertible matrix")


@claim(
    "split-iff-commute",
    title="Splitting is exact for every step exactly when the parts commute",
    sources=[paper("Lemma 1")],
    chapter=CHAPTER,
    equations=["eq-lt-commute"],
    given=dict(A=matrix("C", "C"), B=matrix("C", "C")),
    sizes={"C": (1, 2, 3)},
    needs=["split-iff-commute-if"],
    tex=r"\frac{\dd^2}{\dd h^2}\Big|_{0}\bigl(\ee^{hA}\ee^{hB} - \ee^{h(A+B)}\bigr) = AB - BA",
)
def split_iff_commute(xp, A, B):
    """The second derivative at h = 0 of exp(hA) exp(hB) − exp(h(A+B)) is the commutator AB − BA.
    So if the two agree for all small h, then A and B commute; that they agree if A and B commute
    is `split-iff-commute-if`."""
    gap = lambda h: (
        _power_series(xp, A, h, 2) @ _power_series(xp, B, h, 2) - _power_series(xp, A + B, h, 2)
    )
    slope = lambda h: xp.push(gap, h, xp.one)
    return Equal(xp.push(slope, 0 * xp.one, xp.one), A @ B - B @ A)


@split_iff_commute.printed(
    "agreement at the one step h = 1 taken for commuting",
    given=dict(b=number()),
    sizes={"C": (2,)},
    tex=r"\ee^{A+B} = \ee^{A}\ee^{B} \iff [A, B] = 0,\quad A = \begin{pmatrix}0&0\\0&2\pi\ii"
    r"\end{pmatrix},\; B = \begin{pmatrix}0&b\\0&2\pi\ii\end{pmatrix}",
)
def _(xp, b):
    turn = 2 * xp.pi * xp.i
    A = xp.stack([xp.stack([0 * b, 0 * b]), xp.stack([0 * b, turn])])
    B = xp.stack([xp.stack([0 * b, b]), xp.stack([0 * b, turn])])
    return Zero(A @ B - B @ A)


@split_iff_commute.neighbour("the anticommutator", key="anticommutator")
def _(xp, A, B):
    gap = lambda h: (
        _power_series(xp, A, h, 2) @ _power_series(xp, B, h, 2) - _power_series(xp, A + B, h, 2)
    )
    slope = lambda h: xp.push(gap, h, xp.one)
    return Equal(xp.push(slope, 0 * xp.one, xp.one), A @ B + B @ A)


@split_iff_commute.neighbour("half the commutator", key="half-the-commutator")
def _(xp, A, B):
    gap = lambda h: (
        _power_series(xp, A, h, 2) @ _power_series(xp, B, h, 2) - _power_series(xp, A + B, h, 2)
    )
    slope = lambda h: xp.push(gap, h, xp.one)
    return Equal(xp.push(slope, 0 * xp.one, xp.one), (A @ B - B @ A) / 2)


@claim(
    "split-iff-commute-if",
    title="Commuting parts may be split",
    sources=[paper("Lemma 1")],
    chapter=CHAPTER,
    equations=["eq-lt-commuting-flow"],
    given=dict(P=_invertible(2), a=matrix(2), b=matrix(2), h=real()),
    tex=r"[A, B] = 0 \implies \frac{\dd}{\dd h}\,\ee^{hA}\ee^{hB} = (A + B)\,\ee^{hA}\ee^{hB}",
)
def split_if_commute(xp, P, a, b, h):
    """For A and B diagonal in one basis P, the product exp(hA) exp(hB) solves Y' = (A + B)Y;
    it is 1 at h = 0, so it is exp(h(A + B)), at every step h."""
    in_basis = lambda d: P @ xp.diag(d) @ xp.inv(P)
    product = lambda h: in_basis(xp.exp(h * a)) @ in_basis(xp.exp(h * b))
    return Equal(xp.push(product, h, xp.one), in_basis(a + b) @ product(h))


@split_if_commute.neighbour(
    "diagonal in two different bases", key="two-bases", given=dict(R=_invertible(2))
)
def _(xp, P, R, a, b, h):
    A = lambda d: P @ xp.diag(d) @ xp.inv(P)
    B = lambda d: R @ xp.diag(d) @ xp.inv(R)
    product = lambda h: A(xp.exp(h * a)) @ B(xp.exp(h * b))
    return Equal(xp.push(product, h, xp.one), (A(a) + B(b)) @ product(h))


@claim(
    "split-iff-commute-jordan",
    title="Commuting parts that cannot be diagonalized may be split too",
    sources=[paper("Lemma 1")],
    chapter=CHAPTER,
    needs=["split-iff-commute-if"],
    given=dict(
        P=_invertible(3),
        a=matrix(3).without_strata("large", "ill-conditioned"),
        b=matrix(3).without_strata("large", "ill-conditioned"),
        h=real().without_strata("large"),
    ),
    tex=r"A,B\in\CC[J],\ J^3=0:\quad"
    r" \frac{\dd}{\dd h}\,\ee^{hA}\ee^{hB} = (A + B)\,\ee^{hA}\ee^{hB}",
)
def split_jordan(xp, P, a, b, h):
    """The same for A and B two quadratic polynomials in one nilpotent matrix of order three, in any
    basis P: they commute and have no eigenbasis."""
    return _nilpotent_split(xp, P, a, b, h, lambda J: J)


def _nilpotent_split(xp, P, a, b, h, other):
    """A is a polynomial in J, B one in other(J); J moves each of three directions to the next."""
    J = xp.constant([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    polynomial = lambda c, J: c[0] * xp.eye(3) + c[1] * J + c[2] * J @ J
    exponential = lambda c, J, h: (
        xp.exp(h * c[0]) * exp_nilpotent(xp, h * (c[1] * J + c[2] * J @ J))
    )
    inside = lambda M: P @ M @ xp.inv(P)
    K = other(J)
    product = lambda h: inside(exponential(a, J, h) @ exponential(b, K, h))
    total = inside(polynomial(a, J) + polynomial(b, K))
    return Equal(xp.push(product, h, xp.one), total @ product(h))


@split_jordan.neighbour("the second one in the transpose of J", key="transpose")
def _(xp, P, a, b, h):
    return _nilpotent_split(xp, P, a, b, h, lambda J: J.T)


@claim(
    "split-iff-commute-one-step",
    title="Two matrices that do not commute, yet split exactly at h = 1",
    sources=[ours("counterexample to the paper's Lemma 1")],
    chapter=CHAPTER,
    equations=["eq-lt-one-step"],
    given=dict(b=number()),
    tex=r"\ee^{A+B} = \ee^{A}\ee^{B} = 1",
)
def split_one_step(xp, b):
    """With A = diag(0, 2πi) and B = [[0, b], [0, 2πi]], exp(A) = exp(B) = exp(A + B) = 1, for every
    b; AB − BA has the entry −2πi b."""
    turn = 2 * xp.pi * xp.i
    left = _triangular_exp(xp, 0 * b, 0 * b, turn) @ _triangular_exp(xp, 0 * b, b, turn)
    right = _triangular_exp(xp, 0 * b, b, 2 * turn)
    return Zero(left - right), Zero(right - xp.eye(2))


@split_one_step.neighbour("the same pair at half the step", key="half-a-step")
def _(xp, b):
    turn = xp.pi * xp.i
    left = _triangular_exp(xp, 0 * b, 0 * b, turn) @ _triangular_exp(xp, 0 * b, b / 2, turn)
    right = _triangular_exp(xp, 0 * b, b / 2, 2 * turn)
    return Zero(left - right)


@claim(
    "split-iff-commute-gap",
    title="The gap of that pair at any step",
    sources=[ours("counterexample to the paper's Lemma 1")],
    chapter=CHAPTER,
    equations=["eq-lt-one-step-gap"],
    given=dict(b=number(), h=positive()),
    needs=["split-iff-commute-one-step"],
    tex=r"\abs{\ee^{h(A+B)} - \ee^{hA}\ee^{hB}}_{12} = \abs{b}\,\frac{\sin^2 \pi h}{\pi}",
)
def split_gap(xp, b, h):
    """At step h the two products of that pair differ in one entry, by
    $b\\,(e^{2\\pi ih} - 1)^2/(4\\pi i)$."""
    turn = 2 * xp.pi * xp.i * h
    left = _triangular_exp(xp, 0 * b, 0 * b, turn) @ _triangular_exp(xp, 0 * b, b * h, turn)
    right = _triangular_exp(xp, 0 * b, b * h, 2 * turn)
    once = xp.exp(turn) - 1
    return Equal((right - left)[0, 1], b * once * once / (4 * xp.pi * xp.i))


@split_gap.neighbour("a gap that is linear in sin(πh)", key="first-power")
def _(xp, b, h):
    turn = 2 * xp.pi * xp.i * h
    left = _triangular_exp(xp, 0 * b, 0 * b, turn) @ _triangular_exp(xp, 0 * b, b * h, turn)
    right = _triangular_exp(xp, 0 * b, b * h, 2 * turn)
    return Equal((right - left)[0, 1], b * (xp.exp(turn) - 1) / (4 * xp.pi * xp.i))


PLANE_FIELDS = dict(x=vector("C"), P=real_matrix("C", "C"), R=real_matrix("C", "C"), c=vector("C"))


@claim(
    "split-iff-commute-bracket",
    title="For nonlinear fields the commutator is the Lie bracket",
    sources=[paper("Lemma 1: [f, g] = fg − gf"), ours("repair")],
    chapter=CHAPTER,
    equations=["eq-lt-lie-bracket"],
    given=PLANE_FIELDS,
    sizes={"C": (2, 3)},
    tex=r"\phi^f_h\circ\phi^g_h - \phi^g_h\circ\phi^f_h = h^2\,(Df\,g - Dg\,f) + O(h^3)",
)
def split_bracket(xp, x, P, R, c):
    """For vector fields f and g (here tanh(xP)R and x⟨c, x⟩), flowing along g then f differs from
    flowing along f then g by h²(Df g − Dg f) + O(h³). A Runge-Kutta step of order 4 stands for
    each flow."""
    f, g = lambda x: xp.tanh(x @ P) @ R, lambda x: x * xp.sum(c * x)
    bracket = xp.push(f, x, g(x)) - xp.push(g, x, f(x))

    def gap(n):
        h = xp.one / (8 * n)
        one, two = (depth.one_after_the_other(depth.rk4, *pair, x, h) for pair in ((g, f), (f, g)))
        return xp.norm(one - two - bracket * h * h)

    return Rate(gap, order=3)


@split_bracket.printed("the bracket of composition, f∘g − g∘f", tex=r"[f, g] = fg - gf")
def _(xp, x, P, R, c):
    f, g = lambda x: xp.tanh(x @ P) @ R, lambda x: x * xp.sum(c * x)
    bracket = f(g(x)) - g(f(x))

    def gap(n):
        h = xp.one / (8 * n)
        one, two = (depth.one_after_the_other(depth.rk4, *pair, x, h) for pair in ((g, f), (f, g)))
        return xp.norm(one - two - bracket * h * h)

    return Rate(gap, order=3)


@split_bracket.neighbour("the bracket with the other sign", key="sign")
def _(xp, x, P, R, c):
    f, g = lambda x: xp.tanh(x @ P) @ R, lambda x: x * xp.sum(c * x)
    bracket = xp.push(g, x, f(x)) - xp.push(f, x, g(x))

    def gap(n):
        h = xp.one / (8 * n)
        one, two = (depth.one_after_the_other(depth.rk4, *pair, x, h) for pair in ((g, f), (f, g)))
        return xp.norm(one - two - bracket * h * h)

    return Rate(gap, order=3)


def _decay(xp, x, s):
    """The flow of x' = −x."""
    return x * xp.exp(-s)


def _cubic_decay(xp, x, s):
    """The flow of x' = −x³."""
    return x / xp.sqrt(1 + 2 * s * x * x)


@claim(
    "split-iff-commute-cubic",
    title="x and x³ commute under composition, so their flows do",
    sources=[paper("Lemma 1: [f, g] = fg − gf")],
    chapter=CHAPTER,
    equations=["eq-lt-cubic-flows"],
    given=dict(x=real(), s=positive()),
    expect="refuted",
    tex=r"f\circ g = g\circ f \implies \phi^f\circ\phi^g = \phi^g\circ\phi^f",
)
def split_cubic(xp, x, s):
    """The fields −x and −x³ satisfy f(g(x)) = g(f(x)). If the bracket of composition decided, their
    flows would commute. They do not: the Lie bracket is Df g − Dg f = −2x³."""
    return Equal(_decay(xp, _cubic_decay(xp, x, s), s), _cubic_decay(xp, _decay(xp, x, s), s))


@split_cubic.neighbour("two multiples of one field", key="one-field")
def _(xp, x, s):
    flow = lambda s: _cubic_decay(xp, x, s)
    return (
        Equal(
            _cubic_decay(xp, _cubic_decay(xp, x, 2 * s), s),
            _cubic_decay(xp, _cubic_decay(xp, x, s), 2 * s),
        ),
        Equal(xp.push(flow, s, xp.one), -(flow(s) ** 3)),
    )


@split_cubic.neighbour("their composition, instead of their flows", key="composition")
def _(xp, x, s):
    f, g = lambda x: -x, lambda x: -(x * x * x)
    return Equal(f(g(x)), g(f(x)))


# -- finite depth --------------------------------------------------------------------------------
QUARTIC = dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C"))
UP_TO_3 = {"N": (1, 2, 3), "C": (1, 2, 3)}


@claim(
    "quartic-blow-up",
    title="A real quartic potential gives the paper's flow a finite depth",
    sources=[ours("consequence of the paper's Definition 2")],
    chapter=CHAPTER,
    equations=["eq-lt-blow-up-rates", "eq-lt-blow-up-bound"],
    given=QUARTIC,
    sizes={"N": (1, 2), "C": (1, 2)},
    needs=["quartic-gives-attention"],
    tex=r"\dot y = 4V,\quad y\,\ddot y \ge 2\,\dot y^2 \qquad (y = \norm{X}^2)",
)
def quartic_blow_up(xp, X, A, B):
    """Along X' = ∂V/∂X* with V the real part of Tr(XAX*XB*X*), y = ‖X‖² obeys y' = 4V and
    y y'' ≥ 2 y'². So 1/y is concave and, if V(X₀) > 0, reaches zero no later than
    t* = ‖X₀‖²/(4V(X₀)): the state blows up."""
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    force = lambda X: potentials.real_force(xp, X, A * 0, A, B)
    first, second = 4 * V(X), 4 * xp.push(V, X, force(X))
    x, f = xp.flatten(X), xp.flatten(force(X))
    wedge = x[:, None] * f[None, :] - f[:, None] * x[None, :]
    room = 4 * xp.sum(xp.abs2(wedge))
    return (
        Equal(xp.push(xp.norm2, X, force(X)), first),
        *at_most(2 * first * first, xp.norm2(X) * second, room=room, sharp=True),
    )


@quartic_blow_up.neighbour("the conservative flow iX' blowing up", key="conservative-flow")
def _(xp, X, A, B):
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    force = lambda X: -xp.i * potentials.real_force(xp, X, A * 0, A, B)
    return Equal(xp.push(xp.norm2, X, force(X)), 4 * V(X))


@quartic_blow_up.neighbour("the constant 2 for 4", key="constant-2")
def _(xp, X, A, B):
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    return Equal(xp.push(xp.norm2, X, potentials.real_force(xp, X, A * 0, A, B)), 2 * V(X))


@quartic_blow_up.neighbour("a faster law, y y'' ≥ 3 y'²", key="faster-law")
def _(xp, X, A, B):
    V = lambda X: xp.real(potentials.quartic(xp, X, A, B))
    force = potentials.real_force(xp, X, A * 0, A, B)
    first, second = 4 * V(X), 4 * xp.push(V, X, force)
    return AtMost(3 * first * first, xp.norm2(X) * second)


@claim(
    "quartic-blow-up-scalar",
    title="One number blows up exactly at the bound",
    sources=[ours("sharpness of the bound")],
    chapter=CHAPTER,
    equations=["eq-lt-blow-up-scalar"],
    given=dict(a=positive(), y0=positive(), t=real()),
    needs=["quartic-blow-up"],
    tex=r"y(t) = \frac{y_0}{1 - t/t^*},\quad t^* = \frac{y_0}{4V_0}",
)
def quartic_blow_up_scalar(xp, a, y0, t):
    """For one token with one channel and V = a|x|⁴, y = |x|² solves y' = 4ay² by
    y = y₀/(1 − t/t*), with t* = ‖x₀‖²/(4V(x₀)): the bound is attained."""
    last = y0 / (4 * a * y0 * y0)
    y = lambda t: y0 / (1 - t / last)
    return Equal(xp.push(y, t, xp.one), 4 * a * y(t) ** 2), Equal(y(0 * t), y0)


@quartic_blow_up_scalar.neighbour("the constant 2 for 4", key="constant-2")
def _(xp, a, y0, t):
    last = y0 / (2 * a * y0 * y0)
    y = lambda t: y0 / (1 - t / last)
    return Equal(xp.push(y, t, xp.one), 4 * a * y(t) ** 2)


@claim(
    "quartic-blow-up-conservative",
    title="The conservative flow keeps the norm, so it never blows up",
    sources=[ours("consequence of the talk's equation")],
    chapter=CHAPTER,
    equations=["eq-lt-norm-kept"],
    given=QUARTIC,
    sizes=UP_TO_3,
    tex=r"\frac{\dd}{\dd t}\norm{X}^2 = 0 \quad\text{along}\quad \ii\dot X ="
    r" \frac{\partial V}{\partial X^*}",
)
def quartic_conservative(xp, X, A, B):
    """Along iX' = ∂V/∂X* with the same real V the norm of X is constant: the flow stays in a ball
    and exists for all time."""
    force = potentials.real_force(xp, X, A * 0, A, B)
    return Zero(xp.push(xp.norm2, X, -xp.i * force))


@quartic_conservative.neighbour("the same for X' without the i", key="without-the-i")
def _(xp, X, A, B):
    return Zero(xp.push(xp.norm2, X, potentials.real_force(xp, X, A * 0, A, B)))


@quartic_conservative.neighbour("a potential that is not real", key="complex-potential")
def _(xp, X, A, B):
    return Zero(xp.push(xp.norm2, X, -xp.i * potentials.quartic_force(xp, X, A, B)))


# -- low rank ------------------------------------------------------------------------------------
@claim(
    "low-rank-heads",
    title="QK* has rank at most the head width",
    sources=[talk("Low-Rank / Random Projection"), paper("Lemma 6")],
    chapter=CHAPTER,
    equations=["eq-lt-low-rank"],
    given=dict(Q=matrix("r+1", "r"), K=matrix("r+1", "r")),
    sizes={"r": (1, 2, 3)},
    tex=r"\operatorname{rank} QK^* \le r",
)
def low_rank(xp, Q, K):
    """Every (r+1) x (r+1) minor of QK* vanishes for Q, K with r columns: its rank is at most r."""
    return Zero(xp.det(Q @ xp.star(K)))


@low_rank.neighbour(
    "one column more",
    key="one-column-more",
    given=dict(Q=matrix("r+1", "r+1"), K=matrix("r+1", "r+1")),
)
def _(xp, Q, K):
    return Zero(xp.det(Q @ xp.star(K)))


@claim(
    "low-rank-heads-generic",
    title="The rank of QK* is generically min(r, C)",
    sources=[talk("Low-Rank / Random Projection")],
    chapter=CHAPTER,
    given=dict(Q=real_matrix("C", "r"), K=real_matrix("C", "r")),
    sizes={"C": (1, 2, 3, 4), "r": (1, 2, 3)},
    needs=["low-rank-heads"],
)
def low_rank_generic(xp, Q, K):
    """For almost all Q and K the rank of QKᵀ is min(r, C)."""
    return Rank(Q @ K.T, min(Q.shape))


@low_rank_generic.neighbour("full rank", key="full-rank")
def _(xp, Q, K):
    return Rank(Q @ K.T, Q.shape[0])


WIDTH = built("head width", ("r",), {"x": ("r",)}, lambda xp, raw: raw["x"] * 0 + 1)
"""A head width, carried by the shape of a vector of ones."""

PROJECTED = dict(x=vector("C"), y=vector("C"), width=WIDTH)


def _mean_and_variance(rule, xp, product, columns, *shape):
    """Mean and variance of product(G)/columns over random G, by a rule for its moments."""
    mean, square = rule(xp, product, *shape)
    return mean / columns, (square - mean * mean) / columns**2


@claim(
    "low-rank-heads-projection",
    title="With K = Q, a random head is a random projection",
    sources=[talk("Low-Rank / Random Projection"), ours("moments")],
    chapter=CHAPTER,
    equations=["eq-lt-projection-mean", "eq-lt-projection-variance"],
    given=PROJECTED,
    sizes={"C": (1, 2), "r": (1, 2)},
    tex=r"\EE\,x^\top QQ^\top y = \inner{x}{y},\quad \operatorname{Var} = \frac{\norm{x}^2"
    r"\norm{y}^2 + \inner{x}{y}^2}{r}",
)
def low_rank_projection(xp, x, y, width):
    """For Q with independent Gaussian entries of variance 1/r, xᵀ QQᵀ y has mean ⟨x, y⟩ and
    variance (‖x‖²‖y‖² + ⟨x, y⟩²)/r. The Gaussian means are finite sums (three nodes an entry),
    exact for these degrees."""
    r = len(width)
    product = lambda G: xp.sum((x @ G) * (y @ G))
    mean, variance = _mean_and_variance(moments.gaussian_moments, xp, product, r, len(x), r)
    inner, norms = xp.sum(x * y), xp.sum(x * x) * xp.sum(y * y)
    return Equal(mean, inner), Equal(variance, (norms + inner * inner) / r)


@low_rank_projection.neighbour("variance over r²", key="variance-over-r-squared")
def _(xp, x, y, width):
    r = len(width)
    product = lambda G: xp.sum((x @ G) * (y @ G))
    _, variance = _mean_and_variance(moments.gaussian_moments, xp, product, r, len(x), r)
    inner, norms = xp.sum(x * y), xp.sum(x * x) * xp.sum(y * y)
    return Equal(variance, (norms + inner * inner) / r**2)


@low_rank_projection.neighbour(
    "the inner product left out of the variance", key="inner-product-left-out"
)
def _(xp, x, y, width):
    r = len(width)
    product = lambda G: xp.sum((x @ G) * (y @ G))
    _, variance = _mean_and_variance(moments.gaussian_moments, xp, product, r, len(x), r)
    return Equal(variance, xp.sum(x * x) * xp.sum(y * y) / r)


@claim(
    "low-rank-heads-independent",
    title="With independent Q and K it is not: the mean is zero",
    sources=[ours("the case of a Transformer at initialization")],
    chapter=CHAPTER,
    equations=["eq-lt-independent-heads"],
    given=PROJECTED,
    sizes={"C": (1, 2), "r": (1, 2)},
    tex=r"\EE\,x^\top QK^\top y = 0,\quad \operatorname{Var} = \frac{\norm{x}^2\norm{y}^2}{r}",
)
def low_rank_independent(xp, x, y, width):
    """For independent Q and K with entries of variance 1/r, xᵀ QKᵀ y has mean 0 and variance
    ‖x‖²‖y‖²/r. (Signs have the moments that enter.)"""
    mean, variance = _untied(xp, x, y, len(width))
    return Zero(mean), Equal(variance, xp.sum(x * x) * xp.sum(y * y) / len(width))


def _untied(xp, x, y, r):
    """Mean and variance of xᵀ QKᵀ y for independent Q and K of r columns."""
    product = lambda G: xp.sum((x @ G[0]) * (y @ G[1]))
    return _mean_and_variance(moments.sign_moments, xp, product, r, 2, len(x), r)


@low_rank_independent.neighbour("variance over r²", key="variance-over-r-squared")
def _(xp, x, y, width):
    _, variance = _untied(xp, x, y, len(width))
    return Equal(variance, xp.sum(x * x) * xp.sum(y * y) / len(width) ** 2)


@low_rank_independent.neighbour("mean ⟨x, y⟩, as if K were Q", key="mean-inner-product")
def _(xp, x, y, width):
    mean, _ = _untied(xp, x, y, len(width))
    return Zero(mean - xp.sum(x * y))


@low_rank_independent.neighbour("the variance of the tied case", key="variance-of-the-tied-case")
def _(xp, x, y, width):
    _, variance = _untied(xp, x, y, len(width))
    inner, norms = xp.sum(x * y), xp.sum(x * x) * xp.sum(y * y)
    return Equal(variance, (norms + inner * inner) / len(width))


@claim(
    "low-rank-heads-law",
    title="A random projection of width 16 in 64 channels, drawn",
    sources=[ours("check by sampling")],
    chapter=CHAPTER,
    given={},
    needs=["low-rank-heads-projection"],
)
def low_rank_law(xp):
    """For two fixed vectors of C = 64 channels and r = 16 random columns, xᵀ QQᵀ y has mean ⟨x, y⟩
    and variance (‖x‖²‖y‖² + ⟨x, y⟩²)/r."""
    mean, variance = draws.projected_moments(tied=True)
    sample = lambda rng, n: draws.projected_products(rng, n, tied=True)
    return Law(sample, mean=mean, variance=variance)


@low_rank_law.neighbour("independent Q and K with mean ⟨x, y⟩", key="independent")
def _(xp):
    mean, _ = draws.projected_moments(tied=True)
    return Law(lambda rng, n: draws.projected_products(rng, n, tied=False), mean=mean)


# -- potentials ----------------------------------------------------------------------------------
@claim(
    "quadratic-gives-mlp",
    title="The quadratic potential gives a linear MLP",
    sources=[talk("Potential field of the linear Transformer"), paper("Lemma 3")],
    chapter=CHAPTER,
    equations=["eq-lt-quadratic-force"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
    tex=r"\frac{\partial}{\partial X^*}\Tr(XWX^*) = XW",
)
def quadratic_gives_mlp(xp, X, W):
    """The force of Tr(XWX*) is XW, for any complex weights."""
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, X @ W)


@quadratic_gives_mlp.neighbour("the conjugate transpose of W", key="w-star")
def _(xp, X, W):
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, X @ xp.star(W))


@quadratic_gives_mlp.neighbour("the transpose of W", key="w-transposed")
def _(xp, X, W):
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, X @ W.T)


@quadratic_gives_mlp.neighbour("a factor 2, as for a real gradient", key="factor-2")
def _(xp, X, W):
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, 2 * X @ W)


@claim(
    "quartic-gives-attention",
    title="The quartic potential gives two heads of linear attention",
    sources=[talk("Potential field of the linear Transformer"), paper("Lemma 3")],
    chapter=CHAPTER,
    equations=["eq-lt-quartic-force"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    tex=r"\frac{\partial}{\partial X^*}\Tr(XAX^*XB^*X^*) = XAX^*XB^* + XB^*X^*XA",
)
def quartic_gives_attention(xp, X, A, B):
    """The force of Tr(XAX*XB*X*) is a sum of two heads: one with QK* = A and VO* = B*, and one in
    which A and B* have exchanged their roles."""
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ xp.star(B) + X @ xp.star(B) @ M @ A)


@quartic_gives_attention.printed(
    "the paper's appendix sets B = VO* where B* = VO* is needed",
    key="printed",
    tex=r"W_A = QK^*,\; W_B = VO^*:\quad \frac{\partial V}{\partial X^*} = XQK^*X^*XVO^* +"
    r" XVO^*X^*XQK^*",
)
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ B + X @ B @ M @ A)


@quartic_gives_attention.printed(
    "the poster's potential has B for B*: the same family, with B* renamed",
    key="printed-poster",
    expect="holds",
    tex=r"\frac{\partial}{\partial X^*}\Tr(XAX^*XBX^*) = XAX^*XB + XBX^*XA",
)
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ B @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ B + X @ B @ M @ A)


@quartic_gives_attention.neighbour("one head only", key="one-head-only")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    return Force(V, X, X @ A @ xp.star(X) @ X @ xp.star(B))


@quartic_gives_attention.neighbour("the talk's B* with the poster's force", key="b-for-b-star")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    M = xp.star(X) @ X
    return Force(V, X, X @ A @ M @ B + X @ xp.star(B) @ M @ A)


@quartic_gives_attention.neighbour("twice the same head, the swap missing", key="missing-swap")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ xp.star(X) @ X @ xp.star(B) @ xp.star(X))
    return Force(V, X, 2 * X @ A @ xp.star(X) @ X @ xp.star(B))


# -- which linear Transformers have a potential --------------------------------------------------
PAIRS = dict(X=matrix("N", "C"), **heads("Q", "K", "V", "O", count="m"))


def _paired_potential(xp, Q, K, V, O):
    """Σᵢ Tr(X Aᵢ X*X Bᵢ* X*) with Aᵢ = QᵢKᵢ* and Bᵢ* = VᵢOᵢ*."""
    pairs = [(q @ xp.star(k), v @ xp.star(o)) for q, k, v, o in zip(Q, K, V, O, strict=True)]
    return lambda X: layers.total(
        [xp.trace(X @ a @ xp.star(X) @ X @ b @ xp.star(X)) for a, b in pairs]
    )


@claim(
    "head-pairing",
    title="Heads tied in pairs are the force of a quartic potential",
    sources=[talk("Potential field of the linear Transformer"), paper("Lemma 3")],
    chapter=CHAPTER,
    equations=["eq-lt-head-pairing"],
    given=PAIRS,
    sizes={"N": (1, 2, 3), "C": (1, 2, 3), "m": (1, 2), "r": (1, 2)},
    needs=["quartic-gives-attention"],
    tex=r"Q_{i+n/2}K_{i+n/2}^* = V_iO_i^*,\; V_{i+n/2}O_{i+n/2}^* = Q_iK_i^* \implies "
    r" \frac{\partial V}{\partial X^*} = \sum_{i=1}^{n} XQ_iK_i^*X^*XV_iO_i^*",
)
def head_pairing(xp, X, Q, K, V, O):
    """If each of n/2 heads has a partner whose QK* is its VO* and whose VO* is its QK*, the n heads
    of linear attention are the force of a sum of n/2 quartic potentials."""
    first = [layers.linear_head(xp, X, Q[i], K[i], V[i], O[i]) for i in range(len(Q))]
    partner = [layers.linear_head(xp, X, V[i], O[i], Q[i], K[i]) for i in range(len(Q))]
    return Force(_paired_potential(xp, Q, K, V, O), X, layers.total(first + partner))


@head_pairing.printed(
    "the talk's architecture, whose heads are free",
    key="printed",
    given=heads("Q2", "K2", "V2", "O2", count="m"),
    tex=r"\frac{\partial V}{\partial X^*} = \text{Transformers Architecture!}",
)
def _(xp, X, Q, K, V, O, Q2, K2, V2, O2):
    first = [layers.linear_head(xp, X, Q[i], K[i], V[i], O[i]) for i in range(len(Q))]
    second = [layers.linear_head(xp, X, Q2[i], K2[i], V2[i], O2[i]) for i in range(len(Q))]
    return Force(_paired_potential(xp, Q, K, V, O), X, layers.total(first + second))


@head_pairing.neighbour(
    "the partner tied one way only", key="tied-one-way", given=heads("V2", "O2", count="m")
)
def _(xp, X, Q, K, V, O, V2, O2):
    first = [layers.linear_head(xp, X, Q[i], K[i], V[i], O[i]) for i in range(len(Q))]
    partner = [layers.linear_head(xp, X, V[i], O[i], V2[i], O2[i]) for i in range(len(Q))]
    return Force(_paired_potential(xp, Q, K, V, O), X, layers.total(first + partner))


@head_pairing.neighbour("the partner's factors in the wrong order, OV* for VO*", key="ov-for-vo")
def _(xp, X, Q, K, V, O):
    first = [layers.linear_head(xp, X, Q[i], K[i], V[i], O[i]) for i in range(len(Q))]
    partner = [layers.linear_head(xp, X, O[i], V[i], Q[i], K[i]) for i in range(len(Q))]
    return Force(_paired_potential(xp, Q, K, V, O), X, layers.total(first + partner))


FREE = dict(
    X=matrix("N", "C"),
    A=matrix("n", "C", "C"),
    B=matrix("n", "C", "C"),
    H=matrix("N", "C"),
    K=matrix("N", "C"),
)
FREE_SIZES = {"N": (2, 3), "C": (1, 2, 3), "n": (1, 2, 3)}


def _attention(xp, A, B):
    """Linear attention Σᵢ X Aᵢ X* X Bᵢ as a field."""
    return lambda X: layers.total([X @ a @ xp.star(X) @ X @ b for a, b in zip(A, B, strict=True)])


def _both_pairings(xp, field, X, H, K):
    """The field's antilinear derivative along H paired with K, and with H and K exchanged."""
    return (
        integrability.wirtinger_pairing(xp, field, X, H, K),
        integrability.wirtinger_pairing(xp, field, X, K, H),
    )


@claim(
    "head-pairing-no-potential",
    title="Generic multi-head linear attention has a potential",
    sources=[talk("∂V/∂X* = Transformers Architecture!")],
    chapter=CHAPTER,
    equations=["eq-lt-symmetric-derivative"],
    given=FREE,
    sizes=FREE_SIZES,
    expect="refuted",
    needs=["head-pairing-criterion"],
    tex=r"\sum_i XA_iX^*XB_i = \frac{\partial V}{\partial X^*}\text{ for some }V",
)
def head_pairing_no_potential(xp, X, A, B, H, K):
    """A field has a potential only if its antilinear derivative is symmetric. For heads with
    unrelated weights it is not, so no V, of any degree, has multi-head linear attention as its
    force."""
    return Equal(*_both_pairings(xp, _attention(xp, A, B), X, H, K))


@head_pairing_no_potential.neighbour(
    "heads tied to themselves, A = B, any number of them", key="self-tied-heads"
)
def _(xp, X, A, H, K):
    return Equal(*_both_pairings(xp, _attention(xp, A, A), X, H, K))


@head_pairing_no_potential.neighbour("heads tied in pairs", key="paired-heads")
def _(xp, X, A, B, H, K):
    a, b = xp.concat([A, B]), xp.concat([B, A])
    return Equal(*_both_pairings(xp, _attention(xp, a, b), X, H, K))


@claim(
    "head-pairing-criterion",
    title="A potential exists if and only if Σ A ⊗ B is symmetric",
    sources=[ours("sharpening of the paper's Lemma 3")],
    chapter=CHAPTER,
    equations=["eq-lt-criterion"],
    given=FREE,
    sizes=FREE_SIZES,
    tex=r"\langle K, \partial F[H]\rangle - \langle H, \partial F[K]\rangle ="
    r" \sum_{abcd}\,(K^*X)_{da}(H^*X)_{bc}\,(T_{ab,cd} - T_{cd,ab}),\quad "
    r" T = \sum_i A_i\otimes B_i",
)
def head_pairing_criterion(xp, X, A, B, H, K):
    """The asymmetry of the antilinear derivative of Σ X Aᵢ X*X Bᵢ depends on the weights only
    through T − Tᵀ, T = Σ Aᵢ ⊗ Bᵢ. For two tokens or more (N ≥ 2) it vanishes for all X, H, K
    exactly if T is symmetric, and then V = ½ Σ Tr(X Aᵢ X*X Bᵢ X*) is a potential."""
    one, other = _both_pairings(xp, _attention(xp, A, B), X, H, K)
    T = layers.total([a[:, :, None, None] * b[None, None, :, :] for a, b in zip(A, B, strict=True)])
    swapped = layers.total(
        [b[:, :, None, None] * a[None, None, :, :] for a, b in zip(A, B, strict=True)]
    )
    P, R = xp.star(H) @ X, xp.star(K) @ X
    weight = R.T[:, None, None, :] * P[None, :, :, None]
    return Equal(one - other, xp.sum(weight * (T - swapped)))


@head_pairing_criterion.neighbour(
    "the symmetric part, which would refuse a head tied to itself", key="self-tied-refused"
)
def _(xp, X, A, B, H, K):
    one, other = _both_pairings(xp, _attention(xp, A, B), X, H, K)
    T = layers.total([a[:, :, None, None] * b[None, None, :, :] for a, b in zip(A, B, strict=True)])
    swapped = layers.total(
        [b[:, :, None, None] * a[None, None, :, :] for a, b in zip(A, B, strict=True)]
    )
    P, R = xp.star(H) @ X, xp.star(K) @ X
    weight = R.T[:, None, None, :] * P[None, :, :, None]
    return Equal(one - other, xp.sum(weight * (T + swapped)) / 2)


@head_pairing_criterion.neighbour("no asymmetry: generic heads accepted", key="generic-accepted")
def _(xp, X, A, B, H, K):
    one, other = _both_pairings(xp, _attention(xp, A, B), X, H, K)
    return Zero(one - other)


@claim(
    "head-pairing-self-tied",
    title="One head suffices, if it is tied to itself",
    sources=[ours("the number of heads need not be even")],
    chapter=CHAPTER,
    equations=["eq-lt-self-tied"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C")),
    tex=r"\frac{\partial}{\partial X^*}\,\tfrac12\Tr(XAX^*XAX^*) = XAX^*XA",
)
def head_pairing_self_tied(xp, X, A):
    """A single head with VO* = QK* = A is the force of ½Tr(XAX*XAX*)."""
    return Force(
        lambda X: xp.trace(X @ A @ xp.star(X) @ X @ A @ xp.star(X)) / 2,
        X,
        X @ A @ xp.star(X) @ X @ A,
    )


@head_pairing_self_tied.neighbour("a head tied to its adjoint, VO* = (QK*)*", key="adjoint")
def _(xp, X, A):
    B = xp.star(A)
    return Force(
        lambda X: xp.trace(X @ A @ xp.star(X) @ X @ B @ xp.star(X)) / 2,
        X,
        X @ A @ xp.star(X) @ X @ B,
    )


@claim(
    "head-pairing-two-self-tied",
    title="A pair of heads is two self-tied heads",
    sources=[ours("normal form")],
    chapter=CHAPTER,
    equations=["eq-lt-two-self-tied"],
    given=dict(X=matrix("N", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    tex=r"XAX^*XB + XBX^*XA = \tfrac12 XSX^*XS - \tfrac12 XDX^*XD,\quad S = A + B,\; D = A - B",
)
def head_pairing_two_self_tied(xp, X, A, B):
    """A pair with swapped roles equals two heads that are tied to themselves, with weights
    (A + B)/√2 and i(A − B)/√2. Tying a head to itself is thus the general case."""
    M = xp.star(X) @ X
    S, D = A + B, A - B
    return Equal(X @ A @ M @ B + X @ B @ M @ A, (X @ S @ M @ S - X @ D @ M @ D) / 2)


@head_pairing_two_self_tied.neighbour("both with a plus sign", key="plus-sign")
def _(xp, X, A, B):
    M = xp.star(X) @ X
    S, D = A + B, A - B
    return Equal(X @ A @ M @ B + X @ B @ M @ A, (X @ S @ M @ S + X @ D @ M @ D) / 2)


@claim(
    "head-pairing-one-token",
    title="For one token the condition is weaker",
    sources=[ours("why N ≥ 2 is asked for")],
    chapter=CHAPTER,
    equations=["eq-lt-one-token"],
    given=dict(
        X=matrix(1, "C"),
        u=matrix("C"),
        v=matrix("C"),
        w=matrix("C"),
        H=matrix(1, "C"),
        K=matrix(1, "C"),
    ),
    sizes={"C": (1, 2, 3)},
    needs=["head-pairing-criterion"],
    tex=r"N = 1:\quad A = uv^*,\; B = wv^*\text{ has a potential, although } A\otimes B \ne"
    r" B\otimes A",
)
def head_pairing_one_token(xp, X, u, v, w, H, K):
    """For a single token the head A = uv*, B = wv* has a symmetric antilinear derivative, for any
    u and w."""
    A, B = u[:, None] * xp.conj(v)[None, :], w[:, None] * xp.conj(v)[None, :]
    return Equal(*_both_pairings(xp, lambda X: X @ A @ xp.star(X) @ X @ B, X, H, K))


@head_pairing_one_token.neighbour(
    "the same head on two tokens",
    key="two-tokens",
    given=dict(X=matrix(2, "C"), H=matrix(2, "C"), K=matrix(2, "C")),
)
def _(xp, X, u, v, w, H, K):
    A, B = u[:, None] * xp.conj(v)[None, :], w[:, None] * xp.conj(v)[None, :]
    return Equal(*_both_pairings(xp, lambda X: X @ A @ xp.star(X) @ X @ B, X, H, K))


def _coefficients(xp, pairs):
    """The coefficients Σ A ⊗ B of linear attention, as one vector."""
    terms = [xp.flatten(a[:, :, None, None] * b[None, None, :, :]) for a, b in pairs]
    return layers.total(terms)


@claim(
    "head-pairing-parameters",
    title="A tied pair has 2C² − 1 parameters",
    sources=[ours("count of parameters")],
    chapter=CHAPTER,
    equations=["eq-lt-parameter-count"],
    given=dict(A=real_matrix("C", "C"), B=real_matrix("C", "C")),
    sizes={"C": (1, 2, 3)},
    needs=["head-pairing-criterion"],
    tex=r"\dim\{A\otimes B + B\otimes A\} = 2C^2 - 1",
)
def head_pairing_parameters(xp, A, B):
    """The fields of one tied pair of heads form a family of dimension 2C² − 1: 2C² weights less the
    one rescaling (A, B) → (sA, B/s). Over the complex numbers the dimension is the same, counted in
    complex parameters."""
    C = A.shape[0]
    both = xp.stack([A, B])
    field = lambda W: _coefficients(xp, [(W[0], W[1]), (W[1], W[0])])
    return Rank(xp.jacobian(field, both), 2 * C * C - 1)


@head_pairing_parameters.neighbour("as many as weights", key="as-many-as-weights")
def _(xp, A, B):
    C = A.shape[0]
    both = xp.stack([A, B])
    field = lambda W: _coefficients(xp, [(W[0], W[1]), (W[1], W[0])])
    return Rank(xp.jacobian(field, both), 2 * C * C)


@claim(
    "head-pairing-parameters-free",
    title="Two free heads have 4C² − 4 parameters",
    sources=[ours("count of parameters")],
    chapter=CHAPTER,
    equations=["eq-lt-parameter-count-free"],
    given={k: real_matrix("C", "C") for k in ("A1", "B1", "A2", "B2")},
    sizes={"C": (2, 3)},
    tex=r"\dim\{A_1\otimes B_1 + A_2\otimes B_2\} = 4C^2 - 4",
)
def head_pairing_parameters_free(xp, A1, B1, A2, B2):
    """The fields of two free heads form a family of dimension 4C² − 4 (C ≥ 2): the mixing of the
    two heads among themselves costs four. A tied pair has about half."""
    C = A1.shape[0]
    field = lambda W: _coefficients(xp, [(W[0], W[1]), (W[2], W[3])])
    return Rank(xp.jacobian(field, xp.stack([A1, B1, A2, B2])), 4 * C * C - 4)


@head_pairing_parameters_free.neighbour("exactly twice a tied pair", key="twice-a-tied-pair")
def _(xp, A1, B1, A2, B2):
    C = A1.shape[0]
    field = lambda W: _coefficients(xp, [(W[0], W[1]), (W[2], W[3])])
    return Rank(xp.jacobian(field, xp.stack([A1, B1, A2, B2])), 2 * (2 * C * C - 1))


@claim(
    "real-quartic-four-terms",
    title="Over the reals the same potential has four gradient terms",
    sources=[ours("real networks")],
    chapter=CHAPTER,
    equations=["eq-lt-real-quartic"],
    given=dict(X=real_matrix("N", "C"), A=real_matrix("C", "C"), B=real_matrix("C", "C")),
    needs=["quartic-gives-attention"],
    tex=r"\nabla\Tr(XAX^\top XB^\top X^\top) = X(AMB^\top + B^\top MA + A^\top MB + BMA^\top)",
)
def real_quartic(xp, X, A, B):
    """For real X the gradient of Tr(XAXᵀ X Bᵀ Xᵀ) is a sum of four heads: the complex two, and
    the same two with both weights transposed (M = Xᵀ X)."""
    V = lambda X: xp.trace(X @ A @ X.T @ X @ B.T @ X.T)
    M = X.T @ X
    return Gradient(V, X, X @ (A @ M @ B.T + B.T @ M @ A + A.T @ M @ B + B @ M @ A.T))


@real_quartic.neighbour("the two terms of the complex case", key="two-terms")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ X.T @ X @ B.T @ X.T)
    M = X.T @ X
    return Gradient(V, X, X @ (A @ M @ B.T + B.T @ M @ A))


@real_quartic.neighbour("twice the two terms of the complex case", key="two-terms-twice")
def _(xp, X, A, B):
    V = lambda X: xp.trace(X @ A @ X.T @ X @ B.T @ X.T)
    M = X.T @ X
    return Gradient(V, X, 2 * X @ (A @ M @ B.T + B.T @ M @ A))


# -- factors -------------------------------------------------------------------------------------
@claim(
    "field-prefactors",
    title="The talk's halves stay in the weights",
    sources=[talk("Potential field of the linear Transformer"), poster("Engineering View")],
    chapter=CHAPTER,
    equations=["eq-lt-prefactors"],
    given=dict(
        X=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
        root_r=root("r"),
    ),
    sizes=UP_TO_3,
    needs=["quadratic-gives-mlp", "quartic-gives-attention"],
    tex=r"\dot X = \tfrac12 XW + \tfrac{1}{2\sqrt r}\bigl(XAX^*XB^* + XB^*X^*XA\bigr)",
)
def field_prefactors(xp, X, W, A, B, root_r):
    """With the talk's V = (i/2)Tr(XWX*) + (i/(2√r))Tr(XAX*XB*X*) and its equation iX' = ∂V/∂X*, the
    velocity −i ∂V/∂X* is ½XW plus two heads of weight 1/(2√r)."""
    V = lambda X: (
        (potentials.quadratic(xp, X, W) + potentials.quartic(xp, X, A, B) / root_r) * xp.i / 2
    )
    M = xp.star(X) @ X
    heads = X @ A @ M @ xp.star(B) + X @ xp.star(B) @ M @ A
    return Force(lambda X: -xp.i * V(X), X, X @ W / 2 + heads / (2 * root_r))


@field_prefactors.printed(
    "the linear Transformer as the talk writes it, without the halves",
    key="printed",
    tex=r"\dot X = XW + \tfrac{1}{\sqrt r}\bigl(XAX^*XB^* + XB^*X^*XA\bigr)",
)
def _(xp, X, W, A, B, root_r):
    V = lambda X: (
        (potentials.quadratic(xp, X, W) + potentials.quartic(xp, X, A, B) / root_r) * xp.i / 2
    )
    M = xp.star(X) @ X
    heads = X @ A @ M @ xp.star(B) + X @ xp.star(B) @ M @ A
    return Force(lambda X: -xp.i * V(X), X, X @ W + heads / root_r)


@field_prefactors.neighbour("the factor i left in the velocity", key="i-left")
def _(xp, X, W, A, B, root_r):
    V = lambda X: (
        (potentials.quadratic(xp, X, W) + potentials.quartic(xp, X, A, B) / root_r) * xp.i / 2
    )
    M = xp.star(X) @ X
    heads = X @ A @ M @ xp.star(B) + X @ xp.star(B) @ M @ A
    return Force(V, X, X @ W / 2 + heads / (2 * root_r))


CHANNELS = built("number of channels", ("C",), {"x": ("C",)}, lambda xp, raw: raw["x"] * 0 + 1)


@claim(
    "field-prefactors-variance",
    title="Scores divided by √r have unit variance",
    sources=[poster("Engineering View: C^(−1/2)"), paper("C_A^(−1/2)")],
    chapter=CHAPTER,
    equations=["eq-lt-score-variance"],
    given=dict(s=real(), t=real(), width=WIDTH, channels=CHANNELS),
    sizes={"r": (1, 2), "C": (1, 2, 3, 4)},
    tex=r"\operatorname{Var}\frac{\inner{q}{k}}{\sqrt r} = \operatorname{Var}(q_1)"
    r"\operatorname{Var}(k_1)",
)
def score_variance(xp, s, t, width, channels):
    """For a query and a key whose r entries are independent, with mean 0 and standard deviations s
    and t, the score ⟨q, k⟩/√r has variance s²t²: the head width is the right scale."""
    r = len(width)
    score = lambda e: s * t * xp.sum(e[0] * e[1])
    mean, square = moments.sign_moments(xp, score, 2, r)
    return Equal((square - mean * mean) / r, s * s * t * t)


@score_variance.printed(
    "the poster divides by √C",
    key="printed",
    tex=r"\operatorname{Var}(C^{-1/2}\inner{q}{k}) = \operatorname{Var}(q_1)"
    r"\operatorname{Var}(k_1)",
)
def _(xp, s, t, width, channels):
    r = len(width)
    score = lambda e: s * t * xp.sum(e[0] * e[1])
    mean, square = moments.sign_moments(xp, score, 2, r)
    return Equal((square - mean * mean) / len(channels), s * s * t * t)


@score_variance.neighbour("no root: divided by r", key="divided-by-r")
def _(xp, s, t, width, channels):
    r = len(width)
    score = lambda e: s * t * xp.sum(e[0] * e[1]) / r
    mean, square = moments.sign_moments(xp, score, 2, r)
    return Equal(square - mean * mean, s * s * t * t)


@claim(
    "field-prefactors-law",
    title="Scores of width 16 in 64 channels, drawn",
    sources=[ours("check by sampling")],
    chapter=CHAPTER,
    given={},
    needs=["field-prefactors-variance"],
)
def score_variance_law(xp):
    """For tokens of 64 unit-variance channels and Gaussian weights of variance 1/64, scores of
    width 16 divided by √r have mean zero and unit variance."""
    return Law(lambda rng, n: draws.scores(rng, n, "r"), mean=0, variance=1)


@score_variance_law.neighbour("the poster's scaling taken for unit variance", key="poster-scaling")
def _(xp):
    return Law(lambda rng, n: draws.scores(rng, n, "C"), mean=0, variance=1)


# -- order and interaction -----------------------------------------------------------------------
ORDERS = dict(
    X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C"), s=real()
)


@claim(
    "dynamics-order",
    title="The MLP is of order one, linear attention of order three",
    sources=[poster("Result: Dynamics Order")],
    chapter=CHAPTER,
    equations=["eq-lt-orders"],
    given=ORDERS,
    sizes=UP_TO_3,
    tex=r"F_{\mathrm{MLP}}(sX) = s\,F_{\mathrm{MLP}}(X),\quad F_{\mathrm{Att}}(sX) ="
    r" s^3F_{\mathrm{Att}}(X)",
)
def dynamics_order(xp, X, W, A, B, s):
    """Scaling the tokens by s scales the linear MLP by s and linear attention by s³."""
    attention = lambda X: X @ A @ xp.star(X) @ X @ B
    return (Equal((s * X) @ W, s * (X @ W)), Equal(attention(s * X), s * s * s * attention(X)))


@dynamics_order.neighbour("attention of degree 2", key="attention-degree-2")
def _(xp, X, W, A, B, s):
    attention = lambda X: X @ A @ xp.star(X) @ X @ B
    return Equal(attention(s * X), s * s * attention(X))


@dynamics_order.neighbour("the MLP of degree 2", key="mlp-degree-2")
def _(xp, X, W, A, B, s):
    return Equal((s * X) @ W, s * s * (X @ W))


@claim(
    "dynamics-order-relu",
    title="A ReLU MLP is of order one for positive factors",
    sources=[poster("Result: Dynamics Order")],
    chapter=CHAPTER,
    equations=["eq-lt-relu-order"],
    given=dict(
        X=real_matrix("N", "C"),
        W_in=real_matrix("C", "r"),
        W_out=real_matrix("C", "r"),
        s=positive(),
    ),
    sizes={"N": (1, 2, 3), "C": (1, 2, 3), "r": (1, 2, 3)},
    tex=r"(sXW_{\mathrm{in}})_+W_{\mathrm{out}}^\top = s\,(XW_{\mathrm{in}})_+"
    r"W_{\mathrm{out}}^\top,\quad s > 0",
)
def dynamics_order_relu(xp, X, W_in, W_out, s):
    """Piecewise linear in the poster's word: homogeneous of degree one for positive factors."""
    return Equal(xp.relu((s * X) @ W_in) @ W_out.T, s * (xp.relu(X @ W_in) @ W_out.T))


@dynamics_order_relu.neighbour("a negative factor", key="negative-factor")
def _(xp, X, W_in, W_out, s):
    return Equal(xp.relu((-s * X) @ W_in) @ W_out.T, -s * (xp.relu(X @ W_in) @ W_out.T))


INTERACTION = dict(
    X=real_matrix("N", "C"),
    W_in=real_matrix("C", "C"),
    W_out=real_matrix("C", "C"),
    A=real_matrix("C", "C"),
    B=real_matrix("C", "C"),
    H=real_matrix("N-1", "C"),
)
MANY_TOKENS = {"N": (2, 3), "C": (1, 2, 3)}


def _others(xp, H):
    """A direction in which every token but the first moves."""
    return xp.concat([xp.zeros(1, H.shape[1]), H])


@claim(
    "dynamics-order-interaction",
    title="An MLP moves each token by itself",
    sources=[poster("Result: Interactions")],
    chapter=CHAPTER,
    equations=["eq-lt-no-interaction"],
    given=INTERACTION,
    sizes=MANY_TOKENS,
    tex=r"\frac{\partial \dot X_n}{\partial X_m} = 0\quad (n \ne m)",
)
def dynamics_order_interaction(xp, X, W_in, W_out, A, B, H):
    """The derivative of a token's MLP velocity along a motion of the other tokens is zero."""
    mlp = lambda X: xp.tanh(X @ W_in) @ W_out.T
    return Zero(xp.push(mlp, X, _others(xp, H))[0])


@dynamics_order_interaction.neighbour("linear attention", key="linear-attention")
def _(xp, X, W_in, W_out, A, B, H):
    attention = lambda X: X @ A @ X.T @ X @ B
    return Zero(xp.push(attention, X, _others(xp, H))[0])


@dynamics_order_interaction.neighbour(
    "an MLP after subtracting the tokens' mean, which interacts", key="mlp-interacting"
)
def _(xp, X, W_in, W_out, A, B, H):
    centred = lambda X: X - xp.sum(X, axis=0) / X.shape[0]
    mlp = lambda X: xp.tanh(centred(X) @ W_in) @ W_out.T
    return Zero(xp.push(mlp, X, _others(xp, H))[0])


@claim(
    "dynamics-order-mixing",
    title="Linear attention moves each token by itself",
    sources=[poster("Result: Interactions")],
    chapter=CHAPTER,
    equations=["eq-lt-interaction"],
    given=INTERACTION,
    sizes=MANY_TOKENS,
    expect="refuted",
    tex=r"\frac{\partial \dot X_n}{\partial X_m} = 0\quad (n \ne m)",
)
def dynamics_order_mixing(xp, X, W_in, W_out, A, B, H):
    """If linear attention did not interact, its velocity of the first token would not see the
    others. It does."""
    attention = lambda X: X @ A @ X.T @ X @ B
    return Zero(xp.push(attention, X, _others(xp, H))[0])


@dynamics_order_mixing.neighbour("the MLP", key="mlp")
def _(xp, X, W_in, W_out, A, B, H):
    mlp = lambda X: xp.tanh(X @ W_in) @ W_out.T
    return Zero(xp.push(mlp, X, _others(xp, H))[0])


# -- one Hamiltonian framework -------------------------------------------------------------------
def _generator(xp, W, prefactor):
    """The real 2C x 2C matrix of x' = prefactor · xW acting on z = (q, p), x = (q + ip)/√2."""
    C = W.shape[0]

    def velocity(z):
        x = (z[:C] + xp.i * z[C:]) @ W * prefactor
        return xp.concat([xp.real(x), xp.imag(x)])

    return xp.jacobian(velocity, xp.zeros(2 * C))


def _symplectic_unit(xp, C):
    """The matrix J = [[0, 1], [−1, 0]] of the symplectic form."""
    none, one = xp.zeros(C, C), xp.eye(C)
    return xp.concat([xp.concat([none, one], axis=1), xp.concat([-one, none], axis=1)])


def _odd_power_sums(xp, G):
    """Traces of the odd powers of G below its size: all zero if and only if the spectrum is
    symmetric under λ → −λ."""
    power, sums = G, [xp.trace(G)]
    for _ in range(1, G.shape[0] // 2):
        power = power @ G @ G
        sums.append(xp.trace(power))
    return xp.stack(sums)


@claim(
    "single-hamiltonian",
    title="The talk's linear flow is Hamiltonian in position and momentum",
    sources=[poster("Takeaway: a single Hamiltonian framework"), talk("Hamiltonian Matrix/RMT")],
    chapter=CHAPTER,
    equations=["eq-lt-hamiltonian-matrix"],
    given=dict(W=hermitian("C")),
    sizes={"C": (1, 2, 3)},
    tex=r"G^\top J + JG = 0,\quad \ii\dot x = xW,\; W = W^*",
)
def single_hamiltonian(xp, W):
    """For Hermitian W the flow ix' = xW, written in (q, p), has a generator G with Gᵀ J + JG = 0:
    a Hamiltonian matrix."""
    G, J = _generator(xp, W, -xp.i), _symplectic_unit(xp, W.shape[0])
    return Zero(G.T @ J + J @ G)


@single_hamiltonian.neighbour(
    "the paper's equation x' = xW with the same real potential", key="paper-equation"
)
def _(xp, W):
    G, J = _generator(xp, W, xp.one), _symplectic_unit(xp, W.shape[0])
    return Zero(G.T @ J + J @ G)


@claim(
    "single-hamiltonian-quadruples",
    title="The eigenvalues of the talk's linear flow come as ±λ",
    sources=[talk("Hamiltonian Matrix/RMT")],
    chapter=CHAPTER,
    equations=["eq-lt-quadruples"],
    given=dict(W=hermitian("C")),
    sizes={"C": (1, 2, 3)},
    needs=["single-hamiltonian"],
    tex=r"\Tr G^{k} = 0\quad (k = 1, 3, 5, \dots)",
)
def single_hamiltonian_quadruples(xp, W):
    """The traces of the odd powers of that generator vanish, so its spectrum is symmetric under
    λ → −λ; being real, it has eigenvalues in quadruples ±λ, ±λ̄ (here on the imaginary axis)."""
    return Zero(_odd_power_sums(xp, _generator(xp, W, -xp.i)))


@single_hamiltonian_quadruples.neighbour(
    "weights that are not Hermitian", key="generic-w", given=dict(W=matrix("C", "C"))
)
def _(xp, W):
    return Zero(_odd_power_sums(xp, _generator(xp, W, -xp.i)))


@single_hamiltonian_quadruples.neighbour("the paper's equation", key="paper-equation")
def _(xp, W):
    return Zero(_odd_power_sums(xp, _generator(xp, W, xp.one)))


@claim(
    "single-hamiltonian-ascent",
    title="The paper's equation with a real potential climbs it",
    sources=[poster("Takeaway: a single Hamiltonian framework"), paper("Definition 2")],
    chapter=CHAPTER,
    equations=["eq-lt-ascent"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=UP_TO_3,
    tex=r"\frac{\dd V}{\dd t} = 2\norm{\frac{\partial V}{\partial X^*}}^2\quad\text{along}\quad "
    r" \dot X = \frac{\partial V}{\partial X^*}",
)
def single_hamiltonian_ascent(xp, X, W, A, B):
    """For real V, here quadratic plus quartic, X' = ∂V/∂X* increases V at the rate 2‖∂V/∂X*‖²:
    gradient ascent, not a conservative motion."""
    V = lambda X: potentials.real_potential(xp, X, W, A, B)
    force = potentials.real_force(xp, X, W, A, B)
    return Equal(xp.push(V, X, force), 2 * xp.norm2(force))


@single_hamiltonian_ascent.neighbour("V conserved", key="conserved")
def _(xp, X, W, A, B):
    V = lambda X: potentials.real_potential(xp, X, W, A, B)
    return Zero(xp.push(V, X, potentials.real_force(xp, X, W, A, B)))


REAL_BLOCK = dict(
    A=real_matrix("C", "C"),
    B=real_matrix("C", "C"),
    W_in=real_matrix("C", "C"),
    W_out=real_matrix("C", "C"),
)


@claim(
    "single-hamiltonian-real-block",
    title="A real block is Hamiltonian in some symplectic structure",
    sources=[poster("Takeaway: unifies GPT, ResNets, and Diffusion")],
    chapter=CHAPTER,
    equations=["eq-lt-real-block"],
    given=REAL_BLOCK,
    sizes={"C": (1, 2)},
    expect="refuted",
    tex=r"\Tr DF(0)^{k} = 0\quad (k = 1, 3, \dots)",
)
def single_hamiltonian_real_block(xp, A, B, W_in, W_out):
    """Softmax attention plus a bias-free MLP rests at X = 0. Were it a Hamiltonian field, in any
    symplectic structure on the real states of two tokens, the spectrum of its linearization there
    would be symmetric under λ → −λ and the traces of odd powers would vanish. They do not."""
    mlp, attention = _mlp_and_attention(xp, W_in, W_out, A, B)
    rest = xp.zeros(2, A.shape[0])
    return Zero(_odd_power_sums(xp, xp.jacobian(lambda X: mlp(X) + attention(X), rest)))


@single_hamiltonian_real_block.neighbour("a linear layer with skew weights", key="skew-weights")
def _(xp, A, B, W_in, W_out):
    rest = xp.zeros(2, A.shape[0])
    return Zero(_odd_power_sums(xp, xp.jacobian(lambda X: X @ (A - A.T), rest)))


@claim(
    "single-hamiltonian-odd",
    title="An odd number of real coordinates carries no symplectic form",
    sources=[ours("real states")],
    chapter=CHAPTER,
    equations=["eq-lt-odd"],
    given=dict(A=real_matrix("n", "n")),
    sizes={"n": (1, 3)},
    tex=r"\det(A - A^\top) = 0\quad (n\text{ odd})",
)
def single_hamiltonian_odd(xp, A):
    """A two-form on ℝⁿ is a skew matrix. For odd n every skew matrix is singular, so no
    two-form is nondegenerate."""
    return Zero(xp.det(A - A.T))


@single_hamiltonian_odd.neighbour("an even number", key="even", given=dict(A=real_matrix(2, 2)))
def _(xp, A):
    return Zero(xp.det(A - A.T))


# -- in-context learning -------------------------------------------------------------------------
IN_CONTEXT = dict(
    x=real_matrix("n", "d"),
    y=real_matrix("n", "k"),
    query=vector("d"),
    W0=real_matrix("k", "d"),
    eta=real(),
)
FEW_EXAMPLES = {"n": (1, 2, 3), "d": (1, 2, 3), "k": (1, 2)}


def _tokens(xp, x, y, query, answer):
    """Rows (xⱼ, yⱼ), and last the query with its answer so far."""
    return xp.concat([xp.concat([x, y], axis=1), xp.concat([query, answer])[None, :]])


def _on_inputs(xp, d, k):
    """The projection on the input channels."""
    return xp.diag(xp.concat([xp.ones(d), xp.zeros(k)]))


def _on_labels(xp, d, k):
    """The projection on the label channels."""
    return xp.diag(xp.concat([xp.zeros(d), xp.ones(k)]))


def _residual_map(xp, W0):
    """(x, y) → (0, y − W₀x), acting on rows from the right."""
    k, d = W0.shape
    low = xp.concat([-W0.T, xp.eye(k)])
    return xp.concat([xp.zeros(d + k, d), low], axis=1)


@claim(
    "linear-attention-icl",
    title="One head of linear attention is one step of gradient descent in context",
    sources=[talk("In-Context Learning"), ours("after von Oswald et al. 2022")],
    chapter=CHAPTER,
    equations=["eq-lt-icl-loss", "eq-lt-icl-layer"],
    given=IN_CONTEXT,
    sizes=FEW_EXAMPLES,
    tex=r"\bigl[E + \tfrac{\eta}{n}\,E\,P_xE^\top E\,R\bigr]_{\mathrm{query},\,y} ="
    r" (W_0 - \eta\nabla L(W_0))\,x_q",
)
def icl(xp, x, y, query, W0, eta):
    """Tokens (xⱼ, yⱼ) and a query $(x_q, W_0x_q)$: the layer with QKᵀ the projection on the inputs
    and VOᵀ the map (x, y) → (0, y − W₀x), scaled by η/n, puts on the query's label channels the
    prediction after one gradient step of size η on the loss Σ‖W xⱼ − yⱼ‖²/(2n)."""
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, W0 @ query)
    layer = E + E @ _on_inputs(xp, d, k) @ E.T @ E @ _residual_map(xp, W0) * eta / n
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    return Equal(layer[n, d:], (W0 - eta * xp.gradient(loss, W0)) @ query)


@icl.neighbour("the step size off by n", key="step-off-by-n")
def _(xp, x, y, query, W0, eta):
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, W0 @ query)
    layer = E + E @ _on_inputs(xp, d, k) @ E.T @ E @ _residual_map(xp, W0) * eta
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    return Equal(layer[n, d:], (W0 - eta * xp.gradient(loss, W0)) @ query)


@icl.neighbour("the sign of the step", key="sign")
def _(xp, x, y, query, W0, eta):
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, W0 @ query)
    layer = E - E @ _on_inputs(xp, d, k) @ E.T @ E @ _residual_map(xp, W0) * eta / n
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    return Equal(layer[n, d:], (W0 - eta * xp.gradient(loss, W0)) @ query)


@icl.neighbour("the query's label channels left at zero", key="query-label-zero")
def _(xp, x, y, query, W0, eta):
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, xp.zeros(k))
    layer = E + E @ _on_inputs(xp, d, k) @ E.T @ E @ _residual_map(xp, W0) * eta / n
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    return Equal(layer[n, d:], (W0 - eta * xp.gradient(loss, W0)) @ query)


@claim(
    "linear-attention-icl-paired-field",
    title="The paired field itself learns in context",
    sources=[talk("In-Context Learning Desires iX' = ∂V/∂X*"), ours("construction")],
    chapter=CHAPTER,
    equations=["eq-lt-icl-field"],
    given={k: v for k, v in IN_CONTEXT.items() if k != "W0"},
    sizes=FEW_EXAMPLES,
    needs=["linear-attention-icl", "head-pairing"],
    tex=r"\bigl[E + \tfrac{\eta}{n}(EP_xMP_y + EP_yMP_x)\bigr]_{\mathrm{query}} ="
    r" (x_q,\; -\eta\nabla L(0)\,x_q)",
)
def icl_field(xp, x, y, query, eta):
    """Both heads of the potential $\\operatorname{Tr}(EP_xE^TEP_yE^T)$, with the projections
    $P_x$ on the input and $P_y$ on the label channels: one Euler step of size η/n puts the
    gradient-step prediction from W₀ = 0 on the query's labels and leaves its input as it was."""
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, xp.zeros(k))
    P_x, P_y, M = _on_inputs(xp, d, k), _on_labels(xp, d, k), E.T @ E
    layer = E + (E @ P_x @ M @ P_y + E @ P_y @ M @ P_x) * eta / n
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    step = -eta * xp.gradient(loss, xp.zeros(k, d)) @ query
    return Equal(layer[n], xp.concat([query, step]))


@icl_field.neighbour("the step size off by n", key="step-off-by-n")
def _(xp, x, y, query, eta):
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, xp.zeros(k))
    P_x, P_y, M = _on_inputs(xp, d, k), _on_labels(xp, d, k), E.T @ E
    layer = E + (E @ P_x @ M @ P_y + E @ P_y @ M @ P_x) * eta
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    step = -eta * xp.gradient(loss, xp.zeros(k, d)) @ query
    return Equal(layer[n], xp.concat([query, step]))


@icl_field.neighbour(
    "the first example, whose label is not zero: its input moves too", key="example-stays"
)
def _(xp, x, y, query, eta):
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, xp.zeros(k))
    P_x, P_y, M = _on_inputs(xp, d, k), _on_labels(xp, d, k), E.T @ E
    layer = E + (E @ P_x @ M @ P_y + E @ P_y @ M @ P_x) * eta / n
    return Equal(layer[0, :d], x[0])


@claim(
    "linear-attention-icl-conservative",
    title="Under iX' = ∂V/∂X* with a real potential the step is turned by −i",
    sources=[talk("In-Context Learning Desires iX' = ∂V/∂X*"), ours("the talk's equation")],
    chapter=CHAPTER,
    equations=["eq-lt-icl-conservative"],
    given={k: v for k, v in IN_CONTEXT.items() if k != "W0"},
    sizes=FEW_EXAMPLES,
    needs=["linear-attention-icl-paired-field"],
    tex=r"\bigl[E - \ii\tfrac{\eta}{n}(EP_xMP_y + EP_yMP_x)\bigr]_{\mathrm{query}} ="
    r" (x_q,\; \ii\,\eta\nabla L(0)\,x_q)",
)
def icl_conservative(xp, x, y, query, eta):
    """An Euler step of iE' = ∂V/∂E*, for the same real potential, writes minus the gradient step
    into the imaginary part of the query's label and leaves the real part at zero."""
    E, step = _conservative(xp, x, y, query, eta)
    return Equal(E, xp.concat([query + xp.i * 0, -xp.i * step]))


def _conservative(xp, x, y, query, eta):
    """The query after that step, and the gradient step from W₀ = 0."""
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, xp.zeros(k))
    P_x, P_y, M = _on_inputs(xp, d, k), _on_labels(xp, d, k), E.T @ E
    layer = E - xp.i * (E @ P_x @ M @ P_y + E @ P_y @ M @ P_x) * eta / n
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    return layer[n], -eta * xp.gradient(loss, xp.zeros(k, d)) @ query


@icl_conservative.neighbour("the step itself, as the dissipative equation makes it", key="unturned")
def _(xp, x, y, query, eta):
    E, step = _conservative(xp, x, y, query, eta)
    return Equal(E, xp.concat([query + xp.i * 0, step + xp.i * 0]))


# -- normalization -------------------------------------------------------------------------------
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
    chapter=CHAPTER,
    equations=["eq-lt-norm-spread"],
    given=dict(sigma=positive()),
    tex=r"\operatorname{Var}\frac{\norm{x}}{\sqrt C} \sim \frac{\sigma^2}{2C}",
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
    chapter=CHAPTER,
    equations=["eq-lt-norm-bias"],
    given=dict(sigma=positive()),
    tex=r"\EE\frac{\norm{x}}{\sqrt C} = \sigma\Bigl(1 - \frac{1}{4C} + O(C^{-2})\Bigr)",
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
    chapter=CHAPTER,
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


@norm_law.printed(
    "high dimension alone taken to suffice: one massive channel holds half of the mean square",
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
    "norm-almost-linear-radial",
    title="Normalization forgets the radial direction",
    sources=[ours("the exact derivative")],
    chapter=CHAPTER,
    equations=["eq-lt-norm-derivative"],
    given=dict(x=_generic(vector("C"), "nonzero real vector"), h=vector("C")),
    tex=r"DN(x)[h] = \frac{\sqrt C}{\norm{x}}\Bigl(h - x\,\frac{\inner{x}{h}}{\norm{x}^2}\Bigr),"
    r"\quad DN(x)[x] = 0",
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
    title="Normalization is 0-homogeneous, and has no value at zero",
    sources=[ours("the exact map")],
    chapter=CHAPTER,
    equations=["eq-lt-norm-rays"],
    given=dict(x=_generic(vector("C"), "nonzero real vector"), s=positive()),
    tex=r"N(sx) = N(x),\quad N(-sx) = -N(x)\quad (s > 0)",
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
