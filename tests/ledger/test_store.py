"""The ledger's file: its form, its faults told plainly, and that it is written whole or not."""

from __future__ import annotations

import copy
import json
import os
import threading
import time
from pathlib import Path

import jsonschema
import pytest
from msgspec import structs

from fieldcheck.ledger import records, store
from fieldcheck.ledger.errors import LedgerError, UserError, near
from fieldcheck.ledger.records import BadRecord, Ledger


def problem(document, kind=Ledger):
    """What the records say against a document."""
    try:
        records.read(json.dumps(document).encode(), kind)
    except BadRecord as fault:
        return str(fault)
    return None


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(records.schema())


def test_a_good_ledger_passes_and_comes_back_the_same(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    assert store.write(path, ledger)
    assert store.read(path) == ledger
    document = json.loads(path.read_text())
    assert document == records.plain(ledger)
    assert problem(document) is None
    jsonschema.validate(document, records.schema())


def _spoil(change):
    """A named change of a document, to be found by the schema."""
    return pytest.param(change, id=change.__name__)


def verdict_of_ones_own(doc):
    doc["claims"][1]["forms"][2]["verdict"] = "probably"


def float_for_a_number(doc):
    doc["claims"][0]["forms"][0]["evidence"][0]["log2_bound"] = -171.5


def whole_float_for_a_count(doc):
    doc["claims"][0]["forms"][0]["evidence"][0]["cases"] = 36.0


def float_in_a_witness(doc):
    doc["claims"][0]["forms"][1]["witness"]["raw"]["X"]["re"][0][0] = 1.5


def float_for_seconds(doc):
    doc["timings"]["plain-true/claim"] = 0.5


def number_for_a_bound(doc):
    doc["claims"][0]["forms"][0]["evidence"][0]["log2_bound"] = -171


def words_for_a_bound(doc):
    doc["claims"][0]["forms"][0]["evidence"][0]["log2_bound"] = "small"


def words_for_a_threshold(doc):
    doc["claims"][0]["forms"][0]["threshold"]["log10"] = "tiny"


def missing_field(doc):
    del doc["claims"][0]["hash"]


def unknown_field(doc):
    doc["claims"][0]["forms"][0]["note"] = "x"


def unknown_grade(doc):
    doc["claims"][0]["grade"] = "certain"


def form_without_claim(doc):
    doc["claims"][0]["forms"][0]["key"] = "no-slash"


def unknown_reason_for_silence(doc):
    doc["claims"][0]["forms"][0]["evidence"][0]["why"] = "no mood"


def a_size_that_is_no_number(doc):
    doc["claims"][0]["forms"][0]["scope"]["sizes"]["N"] = "most"


def no_forms(doc):
    doc["claims"][0]["forms"] = []


def no_claims(doc):
    doc["claims"] = []


def unknown_profile(doc):
    doc["run"]["profile"] = "rapid"


@pytest.mark.parametrize(
    "change",
    [
        _spoil(verdict_of_ones_own),
        _spoil(float_for_a_number),
        _spoil(whole_float_for_a_count),
        _spoil(float_in_a_witness),
        _spoil(float_for_seconds),
        _spoil(number_for_a_bound),
        _spoil(words_for_a_bound),
        _spoil(words_for_a_threshold),
        _spoil(missing_field),
        _spoil(unknown_field),
        _spoil(unknown_grade),
        _spoil(form_without_claim),
        _spoil(unknown_reason_for_silence),
        _spoil(a_size_that_is_no_number),
        _spoil(no_forms),
        _spoil(no_claims),
        _spoil(unknown_profile),
    ],
)
def test_the_schema_refuses(change, ledger, tmp_path):
    document = copy.deepcopy(records.plain(ledger))
    change(document)
    found = problem(document)
    assert found is not None
    published = jsonschema.Draft202012Validator(records.schema())
    if "float" not in change.__name__:  # JSON Schema takes 36.0 for an integer; we do not
        assert not published.is_valid(document)
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(document))
    with pytest.raises(LedgerError, match=str(path)):
        store.read(path)


def test_a_ledger_that_is_not_of_the_form_is_not_written(ledger, tmp_path):
    ledger.claims[0].verdict = "maybe"
    with pytest.raises(LedgerError, match=r"not written.*claims\[0\] \(plain-true\) / verdict"):
        store.write(tmp_path / "other.json", ledger)
    assert not (tmp_path / "other.json").exists()


