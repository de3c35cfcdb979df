"""Files that somebody else named are read if they are ordinary ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fieldcheck import ordinary
from tests.cli.commands import BAD, call, home  # noqa: F401


def test_an_ordinary_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes("ü".encode())
    assert ordinary.read_text(path) == "ü"
    assert ordinary.read_bytes(path, 2) == b"\xc3\xbc"
    with pytest.raises(OSError, match="larger than"):
        ordinary.read_bytes(path, 1)
    path.write_bytes(b"\xff")
    with pytest.raises(OSError, match="not UTF-8"):
        ordinary.read_text(path)
    with pytest.raises(IsADirectoryError):
        ordinary.read_bytes(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes as files")
def test_what_would_be_read_for_ever_is_not(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="no ordinary file"):
            ordinary.read_bytes(path)


@pytest.mark.parametrize(
    "words",
    [
        ("bench", "--resume", "--json"),
        ("replicate", "--report", "--json"),
        ("list", "--ledger"),
        ("coverage", "--book"),
    ],
)
def test_commands_that_are_given_a_pipe(home, words):
    (home / "x.md").mkdir()
    os.mkfifo(home / "x.md" / "a.md")
    name = "x.md" if words[0] == "coverage" else "x.md/a.md"
    code, _, errors = call(*words, name)
    assert code == BAD
    assert "itself is at fault" not in errors
