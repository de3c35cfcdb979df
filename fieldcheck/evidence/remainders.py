"""The remainders of a rate at one point, in balls, and its stated constant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from flint import acb, arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.rational import Rational
from fieldcheck.claim import Form
from fieldcheck.evidence.clock import limited
from fieldcheck.evidence.draws import Raw, wrap_raw
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import Rate

Made = TypeVar("Made")

_known: dict[tuple[Any, ...], tuple[Form, Any]] = {}
"""Remainders at the last few points: a planted fault shifts them and does not change them, so the
detection threshold reads the same values again and again."""

REMEMBERED = 512

PATIENCE = 5
"""Seconds for a remainder in rational arithmetic, whose numbers may grow without end."""


class Remainders:
    """The remainder of one part at one point, evaluated on demand."""

    def __init__(self, statement: Statement, raw: Raw, part: int, digits: int) -> None:
        self.statement, self.raw, self.part, self.digits = statement, raw, part, digits
        here = str(sorted((name, np.asarray(v).tolist()) for name, v in raw.items()))
        self.key = (id(statement.form), part, digits, here)

    def relation(self) -> Rate:
        xp = Ball()
        relation = self.statement.relations(xp, wrap_raw(xp, self.raw))[self.part]
        assert isinstance(relation, Rate)
        return relation

    def _remembered(self, what: Any, make: Callable[[], Made]) -> Made:
        key = (*self.key, what)
        if key not in _known:
            if len(_known) >= REMEMBERED:
                _known.clear()
            with working_digits(self.digits):
                # The form is kept with its values, so that no other can take its id.
                _known[key] = self.statement.form, make()
        found: Made = _known[key][1]
        return found

    def at(self, n: int) -> arb:
        """The ball of the remainder at n."""

        def make() -> arb:
            value: arb | acb = Ball().lift(self.relation().remainder(n)).data[()]
            if isinstance(value, acb):
                raise TypeError("a remainder must be real; take xp.norm or xp.abs")
            return value

        return self._remembered(n, make)

    def constant(self) -> arb | None:
        """The ball of the stated constant, or None."""

        def make() -> arb | None:
            constant = self.relation().constant
            value: arb | acb | None = None if constant is None else Ball().lift(constant).data[()]
            if isinstance(value, acb):
                raise TypeError("the constant of a rate must be real; take xp.real or xp.abs")
            return value

        return self._remembered("constant", make)

    def vanishes(self, n: int) -> bool:
        """Is the remainder at n exactly zero, in rational arithmetic?

        TooSlow is not caught: what no time was left for is not known to differ from zero.
        """
        xp = Rational()
        try:
            with limited(PATIENCE):
                relation = self.statement.relations(xp, wrap_raw(xp, self.raw))[self.part]
                value = xp.lift(relation.remainder(n)).data
        except (Unsupported, ZeroDivisionError):
            return False
        return all(x == 0 for x in value.reshape(-1))
