"""Paired differences, Holm's correction, and what a study of this size could have seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats


class Paired(NamedTuple):
    """Differences of two columns, row by row; ``half`` is half of the interval's width."""

    mean: float
    half: float
    deviation: float
    t: float
    p: float
    p_ranks: float
    n: int


def paired(a: Sequence[float], b: Sequence[float], level: float = 0.05) -> Paired:
    """Student's test of the differences a - b, and Wilcoxon's signed ranks beside it."""
    d = np.subtract(a, b, dtype=float)
    n, mean, deviation = len(d), float(d.mean()), float(d.std(ddof=1))
    error = deviation / math.sqrt(n)
    t = mean / error if error else math.copysign(math.inf, mean) if mean else 0.0
    return Paired(
        mean, float(stats.t.ppf(1 - level / 2, n - 1)) * error, deviation, t,
        float(2 * stats.t.sf(abs(t), n - 1)), float(stats.wilcoxon(d).pvalue) if any(d) else 1.0, n,
    )  # fmt: skip


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted, worst = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = worst
    return adjusted


def detectable(deviation: float, n: int, level: float, power: float) -> float:
    """The least true mean difference that a two-sided t test at ``level`` sees with ``power``."""
    critical = float(stats.t.ppf(1 - level / 2, n - 1))

    def missing(shift: float) -> float:
        other_tail = np.nan_to_num(stats.nct.cdf(-critical, n - 1, shift))  # scipy: NaN far out
        return float(stats.nct.sf(critical, n - 1, shift) + other_tail) - power

    high = critical
    while missing(high) < 0:
        high += 1
    return deviation / math.sqrt(n) * float(optimize.brentq(missing, 0, high))
