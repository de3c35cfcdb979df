"""Convex duality: the functions of the table of conjugates, and the Bregman divergence.

Vectors are real of shape (n,).  The conjugate of L is L*(p) = sup_q (⟨p, q⟩ - L(q)).
Sources: W. Fenchel, Canadian J. Math. 1 (1949) 73; R. T. Rockafellar, Convex Analysis (1970).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fieldcheck.domains import Domain, real


def bregman(xp, f: Callable[[Any], Any], x, y) -> Any:
    """f(x) - f(y) - ⟨∇f(y), x - y⟩: how far f at x lies above its tangent at y."""
    return f(x) - f(y) - xp.push(f, y, x - y)


def kinetic(xp, A, v) -> Any:
    """½ ⟨v, M v⟩ with the mass matrix M = A A^T."""
    return xp.sum(v * (A @ A.T @ v)) / 2


def inverse_kinetic(xp, A, p) -> Any:
    """½ ⟨p, M^-1 p⟩ with M = A A^T."""
    return xp.sum(p * xp.solve(A @ A.T, p)) / 2


def quartic_oscillator(xp, A, b, q) -> Any:
    """½ ⟨q, M q⟩ + (b/4) ‖q‖⁴ with M = A A^T; strictly convex for b >= 0."""
    return kinetic(xp, A, q) + b * xp.sum(q * q) ** 2 / 4


def negative_entropy(xp, p) -> Any:
    """Σ p log p, for positive entries."""
    return xp.sum(p * xp.log(p))


def binary_entropy(xp, p) -> Any:
    """p log p + (1 - p) log(1 - p), the negative entropy of a coin, for 0 < p < 1."""
    return p * xp.log(p) + (1 - p) * xp.log(1 - p)


def double_well(xp, q) -> Any:
    """(q² - 1)²/4: minima at ±1, a hump of height 1/4 between them."""
    return (q * q - 1) ** 2 / 4


def double_well_hull(xp, q) -> Any:
    """(q² - 1)₊²/4, the convex hull of :func:`double_well`: the hump filled in."""
    return xp.relu(q * q - 1) ** 2 / 4


def scaled_softplus(xp, x, tau) -> Any:
    """τ log(1 + exp(x/τ)), which goes to ReLU as τ goes to 0."""
    return tau * xp.softplus(x / tau)


def largest(xp, values) -> Any:
    """The largest entry of a vector."""
    top = values[0]
    for value in values[1:]:
        top = xp.maximum(top, value)
    return top


# -- domains ------------------------------------------------------------------------------------
def chance() -> Domain:
    """A number strictly between 0 and 1: u/(u + v) with u, v squares of nonzero numbers."""

    def build(xp, raw):
        u, v = (raw[k] * raw[k] for k in ("x", "y"))
        return u / (u + v)

    def fair(raw, rng):
        return {"x": raw["x"], "y": raw["x"]}

    return Domain(
        "number strictly between 0 and 1",
        (),
        {"x": (), "y": ()},
        build,
        {"ties": fair},
        relaxed=replace(real(), raw={"x": (), "y": ()}, extended=None),
        covers="all",
        nonzero=("x", "y"),
        holds=lambda re, im: bool(0 < re < 1),
    )
