"""The modern Hopfield energy and its update.

Shapes: patterns K are m x d (one a row), the state x has d entries, beta is an inverse temperature.
Source: H. Ramsauer et al., "Hopfield Networks is All You Need" (2020).
"""

from __future__ import annotations

from typing import Any


def energy(xp, x, K, beta) -> Any:
    """½‖x‖² - (1/beta) log Σ_i exp(beta ⟨k_i, x⟩), without the constants that bound it below."""
    return xp.sum(x * x) / 2 - xp.logsumexp(beta * (K @ x)) / beta


def update(xp, x, K, beta) -> Any:
    """softmax(beta K x) K: the mean of the patterns, weighted by their likeness to x."""
    return xp.softmax(beta * (K @ x)) @ K


def step(xp, x, K, beta, s) -> Any:
    """x + s (update - x): s = 1 is the update itself, s > 1 over-relaxes it."""
    return x + s * (update(xp, x, K, beta) - x)
