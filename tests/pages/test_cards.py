"""Numbers and words, of a card and of a line in the terminal."""

from __future__ import annotations

import doctest
import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fieldcheck.ledger import errors, records
from fieldcheck.ledger.records import Worst
from fieldcheck.pages import cards, case, contest, coverage, inline, numbers, tex, words
from fieldcheck.verdict import Word, bound_text


@pytest.mark.parametrize("module", [cards, coverage, errors, numbers, tex, words])
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
    found = inline.inline("X* and $X^*$ and `x_1 * y`")
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
            "residual 10^-15, which is rounding: balls at the same points hold zero",
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
        "2 160 cases; 1 shape; 12 cells; chance of error below 2^-101; order 2; "
        "the two sides agree modulo 3"
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
        (Word.UP_TO, {"sizes": {"N": (2, 3, 4)}}, "proved up to the sizes N = 2..4"),
        (Word.UP_TO, {"sizes": {"N": (1, 3), "M": (2,)}}, "proved up to the sizes N = 1, 3; M = 2"),
        (Word.ON, {"sizes": {}, "box": "x.x in [-2, 2]"}, "proved on x in [-2, 2]"),
        (
            Word.PROVED,
            {"sizes": {}, "inputs": {"x": "all", "U": "no eigenvalue -1", "y": "dense"}},
            "proved for every input; chance of error below 2^-171; of the inputs only a part: "
            "U (no eigenvalue -1)",
        ),
        (
            Word.PROVED,
            {"sizes": {}, "left_out": ("x = 0",)},
            "proved for every input; chance of error below 2^-171; left out: x = 0",
        ),
    ],
)
def test_how_far_a_proof_reaches(form, verdict, scope, line):
    found = form(verdict=verdict, scope=scope, log2_bound="-171.3")
    assert words.scope_line(found).startswith(line)
    assert "chance of error below 2^-171" in words.scope_line(found)


def test_a_bound_is_weakened_never_strengthened_and_named_where_there_is_one(form):
    assert [bound_text(x) for x in (-101.04, -101.96, -102.0, None, -math.inf)] == [
        "-101.0", "-101.9", "-102.0", None, "-inf",
    ]  # fmt: skip
    assert words.scope_line(form(log2_bound="-inf")) == "proved for every N"
    found = words.scope_line(form(log2_bound="-101.9"))
    assert found == "proved for every N; chance of error below 2^-101"


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

    assert place() == "in entry (2, 2)"
    assert place(index=(2,)) == "in entry 3"
    assert place(index=()) == ""
    assert place(index=(0, 0), sizes={"N": 1, "C": 1}) == ""  # the statement's only number
    assert place(index=(0, 1, 2)) == "in entry (1, 2, 3)"
    assert place(("AtMost", "Equal"), part=1, index=()) == "in the second statement"
    assert place(("AtMost", "Equal"), part=1) == "in entry (2, 2) of the second statement"
    gap = "in the gap that is stated"
    assert place(side="gap", index=()) == gap


def test_powers_mathematics_and_code_in_a_sentence():
    found = inline.said("error below 2^-101; `2^3` of $x^2$, x_2")
    assert [type(node).__name__ for node in found] == [
        "Text", "Text", "superscript", "Text", "literal", "Text", "math", "Text",
    ]  # fmt: skip
    assert found[2].astext() == "−101"


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
    assert case.directions(raw) == [("H", [["1", "0 + 1i"], ["1/2 - 1/3i", "2"]])]


def test_matrices():
    assert numbers.matrix_tex([["1", "1/2"]]) == (r"\begin{pmatrix} 1 & \tfrac{1}{2} \end{pmatrix}")
    assert numbers.matrix_tex(["1"] * 4).endswith(r"^{\mathsf T}")
    wide = numbers.matrix_tex([["0"] * 12] * 12)
    assert wide.count(r"\cdots") == 8
    assert r"\vdots" in wide
    assert numbers.matrix_text([["1", "-2"], ["10", "3"]]) == ["[ 1  -2]", "[10   3]"]
    assert numbers.matrix_tex([]) is not None


