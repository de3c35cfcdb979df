"""Claims of a theorist's own file, with the real machine."""

from __future__ import annotations

import re

import pytest

from fieldcheck import cli
from fieldcheck.ledger import store
from tests.cli.commands import DIFFERS, HEAD, NEIGHBOUR, OK, call, fails, home  # noqa: F401


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


SPEECHLESS = """class Speechless(Exception):
    def __str__(self):
        raise self
raise Speechless"""


MANY = "a = [0]\nfor _ in range(60):\n    a = [a, a]\n"
DEEP = "a = [0]\nfor _ in range(5000):\n    a = [a]\n"
"""What a body may reach, by more ways than can be gone, or deeper."""


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
        ("x = 1\0", "mine.py: source code string cannot contain null bytes"),
        (SPEECHLESS, "mine.py, line 4: Speechless"),
        ("x = 1", "mine.py registers no claim"),
        (HEAD, "my-square: no neighbour"),
        (_body("return Equal(x * 0.5, x / 2)"), "float literal 0.5"),
        (MANY + _body("return Equal(x, x + 0 * len(a))"), "reaches more than 200,000 values"),
        (DEEP + _body("return Equal(x, x + 0 * len(a))"), "reaches what is nested too deeply"),
        (HEAD + NEIGHBOUR + HEAD, "my-square: this id is taken"),
        (HEAD + NEIGHBOUR + NEIGHBOUR, "my-square/once: two forms have this key"),
        (HEAD.replace("my-square", "My Square") + NEIGHBOUR, "'My Square' is no claim id"),
        (HEAD.replace('"my-square"', '"my-square", needs=["no-such"]') + NEIGHBOUR, "'no-such'"),
    ],
    ids=["syntax", "import", "raises", "null byte", "speechless", "no claim", "no neighbour",
         "float literal", "many values", "deep values", "repeated id",
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


MISBEHAVING = {
    "attribute": ("return Equal(x.nothing, x)", "AttributeError"),
    "raises": ("return 1 / 0", "ZeroDivisionError"),
    "no-relation": ("return x", "must return a relation"),
    "not-a-number": ("return Equal(x / (x - x), x / (x - x))", ""),
}


def test_a_body_that_misbehaves_is_a_verdict(home):
    files = [_body(line).replace("my-square", name) for name, (line, _) in MISBEHAVING.items()]
    (home / "mine.py").write_text("".join(files))
    words = ("verify", "--from", "mine.py", "--json", "mine.json", "--profile", "quick")
    code, out, errors = call(*words, "--jobs", "1")
    assert code == DIFFERS, errors
    ledger = store.read(home / "mine.json")
    assert set(ledger.rows) == set(MISBEHAVING)
    for name, (_, says) in MISBEHAVING.items():
        row = ledger.row(name)
        assert row.verdict in {"invalid", "undecided"}, name
        assert says in (row.main.because or ""), name
        assert f"{name}/claim" in out


def test_a_claims_id_may_not_be_one_of_the_register(home):
    taken = next(iter(cli._load()))
    (home / "mine.py").write_text((HEAD + NEIGHBOUR).replace("my-square", taken))
    assert f"{taken}: this id is taken by fieldcheck.register" in fails("list", "--from", "mine.py")


CHANGE = """from fieldcheck.arithmetic.base import Arithmetic


def change(kind=Arithmetic):
    for below in kind.__subclasses__():
        change(below)
    if "sin" in vars(kind):
        kind.sin = lambda self, x: x


"""
"""With this the sine of x is x."""


@pytest.mark.parametrize(
    ("before", "line", "says"),
    [
        ("change()\n", "return Equal(xp.sin(x), x)", "mine.py changes the library"),
        ("", "change(); return Equal(xp.sin(x), x)", "its code changes the library"),
    ],
    ids=["a file", "a body"],
)
def test_what_changes_the_library_has_no_verdict(home, before, line, says):
    (home / "mine.py").write_text(CHANGE + before + _body(line))
    code, out, err = call("verify", "mine.py", "--profile", "quick", "--jobs", "1")
    assert code == DIFFERS
    assert says in " ".join((out + err).split())
    assert "fieldcheck.arithmetic" in out + err
    assert not (home / "_build" / "ledger-mine.json").exists()
