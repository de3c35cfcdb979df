"""The path integral on a lattice: chapter ``path_integral``.

- ``partition``: the partition function on a lattice
- ``stationary_phase``: stationary phase: the leading term and its error
- ``kernel``: the oscillator's kernel
"""

from importlib import import_module

ORDER = "partition stationary_phase kernel"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
