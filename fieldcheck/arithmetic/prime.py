"""A prime field in which conjugation makes sense: exact tests of polynomial identities.

A complex value is a pair of independent residues (value, conjugate).  ``star`` swaps and
transposes, so X and X* are independent variables, as the Wirtinger derivative means.  The prime
is 1 modulo 4, so that -1 has a square root.

Transcendental functions enter as free symbols: ``exp(x)`` is a random residue, the same for the
same argument, with the derivative rule of the jets, exp(0) = 1 and exp(-x) = 1/exp(x).  So does
relu, with relu(0) = 0 and relu(x) - relu(-x) = x, and its derivative ``step``, with
step(x) + step(-x) = 1; maximum and minimum follow.  What holds for such symbols holds for the
functions; ``log`` undoes ``exp`` only where the argument is real, that is its own conjugate.
The converse fails (exp(a+b) = exp(a)exp(b) is
unknown here), so a run that used a symbol may confirm and never refute; ``symbols`` counts them.

A residue has two square roots and neither is the positive one.  A run takes those that ``choices``
says; an identity must hold for all of them (see :meth:`Prime.again`).

Sources: J. T. Schwartz, J. ACM 27 (1980) 701; R. Zippel, EUROSAM 1979.
"""

from __future__ import annotations

import random

import flint
import numpy as np

from fieldcheck.arithmetic.paired import Paired, entrywise


class Unlucky(Exception):
    """A denominator vanished or a residue had no square root at this random point."""


def random_prime(rng: random.Random) -> int:
    """A random prime between 2^59 and 2^60 that is 1 modulo 4."""
    while True:
        n = rng.randrange(2**59, 2**60) // 4 * 4 + 1
        if flint.fmpz(n).is_prime():
            return n


