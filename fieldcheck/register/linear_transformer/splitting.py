"""Parallel against sequential blocks."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper
from fieldcheck.domains import positive, real_matrix
from fieldcheck.fields import depth
from fieldcheck.register.linear_transformer.shared import mlp_and_attention
from fieldcheck.relations import Rate

TINY = dict(N=[1, 2], C=[2])

PAIR = dict(
    X=real_matrix("N", "C"),
    W_in=real_matrix("C", "C"),
    W_out=real_matrix("C", "C"),
    A=real_matrix("C", "C"),
    B=real_matrix("C", "C"),
)


@claim(
    "parallel-vs-split",
    title="Parallel and sequential blocks agree as depth grows, at order 1",
    sources=[paper("Lemma 2")],
    equations=["eq-lt-parallel-split"],
    given=PAIR,
    sizes=TINY,
    needs=["layer-as-time"],
)
def parallel_vs_split(xp, X, W_in, W_out, A, B):
    """n parallel blocks and n sequential ones, all with step 1/n (times a fixed horizon), end
    within O(1/n) of each other, for smooth fields and a horizon before any blow-up."""
    fields = mlp_and_attention(xp, W_in, W_out, A, B)
    gap = _gap(xp, X, fields, depth.euler, depth.one_after_the_other, depth.euler)
    # n + 1 is odd: in an even number of blocks a sign lost in each would come back.
    return Rate(lambda n: gap(n + 1), order=1)


def _gap(xp, X, fields, parallel, in_turns, sublayer):
    """n ↦ the distance of n parallel blocks, step 1/(4n), from n in which the fields take turns."""

    def gap(n):
        h = xp.one / (4 * n)
        both = lambda X: parallel(depth.parallel(*fields), X, h)
        turns = lambda X: in_turns(sublayer, *fields, X, h)
        return xp.norm(depth.march(both, X, n) - depth.march(turns, X, n))

    return gap


@parallel_vs_split.printed(
    "Lemma 2 has no 1/T in its product: the logarithms of the two outcomes drift apart",
    given=dict(a=positive(), b=positive()),
    sizes=dict(N=[1], C=[1]),
    tex=r"\prod_{k=1}^{T}\bigl(\mathrm{id} + \lambda_{\mathrm{Att}}\bigr)\bigl(\mathrm{id} +"
    r" \lambda_{\mathrm{MLP}}\bigr) \to \prod_{k=1}^{T}\bigl(\mathrm{id} +"
    r" \lambda_{\mathrm{MLP}} + \lambda_{\mathrm{Att}}\bigr)",
)
def _(xp, a, b):
    # One positive token with one channel: the MLP multiplies by a, attention by b.
    return Rate(lambda n: n * xp.log((1 + a) * (1 + b)) - n * xp.log(1 + a + b), order=1)


@parallel_vs_split.neighbour("order 2 for one after the other", key="trotter-order-2")
def _(xp, X, W_in, W_out, A, B):
    fields = mlp_and_attention(xp, W_in, W_out, A, B)
    gap = _gap(xp, X, fields, depth.euler, depth.one_after_the_other, depth.euler)
    return Rate(gap, order=2)


@claim(
    "parallel-vs-split-constant",
    expect="proved",
    title="One token: with the 1/T the two products agree, and the constant is ab",
    sources=[paper("Lemma 2")],
    equations=["eq-lt-split-constant"],
    given=dict(a=positive(), b=positive()),
)
def parallel_vs_split_constant(xp, a, b, *, divisor=1):
    """For one positive token with one channel, an MLP that multiplies by a and an attention that
    multiplies by b, the logarithms of the sequential and the parallel product of n layers of step
    1/n differ by ab/n to leading order."""
    return Rate(
        lambda n: n * xp.log((1 + a / n) * (1 + b / n)) - n * xp.log(1 + (a + b) / n),
        order=1,
        constant=a * b / divisor,
    )


parallel_vs_split_constant.vary(
    "half the constant, as in the commutator series", key="half-the-constant", divisor=2
)


@claim(
    "parallel-vs-split-cross-term",
    expect="proved up to N, C = 2",
    title="The cross term is a derivative",
    sources=[paper("appendix to Lemma 1")],
    equations=["eq-lt-cross-term"],
    given=PAIR,
    sizes=TINY,
)
def parallel_vs_split_cross_term(
    xp, X, W_in, W_out, A, B, *, cross=lambda xp, f, g, X: xp.push(f, X, g(X))
):
    """One MLP step after one attention step: the term of second order is D(MLP)[attention], the
    derivative of the later map along the earlier one."""
    mlp, attention = mlp_and_attention(xp, W_in, W_out, A, B)
    first = mlp(X) + attention(X)
    second = cross(xp, mlp, attention, X)

    def gap(n):
        h = xp.one / n
        turns = depth.one_after_the_other(depth.euler, attention, mlp, X, h)
        return xp.norm(turns - X - first * h - second * h * h)

    return Rate(gap, order=3)


parallel_vs_split_cross_term.vary(
    "maps multiplied as if linear: the MLP of the attention",
    role="printed",
    tex=r"\text{cross term } \lambda_{\mathrm{MLP}}("
    r"\lambda_{\mathrm{Att}}(X))",
    cross=lambda xp, f, g, X: f(g(X)),
)
parallel_vs_split_cross_term.vary(
    "the derivative of the wrong map",
    key="wrong-map",
    cross=lambda xp, f, g, X: xp.push(g, X, f(X)),
)


@claim(
    "parallel-vs-split-strang",
    title="Strang's splitting has order 2, given subflows of order 2",
    sources=[ours("repair of the paper's Lemmas 1 and 2")],
    equations=["eq-lt-strang"],
    given=PAIR,
    sizes=TINY,
    needs=["parallel-vs-split"],
)
def parallel_vs_split_strang(xp, X, W_in, W_out, A, B):
    """Half a step of the MLP, one of attention, half a step of the MLP, each by the midpoint
    rule: error O(1/n²) against the parallel flow."""
    fields = mlp_and_attention(xp, W_in, W_out, A, B)
    gap = _gap(xp, X, fields, depth.rk4, depth.strang, depth.midpoint)
    return Rate(lambda n: gap(n + 1), order=2)  # an odd number of blocks, as above


@parallel_vs_split_strang.neighbour(
    "the subflows by Euler steps, as layers are", key="euler-subflows"
)
def _(xp, X, W_in, W_out, A, B):
    fields = mlp_and_attention(xp, W_in, W_out, A, B)
    return Rate(_gap(xp, X, fields, depth.rk4, depth.strang, depth.euler), order=2)


@parallel_vs_split_strang.neighbour(
    "one after the other with exact enough subflows", key="trotter-with-midpoint-subflows"
)
def _(xp, X, W_in, W_out, A, B):
    fields = mlp_and_attention(xp, W_in, W_out, A, B)
    return Rate(_gap(xp, X, fields, depth.rk4, depth.one_after_the_other, depth.midpoint), order=2)
