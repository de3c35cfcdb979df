"""The conic unit and its symmetry: chapter ``symmetry``.

- ``conic``: the conic linear unit, its definition and axioms
- ``metric``: it is no metric projection, and no layer of it is a projected gradient step
- ``commuting``: what commutes with the activations
"""

from importlib import import_module

ORDER = "conic metric commuting"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
