"""Which displayed equations of a LaTeX article are verified, and which are not yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fieldcheck.ledger.errors import UserError
from fieldcheck.ledger.records import ClaimRow
from fieldcheck.ledger.told import definitions
from fieldcheck.start.article import Article

DEFINITION, UNJUDGED, MISSING = "definition", "not judged yet", "unverified"


@dataclass(frozen=True)
class Line:
    """An equation, and the verdict of the worst claim that names it."""

    label: str
    line: int
    state: str
    claims: tuple[str, ...]
    tex: str

    @property
    def settled(self) -> bool:
        """Has it been judged, or is there nothing to judge?"""
        return self.state not in (UNJUDGED, MISSING)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def register_of(path: Path) -> str:
    """The claims file of an article: ``claims.py`` beside it.

    Raises:
        UserError: there is none.
    """
    beside = path.parent / "claims.py"
    if not beside.is_file():
        raise UserError(f"no claims.py beside {path}: name the register with --from FILE.py")
    return str(beside)


def lines(article: Article, claims: Mapping[str, Any], rows: Mapping[str, ClaimRow]) -> list[Line]:
    """One line for each equation, in order.

    Args:
        claims: the register, by id; its modules may list labels as ``DEFINITIONS``.
        rows: those of a ledger that are not stale.
    """
    defined = {label for claim in claims.values() for label in definitions(claim)}
    found = []
    for equation in article.equations:
        named = [c for c in claims.values() if equation.label in c.equations]
        found.append(
            Line(
                equation.label,
                equation.line,
                _state(equation.label in defined, [c.id for c in named], rows),
                tuple(c.id for c in named),
                equation.tex,
            )
        )
    return found


def _state(is_definition: bool, ids: list[str], rows: Mapping[str, ClaimRow]) -> str:
    if not ids:
        return DEFINITION if is_definition else MISSING
    if any(name not in rows for name in ids):
        return UNJUDGED
    verdicts = [str(rows[name].verdict) for name in ids]
    against = [v for v in verdicts if not rows[ids[verdicts.index(v)]].main.holds]
    return (against or verdicts)[0]
