"""Claims without their code: what a command needs of them that runs none.

The files of others are read in a worker.  What a list, a page or a row says of their claims comes
from there as data.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from fieldcheck.claim import Claim, Form
from fieldcheck.domains import Domain
from fieldcheck.evidence.fingerprint import made_of

Sizes = Mapping[str, Any]


@dataclass
class Told(Claim):
    """A claim whose forms have no bodies and whose domains build nothing.

    made_of: what its rows depend on beside the library.  definitions: what its module lists as
    ``DEFINITIONS``.
    """

    made_of: bytes = b""
    definitions: tuple[str, ...] = ()


def told(claim: Claim) -> Told:
    """The claim as data."""
    words = {field.name: getattr(claim, field.name) for field in fields(Claim)}
    forms = {key: _form(form) for key, form in claim.forms.items()}
    known = {"given": _given(claim.given), "sizes": _sizes(claim.sizes), "forms": forms}
    return Told(**words | known, made_of=made_of(claim), definitions=definitions(claim))


def definitions(claim: Claim) -> tuple[str, ...]:
    """The labels that a claim's module lists as definitions."""
    if isinstance(claim, Told):
        return claim.definitions
    listed = getattr(sys.modules.get(claim.module), "DEFINITIONS", ())
    return tuple(map(str, listed))


def _form(form: Form) -> Form:
    return replace(form, body=_none, given=_given(form.given), sizes=_sizes(form.sizes), box=None)


def _given(given: Mapping[str, Domain]) -> dict[str, Domain]:
    return {
        name: Domain(d.name, d.dims, dict(d.raw), _none, symbol=d.symbol, covers=d.covers)
        for name, d in given.items()
    }


def _sizes(sizes: Sizes) -> Sizes:
    return {name: tuple(values) for name, values in sizes.items()}


class NoCode:
    """Stands where a claim has code."""


_none: Any = NoCode
