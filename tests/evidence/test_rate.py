"""The judge of rates, on tables whose order and constant are known."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb

from fieldcheck.arithmetic.ball import working_digits
from fieldcheck.domains import real
from fieldcheck.evidence import rate
from fieldcheck.relations import Rate
from tests.evidence.statements import statement

STATEMENT = statement(lambda xp, x: Rate(lambda n: xp.one / n**2, 2), x=real())


def judged(remainder, order, constant=None, fault=None, levels=5):
    table = [(8 * 2**k, arb(remainder(8 * 2**k))) for k in range(levels)]
    subject = STATEMENT if fault is None else STATEMENT.faulty(fault)
    relation = Rate(None, order)
    return rate.judge(subject, table, (relation, constant))[:2]


def test_the_order_and_the_leading_constant():
    square = lambda n: 3.0 / n**2 + 1.0 / n**3
    assert judged(square, 2) == ("confirms", "")
    assert judged(square, 2, constant=3.0) == ("confirms", "")
    assert judged(square, 2, constant=3.03)[0] == "confirms"
    assert judged(square, 2, constant=3.1)[0] == "refutes"
    assert judged(square, 2, constant=2.9)[0] == "refutes"
    assert judged(square, 3)[0] == "refutes"
    assert judged(square, 1)[0] == "refutes"


def test_slopes_that_have_not_settled_decide_nothing():
    """The slope is 2 up to the last step, where it is 1: no order can be read off."""
    bent = lambda n: 1.0 / n**2 if n < 128 else 2.0 / 128**2
    outcome, reason = judged(bent, 2)
    assert outcome == "silent"
    assert "has not settled" in reason


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_planted_fault_is_of_one_order_less_and_small_ones_are_missed(order):
    exact = lambda n: float(n) ** -order
    assert judged(exact, order, fault=0)[0] == "refutes"
    assert judged(exact, order, fault=12)[0] == "confirms"
    # At k = 0 the remainder is n^-p + n^(1-p): the slope is read as one less than claimed.
    shifted = judged(exact, order, fault=0)[1]
    assert shifted.startswith((f"slope {order - 1}.", f"slope {order - 2}.9"))


def test_no_remainder_no_rate():
    assert judged(lambda n: 0.0, 1)[0] == "refutes"
    assert judged(lambda n: 0.0 if n < 20 else 1.0 / n, 1)[0] == "silent"
    assert judged(lambda n: float("nan"), 1)[0] == "silent"


def test_the_table_of_a_point_is_kept_for_the_detection_threshold():
    (name,) = STATEMENT.raw_shapes({})
    here, there = ({name: np.array(k, dtype=object)} for k in (1, 2))
    with working_digits(30):
        first, _ = rate.remainders(STATEMENT, here, 0, 3)
        rate.remainders(STATEMENT, there, 0, 3)
        again, _ = rate.remainders(STATEMENT.faulty(3), here, 0, 3)
    assert again is first
    assert [n for n, _ in first] == [8, 16, 32]
