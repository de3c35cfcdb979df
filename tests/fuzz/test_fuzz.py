"""A short form of ``make fuzz``, and that it notices what it is there for."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.fuzz import __main__ as fuzz
from tests.fuzz import commands
from tests.fuzz.target import Fault, Target

SLOW = ("examine, an order", "start, LaTeX", "commands, audit", "cones, a solver")


@pytest.mark.parametrize("target", fuzz.TARGETS, ids=lambda t: t.name)
def test_a_few_inputs(target):
    fuzz.tried(target, 3 if target.name in SLOW else 12, 0)


def _fails(given):
    {}[given]


@pytest.mark.parametrize(
    ("attempt", "seconds", "kind"),
    [(_fails, 10, KeyError), (lambda given: _spin(), 0.05, Fault)],
    ids=["an exception of no kind that is documented", "a hang"],
)
def test_what_is_no_answer_is_a_fault(attempt, seconds, kind):
    with pytest.raises(kind):
        fuzz.tried(Target("wrong", st.integers(), attempt, 1, seconds), 5, 0)


def _spin():
    while True:
        pass


def test_a_wrong_number_is_a_fault(monkeypatch):
    right = fuzz.numbers.ops.colu
    monkeypatch.setattr(fuzz.numbers.ops, "colu", lambda x, *a, **b: right(x, *a, **b) + 1)
    target = next(t for t in fuzz.TARGETS if t.name == "ops.colu")
    with pytest.raises(Fault, match="differs from the plain form"):
        fuzz.tried(target, 300, 0)


def test_a_command_that_breaks_is_a_fault(monkeypatch):
    monkeypatch.setattr(commands.cli.runs, "choose", lambda *_: 1 / 0)
    with commands.HOME.inside(), pytest.raises(Fault, match="itself is at fault"):
        commands.ran("list")


def test_every_target_has_its_part():
    chosen = fuzz.shares(1000, [])
    assert len(chosen) == len(fuzz.TARGETS)
    assert min(count for _, count in chosen) >= 1
    assert abs(sum(count for _, count in chosen) - 1000) < len(chosen)
