"""Factors: halves, and the root of the head width."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, poster, talk
from fieldcheck.domains import built, matrix, real, root
from fieldcheck.fields import draws, moments, potentials
from fieldcheck.register.linear_transformer.shared import UP_TO_3, WIDTH
from fieldcheck.relations import Equal, Force, Law


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
    tex=r"\dot X = \tfrac12 XW + \tfrac{1}{2\sqrt r}\bigl(XAX^*XB^* + XB^*X^*XA\bigr)",
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


CHANNELS = built(
    "number of channels", ("C",), {"x": ("C",)}, lambda xp, raw: raw["x"] * 0 + 1, covers="all"
)


@claim(
    "field-prefactors-variance",
    expect="proved up to r = 2; C = 4",
    title="Scores divided by √r have unit variance",
    sources=[poster("Engineering View"), paper("C_A^(−1/2)")],
    equations=["eq-lt-score-variance"],
    given=dict(s=real(), t=real(), width=WIDTH, channels=CHANNELS),
    sizes=dict(r=[1, 2], C=[1, 2, 3, 4]),
    tex=r"\operatorname{Var}\frac{\inner{q}{k}}{\sqrt r} = \operatorname{Var}(q_1)"
    r"\operatorname{Var}(k_1)",
)
def score_variance(xp, s, t, width, channels, *, scale=lambda r, C: r):
    """For a query and a key whose r entries are independent, with mean 0 and standard deviations s
    and t, the score ⟨q, k⟩/√r has variance s²t²: the head width is the right scale."""
    r, C = width.shape[0], channels.shape[0]
    score = lambda e: s * t * xp.sum(e[0] * e[1])
    mean, square = moments.sign_moments(xp, score, 2, r)
    return Equal((square - mean * mean) / scale(r, C), s * s * t * t)


score_variance.vary(
    "the poster divides by √C",
    role="reading",
    tex=r"\operatorname{Var}(C^{-1/2}\inner{q}{k}) = \operatorname{Var}(q_1)"
    r"\operatorname{Var}(k_1)",
    scale=lambda r, C: C,
)
score_variance.vary("no root: divided by r", key="divided-by-r", scale=lambda r, C: r * r)


@claim(
    "field-prefactors-law",
    title="Scores of width 16 in 64 channels, drawn",
    sources=[ours("check by sampling")],
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