# --- a case in one line ---------------------------------------------------------------------------


@pytest.fixture
def refuted(fake):
    """The refuted form of the fake register, with other fields of its witness."""
    form = records.sealed(fake.row(fake.CLAIMS["plain-true"])).forms[1]
    return lambda **changes: structs.replace(form, witness=structs.replace(form.witness, **changes))


def text_of(nodes) -> str:
    return "".join(node.astext() for node in nodes)


def test_a_case_leaves_out_what_is_zero(refuted):
    inputs = {"X": [["0"], ["1"]], "A": [["0"]], "Q2": [[["0"]]], "root_r": "1"}
    told = text_of(case.short(refuted(inputs=inputs)))
    row = r"X = (0,\,1)^{\mathsf T}, \sqrt{r} = 1, all else 0: "
    assert told == row + r"left side \tfrac{1}{2}, right side 1 in entry (2, 2)"
    nothing = text_of(case.short(refuted(inputs={"X": [["0"]]}, index=())))
    assert nothing == r"with every input 0: left side \tfrac{1}{2}, right side 1"
    long = {"X": [["1/3"] * 6] * 6}
    assert text_of(case.short(refuted(inputs=long))).startswith("a point with N = 2, C = 2: ")


def test_a_force_of_one_number_is_told_without_its_direction(refuted):
    raw = {"direction0.re": [["0"]], "direction0.im": [["1"]]}
    force = dict(inputs={}, relation="Force", raw=raw, index=(), lhs="1/2", rhs="-i")
    assert case.entries(refuted(**force).witness) == ("0 + 1/2i", "1 + 0i")  # conj(i) F
    wide = {"direction0.re": [["0", "1"]], "direction0.im": [["1", "0"]]}
    assert case.entries(refuted(**force | dict(raw=wide)).witness) == ("1/2", "-i")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"relation": "Solutions"},
            "meets every condition, and is not among the solutions claimed",
        ),
        ({"relation": "Rank", "lhs": "2", "rhs": "1"}, "the dimension is 2, not 1"),
        (
            {
                "relation": "Rate",
                "lhs": "the coefficient of n^1 is 0.5217656, not 0",
                "rhs": "order 1",
            },
            "the coefficient of n^1 is 0.522, not 0 (order 1 is claimed)",
        ),
    ],
)
def test_a_case_of_another_relation(refuted, changes, told):
    assert text_of(case.short(refuted(inputs={}, **changes))) == told


@pytest.mark.parametrize(
    ("kept", "changes"),
    [
        ({}, {}),
        ({"zero": ["A"]}, {}),
        ({"when": {"root_r": "2"}}, {}),
        (None, {"sizes": {"N": 3, "C": 2}}),
        (None, {"zero": ["X"]}),
        (None, {"when": {"root_r": "3"}}),
    ],
)
def test_a_case_in_words_is_told_of_its_own_witness_only(refuted, monkeypatch, kept, changes):
    form = refuted(inputs={"X": [["1", "0"]], "A": [["0"]], "root_r": "2"})
    own = {"sizes": {"N": 2, "C": 2}, "says": "$r = {root_r}$, {N}: ${lhs}$, not ${rhs}$"}
    monkeypatch.setattr(case, "told", lambda: {form.key: {**own, **(kept or {}), **changes}})
    said = r"$r = 2$, {N}: $\tfrac{1}{2}$, not $1$"
    assert case.in_words(form) == (None if kept is None else said)


def test_every_case_in_words_is_of_a_form_and_names_its_inputs():
    from fieldcheck.register import load

    forms = {key: form for claim in load().values() for key, form in claim.forms.items()}
    wrong = []
    for key, entry in case.told().items():
        asked = set(re.findall(r"(?<![\\^_])\{(\w+)\}", entry["says"])) - {
            "lhs",
            "rhs",
            "rm",
            "token",
        }
        asked |= {*entry.get("when", ()), *entry.get("zero", ())}
        if key not in forms or asked - set(forms[key].given) - {"in", "out"}:
            wrong.append((key, asked))
    assert wrong == []


