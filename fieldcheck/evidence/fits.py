"""Fits of a table of remainders: the order and the constant of one that falls as a power of n.

For a remainder c n^-p (1 + a/n + b/n² + ...) the logarithm is linear in p, log c and the
coefficients of an expansion in 1/n.  As many values determine as many of them: this is repeated
Richardson extrapolation.  Fits of several depths are made, and the one that moves least when its
first or last value is left out is taken; that move is the estimate of its error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
from flint import arb, arb_mat

from fieldcheck.arithmetic.ball import working_digits


@dataclass(frozen=True)
class Reach:
    """Ranges of n: the powers of two by which the first n is multiplied, the digits of a remainder
    that balls have to know there, and the working precisions, raised until they do."""

    powers: tuple[int, ...]
    known: int
    digits: tuple[int, ...]

    def sharp(self, e: arb) -> bool:
        """Does a ball know its number to enough digits, and that it is not zero?"""
        bits = self.known * math.log2(10)
        return e.is_finite() and not e.contains(0) and e.rel_accuracy_bits() > bits

    @property
    def floor(self) -> Any:
        """Errors below this are those of the arithmetic."""
        return mpmath.mpf(10) ** -(self.known // 2)


DIGITS = (60, 120, 240, 480)
POINTS = 8
"""The deepest fit has so many values, at n, 2n, 3n, ...; the others have some of n, 2n, 4n, ...,
which oscillating corrections disturb less."""

NEAR = Reach((0, 1, 2, 3, 4), 30, DIGITS)
FAR = Reach((20, 30, 40), 30, DIGITS)
BEYOND = Reach((400, 700, 1000), 200, (600, 1200, 2400, 4800))
"""Where n goes if the body is a formula in n."""

WEIGHTS = 3 * BEYOND.known
"""Digits of what a fit multiplies values with; balls lose some of them."""

SAFETY = 10
"""The error of a fit is taken to be so many times what its last value changes."""

SETTLED = 1e-2
"""The error that a fit must reach to say anything."""

FAST = 8
"""By how much the error falls from one range of n to the next, if two ranges are to be enough."""

CREEPS = (1 / 3, FAST)
"""A move that is in such proportion to the one before: the fit creeps towards something else."""

STAYS = 1e-2
"""The largest move, over what a fit is off, of one that speaks against the statement."""

FALLS = "the remainder falls with n, ever faster"

FEWEST = 5
"""Doublings of n over which a slope is averaged where there is no fit."""


@dataclass(frozen=True)
class Reading:
    """The fit at one range of n: by how much order and constant (relatively) are off, with errors.

    away: the remainder bends away from any power of n
    mean: the mean slope of one that oscillates far from its rate
    """

    order: Any
    off: tuple[Any, ...]
    errors: tuple[Any, ...]
    away: str = ""
    mean: float | None = None

    @property
    def fits(self) -> bool:
        near = all(abs(d) <= e for d, e in zip(self.off, self.errors, strict=True))
        return near and max(self.errors) <= SETTLED


def fit(values: dict[int, Any], order: int | None, reach: Reach) -> tuple[Any, Any]:
    """(the order, or the log of the constant if the order is given; its error).

    A fit may move little by accident: what the runner-up excludes widens its error.
    """
    last = max(values)
    powers = sorted(n for n in values if (last // n) * n == last and _is_power(last // n))
    evenly = sorted(n for n in values if n * POINTS >= last)
    choices = [evenly, *(powers[k:] for k in range(len(powers) - 3))]
    (best, error), (second, wider), *_ = sorted(
        (_moved(values, ns, order, reach) for ns in choices), key=lambda found: found[1]
    )
    return best, max(error, abs(best - second) - wider)


def _is_power(n: int) -> bool:
    return n & (n - 1) == 0


def _moved(
    values: dict[int, Any], ns: list[int], order: int | None, reach: Reach
) -> tuple[Any, Any]:
    """What a fit says, and SAFETY times its largest move when an end is left out."""
    best = _solved(values, ns, order)
    moves = [abs(best - _solved(values, part, order)) for part in (ns[1:], ns[:-1], ns[1:-1])]
    return best, SAFETY * max(moves) + reach.floor


def _solved(values: dict[int, Any], ns: list[int], order: int | None) -> Any:
    """The fit that meets all these values."""
    known = 0 if order is None else order
    weights = _weights(tuple(Fraction(n, ns[0]) for n in ns), order is None)
    pairs = zip(weights, ns, strict=True)
    return mpmath.fsum(w * (values[n] + known * mpmath.log(n)) for w, n in pairs)


@cache
def _weights(ratios: tuple[Fraction, ...], with_order: bool) -> list[Any]:
    """The answer of a fit is linear in the values: their coefficients, which depend on the ratios
    of the n alone."""
    with working_digits(WEIGHTS):
        rows = []
        for ratio in ratios:
            n = arb(ratio.numerator) / ratio.denominator
            head = [-n.log(), 1] if with_order else [1]
            rows.append([*head, *(1 / n**j for j in range(1, len(ratios) + 1 - len(head)))])
        first = arb_mat([[int(k == 0)] for k in range(len(ratios))])
        found = arb_mat(rows).transpose().solve(first)
        with mpmath.workdps(WEIGHTS):
            return [mpf(found[k, 0]) for k in range(len(ratios))]


def predicted(values: dict[int, Any], ns: list[int], n: int) -> Any:
    """The log of the remainder at n, from a fit to those at other n."""
    row: Callable[[int], list[Any]] = lambda m: [
        mpmath.log(m),
        *(mpmath.mpf(m) ** -j for j in range(len(ns) - 1)),
    ]
    fitted = mpmath.lu_solve(
        mpmath.matrix([row(m) for m in ns]), mpmath.matrix([values[m] for m in ns])
    )
    return mpmath.fdot(fitted, row(n))


def away(values: dict[int, Any], stated: int, reach: Reach) -> str:
    """Does a remainder grow, and faster with every doubling of n?  Or, far out, fall so?

    Growth alone says little: n/(n² + 10⁶) grows for long before it falls.
    """
    doubled = [n for n in sorted(values) if 2 * n in values]
    growth = [values[2 * n] - values[n] for n in doubled]
    if stated > 0 and growth[0] > 0 and all(a < b for a, b in pairwise(growth)):
        return "the remainder grows with n, ever faster"
    far = reach in (FAR, BEYOND)
    if far and growth[-1] < 2 * growth[0] < 0 and all(b < a for a, b in pairwise(growth)):
        return FALLS
    return ""


def stays_off(values: dict[int, Any], stated: int) -> float | None:
    """The mean slope of a remainder that oscillates, if it and that of the later half are off by
    more than half an order to the same side: there is no fit, and yet it is far from the rate.

    Slopes that only come nearer are left alone: n/(n² + 10⁵) rises before it falls.  (With 10⁶ it
    rises at all n that are looked at, and its fit is that of n.)
    """
    doubled = [n for n in sorted(values) if 2 * n in values and _is_power(n // min(values))]
    slopes = [float((values[n] - values[2 * n]) / mpmath.log(2)) for n in doubled]
    off = [abs(slope - stated) for slope in slopes]
    if len(off) < FEWEST or all(b <= a for a, b in pairwise(off)):
        return None
    late = slopes[-(len(slopes) // 2) :]
    mean, later = sum(slopes) / len(slopes), sum(late) / len(late)
    far = all(abs(m - stated) > 0.5 for m in (mean, later))
    return mean if far and (mean > stated) == (later > stated) else None


def settled(readings: list[Reading], reach: Reach) -> bool:
    """Do the last fits agree with the statement, and come nearer fast or not drift?"""
    if len(readings) < 2 or not all(r.fits for r in readings[-2:]):
        return False
    a, b = readings[-2:]
    pairs = list(zip(a.errors, b.errors, strict=True))
    if all(e <= max(d / FAST, 1000 * reach.floor) for d, e in pairs):
        return True
    return len(readings) > 2 and not any(
        _creeps([r.off[k] for r in readings[-3:]], reach) for k in range(len(b.off))
    )


def _creeps(off: list[Any], reach: Reach) -> bool:
    first, then = off[1] - off[0], off[2] - off[1]
    low, high = CREEPS
    creeping = low * first**2 < then * first < high * first**2
    creeps: bool = creeping and abs(then) > 1000 * reach.floor
    return creeps


def stays(readings: list[Reading]) -> list[int]:
    """Which of order and constant is off for certain, as far as fits can tell: the first one."""
    if len(readings) < 3:
        return []
    for k in range(len(readings[-1].off)):
        a, b, c = (r.off[k] for r in readings[-3:])
        d, e = (r.errors[k] for r in readings[-2:])
        if abs(c) <= e and e <= SETTLED:
            continue
        clear = abs(b) > SAFETY * d and abs(c) > SAFETY * e
        still = abs(c - b) <= STAYS * abs(c)
        turning = abs(c - b) > max(abs(b - a), STAYS**2 * abs(c))
        return [k] if clear and still and not turning else []
    return []


def mpf(e: arb) -> Any:
    """The middle of a ball."""
    man, exp = e.mid().man_exp()
    return mpmath.ldexp(mpmath.mpf(int(man)), int(exp))
