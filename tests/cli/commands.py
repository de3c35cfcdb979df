"""What the tests of the command line share: a machine with chosen outcomes, an empty project, the
calling of a command, and a claim of one's own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldcheck import cli

FAKE = Path(__file__).parents[1] / "ledger"
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
