"""The judge of rates, on remainders whose order and constant are known."""

from __future__ import annotations

import random

import pytest

from fieldcheck.domains import real
from fieldcheck.evidence import remainders
from fieldcheck.evidence.clock import TooSlow
from fieldcheck.evidence.methods import rate
from fieldcheck.evidence.points import point
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import Rate
from tests.evidence.statements import statement


def judged(remainder, order, constant=None, fault=None, doublings=4):
    """(outcome, reason) of a remainder in xp and n."""

    def body(xp, x):
        stated = None if constant is None else xp.lift(constant[0]) / constant[1]
        return Rate(lambda n: xp.one * 0 + remainder(xp, n), order, stated)

    subject = statement(body, x=real())
    subject = subject if fault is None else subject.faulty(fault, 0)
    found = rate.judge(subject, point(subject, {}, random.Random(0)), 0, doublings)
    return found.outcome, found.reason


def steps(remainder):
    """The same remainder, of an integer n only: as a loop of n steps would be."""
    return lambda xp, n: remainder(xp, range(n).stop)


def square(xp, n):
    return 3 * xp.one / n**2 + xp.one / n**3


def test_the_order_and_the_leading_constant():
    assert judged(square, 2) == ("confirms", "")
    assert judged(square, 2, constant=(3, 1)) == ("confirms", "")
    assert judged(square, 2, constant=(3_000_001, 1_000_000))[0] == "doubts"
    assert judged(square, 2, constant=(2_999_999, 1_000_000))[0] == "doubts"
    assert judged(square, 3)[0] == "doubts"
    assert judged(square, 1)[0] == "doubts"


@pytest.mark.parametrize(("ranges", "order", "outcome"), [
    (1, 2, "silent"), (2, 2, "confirms"), (1, 3, "silent"), (2, 3, "silent"), (3, 3, "doubts"),
])  # fmt: skip
def test_one_range_of_n_says_nothing(ranges, order, outcome):
    """Two must agree to confirm, and three to speak against."""
    assert judged(steps(square), order, doublings=ranges - 1)[0] == outcome


def test_slopes_that_have_not_settled_decide_nothing():
    """The order is 2 up to n = 40 and 1 beyond: no order can be read off."""
    bent = lambda xp, n: xp.one / n**2 if n < 40 else 2 * xp.one / (40 * n)
    for doublings in (0, 1):
        outcome, reason = judged(bent, 2, doublings=doublings)
        assert outcome == "silent"
        assert "has not settled" in reason
    assert judged(bent, 2)[0] == "doubts"


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_planted_fault_shifts_the_order_and_small_ones_are_missed(order):
    exact = lambda xp, n: xp.one / n**order
    assert judged(exact, order, fault=0)[1] == f"slope {order - 1}.000000, not {order}"
    assert judged(exact, order, fault=12)[0] == "doubts"
    assert judged(steps(exact), order, fault=30)[0] == "confirms"
    assert judged(exact, order, fault=90)[0] == "doubts", "a formula is followed far out"


def test_a_planted_fault_shifts_a_stated_constant():
    exact = lambda xp, n: xp.one / n
    assert "leading constant" in judged(exact, 1, constant=(1, 1), fault=3)[1]
    assert judged(steps(exact), 1, constant=(1, 1), fault=30)[0] == "confirms"


def test_no_remainder_no_rate():
    assert judged(lambda xp, n: xp.zeros(), 1)[0] == "doubts"
    assert judged(lambda xp, n: xp.zeros() if n < 20 else xp.one / n, 1)[0] == "silent"
    assert judged(lambda xp, n: xp.log(xp.zeros()), 1)[0] == "silent"


def power(xp, n, top, bottom=1):
    """n^-(top/bottom)."""
    return xp.exp(-xp.log(xp.lift(n)) * top / bottom)


@pytest.mark.parametrize("more", [0, 1], ids=["a pure power", "with corrections"])
def test_an_order_off_by_a_thousandth(more):
    off = lambda xp, n: power(xp, n, 1999, 1000) * (1 + more * xp.one / n)
    assert judged(off, 2) == ("doubts", "slope 1.999000, not 2")
    assert judged(steps(off), 2) == ("doubts", "slope 1.999000, not 2")


def test_a_constant_off_by_a_part_in_ten_to_the_eight():
    whole = lambda xp, n: 3 * xp.exp(xp.one / n) / n**2  # corrections of every order
    assert judged(whole, 2, constant=(3, 1)) == ("confirms", "")
    for top in (3 * 10**8 + 3, 3 * 10**8 - 3):
        outcome, reason = judged(whole, 2, constant=(top, 10**8))
        assert outcome == "doubts"
        assert reason.startswith("leading constant 3.0, not ")


