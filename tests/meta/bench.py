"""Helpers to feed single statements to the machine, outside the register."""

from __future__ import annotations

from fieldcheck.claim import Form
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import judge


def form(body, sizes=None, box=None, **given) -> Form:
    """A free-standing form of a body."""
    return Form("meta/claim", "claim", "meta", body, given, sizes or {}, "holds", box=box)


def verdict_of(body, profile="quick", seed=0, sizes=None, box=None, **given):
    """(verdict, evidence by method) of a body."""
    verdict, evidence, _ = judge(form(body, sizes, box, **given), PROFILES[profile], seed)
    return verdict, {e.method: e for e in evidence}
