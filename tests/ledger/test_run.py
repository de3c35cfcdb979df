"""A run: workers, reuse, resuming after an interruption, and machines that misbehave."""

from __future__ import annotations

import pytest
from msgspec import structs

from fieldcheck.ledger import pool, records, store
from fieldcheck.ledger import run as runs
from fieldcheck.ledger.errors import LedgerError, UserError


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
    whole = runs.run(runs.Request(profile="deep", path=path), watch, "fake_machine")
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
