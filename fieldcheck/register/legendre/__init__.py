"""Legendre transform and convex duality: chapter ``legendre``.

- ``definition``: the supremum, and the table of pairs
- ``involution``: conjugating twice
- ``fenchel_young``: the inequality of Fenchel and Young, and its gap
- ``gradients``: gradients that undo each other
- ``hamiltonian``: Hamilton's equations from L
- ``singular``: the first-order action, whose transform is singular
- ``softplus``: softplus smooths ReLU
"""

from importlib import import_module

ORDER = "definition involution fenchel_young gradients hamiltonian singular softplus"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
