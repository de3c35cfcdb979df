"""The linear Transformer as a field: chapter ``linear_transformer``.

- ``depth``: depth as time
- ``equation``: the Transformer as an equation
- ``splitting``: parallel against sequential blocks
- ``blow_up``: finite depth: which flows end
- ``low_rank``: low rank: heads as random projections
- ``potentials``: the potentials of MLP and attention
- ``pairing``: which linear Transformers have a potential
- ``factors``: factors: halves, and the root of the head width
- ``orders``: order and interaction
- ``hamiltonian``: one Hamiltonian framework?
- ``in_context``: in-context learning
- ``normalization``: how nearly linear normalization is
"""

from importlib import import_module

ORDER = (
    "depth equation splitting blow_up low_rank potentials pairing factors "
    "orders hamiltonian in_context normalization"
)

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
