"""Orders and constants: true, false, nearly false, and without meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fieldcheck.claim import Form
from fieldcheck.domains import positive, real, vector
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Rate


def e(xp):
    return xp.exp(xp.one)


def euler(xp):
    return lambda n: xp.abs((1 + xp.one / n) ** n - e(xp))


TRUE = {
    "euler's limit": (lambda xp, x: Rate(euler(xp), 1, constant=e(xp) / 2), real()),
    "badly scaled": (lambda xp, x: Rate(lambda n: (10**80 + xp.one / n) - 10**80, 1), real()),
    "badly scaled, with a root": (
        lambda xp, x: Rate(lambda n: xp.abs(10**40 + xp.sqrt(2) / n - 10**40), 1), real()),
    "even powers only": (
        lambda xp, x: Rate(lambda n: 1 - xp.cos(x / n), 2, constant=x * x / 2), positive()),
    "a power and nothing else": (lambda xp, x: Rate(lambda n: x / n**3, 3, constant=x), positive()),
    "oscillating corrections": (
        lambda xp, x: Rate(lambda n: x / n + xp.cos(xp.lift(n)) / n**3, 1, constant=x), positive()),
    "exponentially small corrections": (
        lambda xp, x: Rate(lambda n: x / n + xp.exp(-xp.lift(n)), 1, constant=x), positive()),
}  # fmt: skip

FALSE = {
    "another order": (lambda xp, x: Rate(euler(xp), 2), real()),
    "a constant off by a part in 10^8": (
        lambda xp, x: Rate(euler(xp), 1, constant=e(xp) * (10**8 + 1) / (2 * 10**8)), real()),
    "an order off by a part in 10^9": (
        lambda xp, x: Rate(lambda n: xp.exp(-xp.log(xp.lift(n)) * (2 - xp.one / 10**9)), 2),
        real()),
    "zero, in rationals": (
        lambda xp, x: Rate(lambda n: (x + 1) ** 2 - x * x - 2 * x - 1, 1), real()),
    "zero, by division": (lambda xp, x: Rate(lambda n: x / (3 * n) * n * 3 - x, 1), positive()),
    "a constant sequence": (lambda xp, x: Rate(lambda n: x + 0 * xp.lift(n), 1), positive()),
}  # fmt: skip


FITTED = (
    "euler's limit",
    "oscillating corrections",
    "exponentially small corrections",
    "another order",
    "a constant off by a part in 10^8",
    "an order off by a part in 10^9",
)
"""Those in which n is an exponent, or grows under an exponential, a logarithm or a cosine."""


@pytest.mark.parametrize("name", TRUE)
def test_true_rates_hold(name):
    body, domain = TRUE[name]
    verdict, evidence = examine(body, x=domain)
    assert verdict.verdict == ("stands" if name in FITTED else "proved"), verdict
    if name in FITTED:
        assert float(evidence["rate"].worst["log10"]) < -2


@pytest.mark.parametrize("name", FALSE)
def test_false_rates_are_found_and_found_again(name):
    body, domain = FALSE[name]
    verdict, _ = examine(body, x=domain)
    assert verdict.verdict == ("fails" if name in FITTED else "refuted"), verdict
    form = Form("example/claim", "claim", "example", body, {"x": domain}, {}, "holds")
    assert replay(form, verdict.witness.record(), 80)["certified"]


def late(turn):
    """n/(n² + turn) is of order one, and grows until n is the root of turn."""
    return lambda xp, x: Rate(lambda n: xp.lift(n) / (n * n + turn), 1)


@pytest.mark.parametrize("turn", [10, 1000, 10**7, 10**16, 10**100])
def test_a_remainder_that_grows_at_first_is_proved(turn):
    assert examine(late(turn), x=real())[0].verdict == "proved"


def test_what_changes_after_the_last_n_is_not_seen():
    """The honest limit of a fit: with steps, up to n = 1024 this is of order -1 to many digits."""
    body = lambda xp, x: Rate(lambda n: sum([xp.one] * n, xp.zeros()) / (n * n + 10**16), 1)
    verdict, evidence = examine(body, x=real())
    assert verdict.verdict == "fails"
    assert evidence["rate"].reason == "slope -1.000000, not 1"


def test_a_remainder_that_grows_exponentially_is():
    verdict, _ = examine(lambda xp, x: Rate(lambda n: xp.exp(xp.lift(n)), 1), x=real())
    assert verdict.verdict == "fails"


def test_an_exponential_has_no_order():
    verdict, _ = examine(lambda xp, x: Rate(lambda n: xp.exp(-xp.lift(n)), 1), x=real())
    assert verdict.verdict == "fails"


def test_zero_in_no_known_arithmetic_says_nothing():
    """exp(a + b) = exp(a) exp(b) is unknown to free symbols, and a ball around zero to balls."""
    body = lambda xp, x: Rate(lambda n: xp.abs(xp.exp(2 * x + 1) - xp.exp(x) * xp.exp(x + 1)), 1)
    verdict, evidence = examine(body, x=real())
    assert verdict.verdict == "undecided"
    assert "a ball around 0" in evidence["rate"].reason


def _busy(rounds):
    for _ in range(rounds):
        pass


@pytest.mark.parametrize(
    ("remainder", "verdict", "why"),
    [
        (lambda xp, x: lambda n: xp.i / n, "invalid", "must be real"),
        (lambda xp, x: lambda n: xp.log(x * 0) / n, "undecided", "no finite ball"),
        (lambda xp, x: lambda n: 1 / 0, "invalid", "ZeroDivisionError"),
        (lambda xp, x: lambda n: _busy(10**8) or xp.one / n, "undecided", "no answer within"),
    ],
    ids=["complex", "nan", "crash", "slow"],
)
def test_what_means_nothing(remainder, verdict, why):
    hurried = replace(PROFILES["quick"], seconds=0.4)
    found, _ = examine(lambda xp, x: Rate(remainder(xp, x), 1), profile=hurried, x=real())
    assert found.verdict == verdict
    assert why in (found.because or "")


SIGNED = [  # remainder(xp, x, n), constant(x): of either sign, or of one that turns with x
    (lambda xp, x, n: -xp.one / n, lambda x: -1),
    (lambda xp, x, n: x / n + xp.one / n**2, lambda x: x),
    (lambda xp, x, n: xp.exp(x / n) - 1, lambda x: x),
    (lambda xp, x, n: (1 + x / n) ** int(n) - xp.exp(x), lambda x: -(x**2) / 2),
    (lambda xp, x, n: 30 * xp.one / n**2 - x**2 / n, lambda x: -(x**2)),
]


@pytest.mark.parametrize(("remainder", "constant"), SIGNED)
def test_a_remainder_has_a_sign(remainder, constant):
    scaled = (lambda xp, x: xp.exp(x)) if constant(1) == -0.5 else (lambda xp, x: 1)

    def body(times):
        return lambda xp, x: Rate(
            lambda n: remainder(xp, x, n), 1, times * constant(x) * scaled(xp, x)
        )

    found, _ = examine(body(1), x=real())
    assert found.verdict in ("proved", "stands"), found
    for wrong in (-1, 2):
        found, _ = examine(body(wrong), x=real())
        assert found.verdict in ("refuted", "fails"), (wrong, found)


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (lambda n: n % 3 == 0, "undecided"),
        (lambda n: n & (n - 1) == 0, "undecided"),
        (lambda n: n < 0, "stands"),
    ],
)
def test_the_n_between_powers_of_two_must_keep_to_the_constant(odd, expected):
    body = lambda xp, x: Rate(lambda n: x * (1 if odd(n) else xp.lift(10001) / 10000) / n**2, 2)
    assert examine(body, profile="quick", x=positive())[0].verdict == expected


@pytest.mark.parametrize(
    "remainder",
    [
        lambda xp, x: lambda n: xp.relu(x) * (1 - xp.one / 2**n) / n,
        lambda xp, x: lambda n: xp.relu(x) / n + xp.one / 2**n,
        lambda xp, x: lambda n: xp.relu(x) / xp.sqrt(n * xp.one) / xp.sqrt(n * xp.one),
        lambda xp, x: lambda n: xp.relu(x) * (1 + 1 / xp.sqrt(n * xp.one)) / n,
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_where_the_constant_vanishes_a_remainder_may_fall_faster(remainder, seed):
    """On half of all points it is zero, or another power of n: true, and it *failed*."""
    body = lambda xp, x: Rate(remainder(xp, x), 1, xp.relu(x))
    assert examine(body, profile="quick", seed=seed, x=real())[0].verdict == "stands"


@pytest.mark.parametrize("seed", range(4))
def test_a_rate_that_holds_on_a_half_line_alone(seed):
    bent = lambda xp, x, n: 1 + 2 * xp.arctan(n * x) / xp.pi
    body = lambda xp, x: Rate(lambda n: xp.abs(x) / n * bent(xp, x, n), 1, 2 * xp.abs(x))
    assert examine(body, profile="quick", seed=seed, x=real())[0].verdict == "fails"


def test_a_constant_that_nobody_saw_leaves_a_rate_open():
    body = lambda xp, x: Rate(lambda n: xp.relu(x - 10**6) / n * (1 - xp.one / 2**n), 1,
                              xp.relu(x - 10**6))  # fmt: skip
    verdict, _ = examine(body, profile="quick", x=real())
    assert verdict.verdict == "undecided"
    assert "zero at every point" in (verdict.because or "")


def test_without_a_constant_another_order_everywhere_speaks_against():
    body = lambda xp, x: Rate(lambda n: xp.abs(x) / n**2 * (1 - xp.one / 2**n), 1)
    assert examine(body, profile="quick", x=real())[0].verdict == "fails"


def test_where_the_constant_has_no_value_nothing_is_said():
    """x/|x| turns by y/n across x: at x = 0 the rate is another, and 0/0 is stated."""
    across = lambda xp, x, y: xp.norm(y - x * xp.sum(x * y) / xp.norm2(x)) / xp.norm(x)
    turn = lambda xp, x, y: lambda n: xp.norm(xp.unit(x + y / n) - xp.unit(x))
    body = lambda xp, x, y: Rate(turn(xp, x, y), 1, across(xp, x, y))
    hurried = replace(PROFILES["quick"], seconds=1)
    assert examine(body, profile=hurried, x=vector(2), y=vector(2))[0].verdict == "stands"
    twice = lambda xp, x, y: Rate(turn(xp, x, y), 1, 2 * across(xp, x, y))
    found, _ = examine(twice, profile=hurried, x=vector(2), y=vector(2))
    assert found.verdict in ("refuted", "fails")


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (lambda n: n < 10**6, "undecided"),
        (lambda n: n // 10**9 == 0, "undecided"),
        (lambda n: n < 2**60, "stands"),
    ],
)
def test_what_changes_at_large_n_is_seen_where_they_are_cheap(late, expected):
    body = lambda xp, x: Rate(lambda n: x / n * (1 if late(n) else 2), 1, x)
    assert examine(body, profile="quick", x=positive())[0].verdict == expected
