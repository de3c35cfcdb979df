"""mpmath's intervals, at a point or over a box: they alone may contradict a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from mpmath import iv, mp

from fieldcheck.recheck import spectral
from fieldcheck.recheck.field import boxed
from fieldcheck.recheck.road import UNIT, Half, Open, Road, Value

ALL = iv.mpf(["-inf", "inf"])  # what has no value, or is not seen
EVERYWHERE = iv.mpc(ALL, ALL)


@contextmanager
def digits(n: int) -> Iterator[None]:
    """Working precision; mpmath keeps one for all of the process."""
    before, iv.dps = iv.dps, n
    try:
        yield
    finally:
        iv.dps = before


def is_complex(x: Any) -> bool:
    return isinstance(x, iv.mpc)


def holds_zero(x: Any) -> bool:
    return 0 in x.real and 0 in x.imag if is_complex(x) else 0 in x


def real(x: Any) -> Any:
    if is_complex(x):
        raise Open("an order between complex values")
    return x


def log(x: Any) -> Any:
    if is_complex(x):
        return iv.log(x) if 0 not in x.imag or x.real.a > 0 else EVERYWHERE
    if x.b < 0:
        return iv.log(-x) + iv.mpc(0, iv.pi)
    return iv.log(x) if x.a > 0 else EVERYWHERE


def sqrt(x: Any) -> Any:
    if is_complex(x) or x.b < 0:
        return iv.exp(log(x) / 2)
    return iv.sqrt(iv.mpf([max(x.a, 0), x.b]))  # below zero by rounding only


def monotone(f: Any, x: Any) -> Any:
    """An increasing function, from mpmath's values at the ends with half of the digits for safety:
    a bound on what they may be off by, which its tests take for granted."""
    with mp.workprec(iv.prec + 20):
        ends = [f(mp.mpf(end)) for end in (x.a, x.b)]
        slack = iv.mpf([-1, 1]) * iv.mpf(2) ** -iv.prec
        return iv.mpf([ends[0], ends[1]]) * (1 + slack) + slack * iv.mpf(10) ** -iv.prec


def step(x: Any) -> Any:
    return iv.mpf([int(real(x).a > 0), int(x.b > 0 or x.b == 0 != x.a)])


def _left(term: Any, q: Any) -> Any:
    """A bound on the sum of a term and all that follow, each at most q times the one before."""
    room = 1 - iv.mpf(abs(q).b)
    return iv.mpf((abs(term) / room).b) if room.a > 0 else iv.mpf("inf")


def _blurred(by: np.ndarray, half: Half) -> Half:
    """Every entry up to so much off."""
    off = lambda x, b: x + (iv.mpc(b, b) if is_complex(x) else b) * iv.mpf([-1, 1])
    return {UNIT: boxed(np.frompyfunc(off, 2, 1)(half[UNIT], by))}


FUNCTIONS: dict[str, Any] = {
    "exp": iv.exp,
    "log": log,
    "sqrt": sqrt,
    "reciprocal": lambda x: 1 / x,
    "gauge": lambda x: x if x == 0 else 1 / x,
    "abs": lambda x: abs(real(x)),
    "relu": lambda x: iv.mpf([max(real(x).a, 0), max(x.b, 0)]),
    "step": step,
    "sign": lambda x: 2 * step(x) - 1,
    "pi": lambda x: +iv.pi,
    "arctan": lambda x: monotone(mp.atan, real(x)),
    "erf": lambda x: monotone(mp.erf, real(x)),
}


class Intervals(Road):
    """Real entries are iv.mpf, complex ones iv.mpc."""

    def of(self, values: np.ndarray) -> np.ndarray:
        """Exact rationals, or pairs of them: the ends of a range."""
        point = lambda q: iv.mpf(q.numerator) / q.denominator
        ranged = lambda q: iv.mpf([point(q[0]).a, point(q[1]).b])
        one = lambda q: ranged(q) if isinstance(q, tuple) else point(q)
        return boxed(np.frompyfunc(one, 1, 1)(values))

    number = lambda xp, q: xp.of(boxed(q))
    structure = lambda xp, f, *cs: boxed(f(*cs))
    shape_of = lambda xp, c: c.shape
    plus = lambda xp, a, b: boxed(a + b)
    minus = lambda xp, a: boxed(-a)
    times = lambda xp, a, b: boxed(a**2 if a is b and not any(map(is_complex, a.flat)) else a * b)
    imaginary = lambda xp: (boxed(iv.mpc(0, 1)), boxed(iv.mpc(0, -1)))
    function = lambda xp, name, c: boxed(np.frompyfunc(FUNCTIONS[name], 1, 1)(c))
    tanh = lambda xp, x: 1 - 2 / (xp.exp(2 * xp.lift(x)) + 1)  # its argument once

    def sum_to_infinity(self, first: Any, ratio: Callable) -> Value:
        """Terms until the geometric series that bounds the others is small, or a thousand."""
        term = self.lift(first) + 0 * self.lift(ratio(self.one))
        total, n = term * 0, 1
        while True:
            total, term = total + term, term * ratio(self.one / n)
            h = Value(self, {UNIT: self.of(boxed((Fraction(0), Fraction(1, n + 1))))})
            q = self.lift(ratio(h)) + term * 0
            halves = (term.z, q.z, total.z)
            if any(set(half) != {UNIT} for half in halves):
                raise Open("a derivative of a sum to infinity")
            left = boxed(np.frompyfunc(_left, 2, 1)(term.z[UNIT], q.z[UNIT]))
            small = all(
                b.b <= abs(s).b * iv.mpf(2) ** -iv.prec
                for b, s in zip(left.flat, total.z[UNIT].flat, strict=True)
            )
            if small or n > 1000:
                return self.each(partial(_blurred, left), total)
            n += 1

    of_matrix = lambda xp, name: getattr(spectral, name)

    def contract(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if a.shape[-1]:
            return boxed(a @ b)
        return self.filled((np.zeros(a.shape) @ np.zeros(b.shape)).shape, 0)

    def total(self, c: np.ndarray, axis: int) -> np.ndarray:
        return boxed(c.sum(axis=axis) + iv.mpf(0))

    def known_real(self, half: Half) -> Half:
        """The second half is the conjugate of the first but where X* moves alone."""
        part = np.frompyfunc(lambda x: x.real if is_complex(x) else x, 1, 1)
        return {k: c if k[0] & self.alone else boxed(part(c)) for k, c in half.items()}

    def linear_solve(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        n, m = len(a), np.concatenate([a, b], axis=1)
        for c in range(n):
            pivot = max(range(c, n), key=lambda r: float(abs(m[r, c]).a))
            m[[c, pivot]] = m[[pivot, c]]
            m[c] = m[c] / m[c, c]
            for r in range(n):
                if r != c:
                    m[r] = m[r] - m[c] * m[r, c]
        return m[:, n:]


class Everywhere(Intervals):
    """Intervals over every input at once, narrower than all of the line by the spans of domains and
    by squares: of an array, of its negative and multiples, of the halves of a complex number."""

    def __init__(self) -> None:
        self.kept: dict[
            int, tuple[Any, Any, Any]
        ] = {}  # id -> (itself, what it is a multiple of, by)

    def any(self, shape: tuple[int, ...]) -> np.ndarray:
        return boxed(np.frompyfunc(lambda _: ALL, 1, 1)(np.empty(shape, dtype=object)))

    def within(self, x: Value, low: Any, high: Any) -> Value:
        """What is known of the values of a domain, whatever it is built from."""
        end = lambda q: (
            iv.mpf(q.numerator) / q.denominator if isinstance(q, Fraction) else iv.mpf(q)
        )
        least, most = end(low), end(high)
        narrow = lambda t: iv.mpf([max(t.a, least.a), min(t.b, most.b)])
        return Value(self, {UNIT: boxed(np.frompyfunc(narrow, 1, 1)(x.z[UNIT]))})

    def minus(self, a: np.ndarray) -> np.ndarray:
        return self.multiple(a, iv.mpf(-1))

    def multiple(self, a: np.ndarray, by: Any) -> np.ndarray:
        _, whole, before = self.kept.get(id(a), (a, a, iv.mpf(1)))
        out = boxed(a * by)
        self.kept[id(out)] = out, whole, before * by
        return out

    def times(self, a: Any, b: Any) -> np.ndarray:
        if any(map(is_complex, [*a.flat, *b.flat])):
            return super().times(a, b)
        for number, other in ((a, b), (b, a)):
            if number.shape == () and number[()].delta == 0:
                return self.multiple(other, number[()])
        (_, whole, by), (_, same, too) = (self.kept.get(id(x), (x, x, iv.mpf(1))) for x in (a, b))
        return self.multiple(boxed(whole**2), by * too) if whole is same else super().times(a, b)

    def abs2(self, x: Any) -> Value:
        x = self.lift(x)
        if set(x.z) != {UNIT}:
            return super().abs2(x)
        square = lambda t: t.real**2 + t.imag**2 if is_complex(t) else t**2
        return Value(self, {UNIT: boxed(np.frompyfunc(square, 1, 1)(x.z[UNIT]))})
