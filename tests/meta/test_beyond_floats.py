"""Numbers that no float holds, in what a body says: they break no method."""

from __future__ import annotations

import pytest

from fieldcheck import AtMost, Equal, examine, number, positive, real
from fieldcheck.arithmetic.degree import Bound
from fieldcheck.evidence.chances import missed
from fieldcheck.verdict import INVALID, REFUTED

BIG = 10**400

TRUE = {
    "a factor": lambda: examine(
        lambda xp, x, y: AtMost(2 * x * y * (BIG - 1) / BIG, x * x + y * y), x=real(), y=real()
    ),
    "a root": lambda: examine(
        lambda xp, x: Equal(xp.sqrt(x * BIG**2), xp.sqrt(x) * BIG), x=positive()
    ),
    "a square": lambda: examine(lambda xp, x: AtMost(0 * x, (x * BIG) ** 2), x=real()),
    "a modulus": lambda: examine(
        lambda xp, z: Equal(xp.abs2(z * BIG) / BIG**2, xp.abs2(z)), z=number()
    ),
    "a bound": lambda: examine(lambda xp, x: AtMost(xp.clip(x, -BIG, BIG), xp.one * BIG), x=real()),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_statement_is_neither_invalid_nor_refuted(name):
    verdict, _ = TRUE[name]()
    assert verdict.verdict not in (INVALID, REFUTED), verdict.because


def test_a_false_one_is_refuted():
    verdict, _ = examine(lambda xp, x: Equal(x * (BIG + 1) / BIG, x), x=real())
    assert verdict.verdict == REFUTED


def test_a_degree_that_no_float_holds_shows_nothing():
    assert missed(Bound((), BIG, 0, 1.0), 0, 0) == 0.0
