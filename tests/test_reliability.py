"""The README's table of reliability: its figures are those of committed files.

python -m tests.test_reliability    writes the table anew, after a run that gave new figures
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.fuzz import __main__ as fuzz
from tests.meta.corpus.__main__ import FIGURES as CORPUS
from tests.repeat import builds, seeds
from tests.soak import __main__ as soak

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- reliability -->", "<!-- /reliability -->"


def rows() -> list[tuple[str, str, str]]:
    """What, the figure, and the command that gives it anew."""
    corpus = json.loads(CORPUS.read_text(encoding="utf-8"))["all"]
    return [
        (
            "false statements proved, true ones refuted",
            f"{corpus['false proved']} of {corpus['false']:,}, "
            f"{corpus['true refuted']} of {corpus['true']:,}",
            "make corpus",
        ),
        ("neighbours told apart", "all, or the run fails", "make verify"),
        ("neighbours, printed and read forms, again and again", seeds.sentence(), "make seeds"),
        ("proofs and counterexamples by the second road", "none contradicted, or the build fails; "
         "what it leaves open is gathered anew",
         "make strict-book"),
        ("runs ended at random", soak.sentence(soak.read(soak.FIGURES)), "make soak"),
        ("generated input", fuzz.sentence(), "make fuzz"),
        ("small changes of the library that a test notices", "not measured since the judge was "
         "rebuilt", "make mutation"),
        ("pages read in a browser, offline", "all, or the run fails", "make browser"),
        ("two clean builds, byte by byte", builds.sentence(), "make twice"),
    ]  # fmt: skip


def table() -> str:
    """As Markdown."""
    lines = ["| | | |", "|---|---|---|"]
    lines += [f"| {a} | {b} | {f'`{c}`' if c else ''} |" for a, b, c in rows()]
    return "\n".join(lines)


def written(text: str) -> str:
    """The README with the table as it is now."""
    before, after = text.partition(START)[0], text.partition(END)[2]
    return f"{before}{START}\n{table()}\n{END}{after}"


def test_the_readme_shows_the_figures_of_the_files():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert written(text) == text
    assert START in text
    assert text[text.index(START) + len(START) : text.index(END)].strip() == table()


def test_each_command_is_a_target():
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for _, _, command in rows():
        assert not command or f"\n{command.removeprefix('make ')}:" in targets


def test_a_run_replaces_that_of_its_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "FIGURES", tmp_path / "figures.json")
    assert (fuzz.figures(), fuzz.sentence()) == ({}, "not measured")
    fuzz.keep(0, {"a": 2})
    fuzz.keep(1, {"a": 3, "b": 4})
    fuzz.keep(0, {"a": 5})
    assert fuzz.sentence().startswith("12 inputs of 2 seeds, 2 functions")


if __name__ == "__main__":
    README = ROOT / "README.md"
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
