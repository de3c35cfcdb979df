"""Points of prime fields: random residues for the raw parameters, signs being 1 or -1."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.prime import Prime
from fieldcheck.evidence.draws import Raw
from fieldcheck.evidence.statement import Statement

COMPONENTS = 6
"""Free signs all of whose values are tried."""

Shapes = Mapping[str, tuple[int, ...]]


def components(statement: Statement, shapes: Shapes) -> Iterator[Raw]:
    """Every choice of the raw parameters that are signs (one empty choice where there are none)."""
    names = [name for name in shapes if name in statement.sign_raws]
    count = sum(int(np.prod(shapes[name], dtype=int)) for name in names)
    if count > COMPONENTS:
        raise Unsupported(f"more than {COMPONENTS} free signs")
    for signs in itertools.product((1, -1), repeat=count):
        left = iter(signs)
        chosen = {}
        for name in names:
            chosen[name] = np.empty(shapes[name], dtype=object)
            for index in np.ndindex(*shapes[name]):
                chosen[name][index] = next(left)
        yield chosen


def residues(xp: Prime, shapes: Shapes, signs: Raw) -> Raw:
    """Random residues, and the signs that were chosen."""
    return {k: signs[k] % xp.p if k in signs else xp.residues(s) for k, s in shapes.items()}
