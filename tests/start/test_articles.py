"""Articles whose authors had not seen the code that reads them: are their faults found?

Each displays twenty equations or so, two of them wrong, which `wrong.toml` names. No hand helps:
the claims are judged as they are written by `fieldcheck new`. Three were older than the code; eight
later ones showed where it fell short (6, 13, 9, 8, 4 and 8 equations at first; retrieval and layers
10 and 8), and calculus is as it was read at first. A method gets a twentieth of a second here, and
one for what is wrong: what is then left undecided is true.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.evidence.decide import decide
from fieldcheck.evidence.gather import gather
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.evidence.statement import Statement
from fieldcheck.ledger import machine
from fieldcheck.start import article, reading, writing
from fieldcheck.verdict import REFUTED, UNDECIDED

FOLDER = Path(__file__).parent / "articles"
WRONG = tomllib.loads((FOLDER / "wrong.toml").read_text(encoding="utf8"))
WITHOUT_A_HAND = 14
SMALL = replace(PROFILES["quick"], cells=200)
LIGHT = ("exact", "ladder", "series", "rate", "rank", "law")
"""What judges the right ones here: no search, and no limit in time, which a slow machine meets."""
UNREAD = {"layers": {"soc"}}
"""What is wrong and has no reading: the projection of a pair of a vector and a number."""
DEAR = {"logistic-hess": LIGHT[1:], "eq:field": LIGHT[:1]}
"""Derivatives over loops: with a sign for each sample, whose patterns the primes take one by one
and are not done with in their time, and of a triple sum, which is the primes' own."""


@pytest.mark.parametrize("name", sorted(WRONG))
def test_most_equations_need_no_hand_and_the_wrong_ones_are_refuted(name, tmp_path: Path) -> None:
    result = reading.interpret(article.read(FOLDER / f"{name}.tex"))
    assert len(result.outcomes) >= 20
    assert len(result.of("claim")) + len(result.of("definition")) >= WITHOUT_A_HAND
    for outcome in result.of("reason"):
        assert 3 < len(outcome.reason) < 100
        assert "\n" not in outcome.reason
    unread = {outcome.equation.label for outcome in result.of("reason")}
    assert unread & WRONG[name].keys() == UNREAD.get(name, set())

    path = tmp_path / "claims.py"
    path.write_text(writing.text(result, path.name), encoding="utf8")
    verdicts = {}
    for claim in machine.load([str(path)]).values():
        (label,) = claim.equations
        only = None if label in WRONG[name] else DEAR.get(label, LIGHT)
        statement = Statement(claim.forms[f"{claim.id}/claim"])
        verdicts[label] = decide(*gather(statement, SMALL, 0, only))
    assert len(verdicts) == len(result.of("claim"))
    refuted = {label for label, verdict in verdicts.items() if verdict.verdict == REFUTED}
    assert refuted == set(WRONG[name]) - unread
    left = {label for label, verdict in verdicts.items() if verdict.verdict == UNDECIDED}
    assert {label for label in verdicts if not verdicts[label].holds} - left == refuted
