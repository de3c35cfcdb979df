"""A run: workers, reuse, resuming after an interruption, and machines that misbehave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec import structs

from fieldcheck.ledger import pool, records, store, usage
from fieldcheck.ledger import run as runs
from fieldcheck.ledger.errors import LedgerError, UserError
from tests.ledger.conftest import gone


def go(watch, path=None, **wanted):
    request = runs.Request(profile="quick", path=path, **wanted)
    return runs.run(request, watch, "fake_machine")


def test_a_run_writes_a_complete_ledger_and_removes_its_journal(fake, watch, tmp_path):
    path = tmp_path / "ledger.json"
    outcome = go(watch, path, jobs=2)
    assert outcome.as_expected
    assert outcome.written
    assert [entry.name for entry in tmp_path.iterdir()] == ["ledger.json"]
    found = store.read(path)
    assert list(found.rows) == list(fake.CLAIMS)
    assert found.run.complete
    assert found.timings["plain-true/claim"] == "0.012"
    assert sorted(watch.seen) == sorted(fake.CLAIMS)


def test_one_job_and_two_jobs_give_the_same_file(fake, watch, tmp_path):
    go(watch, tmp_path / "one.json", jobs=1)
    go(watch, tmp_path / "two.json", jobs=2)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_rows_whose_hash_matches_are_reused(fake, watch, tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    log = tmp_path / "log"
    monkeypatch.setenv("FAKE_LOG", str(log))
    go(watch, path)
    assert len(log.read_text().splitlines()) == 4
    again = go(watch, path)
    assert (again.reused, again.written) == (4, False)
    assert len(log.read_text().splitlines()) == 4
    monkeypatch.setenv("FAKE_VERSION", "2")
    assert go(watch, path).reused == 0
    assert go(watch, path, fresh=True).reused == 0
    assert len(log.read_text().splitlines()) == 12


def test_workers_run_on_one_thread_each(fake, watch, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    go(watch, None, ids=("plain-true",))
    assert (tmp_path / "log").read_text() == "plain-true threads=1\n"


def test_a_partial_run_keeps_the_other_rows(fake, watch, tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    assert not go(watch, path, ids=("only-sampled",)).ledger.run.complete
    assert go(watch, path, chapter="alpha").ledger.run.complete is False
    last = go(watch, path, ids=("rests-on-sampled/printed",))
    assert last.ledger.run.complete
    assert [row.id for row in last.rows] == ["rests-on-sampled"]
    assert list(store.read(path).rows) == list(fake.CLAIMS)
    monkeypatch.setenv("FAKE_VERSION", "2")
    part = go(watch, path, ids=("plain-true",))
    assert part.ledger.run.complete is False  # the other three are stale now


def test_profiles_do_not_mix_in_one_ledger(fake, watch, tmp_path):
    path = tmp_path / "ledger.json"
    go(watch, path)
    with pytest.raises(UserError, match="one profile and seed"):
        runs.run(
            runs.Request(profile="deep", path=path, ids=("plain-true",)), watch, "fake_machine"
        )
    with pytest.raises(UserError, match="say --replace"):
        runs.run(runs.Request(profile="deep", path=path), watch, "fake_machine")
    assert store.read(path).run.profile == "quick"
    request = runs.Request(profile="deep", path=path, replace=True)
    whole = runs.run(request, watch, "fake_machine")
    assert whole.reused == 0
    assert store.read(path).run.profile == "deep"


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_goes_on_where_it_was(fake, watch, tmp_path, monkeypatch, jobs):
    path = tmp_path / "ledger.json"
    log = tmp_path / "log"
    monkeypatch.setenv("FAKE_LOG", str(log))
    finish = watch.finished

    def stop_after_two(done):
        finish(done)
        if len(watch.seen) == 2:
            raise KeyboardInterrupt

    watch.finished = stop_after_two
    with pytest.raises(KeyboardInterrupt):
        go(watch, path, jobs=jobs)
    assert not path.exists()
    journal = path.with_name("ledger.json.journal")
    assert len(journal.read_text().splitlines()) == 2
    watch.finished = finish
    outcome = go(watch, path, jobs=jobs)
    assert (outcome.resumed, outcome.reused) == (2, 2)
    assert outcome.ledger.run.complete
    assert not journal.exists()
    assert set(watch.seen[:2]) | set(watch.seen[2:]) == set(fake.CLAIMS)
    assert len(watch.seen) == 4


def test_a_stale_journal_is_not_trusted(fake, watch, ledger, tmp_path):
    path = tmp_path / "ledger.json"
    with store.Journal(path) as journal:
        other = structs.replace(ledger.claims[0], hash="of another version")
        journal.append(structs.replace(other, seal=records.seal_of(other)), {})
    outcome = go(watch, path)
    assert (outcome.resumed, outcome.reused) == (0, 0)
    assert outcome.ledger.run.complete


def test_a_broken_ledger_is_never_overwritten(fake, watch, tmp_path):
    path = tmp_path / "notes.json"
    path.write_text('{"precious": 1}')
    with pytest.raises(LedgerError, match=r"notes\.json is not a ledger"):
        go(watch, path)
    assert path.read_text() == '{"precious": 1}'
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.json"]


def test_misbehaving_claims_cost_only_themselves(fake, watch, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_ODD", "1")
    path = tmp_path / "ledger.json"
    outcome = go(watch, path, jobs=2)
    assert not outcome.as_expected
    assert set(outcome.faults) == {
        "machine-raises", "worker-dies", "row-is-bad", "row-has-float",
    }  # fmt: skip
    assert "a formula divides by nothing" in outcome.faults["machine-raises"]
    assert "SIGKILL" in outcome.faults["worker-dies"]
    assert "'maybe'" in outcome.faults["row-is-bad"]
    told = outcome.faults["row-has-float"]
    assert "forms[0] (row-has-float/claim) / evidence[0] / worst / log10: " in told
    found = store.read(path)
    assert set(found.rows) == {*fake.CLAIMS, "comes-out-wrong"}
    assert not found.run.complete
    assert not found.row("comes-out-wrong").as_expected


def test_a_worker_that_dies_on_every_claim_does_not_hang(fake, monkeypatch):
    monkeypatch.setenv("FAKE_ODD", "1")
    done = list(
        pool.verify_all(
            ["worker-dies"] * 5,
            machine="fake_machine",
            files=(),
            profile="quick",
            seed=0,
            jobs=2,
        )
    )
    assert len(done) == 5
    assert all("SIGKILL" in (entry.fault or "") for entry in done)


def test_a_machine_that_cannot_be_imported(fake):
    done = list(
        pool.verify_all(
            ["plain-true"], machine="no_such_machine", files=(), profile="quick", seed=0, jobs=1
        )
    )
    assert done[0].row is None
    assert "no_such_machine" in (done[0].fault or "")


def test_an_empty_run_is_an_error(fake, watch, monkeypatch):
    monkeypatch.setenv("FAKE_EMPTY", "1")
    with pytest.raises(UserError, match="the register is empty"):
        go(watch)


def test_unknown_names(fake, watch):
    with pytest.raises(UserError, match="no claim 'plain-tru'; near: plain-true"):
        go(watch, ids=("plain-tru",))
    with pytest.raises(UserError, match="no chapter 'alhpa'; near: alpha"):
        go(watch, chapter="alhpa")
    with pytest.raises(UserError, match="none of plain-true is in chapter 'beta'"):
        go(watch, ids=("plain-true",), chapter="beta")


def test_the_longest_claim_goes_first():
    order = runs._longest_first(["a", "b", "c"], {"a/claim": "1", "b/claim": "2", "b/x": "1.5"})
    assert order == ["c", "b", "a"]


# --- limits ---------------------------------------------------------------------------------------

TIGHT = pool.Limits(seconds=1.0, asleep=1.0, memory=400 << 20, processes=40)


@pytest.fixture
def wild(fake, monkeypatch):
    monkeypatch.setenv("FAKE_ODD", "wild")
    return fake


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("spins", "no answer within 1 s of processor time"),
        ("sleeps", "it slept for 1 s"),
        ("eats", "it took more than 0.391 GiB of memory"),
        ("crashes", "the worker died (signal SIGSEGV)"),
        ("closes", "the worker closed its pipe"),
        ("writes", "the worker's answer cannot be read (BlockingIOError)"),
        ("stops", "it stood still for 10 s"),
        ("doubles", "it started more than 40 processes"),
        ("lets-spin", "no answer within 1 s of processor time"),
        ("lets-eat", "it took more than 0.391 GiB of memory"),
    ],
)
def test_what_takes_too_much_is_ended_from_outside(wild, watch, tmp_path, monkeypatch, name, why):
    path = tmp_path / "ledger.json"
    monkeypatch.setattr(pool, "STUCK", 1)
    outcome = go(watch, path, ids=(name,), limits=TIGHT)
    (row,) = outcome.rows
    (form,) = [form for form in row.forms if form.verdict == "undecided"]
    ways = (why, "the worker died (exit code 0)") if name == "closes" else (why,)  # it ends, too
    assert form.because in [f"stopped: {way}" for way in ways]
    assert [form.verdict for form in row.forms] == ["proved", "undecided", "refuted"]
    assert (outcome.faults, outcome.stopped, outcome.as_expected) == ({}, 1, False)
    # a limit is no verdict: nothing is kept of it
    assert not path.exists()
    assert not outcome.ledger.claims


def test_a_row_that_a_limit_cut_short_is_gathered_again(wild, watch, tmp_path):
    path = tmp_path / "ledger.json"
    go(watch, path, ids=("floods",))
    first = go(watch, path, ids=("spins", "floods"), limits=TIGHT)
    assert (first.reused, first.stopped) == (1, 1)
    assert list(store.read(path).rows) == ["floods"]
    assert not store.read(path).run.complete
    again = go(watch, path, ids=("spins", "floods"), limits=TIGHT)
    assert (again.reused, again.stopped) == (1, 1)


def test_a_body_that_forks_answers_once(wild, watch):
    outcome = go(watch, None, ids=("forks", "floods"), jobs=1)
    assert [row.id for row in outcome.rows] == ["floods", "forks"]
    assert outcome.as_expected


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_what_a_worker_that_died_had_started_ends_with_it(wild, watch, tmp_path, monkeypatch):
    """Also in a session of its own, and before anybody looked."""
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    go(watch, None, ids=("leaves-a-session",), jobs=1)
    words = (tmp_path / "log").read_text().split()
    started = [int(word) for word in words if word.isdecimal()]
    assert started
    assert gone(started, within=5)


def test_threads_and_prints_of_a_body_stay_in_its_worker(wild, watch, capfd):
    outcome = go(watch, None, ids=("leaves-a-thread", "floods"), jobs=1)
    assert outcome.as_expected
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_worker_that_somebody_stops_is_not_at_fault(fake, monkeypatch):
    """As on a machine that sleeps, or that has other things to do."""
    monkeypatch.setenv("FAKE_DELAY", "0.2")
    worker = pool._Worker(("fake_machine", ()))
    try:
        worker.take(pool.Task("plain-true", "verify", ("quick", 0)))
        os.kill(worker.process.pid, signal.SIGSTOP)
        for _ in range(10):
            time.sleep(0.02)
            assert worker.looked_at(pool.Limits(seconds=1, asleep=2 * pool.LOOK)) is None
        os.kill(worker.process.pid, signal.SIGCONT)
        assert worker.pipe.poll(20)
        assert worker.heard().value[0].id == "plain-true"
    finally:
        worker.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_workers_die_with_their_parent(fake, tmp_path, number):
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path)), "FAKE_ODD": "wild"}
    parent = subprocess.Popen(
        [sys.executable, str(driver)], env=env, stdout=subprocess.PIPE, text=True
    )
    worker = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.send_signal(number)
    try:
        parent.wait(10)
    finally:
        parent.kill()
    deadline = time.monotonic() + 10
    while usage.of(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert usage.of(worker) is None
    parent.stdout.close()


DRIVER = """
import signal

