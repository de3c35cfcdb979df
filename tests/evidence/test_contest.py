"""A reader's own point: what is accepted, what it shows, and one clear sentence for what is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from fieldcheck.domains import (
    Domain,
    between,
    hermitian,
    matrix,
    number,
    orthogonal,
    positive,
    real,
    real_matrix,
    root,
    rotation,
    simplex,
    skew_hermitian,
    spd,
    symmetric,
    unit_vector,
    unitary,
    vector,
)
from fieldcheck.evidence import contest
from fieldcheck.evidence.contest import ContestError, Ruling
from fieldcheck.ledger import machine
from fieldcheck.ledger.errors import UserError
from fieldcheck.pages import terminal
from fieldcheck.relations import AtMost, Equal, Force, Law, Rank, Zero
from tests.evidence.statements import statement

POINT = {"claim": "softmax-free-energy", "sizes": {"N": 2, "C": 1}}
TOKENS = {"X": [["0"], ["1"]], "W": [["1"]], "root_r": "1"}


@pytest.fixture(scope="module")
def claims() -> dict[str, Any]:
    return machine.load()


def judged(claims, **changes) -> Ruling:
    return contest.judge(claims, {**POINT, "inputs": TOKENS, **changes})


# --- what a point shows ---------------------------------------------------------------------------


def test_the_printed_form_is_refuted_and_the_claim_is_not(claims):
    printed = judged(claims, form="printed-paper")
    assert printed.refutes
    assert printed.certain
    assert printed.lhs.startswith("0.26894142136999512074884")
    assert printed.rhs == "0.5"
    assert printed.index == (0, 0)
    assert not judged(claims).refutes
    assert judged(claims).open == ""


def lone(body, given) -> dict[str, Any]:
    """A register of one claim."""
    form = statement(body, **given).form
    return {"test": SimpleNamespace(id="test", forms={form.key: form})}


def ruling(body, given, inputs, **sizes) -> Ruling:
    return contest.judge(lone(body, given), {"claim": "test", "sizes": sizes, "inputs": inputs})


def test_an_order_a_zero_and_a_weak_form():
    square = lambda xp, x: AtMost(x, x * x)
    assert ruling(square, dict(x=real()), {"x": "1/2"}).refutes
    assert not ruling(square, dict(x=real()), {"x": 2}).refutes
    assert ruling(lambda xp, x: Zero(x * (x - 1)), dict(x=real()), {"x": "-1"}).refutes
    # along one direction only: none is given, all axes are tried
    force = lambda xp, X: Force(lambda X: xp.trace(X @ xp.star(X)), X, X.T)
    given = dict(X=matrix("N", "N"))
    assert ruling(force, given, {"X": [["0", "0"], ["1", "0"]]}, N=2).refutes
    assert not ruling(force, given, {"X": [["0", "1"], ["1", "0"]]}, N=2).refutes


def test_ranks_rates_and_solutions(claims):
    rank = lambda xp, X: Rank(X, 1)
    assert ruling(rank, dict(X=real_matrix(2, 2)), {"X": [[1, 0], [0, 1]]}).refutes
    assert not ruling(rank, dict(X=real_matrix(2, 2)), {"X": [[1, 1], [1, 1]]}).refutes
    modulus = {"claim": "relu-axioms", "form": "printed", "inputs": {"a": "1", "c": "1"}}
    assert contest.judge(claims, modulus).refutes
    relu = {**modulus, "inputs": {"a": "1", "c": "0"}}
    assert not contest.judge(claims, relu).refutes


def test_where_a_side_has_no_value_it_is_undecided():
    found = ruling(lambda xp, x: Equal(1 / x, x), dict(x=real()), {"x": 0})
    assert not found.refutes
    assert found.open


def test_every_counterexample_of_a_few_claims_is_accepted_as_a_readers_own(claims):
    """Taken from the forms' own witnesses, as `fieldcheck verify` finds them."""
    from fieldcheck.evidence.rows import verify_claim

    for name in ("permutation-vs-unitary", "softmax-query-only-untied"):
        for form in verify_claim(name, "quick", 0, ["claim", "printed"])["forms"]:
            stored = form["witness"]
            if stored is None:
                continue
            key = form["key"].partition("/")[2]
            point = {"claim": name, "form": key, "sizes": stored["sizes"]}
            assert contest.judge(claims, {**point, "inputs": stored["inputs"]}).refutes


