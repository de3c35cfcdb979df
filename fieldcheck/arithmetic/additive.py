"""Residues for which exp turns sums into products.

In the prime field exp is a free symbol; here it knows that exp(a + b) = exp(a) exp(b), for sums,
differences and rational multiples: every residue remembers of which it was made, and its
exponential is a product of powers of those of its parts.  An exponential along a sum over a size
has no bounded number of indices: so this decides the sizes visited, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.arithmetic.prime import Prime

SCALE = 12
"""Parts are exponentiated at a twelfth, so that halves, thirds and quarters have powers."""

PARTS = 64
"""Parts of one exponent; beyond them it is one by itself."""

Terms = dict[int, Fraction]


class Additive(Prime):
    """The prime field with an exponential that is a homomorphism.

    ``raised``: the largest sum of powers in one exponential, by which degrees grow.
    """

    def __init__(self, *args: Any, **known: Any) -> None:
        super().__init__(*args, **known)
        self._made: dict[int, tuple[tuple[Fraction, int], ...]] = {}
        self._constants: dict[int, Fraction] = {}
        self._root: dict[int, int] = {}
        self.raised = 1

    def again(self, prefix: tuple[bool, ...], afresh: bool = False) -> Additive:
        return Additive(self.p, self.rng, self._i, prefix, None if afresh else self.salt)

    # -- of what a residue is made ---------------------------------------------------------------
    def _remember(
        self, out: np.ndarray, coefficients: Iterable[int | Fraction], *parts: np.ndarray
    ) -> np.ndarray:
        arrays = np.broadcast_arrays(out, *self._grown(out, parts))
        for r, *made in zip(*(a.ravel() for a in arrays), strict=True):
            terms = tuple((Fraction(c), x) for c, x in zip(coefficients, made, strict=True) if x)
            if r and terms and r not in [x for _, x in terms]:
                self._made.setdefault(r, terms)
        return out

    def _grown(self, out: np.ndarray, parts: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [self._aligned(out, p)[1] for p in parts]

    def _integer(self, n: int) -> np.ndarray:
        out = super()._integer(n)
        self._constants.setdefault(int(out[0]), Fraction(n))
        return out

    def _add(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._remember(super()._add(a, b), (1, 1), a, b)

    def _sub(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._remember(super()._sub(a, b), (1, -1), a, b)

    def _neg(self, a: np.ndarray) -> np.ndarray:
        return self._remember(super()._neg(a), (-1,), a)

    def _sum(self, d: np.ndarray, axis: int) -> np.ndarray:
        out = super()._sum(d, axis)
        rows = np.moveaxis(d, axis, 0)
        return self._remember(out, (1,) * len(rows), *rows) if 0 < len(rows) <= PARTS else out

    def _mul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        out = super()._mul(a, b)
        for scalar, other in ((a, b), (b, a)):
            if scalar.ndim == 1:
                self._scaled(out, scalar, other)
        return out

    def _scaled(self, out: np.ndarray, scalar: np.ndarray, other: np.ndarray) -> None:
        """A multiple by a constant: of a sum, the sum of the multiples."""
        known = self._constants.get(int(scalar[0]))
        if known is not None:
            self._remember(out, (known,), other)
        elif int(scalar[0]) in (self._i, self.p - self._i):
            for factor, half in zip(scalar, other, strict=True):
                for x in np.asarray(half, dtype=object).ravel():
                    terms = tuple((q, factor * y % self.p) for q, y in self._made.get(x, ()))
                    if terms:
                        self._made.setdefault(factor * x % self.p, terms)

    def _div(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        out = super()._div(a, b)
        known = self._constants.get(int(b[0])) if b.ndim == 1 else None
        return self._remember(out, (1 / known,), a) if known else out

    def _terms(self, x: int, depth: int = 0) -> Terms:
        """The parts of a residue, each with its rational factor."""
        if x in self._constants:
            return {1: self._constants[x]} if self._constants[x] else {}
        if x not in self._made or depth > PARTS:
            small = min(x, self.p - x)
            return {small: Fraction(1 if small == x else -1)}
        out: Terms = {}
        for c, y in self._made[x]:
            for part, q in self._terms(y, depth + 1).items():
                out[part] = out.get(part, Fraction(0)) + c * q
        return {part: q for part, q in out.items() if q}

    # -- the exponential -------------------------------------------------------------------------
    def _exp_one(self, x: int, conjugate: int) -> int:
        if x in self._exp_of:
            return super()._exp_one(x, conjugate)
        terms = self._terms(x)
        if len(terms) > PARTS or any((q * SCALE).denominator > 1 for q in terms.values()):
            return super()._exp_one(x, conjugate)
        y, power = 1, 0
        for part, q in terms.items():
            exponent = int(q * SCALE)
            y = y * pow(self._part(part), exponent, self.p) % self.p
            power += abs(exponent)
        self.raised = max(self.raised, power)
        self._exp_of[x] = y
        if x == conjugate:
            self._log_of.setdefault(y, x)
        return y

    def _part(self, x: int) -> int:
        """The symbol exp(x/12); of a logarithm its root must exist, so it is its own symbol."""
        if x not in self._root:
            self._root[x] = self._symbol("part", x, least=1)
            self.symbols += 1
        return self._root[x]
