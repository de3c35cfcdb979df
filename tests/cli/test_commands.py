"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fieldcheck.ledger import run as runs
from fieldcheck.ledger import store
from tests.cli.commands import DIFFERS, OK, call, fails, fake, home  # noqa: F401

# --- the good road --------------------------------------------------------------------------------


def test_verify_list_show_replay(fake, home):
    code, out, _ = call("verify", "--profile", "quick", "--jobs", "2")
    assert code == OK
    assert "4 claims, 12 forms: 3 proved, 1 stands; all as expected" in out
    path = home / "_build" / "ledger.json"
    assert store.read(path).run.complete
    assert [entry.name for entry in path.parent.iterdir()] == ["ledger.json"]

    code, out, _ = call("list")
    assert code == OK
    assert "complete quick run, seed 0" in out
    assert out.count("● proved for every N") == 3
    assert out.count("○ stands, tried at N, C = 1..3") == 1
    assert out.count("■ refuted") == 4  # as printed
    assert "4 claims: 3 proved, 1 stands; complete quick run" in out

    code, out, _ = call("show", "rests-on-sampled")
    assert code == OK
    assert "● proved for every N, exact; rests on only-sampled, which stands" in out
    assert "proved for every N; chance of error below 2^-171" in out
    assert "sizes visited: N, C = 1..3" in out
    assert "talk, slide 3" in out
    assert "counterexample at N = 2, C = 2" in out
    assert "fieldcheck replay rests-on-sampled/printed" in out

    code, out, _ = call("show", "plain-true/twice")
    assert code == OK
    assert "plain-true/printed" not in out
    assert "chance of error below 2^-171" in out
    assert "1/2 in entry (2, 2)" in out
    assert "fieldcheck replay plain-true/twice" in out

    code, out, _ = call("replay", "plain-true/printed", "--digits", "80")
    assert code == OK
    assert "0.5" + "0" * 78 in "".join(out.split())
    assert "certified at 80 digits" in out


def test_list_for_a_program(fake, home):
    code, out, _ = call("list", "--chapter", "beta", "--json")
    assert code == OK
    entries = json.loads(out)
    assert [entry["id"] for entry in entries] == ["only-sampled", "rests-on-sampled"]
    assert entries[0]["verdict"] is None
    call("verify", "--jobs", "2")
    entries = json.loads(call("list", "--json")[1])
    assert entries[3]["grade"] == "exact"
    assert (entries[3]["verdict"], entries[3]["rests_on"]) == ("proved", "stands")
    assert entries[3]["weakest"] == "only-sampled"
    assert entries[2]["scope"].startswith("stands: tried at N, C = 1..3")
    assert entries[3]["printed"] == "refuted"
    assert entries[3]["forms"] == [
        f"rests-on-sampled/{name}" for name in ("claim", "printed", "twice")
    ]


def test_without_a_ledger_they_say_so(fake, home):
    assert "No ledger yet" in call("list")[1]
    code, out, _ = call("show", "plain-true")
    assert code == OK
    assert "no ledger yet: run `fieldcheck verify plain-true`" in out
    assert "expected: refuted" in out


def test_stale_rows_are_named(fake, home, monkeypatch):
    call("verify", "--jobs", "2")
    monkeypatch.setenv("FAKE_VERSION", "2")
    assert call("list")[1].count("(stale)") == 4
    assert "stale: the sources changed since" in call("show", "plain-true")[1]


def test_reuse_and_fresh(fake, home):
    call("verify", "--jobs", "2")
    code, out, _ = call("verify")
    assert code == OK
    assert "4 rows reused" in out
    assert "ledger unchanged" in out
    assert "reused" not in call("verify", "--fresh", "--jobs", "2")[1]


def test_a_partial_run_of_another_profile_goes_to_its_own_file(fake, home):
    call("verify", "--profile", "quick", "--jobs", "2")
    before = (home / "_build" / "ledger.json").read_bytes()
    code, out, _ = call("verify", "plain-true", "--profile", "deep", "--seed", "7")
    assert code == OK
    assert "ledger-deep-7.json" in out
    assert (home / "_build" / "ledger.json").read_bytes() == before
    assert store.read(home / "_build" / "ledger-deep-7.json").run.profile == "deep"


