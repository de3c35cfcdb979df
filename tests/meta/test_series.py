"""Rates: what an expansion in 1/n proves and refutes, and what is left to fits."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from fieldcheck.claim import Form
from fieldcheck.domains import matrix, positive, real, real_matrix, vector
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.run import examine
from fieldcheck.relations import Equal, Rate


def log(xp, n):
    return xp.log(xp.lift(n))


def difference(xp, f, x, n):
    """The error of a difference quotient of f with the step 1/n."""
    return (f(x + xp.one / n) - f(x)) * n - xp.push(f, x, xp.one)


def centred(xp, x):
    return x - xp.sum(x) / x.shape[0]


PROVED = {
    "far from its asymptotics": (
        lambda xp, a: Rate(lambda n: a * n / (n * n + 10**7), 1, constant=a),
        dict(a=positive()),
    ),
    "a large second term": (
        lambda xp, a: Rate(lambda n: a / n + 10**6 * a / n**2, 1, constant=a),
        dict(a=positive()),
    ),
    "three terms cancel": (
        lambda xp, a: Rate(
            lambda n: xp.exp(a / n) - 1 - a / n - a * a / (2 * n * n), 3, constant=a**3 / 6
        ),
        dict(a=positive()),
    ),
    "a sign that is seen through two minuses": (
        lambda xp, a: Rate(lambda n: a / n - xp.sin(a / n), 3),
        dict(a=positive()),
    ),
    "the inverse of a matrix": (
        lambda xp, X: Rate(
            lambda n: xp.norm(xp.inv(xp.eye(2) + X / n) - xp.eye(2) + X / n), 2, xp.norm(X @ X)
        ),
        dict(X=matrix(2, 2)),
    ),
    "relu of what is positive": (
        lambda xp, a, b: Rate(lambda n: xp.relu(a + b / n) - a, 1, constant=b),
        dict(a=positive(), b=positive()),
    ),
    "relu of any sign": (
        lambda xp, x: Rate(lambda n: xp.relu(xp.sin(x / n)), 1, constant=xp.relu(x)),
        dict(x=real()),
    ),
    "the modulus of what changes sign": (
        lambda xp, x: Rate(lambda n: xp.abs(xp.tanh(x / n)), 1, constant=xp.abs(x)),
        dict(x=real()),
    ),
    "relu on both sides is the modulus": (
        lambda xp, x: Rate(lambda n: xp.abs(xp.sin(x / n)), 1, xp.relu(x) + xp.relu(-x)),
        dict(x=real()),
    ),
    "the larger of a number and its negative": (
        lambda xp, x: Rate(lambda n: xp.sqrt(xp.sin(x / n) ** 2), 1, xp.maximum(x, -x)),
        dict(x=real()),
    ),
    "a complex exponential": (
        lambda xp, a: Rate(lambda n: xp.abs(xp.exp(xp.i * a / n) - 1), 1, constant=a),
        dict(a=positive()),
    ),
    "a root of a root": (
        lambda xp, a: Rate(lambda n: xp.sqrt(xp.sqrt(1 + a / n)) - 1, 1, constant=a / 4),
        dict(a=positive()),
    ),
    "the larger of two powers": (
        lambda xp, a, b: Rate(lambda n: xp.maximum(a / n, b / n**2), 1, constant=a),
        dict(a=positive(), b=positive()),
    ),
    "a length drawn out of a norm": (
        lambda xp, c, x: Rate(lambda n: xp.norm(c * x) / n, 1, constant=c * xp.norm(x)),
        dict(c=positive(), x=vector(3)),
    ),
    "a derivative": (
        lambda xp, x: Rate(
            lambda n: xp.abs(difference(xp, xp.exp, x, n)), 1, constant=xp.exp(x) / 2
        ),
        dict(x=real()),
    ),
    "a jump that nothing meets": (
        lambda xp, a: Rate(
            lambda n: xp.push(xp.relu, a + xp.one / n, a) - a + a / n, 1, constant=a
        ),
        dict(a=positive()),
    ),
}  # fmt: skip

PROVED_UP_TO = {
    "a hot softmax": (
        lambda xp, x: Rate(
            lambda n: xp.norm(xp.softmax(x / n) - xp.one / x.shape[0]),
            1,
            constant=xp.norm(centred(xp, x)) / x.shape[0],
        ),
        dict(x=vector("m")),
        dict(m=(2, 3, 4)),
    ),
    "the third cumulant": (
        lambda xp, x: Rate(
            lambda n: xp.abs(
                xp.logsumexp(x / n)
                - xp.log(xp.lift(x.shape[0]))
                - xp.sum(x) / (x.shape[0] * n)
                - xp.sum(centred(xp, x) ** 2) / (2 * x.shape[0] * n**2)
            ),
            3,
            constant=xp.abs(xp.sum(centred(xp, x) ** 3)) / (6 * x.shape[0]),
        ),
        dict(x=vector("m")),
        dict(m=(3, 4)),
    ),
}

REFUTED = {
    "a constant off by a thousandth": (
        lambda xp, a: Rate(lambda n: a / n + 10**6 * a / n**2, 1, constant=a * 1001 / 1000),
        dict(a=positive()),
    ),
    "the leading order cancels, none is stated to be left": (
        lambda xp, a: Rate(lambda n: xp.exp(a / n) - 1 - a / n, 1), dict(a=positive())),
    "a remainder that stays": (
        lambda xp, a: Rate(lambda n: a / n + xp.one / 10**30, 1, constant=a), dict(a=positive())),
    "a lower order with a tiny factor": (
        lambda xp, a: Rate(lambda n: a / n**2 + a / (10**30 * n), 2, constant=a),
        dict(a=positive()),
    ),
    "a lower order beyond a kink": (
        lambda xp, a: Rate(lambda n: xp.relu(a - 20) / n + a / n**2, 2), dict(a=positive())),
    "the norm of a square taken for the square of the norm": (
        lambda xp, X: Rate(
            lambda n: xp.norm(xp.inv(xp.eye(2) + X / n) - xp.eye(2) + X / n), 2, xp.norm(X) ** 2
        ),
        dict(X=real_matrix(2, 2)),
    ),
    "nothing is left, which only symbols show": (
        lambda xp, x: Rate(lambda n: xp.abs(xp.sin(x) ** 2 + xp.cos(x) ** 2 - 1), 1),
        dict(x=real()),
    ),
    "negative for half of the inputs": (
        lambda xp, x: Rate(lambda n: x / n, 1, constant=xp.abs(x)), dict(x=real())),
    "relu of one side only": (
        lambda xp, x: Rate(lambda n: xp.relu(x) / n + xp.relu(-x) / n**2, 1, xp.abs(x)),
        dict(x=real()),
    ),
    "a sign lost in a constant": (
        lambda xp, x: Rate(lambda n: xp.abs(x) / n, 1, constant=xp.relu(x)), dict(x=real())),
    "at one size only": (
        lambda xp, x: Rate(
            lambda n: xp.norm(x) / n + (xp.norm2(x) if x.shape[0] == 5 else 0) / n**2,
            1 if x.shape[0] < 5 else 2,
        ),
        dict(x=vector("m")),
    ),
    "an even function has no first order": (
        lambda xp, a: Rate(lambda n: 1 - xp.cos(a / n), 1), dict(a=positive())),
}  # fmt: skip

OPEN = {
    "1/√n on the way, and a constant off by 0.2 %": (
        lambda xp, a: Rate(
            lambda n: a * (1 + 1 / (10 * xp.sqrt(xp.lift(n)))) / n, 1, constant=a * 1002 / 1000
        ),
        False,
    ),
    "1/√n on the way": (
        lambda xp, a: Rate(lambda n: a * (1 + 1 / (10 * xp.sqrt(xp.lift(n)))) / n, 1, constant=a),
        True,
    ),
    "1/log n on the way": (
        lambda xp, a: Rate(lambda n: a * (1 + 1 / (100 * log(xp, n))) / n, 1, constant=a),
        True,
    ),
    "1/log log n on the way": (
        lambda xp, a: Rate(
            lambda n: a * (1 + 1 / (100 * xp.log(3 + log(xp, n)))) / n, 1, constant=a
        ),
        True,
    ),
    "the constant that 1/log n suggests": (
        lambda xp, a: Rate(
            lambda n: a * (1 + 1 / (100 * log(xp, n))) / n, 1, constant=a * 1001 / 1000
        ),
        False,
    ),
    "a factor log n": (lambda xp, a: Rate(lambda n: a * log(xp, n) / n, 1), False),
    "a small power of log n": (
        lambda xp, a: Rate(lambda n: a * xp.exp(xp.log(log(xp, n)) / 1000) / n, 1),
        False,
    ),
    "an order off by a thousandth": (
        lambda xp, a: Rate(lambda n: a * xp.exp(-log(xp, n) * 1999 / 1000), 2),
        False,
    ),
    "another constant at odd n": (
        lambda xp, a: Rate(lambda n: a * (1 + xp.one * (-1) ** n / 10) / n, 1, constant=a),
        False,
    ),
    "a constant off by a thousandth, in n steps": (
        lambda xp, a: Rate(
            lambda n: a * (1 + xp.one / n) ** n / n, 1, constant=a * xp.exp(xp.one) * 1001 / 1000
        ),
        False,
    ),
    "a sum of n terms that has not turned yet": (
        lambda xp, a: Rate(lambda n: sum([a] * n, 0 * a) / (n * n + 10**7), 1, constant=a),
        True,
    ),
    "n as an exponent": (
        lambda xp, a: Rate(lambda n: xp.exp(a) - (1 + a / n) ** n, 1, xp.exp(a) * a * a / 2),
        True,
    ),
}
"""Where n does not enter through a series in 1/n, with whether it is true."""


@pytest.mark.parametrize("name", PROVED)
def test_a_rate_is_proved_by_its_expansion(name):
    body, given = PROVED[name]
    verdict, evidence = examine(body, **given)
    assert (verdict.verdict, verdict.grade) == ("proved", "series"), verdict
    assert verdict.log2_bound <= -100
    assert "rate" not in evidence, "what is proved needs no fit"


@pytest.mark.parametrize("name", PROVED_UP_TO)
def test_a_rate_of_any_size_is_proved_for_the_sizes_visited(name):
    body, given, sizes = PROVED_UP_TO[name]
    verdict, _ = examine(body, sizes=sizes, **given)
    assert verdict.verdict == "proved up to", verdict
    assert verdict.scope.sizes == sizes


@pytest.mark.parametrize("name", REFUTED)
def test_a_false_rate_is_refuted_and_replayed(name):
    body, given = REFUTED[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == "refuted", verdict
    form = Form("example/claim", "claim", "example", body, given, {}, "holds")
    record = json.loads(json.dumps(verdict.witness.record()))
    assert replay(form, record)["certified"]


@pytest.mark.parametrize("name", OPEN)
def test_what_is_no_series_is_neither_proved_nor_refuted(name):
    body, true = OPEN[name]
    verdict, _ = examine(body, a=positive())
    assert verdict.verdict in (("stands", "undecided") if true else ("fails", "undecided")), verdict


# -- side conditions -----------------------------------------------------------------------------
@pytest.mark.parametrize("at", [0, Fraction(1, 7), 30, -1000])
def test_another_expansion_at_one_input_refutes(at):
    """1/(1 + n(x - c)²) is of order one, but at x = c, where it is 1."""
    c = lambda xp: xp.lift(at.numerator) / at.denominator
    body = lambda xp, x: Rate(lambda n: 1 / (1 + n * (x - c(xp)) ** 2), 1)
    verdict, _ = examine(body, x=real())
    assert verdict.verdict == "refuted"
    assert verdict.witness.inputs["x"] == str(Fraction(at))


@pytest.mark.parametrize(
    ("remainder", "constant"),
    [
        (lambda xp, a, n: 1 / (1 + n * (a - 5) ** 2), None),
        (lambda xp, a, n: 1 / (1 + n * (xp.exp(a) - 2) ** 2), None),
        (lambda xp, a, n: xp.sqrt((a - 3) ** 2 + xp.one / n) - xp.sqrt((a - 3) ** 2), None),
        (lambda xp, a, n: a / n, lambda xp, a: a * xp.norm2(xp.unit(xp.stack([a - 7])))),
    ],
)
def test_another_expansion_at_an_input_without_coordinates_is_suspicious(remainder, constant):
    """positive() is x², and 5 is not the square of a rational number."""
    stated = lambda xp, a: None if constant is None else constant(xp, a)
    verdict, _ = examine(
        lambda xp, a: Rate(lambda n: remainder(xp, a, n), 1, stated(xp, a)), a=positive()
    )
    assert verdict.verdict == "undecided"
    assert "where something vanishes" in verdict.because


def test_where_nothing_has_a_value_is_left_out():
    verdict, _ = examine(lambda xp, x: Rate(lambda n: xp.abs(1 / (n * x)), 1), x=real())
    assert verdict.verdict == "proved"
    assert verdict.scope.left_out == ("where a divisor vanishes",)


def test_the_second_term_of_a_norm_needs_a_vector_that_is_not_zero():
    """n(‖x + y/n‖ - ‖x‖) tends to ⟨x, y⟩/‖x‖, but at x = 0."""
    body = lambda xp, x, y: Rate(
        lambda n: xp.abs(xp.norm(x + y / n) - xp.norm(x)), 1, xp.abs(xp.sum(x * y)) / xp.norm(x)
    )
    verdict, _ = examine(body, x=vector(2), y=vector(2))
    assert verdict.verdict == "stands"
    assert "where the leading coefficient under a root vanishes" in verdict.scope.conditions


def test_a_constant_may_be_negative():
    """It is 2 at (1, 1), and -1 at (1, -1)."""
    c = lambda x, y: (x + y) ** 2 / 2 - 1 + (1 - x * y) / 2 - (1 - x * y) ** 2 / 4
    body = lambda sign: lambda xp, x, y: Rate(lambda n: c(x, y) / n, 1, sign * c(x, y))
    assert examine(body(1), x=real(), y=real())[0].verdict == "proved"
    assert examine(body(-1), x=real(), y=real())[0].verdict == "refuted"


def test_the_cut_of_a_logarithm_is_a_condition():
    """log(-1 + i/n) jumps to iπ, log(-1 - i/n) to -iπ; here the sign is that of x."""
    body = lambda xp, x: Rate(
        lambda n: xp.abs(xp.log(xp.i * x / n - 1) - xp.i * xp.pi), 1, constant=xp.abs(x)
    )
    assert examine(body, x=real())[0].verdict not in ("proved", "refuted")


def test_a_part_that_is_proved_is_not_doubted_by_a_fit():
    body = lambda xp, a: (Rate(lambda n: a / n, 1, constant=a), Equal(a + a, 2 * a))
    verdict, evidence = examine(body, a=positive())
    assert verdict.verdict == "proved"
    assert "rate" not in evidence


def test_a_body_that_breaks_at_integers_is_invalid():
    """1/n is a float there, which the arithmetics refuse."""
    body = lambda xp, a: Rate(lambda n: a * xp.sin(1 / n), 1, constant=a)
    assert examine(body, a=positive())[0].verdict == "invalid"


def test_a_root_beside_a_symbol_has_one_sign_for_all_choices():
    """√(sin² x) is sin x at half of the inputs.  (Were the symbols of a point drawn anew for each
    choice of roots, one choice in two would pass by accident.)"""
    body = lambda xp, x: Rate(lambda n: xp.sqrt(xp.sin(x) ** 2) / n, 1, constant=xp.sin(x))
    for _ in range(20):
        assert examine(body, x=real())[0].verdict == "refuted"


def test_one_false_part_refutes():
    body = lambda xp, a: (Rate(lambda n: a / n, 1, constant=a), Rate(lambda n: a / n, 2))
    verdict, _ = examine(body, a=positive())
    assert verdict.verdict == "refuted"
    assert verdict.witness.part == 1


def caught(n):
    try:
        range(2 * n)
    except Exception:
        return True
    return False


@pytest.mark.parametrize(
    "remainder",
    [
        lambda xp, a, n: a / n if n < 10**9 else a,
        lambda xp, a, n: a / n if n != 12345 else a,
        lambda xp, a, n: a / n if n % 2 else 2 * a / n,
        lambda xp, a, n: {8: a}.get(n, a / n),
        lambda xp, a, n: a / n if "7" not in str(n) else a,
        lambda xp, a, n: a / n + 0 * sum(range(n)),
        lambda xp, a, n: a / n if xp.name == "series" else a,
        lambda xp, a, n: a if isinstance(n, int) else a / n,
        lambda xp, a, n: a / n if caught(n) else a,
    ],
    ids=["branch", "one n", "parity", "table", "digits", "steps", "name", "type", "exception"],
)
def test_a_body_that_looks_at_n_is_not_proved(remainder):
    body = lambda xp, a: Rate(lambda n: remainder(xp, a, n), 1, constant=a)
    assert examine(body, a=positive())[0].verdict != "proved"
