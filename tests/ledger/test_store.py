"""The ledger's file: its form, its faults told plainly, and that it is written whole or not."""

from __future__ import annotations

import copy
import json
import os

import jsonschema
import pytest

from fieldcheck.ledger import store
from fieldcheck.ledger.errors import LedgerError, UserError, near


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(store.schema())


def test_a_good_ledger_passes_and_comes_back_the_same(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    assert store.problem(ledger.document()) is None
    assert store.write(path, ledger)
    assert store.read(path).document() == ledger.document()
    assert store.read(path, check=False).document() == ledger.document()


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
    doc["claims"][0]["forms"][1]["witness"]["raw"]["X"]["re"][0][0] = 1.0


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
        _spoil(no_forms),
        _spoil(no_claims),
        _spoil(unknown_profile),
    ],
)
def test_the_schema_refuses(change, ledger, tmp_path):
    document = copy.deepcopy(ledger.document())
    change(document)
    found = store.problem(document)
    assert found is not None
    assert "data." not in found  # told by the slow checker, which names the claim
    published = jsonschema.Draft202012Validator(store.schema())
    if "float" not in change.__name__:  # JSON Schema takes 36.0 for an integer; we do not
        assert not published.is_valid(document)
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(document))
    with pytest.raises(LedgerError, match=str(path)):
        store.read(path)
    bad = store.Ledger(document["run"], document["claims"], document["timings"])
    with pytest.raises(LedgerError, match="not written"):
        store.write(tmp_path / "other.json", bad)
    assert not (tmp_path / "other.json").exists()


def test_a_fault_names_the_claim_and_the_field(ledger):
    document = ledger.document()
    document["claims"][1]["forms"][2]["verdict"] = "probably"
    found = store.problem(document)
    assert found is not None
    assert "rests-on-plain/twice" in found
    assert "verdict" in found
    assert "'probably'" in found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is cut off"),
        ("{", "is cut off"),
        ("[]", "no schema"),
        ("{}", "no schema"),
        ("not json", "is not JSON"),
        ('{"schema": "fieldcheck-ledger/0"}', "fieldcheck-ledger/0"),
        ('{"schema": "fieldcheck-ledger/1"}', "broken"),
        ('{"schema": "fieldcheck-ledger/1", "run": 3, "claims": {}, "timings": []}', "broken"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_a_file_that_is_no_ledger(text, says, check, tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text(text)
    with pytest.raises(LedgerError, match=says) as caught:
        store.read(path, check=check)
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
    with pytest.raises(LedgerError, match="cannot read"):
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
    ledger.run["seed"] = 5
    assert store.write(path, ledger)
    assert path.stat().st_mtime > 1


def test_a_reader_sees_the_old_file_or_the_new_one_never_half(ledger, tmp_path):
    path = tmp_path / "ledger.json"
    store.write(path, ledger)
    old = path.read_text()
    with path.open() as reader:
        ledger.run["seed"] = 5
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
            journal.append(row, {row["forms"][0]["key"]: "0.5"})
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
    bad = {**ledger.claims[1], "verdict": "maybe"}
    with journal.path.open("a") as stream:
        stream.write('\n{"row": 3}\nnull\n' + json.dumps({"row": bad, "seconds": {}}) + "\n")
    with store.Journal(path) as again:
        assert list(again.rows) == ["plain-true"]
        assert again.broken_lines == 3


def test_the_journal_refuses_a_bad_row(ledger, tmp_path):
    journal = store.Journal(tmp_path / "ledger.json")
    with journal, pytest.raises(LedgerError, match="plain-true"):
        journal.append({**ledger.claims[0], "verdict": "maybe"}, {})
    assert not journal.path.exists()


def test_two_runs_do_not_share_a_journal(tmp_path):
    pytest.importorskip("fcntl")
    path = tmp_path / "ledger.json"
    with store.Journal(path), pytest.raises(LedgerError, match="another run"), store.Journal(path):
        pytest.fail("two runs hold one journal")
    with store.Journal(path):
        pass


# --- grades and names -----------------------------------------------------------------------------


def test_grades_are_capped_by_the_weakest_ancestor(fake):
    rows = {name: fake.row(made) for name, made in fake.CLAIMS.items()}
    store.cap_grades(rows)
    shown = {name: (row["shown_grade"], row["capped_by"]) for name, row in rows.items()}
    assert shown == {
        "plain-true": ("exact", None),
        "rests-on-plain": ("exact", None),
        "only-sampled": ("sampled", None),
        "rests-on-sampled": ("sampled", "only-sampled"),
    }
    rows["plain-true"]["verdict"] = "undecided"
    store.cap_grades(rows)
    assert rows["rests-on-plain"]["shown_grade"] is None
    assert rows["rests-on-plain"]["capped_by"] == "plain-true"


def test_a_grandparent_caps_and_a_circle_ends(fake):
    rows = {name: fake.row(made) for name, made in fake.CLAIMS.items()}
    rows["plain-true"]["needs"] = ["only-sampled"]
    rows["only-sampled"]["needs"] = ["plain-true"]
    store.cap_grades(rows)
    assert rows["rests-on-plain"]["shown_grade"] == "sampled"
    assert rows["rests-on-plain"]["capped_by"] == "only-sampled"


def test_an_absent_ancestor_leaves_nothing_to_rest_on(fake):
    row = fake.row(fake.CLAIMS["rests-on-plain"])
    store.cap_grades({row["id"]: row})
    assert (row["shown_grade"], row["capped_by"]) == (None, "plain-true")


def test_surprises(fake):
    row = fake.row(fake.CLAIMS["plain-true"])
    assert store.as_expected(row)
    row["forms"][2]["verdict"] = "holds"
    assert [form["key"] for form in store.surprises(row)] == ["plain-true/twice"]
    assert not store.as_expected(row)
    row["forms"][2] |= {"role": "dropped", "expected": None, "verdict": "undecided"}
    assert store.as_expected(row)


def test_unknown_names_bring_near_ones(ledger):
    with pytest.raises(UserError, match="near: only-sampled"):
        ledger.row("only-sampeld")
    with pytest.raises(UserError, match="plain-true/printed"):
        ledger.form("plain-true/print")
    assert near("zzz", ["a-b"]) == []
    assert near("sampled", ledger.rows) == ["only-sampled", "rests-on-sampled"]


def test_project_root(tmp_path):
    (tmp_path / "fieldcheck").mkdir()
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "book").mkdir()
    assert store.default_path(tmp_path / "book") == tmp_path.resolve() / "_build" / "ledger.json"
    assert store.project_root(tmp_path.parent) != tmp_path
