"""The floors of the library: imports point down only, and reading a ledger needs no torch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--config", "pyproject.toml", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the library in which floors may be broken."""
    skip = shutil.ignore_patterns("__pycache__", "native", "build")
    shutil.copytree(ROOT / "fieldcheck", tmp_path / "fieldcheck", ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_down(copy: Path) -> None:
    run = lint(copy)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 kept, 0 broken" in run.stdout


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("verdict.py", "fieldcheck.claim"),
        ("relations.py", "fieldcheck.evidence.run"),
        ("claim.py", "fieldcheck.register"),
        ("evidence/run.py", "fieldcheck.cli"),
        ("ledger/store.py", "fieldcheck.pages.words"),
    ],
)
def test_an_import_that_points_up_is_seen(copy: Path, below: str, above: str) -> None:
    path = copy / "fieldcheck" / below
    hidden = f"\n\ndef _hidden():\n    import {above}\n\n    return {above}\n"
    path.write_text(path.read_text(encoding="utf8") + hidden, encoding="utf8")
    run = lint(copy)
    assert run.returncode != 0
    assert above in run.stdout


def test_a_part_on_no_floor_is_seen(copy: Path) -> None:
    (copy / "fieldcheck" / "attic.py").write_text("", encoding="utf8")
    run = lint(copy)
    assert run.returncode != 0
    assert "attic" in run.stdout


@pytest.mark.parametrize("name", ["register", "ledger.store", "pages.sphinx_ext", "cli"])
def test_no_torch_without_need(name: str) -> None:
    code = f"import sys, fieldcheck.{name} as m\n"
    if name == "register":
        code += "assert m.load()\n"
    code += "assert 'torch' not in sys.modules, 'torch was imported'"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
