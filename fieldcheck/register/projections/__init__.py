"""Activations as projections: chapter ``projections``.

- ``relu``: the projection onto the orthant, and the axioms
- ``cones``: nearest points of cones
- ``layers``: projected gradient descent, tied weights, affine projections
"""

from importlib import import_module

ORDER = "relu cones layers"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
