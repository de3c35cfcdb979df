"""The chapter *Your own claims*, typed by hand in a fresh folder: what it says is what is seen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pylatexenc")

CHAPTER = Path(__file__).resolve().parents[2] / "book" / "your_own.md"
CELLS = re.findall(r"```\{code-cell\} ipython3\n(.*?)```\n", CHAPTER.read_text("utf8"), re.DOTALL)


def test_the_chapter_comes_out_as_it_says(tmp_path: Path) -> None:
    came = []
    for cell in CELLS:
        first, _, rest = cell.partition("\n")
        if first.startswith("%%file "):
            (tmp_path / first.split()[1]).write_text(rest, encoding="utf8")
        elif first.startswith("article = "):
            text = re.search(r'r"""\n(.*?)"""', cell, re.DOTALL)
            assert text
            (tmp_path / "paper.tex").write_text(text[1], encoding="utf8")
        elif first.startswith(("%fieldcheck verify", "%fieldcheck new", "%fieldcheck coverage")):
            words = first.removeprefix("%fieldcheck ").split()
            done = subprocess.run(
                [sys.executable, "-m", "fieldcheck", *words], cwd=tmp_path, capture_output=True,
                text=True, timeout=300, check=False,
            )  # fmt: skip
            refuted = set(re.findall(r"^([a-z-]+) +■ refuted", done.stdout, re.MULTILINE))
            came.append((words[0], done.returncode, refuted))
    assert came == [
        ("verify", 1, {"quadratic-force"}),
        ("verify", 0, set()),
        ("verify", 0, set()),
        ("new", 0, set()),
        ("verify", 1, {"paper-force"}),
        ("coverage", 1, set()),
    ]
