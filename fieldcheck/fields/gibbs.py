"""The free energy of a distribution: mean energy plus temperature times negative entropy."""

from __future__ import annotations

from typing import Any


def free_energy(xp, p, log_p, E, tau) -> Any:
    """Σ_i p_i E_i + tau Σ_i p_i log p_i for probabilities p (n), energies E (n), tau a number.

    The logarithm is an argument of its own, so that a caller can pass a quotient's as a difference.
    """
    return xp.sum(p * E) + tau * xp.sum(p * log_p)
