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
from typing import Any, NamedTuple

import numpy as np
from sympy import isprime
from sympy.ntheory import sqrt_mod

from fieldcheck.recheck.road import Open, Road, Undefined

SHADOW: dict[str, Any] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos,
    "reciprocal": lambda s: 1 / s, "gauge": lambda s: 1 / (s + (s == 0)),
    "abs": lambda s: abs(s) + 0j, "relu": lambda s: np.maximum(s.real, 0) + 0j,
    "step": lambda s: (s.real > 0) + 0j, "sign": lambda s: np.sign(s.real) + 0j,
    "pi": lambda s: s + math.pi,
}  # fmt: skip
NEAR = 1e-6  # two shadows this near, relative to their size, may be of one number
SURE = 1e-9  # a shadow below this has no sure sign


def fresh_prime(rng: random.Random) -> int:
    """A random prime between 2^60 and 2^61 that is 1 modulo 4."""
    while True:
        n = rng.randrange(2**60, 2**61) // 4 * 4 + 1
        if isprime(n):
            return n


class Pair:
    """a + b s, where a residue alone does not do."""

    __slots__ = ("a", "b", "f")

    def __init__(self, a: int, b: int, f: Residues):
        self.a, self.b, self.f = a % f.p, b % f.p, f

    def __add__(self, other: Any) -> Pair:
        a, b = parts(other)
        return Pair(self.a + a, self.b + b, self.f)

    def __mul__(self, other: Any) -> Pair:
        a, b = parts(other)
        return Pair(self.a * a + self.f.s2 * self.b * b, self.a * b + self.b * a, self.f)

    __radd__, __rmul__ = __add__, __mul__
    __neg__ = lambda x: Pair(-x.a, -x.b, x.f)
    __sub__ = lambda x, y: x + -y
    __rsub__ = lambda x, y: -x + y
    __mod__ = lambda x, p: x if x.b else x.a
    __bool__ = lambda x: bool(x.a or x.b)
    __hash__ = lambda x: hash((x.a, x.b))  # type: ignore[assignment]
    __eq__ = lambda x, y: (x.a, x.b) == parts(y)  # type: ignore[assignment]


def parts(x: Any) -> tuple[int, int]:
    return (x.a, x.b) if isinstance(x, Pair) else (x, 0)


class Shadowed(NamedTuple):
    """An array of residues (object) and the array of their shadows (complex)."""

    r: np.ndarray
    s: np.ndarray


def boxed(x: Any) -> np.ndarray:
    if isinstance(x, np.ndarray):
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box


