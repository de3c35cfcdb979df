"""The book on paper: one page of all, whose links stay within it; what paper leaves out."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from bs4 import BeautifulSoup

PAPER = Path(__file__).resolve().parents[2] / "book" / "paper.py"
PAGE = """<html><head><title>{name}</title><script>1</script></head><body>
<article class="bd-article"><h1 id="top">{name}</h1><a href="{link}">there</a>
{body}</article></body></html>"""
FOLDS = """<details id="solution"><p>solved</p></details>
<details class="hide above-input"><pre>code of a picture</pre></details>
<details class="fc-card fc-row" id="claim-row"><summary>row</summary><p class="fc-actions">copy</p>
<p class="fc-line fc-sure">holds</p><p>evidence</p><pre>code</pre></details>
<div class="fc-card" id="claim-card"><details><summary>sure</summary><p>more</p></details></div>"""


@pytest.fixture(scope="module")
def paper() -> ModuleType:
    spec = importlib.util.spec_from_file_location("paper", PAPER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def made(paper: ModuleType, tmp_path: Path) -> BeautifulSoup:
    (tmp_path / "book").mkdir()
    pages = {"one": ("two.html#top", FOLDS), "two": ("../book/one.html", "")}
    for name, (link, body) in pages.items():
        text = PAGE.format(name=name, link=link, body=body)
        (tmp_path / "book" / f"{name}.html").write_text(text, encoding="utf8")
    return BeautifulSoup(paper.joined(tmp_path, ["book/one", "book/two"]), "html.parser")


def test_links_between_pages_stay_on_paper(made: BeautifulSoup) -> None:
    links = [str(a["href"]) for a in made.select("a[href]")]
    assert len(links) == 2
    ids = [str(e["id"]) for e in made.select("[id]")]
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_what_paper_keeps_of_folds(made: BeautifulSoup) -> None:
    text = made.get_text()
    assert [w for w in ("solved", "holds", "sure", "more") if w not in text] == []
    assert [w for w in ("code", "copy", "evidence") if w in text] == []
    opened = [e.get("id") for e in made.select("details[open]")]
    assert opened == ["book-one--solution", "book-one--claim-row"]


def test_every_link_within_the_book_has_its_place(paper: ModuleType, html: Path) -> None:
    toc = paper.yaml.safe_load((PAPER.parents[1] / "_toc.yml").read_text(encoding="utf8"))
    names = [name for name in paper.contents(toc) if name not in paper.SCREEN_ONLY]
    whole = paper.joined(html, names)
    articles = whole[whole.index("<article") :]
    ids = set(re.findall(r'<[a-z][^>]* id="([^"]+)"', articles))
    links = set(re.findall(r'<a [^>]*href="#([^"]+)"', articles))
    assert len(links) > 20 * len(names)
    assert links - ids == set()
