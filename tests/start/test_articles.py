"""Three articles that were written before the code that reads them: are their faults found?

Each displays twenty equations, two of them wrong, which `wrong.toml` names. No hand helps: the
claims are judged as they are written by `fieldcheck new`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.evidence.gather import judge
from fieldcheck.evidence.profiles import PROFILES
from fieldcheck.ledger import machine
from fieldcheck.start import article, reading, writing
from fieldcheck.verdict import REFUTED

FOLDER = Path(__file__).parent / "articles"
WRONG = tomllib.loads((FOLDER / "wrong.toml").read_text(encoding="utf8"))
WITHOUT_A_HAND = 14


@dataclass
class Read:
    result: reading.Result
    verdicts: dict[str, Any]


@pytest.fixture(scope="module", params=sorted(WRONG))
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Read:
    result = reading.interpret(article.read(FOLDER / f"{request.param}.tex"))
    path = tmp_path_factory.mktemp(request.param) / "claims.py"
    path.write_text(writing.text(result, path.name), encoding="utf8")
    verdicts = {}
    for claim in machine.load([str(path)]).values():
        (label,) = claim.equations
        verdict, _, _ = judge(claim.forms[f"{claim.id}/claim"], PROFILES["quick"], 0)
        verdicts[label] = verdict
    return Read(result, verdicts)


def test_of_twenty_equations_at_least_fourteen_need_no_hand(read: Read) -> None:
    assert len(read.result.outcomes) == 20
    ready = len(read.result.of("claim")) + len(read.result.of("definition"))
    assert ready >= WITHOUT_A_HAND
    assert len(read.verdicts) == len(read.result.of("claim"))


def test_the_wrong_ones_are_refuted_and_no_other(read: Read) -> None:
    refuted = {label for label, verdict in read.verdicts.items() if verdict.verdict == REFUTED}
    assert refuted == set(WRONG[Path(read.result.article.name).stem])
    for label in read.verdicts.keys() - refuted:
        assert read.verdicts[label].holds, label


def test_a_reason_is_a_few_words(read: Read) -> None:
    for outcome in read.result.of("reason"):
        assert 3 < len(outcome.reason) < 100
        assert "\n" not in outcome.reason
