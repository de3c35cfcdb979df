"""Complex fields, action, symplectic form: chapter ``symplectic``.

- ``kinetic``: phase space and the kinetic term
- ``form``: the symplectic form
- ``motion``: the equation of motion, from the action
- ``pair``: the paper's pair of equations
- ``splits``: dissipative and conservative parts of a field
- ``real_states``: real states, and why their weights are symmetric
- ``flow``: the flow keeps the form, and which steps keep it, too
- ``frozen``: what the isometry axiom freezes
- ``stationary``: stationary, not least
- ``newton``: kinetic minus potential energy
"""

from importlib import import_module

ORDER = "kinetic form motion pair splits real_states flow frozen stationary newton"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
