"""The theory's objects as formulas in ``xp``: potentials, forces, actions, flows, symmetries."""
