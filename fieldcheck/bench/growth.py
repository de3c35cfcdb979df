"""How a quantity grows: the exponent of a power law, with its interval.  Loads no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Two-sided 95 % points of Student's t, by degrees of freedom from 1.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


def exponent(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Least-squares slope of log y over log x, and its 95 % interval from the scatter about the
    line.

    At least three points are needed.  A curve that is no power law, because of a fixed cost at
    small sizes, say, shows as a wide interval.
    """
    n = len(x)
    if n != len(y) or n < 3:
        raise ValueError(f"an exponent needs three points or more, got {n} and {len(y)}")
    lx, ly = [math.log(a) for a in x], [math.log(b) for b in y]
    mx, my = math.fsum(lx) / n, math.fsum(ly) / n
    sxx = math.fsum((a - mx) ** 2 for a in lx)
    if sxx == 0:
        raise ValueError("an exponent needs different sizes")
    slope = math.fsum((a - mx) * (b - my) for a, b in zip(lx, ly, strict=True)) / sxx
    left = math.fsum((b - my - slope * (a - mx)) ** 2 for a, b in zip(lx, ly, strict=True))
    error = math.sqrt(left / (n - 2) / sxx)
    reach = STUDENT[min(n - 2, len(STUDENT)) - 1] * error
    return slope, slope - reach, slope + reach