class Residues(Road):
    """One prime, one point; ``symbols`` and ``guesses`` count what a residual rests on besides."""

    def __init__(self, p: int, rng: random.Random, highest: int = 0):
        super().__init__()
        self.p, self.rng, self.highest = p, rng, highest
        self.s2 = next(n for n in range(2, 999) if pow(n, p // 2, p) == p - 1)
        self.root_of_minus_one = pow(self.s2, p // 4, p)
        self.symbols = self.guesses = 0
        self.branch: list[int] = []
        self.exps: dict[Any, Any] = {}
        self.logs: dict[Any, Any] = {}
        self.roots: dict[Any, tuple[Any, complex]] = {}
        self.trail: list[Shadowed] = []
        self.seen: dict[Any, complex] = {}
        self.value_of_pi: int | None = None

    def made(self, r: Any, s: Any) -> Shadowed:
        c = Shadowed(boxed(boxed(r) % self.p), np.asarray(s))
        self.trail.append(c)
        return c

    def of(self, values: np.ndarray) -> Shadowed:
        """Exact rationals."""
        over = np.frompyfunc(lambda q: q.numerator * pow(q.denominator, -1, self.p), 1, 1)
        return self.made(over(values), np.asarray(values, dtype=float) + 0j)

    number = lambda xp, q: xp.of(boxed(q))
    structure = lambda xp, f, *cs: Shadowed(
        boxed(f(*(c.r for c in cs))), np.asarray(f(*(c.s for c in cs)))
    )
    shape_of = lambda xp, c: c.r.shape
    plus = lambda xp, a, b: xp.made(a.r + b.r, a.s + b.s)
    minus = lambda xp, a: xp.made(-a.r, -a.s)
    times = lambda xp, a, b: xp.made(a.r * b.r, a.s * b.s)
    vanishes = lambda xp, c: not c.r.any()

    def contract(self, a: Shadowed, b: Shadowed) -> Shadowed:
        s = a.s @ b.s
        return self.made(a.r @ b.r if a.s.shape[-1] else boxed(np.zeros(s.shape, object)), s)

    def total(self, c: Shadowed, axis: int) -> Shadowed:
        return self.made(c.r.sum(axis=axis), c.s.sum(axis=axis))

    def imaginary(self) -> tuple[Shadowed, Shadowed]:
        if self.p % 4 != 1:
            raise Open(f"no square root of -1 modulo {self.p}")
        i = self.made(self.root_of_minus_one, 1j)
        return i, self.minus(i)

    # -- division and elimination ---------------------------------------------------------------------
    def inverse(self, x: Any) -> Any:
        if not x:
            raise Undefined("division by zero")
        if isinstance(x, Pair):
            over = pow(x.a * x.a - self.s2 * x.b * x.b, -1, self.p)
            return Pair(x.a * over, -x.b * over, self)
        return pow(x, -1, self.p)

    def eliminated(self, m: np.ndarray, columns: int) -> int:
        """Gauss and Jordan, in place; the rank of the first columns."""
        rank = 0
        for c in range(columns):
            pivot = next((r for r in range(rank, len(m)) if m[r, c]), None)
            if pivot is None:
                continue
            m[[rank, pivot]] = m[[pivot, rank]]
            m[rank] = m[rank] * self.inverse(m[rank, c]) % self.p
            for r in range(len(m)):
                if r != rank and m[r, c]:
                    m[r] = (m[r] - m[rank] * m[r, c]) % self.p
            rank += 1
        return rank

    def rank(self, c: Shadowed) -> int:
        return self.eliminated(c.r.copy(), c.r.shape[1])

    def linear_solve(self, a: Shadowed, b: Shadowed) -> Shadowed:
        n = len(a.r)
        m = np.concatenate([a.r, b.r], axis=1)
        if self.eliminated(m, n) < n:
            raise Undefined("singular matrix")
        try:
            return self.made(m[:, n:], np.linalg.solve(a.s, b.s))
        except np.linalg.LinAlgError:
            return self.made(m[:, n:], b.s * math.nan)

    # -- functions ------------------------------------------------------------------------------------
    def function(self, name: str, c: Shadowed) -> Shadowed:
        with np.errstate(all="ignore"):
            s = SHADOW[name](c.s)
        r = np.frompyfunc(getattr(self, "_" + name), 3, 1)(c.r, c.s, s)
        return self.made(r, s)

    _reciprocal = lambda xp, x, s, y: xp.inverse(x)
    _gauge = lambda xp, x, s, y: xp.inverse(x) if x else 0
    _relu = lambda xp, x, s, y: x if xp.sign(x, s) > 0 else 0
    _abs = lambda xp, x, s, y: x * xp.sign(x, s)
    _step = lambda xp, x, s, y: int(xp.sign(x, s, kink=True) > 0)
    _sign = lambda xp, x, s, y: xp.sign(x, s, kink=True)

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
        if not x:
            return 1
        if x not in self.exps:
            self.symbols += 1
            self.exps[x] = self.rng.randrange(1, self.p)
            self.exps[-x % self.p] = self.inverse(self.exps[x])
        if abs(s.imag) < math.pi:  # else the principal logarithm is another one
            self.logs[self.exps[x]] = x
        return self.exps[x]

    def _log(self, y: Any, s: complex, x: complex) -> Any:
        if not y:
            raise Undefined("log of zero")
        if y != 1 and y not in self.logs:
            self.symbols += 1
            self.logs[y] = self.rng.randrange(1, self.p)
            self.exps.setdefault(self.logs[y], y)
        return self.logs.get(y, 0)

    def _cos(self, x: Any, s: complex, y: complex) -> Any:
        turn = self._exp(x * self.root_of_minus_one % self.p, 1j * s, y)
        return (turn + self.inverse(turn)) * self.inverse(2)

    def _sin(self, x: Any, s: complex, y: complex) -> Any:
        turn = self._exp(x * self.root_of_minus_one % self.p, 1j * s, y)
        return (turn - self.inverse(turn)) * self.inverse(2 * self.root_of_minus_one)

    def _pi(self, x: Any, s: complex, y: complex) -> Any:
        if self.value_of_pi is None:
            self.symbols += 1
            self.value_of_pi = self.rng.randrange(1, self.p)
        return self.value_of_pi

    # -- square roots -----------------------------------------------------------------------------------
    def _sqrt(self, x: Any, s: complex, y: complex) -> Any:
        """The root whose shadow is y, where that can be told; else either (a guess)."""
        if not x:
            return 0
        if x not in self.roots:
            root = self.some_root(x)
            self.roots[x] = root * self.told(root, y) % self.p, y
        return self.roots[x][0]

    def told(self, root: Any, y: complex) -> int:
        """1 or -1: is the root the number y, or its negative?  A value seen before says so, alone
        or times another root."""
        for c in self.trail:
            self.seen.update(zip(c.r.flat, c.s.flat))
        self.trail.clear()
        for other, t in [(1, 1), *self.roots.values()]:
            shadow = self.seen.get(root * self.inverse(other) % self.p, math.nan) * t
            for sign in (1, -1):
                if abs(sign * shadow - y) <= NEAR * abs(y):
                    return sign
        self.guesses += 1
        return self.rng.choice((1, -1))

    def some_root(self, x: Any) -> Any:
        p = self.p
        if not isinstance(x, Pair):
            if pow(x, p // 2, p) == 1:
                return sqrt_mod(x, p)
            return Pair(0, sqrt_mod(x * pow(self.s2, -1, p) % p, p), self)
        norm = (x.a * x.a - self.s2 * x.b * x.b) % p
        if pow(norm, p // 2, p) != 1:
            raise Undefined("no square root of a root at this point")
        half, m = pow(2, -1, p), sqrt_mod(norm, p)
        for square in ((x.a + m) * half % p, (x.a - m) * half % p):
            if pow(square, p // 2, p) == 1:
                a = sqrt_mod(square, p)
                return Pair(a, x.b * half * pow(a, -1, p), self)
        raise Undefined("no square root of a root at this point")
