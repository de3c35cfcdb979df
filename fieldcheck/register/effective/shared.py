"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.claim import paper, talk
from fieldcheck.domains import built

WHY_EFFECTIVE = talk("Why Is V “Effective”?")
LEMMA_4 = paper("Lemma 4 and Theorem 5")


def probes(K):
    """K states at once."""
    return built(
        "tensor of states",
        (K, "N", "C"),
        {"re": (K, "N", "C"), "im": (K, "N", "C")},
        lambda xp, raw: raw["re"] + xp.i * raw["im"],
        covers="all",
    )


def swapped(xp, X):
    """The first two tokens change places."""
    return xp.concat([X[1:2], X[:1], X[2:]])


def circle(xp, t):
    """A complex number of modulus one, rational in t."""
    return (1 - t * t + 2 * xp.i * t) / (1 + t * t)
