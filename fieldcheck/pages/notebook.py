"""A claim's card in any notebook: judged when the cell runs, unless a ledger has a fresh row.

from fieldcheck.pages.notebook import card

card("my-claim", "claims.py")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from fieldcheck.ledger import run as runs
from fieldcheck.ledger.errors import UserError
from fieldcheck.ledger.pool import Done
from fieldcheck.ledger.records import ClaimRow
from fieldcheck.pages import words


@dataclass(frozen=True)
class Card:
    """A claim's card for a notebook; as text, what a terminal would say."""

    title: str
    tex: str
    lines: tuple[str, ...]
    holds: bool

    def __str__(self) -> str:
        return "\n".join((self.title, *self.lines))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = "#1b6b3a" if self.holds else "#a3242b"
        formula = f"<div>$$\\displaystyle {escape(self.tex)}$$</div>" if self.tex else ""
        said = "".join(f"<div>{escape(line)}</div>" for line in self.lines)
        style = f"border-left: 4px solid {colour}; padding: 0.2rem 0.9rem; margin: 0.6rem 0"
        return f'<div style="{style}"><b>{escape(self.title)}</b>{formula}{said}</div>'


def card(
    claim_id: str,
    register: str,
    *,
    ledger: str | Path | None = None,
    profile: str = "quick",
) -> Card:
    """The card of a claim, from a ledger's row if there is a fresh one, else judged now.

    Args:
        register: a claims file, a module, or what an installed package offers.
        ledger: where rows are kept; without it the claim is judged each time.

    Raises:
        UserError: no such register or claim.
    """
    request = runs.Request(
        profile=profile,
        ids=(claim_id,),
        files=(str(register),),
        path=None if ledger is None else Path(ledger),
    )
    outcome = runs.run(request, _Silent(), runs.MACHINE)
    if outcome.faults:
        raise UserError("; ".join(outcome.faults.values()))
    (row,) = outcome.rows
    tex = runs.known(runs.MACHINE, (str(register),))[row.id].tex
    return Card(row.title, tex, tuple(_told(row)), bool(row.main.holds))


def _told(row: ClaimRow) -> Iterator[str]:
    """The verdict, how far it reaches, the counterexample, and what became of the neighbours."""
    form = row.main
    yield f"{words.MARK[form.verdict]} {form.verdict if form.holds else words.headline(form)}"
    if form.witness:
        values = {name: str(value).replace("'", "") for name, value in form.witness.inputs.items()}
        at = ", ".join(f"{name} = {value}" for name, value in values.items())
        yield f"at {at}: {form.witness.lhs} on the left, {form.witness.rhs} on the right"
    else:
        yield words.sure_line(form)
    neighbours = row.of("neighbour")
    if neighbours:
        right = sum(each.met for each in neighbours)
        yield f"neighbours told apart: {right} of {len(neighbours)}"


class _Silent:
    """A cell shows the card and no progress."""

    def planned(self, reused: int, todo: int) -> None: ...
    def started(self, claim_id: str) -> None: ...
    def finished(self, done: Done) -> None: ...
