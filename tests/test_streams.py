"""The command line among files, streams and claims that misbehave: one sentence, the right exit
code, and nothing on the terminal that could do something to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from fieldcheck import cli
from fieldcheck.ledger import pool, records, store
from fieldcheck.printable import UNFIT, printable
from tests.cli.commands import BAD, DIFFERS, HEAD, NEIGHBOUR, OK, call, fails, fake, home  # noqa: F401

FAKE = Path(__file__).parent / "ledger"
DRIVER = """
from fieldcheck import cli
cli.MACHINE = "fake_machine"
if __name__ == "__main__":
    cli.main()
"""
HOSTILE = "a\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u2028b"


def shell(line: str, where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A shell line in which ``fieldcheck`` has the fake machine; the code is that of the last."""
    driver = where / "driver.py"
    driver.write_text(DRIVER)
    env = {**os.environ, "COLUMNS": "140", **environment}
    env["PYTHONPATH"] = os.pathsep.join([str(FAKE), str(Path(__file__).parents[1])])
    words = line.replace("fieldcheck", f"{sys.executable} {environment.get('FLAGS', '')} {driver}")
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words}"],
        cwd=where, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("fieldcheck list | head -c 1", OK, ""),
        ("fieldcheck verify --jobs 1 | head -c 0", OK, ""),
        ("FAKE_ODD=1 fieldcheck verify comes-out-wrong --jobs 1 | true", DIFFERS, ""),
        ("fieldcheck list >&-", OK, ""),
        ("fieldcheck list >&- 2>&-", OK, ""),
        ("fieldcheck list > /dev/full", BAD, "No space left on device"),
        ("fieldcheck schema > /dev/full", BAD, "No space left on device"),
        ("fieldcheck list --ledger /dev/zero", BAD, "no ordinary file"),
        ("mkdir gone; cd gone; rmdir ../gone; fieldcheck list", OK, ""),
        ("mkdir gone; cd gone; rmdir ../gone; fieldcheck verify --jobs 1", BAD, "is gone"),
    ],
)
def test_streams_and_folders_that_are_gone(tmp_path, line, code, says):
    result = shell(line, tmp_path)
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
    assert (result.returncode, says in result.stderr) == (code, True), result.stderr


def test_a_terminal_that_knows_only_ascii(tmp_path):
    result = shell(
        "fieldcheck verify --jobs 1 && fieldcheck list", tmp_path, PYTHONIOENCODING="ascii"
    )
    assert (result.returncode, result.stderr.count("Traceback")) == (OK, 0)
    assert "\\u25cf proved for every N" in result.stdout


def test_docstrings_are_needed(fake, home, monkeypatch):
    result = shell("fieldcheck list", home, FLAGS="-OO")
    assert result.returncode == BAD
    assert "which -OO removes" in result.stderr
    with_o = {**vars(sys), "flags": SimpleNamespace(optimize=1)}
    monkeypatch.setattr(cli, "sys", SimpleNamespace(**with_o))
    assert call("list")[0] == OK


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("verify", "--seed", "9" * 4000), "--seed"),
        (("verify", "--seed", "9" * 5000), "--seed"),
        (("verify", "--jobs", "9" * 4000), "--jobs"),
        (("replay", "plain-true", "--digits", "9" * 5000), "--digits"),
        (("list", "--ledger", "a" * 300), "File name too long"),
        (("list", "--ledger", "a\0b"), "null"),
        (("verify", "--json", "a" * 300), "File name too long"),
        (("verify", "--json", "a" * 250), "File name too long"),
        (("verify", "--json", "/dev/full"), "no ordinary file"),
        (("replay", "a" * 300 + ".json"), "a"),
        (("verify", "plain-true/nosuchform"), "no form 'plain-true/nosuchform'"),
    ],
)
def test_words_that_are_too_much(fake, home, words, says):
    assert says in fails(*words)


