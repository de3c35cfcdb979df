"""The figures of a mutation run: what was drawn, what became of it, the rate and its interval."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KILLED = ("killed", "timed out")
Z = 1.959963984540054
"""The 97.5 % point of the normal law: an interval of 95 %."""
WHERE = ("path", "definition", "operator", "before", "after")
"""What tells an equivalent mutant from others, wherever its line has moved."""


def wilson(hits: int, n: int, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval for a rate of ``hits`` in ``n``."""
    if n == 0:
        return 0.0, 1.0
    rate = hits / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(killed: int, n: int) -> dict[str, Any]:
    low, high = wilson(killed, n)
    return {
        "killed": killed,
        "of": n,
        "rate": round(killed / n, 4) if n else None,
        "interval": [round(low, 4), round(high, 4)],
    }


def identity(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in WHERE)


def equivalents(path: Path) -> list[dict[str, str]]:
    """The entries of an ``equivalent_….toml``, each with all that is asked of it."""
    entries = tomllib.loads(path.read_text(encoding="utf8")).get("mutant", [])
    for entry in entries:
        if set(entry) != {*WHERE, "reason"} or not entry["reason"].strip():
            raise ValueError(f"{path.name}: an entry needs {', '.join(WHERE)}, reason: {entry}")
    if doubled := [k for k, n in Counter(map(identity, entries)).items() if n > 1]:
        raise ValueError(f"{path.name}: listed twice: {doubled[0]}")
    return entries


def unmatched(rows: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Entries that are no survivor of this run: what they excuse is gone, or is killed by now."""
    alive = {identity(row) for row in rows if row["outcome"] == "survived"}
    return [
        f"{e['path']} {e['definition']}: {e['before']!r} -> {e['after']!r} is no survivor"
        for e in entries
        if identity(e) not in alive
    ]


def summary(
    rows: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The counts and rates of one group of mutants."""
    excused = {identity(e) for e in entries}
    counts = Counter(row["outcome"] for row in rows)
    equivalent = sum(r["outcome"] == "survived" and identity(r) in excused for r in rows)
    tried = sum(n for outcome, n in counts.items() if outcome not in ("incompetent", "pending"))
    killed = sum(counts[name] for name in KILLED)
    return {
        "sampled": len(rows),
        "killed": counts["killed"],
        "timed_out": counts["timed out"],
        "survived": counts["survived"],
        "equivalent": equivalent,
        "incompetent": counts["incompetent"],
        "pending": counts["pending"],
        "kill_rate": rate(killed, tried - equivalent),
        "raw_kill_rate": rate(killed, tried),
    }


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def sentence(report: Mapping[str, Any]) -> str:
    """One sentence on the library, for whoever asked for the run."""
    total = report["total"]
    net, raw = total["kill_rate"], total["raw_kill_rate"]
    low, high = map(percent, net["interval"])
    return (
        f"Of {total['sampled']} changes to the library, drawn with seed {report['seed']} from "
        f"{sum(report['sites'].values())} places in five folders, the tests notice "
        f"**{percent(net['rate'])} %** (95 % Wilson interval {low} to {high} %), not counting "
        f"{total['equivalent']} that change nothing that could be seen and "
        f"{total['incompetent']} that cannot be imported; "
        f"{percent(raw['rate'])} % if the former count as missed."
    )
