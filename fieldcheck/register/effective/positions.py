"""What positional encodings do."""

from __future__ import annotations

from fieldcheck.claim import claim, paper, talk
from fieldcheck.domains import matrix, real, vector
from fieldcheck.register.effective.shared import circle, swapped
from fieldcheck.relations import Equal


def _turned(xp, Y, z, first):
    """Row n turned by z_c^(first + n) in channel c: a complex channel is a pair of real ones."""
    return xp.stack([Y[n] * z ** (first + n) for n in range(Y.shape[0])])


ROPE = dict(X=matrix("N", "C"), Q=matrix("C", "C"), K=matrix("C", "C"), t=vector("C"))
ROPE_SIZES = dict(N=[2, 3], C=[1, 2])


@claim(
    "rope-symmetry",
    expect="proved up to N = 3; C = 2",
    title="RoPE scores depend on differences of positions only",
    sources=[talk("Why Is V “Effective”?"), paper("positional encodings do not violate symmetry")],
    equations=["eq-ef-rope"],
    given=ROPE,
    sizes=ROPE_SIZES,
    tex=r"S_{mn}=\textstyle\sum_c z_c^{s+m}(XQ)_{mc}\,\overline{z_c^{s+n}(XK)_{nc}}"
    r"\ \text{does not depend on }s",
    differs="more",
)
def rope(xp, X, Q, K, t):
    """Queries and keys of the token at position n are turned by z_c^n, |z_c| = 1, each channel with
    a frequency of its own. Moving all positions up by one changes no score."""
    z = circle(xp, t)
    scores = lambda s: _turned(xp, X @ Q, z, s) @ xp.star(_turned(xp, X @ K, z, s))
    return Equal(scores(1), scores(0))


@rope.neighbour(
    "absolute positions, added to the tokens", key="absolute-position", given=dict(p=matrix("C"))
)
def _(xp, X, Q, K, p):
    place = lambda s: xp.stack([X[n] + (s + n) * p for n in range(X.shape[0])])
    scores = lambda s: place(s) @ Q @ xp.star(place(s) @ K)
    return Equal(scores(1), scores(0))


@rope.neighbour("only the queries turned", key="unturned-keys")
def _(xp, X, Q, K, t):
    z = circle(xp, t)
    scores = lambda s: _turned(xp, X @ Q, z, s) @ xp.star(X @ K)
    return Equal(scores(1), scores(0))


@rope.neighbour(
    "the tokens turned before the projections mix their channels",
    key="before-mixing",
    sizes=dict(C=[2]),
)
def _(xp, X, Q, K, t):
    z = circle(xp, t)
    scores = lambda s: _turned(xp, X, z, s) @ Q @ xp.star(_turned(xp, X, z, s) @ K)
    return Equal(scores(1), scores(0))


@claim(
    "rope-symmetry-slots",
    title="With RoPE by slot, may the tokens still change places?",
    sources=[paper("positional encodings do not violate symmetry")],
    expect="refuted",
    given=dict(X=matrix("N", "C"), W=vector("C"), t=real()),
    sizes=dict(N=[3], C=[1, 2]),
    tex=r"V(\Pi X) = V(X),\quad V=\textstyle\sum_{mn}\operatorname{Re}S_{mn}",
)
def slots(xp, X, W, t):
    """If the position is the index of the slot, exchanging two tokens leaves the sum of the scores
    alone (it does not: RoPE breaks the exchange of words, as the talk says)."""
    z = circle(xp, t)
    V = lambda X: xp.real(_total(xp, X, W, z, range(X.shape[0])))
    return Equal(V(swapped(xp, X)), V(X))


def _total(xp, X, W, z, places):
    """The sum of all scores of tokens turned according to their places."""
    Y = xp.sum(xp.stack([X[n] * z**place for n, place in enumerate(places)]), axis=0)
    return xp.sum(W * Y * xp.conj(Y))


@slots.neighbour("the position carried inside the token", key="carried")
def _(xp, X, W, t):
    z, places = circle(xp, t), list(range(X.shape[0]))
    moved = [places[1], places[0], *places[2:]]
    return Equal(
        xp.real(_total(xp, swapped(xp, X), W, z, moved)), xp.real(_total(xp, X, W, z, places))
    )


@slots.neighbour("no encoding", key="no-encoding")
def _(xp, X, W):
    V = lambda X: xp.real(_total(xp, X, W, xp.one, range(X.shape[0])))
    return Equal(V(swapped(xp, X)), V(X))
