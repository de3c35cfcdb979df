"""Frozen keys: Hopfield descent and its phase transition: chapter ``hopfield``.

- ``descent``: one attention step lowers an energy
- ``transition``: the phase transition of two opposite patterns
"""

from importlib import import_module

ORDER = "descent transition"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
