"""As many digits as it takes: what one look at sixty does not see, at cuts, kinks and all sizes.

Every false statement here stood, was proved or stayed undecided while points were looked at with
sixty digits, and while an order was looked at by floats alone.
"""

from __future__ import annotations

import pytest

from fieldcheck.domains import number, positive, real, real_matrix, vector
from fieldcheck.evidence.methods import ladder
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.run import examine
from fieldcheck.relations import AtMost, Equal, Gradient, Zero
from fieldcheck.verdict import Why
from tests.evidence.statements import statement

X, XY = dict(x=real()), dict(x=real(), y=real())
Z, ZW = dict(z=number()), dict(z=number(), w=number())


def tiny(xp, x, k):
    """e^-(k + x²)."""
    return xp.exp(-k - x * x)


def e200(xp, x):
    return xp.exp(200 + x * x)


HIDDEN = {
    "e <= e - 1": (lambda xp, x: AtMost(e200(xp, x), e200(xp, x) - 1), X),
    "e + 1 = e": (lambda xp, x: Equal(e200(xp, x) + 1, e200(xp, x)), X),
    "e <= e - exp x": (lambda xp, x: AtMost(e200(xp, x), e200(xp, x) - xp.exp(x)), X),
    "sin of 10^80": (lambda xp, x: AtMost(xp.sin(10**80 * (x + xp.one / 3)), 0 * x), X),
    "cos of 10^90, off by one": (
        lambda xp, x: Equal(xp.cos(10**90 * x + 1), xp.cos(10**90 * x)), X),
    "a root of 10^200": (lambda xp, x: Equal(xp.sqrt(10**200 + xp.sin(x)), 10**100 + 0 * x), X),
    "behind 10^150": (
        lambda xp, x: Equal(10**150 + xp.sin(x) - 10**150, xp.sin(x) + xp.one / 10**100), X),
    "a part in 10^90": (
        lambda xp, x: Equal(xp.exp(2 * x), xp.exp(x) ** 2 * (1 + xp.one / 10**90)), X),
    "an order by 10^-200": (
        lambda xp, x: AtMost(xp.sin(x) ** 2 + xp.cos(x) ** 2, 1 - xp.one / 10**200 + 0 * x), X),
    "a positive logarithm": (lambda xp, x: AtMost(xp.log(1 + tiny(xp, x, 300)), 0 * x), X),
    "one of two scores": (
        lambda xp, x: Equal(xp.logsumexp(xp.stack([500 + x, x])), 500 + x), X),
    "in an entry of a matrix": (
        lambda xp, A: Equal(xp.exp(A) + tiny(xp, A, 200), xp.exp(A)), dict(A=real_matrix(2, 2))),
}  # fmt: skip

SATURATED = {
    "tanh": (lambda xp, x, y: Equal(xp.tanh(300 + x * x) * y, y), XY),
    "tanh, of a vector": (
        lambda xp, x, y: Equal(xp.tanh(300 + xp.sum(x * x)) * y, y), dict(x=vector("n"), y=real())),
    "logistic": (lambda xp, x, y: Equal(xp.logistic(400 + x * x) * y, y), XY),
    "logistic, far left": (lambda xp, x, y: Equal(xp.logistic(-500 - x * x) + y, y), XY),
    "softplus": (lambda xp, x: Equal(xp.softplus(400 + x * x), 400 + x * x), X),
    "softplus, far left": (lambda xp, x, y: Equal(xp.softplus(-400 - x * x) + y, y), XY),
    "softmax": (
        lambda xp, x, y: Equal(xp.softmax(xp.stack([500 + x * x, 0 * x]))[0] * y, y), XY),
    "a Gaussian": (lambda xp, x, y: Equal(xp.sin(y) + tiny(xp, x, 700), xp.sin(y)), XY),
    "exp of exp": (lambda xp, x, y: Equal(y + xp.exp(-xp.exp(6 + x * x / 9)), y), XY),
    "a root": (lambda xp, x, y: Equal(xp.sqrt(1 + tiny(xp, x, 500)) * y, y), XY),
    "cos of little": (lambda xp, x, y: Equal(xp.cos(tiny(xp, x, 300)) * y, y), XY),
    "sin t = t": (lambda xp, x: Equal(xp.sin(tiny(xp, x, 200)), tiny(xp, x, 200)), X),
    "an order": (lambda xp, x: AtMost(xp.one, xp.tanh(300 + x * x)), X),
    "an order of slopes": (
        lambda xp, x: AtMost(xp.push(xp.tanh, 250 + x * x, xp.one), 0 * x), X),
}  # fmt: skip

