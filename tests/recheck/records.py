"""Rows as a ledger holds them, made by hand: a form, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fieldcheck.claim import Form
from fieldcheck.recheck.check import Finding, recheck_form

PRIME = 2**61 - 31


def form(body: Callable[..., Any], sizes: Any = None, box: Any = None, **given: Any) -> Form:
    return Form("made/claim", "claim", "made", body, given, sizes or {}, None, box=box)


def grid_of(of: Form) -> dict[str, list[int]]:
    return {name: list(of.sizes.get(name, range(1, 7))) for name in of.size_names()}


def proved(of: Form, kind: str, parts: Sequence[int] = (1,), **record: Any) -> dict[str, Any]:
    """A row that calls some parts proved, on the record of one method."""
    bound = record.pop("bound", None)
    grid = record.setdefault("grid", grid_of(of))
    counts: Mapping[str, Any] = record.get("indices") or {}
    sizes = {n: list(v) if counts.get(n) is None else "all" for n, v in grid.items()}
    proof = {"kind": kind, "parts": list(parts), "primes": [str(PRIME)], **record}
    proves = {str(part): {"sizes": sizes} for part in parts}
    word = "proved" if counts else "proved up to"
    evidence = {"proves": proves, "log2_bound": bound, "proof": proof}
    return {"key": of.key, "verdict": word, "evidence": [evidence], "witness": None}


def refuted(relation: str, raw: Any, sizes: Any = None, part: int = 0) -> dict[str, Any]:
    witness = {"relation": relation, "raw": raw, "sizes": sizes or {}, "part": part, "digits": 60}
    return {"key": "made/claim", "verdict": "refuted", "evidence": [], "witness": witness}


def worst(of: Form, row: Mapping[str, Any]) -> str:
    """The gravest severity found, or "fine"."""
    found = {finding.severity for finding in recheck_form(of, row)}
    return next((s for s in ("does not recheck", "not rechecked") if s in found), "fine")


def sentences(found: list[Finding]) -> str:
    return "; ".join(finding.sentence for finding in found)
