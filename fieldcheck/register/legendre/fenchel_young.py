"""The inequality of Fenchel and Young, and its gap."""

from __future__ import annotations

from fractions import Fraction

from fieldcheck.claim import claim, ours
from fieldcheck.domains import (
    between,
    nonnegative,
    positive,
    real,
    real_invertible,
    simplex,
    vector,
)
from fieldcheck.fields.duality import bregman, negative_entropy, quartic_oscillator
from fieldcheck.register.legendre.shared import TALK
from fieldcheck.relations import AtMost, Equal, at_most


@claim(
    "legendre-fenchel-young",
    expect="proved",
    title="Fenchel-Young: L(q) + L*(p) ≥ p q, with equality only at p = ∇L(q)",
    sources=[TALK],
    equations=["eq-fenchel-young", "eq-fenchel-young-gap"],
    given=dict(A=real_invertible("n"), b=nonnegative(), q=vector("n"), r=vector("n")),
    tex=r"\langle p,q\rangle\le L(q)+L^*(p),\qquad "
    r" L(q)+L^*(p)-\langle p,q\rangle\ge\tfrac12\|A^{\mathsf T}(q-r)\|^2,\quad p=\nabla L(r)",
)
def fenchel_young(xp, A, b, q, r):
    """For L(q) = ½⟨q, Mq⟩ + (b/4)‖q‖⁴ with M = AAᵀ positive definite, b ≥ 0 and p = ∇L(r) (every
    p is one), L*(p) = ⟨p, r⟩ − L(r). Then L(q) + L*(p) − ⟨p, q⟩ is a sum of squares, and at least
    ½‖Aᵀ(q − r)‖²: it vanishes only for q = r, that is p = ∇L(q)."""
    L = lambda q: quartic_oscillator(xp, A, b, q)
    p = A @ (A.T @ r) + b * xp.sum(r * r) * r
    conjugate = xp.sum(p * r) - L(r)
    square = xp.norm2(A.T @ (q - r)) / 2
    rest = b * ((xp.norm2(q) - xp.norm2(r)) ** 2 + 2 * xp.norm2(r) * xp.norm2(q - r)) / 4
    return (
        *at_most(xp.sum(p * q), L(q) + conjugate, room=square + rest, sharp=True),
        *at_most(square, L(q) + conjugate - xp.sum(p * q), room=rest, sharp=True),
    )


@fenchel_young.neighbour("the sign reversed: L + L* ≤ p q", key="reversed")
def _(xp, A, b, q, r):
    L = lambda q: quartic_oscillator(xp, A, b, q)
    p = A @ (A.T @ r) + b * xp.sum(r * r) * r
    return AtMost(L(q) + xp.sum(p * r) - L(r), xp.sum(p * q))


@fenchel_young.neighbour("equality elsewhere: at p = ∇L(−q) as well", key="equality-elsewhere")
def _(xp, A, b, q):
    L = lambda q: quartic_oscillator(xp, A, b, q)
    r = -q
    p = A @ (A.T @ r) + b * xp.sum(r * r) * r
    return Equal(L(q) + xp.sum(p * r) - L(r), xp.sum(p * q))


@claim(
    "legendre-fenchel-young-bregman",
    expect="proved",
    title="For exp the Fenchel-Young gap is a Bregman divergence, from either side",
    sources=[ours()],
    equations=["eq-fenchel-young-bregman"],
    given=dict(q=real(), t=positive()),
    needs=["legendre-definition-exp"],
    tex=r"L=\exp:\quad L(q)+L^*(p)-pq=D_L(q,\nabla L^*(p))=D_{L^*}(p,\nabla L(q))",
    differs="less",
)
def fenchel_young_bregman(xp, q, t):
    """For L = exp and L*(t) = t log t − t the gap at (q, t) is L's Bregman divergence from log t
    to q, and L*'s from e^q to t."""
    Ls = lambda t: t * xp.log(t) - t
    gap = xp.exp(q) + t * xp.log(t) - t - t * q
    return (
        Equal(gap, bregman(xp, xp.exp, q, xp.log(t))),
        Equal(gap, bregman(xp, Ls, t, xp.exp(q))),
    )


@fenchel_young_bregman.neighbour("the two arguments swapped", key="swapped")
def _(xp, q, t):
    gap = xp.exp(q) + t * xp.log(t) - t - t * q
    return Equal(gap, bregman(xp, xp.exp, xp.log(t), q))


@claim(
    "legendre-fenchel-young-lse",
    title="For log-sum-exp the Fenchel-Young gap is the Kullback-Leibler divergence",
    sources=[ours()],
    equations=["eq-fenchel-young-lse"],
    given=dict(x=vector("n"), p=simplex("n")),
    needs=["legendre-definition-lse"],
)
def fenchel_young_lse(xp, x, p):
    """log-sum-exp plus negative entropy minus ⟨p, x⟩ is Σ p log(p/s) with s = softmax(x), and that
    is the entropy's Bregman divergence from s to p."""
    gap = xp.logsumexp(x) + xp.sum(p * xp.log(p)) - xp.sum(p * x)
    s = xp.exp(x) / xp.sum(xp.exp(x))
    return (
        Equal(gap, xp.sum(p * xp.log(p / s))),
        Equal(gap, bregman(xp, lambda p: negative_entropy(xp, p), p, s)),
    )


@fenchel_young_lse.neighbour("the divergence the other way, from p to softmax(x)", key="swapped")
def _(xp, x, p):
    gap = xp.logsumexp(x) + xp.sum(p * xp.log(p)) - xp.sum(p * x)
    s = xp.exp(x) / xp.sum(xp.exp(x))
    return Equal(gap, xp.sum(s * xp.log(s / p)))


@claim(
    "legendre-fenchel-young-box",
    expect="proved",
    title="Fenchel-Young for exp, enclosed on a box that leaves out the curve of equality",
    sources=[TALK],
    equations=["eq-fenchel-young-exp"],
    given=dict(q=between(-Fraction(1, 2), Fraction(1, 2)), s=between(Fraction(1, 2), 1)),
    needs=["legendre-definition-exp"],
    box=dict(raw={"q.x": (-1, 1), "s.x": (-1, 1)}),
)
def fenchel_young_box(xp, q, s):
    """p q ≤ e^q + p log p − p for p = e^(q+s) and p = e^(q-s), over the box |q| ≤ 1/2, 1/2 ≤ s ≤ 1:
    there the strict inequality is proved in balls. Equality holds on the curve s = 0."""
    p = lambda s: xp.exp(q + s)
    bound = lambda s: xp.exp(q) + p(s) * (q + s - 1)  # log p = q + s
    return (
        AtMost(p(s) * q, bound(s)),
        AtMost(p(-s) * q, bound(-s)),
        Equal(p(0 * s) * q, bound(0 * s)),
    )


@fenchel_young_box.neighbour("the sign reversed", key="reversed")
def _(xp, q, s):
    p = xp.exp(q + s)
    return AtMost(xp.exp(q) + p * (q + s) - p, p * q)


@fenchel_young_box.neighbour("equality elsewhere: on s = 1 as well", key="equality-elsewhere")
def _(xp, q):
    p = xp.exp(q + 1)
    return Equal(p * q, xp.exp(q) + p * (q + 1) - p)
