"""Another metric, in which self-attention is a gradient."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import real_invertible, real_matrix, spd, symmetric
from fieldcheck.fields import free_energy as attention
from fieldcheck.relations import AtMost, Equal, at_most


@claim(
    "softmax-other-metric",
    expect="proved",
    title="In a metric that weighs the tokens, self-attention is a gradient",
    sources=[ours("after Geshkovski et al. 2023")],
    equations=["eq-other-metric"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), H=real_matrix("N", "C")),
)
def other_metric(xp, X, W, H, *, weighted=True, factor=1):
    """With symmetric W and values tied to keys, softmax attention is the gradient of half the sum
    of exponentials in the metric that weighs token i by its partition sum."""
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    E = lambda X: factor * attention.unnormalized(xp, X, W)
    inner = attention.weighted_inner(xp, X, W, H, F) if weighted else xp.sum(H * F)
    return Equal(xp.push(E, X, H), inner)


other_metric.vary("the Euclidean metric", key="euclidean-metric", weighted=False)
other_metric.vary("the energy without its factor ½", key="half-missing", factor=2)


@claim(
    "softmax-other-metric-values",
    expect="proved",
    title="A wider tying for which a weighted metric works",
    sources=[ours()],
    equations=["eq-other-metric-values"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C"), A=spd("C"), G=real_matrix("N", "C")),
)
def other_metric_values(xp, X, W, A, G, *, metric=lambda A, G: G):
    """With symmetric W and a value map VOᵀ = WA, A symmetric positive definite, attention is the
    gradient of the same energy in the metric that weighs token i by its partition sum and uses A⁻¹
    between channels, not A.  Every H is GA, so that HA⁻¹ is G, and nothing need be inverted.
    The identity needs A symmetric and invertible only; positivity makes it a metric."""
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W @ A
    return Equal(
        xp.push(lambda X: attention.unnormalized(xp, X, W), X, G @ A),
        attention.weighted_inner(xp, X, W, metric(A, G), F),
    )


other_metric_values.vary(
    "A itself in the metric, not its inverse",
    key="not-inverted",
    metric=lambda A, G: G @ A @ A,
)
other_metric_values.vary("the metric of tied values", key="tied-metric", metric=lambda A, G: G @ A)


@claim(
    "softmax-other-metric-ascent",
    expect="proved up to N, C = 6",
    title="Attention climbs the interaction energy",
    sources=[ours("after Geshkovski et al. 2023")],
    equations=["eq-other-metric-ascent"],
    needs=["softmax-other-metric"],
    given=dict(X=real_matrix("N", "C"), W=symmetric("C")),
)
def other_metric_ascent(xp, X, W):
    """Along X' = Softmax(XWXᵀ)XW with symmetric W the energy never falls."""
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    Z = xp.sum(xp.exp(X @ W @ X.T), axis=1)
    speed = xp.push(lambda X: attention.unnormalized(xp, X, W), X, F)
    return at_most(0, speed, room=xp.sum(Z[:, None] * xp.abs2(F)))


@claim(
    "softmax-other-metric-ascent-values",
    title="Values WA climb it too, if only A + Aᵀ is positive definite",
    sources=[ours()],
    equations=["eq-other-metric-ascent-values"],
    needs=["softmax-other-metric-ascent"],
    given=dict(
        X=real_matrix("N", "C"), W=symmetric("C"), B=real_invertible("C"), K=real_matrix("C", "C")
    ),
)
def other_metric_ascent_values(xp, X, W, B, K, *, extra=0):
    """For A = BBᵀ + K − Kᵀ, which is every A with A + Aᵀ positive definite, the energy rises along
    X' = Softmax(XWXᵀ)XWA at the rate ΣZ_i‖f_iB‖² with f = Softmax(XWXᵀ)XW."""
    f = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    Z = xp.sum(xp.exp(X @ W @ X.T), axis=1)
    A = B @ B.T + K - K.T + extra * K
    speed = xp.push(lambda X: attention.unnormalized(xp, X, W), X, f @ A)
    return at_most(0, speed, room=xp.sum(Z[:, None] * xp.abs2(f @ B)))


other_metric_ascent_values.vary("any A", key="any-values", extra=1)


@other_metric_ascent.neighbour("it never rises", key="descent")
def _(xp, X, W):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ W
    return AtMost(xp.push(lambda X: attention.unnormalized(xp, X, W), X, F), 0)


@other_metric_ascent.neighbour(
    "values not tied to W", key="values-untied", given=dict(U=real_matrix("C", "C"))
)
def _(xp, X, W, U):
    F = xp.softmax(X @ W @ X.T, axis=-1) @ X @ U
    return AtMost(0, xp.push(lambda X: attention.unnormalized(xp, X, W), X, F))
