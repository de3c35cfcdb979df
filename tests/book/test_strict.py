"""The build is strict: what a page gets wrong ends it, the first time and the second.

Small books are built with this book's own configuration, less the ledger.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.book.source import CONFIG, ROOT

TOC = "format: jb-book\nroot: book/intro\n"
HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# A page\n\n"
STRICT = ["-W", "-n", "--keep-going"]
LEDGER = {"fieldcheck.pages.sphinx_ext", "finding", "glossary", "chapter_line"}
EXT = str(ROOT / "book" / "_ext")


def cell(code: str) -> str:
    return f"```{{code-cell}} ipython3\n{code}\n```\n"


def book(folder: Path, body: str) -> None:
    config: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CONFIG))
    config["sphinx"]["local_extensions"] = {"offline": EXT, "typeset": EXT}
    options = config["sphinx"]["config"]
    options["extensions"] = [e for e in options["extensions"] if e not in LEDGER]
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf8")
    (folder / "_toc.yml").write_text(TOC, encoding="utf8")
    (folder / "book").mkdir()
    for name in ("_static", "_templates", "figures"):
        (folder / "book" / name).symlink_to(ROOT / "book" / name)
    (folder / "book" / "references.bib").write_text("", encoding="utf8")
    (folder / "book" / "intro.md").write_text(HEAD + body, encoding="utf8")


def build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("jupyter-book")
    return subprocess.run(
        [program, "build", ".", *STRICT, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_sound_page_is_built_with_its_formulas_set(tmp_path: Path) -> None:
    book(tmp_path, "Here is $x$.\n\n" + cell("print(6 * 7)"))
    run = build(tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    html = tmp_path / "_build" / "html"
    page = (html / "book" / "intro.html").read_text(encoding="utf8")
    assert "42" in page
    assert '<annotation encoding="application/x-tex">x</annotation>' in page
    assert (
        html / "_static" / "katex" / "fonts" / "KaTeX_Main-Regular.woff2"
    ).stat().st_size > 9_000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (cell("1 / 0"), "ZeroDivisionError"),
        ("See {eq}`eq-absent`.", "eq-absent"),
        ("See {cite}`Nobody1900`.", "Nobody1900"),
        ("See [there](absent.md).", "absent.md"),
        ("```{nosuchdirective}\n```", "nosuchdirective"),
        (r"A formula $\nosuchmacro{x}$.", "nosuchmacro"),
        ("![a drawing](figures/absent.svg)", "absent.svg"),
    ],
    ids=["cell", "equation", "citation", "link", "directive", "macro", "picture"],
)
def test_a_fault_ends_the_build(tmp_path: Path, body: str, reason: str) -> None:
    book(tmp_path, body)
    run = build(tmp_path)
    assert run.returncode != 0, run.stdout + run.stderr
    assert reason in run.stdout + run.stderr


def test_a_failing_cell_ends_the_second_build_too(tmp_path: Path) -> None:
    book(tmp_path, cell("1 / 0"))
    for options in ((), (), ("--all",)):
        run = build(tmp_path, *options)
        assert run.returncode != 0
        assert "ZeroDivisionError" in run.stdout + run.stderr


def test_the_figure_style_leaves_no_date_and_no_chance(tmp_path: Path) -> None:
    code = "from figures.style import plt\nfig, ax = plt.subplots()\nax.plot([0, 1], [0, 1]);"
    pictures = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        book(folder, cell(code))
        run = build(folder)
        assert run.returncode == 0, run.stdout + run.stderr
        (path,) = (folder / "_build" / "html" / "_images").glob("*.svg")
        pictures.append(path.read_bytes())
    assert pictures[0] == pictures[1]
    assert b"dc:date" not in pictures[0]
