"""The sentences that a terminal and a page say alike."""

from __future__ import annotations

from typing import Any

from fieldcheck.ledger import numbers

THRESHOLD_ANY = "any"

GRADE_MEANS = {
    "exact": "by exact arithmetic",
    "enclosed": "by ball arithmetic over a box or point",
    "rate": "by convergence at the stated order",
    "ladder": "by balls at rising precision, at generic points",
    "law": "by a statistical test fixed beforehand",
    "sampled": "by search only: no counterexample was found",
}

FLOATS = ("sampled", "search")
"""Methods whose residuals are floats: proposals, which other arithmetic disposes of."""

ROLE_TITLE = {
    "claim": "Statement",
    "printed": "As printed",
    "neighbour": "Neighbour",
    "dropped": "Without a hypothesis",
}

OUTCOME_MEANS = {
    "necessary": "needed: without it the statement fails",
    "superfluous": "not needed: the statement holds without it",
    "not shown necessary": "not shown to be needed",
    "meaningless without it": "needed for the statement to make sense",
}


def count(number: int, what: str) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def grade_words(row: dict[str, Any]) -> str:
    """A row's grade, with the cap where an ancestor lowers it."""
    own, shown = row["grade"], row["shown_grade"]
    if own is None:
        return ""
    if shown == own:
        return own
    return f"{own}, capped to {shown or 'nothing'} by {row['capped_by']}"


def worst_words(worst: dict[str, Any]) -> str:
    """The worst case of one method: what was measured, and how large it was."""
    if worst["log10"] is None:
        return str(worst["what"])
    size = "0" if worst["log10"] == "-inf" else numbers.power_of_ten(worst["log10"])
    return f"{worst['what']} {size}"


def without_worst(form: dict[str, Any]) -> str:
    """Why a form that holds has no worst case from any method; empty if it has one."""
    found = [e["worst"] for e in form["evidence"] if e["outcome"] == "confirms" and e["worst"]]
    if form["verdict"] != "holds" or any(w["log10"] is not None for w in found):
        return ""
    reasons = dict.fromkeys(w["what"] for w in found)
    return f"Worst case {'; '.join(reasons) or 'none: no method measures one'}."


def none_dropped(why: str) -> str:
    """No hypothesis was left out of a claim, and why."""
    return f"No hypothesis was left out in turn: {why}."


def threshold_words(threshold: dict[str, Any] | None) -> str | None:
    """What the check would have seen, as a sentence."""
    if threshold is None or threshold["log10"] is None:
        return None
    if threshold["log10"] == THRESHOLD_ANY:
        return "A fault of any size would have been seen."
    return f"A uniform relative fault of 10^{threshold['log10']} would have been seen."
