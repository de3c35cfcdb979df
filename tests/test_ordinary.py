"""Files that somebody else named are read if they are ordinary ones."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fieldcheck import ordinary
from fieldcheck.ledger import store
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


def test_links_that_lead_to_themselves_are_no_place_to_write(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        ordinary.write_text(tmp_path / "loop", "x")
    with pytest.raises(OSError, match="symbolic links"):
        store._real(tmp_path / "loop")
    (tmp_path / "a").symlink_to("b")
    ordinary.write_text(tmp_path / "a", "x")
    assert (tmp_path / "b").read_text() == "x"
    assert (tmp_path / "a").is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes as files")
def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="No such device"):
        ordinary.write_text(tmp_path / "pipe", "x")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    ordinary.write_text(tmp_path / "pipe", "x")
    assert os.read(reader, 9) == b"x"
    os.close(reader)


def test_two_at_once_write_whole_files(tmp_path):
    """Neither finds its half written file gone, and no reader sees a mixture."""
    path = tmp_path / "a"

    def write(letter):
        for _ in range(100):
            ordinary.write_text(path, letter * 100_000)

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(write, letter) for letter in "abcd"]:
            done.result()
            assert len(set(path.read_text())) == 1
    assert os.listdir(tmp_path) == ["a"]


def test_json_that_is_nested_too_deep(tmp_path):
    (tmp_path / "a").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="nested too deep"):
        ordinary.read_json(tmp_path / "a")