# --- hypotheses -----------------------------------------------------------------------------------

TURN = [["3/5", "-4/5"], ["4/5", "3/5"]]


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (positive(), "1/3", "0"),
        (root("r"), "1", "1/2"),
        (between(0, 1), "1", "-0.1"),
        (vector(2), ["1", "0"], None),
        (number(), "1/2 - 3i", None),
        (hermitian(2), [["1", "i"], ["-i", "2"]], [["1", "i"], ["i", "2"]]),
        (skew_hermitian(2), [["i", "1"], ["-1", "0"]], [["1", "1"], ["-1", "0"]]),
        (symmetric(2), [["1", "2"], ["2", "0"]], [["1", "2"], ["3", "0"]]),
        (spd(2), [["2", "1"], ["1", "2"]], [["1", "2"], ["2", "1"]]),
        (unitary(2), [["0", "i"], ["1", "0"]], [["0", "i"], ["2", "0"]]),
        (orthogonal(2), [["0", "1"], ["1", "0"]], [["0", "1"], ["1", "1"]]),
        (rotation(2), TURN, [["0", "1"], ["1", "0"]]),
        (simplex(2), ["1/4", "3/4"], ["1/2", "3/4"]),
        (unit_vector(2), ["3/5", "-4/5"], ["1", "1"]),
    ],
    ids=lambda value: value.name if isinstance(value, Domain) else "",
)
def test_a_value_must_meet_its_hypothesis(domain, inside, outside):
    same = lambda xp, x: Equal(x, 1 * x)
    assert not ruling(same, dict(x=domain), {"x": inside}).refutes
    if outside is not None:
        with pytest.raises(ContestError, match=r"^x does not meet its hypothesis"):
            ruling(same, dict(x=domain), {"x": outside})


def test_raw_parameters_are_taken_too():
    body = lambda xp, U: Equal(U, U @ U)
    raw = {"re": [[0]], "im": [[0]], "t": "1"}  # the phase (1 + i)²/2 = i
    assert ruling(body, dict(U=unitary(1)), {"U": raw}).refutes
    with pytest.raises(ContestError, match=r"U is built from U\.re, U\.im, U\.t"):
        ruling(body, dict(U=unitary(1)), {"U": {"re": [[0]]}})


# --- what does not fit ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"claim": "softmax"}, "there is no claim 'softmax'"),
        ({"form": "prnted"}, "softmax-free-energy has no form 'prnted'; its forms are claim"),
        ({"sizes": {"N": 2}}, "has the sizes N, C; the point gives N"),
        ({"sizes": {"N": 2, "C": 0}}, "C is 0; in softmax-free-energy/claim it is 1 or more"),
        ({"sizes": {"N": 2.5, "C": 1}}, r"N is 2\.5"),
        ({"inputs": {"X": [["0"]]}}, "has the inputs X, W, root_r; the point gives X"),
        ({"sizes": {"N": 3, "C": 1}}, "X is 2 x 1; at these sizes it is 3 x 1"),
        ({"inputs": {**TOKENS, "W": "1"}}, "W is one number; at these sizes it is 1 x 1"),
        ({"inputs": {**TOKENS, "X": [["0"], ["1", "2"]]}}, "rows of an input are of different"),
        ({"inputs": {**TOKENS, "X": [["0"], ["pi"]]}}, "X has the entry 'pi'; write 2"),
        ({"inputs": {**TOKENS, "X": [["0"], ["1/0"]]}}, "divides by zero"),
        ({"inputs": {**TOKENS, "root_r": "i"}}, "root_r is real"),
        ({"inputs": {**TOKENS, "root_r": "1/2"}}, "root_r does not meet its hypothesis: square"),
    ],
)
def test_one_sentence_for_what_does_not_fit(claims, changes, sentence):
    with pytest.raises(ContestError, match=sentence) as caught:
        judged(claims, **changes)
    assert "\n" not in str(caught.value)


