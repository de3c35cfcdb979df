"""mpmath's intervals, at a point or over a box: they alone may contradict a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import iv

from fieldcheck.recheck.field import boxed
from fieldcheck.recheck.road import Half, Open, Road, Undefined


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


def zero_in(x: Any) -> bool:
    return 0 in x.real and 0 in x.imag if is_complex(x) else 0 in x


class Intervals(Road):
    """Real entries are iv.mpf, complex ones iv.mpc."""

    def number(self, q: Any) -> np.ndarray:
        return boxed(iv.mpf(q.numerator) / q.denominator)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Exact rationals, or pairs of them: the ends of a range."""
        ranged = lambda q: iv.mpf([self.number(q[0])[()].a, self.number(q[1])[()].b])
        one = lambda q: ranged(q) if isinstance(q, tuple) else self.number(q)[()]
        return boxed(np.frompyfunc(one, 1, 1)(values))

    structure = lambda xp, f, *cs: boxed(f(*cs))
    shape_of = lambda xp, c: c.shape
    plus = lambda xp, a, b: boxed(a + b)
    minus = lambda xp, a: boxed(-a)
    times = lambda xp, a, b: boxed(a**2 if a is b and not any(map(is_complex, a.flat)) else a * b)
    imaginary = lambda xp: (boxed(iv.mpc(0, 1)), boxed(iv.mpc(0, -1)))
    vanishes = lambda xp, c: all(zero_in(x) for x in c.flat)

    def contract(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return boxed(a @ b) if a.shape[-1] else self.filled(np.zeros(a.shape) @ np.zeros(b.shape), 0)

    def total(self, c: np.ndarray, axis: int) -> np.ndarray:
        return boxed(c.sum(axis=axis)) if c.shape[axis] else self.number(Fraction(0))

    def known_real(self, half: Half) -> Half:
        """The second half is the conjugate of the first but where X* moves alone."""
        real = np.frompyfunc(lambda x: x.real if is_complex(x) else x, 1, 1)
        return {k: c if k[0] & self.alone else boxed(real(c)) for k, c in half.items()}

    def linear_solve(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        n, m = len(a), np.concatenate([a, b], axis=1)
        size = lambda x: float(abs(x).a)
        for c in range(n):
            pivot = max(range(c, n), key=lambda r: size(m[r, c]))
            m[[c, pivot]] = m[[pivot, c]]
            if zero_in(m[c, c]):
                raise Undefined("singular matrix")
            m[c] = m[c] / m[c, c]
            for r in range(n):
                if r != c:
                    m[r] = m[r] - m[c] * m[r, c]
        return m[:, n:]

    def function(self, name: str, c: np.ndarray) -> np.ndarray:
        return boxed(np.frompyfunc(FUNCTIONS[name], 1, 1)(c))


def _reciprocal(x: Any) -> Any:
    if zero_in(x):
        raise Undefined("division by an interval that holds zero")
    return 1 / x


def _real(x: Any) -> Any:
    if is_complex(x):
        raise Open("an order between complex values")
    return x


def _sqrt(x: Any) -> Any:
    if not is_complex(x) and x.b >= 0:
        return iv.sqrt(x if x.a >= 0 else iv.mpf([0, x.b]))  # below zero by rounding only
    return iv.exp(_log(x) / 2)


def _log(x: Any) -> Any:
    if zero_in(x) or (is_complex(x) and 0 in x.imag and x.real.a < 0):
        raise Undefined("a logarithm on its cut")
    return iv.log(x) if is_complex(x) or x.a > 0 else iv.log(-x) + iv.mpc(0, iv.pi)


def _step(x: Any) -> Any:
    return iv.mpf([int(_real(x).a > 0), int(x.b > 0 or x.b == 0 != x.a)])


FUNCTIONS: dict[str, Any] = {
    "exp": iv.exp,
    "log": _log,
    "sqrt": _sqrt,
    "sin": iv.sin,
    "cos": iv.cos,
    "reciprocal": _reciprocal,
    "gauge": lambda x: x if x == 0 else _reciprocal(x),
    "abs": lambda x: abs(_real(x)),
    "relu": lambda x: iv.mpf([max(_real(x).a, 0), max(x.b, 0)]),
    "step": _step,
    "sign": lambda x: 2 * _step(x) - 1,
    "pi": lambda x: +iv.pi,
}
