"""The protocol stands before the results, and nothing is reported under another one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldcheck import cli
from fieldcheck.replication import protocol as paper
from fieldcheck.replication import report, study
from fieldcheck.replication.errors import ReplicationError

PILOT = Path(__file__).parents[2] / "book/data/replication_pilot.json"


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the protocol in it, not yet committed."""
    git(tmp_path, "init", "-q")
    return Path(shutil.copy(paper.FILE, tmp_path))


def test_pilot_and_main_seeds_are_apart():
    protocol = paper.load()
    assert not set(protocol.seeds) & set(protocol.pilot_seeds)
    assert len(set(protocol.seeds)) == len(protocol.seeds) == protocol.stop.seeds


def test_rates_are_the_pilots_best():
    rows = json.loads(PILOT.read_text(encoding="utf8"))["runs"]
    protocol = paper.load()
    best = study.best_rates(protocol, rows)
    assert {name: task.rates for name, task in protocol.tasks.items()} == best
    assert {row["seed"] for row in rows} == set(protocol.pilot_seeds)


def test_the_order_is_seed_by_seed():
    order = paper.load().order()
    seeds = [seed for seed, _, _ in order]
    assert seeds == sorted(seeds)
    assert len(order) == len(set(order))


def test_a_commit_is_asked_for(checkout):
    with pytest.raises(ReplicationError, match=r"commit .* first"):
        paper.commit(checkout)
    git(checkout.parent, "add", ".")
    git(checkout.parent, "commit", "-q", "-m", "protocol")
    first = paper.commit(checkout)
    assert first == git(checkout.parent, "rev-parse", "HEAD")
    (checkout.parent / "else").touch()
    git(checkout.parent, "add", ".")
    git(checkout.parent, "commit", "-q", "-m", "else")
    assert paper.commit(checkout) == first
    checkout.write_text(checkout.read_text(encoding="utf8") + "# more\n", encoding="utf8")
    with pytest.raises(ReplicationError, match=r"commit .* first"):
        paper.commit(checkout)


def test_no_checkout(tmp_path):
    alone = Path(shutil.copy(paper.FILE, tmp_path))
    with pytest.raises(ReplicationError, match="no git checkout"):
        paper.commit(alone)


def test_a_changed_protocol_reports_nothing(made_up, tmp_path):
    report.read(made_up)
    changed = tmp_path / "protocol.toml"
    text = paper.FILE.read_text(encoding="utf8")
    changed.write_text(text.replace("level = 0.05", "level = 0.06"), encoding="utf8")
    with pytest.raises(ReplicationError, match="nothing is reported"):
        report.read(made_up, changed)


def test_the_command_refuses_as_well(made_up, monkeypatch):
    call = lambda: CliRunner().invoke(cli.app, ["replicate", "--report", "--json", str(made_up)])
    assert call().exit_code == 0
    monkeypatch.setattr(paper, "digest", lambda path=paper.FILE: "f" * 64)
    refused = call()
    assert refused.exit_code == 2
    assert "nothing is reported" in " ".join(refused.stderr.split())


@pytest.mark.parametrize("name", ["seed", "rate", "activation"])
def test_runs_of_no_protocol_are_refused(made_up, name):
    record = json.loads(made_up.read_text(encoding="utf8"))
    record["runs"][3][name] = {"seed": 999, "rate": 0.5, "activation": "GELU"}[name]
    made_up.write_text(json.dumps(record), encoding="utf8")
    with pytest.raises(ReplicationError, match="does not name"):
        report.read(made_up)


def test_unequal_parameters_are_refused(made_up):
    record = json.loads(made_up.read_text(encoding="utf8"))
    record["runs"][3]["parameters"] += 1
    made_up.write_text(json.dumps(record), encoding="utf8")
    with pytest.raises(ReplicationError, match="differ in parameters"):
        report.read(made_up)


def test_a_broken_protocol_is_one_sentence(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text("seeds = 3\n", encoding="utf8")
    with pytest.raises(ReplicationError, match="is no protocol"):
        paper.load(path)
