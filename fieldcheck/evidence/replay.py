"""Replay: a stored witness is rebuilt from its raw parameters and judged again."""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldcheck.claim import ClaimError, Form
from fieldcheck.evidence.draws import Raw, stream
from fieldcheck.evidence.methods import law, rank, rate, series
from fieldcheck.evidence.methods.solutions import disagrees
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import (
    certified,
    raw_from_record,
    shown,
    shown_apart,
    shown_inputs,
)

NOTHING = {"lhs": "", "rhs": "", "residual": "", "certified": False, "inputs": {}}
"""What a witness that does not refute again has to show."""


def replay(form: Form, witness: dict[str, Any], digits: int = 60) -> dict[str, Any]:
    """Rebuild a stored witness from its raw parameters and evaluate both sides again.

    Raises ClaimError where the witness does not fit the form: the claim has changed since.
    """
    statement = Statement(form)
    raw = raw_from_record(witness["raw"])
    _same_parameters(statement, witness, raw)
    again = {"Law": _replay_law, "Rate": _replay_rate, "Rank": _replay_rank}
    again["Solutions"] = _replay_solutions
    rebuild = again.get(witness["relation"], _replay_point)
    return rebuild(statement, witness, raw, digits)


def _same_parameters(statement: Statement, witness: dict[str, Any], raw: dict[str, Any]) -> None:
    if witness["relation"] == "Law":
        return
    known = set(statement.size_names) <= set(witness["sizes"])
    wanted = statement.raw_shapes(witness["sizes"]) if known else None
    if wanted != {name: np.shape(v) for name, v in raw.items()}:
        raise ClaimError(
            f"the stored witness of {statement.key} does not fit the statement as it is now "
            f"(other inputs or shapes): run `fieldcheck verify {statement.form.claim_id}` first"
        )


def _replay_point(
    statement: Statement, witness: dict[str, Any], raw: Raw, digits: int
) -> dict[str, Any]:
    inputs = shown_inputs(statement, raw, digits)
    found = certified(statement, witness["sizes"], raw, digits)
    if found is None:
        return {**NOTHING, "inputs": inputs}
    gap = (
        (found.left[0] - found.right[0], found.left[1] - found.right[1])
        if isinstance(found.left, tuple)
        else found.left - found.right
    )
    left, right = shown_apart(found.left, found.right, digits)
    return {
        "lhs": left,
        "rhs": right,
        "residual": shown(gap, digits),
        "certified": True,
        "inputs": inputs,
    }


def _replay_law(
    statement: Statement, witness: dict[str, Any], raw: Raw, digits: int
) -> dict[str, Any]:
    draw = law.again(statement, witness["part"], witness)
    return {
        "lhs": f"{draw.what} {draw.value:.6g}",
        "rhs": draw.interval,
        "residual": f"{draw.n} samples, false-alarm rate {draw.rate:g}",
        "certified": draw.outside,
        "inputs": witness["inputs"],
    }


def _replay_rate(
    statement: Statement, witness: dict[str, Any], raw: Raw, digits: int
) -> dict[str, Any]:
    """From its expansion where that refuted it; else from its remainders."""
    if not witness["table"]:
        reason = series.again(statement, witness["sizes"], raw, witness["part"])
        inputs = shown_inputs(statement, raw, digits)
        said = {"lhs": reason, "rhs": witness["rhs"], "residual": "", "inputs": inputs}
        return {**said, "certified": True} if reason else NOTHING
    for part in statement.parts("Rate"):
        found = rate.judge(statement, raw, part, rate.DOUBLINGS["standard"], digits)
        if found.against:
            return {
                "table": [[n, shown(e, 12)] for n, e in found.table],
                "lhs": found.reason,
                "rhs": witness["rhs"],
                "residual": "",
                "certified": True,
                "inputs": shown_inputs(statement, raw, digits),
            }
    return NOTHING


def _replay_rank(
    statement: Statement, witness: dict[str, Any], raw: Raw, digits: int
) -> dict[str, Any]:
    """More than claimed is seen at the point; fewer is what primes say of all points."""
    bound = PROFILES["standard"].bound
    for part in statement.parts("Rank"):
        here, claimed = rank.rank_at(statement, raw, part)
        reason = ""
        if here < claimed:
            rng = stream(statement.key, "replay", 0)
            here, _, log2, primes = rank.generic(statement, witness["sizes"], part, rng, bound)
            reason = f"by {primes} primes, error below 2^{log2:.0f}"
        if here != claimed:
            return {
                "lhs": str(here),
                "rhs": str(claimed),
                "residual": str(here - claimed) + (f" ({reason})" if reason else ""),
                "certified": True,
                "inputs": shown_inputs(statement, raw, 30),
            }
    return NOTHING


def _replay_solutions(
    statement: Statement, witness: dict[str, Any], raw: Raw, digits: int
) -> dict[str, Any]:
    return {
        "lhs": witness["lhs"],
        "rhs": witness["rhs"],
        "residual": "",
        "certified": disagrees(statement, witness),
        "inputs": shown_inputs(statement, raw, 30),
    }