def test_a_seed_of_the_largest_size(fake, home):
    assert call("verify", "--seed", str(2**63 - 1), "--jobs", "1")[0] == OK
    assert store.read(home / "_build" / "ledger.json").run.seed == 2**63 - 1


def test_a_whole_run_of_another_seed_goes_beside(fake, home):
    call("verify", "--jobs", "1")
    was = (home / "_build" / "ledger.json").read_bytes()
    code, out, _ = call("verify", "--seed", "1", "--jobs", "1")
    assert code == OK
    assert "another profile or seed; this went to" in out
    assert (home / "_build" / "ledger.json").read_bytes() == was
    assert store.read(home / "_build" / "ledger-standard-1.json").run.seed == 1
    assert "say --replace" in fails("verify", "--seed", "1", "--json", "_build/ledger.json")
    assert call("verify", "--seed", "1", "--replace", "--jobs", "1")[0] == OK
    assert store.read(home / "_build" / "ledger.json").run.seed == 1


# --- text from outside ----------------------------------------------------------------------------


def test_what_is_unfit_is_written_out():
    assert printable(HOSTILE) == r"a\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u2028b"
    assert printable("plain ● ‖ℂ‖\ttext\n") == "plain ● ‖ℂ‖\ttext\n"
    assert not UNFIT.search(printable("".join(map(chr, range(0x11000)))))


