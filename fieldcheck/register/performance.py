"""The identities that the fast operations rest on: chapter ``performance``.

Order of the file: the log-sum-exp from public attention; the key half of the gradient as a second
pass of attention; causal masks turned over; the association order of the quartic force.
"""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import matrix, positive, real_matrix, vector
from fieldcheck.fields import passes
from fieldcheck.relations import Equal, Gradient


# -- what a fused kernel returns ------------------------------------------------------------------
@claim(
    "lse-from-null-key",
    title="A null key recovers the log-sum-exp from attention alone",
    sources=[ours("how to read an energy off a kernel that returns none")],
    equations=["eq-perf-null-key"],
    given=dict(s=vector("M")),
)
def null_key(xp, s):
    """Give attention one more key with score 0, and let t be its weight. Then the log-sum-exp of
    the other scores is log(1 − t) − log t."""
    t = passes.null_weight(xp, s)
    return Equal(xp.logsumexp(s), xp.log(1 - t) - xp.log(t))


@null_key.neighbour("the null key counted among the others: minus log t", key="null-counted")
def _(xp, s):
    return Equal(xp.logsumexp(s), -xp.log(passes.null_weight(xp, s)))


# -- the second pass ------------------------------------------------------------------------------
TWO_PASS = dict(q=real_matrix("N", "d"), k=real_matrix("M", "d"), s=positive())


@claim(
    "free-energy-two-pass",
    title="The key half of the gradient is a second forward pass of attention",
    sources=[ours("how the fast gradient is computed")],
    equations=["eq-perf-key-gradient", "eq-perf-two-pass"],
    given=TWO_PASS,
    needs=["lse-gradient-softmax"],
    tex=r"\nabla_k\,\frac1s\sum_n\lse_m(s\,q_nk_m^\top) = \diag(\ee^{\ell'})\,"
    r"\softmax(s\,[k,1]\,[q,-\ell/s]^\top)\,q",
)
def two_pass(xp, q, k, s, *, sign=1, unscaled=False):
    """The gradient in the keys of the free energy of N queries among M keys is attention of the
    keys over the queries. Each query carries the extra coordinate −ℓ/s, ℓ its own log-sum-exp,
    each key the extra coordinate 1, and each row is scaled by the exponential of its own
    log-sum-exp ℓ'."""
    rows, lse = passes.second_pass(xp, q, k, s, sign=sign, unscaled=unscaled)
    return Gradient(lambda k: passes.free_energy(xp, q, k, s), k, xp.exp(lse)[:, None] * (rows @ q))


@two_pass.neighbour("rows left normalized: the factor exp ℓ' forgotten", key="factor-forgotten")
def _(xp, q, k, s):
    rows, _ = passes.second_pass(xp, q, k, s)
    return Gradient(lambda k: passes.free_energy(xp, q, k, s), k, rows @ q)


two_pass.vary("the shift with the other sign: +ℓ/s", key="shift-sign", sign=-1)
two_pass.vary("no shift at all", key="no-shift", sign=0)
two_pass.vary("the shift not divided by the scale", key="shift-unscaled", unscaled=True)


@claim(
    "free-energy-hessian-rows",
    expect="proved",
    title="A Hessian-vector product needs rows, not matrices",
    sources=[ours("how second derivatives stay linear in memory")],
    equations=["eq-perf-hessian"],
    given=dict(q=vector("d"), k=real_matrix("M", "d"), s=positive(), u=vector("d")),
    needs=["lse-gradient-softmax"],
)
def hessian_rows(xp, q, k, s, u, *, mean=1):
    """The Hessian of one query's free energy, applied to u, is s times the covariance under p of
    the keys with their projections on u: one pass over the keys, once p is at hand."""
    p = xp.softmax(s * (k @ q))
    along = k @ u
    force = lambda q: xp.softmax(s * (k @ q)) @ k
    return Equal(xp.push(force, q, u), s * ((p * (along - mean * xp.sum(p * along))) @ k))


hessian_rows.vary("the mean not taken off", key="mean-kept", mean=0)


# -- the order of products ------------------------------------------------------------------------
@claim(
    "quartic-association-order",
    expect="proved",
    title="The quartic force in the order N C²",
    sources=[ours("how linear attention is linear")],
    equations=["eq-perf-association"],
    given=dict(
        X=matrix("N", "C"),
        q=matrix("C", "r"),
        k=matrix("C", "r"),
        v=matrix("C", "r"),
        o=matrix("C", "r"),
    ),
    sizes=dict(r=[1, 2]),
)
def association(xp, X, q, k, v, o, *, transposed=False):
    """With A = qk*, B = vo* and M = X*X, the force XAX*XB + XBX*XA is X times the C x C matrix
    q(k*Mv)o* + v(o*Mq)k*: no product ever has N² entries."""
    A, B = q @ xp.star(k), v @ xp.star(o)
    scores_a, scores_b = X @ A @ xp.star(X), X @ B @ xp.star(X)
    M = xp.star(X) @ X
    middle = passes.middle(xp, M.T if transposed else M, q, k, v, o)
    return Equal(X @ middle, scores_a @ X @ B + scores_b @ X @ A)


@association.neighbour("the first term alone", key="one-term")
def _(xp, X, q, k, v, o):
    A, B = q @ xp.star(k), v @ xp.star(o)
    M = xp.star(X) @ X
    right = X @ A @ xp.star(X) @ X @ B + X @ B @ xp.star(X) @ X @ A
    return Equal(X @ q @ (xp.star(k) @ M @ v) @ xp.star(o), right)


association.vary(
    "M transposed, as it is without the conjugate", key="moment-transposed", transposed=True
)