CUTS = {
    "Im log of a negative number": (
        lambda xp, z: AtMost(
            xp.imag(xp.log(-(z / 3) * (xp.conj(z) / 3))) * xp.abs2(z), 0 * xp.abs2(z),
            gap=0 * xp.abs2(z)), Z),
    "the square of a real logarithm": (
        lambda xp, x: AtMost(0 * x, xp.log(x) ** 2, gap=xp.log(x) ** 2), X),
    "log of a square": (lambda xp, x: Equal(xp.log(x * x), 2 * xp.log(x)), X),
    "log of a complex square": (lambda xp, z: Equal(xp.log(z * z), 2 * xp.log(z)), Z),
    "log of a product": (lambda xp, z, w: Equal(xp.log(z * w), xp.log(z) + xp.log(w)), ZW),
    "root of a square": (lambda xp, z: Equal(xp.sqrt(z * z), z), Z),
    "root of a product": (lambda xp, z, w: Equal(xp.sqrt(z * w), xp.sqrt(z) * xp.sqrt(w)), ZW),
    "root of a negative square": (lambda xp, x: Equal(xp.sqrt(-x * x), xp.i * x), X),
    "log -x": (lambda xp, x: Equal(xp.log(-x), xp.log(x) + xp.i * xp.pi), X),
    "Im log below 3": (lambda xp, x: AtMost(xp.imag(xp.log(-1 - x * x)), 3 + 0 * x), X),
    "Im log of minus a third": (
        lambda xp, x: AtMost(xp.imag(xp.log(-x * x / 45 - xp.one / 9)), 0 * x), X),
    "a real root": (lambda xp, x: AtMost(-1 + 0 * x, xp.real(xp.sqrt(x)) - xp.imag(xp.sqrt(x))), X),
}  # fmt: skip

