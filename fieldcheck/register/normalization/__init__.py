"""Rank, scale and normalization: chapter ``normalization``.

- ``low_rank``: heads as random projections
- ``scores``: the scale of the scores
- ``norms``: how nearly linear normalization is
- ``layer_norm``: layer norm has a potential, and pre-norm an energy
"""

from importlib import import_module

ORDER = "low_rank scores norms layer_norm"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
