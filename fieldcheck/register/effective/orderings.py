"""Orderings of a word in several weights."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import hermitian, matrix, real_matrix, symmetric
from fieldcheck.fields import invariants
from fieldcheck.register.effective.shared import LEMMA_4, WHY_EFFECTIVE
from fieldcheck.relations import Equal, Rank

ORDER = dict(X=matrix("N", "C"), U=matrix("C", "C"), V=matrix("C", "C"), W=matrix("C", "C"))
ORDER_SIZES = dict(N=[1, 2, 3], C=[1, 2, 3])


def _arguments(xp, X, *weights):
    """X W X* for each weight."""
    return [X @ W @ xp.star(X) for W in weights]


@claim(
    "ordering-ambiguity",
    title="Does a function of commuting variables decide the third order?",
    sources=[LEMMA_4, WHY_EFFECTIVE],
    expect="refuted",
    equations=["eq-ef-third-order"],
    given=ORDER,
    sizes=ORDER_SIZES,
    tex=r"\Tr ABC = \Tr ACB,\qquad A=XW_1X^*,\ B=XW_2X^*,\ C=XW_3X^*",
    differs="denied",
)
def third(xp, X, U, V, W):
    """Tr ABC = Tr ACB for A, B, C of the form XWX* (false: a sextic Tr f needs an order)."""
    A, B, C = _arguments(xp, X, U, V, W)
    return Equal(xp.trace(A @ B @ C), xp.trace(A @ C @ B))


@third.neighbour("second order: Tr AB = Tr BA", key="second-order")
def _(xp, X, U, V):
    A, B = _arguments(xp, X, U, V)
    return Equal(xp.trace(A @ B), xp.trace(B @ A))


@third.neighbour("a rotation of the word: Tr ABC = Tr BCA", key="rotation")
def _(xp, X, U, V, W):
    A, B, C = _arguments(xp, X, U, V, W)
    return Equal(xp.trace(A @ B @ C), xp.trace(B @ C @ A))


third.vary(
    "real tokens and symmetric weights",
    key="symmetric",
    given=dict(X=real_matrix("N", "C"), U=symmetric("C"), V=symmetric("C"), W=symmetric("C")),
)


@third.neighbour(
    "Hermitian weights, real parts",
    key="hermitian-real-part",
    given=dict(U=hermitian("C"), V=hermitian("C"), W=hermitian("C")),
)
def _(xp, X, U, V, W):
    A, B, C = _arguments(xp, X, U, V, W)
    return Equal(xp.real(xp.trace(A @ B @ C)), xp.real(xp.trace(A @ C @ B)))


@claim(
    "ordering-ambiguity-fourth",
    title="Do symmetric weights remove the ambiguity at fourth order?",
    sources=[LEMMA_4],
    expect="refuted",
    given=dict(X=real_matrix("N", "C"), U=symmetric("C"), V=symmetric("C")),
    sizes=ORDER_SIZES,
    tex=r"\Tr AABB = \Tr ABAB",
)
def fourth(xp, X, U, V):
    """Tr AABB = Tr ABAB for real tokens and symmetric weights (it is false)."""
    A, B = _arguments(xp, X, U, V)
    return Equal(xp.trace(A @ A @ B @ B), xp.trace(A @ B @ A @ B))


@fourth.neighbour("a rotation: Tr AABB = Tr ABBA", key="rotation")
def _(xp, X, U, V):
    A, B = _arguments(xp, X, U, V)
    return Equal(xp.trace(A @ A @ B @ B), xp.trace(A @ B @ B @ A))


def _traces_of_words(xp, X, weights, words):
    """Tr of each word at each point."""
    rows = []
    for x in X:
        letters = _arguments(xp, x, *weights)
        row = []
        for word in words:
            value = letters[word[0]]
            for k in word[1:]:
                value = value @ letters[k]
            row.append(xp.trace(value))
        rows.append(xp.stack(row))
    return xp.stack(rows)


THIRD_ORDER = [(a, b, c) for a in range(3) for b in range(3) for c in range(3)]
FOURTH_ORDER = [(a, b, c, d) for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)]


@claim(
    "ordering-ambiguity-necklaces",
    expect="proved up to N, C = 4",
    title="With channels enough, words up to rotation: 11 cubics in three, 6 quartics in two",
    sources=[ours("repair of Lemma 4")],
    needs=["ordering-ambiguity"],
    equations=["eq-ef-necklaces"],
    given=dict(X=matrix(12, "N", "C"), W=matrix(3, "C", "C")),
    sizes=dict(N=[4], C=[3, 4]),
    tex=r"\dim\operatorname{span}\{\Tr A_{i_1}\cdots A_{i_d}\}"
    r" \le \min\Bigl\{\tfrac1d\sum_{s<d}n^{\gcd(s,d)},\tbinom{C^2+d-1}{d}\Bigr\},"
    r"\quad\text{the first attained for }(n,d)=(3,3),(2,4)",
    differs="more",
)
def necklace(xp, X, W):
    """The traces of words of length d in n arguments XW_iX* span a space whose dimension is at most
    the number of necklaces, and at most that of the polynomials of degree d in the C² entries of
    X*X. For generic weights and C ≥ 3 it is the number of necklaces for n = d = 3, where it is 11,
    and for n = 2, d = 4, where it is 6."""
    return (
        Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), invariants.necklaces(3, 3)),
        Rank(_traces_of_words(xp, X, list(W), FOURTH_ORDER), invariants.necklaces(2, 4)),
    )


@necklace.neighbour("off by one", key="off-by-one")
def _(xp, X, W):
    return Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), invariants.necklaces(3, 3) + 1)


@necklace.neighbour("10, the cubic monomials in three commuting variables", key="commuting")
def _(xp, X, W):
    return Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), 10)


@necklace.neighbour(
    "one channel, whatever N: only Mᵈ is left", key="one-channel", sizes=dict(C=[1])
)
def _(xp, X, W):
    return Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), invariants.necklaces(3, 3))


@necklace.neighbour("one token, where all words commute", key="one-token", sizes=dict(N=[1]))
def _(xp, X, W):
    return Rank(_traces_of_words(xp, X, list(W), THIRD_ORDER), invariants.necklaces(3, 3))
