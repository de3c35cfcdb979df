"""The workflow that checks and publishes the book is one that the forge understands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "book.yml"


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    """Judge a workflow by the forge's own schema, which the linter brings with it."""
    program = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run(
        [program, "--builtin-schema", "vendor.github-workflows", path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_workflow_is_understood() -> None:
    run = lint(WORKFLOW)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("runs-on", "run-on"), ("pull_request:", "pull-request:"), ("steps:", "step:")],
)
def test_a_misspelt_workflow_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    path = tmp_path / "book.yml"
    path.write_text(WORKFLOW.read_text(encoding="utf8").replace(right, wrong), encoding="utf8")
    assert lint(path).returncode != 0


def test_it_runs_what_a_contributor_runs() -> None:
    text = WORKFLOW.read_text(encoding="utf8")
    assert "run: bash .ci/run" in text
    assert (ROOT / ".ci" / "run").is_file()
    assert "path: _build/html" in text


def test_the_strict_build_looks_at_the_ledger_again() -> None:
    words = ["make", "-n", "--no-print-directory", "strict-book"]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert re.search(r"fieldcheck recheck --anew \d+ .*\n(.*\n)*.*jupyter-book build", run.stdout)
