"""The pytest plugin, in runs of its own: registers are collected, and nothing else is changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CLAIMS = '''
from fieldcheck import Equal, claim, ours, real


@claim("square", title="A square", sources=[ours()], given=dict(a=real(), b=real()))
def square(xp, a, b, *, factor=FACTOR):
    """The square of a sum."""
    return Equal((a + b) ** 2, a * a + factor * a * b + b * b)


square.vary("the middle term once", factor=1)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "claims.py").write_text(CLAIMS.replace("FACTOR", "2"), encoding="utf8")
    (tmp_path / "test_plain.py").write_text("def test_plain():\n    pass\n", encoding="utf8")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "fieldcheck.plugin", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_form_is_a_test_and_a_false_one_fails_with_its_counterexample(folder: Path) -> None:
    wrong = CLAIMS.replace("FACTOR", "3").replace('"square"', '"wrong"')
    (folder / "wrong.py").write_text(wrong, encoding="utf8")
    code, said = run(folder, "--fieldcheck", "claims.py", "wrong.py", "test_plain.py", "-vv",
                     "--fieldcheck-profile", "quick")  # fmt: skip
    assert code == 1, said
    for name in ("claims.py::square/claim", "claims.py::square/the-middle-term-once",
                 "claims.py::square/drop-real", "test_plain.py::test_plain"):  # fmt: skip
        assert f"{name} PASSED" in said
    assert "wrong.py::wrong/claim FAILED" in said
    assert "wrong/claim: expected holds, found refuted" in said
    assert "left " in said
    assert "Traceback" not in said


def test_a_broken_register_is_told_in_a_sentence(folder: Path) -> None:
    (folder / "claims.py").write_text("1 / 0\n", encoding="utf8")
    code, said = run(folder, "--fieldcheck", "claims.py")
    assert code == 2
    assert "claims.py, line 1: ZeroDivisionError" in said


def test_without_the_flag_nothing_is_collected_otherwise(folder: Path) -> None:
    code, said = run(folder, "-v")
    assert code == 0, said
    assert "1 passed" in said
    assert "square" not in said


def test_a_project_names_its_registers_once(folder: Path) -> None:
    (folder / "pytest.ini").write_text("[pytest]\nfieldcheck_registers = claims.py\n", "utf8")
    code, said = run(folder, "--collect-only", "-q")
    assert code == 0, said
    assert "claims.py::square/claim" in said
    assert "test_plain.py::test_plain" in said


BROKEN = """
@claim("broken", title="It ends", sources=[ours()], given=dict(a=real()))
def broken(xp, a, *, factor=1):
    \"\"\"What no arithmetic expects.\"\"\"
    raise BaseException("\\x1b[2J")


broken.vary("twice", factor=2)
"""


def test_a_claim_without_a_row_fails_alone_and_what_it_says_is_printable(folder: Path) -> None:
    good = (folder / "claims.py").read_text(encoding="utf8")
    (folder / "claims.py").write_text(good + BROKEN, encoding="utf8")
    code, said = run(folder, "--fieldcheck", "claims.py", "--fieldcheck-profile", "quick")
    assert code == 1, said
    assert "3 passed" in said
    assert "\\x1b[2J" in said
    assert "\x1b[2J" not in said


def test_registers_of_one_name_and_a_broken_cache(folder: Path) -> None:
    (folder / "other").mkdir()
    other = CLAIMS.replace("FACTOR", "2").replace('"square"', '"other"')
    (folder / "other" / "claims.py").write_text(other, encoding="utf8")
    words = ("--fieldcheck", "claims.py", "other/claims.py", "--fieldcheck-profile", "quick")
    code, said = run(folder, *words)
    assert (code, "6 passed" in said) == (0, True), said
    kept = [*folder.glob(".pytest_cache/d/fieldcheck/*.json")]
    assert len(kept) == 2
    for one in kept:
        one.write_text("{", encoding="utf8")
    code, said = run(folder, *words)
    assert code == 1
    assert "is cut off: delete it" in said
    assert "Traceback" not in said
    assert "fieldcheck/ledger" not in said
