"""Order and interaction."""

from __future__ import annotations

from fieldcheck.claim import claim, poster
from fieldcheck.domains import matrix, positive, real, real_matrix
from fieldcheck.register.linear_transformer.shared import UP_TO_3
from fieldcheck.relations import Equal, Zero

ORDERS = dict(
    X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C"), s=real()
)


@claim(
    "dynamics-order",
    expect="proved",
    title="The MLP is of order one, linear attention of order three",
    sources=[poster("Result")],
    equations=["eq-lt-orders"],
    given=ORDERS,
    sizes=UP_TO_3,
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
    expect="proved up to N, C, r = 3",
    title="A ReLU MLP is of order one for positive factors",
    sources=[poster("Result")],
    equations=["eq-lt-relu-order"],
    given=dict(
        X=real_matrix("N", "C"),
        W_in=real_matrix("C", "r"),
        W_out=real_matrix("C", "r"),
        s=positive(),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3], r=[1, 2, 3]),
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

MANY_TOKENS = dict(N=[2, 3], C=[1, 2, 3])


def _others(xp, H):
    """A direction in which every token but the first moves."""
    return xp.concat([xp.zeros(1, H.shape[1]), H])


@claim(
    "dynamics-order-interaction",
    expect="proved",
    title="An MLP moves each token by itself",
    sources=[poster("Result")],
    equations=["eq-lt-no-interaction"],
    given=INTERACTION,
    sizes=MANY_TOKENS,
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
    title="Does linear attention move each token by itself?",
    sources=[poster("Result")],
    equations=["eq-lt-interaction"],
    given=INTERACTION,
    sizes=MANY_TOKENS,
    expect="refuted",
    tex=r"\frac{\partial \dot X_n}{\partial X_m} = 0\quad (n \ne m)",
    differs="denied",
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
