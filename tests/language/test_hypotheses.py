"""Hypotheses beside the domains, and integer parameters: what is proved, refuted and refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from fieldcheck.claim import HOLDS, ClaimError, Form, claim, ours, registered
from fieldcheck.domains import between, integer, matrix, number, positive, real, real_matrix, vector
from fieldcheck.evidence.fingerprint import claim_hash
from fieldcheck.evidence.statement import Statement
from fieldcheck.hypotheses import names
from fieldcheck.recheck.case import Case, Point
from fieldcheck.relations import AtMost, Equal, Rank
from tests.language.judged import judged

XY = {"x": real(), "y": real()}
X = {"x": real()}


def _unit(xp, x, y):
    """1 wherever x is not y, and 0 where they are equal."""
    return Equal(xp.norm2(xp.unit(xp.stack([x - y]))), xp.one)


def _powers(xp, x, k):
    return Equal((1 - x) * sum((x**j for j in range(k)), 0 * x), 1 - x**k)


CASES = {
    # a proof speaks of all inputs, and so of these
    "a quotient": (
        lambda xp, x, y: Equal((x * x - y * y) / (x - y), x + y),
        XY,
        ["x != y"],
        "proved",
    ),
    "its neighbour": (
        lambda xp, x, y: Equal((x * x - y * y) / (x - y), x - y),
        XY,
        ["x > y > 0"],
        "refuted",
    ),
    # what is true only where the hypothesis holds is not proved by its form
    "a kink": (lambda xp, x, y: Equal(xp.relu(x - y), x - y), XY, ["x > y"], "stands"),
    "a kink, unequal": (lambda xp, x, y: Equal(xp.relu(x - y), x - y), XY, ["x != y"], "refuted"),
    "above one": (lambda xp, x: AtMost(1, x * x), X, ["x > 1"], "stands"),
    "above one, and more": (
        lambda xp, x: AtMost(1 + xp.one / 10**9, x * x),
        X,
        ["x > 1"],
        "refuted",
    ),
    "a thin slice": (
        lambda xp, x: AtMost(xp.one, 1 / x),
        X,
        ["0 < x <= 1 + xp.one / 10**6"],
        "refuted",
    ),
    "in order": (
        lambda xp, x: AtMost(3 * x[0], xp.sum(x)),
        {"x": vector(3)},
        ["x[0] < x[1] < x[2]"],
        "stands",
    ),
    "in the other order": (
        lambda xp, x: AtMost(3 * x[2], xp.sum(x)),
        {"x": vector(3)},
        ["x[0] < x[1] < x[2]"],
        "refuted",
    ),
    # far from where points are drawn, or hard to meet by chance
    "between seven and eight": (
        lambda xp, x: Equal(xp.relu(x - 7), 0 * x),
        X,
        ["6 < x < 8"],
        "refuted",
    ),
    "below seven": (lambda xp, x: Equal(xp.relu(x - 7), 0 * x), X, ["6 < x < 7"], "stands"),
    "beyond a million": (lambda xp, x: AtMost(2 * 10**6, x), X, ["x > 10**6"], "refuted"),
    "in a cube": (
        lambda xp, x: AtMost(xp.sum(x), 3 + 0 * x[0]),
        {"x": real_matrix(6)},
        ["0 < x < 1"],
        "refuted",
    ),
    "of a square": (
        lambda xp, x: AtMost(xp.log(x), xp.log(7 * xp.one)),
        {"x": positive()},
        ["6 < x < 8"],
        "refuted",
    ),
    "a single point": (lambda xp, x: AtMost(x, 0 * x), X, ["x * x <= 0"], "stands"),
    # at some sizes, or for some integers, only
    "few of the integers": (
        lambda xp, x, k: AtMost(x**k, x),
        {"x": real(), "k": integer(0, 4)},
        ["x > 1", "k < 2"],
        "stands",
    ),
    "the others": (
        lambda xp, x, k: AtMost(x**k, x),
        {"x": real(), "k": integer(0, 4)},
        ["x > 1", "k > 2"],
        "refuted",
    ),
    "from three entries on": (
        lambda xp, x: AtMost(0 * x[0], xp.sum(x) ** 2 - 2 * (x @ x)),
        {"x": real_matrix("n")},
        ["xp.sum(x)**2 > 2 * (x @ x)"],
        "stands",
    ),
    "nowhere": (lambda xp, x: AtMost(x, 0 * x), X, ["1 < x < 0"], "undecided"),
    # the edge belongs to >= and not to >
    "never equal": (_unit, XY, ["x != y"], "stands"),
    "perhaps equal": (_unit, XY, ["x >= y"], "refuted"),
    "of a determinant": (
        lambda xp, A: AtMost(0, xp.det(A) * xp.trace(A) ** 2),
        {"A": real_matrix(2, 2)},
        ["xp.det(A) > 0"],
        "stands",
    ),
    "a transcendental one": (
        lambda xp, x: AtMost(x, 2 * xp.one),
        X,
        ["xp.exp(x) < 7"],
        "stands",
    ),
    "a transcendental one, too sharp": (
        lambda xp, x: AtMost(x, xp.one),
        X,
        ["xp.exp(x) < 3"],
        "refuted",
    ),
    "complex and unequal": (
        lambda xp, z: Equal(z / z, xp.one),
        {"z": number()},
        ["z != 0"],
        "proved",
    ),
    # nothing meets it, or an order means nothing
    "nothing": (lambda xp, x: Equal(x, x), X, ["x > x"], "undecided"),
    "nothing, and false": (lambda xp, x: Equal(x, x + 1), X, ["x > x"], "undecided"),
    "an order of complex numbers": (
        lambda xp, z: Equal(z / z, xp.one),
        {"z": number()},
        ["z > 0"],
        "invalid",
    ),
    "a rank": (lambda xp, A: Rank(A, 2), {"A": real_matrix(2, 2)}, ["A[0, 0] > 0"], "invalid"),
    # integers
    "every power": (_powers, {"x": real(), "k": integer(1, 6)}, [], "proved"),
    "one power is wrong": (
        lambda xp, x, k: Equal(x**k * (1 if k < 6 else 2), x**k),
        {"x": real(), "k": integer(1, 6)},
        [],
        "refuted",
    ),
    "of an integer alone": (
        lambda xp, k: Equal(xp.one * sum(range(k + 1)), xp.one * k * (k + 1) / 2),
        {"k": integer(0, 9)},
        [],
        "proved",
    ),
    "as a size": (
        lambda xp, A, k: Equal(xp.trace(xp.eye(k) @ A), xp.trace(A)),
        {"A": matrix("k", "k"), "k": integer(1, 4)},
        [],
        "proved",
    ),
    "an order": (
        lambda xp, x, k: AtMost(x**k, 1 + x * x),
        {"x": between(0, 2), "k": integer(0, 3)},
        [],
        "refuted",
    ),
    "an integer and a hypothesis": (
        lambda xp, x, k: AtMost(1 + k * x, (1 + x) ** k),
        {"x": real(), "k": integer(0, 4)},
        ["x > -1"],
        "stands",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_judged(name):
    body, given, where, word = CASES[name]
    verdict, found = judged(body, given, None, where)
    assert verdict.verdict == word, verdict.because
    assert found == []


def test_all_values_of_an_integer_are_the_statements_own():
    many = {"x": real(), "k": integer(1, 6)}
    assert judged(_powers, many)[0].scope.sizes == {}
    few = judged(_powers, many, {"k": [1, 2]})[0]
    assert (few.verdict, few.scope.sizes) == ("proved up to", {"k": (1, 2)})


def _one_of(xp, k, m, x):
    return Equal(x * (2 if (k, m) == (17, 3) else 1), x)


def test_integers_beside_no_size_are_all_visited():
    many = {"k": integer(0, 20), "m": integer(0, 20), "x": real()}
    found = judged(_one_of, many)[0]
    assert found.verdict == "refuted"
    assert found.witness.sizes == {"k": 17, "m": 3}
    true = judged(lambda xp, k, m, x: Equal(x**k * x**m, x ** (k + m)), many)[0]
    assert (true.verdict, true.scope.sizes) == ("proved", {})


def _statement(where, body=_unit, given=XY):
    form = Form("example/claim", "claim", "", body, given, {}, HOLDS, where=tuple(where))
    return Statement(form)


@pytest.mark.parametrize(
    ("where", "x", "y", "within"),
    [
        ("x > y", 1, 0, True),
        ("x > y", 1, 1, False),
        ("x >= y", 1, 1, True),
        ("x != y", 1, 1, False),
        ("x < y", Fraction(1, 3), Fraction(1, 3), False),
        ("x <= y", Fraction(1, 3), Fraction(1, 3), True),
        ("0 <= x < y", 0, 1, True),
        ("xp.exp(x) >= xp.exp(y)", 0, 0, True),
        ("xp.exp(x) > 2", 1, 0, True),
        ("xp.log(x) > 0", -1, 0, False),  # not real
        ("1 / x > 0", 0, 0, False),
        ("x > 1 / 3", Fraction(1, 3), 0, False),
        ("1 / 3 <= x < (1 + 2) / 7 + y", Fraction(1, 3), 0, True),
        ("x >= 10**-9", Fraction(1, 10**9), 0, True),
    ],
)
def test_a_point_is_certainly_within_or_refutes_nothing(where, x, y, within):
    statement = _statement([where])
    raw = {"x.x": np.array(Fraction(x), dtype=object), "y.x": np.array(Fraction(y), dtype=object)}
    assert statement.admits(raw) is within
    assert Case(statement.form, {}).admits(Point(raw)) is within


def test_what_no_ball_sees_is_not_within():
    statement = _statement(["xp.exp(x) >= xp.exp(y)"])
    one = np.array(Fraction(1), dtype=object)
    assert not statement.admits({"x.x": one, "y.x": one})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x > ", "does not read"),
        ("x", "is no comparison"),
        ("x == y", "compares otherwise than by"),
        ("x > 0.5", "only integers are exact"),
        ("x > z", "speaks of 'z', which is no input"),
        ("open('f') > x", "a call that is no primitive's"),
        ("x.data > 0", "the attribute 'data'"),
        ("xp._exp(x) > 0", "the attribute '_exp'"),
        ("(lambda: x)() > 0", "a call that is no primitive's"),
        ("[x] > y", "what is no expression"),
        ("(x > 0) > y", "what is no expression"),
    ],
)
def test_what_is_no_hypothesis_is_refused(text, said):
    with pytest.raises(ClaimError, match="example/claim") as refused:
        _statement([text])
    assert said in str(refused.value)


def test_names_of_a_hypothesis():
    assert names("xp.exp(x) < y <= z") == {"x", "y", "z"}


@pytest.mark.parametrize(("low", "high"), [(-1, 3), (3, 2)])
def test_an_integer_begins_at_zero_or_later(low, high):
    with pytest.raises(ValueError, match="the first is at least 0, and no larger"):
        integer(low, high)


def test_an_integer_has_a_name_of_letters():
    with pytest.raises(ClaimError, match="needs a name of letters only"):
        Form("a/claim", "claim", "", _powers, {"x": real(), "k_1": integer(1, 2)}, {}, HOLDS)


@pytest.fixture
def register():
    before = dict(registered())
    registered().clear()
    yield
    registered().clear()
    registered().update(before)


def _claimed(where):
    @claim("quotient", title="t", sources=[ours()], given=XY, where=where)
    def made(xp, x, y):
        """A quotient."""
        return Equal((x * x - y * y) / (x - y), x + y)

    made.neighbour("minus")(lambda xp, x, y: Equal((x * x - y * y) / (x - y), x - y))
    made.finish()
    registered().clear()
    return made


def test_a_hypothesis_belongs_to_every_form_and_is_left_out_in_turn(register):
    made = _claimed(["x != y", "x > 0"])
    assert made.forms["quotient/minus"].where == ("x != y", "x > 0")
    dropped = made.forms["quotient/drop-where-1"]
    assert (dropped.where, dropped.hypothesis) == (("x > 0",), "x != y")
    assert dropped.words()["where"] == ["x > 0"]


def test_a_row_is_stale_once_its_hypothesis_changes(register):
    hashes = {claim_hash(_claimed(where), "quick", 0) for where in ("x != y", "x > y", ())}
    assert len(hashes) == 3
