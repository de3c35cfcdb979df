"""Rate: the order of a remainder, from its values in balls at n, 2n, 4n, ...

The local slope log2(e(n)/e(2n)) of c n^-p (1 + O(1/n)) tends to p with an error that halves, so
the slopes are extrapolated once (Richardson).  Three outcomes: the expected slope, another slope
(refuted), or a remainder that is zero or negative at every n (refuted: there is no rate to speak
of).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from flint import acb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.evidence.profiles import Profile
from fieldcheck.evidence.statement import Statement, point, stream, wrap_raw
from fieldcheck.evidence.witness import _strings, shown, shown_inputs
from fieldcheck.verdict import CONFIRMS, REFUTES, SILENT, Evidence, Witness

DIGITS = 60
LEVELS = {"quick": 5, "standard": 6, "deep": 8}


def run(statement: Statement, profile: Profile, seed: int) -> Evidence:
    grid = statement.grid(profile.largest)
    kinds = statement.probe(grid[0])
    parts = [k for k, r in enumerate(kinds) if r.name == "Rate"]
    if not parts:
        return Evidence("rate", SILENT, "no rate here", applies=False)
    rng = stream(statement.key, "rate", seed)
    shapes = _shapes(grid)[: profile.points]
    visited = len(shapes)
    shapes += shapes[-1:] * (profile.points - visited)  # few shapes: several points of the last
    cases, good = 0, []
    why, order = "", None
    for part in parts:
        fine = True
        for which in shapes:
            sizes = grid[which]
            raw = point(statement, sizes, rng)
            try:
                table, relation = remainders(statement, raw, part, LEVELS[profile.name])
            except Unsupported as gap:
                return Evidence("rate", SILENT, f"no balls: {gap.primitive}", cases, applies=False)
            cases += len(table)
            outcome, reason, slope = judge(statement, table, relation)
            order = f"{slope:.3f}" if slope is not None else order
            if outcome == REFUTES:
                witness = _witness(statement, sizes, raw, table, relation, reason)
                return Evidence(
                    "rate",
                    REFUTES,
                    reason,
                    cases,
                    visited,
                    order=order,
                    witness=witness,
                    grade="rate",
                    parts=(part,),
                )
            if outcome == SILENT:
                fine, why = False, reason
        if fine:
            good.append(part)
    if len(good) < len(parts):
        return Evidence("rate", SILENT, why, cases, visited, order=order, parts=tuple(good))
    return Evidence(
        "rate", CONFIRMS, "", cases, visited, order=order, grade="rate", parts=tuple(good)
    )


def _shapes(grid: list[dict[str, int]]) -> list[int]:
    """Which shapes to visit: of unequal sizes if there are such (at a square a transpose may go
    unnoticed), a large one first."""
    varied = max(len(set(sizes.values())) for sizes in grid)
    fit = [k for k, sizes in enumerate(grid) if len(set(sizes.values())) == varied]
    return list(dict.fromkeys([fit[-1], fit[len(fit) // 2], fit[0], len(grid) - 1, 0]))


_known: dict[tuple, Any] = {}
"""Remainders of the last few points: a planted fault shifts them and does not change them, so the
detection threshold reads the same table again and again."""
REMEMBERED = 64


def remainders(statement: Statement, raw, part: int, levels: int):
    """[(n, remainder as a ball)] and the relation."""
    here = str(sorted((name, np.asarray(v).tolist()) for name, v in raw.items()))
    key = (id(statement.form), part, levels, here)
    if key not in _known:
        if len(_known) >= REMEMBERED:
            _known.clear()
        # The form is kept with its table, so that no other can take its id.
        _known[key] = statement.form, _remainders(statement, raw, part, levels)
    return _known[key][1]


def _remainders(statement: Statement, raw, part: int, levels: int):
    with working_digits(DIGITS):
        xp = Ball()
        relation = statement.relations(xp, wrap_raw(xp, raw))[part]
        table = []
        for level in range(levels):
            n = relation.start * 2**level
            value = xp.lift(relation.remainder(n)).data[()]
            if isinstance(value, acb):
                raise TypeError("a remainder must be real; take xp.norm or xp.abs")
            table.append((n, value))
        constant = relation.constant
        constant = None if constant is None else float(xp.lift(constant).data[()].mid())
    return table, (relation, constant)


def judge(statement: Statement, table, relation_and_constant):
    """(outcome, reason, extrapolated slope) from a table of remainders."""
    relation, constant = relation_and_constant
    if any(not e.is_finite() for _, e in table):
        return SILENT, "a remainder is not finite", None
    if all(e.contains(0) for _, e in table):
        return REFUTES, "the remainder is zero at every n: there is no rate", None
    if all(e < 0 for _, e in table):
        return REFUTES, "the remainder is negative at every n", None
    if any(not e > 0 for _, e in table):
        return SILENT, "some remainders are zero, others not", None
    values = [(n, _log2(e)) for n, e in table]
    if statement.fault is not None:
        k, p = statement.fault.k, relation.order
        values = [(n, math.log2(2.0**v + 10.0**-k * float(n) ** (1 - p))) for n, v in values]
    slopes = [a[1] - b[1] for a, b in pairwise(values)]
    if relation.order > 0 and all(s < 0 for s in slopes):
        return REFUTES, f"the remainder grows: slope {slopes[-1]:.3f}, not {relation.order}", None
    ends = [2 * b - a for a, b in pairwise(slopes)]
    slope, before = ends[-1], ends[-2]
    moved = abs(slope - before)
    off = min(abs(s - relation.order) for s in (slope, before, *slopes[-2:]))
    if moved > 0.05 and off > max(0.2, 2 * moved):  # wherever it settles, not there
        return REFUTES, f"slope {before:.3f}, {slope:.3f}, not {relation.order}", slope
    if moved > 0.05 and constant and math.isfinite(constant):
        # Erratic, as where a phase is wrong; if the table stays far from its leading term, it is
        # not that which it approaches.
        scaled = [2.0 ** (v + relation.order * math.log2(n)) / constant for n, v in values[-3:]]
        if all(s > 2 for s in scaled) or all(s < 0.5 for s in scaled):
            return REFUTES, f"{scaled[-1]:.3g} times the leading term at n = {values[-1][0]}", slope
    if moved > 0.05:
        return SILENT, f"the slope has not settled: {before:.3f}, {slope:.3f}", slope
    if abs(slope - relation.order) > 0.1:
        return REFUTES, f"slope {slope:.3f}, not {relation.order}", slope
    if constant is not None and not math.isfinite(constant):
        return SILENT, "the leading constant is not finite", slope
    if constant is not None:
        levels = [v + relation.order * math.log2(n) for n, v in values]
        before, lead = (2 ** (2 * b - a) for a, b in pairwise(levels[-3:]))
        # No more is asked than that to which it has settled: its last step, four times over.
        if abs(lead - constant) > max(1e-8 * abs(constant), 4 * abs(lead - before)):
            return REFUTES, f"leading constant {lead:.6g}, not {constant:.6g}", slope
    return CONFIRMS, "", slope


def _log2(e) -> float:
    return float((e.log() / type(e)(2).log()).mid())


def _witness(statement, sizes, raw, table, relation_and_constant, reason) -> Witness:
    relation, _ = relation_and_constant
    return Witness(
        relation="Rate",
        sizes=dict(sizes),
        raw={k: _strings(v) for k, v in raw.items()},
        inputs=shown_inputs(statement, raw, DIGITS),
        entry="; ".join(f"n = {n}: {shown(e, 6)}" for n, e in table),
        lhs=reason,
        rhs=f"order {relation.order}",
        certified_by="ball",
        digits=DIGITS,
    )
