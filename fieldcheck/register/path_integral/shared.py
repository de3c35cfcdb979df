"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.claim import talk

PRINTED = talk("Why Is iX' = ∂V/∂X* Canonical?")


def product_of(values):
    """The product of the entries of a vector."""
    total = values[0]
    for value in values[1:]:
        total = total * value
    return total
