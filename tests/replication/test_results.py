"""The committed results: made under the committed protocol, and read by the page as they are."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fieldcheck import sources
from fieldcheck.replication import report

ROOT = Path(__file__).parents[2]
FILE = ROOT / "book/data/replication.json"


def git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)


@pytest.fixture(scope="module")
def raw():
    return json.loads(FILE.read_text(encoding="utf8"))


def test_they_can_be_reported():
    protocol, record = report.read(FILE)
    assert len(report.complete(protocol, record)) >= protocol.stop.least
    assert {c.other for c in report.family(protocol, record)} == set(protocol.activations[1:])


def test_the_protocol_came_first(raw):
    if git("cat-file", "-e", raw["commit"]).returncode:
        pytest.skip("not in a checkout with this history")
    then = git("show", f"{raw['commit']}:fieldcheck/replication/protocol.toml").stdout
    assert hashlib.sha256(then).hexdigest() == raw["protocol"]
    assert git("cat-file", "-e", f"{raw['commit']}:book/data/replication.json").returncode
    assert git("merge-base", "--is-ancestor", raw["commit"], "HEAD").returncode == 0


def test_the_tests_again_without_the_library(raw):
    """All eight p values from the file's bare rows."""
    protocol, record = report.read(FILE)
    value = lambda task, arm, metric: {
        r["seed"]: r[metric] for r in raw["runs"] if (r["task"], r["activation"]) == (task, arm)
    }
    for c in report.family(protocol, record):
        ours, theirs = (value(c.task, arm, c.metric) for arm in ("CoLU", c.other))
        both = sorted(set(ours) & set(theirs) & set(report.complete(protocol, record)))
        a, b = ([column[s] for s in both] for column in (ours, theirs))
        assert c.difference.mean == pytest.approx(np.mean(a) - np.mean(b))
        assert c.difference.p == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_runs_are_of_one_size(raw):
    for task in ("text", "caps"):
        assert len({r["parameters"] for r in raw["runs"] if r["task"] == task}) == 1


def test_the_controls_have_seeds_of_the_study(raw):
    after = json.loads(FILE.with_name("replication_after.json").read_text(encoding="utf8"))
    assert after["protocol"] == raw["protocol"]
    assert {r["seed"] for r in after["runs"]} <= {r["seed"] for r in raw["runs"]}
    size = {r["task"]: r["parameters"] for r in raw["runs"]}
    assert all(r["parameters"] == size[r["task"]] for r in after["runs"])


def test_the_page_types_no_result(raw):
    """Prose outside cells has no decimal number: they come from the file."""
    text = (ROOT / "book/replication.md").read_text(encoding="utf8")
    parts = text.split("## Exercises")[0].split("```")
    prose = "".join(parts[::2])
    assert not [w for w in prose.split() if any(c.isdigit() for c in w) and "." in w.strip(".,)")]


def test_what_the_walk_through_the_talk_says_of_it():
    """The note on "Improved Generalization" is a sentence, and must not outlive the results."""
    protocol, record = report.read(FILE)
    against = {c.verdict for c in report.family(protocol, record) if c.other == "ReLU"}
    said = [s for _, s in sources.work("talk").statements if "Improved Gen" in s.quote]
    (note,) = {s.note for s in said if s.note}
    assert ("lose less on data held back" in note) == (against == {report.SUPPORTED})
    assert "do not generalize better" in note
