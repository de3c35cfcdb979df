"""The register: every claim of the theory, a file or a folder a chapter, of the chapter's name."""

from __future__ import annotations

import importlib
import pkgutil

from fieldcheck.claim import Claim, ClaimError, registered

_finished: dict[str, Claim] = {}


def load(*modules: str) -> dict[str, Claim]:
    """All claims (or those of the named chapters), checked as a whole; imports no torch."""
    names = [m.name for m in pkgutil.iter_modules(__path__)]
    for name in names:
        importlib.import_module(f"{__name__}.{name}")
    claims = registered()
    for name, claim in claims.items():
        if _finished.get(name) is not claim:
            claim.finish()
            _finished[name] = claim
    _acyclic(claims)
    if modules:
        return {id: c for id, c in claims.items() if c.chapter in modules}
    return dict(claims)


def _acyclic(claims: dict[str, Claim]) -> None:
    """`needs` must name known claims and form no cycle."""
    state: dict[str, int] = {}

    def visit(id: str, path: list[str]) -> None:
        if state.get(id) == 2:
            return
        if state.get(id) == 1:
            loop = [*path[path.index(id) :], id]
            raise ClaimError(f"{id}: needs go in a circle: {' -> '.join(loop)}")
        state[id] = 1
        for parent in claims[id].needs:
            if parent not in claims:
                raise ClaimError(f"{id}: needs {parent!r}, which no claim has as its id")
            visit(parent, [*path, id])
        state[id] = 2

    for id in claims:
        visit(id, [])
