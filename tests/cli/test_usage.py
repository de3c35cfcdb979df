"""No bad input ends in a traceback: one sentence, and what would do."""

from __future__ import annotations

import pytest

from fieldcheck.ledger import store
from tests.cli.commands import OK, call, fails, fake, home  # noqa: F401


@pytest.mark.parametrize("command", ["show", "verify", "replay"])
def test_unknown_ids_bring_near_ones(fake, home, command):
    assert "no claim 'plain-tru'; near: plain-true" in fails(command, "plain-tru")
    assert "no claim 'zzzz'" in fails(command, "zzzz")
    assert "no claim ''" in fails(command, "")


def test_unknown_forms(fake, home):
    message = fails("show", "plain-true/printd")
    assert "no form 'plain-true/printd'; near: plain-true/printed" in message


@pytest.mark.parametrize("command", ["list", "verify"])
def test_unknown_chapters(fake, home, command):
    assert "no chapter 'alhpa'; near: alpha" in fails(command, "--chapter", "alhpa")


def test_values_out_of_range(fake, home):
    assert "'rapid' is not one of" in fails("verify", "--profile", "rapid")
    assert "--seed" in fails("verify", "--seed", "-1")
    assert "--jobs" in fails("verify", "--jobs", "0")
    assert "--digits" in fails("replay", "plain-true", "--digits", "3")
    assert "No such command 'verfy'" in fails("verfy")
    assert "No such option" in fails("list", "--chaptr", "alpha")


def test_a_missing_folder(fake, home):
    assert "the folder nowhere does not exist" in fails("verify", "--json", "nowhere/ledger.json")
    assert list(home.rglob("*.json*")) == []


def test_a_folder_in_place_of_a_file(fake, home):
    assert "is a folder" in fails("verify", "--json", str(home))
    assert "cannot read" in fails("list", "--ledger", str(home))


@pytest.mark.parametrize("command", [["list"], ["show", "plain-true"], ["replay", "plain-true"]])
def test_a_named_ledger_must_exist(fake, home, command):
    assert "no ledger at none.json" in fails(*command, "--ledger", "none.json")


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"schema": "other"}', "\x00"])
@pytest.mark.parametrize(
    "command", [["list"], ["show", "plain-true"], ["replay", "plain-true"], ["verify"]]
)
def test_a_broken_ledger_is_named_and_left_alone(fake, home, command, text):
    path = home / "_build" / "ledger.json"
    path.parent.mkdir()
    path.write_text(text)
    assert "ledger.json" in fails(*command)
    assert path.read_text() == text
    assert [entry.name for entry in path.parent.iterdir()] == ["ledger.json"]


def test_a_truncated_ledger(fake, home):
    call("verify", "--jobs", "2")
    path = home / "_build" / "ledger.json"
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    for command in (["list"], ["show", "plain-true"], ["verify"], ["replay", "plain-true"]):
        assert "is cut off" in fails(*command)


def test_replay_says_why_not(fake, home):
    assert "no ledger at" in fails("replay", "plain-true/printed")
    call("verify", "plain-true")
    assert "has no witness to replay: its verdict is proved" in fails("replay", "plain-true/claim")
    message = fails("replay", "plain-true")
    assert "several witnesses: name one of plain-true/printed, plain-true/twice" in message
    assert "no claim 'only-sampled'" in fails("replay", "only-sampled/printed")


def test_an_empty_register(fake, home, monkeypatch):
    monkeypatch.setenv("FAKE_EMPTY", "1")
    assert "the register is empty" in fails("verify")
    assert "the register is empty" in fails("list")


def test_a_ledger_of_the_old_form_is_one_sentence_and_a_run_replaces_it(fake, home):
    path = home / "_build" / "ledger.json"
    path.parent.mkdir()
    path.write_text('{"schema": "fieldcheck-ledger/1", "run": {}, "claims": [], "timings": {}}')
    for command in (["list"], ["show", "plain-true"], ["replay", "plain-true"]):
        assert "run `fieldcheck verify` again" in fails(*command)
    assert call("verify", "plain-true")[0] == OK
    assert list(store.read(path).rows) == ["plain-true"]


def test_an_edited_row_is_named(fake, home):
    call("verify", "--jobs", "2")
    path = home / "_build" / "ledger.json"
    path.write_text(path.read_text().replace('"lhs": "1/2"', '"lhs": "1/3"', 1))
    for command in (["list"], ["show", "plain-true"], ["verify"], ["replay", "plain-true"]):
        assert "the row of plain-true in" in fails(*command)


def test_the_replay_line_finds_the_same_claims_and_ledger(fake, home):
    words = ("--ledger", "mine.json")
    call("verify", *words)
    assert f"fieldcheck replay plain-true/printed {' '.join(words)}" in call(
        "show", "plain-true", *words
    )[1].replace("\n", " ")
