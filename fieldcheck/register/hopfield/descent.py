"""Hopfield descent: one attention step lowers an energy."""

from __future__ import annotations

from fieldcheck.claim import claim, ours
from fieldcheck.domains import nonnegative, positive, real_matrix, vector
from fieldcheck.fields import hopfield
from fieldcheck.register.hopfield.shared import PATTERNS
from fieldcheck.relations import AtMost, at_most


def _divergence(xp, x, y, K, beta):
    """KL(softmax(β K x) ‖ softmax(β K y)), term by term."""
    a, b = xp.exp(beta * (K @ x)), xp.exp(beta * (K @ y))
    return xp.sum(xp.relative_entropy(a, b, xp.sum(a), xp.sum(b)))


@claim(
    "hopfield-descent",
    expect="proved",
    title="One attention step lowers the modern Hopfield energy, over-relaxed or not",
    sources=[ours("after Ramsauer et al. 2020")],
    equations=["eq-hopfield-descent"],
    given=dict(x=vector("d"), K=real_matrix("M", "d"), beta=positive(), b=nonnegative()),
    sizes=PATTERNS,
    needs=["softmax-query-only"],
)
def hopfield_descent(xp, x, K, beta, b):
    """For every x, all patterns K and β > 0, a step of length s in (0, 2] towards
    softmax(β K x)K does not raise E(x) = ½‖x‖² − (1/β) log Σ exp(β⟨k, x⟩).

    With s = 2/(1 + b) the drop is (s(2 − s)/2)‖update − x‖² plus KL/β, both nonnegative."""
    s = 2 / (1 + b)
    y = hopfield.step(xp, x, K, beta, s)
    move = xp.norm2(hopfield.update(xp, x, K, beta) - x)
    return at_most(
        hopfield.energy(xp, y, K, beta),
        hopfield.energy(xp, x, K, beta),
        room=s * (b / (1 + b)) * move + _divergence(xp, x, y, K, beta) / beta,
        sharp=True,
    )


@hopfield_descent.neighbour("a step longer than twice the update", key="step-beyond-two")
def _(xp, x, K, beta, b):
    y = hopfield.step(xp, x, K, beta, 2 + b)
    return AtMost(hopfield.energy(xp, y, K, beta), hopfield.energy(xp, x, K, beta))


@hopfield_descent.neighbour("a step away from the update", key="step-backwards")
def _(xp, x, K, beta, b):
    y = hopfield.step(xp, x, K, beta, -b)
    return AtMost(hopfield.energy(xp, y, K, beta), hopfield.energy(xp, x, K, beta))


@claim(
    "hopfield-descent-amount",
    expect="proved",
    title="The drop is at least half the squared step",
    sources=[ours()],
    equations=["eq-hopfield-amount"],
    given=dict(x=vector("d"), K=real_matrix("M", "d"), beta=positive()),
    sizes=PATTERNS,
    needs=["softmax-query-only"],
)
def hopfield_amount(xp, x, K, beta):
    """The full update lowers the energy by half its squared length, plus KL(p ‖ p⁺)/β, where
    p and p⁺ are the attention weights before and after: so the steps are square-summable."""
    y = hopfield.update(xp, x, K, beta)
    drop = hopfield.energy(xp, x, K, beta) - hopfield.energy(xp, y, K, beta)
    room = _divergence(xp, x, y, K, beta) / beta
    return at_most(xp.norm2(y - x) / 2, drop, room=room, sharp=True)


@hopfield_amount.neighbour("at least the whole squared step", key="constant-one")
def _(xp, x, K, beta):
    y = hopfield.update(xp, x, K, beta)
    drop = hopfield.energy(xp, x, K, beta) - hopfield.energy(xp, y, K, beta)
    return AtMost(xp.norm2(y - x), drop)
