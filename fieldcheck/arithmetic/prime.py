"""A prime field in which conjugation makes sense: exact tests of polynomial identities.

A complex value is a pair of independent residues (value, conjugate).  ``star`` swaps and
transposes, so X and X* are independent variables, as the Wirtinger derivative means.  The prime
is 1 modulo 4, so that -1 has a square root.

Transcendental functions enter as free symbols: ``exp(x)`` is a random residue, the same for the
same argument, with the derivative rule of the jets, exp(0) = 1 and exp(-x) = 1/exp(x).  So does
``step``, with step(x) + step(-x) = 1, of which relu is made, x step(x), and so maximum, minimum and
abs; with ``bits`` it is 0 or 1, as the choices say.  What holds for such symbols holds for the
functions; ``log`` undoes ``exp`` only where the argument is real, that is its own conjugate.
The converse fails (exp(a+b) = exp(a)exp(b) is
unknown here), so a run that used a symbol may confirm and never refute; ``symbols`` counts them.

A residue has two square roots and neither is the positive one.  A run takes those that ``choices``
says; an identity must hold for all of them (see :meth:`Prime.again`).

Sources: J. T. Schwartz, J. ACM 27 (1980) 701; R. Zippel, EUROSAM 1979.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import flint
import numpy as np

from fieldcheck.arithmetic.array import Array, Unsupported
from fieldcheck.arithmetic.paired import Paired, entrywise

NO_ROOT = "no square root"

ODD = ("arctan", "erf")
"""Odd functions of a real value, of which no more is known."""


BITS = 128
"""Of a prime: so many that one trial is enough for the bounds that are asked for."""


class Unlucky(Exception):
    """A denominator vanished or a residue had no square root at this random point."""


class Rootless(Unlucky):
    """A residue had no square root."""

    def __init__(self, radicand: int) -> None:
        super().__init__(NO_ROOT)
        self.radicand = radicand


def random_prime(rng: random.Random) -> int:
    """A random prime between 2^127 and 2^128 that is 1 modulo 4."""
    while True:
        n = rng.randrange(2 ** (BITS - 1), 2**BITS) // 4 * 4 + 1
        if flint.fmpz(n).is_prime():
            return n


_prime_of: WeakKeyDictionary[random.Random, int] = WeakKeyDictionary()


def prime_of(rng: random.Random) -> int:
    """The prime of a stream, the same whenever it is asked for: to show that a number of 128 bits
    is prime takes milliseconds.  Several trials of one thing need others after the first."""
    if rng not in _prime_of:
        _prime_of[rng] = random_prime(rng)
    return _prime_of[rng]


def _root_of_minus_one(p: int, rng: random.Random) -> int:
    while True:
        r = pow(rng.randrange(2, p), (p - 1) // 4, p)
        if r * r % p == p - 1:
            return r


@lru_cache(maxsize=8)
def _modulo(p: int) -> Any:
    """python-flint's ring, which asks whether p is prime each time that it is made."""
    return flint.fmpz_mod_ctx(p)


def root(x: int, p: int) -> int:
    """A square root of a residue that has one."""
    return int(_modulo(p)(x).sqrt())


def matrix(values: np.ndarray, p: int) -> Any:
    """A matrix of residues, for what python-flint does with one."""
    rows, columns = values.shape
    return flint.fmpz_mod_mat(rows, columns, values.ravel().tolist(), _modulo(p))


