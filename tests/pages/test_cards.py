"""Numbers and words, of a card and of a line in the terminal."""

from __future__ import annotations

import doctest
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fieldcheck.ledger import errors, records
from fieldcheck.ledger.records import Worst
from fieldcheck.pages import cards, coverage, numbers, words
from fieldcheck.verdict import Word, bound_text


@pytest.mark.parametrize("module", [cards, coverage, errors, numbers, words])
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


@pytest.fixture
def form(fake):
    """A form of the fake register; its fields may be named to be other than they are."""

    def make(**changes):
        evidence = changes.pop("evidence", None)
        found = records.sealed(fake.row(fake.CLAIMS["plain-true"])).main
        if evidence is not None:
            changes["evidence"] = tuple(structs.replace(found.evidence[0], **e) for e in evidence)
        if "scope" in changes:
            changes["scope"] = structs.replace(found.scope, **changes["scope"])
        return structs.replace(found, **changes)

    return make


@pytest.mark.parametrize(
    ("method", "worst", "line"),
    [
        ("ladder", Worst(what="residual", log10="-3.1", raw={}), "residual 10^-3.1"),
        ("ladder", Worst(what="residual", log10="-inf", raw={}), "residual 0"),
        ("rank", Worst(what="none: no size", log10=None, raw=None), "none: no size"),
        (
            "sampled",
            Worst(what="residual", log10="-15.7", raw={}),
            "residual 10^-15, no violation in balls",
        ),
    ],
)
def test_the_worst_case_in_words(form, method, worst, line):
    bare = dict(cases=0, shapes=0, strata={}, log2_bound=None, detail="")
    (entry,) = form(evidence=[{**bare, "method": method, "worst": worst}]).evidence
    assert words.worst(entry) == line
    assert words.found(entry) == ([] if worst.log10 is None else [line])


def test_what_a_method_did_in_words(form):
    entry = dict(cases=2160, shapes=1, strata={"ties": 4}, order="2", cells=12, box="x in [0, 1]")
    (entry,) = form(evidence=[{**entry, "log2_bound": "-101.9", "worst": None}]).evidence
    short = (
        "2 160 cases; 1 shape; 12 cells; error below 2^-101; order 2; the two sides agree modulo 3"
    )
    assert "; ".join(words.found(entry, full=False)) == f"{short} primes"
    assert {"strata ties", "box x in [0, 1]"} <= set(words.found(entry))


def test_no_worst_case_from_any_method_is_said(form):
    none = Worst(what="none: no size", log10=None, raw=None)
    some = Worst(what="residual", log10="-1", raw={})
    without = words.without_worst
    assert without(form(evidence=[{"worst": none}] * 2)) == "Worst case none: no size."
    assert without(form(evidence=[{"worst": None}])) == "Worst case none: no method measures one."
    assert without(form(evidence=[{"worst": none}, {"worst": some}])) == ""
    assert without(form(evidence=[{"worst": none}], verdict=Word.REFUTED)) == ""


# --- how far a verdict reaches --------------------------------------------------------------------

LIST = (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("verdict", "scope", "line"),
    [
        (Word.PROVED, {"sizes": {"N": "all", "C": "all"}}, "proved for every N, C"),
        (Word.PROVED, {"sizes": {}}, "proved for every input"),
        (Word.UP_TO, {"sizes": {"N": LIST, "C": LIST}}, "proved up to N, C = 6"),
        (Word.UP_TO, {"sizes": {"N": LIST, "C": "all"}}, "proved up to N = 6, every C"),
        (Word.UP_TO, {"sizes": {"N": (2, 3, 4)}}, "proved up to N = 2..4"),
        (Word.UP_TO, {"sizes": {"N": (1, 3), "M": (2,)}}, "proved up to N = 1, 3; M = 2"),
        (Word.ON, {"sizes": {}, "box": "x.x in [-2, 2]"}, "proved on x in [-2, 2]"),
        (
            Word.PROVED,
            {"sizes": {}, "inputs": {"x": "all", "U": "no eigenvalue -1", "y": "dense"}},
            "proved for every input; error below 2^-171; of the inputs only a part: "
            "U (no eigenvalue -1)",
        ),
        (
            Word.PROVED,
            {"sizes": {}, "left_out": ("x = 0",)},
            "proved for every input; error below 2^-171; left out: x = 0",
        ),
    ],
)
def test_how_far_a_proof_reaches(form, verdict, scope, line):
    found = form(verdict=verdict, scope=scope, log2_bound="-171.3")
    assert words.scope_line(found).startswith(line)
    assert "error below 2^-171" in words.scope_line(found)


