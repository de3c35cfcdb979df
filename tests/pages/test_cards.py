"""Numbers and words of a card."""

from __future__ import annotations

import doctest
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldcheck.ledger import cards, coverage, errors, numbers, words


@pytest.mark.parametrize("module", [cards, coverage, errors, numbers])
def test_examples_in_docstrings(module):
    found = doctest.testmod(module)
    assert found.failed == 0


@pytest.mark.parametrize(
    ("value", "short", "tex"),
    [
        ("-3", "-3", "-3"),
        ("1/2", "1/2", r"\tfrac{1}{2}"),
        ("-0x1.8p-3", "-3/16", r"-\tfrac{3}{16}"),
        ("[0.333333333333 +/- 2e-40]", "0.333333", "0.333333"),
        ("1/2 - 3i", "1/2 - 3i", r"\tfrac{1}{2} - 3\,i"),
        ("-1/2i", "-1/2 i", r"-\tfrac{1}{2} \,i"),
        ("0 + 1i", "i", r"\,i"),
        ("3e-50", "3e-50", r"3 \cdot 10^{-50}"),
        ("1.2340000000000000000001", "1.234", "1.234"),
        ("123456789012", "1.23457e11", r"1.23457 \cdot 10^{11}"),
        (4, "4", "4"),
    ],
)
def test_numbers_as_a_person_reads_them(value, short, tex):
    assert numbers.short(value) == short
    assert numbers.tex(value) == tex
    assert numbers.is_number(value)


@pytest.mark.parametrize("value", ["nan", "slope 2, not 1", "", "[1, 2]"])
def test_what_is_no_number(value):
    assert not numbers.is_number(value)


@given(st.fractions())
def test_short_is_near(value: Fraction):
    text = numbers.short(str(value))
    found = numbers.exact(text)
    assert found is not None
    assert abs(found - value) <= abs(value) * Fraction(1, 10**5)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_dyadic_strings_are_read_exactly(value: float):
    assert numbers.exact(value.hex()) == Fraction(value)


def test_inline_text_leaves_stars_alone():
    found = cards.inline("X* and $X^*$ and `x_1 * y`")
    assert [type(node).__name__ for node in found] == ["Text", "math", "Text", "literal"]
    assert found[0].astext() == "X* and "


@pytest.mark.parametrize(
    ("worst", "line"),
    [
        ({"what": "residual", "log10": "-3.1", "raw": {}}, "residual 10^-3.1"),
        ({"what": "residual", "log10": "-inf", "raw": {}}, "residual 0"),
        ({"what": "none: no size", "log10": None, "raw": None}, "none: no size"),
    ],
)
def test_the_worst_case_in_words(worst, line):
    assert words.worst_words(worst) == line
    entry = dict(method="rank", cases=0, shapes=0, strata={}, log2_bound=None, order=None, box=None,
                 cells=None, worst=worst, reason="")  # fmt: skip
    shown = "".join(node.astext() for node in cards._found(entry))
    assert shown == ("" if worst["log10"] is None else line.replace("^-", "−"))


def test_no_worst_case_from_any_method_is_said():
    def form(*worst):
        evidence = [{"outcome": "confirms", "worst": w} for w in worst]
        return {"verdict": "holds", "evidence": evidence}

    none = {"what": "none: no size", "log10": None, "raw": None}
    assert words.without_worst(form(none, none)) == "Worst case none: no size."
    assert words.without_worst(form(None)) == "Worst case none: no method measures one."
    assert words.without_worst(form(none, {"what": "residual", "log10": "-1", "raw": {}})) == ""
    assert words.without_worst({**form(none), "verdict": "refuted"}) == ""


def test_no_hypothesis_left_out_is_said():
    (said,) = cards._dropped([], "nothing is assumed of the inputs")
    assert said.astext() == "No hypothesis was left out in turn: nothing is assumed of the inputs."


def test_a_bound_is_only_ever_weakened():
    assert cards._whole("-92.5") == "-92"
    assert cards._whole("-92") == "-92"
    assert cards._whole("3.2") == "4"


def test_complex_directions():
    raw = {
        "X.re": [["1"]],
        "direction0.re": [["1", "0"], ["1/2", "2"]],
        "direction0.im": [["0", "1"], ["-1/3", "0"]],
    }
    assert cards._directions(raw) == [("H", [["1", "0 + 1i"], ["1/2 - 1/3i", "2"]])]


def test_matrices():
    assert numbers.matrix_tex([["1", "1/2"]]) == (r"\begin{pmatrix} 1 & \tfrac{1}{2} \end{pmatrix}")
    assert numbers.matrix_tex(["1"] * 4).endswith(r"^{\mathsf T}")
    wide = numbers.matrix_tex([["0"] * 12] * 12)
    assert wide.count(r"\cdots") == 8
    assert r"\vdots" in wide
    assert numbers.matrix_text([["1", "-2"], ["10", "3"]]) == ["[ 1  -2]", "[10   3]"]
    assert numbers.matrix_tex([]) is not None


@pytest.mark.parametrize(
    ("bounds", "together"),
    [(["-94.2"], "-94"), (["-94.2", "-75.7"], "-74"), (["-60", "-60", "-60"], "-58")],
)
def test_bounds_of_several_methods_are_one_weaker_bound(bounds, together):
    whole = sum(2.0 ** float(bound) for bound in bounds)
    assert cards._either(bounds) == together
    assert whole <= 2.0 ** int(together)
