"""The book built twice from nothing, and once more after edits that are taken back: the same bytes?

    python -m tests.repeat.builds        or: make twice

Two copies of the sources, in folders of different names and with the same ledger, are built; every
file of the two is compared, byte for byte.  Then the second copy is edited, built, restored and
built again, each time only what changed: that must be the first build too.  How many files were
compared, and which differ, goes to ``tests/repeat/builds.json``, for the README.  Exit status 1:
one differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIGURES = Path(__file__).with_name("builds.json")
LEDGER = "_build/ledger.json"
HTML = "_build/html"
LEFT = shutil.ignore_patterns("_build", ".venv", ".git", "__pycache__", ".hypothesis", ".*_cache")
ALLOWED: dict[str, str] = {}
"""Files that may differ, and why: none."""

Build = Callable[[Path], None]


@dataclass(frozen=True)
class Edit:
    """A piece of text in a file, and what takes its place for a while."""

    file: str
    old: str
    new: str


EDITS = (
    Edit("book/softmax.md", "\n## ", "\nA sentence that was not here.\n\n## "),
    Edit("fieldcheck/register/softmax/log_sum_exp.py", 'title="', 'title="Called otherwise: '),
    Edit("fieldcheck/fields/masks.py", "\nfrom ", "\n# A comment.\nfrom "),
    Edit("_toc.yml", "caption: ", "caption: Once more, "),
)
"""A page's words, a claim's title, a comment in the library, the table of contents."""


def copied(source: Path, tree: Path, ledger: Path) -> Path:
    """The sources and their ledger, nothing that was built."""
    shutil.copytree(source, tree, ignore=LEFT, symlinks=True)
    (tree / LEDGER).parent.mkdir()
    shutil.copyfile(ledger, tree / LEDGER)
    return tree


def jupyter_book(tree: Path) -> None:
    """What has changed of the book of these sources, with their own library."""
    program = Path(sys.executable).with_name("jupyter-book")
    words = [program, "build", ".", "-W", "-n", "--keep-going", "--quiet"]
    env = {**os.environ, "PYTHONPATH": str(tree)}
    run = subprocess.run(words, cwd=tree, env=env, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{tree}: the build fails\n{run.stdout}{run.stderr}")


@contextmanager
def edited(tree: Path, edits: tuple[Edit, ...]):
    """The sources with these edits made; afterwards as they were."""
    before = {edit.file: (tree / edit.file).read_text(encoding="utf-8") for edit in edits}
    for edit in edits:
        if edit.old not in before[edit.file]:
            raise SystemExit(f"{edit.file} has no {edit.old!r} to edit")
        new = before[edit.file].replace(edit.old, edit.new, 1)
        (tree / edit.file).write_text(new, encoding="utf-8")
    yield
    for name, text in before.items():
        (tree / name).write_text(text, encoding="utf-8")


def differences(first: Path, second: Path) -> dict[str, str]:
    """Of each file that is not the same in both folders, how it differs."""
    found = {}
    for name in sorted(_files(first) | _files(second)):
        a, b = (
            path.read_bytes() if path.is_file() else None for path in (first / name, second / name)
        )
        if a is None or b is None:
            found[name] = f"only in the {'second' if a is None else 'first'}"
        elif a != b:
            at = next(
                (k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y),
                min(len(a), len(b)),
            )
            found[name] = f"at byte {at}: {_near(a, at)} and {_near(b, at)}"
    return {name: how for name, how in found.items() if name not in ALLOWED}


def _near(content: bytes, at: int) -> str:
    return repr(content[max(0, at - 30) : at + 30])


def _files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def measured(
    source: Path, ledger: Path, work: Path, build: Build, edits: tuple[Edit, ...] = EDITS
) -> dict[str, Any]:
    """The figures, of builds under ``work``."""
    first = copied(source, work / "first", ledger)
    second = copied(source, work / "elsewhere" / "second", ledger)
    clean = first / HTML
    for tree in (first, second):
        _say(f"building {tree}")
        build(tree)
    files = _files(clean)
    figures: dict[str, Any] = {
        "files": len(files),
        "bytes": sum((clean / name).stat().st_size for name in files),
        "differ": differences(clean, second / HTML),
    }
    with edited(second, edits):
        _say(f"building what {len(edits)} edits change")
        build(second)
        figures["edited"] = len(differences(clean, second / HTML))
    _say("building what taking them back changes")
    build(second)
    return {**figures, "differ after edits": differences(clean, second / HTML)}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def sentence() -> str:
    """What the README says."""
    if not FIGURES.exists():
        return "not measured"
    found = json.loads(FIGURES.read_text(encoding="utf-8"))
    return (
        f"{_none(found['differ'])} of {found['files']:,} files differs; after edits that change "
        f"{found['edited']:,} of them and are taken back, {_none(found['differ after edits'])}"
    )


def _none(found: dict[str, str]) -> str:
    return f"{len(found):,}" if found else "none"


def main(argv: list[str] | None = None) -> int:
    """Build, compare, and say what differs."""
    words = argparse.ArgumentParser(prog="python -m tests.repeat.builds")
    words.add_argument("--ledger", type=Path, default=ROOT / LEDGER)
    words.add_argument("--keep", type=Path, help="build here, and leave it there")
    asked = words.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(ROOT, asked.ledger, asked.keep or Path(folder), jupyter_book)
    for kind in ("differ", "differ after edits"):
        for name, how in figures[kind].items():
            print(f"{kind}: {name} {how}")
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"two clean builds, byte by byte: {sentence()}")
    return int(bool(figures["differ"] or figures["differ after edits"]))


if __name__ == "__main__":
    sys.exit(main())
