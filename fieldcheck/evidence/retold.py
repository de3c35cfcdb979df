"""A stored witness held against its own point: is what a reader sees of it what it gives?"""

from __future__ import annotations

import json
from typing import Any

from fieldcheck.claim import Form
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.witness import raw_from_record, witness_at

ELSEWHERE = ("Law", "Rate", "Solutions")
"""Relations whose witnesses follow from the run's seed, or are said in words: these are looked at
by gathering them anew, and by the second road."""


def told_otherwise(form: Form, told: dict[str, Any]) -> list[str]:
    """What a stored witness says that its own raw parameters do not give."""
    if told["relation"] in ELSEWHERE:
        return []
    if told["relation"] == "Rank":
        made = replay(form, told)
        wanted = {name: made[name] for name in ("lhs", "rhs", "inputs")}
    else:
        raw = raw_from_record(told["raw"])
        wanted = witness_at(Statement(form), told["sizes"], raw).record()
    plain = json.loads(json.dumps(wanted))  # as it is when it has been written and read
    return [name for name, value in plain.items() if told[name] != value]