def test_a_fault_names_the_claim_and_the_field(ledger):
    document = records.plain(ledger)
    document["claims"][1]["forms"][2]["verdict"] = "probably"
    assert problem(document) == (
        "claims[1] (rests-on-plain) / forms[2] (rests-on-plain/twice) / verdict: "
        "Invalid enum value 'probably'"
    )
    document = records.plain(ledger)
    document["claims"][0]["forms"][0]["scope"]["sizes"]["N"] = [1, 2.5]
    found = problem(document) or ""
    assert "forms[0] (plain-true/claim) / scope / sizes[...][1]: Expected `int`" in found
    document["claims"][0]["forms"][0]["scope"] = {"N": 3}
    assert "unknown field `N`" in (problem(document) or "")
    assert problem([]) == "the document: Expected `object`, got `array`"


@pytest.mark.parametrize(
    "change",
    [
        lambda row: setattr(row.forms[1], "verdict", "proved"),
        lambda row: setattr(row, "title", "Another title"),
        lambda row: setattr(row.forms[1].witness, "lhs", "1/3"),
        lambda row: setattr(row.forms[0], "met", False),
        lambda row: setattr(row.forms[0].scope, "sizes", {"N": (1, 2, 9)}),
        lambda row: setattr(row, "hash", "of other sources"),
    ],
    ids=["verdict", "title", "witness", "met", "scope", "hash"],
)
def test_an_edited_row_is_noticed(change, ledger, tmp_path):
    path = tmp_path / "ledger.json"
    change(ledger.claims[1])
    store.write(path, ledger)
    with pytest.raises(LedgerError, match=r"rests-on-plain .*its seal does not fit"):
        store.read(path)
    with store.Journal(path) as journal:
        journal.append(ledger.claims[1], {})
    with store.Journal(path) as again:
        assert (again.rows, again.broken_lines) == ({}, 1)


