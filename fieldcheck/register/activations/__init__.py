"""Activations as projections onto cones: chapter ``activations``.

The chapter's claims fill several rooms:

- ``relu``: the projection onto the orthant, and the axioms
- ``conic``: the conic linear unit, its definition and axioms
- ``symmetry``: what commutes with the activations
- ``metric``: metric projections onto cones, and what is none
- ``layers``: projected gradient descent, tied weights, affine projections
"""

from importlib import import_module

ORDER = "relu conic symmetry metric layers"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