def _strings(value, path=()):
    """Where a document holds text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, (*path, name))
    elif isinstance(value, list):
        for k, inner in enumerate(value):
            yield from _strings(inner, (*path, k))
    elif isinstance(value, str):
        yield path


def test_no_text_of_a_foreign_ledger_reaches_the_terminal_raw(fake, home):
    """Every text of a row that may be one is made hostile, and the row sealed again."""
    call("verify", "plain-true", "--jobs", "1")
    path = home / "_build" / "ledger.json"
    good = store.read(path)
    row, changed = records.plain(good.claims[0]), 0
    for where in _strings(row):
        inner = row
        for step in where[:-1]:
            inner = inner[step]
        was, inner[where[-1]] = inner[where[-1]], HOSTILE
        try:
            if where[-1] not in ("hash", "verdict", "outcome"):
                made = records.sealed(row)
                changed += 1
                continue
        except records.BadRecord:  # of no published form
            pass
        inner[where[-1]] = was
    assert changed > 40
    good.claims = (made,)
    store.write(path, good)
    for words in (("list",), ("list", "--json"), ("show", "plain-true"),
                  ("show", "plain-true/printed")):  # fmt: skip
        _, out, errors = call(*words)
        assert HOSTILE[-1] in out
        assert not UNFIT.search(out + errors)


def test_hostile_words(fake, home):
    for words in (("list", "--ledger", HOSTILE), ("show", HOSTILE), (HOSTILE,),
                  ("list", f"--{HOSTILE}"),
                  ("list", "--chapter", HOSTILE), ("replay", f"{HOSTILE}.toml"),
                  ("weights", "[/bold]"), ("bench", "--json", "[/b]/x"),
                  ("bench", "--op", HOSTILE)):  # fmt: skip
        code, out, errors = call(*words)
        assert (code, bool(UNFIT.search(out + errors))) == (BAD, False), words


# --- one validation of a ledger -------------------------------------------------------------------

WRONG = [None, True, -1, 10**30, 1.5, "", "x", "\ud800", [], [[]], {}, {"x": 1}]


def test_wrong_values_in_every_field(fake, home):
    """Each field of a row, wrong in each way, for each command: a sentence or an answer."""
    call("verify", "plain-true", "--jobs", "1")
    path = home / "_build" / "ledger.json"
    document = json.loads(path.read_text())
    fields = [("run", name) for name in document["run"]] + [("timings",), ("claims",), ("schema",)]
    fields += [("claims", 0, name) for name in document["claims"][0]]
    fields += [("claims", 0, "forms", 1, name) for name in document["claims"][0]["forms"][1]]
    fields += [("claims", 0, "forms", 1, "witness", name)
               for name in document["claims"][0]["forms"][1]["witness"]]  # fmt: skip
    for k, where in enumerate(fields):
        for wrong in (WRONG[k % 12],):
            changed = json.loads(json.dumps(document))
            inner = changed
            for step in where[:-1]:
                inner = inner[step]
            inner[where[-1]] = wrong
            path.write_text(json.dumps(changed))
            for words in (("list",), ("show", "plain-true")):
                code, _, errors = call(*words)
                assert code in (OK, BAD), (where, wrong, words)
                assert "itself is at fault" not in errors, (where, wrong, words, errors)


# --- claims files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import sys\nsys.exit(0)", "mine.py, line 2: SystemExit: 0"),
        ("import os\nos._exit(0)", "mine.py, line 2: SystemExit: 0"),
        ("raise GeneratorExit", "mine.py, line 1: GeneratorExit"),
        (HEAD.replace('"A square"', "None"), "my-square: title is None; give it as text"),
        (HEAD.replace('"A square"', '"\\ud800"'), "my-square: title has half a character"),
    ],
)
def test_claims_files_that_end_the_run(home, text, says):
    (home / "mine.py").write_text(text)
    assert says in fails("list", "--from", "mine.py")


LOUD = """
import threading
print("\\x1b[2J" * 1000)
threading.Thread(target=threading.Event().wait).start()
"""


def test_a_claims_file_that_prints_and_leaves_a_thread(home):
    (home / "mine.py").write_text(LOUD + HEAD + NEIGHBOUR)
    words = [sys.executable, "-m", "fieldcheck", "list", "--from", "mine.py"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    result = subprocess.run(words, cwd=home, env=env, capture_output=True, text=True, timeout=60)
    assert result.returncode == OK
    assert "my-square" in result.stdout
    assert not UNFIT.search(result.stdout + result.stderr)


BODIES = {
    "ends": ("raise SystemExit(0)", "invalid"),
    "leaves": ("raise GeneratorExit", "invalid"),
    "prints": ("print('x' * 10**6); return Equal(x, x)", "proved"),
}


def test_bodies_that_end_the_run(home):
    """One run of three such claims: each has its verdict, and none writes to the terminal."""
    start, square = HEAD.index("@claim"), HEAD + NEIGHBOUR
    text = square[:start]
    for name, (line, _) in BODIES.items():
        own = square[start:].replace("my-square", name).replace("square", f"square_{name}")
        text += own.replace("return Equal((x + 1) * (x + 1), x * x + 2 * x + 1)", line)
    (home / "mine.py").write_text(text)
    words = ("--from", "mine.py", "--json", "mine.json", "--profile", "quick", "--jobs", "1")
    code, out, errors = call("verify", *words)
    assert code == DIFFERS, errors
    rows = store.read(home / "mine.json").rows
    assert {name: row.verdict for name, row in rows.items()} == {
        name: word for name, (_, word) in BODIES.items()
    }
    assert len(out) < 10_000


def test_an_exponent_that_no_machine_can_write_out(home, monkeypatch):
    (home / "mine.py").write_text(HEAD + NEIGHBOUR)
    words = ("--from", "mine.py", "--ledger", "mine.json")
    call("verify", *words, "--profile", "quick", "--jobs", "1")
    found = store.read(home / "mine.json")
    witness = next(form.witness for form in found.claims[0].forms if form.witness)
    witness.raw = dict.fromkeys(witness.raw, "1e1000000000")
    found.claims[0].seal = records.seal_of(found.claims[0])
    store.write(home / "mine.json", found)
    ask = pool.ask
    monkeypatch.setattr(  # the sixty seconds of a replay are more than a test has
        pool,
        "ask",
        lambda task, limits, **more: ask(task, limits=replace(limits, seconds=2), **more),
    )
    message = fails("replay", *words, "my-square/once")
    assert "processor time" in message or "does not fit" in message
