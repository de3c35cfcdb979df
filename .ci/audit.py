"""Known vulnerabilities of what is locked, by pip-audit.

    make audit-deps

Exit code 0: none is known of any package; 1: some are, and are listed; 2: no database answered of
some, so nothing is said of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCKS = ("requirements.lock", "requirements-cuda.lock")


def audited(lock: Path) -> list[dict]:
    """Each package with what is known of it, or why nothing is."""
    words = ["-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off"]
    run = subprocess.run(
        [sys.executable, *words, "--format", "json", "-r", str(lock)],
        capture_output=True,
        text=True,
    )
    return json.loads(run.stdout)["dependencies"] if run.stdout.strip() else []


def judged(found: list[dict]) -> tuple[int, list[str]]:
    """The exit code, and the lines to print."""
    skipped = [d["name"] for d in found if "skip_reason" in d]
    known = [
        f"{d['name']} {d['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'none'}"
        for d in found
        for v in d.get("vulns", ())
    ]
    if not found or len(skipped) == len(found):
        return 2, ["no database of known vulnerabilities answers from here: nothing was audited"]
    if skipped:
        known.append(f"not audited: {', '.join(skipped)}")
    asked = f"{len(found) - len(skipped)} packages were looked up"
    return (1 if len(known) > bool(skipped) else 2 if skipped else 0), [*known, asked]


def main() -> int:
    """Ask about every lock."""
    root = Path(__file__).resolve().parents[1]
    code, lines = judged([each for lock in LOCKS for each in audited(root / lock)])
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
