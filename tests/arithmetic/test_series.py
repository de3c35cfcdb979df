"""Power series in 1/n, held to the functions themselves at a large n."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from fieldcheck.arithmetic.array import Unsupported
from fieldcheck.arithmetic.ball import Ball, working_digits
from fieldcheck.arithmetic.coefficients import Coefficients, Signs, Strayed, follower
from fieldcheck.arithmetic.prime import Prime, random_prime
from fieldcheck.arithmetic.series import EXACT, Series, Short, Terms
from fieldcheck.arithmetic.sign import Known

DIGITS, KEPT, LARGE = 400, 6, 10**20


class Balls(Ball):
    """Balls as coefficients: what holds zero vanishes, what is positive is known to be."""

    def vanishes(self, value):
        return np.array([x.contains(0) for x in value.data.reshape(-1)]).reshape(value.shape)

    def known(self, value):
        parts = list(value.data.reshape(-1))
        real = all(isinstance(x, arb) for x in parts)
        apart = not self.vanishes(value).any()
        return Known(value.shape, real, real and all(x >= 0 for x in parts), apart)

    def regular(self, value):
        return True


X, Y = (
    np.array([Fraction(a, b) for a, b in entries])
    for entries in (((3, 7), (-5, 4), (2, 1)), ((1, 1), (1, 3), (-7, 2)))
)

FUNCTIONS = {
    "sum": lambda xp, x, y, n: x / n + y - 1 / (n * n),
    "product": lambda xp, x, y, n: (x + y / n) * (y - x / n) * n,
    "powers": lambda xp, x, y, n: (x + 1 / n) ** 5 * (n + 2) ** 3,
    "quotient": lambda xp, x, y, n: (x + y / n) / (y + x / n - 1 / n**2),
    "quotient of powers": lambda xp, x, y, n: (n * x + 3) / (n**3 * y - n),
    "negative power": lambda xp, x, y, n: (x + y / n) ** -3,
    "exp": lambda xp, x, y, n: xp.exp(x + y / n - 2 / n**2),
    "exp of what is small": lambda xp, x, y, n: xp.exp(x / n) - 1,
    "log": lambda xp, x, y, n: xp.log(x * x + y / n + x / n**3),
    "sqrt": lambda xp, x, y, n: xp.sqrt(x * x * n**2 + y * n - 5),
    "sin": lambda xp, x, y, n: xp.sin(x + y / n),
    "cos": lambda xp, x, y, n: xp.cos(y / n - x / n**2),
    "cos and sin": lambda xp, x, y, n: xp.cos(x + 1 / n) * xp.sin(y / n),
    "tanh": lambda xp, x, y, n: xp.tanh(x + y / n),
    "tanh of what is small": lambda xp, x, y, n: xp.tanh(x / n + y / n**2),
    "logistic": lambda xp, x, y, n: xp.logistic(x + y / n),
    "softplus": lambda xp, x, y, n: xp.softplus(x / n),
    "softmax": lambda xp, x, y, n: xp.softmax(x + y / n),
    "logsumexp": lambda xp, x, y, n: xp.logsumexp(x + y / n),
    "norm": lambda xp, x, y, n: xp.norm(x / n + y / n**2),
    "unit": lambda xp, x, y, n: xp.unit(x * n + y),
    "abs": lambda xp, x, y, n: xp.abs(x + y / n),
    "complex abs of what begins positive": lambda xp, x, y, n: xp.abs(x * x + xp.i * y / n),
    "complex abs": lambda xp, x, y, n: xp.abs(x + xp.i * y / n),
    "relu": lambda xp, x, y, n: xp.relu(x / n + y / n**2),
    "maximum": lambda xp, x, y, n: xp.maximum(x / n, y / n**2),
    "clip": lambda xp, x, y, n: xp.clip(x * n, y, 1 + y * y / n),
    "solve": lambda xp, x, y, n: xp.solve(xp.diag(x) * n + x[:, None] * y, y),
    "det": lambda xp, x, y, n: xp.det(xp.diag(x) + x[:, None] * y / n),
    "join": lambda xp, x, y, n: xp.concat([x / n, xp.zeros(2), y]),
    "matrix product": lambda xp, x, y, n: (x[:, None] * y / n) @ (xp.eye(3) + xp.diag(y) / n),
    "entries of two orders": lambda xp, x, y, n: 1 / xp.stack([x[0] + 1 / n, y[0] / n]),
    "roots of two orders": lambda xp, x, y, n: xp.sqrt(xp.stack([x[0], x[0] / n**2 + 1 / n**3])),
    "derivative": lambda xp, x, y, n: xp.push(lambda z: xp.exp(z / n) * xp.sin(z), x, y),
    "gradient of a norm": lambda xp, x, y, n: xp.gradient(lambda z: xp.norm(z + y / n), x),
    "derivative of abs": lambda xp, x, y, n: xp.push(lambda z: xp.abs(z + y / n) ** 2, x, y),
    "moments": lambda xp, x, y, n: xp.real((x + xp.i * y / n) ** 3),
    "conjugate": lambda xp, x, y, n: xp.dot(x + xp.i * y / n, y - xp.i * x),
}


@pytest.mark.parametrize("bold", [True, False], ids=["bold", "careful"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_terms_are_those_of_the_function(name, bold):
    """At n = 10^20 what is left out is as small as it should be, and no smaller term is missing."""
    f = FUNCTIONS[name]
    with working_digits(DIGITS):
        balls = Balls()
        xp = Series(balls, KEPT, bold)
        x, y = balls.from_raw(X), balls.from_raw(Y)
        d = f(xp, xp.constant_of(x), xp.constant_of(y), xp.n).data
        plain = f(balls, x, y, balls.lift(LARGE))
        total = sum((c / balls.lift(LARGE) ** k for k, c in d.terms.items()), 0 * plain)
        off = [abs(e).upper() for e in (plain - total).data.reshape(-1)]
        assert d.shape == plain.shape
        size = arb(LARGE) ** -min(d.end, 15)
        assert all(bool(e <= size * 10**9) for e in off), (name, d.end, off)
        assert bool(d.terms)


def test_a_wrong_term_would_be_seen():
    with working_digits(DIGITS):
        balls = Balls()
        xp = Series(balls, KEPT)
        d = xp.exp(1 / xp.n).data
        wrong = replace(d, terms={**d.terms, KEPT - 1: 2 * d.terms[KEPT - 1]})
        for terms, right in ((d, True), (wrong, False)):
            total = sum(c / balls.lift(LARGE) ** k for k, c in terms.terms.items())
            off = (balls.exp(balls.one / LARGE) - total).data[()]
            assert (abs(off) < arb(LARGE) ** -d.end * 10**9) == right


def prime_series(kept=KEPT, bold=False):
    rng = random.Random(5)
    base = Coefficients(Prime(random_prime(rng), rng))
    return Series(base, kept, bold), base


def free(xp, base, name="real"):
    """A raw number: real, or known to be positive."""
    at = base.field.draw(()) ** 2  # which has a root
    known = Known((), real=True, nonneg=name == "positive", nonzero=name == "positive")
    columns = [base.residues.informed(at.data, known), base.degrees.variable(())]
    return xp.constant_of(base.together(columns))


# -- n is no integer -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "use",
    [
        range,
        int,
        float,
        bool,
        hash,
        str,
        repr,
        lambda n: f"{n}",
        lambda n: n == 8,
        lambda n: n in (8, 16),
        lambda n: n < 100,
        lambda n: n % 2,
        lambda n: n // 2,
        lambda n: (-1) ** n,
        lambda n: 2**n,
        lambda n: [1, 2, 3][n],
        lambda n: {n: 1},
    ],
)
def test_n_is_refused_where_an_integer_is_asked_for(use):
    xp, _ = prime_series()
    with pytest.raises(Unsupported, match="n as a plain integer"):
        use(xp.n)


def test_what_is_no_series_in_1_over_n_is_refused():
    xp, base = prime_series()
    a, n = free(xp, base, "positive"), xp.n
    for f, why in (
        (lambda: xp.log(n), "logarithm"),
        (lambda: xp.log(a / n), "logarithm"),
        (lambda: xp.sqrt(n), "broken power"),
        (lambda: xp.sqrt(a / n**3), "broken power"),
        (lambda: xp.exp(a * n), "grows"),
        (lambda: xp.sin(n), "grows"),
        (lambda: (1 + a / n) ** n, "plain integer"),
        (lambda: (1 + a / n) ** (2 * n), "grows"),
        (lambda: 1 / xp.zeros(), "division by zero"),
    ):
        with pytest.raises(Unsupported, match=why):
            f()


def test_more_terms_are_asked_for_where_all_that_are_kept_cancel():
    xp, base = prime_series(kept=3)
    a, n = free(xp, base), xp.n
    rest = xp.exp(a / n) - 1 - a / n - a * a / (2 * n * n)
    assert not rest.data.terms or base.vanishes(rest.data.terms[rest.data.low]).all()
    with pytest.raises(Short):
        1 / rest


# -- what is exact, what is cut, what is a condition ---------------------------------------------
def test_what_has_finitely_many_terms_is_exact_and_what_has_not_says_where_it_ends():
    xp, base = prime_series()
    a, n = free(xp, base), xp.n
    assert ((a + 1 / n) ** 3 * n).data.end == EXACT
    assert (a / (n * (a * a + 1))).data.end == EXACT
    assert (1 / (1 + a / n)).data.end == KEPT
    assert (n / (1 + a / n)).data.end == KEPT - 1
    assert xp.exp(a).data.end == EXACT
    assert xp.exp(a / n).data.end == KEPT


def test_a_continuous_function_is_cut_where_its_argument_may_vanish():
    xp, base = prime_series()
    a, b, n = free(xp, base), free(xp, base, "positive"), xp.n
    for f, end in (
        (lambda x: xp.abs(x), 2),
        (lambda x: xp.relu(x), 2),
        (lambda x: xp.norm(xp.stack([x, x / n])), 2),
    ):
        assert f(a / n + 1 / n**2).data.end == end
    assert xp.cut
    assert not xp.conditions
    assert xp.abs(a / n).data.end == EXACT, "one power of n alone is exact"
    assert xp.relu(b / n + 1 / n**2).data.end == EXACT, "what is positive keeps its terms"
    assert xp.sqrt(b + 1 / n).data.end == KEPT


def test_bold_series_go_on_and_say_on_what_condition():
    xp, base = prime_series(bold=True)
    a, n = free(xp, base), xp.n
    assert xp.abs(a + 1 / n).data.end == EXACT
    assert xp.conditions == ["where a leading coefficient at a kink vanishes"]
    assert xp.sqrt(a * a + 1 / n).data.end == KEPT
    assert "where the leading coefficient under a root vanishes" in xp.conditions


def test_a_divisor_is_a_condition_or_leaves_points_out():
    xp, base = prime_series()
    a, b, n = free(xp, base), free(xp, base, "positive"), xp.n
    1 / (b + 1 / n), 1 / (1 + a / n), 1 / (3 - 1 / n)
    assert not xp.conditions
    assert not xp.left_out
    1 / (a * n)
    assert xp.left_out == ["where a divisor vanishes"]
    1 / (a + 1 / n)
    assert xp.conditions == ["where the leading coefficient of a divisor vanishes"]
    xp.solve(xp.eye(2) + a / n * xp.ones(2, 2), xp.ones(2))
    assert len(xp.conditions) == 1, "the identity is regular"
    xp.solve(xp.eye(2) * a + xp.ones(2, 2) / n, xp.ones(2))
    assert "where a matrix that is divided by is singular" in xp.conditions


def test_unit_is_total_and_so_never_leaves_points_out():
    xp, base = prime_series()
    a, n = free(xp, base), xp.n
    xp.unit(xp.stack([a / n, 2 * a / n]))
    assert xp.conditions == ["where a vector that is brought to unit length vanishes"]


def test_terms_of_a_shape_without_terms():
    xp, _ = prime_series()
    zero = xp.zeros(2, 3)
    assert zero.data == Terms((2, 3), {})
    assert (zero * xp.n).shape == (2, 3)
    assert (zero @ xp.ones(3, 4)).shape == (2, 4)
    assert xp.sum(zero, axis=0).shape == (3,)
    assert xp.norm(zero).data.terms == {}


def test_logarithms_and_roots_of_what_may_be_negative_are_conditions():
    xp, base = prime_series()
    a, b, n = free(xp, base), free(xp, base, "positive"), xp.n
    xp.log(b + 1 / n), xp.sqrt(b + 1 / n), xp.log(a), xp.sqrt(a / n**2)
    assert not xp.conditions, "what does not move with n stays on its side of the cut"
    xp.log(a + 1 / n)
    assert xp.conditions == ["on the cut of a logarithm"]
    xp.sqrt(a + 1 / n)
    assert xp.conditions[1:] == ["on the cut of a square root"]


def test_a_run_that_others_do_not_follow_is_noticed():
    """At the other prime what vanished does not: here because it is another expression."""
    xp, base = prime_series()
    a = free(xp, base).data.terms[0]
    base.vanishes(a - a), base.vanishes(a)
    rng = random.Random(6)
    other = follower(Prime(random_prime(rng), rng), False, base.answers)
    b = other.informed(other.field.draw(()).data, Known((), real=True))
    assert other.vanishes(b - b)
    with pytest.raises(Strayed):
        other.vanishes(b - b)


# -- signs ---------------------------------------------------------------------------------------
def test_signs_know_what_is_not_positive():
    xp = Signs()
    up = xp.wrap(Known((2,), real=True, nonneg=True, nonzero=True))
    any_ = xp.wrap(Known((2,), real=True))
    down = -up
    assert down.data.nonpos
    assert not down.data.nonneg
    assert (-down).data.positive
    assert (down * down).data.positive
    assert (down * up).data.nonpos
    assert (0 - down / up).data.positive
    assert (down - up).data.nonpos
    assert (down - up).data.nonzero
    assert not (up - up).data.nonneg
    assert not (any_ * any_ - up).data.nonpos
    assert (1 - xp.lift(0) - down).data.positive


@pytest.mark.parametrize("seed", range(20))
def test_signs_are_right_on_random_expressions(seed):
    """Whatever is said of a random expression holds at random numbers."""
    rng = np.random.default_rng(seed)
    xp = Signs()
    kinds = rng.integers(0, 3, size=4)  # any, positive, nonnegative
    values = [xp.wrap(Known((), True, k > 0, k == 1)) for k in kinds]
    draws = rng.standard_normal((200, 4))
    numbers = [np.abs(c) if k else c for c, k in zip(draws.T, kinds, strict=True)]
    holes = rng.random(200) < 0.3
    numbers = [np.where(holes & (k == 2), 0, c) for c, k in zip(numbers, kinds, strict=True)]
    for _ in range(30):
        j, k = rng.integers(len(values), size=2)
        a, b, x, y = values[j], values[k], numbers[j], numbers[k]
        made, number = [(a + b, x + y), (a - b, x - y), (a * b, x * y), (-a, -x)][rng.integers(4)]
        values.append(made)
        numbers.append(number)
        known = made.data
        assert not known.nonneg or (number >= 0).all()
        assert not known.nonpos or (number <= 0).all()
        assert not (known.nonzero and known.nonneg) or (number > 0).all()
