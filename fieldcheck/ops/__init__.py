"""The theory's energies and forces as torch functions at the speed of the hardware.

Each function stands beside a plain form with the same signature in :mod:`fieldcheck.ops.reference`.
"""

from ._roads import Choice, attention_road, explain
from .free_energy import FreeEnergy, free_energy
from .masks import Band, Blocks, Causal

__all__ = [
    "Band",
    "Blocks",
    "Causal",
    "Choice",
    "FreeEnergy",
    "attention_road",
    "explain",
    "free_energy",
]
