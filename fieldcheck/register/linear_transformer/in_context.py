"""In-context learning."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, talk
from fieldcheck.domains import real, real_matrix, vector
from fieldcheck.relations import Equal

IN_CONTEXT = dict(
    x=real_matrix("n", "d"),
    y=real_matrix("n", "k"),
    query=vector("d"),
    W0=real_matrix("k", "d"),
    eta=real(),
)

FEW_EXAMPLES = dict(n=[1, 2, 3], d=[1, 2, 3], k=[1, 2])


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
    expect="proved up to d, n = 3; k = 2",
    title="One head of linear attention is one step of gradient descent in context",
    sources=[talk("In-Context Learning"), ours("after von Oswald et al. 2022")],
    equations=["eq-lt-icl-loss", "eq-lt-icl-layer"],
    given=IN_CONTEXT,
    sizes=FEW_EXAMPLES,
    tex=r"\bigl[E + \tfrac{\eta}{n}\,E\,P_xE^\top E\,R\bigr]_{\mathrm{query},\,y} ="
    r" (W_0 - \eta\nabla L(W_0))\,x_q",
)
def icl(xp, x, y, query, W0, eta, *, sign=1, averaged=True, answered=True):
    """Tokens (xⱼ, yⱼ) and a query $(x_q, W_0x_q)$: the layer with QKᵀ the projection on the inputs
    and VOᵀ the map (x, y) → (0, y − W₀x), scaled by η/n, puts on the query's label channels the
    prediction after one gradient step of size η on the loss Σ‖W xⱼ − yⱼ‖²/(2n)."""
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, W0 @ query if answered else xp.zeros(k))
    step = E @ _on_inputs(xp, d, k) @ E.T @ E @ _residual_map(xp, W0) * eta
    layer = E + sign * step / (n if averaged else 1)
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    return Equal(layer[n, d:], (W0 - eta * xp.gradient(loss, W0)) @ query)


icl.vary("the step size off by n", key="step-off-by-n", averaged=False)
icl.vary("the sign of the step", key="sign", sign=-1)
icl.vary("the query's label channels left at zero", key="query-label-zero", answered=False)


@claim(
    "linear-attention-icl-paired-field",
    expect="proved up to d, n = 3; k = 2",
    title="The paired field itself learns in context",
    sources=[talk("In-Context Learning"), ours("construction")],
    equations=["eq-lt-icl-field"],
    given={k: v for k, v in IN_CONTEXT.items() if k != "W0"},
    sizes=FEW_EXAMPLES,
    needs=["linear-attention-icl", "head-pairing"],
)
def icl_field(xp, x, y, query, eta, *, averaged=True):
    """Both heads of the potential $\\operatorname{Tr}(EP_xE^TEP_yE^T)$, with the projections
    $P_x$ on the input and $P_y$ on the label channels: one Euler step of size η/n puts the
    gradient-step prediction from W₀ = 0 on the query's labels and leaves its input as it was."""
    (n, d), k = x.shape, y.shape[1]
    E = _tokens(xp, x, y, query, xp.zeros(k))
    P_x, P_y, M = _on_inputs(xp, d, k), _on_labels(xp, d, k), E.T @ E
    layer = E + (E @ P_x @ M @ P_y + E @ P_y @ M @ P_x) * eta / (n if averaged else 1)
    loss = lambda W: xp.norm2(x @ W.T - y) / (2 * n)
    step = -eta * xp.gradient(loss, xp.zeros(k, d)) @ query
    return Equal(layer[n], xp.concat([query, step]))


icl_field.vary("the step size off by n", key="step-off-by-n", averaged=False)


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
    expect="proved up to d, n = 3; k = 2",
    title="Under iX' = ∂V/∂X* with a real potential the step is turned by −i",
    sources=[talk("In-Context Learning"), ours("the talk's equation")],
    equations=["eq-lt-icl-conservative"],
    given={k: v for k, v in IN_CONTEXT.items() if k != "W0"},
    sizes=FEW_EXAMPLES,
    needs=["linear-attention-icl-paired-field"],
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
