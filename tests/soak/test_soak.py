"""A short form of ``make soak``: a few runs ended at random points, and each cut that an end could
have made in what is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fieldcheck import ordinary
from fieldcheck.campaign import journal as tasks
from fieldcheck.campaign.records import SCHEMA, SUMMED, Found, Head, written
from fieldcheck.replication import journal as training
from tests.soak.kinds import Verify
from tests.soak.soak import SIGNALS, Soak

LINUX = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")


@LINUX
def test_runs_that_are_ended_at_random_points(tmp_path):
    soak = Soak(Verify(tmp_path), seed=0, delay=0.1)
    ends = [soak.once(number) for number in range(4)]
    soak.finish()
    assert set(ends) <= {"over", *(number.name for number in SIGNALS)}


@LINUX
def test_a_child_ends_with_its_parent():
    """It holds the pipe's other end, which is closed only when it is gone."""
    child = (
        "import os, sys, time; from fieldcheck.ledger import usage; "
        "usage.end_with(os.getppid()); print('here', flush=True); time.sleep(60)"
    )
    parent = (
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); "
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    process.kill()
    said, _ = process.communicate(timeout=120)
    assert said == b""


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch, broken):
    path = tmp_path / "a.json"
    ordinary.write_text(path, "old")

    def ended(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, broken, ended)
        with pytest.raises(KeyboardInterrupt):
            ordinary.write_text(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert path.read_text() == "old"
    (tmp_path / "a.json.part").write_text("what a kill left")
    link = tmp_path / "link"
    link.symlink_to(path)
    ordinary.write_text(link, "new")
    assert path.read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "link"]
    ordinary.write_text(Path(os.devnull), "nothing")


@pytest.fixture
def quick_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)


ROWS = [{"seed": s, "task": "caps", "activation": a, "rate": 0.1} for s in (1, 2) for a in "ab"]


@pytest.mark.usefixtures("quick_disk")
def test_a_replication_goes_on_from_its_journal_cut_anywhere(tmp_path):
    path, head = tmp_path / "j", {"protocol": "p", "code": "c"}
    whole = training.Journal(path, head, False)
    for row in ROWS:
        whole.add(row)
    text = path.read_bytes()
    for cut in range(len(text)):
        path.write_bytes(text[:cut])
        again = training.Journal(path, head, True)
        kept = len(again.rows)
        assert again.rows == ROWS[:kept]
        assert kept >= text[:cut].count(b"\n") - 1
        for row in ROWS[kept:]:
            again.add(row)
        assert path.read_bytes() == text


@pytest.mark.usefixtures("quick_disk")
def test_a_campaign_goes_on_from_its_journal_cut_anywhere(tmp_path):
    path = tmp_path / "j"
    head = Head(schema=SCHEMA, forms={"a/claim": "0"}, seed=0, per=5, rounding="r")
    lines = [written(found(k)) for k in range(3)]
    with tasks.Journal(path, head) as whole:
        for line in lines:
            whole.append(line)
    text, rows = path.read_bytes(), dict(whole.found)
    for cut in range(len(text)):
        path.write_bytes(text[:cut])
        with tasks.Journal(path, head) as again:
            kept = len(again.found)
            assert again.found.items() <= rows.items()
            assert kept >= text[:cut].count(b"\n") - 1
            for line in lines[kept:]:
                again.append(line)
        with tasks.Journal(path, head) as once_more:
            assert once_more.found == rows


def found(task: int) -> Found:
    counts = dict.fromkeys(SUMMED, 1)
    return Found(
        form="a/claim", task=task, strata={}, worst=(), refutation=None, busy="0", cpu="0", **counts
    )
