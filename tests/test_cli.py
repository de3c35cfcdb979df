"""The command line: what it prints, its exit codes, and that no bad input ends in a traceback."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldcheck import cli
from fieldcheck.ledger import records, store
from fieldcheck.ledger import run as runs

FAKE = Path(__file__).parent / "ledger"
OK, DIFFERS, BAD = 0, 1, 2


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch):
    """A machine with chosen outcomes (tests/ledger/fake_machine.py)."""
    monkeypatch.setattr(sys, "path", [str(FAKE), *sys.path])
    monkeypatch.setenv("COLUMNS", "160")
    module = importlib.import_module("fake_machine")
    monkeypatch.setattr(cli, "MACHINE", "fake_machine")
    return module


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project to stand in."""
    (tmp_path / "fieldcheck").mkdir()
    (tmp_path / "_toc.yml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command; a traceback fails the test."""
    result = CliRunner().invoke(cli.app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


def fails(*words: str, code: int = BAD) -> str:
    """The one message of a command that must fail, with its whitespace folded."""
    exit_code, _, errors = call(*words)
    assert exit_code == code, errors
    return " ".join(errors.split())


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


# --- bad usage ------------------------------------------------------------------------------------


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


# --- recheck --------------------------------------------------------------------------------------


def second_road(findings):
    """A module like fieldcheck.recheck.check that finds this, by form."""
    return SECOND_ROAD.format(findings=findings)


SECOND_ROAD = """
from types import SimpleNamespace

SPOT = "spot check"
found = {{key: [SimpleNamespace(severity=s, kind="identity", sentence=said)]
          for key, (s, said) in {findings}.items()}}

def recheck(claims, forms, keys=()):
    for claim in claims:
        for row in claim["forms"]:
            if not keys or row["key"] in keys or claim["id"] in keys:
                assert row["key"] in forms
                yield row["key"], row["verdict"], found.get(row["key"], [])
"""


def test_recheck_names_what_does_not_recheck(fake, home, monkeypatch):
    assert "no ledger at" in fails("recheck")
    call("verify", "--jobs", "2")
    (home / "second_road.py").write_text(second_road({}))
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(cli, "RECHECK", "second_road")
    assert call("recheck")[:2] == (OK, "12 forms looked at again: no fault\n")
    assert call("recheck", "plain-true")[1] == "3 forms looked at again: no fault\n"
    assert call("recheck", "plain-true/twice")[1] == "1 form looked at again: no fault\n"
    assert "no claim 'plain-tru'; near: plain-true" in fails("recheck", "plain-tru")
    said = {"plain-true/claim": ("spot check", "12 of 36 shapes")}
    said["plain-true/printed"] = ("does not recheck", "both sides agree")
    (home / "second_road.py").write_text(second_road(said))
    code, out, _ = call("recheck")
    assert code == DIFFERS
    assert "■ refuted  plain-true/printed  does not recheck (identity): both sides agree" in out
    assert "12 forms looked at again: 1 fault" in out
    assert "12 of 36" not in out


def test_a_ledger_that_was_forged_with_care_does_not_stand(fake, home, monkeypatch):
    """The forger makes evidence and seals anew: what is certain is caught by the second road, what
    is not by gathering it again."""
    call("verify", "--jobs", "2")
    (home / "second_road.py").write_text(second_road({}))
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(cli, "RECHECK", "second_road")
    code, out, _ = call("recheck", "--anew", "4", "--jobs", "2")
    assert (code, out) == (OK, "12 forms looked at again: no fault\n")
    path = home / "_build" / "ledger.json"
    found = store.read(path)
    (row,) = [row for row in found.claims if row.id == "only-sampled"]
    form = row.forms[1]
    form.verdict, form.witness, form.met, form.grade = "stands", None, True, "sampled"
    form.evidence[0].outcome = "confirms"
    row.seal = records.seal_of(row)
    store.write(path, found)
    assert call("list")[0] == OK  # it fits itself
    assert "4 rows reused" in call("verify", "--jobs", "2")[1]
    code, out, _ = call("recheck", "--anew", "4", "--jobs", "2")
    assert code == DIFFERS
    assert "only-sampled/printed  does not come out again" in out
    assert "gathered anew, it is refuted" in out
    # what the second road cannot follow is gathered anew as well, and is no fault by itself
    said = {"plain-true/claim": ("not rechecked", "a relation between symbols")}
    (home / "second_road.py").write_text(second_road(said))
    code, out, _ = call("recheck", "plain-true", "--anew", "0")
    assert (code, out) == (OK, "3 forms looked at again: no fault\n")
    assert call("recheck", "plain-true")[0] == DIFFERS


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


# --- interrupted ----------------------------------------------------------------------------------

DRIVER = """
import sys
sys.path[:0] = [{fake!r}]
from fieldcheck import cli
cli.MACHINE = "fake_machine"
if __name__ == "__main__":
    cli.main()
"""


def test_ctrl_c_keeps_the_journal_and_the_next_run_goes_on(fake, home, monkeypatch):
    driver = home / "driver.py"
    driver.write_text(DRIVER.format(fake=str(FAKE)))
    log = home / "log"
    env = {**os.environ, "FAKE_DELAY": "3", "FAKE_LOG": str(log)}
    words = [sys.executable, str(driver), "verify", "--jobs", "1"]
    process = subprocess.Popen(
        words, cwd=home, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # What runs in the background of a script is born deaf to the signal, and so its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    journal = home / "_build" / "ledger.json.journal"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_text().count("\n") >= 1:
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers as well
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "the same command goes on from here" in errors
    assert journal.exists()
    assert not (home / "_build" / "ledger.json").exists()
    kept = journal.read_text().count("\n")
    assert 1 <= kept < 4
    before = len(log.read_text().splitlines())
    monkeypatch.setenv("FAKE_LOG", str(log))
    code, out, _ = call("verify", "--jobs", "1")
    assert code == OK
    assert f"{kept} from an interrupted run" in out
    assert len(log.read_text().splitlines()) == before + 4 - kept
    assert not journal.exists()


# --- with the real machine ------------------------------------------------------------------------


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


HEAD = """
from fieldcheck.claim import claim, ours
from fieldcheck.domains import real
from fieldcheck.relations import Equal

@claim("my-square", title="A square", sources=[ours()], chapter="mine", given=dict(x=real()))
def square(xp, x):
    \"\"\"The square of a sum.\"\"\"
    return Equal((x + 1) * (x + 1), x * x + 2 * x + 1)
"""
NEIGHBOUR = """
@square.neighbour("the cross term once", key="once")
def _(xp, x):
    return Equal((x + 1) * (x + 1), x * x + x + 1)
"""


def test_a_theorists_own_file(home):
    mine = home / "mine.py"
    mine.write_text(HEAD + NEIGHBOUR)
    path = home / "mine.json"
    words = ("--from", str(mine))
    code, out, _ = call("verify", *words, "--json", str(path), "--profile", "quick", "--jobs", "1")
    assert code == OK, out
    assert "1 claim, 3 forms" in out
    assert store.read(path).run.complete
    code, out, _ = call("show", "my-square", *words, "--ledger", str(path))
    assert code == OK
    assert "● proved for every input, exact" in out
    code, out, _ = call("replay", "my-square/once", *words, "--ledger", str(path))
    assert code == OK
    assert "certified" in out
    # without naming the ledger: one of its own beside the project's
    assert call("verify", *words, "--profile", "quick", "--jobs", "1")[0] == OK
    assert (home / "_build" / "ledger-mine.json").exists()
    assert not (home / "_build" / "ledger.json").exists()


def _body(line: str, before: str = "") -> str:
    """A file whose claim has this last line."""
    return HEAD.replace("    return Equal((x + 1) * (x + 1), x * x + 2 * x + 1)", f"    {line}") + (
        before + NEIGHBOUR
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = (", r"mine.py, line 1: '(' was never closed"),
        ("import nothing_of_this_name", "mine.py, line 1: ModuleNotFoundError"),
        ("x = 1\ny = x / 0", "mine.py, line 2: ZeroDivisionError"),
        ("x = 1", "mine.py registers no claim"),
        (HEAD, "my-square: no neighbour"),
        (_body("return Equal(x * 0.5, x / 2)"), "float literal 0.5"),
        (HEAD + NEIGHBOUR + HEAD, "my-square: this id is taken"),
        (HEAD + NEIGHBOUR + NEIGHBOUR, "my-square/once: two forms have this key"),
        (HEAD.replace("my-square", "My Square") + NEIGHBOUR, "'My Square' is no claim id"),
        (HEAD.replace('"my-square"', '"my-square", needs=["no-such"]') + NEIGHBOUR, "'no-such'"),
    ],
    ids=["syntax", "import", "raises", "no claim", "no neighbour", "float literal", "repeated id",
         "repeated key", "bad id", "unknown need"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["list", "verify"])
def test_a_claims_file_that_cannot_be_used(home, command, text, says):
    (home / "mine.py").write_text(text)
    message = fails(command, "--from", "mine.py")
    assert says in message
    assert not (home / "_build" / "ledger-mine.json").exists()


def test_replay_after_the_statement_changed(home):
    (home / "mine.py").write_text(HEAD + NEIGHBOUR)
    words = ("--from", "mine.py", "--ledger", "mine.json")
    assert call("verify", *words, "--profile", "quick", "--jobs", "1")[0] == 0
    (home / "mine.py").write_text(re.sub(r"\bx\b", "z", HEAD + NEIGHBOUR))
    message = fails("replay", *words, "my-square/once")
    assert "the sources changed since mine.json was written" in message
    assert "does not fit the statement as it is now" in message
    assert "run `fieldcheck verify my-square` first" in message


def test_no_claims_file(home):
    assert "no claims file none.py" in fails("verify", "--from", "none.py")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("return Equal(x.nothing, x)", "AttributeError"),
        ("return 1 / 0", "ZeroDivisionError"),
        ("return x", "must return a relation"),
        ("return Equal(x / (x - x), x / (x - x))", ""),
    ],
    ids=["attribute", "raises", "no relation", "not a number"],
)
def test_a_body_that_misbehaves_is_a_verdict(home, line, says):
    (home / "mine.py").write_text(_body(line))
    words = ("verify", "--from", "mine.py", "--json", "mine.json", "--profile", "quick")
    code, out, errors = call(*words, "--jobs", "1")
    assert code == DIFFERS, errors
    row = store.read(home / "mine.json").row("my-square")
    assert row.verdict in {"invalid", "undecided"}
    assert says in (row.main.because or "")
    assert "my-square/claim" in out


def test_a_claims_id_may_not_be_one_of_the_register(home):
    taken = next(iter(cli._load()))
    (home / "mine.py").write_text((HEAD + NEIGHBOUR).replace("my-square", taken))
    assert f"{taken}: this id is taken by fieldcheck.register" in fails("list", "--from", "mine.py")


def test_run_record_names_the_library():
    record = runs.run_record("quick", 3, True)
    assert record.seed == 3
    assert len(record.lock or "") == 64
