"""In a worker: the forms of a claim that must be told from it, judged with one seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fieldcheck.claim import registered
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.rows import stopped, verify_form
from fieldcheck.ledger.machine import describe, load, start_worker

__all__ = ["describe", "load", "start_worker", "told", "verify"]


def told(claim: Any) -> list[str]:
    """Keys of the forms whose verdict is known beforehand, the claim's own left out: neighbours,
    printed and read forms."""
    return [
        key for key, form in claim.forms.items() if form.role != "claim" and form.expect is not None
    ]


def verify(
    claim_id: str,
    profile: str,
    seed: int,
    stops: Mapping[str, str] | None = None,
    begun: Callable[[str], None] = lambda key: None,
) -> tuple[tuple[int, dict[str, dict[str, Any]]], dict[str, str]]:
    """The seed, and of each such form what the verdict is, whether it is the expected one, and why.

    A form that a limit stopped has no verdict: ``stopped`` says so.
    """
    claim, stops, found = registered()[claim_id], stops or {}, {}
    for key in told(claim):
        form = claim.forms[key]
        begun(key)
        row = (
            stopped(form, stops[key])
            if key in stops
            else verify_form(claim, form, PROFILES[profile], seed)
        )
        found[key] = {name: row[name] for name in ("role", "verdict", "met", "because")}
    return (seed, found), {}
