"""Phase space and the kinetic term."""

from __future__ import annotations

from fieldcheck.claim import claim, talk
from fieldcheck.domains import matrix, real_matrix
from fieldcheck.fields.symplectic import phase
from fieldcheck.relations import Equal

CANONICAL = "Why Is iX' = ∂V/∂X* Canonical?"


@claim(
    "phase-space-kinetic",
    expect="proved",
    title="The kinetic term is p q' up to a total derivative",
    sources=[talk(CANONICAL)],
    equations=["eq-kinetic-repaired"],
    given=dict(
        q=real_matrix("N", "C"),
        p=real_matrix("N", "C"),
        q_dot=real_matrix("N", "C"),
        p_dot=real_matrix("N", "C"),
    ),
)
def kinetic(xp, q, p, q_dot, p_dot, *, sign=1, boundary=-1):
    """With X = (q + ip)/√2, the trace of (i/2)(X*X' − X*'X) is Σ p q' less half the time
    derivative of Σ p q. The sums run over all tokens and channels."""
    X, X_dot = phase(xp, q, p), phase(xp, q_dot, p_dot)
    left = sign * xp.trace(xp.i * (xp.star(X) @ X_dot - xp.star(X_dot) @ X) / 2)
    return Equal(left, xp.sum(p * q_dot) + boundary * xp.sum(p_dot * q + p * q_dot) / 2)


@kinetic.printed(
    "the chain of three expressions, read with traces",
    tex=r"\tfrac12(\dot XX^*-X\dot X^*)=\tfrac{i}{2}(X^*\dot X-\dot X^*X)=p\dot q",
)
def _(xp, q, p, q_dot, p_dot):
    X, X_dot = phase(xp, q, p), phase(xp, q_dot, p_dot)
    first = xp.trace(X_dot @ xp.star(X) - X @ xp.star(X_dot)) / 2
    second = xp.trace(xp.i * (xp.star(X) @ X_dot - xp.star(X_dot) @ X) / 2)
    return Equal(first, second), Equal(second, xp.sum(p * q_dot))


kinetic.vary("the total derivative dropped", key="no-total-derivative", boundary=0)
kinetic.vary("the total derivative added instead of taken away", key="sign", boundary=1)
kinetic.vary("the two products of the kinetic term in the other order", key="order", sign=-1)


@claim(
    "phase-space-kinetic-cyclic",
    expect="proved",
    title="The token and channel forms of the kinetic term agree under the trace",
    sources=[talk(CANONICAL)],
    equations=["eq-kinetic-cyclic"],
    given=dict(X=matrix("N", "C"), X_dot=matrix("N", "C")),
)
def kinetic_cyclic(xp, X, X_dot, *, unit=lambda xp: xp.i):
    """The N x N expression X'X* − XX*' and the C x C expression X*X' − X*'X have the same trace;
    both carry the factor i/2."""
    left = xp.trace(X_dot @ xp.star(X) - X @ xp.star(X_dot))
    right = xp.trace(xp.star(X) @ X_dot - xp.star(X_dot) @ X)
    return Equal(unit(xp) * left / 2, xp.i * right / 2)


kinetic_cyclic.vary(
    "the factor i missing on the left",
    role="printed",
    tex=r"\tfrac12(\dot XX^*-X\dot X^*)=\tfrac{i}{2}(X^*\dot X-\dot X^*X)",
    unit=lambda xp: xp.one,
)


@kinetic_cyclic.neighbour(
    "the traces left off, for N = C",
    key="no-trace",
    given=dict(X=matrix("N", "N"), X_dot=matrix("N", "N")),
)
def _(xp, X, X_dot):
    left = X_dot @ xp.star(X) - X @ xp.star(X_dot)
    right = xp.star(X) @ X_dot - xp.star(X_dot) @ X
    return Equal(xp.i * left / 2, xp.i * right / 2)
