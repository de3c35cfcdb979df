"""Sparse attention and non-commutativity: chapter ``sparse``.

- ``commuting``: when do two steps compose?
- ``gate``: the gate of two exponentials
- ``hypothesis``: when does the gate's hypothesis hold?
- ``masks``: masks, and the symmetries that they leave
- ``free_energy``: the free energy under a mask
"""

from importlib import import_module

ORDER = "commuting gate hypothesis masks free_energy"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
