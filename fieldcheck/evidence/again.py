"""A stored row held against the register and against its own evidence.

The file's word is not taken: what the register says is put in anew, and each verdict is decided
again from what the methods are recorded to have found.  A row that fits neither is no row.  Whether
the recorded evidence is true is another question: see :mod:`fieldcheck.recheck`.
"""

from __future__ import annotations

from typing import Any

from fieldcheck import relations as known
from fieldcheck.claim import FALSE, Claim, Form
from fieldcheck.evidence.decide import decide, dropping_showed
from fieldcheck.verdict import (
    INVALID,
    REFUTED,
    REFUTES,
    STOPPED,
    Evidence,
    Outcome,
    Scope,
    Verdict,
    Why,
    Word,
    bound_text,
)

Record = dict[str, Any]

OWN = ("expected", "verdict", "grade", "scope")
"""What a row repeats of the claim's own form."""


def in_words_of(claim: Claim, row: Record) -> Record | None:
    """The row with all that is no evidence taken from the register; None if it does not fit.

    It fits if it has just the claim's forms, and if each verdict, with its scope, its grade and its
    bound, is what follows from the recorded evidence.
    """
    if [form["key"] for form in row["forms"]] != list(claim.forms):
        return None
    forms = [
        _form(form, stored) for form, stored in zip(claim.forms.values(), row["forms"], strict=True)
    ]
    if None in forms or any(row[name] != row["forms"][0][name] for name in OWN[1:]):
        return None
    return {
        **row,
        **claim.words(),
        "expected": forms[0]["expected"],  # type: ignore[index]
        "forms": forms,
    }


def _form(form: Form, row: Record) -> Record | None:
    parts = [getattr(known, name, None) for name in row["parts"]]
    if not all(isinstance(part, type) and issubclass(part, known.Relation) for part in parts):
        return None
    word = Word(row["verdict"])
    if (row["because"] or "").startswith(STOPPED):
        return None  # a limit is no evidence
    uncounted = word == INVALID and _may_not_count(form)
    witness = {} if uncounted else row["witness"]  # one that does not count is not kept
    found = decide(parts, [_evidence(e, witness) for e in row["evidence"]])  # type: ignore[arg-type]
    if found.verdict == REFUTED and uncounted:
        found = Verdict(INVALID, because=row["because"])
    scope = (found.scope or Scope()).record() if found.holds else None
    follows = (found.verdict, found.grade, bound_text(found.log2_bound), scope)
    if follows != (word, row["grade"], row["log2_bound"], row["scope"]):
        return None
    if (word == REFUTED and not row["witness"]) or found.because != row["because"]:
        return None
    return {
        **row,
        **form.words(),
        "met": form.expect is None or form.expect.met(found, parts),
        "outcome": dropping_showed(form.role, word),
    }


def _may_not_count(form: Form) -> bool:
    """A neighbour that was refuted where its witness does not count is invalid."""
    return form.role == "neighbour" and form.expect == FALSE


def _evidence(e: Record, witness: Any) -> Evidence:
    speaks = e["outcome"] == REFUTES
    return Evidence(
        method=e["method"],
        outcome=Outcome(e["outcome"]),
        why=None if e["why"] is None else Why(e["why"]),
        detail=e["detail"],
        log2_bound=None if e["log2_bound"] is None else float(e["log2_bound"]),
        witness=witness if speaks else None,
        grade=e["grade"],
        proves={int(part) - 1: _scope(s) for part, s in e["proves"].items()},
        agrees=tuple(e["agrees"]),
        vacuous=e["vacuous"],
        error=e["error"],
    )


def _scope(s: Record) -> Scope:
    sizes = {name: v if isinstance(v, str) else tuple(v) for name, v in s["sizes"].items()}
    listed = {name: tuple(s[name]) for name in ("conditions", "left_out")}
    return Scope(**{**s, **listed, "sizes": sizes})
