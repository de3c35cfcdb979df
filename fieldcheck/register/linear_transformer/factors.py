"""Factors: halves."""

from __future__ import annotations

from fieldcheck.claim import claim, poster, talk
from fieldcheck.domains import matrix, root
from fieldcheck.fields import potentials
from fieldcheck.register.linear_transformer.shared import UP_TO_3
from fieldcheck.relations import Force


@claim(
    "field-prefactors",
    expect="proved",
    title="The talk's halves stay in the weights",
    sources=[talk("In-Context Learning"), poster("Engineering View")],
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
)
def field_prefactors(xp, X, W, A, B, root_r, *, half=2, turned=True):
    """With the talk's V = (i/2)Tr(XWX*) + (i/(2√r))Tr(XAX*XB*X*) and its equation iX' = ∂V/∂X*, the
    velocity −i ∂V/∂X* is ½XW plus two heads of weight 1/(2√r)."""
    V = lambda X: (
        (potentials.quadratic(xp, X, W) + potentials.quartic(xp, X, A, B) / root_r) * xp.i / 2
    )
    M = xp.star(X) @ X
    heads = X @ A @ M @ xp.star(B) + X @ xp.star(B) @ M @ A
    velocity = lambda X: -xp.i * V(X) if turned else V(X)
    return Force(velocity, X, X @ W / half + heads / (half * root_r))


field_prefactors.vary(
    "the linear Transformer as the talk writes it, without the halves",
    role="reading",
    tex=r"\dot X = XW + \tfrac{1}{\sqrt r}\bigl(XAX^*XB^* + XB^*X^*XA\bigr)",
    half=1,
)
field_prefactors.vary("the factor i left in the velocity", key="i-left", turned=False)
