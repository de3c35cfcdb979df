"""``make twice`` in the small: builds by a stand-in, sound ones and such as differ or forget."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.repeat import builds
from tests.repeat.builds import HTML, ROOT, Edit

EDITS = (Edit("page.md", "one", "two"),)
COUNT = itertools.count()


def sound(tree: Path) -> None:
    """Each page as it is."""
    (tree / HTML).mkdir(exist_ok=True)
    for page in tree.glob("*.md"):
        (tree / HTML / page.stem).write_text(page.read_text())


def dated(tree: Path) -> None:
    """No two builds are the same."""
    sound(tree)
    (tree / HTML / "date").write_text(f"the {next(COUNT)}th")


def placed(tree: Path) -> None:
    """It says where it was built."""
    sound(tree)
    (tree / HTML / "place").write_text(str(tree))


def littered(tree: Path) -> None:
    """A name of each build stays."""
    sound(tree)
    page = (tree / "page.md").read_text()
    (tree / HTML / f"all-{page}").touch()


def lazy(tree: Path) -> None:
    """A page that has changed back is not built."""
    if not (tree / HTML / "page").exists() or "two" in (tree / "page.md").read_text():
        sound(tree)


@pytest.mark.parametrize(
    ("build", "clean", "after"),
    [(sound, [], []), (dated, ["date"], ["date"]), (placed, ["place"], ["place"]),
     (littered, [], ["all-two"]), (lazy, [], ["page"])],
)  # fmt: skip
def test_what_differs_is_found(build, clean, after, tmp_path):
    source, ledger = tmp_path / "source", tmp_path / "ledger.json"
    (source / "_build" / "html").mkdir(parents=True)
    (source / "_build" / "html" / "old").touch()  # is no source
    (source / "page.md").write_text("one")
    ledger.touch()
    found = builds.measured(source, ledger, tmp_path / "work", build, EDITS)
    assert list(found["differ"]) == clean
    assert list(found["differ after edits"]) == after
    assert found["edited"] >= 1
    assert found["bytes"] >= 3


@pytest.mark.parametrize("edit", builds.EDITS, ids=lambda edit: edit.file)
def test_the_edits_can_be_made(edit):
    assert edit.old in (ROOT / edit.file).read_text(encoding="utf-8")


def test_what_the_readme_says(tmp_path, monkeypatch):
    monkeypatch.setattr(builds, "FIGURES", tmp_path / "builds.json")
    assert builds.sentence() == "not measured"
    found = {"files": 1234, "edited": 40, "differ": {}, "differ after edits": {"a": "at byte 0"}}
    builds.FIGURES.write_text(json.dumps(found))
    assert builds.sentence() == (
        "none of 1,234 files differs; after edits that change 40 of them and are taken back, 1"
    )
