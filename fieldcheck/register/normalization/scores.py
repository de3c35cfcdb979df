"""The scale of the scores: the root of the head width."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, poster
from fieldcheck.domains import built, real
from fieldcheck.fields import draws, moments
from fieldcheck.register.normalization.shared import WIDTH
from fieldcheck.relations import Equal, Law

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