def test_outside_a_project_nothing_is_kept_unless_asked(fake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("verify", "plain-true")
    assert code == OK
    assert "Nothing is kept outside a project" in out
    assert list(tmp_path.iterdir()) == []
    assert call("verify", "plain-true", "--json", "mine.json")[0] == OK
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.json"]


# --- what differs ---------------------------------------------------------------------------------


def test_a_difference_is_exit_code_one_with_what_to_do(fake, home, monkeypatch):
    monkeypatch.setenv("FAKE_ODD", "1")
    code, out, _ = call("verify", "--jobs", "2")
    assert code == DIFFERS
    assert "comes-out-wrong/twice" in out
    assert "no method applied" in out
    assert "a formula divides by nothing" in out
    assert "SIGKILL" in out
    assert "NOT all as expected" in out
    assert "fieldcheck show comes-out-wrong" in out
    assert "not as expected" in call("list")[1]
    assert "expected: refuted" in call("show", "comes-out-wrong")[1]


def test_a_witness_that_does_not_separate_is_exit_code_one(fake, home, monkeypatch):
    call("verify", "--jobs", "2")
    monkeypatch.setenv("FAKE_UNCERTIFIED", "1")
    code, out, _ = call("replay", "plain-true/printed")
    assert code == DIFFERS
    assert "not certified" in out


@pytest.mark.parametrize(
    ("form", "code", "said"),
    [
        ("printed", OK, "certified at 60 digits: this point refutes plain-true/printed"),
        ("claim", DIFFERS, "the book says otherwise: please send it, with the file"),
    ],
)
def test_a_point_of_ones_own(fake, home, form, code, said):
    (home / "point.toml").write_text(f'claim = "plain-true"\nform = "{form}"\ninputs = {{}}\n')
    found, out, _ = call("replay", "point.toml")
    assert (found, said in out) == (code, True)
    assert "in entry   2, 2" in out


def test_a_point_that_does_not_fit_is_one_sentence(fake, home):
    assert "cannot read none.toml" in fails("replay", "none.toml")


# --- what is told without a run -------------------------------------------------------------------


def test_the_schema_is_printed(fake):
    found = json.loads(call("schema")[1])
    assert found["$ref"] == "#/$defs/Ledger"


def test_help_teaches(fake):
    for command in (
        [],
        ["list"],
        ["show"],
        ["verify"],
        ["replay"],
        ["coverage"],
        ["schema"],
        ["recheck"],
    ):
        code, out, _ = call(*command, "--help")
        assert code == OK
        assert "Examples" in out
        assert f"fieldcheck {' '.join(command)}".strip() in out
    assert call("--version")[1].startswith("fieldcheck ")


def test_list_and_show_do_not_import_torch():
    code = textwrap.dedent(
        """
        import sys
        from fieldcheck import cli
        assert "torch" not in sys.modules, "by the command line itself"
        claims = cli._load()
        cli.app(["show", next(iter(claims))], standalone_mode=False)
        cli.app(["list"], standalone_mode=False)
        sys.exit("torch" in sys.modules)
        """
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_run_record_names_the_library():
    record = runs.run_record("quick", 3, True)
    assert record.seed == 3
    assert len(record.lock or "") == 64


# --- coverage -------------------------------------------------------------------------------------


def test_coverage(fake, home):
    book = home / "book"
    assert "no folder" in fails("coverage")
    book.mkdir()
    assert "no chapter" in fails("coverage")
    (book / "alpha.md").write_text("# A\n\n$$\nl\n$$ (eq-plain)\n\n$$\nd\n$$ (def-d)\n")
    code, out, _ = call("coverage")
    assert code == OK
    assert "1 of 1 displayed equations are named and checked" in out
    (book / "beta.md").write_text("# B\n\n$$\nm\n$$ (eq-m)\n\n$$\nn\n$$\n")
    code, out, _ = call("coverage")
    assert code == DIFFERS
    assert "beta:3: 'eq-m' is named by no claim and checked by no cell" in out
    assert "beta:7: a displayed formula has no label" in out
    found = json.loads(call("coverage", "--json")[1])
    assert (found["covered"], found["total"]) == (1, 2)
    assert "no book here" in _outside(home)


def _outside(home: Path) -> str:
    os.chdir(home.parent)
    return fails("coverage")
