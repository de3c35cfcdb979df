"""The mutation tool itself: it kills, it recognizes what says the same, it shows what is weak.

The register's mutants take minutes (``make mutation-register``); here a few bodies are mutated.
"""

from __future__ import annotations

import inspect
from collections import Counter

import pytest

from fieldcheck import register
from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import matrix, positive, real_matrix, vector
from fieldcheck.evidence.minimize import smallest
from fieldcheck.relations import AtMost, Equal, Zero
from tests.mutation.figures import wilson
from tests.mutation.register import Looked, expected_to_hold, problems, read_looked, tally, tried
from tests.mutation.register_judge import as_it_is
from tests.mutation.register_operators import OPERATORS, form_of, mutants_of

SQUARE = dict(n=[2, 3])


def form(body, sizes=None, **given) -> Form:
    return Form(f"{body.__name__}/claim", "claim", "toy", body, given, sizes or {}, HOLDS)


# -- bodies ----------------------------------------------------------------------------------------
def five(xp, A, B):
    """Something for each of the five operators."""
    return (
        Equal(xp.star(A @ B.T), xp.conj(B) @ xp.star(A)),
        Equal(xp.sum(A - B, axis=0), xp.sum(A, axis=0) - xp.sum(B, axis=0)),
        Equal((3 * A[0, 1] + A[0, 1]) / 2, 2 * A[0, 1]),
    )


def of_real_numbers(xp, R):
    """The star of a real matrix is its transpose."""
    return Equal(xp.star(R) @ R, R.T @ R)


def of_any_weight(xp, W, X):
    """A product starred, for one minus a weight."""
    V = xp.eye(W.shape[0]) - W
    return Equal(xp.star(V @ X), xp.star(X) @ xp.star(V))


def bent(xp, x):
    return x * x + 1


def tautology(xp, x, y):
    """Both sides through one helper: whatever the helper does, they agree."""
    return Equal(bent(xp, x + y), bent(xp, y + x))


def vanishing(xp, A):
    """Nothing is to be seen of a zero but its terms."""
    gap = xp.trace(A @ A.T) - xp.sum(A * A)
    return Zero(gap)


def oblong(xp, X, W):
    """Transposing one of these factors breaks the shapes, or changes the value where it does not"""
    return Equal((X @ W).T, W.T @ X.T)


FIVE = form(five, SQUARE, A=matrix("n", "n"), B=matrix("n", "n"))
REAL = form(of_real_numbers, SQUARE, R=real_matrix("n", "n"))
WEIGHT = form(of_any_weight, SQUARE, W=matrix("n", "n"), X=matrix("n", "n"))
WEAK = form(tautology, x=vector("n"), y=vector("n"))
NOTHING = form(vanishing, SQUARE, A=real_matrix("n", "n"))


def outcomes(of: Form) -> dict[str, tuple[str, str]]:
    """Key without the form's -> outcome and reason."""
    return {row["key"].partition(" | ")[2]: (row["outcome"], row["reason"]) for row in tried(of, 0)}


# -- mutants ---------------------------------------------------------------------------------------
def test_each_operator_has_a_refuted_mutant() -> None:
    refuted = Counter(row["operator"] for row in tried(FIVE, 0) if row["outcome"] == "refuted")
    assert set(refuted) == set(OPERATORS)


def test_every_mutant_has_a_key_of_its_own_and_changes_one_line() -> None:
    mutants = mutants_of(FIVE)
    assert len({m.key for m in mutants}) == len(mutants)
    rows = [row for row in tried(WEAK, 0) if "diff" in row]
    assert rows
    assert all(len(row["diff"]) == 2 for row in rows)


def test_the_form_itself_is_left_as_it_was() -> None:
    for mutant in mutants_of(WEAK):
        assert form_of(mutant).body is not WEAK.body
    assert bent(None, 2) == 5


def test_the_same_statement_is_recognized() -> None:
    found = outcomes(REAL)
    assert found["body | star | xp.star(R) -> R.T"] == ("equivalent", "same")
    assert found["body | transpose | R -> R.T"][0] == "refuted"