TRUE = {
    "e - 1 <= e": (lambda xp, x: AtMost(e200(xp, x) - 1, e200(xp, x)), X),
    "sin of 10^80": (lambda xp, x: AtMost(xp.sin(10**80 * (x + xp.one / 3)), 1 + x * x), X),
    "addition at 10^80": (
        lambda xp, x: Equal(
            xp.sin(10**80 * x + 1),
            xp.sin(10**80 * x) * xp.cos(xp.one) + xp.cos(10**80 * x) * xp.sin(xp.one)), X),
    "tanh from exp": (
        lambda xp, x: Equal(xp.tanh(300 + x * x), 1 - 2 / (xp.exp(600 + 2 * x * x) + 1)), X),
    "softplus": (
        lambda xp, x: Equal(xp.softplus(400 + x) - xp.softplus(-400 - x), 400 + x), X),
    "equal sides of an order": (lambda xp, x: AtMost(xp.sin(x), xp.abs(xp.sin(x))), X),
    "exp log": (lambda xp, z: Equal(xp.exp(xp.log(z)), z), Z),
    "root squared": (lambda xp, z: Equal(xp.sqrt(z) ** 2, z), Z),
    "Im log": (lambda xp, z: AtMost(xp.imag(xp.log(z)), 4 + xp.abs2(z)), Z),
    "Re sqrt": (lambda xp, z: AtMost(-xp.real(xp.sqrt(z)), xp.abs2(z)), Z),
    "root of a negative square": (lambda xp, x: Equal(xp.sqrt(-x * x), xp.i * xp.abs(x)), X),
    "one score far above": (
        lambda xp, x: AtMost(xp.maximum(x[0], x[1]), xp.logsumexp(x)), dict(x=vector(2))),
    "a slope is its square": (
        lambda xp, x: Equal(xp.push(xp.relu, x, xp.one) ** 2, xp.push(xp.relu, x, xp.one)), X),
    "a slope of abs": (
        lambda xp, x: AtMost(xp.push(xp.abs, x, xp.one), 1 + x * x), X),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_below_the_sixtieth_digit(name):
    body, given = HIDDEN[name]
    assert examine(body, **given)[0].verdict == "refuted"


@pytest.mark.parametrize("name", SATURATED)
def test_what_a_saturated_function_hides(name):
    body, given = SATURATED[name]
    assert examine(body, **given)[0].verdict == "refuted"


@pytest.mark.parametrize("name", CUTS)
def test_what_fails_beyond_a_cut(name):
    body, given = CUTS[name]
    assert examine(body, **given)[0].verdict == "refuted"


@pytest.mark.parametrize("name", TRUE)
def test_true_statements_stand_all_the_same(name):
    body, given = TRUE[name]
    verdict, _ = examine(body, **given)
    assert verdict.holds, verdict


BEYOND = {
    "tanh": lambda xp, x, y: Equal(xp.tanh(90_000 + x * x) * y, y),
    "exp": lambda xp, x, y: Equal(y + tiny(xp, x, 90_000), y),
    "sin": lambda xp, x, y: Equal(xp.sin(xp.exp(90_000 + x * x)) + y, y),
    "softplus": lambda xp, x, y: Equal(xp.softplus(90_000 + x * x) + y, 90_000 + x * x + y),
    "an order": lambda xp, x, y: AtMost(y, xp.tanh(90_000 + x * x) * y),
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_no_digits_within_the_cap_decide_stays_undecided(name):
    verdict, evidence = examine(BEYOND[name], **XY)
    assert verdict.verdict in ("undecided", "refuted"), verdict  # floats may see it elsewhere
    if verdict.verdict == "undecided":
        assert evidence["ladder"].why is Why.INDETERMINATE


# -- all sizes ------------------------------------------------------------------------------------
SIZES = [-300, -150, -30, 0, 30, 150, 300]
DOUBLE = lambda xp, x: (xp.sin(2 * x), 2 * xp.sin(x) * xp.cos(x))


@pytest.mark.parametrize("size", SIZES)
def test_an_identity_is_as_good_at_any_size(size):
    """And a part in 10^45 as bad."""

    def body(off):
        def at(xp, x):
            left, right = DOUBLE(xp, x)
            scale = xp.lift(10) ** size
            return Equal(scale * left, scale * right * (1 + off * xp.one / 10**45))

        return at

    for off, outcome in ((0, "confirms"), (1, "refutes")):
        evidence = ladder.run(statement(body(off), x=real()), PROFILES["quick"], 0)
        assert evidence.outcome == outcome, evidence.reason


@pytest.mark.parametrize("share", [20, 40, 100])
def test_sides_that_hardly_move_are_compared_in_what_moves(share):
    def body(off):
        def at(xp, x):
            left, right = DOUBLE(xp, x)
            return Equal(1 + left / 10**share, 1 + right * (1 + off * xp.one / 100) / 10**share)

        return at

    for off, outcome in ((0, "confirms"), (1, "refutes")):
        evidence = ladder.run(statement(body(off), x=real()), PROFILES["quick"], 0)
        assert evidence.outcome == outcome, evidence.reason


# -- kinks, poles, and values that are definite ---------------------------------------------------
def slope(xp, x):
    return xp.push(xp.relu, x, xp.one)


AT_KINKS = {
    "a slope above 1/2 or none": lambda xp, x: Equal((slope(xp, x) - 1) * slope(xp, x), 0 * x),
    "no slope is 1/2 but 3": lambda xp, x: AtMost(slope(xp, x) * (1 - slope(xp, x)), 0 * x),
    "slopes of abs": lambda xp, x: Equal(xp.push(xp.abs, x, xp.one) ** 2, 1 + 0 * x),
    "the slope of a maximum": lambda xp, x: Equal(
        xp.push(lambda y: xp.maximum(y, -y), x, xp.one), xp.push(xp.abs, x, xp.one)
    ),
    "a pole": lambda xp, x: Equal(x / x, 1 + 0 * x),
    "a logarithm at zero": lambda xp, x: Equal(xp.exp(xp.log(x * x)), x * x),
    "the slope of a root": lambda xp, x: AtMost(0 * x, xp.push(xp.sqrt, x * x, xp.one)),
}


@pytest.mark.parametrize("name", AT_KINKS)
def test_where_a_side_has_no_definite_value_nothing_is_refuted(name):
    assert examine(AT_KINKS[name], x=real())[0].verdict != "refuted"


def test_where_both_sides_have_one_it_is():
    lost = lambda xp, x: Equal(x * xp.norm2(xp.unit(xp.stack([x - 1]))), x)
    verdict, _ = examine(lost, x=real())
    assert (verdict.verdict, verdict.witness.raw) == ("refuted", {"x.x": "1"})
    tied = lambda xp, x: Equal(x * slope(xp, x), x)  # at 0 both sides are 0, left of it not
    assert examine(tied, x=real())[0].verdict == "refuted"


# -- gradients ------------------------------------------------------------------------------------
GRADIENTS = {
    "of |z|²": (lambda xp, z: Gradient(lambda w: xp.abs2(w), z, 2 * xp.real(z)), Z),
    "of |z|², as it were right": (lambda xp, z: Gradient(lambda w: xp.abs2(w), z, 2 * z), Z),
    "of Re z": (lambda xp, z: Gradient(lambda w: xp.real(w), z, 1 + 0 * xp.real(z)), Z),
    "transcendental": (
        lambda xp, z: Gradient(lambda w: xp.exp(xp.real(w)), z, xp.exp(xp.real(z))), Z),
    "of a complex matrix": (
        lambda xp, z: Gradient(lambda w: xp.norm2(w), z, 2 * xp.real(z)), Z),
    "at i x": (lambda xp, x: Gradient(lambda w: xp.abs2(w), xp.i * x, 0 * x), X),
}  # fmt: skip


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_at_complex_numbers_is_refused(name):
    body, given = GRADIENTS[name]
    verdict, _ = examine(body, **given)
    assert verdict.verdict == "invalid"
    assert "a Gradient is taken at a real x, and this one is complex" in verdict.because


@pytest.mark.parametrize("domain", [real(), positive()])
def test_a_gradient_at_real_ones_is_not(domain):
    body = lambda xp, x: Gradient(lambda y: xp.exp(y) + xp.abs2(y), x, xp.exp(x) + 2 * x)
    assert examine(body, x=domain)[0].verdict in ("proved", "stands")
    through_z = lambda xp, x: Gradient(lambda y: xp.abs2((1 + xp.i) * y), x, 4 * x)
    assert examine(through_z, x=domain)[0].verdict == "proved"


def test_a_zero_is_not_lost_among_large_numbers():
    body = lambda xp, x: Zero(xp.exp(x) * (10**200 - 10**200) + tiny(xp, x, 400))
    assert examine(body, x=real())[0].verdict == "refuted"
