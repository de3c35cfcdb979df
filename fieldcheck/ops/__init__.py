"""The theory's energies and forces as torch functions at the speed of the hardware.

Each function stands beside a plain form with the same signature in :mod:`fieldcheck.ops.reference`.
What each bears, dtype by dtype and transform by transform, is data in
:mod:`fieldcheck.ops.support`.  ``torch.autocast`` lowers no precision in them: they compute in the
dtype of their tensors, in float32 where these are half, and take tensors of several dtypes to the
widest.
"""

from ._results import FreeEnergy, GluPotential, Quartic
from ._roads import Choice, attention_road, explain
from .conic import colu, rcolu, soc_projection
from .free_energy import free_energy
from .gibbs import gibbs, gibbs_free_energy
from .glu import glu_potential
from .masks import Band, Blocks, Causal
from .psd import psd_projection
from .quartic import quartic

__all__ = [
    "Band",
    "Blocks",
    "Causal",
    "Choice",
    "FreeEnergy",
    "GluPotential",
    "Quartic",
    "attention_road",
    "colu",
    "explain",
    "free_energy",
    "gibbs",
    "gibbs_free_energy",
    "glu_potential",
    "psd_projection",
    "quartic",
    "rcolu",
    "soc_projection",
]
