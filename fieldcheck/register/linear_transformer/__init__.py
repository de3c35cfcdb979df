"""The linear Transformer as a field: chapter ``linear_transformer``.

- ``depth``: depth as time
- ``equation``: the Transformer as an equation
- ``splitting``: parallel against sequential blocks
- ``blow_up``: finite depth: which flows end
- ``potentials``: the potentials of MLP and attention
- ``pairing``: which linear Transformers have a potential
- ``factors``: factors: halves
- ``orders``: order and interaction
- ``hamiltonian``: one Hamiltonian framework?
- ``in_context``: in-context learning
"""

from importlib import import_module

ORDER = "depth equation splitting blow_up potentials pairing factors orders hamiltonian in_context"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
