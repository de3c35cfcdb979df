"""Law: a pre-stated test of a distributional statement.

Seeds and sizes are fixed before the run (they come from the form's key and the run's seed), and the
relation states its false-alarm rate: the chance that a true claim is refuted by one run.
"""

from __future__ import annotations

from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement, numpy_stream
from fieldcheck.verdict import CONFIRMS, REFUTES, SILENT, Evidence, Witness


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    sizes = statement.grid(profile.largest)[0]
    relations = statement.probe(sizes)
    parts = statement.parts("Law")
    if not parts:
        return Evidence("law", SILENT, "no law here", applies=False)
    rates = []
    for part in parts:
        law = relations[part]
        value, low, high = law.statistic(numpy_stream(statement.key, f"law{part}", seed))
        if statement.fault is not None:
            value += 10.0**-statement.fault.k * max(abs(low), abs(high))
        rates.append(law.false_alarm)
        if not low <= value <= high:
            witness = Witness(
                "Law",
                dict(sizes),
                {},
                {"seed": str(seed)},
                "statistic",
                f"{value:.6g}",
                f"[{low:.6g}, {high:.6g}]",
                "law",
                0,
            )
            return Evidence(
                "law",
                REFUTES,
                f"{value:.4g} outside [{low:.4g}, {high:.4g}], "
                f"false-alarm rate {law.false_alarm:g}",
                1,
                1,
                witness=witness,
                grade="law",
                parts=(part,),
            )
    return Evidence(
        "law",
        CONFIRMS,
        f"false-alarm rate {sum(rates):g}",
        len(parts),
        1,
        grade="law",
        parts=tuple(parts),
    )
