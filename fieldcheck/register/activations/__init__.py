"""Activations as projections onto cones: chapter ``activations``.

The chapter's claims fill several rooms:

- ``relu``: the projection onto the orthant, and the axioms
- ``conic``: the conic linear unit, its definition and axioms
- ``symmetry``: what commutes with the activations
- ``metric``: metric projections onto cones, and what is none
- ``layers``: projected gradient descent, tied weights, affine projections
"""

# isort: off
from fieldcheck.register.activations import relu, conic, symmetry, metric, layers

__all__ = ["conic", "layers", "metric", "relu", "symmetry"]