from fieldcheck.ledger import pool

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it is ignored in what nohup started

class Told(pool._Worker):
    def take(self, task):
        print(self.process.pid, flush=True)
        super().take(task)

if __name__ == "__main__":
    pool._Worker = Told
    words = dict(machine="fake_machine", files=(), profile="quick", seed=0, jobs=1)
    list(pool.verify_all(["spins"], **words))
"""


def test_the_journal_of_another_run_is_not_removed(ledger, tmp_path):
    """Between the end of a run's journal and the end of its lock another may begin."""
    path = tmp_path / "ledger.json"
    with store.Journal(path) as first:
        first.append(ledger.claims[0], {})
        first.remove()
        second = store.Journal(path)
        second.__enter__()
    assert second.path.exists()
    with pytest.raises(LedgerError, match="another run"), store.Journal(path):
        pass
    second.append(ledger.claims[1], {})
    second.__exit__()
    with store.Journal(path) as third:
        assert list(third.rows) == [ledger.claims[1].id]


# --- what is reused -------------------------------------------------------------------------------


def forged(path, change):
    """A ledger edited by hand, by somebody who makes the seals anew."""
    found = store.read(path)
    change(found.claims[0])
    found.claims[0].seal = records.seal_of(found.claims[0])
    store.write(path, found)


