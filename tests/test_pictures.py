"""Pictures that a script draws are the ones that are kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FIGURES = Path(__file__).resolve().parents[1] / "book" / "figures"


def test_the_road_is_what_its_script_draws() -> None:
    run = subprocess.run(
        [sys.executable, FIGURES / "road.py", "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
