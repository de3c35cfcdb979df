"""The name of what was tested: the hash that git gives to a file or a folder as it is now."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path


def trees(root: Path, paths: Sequence[str]) -> dict[str, str]:
    """Of each path that is there; ``git rev-parse HEAD:tests/ops`` says the same of a commit.

    A commit's own name would change with its message, and with the report that it brings.
    """
    there = [path for path in paths if (root / path).exists()]
    with tempfile.TemporaryDirectory() as folder:
        # An index of its own: what is staged, or not, is no concern of the user's.
        own = {**os.environ, "GIT_INDEX_FILE": str(Path(folder) / "index")}

        def git(*words: str) -> str:
            done = subprocess.run(
                ["git", *words], cwd=root, env=own, capture_output=True, text=True, check=False
            )
            return done.stdout.strip()

        git("add", "--all", "--", *there)
        whole = git("write-tree")
        return {path: git("rev-parse", "--short=12", f"{whole}:{path}") for path in there}
