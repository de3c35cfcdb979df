"""What several rooms of the chapter use."""

from __future__ import annotations


def gate_value(xp, beta):
    """G(β) = β/(1 − e^(−β))."""
    return beta / (1 - xp.exp(-beta))
