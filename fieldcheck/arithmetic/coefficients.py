"""What the coefficients of a series are made of: residues that know their signs, degrees, balls.

The first run at a random point keeps all that is known beside its residues, and writes down its
answers; further runs, at other primes, compute residues alone and are held to the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from fieldcheck.arithmetic.array import Value
from fieldcheck.arithmetic.ball import Ball
from fieldcheck.arithmetic.base import Arithmetic
from fieldcheck.arithmetic.beside import Beside
from fieldcheck.arithmetic.degree import Bound, Degree
from fieldcheck.arithmetic.informed import Informed, Pair
from fieldcheck.arithmetic.prime import Prime
from fieldcheck.arithmetic.sign import Exceptional, Known, Sign, Where

Answer = TypeVar("Answer")


class Elsewhere(Exception):
    """Balls at a point do not agree with the residues: other roots, or a special point."""


class Strayed(Exception):
    """At another prime other coefficients vanish: one of the two runs was deceived."""


class Signs(Sign):
    """Signs of coefficients.  Divisors and cuts are the series' own to watch: it knows which
    arguments depend on n.  On a cut that does not move with n, residues keep a value and its
    conjugate apart."""

    def _except(self, where: Where, wide: bool = False) -> None:
        if where not in (Where.DIVISOR, Where.SINGULAR) and not where.is_cut:
            super()._except(where, wide)


def _zero(residues: np.ndarray) -> np.ndarray:
    """Which entries are zero."""
    return np.asarray((residues == 0).all(axis=0))


class Residues(Informed):
    """Residues that know their signs, over one prime field; steps, and relu, are free symbols."""

    def __init__(self, field: Prime) -> None:
        super().__init__(field)
        self.field, self.signs = field, Signs()

    def _abs(self, d: Pair) -> Pair:
        """The root of the squared modulus: of equal squares it is the same."""
        square = self.field.abs2(self.field.wrap(d[0]))
        return self._learnt((self.field.sqrt(square).data, self.signs._abs(d[1])))


class Rooted(Residues):
    """All kinks are made of the absolute value, (x + |x|)/2, and that of a root of x²: nothing is
    free, for some more roots."""

    def _size(self, x: Value) -> Value:
        """|x| for a real x."""
        size = self.field.sqrt(x * x)
        self.field.learn(size.data)
        return size

    def _kink(self, x: np.ndarray) -> np.ndarray:
        real = self.field.wrap(x)
        kink: np.ndarray = ((real + self._size(real)) / 2).data
        return kink

    def _relu(self, d: Pair) -> Pair:
        return self._learnt((self._kink(d[0]), self.signs._relu(d[1])))

    def _step(self, d: Pair) -> Pair:
        real = self.field.wrap(d[0])
        jump = (1 + self._size(real) / real) / 2
        return self._learnt((jump.data, self.signs._step(d[1])))

    def _maximum(self, a: Pair, b: Pair) -> Pair:
        first = self.field._add(b[0], self._kink(self.field._sub(a[0], b[0])))
        return self._learnt((first, self.signs._maximum(a[1], b[1])))

    def _minimum(self, a: Pair, b: Pair) -> Pair:
        first = self.field._sub(a[0], self._kink(self.field._sub(a[0], b[0])))
        return self._learnt((first, self.signs._minimum(a[1], b[1])))


class Coefficients(Beside):
    """Residues with signs, and degrees; at a point, balls as well."""

    def __init__(self, field: Prime, rooted: bool = False, at_a_point: bool = False) -> None:
        self.field, self.degrees = field, Degree()
        self.residues = Rooted(field) if rooted else Residues(field)
        parts: list[Arithmetic] = [self.residues, self.degrees]
        super().__init__(*parts, *([Ball()] if at_a_point else []))
        self.tests, self.largest, self.highest = 0, 0, 0.0
        self.answers: list[Any] = []

    @property
    def exceptions(self) -> list[Exceptional]:
        return self.residues.exceptions

    def _told(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer

    def vanishes(self, value: Value) -> np.ndarray:
        zero = _zero(value.data[0].data[0])
        bound = value.data[1].data
        self.tests += zero.size
        self.largest = max(self.largest, bound.top + bound.bottom)
        self.highest = max(self.highest, bound.height)
        self._agree(zero, value)
        return self._told(zero)

    @staticmethod
    def _agree(zero: np.ndarray, value: Value) -> None:
        """At the point, too, what vanishes does and nothing else: else a root has another sign."""
        for balls in (v.data for v in value.data[2:]):
            for index in np.ndindex(*zero.shape):
                if not balls[index].is_finite() or balls[index].contains(0) != zero[index]:
                    raise Elsewhere

    def known(self, value: Value) -> Known:
        known: Known
        residues, known = value.data[0].data
        if not known.nonzero and self._constant(value):
            known = replace(known, nonzero=not _zero(residues).any())
        return self._told(known)

    @staticmethod
    def _constant(value: Value) -> bool:
        bound: Bound = value.data[1].data
        return bound.top == bound.bottom == 0

    def regular(self, value: Value) -> bool:
        number: bool = value.shape == (1, 1) and value.data[0].data[1].nonzero
        return self._told(number or self._constant(value))  # regular modulo a prime is regular

    def log(self, x: Value) -> Value:
        self._off_the_cut(x)
        return super().log(x)

    def sqrt(self, x: Value) -> Value:
        self._off_the_cut(x)
        return super().sqrt(x)

    def _off_the_cut(self, x: Value) -> None:
        for balls in (v.data for v in x.data[2:]):
            for ball in balls.reshape(-1):
                if not (ball.real > 0 or not ball.imag.contains(0)):
                    raise Elsewhere

    def size(self) -> Bound:
        """A bound on every coefficient that was tested."""
        return Bound((), top=self.largest, height=self.highest)


class Follower:
    """Residues at a further prime: which coefficients vanish is known, and must be so again."""

    answers: Iterator[Any]

    def known(self, value: Value) -> Known:
        known: Known = next(self.answers)
        return known

    def regular(self, value: Value) -> bool:
        regular: bool = next(self.answers)
        return regular

    def vanishes(self, value: Value) -> np.ndarray:
        zero = _zero(value.data[0])
        if not np.array_equal(zero, next(self.answers)):
            raise Strayed
        return zero


class _Plain(Follower, Residues):
    pass


class _Rooted(Follower, Rooted):
    pass


def follower(field: Prime, rooted: bool, answers: list[Any]) -> _Plain | _Rooted:
    """Residues that follow the answers of a first run."""
    base = _Rooted(field) if rooted else _Plain(field)
    base.answers = iter(answers)
    return base