def test_a_law_is_no_statement_about_a_point():
    law = lambda xp: Law(lambda rng, n: rng.standard_normal(n), mean=0)
    with pytest.raises(ContestError, match="is a law"):
        ruling(law, {}, {})


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("none.toml", None, "cannot read"),
        ("a.toml", "claim = ", "is no TOML"),
        ("a.json", "{", "is no JSON"),
        ("a.json", '{"x": 1e1000000000}', "1e1000000000 has an exponent of more than four digits"),
        ("a.toml", "x = -2.5E-99999", "-2.5E-99999 has an exponent of more than four digits"),
        ("b.json", "[]", "holds a list"),
        ("c.toml", "inputs = {}\nclaim = 3", "claim is 3; it is a name"),
        ("e.json", '{"claim": "x", "claim": "y", "inputs": {}}', "'claim' stands twice"),
        ("f.json", '{"claim": "x", "inputs": {"x": {"a": 1, "a": 2}}}', "'a' stands twice"),
        ("g.json", '{"claim": "x", "inputs": [1]}', r"inputs is \[1\]; it is a table"),
        ("h.json", '{"claim": "x", "inputs": {"x": NaN}}', "NaN is no number"),
        ("i.toml", 'claim = "x"\ninputs.x = nan', "nan is no number"),
        ("j.toml", f'claim = "x"\ninputs.x = {"9" * 5000}', "has more than 4300 digits"),
        ("k.json", f'{{"claim": "x", "inputs": {{"x": {"9" * 5000}}}}}', "more than 4300 digits"),
        ("l.toml", f'claim = "x"\ninputs.x = [[0x{"f" * 5000}]]', "more than 4300 digits"),
        ("d.toml", 'claim = "x"', "lacks 'inputs'"),
        ("e.toml", 'claim = "x"\nvalues = 1', "has 'values'"),
    ],
)
@pytest.mark.parametrize("digits", [4_300, 100_000])
def test_a_file_that_does_not_read(tmp_path, claims, digits, name, text, sentence):
    """Whatever the process allows: workers, and tests that ran before in one, allow more."""
    path = tmp_path / name
    before = sys.get_int_max_str_digits()
    if text is not None:
        path.write_text(text)
    sys.set_int_max_str_digits(digits)
    try:
        with pytest.raises(UserError, match=sentence):
            machine.contest(claims, path, 60)
    finally:
        sys.set_int_max_str_digits(before)


def test_decimals_are_meant_exactly(tmp_path):
    for name, text in (("a.toml", 'claim = "c"\ninputs = { x = 0.1 }'), ("a.json", "")):
        path = tmp_path / name
        path.write_text(text or json.dumps({"claim": "c", "inputs": {"x": 0.1}}))
        point = contest.read(path)
        tenth = lambda xp, x: Equal(10 * x, xp.one)
        assert not ruling(tenth, dict(x=real()), point["inputs"]).refutes


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("i", (0, 1)), ("-i", (0, -1)), ("3i", (0, 3)), ("2 + i", (2, 1)),
        ("1/2 - 3/4i", (0.5, -0.75)), ("-0.25", (-0.25, 0)), ("-2i", (0, -2)), ("7", (7, 0)),
        ("1 - 3 i", (1, -3)),
    ],
)  # fmt: skip
def test_numbers_as_they_are_written(text, parts):
    assert tuple(map(float, contest._number("x", text))) == parts


# --- what is printed ------------------------------------------------------------------------------


def told(capsys, claims, path: Path, point: dict[str, Any]) -> tuple[bool, str]:
    path.write_text(json.dumps(point))
    fits = terminal.ruled(Console(width=120), machine.contest(claims, path, 60), 60)
    return fits, capsys.readouterr().out


def test_the_answer_in_words(capsys, claims, tmp_path):
    point = {**POINT, "inputs": TOKENS}
    fits, said = told(capsys, claims, tmp_path / "p.json", point)
    assert fits
    assert "no counterexample: the statement holds at this point" in said
    fits, said = told(capsys, claims, tmp_path / "p.json", {**point, "form": "printed-paper"})
    assert fits  # as the book says
    assert "certified at 60 digits: this point refutes softmax-free-energy/printed-paper" in said


def test_a_point_against_what_the_book_says_is_told_so(capsys):
    found = ruling(lambda xp, x: Equal(x, x * x), dict(x=real()), {"x": "2"})
    assert not terminal.ruled(Console(width=120), found, 60)
    assert "the book says otherwise" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.toml", b"\xff", "not UTF-8"),
        ("a.json", b"[" * 100_000, "no JSON"),
        ("", b"", "directory"),
    ],
)
def test_a_file_that_no_point_can_be_in(tmp_path, name, content, says):
    if name:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(contest.ContestError, match=says):
        contest.read(tmp_path / name)
