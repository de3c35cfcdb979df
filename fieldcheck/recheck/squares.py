"""Sums of squares, rechecked: over² room = times² ∏ m* G m modulo a fresh prime, and each G is
positive semidefinite in plain fractions.  Where over is not 0 the room is nonnegative then, and so
it is elsewhere: it is continuous where it has a value, and over is 0 on a thin set only.

A record names the monomials and the entries of G on and above the diagonal: "i j re im".  The
variable A[0,1] is A.re[0,1] + i A.im[0,1].
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.recheck.case import Case, Point
from fieldcheck.recheck.road import UNIT, Open, Undefined

TRIES = 30  # points until one has a value
FACTOR = re.compile(r"(?P<raw>[^\[\]^ ]+)(\[(?P<index>[\d,]*)\])?(\^(?P<power>\d+))?")

Row = dict[int, Fraction]
Number = tuple[int, int]
"""a + bi modulo a prime, i being no residue."""


def wrong(case: Case, part: int, entries: Sequence[Mapping[str, Any]], make: Any, rng: Any) -> str:
    """What is wrong with the sums of squares of a part; ``make`` gives residues."""
    for entry in entries:
        if not all(semidefinite(form) for form in entry["forms"]):
            return "a matrix that is not positive semidefinite"
        if "over" in entry and case.raws("signs"):
            raise Open("a divisor that may vanish at every choice of signs")
    for _ in range(TRIES):
        xp, point = make(), case.point(rng)
        try:
            ((_, sides),) = case.sides(xp, point.entry(xp), [part])
        except Undefined:
            continue
        room = sides.right - sides.left if sides.gap is None else sides.gap
        values = list(room.z[UNIT].r.flat)
        if len(values) != len(entries):
            return f"{len(entries)} sums of squares for {len(values)} entries"
        field = Field(case, point, xp.p)
        if not all(map(field.agrees, entries, values)):
            return "another polynomial than the sum of squares"
        return ""
    raise Open(f"no point with a value at {case.sizes}")


class Field:
    """The variables of a record at a point, modulo a prime."""

    def __init__(self, case: Case, point: Point, p: int):
        self.case, self.point, self.p = case, point, p

    def agrees(self, entry: Mapping[str, Any], value: Any) -> bool:
        """The right side is real; where the left is not, a root of -1 tells them apart."""
        over, times = (self.polynomial(entry.get(k, {"": "1"})) for k in ("over", "times"))
        if not over:
            return False
        right = times**2
        for form in entry["forms"]:
            right = right * self.form(form) % self.p
        return (value * over**2 - right) % self.p == 0

    def residue(self, q: str | Fraction) -> int:
        q = Fraction(q)
        return q.numerator * pow(q.denominator, -1, self.p) % self.p

    def polynomial(self, terms: Mapping[str, str]) -> int:
        values = [(self.monomial(m), self.residue(c)) for m, c in terms.items()]
        if any(b for (_, b), _ in values):
            raise Open("a divisor that is not real")
        return sum(a * c for (a, _), c in values) % self.p

    def form(self, form: Mapping[str, Any]) -> int:
        """m* G m, of which each entry off the diagonal counts twice, by its real part."""
        m, total = [self.monomial(text) for text in form["basis"]], 0
        for i, j, real, imaginary in rows(form):
            (a, b), (c, d) = m[i], m[j]
            x, y = a * c + b * d, a * d - b * c  # conj(m_i) m_j
            once = x * self.residue(real) - y * self.residue(imaginary)
            total += once * (1 if i == j else 2)
        return total % self.p

    def monomial(self, text: str) -> Number:
        out = 1, 0
        for factor in text.split():
            found = FACTOR.fullmatch(factor)
            if not found:
                raise Open(f"no variable {factor!r}")
            (a, b), (c, d) = out, self.variable(found["raw"], found["index"])
            for _ in range(int(found["power"] or 1)):
                a, b = (a * c - b * d) % self.p, (a * d + b * c) % self.p
            out = a, b
        return out

    def variable(self, raw: str, index: str | None) -> Number:
        at = tuple(map(int, index.split(","))) if index else ()
        parts = [raw] if raw in self.case.shapes else [f"{raw}.re", f"{raw}.im"]
        if any(part not in self.case.shapes for part in parts):
            raise Open(f"no variable {raw!r}")
        values = [self.residue(self.point.get(part, self.case.shapes[part])[at]) for part in parts]
        return values[0], (values[1] if len(values) > 1 else 0)


def rows(form: Mapping[str, Any]) -> list[tuple[int, int, Fraction, Fraction]]:
    """The entries on and above the diagonal."""
    out = []
    for text in form["gram"]:
        i, j, real, *imaginary = text.split()
        out.append((int(i), int(j), Fraction(real), Fraction(*imaginary or ["0"])))
    return out


def semidefinite(form: Mapping[str, Any]) -> bool:
    """Is the Hermitian matrix positive semidefinite?  By elimination from the last row on, of the
    real symmetric matrix of twice the size."""
    n = len(form["basis"])
    whole = np.full((2 * n, 2 * n), Fraction(0), dtype=object)
    if len({(i, j) for i, j, *_ in rows(form)}) < len(form["gram"]):
        return False
    for i, j, real, imaginary in rows(form):
        if not 0 <= i <= j < n or (i == j and imaginary):
            return False
        for a, b, sign in ((i, j, 1), (j, i, -1)):
            whole[a, b] = whole[n + a, n + b] = real
            whole[a, n + b] = -sign * imaginary
            whole[n + a, b] = sign * imaginary
    if not any(imaginary for *_, imaginary in rows(form)):
        whole = whole[:n, :n]
    for k in reversed(range(len(whole))):
        pivot, column = whole[k, k], whole[:k, k]
        if pivot < 0 or (not pivot and column.any()):
            return False
        for r in np.flatnonzero(column) if pivot else ():
            whole[r, :k] -= whole[r, k] / pivot * whole[k, :k]
    return True
