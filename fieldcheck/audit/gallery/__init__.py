"""The gallery: modules with known answers, against which the audit is held."""

from __future__ import annotations

from . import activations, attention, layers, maps, mechanics, norms
from .exhibit import Exhibit

EXHIBITS: tuple[Exhibit, ...] = tuple(
    exhibit
    for room in (activations, norms, maps, attention, layers, mechanics)
    for exhibit in room.EXHIBITS
)

BY_NAME = {exhibit.name: exhibit for exhibit in EXHIBITS}
