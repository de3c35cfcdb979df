"""A protocol small enough to run, and results made up by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from fieldcheck.replication import protocol as paper
from fieldcheck.replication import study
from fieldcheck.replication.protocol import Protocol


@pytest.fixture
def small() -> Protocol:
    """The protocol with two seeds, two activations and a few steps."""
    whole = paper.load()
    rates = dict.fromkeys(whole.arms("caps"), 0.01)
    return structs.replace(
        whole, activations=["CoLU", "ReLU"], seeds=[7, 8],
        stop=structs.replace(whole.stop, seeds=2, least=2),
        text=structs.replace(whole.text, sha256="", steps=2, held_back=79, rates=rates),
        caps=structs.replace(whole.caps, steps=3, beside=[], rates=rates),
    )  # fmt: skip


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """Results of the real protocol's seeds: CoLU better by one on the text, else nearly equal."""
    protocol = paper.load()
    rows = []
    for seed, task, arm, rate in study.main_runs(protocol):
        wobble = ((seed * 7 + len(arm) * 13 + len(task)) % 11) / 1000
        better = -1.0 if (task, arm) == ("text", "CoLU") else 0.0
        named = protocol.tasks[task]
        numbers = dict.fromkeys([named.metric, *named.also], 3 + wobble)
        numbers[named.metric] += better
        rows.append({"seed": seed, "task": task, "activation": arm, "rate": rate, "seconds": 1.0,
                     **numbers, "parameters": 5})  # fmt: skip
    path = tmp_path / "results.json"
    study.write(path, {"schema": 1, **study.head("0" * 40), "runs": rows})
    return path
