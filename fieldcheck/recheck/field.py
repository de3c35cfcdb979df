"""Residues modulo a prime, each with its shadow: the number that it stands for, as a float.

The raw parameters are exact rationals, so a residue and its shadow belong to one real point.  The
shadow decides what a residue cannot say (which side of a kink, which of two roots is the positive
one, whether a logarithm undoes an exponential) and takes no part in whether a residual vanishes.
The exponentials and logarithms of residues are free symbols, one to an argument.

A residue without a root modulo p has one in the field of a + bs with s² a fixed non-residue.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from sympy import isprime
from sympy.ntheory import sqrt_mod

from fieldcheck.recheck.road import Open, Road, Undefined

SHADOW: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "reciprocal": lambda s: 1 / s,
    "gauge": lambda s: 1 / (s + (s == 0)),
    "abs": lambda s: abs(s) + 0j,
    "relu": lambda s: np.maximum(s.real, 0) + 0j,
    "step": lambda s: (s.real > 0) + 0j,
    "sign": lambda s: np.sign(s.real) + 0j,
    "pi": lambda s: s + math.pi,
    "arctan": lambda s: np.arctan(s.real) + 0j,
    "erf": lambda s: np.vectorize(math.erf, otypes=[complex])(s.real),
}
NEAR = 1e-6  # two shadows this near, relative to their size, may be of one number
FEW = 150  # exponentials among which a new one's argument may be a sum of three
SURE = 1e-9  # a shadow below this has no sure sign


def fresh_prime(rng: random.Random, bits: int = 61) -> int:
    """A random prime of so many bits that is 1 modulo 4."""
    while True:
        n = rng.randrange(2 ** (bits - 1), 2**bits) // 4 * 4 + 1
        if isprime(n):
            return n


def boxed(x: Any) -> np.ndarray:
    """A scalar that numpy has unwrapped as an array again."""
    if isinstance(x, np.ndarray):
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box


class Pair:
    """a + bs, where a residue alone does not do."""

    __slots__ = ("a", "b", "f")

    def __init__(self, a: int, b: int, f: Any):
        self.a, self.b, self.f = a % f.p, b % f.p, f

    def __add__(self, other: Any) -> Pair:
        a, b = parts(other)
        return Pair(self.a + a, self.b + b, self.f)

    def __mul__(self, other: Any) -> Pair:
        a, b = parts(other)
        return Pair(self.a * a + self.f.s2 * self.b * b, self.a * b + self.b * a, self.f)

    def __eq__(self, other: Any) -> bool:
        return (self.a, self.b) == parts(other)

    def __hash__(self) -> int:
        return hash((self.a, self.b))

    __radd__, __rmul__ = __add__, __mul__
    __neg__ = lambda x: Pair(-x.a, -x.b, x.f)
    __sub__ = lambda x, y: x + -y
    __rsub__ = lambda x, y: -x + y
    __mod__ = lambda x, p: x if x.b else x.a
    __bool__ = lambda x: bool(x.a or x.b)


def parts(x: Any) -> tuple[int, int]:
    return (x.a, x.b) if isinstance(x, Pair) else (x, 0)


class Shadowed(NamedTuple):
    """An array of residues (object) and the array of their shadows (complex)."""

    r: np.ndarray
    s: np.ndarray


class Residues(Road):
    """One prime, one point; ``symbols`` and ``guesses`` count what a residual rests on besides, and
    ``branch`` holds the signs that were taken."""

    def __init__(self, p: int, rng: random.Random):
        self.p, self.rng = p, rng
        self.s2 = next(n for n in range(2, 999) if pow(n, p // 2, p) == p - 1)
        self.symbols = self.guesses = 0
        self.branch: list[int] = []
        self.small = {n % p for n in range(-99, 100)}
        self.overs: dict[Any, Any] = {}
        self.exps: dict[Any, Any] = {0: 1}
        self.positive: dict[Any, Any] = {1: 0}  # logarithms of positive numbers
        self.logs: dict[Any, Any] = {1: 0}
        self.roots: dict[Any, tuple[Any, complex]] = {}
        self.trail: list[Shadowed] = []
        self.seen: dict[Any, complex] = {}

    def made(self, r: Any, s: Any) -> Shadowed:
        self.trail.append(Shadowed(boxed(boxed(r) % self.p), np.asarray(s)))
        return self.trail[-1]

    def of(self, values: np.ndarray) -> Shadowed:
        """Exact rationals."""
        residue = np.frompyfunc(lambda q: q.numerator * pow(q.denominator, -1, self.p), 1, 1)
        return self.made(residue(values), np.asarray(values, dtype=float) + 0j)

    number = lambda xp, q: xp.of(boxed(q))
    shape_of = lambda xp, c: c.r.shape
    plus = lambda xp, a, b: xp.made(a.r + b.r, a.s + b.s)
    minus = lambda xp, a: xp.made(-a.r, -a.s)
    times = lambda xp, a, b: xp.made(a.r * b.r, a.s * b.s)
    total = lambda xp, c, axis: xp.made(c.r.sum(axis=axis), c.s.sum(axis=axis))
    vanishes = lambda xp, c: not c.r.any()
    structure = lambda xp, f, *cs: Shadowed(
        boxed(f(*(c.r for c in cs))), np.asarray(f(*(c.s for c in cs)))
    )

    def contract(self, a: Shadowed, b: Shadowed) -> Shadowed:
        s = a.s @ b.s
        return self.made(a.r @ b.r if a.s.shape[-1] else np.zeros(s.shape, dtype=object), s)

    def imaginary(self) -> tuple[Shadowed, Shadowed]:
        if self.p % 4 != 1:
            raise Open(f"no square root of -1 modulo {self.p}")
        i = self.made(pow(self.s2, self.p // 4, self.p), 1j)
        return i, self.minus(i)

    # -- division and elimination ----------------------------------------------------------------
    def inverse(self, x: Any) -> Any:
        if not x:
            raise Undefined("division by zero")
        if isinstance(x, Pair):
            over = pow(x.a * x.a - self.s2 * x.b * x.b, -1, self.p)
            return Pair(x.a * over, -x.b * over, self)
        return pow(int(x), -1, self.p)

    def eliminated(self, m: np.ndarray, columns: int) -> int:
        """Gauss and Jordan, in place; the rank of the first columns."""
        rank = 0
        for c in range(columns):
            pivot = next((r for r in range(rank, len(m)) if m[r, c]), None)
            if pivot is None:
                continue
            m[[rank, pivot]] = m[[pivot, rank]]
            m[rank] = m[rank] * self.inverse(m[rank, c]) % self.p
            others = m[:, c].copy()
            others[rank] = 0
            m[:] = (m - np.multiply.outer(others, m[rank])) % self.p
            rank += 1
        return rank

    def rank(self, c: Shadowed) -> int:
        """In machine integers, where there is no root and the prime is below 2^31."""
        small = self.p < 2**31 and all(isinstance(x, int) for x in c.r.flat)
        return self.eliminated(c.r.astype(np.int64 if small else object), c.r.shape[1])

    def linear_solve(self, a: Shadowed, b: Shadowed) -> Shadowed:
        n, m = len(a.r), np.concatenate([a.r, b.r], axis=1)
        if self.eliminated(m, n) < n or not np.linalg.det(a.s):
            raise Undefined("singular matrix")
        return self.made(m[:, n:], np.linalg.solve(a.s, b.s))

    # -- functions -------------------------------------------------------------------------------
    def function(self, name: str, c: Shadowed) -> Shadowed:
        s = SHADOW[name](c.s)
        if self.drawn and c.r.ndim and name in ("reciprocal", "gauge"):
            name = "drawn"
        return self.made(np.frompyfunc(getattr(self, "_" + name), 3, 1)(c.r, c.s, s), s)

    _reciprocal = lambda xp, x, s, y: xp.inverse(x)
    _gauge = lambda xp, x, s, y: xp.inverse(x) if x else 0
    _drawn = lambda xp, x, s, y: xp.inverse(x) if x in xp.small else xp.symbol(xp.overs, x)
    _relu = lambda xp, x, s, y: x if xp.sign(x, s) > 0 else 0
    _abs = lambda xp, x, s, y: x * xp.sign(x, s)
    _step = lambda xp, x, s, y: int(xp.sign(x, s, kink=True) > 0)
    _sign = lambda xp, x, s, y: xp.sign(x, s, kink=True)
    _arctan = lambda xp, x, s, y: xp.odd("arctan", x)
    _erf = lambda xp, x, s, y: xp.odd("erf", x)
    _pi = lambda xp, x, s, y: xp.symbol(xp.overs, "pi")

    def symbol(self, table: dict[Any, Any], x: Any) -> Any:
        if x not in table:
            table[x] = self.rng.randrange(1, self.p)
            self.symbols += 1
        return table[x]

    def odd(self, name: str, x: Any) -> Any:
        """A symbol of an odd function."""
        if not x:
            return 0
        y = self.symbol(self.overs, (name, x))
        self.overs[name, -x % self.p] = -y % self.p
        return y

    def sign(self, x: Any, s: complex, kink: bool = False) -> int:
        if not x and not kink:
            return 0
        if not abs(s.imag) <= NEAR * abs(s):
            raise Open("an order between complex values, or of one that overflows")
        if not x or abs(s.real) < SURE:
            raise Undefined("a point at or near a kink")
        self.branch.append(1 if s.real > 0 else -1)
        return self.branch[-1]

    def off_kink(self, c: Shadowed) -> Shadowed:
        if not c.r.all():
            raise Undefined("a derivative at a kink")
        return c

    def _exp(self, x: Any, s: complex, y: complex) -> Any:
        """A symbol, but for what exp(a + b) = exp(a) exp(b) says of it and a few others."""
        if x not in self.exps:
            half: Any = x * self.inverse(2) % self.p
            self.exps[x] = self.sum_of_known(x) or self.symbol(self.exps, half) ** 2 % self.p
        self.exps.setdefault(-x % self.p, self.inverse(self.exps[x]))
        if abs(s.imag) < math.pi:  # else the principal logarithm is another one
            self.logs[self.exps[x]] = x
        if s.imag == 0:
            self.noted(self.exps[x], x)
        return self.exps[x]

    def noted(self, y: Any, x: Any) -> None:
        """x is the logarithm of a positive y."""
        self.positive[y], self.positive[self.inverse(y)] = x, -x % self.p

    def product_of_known(self, y: Any) -> Any:
        """log y of a positive y that is a^k b or a b c, or of which a power is known; else None."""
        p, known = self.p, list(self.positive.items())[:FEW]
        for a, x in known:
            rest = y
            for k in range(1, FEW // 10):
                rest = rest * self.inverse(a) % p
                if rest in self.positive:
                    return (k * x + self.positive[rest]) % p
        for (a, x), (b, z) in combinations(known, 2):
            if (rest := y * self.inverse(a * b % p) % p) in self.positive:
                return (x + z + self.positive[rest]) % p
        power = y
        for k in range(2, FEW // 10):
            power = power * y % p
            if power in self.positive:
                return self.positive[power] * self.inverse(k) % p
        return None

    def sum_of_known(self, x: Any) -> Any:
        """exp(x) for x = ka + b or a + b + c with known exponentials; 0 if there are none."""
        p, known = self.p, list(self.exps.items())[:FEW]
        for a, e in known:
            rest, so_far = x, 1
            for _ in range(FEW // 10):
                rest, so_far = (rest - a) % p, so_far * e % p
                if rest in self.exps:
                    return so_far * self.exps[rest] % p
        for (a, e), (b, f) in combinations(known, 2):
            if (rest := (x - a - b) % p) in self.exps:
                return e * f * self.exps[rest] % p
        return 0

    def _log(self, y: Any, s: complex, x: complex) -> Any:
        if not y:
            raise Undefined("log of zero")
        positive = s.imag == 0 and s.real > 0
        if positive and y not in self.logs:
            found = self.product_of_known(y)
            if found is not None:
                self.logs[y] = found
        self.exps.setdefault(self.symbol(self.logs, y), y)
        if positive:
            self.noted(y, self.logs[y])
        return self.logs[y]

    def _sqrt(self, x: Any, s: complex, y: complex) -> Any:
        """The root whose shadow is y, where that can be told; else either of the two (a guess)."""
        if not x:
            return 0
        if x not in self.roots:
            root = self.some_root(x)
            self.roots[x] = root * self.told(root, y) % self.p, y
        return self.roots[x][0]

    def told(self, root: Any, y: complex) -> int:
        """1 or -1: is the root the number y, or its negative?  A value that was seen before, or a
        simple fraction, says so, alone or times another root."""
        for c in self.trail:
            self.seen.update(zip(c.r.flat, c.s.flat, strict=True))
        self.trail.clear()
        for other, t in [(1, 1), *self.roots.values()]:
            up, down = root * self.inverse(other) % self.p, other * self.inverse(root) % self.p
            over = self.shadow(down, t / y)
            for shadow in (self.shadow(up, y / t) * t, t / over if over else math.nan):
                for sign in (1, -1):
                    if abs(sign * shadow - y) <= NEAR * abs(y):
                        return sign
        self.guesses += 1
        return self.rng.choice((1, -1))

    def shadow(self, x: Any, s: complex) -> complex:
        """The shadow of a residue that was seen before, or that is the simple fraction near s or
        -s; not a number otherwise."""
        q = Fraction(abs(s)).limit_denominator(999) if math.isfinite(abs(s)) else Fraction(0)
        self.seen.setdefault(q.numerator * self.inverse(q.denominator) % self.p, float(q))
        return next(
            (n * self.seen[y] for n in (1, -1) if (y := n * x % self.p) in self.seen), math.nan
        )

    def some_root(self, x: Any) -> Any:
        p, half, square = self.p, self.inverse(2), lambda n: pow(n, self.p // 2, self.p) == 1
        if not isinstance(x, Pair):
            if square(x):
                return sqrt_mod(x, p)
            return Pair(0, sqrt_mod(x * self.inverse(self.s2) % p, p), self)
        norm = (x.a * x.a - self.s2 * x.b * x.b) % p
        m = sqrt_mod(norm, p) if square(norm) else 0
        for a2 in ((x.a + m) * half % p, (x.a - m) * half % p) if m else ():
            if square(a2):
                a = sqrt_mod(a2, p)
                return Pair(a, x.b * half * self.inverse(a), self)
        raise Undefined("no square root of a root at this point")
