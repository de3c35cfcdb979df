"""Statements whose parts are of different relations: each is held to what its own relation asks."""

from __future__ import annotations

import pytest

from fieldcheck.claim import HOLDS, Form
from fieldcheck.domains import real_matrix
from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.gather import gather
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.replay import replay
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.evidence.threshold import threshold
from fieldcheck.relations import AtMost, Equal, Law, Piece, Rank, Rate, Solutions, Zero
from fieldcheck.verdict import CONFIRMS, Evidence

GIVEN = dict(A=real_matrix("n", "n"))


def fair(rng, n):
    return rng.random(n) < 1 / 2


def loaded(rng, n):
    return rng.random(n) < 3 / 5


PARTS = {  # a true part and a false one
    "polynomial": (
        lambda xp, A: Equal(xp.trace(A @ A.T), xp.norm2(A)),
        lambda xp, A: Equal(xp.trace(A @ A), xp.norm2(A) + 1),
    ),
    "transcendental": (
        lambda xp, A: Equal(xp.sin(2 * A), 2 * xp.sin(A) * xp.cos(A)),
        lambda xp, A: Equal(xp.sin(2 * A), 2 * xp.sin(A)),
    ),
    "exponential": (
        lambda xp, A: Equal(xp.exp(2 * A), xp.exp(A) ** 2),
        lambda xp, A: Equal(xp.exp(2 * A), 2 * xp.exp(A)),
    ),
    "order": (
        lambda xp, A: AtMost(2 * xp.trace(A), xp.trace(A) ** 2 + 1),
        lambda xp, A: AtMost(2 * xp.trace(A), xp.trace(A) ** 2 + xp.one / 2),
    ),
    "zero": (
        lambda xp, A: Zero(xp.trace(A - A.T)),
        lambda xp, A: Zero(A[0, 0]),
    ),
    "rank": (
        lambda xp, A: Rank(A, A.shape[0]),
        lambda xp, A: Rank(A, A.shape[0] - 1),
    ),
    "rate": (
        lambda xp, A: Rate(lambda n: (xp.norm2(A) + 1) * (1 / xp.lift(n) + xp.one / n**2), 1),
        lambda xp, A: Rate(lambda n: (xp.norm2(A) + 1) * (1 / xp.lift(n) + xp.one / n**2), 2),
    ),
    "law": (
        lambda xp, A: Law(fair, share=1 / 2),
        lambda xp, A: Law(loaded, share=1 / 2),
    ),
    "solutions": (
        lambda xp, A: Solutions(Piece(zero=(A[0, 0] ** 2 - A[0, 0],)),
                                (Piece(zero=(A[0, 0],)), Piece(zero=(A[0, 0] - 1,)))),
        lambda xp, A: Solutions(Piece(zero=(A[0, 0] ** 2 - A[0, 0],)), (Piece(zero=(A[0, 0],)),)),
    ),
}  # fmt: skip

MIXED = [
    ("rank", "polynomial"),
    ("rank", "transcendental"),
    ("transcendental", "rate"),
    ("rate", "order"),
    ("law", "polynomial"),
    ("zero", "solutions"),
    ("solutions", "exponential"),
    ("solutions", "order", "rank"),
    ("rank", "zero", "rate", "law", "order"),
]
GRADES = {
    ("rank", "polynomial"): "exact",
    ("rank", "transcendental"): "exact",
    ("transcendental", "rate"): "series",
    ("zero", "solutions"): "exact",
}


def together(names, false=None):
    chosen = [PARTS[name][name == false] for name in names]
    return lambda xp, A: tuple(part(xp, A) for part in chosen)


@pytest.mark.parametrize("names", MIXED, ids="+".join)
def test_true_parts_of_all_kinds_hold(names):
    verdict, evidence = examine(together(names), **GIVEN)
    assert verdict.holds, verdict.because
    assert verdict.grade == GRADES.get(names, verdict.grade)
    form = Form("example/claim", "claim", "x", together(names), GIVEN, {}, HOLDS)
    assert list(evidence["sampled"].agrees) == Statement(form).pointwise


BEYOND_RATIONALS = [("solutions", "exponential")]
"""A witness against the first part is a rational point, where the second part has no value."""


@pytest.mark.parametrize(
    ("names", "false"), [(names, false) for names in MIXED for false in names], ids=str
)
def test_one_false_part_refutes(names, false):
    verdict, _ = examine(together(names, false), **GIVEN)
    if (names, false) in [(pair, pair[0]) for pair in BEYOND_RATIONALS]:
        assert verdict.verdict == "undecided"
        return
    assert verdict.verdict == ("fails" if false == "law" else "refuted"), verdict.because
    form = Form("example/claim", "claim", "x", together(names, false), GIVEN, {}, HOLDS)
    assert replay(form, verdict.witness.record())["certified"]
    if verdict.witness.relation not in ("Rank", "Rate"):
        assert verdict.witness.part == names.index(false)


@pytest.mark.parametrize("names", [MIXED[0], MIXED[3]], ids="+".join)
def test_a_fault_in_every_part_is_noticed(names):
    """The part that notices least is printed; a rank and a polynomial miss nothing."""
    form = Form("example/claim", "claim", "x", together(names), GIVEN, {}, HOLDS)
    statement = Statement(form)
    relations, evidence = gather(statement, PROFILES["quick"], 0)
    found = threshold(form, relations, evidence, PROFILES["quick"], 0)
    if "rank" in names:
        assert found["log10"] == "any"
    else:
        assert -40 <= float(found["log10"]) < -3


def test_a_search_confirms_only_the_parts_it_looked_at():
    two = (Equal(0, 0), Equal(0, 0))
    ladder = Evidence("ladder", CONFIRMS, grade="ladder", agrees=(0, 1))
    search = Evidence("sampled", CONFIRMS, grade="sampled", agrees=(0,))
    assert decide(two, [ladder, search]).verdict == "undecided"
    both = Evidence("sampled", CONFIRMS, grade="sampled", agrees=(0, 1))
    assert decide(two, [ladder, both]).verdict == "stands"


def test_a_rank_of_symbols_beside_an_identity():
    body = lambda off: (
        lambda xp, A: (
            Rank(xp.exp(A), A.shape[0] + off),
            Equal(xp.trace(A @ A.T), xp.norm2(A)),
        )
    )
    assert examine(body(0), **GIVEN)[0].verdict == "proved up to"
    assert examine(body(-1), **GIVEN)[0].verdict == "refuted"