def test_what_a_claim_rests_on_is_not_read_but_worked_out(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    ledger.claims[3].rests_on, ledger.claims[3].weakest = "proved", None
    store.write(path, ledger)
    row = store.read(path).row("rests-on-sampled")
    assert (row.rests_on, row.weakest) == ("stands", "only-sampled")


def test_a_row_comes_in_by_one_door(fake):
    made = fake.row(fake.CLAIMS["plain-true"])
    row = records.sealed(made)
    assert row.seal == records.seal_of(row) == records.sealed(records.plain(row)).seal
    bare = structs.replace(row, seal="")
    assert records.plain(bare) == {**made, "seal": ""}
    made["forms"][0]["met"] = "yes"
    with pytest.raises(BadRecord, match=r"forms\[0\] \(plain-true/claim\) / met: Expected `bool`"):
        records.sealed(made)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is cut off"),
        ("{", "is cut off"),
        ("[]", "no schema"),
        ("{}", "no schema"),
        ("not json", "is not JSON"),
        ('{"schema": "other"}', "its schema is 'other'"),
        ('{"schema": 3}', "no schema"),
        ('{"schema": "fieldcheck-ledger/1", "run": {}}', "/1.*run `fieldcheck verify` again"),
        ('{"schema": "fieldcheck-ledger/2"}', "broken"),
        ('{"schema": "fieldcheck-ledger/2", "run": 3, "claims": {}, "timings": []}', "broken"),
        ("[" * 100_000, "no schema"),
        ('{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_ledger(text, says, tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text(text)
    with pytest.raises(LedgerError, match=says) as caught:
        store.read(path)
    assert str(path) in str(caught.value)


def test_cut_off_at_every_length(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    store.write(path, ledger)
    text = path.read_text().rstrip()
    for length in range(0, len(text), 997):
        path.write_text(text[:length])
        with pytest.raises(LedgerError, match=r"cut off|no schema"):
            store.read(path)


def test_absent_binary_and_folder(tmp_path):
    with pytest.raises(LedgerError, match="fieldcheck verify"):
        store.read(tmp_path / "none.json")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LedgerError, match="is not JSON"):
        store.read(tmp_path / "binary")
    with pytest.raises(LedgerError, match="cannot read"):
        store.read(tmp_path)
    with pytest.raises(LedgerError, match="is a folder"):
        store.check_writable(tmp_path)
    with pytest.raises(LedgerError, match="does not exist"):
        store.check_writable(tmp_path / "a" / "b.json")


def test_an_unchanged_ledger_keeps_its_time_stamp(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    assert store.write(path, ledger)
    os.utime(path, (1, 1))
    assert not store.write(path, ledger)
    assert path.stat().st_mtime == 1
    ledger.run.seed = 5
    assert store.write(path, ledger)
    assert path.stat().st_mtime > 1


def test_a_reader_sees_the_old_file_or_the_new_one_never_half(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    store.write(path, ledger)
    old = path.read_text()
    with path.open() as reader:
        ledger.run.seed = 5
        store.write(path, ledger)
        assert (
            reader.read() == old
        )  # the new file took the old one's place, it did not overwrite it
    assert path.read_text() != old


def test_a_failed_write_leaves_the_old_file_and_no_other(ledger, tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    path.write_text("old")

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(LedgerError, match="No space left"):
        store.write(path, ledger)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["ledger.json"]


# --- journal --------------------------------------------------------------------------------------


def test_the_journal_survives_a_kill_in_the_middle_of_a_line(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    with store.Journal(path) as journal:
        for row in ledger.claims[:2]:
            journal.append(row, {row.forms[0].key: "0.5"})
    whole = journal.path.read_text()
    first, second = whole.splitlines()
    for length in range(0, len(second), 211):
        journal.path.write_text(first + "\n" + second[:length])
        with store.Journal(path) as again:
            assert list(again.rows) == ["plain-true"]
            assert again.seconds == {"plain-true/claim": "0.5"}
            again.append(ledger.claims[2], {})
        with store.Journal(path) as third:
            assert list(third.rows) == ["plain-true", "only-sampled"]


def test_the_journal_skips_what_is_not_a_row(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    with store.Journal(path) as journal:
        journal.append(ledger.claims[0], {})
    bad = {**records.plain(ledger.claims[1]), "verdict": "maybe"}
    with journal.path.open("a") as stream:
        stream.write('\n{"row": 3}\nnull\n' + json.dumps({"row": bad, "seconds": {}}) + "\n")
    with store.Journal(path) as again:
        assert list(again.rows) == ["plain-true"]
        assert again.broken_lines == 3


def test_two_runs_do_not_share_a_journal(tmp_path):
    pytest.importorskip("fcntl")
    path = tmp_path / "ledger.json"
    with store.Journal(path), pytest.raises(LedgerError, match="another run"), store.Journal(path):
        pytest.fail("two runs hold one journal")
    with store.Journal(path):
        pass


def test_a_patient_run_waits_and_finds_what_the_other_did(ledger, tmp_path):
    pytest.importorskip("fcntl")
    path = tmp_path / "ledger.json"
    order, started = [], threading.Event()

    def second():
        started.set()
        with store.Journal(path, patient=True) as journal:
            order.append("second")
            journal.append(ledger.claims[1], {})
            order.append(journal.path.exists())

    with store.Journal(path) as journal:
        journal.append(ledger.claims[0], {})
        waiting = threading.Thread(target=second)
        waiting.start()
        started.wait()
        time.sleep(0.2)
        order.append("first")
        journal.remove()  # a lock on what is gone would keep nobody out
    waiting.join(10)
    assert order == ["first", "second", True]


# --- what a claim rests on ------------------------------------------------------------------------


def ground(fake, **changes):
    """(rests_on, weakest) of every claim of the fake register, with some verdicts changed."""
    rows = {name: records.sealed(fake.row(made)) for name, made in fake.CLAIMS.items()}
    for name, change in changes.items():
        row = rows[name.replace("_", "-")]
        row.needs = tuple(change.pop("needs", row.needs))
        row.forms[0].met = change.pop("met", True)
        row.verdict = row.forms[0].verdict = change.pop("verdict", row.verdict)
    return {name: (row.rests_on, row.weakest) for name, row in store.rested(rows).items()}


def test_a_claim_is_no_surer_than_the_weakest_it_rests_on(fake):
    assert ground(fake) == {
        "plain-true": ("proved", None),
        "rests-on-plain": ("proved", None),
        "only-sampled": ("stands", None),
        "rests-on-sampled": ("stands", "only-sampled"),
    }


@pytest.mark.parametrize(
    ("own", "below", "found"),
    [
        ("proved", "proved up to", ("proved up to", "plain-true")),
        ("proved", "proved on", ("proved on", "plain-true")),
        ("proved on", "proved up to", ("proved on", None)),
        ("stands", "proved up to", ("stands", None)),
        ("proved", "refuted", ("proved", None)),  # a denial, as expected
        ("proved", "fails", ("fails", "plain-true")),
        ("refuted", "stands", ("refuted", None)),  # a counterexample rests on nothing
        ("proved", "undecided", (None, "plain-true")),
        ("undecided", "proved", (None, None)),
    ],
)
def test_the_order_of_words(fake, own, below, found):
    rows = ground(fake, rests_on_plain={"verdict": own}, plain_true={"verdict": below})
    assert rows["rests-on-plain"] == found


def test_an_ancestor_that_says_less_than_expected_leaves_nothing_to_rest_on(fake):
    rows = ground(fake, plain_true={"met": False})
    assert rows["rests-on-plain"] == rows["rests-on-sampled"] == (None, "plain-true")
    assert rows["plain-true"] == (None, None)


def test_a_grandparent_counts_and_a_circle_ends(fake):
    circle = {"plain_true": {"needs": ["only-sampled"]}, "only_sampled": {"needs": ["plain-true"]}}
    assert ground(fake, **circle)["rests-on-plain"] == ("stands", "only-sampled")


def test_an_absent_ancestor_leaves_nothing_to_rest_on(fake):
    row = records.sealed(fake.row(fake.CLAIMS["rests-on-plain"]))
    (found,) = store.rested({row.id: row}).values()
    assert (found.rests_on, found.weakest) == (None, "plain-true")


def test_surprises(fake):
    row = records.sealed(fake.row(fake.CLAIMS["plain-true"]))
    assert row.as_expected
    row.forms[2].met = False
    assert [form.key for form in row.surprises] == ["plain-true/twice"]
    assert not row.as_expected


def test_unknown_names_bring_near_ones(ledger):
    with pytest.raises(UserError, match="near: only-sampled"):
        ledger.row("only-sampeld")
    assert near("zzz", ["a-b"]) == []
    assert near("sampled", ledger.rows) == ["only-sampled", "rests-on-sampled"]


def test_project_root(tmp_path):
    (tmp_path / "fieldcheck").mkdir()
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "book").mkdir()
    assert store.default_path(tmp_path / "book") == tmp_path.resolve() / "_build" / "ledger.json"
    assert store.project_root(tmp_path.parent) != tmp_path


# --- files that misbehave -------------------------------------------------------------------------


def test_the_journal_is_cut_within_a_character(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    ledger.claims[1].title = "über alles ‖ℂ‖"
    ledger.claims[1].seal = records.seal_of(ledger.claims[1])
    with store.Journal(path) as journal:
        for row in ledger.claims[:2]:
            journal.append(row, {})
    whole = journal.path.read_bytes()
    cuts = [k for k, byte in enumerate(whole) if 0x80 <= byte < 0xC0]
    assert len(cuts) > 5
    for cut in cuts:
        journal.path.write_bytes(whole[:cut])
        with store.Journal(path) as again:
            assert (list(again.rows), again.broken_lines) == (["plain-true"], 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes as files")
def test_only_ordinary_files_are_read_or_written(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/full")):
        if path.exists():
            with pytest.raises(LedgerError, match="no ordinary file"):
                store.read(path)
            with pytest.raises(LedgerError, match="no ordinary file"):
                store.check_writable(path)
    os.mkfifo(tmp_path / "ledger.json.journal")
    with (
        pytest.raises(LedgerError, match="no ordinary file"),
        store.Journal(tmp_path / "ledger.json"),
    ):
        pass


def test_a_file_that_is_too_large_is_not_read(ledger, tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    store.write(path, ledger)
    with store.Journal(path) as journal:
        journal.append(ledger.claims[0], {})
    monkeypatch.setattr(store, "LARGEST", 100)
    with pytest.raises(LedgerError, match="larger than"):
        store.read(path)
    with pytest.raises(LedgerError, match="larger than"), store.Journal(path):
        pass


def test_a_link_stays_a_link(ledger, tmp_path):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    store.check_writable(link)
    assert store.write(link, ledger)
    assert link.is_symlink()
    assert store.read(real) == ledger
    with store.Journal(link) as journal:  # one file, one lock
        assert journal.path == real.with_name("real.json.journal")


@pytest.mark.parametrize("length", [240, 242, 250, 300])
def test_names_that_leave_no_room(ledger, tmp_path, length):
    path = tmp_path / ("a" * length)
    if length > 240:
        with pytest.raises(LedgerError, match="File name too long"):
            store.check_writable(path)
        return
    store.check_writable(path)
    with store.Journal(path):
        store.write(path, ledger)


def test_what_a_killed_run_left_half_written_is_swept(ledger, tmp_path):
    path = tmp_path / "l[1].json"
    (tmp_path / ".l[1].json.abc.half").touch()
    (tmp_path / ".l1.json.abc.half").touch()
    with store.Journal(path):
        store.write(path, ledger)
    assert {p.name for p in tmp_path.iterdir()} == {"l[1].json", ".l1.json.abc.half"}
