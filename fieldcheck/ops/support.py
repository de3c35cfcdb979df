"""What each operation bears, as data: the table in the book is written from it, and tests try each
of its cells.

Words of the columns
    second: "any order", or "second", where third derivatives need more than the first two do.
    special: what a NaN or an infinity among the arguments does.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ._check import COMPLEX, FLOATING

TRANSFORMS = ("vmap", "grad", "jvp", "jacrev", "jacfwd", "hessian")


class Support(NamedTuple):
    """One row: dtypes it takes and gives, transforms of torch.func, and the rest in words."""

    dtypes: tuple[torch.dtype, ...]
    energy: bool
    transforms: tuple[str, ...]
    anneals: str
    second: str
    special: str


CONIC = Support(FLOATING, False, TRANSFORMS, "eps", "any order", "NaN: its group")
SUPPORT: dict[str, Support] = {
    "colu": CONIC,
    "rcolu": CONIC,
    "soc_projection": CONIC._replace(anneals="half_angle"),
    "psd_projection": Support(
        FLOATING + COMPLEX, False, TRANSFORMS, "", "second", "refused; NaN at 2 x 2"
    ),
    "gibbs": Support(
        FLOATING, False, TRANSFORMS, "temperature", "any order", "as softmax: see its docstring"
    ),
    "gibbs_free_energy": Support(
        FLOATING, False, TRANSFORMS, "temperature", "any order", "as logsumexp: see its docstring"
    ),
    "free_energy": Support(
        FLOATING + COMPLEX, True, TRANSFORMS, "scale", "any order", "NaN: all rows that meet it"
    ),
    "quartic": Support(FLOATING + COMPLEX, True, TRANSFORMS, "", "any order", "NaN: all"),
    "glu_potential": Support(FLOATING, True, TRANSFORMS, "", "any order", "NaN: its row"),
}


def words(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def table() -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table in the book."""
    head = ["operation", "dtypes", "autocast", "torch.func", "torch.compile", "torch.export",
            "derivatives", "NaN, infinities"]  # fmt: skip
    rows = []
    for name, s in SUPPORT.items():
        dtypes = ", ".join(words(d) for d in s.dtypes if d not in COMPLEX)
        rows.append([
            f"`{name}`",
            dtypes + ("; complex" if set(COMPLEX) <= set(s.dtypes) else ""),
            "as outside" + ("; energies of half types float32" if s.energy else ""),
            ", ".join(s.transforms),
            "whole graph, any size" + (f"; `{s.anneals}` may vary" if s.anneals else ""),
            "any size",
            s.second,
            s.special,
        ])  # fmt: skip
    return head, rows