# --- the state of a card, and what it offers ------------------------------------------------------


@pytest.mark.parametrize(
    ("main", "of_source", "now"),
    [
        (Word.PROVED, Word.REFUTED, "repaired"),
        (Word.STANDS, Word.FAILS, "repaired"),
        (Word.PROVED, Word.PROVED, "right"),
        (Word.REFUTED, Word.REFUTED, "wrong"),
        (Word.UNDECIDED, Word.REFUTED, "open"),
    ],
)
def test_one_badge_says_one_of_three_states(fake, main, of_source, now):
    row = records.sealed(fake.row(fake.CLAIMS["plain-true"]))
    row.verdict = row.main.verdict = main
    row.of("printed")[0].verdict = of_source
    assert cards.state(row) == now
    badge = cards._badge(row)
    assert f"fc-state-{now}" in badge["classes"]
    assert badge.astext().startswith("repaired: ") == (now == "repaired")


def test_what_is_copied_replays_a_counterexample_or_gathers_again(fake):
    row = records.sealed(fake.row(fake.CLAIMS["plain-true"]))
    assert contest.command(row) == ".venv/bin/fieldcheck replay plain-true/printed"
    row.of("printed")[0].witness = None
    assert contest.command(row) == ".venv/bin/fieldcheck verify plain-true --fresh"


# --- formulas on a narrow page --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        ("a = b", [["a", "{} = b"]]),
        (r"f(x = 1) \le [a, b)", [["f ( x = 1 )", r"{} \le [ a , b )"]]),
        (r"\tfrac12 x,\quad\text{for } x", [[r"\tfrac{1}{2} x ,"], [r"\text{for } x"]]),
        (
            r"\begin{aligned} a &= b\\ &= c \\ d &\ge e \end{aligned}",
            [["a", "{} = b", "{} = c"], ["d", r"{} \ge e"]],
        ),
        (
            r"f \text{ commutes with all} \iff g",
            [["f", r"\text{ commutes with all}", r"{} \iff g"]],
        ),
        (r"\left( a = b \right) = c", [[r"\left( a = b \right)", "{} = c"]]),
    ],
)
def test_a_line_breaks_before_relations_outside_brackets(whole, cut):
    assert tex.pieces(whole) == cut


def test_a_long_sum_is_cut_before_its_signs():
    ((left, *right),) = tex.pieces("y = " + " + ".join(f"abcdefghij_{k}" for k in range(5)))
    assert left == "y"
    assert all(tex.width(piece) <= 2 * tex.LONG for piece in right)
    assert len(right) > 2


SPACES = r"\\(begin|end)\{(aligned|gathered)\}|\\\\|\\q?quad|\\[ ,;]|[\s{}&]"


def test_every_formula_of_the_register_can_be_cut_and_says_the_same():
    from fieldcheck.register import load

    lost = []
    for claim in load().values():
        for form in claim.forms.values():
            joined = "".join(p.replace("{} ", "") for s in tex.pieces(form.tex) for p in s)
            plain = lambda text: sorted(re.sub(SPACES, "", text))
            if plain(joined) != plain(form.tex):
                lost.append(form.key)
    assert lost == []


@pytest.mark.parametrize(
    ("printed", "mended", "marks"),
    [
        (
            r"F = \operatorname{Softmax}(S)XW",
            r"F = \operatorname{Softmax}(S^\top)XW",
            (r"( \underline{S} )", r"( \underline{S^\top} )"),
        ),
        (r"x = \tfrac12 y", r"x = \frac{1}{2} y", ("", "")),
        (r"x + y = z", r"x - y = z", (r"\underline{+}", r"\underline{-}")),
        (r"\frac{a}{b} = cde", r"\frac{a}{2b} = cde", ("", r"\frac{a}{\underline{2} b}")),
        ("a = b", r"\sum_k \lambda_k \to 0", ("", "")),
    ],
)
def test_what_differs_is_marked_in_both(printed, mended, marks):
    for shown, mark in zip(tex.marked(printed, mended), marks, strict=True):
        assert (mark in shown) if mark else (r"\underline" not in shown)