def test_a_relabelled_statement_is_recognized() -> None:
    key = "body | sign | xp.eye(W.shape[0]) - W -> xp.eye(W.shape[0]) + W"
    assert outcomes(WEIGHT)[key] == ("equivalent", "relabelled: W negated")


def test_zero_is_read_term_by_term() -> None:
    found = outcomes(NOTHING)
    assert found["body | star | A.T -> xp.star(A)"] == ("equivalent", "same")
    assert found["body | transpose | A.T -> A"][0] == "refuted"


def test_a_tautology_survives_its_helper() -> None:
    found = outcomes(WEAK)
    assert found["bent | sign | x * x + 1 -> x * x - 1"] == ("survived", "")
    assert found["body | sign | x + y -> x - y"][0] == "refuted"


def test_a_crash_is_no_kill() -> None:
    lone = form(oblong, dict(n=[3], m=[2]), X=matrix("n", "m"), W=matrix("m", 1))
    assert outcomes(lone)["body | transpose | X -> X.T"][0] == "stillborn"


# -- the list and the figures ----------------------------------------------------------------------
ROWS = [
    {"key": "a", "outcome": "refuted", "reason": ""},
    {"key": "b", "outcome": "survived", "reason": ""},
    {"key": "c", "outcome": "equivalent", "reason": "scaled: 2"},
    {"key": "d", "outcome": "stillborn", "reason": "ValueError"},
    {"key": "e", "outcome": "undecided", "reason": "…"},
]


def test_an_entry_must_match_a_mutant_that_needs_it() -> None:
    assert not problems(ROWS, Looked({"b": "why"}, {"e": "why"}))
    assert "no mutant" in problems(ROWS, Looked({"x": "why"}))[0]
    assert "refuted" in problems(ROWS, Looked({"a": "why"}))[0]
    assert "survived" in problems(ROWS, Looked({}, {"b": "why"}))[0]


def test_the_share_leaves_out_equivalent_and_stillborn() -> None:
    counts = tally(ROWS, Looked({"b": "why"}, {"e": "why"}))
    assert (counts["refuted"], counts["counted"], counts["undecided"]) == (1, 2, 1)
    assert counts["equivalent"] == {"same": 0, "scaled": 1, "relabelled": 0, "listed": 1}


def test_wilson() -> None:
    assert wilson(95, 100) == pytest.approx((0.8882, 0.9785), abs=1e-4)
    assert wilson(10, 10)[1] == pytest.approx(1)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[[equivalent]]\nwhy = "true"\nmutants = ["a | b", "a | b"]', "listed twice"),
        ('[[equivalent]]\nwhy = " "\nmutants = ["a | b"]', "reason is empty"),
        ('[[equivalents]]\nwhy = "true"\nmutants = ["a | b"]', "unknown tables"),
    ],
)
def test_the_list_is_read_strictly(tmp_path, text, why) -> None:
    file = tmp_path / "list.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=why):
        read_looked(file)


def enclosed(xp, t):
    """Nothing exact refutes its mutants: a bound with an exponential."""
    return AtMost(t * xp.exp(-t), xp.one / 2)


def test_a_mutant_refuted_by_floats_and_balls_is_refuted():
    """A fault of the tool's own must not pass for a body that cannot run."""
    outcomes = {row["key"]: row["outcome"] for row in tried(form(enclosed, t=positive()), 0)}
    assert outcomes["enclosed/claim | body | sign | -t -> t"] == "refuted"
    assert "stillborn" not in outcomes.values()


def test_what_stands_in_for_the_search_of_a_small_witness_takes_what_it_takes():
    told = [list(inspect.signature(f).parameters) for f in (smallest, as_it_is)]
    assert told[0] == told[1]


def test_every_entry_of_the_list_speaks_of_a_mutant_that_is_there():
    forms = expected_to_hold(register.load())
    looked = read_looked()
    listed = {*looked.equivalent, *looked.undecided}
    named = {key.split(" | ")[0] for key in listed}
    assert named <= set(forms)
    assert listed <= {m.key for name in named for m in mutants_of(forms[name])}
