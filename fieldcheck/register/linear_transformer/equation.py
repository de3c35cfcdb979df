"""The Transformer as an equation."""

from __future__ import annotations

from fieldcheck.claim import claim, talk
from fieldcheck.domains import real_matrix, root
from fieldcheck.fields import layers
from fieldcheck.relations import Equal, Zero


def real_heads(*names):
    """Stacked real heads, n x C x r each."""
    return {name: real_matrix("n", "C", "r") for name in names}


FEW = dict(N=[1, 2, 3], C=[1, 2, 3], n=[1, 2, 3], r=[1, 2])

BLOCK = dict(
    X=real_matrix("N", "C"), **real_heads("W_in", "W_out", "Q", "K", "V", "O"), root_r=root("r")
)


def _parallel_block(xp, X, W_in, W_out, Q, K, V, O, root_r):
    """A standard block: wide projections, split into heads, scores, values, one output map."""
    count, _, r = Q.shape
    hidden = xp.relu(X @ layers.side_by_side(xp, W_in))
    q, k, v = (layers.apart(xp, X @ layers.side_by_side(xp, w), count, r) for w in (Q, K, V))
    mixed = xp.softmax(q @ k.T / root_r, axis=-1) @ v
    out = layers.side_by_side(xp, mixed) @ layers.side_by_side(xp, O).T
    return hidden @ layers.side_by_side(xp, W_out).T + out


@claim(
    "transformer-ode",
    expect="proved up to N, C, n = 3; r = 2",
    title="The talk's sum over heads is a standard parallel block",
    sources=[talk("Transformers")],
    equations=["eq-lt-transformer-ode"],
    given=BLOCK,
    sizes=FEW,
    needs=["wide-mlp"],
)
def transformer_ode(xp, X, W_in, W_out, Q, K, V, O, root_r, *, exchanged=False, root_c=None):
    """With X on the right, the talk's sum over heads is a parallel block as built in practice:
    wide matrices, split into heads, scores divided by the root of the head width, heads side by
    side through one output matrix, plus the MLP."""
    q, k = (K, Q) if exchanged else (Q, K)
    scale = root_r if root_c is None else root_c
    return Equal(
        layers.talk_field(xp, X, W_in, W_out, Q, K, V, O, root_r),
        _parallel_block(xp, X, W_in, W_out, q, k, V, O, scale),
    )


@transformer_ode.printed(
    "the velocity on the right, where the state is meant",
    tex=r"\dot X = \sum_i (\dot X W_{\mathrm{in},i})_+ W_{\mathrm{out},i}^\top + \sum_i"
    r" \softmax\bigl(r^{-1/2} \dot X Q_i K_i^\top \dot X^\top\bigr) \dot X V_i O_i^\top",
)
def _(xp, X, W_in, W_out, Q, K, V, O, root_r):
    velocity = _parallel_block(xp, X, W_in, W_out, Q, K, V, O, root_r)
    return Equal(velocity, layers.talk_field(xp, velocity, W_in, W_out, Q, K, V, O, root_r))


transformer_ode.vary(
    "scores scaled by the number of channels",
    key="scores-scaled-by-c",
    given=dict(root_c=root("C")),
)
transformer_ode.vary("queries and keys exchanged", key="queries-and-keys-exchanged", exchanged=True)


@claim(
    "transformer-ode-rest",
    expect="proved",
    title="The equation as printed is solved by standing still",
    sources=[talk("Transformers")],
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
    expect="proved up to N, C, n = 3; r = 2",
    title="Many MLP heads are one wide MLP",
    sources=[talk("Transformers")],
    equations=["eq-lt-wide-mlp"],
    given=dict(X=real_matrix("N", "C"), **real_heads("W_in", "W_out")),
    sizes=FEW,
)
def wide_mlp(xp, X, W_in, W_out, *, same_order=True):
    """A sum of ReLU MLPs is one ReLU MLP whose matrices are theirs side by side, in one order."""
    many = xp.sum(xp.relu(X @ W_in) @ W_out.T, axis=0)
    wide_in = layers.side_by_side(xp, W_in)
    wide_out = layers.side_by_side(xp, W_out if same_order else xp.stack(list(W_out)[::-1]))
    return Equal(many, xp.relu(X @ wide_in) @ wide_out.T)


wide_mlp.vary("the two matrices in opposite orders", key="concatenation-order", same_order=False)


@wide_mlp.neighbour("the sum taken inside the ReLU", key="sum-inside")
def _(xp, X, W_in, W_out):
    many = xp.sum(xp.relu(X @ W_in) @ W_out.T, axis=0)
    return Equal(many, xp.relu(X @ xp.sum(W_in, axis=0)) @ xp.sum(W_out, axis=0).T)