class Prime(Paired):
    """Residues modulo a random prime, with free symbols for what is not algebraic."""

    kind = "prime"
    raised = 1
    """The largest sum of powers in one exponential, by which degrees grow."""

    def __init__(
        self,
        p: int,
        rng: random.Random,
        i: int = 0,
        prefix: tuple[bool, ...] = (),
        salt: int | None = None,
    ) -> None:
        self.p, self.rng, self.prefix = p, rng, prefix
        self.salt = rng.getrandbits(64) if salt is None else salt
        self._i = i or _root_of_minus_one(p, rng)
        self.symbols = 0
        self.choices: list[bool] = []
        self._exp_of: dict[int, int] = {0: 1}
        self._log_of: dict[int, int] = {1: 0}
        self._root_of: dict[int, int] = {0: 0, 1: 1}
        self._step_of: dict[int, int] = {}
        self._odd_of: dict[tuple[str, int], int] = {}
        self._pi_value: int | None = None
        # Apart from the conjugate: what f(conj z) = conj f(z) fails for, on a cut.
        self._apart_log: dict[int, int] = {}
        self._apart_root: dict[int, int] = {0: 0, 1: 1}
        self._logarithms: set[int] = set()
        self._resolved: set[int] = set()
        self._reciprocal_of: dict[int, int] = {}
        self._nonneg: set[int] = set()
        self.compared = 0
        self.noting = self.bits = False
        self.sites: list[np.ndarray] = []

    def again(self, prefix: tuple[bool, ...], afresh: bool = False) -> Prime:
        """The same field and the same symbols (or, afresh, other ones), for another run: ``prefix``
        says which roots are taken first.  With other symbols, a choice of roots would mean another
        one: what holds for one sign only could pass for both."""
        return Prime(self.p, self.rng, self._i, prefix, None if afresh else self.salt)

    def _symbol(self, kind: str, of: int = 0, least: int = 0) -> int:
        """A random residue, the same for the same symbol in all runs."""
        return random.Random(f"{self.salt}/{kind}/{of}").randrange(least, self.p)

    def from_raw(self, values: np.ndarray) -> Array:
        """Real raw values (residues): value and conjugate agree."""
        return self.wrap(np.stack([values, values]))

    def residues(self, shape: tuple[int, ...]) -> np.ndarray:
        """Random residues for a raw parameter."""
        flat = [self.rng.randrange(self.p) for _ in range(int(np.prod(shape, dtype=int)))]
        data = np.empty(len(flat), dtype=object)
        data[:] = flat
        return data.reshape(shape)

    def draw(self, shape: tuple[int, ...]) -> Array:
        return self.from_raw(self.residues(shape))

    def _settle(self, data: np.ndarray) -> np.ndarray:
        out = data % self.p
        return out if isinstance(out, np.ndarray) else np.asarray(out, dtype=object)

    def _integer(self, n: int) -> np.ndarray:
        out = np.empty(2, dtype=object)
        out[:] = [n % self.p, n % self.p]
        return out

    def _imaginary_unit(self) -> np.ndarray:
        out = np.empty(2, dtype=object)
        out[:] = [self._i, self.p - self._i]
        return out

    def _pi(self) -> np.ndarray:
        if self._pi_value is None:
            self.symbols += 1
            self._pi_value = self._symbol("pi", least=1)
        return self._integer(self._pi_value)

    def _mul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        return self._settle(a * b)

    def _matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b, undo = self._as_matrices(a, b)
        return self._settle(undo(np.matmul(a, b)))

    def _inverse(self, x: int) -> int:
        if x == 0:
            raise Unlucky("division by zero")
        return pow(x, -1, self.p)

    def _div(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._mul(a, entrywise(self._inverse, b))

    def _conj(self, d: np.ndarray) -> np.ndarray:
        return d[::-1]

    def _real(self, d: np.ndarray) -> np.ndarray:
        half = pow(2, -1, self.p)
        return self._settle((d + d[::-1]) * half)

    def _real_only(self, data: np.ndarray) -> bool:
        return not np.any(data[0] != data[1])

    def _imag(self, d: np.ndarray) -> np.ndarray:
        scale = self._inverse(2 * self._i % self.p)
        v = self._settle((d[0] - d[1]) * scale)
        return np.stack([v, v])

    def _solve(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.stack([self._solve_one(a[k], b[k]) for k in (0, 1)])

    def _solve_one(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        try:
            y = matrix(a, self.p).solve(matrix(b, self.p))
        except ZeroDivisionError:
            raise Unlucky("singular matrix") from None
        out = np.empty(b.shape, dtype=object)
        for r in range(b.shape[0]):
            for c in range(b.shape[1]):
                out[r, c] = int(y[r, c])
        return out

    def rank(self, d: np.ndarray) -> int:
        """Rank of a matrix of values (the first halves of the pairs)."""
        rank: int = matrix(d[0], self.p).rank()
        return rank

    # -- free symbols -------------------------------------------------------------------------
    def _exp_one(self, x: int, conjugate: int) -> int:
        y = self._exp_of.get(x)
        if y is None:
            minus = self._exp_of.get(-x % self.p)
            if minus is None:  # of x and -x, one has the symbol and the other its inverse
                z = self._symbol("exp", min(x, self.p - x), least=1)
                y = z if 2 * x < self.p else self._inverse(z)
            else:
                y = self._inverse(minus)
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
            x = self._log_of[y] = self._symbol("log", y)
            self._undone(x, y)
            self.symbols += 1
        return x

    def _undone(self, x: int, y: int) -> None:
        """exp undoes log wherever there is a logarithm."""
        self._exp_of.setdefault(x, y)
        self._logarithms.add(x)

    def _apart_one(self, y: int) -> int:
        """The conjugate of a logarithm whose argument may lie on the cut: a symbol of its own."""
        x = self._apart_log.get(y)
        if x is None:
            if y == 0:
                raise Unlucky("log of zero")
            x = self._apart_log[y] = self._symbol("apart", y)
            self._undone(x, y)
        return x

    def learn(self, d: np.ndarray) -> None:
        """Residues of values that are not negative: one of them is the root of its own square."""
        self._nonneg.update(d[0].ravel().tolist() if d.ndim > 1 else [d[0]])

    def contradicts_itself(self) -> bool:
        """Is a product or quotient of two roots the negative of what is known not to be negative?
        Then some root was taken with the wrong sign.  ``compared`` counts the pairs looked at, each
        of which may agree by accident."""
        roots = {1, *(y for y in self._root_of.values() if y in self._nonneg)}
        pairs = [(y, z) for y in roots for z in roots if y and z]
        made = {y * pow(z, e, self.p) % self.p for y, z in pairs for e in (1, -1)}
        known = self._nonneg.union(made, range(1, 100))
        self.compared = len(made) * len(known)
        return any(self.p - x in known for x in made)

    def _root_one(self, x: int, known: dict[int, int] | None = None) -> int:
        known = self._root_of if known is None else known
        y = known.get(x)
        if y is None:
            if pow(x, (self.p - 1) // 2, self.p) != 1:
                raise Rootless(x)
            y = root(x, self.p)
            if (y in self._nonneg) != (self.p - y in self._nonneg):
                y = y if y in self._nonneg else self.p - y
                self._resolved.add(x)
            else:
                y = min(y, self.p - y) if self._choose() else max(y, self.p - y)
            known[x] = y
            self.symbols += 1
        return y

    def _exp(self, d: np.ndarray) -> np.ndarray:
        self._note("exp", d)
        return entrywise(self._exp_one, d, d[::-1])

    def _log(self, d: np.ndarray) -> np.ndarray:
        self._note("log", d)
        return entrywise(self._log_one, d)

    def _log_apart(self, d: np.ndarray) -> np.ndarray:
        """Of a value that may be negative, or not real: the conjugate is another symbol."""
        self._note("log", d)
        return np.stack([entrywise(self._log_one, d[0]), entrywise(self._apart_one, d[1])])

    def _sqrt(self, d: np.ndarray) -> np.ndarray:
        out = entrywise(self._root_one, d)
        self._note("sqrt", d)
        return out

    def _sqrt_apart(self, d: np.ndarray) -> np.ndarray:
        """Of a value that may be negative, or not real: the conjugate may have the other sign."""
        first = entrywise(self._root_one, d[0])
        out = np.stack([first, entrywise(lambda x: self._root_one(x, self._apart_root), d[1])])
        self._note("sqrt", d)
        return out

    def divided_by_symbol(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """A quotient whose divisor's reciprocal is drawn, the same for the same divisor."""
        self._note("reciprocal", b)

        def drawn(x: int) -> int:
            if x == 0:
                raise Unlucky("division by zero")
            if x not in self._reciprocal_of:
                self._reciprocal_of[x] = self._symbol("reciprocal", x, least=1)
                self.symbols += 1
            return self._reciprocal_of[x]

        return self._mul(a, entrywise(drawn, b))

    def _note(self, kind: str, d: np.ndarray) -> None:
        """Which entries of which symbols are the same, as far as this point shows."""
        if not self.noting:
            return
        labels = np.empty(d.shape, dtype=object)
        for k in np.ndindex(*d.shape):
            x: Any = d[k]
            labels[k] = self._label(kind, x)
        self.sites.append(labels)

    def _label(self, kind: str, x: int) -> tuple[Any, ...]:
        if kind == "log":
            back = self._log_of.get(x)
            if back is None or back in self._logarithms:
                return "log", x
            return "back", min(back, self.p - back), back > self.p - back
        if kind == "exp" and x in self._logarithms:
            return "log back", self._exp_of[x], False
        if kind in ("exp", "step", *ODD):
            return ("zero", kind) if x == 0 else (kind, min(x, self.p - x), x > self.p - x)
        return kind, x, x in self._resolved

    def _circular(self, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z = self._exp(self._mul(d, self._imaginary_unit()))
        return z, entrywise(self._inverse, z)

    def _cos(self, d: np.ndarray) -> np.ndarray:
        z, w = self._circular(d)
        return self._div(self._add(z, w), self._integer(2))

    def _sin(self, d: np.ndarray) -> np.ndarray:
        z, w = self._circular(d)
        return self._div(self._sub(z, w), self._mul(self._integer(2), self._imaginary_unit()))

    def _tanh(self, d: np.ndarray) -> np.ndarray:
        z = self._exp(d)
        z2 = self._mul(z, z)
        return self._div(self._sub(z2, self._integer(1)), self._add(z2, self._integer(1)))

    def _odd_one(self, kind: str, x: int) -> int:
        """A symbol of an odd function: that of -x is its negative, and at zero it is zero."""
        if (kind, x) not in self._odd_of:
            small = min(x, self.p - x)
            y = self._symbol(kind, small) if small else 0
            self._odd_of[kind, small], self._odd_of[kind, -small % self.p] = y, -y % self.p
            self.symbols += 1
        return self._odd_of[kind, x]

    def _odd(self, kind: str, d: np.ndarray) -> np.ndarray:
        if np.any(d[0] != d[1]):
            raise Unsupported(f"{kind} of a value that is not real")
        self._note(kind, d)
        return entrywise(lambda x: self._odd_one(kind, x), d)

    def _arctan(self, d: np.ndarray) -> np.ndarray:
        return self._odd("arctan", d)

    def _erf(self, d: np.ndarray) -> np.ndarray:
        return self._odd("erf", d)

    def _det(self, a: np.ndarray) -> np.ndarray:
        """The field eliminates, either half by itself."""
        out = np.empty(2, dtype=object)
        out[:] = [int(matrix(half, self.p).det()) for half in a]
        return out

    def _step_one(self, x: int) -> int:
        """A symbol with step(x) + step(-x) = 1: free, or 0 or 1 as the choices say."""
        y = self._step_of.get(x)
        if y is None:
            minus = self._step_of.get(-x % self.p)
            if minus is not None:
                y = (1 - minus) % self.p
            elif self.bits:
                y = int(self._choose())
            else:
                z = self._symbol("step", min(x, self.p - x))
                y = z if 2 * x < self.p else (1 - z) % self.p
            self._step_of[x] = y
            self.symbols += 1
        return y

    @property
    def splits(self) -> bool:
        """Was an exponential, a logarithm or a root taken that might be split?"""
        return len(self._exp_of) > 2 or len(self._log_of) > 1 or len(self._root_of) > 2

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self._step_of)

    def _choose(self) -> bool:
        k = len(self.choices)
        self.choices.append(self.prefix[k] if k < len(self.prefix) else True)
        return self.choices[-1]

    def _relu(self, d: np.ndarray) -> np.ndarray:
        """x step(x)."""
        self._note("step", d)
        return self._settle(entrywise(lambda x: x * self._step_one(x) if x else x, d))

    def _step(self, d: np.ndarray) -> np.ndarray:
        self._note("step", d)
        return entrywise(self._step_one, d)

    def _abs(self, d: np.ndarray) -> np.ndarray:
        """Of a real value x (2 step(x) - 1); of a complex one the root of its squared modulus."""
        if np.any(d[0] != d[1]):
            size: np.ndarray = self.sqrt(self.abs2(self.wrap(d))).data
            return size
        return self._sub(self._relu(self._add(d, d)), d)

    def _sgn(self, d: np.ndarray) -> np.ndarray:
        one = self._integer(1)
        return self._sub(self._mul(self._integer(2), self._step(d)), one)

    def _maximum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._add(b, self._relu(self._sub(a, b)))

    def _minimum(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._sub(a, self._relu(self._sub(a, b)))