def test_the_words_of_a_row_are_the_registers(fake, watch, tmp_path):
    path = tmp_path / "ledger.json"
    go(watch, path)
    was = path.read_bytes()

    def change(row):
        row.title = row.forms[1].title = "Another title"
        row.forms[1].expected.word = "holds"
        row.forms[1].met = False

    forged(path, change)
    again = go(watch, path)
    assert (again.reused, again.as_expected) == (4, True)
    assert path.read_bytes() == was


def test_a_verdict_that_does_not_follow_from_its_evidence_is_gathered_again(fake, watch, tmp_path):
    path = tmp_path / "ledger.json"
    go(watch, path)
    was = path.read_bytes()

    def change(row):
        row.forms[1].verdict, row.forms[1].grade, row.forms[1].witness = "proved", "exact", None

    forged(path, change)
    with pytest.raises(LedgerError, match=r"plain-true .*do not follow from its evidence"):
        runs.vouched(store.read(path), fake.load(), fake, path)
    assert go(watch, path).reused == 3
    assert path.read_bytes() == was


def test_a_ledger_of_other_claims_is_not_overwritten(fake, watch, tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    go(watch, path)
    was = path.read_bytes()
    monkeypatch.setenv("FAKE_ODD", "wild")
    with pytest.raises(UserError, match=r"is the ledger of other claims \(plain-true, "):
        go(watch, path, ids=("floods",))
    assert path.read_bytes() == was


def test_two_files_share_a_ledger_and_none_goes_into_the_registers(fake, watch, tmp_path):
    path = tmp_path / "ledger.json"
    one, two = ("plain-true.py",), ("only-sampled.py",)
    go(watch, path)
    with pytest.raises(UserError, match="ledger of other claims"):
        go(watch, path, files=one)
    own = tmp_path / "own.json"
    load = fake.load
    fake.load = lambda files=(): {}  # of a register that has none of these
    try:
        go(watch, own, files=one)
        go(watch, own, files=two)
    finally:
        fake.load = load
    assert set(store.read(own).rows) == {"plain-true", "only-sampled"}