def _root_of_minus_one(p: int, rng: random.Random) -> int:
    while True:
        r = pow(rng.randrange(2, p), (p - 1) // 4, p)
        if r * r % p == p - 1:
            return r


class Prime(Paired):
    """Residues modulo a random prime, with free symbols for what is not algebraic."""

    name = "prime"

    def __init__(self, p: int, rng: random.Random, i: int = 0, prefix: tuple[bool, ...] = ()):
        self.p, self.rng, self.prefix = p, rng, prefix
        self._i = i or _root_of_minus_one(p, rng)
        self.symbols = 0
        self.choices: list[bool] = []
        self._exp_of: dict[int, int] = {0: 1}
        self._log_of: dict[int, int] = {1: 0}
        self._root_of: dict[int, int] = {0: 0, 1: 1}
        self._relu_of: dict[int, int] = {0: 0}
        self._step_of: dict[int, int] = {}
        self._pi_value: int | None = None

    def again(self, prefix: tuple[bool, ...]) -> Prime:
        """The same field, for another run: ``prefix`` says which roots are taken first."""
        return Prime(self.p, self.rng, self._i, prefix)

    def from_raw(self, values: np.ndarray):
        """Real raw values (residues): value and conjugate agree."""
        return self.wrap(np.stack([values, values]))

    def residues(self, shape: tuple[int, ...]) -> np.ndarray:
        """Random residues for a raw parameter."""
        flat = [self.rng.randrange(self.p) for _ in range(int(np.prod(shape, dtype=int)))]
        data = np.empty(len(flat), dtype=object)
        data[:] = flat
        return data.reshape(shape)

    def draw(self, shape: tuple[int, ...]):
        return self.from_raw(self.residues(shape))

    def _settle(self, data):
        out = data % self.p
        return out if isinstance(out, np.ndarray) else np.asarray(out, dtype=object)

    def _integer(self, n):
        out = np.empty(2, dtype=object)
        out[:] = [n % self.p, n % self.p]
        return out

    def _imaginary_unit(self):
        out = np.empty(2, dtype=object)
        out[:] = [self._i, self.p - self._i]
        return out

    def _pi(self):
        if self._pi_value is None:
            self.symbols += 1
            self._pi_value = self.rng.randrange(1, self.p)
        return self._integer(self._pi_value)

    def _mul(self, a, b):
        a, b = self._aligned(a, b)
        return self._settle(a * b)

    def _matmul(self, a, b):
        a, b, undo = self._as_matrices(a, b)
        return self._settle(undo(np.matmul(a, b)))

    def _inverse(self, x: int) -> int:
        if x == 0:
            raise Unlucky("division by zero")
        return pow(x, -1, self.p)

    def _div(self, a, b):
        return self._mul(a, entrywise(self._inverse, b))

    def _conj(self, d):
        return d[::-1]

    def _real(self, d):
        half = pow(2, -1, self.p)
        return self._settle((d + d[::-1]) * half)

    def _real_only(self, data):
        return not np.any(data[0] != data[1])

    def _imag(self, d):
        scale = self._inverse(2 * self._i % self.p)
        v = self._settle((d[0] - d[1]) * scale)
        return np.stack([v, v])

    def _solve(self, a, b):
        return np.stack([self._solve_one(a[k], b[k]) for k in (0, 1)])

    def _solve_one(self, a, b):
        left = flint.nmod_mat(a.shape[0], a.shape[1], [int(x) for x in a.ravel()], self.p)
        right = flint.nmod_mat(b.shape[0], b.shape[1], [int(x) for x in b.ravel()], self.p)
        try:
            y = left.solve(right)
        except ZeroDivisionError:
            raise Unlucky("singular matrix") from None
        out = np.empty(b.shape, dtype=object)
        for r in range(b.shape[0]):
            for c in range(b.shape[1]):
                out[r, c] = int(y[r, c])
        return out

    def rank(self, d) -> int:
        """Rank of a matrix of values (the first halves of the pairs)."""
        v = d[0]
        return flint.nmod_mat(v.shape[0], v.shape[1], [int(x) for x in v.ravel()], self.p).rank()

    # -- free symbols -------------------------------------------------------------------------
    def _exp_one(self, x: int, conjugate: int) -> int:
        y = self._exp_of.get(x)
        if y is None:
            minus = self._exp_of.get(-x % self.p)
            y = self._inverse(minus) if minus is not None else self.rng.randrange(1, self.p)
            self._exp_of[x] = y
            self.symbols += 1
        if x == conjugate:
            self._log_of.setdefault(y, x)
        return y

    def _log_one(self, y: int) -> int:
        if y == 0:
            raise Unlucky("log of zero")
        x = self._log_of.get(y)
        if x is None:
            x = self.rng.randrange(self.p)
            self._log_of[y] = x
            self._exp_of.setdefault(x, y)
            self.symbols += 1
        return x

    def _root_one(self, x: int) -> int:
        y = self._root_of.get(x)
        if y is None:
            if pow(x, (self.p - 1) // 2, self.p) != 1:
                raise Unlucky("no square root")
            y = int(flint.nmod(x, self.p).sqrt())
            k = len(self.choices)
            first = self.prefix[k] if k < len(self.prefix) else True
            self.choices.append(first)
            y = min(y, self.p - y) if first else max(y, self.p - y)
            self._root_of[x] = y
            self.symbols += 1
        return y

    def _exp(self, d):
        return entrywise(self._exp_one, d, d[::-1])

    def _log(self, d):
        return entrywise(self._log_one, d)

    def _sqrt(self, d):
        return entrywise(self._root_one, d)

    def _circular(self, d):
        z = self._exp(self._mul(d, self._imaginary_unit()))
        return z, entrywise(self._inverse, z)

    def _cos(self, d):
        z, w = self._circular(d)
        return self._div(self._add(z, w), self._integer(2))

    def _sin(self, d):
        z, w = self._circular(d)
        return self._div(self._sub(z, w), self._mul(self._integer(2), self._imaginary_unit()))

    def _tanh(self, d):
        z = self._exp(d)
        z2 = self._mul(z, z)
        return self._div(self._sub(z2, self._integer(1)), self._add(z2, self._integer(1)))

    def _odd_part(self, known: dict[int, int], x: int, mirrored) -> int:
        """A free symbol of x; ``mirrored`` gives it from the symbol of -x, where that is known."""
        y = known.get(x)
        if y is None:
            minus = known.get(-x % self.p)
            y = self.rng.randrange(self.p) if minus is None else mirrored(minus) % self.p
            known[x] = y
            self.symbols += 1
        return y

    def _relu(self, d):
        return entrywise(lambda x: self._odd_part(self._relu_of, x, lambda m: x + m), d)

    def _step(self, d):
        return entrywise(lambda x: self._odd_part(self._step_of, x, lambda m: 1 - m), d)

    def _maximum(self, a, b):
        return self._add(b, self._relu(self._sub(a, b)))

    def _minimum(self, a, b):
        return self._sub(a, self._relu(self._sub(a, b)))