@pytest.mark.parametrize(
    ("remainder", "order"),
    [
        (lambda xp, n: (1 + xp.one * (-1) ** n / 2) / n**2, 2),
        (lambda xp, n: xp.one * (-1) ** n / n, 1),
        (lambda xp, n: xp.one / n if n % 2 == 0 else xp.zeros(), 1),
    ],
    ids=["another constant at odd n", "negative at odd n", "zero at odd n"],
)
def test_what_alternates_with_n_has_no_order(remainder, order):
    """At n = 8, 16, 24, ... each of these is a power of n."""
    outcome, reason = judged(remainder, order)
    assert outcome == "silent"
    assert "does not keep to its order" in reason


def test_what_alternates_along_the_values_looked_at():
    turning = lambda xp, n: (1 + xp.one * (-1) ** (n // 8) / 2) / n**2
    assert judged(turning, 2, doublings=0) == ("silent", "the slope has not settled: 1.5")
    outcome, reason = judged(lambda xp, n: xp.one * (-1) ** (n // 8) / n, 1)
    assert (outcome, reason) == ("silent", "the remainder changes its sign")


def test_an_alternation_smaller_than_a_step_is_not_seen():
    """The honest limit: a thousandth more at even n than at odd ones."""
    assert judged(lambda xp, n: (1 + xp.one * (-1) ** n / 1000) / n**2, 2)[0] == "confirms"


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("sign", [1, -1], ids=["times a logarithm", "over a logarithm"])
def test_a_logarithmic_factor_settles_on_no_order(order, sign):
    slow = lambda xp, n: xp.log(xp.lift(n)) ** sign / n**order
    for stated in (order, order - 1 or 1):
        assert judged(slow, stated)[0] != "confirms"


@pytest.mark.parametrize("first", [8, 16, 24, 64])
@pytest.mark.parametrize(
    "value",
    [lambda xp: xp.log(xp.zeros()), lambda xp: xp.one / xp.zeros()],
    ids=["nan", "infinite"],
)
def test_values_that_are_not_finite_decide_nothing(first, value):
    broken = lambda xp, n: value(xp) if n >= first else xp.one / n
    outcome, reason = judged(broken, 1)
    assert (outcome, f"n = {first} is no finite ball" in reason) == ("silent", True)


def test_too_few_values_decide_nothing():
    """Eight values do not settle it, and there are no others."""
    slow = lambda xp, n: xp.one / (n + 20)
    assert judged(steps(slow), 1)[0] == "confirms"
    assert judged(steps(slow), 1, doublings=0)[0] == "silent"
    short = lambda xp, n: xp.log(xp.zeros()) if n > 64 else slow(xp, n)
    assert judged(short, 1)[0] == "silent"


def test_a_number_that_is_not_real_is_no_remainder_and_no_constant():
    with pytest.raises(TypeError, match="a remainder must be real"):
        judged(lambda xp, n: xp.i / n, 1)
    subject = statement(lambda xp, x: Rate(lambda n: xp.one / n, 1, 1 + xp.i), x=real())
    raw = point(subject, {}, random.Random(0))
    with pytest.raises(TypeError, match="constant of a rate must be real"):
        rate.judge(subject, raw, 0, 3)


def test_constants_of_another_sign_and_zero():
    assert judged(square, 2, constant=(-3, 1))[0] == "doubts"
    assert judged(square, 2, constant=(0, 1)) == (
        "doubts",
        "the leading constant is stated to be zero",
    )


@pytest.mark.parametrize(
    "remainder",
    [
        lambda xp, n: (2 + xp.sin(xp.lift(n))) / n,
        lambda xp, n: (2 + xp.sin(xp.lift(n)) / 100) / n,
        lambda xp, n: (2 + xp.sin(xp.log(xp.lift(n)))) / n,
    ],
    ids=["oscillating", "oscillating a little", "oscillating with log n"],
)
def test_an_error_that_stays_large_decides_nothing(remainder):
    outcome, reason = judged(remainder, 1)
    assert outcome == "silent"
    assert "has not settled" in reason or "keep to its order" in reason


def test_exactly_zero_is_told_from_tiny():
    assert judged(lambda xp, n: xp.one / 3 / n * n * 3 - 1, 1) == ("doubts", rate.NO_RATE)
    tiny = lambda xp, n: xp.one / 10**200 / n
    assert judged(tiny, 1) == ("confirms", "")


def test_remainders_are_kept_for_the_detection_threshold():
    calls = []

    def body(xp, x):
        return Rate(lambda n: calls.append(range(n)) or xp.one / n**2, 2)

    subject = statement(body, x=real())
    raw, other = (point(subject, {}, random.Random(k)) for k in (0, 1))
    remainders._known.clear()
    rate.judge(subject, raw, 0, 3)
    first = len(calls)
    assert first == 2 * rate.POINTS - 3  # of two ranges, without the n in both; and one n more
    rate.judge(subject.faulty(30, 0), raw, 0, 3)
    assert len(calls) == first
    rate.judge(subject, other, 0, 3)
    assert len(calls) == 2 * first


# -- remainders that oscillate ---------------------------------------------------------------------
def test_a_remainder_that_oscillates_and_does_not_fall_is_far_from_its_rate():
    outcome, reason = judged(lambda xp, n: 2 + xp.cos(xp.lift(n)), 1)
    assert outcome == "doubts"
    assert "no settled slope" in reason
    assert judged(lambda xp, n: (2 + xp.cos(xp.lift(n))) / n**3, 1)[0] == "doubts"


def test_a_remainder_that_oscillates_around_its_rate_is_left_open():
    outcome, reason = judged(lambda xp, n: (2 + xp.cos(xp.lift(n))) / n, 1)
    assert outcome == "silent"
    assert "not settled" in reason


@pytest.mark.parametrize("size", [10**3, 10**4, 10**5])
def test_a_remainder_that_rises_before_it_falls_is_not_refuted(size):
    """With 10**6 it rises at all n that are looked at, and no run could tell."""
    assert judged(lambda xp, n: xp.lift(n) / (n * n + size), 1)[0] != "doubts"


# -- remainders that creep ------------------------------------------------------------------------
SLOW = {
    "1/√n": lambda xp, n: 1 + 1 / (10 * xp.sqrt(xp.lift(n))),
    "1/log n": lambda xp, n: 1 + 1 / (100 * xp.log(xp.lift(n))),
    "1/log² n": lambda xp, n: 1 + 1 / (10 * xp.log(xp.lift(n)) ** 2),
    "1/log log n": lambda xp, n: 1 + 1 / (100 * xp.log(1 + xp.log(xp.lift(n)))),
    "n^(-1/3)": lambda xp, n: 1 + power(xp, n, 1, 3),
    "log n/n": lambda xp, n: 1 + xp.log(xp.lift(n)) / n,
}


@pytest.mark.parametrize("stepped", [False, True], ids=["formula", "steps"])
@pytest.mark.parametrize("name", SLOW)
def test_what_creeps_towards_its_constant_is_not_doubted(name, stepped):
    remainder = lambda xp, n: SLOW[name](xp, n) / n
    assert judged(steps(remainder) if stepped else remainder, 1, (1, 1))[0] != "doubts"


@pytest.mark.parametrize("stepped", [False, True], ids=["formula", "steps"])
@pytest.mark.parametrize("off", [(1002, 1000), (1001, 1000), (10005, 10000)])
@pytest.mark.parametrize("name", SLOW)
def test_what_creeps_is_not_confirmed_on_its_way(name, off, stepped):
    """The constant that it seems to have at the n that can be reached is not its own."""
    remainder = lambda xp, n: SLOW[name](xp, n) / n
    assert judged(steps(remainder) if stepped else remainder, 1, off)[0] != "confirms"


@pytest.mark.parametrize("turn", [10**3, 10**5, 10**7, 10**9])
def test_a_formula_is_followed_beyond_its_turn(turn):
    assert judged(lambda xp, n: xp.lift(n) / (n * n + turn), 1, (1, 1)) == ("confirms", "")


@pytest.mark.parametrize("turn", [10**3, 10**4, 10**5, 10**6, 10**7])
def test_steps_that_have_not_turned_yet_are_left_open(turn):
    """Their slope is far off, and moves away from where it was, ever faster."""
    assert judged(steps(lambda xp, n: xp.lift(n) / (n * n + turn)), 1)[0] != "doubts"


@pytest.mark.parametrize("k", [6, 19, 37, 57, 90])
def test_a_tiny_logarithm_shows_far_out(k):
    slow = lambda xp, n: (1 + xp.log(xp.lift(n)) / 10**k) / n**2
    assert judged(slow, 2, (1, 1))[0] != "confirms"
    assert judged(slow, 2)[0] != "confirms"


def test_far_out_a_floor_shows_and_an_exponential_falls():
    assert judged(lambda xp, n: xp.one / n + xp.one / 10**9, 1)[0] == "doubts"
    assert judged(steps(lambda xp, n: xp.one / n + xp.one / 10**20), 1)[0] == "confirms"
    outcome, reason = judged(lambda xp, n: xp.exp(-xp.lift(n)), 1)
    assert (outcome, reason) == ("doubts", "the remainder falls with n, ever faster")
    outcome, reason = judged(lambda xp, n: xp.exp(xp.lift(n)), 1)
    assert (outcome, reason) == ("doubts", "the remainder grows with n, ever faster")


def test_a_limit_is_no_answer(monkeypatch):
    """What no time was left for is not said to differ from zero."""

    def endless(*_):
        while True:
            pass

    monkeypatch.setattr(remainders, "PATIENCE", 0.01)
    monkeypatch.setattr(Statement, "relations", endless)
    made = statement(lambda xp, x: Rate(lambda n: xp.one / n, 1), x=real())
    with pytest.raises(TooSlow):
        remainders.Remainders(made, {}, 0, 60).vanishes(1)
