"""``check`` in a chapter's cell: passes what is true, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from fieldcheck.book import CheckError, check
from fieldcheck.claim import ClaimError
from fieldcheck.domains import matrix, positive, real, vector
from fieldcheck.relations import AtMost, Equal, Force, Gradient, Rank, Zero


def square(xp, x, y):
    return Equal((x + y) * (x + y), x * x + 2 * x * y + y * y)


def test_a_true_formula_passes_in_one_quiet_line():
    found = check("eq-square", square, x=real(), y=real())
    html = found._repr_html_()
    assert html.startswith('<p class="fc-check">')
    assert "\n" not in html
    assert "eq-square" in html
    assert html == check("eq-square", square, x=real(), y=real())._repr_html_()
    assert "object at" not in repr(found)


def softmax_gradient(xp, x):
    return Gradient(lambda x: xp.logsumexp(x), x, xp.exp(x) / xp.sum(xp.exp(x)))


def quadratic(xp, X, W):
    return Force(lambda X: xp.trace(X @ W @ xp.star(X)), X, X @ W)


def young(xp, x, y):
    return AtMost(2 * x * y, x * x + y * y)


def no_room(xp, x):
    return AtMost(x * x + 2 * x + 1, (x + 1) * (x + 1))


def two_parts(xp, x):
    return Zero(xp.exp(x) * xp.exp(-x) - 1), Equal(xp.log(xp.exp(x)), x)


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (softmax_gradient, {"x": vector("n")}),
        (quadratic, {"X": matrix("N", "C"), "W": matrix("C", "C")}),
        (young, {"x": real(), "y": real()}),
        (no_room, {"x": real()}),
        (two_parts, {"x": real()}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_true_ones_of_every_kind(body, given):
    check("eq-true", body, **given)


def one_sign(xp, x, y):
    return Equal((x + y) * (x + y), x * x - 2 * x * y + y * y)


def off_by_little(xp, x, y):
    tiny = xp.one / 10**28
    return Equal((x + y) * (x + y), (x * x + 2 * x * y + y * y) * (1 + tiny))


def second_part(xp, x, y):
    return Equal(x, x + 0 * y), Equal(x * y, x)


def reversed_young(xp, x, y):
    return AtMost(x * x + y * y, 2 * x * y)


def half_of_the_force(xp, x, y):
    return Gradient(lambda x: x * x + y, x, x)


@pytest.mark.parametrize(
    "body", [one_sign, off_by_little, second_part, reversed_young, half_of_the_force]
)
def test_false_ones_fail_and_name_both_sides(body):
    with pytest.raises(CheckError, match=r"eq-false fails at a generic point.*left side"):
        check("eq-false", body, x=real(), y=real())


def test_it_fails_at_every_size():
    def only_for_one(xp, x):
        return Equal(xp.sum(x) * xp.sum(x), xp.sum(x * x))

    with pytest.raises(CheckError, match="n = 2"):
        check("eq-sizes", only_for_one, x=vector("n"))
    check("eq-sizes", only_for_one, x=vector("n"), sizes={"n": [1]})


def test_wide_balls_do_not_pass():
    def cancels(xp, x):  # e^400 twice: 60 digits leave nothing of the rest
        large = xp.exp(400 + x * x)
        return Equal((large + x) - large, x)

    with pytest.raises(CheckError, match="agree only to"):
        check("eq-wide", cancels, x=real())


def test_not_a_number_does_not_pass():
    def pole(xp, x):
        return Equal(x / (x - x), x / (x - x))

    with pytest.raises(CheckError, match="not a finite number"):
        check("eq-pole", pole, x=real())


def test_a_fault_that_cannot_be_seen_is_refused(monkeypatch):
    monkeypatch.setattr("fieldcheck.book.FAULT", 80)
    with pytest.raises(CheckError, match="goes unseen"):
        check("eq-square", square, x=real(), y=real())


def test_bad_use_is_told_in_a_sentence():
    with pytest.raises(ValueError, match="must begin with eq-"):
        check("square", square, x=real(), y=real())
    with pytest.raises(TypeError, match=r"the body takes \['x', 'y'\]"):
        check("eq-square", square, x=real())
    with pytest.raises(TypeError, match="for Rank write a claim"):
        check("eq-rank", lambda xp, X: Rank(X, 2), X=matrix(2, 2))


def half_as_a_float(xp, x):
    return Equal(0.5 * x, x / 2)


def test_a_float_literal_is_refused():
    with pytest.raises(ClaimError, match=r"float literal 0\.5"):
        check("eq-literal", half_as_a_float, x=positive())


def test_it_does_not_import_torch():
    code = "import sys, fieldcheck.book; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_first_line_of_the_module_is_what_chapters_import():
    import fieldcheck.book as book

    assert re.search(r"from fieldcheck\.book import check", book.__doc__ or "")
