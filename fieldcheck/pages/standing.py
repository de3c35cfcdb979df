"""How the statements of a source come out, in words that are no verdict's; derived, never typed.

A statement is *right* if none of its printed forms is refuted, *repaired* if one is and the claim
that mends it holds, else *wrong*.  Where the source puts no formula, our readings decide, and the
statement is counted apart.  Where no claim could be made there is *no verdict*, and a sentence says
what could be examined.
"""

from __future__ import annotations

from collections import Counter

from fieldcheck.ledger.records import FormRow, Ledger
from fieldcheck.pages.words import AGAINST
from fieldcheck.sources import Statement, Work

RIGHT, REPAIRED, WRONG, OPEN, NONE = "right", "repaired", "wrong", "open", "no verdict"

MARK = {RIGHT: "✓", REPAIRED: "↻", WRONG: "✗", OPEN: "?", NONE: "·"}
TONE = {RIGHT: "holds", REPAIRED: "undecided", WRONG: "refuted", OPEN: "undecided", NONE: "none"}
"""Whose colour it has."""


def form(ledger: Ledger, key: str) -> FormRow:
    """The row of a form by its key, or of a claim's own form by its id; KeyError if it has none."""
    claim_id, _, name = key.partition("/")
    row = ledger.rows[claim_id]
    return {each.name: each for each in row.forms}[name or "claim"]


def against(ledger: Ledger, said: Statement) -> list[FormRow]:
    """The forms of a statement that are refuted, those that do not decide among them."""
    found = [form(ledger, key) for key in (*said.printed, *said.reading)]
    return [each for each in found if each.verdict in AGAINST]


def standing(ledger: Ledger, said: Statement) -> str:
    """right, repaired, wrong, open (neither shown nor refuted), or no verdict."""
    forms = [form(ledger, key) for key in said.forms]
    if not forms:
        return NONE
    if not any(each.verdict in AGAINST for each in forms):
        return RIGHT if all(each.holds for each in forms) else OPEN
    mended = said.mended and form(ledger, said.mended).holds
    return REPAIRED if mended else WRONG


def score(ledger: Ledger, source: Work) -> tuple[Counter[str], Counter[str]]:
    """Statements by how they come out: those with a formula, and those in words."""
    printed: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for said, found in course(ledger, source):
        (printed if said.printed else words)[found] += 1
    return printed, words


def course(ledger: Ledger, source: Work) -> list[tuple[Statement, str]]:
    """The statements that were examined and how they come out, in the order of the source."""
    return [(said, standing(ledger, said)) for _, said in source.statements if said.examined]
