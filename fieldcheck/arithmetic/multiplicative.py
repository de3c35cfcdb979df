"""Residues for which log turns products into sums, and sqrt products into products.

For positive a and b log ab = log a + log b, and for nonnegative ones √ab = √a √b: every residue
remembers of which factors it was made, and is split into those that are known not to be negative
(see ``Prime.learn``).  A constant is split into its prime factors.  What is no product may still be
one that has a logarithm times one that has: 1 + e^x = e^x (1 + e^-x).

This comes on top of the exponential of :mod:`fieldcheck.arithmetic.additive`, and like it decides
the sizes visited, and no others.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from fieldcheck.arithmetic.additive import PARTS, Additive

PRIMES = [p for p in range(2, 100) if all(p % q for q in range(2, p))]

TRIED = 16
"""Logarithms of which a new one may differ by one that is known."""

Factors = dict[int, int]


class Multiplicative(Additive):
    """The prime field with a logarithm and a root that are homomorphisms, too."""

    def __init__(self, *args: Any, **known: Any) -> None:
        super().__init__(*args, **known)
        self._made_of: dict[int, tuple[tuple[int, int], ...]] = {}
        self._settled: set[int] = set()
        self._sure: list[int] = []
        self._dividing = False

    def again(self, prefix: tuple[bool, ...], afresh: bool = False) -> Multiplicative:
        return Multiplicative(self.p, self.rng, self._i, prefix, None if afresh else self.salt)

    # -- of which factors a residue is made ------------------------------------------------------
    def _noted(self, out: np.ndarray, a: np.ndarray, b: np.ndarray, power: int) -> np.ndarray:
        """``out`` is a times b to this power.  What was a factor before is not taken apart."""
        arrays = np.broadcast_arrays(out, *self._grown(out, (a, b)))
        for r, x, y in zip(*(v.ravel() for v in arrays), strict=True):
            if r not in self._settled and r not in (x, y):
                self._made_of.setdefault(r, ((x, 1), (y, power)))
            self._settled.update((x, y))
        return out

    def _mul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        out = super()._mul(a, b)
        return out if self._dividing else self._noted(out, a, b, 1)

    def _div(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self._dividing = True  # by a product with the inverse, which nothing is known of
        out = super()._div(a, b)
        self._dividing = False
        return self._noted(out, a, b, -1)

    def _nonnegative(self, x: int) -> bool:
        return x in self._nonneg or self._constants.get(x, -1) >= 0

    def _factors(self, x: int, depth: int = 0) -> Factors:
        """The factors of a residue that is not negative, none of which is, with their powers."""
        if self._constants.get(x, 0) > 0:
            return self._of_constant(self._constants[x])
        made = self._made_of.get(x, ())
        if not made or depth > PARTS or not all(self._nonnegative(y) for y, _ in made):
            return {x: 1}
        out: Factors = {}
        for y, power in made:
            for factor, k in self._factors(y, depth + 1).items():
                out[factor] = out.get(factor, 0) + power * k
        return {factor: k for factor, k in out.items() if k}

    def _of_constant(self, c: Fraction) -> Factors:
        out: Factors = {}
        for n, sign in ((c.numerator, 1), (c.denominator, -1)):
            for q in PRIMES:
                while n % q == 0:
                    n //= q
                    out[q] = out.get(q, 0) + sign
            if n > 1:
                out[n % self.p] = sign
        return out

    def _raise(self, factors: Factors) -> None:
        self.raised = max(self.raised, sum(map(abs, factors.values())))

    # -- logarithms ------------------------------------------------------------------------------
    def _exp_one(self, x: int, conjugate: int) -> int:
        y = super()._exp_one(x, conjugate)
        if x == conjugate:
            self._sure.append(y)
        return y

    def _log(self, d: np.ndarray) -> np.ndarray:
        """Of positive values alone; ``_log_apart`` is for the others."""
        for y in d.ravel().tolist() if d.ndim else [int(d)]:
            if y and y not in self._log_of:
                self._split(y)
        out = super()._log(d)
        self._sure += d.ravel().tolist()
        return out

    def _split(self, y: int) -> None:
        """The logarithm of a positive residue from those of others, if it is made of such."""
        factors = self._factors(y)
        if factors == {y: 1}:
            self._beside(y)
            return
        x = sum(k * self._log_known(factor) for factor, k in factors.items()) % self.p
        self._raise(factors)
        self._log_of[y] = x
        self._undone(x, y)

    def _log_known(self, y: int) -> int:
        if y not in self._log_of:
            self._beside(y)
        self._sure.append(y)
        return self._log_one(y)

    def _beside(self, y: int) -> None:
        """log y = log z + log (y/z), where both are known."""
        sure = {z for z in self._sure if z in self._log_of}
        for z in list(dict.fromkeys(self._sure))[:TRIED]:
            ratio = y * pow(z, -1, self.p) % self.p
            for known, sign in ((ratio, 1), (pow(ratio, -1, self.p), -1)):
                if z in sure and known in sure and known != 1:
                    x = (self._log_of[z] + sign * self._log_of[known]) % self.p
                    self._log_of[y] = x
                    self._undone(x, y)
                    return

    # -- roots -----------------------------------------------------------------------------------
    def _root_one(self, x: int, known: dict[int, int] | None = None) -> int:
        if known is not None or x in self._root_of:
            return super()._root_one(x, known)
        factors = self._factors(x)
        if factors == {x: 1}:
            return super()._root_one(x)
        y = 1
        for factor, k in factors.items():
            y = y * pow(factor, k // 2, self.p) % self.p
            if k % 2:
                y = y * super()._root_one(factor) % self.p
        self._raise(factors)
        self._root_of[x] = y
        self.symbols += 1
        return y
