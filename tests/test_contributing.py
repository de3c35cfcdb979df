"""CONTRIBUTING.md's "first claim in ten lines" is run as a newcomer would run it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
SECTION = TEXT.split("## Your first claim in ten lines", 1)[1].split("\n## ", 1)[0]


def block(kind: str) -> str:
    """Return the section's only block of this kind."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    (found,) = [text for name, text in blocks if name == kind]
    return str(found)


def fieldcheck(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command, *arguments = shlex.split(line)
    assert command == ".venv/bin/fieldcheck"
    return subprocess.run(
        [sys.executable, "-m", "fieldcheck", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mine")
    (made / "mine.py").write_text(block("python"), encoding="utf8")
    return made


def test_the_claim_has_ten_lines() -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len([line for line in lines if not line.startswith("from ")]) <= 10


def test_the_commands_do_what_the_text_says(folder: Path) -> None:
    verify, replay = block("").splitlines()
    first = fieldcheck(verify, folder)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "● proved" in first.stdout
    assert "exact" in first.stdout
    second = fieldcheck(replay, folder)
    assert second.returncode == 0, second.stdout + second.stderr


def test_a_true_neighbour_fails_the_run(tmp_path: Path) -> None:
    text = block("python")
    assert text.count("2 * X") == 1
    (tmp_path / "mine.py").write_text(text.replace("2 * X", "1 * X"), encoding="utf8")
    run = fieldcheck(block("").splitlines()[0], tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
