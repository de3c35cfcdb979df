"""The built pages, read as files: nothing missing, nothing broken, nothing dumped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book import pages, source
from tests.book.conftest import CHAPTERS


@pytest.fixture(scope="session")
def soups() -> dict[str, BeautifulSoup]:
    return {}


@pytest.fixture
def page(chapter: str, html: Path, soups: dict[str, BeautifulSoup]) -> BeautifulSoup:
    if chapter not in soups:
        soups[chapter] = pages.soup(html / f"{chapter}.html")
    return soups[chapter]


@pytest.fixture
def promise(chapter: str) -> source.Promise:
    return source.read(source.ROOT / f"{chapter}.md")


def test_every_page_of_the_contents_is_built_and_no_other(html: Path) -> None:
    paths = [path.relative_to(html) for path in html.rglob("*.html")]
    built = {path.with_suffix("").as_posix() for path in paths if path.parts[0] != "_static"}
    assert CHAPTERS
    assert built - {"index", "search"} == set(CHAPTERS)


def test_formulas_of_the_source_are_there(page: BeautifulSoup, promise: source.Promise) -> None:
    assert pages.formulas(page) == promise.formulas


def test_pictures_of_the_source_are_there(page: BeautifulSoup, promise: source.Promise) -> None:
    assert len(pages.pictures(page)) == promise.pictures


def test_each_cell_that_draws_left_one_picture(
    page: BeautifulSoup, promise: source.Promise
) -> None:
    assert len(pages.plots(page)) == promise.plots


def test_a_chapter_with_code_has_a_picture(page: BeautifulSoup, promise: source.Promise) -> None:
    if promise.cells:
        assert promise.plots + promise.pictures > 0


def test_pictures_have_a_text(page: BeautifulSoup) -> None:
    assert pages.nameless(page) == []


def test_no_traceback(page: BeautifulSoup) -> None:
    assert pages.tracebacks(page) == []


def test_no_stderr(page: BeautifulSoup) -> None:
    assert pages.stderr(page) == []


def test_no_raw_object(page: BeautifulSoup) -> None:
    assert pages.dumps(page) == []


def test_nothing_loaded_from_elsewhere(page: BeautifulSoup) -> None:
    assert pages.foreign_assets(page) == []


def test_the_policy_admits_this_book_alone(page: BeautifulSoup) -> None:
    policy = pages.policy(page)
    assert "default-src 'none'" in policy
    assert not {"'unsafe-eval'", "*", "http:", "https:"} & set(policy.replace(";", " ").split())
    assert "script-src 'self'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_each_chapter_with_cells_has_its_notebook(
    chapter: str, html: Path, page: BeautifulSoup, promise: source.Promise
) -> None:
    name = chapter.rsplit("/", 1)[-1]
    path = html / "notebooks" / f"{name}.ipynb"
    if promise.cells:
        cells = json.loads(path.read_text(encoding="utf8"))["cells"]
        assert sum(c["cell_type"] == "code" for c in cells) == promise.cells + 1
        assert pages.article(page).select_one(f"a[href$='notebooks/{name}.ipynb']") is not None


def test_no_dead_link(
    chapter: str, html: Path, page: BeautifulSoup, anchors: dict[Path, set[str]]
) -> None:
    assert pages.dead_links(html / f"{chapter}.html", page, anchors) == []


@pytest.fixture(scope="session")
def anchors() -> dict[Path, set[str]]:
    return {}


def test_what_is_said_of_a_verdict_goes_with_one_verdict(html: Path) -> None:
    """The same words under the pointer must not lead to *proved* on one page, to *refuted* on
    another."""
    said: dict[tuple[str, str], set[str]] = {}
    for chapter in CHAPTERS:
        for badge in pages.soup(html / f"{chapter}.html").select("a[title] .fc-verdict"):
            link = badge.find_parent("a")
            where = str(link["href"]).rpartition("#")[2], str(link["title"])
            said.setdefault(where, set()).add(badge.get_text(strip=True))
    assert len(said) > len(CHAPTERS)
    assert {where: words for where, words in said.items() if len(words) > 1} == {}