def test_a_bound_is_weakened_never_strengthened_and_named_where_there_is_one(form):
    assert [bound_text(x) for x in (-101.04, -101.96, -102.0, None, -math.inf)] == [
        "-101.0", "-101.9", "-102.0", None, "-inf",
    ]  # fmt: skip
    assert words.scope_line(form(log2_bound="-inf")) == "proved for every N"
    assert words.scope_line(form(log2_bound="-101.9")) == "proved for every N; error below 2^-101"


def test_what_was_tried_of_a_statement_that_stands(form):
    stands = dict(verdict=Word.STANDS, log2_bound=None, visited={"N": LIST, "C": LIST})
    sampled = {"method": "sampled", "strata": {"ties": 4, "zero": 2}}
    ladder = {"method": "ladder", "digits": 120}
    found = form(**stands, evidence=[sampled, ladder], scope={"conditions": ("||s|| is not zero",)})
    assert words.scope_line(found) == (
        "stands: tried at N, C = 1..6, every stratum, 120 digits; not shown: ||s|| is not zero"
    )
    missed = {**sampled, "strata": {"ties": 4, "zero": 0}}
    found = form(**stands, evidence=[missed], because="not proved (exact: no such primitive)")
    assert words.scope_line(found) == (
        "stands: tried at N, C = 1..6; not proved (exact: no such primitive)"
    )
    assert words.headline(found) == "stands, tried at N, C = 1..6"


def test_what_speaks_against_a_statement(form, fake):
    refuted = records.sealed(fake.row(fake.CLAIMS["plain-true"])).forms[1]
    assert words.scope_line(refuted) == "refuted by a certified point at N = 2, C = 2"
    for word in (Word.FAILS, Word.UNDECIDED, Word.INVALID):
        found = form(verdict=word, because="the reason", scope={})
        assert words.scope_line(found) == f"{word}: the reason"


def test_certain_and_numerical_are_told_apart_without_colour(form):
    full = {word for word in Word if words.MARK[word] in "●■"}
    assert full == {Word.PROVED, Word.UP_TO, Word.ON, Word.REFUTED}
    for word in Word:
        badge = cards.verdict_badge(form(verdict=word))
        assert ("fc-certain" in badge["classes"]) == (word in full)
        assert ("fc-numerical" in badge["classes"]) == (word not in full)


def test_every_word_is_counted_apart():
    found = [Word.PROVED, Word.UP_TO, Word.ON, Word.STANDS, Word.UP_TO, Word.STANDS, Word.REFUTED]
    assert words.counts(found) == "1 proved, 2 proved up to, 1 proved on, 1 refuted, 2 stand"
    assert words.counts([Word.STANDS]) == "1 stands"


def test_where_a_witness_fails(form, fake):
    refuted = records.sealed(fake.row(fake.CLAIMS["plain-true"])).forms[1]

    def place(parts=("Equal",), **changes):
        at = structs.replace(refuted.witness, **changes)
        return words.place(structs.replace(refuted, parts=parts), at)

    assert place() == "row 2, column 2"
    assert place(index=(2,)) == "component 3"
    assert place(index=()) == ""
    assert place(index=(0, 1, 2)) == "entry 1, 2, 3"
    assert place(("AtMost", "Equal"), part=1, index=()) == "part 2"
    assert place(side="gap", index=()) == "right minus left against the stated gap"


def test_powers_mathematics_and_code_in_a_sentence():
    found = cards._said("error below 2^-101; `2^3` of $x^2$, x_2")
    assert [type(node).__name__ for node in found] == [
        "Text", "Text", "superscript", "Text", "literal", "Text", "math", "Text",
    ]  # fmt: skip
    assert found[2].astext() == "−101"


def test_no_hypothesis_left_out_is_said():
    (said,) = cards._dropped([], "nothing is assumed of the inputs")
    assert said.astext() == "No hypothesis was left out in turn: nothing is assumed of the inputs."


def test_a_bound_is_only_ever_weakened():
    assert words.whole("-92.5") == "-92"
    assert words.whole("-92") == "-92"
    assert words.whole("3.2") == "4"


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
